/* Whole runs of the two-field equation, from a force table, against the exact Gibbs states that the
 * table was made of: fixed points and rates, the flow, walls, fluctuations, scaling; and that
 * neither threads nor interruptions change a bit. */
#include "fixture.h"
#include "interruption.h"
#include "measurements.h"
#include "suite.h"

#include "gibbsflow/fitted_grid.h"
#include "langevin/ensemble/langevin.h"

#include <math.h>
#include <omp.h>
#include <unistd.h>

static char table[] = "test-hydrodynamic-run-XXXXXX.h5";
static char varying[] = "test-hydrodynamic-diffusion-XXXXXX.h5"; /* a D of the densities */
static fixture chain; /* eight sites: a small chain is as good as any */

static void make_diffusion(void) {
    double matrix[][4] = {{1.5, 0, 0, 1}, {1.1, 0.1, 0, 0.9}, {1, 0, 0, 1}, {0.8, 0.2, 0.1, 1.2}};
    const gf_diffusion diffusion = {.axis = {{-1, 1, 2}, {-0.9, 0.9, 2}}, .matrix = matrix};
    gf_file *file = NULL;
    ck_assert_int_ge(mkstemps(varying, 3), 0);
    ck_assert_int_eq(gf_file_create(varying, &file, NULL), GF_OK);
    gf_diffusion_write(&diffusion, file);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
}

/* With one thread: the tests run in processes of their own, which have no use for threads that
 * their parent started. */
static void make_table(void) {
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    gf_fitted_grid *grid = NULL;
    gf_file *file = NULL;
    gf_error error = {.message = ""};
    fixture_open(&chain, "xxz_jprime.yaml", 8, NULL);
    ck_assert_msg(gf_fitted_grid_compute(chain.model, chain.spectrum, &chain.region, NULL, &grid,
                                         &error) == GF_OK,
                  "%s", error.message);
    ck_assert_int_ge(mkstemps(table, 3), 0);
    ck_assert_int_eq(gf_file_create(table, &file, &error), GF_OK);
    gf_spectrum_write(chain.spectrum, chain.model, file);
    gf_fitted_grid_write(grid, file);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    gf_fitted_grid_free(grid);
    make_diffusion();
    omp_set_num_threads(threads);
}

static void remove_table(void) {
    (void)unlink(table);
    (void)unlink(varying);
    fixture_close(&chain);
}

/* --- runs ------------------------------------------------------------------------------------ */

static gf_status parse(const char *text, const char *assignment, gf_run **run, gf_error *error) {
    gf_settings settings = {.table = strdup(table)};
    if (assignment != NULL) {
        ck_assert_int_eq(gf_settings_assign(&settings, assignment, NULL), GF_OK);
    }
    gf_status status = gf_run_parse(text, strlen(text), "run", &settings, run, error);
    gf_settings_free(&settings);
    return status;
}

