/* Bounds of nearly integrable chains: charges that boosts make, what refuses to commute, and how
 * bounds scale; M against sums over dense commutators. */
#include "transport/memory.h"

#include "suite.h"

#include "algebra/current.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <unistd.h>

static const char text[] =
    "name: test\n"
    "sites: %d\n"
    "boundary: periodic\n"
    "parameters: {Delta: %g, Jp: %g}\n"
    "hamiltonian:\n"
    "  - X[0]*X[1] + Y[0]*Y[1]\n"
    "  - Delta*Z[0]*Z[1]\n"
    "  - Jp*(X[0]*X[2] + Y[0]*Y[2])\n"
    "lindblad: [{name: flip, rate: 1, operator: \"X[0]\"}]\n"
    "%s\n";

static gf_status parse(int sites, double delta, double jp, const char *key, gf_model **model,
                       gf_error *error) {
    char yaml[1024];
    (void)snprintf(yaml, sizeof yaml, text, sites, delta, jp, key);
    return gf_model_parse(yaml, strlen(yaml), "test", NULL, model, error);
}

static gf_model *model_of(int sites, double delta, double jp, const char *key) {
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(parse(sites, delta, jp, key, &model, &error) == GF_OK, "%s", error.message);
    return model;
}

static gf_transport_request request_of(size_t points, const double (*lambda)[GF_CHARGES]) {
    return (gf_transport_request){.points = points,
                                  .lambda = lambda,
                                  .time = {.from = 0, .to = 8, .points = 65},
                                  .compare = true};
}

static gf_status remember(const gf_model *model, size_t points, const double (*lambda)[GF_CHARGES],
                          gf_transport **result, gf_error *error) {
    const gf_transport_request request = request_of(points, lambda);
    return gf_transport_remember(model, &request, &(gf_transport_sampling){.samples = 2}, result,
                                 error);
}

/* Of vectors in all sectors of more than `exact` states a momentum. */
static gf_transport *sample(gf_model *model, size_t exact, const gf_transport_request *request,
                            const gf_transport_sampling *sampling) {
    gf_transport *result = NULL;
    gf_error error = {.message = ""};
    model->sampling.exact = exact;
    ck_assert_msg(gf_transport_remember(model, request, sampling, &result, &error) == GF_OK, "%s",
                  error.message);
    return result;
}

/* What a boost makes of H is its energy current, and so on: all commute with the Heisenberg chain,
 * with any anisotropy, on any ring. */
START_TEST(boosts_make_charges) {
    for (int k = 0; k < 2; ++k) {
        gf_model *model = model_of(10, k == 0 ? 1 : 0.6, 0, "integrable: [0, 1]");
        gf_currents currents;
        gf_error error;
        ck_assert_int_eq(gf_currents_derive(&model->chain, &model->integrable, &currents, &error),
                         GF_OK);
        gf_operator charge = gf_charge_boosted(&currents, &currents.hamiltonian);
        gf_operator expected = gf_operator_scaled(&currents.current[GF_ENERGY], -1);
        ck_assert(gf_operator_equal(&charge, &expected, NULL));
        for (int boosts = 1; boosts <= 3; ++boosts) {
            gf_operator total = gf_density_total(&charge, 1, &model->chain);
            gf_operator adjoint = gf_operator_adjoint(&total);
            gf_operator commutator = gf_operator_commutator(&model->integrable, &total);
            ck_assert(gf_operator_equal(&total, &adjoint, NULL));
            ck_assert_double_gt(gf_operator_size(&total), 1);
            ck_assert_double_le(gf_operator_size(&commutator), 1e-11 * gf_operator_size(&total));
            gf_operator next = gf_charge_boosted(&currents, &charge);
            gf_operator_free(&charge);
            gf_operator_free(&total);
            gf_operator_free(&adjoint);
            gf_operator_free(&commutator);
            charge = next;
        }
        gf_operator_free(&charge);
        gf_operator_free(&expected);
        gf_currents_free(&currents);
        gf_model_free(model);
    }
}
END_TEST

/* sigma goes like 1/J'^2 exactly, as M does with J'^2 and all else is that of H_0 (the overlaps
 * with the currents of H alone are not). */
