/* Curves, lines of bifurcations and phase diagrams against normal forms, and against the stability
 * of single chains. */
#include "fixture.h"
#include "suite.h"

#include "fixed_points/bifurcation_line.h"
#include "fixed_points/curve.h"
#include "gibbsflow/phase_diagram.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/* --- curves ---------------------------------------------------------------------------------- */

static bool circle(void *context, const double *x, double *residual) {
    (void)context;
    residual[0] = x[0] * x[0] + x[1] * x[1] - 1;
    return true;
}

START_TEST(a_circle_is_followed_all_around) {
    const gf_curve_system system = {
        .unknowns = 2, .evaluate = circle, .difference = 1e-5, .tolerance = 1e-12};
    const double start[2] = {1.01, 0.1};
    gf_curve curve;
    double angle = 0;
    ck_assert(gf_curve_begin(&curve, &system, start, 1, 0.2));
    ck_assert_double_gt(curve.tangent[1], 0);
    for (int steps = 0; angle < 2 * PI; ++steps) {
        const double x = curve.x[0], y = curve.x[1];
        ck_assert(gf_curve_advance(&curve));
        ck_assert_double_eq_tol(hypot(curve.x[0], curve.x[1]), 1, 1e-10);
        double turned = atan2(x * curve.x[1] - y * curve.x[0], x * curve.x[0] + y * curve.x[1]);
        ck_assert_double_gt(turned, 0);
        angle += turned;
        ck_assert_int_lt(steps, 200);
    }
}
END_TEST

/* --- normal forms ---------------------------------------------------------------------------- */

/* dq/dt = f(q; parameters) with C = 1, so that lambda = -q. */
typedef struct normal_form {
    double parameter[2];
    /* value[2] and, row by row, derivatives[4] in q. */
    void (*force)(const double parameter[2], const double q[2], double value[2],
                  double derivative[4]);
} normal_form;

static gf_status go(void *context, const double parameter[2]) {
    normal_form *self = context;
    self->parameter[0] = parameter[0];
    self->parameter[1] = parameter[1];
    return GF_OK;
}

static void drift(void *context, const double lambda[2], gf_state *state) {
    const normal_form *self = context;
    const double q[2] = {-lambda[0], -lambda[1]};
    double derivative[4];
    *state = (gf_state){
        .lambda = {lambda[0], lambda[1]}, .density = {q[0], q[1]}, .susceptibility = {1, 0, 1}};
    self->force(self->parameter, q, state->force, derivative);
    for (int i = 0; i < 4; ++i) {
        state->force_slope[i / 2][i % 2] = -derivative[i];
    }
}

static gf_plane plane_of(normal_form *form) {
    return (gf_plane){.go = go,
                      .drift = drift,
                      .context = form,
                      .low = {-1, -1},
                      .high = {1, 1},
                      .energy_unit = 1,
                      .force_scale = 1};
}

static gf_bifurcation_line follow(const gf_plane *plane, gf_bifurcation_kind kind, double a,
                                  double b, double x, double y, gf_special_points *specials) {
    const gf_line_point start = {.parameter = {a, b}, .lambda = {-x, -y}};
    gf_bifurcation_line line;
    ck_assert_int_eq(gf_bifurcation_line_follow(plane, &start, kind, specials, &line, NULL), GF_OK);
    ck_assert_uint_gt(line.count, 10);
    return line;
}

/* The cusp catastrophe, its parameters mixed and moved: u + v x - x^3 = 0. */
static void cusp(const double p[2], const double q[2], double value[2], double derivative[4]) {
    const double v = p[1] - 0.2 - 0.1 * p[0], u = p[0] - 0.1 + 0.3 * v;
    value[0] = u + v * q[0] - q[0] * q[0] * q[0];
    value[1] = -q[1];
    derivative[0] = v - 3 * q[0] * q[0];
    derivative[1] = derivative[2] = 0;
    derivative[3] = -1;
}

START_TEST(folds_meet_in_the_cusp) {
    normal_form form = {.force = cusp};
    const gf_plane plane = plane_of(&form);
    gf_special_points specials = {0};
    double v = 0.27, x = sqrt(v / 3), u = -2 * x * x * x; /* on the fold */
    double a = u + 0.1 - 0.3 * v, b = v + 0.2 + 0.1 * a;
    gf_bifurcation_line line = follow(&plane, GF_FOLD, a, b, x, 0, &specials);
    ck_assert_int_eq(line.end[0], GF_AT_EDGE);
    ck_assert_int_eq(line.end[1], GF_AT_EDGE);
    double least = 1, largest = -1;
    for (size_t k = 0; k < line.count; ++k) {
        const double *p = line.points[k].parameter;
        v = p[1] - 0.2 - 0.1 * p[0];
        u = p[0] - 0.1 + 0.3 * v;
        ck_assert_double_eq_tol(27 * u * u, 4 * v * v * v, 1e-9);
        least = fmin(least, u);
        largest = fmax(largest, u);
    }
    ck_assert(least < -0.1 && largest > 0.1); /* both branches */
    ck_assert_uint_eq(specials.count, 1);
    ck_assert_int_eq(specials.points[0].kind, GF_CUSP);
    ck_assert_double_eq_tol(specials.points[0].place.parameter[0], 0.1, 1e-6);
    ck_assert_double_eq_tol(specials.points[0].place.parameter[1], 0.21, 1e-6);
    free(line.points);
    free(specials.points);
}
END_TEST

