/* Figures of what runs measure on request: correlation functions and lengths of domains. */
#ifndef GIBBSFLOW_FIGURE_MEASURED_H
#define GIBBSFLOW_FIGURE_MEASURED_H

#include "figure/kinds.h"
#include "figure/plot.h"
#include "langevin/ensemble/langevin.h"

/* Correlations of each pair of fields: in space, at one time for each sweep point or, of a single
 * one, at several; and in time, at one place. */
gf_status gf_langevin_draw_correlations(const gf_langevin *self, const gf_figure *figure,
                                        gf_plot *plot, gf_error *error);
double gf_langevin_correlations_height(const gf_run *run, double width); /* of the page, in cm */

/* The distribution of the lengths of domains, beside the exponential one of the same mean. */
gf_status gf_langevin_draw_domains(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                   gf_error *error);

#endif
