/* Fixed points on their way between processes. */
#ifndef GIBBSFLOW_FIXED_POINTS_FIXED_POINTS_H
#define GIBBSFLOW_FIXED_POINTS_FIXED_POINTS_H

#include "base/bytes.h"
#include "gibbsflow/fixed_points.h"

/* To another process, or from it in place of what there is. */
void gf_fixed_points_carry(gf_fixed_points *self, gf_bytes *bytes);

#endif