START_TEST(bounds_scale) {
    const double lambda[1][GF_CHARGES] = {{0, -0.26}};
    double scaled[2];
    for (int k = 0; k < 2; ++k) {
        gf_model *model = model_of(sized(14, 10), 1, k == 0 ? 0.01 : 0.001, "integrable: [0, 1]");
        gf_transport *one = NULL;
        gf_error error = {.message = ""};
        ck_assert_msg(remember(model, 1, lambda, &one, &error) == GF_OK, "%s", error.message);
        ck_assert_str_eq(one->strength_name, "Jp");
        double square = one->strength * one->strength;
        scaled[k] = square * one->onsager[40][3];
        ck_assert(isnan(one->diffusion[0][0])); /* J_1 at m = 0 */
        ck_assert(one->overlap[0][0] == 0 && one->overlap[0][2] == 0);
        if (!GF_SANITIZED) {
            ck_assert_int_eq(one->verdict[0], GF_LOWER_BOUND);
            assert_contains(one->reason[0], "J_1 of magnetisation has no overlap");
            ck_assert_double_eq_tol(square * one->diffusion[0][3], 4.26, 0.25);
            ck_assert_double_ge(one->diffusion_error[0][3] / one->diffusion[0][3], 0.005);
        }
        gf_transport_free(one);
        gf_model_free(model);
    }
    ck_assert_double_eq_tol(scaled[0] / scaled[1], 1, 0.05);
}
END_TEST

/* At infinite temperature overlaps are traces of products of strings: (J_2; J_2)/N of the
 * integrable chain, and M at short times is t (F; F)/N. */
START_TEST(products_are_traces) {
    const double lambda[1][GF_CHARGES] = {{0, 0}};
    gf_model *model = model_of(sized(10, 9), 1, 1e-3, "integrable: [0, 1]");
    gf_currents currents;
    gf_transport *one = NULL;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_currents_derive(&model->chain, &model->integrable, &currents, &error),
                     GF_OK);
    double square = 0;
    for (size_t k = 0; k < currents.current[GF_ENERGY].count; ++k) {
        const gf_operator_term *term = &currents.current[GF_ENERGY].terms[k];
        double size = cabs(term->coefficient);
        square += ldexp(size * size, -__builtin_popcountll(term->plus | term->minus));
    }
    ck_assert_msg(remember(model, 1, lambda, &one, &error) == GF_OK, "%s", error.message);
    ck_assert_double_eq_tol(one->overlap[0][1] / square, 1, 1e-2); /* J_2 of H has V in it */
    ck_assert_double_gt(one->memory[1][0], 0);
    ck_assert_double_gt(one->memory[1][0] * one->memory[1][3],
                        one->memory[1][1] * one->memory[1][2]);
    gf_transport_free(one);
    gf_currents_free(&currents);
    gf_model_free(model);
}
END_TEST

static const double state[1][GF_CHARGES] = {{0.3, -0.2}};

/* Every state of the bases in turn, in place of random vectors: M, X and the bound are those of all
 * levels. */
START_TEST(complete_bases_are_exact) {
    gf_model *model = model_of(8, 1, 0.05, "integrable: [0, 1]");
    gf_transport_request request = request_of(1, state);
    request.time = (gf_axis){.from = 0, .to = 1, .points = 9};
    request.exact = true;
    request.compare = false;
    const gf_transport_sampling every = {.samples = 2, .complete = true};
    gf_transport *levels = sample(model, 1200, &request, &every);
    gf_transport *vectors = sample(model, 0, &request, &every);
    ck_assert_uint_eq(levels->samples, 0);
    ck_assert_uint_gt(vectors->samples, 0);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        double x = levels->overlap[0][k], m = levels->memory[8][k];
        ck_assert_double_le(fabs(vectors->overlap[0][k] - x), 1e-6 * fabs(x));
        ck_assert_double_le(fabs(vectors->memory[8][k] - m), 1e-3 * fabs(levels->memory[8][3]));
        ck_assert_double_le(fabs(vectors->onsager[8][k] / levels->onsager[8][k] - 1), 1e-3);
        ck_assert_double_eq(vectors->onsager_scatter[8][k], 0);
    }
    gf_transport_free(levels);
    gf_transport_free(vectors);
    gf_model_free(model);
}
END_TEST

/* Random vectors, over a few seeds: distances are not beyond errors, which are upper bounds. */
START_TEST(vectors_agree_with_levels) {
    const size_t seeds = (size_t)sized(4, 1);
    gf_model *model = model_of(10, 1, 0.05, "integrable: [0, 1]");
    gf_transport_request request = request_of(1, state);
    request.time = (gf_axis){.from = 0, .to = 1, .points = 9};
    request.compare = false;
    double square = 0, largest = 0;
    gf_transport_sampling sampling = {.samples = 4};
    gf_transport *levels = sample(model, 1200, &request, &sampling);
    for (; sampling.seed < seeds; ++sampling.seed) {
        gf_transport *one = sample(model, 3, &request, &sampling);
        ck_assert_uint_eq(one->samples, 4);
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; k += 3) {
            double off = one->onsager[8][k] - levels->onsager[8][k];
            double error = one->onsager_scatter[8][k];
            square += off * off / (error * error) / (2 * (double)seeds);
            largest = fmax(largest, error / levels->onsager[8][k]);
        }
        gf_transport_free(one);
    }
    ck_assert_msg(square > 0.005 && square < 2, "squares of distances over errors: %g", square);
    ck_assert_double_le(largest, 1);
    gf_transport_free(levels);
    gf_model_free(model);
}
END_TEST

