/* A step of an explicit integrator of one field with two stages and one Gaussian increment w per
 * cell: once through the field, block by block, in place. The second stage runs one cell behind the
 * first, because the drift looks at both neighbours, so what it overwrites is no longer needed. A
 * block stays in the first-level cache. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_SWEEP_H
#define GIBBSFLOW_LANGEVIN_LATTICE_SWEEP_H

#include "langevin/lattice/one_field.h"

#include <stdalign.h>

/* FIRST: where the values of a block begin in its arrays, behind those kept from the block before.
 * ROOM keeps arrays that are read and written side by side from lying a multiple of 4096 bytes
 * apart, where processors take a read for one of the value just written. */
enum {
    GF_SWEEP_BLOCK = GF_RANDOM_BLOCK,
    GF_SWEEP_FIRST = 16,
    GF_SWEEP_ROOM = GF_SWEEP_BLOCK + GF_SWEEP_FIRST + 156
};

/* What is at hand of the stages and of the random numbers g. Index FIRST is the first new cell of
 * the first stage, and of g the one after it: w needs the g to the right. */
typedef struct gf_window {
    alignas(64) double noisy[GF_SWEEP_ROOM];
    alignas(64) double x[GF_SWEEP_ROOM];
    alignas(64) float g[GF_SWEEP_FIRST + GF_SWEEP_BLOCK];
} gf_window;

/* One step of length dt; a and b are those of the moving average w (gf_dynamics_noise). `first`
 * computes the new cells of the window, m[0 ... count-1]; `second` carries m[-1 ... count-2] on, or
 * observes them, from index `from` of the window on. */
typedef struct gf_sweep {
    double dt, a, b;
    void (*first)(const struct gf_sweep *self, const gf_dynamics *dynamics, const double *m,
                  size_t count, gf_window *now);
    void (*second)(const struct gf_sweep *self, const gf_dynamics *dynamics, const gf_window *now,
                   size_t from, size_t count, double *m);
} gf_sweep;

/* Makes steps; sets dt, a and b. */
void gf_sweep_advance(gf_lattice *lattice, gf_sweep sweep, uint64_t steps);
/* One step that leaves the field as it is and goes to result[cells]. */
void gf_sweep_observe(const gf_lattice *lattice, gf_sweep sweep, double *result);

/* result = u + w, where w_i = a g_i - b g_{i+1} */
void gf_sweep_shake(double a, double b, size_t count, const double *u, const float *g,
                    double *result);

#endif
