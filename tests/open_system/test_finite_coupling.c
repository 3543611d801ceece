/* The whole Lindbladian at a finite coupling against one on all of the 4^N elements of the density
 * matrix, from Kronecker products and in no eigenbasis; and against the limit epsilon -> 0. */
#include "suite.h"

#include "fixture.h"
#include "open_system/chain_model.h"
#include "open_system/rates.h"

#include <lapacke.h>

enum { RANDOM_MODELS = sized(12, 3) };

/* --- the reference --------------------------------------------------------------------------- */

/* d rho/dt / epsilon, rho_ab at b states + a. */
typedef struct reference {
    int sites, states, size;
    matrix h;
    double complex *generator; /* [size][size], column-major */
} reference;

/* rho -> left rho right, times a factor. */
static void add_product(reference *self, double complex factor, matrix left, matrix right) {
    int n = self->states;
    for (int b = 0; b < n; ++b) {
        for (int d = 0; d < n; ++d) {
            for (int a = 0; a < n && right[d][b] != 0; ++a) {
                for (int c = 0; c < n; ++c) {
                    self->generator[(size_t)(d * n + c) * (size_t)self->size +
                                    (size_t)(b * n + a)] += factor * left[a][c] * right[d][b];
                }
            }
        }
    }
}

static void add_jump(reference *self, double rate, matrix jump, matrix identity) {
    static matrix adjoint, gamma;
    int n = self->states;
    for (int a = 0; a < n; ++a) {
        for (int b = 0; b < n; ++b) {
            adjoint[a][b] = conj(jump[b][a]);
            gamma[a][b] = 0;
            for (int k = 0; k < n; ++k) {
                gamma[a][b] += conj(jump[k][a]) * jump[k][b];
            }
        }
    }
    add_product(self, rate, jump, adjoint);
    add_product(self, -rate / 2, gamma, identity);
    add_product(self, -rate / 2, identity, gamma);
}

static void reference_open(reference *self, const chain_model *model, double epsilon) {
    static matrix jump, identity;
    int n = 1 << model->sites;
    *self = (reference){.sites = model->sites, .states = n, .size = n * n};
    self->generator = calloc((size_t)self->size * (size_t)self->size, sizeof *self->generator);
    memset(identity, 0, sizeof identity);
    for (int a = 0; a < n; ++a) {
        identity[a][a] = 1;
    }
    hamiltonian(model, self->h);
    add_product(self, -I / epsilon, self->h, identity);
    add_product(self, I / epsilon, identity, self->h);
    for (int c = 0; c < model->channels; ++c) {
        for (int site = 0; site < model->sites; ++site) {
            memset(jump, 0, sizeof jump);
            place(model, &model->jump[c], site, jump);
            add_jump(self, model->rate[c], jump, identity);
        }
    }
}

/* Where the state of infinite temperature goes in the end: implicit steps so long that nothing
 * else is left. <m>, <e>, <m^2>. */
static void settle(const reference *self, double value[3]) {
    const double step = 1e4;
    int size = self->size, *pivots = calloc((size_t)size, sizeof *pivots);
    double complex *a = calloc((size_t)size * (size_t)size, sizeof *a);
    double complex *rho = calloc((size_t)size, sizeof *rho);
    for (size_t i = 0; i < (size_t)size * (size_t)size; ++i) {
        a[i] = (i % (size_t)size == i / (size_t)size) - step * self->generator[i];
    }
    for (int k = 0; k < self->states; ++k) {
        rho[k * self->states + k] = 1. / self->states;
    }
    ck_assert_int_eq(LAPACKE_zgetrf(LAPACK_COL_MAJOR, size, size, a, size, pivots), 0);
    for (int k = 0; k < 3; ++k) {
        ck_assert_int_eq(LAPACKE_zgetrs(LAPACK_COL_MAJOR, 'N', size, 1, a, size, pivots, rho, size),
                         0);
    }
    value[0] = value[1] = value[2] = 0;
    for (int i = 0; i < self->states; ++i) {
        double m = (2. * __builtin_popcount((unsigned)i) - self->sites) / self->sites;
        double p = creal(rho[i * self->states + i]);
        value[0] += p * m;
        value[2] += p * m * m;
        for (int j = 0; j < self->states; ++j) {
            value[1] += creal(self->h[i][j] * rho[i * self->states + j]) / self->sites;
        }
    }
    free(a);
    free(rho);
    free(pivots);
}

static double complex *eigenvalues(const reference *self) {
    int n = self->size;
    double complex *copy = calloc((size_t)n * (size_t)n, sizeof *copy);
    double complex *w = calloc((size_t)n, sizeof *w);
    memcpy(copy, self->generator, (size_t)n * (size_t)n * sizeof *copy);
    ck_assert_int_eq(LAPACKE_zgeev(LAPACK_COL_MAJOR, 'N', 'N', n, copy, n, w, NULL, 1, NULL, 1), 0);
    free(copy);
    return w;
}

/* --- random models --------------------------------------------------------------------------- */

