/* Results of a run, averaged. */
#include "langevin/ensemble/langevin.h"
#include "langevin/lattice/passage.h"
#include "langevin/measure/transfer.h"
#include "langevin/run/kind.h"

#include <math.h>
#include <stdlib.h>

/* Samples that a realisation has taken. */
static size_t samples_of(const gf_langevin *self, size_t point, size_t realisation) {
    size_t task = point * self->run->realisations + realisation;
    return (size_t)(self->tasks[task].steps / gf_run_steps_per_sample(self->run, point));
}

size_t *gf_langevin_samples_taken(const gf_langevin *self) {
    size_t count = self->run->points * self->run->realisations;
    size_t *samples = calloc(count, sizeof *samples);
    for (size_t i = 0; i < count && samples != NULL; ++i) {
        samples[i] = samples_of(self, i / self->run->realisations, i % self->run->realisations);
    }
    return samples;
}

gf_langevin_extent gf_langevin_look(const gf_langevin *self, size_t point) {
    const gf_run *run = self->run;
    gf_langevin_extent extent = {0};
    double steps = 0;
    size_t fewest = run->samples, most = 0;
    for (size_t r = 0; r < run->realisations; ++r) {
        size_t samples = samples_of(self, point, r), used = 0;
        steps += (double)self->tasks[point * run->realisations + r].steps;
        extent.finished += samples == run->samples ? 1 : 0;
        fewest = samples < fewest ? samples : fewest;
        used = fewest > run->first_measured ? fewest - run->first_measured : 0;
        extent.measured +=
            samples > run->first_measured ? (double)(samples - run->first_measured) : 0;
        if (used * (r + 1) > most) {
            most = used * (r + 1);
            extent.realisations = r + 1;
            extent.samples = fewest;
        }
    }
    extent.done = steps / ((double)gf_run_steps(run, point) * (double)run->realisations);
    extent.shots = run->snapshots > 0 ? samples_of(self, point, 0) / run->samples_per_snapshot : 0;
    return extent;
}

/* Nothing is known yet. */
static gf_estimate unknown(void) {
    return (gf_estimate){NAN, NAN, NAN, NAN, NAN, 0, NAN, NAN, GF_TOO_SHORT};
}

/* The average of one field of a series that the run has; without it 0. */
static gf_status estimate(const gf_langevin *self, gf_langevin_observable observable, size_t field,
                          size_t point, gf_estimate *result, gf_error *error) {
    gf_langevin_extent extent = gf_langevin_look(self, point);
    const gf_run *run = self->run;
    const double *data = gf_langevin_series(self, observable, point, 0);
    size_t rows = run->realisations * run->samples, width = gf_langevin_width(run, observable);
    if (data == NULL) {
        return GF_OK;
    }
    if (extent.realisations == 0) {
        *result = unknown();
        return GF_OK;
    }
    double *series = malloc(rows * sizeof *series);
    if (series == NULL) {
        return gf_fail_memory(error, "an average");
    }
    for (size_t i = 0; i < rows; ++i) {
        series[i] = data[i * width + field];
    }
    gf_status status =
        gf_estimate_series(series + run->first_measured, extent.realisations, run->samples,
                           extent.samples - run->first_measured, run->start_count, result, error);
    free(series);
    return status;
}

/* All averages of a sweep point. */
static gf_status estimate_all(const gf_langevin *self, size_t point, gf_langevin_point *result,
                              gf_error *error) {
    gf_estimate *const results[GF_LANGEVIN_SERIES] = {
        result->mean,   result->second,   result->smoothed_second,
        &result->walls, &result->outside, &result->passages};
    gf_status status = GF_OK;
    for (int k = 0; k < GF_LANGEVIN_SERIES; ++k) {
        gf_langevin_observable observable = (gf_langevin_observable)k;
        size_t width = gf_langevin_width(self->run, observable);
        for (size_t i = 0; i < width && status == GF_OK; ++i) {
            status = estimate(self, observable, i, point, &results[k][i], error);
        }
    }
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
    gf_dynamics dynamics;
    *result = (gf_langevin_point){0};
    gf_status status = gf_run_dynamics(self->run, point, &dynamics, error);
    if (status == GF_OK) {
        status = estimate_all(self, point, result, error);
    }
    if (status != GF_OK) {
        return status;
    }
    result->middle = dynamics.middle;
    result->order = dynamics.order;
    result->exact = gf_transfer_applies(&dynamics);
    if (result->exact) {
        compare_exactly(&dynamics, self->run->threshold * dynamics.order, result);
    }
    return GF_OK;
}

double gf_langevin_coupling(const gf_langevin *self, size_t point) {
    return self->run->kind->coupling(self->run, point);
}

void gf_langevin_tabulate(const gf_langevin *self, const gf_langevin_point *points, double *table) {
    size_t count = self->run->points;
    for (size_t k = 0; k < count; ++k) {
        double unit = gf_langevin_length_unit(self, k);
        table[k] = gf_langevin_coupling(self, k);
        table[count + k] = points[k].walls.mean / unit;
        table[2 * count + k] = points[k].walls.error / unit;
    }
}

double gf_langevin_length_unit(const gf_langevin *self, size_t point) {
    return self->run->rescaled ? 1 / sqrt(gf_run_parameter(self->run, point, "epsilon")) : 1;
}

bool gf_langevin_coupling_varies(const gf_langevin *self) {
    double first = gf_langevin_coupling(self, 0);
    for (size_t k = 1; k < self->run->points; ++k) {
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
        reversals += gf_passes(m[s * stride] - middle, level, &side) ? 1 : 0;
    }
    return reversals;
}

double gf_langevin_reversal_time(const gf_langevin *self, size_t point, double middle,
                                 double level) {
    const gf_run *run = self->run;
    size_t stride = run->positions * run->equation->fields;
    size_t first = run->first_measured / run->samples_per_snapshot, reversals = 0;
    double time = 0;
    if (run->snapshots <= first + 1) {
        return NAN;
    }
    for (size_t r = 0; r < run->realisations; ++r) {
        size_t there = samples_of(self, point, r) / run->samples_per_snapshot;
        size_t count = there > first ? there - first : 0;
        time += count > 1 ? (double)(count - 1) : 0;
        const double *shots =
            self->snapshots + ((point * run->realisations + r) * run->snapshots + first) * stride;
        for (size_t x = 0; x < run->positions; ++x) {
            reversals +=
                count_reversals(shots + x * run->equation->fields, stride, count, middle, level);
        }
    }
    time *= run->snapshot_every * (double)run->stretch[point] * (double)run->positions;
    return reversals > 0 ? time / (double)reversals : time > 0 ? INFINITY : NAN;
}
