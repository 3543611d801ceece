#include "fixed_points/fixed_points.h"

#include "base/tasks.h"
#include "fixed_points/corner.h"
#include "fixed_points/fixed_line.h"
#include "fixed_points/fixed_point.h"
#include "gibbsflow/jackknife.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The survey samples lambda_i = scale_i tan(pi x/2) at x = +-1/NODES, +-3/NODES, ...: dense where
 * temperatures are high, with the last nodes a hundred scales out. */
enum { NODES = 240 };

static const double ROUNDING = 1e-12;   /* of a force that vanishes identically */
static const double INDISTINCT = 1e-11; /* points between which |f| stays below this are one */
static const size_t MAX_LINES = 16;     /* of fixed points */
static const size_t MAX_ISOLATED = 64;  /* more marginal points than this are a line */
static const double PI = 3.14159265358979323846;

struct gf_survey {
    const gf_spectrum *spectrum;
    double node[GF_CHARGES][NODES];
    double *force; /* [channels][NODES lambda1][NODES lambda2][GF_CHARGES] */
};

/* --- survey ---------------------------------------------------------------------------------- */

static void place_nodes(gf_survey *self, const gf_state *hot) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        double variance = hot->susceptibility[gf_pair(i, i)];
        double scale = variance > 0 ? 1 / sqrt(variance) : 1;
        for (int k = 0; k < NODES; ++k) {
            double x = (2.0 * k + 1 - NODES) / NODES;
            self->node[i][k] = scale * tan(PI / 2 * x);
        }
    }
}

static double *force_at(const gf_survey *self, size_t channel, int row, int column) {
    return self->force + GF_CHARGES * ((channel * NODES + (size_t)row) * NODES + (size_t)column);
}

/* Tasks: one lambda2 each, whose nodes share the Boltzmann sums. */
typedef struct columns {
    gf_survey *survey;
    const double *rates;
} columns;

static gf_status begin_columns(const void *context, void **workspace, gf_error *error) {
    const columns *self = context;
    gf_gibbs *gibbs = NULL;
    gf_status status = gf_gibbs_create(self->survey->spectrum, self->rates, &gibbs, error);
    *workspace = gibbs;
    return status;
}

static void end_columns(void *workspace) {
    gf_gibbs_free(workspace);
}

static gf_status survey_column(const void *context, gf_task *task, gf_error *error) {
    (void)error;
    gf_survey *self = ((const columns *)context)->survey;
    int column = (int)task->index;
    for (int row = 0; row < NODES; ++row) {
        double lambda[GF_CHARGES] = {self->node[0][row], self->node[1][column]};
        gf_state state;
        gf_gibbs_evaluate(task->workspace, lambda, GF_RESPONSE, &state);
        for (size_t c = 0; c < self->spectrum->channels; ++c) {
            memcpy(force_at(self, c, row, column),
                   state.observables + c * GF_OBSERVABLES + GF_FORCE, GF_CHARGES * sizeof(double));
        }
    }
    return GF_OK;
}

static gf_status fill_survey(gf_survey *self, const double *rates, gf_error *error) {
    columns all = {self, rates};
    return gf_tasks_run(&(gf_tasks){.count = NODES,
                                    .context = &all,
                                    .begin = begin_columns,
                                    .end = end_columns,
                                    .run = survey_column},
                        error);
}

/* Chooses the nodes from the infinite-temperature state, then fills the survey. */
static gf_status start_survey(gf_survey *self, const double *rates, gf_error *error) {
    gf_gibbs *gibbs = NULL;
    gf_state hot;
    gf_status status = gf_gibbs_create(self->spectrum, rates, &gibbs, error);
    if (status != GF_OK) {
        return status;
    }
    gf_gibbs_evaluate(gibbs, (double[GF_CHARGES]){0}, GF_DENSITIES, &hot);
    gf_gibbs_free(gibbs);
    place_nodes(self, &hot);
    return fill_survey(self, rates, error);
}

