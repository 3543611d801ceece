/* The arithmetic of model files: values by hand, and errors with the place they point at. */
#include "algebra/expression.h"

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

static gf_status parse(const char *text, gf_term *term, gf_error *error) {
    gf_source source = at_line_7(text);
    return gf_expression_parse(&source, &scope, term, error);
}

static gf_term parse_good(const char *text) {
    gf_term term;
    gf_error error = {0};
    ck_assert_msg(parse(text, &term, &error) == GF_OK, "%s", error.message);
    return term;
}

/* --- values ---------------------------------------------------------------------------------- */

START_TEST(different_writings_of_one_operator_are_equal) {
    static const char *const pairs[][2] = {
        {"X[0]*Y[0]", "i*Z[0]"},
        {"Y[0]*X[0]", "-i*Z[0]"},
        {"X[0]*X[1] + Y[0]*Y[1]", "2*(Sp[0]*Sm[1] + Sm[0]*Sp[1])"},
        {"(X[0] + i*Y[0])/2", "Sp[0]"},
        {"X[0]^2", "1"},
        {"(X[0] + Z[1])^2", "2 + 2*X[0]*Z[1]"},
        {"Sp[0]^2", "0*X[0]"},
        {"Z[0]^0", "1"},
        {"2*Z[0]^3", "2*Z[0]"},
        {"exp(i*pi)*Z[0]", "-Z[0]"},
        {"J^2*(X[0]*X[1])^3", "J*J*X[0]*X[1]"},
        {"(X[0] - i*Y[0])/J", "Sm[0]"},
        {"(1 + Z[-3])/2", "Pu[-3]"},
        {"1/2 - Z[-3]/2", "Pd[-3]"},
        {"X[0]*(Y[1] - Z[2])", "X[0]*Y[1] - X[0]*Z[2]"},
        {"X[ -32 ]*X [ 31 ]", "X[31]*X[-32]"},
        {"-X[0]*-Y[1]", "X[0]*Y[1]"},
        {"X[+1]", "X[1]"},
        {"I[5]*3", "3"},
        {"2*X[0]/4*2", "X[0]"},
        {"Z[0]*Sp[0] - Sp[0]", "0"},
        {"Sp[0]*Sp[0]", "0"},
        {"X[0]/(Z[1]*Z[1])", "X[0]"},
    };
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; ++k) {
        gf_term a = parse_good(pairs[k][0]), b = parse_good(pairs[k][1]);
        ck_assert_msg(gf_operator_equal(&a.operator, & b.operator, NULL), "%s", pairs[k][0]);
        gf_operator_free(&a.operator);
        gf_operator_free(&b.operator);
    }
}
END_TEST

START_TEST(extent_is_that_of_the_written_indices) {
    static const struct {
        const char *text;
        int first, last;
    } cases[] = {{"X[0]", 0, 0},          {"X[-1]*Z[2]", -1, 2}, {"X[0]*I[2]", 0, 2},
                 {"0*X[5] + X[1]", 1, 5}, {"X[3] - X[3]", 3, 3}, {"X[-32] + X[31]", -32, 31}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_term term = parse_good(cases[i].text);
        ck_assert_int_eq(term.first, cases[i].first);
        ck_assert_int_eq(term.last, cases[i].last);
        gf_operator_free(&term.operator);
    }
    gf_term number = parse_good("J/2");
    ck_assert_int_gt(number.first, number.last);
    gf_operator_free(&number.operator);
}
END_TEST

/* --- errors ---------------------------------------------------------------------------------- */

static void assert_fails(const char *text, int offset, const char *what) {
    gf_term term;
    gf_error error = {0};
    char place[40];
    (void)snprintf(place, sizeof place, "file:7:%d: ", 5 + offset);
    ck_assert_msg(parse(text, &term, &error) == GF_INVALID, "'%s' is accepted", text);
    ck_assert_int_eq(error.status, GF_INVALID);
    assert_starts(error.message, place);
    assert_contains(error.message, what);
    ck_assert_ptr_null(term.operator.terms);
    ck_assert_int_eq(parse(text, &term, NULL), GF_INVALID); /* a message is not asked for */
}

