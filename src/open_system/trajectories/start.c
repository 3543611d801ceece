/* The Gibbs state of given densities, as a start. */
#include "gibbsflow/gibbs.h"
#include "open_system/trajectories/trajectories.h"
#include "spectrum/spectrum.h"

#include <stdlib.h>

enum { MOST_SITES = 12 }; /* that are diagonalised in seconds; longer chains have nearly the same */

/* The chain itself, or the longest shorter one of as many sites, even or odd, in whole cells. */
static gf_status shorten(const gf_model *model, gf_model **result, gf_error *error) {
    int cell = gf_chain_cell(&model->chain), sites = model->chain.sites;
    while (sites > MOST_SITES && sites > 2 * cell) {
        sites -= cell % 2 == 0 ? cell : 2 * cell;
    }
    return gf_model_resize(model, sites, model->chain.periodic, result, error);
}

gf_status gf_trajectories_find_lambda(const gf_model *model, const double density[GF_CHARGES],
                                      double lambda[GF_CHARGES], int *sites, gf_error *error) {
    gf_model *shorter = NULL;
    gf_spectrum *spectrum = NULL;
    gf_gibbs *gibbs = NULL;
    double *rates = calloc(model->channel_count + 1, sizeof *rates);
    gf_status status =
        rates != NULL ? shorten(model, &shorter, error) : gf_fail_memory(error, "the rates");
    if (status == GF_OK) {
        *sites = shorter->chain.sites;
        status = gf_spectrum_compute(shorter, NULL, &spectrum, error);
    }
    if (status == GF_OK) {
        status = gf_gibbs_create(spectrum, rates, &gibbs, error);
    }
    lambda[0] = lambda[1] = 0;
    if (status == GF_OK && !gf_gibbs_invert(gibbs, density, lambda)) {
        status = gf_fail(error, GF_INVALID,
                         "no Gibbs state of %s has m = %g, e = %g: this is outside the reachable "
                         "densities, or on their border",
                         model->name, density[0], density[1]);
    }
    gf_gibbs_free(gibbs);
    gf_spectrum_free(spectrum);
    gf_model_free(shorter);
    free(rates);
    return status;
}