/* b x + c x^3 - x^5, parameters (c, b), tilted: a pitchfork at b = 0, subcritical for c > 0, where
 * it has folds at b = -c^2/4. */
static void quintic(const double p[2], const double q[2], double value[2], double derivative[4]) {
    const double c = p[0], b = p[1] - 0.25 * p[0], x = q[0] - 0.4 * q[1], xx = x * x;
    value[0] = b * x + c * x * xx - x * xx * xx;
    value[1] = -(q[1] - 0.5);
    derivative[0] = b + 3 * c * xx - 5 * xx * xx;
    derivative[1] = -0.4 * derivative[0];
    derivative[2] = 0;
    derivative[3] = -1;
}

START_TEST(folds_begin_where_a_pitchfork_degenerates) {
    normal_form form = {.force = quintic};
    const gf_plane plane = plane_of(&form);
    gf_special_points specials = {0};
    gf_bifurcation_line line = follow(&plane, GF_PITCHFORK, -0.4, -0.1, 0.2, 0.5, &specials);
    for (size_t k = 0; k < line.count; ++k) {
        const gf_line_point *one = &line.points[k];
        ck_assert_double_eq_tol(one->parameter[1], 0.25 * one->parameter[0], 1e-9);
        ck_assert_double_eq_tol(one->density[0], 0.2, 1e-6);
    }
    ck_assert_double_eq(fabs(line.points[0].parameter[0]), 1);
    ck_assert_double_eq(line.points[0].parameter[0], -line.points[line.count - 1].parameter[0]);
    ck_assert_uint_eq(specials.count, 1);
    ck_assert_int_eq(specials.points[0].kind, GF_DEGENERATE_PITCHFORK);
    ck_assert_double_eq_tol(specials.points[0].place.parameter[0], 0, 1e-5);
    free(line.points);
    for (int side = -1; side <= 1; side += 2) { /* x = +-1/2 at c = 1/2 */
        line = follow(&plane, GF_FOLD, 0.5, 0.125 - 0.0625, 0.2 + 0.5 * side, 0.5, &specials);
        size_t end = line.end[0] == GF_DEGENERATE_PITCHFORK ? 0 : 1;
        ck_assert_int_eq(line.end[end], GF_DEGENERATE_PITCHFORK);
        ck_assert_int_eq(line.end[1 - end], GF_AT_EDGE);
        for (size_t k = 0; k < line.count; ++k) {
            double c = line.points[k].parameter[0], b = line.points[k].parameter[1] - 0.25 * c;
            ck_assert_double_eq_tol(b, -c * c / 4, 1e-6);
        }
        free(line.points);
    }
    ck_assert_uint_eq(specials.count, 1);
    free(specials.points);
}
END_TEST

/* Bogdanov and Takens: x' = y, y' = a + b x + x^2 - x y. Folds at b^2 = 4 a, Hopf points at a = 0,
 * b < 0 (Kuznetsov, Elements of applied bifurcation theory, section 8.4). */
static void takens(const double p[2], const double q[2], double value[2], double derivative[4]) {
    value[0] = q[1];
    value[1] = p[0] + p[1] * q[0] + q[0] * q[0] - q[0] * q[1];
    derivative[0] = 0;
    derivative[1] = 1;
    derivative[2] = p[1] + 2 * q[0] - q[1];
    derivative[3] = -q[0];
}

START_TEST(a_hopf_line_ends_on_the_fold) {
    normal_form form = {.force = takens};
    const gf_plane plane = plane_of(&form);
    gf_special_points specials = {0};
    gf_bifurcation_line fold = follow(&plane, GF_FOLD, 0.0625, 0.5, -0.25, 0, &specials);
    for (size_t k = 0; k < fold.count; ++k) {
        const double *p = fold.points[k].parameter;
        ck_assert_double_eq_tol(p[1] * p[1], 4 * p[0], 1e-9);
    }
    ck_assert_uint_eq(specials.count, 1);
    ck_assert_int_eq(specials.points[0].kind, GF_BOGDANOV_TAKENS);
    gf_bifurcation_line hopf = follow(&plane, GF_HOPF, 0, -0.5, 0, 0, &specials);
    for (size_t k = 0; k < hopf.count; ++k) {
        ck_assert_double_eq_tol(hopf.points[k].parameter[0], 0, 1e-9);
        ck_assert_double_lt(hopf.points[k].parameter[1], 1e-6);
    }
    ck_assert(hopf.end[0] == GF_BOGDANOV_TAKENS || hopf.end[1] == GF_BOGDANOV_TAKENS);
    ck_assert_uint_eq(specials.count, 1); /* the same one */
    for (int k = 0; k < 2; ++k) {
        ck_assert_double_eq_tol(specials.points[0].place.parameter[k], 0, 1e-6);
    }
    free(fold.points);
    free(hopf.points);
    free(specials.points);
}
END_TEST

