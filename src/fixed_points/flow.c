#include "gibbsflow/flow.h"

#include "base/matrix.h"
#include "fixed_points/fixed_point.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double DEPARTURE = 1e-3;    /* from the saddle, in density */
static const double ARRIVAL = 2e-3;      /* at a fixed point */
static const double LONGEST_STEP = 0.02; /* in density, so that lines are smooth */

/* Tolerance of lambda per step, and how close to the border a line ends. Back in time lines draw
 * together, and errors fade; towards the border lambda grows without end, and steps shrink. */
static const double TOLERANCE = 1e-6, BORDER = 1e-5, BACK_TOLERANCE = 1e-5, BACK_BORDER = 1e-3;

enum { MAX_STEPS = 20000 };

/* What a line is traced in, and which way in time: 1, or -1 for back. */
typedef struct field {
    gf_gibbs *gibbs;
    const gf_region *region;
    const gf_fixed_points *points;
    int sense;
    double tolerance, border;
} field;

/* dlambda/ds = -sense C^-1 f / |f| */
static bool slope_at(const field *self, const double lambda[GF_CHARGES], double slope[GF_CHARGES],
                     double density[GF_CHARGES]) {
    gf_state state;
    gf_gibbs_evaluate(self->gibbs, lambda, GF_RESPONSE, &state);
    double speed = gf_spectrum_length(gf_gibbs_spectrum(self->gibbs), state.force);
    double direction[GF_CHARGES], c[GF_CHARGES][GF_CHARGES];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        direction[i] = -self->sense * state.force[i] / speed;
        density[i] = state.density[i];
    }
    gf_matrix_unpack(state.susceptibility, c);
    return speed > 0 && gf_matrix_solve(c, direction, slope);
}

/* One step of Bogacki and Shampine's embedded pair of orders 3 and 2; the error estimate is that of
 * lambda. `k` holds the slope at the start and, if all goes well, at the end. */
static bool try_step(const field *self, const double from[GF_CHARGES], double step,
                     double k[GF_CHARGES], double to[GF_CHARGES], double density[GF_CHARGES],
                     double *error) {
    double k1[GF_CHARGES] = {k[0], k[1]}, k2[GF_CHARGES], k3[GF_CHARGES], k4[GF_CHARGES],
           unused[GF_CHARGES], middle[GF_CHARGES];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        middle[i] = from[i] + step * k1[i] / 2;
    }
    if (!slope_at(self, middle, k2, unused)) {
        return false;
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        middle[i] = from[i] + step * 3 * k2[i] / 4;
    }
    if (!slope_at(self, middle, k3, unused)) {
        return false;
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        to[i] = from[i] + step * (2 * k1[i] + 3 * k2[i] + 4 * k3[i]) / 9;
    }
    if (!slope_at(self, to, k4, density)) {
        return false;
    }
    double difference[GF_CHARGES];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        difference[i] = step * (-5 * k1[i] / 72 + k2[i] / 12 + k3[i] / 9 - k4[i] / 8);
    }
    *error = gf_spectrum_lambda_length(gf_gibbs_spectrum(self->gibbs), difference);
    memcpy(k, k4, sizeof k4);
    return true;
}

