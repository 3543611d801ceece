/* Averages of time series: honest errors, and alarms that ring. */
#include "suite.h"

#include "gibbsflow/estimate.h"

#include <math.h>
#include <stdlib.h>

enum { SERIES = 8, LENGTH = 4000 };

static double normal(void) {
    return sqrt(-2 * log(1 - drand48())) * cos(2 * M_PI * drand48());
}

/* x' = a x + noise about `offset`: integrated autocorrelation time (1+a)/(2(1-a)). */
static void fill(double *data, double a, double offset) {
    for (int r = 0; r < SERIES; ++r) {
        double x = normal() / sqrt(1 - a * a);
        for (int i = 0; i < LENGTH; ++i) {
            x = a * x + normal();
            data[r * LENGTH + i] = offset + x;
        }
    }
}

static gf_estimate estimate(const double *data, size_t realisations, size_t count, size_t starts) {
    gf_estimate e;
    ck_assert_int_eq(gf_estimate_series(data, realisations, LENGTH, count, starts, &e, NULL),
                     GF_OK);
    return e;
}

/* Errors are those of many trials, for one realisation and for several; alarms are rare. */
START_TEST(test_errors) {
    static double data[SERIES * LENGTH];
    const size_t many[] = {1, 3, SERIES};
    double a = 0.9;
    srand48(11);
    for (size_t k = 0; k < 3; ++k) {
        double chi_square = 0, time = 0;
        int trials = 100, alarms = 0;
        for (int trial = 0; trial < trials; ++trial) {
            fill(data, a, 2);
            gf_estimate e = estimate(data, many[k], LENGTH, 2);
            chi_square += pow((e.mean - 2) / e.series_error, 2);
            time += e.autocorrelation / trials;
            ck_assert_double_ge(e.error, e.series_error);
            alarms += e.verdict == GF_STEADY ? 0 : 1;
        }
        ck_assert_int_le(alarms, 2);
        ck_assert_double_eq_tol(time, (1 + a) / (2 * (1 - a)), 0.5);
        ck_assert_double_lt(fabs(chi_square / trials - 1), 5 * sqrt(2.0 / trials));
    }
}
END_TEST

/* A trend, with little noise and with much, is noticed in any number of realisations. */
START_TEST(test_drift) {
    static double data[SERIES * LENGTH];
    size_t realisations = (size_t)_i;
    const double size[] = {1, 100};
    srand48(12);
    for (int k = 0; k < 2; ++k) {
        fill(data, 0.5, 1);
        for (int i = 0; i < SERIES * LENGTH; ++i) {
            data[i] -= size[k] * (i % LENGTH) / LENGTH;
        }
        gf_estimate e = estimate(data, realisations, LENGTH, 1);
        ck_assert_int_ne(e.verdict, GF_STEADY);
        ck_assert(realisations == 1 || e.verdict == GF_NOT_STEADY);
        ck_assert_double_lt(e.drift, -4);
        ck_assert(isnan(e.start_effect));
    }
}
END_TEST

/* So are starts that are not forgotten. */
START_TEST(test_starts) {
    static double data[SERIES * LENGTH];
    size_t realisations = (size_t)_i;
    const double size[] = {1, 100};
    srand48(13);
    for (int k = 0; k < 2; ++k) {
        fill(data, 0.5, 1);
        for (int i = 0; i < SERIES * LENGTH; ++i) {
            data[i] += i / LENGTH % 2 == 1 ? size[k] : 0;
        }
        gf_estimate e = estimate(data, realisations, LENGTH, 2);
        ck_assert_int_eq(e.verdict, GF_NOT_STEADY);
        ck_assert_double_gt(e.start_effect, 5);
    }
}
END_TEST

/* Nothing can be told from a series not much longer than its memory, or from none. */
START_TEST(test_too_short) {
    static double data[SERIES * LENGTH];
    int steady = 0;
    srand48(14);
    for (int trial = 0; trial < 20; ++trial) {
        fill(data, 0.999, 0); /* a memory of 1000, a quarter of the series */
        steady += estimate(data, 2, LENGTH, 1).verdict == GF_STEADY ? 1 : 0;
    }
    ck_assert_int_le(steady, 5); /* even the memory is hard to tell */
    ck_assert_int_eq(estimate(data, 2, 0, 1).verdict, GF_TOO_SHORT);
    ck_assert_int_eq(estimate(data, 1, 1, 1).verdict, GF_TOO_SHORT);
}
END_TEST

/* A number that never changes is one sample, however often it was taken; its rounding is no error. */
START_TEST(test_constant) {
    static double data[SERIES * LENGTH];
    for (int i = 0; i < SERIES * LENGTH; ++i) {
        data[i] = 0.00125 * (1 + 1e-16 * (i % 3)); /* exact up to an ulp */
    }
    for (size_t many = 1; many <= SERIES; ++many) {
        gf_estimate e = estimate(data, many, 10, 2);
        ck_assert_double_eq_tol(e.mean, 0.00125, 1e-18);
        ck_assert(e.error == 0 || (many == 1 && isnan(e.scatter_error)));
        ck_assert_double_eq(e.effective, (double)many);
        ck_assert_double_eq(e.drift, 0);
        ck_assert(!(e.start_effect > 0));
        ck_assert_int_eq(e.verdict, GF_TOO_SHORT);
    }
}
END_TEST

/* What does not vary in any of the realisations, but between them, has the error of their scatter. */
START_TEST(test_frozen) {
    static double data[SERIES * LENGTH];
    for (int i = 0; i < SERIES * LENGTH; ++i) {
        data[i] = i / LENGTH % 2;
    }
    gf_estimate e = estimate(data, SERIES, LENGTH, 1);
    ck_assert_double_eq_tol(e.error, sqrt(0.25 / (SERIES - 1)), 1e-12);
    ck_assert_double_eq(e.effective, SERIES);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("estimate");
    tcase_add_test(tests, test_errors);
    tcase_add_loop_test(tests, test_drift, 1, SERIES + 1);
    tcase_add_loop_test(tests, test_starts, 2, SERIES + 1);
    tcase_add_test(tests, test_too_short);
    tcase_add_test(tests, test_constant);
    tcase_add_test(tests, test_frozen);
    return run_suite("estimate", tests);
}
