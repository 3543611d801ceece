/* Figures of Langevin runs. */
#ifndef GIBBSFLOW_FIGURE_LANGEVIN_FIGURE_H
#define GIBBSFLOW_FIGURE_LANGEVIN_FIGURE_H

#include "figure/kinds.h"

#include <stdbool.h>

/* Draws a run (an HDF5 file of gf_langevin_write). Kinds:
 *   histogram    the distribution of the cell values of a double well, against exp(-V/alpha)
 *   profile      the last snapshots, with the wall of Eq. (16), rescaled in an inset
 *   space-time   the snapshots after the warm-up, one panel per sweep point
 *   walls        wall density against coupling, with fit and exact values
 * and of two fields
 *   histogram    the distribution in the plane of m and e
 *   profile      m and e through a wall, against r and r sqrt(epsilon)
 *   space-time   both fields, up to three sweep points
 *   trajectories the curve of a wall, or the mean passage of blocks, over the force field
 * NULL chooses what the run was made for. */
gf_status gf_langevin_figure_draw(const gf_figure *figure, gf_error *error);

/* Whether `kind` is one of these. */
bool gf_langevin_figure_knows(const char *kind);

#endif
