#include "gibbsflow/scan.h"

#include "base/matrix.h"
#include "base/progress_part.h"
#include "base/tasks.h"
#include "fixed_points/family.h"
#include "fixed_points/fixed_point.h"
#include "fixed_points/fixed_points.h"
#include "fixed_points/members.h"
#include "fixed_points/scan.h"
#include "input/arithmetic.h"

#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_POINTS = 1000000, BISECTIONS = 50, NEWTON_STEPS = 40, MAX_DIVISION = 1 << 12 };

static const double MAX_MOVE = 0.03; /* of the density along a branch in one step */
static const double MAX_JUMP = 0.5;  /* onto the border */
static const double SHARP = 1e-3;    /* bisection keeps points down to this part of an interval */
static const double NEIGHBOURHOOD = 0.1; /* of a bifurcation, to count points in */
static const double SAME_POINT = 1e-6;   /* closer than this, two ways led to the same point */
static const double SEARCHING = 0.5;     /* of the time, roughly, goes into finding points */
static const double DIAGONALISING = 0.7; /* and before that into spectra, if there are many */

/* Where spectra are interpolated: diagonalisations close to a bifurcation, and in parts of an
 * interval how close to one another they may be and what has settled. */
enum { ROUNDS = 6 };
static const double APART = 1e-2, SETTLED = 1e-9;

const char *gf_bifurcation_name(gf_bifurcation_kind kind) {
    static const char *const names[] = {"pitchfork", "transcritical", "fold", "Hopf"};
    return names[kind];
}

/* --- the parameter --------------------------------------------------------------------------- */

/* Parses one of the numbers, "0.8" or "4/5", up to `end`. */
static gf_status parse_bound(const char *whole, const char *text, size_t length, double *value,
                             gf_error *error) {
    char *copy = strndup(text, length);
    if (copy == NULL) {
        return gf_fail_memory(error, "the scan");
    }
    gf_source source = {.text = copy, .file = whole};
    gf_status status = gf_arithmetic_number(&source, NULL, value, error);
    free(copy);
    return status;
}

gf_status gf_scan_parse(const char *text, char **name, gf_axis *axis, gf_error *error) {
    const char *equals = strchr(text, '='), *first = equals != NULL ? strchr(equals, ':') : NULL;
    const char *second = first != NULL ? strchr(first + 1, ':') : NULL;
    *name = NULL;
    if (second == NULL) {
        return gf_fail(error, GF_INVALID, "'%.200s' is no range; expected name=from:to:points",
                       text);
    }
    *name = strndup(text, (size_t)(equals - text));
    gf_status status = *name != NULL ? GF_OK : gf_fail_memory(error, "the scan");
    double points = 0;
    if (status == GF_OK && !gf_arithmetic_name_is_free(*name)) {
        status = gf_fail(error, GF_INVALID, "'%.100s' cannot be the name of a parameter", *name);
    }
    if (status == GF_OK) {
        status = parse_bound(text, equals + 1, (size_t)(first - equals - 1), &axis->from, error);
    }
    if (status == GF_OK) {
        status = parse_bound(text, first + 1, (size_t)(second - first - 1), &axis->to, error);
    }
    if (status == GF_OK) {
        status = parse_bound(text, second + 1, strlen(second + 1), &points, error);
    }
    if (status == GF_OK && !(points >= 2 && points <= MAX_POINTS && points == floor(points) &&
                             axis->from < axis->to)) {
        status =
            gf_fail(error, GF_INVALID,
                    "'%.200s' is no range; expected name=from:to:points with from < to and a whole "
                    "number of points from 2 to %d",
                    text, MAX_POINTS);
    }
    axis->points = status == GF_OK ? (size_t)points : 0;
    if (status != GF_OK) {
        free(*name);
        *name = NULL;
    }
    return status;
}

/* --- running --------------------------------------------------------------------------------- */

