/* Random vectors in place of eigenstates: exact identities, errors that tell the truth. */
#include "fixture.h"
#include "suite.h"

#include "gibbsflow/jackknife.h"
#include "gibbsflow/typicality.h"
#include "krylov/lanczos.h"
#include "spectrum/block.h"
#include "spectrum/spectrum.h"
#include "typicality/random_vectors.h"
#include "typicality/sampling_plan.h"

#include <math.h>
#include <omp.h>
#include <unistd.h>

enum { QUANTITIES = 10 };

static void list(const gf_state *state, double *values) {
    const double all[QUANTITIES] = {
        state->log_partition,     state->density[0], state->density[1], state->susceptibility[0],
        state->susceptibility[2], state->force[0],   state->force[1],   state->noise[0],
        state->noise[1],          state->noise[2]};
    memcpy(values, all, sizeof all);
}

static gf_spectrum *sample(const gf_model *model, gf_sampling sampling) {
    gf_model copy = *model; /* of the struct; the contents stay with `model` */
    gf_spectrum *spectrum = NULL;
    gf_error error = {.message = ""};
    copy.sampling = sampling;
    ck_assert_msg(gf_typicality_compute(&copy, NULL, &spectrum, &error) == GF_OK, "%s",
                  error.message);
    return spectrum;
}

static void evaluate(const gf_spectrum *spectrum, const double *rates, const double lambda[2],
                     double *values, double *errors) {
    gf_gibbs *gibbs = NULL;
    gf_jackknife *scatter = NULL;
    gf_state state, error;
    ck_assert_int_eq(gf_gibbs_create(spectrum, rates, &gibbs, NULL), GF_OK);
    ck_assert_int_eq(gf_jackknife_create(spectrum, rates, &scatter, NULL), GF_OK);
    gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
    gf_jackknife_evaluate(scatter, &state, &error);
    list(&state, values);
    list(&error, errors);
    gf_gibbs_free(gibbs);
    gf_jackknife_free(scatter);
}

/* --- the Lanczos recurrence ------------------------------------------------------------------ */

/* Over the basis states as start vectors the sum of <r|O w(H)|r> is the trace, whatever w. */
static void check_trace(const char *file, bool is_complex) {
    fixture f;
    enum { SITES = 7, UP = 3, WIDTH = 4 };
    fixture_open(&f, file, SITES, NULL);
    gf_basis basis;
    gf_action *action = NULL;
    ck_assert_int_eq(gf_basis_init(&basis, SITES, UP, NULL), GF_OK);
    ck_assert_int_eq(gf_action_create(&f.model->hamiltonian, SITES, &action, NULL), GF_OK);
    const gf_action *observables[] = {action};
    gf_lanczos lanczos = {.basis = &basis,
                          .hamiltonian = action,
                          .observables = observables,
                          .observable_count = 1,
                          .lambda = 2,
                          .steps = 60};
    double sums[2] = {0}, exact[2] = {0}, *start = malloc(basis.size * WIDTH * sizeof *start);
    size_t together = is_complex ? WIDTH / 2 : WIDTH;
    for (size_t first = 0; first < basis.size; first += together) {
        gf_ritz ritz[WIDTH];
        memset(start, 0, basis.size * WIDTH * sizeof *start);
        for (size_t v = 0; v < together && first + v < basis.size; ++v) {
            start[(first + v) * WIDTH + v] = 1;
        }
        ck_assert_int_eq(
            gf_lanczos_run(&lanczos, (gf_columns){WIDTH, is_complex}, start, ritz, NULL), GF_OK);
        for (size_t v = 0; v < together; ++v) {
            for (size_t j = 0; j < ritz[v].levels; ++j) {
                double weight = ritz[v].weight[j] * exp(-0.7 * ritz[v].energy[j]);
                sums[0] += weight;
                sums[1] += weight * ritz[v].observable[j];
            }
            gf_ritz_free(&ritz[v]);
        }
    }
    for (size_t n = f.spectrum->sector[UP]; n < f.spectrum->sector[UP + 1]; ++n) {
        double weight = f.spectrum->degeneracy[n] * exp(-0.7 * f.spectrum->energy[n]);
        exact[0] += weight;
        exact[1] += weight * f.spectrum->energy[n];
    }
    ck_assert_double_le(fabs(sums[0] / exact[0] - 1), 1e-8);
    ck_assert_double_le(fabs(sums[1] / exact[1] - 1), 1e-8);
    free(start);
    gf_action_free(action);
    gf_basis_free(&basis);
    fixture_close(&f);
}

