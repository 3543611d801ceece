/* The action of a path and its exact gradient; the fields of runs and their derivatives. */
#include "suite.h"

#include "fields.h"
#include "langevin/instanton/cubic_field.h"
#include "langevin/instanton/least_action.h"
#include "langevin/instanton/medium_field.h"
#include "langevin/instanton/path_action.h"
#include "medium/diffusion.h"
#include "medium/surface.h"

#include <stdio.h>

static void must(gf_status status, const gf_error *error) {
    ck_assert_msg(status == GF_OK, "%s", error->message);
}

static double uniform(uint64_t *state) {
    return (double)(random_bits(state) >> 11) * 0x1p-53 - 0.5;
}

/* A rough path around a density, steps of different lengths. */
static void fill_path(gf_path *path, const double *around, double amplitude, uint64_t seed) {
    for (size_t k = 0; k < (path->steps + 1) * gf_path_size(path); ++k) {
        path->state[k] = around[k % path->fields] + amplitude * uniform(&seed);
    }
    for (size_t k = 0; k < path->steps; ++k) {
        path->step[k] = 0.2 + 0.1 * (double)k;
    }
}

/* Central differences along random directions, of the fourth order. */
static void check_gradient(const gf_fluctuating_field *field, size_t cells, const double *around,
                           double amplitude, double tolerance) {
    gf_error error;
    gf_path path;
    gf_path_action *action;
    uint64_t seed = 7;
    must(gf_path_create(5, cells, field->fields, 0.7, &path, &error), &error);
    must(gf_path_action_create(field, &path, &action, &error), &error);
    fill_path(&path, around, amplitude, 3);
    size_t count = (path.steps + 1) * gf_path_size(&path);
    double *gradient = calloc(3 * count, sizeof *gradient), *way = gradient + count;
    double *there = way + count;
    ck_assert(gradient != NULL);
    (void)gf_path_action_evaluate(action, &path, path.state, gradient);
    for (int trial = 0; trial < 8; ++trial) {
        double slope = 0, at[5], step = 2e-3 * amplitude, size = 0;
        for (size_t i = 0; i < count; ++i) {
            way[i] = uniform(&seed);
            slope += way[i] * gradient[i];
            size += fabs(way[i] * gradient[i]);
        }
        for (int k = 0; k < 5; ++k) {
            for (size_t i = 0; i < count; ++i) {
                there[i] = path.state[i] + (k - 2) * step * way[i];
            }
            at[k] = gf_path_action_evaluate(action, &path, there, NULL);
        }
        double found = (at[0] - 8 * at[1] + 8 * at[3] - at[4]) / (12 * step);
        ck_assert_msg(fabs(found - slope) < tolerance * size, "%.12g, not %.12g", slope, found);
    }
    free(gradient);
    gf_path_action_free(action);
    gf_path_free(&path);
}

START_TEST(test_gradient_varying) {
    check_gradient(&varying_field, 6, (double[]){0.2, -0.1}, 1, 1e-7);
    check_gradient(&varying_field, 1, (double[]){0.2, -0.1}, 1, 1e-7);
}
END_TEST

/* Both noises s times as strong: the action of any path is S/s, and so c/s. */
START_TEST(test_scaling) {
    gf_scalar numbers = {.diffusion = 1, .drive = 0.5, .thermal = 1, .linear = 0.1, .cubic = 0.2};
    double action[2];
    for (int k = 0; k < 2; ++k) {
        gf_fluctuating_field field = gf_cubic_field(&numbers, true);
        gf_error error;
        gf_path path;
        gf_path_action *one;
        must(gf_path_create(5, 9, 1, 0.7, &path, &error), &error);
        must(gf_path_action_create(&field, &path, &one, &error), &error);
        fill_path(&path, (double[]){0.2}, 1, 3);
        action[k] = gf_path_action_evaluate(one, &path, path.state, NULL);
        gf_path_action_free(one);
        gf_path_free(&path);
        numbers.drive *= 3;
        numbers.thermal *= 3;
    }
    ck_assert_double_eq_tol(3 * action[1], action[0], 1e-12 * action[0]);
}
END_TEST

