/* What a fitted grid consists of. */
#ifndef GIBBSFLOW_TABLE_FITTED_GRID_H
#define GIBBSFLOW_TABLE_FITTED_GRID_H

#include "gibbsflow/fitted_grid.h"
#include "medium/surface.h"

/* Knots at rows m and columns t, evenly from -1 to 1 (medium/chart.h). Shapes [rows][columns][...].
 *
 * Where a knot lies in the strip between the region and the border of the chart, or less than a
 * thousandth of the range of e inside, it holds the state of its m at that depth. At m = +-1 it
 * holds the one state there: lambda1 = -+infinity, for lambda2 that of the next knot, and the limit
 * of the shift by quadratic extrapolation along its row of heights. */
struct gf_fitted_grid {
    gf_chart chart;
    gf_grid grid; /* without points if magnetisation and energy are not independent */
    /* gf_gibbs_shift of the forces, [channels][rows][columns][GF_CHARGES], and of the noises,
     * [channels][rows][columns][GF_PAIRS], per unit rate */
    double *channel_shift, *channel_noise_shift;
    size_t channels;
    bool mirrored;   /* the model is symmetric under m -> -m; then the values are so exactly */
    double strip;    /* the largest width of the strip, in units of the range of e */
    size_t unsolved; /* knots that hold a less extreme state, because lambda was not found */
    gf_fitted_error error;
};

/* The surface through the knots at the given rates [channels], as gf_surface_read_sharp has it from
 * a file: of cells of `sites` sites that know their charges, or bare for 0. The grid must have
 * knots. The caller frees the surface; after a failure it is NULL. */
gf_status gf_fitted_grid_surface(const gf_fitted_grid *self, const double *rates, double sites,
                                 gf_surface **surface, gf_error *error);

#endif
