/* exp(-i t H) and exp(-x H) on vectors, against dense exponentials made from the meaning of the
 * operators' terms, and against what must hold of them whatever the size. */
#include "krylov/time_evolution.h"

#include "suite.h"

#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <omp.h>

enum { TIMES = 3, MOST = 80 };
static const double times[TIMES] = {0.3, -2, 11};
static const double cooling[TIMES] = {0.4, -0.7, 2.5};

/* A chain without any symmetry but that of its magnetisation. */
static gf_operator hamiltonian_of(int sites, bool is_complex) {
    gf_operator sum = {0};
    uint64_t seed = 7;
    for (int site = 0; site < sites; ++site) {
        for (int far = 1; far <= 2; ++far) {
            uint64_t here = (uint64_t)1 << site, there = (uint64_t)1 << (site + far) % sites;
            double complex hop = 2 + random_dyadic(&seed) / 4;
            hop += is_complex ? I * random_dyadic(&seed) / 4 : 0;
            gf_operator_append(&sum, (gf_operator_term){hop, here, there, 0});
            gf_operator_append(&sum, (gf_operator_term){conj(hop), there, here, 0});
            gf_operator_append(
                &sum, (gf_operator_term){1 + random_dyadic(&seed) / 8, 0, 0, here | there});
        }
        gf_operator_append(&sum,
                           (gf_operator_term){random_dyadic(&seed) / 8, 0, 0, (uint64_t)1 << site});
    }
    gf_operator_normalize(&sum);
    return sum;
}

typedef struct chain {
    gf_operator h;
    gf_action *action;
    gf_basis basis;
    gf_time_evolution evolution;
} chain;

static void open_chain(chain *self, int sites, int up, bool is_complex, double accuracy) {
    gf_error error = {.message = ""};
    *self = (chain){.h = hamiltonian_of(sites, is_complex)};
    ck_assert_int_eq(gf_action_create(&self->h, sites, &self->action, &error), GF_OK);
    ck_assert_int_eq(gf_basis_init(&self->basis, sites, up, &error), GF_OK);
    self->evolution = (gf_time_evolution){
        .hamiltonian = self->action, .basis = &self->basis, .accuracy = accuracy};
    ck_assert_msg(gf_energy_range_find(self->action, &self->basis, is_complex,
                                       &self->evolution.range, &error) == GF_OK,
                  "%s", error.message);
}

static void close_chain(chain *self) {
    gf_operator_free(&self->h);
    gf_action_free(self->action);
    gf_basis_free(&self->basis);
}

/* Energies and eigenvectors (columns) of the dense matrix. */
static void diagonalize(const chain *self, double complex *matrix, double *energy) {
    size_t n = self->basis.size;
    memset(matrix, 0, n * n * sizeof *matrix);
    for (size_t i = 0; i < n; ++i) {
        for (size_t k = 0; k < self->h.count; ++k) {
            const gf_operator_term *term = &self->h.terms[k];
            uint64_t state = self->basis.states[i], to = (state | term->plus) & ~term->minus;
            size_t row = 0;
            if ((state & term->plus) != 0 || (~state & term->minus) != 0) {
                continue;
            }
            while (self->basis.states[row] != to) {
                ++row;
            }
            bool odd = __builtin_popcountll(~state & term->z) % 2 == 1;
            matrix[i * n + row] += (odd ? -1 : 1) * term->coefficient;
        }
    }
    ck_assert_int_eq(LAPACKE_zheev(LAPACK_COL_MAJOR, 'V', 'L', (int)n, matrix, (int)n, energy), 0);
}

static double *random_vectors(size_t cells) {
    double *v = calloc(cells, sizeof *v);
    uint64_t seed = 5;
    for (size_t i = 0; i < cells; ++i) {
        v[i] = random_dyadic(&seed);
    }
    return v;
}

static double complex component(const double *v, size_t width, size_t i, size_t vector) {
    return CMPLX(v[i * width + vector], v[i * width + vector + width / 2]);
}

