/* Counting walls, and fits. */
#include "suite.h"

#include "gibbsflow/wall_fit.h"
#include "langevin/measure/walls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double normal(void) {
    return sqrt(-2 * log(1 - drand48())) * cos(2 * M_PI * drand48());
}

/* --- counting -------------------------------------------------------------------------------- */

START_TEST(test_count) {
    const double m[] = {0.1, 1, 0.2, -0.4, -1, 0.3, -1, 0.4, 0.9};
    size_t n = sizeof m / sizeof *m;
    ck_assert_uint_eq(gf_walls_count(m, n, GF_PERIODIC, 0.5), 2);  /* the 0.3 does not count */
    ck_assert_uint_eq(gf_walls_count(m, n, GF_PERIODIC, 0.25), 4); /* now it does */
    ck_assert_uint_eq(gf_walls_count(m, n, GF_PERIODIC, 2), 0);    /* nothing reaches the level */
    ck_assert_uint_eq(gf_walls_count(m, n, GF_ANTIPERIODIC, 0.5), 3); /* and one across the seam */
    ck_assert_uint_eq(gf_walls_count(m + 1, 1, GF_ANTIPERIODIC, 0.5), 1);
}
END_TEST

/* On a ring the number is even, on a twisted one odd, and neither depends on where one starts. */
START_TEST(test_count_is_a_property_of_the_ring) {
    enum { CELLS = 97 };
    double m[CELLS], turned[CELLS];
    srand48(3);
    for (int trial = 0; trial < 200; ++trial) {
        for (int i = 0; i < CELLS; ++i) {
            m[i] = normal();
        }
        int shift = (int)(drand48() * CELLS);
        for (int reversed = 0; reversed < 2; ++reversed) {
            for (int i = 0; i < CELLS; ++i) {
                int from = (i + shift) % CELLS;
                turned[i] = i + shift < CELLS || !reversed ? m[from] : -m[from];
            }
            size_t walls = gf_walls_count(m, CELLS, (gf_boundary)reversed, 0.7);
            ck_assert_uint_eq(walls % 2, (size_t)reversed);
            ck_assert_uint_eq(gf_walls_count(turned, CELLS, (gf_boundary)reversed, 0.7), walls);
        }
    }
}
END_TEST

START_TEST(test_smooth) {
    enum { CELLS = 50 };
    double m[CELLS], smooth[CELLS];
    for (int i = 0; i < CELLS; ++i) {
        m[i] = normal();
    }
    for (int reversed = 0; reversed < 2; ++reversed) {
        for (int width = 1; width <= CELLS; width += 7) {
            gf_walls_smooth(m, CELLS, (gf_boundary)reversed, (size_t)width, smooth);
            for (int i = 0; i < CELLS; ++i) {
                double sum = 0;
                for (int k = i; k < i + width; ++k) {
                    sum += k < CELLS ? m[k] : (reversed ? -m[k - CELLS] : m[k - CELLS]);
                }
                ck_assert_double_eq_tol(smooth[i], sum / width, 1e-13);
            }
        }
    }
}
END_TEST

/* --- fits ------------------------------------------------------------------------------------ */

