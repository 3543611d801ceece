#include "gibbsflow/wall_fit.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_PARAMETERS = 3, ITERATIONS = 200 };

/* Of a parameter's variance, over what it would be if the others were known: beyond this the points
 * do not tell the parameters apart. */
static const double ALIKE = 1e6;

static const struct {
    const char *text;
    double p, q;
    size_t parameters;
} forms[GF_WALL_FORMS] = {{"A x^(1/4) exp(-c/sqrt(x))", 0.25, 0, 2},
                          {"A exp(-c/sqrt(x))", 0, 0, 2},
                          {"(A x^(1/4) + B x^(3/4)) exp(-c/sqrt(x))", 0.25, 0.75, 3}};

const char *gf_wall_form_text(gf_wall_form form) {
    return forms[form].text;
}

/* The points that are fitted. */
typedef struct sample {
    size_t count;
    const double *x, *density, *error_of;
    double from, to;
} sample;

static bool is_fitted(const sample *s, size_t i) {
    return s->x[i] >= s->from && s->x[i] <= s->to && s->density[i] > 0 && s->error_of[i] > 0;
}

/* n and its derivatives by A, c and B. */
static double model(const gf_wall_fit *fit, double x, double slope[MAX_PARAMETERS]) {
    double decay = exp(-fit->value[1] / sqrt(x));
    slope[0] = pow(x, forms[fit->form].p) * decay;
    slope[2] = pow(x, forms[fit->form].q) * decay;
    double value =
        fit->value[0] * slope[0] + (forms[fit->form].parameters > 2 ? fit->value[2] * slope[2] : 0);
    slope[1] = -value / sqrt(x);
    return value;
}

double gf_wall_fit_value(const gf_wall_fit *fit, double x) {
    double slope[MAX_PARAMETERS];
    return model(fit, x, slope);
}

/* chi^2, its half gradient and the normal matrix. */
static double accumulate(const sample *s, const gf_wall_fit *fit, double matrix[9],
                         double gradient[3]) {
    double sum = 0;
    memset(matrix, 0, 9 * sizeof *matrix);
    memset(gradient, 0, 3 * sizeof *gradient);
    for (size_t i = 0; i < s->count; ++i) {
        double slope[MAX_PARAMETERS];
        if (!is_fitted(s, i)) {
            continue;
        }
        double rest = (s->density[i] - model(fit, s->x[i], slope)) / s->error_of[i];
        sum += rest * rest;
        for (size_t a = 0; a < 3; ++a) {
            gradient[a] += rest * slope[a] / s->error_of[i];
            for (size_t b = 0; b < 3; ++b) {
                matrix[3 * a + b] += slope[a] * slope[b] / (s->error_of[i] * s->error_of[i]);
            }
        }
    }
    return sum;
}

/* A straight line through log n - p log x against 1/sqrt(x): the starting point. */
static void start(const sample *s, gf_wall_fit *fit) {
    double w = 0, wu = 0, wy = 0, wuu = 0, wuy = 0;
    for (size_t i = 0; i < s->count; ++i) {
        if (is_fitted(s, i)) {
            double u = 1 / sqrt(s->x[i]);
            double y = log(s->density[i]) - forms[fit->form].p * log(s->x[i]);
            double weight = pow(s->density[i] / s->error_of[i], 2);
            w += weight;
            wu += weight * u;
            wy += weight * y;
            wuu += weight * u * u;
            wuy += weight * u * y;
        }
    }
    double slope = (w * wuy - wu * wy) / (w * wuu - wu * wu);
    fit->value[1] = -slope;
    fit->value[0] = exp((wy - slope * wu) / w);
    fit->value[2] = 0;
}

/* One damped Gauss-Newton step; false where the matrix is singular. */
static bool improve(const sample *s, gf_wall_fit *fit, double *chi_square, double *damping) {
    lapack_int n = (lapack_int)forms[fit->form].parameters;
    double matrix[9], step[3], unused_matrix[9], unused[3];
    *chi_square = accumulate(s, fit, matrix, step);
    for (size_t a = 0; a < 3; ++a) {
        matrix[4 * a] *= 1 + *damping;
    }
    if (LAPACKE_dposv(LAPACK_COL_MAJOR, 'U', n, 1, matrix, 3, step, 3) != 0) {
        return false;
    }
    gf_wall_fit trial = *fit;
    for (lapack_int a = 0; a < n; ++a) {
        trial.value[a] += step[a];
    }
    double after = accumulate(s, &trial, unused_matrix, unused);
    if (after <= *chi_square) {
        *fit = trial;
        *damping /= 10;
        *chi_square = after;
    } else {
        *damping = fmax(*damping * 10, 1e-9);
    }
    return true;
}

static gf_status find_errors(const sample *s, gf_wall_fit *fit, gf_error *error) {
    lapack_int n = (lapack_int)forms[fit->form].parameters;
    double matrix[9], gradient[3], diagonal[3], inflation = 0;
    fit->chi_square = accumulate(s, fit, matrix, gradient);
    for (size_t a = 0; a < (size_t)n; ++a) {
        diagonal[a] = matrix[4 * a];
    }
    bool singular = LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', n, matrix, 3) != 0 ||
                    LAPACKE_dpotri(LAPACK_COL_MAJOR, 'U', n, matrix, 3) != 0;
    for (size_t a = 0; a < (size_t)n && !singular; ++a) {
        inflation = fmax(inflation, diagonal[a] * matrix[4 * a]);
    }
    if (singular || !(inflation < ALIKE)) {
        return gf_fail(error, GF_NO_CONVERGENCE, "the fit %s is not determined by the points",
                       forms[fit->form].text);
    }
    double scale = fit->freedom > 0 ? fmax(1, fit->chi_square / (double)fit->freedom) : 1;
    for (size_t a = 0; a < forms[fit->form].parameters; ++a) {
        fit->error[a] = sqrt(matrix[4 * a] * scale);
    }
    return GF_OK;
}

gf_status gf_wall_fit_make(gf_wall_form form, size_t count, const double *x, const double *density,
                           const double *error_of, double from, double to, gf_wall_fit *fit,
                           gf_error *error) {
    sample s = {count, x, density, error_of, from, to};
    *fit = (gf_wall_fit){.form = form, .from = INFINITY, .to = -INFINITY};
    for (size_t i = 0; i < count; ++i) {
        if (is_fitted(&s, i)) {
            ++fit->points;
            fit->from = fmin(fit->from, x[i]);
            fit->to = fmax(fit->to, x[i]);
        }
    }
    if (fit->points < forms[form].parameters + 1) {
        return gf_fail(error, GF_INVALID,
                       "a fit of %s needs at least %zu points with walls and a standard error; "
                       "there are %zu",
                       forms[form].text, forms[form].parameters + 1, fit->points);
    }
    fit->freedom = fit->points - forms[form].parameters;
    start(&s, fit);
    double damping = 1e-3, chi_square = INFINITY;
    for (int i = 0; i < ITERATIONS; ++i) {
        double before = chi_square;
        if (!improve(&s, fit, &chi_square, &damping)) {
            return gf_fail(error, GF_NO_CONVERGENCE, "the fit %s does not converge",
                           forms[form].text);
        }
        if (damping < 1e-12 || (damping < 1e-6 && before - chi_square < 1e-12 * chi_square)) {
            break;
        }
    }
    return find_errors(&s, fit, error);
}
