#include "gibbsflow/force_table.h"

#include "base/tasks.h"
#include "gibbsflow/jackknife.h"
#include "gibbsflow/machine.h"
#include "io/charge_units.h"
#include "spectrum/spectrum.h"
#include "table/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gf_force_table_free(gf_force_table *self) {
    gf_grid_free(&self->lambda_grid);
    gf_grid_free(&self->density_grid);
    *self = (gf_force_table){0};
}

/* --- computing ------------------------------------------------------------------------------- */

/* The workspace of one thread; `scatter` is NULL unless the spectrum is sampled. */
typedef struct evaluators {
    gf_gibbs *gibbs;
    gf_jackknife *scatter;
    size_t unsolved; /* densities of the last task */
} evaluators;

/* One lambda2, all lambda1: the sector sums are shared. */
static void fill_lambda_column(const evaluators *all, gf_grid *grid, size_t column) {
    size_t channels = gf_gibbs_spectrum(all->gibbs)->channels;
    double lambda[GF_CHARGES] = {0, gf_axis_value(&grid->axis[1], column)};
    gf_state state;
    for (size_t row = 0; row < grid->axis[0].points; ++row) {
        size_t at = row * grid->axis[1].points + column;
        lambda[0] = gf_axis_value(&grid->axis[0], row);
        gf_gibbs_evaluate(all->gibbs, lambda, GF_RESPONSE, &state);
        gf_grid_store(grid, at, channels, &state);
        if (all->scatter != NULL) {
            gf_state error;
            gf_jackknife_evaluate(all->scatter, &state, &error);
            gf_grid_store_errors(grid, at, &error);
        }
    }
}

/* One density; `lambda` holds the state before and receives the solution. */
static bool fill_density(const evaluators *all, gf_grid *grid, size_t at,
                         const double density[GF_CHARGES], double lambda[GF_CHARGES]) {
    gf_state state;
    double root[GF_CHARGES];
    if (!gf_gibbs_invert(all->gibbs, density, lambda)) {
        return false;
    }
    gf_gibbs_evaluate(all->gibbs, lambda, all->scatter != NULL ? GF_SLOPES : GF_RESPONSE, &state);
    if (all->scatter != NULL) {
        (void)gf_jackknife_at_density(all->scatter, &state, grid->force_error + GF_CHARGES * at,
                                      root);
    }
    memcpy(state.density, density, sizeof state.density);
    gf_grid_store(grid, at, gf_gibbs_spectrum(all->gibbs)->channels, &state);
    return true;
}

/* Fills a row of constant magnetisation from the energy of infinite temperature, where
 * lambda = (-artanh m, 0), away in the direction of `step`: each solution starts the next. */
static size_t fill_direction(const evaluators *all, const gf_region *region, gf_grid *grid,
                             size_t row, ptrdiff_t first, int step) {
    double m = gf_axis_value(&grid->axis[0], row), lambda[GF_CHARGES] = {-atanh(m), 0};
    ptrdiff_t columns = (ptrdiff_t)grid->axis[1].points;
    size_t unsolved = 0;
    for (ptrdiff_t k = first; k >= 0 && k < columns; k += step) {
        size_t column = (size_t)k, at = row * grid->axis[1].points + column;
        double density[GF_CHARGES] = {m, gf_axis_value(&grid->axis[1], column)};
        double before[GF_CHARGES] = {lambda[0], lambda[1]};
        if (!gf_region_contains(region, density)) {
            continue;
        }
        if (!fill_density(all, grid, at, density, lambda)) {
            memcpy(lambda, before, sizeof before);
            ++unsolved;
        }
    }
    return unsolved;
}