typedef struct runner {
    gf_family *family; /* along the one parameter */
    gf_scan *scan;
    gf_error *error;
} runner;

static gf_fixed_point *point_at(const gf_scan *scan, size_t value, size_t branch) {
    return &scan->points[value * scan->branches + branch];
}

static bool present(const gf_fixed_point *point) {
    return point->stability != GF_ABSENT;
}

static bool inside(const gf_fixed_point *point) {
    return present(point) && point->stability != GF_BORDER;
}

static gf_status set_parameter(runner *self, double value) {
    return gf_family_go(self->family, &value, self->error);
}

/* The distance of two densities, with the energy in its unit. */
static double distance(const runner *self, const double a[GF_CHARGES], const double b[GF_CHARGES]) {
    const double change[GF_CHARGES] = {a[0] - b[0], a[1] - b[1]};
    return gf_family_length(self->family, change);
}

/* --- branches -------------------------------------------------------------------------------- */

static const gf_fixed_point absent = {.lambda = {NAN, NAN},
                                      .density = {NAN, NAN},
                                      .eigenvalue = {{NAN, NAN}, {NAN, NAN}},
                                      .noise = {NAN, NAN, NAN},
                                      .residual = NAN,
                                      .stability = GF_ABSENT,
                                      .border_rate = {NAN, NAN}};

/* Makes room for more branches, with no points on them. */
static gf_status add_branches(gf_scan *scan, size_t more, gf_error *error) {
    size_t wide = scan->branches + more;
    gf_fixed_point *grown = calloc(scan->axis.points * wide + 1, sizeof *grown);
    if (grown == NULL) {
        return gf_fail_memory(error, "the branches of a scan");
    }
    for (size_t value = 0; value < scan->axis.points; ++value) {
        for (size_t branch = 0; branch < wide; ++branch) {
            gf_fixed_point *target = &grown[value * wide + branch];
            if (branch < scan->branches) {
                *target = *point_at(scan, value, branch);
            } else {
                *target = absent;
            }
        }
    }
    free(scan->points);
    scan->points = grown;
    scan->branches = wide;
    return GF_OK;
}

/* Follows the branch of a point from one value of the parameter to another, in steps small enough
 * that the point hardly moves in any of them: Newton's method then stays on the branch. False if
 * the branch ends on the way; `point` and `*reached` then are the last of it. Leaves the family at
 * *reached. */
static gf_status follow(runner *self, double to, gf_fixed_point *point, double *reached,
                        bool *arrived) {
    double step = to - *reached, smallest = fabs(step) / MAX_DIVISION;
    *arrived = false;
    while (!*arrived && fabs(step) >= smallest) {
        bool last = fabs(to - *reached) <= fabs(step);
        double next = last ? to : *reached + step;
        gf_fixed_point moved;
        gf_status status = set_parameter(self, next);
        if (status != GF_OK) {
            return status;
        }
        if (gf_family_refine(self->family, point->lambda, &moved) &&
            distance(self, point->density, moved.density) < MAX_MOVE) {
            *point = moved;
            *reached = next;
            *arrived = last;
            step *= 2;
        } else {
            step /= 2;
        }
    }
    return set_parameter(self, *reached);
}

/* The point of `found` nearest to `point` that is not taken, within `reach`; found->count if none.
 */
static size_t nearest(const runner *self, const gf_fixed_point *point, const gf_fixed_points *found,
                      const bool *taken, double reach) {
    size_t best = found->count;
    for (size_t k = 0; k < found->count; ++k) {
        double gap = distance(self, point->density, found->points[k].density);
        if (!taken[k] && gap < reach) {
            reach = gap;
            best = k;
        }
    }
    return best;
}

/* Where two branches have come to one point, as those that end in a pitchfork do, it belongs to the
 * one that was closer to it before. */