START_TEST(a_complete_set_of_vectors_gives_the_trace) {
    check_trace("xxz_jprime.yaml", false);
    check_trace("dm_field.yaml", true);
}
END_TEST

/* Vectors of one sector, so many side by side; the caller frees them. */
static void run_side_by_side(const fixture *f, const gf_action *action, int width, bool is_complex,
                             gf_ritz ritz[GF_MAX_COLUMNS]) {
    enum { UP = 3 };
    gf_basis basis;
    const gf_action *observables[] = {action};
    const gf_random_vectors random = {.seed = 7, .up = UP, .purpose = GF_VECTORS_TRACE};
    ck_assert_int_eq(gf_basis_init(&basis, f->spectrum->sites, UP, NULL), GF_OK);
    const gf_lanczos lanczos = {.basis = &basis,
                                .hamiltonian = action,
                                .observables = observables,
                                .observable_count = 1,
                                .lambda = 2,
                                .steps = 60};
    size_t vectors = is_complex ? GF_MAX_COLUMNS / 2 : GF_MAX_COLUMNS;
    size_t together = (size_t)width / (GF_MAX_COLUMNS / vectors);
    double *start = malloc(basis.size * (size_t)width * sizeof *start);
    for (size_t first = 0; first < vectors; first += together) {
        const gf_columns columns = {width, is_complex};
        gf_random_vectors_draw(&random, first, columns, basis.size, start);
        ck_assert_int_eq(gf_lanczos_run(&lanczos, columns, start, ritz + first, NULL), GF_OK);
    }
    free(start);
    gf_basis_free(&basis);
}

static void check_company(const char *file, bool is_complex) {
    fixture f;
    gf_action *action = NULL;
    fixture_open(&f, file, 9, NULL);
    ck_assert_int_eq(gf_action_create(&f.model->hamiltonian, 9, &action, NULL), GF_OK);
    gf_ritz all[GF_MAX_COLUMNS] = {{0}}, few[GF_MAX_COLUMNS] = {{0}};
    run_side_by_side(&f, action, GF_MAX_COLUMNS, is_complex, all);
    for (int width = GF_MAX_COLUMNS / 2; width >= (is_complex ? 2 : 1); width /= 2) {
        run_side_by_side(&f, action, width, is_complex, few);
        for (int v = 0; v < GF_MAX_COLUMNS; ++v) {
            size_t bytes = all[v].levels * sizeof(double);
            ck_assert_uint_eq(few[v].levels, all[v].levels);
            ck_assert(bytes == 0 || (memcmp(few[v].energy, all[v].energy, bytes) == 0 &&
                                     memcmp(few[v].weight, all[v].weight, bytes) == 0 &&
                                     memcmp(few[v].observable, all[v].observable, bytes) == 0));
            gf_ritz_free(&few[v]);
        }
    }
    for (int v = 0; v < GF_MAX_COLUMNS; ++v) {
        gf_ritz_free(&all[v]);
    }
    gf_action_free(action);
    fixture_close(&f);
}

/* Ranks and memory decide how many run together, and must not decide on a bit of what comes out. */
START_TEST(a_vector_does_not_see_those_beside_it) {
    check_company("xxz_jprime.yaml", false);
    check_company("dm_field.yaml", true);
}
END_TEST

/* --- limits ---------------------------------------------------------------------------------- */

/* With every sector diagonalised it is the full diagonalisation, mirrored sectors included. */
START_TEST(without_random_vectors_it_is_exact) {
    const char *const files[] = {"xxz_jprime.yaml", "pump_loss.yaml", "dm_field.yaml",
                                 "dimerised.yaml"};
    for (int k = 0; k < 4; ++k) {
        fixture f;
        fixture_open(&f, files[k], k < 3 ? 7 : 6, NULL);
        gf_spectrum *s = sample(f.model, (gf_sampling){2, 1000, 0, 50, 1});
        double a[QUANTITIES], b[QUANTITIES], error[QUANTITIES];
        const double lambda[2] = {0.4, -0.6};
        evaluate(f.spectrum, f.rates, lambda, a, error);
        evaluate(s, f.rates, lambda, b, error);
        for (int i = 0; i < QUANTITIES; ++i) {
            ck_assert_double_le(fabs(a[i] - b[i]), 1e-11 * (1 + fabs(a[i])));
            ck_assert_double_eq(error[i], 0);
        }
        gf_spectrum_free(s);
        fixture_close(&f);
    }
}
END_TEST

/* At lambda2 = 0 weights and diagonal observables have no statistical error; and the symmetry under
 * a flip of all spins is kept by every sample. */
