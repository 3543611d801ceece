/* Runs in HDF5 files: writing. */
#include "gibbsflow/file.h"
#include "gibbsflow/langevin.h"
#include "gibbsflow/wall_fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- writing --------------------------------------------------------------------------------- */

static void sweep_path(const gf_run *run, char *path, size_t size) {
    (void)snprintf(path, size, "/sweep/%s", run->equation->parameters[run->swept]);
}

/* What is said of two fields alone, with the parts of the table that the run needs: a file of a run
 * is complete. At other rates than the table's, what holds at its rates alone is left out. */
static void write_two_fields(const gf_run *run, gf_file *file) {
    enum { NEEDED = 3 };
    static const char *const parts[] = {"/model",  "/channels",     "/fitted_grid", "/density_grid",
                                        "/region", "/fixed_points", "/flow_lines"};
    gf_file_put_text_attribute(file, "/run", "table", run->table);
    gf_file_put_text_attribute(file, "/run", "interpretation", "Ito");
    gf_file_put_integer_attribute(file, "/run", "weak_order", run->integrator->weak_order);
    gf_file_put_number_attribute(file, "/run", "cutoff", run->noise.cutoff);
    gf_file_put_number_attribute(file, "/run", "drive_scale", run->noise.drive);
    gf_file_put_number_attribute(file, "/run", "thermal_scale", run->noise.thermal);
    gf_file_put_integer_attribute(file, "/run", "rescaled", run->rescaled ? 1 : 0);
    for (size_t i = 0; i < (run->rates.count > 0 ? NEEDED : sizeof parts / sizeof *parts); ++i) {
        if (gf_file_has(run->table_file, parts[i])) {
            gf_file_copy(file, run->table_file, parts[i]);
        }
    }
    if (run->diffusion != NULL) {
        gf_diffusion_write(run->diffusion, file);
    }
}

static void write_run(const gf_langevin *self, gf_file *file) {
    const gf_run *run = &self->run;
    gf_file_put_origin(file, self->command);
    gf_file_put_text_attribute(file, "/run", "yaml", run->yaml);
    gf_file_put_text_attribute(file, "/run", "settings", run->settings);
    gf_file_put_text_attribute(file, "/run", "equation", run->equation->name);
    gf_file_put_text_attribute(file, "/run", "integrator", run->integrator->name);
    gf_file_put_text_attribute(file, "/run", "force",
                               run->noise.renormalised ? "renormalised" : "bare");
    gf_file_put_integer_attribute(file, "/run", "seed", (long)run->seed);
    gf_file_put_number_attribute(file, "/run", "warm_up", run->warm_up);
    gf_file_put_number_attribute(file, "/run", "spacing", run->spacing);
    gf_file_put_number_attribute(file, "/run", "step", run->step);
    gf_file_put_number_attribute(file, "/run", "smoothing", run->smoothing);
    gf_file_put_number_attribute(file, "/run", "threshold", run->threshold);
    gf_file_put_number_attribute(file, "/run", "done", gf_langevin_done(self));
    if (run->equation->fields == 2) {
        write_two_fields(run, file);
    }
}

static const char *time_units(const gf_run *run) {
    return run->rescaled ? "1/(J epsilon)" : run->equation->fields == 2 ? "1/J" : "a^2/D";
}

static const char *length_units(const gf_run *run) {
    return run->rescaled ? "a/sqrt(epsilon)" : "a";
}

static const char *density_units(const gf_run *run) {
    return run->rescaled ? "sqrt(epsilon)/a" : "1/a";
}

/* An axis: a dataset that is its own scale. */
static void put_axis(gf_file *file, const char *path, const char *units, const char *description,
                     size_t count, const double *values) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = units,
                                      .description = description,
                                      .rank = 1,
                                      .shape = {count},
                                      .axes = {path}},
                        values);
}

/* first, first + step, ... */
static void put_regular_axis(gf_file *file, const char *path, const char *units,
                             const char *description, size_t count, double first, double step) {
    double *values = malloc((count + 1) * sizeof *values);
    if (values == NULL) {
        gf_file_reject(file, "out of memory for %s", path);
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        values[i] = first + (double)i * step;
    }
    put_axis(file, path, units, description, count, values);
    free(values);
}

