/* Run files: what they mean, and what is said about wrong ones. */
#include "suite.h"

#include "langevin/run/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char good[] =
    "equation: order-parameter\n"
    "parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}\n"
    "noise: {drive: 4, thermal: 1}\n"
    "force: bare\n"
    "space: {length: 100, spacing: 0.25, boundary: periodic}\n"
    "time: {step: 0.01, end: 20, warm_up: 5, sample_every: 0.5}\n"
    "integrator: heun\n"
    "initial: {profile: random, amplitude: 0.1}\n"
    "realisations: 3\n"
    "seed: 7\n"
    "walls: {smoothing: 8, threshold: 0.5}\n"
    "snapshots: {every: 5, spacing: 10}\n"
    "sweep: {epsilon: [0.1, 0.2]}\n";

static gf_status parse(const char *text, const gf_settings *settings, gf_run **run,
                       gf_error *error) {
    return gf_run_parse(text, strlen(text), "run.yaml", settings, run, error);
}

START_TEST(test_meaning) {
    gf_run *run;
    gf_dynamics d;
    ck_assert_int_eq(parse(good, NULL, &run, NULL), GF_OK);
    ck_assert_uint_eq(run->cells, 400);
    ck_assert_uint_eq(run->steps, 2000);
    ck_assert_uint_eq(run->steps_per_sample, 50);
    ck_assert_uint_eq(run->samples, 40);
    ck_assert_uint_eq(run->first_measured, 10); /* the sample at 5.5 */
    ck_assert_uint_eq(run->smoothing_cells, 32);
    ck_assert_uint_eq(run->snapshots, 4);
    ck_assert_uint_eq(run->positions, 10);
    ck_assert_uint_eq(run->points, 2);
    ck_assert_int_eq(gf_run_dynamics(run, 1, &d, NULL), GF_OK);
    ck_assert_double_eq_tol(d.scalar.drive, 4 * 0.2 * 0.125, 1e-15);
    ck_assert_double_eq_tol(d.scalar.thermal, 1, 1e-15);
    ck_assert_double_eq_tol(d.scalar.linear, 0.2 * (0.875 / 4 - 0.125), 1e-15);
    ck_assert_double_eq_tol(d.scalar.cubic, 0.2 * 0.875 / 4, 1e-15);
    ck_assert_double_eq_tol(d.order * d.order, 5 - 4 / 0.875, 1e-14);
    gf_run_free(run);
}
END_TEST

/* m^3 - 3 (chi T/dx) m with chi T = thermal/(2D) */
START_TEST(test_renormalised) {
    char text[2000];
    gf_run *bare, *run;
    gf_dynamics b, r;
    (void)snprintf(text, sizeof text, "%s", good);
    memcpy(strstr(text, "force: bare\n"), "force: XXXX\n", 12);
    char *force = strstr(text, "force: XXXX\n");
    char renormalised[2100];
    (void)snprintf(renormalised, sizeof renormalised, "%.*sforce: renormalised\n%s",
                   (int)(force - text), text, force + 12);
    ck_assert_int_eq(parse(good, NULL, &bare, NULL), GF_OK);
    ck_assert_int_eq(parse(renormalised, NULL, &run, NULL), GF_OK);
    ck_assert_int_eq(gf_run_dynamics(bare, 0, &b, NULL), GF_OK);
    ck_assert_int_eq(gf_run_dynamics(run, 0, &r, NULL), GF_OK);
    ck_assert_double_eq_tol(r.scalar.linear - b.scalar.linear, 3 * b.scalar.cubic * 0.5 / 0.25,
                            1e-15);
    ck_assert_double_eq_tol(r.scalar.cubic, b.scalar.cubic, 1e-15);
    ck_assert_double_eq_tol(r.order, b.order, 1e-15);
    gf_run_free(bare);
    gf_run_free(run);
}
END_TEST

