/* Figures of what the HDF5 files hold. */
#ifndef GIBBSFLOW_FIGURE_H
#define GIBBSFLOW_FIGURE_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"
#include "gibbsflow/figure_options.h"

#include <stdbool.h>

GF_BEGIN_DECLARATIONS

/* Draws `path` to `output` (.pdf, .png or .svg; .gp: the gnuplot script that draws it). Kinds:
 *   forces      the force field with its fixed points, as Fig. 2 of Lange & Rosch
 *   map         values over the plane of m and e: options->of names force, noise, susceptibility,
 *               lambda or log_partition
 *   nullclines  the force field with the lines f_1 = 0 and f_2 = 0
 *   basins      what flows to which stable point, with the separatrices
 *   scan        fixed points against a parameter
 *   ladder      errors against the number of sites
 *   transport   sigma_ij(t) of chains, with options->beside of several
 *   diffusion   D_ij over the plane
 *   path        of a least action: the field and the density of the action in space and time
 *   law         its exponent c against a parameter
 * and of a Langevin run those of langevin_figure.h; of one with a force table the first four, too.
 * Without a kind it is the first that the file holds. */
GF_API gf_status gf_figure_draw_with(const char *path, const gf_figure_options *options,
                                     const char *output, gf_error *error);
/* Likewise with no other option than the kind; NULL: the first. */
GF_API gf_status gf_figure_draw(const char *path, const char *kind, const char *output,
                                gf_error *error);

/* Whether there is such a kind at all, be it of runs. */
GF_API bool gf_figure_knows(const char *kind);

GF_END_DECLARATIONS

#endif
