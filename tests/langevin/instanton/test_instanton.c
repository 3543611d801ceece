/* Least actions against closed forms, published values and relations that hold exactly. */
#include "suite.h"

#include "fields.h"
#include "langevin/instanton/cubic_field.h"
#include "langevin/instanton/instanton.h"
#include "langevin/instanton/path_action.h"

#include <stdio.h>

static void must(gf_status status, const gf_error *error) {
    ck_assert_msg(status == GF_OK, "%s", error->message);
}

static gf_run *parse(const char *yaml, const char *setting) {
    gf_settings settings = {0};
    gf_run *run;
    gf_error error;
    if (setting != NULL) {
        must(gf_settings_assign_all(&settings, setting, &error), &error);
    }
    must(gf_run_parse(yaml, strlen(yaml), "test.yaml", &settings, &run, &error), &error);
    gf_settings_free(&settings);
    return run;
}

static const char order_parameter[] =
    "equation: order-parameter\n"
    "parameters: {epsilon: 0.1, gamma: 0.875, J: 1, D: 1, a: 1}\n"
    "noise: {drive: 4, thermal: 0}\n"
    "force: renormalised\n"
    "space: {length: 100, spacing: 0.25}\n"
    "time: {step: 0.01, end: 1, sample_every: 1}\n"
    "integrator: heun\n"
    "initial: {profile: random}\n";

static gf_instanton *find(const gf_run *run, double tolerance) {
    const gf_instanton_control control = {.tolerance = tolerance};
    gf_instanton *found;
    gf_error error;
    must(gf_instanton_find(run, &control, &found, &error), &error);
    return found;
}

static gf_instanton_point solve(const gf_run_field *field, double tolerance) {
    gf_instanton_point point;
    gf_error error;
    must(gf_instanton_solve(field, tolerance, NULL, NULL, &point, &error), &error);
    return point;
}

/* The stated error covers the difference. */
static void check_within(double found, double error, double exact, double most) {
    ck_assert_msg(fabs(found - exact) <= error, "%.8g +- %.2g, exactly %.8g", found, error, exact);
    ck_assert_msg(error <= most * exact, "%.8g +- %.2g", found, error);
}

/* Along the path: the momentum does not vanish, the energy H does; without conserved noise the path
 * is the relaxation backwards, dq/dt = -b, where it is not at rest. */
static void check_reversal(const gf_run_field *field, const gf_transition_result *result) {
    const gf_path *path = &result->path;
    size_t size = gf_path_size(path);
    gf_row *row;
    gf_error error;
    double most = 0, worst = 0, *drift = calloc(2 * size, sizeof *drift), *middle = drift + size;
    must(gf_row_create(&field->field, path->cells, path->spacing, &row, &error), &error);
    for (size_t k = 0; k < path->steps; ++k) {
        const double *from = gf_path_state(path, k), *to = gf_path_state(path, k + 1);
        for (size_t i = 0; i < size; ++i) {
            middle[i] = (from[i] + to[i]) / 2;
        }
        gf_row_set(row, middle);
        gf_row_drift(row, drift);
        for (size_t i = 0; i < size; ++i) {
            most = fmax(most, fabs(drift[i]));
            worst = fmax(worst, fabs((to[i] - from[i]) / path->step[k] + drift[i]));
        }
    }
    ck_assert_msg(worst < 0.05 * most, "off by %.3g of %.3g", worst, most);
    ck_assert_double_lt(result->energy, 2e-3);
    gf_row_free(row);
    free(drift);
}

/* --- closed forms ---------------------------------------------------------------------------- */

/* c = (4/3) D m0^2/(width T), T = drive (1 - gamma)/2, for any drive and gamma. */
START_TEST(test_walls_without_conserved_noise) {
    static const struct {
        const char *setting;
        double gamma, drive;
    } cases[] = {{"gamma=0.82 drive=3", 0.82, 3}, {"gamma=0.95 drive=2", 0.95, 2}};
    for (int k = 0; k < sized(2, 1); ++k) {
        gf_run *run = parse(order_parameter, cases[k].setting);
        gf_run_field field;
        gf_error error;
        must(gf_run_field_make(run, 0, &field, &error), &error);
        gf_instanton_point point = solve(&field, 1e-3);
        double g = cases[k].gamma, width = sqrt(8 / (5 * g - 4)), order = sqrt(5 - 4 / g);
        double exact = 4.0 / 3 * order * order / width / (cases[k].drive * (1 - g) / 2);
        check_within(gf_instanton_c(&point), gf_instanton_error(&point), exact, 1e-3);
        check_reversal(&field, &point.result);
        ck_assert(point.speed == 0 && point.action[0] == point.action[1]);
        gf_transition_result_free(&point.result);
        gf_run_field_free(&field);
        gf_run_free(run);
    }
}
END_TEST

