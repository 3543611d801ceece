/* Ladders of sizes against infinite chains known exactly, and errors against what they claim. */
#include "finite_size/ladder.h"
#include "fixture.h"
#include "suite.h"

#include <math.h>
#include <unistd.h>

#define BOTH                                                                                       \
    "{name: flip, rate: 0.3, operator: \"X[0]\"}, {name: pump, rate: 0.5, operator: "              \
    "\"Sp[0]*Pu[1]\"}"

/* A ladder of a model; lambda[points] as in gf_ladder_compute. */
static gf_ladder *climb(const gf_model *model, int first, int last, const double (*lambda)[2],
                        size_t points) {
    gf_error error = {.message = ""};
    gf_spectrum_cost cost;
    gf_ladder *ladder = NULL;
    ck_assert_msg(gf_ladder_plan(model, first, last, &ladder, &cost, &error) == GF_OK, "%s",
                  error.message);
    ck_assert(cost.memory > 0 && cost.seconds > 0);
    ck_assert_msg(gf_ladder_compute(ladder, lambda, points, NULL, &error) == GF_OK, "%s",
                  error.message);
    return ladder;
}

static gf_model *parse_model(const char *yaml) {
    gf_error error = {.message = ""};
    gf_model *model = NULL;
    ck_assert_msg(gf_model_parse(yaml, strlen(yaml), "test", NULL, &model, &error) == GF_OK, "%s",
                  error.message);
    return model;
}

static gf_model *read_model(const char *file) {
    gf_error error = {.message = ""};
    gf_model *model = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", GF_MODELS, file);
    ck_assert_msg(gf_model_read(path, NULL, &model, &error) == GF_OK, "%s", error.message);
    return model;
}

static gf_ladder *climb_text(const char *yaml, int first, int last, const double (*lambda)[2],
                             size_t points) {
    gf_model *model = parse_model(yaml);
    gf_ladder *ladder = climb(model, first, last, lambda, points);
    gf_model_free(model);
    return ladder;
}

static gf_ladder *climb_file(const char *file, int first, int last, const double (*lambda)[2],
                             size_t points) {
    gf_model *model = read_model(file);
    gf_ladder *ladder = climb(model, first, last, lambda, points);
    gf_model_free(model);
    return ladder;
}

static double value_at(const gf_ladder *ladder, gf_ladder_kind kind, size_t size, size_t row,
                       size_t column) {
    return gf_ladder_estimate(&ladder->states, kind, size, row, column).value;
}

/* Both kinds are within their error of the exact value at every size that has one. Returns the
 * error of the better one. */
static double check_exact(const gf_ladder *ladder, size_t row, size_t column, double exact) {
    for (size_t size = 0; size < ladder->sizes; ++size) {
        for (int kind = 0; kind < GF_LADDERS; ++kind) {
            gf_thermodynamic_limit limit =
                gf_ladder_estimate(&ladder->states, (gf_ladder_kind)kind, size, row, column);
            ck_assert_msg(!(fabs(limit.value - exact) > limit.error),
                          "state %zu, column %zu, kind %d, %d sites: %.17g +- %g, exact %.17g", row,
                          column, kind, ladder->first + (int)size, limit.value, limit.error, exact);
        }
    }
    return gf_ladder_estimate(&ladder->states, GF_LADDERS, ladder->sizes - 1, row, column).error;
}

/* --- limits ---------------------------------------------------------------------------------- */

/* Whatever the ratio, the error of a geometric sequence covers what is missing; and if it falls off
 * well, the error is not out of proportion to what was missing two sizes before. */
START_TEST(error_of_a_geometric_sequence) {
    for (double ratio = -0.95; ratio < 0.96; ratio += 0.1) {
        double x[9];
        for (int k = 0; k < 9; ++k) {
            x[k] = 3 + 0.7 * pow(ratio, k);
        }
        gf_thermodynamic_limit limit = gf_thermodynamic_limit_estimate(x, 9, 1e-14);
        ck_assert_double_eq(limit.value, x[8]);
        ck_assert(fabs(x[8] - 3) <= limit.error);
        ck_assert(fabs(ratio) > 0.7 || limit.error <= 10 * fabs(x[6] - 3));
    }
}
END_TEST