gf_status gf_survey_create(const gf_spectrum *spectrum, gf_survey **survey, gf_error *error) {
    size_t channels = spectrum->channels;
    gf_survey *self = calloc(1, sizeof *self);
    double *rates = calloc(channels, sizeof *rates);
    *survey = self;
    if (self != NULL) {
        self->spectrum = spectrum;
        self->force = malloc(channels * NODES * NODES * GF_CHARGES * sizeof *self->force);
    }
    gf_status status = self != NULL && self->force != NULL && rates != NULL
                           ? start_survey(self, rates, error)
                           : gf_fail_memory(error, "the search for fixed points");
    free(rates);
    if (status != GF_OK) {
        gf_survey_free(self);
        *survey = NULL;
    }
    return status;
}

void gf_survey_free(gf_survey *self) {
    if (self != NULL) {
        free(self->force);
        free(self);
    }
}

/* --- the search ------------------------------------------------------------------------------ */

typedef struct search {
    const gf_survey *survey;
    const gf_region *region;
    const double *rates;
    gf_gibbs *gibbs;
    double scale; /* the largest possible force, dimensionless but for the rates */
    gf_fixed_points *result;
    size_t capacity;
    gf_status status;
} search;

static void node_force(const search *self, int row, int column, double force[GF_CHARGES]) {
    memset(force, 0, GF_CHARGES * sizeof *force);
    for (size_t c = 0; c < self->survey->spectrum->channels; ++c) {
        const double *channel = force_at(self->survey, c, row, column);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            force[i] += self->rates[c] * channel[i];
        }
    }
}

/* Two points are one if they are close and the force between them cannot be told from zero. */
static bool same_point(const search *self, const gf_fixed_point *a, const gf_fixed_point *b) {
    if (a->stability == GF_BORDER || b->stability == GF_BORDER) {
        return false;
    }
    double distance = gf_fixed_point_distance(self->survey->spectrum, a, b);
    double slow = fmax(gf_fixed_point_rate(a, 0), gf_fixed_point_rate(a, 1));
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        slow = fmin(slow, fmin(gf_fixed_point_rate(a, i), gf_fixed_point_rate(b, i)));
    }
    return distance < 1e-8 || (distance < 1e-3 && distance * slow < INDISTINCT * self->scale);
}

static bool add_point(search *self, const gf_fixed_point *point) {
    gf_fixed_points *all = self->result;
    for (size_t i = 0; i < all->count; ++i) {
        if (same_point(self, &all->points[i], point)) {
            return false;
        }
    }
    if (all->count == self->capacity) {
        size_t capacity = 2 * self->capacity + 8;
        gf_fixed_point *grown = realloc(all->points, capacity * sizeof *grown);
        if (grown == NULL) {
            self->status = GF_NO_MEMORY;
            return false;
        }
        all->points = grown;
        self->capacity = capacity;
    }
    all->points[all->count++] = *point;
    return true;
}

/* Close companions of a point, as just after a bifurcation, lie along the direction in which the
 * force varies least; a cell of the survey may hide them. */
static void look_around(search *self, const double lambda[GF_CHARGES]) {
    gf_state state;
    gf_gibbs_evaluate(self->gibbs, lambda, GF_SLOPES, &state);
    const double centre[GF_CHARGES] = {lambda[0], lambda[1]}; /* the list may move while it grows */
    const double *a = state.force_slope[0], *b = state.force_slope[1];
    double unit = self->survey->spectrum->energy_unit;
    double along[GF_CHARGES] = {-a[1] / unit, a[0]};
    double other[GF_CHARGES] = {-b[1] / (unit * unit), b[0] / unit};
    if (hypot(other[0], other[1]) > hypot(along[0], along[1])) {
        memcpy(along, other, sizeof along);
    }
    double length = hypot(along[0], along[1]);
    for (double reach = 0.3; reach > 1e-3 && length > 0; reach /= 10) {
        for (int side = -1; side <= 1; side += 2) {
            double start[GF_CHARGES] = {centre[0] + side * reach * along[0] / length,
                                        centre[1] + side * reach * along[1] / length / unit};
            gf_fixed_point found;
            if (gf_fixed_point_refine(self->gibbs, self->region, start, &found)) {
                (void)add_point(self, &found);
            }
        }
    }
}

