/* Model files: each mistake gives one message that points at it; what is right is accepted. */
#include "input/document.h"
#include "model/model_file.h"

#include "suite.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* A good model of seven lines; each test replaces one of them. */
enum { NAME = 1, CHAIN, BOUNDARY, PARAMETERS, HAMILTONIAN, LINDBLAD, GRID, LINES = GRID };

static const char *const good_lines[] = {
    "name: test",
    "sites: 6",
    "boundary: periodic",
    "parameters: {J: 1, g: 0.5}",
    "hamiltonian: [\"J*(X[0]*X[1] + Y[0]*Y[1])\", \"J*Z[0]*Z[1]\"]",
    "lindblad: [{name: flip, rate: g, operator: \"X[0]\"}]",
    "grid: {lambda1: {from: -1, to: 1, points: 5}}"};

static char *model_text(int line, const char *replacement) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(out);
    for (int k = 1; k <= LINES; ++k) {
        (void)fprintf(out, "%s\n", k == line ? replacement : good_lines[k - 1]);
    }
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static gf_status parse(int line, const char *replacement, const gf_settings *settings,
                       gf_model **model, gf_error *error) {
    char *text = model_text(line, replacement);
    gf_status status = gf_model_parse(text, strlen(text), "file", settings, model, error);
    free(text);
    return status;
}

static gf_model *parse_good(int line, const char *replacement, const gf_settings *settings) {
    gf_model *model = NULL;
    gf_error error = {0};
    gf_status status = parse(line, replacement, settings, &model, &error);
    ck_assert_msg(status == GF_OK, "%s", error.message);
    return model;
}

static gf_settings set(int sites, const char *assignment) {
    gf_settings settings = {.sites = sites};
    gf_error error = {0};
    if (assignment != NULL) {
        ck_assert_msg(gf_settings_assign(&settings, assignment, &error) == GF_OK, "%s",
                      error.message);
    }
    return settings;
}

/* --- bad models ------------------------------------------------------------------------------ */

typedef struct mistake {
    int line;
    const char *text;
    int at_line, at_column;
    const char *message;
} mistake;

