/* Gibbs states against closed forms, sum rules and exact derivatives. */
#include "fixture.h"
#include "suite.h"

#include <math.h>

/* At lambda2 = 0 the state is a product of spins with <Z> = m. */
START_TEST(infinite_temperature_is_a_product_state) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 10, NULL);
    const double gamma = 0.9;
    for (double m = -0.9; m < 0.95; m += 0.3) {
        gf_state s = fixture_at(&f, -atanh(m), 0);
        ck_assert_double_eq_tol(s.density[0], m, 1e-14);
        ck_assert_double_eq_tol(s.density[1], m * m, 1e-13); /* Delta <Z Z> = m^2 */
        ck_assert_double_eq_tol(s.log_partition, log(2 * cosh(atanh(m))), 1e-14);
        ck_assert_double_eq_tol(s.susceptibility[0], 1 - m * m, 1e-13);
        /* 2 m [gamma/4 (1 - m^2) - (1 - gamma)] and 4 [(1 - gamma) + gamma (1 - m^2)/4] */
        ck_assert_double_eq_tol(s.force[0], 2 * m * (gamma / 4 * (1 - m * m) - (1 - gamma)), 1e-13);
        ck_assert_double_eq_tol(s.noise[0], 4 * ((1 - gamma) + gamma * (1 - m * m) / 4), 1e-13);
    }
    gf_state hot = fixture_at(&f, 0, 0);
    ck_assert_double_eq_tol(hot.log_partition * 10, log(1024), 1e-13); /* Z = 2^N */
    fixture_close(&f);
}
END_TEST

/* What Newton's method takes is what the tables have, whatever was asked for before, at any rates.
 */
START_TEST(the_drift_is_that_of_all_channels) {
    fixture f;
    fixture_open(&f, "dm_field.yaml", 8, NULL);
    uint64_t random = 5;
    for (int k = 0; k < 40; ++k) {
        double lambda[2] = {random_dyadic(&random), k % 3 == 0 ? 0.3 : random_dyadic(&random) / 2};
        gf_state drift, whole;
        if (k % 4 == 0) {
            f.rates[0] = 0.01 * k;
            gf_gibbs_set_rates(f.gibbs, f.rates);
        }
        gf_gibbs_drift(f.gibbs, lambda, &drift);
        gf_gibbs_evaluate(f.gibbs, lambda, GF_SLOPES, &whole);
        for (int i = 0; i < 2; ++i) {
            ck_assert_double_eq(drift.density[i], whole.density[i]);
            ck_assert_double_eq_tol(drift.force[i], whole.force[i], 1e-13);
            ck_assert_double_eq_tol(drift.force_slope[i][0], whole.force_slope[i][0], 1e-12);
            ck_assert_double_eq_tol(drift.force_slope[i][1], whole.force_slope[i][1], 1e-12);
        }
        ck_assert_ptr_null(drift.observables);
    }
    fixture_close(&f);
}
END_TEST

/* Two sites, open: H = 2 (S+ S- + S- S+) + D Z Z has levels D, D, 2 - D, -2 - D. */
START_TEST(two_sites_by_hand) {
    fixture f;
    fixture_parse(&f,
                  "name: t\nsites: 2\nboundary: open\nparameters: {D: 0.7}\n"
                  "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1] + D*Z[0]*Z[1]\"]\n"
                  "lindblad: [{name: loss, rate: 1, operator: \"Sm[0]\"}]\n");
    const double d = 0.7, l1 = 0.4, l2 = -0.6;
    double w[] = {exp(-l2 * d + 2 * l1), exp(-l2 * d - 2 * l1), exp(-l2 * (2 - d)),
                  exp(-l2 * (-2 - d))};
    double z = w[0] + w[1] + w[2] + w[3];
    gf_state s = fixture_at(&f, l1, l2);
    ck_assert_double_eq_tol(s.log_partition, log(z) / 2, 1e-14);
    ck_assert_double_eq_tol(s.density[0], (2 * w[1] - 2 * w[0]) / z / 2, 1e-14);
    ck_assert_double_eq_tol(s.density[1],
                            (d * (w[0] + w[1]) + (2 - d) * w[2] - (2 + d) * w[3]) / z / 2, 1e-14);
    /* Loss: f1 = -<1 + Z> per site, since every up spin falls by 2 at rate 1. */
    ck_assert_double_eq_tol(s.force[0], -(1 + s.density[0]), 1e-14);
    ck_assert_double_eq_tol(s.noise[0], 2 * (1 + s.density[0]), 1e-14);
    fixture_close(&f);
}
END_TEST

