#include "fixed_points/bifurcation_line.h"

#include "base/matrix.h"
#include "fixed_points/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Unknowns: lambda, dimensionless; the parameters, their ranges being [0, 1]; and for pitchforks
 * the imperfection mu. */
enum { PARAMETER = GF_CHARGES, MU = PARAMETER + 2, MAX_STEPS = 4000, REFINEMENTS = 20 };

static const double LONGEST = 0.04, DIFFERENCE = 1e-5, ACCURACY = 1e-11;
static const double NULL_STEP =
    1e-3;                        /* of lambda, for the derivative of det along the null vector */
static const double BEND = 0.03; /* of lambda, for the third derivative of a pitchfork */
static const double IMPERFECT = 1e-6; /* an imperfection larger than this is one */
static const double ROOM = 1e-3;  /* closer to the edge than this a line that ends has reached it */
static const double SNAP = 1e-11; /* and closer than this it is there */
static const double EDGE = 1e-4;  /* and closer than this any line, which may run along it */

/* One line at work. */
typedef struct tracer {
    const gf_plane *plane;
    gf_bifurcation_kind kind;
    bool cusp;               /* the equations of a cusp: those of a pitchfork without mu */
    size_t row;              /* of the slopes: the null vector is perpendicular to it */
    double left[GF_CHARGES]; /* the left null vector */
    double null[GF_CHARGES]; /* the null vector at the last place, for its sign */
    const double *fixed;     /* NULL, or x, of which one parameter alone may change: `moved` */
    size_t moved;
} tracer;

/* --- equations ------------------------------------------------------------------------------- */

static double parameter_at(const gf_plane *plane, const double *x, size_t which) {
    return plane->low[which] + x[PARAMETER + which] * (plane->high[which] - plane->low[which]);
}

static void lambda_at(const double *x, double lambda[GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        lambda[i] = sinh(x[i]);
    }
}

static bool go(const gf_plane *plane, const double *x) {
    const double parameter[2] = {parameter_at(plane, x, 0), parameter_at(plane, x, 1)};
    return plane->go(plane->context, parameter) == GF_OK;
}

/* The force and its derivatives in lambda, dimensionless. */
static void evaluate(const gf_plane *plane, const double lambda[GF_CHARGES],
                     double force[GF_CHARGES], double slope[GF_CHARGES][GF_CHARGES],
                     gf_state *state) {
    const double unit[GF_CHARGES] = {1, plane->energy_unit};
    const double place[GF_CHARGES] = {lambda[0] / unit[0], lambda[1] / unit[1]};
    plane->drift(plane->context, place, state);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        force[i] = state->force[i] / (plane->force_scale * unit[i]);
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            slope[i][k] = state->force_slope[i][k] / (plane->force_scale * unit[i] * unit[k]);
        }
    }
}

/* The same at x, where the parameters have been set. */
static void evaluate_at(const gf_plane *plane, const double *x, double force[GF_CHARGES],
                        double slope[GF_CHARGES][GF_CHARGES], gf_state *state) {
    double lambda[GF_CHARGES];
    lambda_at(x, lambda);
    evaluate(plane, lambda, force, slope, state);
}

static double determinant(const gf_plane *plane, const double lambda[GF_CHARGES]) {
    gf_state state;
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES];
    evaluate(plane, lambda, force, slope, &state);
    return gf_matrix_determinant(slope);
}

/* The unit vector perpendicular to a row of the slopes. */
static void null_vector(double slope[GF_CHARGES][GF_CHARGES], size_t row, double null[GF_CHARGES]) {
    double length = hypot(slope[row][0], slope[row][1]);
    null[0] = -slope[row][1] / length;
    null[1] = slope[row][0] / length;
}

/* The derivative of the determinant along a direction. */
static double bend(const gf_plane *plane, const double lambda[GF_CHARGES],
                   const double along[GF_CHARGES]) {
    const double up[GF_CHARGES] = {lambda[0] + NULL_STEP * along[0],
                                   lambda[1] + NULL_STEP * along[1]};
    const double down[GF_CHARGES] = {lambda[0] - NULL_STEP * along[0],
                                     lambda[1] - NULL_STEP * along[1]};
    return (determinant(plane, up) - determinant(plane, down)) / (2 * NULL_STEP);
}

/* tr df/dq, dimensionless; NaN where C is singular. */
static double trace(const gf_plane *plane, const gf_state *state) {
    double matrix[GF_CHARGES][GF_CHARGES];
    return gf_state_stability(state, matrix) ? (matrix[0][0] + matrix[1][1]) / plane->force_scale
                                             : NAN;
}

