/* Gibbs states on knots that fit the reachable region, for interpolation: what crosses over to the
 * Langevin side. */
#ifndef GIBBSFLOW_FITTED_GRID_H
#define GIBBSFLOW_FITTED_GRID_H

#include "gibbsflow/chart.h"
#include "gibbsflow/grid.h"
#include "gibbsflow/region.h"

/* The largest errors of the surface (surface.h) through the knots, measured at centres of cells
 * inside 95% of the region: |m| <= 0.95, and e in the middle 95% of its range at this m. */
typedef struct gf_fitted_error {
    double force;          /* of f_i, in units of the largest |f_i| of any knot */
    double noise;          /* of N_ij, in units of the largest sqrt(N_ii N_jj) */
    double susceptibility; /* of C_ij, likewise */
} gf_fitted_error;

/* Knots at rows m and columns t, evenly from -1 to 1 (chart.h). Shapes [rows][columns][...].
 *
 * Where a knot lies in the strip between the region and the border of the chart, or less than a
 * thousandth of the range of e inside, it holds the state of its m at that depth. At m = +-1 it
 * holds the one state there: lambda1 = -+infinity, for lambda2 that of the next knot, and the limit
 * of the shift by quadratic extrapolation along its row of heights. */
typedef struct gf_fitted_grid {
    gf_chart chart;
    gf_grid grid; /* without points if magnetisation and energy are not independent */
    double
        *channel_shift; /* [channels][rows][columns][GF_CHARGES]: gf_gibbs_shift, per unit rate */
    size_t channels;
    bool mirrored;   /* the model is symmetric under m -> -m; then the values are so exactly */
    double strip;    /* the largest width of the strip, in units of the range of e */
    size_t unsolved; /* knots that hold a less extreme state, because lambda was not found */
    gf_fitted_error error;
} gf_fitted_grid;

/* Tabulates in parallel, at the numbers of knots of the model. The caller frees the grid. */
gf_status gf_fitted_grid_compute(const gf_model *model, const gf_spectrum *spectrum,
                                 const gf_region *region, const gf_progress *progress,
                                 gf_fitted_grid *grid, gf_error *error);
void gf_fitted_grid_free(gf_fitted_grid *self);

/* /fitted_grid, unless there are no points; the layout is in the README. */
void gf_fitted_grid_write(const gf_fitted_grid *self, gf_file *file);

#endif
