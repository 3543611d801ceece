#include "gibbsflow/force_table.h"

#include "gibbsflow/machine.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

size_t gf_grid_size(const gf_grid *self) {
    return self->axis[0].points * self->axis[1].points;
}

/* --- memory ---------------------------------------------------------------------------------- */

static void free_grid(gf_grid *self) {
    free(self->lambda);
    free(self->density);
    free(self->force);
    free(self->noise);
    free(self->susceptibility);
    free(self->log_partition);
    free(self->channel_force);
    free(self->channel_noise);
    *self = (gf_grid){0};
}

static bool allocate_values(double **values, size_t count) {
    *values = malloc(count * sizeof **values);
    for (size_t i = 0; i < count && *values != NULL; ++i) {
        (*values)[i] = NAN;
    }
    return *values != NULL;
}

static gf_status allocate_grid(gf_grid *self, gf_axis rows, gf_axis columns, size_t channels,
                               gf_error *error) {
    *self = (gf_grid){.axis = {rows, columns}};
    size_t size = gf_grid_size(self);
    bool done =
        allocate_values(&self->lambda, 2 * size) && allocate_values(&self->density, 2 * size) &&
        allocate_values(&self->force, 2 * size) && allocate_values(&self->noise, 4 * size) &&
        allocate_values(&self->susceptibility, 4 * size) &&
        allocate_values(&self->log_partition, size) &&
        allocate_values(&self->channel_force, 2 * size * channels) &&
        allocate_values(&self->channel_noise, 4 * size * channels);
    if (!done) {
        free_grid(self);
        return gf_fail_memory(error, "the force table; ask for fewer grid points");
    }
    return GF_OK;
}

void gf_force_table_free(gf_force_table *self) {
    free_grid(&self->lambda_grid);
    free_grid(&self->density_grid);
    *self = (gf_force_table){0};
}

/* --- computing ------------------------------------------------------------------------------- */

static void store(gf_grid *self, size_t at, size_t channels, const gf_state *state) {
    size_t size = gf_grid_size(self);
    memcpy(self->lambda + 2 * at, state->lambda, sizeof state->lambda);
    memcpy(self->density + 2 * at, state->density, sizeof state->density);
    memcpy(self->force + 2 * at, state->force, sizeof state->force);
    memcpy(self->noise + 4 * at, state->noise, sizeof state->noise);
    memcpy(self->susceptibility + 4 * at, state->susceptibility, sizeof state->susceptibility);
    self->log_partition[at] = state->log_partition;
    for (size_t c = 0; c < channels; ++c) {
        const double *mean = state->observables + c * GF_OBSERVABLES;
        double *force = self->channel_force + 2 * (c * size + at);
        double *noise = self->channel_noise + 4 * (c * size + at);
        force[0] = mean[GF_FORCE_M];
        force[1] = mean[GF_FORCE_E];
        noise[0] = mean[GF_NOISE_MM];
        noise[1] = noise[2] = mean[GF_NOISE_ME];
        noise[3] = mean[GF_NOISE_EE];
    }
}

/* One lambda2, all lambda1: the sector sums are shared. */
static void fill_lambda_column(gf_gibbs *gibbs, gf_grid *grid, size_t column) {
    size_t channels = gf_gibbs_spectrum(gibbs)->channels;
    double lambda[2] = {0, gf_axis_value(&grid->axis[1], column)};
    gf_state state;
    for (size_t row = 0; row < grid->axis[0].points; ++row) {
        lambda[0] = gf_axis_value(&grid->axis[0], row);
        gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
        store(grid, row * grid->axis[1].points + column, channels, &state);
    }
}

/* One density; `lambda` holds the state before and receives the solution. */
static bool fill_density(gf_gibbs *gibbs, gf_grid *grid, size_t at, const double density[2],
                         double lambda[2]) {
    gf_state state;
    if (!gf_gibbs_invert(gibbs, density, lambda)) {
        return false;
    }
    gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
    state.density[0] = density[0];
    state.density[1] = density[1];
    store(grid, at, gf_gibbs_spectrum(gibbs)->channels, &state);
    return true;
}

/* Fills a row of constant magnetisation from the energy of infinite temperature, where
 * lambda = (-artanh m, 0), away in the direction of `step`: each solution starts the next. */
static size_t fill_direction(gf_gibbs *gibbs, const gf_region *region, gf_grid *grid, size_t row,
                             size_t first, int step) {
    double m = gf_axis_value(&grid->axis[0], row), lambda[2] = {-atanh(m), 0};
    size_t columns = grid->axis[1].points, unsolved = 0;
    for (size_t column = first; column < columns; column += (size_t)step) { /* wraps below 0 */
        double density[2] = {m, gf_axis_value(&grid->axis[1], column)};
        double before[2] = {lambda[0], lambda[1]};
        if (!gf_region_contains(region, density)) {
            continue;
        }
        if (!fill_density(gibbs, grid, row * columns + column, density, lambda)) {
            lambda[0] = before[0];
            lambda[1] = before[1];
            ++unsolved;
        }
    }
    return unsolved;
}

