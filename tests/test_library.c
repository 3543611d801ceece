/* The library as its users have it: public headers and exported functions alone. */
#include "gibbsflow/gibbsflow.h"

#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static const char pair[] =
    "name: pair\n"
    "sites: 2\n"
    "boundary: open\n"
    "parameters: {J: 1, g: 0.5}\n"
    "hamiltonian: [\"J*(X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1])\"]\n"
    "lindblad:\n"
    "  - {name: flip, rate: g, operator: \"X[0]\"}\n"
    "  - {name: dephase, rate: 2*g, operator: \"Z[0]\"}\n";

static gf_model *parse(void) {
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    gf_status status = gf_model_parse(pair, strlen(pair), "pair", NULL, &model, &error);
    ck_assert_msg(status == GF_OK, "%s", error.message);
    return model;
}

static gf_spectrum *diagonalize(const gf_model *model) {
    gf_spectrum *spectrum = NULL;
    gf_error error = {.message = ""};
    gf_status status = gf_spectrum_compute(model, NULL, &spectrum, &error);
    ck_assert_msg(status == GF_OK, "%s", error.message);
    return spectrum;
}

START_TEST(a_model_can_be_asked) {
    gf_model *model = parse();
    double rates[2], others[2];
    gf_settings settings = {0};
    ck_assert_str_eq(gf_model_name(model), "pair");
    ck_assert_int_eq(gf_model_sites(model), 2);
    ck_assert(!gf_model_is_periodic(model));
    ck_assert_uint_eq(gf_model_parameters(model), 2);
    ck_assert_str_eq(gf_model_parameter(model, 1)->name, "g");
    ck_assert_double_eq(gf_model_parameter(model, 1)->value, 0.5);
    ck_assert_uint_eq(gf_model_channels(model), 2);
    ck_assert_str_eq(gf_model_channel_name(model, 1), "dephase");
    gf_model_rates(model, rates);
    ck_assert(rates[0] == 0.5 && rates[1] == 1);
    ck_assert_int_eq(gf_settings_assign(&settings, "g=3", NULL), GF_OK);
    ck_assert_int_eq(gf_model_rates_at(model, &settings, others, NULL), GF_OK);
    ck_assert(others[0] == 3 && others[1] == 6);
    gf_settings_free(&settings);
    gf_model_free(model);
}
END_TEST

START_TEST(sampling_stays_within_its_bounds) {
    gf_model *model = parse();
    gf_error error = {.message = ""};
    const gf_sampling before = gf_model_sampling(model);
    gf_sampling wanted = before;
    ck_assert_int_eq(gf_model_method(model), GF_FULL);
    wanted.samples = 1;
    ck_assert_int_eq(gf_model_set_sampling(model, &wanted, &error), GF_INVALID);
    assert_contains(error.message, "samples is 1; expected 2 to");
    wanted.samples = 7;
    wanted.seed = (uint64_t)GF_MAX_SEED + 1;
    ck_assert_int_eq(gf_model_set_sampling(model, &wanted, &error), GF_INVALID);
    assert_contains(error.message, "seed is");
    ck_assert_uint_eq(gf_model_sampling(model).samples, before.samples);
    wanted.seed = 5;
    ck_assert_int_eq(gf_model_set_sampling(model, &wanted, &error), GF_OK);
    ck_assert_uint_eq(gf_model_sampling(model).samples, 7);
    ck_assert_uint_eq(gf_model_sampling(model).seed, 5);
    gf_model_free(model);
}
END_TEST

/* The singlet at -3, the triplet at 1, and at any magnetisation what sigma_x does to Q_1. */
START_TEST(a_spectrum_can_be_asked) {
    gf_model *model = parse();
    gf_spectrum *spectrum = diagonalize(model);
    const double *energy = gf_spectrum_energies(spectrum);
    const double *degeneracy = gf_spectrum_degeneracies(spectrum);
    size_t first = 0, count = 0, next = 0;
    ck_assert_int_eq(gf_spectrum_sites(spectrum), 2);
    ck_assert_uint_eq(gf_spectrum_channels(spectrum), 2);
    ck_assert_uint_eq(gf_spectrum_levels(spectrum), 4);
    for (int up = 0; up <= 2; ++up) {
        gf_spectrum_sector(spectrum, up, &first, &count);
        ck_assert_uint_eq(first, next);
        ck_assert_uint_eq(count, up == 1 ? 2 : 1);
        for (size_t n = first; n < first + count; ++n) {
            ck_assert_double_eq_tol(energy[n], up == 1 && n == first ? -3 : 1, 1e-14);
            ck_assert_double_eq(degeneracy[n], 1);
            ck_assert_double_eq_tol(gf_spectrum_observable(spectrum, 0, GF_MAGNETIZATION)[n],
                                    -2 * (up - 1.0), 1e-14);
            ck_assert_double_eq_tol(gf_spectrum_observable(spectrum, 1, GF_MAGNETIZATION)[n], 0,
                                    1e-14);
        }
        next = first + count;
    }
    ck_assert_int_eq(gf_spectrum_numbers(spectrum)[1].flip, -1);
    ck_assert_ptr_null(gf_spectrum_samples(spectrum));
    ck_assert_double_eq_tol(gf_spectrum_energy_unit(spectrum), sqrt(3.0 / 2), 1e-14);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
}
END_TEST

