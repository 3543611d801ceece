/* Transport against dense matrices on all 2^N states, which share no code with the library: Pauli
 * strings multiplied one by one, every pair of eigenstates, every charge subtracted. Then known
 * values, and the judgement on functions of time that are known. */
#include "transport/transport.h"

#include "suite.h"

#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>

enum { MOST_STRINGS = 12, MOST_PLACED = 80, MOST_STATES = 64, TIMES = 9, POINTS = 3 };

static const double lambdas[POINTS][GF_CHARGES] = {{0, 0}, {0.4, -0.3}, {-0.7, 0.5}};

typedef struct pauli {
    const char *factors; /* "X.X": X[0]*X[2] */
    double coefficient;
    int at; /* site of its cell, or -1: every site */
} pauli;

typedef struct chain_case {
    const char *name;
    int sites, cell;
    bool periodic;
    pauli string[MOST_STRINGS];
} chain_case;

static const chain_case cases[] = {
    {"next neighbours",
     6,
     1,
     true,
     {{"XX", 1, -1}, {"YY", 1, -1}, {"ZZ", 0.7, -1}, {"X.X", 0.5, -1}, {"Y.Y", 0.5, -1}}},
    {"no symmetry but translations",
     6,
     1,
     true,
     {{"XX", 1, -1},
      {"YY", 1, -1},
      {"ZZ", 0.5, -1},
      {"XY", 0.4, -1},
      {"YX", -0.4, -1},
      {"XXZ", 0.3, -1},
      {"YYZ", 0.3, -1},
      {"Z", 0.2, -1}}},
    {"reflection with conjugation",
     5,
     1,
     true,
     {{"XX", 1, -1},
      {"YY", 1, -1},
      {"XY", 0.4, -1},
      {"YX", -0.4, -1},
      {"ZZ", 0.5, -1},
      {"Z", 0.3, -1}}},
    {"currents in equilibrium that all but cancel",
     6,
     1,
     true,
     {{"XX", 2, -1},
      {"YY", 2, -1},
      {"ZZ", -0.1, -1},
      {"XY", 0.3, -1},
      {"YX", -0.3, -1},
      {"X.X", -1.6, -1},
      {"Y.Y", -1.6, -1},
      {"Z", -0.3, -1}}},
    {"cells",
     6,
     3,
     true,
     {{"XX", 1, -1},
      {"YY", 1, -1},
      {"ZZ", 0.4, -1},
      {"XX", 0.3, 1},
      {"YY", 0.3, 1},
      {"Z", 0.8, 2}}},
    {"open",
     5,
     1,
     false,
     {{"XX", 1, -1}, {"YY", 1, -1}, {"ZZ", 0.7, -1}, {"X.X", 0.5, -1}, {"Y.Y", 0.5, -1}}},
};
enum { CASES = sizeof cases / sizeof *cases };

/* --- the model as YAML ----------------------------------------------------------------------- */

static gf_model *model_of(const chain_case *self) {
    char text[4096];
    int used =
        snprintf(text, sizeof text, "name: test\nsites: %d\nboundary: %s\ncell: %d\nhamiltonian:\n",
                 self->sites, self->periodic ? "periodic" : "open", self->cell);
    for (int k = 0; k < MOST_STRINGS && self->string[k].factors != NULL; ++k) {
        const pauli *one = &self->string[k];
        used += snprintf(text + used, sizeof text - (size_t)used, "  - {term: \"%.17g",
                         one->coefficient);
        for (int i = 0; one->factors[i] != '\0'; ++i) {
            if (one->factors[i] != '.') {
                used += snprintf(text + used, sizeof text - (size_t)used, "*%c[%d]",
                                 one->factors[i], i);
            }
        }
        used += snprintf(text + used, sizeof text - (size_t)used, "\"");
        if (one->at >= 0) {
            used += snprintf(text + used, sizeof text - (size_t)used, ", at: %d", one->at);
        }
        used += snprintf(text + used, sizeof text - (size_t)used, "}\n");
    }
    (void)snprintf(text + used, sizeof text - (size_t)used,
                   "lindblad: [{name: flip, rate: 1, operator: \"X[0]\"}]\n");
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_model_parse(text, strlen(text), "test", NULL, &model, &error) == GF_OK, "%s",
                  error.message);
    return model;
}

