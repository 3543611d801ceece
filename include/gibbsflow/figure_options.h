/* How a figure is to look: what the options of `gibbsflow figure` say. */
#ifndef GIBBSFLOW_FIGURE_OPTIONS_H
#define GIBBSFLOW_FIGURE_OPTIONS_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"

#include <stdbool.h>
#include <stddef.h>

GF_BEGIN_DECLARATIONS

enum { GF_FIGURE_RANGES = 4 };

/* All zero: every figure by its own lights. Texts stay with the caller. */
typedef struct gf_figure_options {
    const char *kind; /* NULL: the first that the file holds */
    const char *of;   /* which quantity a map shows; NULL: the force */
    const char *with; /* what is drawn over the plane, by commas; NULL: what belongs to the kind */
    const char *const *beside; /* of kind transport: further files, up to a NULL; NULL: none */
    const char *title;         /* NULL: the figure's own; "": none */
    double width, height;      /* of the page in cm; 0: the figure's own, or in proportion */
    size_t ranges;
    double range[GF_FIGURE_RANGES][2]; /* of the horizontal axis, then of the vertical ones from the
                                          first panel on; an end that is NaN follows the data */
    bool log;                          /* a logarithmic scale */
} gf_figure_options;

/* Parses "x0:x1,y0:y1": an end may be left out, so ":,0:1" is a range of the vertical axis. */
GF_API gf_status gf_figure_options_set_ranges(gf_figure_options *self, const char *text,
                                              gf_error *error);

/* Puts the ends of a range that are given in place of those in `ends`. */
GF_API void gf_figure_options_apply_range(const gf_figure_options *self, size_t range,
                                          double ends[2]);

/* Parses a page: "column" (8.6 cm wide) or "page" (17.8 cm), as high as suits; WIDTH or
 * WIDTHxHEIGHT, each with a unit (cm, mm, in, pt): "12cmx9cm", "columnx6cm". */
GF_API gf_status gf_figure_options_set_size(gf_figure_options *self, const char *text,
                                            gf_error *error);

GF_END_DECLARATIONS

#endif