/* The forces at the nodes of one row. */
typedef double row_forces[NODES][GF_CHARGES];

static void row_force(const search *self, int row, row_forces force) {
    for (int column = 0; column < NODES; ++column) {
        node_force(self, row, column, force[column]);
    }
}

/* True if both components of the force come close to zero within the cell between two rows. */
static bool may_vanish(row_forces above, row_forces below, int column) {
    bool both = true;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        double a = above[column][i], b = above[column + 1][i];
        double c = below[column][i], d = below[column + 1][i];
        double low1 = a < b ? a : b, low2 = c < d ? c : d, low = low1 < low2 ? low1 : low2;
        double high1 = a > b ? a : b, high2 = c > d ? c : d, high = high1 > high2 ? high1 : high2;
        double margin = (high - low) / 10;
        both = both && low - margin <= 0 && high + margin >= 0;
    }
    return both;
}

static void search_cells(search *self) {
    row_forces rows[2];
    row_force(self, 0, rows[0]);
    for (int row = 0; row + 1 < NODES; ++row) {
        row_force(self, row + 1, rows[(row + 1) % 2]);
        for (int column = 0; column + 1 < NODES && self->status == GF_OK; ++column) {
            double centre[GF_CHARGES] = {
                (self->survey->node[0][row] + self->survey->node[0][row + 1]) / 2,
                (self->survey->node[1][column] + self->survey->node[1][column + 1]) / 2};
            gf_fixed_point found;
            if (may_vanish(rows[row % 2], rows[(row + 1) % 2], column) &&
                self->result->count <= MAX_ISOLATED &&
                gf_fixed_point_refine(self->gibbs, self->region, centre, &found)) {
                (void)add_point(self, &found);
            }
        }
    }
    for (size_t i = 0; i < self->result->count && i < MAX_ISOLATED; ++i) {
        look_around(self, self->result->points[i].lambda);
    }
}

/* Corners of the region where the force vanishes: dark states. */
static void search_corners(search *self) {
    const gf_spectrum *spectrum = self->survey->spectrum;
    for (size_t i = 0; i < self->region->count; ++i) {
        const gf_corner *corner = &self->region->corners[i];
        double mean[GF_OBSERVABLES] = {0}, states = 0;
        int up = 0;
        while (spectrum->sector[up + 1] <= corner->level) {
            ++up;
        }
        for (size_t n = spectrum->sector[up]; n < spectrum->sector[up + 1]; ++n) {
            if (fabs(spectrum->energy[n] - spectrum->energy[corner->level]) >
                1e-12 * spectrum->sites * spectrum->energy_unit) {
                continue;
            }
            states += spectrum->degeneracy[n];
            for (size_t c = 0; c < spectrum->channels; ++c) {
                for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
                    mean[k] += spectrum->degeneracy[n] * self->rates[c] *
                               gf_spectrum_observable(spectrum, c, k)[n];
                }
            }
        }
        for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
            mean[k] /= states;
        }
        gf_fixed_point point = {.lambda = {NAN, NAN},
                                .eigenvalue = {{NAN, NAN}, {NAN, NAN}},
                                .residual = hypot(mean[GF_FORCE], mean[GF_FORCE + 1]),
                                .stability = GF_BORDER};
        memcpy(point.density, corner->density, sizeof point.density);
        memcpy(point.noise, mean + GF_NOISE, sizeof point.noise);
        if (gf_fixed_point_vanishes(self->gibbs, mean + GF_FORCE) && self->status == GF_OK) {
            self->status = gf_corner_describe(spectrum, corner, self->rates, &point, NULL);
            (void)add_point(self, &point);
        }
    }
}

