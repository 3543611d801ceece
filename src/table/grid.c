#include "table/grid.h"

#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "io/even_axis.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t gf_grid_size(const gf_grid *self) {
    return self->axis[0].points * self->axis[1].points;
}

void gf_grid_free(gf_grid *self) {
    free(self->lambda);
    free(self->density);
    free(self->force);
    free(self->noise);
    free(self->susceptibility);
    free(self->log_partition);
    free(self->channel_force);
    free(self->channel_noise);
    free(self->density_error);
    free(self->force_error);
    free(self->noise_error);
    free(self->susceptibility_error);
    *self = (gf_grid){0};
}

static bool allocate_values(double **values, size_t count) {
    *values = malloc(count * sizeof **values);
    for (size_t i = 0; i < count && *values != NULL; ++i) {
        (*values)[i] = NAN;
    }
    return *values != NULL;
}

gf_status gf_grid_allocate(gf_grid *self, gf_axis rows, gf_axis columns, size_t channels,
                           gf_error *error) {
    *self = (gf_grid){.axis = {rows, columns}};
    size_t size = gf_grid_size(self), vectors = GF_CHARGES * size, pairs = GF_PAIRS * size;
    bool done = allocate_values(&self->lambda, vectors) &&
                allocate_values(&self->density, vectors) &&
                allocate_values(&self->force, vectors) && allocate_values(&self->noise, pairs) &&
                allocate_values(&self->susceptibility, pairs) &&
                allocate_values(&self->log_partition, size) &&
                allocate_values(&self->channel_force, vectors * channels) &&
                allocate_values(&self->channel_noise, pairs * channels);
    if (!done) {
        gf_grid_free(self);
        return gf_fail_memory(error, "the force table; ask for fewer grid points");
    }
    return GF_OK;
}

gf_status gf_grid_allocate_errors(gf_grid *self, bool at_lambda, gf_error *error) {
    size_t size = gf_grid_size(self), vectors = GF_CHARGES * size, pairs = GF_PAIRS * size;
    bool done = allocate_values(&self->force_error, vectors) &&
                (!at_lambda || (allocate_values(&self->density_error, vectors) &&
                                allocate_values(&self->noise_error, pairs) &&
                                allocate_values(&self->susceptibility_error, pairs)));
    return done ? GF_OK
                : gf_fail_memory(error, "the errors of the force table; ask for fewer grid points");
}

static void store(double *values, size_t at, int order, const double *from) {
    size_t width = gf_charge_values(order);
    memcpy(values + width * at, from, width * sizeof *values);
}

void gf_grid_store(gf_grid *self, size_t at, size_t channels, const gf_state *state) {
    size_t size = gf_grid_size(self);
    store(self->lambda, at, 1, state->lambda);
    store(self->density, at, 1, state->density);
    store(self->force, at, 1, state->force);
    store(self->noise, at, 2, state->noise);
    store(self->susceptibility, at, 2, state->susceptibility);
    self->log_partition[at] = state->log_partition;
    for (size_t c = 0; c < channels; ++c) {
        const double *mean = state->observables + c * GF_OBSERVABLES;
        store(self->channel_force, c * size + at, 1, mean + GF_FORCE);
        store(self->channel_noise, c * size + at, 2, mean + GF_NOISE);
    }
}

