#include "langevin/ensemble/correlations.h"

#include "langevin/ensemble/axes.h"
#include "langevin/measure/leave_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- memory ---------------------------------------------------------------------------------- */

static size_t groups_of(const gf_run *run) {
    return run->realisations * run->correlations.batches;
}

/* Numbers of one group. */
static size_t values_of(const gf_run *run) {
    size_t fields = run->equation->fields;
    return run->correlations.lags * run->correlations.distances * fields * fields;
}

double gf_correlations_memory(const gf_run *run) {
    if (run->correlations.lags == 0) {
        return 0;
    }
    double fields = (double)run->equation->fields;
    double sums = (double)run->points * (double)groups_of(run) * (double)values_of(run);
    double origins = (double)run->points * (double)run->realisations * fields * (double)run->cells;
    return 8 * (sums + origins);
}

gf_status gf_correlations_create(const gf_run *run, gf_correlations **correlations,
                                 gf_error *error) {
    *correlations = NULL;
    if (run->correlations.lags == 0) {
        return GF_OK;
    }
    gf_correlations *self = calloc(1, sizeof *self);
    if (self != NULL) {
        size_t groups = run->points * groups_of(run);
        self->run = run;
        self->sum = calloc(groups * values_of(run), sizeof *self->sum);
        self->field = calloc(groups * run->equation->fields, sizeof *self->field);
        self->origin = calloc(run->points * run->realisations, sizeof *self->origin);
    }
    if (self == NULL || self->sum == NULL || self->field == NULL || self->origin == NULL) {
        gf_correlations_free(self);
        return gf_fail_memory(error, "the correlation functions");
    }
    *correlations = self;
    return GF_OK;
}

void gf_correlations_free(gf_correlations *self) {
    if (self == NULL) {
        return;
    }
    for (size_t i = 0; self->origin != NULL && i < self->run->points * self->run->realisations;
         ++i) {
        free(self->origin[i]);
    }
    free((void *)self->origin);
    free(self->field);
    free(self->sum);
    free(self);
}

gf_status gf_correlator_create_for(const gf_run *run, gf_correlator **correlator, gf_error *error) {
    const gf_correlator_plan plan = {.fields = run->equation->fields,
                                     .cells = run->cells,
                                     .boundary = run->boundary,
                                     .has_space = gf_run_has_walls(run),
                                     .distances = run->correlations.distances,
                                     .stride = run->correlations.stride};
    *correlator = NULL;
    return run->correlations.lags > 0 ? gf_correlator_create(&plan, correlator, error) : GF_OK;
}

void gf_correlations_carry(gf_correlations *self, size_t task, gf_bytes *bytes) {
    if (self == NULL) {
        return;
    }
    const gf_run *run = self->run;
    size_t fields = run->equation->fields, groups = run->correlations.batches;
    size_t sums = groups * values_of(run), means = groups * fields;
    gf_bytes_carry(bytes, self->sum + task * sums, sums * sizeof(double));
    gf_bytes_carry(bytes, self->field + task * means, means * sizeof(double));
    self->origin[task] =
        gf_bytes_carry_array(bytes, self->origin[task], fields * run->cells * sizeof(double));
}

/* --- measuring ------------------------------------------------------------------------------- */

void gf_correlations_begin(const gf_correlations *self, size_t task, gf_correlator *correlator) {
    if (self != NULL && self->origin[task] != NULL) {
        gf_correlator_set_origin(correlator, self->origin[task]);
    }
}

/* The first field is kept for a checkpoint; the correlator has made something else of it. */
static gf_status keep_origin(gf_correlations *self, size_t task, const double *fields,
                             gf_correlator *correlator, gf_error *error) {
    size_t size = self->run->equation->fields * self->run->cells * sizeof *fields;
    if (self->origin[task] == NULL) {
        self->origin[task] = malloc(size);
    }
    if (self->origin[task] == NULL) {
        return gf_fail_memory(error, "the origin of a correlation function");
    }
    memcpy(self->origin[task], fields, size);
    gf_correlator_set_origin(correlator, fields);
    return GF_OK;
}

/* What sample `sample` counts as: its origin and its lag. False if it counts as nothing. */
static bool place_of(const gf_run *run, size_t sample, size_t *origin, size_t *lag) {
    const gf_run_correlations *c = &run->correlations;
    size_t since = sample - run->first_measured, number = since / c->samples_per_lag;
    *origin = number / c->lags;
    *lag = number % c->lags;
    return sample >= run->first_measured && since % c->samples_per_lag == 0 && *origin < c->origins;
}

