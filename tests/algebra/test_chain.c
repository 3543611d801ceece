/* Terms placed along a chain: wrapping, open ends, and the unique form of a translation sum. */
#include "algebra/chain.h"

#include "algebra/expression.h"
#include "suite.h"

static gf_term parse(const char *text) {
    gf_source source = {.text = text, .file = "test"};
    gf_term term;
    gf_error error = {0};
    ck_assert_msg(gf_expression_parse(&source, NULL, &term, &error) == GF_OK, "%s", error.message);
    return term;
}

/* The operator that `text` is when its indices are sites. */
static gf_operator on_sites(const char *text) {
    gf_term term = parse(text);
    for (size_t i = 0; i < term.operator.count; ++i) {
        gf_operator_term *part = &term.operator.terms[i];
        part->plus >>= GF_TERM_ORIGIN;
        part->minus >>= GF_TERM_ORIGIN;
        part->z >>= GF_TERM_ORIGIN;
    }
    return term.operator;
}

static void assert_equal_then_free(gf_operator a, gf_operator b, const char *what) {
    ck_assert_msg(!a.exhausted && gf_operator_equal(&a, &b, NULL), "%s", what);
    gf_operator_free(&a);
    gf_operator_free(&b);
}

static gf_operator sum_along(gf_chain chain, const char *text) {
    gf_term term = parse(text);
    gf_operator total = {0};
    gf_chain_add(&chain, &term, &total);
    gf_operator_free(&term.operator);
    return total;
}

/* --- placing --------------------------------------------------------------------------------- */

