#include "table/fitted_grid.h"

#include "base/progress_part.h"
#include "base/tasks.h"
#include "gibbsflow/machine.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "medium/surface.h"
#include "spectrum/spectrum.h"
#include "table/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points at which the border is fitted. */
enum { SAMPLES = 512 };

static const double DEPTH = 1e-3; /* of the range of e: as near to the border as a state is taken */
static const double INNER = 0.95; /* where errors are measured */
static const double SAME = 1e-11; /* of values that a symmetry makes equal */
static const double PI = 3.14159265358979323846;

/* --- the chart ------------------------------------------------------------------------------- */

/* Coefficients of m^k from those of Chebyshev polynomials. */
static void expand(const double chebyshev[GF_CHART_TERMS], double power[GF_CHART_TERMS]) {
    double before[GF_CHART_TERMS] = {0}, last[GF_CHART_TERMS] = {1}; /* T_{n-1}, T_n */
    memset(power, 0, GF_CHART_TERMS * sizeof *power);
    for (int n = 0; n < GF_CHART_TERMS; ++n) {
        double next[GF_CHART_TERMS] = {0};
        for (int k = 0; k < GF_CHART_TERMS; ++k) {
            power[k] += chebyshev[n] * last[k];
            next[k] = (k > 0 ? (n == 0 ? 1 : 2) * last[k - 1] : 0) - before[k];
        }
        memcpy(before, last, sizeof before);
        memcpy(last, next, sizeof last);
    }
}

/* The polynomial closest to eta[SAMPLES] at the zeros of a Chebyshev polynomial, moved to lie
 * nowhere above (side = 1) or below (side = -1) it. */
static void fit_border(const double *m, const double *eta, int side, bool mirrored,
                       double power[GF_CHART_TERMS]) {
    double chebyshev[GF_CHART_TERMS] = {0}, shift = 0;
    for (int n = 0; n < GF_CHART_TERMS; n += mirrored ? 2 : 1) {
        for (int k = 0; k < SAMPLES; ++k) {
            chebyshev[n] += (n == 0 ? 1.0 : 2.0) / SAMPLES * eta[k] * cos(n * acos(m[k]));
        }
    }
    expand(chebyshev, power);
    for (int k = 0; k < SAMPLES; ++k) {
        shift = fmax(shift, side * (gf_chart_polynomial(power, m[k]) - eta[k]));
    }
    power[0] -= side * shift;
}

static void fit_chart(const gf_spectrum *spectrum, const gf_region *region, bool mirrored,
                      gf_chart *chart) {
    double m[SAMPLES], low[SAMPLES], high[SAMPLES], range[2], sites = spectrum->sites;
    *chart = (gf_chart){
        .ends = {spectrum->energy[0] / sites, spectrum->energy[spectrum->levels - 1] / sites}};
    if (mirrored) {
        chart->ends[0] = chart->ends[1];
    }
    for (int k = 0; k < SAMPLES; ++k) {
        m[k] = cos(PI * (k + 0.5) / SAMPLES);
        double chord = ((1 - m[k]) * chart->ends[0] + (1 + m[k]) * chart->ends[1]) / 2;
        gf_region_energies(region, m[k], range);
        low[k] = (range[0] - chord) / (1 - m[k] * m[k]);
        high[k] = (range[1] - chord) / (1 - m[k] * m[k]);
    }
    fit_border(m, low, 1, mirrored, chart->low);
    fit_border(m, high, -1, mirrored, chart->high);
}

static double widest_strip(const gf_chart *chart, const gf_region *region) {
    double widest = 0;
    for (int k = 0; k < SAMPLES; ++k) {
        double m = cos(PI * (k + 0.5) / SAMPLES), inside[2], whole[2];
        gf_region_energies(region, m, inside);
        gf_chart_border(chart, m, whole);
        double width = fmax(inside[0] - whole[0], whole[1] - inside[1]);
        widest = fmax(widest, width / (inside[1] - inside[0]));
    }
    return widest;
}