START_TEST(what_is_exact_in_every_sample) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 10, NULL);
    gf_spectrum *s = sample(f.model, (gf_sampling){2, 0, 0, 60, 3});
    double a[QUANTITIES], b[QUANTITIES], error[QUANTITIES];
    evaluate(f.spectrum, f.rates, (double[2]){0.7, 0}, a, error);
    evaluate(s, f.rates, (double[2]){0.7, 0}, b, error);
    for (int i = 0; i < 4; ++i) { /* log Z, m, e, C_mm; force_m and noise_mm are diagonal */
        ck_assert_double_le(fabs(a[i] - b[i]), i == 2 ? 3 * error[i] + 1e-10 : 1e-10);
    }
    ck_assert_double_le(fabs(a[5] - b[5]), 1e-10);
    ck_assert_double_le(error[5], 1e-10);
    evaluate(s, f.rates, (double[2]){0, -0.8}, b, error);
    ck_assert_double_le(fabs(b[1]), 1e-13);
    ck_assert_double_le(fabs(b[5]), 1e-13);
    evaluate(s, f.rates, (double[2]){0.3, -0.8}, a, error);
    evaluate(s, f.rates, (double[2]){-0.3, -0.8}, b, error);
    for (int i = 0; i < QUANTITIES; ++i) {
        bool odd = i == 1 || i == 5 || i == 8;
        ck_assert_double_le(fabs(a[i] - (odd ? -b[i] : b[i])), 1e-12 * (1 + fabs(a[i])));
    }
    gf_spectrum_free(s);
    fixture_close(&f);
}
END_TEST

/* --- errors ---------------------------------------------------------------------------------- */

/* Over many seeds the deviations from full diagonalisation, in units of their errors, have mean
 * square 1, and no mean. */
static void check_errors(const char *file, int sites, size_t deflate) {
    enum { SEEDS = 50, STATES = 4 };
    static const double lambdas[STATES][2] = {{0, 0.3}, {0.3, -0.3}, {-0.5, 0.6}, {0.1, -0.8}};
    fixture f;
    fixture_open(&f, file, sites, NULL);
    double square[QUANTITIES] = {0}, mean[QUANTITIES] = {0}, all = 0;
    int counted[QUANTITIES] = {0}, kinds = 0;
    for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
        gf_spectrum *s = sample(f.model, (gf_sampling){12, 4, deflate, 60, seed});
        for (int k = 0; k < STATES; ++k) {
            double exact[QUANTITIES], value[QUANTITIES], none[QUANTITIES], error[QUANTITIES];
            evaluate(f.spectrum, f.rates, lambdas[k], exact, none);
            evaluate(s, f.rates, lambdas[k], value, error);
            for (int i = 0; i < QUANTITIES; ++i) {
                if (error[i] > 1e-9) { /* some are exact by symmetry */
                    double deviation = (value[i] - exact[i]) / error[i];
                    square[i] += deviation * deviation;
                    mean[i] += deviation;
                    ++counted[i];
                }
            }
        }
        gf_spectrum_free(s);
    }
    for (int i = 0; i < QUANTITIES; ++i) {
        if (counted[i] > 0) {
            ck_assert_msg(square[i] / counted[i] > 0.6 && square[i] / counted[i] < 1.7,
                          "%s, quantity %d: mean square %g", file, i, square[i] / counted[i]);
            ck_assert_msg(fabs(mean[i] / counted[i]) < 0.35, "%s, quantity %d: mean %g", file, i,
                          mean[i] / counted[i]);
            all += square[i] / counted[i];
            ++kinds;
        }
    }
    ck_assert_int_ge(kinds, 8);
    ck_assert_msg(all / kinds > 0.8 && all / kinds < 1.3, "%s: mean square %g", file, all / kinds);
    fixture_close(&f);
}

START_TEST(errors_are_right) {
    check_errors("xxz_jprime.yaml", 8, 0);
    check_errors("xxz_jprime.yaml", 8, 3);
    check_errors("dm_field.yaml", 7, 2);
    check_errors("pump_loss.yaml", 7, 0);
}
END_TEST

/* Unit cells: force and noise are means over the sites of a cell, as in full diagonalisation. */
START_TEST(unit_cells_agree) {
    fixture f;
    fixture_open(&f, "dimerised.yaml", 8, NULL);
    gf_spectrum *s = sample(f.model, (gf_sampling){200, 4, 2, 60, 5});
    static const double lambdas[][2] = {{0, 0.3}, {0.3, -0.3}, {-0.5, 0.6}};
    for (size_t k = 0; k < 3; ++k) {
        double exact[QUANTITIES], value[QUANTITIES], none[QUANTITIES], error[QUANTITIES];
        evaluate(f.spectrum, f.rates, lambdas[k], exact, none);
        evaluate(s, f.rates, lambdas[k], value, error);
        for (int i = 0; i < QUANTITIES; ++i) {
            ck_assert_msg(fabs(value[i] - exact[i]) <= 4 * error[i] + 1e-10,
                          "quantity %d: %g +- %g, not %g", i, value[i], error[i], exact[i]);
            ck_assert_double_le(error[i], 0.05 * (1 + fabs(exact[i])));
        }
    }
    gf_spectrum_free(s);
    fixture_close(&f);
}
END_TEST

