/* Flow lines dq/dt = f(q) that leave the saddles along their unstable directions, and those that
 * run into them along the stable ones, the separatrices: they divide what flows to one stable point
 * from what flows to another.
 *
 * The lines are integrated in lambda, dlambda/dt = -C^-1 f, with exact Gibbs states and adaptive
 * steps, at unit speed in the (m,e) plane, until they come to rest; separatrices back in
 * time, until they come to an unstable point or within 1e-3 of the border of the region. */
#ifndef GIBBSFLOW_FLOW_H
#define GIBBSFLOW_FLOW_H

#include "gibbsflow/api.h"
#include "gibbsflow/fixed_points.h"

GF_BEGIN_DECLARATIONS

typedef struct gf_flow_line {
    size_t count;
    double (*density)[GF_CHARGES]; /* [count], from the saddle to where the line ends */
} gf_flow_line;

typedef struct gf_flow {
    size_t count;
    gf_flow_line *lines;
} gf_flow;

GF_API gf_status gf_flow_trace(const gf_model *model, const gf_spectrum *spectrum,
                               const gf_region *region, const gf_fixed_points *points,
                               gf_flow *flow, gf_error *error);
/* Likewise the separatrices, each from its saddle to where it comes from. */
GF_API gf_status gf_flow_trace_separatrices(const gf_model *model, const gf_spectrum *spectrum,
                                            const gf_region *region, const gf_fixed_points *points,
                                            gf_flow *flow, gf_error *error);
GF_API void gf_flow_free(gf_flow *self);

/* /flow_lines: density[points, charges] of all lines one after another, first[lines + 1]. */
GF_API void gf_flow_write(const gf_flow *self, gf_file *file);
GF_API gf_status gf_flow_read(gf_file *file, gf_flow *flow, gf_error *error);
/* /separatrices, likewise. */
GF_API void gf_flow_write_separatrices(const gf_flow *self, gf_file *file);
GF_API gf_status gf_flow_read_separatrices(gf_file *file, gf_flow *flow, gf_error *error);

GF_END_DECLARATIONS

#endif
