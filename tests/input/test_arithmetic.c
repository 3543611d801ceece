/* The arithmetic of input files with numbers: values by hand, errors, names. What operators add to
 * it is in algebra/test_expression.c. */
#include "input/arithmetic.h"

#include "suite.h"

#include <math.h>
#include <stdio.h>

static const gf_parameter constants[] = {
    {(char[]){"J"}, 2}, {(char[]){"gamma"}, 0.875}, {(char[]){"half_2"}, 0.5}, {(char[]){"e"}, 3}};
static const gf_scope scope = {.parameters = constants,
                               .parameter_count = sizeof constants / sizeof *constants};

/* Every text stands in line 7 from column 5 on. */
static gf_source at_line_7(const char *text) {
    return (gf_source){.text = text, .file = "file", .line = 7, .column = 5};
}

START_TEST(numbers_have_their_values) {
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1", 1},
                 {" 1 ", 1},
                 {"\t1\n+\r2", 3},
                 {".5", 0.5},
                 {"5.", 5},
                 {"1e-3", 1e-3},
                 {"1E+3", 1000},
                 {"2.5e2", 250},
                 {"1e-999", 0},
                 {"2+3*4", 14},
                 {"2*3+4", 10},
                 {"(2+3)*4", 20},
                 {"2-3-4", -5},
                 {"2-(3-4)", 3},
                 {"16/4/2", 2},
                 {"16/(4/2)", 8},
                 {"16/4*2", 8},
                 {"2*16/4", 8},
                 {"-2", -2},
                 {"+2", 2},
                 {"--2", 2},
                 {"-+-2", 2},
                 {"2*-3", -6},
                 {"2--3", 5},
                 {"-2*3+1", -5},
                 {"-(2+3)", -5},
                 {"J", 2},
                 {"J*(1-gamma)", 0.25},
                 {"half_2*J", 1},
                 {"2*e", 6},
                 {"i*i", -1},
                 {"-i*i", 1},
                 {"1/i*i", 1},
                 {"(1+i)*(1-i)", 2},
                 {"(3+4*i)/(3+4*i)", 1},
                 {"1/8", 0.125},
                 {"((((7))))", 7},
                 {"J^2", 4},
                 {"-J^2", -4},
                 {"(-J)^2", 4},
                 {"2^3^2", 512},
                 {"(2^3)^2", 64},
                 {"2^-1", 0.5},
                 {"2^-J^2", 0.0625},
                 {"2*J^3/4", 4},
                 {"2 ^ 0.5 * 2^.5", 2},
                 {"0^0", 1},
                 {"(-8)^3", -512},
                 {"(-8)^-1", -0.125},
                 {"i^2", -1},
                 {"-i^-2", 1},
                 {"(1+i)^4", -4},
                 {"(1+i)^2/i", 2},
                 {"sqrt(16)", 4},
                 {"sqrt(J*8)^2", 16},
                 {"sqrt(-4)/i", 2},
                 {"sqrt(2*i)/(1+i)", 1},
                 {"exp(0)", 1},
                 {"exp(1)", 2.718281828459045},
                 {"exp(i*pi)", -1},
                 {"exp(i*pi/2)*i", -1},
                 {"exp(-J)", 0.1353352832366127},
                 {"pi", 3.141592653589793},
                 {"cos(pi)", -1},
                 {"cos(pi/3)", 0.5000000000000001},
                 {"sin(pi/6)", 0.49999999999999994},
                 {"sin(1e-30)", 1e-30},
                 {"cos(i)", 1.5430806348152437},
                 {"sin(i)/i", 1.1752011936438014},
                 {"sin(J)^2 + cos(J)^2", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_source source = at_line_7(cases[i].text);
        gf_error error = {0};
        double value = (double)NAN;
        ck_assert_msg(gf_arithmetic_number(&source, &scope, &value, &error) == GF_OK, "%s",
                      error.message);
        ck_assert_msg(fabs(value - cases[i].value) <= 1e-15 * fabs(cases[i].value), "%s is %g",
                      cases[i].text, value);
    }
}
END_TEST