START_TEST(placing_wraps_around) {
    static const struct {
        const char *term;
        int sites, at;
        const char *expected;
    } cases[] = {
        {"Sp[-1]*Z[0]*Sm[1]", 4, 0, "Sp[3]*Z[0]*Sm[1]"},
        {"Sp[-1]*Z[0]*Sm[1]", 4, 1, "Sp[0]*Z[1]*Sm[2]"},
        {"Sp[-1]*Z[0]*Sm[1]", 4, 3, "Sp[2]*Z[3]*Sm[0]"},
        {"Z[31]", 5, 0, "Z[1]"},
        {"Z[31]", 5, 4, "Z[0]"},
        {"Z[-32]", 5, 0, "Z[3]"},
        {"Sp[-32]*Sm[-31]", 3, 2, "Sp[0]*Sm[1]"},
        {"Sp[-31]*Sm[0]", 32, 0, "Sp[1]*Sm[0]"},
        {"Sp[-1]*Sm[30]", 32, 31, "Sp[30]*Sm[29]"},
        {"2*i*Y[7]*X[9]", 3, 0, "2*i*Y[1]*X[0]"},
        {"Z[3]", 1, 0, "Z[0]"},
        {"3 - 2*i", 4, 2, "3 - 2*i"},
        {"1 + X[2]", 4, 3, "1 + X[1]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_chain chain = {cases[i].sites, true, 1};
        gf_term term = parse(cases[i].term);
        ck_assert(gf_chain_holds(&chain, &term, cases[i].at));
        assert_equal_then_free(gf_chain_place(&chain, &term, cases[i].at),
                               on_sites(cases[i].expected), cases[i].term);
        gf_operator_free(&term.operator);
    }
}
END_TEST

START_TEST(open_chain_drops_what_reaches_over_an_end) {
    static const struct {
        const char *term;
        int from, to; /* the running sites that hold the term on five sites */
    } cases[] = {
        {"X[0]", 0, 4},        {"X[0]*X[1]", 0, 3},      {"X[-1]*X[0]", 1, 4}, {"X[-1]*X[1]", 1, 3},
        {"X[0]*I[2]", 0, 2},   {"I[-1]*X[0]", 1, 4},     {"I[-2]", 2, 4},      {"X[0]+X[4]", 0, 0},
        {"0*X[0]*X[3]", 0, 1}, {"X[2]*X[2]*Z[0]", 0, 2}, {"1", 0, 4},          {"X[1]*X[3]", 0, 1},
        {"X[-3]", 3, 4},
    };
    gf_chain chain = {5, false, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_term term = parse(cases[i].term);
        for (int site = 0; site < chain.sites; ++site) {
            ck_assert_msg(gf_chain_holds(&chain, &term, site) ==
                              (site >= cases[i].from && site <= cases[i].to),
                          "%s at %d", cases[i].term, site);
        }
        gf_operator_free(&term.operator);
    }
}
END_TEST

START_TEST(translations_are_counted_literally) {
    static const struct {
        int sites;
        bool periodic;
        const char *term, *expected;
    } cases[] = {
        {4, true, "Z[0]*Z[1]", "Z[0]*Z[1] + Z[1]*Z[2] + Z[2]*Z[3] + Z[3]*Z[0]"},
        {4, false, "Z[0]*Z[1]", "Z[0]*Z[1] + Z[1]*Z[2] + Z[2]*Z[3]"},
        {4, false, "X[0]*I[2]", "X[0] + X[1]"},
        {4, true, "X[0]*I[2]", "X[0] + X[1] + X[2] + X[3]"},
        {4, true, "Z[0]*Z[2]", "2*Z[0]*Z[2] + 2*Z[1]*Z[3]"},
        {2, true, "Z[0]*Z[1]", "2*Z[0]*Z[1]"},
        {2, false, "Z[0]*Z[1]", "Z[0]*Z[1]"},
        {2, true, "X[0]*Y[1]", "X[0]*Y[1] + Y[0]*X[1]"},
        {2, true, "X[0]*Y[1] - Y[0]*X[1]", "0"},
        {1, true, "Z[0]", "Z[0]"},
        {3, true, "2", "6"},
        {3, false, "2", "6"},
        {3, false, "Z[0]*Z[3]", "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        gf_chain chain = {cases[i].sites, cases[i].periodic, 1};
        assert_equal_then_free(sum_along(chain, cases[i].term), on_sites(cases[i].expected),
                               cases[i].term);
    }
}
END_TEST

START_TEST(magnetization_is_the_sum_of_z) {
    for (int sites = 1; sites <= GF_CHAIN_MAX_SITES; ++sites) {
        gf_chain chain = {sites, sites % 2 == 0, 1};
        gf_operator q1 = gf_chain_magnetization(&chain);
        ck_assert_uint_eq(q1.count, (size_t)sites);
        assert_equal_then_free(q1, sum_along(chain, "Z[0]"), "magnetisation");
    }
}
END_TEST

START_TEST(exhaustion_is_passed_on) {
    gf_chain chain = {4, true, 1};
    gf_term term = {.operator= {.exhausted = true}, .first = 0, .last = 0};
    gf_operator total = {0}, placed = gf_chain_place(&chain, &term, 1);
    gf_operator folded = gf_chain_fold(&chain, &term.operator);
    gf_chain_add(&chain, &term, &total);
    ck_assert(placed.exhausted && total.exhausted && folded.exhausted);
}
END_TEST

/* --- folding --------------------------------------------------------------------------------- */

static uint64_t turned_mask(uint64_t mask, int shift, int sites) {
    uint64_t result = 0;
    for (int s = 0; s < sites; ++s) {
        result |= ((mask >> s) & 1) << ((s + shift) % sites);
    }
    return result;
}

static gf_operator turned(const gf_operator *a, int shift, int sites) {
    gf_operator result = {0};
    for (size_t i = 0; i < a->count; ++i) {
        gf_operator_term term = a->terms[i];
        term.plus = turned_mask(term.plus, shift, sites);
        term.minus = turned_mask(term.minus, shift, sites);
        term.z = turned_mask(term.z, shift, sites);
        gf_operator_append(&result, term);
    }
    gf_operator_normalize(&result);
    return result;
}

static gf_operator translation_sum(const gf_operator *a, int sites) {
    gf_operator total = {0};
    for (int shift = 0; shift < sites; ++shift) {
        gf_operator image = turned(a, shift, sites);
        gf_operator_add(&total, 1, &image);
        gf_operator_free(&image);
    }
    return total;
}

static gf_operator random_operator(uint64_t *state, int sites) {
    gf_operator result = {0};
    for (int i = 0; i < 12; ++i) {
        gf_operator_term term = {.coefficient = random_dyadic(state) + I * random_dyadic(state)};
        for (int s = 0; s < sites; ++s) {
            int kind = random_below(state, 8);
            uint64_t bit = (uint64_t)1 << s;
            term.plus |= kind == 1 ? bit : 0;
            term.minus |= kind == 2 ? bit : 0;
            term.z |= kind == 3 ? bit : 0;
        }
        gf_operator_append(&result, term);
    }
    gf_operator_normalize(&result);
    return result;
}

/* Each term starts at site 0, and no rotation that also does spans fewer sites. */
static void assert_shortest(const gf_operator *folded, int sites) {
    for (size_t i = 0; i < folded->count; ++i) {
        const gf_operator_term *term = &folded->terms[i];
        uint64_t mask = term->plus | term->minus | term->z;
        ck_assert(mask == 0 || (mask & 1) != 0);
        for (int shift = 1; shift < sites; ++shift) {
            uint64_t other = turned_mask(mask, shift, sites);
            ck_assert((other & 1) == 0 || other >= mask);
        }
    }
}

START_TEST(folding_is_unique_and_keeps_the_translation_sum) {
    for (int seed = 0; seed < 36; ++seed) {
        static const int lengths[] = {1, 2, 3, 6, 7, 32};
        int sites = lengths[seed % 6];
        gf_chain chain = {sites, true, 1};
        uint64_t state = (uint64_t)seed;
        gf_operator a = random_operator(&state, sites), folded = gf_chain_fold(&chain, &a);
        assert_shortest(&folded, sites);
        for (int shift = 0; shift < sites; ++shift) {
            gf_operator image = turned(&a, shift, sites), refolded = gf_chain_fold(&chain, &image);
            ck_assert(gf_operator_equal(&folded, &refolded, NULL));
            gf_operator_free(&image);
            gf_operator_free(&refolded);
        }
        assert_equal_then_free(translation_sum(&a, sites), translation_sum(&folded, sites), "sum");
        assert_equal_then_free(gf_chain_fold(&chain, &folded), gf_operator_scaled(&folded, 1),
                               "twice");
        gf_operator_free(&a);
        gf_operator_free(&folded);
    }
}
END_TEST

/* Operators with the same translation sum have the same fold: here their difference has none. */
START_TEST(folding_decides_equality_of_sums) {
    gf_chain chain = {6, true, 1};
    gf_operator a = on_sites("Z[0]*Z[1] - Z[4]*Z[5] + Sp[2]*Sm[3] - Sp[5]*Sm[0]");
    gf_operator folded = gf_chain_fold(&chain, &a);
    ck_assert_uint_eq(folded.count, 0);
    gf_operator_free(&folded);
    gf_operator_free(&a);
    gf_operator b = on_sites("Sp[0]*Sm[5]"); /* not the same as S+ S- the other way round */
    assert_equal_then_free(gf_chain_fold(&chain, &b), on_sites("Sm[0]*Sp[1]"), "Sp[0]*Sm[5]");
    gf_operator_free(&b);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("chain");
    tcase_add_test(tests, placing_wraps_around);
    tcase_add_test(tests, open_chain_drops_what_reaches_over_an_end);
    tcase_add_test(tests, translations_are_counted_literally);
    tcase_add_test(tests, magnetization_is_the_sum_of_z);
    tcase_add_test(tests, exhaustion_is_passed_on);
    tcase_add_test(tests, folding_is_unique_and_keeps_the_translation_sum);
    tcase_add_test(tests, folding_decides_equality_of_sums);
    return run_suite("chain", tests);
}