START_TEST(error_of_what_does_not_settle) {
    const double growing[] = {0, 1, 2.1, 3.3, 4.6}, steady[] = {1, 2, 3, 4, 5};
    const double broken[] = {1, NAN, 0.9, 0.85, 0.84}, still[] = {2, 2, 2, 2, 2};
    ck_assert(isinf(gf_thermodynamic_limit_estimate(growing, 5, 1e-14).error));
    ck_assert(isinf(gf_thermodynamic_limit_estimate(steady, 5, 1e-14).error));
    ck_assert(isinf(gf_thermodynamic_limit_estimate(broken, 5, 1e-14).error));
    ck_assert(isinf(gf_thermodynamic_limit_estimate(still, 4, 1e-14).error));
    ck_assert_double_eq(gf_thermodynamic_limit_estimate(still, 5, 1e-14).error, 1e-14);
}
END_TEST

START_TEST(disagreement_raises_errors) {
    gf_thermodynamic_limit a = {1, 0.01}, b = {1.1, 0.2}, c = {1.5, 0.02};
    gf_thermodynamic_limit_reconcile(&a, &b);
    ck_assert_double_eq(a.error, 0.01);
    ck_assert_double_eq(b.error, 0.2);
    gf_thermodynamic_limit_reconcile(&a, &c);
    ck_assert_double_eq(a.error, 0.5);
    ck_assert_double_eq(c.error, 0.5);
    gf_thermodynamic_limit unknown = {7, INFINITY};
    gf_thermodynamic_limit_reconcile(&b, &unknown);
    ck_assert_double_eq(b.error, 0.2);
}
END_TEST

/* --- infinite chains known exactly ----------------------------------------------------------- */

/* H = h sum Z + J sum Z Z is classical. Its infinite chain has log Z / N = log of the largest
 * eigenvalue of the transfer matrix. */
static const double ising_h = 0.3, ising_j = 0.8;

static double ising_log_z(double l1, double l2) {
    double b = -(l1 + l2 * ising_h), k = -l2 * ising_j;
    return log(exp(k) * cosh(b) + sqrt(exp(2 * k) * sinh(b) * sinh(b) + exp(-2 * k)));
}

/* Derivatives by differences: order h^6, and h^4 for second ones. */
static double slope(double (*f)(double, double), double l1, double l2, int i) {
    static const double weight[] = {45, -9, 1};
    const double h = 5e-3;
    double sum = 0;
    for (int k = 1; k <= 3; ++k) {
        double d = k * h, d1 = i == 0 ? d : 0, d2 = i == 1 ? d : 0;
        sum += weight[k - 1] * (f(l1 + d1, l2 + d2) - f(l1 - d1, l2 - d2));
    }
    return sum / (60 * h);
}

static double ising_m(double l1, double l2) {
    double b = -(l1 + l2 * ising_h), k = -l2 * ising_j;
    return sinh(b) / sqrt(sinh(b) * sinh(b) + exp(-4 * k));
}

START_TEST(classical_ising_chain) {
    static const double lambda[][2] = {
        {0, -0.4}, {0.4, 0.3}, {-0.7, 0.5}, {0.12, -0.4}, {0.2, 1.2}};
    gf_ladder *ladder = climb_text(
        "name: t\nsites: 6\nboundary: periodic\n"
        "hamiltonian: [\"0.3*Z[0]\", \"0.8*Z[0]*Z[1]\"]\n"
        "lindblad: [{name: x, rate: 1, operator: \"X[0]\"}]\n",
        3, 11, lambda, 5);
    for (size_t p = 0; p < 5; ++p) {
        double l1 = lambda[p][0], l2 = lambda[p][1], m = ising_m(l1, l2);
        double log_z = ising_log_z(l1, l2), e = -slope(ising_log_z, l1, l2, 1);
        double worst = check_exact(ladder, p, GF_LADDER_LOG_PARTITION, log_z);
        worst = fmax(worst, check_exact(ladder, p, GF_LADDER_DENSITY, m));
        worst = fmax(worst, check_exact(ladder, p, GF_LADDER_FORCE, -2 * m)); /* X flips Z */
        ck_assert(p == 4 || worst < 2e-3);
        if (worst > 1e-9) { /* or the differences below are not good enough */
            (void)check_exact(ladder, p, GF_LADDER_DENSITY + 1, e);
            (void)check_exact(ladder, p, GF_LADDER_SUSCEPTIBILITY, -slope(ising_m, l1, l2, 0));
            (void)check_exact(ladder, p, GF_LADDER_SUSCEPTIBILITY + 1, -slope(ising_m, l1, l2, 1));
        }
    }
    /* Without a field at the point 3 the ends of an open chain do not feel one another. */
    for (size_t size = 0; size < ladder->sizes; ++size) {
        ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, size, 3, GF_LADDER_LOG_PARTITION),
                                log(2 * cosh(0.4 * ising_j)), 1e-13);
    }
    gf_ladder_free(ladder);
}
END_TEST