static void write_stretch(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = &self->run;
    int64_t *stretch = malloc(run->points * sizeof *stretch);
    if (stretch == NULL) {
        gf_file_reject(file, "out of memory for the sweep");
        return;
    }
    for (size_t k = 0; k < run->points; ++k) {
        stretch[k] = (int64_t)run->stretch[k];
    }
    gf_file_put_integers(file,
                         &(gf_dataset){.path = "/sweep/stretch",
                                       .units = "1",
                                       .description = "factor of all times of the sweep point",
                                       .rank = 1,
                                       .shape = {run->points},
                                       .axes = {sweep}},
                         stretch);
    free(stretch);
}

/* One number per field, sample and realisation, or one for all fields. The axis of the fields is
 * there only where there are two. */
static void put_series(const gf_run *run, gf_file *file, const char *sweep, const char *path,
                       const char *units, const char *description, size_t fields,
                       const double *data) {
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = path,
                      .units = units,
                      .description = description,
                      .rank = fields > 1 ? 4 : 3,
                      .shape = {run->points, run->realisations, run->samples, fields},
                      .axes = {sweep, "realisation", "/statistics/time", "charge"}},
        data);
}

static void write_series(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = &self->run;
    size_t fields = run->equation->fields;
    put_regular_axis(file, "/statistics/time", time_units(run),
                     "time of the samples, warm-up included, where stretch is 1", run->samples,
                     run->sample_every, run->sample_every);
    put_series(run, file, sweep, "/statistics/mean", "1", "space average of the field", fields,
               self->mean);
    put_series(run, file, sweep, "/statistics/second_moment", "1",
               "space average of the square of the cell values", fields, self->second);
    put_series(run, file, sweep, "/statistics/smoothed_second_moment", "1",
               "the same after smoothing", fields, self->smoothed_second);
    put_series(run, file, sweep, "/statistics/wall_density", density_units(run),
               "walls per length: passages between -threshold m0 and +threshold m0 after smoothing",
               1, self->wall_density);
    if (self->outside != NULL) {
        put_series(run, file, sweep, "/statistics/outside", "1",
                   "part of the cells outside the region of possible densities, since the sample "
                   "before",
                   1, self->outside);
    }
    if (self->passages != NULL) {
        put_series(
            run, file, sweep, "/statistics/passages", "J",
            "passages of m between -threshold m0 and +threshold m0 per block and time, since "
            "the sample before",
            1, self->passages);
    }
}

static void write_snapshots(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = &self->run;
    if (run->snapshots == 0) {
        return;
    }
    size_t fields = run->equation->fields;
    put_regular_axis(file, "/snapshots/time", time_units(run), NULL, run->snapshots,
                     run->snapshot_every, run->snapshot_every);
    put_regular_axis(file, "/snapshots/position", length_units(run),
                     "middle of the averaged stretch", run->positions, run->snapshot_spacing / 2,
                     run->snapshot_spacing);
    gf_file_put_doubles(
        file,
        &(gf_dataset){
            .path = "/snapshots/field",
            .units = "1",
            .description = "field averaged over stretches",
            .rank = fields > 1 ? 5 : 4,
            .shape = {run->points, run->realisations, run->snapshots, run->positions, fields},
            .axes = {sweep, "realisation", "/snapshots/time", "/snapshots/position", "charge"}},
        self->snapshots);
}

static void put_bins(gf_file *file, const char *path, const gf_axis *axis) {
    double width = (axis->to - axis->from) / (double)axis->points;
    put_regular_axis(file, path, "1", "middle of the bins", axis->points, axis->from + width / 2,
                     width);
}

static void write_histogram(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = &self->run;
    bool two = run->equation->fields == 2;
    if (run->histogram.points == 0) {
        return;
    }
    put_bins(file, "/histogram/value", &run->histogram);
    if (two) {
        put_bins(file, "/histogram/energy", &run->histogram_energy);
    }
    gf_file_put_integers(
        file,
        &(gf_dataset){.path = "/histogram/count",
                      .units = "1",
                      .description = "cell values in the bin, over all samples after the warm-up",
                      .rank = two ? 4 : 3,
                      .shape = {run->points, run->realisations, run->histogram.points,
                                run->histogram_energy.points},
                      .axes = {sweep, "realisation", "/histogram/value", "/histogram/energy"}},
        self->histogram);
}

/* One number per sweep point. */
static void put_points(gf_file *file, const char *path, const char *units, const char *sweep,
                       size_t points, const double *values) {
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = path, .units = units, .rank = 1, .shape = {points}, .axes = {sweep}},
        values);
}

