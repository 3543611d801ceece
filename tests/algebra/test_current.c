/* Currents against dense matrices: the reference knows Pauli strings as matrices on 2^N states,
 * takes i [H, q_x] apart string by string, and asks how far each string lies from x. */
#include "algebra/current.h"

#include "algebra/expression.h"
#include "hilbert/symmetry.h"
#include "suite.h"

#include <math.h>
#include <string.h>

/* The same chain twice: as text, and as Pauli strings from a running site ("X.X": X[0]*X[2]). */
enum { MOST = 12 };

typedef struct pauli {
    const char *factors;
    double coefficient;
    int at; /* site of its cell, or -1: every site */
} pauli;

typedef struct chain_case {
    const char *name;
    gf_chain chain;
    struct {
        const char *text;
        int at;
    } term[MOST];
    pauli string[MOST];
} chain_case;

static const chain_case cases[] = {
    {"next neighbours",
     {7, true, 1},
     {{"X[0]*X[1] + Y[0]*Y[1] + 0.7*Z[0]*Z[1]", -1}, {"0.5*(X[0]*X[2] + Y[0]*Y[2])", -1}},
     {{"XX", 1, -1}, {"YY", 1, -1}, {"ZZ", 0.7, -1}, {"X.X", 0.5, -1}, {"Y.Y", 0.5, -1}}},
    {"complex, three sites",
     {7, true, 1},
     {{"X[0]*X[1] + Y[0]*Y[1] + 0.3*(X[0]*Y[1] - Y[0]*X[1])", -1},
      {"0.2*Z[0] + 0.4*(X[0]*Z[1]*Y[2] - Y[0]*Z[1]*X[2]) + 0.6*Z[0]*Z[2]", -1}},
     {{"XX", 1, -1},
      {"YY", 1, -1},
      {"XY", 0.3, -1},
      {"YX", -0.3, -1},
      {"Z", 0.2, -1},
      {"XZY", 0.4, -1},
      {"YZX", -0.4, -1},
      {"Z.Z", 0.6, -1}}},
    {"cells of three",
     {6, true, 3},
     {{"X[0]*X[1] + Y[0]*Y[1] + 0.4*Z[0]*Z[1]", -1},
      {"0.3*(X[0]*X[1] + Y[0]*Y[1])", 1},
      {"0.8*Z[0]", 2}},
     {{"XX", 1, -1},
      {"YY", 1, -1},
      {"ZZ", 0.4, -1},
      {"XX", 0.3, 1},
      {"YY", 0.3, 1},
      {"Z", 0.8, 2}}},
    {"one cell",
     {6, true, 6},
     {{"X[0]*X[1] + Y[0]*Y[1] + 0.4*Z[0]*Z[1]", -1}, {"0.8*Z[0]", 5}},
     {{"XX", 1, -1}, {"YY", 1, -1}, {"ZZ", 0.4, -1}, {"Z", 0.8, 5}}},
    {"open",
     {5, false, 1},
     {{"X[0]*X[1] + Y[0]*Y[1] + 0.7*Z[0]*Z[1]", -1}, {"0.5*(X[0]*X[2] + Y[0]*Y[2])", -1}},
     {{"XX", 1, -1}, {"YY", 1, -1}, {"ZZ", 0.7, -1}, {"X.X", 0.5, -1}, {"Y.Y", 0.5, -1}}},
};

enum { CASES = sizeof cases / sizeof *cases, MAX_SITES = 7, MAX_STATES = 1 << MAX_SITES };

typedef struct dense {
    double complex at[MAX_STATES][MAX_STATES];
} dense;

static int states_of(const gf_chain *chain) {
    return 1 << chain->sites;
}

/* --- the reference --------------------------------------------------------------------------- */

/* A Pauli string: <to|S|from>, with to = from ^ flips; bit 1 is spin up. */
static double complex string_element(const char *factors, const int *sites, int count, int from,
                                     int *to) {
    double complex value = 1;
    *to = from;
    for (int k = 0; k < count; ++k) {
        int up = (from >> sites[k]) & 1;
        value *= factors[k] == 'Y' ? (up ? I : -I) : factors[k] == 'Z' ? (up ? 1 : -1) : 1;
        *to ^= factors[k] == 'X' || factors[k] == 'Y' ? 1 << sites[k] : 0;
    }
    return value;
}

/* Calls for every place of every string of the Hamiltonian that the chain holds: its sites and its
 * place, twice the centre (or, `leftmost`, twice its first site). */
typedef void visit_string(void *context, const pauli *string, const int *sites, int twice_place);