START_TEST(test_settings) {
    gf_run *run;
    gf_settings settings = {0}, again = {0};
    gf_error error;
    const char *const assignments[] = {"epsilon=0.3", "spacing=0.5", "step=0.02", "seed=9"};
    for (int i = 0; i < 4; ++i) {
        ck_assert_int_eq(gf_settings_assign(&settings, assignments[i], NULL), GF_OK);
    }
    ck_assert_int_eq(parse(good, &settings, &run, NULL), GF_OK);
    ck_assert_uint_eq(run->points, 1); /* a fixed parameter is not swept */
    ck_assert_double_eq_tol(run->sweep[0], 0.3, 1e-15);
    ck_assert_uint_eq(run->cells, 200);
    ck_assert_uint_eq(run->seed, 9);
    ck_assert_int_eq(gf_settings_assign_all(&again, run->settings, NULL), GF_OK);
    ck_assert_uint_eq(again.count, 4);
    ck_assert_double_eq(again.parameters[2].value, 0.02);
    gf_run_free(run);
    ck_assert_int_eq(gf_settings_assign(&settings, "smoothing=1000", NULL), GF_OK);
    ck_assert_int_eq(parse(good, &settings, &run, &error), GF_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "longer than the system"));
    ck_assert_ptr_null(run);
    ck_assert_int_eq(gf_settings_assign(&settings, "smoothing=0", NULL), GF_OK);
    ck_assert_int_eq(gf_settings_assign(&settings, "nonsense=1", NULL), GF_OK);
    ck_assert_int_eq(parse(good, &settings, &run, &error), GF_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "nonsense"));
    ck_assert_ptr_null(run);
    gf_settings_free(&settings);
    gf_settings_free(&again);
}
END_TEST

/* What is replaced by what, and what must be said, with the place. */
static const struct {
    const char *old, *new, *message;
} wrong[] = {
    {"equation: order-parameter", "equation: navier-stokes", "run.yaml:1:11"},
    {"epsilon: 0.1, ", "", "'epsilon' is missing"},
    {"J: 1,", "J: -1,", "must be positive"},
    {"gamma: 0.875", "gamma: 0.7", "bistable"},
    {"gamma: 0.875", "gama: 0.875", "run.yaml:2:28: unknown key 'gama'"},
    {"drive: 4", "drive: -4", "run.yaml:3:16: drive = -4"},
    {"drive: 4", "drive: .nan", "run.yaml:3:16"},
    {"force: bare", "force: brute", "expected one of: bare, renormalised"},
    {"length: 100", "length: 100.1", "whole multiple of spacing"},
    {"length: 100", "length: 0.25", "cells"},
    {"spacing: 0.25", "spacing: 1e-12", "spacing"},
    {"periodic", "open", "boundary"},
    {"step: 0.01", "step: 0.5", "unstable"},
    {"step: 0.01", "step: 0", "run.yaml:6:14: step = 0"},
    {"warm_up: 5", "warm_up: 20", "leaves nothing"},
    {"sample_every: 0.5", "sample_every: 0.505", "whole multiple of step"},
    {"sample_every: 0.5", "sample_every: 30", "end"},
    {"integrator: heun", "integrator: euler", "run.yaml:7:13"},
    {"profile: random", "profile: [random, other]", "'other'"},
    {"profile: random", "profile: [random, random, wall, wall, wall]", "more than 4"},
    {"realisations: 3", "realisations: 0", "realisations = 0"},
    {"realisations: 3", "realisations: 2.5", "integer"},
    {"seed: 7", "seed: 1e300", "2^53"},
    {"smoothing: 8", "smoothing: 8.1", "whole multiple of spacing"},
    {"smoothing: 8", "smoothing: 800", "longer than the system"},
    {"threshold: 0.5", "threshold: 0", "threshold = 0"},
    {"every: 5, spacing: 10", "every: 5, spacing: 30", "snapshots do not fit"},
    {"every: 5, ", "", "'every' is missing"},
    {"epsilon: [0.1, 0.2]", "epsilon: [0.1, -0.2]", "must be positive"},
    {"epsilon: [0.1, 0.2]", "epsilon: []", "0 values"},
    {"epsilon: [0.1, 0.2]", "epsilon: [0.1], gamma: [0.9]", "one parameter"},
    {"epsilon: [0.1, 0.2]", "epsilon: 0.1", "list"},
    {"epsilon: [0.1, 0.2]", "epsilon: [0.1, 0.2], stretch: [1]", "1 stretches for 2"},
    {"epsilon: [0.1, 0.2]", "zeta: [0.1, 0.2]", "no parameter 'zeta'"},
    {"seed: 7\n", "seed: 7\nseed: 8\n", "twice"},
    {"seed: 7\n", "correlations: {lag: 2}\n", "'distance' is missing"},
    {"seed: 7\n", "correlations: {distance: 2}\n", "'lag' is missing"},
    {"seed: 7\n", "correlations: {lag: 0.7, distance: 2}\n", "whole multiple of every"},
    {"seed: 7\n", "correlations: {lag: 2, every: 0.7, distance: 2}\n", "of sample_every"},
    {"seed: 7\n", "correlations: {lag: 15, distance: 2}\n", "after the warm-up there are 30"},
    {"seed: 7\n", "correlations: {lag: -1, distance: 2}\n", "expected positive"},
    {"seed: 7\n", "correlations: {lag: 2, distance: 100}\n", "not shorter than the row"},
    {"seed: 7\n", "correlations: {lag: 2, distance: 2.1}\n", "whole multiple of spacing"},
    {"seed: 7\n", "correlations: {lag: 2, distance: 2, spacing: 0.3}\n", "of spacing of space"},
    {"seed: 7\n", "domains: {to: 20}\n", "'bins' is missing"},
    {"seed: 7\n", "domains: {bins: 20}\n", "'to' is missing"},
    {"seed: 7\n", "domains: {to: 0, bins: 20}\n", "expected positive"},
    {"seed: 7\n", "domains: {to: 20, bins: 0}\n", "bins"},
};

