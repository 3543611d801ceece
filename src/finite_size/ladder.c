#include "finite_size/ladder.h"

#include "base/progress_part.h"
#include "fixed_points/fixed_point.h"
#include "gibbsflow/machine.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Both of the natural size of a quantity: what diagonalising and subtracting lose, per site, and
 * what is zero by symmetry. */
static const double ROUNDING = 2e-14, NOTHING = 1e-12;
static const double MIRROR =
    1e-9; /* densities equal to this, but for the sign of m, are mirrored */

struct gf_ladder_chain {
    gf_model *model;
    gf_spectrum *spectrum;
    gf_gibbs *gibbs;
    double seconds; /* expected for the diagonalisation */
};

static size_t count_chains(const gf_ladder *self) {
    return 2 * self->sizes + 1;
}

static int sites_of(const gf_ladder *self, size_t size) {
    return self->first + (int)size * self->step;
}

static gf_ladder_chain *ring(const gf_ladder *self, size_t size) {
    return &self->chains[size];
}

/* The open chain of one cell less than sites_of(size). */
static gf_ladder_chain *open_chain(const gf_ladder *self, size_t size) {
    return &self->chains[self->sizes + size];
}

/* --- planning -------------------------------------------------------------------------------- */

static gf_status make_model(const gf_model *model, int sites, bool periodic, gf_model **result,
                            gf_error *error) {
    gf_error reason;
    gf_status status = gf_model_resize(model, sites, periodic, result, &reason);
    return status == GF_OK ? GF_OK
                           : gf_fail(error, status,
                                     "the ladder needs the %s chain of %d sites, but there: %s; "
                                     "begin it at more sites",
                                     periodic ? "periodic" : "open", sites, reason.message);
}

static gf_status make_models(gf_ladder *self, const gf_model *model, gf_error *error) {
    gf_status status = GF_OK;
    for (size_t k = 0; k <= self->sizes && status == GF_OK; ++k) {
        int sites = sites_of(self, k) - self->step;
        status = make_model(model, sites, false, &open_chain(self, k)->model, error);
        if (status == GF_OK && k > 0) {
            status = make_model(model, sites, true, &ring(self, k - 1)->model, error);
        }
    }
    return status;
}

/* Bytes that a spectrum keeps, at most. */
static double stored_bytes(const gf_model *model) {
    double rows = 2 + (double)(model->channel_count * GF_OBSERVABLES);
    return rows * sizeof(double) * ldexp(1, model->chain.sites);
}

/* Largest first: what does not fit is refused at once. */
static gf_status estimate_cost(gf_ladder *self, gf_spectrum_cost *cost, gf_error *error) {
    double stored = 0;
    *cost = (gf_spectrum_cost){0};
    for (size_t c = count_chains(self); c-- > 0;) {
        gf_spectrum_cost one;
        gf_status status = gf_spectrum_estimate(self->chains[c].model, &one, error);
        if (status != GF_OK) {
            return status;
        }
        self->chains[c].seconds = one.seconds;
        stored += stored_bytes(self->chains[c].model);
        cost->seconds += one.seconds;
        cost->memory = fmax(cost->memory, one.memory);
        cost->largest = one.largest > cost->largest ? one.largest : cost->largest;
    }
    cost->memory += stored;
    double spare = (double)gf_machine_free_memory();
    return cost->memory <= spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "the ladder needs %.3g GiB of memory, but %.3g GiB are free; end it at "
                         "fewer sites",
                         cost->memory / 0x1p30, spare / 0x1p30);
}