static void part_branches(const runner *self, size_t value) {
    const gf_scan *scan = self->scan;
    for (size_t b = 0; b < scan->branches; ++b) {
        for (size_t c = b + 1; c < scan->branches; ++c) {
            gf_fixed_point *one = point_at(scan, value, b), *other = point_at(scan, value, c);
            if (inside(one) && inside(other) &&
                distance(self, one->density, other->density) < SAME_POINT) {
                const double *before = point_at(scan, value - 1, b)->density;
                const double *other_before = point_at(scan, value - 1, c)->density;
                bool first = distance(self, before, one->density) <=
                             distance(self, other_before, one->density);
                *(first ? other : one) = absent;
            }
        }
    }
}

/* Continues every branch to `value`: to the point found there, or to one that the search missed. */
static gf_status continue_interior(runner *self, size_t value, const gf_fixed_points *found,
                                   bool *taken) {
    gf_scan *scan = self->scan;
    for (size_t b = 0; b < scan->branches; ++b) {
        gf_fixed_point point = *point_at(scan, value - 1, b);
        double at = gf_axis_value(&scan->axis, value - 1);
        bool arrived = false;
        if (!inside(&point)) {
            continue;
        }
        gf_status status = follow(self, gf_axis_value(&scan->axis, value), &point, &at, &arrived);
        if (status != GF_OK) {
            return status;
        }
        size_t k = nearest(self, &point, found, taken, SAME_POINT);
        if (arrived) {
            *point_at(scan, value, b) = point;
        }
        if (arrived && k < found->count) {
            taken[k] = true;
        }
    }
    part_branches(self, value);
    return GF_OK;
}

/* Branches that end in a dark state, or begin in one, go on at the border. */
static void continue_at_border(const runner *self, size_t value, const gf_fixed_points *found,
                               bool *taken) {
    const gf_scan *scan = self->scan;
    for (size_t b = 0; b < scan->branches; ++b) {
        const gf_fixed_point *before = point_at(scan, value - 1, b);
        if (!present(before) || present(point_at(scan, value, b))) {
            continue;
        }
        size_t k = nearest(self, before, found, taken, MAX_JUMP);
        if (k < found->count &&
            (before->stability == GF_BORDER || found->points[k].stability == GF_BORDER)) {
            *point_at(scan, value, b) = found->points[k];
            taken[k] = true;
        }
    }
}

static gf_status store_points(runner *self, size_t value, const gf_fixed_points *found) {
    gf_scan *scan = self->scan;
    bool *taken = calloc(found->count + 1, sizeof *taken);
    gf_status status =
        taken != NULL ? GF_OK : gf_fail_memory(self->error, "the branches of a scan");
    if (status == GF_OK && value > 0) {
        status = continue_interior(self, value, found, taken);
        continue_at_border(self, value, found, taken);
    }
    size_t fresh = 0, branch = scan->branches;
    for (size_t k = 0; k < found->count && status == GF_OK; ++k) {
        fresh += !taken[k];
    }
    if (fresh > 0) {
        status = add_branches(scan, fresh, self->error);
    }
    for (size_t k = 0; k < found->count && status == GF_OK; ++k) {
        if (!taken[k]) {
            *point_at(scan, value, branch++) = found->points[k];
        }
    }
    free(taken);
    return status;
}

/* --- bifurcations ---------------------------------------------------------------------------- */

/* Of df/dq, but for a positive factor: products of small rates vanish. */
static double determinant(const gf_fixed_point *point) {
    const double(*value)[2] = point->eigenvalue;
    double size = fmax(hypot(value[0][0], value[0][1]), hypot(value[1][0], value[1][1]));
    return (value[0][0] / size) * (value[1][0] / size) -
           (value[0][1] / size) * (value[1][1] / size);
}

/* What crosses zero, at a positive determinant, in a Hopf bifurcation. */
static double trace(const gf_fixed_point *point) {
    return point->eigenvalue[0][0] + point->eigenvalue[1][0];
}

