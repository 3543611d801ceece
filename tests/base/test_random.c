/* Random numbers: Gaussian to beyond five standard deviations, independent, reproducible. */
#include "suite.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 20000 };

static const gf_random noise = {.seed = 20220524, .stream = 3};

/* Counts in bins against the exact probabilities: chi^2 within 5 standard deviations. */
START_TEST(test_distribution) {
    enum { BINS = 120 };
    static double count[BINS];
    double total = 0, chi_square = 0, freedom = 0, beyond = 0;
    memset(count, 0, sizeof count);
    for (uint32_t b = 0; b < BLOCKS; ++b) {
        float g[GF_RANDOM_BLOCK];
        gf_random_normal(&noise, GF_RANDOM_STEP, 17, b, g);
        for (int i = 0; i < GF_RANDOM_BLOCK; ++i) {
            int bin = (int)floor(((double)g[i] + 6) * BINS / 12);
            beyond += bin < -10 || bin >= BINS + 10 ? 1 : 0;
            count[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin] += 1;
            total += 1;
        }
    }
    for (int bin = 0; bin < BINS; ++bin) {
        double low = bin == 0 ? -INFINITY : -6 + bin * 12.0 / BINS;
        double high = bin == BINS - 1 ? INFINITY : -6 + (bin + 1) * 12.0 / BINS;
        /* by the tail that loses no digits */
        double p = low > 0 ? (erfc(low / M_SQRT2) - erfc(high / M_SQRT2)) / 2
                           : (erfc(-high / M_SQRT2) - erfc(-low / M_SQRT2)) / 2;
        if (p * total > 5) {
            chi_square += pow(count[bin] - p * total, 2) / (p * total);
            freedom += 1;
        }
    }
    ck_assert_double_eq(beyond, 0);
    ck_assert_double_lt(fabs(chi_square - freedom), 5 * sqrt(2 * freedom));
}
END_TEST

/* Beyond 4, 4.5, 5 and 5.2 standard deviations, both sides: Poisson counts. */
START_TEST(test_tails) {
    const double level[] = {4, 4.5, 5, 5.2};
    double count[4][2] = {{0}}, total = 0;
    for (uint32_t b = 0; b < BLOCKS * 4; ++b) {
        float g[GF_RANDOM_BLOCK];
        gf_random_normal(&noise, GF_RANDOM_STEP, 18, b, g);
        for (int i = 0; i < GF_RANDOM_BLOCK; ++i) {
            for (int k = 0; k < 4; ++k) {
                count[k][0] += (double)g[i] > level[k] ? 1 : 0;
                count[k][1] += (double)g[i] < -level[k] ? 1 : 0;
            }
        }
        total += GF_RANDOM_BLOCK;
    }
    for (int k = 0; k < 4; ++k) {
        double expected = total * erfc(level[k] / M_SQRT2) / 2;
        ck_assert_double_gt(expected, 3.9);
        for (int side = 0; side < 2; ++side) {
            ck_assert_double_lt(fabs(count[k][side] - expected), 4.5 * sqrt(expected));
        }
    }
}
END_TEST

/* Products of numbers that must not know of one another: neighbours, steps, streams, purposes,
 * seeds, the two halves of a Box-Muller pair, and their squares. */
