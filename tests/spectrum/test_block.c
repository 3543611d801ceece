/* Sectors: traces that do not depend on the eigenvectors, and indifference to degeneracy. */
#include "suite.h"

#include "algebra/chain.h"
#include "algebra/expression.h"
#include "hilbert/basis.h"
#include "spectrum/block.h"

#include <math.h>
#include <string.h>

static gf_operator chain_sum(const char *text, int sites) {
    gf_source source = {.text = text, .file = "test"};
    gf_error error = {.message = ""};
    gf_term term;
    gf_operator sum = {0};
    gf_chain chain = {.sites = sites, .periodic = true};
    ck_assert_msg(gf_expression_parse(&source, NULL, &term, &error) == GF_OK, "%s", error.message);
    gf_chain_add(&chain, &term, &sum);
    gf_operator_free(&term.operator);
    return sum;
}

static gf_block_levels solve(const char *hamiltonian, const char *observable, int sites, int up) {
    const gf_chain chain = {.sites = sites, .periodic = true};
    gf_operator h = chain_sum(hamiltonian, sites), o = chain_sum(observable, sites);
    gf_elements *left = NULL, *right = NULL;
    gf_block_levels sector;
    ck_assert_int_eq(gf_elements_create(&h, 1, &left, NULL), GF_OK);
    ck_assert_int_eq(gf_elements_create(&o, 1, &right, NULL), GF_OK);
    gf_symmetry symmetry = gf_symmetry_none(&chain, &h);
    gf_block *blocks = NULL;
    size_t count = 0, wanted = 0;
    ck_assert_int_eq(gf_symmetry_blocks(&symmetry, &blocks, &count, NULL), GF_OK);
    for (size_t b = 0; b < count; ++b) {
        wanted = blocks[b].up == up ? b : wanted;
    }
    ck_assert_int_eq(gf_block_solve(left, right, &symmetry, &blocks[wanted], &sector, NULL), GF_OK);
    free(blocks);
    gf_elements_free(left);
    gf_elements_free(right);
    gf_operator_free(&h);
    gf_operator_free(&o);
    return sector;
}

static const char *const xxz = "X[0]*X[1] + Y[0]*Y[1] + 0.8*Z[0]*Z[1]";
static const char *const chiral = "X[0]*X[1] + Y[0]*Y[1] + 0.6*(X[0]*Y[1] - Y[0]*X[1])";

/* With O = H the diagonal elements are the energies themselves; real and complex. */
START_TEST(elements_of_the_hamiltonian_are_energies) {
    const char *const models[] = {xxz, chiral};
    for (int k = 0; k < 2; ++k) {
        gf_block_levels s = solve(models[k], models[k], 8, 3);
        double states = 0;
        for (size_t n = 0; n < s.levels; ++n) {
            ck_assert_double_eq_tol(s.observable[n], s.energy[n], 1e-12);
            ck_assert(n == 0 || s.energy[n] > s.energy[n - 1]);
            states += s.degeneracy[n];
        }
        ck_assert_double_eq(states, 56);
        gf_block_levels_free(&s);
    }
}
END_TEST