START_TEST(test_fit_exact) {
    enum { POINTS = 8 };
    double x[POINTS], n[POINTS], sigma[POINTS];
    const double power[] = {0.25, 0};
    for (int form = 0; form < 2; ++form) {
        for (int i = 0; i < POINTS; ++i) {
            x[i] = 0.06 + 0.05 * i;
            n[i] = 0.31 * pow(x[i], power[form]) * exp(-0.73 / sqrt(x[i]));
            sigma[i] = 0.01 * n[i];
        }
        gf_wall_fit fit;
        ck_assert_int_eq(
            gf_wall_fit_make((gf_wall_form)form, POINTS, x, n, sigma, 0.1, 0.35, &fit, NULL),
            GF_OK);
        ck_assert_double_eq_tol(fit.value[0], 0.31, 1e-7);
        ck_assert_double_eq_tol(fit.value[1], 0.73, 1e-7);
        ck_assert_double_eq_tol(fit.from, 0.11, 1e-12);
        ck_assert_double_eq_tol(fit.to, 0.31, 1e-12);
        ck_assert_uint_eq(fit.points, 5);
    }
    for (int i = 0; i < POINTS; ++i) {
        n[i] = (0.2 * pow(x[i], 0.25) - 0.1 * pow(x[i], 0.75)) * exp(-0.6 / sqrt(x[i]));
        sigma[i] = 0.01 * n[i];
    }
    gf_wall_fit fit;
    ck_assert_int_eq(gf_wall_fit_make(GF_WALL_TWO_TERMS, POINTS, x, n, sigma, 0, 1, &fit, NULL),
                     GF_OK);
    ck_assert_double_eq_tol(fit.value[0], 0.2, 1e-4);
    ck_assert_double_eq_tol(fit.value[1], 0.6, 1e-4);
    ck_assert_double_eq_tol(fit.value[2], -0.1, 1e-4);
}
END_TEST

/* The stated errors are those that repeated measurements show. */
START_TEST(test_fit_errors) {
    enum { POINTS = 10, TRIALS = 200 };
    double x[POINTS], n[POINTS], sigma[POINTS], pull[2] = {0};
    srand48(4);
    for (int trial = 0; trial < TRIALS; ++trial) {
        for (int i = 0; i < POINTS; ++i) {
            x[i] = 0.06 + 0.03 * i;
            double exact = 0.2 * pow(x[i], 0.25) * exp(-0.5 / sqrt(x[i]));
            sigma[i] = 0.02 * exact;
            n[i] = exact + sigma[i] * normal();
        }
        gf_wall_fit fit;
        ck_assert_int_eq(gf_wall_fit_make(GF_WALL_QUARTER, POINTS, x, n, sigma, 0, 1, &fit, NULL),
                         GF_OK);
        pull[0] += pow((fit.value[0] - 0.2) / fit.error[0], 2) / TRIALS;
        pull[1] += pow((fit.value[1] - 0.5) / fit.error[1], 2) / TRIALS;
    }
    for (int k = 0; k < 2;
         ++k) { /* errors are enlarged by sqrt(chi^2/f) > 1, so a little below 1 */
        ck_assert_double_gt(pull[k], 0.5);
        ck_assert_double_lt(pull[k], 1.3);
    }
}
END_TEST

START_TEST(test_fit_refused) {
    const double x[] = {0.1, 0.2}, n[] = {0.01, 0.02}, sigma[] = {0.001, 0.001};
    gf_wall_fit fit;
    gf_error error;
    ck_assert_int_eq(gf_wall_fit_make(GF_WALL_PLAIN, 2, x, n, sigma, 0, 1, &fit, &error),
                     GF_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "at least 3"));
}
END_TEST

/* Where A vanishes, A and c change the density in the same way: neither can be told. */
START_TEST(test_fit_undetermined) {
    enum { POINTS = 12 };
    double x[POINTS], n[POINTS], sigma[POINTS];
    for (int i = 0; i < POINTS; ++i) {
        x[i] = 0.06 + 0.03 * i;
        n[i] = 0.2 * pow(x[i], 0.75) * exp(-0.5 / sqrt(x[i]));
        sigma[i] = 0.01 * n[i];
    }
    gf_wall_fit fit;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_wall_fit_make(GF_WALL_TWO_TERMS, POINTS, x, n, sigma, 0, 1, &fit, &error),
                     GF_NO_CONVERGENCE);
    ck_assert_ptr_nonnull(strstr(error.message, "not determined"));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("walls");
    tcase_add_test(tests, test_count);
    tcase_add_test(tests, test_count_is_a_property_of_the_ring);
    tcase_add_test(tests, test_smooth);
    tcase_add_test(tests, test_fit_exact);
    tcase_add_test(tests, test_fit_errors);
    tcase_add_test(tests, test_fit_refused);
    tcase_add_test(tests, test_fit_undetermined);
    return run_suite("walls", tests);
}