gf_status gf_ladder_plan(const gf_model *model, int first, int last, gf_ladder **ladder,
                         gf_spectrum_cost *cost, gf_error *error) {
    *ladder = NULL;
    if (first < 2 || last < first || last > GF_CHAIN_MAX_SITES) {
        return gf_fail(error, GF_INVALID,
                       "a ladder from %d to %d sites; expected 2 <= from <= to <= %d", first, last,
                       GF_CHAIN_MAX_SITES);
    }
    int step = gf_chain_cell(&model->chain);
    if (first % step != 0 || last % step != 0 || first <= step) {
        return gf_fail(error, GF_INVALID,
                       "a ladder from %d to %d sites, with cells of %d; expected whole numbers of "
                       "cells, two at least",
                       first, last, step);
    }
    size_t sizes = (size_t)(last - first) / (size_t)step + 1;
    gf_ladder *made = calloc(1, sizeof *made);
    gf_ladder_chain *chains = calloc(2 * sizes + 1, sizeof *chains);
    if (made == NULL || chains == NULL) {
        free(made);
        free(chains);
        return gf_fail_memory(error, "the ladder");
    }
    *made = (gf_ladder){.first = first,
                        .step = step,
                        .sizes = sizes,
                        .periodic = model->chain.periodic,
                        .chains = chains};
    gf_status status = make_models(made, model, error);
    if (status == GF_OK) {
        status = estimate_cost(made, cost, error);
    }
    if (status == GF_OK) {
        *ladder = made;
    } else {
        gf_ladder_free(made);
    }
    return status;
}

/* --- diagonalising --------------------------------------------------------------------------- */

static gf_status diagonalize(gf_ladder *self, const gf_progress *progress, gf_error *error) {
    double total = 0;
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    gf_status status = GF_OK;
    for (size_t c = 0; c < count_chains(self); ++c) {
        total += self->chains[c].seconds;
    }
    for (size_t c = count_chains(self); c-- > 0 && status == GF_OK;) {
        gf_ladder_chain *chain = &self->chains[c];
        gf_progress_part_next(&part, chain->seconds / total);
        status = gf_spectrum_compute(chain->model, &own, &chain->spectrum, error);
    }
    return status;
}

static gf_status make_gibbs(gf_ladder *self, gf_error *error) {
    const gf_model *model = ring(self, 0)->model;
    double *rates = calloc(model->channel_count, sizeof *rates);
    gf_status status = rates != NULL ? GF_OK : gf_fail_memory(error, "the rates");
    if (status == GF_OK) {
        gf_model_rates(model, rates);
    }
    for (size_t c = 0; c < count_chains(self) && status == GF_OK; ++c) {
        status = gf_gibbs_create(self->chains[c].spectrum, rates, &self->chains[c].gibbs, error);
    }
    free(rates);
    return status;
}

/* --- states ---------------------------------------------------------------------------------- */

/* What the last cell of `step` sites adds to the extensive values, per site: chains of `sites` and
 * sites - step sites, in units of a cell. */
static gf_state subtract(const gf_state *more, const gf_state *less, int sites, int step) {
    const double n = (double)sites / step;
    gf_state s = {.lambda = {more->lambda[0], more->lambda[1]},
                  .log_partition = n * more->log_partition - (n - 1) * less->log_partition};
    for (size_t p = 0; p < GF_PAIRS; ++p) {
        s.susceptibility[p] = n * more->susceptibility[p] - (n - 1) * less->susceptibility[p];
        s.noise[p] = n * more->noise[p] - (n - 1) * less->noise[p];
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        s.density[i] = n * more->density[i] - (n - 1) * less->density[i];
        s.force[i] = n * more->force[i] - (n - 1) * less->force[i];
        for (size_t j = 0; j < GF_CHARGES; ++j) {
            s.force_slope[i][j] = n * more->force_slope[i][j] - (n - 1) * less->force_slope[i][j];
        }
    }
    return s;
}

/* One rung of a ladder, as a source of states. */
typedef struct rung {
    const gf_ladder *ladder;
    gf_ladder_kind kind;
    size_t size;
} rung;

static void evaluate_rung(void *context, const double lambda[GF_CHARGES], gf_state *state) {
    const rung *self = context;
    if (self->kind == GF_RINGS) {
        gf_gibbs_evaluate(ring(self->ladder, self->size)->gibbs, lambda, GF_SLOPES, state);
        return;
    }
    gf_state more, less;
    gf_gibbs_evaluate(open_chain(self->ladder, self->size + 1)->gibbs, lambda, GF_SLOPES, &more);
    gf_gibbs_evaluate(open_chain(self->ladder, self->size)->gibbs, lambda, GF_SLOPES, &less);
    *state = subtract(&more, &less, sites_of(self->ladder, self->size), self->ladder->step);
}