static size_t fill_density_row(const evaluators *all, const gf_region *region, gf_grid *grid,
                               size_t row) {
    double m = gf_axis_value(&grid->axis[0], row), lambda[GF_CHARGES] = {-atanh(m), 0};
    if (!isfinite(lambda[0])) {
        return 0; /* m = +-1: the border */
    }
    gf_state hot;
    gf_gibbs_evaluate(all->gibbs, lambda, GF_DENSITIES, &hot);
    ptrdiff_t above = 0, columns = (ptrdiff_t)grid->axis[1].points;
    while (above < columns && gf_axis_value(&grid->axis[1], (size_t)above) < hot.density[1]) {
        ++above;
    }
    return fill_direction(all, region, grid, row, above, 1) +
           fill_direction(all, region, grid, row, above - 1, -1);
}

/* Tasks: the columns of the lambda grid, then the rows of the density grid. */
typedef struct job {
    const gf_spectrum *spectrum;
    const gf_region *region;
    const double *rates;
    gf_force_table *table;
    size_t *unsolved; /* [tasks] */
} job;

static size_t count_tasks(const gf_force_table *table) {
    return table->lambda_grid.axis[1].points + table->density_grid.axis[0].points;
}

/* In Boltzmann sums: one for a column, whose points share it, some four for a density. */
static double task_cost(const void *context, size_t task) {
    const gf_force_table *table = ((const job *)context)->table;
    bool is_column = task < table->lambda_grid.axis[1].points;
    return is_column ? 1 : 4 * (double)table->density_grid.axis[1].points;
}

static void end_tasks(void *workspace) {
    evaluators *all = workspace;
    gf_gibbs_free(all->gibbs);
    gf_jackknife_free(all->scatter);
    free(all);
}

static gf_status begin_tasks(const void *context, void **workspace, gf_error *error) {
    const job *self = context;
    evaluators *all = calloc(1, sizeof *all);
    if (all == NULL) {
        return gf_fail_memory(error, "Gibbs sums");
    }
    gf_status status = gf_gibbs_create(self->spectrum, self->rates, &all->gibbs, error);
    if (status == GF_OK && self->spectrum->sample != NULL) {
        status = gf_jackknife_create(self->spectrum, self->rates, &all->scatter, error);
    }
    if (status != GF_OK) {
        end_tasks(all);
        return status;
    }
    *workspace = all;
    return GF_OK;
}

static gf_status run_task(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    const job *self = context;
    evaluators *all = task->workspace;
    gf_grid *lambda = &self->table->lambda_grid, *density = &self->table->density_grid;
    size_t columns = lambda->axis[1].points;
    all->unsolved = 0;
    if (task->index < columns) {
        fill_lambda_column(all, lambda, task->index);
    } else {
        all->unsolved = fill_density_row(all, self->region, density, task->index - columns);
    }
    return GF_OK;
}

static gf_status keep_count(void *context, const gf_task *task, gf_error *error) {
    (void)error;
    const job *self = context;
    const evaluators *all = task->workspace;
    self->unsolved[task->index] = all->unsolved;
    return GF_OK;
}

/* A column of the one grid, or a row of the other. */
static void carry_task(void *context, size_t task, gf_bytes *bytes) {
    const job *self = context;
    gf_grid *lambda = &self->table->lambda_grid, *density = &self->table->density_grid;
    size_t channels = self->table->channels, columns = lambda->axis[1].points;
    gf_bytes_carry(bytes, &self->unsolved[task], sizeof *self->unsolved);
    for (size_t row = 0; row < lambda->axis[0].points && task < columns; ++row) {
        gf_grid_carry(lambda, row * columns + task, channels, bytes);
    }
    for (size_t k = 0; k < density->axis[1].points && task >= columns; ++k) {
        gf_grid_carry(density, (task - columns) * density->axis[1].points + k, channels, bytes);
    }
}

