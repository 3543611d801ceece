/* Runs a Check suite of plain tests; returns the exit status of the test program. */
#ifndef GIBBSFLOW_TEST_SUITE_H
#define GIBBSFLOW_TEST_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

static inline int run_suite(const char *name, const TTest *const *tests, size_t count) {
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 300);
    for (size_t k = 0; k < count; ++k) {
        tcase_add_test(all, tests[k]);
    }
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* OpenMP and fork do not mix */
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
