/* Runs in HDF5 files: writing. */
#include "gibbsflow/file.h"
#include "gibbsflow/wall_fit.h"
#include "io/charge_units.h"
#include "langevin/ensemble/axes.h"
#include "langevin/ensemble/counts.h"
#include "langevin/ensemble/langevin.h"
#include "langevin/run/kind.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the run --------------------------------------------------------------------------------- */

static void sweep_path(const gf_run *run, char *path, size_t size) {
    (void)snprintf(path, size, "/sweep/%s", run->equation->parameters[run->swept]);
}

/* "gamma=0.875 J=1 ...": the parameters in force, but for the one that the sweep varies. */
static void put_parameters(const gf_run *run, gf_file *file) {
    char text[64 * GF_RUN_MAX_PARAMETERS] = "";
    for (size_t i = 0; run->equation->parameters[i] != NULL; ++i) {
        size_t used = strlen(text);
        if (i != run->swept) {
            (void)snprintf(text + used, sizeof text - used, "%s%s=%.15g", used > 0 ? " " : "",
                           run->equation->parameters[i], run->parameters[i]);
        }
    }
    gf_file_put_text_attribute(file, "/run", "parameters", text);
}

static void write_run(const gf_langevin *self, gf_file *file) {
    const gf_run *run = self->run;
    gf_file_put_origin(file, self->command);
    gf_file_put_text_attribute(file, "/run", "yaml", run->yaml);
    gf_file_put_text_attribute(file, "/run", "settings", run->settings);
    put_parameters(run, file);
    gf_file_put_text_attribute(file, "/run", "equation", run->equation->name);
    gf_file_put_text_attribute(file, "/run", "integrator", run->integrator->name);
    gf_file_put_text_attribute(file, "/run", "force",
                               run->noise.renormalised ? "renormalised" : "bare");
    gf_file_put_text_attribute(file, "/run", "noise",
                               run->noise.renormalised_noise ? "renormalised" : "bare");
    gf_file_put_integer_attribute(file, "/run", "seed", (long)run->seed);
    gf_file_put_number_attribute(file, "/run", "warm_up", run->warm_up);
    gf_file_put_number_attribute(file, "/run", "spacing", run->spacing);
    gf_file_put_number_attribute(file, "/run", "step", run->step);
    gf_file_put_number_attribute(file, "/run", "smoothing", run->smoothing);
    gf_file_put_number_attribute(file, "/run", "threshold", run->threshold);
    gf_file_put_number_attribute(file, "/run", "done", gf_langevin_done(self));
    if (run->kind->write != NULL) {
        run->kind->write(run, file);
    }
}

static const char *square_units(const gf_run *run) {
    return run->equation->fields > 1 ? "1 per site^2; {energy}^2 per site^2" : "1";
}

static void write_stretch(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = self->run;
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

/* --- series ---------------------------------------------------------------------------------- */

/* One number per sample and realisation, or one per field, whose axis is there only where there are
 * two. NULL units are those of a density. */
static void put_series(const gf_langevin *self, gf_file *file, const char *sweep,
                       gf_langevin_observable observable, const char *path, const char *units,
                       const char *description) {
    const gf_run *run = self->run;
    size_t fields = gf_langevin_width(run, observable);
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = path,
                      .units = units != NULL ? units : gf_axes_density_units(run),
                      .description = description,
                      .rank = fields > 1 ? 4 : 3,
                      .shape = {run->points, run->realisations, run->samples, fields},
                      .axes = {sweep, "realisation", "/statistics/time", "charge"}},
        self->series[observable]);
}

static void write_series(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = self->run;
    gf_axes_put_regular(file, "/statistics/time", gf_axes_time_units(run),
                        "time of the samples, warm-up included, where stretch is 1", run->samples,
                        run->sample_every, run->sample_every);
    put_series(self, file, sweep, GF_LANGEVIN_MEAN, "/statistics/mean", gf_axes_field_units(run),
               "space average of the field");
    put_series(self, file, sweep, GF_LANGEVIN_SECOND, "/statistics/second_moment",
               square_units(run), "space average of the square of the cell values");
    put_series(self, file, sweep, GF_LANGEVIN_SMOOTHED_SECOND, "/statistics/smoothed_second_moment",
               square_units(run), "the same after smoothing");
    put_series(self, file, sweep, GF_LANGEVIN_WALLS, "/statistics/wall_density", NULL,
               "walls per length: passages between -threshold m0 and +threshold m0 after "
               "smoothing");
    for (size_t k = 0; k < run->counts; ++k) {
        const gf_count *count = &gf_counts[k];
        put_series(self, file, sweep, gf_langevin_counted(k), count->series, count->units,
                   count->description);
    }
}