/* What cancels down to rounding is zero, so that a rate 1 - gamma vanishes at the end of a scan. */
START_TEST(what_cancels_is_zero) {
    static const char *const zeros[] = {
        "1 - 0.9 - 0.1", "0.1 + 0.2 - 0.3", "1 - 3*(1/3)",   "-0",          "0*-1", "sin(pi)",
        "cos(pi/2)",     "sin(100*pi)",     "exp(i*pi) + 1", "cos(-7*pi/2)"};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; ++i) {
        gf_source source = at_line_7(zeros[i]);
        double value = 1;
        ck_assert_int_eq(gf_arithmetic_number(&source, NULL, &value, NULL), GF_OK);
        ck_assert_msg(value == 0 && !signbit(value), "%s is %g", zeros[i], value);
    }
}
END_TEST

/* `count` times `piece`, then `end`; the caller frees it. */
static char *repeated(const char *piece, size_t count, const char *end) {
    size_t length = strlen(piece);
    char *text = malloc(length * count + strlen(end) + 1), *at = text;
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; ++i, at += length) {
        memcpy(at, piece, length);
    }
    memcpy(at, end, strlen(end) + 1);
    return text;
}

START_TEST(long_but_flat_expressions_are_fine) {
    char *text = repeated("1+", 100000, "1");
    gf_source source = at_line_7(text);
    double value = 0;
    ck_assert_int_eq(gf_arithmetic_number(&source, NULL, &value, NULL), GF_OK);
    ck_assert_double_eq(value, 100001);
    free(text);
}
END_TEST