static size_t fill_density_row(gf_gibbs *gibbs, const gf_region *region, gf_grid *grid,
                               size_t row) {
    double m = gf_axis_value(&grid->axis[0], row), lambda[2] = {-atanh(m), 0};
    if (!isfinite(lambda[0])) {
        return 0; /* m = +-1: the border */
    }
    gf_state hot;
    gf_gibbs_evaluate(gibbs, lambda, GF_DENSITIES, &hot);
    size_t above = 0;
    while (above < grid->axis[1].points && gf_axis_value(&grid->axis[1], above) < hot.density[1]) {
        ++above;
    }
    return fill_direction(gibbs, region, grid, row, above, 1) +
           fill_direction(gibbs, region, grid, row, above - 1, -1);
}

typedef struct job {
    const gf_spectrum *spectrum;
    const gf_region *region;
    const double *rates;
    const gf_progress *progress;
    gf_force_table *table;
    size_t tasks, done;
    gf_status status;
} job;

static void run_task(job *self, gf_gibbs *gibbs, size_t task) {
    gf_grid *lambda = &self->table->lambda_grid, *density = &self->table->density_grid;
    size_t columns = lambda->axis[1].points, unsolved = 0;
    if (task < columns) {
        fill_lambda_column(gibbs, lambda, task);
    } else {
        unsolved = fill_density_row(gibbs, self->region, density, task - columns);
    }
#pragma omp critical(gf_force_table)
    {
        self->table->unsolved += unsolved;
        ++self->done;
        gf_progress_update(self->progress, (double)self->done / (double)self->tasks);
    }
}

static void run_tasks(job *self) {
#pragma omp parallel
    {
        gf_gibbs *gibbs = NULL;
        gf_status status = gf_gibbs_create(self->spectrum, self->rates, &gibbs, NULL);
        if (status != GF_OK) {
#pragma omp critical(gf_force_table)
            self->status = status;
        }
#pragma omp for schedule(dynamic)
        for (size_t task = 0; task < self->tasks; ++task) {
            if (gibbs != NULL) {
                run_task(self, gibbs, task);
            }
        }
        gf_gibbs_free(gibbs);
    }
}

/* Refuses grids that would not fit into memory. */
static gf_status check_memory(const gf_model *model, gf_error *error) {
    double points = (double)model->lambda1.points * (double)model->lambda2.points +
                    (double)model->magnetization.points * (double)model->energy.points;
    double need = 8 * points * (15 + 6 * (double)model->channel_count);
    double spare = (double)gf_machine_free_memory();
    return need <= spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "the grids have %.3g points and need %.3g GiB of memory, but %.3g "
                         "GiB are free; ask for fewer points",
                         points, need / 0x1p30, spare / 0x1p30);
}

