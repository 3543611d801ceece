#include "langevin/ensemble/langevin.h"

#include "base/machine.h"
#include "base/tasks.h"
#include "langevin/ensemble/realisation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- memory ---------------------------------------------------------------------------------- */

size_t gf_langevin_width(const gf_run *run, gf_langevin_observable observable) {
    return observable <= GF_LANGEVIN_SMOOTHED_SECOND ? run->equation->fields : 1;
}

static bool measures(const gf_run *run, gf_langevin_observable observable) {
    return observable < gf_langevin_counted(run->counts);
}

static double *new_series(size_t count) {
    double *series = malloc((count > 0 ? count : 1) * sizeof *series);
    for (size_t i = 0; series != NULL && i < count; ++i) {
        series[i] = NAN;
    }
    return series;
}

double gf_langevin_memory(const gf_run *run) {
    double tasks = (double)run->points * (double)run->realisations;
    double fields = (double)run->equation->fields;
    double bytes = tasks * 8 *
                   ((3 * fields + 3) * (double)run->samples + (double)gf_run_bins(run) +
                    fields * (double)run->snapshots * (double)run->positions);
    bytes += gf_correlations_memory(run) + gf_domains_memory(run);
    /* a lattice, two copies for measuring, and the values that a medium has at every cell */
    double per_cell = fields > 1 ? 8 * 4 * fields + 256 : 64;
    return bytes + per_cell * (double)run->cells * (double)gf_machine_threads();
}

static gf_status check_memory(const gf_run *run, gf_error *error) {
    double bytes = gf_langevin_memory(run);
    return bytes <= 0.8 * (double)gf_machine_free_memory()
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "the run needs about %.3g GiB of memory; take fewer samples, snapshots or "
                         "realisations",
                         bytes / 0x1p30);
}

static gf_status allocate(gf_langevin *self, const char *command, gf_error *error) {
    const gf_run *run = self->run;
    size_t tasks = run->points * run->realisations;
    bool complete = true;
    for (int k = 0; k < GF_LANGEVIN_SERIES; ++k) {
        gf_langevin_observable observable = (gf_langevin_observable)k;
        if (measures(run, observable)) {
            self->series[k] = new_series(tasks * run->samples * gf_langevin_width(run, observable));
            complete = complete && self->series[k] != NULL;
        }
    }
    self->command = strdup(command);
    self->snapshots = new_series(tasks * run->snapshots * run->positions * run->equation->fields);
    self->histogram = calloc(tasks * gf_run_bins(run) + 1, sizeof *self->histogram);
    self->tasks = calloc(tasks, sizeof *self->tasks);
    if (!complete || self->command == NULL || self->snapshots == NULL || self->histogram == NULL ||
        self->tasks == NULL) {
        return gf_fail_memory(error, "the results of a run");
    }
    gf_status status = gf_correlations_create(run, &self->correlations, error);
    return status == GF_OK ? gf_domains_create(run, &self->domains, error) : status;
}

gf_status gf_langevin_create(gf_run *run, const char *command, gf_langevin **langevin,
                             gf_error *error) {
    gf_langevin *self = calloc(1, sizeof *self);
    *langevin = NULL;
    if (self == NULL) {
        gf_run_free(run);
        return gf_fail_memory(error, "a run");
    }
    self->run = run;
    gf_status status = check_memory(run, error);
    if (status == GF_OK) {
        status = allocate(self, command, error);
    }
    if (status != GF_OK) {
        gf_langevin_free(self);
        self = NULL;
    }
    *langevin = self;
    return status;
}

void gf_langevin_free(gf_langevin *self) {
    if (self == NULL) {
        return;
    }
    size_t tasks = self->tasks != NULL ? self->run->points * self->run->realisations : 0;
    for (size_t task = 0; task < tasks; ++task) {
        free(self->tasks[task].rows);
    }
    for (int k = 0; k < GF_LANGEVIN_SERIES; ++k) {
        free(self->series[k]);
    }
    gf_correlations_free(self->correlations);
    gf_domains_free(self->domains);
    free(self->tasks);
    free(self->histogram);
    free(self->snapshots);
    free(self->law);
    free(self->law_error);
    free(self->command);
    gf_run_free(self->run);
    free(self);
}

const gf_run *gf_langevin_run(const gf_langevin *self) {
    return self->run;
}

const double *gf_langevin_series(const gf_langevin *self, gf_langevin_observable observable,
                                 size_t point, size_t realisation) {
    const gf_run *run = self->run;
    size_t rows = (point * run->realisations + realisation) * run->samples;
    const double *series = self->series[observable];
    return series != NULL ? series + rows * gf_langevin_width(run, observable) : NULL;
}

/* --- all of them ----------------------------------------------------------------------------- */

static uint64_t steps_made(const gf_langevin *self) {
    uint64_t sum = 0;
    for (size_t i = 0; i < self->run->points * self->run->realisations; ++i) {
        sum += self->tasks[i].steps;
    }
    return sum;
}