/* The force at a node without its length, which varies over many decades. */
static void node_direction(const search *self, int row, int column, double force[GF_CHARGES]) {
    node_force(self, row, column, force);
    force[GF_ENERGY] /= self->survey->spectrum->energy_unit;
    double size = hypot(force[0], force[1]);
    for (size_t i = 0; i < GF_CHARGES && size > 0; ++i) {
        force[i] /= size;
    }
}

/* How often the force turns around on a walk along the outermost nodes. */
static long winding_number(const search *self) {
    double turned = 0, last[GF_CHARGES];
    node_direction(self, 0, 0, last);
    for (int k = 1; k <= 4 * (NODES - 1); ++k) {
        int side = ((k - 1) / (NODES - 1)) % 4, at = k - side * (NODES - 1);
        int row = side == 0 ? at : side == 1 ? NODES - 1 : side == 2 ? NODES - 1 - at : 0;
        int column = side == 0 ? 0 : side == 1 ? at : side == 2 ? NODES - 1 : NODES - 1 - at;
        double force[GF_CHARGES];
        node_direction(self, row, column, force);
        turned +=
            atan2(last[0] * force[1] - last[1] * force[0], last[0] * force[0] + last[1] * force[1]);
        memcpy(last, force, sizeof last);
    }
    return lround(turned / (2 * PI));
}

/* True unless the points found contradict the winding number. A dark corner makes the force too
 * small to turn in a defined way, a marginal point has no index: then nothing can be said. */
static bool indices_add_up(const search *self) {
    long sum = 0;
    for (size_t i = 0; i < self->result->count; ++i) {
        const gf_fixed_point *point = &self->result->points[i];
        if (point->stability == GF_BORDER || point->stability == GF_MARGINAL) {
            return true;
        }
        sum += point->stability == GF_SADDLE ? -1 : 1;
    }
    return sum == winding_number(self);
}

static int compare_points(const void *left, const void *right) {
    const gf_fixed_point *a = left, *b = right;
    if (fabs(a->density[0] - b->density[0]) > 1e-9) {
        return a->density[0] < b->density[0] ? -1 : 1;
    }
    return (a->density[1] > b->density[1]) - (a->density[1] < b->density[1]);
}

/* Charges that the bath leaves alone, and the line of fixed points that follows: sums over all
 * states of F_i F_j, which vanish for a conserved charge, and whose determinant vanishes if a
 * combination of both is conserved, because then the forces are proportional in every state. */
static void find_conserved(search *self, double sum[GF_PAIRS]) {
    const gf_spectrum *spectrum = self->survey->spectrum;
    memset(sum, 0, GF_PAIRS * sizeof *sum);
    self->scale = gf_fixed_point_force_scale(spectrum, self->rates);
    for (size_t n = 0; n < spectrum->levels && self->scale > 0; ++n) {
        double force[GF_CHARGES] = {0};
        for (size_t c = 0; c < spectrum->channels; ++c) {
            for (size_t i = 0; i < GF_CHARGES; ++i) {
                force[i] += self->rates[c] * gf_spectrum_observable(spectrum, c, GF_FORCE + i)[n];
            }
        }
        double x = force[0] / self->scale, y = force[1] / spectrum->energy_unit / self->scale;
        sum[0] += spectrum->degeneracy[n] * x * x;
        sum[1] += spectrum->degeneracy[n] * x * y;
        sum[2] += spectrum->degeneracy[n] * y * y;
    }
    double trace = sum[0] + sum[2], determinant = sum[0] * sum[2] - sum[1] * sum[1];
    for (size_t i = 0; i < GF_CHARGES; ++i) { /* no greater than `trace` even where all are zero */
        self->result->conserved[i] = sum[gf_pair(i, i)] <= ROUNDING * ROUNDING * trace;
    }
    self->result->continuum = determinant <= ROUNDING * ROUNDING * trace * trace;
}

/* The combination of forces that does not vanish where another one does: the larger eigenvector of
 * the sums over all states. */
