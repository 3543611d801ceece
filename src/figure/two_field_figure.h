/* Figures of runs of two fields. */
#ifndef GIBBSFLOW_FIGURE_TWO_FIELD_FIGURE_H
#define GIBBSFLOW_FIGURE_TWO_FIELD_FIGURE_H

#include "figure/plot.h"
#include "gibbsflow/langevin.h"

/* m and e through a wall, from the last snapshots, against r and r sqrt(epsilon). */
gf_status gf_langevin_draw_profiles(const gf_langevin *self, gf_plot *plot, gf_error *error);
/* Both fields in space and time after the warm-up, up to three sweep points. */
gf_status gf_langevin_draw_maps(const gf_langevin *self, gf_plot *plot, gf_error *error);
/* The distribution of cell values in the plane of m and e. */
gf_status gf_langevin_draw_plane(const gf_langevin *self, gf_plot *plot, gf_error *error);
/* The curve of a wall, or the mean passage of blocks, over the force field; `path` is the file of
 * the run. */
gf_status gf_langevin_draw_paths(const gf_langevin *self, const char *path, const char *output,
                                 gf_error *error);

#endif