static gf_status add_bifurcation(runner *self, gf_bifurcation bifurcation) {
    gf_scan *scan = self->scan;
    for (size_t k = 0; k < scan->bifurcation_count; ++k) { /* crossing branches meet in one point */
        const gf_bifurcation *known = &scan->bifurcations[k];
        if (fabs(known->parameter - bifurcation.parameter) <
                1e-6 * (fabs(bifurcation.parameter) + scan->axis.to - scan->axis.from) &&
            distance(self, known->density, bifurcation.density) < 1e-3) {
            return GF_OK;
        }
    }
    gf_bifurcation *grown =
        realloc(scan->bifurcations, (scan->bifurcation_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return gf_fail_memory(self->error, "bifurcations");
    }
    scan->bifurcations = grown;
    scan->bifurcations[scan->bifurcation_count++] = bifurcation;
    return GF_OK;
}

/* Fixed points near a density at a value of the parameter. */
static gf_status count_near(runner *self, double value, const gf_bifurcation *where,
                            size_t *count) {
    gf_fixed_points points = {0};
    *count = 0;
    gf_status status = gf_family_find(self->family, &value, &points, self->error);
    for (size_t k = 0; k < points.count && status == GF_OK; ++k) {
        *count += distance(self, points.points[k].density, where->density) < NEIGHBOURHOOD;
    }
    gf_fixed_points_free(&points);
    return status;
}

/* A zero eigenvalue on a branch that goes through: a pitchfork if the number of points nearby
 * differs on the two sides, else branches that cross. */
static gf_status classify(runner *self, double reach, gf_bifurcation *bifurcation) {
    size_t before = 0, after = 0;
    gf_status status = count_near(self, bifurcation->parameter - reach, bifurcation, &before);
    if (status == GF_OK) {
        status = count_near(self, bifurcation->parameter + reach, bifurcation, &after);
    }
    bifurcation->kind = before != after ? GF_PITCHFORK : GF_TRANSCRITICAL;
    return status;
}

/* A point of a branch and its value of the parameter. */
typedef struct station {
    gf_fixed_point point;
    double parameter;
} station;

static double between(double a, double b, double fraction) {
    return a + fraction * (b - a);
}

/* The bifurcation at a parameter between two stations, which lie close by but not so close that the
 * flat force blurs them. */
static gf_bifurcation interpolate(const station *low, const station *high, double parameter) {
    double fraction = (parameter - low->parameter) / (high->parameter - low->parameter);
    gf_bifurcation result = {.kind = GF_HOPF, .parameter = parameter};
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        result.density[i] = between(low->point.density[i], high->point.density[i], fraction);
        result.lambda[i] = between(low->point.lambda[i], high->point.lambda[i], fraction);
    }
    return result;
}

/* Bisects along a branch for the parameter where `test` changes sign between two values. */
static gf_status bisect(runner *self, station low, station high,
                        double (*test)(const gf_fixed_point *), gf_bifurcation *result,
                        bool *found) {
    double from = low.parameter, to = high.parameter, interval = to - from;
    *found = false;
    for (int step = 0; step < BISECTIONS; ++step) {
        station middle = {low.point, low.parameter};
        bool arrived = false;
        gf_status status =
            follow(self, (from + to) / 2, &middle.point, &middle.parameter, &arrived);
        if (status != GF_OK || !arrived) {
            return status;
        }
        bool below = (test(&middle.point) < 0) == (test(&low.point) < 0);
        *(below ? &from : &to) = middle.parameter;
        if (to - from > SHARP * interval) {
            *(below ? &low : &high) = middle;
        }
    }
    *result = interpolate(&low, &high, (from + to) / 2);
    *found = true;
    return GF_OK;
}

/* Where spectra are interpolated, what was found tells where to diagonalise, until it stays where
 * it is. */
static gf_status settle(runner *self, double interval, double parameter, double *before,
                        bool *settled, int round) {
    *settled = round == ROUNDS || fabs(parameter - *before) <= SETTLED * interval;
    *before = parameter;
    return *settled ? GF_OK : gf_family_add(self->family, parameter, APART * interval, self->error);
}