static gf_langevin *begin(const char *text) {
    gf_run *run;
    gf_langevin *langevin;
    gf_error error = {.message = ""};
    ck_assert_msg(parse(text, NULL, &run, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_langevin_create(run, "test", &langevin, NULL), GF_OK);
    return langevin;
}

static gf_langevin *carry_out(const char *text) {
    gf_langevin *langevin = begin(text);
    gf_langevin_control control = {0};
    gf_error error = {.message = ""};
    ck_assert_msg(gf_langevin_carry_on(langevin, &control, &error) == GF_OK, "%s", error.message);
    return langevin;
}

/* --- without noise --------------------------------------------------------------------------- */

/* The exact state at a density, with the derivatives of the force. */
static gf_state exact_state(const double q[2]) {
    double lambda[2] = {-atanh(q[0]), 0};
    ck_assert(gf_gibbs_invert(chain.gibbs, q, lambda));
    return fixture_at(&chain, lambda[0], lambda[1]);
}

/* Any start ends in a stable point of the exact force, on its side, with its slower rate. */
START_TEST(test_flow_to_fixed_points) {
    static const double starts[][2] = {{0.02, -1}, {-0.1, 0.9}, {0.9, 0.85}, {-0.6, -0.4}};
    char text[600];
    (void)snprintf(text, sizeof text,
                   "equation: hydrodynamics\n"
                   "parameters: {epsilon: 0.1}\n"
                   "noise: {drive_scale: 0}\n"
                   "space: {cells: 1, sites: 10}\n"
                   "time: {step: 0.25, end: 1500, sample_every: 5}\n"
                   "integrator: weak-trapezoidal\n"
                   "initial: {profile: uniform, density: [%g, %g]}\n",
                   starts[_i][0], starts[_i][1]);
    gf_langevin *langevin = carry_out(text);
    const double *last = langevin->series[GF_LANGEVIN_MEAN] + 2 * (langevin->run->samples - 1);
    gf_state state = exact_state(last);
    double slope[2][2];
    ck_assert_double_lt(fabs(state.force[0]) + fabs(state.force[1]), 1e-4);
    ck_assert_double_gt(last[0] * copysign(1, starts[_i][0]), 0.6); /* on its side */
    ck_assert(gf_state_stability(&state, slope));
    double half = (slope[0][0] + slope[1][1]) / 2;
    double det = slope[0][0] * slope[1][1] - slope[0][1] * slope[1][0];
    double slower = half + sqrt(half * half - det);
    ck_assert(slower < 0);
    size_t late = 0; /* a sample where the distance is about 1e-4 */
    while (fabs(langevin->series[GF_LANGEVIN_MEAN][2 * late] - last[0]) > 1e-4) {
        ++late;
    }
    const double *a = langevin->series[GF_LANGEVIN_MEAN] + 2 * late,
                 *b = langevin->series[GF_LANGEVIN_MEAN] + 2 * (late + 8);
    double rate = log((b[0] - last[0]) / (a[0] - last[0])) / (8 * 5 * 0.1);
    ck_assert_double_eq_tol(rate / slower, 1, 0.01);
    gf_langevin_free(langevin);
}
END_TEST

/* dq/dt of the exact Gibbs force. */
static void exact_slope(const double q[2], double slope[2]) {
    gf_state state = exact_state(q);
    slope[0] = state.force[0];
    slope[1] = state.force[1];
}

/* The flow is that of the exact force, to what interpolation leaves. */
START_TEST(test_exact_flow) {
    gf_langevin *langevin = carry_out(
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 1}\n"
        "noise: {drive_scale: 0}\n"
        "space: {cells: 1, sites: 10}\n"
        "time: {step: 0.005, end: 10, sample_every: 0.5}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: uniform, density: [0.1, -0.8]}\n");
    enum { PER_SAMPLE = 25 };
    double q[2] = {0.1, -0.8}, h = 0.5 / PER_SAMPLE, worst = 0;
    for (size_t s = 0; s < langevin->run->samples; ++s) {
        for (int i = 0; i < PER_SAMPLE; ++i) { /* Runge and Kutta, fourth order */
            double k[4][2], x[2];
            exact_slope(q, k[0]);
            for (int stage = 1; stage < 4; ++stage) {
                double part = stage < 3 ? h / 2 : h;
                x[0] = q[0] + part * k[stage - 1][0];
                x[1] = q[1] + part * k[stage - 1][1];
                exact_slope(x, k[stage]);
            }
            for (int j = 0; j < 2; ++j) {
                q[j] += h / 6 * (k[0][j] + 2 * k[1][j] + 2 * k[2][j] + k[3][j]);
            }
        }
        worst = fmax(worst, fabs(langevin->series[GF_LANGEVIN_MEAN][2 * s] - q[0]));
        worst = fmax(worst, fabs(langevin->series[GF_LANGEVIN_MEAN][2 * s + 1] - q[1]));
    }
    ck_assert_msg(worst < 2e-4, "%g off", worst);
    gf_langevin_free(langevin);
}
END_TEST

