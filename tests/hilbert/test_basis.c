/* The states of a sector against the combinatorial number system: the state with bits p_1 < p_2 <
 * ... < p_k stands at position sum_j binomial(p_j, j) (D. E. Knuth, TAOCP 4A, 7.2.1.3). */
#include "hilbert/basis.h"

#include "suite.h"

/* Pascal's triangle */
static uint64_t binomial[34][34];

static void fill_binomials(void) {
    for (int n = 0; n < 34; ++n) {
        binomial[n][0] = 1;
        for (int k = 1; k <= n; ++k) {
            binomial[n][k] = binomial[n - 1][k - 1] + (k < n ? binomial[n - 1][k] : 0);
        }
    }
}

static int population(uint32_t state) {
    int count = 0;
    for (; state != 0; state >>= 1) {
        count += (int)(state & 1);
    }
    return count;
}

static uint64_t position(uint32_t state) {
    uint64_t rank = 0;
    for (int p = 0, j = 0; p < 32; ++p) {
        if (((state >> p) & 1) != 0) {
            rank += binomial[p][++j];
        }
    }
    return rank;
}

static void check_sector(int sites, int up, size_t stride) {
    gf_basis basis;
    gf_error error = {0};
    ck_assert_int_eq(gf_basis_init(&basis, sites, up, &error), GF_OK);
    ck_assert_uint_eq(basis.size, binomial[sites][up]);
    ck_assert_uint_eq(basis.size, gf_basis_dimension(sites, up));
    for (size_t i = 0; i < basis.size; i += stride) {
        uint32_t state = basis.states[i];
        ck_assert_uint_eq((uint64_t)state >> sites, 0);
        ck_assert_int_eq(population(state), up);
        ck_assert_uint_eq(position(state), i);
        ck_assert_uint_eq(gf_basis_rank(&basis, state), i);
        ck_assert(i == 0 || basis.states[i - 1] < state);
    }
    gf_basis_free(&basis);
    ck_assert_ptr_null(basis.states);
}

START_TEST(small_chains_have_every_state_once) {
    size_t total = 0;
    for (int up = 0; up <= _i; ++up) {
        check_sector(_i, up, 1);
        total += gf_basis_dimension(_i, up);
    }
    ck_assert_uint_eq(total, (size_t)1 << _i);
}
END_TEST

START_TEST(long_chains_have_their_states) {
    check_sector(26, 13, 4999); /* a prime, so that all low halves come by */
    check_sector(25, 7, 997);
    static const int rare[] = {0, 1, 2, 3, 29, 30, 31, 32};
    for (size_t i = 0; i < sizeof rare / sizeof *rare; ++i) {
        check_sector(32, rare[i], 1);
    }
}
END_TEST

START_TEST(dimensions_are_binomials) {
    for (int sites = 1; sites <= 32; ++sites) {
        for (int up = 0; up <= sites; ++up) {
            ck_assert_uint_eq(gf_basis_dimension(sites, up), binomial[sites][up]);
        }
        ck_assert_uint_eq(gf_basis_dimension(sites, -1), 0);
        ck_assert_uint_eq(gf_basis_dimension(sites, sites + 1), 0);
    }
}
END_TEST

int main(void) {
    fill_binomials();
    TCase *tests = tcase_create("basis");
    tcase_add_loop_test(tests, small_chains_have_every_state_once, 1, 15);
    tcase_add_test(tests, long_chains_have_their_states);
    tcase_add_test(tests, dimensions_are_binomials);
    return run_suite("basis", tests);
}
