/* The rate equation against brute force, closed forms, and the table of Gibbs states.
 *
 * The reference knows no symmetry: dense matrices from Kronecker products, the eigenvectors of the
 * whole Hamiltonian, and the generator on all |a><b| with E_a = E_b, which is the limit epsilon ->
 * 0 of the Lindbladian. */
#include "suite.h"

#include "fixture.h"
#include "open_system/bath.h"
#include "open_system/chain_model.h"
#include "open_system/rates.h"
#include "open_system/trial_ladder.h"

#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_MODELS = sized(30, 8) };

/* --- the reference --------------------------------------------------------------------------- */

enum { MAX_PAIRS = 256 };

typedef struct reference {
    int states, sites, pairs;
    double energy[MAX_STATES], magnetization[MAX_STATES];
    matrix vector; /* [component][eigenstate] */
    int ket[MAX_PAIRS], bra[MAX_PAIRS];
    double complex *generator; /* [pairs][pairs], column-major */
} reference;

/* Eigenstates of H + a field so small that it only tells M apart: made sharp in M. */
static void diagonalize(reference *self, const chain_model *model) {
    static matrix h;
    memset(h, 0, sizeof h);
    hamiltonian(model, h);
    double complex packed[MAX_STATES * MAX_STATES];
    int n = self->states, kept = 0;
    for (int up = 0; up <= self->sites; ++up) {
        int member[MAX_STATES], size = 0;
        for (int s = 0; s < n; ++s) {
            member[size] = s;
            size += __builtin_popcount((unsigned)s) == up;
        }
        double level[MAX_STATES];
        for (int i = 0; i < size; ++i) {
            for (int j = 0; j < size; ++j) {
                packed[j * size + i] = h[member[i]][member[j]];
            }
        }
        ck_assert_int_eq(LAPACKE_zheev(LAPACK_COL_MAJOR, 'V', 'U', size, packed, size, level), 0);
        for (int k = 0; k < size; ++k, ++kept) {
            self->energy[kept] = level[k];
            self->magnetization[kept] = 2 * up - self->sites;
            for (int i = 0; i < size; ++i) {
                self->vector[member[i]][kept] = packed[k * size + i];
            }
        }
    }
}

static void to_eigenbasis(const reference *self, matrix in, matrix out) {
    static matrix half;
    int n = self->states;
    for (int i = 0; i < n; ++i) {
        for (int b = 0; b < n; ++b) {
            half[i][b] = 0;
            for (int j = 0; j < n; ++j) {
                half[i][b] += in[i][j] * self->vector[j][b];
            }
        }
    }
    for (int a = 0; a < n; ++a) {
        for (int b = 0; b < n; ++b) {
            out[a][b] = 0;
            for (int i = 0; i < n; ++i) {
                out[a][b] += conj(self->vector[i][a]) * half[i][b];
            }
        }
    }
}

static void add_jump(reference *self, double rate, matrix jump) {
    static matrix gamma;
    int n = self->states;
    for (int a = 0; a < n; ++a) {
        for (int b = 0; b < n; ++b) {
            gamma[a][b] = 0;
            for (int k = 0; k < n; ++k) {
                gamma[a][b] += conj(jump[k][a]) * jump[k][b];
            }
        }
    }
    for (int u = 0; u < self->pairs; ++u) {
        for (int v = 0; v < self->pairs; ++v) {
            int a = self->ket[u], b = self->bra[u], c = self->ket[v], d = self->bra[v];
            double complex value = jump[a][c] * conj(jump[b][d]);
            value -= b == d ? gamma[a][c] / 2 : 0;
            value -= a == c ? gamma[d][b] / 2 : 0;
            self->generator[v * self->pairs + u] += rate * value;
        }
    }
}