/* A wall stands still, and its profiles collapse under r sqrt(epsilon) to 1 %. */
START_TEST(test_wall) {
    gf_langevin *langevin = carry_out(
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.1, diffusion: 1}\n"
        "noise: {drive_scale: 0, thermal_scale: 0}\n"
        "space: {length: 480, spacing: 2, boundary: fixed}\n"
        "time: {step: 1, end: 12000, sample_every: 6000}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: wall}\n"
        "snapshots: {every: 6000, spacing: 2}\n"
        "sweep: {epsilon: [0.1, 0.05, 0.025, 0.0125]}\n");
    const gf_run *run = langevin->run;
    size_t row = 2 * run->positions;
    double size = run->medium.hydrodynamics.plus[0], dip = 0;
    for (size_t k = 0; k < run->points; ++k) {
        const double *now = langevin->snapshots + (2 * k + 1) * row, *before = now - row;
        ck_assert_double_eq_tol(langevin->series[GF_LANGEVIN_WALLS][2 * k + 1] * run->length, 1,
                                1e-12);
        for (size_t i = 0; i < row; ++i) {
            ck_assert_double_eq_tol(now[i], before[i], 1e-5);
        }
        for (double x = -20; x <= 20; x += 0.5) { /* against the widest, interpolated */
            double values[2][2];
            for (int side = 0; side < 2; ++side) {
                size_t point = side == 0 ? k : run->points - 1;
                double r =
                    x / sqrt(run->sweep[point]) / run->spacing + (double)run->positions / 2 - 0.5;
                size_t i = (size_t)r;
                const double *q = langevin->snapshots + (2 * point + 1) * row + 2 * i;
                for (int j = 0; j < 2; ++j) {
                    values[side][j] = q[j] + (r - (double)i) * (q[j + 2] - q[j]);
                }
            }
            ck_assert_double_eq_tol(values[0][0], values[1][0], 0.01 * size);
            ck_assert_double_eq_tol(values[0][1], values[1][1], 0.01 * size);
            dip = fmax(dip, run->medium.hydrodynamics.plus[1] - values[0][1]);
        }
    }
    ck_assert_double_gt(dip, 0.05); /* the energy is lower within the wall */
    gf_langevin_free(langevin);
}
END_TEST

/* --- with noise ------------------------------------------------------------------------------ */

/* Large blocks at a stable point: A S + S A^T + N = 0 with the exact A and N, S/sites their
 * covariance. */
START_TEST(test_covariance) {
    gf_langevin *langevin = carry_out(
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.1}\n"
        "noise: {}\n"
        "space: {cells: 1000, sites: 100000}\n"
        "time: {step: 0.5, end: 1600, warm_up: 400, sample_every: 40}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: fixed-point, which: stable+}\n"
        "snapshots: {every: 40, spacing: 100000}\n");
    const gf_run *run = langevin->run;
    const double *centre = run->medium.hydrodynamics.plus;
    double s[3] = {0}, count = 0, a[2][2];
    for (size_t i = 10 * run->positions; i < run->snapshots * run->positions; ++i) {
        double m = langevin->snapshots[2 * i] - centre[0],
               e = langevin->snapshots[2 * i + 1] - centre[1];
        s[0] += m * m;
        s[1] += m * e;
        s[2] += e * e;
        count += 1;
    }
    for (int i = 0; i < 3; ++i) {
        s[i] *= 100000 / count;
    }
    gf_state state = exact_state(centre);
    ck_assert(gf_state_stability(&state, a));
    double rest[3] = {2 * (a[0][0] * s[0] + a[0][1] * s[1]) + state.noise[0],
                      a[0][0] * s[1] + a[0][1] * s[2] + a[1][0] * s[0] + a[1][1] * s[1] +
                          state.noise[1],
                      2 * (a[1][0] * s[1] + a[1][1] * s[2]) + state.noise[2]};
    /* 30000 values, of which the slow direction makes some 15000 independent: 1.2 % */
    for (int i = 0; i < 3; ++i) {
        double scale = sqrt(state.noise[i / 2 * 2] * state.noise[(i + 1) / 2 * 2]);
        ck_assert_msg(fabs(rest[i]) < 0.05 * scale, "entry %d: %g of %g", i, rest[i], scale);
    }
    gf_langevin_free(langevin);
}
END_TEST

