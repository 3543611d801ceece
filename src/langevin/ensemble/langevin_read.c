/* Runs in HDF5 files: reading. */
#include "gibbsflow/file.h"
#include "gibbsflow/langevin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gf_status read_run(gf_langevin *self, gf_file *file, const char *path, gf_error *error) {
    gf_run run = {0};
    gf_settings settings = {0};
    char *yaml = gf_file_get_text_attribute(file, "/run", "yaml");
    char *text = gf_file_get_text_attribute(file, "/run", "settings");
    char *command = gf_file_get_text_attribute(file, "/", "command");
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = gf_settings_assign_all(&settings, text, error);
    }
    if (status == GF_OK && gf_file_has(file, "/fitted_grid")) { /* the table is in the file */
        settings.table = strdup(path);
        status = settings.table != NULL ? GF_OK : gf_fail_memory(error, "a path");
    }
    if (status == GF_OK) {
        status = gf_run_parse(yaml, strlen(yaml), path, &settings, &run, error);
    }
    if (status == GF_OK) {
        status = gf_langevin_init(self, &run, command, error);
    }
    if (status == GF_OK && self->run.table != NULL) { /* where it came from, not where it is now */
        free(self->run.table);
        self->run.table = gf_file_get_text_attribute(file, "/run", "table");
        status = gf_file_check(file, error);
    }
    gf_run_free(&run);
    gf_settings_free(&settings);
    free(yaml);
    free(text);
    free(command);
    return status;
}

/* Replaces *data by the dataset. */
static void read_doubles(gf_file *file, const char *path, int rank, size_t *shape, double **data) {
    double *values = gf_file_get_doubles(file, path, rank, shape);
    if (values != NULL) {
        free(*data);
        *data = values;
    }
}

static void read_histogram(gf_langevin *self, gf_file *file) {
    const gf_run *run = &self->run;
    size_t shape[] = {run->points, run->realisations, run->histogram.points,
                      run->histogram_energy.points};
    int rank = run->equation->fields > 1 ? 4 : 3;
    int64_t *counts = gf_file_get_integers(file, "/histogram/count", rank, shape);
    if (counts != NULL) {
        free(self->histogram);
        self->histogram = counts;
    }
}

static void read_results(gf_langevin *self, gf_file *file) {
    const gf_run *run = &self->run;
    size_t fields = run->equation->fields;
    int more = fields > 1 ? 1 : 0;
    size_t series[] = {run->points, run->realisations, run->samples, fields};
    read_doubles(file, "/statistics/mean", 3 + more, series, &self->mean);
    read_doubles(file, "/statistics/second_moment", 3 + more, series, &self->second);
    read_doubles(file, "/statistics/smoothed_second_moment", 3 + more, series,
                 &self->smoothed_second);
    read_doubles(file, "/statistics/wall_density", 3, series, &self->wall_density);
    if (self->outside != NULL) {
        read_doubles(file, "/statistics/outside", 3, series, &self->outside);
    }
    if (self->passages != NULL) {
        read_doubles(file, "/statistics/passages", 3, series, &self->passages);
    }
    if (run->snapshots > 0) {
        size_t shape[] = {run->points, run->realisations, run->snapshots, run->positions, fields};
        read_doubles(file, "/snapshots/field", 4 + more, shape, &self->snapshots);
    }
    if (run->histogram.points > 0) {
        read_histogram(self, file);
    }
}

static gf_status place_states(gf_langevin *self, const int64_t *task, size_t open,
                              const double *fields, gf_file *file, gf_error *error) {
    size_t tasks = self->run.points * self->run.realisations;
    size_t cells = self->run.cells * gf_langevin_rows(&self->run);
    for (size_t i = 0; i < open; ++i) {
        if (task[i] < 0 || (size_t)task[i] >= tasks || self->tasks[task[i]].state != NULL) {
            gf_file_reject(file, "/checkpoint/task names no task of the run");
            return gf_file_check(file, error);
        }
        double *state = malloc(cells * sizeof *state);
        if (state == NULL) {
            return gf_fail_memory(error, "a checkpoint");
        }
        memcpy(state, fields + i * cells, cells * sizeof *state);
        self->tasks[task[i]].state = state;
        for (size_t k = 0; k < cells; ++k) {
            if (!isfinite(state[k])) {
                gf_file_reject(file, "/checkpoint/state holds %g", state[k]);
                return gf_file_check(file, error);
            }
        }
    }
    return GF_OK;
}