/* The XX chain is free fermions with levels 4 cos k: averages over k, and Q1 = 2 sum n - N. */
static void fermion_averages(double l1, double l2, double exact[GF_LADDER_STATE_COLUMNS]) {
    enum { POINTS = 4096 };
    memset(exact, 0, GF_LADDER_STATE_COLUMNS * sizeof *exact);
    exact[GF_LADDER_LOG_PARTITION] = l1;
    for (int k = 0; k < POINTS; ++k) {
        double level = 4 * cos(2 * acos(-1) * k / POINTS), x = 2 * l1 + l2 * level;
        double n = 1 / (1 + exp(x)), spread = n * (1 - n);
        exact[GF_LADDER_LOG_PARTITION] += (fmax(-x, 0) + log1p(exp(-fabs(x)))) / POINTS;
        exact[GF_LADDER_DENSITY] += (2 * n - 1) / POINTS;
        exact[GF_LADDER_DENSITY + 1] += level * n / POINTS;
        exact[GF_LADDER_SUSCEPTIBILITY] += 4 * spread / POINTS;
        exact[GF_LADDER_SUSCEPTIBILITY + 1] += 2 * level * spread / POINTS;
        exact[GF_LADDER_SUSCEPTIBILITY + 2] += level * level * spread / POINTS;
    }
}

START_TEST(free_fermions) {
    static const size_t columns[] = {GF_LADDER_LOG_PARTITION,      GF_LADDER_DENSITY,
                                     GF_LADDER_DENSITY + 1,        GF_LADDER_SUSCEPTIBILITY,
                                     GF_LADDER_SUSCEPTIBILITY + 1, GF_LADDER_SUSCEPTIBILITY + 2};
    static const double lambda[][2] = {{0, 0.1}, {0.3, -0.2}, {-0.6, 0.3}, {0, 0.6}, {0.2, 1.5}};
    static const double largest[] = {1e-9, 1e-5, 1e-3, 1e-2, INFINITY};
    gf_ladder *ladder = climb_text(
        "name: t\nsites: 6\nboundary: open\n"
        "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1]\"]\n"
        "lindblad: [{name: x, rate: 1, operator: \"X[0]\"}]\n",
        3, 10, lambda, 5);
    for (size_t p = 0; p < 5; ++p) {
        double exact[GF_LADDER_STATE_COLUMNS];
        fermion_averages(lambda[p][0], lambda[p][1], exact);
        for (size_t k = 0; k < sizeof columns / sizeof *columns; ++k) {
            double error = check_exact(ladder, p, columns[k], exact[columns[k]]);
            ck_assert_msg(error <= largest[p], "state %zu, column %zu: error %g", p, columns[k],
                          error);
        }
    }
    gf_ladder_free(ladder);
}
END_TEST

/* At lambda2 = 0 spins are independent, and linked clusters exact as soon as they hold the widest
 * operator: in the noise of the energy jumps over `jump` sites with terms of H over `term` sites on
 * either side, jump + 2 (term - 1) sites. */
static void check_constant(const gf_ladder *ladder, size_t from) {
    for (size_t size = from; size < ladder->sizes; ++size) {
        for (size_t column = 0; column < GF_LADDER_STATE_COLUMNS; ++column) {
            double linked = value_at(ladder, GF_LINKED, from, 0, column);
            ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, size, 0, column), linked, 1e-11);
            ck_assert_double_eq_tol(value_at(ladder, GF_RINGS, size, 0, column), linked, 1e-11);
        }
    }
}