/* Eq. (14): with r, t in units of 1/sqrt(epsilon), 1/epsilon and noises times 1/sqrt(epsilon) every
 * epsilon obeys the same equation. The same random numbers make the same path, up to rounding, also
 * where the program itself is asked to rescale. */
START_TEST(test_scaling) {
    static const struct {
        double epsilon, length, time, scale;
        const char *rescaled;
    } ways[] = {{0.04, 1, 1, 1, "false"}, {0.01, 2, 4, 2, "false"}, {0.04, 0.2, 0.04, 1, "true"}};
    gf_langevin *runs[3];
    for (int i = 0; i < 3; ++i) {
        char text[1000];
        (void)snprintf(text, sizeof text,
                       "equation: hydrodynamics\n"
                       "parameters: {epsilon: %g, diffusion: 1}\n"
                       "noise: {drive_scale: %g, thermal_scale: %g, cutoff: %.17g}\n"
                       "force: bare\n"
                       "rescaled: %s\n"
                       "space: {length: %.17g, spacing: %.17g}\n"
                       "time: {step: %.17g, end: %.17g, sample_every: %.17g}\n"
                       "integrator: weak-trapezoidal\n"
                       "initial: {profile: wall}\n",
                       ways[i].epsilon, 0.3 * ways[i].scale, 0.3 * ways[i].scale,
                       64 * ways[i].length, ways[i].rescaled, 2048 * ways[i].length,
                       32 * ways[i].length, 8 * ways[i].time, 1600 * ways[i].time,
                       160 * ways[i].time);
        runs[i] = carry_out(text);
        ck_assert_double_gt(fabs(runs[i]->series[GF_LANGEVIN_SECOND][0] - 0.4773),
                            1e-4); /* there is noise */
    }
    for (size_t i = 0; i < 2 * runs[0]->run->samples; ++i) {
        for (int k = 1; k < 3; ++k) {
            ck_assert_double_eq_tol(runs[k]->series[GF_LANGEVIN_MEAN][i],
                                    runs[0]->series[GF_LANGEVIN_MEAN][i], 1e-4);
            ck_assert_double_eq_tol(runs[k]->series[GF_LANGEVIN_SECOND][i],
                                    runs[0]->series[GF_LANGEVIN_SECOND][i], 1e-4);
        }
    }
    for (int i = 0; i < 3; ++i) {
        gf_langevin_free(runs[i]);
    }
}
END_TEST

/* Passages are those that snapshots at every step show, whatever the distance of samples. */
START_TEST(test_passages) {
    static const char form[] =
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.02}\n"
        "noise: {}\n"
        "space: {cells: 30, sites: 24}\n"
        "time: {step: 4, end: 16000, warm_up: 1600, sample_every: %d}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: uniform, density: [0, 0.5]}\n"
        "walls: {threshold: 0.6}\n"
        "snapshots: {every: %d, spacing: 24}\n";
    double rate[2] = {0, 0}, counted = 0;
    for (int k = 0; k < 2; ++k) {
        char text[600];
        (void)snprintf(text, sizeof text, form, k == 0 ? 4 : 1600, k == 0 ? 4 : 1600);
        gf_langevin *langevin = carry_out(text);
        const gf_run *run = langevin->run;
        double level =
            0.6 * (run->medium.hydrodynamics.plus[0] - run->medium.hydrodynamics.minus[0]) / 2;
        size_t samples = run->samples - run->first_measured;
        for (size_t i = run->first_measured; i < run->samples; ++i) {
            rate[k] += langevin->series[GF_LANGEVIN_PASSAGES][i] / (double)samples;
        }
        for (size_t x = 0; x < 30 && k == 0; ++x) {
            int side = 0;
            for (size_t i = 0; i < run->snapshots; ++i) { /* the first half decides the side */
                double m = langevin->snapshots[2 * (i * 30 + x)];
                int now = m > level ? 1 : m < -level ? -1 : side;
                counted += i >= run->first_measured && now * side < 0 ? 1 : 0;
                side = now;
            }
        }
        gf_langevin_point point;
        ck_assert_int_eq(gf_langevin_summarise(langevin, 0, &point, NULL), GF_OK);
        ck_assert_double_eq_tol(point.passages.mean, rate[k], 1e-12 * rate[k]);
        gf_langevin_free(langevin);
    }
    ck_assert_double_gt(counted, 20);
    ck_assert_double_eq_tol(rate[0] * 30 * 14400, counted, 1e-6);
    ck_assert_double_eq_tol(rate[1], rate[0], 1e-12);
}
END_TEST