/* The places of fixed points scatter as told. */
START_TEST(errors_of_fixed_points_are_right) {
    enum { SEEDS = 40 };
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 10, NULL);
    gf_survey *survey = NULL;
    gf_fixed_points exact;
    ck_assert_int_eq(gf_survey_create(f.spectrum, &survey, NULL), GF_OK);
    ck_assert_int_eq(gf_fixed_points_find(survey, &f.region, f.rates, &exact, NULL), GF_OK);
    ck_assert_uint_eq(exact.count, 3);
    gf_survey_free(survey);
    double square[2] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; ++seed) {
        gf_spectrum *s = sample(f.model, (gf_sampling){12, 10, 4, 60, seed});
        gf_gibbs *gibbs = NULL;
        gf_jackknife *scatter = NULL;
        gf_fixed_point point;
        gf_state state;
        double force[2], root[2];
        ck_assert_int_eq(gf_gibbs_create(s, f.rates, &gibbs, NULL), GF_OK);
        ck_assert_int_eq(gf_jackknife_create(s, f.rates, &scatter, NULL), GF_OK);
        ck_assert(gf_fixed_point_refine(gibbs, &f.region, exact.points[2].lambda, &point));
        gf_gibbs_evaluate(gibbs, point.lambda, GF_SLOPES, &state);
        ck_assert(gf_jackknife_at_density(scatter, &state, force, root));
        for (int i = 0; i < 2; ++i) {
            double deviation = (point.density[i] - exact.points[2].density[i]) / root[i];
            square[i] += deviation * deviation / SEEDS;
        }
        gf_gibbs_free(gibbs);
        gf_jackknife_free(scatter);
        gf_spectrum_free(s);
    }
    ck_assert_msg(square[0] > 0.5 && square[0] < 1.8, "m: %g", square[0]);
    ck_assert_msg(square[1] > 0.5 && square[1] < 1.8, "e: %g", square[1]);
    gf_fixed_points_free(&exact);
    fixture_close(&f);
}
END_TEST

/* --- the rest -------------------------------------------------------------------------------- */

START_TEST(threads_make_no_difference) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 9, NULL);
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    gf_spectrum *one = sample(f.model, (gf_sampling){9, 20, 3, 60, 4});
    omp_set_num_threads(3);
    gf_spectrum *many = sample(f.model, (gf_sampling){9, 20, 3, 60, 4});
    omp_set_num_threads(before);
    ck_assert_uint_eq(one->levels, many->levels);
    for (size_t n = 0; n < one->levels; ++n) {
        ck_assert_double_eq_tol(one->energy[n], many->energy[n], 1e-12);
        ck_assert_double_eq_tol(one->degeneracy[n], many->degeneracy[n], 1e-12);
    }
    gf_spectrum_free(one);
    gf_spectrum_free(many);
    fixture_close(&f);
}
END_TEST

/* Nor ranks nor memory: what is looked for depends on the model alone. All else stays within what
 * there is. */
START_TEST(the_plan_fits_who_is_there) {
    size_t limited = 0, alone = 0, rounds = 0, narrow = 0;
    for (int sites = 12; sites <= 28; sites += 4) {
        const gf_settings longer = {.sites = sites};
        gf_workforce force = {.ranks = 1, .threads = 1, .memory = 0x1p40};
        gf_sampling_plan whole, plan;
        gf_model *model = NULL;
        ck_assert_int_eq(gf_model_read(GF_MODELS "/xxz_jprime.yaml", &longer, &model, NULL), GF_OK);
        ck_assert_int_eq(gf_sampling_plan_make(model, &force, &whole, NULL), GF_OK);
        ck_assert_int_eq(gf_sampling_plan_make(model, &force, &plan, NULL), GF_OK);
        for (int ranks = 1; ranks <= 64; ranks *= 4) {
            for (int threads = 1; threads <= 16; threads *= 16) {
                force = (gf_workforce){.ranks = ranks, .threads = threads, .memory = 0x1p35};
                gf_sampling_plan_lay_out(&plan, model, &force);
                ck_assert_double_eq(plan.work, whole.work);
                ck_assert_double_ge(plan.seconds * ranks * threads * (1 + 1e-12), whole.work);
                size_t large = 0;
                for (size_t k = 0; k < plan.count; ++k) {
                    const gf_sampling_part *part = &plan.parts[k], *same = &whole.parts[k];
                    ck_assert(part->up == same->up && part->samples == same->samples &&
                              part->goal.count == same->goal.count);
                    bool first = k == 0 || part->round != part[-1].round;
                    ck_assert(k == 0 ||
                              (part->size <= part[-1].size && part->round <= part[-1].round + 1));
                    large = (first ? 0 : large) + part->alone;
                    ck_assert(large <= (size_t)ranks);
                    limited += part->samples > 0 && part->goal.count < 32;
                    narrow += part->together < 8;
                    alone += part->alone;
                }
                rounds += plan.rounds > 1;
            }
        }
        gf_sampling_plan_free(&whole);
        gf_sampling_plan_free(&plan);
        gf_model_free(model);
    }
    ck_assert(limited > 0 && alone > 0 && rounds > 0 && narrow > 0);
}
END_TEST