static gf_status locate_crossing(runner *self, size_t value, size_t branch,
                                 double (*test)(const gf_fixed_point *)) {
    const gf_scan *scan = self->scan;
    const station low = {*point_at(scan, value - 1, branch), gf_axis_value(&scan->axis, value - 1)};
    const station high = {*point_at(scan, value, branch), gf_axis_value(&scan->axis, value)};
    double interval = high.parameter - low.parameter, before = INFINITY;
    bool located = false, settled = !gf_family_interpolates(self->family);
    gf_bifurcation found;
    gf_status status = bisect(self, low, high, test, &found, &located);
    for (int round = 0; status == GF_OK && located && !settled; ++round) {
        status = settle(self, interval, found.parameter, &before, &settled, round);
        if (status == GF_OK && !settled) {
            status = bisect(self, low, high, test, &found, &located);
        }
    }
    gf_family_drop(self->family);
    if (status != GF_OK || !located) {
        return status;
    }
    double room = fmin(found.parameter - scan->axis.from, scan->axis.to - found.parameter);
    status = test == determinant ? classify(self, fmin(1e-3 * interval, room), &found) : GF_OK;
    return status == GF_OK ? add_bifurcation(self, found) : status;
}

/* The unknowns of a fold are lambda and the parameter. */
enum { UNKNOWNS = GF_CHARGES + 1 };

/* f and det df/dlambda at (lambda, parameter): all zero at a fold. */
static gf_status fold_condition(runner *self, const double x[UNKNOWNS], double value[UNKNOWNS],
                                gf_state *state) {
    gf_status status = set_parameter(self, x[GF_CHARGES]);
    if (status == GF_OK) {
        gf_family_evaluate(self->family, x, GF_SLOPES, state);
        memcpy(value, state->force, sizeof state->force);
        value[GF_CHARGES] = gf_matrix_determinant(state->force_slope);
    }
    return status;
}

/* Derivatives of the fold condition, column-major, by differences that stay within the range. */
static gf_status fold_jacobian(runner *self, const double x[UNKNOWNS], const double scale[UNKNOWNS],
                               const double range[2], double jacobian[UNKNOWNS * UNKNOWNS]) {
    gf_state state;
    for (size_t k = 0; k < UNKNOWNS; ++k) {
        bool is_lambda = k < GF_CHARGES;
        double high[UNKNOWNS], low[UNKNOWNS], up[UNKNOWNS], down[UNKNOWNS];
        double width = (is_lambda ? 1e-5 : 1e-3) * scale[k];
        memcpy(up, x, sizeof up);
        memcpy(down, x, sizeof down);
        up[k] = is_lambda ? x[k] + width : fmin(x[k] + width, range[1]);
        down[k] = is_lambda ? x[k] - width : fmax(x[k] - width, range[0]);
        gf_status status = fold_condition(self, up, high, &state);
        if (status == GF_OK) {
            status = fold_condition(self, down, low, &state);
        }
        if (status != GF_OK) {
            return status;
        }
        for (size_t i = 0; i < UNKNOWNS; ++i) {
            jacobian[UNKNOWNS * k + i] = (high[i] - low[i]) / (up[k] - down[k]);
        }
    }
    return GF_OK;
}