/* --- the table ------------------------------------------------------------------------------- */

/* Other rates: the fixed points are those of the exact force at these. */
START_TEST(test_rates) {
    static const char text[] =
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.1}\n"
        "noise: {}\n"
        "space: {cells: 1, sites: 10}\n"
        "time: {step: 0.5, end: 10, sample_every: 5}\n"
        "integrator: euler-maruyama\n"
        "initial: {profile: fixed-point, which: stable-}\n";
    gf_run *run;
    gf_error error = {.message = ""};
    fixture other;
    ck_assert_msg(parse(text, "gamma=0.95", &run, &error) == GF_OK, "%s", error.message);
    fixture_open(&other, "xxz_jprime.yaml", 8, "gamma=0.95");
    double lambda[2] = {0.7, -0.1};
    ck_assert(gf_gibbs_invert(other.gibbs, run->medium.hydrodynamics.minus, lambda));
    gf_state state = fixture_at(&other, lambda[0], lambda[1]);
    ck_assert_double_lt(fabs(state.force[0]) + fabs(state.force[1]), 1e-4);
    ck_assert_double_lt(run->medium.hydrodynamics.minus[0], -0.75);
    ck_assert_double_eq_tol(run->medium.hydrodynamics.saddle[0], 0, 1e-10);
    fixture_close(&other);
    gf_run_free(run);
    /* one stable point alone: nothing to start from, and nothing that walls could be */
    ck_assert_int_eq(parse(text, "gamma=0.8", &run, &error), GF_OK);
    ck_assert(!run->medium.hydrodynamics.bistable);
    gf_run_free(run);
}
END_TEST

/* What is wrong is said. `edit` replaces `part` of a good file. */
static const struct {
    const char *part, *edit, *message;
} faults[] = {
    {"diffusion: 1", "diffusion: -1", "positive real parts"},
    {"diffusion: 1", "diffusion: [[1, 0]]", "two rows of two numbers"},
    {"diffusion: 1", "diffusion: 1, onsager: 1", "either diffusion or onsager"},
    {"diffusion: 1", "onsager: [[1, 0.2], [0.1, 1]]", "symmetric"},
    {"diffusion: 1", "onsager: 20", "must stay below"},
    {"diffusion: 1", "diffusion: 1, colour: 3", "colour"},
    {"epsilon: 0.01", "epsilon: 0", "epsilon = 0"},
    {"cutoff: 32", "cutoff: 20", "whole multiple of the spacing"},
    {"periodic", "antiperiodic", "periodic or fixed boundary"},
    {"weak-trapezoidal", "heun", "weak-trapezoidal or euler-maruyama"},
    {"weak-trapezoidal", "none", "is not known"},
    {"profile: wall", "profile: uniform", "density: [m, e]"},
    {"profile: wall", "profile: wall, amplitude: 1", "unknown key"},
    {"step: 16", "step: 160", "unstable"},
    {"length: 2048, spacing: 16, boundary: periodic", "cells: 3, sites: 8", "do not diffuse"},
    {"drive_scale: 1", "drive: 1", "unknown key"},
    {"diffusion: 1", "diffusion: absent.h5", "a file that holds one; absent.h5: cannot open"},
    {"diffusion: 1", "diffusion: \"\"", "diffusion"},
    {"diffusion: 1", "onsager: absent.h5", "absent"},
    {"diffusion: 1", "diffusion: 1e200", "unstable"},
    {"diffusion: 1", "diffusion: [[1e200, 1e199], [0, 1e200]]", "unstable"},
};

