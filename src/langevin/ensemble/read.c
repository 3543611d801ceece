/* Runs in HDF5 files: reading. */
#include "gibbsflow/file.h"
#include "langevin/ensemble/counts.h"
#include "langevin/ensemble/langevin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The run that the texts of the file describe. */
static gf_status parse_run(gf_file *file, const char *path, const char *yaml, const char *text,
                           gf_run **run, gf_error *error) {
    gf_settings settings = {0};
    gf_status status = gf_settings_assign_all(&settings, text, error);
    if (status == GF_OK && gf_file_has(file, "/fitted_grid")) { /* the table is in the file */
        settings.table = strdup(path);
        status = settings.table != NULL ? GF_OK : gf_fail_memory(error, "a path");
    }
    if (status == GF_OK) {
        status = gf_run_parse(yaml, strlen(yaml), path, &settings, run, error);
    }
    gf_settings_free(&settings);
    return status;
}

/* The path of the table is where it came from, not where it is now. */
static gf_status restore_table(gf_run *run, gf_file *file, gf_error *error) {
    if (run->medium.table != NULL) {
        free(run->medium.table);
        run->medium.table = gf_file_get_text_attribute(file, "/run", "table");
    }
    return gf_file_check(file, error);
}

static gf_status read_run(gf_langevin **self, gf_file *file, const char *path, gf_error *error) {
    gf_run *run = NULL;
    char *yaml = gf_file_get_text_attribute(file, "/run", "yaml");
    char *text = gf_file_get_text_attribute(file, "/run", "settings");
    char *command = gf_file_get_text_attribute(file, "/", "command");
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = parse_run(file, path, yaml, text, &run, error);
    }
    if (status == GF_OK) {
        status = gf_langevin_create(run, command, self, error);
    }
    if (status == GF_OK) {
        status = restore_table(run, file, error);
    }
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
    const gf_run *run = self->run;
    size_t shape[] = {run->points, run->realisations, run->histogram[GF_MAGNETIZATION].points,
                      run->histogram[GF_ENERGY].points};
    int rank = 2 + (int)run->equation->fields;
    int64_t *counts = gf_file_get_integers(file, "/histogram/count", rank, shape);
    if (counts != NULL) {
        free(self->histogram);
        self->histogram = counts;
    }
}

static void read_series(gf_langevin *self, gf_file *file) {
    static const char *const paths[] = {"/statistics/mean", "/statistics/second_moment",
                                        "/statistics/smoothed_second_moment",
                                        "/statistics/wall_density"};
    const gf_run *run = self->run;
    for (size_t k = 0; k < GF_LANGEVIN_SERIES && self->series[k] != NULL; ++k) {
        size_t width = gf_langevin_width(run, (gf_langevin_observable)k);
        size_t shape[] = {run->points, run->realisations, run->samples, width};
        const char *path =
            k < GF_LANGEVIN_OUTSIDE ? paths[k] : gf_counts[k - GF_LANGEVIN_OUTSIDE].series;
        read_doubles(file, path, width > 1 ? 4 : 3, shape, &self->series[k]);
    }
}

static void read_results(gf_langevin *self, gf_file *file) {
    const gf_run *run = self->run;
    size_t fields = run->equation->fields;
    read_series(self, file);
    if (run->snapshots > 0) {
        size_t shape[] = {run->points, run->realisations, run->snapshots, run->positions, fields};
        read_doubles(file, "/snapshots/field", fields > 1 ? 5 : 4, shape, &self->snapshots);
    }
    if (run->histogram[0].points > 0) {
        read_histogram(self, file);
    }
    gf_correlations_read(self->correlations, file);
    gf_domains_read(self->domains, file);
}

/* --- checkpoints ----------------------------------------------------------------------------- */

