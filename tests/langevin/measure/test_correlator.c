/* Correlations against sums written out, and against the exact ones of the linear equation, on its
 * cells and in its steps. */
#include "lattices.h"

#include "langevin/measure/correlator.h"

#include <math.h>
#include <stdlib.h>

/* --- by hand ---------------------------------------------------------------------------------- */

enum { CELLS = 45, FIELDS = 2, DISTANCES = 8, STRIDE = 3 };

static void fill(uint64_t *seed, double *fields) {
    for (int i = 0; i < FIELDS * CELLS; ++i) {
        fields[i] = random_dyadic(seed);
    }
}

/* Cell i of a field, around the row. */
static double around(const double *field, int i, bool reversed) {
    int turns = (i + 4 * CELLS) / CELLS - 4;
    double value = field[i - turns * CELLS];
    return reversed && turns % 2 != 0 ? -value : value;
}

static double by_hand(const double *before, const double *now, int x, bool reversed) {
    double sum = 0;
    for (int i = 0; i < CELLS; ++i) {
        sum += before[i] * (around(now, i + x, reversed) + around(now, i - x, reversed)) / 2;
    }
    return sum / CELLS;
}

START_TEST(test_sums) {
    bool reversed = _i == 1;
    uint64_t seed = 5;
    double before[FIELDS * CELLS], now[FIELDS * CELLS];
    double sum[DISTANCES * FIELDS * FIELDS] = {0};
    const gf_correlator_plan plan = {.fields = FIELDS,
                                     .cells = CELLS,
                                     .boundary = reversed ? GF_ANTIPERIODIC : GF_PERIODIC,
                                     .has_space = true,
                                     .distances = DISTANCES,
                                     .stride = STRIDE};
    gf_correlator *correlator = NULL;
    ck_assert_int_eq(gf_correlator_create(&plan, &correlator, NULL), GF_OK);
    fill(&seed, before);
    fill(&seed, now);
    gf_correlator_set_origin(correlator, before);
    gf_correlator_add(correlator, now, sum);
    gf_correlator_add(correlator, now, sum);
    for (int x = 0; x < DISTANCES; ++x) {
        for (int a = 0; a < FIELDS; ++a) {
            for (int b = 0; b < FIELDS; ++b) {
                double wanted = by_hand(before + a * CELLS, now + b * CELLS, STRIDE * x, reversed);
                ck_assert_double_eq_tol(sum[(x * FIELDS + a) * FIELDS + b], 2 * wanted, 1e-13);
            }
        }
    }
    gf_correlator_free(correlator);
}
END_TEST

/* Cells without neighbours: each with itself. */
START_TEST(test_cells) {
    uint64_t seed = 6;
    double before[FIELDS * CELLS], now[FIELDS * CELLS], sum[FIELDS * FIELDS] = {0};
    const gf_correlator_plan plan = {.fields = FIELDS, .cells = CELLS, .distances = 1, .stride = 1};
    gf_correlator *correlator = NULL;
    ck_assert_int_eq(gf_correlator_create(&plan, &correlator, NULL), GF_OK);
    fill(&seed, before);
    fill(&seed, now);
    gf_correlator_set_origin(correlator, before);
    gf_correlator_add(correlator, now, sum);
    for (int a = 0; a < FIELDS; ++a) {
        for (int b = 0; b < FIELDS; ++b) {
            double wanted = by_hand(before + a * CELLS, now + b * CELLS, 0, false);
            ck_assert_double_eq_tol(sum[a * FIELDS + b], wanted, 1e-13);
        }
    }
    gf_correlator_free(correlator);
}
END_TEST

/* --- the linear equation ---------------------------------------------------------------------- */

static const gf_integrator *const integrators[] = {
    &gf_integrator_heun, &gf_integrator_leimkuhler_matthews, &gf_integrator_exponential};

enum { ROW = 128, LAGS = 5, FAR = 6, APART = 4 /* steps */, COPIES = 40, ORIGINS = 50 };

static const double STEP = 0.06;

/* dm/dt = D m'' - k m + both noises. */
static gf_dynamics linear_dynamics(void) {
    return (gf_dynamics){
        .equation = &gf_equation_order_parameter,
        .spacing = 0.5,
        .order = 1,
        .scalar = {.diffusion = 1.3, .drive = 0.4, .thermal = 0.7, .linear = -0.8, .cubic = 0}};
}

/* <m_k(0) m_k(n steps)*>/cells. With z = rate dt, Heun makes of a mode rho = 1 - z + z^2/2 of it;
 * Leimkuhler and Matthews see x' = (1 - z) x + (w + w')/2 with w in x by half; the splitting keeps
 * exp(-z). */
