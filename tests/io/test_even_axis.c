/* Axes of grids as files have them. */
#include "io/even_axis.h"
#include "suite.h"

#include <math.h>
#include <unistd.h>

/* Writes the values and reads them back as an axis. */
static gf_status read_back(const double *values, size_t count, gf_axis *axis, gf_error *error) {
    char path[] = "test-even-axis-XXXXXX.h5";
    gf_file *file = NULL;
    ck_assert_int_ge(mkstemps(path, 3), 0);
    ck_assert_int_eq(gf_file_create(path, &file, error), GF_OK);
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = "/m", .units = "1", .rank = 1, .shape = {count}, .axes = {"/m"}},
        values);
    ck_assert_int_eq(gf_file_commit(&file, error), GF_OK);
    ck_assert_int_eq(gf_file_open(path, &file, error), GF_OK);
    gf_even_axis_get(file, "/m", axis);
    gf_status status = gf_file_check(file, error);
    gf_file_close(&file);
    (void)unlink(path);
    return status;
}

START_TEST(test_good) {
    static const double values[][3] = {{-1, 0, 1}, {2e-200, 3e-200, 4e-200}, {-7, -3.000001, 1}};
    for (size_t k = 0; k < sizeof values / sizeof *values; ++k) {
        for (size_t count = 1; count <= 3; count += 2) {
            gf_axis axis;
            gf_error error = {.message = ""};
            ck_assert_msg(read_back(values[k], count, &axis, &error) == GF_OK, "%s", error.message);
            ck_assert_uint_eq(axis.points, count);
            ck_assert(axis.from == values[k][0] && axis.to == values[k][count - 1]);
        }
    }
}
END_TEST

START_TEST(test_bad) {
    static const double values[][3] = {{1, 0, -1},  {1, 1, 1},   {0, 0.5001, 1},
                                       {0, NAN, 1}, {NAN, 0, 1}, {0, 1, INFINITY}};
    for (size_t k = 0; k < sizeof values / sizeof *values; ++k) {
        gf_axis axis;
        gf_error error = {.message = ""};
        ck_assert_int_ne(read_back(values[k], 3, &axis, &error), GF_OK);
        assert_contains(error.message, "/m must hold 1 to 100000 evenly spaced values that ascend");
        ck_assert_uint_eq(axis.points, 0);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("even axis");
    tcase_add_test(tests, test_good);
    tcase_add_test(tests, test_bad);
    return run_suite("even axis", tests);
}