/* --- the reference --------------------------------------------------------------------------- */

/* A Pauli string in place: to = from ^ flips, times value. */
typedef struct placed {
    int flips, twice_centre;
    double complex value[MOST_STATES];
} placed;

typedef struct reference {
    int sites, states, strings;
    placed string[MOST_PLACED];
    double complex h[MOST_STATES][MOST_STATES], j[2][MOST_STATES][MOST_STATES];
    double energy[MOST_STATES], magnetization[MOST_STATES];
    double complex vectors[MOST_STATES * MOST_STATES];   /* columns */
    double complex element[2][MOST_STATES][MOST_STATES]; /* <n|J|m> */
} reference;

static void place(reference *self, const pauli *one, int start, double coefficient, int offset) {
    placed *result = &self->string[self->strings++];
    int span = (int)strlen(one->factors);
    *result = (placed){.twice_centre = 2 * start + offset + span - 1};
    for (int from = 0; from < self->states; ++from) {
        result->value[from] = coefficient;
        for (int k = 0; k < span; ++k) {
            int site = (start + k) % self->sites, up = (from >> site) & 1;
            char f = one->factors[k];
            result->value[from] *= f == 'Y' ? (up ? I : -I) : f == 'Z' ? (up ? 1 : -1) : 1;
        }
    }
    for (int k = 0; k < span; ++k) {
        bool flips = one->factors[k] == 'X' || one->factors[k] == 'Y';
        result->flips ^= flips ? 1 << (start + k) % self->sites : 0;
    }
}

/* target += factor i [a, b] */
static void add_commutator(const reference *self, double factor, const placed *a, const placed *b,
                           double complex target[MOST_STATES][MOST_STATES]) {
    for (int from = 0; from < self->states; ++from) {
        double complex ab = a->value[from ^ b->flips] * b->value[from];
        double complex ba = b->value[from ^ a->flips] * a->value[from];
        target[from ^ a->flips ^ b->flips][from] += I * factor * (ab - ba);
    }
}

/* The distance of two centres, the short way around a ring. */
static double distance(const chain_case *self, const placed *a, const placed *b) {
    int n = 2 * self->sites, away = b->twice_centre - a->twice_centre;
    if (self->periodic) {
        away = ((away + self->sites) % n + n) % n - self->sites;
    }
    return 0.5 * away;
}

static void build(const chain_case *chain, reference *self) {
    memset(self, 0, sizeof *self);
    self->sites = chain->sites;
    self->states = 1 << chain->sites;
    for (int k = 0; k < MOST_STRINGS && chain->string[k].factors != NULL; ++k) {
        int span = (int)strlen(chain->string[k].factors), at = chain->string[k].at;
        for (int start = 0; start < chain->sites; ++start) {
            if ((at < 0 || start % chain->cell == at) &&
                (chain->periodic || start + span <= chain->sites)) {
                place(self, &chain->string[k], start, chain->string[k].coefficient, 0);
            }
        }
    }
    int terms = self->strings;
    for (int site = 0; site < chain->sites; ++site) {
        place(self, &(pauli){"Z", 1, -1}, site, 1, 0);
    }
    for (int a = 0; a < terms; ++a) {
        const placed *one = &self->string[a];
        for (int from = 0; from < self->states; ++from) {
            self->h[from ^ one->flips][from] += one->value[from];
        }
        for (int b = 0; b < self->strings; ++b) {
            add_commutator(self, distance(chain, one, &self->string[b]) * (b < terms ? 0.5 : 1),
                           one, &self->string[b], self->j[b < terms ? 1 : 0]);
        }
    }
}