static size_t batch_of(const gf_run *run, size_t origin) {
    return origin * run->correlations.batches / run->correlations.origins;
}

/* The mean over the row; that of an antiperiodic one is none of the other half. */
static double mean_of(const gf_run *run, const double *field) {
    double sum = 0;
    for (size_t i = 0; i < run->cells; ++i) {
        sum += field[i];
    }
    return run->boundary == GF_ANTIPERIODIC ? 0 : sum / (double)run->cells;
}

gf_status gf_correlations_measure(gf_correlations *self, size_t task, size_t sample,
                                  const double *fields, gf_correlator *correlator,
                                  gf_error *error) {
    size_t origin = 0, lag = 0;
    if (self == NULL || !place_of(self->run, sample, &origin, &lag)) {
        return GF_OK;
    }
    const gf_run *run = self->run;
    size_t count = run->equation->fields, group = task * run->correlations.batches;
    gf_status status = lag == 0 ? keep_origin(self, task, fields, correlator, error) : GF_OK;
    if (status == GF_OK) {
        group += batch_of(run, origin);
        gf_correlator_add(correlator, fields,
                          self->sum + group * values_of(run) +
                              lag * run->correlations.distances * count * count);
        for (size_t a = 0; a < count; ++a) {
            self->field[group * count + a] += mean_of(run, fields + a * run->cells);
        }
    }
    return status;
}

void gf_correlations_finish(gf_correlations *self, size_t task) {
    if (self != NULL) {
        free(self->origin[task]);
        self->origin[task] = NULL;
    }
}

/* --- estimates ------------------------------------------------------------------------------- */

/* How often each lag was measured, and all of them together: count[groups][lags + 1]. */
static void count_lags(const gf_run *run, const size_t *samples, double *count) {
    const gf_run_correlations *c = &run->correlations;
    for (size_t r = 0; r < run->realisations; ++r) {
        size_t since = samples[r] > run->first_measured ? samples[r] - run->first_measured : 0;
        size_t taken = since > 0 ? (since - 1) / c->samples_per_lag + 1 : 0;
        for (size_t i = 0; i < taken && i < c->origins * c->lags; ++i) {
            size_t group = r * c->batches + batch_of(run, i / c->lags);
            count[group * (c->lags + 1) + i % c->lags] += 1;
            count[group * (c->lags + 1) + c->lags] += 1;
        }
    }
}

/* Sums over all groups, less those of group `but` (none: the number of groups). */
typedef struct totals {
    double count, all; /* of this lag; of all lags */
    double sum, field[2];
} totals;

typedef struct estimation {
    const gf_run *run;
    size_t groups;
    const double *sum, *field, *count; /* of the sweep point */
} estimation;

/* Adds a group, or with sign -1 takes it away. */
static void add_group(const estimation *self, size_t group, size_t lag, size_t entry, double sign,
                      totals *t) {
    const gf_run_correlations *c = &self->run->correlations;
    size_t fields = self->run->equation->fields;
    size_t a = entry / fields % fields, b = entry % fields;
    t->count += sign * self->count[group * (c->lags + 1) + lag];
    t->all += sign * self->count[group * (c->lags + 1) + c->lags];
    t->sum += sign * self->sum[group * values_of(self->run) + entry];
    t->field[0] += sign * self->field[group * fields + a];
    t->field[1] += sign * self->field[group * fields + b];
}

static double connected(const totals *t) {
    return t->count > 0 ? t->sum / t->count - t->field[0] / t->all * (t->field[1] / t->all) : NAN;
}

/* One entry of [T][X][F][F], and its standard error by a jackknife over the groups that have it. */
static double estimate(const estimation *self, size_t entry, double *error_of) {
    const gf_run_correlations *c = &self->run->correlations;
    size_t lag = entry / (values_of(self->run) / c->lags);
    totals all = {0};
    gf_leave_out changes = {0};
    for (size_t g = 0; g < self->groups; ++g) {
        add_group(self, g, lag, entry, 1, &all);
    }
    double value = connected(&all);
    for (size_t g = 0; g < self->groups; ++g) {
        totals rest = all;
        add_group(self, g, lag, entry, -1, &rest);
        if (self->count[g * (c->lags + 1) + lag] > 0 && rest.count > 0) {
            gf_leave_out_add(&changes, connected(&rest) - value);
        }
    }
    *error_of = gf_leave_out_error(&changes);
    return value;
}

