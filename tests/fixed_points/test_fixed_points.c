/* Fixed points, scans and flow lines against theory and limits. */
#include "fixture.h"
#include "suite.h"

#include "fixed_points/fixed_point.h"
#include "gibbsflow/flow.h"
#include "gibbsflow/scan.h"

#include <math.h>

static gf_fixed_points find(fixture *f) {
    gf_survey *survey = NULL;
    gf_fixed_points points;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_survey_create(f->spectrum, &survey, &error), GF_OK);
    ck_assert_msg(gf_fixed_points_find(survey, &f->region, f->rates, &points, &error) == GF_OK,
                  "%s", error.message);
    gf_survey_free(survey);
    return points;
}

/* An independent brute-force calculation gave these for N = 12, to six digits. */
START_TEST(the_three_points_of_fig_2) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 0, NULL);
    gf_fixed_points p = find(&f);
    ck_assert_uint_eq(p.count, 3);
    ck_assert(p.complete && !p.continuum);
    for (int k = 0; k < 3; ++k) {
        ck_assert_double_lt(p.points[k].residual, 1e-12);
        ck_assert_double_eq_tol(p.points[k].density[0], -p.points[2 - k].density[0], 1e-12);
    }
    ck_assert_int_eq(p.points[1].stability, GF_SADDLE);
    ck_assert_double_eq_tol(p.points[1].density[1], 0.5515, 5e-5);
    ck_assert_double_eq_tol(p.points[1].lambda[1], -0.2597, 5e-5);
    ck_assert_double_eq_tol(p.points[1].eigenvalue[0][0], -1.457, 5e-4);
    ck_assert_double_eq_tol(p.points[1].eigenvalue[1][0], 0.0973, 5e-5);
    ck_assert_int_eq(p.points[2].stability, GF_STABLE);
    ck_assert_double_eq_tol(p.points[2].density[0], 0.690933, 5e-7);
    ck_assert_double_eq_tol(p.points[2].density[1], 0.664003, 5e-7);
    ck_assert_double_eq_tol(p.points[2].lambda[0], -0.676486, 5e-7);
    ck_assert_double_eq_tol(p.points[2].lambda[1], -0.159891, 5e-7);
    ck_assert_double_eq_tol(p.points[2].eigenvalue[0][0], -1.42765, 5e-6);
    ck_assert_double_eq_tol(p.points[2].eigenvalue[1][0], -0.24447, 5e-6);
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