START_TEST(a_number_must_be_a_finite_real_number) {
    static const struct {
        const char *text, *what;
    } cases[] = {{"X[0]", "expected a number, not the operator 'X[0]'"},
                 {"1 + Z[0]", "expected a number, not the operator"},
                 {"Z[0]*Z[0]", "expected a number, not the operator"},
                 {"0*X[0]", "expected a number, not the operator"},
                 {"i", "expected a real number, but 'i' is complex"},
                 {"1 + 2*i", "is complex"},
                 {"1e300*1e300", "not finite"},
                 {"2^10000", "not finite"},
                 {"exp(1000)", "not finite"},
                 {"foo", "unknown name 'foo'"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_source source = at_line_7(cases[i].text);
        gf_error error = {0};
        double value = 0;
        ck_assert_msg(gf_arithmetic_number(&source, &scope, &value, &error) == GF_INVALID,
                      "'%s' is accepted", cases[i].text);
        assert_starts(error.message, "file:7:5: ");
        assert_contains(error.message, cases[i].what);
    }
}
END_TEST

START_TEST(powers_and_functions_say_what_they_cannot_do) {
    static const struct {
        const char *text;
        int column; /* of the character at fault */
        const char *what;
    } cases[] = {{"2*0^-1", 8, "division by zero"},
                 {"(0-2)^0.5", 10, "a negative number to a power that is not whole"},
                 {"2^", 7, "expected a number, a name or '('"},
                 {"2**3", 7, "powers are written with ^"},
                 {"^2", 5, "expected a number, a name or '('"},
                 {"J(1-gamma)", 5, "'J' is no function"},
                 {"log(2)", 5, "'log' is no function in 'log(2)'; there are sqrt exp sin cos"},
                 {"sqrt(2", 11, "expected ')'"},
                 {"sqrt 2", 5, "unknown name 'sqrt'"},
                 {"sqrt()", 10, "expected a number"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_source source = at_line_7(cases[i].text);
        gf_error error = {0};
        double value = 0;
        char place[40];
        (void)snprintf(place, sizeof place, "file:7:%d: ", cases[i].column);
        ck_assert_msg(gf_arithmetic_number(&source, &scope, &value, &error) == GF_INVALID,
                      "'%s' is accepted", cases[i].text);
        assert_starts(error.message, place);
        assert_contains(error.message, cases[i].what);
    }
}
END_TEST

/* Files from before there were functions may have parameters of these names. */
START_TEST(parameters_come_before_functions) {
    const gf_parameter own[] = {{(char[]){"pi"}, 3}, {(char[]){"exp"}, 5}};
    const gf_scope shadowing = {.parameters = own, .parameter_count = 2};
    gf_source source = at_line_7("pi + exp");
    double value = 0;
    ck_assert_int_eq(gf_arithmetic_number(&source, &shadowing, &value, NULL), GF_OK);
    ck_assert_double_eq(value, 8);
    ck_assert(gf_arithmetic_name_is_free("pi") && gf_arithmetic_name_is_free("sqrt"));
}
END_TEST

/* The table of names finds what a search finds. */
START_TEST(names_are_found) {
    enum { MANY = 1000 };
    static char text[MANY][8];
    static gf_parameter many[MANY];
    bool exhausted = false;
    gf_names *names = gf_names_create();
    ck_assert_ptr_nonnull(names);
    ck_assert(gf_names_find(names, "p0", 2) == GF_NO_NAME);
    for (size_t k = 0; k < MANY; ++k) {
        (void)snprintf(text[k], sizeof text[k], "p%zu", k);
        many[k] = (gf_parameter){.name = text[k], .value = (double)k};
        ck_assert(gf_names_add(names, text[k], k, &exhausted) == GF_NO_NAME);
    }
    ck_assert_uint_eq(gf_names_add(names, "p17", 5, &exhausted), 17);
    gf_scope all = {.parameters = many, .parameter_count = MANY, .names = names};
    ck_assert_uint_eq(gf_scope_find(&all, "p999x", 4), 999);
    ck_assert_uint_eq(gf_scope_find(&all, "p999x", 5), MANY);
    all.parameter_count = 500; /* the first ones alone are known */
    ck_assert_uint_eq(gf_scope_find(&all, "p499", 4), 499);
    ck_assert_uint_eq(gf_scope_find(&all, "p500", 4), 500);
    all.names = NULL;
    ck_assert_uint_eq(gf_scope_find(&all, "p499", 4), 499);
    ck_assert(!exhausted);
    gf_names_free(names);
}
END_TEST

START_TEST(text_of_a_command_line_has_no_column) {
    gf_source source = {.text = "1 + foo", .file = "gamma=1 + foo"};
    gf_error error = {0};
    double value = 0;
    ck_assert_int_eq(gf_arithmetic_number(&source, NULL, &value, &error), GF_INVALID);
    assert_starts(error.message, "gamma=1 + foo: unknown name 'foo'");
    assert_contains(error.message, "parameters: none");
}
END_TEST

START_TEST(parameters_that_occur_are_marked) {
    bool used[4] = {false};
    gf_scope marking = scope;
    marking.used = used;
    gf_source source = at_line_7("2*J + 0*e - half_2x");
    double value = 0;
    ck_assert_int_eq(gf_arithmetic_number(&source, &marking, &value, NULL), GF_INVALID);
    source.text = "2*J + 0*e";
    ck_assert_int_eq(gf_arithmetic_number(&source, &marking, &value, NULL), GF_OK);
    ck_assert(used[0] && !used[1] && !used[2] && used[3]);
}
END_TEST

START_TEST(names_in_use_are_not_free) {
    static const char *const taken[] = {"X", "Y", "Z", "Sp",  "Sm",  "Pu", "Pd",      "I",
                                        "i", "",  "2", "a b", "a-b", "a[", "\xc3\xa4"};
    static const char *const open[] = {"J", "gamma", "_", "x", "e", "J_2", "Spin", "nan", "Sx"};
    for (size_t k = 0; k < sizeof taken / sizeof *taken; ++k) {
        ck_assert_msg(!gf_arithmetic_name_is_free(taken[k]), "'%s'", taken[k]);
    }
    for (size_t k = 0; k < sizeof open / sizeof *open; ++k) {
        ck_assert_msg(gf_arithmetic_name_is_free(open[k]), "'%s'", open[k]);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("arithmetic");
    tcase_add_test(tests, numbers_have_their_values);
    tcase_add_test(tests, what_cancels_is_zero);
    tcase_add_test(tests, long_but_flat_expressions_are_fine);
    tcase_add_test(tests, a_number_must_be_a_finite_real_number);
    tcase_add_test(tests, powers_and_functions_say_what_they_cannot_do);
    tcase_add_test(tests, parameters_come_before_functions);
    tcase_add_test(tests, names_are_found);
    tcase_add_test(tests, text_of_a_command_line_has_no_column);
    tcase_add_test(tests, parameters_that_occur_are_marked);
    tcase_add_test(tests, names_in_use_are_not_free);
    return run_suite("arithmetic", tests);
}
