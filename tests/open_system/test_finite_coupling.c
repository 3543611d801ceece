/* The whole Lindbladian at a finite coupling against one on all of the 4^N elements of the density
 * matrix, from Kronecker products and in no eigenbasis; and against the limit epsilon -> 0. */
#include "suite.h"

#include "fixture.h"
#include "open_system/lindblad_reference.h"
#include "open_system/rates.h"

enum { RANDOM_MODELS = sized(9, 3), RINGS = sized(2, 1), EXPANSIONS = sized(9, 3) };

/* --- random models --------------------------------------------------------------------------- */

static gf_rates *solve(const chain_model *model, double epsilon, const char *label) {
    gf_model *own = library_model(model);
    gf_rates_request request = {.epsilon = epsilon};
    gf_error error = {.message = ""};
    gf_rates *rates = NULL;
    if (gf_rates_find(own, &request, &rates, &error) != GF_OK) { /* no single stationary state */
        ck_assert_msg(strstr(error.message, "stationary") != NULL, "%s: %s", label, error.message);
    }
    gf_model_free(own);
    return rates;
}

/* The state of infinite temperature is in each sector with its states. */
static double share_of(const gf_rates *rates, size_t s) {
    return rates->sector[s].states / ldexp(1, rates->sites);
}

static void add_averages(const gf_rates *rates, const gf_rates_sector *sectors, double factor,
                         double value[AVERAGES]) {
    for (size_t s = 0; s < rates->sectors; ++s) {
        value[0] += factor * share_of(rates, s) * sectors[s].magnetization;
        value[1] += factor * share_of(rates, s) * sectors[s].energy;
        value[2] += factor * share_of(rates, s) * sectors[s].second_moment;
    }
}

/* That of a table is the mean of all sectors: held against the reference where these are alike. */
static void check_forces(const lindblad_reference *exact, const double complex *rho,
                         const gf_rates *rates, const char *label) {
    double probability[MOST_SITES + 1] = {0}, push[MOST_SITES + 1][2] = {{0}};
    size_t rows = (size_t)rates->sites + 1;
    bool alike = true;
    lindblad_reference_forces(exact, rho, probability, push);
    for (size_t row = 0; row < rows; ++row) {
        double found = 0;
        for (size_t s = 0; s < rates->sectors; ++s) {
            found += share_of(rates, s) * rates->coupled.probability[s * rows + row];
            alike = alike && rates->sector[s].states == rates->sector[0].states;
        }
        ck_assert_msg(fabs(found - probability[row]) < 1e-8, "%s: P = %.12g, exactly %.12g", label,
                      found, probability[row]);
    }
    for (size_t row = 0; row < rows && alike; ++row) {
        for (int i = 0; i < 2 && probability[row] > 1e-4; ++i) {
            double force = push[row][i] / probability[row] / rates->sites;
            ck_assert_msg(fabs(rates->coupled.force[row][i] - force) < 1e-7,
                          "%s: f_%d = %.12g, exactly %.12g", label, i + 1,
                          rates->coupled.force[row][i], force);
        }
    }
}

static void check_state(const lindblad_reference *exact, const gf_rates *rates, const char *label) {
    double complex *rho = lindblad_reference_settle(exact);
    double value[AVERAGES], found[AVERAGES] = {0};
    lindblad_reference_averages(exact, rho, value);
    add_averages(rates, rates->coupled.sector, 1, found);
    for (int k = 0; k < AVERAGES; ++k) {
        ck_assert_msg(fabs(found[k] - value[k]) < 1e-8, "%s, quantity %d: %.12g, exactly %.12g",
                      label, k, found[k], value[k]);
    }
    check_forces(exact, rho, rates, label);
    free(rho);
}

/* How far the eigenvalue next to `rate` is from it: inverse iteration, and by how much L - rate
 * then changes the vector. */
