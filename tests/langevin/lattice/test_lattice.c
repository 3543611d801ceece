/* The integrators: exact structure factors in the linear case, conservation, weak order. */
#include "lattices.h"
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gf_integrator *const integrators[] = {
    &gf_integrator_heun, &gf_integrator_leimkuhler_matthews, &gf_integrator_exponential};

/* dm/dt = D m'' - k m + both noises: mode by mode an Ornstein-Uhlenbeck process. */
static gf_dynamics linear_dynamics(void) {
    return (gf_dynamics){
        .equation = &gf_equation_order_parameter,
        .spacing = 0.5,
        .order = 1,
        .scalar = {.diffusion = 1.3, .drive = 0.4, .thermal = 0.7, .linear = -0.8, .cubic = 0}};
}

/* <|m_k|^2>/cells at time step dt, exact for each integrator, from its linear recursion. The
 * splitting treats the force apart: m' = s^2 (decay m + kick) seen after a half flow s. */
static double structure_factor(const gf_dynamics *d, const gf_integrator *integrator, double dt,
                               double wave) {
    double curl = 2 - 2 * cos(wave), dx = d->spacing;
    double diffusive = d->scalar.diffusion * curl / (dx * dx), rate = diffusive - d->scalar.linear;
    double power = d->scalar.drive / dx + d->scalar.thermal * curl / (dx * dx * dx);
    double z = rate * dt;
    if (integrator == &gf_integrator_heun) {
        return power / (2 * rate) * pow(1 - z / 2, 2) / (1 - z + z * z / 2 - z * z * z / 8);
    }
    if (integrator == &gf_integrator_exponential) {
        double flow = exp(2 * d->scalar.linear * dt); /* of m^2, over a step */
        double added =
            diffusive > 0 ? power * -expm1(-2 * diffusive * dt) / (2 * diffusive) : power * dt;
        return sqrt(flow) * added / (1 - flow * exp(-2 * diffusive * dt));
    }
    return power / (2 * rate);
}

static void observe(gf_lattice *lattice, double *m) {
    uint64_t counts[GF_COUNTS];
    gf_lattice_measure(lattice, m, counts);
}

enum { CELLS = 1100 }; /* not a multiple of a block of random numbers */

static double mode_power(const double *m, int k) {
    double re = 0, im = 0;
    for (int i = 0; i < CELLS; ++i) {
        re += m[i] * cos(2 * M_PI * k * i / CELLS);
        im += m[i] * sin(2 * M_PI * k * i / CELLS);
    }
    return (re * re + im * im) / CELLS;
}

START_TEST(test_structure_factor) {
    enum { SAMPLES = sized(1500, 100), MODES = 12 };
    const gf_integrator *integrator = integrators[_i];
    gf_dynamics d = linear_dynamics();
    double dt = 0.06, m[CELLS], chi_square = 0;
    const int mode[MODES] = {0, 1, 2, 5, 11, 50, 137, 275, 400, 500, 549, 550};
    double sum[MODES] = {0};
    gf_lattice *lattice = new_lattice(&d, integrator, CELLS, GF_PERIODIC, dt, (gf_random){8, 0});
    gf_lattice_advance(lattice, 200); /* ten times the longest memory 1/0.8 */
    for (int s = 0; s < SAMPLES; ++s) {
        gf_lattice_advance(lattice, 60);
        observe(lattice, m);
        for (int k = 0; k < MODES; ++k) {
            sum[k] += mode_power(m, mode[k]);
        }
    }
    gf_lattice_free(lattice);
    for (int k = 0; k < MODES; ++k) {
        double exact = structure_factor(&d, integrator, dt, 2 * M_PI * mode[k] / CELLS);
        bool is_real = mode[k] == 0 || 2 * mode[k] == CELLS;
        double z = (sum[k] / SAMPLES / exact - 1) / sqrt((is_real ? 2.0 : 1.0) / SAMPLES);
        ck_assert_msg(fabs(z) < 4, "%s, mode %d: S = %g, exactly %g", integrator->name, mode[k],
                      sum[k] / SAMPLES, exact);
        chi_square += z * z;
    }
    ck_assert_double_lt(chi_square, MODES + 4 * sqrt(2.0 * MODES));
}
END_TEST

/* Conserved noise and diffusion alone leave the sum of the field as it is. */
START_TEST(test_conservation) {
    const gf_integrator *integrator = integrators[_i];
    gf_dynamics d = linear_dynamics();
    double sum = 0, square = 0, m[CELLS];
    d.scalar.drive = 0;
    d.scalar.linear = 0;
    gf_lattice *lattice = new_lattice(&d, integrator, CELLS, GF_PERIODIC, 0.05, (gf_random){9, 1});
    for (int i = 0; i < CELLS; ++i) {
        m[i] = 0.25;
    }
    set_rows(lattice, 0, m);
    gf_lattice_advance(lattice, 2000);
    observe(lattice, m);
    for (int i = 0; i < CELLS; ++i) {
        sum += m[i];
        square += (m[i] - 0.25) * (m[i] - 0.25);
    }
    /* The splitting sees k = 0 as a number of its own; the others through telescoping sums. */
    ck_assert_double_lt(fabs(sum - 0.25 * CELLS), 1e-9 * CELLS);
    ck_assert_double_gt(square / CELLS, 0.2); /* but there is noise */
    gf_lattice_free(lattice);
}
END_TEST