static bool has_bend(const tracer *self) {
    return self->cusp || self->kind == GF_PITCHFORK;
}

static bool has_mu(const tracer *self) {
    return self->kind == GF_PITCHFORK && !self->cusp;
}

/* The equations f + mu left = 0; det = 0 or trace = 0; and the bend. */
static bool equations(void *context, const double *x, double *residual) {
    tracer *self = context;
    const gf_plane *plane = self->plane;
    gf_state state;
    double lambda[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES], null[GF_CHARGES];
    if (!go(plane, x)) {
        return false;
    }
    lambda_at(x, lambda);
    evaluate(plane, lambda, residual, slope, &state);
    for (size_t i = 0; i < GF_CHARGES && has_mu(self); ++i) {
        residual[i] += x[MU] * self->left[i];
    }
    residual[GF_CHARGES] =
        self->kind == GF_HOPF ? trace(plane, &state) : gf_matrix_determinant(slope);
    if (has_bend(self)) {
        null_vector(slope, self->row, null);
        residual[GF_CHARGES + 1] = bend(plane, lambda, null);
    }
    return isfinite(residual[0]) && isfinite(residual[1]) && isfinite(residual[GF_CHARGES]);
}

/* The same with one parameter free: the unknowns are lambda, that parameter, and mu. */
static bool equations_at(void *context, const double *y, double *residual) {
    const tracer *self = context;
    double x[GF_CURVE_UNKNOWNS];
    memcpy(x, self->fixed, sizeof x);
    memcpy(x, y, GF_CHARGES * sizeof *x);
    x[PARAMETER + self->moved] = y[GF_CHARGES];
    x[MU] = has_mu(self) ? y[GF_CHARGES + 1] : 0;
    return equations(context, x, residual);
}

static gf_curve_system system_of(tracer *self) {
    return (gf_curve_system){.unknowns = has_mu(self) ? MU + 1 : MU,
                             .evaluate = equations,
                             .context = self,
                             .difference = DIFFERENCE,
                             .tolerance = ACCURACY};
}

/* --- places ---------------------------------------------------------------------------------- */

static void to_unknowns(const gf_plane *plane, const gf_line_point *place,
                        double x[GF_CURVE_UNKNOWNS]) {
    memset(x, 0, GF_CURVE_UNKNOWNS * sizeof *x);
    x[0] = asinh(place->lambda[0]);
    x[1] = asinh(place->lambda[1] * plane->energy_unit);
    for (size_t k = 0; k < 2; ++k) {
        x[PARAMETER + k] = (place->parameter[k] - plane->low[k]) / (plane->high[k] - plane->low[k]);
    }
}

static gf_line_point to_place(const gf_plane *plane, const double *x) {
    gf_line_point place = {.parameter = {parameter_at(plane, x, 0), parameter_at(plane, x, 1)},
                           .lambda = {sinh(x[0]), sinh(x[1]) / plane->energy_unit}};
    gf_state state;
    if (go(plane, x)) {
        plane->drift(plane->context, place.lambda, &state);
        memcpy(place.density, state.density, sizeof place.density);
    }
    return place;
}

/* Chooses the null vectors' rows and columns, and their signs, anew at x. */
static void orient(tracer *self, const double *x) {
    gf_state state;
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES];
    if (!go(self->plane, x)) {
        return;
    }
    evaluate_at(self->plane, x, force, slope, &state);
    self->row = hypot(slope[1][0], slope[1][1]) > hypot(slope[0][0], slope[0][1]);
    size_t column = hypot(slope[0][1], slope[1][1]) > hypot(slope[0][0], slope[1][0]);
    double length = hypot(slope[0][column], slope[1][column]);
    self->left[0] = -slope[1][column] / length;
    self->left[1] = slope[0][column] / length;
}

/* --- what lies on a line --------------------------------------------------------------------- */

/* The determinant on the curve along the null vector of a pitchfork on which the other component of
 * the force vanishes, at a distance `reach` and divided by its square. */