static double distance(const lindblad_reference *exact, double complex rate) {
    int n = exact->size, *pivots = calloc((size_t)n, sizeof *pivots);
    size_t elements = (size_t)n * (size_t)n;
    double complex *a = calloc(elements, sizeof *a), *x = calloc((size_t)n, sizeof *x);
    double before = 0, after = 0;
    memcpy(a, exact->generator, elements * sizeof *a);
    for (int i = 0; i < n; ++i) {
        a[(size_t)i * (size_t)(n + 1)] -= rate + 1e-9;
        x[i] = cexp(I * (double)(i * i));
    }
    ck_assert_int_eq(LAPACKE_zgetrf(LAPACK_COL_MAJOR, n, n, a, n, pivots), 0);
    for (int step = 0; step < 3; ++step) {
        before = after = 0;
        for (int i = 0; i < n; ++i) {
            before += creal(x[i] * conj(x[i]));
        }
        for (int i = 0; i < n; ++i) {
            x[i] /= sqrt(before);
        }
        ck_assert_int_eq(LAPACKE_zgetrs(LAPACK_COL_MAJOR, 'N', n, 1, a, n, pivots, x, n), 0);
        for (int i = 0; i < n; ++i) {
            after += creal(x[i] * conj(x[i]));
        }
    }
    free(a);
    free(x);
    free(pivots);
    return 1 / sqrt(after);
}

static void check_rates(const lindblad_reference *exact, const gf_rates *rates, size_t most,
                        const char *label) {
    ck_assert_uint_gt(rates->coupled.gaps, 0);
    for (size_t g = 0; g < rates->coupled.gaps && g < most; ++g) {
        const gf_gap *gap = &rates->coupled.gap[g];
        double least = distance(exact, -gap->rate + gap->frequency * I);
        ck_assert_msg(least < 1e-6, "%s: %.12g is no rate (%g)", label, gap->rate, least);
        ck_assert_double_gt(gap->rate, 1e-9); /* decays: the stationary state is taken out */
    }
}

/* False if there is no single stationary state to start from. */
static bool check_against_reference(const chain_model *model, double epsilon, bool ring,
                                    size_t most, const char *label) {
    gf_rates *rates = solve(model, epsilon, label);
    if (rates == NULL) {
        return false;
    }
    lindblad_reference *exact = lindblad_reference_open(model, epsilon, ring);
    check_state(exact, rates, label);
    check_rates(exact, rates, most, label);
    lindblad_reference_close(exact);
    gf_rates_free(rates);
    return true;
}

START_TEST(random_models_settle_as_their_lindbladian_says) {
    int solved = 0;
    for (uint64_t seed = 1; seed <= RANDOM_MODELS; ++seed) {
        chain_model model = random_model(seed);
        char label[64];
        double epsilon = seed % 3 == 0 ? 1e-3 : 0.1;
        (void)snprintf(label, sizeof label, "seed %lu, epsilon %g", (unsigned long)seed, epsilon);
        solved += check_against_reference(&model, epsilon, false,
                                          model.sites < 4 ? GF_RATES_GAPS : 2, label);
    }
    ck_assert_int_gt(solved, RANDOM_MODELS / 2);
}
END_TEST

/* Six sites, of the density matrices that translations leave as they are. */
START_TEST(rings_of_six_sites_settle_as_their_lindbladian_says) {
    int solved = 0;
    for (uint64_t seed = 1; seed <= RINGS; ++seed) {
        chain_model model = random_model(seed);
        char label[64];
        double epsilon = seed % 2 == 0 ? 1e-3 : 0.1;
        model.sites = 6;
        model.periodic = true;
        (void)snprintf(label, sizeof label, "ring, seed %lu, epsilon %g", (unsigned long)seed,
                       epsilon);
        solved += check_against_reference(&model, epsilon, true, 1, label);
    }
    ck_assert_int_gt(solved, RINGS / 2);
}
END_TEST

/* --- powers of epsilon ----------------------------------------------------------------------- */

/* Exactly, at this coupling. */
static bool exact_averages(const chain_model *model, double epsilon, double value[AVERAGES]) {
    lindblad_reference *exact = lindblad_reference_open(model, epsilon, false);
    double complex *rho = lindblad_reference_settle(exact);
    bool real = exact->real;
    lindblad_reference_averages(exact, rho, value);
    free(rho);
    lindblad_reference_close(exact);
    return real;
}