/* --- symmetry -------------------------------------------------------------------------------- */

/* What changes sign with m: every index of the magnetisation brings a sign. */
static const double of_observable[GF_OBSERVABLES] = {-1, 1, 1, -1, 1};
static const double *const of_charge = of_observable + GF_FORCE;
static const double *const of_pair = of_observable + GF_NOISE;

/* True if the states at lambda1 and -lambda1 are mirror images, for every channel. */
static bool mirrors_at(gf_gibbs *gibbs, const double lambda[GF_CHARGES]) {
    const gf_spectrum *spectrum = gf_gibbs_spectrum(gibbs);
    size_t count = spectrum->channels * GF_OBSERVABLES;
    double *here = malloc(count * sizeof *here), scale = 0, difference = 0;
    gf_state state, image;
    if (here == NULL) {
        return false;
    }
    gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
    memcpy(here, state.observables, count * sizeof *here);
    gf_gibbs_evaluate(gibbs, (double[GF_CHARGES]){-lambda[0], lambda[1]}, GF_RESPONSE, &image);
    for (size_t k = 0; k < count; ++k) {
        double mirror = of_observable[k % GF_OBSERVABLES] * image.observables[k];
        scale = fmax(scale, fabs(here[k]));
        difference = fmax(difference, fabs(here[k] - mirror));
    }
    free(here);
    return difference <= SAME * scale && fabs(state.density[0] + image.density[0]) <= SAME &&
           fabs(state.density[1] - image.density[1]) <= SAME * spectrum->energy_unit;
}

static bool is_mirrored(gf_gibbs *gibbs) {
    double unit = gf_gibbs_spectrum(gibbs)->energy_unit;
    const double lambdas[3][GF_CHARGES] = {
        {0.31, 0.17 / unit}, {-0.93, -0.71 / unit}, {1.7, 2.3 / unit}};
    return mirrors_at(gibbs, lambdas[0]) && mirrors_at(gibbs, lambdas[1]) &&
           mirrors_at(gibbs, lambdas[2]);
}

/* Makes row `to` of a quantity of the given order the mirror image of row `from`; on the row m = 0,
 * its own image, what changes sign vanishes. */
static void mirror(double *values, size_t columns, int order, size_t from, size_t to) {
    static const double even = 1;
    const double *sign = order == 0 ? &even : order == 1 ? of_charge : of_pair;
    size_t width = gf_charge_values(order);
    for (size_t k = 0; k < columns * width; ++k) {
        double value = values[from * columns * width + k];
        values[to * columns * width + k] = from != to            ? sign[k % width] * value
                                           : sign[k % width] > 0 ? value
                                                                 : 0;
    }
}

static void mirror_row(gf_fitted_grid *self, size_t from) {
    gf_grid *grid = &self->grid;
    size_t rows = grid->axis[0].points, columns = grid->axis[1].points, to = rows - 1 - from;
    mirror(grid->lambda, columns, 1, from, to);
    mirror(grid->density, columns, 1, from, to);
    mirror(grid->force, columns, 1, from, to);
    mirror(grid->noise, columns, 2, from, to);
    mirror(grid->susceptibility, columns, 2, from, to);
    mirror(grid->log_partition, columns, 0, from, to);
    for (size_t c = 0; c < self->channels; ++c) {
        size_t first = c * gf_grid_size(grid);
        mirror(self->channel_shift + GF_CHARGES * first, columns, 1, from, to);
        mirror(self->channel_noise_shift + GF_PAIRS * first, columns, 2, from, to);
        mirror(grid->channel_force + GF_CHARGES * first, columns, 1, from, to);
        mirror(grid->channel_noise + GF_PAIRS * first, columns, 2, from, to);
    }
}

/* --- knots ----------------------------------------------------------------------------------- */

/* The energy at which the state of a knot is taken. */
static double energy_of_state(const gf_region *region, const double density[GF_CHARGES]) {
    double range[2];
    gf_region_energies(region, density[0], range);
    double margin = DEPTH * (range[1] - range[0]);
    return fmin(fmax(density[1], range[0] + margin), range[1] - margin);
}

