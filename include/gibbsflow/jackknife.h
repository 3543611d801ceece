/* Statistical errors of Gibbs averages over a sampled spectrum (typicality.h).
 *
 * An average is a ratio of sums over random vectors. To first order in their deviations every
 * vector s of a sector shifts it by d_s, with sum_s d_s = 0, and the variance is
 * R/(R-1) sum_s d_s^2 over the R vectors of the sector, added up over sectors: the jackknife
 * without its repetitions. Sectors that share their vectors (a flip of all spins) shift together.
 */
#ifndef GIBBSFLOW_JACKKNIFE_H
#define GIBBSFLOW_JACKKNIFE_H

#include "gibbsflow/api.h"
#include "gibbsflow/gibbs.h"

GF_BEGIN_DECLARATIONS

/* An evaluator with its workspace; use one per thread. */
typedef struct gf_jackknife gf_jackknife;

/* The spectrum must outlive it; the rates [channels] are copied. For a spectrum without random
 * vectors all errors are zero. */
GF_API gf_status gf_jackknife_create(const gf_spectrum *spectrum, const double *rates,
                                     gf_jackknife **jackknife, gf_error *error);
GF_API void gf_jackknife_free(gf_jackknife *self);

/* Standard errors of log_partition, density, susceptibility, force and noise of a state that was
 * evaluated with GF_RESPONSE, at the same rates. Sums are kept until lambda2 changes. */
GF_API void gf_jackknife_evaluate(gf_jackknife *self, const gf_state *state,
                                  gf_state *standard_error);

/* Standard errors at given density instead of lambda, for a state evaluated with GF_SLOPES: of the
 * force there, and of the place of a fixed point if the state is one. False, and NaN, if C or df/dq
 * is singular. */
GF_API bool gf_jackknife_at_density(gf_jackknife *self, const gf_state *state,
                                    double force[GF_CHARGES], double root[GF_CHARGES]);

GF_END_DECLARATIONS

#endif
