/* What happens between two jumps: psi(t) = exp(-i H_eff t) psi with
 *
 *     H_eff = H - i epsilon/2 A,   A = sum_c rate_c sum_j L_j' L_j,
 *
 * whose norm falls as -d|psi|^2/dt = epsilon <psi|A|psi>: the clock of the jumps. With B = (H_eff -
 * c)/w, which has its spectrum near [-1, 1] of the real axis,
 *
 *     psi(t) = exp(-i c t) sum_n (2 - delta_n0) (-i)^n J_n(w t) v_n,   v_n = T_n(B) psi,
 *
 * J_n Bessel functions and T_n Chebyshev polynomials (H. Tal-Ezer and R. Kosloff, J. Chem. Phys.
 * 81, 3967 (1984)). The vectors v_n are kept: any time of the stretch is then a sum of them,
 * without a further use of H_eff, which makes the root of |psi(t)|^2 = u cheap. Terms below
 * GF_NO_JUMP_TOLERANCE of |psi| are left out. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_NO_JUMP_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_NO_JUMP_H

#include "open_system/trajectories/momentum_operator.h"

#define GF_NO_JUMP_TOLERANCE 1e-12

/* H_eff, or H alone, made ready. */
typedef struct gf_no_jump {
    gf_momentum_operator step; /* 2 B */
    double complex centre;     /* c */
    double width;              /* w */
    double longest;            /* time that one stretch can take */
} gf_no_jump;

/* `decay` is A; NULL: H alone. The caller frees it; after a failure it is empty. */
gf_status gf_no_jump_init(gf_no_jump *self, const gf_momentum_basis *basis,
                          const gf_operator *hamiltonian, const gf_operator *decay, double epsilon,
                          gf_error *error);
void gf_no_jump_free(gf_no_jump *self);

enum { GF_STRETCH_TERMS = 112 };

/* A stretch of time, of one vector; a place to work in. */
typedef struct gf_stretch {
    const gf_no_jump *law;
    int momentum;
    gf_rungs rungs;
    size_t terms;           /* v_n that there are */
    size_t size;            /* of a vector */
    double complex *vector; /* [GF_STRETCH_TERMS][size] */
} gf_stretch;

gf_status gf_stretch_init(gf_stretch *self, const gf_momentum_basis *basis, gf_error *error);
void gf_stretch_free(gf_stretch *self);

/* Begins at psi, of which only `rungs`, which H_eff must not leave, are looked at. Returns -d ln
 * |psi|^2 / dt. */
double gf_stretch_begin(gf_stretch *self, const gf_no_jump *law, int momentum, gf_rungs rungs,
                        const double complex *psi);
/* Makes times up to `time` <= law->longest available. */
void gf_stretch_extend(gf_stretch *self, double time);
/* psi(t) on the rungs, at such a time; returns |psi(t)|^2. */
double gf_stretch_at(const gf_stretch *self, double time, double complex *psi);

/* psi becomes exp(-x H) psi / |exp(-x H) psi|, with `law` of H alone; returns ln of the norm. */
double gf_stretch_cool(gf_stretch *self, const gf_no_jump *law, int momentum, gf_rungs rungs,
                       double x, double complex *psi);

/* |psi|^2 and Re <psi|H|psi> rung by rung, with `law` of H alone: norm[sites + 1], energy[sites +
 * 1]. `scratch` is a vector. */
void gf_no_jump_measure(const gf_no_jump *law, int momentum, gf_rungs rungs,
                        const double complex *psi, double complex *scratch, double *norm,
                        double *energy);

/* w t and x w of a stretch, at most. */
extern const double gf_stretch_reach;

#endif