static void knot_density(const gf_fitted_grid *self, size_t row, size_t column,
                         double density[GF_CHARGES]) {
    density[0] = gf_axis_value(&self->grid.axis[0], row);
    density[1] =
        gf_chart_energy(&self->chart, density[0], gf_axis_value(&self->grid.axis[1], column));
}

static double *force_shift_at(const gf_fitted_grid *self, size_t channel, size_t at) {
    return self->channel_shift + GF_CHARGES * (channel * gf_grid_size(&self->grid) + at);
}

static double *noise_shift_at(const gf_fitted_grid *self, size_t channel, size_t at) {
    return self->channel_noise_shift + GF_PAIRS * (channel * gf_grid_size(&self->grid) + at);
}

/* No shift where C is singular: nothing fluctuates there. */
static void store_shift(gf_gibbs *gibbs, const gf_state *state, gf_fitted_grid *self, size_t at) {
    double(*shift)[GF_OBSERVABLES] = calloc(self->channels, sizeof *shift);
    if (shift != NULL && gf_gibbs_shift(gibbs, state, shift)) {
        for (size_t c = 0; c < self->channels; ++c) {
            memcpy(force_shift_at(self, c, at), shift[c] + GF_FORCE, GF_CHARGES * sizeof **shift);
            memcpy(noise_shift_at(self, c, at), shift[c] + GF_NOISE, GF_PAIRS * sizeof **shift);
        }
    }
    free(shift);
}

/* Fills a row from infinite temperature outwards. A state that is not found is that of the knot
 * before. */
static size_t fill_direction(gf_gibbs *gibbs, const gf_region *region, gf_fitted_grid *self,
                             size_t row, ptrdiff_t first, int step) {
    double q[GF_CHARGES], lambda[GF_CHARGES] = {-atanh(gf_axis_value(&self->grid.axis[0], row)), 0};
    ptrdiff_t columns = (ptrdiff_t)self->grid.axis[1].points;
    size_t unsolved = 0;
    gf_state state;
    for (ptrdiff_t column = first; column >= 0 && column < columns; column += step) {
        size_t at = row * self->grid.axis[1].points + (size_t)column;
        double before[GF_CHARGES] = {lambda[0], lambda[1]};
        knot_density(self, row, (size_t)column, q);
        const double target[GF_CHARGES] = {q[0], energy_of_state(region, q)};
        if (!gf_gibbs_invert(gibbs, target, lambda)) {
            memcpy(lambda, before, sizeof before);
            ++unsolved;
        }
        gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
        store_shift(gibbs, &state, self, at);
        memcpy(state.density, q, sizeof q);
        gf_grid_store(&self->grid, at, self->channels, &state);
    }
    return unsolved;
}

static size_t fill_row(gf_gibbs *gibbs, const gf_region *region, gf_fitted_grid *self, size_t row) {
    double m = gf_axis_value(&self->grid.axis[0], row), q[GF_CHARGES];
    ptrdiff_t above = 0, columns = (ptrdiff_t)self->grid.axis[1].points;
    gf_state hot;
    gf_gibbs_evaluate(gibbs, (double[GF_CHARGES]){-atanh(m), 0}, GF_DENSITIES, &hot);
    for (; above < columns; ++above) {
        knot_density(self, row, (size_t)above, q);
        if (q[1] >= hot.density[1]) {
            break;
        }
    }
    return fill_direction(gibbs, region, self, row, above, 1) +
           fill_direction(gibbs, region, self, row, above - 1, -1);
}

/* value[width] from those at one, two and three strides. */
static void extrapolate(double *value, ptrdiff_t stride, ptrdiff_t width) {
    for (ptrdiff_t i = 0; i < width; ++i) {
        double *here = value + i;
        *here = 3 * (here[stride] - here[2 * stride]) + here[3 * stride];
    }
}