void gf_grid_store_errors(gf_grid *self, size_t at, const gf_state *error) {
    store(self->density_error, at, 1, error->density);
    store(self->force_error, at, 1, error->force);
    store(self->noise_error, at, 2, error->noise);
    store(self->susceptibility_error, at, 2, error->susceptibility);
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

static const struct {
    int order; /* of the charges: a scalar, a vector, a matrix */
    bool per_channel;
    const char *units, *description;
} quantities[GF_GRID_VALUES] = {
    {1, false, GF_UNITS_LAMBDA, "Lagrange parameters of exp(-lambda1 Q1 - lambda2 Q2)"},
    {1, false, GF_UNITS_DENSITY, "densities q_i = <Q_i>/N"},
    {1, false, GF_UNITS_FORCE, "f_i per epsilon, Eq. (9)"},
    {2, false, GF_UNITS_NOISE, "N_ij per epsilon, App. A.2"},
    {2, false, GF_UNITS_SUSCEPTIBILITY, "C_ij = T chi_ij = (<Q_i Q_j> - <Q_i><Q_j>)/N"},
    {0, false, "1 per site", "log Z / N"},
    {1, true, GF_UNITS_CHANNEL_FORCE, "f_i of each channel, per unit rate"},
    {2, true, GF_UNITS_CHANNEL_NOISE, "N_ij of each channel, per unit rate"},
    {1, false, GF_UNITS_DENSITY, "statistical standard error of density"},
    {1, false, GF_UNITS_FORCE, "statistical standard error of force"},
    {2, false, GF_UNITS_NOISE, "statistical standard error of noise"},
    {2, false, GF_UNITS_SUSCEPTIBILITY, "statistical standard error of susceptibility"},
};

static void list_values(gf_grid *grid, double **values[GF_GRID_VALUES]) {
    double **all[GF_GRID_VALUES] = {
        &grid->lambda,        &grid->density,        &grid->force,
        &grid->noise,         &grid->susceptibility, &grid->log_partition,
        &grid->channel_force, &grid->channel_noise,  &grid->density_error,
        &grid->force_error,   &grid->noise_error,    &grid->susceptibility_error};
    memcpy(values, all, sizeof all);
}

void gf_grid_carry(gf_grid *self, size_t at, size_t channels, gf_bytes *bytes) {
    double **values[GF_GRID_VALUES];
    list_values(self, values);
    for (int i = 0; i < GF_GRID_VALUES; ++i) {
        size_t width = gf_charge_values(quantities[i].order), size = gf_grid_size(self);
        size_t copies = quantities[i].per_channel ? channels : 1;
        for (size_t c = 0; c < copies && *values[i] != NULL; ++c) {
            gf_bytes_carry(bytes, *values[i] + width * (c * size + at), width * sizeof(double));
        }
    }
}

static void write_axis(const gf_grid_layout *names, const gf_grid *grid, int k, gf_file *file) {
    size_t points = grid->axis[k].points;
    double *values = malloc(points * sizeof *values);
    if (values == NULL) {
        gf_file_reject(file, "out of memory for an axis");
        return;
    }
    for (size_t i = 0; i < points; ++i) {
        values[i] = gf_axis_value(&grid->axis[k], i);
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = names->axis_path[k],
                                      .units = names->axis_units[k],
                                      .rank = 1,
                                      .shape = {points},
                                      .axes = {names->axis_path[k]}},
                        values);
    free(values);
}

void gf_grid_write(const gf_grid_layout *names, const gf_grid *grid, size_t channels,
                   gf_file *file) {
    gf_grid copy = *grid; /* of the pointers, to list them */
    double **values[GF_GRID_VALUES];
    list_values(&copy, values);
    write_axis(names, grid, 0, file);
    write_axis(names, grid, 1, file);
    for (int i = 0; i < GF_GRID_VALUES; ++i) {
        if (names->path[i] == NULL || (i >= GF_GRID_FIRST_ERROR && *values[i] == NULL)) {
            continue; /* no such value; no errors */
        }
        gf_dataset dataset = {.path = names->path[i],
                              .units = quantities[i].units,
                              .description = quantities[i].description};
        int k = 0;
        if (quantities[i].per_channel) {
            dataset.shape[k] = channels;
            dataset.axes[k++] = "/channels/name";
        }
        for (int axis = 0; axis < 2; ++axis) {
            dataset.shape[k] = grid->axis[axis].points;
            dataset.axes[k++] = names->axis_path[axis];
        }
        dataset.rank = k;
        gf_charge_axes_put(file, &dataset, quantities[i].order, k, *values[i]);
    }
}

void gf_grid_read(const gf_grid_layout *names, size_t channels, gf_grid *grid, gf_file *file) {
    double **values[GF_GRID_VALUES];
    *grid = (gf_grid){0};
    list_values(grid, values);
    gf_even_axis_get(file, names->axis_path[0], &grid->axis[0]);
    gf_even_axis_get(file, names->axis_path[1], &grid->axis[1]);
    for (int i = 0; i < GF_GRID_VALUES; ++i) {
        size_t full[] = {channels, grid->axis[0].points, grid->axis[1].points};
        size_t *shape = quantities[i].per_channel ? full : full + 1;
        int rank = quantities[i].per_channel ? 3 : 2;
        if (names->path[i] != NULL &&
            (i < GF_GRID_FIRST_ERROR || gf_file_has(file, names->path[i]))) {
            *values[i] =
                gf_charge_axes_get(file, names->path[i], rank, quantities[i].order, rank, shape);
        }
    }
    if (gf_file_check(file, NULL) != GF_OK) {
        gf_grid_free(grid);
    }
}
