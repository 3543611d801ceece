/* Random vectors in time against sums over all pairs of levels: to rounding where every state of a
 * basis takes its turn (sigma as far as integrals go), within their statistical errors where
 * vectors are random. */
#include "transport/sampled.h"

#include "suite.h"

#include "transport/time_filter.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <unistd.h>

enum { TIMES = 9, POINTS = 3 };

static const double lambdas[POINTS][GF_CHARGES] = {{0, 0}, {0.4, -0.3}, {-0.3, 0.45}};

/* A shipped model, of which no sector of more than `exact` states in a block is diagonalised. */
static gf_model *model_of(const char *file, int sites, size_t exact) {
    char path[512];
    gf_settings settings = {.sites = sites};
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    (void)snprintf(path, sizeof path, "%s/%s", GF_MODELS, file);
    ck_assert_msg(gf_model_read(path, &settings, &model, &error) == GF_OK, "%s", error.message);
    model->sampling.exact = exact;
    gf_settings_free(&settings);
    return model;
}

static gf_transport_request request_of(size_t points, const double (*lambda)[GF_CHARGES],
                                       gf_kubo form) {
    return (gf_transport_request){.points = points,
                                  .lambda = lambda,
                                  .time = {.from = 0, .to = 4, .points = TIMES},
                                  .form = form,
                                  .exact = true};
}

static gf_transport *find(const gf_model *model, const gf_transport_request *request) {
    gf_transport *result = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_transport_find(model, request, &result, &error) == GF_OK, "%s", error.message);
    return result;
}

static gf_transport *sample(const gf_model *model, const gf_transport_request *request,
                            const gf_transport_sampling *sampling) {
    gf_transport *result = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_transport_sample(model, request, sampling, &result, &error) == GF_OK, "%s",
                  error.message);
    return result;
}

/* The largest distances of K and sigma, of their size. */
static void compare(const gf_transport *a, const gf_transport *b, double *correlation,
                    double *onsager) {
    double k0 = 0, s0 = 0;
    *correlation = *onsager = 0;
    for (size_t row = 0; row < a->points * a->times; ++row) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            k0 = fmax(k0, fabs(a->correlation[row][k]));
            s0 = fmax(s0, fabs(a->onsager[row][k]));
            *correlation =
                fmax(*correlation, fabs(a->correlation[row][k] - b->correlation[row][k]));
            *onsager = fmax(*onsager, fabs(a->onsager[row][k] - b->onsager[row][k]));
        }
    }
    *correlation /= k0;
    *onsager /= s0;
}

/* Two points for which vectors differ in nothing but the product: tolerances of K and sigma. */
static void check_complete(const char *file, int sites, gf_kubo form, double correlation,
                           double onsager) {
    gf_model *model = model_of(file, sites, 0);
    const gf_transport_request request = request_of(POINTS, lambdas, form);
    gf_transport *exact = find(model, &request);
    gf_transport *sampled =
        sample(model, &request, &(gf_transport_sampling){.samples = 2, .complete = true});
    double k, s;
    compare(exact, sampled, &k, &s);
    ck_assert_msg(k <= correlation && s <= onsager, "%s: K is off by %g, sigma by %g", file, k, s);
    for (size_t p = 0; p < POINTS; ++p) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            ck_assert_double_le(fabs(exact->density[p][i] - sampled->density[p][i]), 1e-9);
            ck_assert_double_le(fabs(exact->mean_current[p][i] - sampled->mean_current[p][i]),
                                1e-7);
        }
        ck_assert_double_eq(sampled->onsager_scatter[p * TIMES + TIMES - 1][0], 0);
    }
    gf_transport_free(exact);
    gf_transport_free(sampled);
    gf_model_free(model);
}

START_TEST(complete_bases_are_exact) {
    check_complete("xxz_jprime_half.yaml", 7, GF_SYMMETRISED, 1e-7, 3e-4);
    check_complete("dm_field.yaml", 6, GF_SYMMETRISED, 1e-7, 3e-4);
    check_complete("chiral.yaml", 6, GF_SYMMETRISED, 1e-7, 3e-4);
    check_complete("dimerised.yaml", 8, GF_SYMMETRISED, 1e-7, 3e-4);
    check_complete("pump_loss.yaml", 6, GF_SYMMETRISED, 1e-7, 3e-4);
}
END_TEST

START_TEST(so_is_kubo_and_moris_product) {
    check_complete("xxz_jprime_half.yaml", 7, GF_KUBO_MORI, 1e-4, 1e-4);
    check_complete("dm_field.yaml", 6, GF_KUBO_MORI, 3e-4, 3e-4);
}
END_TEST