/* What is left of the exact state is of third order in epsilon, of a real model of fourth; odd
 * orders are those that change sign with H. Returns the largest coefficient of first order, -1 of a
 * model that is not solved. */
static double check_expansion(const chain_model *model, const char *label) {
    gf_rates *rates = solve(model, 0.1, label);
    if (rates == NULL) {
        return -1;
    }
    double order[GF_RATES_ORDERS][AVERAGES] = {{0}}, left[2][AVERAGES], value[AVERAGES],
           largest = 0;
    double step = fmin(0.1, 0.05 * rates->nearest);
    bool real = false;
    for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
        add_averages(rates, rates->coupled.expansion.sector + k * rates->sectors, 1, order[k]);
    }
    for (int h = 0; h < 2; ++h) {
        double epsilon = step / (h + 1), turned[AVERAGES];
        real = exact_averages(model, epsilon, value);
        (void)exact_averages(model, -epsilon, turned);
        for (int i = 0; i < AVERAGES; ++i) {
            left[h][i] = fabs(value[i] - order[0][i] - epsilon * order[1][i] -
                              epsilon * epsilon * order[2][i]);
            left[h][i] = fmax(left[h][i], fabs(turned[i] - order[0][i] + epsilon * order[1][i] -
                                               epsilon * epsilon * order[2][i]));
        }
    }
    for (int i = 0; i < AVERAGES; ++i) {
        double shift = step * fabs(order[1][i]) + step * step * fabs(order[2][i]);
        ck_assert_msg(left[0][i] < 0.1 * shift + 1e-9, "%s, quantity %d: %g of %g is left", label,
                      i, left[0][i], shift);
        ck_assert_msg(left[1][i] < left[0][i] / (real ? 13 : 6.5) + 1e-9,
                      "%s, quantity %d: %g at half of the coupling, %g before", label, i,
                      left[1][i], left[0][i]);
        largest = fmax(largest, fabs(order[1][i]));
        ck_assert_msg(!real || fabs(order[1][i]) < 1e-11, "%s, quantity %d: first order %g", label,
                      i, order[1][i]);
    }
    gf_rates_free(rates);
    return largest;
}

START_TEST(orders_of_epsilon_describe_weak_couplings) {
    int solved = 0;
    for (uint64_t seed = 20; seed < 20 + EXPANSIONS; ++seed) {
        chain_model model = random_model(seed);
        char label[64];
        model.sites = 3;
        (void)snprintf(label, sizeof label, "expansion, seed %lu", (unsigned long)seed);
        solved += check_expansion(&model, label) >= 0;
    }
    ck_assert_int_gt(solved, EXPANSIONS / 2);
}
END_TEST

