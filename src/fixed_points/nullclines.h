/* The lines f_i(m, e) = 0 of the force. */
#ifndef GIBBSFLOW_FIXED_POINTS_NULLCLINES_H
#define GIBBSFLOW_FIXED_POINTS_NULLCLINES_H

#include "gibbsflow/flow.h"
#include "gibbsflow/surface.h"

/* The nullcline of the force on `charge`, as lines that end at the border or are closed: marching
 * squares on a mesh that follows the border, with each crossing of an edge solved for on the
 * surface to rounding. None where the force is zero everywhere. Features smaller than 1/150 of the
 * region can be missed. The caller frees the lines with gf_flow_free. */
gf_status gf_nullclines_trace(const gf_surface *surface, size_t charge, gf_flow *lines,
                              gf_error *error);

#endif
