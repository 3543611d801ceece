/* Polynomials in spin operators against dense matrices made of Kronecker products. */
#include "algebra/operator.h"

#include "algebra/expression.h"
#include "suite.h"

#include <math.h>

enum { SITES = 4, SIZE = 1 << SITES, WORDS = 5, FACTORS = 8, CASES = 60 };

/* --- dense matrices -------------------------------------------------------------------------- */

/* Row and column r: bit s of r is 0 if the spin at site s is up. */
typedef struct dense {
    double complex at[SIZE][SIZE];
} dense;

typedef double complex site_matrix[2][2];

static const char *const factor_name[FACTORS] = {"X", "Y", "Z", "Sp", "Sm", "Pu", "Pd", "I"};
static const site_matrix factor_matrix[FACTORS] = {
    {{0, 1}, {1, 0}}, {{0, -I}, {I, 0}}, {{1, 0}, {0, -1}}, {{0, 1}, {0, 0}},
    {{0, 0}, {1, 0}}, {{1, 0}, {0, 0}},  {{0, 0}, {0, 1}},  {{1, 0}, {0, 1}}};
enum { F_X, F_Y, F_Z, F_SP, F_SM, F_PU, F_PD, F_I };

/* factor[SITES-1] x ... x factor[0] */
static dense kronecker(const site_matrix *const factor[SITES]) {
    dense result;
    for (int row = 0; row < SIZE; ++row) {
        for (int column = 0; column < SIZE; ++column) {
            double complex element = 1;
            for (int s = 0; s < SITES; ++s) {
                element *= (*factor[s])[(row >> s) & 1][(column >> s) & 1];
            }
            result.at[row][column] = element;
        }
    }
    return result;
}

static dense dense_factor(int name, int site) {
    const site_matrix *factor[SITES];
    for (int s = 0; s < SITES; ++s) {
        factor[s] = &factor_matrix[s == site ? name : F_I];
    }
    return kronecker(factor);
}

static dense dense_scalar(double complex value) {
    dense result = {{{0}}};
    for (int r = 0; r < SIZE; ++r) {
        result.at[r][r] = value;
    }
    return result;
}

static dense dense_sum(const dense *a, double complex factor, const dense *b) {
    dense result;
    for (int r = 0; r < SIZE; ++r) {
        for (int c = 0; c < SIZE; ++c) {
            result.at[r][c] = a->at[r][c] + factor * b->at[r][c];
        }
    }
    return result;
}

static dense dense_product(const dense *a, const dense *b) {
    dense result = {{{0}}};
    for (int r = 0; r < SIZE; ++r) {
        for (int k = 0; k < SIZE; ++k) {
            for (int c = 0; c < SIZE; ++c) {
                result.at[r][c] += a->at[r][k] * b->at[k][c];
            }
        }
    }
    return result;
}

static dense dense_adjoint(const dense *a) {
    dense result;
    for (int r = 0; r < SIZE; ++r) {
        for (int c = 0; c < SIZE; ++c) {
            result.at[r][c] = conj(a->at[c][r]);
        }
    }
    return result;
}

static dense dense_term(const gf_operator_term *term) {
    const site_matrix *factor[SITES];
    for (int s = 0; s < SITES; ++s) {
        int name = ((term->plus >> s) & 1) != 0    ? F_SP
                   : ((term->minus >> s) & 1) != 0 ? F_SM
                   : ((term->z >> s) & 1) != 0     ? F_Z
                                                   : F_I;
        factor[s] = &factor_matrix[name];
    }
    return kronecker(factor);
}

static dense dense_operator(const gf_operator *a) {
    dense result = {{{0}}};
    for (size_t i = 0; i < a->count; ++i) {
        dense term = dense_term(&a->terms[i]);
        result = dense_sum(&result, a->terms[i].coefficient, &term);
    }
    return result;
}

static void assert_same(const gf_operator *a, const dense *expected) {
    ck_assert(!a->exhausted);
    dense found = dense_operator(a);
    for (int r = 0; r < SIZE; ++r) {
        for (int c = 0; c < SIZE; ++c) {
            double scale = fmax(1, cabs(expected->at[r][c]));
            ck_assert_double_le(cabs(found.at[r][c] - expected->at[r][c]), 1e-13 * scale);
        }
    }
}