static bool driven_combination(const double sum[GF_PAIRS], double weight[GF_CHARGES]) {
    double half = (sum[0] - sum[2]) / 2, largest = (sum[0] + sum[2]) / 2 + hypot(half, sum[1]);
    weight[0] = half >= 0 ? largest - sum[2] : sum[1];
    weight[1] = half >= 0 ? sum[1] : largest - sum[0];
    double length = hypot(weight[0], weight[1]);
    if (!(length > 0)) {
        return false; /* neither charge is driven */
    }
    weight[0] /= length;
    weight[1] /= length;
    return true;
}

static gf_status add_line(search *self, const double weight[GF_CHARGES],
                          const double lambda[GF_CHARGES], gf_error *error) {
    gf_fixed_points *all = self->result;
    gf_fixed_line line;
    gf_status status =
        gf_fixed_line_follow(self->gibbs, self->region, weight, lambda, &line, error);
    gf_fixed_line *grown = status == GF_OK && line.count > 1
                               ? realloc(all->lines, (all->line_count + 1) * sizeof *grown)
                               : NULL;
    if (grown == NULL) {
        free(line.points);
        return status == GF_OK && line.count > 1 ? gf_fail_memory(error, "lines of fixed points")
                                                 : status;
    }
    all->lines = grown;
    all->lines[all->line_count++] = line;
    return GF_OK;
}

static bool is_on_lines(const search *self, const double lambda[GF_CHARGES]) {
    for (size_t k = 0; k < self->result->line_count; ++k) {
        if (gf_fixed_line_passes(&self->result->lines[k], self->survey->spectrum->energy_unit,
                                 lambda)) {
            return true;
        }
    }
    return false;
}

/* Lines begin where what is driven changes sign between two nodes of a row. */
static gf_status follow_lines(search *self, const double weight[GF_CHARGES], gf_error *error) {
    const gf_survey *survey = self->survey;
    gf_status status = GF_OK;
    for (int row = 0; row < NODES; ++row) {
        double before = 0;
        for (int column = 0; column < NODES && status == GF_OK; ++column) {
            double force[GF_CHARGES];
            node_force(self, row, column, force);
            double value =
                (weight[0] * force[0] + weight[1] * force[1] / survey->spectrum->energy_unit) /
                self->scale;
            double x = before / (before - value);
            const double *node = &survey->node[1][column];
            if (before * value < 0 && fmin(fabs(before), fabs(value)) > ROUNDING) {
                const double start[GF_CHARGES] = {survey->node[0][row],
                                                  node[-1] + x * (node[0] - node[-1])};
                status = is_on_lines(self, start) || self->result->line_count == MAX_LINES
                             ? GF_OK
                             : add_line(self, weight, start, error);
            }
            before = value;
        }
    }
    return status;
}

static size_t count_marginal(const gf_fixed_points *points) {
    size_t count = 0;
    for (size_t i = 0; i < points->count; ++i) {
        count += points->points[i].stability == GF_MARGINAL;
    }
    return count;
}

/* Statistical errors of the places; NaN where the force has no slope to tell. */
static gf_status find_errors(const search *self, gf_error *error) {
    gf_jackknife *scatter = NULL;
    gf_status status = gf_jackknife_create(self->survey->spectrum, self->rates, &scatter, error);
    for (size_t k = 0; k < self->result->count && status == GF_OK; ++k) {
        gf_fixed_point *point = &self->result->points[k];
        gf_state state;
        double force[GF_CHARGES];
        if (point->stability != GF_BORDER) {
            gf_gibbs_evaluate(self->gibbs, point->lambda, GF_SLOPES, &state);
            (void)gf_jackknife_at_density(scatter, &state, force, point->density_error);
        }
    }
    gf_jackknife_free(scatter);
    return status;
}