gf_status gf_correlations_estimate(const gf_correlations *self, size_t point, const size_t *samples,
                                   double *value, double *error_of, double *mean, gf_error *error) {
    const gf_run *run = self->run;
    size_t groups = groups_of(run), fields = run->equation->fields;
    double *count = calloc(groups * (run->correlations.lags + 1), sizeof *count), all = 0;
    if (count == NULL) {
        return gf_fail_memory(error, "the correlation functions");
    }
    count_lags(run, samples + point * run->realisations, count);
    const estimation e = {.run = run,
                          .groups = groups,
                          .sum = self->sum + point * groups * values_of(run),
                          .field = self->field + point * groups * fields,
                          .count = count};
    for (size_t i = 0; i < values_of(run); ++i) {
        value[i] = estimate(&e, i, &error_of[i]);
    }
    for (size_t g = 0; g < groups; ++g) {
        all += count[g * (run->correlations.lags + 1) + run->correlations.lags];
    }
    for (size_t a = 0; a < fields; ++a) {
        double sum = 0;
        for (size_t g = 0; g < groups; ++g) {
            sum += e.field[g * fields + a];
        }
        mean[a] = all > 0 ? sum / all : NAN;
    }
    free(count);
    return GF_OK;
}

/* --- files ----------------------------------------------------------------------------------- */

/* Without the axes of charges there is one field. */
static int with_charges(const gf_run *run, int rank, int charges) {
    return run->equation->fields > 1 ? rank + charges : rank;
}

static const char *square_units(const gf_run *run) {
    return run->equation->fields > 1 ? "1 per site^2; {energy} per site^2; {energy} per site^2; "
                                       "{energy}^2 per site^2"
                                     : "1";
}

static void write_axes(const gf_run *run, gf_file *file) {
    const gf_run_correlations *c = &run->correlations;
    gf_axes_put_regular(file, "/correlations/time", gf_axes_time_units(run),
                        "between the two fields, where stretch is 1", c->lags, 0, c->every);
    gf_axes_put_regular(file, "/correlations/distance", gf_axes_length_units(run),
                        "between the two places", c->distances, 0,
                        c->distances > 1 ? c->spacing : 0);
}

static void write_sums(const gf_correlations *self, const char *sweep, gf_file *file) {
    const gf_run *run = self->run;
    size_t fields = run->equation->fields, groups = groups_of(run);
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = "/correlations/sum",
                      .units = square_units(run),
                      .description = "of the mean over the row of q_a(x0, t0) q_b(x0 + x, t0 + t), "
                                     "over the origins t0 of a group: a stretch of time of a "
                                     "realisation",
                      .rank = with_charges(run, 4, 2),
                      .shape = {run->points, groups, run->correlations.lags,
                                run->correlations.distances, fields, fields},
                      .axes = {sweep, "group", "/correlations/time", "/correlations/distance",
                               "charge", "charge"}},
        self->sum);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/correlations/field_sum",
                                      .units = gf_axes_field_units(run),
                                      .description = "of the mean of the field over the row",
                                      .rank = with_charges(run, 2, 1),
                                      .shape = {run->points, groups, fields},
                                      .axes = {sweep, "group", "charge"}},
                        self->field);
}

/* values, errors: [K][T][X][F][F], mean[K][F] */
static void put_estimates(const gf_run *run, const char *sweep, const double *values,
                          const double *errors, const double *mean, gf_file *file) {
    size_t fields = run->equation->fields;
    gf_dataset dataset = {
        .path = "/correlations/value",
        .units = square_units(run),
        .description = "<q_a(x0, t0) q_b(x0 + x, t0 + t)> - <q_a> <q_b>",
        .rank = with_charges(run, 3, 2),
        .shape = {run->points, run->correlations.lags, run->correlations.distances, fields, fields},
        .axes = {sweep, "/correlations/time", "/correlations/distance", "charge", "charge"}};
    gf_file_put_doubles(file, &dataset, values);
    dataset.path = "/correlations/standard_error";
    dataset.description = "from a jackknife over the groups";
    gf_file_put_doubles(file, &dataset, errors);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = "/correlations/mean",
                                      .units = gf_axes_field_units(run),
                                      .description = "of the field, over the same samples",
                                      .rank = with_charges(run, 1, 1),
                                      .shape = {run->points, fields},
                                      .axes = {sweep, "charge"}},
                        mean);
}