static double bent_determinant(const tracer *self, const double *x, const double null[GF_CHARGES],
                               double reach) {
    const double right[GF_CHARGES] = {self->left[1], -self->left[0]}; /* perpendicular to left */
    double lambda[GF_CHARGES];
    lambda_at(x, lambda);
    lambda[0] += reach * null[0];
    lambda[1] += reach * null[1];
    gf_state state;
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES];
    for (int step = 0; step < 3; ++step) { /* back onto that curve, across the null vector */
        evaluate(self->plane, lambda, force, slope, &state);
        double value = right[0] * force[0] + right[1] * force[1], change = 0;
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            change += right[i] * (slope[i][1] * null[0] - slope[i][0] * null[1]);
        }
        lambda[0] += value / change * null[1];
        lambda[1] -= value / change * null[0];
    }
    return determinant(self->plane, lambda) / (reach * reach);
}

/* How the force bends at a pitchfork: on that curve it grows like the third power of the distance,
 * and the determinant like the second. The sign tells super- from subcritical. The fourth power is
 * extrapolated away. */
static double cubic(const tracer *self, const double *x) {
    gf_state state;
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES], null[GF_CHARGES];
    evaluate_at(self->plane, x, force, slope, &state);
    null_vector(slope, self->row, null);
    return (4 * bent_determinant(self, x, null, BEND / 2) - bent_determinant(self, x, null, BEND)) /
           3;
}

/* What changes sign where something lies on the line, and what that is. */
enum { TESTS = 2 };

static const gf_line_mark marks[][TESTS] = {
    [GF_PITCHFORK] = {GF_DEGENERATE_PITCHFORK, GF_LOST},
    [GF_FOLD] = {GF_CUSP, GF_BOGDANOV_TAKENS},
    [GF_HOPF] = {GF_BOGDANOV_TAKENS, GF_LOST},
};

static void run_tests(tracer *self, const double *x, double test[TESTS]) {
    gf_state state;
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES], null[GF_CHARGES];
    test[0] = test[1] = NAN;
    if (!go(self->plane, x)) {
        return;
    }
    evaluate_at(self->plane, x, force, slope, &state);
    if (self->kind == GF_PITCHFORK) {
        test[0] = cubic(self, x);
    } else if (self->kind == GF_HOPF) {
        test[0] = gf_matrix_determinant(slope);
    } else {
        null_vector(slope, self->row, null);
        double same = null[0] * self->null[0] + null[1] * self->null[1] < 0 ? -1 : 1;
        double lambda[GF_CHARGES];
        lambda_at(x, lambda);
        test[0] = same * bend(self->plane, lambda, null);
        test[1] = trace(self->plane, &state);
    }
}

/* Keeps the direction of the null vector, so that its sign does not change on the way. */
static void remember_null(tracer *self, const double *x) {
    gf_state state;
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES], null[GF_CHARGES];
    if (go(self->plane, x)) {
        evaluate_at(self->plane, x, force, slope, &state);
        null_vector(slope, self->row, null);
        double same = null[0] * self->null[0] + null[1] * self->null[1] < 0 ? -1 : 1;
        self->null[0] = same * null[0];
        self->null[1] = same * null[1];
    }
}

static gf_status add_special(gf_special_points *specials, gf_line_mark kind,
                             const gf_line_point *place, gf_error *error) {
    gf_special_point *grown =
        realloc(specials->points, (specials->count + 1) * sizeof *specials->points);
    if (grown == NULL) {
        return gf_fail_memory(error, "lines of bifurcations");
    }
    specials->points = grown;
    specials->points[specials->count++] = (gf_special_point){kind, *place};
    return GF_OK;
}

/* Where test k vanishes between a place and the next, `stride` further, with values of opposite
 * signs there: by regula falsi, so that either end comes closer (Illinois), and where the curve
 * cannot be reached in between, straight. */
static void locate(tracer *self, const gf_curve *from, const gf_curve *to, double stride, int k,
                   const double value[2], double *x) {
    const size_t unknowns = from->system->unknowns;
    double low = 0, high = stride, before = value[0], after = value[1];
    double near[GF_CURVE_UNKNOWNS], far[GF_CURVE_UNKNOWNS], middle[GF_CURVE_UNKNOWNS], test[TESTS];
    memcpy(near, from->x, sizeof near);
    memcpy(far, to->x, sizeof far);
    for (int step = 0; step < REFINEMENTS; ++step) {
        double at = low + (high - low) * before / (before - after);
        if (!(at > low && at < high) || !gf_curve_reach(from, at, middle)) {
            break;
        }
        run_tests(self, middle, test);
        bool below = (test[k] < 0) == (before < 0);
        low = below ? at : low;
        high = below ? high : at;
        before = below ? test[k] : before / 2;
        after = below ? after / 2 : test[k];
        memcpy(below ? near : far, middle, sizeof middle);
    }
    for (size_t i = 0; i < unknowns; ++i) {
        x[i] = near[i] + (far[i] - near[i]) * before / (before - after);
    }
}