/* Eigenvectors of definite magnetisation, and the currents between them. */
static void diagonalize(reference *self) {
    static double complex half[MOST_STATES][MOST_STATES];
    int n = self->states;
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k < n; ++k) { /* sum Z tells sectors apart, and is taken off again */
            int m = 2 * __builtin_popcount((unsigned)k) - self->sites;
            self->vectors[k * n + i] = self->h[i][k] + (i == k ? 1000.0 * m : 0);
        }
    }
    ck_assert_int_eq(LAPACKE_zheev(LAPACK_COL_MAJOR, 'V', 'U', n, self->vectors, n, self->energy),
                     0);
    for (int k = 0; k < n; ++k) {
        double m = 0;
        for (int i = 0; i < n; ++i) {
            double complex v = self->vectors[k * n + i];
            m += creal(v * conj(v)) * (2 * __builtin_popcount((unsigned)i) - self->sites);
        }
        self->magnetization[k] = round(m);
        self->energy[k] -= 1000 * self->magnetization[k];
    }
    for (int which = 0; which < 2; ++which) {
        for (int i = 0; i < n; ++i) {
            for (int k = 0; k < n; ++k) {
                half[i][k] = 0;
                for (int l = 0; l < n; ++l) {
                    half[i][k] += self->j[which][i][l] * self->vectors[k * n + l];
                }
            }
        }
        for (int i = 0; i < n; ++i) {
            for (int k = 0; k < n; ++k) {
                self->element[which][i][k] = 0;
                for (int l = 0; l < n; ++l) {
                    self->element[which][i][k] += conj(self->vectors[i * n + l]) * half[l][k];
                }
            }
        }
    }
}

typedef struct expected {
    double mean[2], correlation[TIMES][4], onsager[TIMES][4], drude[4];
} expected;

static void add_pair(const reference *self, double weight, int n, int m, const double *time,
                     expected *sum) {
    double omega = self->energy[n] - self->energy[m];
    bool lasts = fabs(omega) < 1e-9;
    for (int k = 0; k < 4; ++k) {
        double complex product = self->element[k / 2][n][m] * self->element[k % 2][m][n];
        sum->drude[k] += lasts ? weight * creal(product) : 0;
        for (int t = 0; t < TIMES; ++t) {
            double complex turned = cexp(I * omega * time[t]);
            sum->correlation[t][k] += weight * creal(product * turned);
            sum->onsager[t][k] +=
                weight * creal(lasts ? product * time[t] : product * (turned - 1) / (I * omega));
        }
    }
}

/* Q_i - <Q_i> over the eigenstates, and the means of products. */
static void subtract_charges(const reference *self, const double *p, const double *time,
                             expected *sum) {
    double mean[2] = {0}, c[2][2] = {{0}}, along[2][2] = {{0}};
    for (int n = 0; n < self->states; ++n) {
        mean[0] += p[n] * self->magnetization[n];
        mean[1] += p[n] * self->energy[n];
    }
    for (int n = 0; n < self->states; ++n) {
        double q[2] = {self->magnetization[n] - mean[0], self->energy[n] - mean[1]};
        for (int i = 0; i < 2; ++i) {
            double j = creal(self->element[i][n][n]);
            sum->mean[i] += p[n] * j / self->sites;
            for (int k = 0; k < 2; ++k) {
                along[i][k] += p[n] * j * q[k] / self->sites;
                c[i][k] += p[n] * q[i] * q[k] / self->sites;
            }
        }
    }
    double det = c[0][0] * c[1][1] - c[0][1] * c[1][0];
    double inverse[2][2] = {{c[1][1] / det, -c[0][1] / det}, {-c[1][0] / det, c[0][0] / det}};
    for (int k = 0; k < 4; ++k) {
        double rest = self->sites * sum->mean[k / 2] * sum->mean[k % 2];
        for (int a = 0; a < 2; ++a) {
            for (int b = 0; b < 2; ++b) {
                rest += along[k / 2][a] * inverse[a][b] * along[k % 2][b];
            }
        }
        sum->drude[k] -= rest;
        for (int t = 0; t < TIMES; ++t) {
            sum->correlation[t][k] -= rest;
            sum->onsager[t][k] -= rest * time[t];
        }
    }
}

static void expect(const reference *self, const double lambda[2], gf_kubo form, const double *time,
                   expected *sum) {
    double p[MOST_STATES], z = 0;
    memset(sum, 0, sizeof *sum);
    for (int n = 0; n < self->states; ++n) {
        p[n] = exp(-lambda[0] * self->magnetization[n] - lambda[1] * self->energy[n]);
        z += p[n];
    }
    for (int n = 0; n < self->states; ++n) {
        p[n] /= z;
    }
    for (int n = 0; n < self->states; ++n) {
        for (int m = 0; m < self->states; ++m) {
            double log_ratio = log(p[n] / p[m]);
            double kubo = fabs(log_ratio) > 1e-7 ? (p[n] - p[m]) / log_ratio : 0.5 * (p[n] + p[m]);
            add_pair(self, (form == GF_KUBO_MORI ? kubo : 0.5 * (p[n] + p[m])) / self->sites, n, m,
                     time, sum);
        }
    }
    subtract_charges(self, p, time, sum);
}

