/* What a surface is made of. */
#ifndef GIBBSFLOW_MEDIUM_SURFACE_H
#define GIBBSFLOW_MEDIUM_SURFACE_H

#include "gibbsflow/surface.h"
#include "medium/chart.h"

struct gf_surface {
    gf_chart chart;
    size_t points[2]; /* knots along m and t, evenly from -1 to 1 */
    bool mirrored;    /* even or odd under m -> -m, exactly: then only m >= 0 is looked up */
    double (*knots)[GF_SURFACE_VALUES];  /* [points[0] + 2][points[1] + 2], B-spline coefficients */
    float (*rounded)[GF_SURFACE_VALUES]; /* the same in single precision, for gf_surface_sample */
    double speed[GF_CHARGES];            /* the largest |f_i| of any knot */
};

/* Makes a surface through values[points[0]][points[1]], knots evenly from -1 to 1 in m and t, at
 * least 5 along either. The caller frees it; after a failure it is NULL. */
gf_status gf_surface_create(const gf_chart *chart, const size_t points[2],
                            const double (*values)[GF_SURFACE_VALUES], gf_surface **surface,
                            gf_error *error);

/* All values at a density and their derivatives, slope[k][i] = d value_k/dq_i, as gf_surface_slope
 * has those of the force. */
void gf_surface_expand(const gf_surface *self, const double density[GF_CHARGES],
                       double values[GF_SURFACE_VALUES],
                       double slope[GF_SURFACE_VALUES][GF_CHARGES]);

#endif
