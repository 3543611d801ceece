/* Functions of time on an evenly spaced grid from 0 on: their integrals, and Kubo and Mori's
 * product from the symmetrised one.
 *
 * In frequency the two differ by tanh(x)/x, x = lambda2 omega/2 (fluctuation and dissipation), a
 * convolution in time with a kernel as wide as lambda2. Functions of negative times are known: the
 * (1,2) and (2,1) elements change places. What decays before the end of the grid needs nothing
 * beyond; else the last value stands for what follows, so the grid should reach a few lambda2
 * farther than what is looked at. */
#ifndef GIBBSFLOW_TRANSPORT_TIME_FILTER_H
#define GIBBSFLOW_TRANSPORT_TIME_FILTER_H

#include "gibbsflow/error.h"
#include "transport/strengths.h"

typedef struct gf_time_filter {
    double step;
    size_t steps;
    size_t reach;   /* 0: the identity */
    double *weight; /* [reach + 1]: of values so many steps away, to either side */
} gf_time_filter;

/* At least 8 steps. The caller frees it; after a failure it is empty. */
gf_status gf_time_filter_init(gf_time_filter *self, double step, size_t steps, gf_kubo form,
                              double lambda2, gf_error *error);
void gf_time_filter_free(gf_time_filter *self);

/* to[steps][GF_STRENGTHS], not `from`. */
void gf_time_filter_apply(const gf_time_filter *self, const double (*from)[GF_STRENGTHS],
                          double (*to)[GF_STRENGTHS]);

/* integral[k] from 0 to k steps, by polynomials of degree 7. */
void gf_time_filter_integrate(const gf_time_filter *self, const double (*from)[GF_STRENGTHS],
                              double (*integral)[GF_STRENGTHS]);

#endif