static double *entry(double *const *of_kind, const gf_ladder_table *table, gf_ladder_kind kind,
                     size_t size, size_t row) {
    return of_kind[kind] + (size * table->rows + row) * table->columns;
}

static gf_status allocate_table(const gf_ladder *self, gf_ladder_table *table, size_t rows,
                                size_t columns, gf_error *error) {
    *table = (gf_ladder_table){.rows = rows, .columns = columns};
    size_t count = self->sizes * rows * columns;
    table->scale = calloc(rows * columns + 1, sizeof(double));
    if (table->scale == NULL) {
        return gf_fail_memory(error, "the ladder");
    }
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        table->value[kind] = malloc((count + 1) * sizeof(double));
        table->error[kind] = malloc((count + 1) * sizeof(double));
        if (table->value[kind] == NULL || table->error[kind] == NULL) {
            return gf_fail_memory(error, "the ladder");
        }
        for (size_t i = 0; i < count; ++i) {
            table->value[kind][i] = NAN;
            table->error[kind][i] = INFINITY;
        }
    }
    return GF_OK;
}

static void free_table(gf_ladder_table *table) {
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        free(table->value[kind]);
        free(table->error[kind]);
    }
    free(table->scale);
    *table = (gf_ladder_table){0};
}

static void fill_states(gf_ladder *self) {
    gf_ladder_table *table = &self->states;
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        for (size_t size = 0; size < self->sizes; ++size) {
            rung here = {self, (gf_ladder_kind)kind, size};
            for (size_t p = 0; p < self->points; ++p) {
                double *value = entry(table->value, table, here.kind, size, p);
                gf_state s;
                evaluate_rung(&here, self->lambda[p], &s);
                value[GF_LADDER_LOG_PARTITION] = s.log_partition;
                memcpy(value + GF_LADDER_DENSITY, s.density, sizeof s.density);
                memcpy(value + GF_LADDER_FORCE, s.force, sizeof s.force);
                memcpy(value + GF_LADDER_NOISE, s.noise, sizeof s.noise);
                memcpy(value + GF_LADDER_SUSCEPTIBILITY, s.susceptibility, sizeof s.susceptibility);
            }
        }
    }
}

/* --- fixed points ---------------------------------------------------------------------------- */

static bool is_mirrored(const gf_ladder *self, const gf_fixed_point *a, const gf_fixed_point *b) {
    return fabs(a->density[0] + b->density[0]) < MIRROR &&
           fabs(a->density[1] - b->density[1]) < MIRROR * self->energy_unit;
}

/* Keeps the isolated fixed points, and of mirror images the one of positive magnetisation. */
static void thin_out(const gf_ladder *self, gf_fixed_points *points) {
    size_t kept = 0;
    for (size_t i = 0; i < points->count; ++i) {
        bool redundant = points->points[i].stability == GF_BORDER;
        for (size_t j = i + 1; j < points->count; ++j) {
            redundant = redundant || is_mirrored(self, &points->points[i], &points->points[j]);
        }
        if (!redundant) {
            points->points[kept++] = points->points[i];
        }
    }
    points->count = kept;
}

/* The fixed points of the largest ring; none where magnetisation and energy are not independent. */
static gf_status find_references(const gf_ladder *self, gf_fixed_points *points, gf_error *error) {
    const gf_ladder_chain *largest = ring(self, self->sizes - 1);
    gf_region region = {0};
    gf_survey *survey = NULL;
    *points = (gf_fixed_points){0};
    gf_status status = gf_region_init(&region, largest->spectrum, error);
    if (status == GF_OK && region.count > 0) {
        status = gf_survey_create(largest->spectrum, &survey, error);
        if (status == GF_OK) {
            status = gf_fixed_points_find(survey, &region, gf_gibbs_rates(largest->gibbs), points,
                                          error);
        }
    }
    if (status == GF_OK) {
        thin_out(self, points);
    }
    gf_survey_free(survey);
    gf_region_free(&region);
    return status;
}

/* The point of a rung that Newton's method finds from `lambda`, if it is nearer to reference `r`
 * than to any other. */
