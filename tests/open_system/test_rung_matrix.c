/* Matrices in three diagonals of blocks, against dense ones. */
#include "suite.h"

#include "open_system/rung_matrix.h"

#include <math.h>

enum { GROUPS = 4, SIZE = 15 };
static const size_t group[GROUPS] = {3, 6, 0, 6};

static double uniform(uint64_t *state) {
    return (double)(random_bits(state) >> 11) * 0x1p-53 - 0.5;
}

static void fill(gf_rung_matrix *self, double dense[SIZE][SIZE], bool one_group) {
    uint64_t state = 7;
    gf_error error = {.message = ""};
    size_t all = SIZE;
    ck_assert_int_eq(
        gf_rung_matrix_init(self, one_group ? &all : group, one_group ? 1 : GROUPS, &error), GF_OK);
    ck_assert_uint_eq(self->size, SIZE);
    for (size_t i = 0; i < SIZE; ++i) {
        for (size_t j = 0; j < SIZE; ++j) {
            size_t length;
            double *element = gf_rung_matrix_at(self, i, j, &length);
            dense[i][j] = element != NULL ? uniform(&state) + (i == j ? 4 : 0) : 0;
            if (element != NULL) {
                *element = dense[i][j];
            }
        }
    }
}

START_TEST(blocks_that_are_not_neighbours_are_absent) {
    gf_rung_matrix self;
    double dense[SIZE][SIZE];
    size_t length;
    fill(&self, dense, false);
    ck_assert_ptr_null(gf_rung_matrix_at(&self, 0, SIZE - 1, &length));
    ck_assert_ptr_null(gf_rung_matrix_at(&self, SIZE - 1, 4, &length)); /* an empty group between */
    ck_assert_ptr_nonnull(gf_rung_matrix_at(&self, 4, 0, &length));
    ck_assert_uint_eq(length, 6);
    gf_rung_matrix_free(&self);
}
END_TEST

START_TEST(products_and_solutions_are_those_of_the_dense_matrix) {
    for (int one_group = 0; one_group < 2; ++one_group) {
        gf_rung_matrix self, factors;
        gf_error error = {.message = ""};
        double dense[SIZE][SIZE], x[SIZE], y[SIZE], transposed[SIZE];
        uint64_t state = 3;
        fill(&self, dense, one_group != 0);
        for (size_t i = 0; i < SIZE; ++i) {
            x[i] = uniform(&state);
        }
        gf_rung_matrix_multiply(&self, false, x, y);
        gf_rung_matrix_multiply(&self, true, x, transposed);
        for (size_t i = 0; i < SIZE; ++i) {
            double sum = 0, other = 0;
            for (size_t j = 0; j < SIZE; ++j) {
                sum += dense[i][j] * x[j];
                other += dense[j][i] * x[j];
            }
            ck_assert_double_eq_tol(y[i], sum, 1e-13);
            ck_assert_double_eq_tol(transposed[i], other, 1e-13);
            y[i] -= 0.25 * x[i];
        }
        ck_assert_int_eq(gf_rung_matrix_factor(&self, 0.25, &factors, &error), GF_OK);
        gf_rung_matrix_solve(&factors, y);
        for (size_t i = 0; i < SIZE; ++i) {
            ck_assert_double_eq_tol(y[i], x[i], 1e-12);
        }
        gf_rung_matrix_free(&factors);
        gf_rung_matrix_free(&self);
    }
}
END_TEST

START_TEST(a_singular_matrix_is_refused) {
    gf_rung_matrix self, factors;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_rung_matrix_init(&self, group, GROUPS, &error), GF_OK);
    ck_assert_int_eq(gf_rung_matrix_factor(&self, 0, &factors, &error), GF_NO_CONVERGENCE);
    assert_contains(error.message, "singular");
    gf_rung_matrix_free(&self);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rung_matrix");
    tcase_add_test(tests, blocks_that_are_not_neighbours_are_absent);
    tcase_add_test(tests, products_and_solutions_are_those_of_the_dense_matrix);
    tcase_add_test(tests, a_singular_matrix_is_refused);
    return run_suite("rung_matrix", tests);
}