/* |result - f(H) start| / |start| of one complex vector, f given on the eigenvalues. */
static double distance(size_t n, const double complex *states, const double complex *f,
                       size_t width, size_t vector, const double *start, const double *result) {
    double complex exact[MOST] = {0};
    double off = 0, norm = 0;
    for (size_t k = 0; k < n; ++k) {
        double complex overlap = 0;
        for (size_t i = 0; i < n; ++i) {
            overlap += conj(states[k * n + i]) * component(start, width, i, vector);
        }
        for (size_t i = 0; i < n; ++i) {
            exact[i] += f[k] * overlap * states[k * n + i];
        }
    }
    for (size_t i = 0; i < n; ++i) {
        double complex there = component(start, width, i, vector);
        double complex apart = component(result, width, i, vector) - exact[i];
        off += creal(apart * conj(apart));
        norm += creal(there * conj(there));
    }
    return sqrt(off / norm);
}

static void allocate(size_t cells, double *result[TIMES]) {
    for (size_t k = 0; k < TIMES; ++k) {
        result[k] = calloc(cells, sizeof **result);
    }
}

static void release(double *result[TIMES]) {
    for (size_t k = 0; k < TIMES; ++k) {
        free(result[k]);
    }
}

static void check_dense(bool is_complex, int width) {
    chain one;
    gf_error error = {.message = ""};
    open_chain(&one, 8, 4, is_complex, 1e-12);
    size_t n = one.basis.size, cells = n * (size_t)width;
    double complex *states = calloc(n * n, sizeof *states), f[MOST];
    double *start = random_vectors(cells), *result[TIMES], energy[MOST];
    allocate(cells, result);
    diagonalize(&one, states, energy);
    gf_columns columns = {.width = width, .is_complex = true};
    ck_assert_int_eq(
        gf_time_evolution_run(&one.evolution, columns, TIMES, times, start, result, NULL, &error),
        GF_OK);
    for (size_t t = 0; t < TIMES; ++t) {
        for (size_t k = 0; k < n; ++k) {
            f[k] = cexp(CMPLX(0, -times[t] * energy[k]));
        }
        for (int v = 0; v < width / 2; ++v) {
            ck_assert_double_le(distance(n, states, f, (size_t)width, (size_t)v, start, result[t]),
                                1e-10);
        }
    }
    ck_assert_int_eq(gf_time_evolution_cool(&one.evolution, columns, TIMES, cooling, start, result,
                                            NULL, &error),
                     GF_OK);
    for (size_t t = 0; t < TIMES; ++t) {
        gf_energy_range range = one.evolution.range;
        double reference = cooling[t] > 0 ? range.lowest : range.highest;
        for (size_t k = 0; k < n; ++k) {
            f[k] = exp(-cooling[t] * (energy[k] - reference));
        }
        for (int v = 0; v < width / 2; ++v) {
            ck_assert_double_le(distance(n, states, f, (size_t)width, (size_t)v, start, result[t]),
                                1e-10);
        }
    }
    free(states);
    free(start);
    release(result);
    close_chain(&one);
}

START_TEST(agrees_with_dense_exponentials) {
    check_dense(false, 2);
    check_dense(false, 8);
    check_dense(true, 4);
}
END_TEST

/* Real vectors, against dense exponentials and against the same as complex ones. */
static void check_real(int width) {
    chain one;
    gf_error error = {.message = ""};
    open_chain(&one, 8, 4, false, 1e-12);
    size_t n = one.basis.size, w = (size_t)width, cells = 2 * n * w;
    double complex *states = calloc(n * n, sizeof *states), f[MOST];
    double *start = random_vectors(n * w), *wide = calloc(cells, sizeof *wide);
    double *result[TIMES], *expected[TIMES], energy[MOST];
    allocate(cells, result);
    allocate(cells, expected);
    diagonalize(&one, states, energy);
    for (size_t i = 0; i < n * w; ++i) {
        wide[i / w * 2 * w + i % w] = start[i];
    }
    gf_columns columns = {.width = width}, complex_columns = {2 * width, true};
    ck_assert_int_eq(
        gf_time_evolution_run(&one.evolution, columns, TIMES, times, start, result, NULL, &error),
        GF_OK);
    ck_assert_int_eq(gf_time_evolution_run(&one.evolution, complex_columns, TIMES, times, wide,
                                           expected, NULL, &error),
                     GF_OK);
    for (size_t t = 0; t < TIMES; ++t) {
        for (size_t k = 0; k < n; ++k) {
            f[k] = cexp(CMPLX(0, -times[t] * energy[k]));
        }
        for (size_t v = 0; v < w; ++v) {
            ck_assert_double_le(distance(n, states, f, 2 * w, v, wide, result[t]), 1e-10);
        }
        for (size_t i = 0; i < cells; ++i) {
            ck_assert_double_le(fabs(result[t][i] - expected[t][i]), 1e-12);
        }
    }
    free(states);
    free(start);
    free(wide);
    release(result);
    release(expected);
    close_chain(&one);
}

