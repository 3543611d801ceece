/* What the integrators of two fields with multiplicative noise are made of: stages.
 *
 * A stage follows dq = a(q) dt + noise of covariance B(q) dt for a while with coefficients taken at
 * given states. q are two rows of cells. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_TWO_FIELD_H
#define GIBBSFLOW_LANGEVIN_LATTICE_TWO_FIELD_H

#include "langevin/lattice/lattice.h"

/* Densities, [cells] and one cell beyond on either side, and what the medium says of them. The
 * covariances are rows mm, me, ee. */
typedef struct gf_station {
    double *q[2];
    double *force[2];
    float *noise[3];          /* N */
    float *susceptibility[3]; /* C, also one cell beyond on either side */
    double *diffusion[4];     /* likewise mm, me, em, ee of a D that depends on the densities */
} gf_station;

/* The work of the lattice: the station of its state and another one. */
typedef struct gf_two_field {
    gf_station state, middle;
    void *memory;
    double *flux[2]; /* over the face left of a cell, [cells + 1] */
    float *kick[2];  /* thermal noise of the same */
    float *gaussians;
} gf_two_field;

gf_status gf_two_field_begin(gf_lattice *lattice, gf_error *error);
void gf_two_field_end(gf_lattice *lattice);
void gf_two_field_observe(const gf_lattice *lattice, double *q);
double gf_two_field_longest_step(const gf_dynamics *dynamics);

/* Asks the medium about the densities of a station; how many cells were outside. */
size_t gf_two_field_evaluate(const gf_lattice *lattice, gf_station *station);

/* result = now.q + time a + noise, with a = a(now) and B(now); with `before`, for the second of two
 * stages, a = 2 a(now) - a(before) and the positive part of 2 B(now) - B(before). `result` may be
 * the rows of a station. */
void gf_two_field_stage(gf_lattice *lattice, double time, const gf_station *now,
                        const gf_station *before, double *const result[2]);

#endif