START_TEST(a_ladder_can_be_asked) {
    gf_model *model = parse();
    gf_ladder *ladder = NULL;
    gf_spectrum_cost cost;
    const double lambda[1][GF_CHARGES] = {{0.25, 0}};
    ck_assert_int_eq(gf_ladder_plan(model, 3, 4, &ladder, &cost, NULL), GF_OK);
    ck_assert_int_eq(gf_ladder_compute(ladder, lambda, 1, NULL, NULL), GF_OK);
    ck_assert_int_eq(gf_ladder_first(ladder), 3);
    ck_assert_uint_eq(gf_ladder_sizes(ladder), 2);
    ck_assert_double_eq(gf_ladder_lambda(ladder)[0][0], 0.25);
    const gf_ladder_table *states = gf_ladder_states(ladder);
    ck_assert(states->rows == 1 && states->columns == GF_LADDER_STATE_COLUMNS);
    ck_assert_double_eq_tol(states->value[GF_RINGS][GF_LADDER_DENSITY], -tanh(0.25), 1e-14);
    for (size_t row = 0; row < gf_ladder_fixed_points(ladder)->rows; ++row) {
        ck_assert_int_ne(gf_ladder_stability(ladder, row), GF_ABSENT);
    }
    ck_assert_double_gt(gf_ladder_energy_unit(ladder), 0);
    gf_ladder_free(ladder);
    gf_model_free(model);
}
END_TEST

START_TEST(a_fitted_grid_can_be_asked) {
    gf_model *model = parse();
    gf_spectrum *spectrum = diagonalize(model);
    gf_region region;
    gf_fitted_grid *grid = NULL;
    ck_assert_int_eq(gf_region_init(&region, spectrum, NULL), GF_OK);
    ck_assert_int_eq(gf_fitted_grid_compute(model, spectrum, &region, NULL, &grid, NULL), GF_OK);
    const gf_grid *states = gf_fitted_grid_states(grid);
    ck_assert_uint_eq(gf_grid_size(states), 65 * 81);
    ck_assert_double_eq(states->density[0], -1);
    ck_assert_uint_eq(gf_fitted_grid_unsolved(grid), 0);
    ck_assert(isfinite(gf_fitted_grid_error(grid).force));
    gf_fitted_grid_free(grid);
    gf_region_free(&region);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
}
END_TEST

/* What is there before a call that fails is not taken for its result. */
START_TEST(failures_leave_nothing) {
    static const char cold[] =
        "name: t\nsites: 30\nboundary: open\nhamiltonian: [\"Z[0]\"]\n"
        "lindblad: [{name: flip, rate: 1, operator: \"X[0]\"}]\n";
    gf_model *model = parse(), *none = model;
    gf_spectrum *spectrum = diagonalize(model), *no_spectrum = spectrum;
    gf_ladder *ladder = (gf_ladder *)spectrum;
    gf_spectrum_cost cost;
    gf_file *file = NULL;
    char path[64];
    (void)snprintf(path, sizeof path, "test_library.%ld.h5", (long)getpid());
    ck_assert_int_eq(gf_model_parse("name:", 5, "text", NULL, &none, NULL), GF_INVALID);
    ck_assert_ptr_null(none);
    none = model;
    ck_assert_int_eq(gf_model_read("no/such/file", NULL, &none, NULL), GF_IO);
    ck_assert_ptr_null(none);
    ck_assert_int_eq(gf_ladder_plan(model, 9, 8, &ladder, &cost, NULL), GF_INVALID);
    ck_assert_ptr_null(ladder);
    ck_assert_int_eq(gf_file_create(path, &file, NULL), GF_OK);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
    ck_assert_int_eq(gf_file_open(path, &file, NULL), GF_OK);
    none = model;
    ck_assert_int_ne(gf_spectrum_read(file, path, NULL, &none, &no_spectrum, NULL), GF_OK);
    ck_assert(none == NULL && no_spectrum == NULL);
    gf_file_close(&file);
    (void)unlink(path);
    ck_assert_int_eq(gf_model_parse(cold, strlen(cold), "text", NULL, &none, NULL), GF_OK);
    no_spectrum = spectrum;
    ck_assert_int_eq(gf_spectrum_compute(none, NULL, &no_spectrum, NULL), GF_NO_MEMORY);
    ck_assert_ptr_null(no_spectrum);
    gf_model_free(none);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
}
END_TEST

START_TEST(nothing_can_be_freed) {
    gf_model_free(NULL);
    gf_spectrum_free(NULL);
    gf_ladder_free(NULL);
    gf_fitted_grid_free(NULL);
    gf_survey_free(NULL);
    gf_gibbs_free(NULL);
    gf_jackknife_free(NULL);
    gf_surface_free(NULL);
    gf_run_free(NULL);
    gf_langevin_free(NULL);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("library");
    tcase_add_test(tests, a_model_can_be_asked);
    tcase_add_test(tests, sampling_stays_within_its_bounds);
    tcase_add_test(tests, a_spectrum_can_be_asked);
    tcase_add_test(tests, a_ladder_can_be_asked);
    tcase_add_test(tests, a_fitted_grid_can_be_asked);
    tcase_add_test(tests, failures_leave_nothing);
    tcase_add_test(tests, nothing_can_be_freed);
    return run_suite("library", tests);
}
