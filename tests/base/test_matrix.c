/* Matrices over the charges: solved, inverted, their eigenvalues, the packing of symmetric ones. */
#include "suite.h"

#include "base/matrix.h"

#include <math.h>
#include <stdint.h>

enum { CASES = 200 };

static double uniform(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) / 0x1p52 - 1;
}

static void draw(uint64_t *seed, double m[GF_CHARGES][GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            m[i][k] = uniform(seed);
        }
    }
}

/* Every pair has one place, whichever way round, and places are numbered row by row. */
START_TEST(pairs_are_packed_row_by_row) {
    size_t next = 0;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = i; k < GF_CHARGES; ++k) {
            ck_assert_uint_eq(gf_pair(i, k), next);
            ck_assert_uint_eq(gf_pair(k, i), next);
            ++next;
        }
    }
    ck_assert_uint_eq(next, GF_PAIRS);
}
END_TEST

START_TEST(solution_satisfies_its_equations) {
    uint64_t seed = 1;
    for (int n = 0; n < CASES; ++n) {
        double m[GF_CHARGES][GF_CHARGES], x[GF_CHARGES], b[GF_CHARGES];
        draw(&seed, m);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            b[i] = uniform(&seed);
        }
        ck_assert(gf_matrix_solve(m, b, x));
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            double sum = 0, size = 1;
            for (size_t k = 0; k < GF_CHARGES; ++k) {
                sum += m[i][k] * x[k];
                size += fabs(x[k]);
            }
            ck_assert_double_eq_tol(sum, b[i], 1e-14 * size);
        }
        double in_place[GF_CHARGES] = {b[0], b[1]};
        ck_assert(gf_matrix_solve(m, in_place, in_place));
        ck_assert_mem_eq(in_place, x, sizeof x);
    }
}
END_TEST

/* Factors as large and as small as numbers go change neither what is singular nor the rest. */
START_TEST(common_factors_change_nothing) {
    static const double factors[] = {0x1p-1000, 0x1p-520, 0x1p520, 0x1p1000};
    uint64_t seed = 7;
    for (size_t n = 0; n < CASES; ++n) {
        double m[GF_CHARGES][GF_CHARGES], large[GF_CHARGES][GF_CHARGES], value[GF_CHARGES][2];
        double scaled[GF_CHARGES][2], x[GF_CHARGES], y[GF_CHARGES];
        double s = factors[n % (sizeof factors / sizeof *factors)];
        draw(&seed, m);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (size_t k = 0; k < GF_CHARGES; ++k) {
                large[i][k] = s * m[i][k];
            }
        }
        const double b[GF_CHARGES] = {uniform(&seed), uniform(&seed)};
        const double large_b[GF_CHARGES] = {s * b[0], s * b[1]};
        ck_assert(gf_matrix_solve(m, b, x) && gf_matrix_solve(large, large_b, y));
        ck_assert_mem_eq(x, y, sizeof x);
        gf_matrix_eigenvalues(m, value);
        gf_matrix_eigenvalues(large, scaled);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            ck_assert_double_eq(s * value[i][0], scaled[i][0]);
            ck_assert_double_eq(s * value[i][1], scaled[i][1]);
        }
        ck_assert(!gf_matrix_is_singular(large, 1e-14));
    }
}
END_TEST

START_TEST(singular_matrices_are_refused) {
    double m[GF_CHARGES][GF_CHARGES] = {{0.1, 0.3}, {0.7 * 0.1, 0.7 * 0.3}}, x[GF_CHARGES];
    double zero[GF_CHARGES][GF_CHARGES] = {{0}}, bad[GF_CHARGES][GF_CHARGES] = {{NAN, 1}, {1, 1}};
    const double b[GF_CHARGES] = {1, 2}, packed[GF_PAIRS] = {4, 2, 1};
    double inverse[GF_PAIRS];
    ck_assert(!gf_matrix_solve(m, b, x));
    ck_assert(!gf_matrix_solve(zero, b, x));
    ck_assert(!gf_matrix_solve(bad, b, x));
    ck_assert(!gf_matrix_invert(packed, inverse));
}
END_TEST