/* --- chains ---------------------------------------------------------------------------------- */

static gf_phase_diagram diagram_of(fixture *f, const char *first, gf_axis a, const char *second,
                                   gf_axis b) {
    const char *const names[2] = {first, second};
    const gf_axis axes[2] = {a, b};
    gf_phase_diagram diagram;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_phase_diagram_compute(f->model, f->spectrum, &f->region, names, axes, NULL,
                                           NULL, &diagram, &error) == GF_OK,
                  "%s", error.message);
    return diagram;
}

static size_t count_at(const gf_phase_diagram *diagram, size_t i, size_t j, gf_stability kind) {
    size_t count = 0, node = i * diagram->axis[1].points + j;
    for (size_t k = 0; k < diagram->most; ++k) {
        count += diagram->points[node * diagram->most + k].stability == kind;
    }
    return count;
}

/* The gamma at which the axis lambda1 = 0, where f2 = 0, loses its stability, at this Delta: both
 * conditions are linear in gamma, which is eliminated. */
static double pitchfork_of(double delta) {
    fixture f;
    char assignment[40];
    double low = -1, high = -0.05, sign = 0, gamma = 0;
    (void)snprintf(assignment, sizeof assignment, "Delta=%.17g", delta);
    fixture_open(&f, "xxz_jprime.yaml", 6, assignment);
    for (int k = 0; k < 60; ++k) {
        double at = k == 0 ? low : (low + high) / 2;
        gf_gibbs_set_rates(f.gibbs, (double[2]){1, 0});
        gf_state flip = fixture_at(&f, 0, at);
        gf_gibbs_set_rates(f.gibbs, (double[2]){0, 1});
        gf_state align = fixture_at(&f, 0, at);
        gamma = flip.force[1] / (flip.force[1] - align.force[1]);
        double slope = (1 - gamma) * flip.force_slope[0][0] + gamma * align.force_slope[0][0];
        sign = k == 0 ? slope : sign;
        *(slope * sign > 0 ? &low : &high) = at;
    }
    fixture_close(&f);
    return gamma;
}

START_TEST(a_line_of_pitchforks_is_where_the_axis_loses_stability) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 6, NULL);
    gf_phase_diagram d =
        diagram_of(&f, "Delta", (gf_axis){0.4, 1.2, 9}, "gamma", (gf_axis){0.75, 0.95, 5});
    ck_assert_uint_eq(d.line_count, 1);
    ck_assert_uint_eq(d.special_count + d.unfollowed + d.incomplete, 0);
    const gf_bifurcation_line *line = &d.lines[0];
    ck_assert_int_eq(line->kind, GF_PITCHFORK);
    ck_assert_int_eq(line->end[0], GF_AT_EDGE);
    ck_assert_int_eq(line->end[1], GF_AT_EDGE);
    ck_assert_double_lt(line->error, 1e-8);
    for (size_t k = 1; k + 1 < line->count; k += line->count / 3) { /* between the spectra */
        const double *p = line->points[k].parameter;
        ck_assert_double_eq_tol(p[1], pitchfork_of(p[0]), 1e-8);
    }
    for (size_t i = 0; i < 9; ++i) { /* and the nodes agree */
        double gamma = pitchfork_of(gf_axis_value(&d.axis[0], i));
        for (size_t j = 0; j < 5; ++j) {
            bool above = gf_axis_value(&d.axis[1], j) > gamma;
            ck_assert_uint_eq(count_at(&d, i, j, GF_STABLE), above ? 2 : 1);
            ck_assert_uint_eq(count_at(&d, i, j, GF_SADDLE), above ? 1 : 0);
        }
    }
    gf_phase_diagram_free(&d);
    fixture_close(&f);
}
END_TEST

/* An extra pump breaks the symmetry: the pitchfork becomes a cusp, at pump = 0 where the pitchfork
 * was. Both parameters enter rates alone. */