/* Newton's method on the fold condition, with the parameter kept within its range. */
static gf_status locate_fold(runner *self, double x[UNKNOWNS], const double range[2], bool *found) {
    const double scale[UNKNOWNS] = {1, 1 / gf_family_energy_unit(self->family),
                                    range[1] - range[0]};
    gf_state state;
    *found = false;
    for (int step = 0; step < NEWTON_STEPS && !*found; ++step) {
        double jacobian[UNKNOWNS * UNKNOWNS], value[UNKNOWNS], largest = 0;
        lapack_int pivot[UNKNOWNS];
        gf_status status = fold_jacobian(self, x, scale, range, jacobian);
        if (status == GF_OK) {
            status = fold_condition(self, x, value, &state);
        }
        if (status != GF_OK || LAPACKE_dgesv(LAPACK_COL_MAJOR, UNKNOWNS, 1, jacobian, UNKNOWNS,
                                             pivot, value, UNKNOWNS) != 0) {
            return status;
        }
        for (size_t k = 0; k < UNKNOWNS; ++k) {
            double limit = (k < GF_CHARGES ? 0.3 : 1) * scale[k];
            x[k] -= fmax(-limit, fmin(limit, value[k]));
            largest = fmax(largest, fabs(value[k]) / scale[k]);
        }
        x[GF_CHARGES] = fmax(range[0], fmin(range[1], x[GF_CHARGES]));
        *found = largest < 1e-11;
    }
    return GF_OK;
}

/* Follows a point towards the end of the range where its branch is not, and looks for the fold in
 * which it meets another one. */
static gf_status approach_fold(runner *self, gf_fixed_point point, double at, double end,
                               double x[UNKNOWNS], bool *found) {
    const double range[2] = {fmin(at, end), fmax(at, end)};
    bool arrived = false;
    *found = false;
    gf_status status = follow(self, end, &point, &at, &arrived);
    if (status != GF_OK || arrived) {
        return status;
    }
    memcpy(x, point.lambda, sizeof point.lambda);
    x[GF_CHARGES] = at;
    return locate_fold(self, x, range, found);
}

/* A branch that is there at `with` but not at `without`: follows it to its end, where it meets
 * another one in a fold (or reaches the border: then no fold is found). */
static gf_status find_fold(runner *self, size_t branch, size_t with, size_t without) {
    const gf_axis *axis = &self->scan->axis;
    const gf_fixed_point point = *point_at(self->scan, with, branch);
    double at = gf_axis_value(axis, with), end = gf_axis_value(axis, without), before = INFINITY;
    double x[UNKNOWNS];
    bool found = false, settled = !gf_family_interpolates(self->family);
    gf_state state;
    gf_status status = approach_fold(self, point, at, end, x, &found);
    for (int round = 0; status == GF_OK && found && !settled; ++round) {
        status = settle(self, fabs(end - at), x[GF_CHARGES], &before, &settled, round);
        if (status == GF_OK && !settled) {
            status = approach_fold(self, point, at, end, x, &found);
        }
    }
    if (status == GF_OK && found) {
        status = set_parameter(self, x[GF_CHARGES]);
        gf_family_evaluate(self->family, x, GF_DENSITIES, &state);
    }
    gf_family_drop(self->family);
    if (status != GF_OK || !found) {
        return status;
    }
    return add_bifurcation(self, (gf_bifurcation){.kind = GF_FOLD,
                                                  .parameter = x[GF_CHARGES],
                                                  .density = {state.density[0], state.density[1]},
                                                  .lambda = {x[0], x[1]}});
}

static size_t count_present(const gf_scan *scan, size_t value) {
    size_t count = 0;
    for (size_t b = 0; b < scan->branches; ++b) {
        count += present(point_at(scan, value, b));
    }
    return count;
}

/* True if one of the bifurcations so far is a pitchfork in which the branch starts or ends. */
static bool is_explained(const runner *self, size_t first, const gf_fixed_point *point) {
    for (size_t k = first; k < self->scan->bifurcation_count; ++k) {
        const gf_bifurcation *one = &self->scan->bifurcations[k];
        if (one->kind == GF_PITCHFORK && distance(self, point->density, one->density) < MAX_JUMP) {
            return true;
        }
    }
    return false;
}