gf_status gf_force_table_compute(const gf_model *model, const gf_spectrum *spectrum,
                                 const gf_region *region, const gf_progress *progress,
                                 gf_force_table *table, gf_error *error) {
    size_t channels = spectrum->channels;
    gf_axis energy = model->energy;
    energy.from = isnan(energy.from) ? region->low[1] : energy.from;
    energy.to = isnan(energy.to) ? region->high[1] : energy.to;
    *table = (gf_force_table){.channels = channels};
    gf_status status = check_memory(model, error);
    if (status != GF_OK) {
        return status;
    }
    double *rates = malloc(channels * sizeof *rates);
    status = rates != NULL ? GF_OK : gf_fail_memory(error, "the force table");
    if (status == GF_OK) {
        gf_model_rates(model, rates);
        status =
            allocate_grid(&table->lambda_grid, model->lambda1, model->lambda2, channels, error);
    }
    if (status == GF_OK) {
        status = allocate_grid(&table->density_grid, model->magnetization, energy, channels, error);
    }
    if (status == GF_OK) {
        job work = {.spectrum = spectrum,
                    .region = region,
                    .rates = rates,
                    .progress = progress,
                    .table = table,
                    .tasks = model->lambda2.points + model->magnetization.points};
        run_tasks(&work);
        status = work.status != GF_OK ? gf_fail_memory(error, "Gibbs sums") : GF_OK;
    }
    free(rates);
    if (status != GF_OK) {
        gf_force_table_free(table);
    }
    return status;
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

/* How each group names its axes, and which of the values it stores. */
typedef struct layout {
    const char *axis_path[2], *axis_units[2];
    const char *path[8]; /* in the order of `quantities` */
} layout;

static const layout lambda_layout = {
    .axis_path = {"/lambda_grid/lambda1", "/lambda_grid/lambda2"},
    .axis_units = {"1", "1/J"},
    .path = {NULL, "/lambda_grid/density", "/lambda_grid/force", "/lambda_grid/noise",
             "/lambda_grid/susceptibility", "/lambda_grid/log_partition",
             "/lambda_grid/channel_force", "/lambda_grid/channel_noise"}};

static const layout density_layout = {
    .axis_path = {"/density_grid/magnetization", "/density_grid/energy"},
    .axis_units = {"1 per site", "J per site"},
    .path = {"/density_grid/lambda", NULL, "/density_grid/force", "/density_grid/noise",
             "/density_grid/susceptibility", "/density_grid/log_partition",
             "/density_grid/channel_force", "/density_grid/channel_noise"}};

static const struct {
    int charges; /* charge axes at the end */
    bool per_channel;
    const char *units, *description;
} quantities[8] = {
    {1, false, "1, 1/J", "Lagrange parameters of exp(-lambda1 Q1 - lambda2 Q2)"},
    {1, false, "1 per site, J per site", "densities q_i = <Q_i>/N"},
    {1, false, "epsilon q_i", "f_i per epsilon, Eq. (9)"},
    {2, false, "epsilon q_i q_j a", "N_ij per epsilon, App. A.2"},
    {2, false, "q_i q_j a", "C_ij = T chi_ij = (<Q_i Q_j> - <Q_i><Q_j>)/N"},
    {0, false, "1 per site", "log Z / N"},
    {1, true, "q_i", "f_i of each channel, per unit rate"},
    {2, true, "q_i q_j a", "N_ij of each channel, per unit rate"},
};

static void list_values(gf_grid *grid, double **values[8]) {
    double **all[8] = {&grid->lambda,        &grid->density,        &grid->force,
                       &grid->noise,         &grid->susceptibility, &grid->log_partition,
                       &grid->channel_force, &grid->channel_noise};
    memcpy(values, all, sizeof all);
}

static int rank_of(int quantity) {
    return 2 + quantities[quantity].charges + (quantities[quantity].per_channel ? 1 : 0);
}

static void write_axis(const layout *names, const gf_grid *grid, int k, gf_file *file) {
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

static void write_grid(const layout *names, const gf_grid *grid, size_t channels, gf_file *file) {
    gf_grid copy = *grid; /* of the pointers, to list them */
    double **values[8];
    list_values(&copy, values);
    write_axis(names, grid, 0, file);
    write_axis(names, grid, 1, file);
    for (int i = 0; i < 8; ++i) {
        if (names->path[i] == NULL) {
            continue;
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
        for (int charge = 0; charge < quantities[i].charges; ++charge) {
            dataset.shape[k] = 2;
            dataset.axes[k++] = "charge";
        }
        dataset.rank = k;
        gf_file_put_doubles(file, &dataset, *values[i]);
    }
}

void gf_force_table_write(const gf_force_table *self, const gf_region *region, gf_file *file) {
    write_grid(&lambda_layout, &self->lambda_grid, self->channels, file);
    write_grid(&density_layout, &self->density_grid, self->channels, file);
    gf_region_write(region, file);
}

static void read_axis(const layout *names, int k, gf_grid *grid, gf_file *file) {
    double *values = gf_file_get_doubles(file, names->axis_path[k], 1, &grid->axis[k].points);
    if (values != NULL && grid->axis[k].points > 0) {
        grid->axis[k].from = values[0];
        grid->axis[k].to = values[grid->axis[k].points - 1];
    } else {
        gf_file_reject(file, "the axis %s is empty", names->axis_path[k]);
    }
    free(values);
}

static void read_grid(const layout *names, size_t channels, gf_grid *grid, gf_file *file) {
    double **values[8];
    *grid = (gf_grid){0};
    list_values(grid, values);
    read_axis(names, 0, grid, file);
    read_axis(names, 1, grid, file);
    for (int i = 0; i < 8; ++i) {
        size_t shape[GF_FILE_MAX_RANK] = {0};
        if (names->path[i] != NULL) {
            *values[i] = gf_file_get_doubles(file, names->path[i], rank_of(i), shape);
            size_t at = quantities[i].per_channel ? 1 : 0;
            if (*values[i] != NULL &&
                (shape[at] != grid->axis[0].points || shape[at + 1] != grid->axis[1].points ||
                 (at == 1 && shape[0] != channels))) {
                gf_file_reject(file, "the shape of %s does not fit its axes", names->path[i]);
            }
        }
    }
}

gf_status gf_force_table_read(gf_file *file, gf_force_table *table, gf_error *error) {
    *table = (gf_force_table){0};
    free(gf_file_get_doubles(file, "/channels/rate", 1, &table->channels));
    read_grid(&lambda_layout, table->channels, &table->lambda_grid, file);
    read_grid(&density_layout, table->channels, &table->density_grid, file);
    gf_status status = gf_file_check(file, error);
    if (status != GF_OK) {
        gf_force_table_free(table);
    }
    return status;
}
