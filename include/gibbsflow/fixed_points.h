/* Fixed points of the force field: all Gibbs states with f1 = f2 = 0. */
#ifndef GIBBSFLOW_FIXED_POINTS_H
#define GIBBSFLOW_FIXED_POINTS_H

#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"

typedef enum gf_stability {
    GF_STABLE,   /* both eigenvalues of df/dq have negative real parts */
    GF_SADDLE,   /* real eigenvalues of either sign */
    GF_UNSTABLE, /* both have positive real parts */
    GF_MARGINAL, /* one is zero to rounding: a bifurcation, or a point on a line */
    GF_BORDER, /* a corner of the region where the force vanishes: a dark state, |lambda| -> inf */
    GF_ABSENT  /* in a scan: the branch has no point at this value */
} gf_stability;

const char *gf_stability_name(gf_stability stability);

typedef struct gf_fixed_point {
    double lambda[2];             /* NaN at the border */
    double density[2];            /* m, e */
    double complex eigenvalue[2]; /* of df/dq, units of epsilon J, smaller real part first; NaN at
                                     the border */
    double noise[2][2];           /* N_ij per epsilon */
    double residual;              /* |f| per epsilon */
    gf_stability stability;
} gf_fixed_point;

typedef struct gf_fixed_points {
    size_t count;
    gf_fixed_point *points; /* by magnetisation */
    bool conserved[2];      /* the bath leaves this charge alone: f_i = 0 identically */
    bool continuum;         /* fixed points form a line (or fill the plane), for instance because a
                               charge is conserved; `points` then is empty */
    bool complete;          /* the indices of the points add up to the winding number of the force
                               around the border, as they must */
} gf_fixed_points;

/* The force per channel over the whole plane of lambda: what a search starts from. Made once per
 * spectrum, it serves any rates. */
typedef struct gf_survey gf_survey;

gf_status gf_survey_create(const gf_spectrum *spectrum, gf_survey **survey, gf_error *error);
void gf_survey_free(gf_survey *self);

/* All fixed points at the given rates. The caller frees them. */
gf_status gf_fixed_points_find(const gf_survey *survey, const gf_region *region,
                               const double *rates, gf_fixed_points *result, gf_error *error);
void gf_fixed_points_free(gf_fixed_points *self);

/* Refines `lambda` to |f| ~ rounding by damped Newton steps and describes the point it finds, at
 * the rates of the evaluator. False if there is none to be had from this start. */
bool gf_fixed_point_refine(gf_gibbs *gibbs, const gf_region *region, const double lambda[2],
                           gf_fixed_point *point);

/* /fixed_points; the layout is in the README. */
void gf_fixed_points_write(const gf_fixed_points *self, gf_file *file);
gf_status gf_fixed_points_read(gf_file *file, gf_fixed_points *result, gf_error *error);

#endif