/* Nothing makes this chain real: neither conjugation nor a reflection or rotation along with it. */
START_TEST(first_order_of_a_complex_chain) {
    chain_model model = {.sites = 3, .periodic = true, .channels = 2, .rate = {1, 0.4}};
    add_pair(&model.hamiltonian, 1, "X", "X", 1);
    add_pair(&model.hamiltonian, 1, "Y", "Y", 1);
    add_pair(&model.hamiltonian, 0.7, "Z", "Z", 1);
    add_pair(&model.hamiltonian, 0.4, "X", "Y", 1);
    add_pair(&model.hamiltonian, -0.4, "Y", "X", 1);
    (void)times(add(&model.hamiltonian, 0.3), "Z", 0);
    (void)times(add(&model.jump[0], 1), "X", 0);
    (void)times(add(&model.jump[0], 0.5 + 0.4 * I), "Sm", 1);
    (void)times(add(&model.jump[1], 1), "Sp", 0);
    add_pair(&model.jump[1], 0.6, "Z", "Z", 1);
    ck_assert_double_gt(check_expansion(&model, "complex chain"), 1e-4);
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

static gf_rates *of_text(const char *yaml, double epsilon) {
    gf_rates_request request = {.epsilon = epsilon};
    gf_error error = {.message = ""};
    gf_rates *rates = NULL;
    gf_model *model = NULL;
    ck_assert_msg(gf_model_parse(yaml, strlen(yaml), "text", NULL, &model, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_msg(gf_rates_find(model, &request, &rates, &error) == GF_OK, "%s", error.message);
    gf_model_free(model);
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

/* Dephasing, or spins that hop more to the right, leave each M where it is, and there infinite
 * temperature, at any coupling: one state for each M, and no shift. */
START_TEST(conserved_magnetisations_have_a_state_each) {
    chain_model hopping = {.sites = 6, .periodic = true, .channels = 2, .rate = {1, 0.3}};
    add_pair(&hopping.hamiltonian, 1, "X", "X", 1);
    add_pair(&hopping.hamiltonian, 1, "Y", "Y", 1);
    add_pair(&hopping.hamiltonian, 0.6, "Z", "Z", 1);
    add_pair(&hopping.jump[0], 1, "Sp", "Sm", 1);
    add_pair(&hopping.jump[1], 1, "Sm", "Sp", 1);
    gf_rates *all[2] = {of_file("dephasing.yaml", 6, 0.1), solve(&hopping, 0.1, "hopping")};
    for (int k = 0; k < 2; ++k) {
        double bond = k == 0 ? 1 : 0.6;
        ck_assert_uint_eq(all[k]->sectors, 7);
        for (size_t s = 0; s < all[k]->sectors; ++s) {
            const gf_rates_sector *sector = &all[k]->coupled.sector[s];
            double m = sector->least / 6., pair = (6 * m * m - 1) / 5; /* <Z_i Z_j> */
            ck_assert_int_eq(sector->least, sector->greatest);
            ck_assert_double_eq_tol(sector->magnetization, m, 1e-12);
            ck_assert_double_eq_tol(sector->energy, bond * pair, 1e-11);
            ck_assert_double_eq_tol(all[k]->coupled.probability[7 * s + s], 1, 1e-12);
            ck_assert_double_eq(all[k]->coupled.expansion.range[s], 0.1);
            for (size_t order = 1; order < GF_RATES_ORDERS; ++order) {
                const gf_rates_sector *one =
                    &all[k]->coupled.expansion.sector[order * all[k]->sectors + s];
                ck_assert_double_lt(fabs(one->energy) + fabs(one->magnetization), 1e-10);
            }
        }
        for (size_t g = 0; g < all[k]->coupled.gaps; ++g) {
            ck_assert_double_gt(all[k]->coupled.gap[g].rate, 0.1);
        }
        gf_rates_free(all[k]);
    }
}
END_TEST

/* At its end second order describes 90 % of the shift. */
START_TEST(range_of_the_expansion) {
    gf_rates *first = of_file("xxz_jprime_half.yaml", 5, 1);
    double range = first->coupled.expansion.range[0], width, left = 0, shift = 0;
    ck_assert_double_gt(range, 0);
    ck_assert_double_lt(range, 1);
    gf_rates_free(first);
    gf_rates *rates = of_file("xxz_jprime_half.yaml", 5, range);
    const gf_rates_expansion *orders = &rates->coupled.expansion;
    width = rates->edge[GF_RATES_ENERGIES] - rates->edge[0];
    for (int row = 0; row <= 6; ++row) { /* the last is the energy */
        double value =
            row < 6 ? rates->coupled.probability[row] : rates->coupled.sector[0].energy / width;
        double order[GF_RATES_ORDERS];
        for (size_t k = 0; k < GF_RATES_ORDERS; ++k) {
            size_t at = k * rates->sectors;
            order[k] = row < 6 ? orders->probability[at * 6 + (size_t)row]
                               : orders->sector[at].energy / width;
        }
        shift += fabs(value - order[0]);
        left += fabs(value - order[0] - range * order[1] - range * range * order[2]);
    }
    ck_assert_double_eq_tol(left / shift, 0.1, 0.03);
    gf_rates_free(rates);
}
END_TEST

/* Their shift is of second order. Six sites have coherences of coinciding levels in the limit. */
START_TEST(forces_approach_those_of_the_limit) {
    for (int sites = 5; sites <= 6; ++sites) {
        double shift[2] = {0};
        for (int k = 0; k < 2; ++k) {
            gf_rates *rates = of_file("xxz_jprime_half.yaml", sites, 0.01 * (k + 1));
            ck_assert_int_eq(rates->coherences > 0, sites == 6);
            for (int row = 0; row <= sites; ++row) {
                for (int i = 0; i < 2; ++i) {
                    double limit = rates->force[GF_RATES_EXACT][row][i];
                    shift[k] += fabs(rates->coupled.force[row][i] - limit);
                }
            }
            gf_rates_free(rates);
        }
        ck_assert_double_gt(shift[0], 1e-7);
        ck_assert_double_lt(shift[0], 1e-2);
        ck_assert_double_eq_tol(shift[1] / shift[0], 4, 0.1);
    }
}
END_TEST

/* H has more symmetries than the bath: many levels coincide, of one magnetisation and of several.
 */
START_TEST(coherences_of_the_limit_push) {
    static const char yaml[] =
        "name: three\nsites: 5\nboundary: periodic\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + 0.8*Z[0]*Z[1] + 0.3*(X[0]*X[2] + Y[0]*Y[2])\nlindblad:\n"
        "  - {name: a, rate: 0.4, operator: \"Sp[-1]*Sm[0]*Sp[1] + Z[0]\"}\n"
        "  - {name: b, rate: 0.5, operator: \"X[-1]*Z[0]*X[1]\"}\n"
        "  - {name: c, rate: 0.3, operator: \"Sm[0]*Pu[-1]*Pd[1]\"}\n";
    gf_rates *rates = of_text(yaml, 1e-5);
    ck_assert_uint_gt(rates->coherences, 0);
    for (int row = 0; row <= 5; ++row) {
        for (int i = 0; i < 2; ++i) {
            ck_assert_double_eq_tol(rates->force[GF_RATES_EXACT][row][i],
                                    rates->coupled.force[row][i], 1e-5);
        }
    }
    gf_rates_free(rates);
}
END_TEST

/* All spins down are dark: a state so simple must not come back among the rates. */
START_TEST(dark_states_are_no_rates) {
    static const char yaml[] =
        "name: dark\nsites: 5\nboundary: periodic\nhamiltonian:\n"
        "  - X[0]*X[1] + Y[0]*Y[1] + 0.6*Z[0]*Z[1] + 0.3*(X[0]*X[2] + Y[0]*Y[2])\nlindblad:\n"
        "  - {name: pump, rate: 0.7, operator: \"Sp[0]*Pu[1]\"}\n"
        "  - {name: loss, rate: 0.3, operator: \"Sm[0]\"}\n"
        "  - {name: hop, rate: 0.2, operator: \"Sp[0]*Sm[1]\"}\n";
    gf_rates *rates = of_text(yaml, 0.1);
    ck_assert_uint_gt(rates->coupled.gaps, 1);
    for (size_t k = 0; k < 2; ++k) {
        ck_assert_double_eq_tol(rates->coupled.gap[k].rate / rates->gap[k].rate, 1, 0.02);
    }
    gf_rates_free(rates);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("finite_coupling");
    tcase_add_test(tests, random_models_settle_as_their_lindbladian_says);
    tcase_add_test(tests, rings_of_six_sites_settle_as_their_lindbladian_says);
    tcase_add_test(tests, orders_of_epsilon_describe_weak_couplings);
    tcase_add_test(tests, first_order_of_a_complex_chain);
    tcase_add_test(tests, shifts_are_of_second_order);
    tcase_add_test(tests, free_spins_do_not_feel_the_coupling);
    tcase_add_test(tests, conserved_magnetisations_have_a_state_each);
    tcase_add_test(tests, range_of_the_expansion);
    tcase_add_test(tests, forces_approach_those_of_the_limit);
    tcase_add_test(tests, coherences_of_the_limit_push);
    tcase_add_test(tests, dark_states_are_no_rates);
    return run_suite("finite_coupling", tests);
}