/* --- random polynomials ---------------------------------------------------------------------- */

/* A polynomial and the matrix that it must be. */
typedef struct polynomial {
    gf_operator operator;
    dense matrix;
} polynomial;

static gf_operator site(const char *name, int at) {
    gf_operator result = {0};
    ck_assert(gf_operator_site(name, strlen(name), at, &result));
    return result;
}

/* *self = *self times one site factor */
static void multiply(polynomial *self, int name, int at) {
    gf_operator factor = site(factor_name[name], at);
    gf_operator product = gf_operator_product(&self->operator, & factor);
    gf_operator_free(&self->operator);
    gf_operator_free(&factor);
    dense matrix = dense_factor(name, at);
    *self = (polynomial){product, dense_product(&self->matrix, &matrix)};
}

static double complex random_complex(uint64_t *state) {
    double re = random_dyadic(state) / 4, im = random_dyadic(state) / 4;
    return re + I * im;
}

static polynomial random_polynomial(uint64_t *state) {
    polynomial result = {{0}, {{{0}}}};
    for (int word = 0; word < WORDS; ++word) {
        double complex coefficient = random_complex(state);
        polynomial product = {gf_operator_scalar(coefficient), dense_scalar(coefficient)};
        for (int factors = random_below(state, 7); factors > 0; --factors) {
            multiply(&product, random_below(state, FACTORS), random_below(state, SITES));
        }
        gf_operator_add(&result.operator, 1, &product.operator);
        result.matrix = dense_sum(&result.matrix, 1, &product.matrix);
        gf_operator_free(&product.operator);
    }
    return result;
}

static void assert_then_free(gf_operator a, const dense *expected) {
    assert_same(&a, expected);
    gf_operator_free(&a);
}

START_TEST(algebra_agrees_with_matrices) {
    for (int seed = 0; seed < CASES; ++seed) {
        uint64_t state = (uint64_t)seed;
        polynomial a = random_polynomial(&state), b = random_polynomial(&state);
        double complex f = random_complex(&state);
        dense zero = {{{0}}}, ab = dense_product(&a.matrix, &b.matrix),
              ba = dense_product(&b.matrix, &a.matrix);
        dense sum = dense_sum(&a.matrix, f, &b.matrix), scaled = dense_sum(&zero, f, &a.matrix);
        dense commutator = dense_sum(&ab, -1, &ba), adjoint = dense_adjoint(&a.matrix);
        assert_same(&a.operator, & a.matrix);
        assert_then_free(gf_operator_sum(&a.operator, f, &b.operator), &sum);
        assert_then_free(gf_operator_product(&a.operator, & b.operator), &ab);
        assert_then_free(gf_operator_commutator(&a.operator, & b.operator), &commutator);
        assert_then_free(gf_operator_adjoint(&a.operator), &adjoint);
        assert_then_free(gf_operator_scaled(&a.operator, f), &scaled);
        gf_operator_add(&a.operator, f, &b.operator);
        assert_same(&a.operator, & sum);
        gf_operator_free(&a.operator);
        gf_operator_free(&b.operator);
    }
}
END_TEST

/* --- normal form ----------------------------------------------------------------------------- */

/* The products of I, Z, S+, S- are orthogonal under tr(A' B): the coefficient of `term` in M. */
static double complex project(const dense *matrix, const gf_operator_term *term) {
    dense product = dense_term(term);
    double complex overlap = 0;
    double norm = 0;
    for (int r = 0; r < SIZE; ++r) {
        for (int c = 0; c < SIZE; ++c) {
            overlap += conj(product.at[r][c]) * matrix->at[r][c];
            norm += creal(conj(product.at[r][c]) * product.at[r][c]);
        }
    }
    return overlap / norm;
}

static double complex stored_coefficient(const gf_operator *a, const gf_operator_term *term) {
    double complex sum = 0;
    int found = 0;
    for (size_t i = 0; i < a->count; ++i) {
        const gf_operator_term *stored = &a->terms[i];
        if (stored->plus == term->plus && stored->minus == term->minus && stored->z == term->z) {
            sum += stored->coefficient;
            ++found;
        }
    }
    ck_assert_int_le(found, 1);
    ck_assert(found == 0 || sum != 0);
    return sum;
}