static bool find_point(rung *here, const gf_fixed_points *references, size_t r,
                       const double lambda[GF_CHARGES], gf_fixed_point *point) {
    const gf_spectrum *spectrum = open_chain(here->ladder, here->size + 1)->spectrum;
    const gf_gibbs *gibbs = here->kind == GF_RINGS
                                ? ring(here->ladder, here->size)->gibbs
                                : open_chain(here->ladder, here->size + 1)->gibbs;
    const gf_state_source source = {
        .evaluate = evaluate_rung, .context = here, .energy_unit = here->ladder->energy_unit};
    gf_state state;
    evaluate_rung(here, lambda, &state);
    gf_fixed_point_descend(&source, &state);
    bool found =
        gf_fixed_point_vanishes(gibbs, state.force) && gf_fixed_point_describe(&state, point);
    for (size_t k = 0; k < references->count && found; ++k) {
        found = gf_fixed_point_distance(spectrum, point, &references->points[r]) <=
                gf_fixed_point_distance(spectrum, point, &references->points[k]);
    }
    return found;
}

static void store_point(const gf_fixed_point *point, double *value) {
    memcpy(value + GF_LADDER_POINT_LAMBDA, point->lambda, sizeof point->lambda);
    memcpy(value + GF_LADDER_POINT_DENSITY, point->density, sizeof point->density);
    memcpy(value + GF_LADDER_POINT_EIGENVALUES, point->eigenvalue, sizeof point->eigenvalue);
    memcpy(value + GF_LADDER_POINT_NOISE, point->noise, sizeof point->noise);
}

/* Follows every fixed point of the largest ring down both ladders. */
static void follow_points(gf_ladder *self, const gf_fixed_points *references) {
    gf_ladder_table *table = &self->fixed_points;
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        for (size_t r = 0; r < references->count; ++r) {
            double start[GF_CHARGES];
            memcpy(start, references->points[r].lambda, sizeof start);
            for (size_t size = self->sizes; size-- > 0;) {
                rung here = {self, (gf_ladder_kind)kind, size};
                gf_fixed_point point;
                if (find_point(&here, references, r, start, &point)) {
                    store_point(&point, entry(table->value, table, here.kind, size, r));
                    memcpy(start, point.lambda, sizeof start);
                }
            }
        }
    }
}

/* --- limits ---------------------------------------------------------------------------------- */

/* Natural sizes of the columns of a state, from infinite temperature. */
static void scale_states(const gf_ladder *self, double *scale) {
    const gf_ladder_chain *largest = ring(self, self->sizes - 1);
    const double unit = self->energy_unit, *rates = gf_gibbs_rates(largest->gibbs);
    const double units[GF_CHARGES] = {1, unit};
    double noise[GF_CHARGES];
    gf_state hot;
    gf_gibbs_evaluate(largest->gibbs, (double[GF_CHARGES]){0}, GF_RESPONSE, &hot);
    scale[GF_LADDER_LOG_PARTITION] = 1;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        scale[GF_LADDER_DENSITY + i] = units[i];
        scale[GF_LADDER_FORCE + i] = gf_spectrum_force_scale(largest->spectrum, rates, i);
        noise[i] = sqrt(fmax(hot.noise[gf_pair(i, i)], 0));
        for (size_t j = 0; j <= i; ++j) {
            scale[GF_LADDER_NOISE + gf_pair(i, j)] = noise[i] * noise[j];
            scale[GF_LADDER_SUSCEPTIBILITY + gf_pair(i, j)] = units[i] * units[j];
        }
    }
}

/* Likewise of a fixed point, which rounding moves the further the slower it attracts. */
static void scale_point(const gf_ladder *self, const double *state_scale,
                        const gf_fixed_point *point, double *scale) {
    const double unit = self->energy_unit;
    double force = hypot(state_scale[GF_LADDER_FORCE], state_scale[GF_LADDER_FORCE + 1] / unit);
    double slow = fmin(gf_fixed_point_rate(point, 0), gf_fixed_point_rate(point, 1));
    double sensitivity = fmax(1, force / slow);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        scale[GF_LADDER_POINT_LAMBDA + i] = sensitivity * (i == GF_ENERGY ? 1 / unit : 1);
        scale[GF_LADDER_POINT_DENSITY + i] = sensitivity * (i == GF_ENERGY ? unit : 1);
        scale[GF_LADDER_POINT_EIGENVALUES + 2 * i] = sensitivity * force;
        scale[GF_LADDER_POINT_EIGENVALUES + 2 * i + 1] = sensitivity * force;
    }
    for (size_t p = 0; p < GF_PAIRS; ++p) {
        scale[GF_LADDER_POINT_NOISE + p] = sensitivity * state_scale[GF_LADDER_NOISE + p];
    }
}

