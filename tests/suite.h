/* What the Check programs of this folder share: running a suite, messages, random numbers. */
#ifndef GIBBSFLOW_TEST_SUITE_H
#define GIBBSFLOW_TEST_SUITE_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under the sanitizers all takes ten times as long; they look for faults of memory and arithmetic,
 * not for numbers, and smaller sizes will do. */
#define sized(full, small) (GF_SANITIZED ? (small) : (full))

/* A test of numbers alone, long or statistical, whose code others run too: not under the
 * sanitizers. */
#define tcase_add_long_test(tests, test)                                                           \
    do {                                                                                           \
        if (!GF_SANITIZED) {                                                                       \
            tcase_add_test(tests, test);                                                           \
        }                                                                                          \
    } while (0)

/* Runs a suite of one test case: the exit status of the program. */
static inline int run_suite(const char *name, TCase *tests) {
    Suite *suite = suite_create(name);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define assert_contains(text, part)                                                                \
    ck_assert_msg(strstr(text, part) != NULL, "'%s' does not contain '%s'", text, part)

#define assert_starts(text, part)                                                                  \
    ck_assert_msg(strncmp(text, part, strlen(part)) == 0, "'%s' does not start with '%s'", text,   \
                  part)

/* splitmix64 (Steele, Lea & Flood, OOPSLA 2014): the same numbers everywhere and always. */
static inline uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static inline int random_below(uint64_t *state, int limit) { /* 0 ... limit-1 */
    return (int)(random_bits(state) % (uint64_t)limit);
}

/* A multiple of 1/64 in [-4, 4): sums and products of a few of them are exact. */
static inline double random_dyadic(uint64_t *state) {
    return (double)(random_below(state, 512) - 256) / 64;
}

#endif
