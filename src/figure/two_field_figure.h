/* Figures of runs of two fields. */
#ifndef GIBBSFLOW_FIGURE_TWO_FIELD_FIGURE_H
#define GIBBSFLOW_FIGURE_TWO_FIELD_FIGURE_H

#include "figure/kinds.h"
#include "figure/plot.h"
#include "gibbsflow/langevin.h"
#include "langevin/run/run.h"

/* m and e through a wall, from the last snapshots, against r and r sqrt(epsilon). */
gf_status gf_langevin_draw_profiles(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                    gf_error *error);
double gf_langevin_profiles_height(const gf_run *run, double width); /* of the page, in cm */
/* Both fields in space and time after the warm-up, up to three sweep points. */
gf_status gf_langevin_draw_maps(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                gf_error *error);
double gf_langevin_maps_height(const gf_run *run, double width);
/* The distribution of cell values in the plane of m and e. */
gf_status gf_langevin_draw_plane(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                 gf_error *error);
/* The curve of a wall, or the mean passage of blocks, over the force field. */
gf_status gf_langevin_draw_paths(const gf_langevin *self, const gf_figure *figure, gf_error *error);

#endif
