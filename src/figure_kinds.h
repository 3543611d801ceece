/* The kinds of figure: each draws one file that is already open. */
#ifndef GIBBSFLOW_FIGURE_KINDS_H
#define GIBBSFLOW_FIGURE_KINDS_H

#include "gibbsflow/file.h"

gf_status gf_figure_draw_forces(gf_file *file, const char *output, gf_error *error);
gf_status gf_figure_draw_scan(gf_file *file, const char *output, gf_error *error);
gf_status gf_figure_draw_ladder(gf_file *file, const char *output, gf_error *error);

#endif