/* A barrier mu^2/4 over alpha; where alpha is swept, at each. */
START_TEST(test_double_well) {
    static const char yaml[] =
        "equation: double-well\n"
        "parameters: {alpha: 0.1, mu: 0.8}\n"
        "space: {length: 10, spacing: 0.05}\n"
        "time: {step: 0.01, end: 1, sample_every: 1}\n"
        "integrator: heun\n"
        "initial: {profile: random}\n"
        "sweep: {alpha: [0.1, 0.02]}\n";
    gf_run *run = parse(yaml, NULL);
    gf_instanton *found = find(run, 1e-4);
    ck_assert_uint_eq(found->points, 2);
    check_within(gf_instanton_c(&found->point[0]), gf_instanton_error(&found->point[0]), 1.6, 1e-4);
    check_within(gf_instanton_c(&found->point[1]), gf_instanton_error(&found->point[1]), 8, 1e-4);
    ck_assert_ptr_nonnull(found->point[1].result.path.state);
    gf_instanton_free(found);
    gf_run_free(run);
}
END_TEST

/* The least action of Maier and Stein's field: 1/2 at beta = 1, twice the height of its potential;
 * at beta = 10, where the path leaves the axis, 0.3400414 by shooting: Hamilton's equations from
 * the unstable manifold of (-1, 0) with Runge and Kutta's method, the angle bisected until they run
 * into the saddle. (Published by CriticalTransitions.jl, geometric method with 30 points: 0.3371,
 * and its tests ask for 0.3375 +- 0.01.) */
START_TEST(test_maier_stein) {
    static const double beta[] = {1, 10}, exact[] = {0.5, 0.3400414};
    for (int k = 0; k < 2; ++k) {
        gf_run_field field = {.field = maier_stein(&beta[k]),
                              .minus = {-1, 0},
                              .plus = {1, 0},
                              .saddles = 1,
                              .pace = {1, 2},
                              .width = 1};
        gf_instanton_point point = solve(&field, 1e-4);
        ck_assert_msg(fabs(gf_instanton_c(&point) - exact[k]) < 5e-5, "beta = %g: %.7g +- %.2g",
                      beta[k], gf_instanton_c(&point), gf_instanton_error(&point));
        ck_assert_double_eq_tol(point.action[0], point.action[1], 1e-4);
        double off_axis = fabs(gf_path_state(&point.result.path, 60)[1]);
        ck_assert_msg(k == 0 ? off_axis < 1e-3 : off_axis > 0.05, "%g off the axis", off_axis);
        gf_transition_result_free(&point.result);
    }
}
END_TEST

/* --- two fields ------------------------------------------------------------------------------ */

static const pair_numbers pair = {.linear = 0.1,
                                  .cubic = 0.2,
                                  .stiff = 0.5,
                                  .tie = 0.4,
                                  .temperature = 0.05,
                                  .diffusion = 1,
                                  .second = 0.6,
                                  .mobility = {{1, 0.3}, {0.3, 0.8}}};

/* Two fields in the gradient of an energy: the action is that of the wall of one, whatever the
 * mobility. */
START_TEST(test_gradient_pair) {
    double order = sqrt(0.5), width = sqrt(20), exact = 4.0 / 3 * 0.5 / width / 0.05;
    pair_numbers numbers = pair;
    gf_run_field field = {.field = gradient_pair(&numbers),
                          .minus = {-order, -0.4 * order},
                          .plus = {order, 0.4 * order},
                          .pace = {0.09, 0.9},
                          .width = width};
    gf_instanton_point point = solve(&field, 5e-3);
    check_within(gf_instanton_c(&point), gf_instanton_error(&point), exact, 5e-3);
    check_reversal(&field, &point.result);
    gf_transition_result_free(&point.result);
}
END_TEST

/* Unequal wells: the better state wins, a critical droplet of it is a maximum of the energy on the
 * way, E = 2 integral dm sqrt(2 D (v - v of the worse state)) from that state to where v is as low
 * again; c is half of it over T. */