/* An open XX chain is free fermions with levels 4 cos(pi k/(N+1)) + 2 h; Q1 = 2 sum n - N. */
START_TEST(free_fermions) {
    enum { SITES = 9 };
    fixture f;
    fixture_parse(&f,
                  "name: xx\nsites: 9\nboundary: open\nhamiltonian: [\"X[0]*X[1] + Y[0]*Y[1]\"]\n"
                  "lindblad: [{name: x, rate: 1, operator: \"X[0]\"}]\n");
    for (double l1 = -2; l1 <= 2; l1 += 1) {
        for (double l2 = -2; l2 <= 2; l2 += 0.8) {
            double log_z = SITES * l1, m = 0, e = 0, c11 = 0, c12 = 0, c22 = 0;
            for (int k = 1; k <= SITES; ++k) {
                double level = 4 * cos(acos(-1) * k / (SITES + 1)), x = 2 * l1 + l2 * level;
                double n = 1 / (1 + exp(x));
                log_z += log1p(exp(-x));
                m += 2 * n - 1;
                e += level * n;
                c11 += 4 * n * (1 - n);
                c12 += 2 * level * n * (1 - n);
                c22 += level * level * n * (1 - n);
            }
            gf_state s = fixture_at(&f, l1, l2);
            ck_assert_double_eq_tol(s.log_partition, log_z / SITES, 1e-12);
            ck_assert_double_eq_tol(s.density[0], m / SITES, 1e-12);
            ck_assert_double_eq_tol(s.density[1], e / SITES, 1e-12);
            ck_assert_double_eq_tol(s.susceptibility[0], c11 / SITES, 1e-11);
            ck_assert_double_eq_tol(s.susceptibility[1], c12 / SITES, 1e-11);
            ck_assert_double_eq_tol(s.susceptibility[2], c22 / SITES, 1e-11);
        }
    }
    fixture_close(&f);
}
END_TEST

/* dq/dlambda = -C and df/dlambda = force_slope, by central differences of high order. */
static double difference(const double values[4], double h) {
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h);
}

START_TEST(derivatives_are_exact) {
    static const double offsets[] = {-2, -1, 1, 2};
    const double h = 1e-3;
    fixture f;
    fixture_open(&f, "dm_field.yaml", 6, NULL);
    for (int point = 0; point < 20; ++point) {
        double lambda[2] = {2 * sin(3.1 * point), 2 * cos(1.7 * point)};
        gf_state s = fixture_at(&f, lambda[0], lambda[1]);
        for (int j = 0; j < 2; ++j) {
            double q[2][4], force[2][4];
            for (int k = 0; k < 4; ++k) {
                double at[2] = {lambda[0], lambda[1]};
                at[j] += offsets[k] * h;
                gf_state near = fixture_at(&f, at[0], at[1]);
                for (int i = 0; i < 2; ++i) {
                    q[i][k] = near.density[i];
                    force[i][k] = near.force[i];
                }
            }
            for (int i = 0; i < 2; ++i) {
                ck_assert_double_eq_tol(difference(q[i], h), -s.susceptibility[i + j], 1e-9);
                ck_assert_double_eq_tol(difference(force[i], h), s.force_slope[i][j], 1e-9);
            }
        }
    }
    fixture_close(&f);
}
END_TEST

static bool state_is_finite(const gf_state *s) {
    double sum = s->log_partition;
    for (int i = 0; i < 2; ++i) {
        sum += s->density[i] + s->force[i];
        for (int j = 0; j < 2; ++j) {
            sum += s->susceptibility[i + j] + s->noise[i + j] + s->force_slope[i][j];
        }
    }
    return isfinite(sum);
}