/* An antiperiodic row is half of a periodic one of twice the length with m(r + L) = -m(r). */
START_TEST(test_antiperiodic) {
    gf_dynamics d = linear_dynamics();
    double m[2 * CELLS], wanted[2 * CELLS];
    d.scalar.linear = 0.1;
    d.scalar.cubic = 0.2;
    d.scalar.drive = 0;
    d.scalar.thermal = 0;
    const gf_integrator *integrator = integrators[_i];
    gf_lattice *half = new_lattice(&d, integrator, CELLS, GF_ANTIPERIODIC, 0.05, (gf_random){0});
    gf_lattice *whole = new_lattice(&d, integrator, 2 * CELLS, GF_PERIODIC, 0.05, (gf_random){0});
    for (int i = 0; i < CELLS; ++i) {
        m[i] = sin(0.01 * i * i);
        m[CELLS + i] = -m[i];
    }
    set_rows(half, 0, m);
    set_rows(whole, 0, m);
    gf_lattice_advance(half, 300);
    gf_lattice_advance(whole, 300);
    observe(half, m);
    get_rows(whole, wanted);
    for (int i = 0; i < CELLS; ++i) {
        ck_assert_double_eq_tol(m[i], wanted[i], 1e-13);
        ck_assert_double_eq_tol(m[i], -wanted[CELLS + i], 1e-13);
    }
    gf_lattice_free(half);
    gf_lattice_free(whole);
}
END_TEST

/* Across the seam of an antiperiodic row the noise is that of any other place: in the linear case
 * the covariance of neighbours across it is minus that elsewhere. */
START_TEST(test_antiperiodic_noise) {
    enum { SAMPLES = sized(20000, 500), SMALL = 8 };
    const gf_integrator *integrator = integrators[_i];
    gf_dynamics d = linear_dynamics();
    gf_lattice *lattice =
        new_lattice(&d, integrator, SMALL, GF_ANTIPERIODIC, 0.06, (gf_random){3, 3});
    double m[SMALL], seam = 0, inside = 0, square = 0;
    for (int s = 0; s < SAMPLES; ++s) {
        gf_lattice_advance(lattice, 30);
        observe(lattice, m);
        seam -= m[0] * m[SMALL - 1];
        for (int i = 0; i + 1 < SMALL; ++i) {
            inside += m[i] * m[i + 1] / (SMALL - 1);
        }
        square += m[0] * m[0];
    }
    ck_assert_double_lt(fabs(seam - inside), 6 * square / sqrt(SAMPLES));
    gf_lattice_free(lattice);
}
END_TEST

/* --- weak order ------------------------------------------------------------------------------ */

/* <x^2> at a time of the double well (alpha, mu) started at x = 1.2, from the Fokker-Planck
 * equation: a walk on a fine mesh in detailed balance, carried on by the Crank-Nicolson method. */
static double fokker_planck(double alpha, double mu, int time) {
    enum { POINTS = 1801, STEPS = 1000 }; /* steps per unit of time */
    static double p[POINTS], up[POINTS], down[POINTS], right[POINTS], ratio[POINTS];
    double h = 7.2 / (POINTS - 1), dt = 1.0 / STEPS, moment = 0;
    for (int i = 0; i < POINTS; ++i) {
        double x = -3.6 + i * h, y = x + h, z = x - h;
        double v = x * x * (x * x / 4 - mu / 2);
        up[i] = i + 1 < POINTS
                    ? alpha / (h * h) * exp(-(y * y * (y * y / 4 - mu / 2) - v) / (2 * alpha))
                    : 0;
        down[i] =
            i > 0 ? alpha / (h * h) * exp(-(z * z * (z * z / 4 - mu / 2) - v) / (2 * alpha)) : 0;
        p[i] = 0;
    }
    p[(int)lround((1.2 + 3.6) / h)] = 1;
    for (int s = 0; s < STEPS * time; ++s) {
        /* two implicit Euler half steps at first, to damp the sharp start */
        double old = s < 4 ? 0 : dt / 2, new = s < 4 ? dt : dt / 2;
        for (int i = 0; i < POINTS; ++i) {
            double in =
                (i > 0 ? up[i - 1] * p[i - 1] : 0) + (i + 1 < POINTS ? down[i + 1] * p[i + 1] : 0);
            right[i] = p[i] + old * (in - (up[i] + down[i]) * p[i]);
        }
        for (int i = 0; i < POINTS; ++i) {
            double lower = i > 0 ? -new *up[i - 1] : 0;
            double pivot = 1 + new *(up[i] + down[i]) - (i > 0 ? lower * ratio[i - 1] : 0);
            ratio[i] = i + 1 < POINTS ? -new *down[i + 1] / pivot : 0;
            right[i] = (right[i] - (i > 0 ? lower * right[i - 1] : 0)) / pivot;
        }
        for (int i = POINTS - 1; i >= 0; --i) {
            p[i] = right[i] - (i + 1 < POINTS ? ratio[i] * p[i + 1] : 0);
        }
    }
    for (int i = 0; i < POINTS; ++i) {
        moment += p[i] * pow(-3.6 + i * h, 2);
    }
    return moment;
}

