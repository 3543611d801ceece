/* Lines of fixed points, where a charge or a combination of charges is conserved by the bath. */
#ifndef GIBBSFLOW_FIXED_POINTS_FIXED_LINE_H
#define GIBBSFLOW_FIXED_POINTS_FIXED_LINE_H

#include "gibbsflow/fixed_points.h"

/* Whether a place in the plane of lambda is on the line, or close to it. */
bool gf_fixed_line_passes(const gf_fixed_line *self, double energy_unit,
                          const double lambda[GF_CHARGES]);

/* Follows the line on which weight . f = 0 (f dimensionless) from a place close to it both ways, to
 * the border of the region or back to its start. A line of no points: there is none. The caller
 * frees line->points, also after a failure. */
gf_status gf_fixed_line_follow(gf_gibbs *gibbs, const gf_region *region,
                               const double weight[GF_CHARGES], const double lambda[GF_CHARGES],
                               gf_fixed_line *line, gf_error *error);

#endif