START_TEST(real_starts_agree) {
    for (int width = 1; width <= GF_MAX_COLUMNS / 2; width *= 2) {
        check_real(width);
    }
}
END_TEST

START_TEST(bounds_hold) {
    for (int up = 0; up <= 8; ++up) {
        chain one;
        double energy[MOST];
        double complex *states = calloc((size_t)MOST * MOST, sizeof *states);
        open_chain(&one, 8, up, true, 1e-10);
        diagonalize(&one, states, energy);
        gf_energy_range range = one.evolution.range;
        double width = energy[one.basis.size - 1] - energy[0];
        ck_assert_double_le(range.lowest, energy[0]);
        ck_assert_double_ge(range.highest, energy[one.basis.size - 1]);
        ck_assert_double_le(range.highest - range.lowest, 1.03 * width + 1e-6);
        free(states);
        close_chain(&one);
    }
}
END_TEST

/* <v|v> and <v|H|v>. */
static void measure(const chain *self, gf_columns columns, const double *v, double *norm,
                    double *energy) {
    size_t cells = self->basis.size * (size_t)columns.width;
    double *image = calloc(cells, sizeof *image);
    gf_action_apply(self->action, &self->basis, columns, v, image);
    *norm = *energy = 0;
    for (size_t i = 0; i < cells; ++i) {
        *norm += v[i] * v[i];
        *energy += v[i] * image[i];
    }
    free(image);
}

START_TEST(conserves_and_returns) {
    chain one;
    gf_error error = {.message = ""};
    gf_columns columns = {.width = 4, .is_complex = true};
    open_chain(&one, 12, 6, true, 1e-12);
    size_t cells = one.basis.size * 4, applications = 0;
    double *start = random_vectors(cells), *result[TIMES], *back = calloc(cells, sizeof *back);
    double norm[2], energy[2], off = 0;
    allocate(cells, result);
    ck_assert_int_eq(gf_time_evolution_run(&one.evolution, columns, TIMES, times, start, result,
                                           &applications, &error),
                     GF_OK);
    double width = one.evolution.range.highest - one.evolution.range.lowest;
    ck_assert_double_le((double)applications, 11 * width / 2 + 80);
    ck_assert_double_ge((double)applications, 11 * width / 2);
    measure(&one, columns, start, &norm[0], &energy[0]);
    for (size_t t = 0; t < TIMES; ++t) {
        measure(&one, columns, result[t], &norm[1], &energy[1]);
        ck_assert_double_le(fabs(norm[1] / norm[0] - 1), 1e-11);
        ck_assert_double_le(fabs(energy[1] - energy[0]) / norm[0], 1e-10);
    }
    ck_assert_int_eq(gf_time_evolution_run(&one.evolution, columns, 1, (double[]){-11}, result[2],
                                           &back, NULL, &error),
                     GF_OK);
    for (size_t i = 0; i < cells; ++i) {
        off = fmax(off, fabs(back[i] - start[i]));
    }
    ck_assert_double_le(off, 1e-10);
    free(start);
    free(back);
    release(result);
    close_chain(&one);
}
END_TEST