static void for_strings(const chain_case *self, bool leftmost, visit_string *visit, void *context) {
    for (int k = 0; k < MOST && self->string[k].factors != NULL; ++k) {
        int span = (int)strlen(self->string[k].factors);
        for (int start = 0; start < self->chain.sites; ++start) {
            bool here = self->string[k].at < 0 || start % self->chain.cell == self->string[k].at;
            if (here && (self->chain.periodic || start + span <= self->chain.sites)) {
                int sites[MAX_SITES];
                for (int i = 0; i < span; ++i) {
                    sites[i] = (start + i) % self->chain.sites;
                }
                visit(context, &self->string[k], sites, 2 * start + (leftmost ? 0 : span - 1));
            }
        }
    }
}

typedef struct adding {
    const gf_chain *chain;
    dense *sum;
    int only;     /* twice the place, modulo the ring; -1: all */
    bool shifted; /* times (first site - centre): the operator G between the gauges */
} adding;

static void add_string(void *context, const pauli *string, const int *sites, int twice_place) {
    adding *self = context;
    int span = (int)strlen(string->factors), to = 0;
    if (self->only >= 0 && twice_place % (2 * self->chain->sites) != self->only) {
        return;
    }
    double weight = string->coefficient * (self->shifted ? -0.5 * (span - 1) : 1);
    for (int from = 0; from < states_of(self->chain); ++from) {
        double complex value = string_element(string->factors, sites, span, from, &to);
        self->sum->at[to][from] += weight * value;
    }
}

static void commute(int states, const dense *a, const dense *b, dense *result) { /* i [a, b] */
    memset(result, 0, sizeof *result);
    for (int i = 0; i < states; ++i) {
        for (int k = 0; k < states; ++k) {
            double complex left = I * a->at[i][k], right = I * b->at[i][k];
            for (int j = 0; left != 0 && j < states; ++j) {
                result->at[i][j] += left * b->at[k][j];
            }
            for (int j = 0; right != 0 && j < states; ++j) {
                result->at[i][j] -= right * a->at[k][j];
            }
        }
    }
}

/* Twice the distance from a place to the middle of a set of sites, as seen from half of `ahead` in
 * front of the place: around a ring that is in the middle of all that i [H, q_x] can reach. */
static int twice_offset(const gf_chain *chain, int mask, int twice_place, int ahead) {
    int low = 1000, high = -1000, n = 2 * chain->sites;
    for (int site = 0; site < chain->sites; ++site) {
        if (((mask >> site) & 1) != 0) {
            int away = 2 * site - twice_place;
            if (chain->periodic) {
                away = ((away - ahead + chain->sites) % n + n) % n - chain->sites + ahead;
            }
            low = away < low ? away : low;
            high = away > high ? away : high;
        }
    }
    return (low + high) / 2;
}

/* J -= (X_S - x) c_S S of all Pauli strings S in dq = i [H, q_x]. */
static void add_moments(const gf_chain *chain, const dense *dq, int twice_place, int ahead,
                        dense *current) {
    int states = states_of(chain);
    for (int flips = 0; flips < states; ++flips) {
        for (int signs = 0; signs < states;
             ++signs) { /* S = prod X over flips, prod Z over signs */
            double complex trace = 0;
            for (int from = 0; from < states; ++from) {
                double sign = (__builtin_popcount((unsigned)(~from & signs)) & 1) != 0 ? -1 : 1;
                trace += sign * dq->at[from ^ flips][from];
            }
            if (cabs(trace) > 1e-12) {
                double moment = 0.5 * twice_offset(chain, flips | signs, twice_place, ahead);
                for (int from = 0; from < states; ++from) {
                    double sign = (__builtin_popcount((unsigned)(~from & signs)) & 1) != 0 ? -1 : 1;
                    current->at[from ^ flips][from] -= moment * sign * trace / states;
                }
            }
        }
    }
}

static void find_reference(const chain_case *self, size_t charge, bool leftmost, const dense *h,
                           dense *current) {
    static dense q, dq;
    memset(current, 0, sizeof *current);
    for (int twice = 0; twice < 2 * self->chain.sites; ++twice) {
        memset(&q, 0, sizeof q);
        adding work = {&self->chain, &q, twice, false};
        if (charge == GF_ENERGY) {
            for_strings(self, leftmost, add_string, &work);
        } else if (twice % 2 == 0) {
            add_string(&work, &(pauli){"Z", 1, -1}, (int[]){twice / 2}, twice);
        }
        commute(states_of(&self->chain), h, &q, &dq);
        add_moments(&self->chain, &dq, twice, leftmost ? 2 : 0, current);
    }
}

/* --- the library ----------------------------------------------------------------------------- */