static void set_scales(gf_ladder *self, const gf_fixed_points *references) {
    double scale[GF_LADDER_STATE_COLUMNS];
    scale_states(self, scale);
    for (size_t p = 0; p < self->points;
         ++p) { /* weights are the less exact the colder the state */
        double cold = 1 + hypot(self->lambda[p][0], self->lambda[p][1] * self->energy_unit);
        for (size_t column = 0; column < GF_LADDER_STATE_COLUMNS; ++column) {
            self->states.scale[p * GF_LADDER_STATE_COLUMNS + column] = cold * scale[column];
        }
    }
    for (size_t r = 0; r < references->count; ++r) {
        scale_point(self, scale, &references->points[r],
                    self->fixed_points.scale + r * GF_LADDER_POINT_COLUMNS);
    }
}

/* The errors of one entry, at every size and for both kinds. */
static void estimate_entry(const gf_ladder *self, gf_ladder_table *table, size_t row,
                           size_t column) {
    double x[GF_LADDERS][GF_CHAIN_MAX_SITES], scale = table->scale[row * table->columns + column];
    for (size_t size = 0; size < self->sizes; ++size) {
        gf_thermodynamic_limit limit[GF_LADDERS];
        for (int k = 0; k < GF_LADDERS; ++k) {
            x[k][size] = entry(table->value, table, (gf_ladder_kind)k, size, row)[column];
            double rounding = ROUNDING * sites_of(self, size) * fmax(scale, fabs(x[k][size]));
            limit[k] = gf_thermodynamic_limit_estimate(x[k], size + 1, rounding);
        }
        gf_thermodynamic_limit_reconcile(&limit[GF_RINGS], &limit[GF_LINKED]);
        for (int k = 0; k < GF_LADDERS; ++k) {
            entry(table->error, table, (gf_ladder_kind)k, size, row)[column] = limit[k].error;
        }
    }
}