/* Into a corner the shift has a limit at every height: C vanishes there like 1 - m^2, and the
 * second derivatives grow like its inverse. */
static void extrapolate_shift(gf_fitted_grid *self, size_t row, size_t column) {
    ptrdiff_t columns = (ptrdiff_t)self->grid.axis[1].points,
              inward = row == 0 ? columns : -columns;
    size_t at = row * self->grid.axis[1].points + column;
    for (size_t c = 0; c < self->channels; ++c) {
        extrapolate(force_shift_at(self, c, at), inward * GF_CHARGES, GF_CHARGES);
        extrapolate(noise_shift_at(self, c, at), inward * GF_PAIRS, GF_PAIRS);
    }
}

/* The rows m = +-1 hold one state each, without fluctuations. */
static gf_status fill_corner(const gf_spectrum *spectrum, const double *rates, gf_fitted_grid *self,
                             size_t row, gf_error *error) {
    size_t columns = self->grid.axis[1].points, level = row == 0 ? 0 : spectrum->levels - 1;
    size_t next = row == 0 ? 1 : row - 1, count = self->channels * GF_OBSERVABLES;
    double *observables = malloc(count * sizeof *observables);
    if (observables == NULL) {
        return gf_fail_memory(error, "the fitted grid");
    }
    gf_state state = {.lambda = {row == 0 ? INFINITY : -INFINITY}, .observables = observables};
    for (size_t c = 0; c < self->channels; ++c) {
        double *of_channel = observables + c * GF_OBSERVABLES;
        for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
            of_channel[k] = gf_spectrum_observable(spectrum, c, k)[level];
        }
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            state.force[i] += rates[c] * of_channel[GF_FORCE + i];
        }
        for (size_t p = 0; p < GF_PAIRS; ++p) {
            state.noise[p] += rates[c] * of_channel[GF_NOISE + p];
        }
    }
    for (size_t column = 0; column < columns; ++column) {
        knot_density(self, row, column, state.density);
        state.lambda[1] = self->grid.lambda[GF_CHARGES * (next * columns + column) + 1];
        gf_grid_store(&self->grid, row * columns + column, self->channels, &state);
        extrapolate_shift(self, row, column);
    }
    free(observables);
    return GF_OK;
}

/* --- accuracy -------------------------------------------------------------------------------- */

/* The values of a surface from a force, noise and susceptibility. */
static void pack(const double *force, const double *noise, const double *susceptibility,
                 double values[GF_SURFACE_VALUES]) {
    memcpy(values + GF_SURFACE_FORCE, force, GF_CHARGES * sizeof *values);
    memcpy(values + GF_SURFACE_NOISE, noise, GF_PAIRS * sizeof *values);
    memcpy(values + GF_SURFACE_SUSCEPTIBILITY, susceptibility, GF_PAIRS * sizeof *values);
}

/* Scales against which errors of the values of a surface are measured. */
static void find_scales(const double (*values)[GF_SURFACE_VALUES], size_t count,
                        double scale[GF_SURFACE_VALUES]) {
    memset(scale, 0, GF_SURFACE_VALUES * sizeof *scale);
    for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < GF_SURFACE_VALUES; ++k) {
            scale[k] = fmax(scale[k], fabs(values[i][k]));
        }
    }
    for (int group = GF_SURFACE_NOISE; group < GF_SURFACE_VALUES; group += GF_PAIRS) {
        scale[group + 1] = sqrt(scale[group] * scale[group + 2]);
    }
}