/* lambda = +-50 freezes the chain into one state, or a degenerate few, without overflow. */
START_TEST(extreme_lambda) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    for (int a = -1; a <= 1; ++a) {
        for (int b = -1; b <= 1; ++b) {
            gf_state s = fixture_at(&f, 50 * a, 50 * b);
            ck_assert(state_is_finite(&s));
            ck_assert(gf_region_depth(&f.region, s.density) > -1e-12);
        }
    }
    gf_state up = fixture_at(&f, -50, 0);
    ck_assert_double_eq_tol(up.density[0], 1, 1e-14);
    ck_assert_double_eq_tol(up.log_partition, 50, 1e-12);
    /* Where one state dominates, C keeps its relative accuracy: here 4 N w (1 - w)/N of a spin. */
    double w = exp(-100) / (1 + exp(-100));
    ck_assert_double_eq_tol(up.susceptibility[0] / (4 * w * (1 - w)), 1, 1e-12);
    ck_assert(state_is_finite(&up));
    fixture_close(&f);
}
END_TEST

START_TEST(noise_is_positive_and_flip_symmetric) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 0, NULL);
    for (double l1 = -3; l1 <= 3; l1 += 0.75) {
        for (double l2 = -1.5; l2 <= 1; l2 += 0.25) {
            gf_state s = fixture_at(&f, l1, l2), r = fixture_at(&f, -l1, l2);
            double determinant = s.noise[0] * s.noise[2] - s.noise[1] * s.noise[1];
            ck_assert(s.noise[0] > 0 && s.noise[2] > 0 && determinant > 0);
            ck_assert_double_eq_tol(s.density[0], -r.density[0], 1e-12);
            ck_assert_double_eq_tol(s.density[1], r.density[1], 1e-12);
            ck_assert_double_eq_tol(s.force[0], -r.force[0], 1e-12);
            ck_assert_double_eq_tol(s.force[1], r.force[1], 1e-12);
            ck_assert_double_eq_tol(s.noise[0], r.noise[0], 1e-12);
            ck_assert_double_eq_tol(s.noise[1], -r.noise[1], 1e-12);
            ck_assert_double_eq_tol(s.noise[2], r.noise[2], 1e-12);
        }
    }
    fixture_close(&f);
}
END_TEST

/* lambda -> q -> lambda, from a start that knows nothing. */
START_TEST(inversion_finds_lambda) {
    fixture f;
    fixture_open(&f, "xxz_jprime_half.yaml", 8, NULL);
    for (double l1 = -4; l1 <= 4; l1 += 1) {
        for (double l2 = -3; l2 <= 3; l2 += 0.75) {
            gf_state s = fixture_at(&f, l1, l2);
            double found[2] = {0, 0};
            ck_assert(gf_gibbs_invert(f.gibbs, s.density, found));
            gf_state t = fixture_at(&f, found[0], found[1]);
            ck_assert_double_eq_tol(t.density[0], s.density[0], 1e-11);
            ck_assert_double_eq_tol(t.density[1], s.density[1], 1e-11);
        }
    }
    double nowhere[2] = {0, 0};
    ck_assert(!gf_gibbs_invert(f.gibbs, (double[2]){0, 9}, nowhere));
    fixture_close(&f);
}
END_TEST

/* For a bath of pure dephasing [L, Q1] = 0, so f1 = N_11 = N_12 = 0 in every state. */
START_TEST(dephasing_conserves_magnetization) {
    fixture f;
    fixture_open(&f, "dephasing.yaml", 8, NULL);
    gf_state s = fixture_at(&f, 0.3, -0.8);
    ck_assert_double_eq(s.force[0], 0);
    ck_assert_double_eq(s.noise[0], 0);
    ck_assert_double_eq(s.noise[1], 0);
    ck_assert(s.noise[2] > 0.1 && fabs(s.force[1]) > 0.1);
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("gibbs");
    tcase_add_test(tests, infinite_temperature_is_a_product_state);
    tcase_add_test(tests, the_drift_is_that_of_all_channels);
    tcase_add_test(tests, two_sites_by_hand);
    tcase_add_test(tests, free_fermions);
    tcase_add_test(tests, derivatives_are_exact);
    tcase_add_test(tests, extreme_lambda);
    tcase_add_test(tests, noise_is_positive_and_flip_symmetric);
    tcase_add_test(tests, inversion_finds_lambda);
    tcase_add_test(tests, dephasing_conserves_magnetization);
    return run_suite("gibbs", tests);
}
