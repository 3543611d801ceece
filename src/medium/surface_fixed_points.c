/* Where the force of a surface vanishes. */
#include "medium/surface.h"

#include "base/matrix.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_NEWTON_STEPS = 40 };

static const double ZERO = 1e-12;     /* of a force, in units of the largest */
static const double DISTINCT = 1e-7;  /* points closer than this, in units of the region, are one */
static const double SINGULAR = 1e-12; /* determinants below this times their terms */

static double axis_value(size_t index, size_t points) {
    return -1 + 2 * (double)index / (double)(points - 1);
}

static void force_at(const gf_surface *self, const double q[2], double force[2], bool *inside) {
    double values[1][GF_SURFACE_VALUES];
    *inside = gf_surface_evaluate(self, 1, &q[0], &q[1], values) == 0;
    for (int i = 0; i < GF_CHARGES; ++i) {
        force[i] = values[0][GF_SURFACE_FORCE + i];
    }
}

static bool is_zero(const gf_surface *self, const double force[2]) {
    return fabs(force[0]) <= ZERO * self->speed[0] && fabs(force[1]) <= ZERO * self->speed[1];
}

/* Newton's method from q, which receives the solution. */
static bool solve(const gf_surface *self, double q[2]) {
    double force[GF_CHARGES], slope[GF_CHARGES][GF_CHARGES], step[GF_CHARGES];
    bool inside = true;
    force_at(self, q, force, &inside);
    for (int k = 0; k < MAX_NEWTON_STEPS && inside && !is_zero(self, force); ++k) {
        gf_surface_slope(self, q, slope);
        if (gf_matrix_is_singular(slope, SINGULAR) || !gf_matrix_solve(slope, force, step)) {
            return false;
        }
        for (int i = 0; i < GF_CHARGES; ++i) {
            q[i] -= step[i];
        }
        force_at(self, q, force, &inside);
    }
    return inside && is_zero(self, force);
}

static gf_surface_fixed_point describe(const gf_surface *self, const double q[2]) {
    gf_surface_fixed_point point = {.density = {q[0], q[1]}};
    gf_surface_slope(self, q, point.slope);
    gf_matrix_eigenvalues(point.slope, point.eigenvalue);
    point.stable = point.eigenvalue[1][0] < 0;
    point.saddle = point.eigenvalue[0][0] < 0 && point.eigenvalue[1][0] > 0;
    return point;
}

static bool is_known(const gf_surface *self, const double q[2], size_t count,
                     const gf_surface_fixed_point *points) {
    double range[2];
    gf_surface_border(self, 0, range);
    for (size_t k = 0; k < count; ++k) {
        if (hypot(q[0] - points[k].density[0],
                  (q[1] - points[k].density[1]) / (range[1] - range[0])) < DISTINCT) {
            return true;
        }
    }
    return false;
}

/* True if neither force keeps its sign over the corners of a cell. */
static bool may_vanish(const gf_surface *self, size_t row, size_t column) {
    bool positive[2] = {false, false}, negative[2] = {false, false}, inside = true;
    for (size_t corner = 0; corner < 4; ++corner) {
        double m = axis_value(row + corner / 2, self->points[0]), force[2];
        double t = axis_value(column + corner % 2, self->points[1]);
        force_at(self, (double[2]){m, gf_chart_energy(&self->chart, m, t)}, force, &inside);
        for (int i = 0; i < 2; ++i) {
            positive[i] = positive[i] || force[i] >= -ZERO * self->speed[i];
            negative[i] = negative[i] || force[i] <= ZERO * self->speed[i];
        }
    }
    return positive[0] && positive[1] && negative[0] && negative[1];
}

static int by_magnetisation(const void *a, const void *b) {
    double first = ((const gf_surface_fixed_point *)a)->density[0];
    double second = ((const gf_surface_fixed_point *)b)->density[0];
    return (first > second) - (first < second);
}

size_t gf_surface_find_fixed_points(const gf_surface *self, size_t capacity,
                                    gf_surface_fixed_point *points) {
    size_t count = 0;
    for (size_t row = 0; row + 1 < self->points[0]; ++row) {
        for (size_t column = 0; column + 1 < self->points[1] && count < capacity; ++column) {
            if (!may_vanish(self, row, column)) {
                continue;
            }
            double m = axis_value(2 * row + 1, 2 * self->points[0] - 1); /* the centre */
            double t = axis_value(2 * column + 1, 2 * self->points[1] - 1);
            double q[2] = {m, gf_chart_energy(&self->chart, m, t)};
            if (solve(self, q) && !is_known(self, q, count, points)) {
                points[count++] = describe(self, q);
            }
        }
    }
    qsort(points, count, sizeof *points, by_magnetisation);
    return count;
}