static gf_transport *find(const gf_model *model, gf_kubo form, bool exact, size_t points,
                          const double (*lambda)[GF_CHARGES], gf_axis time) {
    gf_transport *result = NULL;
    gf_error error = {.message = ""};
    const gf_transport_request request = {.points = points,
                                          .lambda = lambda,
                                          .time = time,
                                          .form = form,
                                          .exact = exact,
                                          .compare = true};
    ck_assert_msg(gf_transport_find(model, &request, &result, &error) == GF_OK, "%s",
                  error.message);
    return result;
}

static void assert_near(const chain_case *chain, const char *what, const double *found,
                        const double *known, double scale, double tolerance) {
    for (int k = 0; k < 4; ++k) {
        ck_assert_msg(fabs(found[k] - known[k]) <= tolerance * scale, "%s: %s %d: %.12g, not %.12g",
                      chain->name, what, k, found[k], known[k]);
    }
}

START_TEST(response_is_that_of_dense_matrices) {
    const chain_case *chain = &cases[_i];
    static reference dense;
    gf_model *model = model_of(chain);
    build(chain, &dense);
    diagonalize(&dense);
    for (int way = 0; way < 3; ++way) { /* exact; symmetrised; on a grid of frequencies */
        gf_kubo form = way == 1 ? GF_SYMMETRISED : GF_KUBO_MORI;
        gf_transport *found = find(model, form, way < 2, POINTS, lambdas, (gf_axis){0, 4, TIMES});
        for (size_t p = 0; p < POINTS; ++p) {
            expected known;
            expect(&dense, lambdas[p], form, found->time, &known);
            double scale = fmax(known.correlation[0][0], known.correlation[0][3]);
            double tolerance = way < 2 ? 1e-9 : 1e-4, widest = scale;
            assert_near(chain, "Drude", found->drude[p], known.drude, scale, tolerance);
            for (size_t t = 0; t < TIMES; ++t) {
                widest = fmax(widest, fmax(known.onsager[t][0], known.onsager[t][3]));
                assert_near(chain, "K", found->correlation[p * TIMES + t], known.correlation[t],
                            scale, tolerance);
                assert_near(chain, "sigma", found->onsager[p * TIMES + t], known.onsager[t], widest,
                            tolerance);
            }
            for (int i = 0; i < 2; ++i) {
                ck_assert_double_eq_tol(found->mean_current[p][i], known.mean[i], 1e-10);
            }
        }
        gf_transport_free(found);
    }
    gf_model_free(model);
}
END_TEST

/* --- known values ---------------------------------------------------------------------------- */

static gf_model *half(int sites) {
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    const gf_settings settings = {.sites = sites};
    ck_assert_msg(gf_model_read(GF_MODELS "/xxz_jprime_half.yaml", &settings, &model, &error) ==
                      GF_OK,
                  "%s", error.message);
    return model;
}

START_TEST(the_chain_of_ten_sites_is_known) {
    gf_model *model = half(10);
    gf_transport *found = find(model, GF_KUBO_MORI, false, 1, lambdas, (gf_axis){0, 8, 65});
    static const struct {
        size_t at;
        double sigma11, sigma22;
    } known[] = {{8, 12.928108, 23.841709}, {32, 34.242926, 81.942837}};
    ck_assert_double_eq_tol(found->correlation[0][0], 16, 1e-9);
    ck_assert_double_eq_tol(found->correlation[0][3], 31, 1e-9);
    for (size_t k = 0; k < 2; ++k) {
        ck_assert_double_eq_tol(found->onsager[known[k].at][0], known[k].sigma11, 1e-3);
        ck_assert_double_eq_tol(found->onsager[known[k].at][3], known[k].sigma22, 1e-3);
        ck_assert_double_eq_tol(found->onsager[known[k].at][1], 0, 1e-12);
    }
    gf_transport *exact = find(model, GF_KUBO_MORI, true, 1, lambdas, (gf_axis){0, 4, 5});
    ck_assert_double_eq_tol(exact->onsager[1][0], 12.928108, 1e-6);
    ck_assert_double_eq_tol(exact->onsager[1][3], 23.841709, 1e-6);
    ck_assert_double_eq_tol(exact->onsager[4][0], 34.242926, 1e-6);
    ck_assert_double_eq_tol(exact->onsager[4][3], 81.942837, 1e-6);
    ck_assert_int_eq(found->verdict[0],
                     GF_NOT_SETTLED); /* never a D from an artefact of the ring */
    ck_assert(isnan(found->diffusion[0][0]) && isnan(found->limit[0][3]));
    ck_assert_int_eq(found->compared, 8);
    ck_assert(found->reliable_time[0] > 0.5 && found->reliable_time[0] < 2.5);
    gf_transport_free(found);
    gf_transport_free(exact);
    gf_model_free(model);
}
END_TEST

