/* Tails of rings against functions of time that are known, symmetries and operator space itself;
 * the table of D against states of which D is known, and what a run must find in it. */
#include "transport/diffusion_table.h"
#include "transport/operator_space.h"
#include "transport/tail.h"

#include "base/matrix.h"
#include "fixture.h"
#include "suite.h"

#include <math.h>

enum { F = GF_CHARGES, MATRIX = GF_TRANSPORT_MATRIX, TIMES = 33 };

typedef double matrix[F][F];

#define assert_near(a, b, tolerance)                                                               \
    ck_assert_msg(fabs((a) - (b)) <= (tolerance), "%.12g is not %.12g", (double)(a), (double)(b))

/* --- functions of time that are known -------------------------------------------------------- */

/* K_0(t) = base exp(-t/2) of the state at lambda2 = 0, and A K_0 A^T of the other one: then A
 * sigma_0 A^T is the limit by any way. A base is symmetric, as it is for the root that A is. The
 * shorter chain differs beyond t = 2. */
static const double base[MATRIX] = {3, 0.6, 0.6, 2},
                    ratio[MATRIX] = {7.4 / 5.64, 0.6 / 5.64, 1.1 / 5.64, 3.9 / 5.64};
static const double same[MATRIX] = {1, 0, 0, 1};
static const double last_time = 4, parting = 2;

/* a s a^T, row by row. */
static void apply(const double *a, const double *s, matrix result) {
    matrix left, middle;
    memcpy(left, a, sizeof left);
    memcpy(middle, s, sizeof middle);
    gf_matrix_transform(left, middle, result);
}

static gf_transport *make(size_t points, size_t times) {
    gf_transport *result = NULL;
    ck_assert_int_eq(gf_transport_create(points, times, &result, NULL), GF_OK);
    result->method = "test";
    return result;
}

/* Two states of a ring, in charges that `charges` makes of the others. */
static gf_transport *make_rings(const double *charges) {
    gf_transport *rings = make(2, TIMES);
    rings->sites = 14;
    rings->compared = 12;
    for (size_t t = 0; t < TIMES; ++t) {
        rings->time[t] = last_time * (double)t / (TIMES - 1);
        for (size_t p = 0; p < 2; ++p) {
            matrix k, own;
            apply(p == 0 ? ratio : same, base, k);
            apply(charges, k[0], own);
            size_t row = p * TIMES + t;
            double integral = 2 * (1 - exp(-rings->time[t] / 2));
            double beyond = rings->time[t] > parting ? 0.1 : 0;
            for (size_t i = 0; i < MATRIX; ++i) {
                double value = own[i / F][i % F];
                rings->correlation[row][i] = value * exp(-rings->time[t] / 2);
                rings->onsager[row][i] = value * integral;
                rings->onsager_error[row][i] = fabs(value) * integral * beyond;
                rings->smaller_onsager[row][i] = value * integral * (1 - beyond);
            }
        }
    }
    for (size_t p = 0; p < 2; ++p) {
        memcpy(rings->susceptibility[p], (double[GF_PAIRS]){1.5, 0.3, 2}, 3 * sizeof(double));
    }
    rings->lambda[0][GF_ENERGY] = -0.2;
    gf_transport_judge(rings);
    return rings;
}

/* Ends that scatter by 5 % in sigma_11 about 2 base. */
static gf_transport *make_operators(const double *charges, bool bounded) {
    gf_transport *operators = make(1, 0);
    operators->longest = 9;
    operators->choices = 3;
    operators->verdict[0] = GF_EXTRAPOLATED;
    operators->bounded[0] = bounded;
    (void)snprintf(operators->reason[0], sizeof operators->reason[0], "a current lives long");
    for (size_t c = 0; c < 3; ++c) {
        double sigma[MATRIX] = {2 * base[0] * (0.95 + 0.05 * (double)c), 2 * base[1], 2 * base[2],
                                2 * base[3]};
        matrix own;
        apply(charges, sigma, own);
        operators->choice[c] =
            (gf_transport_choice){.longest = 9, .free = 6, .weight = 9, .damping = 1};
        memcpy(operators->choice_onsager[c], own, sizeof own);
    }
    return operators;
}

static gf_transport *join(const double *charges, bool bounded) {
    gf_transport *rings = make_rings(charges), *operators = make_operators(charges, bounded);
    gf_transport *joined = NULL;
    gf_error error = {.message = ""};
    size_t state = 1, at = 0;
    bool mirrored = false;
    gf_tail plan = {.points = 1,
                    .states = 2,
                    .operators = 1,
                    .least_time = 0,
                    .lambda = rings->lambda,
                    .operator_lambda = operators->lambda,
                    .state = &state,
                    .operators_at = &at,
                    .mirrored = &mirrored};
    ck_assert_msg(gf_tail_join(&plan, rings, operators, &joined, &error) == GF_OK, "%s",
                  error.message);
    gf_transport_free(rings);
    gf_transport_free(operators);
    return joined;
}