START_TEST(files_keep_samples) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 7, NULL);
    f.model->sampling = (gf_sampling){3, 10, 2, 40, GF_MAX_SEED};
    gf_spectrum *s = sample(f.model, f.model->sampling), *back = NULL;
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    gf_file *file = NULL;
    const char *path = "test_typicality.h5";
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_spectrum_write(s, f.model, file);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_OK);
    ck_assert_msg(gf_spectrum_read(file, path, NULL, &model, &back, &error) == GF_OK, "%s",
                  error.message);
    gf_file_close(&file);
    (void)unlink(path);
    ck_assert_uint_eq(s->levels, back->levels);
    ck_assert_mem_eq(&model->sampling, &f.model->sampling, sizeof model->sampling);
    ck_assert_mem_eq(s->sample, back->sample, s->levels * sizeof *s->sample);
    ck_assert_mem_eq(s->degeneracy, back->degeneracy, s->levels * sizeof *s->degeneracy);
    gf_spectrum_free(s);
    gf_spectrum_free(back);
    gf_model_free(model);
    fixture_close(&f);
}
END_TEST

START_TEST(the_model_file_chooses_the_method) {
    const char *const head =
        "name: t\nsites: 4\nboundary: open\nhamiltonian: [\"Z[0]*Z[1]\"]\n"
        "lindblad: [{name: a, rate: 1, operator: \"X[0]\"}]\n";
    const struct {
        const char *tail, *message;
    } cases[] = {
        {"method: typicality\ntypicality: {samples: 8, exact: 0, deflate: 5, steps: 30, seed: 7}\n",
         NULL},
        {"method: exact\n", "method must be full or typicality"},
        {"typicality: {samples: 1}\n", "samples"},
        {"typicality: {vectors: 8}\n", "vectors"},
        {"typicality: {steps: many}\n", "steps"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        char text[1000];
        gf_model *model = NULL;
        gf_error error = {.message = ""};
        (void)snprintf(text, sizeof text, "%s%s", head, cases[k].tail);
        gf_status status = gf_model_parse(text, strlen(text), "t", NULL, &model, &error);
        if (cases[k].message == NULL) {
            ck_assert_msg(status == GF_OK, "%s", error.message);
            ck_assert_int_eq(model->method, GF_TYPICALITY);
            ck_assert_uint_eq(model->sampling.samples, 8);
            ck_assert_uint_eq(model->sampling.exact, 0);
            ck_assert_uint_eq(model->sampling.deflate, 5);
            ck_assert_uint_eq(model->sampling.steps, 30);
            ck_assert_uint_eq(model->sampling.seed, 7);
        } else {
            ck_assert_int_eq(status, GF_INVALID);
            assert_contains(error.message, cases[k].message);
        }
        gf_model_free(model);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("typicality");
    tcase_add_test(tests, a_complete_set_of_vectors_gives_the_trace);
    tcase_add_test(tests, a_vector_does_not_see_those_beside_it);
    tcase_add_test(tests, without_random_vectors_it_is_exact);
    tcase_add_test(tests, what_is_exact_in_every_sample);
    tcase_add_long_test(tests, errors_are_right);
    tcase_add_long_test(tests, unit_cells_agree);
    tcase_add_test(tests, errors_of_fixed_points_are_right);
    tcase_add_test(tests, threads_make_no_difference);
    tcase_add_test(tests, the_plan_fits_who_is_there);
    tcase_add_test(tests, files_keep_samples);
    tcase_add_test(tests, the_model_file_chooses_the_method);
    return run_suite("typicality", tests);
}