static double mode_of(const gf_dynamics *d, const gf_integrator *integrator, double wave, int n) {
    double curl = 2 - 2 * cos(wave), dx = d->spacing, dt = STEP;
    double diffusive = d->scalar.diffusion * curl / (dx * dx), rate = diffusive - d->scalar.linear;
    double power = d->scalar.drive / dx + d->scalar.thermal * curl / (dx * dx * dx), z = rate * dt;
    if (integrator == &gf_integrator_heun) {
        double rho = 1 - z + z * z / 2, kick = 1 - z / 2;
        return kick * kick * power * dt / (1 - rho * rho) * pow(rho, n);
    }
    if (integrator == &gf_integrator_leimkuhler_matthews) {
        double variance = power / (2 * rate);
        return n == 0 ? variance : variance * (1 - z / 2) * pow(1 - z, n - 1);
    }
    double flow = exp(2 * d->scalar.linear * dt);
    double added =
        diffusive > 0 ? power * -expm1(-2 * diffusive * dt) / (2 * diffusive) : power * dt;
    return sqrt(flow) * added / (1 - flow * exp(-2 * diffusive * dt)) * exp(-z * n);
}

static double exactly(const gf_dynamics *d, const gf_integrator *integrator, int x, int steps) {
    double sum = 0;
    for (int k = 0; k < ROW; ++k) {
        double wave = 2 * M_PI * k / ROW;
        sum += mode_of(d, integrator, wave, steps) * cos(wave * x) / ROW;
    }
    return sum;
}

/* sum[LAGS][FAR] over the origins of one realisation. */
static void sample(const gf_dynamics *d, const gf_integrator *integrator, uint32_t stream,
                   gf_correlator *correlator, double *sum) {
    double m[ROW];
    uint64_t counts[GF_COUNTS];
    gf_lattice *lattice =
        new_lattice(d, integrator, ROW, GF_PERIODIC, STEP, (gf_random){12, stream});
    gf_lattice_advance(lattice, 200); /* ten times the longest memory 1/0.8 */
    for (int origin = 0; origin < ORIGINS; ++origin) {
        for (int lag = 0; lag < LAGS; ++lag) {
            gf_lattice_measure(lattice, m, counts);
            if (lag == 0) {
                gf_correlator_set_origin(correlator, m);
            }
            gf_correlator_add(correlator, m, sum + (ptrdiff_t)lag * FAR);
            gf_lattice_advance(lattice, APART);
        }
    }
    gf_lattice_free(lattice);
}

START_TEST(test_linear) {
    const gf_integrator *integrator = integrators[_i];
    gf_dynamics d = linear_dynamics();
    const gf_correlator_plan plan = {
        .fields = 1, .cells = ROW, .has_space = true, .distances = FAR, .stride = 1};
    double mean[LAGS * FAR] = {0}, square[LAGS * FAR] = {0}, worst = 0;
    gf_correlator *correlator = NULL;
    ck_assert_int_eq(gf_correlator_create(&plan, &correlator, NULL), GF_OK);
    for (uint32_t copy = 0; copy < COPIES; ++copy) {
        double sum[LAGS * FAR] = {0};
        sample(&d, integrator, copy, correlator, sum);
        for (int i = 0; i < LAGS * FAR; ++i) {
            mean[i] += sum[i] / ORIGINS / COPIES;
            square[i] += sum[i] / ORIGINS * sum[i] / ORIGINS / COPIES;
        }
    }
    for (int lag = 0; lag < LAGS; ++lag) {
        for (int x = 0; x < FAR; ++x) {
            int i = lag * FAR + x;
            double error = sqrt((square[i] - mean[i] * mean[i]) / (COPIES - 1));
            double wanted = exactly(&d, integrator, x, lag * APART);
            ck_assert_msg(fabs(mean[i] - wanted) < 4.5 * error,
                          "%s: C(%d, %d steps) = %g +- %g, exactly %g", integrator->name, x,
                          lag * APART, mean[i], error, wanted);
            worst = fmax(worst, error / exactly(&d, integrator, 0, 0));
        }
    }
    ck_assert_double_lt(worst, 0.01); /* it can tell one integrator from another */
    gf_correlator_free(correlator);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("correlator");
    tcase_add_loop_test(tests, test_sums, 0, 2);
    tcase_add_test(tests, test_cells);
    if (!GF_SANITIZED) {
        tcase_add_loop_test(tests, test_linear, 0, 3);
    }
    return run_suite("correlator", tests);
}
