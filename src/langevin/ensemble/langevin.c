#include "gibbsflow/langevin.h"

#include "base/machine.h"
#include "gibbsflow/file.h"
#include "langevin/measure/walls.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* --- memory ---------------------------------------------------------------------------------- */

static double *new_series(size_t count) {
    double *series = malloc((count > 0 ? count : 1) * sizeof *series);
    for (size_t i = 0; series != NULL && i < count; ++i) {
        series[i] = NAN;
    }
    return series;
}

static double bytes_needed(const gf_run *run) {
    double tasks = (double)run->points * (double)run->realisations;
    double fields = (double)run->equation->fields;
    double bins = (double)run->histogram.points * (double)run->histogram_energy.points;
    double bytes = tasks * 8 *
                   ((3 * fields + 3) * (double)run->samples + bins +
                    fields * (double)run->snapshots * (double)run->positions);
    /* a lattice, two copies for measuring, and the values that a medium has at every cell */
    double per_cell = fields > 1 ? 8 * 4 * fields + 256 : 64;
    return bytes + per_cell * (double)run->cells * (double)gf_machine_threads();
}

gf_status gf_langevin_init(gf_langevin *self, gf_run *run, const char *command, gf_error *error) {
    *self = (gf_langevin){.run = *run};
    *run = (gf_run){0};
    run = &self->run;
    size_t tasks = run->points * run->realisations, fields = run->equation->fields;
    double bytes = bytes_needed(run);
    if (bytes > 0.8 * (double)gf_machine_free_memory()) {
        return gf_fail(error, GF_NO_MEMORY,
                       "the run needs about %.3g GiB of memory; take fewer samples, snapshots or "
                       "realisations",
                       bytes / 0x1p30);
    }
    self->command = strdup(command);
    self->mean = new_series(tasks * run->samples * fields);
    self->second = new_series(tasks * run->samples * fields);
    self->smoothed_second = new_series(tasks * run->samples * fields);
    self->wall_density = new_series(tasks * run->samples);
    self->outside = fields > 1 ? new_series(tasks * run->samples) : NULL;
    self->passages = run->hydrodynamics.isolated ? new_series(tasks * run->samples) : NULL;
    self->snapshots = new_series(tasks * run->snapshots * run->positions * fields);
    self->histogram = calloc(tasks * run->histogram.points * run->histogram_energy.points + 1,
                             sizeof *self->histogram);
    self->tasks = calloc(tasks, sizeof *self->tasks);
    return self->command != NULL && self->mean != NULL && self->second != NULL &&
                   self->smoothed_second != NULL && self->wall_density != NULL &&
                   (fields == 1 || self->outside != NULL) &&
                   (!run->hydrodynamics.isolated || self->passages != NULL) &&
                   self->snapshots != NULL && self->histogram != NULL && self->tasks != NULL
               ? GF_OK
               : gf_fail_memory(error, "the results of a run");
}

void gf_langevin_free(gf_langevin *self) {
    size_t tasks = self->tasks != NULL ? self->run.points * self->run.realisations : 0;
    for (size_t task = 0; task < tasks; ++task) {
        free(self->tasks[task].state);
    }
    free(self->tasks);
    free(self->passages);
    free(self->outside);
    free(self->histogram);
    free(self->snapshots);
    free(self->wall_density);
    free(self->smoothed_second);
    free(self->second);
    free(self->mean);
    free(self->command);
    gf_run_free(&self->run);
    *self = (gf_langevin){0};
}

/* --- one task -------------------------------------------------------------------------------- */

/* What the threads share while they work. */
typedef struct crew {
    gf_langevin *langevin;
    const gf_langevin_control *control;
    omp_lock_t lock; /* guards everything below, and the results */
    double saved;
    uint64_t total, made;
    gf_status status;
    gf_error *error;
} crew;

/* A realisation at work. */
typedef struct task {
    size_t index, point, realisation;
    gf_lattice lattice;
    double *field, *smooth; /* [cells] */
    double *side;           /* [cells] of blocks that pass from one side to the other, else NULL */
    uint64_t passages;      /* since the last sample */
} task;

static void end_task(task *t) {
    gf_lattice_free(&t->lattice);
    free(t->field);
    free(t->smooth);
    free(t->side);
}

size_t gf_langevin_rows(const gf_run *run) {
    return run->equation->fields + (run->hydrodynamics.isolated ? 1 : 0);
}