START_TEST(infinite_temperature_is_exact) {
    const double gamma = 0.9, m = 0.4, lambda[1][2] = {{-atanh(0.4), 0}};
    gf_ladder *ladder = climb_file("xxz_jprime_half.yaml", 7, 9, lambda, 1);
    check_constant(ladder, 0);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 0, 0, GF_LADDER_DENSITY), m, 1e-13);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 0, 0, GF_LADDER_DENSITY + 1), m * m, 1e-13);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 0, 0, GF_LADDER_FORCE),
                            2 * m * (gamma / 4 * (1 - m * m) - (1 - gamma)), 1e-12);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 0, 0, GF_LADDER_NOISE),
                            4 * ((1 - gamma) + gamma * (1 - m * m) / 4), 1e-12);
    gf_ladder_free(ladder);
    /* Unit cells: sizes differ by two sites, values are per site; every second spin flipped twice
     * as often is the same as all of them. */
    ladder = climb_file("dimerised.yaml", 8, 12, lambda, 1);
    ck_assert_uint_eq(ladder->sizes, 3);
    check_constant(ladder, 0);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 2, 0, GF_LADDER_DENSITY), m, 1e-13);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 2, 0, GF_LADDER_DENSITY + 1), m * m, 1e-13);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 2, 0, GF_LADDER_FORCE),
                            2 * m * (gamma / 4 * (1 - m * m) - (1 - gamma)), 1e-12);
    ck_assert_double_eq_tol(value_at(ladder, GF_LINKED, 2, 0, GF_LADDER_NOISE),
                            4 * ((1 - gamma) + gamma * (1 - m * m) / 4), 1e-12);
    gf_ladder_free(ladder);
}
END_TEST

/* The same with operators that do use all of their reach, 2 + 2 (3 - 1) = 6 sites: five sites are
 * not enough. */
START_TEST(reach_of_the_noise) {
    static const double lambda[1][2] = {{0.5, 0}};
    gf_ladder *ladder = climb_text(
        "name: t\nsites: 6\nboundary: open\n"
        "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1]\", \"0.5*Z[0]*Z[2]\"]\n"
        "lindblad: [{name: a, rate: 1, operator: \"X[0]*X[1]\"}]\n",
        5, 8, lambda, 1);
    check_constant(ladder, 1);
    ck_assert(fabs(value_at(ladder, GF_LINKED, 0, 0, GF_LADDER_NOISE + 2) -
                   value_at(ladder, GF_LINKED, 1, 0, GF_LADDER_NOISE + 2)) > 1e-3);
    gf_ladder_free(ladder);
}
END_TEST

/* Force and noise of an open chain are made of other operators than those of a ring wherever the
 * ends are near; still both tend to the same. The difference at a high temperature: small, and far
 * smaller than at fewer sites. */
START_TEST(both_ladders_reach_the_same_limit) {
    static const char *const files[] = {"dm_field.yaml", "pump_loss.yaml", "xxz_jprime_half.yaml"};
    static const double lambda[][2] = {{0.2, -0.1}, {-0.4, 0.1}};
    for (int k = 0; k < 3; ++k) {
        gf_ladder *ladder = climb_file(files[k], 5, 9, lambda, 2);
        for (size_t i = 0; i < 2 * GF_LADDER_STATE_COLUMNS; ++i) {
            size_t row = i / GF_LADDER_STATE_COLUMNS, column = i % GF_LADDER_STATE_COLUMNS;
            double scale = ladder->states.scale[i], gap[2];
            for (size_t end = 0; end < 2; ++end) {
                gap[end] = fabs(value_at(ladder, GF_RINGS, 4 * end, row, column) -
                                value_at(ladder, GF_LINKED, 4 * end, row, column));
            }
            ck_assert_msg(gap[1] <= 1e-3 * scale && gap[1] <= gap[0] / 20 + 1e-12 * scale,
                          "%s, state %zu, column %zu: apart by %g at 5, %g at 9 sites", files[k],
                          row, column, gap[0], gap[1]);
        }
        gf_ladder_free(ladder);
    }
}
END_TEST

/* --- errors are honest ----------------------------------------------------------------------- */

/* Counts over all states and sizes: values at the largest size, where they are known much better,
 * against limits from smaller sizes. */
typedef struct tally {
    int within, beyond, unsettled;
    double worst; /* deviation over error */
} tally;

