/* Ladders of sizes to and from HDF5. */
#include "algebra/chain.h"
#include "finite_size/ladder.h"

#include "io/charge_axes.h"
#include "io/charge_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 80 };

static const char *const kind_names[GF_LADDERS] = {"rings", "linked"};

/* A dataset: columns of a table from `column` on. */
typedef struct field {
    const char *name, *units;
    size_t column;
    int order;       /* of the charges: a scalar, a vector, a matrix */
    bool is_complex; /* a vector; its columns come as real and imaginary part */
} field;

enum { STATE_FIELDS = 5, POINT_FIELDS = 4 };

static const field state_fields[STATE_FIELDS] = {
    {"log_partition", "1 per site", GF_LADDER_LOG_PARTITION, 0, false},
    {"density", GF_UNITS_DENSITY, GF_LADDER_DENSITY, 1, false},
    {"force", GF_UNITS_FORCE, GF_LADDER_FORCE, 1, false},
    {"noise", GF_UNITS_NOISE, GF_LADDER_NOISE, 2, false},
    {"susceptibility", GF_UNITS_SUSCEPTIBILITY, GF_LADDER_SUSCEPTIBILITY, 2, false},
};

static const field point_fields[POINT_FIELDS] = {
    {"lambda", GF_UNITS_LAMBDA, GF_LADDER_POINT_LAMBDA, 1, false},
    {"density", GF_UNITS_DENSITY, GF_LADDER_POINT_DENSITY, 1, false},
    {"eigenvalues", GF_UNITS_RATE, GF_LADDER_POINT_EIGENVALUES, 1, true},
    {"noise", GF_UNITS_NOISE, GF_LADDER_POINT_NOISE, 2, false},
};

/* Columns of a table that one field takes. */
static size_t field_width(const field *self) {
    return gf_charge_values(self->order) * (self->is_complex ? 2 : 1);
}

/* --- writing --------------------------------------------------------------------------------- */

/* One dataset, with the leading shape [sizes, rows], or [rows] if sizes is 0; `values` are the
 * whole table. */
static void write_field(gf_file *file, const char *group, const field *what, bool is_error,
                        size_t sizes, const gf_ladder_table *table, const char *row_name,
                        const double *values) {
    char path[PATH];
    (void)snprintf(path, sizeof path, "%s/%s%s", group, what->name, is_error ? "_error" : "");
    size_t width = field_width(what), rows = table->rows * (sizes > 0 ? sizes : 1);
    double *picked = malloc((rows * width + 1) * sizeof *picked);
    if (picked == NULL) {
        gf_file_reject(file, "out of memory for %s", path);
        return;
    }
    for (size_t row = 0; row < rows; ++row) {
        memcpy(picked + row * width, values + row * table->columns + what->column,
               width * sizeof *picked);
    }
    gf_dataset dataset = {.path = path,
                          .units = what->units,
                          .description =
                              is_error ? "of the limit from sizes up to this one" : NULL};
    if (sizes > 0) {
        dataset.shape[dataset.rank] = sizes;
        dataset.axes[dataset.rank++] = "/ladder/sites";
    }
    dataset.shape[dataset.rank] = table->rows;
    dataset.axes[dataset.rank++] = row_name;
    if (what->is_complex) { /* pairs of doubles are complex numbers */
        dataset.shape[dataset.rank] = GF_CHARGES;
        dataset.axes[dataset.rank++] = "charge";
        gf_file_put_complex(file, &dataset, picked);
    } else {
        gf_charge_axes_put(file, &dataset, what->order, dataset.rank, picked);
    }
    free(picked);
}

/* The better limits at the largest size. */
static void write_limits(gf_file *file, const gf_ladder *self, const gf_ladder_table *table,
                         const char *group, const char *row_name, const field *fields, int count) {
    size_t entries = table->rows * table->columns;
    double *value = malloc((entries + 1) * sizeof *value);
    double *error = malloc((entries + 1) * sizeof *error);
    if (value == NULL || error == NULL) {
        gf_file_reject(file, "out of memory for the limits");
    }
    for (size_t i = 0; i < entries && value != NULL && error != NULL; ++i) {
        gf_thermodynamic_limit limit = gf_ladder_estimate(table, GF_LADDERS, self->sizes - 1,
                                                          i / table->columns, i % table->columns);
        value[i] = limit.value;
        error[i] = limit.error;
    }
    for (int k = 0; k < count && value != NULL && error != NULL; ++k) {
        write_field(file, group, &fields[k], false, 0, table, row_name, value);
        write_field(file, group, &fields[k], true, 0, table, row_name, error);
    }
    free(value);
    free(error);
}

static void write_table(gf_file *file, const gf_ladder *self, const gf_ladder_table *table,
                        const char *name, const char *row_name, const field *fields, int count) {
    char group[PATH];
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        (void)snprintf(group, sizeof group, "/ladder/%s/%s", name, kind_names[kind]);
        for (int k = 0; k < count; ++k) {
            write_field(file, group, &fields[k], false, self->sizes, table, row_name,
                        table->value[kind]);
            write_field(file, group, &fields[k], true, self->sizes, table, row_name,
                        table->error[kind]);
        }
    }
    (void)snprintf(group, sizeof group, "/ladder/%s/limit", name);
    write_limits(file, self, table, group, row_name, fields, count);
}

