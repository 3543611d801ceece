/* All fixed points of the force field, found by a search over the plane. */
#ifndef GIBBSFLOW_FIXED_POINTS_H
#define GIBBSFLOW_FIXED_POINTS_H

#include "gibbsflow/api.h"
#include "gibbsflow/fixed_point.h"

GF_BEGIN_DECLARATIONS

/* Points next to one another on a line of them: stable where states beside the line come to it,
 * else unstable; one eigenvalue is zero. */
typedef struct gf_fixed_line {
    size_t count;
    gf_fixed_point *points; /* from one end to the other */
} gf_fixed_line;

typedef struct gf_fixed_points {
    size_t count;
    gf_fixed_point *points;     /* by magnetisation */
    bool conserved[GF_CHARGES]; /* the bath leaves this charge alone: f_i = 0 identically */
    bool continuum; /* fixed points form a line (or fill the plane), for instance because a
                       charge is conserved; `points` then is empty */
    size_t line_count;
    gf_fixed_line *lines; /* where a charge, or a combination, is conserved and the other is not;
                             each ends close to the border, or where it began */
    bool complete;        /* the indices of the points add up to the winding number of the force
                             around the border, as they must */
} gf_fixed_points;

/* The force per channel over the whole plane of lambda: what a search starts from. Made once per
 * spectrum, it serves any rates. */
typedef struct gf_survey gf_survey;

/* The spectrum must outlive the survey. */
GF_API gf_status gf_survey_create(const gf_spectrum *spectrum, gf_survey **survey, gf_error *error);
GF_API void gf_survey_free(gf_survey *self);

/* All fixed points at the given rates[channels]. Fails if magnetisation and energy are not
 * independent (the joint spectrum lies on a line). The caller frees them. */
GF_API gf_status gf_fixed_points_find(const gf_survey *survey, const gf_region *region,
                                      const double *rates, gf_fixed_points *result,
                                      gf_error *error);
GF_API void gf_fixed_points_free(gf_fixed_points *self);

/* /fixed_points; the layout is in src/io/README.md. */
GF_API void gf_fixed_points_write(const gf_fixed_points *self, gf_file *file);
GF_API gf_status gf_fixed_points_read(gf_file *file, gf_fixed_points *result, gf_error *error);

GF_END_DECLARATIONS

#endif
