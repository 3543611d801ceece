/* Whole runs against exact results: stationary averages and wall counts of the transfer operator,
 * the double well, the wall of Eq. (16); and that neither threads nor interruptions change a bit.
 */
#include "interruption.h"
#include "measurements.h"
#include "suite.h"

#include "langevin/ensemble/langevin.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Makes and completes a run. */
static gf_langevin *carry_out(const char *text) {
    gf_run *run;
    gf_langevin *langevin;
    gf_error error;
    gf_langevin_control control = {0};
    ck_assert_msg(gf_run_parse(text, strlen(text), "run", NULL, &run, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_int_eq(gf_langevin_create(run, "test", &langevin, NULL), GF_OK);
    ck_assert_msg(gf_langevin_carry_on(langevin, &control, &error) == GF_OK, "%s", error.message);
    ck_assert_double_eq(gf_langevin_done(langevin), 1);
    return langevin;
}

enum { LENGTH = 4000 };

/* --- without conserved noise: exact ---------------------------------------------------------- */

static const struct exact_case {
    const char *integrator;
    double epsilon, gamma, drive, spacing, step;
} exact_cases[] = {
    {"heun", 0.2, 0.875, 4, 1, 0.08},
    {"leimkuhler-matthews", 0.2, 0.875, 4, 1, 0.3},
    {"exponential", 0.2, 0.875, 4, 1, 0.3},
    {"leimkuhler-matthews", 0.3, 0.875, 2, 0.5, 0.08},
    {"leimkuhler-matthews", 0.3, 0.92, 4, 1, 0.3},
    {"heun", 0.4, 0.9, 3, 1, 0.08},
    {"exponential", 0.4, 0.9, 3, 1, 0.3},
};

START_TEST(test_exact) {
    const struct exact_case *c = &exact_cases[_i];
    char text[1000];
    (void)snprintf(text, sizeof text,
                   "equation: order-parameter\n"
                   "parameters: {epsilon: %g, gamma: %g, J: 1, D: 1, a: 1}\n"
                   "noise: {drive: %g, thermal: 0}\n"
                   "space: {length: %d, spacing: %g}\n"
                   "time: {step: %g, end: 1800, warm_up: 600, sample_every: 12}\n"
                   "integrator: %s\n"
                   "initial: {profile: [random, domains], domain: 50}\n"
                   "realisations: 4\n"
                   "seed: 1\n"
                   "walls: {smoothing: 0, threshold: 0.5}\n",
                   c->epsilon, c->gamma, c->drive, 4 * LENGTH, c->spacing, c->step, c->integrator);
    gf_langevin *langevin = carry_out(text);
    gf_langevin_point p;
    ck_assert_int_eq(gf_langevin_summarise(langevin, 0, &p, NULL), GF_OK);
    ck_assert(p.exact);
    ck_assert_msg(p.walls.verdict == GF_STEADY, "drift %g, start %g", p.walls.drift,
                  p.walls.start_effect);
    double precision = 0.01;
    ck_assert_double_lt(p.second[0].error / p.second[0].mean, precision);
    ck_assert_double_lt(p.walls.error / p.walls.mean, precision);
    ck_assert_msg(fabs(p.second[0].mean - p.cells.second_moment) < 3 * p.second[0].error,
                  "<m^2> = %g +- %g, exactly %g", p.second[0].mean, p.second[0].error,
                  p.cells.second_moment);
    ck_assert_msg(fabs(p.walls.mean - p.cells.count_density) < 3 * p.walls.error,
                  "n = %g +- %g, exactly %g", p.walls.mean, p.walls.error, p.cells.count_density);
    gf_langevin_free(langevin);
}
END_TEST

/* --- with conserved noise -------------------------------------------------------------------- */

static gf_langevin_point both_noises(const char *force, double spacing, double step) {
    char text[1000];
    (void)snprintf(text, sizeof text,
                   "equation: order-parameter\n"
                   "parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}\n"
                   "noise: {drive: 4, thermal: 1}\n"
                   "force: %s\n"
                   "space: {length: %d, spacing: %g}\n"
                   "time: {step: %g, end: 800, warm_up: 200, sample_every: 5}\n"
                   "integrator: leimkuhler-matthews\n"
                   "initial: {profile: [random, domains], domain: 50}\n"
                   "realisations: 4\n"
                   "seed: 2\n"
                   "walls: {smoothing: 16, threshold: 0.5}\n",
                   force, LENGTH, spacing, step);
    gf_langevin *langevin = carry_out(text);
    gf_langevin_point p;
    ck_assert_int_eq(gf_langevin_summarise(langevin, 0, &p, NULL), GF_OK);
    gf_langevin_free(langevin);
    return p;
}

/* Under the renormalised force smoothed results do not know of the cells. */
START_TEST(test_spacing) {
    gf_langevin_point fine = both_noises("renormalised", 0.5, 0.05);
    gf_langevin_point coarse = both_noises("renormalised", 1, 0.1);
    double error = hypot(fine.walls.error, coarse.walls.error);
    ck_assert_double_lt(fabs(fine.walls.mean - coarse.walls.mean),
                        0.04 * fine.walls.mean + 2 * error);
    ck_assert_double_lt(
        fabs(fine.smoothed_second[0].mean - coarse.smoothed_second[0].mean),
        0.04 * fine.smoothed_second[0].mean +
            2 * hypot(fine.smoothed_second[0].error, coarse.smoothed_second[0].error));
    ck_assert_double_gt(fine.smoothed_second[0].mean, 0.2); /* m0^2 = 0.43: there are domains */
}
END_TEST

/* Evaluated cell by cell the printed force has none: the smoothed field is that of the linear
 * equation, whose coefficient conserved noise has made negative. */
START_TEST(test_bare_has_no_domains) {
    gf_langevin_point p = both_noises("bare", 0.5, 0.05);
    ck_assert_double_lt(p.smoothed_second[0].mean, 0.06);
    ck_assert_double_eq_tol(p.second[0].mean, 1,
                            0.1); /* chi T/dx, up to the little that drive adds */
}
END_TEST

/* --- a single wall, without noise ------------------------------------------------------------ */

START_TEST(test_wall_profile) {
    gf_langevin *langevin = carry_out(
        "equation: order-parameter\n"
        "parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}\n"
        "noise: {drive: 0, thermal: 0}\n"
        "space: {length: 400, spacing: 0.25, boundary: antiperiodic}\n"
        "time: {step: 0.025, end: 1500, sample_every: 500}\n"
        "integrator: heun\n"
        "initial: {profile: wall, amplitude: 0.5}\n"
        "snapshots: {every: 1500, spacing: 0.25}\n"
        "sweep: {epsilon: [0.05, 0.1, 0.2, 0.5]}\n");
    double scaled_width = 0;
    for (size_t k = 0; k < 4; ++k) {
        gf_dynamics d;
        ck_assert_int_eq(gf_run_dynamics(langevin->run, k, &d, NULL), GF_OK);
        double x0 = sqrt(8 * 1 / ((5 * 0.875 - 4) * 1)), epsilon = langevin->run->sweep[k];
        double m0 = sqrt(5 - 4 / 0.875), worst = 0;
        const double *m = langevin->snapshots + k * langevin->run->positions;
        for (size_t i = 0; i < langevin->run->positions; ++i) {
            double r = ((double)i + 0.5) * 0.25 - 200;
            worst = fmax(worst, fabs(m[i] - m0 * tanh(r * sqrt(epsilon) / x0)));
        }
        ck_assert_msg(worst < 1e-3, "epsilon = %g: %g off", epsilon, worst);
        /* the width from the slope in the middle: x0/sqrt(epsilon), over a decade */
        size_t middle = langevin->run->positions / 2;
        double width = m0 * 0.25 / (m[middle] - m[middle - 1]) * sqrt(epsilon);
        ck_assert_double_eq_tol(width / x0, 1, 5e-3);
        scaled_width += width;
        ck_assert_double_eq_tol(langevin->series[GF_LANGEVIN_WALLS][k * 3 + 2] * 400, 1, 1e-12);
    }
    ck_assert_double_gt(scaled_width, 0);
    gf_langevin_free(langevin);
}
END_TEST

/* A field that is the same everywhere follows dm/dt = f(m), and the clock is right: the exponential
 * splitting is then exact. */
START_TEST(test_uniform_flow) {
    static const struct {
        const char *integrator;
        double step, tolerance;
    } cases[] = {
        {"heun", 0.1, 1e-5}, {"leimkuhler-matthews", 0.1, 2e-3}, {"exponential", 4, 1e-12}};
    char text[500];
    (void)snprintf(text, sizeof text,
                   "equation: order-parameter\n"
                   "parameters: {epsilon: 0.4, gamma: 0.9, J: 1, D: 1, a: 1}\n"
                   "noise: {drive: 0, thermal: 0}\n"
                   "space: {length: 8, spacing: 1}\n"
                   "time: {step: %g, end: 40, sample_every: 4}\n"
                   "integrator: %s\n"
                   "initial: {profile: uniform, amplitude: 0.1}\n",
                   cases[_i].step, cases[_i].integrator);
    gf_langevin *langevin = carry_out(text);
    double a = 0.4 * (0.9 / 4 - 0.1), b = 0.4 * 0.9 / 4, m0 = sqrt(a / b);
    for (int i = 0; i < 10; ++i) { /* of (m0/m)^2 - 1 ~ exp(-2at) */
        double rest = (1 / 0.01 - 1) * exp(-2 * a * 4 * (i + 1));
        ck_assert_double_eq_tol(langevin->series[GF_LANGEVIN_MEAN][i], m0 / sqrt(1 + rest),
                                cases[_i].tolerance);
    }
    gf_langevin_free(langevin);
}
END_TEST

/* What cannot be computed exactly stands beside the result as NaN, and does not prevent it. */
START_TEST(test_no_exact_value) {
    gf_langevin *langevin = carry_out(
        "equation: order-parameter\n"
        "parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}\n"
        "noise: {drive: 0.002, thermal: 0}\n"
        "space: {length: 100, spacing: 0.5}\n"
        "time: {step: 0.05, end: 10, sample_every: 1}\n"
        "integrator: heun\n"
        "initial: {profile: domains}\n");
    gf_langevin_point p;
    ck_assert_int_eq(gf_langevin_summarise(langevin, 0, &p, NULL), GF_OK);
    ck_assert(p.exact && isnan(p.cells.count_density));
    ck_assert_double_gt(p.walls.mean, 0);
    gf_langevin_free(langevin);
}
END_TEST

/* --- the double well of Fig. 1 --------------------------------------------------------------- */

static double boltzmann(double from, double to, double alpha) {
    enum { POINTS = 200 };
    double sum = 0;
    for (int i = 0; i < POINTS; ++i) {
        double x = from + (to - from) * (i + 0.5) / POINTS;
        sum += exp(-(x * x * x * x / 4 - x * x / 2) / alpha) * (to - from) / POINTS;
    }
    return sum;
}

START_TEST(test_double_well) {
    gf_langevin *langevin = carry_out(
        "equation: double-well\n"
        "parameters: {alpha: 0.2, mu: 1}\n"
        "space: {length: 100000, spacing: 1}\n"
        "time: {step: 0.02, end: 200, warm_up: 150, sample_every: 50}\n"
        "integrator: leimkuhler-matthews\n"
        "initial: {profile: uniform}\n"
        "histogram: {from: -2.2, to: 2.2, bins: 60}\n");
    double alpha = 0.2, norm = 0, chi_square = 0, freedom = -1;
    for (int i = 0; i < 40; ++i) {
        norm += boltzmann(-4 + 0.2 * i, -3.8 + 0.2 * i, alpha);
    }
    for (int b = 0; b < 60; ++b) {
        double low = -2.2 + 4.4 * b / 60, high = -2.2 + 4.4 * (b + 1) / 60;
        double expected = 100000 * boltzmann(low, high, alpha) / norm;
        if (expected > 5) {
            chi_square += pow((double)langevin->histogram[b] - expected, 2) / expected;
            freedom += 1;
        }
    }
    ck_assert_msg(fabs(chi_square - freedom) < 4 * sqrt(2 * freedom), "chi^2 = %g of %g",
                  chi_square, freedom);
    gf_langevin_free(langevin);
}
END_TEST

/* --- reproducibility ------------------------------------------------------------------------- */

static const char small_template[] =
    "equation: order-parameter\n"
    "parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}\n"
    "noise: {drive: 4, thermal: 0.5}\n"
    "force: renormalised\n"
    "space: {length: 500, spacing: 0.5}\n"
    "time: {step: 0.05, end: 40, warm_up: 10, sample_every: 1}\n"
    "integrator: %s\n"
    "initial: {profile: [random, domains]}\n"
    "realisations: 3\n"
    "walls: {smoothing: 4, threshold: 0.5}\n"
    "snapshots: {every: 5, spacing: 10}\n"
    "histogram: {from: -2, to: 2, bins: 20}\n"
    "correlations: {lag: 4, distance: 100, spacing: 2}\n"
    "domains: {to: 200, bins: 20}\n"
    "sweep: {epsilon: [0.1, 0.3], stretch: [2, 1]}\n";

static void check_same(const gf_langevin *a, const gf_langevin *b) {
    size_t tasks = a->run->points * a->run->realisations, series = tasks * a->run->samples;
    ck_assert(memcmp(a->series[GF_LANGEVIN_MEAN], b->series[GF_LANGEVIN_MEAN],
                     series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_SECOND], b->series[GF_LANGEVIN_SECOND],
                     series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_SMOOTHED_SECOND], b->series[GF_LANGEVIN_SMOOTHED_SECOND],
                     series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_WALLS], b->series[GF_LANGEVIN_WALLS],
                     series * sizeof(double)) == 0);
    ck_assert(memcmp(a->snapshots, b->snapshots,
                     tasks * a->run->snapshots * a->run->positions * sizeof(double)) == 0);
    ck_assert(memcmp(a->histogram, b->histogram, tasks * gf_run_bins(a->run) * sizeof(int64_t)) ==
              0);
    check_same_measurements(a, b);
}

