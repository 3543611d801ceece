/* Words of figures: names of parameters, units, text that would be markup. */
#include "suite.h"

#include "figure/label.h"
#include "gibbsflow/figure_options.h"

#include <math.h>
#include <unistd.h>

START_TEST(names_become_symbols) {
    static const char *const names[][2] = {
        {"gamma", "γ"},
        {"Delta", "Δ"},
        {"J", "{/:Italic J}"},
        {"J1", "{/:Italic J}_{1}"},
        {"J_1", "{/:Italic J}_{1}"},
        {"lambda_2", "λ_{2}"},
        {"gamma_up", "γ_{up}"},
        {"J_alpha", "{/:Italic J}_{α}"},
        {"J_a_b", "{/:Italic J}_{{/:Italic a} {/:Italic b}}"},
        {"J_prime", "{/:Italic J}′"},
        {"Jp", "{/:Italic J}′"},
        {"delta_prime", "δ′"},
        {"pump", "pump"},
        {"gammas", "gammas"},
        {"it's_{x}", "it’s\\_\\{x\\}"},
        {"a b", "a b"},
    };
    for (size_t k = 0; k < sizeof names / sizeof *names; ++k) {
        ck_assert_str_eq(gf_label_symbol(names[k][0]).text, names[k][1]);
    }
    ck_assert_uint_eq(gf_label_symbol("gamma_2").length, 2);
    ck_assert_str_eq(gf_label_value("epsilon", 0.05).text, "ε = 0.05");
}
END_TEST

/* What is too long ends in an ellipsis, and never within a piece of markup. */
START_TEST(long_titles_are_cut) {
    char parameters[2000] = "";
    for (int k = 0; k < 150; ++k) {
        (void)strcat(parameters, "J_1=0.25 ");
    }
    gf_label label = gf_label_model("chain_a", 12, parameters);
    assert_starts(label.text, "chain\\_a, {/:Italic N} = 12, {/:Italic J}_{1} = 0.25, ");
    size_t length = strlen(label.text);
    ck_assert_str_eq(label.text + length - strlen("…"), "…");
    int depth = 0;
    for (const char *c = label.text; *c != '\0'; ++c) {
        depth += (*c == '{') - (*c == '}');
        ck_assert_int_ge(depth, 0);
    }
}
END_TEST

static const char path[] = "test_label.h5";

static gf_file *write_units(const char *energy, const char *units) {
    gf_file *file = NULL;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_file_put_text_attribute(file, "/model", "energy_unit", energy);
    gf_file_put_text_attribute(file, "/group", "units", units);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_OK);
    (void)unlink(path);
    return file;
}

START_TEST(units_follow_the_file) {
    static const struct {
        const char *energy, *units;
        size_t entry;
        const char *label;
    } cases[] = {
        {"J", "epsilon J per site; epsilon J^2 per site", 0, " / ε{/:Italic J}"},
        {"J", "epsilon J per site; epsilon J^2 per site", 1, " / ε{/:Italic J}^{2}"},
        {"J", "1 per site; J per site; J per site; J^2 per site", 0, ""},
        {"J", "1 per site; J per site; J per site; J^2 per site", 3, " / {/:Italic J}^{2}"},
        {"J", "1; 1/J", 1, " {/:Italic J}"},
        {"meV", "epsilon meV per site", 0, " / ε meV"},
        {"t_1", "1; t_1 per site", 1, " / {/:Italic t}_{1}"},
        {"energy", "epsilon energy per site", 0, " / ε"},
        {"energy", "1; energy per site", 1, ""},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; ++k) {
        gf_file *file = write_units(cases[k].energy, cases[k].units);
        ck_assert_str_eq(gf_label_over_unit(file, "/group", cases[k].entry).text, cases[k].label);
        gf_file_close(&file);
    }
    gf_file *file = write_units("J'", "1");
    ck_assert_str_eq(gf_label_energy_symbol(file).text, "{/:Italic e} / {/:Italic J}′");
    gf_file_close(&file);
}
END_TEST

START_TEST(options_are_parsed) {
    gf_figure_options options = {0};
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_figure_options_set_ranges(&options, "-1:1e3,:0.5,2:", &error), GF_OK);
    ck_assert_uint_eq(options.ranges, 3);
    ck_assert_double_eq(options.range[0][0], -1);
    ck_assert_double_eq(options.range[0][1], 1000);
    ck_assert(isnan(options.range[1][0]) && options.range[1][1] == 0.5);
    double ends[] = {7, 8};
    gf_figure_options_apply_range(&options, 2, ends);
    ck_assert(ends[0] == 2 && ends[1] == 8);
    gf_figure_options_apply_range(&options, 3, ends);
    ck_assert(ends[0] == 2 && ends[1] == 8);
    static const char *const bad[] = {"",     "1",       "1:1",   "2:1",   "a:b",
                                      "1:2,", "1:2;3:4", "nan:1", "0:inf", "1:2,1:2,1:2,1:2,1:2"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; ++k) {
        ck_assert_msg(gf_figure_options_set_ranges(&options, bad[k], &error) == GF_INVALID, "'%s'",
                      bad[k]);
    }
    static const struct {
        const char *text;
        double width, height;
    } sizes[] = {{"column", 8.6, 0},    {"page", 17.8, 0},      {"12cm", 12, 0},
                 {"80mmx2in", 8, 5.08}, {"columnx7cm", 8.6, 7}, {"360ptx1e1cm", 12.7, 10}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; ++k) {
        ck_assert_int_eq(gf_figure_options_set_size(&options, sizes[k].text, &error), GF_OK);
        ck_assert_double_eq_tol(options.width, sizes[k].width, 1e-12);
        ck_assert_double_eq_tol(options.height, sizes[k].height, 1e-12);
    }
    static const char *const wrong[] = {"",       "12",         "cm",    "12cmx",
                                        "12cmx9", "1cm",        "300cm", "-12cm",
                                        "nancm",  "12cm x 9cm", "pages", "10column"};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; ++k) {
        ck_assert_msg(gf_figure_options_set_size(&options, wrong[k], &error) == GF_INVALID, "'%s'",
                      wrong[k]);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("labels");
    tcase_add_test(tests, names_become_symbols);
    tcase_add_test(tests, long_titles_are_cut);
    tcase_add_test(tests, units_follow_the_file);
    tcase_add_test(tests, options_are_parsed);
    return run_suite("labels", tests);
}
