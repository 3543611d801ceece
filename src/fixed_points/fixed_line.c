#include "fixed_points/fixed_line.h"

#include "fixed_points/curve.h"
#include "fixed_points/fixed_point.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The unknowns are asinh of lambda, dimensionless, so that steps grow far out. */
enum { MAX_STEPS = 2000 };
static const double LONGEST = 0.1, DIFFERENCE = 1e-6, ACCURACY = 1e-11;
static const double NEAR = 0.05;      /* on the line, in these unknowns */
static const double DEPTH = 1e-5;     /* closer to the border than this the line has ended */
static const double VANISHING = 1e-9; /* of the largest possible force: all of it, not one part */
static const double FARTHEST = 7;     /* or out there */

typedef struct follower {
    gf_gibbs *gibbs;
    const gf_region *region;
    double weight[GF_CHARGES];
    double unit, scale;
    gf_fixed_line *line;
    size_t capacity;
} follower;

static void to_unknowns(double unit, const double lambda[GF_CHARGES], double x[GF_CHARGES]) {
    x[0] = asinh(lambda[0]);
    x[1] = asinh(lambda[1] * unit);
}

static void to_lambda(const follower *self, const double *x, double lambda[GF_CHARGES]) {
    lambda[0] = sinh(x[0]);
    lambda[1] = sinh(x[1]) / self->unit;
}

static bool equation(void *context, const double *x, double *residual) {
    follower *self = context;
    double lambda[GF_CHARGES];
    gf_state state;
    to_lambda(self, x, lambda);
    gf_gibbs_drift(self->gibbs, lambda, &state);
    residual[0] =
        (self->weight[0] * state.force[0] + self->weight[1] * state.force[1] / self->unit) /
        self->scale;
    return isfinite(residual[0]);
}

/* A point on the line is stable if what lies beside the line comes to it. */
static bool describe(const follower *self, const double *x, gf_fixed_point *point) {
    double lambda[GF_CHARGES];
    gf_state state;
    to_lambda(self, x, lambda);
    gf_gibbs_evaluate(self->gibbs, lambda, GF_SLOPES, &state);
    const double force[GF_CHARGES] = {state.force[0], state.force[1] / self->unit};
    if (hypot(force[0], force[1]) > VANISHING * self->scale || fabs(x[0]) > FARTHEST ||
        fabs(x[1]) > FARTHEST || gf_region_depth(self->region, state.density) <= DEPTH ||
        !gf_fixed_point_describe(&state, point)) {
        return false;
    }
    bool first = gf_fixed_point_rate(point, 0) > gf_fixed_point_rate(point, 1);
    point->stability = point->eigenvalue[first ? 0 : 1][0] < 0 ? GF_STABLE : GF_UNSTABLE;
    return true;
}

static gf_status append(follower *self, const gf_fixed_point *point, gf_error *error) {
    gf_fixed_line *line = self->line;
    if (line->count == self->capacity) {
        size_t capacity = 2 * self->capacity + 64;
        gf_fixed_point *grown = realloc(line->points, capacity * sizeof *grown);
        if (grown == NULL) {
            return gf_fail_memory(error, "lines of fixed points");
        }
        line->points = grown;
        self->capacity = capacity;
    }
    line->points[line->count++] = *point;
    return GF_OK;
}

static double distance(const double *a, const double *b) {
    return hypot(a[0] - b[0], a[1] - b[1]);
}

/* Goes on to the border, or back to the start. */
static gf_status walk(follower *self, gf_curve curve, bool *closed, gf_error *error) {
    const gf_curve start = curve;
    gf_fixed_point point;
    gf_status status = GF_OK;
    *closed = false;
    for (int step = 0; step < MAX_STEPS && status == GF_OK && !*closed; ++step) {
        if (!gf_curve_advance(&curve) || !describe(self, curve.x, &point)) {
            break;
        }
        *closed = step > 3 && distance(curve.x, start.x) < 0.7 * curve.step;
        status = append(self, &point, error);
    }
    return status;
}

static void reverse(gf_fixed_line *line) {
    for (size_t k = 0; k < line->count / 2; ++k) {
        gf_fixed_point swapped = line->points[k];
        line->points[k] = line->points[line->count - 1 - k];
        line->points[line->count - 1 - k] = swapped;
    }
}

gf_status gf_fixed_line_follow(gf_gibbs *gibbs, const gf_region *region,
                               const double weight[GF_CHARGES], const double lambda[GF_CHARGES],
                               gf_fixed_line *line, gf_error *error) {
    const gf_spectrum *spectrum = gf_gibbs_spectrum(gibbs);
    follower self = {.gibbs = gibbs,
                     .region = region,
                     .weight = {weight[0], weight[1]},
                     .unit = spectrum->energy_unit,
                     .scale = gf_fixed_point_force_scale(spectrum, gf_gibbs_rates(gibbs)),
                     .line = line};
    const gf_curve_system system = {.unknowns = GF_CHARGES,
                                    .evaluate = equation,
                                    .context = &self,
                                    .difference = DIFFERENCE,
                                    .tolerance = ACCURACY};
    double x[GF_CURVE_UNKNOWNS] = {0};
    gf_curve curve;
    gf_fixed_point point;
    bool closed = false;
    *line = (gf_fixed_line){0};
    to_unknowns(self.unit, lambda, x);
    if (!gf_curve_begin(&curve, &system, x, GF_MAGNETIZATION, LONGEST) ||
        !describe(&self, curve.x, &point)) {
        return GF_OK;
    }
    gf_status status = walk(&self, curve, &closed, error);
    reverse(line);
    if (status == GF_OK) {
        status = append(&self, &point, error);
    }
    if (status == GF_OK && !closed) {
        gf_curve_reverse(&curve);
        status = walk(&self, curve, &closed, error);
    }
    if (line->count > 1 && line->points[0].density[0] > line->points[line->count - 1].density[0]) {
        reverse(line);
    }
    return status;
}

bool gf_fixed_line_passes(const gf_fixed_line *self, double energy_unit,
                          const double lambda[GF_CHARGES]) {
    double x[GF_CHARGES], a[GF_CHARGES], b[GF_CHARGES];
    to_unknowns(energy_unit, lambda, x);
    for (size_t k = 0; k + 1 < self->count; ++k) {
        to_unknowns(energy_unit, self->points[k].lambda, a);
        to_unknowns(energy_unit, self->points[k + 1].lambda, b);
        const double step[GF_CHARGES] = {b[0] - a[0], b[1] - a[1]};
        double size = step[0] * step[0] + step[1] * step[1];
        double along = ((x[0] - a[0]) * step[0] + (x[1] - a[1]) * step[1]) / size;
        along = fmax(0, fmin(1, along));
        const double nearest[GF_CHARGES] = {a[0] + along * step[0], a[1] + along * step[1]};
        if (distance(nearest, x) < NEAR) {
            return true;
        }
    }
    return false;
}