/* The product of site factors number `index` of 4^SITES. */
static gf_operator_term basis_term(int index) {
    gf_operator_term term = {.coefficient = 1};
    for (int s = 0; s < SITES; ++s) {
        int kind = (index >> (2 * s)) & 3;
        uint64_t bit = (uint64_t)1 << s;
        term.z |= kind == 1 ? bit : 0;
        term.plus |= kind == 2 ? bit : 0;
        term.minus |= kind == 3 ? bit : 0;
    }
    return term;
}

START_TEST(normal_form_is_the_expansion_in_the_basis) {
    for (int seed = 0; seed < CASES / 4; ++seed) {
        uint64_t state = 1000 + (uint64_t)seed;
        polynomial a = random_polynomial(&state);
        size_t present = 0;
        for (int index = 0; index < 1 << (2 * SITES); ++index) {
            gf_operator_term term = basis_term(index);
            double complex expected = project(&a.matrix, &term);
            ck_assert_double_le(cabs(stored_coefficient(&a.operator, & term) - expected), 1e-13);
            present += cabs(expected) > 1e-13;
        }
        ck_assert_uint_eq(a.operator.count, present);
        gf_operator_free(&a.operator);
    }
}
END_TEST

static void assert_identical(const gf_operator *a, const gf_operator *b) {
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; ++i) {
        ck_assert(a->terms[i].plus == b->terms[i].plus && a->terms[i].minus == b->terms[i].minus &&
                  a->terms[i].z == b->terms[i].z &&
                  a->terms[i].coefficient == b->terms[i].coefficient);
    }
    ck_assert(gf_operator_equal(a, b, NULL));
}

START_TEST(normal_form_forgets_the_order_of_writing) {
    for (int seed = 0; seed < CASES / 4; ++seed) {
        uint64_t state = 2000 + (uint64_t)seed;
        polynomial a = random_polynomial(&state);
        gf_operator shuffled = {0};
        for (size_t i = a.operator.count; i > 0; --i) { /* each term in two halves, backwards */
            gf_operator_term half = a.operator.terms[i - 1];
            half.coefficient /= 2;
            gf_operator_append(&shuffled, half);
        }
        for (size_t i = 0; i < a.operator.count; ++i) {
            gf_operator_term half = a.operator.terms[i];
            half.coefficient /= 2;
            gf_operator_append(&shuffled, half);
        }
        gf_operator_normalize(&shuffled);
        assert_identical(&a.operator, & shuffled);
        gf_operator_free(&a.operator);
        gf_operator_free(&shuffled);
    }
}
END_TEST

/* Dyadic coefficients: nothing is rounded, A(B + C) and A B + A C are the same to the bit. */
START_TEST(distributive_law_is_exact) {
    for (int seed = 0; seed < CASES; ++seed) {
        uint64_t state = 3000 + (uint64_t)seed;
        polynomial p[3];
        for (int k = 0; k < 3; ++k) {
            p[k] = random_polynomial(&state);
        }
        gf_operator sum = gf_operator_sum(&p[1].operator, 1, &p[2].operator);
        gf_operator left = gf_operator_product(&p[0].operator, & sum);
        gf_operator right = gf_operator_product(&p[0].operator, & p[1].operator);
        gf_operator second = gf_operator_product(&p[0].operator, & p[2].operator);
        gf_operator_add(&right, 1, &second);
        assert_identical(&left, &right);
        gf_operator_free(&sum);
        gf_operator_free(&left);
        gf_operator_free(&right);
        gf_operator_free(&second);
        for (int k = 0; k < 3; ++k) {
            gf_operator_free(&p[k].operator);
        }
    }
}
END_TEST

START_TEST(cancellation_leaves_no_terms) {
    for (int seed = 0; seed < CASES; ++seed) {
        uint64_t state = 4000 + (uint64_t)seed;
        polynomial a = random_polynomial(&state);
        double complex third = random_complex(&state) / 3;
        gf_operator scaled = gf_operator_scaled(&a.operator, third);
        gf_operator with_itself = gf_operator_commutator(&scaled, &a.operator);
        gf_operator difference = gf_operator_sum(&scaled, -third, &a.operator);
        gf_operator nothing = gf_operator_scaled(&a.operator, 0);
        ck_assert_uint_eq(difference.count, 0);
        ck_assert_uint_eq(with_itself.count, 0);
        ck_assert_uint_eq(nothing.count, 0);
        gf_operator_free(&a.operator);
        gf_operator_free(&scaled);
        gf_operator_free(&with_itself);
        gf_operator_free(&difference);
        gf_operator_free(&nothing);
    }
}
END_TEST