gf_status gf_fixed_points_find(const gf_survey *survey, const gf_region *region,
                               const double *rates, gf_fixed_points *result, gf_error *error) {
    search self = {.survey = survey, .region = region, .rates = rates, .result = result};
    *result = (gf_fixed_points){.complete = true};
    if (region->count == 0) {
        return gf_fail(error, GF_INVALID,
                       "magnetisation and energy are not independent in this model (the joint "
                       "spectrum lies on a line), so fixed points in their plane are not defined");
    }
    double sum[GF_PAIRS], weight[GF_CHARGES];
    find_conserved(&self, sum);
    self.status = gf_gibbs_create(survey->spectrum, rates, &self.gibbs, error);
    if (self.status != GF_OK) {
        return self.status;
    }
    if (!result->continuum) {
        search_cells(&self);
        if (count_marginal(result) > MAX_ISOLATED / 2) {
            result->continuum = true;
            result->count = 0;
        }
    }
    if (result->continuum && self.status == GF_OK && driven_combination(sum, weight)) {
        self.status = follow_lines(&self, weight, error);
    } else if (!result->continuum) {
        search_corners(&self);
        result->complete = indices_add_up(&self);
    }
    if (self.status == GF_OK && survey->spectrum->sample != NULL) {
        self.status = find_errors(&self, error);
    }
    gf_gibbs_free(self.gibbs);
    if (self.status != GF_OK) {
        gf_fixed_points_free(result);
        return gf_fail_memory(error, "fixed points");
    }
    if (result->count > 0) {
        qsort(result->points, result->count, sizeof *result->points, compare_points);
    }
    return GF_OK;
}

void gf_fixed_points_free(gf_fixed_points *self) {
    for (size_t k = 0; k < self->line_count; ++k) {
        free(self->lines[k].points);
    }
    free(self->lines);
    free(self->points);
    *self = (gf_fixed_points){0};
}