static bool append(gf_flow_line *line, size_t *capacity, const double density[GF_CHARGES]) {
    if (line->count == *capacity) {
        *capacity = 2 * *capacity + 64;
        double(*grown)[GF_CHARGES] = realloc(line->density, *capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        line->density = grown;
    }
    memcpy(line->density[line->count++], density, sizeof *line->density);
    return true;
}

/* The fixed point, other than the saddle it left, that the line has come to. */
static const gf_fixed_point *arrival(const field *self, const gf_fixed_point *saddle,
                                     const double density[GF_CHARGES]) {
    const gf_spectrum *spectrum = gf_gibbs_spectrum(self->gibbs);
    const gf_fixed_point here = {.density = {density[0], density[1]}};
    for (size_t k = 0; k < self->points->count; ++k) {
        const gf_fixed_point *point = &self->points->points[k];
        if (point != saddle && gf_fixed_point_distance(spectrum, point, &here) < ARRIVAL) {
            return point;
        }
    }
    return NULL;
}

static bool follow(const field *self, const gf_fixed_point *saddle, double lambda[GF_CHARGES],
                   gf_flow_line *line) {
    double slope[GF_CHARGES], density[GF_CHARGES], step = DEPARTURE;
    size_t capacity = 0;
    bool going = slope_at(self, lambda, slope, density);
    bool stored = append(line, &capacity, saddle->density) && append(line, &capacity, density);
    for (int n = 0; n < MAX_STEPS && going && stored; ++n) {
        double next[GF_CHARGES], next_slope[GF_CHARGES] = {slope[0], slope[1]}, error = 0;
        going = try_step(self, lambda, step, next_slope, next, density, &error);
        if (going && error <= self->tolerance) {
            memcpy(lambda, next, sizeof next);
            memcpy(slope, next_slope, sizeof slope);
            stored = append(line, &capacity, density);
            const gf_fixed_point *end = arrival(self, saddle, density);
            if (end != NULL && stored) {
                return append(line, &capacity, end->density);
            }
            going = gf_region_depth(self->region, density) > self->border;
        }
        step *= fmin(3, fmax(0.2, 0.9 * cbrt(self->tolerance / fmax(error, 1e-300))));
        step = fmin(step, LONGEST_STEP);
    }
    return stored;
}

/* The vector of length 1 along the eigenvector of an eigenvalue. */
static void find_direction(const gf_spectrum *spectrum, double a[GF_CHARGES][GF_CHARGES],
                           double eigenvalue, double direction[GF_CHARGES]) {
    double unit = spectrum->energy_unit; /* brings both candidates to the dimensions of (m, e) */
    double first[GF_CHARGES] = {-a[0][1] * unit, (a[0][0] - eigenvalue) * unit};
    double second[GF_CHARGES] = {a[1][1] - eigenvalue, -a[1][0]};
    double first_length = gf_spectrum_length(spectrum, first);
    double second_length = gf_spectrum_length(spectrum, second);
    const double *best = first_length > second_length ? first : second;
    double length = fmax(first_length, second_length);
    direction[0] = best[0] / length;
    direction[1] = best[1] / length;
}

static gf_status leave_saddle(const field *self, const gf_fixed_point *saddle, gf_flow *flow,
                              gf_error *error) {
    gf_state state;
    double matrix[GF_CHARGES][GF_CHARGES], c[GF_CHARGES][GF_CHARGES];
    double direction[GF_CHARGES], shift[GF_CHARGES];
    gf_gibbs_evaluate(self->gibbs, saddle->lambda, GF_SLOPES, &state);
    if (!gf_state_stability(&state, matrix)) {
        return GF_OK;
    }
    find_direction(gf_gibbs_spectrum(self->gibbs), matrix,
                   saddle->eigenvalue[self->sense > 0 ? 1 : 0][0], direction);
    gf_matrix_unpack(state.susceptibility, c);
    for (int side = -1; side <= 1; side += 2) {
        double away[GF_CHARGES] = {-side * DEPARTURE * direction[0],
                                   -side * DEPARTURE * direction[1]};
        if (!gf_matrix_solve(c, away, shift)) {
            continue;
        }
        double lambda[GF_CHARGES] = {saddle->lambda[0] + shift[0], saddle->lambda[1] + shift[1]};
        if (!follow(self, saddle, lambda, &flow->lines[flow->count++])) {
            return gf_fail_memory(error, "flow lines");
        }
    }
    return GF_OK;
}

static gf_status trace(const gf_model *model, const gf_spectrum *spectrum, const gf_region *region,
                       const gf_fixed_points *points, int sense, gf_flow *flow, gf_error *error) {
    field all = {.region = region,
                 .points = points,
                 .sense = sense,
                 .tolerance = sense > 0 ? TOLERANCE : BACK_TOLERANCE,
                 .border = sense > 0 ? BORDER : BACK_BORDER};
    double *rates = malloc(model->channel_count * sizeof *rates);
    *flow = (gf_flow){.lines = calloc(2 * points->count + 1, sizeof *flow->lines)};
    gf_status status =
        rates != NULL && flow->lines != NULL ? GF_OK : gf_fail_memory(error, "flow lines");
    if (status == GF_OK) {
        gf_model_rates(model, rates);
        status = gf_gibbs_create(spectrum, rates, &all.gibbs, error);
    }
    for (size_t k = 0; k < points->count && status == GF_OK; ++k) {
        if (points->points[k].stability == GF_SADDLE) {
            status = leave_saddle(&all, &points->points[k], flow, error);
        }
    }
    gf_gibbs_free(all.gibbs);
    free(rates);
    if (status != GF_OK) {
        gf_flow_free(flow);
    }
    return status;
}

gf_status gf_flow_trace(const gf_model *model, const gf_spectrum *spectrum, const gf_region *region,
                        const gf_fixed_points *points, gf_flow *flow, gf_error *error) {
    return trace(model, spectrum, region, points, 1, flow, error);
}

gf_status gf_flow_trace_separatrices(const gf_model *model, const gf_spectrum *spectrum,
                                     const gf_region *region, const gf_fixed_points *points,
                                     gf_flow *flow, gf_error *error) {
    return trace(model, spectrum, region, points, -1, flow, error);
}

void gf_flow_free(gf_flow *self) {
    for (size_t k = 0; k < self->count; ++k) {
        free(self->lines[k].density);
    }
    free(self->lines);
    *self = (gf_flow){0};
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

/* The two groups of lines. */
static const struct places {
    const char *density, *first, *description;
} unstable = {"/flow_lines/density", "/flow_lines/first",
              "flow lines from the saddles along their unstable directions, one after another"},
  stable = {"/separatrices/density", "/separatrices/first",
            "flow lines into the saddles, from there back in time, one after another"};

static void write_lines(const gf_flow *self, const struct places *places, gf_file *file) {
    size_t total = 0;
    int64_t *first = calloc(self->count + 1, sizeof *first);
    for (size_t k = 0; k < self->count; ++k) {
        total += self->lines[k].count;
    }
    double(*density)[GF_CHARGES] = calloc(total + 1, sizeof *density);
    if (first == NULL || density == NULL) {
        gf_file_reject(file, "out of memory for the flow lines");
    } else {
        for (size_t k = 0; k < self->count; ++k) {
            size_t at = (size_t)first[k];
            memcpy(density[at], self->lines[k].density, self->lines[k].count * sizeof *density);
            first[k + 1] = (int64_t)(at + self->lines[k].count);
        }
        gf_charge_axes_put(file,
                           &(gf_dataset){.path = places->density,
                                         .units = GF_UNITS_DENSITY,
                                         .description = places->description,
                                         .rank = 1,
                                         .shape = {total},
                                         .axes = {"point"}},
                           1, 1, density[0]);
        gf_file_put_integers(
            file,
            &(gf_dataset){.path = places->first,
                          .units = "1",
                          .description = "line k: points first[k] ... first[k+1]-1",
                          .rank = 1,
                          .shape = {self->count + 1},
                          .axes = {"line"}},
            first);
    }
    free(first);
    free(density);
}

void gf_flow_write(const gf_flow *self, gf_file *file) {
    write_lines(self, &unstable, file);
}

void gf_flow_write_separatrices(const gf_flow *self, gf_file *file) {
    write_lines(self, &stable, file);
}

static gf_status take_lines(const double *density, const int64_t *first, size_t lines, size_t total,
                            const char *path, gf_flow *flow, gf_file *file, gf_error *error) {
    flow->lines = calloc(lines + 1, sizeof *flow->lines);
    for (size_t k = 0; k < lines && flow->lines != NULL; ++k) {
        if (first[k] < 0 || first[k + 1] < first[k] || (size_t)first[k + 1] > total) {
            gf_file_reject(file, "%s is damaged", path);
            return gf_file_check(file, error);
        }
        gf_flow_line *line = &flow->lines[flow->count++];
        line->count = (size_t)(first[k + 1] - first[k]);
        line->density = malloc((line->count + 1) * sizeof *line->density);
        if (line->density == NULL) {
            return gf_fail_memory(error, "flow lines");
        }
        memcpy(line->density, density + GF_CHARGES * first[k], line->count * sizeof *line->density);
    }
    return flow->lines != NULL ? GF_OK : gf_fail_memory(error, "flow lines");
}

static gf_status read_lines(gf_file *file, const struct places *places, gf_flow *flow,
                            gf_error *error) {
    size_t points = 0, ends = 0;
    double *density = gf_charge_axes_get(file, places->density, 1, 1, 1, &points);
    int64_t *first = gf_file_get_integers(file, places->first, 1, &ends);
    *flow = (gf_flow){0};
    if (first != NULL && density != NULL && ends == 0) {
        gf_file_reject(file, "%s and %s do not fit together", places->density, places->first);
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK && density != NULL && first != NULL) {
        status = take_lines(density, first, ends - 1, points, places->first, flow, file, error);
    }
    free(density);
    free(first);
    if (status != GF_OK) {
        gf_flow_free(flow);
    }
    return status;
}

gf_status gf_flow_read(gf_file *file, gf_flow *flow, gf_error *error) {
    return read_lines(file, &unstable, flow, error);
}

gf_status gf_flow_read_separatrices(gf_file *file, gf_flow *flow, gf_error *error) {
    return read_lines(file, &stable, flow, error);
}
