#include "gibbsflow/scan.h"

#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_POINTS = 1000000, BISECTIONS = 50, NEWTON_STEPS = 40 };

static const double MAX_JUMP = 0.5; /* of the density along a branch between two values */

const char *gf_bifurcation_name(gf_bifurcation_kind kind) {
    static const char *const names[] = {"pitchfork", "transcritical", "fold", "Hopf"};
    return names[kind];
}

/* --- the parameter --------------------------------------------------------------------------- */

/* Parses one of the numbers, "0.8" or "4/5", up to `end`. */
static gf_status parse_bound(const char *whole, const char *text, size_t length, double *value,
                             gf_error *error) {
    char *copy = strndup(text, length);
    if (copy == NULL) {
        return gf_fail_memory(error, "the scan");
    }
    gf_source source = {.text = copy, .file = whole};
    gf_status status = gf_expression_number(&source, NULL, 0, value, error);
    free(copy);
    return status;
}

gf_status gf_scan_parse(const char *text, char **name, gf_axis *axis, gf_error *error) {
    const char *equals = strchr(text, '='), *first = equals != NULL ? strchr(equals, ':') : NULL;
    const char *second = first != NULL ? strchr(first + 1, ':') : NULL;
    *name = NULL;
    if (second == NULL) {
        return gf_fail(error, GF_INVALID, "'%.200s' is no range; expected name=from:to:points",
                       text);
    }
    *name = strndup(text, (size_t)(equals - text));
    gf_status status = *name != NULL ? GF_OK : gf_fail_memory(error, "the scan");
    double points = 0;
    if (status == GF_OK && !gf_expression_name_is_free(*name)) {
        status = gf_fail(error, GF_INVALID, "'%.100s' cannot be the name of a parameter", *name);
    }
    if (status == GF_OK) {
        status = parse_bound(text, equals + 1, (size_t)(first - equals - 1), &axis->from, error);
    }
    if (status == GF_OK) {
        status = parse_bound(text, first + 1, (size_t)(second - first - 1), &axis->to, error);
    }
    if (status == GF_OK) {
        status = parse_bound(text, second + 1, strlen(second + 1), &points, error);
    }
    if (status == GF_OK && !(points >= 2 && points <= MAX_POINTS && points == floor(points) &&
                             axis->from < axis->to)) {
        status =
            gf_fail(error, GF_INVALID,
                    "'%.200s' is no range; expected name=from:to:points with from < to and a whole "
                    "number of points from 2 to %d",
                    text, MAX_POINTS);
    }
    axis->points = status == GF_OK ? (size_t)points : 0;
    return status;
}

/* --- running --------------------------------------------------------------------------------- */

typedef struct runner {
    const gf_model *model;
    const gf_spectrum *spectrum;
    const gf_region *region;
    const char *parameter;
    const gf_survey *survey;
    gf_gibbs *gibbs;
    double *rates;
    gf_scan *scan;
    gf_error *error;
} runner;

static gf_fixed_point *point_at(const gf_scan *scan, size_t value, size_t branch) {
    return &scan->points[value * scan->branches + branch];
}

static bool present(const gf_fixed_point *point) {
    return point->stability != GF_ABSENT;
}

static bool inside(const gf_fixed_point *point) {
    return present(point) && point->stability != GF_BORDER;
}

/* Sets the rates to those at a value of the parameter. */
static gf_status set_parameter(runner *self, double value) {
    const gf_model *base = self->model;
    gf_settings settings = {0};
    const gf_settings own = {
        .sites = base->chain.sites, .parameters = base->parameters, .count = base->parameter_count};
    gf_model model = {0};
    gf_error reason;
    gf_status status = gf_settings_merge(&settings, &own, &reason);
    if (status == GF_OK) {
        status = gf_settings_set(&settings, self->parameter, value, &reason);
    }
    if (status == GF_OK) {
        status =
            gf_model_parse(base->yaml, strlen(base->yaml), base->name, &settings, &model, &reason);
    }
    if (status == GF_OK) {
        status = gf_model_check_same_spectrum(base, &model, &reason);
    }
    if (status == GF_OK) {
        gf_model_rates(&model, self->rates);
        gf_gibbs_set_rates(self->gibbs, self->rates);
    } else {
        (void)gf_fail(self->error, status, "scan of %s at %g: %s", self->parameter, value,
                      reason.message);
    }
    gf_settings_free(&settings);
    gf_model_free(&model);
    return status;
}