/* The largest error of each value at the centres of the cells above one row of knots. */
static void measure_row(gf_gibbs *gibbs, const gf_region *region, const gf_fitted_grid *self,
                        const gf_surface *surface, size_t row, double worst[GF_SURFACE_VALUES]) {
    const gf_grid *grid = &self->grid;
    size_t columns = grid->axis[1].points;
    double m = (gf_axis_value(&grid->axis[0], row) + gf_axis_value(&grid->axis[0], row + 1)) / 2;
    double range[2], exact[GF_SURFACE_VALUES], found[1][GF_SURFACE_VALUES];
    gf_region_energies(region, m, range);
    double margin = (1 - INNER) / 2 * (range[1] - range[0]);
    for (size_t column = 0; column + 1 < columns && fabs(m) <= INNER; ++column) {
        double height =
            (gf_axis_value(&grid->axis[1], column) + gf_axis_value(&grid->axis[1], column + 1)) / 2;
        const double q[GF_CHARGES] = {m, gf_chart_energy(&self->chart, m, height)};
        /* rows m = +-1 have no lambda to start from */
        size_t near = (fabs(gf_axis_value(&grid->axis[0], row)) < 1 ? row : row + 1) * columns;
        double lambda[GF_CHARGES];
        memcpy(lambda, grid->lambda + GF_CHARGES * (near + column), sizeof lambda);
        if (q[1] < range[0] + margin || q[1] > range[1] - margin ||
            !gf_gibbs_invert(gibbs, q, lambda)) {
            continue;
        }
        gf_state state;
        gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
        pack(state.force, state.noise, state.susceptibility, exact);
        (void)gf_surface_evaluate(surface, 1, &q[0], &q[1], found);
        for (size_t k = 0; k < GF_SURFACE_VALUES; ++k) {
            worst[k] = fmax(worst[k], fabs(found[0][k] - exact[k]));
        }
    }
}

/* --- all of it ------------------------------------------------------------------------------- */

/* What is known of the states of one row, or of the cells above one, beside themselves. */
typedef struct report {
    size_t unsolved;
    double worst[GF_SURFACE_VALUES];
} report;

typedef struct job {
    const gf_spectrum *spectrum;
    const gf_region *region;
    const double *rates;
    gf_fitted_grid *fitted;
    const gf_surface *surface; /* through the knots, once they are filled */
    report *rows;              /* [rows] */
    gf_progress_part progress;
} job;

/* The workspace of a thread, with what the last row has told. */
typedef struct evaluator {
    gf_gibbs *gibbs;
    report last;
} evaluator;

static void end_rows(void *workspace) {
    evaluator *self = workspace;
    gf_gibbs_free(self->gibbs);
    free(self);
}

static gf_status begin_rows(const void *context, void **workspace, gf_error *error) {
    const job *self = context;
    evaluator *own = calloc(1, sizeof *own);
    if (own == NULL) {
        return gf_fail_memory(error, "Gibbs sums");
    }
    gf_status status = gf_gibbs_create(self->spectrum, self->rates, &own->gibbs, error);
    if (status != GF_OK) {
        free(own);
        return status;
    }
    *workspace = own;
    return GF_OK;
}

static gf_status fill_task(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    const job *self = context;
    evaluator *own = task->workspace; /* row 0 is a corner */
    own->last.unsolved = fill_row(own->gibbs, self->region, self->fitted, task->index + 1);
    return GF_OK;
}

static gf_status measure_task(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    const job *self = context;
    evaluator *own = task->workspace;
    own->last = (report){0};
    measure_row(own->gibbs, self->region, self->fitted, self->surface, task->index,
                own->last.worst);
    return GF_OK;
}

static gf_status keep_row(void *context, const gf_task *task, gf_error *error) {
    (void)error;
    const job *self = context;
    const evaluator *own = task->workspace;
    self->rows[task->index] = own->last;
    return GF_OK;
}

/* A row of knots that has been filled. */
static void carry_filled(void *context, size_t index, gf_bytes *bytes) {
    const job *self = context;
    gf_fitted_grid *fitted = self->fitted;
    size_t columns = fitted->grid.axis[1].points, knots = gf_grid_size(&fitted->grid);
    gf_bytes_carry(bytes, &self->rows[index], sizeof *self->rows);
    for (size_t column = 0; column < columns; ++column) {
        size_t at = (index + 1) * columns + column;
        gf_grid_carry(&fitted->grid, at, fitted->channels, bytes);
        for (size_t c = 0; c < fitted->channels; ++c) {
            gf_bytes_carry(bytes, fitted->channel_shift + GF_CHARGES * (c * knots + at),
                           GF_CHARGES * sizeof(double));
            gf_bytes_carry(bytes, fitted->channel_noise_shift + GF_PAIRS * (c * knots + at),
                           GF_PAIRS * sizeof(double));
        }
    }
}

