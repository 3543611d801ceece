/* Which point of rest a density flows to. */
#ifndef GIBBSFLOW_FIXED_POINTS_BASINS_H
#define GIBBSFLOW_FIXED_POINTS_BASINS_H

#include "gibbsflow/fixed_points.h"
#include "gibbsflow/surface.h"

enum { GF_BASIN_NONE = -1 };

/* Follows dq/dt = f(q) on the surface from each density[count] until it comes to a stable point or
 * a state at the border; basin[count] receives the index among `points`, or GF_BASIN_NONE where the
 * flow goes elsewhere (a cycle) or the density is NaN. Shared out to threads. */
gf_status gf_basins_find(const gf_surface *surface, const gf_fixed_points *points, size_t count,
                         const double (*density)[GF_CHARGES], int *basin, gf_error *error);

#endif