/* sigma_12 is odd in m, the rest even; without symmetries the same numbers. */
START_TEST(both_signs_of_the_magnetisation_agree) {
    static const double both[2][GF_CHARGES] = {{0.5, -0.2}, {-0.5, -0.2}};
    gf_model *model = half(8);
    gf_transport *found = find(model, GF_KUBO_MORI, true, 2, both, (gf_axis){0, 2, 5});
    model->no_symmetry = true;
    gf_transport *plain = find(model, GF_KUBO_MORI, true, 2, both, (gf_axis){0, 2, 5});
    for (size_t t = 0; t < 5; ++t) {
        const double *plus = found->correlation[t], *minus = found->correlation[5 + t];
        ck_assert(fabs(plus[1]) > 0.01);
        for (int k = 0; k < 4; ++k) {
            int sign = k == 1 || k == 2 ? -1 : 1;
            ck_assert_double_eq_tol(plus[k], sign * minus[k], 1e-12);
            ck_assert_double_eq_tol(plus[k], plain->correlation[t][k], 1e-9);
        }
    }
    gf_transport_free(found);
    gf_transport_free(plain);
    gf_model_free(model);
}
END_TEST

/* Without next neighbours J_2 is conserved: all of K_22 is its Drude weight. */
START_TEST(a_conserved_current_never_decays) {
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    gf_settings settings = {.sites = 8};
    ck_assert_int_eq(gf_settings_assign(&settings, "Jp=0", &error), GF_OK);
    ck_assert_msg(gf_model_read(GF_MODELS "/xxz_jprime_half.yaml", &settings, &model, &error) ==
                      GF_OK,
                  "%s", error.message);
    gf_settings_free(&settings);
    gf_transport *found = find(model, GF_KUBO_MORI, false, POINTS, lambdas, (gf_axis){0, 8, 33});
    for (size_t p = 0; p < POINTS; ++p) {
        double weight = found->drude[p][3];
        ck_assert(weight > 0.1);
        ck_assert_double_eq_tol(found->correlation[p * 33][3], weight, 1e-9 * weight);
        ck_assert_double_eq_tol(found->onsager[p * 33 + 32][3], 8 * weight, 1e-8 * weight);
        ck_assert_int_eq(found->verdict[p], GF_NOT_SETTLED);
    }
    gf_transport_free(found);
    gf_model_free(model);
}
END_TEST

/* --- the judgement --------------------------------------------------------------------------- */

/* sigma = 10 (1 - exp(-t)) or 10 t, and another chain that leaves it by 5 % at t = `apart`. */
static gf_transport *made_up(bool settles, double apart) {
    gf_transport *self = NULL;
    gf_error error;
    ck_assert_int_eq(gf_transport_create(1, 81, &self, &error), GF_OK);
    self->compared = 8;
    self->susceptibility[0][gf_pair(0, 0)] = 0.5;
    self->susceptibility[0][gf_pair(1, 1)] = 2;
    for (size_t t = 0; t < self->times; ++t) {
        double time = self->time[t] = 0.25 * (double)t;
        for (int k = 0; k < 4; k += 3) {
            self->onsager[t][k] = settles ? 10 * (1 - exp(-time)) : 10 * time;
            self->onsager_error[t][k] = self->onsager[t][k] * (time < apart ? 0.005 : 0.05);
        }
    }
    gf_transport_judge(self);
    return self;
}