static void write_snapshots(const gf_langevin *self, const char *sweep, gf_file *file) {
    const gf_run *run = self->run;
    if (run->snapshots == 0) {
        return;
    }
    size_t fields = run->equation->fields;
    gf_axes_put_regular(file, "/snapshots/time", gf_axes_time_units(run), NULL, run->snapshots,
                        run->snapshot_every, run->snapshot_every);
    gf_axes_put_regular(file, "/snapshots/position", gf_axes_length_units(run),
                        "middle of the averaged stretch", run->positions, run->snapshot_spacing / 2,
                        run->snapshot_spacing);
    gf_file_put_doubles(
        file,
        &(gf_dataset){
            .path = "/snapshots/field",
            .units = gf_axes_field_units(run),
            .description = "field averaged over stretches",
            .rank = fields > 1 ? 5 : 4,
            .shape = {run->points, run->realisations, run->snapshots, run->positions, fields},
            .axes = {sweep, "realisation", "/snapshots/time", "/snapshots/position", "charge"}},
        self->snapshots);
}

static void put_bins(gf_file *file, const char *path, const char *units, const gf_axis *axis) {
    double width = (axis->to - axis->from) / (double)axis->points;
    gf_axes_put_regular(file, path, units, "middle of the bins", axis->points,
                        axis->from + width / 2, width);
}

static void write_histogram(const gf_langevin *self, const char *sweep, gf_file *file) {
    static const char *const axes[GF_CHARGES] = {"/histogram/value", "/histogram/energy"};
    static const char *const units[GF_CHARGES] = {"1", GF_UNITS_ENERGY_DENSITY};
    const gf_run *run = self->run;
    size_t fields = run->equation->fields;
    if (run->histogram[0].points == 0) {
        return;
    }
    gf_dataset counts = {.path = "/histogram/count",
                         .units = "1",
                         .description =
                             "cell values in the bin, over all samples after the warm-up",
                         .rank = 2 + (int)fields,
                         .shape = {run->points, run->realisations},
                         .axes = {sweep, "realisation"}};
    for (size_t k = 0; k < fields; ++k) {
        put_bins(file, axes[k], units[k], &run->histogram[k]);
        counts.shape[2 + k] = run->histogram[k].points;
        counts.axes[2 + k] = axes[k];
    }
    gf_file_put_integers(file, &counts, self->histogram);
}

/* What only some runs ask for. */
static void write_measurements(const gf_langevin *self, const char *sweep, gf_file *file) {
    size_t *samples = self->correlations != NULL || self->domains != NULL
                          ? gf_langevin_samples_taken(self)
                          : NULL;
    if (samples != NULL) {
        gf_correlations_write(self->correlations, sweep, samples, file);
        gf_domains_write(self->domains, sweep, samples, file);
    } else if (self->correlations != NULL || self->domains != NULL) {
        gf_file_reject(file, "out of memory for the measurements");
    }
    free(samples);
}

/* --- the summary ----------------------------------------------------------------------------- */

/* One number per sweep point. */
static void put_points(gf_file *file, const char *path, const char *units, const char *sweep,
                       size_t points, const double *values) {
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = path, .units = units, .rank = 1, .shape = {points}, .axes = {sweep}},
        values);
}

/* Columns of the summary: the results of a sweep point, number by number. */
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
    {"/walls/density", NULL, walls_density}, /* in gf_axes_density_units */
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

/* Of two fields: the columns above are of m; these are more. */
static const struct column more_columns[] = {
    {"/moments/magnetization", "1", mean_m},
    {"/moments/magnetization_standard_error", "1", mean_m_error},
    {"/moments/energy", GF_UNITS_ENERGY_DENSITY, mean_e},
    {"/moments/energy_standard_error", GF_UNITS_ENERGY_DENSITY, mean_e_error},
    {"/moments/second_energy", "{energy}^2 per site^2", second_e},
    {"/moments/second_energy_standard_error", "{energy}^2 per site^2", second_e_error},
    {"/moments/outside", "1", outside},
};

/* Of blocks without neighbours: the time that a block stays on one side. */
static const struct column switching_columns[] = {
    {"/switching/mean_time", "1/{energy}", switching_time},
    {"/switching/standard_error", "1/{energy}", switching_error},
    {"/switching/effective_samples", "1", switching_effective},
    {"/switching/drift", "standard errors", switching_drift},
    {"/switching/start_effect", "standard errors", switching_start_effect},
    {"/switching/steady", "1", switching_steady},
};