static void count_honest(const gf_ladder *ladder, gf_ladder_kind kind, tally *sum) {
    size_t last = ladder->sizes - 1;
    for (size_t size = GF_THERMODYNAMIC_LIMIT_SIZES - 1; size + 2 <= last; ++size) {
        for (size_t i = 0; i < ladder->points * GF_LADDER_STATE_COLUMNS; ++i) {
            size_t row = i / GF_LADDER_STATE_COLUMNS, column = i % GF_LADDER_STATE_COLUMNS;
            gf_thermodynamic_limit early =
                gf_ladder_estimate(&ladder->states, kind, size, row, column);
            gf_thermodynamic_limit best =
                gf_ladder_estimate(&ladder->states, GF_LADDERS, last, row, column);
            double deviation = fabs(early.value - best.value);
            if (isinf(early.error)) {
                ++sum->unsettled;
            } else if (best.error < early.error / 3) {
                ++*(deviation <= early.error ? &sum->within : &sum->beyond);
                sum->worst = fmax(sum->worst, deviation / early.error);
            }
        }
    }
}

enum { STATES = 12 };

static void place_states(double lambda[STATES][2]) {
    for (int p = 0; p < STATES; ++p) {
        lambda[p][0] = 0.35 * (p % 4);
        lambda[p][1] = (p - 5.5) / 5; /* -1.1 ... 1.1 */
    }
}

/* Random chains: exchange of any sign over one and two bonds, a field, and baths that mix channels.
 * Couplings of order one, so that the states range from hot to cold. */
static gf_model *random_model(uint64_t *seed, bool is_complex) {
    char yaml[1024];
    double c[8];
    for (int k = 0; k < 8; ++k) {
        c[k] = random_dyadic(seed) / 4;
    }
    (void)snprintf(yaml, sizeof yaml,
                   "name: random\nsites: 6\nboundary: open\nhamiltonian: [\"%g*(X[0]*X[1] + "
                   "Y[0]*Y[1])\", \"%g*Z[0]*Z[1]\", \"%g*Z[0]\", \"%g*(X[0]*%c[1] - Y[0]*%c[1])\", "
                   "\"%g*(X[0]*X[2] + Y[0]*Y[2])\"]\n"
                   "lindblad: [{name: a, rate: %g, operator: \"X[0]\"}, {name: b, rate: %g, "
                   "operator: \"%g*Sp[0]*Pu[1] + Sm[0]\"}]\n",
                   c[0], c[1], c[2], is_complex ? c[3] : 0, 'Y', 'X', c[4] / 4, fabs(c[5]),
                   fabs(c[6]), c[7]);
    return parse_model(yaml);
}

START_TEST(errors_cover_larger_sizes) {
    double lambda[STATES][2];
    tally rings = {0}, linked = {0}, better = {0};
    uint64_t seed = 20;
    place_states(lambda);
    for (int k = 0; k < 10; ++k) {
        gf_model *model = k == 0   ? read_model("xxz_jprime.yaml")
                          : k == 1 ? read_model("pump_loss.yaml")
                                   : random_model(&seed, k % 4 == 0);
        gf_ladder *ladder = climb(model, 4, k < 2 ? 11 : 10, (const double(*)[2])lambda, STATES);
        count_honest(ladder, GF_RINGS, &rings);
        count_honest(ladder, GF_LINKED, &linked);
        count_honest(ladder, GF_LADDERS, &better);
        gf_ladder_free(ladder);
        gf_model_free(model);
    }
    const tally *all[] = {&rings, &linked, &better};
    for (int k = 0; k < 3; ++k) {
        int total = all[k]->within + all[k]->beyond;
        ck_assert_int_gt(total, 1000);
        ck_assert_double_lt(all[k]->worst, 4);
        ck_assert_msg(all[k]->within >= 0.98 * total, "%d of %d", all[k]->within, total);
    }
}
END_TEST

/* Cold chains have long correlations: the errors say so. */
START_TEST(cold_chains_have_large_errors) {
    static const double lambda[][2] = {{0, 4}, {0.5, 4}, {0, -0.1}};
    gf_ladder *ladder = climb_file("xxz_jprime.yaml", 4, 9, lambda, 3);
    for (size_t row = 0; row < 3; ++row) {
        gf_thermodynamic_limit e = gf_ladder_estimate(
            &ladder->states, GF_LADDERS, ladder->sizes - 1, row, GF_LADDER_DENSITY + 1);
        ck_assert(row == 2 ? e.error < 1e-8 : e.error > 1e-2);
    }
    gf_ladder_free(ladder);
}
END_TEST