START_TEST(test_gradient_cubic) {
    const gf_scalar numbers = {
        .diffusion = 1, .drive = 0.5, .thermal = 1, .linear = 0.1, .cubic = 0.2};
    gf_fluctuating_field field = gf_cubic_field(&numbers, true);
    check_gradient(&field, 9, (double[]){0.2}, 1, 1e-7);
}
END_TEST

/* --- media ----------------------------------------------------------------------------------- */

/* A surface of smooth functions without symmetry, N and C positive definite. */
static gf_surface *new_surface(void) {
    enum { N = 33 };
    static double values[N * N][GF_SURFACE_VALUES];
    const gf_chart chart = {.ends = {1, 1.2}, .low = {-2.5}, .high = {0.3}};
    gf_surface *surface;
    gf_error error;
    for (int i = 0; i < N * N; ++i) {
        double m = -1 + 2 * (double)(i / N) / (N - 1), t = -1 + 2 * (double)(i % N) / (N - 1);
        double e = gf_chart_energy(&chart, m, t);
        const double v[] = {m - m * m * m + 0.2 * e,     0.3 - e + 0.1 * m * m,
                            1 + 0.4 * sin(m + e),        0.2 * m + 0.1 * e,
                            1.5 + 0.3 * cos(2 * m - e),  0.9 + 0.3 * cos(m * e),
                            0.2 * sin(m) + 0.1 * cos(e), 1.1 + 0.2 * sin(2 * e)};
        memcpy(values[i], v, sizeof v);
    }
    must(gf_surface_create(&chart, (const size_t[]){N, N},
                           (const double(*)[GF_SURFACE_VALUES])values, &surface, &error),
         &error);
    return surface;
}

/* A bilinear D without equal neighbours. */
static void fill_diffusion(gf_diffusion *self) {
    enum { N = 5 };
    static double matrix[N * N][GF_CHARGES * GF_CHARGES];
    uint64_t seed = 11;
    for (int i = 0; i < N * N; ++i) {
        for (int c = 0; c < GF_CHARGES * GF_CHARGES; ++c) {
            matrix[i][c] = (c % 3 == 0 ? 1 : 0) + 0.2 * uniform(&seed);
        }
    }
    *self = (gf_diffusion){.axis = {{-1, 1, N}, {-2, 2, N}}, .matrix = matrix};
}

START_TEST(test_gradient_medium) {
    static const gf_transport_law laws[] = {GF_TRANSPORT_CONSTANT, GF_TRANSPORT_ONSAGER,
                                            GF_TRANSPORT_VARYING};
    gf_surface *surface = new_surface();
    gf_diffusion diffusion;
    fill_diffusion(&diffusion);
    for (int k = 0; k < 3; ++k) {
        gf_medium_field numbers = {
            .surface = surface,
            .law = laws[k],
            .transport = {{1, 0.2}, {laws[k] == GF_TRANSPORT_ONSAGER ? 0.2 : 0.1, 0.8}},
            .diffusion = &diffusion,
            .drive = 0.8,
            .thermal = 1.3};
        gf_fluctuating_field field = gf_medium_field_make(&numbers);
        /* a spline's third derivative jumps at its knots: a short way between them */
        check_gradient(&field, 6, (double[]){0.27, 0.12}, 0.01, 1e-6);
    }
    gf_surface_free(surface);
}
END_TEST