static gf_operator hamiltonian_of(const chain_case *self) {
    gf_operator total = {0};
    gf_error error = {.message = ""};
    for (int k = 0; k < MOST && self->term[k].text != NULL; ++k) {
        gf_source source = {.text = self->term[k].text, .file = "test"};
        gf_term term;
        ck_assert_msg(gf_expression_parse(&source, NULL, &term, &error) == GF_OK, "%s",
                      error.message);
        term.at = self->term[k].at;
        gf_chain_add(&self->chain, &term, &total);
        gf_operator_free(&term.operator);
    }
    return total;
}

static gf_currents currents_of(const chain_case *self) {
    gf_operator h = hamiltonian_of(self);
    gf_currents currents;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_currents_derive(&self->chain, &h, &currents, &error) == GF_OK, "%s: %s",
                  self->name, error.message);
    gf_operator_free(&h);
    return currents;
}

static void make_dense(const gf_operator *operator, int states, dense *result) {
    memset(result, 0, sizeof *result);
    for (size_t i = 0; i < operator->count; ++i) {
        const gf_operator_term *term = &operator->terms[i];
        for (int from = 0; from < states; ++from) {
            uint64_t bits = (uint64_t)from;
            if ((bits & term->plus) == 0 && (bits & term->minus) == term->minus) {
                bool odd = (__builtin_popcountll(~bits & term->z) & 1) != 0;
                result->at[bits ^ term->plus ^ term->minus][from] +=
                    odd ? -term->coefficient : term->coefficient;
            }
        }
    }
}

static double distance(int states, const dense *a, const dense *b) {
    double largest = 0;
    for (int i = 0; i < states; ++i) {
        for (int j = 0; j < states; ++j) {
            largest = fmax(largest, cabs(a->at[i][j] - b->at[i][j]));
        }
    }
    return largest;
}

START_TEST(currents_obey_the_equation_of_continuity) {
    const chain_case *self = &cases[_i];
    static dense h, reference, found;
    int states = states_of(&self->chain);
    gf_currents currents = currents_of(self);
    memset(&h, 0, sizeof h);
    for_strings(self, false, add_string, &(adding){&self->chain, &h, -1, false});
    for (size_t charge = 0; charge < GF_CHARGES; ++charge) {
        find_reference(self, charge, false, &h, &reference);
        gf_operator total = gf_currents_total(&currents, &self->chain, charge);
        ck_assert(!total.exhausted && total.count > 0);
        make_dense(&total, states, &found);
        ck_assert_msg(distance(states, &reference, &found) < 1e-12, "%s: the current of %s is off",
                      self->name, gf_charge_name(charge));
        gf_operator_free(&total);
    }
    gf_currents_free(&currents);
}
END_TEST

/* With the first site for the place of a string J_2 changes by i [H, G]. */
START_TEST(other_gauges_differ_by_a_time_derivative) {
    const chain_case *self = &cases[_i];
    static dense h, reference, found, g, derivative;
    int states = states_of(&self->chain);
    gf_currents currents = currents_of(self);
    memset(&h, 0, sizeof h);
    memset(&g, 0, sizeof g);
    for_strings(self, false, add_string, &(adding){&self->chain, &h, -1, false});
    for_strings(self, false, add_string, &(adding){&self->chain, &g, -1, true});
    find_reference(self, GF_ENERGY, true, &h, &reference);
    gf_operator total = gf_currents_total(&currents, &self->chain, GF_ENERGY);
    make_dense(&total, states, &found);
    commute(states, &h, &g, &derivative);
    ck_assert(distance(states, &reference, &found) > 0.1); /* it does make a difference */
    for (int i = 0; i < states; ++i) {
        for (int j = 0; j < states; ++j) {
            found.at[i][j] += derivative.at[i][j];
        }
    }
    ck_assert_msg(distance(states, &reference, &found) < 1e-12, "%s", self->name);
    gf_operator_free(&total);
    gf_currents_free(&currents);
}
END_TEST

/* --- without matrices ------------------------------------------------------------------------ */

static gf_operator parse_sum(gf_chain chain, const char *text) {
    const chain_case one = {"", chain, {{text, -1}}, {{0}}};
    return hamiltonian_of(&one);
}