static gf_status run_tasks(job *self, const gf_progress *progress, gf_error *error) {
    const gf_tasks all = {.count = count_tasks(self->table),
                          .context = self,
                          .cost = task_cost,
                          .begin = begin_tasks,
                          .end = end_tasks,
                          .run = run_task,
                          .keep = keep_count,
                          .carry = carry_task,
                          .progress = progress};
    gf_status status = gf_tasks_run(&all, error);
    for (size_t task = 0; task < all.count; ++task) {
        self->table->unsolved += self->unsolved[task];
    }
    return status;
}

/* Refuses grids that would not fit into memory. */
static gf_status check_memory(const gf_model *model, gf_error *error) {
    double points = (double)model->lambda1.points * (double)model->lambda2.points +
                    (double)model->magnetization.points * (double)model->energy.points;
    const double vectors = GF_CHARGES, pairs = GF_PAIRS; /* with their errors, and per channel */
    double need = 8 * points *
                  (1 + 5 * vectors + 4 * pairs + (vectors + pairs) * (double)model->channel_count);
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
            gf_grid_allocate(&table->lambda_grid, model->lambda1, model->lambda2, channels, error);
    }
    if (status == GF_OK) {
        status =
            gf_grid_allocate(&table->density_grid, model->magnetization, energy, channels, error);
    }
    if (status == GF_OK && spectrum->sample != NULL) {
        status = gf_grid_allocate_errors(&table->lambda_grid, true, error);
    }
    if (status == GF_OK && spectrum->sample != NULL) {
        status = gf_grid_allocate_errors(&table->density_grid, false, error);
    }
    if (status == GF_OK) {
        job work = {.spectrum = spectrum,
                    .region = region,
                    .rates = rates,
                    .table = table,
                    .unsolved = calloc(count_tasks(table), sizeof *work.unsolved)};
        status = work.unsolved != NULL ? run_tasks(&work, progress, error)
                                       : gf_fail_memory(error, "the force table");
        free(work.unsolved);
    }
    free(rates);
    if (status != GF_OK) {
        gf_force_table_free(table);
    }
    return status;
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

static const gf_grid_layout lambda_layout = {
    .axis_path = {"/lambda_grid/lambda1", "/lambda_grid/lambda2"},
    .axis_units = {"1", "1/{energy}"},
    .path = {NULL, "/lambda_grid/density", "/lambda_grid/force", "/lambda_grid/noise",
             "/lambda_grid/susceptibility", "/lambda_grid/log_partition",
             "/lambda_grid/channel_force", "/lambda_grid/channel_noise",
             "/lambda_grid/density_error", "/lambda_grid/force_error", "/lambda_grid/noise_error",
             "/lambda_grid/susceptibility_error"}};

static const gf_grid_layout density_layout = {
    .axis_path = {"/density_grid/magnetization", "/density_grid/energy"},
    .axis_units = {"1 per site", GF_UNITS_ENERGY_DENSITY},
    .path = {"/density_grid/lambda", NULL, "/density_grid/force", "/density_grid/noise",
             "/density_grid/susceptibility", "/density_grid/log_partition",
             "/density_grid/channel_force", "/density_grid/channel_noise", NULL,
             "/density_grid/force_error", NULL, NULL}};

void gf_force_table_write(const gf_force_table *self, const gf_region *region, gf_file *file) {
    gf_grid_write(&lambda_layout, &self->lambda_grid, self->channels, file);
    gf_grid_write(&density_layout, &self->density_grid, self->channels, file);
    gf_region_write(region, file);
}

gf_status gf_force_table_read(gf_file *file, gf_force_table *table, gf_error *error) {
    *table = (gf_force_table){0};
    free(gf_file_get_doubles(file, "/channels/rate", 1, &table->channels));
    if (gf_file_has(file, "/lambda_grid")) {
        gf_grid_read(&lambda_layout, table->channels, &table->lambda_grid, file);
    }
    gf_grid_read(&density_layout, table->channels, &table->density_grid, file);
    gf_status status = gf_file_check(file, error);
    if (status != GF_OK) {
        gf_force_table_free(table);
    }
    return status;
}