static const mistake mistakes[] = {
    /* keys */
    {NAME, "name: test\nbeta: 3", 2, 1, "unknown key 'beta' in the model; expected: name, sites"},
    {NAME, "name: test\nname: again", 2, 1, "key 'name' stands twice in the model"},
    {NAME, "", 2, 1, "the key 'name' is missing"},
    {CHAIN, "", 1, 1, "the key 'sites' is missing"},
    {BOUNDARY, "", 1, 1, "the key 'boundary' is missing"},
    {HAMILTONIAN, "", 1, 1, "the key 'hamiltonian' is missing"},
    {LINDBLAD, "", 1, 1, "the key 'lindblad' is missing"},
    /* the unit of energy */
    {NAME, "name: test\nenergy_unit: [J]", 2, 14, "energy_unit must be a single value"},
    {NAME, "name: test\nenergy_unit: ''", 2, 14, "energy_unit must not be empty"},
    {NAME, "name: test\nenergy_unit: J/2", 2, 14, "energy_unit must be a name such as J or meV"},
    {NAME, "name: test\nenergy_unit: 2J", 2, 14, "letters, digits, _ and ', not '2J'"},
    {NAME, "name: test\nenergy_unit: J; a", 2, 14, "energy_unit must be a name"},
    {NAME, "name: test\nenergy_unit: a_name_of_more_than_20", 2, 14, "up to 20 letters"},
    /* unit cells */
    {NAME, "name: test\ncell: 0", 2, 7, "cell must be an integer from 1 to 32, not '0'"},
    {NAME, "name: test\ncell: 4", 2, 7, "a ring of 6 sites is no whole number of cells of 4"},
    {NAME, "name: test\ncell: two", 2, 7, "cell must be an integer"},
    {HAMILTONIAN, "hamiltonian: [{term: \"Z[0]\", at: 1}]", 5, 34, "at: 1 is beyond the unit cell"},
    {HAMILTONIAN, "cell: 2\nhamiltonian: [{term: \"Z[0]\", at: 2}]", 6, 34,
     "whose sites are 0 to 1; the key 'cell'"},
    {HAMILTONIAN, "hamiltonian: [{term: \"Z[0]\", at: -1}]", 5, 34, "at must be an integer from 0"},
    {HAMILTONIAN, "hamiltonian: [{at: 0}]", 5, 15, "the key 'term' is missing"},
    {HAMILTONIAN, "hamiltonian: [{term: \"Z[0]\", on: 0}]", 5, 30,
     "unknown key 'on' in a Hamiltonian term; expected: term, at"},
    {HAMILTONIAN, "cell: 2\nhamiltonian: [\"Z[0]\", {term: \"Sp[0]*Sm[1]\", at: 0}]", 6, 23,
     "must be Hermitian"},
    {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: \"X[0]\", at: 3}]", 6, 53,
     "at: 3 is beyond the unit cell, whose sites are 0 to 0"},
    /* types */
    {NAME, "name: [test]", 1, 7, "name must be a single value, not a list"},
    {NAME, "name:", 1, 6, "name must not be empty"},
    {CHAIN, "sites: [6]", 2, 8, "sites must be a single value, not a list"},
    {CHAIN, "sites: {n: 6}", 2, 8, "sites must be a single value, not a mapping"},
    {BOUNDARY, "boundary: [open]", 3, 11, "boundary must be a single value, not a list"},
    {BOUNDARY, "boundary: closed", 3, 11, "boundary must be periodic or open, not 'closed'"},
    {PARAMETERS, "parameters: [J, g]", 4, 13, "parameters must be a mapping"},
    {PARAMETERS, "parameters: 3", 4, 13, "parameters must be a mapping"},
    {PARAMETERS, "parameters: {J: [1], g: 1}", 4, 17, "J must be a single value, not a list"},
    {HAMILTONIAN, "hamiltonian: Z[0]*Z[1]", 5, 14, "hamiltonian must be a list"},
    {HAMILTONIAN, "hamiltonian: {a: 1}", 5, 14, "hamiltonian must be a list"},
    {HAMILTONIAN, "hamiltonian: []", 5, 14, "hamiltonian must list at least one term"},
    {HAMILTONIAN, "hamiltonian: [[\"Z[0]\"]]", 5, 15, "must be a single value, not a list"},
    {LINDBLAD, "lindblad: {name: a, rate: 1, operator: \"X[0]\"}", 6, 11,
     "lindblad must be a list"},
    {LINDBLAD, "lindblad: []", 6, 11, "lindblad must list at least one channel"},
    {LINDBLAD, "lindblad: [flip]", 6, 12, "a lindblad channel must be a mapping"},
    {GRID, "grid: 5", 7, 7, "grid must be a mapping"},
    {GRID, "grid: {lambda1: 5}", 7, 17, "lambda1 must be a mapping"},
    {GRID, "grid: {lambda1: {from: [1]}}", 7, 24, "from must be a single value, not a list"},
    /* sites */
    {CHAIN, "sites: 0", 2, 8, "sites must be an integer from 1 to 32, not '0'"},
    {CHAIN, "sites: 33", 2, 8, "sites must be an integer from 1 to 32, not '33'"},
    {CHAIN, "sites: -1", 2, 8, "not '-1'"},
    {CHAIN, "sites: 1e9", 2, 8, "not '1e9'"},
    {CHAIN, "sites: 1000000000", 2, 8, "not '1000000000'"},
    {CHAIN, "sites: many", 2, 8, "not 'many'"},
    {CHAIN, "sites: 6.5", 2, 8, "not '6.5'"},
    {CHAIN, "sites: 0x4", 2, 8, "not '0x4'"},
    {CHAIN, "sites: 4x", 2, 8, "not '4x'"},
    {CHAIN, "sites: 99999999999999999999", 2, 8, "sites must be an integer from 1"},
    /* parameters */
    {PARAMETERS, "parameters: {J: 1, g: foo}", 4, 23, "unknown name 'foo'"},
    {PARAMETERS, "parameters: {J: g, g: 1}", 4, 17, "unknown name 'g' in 'g'; parameters: none"},
    {PARAMETERS, "parameters: {J: 1, g: 2*g}", 4, 25, "unknown name 'g' in '2*g'; parameters: J"},
    {PARAMETERS, "parameters: {J: -1, g: J^0.5}", 4, 25, "a negative number to a power"},
    {PARAMETERS, "parameters: {J: 1, g: sqrt(-J)}", 4, 23, "is complex"},
    {PARAMETERS, "parameters: {J: 1, g: nan}", 4, 23, "unknown name 'nan'"},
    {PARAMETERS, "parameters: {J: 1, g: .inf}", 4, 23, "malformed number"},
    {PARAMETERS, "parameters: {J: 1, g: i}", 4, 23, "expected a real number, but 'i' is complex"},
    {PARAMETERS, "parameters: {J: 1, J: 2, g: 1}", 4, 20, "key 'J' stands twice in parameters"},
    {PARAMETERS, "parameters: {J: 1, g: 1, X: 2}", 4, 26, "'X' cannot name a parameter"},
    {PARAMETERS, "parameters: {J: 1, g: 1, i: 2}", 4, 26, "'i' cannot name a parameter"},
    {PARAMETERS, "parameters: {J: 1, g: 1, a-b: 2}", 4, 26, "'a-b' cannot name a parameter"},
    /* expressions */
    {HAMILTONIAN, "hamiltonian: [\"J*Q[0]\"]", 5, 18, "unknown site factor"},
    {HAMILTONIAN, "hamiltonian:\n  - K*Z[0]", 6, 5,
     "unknown name 'K' in 'K*Z[0]'; parameters: J g"},
    {HAMILTONIAN, "hamiltonian:\n  - J*(Z[0]", 6, 12, "expected ')'"},
    {HAMILTONIAN, "hamiltonian:\n  - Z[0]\n  - Z[0]*Z", 7, 11, "expected '['"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]*Z[6]\"]", 5, 16,
     "spans indices 0 to 6, beyond the chain of 6"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]*I[-6]\"]", 5, 16, "spans indices -6 to 0"},
    {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: \"X[-3]*X[3]\"}]", 6, 42,
     "beyond the chain of 6"},
    {HAMILTONIAN, "hamiltonian: [\"W[0]*Z[1]\"]", 5, 16, "unknown site factor"},
    {HAMILTONIAN, "hamiltonian: [\"J*Q\"]", 5, 18, "unknown name 'Q'"},
    {HAMILTONIAN, "hamiltonian: [\"S+[0]\"]", 5, 16, "site factors: X Y Z Sp Sm Pu Pd I"},
    {HAMILTONIAN, "hamiltonian: [\"X0\"]", 5, 16, "site factors: X Y Z Sp Sm Pu Pd I"},
    {HAMILTONIAN, "hamiltonian: [\"sqrt*Z[0]\"]", 5, 16, "site factors: X Y Z Sp Sm Pu Pd I"},
    {HAMILTONIAN, "hamiltonian: [\"J Z[0]\"]", 5, 18,
     "unexpected text; expected + - * / ^ or the end"},
    {HAMILTONIAN, "hamiltonian: [\"J^^2*Z[0]\"]", 5, 18, "expected a number, a name or '('"},
    {HAMILTONIAN, "hamiltonian: [\"log(J)*Z[0]\"]", 5, 16, "'log' is no function"},
    {HAMILTONIAN, "hamiltonian: [\"J(2)*Z[0]\"]", 5, 16, "'J' is no function"},
    {HAMILTONIAN, "hamiltonian: [\"X(0)\"]", 5, 17, "expected '['"},
    {HAMILTONIAN, "hamiltonian: [\"J^Z[0]\"]", 5, 17, "an operator in an exponent"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]^-1\"]", 5, 20, "operators have whole powers"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z\"]", 5, 19, "expected '['"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[]\"]", 5, 20, "expected an integer site index"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[a]\"]", 5, 20, "expected an integer site index"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[0\"]", 5, 21, "expected ']'"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[99]\"]", 5, 20, "site index beyond the chain"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[-99999999999999999999]\"]", 5, 20,
     "site index beyond the chain"},
    {HAMILTONIAN, "hamiltonian: [\"(J*Z[0]\"]", 5, 23, "expected ')'"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[0])\"]", 5, 22, "unexpected text"},
    {HAMILTONIAN, "hamiltonian: [\"J*Z[0] Z[1]\"]", 5, 23, "unexpected text"},
    {HAMILTONIAN, "hamiltonian: [\"J**Z[0]\"]", 5, 18,
     "expected a number, a name or '('; powers are written with ^"},
    {HAMILTONIAN, "hamiltonian: [\"J*\"]", 5, 18, "expected a number, a name or '('"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]/0\"]", 5, 20, "division by zero"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]/(J-J)\"]", 5, 20, "division by zero"},
    {HAMILTONIAN, "hamiltonian: [\"1/Z[0]\"]", 5, 17, "division by an operator"},
    {HAMILTONIAN, "hamiltonian: [\"1.2.3*Z[0]\"]", 5, 16, "malformed number"},
    {HAMILTONIAN, "hamiltonian: [\"1e999*Z[0]\"]", 5, 16, "number too large"},
    {HAMILTONIAN, "hamiltonian: [\"1e200*1e200*Z[0]\"]", 5, 16, "value is not finite"},
    {HAMILTONIAN, "hamiltonian: [\"\"]", 5, 15, "a Hamiltonian term must not be empty"},
    /* the Hamiltonian */
    {HAMILTONIAN, "hamiltonian: [\"i*Z[0]\"]", 5, 15, "the Hamiltonian must be Hermitian"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]\", \"Sp[0]*Sm[1]\"]", 5, 23, "must be Hermitian"},
    {HAMILTONIAN, "hamiltonian: [\"X[0]\"]", 5, 15, "must conserve the magnetisation sum(Z)"},
    {HAMILTONIAN, "hamiltonian: [\"Z[0]\", \"X[0]*X[1]\"]", 5, 23,
     "must conserve the magnetisation"},
    {HAMILTONIAN, "hamiltonian: [\"X[0]*X[1] + 0.99*Y[0]*Y[1]\"]", 5, 15, "must conserve"},
    /* channels */
    {LINDBLAD, "lindblad: [{rate: 1, operator: \"X[0]\"}]", 6, 12, "the key 'name' is missing"},
    {LINDBLAD, "lindblad: [{name: a, operator: \"X[0]\"}]", 6, 12, "the key 'rate' is missing"},
    {LINDBLAD, "lindblad: [{name: a, rate: 1}]", 6, 12, "the key 'operator' is missing"},
    {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: \"X[0]\", x: 1}]", 6, 49,
     "unknown key 'x'"},
    {LINDBLAD, "lindblad: [{name: a, rate: -1, operator: \"X[0]\"}]", 6, 28,
     "the rate of channel 'a' is -1"},
    {LINDBLAD, "lindblad: [{name: a, rate: g-1, operator: \"X[0]\"}]", 6, 28,
     "is -0.5; rates must not be negative"},
    {LINDBLAD, "lindblad: [{name: a, rate: 1+i, operator: \"X[0]\"}]", 6, 28,
     "but '1+i' is complex"},
    {LINDBLAD, "lindblad: [{name: a, rate: \"X[0]\", operator: \"X[0]\"}]", 6, 29,
     "not the operator 'X[0]'"},
    {LINDBLAD, "lindblad: [{name: a, rate: 1/0, operator: \"X[0]\"}]", 6, 29, "division by zero"},
    {LINDBLAD,
     "lindblad:\n  - {name: a, rate: 1, operator: \"X[0]\"}\n  - {name: a, rate: 1, operator: "
     "\"Z[0]\"}",
     8, 12, "a second channel named 'a'"},
    {LINDBLAD, "lindblad: [{name: a, rate: .nan, operator: \"X[0]\"}]", 6, 28, ""},
    {LINDBLAD, "lindblad: [{name: a, rate: 1e200*1e200, operator: \"X[0]\"}]", 6, 28,
     "value is not finite"},
    /* the grid */
    {GRID, "grid: {lambda3: {from: 1}}", 7, 8, "unknown key 'lambda3' in grid; expected: lambda1"},
    {GRID, "grid: {lambda1: {start: 1}}", 7, 18, "unknown key 'start' in lambda1"},
    {GRID, "grid: {lambda1: {points: 0}}", 7, 26,
     "points must be an integer from 1 to 100000, not '0'"},
    {GRID, "grid: {lambda1: {points: -5}}", 7, 26, "not '-5'"},
    {GRID, "grid: {lambda1: {from: 1, to: 1, points: 3}}", 7, 17,
     "the axis lambda1 is empty: from 1 to 1"},
    {GRID, "grid: {lambda2: {from: 2, to: -2}}", 7, 17, "the axis lambda2 is empty: from 2 to -2"},
    {GRID, "grid: {energy: {from: 1, to: 0}}", 7, 16, "the axis energy is empty"},
    {GRID, "grid: {lambda1: {from: 1e999}}", 7, 24, "number too large"},
    {GRID, "grid: [1]", 7, 7, "grid must be a mapping"},
    {GRID, "grid: {energy: 5}", 7, 16, "energy must be a mapping"},
    {GRID, "grid: {energy: {steps: 3}}", 7, 17, "unknown key 'steps'"},
    {GRID, "grid: {magnetization: {from: 1, to: -1, points: 5}}", 7, 23, "is empty: from 1 to -1"},
    {GRID, "grid: {energy: {points: 2.5}}", 7, 25, "points must be an integer from 1"},
    {GRID, "grid: {energy: {points: many}}", 7, 25, "points must be an integer from 1"},
    {GRID, "grid: {energy: {points: 99999999999}}", 7, 25, "points must be an integer from 1"},
    {GRID, "grid: {lambda1: {from: i}}", 7, 24, "'i' is complex"},
    {GRID, "grid: {fitted: 5}", 7, 16, "fitted must be a mapping"},
    {GRID, "grid: {fitted: {height: 5}}", 7, 17, "unknown key 'height' in fitted"},
    {GRID, "grid: {fitted: {energy: 4}}", 7, 25, "energy must be an integer from 5 to 4096"},
    /* YAML */
    {NAME, "[a, b]: c", 1, 1, "a key of the model must be a plain word"},
    {NAME, "name: test\n\tsites: 6", 2, 1, "tab character"},
    {GRID, "---\nname: second", 8, 1, "a second YAML document"},
};