static void carry_measured(void *context, size_t index, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &((const job *)context)->rows[index], sizeof(report));
}

/* Half of all that is to be done. */
static gf_status run_rows(job *self, size_t rows,
                          gf_status (*run)(const void *, gf_task *, gf_error *),
                          void (*carry)(void *, size_t, gf_bytes *), gf_error *error) {
    const gf_progress progress = gf_progress_of_part(&self->progress);
    gf_progress_part_next(&self->progress, 0.5);
    const gf_tasks all = {.count = rows,
                          .context = self,
                          .begin = begin_rows,
                          .end = end_rows,
                          .run = run,
                          .keep = keep_row,
                          .carry = carry,
                          .progress = &progress};
    return gf_tasks_run(&all, error);
}

static double relative(const double worst[], const double scale[], int first, int end) {
    double largest = 0;
    for (int k = first; k < end; ++k) {
        largest = scale[k] > 0 ? fmax(largest, worst[k] / scale[k]) : largest;
    }
    return largest;
}

/* Interpolates the knots and compares with exact states between them. */
static gf_status measure(job *work, gf_error *error) {
    gf_fitted_grid *self = work->fitted;
    const gf_grid *grid = &self->grid;
    const size_t size = gf_grid_size(grid),
                 points[2] = {grid->axis[0].points, grid->axis[1].points};
    gf_surface *surface = NULL;
    double(*values)[GF_SURFACE_VALUES] = malloc(size * sizeof *values), scale[GF_SURFACE_VALUES],
    worst[GF_SURFACE_VALUES] = {0};
    if (values == NULL) {
        return gf_fail_memory(error, "the fitted grid");
    }
    for (size_t i = 0; i < size; ++i) {
        pack(grid->force + GF_CHARGES * i, grid->noise + GF_PAIRS * i,
             grid->susceptibility + GF_PAIRS * i, values[i]);
    }
    find_scales((const double(*)[GF_SURFACE_VALUES])values, size, scale);
    gf_status status = gf_surface_create(
        &self->chart, points, (const double(*)[GF_SURFACE_VALUES])values, &surface, error);
    free(values);
    if (status == GF_OK) {
        work->surface = surface;
        size_t rows = self->mirrored ? points[0] / 2 : points[0] - 1;
        status = run_rows(work, rows, measure_task, carry_measured, error);
        for (size_t row = 0; row < rows; ++row) {
            for (size_t k = 0; k < GF_SURFACE_VALUES; ++k) {
                worst[k] = fmax(worst[k], work->rows[row].worst[k]);
            }
        }
    }
    gf_surface_free(surface);
    self->error = (gf_fitted_error){
        .force = relative(worst, scale, GF_SURFACE_FORCE, GF_SURFACE_NOISE),
        .noise = relative(worst, scale, GF_SURFACE_NOISE, GF_SURFACE_SUSCEPTIBILITY),
        .susceptibility = relative(worst, scale, GF_SURFACE_SUSCEPTIBILITY, GF_SURFACE_VALUES)};
    return status;
}

static gf_status fill(job *work, gf_error *error) {
    gf_fitted_grid *self = work->fitted;
    size_t rows = self->grid.axis[0].points, half = (rows + 1) / 2;
    size_t filled = self->mirrored ? half - 1 : rows - 2;
    gf_status status = run_rows(work, filled, fill_task, carry_filled, error);
    for (size_t row = 0; row < filled; ++row) {
        self->unsolved += work->rows[row].unsolved;
    }
    if (status == GF_OK) {
        status = fill_corner(work->spectrum, work->rates, self, 0, error);
    }
    if (status == GF_OK && !self->mirrored) {
        status = fill_corner(work->spectrum, work->rates, self, rows - 1, error);
    }
    for (size_t row = 0; row < half && self->mirrored && status == GF_OK; ++row) {
        mirror_row(self, row);
    }
    return status;
}