START_TEST(imperfection_makes_a_cusp_of_a_pitchfork) {
    fixture f;
    fixture_parse(&f,
                  "name: cusp\nsites: 6\nboundary: periodic\n"
                  "parameters: {gamma: 0.9, pump: 0, loss: 0.003}\n"
                  "hamiltonian: [\"X[0]*X[1] + Y[0]*Y[1] + Z[0]*Z[1]\"]\n"
                  "lindblad:\n"
                  "  - {name: flip, rate: 1-gamma, operator: \"X[0]\"}\n"
                  "  - {name: align, rate: gamma, operator: \"Pu[-1]*Sp[0]*Pu[1] + "
                  "Pd[-1]*Sm[0]*Pd[1]\"}\n"
                  "  - {name: pump, rate: pump, operator: \"Sp[0]\"}\n"
                  "  - {name: loss, rate: loss, operator: \"Sm[0]\"}\n");
    gf_phase_diagram d =
        diagram_of(&f, "pump", (gf_axis){0, 0.006, 6}, "gamma", (gf_axis){0.84, 0.9, 7});
    ck_assert_uint_eq(d.special_count, 1);
    ck_assert_int_eq(d.specials[0].kind, GF_CUSP);
    ck_assert_double_eq_tol(d.specials[0].place.parameter[0], 0.003, 1e-7); /* pump = loss */
    ck_assert_double_eq_tol(d.specials[0].place.density[0], 0, 1e-4);
    ck_assert_uint_eq(d.line_count, 1);
    ck_assert_int_eq(d.lines[0].kind, GF_FOLD);
    ck_assert_uint_eq(d.unfollowed, 0);
    for (size_t k = 0; k < d.lines[0].count; k += 3) {
        const gf_line_point *one = &d.lines[0].points[k];
        const double rates[4] = {1 - one->parameter[1], one->parameter[1], one->parameter[0],
                                 0.003};
        gf_gibbs_set_rates(f.gibbs, rates);
        gf_state at = fixture_at(&f, one->lambda[0], one->lambda[1]);
        double(*m)[2] = at.force_slope;
        ck_assert_double_lt(hypot(at.force[0], at.force[1]), 1e-9);
        ck_assert_double_lt(fabs(m[0][0] * m[1][1] - m[0][1] * m[1][0]), 1e-9);
    }
    gf_phase_diagram_free(&d);
    fixture_close(&f);
}
END_TEST

/* The order of the parameters turns the diagram over. */
START_TEST(parameters_may_change_places) {
    fixture f;
    const gf_axis delta = {0.5, 1, 3}, gamma = {0.8, 0.9, 4};
    fixture_open(&f, "xxz_jprime.yaml", 4, NULL);
    gf_phase_diagram a = diagram_of(&f, "Delta", delta, "gamma", gamma);
    gf_phase_diagram b = diagram_of(&f, "gamma", gamma, "Delta", delta);
    for (size_t i = 0; i < 3; ++i) {
        for (size_t j = 0; j < 4; ++j) {
            for (int kind = GF_STABLE; kind < GF_ABSENT; ++kind) {
                ck_assert_uint_eq(count_at(&a, i, j, (gf_stability)kind),
                                  count_at(&b, j, i, (gf_stability)kind));
            }
        }
    }
    ck_assert_uint_eq(a.line_count, b.line_count);
    gf_phase_diagram_free(&a);
    gf_phase_diagram_free(&b);
    fixture_close(&f);
}
END_TEST

START_TEST(diagrams_refuse_what_they_cannot_do) {
    static const char *const names[][2] = {
        {"Delta", "Jp"}, {"gamma", "gamma"}, {"gamma", "nothing"}};
    static const char *const reasons[] = {"both enter the Hamiltonian", "twice", "no parameter"};
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 4, NULL);
    for (int k = 0; k < 3; ++k) {
        gf_phase_diagram d;
        gf_error error = {.message = ""};
        const gf_axis axes[2] = {{0.1, 0.2, 2}, {0.1, 0.2, 2}};
        ck_assert_int_eq(gf_phase_diagram_compute(f.model, f.spectrum, &f.region, names[k], axes,
                                                  NULL, NULL, &d, &error),
                         GF_INVALID);
        assert_contains(error.message, reasons[k]);
    }
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("phase diagram");
    tcase_add_test(tests, a_circle_is_followed_all_around);
    tcase_add_test(tests, folds_meet_in_the_cusp);
    tcase_add_test(tests, folds_begin_where_a_pitchfork_degenerates);
    tcase_add_test(tests, a_hopf_line_ends_on_the_fold);
    tcase_add_test(tests, a_line_of_pitchforks_is_where_the_axis_loses_stability);
    tcase_add_test(tests, imperfection_makes_a_cusp_of_a_pitchfork);
    tcase_add_test(tests, parameters_may_change_places);
    tcase_add_test(tests, diagrams_refuse_what_they_cannot_do);
    return run_suite("phase diagram", tests);
}