START_TEST(the_literal_reading_has_one_stable_point) {
    fixture f;
    fixture_open(&f, "xxz_jprime_literal.yaml", 0, NULL);
    gf_fixed_points p = find(&f);
    ck_assert_uint_eq(p.count, 1);
    ck_assert_int_eq(p.points[0].stability, GF_STABLE);
    ck_assert_double_eq_tol(p.points[0].density[0], 0, 1e-12);
    ck_assert_double_eq_tol(p.points[0].density[1], 0.534, 5e-4);
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

/* Pump p and loss l at every site: an infinite-temperature product state, m = (p - l)/(p + l),
 * which m approaches at the rate p + l. */
START_TEST(pump_and_loss_balance) {
    fixture f;
    fixture_open(&f, "pump_loss.yaml", 7, NULL);
    gf_fixed_points p = find(&f);
    ck_assert_uint_eq(p.count, 1);
    ck_assert(p.complete);
    ck_assert_int_eq(p.points[0].stability, GF_STABLE);
    ck_assert_double_eq_tol(p.points[0].density[0], 0.4, 1e-12);
    ck_assert_double_eq_tol(p.points[0].density[1], 1.5 * 0.16 * 6 / 7, 1e-12); /* 6 bonds */
    ck_assert_double_eq_tol(p.points[0].lambda[0], -atanh(0.4), 1e-12);
    ck_assert_double_eq_tol(p.points[0].lambda[1], 0, 1e-12);
    ck_assert_double_eq_tol(p.points[0].eigenvalue[1][0], -1, 1e-11);
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

START_TEST(conserved_charges_make_lines) {
    fixture f;
    fixture_open(&f, "dephasing.yaml", 6, NULL);
    gf_fixed_points p = find(&f);
    ck_assert(p.continuum && p.conserved[0] && !p.conserved[1]);
    ck_assert_uint_eq(p.count, 0);
    ck_assert_uint_eq(p.line_count, 1); /* dephasing heats: lambda2 = 0, a product of spins */
    const gf_fixed_line *line = &p.lines[0];
    ck_assert_uint_ge(line->count, 20);
    for (size_t k = 0; k < line->count; ++k) {
        const gf_fixed_point *point = &line->points[k];
        double m = point->density[0];
        ck_assert(k == 0 || m > line->points[k - 1].density[0]);
        ck_assert_double_eq_tol(point->lambda[1], 0, 1e-9);
        ck_assert_double_eq_tol(point->lambda[0], -atanh(m), 1e-6 / (1 - m * m));
        ck_assert_int_eq(point->stability, GF_STABLE);
    }
    ck_assert_double_lt(line->points[0].density[0], -0.99);
    ck_assert_double_gt(line->points[line->count - 1].density[0], 0.99);
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

/* H = sum Z Z + h Z and flips of spins with unequal neighbours: the domain walls stay, so that f2 =
 * h f1 and all states with lambda1 + h lambda2 = 0 are fixed points. */
START_TEST(proportional_forces_make_a_line) {
    fixture f;
    fixture_parse(&f,
                  "name: walls\nsites: 6\nboundary: periodic\nparameters: {h: 0.3}\n"
                  "hamiltonian: [\"Z[0]*Z[1] + h*Z[0]\"]\n"
                  "lindblad: [{name: x, rate: 1, operator: \"Pu[-1]*X[0]*Pd[1]\"}]\n");
    gf_state s = fixture_at(&f, 0.4, -0.7);
    ck_assert_double_eq_tol(s.force[1], 0.3 * s.force[0], 1e-13);
    gf_fixed_points p = find(&f);
    ck_assert(p.continuum && !p.conserved[0] && !p.conserved[1]);
    ck_assert_uint_eq(p.line_count, 1);
    for (size_t k = 0; k < p.lines[0].count; ++k) {
        const double *lambda = p.lines[0].points[k].lambda;
        ck_assert_double_eq_tol(lambda[0], -0.3 * lambda[1], 1e-8 * (1 + fabs(lambda[1])));
    }
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

/* Six up spins in a row are needed to flip the next: where the ground states of the sectors at the
 * border have none, they are dark, and the force fades out towards them without a fixed point. */
START_TEST(fading_forces_are_no_fixed_points) {
    fixture f;
    fixture_parse(&f,
                  "name: fading\nsites: 10\nboundary: periodic\n"
                  "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1]\"]\n"
                  "lindblad: [{name: l, rate: 1, operator: \"Pu[0]*Pu[1]*Pu[2]*Pu[3]*Pu[4]*Pu[5]*"
                  "Sp[6]\"}]\n");
    gf_fixed_points p = find(&f);
    ck_assert_uint_ge(p.count, 2);
    for (size_t k = 0; k < p.count; ++k) {
        ck_assert_int_eq(p.points[k].stability, GF_BORDER);
    }
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

/* The units of energy and of rates are the user's: eigenvalues scale with both, the rest with one.
 */
START_TEST(units_do_not_matter) {
    static const char *const yaml =
        "name: units\nsites: 6\nboundary: periodic\nparameters: {J: %g, K: %g}\n"
        "hamiltonian: [\"J*(X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1])\"]\n"
        "lindblad:\n"
        "  - {name: flip, rate: 0.1*K, operator: \"X[0]\"}\n"
        "  - {name: align, rate: 0.9*K, operator: \"Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]\"}\n";
    static const double units[][2] = {{1, 1},     {1e-7, 1},  {3e6, 1},     {1, 1e-9},
                                      {1, 1e7},   {1e5, 1e5}, {1e-29, 1},   {1e29, 1},
                                      {1, 1e-59}, {1, 1e59},  {1e29, 1e59}, {1e-29, 1e-59}};
    double m = 0, e = 0, eigenvalue = 0;
    for (size_t k = 0; k < sizeof units / sizeof *units; ++k) {
        char text[800];
        fixture f;
        (void)snprintf(text, sizeof text, yaml, units[k][0], units[k][1]);
        fixture_parse(&f, text);
        gf_fixed_points p = find(&f);
        ck_assert_uint_eq(p.count, 3);
        ck_assert(p.complete);
        m = k == 0 ? p.points[2].density[0] : m;
        e = k == 0 ? p.points[2].density[1] : e;
        eigenvalue = k == 0 ? p.points[2].eigenvalue[1][0] : eigenvalue;
        ck_assert_double_eq_tol(p.points[2].density[0], m, 1e-9);
        ck_assert_double_eq_tol(p.points[2].density[1] / units[k][0], e, 1e-9);
        ck_assert_double_eq_tol(p.points[2].eigenvalue[1][0] / units[k][1], eigenvalue, 1e-9);
        gf_fixed_points_free(&p);
        fixture_close(&f);
    }
}
END_TEST

/* At gamma = 1 the two polarised states are dark; just below, the points are near the corners. */
START_TEST(dark_states_are_at_the_border) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, "gamma=1");
    gf_fixed_points p = find(&f);
    ck_assert_uint_eq(p.count, 3);
    ck_assert_int_eq(p.points[0].stability, GF_BORDER);
    ck_assert_int_eq(p.points[1].stability, GF_SADDLE);
    ck_assert_int_eq(p.points[2].stability, GF_BORDER);
    ck_assert_int_eq(p.points[2].attraction, GF_ATTRACTING); /* a magnon is turned back at rate 1 */
    ck_assert_double_eq_tol(p.points[2].border_rate[0], -1, 1e-9);
    ck_assert_double_eq_tol(p.points[2].border_rate[1], -1, 1e-9);
    ck_assert_double_eq_tol(p.points[2].density[0], 1, 1e-14);
    ck_assert_double_eq_tol(p.points[2].density[1], 1, 1e-12);
    gf_fixed_points_free(&p);
    fixture_close(&f);
    fixture_open(&f, "xxz_jprime.yaml", 8, "gamma=0.999999");
    p = find(&f);
    ck_assert_uint_eq(p.count, 3);
    ck_assert_int_eq(p.points[2].stability, GF_STABLE);
    ck_assert_double_eq_tol(p.points[2].density[0], 1, 1e-5);
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

/* The contact process: an up spin falls at rate kappa and infects one neighbour at rate 1. Near the
 * state of no up spins their number grows at the rate 1 - kappa. */
START_TEST(dark_states_attract_or_repel) {
    fixture f;
    fixture_parse(&f,
                  "name: contact\nsites: 8\nboundary: periodic\nparameters: {kappa: 0.7}\n"
                  "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1]\"]\n"
                  "lindblad:\n"
                  "  - {name: fall, rate: kappa, operator: \"Sm[0]\"}\n"
                  "  - {name: infect, rate: 1, operator: \"Pu[0]*Sp[1]\"}\n");
    for (double kappa = 0.7; kappa < 1.5; kappa += 0.6) {
        f.rates[0] = kappa;
        gf_fixed_points p = find(&f);
        ck_assert_uint_ge(p.count, 1);
        ck_assert_int_eq(p.points[0].stability, GF_BORDER);
        ck_assert_int_eq(p.points[0].attraction, kappa < 1 ? GF_REPELLING : GF_ATTRACTING);
        ck_assert_double_eq_tol(p.points[0].border_rate[0], 1 - kappa, 1e-9);
        ck_assert_double_eq_tol(p.points[0].border_rate[1], 1 - kappa, 1e-9);
        gf_fixed_points_free(&p);
    }
    fixture_close(&f);
}
END_TEST

/* A field only tilts the plane: e -> e + h m, lambda1 -> lambda1 - h lambda2, all else the same. */
START_TEST(a_field_tilts_the_plane) {
    fixture with, without;
    fixture_open(&with, "dm_field.yaml", 6, "h=0.45");
    fixture_open(&without, "dm_field.yaml", 6, "h=0");
    gf_fixed_points p = find(&with), q = find(&without);
    ck_assert_uint_eq(p.count, q.count);
    ck_assert_uint_ge(p.count, 1);
    for (size_t k = 0; k < p.count; ++k) {
        const gf_fixed_point *a = &p.points[k], *b = &q.points[k];
        ck_assert_double_eq_tol(a->density[0], b->density[0], 1e-11);
        ck_assert_double_eq_tol(a->density[1], b->density[1] + 0.45 * b->density[0], 1e-11);
        ck_assert_double_eq_tol(a->lambda[0], b->lambda[0] - 0.45 * b->lambda[1], 1e-11);
        ck_assert_double_eq_tol(a->lambda[1], b->lambda[1], 1e-11);
        for (int i = 0; i < 2; ++i) {
            ck_assert_double_lt(hypot(a->eigenvalue[i][0] - b->eigenvalue[i][0],
                                      a->eigenvalue[i][1] - b->eigenvalue[i][1]),
                                1e-9);
        }
    }
    gf_fixed_points_free(&p);
    gf_fixed_points_free(&q);
    fixture_close(&with);
    fixture_close(&without);
}
END_TEST

static gf_scan scan(fixture *f, const char *parameter, double from, double to, size_t points) {
    gf_scan result;
    gf_error error = {.message = ""};
    gf_axis axis = {from, to, points};
    ck_assert_msg(gf_scan_run(f->model, f->spectrum, &f->region, parameter, &axis, NULL, &result,
                              &error) == GF_OK,
                  "%s", error.message);
    return result;
}

/* By symmetry the pitchfork is where, on the axis lambda1 = 0 with f2 = 0, df1/dlambda1 = 0. Both
 * conditions are linear in gamma: eliminate it and bisect for lambda2. */
static double pitchfork_condition(fixture *f, double lambda2, double *gamma) {
    gf_state s;
    double only_flip[8] = {1, 0}, only_align[8] = {0, 1};
    gf_gibbs_set_rates(f->gibbs, only_flip);
    gf_gibbs_evaluate(f->gibbs, (double[2]){0, lambda2}, GF_SLOPES, &s);
    double f2 = s.force[1], slope = s.force_slope[0][0];
    gf_gibbs_set_rates(f->gibbs, only_align);
    gf_gibbs_evaluate(f->gibbs, (double[2]){0, lambda2}, GF_SLOPES, &s);
    *gamma = f2 / (f2 - s.force[1]);
    return (1 - *gamma) * slope + *gamma * s.force_slope[0][0];
}

START_TEST(the_pitchfork_is_where_the_axis_loses_stability) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    double low = -1, high = -0.05, gamma = 0;
    double sign = pitchfork_condition(&f, low, &gamma);
    for (int k = 0; k < 60; ++k) {
        double middle = (low + high) / 2;
        if (pitchfork_condition(&f, middle, &gamma) * sign > 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    gf_scan whole = scan(&f, "gamma", 0.8, 1, 2); /* ends at the border: still one pitchfork */
    ck_assert_uint_eq(whole.bifurcation_count, 1);
    ck_assert_int_eq(whole.bifurcations[0].kind, GF_PITCHFORK);
    gf_scan_free(&whole);
    gf_scan coarse = scan(&f, "gamma", 0.8, 0.95, 7), fine = scan(&f, "gamma", 0.8, 0.95, 24);
    ck_assert_uint_eq(coarse.bifurcation_count, 1);
    ck_assert_uint_eq(fine.bifurcation_count, 1);
    ck_assert_int_eq(coarse.bifurcations[0].kind, GF_PITCHFORK);
    ck_assert_double_eq_tol(coarse.bifurcations[0].parameter, gamma, 1e-9);
    ck_assert_double_eq_tol(fine.bifurcations[0].parameter, gamma, 1e-9);
    gf_scan_free(&coarse);
    gf_scan_free(&fine);
    fixture_close(&f);
}
END_TEST

/* An extra pump breaks the symmetry and unfolds the pitchfork into a fold: there f = 0 and
 * det df/dlambda = 0, with two more points on one side. */
START_TEST(an_imperfect_pitchfork_has_a_fold) {
    fixture f;
    fixture_parse(&f,
                  "name: fold\nsites: 8\nboundary: periodic\n"
                  "parameters: {gamma: 0.9, pump: 0.002}\n"
                  "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1]\"]\n"
                  "lindblad:\n"
                  "  - {name: flip, rate: 1-gamma, operator: \"X[0]\"}\n"
                  "  - {name: align, rate: gamma, operator: \"Pu[-1]*Sp[0]*Pu[1] + "
                  "Pd[-1]*Sm[0]*Pd[1]\"}\n"
                  "  - {name: pump, rate: pump, operator: \"Sp[0]\"}\n");
    gf_scan coarse = scan(&f, "gamma", 0.8, 0.95, 3), s = scan(&f, "gamma", 0.8, 0.95, 16);
    ck_assert_uint_eq(coarse.bifurcation_count, 1);
    ck_assert_uint_eq(s.bifurcation_count, 1);
    ck_assert_double_eq_tol(coarse.bifurcations[0].parameter, s.bifurcations[0].parameter, 1e-9);
    gf_scan_free(&coarse);
    const gf_bifurcation *fold = &s.bifurcations[0];
    ck_assert_int_eq(fold->kind, GF_FOLD);
    double rates[8] = {1 - fold->parameter, fold->parameter, 0.002};
    gf_gibbs_set_rates(f.gibbs, rates);
    gf_state at = fixture_at(&f, fold->lambda[0], fold->lambda[1]);
    double(*m)[2] = at.force_slope;
    ck_assert_double_lt(hypot(at.force[0], at.force[1]), 1e-11);
    ck_assert_double_lt(fabs(m[0][0] * m[1][1] - m[0][1] * m[1][0]), 1e-9);
    for (int side = -1; side <= 1; side += 2) {
        double gamma = fold->parameter + side * 1e-4;
        f.rates[0] = 1 - gamma;
        f.rates[1] = gamma;
        gf_fixed_points p = find(&f);
        ck_assert_uint_eq(p.count, side < 0 ? 1 : 3);
        gf_fixed_points_free(&p);
    }
    gf_scan_free(&s);
    fixture_close(&f);
}
END_TEST

START_TEST(scans_refuse_what_they_cannot_do) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 4, NULL);
    gf_scan s;
    gf_error error = {.message = ""};
    gf_axis axis = {0.5, 1.5, 3};
    const char *const names[] = {"nothing", "gamma"};
    const char *const reasons[] = {"no parameter", "negative"};
    for (int k = 0; k < 2; ++k) {
        ck_assert_int_ne(
            gf_scan_run(f.model, f.spectrum, &f.region, names[k], &axis, NULL, &s, &error), GF_OK);
        ck_assert_ptr_nonnull(strstr(error.message, reasons[k]));
    }
    fixture_close(&f);
}
END_TEST

/* A parameter of the Hamiltonian: the points of each value are those of the model by itself, and a
 * field only tilts the plane, whatever it is. */
START_TEST(scans_of_the_hamiltonian_diagonalise) {
    fixture f;
    fixture_open(&f, "dm_field.yaml", 6, "h=0");
    gf_fixed_points flat = find(&f);
    gf_scan s = scan(&f, "h", -0.3, 0.6, 4);
    ck_assert_uint_eq(s.branches, flat.count);
    ck_assert_uint_eq(s.bifurcation_count + s.unexplained + s.incomplete, 0);
    for (size_t value = 0; value < 4; ++value) {
        double h = gf_axis_value(&s.axis, value);
        char assignment[40];
        fixture one;
        (void)snprintf(assignment, sizeof assignment, "h=%.17g", h);
        fixture_open(&one, "dm_field.yaml", 6, assignment);
        gf_fixed_points p = find(&one);
        ck_assert_uint_eq(p.count, flat.count);
        for (size_t k = 0; k < flat.count; ++k) {
            const gf_fixed_point *a = &s.points[value * s.branches + k], *b = &flat.points[k];
            ck_assert_double_eq_tol(a->density[0], b->density[0], 1e-10);
            ck_assert_double_eq_tol(a->density[1], b->density[1] + h * b->density[0], 1e-10);
            ck_assert_double_eq_tol(a->density[1], p.points[k].density[1], 1e-10);
            ck_assert_double_eq_tol(a->eigenvalue[1][0], p.points[k].eigenvalue[1][0], 1e-10);
        }
        gf_fixed_points_free(&p);
        fixture_close(&one);
    }
    gf_fixed_points_free(&flat);
    gf_scan_free(&s);
    fixture_close(&f);
}
END_TEST

/* Parameters defined by the one that is scanned follow it: then energies are in proportion to it.
 */
START_TEST(scans_take_what_depends_on_the_parameter_along) {
    fixture f;
    fixture_parse(&f,
                  "name: scaled\nsites: 6\nboundary: periodic\nparameters: {J: 1, Jz: 0.7*J}\n"
                  "hamiltonian: [\"J*(X[0]*X[1] + Y[0]*Y[1]) + Jz*Z[0]*Z[1]\"]\n"
                  "lindblad:\n"
                  "  - {name: flip, rate: 0.1, operator: \"X[0]\"}\n"
                  "  - {name: align, rate: 0.9, operator: \"Pu[-1]*Sp[0]*Pu[1] + "
                  "Pd[-1]*Sm[0]*Pd[1]\"}\n");
    gf_scan s = scan(&f, "J", 1, 2, 3);
    ck_assert_uint_eq(s.branches, 3);
    for (size_t value = 1; value < 3; ++value) {
        for (size_t k = 0; k < 3; ++k) {
            const gf_fixed_point *one = &s.points[k], *many = &s.points[value * 3 + k];
            double j = gf_axis_value(&s.axis, value);
            ck_assert_double_eq_tol(many->density[0], one->density[0], 1e-10);
            ck_assert_double_eq_tol(many->density[1], j * one->density[1], 1e-10);
        }
    }
    gf_scan_free(&s);
    fixture_close(&f);
}
END_TEST

/* df1/dlambda1 where f2 = 0 on the axis lambda1 = 0, diagonalised at this Delta: zero at a
 * pitchfork.
 */
static double stability_of_the_axis(double delta) {
    fixture f;
    char assignment[40];
    (void)snprintf(assignment, sizeof assignment, "Delta=%.17g", delta);
    fixture_open(&f, "xxz_jprime.yaml", 6, assignment);
    gf_gibbs_set_rates(f.gibbs, (double[2]){1 - 0.83, 0.83});
    double low = -1, high = -0.05;
    double sign = fixture_at(&f, 0, low).force[1];
    for (int k = 0; k < 60; ++k) {
        double middle = (low + high) / 2;
        *(fixture_at(&f, 0, middle).force[1] * sign > 0 ? &low : &high) = middle;
    }
    double slope = fixture_at(&f, 0, low).force_slope[0][0];
    fixture_close(&f);
    return slope;
}

START_TEST(a_pitchfork_of_the_hamiltonian) {
    fixture f;
    double last = 0.4, at = 1.2, before = stability_of_the_axis(last);
    for (int k = 0; k < 12 && fabs(at - last) > 1e-12; ++k) { /* secants */
        double here = stability_of_the_axis(at), next = at - here * (at - last) / (here - before);
        last = at;
        before = here;
        at = next;
    }
    fixture_open(&f, "xxz_jprime.yaml", 6, "gamma=0.83");
    for (size_t points = 3; points <= 9; points += 6) { /* coarse: found by diagonalising there */
        gf_scan s = scan(&f, "Delta", 0.4, 1.2, points);
        ck_assert_uint_eq(s.bifurcation_count, 1);
        ck_assert_uint_eq(s.unexplained, 0);
        ck_assert_int_eq(s.bifurcations[0].kind, GF_PITCHFORK);
        ck_assert_double_eq_tol(s.bifurcations[0].parameter, at, 1e-9);
        gf_scan_free(&s);
    }
    fixture_close(&f);
}
END_TEST

/* Flow lines start at the saddle, end at the stable points, and are tangent to the force. */
START_TEST(flow_lines_follow_the_force) {
    fixture f;
    gf_flow flow;
    gf_error error = {.message = ""};
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    gf_fixed_points p = find(&f);
    ck_assert_int_eq(gf_flow_trace(f.model, f.spectrum, &f.region, &p, &flow, &error), GF_OK);
    ck_assert_uint_eq(flow.count, 2);
    for (size_t k = 0; k < flow.count; ++k) {
        const gf_flow_line *line = &flow.lines[k];
        const double *end = line->density[line->count - 1], *begin = line->density[0];
        ck_assert_double_eq(begin[0], p.points[1].density[0]);
        ck_assert_double_eq_tol(fabs(end[0]), p.points[2].density[0], 1e-9);
        double lambda[2] = {0, 0};
        for (size_t i = 2; i + 3 < line->count; ++i) {
            const double *a = line->density[i - 1], *b = line->density[i + 1];
            gf_state s;
            ck_assert(gf_gibbs_invert(f.gibbs, line->density[i], lambda));
            gf_gibbs_evaluate(f.gibbs, lambda, GF_RESPONSE, &s);
            double dx = b[0] - a[0], dy = b[1] - a[1];
            double cosine =
                (dx * s.force[0] + dy * s.force[1]) / hypot(dx, dy) / hypot(s.force[0], s.force[1]);
            ck_assert_double_gt(cosine, 0.999);
        }
    }
    gf_flow_free(&flow);
    gf_fixed_points_free(&p);
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fixed points");
    tcase_add_test(tests, the_three_points_of_fig_2);
    tcase_add_test(tests, the_literal_reading_has_one_stable_point);
    tcase_add_test(tests, pump_and_loss_balance);
    tcase_add_test(tests, conserved_charges_make_lines);
    tcase_add_test(tests, proportional_forces_make_a_line);
    tcase_add_test(tests, fading_forces_are_no_fixed_points);
    tcase_add_test(tests, units_do_not_matter);
    tcase_add_test(tests, dark_states_are_at_the_border);
    tcase_add_test(tests, dark_states_attract_or_repel);
    tcase_add_test(tests, a_field_tilts_the_plane);
    tcase_add_test(tests, the_pitchfork_is_where_the_axis_loses_stability);
    tcase_add_test(tests, an_imperfect_pitchfork_has_a_fold);
    tcase_add_test(tests, scans_refuse_what_they_cannot_do);
    tcase_add_test(tests, scans_of_the_hamiltonian_diagonalise);
    tcase_add_test(tests, scans_take_what_depends_on_the_parameter_along);
    tcase_add_long_test(tests, a_pitchfork_of_the_hamiltonian);
    tcase_add_test(tests, flow_lines_follow_the_force);
    return run_suite("fixed points", tests);
}