/* A K_0 A^T by all ways; the error is that of operator space, through A and C^-1. */
START_TEST(test_known_ratio) {
    gf_transport *joined = join(same, true);
    matrix expected, off, c = {{1.5, 0.3}, {0.3, 2}};
    double d[F];
    apply(ratio, base, expected);
    ck_assert_int_eq(joined->verdict[0], GF_EXTRAPOLATED);
    assert_near(joined->tail_time[0], parting, 1e-12);
    for (size_t w = 0; w < GF_TRANSPORT_WAYS; ++w) {
        for (size_t i = 0; i < MATRIX; ++i) {
            double limit = 2 * expected[i / F][i % F];
            assert_near(joined->way_onsager[w][i], limit, 1e-9);
        }
    }
    apply(ratio, (double[MATRIX]){0.1 * base[0]}, off); /* 5 % of 2 base_11 */
    for (size_t i = 0; i < F; ++i) {
        ck_assert(gf_matrix_solve(c, off[i], d));
        for (size_t j = 0; j < F; ++j) {
            assert_near(joined->limit[0][i * F + j], 2 * expected[i][j], 1e-9);
            assert_near(joined->limit_error[0][i * F + j], fabs(off[i][j]), 1e-9);
            assert_near(joined->diffusion_error[0][i * F + j], fabs(d[j]), 1e-9);
        }
    }
    gf_transport_free(joined);
}
END_TEST

/* In other charges, q' = P q, sigma' = P sigma P^T. */
START_TEST(test_other_charges) {
    const double p[MATRIX] = {1, 0, 0.7, 40};
    gf_transport *plain = join(same, true), *other = join(p, true);
    matrix expected;
    apply(p, plain->limit[0], expected);
    for (size_t i = 0; i < MATRIX; ++i) {
        assert_near(other->limit[0][i], expected[i / F][i % F], 1e-9 * fabs(expected[1][1]));
    }
    gf_transport_free(plain);
    gf_transport_free(other);
}
END_TEST

/* What operator space has no bound for has no tail. */
START_TEST(test_no_bound) {
    gf_transport *joined = join(same, false);
    ck_assert_int_eq(joined->verdict[0], GF_NOT_SETTLED);
    ck_assert(isnan(joined->diffusion[0][0]) && isnan(joined->limit[0][3]));
    assert_contains(joined->reason[0], "a current lives long");
    gf_transport_free(joined);
}
END_TEST

/* --- chains ---------------------------------------------------------------------------------- */

enum { POINTS = 4 };

/* At lambda2 = 0 the tail is that of operator space, with its error; at -m D_me and D_em change
 * their signs; a chain with an integral of motion has no D. */
