/* Operators on vectors, against their terms applied state by state. */
#include "suite.h"

#include "hilbert/action.h"

#include <math.h>
#include <omp.h>

/* A random Hermitian operator of `count` terms and their adjoints; some change the magnetisation.
 */
static gf_operator random_operator(int sites, int count, bool real, uint64_t *seed) {
    gf_operator sum = {0};
    for (int i = 0; i < count; ++i) {
        gf_operator_term term = {.coefficient = random_dyadic(seed)};
        term.coefficient += real ? 0 : I * random_dyadic(seed);
        for (int site = 0; site < sites; ++site) {
            uint64_t bit = (uint64_t)1 << site;
            int kind = random_below(seed, 8);
            term.plus |= kind == 0 ? bit : 0;
            term.minus |= kind == 1 ? bit : 0;
            term.z |= kind == 2 ? bit : 0;
        }
        gf_operator_append(&sum, term);
    }
    gf_operator_normalize(&sum);
    gf_operator adjoint = gf_operator_adjoint(&sum);
    gf_operator_add(&sum, 1, &adjoint);
    gf_operator_free(&adjoint);
    return sum;
}

/* out = O in for one vector, from the meaning of the terms alone. */
static void apply_terms(const gf_operator *o, const gf_basis *basis, const double complex *in,
                        double complex *out) {
    memset(out, 0, basis->size * sizeof *out);
    for (size_t i = 0; i < basis->size; ++i) {
        uint64_t state = basis->states[i];
        for (size_t k = 0; k < o->count; ++k) {
            const gf_operator_term *term = &o->terms[k];
            uint64_t to = (state | term->plus) & ~term->minus;
            if ((state & term->plus) != 0 || (~state & term->minus) != 0 ||
                __builtin_popcountll(to) != basis->up) {
                continue;
            }
            size_t row = 0;
            while (basis->states[row] != to) {
                ++row;
            }
            int downs = __builtin_popcountll(~state & term->z);
            out[row] += (downs % 2 == 0 ? 1 : -1) * term->coefficient * in[i];
        }
    }
}

static double complex component(const double *v, gf_columns columns, size_t row, int vector) {
    int half = columns.width / 2;
    const double *here = v + row * (size_t)columns.width;
    return columns.is_complex ? here[vector] + I * here[vector + half] : here[vector];
}

static void check(const gf_operator *o, const gf_basis *basis, gf_columns columns, uint64_t *seed) {
    size_t cells = basis->size * (size_t)columns.width, wrong = 0;
    double *in = calloc(cells, sizeof *in), *out = calloc(cells, sizeof *out);
    double complex *from = calloc(basis->size, sizeof *from), *to = calloc(basis->size, sizeof *to);
    gf_action *action = NULL;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_action_create(o, basis->sites, &action, &error), GF_OK);
    for (size_t i = 0; i < cells; ++i) {
        in[i] = random_dyadic(seed);
    }
    gf_action_apply(action, basis, columns, in, out);
    for (int v = 0; v < (columns.is_complex ? columns.width / 2 : columns.width); ++v) {
        for (size_t i = 0; i < basis->size; ++i) {
            from[i] = component(in, columns, i, v);
        }
        apply_terms(o, basis, from, to);
        for (size_t i = 0; i < basis->size; ++i) { /* of real vectors the real part is asked for */
            double complex expected = columns.is_complex ? to[i] : creal(to[i]);
            wrong += cabs(component(out, columns, i, v) - expected) <= 1e-9 ? 0 : 1;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    gf_action_free(action);
    free(in);
    free(out);
    free(from);
    free(to);
}

/* All sectors, chains of even and odd length, every number of columns, real and complex. */
START_TEST(equals_the_terms) {
    uint64_t seed = 5;
    for (int sites = 1; sites <= sized(7, 6); ++sites) {
        for (int kind = 0; kind < 2; ++kind) {
            gf_operator o = random_operator(sites, 40, kind == 0, &seed);
            for (int up = 0; up <= sites; ++up) {
                gf_basis basis;
                ck_assert_int_eq(gf_basis_init(&basis, sites, up, NULL), GF_OK);
                for (int width = 1; width <= GF_MAX_COLUMNS; width *= 2) {
                    check(&o, &basis, (gf_columns){width, false}, &seed);
                    if (width > 1) {
                        check(&o, &basis, (gf_columns){width, true}, &seed);
                    }
                }
                gf_basis_free(&basis);
            }
            gf_operator_free(&o);
        }
    }
}
END_TEST

/* Sum of X X + Y Y over a ring: every antiparallel bond is one element off the diagonal. */
START_TEST(elements_are_counted) {
    enum { SITES = 8, UP = 3 };
    gf_operator sum = {0};
    double expected = 0;
    for (int j = 0; j < SITES; ++j) {
        uint64_t a = (uint64_t)1 << j, b = (uint64_t)1 << ((j + 1) % SITES);
        gf_operator_append(&sum, (gf_operator_term){.coefficient = 2, .plus = a, .minus = b});
        gf_operator_append(&sum, (gf_operator_term){.coefficient = 2, .plus = b, .minus = a});
    }
    gf_operator_normalize(&sum);
    gf_basis basis;
    gf_action *action = NULL;
    ck_assert_int_eq(gf_basis_init(&basis, SITES, UP, NULL), GF_OK);
    ck_assert_int_eq(gf_action_create(&sum, SITES, &action, NULL), GF_OK);
    for (size_t i = 0; i < basis.size; ++i) {
        uint32_t state = basis.states[i];
        uint32_t turned = (state >> 1) | ((state & 1) << (SITES - 1));
        expected += 1 + __builtin_popcount(state ^ turned); /* and the diagonal */
    }
    ck_assert_double_eq(gf_action_elements(action, UP), expected);
    gf_action_free(action);
    gf_basis_free(&basis);
    gf_operator_free(&sum);
}
END_TEST

START_TEST(threads_make_no_difference) {
    uint64_t seed = 9;
    gf_operator o = random_operator(11, 60, false, &seed);
    gf_basis basis;
    gf_action *action = NULL;
    gf_columns columns = {4, true};
    ck_assert_int_eq(gf_basis_init(&basis, 11, 5, NULL), GF_OK);
    ck_assert_int_eq(gf_action_create(&o, 11, &action, NULL), GF_OK);
    size_t cells = basis.size * 4, bytes = cells * sizeof(double);
    double *in = malloc(bytes), *one = malloc(bytes), *many = malloc(bytes);
    for (size_t i = 0; i < cells; ++i) {
        in[i] = sin((double)i);
    }
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    gf_action_apply(action, &basis, columns, in, one);
    omp_set_num_threads(3);
    gf_action_apply(action, &basis, columns, in, many);
    omp_set_num_threads(before);
    ck_assert_mem_eq(one, many, bytes);
    free(in);
    free(one);
    free(many);
    gf_action_free(action);
    gf_basis_free(&basis);
    gf_operator_free(&o);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("action");
    tcase_add_test(tests, equals_the_terms);
    tcase_add_test(tests, elements_are_counted);
    tcase_add_test(tests, threads_make_no_difference);
    return run_suite("action", tests);
}
