/* Correlations of fields at two times, averaged over the places of a row:
 *
 *   S_ab(x) = mean over y of q_a(y) q'_b(y + x),
 *
 * q at the origin of time and q' later, and of this the mean of S(x) and S(-x): no equation here
 * tells left from right. On a periodic row by Fourier transforms (Wiener-Khinchin), S_ab = F^-1
 * [F(q_a)* F(q'_b)]/cells; an antiperiodic one is half of a periodic row whose other half has the
 * other sign. Cells without neighbours are copies: x = 0 alone, averaged over all of them. */
#ifndef GIBBSFLOW_LANGEVIN_MEASURE_CORRELATOR_H
#define GIBBSFLOW_LANGEVIN_MEASURE_CORRELATOR_H

#include "gibbsflow/error.h"
#include "langevin/lattice/boundary.h"

#include <stdbool.h>
#include <stddef.h>

/* x = 0, stride, 2 stride, ... cells, so many distances. A fixed row has no such average. */
typedef struct gf_correlator_plan {
    size_t fields, cells;
    gf_boundary boundary; /* not fixed */
    bool has_space;       /* false: cells without neighbours, one distance */
    size_t distances, stride;
} gf_correlator_plan;

/* A place to work in, and the fields at the origin. */
typedef struct gf_correlator gf_correlator;

/* The caller frees the correlator; after a failure it is NULL. */
gf_status gf_correlator_create(const gf_correlator_plan *plan, gf_correlator **correlator,
                               gf_error *error);
void gf_correlator_free(gf_correlator *self); /* NULL: nothing */

/* From now on q is fields[fields][cells]. */
void gf_correlator_set_origin(gf_correlator *self, const double *fields);

/* Adds S of q' = fields[fields][cells] to sum[distances][fields][fields], the origin's field first.
 */
void gf_correlator_add(gf_correlator *self, const double *fields, double *sum);

#endif
