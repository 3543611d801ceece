/* Fixed points over two parameters: how many there are of which kind at every node of a grid, and
 * the lines on which that changes.
 *
 * The lines are not read off the grid. Each starts from a bifurcation found between two nodes and
 * is followed by pseudo-arclength on its own equations: f = 0 with det df/dlambda = 0 for folds,
 * with tr df/dq = 0 for Hopf points; for pitchforks f + mu w = 0, det = 0 and d det along the null
 * vector = 0, where w is the left null vector and mu, an imperfection, stays zero (Golubitsky &
 * Schaeffer, ch. III). At most one parameter may enter the Hamiltonian or a jump operator: states
 * in between its values are interpolated, as scan.h says, and the error of the lines is measured.
 */
#ifndef GIBBSFLOW_PHASE_DIAGRAM_H
#define GIBBSFLOW_PHASE_DIAGRAM_H

#include "gibbsflow/api.h"
#include "gibbsflow/scan.h"

GF_BEGIN_DECLARATIONS

/* How a line ends, or what lies on it. */
typedef enum gf_line_mark {
    GF_AT_EDGE,              /* of the diagram */
    GF_CLOSED,               /* it comes back to its start */
    GF_LOST,                 /* it could not be followed any farther: the point fades at the border
                                of the reachable densities, or rates would be negative */
    GF_CUSP,                 /* two folds meet */
    GF_DEGENERATE_PITCHFORK, /* a pitchfork turns from super- to subcritical: folds begin */
    GF_BOGDANOV_TAKENS       /* a Hopf line ends on a fold: both eigenvalues vanish */
} gf_line_mark;

GF_API const char *gf_line_mark_name(gf_line_mark mark);

/* A place on a line. */
typedef struct gf_line_point {
    double parameter[2];
    double lambda[GF_CHARGES], density[GF_CHARGES];
} gf_line_point;

typedef struct gf_bifurcation_line {
    gf_bifurcation_kind kind; /* GF_PITCHFORK, GF_FOLD or GF_HOPF */
    size_t count;
    gf_line_point *points; /* from one end to the other */
    gf_line_mark end[2];
    double error; /* in parts of the axis, where spectra are interpolated: the largest seen against
                     diagonalisation in between; else 0 */
} gf_bifurcation_line;

typedef struct gf_special_point {
    gf_line_mark kind; /* GF_CUSP and beyond */
    gf_line_point place;
} gf_special_point;

typedef struct gf_phase_diagram {
    char *parameter[2];
    gf_axis axis[2];
    size_t most;            /* points at a node */
    gf_fixed_point *points; /* [axis[0]][axis[1]][most], by magnetisation; GF_ABSENT beyond */
    bool *continuum;        /* [axis[0]][axis[1]]: no isolated points here */
    size_t incomplete;      /* nodes at which points are missing, by their indices */
    size_t line_count;
    gf_bifurcation_line *lines;
    size_t special_count;
    gf_special_point *specials;
    size_t unfollowed; /* bifurcations between nodes that lie on none of the lines */
} gf_phase_diagram;

/* What it will take; as gf_scan_estimate. Fails if both parameters want spectra. */
GF_API gf_status gf_phase_diagram_estimate(const gf_model *model, const char *const parameter[2],
                                           const gf_axis axis[2], gf_spectrum_cost *cost,
                                           gf_error *error);

/* The spectrum, its region and the store as in gf_scan_resume; the store's spectra are those of the
 * one parameter that wants them. The caller frees the diagram. */
GF_API gf_status gf_phase_diagram_compute(const gf_model *model, const gf_spectrum *spectrum,
                                          const gf_region *region, const char *const parameter[2],
                                          const gf_axis axis[2], gf_scan_store *store,
                                          const gf_progress *progress, gf_phase_diagram *diagram,
                                          gf_error *error);
GF_API void gf_phase_diagram_free(gf_phase_diagram *self);

/* /phase; the layout is in src/io/README.md. */
GF_API void gf_phase_diagram_write(const gf_phase_diagram *self, gf_file *file);
GF_API gf_status gf_phase_diagram_read(gf_file *file, gf_phase_diagram *diagram, gf_error *error);

GF_END_DECLARATIONS

#endif
