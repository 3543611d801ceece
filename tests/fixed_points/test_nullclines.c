/* Nullclines against closed forms, exact Gibbs states and fixed points. */
#include "surface_fixture.h"

#include "suite.h"

#include "fixed_points/nullclines.h"

#include <math.h>

static gf_flow trace(const gf_surface *surface, size_t charge) {
    gf_flow lines;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_nullclines_trace(surface, charge, &lines, &error) == GF_OK, "%s",
                  error.message);
    return lines;
}

/* From a point to the nearest piece of the lines. */
static double distance(const gf_flow *lines, const double q[2]) {
    double nearest = INFINITY;
    for (size_t k = 0; k < lines->count; ++k) {
        for (size_t i = 0; i + 1 < lines->lines[k].count; ++i) {
            const double *a = lines->lines[k].density[i], *b = lines->lines[k].density[i + 1];
            double dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
            double at = length > 0 ? ((q[0] - a[0]) * dx + (q[1] - a[1]) * dy) / length : 0;
            at = fmin(1, fmax(0, at));
            nearest = fmin(nearest, hypot(q[0] - a[0] - at * dx, q[1] - a[1] - at * dy));
        }
    }
    return nearest;
}

/* f_1 = pump (1 - m) - loss (1 + m) whatever e is: one straight line from border to border. */
START_TEST(of_pump_and_loss_is_straight) {
    fixture f;
    fixture_open(&f, "pump_loss.yaml", 6, NULL);
    gf_surface *surface = fixture_surface(&f, "nullclines_a.h5");
    gf_flow lines = trace(surface, 0);
    ck_assert_uint_eq(lines.count, 1);
    double range[2], low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < lines.lines[0].count; ++i) {
        const double *q = lines.lines[0].density[i];
        ck_assert_double_eq_tol(q[0], 0.4, 1e-6);
        low = fmin(low, q[1]);
        high = fmax(high, q[1]);
    }
    gf_surface_border(surface, 0.4, range);
    ck_assert_double_eq_tol(low, range[0], 1e-3);
    ck_assert_double_eq_tol(high, range[1], 1e-3);
    gf_flow_free(&lines);
    gf_surface_free(surface);
    fixture_close(&f);
}
END_TEST

/* On the line the surface's force is zero to rounding, the exact one to the accuracy of
 * interpolation. */
static void check_line(fixture *f, const gf_surface *surface, size_t charge,
                       const gf_flow_line *line) {
    double lambda[2] = {0, 0};
    for (size_t i = 0; i < line->count; ++i) {
        const double *q = line->density[i];
        double values[1][GF_SURFACE_VALUES], range[2];
        (void)gf_surface_evaluate(surface, 1, &q[0], &q[1], values);
        ck_assert_double_lt(fabs(values[0][GF_SURFACE_FORCE + charge]), 1e-6);
        gf_region_energies(&f->region, q[0], range);
        double depth = 0.03 * (range[1] - range[0]);
        if (fabs(q[0]) < 0.95 && q[1] > range[0] + depth && q[1] < range[1] - depth) {
            gf_state state;
            ck_assert(gf_gibbs_invert(f->gibbs, q, lambda));
            gf_gibbs_evaluate(f->gibbs, lambda, GF_RESPONSE, &state);
            ck_assert_double_lt(fabs(state.force[charge]), 1e-3);
        }
    }
}

START_TEST(they_cross_at_the_fixed_points) {
    fixture f;
    fixture_parse(&f, tilted_model);
    gf_surface *surface = fixture_surface(&f, "nullclines_b.h5");
    gf_fixed_points points = fixture_fixed_points(&f);
    ck_assert_uint_eq(points.count, 3);
    for (size_t charge = 0; charge < 2; ++charge) {
        gf_flow lines = trace(surface, charge);
        ck_assert_uint_gt(lines.count, 0);
        for (size_t k = 0; k < lines.count; ++k) {
            ck_assert_uint_ge(lines.lines[k].count, 2);
            check_line(&f, surface, charge, &lines.lines[k]);
        }
        for (size_t k = 0; k < points.count; ++k) {
            ck_assert_double_lt(distance(&lines, points.points[k].density), 1e-4);
        }
        gf_flow_free(&lines);
    }
    gf_fixed_points_free(&points);
    gf_surface_free(surface);
    fixture_close(&f);
}
END_TEST

/* A force that is zero everywhere has no line; neighbours on a line are close. */
START_TEST(a_conserved_charge_has_none) {
    fixture f;
    fixture_open(&f, "dephasing.yaml", 6, NULL);
    gf_surface *surface = fixture_surface(&f, "nullclines_c.h5");
    gf_flow lines = trace(surface, 0);
    ck_assert_uint_eq(lines.count, 0);
    gf_flow_free(&lines);
    lines = trace(surface, 1);
    ck_assert_uint_eq(lines.count, 1);
    double range[2];
    gf_surface_border(surface, 0, range);
    for (size_t i = 1; i < lines.lines[0].count; ++i) {
        const double *a = lines.lines[0].density[i - 1], *b = lines.lines[0].density[i];
        ck_assert_double_lt(hypot(a[0] - b[0], (a[1] - b[1]) / (range[1] - range[0])), 0.03);
    }
    gf_flow_free(&lines);
    gf_surface_free(surface);
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("nullclines");
    tcase_add_test(tests, of_pump_and_loss_is_straight);
    tcase_add_test(tests, they_cross_at_the_fixed_points);
    tcase_add_test(tests, a_conserved_charge_has_none);
    return run_suite("nullclines", tests);
}