START_TEST(what_is_zero_up_to_rounding_is_zero) {
    gf_operator x = site("X", 0), tenth = gf_operator_scaled(&x, 0.1);
    gf_operator_add(&tenth, 0.2, &x);
    gf_operator_add(&tenth, -0.3, &x);
    ck_assert_uint_eq(tenth.count, 0);
    gf_operator nothing = gf_operator_scalar(0), not_a_number = gf_operator_scalar((double)NAN);
    ck_assert_uint_eq(nothing.count, 0);
    ck_assert_uint_eq(not_a_number.count, 1);
    ck_assert(!gf_operator_is_finite(&not_a_number));
    ck_assert(!gf_operator_equal(&not_a_number, &not_a_number, NULL));
    gf_operator_free(&x);
    gf_operator_free(&tenth);
    gf_operator_free(&nothing);
    gf_operator_free(&not_a_number);
}
END_TEST

/* --- the site factors ------------------------------------------------------------------------ */

static gf_operator parse(const char *text) {
    gf_source source = {.text = text, .file = "test"};
    gf_term term;
    gf_error error = {0};
    ck_assert_msg(gf_expression_parse(&source, NULL, &term, &error) == GF_OK, "%s", error.message);
    return term.operator;
}

START_TEST(pauli_identities) {
    static const struct {
        const char *a, *b;
        double complex factor;
        const char *c; /* a b = factor c */
    } rules[] = {
        {"X", "Y", I, "Z"},    {"Y", "X", -I, "Z"},   {"Y", "Z", I, "X"},    {"Z", "X", I, "Y"},
        {"X", "X", 1, "I"},    {"Y", "Y", 1, "I"},    {"Z", "Z", 1, "I"},    {"Sp", "Sp", 0, "I"},
        {"Sm", "Sm", 0, "I"},  {"Sp", "Sm", 1, "Pu"}, {"Sm", "Sp", 1, "Pd"}, {"Pu", "Pd", 0, "I"},
        {"Pu", "Pu", 1, "Pu"}, {"Pd", "Pd", 1, "Pd"}, {"Z", "Sp", 1, "Sp"},  {"Sp", "Z", -1, "Sp"},
        {"Z", "Sm", -1, "Sm"}, {"Sm", "Z", 1, "Sm"},  {"Pu", "Sp", 1, "Sp"}, {"Sp", "Pu", 0, "I"}};
    static const int sites[] = {0, 5, 31, 32, 63};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; ++i) {
        gf_operator a = site(rules[i].a, sites[_i]), b = site(rules[i].b, sites[_i]);
        gf_operator c = site(rules[i].c, sites[_i]), product = gf_operator_product(&a, &b);
        gf_operator expected = gf_operator_scaled(&c, rules[i].factor);
        ck_assert_msg(gf_operator_equal(&product, &expected, NULL), "%s %s", rules[i].a,
                      rules[i].b);
        gf_operator_free(&a);
        gf_operator_free(&b);
        gf_operator_free(&c);
        gf_operator_free(&product);
        gf_operator_free(&expected);
    }
}
END_TEST

START_TEST(factors_on_different_sites_commute) {
    for (int a = 0; a < FACTORS; ++a) {
        for (int b = 0; b < FACTORS; ++b) {
            gf_operator left = site(factor_name[a], 0), right = site(factor_name[b], 63);
            gf_operator commutator = gf_operator_commutator(&left, &right);
            ck_assert_uint_eq(commutator.count, 0);
            gf_operator_free(&left);
            gf_operator_free(&right);
            gf_operator_free(&commutator);
        }
    }
}
END_TEST

START_TEST(unknown_factors_are_refused) {
    static const char *const names[] = {"", "x", "S", "Spp", "XX", "i", "P", "Pu "};
    gf_operator result = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        ck_assert(!gf_operator_site(names[i], strlen(names[i]), 0, &result));
    }
}
END_TEST

