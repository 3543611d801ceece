/* Gibbs states on knots that fit the reachable region, for interpolation: what crosses over to the
 * Langevin side. */
#ifndef GIBBSFLOW_FITTED_GRID_H
#define GIBBSFLOW_FITTED_GRID_H

#include "gibbsflow/api.h"
#include "gibbsflow/grid.h"
#include "gibbsflow/region.h"

GF_BEGIN_DECLARATIONS

/* The largest errors of the surface (surface.h) through the knots, measured at centres of cells
 * inside 95% of the region: |m| <= 0.95, and e in the middle 95% of its range at this m. */
typedef struct gf_fitted_error {
    double force;          /* of f_i, in units of the largest |f_i| of any knot */
    double noise;          /* of N_ij, in units of the largest sqrt(N_ii N_jj) */
    double susceptibility; /* of C_ij, likewise */
} gf_fitted_error;

typedef struct gf_fitted_grid gf_fitted_grid;

/* Tabulates in parallel, at the numbers of knots of the model. There are no knots if magnetisation
 * and energy are not independent. The caller frees the grid; after a failure it is NULL. */
GF_API gf_status gf_fitted_grid_compute(const gf_model *model, const gf_spectrum *spectrum,
                                        const gf_region *region, const gf_progress *progress,
                                        gf_fitted_grid **grid, gf_error *error);
GF_API void gf_fitted_grid_free(gf_fitted_grid *self); /* NULL is fine */

/* How well the surface through the knots stands for the model. */
GF_API gf_fitted_error gf_fitted_grid_error(const gf_fitted_grid *self);
/* Knots that hold a less extreme state, because lambda was not found. */
GF_API size_t gf_fitted_grid_unsolved(const gf_fitted_grid *self);
/* The states at the knots: rows of magnetisation, columns of height (medium/chart.h). */
GF_API const gf_grid *gf_fitted_grid_states(const gf_fitted_grid *self);

/* /fitted_grid, unless there are no knots. */
GF_API void gf_fitted_grid_write(const gf_fitted_grid *self, gf_file *file);

GF_END_DECLARATIONS

#endif