/* What happened between the value before and this one. */
static gf_status find_bifurcations(runner *self, size_t value) {
    gf_scan *scan = self->scan;
    size_t first = scan->bifurcation_count;
    gf_status status = GF_OK;
    for (size_t b = 0; b < scan->branches && status == GF_OK; ++b) {
        const gf_fixed_point *before = point_at(scan, value - 1, b),
                             *after = point_at(scan, value, b);
        if (!inside(before) || !inside(after)) {
            continue;
        }
        if ((determinant(before) < 0) != (determinant(after) < 0)) {
            status = locate_crossing(self, value, b, determinant);
        } else if (determinant(after) > 0 && (trace(before) < 0) != (trace(after) < 0)) {
            status = locate_crossing(self, value, b, trace);
        }
    }
    for (size_t b = 0; b < scan->branches && status == GF_OK; ++b) {
        const gf_fixed_point *before = point_at(scan, value - 1, b),
                             *after = point_at(scan, value, b);
        if (inside(after) && !present(before) && !is_explained(self, first, after)) {
            status = find_fold(self, b, value, value - 1);
        } else if (inside(before) && !present(after) && !is_explained(self, first, before)) {
            status = find_fold(self, b, value - 1, value);
        }
    }
    scan->unexplained += count_present(scan, value) != count_present(scan, value - 1) &&
                         scan->bifurcation_count == first;
    return status;
}

/* --- all values ------------------------------------------------------------------------------ */

/* Tasks: the fixed points at one value of the parameter each. */
typedef struct searches {
    const gf_family *family;
    const gf_axis *axis;
    gf_fixed_points *found; /* [axis->points] */
} searches;

static void carry_value(void *context, size_t value, gf_bytes *bytes) {
    gf_fixed_points_carry(&((const searches *)context)->found[value], bytes);
}

static gf_status search_value(const void *context, gf_task *task, gf_error *error) {
    const searches *self = context;
    double value = gf_axis_value(self->axis, task->index);
    return gf_family_find(self->family, &value, &self->found[task->index], error);
}

/* Joins the points of all values to branches, and finds what happens in between. */
static gf_status join_values(runner *self, const searches *all, const gf_progress *progress) {
    gf_scan *scan = self->scan;
    gf_status status = GF_OK;
    for (size_t value = 0; value < scan->axis.points && status == GF_OK; ++value) {
        const gf_fixed_points *found = &all->found[value];
        scan->continuum[value] = found->continuum;
        scan->incomplete += !found->complete;
        status = store_points(self, value, found);
        if (status == GF_OK && value > 0 && !found->continuum && !scan->continuum[value - 1]) {
            status = find_bifurcations(self, value);
        }
        gf_progress_update(progress, (double)(value + 1) / (double)scan->axis.points);
    }
    return status;
}

static gf_status run_values(runner *self, const gf_progress *progress) {
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    const gf_axis *axis = &self->scan->axis;
    searches all = {
        .family = self->family, .axis = axis, .found = calloc(axis->points, sizeof *all.found)};
    gf_status status = all.found != NULL ? GF_OK : gf_fail_memory(self->error, "the scan");
    if (status == GF_OK) {
        gf_progress_part_next(&part, SEARCHING);
        status = gf_tasks_run(&(gf_tasks){.count = axis->points,
                                          .context = &all,
                                          .run = search_value,
                                          .carry = carry_value,
                                          .progress = &own},
                              self->error);
    }
    if (status == GF_OK) {
        gf_progress_part_next(&part, 1 - SEARCHING);
        status = join_values(self, &all, &own);
    }
    for (size_t value = 0; value < axis->points && all.found != NULL; ++value) {
        gf_fixed_points_free(&all.found[value]);
    }
    free(all.found);
    return status;
}

gf_status gf_scan_through(gf_family *family, const char *parameter, const gf_axis *axis,
                          const gf_progress *progress, gf_scan *scan, gf_error *error) {
    runner self = {.family = family, .scan = scan, .error = error};
    *scan = (gf_scan){.parameter = strdup(parameter),
                      .axis = *axis,
                      .continuum = calloc(axis->points, sizeof(bool))};
    gf_status status = scan->parameter != NULL && scan->continuum != NULL
                           ? run_values(&self, progress)
                           : gf_fail_memory(error, "the scan");
    if (status != GF_OK) {
        gf_scan_free(scan);
    }
    return status;
}