/* --- branches -------------------------------------------------------------------------------- */

/* Makes room for more branches, with no points on them. */
static gf_status add_branches(gf_scan *scan, size_t more, gf_error *error) {
    const gf_fixed_point absent = {.lambda = {NAN, NAN},
                                   .density = {NAN, NAN},
                                   .eigenvalue = {NAN, NAN},
                                   .noise = {{NAN, NAN}, {NAN, NAN}},
                                   .residual = NAN,
                                   .stability = GF_ABSENT};
    size_t wide = scan->branches + more;
    gf_fixed_point *grown = calloc(scan->axis.points * wide + 1, sizeof *grown);
    if (grown == NULL) {
        return gf_fail_memory(error, "the branches of a scan");
    }
    for (size_t value = 0; value < scan->axis.points; ++value) {
        for (size_t branch = 0; branch < wide; ++branch) {
            gf_fixed_point *target = &grown[value * wide + branch];
            if (branch < scan->branches) {
                *target = *point_at(scan, value, branch);
            } else {
                *target = absent;
            }
        }
    }
    free(scan->points);
    scan->points = grown;
    scan->branches = wide;
    return GF_OK;
}

/* Continues branches to the points found at `value`, nearest pairs first. Points that are left over
 * start new branches; `taken` marks the others. */
static void continue_branches(const runner *self, size_t value, const gf_fixed_points *found,
                              bool *taken) {
    gf_scan *scan = self->scan;
    for (;;) {
        double nearest = MAX_JUMP;
        size_t best_branch = 0, best_point = 0;
        for (size_t b = 0; b < scan->branches; ++b) {
            const gf_fixed_point *before = point_at(scan, value - 1, b);
            if (!present(before) || present(point_at(scan, value, b))) {
                continue;
            }
            for (size_t k = 0; k < found->count; ++k) {
                double gap = gf_fixed_point_distance(self->spectrum, before, &found->points[k]);
                if (!taken[k] && gap < nearest) {
                    nearest = gap;
                    best_branch = b;
                    best_point = k;
                }
            }
        }
        if (nearest == MAX_JUMP) {
            return;
        }
        *point_at(scan, value, best_branch) = found->points[best_point];
        taken[best_point] = true;
    }
}

static gf_status store_points(runner *self, size_t value, const gf_fixed_points *found) {
    gf_scan *scan = self->scan;
    bool *taken = calloc(found->count + 1, sizeof *taken);
    if (taken == NULL) {
        return gf_fail_memory(self->error, "the branches of a scan");
    }
    if (value > 0) {
        continue_branches(self, value, found, taken);
    }
    size_t fresh = 0;
    for (size_t k = 0; k < found->count; ++k) {
        fresh += !taken[k];
    }
    size_t branch = scan->branches;
    gf_status status = fresh > 0 ? add_branches(scan, fresh, self->error) : GF_OK;
    for (size_t k = 0; k < found->count && status == GF_OK; ++k) {
        if (!taken[k]) {
            *point_at(scan, value, branch++) = found->points[k];
        }
    }
    free(taken);
    return status;
}

/* --- bifurcations ---------------------------------------------------------------------------- */

static double determinant(const gf_fixed_point *point) {
    return creal(point->eigenvalue[0] * point->eigenvalue[1]);
}

/* The larger real part: what crosses zero in a Hopf bifurcation. */
static double growth(const gf_fixed_point *point) {
    return creal(point->eigenvalue[1]);
}

static bool oscillates(const gf_fixed_point *point) {
    return cimag(point->eigenvalue[1]) != 0;
}