static void small_run(int integrator, char *text, size_t size) {
    static const char *const names[] = {"heun", "leimkuhler-matthews", "exponential"};
    const char *hole = strchr(small_template, '%');
    (void)snprintf(text, size, "%.*s%s%s", (int)(hole - small_template), small_template,
                   names[integrator], hole + 2);
}

START_TEST(test_threads) {
    char text[1500];
    small_run(_i, text, sizeof text);
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    gf_langevin *one = carry_out(text);
    omp_set_num_threads(3);
    gf_langevin *three = carry_out(text);
    omp_set_num_threads(threads);
    check_same(one, three);
    /* and the realisations differ */
    ck_assert(memcmp(one->series[GF_LANGEVIN_SECOND],
                     one->series[GF_LANGEVIN_SECOND] + one->run->samples,
                     one->run->samples * sizeof(double)) != 0);
    gf_langevin_free(one);
    gf_langevin_free(three);
}
END_TEST

/* Interrupted twice, written to a file and read again each time: the same bits. */
START_TEST(test_resume) {
    char text[1500], path[] = "test-langevin-XXXXXX.h5";
    gf_run *run;
    gf_langevin *langevin;
    small_run(_i, text, sizeof text);
    gf_langevin *whole = carry_out(text);
    ck_assert_int_ge(mkstemps(path, 3), 0);
    ck_assert_int_eq(gf_run_parse(text, strlen(text), "run", NULL, &run, NULL), GF_OK);
    ck_assert_int_eq(gf_langevin_create(run, "test", &langevin, NULL), GF_OK);
    carry_out_in_parts(&langevin, path);
    check_same(whole, langevin);
    gf_langevin_free(langevin);
    ck_assert_int_eq(gf_langevin_read(path, &langevin, NULL), GF_OK);
    ck_assert_double_eq(gf_langevin_done(langevin), 1);
    check_same(whole, langevin);
    (void)unlink(path);
    gf_langevin_free(langevin);
    gf_langevin_free(whole);
}
END_TEST