static void reference_open(reference *self, const chain_model *model) {
    static matrix jump, turned;
    *self = (reference){.states = 1 << model->sites, .sites = model->sites};
    diagonalize(self, model);
    for (int a = 0; a < self->states; ++a) {
        for (int b = 0; b < self->states; ++b) {
            if (fabs(self->energy[a] - self->energy[b]) < 1e-9) {
                ck_assert_int_lt(self->pairs, MAX_PAIRS);
                self->ket[self->pairs] = a;
                self->bra[self->pairs++] = b;
            }
        }
    }
    self->generator = calloc((size_t)self->pairs * (size_t)self->pairs, sizeof *self->generator);
    for (int c = 0; c < model->channels; ++c) {
        for (int site = 0; site < model->sites; ++site) {
            memset(jump, 0, sizeof jump);
            place(model, &model->jump[c], site, jump);
            to_eigenbasis(self, jump, turned);
            add_jump(self, model->rate[c], turned);
        }
    }
}

/* x = exp(K t) x: many short steps of a Taylor series. */
static void evolve(const reference *self, double t, double complex *x) {
    int n = self->pairs;
    double norm = 0;
    for (int i = 0; i < n; ++i) {
        double sum = 0;
        for (int j = 0; j < n; ++j) {
            sum += cabs(self->generator[j * n + i]);
        }
        norm = fmax(norm, sum);
    }
    int steps = 1 + (int)(norm * t);
    double complex term[MAX_PAIRS], next[MAX_PAIRS];
    for (int s = 0; s < steps; ++s) {
        memcpy(term, x, (size_t)n * sizeof *x);
        for (int order = 1; order < 20; ++order) {
            for (int i = 0; i < n; ++i) {
                next[i] = 0;
            }
            for (int j = 0; j < n; ++j) {
                for (int i = 0; i < n; ++i) {
                    next[i] += self->generator[j * n + i] * term[j];
                }
            }
            for (int i = 0; i < n; ++i) {
                term[i] = next[i] * t / steps / order;
                x[i] += term[i];
            }
        }
    }
}

/* x = lim exp(K t) x: three implicit steps so long that nothing else is left. */
static void settle(const reference *self, double complex *x) {
    const double step = 1e5;
    int n = self->pairs, pivots[MAX_PAIRS];
    double complex *a = calloc((size_t)n * (size_t)n, sizeof *a);
    for (int i = 0; i < n * n; ++i) {
        a[i] = (i % n == i / n) - step * self->generator[i];
    }
    ck_assert_int_eq(LAPACKE_zgetrf(LAPACK_COL_MAJOR, n, n, a, n, pivots), 0);
    for (int k = 0; k < 3; ++k) {
        ck_assert_int_eq(LAPACKE_zgetrs(LAPACK_COL_MAJOR, 'N', n, 1, a, n, pivots, x, n), 0);
    }
    free(a);
}

static void gibbs(const reference *self, const double lambda[2], double complex *x) {
    double sum = 0;
    for (int u = 0; u < self->pairs; ++u) {
        int a = self->ket[u];
        x[u] = a == self->bra[u]
                   ? exp(-lambda[0] * self->magnetization[a] - lambda[1] * self->energy[a])
                   : 0;
        sum += creal(x[u]);
    }
    for (int u = 0; u < self->pairs; ++u) {
        x[u] /= sum;
    }
}

/* <m>, <e>, <m^2>. */
static void measure(const reference *self, const double complex *x, double value[3]) {
    value[0] = value[1] = value[2] = 0;
    for (int u = 0; u < self->pairs; ++u) {
        int a = self->ket[u];
        if (a == self->bra[u]) {
            double m = self->magnetization[a] / self->sites;
            value[0] += creal(x[u]) * m;
            value[1] += creal(x[u]) * self->energy[a] / self->sites;
            value[2] += creal(x[u]) * m * m;
        }
    }
}