/* Near enough in the plane of the parameters to be the same. */
static bool is_near(const gf_plane *plane, const gf_line_point *a, const gf_line_point *b,
                    double reach) {
    double gap = 0;
    for (size_t k = 0; k < 2; ++k) {
        gap = fmax(gap, fabs(a->parameter[k] - b->parameter[k]) / (plane->high[k] - plane->low[k]));
    }
    return gap < reach;
}

/* The place of a special point that is there already, or NULL. */
static const gf_line_point *find_known(const tracer *self, const gf_special_points *specials,
                                       gf_line_mark kind, const gf_line_point *place) {
    for (size_t k = 0; k < specials->count; ++k) {
        const gf_special_point *one = &specials->points[k];
        double apart = hypot(one->place.lambda[0] - place->lambda[0],
                             (one->place.lambda[1] - place->lambda[1]) * self->plane->energy_unit);
        if (one->kind == kind && apart < 0.1 && is_near(self->plane, &one->place, place, 0.01)) {
            return &one->place;
        }
    }
    return NULL;
}

/* The cusp close to x, where a line of folds has one: four equations, regular there. */
static void sharpen_cusp(const tracer *self, double *x) {
    tracer cusp = *self;
    double y[GF_CURVE_UNKNOWNS];
    cusp.cusp = true;
    orient(&cusp, x);
    gf_curve_system system = system_of(&cusp);
    memcpy(y, x, sizeof y);
    if (gf_curve_solve(&system, y) &&
        hypot(y[PARAMETER] - x[PARAMETER], y[PARAMETER + 1] - x[PARAMETER + 1]) < LONGEST) {
        memcpy(x, y, sizeof y);
    }
}

/* Onto the line by changing lambda and one parameter alone; false if it is not close. */
static bool settle(const tracer *work, size_t moved, double *x) {
    tracer self = *work;
    const double start[GF_CURVE_UNKNOWNS] = {x[0], x[1], x[2], x[3], x[4]};
    double y[GF_CURVE_UNKNOWNS] = {x[0], x[1], x[PARAMETER + moved]};
    self.fixed = start;
    self.moved = moved;
    gf_curve_system system = system_of(&self);
    --system.unknowns;
    system.evaluate = equations_at;
    if (!gf_curve_solve(&system, y) || fabs(y[GF_CHARGES] - x[PARAMETER + moved]) > LONGEST) {
        return false;
    }
    memcpy(x, y, GF_CHARGES * sizeof *x);
    x[PARAMETER + moved] = y[GF_CHARGES];
    return true;
}

/* --- following ------------------------------------------------------------------------------- */

typedef struct places {
    size_t count, capacity;
    gf_line_point *points;
} places;

static gf_status append(places *self, const gf_line_point *place, gf_error *error) {
    if (self->count == self->capacity) {
        size_t capacity = 2 * self->capacity + 64;
        gf_line_point *grown = realloc(self->points, capacity * sizeof *grown);
        if (grown == NULL) {
            return gf_fail_memory(error, "lines of bifurcations");
        }
        self->points = grown;
        self->capacity = capacity;
    }
    self->points[self->count++] = *place;
    return GF_OK;
}

static bool is_outside(const double *x) {
    return !(x[PARAMETER] >= 0 && x[PARAMETER] <= 1 && x[PARAMETER + 1] >= 0 &&
             x[PARAMETER + 1] <= 1);
}

static bool is_at_edge(const double *x, double reach) {
    double room = 1;
    for (size_t k = PARAMETER; k < PARAMETER + 2; ++k) {
        room = fmin(room, fmin(x[k], 1 - x[k]));
    }
    return room < reach;
}

/* How far outside, in the parameter that is farthest; negative inside. */
static double overshoot(const double *x) {
    double far = -1;
    for (size_t k = PARAMETER; k < PARAMETER + 2; ++k) {
        far = fmax(far, fmax(-x[k], x[k] - 1));
    }
    return far;
}

/* Where the curve leaves the diagram between a place and the next, `stride` further: regula falsi
 * (Illinois). */