START_TEST(inverse_times_matrix_is_one) {
    uint64_t seed = 2;
    for (int n = 0; n < CASES; ++n) {
        double m[GF_CHARGES][GF_CHARGES], w[GF_CHARGES][GF_CHARGES], inverse[GF_PAIRS];
        const double packed[GF_PAIRS] = {2 + uniform(&seed), uniform(&seed), 2 + uniform(&seed)};
        ck_assert(gf_matrix_invert(packed, inverse));
        gf_matrix_unpack(packed, m);
        gf_matrix_unpack(inverse, w);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (size_t k = 0; k < GF_CHARGES; ++k) {
                double sum = m[i][0] * w[0][k] + m[i][1] * w[1][k];
                ck_assert_double_eq_tol(sum, i == k, 1e-12);
            }
        }
    }
}
END_TEST

/* Of matrices with positive eigenvalues, a b with both symmetric; a m a^T as two products. */
START_TEST(root_squared_is_the_matrix) {
    uint64_t seed = 5;
    for (int n = 0; n < CASES; ++n) {
        const double a[GF_PAIRS] = {2 + uniform(&seed), uniform(&seed), 2 + uniform(&seed)};
        const double b[GF_PAIRS] = {2 + uniform(&seed), uniform(&seed), 2 + uniform(&seed)};
        double first[GF_CHARGES][GF_CHARGES], second[GF_CHARGES][GF_CHARGES];
        double m[GF_CHARGES][GF_CHARGES], root[GF_CHARGES][GF_CHARGES];
        double square[GF_CHARGES][GF_CHARGES], image[GF_CHARGES][GF_CHARGES];
        double value[GF_CHARGES][2];
        gf_matrix_unpack(a, first);
        gf_matrix_unpack(b, second);
        gf_matrix_multiply(first, second, m);
        ck_assert(gf_matrix_root(m, root));
        gf_matrix_multiply(root, root, square);
        gf_matrix_eigenvalues(root, value);
        ck_assert_double_gt(value[0][0], 0);
        gf_matrix_transform(first, second, image);
        gf_matrix_multiply(m, first, second); /* first is its own transpose */
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            for (size_t k = 0; k < GF_CHARGES; ++k) {
                ck_assert_double_eq_tol(square[i][k], m[i][k], 1e-13);
                ck_assert_double_eq_tol(image[i][k], second[i][k], 1e-13);
            }
        }
    }
    double negative[GF_CHARGES][GF_CHARGES] = {{-1, 0}, {0, -2}};
    double saddle[GF_CHARGES][GF_CHARGES] = {{1, 0}, {0, -2}}, root[GF_CHARGES][GF_CHARGES];
    ck_assert(!gf_matrix_root(negative, root) && !gf_matrix_root(saddle, root));
}
END_TEST

/* Trace and determinant, order, conjugate pairs, and the radius. */
START_TEST(eigenvalues_have_sum_and_product) {
    uint64_t seed = 3;
    int pairs = 0;
    for (int n = 0; n < CASES; ++n) {
        double m[GF_CHARGES][GF_CHARGES];
        double value[GF_CHARGES][2];
        draw(&seed, m);
        gf_matrix_eigenvalues(m, value);
        ck_assert_double_eq_tol(value[0][0] + value[1][0], m[0][0] + m[1][1], 1e-14);
        ck_assert_double_eq_tol(value[0][0] * value[1][0] - value[0][1] * value[1][1],
                                gf_matrix_determinant(m), 1e-14);
        ck_assert(value[0][0] <= value[1][0] && value[0][1] <= 0);
        ck_assert_double_eq(value[0][1], -value[1][1]);
        pairs += value[0][1] < 0;
        double largest = fmax(hypot(value[0][0], value[0][1]), hypot(value[1][0], value[1][1]));
        ck_assert_double_eq_tol(gf_matrix_radius(m[0]), largest, 1e-13);
    }
    ck_assert(pairs > CASES / 10 && pairs < 9 * CASES / 10);
    const double huge[GF_CHARGES * GF_CHARGES] = {3e300, 0, 0, -5e300}, none[4] = {0};
    ck_assert_double_eq_tol(gf_matrix_radius(huge) / 5e300, 1, 1e-15);
    ck_assert_double_eq(gf_matrix_radius(none), 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("matrix");
    tcase_add_test(tests, pairs_are_packed_row_by_row);
    tcase_add_test(tests, solution_satisfies_its_equations);
    tcase_add_test(tests, common_factors_change_nothing);
    tcase_add_test(tests, singular_matrices_are_refused);
    tcase_add_test(tests, inverse_times_matrix_is_one);
    tcase_add_test(tests, root_squared_is_the_matrix);
    tcase_add_test(tests, eigenvalues_have_sum_and_product);
    return run_suite("matrix", tests);
}