/* The same vectors at every lambda2 and at a few nodes. */
START_TEST(interpolates_between_nodes) {
    enum { MANY = 15 };
    double lambda[MANY][GF_CHARGES], k, s;
    for (size_t p = 0; p < MANY; ++p) {
        lambda[p][0] = 0.3;
        lambda[p][1] = -0.6 + 1.1 * (double)p / (MANY - 1);
    }
    gf_model *model = model_of("xxz_jprime_half.yaml", 9, 2);
    gf_transport_request request =
        request_of(MANY, (const double(*)[GF_CHARGES])lambda, GF_SYMMETRISED);
    gf_transport *every =
        sample(model, &request, &(gf_transport_sampling){.samples = 2, .nodes = MANY});
    gf_transport *nodes = sample(model, &request, &(gf_transport_sampling){.samples = 2});
    compare(every, nodes, &k, &s);
    ck_assert_msg(k > 0 && k <= 3e-3 && s <= 3e-3, "K is off by %g, sigma by %g", k, s);
    gf_transport_free(every);
    gf_transport_free(nodes);
    gf_model_free(model);
}
END_TEST

/* Over many seeds the square of the distance is that of the error, which falls with the number of
 * vectors. */
START_TEST(errors_are_those_of_the_scatter) {
    static const size_t samples[] = {6, 60}, seeds[] = {12, 4};
    gf_model *model = model_of("xxz_jprime_half.yaml", _i == 0 ? 9 : 7, 3);
    const gf_transport_request request = request_of(2, lambdas, GF_SYMMETRISED);
    gf_transport *exact = find(model, &request);
    double ratio[2][2] = {{0}}, largest = 0;
    for (uint64_t seed = 0; seed < seeds[_i]; ++seed) {
        gf_transport *one =
            sample(model, &request, &(gf_transport_sampling){.samples = samples[_i], .seed = seed});
        for (size_t p = 0; p < 2; ++p) {
            size_t row = p * TIMES + TIMES - 1;
            for (size_t i = 0; i < 2; ++i) {
                double off = one->onsager[row][3 * i] - exact->onsager[row][3 * i];
                double error = one->onsager_scatter[row][3 * i];
                ratio[p][i] += off * off / (error * error) / (double)seeds[_i];
                largest = fmax(largest, error / exact->onsager[row][3 * i]);
            }
        }
        gf_transport_free(one);
    }
    for (size_t p = 0; p < 2; ++p) {
        for (size_t i = 0; i < 2; ++i) {
            ck_assert_msg(ratio[p][i] > (_i == 0 ? 0.2 : 0) && ratio[p][i] < (_i == 0 ? 2.5 : 4),
                          "point %zu, sigma_%zu%zu: %g", p, i + 1, i + 1, ratio[p][i]);
        }
    }
    ck_assert_double_le(largest, _i == 0 ? 0.15 : 0.1);
    gf_transport_free(exact);
    gf_model_free(model);
}
END_TEST

/* The verdict takes in the scatter, and the errors that it is made from. */
START_TEST(errors_hold_the_smaller_chain_and_the_scatter) {
    gf_model *model = model_of("xxz_jprime_half.yaml", 9, 0);
    gf_transport_request request = request_of(1, lambdas, GF_KUBO_MORI);
    request.compare = true;
    gf_transport *one = sample(model, &request, &(gf_transport_sampling){.samples = 2, .seed = 3});
    ck_assert_int_eq(one->compared, 7);
    ck_assert_uint_eq(one->samples, 2);
    for (size_t t = 1; t < TIMES; ++t) {
        ck_assert_double_gt(one->onsager_scatter[t][0], 0);
        ck_assert_double_gt(one->onsager_error[t][0], one->onsager_scatter[t][0]);
    }
    ck_assert_int_eq(one->verdict[0], GF_NOT_SETTLED);
    ck_assert(isnan(one->drude[0][0]));
    ck_assert(isnan(one->diffusion[0][0]));
    gf_transport_free(one);
    gf_model_free(model);
}
END_TEST

static bool same(const gf_transport *a, const gf_transport *b) {
    size_t bytes = a->points * a->times * sizeof *a->onsager;
    return memcmp(a->correlation, b->correlation, bytes) == 0 &&
           memcmp(a->onsager, b->onsager, bytes) == 0 &&
           memcmp(a->onsager_scatter, b->onsager_scatter, bytes) == 0;
}

START_TEST(threads_change_nothing) {
    gf_model *model = model_of("xxz_jprime_half.yaml", sized(9, 7), 2);
    const gf_transport_request request = request_of(2, lambdas, GF_KUBO_MORI);
    const gf_transport_sampling sampling = {.samples = 2, .seed = 1};
    omp_set_num_threads(1);
    gf_transport *one = sample(model, &request, &sampling);
    omp_set_num_threads(3);
    gf_transport *three = sample(model, &request, &sampling);
    omp_set_num_threads(1);
    ck_assert(same(one, three));
    gf_transport_free(one);
    gf_transport_free(three);
    gf_model_free(model);
}
END_TEST

