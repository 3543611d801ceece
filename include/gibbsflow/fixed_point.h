/* A fixed point of the force field: a Gibbs state with f1 = f2 = 0, and its stability. */
#ifndef GIBBSFLOW_FIXED_POINT_H
#define GIBBSFLOW_FIXED_POINT_H

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
    double lambda[GF_CHARGES];             /* NaN at the border */
    double density[GF_CHARGES];            /* m, e */
    double complex eigenvalue[GF_CHARGES]; /* of df/dq, units of epsilon J, smaller real part first;
                                              NaN at the border */
    double noise[GF_PAIRS];                /* N_ij per epsilon */
    double residual;                       /* |f| per epsilon */
    double density_error[GF_CHARGES];      /* statistical; 0 unless the spectrum is sampled */
    gf_stability stability;
} gf_fixed_point;

/* Where Newton's method gets its states from: a Gibbs ensemble, or what is made of several. */
typedef struct gf_state_source {
    void (*evaluate)(void *context, const double lambda[GF_CHARGES],
                     gf_state *state); /* GF_SLOPES */
    void *context;
    double energy_unit; /* of the spectrum */
} gf_state_source;

/* Damped Newton steps on f(lambda) = 0 from `state` until they do not help any more, or lead
 * nowhere: far out, where a single state dominates, the force hardly depends on lambda. */
void gf_fixed_point_descend(const gf_state_source *source, gf_state *state);

/* What a state is as a fixed point, whatever its force. False if its C is singular. */
bool gf_fixed_point_describe(const gf_state *state, gf_fixed_point *point);

/* True if a force is zero to within 1e-12 of the largest one possible at the evaluator's rates. */
bool gf_fixed_point_vanishes(const gf_gibbs *gibbs, const double force[GF_CHARGES]);

/* The distance of two points in the plane, with the energy in its unit. */
double gf_fixed_point_distance(const gf_spectrum *spectrum, const gf_fixed_point *a,
                               const gf_fixed_point *b);

/* Refines `lambda` to |f| ~ rounding by damped Newton steps and describes the point it finds, at
 * the rates of the evaluator. False if there is none to be had from this start. */
bool gf_fixed_point_refine(gf_gibbs *gibbs, const gf_region *region,
                           const double lambda[GF_CHARGES], gf_fixed_point *point);

/* Writes points of the leading shape[rank] (at most 2 axes, named by `axes` as in gf_dataset) into
 * `group`: density, lambda, eigenvalues, stability, noise and force_residual. */
void gf_fixed_point_write_table(gf_file *file, const char *group, int rank, const size_t *shape,
                                const char *const *axes, const gf_fixed_point *points);

/* Reads them; shape[rank] receives the leading sizes. The caller frees the points. NULL after a
 * failure, which the file remembers. */
gf_fixed_point *gf_fixed_point_read_table(gf_file *file, const char *group, int rank,
                                          size_t *shape);

#endif
