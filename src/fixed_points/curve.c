#include "fixed_points/curve.h"

#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { MAX = GF_CURVE_UNKNOWNS, NEWTON_STEPS = 12, EASY = 3 };

static const double MAX_TURN = 0.97;    /* cosine of the angle between tangents of a step */
static const double SHORTEST = 1e-4;    /* step, in parts of the longest */
static const double MAX_CORRECTION = 2; /* of the step: farther is another curve */

/* Derivatives of `equations` residuals, column-major with `rows` rows; to one side, with the value
 * at x, where the system is not defined on the other. */
static bool differentiate(const gf_curve_system *system, size_t equations, size_t unknowns,
                          const double *x, const double *value, size_t rows, double *jacobian) {
    for (size_t k = 0; k < unknowns; ++k) {
        double up[MAX], down[MAX], high[MAX], low[MAX];
        memcpy(up, x, unknowns * sizeof *x);
        memcpy(down, x, unknowns * sizeof *x);
        up[k] += system->difference;
        down[k] -= system->difference;
        bool above = system->evaluate(system->context, up, high);
        bool below = system->evaluate(system->context, down, low);
        if (!above && !below) {
            return false;
        }
        double width = (above ? up[k] : x[k]) - (below ? down[k] : x[k]);
        for (size_t i = 0; i < equations; ++i) {
            jacobian[k * rows + i] =
                ((above ? high[i] : value[i]) - (below ? low[i] : value[i])) / width;
        }
    }
    return true;
}

/* Solves the square system with the matrix given column-major, which is lost. */
static bool solve(size_t n, double *matrix, double *right) {
    lapack_int pivot[MAX];
    if (LAPACKE_dgesv(LAPACK_COL_MAJOR, (lapack_int)n, 1, matrix, (lapack_int)n, pivot, right,
                      (lapack_int)n) != 0) {
        return false;
    }
    bool finite = true;
    for (size_t k = 0; k < n; ++k) {
        finite = finite && isfinite(right[k]);
    }
    return finite;
}

static double norm(size_t n, const double *x) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) {
        sum += x[k] * x[k];
    }
    return sqrt(sum);
}

static double product(size_t n, const double *x, const double *y) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) {
        sum += x[k] * y[k];
    }
    return sum;
}

/* Newton's method on F = 0 with the further equation row x = level, or without it (row NULL) for as
 * many equations as unknowns. `steps` are what it took. */
static bool correct(const gf_curve_system *system, const double *row, double level, double *x,
                    int *steps) {
    size_t n = system->unknowns, equations = row != NULL ? n - 1 : n;
    double last = INFINITY;
    for (*steps = 0; *steps < NEWTON_STEPS; ++*steps) {
        double matrix[MAX * MAX], change[MAX];
        if (!system->evaluate(system->context, x, change) ||
            !differentiate(system, equations, n, x, change, n, matrix)) {
            return false;
        }
        for (size_t k = 0; k < n && row != NULL; ++k) {
            matrix[k * n + n - 1] = row[k];
        }
        if (row != NULL) {
            change[n - 1] = product(n, row, x) - level;
        }
        if (!solve(n, matrix, change)) {
            return false;
        }
        for (size_t k = 0; k < n; ++k) {
            x[k] -= change[k];
        }
        double size = norm(n, change);
        if (size < system->tolerance || (size > last / 2 && size < 100 * system->tolerance)) {
            return true; /* done, or as far as rounding lets it */
        }
        last = size;
    }
    return false;
}

/* The unit tangent at a solution that makes an acute angle with `row`. */
static bool find_tangent(const gf_curve_system *system, const double *x, const double *row,
                         double *tangent) {
    size_t n = system->unknowns;
    double matrix[MAX * MAX], right[MAX] = {0}, value[MAX];
    if (!system->evaluate(system->context, x, value) ||
        !differentiate(system, n - 1, n, x, value, n, matrix)) {
        return false;
    }
    for (size_t k = 0; k < n; ++k) {
        matrix[k * n + n - 1] = row[k];
    }
    right[n - 1] = 1;
    if (!solve(n, matrix, right)) {
        return false;
    }
    double length = norm(n, right);
    for (size_t k = 0; k < n; ++k) {
        tangent[k] = right[k] / length;
    }
    return true;
}

/* A first tangent: that along the unknown which changes most. */
static bool first_tangent(const gf_curve_system *system, const double *x, double *tangent) {
    double best = 0;
    for (size_t k = 0; k < system->unknowns; ++k) {
        double row[MAX] = {0}, candidate[MAX];
        row[k] = 1;
        if (find_tangent(system, x, row, candidate) && candidate[k] > best) {
            best = candidate[k];
            memcpy(tangent, candidate, system->unknowns * sizeof *tangent);
        }
    }
    return best > 0;
}

bool gf_curve_begin(gf_curve *self, const gf_curve_system *system, const double *x, size_t along,
                    double longest) {
    int steps = 0;
    *self = (gf_curve){.system = system, .step = longest / 4, .longest = longest};
    memcpy(self->x, x, system->unknowns * sizeof *x);
    if (!first_tangent(system, self->x, self->tangent) ||
        !correct(system, self->tangent, product(system->unknowns, self->tangent, self->x), self->x,
                 &steps) ||
        !first_tangent(system, self->x, self->tangent)) {
        return false;
    }
    if (self->tangent[along] < 0) {
        gf_curve_reverse(self);
    }
    return true;
}

void gf_curve_reverse(gf_curve *self) {
    for (size_t k = 0; k < self->system->unknowns; ++k) {
        self->tangent[k] = -self->tangent[k];
    }
}

/* Predicts, corrects, and says how hard it was. */
static bool reach(const gf_curve *self, double stride, double *x, int *steps) {
    size_t n = self->system->unknowns;
    double predicted[MAX], apart[MAX];
    for (size_t k = 0; k < n; ++k) {
        predicted[k] = x[k] = self->x[k] + stride * self->tangent[k];
    }
    if (!correct(self->system, self->tangent, product(n, self->tangent, x), x, steps)) {
        return false;
    }
    for (size_t k = 0; k < n; ++k) {
        apart[k] = x[k] - predicted[k];
    }
    return norm(n, apart) <= MAX_CORRECTION * fabs(stride);
}

bool gf_curve_reach(const gf_curve *self, double stride, double *x) {
    int steps = 0;
    double found[MAX];
    bool reached = reach(self, stride, found, &steps);
    if (reached) {
        memcpy(x, found, self->system->unknowns * sizeof *x);
    }
    return reached;
}

bool gf_curve_advance(gf_curve *self) {
    size_t n = self->system->unknowns;
    for (; self->step >= SHORTEST * self->longest; self->step /= 2) {
        double x[MAX], tangent[MAX];
        int steps = 0;
        if (reach(self, self->step, x, &steps) &&
            find_tangent(self->system, x, self->tangent, tangent) &&
            product(n, tangent, self->tangent) >= MAX_TURN) {
            memcpy(self->x, x, n * sizeof *x);
            memcpy(self->tangent, tangent, n * sizeof *tangent);
            self->step = fmin(self->longest, self->step * (steps <= EASY ? 1.5 : 1));
            return true;
        }
    }
    return false;
}

bool gf_curve_solve(const gf_curve_system *system, double *x) {
    int steps = 0;
    return correct(system, NULL, 0, x, &steps);
}