/* Of a run that was killed every second vector is left; what follows is the same bit by bit. */
START_TEST(goes_on_from_a_checkpoint) {
    char path[] = "/tmp/gibbsflow_vectors_XXXXXX";
    int handle = mkstemp(path);
    ck_assert_int_ge(handle, 0);
    (void)close(handle);
    gf_error error = {.message = ""};
    gf_model *model = model_of("xxz_jprime_half.yaml", 8, 0);
    const double nodes[] = {-0.2, 0.1};
    const gf_sampled_plan plan = {
        .course = {.nodes = 2, .lambda2 = nodes, .step = 0.1, .steps = 12},
        .samples = 3,
        .seed = 9};
    gf_sampled_chain whole, part;
    ck_assert_int_eq(gf_sampled_chain_open(&whole, model, &plan, &error), GF_OK);
    ck_assert_int_eq(gf_sampled_chain_open(&part, model, &plan, &error), GF_OK);
    ck_assert_int_eq(gf_sampled_chain_run(&whole, NULL, NULL, &error), GF_OK);
    for (size_t v = 0; v < whole.vectors; v += 2) {
        whole.done[v] = false;
    }
    gf_checkpoint checkpoint = {.path = path};
    ck_assert_msg(gf_sampled_save(&checkpoint, model, &whole, 1, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_msg(gf_sampled_load(&checkpoint, model, &part, 1, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_uint_eq(checkpoint.resumed, whole.vectors / 2);
    for (size_t v = 0; v < part.vectors; ++v) {
        ck_assert_int_eq(part.done[v], v % 2 == 1);
    }
    ck_assert_int_eq(gf_sampled_chain_run(&part, NULL, NULL, &error), GF_OK);
    ck_assert_int_eq(memcmp(whole.values, part.values,
                            whole.vectors * gf_sampled_chain_row(&whole) * sizeof *whole.values),
                     0);
    part.seed = 10;
    ck_assert_int_ne(gf_sampled_load(&checkpoint, model, &part, 1, &error), GF_OK);
    assert_contains(error.message, "other times, lambda2, samples or seed");
    gf_sampled_chain_close(&whole);
    gf_sampled_chain_close(&part);
    gf_model_free(model);
    (void)unlink(path);
}
END_TEST

/* Integrals of what is known in closed form, and the product of a function of one frequency, which
 * tanh(x)/x multiplies. */
START_TEST(filters_are_those_of_theory) {
    enum { STEPS = 400, LOOKED_AT = 200 };
    static double from[STEPS][GF_STRENGTHS], to[STEPS][GF_STRENGTHS];
    gf_time_filter filter;
    gf_error error;
    double step = 0.05, lambda2 = 0.8, omega = 3, x = lambda2 * omega / 2;
    for (size_t n = 0; n < STEPS; ++n) {
        double t = step * (double)n;
        from[n][GF_J11] = exp(-0.02 * t * t) * cos(omega * t);
        from[n][GF_J22] = 1;
        from[n][GF_J12] = cos(omega * t);
        from[n][GF_J12_IMAGINARY] = sin(omega * t);
    }
    ck_assert_int_eq(gf_time_filter_init(&filter, step, STEPS, GF_KUBO_MORI, lambda2, &error),
                     GF_OK);
    gf_time_filter_apply(&filter, (const double(*)[GF_STRENGTHS])from, to);
    for (size_t n = 0; n < LOOKED_AT; ++n) {
        double t = step * (double)n;
        ck_assert_double_eq_tol(to[n][GF_J22], 1, 1e-12);
        ck_assert_double_eq_tol(to[n][GF_J12], tanh(x) / x * cos(omega * t), 1e-4);
        ck_assert_double_eq_tol(to[n][GF_J12_IMAGINARY], tanh(x) / x * sin(omega * t), 1e-4);
    }
    gf_time_filter_integrate(&filter, (const double(*)[GF_STRENGTHS])from, to);
    for (size_t n = 0; n < STEPS; ++n) {
        double t = step * (double)n;
        ck_assert_double_eq_tol(to[n][GF_J12], sin(omega * t) / omega, 1e-9);
        ck_assert_double_eq_tol(to[n][GF_J12_IMAGINARY], (1 - cos(omega * t)) / omega, 1e-9);
        ck_assert_double_eq_tol(to[n][GF_J22], t, 1e-12);
    }
    gf_time_filter_free(&filter);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("sampled");
    tcase_add_test(tests, filters_are_those_of_theory);
    tcase_add_test(tests, complete_bases_are_exact);
    tcase_add_test(tests, so_is_kubo_and_moris_product);
    tcase_add_long_test(tests, interpolates_between_nodes);
    tcase_add_loop_test(tests, errors_are_those_of_the_scatter, 0, 2);
    tcase_add_test(tests, errors_hold_the_smaller_chain_and_the_scatter);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, goes_on_from_a_checkpoint);
    return run_suite("sampled", tests);
}
