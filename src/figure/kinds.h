/* The kinds of figure: each draws one file that is already open. */
#ifndef GIBBSFLOW_FIGURE_KINDS_H
#define GIBBSFLOW_FIGURE_KINDS_H

#include "gibbsflow/file.h"

#include <stdio.h>

/* What is drawn over the force field: `write` prints lines of densities, a blank one between paths.
 */
typedef struct gf_figure_overlay {
    void (*write)(const void *context, FILE *out);
    const void *context;
    const char *title, *line; /* in the legend, and the gnuplot style of the line */
} gf_figure_overlay;

/* The force field with something over it; NULL: nothing. */
gf_status gf_figure_draw_overlaid(gf_file *file, const gf_figure_overlay *overlay,
                                  const char *output, gf_error *error);
gf_status gf_figure_draw_forces(gf_file *file, const char *output, gf_error *error);
gf_status gf_figure_draw_scan(gf_file *file, const char *output, gf_error *error);
gf_status gf_figure_draw_trial(gf_file *file, const char *output, gf_error *error);
gf_status gf_figure_draw_ladder(gf_file *file, const char *output, gf_error *error);

#endif
