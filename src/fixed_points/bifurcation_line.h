/* A line of bifurcations in the plane of two parameters. */
#ifndef GIBBSFLOW_FIXED_POINTS_BIFURCATION_LINE_H
#define GIBBSFLOW_FIXED_POINTS_BIFURCATION_LINE_H

#include "fixed_points/family.h"
#include "gibbsflow/phase_diagram.h"

/* Where states come from: gf_family_go and gf_family_drift, or a normal form in a test. */
typedef struct gf_plane {
    gf_status (*go)(void *context, const double parameter[2]);
    void (*drift)(void *context, const double lambda[GF_CHARGES], gf_state *state);
    void *context;
    double low[2], high[2];          /* of the parameters */
    double energy_unit, force_scale; /* typical: of equations, not of results */
} gf_plane;

/* What lies on a line. */
typedef struct gf_special_points {
    size_t count;
    gf_special_point *points;
} gf_special_points;

/* Follows the line of a bifurcation both ways to its ends. Adds what lies on it to `specials`. A
 * line of no points means that it cannot be followed: a transcritical bifurcation, or a pitchfork
 * that an imperfection turns into a cusp, which then is added. The caller frees line->points, also
 * after a failure. */
gf_status gf_bifurcation_line_follow(const gf_plane *plane, const gf_line_point *start,
                                     gf_bifurcation_kind kind, gf_special_points *specials,
                                     gf_bifurcation_line *line, gf_error *error);

/* Moves a place onto the line of a bifurcation by changing one parameter alone, parameter `moved`.
 * False if it is not close to one. */
bool gf_bifurcation_line_settle(const gf_plane *plane, gf_bifurcation_kind kind, size_t moved,
                                gf_line_point *place);

#endif
