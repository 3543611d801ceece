/* Trajectories against the Lindblad equation on all of the density matrix, from Kronecker products;
 * against closed forms; and against themselves, however they are shared out. */
#include "suite.h"

#include "fixture.h"
#include "open_system/chain_model.h"
#include "open_system/trajectories/trajectory.h"

#include <omp.h>

enum { MODELS = sized(8, 3), REALISATIONS = sized(800, 100) };

/* --- dense references ------------------------------------------------------------------------ */

/* H_eff = H - i epsilon/2 A, and the jump operators with their rates. */
typedef struct dense {
    int sites, states, jumps;
    matrix h, effective, jump[MAX_CHANNELS * MAX_SITES];
    double rate[MAX_CHANNELS * MAX_SITES], epsilon;
} dense;

static void dense_open(dense *self, const chain_model *model, double epsilon) {
    *self = (dense){.sites = model->sites, .states = 1 << model->sites, .epsilon = epsilon};
    hamiltonian(model, self->h);
    memcpy(self->effective, self->h, sizeof self->h);
    for (int c = 0; c < model->channels; ++c) {
        for (int site = 0; site < model->sites; ++site) {
            double complex(*jump)[MAX_STATES] = self->jump[self->jumps];
            place(model, &model->jump[c], site, jump);
            self->rate[self->jumps++] = model->rate[c];
            for (int a = 0; a < self->states; ++a) {
                for (int b = 0; b < self->states; ++b) {
                    for (int k = 0; k < self->states; ++k) {
                        self->effective[a][b] -=
                            0.5 * I * epsilon * model->rate[c] * conj(jump[k][a]) * jump[k][b];
                    }
                }
            }
        }
    }
}

/* c = a b */
static void multiply(int n, matrix a, matrix b, matrix c) {
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) {
            c[i][j] = 0;
            for (int k = 0; k < n; ++k) {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
}

/* exp(factor a), by a Taylor series of a small part and squares. */
static void exponential(int n, double complex factor, matrix a, matrix result) {
    enum { SQUARES = 8, TERMS = 14 };
    static matrix term, next;
    memset(result, 0, sizeof(matrix));
    memset(term, 0, sizeof term);
    for (int i = 0; i < n; ++i) {
        result[i][i] = term[i][i] = 1;
    }
    for (int k = 1; k <= TERMS; ++k) {
        multiply(n, term, a, next);
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) {
                term[i][j] = next[i][j] * factor / k / (1 << SQUARES);
                result[i][j] += term[i][j];
            }
        }
    }
    for (int k = 0; k < SQUARES; ++k) {
        multiply(n, result, result, next);
        memcpy(result, next, sizeof next);
    }
}

/* d rho/dt: -i H_eff rho + its adjoint + epsilon sum rate L rho L'. */
static void derive(dense *self, matrix rho, matrix result) {
    static matrix one, two;
    int n = self->states;
    multiply(n, self->effective, rho, one);
    for (int a = 0; a < n; ++a) {
        for (int b = 0; b < n; ++b) {
            result[a][b] = -I * one[a][b] + conj(-I * one[b][a]);
        }
    }
    for (int j = 0; j < self->jumps; ++j) {
        multiply(n, self->jump[j], rho, one);
        for (int a = 0; a < n; ++a) {
            for (int b = 0; b < n; ++b) {
                two[a][b] = conj(self->jump[j][b][a]);
            }
        }
        static matrix three;
        multiply(n, one, two, three);
        for (int a = 0; a < n; ++a) {
            for (int b = 0; b < n; ++b) {
                result[a][b] += self->epsilon * self->rate[j] * three[a][b];
            }
        }
    }
}

/* rho after a time, by Taylor steps. */
static void evolve(dense *self, double time, matrix rho) {
    enum { STEPS = 60, ORDER = 12 };
    static matrix term, next;
    for (int s = 0; s < STEPS; ++s) {
        memcpy(term, rho, sizeof term);
        for (int k = 1; k <= ORDER; ++k) {
            derive(self, term, next);
            for (int a = 0; a < self->states; ++a) {
                for (int b = 0; b < self->states; ++b) {
                    term[a][b] = next[a][b] * time / STEPS / k;
                    rho[a][b] += term[a][b];
                }
            }
        }
    }
}

