/* One part of the Lindbladian while stationary states and rates of it are being found.
 *
 * Vectors are taken as real ones of twice the length: because of a weak F the Lindbladian is linear
 * over the real numbers alone. What the bath conserves (the components of the rate equation: no
 * jump leads from one to another) it conserves at any coupling, so that each has its stationary
 * state. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_COUPLING_H
#define GIBBSFLOW_OPEN_SYSTEM_COUPLING_H

#include "open_system/lindbladian.h"
#include "open_system/solution.h"

/* Vectors that are held at a time, at most; without stationary states. */
enum { GF_COUPLING_VECTORS = 150 };

typedef struct gf_coupling {
    gf_solution *solution;
    const gf_components *components; /* of the part; none of GF_PART_ODD */
    gf_coupled_part coupled;
    size_t length;               /* of a vector, in real numbers */
    double complex **stationary; /* [components]: trace 1 in its own, 0 in the others */
    double complex *trial;       /* workspace */
} gf_coupling;

/* Starts with the stationary states of epsilon -> 0. The other arguments must outlive it. The
 * caller frees it; after a failure it is empty. */
gf_status gf_coupling_init(gf_coupling *self, gf_solution *solution,
                           const gf_lindbladian *lindbladian, size_t part,
                           const gf_rung_matrix *factors, gf_error *error);
void gf_coupling_free(gf_coupling *self);

double gf_coupling_dot(const gf_coupling *self, const double complex *x, const double complex *y);
double gf_coupling_norm(const gf_coupling *self, const double complex *x);
/* y += factor x; x *= factor. */
void gf_coupling_add(const gf_coupling *self, double factor, const double complex *x,
                     double complex *y);
void gf_coupling_scale(const gf_coupling *self, double factor, double complex *x);

/* Takes out the stationary states, and what is not Hermitian. */
void gf_coupling_deflate(const gf_coupling *self, double complex *x);
/* Preconditions and deflates. */
void gf_coupling_precondition(gf_coupling *self, double complex *x);

/* Changes x, without changing its traces, until L x = 0 (GMRES); or, where `levels`, the part of L
 * x between states of one level, by such parts alone. *residual grows to |L x|, *products by the
 * uses of L. */
gf_status gf_coupling_settle(gf_coupling *self, bool levels, double complex *x, double *residual,
                             size_t *products, gf_error *error);

/* <m>, <e>, <m^2> of x, and P(M) [sites + 1], which is zero before. */
void gf_coupling_describe(const gf_coupling *self, const double complex *x, gf_rates_sector *sector,
                          double *probability);

#endif
