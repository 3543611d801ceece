#include "langevin/ensemble/realisation.h"

#include "langevin/measure/walls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gf_realisation {
    const gf_run *run;
    size_t index, point; /* of the task */
    gf_dynamics dynamics;
    gf_lattice *lattice;
    double *fields, *smooth;   /* [fields][cells], [cells]: to measure in */
    size_t *places;            /* [cells] of walls, where domains are measured */
    gf_correlator *correlator; /* where correlations are */
};

/* --- work ------------------------------------------------------------------------------------ */

gf_status gf_realisation_create(const gf_run *run, gf_realisation **realisation, gf_error *error) {
    gf_realisation *self = calloc(1, sizeof *self);
    *realisation = NULL;
    if (self != NULL) {
        self->run = run;
        self->fields = malloc(run->equation->fields * run->cells * sizeof *self->fields);
        self->smooth = malloc(run->cells * sizeof *self->smooth);
    }
    gf_status status = self != NULL && self->fields != NULL && self->smooth != NULL
                           ? gf_correlator_create_for(run, &self->correlator, error)
                           : gf_fail_memory(error, "a realisation");
    if (status == GF_OK && run->domains.bins > 0) {
        self->places = malloc(run->cells * sizeof *self->places);
        status = self->places != NULL ? GF_OK : gf_fail_memory(error, "a realisation");
    }
    if (status != GF_OK) {
        gf_realisation_free(self);
        self = NULL;
    }
    *realisation = self;
    return status;
}

void gf_realisation_free(gf_realisation *self) {
    if (self != NULL) {
        gf_lattice_free(self->lattice);
        gf_correlator_free(self->correlator);
        free(self->fields);
        free(self->smooth);
        free(self->places);
    }
    free(self);
}

gf_status gf_realisation_begin(gf_realisation *self, const gf_langevin *langevin, size_t index,
                               gf_error *error) {
    const gf_run *run = self->run;
    const gf_lattice_state *kept = &langevin->tasks[index];
    self->index = index;
    self->point = index / run->realisations;
    gf_lattice_free(self->lattice); /* of the task before */
    self->lattice = NULL;
    gf_status status = gf_run_dynamics(run, self->point, &self->dynamics, error);
    if (status == GF_OK) {
        status = gf_run_start(run, self->point, index % run->realisations, &self->lattice, error);
    }
    if (status == GF_OK && kept->rows != NULL) {
        gf_lattice_set(self->lattice, kept);
        gf_correlations_begin(langevin->correlations, index, self->correlator);
    }
    return status;
}

uint64_t gf_realisation_advance(gf_realisation *self) {
    const gf_run *run = self->run;
    uint64_t steps = gf_lattice_steps(self->lattice);
    uint64_t per_sample = gf_run_steps_per_sample(run, self->point), phase = steps % per_sample;
    uint64_t longest = 20000000 / run->cells + 1, left = per_sample - phase;
    uint64_t leg = longest - phase % longest;
    leg = leg < left ? leg : left;
    gf_lattice_advance(self->lattice, leg);
    return gf_run_steps(run, self->point) - steps - leg;
}

/* --- measurements ---------------------------------------------------------------------------- */

static double mean_of(const double *m, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += m[i];
    }
    return sum / (double)count;
}

static double mean_square(const double *m, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += m[i] * m[i];
    }
    return sum / (double)count;
}

/* Walls per length of m, smoothed and less its middle. */
static double measure_walls(const gf_run *run, const gf_dynamics *dynamics, double *smooth) {
    if (dynamics->middle < 0 || dynamics->middle > 0) {
        for (size_t i = 0; i < run->cells; ++i) {
            smooth[i] -= dynamics->middle;
        }
    }
    double level = run->threshold * dynamics->order;
    return level > 0 && !run->blocks
               ? (double)gf_walls_count(smooth, run->cells, run->boundary, level) / run->length
               : NAN;
}

static void measure_fields(gf_realisation *self, gf_langevin *langevin, size_t at) {
    const gf_run *run = self->run;
    size_t fields = run->equation->fields;
    double *const *series = langevin->series;
    for (size_t k = 0; k < fields; ++k) {
        const double *row = self->fields + k * run->cells;
        gf_walls_smooth(row, run->cells, run->boundary, run->smoothing_cells, self->smooth);
        series[GF_LANGEVIN_MEAN][at * fields + k] = mean_of(row, run->cells);
        series[GF_LANGEVIN_SECOND][at * fields + k] = mean_square(row, run->cells);
        series[GF_LANGEVIN_SMOOTHED_SECOND][at * fields + k] =
            mean_square(self->smooth, run->cells);
        if (k == GF_MAGNETIZATION) {
            series[GF_LANGEVIN_WALLS][at] = measure_walls(run, &self->dynamics, self->smooth);
            gf_domains_measure(langevin->domains, self->index, at % run->samples, self->smooth,
                               run->threshold * self->dynamics.order, self->places);
        }
    }
}

