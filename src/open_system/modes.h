/* Stationary state, slowest modes, and decay of a part of the rate equation. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_MODES_H
#define GIBBSFLOW_OPEN_SYSTEM_MODES_H

#include "base/bytes.h"
#include "open_system/generator.h"

/* Variables that the bath joins with one another; what is conserved tells them apart. A component
 * without a population has none to be stationary. */
typedef struct gf_components {
    size_t count;  /* of those with populations */
    int *of;       /* [variables]; -1: none of these */
    double *trace; /* [variables]: 1 of populations, 0 of coherences */
} gf_components;

/* The caller frees them; after a failure they are empty. */
gf_status gf_components_find(gf_components *self, const gf_part *part, gf_error *error);
void gf_components_free(gf_components *self);
/* Those of so many variables into bytes, or out of them in place of what there is. */
void gf_components_carry(gf_components *self, size_t variables, gf_bytes *bytes);

/* states[components][variables]: the stationary state of each, of trace 1, by inverse iteration
 * with the factors of R - shift, shift > 0. Writes to *residual the largest |R x| beside the rates.
 */
gf_status gf_modes_stationary(const gf_part *part, const gf_components *components,
                              const gf_rung_matrix *factors, double *states, double *residual,
                              gf_error *error);

/* Takes the stationary parts out of x: what is left has no trace in any component. */
void gf_modes_deflate(const gf_part *part, const gf_components *components, const double *states,
                      double *x);

/* A Krylov space of (R - shift)^-1 (Arnoldi), its eigenvectors and values. */
typedef struct gf_modes {
    size_t size, count;     /* of a vector, of modes */
    double *basis;          /* [count][size], orthonormal */
    double complex *rate;   /* [count]: eigenvalues of R, the slowest first */
    double complex *vector; /* [count][count]: mode by mode, over the basis */
    double complex *share;  /* [count]: of the start vector in the modes */
    double *error;          /* [count]: residual, relative to the rate */
} gf_modes;

/* From `start`, without stationary parts if `states` is not NULL, in at most `most` steps. The
 * caller frees the modes; after a failure they are empty. */
gf_status gf_modes_find(gf_modes *self, const gf_part *part, const gf_components *components,
                        const double *states, const gf_rung_matrix *factors, double shift,
                        const double *start, size_t most, gf_error *error);
void gf_modes_free(gf_modes *self);

/* observable . exp(R t) start, at the times [count]. */
gf_status gf_modes_decay(const gf_modes *self, const double *observable, const double *time,
                         size_t count, double *value, gf_error *error);

/* The largest rate at which a variable decays: what numbers of the matrix are held against. */
double gf_modes_scale(const gf_part *part);

#endif