/* --- properties ------------------------------------------------------------------------------ */

/* A term moves the magnetisation if and only if its matrix does not commute with sum(Z). */
START_TEST(moving_magnetization_is_not_commuting_with_it) {
    dense total = {{{0}}};
    for (int s = 0; s < SITES; ++s) {
        dense z = dense_factor(F_Z, s);
        total = dense_sum(&total, 1, &z);
    }
    for (int index = 0; index < 1 << (2 * SITES); ++index) {
        gf_operator_term term = basis_term(index);
        dense matrix = dense_term(&term);
        bool moves = false;
        for (int k = 0; k < SIZE * SIZE; ++k) { /* sum(Z) is diagonal */
            int r = k / SIZE, c = k % SIZE;
            moves = moves || matrix.at[r][c] * (total.at[r][r] - total.at[c][c]) != 0;
        }
        ck_assert(gf_operator_term_moves_magnetization(&term) == moves);
    }
}
END_TEST

START_TEST(scalars_and_real_operators_are_told_apart) {
    static const struct {
        const char *text;
        bool scalar, real;
        double complex value;
    } cases[] = {{"0", true, true, 0},
                 {"2.5", true, true, 2.5},
                 {"3-2*i", true, false, 3 - 2 * I},
                 {"X[0]*X[0]", true, true, 1},
                 {"X[0]", false, true, 0},
                 {"1 + Z[3]", false, true, 0},
                 {"Y[0]", false, false, 0},
                 {"Y[0]*Y[1]", false, true, 0},
                 {"i*Y[0]", false, true, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_operator a = parse(cases[i].text);
        double complex value = 0;
        ck_assert_msg(gf_operator_is_scalar(&a, &value) == cases[i].scalar, "%s", cases[i].text);
        ck_assert(!cases[i].scalar || value == cases[i].value);
        ck_assert_msg(gf_operator_is_real(&a) == cases[i].real, "%s", cases[i].text);
        ck_assert(gf_operator_is_finite(&a));
        gf_operator_free(&a);
    }
}
END_TEST

START_TEST(equality_is_relative) {
    gf_operator a = parse("1e6*X[0] + 1e6*Z[1]"), near = parse("1e6*X[0] + (1e6 + 1e-8)*Z[1]"),
                far = parse("1e6*X[0] + (1e6 + 1e-4)*Z[1]"), more = parse("1e6*X[0]");
    gf_operator_term difference = {0};
    ck_assert(gf_operator_equal(&a, &near, NULL));
    ck_assert(!gf_operator_equal(&a, &far, &difference));
    ck_assert(difference.z == (uint64_t)1 << (GF_TERM_ORIGIN + 1));
    ck_assert_double_eq_tol(creal(difference.coefficient), -1e-4, 1e-9);
    ck_assert(!gf_operator_equal(&a, &more, NULL));
    ck_assert(!gf_operator_equal(&more, &a, NULL));
    gf_operator_free(&a);
    gf_operator_free(&near);
    gf_operator_free(&far);
    gf_operator_free(&more);
}
END_TEST

/* --- the cap on memory ----------------------------------------------------------------------- */

static void assert_exhausted(gf_operator a) {
    ck_assert(a.exhausted);
    gf_operator_free(&a);
}

/* S+ S- = (1 + Z)/2 on each of 24 sites: 2^24 terms. */
START_TEST(too_many_terms_exhaust_all_that_follows) {
    uint64_t sites = ((uint64_t)1 << 24) - 1;
    gf_operator plus = {0}, minus = {0}, x = site("X", 0);
    gf_operator_append(&plus, (gf_operator_term){.coefficient = 1, .plus = sites});
    gf_operator_append(&minus, (gf_operator_term){.coefficient = 1, .minus = sites});
    gf_operator huge = gf_operator_product(&plus, &minus);
    ck_assert(huge.exhausted);
    assert_exhausted(gf_operator_sum(&huge, 1, &x));
    assert_exhausted(gf_operator_sum(&x, 1, &huge));
    assert_exhausted(gf_operator_product(&x, &huge));
    assert_exhausted(gf_operator_product(&huge, &x));
    assert_exhausted(gf_operator_commutator(&x, &huge));
    assert_exhausted(gf_operator_adjoint(&huge));
    assert_exhausted(gf_operator_scaled(&huge, 0));
    ck_assert(!gf_operator_equal(&huge, &huge, NULL));
    gf_operator_add(&x, 1, &huge);
    ck_assert(x.exhausted);
    gf_operator_free(&huge);
    gf_operator_free(&plus);
    gf_operator_free(&minus);
    gf_operator_free(&x);
    ck_assert(!huge.exhausted && huge.terms == NULL && huge.count == 0);
}
END_TEST

START_TEST(appending_is_bounded) {
    gf_operator many = {0};
    for (uint64_t i = 0; i < GF_OPERATOR_MAX_TERMS; ++i) {
        gf_operator_append(&many, (gf_operator_term){.coefficient = 1, .z = i});
    }
    ck_assert(!many.exhausted);
    for (uint64_t i = 0; i <= GF_OPERATOR_MAX_TERMS; ++i) {
        gf_operator_append(&many, (gf_operator_term){.coefficient = 1, .plus = i});
    }
    ck_assert(many.exhausted);
    gf_operator_free(&many);
}
END_TEST

/* --- text ------------------------------------------------------------------------------------ */

START_TEST(text_of_an_operator_parses_to_it) {
    for (int seed = 0; seed < CASES; ++seed) {
        uint64_t state = 5000 + (uint64_t)seed;
        int first = random_below(&state, 2 * GF_TERM_ORIGIN - SITES + 1) - GF_TERM_ORIGIN;
        polynomial a = random_polynomial(&state);
        char *text = gf_operator_format(&a.operator, first);
        ck_assert_ptr_nonnull(text);
        gf_operator parsed = parse(text);
        for (size_t i = 0; i < a.operator.count; ++i) {
            gf_operator_term *term = &a.operator.terms[i];
            term->plus <<= first + GF_TERM_ORIGIN;
            term->minus <<= first + GF_TERM_ORIGIN;
            term->z <<= first + GF_TERM_ORIGIN;
        }
        ck_assert_msg(gf_operator_equal(&a.operator, & parsed, NULL), "%s", text);
        free(text);
        gf_operator_free(&parsed);
        gf_operator_free(&a.operator);
    }
}
END_TEST

START_TEST(every_kind_of_coefficient_round_trips) {
    static const char *const texts[] = {"0",
                                        "1",
                                        "-1",
                                        "i",
                                        "-i",
                                        "-2.5*i",
                                        "(1 - 2*i)",
                                        "-Z[-3]",
                                        "0.5 + 0.5*Z[0]",
                                        "i*Sp[0] - i*Sm[0]",
                                        "(-1 + 2*i)*Sp[-1]*Z[0]*Sm[1] - 3*Z[2]",
                                        "1e-07*Z[0]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        gf_operator a = parse(texts[i]);
        char *text = gf_operator_format(&a, -GF_TERM_ORIGIN);
        gf_operator again = parse(text);
        assert_identical(&a, &again);
        free(text);
        gf_operator_free(&a);
        gf_operator_free(&again);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("operator");
    tcase_add_test(tests, algebra_agrees_with_matrices);
    tcase_add_test(tests, normal_form_is_the_expansion_in_the_basis);
    tcase_add_test(tests, normal_form_forgets_the_order_of_writing);
    tcase_add_test(tests, distributive_law_is_exact);
    tcase_add_test(tests, cancellation_leaves_no_terms);
    tcase_add_test(tests, what_is_zero_up_to_rounding_is_zero);
    tcase_add_loop_test(tests, pauli_identities, 0, 5);
    tcase_add_test(tests, factors_on_different_sites_commute);
    tcase_add_test(tests, unknown_factors_are_refused);
    tcase_add_test(tests, moving_magnetization_is_not_commuting_with_it);
    tcase_add_test(tests, scalars_and_real_operators_are_told_apart);
    tcase_add_test(tests, equality_is_relative);
    tcase_add_test(tests, too_many_terms_exhaust_all_that_follows);
    tcase_add_test(tests, appending_is_bounded);
    tcase_add_test(tests, text_of_an_operator_parses_to_it);
    tcase_add_test(tests, every_kind_of_coefficient_round_trips);
    return run_suite("operator", tests);
}