static void fill_gibbs(dense *self, const double lambda[2], matrix rho) {
    static matrix exponent;
    double trace = 0;
    for (int a = 0; a < self->states; ++a) {
        for (int b = 0; b < self->states; ++b) {
            double m = 2. * __builtin_popcount((unsigned)a) - self->sites;
            exponent[a][b] = -lambda[1] * self->h[a][b] - (a == b ? lambda[0] * m : 0);
        }
    }
    exponential(self->states, 1, exponent, rho);
    for (int a = 0; a < self->states; ++a) {
        trace += creal(rho[a][a]);
    }
    for (int a = 0; a < self->states; ++a) {
        for (int b = 0; b < self->states; ++b) {
            rho[a][b] /= trace;
        }
    }
}

/* Spins along x against and with it, and up: "+u-..." */
static void fill_product(dense *self, const char *sites, matrix rho) {
    double amplitude[MAX_STATES];
    for (int a = 0; a < self->states; ++a) {
        amplitude[a] = 1;
        for (int j = 0; j < self->sites; ++j) {
            bool up = (a >> j & 1) != 0;
            char site = sites[(size_t)j % strlen(sites)];
            amplitude[a] *= site == 'u'   ? up
                            : site == 'd' ? !up
                            : site == '-' ? (up ? sqrt(0.5) : -sqrt(0.5))
                                          : sqrt(0.5);
        }
    }
    for (int a = 0; a < self->states; ++a) {
        for (int b = 0; b < self->states; ++b) {
            rho[a][b] = amplitude[a] * amplitude[b];
        }
    }
}

static void average(dense *self, matrix rho, double value[3]) {
    value[0] = value[1] = value[2] = 0;
    for (int a = 0; a < self->states; ++a) {
        double m = (2. * __builtin_popcount((unsigned)a) - self->sites) / self->sites;
        value[0] += creal(rho[a][a]) * m;
        value[2] += creal(rho[a][a]) * m * m;
        for (int b = 0; b < self->states; ++b) {
            value[1] += creal(self->h[a][b] * rho[b][a]) / self->sites;
        }
    }
}

/* --- ensembles ------------------------------------------------------------------------------- */