START_TEST(predictions_of_the_shipped_model) {
    gf_ladder *ladder = climb_file("xxz_jprime.yaml", 5, 11, NULL, 0);
    for (int kind = 0; kind <= GF_LADDERS; ++kind) {
        gf_ladder_check states = gf_ladder_predict(ladder, &ladder->states, (gf_ladder_kind)kind);
        gf_ladder_check points =
            gf_ladder_predict(ladder, &ladder->fixed_points, (gf_ladder_kind)kind);
        ck_assert_uint_ge(states.within, 15);
        ck_assert_uint_ge(points.within, 10);
        ck_assert_uint_eq(states.beyond + states.unsettled, 0);
        ck_assert_uint_eq(points.beyond + points.unsettled, 0);
    }
    gf_ladder_free(ladder);
}
END_TEST

/* --- fixed points ---------------------------------------------------------------------------- */

/* Pump and loss: infinite temperature, m = (pump - loss)/(pump + loss), and f1 relaxes at the rate
 * pump + loss, on chains of any size. */
START_TEST(pump_and_loss_at_every_size) {
    gf_ladder *ladder = climb_file("pump_loss.yaml", 4, 9, NULL, 0);
    ck_assert_uint_eq(ladder->fixed_points.rows, 1);
    ck_assert_int_eq(ladder->stability[0], GF_STABLE);
    ck_assert_uint_eq(ladder->points, 1);
    for (size_t size = 0; size < ladder->sizes; ++size) {
        for (int kind = 0; kind < GF_LADDERS; ++kind) {
            const double *v = ladder->fixed_points.value[kind] + size * GF_LADDER_POINT_COLUMNS;
            ck_assert_double_eq_tol(v[GF_LADDER_POINT_DENSITY], 0.4, 1e-11);
            ck_assert_double_eq_tol(v[GF_LADDER_POINT_LAMBDA], -atanh(0.4), 1e-11);
            ck_assert_double_eq_tol(v[GF_LADDER_POINT_LAMBDA + 1], 0, 1e-11);
            ck_assert(fabs(v[GF_LADDER_POINT_EIGENVALUES] + 1) < 1e-9 ||
                      fabs(v[GF_LADDER_POINT_EIGENVALUES + 2] + 1) < 1e-9);
        }
    }
    gf_ladder_free(ladder);
}
END_TEST

/* The three fixed points of the shipped model, of which mirror images count once, come out alike on
 * both ladders; the saddle keeps m = 0. */
START_TEST(both_ladders_reach_the_same_points) {
    gf_ladder *ladder = climb_file("xxz_jprime.yaml", 5, 10, NULL, 0);
    ck_assert_uint_eq(ladder->fixed_points.rows, 2);
    ck_assert_int_eq(ladder->stability[0], GF_SADDLE);
    ck_assert_int_eq(ladder->stability[1], GF_STABLE);
    size_t last = (ladder->sizes - 1) * 2 * GF_LADDER_POINT_COLUMNS;
    for (size_t i = 0; i < 2 * GF_LADDER_POINT_COLUMNS; ++i) {
        double a = ladder->fixed_points.value[GF_RINGS][last + i];
        double b = ladder->fixed_points.value[GF_LINKED][last + i];
        ck_assert_double_eq_tol(a, b, 2e-4);
    }
    const double *saddle = ladder->fixed_points.value[GF_LINKED] + last;
    ck_assert_double_eq_tol(saddle[GF_LADDER_POINT_DENSITY], 0, 1e-11);
    gf_ladder_free(ladder);
}
END_TEST

/* Where fixed points form a line there is none to follow, and states of its own are taken. */
START_TEST(no_isolated_point) {
    gf_ladder *ladder = climb_file("dephasing.yaml", 4, 8, NULL, 0);
    ck_assert_uint_eq(ladder->fixed_points.rows, 0);
    ck_assert_uint_eq(ladder->points, 5);
    gf_ladder_free(ladder);
}
END_TEST