START_TEST(test_chain) {
    fixture f;
    gf_error error = {.message = ""};
    gf_tail *plan = NULL;
    gf_transport *rings = NULL, *operators = NULL, *joined = NULL;
    const double lambda[POINTS][F] = {{-0.4, 0}, {0.4, 0}, {-0.5, -0.15}, {0.5, -0.15}};
    fixture_open(&f, "xxz_jprime_half.yaml", 10, NULL);
    ck_assert_msg(gf_tail_plan(f.model, f.gibbs, POINTS, lambda, &plan, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_uint_eq(plan->operators, 2); /* the mirror images are the same */
    const gf_transport_request request = {.points = plan->states,
                                          .lambda = (const double(*)[F])plan->lambda,
                                          .time = {0, 3, 25},
                                          .compare = true};
    const gf_operator_points there = {.points = plan->operators,
                                      .lambda = (const double(*)[F])plan->operator_lambda,
                                      .longest = 8,
                                      .weight = 8};
    ck_assert_int_eq(gf_transport_find(f.model, &request, &rings, &error), GF_OK);
    ck_assert_int_eq(gf_operator_points_find(f.model, &there, &operators, &error), GF_OK);
    ck_assert_int_eq(gf_tail_join(plan, rings, operators, &joined, &error), GF_OK);
    for (size_t i = 0; i < MATRIX; ++i) {
        double sign = i == 0 || i == MATRIX - 1 ? 1 : -1;
        assert_near(joined->limit[0][i], operators->limit[0][i], 1e-7);
        assert_near(joined->limit_error[0][i], operators->limit_error[0][i], 1e-6);
        for (size_t p = 0; p < POINTS; p += 2) {
            ck_assert_int_eq(joined->verdict[p], GF_EXTRAPOLATED);
            assert_near(joined->diffusion[p][i], sign * joined->diffusion[p + 1][i], 1e-8);
            assert_near(joined->diffusion_error[p][i], joined->diffusion_error[p + 1][i], 1e-8);
        }
    }
    ck_assert_double_gt(joined->diffusion_error[2][0], 1);
    ck_assert_double_lt(joined->diffusion_error[2][0], 0.5 * joined->diffusion[2][0]);
    gf_transport_free(rings);
    gf_transport_free(operators);
    gf_transport_free(joined);
    gf_tail_free(plan);
    fixture_close(&f);
}
END_TEST

/* --- the table ------------------------------------------------------------------------------- */

typedef struct table_case {
    fixture chain;
    gf_diffusion_nodes nodes;
    gf_transport *known;
    gf_diffusion table;
    gf_diffusion_origin *origin;
} table_case;

/* C = R R^T. */
static void find_root(const double c[GF_PAIRS], matrix root) {
    root[0][0] = sqrt(c[0]);
    root[0][1] = 0;
    root[1][0] = c[1] / root[0][0];
    root[1][1] = sqrt(c[2] - root[1][0] * root[1][0]);
}

/* sigma = R S R^T at every node with `s`, whose entry (1,2) is odd in m; unknown beyond some. */
static void open_table(table_case *self, double s[F][F], size_t m, size_t e) {
    gf_error error = {.message = ""};
    fixture_open(&self->chain, "xxz_jprime_half.yaml", 8, NULL);
    ck_assert_int_eq(gf_diffusion_nodes_choose(self->chain.gibbs, &self->chain.region, m, e,
                                               &self->nodes, &error),
                     GF_OK);
    self->known = make(self->nodes.rows * self->nodes.columns, 0);
    for (size_t p = 0; p < self->known->points; ++p) {
        gf_state state;
        matrix root, own, sigma;
        gf_gibbs_evaluate(self->chain.gibbs, self->nodes.lambda[p], GF_DENSITIES, &state);
        double sign = state.density[0] > 1e-9 ? 1 : state.density[0] < -1e-9 ? -1 : 0;
        memcpy(own, s, sizeof own);
        own[0][1] = own[1][0] = sign * s[0][1];
        find_root(state.susceptibility, root);
        gf_matrix_transform(root, own, sigma);
        memcpy(self->known->susceptibility[p], state.susceptibility, sizeof state.susceptibility);
        memcpy(self->known->limit[p], sigma, sizeof sigma);
        bool inside = fabs(state.density[0]) < 0.65 && p % self->nodes.columns > 0;
        self->known->verdict[p] = inside ? GF_EXTRAPOLATED : GF_NOT_SETTLED;
        (void)gf_transport_divide(state.susceptibility, sigma[0], self->known->diffusion[p]);
        for (size_t i = 0; i < MATRIX; ++i) {
            self->known->limit_error[p][i] = (i == 0 ? 0.1 : 0.2) * fabs(sigma[i / F][i % F]);
            self->known->diffusion_error[p][i] = 0.1 * fabs(self->known->diffusion[p][i]);
        }
    }
    self->origin = calloc(m * e, sizeof *self->origin);
    ck_assert_msg(gf_diffusion_table_make(&self->nodes, self->known, self->chain.gibbs,
                                          &self->chain.region, &self->table, self->origin,
                                          &error) == GF_OK,
                  "%s", error.message);
}

static void close_table(table_case *self) {
    gf_diffusion_free(&self->table);
    gf_transport_free(self->known);
    gf_diffusion_nodes_free(&self->nodes);
    free(self->origin);
    fixture_close(&self->chain);
}

/* sigma = 5 C: D = 5 everywhere, to the border and beyond; with half of it as error there. */
START_TEST(test_constant_table) {
    table_case t;
    matrix five = {{5, 0}, {0, 5}};
    open_table(&t, five, 21, 25);
    size_t known = 0, outside = 0;
    for (size_t n = 0; n < (size_t)21 * 25; ++n) {
        for (size_t i = 0; i < MATRIX; ++i) {
            assert_near(t.table.matrix[n][i], five[i / F][i % F], 1e-6); /* C vanishes nearby */
        }
        bool is_known = t.origin[n] == GF_DIFFUSION_KNOWN;
        known += is_known;
        outside += t.origin[n] == GF_DIFFUSION_OUTSIDE;
        if (is_known) {
            assert_near(t.table.error[n][0], 0.5, 1e-7);
            assert_near(t.table.relative[n], 0.2, 1e-9);
        } else {
            ck_assert_double_ge(t.table.error[n][0], 0.5 - 1e-7);
            ck_assert_double_le(t.table.error[n][0], 2.5 + 1e-7);
        }
    }
    assert_near(t.table.largest, 5, 1e-6);
    assert_near(t.table.error[0][0], 2.5, 1e-9); /* a corner outside */
    assert_near(t.table.relative[0], 0.5, 1e-9);
    ck_assert_uint_gt(known, 50);
    ck_assert_uint_gt(outside, 50);
    close_table(&t);
}
END_TEST

/* Where it is known D = R S R^-1 of the C there; m -> -m; the unit matrix at the border; D C + C
 * D^T positive, on and between nodes, as far as a run asks for it. */
START_TEST(test_table) {
    enum { M = 21, E = 25 };
    table_case t;
    matrix s = {{4, 1}, {1, 2}};
    open_table(&t, s, M, E);
    double isotropic = sqrt(gf_matrix_determinant(s)), shift = 0.3;
    size_t compared = 0;
    for (size_t n = 0; n < (size_t)M * E; ++n) {
        size_t i = n / E, j = n % E, mirror = (M - 1 - i) * E + j;
        double density[F] = {gf_axis_value(&t.table.axis[0], i),
                             gf_axis_value(&t.table.axis[1], j)};
        for (size_t k = 0; k < MATRIX; ++k) {
            double sign = k == 0 || k == MATRIX - 1 ? 1 : -1;
            assert_near(t.table.matrix[n][k], sign * t.table.matrix[mirror][k], 1e-7);
        }
        if (t.origin[n] == GF_DIFFUSION_KNOWN && density[0] > 0) {
            double lambda[F] = {0}, d[MATRIX];
            gf_state state;
            matrix root, sigma;
            ck_assert(gf_gibbs_invert(t.chain.gibbs, density, lambda));
            gf_gibbs_evaluate(t.chain.gibbs, lambda, GF_DENSITIES, &state);
            find_root(state.susceptibility, root);
            gf_matrix_transform(root, s, sigma);
            ck_assert(gf_transport_divide(state.susceptibility, sigma[0], d));
            for (size_t k = 0; k < MATRIX; ++k) {
                assert_near(t.table.matrix[n][k], d[k], 1e-8);
            }
            ++compared;
        }
        if (t.origin[n] == GF_DIFFUSION_OUTSIDE) {
            assert_near(t.table.matrix[n][0], isotropic, 1e-9);
            assert_near(t.table.matrix[n][1], 0, 1e-9);
        }
        double lambda[F] = {0}, d[MATRIX], *rows[MATRIX] = {&d[0], &d[1], &d[2], &d[3]};
        density[0] += shift * 2 / (M - 1);
        density[1] += shift * (t.table.axis[1].to - t.table.axis[1].from) / (E - 1);
        if (gf_region_contains(&t.chain.region, density) &&
            gf_gibbs_invert(t.chain.gibbs, density, lambda)) {
            gf_state state;
            gf_diffusion_evaluate(&t.table, 1, &density[0], &density[1], rows);
            gf_gibbs_evaluate(t.chain.gibbs, lambda, GF_DENSITIES, &state);
            const double *c = state.susceptibility;
            double b[GF_PAIRS] = {2 * (d[0] * c[0] + d[1] * c[1]),
                                  d[0] * c[1] + d[1] * c[2] + d[2] * c[0] + d[3] * c[1],
                                  2 * (d[2] * c[1] + d[3] * c[2])};
            double slack = 0.01 * (d[0] + d[3]);
            ck_assert_double_gt(b[0] + b[2], 0);
            ck_assert_double_gt(b[0] * b[2] - b[1] * b[1], -slack * (b[0] + b[2]));
        }
    }
    ck_assert_uint_gt(compared, 30);
    close_table(&t);
}
END_TEST

/* Without D at the centre there is no table. */
START_TEST(test_no_table) {
    table_case t;
    gf_error error = {.message = ""};
    gf_diffusion table;
    open_table(&t, (matrix){{1, 0}, {0, 1}}, 5, 5);
    for (size_t p = 0; p < t.known->points; ++p) {
        t.known->verdict[p] = GF_NOT_SETTLED;
        (void)snprintf(t.known->reason[p], sizeof t.known->reason[p], "so it is");
    }
    ck_assert_int_eq(gf_diffusion_table_make(&t.nodes, t.known, t.chain.gibbs, &t.chain.region,
                                             &table, NULL, &error),
                     GF_INVALID);
    assert_contains(error.message, "so it is");
    close_table(&t);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("tail");
    tcase_add_test(tests, test_known_ratio);
    tcase_add_test(tests, test_other_charges);
    tcase_add_test(tests, test_no_bound);
    tcase_add_test(tests, test_chain);
    tcase_add_test(tests, test_constant_table);
    tcase_add_test(tests, test_table);
    tcase_add_test(tests, test_no_table);
    return run_suite("tail", tests);
}