START_TEST(test_independence) {
    const gf_random other_stream = {.seed = noise.seed, .stream = 4};
    const gf_random other_seed = {.seed = noise.seed + 1, .stream = noise.stream};
    double sum[8] = {0}, n = 0;
    for (uint32_t b = 0; b < BLOCKS / 2; ++b) {
        float g[GF_RANDOM_BLOCK], h[6][GF_RANDOM_BLOCK];
        gf_random_normal(&noise, GF_RANDOM_STEP, 5, b, g);
        gf_random_normal(&noise, GF_RANDOM_STEP, 6, b, h[0]);
        gf_random_normal(&noise, GF_RANDOM_STEP, 5 + (UINT64_C(1) << 32), b, h[1]);
        gf_random_normal(&noise, GF_RANDOM_START, 5, b, h[2]);
        gf_random_normal(&noise, GF_RANDOM_STEP, 5, b + BLOCKS, h[3]);
        gf_random_normal(&other_stream, GF_RANDOM_STEP, 5, b, h[4]);
        gf_random_normal(&other_seed, GF_RANDOM_STEP, 5, b, h[5]);
        for (int i = 0; i < GF_RANDOM_BLOCK; ++i) {
            double x = (double)g[i], next = (double)g[(i + 1) % GF_RANDOM_BLOCK];
            double partner = (double)g[(i + GF_RANDOM_BLOCK / 2) % GF_RANDOM_BLOCK];
            for (int k = 0; k < 6; ++k) {
                sum[k] += x * (double)h[k][i];
            }
            sum[6] += x * next;
            sum[7] += (x * x - 1) * (partner * partner - 1) / 2 / M_SQRT2; /* pairs count twice */
            n += 1;
        }
    }
    for (int k = 0; k < 8; ++k) {
        ck_assert_double_lt(fabs(sum[k]), 4.5 * sqrt(n));
    }
}
END_TEST

/* In (0, 1): chi^2 of counts; neighbours, steps and purposes apart; the same however many are asked
 * for; the lowest bits used. */
START_TEST(test_uniform) {
    enum { BINS = 200, COUNT = 7, STEPS = 100000 };
    static double count[BINS];
    double chi_square = 0, sum[3] = {0}, total = COUNT * (double)STEPS, odd = 0;
    memset(count, 0, sizeof count);
    for (uint64_t step = 0; step < STEPS; ++step) {
        double u[COUNT], other[COUNT];
        gf_random_uniform(&noise, GF_RANDOM_JUMP, step, COUNT, u);
        gf_random_uniform(&noise, GF_RANDOM_START, step, 3, other);
        for (int i = 0; i < COUNT; ++i) {
            ck_assert(u[i] > 0 && u[i] < 1);
            count[(int)(u[i] * BINS)] += 1;
            sum[0] += 12 * (u[i] - 0.5) * (u[(i + 1) % COUNT] - 0.5);
            sum[1] += 12 * (u[i] - 0.5) * (i < 3 ? other[i] - 0.5 : 0);
            odd += fmod(u[i] * 0x1p52 - 0.5, 2);
        }
        if (step < 100) {
            double fewer[COUNT], next[COUNT];
            gf_random_uniform(&noise, GF_RANDOM_JUMP, step, 2, fewer);
            gf_random_uniform(&noise, GF_RANDOM_JUMP, step + 1, COUNT, next);
            ck_assert(memcmp(fewer, u, 2 * sizeof *u) == 0);
            ck_assert(memcmp(next, u, sizeof next) != 0);
        }
    }
    for (int bin = 0; bin < BINS; ++bin) {
        chi_square += pow(count[bin] - total / BINS, 2) / (total / BINS);
    }
    ck_assert_double_lt(fabs(chi_square - (BINS - 1)), 5 * sqrt(2. * (BINS - 1)));
    ck_assert_double_lt(fabs(sum[0]), 4.5 * sqrt(total));
    ck_assert_double_lt(fabs(sum[1]), 4.5 * sqrt(3. * STEPS));
    ck_assert_double_lt(fabs(odd - total / 2), 4.5 * sqrt(total / 4));
}
END_TEST

START_TEST(test_reproducible) {
    float a[GF_RANDOM_BLOCK], b[GF_RANDOM_BLOCK];
    gf_random_normal(&noise, GF_RANDOM_STEP, 99, 7, a);
    gf_random_normal(&noise, GF_RANDOM_STEP, 98, 7, b);
    ck_assert(memcmp(a, b, sizeof a) != 0);
    gf_random_normal(&noise, GF_RANDOM_STEP, 99, 7, b);
    ck_assert(memcmp(a, b, sizeof a) == 0);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("noise");
    tcase_add_test(tests, test_distribution);
    tcase_add_test(tests, test_tails);
    tcase_add_test(tests, test_independence);
    tcase_add_test(tests, test_uniform);
    tcase_add_test(tests, test_reproducible);
    return run_suite("noise", tests);
}