/* What the lattice has counted since the sample before, per cell and step, or per cell and time. */
static void store_counts(const gf_realisation *self, const uint64_t counts[GF_COUNTS],
                         gf_langevin *langevin, size_t at) {
    const gf_run *run = self->run;
    double all = (double)run->cells * (double)gf_run_steps_per_sample(run, self->point);
    if (run->counts > GF_COUNT_OUTSIDE) {
        langevin->series[GF_LANGEVIN_OUTSIDE][at] = (double)counts[GF_COUNT_OUTSIDE] / all;
    }
    if (run->counts > GF_COUNT_PASSAGES && self->dynamics.order > 0) {
        langevin->series[GF_LANGEVIN_PASSAGES][at] =
            (double)counts[GF_COUNT_PASSAGES] / (all * run->step);
    }
}

/* The bin of a value; `points` if it lies in none. */
static size_t find_bin(const gf_axis *axis, double value) {
    double x = floor((value - axis->from) * ((double)axis->points / (axis->to - axis->from)));
    return x >= 0 && x < (double)axis->points ? (size_t)x : axis->points;
}

static void add_to_histogram(const gf_run *run, const double *fields, int64_t *bins) {
    for (size_t i = 0; i < run->cells; ++i) {
        size_t bin = 0;
        bool inside = true;
        for (size_t k = 0; k < run->equation->fields; ++k) {
            const gf_axis *axis = &run->histogram[k];
            size_t here = find_bin(axis, fields[k * run->cells + i]);
            inside = inside && here < axis->points;
            bin = bin * axis->points + here;
        }
        if (inside) {
            ++bins[bin];
        }
    }
}

static void take_snapshot(const gf_run *run, const double *q, double *snapshot) {
    size_t width = run->cells_per_position, fields = run->equation->fields;
    for (size_t k = 0; k < fields; ++k) {
        for (size_t x = 0; x < run->positions; ++x) {
            snapshot[x * fields + k] = mean_of(q + k * run->cells + x * width, width);
        }
    }
}

/* Measures sample `sample` (from 0) of the field as it is now. */
static gf_status measure(gf_realisation *self, gf_langevin *langevin, size_t sample,
                         gf_error *error) {
    const gf_run *run = self->run;
    size_t at = self->index * run->samples + sample, bins = gf_run_bins(run);
    uint64_t counts[GF_COUNTS];
    gf_lattice_measure(self->lattice, self->fields, counts);
    measure_fields(self, langevin, at);
    store_counts(self, counts, langevin, at);
    if (bins > 0 && sample >= run->first_measured) {
        add_to_histogram(run, self->fields, langevin->histogram + self->index * bins);
    }
    if (run->snapshots > 0 && (sample + 1) % run->samples_per_snapshot == 0) {
        size_t shot = (sample + 1) / run->samples_per_snapshot - 1;
        take_snapshot(run, self->fields,
                      langevin->snapshots + (self->index * run->snapshots + shot) * run->positions *
                                                run->equation->fields);
    }
    return gf_correlations_measure(langevin->correlations, self->index, sample, self->fields,
                                   self->correlator, error);
}

/* --- keeping --------------------------------------------------------------------------------- */

static gf_status check(const gf_realisation *self, gf_error *error) {
    const gf_run *run = self->run;
    gf_error inner;
    gf_status status = gf_lattice_check(self->lattice, &inner);
    return status == GF_OK ? GF_OK
                           : gf_fail(error, status, "%s = %g, realisation %zu: %.900s",
                                     run->equation->parameters[run->swept], run->sweep[self->point],
                                     self->index % run->realisations, inner.message);
}

static gf_status keep_state(const gf_realisation *self, gf_lattice_state *kept, gf_error *error) {
    const gf_run *run = self->run;
    uint64_t steps = gf_lattice_steps(self->lattice);
    if (steps == gf_run_steps(run, self->point)) {
        free(kept->rows);
        *kept = (gf_lattice_state){.steps = steps};
        return GF_OK;
    }
    if (kept->rows == NULL) {
        kept->rows = malloc(run->rows * run->cells * sizeof *kept->rows);
    }
    if (kept->rows == NULL) {
        return gf_fail_memory(error, "a checkpoint");
    }
    gf_lattice_get(self->lattice, kept);
    return GF_OK;
}

gf_status gf_realisation_keep(gf_realisation *self, gf_langevin *langevin, gf_error *error) {
    uint64_t steps = gf_lattice_steps(self->lattice);
    uint64_t per_sample = gf_run_steps_per_sample(self->run, self->point);
    gf_status status = check(self, error);
    if (status == GF_OK && steps % per_sample == 0) {
        status = measure(self, langevin, (size_t)(steps / per_sample) - 1, error);
    }
    if (status == GF_OK && steps == gf_run_steps(self->run, self->point)) {
        gf_correlations_finish(langevin->correlations, self->index);
    }
    return status == GF_OK ? keep_state(self, &langevin->tasks[self->index], error) : status;
}