/* Fits in all forms that can be made. */
typedef struct fits {
    size_t made;
    const char *name[GF_WALL_FORMS];
    double value[GF_WALL_FORMS][3], error[GF_WALL_FORMS][3], range[GF_WALL_FORMS][2];
    double chi_square[GF_WALL_FORMS], freedom[GF_WALL_FORMS];
} fits;

/* table: couplings, densities, errors, [count] each. */
static fits make_fits(size_t count, const double *table) {
    fits all = {.made = 0};
    for (int form = 0; form < GF_WALL_FORMS; ++form) {
        gf_wall_fit fit;
        size_t k = all.made;
        if (gf_wall_fit_make((gf_wall_form)form, count, table, table + count, table + 2 * count, 0,
                             INFINITY, &fit, NULL) == GF_OK) {
            memcpy(all.value[k], fit.value, sizeof fit.value);
            memcpy(all.error[k], fit.error, sizeof fit.error);
            all.range[k][0] = fit.from;
            all.range[k][1] = fit.to;
            all.chi_square[k] = fit.chi_square;
            all.freedom[k] = (double)fit.freedom;
            all.name[all.made++] = gf_wall_form_text((gf_wall_form)form);
        }
    }
    return all;
}

static void put_fits(const fits *self, const gf_run *run, gf_file *file) {
    const struct {
        const char *path;
        size_t width;
        const double *data;
    } parts[] = {{"/fits/value", 3, &self->value[0][0]},
                 {"/fits/standard_error", 3, &self->error[0][0]},
                 {"/fits/range", 2, &self->range[0][0]},
                 {"/fits/chi_square", 0, self->chi_square},
                 {"/fits/freedom", 0, self->freedom}};
    gf_file_put_strings(
        file,
        &(gf_dataset){
            .path = "/fits/form", .units = "1", .rank = 1, .shape = {self->made}, .axes = {"form"}},
        self->name);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        gf_dataset dataset = {.path = parts[i].path,
                              .units = "1",
                              .rank = parts[i].width > 0 ? 2 : 1,
                              .shape = {self->made, parts[i].width},
                              .axes = {"form"}};
        if (parts[i].width == 3) {
            dataset.units = "A and B in 1/a, c in 1";
            dataset.description = run->equation->fields > 1 ? "A, c, B; x = epsilon {energy} a^2/D"
                                                            : "A, c, B; x = epsilon J a^2/D";
        }
        if (parts[i].width > 0) {
            dataset.axes[1] = parts[i].width == 3 ? "A, c, B" : "from, to";
        }
        gf_file_put_doubles(file, &dataset, parts[i].data);
    }
}

static void write_fits(const gf_langevin *self, const gf_langevin_point *points, gf_file *file) {
    double *table = malloc((3 * self->run->points + 1) * sizeof *table);
    if (table == NULL) {
        gf_file_reject(file, "out of memory for the fits");
        return;
    }
    gf_langevin_tabulate(self, points, table);
    fits all = make_fits(self->run->points, table);
    if (all.made > 0) {
        put_fits(&all, self->run, file);
    }
    free(table);
}

/* Which columns a run has. */
static const struct group {
    const struct column *columns;
    size_t count;
    size_t fewest_counts; /* of its lattices */
} groups[] = {{columns, sizeof columns / sizeof *columns, 0},
              {more_columns, sizeof more_columns / sizeof *more_columns, GF_COUNT_OUTSIDE + 1},
              {switching_columns, sizeof switching_columns / sizeof *switching_columns,
               GF_COUNT_PASSAGES + 1}};

static void put_group(const gf_run *run, gf_file *file, const char *sweep,
                      const struct group *group, const gf_langevin_point *points, double *values) {
    for (size_t c = 0; c < group->count; ++c) {
        const struct column *column = &group->columns[c];
        for (size_t k = 0; k < run->points; ++k) {
            values[k] = column->get(&points[k]);
        }
        put_points(file, column->path,
                   column->units != NULL ? column->units : gf_axes_density_units(run), sweep,
                   run->points, values);
    }
}

static void put_summary(const gf_langevin *self, const char *sweep, gf_file *file,
                        const gf_langevin_point *points, double *values) {
    for (size_t g = 0; g < sizeof groups / sizeof *groups; ++g) {
        if (self->run->counts >= groups[g].fewest_counts) {
            put_group(self->run, file, sweep, &groups[g], points, values);
        }
    }
    if (gf_run_has_walls(self->run)) {
        write_fits(self, points, file);
    }
}