static void write_stability(gf_file *file, const gf_ladder *self) {
    size_t count = self->fixed_points.rows;
    const char **names = calloc(count + 1, sizeof *names);
    if (names == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
        return;
    }
    for (size_t k = 0; k < count; ++k) {
        names[k] = gf_stability_name(self->stability[k]);
    }
    gf_file_put_strings(file,
                        &(gf_dataset){.path = "/ladder/fixed_points/stability",
                                      .units = "1",
                                      .description = "on the largest ring",
                                      .rank = 1,
                                      .shape = {count},
                                      .axes = {"fixed point"}},
                        names);
    free(names);
}

void gf_ladder_write(const gf_ladder *self, gf_file *file) {
    int64_t sites[GF_CHAIN_MAX_SITES];
    const gf_spectrum *spectrum = NULL;
    const gf_model *model = gf_ladder_largest(self, &spectrum);
    gf_spectrum_write(spectrum, model, file);
    for (size_t k = 0; k < self->sizes; ++k) {
        sites[k] = self->first + (int)k * self->step;
    }
    gf_file_put_integers(file,
                         &(gf_dataset){.path = "/ladder/sites",
                                       .units = "1",
                                       .description = "N",
                                       .rank = 1,
                                       .shape = {self->sizes},
                                       .axes = {"/ladder/sites"}},
                         sites);
    gf_file_put_number_attribute(file, "/ladder", "energy_unit", self->energy_unit);
    gf_charge_axes_put(file,
                       &(gf_dataset){.path = "/ladder/states/lambda",
                                     .units = GF_UNITS_LAMBDA,
                                     .rank = 1,
                                     .shape = {self->points},
                                     .axes = {"state"}},
                       1, 1, self->lambda[0]);
    write_table(file, self, &self->states, "states", "state", state_fields, STATE_FIELDS);
    if (self->fixed_points.rows > 0) {
        write_stability(file, self);
        write_table(file, self, &self->fixed_points, "fixed_points", "fixed point", point_fields,
                    POINT_FIELDS);
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* One dataset into its columns of values[sizes][rows][columns]. */
static void read_field(gf_file *file, const char *group, const field *what, bool is_error,
                       const gf_ladder *ladder, double *values) {
    char path[2 * PATH];
    size_t shape[] = {ladder->sizes, ladder->points}, width = field_width(what);
    (void)snprintf(path, sizeof path, "%s/%s%s", group, what->name, is_error ? "_error" : "");
    double *picked = gf_charge_axes_get(file, path, 2, what->order, 2, shape);
    for (size_t row = 0; row < shape[0] * shape[1] && picked != NULL; ++row) {
        memcpy(values + row * GF_LADDER_STATE_COLUMNS + what->column, picked + row * width,
               width * sizeof *picked);
    }
    free(picked);
}

static void read_states(gf_file *file, gf_ladder *ladder) {
    gf_ladder_table *table = &ladder->states;
    size_t count = ladder->sizes * ladder->points * GF_LADDER_STATE_COLUMNS;
    *table = (gf_ladder_table){.rows = ladder->points, .columns = GF_LADDER_STATE_COLUMNS};
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        char group[PATH];
        (void)snprintf(group, sizeof group, "/ladder/states/%s", kind_names[kind]);
        table->value[kind] = calloc(count + 1, sizeof(double));
        table->error[kind] = calloc(count + 1, sizeof(double));
        if (table->value[kind] == NULL || table->error[kind] == NULL) {
            gf_file_reject(file, "out of memory for the ladder");
            return;
        }
        for (int k = 0; k < STATE_FIELDS; ++k) {
            read_field(file, group, &state_fields[k], false, ladder, table->value[kind]);
            read_field(file, group, &state_fields[k], true, ladder, table->error[kind]);
        }
    }
}

/* The sizes and the points. */
static void read_axes(gf_file *file, gf_ladder *ladder) {
    size_t points = 0;
    int64_t *sites = gf_file_get_integers(file, "/ladder/sites", 1, &ladder->sizes);
    double *lambda = gf_charge_axes_get(file, "/ladder/states/lambda", 1, 1, 1, &points);
    ladder->energy_unit = gf_file_get_number_attribute(file, "/ladder", "energy_unit");
    if (sites != NULL && lambda != NULL) {
        bool fits = ladder->sizes >= 1 && ladder->sizes <= GF_CHAIN_MAX_SITES && sites[0] >= 1 &&
                    sites[0] <= GF_CHAIN_MAX_SITES && points >= 1;
        for (size_t k = 1; k < ladder->sizes && fits; ++k) {
            fits = sites[k] > sites[k - 1] && sites[k] <= GF_CHAIN_MAX_SITES &&
                   sites[k] - sites[k - 1] == sites[1] - sites[0];
        }
        ladder->lambda = fits ? calloc(points, sizeof *ladder->lambda) : NULL;
        if (ladder->lambda != NULL) {
            ladder->first = (int)sites[0];
            ladder->step = ladder->sizes > 1 ? (int)(sites[1] - sites[0]) : 1;
            ladder->points = points;
            memcpy(ladder->lambda, lambda, points * sizeof *ladder->lambda);
        } else {
            gf_file_reject(file, fits ? "out of memory for the ladder"
                                      : "/ladder/sites and /ladder/states/lambda do not fit");
        }
    }
    free(sites);
    free(lambda);
}

gf_status gf_ladder_read(gf_file *file, gf_ladder **ladder, gf_error *error) {
    gf_ladder *made = calloc(1, sizeof *made);
    *ladder = NULL;
    if (made == NULL) {
        return gf_fail_memory(error, "the ladder");
    }
    read_axes(file, made);
    if (gf_file_check(file, NULL) == GF_OK) {
        read_states(file, made);
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        *ladder = made;
    } else {
        gf_ladder_free(made);
    }
    return status;
}