START_TEST(test_unequal_wells) {
    enum { POINTS = 200000 };
    pair_numbers numbers = pair;
    numbers.tilt = 0.006;
    double low = -1, high = 1, turn = 0, exact = 0;
    for (int k = 0; k < 60; ++k) { /* Newton from either side */
        low -= (0.1 * low - 0.2 * low * low * low + 0.006) / (0.1 - 0.6 * low * low);
        high -= (0.1 * high - 0.2 * high * high * high + 0.006) / (0.1 - 0.6 * high * high);
    }
#define POTENTIAL(m) (-0.05 * (m) * (m) + 0.05 * (m) * (m) * (m) * (m)-0.006 * (m))
    for (int k = 0; k < POINTS; ++k) {
        double m = low + (high - low) * (k + 0.5) / POINTS;
        double above = POTENTIAL(m) - POTENTIAL(low);
        if (above < 0) {
            turn = m;
            break;
        }
        exact += sqrt(2 * above) * (high - low) / POINTS / 0.05;
    }
    gf_run_field field = {.field = tilted_field(&numbers),
                          .minus = {low},
                          .plus = {high},
                          .pace = {0.1, 0.25},
                          .width = sqrt(20)};
    gf_instanton_point point = solve(&field, 5e-3);
    ck_assert(turn < high && turn > 0 && point.speed > 0 && point.cheaper == GF_FROM_MINUS);
    check_within(point.action[GF_FROM_MINUS], point.error[GF_FROM_MINUS], exact, 5e-3);
    ck_assert(isinf(point.action[GF_FROM_PLUS]));
    gf_transition_result_free(&point.result);
}
END_TEST

/* --- both noises ----------------------------------------------------------------------------- */

static gf_instanton_point solve_both(double width, double distance, double tolerance) {
    const gf_scalar numbers = {
        .diffusion = 1, .drive = 0.5, .thermal = 1, .linear = 0.09375, .cubic = 0.21875};
    gf_fluctuating_field field = gf_cubic_field(&numbers, true);
    double order = sqrt(numbers.linear / numbers.cubic);
    gf_transition one = {.field = &field,
                         .from = {order},
                         .to = {-order},
                         .pace = {0.09375, 0.1875},
                         .width = width,
                         .distance = distance,
                         .time = 128,
                         .steady = true};
    gf_instanton_point point = {.speed = 0};
    gf_error error;
    must(gf_transition_solve(&one, tolerance, NULL, NULL, &point.result, &error), &error);
    return point;
}

/* Other cells and another distance give the same within the errors. */
START_TEST(test_meshes) {
    double width = sqrt(2 / 0.09375);
    gf_instanton_point one = solve_both(width, 1.1, 4e-3);
    gf_instanton_point other = solve_both(0.8 * width, 1.4, 4e-3);
    ck_assert_msg(fabs(one.result.action - other.result.action) <
                      one.result.error + other.result.error,
                  "%.7g and %.7g", one.result.action, other.result.action);
    ck_assert_msg(fabs(one.result.action - 0.47449) < 1e-3, "%.7g", one.result.action);
    gf_transition_result_free(&one.result);
    gf_transition_result_free(&other.result);
}
END_TEST

/* --- refusals -------------------------------------------------------------------------------- */

static void check_refusal(const char *setting, const char *message) {
    gf_run *run = parse(order_parameter, setting);
    const gf_instanton_control control = {.tolerance = 1e-3};
    gf_instanton *found;
    gf_error error = {.message = ""};
    ck_assert_int_ne(gf_instanton_find(run, &control, &found, &error), GF_OK);
    ck_assert_ptr_null(found);
    assert_contains(error.message, message);
    gf_run_free(run);
}

START_TEST(test_refusals) {
    check_refusal("drive=0 thermal=0", "without noise");
    check_refusal("drive=0 thermal=1", "conserved noise alone");
}
END_TEST

/* What does not converge says where it stands: noise that vanishes on the way. */
static void starve(const void *context, size_t count, const double *q, gf_field_drive *result) {
    drive_maier_stein(context, count, q, result);
    for (size_t k = 0; k < count; ++k) {
        result[k].noise[2] = fabs(q[2 * k]) < 0.5 ? -1 : 1;
    }
}

START_TEST(test_no_convergence) {
    static const double beta = 1;
    gf_run_field field = {.field = {.fields = 2, .context = &beta, .drive = starve},
                          .minus = {-1, 0},
                          .plus = {1, 0},
                          .saddles = 1,
                          .pace = {1, 2},
                          .width = 1};
    gf_instanton_point point;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_instanton_solve(&field, 1e-3, NULL, NULL, &point, &error),
                     GF_NO_CONVERGENCE);
    assert_contains(error.message, "not positive");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("instanton");
    tcase_add_test(tests, test_walls_without_conserved_noise);
    tcase_add_test(tests, test_double_well);
    tcase_add_test(tests, test_maier_stein);
    tcase_add_long_test(tests, test_gradient_pair);
    tcase_add_long_test(tests, test_unequal_wells);
    tcase_add_long_test(tests, test_meshes);
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_no_convergence);
    return run_suite("instanton", tests);
}