/* Columns of the summary: what a sweep point has come to, number by number. */
#define COLUMN(name, expression)                                                                   \
    static double name(const gf_langevin_point *p) {                                               \
        return (expression);                                                                       \
    }
COLUMN(walls_density, p->walls.mean)
COLUMN(walls_error, p->walls.error)
COLUMN(walls_effective, p->walls.effective)
COLUMN(walls_autocorrelation, p->walls.autocorrelation)
COLUMN(walls_drift, p->walls.drift)
COLUMN(walls_start_effect, p->walls.start_effect)
COLUMN(walls_steady, p->walls.verdict == GF_STEADY ? 1 : 0)
COLUMN(second, p->second[0].mean)
COLUMN(second_error, p->second[0].error)
COLUMN(smoothed_second, p->smoothed_second[0].mean)
COLUMN(smoothed_second_error, p->smoothed_second[0].error)
COLUMN(mean_m, p->mean[0].mean)
COLUMN(mean_m_error, p->mean[0].error)
COLUMN(mean_e, p->mean[1].mean)
COLUMN(mean_e_error, p->mean[1].error)
COLUMN(second_e, p->second[1].mean)
COLUMN(second_e_error, p->second[1].error)
COLUMN(outside, p->outside.mean)
COLUMN(switching_time, 1 / p->passages.mean)
COLUMN(switching_error, p->passages.error / (p->passages.mean * p->passages.mean))
COLUMN(switching_effective, p->passages.effective)
COLUMN(switching_drift, p->passages.drift)
COLUMN(switching_start_effect, p->passages.start_effect)
COLUMN(switching_steady, p->passages.mean > 0 && p->passages.verdict == GF_STEADY ? 1 : 0)
COLUMN(exact_count, p->exact ? p->cells.count_density : NAN)
COLUMN(exact_dilute, p->exact ? p->cells.dilute_density : NAN)
COLUMN(exact_length, p->exact ? p->cells.correlation_length : NAN)
COLUMN(exact_second, p->exact ? p->cells.second_moment : NAN)
COLUMN(continuum_count, p->exact ? p->continuum.count_density : NAN)
COLUMN(continuum_dilute, p->exact ? p->continuum.dilute_density : NAN)
COLUMN(continuum_length, p->exact ? p->continuum.correlation_length : NAN)
COLUMN(continuum_second, p->exact ? p->continuum.second_moment : NAN)
#undef COLUMN

static const struct column {
    const char *path, *units;
    double (*get)(const gf_langevin_point *point);
} columns[] = {
    {"/walls/density", NULL, walls_density}, /* in density_units */
    {"/walls/standard_error", NULL, walls_error},
    {"/walls/effective_samples", "1", walls_effective},
    {"/walls/autocorrelation_time", "sample_every", walls_autocorrelation},
    {"/walls/drift", "standard errors", walls_drift},
    {"/walls/start_effect", "standard errors", walls_start_effect},
    {"/walls/steady", "1", walls_steady},
    {"/moments/second", "1", second},
    {"/moments/second_standard_error", "1", second_error},
    {"/moments/smoothed_second", "1", smoothed_second},
    {"/moments/smoothed_second_standard_error", "1", smoothed_second_error},
    {"/exact/cells/count_density", "1/a", exact_count},
    {"/exact/cells/dilute_density", "1/a", exact_dilute},
    {"/exact/cells/correlation_length", "a", exact_length},
    {"/exact/cells/second_moment", "1", exact_second},
    {"/exact/continuum/count_density", "1/a", continuum_count},
    {"/exact/continuum/dilute_density", "1/a", continuum_dilute},
    {"/exact/continuum/correlation_length", "a", continuum_length},
    {"/exact/continuum/second_moment", "1", continuum_second},
};

/* Of two fields: the columns that describe one field are of m; these are more. */
static const struct column more_columns[] = {
    {"/moments/magnetization", "1", mean_m},
    {"/moments/magnetization_standard_error", "1", mean_m_error},
    {"/moments/energy", "1", mean_e},
    {"/moments/energy_standard_error", "1", mean_e_error},
    {"/moments/second_energy", "1", second_e},
    {"/moments/second_energy_standard_error", "1", second_e_error},
    {"/moments/outside", "1", outside},
};