static void write_summary(const gf_langevin *self, const char *sweep, gf_file *file) {
    size_t count = self->run->points;
    gf_langevin_point *points = calloc(count, sizeof *points);
    double *values = malloc(count * sizeof *values);
    gf_error error = {.message = "out of memory"};
    gf_status status = points != NULL && values != NULL ? GF_OK : GF_NO_MEMORY;
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        status = gf_langevin_summarise(self, k, &points[k], &error);
    }
    if (status == GF_OK) {
        put_summary(self, sweep, file, points, values);
    } else {
        gf_file_reject(file, "%s", error.message);
    }
    free(points);
    free(values);
}

/* --- checkpoints ----------------------------------------------------------------------------- */

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

static void put_states(const gf_run *run, gf_file *file, size_t open, const double *states) {
    gf_dataset dataset = {.path = "/checkpoint/state",
                          .units = run->rows > 2   ? GF_UNITS_DENSITY "; 1"
                                   : run->rows > 1 ? GF_UNITS_DENSITY
                                                   : "1",
                          .description = "what the integrator carries on",
                          .rank = 2,
                          .shape = {open, run->cells},
                          .axes = {"task", "cell"}};
    if (run->rows > 1) {
        dataset.rank = 3;
        dataset.axes[1] = "row";
        dataset.axes[2] = "cell";
        dataset.shape[1] = run->rows;
        dataset.shape[2] = run->cells;
    }
    gf_file_put_doubles(file, &dataset, states);
}

/* How far each task is; values[tasks] is workspace. */
static void put_progress(const gf_langevin *self, gf_file *file, int64_t *values) {
    const gf_run *run = self->run;
    size_t tasks = run->points * run->realisations;
    for (size_t i = 0; i < tasks; ++i) {
        values[i] = (int64_t)self->tasks[i].steps;
    }
    put_tasks(file, "/checkpoint/steps", "steps made", tasks, values);
    for (size_t k = 0; k < run->counts; ++k) {
        for (size_t i = 0; i < tasks; ++i) {
            values[i] = (int64_t)self->tasks[i].counts[k];
        }
        put_tasks(file, gf_counts[k].checkpoint, gf_counts[k].since, tasks, values);
    }
}

/* The states of tasks that have begun and are not done: states[open][rows][cells], and whose they
 * are; returns how many. */
static size_t collect_states(const gf_langevin *self, double *states, int64_t *task) {
    const gf_run *run = self->run;
    size_t open = 0, size = run->rows * run->cells;
    for (size_t i = 0; i < run->points * run->realisations; ++i) {
        const double *rows = self->tasks[i].rows;
        if (rows != NULL) {
            memcpy(states + open * size, rows, size * sizeof *states);
            task[open++] = (int64_t)i;
        }
    }
    return open;
}

static void write_checkpoint(const gf_langevin *self, gf_file *file) {
    const gf_run *run = self->run;
    size_t tasks = run->points * run->realisations, open = 0;
    for (size_t i = 0; i < tasks; ++i) {
        open += self->tasks[i].rows != NULL ? 1 : 0;
    }
    double *states = malloc((open * run->rows * run->cells + 1) * sizeof *states);
    int64_t *task = malloc((tasks + 1) * sizeof *task);
    if (states == NULL || task == NULL) {
        gf_file_reject(file, "out of memory for a checkpoint");
    } else {
        put_progress(self, file, task);
        open = collect_states(self, states, task);
        if (open > 0) {
            put_tasks(file, "/checkpoint/task", NULL, open, task);
            put_states(run, file, open, states);
            gf_correlations_write_origins(self->correlations, task, open, file);
        }
    }
    free(states);
    free(task);
}

/* --- the file -------------------------------------------------------------------------------- */

gf_status gf_langevin_write(const gf_langevin *self, const char *path, gf_error *error) {
    gf_file *file = NULL;
    char sweep[100];
    gf_status status = gf_file_create(path, &file, error);
    if (status != GF_OK) {
        return status;
    }
    sweep_path(self->run, sweep, sizeof sweep);
    write_run(self, file);
    gf_axes_put(file, sweep, "1", "the parameter that is varied", self->run->points,
                self->run->sweep);
    write_stretch(self, sweep, file);
    write_series(self, sweep, file);
    write_snapshots(self, sweep, file);
    write_histogram(self, sweep, file);
    write_measurements(self, sweep, file);
    if (gf_langevin_done(self) < 1) {
        write_checkpoint(self, file);
    } else {
        write_summary(self, sweep, file);
    }
    return gf_file_commit(&file, error);
}