START_TEST(only_what_stands_still_is_settled) {
    gf_transport *good = made_up(true, 12.1), *early = made_up(true, 3),
                 *grows = made_up(false, 12.1);
    ck_assert_int_eq(good->verdict[0], GF_SETTLED);
    ck_assert_double_eq(good->reliable_time[0], 12);
    ck_assert(fabs(good->limit[0][0] - 10) <= good->limit_error[0][0]);
    ck_assert(good->limit_error[0][0] < 0.2);
    ck_assert(fabs(good->diffusion[0][0] - 20) <= good->diffusion_error[0][0]);
    ck_assert(fabs(good->diffusion[0][3] - 5) <= good->diffusion_error[0][3]);
    ck_assert_double_eq(good->diffusion[0][1], 0);
    gf_transport *others[] = {early, grows};
    for (int k = 0; k < 2; ++k) {
        ck_assert_int_eq(others[k]->verdict[0], GF_NOT_SETTLED);
        ck_assert(isnan(others[k]->diffusion[0][0]) && isnan(others[k]->limit[0][0]));
        ck_assert(others[k]->reliable_onsager[0][0] > 5);
        gf_transport_free(others[k]);
    }
    gf_transport_free(good);
}
END_TEST

/* On five sites Z[0]*Z[3] is Z[3]*Z[5], a term of next neighbours: that ring is no smaller one of
 * the same chain. */
START_TEST(smaller_rings_are_of_the_same_chain) {
    static const int sites[] = {7, 9}, compared[] = {0, 7};
    for (size_t k = 0; k < 2; ++k) {
        const chain_case chain = {
            "far", sites[k], 1, true, {{"XX", 1, -1}, {"YY", 1, -1}, {"Z..Z", 0.5, -1}}};
        gf_model *model = model_of(&chain);
        gf_transport *found = find(model, GF_KUBO_MORI, false, 1, lambdas, (gf_axis){0, 1, 3});
        ck_assert_int_eq(found->compared, compared[k]);
        ck_assert_int_eq(isnan(found->reliable_time[0]), compared[k] == 0);
        gf_transport_free(found);
        gf_model_free(model);
    }
}
END_TEST

/* Where nothing fluctuates there is no D, and the result says why. */
START_TEST(full_chains_have_no_diffusion) {
    gf_model *model = model_of(&cases[0]);
    gf_transport *found =
        find(model, GF_KUBO_MORI, false, 1, (const double[1][2]){{1e6, 0}}, (gf_axis){0, 1, 33});
    ck_assert_int_eq(found->verdict[0], GF_NOT_SETTLED);
    ck_assert(isnan(found->diffusion[0][0]));
    ck_assert_ptr_nonnull(strstr(found->reason[0], "C is singular"));
    gf_transport_free(found);
    gf_model_free(model);
}
END_TEST

START_TEST(what_numbers_cannot_hold_is_refused) {
    gf_model *model = half(6);
    gf_transport *found = NULL;
    gf_error error = {.message = ""};
    gf_transport_request request = {
        .points = 1, .lambda = (const double[1][2]){{0, 100}}, .time = {0, 1, 3}, .exact = true};
    ck_assert_int_eq(gf_transport_find(model, &request, &found, &error), GF_INVALID);
    assert_contains(error.message, "beyond what double precision holds");
    request.lambda = lambdas;
    request.time.to = 1e12;
    ck_assert_int_eq(gf_transport_find(model, &request, &found, &error), GF_INVALID);
    assert_contains(error.message, "lost to rounding");
    request.time.to = 1;
    gf_model_free(model);
    model = half(4);
    ck_assert_int_eq(gf_transport_find(model, &request, &found, &error), GF_INVALID);
    assert_contains(error.message, "too short for a current");
    ck_assert_ptr_null(found);
    gf_model_free(model);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("transport");
    tcase_add_loop_test(tests, response_is_that_of_dense_matrices, 0, CASES);
    tcase_add_test(tests, the_chain_of_ten_sites_is_known);
    tcase_add_test(tests, both_signs_of_the_magnetisation_agree);
    tcase_add_test(tests, a_conserved_current_never_decays);
    tcase_add_test(tests, only_what_stands_still_is_settled);
    tcase_add_test(tests, smaller_rings_are_of_the_same_chain);
    tcase_add_test(tests, full_chains_have_no_diffusion);
    tcase_add_test(tests, what_numbers_cannot_hold_is_refused);
    return run_suite("transport", tests);
}