/* Random numbers: with common noise sweep points differ by their parameter alone. */
START_TEST(test_common_noise) {
    const char *const base =
        "equation: order-parameter\n"
        "parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}\n"
        "noise: {drive: 4, thermal: 0}\n"
        "space: {length: 500, spacing: 0.5}\n"
        "time: {step: 0.05, end: 5, sample_every: 5}\n"
        "integrator: heun\n"
        "initial: {profile: random}\n"
        "sweep: {epsilon: [0.2, 0.2]}\n";
    char text[1000];
    gf_langevin *separate = carry_out(base);
    (void)snprintf(text, sizeof text, "%scommon_noise: true\n", base);
    gf_langevin *common = carry_out(text);
    ck_assert(fabs(separate->series[GF_LANGEVIN_SECOND][0] -
                   separate->series[GF_LANGEVIN_SECOND][1]) > 0);
    ck_assert_double_eq(common->series[GF_LANGEVIN_SECOND][0],
                        common->series[GF_LANGEVIN_SECOND][1]);
    gf_langevin_free(separate);
    gf_langevin_free(common);
}
END_TEST

/* The mean of a series over the samples that an extent takes in, one by one. */
static double mean_over(const gf_langevin *self, size_t point, gf_langevin_extent extent) {
    const gf_run *run = self->run;
    double sum = 0;
    for (size_t r = 0; r < extent.realisations; ++r) {
        const double *series = gf_langevin_series(self, GF_LANGEVIN_SECOND, point, r);
        for (size_t i = run->first_measured; i < extent.samples; ++i) {
            ck_assert(isfinite(series[i]));
            sum += series[i];
        }
    }
    return sum / (double)(extent.realisations * (extent.samples - run->first_measured));
}

