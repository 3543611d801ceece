/* A model and its bath at a finite coupling, made ready for trajectories: Monte Carlo wave
 * functions (J. Dalibard, Y. Castin, K. Molmer, Phys. Rev. Lett. 68, 580 (1992)).
 *
 * Between jumps psi follows H_eff (no_jump.h); when |psi|^2 has fallen to a random number a jump
 * L_cj happens, with probability proportional to rate_c |L_cj psi|^2. Where translations leave the
 * bath as it is, the jump operators are mixed to
 *
 *     L_cq = G^(-1/2) sum_l exp(i q l) T^l L_c0 T^(-l),
 *
 * the same bath, whose jumps take a state of momentum k to one of momentum k + q: G times fewer
 * components than with jumps at sites. L_c0 psi, taken apart by momentum, has all of them. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_UNRAVELLING_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_UNRAVELLING_H

#include "gibbsflow/charge.h"
#include "open_system/bath.h"
#include "open_system/trajectories/local_operator.h"
#include "open_system/trajectories/no_jump.h"

enum { GF_UNRAVELLING_MAX_SITES = 20 };

typedef struct gf_unravelling {
    const gf_model *model;
    double epsilon;
    gf_bath bath;
    gf_momentum_basis basis;
    gf_no_jump free;                         /* H alone */
    gf_no_jump damped;                       /* H_eff */
    gf_local_operator *jump;                 /* [bath.count] */
    gf_local_operator (*change)[GF_CHARGES]; /* [bath.count]: [Q_i, L] */
    uint64_t (*moves)[2];                    /* [bath.count]: rungs up, down (gf_rungs_changes) */
    double complex *turn;                    /* [translations]: exp(-2 pi i l / translations) */
    void *plan;                              /* of FFTW: along all orbits, in place */
} gf_unravelling;

/* The model must outlive it. GF_INVALID where the bath does nothing; GF_NO_MEMORY beyond 20 sites.
 * The caller frees it; after a failure it is empty. */
gf_status gf_unravelling_init(gf_unravelling *self, const gf_model *model, double epsilon,
                              gf_error *error);
void gf_unravelling_free(gf_unravelling *self);

/* Bytes of it and, in *worker, of one trajectory at work. */
double gf_unravelling_memory(const gf_model *model, double *worker);

#endif