/* The same from many particles; *sigma is its standard error. */
static double simulate(const gf_integrator *integrator, double alpha, double mu, int time,
                       int steps, double *sigma) {
    enum { PARTICLES = 1 << 17, BATCHES = 48 };
    double parameter[] = {alpha, mu}, sum = 0, square = 0;
    gf_noise_strength none = {0};
    gf_dynamics d = {.equation = &gf_equation_double_well, .spacing = 1};
    double *x = malloc(PARTICLES * sizeof *x);
    ck_assert_int_eq(d.equation->prepare(parameter, &none, &d, NULL), GF_OK);
    for (uint32_t b = 0; b < BATCHES; ++b) {
        gf_lattice *lattice =
            new_lattice(&d, integrator, PARTICLES, GF_PERIODIC, 1.0 / steps, (gf_random){77, b});
        for (int i = 0; i < PARTICLES; ++i) {
            x[i] = 1.2;
        }
        set_rows(lattice, 0, x);
        gf_lattice_advance(lattice, (uint64_t)(steps * time));
        observe(lattice, x);
        for (int i = 0; i < PARTICLES; ++i) {
            sum += x[i] * x[i];
            square += pow(x[i], 4);
        }
        gf_lattice_free(lattice);
    }
    free(x);
    double n = (double)PARTICLES * BATCHES, mean = sum / n;
    *sigma = sqrt((square / n - mean * mean) / n);
    return mean;
}

/* log of the ratio of two errors over log of the ratio of the steps, and its standard error. */
static double measure_order(const gf_integrator *integrator, double mu, int time, const int *steps,
                            double *uncertainty) {
    double alpha = 0.5, error[2], sigma[2], exact = fokker_planck(alpha, mu, time);
    for (int k = 0; k < 2; ++k) {
        error[k] = simulate(integrator, alpha, mu, time, steps[k], &sigma[k]) - exact;
    }
    double scale = log((double)steps[1] / steps[0]);
    *uncertainty = hypot(sigma[0] / error[0], sigma[1] / error[1]) / scale;
    return log(error[0] / error[1]) / scale;
}

/* The average at a time. */
START_TEST(test_weak_order) {
    static const int expected[] = {2, 1, 2}; /* of integrators[] */
    const int steps[2] = {4, 8};
    double uncertainty = 0;
    double order = measure_order(integrators[_i], 1, 1, steps, &uncertainty);
    ck_assert_msg(fabs(order - expected[_i]) < 0.35 + 3 * uncertainty && uncertainty < 0.3,
                  "%s: weak order %.2f +- %.2f, expected %d", integrators[_i]->name, order,
                  uncertainty, expected[_i]);
}
END_TEST

/* The stationary average of Leimkuhler and Matthews' method: order 2 or better. */
START_TEST(test_stationary_order) {
    const int steps[2] = {4, 6};
    double uncertainty = 0;
    double order = measure_order(&gf_integrator_leimkuhler_matthews, 0.01, 5, steps, &uncertainty);
    ck_assert_msg(order > 2 - 3 * uncertainty && uncertainty < 0.6,
                  "order %.2f +- %.2f of stationary averages, expected 2", order, uncertainty);
}
END_TEST

START_TEST(test_refused) {
    gf_error error;
    gf_lattice *lattice = NULL;
    gf_dynamics d = linear_dynamics();
    double limit = gf_integrator_heun.longest_step(&d);
    ck_assert_double_eq_tol(limit, 2 / (4 * 1.3 / 0.25 + 0.8), 1e-12);
    ck_assert_int_eq(try_lattice(&d, &gf_integrator_heun, 100, GF_PERIODIC, 1.01 * limit,
                                 (gf_random){0}, &lattice, &error),
                     GF_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "unstable"));
    ck_assert_ptr_null(lattice);
    ck_assert_int_eq(try_lattice(&d, &gf_integrator_exponential, 100, GF_ANTIPERIODIC, 0.1,
                                 (gf_random){0}, &lattice, &error),
                     GF_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "antiperiodic"));
    ck_assert_ptr_null(lattice);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("lattice");
    tcase_add_loop_test(tests, test_structure_factor, 0, 3);
    tcase_add_loop_test(tests, test_conservation, 0, 3);
    tcase_add_loop_test(tests, test_antiperiodic, 0, 2);
    tcase_add_loop_test(tests, test_antiperiodic_noise, 0, 2);
    tcase_add_loop_test(tests, test_weak_order, 0, sized(3, 0));
    tcase_add_long_test(tests, test_stationary_order);
    tcase_add_test(tests, test_refused);
    return run_suite("lattice", tests);
}