/* Of blocks without neighbours: the time that a block stays on one side. */
static const struct column switching_columns[] = {
    {"/switching/mean_time", "1/J", switching_time},
    {"/switching/standard_error", "1/J", switching_error},
    {"/switching/effective_samples", "1", switching_effective},
    {"/switching/drift", "standard errors", switching_drift},
    {"/switching/start_effect", "standard errors", switching_start_effect},
    {"/switching/steady", "1", switching_steady},
};

static void write_fits(const gf_langevin *self, const gf_langevin_point *points, gf_file *file) {
    size_t count = self->run.points;
    double *table = malloc((3 * count + 1) * sizeof *table);
    if (table == NULL) {
        gf_file_reject(file, "out of memory for the fits");
        return;
    }
    double *x = table, *density = table + count, *error_of = table + 2 * count;
    for (size_t k = 0; k < count; ++k) {
        x[k] = gf_langevin_coupling(self, k);
        density[k] = points[k].walls.mean / gf_langevin_length_unit(self, k);
        error_of[k] = points[k].walls.error / gf_langevin_length_unit(self, k);
    }
    double value[GF_WALL_FORMS][3], error[GF_WALL_FORMS][3], range[GF_WALL_FORMS][2];
    double chi_square[GF_WALL_FORMS], freedom[GF_WALL_FORMS];
    const char *names[GF_WALL_FORMS];
    size_t made = 0;
    for (int form = 0; form < GF_WALL_FORMS; ++form) {
        gf_wall_fit fit;
        if (gf_wall_fit_make((gf_wall_form)form, count, x, density, error_of, 0, INFINITY, &fit,
                             NULL) == GF_OK) {
            memcpy(value[made], fit.value, sizeof fit.value);
            memcpy(error[made], fit.error, sizeof fit.error);
            range[made][0] = fit.from;
            range[made][1] = fit.to;
            chi_square[made] = fit.chi_square;
            freedom[made] = (double)fit.freedom;
            names[made++] = gf_wall_form_text((gf_wall_form)form);
        }
    }
    free(table);
    if (made == 0) {
        return;
    }
    gf_file_put_strings(
        file, &(gf_dataset){.path = "/fits/form", .units = "1", .rank = 1, .shape = {made}}, names);
    const char *const wide[] = {"/fits/value", "/fits/standard_error"};
    for (size_t i = 0; i < 2; ++i) {
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = wide[i],
                                          .units = "A and B in 1/a, c in 1",
                                          .description = "A, c, B; x = epsilon J a^2/D",
                                          .rank = 2,
                                          .shape = {made, 3},
                                          .axes = {"form", "A, c, B"}},
                            i == 0 ? &value[0][0] : &error[0][0]);
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/fits/range",
                                      .units = "1",
                                      .rank = 2,
                                      .shape = {made, 2},
                                      .axes = {"form", "from, to"}},
                        &range[0][0]);
    gf_file_put_doubles(
        file, &(gf_dataset){.path = "/fits/chi_square", .units = "1", .rank = 1, .shape = {made}},
        chi_square);
    gf_file_put_doubles(
        file, &(gf_dataset){.path = "/fits/freedom", .units = "1", .rank = 1, .shape = {made}},
        freedom);
}

static void put_columns(const gf_run *run, gf_file *file, const char *sweep,
                        const struct column *column, size_t columns_count,
                        const gf_langevin_point *points, size_t count, double *values) {
    for (size_t c = 0; c < columns_count; ++c) {
        for (size_t k = 0; k < count; ++k) {
            values[k] = column[c].get(&points[k]);
        }
        const char *units = column[c].units != NULL ? column[c].units : density_units(run);
        put_points(file, column[c].path, units, sweep, count, values);
    }
}

static void write_summary(const gf_langevin *self, const char *sweep, gf_file *file) {
    size_t count = self->run.points;
    gf_langevin_point *points = calloc(count, sizeof *points);
    double *values = malloc(count * sizeof *values);
    gf_error error = {.message = "out of memory"};
    gf_status status = points != NULL && values != NULL ? GF_OK : GF_NO_MEMORY;
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        status = gf_langevin_summarise(self, k, &points[k], &error);
    }
    if (status != GF_OK) {
        gf_file_reject(file, "%s", error.message);
    }
    if (status == GF_OK) {
        put_columns(&self->run, file, sweep, columns, sizeof columns / sizeof *columns, points,
                    count, values);
    }
    if (status == GF_OK && self->run.equation->fields == 2) {
        put_columns(&self->run, file, sweep, more_columns,
                    sizeof more_columns / sizeof *more_columns, points, count, values);
    }
    if (status == GF_OK && self->passages != NULL) {
        put_columns(&self->run, file, sweep, switching_columns,
                    sizeof switching_columns / sizeof *switching_columns, points, count, values);
    }
    bool has_walls = self->run.equation->has_space && !self->run.hydrodynamics.isolated;
    if (status == GF_OK && has_walls) {
        write_fits(self, points, file);
    }
    free(points);
    free(values);
}