/* Whether `stop` is being looked at. */
static bool heeded;

static void heed(bool yes) {
    heeded = yes;
}

/* Interrupts after the first vectors. */
static void stop_soon(void *context, double fraction) {
    volatile sig_atomic_t *stop = context;
    (void)fraction;
    *stop = heeded;
}

/* From the checkpoint of a run that was stopped before its end, and on several threads: the same,
 * bit by bit. */
START_TEST(threads_and_stops_change_nothing) {
    char path[] = "/tmp/gibbsflow_memory_XXXXXX";
    int handle = mkstemp(path);
    ck_assert_int_ge(handle, 0);
    (void)close(handle);
    (void)unlink(path);
    gf_model *model = model_of(8, 1, 0.05, "integrable: [0, 1]");
    gf_transport_request request = request_of(1, state);
    request.time = (gf_axis){.from = 0, .to = 1, .points = 9};
    volatile sig_atomic_t stop = 0;
    const gf_progress interrupting = {.update = stop_soon, .context = (void *)&stop};
    gf_checkpoint checkpoint = {.path = path, .interval = 1e9, .stop = &stop, .heeds = heed};
    gf_transport_sampling sampling = {.samples = 2, .seed = 4, .checkpoint = &checkpoint};
    gf_transport *one = NULL;
    gf_error error = {.message = ""};
    model->sampling.exact = 2;
    omp_set_num_threads(1);
    request.progress = &interrupting;
    ck_assert_int_eq(gf_transport_remember(model, &request, &sampling, &one, &error), GF_IO);
    ck_assert(!heeded);
    ck_assert_ptr_null(one);
    request.progress = NULL;
    stop = 0;
    one = sample(model, 2, &request, &sampling);
    ck_assert_uint_gt(checkpoint.resumed, 0);
    omp_set_num_threads(3);
    sampling.checkpoint = NULL;
    gf_transport *three = sample(model, 2, &request, &sampling);
    omp_set_num_threads(1);
    size_t bytes = one->times * sizeof *one->onsager;
    ck_assert_int_eq(memcmp(one->memory, three->memory, bytes), 0);
    ck_assert_int_eq(memcmp(one->onsager_scatter, three->onsager_scatter, bytes), 0);
    ck_assert_int_eq(memcmp(one->overlap, three->overlap, sizeof *one->overlap), 0);
    gf_transport_free(one);
    gf_transport_free(three);
    gf_model_free(model);
    (void)unlink(path);
}
END_TEST

static void refuse(gf_model *model, const char *because) {
    const double lambda[1][GF_CHARGES] = {{0, 0}};
    gf_transport *one = NULL;
    gf_error error = {.message = ""};
    ck_assert_int_eq(remember(model, 1, lambda, &one, &error), GF_INVALID);
    assert_contains(error.message, because);
    ck_assert_ptr_null(one);
    gf_model_free(model);
}

START_TEST(refuses_what_is_not_integrable) {
    refuse(model_of(10, 1, 0.1, "integrable: [0, 2]"), "[H_0, its J_2] contains");
    refuse(model_of(10, 1, 0.1, ""), "integrable: [0, 1]");
    refuse(model_of(10, 1, 0, "integrable: [0, 1]"), "nothing makes the slow modes decay");
    refuse(model_of(5, 1, 0.1, "integrable: [0, 1]"), "too short for the slow modes");
}
END_TEST

START_TEST(names_entries_of_the_hamiltonian) {
    static const struct {
        const char *key, *because;
    } wrong[] = {{"integrable: [0, 3]", "test:10:17: an entry of the Hamiltonian"},
                 {"integrable: [0, 0]", "test:10:17: integrable names entry 0"},
                 {"integrable: []", "at least one entry"},
                 {"integrable: 1", "integrable"}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; ++k) {
        gf_model *model = NULL;
        gf_error error = {.message = ""};
        ck_assert_int_eq(parse(8, 1, 0.1, wrong[k].key, &model, &error), GF_INVALID);
        assert_contains(error.message, wrong[k].because);
    }
    gf_model *model = model_of(8, 1, 0.1, "integrable: [1, 0]");
    gf_model *other = model_of(8, 1, 0, "");
    ck_assert(gf_operator_equal(&model->integrable, &other->hamiltonian, NULL));
    gf_model_free(model);
    gf_model_free(other);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, boosts_make_charges);
    tcase_add_test(tests, bounds_scale);
    tcase_add_test(tests, products_are_traces);
    tcase_add_test(tests, complete_bases_are_exact);
    tcase_add_test(tests, vectors_agree_with_levels);
    tcase_add_test(tests, threads_and_stops_change_nothing);
    tcase_add_test(tests, refuses_what_is_not_integrable);
    tcase_add_test(tests, names_entries_of_the_hamiltonian);
    return run_suite("memory", tests);
}