static void check_mistake(const mistake *bad) {
    gf_model *model = NULL;
    gf_error error = {0};
    char place[40];
    (void)snprintf(place, sizeof place, "file:%d:%d: ", bad->at_line, bad->at_column);
    ck_assert_msg(parse(bad->line, bad->text, NULL, &model, &error) == GF_INVALID,
                  "'%s' is accepted", bad->text);
    ck_assert_int_eq(error.status, GF_INVALID);
    assert_starts(error.message, place);
    assert_contains(error.message, bad->message);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(parse(bad->line, bad->text, NULL, &model, NULL), GF_INVALID);
    ck_assert_ptr_null(model);
}

START_TEST(each_mistake_gives_a_message_that_points_at_it) {
    for (size_t k = 0; k < sizeof mistakes / sizeof *mistakes; ++k) {
        check_mistake(&mistakes[k]);
    }
}
END_TEST

START_TEST(text_that_is_no_model_is_refused) {
    static const struct {
        const char *text;
        size_t length;
        const char *message;
    } cases[] = {
        {"", 0, "file: empty"},
        {"# nothing\n", 10, "file: empty"},
        {"word", 4, "file:1:1: the model must be a mapping"},
        {"- a\n", 4, "file:1:1: the model must be a mapping"},
        {"{}", 2, "file:1:1: the key 'name' is missing"},
        {"\x89HDF\r\n\x1a\n", 8, "file: "},
        {"name: a\0b", 9, "file: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_model *model = NULL;
        gf_error error = {0};
        ck_assert_int_eq(
            gf_model_parse(cases[i].text, cases[i].length, "file", NULL, &model, &error),
            GF_INVALID);
        assert_starts(error.message, cases[i].message);
        ck_assert_ptr_null(model);
    }
}
END_TEST

/* YAML may be UTF-16: such a file is refused, or its text is kept so that it parses again. */
START_TEST(kept_text_is_the_whole_model) {
    char *text = model_text(0, NULL), wide[1000] = {(char)0xff, (char)0xfe};
    size_t length = 2;
    for (const char *c = text; *c != '\0'; ++c, length += 2) {
        ck_assert_uint_lt(length + 2, sizeof wide);
        wide[length] = *c;
    }
    gf_model *model = NULL, *again = NULL;
    gf_error error = {0};
    if (gf_model_parse(wide, length, "file", NULL, &model, NULL) == GF_OK) {
        gf_status status =
            gf_model_parse(model->yaml, strlen(model->yaml), "kept", NULL, &again, &error);
        ck_assert_msg(status == GF_OK, "%s", error.message);
        gf_model_free(again);
    }
    gf_model_free(model);
    free(text);
}
END_TEST

START_TEST(infinite_couplings_and_rates_are_refused) {
    static const struct {
        int line;
        const char *text;
    } cases[] = {
        {HAMILTONIAN, "hamiltonian: [\"1e200*1e200*Z[0]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"1.7e308*Z[0]\", \"1.7e308*Z[0]\"]"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1e200*1e200, operator: \"X[0]\"}]"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: \"1e200*1e200*X[0]\"}]"},
        {PARAMETERS, "parameters: {J: 1e200*1e200, g: 1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_model *model = NULL;
        gf_error error = {0};
        gf_status status = parse(cases[i].line, cases[i].text, NULL, &model, &error);
        gf_model_free(model);
        ck_assert_msg(status == GF_INVALID, "'%s' is accepted", cases[i].text);
    }
}
END_TEST

/* Numbers whose squares, or the squares of these, are beyond what numbers hold: said, not dropped.
 */
START_TEST(extreme_scales_are_refused) {
    static const struct {
        int line;
        const char *text, *message;
    } cases[] = {
        {PARAMETERS, "parameters: {J: 1e160, g: 1}", "file:5:14: the Hamiltonian has coefficients"},
        {PARAMETERS, "parameters: {J: 1e-200, g: 1}", "choose a unit of energy"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: \"1e154*X[0]\"}]",
         "file:6:41: the jump operator has coefficients up to 1e+154"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: \"1e-170*X[0]\"}]", "into its rate"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1e-170, operator: \"X[0]\"}]",
         "as strong as 1e-170 ('a'"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1e160, operator: \"X[0]\"}]",
         "the strongest must lie between 1e-60 and 1e+60"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1e20, operator: \"1e25*X[0]\"}]",
         "as strong as 1e+70"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_model *model = NULL;
        gf_error error = {0};
        ck_assert_int_eq(parse(cases[i].line, cases[i].text, NULL, &model, &error), GF_INVALID);
        assert_contains(error.message, cases[i].message);
    }
    /* What is faint beside the rest is none of it. */
    gf_model *model = parse_good(LINDBLAD,
                                 "lindblad: [{name: a, rate: 1e-170, operator: \"X[0]\"}, {name: "
                                 "b, rate: 1, operator: \"X[0]\"}, {name: c, rate: 0, operator: "
                                 "\"Z[0]\"}]",
                                 NULL);
    gf_error error = {0};
    double rates[3] = {1e-170, 0, 0};
    ck_assert_int_eq(gf_model_check_rates(model, rates, &error), GF_INVALID);
    rates[0] = 0;
    ck_assert_int_eq(gf_model_check_rates(model, rates, &error), GF_OK);
    gf_model_free(model);
}
END_TEST

/* Some bytes of a good model changed at random: a model or a message. */
START_TEST(damaged_models_never_crash) {
    for (int seed = 0; seed < sized(4000, 1000); ++seed) {
        uint64_t state = (uint64_t)seed;
        char *text = seed % 4 < 2 ? model_text(0, NULL)
                                  : model_text(HAMILTONIAN,
                                               "cell: 2\nenergy_unit: J\n"
                                               "hamiltonian: [{term: \"J^2*Z[0]*Z[1]\", at: 1}, "
                                               "\"exp(-g)*sin(pi/J)*(Z[0] + Z[1])^2\"]");
        size_t length = strlen(text);
        for (int k = 1 + random_below(&state, 4); k > 0; --k) {
            size_t at = (size_t)random_below(&state, (int)length);
            text[at] =
                seed % 2 == 0 ? (char)random_bits(&state) : text[random_below(&state, (int)length)];
        }
        gf_model *model = NULL;
        gf_error error = {0};
        gf_status status = gf_model_parse(text, length, "file", NULL, &model, &error);
        ck_assert(status == GF_OK || strncmp(error.message, "file:", 5) == 0);
        gf_model_free(model);
        free(text);
    }
}
END_TEST

/* --- files ----------------------------------------------------------------------------------- */

static void assert_unreadable(const char *path, gf_status expected, const char *what) {
    gf_model *model = NULL;
    gf_error error = {0};
    ck_assert_int_eq(gf_model_read(path, NULL, &model, &error), expected);
    ck_assert_int_eq(error.status, expected);
    assert_starts(error.message, path);
    assert_contains(error.message, what);
    gf_model_free(model);
}

/* A file of `size` bytes, all 0 but for `text` at its start; the caller removes it. */
static void write_file(char *path, size_t size, const char *text) {
    (void)snprintf(path, 100, "%s/gibbsflow-test-XXXXXX", P_tmpdir);
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(ftruncate(descriptor, (off_t)size), 0);
    ck_assert_int_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(close(descriptor), 0);
}

START_TEST(unreadable_files_are_refused) {
    char path[100];
    assert_unreadable("no/such/model.yaml", GF_IO, "No such file or directory");
    assert_unreadable(GF_MODELS, GF_IO, "Is a directory");
    write_file(path, 0, "");
    assert_unreadable(path, GF_INVALID, "empty");
    (void)unlink(path);
    write_file(path, (size_t)1 << 24, "name: large\n");
    assert_unreadable(path, GF_INVALID, "larger than 16 MiB");
    (void)unlink(path);
}
END_TEST

START_TEST(file_and_text_give_the_same_model) {
    char path[100], *text = model_text(0, NULL);
    gf_model *model = NULL;
    gf_error error = {0};
    write_file(path, 0, text);
    ck_assert_msg(gf_model_read(path, NULL, &model, &error) == GF_OK, "%s", error.message);
    ck_assert_str_eq(model->yaml, text);
    (void)unlink(path);
    free(text);
    gf_model_free(model);
}
END_TEST

/* All but the run files of the Langevin side, which name an equation. */
START_TEST(shipped_models_parse) {
    DIR *folder = opendir(GF_MODELS);
    ck_assert_ptr_nonnull(folder);
    int count = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[600], *text = NULL;
        size_t length = 0;
        gf_model *model = NULL;
        gf_error error = {0};
        if (strstr(entry->d_name, ".yaml") == NULL) {
            continue;
        }
        (void)snprintf(path, sizeof path, "%s/%s", GF_MODELS, entry->d_name);
        ck_assert_int_eq(gf_document_read_text(path, &text, &length, &error), GF_OK);
        if (strstr(text, "\nequation:") == NULL) {
            ck_assert_msg(gf_model_read(path, NULL, &model, &error) == GF_OK, "%s", error.message);
            gf_model_free(model);
            ++count;
        }
        free(text);
    }
    (void)closedir(folder);
    ck_assert_int_ge(count, 6);
}
END_TEST

/* --- good models ----------------------------------------------------------------------------- */

START_TEST(a_model_is_what_its_file_says) {
    gf_model *model = parse_good(0, NULL, NULL);
    ck_assert_str_eq(model->name, "test");
    ck_assert(model->chain.sites == 6 && model->chain.periodic);
    ck_assert_uint_eq(model->parameter_count, 2);
    ck_assert_str_eq(model->parameters[1].name, "g");
    ck_assert_double_eq(model->parameters[1].value, 0.5);
    ck_assert_uint_eq(model->hamiltonian.count, 18); /* S+ S-, S- S+ and Z Z on six bonds */
    ck_assert_uint_eq(model->channel_count, 1);
    ck_assert_str_eq(model->channels[0].name, "flip");
    double rate = 0;
    gf_model_rates(model, &rate);
    ck_assert_double_eq(rate, 0.5);
    ck_assert(model->lambda1.from == -1 && model->lambda1.to == 1 && model->lambda1.points == 5);
    ck_assert(isnan(model->energy.from) && isnan(model->energy.to));
    gf_model_free(model);
}
END_TEST

START_TEST(the_unit_of_energy_is_the_users) {
    static const char *const units[] = {"J", "meV", "J_1", "t'", "\u00b5eV"};
    static const char *const others[] = {
        "",    "1J",  "J per site", "J;",          "a\"b",
        "J\n", "{J}", "\\J",        "\xc2\x9b[2J", "a_name_of_more_than_20"};
    for (size_t k = 0; k < sizeof others / sizeof *others; ++k) {
        ck_assert_msg(!gf_model_is_energy_unit(others[k]), "'%s'", others[k]);
    }
    gf_model *model = parse_good(0, NULL, NULL);
    ck_assert_str_eq(gf_model_energy_unit(model), "energy");
    gf_model_free(model);
    for (size_t k = 0; k < sizeof units / sizeof *units; ++k) {
        char line[64];
        (void)snprintf(line, sizeof line, "name: test\nenergy_unit: \"%s\"", units[k]);
        model = parse_good(NAME, line, NULL);
        ck_assert_str_eq(gf_model_energy_unit(model), units[k]);
        gf_model_free(model);
    }
}
END_TEST

START_TEST(axes_are_evenly_spaced) {
    gf_axis axis = {-3, 3, 121}, single = {2, 7, 1};
    ck_assert_double_eq(gf_axis_value(&axis, 0), -3);
    ck_assert_double_eq(gf_axis_value(&axis, 60), 0);
    ck_assert_double_eq(gf_axis_value(&axis, 120), 3);
    ck_assert_double_eq_tol(gf_axis_value(&axis, 1), -2.95, 1e-15);
    ck_assert_double_eq(gf_axis_value(&single, 0), 2);
}
END_TEST

START_TEST(what_is_right_on_the_whole_chain_is_accepted) {
    static const struct {
        int line;
        const char *text;
    } cases[] = {
        {HAMILTONIAN, "hamiltonian: [\"X[0]*X[1]\", \"Y[0]*Y[1]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"Sp[0]*Sm[1]\", \"Sm[0]*Sp[1]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"(1+i)*Z[0]\", \"-i*Z[1]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"Sp[0]*Sm[2]\", \"Sp[0]*Sm[-2]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"0.3*X[0]*X[1]\", \"(0.1 + 0.2)*Y[0]*Y[1]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"X[0]*Y[1] - Y[0]*X[1]\"]"},
        {HAMILTONIAN, "hamiltonian: [\"Z[0]*Z[5]\", \"2\"]"},
        {HAMILTONIAN, "hamiltonian:\n  - >-\n    Z[0]\n    + Z[1]"},
        {PARAMETERS, "parameters: {J: 1/3, g: 2*(1-0.5), x_1: -1e-3}"},
        {LINDBLAD, "lindblad: [{name: a, rate: 0, operator: \"(1+2*i)*Sp[0]\"}]"},
        {LINDBLAD, "lindblad: [{name: a, rate: 1, operator: 0}]"},
        {GRID, ""},
        {GRID, "grid: {}"},
        {GRID, "grid: {lambda1: {from: 2, to: 1, points: 1}}"},
        {GRID, "grid: {energy: {from: -J}}"},
        {GRID, "grid: {energy: {to: 2*J, points: 100000}}"},
        {GRID, "grid: {fitted: {magnetization: 5, energy: 4096}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_model *model = parse_good(cases[i].line, cases[i].text, NULL);
        gf_model_free(model);
    }
}
END_TEST

/* --- settings -------------------------------------------------------------------------------- */

START_TEST(settings_override_the_file) {
    gf_settings settings = set(8, "g=1/4");
    ck_assert_int_eq(gf_settings_assign(&settings, "J=3", NULL), GF_OK);
    ck_assert_int_eq(gf_settings_set(&settings, "J", 2, NULL), GF_OK); /* the later one counts */
    gf_model *model = parse_good(0, NULL, &settings);
    ck_assert_int_eq(model->chain.sites, 8);
    ck_assert_double_eq(model->parameters[0].value, 2);
    ck_assert_double_eq(model->channels[0].rate, 0.25);
    gf_model *written =
        parse_good(PARAMETERS, "parameters: {J: 2, g: 0.25}", &(gf_settings){.sites = 8});
    ck_assert_uint_eq(model->hamiltonian.count, 24); /* three for each of eight bonds */
    ck_assert(gf_operator_equal(&model->hamiltonian, &written->hamiltonian, NULL));
    gf_model_free(model);
    gf_model_free(written);
    gf_settings_free(&settings);
}
END_TEST

START_TEST(later_settings_win) {
    gf_settings settings = set(8, "g=1");
    ck_assert_int_eq(gf_settings_assign_all(&settings, " J=3 g=2\nK=1/4\n", NULL), GF_OK);
    ck_assert_uint_eq(settings.count, 3);
    ck_assert_double_eq(settings.parameters[0].value, 2);
    ck_assert_double_eq(settings.parameters[1].value, 3);
    ck_assert_double_eq(settings.parameters[2].value, 0.25);
    ck_assert_int_eq(gf_settings_assign_all(&settings, "g=5 J", NULL), GF_INVALID);
    gf_settings_free(&settings);
}
END_TEST

START_TEST(bad_assignments_are_refused) {
    static const char *const texts[] = {"",      "g",      "=1",    "g=",    "g=foo",
                                        "g=nan", "g=J",    "X=1",   "a b=1", "g=1e999",
                                        "g=i",   "g=X[0]", "g=1=2", "g=1 2", "i=1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        gf_settings settings = {0};
        gf_error error = {0};
        ck_assert_msg(gf_settings_assign(&settings, texts[i], &error) == GF_INVALID, "%s",
                      texts[i]);
        assert_contains(error.message, texts[i]);
        ck_assert_uint_eq(settings.count, 0);
        gf_settings_free(&settings);
    }
}
END_TEST

static void assert_settings_fail(gf_settings settings, const char *message, const char *detail) {
    gf_model *model = NULL;
    gf_error error = {0};
    ck_assert_int_eq(parse(0, NULL, &settings, &model, &error), GF_INVALID);
    assert_contains(error.message, message);
    assert_contains(error.message, detail);
    gf_model_free(model);
    gf_settings_free(&settings);
}

START_TEST(settings_that_do_not_fit_are_refused) {
    assert_settings_fail(set(0, "gamma=1"), "no parameter 'gamma' to set", "it has: J g");
    assert_settings_fail(set(33, NULL), "33 sites asked for", "1 to 32");
    assert_settings_fail(set(-1, NULL), "-1 sites asked for", "1 to 32");
    assert_settings_fail(set(1, NULL), "file:5:16: ", "beyond the chain of 1 sites");
    assert_settings_fail(set(0, "g=-2"), "file:6:31: ", "the rate of channel 'flip' is -2");
}
END_TEST

/* --- the same spectrum ----------------------------------------------------------------------- */

static gf_status compare(int line, const char *text, const gf_settings *settings, gf_error *error) {
    gf_model *a = parse_good(0, NULL, NULL), *b = parse_good(line, text, settings);
    gf_status status = gf_model_check_same_spectrum(a, b, error);
    ck_assert_int_eq(gf_model_check_same_spectrum(b, a, NULL), status);
    gf_model_free(a);
    gf_model_free(b);
    return status;
}

START_TEST(rates_grids_and_names_leave_the_spectrum) {
    static const struct {
        int line;
        const char *text;
    } cases[] = {
        {0, NULL},
        {NAME, "name: other"},
        {GRID, "grid: {lambda1: {from: -2, to: 2, points: 7}}"},
        {PARAMETERS, "parameters: {J: 1, g: 0.75}"},
        {LINDBLAD, "lindblad: [{name: flip, rate: 3*g, operator: \"Sp[0] + Sm[0]\"}]"},
        {HAMILTONIAN, "hamiltonian: [\"2*Sp[0]*Sm[1] + Z[3]*Z[4]\", \"2*Sp[4]*Sm[3]\"]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_error error = {0};
        ck_assert_msg(compare(cases[i].line, cases[i].text, NULL, &error) == GF_OK, "%s",
                      error.message);
    }
}
END_TEST

START_TEST(other_spectra_are_refused) {
    static const struct {
        int line;
        const char *text, *message;
    } cases[] = {
        {CHAIN, "sites: 8", "is of 6 sites, periodic, not of 8"},
        {BOUNDARY, "boundary: open", "stored spectrum"},
        {PARAMETERS, "parameters: {J: 1.5, g: 0.5}",
         "the Hamiltonian is not that of the stored spectrum (J: 1.5, was 1)"},
        {HAMILTONIAN, "hamiltonian: [\"Z[0]*Z[1]\"]", "the Hamiltonian is not that"},
        {LINDBLAD, "lindblad: [{name: flip, rate: g, operator: \"Z[0]\"}]",
         "jump operator of channel 'flip'"},
        {LINDBLAD, "lindblad: [{name: flip, rate: g, operator: \"X[1]\"}]",
         "jump operator of channel 'flip'"},
        {LINDBLAD,
         "lindblad: [{name: flip, rate: g, operator: \"X[0]\"}, {name: more, rate: g, operator: "
         "\"Z[0]\"}]",
         "other Lindblad channels"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_error error = {0};
        ck_assert_int_eq(compare(cases[i].line, cases[i].text, NULL, &error), GF_INVALID);
        assert_contains(error.message, cases[i].message);
    }
}
END_TEST

/* Where terms begin is part of the model. */
START_TEST(cells_decide_on_the_spectrum) {
    const char *const pump[] = {
        "cell: 2\nlindblad: [{name: up, rate: g, operator: \"Sp[0]\", at: 0}]",
        "cell: 2\nlindblad: [{name: up, rate: g, operator: \"Sp[0]\", at: 1}]",
        "cell: 2\nlindblad: [{name: up, rate: g, operator: \"Sp[0]\"}]",
        "lindblad: [{name: up, rate: g, operator: \"Sp[0]\"}]"};
    gf_model *models[4];
    gf_error error = {0};
    for (int k = 0; k < 4; ++k) {
        models[k] = parse_good(LINDBLAD, pump[k], NULL);
        ck_assert_int_eq(gf_model_cell(models[k]), k < 3 ? 2 : 1);
    }
    for (int k = 0; k < 16; ++k) {
        gf_status status = gf_model_check_same_spectrum(models[k / 4], models[k % 4], &error);
        ck_assert(status == (k / 4 == k % 4 ? GF_OK : GF_INVALID));
        if (k == 1 || k == 3) {
            assert_contains(error.message, k == 1 ? "jump operator of channel 'up'" : "cells of 2");
        }
    }
    gf_model *open = NULL;
    ck_assert_int_eq(gf_model_resize(models[0], 5, false, &open, &error), GF_OK);
    gf_model_free(open);
    ck_assert_int_eq(gf_model_resize(models[0], 5, true, &open, &error), GF_INVALID);
    for (int k = 0; k < 4; ++k) {
        gf_model_free(models[k]);
    }
}
END_TEST

START_TEST(settings_decide_on_the_spectrum_too) {
    gf_settings rate = set(0, "g=0.25"), coupling = set(0, "J=1.25"), size = set(7, NULL);
    ck_assert_int_eq(compare(0, NULL, &rate, NULL), GF_OK);
    ck_assert_int_eq(compare(0, NULL, &coupling, NULL), GF_INVALID);
    ck_assert_int_eq(compare(0, NULL, &size, NULL), GF_INVALID);
    gf_settings_free(&rate);
    gf_settings_free(&coupling);
    gf_settings_free(&size);
}
END_TEST

/* --- other parameters ------------------------------------------------------------------------ */

/* With f in rates and in an axis, h in a jump operator, K in the Hamiltonian though it is zero. */
static gf_model *parse_free(void) {
    static const char text[] =
        "name: test\n"
        "sites: 4\n"
        "boundary: periodic\n"
        "parameters: {J: 1, K: 0, f: 0.5, h: 2, Jf: 3}\n"
        "hamiltonian: [\"J*Z[0]*Z[1] + K*Z[0]\"]\n"
        "lindblad:\n"
        "  - {name: up, rate: 1-f, operator: \"h*Sp[0]\"}\n"
        "  - {name: down, rate: f*J/Jf, operator: \"Sm[0]\"}\n"
        "grid: {lambda1: {from: -1, to: f, points: 5}}\n";
    gf_model *model = NULL;
    gf_error error = {0};
    ck_assert_msg(gf_model_parse(text, strlen(text), "file", NULL, &model, &error) == GF_OK, "%s",
                  error.message);
    return model;
}

START_TEST(rates_follow_parameters_that_enter_them_alone) {
    gf_model *model = parse_free();
    gf_settings settings = set(0, "f=0.25");
    double rates[2] = {0};
    ck_assert_int_eq(gf_settings_assign(&settings, "Jf=2", NULL), GF_OK);
    ck_assert_int_eq(gf_settings_assign(&settings, "J=1", NULL), GF_OK); /* as it is */
    ck_assert_int_eq(gf_model_rates_at(model, &settings, rates, NULL), GF_OK);
    ck_assert_double_eq(rates[0], 0.75);
    ck_assert_double_eq(rates[1], 0.125);
    ck_assert_double_eq(model->channels[0].rate, 0.5); /* the model is untouched */
    ck_assert_double_eq(model->parameters[2].value, 0.5);
    ck_assert_int_eq(gf_model_adjust(model, &settings, NULL), GF_OK);
    ck_assert_double_eq(model->channels[0].rate, 0.75);
    ck_assert_double_eq(model->channels[1].rate, 0.125);
    ck_assert_double_eq(model->parameters[2].value, 0.25);
    ck_assert_double_eq(model->lambda1.to, 0.25);
    ck_assert_double_eq(model->lambda2.to, 1);
    gf_settings_free(&settings);
    gf_model_free(model);
}
END_TEST

START_TEST(parameters_that_enter_more_are_refused) {
    static const struct {
        int sites;
        const char *assignment, *message;
    } cases[] = {
        {0, "J=2", "the parameter J enters the Hamiltonian or a jump operator (J: 2, was 1)"},
        {0, "K=1", "(K: 1, was 0)"},
        {0, "h=1", "(h: 1, was 2)"},
        {0, "x=1", "file has no parameter 'x' to set; it has: J K f h Jf"},
        {0, "f=2", "file:7:22: the rate of channel 'up' is -1"},
        {0, "Jf=0", "file:8:27: division by zero"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_model *model = parse_free();
        gf_settings settings = set(cases[i].sites, cases[i].assignment);
        gf_error error = {0};
        double rates[2];
        ck_assert_int_eq(gf_model_rates_at(model, &settings, rates, &error), GF_INVALID);
        assert_contains(error.message, cases[i].message);
        ck_assert_int_eq(gf_model_adjust(model, &settings, &error), GF_INVALID);
        assert_contains(error.message, cases[i].message);
        gf_settings_free(&settings);
        gf_model_free(model);
    }
}
END_TEST

/* --- parameters defined by others ------------------------------------------------------------ */

/* J makes D, which enters the Hamiltonian; T makes the rate w, by way of beta. */
static gf_model *parse_defined(const gf_settings *settings) {
    static const char text[] =
        "name: test\n"
        "sites: 4\n"
        "boundary: periodic\n"
        "parameters: {J: 2, D: J^2/2, T: 4, beta: 1/T, w: exp(-beta*D), idle: T, lost: idle}\n"
        "hamiltonian: [\"J*Z[0]*Z[1] + D*Z[0]\"]\n"
        "lindblad: [{name: up, rate: w, operator: \"Sp[0]\"}]\n";
    gf_model *model = NULL;
    gf_error error = {0};
    ck_assert_msg(gf_model_parse(text, strlen(text), "file", settings, &model, &error) == GF_OK,
                  "%s", error.message);
    return model;
}

static void assert_values(const gf_model *model, double J, double D, double T, double beta) {
    ck_assert_double_eq(gf_model_parameter(model, 0)->value, J);
    ck_assert_double_eq(gf_model_parameter(model, 1)->value, D);
    ck_assert_double_eq(gf_model_parameter(model, 2)->value, T);
    ck_assert_double_eq(gf_model_parameter(model, 3)->value, beta);
    ck_assert_double_eq_tol(model->channels[0].rate, exp(-beta * D), 1e-15);
}

START_TEST(parameters_are_defined_by_earlier_ones) {
    gf_model *model = parse_defined(NULL);
    assert_values(model, 2, 2, 4, 0.25);
    for (size_t i = 0; i < gf_model_parameters(model); ++i) {
        ck_assert(!gf_model_sets_parameter(model, i));
        ck_assert(gf_model_uses_parameter(model, i) == (i < 5)); /* idle and lost play no part */
    }
    gf_model_free(model);
}
END_TEST

/* A setting changes what is defined by the parameter, but for what is set itself. */
START_TEST(settings_reach_what_they_define) {
    gf_settings one = set(0, "J=4"), two = set(0, "J=4");
    gf_model *model = parse_defined(&one);
    assert_values(model, 4, 8, 4, 0.25);
    ck_assert(gf_model_sets_parameter(model, 0) && !gf_model_sets_parameter(model, 1));
    gf_model_free(model);
    ck_assert_int_eq(gf_settings_assign(&two, "D=3", NULL), GF_OK);
    model = parse_defined(&two);
    assert_values(model, 4, 3, 4, 0.25);
    ck_assert(gf_model_sets_parameter(model, 0) && gf_model_sets_parameter(model, 1));
    gf_model_free(model);
    gf_settings_free(&one);
    gf_settings_free(&two);
}
END_TEST

/* The rule sees through definitions: T and beta enter rates alone, J by way of D does not. */
START_TEST(definitions_decide_what_may_change) {
    gf_model *model = parse_defined(NULL);
    const bool steers[] = {true, true, false, false, false, false, false};
    double rate = 0;
    gf_error error = {0};
    for (size_t i = 0; i < gf_model_parameters(model); ++i) {
        ck_assert(model->steers[i] == steers[i]);
    }
    gf_settings temperature = set(0, "T=2"), field = set(0, "J=4"), both = set(0, "beta=1");
    ck_assert_int_eq(gf_model_rates_at(model, &temperature, &rate, &error), GF_OK);
    ck_assert_double_eq_tol(rate, exp(-1), 1e-15);
    ck_assert_int_eq(gf_model_rates_at(model, &field, &rate, &error), GF_INVALID);
    assert_contains(error.message,
                    "the parameter J enters the Hamiltonian or a jump operator (J: 4");
    ck_assert_int_eq(gf_model_adjust(model, &both, &error), GF_OK);
    assert_values(model, 2, 2, 4, 1);
    ck_assert_int_eq(gf_model_rates_at(model, &temperature, &rate, &error), GF_OK);
    ck_assert_double_eq_tol(rate, exp(-2), 1e-15); /* beta stays as it was set */
    gf_model_free(model);
    /* What is set depends on nothing: then J alone steers J Z Z. */
    gf_settings fixed = set(0, "D=2");
    model = parse_defined(&fixed);
    ck_assert(model->steers[0] && model->steers[1]);
    gf_model_free(model);
    gf_settings_free(&temperature);
    gf_settings_free(&field);
    gf_settings_free(&both);
    gf_settings_free(&fixed);
}
END_TEST

/* In a file stands what was set, so that what is defined by it is so again. */
START_TEST(files_keep_definitions) {
    char folder[] = "/tmp/test_model_XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/model.h5", folder);
    gf_settings field = set(0, "J=4"), temperature = set(0, "T=2");
    gf_model *model = parse_defined(&field), *again = NULL;
    gf_error error = {0};
    gf_file *file = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_model_store(model, file);
    ck_assert_int_eq(gf_file_commit(&file, &error), GF_OK);
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_OK);
    char *text = gf_file_get_text_attribute(file, "/model", "settings");
    ck_assert_str_eq(text, "J=4");
    ck_assert_int_eq(gf_model_restore(file, path, &temperature, &again, &error), GF_OK);
    assert_values(again, 4, 8, 2, 0.5);
    ck_assert_int_eq(gf_model_check_same_spectrum(model, again, &error), GF_OK);
    gf_file_close(&file);
    free(text);
    gf_model_free(model);
    gf_model_free(again);
    gf_settings_free(&field);
    gf_settings_free(&temperature);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* Long lists take as long as they are, not the square of that: this test would take minutes. */
START_TEST(long_lists_are_fine) {
    const size_t count = sized(20000, 2000);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    (void)fputs("name: long\nsites: 2\nboundary: periodic\nparameters:\n  p0: 0.5\n", out);
    for (size_t k = 1; k < count; ++k) {
        (void)fprintf(out, "  p%zu: p%zu\n", k, k - 1);
    }
    (void)fputs("hamiltonian:\n", out);
    for (size_t k = 0; k < count / 10; ++k) {
        (void)fprintf(out, "  - p%zu*Z[0]\n", k);
    }
    (void)fputs("lindblad:\n", out);
    for (size_t k = 0; k < count; ++k) {
        (void)fprintf(out, "  - {name: c%zu, rate: p%zu, operator: \"X[0]\"}\n", k, k);
    }
    ck_assert_int_eq(fclose(out), 0);
    gf_settings settings = set(0, "p0=2");
    for (size_t k = count / 2; k < count; ++k) {
        char name[24];
        (void)snprintf(name, sizeof name, "p%zu", k);
        ck_assert_int_eq(gf_settings_set(&settings, name, 3, NULL), GF_OK);
    }
    gf_model *model = NULL;
    gf_error error = {0};
    ck_assert_msg(gf_model_parse(text, length, "file", &settings, &model, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_double_eq(model->channels[count / 2 - 1].rate, 2);
    ck_assert_double_eq(model->channels[count - 1].rate, 3);
    gf_model_free(model);
    gf_settings_free(&settings);
    free(text);
}
END_TEST

START_TEST(another_chain_is_no_adjustment) {
    gf_model *model = parse_free();
    gf_error error = {0};
    ck_assert_int_eq(gf_model_adjust(model, &(gf_settings){.sites = 4, .closure = GF_RING}, &error),
                     GF_OK);
    ck_assert_int_eq(gf_model_adjust(model, &(gf_settings){.sites = 6}, &error), GF_INVALID);
    assert_contains(error.message, "is of 4 sites, periodic, not of 6, periodic");
    ck_assert_int_eq(gf_model_adjust(model, &(gf_settings){.closure = GF_OPEN_CHAIN}, &error),
                     GF_INVALID);
    assert_contains(error.message, "not of 4, open");
    gf_model_free(model);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("model");
    tcase_add_test(tests, each_mistake_gives_a_message_that_points_at_it);
    tcase_add_test(tests, text_that_is_no_model_is_refused);
    tcase_add_test(tests, kept_text_is_the_whole_model);
    tcase_add_test(tests, infinite_couplings_and_rates_are_refused);
    tcase_add_test(tests, extreme_scales_are_refused);
    tcase_add_test(tests, damaged_models_never_crash);
    tcase_add_test(tests, unreadable_files_are_refused);
    tcase_add_test(tests, file_and_text_give_the_same_model);
    tcase_add_test(tests, shipped_models_parse);
    tcase_add_test(tests, a_model_is_what_its_file_says);
    tcase_add_test(tests, the_unit_of_energy_is_the_users);
    tcase_add_test(tests, axes_are_evenly_spaced);
    tcase_add_test(tests, what_is_right_on_the_whole_chain_is_accepted);
    tcase_add_test(tests, settings_override_the_file);
    tcase_add_test(tests, later_settings_win);
    tcase_add_test(tests, bad_assignments_are_refused);
    tcase_add_test(tests, settings_that_do_not_fit_are_refused);
    tcase_add_test(tests, rates_grids_and_names_leave_the_spectrum);
    tcase_add_test(tests, other_spectra_are_refused);
    tcase_add_test(tests, cells_decide_on_the_spectrum);
    tcase_add_test(tests, settings_decide_on_the_spectrum_too);
    tcase_add_test(tests, rates_follow_parameters_that_enter_them_alone);
    tcase_add_test(tests, parameters_that_enter_more_are_refused);
    tcase_add_test(tests, parameters_are_defined_by_earlier_ones);
    tcase_add_test(tests, settings_reach_what_they_define);
    tcase_add_test(tests, definitions_decide_what_may_change);
    tcase_add_test(tests, files_keep_definitions);
    tcase_add_test(tests, long_lists_are_fine);
    tcase_add_test(tests, another_chain_is_no_adjustment);
    return run_suite("model", tests);
}