/* One number for each task, none of them negative; the caller frees them. */
static int64_t *get_tasks(const gf_langevin *self, gf_file *file, const char *path) {
    size_t tasks = self->run.points * self->run.realisations;
    int64_t *values = gf_file_get_integers(file, path, 1, &tasks);
    bool fits = values != NULL;
    for (size_t i = 0; i < tasks && fits; ++i) {
        fits = values[i] >= 0;
        if (!fits) {
            gf_file_reject(file, "%s is negative", path);
        }
    }
    if (!fits) {
        free(values);
        values = NULL;
    }
    return values;
}

static gf_status read_progress(gf_langevin *self, gf_file *file, gf_error *error) {
    const gf_run *run = &self->run;
    int64_t *steps = get_tasks(self, file, "/checkpoint/steps");
    int64_t *outside = self->outside != NULL ? get_tasks(self, file, "/checkpoint/outside") : NULL;
    int64_t *passages =
        self->passages != NULL ? get_tasks(self, file, "/checkpoint/passages") : NULL;
    for (size_t i = 0; steps != NULL && i < run->points * run->realisations; ++i) {
        gf_langevin_task *task = &self->tasks[i];
        task->steps = (uint64_t)steps[i];
        task->outside = outside != NULL ? (uint64_t)outside[i] : 0;
        task->passages = passages != NULL ? (uint64_t)passages[i] : 0;
        uint64_t all = gf_run_steps(run, i / run->realisations);
        bool open = task->steps > 0 && task->steps < all;
        if (task->steps > all || open != (task->state != NULL)) {
            gf_file_reject(file, "/checkpoint/steps does not fit the states");
            break;
        }
    }
    free(steps);
    free(outside);
    free(passages);
    return gf_file_check(file, error);
}

static gf_status read_checkpoint(gf_langevin *self, gf_file *file, gf_error *error) {
    size_t open = 0, count = gf_langevin_rows(&self->run);
    gf_status status = GF_OK;
    if (gf_file_has(file, "/checkpoint/state")) {
        int64_t *task = gf_file_get_integers(file, "/checkpoint/task", 1, &open);
        size_t one[] = {open, self->run.cells}, two[] = {open, count, self->run.cells};
        double *fields = gf_file_get_doubles(file, "/checkpoint/state", count > 1 ? 3 : 2,
                                             count > 1 ? two : one);
        if (task != NULL && fields != NULL) {
            status = place_states(self, task, open, fields, file, error);
        } else {
            status = gf_file_check(file, error);
        }
        free(task);
        free(fields);
    }
    return status == GF_OK ? read_progress(self, file, error) : status;
}

static gf_status read_all(gf_langevin *self, gf_file *file, const char *path, gf_error *error) {
    gf_status status = read_run(self, file, path, error);
    if (status == GF_OK) {
        read_results(self, file);
        status = gf_file_check(file, error);
    }
    if (status == GF_OK && (!(gf_file_get_number_attribute(file, "/run", "done") >= 1) ||
                            gf_file_has(file, "/checkpoint/steps"))) {
        status = read_checkpoint(self, file, error);
    } else {
        for (size_t i = 0; status == GF_OK && i < self->run.points * self->run.realisations; ++i) {
            self->tasks[i].steps = gf_run_steps(&self->run, i / self->run.realisations);
        }
    }
    return status;
}

gf_status gf_langevin_read(gf_langevin *self, const char *path, gf_error *error) {
    gf_file *file = NULL;
    *self = (gf_langevin){0};
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK && !gf_file_has(file, "/run")) {
        gf_file_reject(file, "holds no Langevin run; expected a file of 'gibbsflow langevin'");
        status = gf_file_check(file, error);
    }
    if (status == GF_OK) {
        status = read_all(self, file, path, error);
    }
    gf_file_close(&file);
    return status;
}
