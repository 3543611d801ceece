/* What runs measure on request: correlations and domains against counting, exact identities, and
 * the transfer operator. */
#include "measurements.h"
#include "suite.h"

#include "langevin/ensemble/langevin.h"
#include "langevin/measure/leave_out.h"
#include "langevin/measure/walls.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes and completes a run. */
static gf_langevin *carry_out(const char *text) {
    gf_run *run;
    gf_langevin *langevin;
    gf_error error;
    gf_langevin_control control = {0};
    ck_assert_msg(gf_run_parse(text, strlen(text), "run", NULL, &run, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_int_eq(gf_langevin_create(run, "test", &langevin, NULL), GF_OK);
    ck_assert_msg(gf_langevin_carry_on(langevin, &control, &error) == GF_OK, "%s", error.message);
    return langevin;
}

static const char row[] =
    "equation: order-parameter\n"
    "parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}\n"
    "noise: {drive: 4, thermal: 0}\n"
    "space: {length: %d, spacing: 0.5%s}\n"
    "time: {step: 0.05, end: %d, warm_up: 10, sample_every: 1}\n"
    "integrator: leimkuhler-matthews\n"
    "initial: {profile: [random, domains], domain: 20}\n"
    "realisations: %d\n"
    "%s\n";

static gf_langevin *carry_out_row(int length, const char *boundary, int end, int realisations,
                                  const char *asked) {
    char text[1500];
    (void)snprintf(text, sizeof text, row, length, boundary, end, realisations, asked);
    return carry_out(text);
}

/* Mean of a series over the samples after the warm-up, of all realisations. */
static double mean_of(const gf_langevin *self, gf_langevin_observable observable) {
    const gf_run *run = self->run;
    double sum = 0;
    for (size_t r = 0; r < run->realisations; ++r) {
        const double *series = gf_langevin_series(self, observable, 0, r);
        for (size_t i = run->first_measured; i < run->samples; ++i) {
            sum += series[i];
        }
    }
    return sum / (double)(run->realisations * (run->samples - run->first_measured));
}

/* --- correlations ----------------------------------------------------------------------------- */

/* At one place and time it is the variance; the mean is the mean; and of a row that does not change
 * at all every lag is lag 0. */
START_TEST(test_variance) {
    gf_langevin *self =
        carry_out_row(100, "", 30, 3, "correlations: {lag: 4, distance: 40, spacing: 2}");
    const gf_run_correlations *c = &self->run->correlations;
    ck_assert(c->lags == 5 && c->origins == 4 && c->batches == 3 && c->distances == 21);
    double value[5 * 21], error_of[5 * 21], mean = 0;
    size_t *samples = gf_langevin_samples_taken(self);
    ck_assert_int_eq(
        gf_correlations_estimate(self->correlations, 0, samples, value, error_of, &mean, NULL),
        GF_OK);
    free(samples);
    ck_assert_double_eq_tol(mean, mean_of(self, GF_LANGEVIN_MEAN), 1e-14);
    double second = 0; /* the samples of lag 0 alone */
    for (size_t r = 0; r < 3; ++r) {
        for (size_t o = 0; o < 4; ++o) {
            second += gf_langevin_series(self, GF_LANGEVIN_SECOND, 0, r)[10 + 5 * o] / 12;
        }
    }
    ck_assert_double_eq_tol(value[0], second - mean * mean, 1e-14);
    for (int i = 0; i < 5 * 21; ++i) {
        ck_assert(fabs(value[i]) < value[0] + 5 * error_of[i] && error_of[i] > 0);
    }
    ck_assert_double_lt(value[4 * 21], 0.98 * value[0]); /* a lag is not lag 0 */
    gf_langevin_free(self);
}
END_TEST

/* The integral over space of C(x, 0) is the variance of the mean: C(x) sums over the whole ring to
 * (mean of M^2 less M^2) N. */
START_TEST(test_sum_rule) {
    gf_langevin *self = carry_out_row(50, "", 60, 2, "correlations: {lag: 1, distance: 49.5}");
    enum { PLACES = 100 };
    double value[2 * PLACES], error_of[2 * PLACES], mean = 0, sum = 0, square = 0;
    size_t *samples = gf_langevin_samples_taken(self), origins = self->run->correlations.origins;
    ck_assert_int_eq(
        gf_correlations_estimate(self->correlations, 0, samples, value, error_of, &mean, NULL),
        GF_OK);
    free(samples);
    for (int x = 0; x < PLACES; ++x) {
        sum += value[x];
        ck_assert_double_eq_tol(value[x], value[(PLACES - x) % PLACES], 1e-13);
    }
    for (size_t r = 0; r < 2; ++r) {
        for (size_t o = 0; o < origins; ++o) {
            double m = gf_langevin_series(self, GF_LANGEVIN_MEAN, 0, r)[10 + 2 * o];
            square += m * m / (double)(2 * origins);
        }
    }
    ck_assert_double_eq_tol(sum, PLACES * (square - mean * mean), 1e-12);
    gf_langevin_free(self);
}
END_TEST

/* --- domains ---------------------------------------------------------------------------------- */

/* By counting: on a ring the mean length is 1/n, with and without an odd number of walls, and also
 * where samples have none; and every domain is in a bin or beyond. */
START_TEST(test_mean_length) {
    static const char *const boundaries[] = {"", ", boundary: antiperiodic"};
    gf_langevin *self = carry_out_row(_i < 2 ? 200 : 30, boundaries[_i % 2], 60, 3,
                                      "domains: {to: 40, bins: 8}\nwalls: {smoothing: 2}");
    double density[8], error_of[8];
    gf_domain_lengths lengths = {.density = density, .density_error = error_of};
    ck_assert_int_eq(gf_domains_estimate(self->domains, 0, &lengths, NULL), GF_OK);
    ck_assert_double_eq_tol(lengths.mean * mean_of(self, GF_LANGEVIN_WALLS), 1, 1e-13);
    ck_assert(lengths.mean_error > 0 && lengths.mean_error < 0.3 * lengths.mean);
    double walls = 0, domains = 0;
    for (size_t g = 0; g < 3 * self->run->domains.batches; ++g) {
        domains += (double)self->domains->beyond[g];
        for (size_t b = 0; b < 8; ++b) {
            domains += (double)self->domains->count[8 * g + b];
        }
    }
    walls = mean_of(self, GF_LANGEVIN_WALLS) * self->run->length * 3 * 50;
    ck_assert_double_eq_tol(domains, walls, 1e-6);
    gf_langevin_free(self);
}
END_TEST

/* A chain of signs that change independently of one another with probability p, the Ising chain:
 * lengths are geometric, P(l) = p (1 - p)^(l - 1). */
START_TEST(test_ising) {
    enum { CELLS = 1000000, BINS = 40, WIDTH = 3 };
    const double p = 0.02;
    uint64_t seed = 3;
    double *m = malloc(CELLS * sizeof *m), side = 1;
    size_t *places = malloc(CELLS * sizeof *places);
    ck_assert(m != NULL && places != NULL);
    for (size_t i = 0; i < CELLS; ++i) {
        side = (double)random_bits(&seed) < p * 0x1p64 ? -side : side;
        m[i] = side;
    }
    const gf_run run = {.points = 1,
                        .realisations = 1,
                        .samples = 1,
                        .cells = CELLS,
                        .spacing = 0.5,
                        .boundary = GF_PERIODIC,
                        .domains = {.bins = BINS, .to = BINS * WIDTH * 0.5, .batches = 1}};
    gf_domains *domains = NULL;
    ck_assert_int_eq(gf_domains_create(&run, &domains, NULL), GF_OK);
    gf_domains_measure(domains, 0, 0, m, 0.5, places);
    double all = (double)gf_walls_count(m, CELLS, GF_PERIODIC, 0.5), chi_square = 0;
    for (int b = 0; b < BINS; ++b) { /* bin b has the lengths 3b ... 3b + 2, but 0 is none */
        double from = b == 0 ? 1 : WIDTH * b, to = WIDTH * (b + 1);
        double expected = all * (pow(1 - p, from - 1) - pow(1 - p, to - 1));
        chi_square += pow((double)domains->count[b] - expected, 2) / expected;
    }
    double expected = all * pow(1 - p, BINS * WIDTH - 1);
    chi_square += pow((double)domains->beyond[0] - expected, 2) / expected;
    ck_assert_msg(fabs(chi_square - BINS) < 4 * sqrt(2.0 * BINS), "chi^2 = %g of %d", chi_square,
                  BINS);
    ck_assert_double_eq_tol(all / CELLS, p, 5 * sqrt(p / CELLS));
    gf_domains_free(domains);
    free(m);
    free(places);
}
END_TEST

/* The largest eigenvalue of the transfer kernel (measure/transfer.h) on from < m < to, by
 * iteration.
 */
static double largest_eigenvalue(const gf_dynamics *d, double from, double to) {
    enum { POINTS = 300 };
    static double kernel[POINTS][POINTS];
    double psi[POINTS], next[POINTS], size = 0;
    double step = (to - from) / POINTS, dx = d->spacing, temperature = d->scalar.drive / 2;
    for (int i = 0; i < POINTS; ++i) {
        psi[i] = 1;
        for (int k = 0; k < POINTS; ++k) {
            double m = from + (i + 0.5) * step, other = from + (k + 0.5) * step;
            double v = d->equation->potential(d, m) + d->equation->potential(d, other);
            double bend = d->scalar.diffusion * (m - other) * (m - other) / (2 * dx);
            kernel[i][k] = step * exp(-(bend + dx * v / 2) / temperature);
        }
    }
    for (int round = 0; round < 500; ++round) {
        size = 0;
        for (int i = 0; i < POINTS; ++i) {
            next[i] = 0;
            for (int k = 0; k < POINTS; ++k) {
                next[i] += kernel[i][k] * psi[k];
            }
            size += next[i] * next[i];
        }
        for (int i = 0; i < POINTS; ++i) {
            psi[i] = next[i] / sqrt(size);
        }
    }
    return sqrt(size);
}

/* Without conserved noise the row is a Markov chain in space. A domain ends where m has passed to
 * the other side, so that long ones become rarer by L'/L per cell, the largest eigenvalues of the
 * kernel with m kept from passing and without. */
START_TEST(test_long_domains) {
    enum { GROUPS = 8, BINS = 12 };
    gf_langevin *self = carry_out(
        "equation: order-parameter\n"
        "parameters: {epsilon: 0.2, gamma: 0.875, J: 1, D: 1, a: 1}\n"
        "noise: {drive: 4, thermal: 0}\n"
        "space: {length: 8000, spacing: 1}\n"
        "time: {step: 0.3, end: 1800, warm_up: 600, sample_every: 12}\n"
        "integrator: leimkuhler-matthews\n"
        "initial: {profile: [random, domains], domain: 50}\n"
        "realisations: 8\n"
        "domains: {to: 120, bins: 12}\n");
    gf_dynamics d;
    ck_assert_int_eq(gf_run_dynamics(self->run, 0, &d, NULL), GF_OK);
    double level = self->run->threshold * d.order, most = 5 * d.order;
    double rate = log(largest_eigenvalue(&d, -most, most) / largest_eigenvalue(&d, -level, most));
    double near[GROUPS + 1] = {0}, far[GROUPS + 1] = {0}; /* longer than 20, and than 60; all */
    ck_assert_uint_eq(self->run->domains.batches, 1);
    for (size_t g = 0; g < GROUPS; ++g) {
        const int64_t *count = self->domains->count + BINS * g;
        near[g] = far[g] = (double)self->domains->beyond[g];
        for (size_t b = 2; b < BINS; ++b) {
            near[g] += (double)count[b];
            far[g] += b >= 6 ? (double)count[b] : 0;
        }
        near[GROUPS] += near[g];
        far[GROUPS] += far[g];
    }
    double measured = log(near[GROUPS] / far[GROUPS]) / 40;
    gf_leave_out changes = {0};
    for (size_t g = 0; g < GROUPS; ++g) {
        gf_leave_out_add(&changes,
                         log((near[GROUPS] - near[g]) / (far[GROUPS] - far[g])) / 40 - measured);
    }
    double error = gf_leave_out_error(&changes);
    ck_assert_double_lt(error, 0.02 * rate);
    ck_assert_msg(fabs(measured - rate) < 3 * error, "decay %g +- %g, exactly %g", measured, error,
                  rate);
    gf_langevin_free(self);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("measurements");
    tcase_add_test(tests, test_variance);
    tcase_add_test(tests, test_sum_rule);
    tcase_add_loop_test(tests, test_mean_length, 0, 4);
    tcase_add_long_test(tests, test_ising);
    tcase_add_long_test(tests, test_long_domains);
    return run_suite("measurements", tests);
}