START_TEST(test_wrong) {
    char text[4000];
    const char *at = strstr(good, wrong[_i].old);
    ck_assert_ptr_nonnull(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, wrong[_i].new,
                   at + strlen(wrong[_i].old));
    gf_run *run;
    gf_error error;
    ck_assert_int_eq(parse(text, NULL, &run, &error), GF_INVALID);
    ck_assert_msg(strstr(error.message, wrong[_i].message) != NULL, "'%s' lacks '%s'",
                  error.message, wrong[_i].message);
    ck_assert_msg(strncmp(error.message, "run.yaml:", 9) == 0, "'%s' names no place",
                  error.message);
    ck_assert_ptr_null(run);
}
END_TEST

/* Every beginning of a run file is a wrong one, or none; nothing crashes. */
START_TEST(test_truncated) {
    for (size_t length = 0; length < strlen(good); ++length) {
        gf_run *run;
        (void)gf_run_parse(good, length, "run.yaml", NULL, &run, NULL);
        gf_run_free(run);
    }
}
END_TEST

START_TEST(test_starts) {
    static const struct {
        const char *profile;
        double first, middle;
    } starts[] = {{"uniform", 1, 1}, {"wall", -1, 1}, {"domains", 1, -1}};
    for (int i = 0; i < 3; ++i) {
        char text[4000];
        const char *at = strstr(good, "profile: random, amplitude: 0.1");
        (void)snprintf(text, sizeof text, "%.*sprofile: %s, domain: 50%s", (int)(at - good), good,
                       starts[i].profile, at + strlen("profile: random, amplitude: 0.1"));
        gf_run *run;
        gf_lattice *lattice = NULL;
        gf_dynamics dynamics;
        uint64_t counts[GF_COUNTS];
        double m[400];
        ck_assert_int_eq(parse(text, NULL, &run, NULL), GF_OK);
        ck_assert_int_eq(gf_run_start(run, 0, 0, &lattice, NULL), GF_OK);
        ck_assert_int_eq(gf_run_dynamics(run, 0, &dynamics, NULL), GF_OK);
        ck_assert_uint_eq(run->cells, 400);
        gf_lattice_measure(lattice, m, counts);
        ck_assert_double_eq_tol(m[0], starts[i].first * dynamics.order, 1e-15);
        ck_assert_double_eq_tol(m[210], starts[i].middle * dynamics.order, 1e-15);
        gf_lattice_free(lattice);
        gf_run_free(run);
    }
}
END_TEST

/* The run files that come with the program. */
START_TEST(test_models) {
    static const char *const names[] = {"fig1", "fig3", "fig4", "fig5", "fig6"};
    for (int i = 0; i < 5; ++i) {
        char path[500];
        gf_run *run;
        gf_error error;
        (void)snprintf(path, sizeof path, "%s/%s.yaml", GF_MODELS, names[i]);
        ck_assert_msg(gf_run_read(path, NULL, &run, &error) == GF_OK, "%s", error.message);
        gf_run_free(run);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("run");
    tcase_add_test(tests, test_meaning);
    tcase_add_test(tests, test_renormalised);
    tcase_add_test(tests, test_settings);
    tcase_add_loop_test(tests, test_wrong, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tests, test_truncated);
    tcase_add_test(tests, test_starts);
    tcase_add_test(tests, test_models);
    return run_suite("run", tests);
}
