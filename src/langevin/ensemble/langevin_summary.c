/* What a run has come to. */
#include "gibbsflow/langevin.h"

#include "langevin/measure/walls.h"

#include <math.h>
#include <stdlib.h>

/* The average of every `fields`-th entry of a series, from `data` on. */
static gf_status estimate(const gf_run *run, const double *data, size_t fields, size_t point,
                          gf_estimate *result, gf_error *error) {
    size_t rows = run->realisations * run->samples, first = point * rows;
    double *series = malloc(rows * sizeof *series);
    if (series == NULL) {
        return gf_fail_memory(error, "an average");
    }
    for (size_t i = 0; i < rows; ++i) {
        series[i] = data[(first + i) * fields];
    }
    gf_status status =
        gf_estimate_series(series + run->first_measured, run->realisations, run->samples,
                           run->samples - run->first_measured, run->start_count, result, error);
    free(series);
    return status;
}

/* Exact values stand beside what was measured; where they cannot be had, that stands alone. */
static void compare_exactly(const gf_dynamics *dynamics, double level, gf_langevin_point *result) {
    const gf_transfer unknown = {NAN, NAN, NAN, NAN, NAN};
    if (gf_transfer_cells(dynamics, level, &result->cells, NULL) != GF_OK) {
        result->cells = unknown;
    }
    if (gf_transfer_continuum(dynamics, level, &result->continuum, NULL) != GF_OK) {
        result->continuum = unknown;
    }
}

gf_status gf_langevin_summarise(const gf_langevin *self, size_t point, gf_langevin_point *result,
                                gf_error *error) {
    const gf_run *run = &self->run;
    size_t fields = run->equation->fields;
    *result = (gf_langevin_point){0};
    const double *const series[] = {self->mean, self->second, self->smoothed_second};
    gf_estimate *const estimates[] = {result->mean, result->second, result->smoothed_second};
    gf_status status = gf_run_dynamics(run, point, &result->dynamics, error);
    if (status == GF_OK) {
        status = estimate(run, self->wall_density, 1, point, &result->walls, error);
    }
    if (status == GF_OK && self->outside != NULL) {
        status = estimate(run, self->outside, 1, point, &result->outside, error);
    }
    if (status == GF_OK && self->passages != NULL) {
        status = estimate(run, self->passages, 1, point, &result->passages, error);
    }
    for (size_t i = 0; i < 3 * fields && status == GF_OK; ++i) {
        status =
            estimate(run, series[i % 3] + i / 3, fields, point, &estimates[i % 3][i / 3], error);
    }
    const gf_dynamics *d = &result->dynamics;
    result->exact = fields == 1 && run->equation->has_space && d->thermal <= 0 && d->drive > 0;
    double level = run->threshold * d->order;
    if (status == GF_OK && result->exact) {
        compare_exactly(d, level, result);
    }
    return status;
}

double gf_langevin_coupling(const gf_langevin *self, size_t point) {
    const gf_run *run = &self->run;
    double epsilon = gf_run_parameter(run, point, "epsilon");
    if (run->equation->fields == 2) {
        double diffusion = gf_run_parameter(run, point, "diffusion");
        return diffusion > 0 ? epsilon / diffusion : epsilon;
    }
    return epsilon * gf_run_parameter(run, point, "J") * pow(gf_run_parameter(run, point, "a"), 2) /
           gf_run_parameter(run, point, "D");
}

double gf_langevin_length_unit(const gf_langevin *self, size_t point) {
    return self->run.rescaled ? 1 / sqrt(gf_run_parameter(&self->run, point, "epsilon")) : 1;
}

bool gf_langevin_coupling_varies(const gf_langevin *self) {
    double first = gf_langevin_coupling(self, 0);
    for (size_t k = 1; k < self->run.points; ++k) {
        if (fabs(gf_langevin_coupling(self, k) - first) > 1e-12 * first) {
            return true;
        }
    }
    return false;
}

/* Passages of one position of the snapshots. */
static size_t count_reversals(const double *m, size_t stride, size_t count, double middle,
                              double level) {
    size_t reversals = 0;
    double side = 0;
    for (size_t s = 0; s < count; ++s) {
        reversals += gf_walls_pass(m[s * stride] - middle, level, &side) ? 1 : 0;
    }
    return reversals;
}

double gf_langevin_reversal_time(const gf_langevin *self, size_t point, double middle,
                                 double level) {
    const gf_run *run = &self->run;
    size_t stride = run->positions * run->equation->fields;
    size_t first = run->first_measured / run->samples_per_snapshot, reversals = 0;
    if (run->snapshots <= first + 1) {
        return NAN;
    }
    size_t count = run->snapshots - first;
    for (size_t r = 0; r < run->realisations; ++r) {
        const double *shots =
            self->snapshots + ((point * run->realisations + r) * run->snapshots + first) * stride;
        for (size_t x = 0; x < run->positions; ++x) {
            reversals +=
                count_reversals(shots + x * run->equation->fields, stride, count, middle, level);
        }
    }
    double time = (double)(count - 1) * run->snapshot_every * (double)run->stretch[point] *
                  (double)run->positions * (double)run->realisations;
    return reversals > 0 ? time / (double)reversals : INFINITY;
}