static gf_trajectories *simulate(const gf_model *model, const gf_trajectories_request *request) {
    gf_error error = {.message = ""};
    gf_trajectories *all = NULL;
    gf_trajectories_control control = {0};
    ck_assert_msg(gf_trajectories_create(model, request, "test", &all, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_msg(gf_trajectories_carry_on(all, model, &control, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_double_eq(gf_trajectories_done(all), 1);
    return all;
}

static gf_trajectories_summary summarise(const gf_trajectories *all) {
    gf_trajectories_summary summary;
    gf_error error;
    ck_assert_int_eq(gf_trajectories_summarise(all, &summary, &error), GF_OK);
    return summary;
}

/* Five standard errors: of some hundred numbers none misses them by chance once in ten thousand
 * seeds, and the seed is fixed. */
static void check_mean(gf_mean mean, double exact, const char *label) {
    ck_assert_msg(fabs(mean.value - exact) < 5 * mean.error + 1e-9,
                  "%s: %.8g +- %.2g, exactly %.8g", label, mean.value, mean.error, exact);
}

static const char *product_of(uint64_t seed, int sites) {
    return seed % 3 != 0 ? "" : sites == 4 ? "+ud-" : "+u-";
}

/* Charges change by what jumps and the damping between them change: the drift, summed. */
static void check_balance(const gf_trajectories *all, const char *label) {
    const gf_trajectories_layout *at = &all->layout;
    size_t count = all->asked.realisations;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        double sum = 0, squares = 0, weights = 0;
        for (size_t r = 0; r < count; ++r) {
            const double *record = all->records + r * at->size;
            double drift = 0, change[2] = {0}, weight = exp(record[at->weight]);
            for (size_t up = 0; up < at->rungs; ++up) {
                drift += record[at->drift + up * GF_CHARGES + i];
                for (int end = 0; end < 2; ++end) {
                    size_t t = end == 1 ? at->times - 1 : 0;
                    change[end] += i == 0 ? record[at->probability + t * at->rungs + up] *
                                                (2. * (double)up - all->sites)
                                          : 0;
                }
            }
            change[0] += i == 1 ? all->sites * record[at->energy] : 0;
            change[1] += i == 1 ? all->sites * record[at->energy + at->times - 1] : 0;
            double off = weight * (drift - (change[1] - change[0]));
            sum += off;
            squares += off * off;
            weights += weight;
        }
        ck_assert_msg(fabs(sum) < 5 * sqrt(squares) + 1e-9 * weights,
                      "%s, charge %zu: %g of %g missing", label, i, sum, sqrt(squares));
    }
}

static void check_against_lindblad(uint64_t seed) {
    static dense exact;
    static matrix rho;
    chain_model model = random_model(seed);
    gf_model *own = library_model(&model);
    gf_trajectories_request request = {.epsilon = seed % 2 == 0 ? 0.4 : 1.5,
                                       .start.lambda = {0.3, -0.35},
                                       .end = 1.5,
                                       .interval = 0.5,
                                       .realisations = REALISATIONS,
                                       .seed = seed};
    (void)strcpy(request.start.product, product_of(seed, model.sites));
    gf_trajectories *all = simulate(own, &request);
    gf_trajectories_summary summary = summarise(all);
    dense_open(&exact, &model, request.epsilon);
    if (request.start.product[0] != '\0') {
        fill_product(&exact, request.start.product, rho);
    } else {
        fill_gibbs(&exact, request.start.lambda, rho);
    }
    for (size_t t = 0; t < all->layout.times; ++t) {
        double value[3];
        char label[80];
        average(&exact, rho, value);
        for (int k = 0; k < 3; ++k) {
            (void)snprintf(label, sizeof label, "seed %lu, time %zu, quantity %d",
                           (unsigned long)seed, t, k);
            check_mean(summary.course[k][t], value[k], label);
        }
        evolve(&exact, request.interval, rho);
    }
    check_balance(all, request.start.product);
    gf_trajectories_summary_free(&summary);
    gf_trajectories_free(all);
    gf_model_free(own);
}

START_TEST(ensembles_follow_the_lindblad_equation) {
    for (uint64_t seed = 1; seed <= MODELS; ++seed) {
        check_against_lindblad(seed);
    }
}
END_TEST

/* --- between jumps --------------------------------------------------------------------------- */

static void check_no_jump(uint64_t seed, double epsilon, double time) {
    static dense exact;
    static matrix propagator;
    chain_model model = random_model(seed);
    gf_model *own = library_model(&model);
    gf_error error = {.message = ""};
    gf_unravelling rules;
    gf_trajectory *trajectory = NULL;
    double complex before[MAX_STATES], after[MAX_STATES];
    /* one stretch, no jump: the first random number is the threshold */
    gf_trajectories_request request = {
        .epsilon = epsilon, .start.product = "+", .end = time, .interval = time, .realisations = 1};
    ck_assert_msg(gf_unravelling_init(&rules, own, epsilon, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_trajectory_create(&rules, &request, &trajectory, &error), GF_OK);
    dense_open(&exact, &model, epsilon);
    exponential(exact.states, -I * time, exact.effective, propagator);
    int compared = 0;
    for (size_t r = 0; r < 40 && compared == 0; ++r) {
        gf_trajectory_begin(trajectory, NULL, r);
        gf_trajectory_state(trajectory, before);
        while (gf_trajectory_advance(trajectory) > 0) {
        }
        compared = gf_trajectory_jumps(trajectory) == 0;
    }
    gf_trajectory_state(trajectory, after);
    for (int a = 0; a < exact.states && compared; ++a) {
        double complex expected = 0;
        for (int b = 0; b < exact.states; ++b) {
            expected += propagator[a][b] * before[b];
        }
        ck_assert_msg(cabs(expected - after[a]) < 1e-10, "seed %lu, state %d: off by %g",
                      (unsigned long)seed, a, cabs(expected - after[a]));
    }
    ck_assert_int_eq(compared, 1);
    gf_trajectory_free(trajectory);
    gf_unravelling_free(&rules);
    gf_model_free(own);
}

START_TEST(between_jumps_the_state_is_that_of_dense_matrices) {
    for (uint64_t seed = 1; seed <= 12; ++seed) {
        check_no_jump(seed, 0.1, 0.7);
        check_no_jump(seed, 0.02, 9);
    }
}
END_TEST

/* --- closed forms ---------------------------------------------------------------------------- */

/* Free spins in a field, turned up at rate `pump` and down at rate `loss`. */
static chain_model pump_and_loss(int sites, double pump, double loss) {
    chain_model self = {.sites = sites, .periodic = true};
    (void)times(add(&self.hamiltonian, 0.7), "Z", 0);
    if (pump > 0) {
        self.rate[self.channels] = pump;
        (void)times(add(&self.jump[self.channels++], 1), "Sp", 0);
    }
    self.rate[self.channels] = loss;
    (void)times(add(&self.jump[self.channels++], 1), "Sm", 0);
    return self;
}

START_TEST(free_spins_decay_as_in_closed_form) {
    const double pump = 0.8, loss = 2, epsilon = 0.3;
    const int sites = 10;
    chain_model model = pump_and_loss(sites, pump, loss);
    gf_model *own = library_model(&model);
    gf_trajectories_request request = {.epsilon = epsilon,
                                       .start.product = "u",
                                       .end = 16,
                                       .interval = 0.5,
                                       .warm_up = 8,
                                       .realisations = REALISATIONS};
    gf_trajectories *all = simulate(own, &request);
    gf_trajectories_summary summary = summarise(all);
    double steady = pump / (pump + loss);
    for (size_t t = 0; t < all->layout.times; ++t) {
        double up = steady + (1 - steady) * exp(-epsilon * (pump + loss) * (double)t * 0.5);
        check_mean(summary.course[0][t], 2 * up - 1, "m");
        check_mean(summary.course[1][t], 0.7 * (2 * up - 1), "e");
        check_mean(summary.course[2][t], (2 * up - 1) * (2 * up - 1) + 4 * up * (1 - up) / sites,
                   "m^2");
    }
    /* each jump turns one spin: f_1(M) and N_11(M) at sharp M, the same for all M up to numbers */
    for (int up = 0; up <= 6; ++up) {
        double part = up / (double)sites;
        double f = 2 * (pump * (1 - part) - loss * part);
        double n = 4 * (pump * (1 - part) + loss * part);
        check_mean(summary.drift[up][0], f, "f_1");
        check_mean(summary.drift[up][1], 0.7 * f, "f_2");
        check_mean(summary.noise[up][0], n, "N_11");
        check_mean(summary.noise[up][1], 0.7 * n, "N_12");
        check_mean(summary.noise[up][2], 0.49 * n, "N_22");
    }
    check_mean(summary.channel[0], pump * (1 - steady), "pump");
    check_mean(summary.channel[1], loss * steady, "loss");
    gf_trajectories_summary_free(&summary);
    gf_trajectories_free(all);
    gf_model_free(own);
}
END_TEST

/* All spins up, nothing but loss: no jump until t with probability exp(-epsilon N t), and the
 * number of spins that are left is binomial. */
START_TEST(waiting_times_are_exponential) {
    const int sites = 6;
    chain_model model = pump_and_loss(sites, 0, 1);
    gf_model *own = library_model(&model);
    gf_trajectories_request request = {.epsilon = 0.25,
                                       .start.product = "u",
                                       .end = 1.5,
                                       .interval = 0.1,
                                       .realisations = REALISATIONS};
    gf_trajectories *all = simulate(own, &request);
    for (size_t t = 1; t < all->layout.times; ++t) {
        double p = exp(-0.25 * sites * 0.1 * (double)t), left = 0;
        for (size_t r = 0; r < request.realisations; ++r) {
            const double *record = all->records + r * all->layout.size;
            double there = record[all->layout.probability + t * all->layout.rungs + (size_t)sites];
            ck_assert_double_lt(fmin(there, fabs(1 - there)), 1e-12); /* M is sharp */
            left += there;
        }
        double count = (double)request.realisations;
        ck_assert_double_lt(fabs(left / count - p), 5 * sqrt(p * (1 - p) / count));
    }
    gf_trajectories_free(all);
    gf_model_free(own);
}
END_TEST

/* Between jumps, and in the limit of none, H conserves both charges. */
START_TEST(without_jumps_charges_are_conserved) {
    gf_error error = {.message = ""};
    gf_model *model = NULL;
    gf_settings settings = {.sites = 8};
    ck_assert_int_eq(gf_model_read(GF_MODELS "/xxz_jprime_half.yaml", &settings, &model, &error),
                     GF_OK);
    gf_trajectories_request request = {.epsilon = 1e-12,
                                       .start = {.product = "+", .lambda = {0}},
                                       .end = 40,
                                       .interval = 4,
                                       .realisations = 3};
    for (int k = 0; k < 2; ++k) {
        gf_trajectories *all = simulate(model, &request);
        for (size_t r = 0; r < request.realisations; ++r) {
            const double *record = all->records + r * all->layout.size;
            for (size_t t = 1; t < all->layout.times; ++t) {
                ck_assert_double_lt(
                    fabs(record[all->layout.energy + t] - record[all->layout.energy]), 1e-8);
                for (size_t up = 0; up < all->layout.rungs; ++up) {
                    const double *p = record + all->layout.probability + up;
                    ck_assert_double_lt(fabs(p[t * all->layout.rungs] - p[0]), 1e-8);
                }
            }
        }
        gf_trajectories_free(all);
        request.start = (gf_trajectories_start){.sector = true, .up = 3, .lambda = {0, -0.2}};
    }
    gf_model_free(model);
}
END_TEST

/* Densities of the Gibbs start, weights and all, are those of the spectrum. */
START_TEST(gibbs_states_have_their_densities) {
    fixture chain;
    fixture_open(&chain, "xxz_jprime.yaml", 6, NULL);
    gf_trajectories_request request = {.epsilon = 1e-6,
                                       .start.lambda = {0.6, -0.5},
                                       .end = 1e-3,
                                       .interval = 1e-3,
                                       .realisations = sized(4000, 300)};
    gf_state state;
    gf_gibbs_evaluate(chain.gibbs, request.start.lambda, GF_DENSITIES, &state);
    gf_trajectories *all = simulate(chain.model, &request);
    gf_trajectories_summary summary = summarise(all);
    check_mean(summary.course[0][0], state.density[0], "m");
    check_mean(summary.course[1][0], state.density[1], "e");
    ck_assert_double_lt(summary.course[0][0].error, sized(0.01, 0.05));
    ck_assert_double_gt(summary.effective, 0.5 * (double)summary.done);
    gf_trajectories_summary_free(&summary);
    gf_trajectories_free(all);
    fixture_close(&chain);
}
END_TEST

/* --- the same bits --------------------------------------------------------------------------- */

typedef struct stopper {
    volatile sig_atomic_t *stop;
    gf_progress progress;
} stopper;

static void stop_soon(void *context, double fraction) {
    if (fraction > 0.3) {
        *((stopper *)context)->stop = 1;
    }
}

START_TEST(threads_and_interruptions_change_nothing) {
    gf_error error = {.message = ""};
    gf_model *model = NULL;
    gf_settings settings = {.sites = 6};
    ck_assert_int_eq(gf_model_read(GF_MODELS "/xxz_jprime_half.yaml", &settings, &model, &error),
                     GF_OK);
    gf_trajectories_request request = {.epsilon = 0.2,
                                       .start.lambda = {0.1, -0.2},
                                       .end = 10,
                                       .interval = 1,
                                       .realisations = 24,
                                       .seed = 7};
    omp_set_num_threads(1);
    gf_trajectories *one = simulate(model, &request), *two = NULL, *read = NULL;
    omp_set_num_threads(2);
    volatile sig_atomic_t stop = 0;
    stopper stops = {.stop = &stop};
    stops.progress = (gf_progress){stop_soon, &stops};
    gf_trajectories_control control = {.stop = &stop, .progress = &stops.progress};
    ck_assert_int_eq(gf_trajectories_create(model, &request, "test", &two, &error), GF_OK);
    ck_assert_int_eq(gf_trajectories_carry_on(two, model, &control, &error), GF_OK);
    double done = gf_trajectories_done(two);
    ck_assert_msg(done > 0 && done < 1, "%g done", done);

    char path[] = "trajectories_test.h5";
    gf_file *file = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_file_put_origin(file, "test");
    ck_assert_int_eq(gf_trajectories_write(two, file, &error), GF_OK);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_OK);
    ck_assert_msg(gf_trajectories_read(file, &read, &error) == GF_OK, "%s", error.message);
    gf_file_close(&file);
    (void)remove(path);
    ck_assert_double_eq(gf_trajectories_done(read), done);

    control = (gf_trajectories_control){0};
    ck_assert_int_eq(gf_trajectories_carry_on(read, model, &control, &error), GF_OK);
    ck_assert_uint_eq(read->layout.size, one->layout.size);
    ck_assert_int_eq(memcmp(read->records, one->records,
                            request.realisations * one->layout.size * sizeof(double)),
                     0);
    gf_trajectories_free(one);
    gf_trajectories_free(two);
    gf_trajectories_free(read);
    gf_model_free(model);
}
END_TEST

START_TEST(senseless_requests_are_refused) {
    static const struct {
        gf_trajectories_request request;
        const char *says;
    } bad[] = {
        {{.epsilon = 0, .end = 1, .interval = 1, .realisations = 1}, "coupling above 0"},
        {{.epsilon = 1, .end = 1, .interval = 2, .realisations = 1}, "at least one"},
        {{.epsilon = 1, .end = 1, .interval = 1, .warm_up = 1, .realisations = 1}, "warm-up"},
        {{.epsilon = 1, .end = 1, .interval = 1, .realisations = 0}, "1 or more"},
        {{.epsilon = 1, .end = 1, .interval = 1, .realisations = 1, .start.product = "ux"}, "u, d"},
        {{.epsilon = 1, .end = 1, .interval = 1, .realisations = 1, .start.product = "uudud"},
         "do not fill"},
        {{.epsilon = 1,
          .end = 1,
          .interval = 1,
          .realisations = 1,
          .start = {.sector = true, .up = 9}},
         "magnetisation"}};
    gf_error error = {.message = ""};
    gf_model *model = NULL;
    gf_settings settings = {.sites = 4};
    ck_assert_int_eq(gf_model_read(GF_MODELS "/xxz_jprime_half.yaml", &settings, &model, &error),
                     GF_OK);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; ++k) {
        gf_trajectories *all = NULL;
        ck_assert_int_eq(gf_trajectories_create(model, &bad[k].request, "test", &all, &error),
                         GF_INVALID);
        ck_assert_ptr_null(all);
        assert_contains(error.message, bad[k].says);
    }
    gf_model_free(model);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("trajectories");
    tcase_add_test(tests, between_jumps_the_state_is_that_of_dense_matrices);
    tcase_add_test(tests, ensembles_follow_the_lindblad_equation);
    tcase_add_test(tests, free_spins_decay_as_in_closed_form);
    tcase_add_test(tests, waiting_times_are_exponential);
    tcase_add_test(tests, without_jumps_charges_are_conserved);
    tcase_add_test(tests, gibbs_states_have_their_densities);
    tcase_add_test(tests, threads_and_interruptions_change_nothing);
    tcase_add_test(tests, senseless_requests_are_refused);
    return run_suite("trajectories", tests);
}