static void put_tasks(gf_file *file, const char *path, const char *description, size_t count,
                      const int64_t *values) {
    gf_file_put_integers(file,
                         &(gf_dataset){.path = path,
                                       .units = "1",
                                       .description = description,
                                       .rank = 1,
                                       .shape = {count},
                                       .axes = {"task"}},
                         values);
}

static void put_states(const gf_run *run, gf_file *file, size_t open, const double *fields) {
    size_t rows = gf_langevin_rows(run);
    gf_dataset states = {.path = "/checkpoint/state",
                         .units = "1",
                         .description = "what the integrator carries on",
                         .rank = 2,
                         .shape = {open, run->cells},
                         .axes = {"task", "cell"}};
    if (rows > 1) {
        states.rank = 3;
        states.axes[1] = "row";
        states.axes[2] = "cell";
        states.shape[1] = rows;
        states.shape[2] = run->cells;
    }
    gf_file_put_doubles(file, &states, fields);
}

/* How far each task is. */
static void put_progress(const gf_langevin *self, gf_file *file, int64_t *values) {
    const gf_run *run = &self->run;
    size_t tasks = run->points * run->realisations;
    for (size_t i = 0; i < tasks; ++i) {
        values[i] = (int64_t)self->tasks[i].steps;
    }
    put_tasks(file, "/checkpoint/steps", "steps made", tasks, values);
    for (size_t i = 0; i < tasks; ++i) {
        values[i] = (int64_t)self->tasks[i].outside;
    }
    if (self->outside != NULL) {
        put_tasks(file, "/checkpoint/outside", "cells outside since the last sample", tasks,
                  values);
    }
    for (size_t i = 0; i < tasks; ++i) {
        values[i] = (int64_t)self->tasks[i].passages;
    }
    if (self->passages != NULL) {
        put_tasks(file, "/checkpoint/passages", "passages since the last sample", tasks, values);
    }
}

/* How far each task is, and the states of those that have begun and are not done. */
static void write_checkpoint(const gf_langevin *self, gf_file *file) {
    const gf_run *run = &self->run;
    size_t tasks = run->points * run->realisations, open = 0;
    size_t size = run->cells * gf_langevin_rows(run);
    for (size_t i = 0; i < tasks; ++i) {
        open += self->tasks[i].state != NULL ? 1 : 0;
    }
    double *fields = malloc((open * size + 1) * sizeof *fields);
    int64_t *index = malloc((tasks + 1) * sizeof *index);
    if (fields == NULL || index == NULL) {
        gf_file_reject(file, "out of memory for a checkpoint");
    } else {
        put_progress(self, file, index);
        open = 0;
        for (size_t i = 0; i < tasks; ++i) {
            if (self->tasks[i].state != NULL) {
                memcpy(fields + open * size, self->tasks[i].state, size * sizeof *fields);
                index[open++] = (int64_t)i;
            }
        }
    }
    if (open > 0 && fields != NULL && index != NULL) {
        put_tasks(file, "/checkpoint/task", NULL, open, index);
        put_states(run, file, open, fields);
    }
    free(fields);
    free(index);
}

gf_status gf_langevin_write(const gf_langevin *self, const char *path, gf_error *error) {
    gf_file *file = NULL;
    char sweep[100];
    gf_status status = gf_file_create(path, &file, error);
    if (status != GF_OK) {
        return status;
    }
    sweep_path(&self->run, sweep, sizeof sweep);
    write_run(self, file);
    put_axis(file, sweep, "1", "the parameter that is varied", self->run.points, self->run.sweep);
    write_stretch(self, sweep, file);
    write_series(self, sweep, file);
    write_snapshots(self, sweep, file);
    write_histogram(self, sweep, file);
    if (gf_langevin_done(self) < 1) {
        write_checkpoint(self, file);
    } else {
        write_summary(self, sweep, file);
    }
    return gf_file_commit(&file, error);
}
