/* Separatrices and basins of attraction: against one another, symmetry, and the exact flow. */
#include "surface_fixture.h"

#include "suite.h"

#include "base/matrix.h"
#include "fixed_points/basins.h"
#include "gibbsflow/flow.h"

#include <math.h>

static gf_flow trace(fixture *f, const gf_fixed_points *points) {
    gf_flow lines;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_flow_trace_separatrices(f->model, f->spectrum, &f->region, points, &lines,
                                             &error) == GF_OK,
                  "%s", error.message);
    return lines;
}

/* dlambda/dt = -C^-1 f of the exact state, which density receives. */
static void velocity(fixture *f, const double lambda[2], double slope[2], double density[2]) {
    gf_state state;
    double c[2][2];
    gf_gibbs_evaluate(f->gibbs, lambda, GF_RESPONSE, &state);
    gf_matrix_unpack(state.susceptibility, c);
    double down[] = {-state.force[0], -state.force[1]};
    ck_assert(gf_matrix_solve(c, down, slope));
    density[0] = state.density[0];
    density[1] = state.density[1];
}

/* Where the exact flow carries a density: Heun's method with a small step in time. */
static int exact_basin(fixture *f, const gf_fixed_points *points, const double start[2]) {
    double lambda[2] = {0, 0}, k1[2], k2[2], q[2], between[2];
    const double step = 0.05;
    ck_assert(gf_gibbs_invert(f->gibbs, start, lambda));
    for (int n = 0; n < 4000; ++n) {
        velocity(f, lambda, k1, q);
        for (size_t p = 0; p < points->count; ++p) {
            const double *there = points->points[p].density;
            if (points->points[p].stability == GF_STABLE &&
                hypot(q[0] - there[0], q[1] - there[1]) < 0.02) {
                return (int)p;
            }
        }
        for (int i = 0; i < 2; ++i) {
            between[i] = lambda[i] + step * k1[i];
        }
        velocity(f, between, k2, q);
        for (int i = 0; i < 2; ++i) {
            lambda[i] += step * (k1[i] + k2[i]) / 2;
        }
    }
    return GF_BASIN_NONE;
}

/* To either side of a separatrix the exact flow leads to different stable points. */
START_TEST(separatrices_divide_the_exact_flow) {
    fixture f;
    fixture_parse(&f, tilted_model);
    gf_fixed_points points = fixture_fixed_points(&f);
    ck_assert_uint_eq(points.count, 3);
    ck_assert_int_eq(points.points[1].stability, GF_SADDLE);
    ck_assert_double_gt(fabs(points.points[1].density[0]), 0.02); /* no axis of symmetry */
    gf_flow lines = trace(&f, &points);
    ck_assert_uint_eq(lines.count, 2);
    int checked = 0;
    for (size_t k = 0; k < 2; ++k) {
        const gf_flow_line *line = &lines.lines[k];
        ck_assert_double_eq(line->density[0][0], points.points[1].density[0]);
        ck_assert_double_eq(line->density[0][1], points.points[1].density[1]);
        ck_assert_double_lt(gf_region_depth(&f.region, line->density[line->count - 1]), 1e-3);
        for (size_t n = 1; n < (size_t)sized(6, 3); ++n) {
            double side[2][2], range[2];
            const double *q = line->density[n * line->count / 8];
            for (int s = 0; s < 2; ++s) {
                side[s][0] = q[0] + (s == 0 ? -2e-3 : 2e-3);
                gf_region_energies(&f.region, side[s][0], range);
                side[s][1] = q[1];
            }
            if (q[1] < range[1] - 0.02 && q[1] > range[0] + 0.15) { /* steep at the border */
                ++checked;
                ck_assert_int_eq(exact_basin(&f, &points, side[0]), 0);
                ck_assert_int_eq(exact_basin(&f, &points, side[1]), 2);
            }
        }
    }
    ck_assert_int_ge(checked, 3);
    gf_flow_free(&lines);
    gf_fixed_points_free(&points);
    fixture_close(&f);
}
END_TEST

/* m of the separatrix at the energy e. */
static double crossing(const gf_flow *lines, double e) {
    for (size_t k = 0; k < lines->count; ++k) {
        for (size_t i = 0; i + 1 < lines->lines[k].count; ++i) {
            const double *a = lines->lines[k].density[i], *b = lines->lines[k].density[i + 1];
            if ((a[1] - e) * (b[1] - e) <= 0 && a[1] != b[1]) {
                return a[0] + (e - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
            }
        }
    }
    return NAN;
}

static int basin_at(const gf_surface *surface, const gf_fixed_points *points, double m, double e) {
    const double q[1][2] = {{m, e}};
    int basin;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_basins_find(surface, points, 1, q, &basin, &error), GF_OK);
    return basin;
}

/* The border of a basin, by bisection, is the separatrix. */
START_TEST(basins_end_at_separatrices) {
    fixture f;
    fixture_parse(&f, tilted_model);
    gf_fixed_points points = fixture_fixed_points(&f);
    gf_surface *surface = fixture_surface(&f, "basins_a.h5");
    gf_flow lines = trace(&f, &points);
    for (int n = 0; n < 5; ++n) {
        double e = -1.2 + 0.5 * n, low = -0.15, high = 0.15;
        ck_assert_int_eq(basin_at(surface, &points, low, e), 0);
        ck_assert_int_eq(basin_at(surface, &points, high, e), 2);
        for (int step = 0; step < 14; ++step) {
            double m = (low + high) / 2;
            *(basin_at(surface, &points, m, e) == 0 ? &low : &high) = m;
        }
        ck_assert_double_eq_tol(low, crossing(&lines, e), 1e-3);
    }
    gf_flow_free(&lines);
    gf_surface_free(surface);
    gf_fixed_points_free(&points);
    fixture_close(&f);
}
END_TEST

/* With the symmetry m -> -m every density flows to the point on its own side; where it is no
 * number, nowhere; and many at once as one by one. */
START_TEST(basins_have_the_symmetry_of_the_model) {
    enum { MANY = 1000 };
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    gf_fixed_points points = fixture_fixed_points(&f);
    gf_surface *surface = fixture_surface(&f, "basins_b.h5");
    double q[MANY][2];
    int basin[MANY];
    gf_error error = {.message = ""};
    for (int n = 0; n < MANY; ++n) {
        double range[2], place = (double)(n % 25 + 1) / 26;
        q[n][0] = -0.975 + 0.05 * (double)(n / 25); /* never 0 */
        gf_region_energies(&f.region, q[n][0], range);
        q[n][1] = range[0] + place * (range[1] - range[0]);
    }
    q[0][0] = NAN;
    ck_assert_int_eq(gf_basins_find(surface, &points, MANY, (const double(*)[2])q, basin, &error),
                     GF_OK);
    ck_assert_int_eq(basin[0], GF_BASIN_NONE);
    for (int n = 1; n < MANY; ++n) {
        ck_assert_int_eq(basin[n], q[n][0] < 0 ? 0 : 2);
    }
    ck_assert_int_eq(basin_at(surface, &points, q[77][0], q[77][1]), basin[77]);
    gf_surface_free(surface);
    gf_fixed_points_free(&points);
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("basins");
    tcase_add_test(tests, separatrices_divide_the_exact_flow);
    tcase_add_test(tests, basins_end_at_separatrices);
    tcase_add_test(tests, basins_have_the_symmetry_of_the_model);
    return run_suite("basins", tests);
}