START_TEST(accuracy_is_what_was_asked_for) {
    chain one;
    gf_error error = {.message = ""};
    open_chain(&one, 8, 4, false, 1e-12);
    size_t n = one.basis.size, before = 0;
    double complex *states = calloc(n * n, sizeof *states), f[MOST];
    double *start = random_vectors(2 * n), *result = calloc(2 * n, sizeof *result), energy[MOST];
    diagonalize(&one, states, energy);
    for (size_t k = 0; k < n; ++k) {
        f[k] = cexp(CMPLX(0, -5 * energy[k]));
    }
    for (double accuracy = 1e-10; accuracy < 1e-2; accuracy *= 100) {
        size_t applications = 0;
        one.evolution.accuracy = accuracy;
        ck_assert_int_eq(gf_time_evolution_run(&one.evolution, (gf_columns){2, true}, 1,
                                               (double[]){5}, start, &result, &applications,
                                               &error),
                         GF_OK);
        double off = distance(n, states, f, 2, 0, start, result);
        ck_assert_double_le(off, accuracy);
        ck_assert_double_ge(off, accuracy * 1e-4); /* and no work for nothing */
        ck_assert(before == 0 || applications < before);
        before = applications;
    }
    free(states);
    free(start);
    free(result);
    close_chain(&one);
}
END_TEST

static void check_threads(bool is_complex) {
    chain one;
    gf_error error = {.message = ""};
    gf_columns columns = {.width = 2, .is_complex = is_complex};
    open_chain(&one, 14, 7, false, 1e-10);
    size_t cells = one.basis.size * (is_complex ? 2 : 4);
    double *start = random_vectors(one.basis.size * 2), *result[TIMES], *again[TIMES];
    allocate(cells, result);
    allocate(cells, again);
    omp_set_num_threads(1);
    ck_assert_int_eq(
        gf_time_evolution_run(&one.evolution, columns, TIMES, times, start, result, NULL, &error),
        GF_OK);
    omp_set_num_threads(4);
    ck_assert_int_eq(
        gf_time_evolution_run(&one.evolution, columns, TIMES, times, start, again, NULL, &error),
        GF_OK);
    omp_set_num_threads(1);
    for (size_t t = 0; t < TIMES; ++t) {
        ck_assert_int_eq(memcmp(result[t], again[t], cells * sizeof **result), 0);
    }
    free(start);
    release(result);
    release(again);
    close_chain(&one);
}

START_TEST(threads_change_nothing) {
    check_threads(false);
    check_threads(true);
}
END_TEST

/* A range that misses energies is noticed, and so are times that are too long, and real vectors
 * that a complex H would make complex. */
START_TEST(refuses_what_goes_wrong) {
    chain one;
    gf_error error = {.message = ""};
    open_chain(&one, 8, 4, false, 1e-10);
    double *start = random_vectors(2 * one.basis.size);
    double *result = calloc(2 * one.basis.size, sizeof *result);
    gf_columns columns = {.width = 2, .is_complex = true};
    ck_assert_int_eq(gf_time_evolution_run(&one.evolution, columns, 1, (double[]){1e9}, start,
                                           &result, NULL, &error),
                     GF_INVALID);
    assert_contains(error.message, "too long for one expansion");
    one.evolution.range.highest /= 2;
    ck_assert_int_eq(gf_time_evolution_run(&one.evolution, columns, 1, (double[]){20}, start,
                                           &result, NULL, &error),
                     GF_NO_CONVERGENCE);
    assert_contains(error.message, "but there are others");
    close_chain(&one);
    open_chain(&one, 8, 4, true, 1e-10);
    ck_assert_int_eq(gf_time_evolution_run(&one.evolution, (gf_columns){.width = 1}, 1,
                                           (double[]){1}, start, &result, NULL, &error),
                     GF_INVALID);
    assert_contains(error.message, "with a real H alone");
    free(start);
    free(result);
    close_chain(&one);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("time evolution");
    tcase_add_test(tests, agrees_with_dense_exponentials);
    tcase_add_test(tests, real_starts_agree);
    tcase_add_test(tests, bounds_hold);
    tcase_add_test(tests, conserves_and_returns);
    tcase_add_test(tests, accuracy_is_what_was_asked_for);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, refuses_what_goes_wrong);
    return run_suite("time evolution", tests);
}