/* The state as one array, row after row, and back. */
static void copy_state(const task *t, double *state, bool back) {
    const gf_lattice *lattice = &t->lattice;
    size_t cells = lattice->cells, fields = lattice->dynamics.equation->fields;
    for (size_t k = 0; k < fields + (t->side != NULL ? 1 : 0); ++k) {
        double *row = k < fields ? lattice->state + k * lattice->stride : t->side;
        double *copy = state + k * cells;
        memcpy(back ? row : copy, back ? copy : row, cells * sizeof *copy);
    }
}

static gf_status begin_task(const gf_langevin *self, size_t index, task *t, gf_error *error) {
    const gf_run *run = &self->run;
    *t = (task){.index = index,
                .point = index / run->realisations,
                .realisation = index % run->realisations,
                .field = malloc(run->equation->fields * run->cells * sizeof(double)),
                .smooth = malloc(run->cells * sizeof(double)),
                .side = run->hydrodynamics.isolated ? calloc(run->cells, sizeof(double)) : NULL};
    if (t->field == NULL || t->smooth == NULL || (run->hydrodynamics.isolated && t->side == NULL)) {
        return gf_fail_memory(error, "a realisation");
    }
    const gf_langevin_task *kept = &self->tasks[index];
    gf_status status = gf_run_start(run, t->point, t->realisation, &t->lattice, error);
    if (status == GF_OK && kept->state != NULL) {
        copy_state(t, kept->state, true);
        t->lattice.steps = kept->steps;
        t->lattice.outside = kept->outside;
        t->passages = kept->passages;
    }
    return status;
}

static gf_status check_covariance(const gf_run *run, const task *t, gf_error *error) {
    const gf_lattice *lattice = &t->lattice;
    return lattice->unphysical == 0
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "%s = %g, realisation %zu: D C + C D^T is no covariance at m = %g, e = %g "
                         "(in %llu faces so far), so that the noise of this diffusion matrix does "
                         "not exist; give an Onsager matrix (onsager: [[..],[..]])",
                         run->equation->parameters[run->swept], run->sweep[t->point],
                         t->realisation, lattice->refused[0], lattice->refused[1],
                         (unsigned long long)lattice->unphysical);
}

static gf_status check_field(const gf_run *run, const task *t, gf_error *error) {
    const gf_dynamics *d = &t->lattice.dynamics;
    double jitter = d->diffusion > 0 ? sqrt(d->thermal / (2 * d->diffusion * d->spacing)) : 0;
    double swing = d->cubic > 0 ? pow(d->drive / (2 * d->spacing * d->cubic), 0.25) : 0;
    double bound = run->equation->fields == 1
                       ? 1000 * (d->order * fmax(1, run->amplitude) + swing) + 100 * jitter
                       : 1000;
    for (size_t k = 0; k < run->equation->fields; ++k) {
        const double *row = t->lattice.state + k * t->lattice.stride;
        for (size_t i = 0; i < run->cells; ++i) {
            if (!(fabs(row[i]) < bound)) {
                return gf_fail(error, GF_NO_CONVERGENCE,
                               "%s = %g, realisation %zu: the field runs away: %s = %g at time %g, "
                               "cell %zu; take a smaller time step than %g",
                               run->equation->parameters[run->swept], run->sweep[t->point],
                               t->realisation, k == 0 ? "m" : "e", row[i],
                               (double)t->lattice.steps * run->step, i, run->step);
            }
        }
    }
    return check_covariance(run, t, error);
}

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

/* The bin of a value; `points` if it lies in none. */
static size_t find_bin(const gf_axis *axis, double value) {
    double x = floor((value - axis->from) * ((double)axis->points / (axis->to - axis->from)));
    return x >= 0 && x < (double)axis->points ? (size_t)x : axis->points;
}

