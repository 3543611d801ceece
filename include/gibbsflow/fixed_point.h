/* A fixed point of the force field: a Gibbs state with f1 = f2 = 0, and its stability. */
#ifndef GIBBSFLOW_FIXED_POINT_H
#define GIBBSFLOW_FIXED_POINT_H

#include "gibbsflow/api.h"
#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"

GF_BEGIN_DECLARATIONS

typedef enum gf_stability {
    GF_STABLE,   /* both eigenvalues of df/dq have negative real parts */
    GF_SADDLE,   /* real eigenvalues of either sign */
    GF_UNSTABLE, /* both have positive real parts */
    GF_MARGINAL, /* one is zero to rounding: a bifurcation, or a point on a line */
    GF_BORDER, /* a corner of the region where the force vanishes: a dark state, |lambda| -> inf */
    GF_ABSENT  /* in a scan: the branch has no point at this value */
} gf_stability;

GF_API const char *gf_stability_name(gf_stability stability);

/* Whether states close to a dark state go there. */
typedef enum gf_attraction {
    GF_UNDECIDED, /* not at the border; or the force next to it vanishes, too */
    GF_ATTRACTING,
    GF_REPELLING,
    GF_BOTH_WAYS /* it attracts from some directions and repels into others */
} gf_attraction;

GF_API const char *gf_attraction_name(gf_attraction attraction);

typedef struct gf_fixed_point {
    double lambda[GF_CHARGES];        /* NaN at the border */
    double density[GF_CHARGES];       /* m, e */
    double eigenvalue[GF_CHARGES][2]; /* of df/dq, units of epsilon J: real and imaginary part;
                                         smaller real part first; NaN at the border */
    double noise[GF_PAIRS];           /* N_ij per epsilon */
    double residual;                  /* |f| per epsilon */
    double density_error[GF_CHARGES]; /* statistical; 0 unless the spectrum is sampled */
    gf_stability stability;
    gf_attraction attraction; /* of a dark state */
    double border_rate[2];    /* at the border: the least and the largest rate of q - q_c, per
                                 epsilon, in directions that stay; NaN elsewhere */
} gf_fixed_point;

/* Refines `lambda` to |f| ~ rounding by damped Newton steps and describes the point it finds, at
 * the rates of the evaluator. False if there is none to be had from this start. */
GF_API bool gf_fixed_point_refine(gf_gibbs *gibbs, const gf_region *region,
                                  const double lambda[GF_CHARGES], gf_fixed_point *point);

GF_END_DECLARATIONS

#endif
