/* Figures of what the HDF5 files hold. */
#ifndef GIBBSFLOW_FIGURE_H
#define GIBBSFLOW_FIGURE_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"

#include <stdbool.h>

GF_BEGIN_DECLARATIONS

/* Draws `path` to `output` (.pdf, .png or .svg). `kind` is "forces" (the force field with its fixed
 * points, as Fig. 2 of Lange & Rosch), "scan" (fixed points against a parameter) or "ladder"
 * (errors against the number of sites); NULL takes the first of these that the file holds. A
 * Langevin run has kinds of its own (langevin_figure.h). */
GF_API gf_status gf_figure_draw(const char *path, const char *kind, const char *output,
                                gf_error *error);

/* Whether there is such a kind at all, be it of runs. */
GF_API bool gf_figure_knows(const char *kind);

GF_END_DECLARATIONS

#endif