static gf_status begin(const gf_model *model, job *work, gf_error *error) {
    gf_fitted_grid *self = work->fitted;
    gf_gibbs *gibbs = NULL;
    double points = (double)model->fitted[0] * (double)model->fitted[1];
    const double vectors = GF_CHARGES, pairs = GF_PAIRS;
    double need = 8 * points *
                  (1 + 3 * vectors + 2 * pairs + 2 * GF_SURFACE_VALUES +
                   2 * (vectors + pairs) * (double)model->channel_count);
    double spare = (double)gf_machine_free_memory();
    if (need > spare) {
        return gf_fail(error, GF_NO_MEMORY,
                       "the fitted grid of %.3g knots needs %.3g GiB of memory, but %.3g GiB are "
                       "free; ask for fewer knots",
                       points, need / 0x1p30, spare / 0x1p30);
    }
    gf_status status = gf_gibbs_create(work->spectrum, work->rates, &gibbs, error);
    if (status == GF_OK) {
        self->mirrored = is_mirrored(gibbs);
        fit_chart(work->spectrum, work->region, self->mirrored, &self->chart);
        self->strip = widest_strip(&self->chart, work->region);
        status = gf_grid_allocate(&self->grid, (gf_axis){-1, 1, model->fitted[0]},
                                  (gf_axis){-1, 1, model->fitted[1]}, self->channels, error);
    }
    gf_gibbs_free(gibbs);
    size_t knots = self->channels * model->fitted[0] * model->fitted[1];
    self->channel_shift = calloc(GF_CHARGES * knots, sizeof(double));
    self->channel_noise_shift = calloc(GF_PAIRS * knots, sizeof(double));
    work->rows = calloc(model->fitted[0], sizeof *work->rows);
    bool lacks =
        self->channel_shift == NULL || self->channel_noise_shift == NULL || work->rows == NULL;
    return status == GF_OK && lacks ? gf_fail_memory(error, "the fitted grid") : status;
}

static gf_status tabulate(const gf_model *model, job *work, gf_error *error) {
    gf_status status = begin(model, work, error);
    if (status == GF_OK) {
        status = fill(work, error);
    }
    return status == GF_OK ? measure(work, error) : status;
}

gf_status gf_fitted_grid_compute(const gf_model *model, const gf_spectrum *spectrum,
                                 const gf_region *region, const gf_progress *progress,
                                 gf_fitted_grid **grid, gf_error *error) {
    double *rates = malloc(spectrum->channels * sizeof *rates);
    gf_fitted_grid *self = *grid = calloc(1, sizeof *self);
    job work = {.spectrum = spectrum,
                .region = region,
                .rates = rates,
                .fitted = self,
                .progress = {.whole = progress}};
    gf_status status =
        self != NULL && rates != NULL ? GF_OK : gf_fail_memory(error, "the fitted grid");
    if (status == GF_OK) {
        gf_model_rates(model, rates);
        self->channels = spectrum->channels;
        status = region->count > 0 ? tabulate(model, &work, error) : GF_OK;
    }
    free(rates);
    free(work.rows);
    if (status != GF_OK) {
        gf_fitted_grid_free(self);
        *grid = NULL;
    }
    return status;
}

void gf_fitted_grid_free(gf_fitted_grid *self) {
    if (self == NULL) {
        return;
    }
    gf_grid_free(&self->grid);
    free(self->channel_shift);
    free(self->channel_noise_shift);
    free(self);
}

gf_fitted_error gf_fitted_grid_error(const gf_fitted_grid *self) {
    return self->error;
}

size_t gf_fitted_grid_unsolved(const gf_fitted_grid *self) {
    return self->unsolved;
}

const gf_grid *gf_fitted_grid_states(const gf_fitted_grid *self) {
    return &self->grid;
}