/* Of a run under way the averages are of what there is, as much of it as makes a block. */
START_TEST(test_under_way) {
    char text[1500];
    gf_run *run;
    gf_langevin *langevin;
    bool partly = false;
    int threads = omp_get_max_threads();
    small_run(0, text, sizeof text);
    omp_set_num_threads(2);
    ck_assert_int_eq(gf_run_parse(text, strlen(text), "run", NULL, &run, NULL), GF_OK);
    ck_assert_int_eq(gf_langevin_create(run, "test", &langevin, NULL), GF_OK);
    gf_langevin_point p;
    ck_assert_int_eq(gf_langevin_summarise(langevin, 0, &p, NULL), GF_OK);
    ck_assert(isnan(p.walls.mean) && p.walls.effective == 0 && p.walls.verdict == GF_TOO_SHORT);
    for (int part = 1; part <= 12; ++part) {
        interruption here = {.at = part / 12.0};
        gf_progress progress = {.update = interrupt, .context = &here};
        gf_langevin_control control = {.stop = &here.stop, .progress = &progress};
        ck_assert_int_eq(gf_langevin_carry_on(langevin, &control, NULL), GF_OK);
        double steps = 0;
        for (size_t k = 0; k < run->points; ++k) {
            gf_langevin_extent extent = gf_langevin_look(langevin, k);
            steps += extent.done * (double)gf_run_steps(run, k);
            ck_assert_int_eq(gf_langevin_summarise(langevin, k, &p, NULL), GF_OK);
            if (extent.realisations > 0) {
                ck_assert_double_eq_tol(p.second[0].mean, mean_over(langevin, k, extent), 1e-14);
            }
            partly = partly || (extent.realisations > 0 && extent.done < 1);
        }
        ck_assert_double_eq_tol(steps / (double)(gf_run_steps(run, 0) + gf_run_steps(run, 1)),
                                gf_langevin_done(langevin), 1e-14);
    }
    gf_langevin_extent whole = gf_langevin_look(langevin, 1);
    ck_assert(partly && whole.done == 1 && whole.finished == run->realisations &&
              whole.samples == run->samples && whole.realisations == run->realisations);
    omp_set_num_threads(threads);
    gf_langevin_free(langevin);
}
END_TEST