static void add_to_histogram(const gf_run *run, const double *q, int64_t *bins) {
    const gf_axis *axis = &run->histogram, *energy = &run->histogram_energy;
    for (size_t i = 0; i < run->cells; ++i) {
        size_t a = find_bin(axis, q[i]);
        size_t b = run->equation->fields > 1 ? find_bin(energy, q[run->cells + i]) : 0;
        if (a < axis->points && b < energy->points) {
            ++bins[a * energy->points + b];
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

/* Walls per length of m, smoothed and less its middle. */
static double measure_walls(const gf_run *run, const gf_dynamics *dynamics, double *smooth) {
    if (dynamics->middle < 0 || dynamics->middle > 0) {
        for (size_t i = 0; i < run->cells; ++i) {
            smooth[i] -= dynamics->middle;
        }
    }
    double level = run->threshold * dynamics->order;
    bool counts = level > 0 && !dynamics->hydrodynamics.isolated;
    return counts ? (double)gf_walls_count(smooth, run->cells, run->boundary, level) / run->length
                  : NAN;
}

/* Measures sample `sample` (from 0) of the field as it is now. */
static void measure(gf_langevin *self, task *t, size_t sample) {
    const gf_run *run = &self->run;
    size_t at = t->index * run->samples + sample, fields = run->equation->fields;
    gf_lattice_observe(&t->lattice, t->field);
    for (size_t k = 0; k < fields; ++k) {
        const double *row = t->field + k * run->cells;
        gf_walls_smooth(row, run->cells, run->boundary, run->smoothing_cells, t->smooth);
        self->mean[at * fields + k] = mean_of(row, run->cells);
        self->second[at * fields + k] = mean_square(row, run->cells);
        self->smoothed_second[at * fields + k] = mean_square(t->smooth, run->cells);
        if (k == 0) {
            self->wall_density[at] = measure_walls(run, &t->lattice.dynamics, t->smooth);
        }
    }
    if (self->outside != NULL) {
        double all = (double)run->cells * (double)gf_run_steps_per_sample(run, t->point);
        self->outside[at] = (double)t->lattice.outside / all;
        t->lattice.outside = 0;
        if (self->passages != NULL && t->lattice.dynamics.order > 0) {
            self->passages[at] = (double)t->passages / (all * run->step);
            t->passages = 0;
        }
    }
    size_t bins = run->histogram.points * run->histogram_energy.points;
    if (bins > 0 && sample >= run->first_measured) {
        add_to_histogram(run, t->field, self->histogram + t->index * bins);
    }
    if (run->snapshots > 0 && (sample + 1) % run->samples_per_snapshot == 0) {
        size_t shot = (sample + 1) / run->samples_per_snapshot - 1;
        take_snapshot(run, t->field,
                      self->snapshots +
                          (t->index * run->snapshots + shot) * run->positions * fields);
    }
}

/* Keeps the state for the next checkpoint. */
static gf_status keep_state(gf_langevin *self, const task *t, gf_error *error) {
    gf_langevin_task *kept = &self->tasks[t->index];
    kept->steps = t->lattice.steps;
    kept->outside = t->lattice.outside;
    kept->passages = t->passages;
    if (t->lattice.steps == gf_run_steps(&self->run, t->point)) {
        free(kept->state);
        kept->state = NULL;
        return GF_OK;
    }
    if (kept->state == NULL) {
        kept->state = malloc(gf_langevin_rows(&self->run) * self->run.cells * sizeof *kept->state);
    }
    if (kept->state == NULL) {
        return gf_fail_memory(error, "a checkpoint");
    }
    copy_state(t, kept->state, false);
    return GF_OK;
}

/* Blocks without neighbours are looked at after every step, or passages would be missed. */
static void advance(const gf_run *run, task *t, uint64_t steps) {
    const gf_dynamics *d = &t->lattice.dynamics;
    if (t->side == NULL) {
        gf_lattice_advance(&t->lattice, steps);
        return;
    }
    for (uint64_t k = 0; k < steps; ++k) {
        gf_lattice_advance(&t->lattice, 1);
        for (size_t i = 0; i < run->cells; ++i) {
            double m = t->lattice.state[i] - d->middle;
            t->passages += gf_walls_pass(m, run->threshold * d->order, &t->side[i]) ? 1 : 0;
        }
    }
}

/* Steps until the next sample, or fewer so that a leg lasts a fraction of a second. Legs end at the
 * same steps whatever happens in between. */
static uint64_t next_leg(const gf_run *run, size_t point, uint64_t steps) {
    uint64_t per_sample = gf_run_steps_per_sample(run, point), phase = steps % per_sample;
    uint64_t longest = 20000000 / run->cells + 1, left = per_sample - phase;
    uint64_t leg = longest - phase % longest;
    return leg < left ? leg : left;
}

static bool must_stop(const crew *c) {
    return c->status != GF_OK || (c->control->stop != NULL && *c->control->stop != 0);
}

/* After a leg, under the lock: results, state, progress and, now and then, a checkpoint. */
static void report(crew *c, task *t, uint64_t leg) {
    gf_langevin *self = c->langevin;
    gf_status status = check_field(&self->run, t, c->error);
    uint64_t per_sample = gf_run_steps_per_sample(&self->run, t->point);
    if (status == GF_OK && t->lattice.steps % per_sample == 0) {
        measure(self, t, (size_t)(t->lattice.steps / per_sample) - 1);
    }
    if (status == GF_OK) {
        status = keep_state(self, t, c->error);
    }
    c->made += leg;
    gf_progress_update(c->control->progress, (double)c->made / (double)c->total);
    double now = gf_machine_clock(), every = c->control->checkpoint_every;
    if (status == GF_OK && c->control->save != NULL && every > 0 && now - c->saved >= every) {
        status = c->control->save(self, c->control->path, c->error);
        c->saved = gf_machine_clock();
    }
    c->status = status;
}

/* The lock keeps the measurements of different threads apart from a checkpoint being written. */
static void work(crew *c, size_t index) {
    task t;
    gf_error error;
    gf_status status = begin_task(c->langevin, index, &t, &error);
    omp_set_lock(&c->lock);
    if (status != GF_OK && c->status == GF_OK) {
        c->status = status;
        *c->error = error;
    }
    bool stop = must_stop(c);
    omp_unset_lock(&c->lock);
    while (!stop && t.lattice.steps < gf_run_steps(&c->langevin->run, t.point)) {
        uint64_t leg = next_leg(&c->langevin->run, t.point, t.lattice.steps);
        advance(&c->langevin->run, &t, leg);
        omp_set_lock(&c->lock);
        if (c->status == GF_OK) {
            report(c, &t, leg);
        }
        stop = must_stop(c);
        omp_unset_lock(&c->lock);
    }
    end_task(&t);
}

/* --- all of them ----------------------------------------------------------------------------- */

static uint64_t steps_made(const gf_langevin *self) {
    uint64_t sum = 0;
    for (size_t i = 0; i < self->run.points * self->run.realisations; ++i) {
        sum += self->tasks[i].steps;
    }
    return sum;
}

static uint64_t steps_wanted(const gf_langevin *self) {
    uint64_t sum = 0;
    for (size_t k = 0; k < self->run.points; ++k) {
        sum += gf_run_steps(&self->run, k) * self->run.realisations;
    }
    return sum;
}

double gf_langevin_done(const gf_langevin *self) {
    return (double)steps_made(self) / (double)steps_wanted(self);
}

gf_status gf_langevin_carry_on(gf_langevin *self, const gf_langevin_control *control,
                               gf_error *error) {
    gf_error local;
    crew c = {.langevin = self,
              .control = control,
              .saved = gf_machine_clock(),
              .total = steps_wanted(self),
              .made = steps_made(self),
              .error = error != NULL ? error : &local};
    size_t tasks = self->run.points * self->run.realisations;
    omp_init_lock(&c.lock);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t index = 0; index < tasks; ++index) {
        omp_set_lock(&c.lock);
        size_t point = index / self->run.realisations;
        bool wanted = !must_stop(&c) && self->tasks[index].steps < gf_run_steps(&self->run, point);
        omp_unset_lock(&c.lock);
        if (wanted) {
            work(&c, index);
        }
    }
    omp_destroy_lock(&c.lock);
    return c.status == GF_OK && control->save != NULL ? control->save(self, control->path, c.error)
                                                      : c.status;
}

gf_status gf_langevin_estimate(const gf_langevin *self, double *seconds, gf_error *error) {
    gf_lattice lattice;
    gf_status status = gf_run_start(&self->run, 0, 0, &lattice, error);
    if (status == GF_OK) {
        uint64_t batch = 200000 / self->run.cells + 1, steps = 0;
        double start = gf_machine_clock(), elapsed = 0;
        while (elapsed < 0.05) {
            gf_lattice_advance(&lattice, batch);
            steps += batch;
            elapsed = gf_machine_clock() - start;
        }
        double threads =
            fmin((double)gf_machine_threads(), (double)(self->run.points * self->run.realisations));
        double left = (double)(steps_wanted(self) - steps_made(self));
        *seconds = left * elapsed / (double)steps / threads;
    }
    gf_lattice_free(&lattice);
    return status;
}