static void find_exit(const gf_curve *from, const gf_curve *to, double stride, double *x) {
    double low = 0, high = stride, inside = overshoot(from->x), outside = overshoot(to->x);
    double middle[GF_CURVE_UNKNOWNS], far = inside;
    memcpy(x, from->x, sizeof middle);
    for (int step = 0; step < REFINEMENTS && fabs(far) > SNAP; ++step) {
        double at = low + (high - low) * inside / (inside - outside);
        if (!gf_curve_reach(from, at, middle)) {
            break;
        }
        far = overshoot(middle);
        low = far < 0 ? at : low;
        high = far < 0 ? high : at;
        inside = far < 0 ? far : inside / 2;
        outside = far < 0 ? outside / 2 : far;
        if (far < SNAP) {
            memcpy(x, middle, sizeof middle);
        }
    }
    for (size_t k = PARAMETER; k < PARAMETER + 2; ++k) {
        x[k] = fabs(x[k] - round(x[k])) < SNAP ? round(x[k]) : x[k];
    }
}

/* A walk in one direction. */
typedef struct walk {
    tracer *tracer;
    gf_curve curve;
    places *places;
    gf_special_points *specials;
    gf_line_mark end;
    bool ended;
} walk;

static gf_status end_at(walk *self, gf_line_mark mark, const double *x, gf_error *error) {
    gf_line_point place = to_place(self->tracer->plane, x);
    self->end = mark;
    self->ended = true;
    return append(self->places, &place, error);
}

/* Test k changed its sign: what lies there, and whether the line ends with it. */
static gf_status mark_special(walk *self, const gf_curve *before, double stride, int k,
                              const double test[2], gf_error *error) {
    tracer *work = self->tracer;
    gf_line_mark mark = marks[work->kind][k];
    double x[GF_CURVE_UNKNOWNS] = {0};
    locate(work, before, &self->curve, stride, k, test, x);
    if (is_outside(x)) {
        return GF_OK;
    }
    gf_line_point place = to_place(work->plane, x);
    const gf_line_point *known =
        mark == GF_CUSP ? find_known(work, self->specials, GF_DEGENERATE_PITCHFORK, &place) : NULL;
    if (known != NULL) { /* there the fold goes over into its mirror image */
        self->end = GF_DEGENERATE_PITCHFORK;
        self->ended = true;
        return append(self->places, known, error);
    }
    if (mark == GF_CUSP) {
        sharpen_cusp(work, x);
        place = to_place(work->plane, x);
    }
    gf_status status = find_known(work, self->specials, mark, &place) != NULL
                           ? GF_OK
                           : add_special(self->specials, mark, &place, error);
    return status == GF_OK && work->kind == GF_HOPF ? end_at(self, mark, x, error) : status;
}

static double stride_of(const gf_curve *from, const gf_curve *to) {
    double stride = 0;
    for (size_t k = 0; k < from->system->unknowns; ++k) {
        stride += from->tangent[k] * (to->x[k] - from->x[k]);
    }
    return stride;
}

/* The walk cannot go on. Rates may be negative beyond an edge; then the line goes up to it. */
static gf_status end_here(walk *self, const double *last, gf_error *error) {
    double x[GF_CURVE_UNKNOWNS];
    memcpy(x, last, sizeof x);
    for (size_t k = 0; k < 2; ++k) {
        double *parameter = &x[PARAMETER + k];
        if (fmin(*parameter, 1 - *parameter) < ROOM) {
            *parameter = round(*parameter);
            if (settle(self->tracer, 1 - k, x)) {
                return end_at(self, GF_AT_EDGE, x, error);
            }
        }
    }
    self->end = is_at_edge(last, ROOM) ? GF_AT_EDGE : GF_LOST;
    self->ended = true;
    return GF_OK;
}

