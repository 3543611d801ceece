/* Exact values of the stationary state: against closed forms, limits and an independent count. */
#include "suite.h"

#include "langevin/measure/transfer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gf_dynamics order_parameter(double epsilon, double gamma, double drive, double spacing) {
    double parameter[] = {epsilon, gamma, 1, 1, 1};
    gf_noise_strength noise = {.drive = drive};
    gf_dynamics d = {.equation = &gf_equation_order_parameter, .spacing = spacing};
    ck_assert_int_eq(d.equation->prepare(parameter, &noise, &d, NULL), GF_OK);
    return d;
}

/* A harmonic well: the row is an Ornstein-Uhlenbeck process in r. In the continuum the gap is
 * sqrt(k/D) and <m^2> = T/(2 sqrt(k D)); on cells cosh(gap dx) = 1 + k dx^2/(2D) and
 * <m^2> = T/(dx sqrt(k (k + 4D/dx^2))). */
START_TEST(test_harmonic) {
    double k = 0.7, diffusion = 1.4, drive = 0.3, dx = 0.8, t = drive / 2;
    gf_dynamics d = {.equation = &gf_equation_order_parameter,
                     .spacing = dx,
                     .order = 0.6,
                     .scalar = {.diffusion = diffusion, .drive = drive, .linear = -k, .cubic = 0}};
    gf_transfer cells, continuum;
    ck_assert_int_eq(gf_transfer_cells(&d, 0.3, &cells, NULL), GF_OK);
    ck_assert_int_eq(gf_transfer_continuum(&d, 0.3, &continuum, NULL), GF_OK);
    ck_assert_double_eq_tol(continuum.gap, sqrt(k / diffusion), 1e-9);
    ck_assert_double_eq_tol(continuum.second_moment, t / (2 * sqrt(k * diffusion)), 1e-9);
    ck_assert_double_eq_tol(cells.gap, acosh(1 + k * dx * dx / (2 * diffusion)) / dx, 1e-9);
    ck_assert_double_eq_tol(cells.second_moment,
                            t / (dx * sqrt(k * (k + 4 * diffusion / (dx * dx)))), 1e-9);
    /* psi0^2 is a Gaussian of that variance: 1/psi0^2 can be integrated by hand */
    double variance = continuum.second_moment, sum = 0;
    enum { POINTS = 20000 };
    for (int i = 0; i < POINTS; ++i) {
        double m = -0.3 + 0.6 * (i + 0.5) / POINTS;
        sum += sqrt(2 * M_PI * variance) * exp(m * m / (2 * variance)) * 0.6 / POINTS;
    }
    ck_assert_double_eq_tol(continuum.count_density, t / diffusion / sum,
                            1e-7 * continuum.count_density);
}
END_TEST

/* The hysteresis count of an autoregressive row, m' = a m + noise, which is the harmonic well on
 * cells, from a long sample of the row itself. */
START_TEST(test_count_against_sample) {
    double k = 0.5, diffusion = 1, drive = 0.5, dx = 1, level = 0.4;
    gf_dynamics d = {.equation = &gf_equation_order_parameter,
                     .spacing = dx,
                     .order = 1,
                     .scalar = {.diffusion = diffusion, .drive = drive, .linear = -k, .cubic = 0}};
    gf_transfer cells;
    ck_assert_int_eq(gf_transfer_cells(&d, level, &cells, NULL), GF_OK);
    double memory = exp(-cells.gap * dx);
    double kick = sqrt(cells.second_moment * (1 - memory * memory)), m = 0;
    long steps = 4000000, walls = 0;
    int side = 0;
    srand48(5);
    for (long i = 0; i < steps; ++i) {
        double angle = 2 * M_PI * drand48(), radius = sqrt(-2 * log(1 - drand48()));
        m = memory * m + kick * radius * cos(angle);
        int now = m >= level ? 1 : m <= -level ? -1 : side;
        walls += side != 0 && now != side ? 1 : 0;
        side = now;
    }
    double measured = (double)walls / ((double)steps * dx);
    ck_assert_double_lt(fabs(measured / cells.count_density - 1), 5 / sqrt((double)walls));
}
END_TEST