/* Likewise of blocks without neighbours. */
static const struct {
    const char *part, *edit, *message;
} block_faults[] = {
    {"epsilon: 0.01", "epsilon: 0.01, diffusion: 1", "do not diffuse"},
    {"noise: {}", "noise: {thermal_scale: 1}", "no thermal noise"},
    {"noise: {}", "noise: {cutoff: 64}", "no thermal noise"},
    {"noise: {}", "noise: {}\nsweep: {diffusion: [1, 2]}", "do not diffuse"},
    {"noise: {}", "noise: {}\nrescaled: true", "not rescaled"},
    {"noise: {}", "noise: {}\nforce: renormalised", "coefficients: renormalised"},
    {"noise: {}", "noise: {}\ncoefficients: bare\nforce: bare", "either force"},
    {"noise: {}", "noise: {}\ncoefficients: sharp", "expected one of: bare, renormalised"},
    {"spacing: 32", "spacing: 64", "not averaged"},
    {"noise: {}", "noise: {}\nwalls: {smoothing: 64}", "not averaged"},
};

static void check_fault(const char *good, const char *part, const char *edit, const char *message) {
    char text[1000];
    gf_run *run;
    gf_error error = {.message = ""};
    ck_assert_int_eq(parse(good, NULL, &run, NULL), GF_OK);
    gf_run_free(run);
    const char *at = strstr(good, part);
    ck_assert_ptr_nonnull(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, edit, at + strlen(part));
    ck_assert_int_eq(parse(text, NULL, &run, &error), GF_INVALID);
    assert_contains(error.message, message);
    gf_run_free(run);
}

START_TEST(test_block_faults) {
    static const char good[] =
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.01}\n"
        "noise: {}\n"
        "space: {cells: 4, sites: 32}\n"
        "time: {step: 4, end: 1600, sample_every: 160}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: fixed-point}\n"
        "snapshots: {every: 160, spacing: 32}\n";
    check_fault(good, block_faults[_i].part, block_faults[_i].edit, block_faults[_i].message);
}
END_TEST

START_TEST(test_faults) {
    static const char good[] =
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.01, diffusion: 1}\n"
        "noise: {drive_scale: 1, thermal_scale: 1, cutoff: 32}\n"
        "force: renormalised\n"
        "space: {length: 2048, spacing: 16, boundary: periodic}\n"
        "time: {step: 16, end: 1600, sample_every: 160}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: wall}\n";
    gf_run *run;
    gf_error error = {.message = ""};
    check_fault(good, faults[_i].part, faults[_i].edit, faults[_i].message);
    /* without a table, or with a file that is none */
    ck_assert_int_eq(gf_run_parse(good, strlen(good), "run", NULL, &run, &error), GF_INVALID);
    assert_contains(error.message, "table");
    gf_run_free(run);
}
END_TEST

/* A lopsided diffusion matrix makes no noise: the run ends, and says where. */
START_TEST(test_unphysical) {
    gf_langevin *langevin = begin(
        "equation: hydrodynamics\n"
        "parameters: {epsilon: 0.01, diffusion: [[1, 9], [0, 1]]}\n"
        "noise: {cutoff: 32}\n"
        "space: {length: 2048, spacing: 32}\n"
        "time: {step: 16, end: 1600, sample_every: 160}\n"
        "integrator: weak-trapezoidal\n"
        "initial: {profile: wall}\n");
    gf_langevin_control control = {0};
    gf_error error;
    ck_assert_int_eq(gf_langevin_carry_on(langevin, &control, &error), GF_INVALID);
    assert_contains(error.message, "no covariance");
    assert_contains(error.message, "onsager");
    gf_langevin_free(langevin);
}
END_TEST

/* --- reproducibility ------------------------------------------------------------------------- */