/* The distance from -rate + i frequency to the nearest eigenvalue of the generator. */
static double nearest_eigenvalue(const reference *self, const gf_gap *gap,
                                 const double complex *w) {
    double least = INFINITY;
    for (int k = 0; k < self->pairs; ++k) {
        least = fmin(least, cabs(w[k] - (-gap->rate + gap->frequency * I)));
    }
    return least;
}

static double complex *eigenvalues(const reference *self) {
    int n = self->pairs;
    double complex *copy = calloc((size_t)n * (size_t)n, sizeof *copy);
    double complex *w = calloc((size_t)n, sizeof *w);
    memcpy(copy, self->generator, (size_t)n * (size_t)n * sizeof *copy);
    ck_assert_int_eq(LAPACKE_zgeev(LAPACK_COL_MAJOR, 'N', 'N', n, copy, n, w, NULL, 1, NULL, 1), 0);
    free(copy);
    return w;
}

/* --- tests ----------------------------------------------------------------------------------- */

static gf_rates *find(const gf_model *model, const gf_rates_request *request, gf_error *error) {
    gf_rates *rates = NULL;
    (void)gf_rates_find(model, request, &rates, error);
    return rates;
}

/* Relaxation from a Gibbs state: it passes through every part of the rate equation. */
static void check_against_reference(const chain_model *model, uint64_t seed, int *solved) {
    gf_model *own = library_model(model);
    gf_rates_request request = {.relax = true, .start = {0.37, -0.21}, .end = 3};
    gf_error error = {.message = ""};
    gf_rates *rates = find(own, &request, &error);
    if (rates == NULL) { /* several stationary states: said so */
        ck_assert_msg(strstr(error.message, "stationary") != NULL, "seed %lu: %s",
                      (unsigned long)seed, error.message);
        gf_model_free(own);
        return;
    }
    ++*solved;
    reference exact;
    reference_open(&exact, model);
    double complex x[MAX_PAIRS], *w = eigenvalues(&exact);
    gibbs(&exact, request.start, x);
    double before = 0;
    for (size_t t = 0; t < rates->times; t += 40) {
        double value[3];
        evolve(&exact, rates->time[t] - before, x);
        before = rates->time[t];
        measure(&exact, x, value);
        for (int k = 0; k < 3; ++k) {
            ck_assert_msg(fabs(rates->relaxing[k][t] - value[k]) < 1e-7,
                          "seed %lu, t = %g, quantity %d: %.12g, exactly %.12g",
                          (unsigned long)seed, rates->time[t], k, rates->relaxing[k][t], value[k]);
        }
    }
    for (size_t k = 0; k < rates->gaps; ++k) {
        ck_assert_msg(nearest_eigenvalue(&exact, &rates->gap[k], w) < 1e-9,
                      "seed %lu: %.12g is no rate", (unsigned long)seed, rates->gap[k].rate);
    }
    if (rates->sectors == 1) { /* where all go to in the end */
        double value[3];
        settle(&exact, x);
        measure(&exact, x, value);
        ck_assert_double_eq_tol(rates->sector[0].second_moment, value[2], 1e-8);
        ck_assert_double_eq_tol(rates->sector[0].energy, value[1], 1e-8);
    }
    free(w);
    free(exact.generator);
    gf_rates_free(rates);
    gf_model_free(own);
}

START_TEST(random_models_relax_as_their_lindbladian_says) {
    int solved = 0;
    for (uint64_t seed = 1; seed <= RANDOM_MODELS; ++seed) {
        chain_model model = random_model(seed);
        check_against_reference(&model, seed, &solved);
    }
    ck_assert_int_gt(solved, RANDOM_MODELS / 2);
}
END_TEST

static gf_rates *of_file(const char *file, int sites, const char *assignment,
                         const gf_rates_request *request) {
    fixture chain;
    gf_error error = {.message = ""};
    fixture_open(&chain, file, sites, assignment);
    gf_rates *rates = find(chain.model, request, &error);
    ck_assert_msg(rates != NULL, "%s", error.message);
    fixture_close(&chain);
    return rates;
}