/* Tr H = N Delta Tr ZZ, Tr O from the basis alone: sum of Z Z over states. */
START_TEST(traces) {
    gf_basis basis;
    const int sites = 10, up = 4;
    ck_assert_int_eq(gf_basis_init(&basis, sites, up, NULL), GF_OK);
    double bonds = 0, square = 0;
    for (size_t i = 0; i < basis.size; ++i) {
        for (int j = 0; j < sites; ++j) {
            int a = (int)(basis.states[i] >> j) & 1,
                b = (int)(basis.states[i] >> ((j + 1) % sites)) & 1;
            bonds += a == b ? 1 : -1;
            square += a != b ? 4 : 0; /* each antiparallel bond hops with amplitude 2 */
        }
    }
    gf_block_levels s = solve(xxz, "Z[0]*Z[1]", sites, up);
    double trace = 0, element = 0, second = 0;
    for (size_t n = 0; n < s.levels; ++n) {
        trace += s.degeneracy[n] * s.energy[n];
        element += s.degeneracy[n] * s.observable[n];
        second += s.degeneracy[n] * s.energy[n] * s.energy[n];
    }
    double diagonal = 0;
    for (size_t i = 0; i < basis.size; ++i) {
        double zz = 0;
        for (int j = 0; j < sites; ++j) {
            int a = (int)(basis.states[i] >> j) & 1,
                b = (int)(basis.states[i] >> ((j + 1) % sites)) & 1;
            zz += a == b ? 0.8 : -0.8;
        }
        diagonal += zz * zz;
    }
    ck_assert_double_eq_tol(trace, 0.8 * bonds, 1e-9);
    ck_assert_double_eq_tol(element, bonds, 1e-9);
    ck_assert_double_eq_tol(second, square + diagonal, 1e-8); /* Tr H^2 = sum |H_ij|^2 */
    gf_block_levels_free(&s);
    gf_basis_free(&basis);
}
END_TEST

/* Rotating a degenerate pair changes its diagonal elements but not their mean, hence not the merged
 * family: the table does not depend on the eigenvectors LAPACK happens to return. */
START_TEST(rotated_degenerate_subspaces_merge_to_the_same) {
    enum { LEVELS = 4 };
    const double o[2][2] = {{0.3, 1.1}, {1.1, -0.9}}; /* an operator within the pair */
    double reference = 0;
    for (int k = 0; k < 12; ++k) {
        double c = cos(0.5 * k), s = sin(0.5 * k);
        double energy[LEVELS] = {-1, 0.5, 0.5 + 1e-14, 2}, degeneracy[LEVELS] = {1, 1, 1, 1};
        double value[2 * LEVELS] = {7,
                                    c * c * o[0][0] + s * s * o[1][1] + 2 * c * s * o[0][1],
                                    s * s * o[0][0] + c * c * o[1][1] - 2 * c * s * o[0][1],
                                    9,
                                    1,
                                    2,
                                    4,
                                    8};
        size_t families = gf_block_merge(LEVELS, 1e-12, energy, degeneracy, 2, value);
        ck_assert_uint_eq(families, 3);
        ck_assert_double_eq(degeneracy[1], 2);
        reference = k == 0 ? value[1] : reference;
        ck_assert_double_eq_tol(value[1], reference, 1e-15);
        ck_assert_double_eq_tol(value[1], (o[0][0] + o[1][1]) / 2, 1e-15);
        ck_assert_double_eq(value[families], 1); /* the second row follows the first */
        ck_assert_double_eq(value[families + 1], 3);
        ck_assert_double_eq(value[families + 2], 8);
    }
}
END_TEST

/* A gap wider than the tolerance is kept, even in a chain of narrow ones. */
START_TEST(merging_stops_at_the_tolerance) {
    double energy[] = {0, 0.6, 1.2, 5}, degeneracy[] = {1, 1, 1, 1}, value[] = {1, 2, 3, 4};
    ck_assert_uint_eq(gf_block_merge(4, 1, energy, degeneracy, 1, value), 3);
    ck_assert_double_eq_tol(energy[0], 0.3, 1e-15);
    ck_assert_double_eq_tol(energy[1], 1.2, 1e-15);
}
END_TEST

START_TEST(single_states) {
    gf_block_levels s = solve(xxz, "Z[0]", 6, 6);
    ck_assert_uint_eq(s.levels, 1);
    ck_assert_double_eq_tol(s.energy[0], 6 * 0.8, 1e-14);
    ck_assert_double_eq_tol(s.observable[0], 6, 1e-14);
    gf_block_levels_free(&s);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("sector");
    tcase_add_test(tests, elements_of_the_hamiltonian_are_energies);
    tcase_add_test(tests, traces);
    tcase_add_test(tests, rotated_degenerate_subspaces_merge_to_the_same);
    tcase_add_test(tests, merging_stops_at_the_tolerance);
    tcase_add_test(tests, single_states);
    return run_suite("sector", tests);
}
