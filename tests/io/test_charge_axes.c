/* Vectors and packed matrices over the charges, written with an axis for every index and read back.
 */
#include "suite.h"

#include "io/charge_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 3, COLUMNS = 5, ENTRIES = ROWS * COLUMNS };

static const char path[] = "test_charge_axes.h5";

/* data[ROWS][values][COLUMNS] if the charges lie between the axes, else [ROWS][COLUMNS][values]. */
static void fill(double *data, int order) {
    for (size_t k = 0; k < ENTRIES * gf_charge_values(order); ++k) {
        data[k] = k == 4 ? NAN : sin((double)k);
    }
}

static gf_file *begin(void) {
    gf_file *file = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, NULL), GF_OK);
    return file;
}

static gf_file *finish_and_open(gf_file *file) {
    gf_error error = {.message = ""};
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_file_open(path, &file, NULL), GF_OK);
    (void)unlink(path);
    return file;
}

static const gf_dataset table = {
    .path = "/a", .units = "1", .rank = 2, .shape = {ROWS, COLUMNS}, .axes = {"row", "column"}};

static void compare(const double *a, const double *b, size_t count) {
    for (size_t k = 0; k < count; ++k) {
        ck_assert(a[k] == b[k] || (isnan(a[k]) && isnan(b[k])));
    }
}

/* Every order, with the charges before, between and after the other axes. */
START_TEST(files_return_what_they_got) {
    int order = _i % 3, at = _i / 3;
    double data[ENTRIES * GF_PAIRS];
    size_t shape[2] = {0};
    fill(data, order);
    gf_file *file = begin();
    gf_charge_axes_put(file, &table, order, at, data);
    file = finish_and_open(file);
    double *read = gf_charge_axes_get(file, "/a", 2, order, at, shape);
    ck_assert_int_eq(gf_file_check(file, NULL), GF_OK);
    ck_assert_uint_eq(shape[0], ROWS);
    ck_assert_uint_eq(shape[1], COLUMNS);
    compare(read, data, ENTRIES * gf_charge_values(order));
    free(read);
    gf_file_close(&file);
}
END_TEST

/* A matrix stands in the file in full: element (i,k) of every row and column. */
START_TEST(matrices_have_two_axes) {
    double data[ENTRIES * GF_PAIRS];
    size_t shape[4] = {0};
    fill(data, 2);
    gf_file *file = begin();
    gf_charge_axes_put(file, &table, 2, 1, data);
    file = finish_and_open(file);
    double *full = gf_file_get_doubles(file, "/a", 4, shape);
    ck_assert_ptr_nonnull(full);
    ck_assert(shape[0] == ROWS && shape[1] == 2 && shape[2] == 2 && shape[3] == COLUMNS);
    for (size_t n = 0; n < ENTRIES; ++n) {
        size_t row = n / COLUMNS, column = n % COLUMNS;
        for (size_t pair = 0; pair < 4; ++pair) {
            size_t packed = pair == 0 ? 0 : pair == 3 ? 2 : 1;
            compare(&full[(row * 4 + pair) * COLUMNS + column],
                    &data[(row * 3 + packed) * COLUMNS + column], 1);
        }
    }
    free(full);
    gf_file_close(&file);
}
END_TEST

/* Neither another number of charges nor a lopsided matrix passes. */
START_TEST(damage_is_refused) {
    double data[ROWS * 3 * 3] = {0};
    size_t shape[2] = {0};
    gf_error error;
    gf_file *file = begin();
    gf_dataset dataset = {.path = "/a", .units = "1", .rank = 3, .shape = {ROWS, 2, 2}};
    data[4 + 1] = 1; /* element (0,1) of row 1, not (1,0) */
    gf_file_put_doubles(file, &dataset, data);
    dataset = (gf_dataset){.path = "/b", .units = "1", .rank = 3, .shape = {ROWS, 3, 3}};
    gf_file_put_doubles(file, &dataset, data);
    file = finish_and_open(file);
    const char *name = _i == 0 ? "/a" : "/b";
    ck_assert_ptr_null(gf_charge_axes_get(file, name, 1, 2, 1, shape));
    ck_assert_int_ne(gf_file_check(file, &error), GF_OK);
    ck_assert_ptr_nonnull(strstr(error.message, _i == 0 ? "not symmetric" : "3 x 3 x 3"));
    gf_file_close(&file);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("charge axes");
    tcase_add_loop_test(tests, files_return_what_they_got, 0, 9);
    tcase_add_test(tests, matrices_have_two_axes);
    tcase_add_loop_test(tests, damage_is_refused, 0, 2);
    return run_suite("charge axes", tests);
}