/* Cells become the continuum: gap and moment with dx^2, the count, which misses what happens
 * between cells, with sqrt(dx). */
START_TEST(test_continuum_limit) {
    const double spacing[] = {0.04, 0.01};
    double gap[2], count[2];
    gf_transfer continuum;
    for (int i = 0; i < 2; ++i) {
        gf_dynamics d = order_parameter(0.2, 0.875, 4, spacing[i]);
        gf_transfer cells;
        ck_assert_int_eq(gf_transfer_cells(&d, 0.5 * d.order, &cells, NULL), GF_OK);
        ck_assert_int_eq(gf_transfer_continuum(&d, 0.5 * d.order, &continuum, NULL), GF_OK);
        gap[i] = cells.gap / continuum.gap - 1;
        count[i] = 1 - cells.count_density / continuum.count_density;
    }
    ck_assert_double_lt(fabs(gap[0]), 1e-5);
    ck_assert_double_lt(fabs(gap[1]), 1e-6);
    ck_assert_double_gt(count[1], 0);
    ck_assert_double_eq_tol(count[0] / count[1], 2, 0.15);
}
END_TEST

/* Where walls are rare the count is (E1-E0)/2 (level well inside), and log n falls with the energy
 * of a wall over T: c = 0.9897 at drive 2 and half of it at drive 4 (Eq. 18). */
START_TEST(test_dilute) {
    gf_dynamics d = order_parameter(0.012, 0.875, 2, 0.25);
    gf_transfer continuum;
    ck_assert_int_eq(gf_transfer_continuum(&d, 0.5 * d.order, &continuum, NULL), GF_OK);
    ck_assert_double_eq_tol(continuum.count_density / continuum.dilute_density, 1, 0.02);
    for (int drive = 2; drive <= 4; drive += 2) {
        d = order_parameter(0.1, 0.875, drive, 0.25);
        double c = gf_transfer_wall_energy(&d) / (d.scalar.drive / 2) * sqrt(0.1);
        double printed = sqrt(2 * pow(5 * 0.875 - 4, 3)) / (3 * 0.875 * (1 - 0.875)) * 2 / drive;
        ck_assert_double_eq_tol(c, printed, 1e-9);
    }
    /* the slope of log n against 1/sqrt(epsilon) tends to c, up to the power in front */
    double n[2];
    const double epsilon[] = {0.008, 0.012};
    for (int i = 0; i < 2; ++i) {
        d = order_parameter(epsilon[i], 0.875, 2, 0.25);
        ck_assert_int_eq(gf_transfer_continuum(&d, 0.5 * d.order, &continuum, NULL), GF_OK);
        n[i] = log(continuum.dilute_density / pow(epsilon[i], 0.25));
    }
    double slope = (n[0] - n[1]) / (1 / sqrt(epsilon[0]) - 1 / sqrt(epsilon[1]));
    ck_assert_double_eq_tol(-slope, 0.9897, 0.03);
}
END_TEST

START_TEST(test_refused) {
    gf_error error;
    gf_transfer t;
    gf_dynamics d = order_parameter(0.1, 0.875, 4, 0.25);
    d.scalar.thermal = 1;
    ck_assert_int_eq(gf_transfer_cells(&d, 0.3, &t, &error), GF_INVALID);
    d.scalar.thermal = 0;
    ck_assert_int_eq(gf_transfer_continuum(&d, 0, &t, &error), GF_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "exact"));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("transfer");
    tcase_add_test(tests, test_harmonic);
    tcase_add_test(tests, test_count_against_sample);
    tcase_add_test(tests, test_continuum_limit);
    tcase_add_test(tests, test_dilute);
    tcase_add_test(tests, test_refused);
    return run_suite("transfer", tests);
}
