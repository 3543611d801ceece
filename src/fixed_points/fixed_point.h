/* How a fixed point is found, described and stored. */
#ifndef GIBBSFLOW_FIXED_POINTS_FIXED_POINT_H
#define GIBBSFLOW_FIXED_POINTS_FIXED_POINT_H

#include "gibbsflow/fixed_point.h"

#include <math.h>

/* The modulus of an eigenvalue. */
static inline double gf_fixed_point_rate(const gf_fixed_point *self, size_t which) {
    return hypot(self->eigenvalue[which][0], self->eigenvalue[which][1]);
}

/* Where Newton's method gets its states from: a Gibbs ensemble, or what is made of several. */
typedef struct gf_state_source {
    void (*evaluate)(void *context, const double lambda[GF_CHARGES],
                     gf_state *state); /* as gf_gibbs_drift */
    void (*describe)(void *context, const double lambda[GF_CHARGES],
                     gf_state *state); /* as GF_SLOPES; gf_fixed_point_descend does without */
    void *context;
    double energy_unit; /* of the spectrum */
    double force_scale; /* the largest force that any state could have, dimensionless but for the
                           rates; gf_fixed_point_descend does without */
} gf_state_source;

/* That of a spectrum at the given rates[channels]. */
double gf_fixed_point_force_scale(const gf_spectrum *spectrum, const double *rates);

/* Damped Newton steps on f(lambda) = 0 from `state` until they do not help any more, or lead
 * nowhere: far out, where a single state dominates, the force hardly depends on lambda. */
void gf_fixed_point_descend(const gf_state_source *source, gf_state *state);

/* As gf_fixed_point_refine, from any source of states; `region` may be NULL where it is not known:
 * then nothing is said of how close to the border a point may be. */
bool gf_fixed_point_refine_from(const gf_state_source *source, const gf_region *region,
                                const double lambda[GF_CHARGES], gf_fixed_point *point);

/* What a state is as a fixed point, whatever its force. False if its C is singular. */
bool gf_fixed_point_describe(const gf_state *state, gf_fixed_point *point);

/* True if a force is zero to within 1e-12 of the largest one possible at the evaluator's rates. */
bool gf_fixed_point_vanishes(const gf_gibbs *gibbs, const double force[GF_CHARGES]);

/* The distance of two points in the plane, with the energy in its unit. */
double gf_fixed_point_distance(const gf_spectrum *spectrum, const gf_fixed_point *a,
                               const gf_fixed_point *b);

/* Writes points of the leading shape[rank] (at most 3 axes, named by `axes` as in gf_dataset) into
 * `group`: density, lambda, eigenvalues, stability, noise, force_residual, attraction, border_rate.
 */
void gf_fixed_point_write_table(gf_file *file, const char *group, int rank, const size_t *shape,
                                const char *const *axes, const gf_fixed_point *points);

/* Reads them; shape[rank] receives the leading sizes. The caller frees the points. NULL after a
 * failure, which the file remembers. */
gf_fixed_point *gf_fixed_point_read_table(gf_file *file, const char *group, int rank,
                                          size_t *shape);

#endif