static gf_status add_bifurcation(runner *self, gf_bifurcation bifurcation) {
    gf_scan *scan = self->scan;
    for (size_t k = 0; k < scan->bifurcation_count; ++k) { /* crossing branches meet in one point */
        const gf_bifurcation *known = &scan->bifurcations[k];
        const double apart[2] = {known->density[0] - bifurcation.density[0],
                                 known->density[1] - bifurcation.density[1]};
        if (fabs(known->parameter - bifurcation.parameter) <
                1e-6 * (fabs(bifurcation.parameter) + scan->axis.to - scan->axis.from) &&
            gf_spectrum_length(self->spectrum, apart) < 1e-3) {
            return GF_OK;
        }
    }
    gf_bifurcation *grown =
        realloc(scan->bifurcations, (scan->bifurcation_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return gf_fail_memory(self->error, "bifurcations");
    }
    scan->bifurcations = grown;
    scan->bifurcations[scan->bifurcation_count++] = bifurcation;
    return GF_OK;
}

/* Bisects along a branch for the parameter where `test` changes sign between two values. */
static gf_status locate_crossing(runner *self, size_t value, size_t branch,
                                 double (*test)(const gf_fixed_point *), gf_bifurcation_kind kind) {
    gf_fixed_point low = *point_at(self->scan, value - 1, branch);
    gf_fixed_point high = *point_at(self->scan, value, branch);
    double from = gf_axis_value(&self->scan->axis, value - 1);
    double to = gf_axis_value(&self->scan->axis, value);
    for (int step = 0; step < BISECTIONS; ++step) {
        double middle = (from + to) / 2;
        double guess[2] = {(low.lambda[0] + high.lambda[0]) / 2,
                           (low.lambda[1] + high.lambda[1]) / 2};
        gf_fixed_point point;
        gf_status status = set_parameter(self, middle);
        if (status != GF_OK) {
            return status;
        }
        if (!gf_fixed_point_refine(self->gibbs, self->region, guess, &point)) {
            return GF_OK; /* the branch does not go through: no bifurcation of this kind */
        }
        if ((test(&point) < 0) == (test(&low) < 0)) {
            low = point;
            from = middle;
        } else {
            high = point;
            to = middle;
        }
    }
    return add_bifurcation(self, (gf_bifurcation){.kind = kind,
                                                  .parameter = (from + to) / 2,
                                                  .density = {low.density[0], low.density[1]},
                                                  .lambda = {low.lambda[0], low.lambda[1]}});
}

/* f1, f2 and det df/dlambda at (lambda1, lambda2, parameter): all zero at a fold. */
static gf_status fold_condition(runner *self, const double x[3], double value[3], gf_state *state) {
    gf_status status = set_parameter(self, x[2]);
    if (status == GF_OK) {
        gf_gibbs_evaluate(self->gibbs, x, GF_SLOPES, state);
        double(*s)[2] = state->force_slope;
        value[0] = state->force[0];
        value[1] = state->force[1];
        value[2] = s[0][0] * s[1][1] - s[0][1] * s[1][0];
    }
    return status;
}

/* Derivatives of the fold condition, row-major, by central differences. */
static gf_status fold_jacobian(runner *self, const double x[3], const double scale[3],
                               double jacobian[9]) {
    gf_state state;
    for (int k = 0; k < 3; ++k) {
        double high[3] = {0}, low[3] = {0}, width = (k < 2 ? 1e-5 : 1e-3) * scale[k];
        double y[3] = {x[0], x[1], x[2]};
        y[k] = x[k] + width;
        gf_status status = fold_condition(self, y, high, &state);
        y[k] = x[k] - width;
        if (status == GF_OK) {
            status = fold_condition(self, y, low, &state);
        }
        if (status != GF_OK) {
            return status;
        }
        for (int i = 0; i < 3; ++i) {
            jacobian[3 * i + k] = (high[i] - low[i]) / (2 * width);
        }
    }
    return GF_OK;
}

/* Newton's method on the fold condition; `reach` bounds the steps of the parameter. */
static gf_status locate_fold(runner *self, double x[3], double reach, bool *found) {
    const double scale[3] = {1, 1 / self->spectrum->energy_unit, reach};
    gf_state state;
    *found = false;
    for (int step = 0; step < NEWTON_STEPS && !*found; ++step) {
        double jacobian[9], value[3], largest = 0;
        lapack_int pivot[3];
        gf_status status = fold_jacobian(self, x, scale, jacobian);
        if (status == GF_OK) {
            status = fold_condition(self, x, value, &state);
        }
        if (status != GF_OK ||
            LAPACKE_dgesv(LAPACK_ROW_MAJOR, 3, 1, jacobian, 3, pivot, value, 1) != 0) {
            return status;
        }
        for (int k = 0; k < 3; ++k) {
            double limit = (k < 2 ? 0.3 : 1) * scale[k];
            x[k] -= fmax(-limit, fmin(limit, value[k]));
            largest = fmax(largest, fabs(value[k]) / scale[k]);
        }
        *found = largest < 1e-11;
    }
    return GF_OK;
}

/* Two branches that both start (or both end) between the values before and after, and lie next to
 * each other, meet in a fold. */
static gf_status find_folds(runner *self, size_t value, size_t with, size_t without) {
    gf_scan *scan = self->scan;
    for (size_t a = 0; a < scan->branches; ++a) {
        for (size_t b = a + 1; b < scan->branches; ++b) {
            const gf_fixed_point *p = point_at(scan, with, a), *q = point_at(scan, with, b);
            if (!inside(p) || !inside(q) || present(point_at(scan, without, a)) ||
                present(point_at(scan, without, b)) || determinant(p) * determinant(q) >= 0 ||
                gf_fixed_point_distance(self->spectrum, p, q) > MAX_JUMP) {
                continue;
            }
            double from = gf_axis_value(&scan->axis, value - 1),
                   to = gf_axis_value(&scan->axis, value);
            double x[3] = {(p->lambda[0] + q->lambda[0]) / 2, (p->lambda[1] + q->lambda[1]) / 2,
                           (from + to) / 2};
            gf_state state;
            bool found = false;
            gf_status status = locate_fold(self, x, to - from, &found);
            if (status == GF_OK && found && x[2] >= from && x[2] <= to) {
                gf_gibbs_evaluate(self->gibbs, x, GF_DENSITIES, &state);
                status = add_bifurcation(
                    self, (gf_bifurcation){.kind = GF_FOLD,
                                           .parameter = x[2],
                                           .density = {state.density[0], state.density[1]},
                                           .lambda = {x[0], x[1]}});
            }
            if (status != GF_OK) {
                return status;
            }
        }
    }
    return GF_OK;
}

static size_t count_inside(const gf_scan *scan, size_t value) {
    size_t count = 0;
    for (size_t b = 0; b < scan->branches; ++b) {
        count += inside(point_at(scan, value, b));
    }
    return count;
}

static gf_status find_bifurcations(runner *self, size_t value) {
    const gf_scan *scan = self->scan;
    bool branching = count_inside(scan, value) != count_inside(scan, value - 1), crossed = false;
    gf_status status = GF_OK;
    for (size_t b = 0; b < scan->branches && status == GF_OK; ++b) {
        const gf_fixed_point *before = point_at(scan, value - 1, b),
                             *after = point_at(scan, value, b);
        if (!inside(before) || !inside(after)) {
            continue;
        }
        if ((determinant(before) < 0) != (determinant(after) < 0)) {
            crossed = true;
            status = locate_crossing(self, value, b, determinant,
                                     branching ? GF_PITCHFORK : GF_TRANSCRITICAL);
        } else if (oscillates(before) && oscillates(after) &&
                   (growth(before) < 0) != (growth(after) < 0)) {
            status = locate_crossing(self, value, b, growth, GF_HOPF);
        }
    }
    if (status == GF_OK && branching && !crossed) {
        status = find_folds(self, value, value, value - 1);
    }
    if (status == GF_OK && branching && !crossed) {
        status = find_folds(self, value, value - 1, value);
    }
    return status;
}

static gf_status run_values(runner *self, const gf_progress *progress) {
    gf_scan *scan = self->scan;
    gf_status status = GF_OK;
    for (size_t value = 0; value < scan->axis.points && status == GF_OK; ++value) {
        gf_fixed_points found = {0};
        status = set_parameter(self, gf_axis_value(&scan->axis, value));
        if (status == GF_OK) {
            status =
                gf_fixed_points_find(self->survey, self->region, self->rates, &found, self->error);
        }
        if (status == GF_OK) {
            scan->continuum[value] = found.continuum;
            status = store_points(self, value, &found);
        }
        if (status == GF_OK && value > 0 && !found.continuum && !scan->continuum[value - 1]) {
            status = find_bifurcations(self, value);
        }
        gf_fixed_points_free(&found);
        gf_progress_update(progress, (double)(value + 1) / (double)scan->axis.points);
    }
    return status;
}

gf_status gf_scan_run(const gf_model *model, const gf_spectrum *spectrum, const gf_region *region,
                      const char *parameter, const gf_axis *axis, const gf_progress *progress,
                      gf_scan *scan, gf_error *error) {
    gf_survey *survey = NULL;
    *scan = (gf_scan){.parameter = strdup(parameter),
                      .axis = *axis,
                      .continuum = calloc(axis->points, sizeof(bool))};
    runner self = {.model = model,
                   .spectrum = spectrum,
                   .region = region,
                   .parameter = parameter,
                   .rates = calloc(model->channel_count, sizeof(double)),
                   .scan = scan,
                   .error = error};
    gf_status status = scan->parameter != NULL && scan->continuum != NULL && self.rates != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the scan");
    if (status == GF_OK) {
        status = gf_survey_create(spectrum, &survey, error);
    }
    if (status == GF_OK) {
        self.survey = survey;
        gf_model_rates(model, self.rates);
        status = gf_gibbs_create(spectrum, self.rates, &self.gibbs, error);
    }
    if (status == GF_OK) {
        status = run_values(&self, progress);
    }
    gf_gibbs_free(self.gibbs);
    gf_survey_free(survey);
    free(self.rates);
    if (status != GF_OK) {
        gf_scan_free(scan);
    }
    return status;
}

void gf_scan_free(gf_scan *self) {
    free(self->parameter);
    free(self->points);
    free(self->continuum);
    free(self->bifurcations);
    *self = (gf_scan){0};
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

static void write_bifurcations(const gf_scan *self, gf_file *file) {
    size_t count = self->bifurcation_count;
    double *parameter = calloc(count + 1, sizeof *parameter);
    double *density = calloc(2 * count + 1, sizeof *density);
    double *lambda = calloc(2 * count + 1, sizeof *lambda);
    const char **kind = calloc(count + 1, sizeof *kind);
    if (parameter == NULL || density == NULL || lambda == NULL || kind == NULL) {
        gf_file_reject(file, "out of memory for the bifurcations");
    } else {
        for (size_t k = 0; k < count; ++k) {
            const gf_bifurcation *one = &self->bifurcations[k];
            parameter[k] = one->parameter;
            memcpy(density + 2 * k, one->density, sizeof one->density);
            memcpy(lambda + 2 * k, one->lambda, sizeof one->lambda);
            kind[k] = gf_bifurcation_name(one->kind);
        }
        gf_dataset dataset = {.path = "/scan/bifurcation_parameter",
                              .units = "of the parameter",
                              .rank = 1,
                              .shape = {count, 2},
                              .axes = {"bifurcation", "charge"}};
        gf_file_put_doubles(file, &dataset, parameter);
        dataset.path = "/scan/bifurcation_kind";
        dataset.units = "1";
        dataset.description = "pitchfork, transcritical, fold, or Hopf";
        gf_file_put_strings(file, &dataset, kind);
        dataset.path = "/scan/bifurcation_density";
        dataset.units = "1 per site, J per site";
        dataset.description = NULL;
        dataset.rank = 2;
        gf_file_put_doubles(file, &dataset, density);
        dataset.path = "/scan/bifurcation_lambda";
        dataset.units = "1, 1/J";
        gf_file_put_doubles(file, &dataset, lambda);
    }
    free(parameter);
    free(density);
    free(lambda);
    free(kind);
}

static void write_axis(const gf_scan *self, gf_file *file) {
    size_t count = self->axis.points;
    double *values = calloc(count, sizeof *values);
    int64_t *continuum = calloc(count, sizeof *continuum);
    if (values == NULL || continuum == NULL) {
        gf_file_reject(file, "out of memory for the scan");
    } else {
        for (size_t k = 0; k < count; ++k) {
            values[k] = gf_axis_value(&self->axis, k);
            continuum[k] = self->continuum[k];
        }
        gf_dataset dataset = {.path = "/scan/parameter",
                              .units = "of the parameter",
                              .rank = 1,
                              .shape = {count},
                              .axes = {"/scan/parameter"}};
        gf_file_put_doubles(file, &dataset, values);
        dataset.path = "/scan/continuum";
        dataset.units = "1";
        dataset.description = "1 where fixed points form a line and none is listed";
        gf_file_put_integers(file, &dataset, continuum);
    }
    free(values);
    free(continuum);
}

void gf_scan_write(const gf_scan *self, gf_file *file) {
    static const char *const axes[] = {"/scan/parameter", "branch"};
    const size_t shape[] = {self->axis.points, self->branches};
    write_axis(self, file);
    gf_fixed_point_write_table(file, "/scan", 2, shape, axes, self->points);
    gf_file_put_text_attribute(file, "/scan", "parameter_name", self->parameter);
    write_bifurcations(self, file);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    for (size_t k = 0; k < self->bifurcation_count && out != NULL; ++k) {
        (void)fprintf(out, "%s%s at %s = %.10g", k > 0 ? "; " : "",
                      gf_bifurcation_name(self->bifurcations[k].kind), self->parameter,
                      self->bifurcations[k].parameter);
    }
    if (out != NULL && fclose(out) == 0) {
        gf_file_put_text_attribute(file, "/scan", "bifurcations", length > 0 ? text : "none");
    }
    free(text);
}

static void read_bifurcations(gf_file *file, gf_scan *scan) {
    size_t count = 0, kinds = 0, shape[2][2] = {{0}};
    double *parameter = gf_file_get_doubles(file, "/scan/bifurcation_parameter", 1, &count);
    double *density = gf_file_get_doubles(file, "/scan/bifurcation_density", 2, shape[0]);
    double *lambda = gf_file_get_doubles(file, "/scan/bifurcation_lambda", 2, shape[1]);
    char **kind = gf_file_get_strings(file, "/scan/bifurcation_kind", 1, &kinds);
    if (kinds != count || shape[0][0] != count || shape[1][0] != count ||
        (count > 0 && (shape[0][1] != 2 || shape[1][1] != 2))) {
        gf_file_reject(file, "the bifurcations of /scan do not fit together");
    }
    scan->bifurcations = calloc(count + 1, sizeof *scan->bifurcations);
    bool ready = gf_file_check(file, NULL) == GF_OK && scan->bifurcations != NULL;
    for (size_t k = 0; k < count && ready; ++k) {
        gf_bifurcation *one = &scan->bifurcations[scan->bifurcation_count++];
        one->parameter = parameter[k];
        memcpy(one->density, density + 2 * k, sizeof one->density);
        memcpy(one->lambda, lambda + 2 * k, sizeof one->lambda);
        for (int name = GF_PITCHFORK; name <= GF_HOPF; ++name) {
            if (strcmp(kind[k], gf_bifurcation_name((gf_bifurcation_kind)name)) == 0) {
                one->kind = (gf_bifurcation_kind)name;
            }
        }
    }
    free(parameter);
    free(density);
    free(lambda);
    free(kind);
}

gf_status gf_scan_read(gf_file *file, gf_scan *scan, gf_error *error) {
    size_t shape[2] = {0}, points = 0, flags = 0;
    *scan = (gf_scan){0};
    double *values = gf_file_get_doubles(file, "/scan/parameter", 1, &points);
    int64_t *continuum = gf_file_get_integers(file, "/scan/continuum", 1, &flags);
    scan->parameter = gf_file_get_text_attribute(file, "/scan", "parameter_name");
    scan->points = gf_fixed_point_read_table(file, "/scan", 2, shape);
    read_bifurcations(file, scan);
    if (points == 0 || shape[0] != points || flags != points) {
        gf_file_reject(file, "the datasets of /scan do not fit together");
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        scan->axis = (gf_axis){values[0], values[points - 1], points};
        scan->branches = shape[1];
        scan->continuum = calloc(points, sizeof *scan->continuum);
        status = scan->continuum != NULL ? GF_OK : gf_fail_memory(error, "the scan");
    }
    for (size_t k = 0; k < points && status == GF_OK; ++k) {
        scan->continuum[k] = continuum[k] != 0;
    }
    free(values);
    free(continuum);
    if (status != GF_OK) {
        gf_scan_free(scan);
    }
    return status;
}
