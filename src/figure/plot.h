/* Figures drawn by gnuplot: a script is collected, then run.
 *
 * gnuplot draws into memory; the figure is put in place when it is complete. */
#ifndef GIBBSFLOW_FIGURE_PLOT_H
#define GIBBSFLOW_FIGURE_PLOT_H

#include "figure/label.h"
#include "gibbsflow/figure_options.h"

#include <stddef.h>
#include <stdio.h>

typedef struct gf_plot gf_plot;

/* The end of a plot of points with errors, columns x, y and its error: a bar; yerrorbars would
 * erase what is behind it in a PDF. */
#define GF_PLOT_BAR "using 1:($3<$2?$2-$3:$2/1e3):(0):($3<$2?2*$3:$2+$3-$2/1e3) with vectors nohead"

/* Lines of a grid that look the same in every format. */
#define GF_PLOT_GRID "set grid lc rgb '#b0b0b0' lw 0.5 dt (2,4)\n"

/* How wide the page is to be laid out, unless the options say so: `width`. Lengths are in
 * centimetres here and below, those of a page with text of 8.6 points; smaller pages, as of a
 * column, are laid out somewhat larger and then made smaller with all that they hold. */
double gf_plot_choose_width(const gf_figure_options *options, double width);

/* Starts a figure. The format follows from the ending of `path`: .pdf, .png or .svg, or .gp for the
 * gnuplot script alone. The options change the page and ranges, and the title that is drawn above
 * all (NULL: none). All formats show the same picture as long as what is drawn stands at places
 * given in lengths or in fractions of the page or frame, not in characters. */
gf_status gf_plot_begin(const char *path, const gf_figure_options *options, const gf_label *title,
                        double width, double height, gf_plot **plot, gf_error *error);

/* The page below the title. */
double gf_plot_width(const gf_plot *self);
double gf_plot_height(const gf_plot *self);

/* Where to print gnuplot commands. Terminal, output and fonts are set already; sizes of points are
 * multiples of the variable `point`: "ps 0.7*point". */
FILE *gf_plot_script(gf_plot *self);

/* The range of an axis, "x" or "y": that of number `range` in the options, 0 of the horizontal
 * axis, then of vertical ones; where they leave it open, from low to high; NaN: as the data are. */
void gf_plot_range(gf_plot *self, const char *axis, size_t range, double low, double high);

/* White around the frames of a page, for titles, labels and legend. */
typedef struct gf_plot_margins {
    double left, right, bottom, top;
} gf_plot_margins;

/* Places the frame of the next `plot`. A page too small for it makes gf_plot_finish fail. */
void gf_plot_frame(gf_plot *self, gf_plot_margins page);

/* Text around the frame of the next `plot`: above it, below, and `aside` to the left; gnuplot's own
 * labels stand at distances in characters. The arguments are gnuplot strings, with their quotes, or
 * NULL. Until gf_plot_end_labels. */
void gf_plot_label(gf_plot *self, const char *title, const char *x, const char *y, double aside);

/* Puts the scale of colours to the right of the frame; gf_plot_label_colours a gnuplot string
 * beside it, until gf_plot_end_labels. */
void gf_plot_place_colours(gf_plot *self);
void gf_plot_label_colours(gf_plot *self, const char *text);

/* Starts a page of frames, rows of columns, that many centimetres apart; the next `plot` commands
 * fill them. Ends with "unset multiplot". */
void gf_plot_panels(gf_plot *self, size_t rows, size_t columns, gf_plot_margins page, double across,
                    double down);

/* Starts a legend at (left, top) from the upper left corner of the page below the title: `rows`
 * entries in each column, columns `width` wide. */
void gf_plot_begin_key(gf_plot *self, double left, double top, size_t rows, double width);
/* An entry: a line and points, each a gnuplot style ("lw 2 dt 2", "pt 7 ps point") or NULL, and a
 * title with markup. Without a title the next entry is drawn over this one. */
void gf_plot_add_key(gf_plot *self, const char *line, const char *points, const char *title);
/* After the `plot` command that draws labels and legend, if there are others on the page. */
void gf_plot_end_labels(gf_plot *self);

/* A round distance, 1, 2 or 5 times a power of ten, that divides a range into at most `most`. */
double gf_plot_step(double range, int most);

/* A colour for curve number k of n: place k/(n-1) from blue over green to orange. */
void gf_plot_shade(double place, char colour[8]);

/* Opens an inline data block $name; print lines of numbers, then gf_plot_close_data. */
void gf_plot_open_data(gf_plot *self, const char *name);
void gf_plot_close_data(gf_plot *self);

/* Runs gnuplot and puts the figure in place. Frees the plot in any case and sets it to NULL. */
gf_status gf_plot_finish(gf_plot **plot, gf_error *error);
/* Gives a figure up. NULL is fine. */
void gf_plot_abandon(gf_plot **plot);

#endif
