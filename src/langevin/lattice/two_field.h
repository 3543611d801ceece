/* Two rows of cells with multiplicative noise, and what their integrators are made of: stages.
 *
 * A stage follows dq = a(q) dt + noise of covariance B(q) dt for a while with coefficients taken at
 * given values. Symmetric matrices are packed by pairs (charge.h), full ones lie row by row. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_TWO_FIELD_H
#define GIBBSFLOW_LANGEVIN_LATTICE_TWO_FIELD_H

#include "langevin/lattice/kind.h"

enum { GF_ENTRIES = GF_CHARGES * GF_CHARGES };

/* Densities of every cell, and what the medium says of them. Rows of [cells]; those of densities,
 * susceptibility and diffusion go on for a cell beyond on either side. */
typedef struct gf_values {
    double *q[GF_CHARGES];
    double *force[GF_CHARGES];
    float *noise[GF_PAIRS];
    float *susceptibility[GF_PAIRS];
    double *diffusion[GF_ENTRIES]; /* where D varies */
} gf_values;

/* The body of a lattice of two fields. */
typedef struct gf_two_field {
    gf_values now, middle; /* of the state, and within a step */
    void *memory;
    double *flux[GF_CHARGES]; /* over the face left of a cell, [cells + 1] */
    float *kick[GF_CHARGES];  /* thermal noise of the same */
    float *gaussians;         /* rows of `row` numbers */
    size_t row;
    /* Faces where D C + C D^T was no covariance, and the densities at the first of them. */
    uint64_t unphysical;
    double refused[GF_CHARGES];
} gf_two_field;

double gf_two_field_longest_step(const gf_dynamics *dynamics);

/* What blocks share with rows. */
gf_status gf_two_field_allocate(gf_lattice *lattice, gf_error *error);
void gf_two_field_end(gf_lattice *lattice);
void gf_two_field_get(const gf_lattice *lattice, double *rows);
void gf_two_field_set(gf_lattice *lattice, const double *rows);
gf_status gf_two_field_check(const gf_lattice *lattice, gf_error *error);

/* Asks the medium about the densities of the values; how many cells were outside. */
size_t gf_two_field_evaluate(const gf_lattice *lattice, gf_values *values);

/* result = now.q + time a + noise, with a = a(now) and B(now); with `before`, for the second of two
 * stages, a = 2 a(now) - a(before) and the positive part of 2 B(now) - B(before). `result` may be
 * the rows of either. */
void gf_two_field_stage(gf_lattice *lattice, double time, const gf_values *now,
                        const gf_values *before, double *const result[GF_CHARGES]);

#endif