static void check_state(const reference *exact, const gf_rates *rates, const char *label) {
    double value[3], found[3] = {0};
    settle(exact, value);
    for (size_t s = 0; s < rates->sectors; ++s) { /* the start is in each with its states */
        const gf_rates_sector *sector = &rates->coupled.sector[s];
        double part = sector->states / exact->states;
        found[0] += part * sector->magnetization;
        found[1] += part * sector->energy;
        found[2] += part * sector->second_moment;
    }
    for (int k = 0; k < 3; ++k) {
        ck_assert_msg(fabs(found[k] - value[k]) < 1e-8, "%s, quantity %d: %.12g, exactly %.12g",
                      label, k, found[k], value[k]);
    }
}

static void check_rates(const reference *exact, const gf_rates *rates, const char *label) {
    double complex *w = eigenvalues(exact);
    ck_assert_uint_gt(rates->coupled.gaps, 0);
    for (size_t g = 0; g < rates->coupled.gaps; ++g) {
        const gf_gap *gap = &rates->coupled.gap[g];
        double least = INFINITY;
        for (int k = 0; k < exact->size; ++k) {
            least = fmin(least, cabs(w[k] - (-gap->rate + gap->frequency * I)));
        }
        ck_assert_msg(least < 1e-6, "%s: %.12g is no rate (%g)", label, gap->rate, least);
        ck_assert_double_gt(gap->rate, 1e-9); /* decays: the stationary state is taken out */
    }
    free(w);
}

/* False if there is no single stationary state to start from. */
static bool check_against_reference(uint64_t seed, double epsilon) {
    chain_model model = random_model(seed);
    gf_model *own = library_model(&model);
    gf_rates_request request = {.epsilon = epsilon};
    gf_error error = {.message = ""};
    gf_rates *rates = NULL;
    char label[64];
    bool solved = gf_rates_find(own, &request, &rates, &error) == GF_OK;
    (void)snprintf(label, sizeof label, "seed %lu, epsilon %g", (unsigned long)seed, epsilon);
    gf_model_free(own);
    if (!solved) {
        ck_assert_msg(strstr(error.message, "stationary") != NULL, "%s: %s", label, error.message);
        return false;
    }
    reference exact;
    reference_open(&exact, &model, epsilon);
    check_state(&exact, rates, label);
    if (exact.sites < 4 || seed % 8 == 4) { /* all eigenvalues of 256 x 256 take their time */
        check_rates(&exact, rates, label);
    }
    free(exact.generator);
    gf_rates_free(rates);
    return true;
}

START_TEST(random_models_settle_as_their_lindbladian_says) {
    int solved = 0;
    for (uint64_t seed = 1; seed <= RANDOM_MODELS; ++seed) {
        solved += check_against_reference(seed, seed % 3 == 0 ? 1e-3 : 0.1);
    }
    ck_assert_int_gt(solved, RANDOM_MODELS / 2);
}
END_TEST

/* --- shipped models -------------------------------------------------------------------------- */

static gf_rates *of_file(const char *file, int sites, double epsilon) {
    fixture chain;
    gf_rates_request request = {.epsilon = epsilon};
    gf_error error = {.message = ""};
    gf_rates *rates = NULL;
    fixture_open(&chain, file, sites, NULL);
    ck_assert_msg(gf_rates_find(chain.model, &request, &rates, &error) == GF_OK, "%s",
                  error.message);
    fixture_close(&chain);
    return rates;
}

/* Of real H and jumps only even orders of epsilon are left: twice the coupling, four times the
 * shift, up to the fourth order. */
START_TEST(shifts_are_of_second_order) {
    double shift[2][2];
    for (int k = 0; k < 2; ++k) {
        gf_rates *rates = of_file("xxz_jprime_half.yaml", sized(7, 5), 0.01 * (k + 1));
        shift[k][0] = rates->coupled.sector[0].second_moment - rates->sector[0].second_moment;
        shift[k][1] = rates->coupled.sector[0].energy - rates->sector[0].energy;
        double sum = 0;
        for (int i = 0; i <= rates->sites; ++i) {
            sum += rates->coupled.probability[i];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-12);
        gf_rates_free(rates);
    }
    for (int i = 0; i < 2; ++i) {
        ck_assert_double_gt(fabs(shift[0][i]), 1e-9);
        ck_assert_double_eq_tol(shift[1][i] / shift[0][i], 4, 0.02);
    }
}
END_TEST

START_TEST(free_spins_do_not_feel_the_coupling) {
    gf_rates *rates = of_file("pump_loss.yaml", 5, 0.7);
    for (int k = 0; k <= 5; ++k) {
        ck_assert_double_eq_tol(rates->coupled.probability[k], rates->probability[k], 1e-11);
    }
    gf_rates_free(rates);
}
END_TEST

START_TEST(several_stationary_states_are_refused) {
    fixture chain;
    gf_rates_request request = {.epsilon = 0.1};
    gf_error error = {.message = ""};
    gf_rates *rates = NULL;
    fixture_open(&chain, "dephasing.yaml", 4, NULL);
    ck_assert_int_eq(gf_rates_find(chain.model, &request, &rates, &error), GF_INVALID);
    assert_contains(error.message, "conserves more");
    ck_assert_ptr_null(rates);
    fixture_close(&chain);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("finite_coupling");
    tcase_add_test(tests, random_models_settle_as_their_lindbladian_says);
    tcase_add_test(tests, shifts_are_of_second_order);
    tcase_add_test(tests, free_spins_do_not_feel_the_coupling);
    tcase_add_test(tests, several_stationary_states_are_refused);
    return run_suite("finite_coupling", tests);
}