static void estimate_table(const gf_ladder *self, gf_ladder_table *table) {
    for (size_t i = 0; i < table->rows * table->columns; ++i) {
        estimate_entry(self, table, i / table->columns, i % table->columns);
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status choose_points(gf_ladder *self, const double (*lambda)[GF_CHARGES], size_t points,
                               const gf_fixed_points *references, gf_error *error) {
    enum { DEFAULTS = 5 };
    static const double default_lambda[DEFAULTS][GF_CHARGES] = {
        {0, -0.5}, {0, -0.25}, {0.25, 0}, {0, 0.25}, {0, 0.5}};
    size_t count = points > 0 ? points : references->count > 0 ? references->count : DEFAULTS;
    self->points = count;
    self->lambda = calloc(count, sizeof *self->lambda);
    self->stability = calloc(references->count + 1, sizeof *self->stability);
    if (self->lambda == NULL || self->stability == NULL) {
        return gf_fail_memory(error, "the ladder");
    }
    for (size_t r = 0; r < references->count; ++r) {
        self->stability[r] = references->points[r].stability;
    }
    for (size_t p = 0; p < count; ++p) {
        const double *from = points > 0              ? lambda[p]
                             : references->count > 0 ? references->points[p].lambda
                                                     : default_lambda[p];
        bool in_units = points == 0 && references->count == 0;
        self->lambda[p][0] = from[0];
        self->lambda[p][1] = in_units ? from[1] / self->energy_unit : from[1];
    }
    return GF_OK;
}

gf_status gf_ladder_compute(gf_ladder *self, const double (*lambda)[GF_CHARGES], size_t points,
                            const gf_progress *progress, gf_error *error) {
    gf_fixed_points references = {0};
    gf_status status = diagonalize(self, progress, error);
    if (status == GF_OK) {
        self->energy_unit = ring(self, self->sizes - 1)->spectrum->energy_unit;
        status = make_gibbs(self, error);
    }
    if (status == GF_OK) {
        status = find_references(self, &references, error);
    }
    if (status == GF_OK) {
        status = choose_points(self, lambda, points, &references, error);
    }
    if (status == GF_OK) {
        status = allocate_table(self, &self->states, self->points, GF_LADDER_STATE_COLUMNS, error);
    }
    if (status == GF_OK) {
        status = allocate_table(self, &self->fixed_points, references.count,
                                GF_LADDER_POINT_COLUMNS, error);
    }
    if (status == GF_OK) {
        fill_states(self);
        follow_points(self, &references);
        set_scales(self, &references);
        estimate_table(self, &self->states);
        estimate_table(self, &self->fixed_points);
    }
    gf_fixed_points_free(&references);
    return status;
}

void gf_ladder_free(gf_ladder *self) {
    if (self == NULL) {
        return;
    }
    for (size_t c = 0; self->chains != NULL && c < count_chains(self); ++c) {
        gf_gibbs_free(self->chains[c].gibbs);
        gf_spectrum_free(self->chains[c].spectrum);
        gf_model_free(self->chains[c].model);
    }
    free(self->chains);
    free_table(&self->states);
    free_table(&self->fixed_points);
    free(self->lambda);
    free(self->stability);
    free(self);
}

/* --- reading off ----------------------------------------------------------------------------- */

int gf_ladder_first(const gf_ladder *self) {
    return self->first;
}

int gf_ladder_step(const gf_ladder *self) {
    return self->step;
}

size_t gf_ladder_sizes(const gf_ladder *self) {
    return self->sizes;
}

double gf_ladder_energy_unit(const gf_ladder *self) {
    return self->energy_unit;
}

const double (*gf_ladder_lambda(const gf_ladder *self))[GF_CHARGES] {
    return (const double(*)[GF_CHARGES])self->lambda;
}

const gf_ladder_table *gf_ladder_states(const gf_ladder *self) {
    return &self->states;
}

const gf_ladder_table *gf_ladder_fixed_points(const gf_ladder *self) {
    return &self->fixed_points;
}

gf_stability gf_ladder_stability(const gf_ladder *self, size_t row) {
    return self->stability[row];
}

gf_ladder_kind gf_ladder_better(const gf_ladder_table *table, size_t size, size_t row,
                                size_t column) {
    double rings = entry(table->error, table, GF_RINGS, size, row)[column];
    double linked = entry(table->error, table, GF_LINKED, size, row)[column];
    return linked < rings ? GF_LINKED : GF_RINGS;
}

gf_thermodynamic_limit gf_ladder_estimate(const gf_ladder_table *table, gf_ladder_kind kind,
                                          size_t size, size_t row, size_t column) {
    gf_ladder_kind one = kind == GF_LADDERS ? gf_ladder_better(table, size, row, column) : kind;
    return (gf_thermodynamic_limit){.value = entry(table->value, table, one, size, row)[column],
                                    .error = entry(table->error, table, one, size, row)[column]};
}

gf_ladder_check gf_ladder_predict(const gf_ladder *self, const gf_ladder_table *table,
                                  gf_ladder_kind kind) {
    gf_ladder_check check = {0};
    size_t last = self->sizes - 1;
    for (size_t i = 0; i < table->rows * table->columns && last >= 2; ++i) {
        size_t row = i / table->columns, column = i % table->columns;
        gf_thermodynamic_limit before = gf_ladder_estimate(table, kind, last - 2, row, column);
        double value = gf_ladder_estimate(table, kind, last, row, column).value;
        bool zero = fmax(fabs(value), fabs(before.value)) < NOTHING * table->scale[i];
        if (isnan(value) || zero) {
            continue;
        }
        check.unsettled += isinf(before.error) != 0;
        check.within += isfinite(before.error) && fabs(value - before.value) <= before.error;
        check.beyond += isfinite(before.error) && !(fabs(value - before.value) <= before.error);
    }
    return check;
}

const gf_model *gf_ladder_largest(const gf_ladder *self, const gf_spectrum **spectrum) {
    const gf_ladder_chain *ring_chain = ring(self, self->sizes - 1);
    const gf_ladder_chain *chain = self->periodic ? ring_chain : open_chain(self, self->sizes);
    *spectrum = chain->spectrum;
    return chain->model;
}
