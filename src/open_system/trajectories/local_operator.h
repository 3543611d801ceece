/* An operator on a few sites of a chain, applied to vectors over all its patterns.
 *
 * A term-by-term operator visits every pattern once for each term that fits; merged into a sparse
 * matrix over the patterns of its support, each of its elements is met once. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_LOCAL_OPERATOR_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_LOCAL_OPERATOR_H

#include "algebra/operator.h"
#include "gibbsflow/error.h"

/* <out|O|in> of the patterns of the support, the same whatever the other sites. */
typedef struct gf_local_element {
    uint32_t in, out;
    double real, imaginary;
} gf_local_element;

typedef struct gf_local_operator {
    int sites;
    uint32_t support;
    gf_local_element *element; /* [count], sorted by `in` */
    size_t count;
} gf_local_operator;

/* The caller frees it; after a failure it is empty. */
gf_status gf_local_operator_init(gf_local_operator *self, const gf_operator *operator, int sites,
                                 gf_error *error);
void gf_local_operator_free(gf_local_operator *self);

/* out = O in, over all 2^sites patterns. */
void gf_local_operator_apply(const gf_local_operator *self, const double complex *in,
                             double complex *out);

/* sums[k][up] += Re <left[k]| O P_up |in>, P_up the projector on `up` spins up: sums[count][sites +
 * 1]. */
void gf_local_operator_correlate(const gf_local_operator *self, const double complex *in,
                                 size_t count, const double complex *const *left, double *sums);

#endif
