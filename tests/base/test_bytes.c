/* Values into bytes and out of them again. */
#include "suite.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

typedef struct thing {
    int number;
    size_t count;
    double *values; /* [count], or NULL */
} thing;

static void carry(thing *self, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &self->number, sizeof self->number);
    gf_bytes_carry(bytes, &self->count, sizeof self->count);
    self->values = gf_bytes_carry_array(bytes, self->values, self->count * sizeof *self->values);
}

static double *new_values(size_t count) {
    double *values = malloc((count + 1) * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (size_t k = 0; k < count; ++k) {
        values[k] = 1 / (1 + (double)k);
    }
    return values;
}

START_TEST(what_goes_in_comes_out) {
    thing from[] = {{7, 1000, new_values(1000)}, {-1, 0, NULL}, {2, 3, new_values(3)}};
    thing to[] = {{0, 2, new_values(2)}, {0, 5, new_values(5)}, {0}}; /* all of it is replaced */
    gf_bytes bytes = {0};
    for (int k = 0; k < 3; ++k) {
        carry(&from[k], &bytes);
    }
    bytes.reads = true;
    for (int k = 0; k < 3; ++k) {
        carry(&to[k], &bytes);
        ck_assert_int_eq(to[k].number, from[k].number);
        ck_assert_uint_eq(to[k].count, from[k].count);
        ck_assert(to[k].values != from[k].values || k == 1);
        ck_assert((to[k].values == NULL) == (k == 1));
        ck_assert(k == 1 || memcmp(to[k].values, from[k].values,
                                   from[k].count * sizeof *from[k].values) == 0);
    }
    ck_assert(!bytes.failed);
    ck_assert_uint_eq(bytes.at, bytes.size);
    for (int k = 0; k < 3; ++k) {
        free(from[k].values);
        free(to[k].values);
    }
    gf_bytes_free(&bytes);
}
END_TEST

START_TEST(too_few_bytes_are_noticed) {
    thing from = {7, 10, new_values(10)};
    gf_bytes bytes = {0};
    carry(&from, &bytes);
    size_t whole = bytes.size;
    bytes.reads = true;
    for (size_t size = 0; size < whole; ++size) {
        thing to = {0};
        bytes.size = size;
        bytes.at = 0;
        bytes.failed = false;
        carry(&to, &bytes);
        ck_assert(bytes.failed);
        free(to.values);
    }
    free(from.values);
    gf_bytes_free(&bytes);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("bytes");
    tcase_add_test(tests, what_goes_in_comes_out);
    tcase_add_test(tests, too_few_bytes_are_noticed);
    return run_suite("bytes", tests);
}