/* The values are those that runs use, and their slopes those of nearby values. */
START_TEST(test_expansions) {
    gf_surface *surface = new_surface();
    gf_diffusion diffusion;
    uint64_t seed = 5;
    fill_diffusion(&diffusion);
    for (int k = 0; k < 100; ++k) {
        double q[2] = {1.6 * uniform(&seed), uniform(&seed)}, step = 1e-5;
        double value[GF_SURFACE_VALUES], slope[GF_SURFACE_VALUES][2], d[4], d_slope[4][2];
        double m[5] = {q[0], q[0] - step, q[0] + step, q[0], q[0]};
        double e[5] = {q[1], q[1], q[1], q[1] - step, q[1] + step};
        double near[5][GF_SURFACE_VALUES], rows[4][5];
        gf_surface_expand(surface, q, value, slope);
        gf_diffusion_expand(&diffusion, q, d, d_slope);
        (void)gf_surface_evaluate(surface, 5, m, e, near);
        gf_diffusion_evaluate(&diffusion, 5, m, e,
                              (double *[]){rows[0], rows[1], rows[2], rows[3]});
        for (int v = 0; v < GF_SURFACE_VALUES; ++v) {
            ck_assert_double_eq_tol(value[v], near[0][v], 1e-14);
            ck_assert_double_eq_tol(slope[v][0], (near[2][v] - near[1][v]) / 2 / step, 1e-6);
            ck_assert_double_eq_tol(slope[v][1], (near[4][v] - near[3][v]) / 2 / step, 1e-6);
        }
        for (int c = 0; c < 4; ++c) {
            ck_assert_double_eq_tol(d[c], rows[c][0], 1e-14);
            ck_assert_double_eq_tol(d_slope[c][0], (rows[c][2] - rows[c][1]) / 2 / step, 1e-6);
            ck_assert_double_eq_tol(d_slope[c][1], (rows[c][4] - rows[c][3]) / 2 / step, 1e-6);
        }
    }
    double d[4], slope[4][2]; /* beyond an axis D is that of its end */
    gf_diffusion_expand(&diffusion, (double[]){2, 0.3}, d, slope);
    ck_assert(slope[0][0] == 0 && slope[0][1] != 0);
    gf_surface_free(surface);
}
END_TEST

/* --- a linear field -------------------------------------------------------------------------- */

/* dq/dt = D q'' - rate q + both noises: each mode k is an Ornstein-Uhlenbeck process, and the least
 * action from rest to a state is sum dx q_k^2 (rate + D mu_k)/(drive + thermal mu_k). */
START_TEST(test_linear) {
    enum { CELLS = 12 };
    const gf_scalar numbers = {.diffusion = 1.3, .drive = 0.5, .thermal = 0.8, .linear = -0.4};
    const double dx = 0.6;
    gf_fluctuating_field field = gf_cubic_field(&numbers, true);
    double exact = 0, error_of[2];
    gf_error error;
    for (int k = 0; k < 2; ++k) {
        gf_path path;
        gf_least_action found;
        must(gf_path_create(k == 0 ? 80 : 160, CELLS, 1, dx, &path, &error), &error);
        double *end = gf_path_state(&path, path.steps);
        exact = 0;
        for (size_t i = 0; i < CELLS; ++i) {
            end[i] = exp(-0.3 * (double)i) + 0.2 * sin((double)i);
        }
        for (size_t mode = 0; mode < CELLS; ++mode) {
            double part = 0, mu = (2 - 2 * cos(M_PI * (double)mode / CELLS)) / (dx * dx);
            for (size_t i = 0; i < CELLS; ++i) {
                part += end[i] * cos(M_PI * (double)mode * ((double)i + 0.5) / CELLS);
            }
            part *= sqrt((mode == 0 ? 1.0 : 2.0) / CELLS);
            exact += dx * part * part * (0.4 + 1.3 * mu) / (0.5 + 0.8 * mu);
        }
        for (size_t j = 1; j < path.steps; ++j) {
            for (size_t i = 0; i < CELLS; ++i) {
                gf_path_state(&path, j)[i] = end[i] * (double)j / (double)path.steps;
            }
        }
        must(gf_least_action_find(&field, (double[]){0}, (gf_pace){0.4, 15}, 1e-7, &path, &found,
                                  &error),
             &error);
        error_of[k] = found.action / exact - 1;
        gf_path_free(&path);
    }
    ck_assert_msg(fabs(error_of[1]) < 5e-3 && fabs(error_of[1]) < 0.3 * fabs(error_of[0]),
                  "off by %.3g and %.3g", error_of[0], error_of[1]);
    ck_assert_msg(fabs((4 * error_of[1] - error_of[0]) / 3) < 5e-4, "off by %.3g and %.3g",
                  error_of[0], error_of[1]);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("path_action");
    tcase_add_test(tests, test_gradient_varying);
    tcase_add_test(tests, test_gradient_cubic);
    tcase_add_test(tests, test_scaling);
    tcase_add_test(tests, test_gradient_medium);
    tcase_add_test(tests, test_expansions);
    tcase_add_test(tests, test_linear);
    return run_suite("path_action", tests);
}