static uint64_t steps_wanted(const gf_langevin *self) {
    uint64_t sum = 0;
    for (size_t k = 0; k < self->run->points; ++k) {
        sum += gf_run_steps(self->run, k) * self->run->realisations;
    }
    return sum;
}

double gf_langevin_done(const gf_langevin *self) {
    return (double)steps_made(self) / (double)steps_wanted(self);
}

/* The context of the tasks. */
typedef struct work {
    gf_langevin *langevin;
    const gf_langevin_control *control;
} work;

/* In steps, all of which have as many cells. */
static double cost_of(const void *context, size_t index) {
    const gf_run *run = ((const work *)context)->langevin->run;
    return (double)gf_run_steps(run, index / run->realisations);
}

static double left_of(const void *context, size_t index) {
    const gf_langevin *langevin = ((const work *)context)->langevin;
    return cost_of(context, index) - (double)langevin->tasks[index].steps;
}

static gf_status begin(const void *context, void **workspace, gf_error *error) {
    gf_realisation *realisation = NULL;
    gf_status status =
        gf_realisation_create(((const work *)context)->langevin->run, &realisation, error);
    *workspace = realisation;
    return status;
}

static void end(void *workspace) {
    gf_realisation_free(workspace);
}

static gf_status run_leg(const void *context, gf_task *task, gf_error *error) {
    const gf_langevin *langevin = ((const work *)context)->langevin;
    gf_status status =
        task->begun ? GF_OK : gf_realisation_begin(task->workspace, langevin, task->index, error);
    if (status == GF_OK) {
        task->left = (double)gf_realisation_advance(task->workspace);
    }
    return status;
}

static gf_status keep(void *context, const gf_task *task, gf_error *error) {
    return gf_realisation_keep(task->workspace, ((work *)context)->langevin, error);
}

static gf_status save(void *context, gf_error *error) {
    const work *self = context;
    return self->control->save(self->langevin, self->control->path, error);
}

/* All that there is of one realisation. */
static void carry(void *context, size_t index, gf_bytes *bytes) {
    gf_langevin *self = ((work *)context)->langevin;
    const gf_run *run = self->run;
    size_t bins = gf_run_bins(run), fields = run->equation->fields;
    size_t shots = run->snapshots * run->positions * fields;
    gf_lattice_state *state = &self->tasks[index];
    for (int k = 0; k < GF_LANGEVIN_SERIES; ++k) {
        size_t numbers = run->samples * gf_langevin_width(run, (gf_langevin_observable)k);
        if (self->series[k] != NULL) {
            gf_bytes_carry(bytes, self->series[k] + index * numbers, numbers * sizeof(double));
        }
    }
    gf_bytes_carry(bytes, self->snapshots + index * shots, shots * sizeof(double));
    gf_bytes_carry(bytes, self->histogram + index * bins, bins * sizeof(int64_t));
    gf_correlations_carry(self->correlations, index, bytes);
    gf_domains_carry(self->domains, index, bytes);
    gf_bytes_carry(bytes, &state->steps, sizeof state->steps);
    gf_bytes_carry(bytes, state->counts, sizeof state->counts);
    state->rows = gf_bytes_carry_array(bytes, state->rows, run->rows * run->cells * sizeof(double));
}

gf_status gf_langevin_carry_on(gf_langevin *self, const gf_langevin_control *control,
                               gf_error *error) {
    work context = {self, control};
    bool saves = control->save != NULL && control->checkpoint_every > 0;
    const gf_tasks tasks = {.count = self->run->points * self->run->realisations,
                            .context = &context,
                            .cost = cost_of,
                            .left = left_of,
                            .begin = begin,
                            .end = end,
                            .run = run_leg,
                            .keep = keep,
                            .carry = carry,
                            .save = saves ? save : NULL,
                            .save_every = control->checkpoint_every,
                            .stop = control->stop,
                            .progress = control->progress};
    gf_status status = gf_tasks_run(&tasks, error);
    return status == GF_OK && control->save != NULL ? save(&context, error) : status;
}

gf_status gf_langevin_trial(const gf_run *run, double *seconds, gf_error *error) {
    gf_lattice *lattice = NULL;
    gf_status status = gf_run_start(run, 0, 0, &lattice, error);
    if (status == GF_OK) {
        uint64_t batch = 200000 / run->cells + 1, steps = 0;
        double start = gf_machine_clock(), elapsed = 0;
        while (elapsed < 0.05) {
            gf_lattice_advance(lattice, batch);
            steps += batch;
            elapsed = gf_machine_clock() - start;
        }
        *seconds = elapsed / (double)steps;
    }
    gf_lattice_free(lattice);
    return status;
}

gf_status gf_langevin_estimate(const gf_langevin *self, double *seconds, gf_error *error) {
    double step = 0, tasks = (double)(self->run->points * self->run->realisations);
    gf_status status = gf_langevin_trial(self->run, &step, error);
    if (status == GF_OK) {
        double left = (double)(steps_wanted(self) - steps_made(self));
        *seconds = left * step / fmin((double)gf_machine_threads(), tasks);
    }
    return status;
}