START_TEST(currents_of_the_xxz_chain_are_known) {
    const chain_case xxz = {
        "", {8, true, 1}, {{"1.5*(X[0]*X[1] + Y[0]*Y[1]) + 0.6*Z[0]*Z[1]", -1}}, {{0}}};
    const chain_case wide = {
        "",
        {8, true, 1},
        {{"1.5*(X[0]*X[1] + Y[0]*Y[1]) + 0.6*Z[0]*Z[1] + 0.5*(X[0]*X[2] + Y[0]*Y[2])", -1}},
        {{0}}};
    gf_operator expected =
        parse_sum(wide.chain, "3*(X[0]*Y[1] - Y[0]*X[1]) + 2*(X[0]*Y[2] - Y[0]*X[2])");
    gf_currents integrable = currents_of(&xxz), chaotic = currents_of(&wide);
    gf_operator j1 = gf_currents_total(&chaotic, &wide.chain, GF_MAGNETIZATION);
    ck_assert(gf_operator_equal(&j1, &expected, NULL));
    for (int k = 0; k < 2; ++k) { /* [H, J_2] = 0 without the next neighbours, and only then */
        gf_operator h = hamiltonian_of(k == 0 ? &xxz : &wide);
        gf_operator j2 = gf_currents_total(k == 0 ? &integrable : &chaotic, &xxz.chain, GF_ENERGY);
        gf_operator rest = gf_operator_commutator(&h, &j2);
        ck_assert(k == 0 ? gf_operator_size(&rest) < 1e-13 : gf_operator_size(&rest) > 1);
        gf_operator_free(&h);
        gf_operator_free(&j2);
        gf_operator_free(&rest);
    }
    gf_operator_free(&expected);
    gf_operator_free(&j1);
    gf_currents_free(&integrable);
    gf_currents_free(&chaotic);
}
END_TEST

/* The density does not depend on the ring that it was derived from; the energy's belongs to H. */
START_TEST(densities_are_those_of_the_infinite_chain) {
    chain_case small = cases[1], large = cases[1];
    small.chain.sites = 5;
    large.chain.sites = 11;
    gf_currents a = currents_of(&small), b = currents_of(&large);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        ck_assert(gf_operator_equal(&a.current[i], &b.current[i], NULL));
    }
    gf_operator h = hamiltonian_of(&large), folded = gf_chain_fold(&large.chain, &h);
    gf_operator density = gf_operator_quotient(&folded, 11);
    ck_assert(gf_operator_equal(&density, &a.hamiltonian, NULL));
    gf_operator_free(&h);
    gf_operator_free(&folded);
    gf_operator_free(&density);
    gf_currents_free(&a);
    gf_currents_free(&b);
}
END_TEST

START_TEST(symmetries_take_currents_to_themselves) {
    const chain_case *self = &cases[_i];
    gf_operator h = hamiltonian_of(self);
    gf_currents currents = currents_of(self);
    gf_symmetry symmetry;
    gf_error error;
    ck_assert_int_eq(gf_symmetry_find(&self->chain, &h, &symmetry, &error), GF_OK);
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        for (size_t charge = 0; charge < GF_CHARGES && symmetry.has[factors]; ++charge) {
            gf_operator j = gf_currents_total(&currents, &self->chain, charge);
            gf_operator image =
                gf_symmetry_image(&symmetry, &j, symmetry.translations > 1 ? 1 : 0, factors);
            gf_operator expected = gf_operator_scaled(
                &j, gf_current_sign(charge, (factors & GF_REFLECT) != 0, (factors & GF_FLIP) != 0,
                                    (factors & GF_CONJUGATE) != 0));
            ck_assert_msg(gf_operator_equal(&image, &expected, NULL), "%s: %d", self->name,
                          factors);
            gf_operator_free(&j);
            gf_operator_free(&image);
            gf_operator_free(&expected);
        }
    }
    gf_operator_free(&h);
    gf_currents_free(&currents);
}
END_TEST

START_TEST(rings_that_are_too_short_are_refused) {
    chain_case ring = cases[0];
    gf_currents currents;
    gf_error error = {.message = ""};
    ring.chain.sites = 4;
    gf_operator h = hamiltonian_of(&ring);
    ck_assert_int_eq(gf_currents_derive(&ring.chain, &h, &currents, &error), GF_INVALID);
    assert_contains(error.message, "needs 5; use --sites 5 or more");
    gf_operator_free(&h);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("current");
    tcase_add_loop_test(tests, currents_obey_the_equation_of_continuity, sized(0, 1), CASES);
    tcase_add_loop_test(tests, other_gauges_differ_by_a_time_derivative, sized(0, 2), CASES - 1);
    tcase_add_loop_test(tests, symmetries_take_currents_to_themselves, 0, CASES);
    tcase_add_test(tests, currents_of_the_xxz_chain_are_known);
    tcase_add_test(tests, densities_are_those_of_the_infinite_chain);
    tcase_add_test(tests, rings_that_are_too_short_are_refused);
    return run_suite("current", tests);
}