START_TEST(errors_point_at_the_character) {
    static const struct {
        const char *text;
        int offset;
        const char *what;
    } cases[] = {
        {"", 0, "expected a number"},
        {"   ", 3, "expected a number"},
        {"foo", 0, "unknown name 'foo'"},
        {"1 + foo*2", 4, "unknown name 'foo'"},
        {"2*Gamma", 2, "unknown name 'Gamma' in '2*Gamma'; parameters: J gamma half_2 e"},
        {"nan", 0, "unknown name 'nan'"},
        {"NaN", 0, "unknown name 'NaN'"},
        {"inf", 0, "unknown name 'inf'"},
        {"-infinity", 1, "unknown name 'infinity'"},
        {"Xx", 0, "unknown name 'Xx'"},
        {"Q[0]", 0, "unknown site factor"},
        {"1 + S[0]", 4, "unknown site factor"},
        {"J[0]", 0, "unknown site factor"},
        {"(1+2", 4, "expected ')'"},
        {"((1+2)", 6, "expected ')'"},
        {"1+2)", 3, "unexpected text"},
        {"()", 1, "expected a number"},
        {")", 0, "expected a number"},
        {"1 2", 2, "unexpected text"},
        {"X[0] Y[1]", 5, "unexpected text"},
        {"2?3", 1, "unexpected text"},
        {"2X[0]", 1, "unexpected text"},
        {"1 +", 3, "expected a number"},
        {"1 + * 2", 4, "expected a number"},
        {"*2", 0, "expected a number"},
        {"-", 1, "expected a number"},
        {"X", 1, "expected '['"},
        {"X*Y[0]", 1, "expected '['"},
        {"X(0)", 1, "expected '['"},
        {"2^X[0]", 1, "an operator in an exponent"},
        {"Z[0]^0.5", 4, "operators have whole powers"},
        {"Z[0]^65", 4, "operators have whole powers"},
        {"sqrt(Z[0])", 0, "a function of an operator"},
        {"2*Sp + 1", 5, "expected '['"},
        {"X[]", 2, "expected an integer"},
        {"X[", 2, "expected an integer"},
        {"X[j]", 2, "expected an integer"},
        {"X[0", 3, "expected ']'"},
        {"X[1.5]", 3, "expected ']'"},
        {"X[1 2]", 4, "expected ']'"},
        {"X[1e1]", 3, "expected ']'"},
        {"X[32]", 2, "site index beyond the chain"},
        {"Z[0]*X[-33]", 7, "site index beyond the chain"},
        {"X[99999999999999999999999]", 2, "site index beyond the chain"},
        {"1/0", 1, "division by zero"},
        {"1/(1-1)", 1, "division by zero"},
        {"2 + J/(X[0]-X[0])", 5, "division by zero"},
        {"1/X[0]", 1, "division by an operator"},
        {"Z[0]/(1 + Z[1])", 4, "division by an operator"},
        {"1e999", 0, "number too large"},
        {"1 - 1e999", 4, "number too large"},
        {"1e200*1e200", 0, "not finite"},
        {"1e200*1e200*X[0]", 0, "not finite"},
        {"1.2.3", 0, "malformed number"},
        {".", 0, "malformed number"},
        {"1e", 1, "unexpected text"},
        {"1e+", 1, "unexpected text"},
        {"0x10", 1, "unexpected text"},
        {"1,5", 1, "unexpected text"},
        {"X[0]@", 4, "unexpected text"},
        {"\xc3\xa4", 0, "expected a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        assert_fails(cases[i].text, cases[i].offset, cases[i].what);
        assert_fails(cases[i].text, cases[i].offset, cases[i].text); /* the offending text */
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

START_TEST(deep_nesting_is_an_error_and_no_crash) {
    static const char *const pieces[] = {"(", "-", "-(", "1+(", "2*("};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; ++i) {
        char *text = repeated(pieces[i], 10000, "1");
        gf_term term;
        gf_error error = {0};
        ck_assert_int_eq(parse(text, &term, &error), GF_INVALID);
        assert_starts(error.message, "file:7:");
        assert_contains(error.message, "nested too deeply");
        free(text);
    }
}
END_TEST

/* (1 + Z)/2 on each of 24 sites has 2^24 terms. */
START_TEST(too_many_terms_are_an_error) {
    char text[600] = "";
    for (int half = 0; half < 2; ++half) {
        (void)strcat(text, half == 0 ? "(Sp[0]" : ")*(Sm[0]");
        for (int site = 1; site < 24; ++site) {
            size_t used = strlen(text);
            (void)snprintf(text + used, sizeof text - used, "*%s[%d]", half == 0 ? "Sp" : "Sm",
                           site);
        }
    }
    (void)strcat(text, ")");
    assert_fails(text, (int)(strstr(text, ")*(") + 1 - text), "too many terms");
}
END_TEST

/* The words that the grammar keeps for itself are the site factors, and i. */
START_TEST(site_factors_are_no_free_names) {
    static const char *const words[] = {"X", "Y", "Z", "Sp", "Sm", "Pu", "Pd", "I", "J", "Sx", "i"};
    for (size_t k = 0; k < sizeof words / sizeof *words; ++k) {
        gf_operator unused = {0};
        bool factor = gf_operator_site(words[k], strlen(words[k]), 0, &unused);
        bool taken = strcmp(words[k], "i") == 0 || factor;
        ck_assert_msg(gf_arithmetic_name_is_free(words[k]) == !taken, "'%s'", words[k]);
        gf_operator_free(&unused);
    }
}
END_TEST

/* Whatever the text, the parser ends, and an error lies within the text. */
START_TEST(random_text_never_crashes) {
    for (int seed = 0; seed < 2000; ++seed) {
        static const char *const pieces[] = {"X[0]", "Sp[-1]", "(", ")", "+",    "-",
                                             "*",    "/",      "i", "J", "1e3",  "[",
                                             "]",    ".",      " ", "7", "\x80", "_"};
        uint64_t state = (uint64_t)seed;
        char text[400] = "";
        for (int k = random_below(&state, 24); k > 0; --k) {
            (void)strcat(text, pieces[random_below(&state, sizeof pieces / sizeof *pieces)]);
        }
        gf_term term;
        gf_error error = {0};
        if (parse(text, &term, &error) != GF_OK) {
            int column = 0;
            ck_assert_int_eq(sscanf(error.message, "file:7:%d: ", &column), 1);
            ck_assert_int_ge(column, 5);
            ck_assert_int_le(column, 5 + (int)strlen(text));
        }
        gf_operator_free(&term.operator);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("expression");
    tcase_add_test(tests, different_writings_of_one_operator_are_equal);
    tcase_add_test(tests, extent_is_that_of_the_written_indices);
    tcase_add_test(tests, errors_point_at_the_character);
    tcase_add_test(tests, deep_nesting_is_an_error_and_no_crash);
    tcase_add_test(tests, too_many_terms_are_an_error);
    tcase_add_test(tests, site_factors_are_no_free_names);
    tcase_add_test(tests, random_text_never_crashes);
    return run_suite("expression", tests);
}