static const char small[] =
    "equation: hydrodynamics\n"
    "parameters: {epsilon: 0.01, %s}\n"
    "noise: {cutoff: 32}\n"
    "force: renormalised\n"
    "space: {length: %d, spacing: 16}\n"
    "time: {step: 8, end: %d, warm_up: 800, sample_every: 160}\n"
    "integrator: %s\n"
    "initial: {profile: [random, fixed-point], domain: 300, which: stable-}\n"
    "realisations: 3\n"
    "walls: {smoothing: 64}\n"
    "snapshots: {every: 800, spacing: 160}\n"
    "histogram: {from: -1, to: 1, bins: 10, energy: {from: -1, to: 1, bins: "
    "7}}\n"
    "correlations: {lag: 480, distance: 320, spacing: 32}\n"
    "domains: {to: 1600, bins: 8}\n"
    "sweep: {epsilon: [0.01, 0.02], stretch: [2, 1]}\n";

/* Blocks without neighbours, way 6: samples far apart, so that checkpoints fall between them. */
static const char small_blocks[] =
    "equation: hydrodynamics\n"
    "parameters: {epsilon: 0.01}\n"
    "noise: {}\n"
    "space: {cells: %d, sites: 24}\n"
    "time: {step: 8, end: %d, warm_up: %d, sample_every: %d}\n"
    "integrator: weak-trapezoidal\n"
    "initial: {profile: [fixed-point, uniform], which: stable-, density: [0.2, 0.1]}\n"
    "realisations: 2\n"
    "snapshots: {every: %d, spacing: 24}\n"
    "correlations: {lag: %d}\n";

/* Seven ways, under the sanitizers every second. */
static gf_langevin *begin_small(int number) {
    int way = sized(1, 2) * number;
    char text[1400], file[100];
    if (way == 6) {
        int every = sized(80000, 16000);
        (void)snprintf(text, sizeof text, small_blocks, sized(250, 20), 4 * every, every, every,
                       every, every);
        return begin(text);
    }
    (void)snprintf(file, sizeof file, "diffusion: %s", varying);
    const char *const transport[] = {"diffusion: 1", "onsager: 1", file};
    (void)snprintf(text, sizeof text, small, transport[way % 3], sized(9600, 1600),
                   sized(4800, 1600), way / 3 == 0 ? "weak-trapezoidal" : "euler-maruyama");
    return begin(text);
}

static void finish(gf_langevin *langevin) {
    gf_langevin_control control = {0};
    gf_error error = {.message = ""};
    ck_assert_msg(gf_langevin_carry_on(langevin, &control, &error) == GF_OK, "%s", error.message);
}

static void check_same(const gf_langevin *a, const gf_langevin *b) {
    const gf_run *run = a->run;
    size_t tasks = run->points * run->realisations, series = tasks * run->samples;
    ck_assert(memcmp(a->series[GF_LANGEVIN_MEAN], b->series[GF_LANGEVIN_MEAN],
                     2 * series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_SECOND], b->series[GF_LANGEVIN_SECOND],
                     2 * series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_SMOOTHED_SECOND], b->series[GF_LANGEVIN_SMOOTHED_SECOND],
                     2 * series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_WALLS], b->series[GF_LANGEVIN_WALLS],
                     series * sizeof(double)) == 0);
    ck_assert(memcmp(a->series[GF_LANGEVIN_OUTSIDE], b->series[GF_LANGEVIN_OUTSIDE],
                     series * sizeof(double)) == 0);
    ck_assert((a->series[GF_LANGEVIN_PASSAGES] != NULL) == run->blocks);
    ck_assert(a->series[GF_LANGEVIN_PASSAGES] == NULL ||
              memcmp(a->series[GF_LANGEVIN_PASSAGES], b->series[GF_LANGEVIN_PASSAGES],
                     series * sizeof(double)) == 0);
    ck_assert(memcmp(a->snapshots, b->snapshots,
                     2 * tasks * run->snapshots * run->positions * sizeof(double)) == 0);
    ck_assert(memcmp(a->histogram, b->histogram, tasks * gf_run_bins(run) * sizeof(int64_t)) == 0);
    check_same_measurements(a, b);
}