/* A field that runs away stops the run and says where. */
START_TEST(test_runaway) {
    const char *const text =
        "equation: double-well\n"
        "parameters: {alpha: 0.1, mu: 1}\n"
        "space: {length: 100, spacing: 1}\n"
        "time: {step: 0.5, end: 100, sample_every: 1}\n"
        "integrator: heun\n"
        "initial: {profile: uniform, amplitude: 4}\n";
    gf_run *run;
    gf_langevin *langevin;
    gf_error error;
    gf_langevin_control control = {0};
    ck_assert_int_eq(gf_run_parse(text, strlen(text), "run", NULL, &run, NULL), GF_OK);
    ck_assert_int_eq(gf_langevin_create(run, "test", &langevin, NULL), GF_OK);
    ck_assert_int_eq(gf_langevin_carry_on(langevin, &control, &error), GF_NO_CONVERGENCE);
    ck_assert_ptr_nonnull(strstr(error.message, "runs away"));
    ck_assert_ptr_nonnull(strstr(error.message, "cell 0"));
    gf_langevin_free(langevin);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("langevin");
    tcase_add_loop_test(tests, test_exact, 0,
                        sized((int)(sizeof exact_cases / sizeof *exact_cases), 0));
    tcase_add_long_test(tests, test_spacing);
    tcase_add_long_test(tests, test_bare_has_no_domains);
    tcase_add_test(tests, test_wall_profile);
    tcase_add_loop_test(tests, test_uniform_flow, 0, 3);
    tcase_add_test(tests, test_no_exact_value);
    tcase_add_long_test(tests, test_double_well);
    tcase_add_loop_test(tests, test_threads, 0, 3);
    tcase_add_loop_test(tests, test_resume, 0, 3);
    tcase_add_test(tests, test_under_way);
    tcase_add_test(tests, test_common_noise);
    tcase_add_test(tests, test_runaway);
    return run_suite("langevin", tests);
}