bool gf_scan_diagonalizes(const gf_model *model, const char *parameter) {
    return gf_family_wants_spectra(model, parameter);
}

gf_status gf_scan_estimate(const gf_model *model, const char *parameter, const gf_axis *axis,
                           gf_spectrum_cost *cost, gf_error *error) {
    return gf_members_estimate(model, parameter, axis, cost, error);
}

/* The family that diagonalising at every value gives. */
static gf_status solve_family(const gf_model *model, const char *parameter, const gf_axis *axis,
                              gf_scan_store *store, const gf_progress *progress, gf_family **family,
                              gf_error *error) {
    gf_family_member *members = calloc(axis->points, sizeof *members);
    *family = NULL;
    gf_status status =
        members != NULL ? gf_members_solve(model, parameter, axis, store, progress, members, error)
                        : gf_fail_memory(error, "the spectra of a scan");
    if (status == GF_OK) {
        status =
            gf_family_create_deep(model, &parameter, 1, 0, members, axis->points, family, error);
    }
    free(members);
    return status;
}

gf_status gf_scan_resume(const gf_model *model, const gf_spectrum *spectrum,
                         const gf_region *region, const char *parameter, const gf_axis *axis,
                         gf_scan_store *store, const gf_progress *progress, gf_scan *scan,
                         gf_error *error) {
    gf_family *family = NULL;
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    bool deep = gf_family_wants_spectra(model, parameter);
    *scan = (gf_scan){0};
    gf_progress_part_next(&part, deep ? DIAGONALISING : 0);
    gf_status status =
        deep ? solve_family(model, parameter, axis, store, &own, &family, error)
             : gf_family_create(model, spectrum, region, &parameter, 1, &family, error);
    if (status == GF_OK) {
        gf_progress_part_next(&part, deep ? 1 - DIAGONALISING : 1);
        status = gf_scan_through(family, parameter, axis, &own, scan, error);
    }
    gf_family_free(family);
    return status;
}

gf_status gf_scan_run(const gf_model *model, const gf_spectrum *spectrum, const gf_region *region,
                      const char *parameter, const gf_axis *axis, const gf_progress *progress,
                      gf_scan *scan, gf_error *error) {
    return gf_scan_resume(model, spectrum, region, parameter, axis, NULL, progress, scan, error);
}

void gf_scan_carry(gf_scan *self, gf_bytes *bytes) {
    size_t length = self->parameter != NULL ? strlen(self->parameter) + 1 : 0;
    gf_bytes_carry(bytes, &length, sizeof length);
    gf_bytes_carry(bytes, &self->axis, sizeof self->axis);
    gf_bytes_carry(bytes, &self->branches, sizeof self->branches);
    gf_bytes_carry(bytes, &self->unexplained, sizeof self->unexplained);
    gf_bytes_carry(bytes, &self->incomplete, sizeof self->incomplete);
    gf_bytes_carry(bytes, &self->bifurcation_count, sizeof self->bifurcation_count);
    self->parameter = gf_bytes_carry_array(bytes, self->parameter, length);
    self->points = gf_bytes_carry_array(bytes, self->points,
                                        self->axis.points * self->branches * sizeof *self->points);
    self->continuum =
        gf_bytes_carry_array(bytes, self->continuum, self->axis.points * sizeof *self->continuum);
    self->bifurcations = gf_bytes_carry_array(bytes, self->bifurcations,
                                              self->bifurcation_count * sizeof *self->bifurcations);
}

void gf_scan_free(gf_scan *self) {
    free(self->parameter);
    free(self->points);
    free(self->continuum);
    free(self->bifurcations);
    *self = (gf_scan){0};
}
