/* Figures drawn by gnuplot: a script is collected, then run.
 *
 * gnuplot draws into memory; the figure is put in place when it is complete. */
#ifndef GIBBSFLOW_FIGURE_PLOT_H
#define GIBBSFLOW_FIGURE_PLOT_H

#include "gibbsflow/error.h"

#include <stddef.h>
#include <stdio.h>

typedef struct gf_plot gf_plot;

/* Starts a figure; the format follows from the ending of `path`: .pdf, .png or .svg. Sizes are in
 * centimetres. */
gf_status gf_plot_begin(const char *path, double width, double height, gf_plot **plot,
                        gf_error *error);

/* Where to print gnuplot commands. Terminal, output and fonts are set already. */
FILE *gf_plot_script(gf_plot *self);

/* Prints text as a gnuplot string: quoted, with markup characters taken literally. */
void gf_plot_quote(gf_plot *self, const char *text);

/* Opens an inline data block $name; print lines of numbers, then gf_plot_close_data. */
void gf_plot_open_data(gf_plot *self, const char *name);
void gf_plot_close_data(gf_plot *self);

/* Runs gnuplot and puts the figure in place. Frees the plot in any case and sets it to NULL. */
gf_status gf_plot_finish(gf_plot **plot, gf_error *error);
/* Gives a figure up. NULL is fine. */
void gf_plot_abandon(gf_plot **plot);

#endif