void gf_fixed_points_carry(gf_fixed_points *self, gf_bytes *bytes) {
    size_t lines = self->line_count;
    if (bytes->reads) {
        gf_fixed_points_free(self);
    }
    gf_bytes_carry(bytes, &self->count, sizeof self->count);
    gf_bytes_carry(bytes, self->conserved, sizeof self->conserved);
    gf_bytes_carry(bytes, &self->continuum, sizeof self->continuum);
    gf_bytes_carry(bytes, &self->complete, sizeof self->complete);
    gf_bytes_carry(bytes, &lines, sizeof lines);
    self->points = gf_bytes_carry_array(bytes, self->points, self->count * sizeof *self->points);
    if (bytes->reads && lines > 0 && !bytes->failed) {
        self->lines = calloc(lines, sizeof *self->lines);
        bytes->failed = self->lines == NULL;
        self->line_count = self->lines != NULL ? lines : 0;
    }
    for (size_t k = 0; k < self->line_count; ++k) {
        gf_fixed_line *line = &self->lines[k];
        gf_bytes_carry(bytes, &line->count, sizeof line->count);
        line->points =
            gf_bytes_carry_array(bytes, line->points, line->count * sizeof *line->points);
    }
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

/* /fixed_points/density_error, if there are errors. */
static void write_errors(const gf_fixed_points *self, gf_file *file) {
    double *errors = calloc(GF_CHARGES * self->count + 1, sizeof *errors);
    bool any = false;
    for (size_t k = 0; k < self->count && errors != NULL; ++k) {
        double *error = errors + GF_CHARGES * k;
        memcpy(error, self->points[k].density_error, GF_CHARGES * sizeof *errors);
        any = any || error[0] != 0 || error[1] != 0;
    }
    if (errors == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    } else if (any) {
        gf_charge_axes_put(file,
                           &(gf_dataset){.path = "/fixed_points/density_error",
                                         .units = GF_UNITS_DENSITY,
                                         .description = "statistical standard error of density",
                                         .rank = 1,
                                         .shape = {self->count},
                                         .axes = {"fixed point"}},
                           1, 1, errors);
    }
    free(errors);
}

/* /fixed_points/lines: the points of all lines one after another, and where each begins. */
static void write_lines(const gf_fixed_points *self, gf_file *file) {
    static const char *const axes[] = {"point"};
    size_t total = 0;
    for (size_t k = 0; k < self->line_count; ++k) {
        total += self->lines[k].count;
    }
    int64_t *first = calloc(self->line_count + 1, sizeof *first);
    gf_fixed_point *points = calloc(total + 1, sizeof *points);
    if (first == NULL || points == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    } else {
        for (size_t k = 0; k < self->line_count; ++k) {
            memcpy(points + first[k], self->lines[k].points, self->lines[k].count * sizeof *points);
            first[k + 1] = first[k] + (int64_t)self->lines[k].count;
        }
        gf_fixed_point_write_table(file, "/fixed_points/lines", 1, &total, axes, points);
        gf_file_put_integers(
            file,
            &(gf_dataset){.path = "/fixed_points/lines/first",
                          .units = "1",
                          .description = "line k is the points first[k] ... first[k+1]-1",
                          .rank = 1,
                          .shape = {self->line_count + 1},
                          .axes = {"line"}},
            first);
    }
    free(first);
    free(points);
}

void gf_fixed_points_write(const gf_fixed_points *self, gf_file *file) {
    static const char *const axes[] = {"fixed point"};
    const char *conserved = self->conserved[0] ? (self->conserved[1] ? "both" : "magnetization")
                                               : (self->conserved[1] ? "energy" : "none");
    gf_fixed_point_write_table(file, "/fixed_points", 1, &self->count, axes, self->points);
    write_errors(self, file);
    if (self->line_count > 0) {
        write_lines(self, file);
    }
    gf_file_put_text_attribute(file, "/fixed_points", "conserved_by_bath", conserved);
    gf_file_put_integer_attribute(file, "/fixed_points", "continuum", self->continuum);
    gf_file_put_integer_attribute(file, "/fixed_points", "complete", self->complete);
}

static void read_lines(gf_file *file, gf_fixed_points *result) {
    size_t total = 0, ends = 0;
    if (!gf_file_has(file, "/fixed_points/lines")) {
        return;
    }
    gf_fixed_point *points = gf_fixed_point_read_table(file, "/fixed_points/lines", 1, &total);
    int64_t *first = gf_file_get_integers(file, "/fixed_points/lines/first", 1, &ends);
    bool sound = points != NULL && first != NULL && ends > 0 && first[0] == 0;
    for (size_t k = 0; k + 1 < ends && sound; ++k) {
        sound = first[k + 1] >= first[k] && (size_t)first[k + 1] <= total;
    }
    result->lines = sound ? calloc(ends, sizeof *result->lines) : NULL;
    if (result->lines == NULL) {
        gf_file_reject(file, "/fixed_points/lines/first is damaged");
    }
    for (size_t k = 0; k + 1 < ends && result->lines != NULL; ++k) {
        gf_fixed_line *line = &result->lines[result->line_count++];
        size_t count = (size_t)(first[k + 1] - first[k]);
        line->points = calloc(count + 1, sizeof *line->points);
        if (line->points == NULL) {
            gf_file_reject(file, "out of memory for fixed points");
            break;
        }
        line->count = count;
        memcpy(line->points, points + first[k], count * sizeof *points);
    }
    free(points);
    free(first);
}

gf_status gf_fixed_points_read(gf_file *file, gf_fixed_points *result, gf_error *error) {
    *result = (gf_fixed_points){0};
    result->points = gf_fixed_point_read_table(file, "/fixed_points", 1, &result->count);
    read_lines(file, result);
    char *conserved = gf_file_get_text_attribute(file, "/fixed_points", "conserved_by_bath");
    result->continuum = gf_file_get_number_attribute(file, "/fixed_points", "continuum") != 0;
    result->complete = gf_file_get_number_attribute(file, "/fixed_points", "complete") != 0;
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        bool both = strcmp(conserved, "both") == 0;
        result->conserved[0] = both || strcmp(conserved, "magnetization") == 0;
        result->conserved[1] = both || strcmp(conserved, "energy") == 0;
    } else {
        gf_fixed_points_free(result);
    }
    free(conserved);
    return status;
}
