/* The kinds of figure: each draws one file that is already open. */
#ifndef GIBBSFLOW_FIGURE_KINDS_H
#define GIBBSFLOW_FIGURE_KINDS_H

#include "gibbsflow/figure_options.h"
#include "gibbsflow/file.h"

#include <stdio.h>

/* What is to be drawn. */
typedef struct gf_figure {
    const char *path;
    gf_file *file; /* that at `path` */
    const gf_figure_options *options;
    unsigned layers; /* of the plane (plane.h), by the kind and by the options */
    const char *output;
} gf_figure;

/* What a kind makes of --log. */
typedef enum gf_figure_log {
    GF_LOG_NEVER, /* what it shows changes sign */
    GF_LOG_CAN,
    GF_LOG_IS /* its scale is logarithmic in any case */
} gf_figure_log;

/* Fails if the options ask for what the kind has not: more than `ranges` ranges, a logarithmic
 * scale. */
gf_status gf_figure_check_options(const gf_figure_options *options, const char *kind, size_t ranges,
                                  gf_figure_log log, gf_error *error);

/* What is drawn over the force field: `write` prints lines of densities, a blank one between paths.
 */
typedef struct gf_figure_overlay {
    void (*write)(const void *context, FILE *out);
    const void *context;
    const char *title, *line; /* in the legend, and the gnuplot style of the line */
} gf_figure_overlay;

/* The force field with something over it; NULL: nothing. */
gf_status gf_figure_draw_overlaid(const gf_figure *figure, const gf_figure_overlay *overlay,
                                  gf_error *error);
gf_status gf_figure_draw_forces(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_map(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_phase(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_scan(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_trial(const gf_figure *figure, gf_error *error);
/* Of trajectories of wave functions: averages, P(M) and what jumps do; single ones over the force
 * field. */
gf_status gf_figure_draw_jumps(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_paths(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_transport(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_diffusion(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_ladder(const gf_figure *figure, gf_error *error);
/* Of a least action: its path, and c against the swept parameter. */
gf_status gf_figure_draw_path(const gf_figure *figure, gf_error *error);
gf_status gf_figure_draw_law(const gf_figure *figure, gf_error *error);

#endif