/* --- input and output ------------------------------------------------------------------------ */

static void expect_refusal(const gf_model *model, int first, int last, gf_status status,
                           const char *message) {
    gf_ladder *ladder = NULL;
    gf_spectrum_cost cost;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_ladder_plan(model, first, last, &ladder, &cost, &error), status);
    assert_contains(error.message, message);
    gf_ladder_free(ladder);
}

START_TEST(bad_ladders) {
    gf_model *model = read_model("xxz_jprime.yaml");
    expect_refusal(model, 3, 8, GF_INVALID, "beyond the chain of 2 sites");
    expect_refusal(model, 1, 8, GF_INVALID, "from 1 to 8");
    expect_refusal(model, 9, 8, GF_INVALID, "from 9 to 8");
    expect_refusal(model, 6, 33, GF_INVALID, "from 6 to 33");
    expect_refusal(model, 6, 30, GF_NO_MEMORY, "GiB");
    gf_model_free(model);
    model = read_model("dimerised.yaml");
    expect_refusal(model, 7, 12, GF_INVALID, "expected whole numbers of cells");
    expect_refusal(model, 8, 11, GF_INVALID, "from 8 to 11 sites, with cells of 2");
    expect_refusal(model, 2, 8, GF_INVALID, "two at least");
    gf_model_free(model);
    /* Hermitian on a ring, but not on an open chain, where entries are dropped as a whole. */
    model = parse_model(
        "name: t\nsites: 6\nboundary: periodic\n"
        "hamiltonian: [\"Sp[0]*Sm[1]\", \"Sm[1]*Sp[2]\"]\n"
        "lindblad: [" BOTH "]\n");
    expect_refusal(model, 4, 8, GF_INVALID, "must be Hermitian");
    gf_model_free(model);
}
END_TEST

START_TEST(file_round_trip) {
    static const double lambda[][2] = {{0.2, -0.3}, {0, 3}};
    const char *path = "test_ladder.h5";
    gf_error error = {.message = ""};
    gf_file *file = NULL;
    gf_ladder *ladder = climb_file("pump_loss.yaml", 3, 7, lambda, 2), *back = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_ladder_write(ladder, file);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_OK);
    ck_assert_msg(gf_ladder_read(file, &back, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(back->first, 3);
    ck_assert_uint_eq(back->sizes, 5);
    ck_assert_uint_eq(back->points, 2);
    ck_assert_double_eq(back->energy_unit, ladder->energy_unit);
    size_t bytes = 5 * 2 * GF_LADDER_STATE_COLUMNS * sizeof(double);
    for (int kind = 0; kind < GF_LADDERS; ++kind) {
        ck_assert_mem_eq(back->states.value[kind], ladder->states.value[kind], bytes);
        ck_assert_mem_eq(back->states.error[kind], ladder->states.error[kind], bytes);
    }
    /* What else the file holds is the model on its largest chain. */
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    ck_assert_msg(gf_spectrum_read(file, path, NULL, &model, &spectrum, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_int_eq(model->chain.sites, 7);
    ck_assert(!model->chain.periodic);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
    gf_ladder_free(back);
    gf_ladder_free(ladder);
    gf_file_close(&file);
    (void)unlink(path);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("ladder");
    tcase_add_test(tests, error_of_a_geometric_sequence);
    tcase_add_test(tests, error_of_what_does_not_settle);
    tcase_add_test(tests, disagreement_raises_errors);
    tcase_add_test(tests, classical_ising_chain);
    tcase_add_test(tests, free_fermions);
    tcase_add_test(tests, infinite_temperature_is_exact);
    tcase_add_test(tests, reach_of_the_noise);
    tcase_add_test(tests, both_ladders_reach_the_same_limit);
    tcase_add_long_test(tests, errors_cover_larger_sizes);
    tcase_add_test(tests, cold_chains_have_large_errors);
    tcase_add_test(tests, predictions_of_the_shipped_model);
    tcase_add_test(tests, pump_and_loss_at_every_size);
    tcase_add_test(tests, both_ladders_reach_the_same_points);
    tcase_add_test(tests, no_isolated_point);
    tcase_add_test(tests, bad_ladders);
    tcase_add_test(tests, file_round_trip);
    return run_suite("ladder", tests);
}