static gf_status place_states(gf_langevin *self, const int64_t *task, size_t open,
                              const double *fields, gf_file *file, gf_error *error) {
    size_t tasks = self->run->points * self->run->realisations;
    size_t cells = self->run->cells * self->run->rows;
    for (size_t i = 0; i < open; ++i) {
        if (task[i] < 0 || (size_t)task[i] >= tasks || self->tasks[task[i]].rows != NULL) {
            gf_file_reject(file, "/checkpoint/task names no task of the run");
            return gf_file_check(file, error);
        }
        double *state = malloc(cells * sizeof *state);
        if (state == NULL) {
            return gf_fail_memory(error, "a checkpoint");
        }
        memcpy(state, fields + i * cells, cells * sizeof *state);
        self->tasks[task[i]].rows = state;
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
    size_t tasks = self->run->points * self->run->realisations;
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

/* The counts since the last sample. */
static void read_counts(gf_langevin *self, gf_file *file) {
    size_t tasks = self->run->points * self->run->realisations;
    for (size_t k = 0; k < self->run->counts; ++k) {
        int64_t *values = get_tasks(self, file, gf_counts[k].checkpoint);
        for (size_t i = 0; i < tasks && values != NULL; ++i) {
            self->tasks[i].counts[k] = (uint64_t)values[i];
        }
        free(values);
    }
}

static gf_status read_progress(gf_langevin *self, gf_file *file, gf_error *error) {
    const gf_run *run = self->run;
    int64_t *steps = get_tasks(self, file, "/checkpoint/steps");
    for (size_t i = 0; steps != NULL && i < run->points * run->realisations; ++i) {
        gf_lattice_state *task = &self->tasks[i];
        task->steps = (uint64_t)steps[i];
        uint64_t all = gf_run_steps(run, i / run->realisations);
        bool open = task->steps > 0 && task->steps < all;
        if (task->steps > all || open != (task->rows != NULL)) {
            gf_file_reject(file, "/checkpoint/steps does not fit the states");
            break;
        }
    }
    free(steps);
    read_counts(self, file);
    return gf_file_check(file, error);
}

static gf_status read_checkpoint(gf_langevin *self, gf_file *file, gf_error *error) {
    size_t open = 0, count = self->run->rows;
    gf_status status = GF_OK;
    if (gf_file_has(file, "/checkpoint/state")) {
        int64_t *task = gf_file_get_integers(file, "/checkpoint/task", 1, &open);
        size_t one[] = {open, self->run->cells}, two[] = {open, count, self->run->cells};
        double *fields = gf_file_get_doubles(file, "/checkpoint/state", count > 1 ? 3 : 2,
                                             count > 1 ? two : one);
        if (task != NULL && fields != NULL) {
            status = place_states(self, task, open, fields, file, error);
        }
        if (status == GF_OK && task != NULL && fields != NULL) {
            gf_correlations_read_origins(self->correlations, task, open, file);
        }
        if (status == GF_OK) {
            status = gf_file_check(file, error);
        }
        free(task);
        free(fields);
    }
    return status == GF_OK ? read_progress(self, file, error) : status;
}

static gf_status read_tasks(gf_langevin *self, gf_file *file, gf_error *error) {
    const gf_run *run = self->run;
    if (!(gf_file_get_number_attribute(file, "/run", "done") >= 1) ||
        gf_file_has(file, "/checkpoint/steps")) {
        return read_checkpoint(self, file, error);
    }
    for (size_t i = 0; i < run->points * run->realisations; ++i) {
        self->tasks[i].steps = gf_run_steps(run, i / run->realisations);
    }
    return GF_OK;
}

static void read_law(gf_langevin *self, gf_file *file) {
    size_t points = self->run->points;
    if (gf_file_has(file, "/instanton")) {
        self->law = gf_file_get_doubles(file, "/instanton/c", 1, &points);
        self->law_error = gf_file_get_doubles(file, "/instanton/error", 1, &points);
    }
}

static gf_status read_all(gf_langevin **self, gf_file *file, const char *path, gf_error *error) {
    gf_status status = read_run(self, file, path, error);
    if (status == GF_OK) {
        read_results(*self, file);
        read_law(*self, file);
        status = gf_file_check(file, error);
    }
    return status == GF_OK ? read_tasks(*self, file, error) : status;
}

gf_status gf_langevin_read(const char *path, gf_langevin **langevin, gf_error *error) {
    gf_file *file = NULL;
    *langevin = NULL;
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK && !gf_file_has(file, "/run")) {
        gf_file_reject(file, "holds no Langevin run; expected a file of 'gibbsflow langevin'");
        status = gf_file_check(file, error);
    }
    if (status == GF_OK) {
        status = read_all(langevin, file, path, error);
    }
    gf_file_close(&file);
    if (status != GF_OK) {
        gf_langevin_free(*langevin);
        *langevin = NULL;
    }
    return status;
}