static const gf_rates_request plain = {.end = 0};

START_TEST(values_known_to_eight_digits) {
    static const struct {
        int sites;
        double second_moment, energy, odd, even;
    } known[] = {{4, 0.6976816381, 0.6300961751, 0.07379127, 0.36025019},
                 {6, 0.6198770494, 0.6393753099, 0.06542524, 0.36028048}};
    for (size_t k = 0; k < 2; ++k) {
        gf_rates *rates = of_file("xxz_jprime.yaml", known[k].sites, NULL, &plain);
        ck_assert_uint_eq(rates->sectors, 2);
        ck_assert_double_eq_tol(rates->exact.second_moment, known[k].second_moment, 1e-9);
        ck_assert_double_eq_tol(rates->exact.energy, known[k].energy, 1e-9);
        ck_assert_double_eq_tol(rates->exact.odd, known[k].odd, 1e-8);
        ck_assert_double_eq_tol(rates->exact.even, known[k].even, 1e-8);
        gf_rates_free(rates);
    }
}
END_TEST

/* Six sites at J' = 0.5: levels with F = -1 coincide, and without their coherences <m^2> were
 * 0.5927870160. */
START_TEST(coherences_of_coinciding_levels_are_kept) {
    gf_rates *rates = of_file("xxz_jprime_half.yaml", 6, NULL, &plain);
    ck_assert_int_eq(rates->sector[1].flip, -1);
    ck_assert_double_eq_tol(rates->sector[1].second_moment, 0.5927816272, 1e-9);
    ck_assert_uint_gt(rates->coherences, 0);
    gf_rates_free(rates);
}
END_TEST