/* --- surface --------------------------------------------------------------------------------- */

/* values[width] += rate (of_channel - less shift). */
static void add_channel(double rate, double less, const double *of_channel, const double *shift,
                        size_t width, double *values) {
    for (size_t k = 0; k < width; ++k) {
        values[k] += rate * (of_channel[k] - less * shift[k]);
    }
}

gf_status gf_fitted_grid_surface(const gf_fitted_grid *self, const double *rates, double sites,
                                 gf_surface **surface, gf_error *error) {
    const gf_grid *grid = &self->grid;
    const size_t size = gf_grid_size(grid),
                 points[2] = {grid->axis[0].points, grid->axis[1].points};
    double less = sites > 0 ? 1 / sites : 0;
    double(*values)[GF_SURFACE_VALUES] = calloc(size + 1, sizeof *values);
    *surface = NULL;
    if (values == NULL) {
        return gf_fail_memory(error, "the fitted grid");
    }
    for (size_t i = 0; i < size; ++i) {
        for (size_t c = 0; c < self->channels; ++c) {
            size_t at = c * size + i;
            add_channel(rates[c], less, grid->channel_force + GF_CHARGES * at,
                        force_shift_at(self, c, i), GF_CHARGES, values[i] + GF_SURFACE_FORCE);
            add_channel(rates[c], less, grid->channel_noise + GF_PAIRS * at,
                        noise_shift_at(self, c, i), GF_PAIRS, values[i] + GF_SURFACE_NOISE);
        }
        memcpy(values[i] + GF_SURFACE_SUSCEPTIBILITY, grid->susceptibility + GF_PAIRS * i,
               GF_PAIRS * sizeof **values);
    }
    gf_status status = gf_surface_create(
        &self->chart, points, (const double(*)[GF_SURFACE_VALUES])values, surface, error);
    free(values);
    return status;
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

static const gf_grid_layout layout = {
    .axis_path = {"/fitted_grid/magnetization", "/fitted_grid/height"},
    .axis_units = {"1 per site", "1"},
    .path = {"/fitted_grid/lambda", "/fitted_grid/density", "/fitted_grid/force",
             "/fitted_grid/noise", "/fitted_grid/susceptibility", NULL,
             "/fitted_grid/channel_force", "/fitted_grid/channel_noise"}};

void gf_fitted_grid_write(const gf_fitted_grid *self, gf_file *file) {
    static const char group[] = "/fitted_grid";
    if (gf_grid_size(&self->grid) == 0) {
        return;
    }
    gf_grid_write(&layout, &self->grid, self->channels, file);
    gf_dataset shift = {
        .path = "/fitted_grid/channel_shift",
        .units = GF_UNITS_FORCE_SHIFT,
        .description = "1/2 sum_jk C_jk d2f_i/dq_j dq_k of each channel, per unit rate",
        .rank = 3,
        .shape = {self->channels, self->grid.axis[0].points, self->grid.axis[1].points},
        .axes = {"/channels/name", layout.axis_path[0], layout.axis_path[1]}};
    gf_charge_axes_put(file, &shift, 1, 3, self->channel_shift);
    shift.path = "/fitted_grid/channel_noise_shift";
    shift.units = GF_UNITS_NOISE_SHIFT;
    shift.description = "1/2 sum_kl C_kl d2N_ij/dq_k dq_l of each channel, per unit rate";
    gf_charge_axes_put(file, &shift, 2, 3, self->channel_noise_shift);
    gf_chart_write(&self->chart, group, file);
    gf_file_put_number_attribute(file, group, "force_error", self->error.force);
    gf_file_put_number_attribute(file, group, "noise_error", self->error.noise);
    gf_file_put_number_attribute(file, group, "susceptibility_error", self->error.susceptibility);
    gf_file_put_number_attribute(file, group, "strip", self->strip);
    gf_file_put_integer_attribute(file, group, "mirrored", self->mirrored);
    gf_file_put_integer_attribute(file, group, "unsolved", (long)self->unsolved);
}
