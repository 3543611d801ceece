/* One realisation of a Langevin equation on a row of cells, and the ways to carry it on in time. */
#ifndef GIBBSFLOW_LATTICE_H
#define GIBBSFLOW_LATTICE_H

#include "gibbsflow/equation.h"
#include "gibbsflow/noise.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GF_LATTICE_HALO = 2 };

typedef struct gf_integrator gf_integrator;

typedef struct gf_lattice {
    gf_dynamics dynamics;
    const gf_integrator *integrator;
    size_t cells;  /* at least 4 */
    bool reversed; /* m(r + length) = -m(r): antiperiodic, an odd number of walls */
    double step;   /* dt */
    gf_noise noise;
    uint64_t steps; /* made so far */
    double *state;  /* [cells], what the integrator carries on; see gf_lattice_observe */
    double *memory; /* state and its halo */
    void *work;     /* of the integrator */
} gf_lattice;

/* A way to make a step. An integrator has no memory: state, noise and the number of steps made
 * determine everything that follows. A new one is one file and one line in lattice.c. */
struct gf_integrator {
    const char *name;
    bool takes_reversed; /* works with antiperiodic boundaries */
    /* A longer step is unstable; INFINITY if there is no such limit. */
    double (*longest_step)(const gf_dynamics *dynamics);
    /* Prepares and frees lattice->work; NULL if there is none. */
    gf_status (*begin)(gf_lattice *lattice, gf_error *error);
    void (*end)(gf_lattice *lattice);
    void (*advance)(gf_lattice *lattice, uint64_t steps);
    /* The field m[cells] at the present time from the state. */
    void (*observe)(const gf_lattice *lattice, double *m);
};

/* Heun's method (stochastic, additive noise): weak order 2. Linear stability: dt lambda < 2 with
 * lambda = 4 D/dx^2 + |f'|. In the linear case a mode of rate k has, with z = k dt, the stationary
 * variance (1-z/2)^2 / (1 - z + z^2/2 - z^3/8) times the exact one. */
extern const gf_integrator gf_integrator_heun;
/* Leimkuhler & Matthews (AMRX 2013) in Markovian form (Vilmart 2015): the state is the field less
 * half of the next noise. One force per step; weak order 1, but 2 in stationary averages at
 * thermal = 0, and exact stationary variances in the linear case. Stability as Heun's. */
extern const gf_integrator gf_integrator_leimkuhler_matthews;
/* Strang splitting: exact flow of the force (half a step), exact Ornstein-Uhlenbeck step of
 * diffusion and both noises in Fourier space (FFTW), half a flow. Weak order 2, stable for every
 * step; bias of stationary averages like dt cubic^2 (thermal/(2 D dx))^2 with conserved noise. The
 * state is the field less the last half flow. */
extern const gf_integrator gf_integrator_exponential;

const gf_integrator *gf_integrator_find(const char *name); /* or NULL */
const char *gf_integrator_names(void);

/* Makes a lattice with state 0. Refuses a step beyond the stability limit and names the limit. The
 * caller frees it, also after a failure. */
gf_status gf_lattice_init(gf_lattice *self, const gf_dynamics *dynamics,
                          const gf_integrator *integrator, size_t cells, bool reversed, double step,
                          gf_noise noise, gf_error *error);
void gf_lattice_free(gf_lattice *self);

void gf_lattice_advance(gf_lattice *self, uint64_t steps);
void gf_lattice_observe(const gf_lattice *self, double *m);

#endif