START_TEST(the_most_magnetised_states_are_in_balance) {
    gf_rates *rates = of_file("xxz_jprime_half.yaml", 8, "gamma=0.87", &plain);
    const double *p = rates->exact.probability;
    ck_assert_double_eq_tol(p[8] / p[7], 1 / (8 * (1 - 0.87)), 1e-10);
    ck_assert_double_eq_tol(p[0], p[8], 1e-15);
    double sum = 0, joint = 0;
    for (size_t k = 0; k <= 8; ++k) {
        sum += p[k];
        for (size_t bin = 0; bin < GF_RATES_ENERGIES; ++bin) {
            joint += rates->joint[k * GF_RATES_ENERGIES + bin];
        }
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_assert_double_eq_tol(joint, 1, 1e-12);
    gf_rates_free(rates);
}
END_TEST

START_TEST(a_gibbs_state_begins_to_relax_with_the_force_of_the_table) {
    static const char *const files[] = {"xxz_jprime.yaml", "xxz_jprime_half.yaml", "dm_field.yaml",
                                        "chiral.yaml", "pump_loss.yaml"};
    for (size_t k = 0; k < sizeof files / sizeof *files; ++k) {
        fixture chain;
        gf_error error = {.message = ""};
        fixture_open(&chain, files[k], sized(7, 5), NULL);
        gf_state state = fixture_at(&chain, -0.4, 0.23);
        gf_rates_request request = {.relax = true, .by_density = true};
        memcpy(request.start, state.density, sizeof state.density);
        gf_rates *rates = find(chain.model, &request, &error);
        ck_assert_msg(rates != NULL, "%s", error.message);
        for (int i = 0; i < GF_CHARGES; ++i) {
            ck_assert_double_eq_tol(rates->slope[i], state.force[i], 1e-10);
            ck_assert_double_eq_tol(rates->relaxing[i][0], state.density[i], 1e-9);
        }
        gf_rates_free(rates);
        fixture_close(&chain);
    }
}
END_TEST

/* Every spin for itself: binomial, whatever H. */
START_TEST(pump_and_loss_leave_free_spins) {
    gf_rates *rates = of_file("pump_loss.yaml", 6, "pump=0.6", &plain);
    double up = 0.6 / 0.9, coefficient = 1;
    ck_assert_uint_eq(rates->sectors, 1);
    for (int k = 0; k <= 6; ++k) {
        double expected = coefficient * pow(up, k) * pow(1 - up, 6 - k);
        ck_assert_double_eq_tol(rates->exact.probability[k], expected, 1e-12);
        ck_assert_double_eq_tol(rates->smooth.probability[k], expected, 1e-10);
        coefficient *= (6.0 - k) / (k + 1);
    }
    ck_assert_double_eq_tol(rates->gap[0].rate, 0.9, 1e-9);
    gf_rates_free(rates);
}
END_TEST

START_TEST(dephasing_keeps_every_magnetisation) {
    gf_rates *rates = of_file("dephasing.yaml", 6, NULL, &plain);
    ck_assert_uint_eq(rates->sectors, 7);
    for (size_t s = 0; s < 7; ++s) {
        ck_assert_int_eq(rates->sector[s].least, 2 * (int)s - 6);
        ck_assert_int_eq(rates->sector[s].greatest, 2 * (int)s - 6);
        for (size_t n = 0; n < rates->levels; ++n) {
            double all = rates->magnetization[n] == 2.0 * (double)s - 6
                             ? rates->states[n] / rates->sector[s].states
                             : 0;
            ck_assert_double_eq_tol(rates->population[s * rates->levels + n], all, 1e-11);
        }
    }
    ck_assert(isnan(rates->smooth.second_moment)); /* which state is reached is not told */
    gf_rates_free(rates);
}
END_TEST

/* Pairs of spins: M mod 4 is conserved. */
START_TEST(pairs_of_flips_keep_the_parity_of_spins_up) {
    chain_model model = {.sites = 4, .periodic = true, .channels = 2, .rate = {0.7, 0.3}};
    add_pair(&model.hamiltonian, 1, "X", "X", 1);
    add_pair(&model.hamiltonian, 1, "Y", "Y", 1);
    add_pair(&model.hamiltonian, 0.6, "Z", "Z", 1);
    add_pair(&model.jump[0], 1, "Sp", "Sp", 1);
    add_pair(&model.jump[1], 1, "Sm", "Sm", 1);
    gf_model *own = library_model(&model);
    gf_error error = {.message = ""};
    gf_rates *rates = find(own, &plain, &error);
    ck_assert_msg(rates != NULL, "%s", error.message);
    double states = 0;
    ck_assert_uint_ge(rates->sectors, 2); /* and one state that no pair can leave */
    for (size_t s = 0; s < rates->sectors; ++s) {
        states += rates->sector[s].states;
        for (size_t k = 0; k <= 4; ++k) {
            bool own_class = (2 * (int)k - 4 - rates->sector[s].least) % 4 == 0;
            ck_assert(own_class || rates->probability[s * 5 + k] < 1e-12);
        }
    }
    ck_assert_double_eq_tol(states, 16, 1e-12);
    gf_rates_free(rates);
    gf_model_free(own);
}
END_TEST

/* A chain with unit cells, of H or of the bath alone: by translations of a cell, or by none. */
static void check_cells(const char *yaml, int step, size_t jumps) {
    gf_rates *rates[2];
    gf_bath bath;
    gf_rates_request request = {.relax = true, .start = {0.3, -0.2}, .end = 2};
    for (int k = 0; k < 2; ++k) {
        gf_model *model = NULL;
        gf_error error = {.message = ""};
        ck_assert_msg(gf_model_parse(yaml, strlen(yaml), "cells", NULL, &model, &error) == GF_OK,
                      "%s", error.message);
        model->no_symmetry = k == 1;
        ck_assert_int_eq(gf_bath_init(&bath, model, &error), GF_OK);
        ck_assert_int_eq(bath.symmetry.translations, k == 0 ? 6 / step : 1);
        ck_assert_uint_eq(bath.count, k == 0 ? jumps : jumps * 6 / (size_t)step);
        gf_bath_free(&bath);
        rates[k] = find(model, &request, &error);
        ck_assert_msg(rates[k] != NULL, "%s", error.message);
        gf_model_free(model);
    }
    ck_assert_double_eq_tol(rates[0]->exact.second_moment, rates[1]->exact.second_moment, 1e-9);
    ck_assert_double_eq_tol(rates[0]->exact.energy, rates[1]->exact.energy, 1e-9);
    ck_assert_double_eq_tol(rates[0]->gap[0].rate, rates[1]->gap[0].rate, 1e-8);
    for (size_t t = 0; t < rates[0]->times; t += 30) {
        for (int q = 0; q < 3; ++q) {
            ck_assert_double_eq_tol(rates[0]->relaxing[q][t], rates[1]->relaxing[q][t], 1e-8);
        }
    }
    gf_rates_free(rates[0]);
    gf_rates_free(rates[1]);
}

START_TEST(unit_cells_move_as_a_whole) {
    check_cells(
        "name: cells\nsites: 6\nboundary: periodic\ncell: 2\nhamiltonian:\n"
        "  - {term: \"1.3*(X[0]*X[1] + Y[0]*Y[1]) + 0.7*Z[0]*Z[1]\", at: 0}\n"
        "  - {term: \"0.6*(X[0]*X[1] + Y[0]*Y[1])\", at: 1}\n"
        "  - 0.41*Z[0]*Z[2]\nlindblad:\n"
        "  - {name: flip, rate: 0.3, operator: \"X[0]\", at: 0}\n"
        "  - {name: loss, rate: 0.2, operator: \"Sm[0]*Pu[1]\"}\n",
        2, 3);
    check_cells(
        "name: bath\nsites: 6\nboundary: periodic\ncell: 3\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + 0.7*Z[0]*Z[1] + 0.23*Z[0]*Z[2]\nlindblad:\n"
        "  - {name: pump, rate: 0.3, operator: \"Sp[0]\", at: 1}\n"
        "  - {name: loss, rate: 0.2, operator: \"Sm[0]\"}\n",
        3, 4);
}
END_TEST

static void expect_failure(const char *bath, const char *hamiltonian_term, const char *part) {
    char text[400];
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    int length = snprintf(
        text, sizeof text,
        "name: test\nsites: 4\nboundary: periodic\nhamiltonian: [\"%s\"]\nlindblad: [%s]\n",
        hamiltonian_term, bath);
    ck_assert_msg(gf_model_parse(text, (size_t)length, "test", NULL, &model, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_ptr_null(find(model, &plain, &error));
    ck_assert_int_eq(error.status, GF_INVALID);
    assert_contains(error.message, part);
    gf_model_free(model);
}

START_TEST(baths_without_a_stationary_state_are_refused) {
    expect_failure("{name: x, rate: 0, operator: \"X[0]\"}", "Z[0]*Z[1]", "does nothing");
    expect_failure("{name: i, rate: 1, operator: \"I[0]\"}", "X[0]*X[1] + Y[0]*Y[1]", "stationary");
}
END_TEST

START_TEST(unreachable_densities_are_refused) {
    fixture chain;
    gf_error error = {.message = ""};
    gf_rates_request request = {.relax = true, .by_density = true, .start = {0.9, -1.5}};
    fixture_open(&chain, "xxz_jprime.yaml", 4, NULL);
    ck_assert_ptr_null(find(chain.model, &request, &error));
    assert_contains(error.message, "outside");
    fixture_close(&chain);
}
END_TEST

/* The prototype's values, to the digits given. */
START_TEST(populations_spread_as_known) {
    gf_rates *half = of_file("xxz_jprime_half.yaml", 8, NULL, &plain);
    gf_rates *near = of_file("xxz_jprime.yaml", 8, NULL, &plain);
    ck_assert_double_eq_tol(half->spread[4], 0.54, 0.005);
    ck_assert_double_eq_tol(near->spread[4], 0.49, 0.0055);
    gf_rates_free(half);
    gf_rates_free(near);
}
END_TEST

/* The prototype's values: the exact rate of switching is 8 and 12 % above the smooth one. */
START_TEST(the_ansatz_fails_close_to_integrability) {
    gf_rates *rates = of_file("xxz_jprime.yaml", 8, NULL, &plain);
    ck_assert_double_eq_tol(rates->exact.odd / rates->smooth.odd, 1.08, 0.005);
    gf_rates_free(rates);
    rates = of_file("xxz_jprime.yaml", 10, NULL, &plain);
    ck_assert_double_eq_tol(rates->exact.odd / rates->smooth.odd, 1.12, 0.005);
    gf_rates_free(rates);
}
END_TEST

/* Four sites have no more levels than smooth populations have freedom: nothing to be better than.
 */
START_TEST(verdicts_do_not_compare_with_rounding) {
    static const int sites[2] = {4, 6};
    gf_trial_size sizes[2];
    char verdict[GF_TRIAL_VERDICT];
    for (size_t k = 0; k < 2; ++k) {
        gf_rates *rates = of_file("xxz_jprime.yaml", sites[k], NULL, &plain);
        sizes[k] = gf_trial_size_of(rates);
        gf_rates_free(rates);
    }
    gf_trial_verdict(sizes, 2, verdict);
    assert_contains(verdict, "off by 43 % in the force f_1 around m = 0 at N = 6; longer chains");
    assert_contains(verdict, "2.4 % above the smooth one (0 % at N = 4)");
    ck_assert_ptr_null(strstr(verdict, "+"));
}
END_TEST

/* Without sharp charges the force stands in an exponent wrongly: the shifted block is nearer. */
START_TEST(langevin_blocks_switch_too_often) {
    gf_rates *rates = of_file("xxz_jprime_half.yaml", 8, NULL, &(gf_rates_request){.blocks = true});
    ck_assert_double_gt(rates->bare_block.odd, 2 * rates->exact.odd);
    ck_assert_double_gt(rates->block.odd, 1.5 * rates->exact.odd);
    ck_assert_double_lt(rates->block.odd, 0.8 * rates->bare_block.odd);
    ck_assert_double_lt(rates->block_error, 5e-3);
    double sum = 0;
    for (int k = 0; k <= 8; ++k) {
        sum += rates->block.probability[k];
        ck_assert_double_eq_tol(rates->block.probability[k], rates->block.probability[8 - k], 1e-6);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-4);
    gf_rates_free(rates);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("rates");
    tcase_add_test(tests, random_models_relax_as_their_lindbladian_says);
    tcase_add_test(tests, values_known_to_eight_digits);
    tcase_add_test(tests, coherences_of_coinciding_levels_are_kept);
    tcase_add_test(tests, the_most_magnetised_states_are_in_balance);
    tcase_add_test(tests, a_gibbs_state_begins_to_relax_with_the_force_of_the_table);
    tcase_add_test(tests, pump_and_loss_leave_free_spins);
    tcase_add_test(tests, dephasing_keeps_every_magnetisation);
    tcase_add_test(tests, pairs_of_flips_keep_the_parity_of_spins_up);
    tcase_add_test(tests, unit_cells_move_as_a_whole);
    tcase_add_test(tests, baths_without_a_stationary_state_are_refused);
    tcase_add_test(tests, unreachable_densities_are_refused);
    tcase_add_test(tests, verdicts_do_not_compare_with_rounding);
    tcase_add_long_test(tests, langevin_blocks_switch_too_often);
    tcase_add_long_test(tests, populations_spread_as_known);
    tcase_add_long_test(tests, the_ansatz_fails_close_to_integrability);
    return run_suite("rates", tests);
}
