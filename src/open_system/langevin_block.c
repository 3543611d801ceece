#include "open_system/langevin_block.h"

#include "gibbsflow/region.h"
#include "medium/fokker_planck.h"
#include "table/fitted_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TOLERANCE = 1e-4;

static gf_status set_unknown(int sites, gf_rates_summary *summary, double (*force)[GF_CHARGES],
                             gf_error *error) {
    *summary = (gf_rates_summary){NAN, NAN, NAN, NAN, calloc((size_t)sites + 1, sizeof(double))};
    for (int k = 0; k <= sites && summary->probability != NULL; ++k) {
        summary->probability[k] = force[k][0] = force[k][1] = NAN;
    }
    return summary->probability != NULL ? GF_OK : gf_fail_memory(error, "the Langevin block");
}

static gf_status solve(const gf_surface *medium, gf_rates *rates, gf_rates_summary *summary,
                       double (*force)[GF_CHARGES], gf_error *error) {
    gf_fokker_planck block;
    gf_status status = gf_fokker_planck_find(medium, rates->sites, TOLERANCE, &block, error);
    if (status != GF_OK) {
        return status == GF_NO_CONVERGENCE ? GF_OK : status;
    }
    for (int k = 0; k <= rates->sites; ++k) {
        summary->probability[k] = block.probability[k];
        memcpy(force[k], block.force[k], sizeof force[k]);
    }
    summary->second_moment = block.second_moment;
    summary->energy = block.energy;
    summary->even = block.even;
    summary->odd = block.odd;
    rates->block_error =
        isnan(rates->block_error) ? block.error : fmax(rates->block_error, block.error);
    gf_fokker_planck_free(&block);
    return GF_OK;
}

static gf_status try_both(const gf_fitted_grid *grid, const double *channel_rates, gf_rates *rates,
                          gf_error *error) {
    gf_rates_summary *summary[] = {&rates->bare_block, &rates->block};
    gf_status status = GF_OK;
    for (int k = 0; k < 2 && status == GF_OK; ++k) {
        gf_surface *medium = NULL;
        status =
            gf_fitted_grid_surface(grid, channel_rates, k == 0 ? 0 : rates->sites, &medium, error);
        if (status == GF_OK) {
            status = solve(medium, rates, summary[k], rates->force[GF_RATES_BARE_BLOCK + k], error);
        }
        gf_surface_free(medium);
    }
    return status;
}

gf_status gf_langevin_block_try(bool wanted, const gf_model *model, const gf_spectrum *spectrum,
                                gf_rates *rates, gf_error *error) {
    gf_region region = {0};
    gf_fitted_grid *grid = NULL;
    double *channel_rates = calloc(model->channel_count + 1, sizeof *channel_rates);
    rates->block_error = NAN;
    gf_status status = channel_rates != NULL ? set_unknown(rates->sites, &rates->bare_block,
                                                           rates->force[GF_RATES_BARE_BLOCK], error)
                                             : gf_fail_memory(error, "the Langevin block");
    status = status == GF_OK
                 ? set_unknown(rates->sites, &rates->block, rates->force[GF_RATES_BLOCK], error)
                 : status;
    status = status == GF_OK ? gf_region_init(&region, spectrum, error) : status;
    if (status == GF_OK && wanted && region.count > 0) {
        gf_model_rates(model, channel_rates);
        status = gf_fitted_grid_compute(model, spectrum, &region, NULL, &grid, error);
        status = status == GF_OK ? try_both(grid, channel_rates, rates, error) : status;
    }
    gf_fitted_grid_free(grid);
    gf_region_free(&region);
    free(channel_rates);
    return status;
}