START_TEST(test_threads) {
    int threads = omp_get_max_threads();
    gf_langevin *one = begin_small(_i), *three = begin_small(_i);
    omp_set_num_threads(1);
    finish(one);
    omp_set_num_threads(3);
    finish(three);
    omp_set_num_threads(threads);
    check_same(one, three);
    ck_assert_double_gt(one->series[GF_LANGEVIN_OUTSIDE][one->run->samples - 1], 0);
    gf_langevin_free(one);
    gf_langevin_free(three);
}
END_TEST

/* The diffusion of a file is used, leaves epsilon alone as the coupling, and yields to --set. */
START_TEST(test_diffusion) {
    gf_langevin *plain = begin_small(0), *langevin = begin_small(sized(2, 1));
    finish(plain);
    finish(langevin);
    ck_assert_double_gt(
        fabs(plain->series[GF_LANGEVIN_SECOND][0] - langevin->series[GF_LANGEVIN_SECOND][0]), 1e-6);
    ck_assert_double_eq(gf_langevin_coupling(langevin, 1), 0.02);
    gf_run *run;
    ck_assert_int_eq(parse(langevin->run->yaml, "diffusion=1", &run, NULL), GF_OK);
    ck_assert_ptr_null(run->medium.diffusion);
    gf_run_free(run);
    gf_settings settings = {.table = strdup(table)};
    gf_error error;
    ck_assert_int_eq(gf_run_parse(langevin->run->yaml, strlen(langevin->run->yaml), "absent/run",
                                  &settings, &run, &error),
                     GF_INVALID); /* a path relative to the run file */
    assert_contains(error.message, "absent/test-hydrodynamic-diffusion");
    gf_run_free(run);
    gf_settings_free(&settings);
    gf_langevin_free(plain);
    gf_langevin_free(langevin);
}
END_TEST

/* Interrupted, written and read again; the table and the diffusion are gone by then. */
START_TEST(test_resume) {
    char path[] = "test-hydrodynamic-resume-XXXXXX.h5", hidden[2][64];
    gf_error error = {.message = ""};
    gf_langevin *whole = begin_small(_i), *langevin = begin_small(_i);
    finish(whole);
    ck_assert_int_ge(mkstemps(path, 3), 0);
    for (int k = 0; k < 2; ++k) {
        (void)snprintf(hidden[k], sizeof hidden[k], "%s.gone", k == 0 ? table : varying);
        ck_assert_int_eq(rename(k == 0 ? table : varying, hidden[k]), 0);
    }
    carry_out_in_parts(&langevin, path);
    check_same(whole, langevin);
    gf_langevin_free(langevin);
    ck_assert_msg(gf_langevin_read(path, &langevin, &error) == GF_OK, "%s", error.message);
    check_same(whole, langevin);
    ck_assert_int_eq(rename(hidden[0], table), 0);
    ck_assert_int_eq(rename(hidden[1], varying), 0);
    (void)unlink(path);
    gf_langevin_free(langevin);
    gf_langevin_free(whole);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("hydrodynamic run");
    tcase_add_unchecked_fixture(tests, make_table, remove_table);
    tcase_add_loop_test(tests, test_flow_to_fixed_points, 0, sized(4, 1));
    tcase_add_long_test(tests, test_exact_flow);
    tcase_add_long_test(tests, test_wall);
    tcase_add_long_test(tests, test_covariance);
    tcase_add_test(tests, test_scaling);
    tcase_add_test(tests, test_rates);
    tcase_add_loop_test(tests, test_faults, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_loop_test(tests, test_block_faults, 0,
                        (int)(sizeof block_faults / sizeof *block_faults));
    tcase_add_test(tests, test_passages);
    tcase_add_test(tests, test_unphysical);
    tcase_add_test(tests, test_diffusion);
    tcase_add_loop_test(tests, test_threads, 0, sized(7, 4));
    tcase_add_loop_test(tests, test_resume, 0, sized(7, 4));
    return run_suite("hydrodynamic run", tests);
}