static void write_estimates(const gf_correlations *self, const char *sweep, const size_t *samples,
                            gf_file *file) {
    const gf_run *run = self->run;
    size_t fields = run->equation->fields, size = values_of(run);
    double *values = malloc(run->points * size * sizeof *values);
    double *errors = malloc(run->points * size * sizeof *errors);
    double *mean = malloc(run->points * fields * sizeof *mean);
    gf_error error = {.message = "out of memory for the correlation functions"};
    gf_status status = values != NULL && errors != NULL && mean != NULL ? GF_OK : GF_NO_MEMORY;
    for (size_t k = 0; k < run->points && status == GF_OK; ++k) {
        status = gf_correlations_estimate(self, k, samples, values + k * size, errors + k * size,
                                          mean + k * fields, &error);
    }
    if (status == GF_OK) {
        put_estimates(run, sweep, values, errors, mean, file);
    } else {
        gf_file_reject(file, "%s", error.message);
    }
    free(values);
    free(errors);
    free(mean);
}

void gf_correlations_write(const gf_correlations *self, const char *sweep, const size_t *samples,
                           gf_file *file) {
    if (self == NULL) {
        return;
    }
    write_axes(self->run, file);
    write_sums(self, sweep, file);
    if (gf_run_is_complete(self->run, samples)) {
        write_estimates(self, sweep, samples, file);
    }
}

/* In place of *data, if the file has numbers of that shape, all of them finite. */
static void read_finite(gf_file *file, const char *path, int rank, size_t *shape, size_t count,
                        double **data) {
    double *values = gf_file_get_doubles(file, path, rank, shape);
    bool finite = values != NULL;
    for (size_t i = 0; i < count && finite; ++i) {
        finite = isfinite(values[i]);
        if (!finite) {
            gf_file_reject(file, "%s holds %g", path, values[i]);
        }
    }
    if (finite) {
        free(*data);
        *data = values;
    } else {
        free(values);
    }
}

void gf_correlations_read(gf_correlations *self, gf_file *file) {
    if (self == NULL) {
        return;
    }
    const gf_run *run = self->run;
    size_t fields = run->equation->fields, groups = groups_of(run);
    size_t sums[] = {run->points, groups, run->correlations.lags, run->correlations.distances,
                     fields,      fields};
    size_t means[] = {run->points, groups, fields};
    read_finite(file, "/correlations/sum", with_charges(run, 4, 2), sums,
                run->points * groups * values_of(run), &self->sum);
    read_finite(file, "/correlations/field_sum", with_charges(run, 2, 1), means,
                run->points * groups * fields, &self->field);
}

void gf_correlations_write_origins(const gf_correlations *self, const int64_t *task, size_t open,
                                   gf_file *file) {
    if (self == NULL || open == 0) {
        return;
    }
    const gf_run *run = self->run;
    size_t size = run->equation->fields * run->cells;
    double *origins = calloc(open * size, sizeof *origins);
    if (origins == NULL) {
        gf_file_reject(file, "out of memory for a checkpoint");
        return;
    }
    for (size_t i = 0; i < open; ++i) {
        if (self->origin[task[i]] != NULL) {
            memcpy(origins + i * size, self->origin[task[i]], size * sizeof *origins);
        }
    }
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = "/checkpoint/origin",
                      .units = gf_axes_field_units(run),
                      .description = "the fields at the origin that correlations are taken from; 0 "
                                     "before the first",
                      .rank = 3,
                      .shape = {open, run->equation->fields, run->cells},
                      .axes = {"task", "row", "cell"}},
        origins);
    free(origins);
}

void gf_correlations_read_origins(gf_correlations *self, const int64_t *task, size_t open,
                                  gf_file *file) {
    if (self == NULL || open == 0) {
        return;
    }
    const gf_run *run = self->run;
    size_t shape[] = {open, run->equation->fields, run->cells};
    size_t size = run->equation->fields * run->cells;
    double *origins = NULL;
    read_finite(file, "/checkpoint/origin", 3, shape, open * size, &origins);
    for (size_t i = 0; i < open && origins != NULL; ++i) {
        double *copy = malloc(size * sizeof *copy);
        if (copy == NULL) {
            gf_file_reject(file, "out of memory for a checkpoint");
            break;
        }
        memcpy(copy, origins + i * size, size * sizeof *copy);
        free(self->origin[task[i]]);
        self->origin[task[i]] = copy;
    }
    free(origins);
}
