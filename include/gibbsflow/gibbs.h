/* Gibbs states rho ~ exp(-lambda1 Q1 - lambda2 Q2) of a spectrum: densities, force, noise.
 *
 * Everything is a Boltzmann sum over levels, taken sector by sector relative to the largest weight
 * (log-sum-exp), so any lambda is fine, negative temperatures included. A sector's sum depends on
 * lambda2 alone and is kept until lambda2 changes: walk grids with lambda1 innermost. */
#ifndef GIBBSFLOW_GIBBS_H
#define GIBBSFLOW_GIBBS_H

#include "gibbsflow/api.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/spectrum.h"

GF_BEGIN_DECLARATIONS

/* What to compute: GF_DENSITIES is log Z, q and C alone; GF_RESPONSE adds force and noise;
 * GF_SLOPES adds the derivatives of the force. */
typedef enum gf_gibbs_extent { GF_DENSITIES, GF_RESPONSE, GF_SLOPES } gf_gibbs_extent;

/* One Gibbs state; densities are per site, charges and pairs of them in the order of charge.h. */
typedef struct gf_state {
    double lambda[GF_CHARGES];
    double log_partition;            /* log Z / N */
    double density[GF_CHARGES];      /* q_i = <Q_i>/N */
    double susceptibility[GF_PAIRS]; /* C_ij = (<Q_i Q_j> - <Q_i><Q_j>)/N = -dq_i/dlambda_j */
    double force[GF_CHARGES];        /* f_i per epsilon, Eq. (9) of Lange & Rosch */
    double noise[GF_PAIRS];          /* N_ij per epsilon, App. A.2 */
    double force_slope[GF_CHARGES][GF_CHARGES]; /* df_i/dlambda_j */
    const double *observables; /* [channels][GF_OBSERVABLES] per unit rate; the evaluator's, valid
                                  until its next use; NULL after GF_DENSITIES */
} gf_state;

/* An evaluator with its workspace; use one per thread. */
typedef struct gf_gibbs gf_gibbs;

/* The spectrum must outlive the evaluator and stay where it is; the rates [channels] are copied. */
GF_API gf_status gf_gibbs_create(const gf_spectrum *spectrum, const double *rates, gf_gibbs **gibbs,
                                 gf_error *error);
GF_API void gf_gibbs_free(gf_gibbs *self);
GF_API void gf_gibbs_set_rates(gf_gibbs *self, const double *rates);
GF_API const double *gf_gibbs_rates(const gf_gibbs *self);
GF_API const gf_spectrum *gf_gibbs_spectrum(const gf_gibbs *self);

GF_API void gf_gibbs_evaluate(gf_gibbs *self, const double lambda[GF_CHARGES],
                              gf_gibbs_extent extent, gf_state *state);

/* What Newton's method on the force wants, at a fraction of the cost: density, susceptibility,
 * force and its derivatives at the evaluator's rates, as GF_SLOPES has them to rounding, without a
 * sum for each channel. The noise is 0, and there are no observables. */
GF_API void gf_gibbs_drift(gf_gibbs *self, const double lambda[GF_CHARGES], gf_state *state);

/* Solves q(lambda) = density by Newton's method on the convex function log Z / N + lambda .
 * density, whose Hessian is C; `lambda` holds the start and receives the solution. False if the
 * density is not inside the reachable region, or so close to its border that C vanishes. */
GF_API bool gf_gibbs_invert(gf_gibbs *self, const double density[GF_CHARGES],
                            double lambda[GF_CHARGES]);

/* The stability matrix df/dq = (df/dlambda)(-C)^-1 of a state evaluated with GF_SLOPES. False if C
 * is singular. */
GF_API bool gf_state_stability(const gf_state *state, double matrix[GF_CHARGES][GF_CHARGES]);

/* shift[channels] = 1/2 sum_jk C_jk d2g/dq_j dq_k of the force g = f_i of each channel, at i, and
 * of its noise g = N_ij, at GF_CHARGES + gf_pair(i, j), per unit rate: what Gaussian fluctuations
 * of covariance C (those of one site) add to the mean of g. With the deviations x_i of Q_i from
 * their means, s = x C^-1 x and v = C^-1 <s x>/N it is the mean of the operator of g times (s - v
 * x)/2 - N over the Gibbs state. False if C is singular. */
GF_API bool gf_gibbs_shift(gf_gibbs *self, const gf_state *state,
                           double (*shift)[GF_CHARGES + GF_PAIRS]);

GF_END_DECLARATIONS

#endif