/* One step; the walk may end with it. */
static gf_status take_step(walk *self, gf_error *error) {
    tracer *work = self->tracer;
    double before[TESTS], after[TESTS], x[GF_CURVE_UNKNOWNS];
    gf_curve last = self->curve;
    gf_status status = GF_OK;
    orient(work, last.x);
    remember_null(work, last.x);
    run_tests(work, last.x, before);
    if (!gf_curve_advance(&self->curve) || (has_mu(work) && fabs(self->curve.x[MU]) > IMPERFECT)) {
        return end_here(self, last.x, error);
    }
    double stride = stride_of(&last, &self->curve);
    run_tests(work, self->curve.x, after);
    /* Where both change at once, both eigenvalues vanish: that is what the second one says. */
    int first = work->kind == GF_FOLD && before[0] * after[0] < 0 && before[1] * after[1] < 0;
    for (int k = first; k < TESTS && status == GF_OK && !self->ended; ++k) {
        if (before[k] * after[k] < 0 && marks[work->kind][k] != GF_LOST) {
            status = mark_special(self, &last, stride, k, (double[2]){before[k], after[k]}, error);
        }
    }
    if (status != GF_OK || self->ended) {
        return status;
    }
    if (is_outside(self->curve.x)) {
        find_exit(&last, &self->curve, stride, x);
        return end_at(self, GF_AT_EDGE, x, error);
    }
    if (is_at_edge(self->curve.x, EDGE)) {
        return end_here(self, self->curve.x, error);
    }
    gf_line_point place = to_place(work->plane, self->curve.x);
    return append(self->places, &place, error);
}

/* Whether the walk has come back to where it began. */
static bool is_back(const walk *self, const double *start) {
    double gap = 0;
    for (size_t k = 0; k < self->curve.system->unknowns; ++k) {
        gap += pow(self->curve.x[k] - start[k], 2);
    }
    return sqrt(gap) < 0.7 * self->curve.step;
}

static gf_status go_one_way(walk *self, gf_error *error) {
    double start[GF_CURVE_UNKNOWNS];
    gf_status status = GF_OK;
    memcpy(start, self->curve.x, sizeof start);
    self->end = GF_LOST;
    for (int step = 0; step < MAX_STEPS && status == GF_OK && !self->ended; ++step) {
        status = take_step(self, error);
        if (status == GF_OK && !self->ended && step > 5 && is_back(self, start)) {
            status = end_at(self, GF_CLOSED, start, error);
        }
    }
    return status;
}

/* The two walks as one line, the second one first and backwards. */
static gf_status join(const places *forth, const places *back, gf_bifurcation_line *line,
                      gf_error *error) {
    line->points = calloc(forth->count + back->count + 1, sizeof *line->points);
    if (line->points == NULL) {
        return gf_fail_memory(error, "lines of bifurcations");
    }
    for (size_t k = back->count; k-- > 0;) {
        line->points[line->count++] = back->points[k];
    }
    for (size_t k = 0; k < forth->count; ++k) {
        line->points[line->count++] = forth->points[k];
    }
    return GF_OK;
}

gf_status gf_bifurcation_line_follow(const gf_plane *plane, const gf_line_point *start,
                                     gf_bifurcation_kind kind, gf_special_points *specials,
                                     gf_bifurcation_line *line, gf_error *error) {
    tracer self = {.plane = plane, .kind = kind};
    gf_curve_system system = system_of(&self);
    gf_curve curve;
    double x[GF_CURVE_UNKNOWNS];
    places forth = {0}, back = {0};
    *line = (gf_bifurcation_line){.kind = kind};
    to_unknowns(plane, start, x);
    orient(&self, x);
    if (kind == GF_TRANSCRITICAL || is_at_edge(x, EDGE) ||
        !gf_curve_begin(&curve, &system, x, PARAMETER, LONGEST)) {
        return GF_OK;
    }
    walk way = {.tracer = &self, .curve = curve, .places = &forth, .specials = specials};
    gf_line_point place = to_place(plane, curve.x);
    gf_status status = append(&forth, &place, error);
    if (status == GF_OK) {
        status = go_one_way(&way, error);
        line->end[1] = way.end;
    }
    if (status == GF_OK && way.end != GF_CLOSED) {
        gf_curve_reverse(&curve);
        way = (walk){.tracer = &self, .curve = curve, .places = &back, .specials = specials};
        status = go_one_way(&way, error);
    }
    line->end[0] = way.end;
    if (status == GF_OK && forth.count + back.count > 1) {
        status = join(&forth, &back, line, error);
    } else if (status == GF_OK && kind == GF_PITCHFORK) {
        status = add_special(specials, GF_CUSP, &place, error);
    }
    free(forth.points);
    free(back.points);
    return status;
}

bool gf_bifurcation_line_settle(const gf_plane *plane, gf_bifurcation_kind kind, size_t moved,
                                gf_line_point *place) {
    tracer self = {.plane = plane, .kind = kind};
    double x[GF_CURVE_UNKNOWNS];
    to_unknowns(plane, place, x);
    orient(&self, x);
    if (!settle(&self, moved, x)) {
        return false;
    }
    *place = to_place(plane, x);
    return true;
}
