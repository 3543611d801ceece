#include "gibbsflow/phase_diagram.h"

#include "base/progress_part.h"
#include "base/tasks.h"
#include "fixed_points/bifurcation_line.h"
#include "fixed_points/members.h"
#include "fixed_points/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NEAR_LINE = 0.01;  /* from a line, in parts of the axes: a place on it */
static const double NEAR_LAMBDA = 0.2; /* and of lambda, dimensionless */
static const double EDGE = 1e-4;       /* from an edge, in parts of the axis: at it */
static const double SCANNING = 0.7;    /* of the time, roughly, goes into the nodes */
static const double MAX_NODES = 1e7;
enum { CHECKS = 4 }; /* of the error of a line */

const char *gf_line_mark_name(gf_line_mark mark) {
    static const char *const names[] = {
        "edge", "closed", "lost", "cusp", "degenerate pitchfork", "Bogdanov-Takens"};
    return names[mark];
}

/* --- the columns ----------------------------------------------------------------------------- */

/* The diagram is made of scans along one parameter, for every value of the other; the latter is the
 * one that spectra depend on, if any do. */
typedef struct columns {
    const gf_model *model;
    const gf_spectrum *spectrum; /* of all; NULL: each has its own */
    const gf_region *region;
    const char *const *parameter;
    const gf_axis *axis;
    size_t outer, inner;
    gf_family_member *members; /* [axis[outer].points], or NULL */
    gf_scan *scans;            /* [axis[outer].points] */
} columns;

static gf_status scan_with(const columns *self, const gf_model *model, const gf_spectrum *spectrum,
                           const gf_region *region, gf_scan *scan, gf_error *error) {
    const char *name = self->parameter[self->inner];
    gf_family *family = NULL;
    gf_status status = gf_family_create(model, spectrum, region, &name, 1, &family, error);
    if (status == GF_OK) {
        status = gf_scan_through(family, name, &self->axis[self->inner], NULL, scan, error);
    }
    gf_family_free(family);
    return status;
}

static gf_status scan_column(const void *context, gf_task *task, gf_error *error) {
    const columns *self = context;
    gf_scan *scan = &self->scans[task->index];
    if (self->members != NULL) {
        const gf_family_member *member = &self->members[task->index];
        return scan_with(self, member->model, member->spectrum, &member->region, scan, error);
    }
    gf_model *model = NULL;
    double value = gf_axis_value(&self->axis[self->outer], task->index);
    gf_status status =
        gf_family_model_at(self->model, self->parameter[self->outer], value, &model, error);
    if (status == GF_OK) {
        status = scan_with(self, model, self->spectrum, self->region, scan, error);
    }
    gf_model_free(model);
    return status;
}

static void carry_column(void *context, size_t index, gf_bytes *bytes) {
    gf_scan_carry(&((const columns *)context)->scans[index], bytes);
}

static gf_status scan_columns(columns *self, gf_scan_store *store, const gf_progress *progress,
                              gf_error *error) {
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    size_t count = self->axis[self->outer].points;
    bool deep = gf_family_wants_spectra(self->model, self->parameter[self->outer]);
    gf_status status = GF_OK;
    self->scans = calloc(count, sizeof *self->scans);
    self->members = deep ? calloc(count, sizeof *self->members) : NULL;
    if (self->scans == NULL || (deep && self->members == NULL)) {
        return gf_fail_memory(error, "the phase diagram");
    }
    gf_progress_part_next(&part, deep ? 0.4 : 0);
    if (deep) {
        status = gf_members_solve(self->model, self->parameter[self->outer],
                                  &self->axis[self->outer], store, &own, self->members, error);
    }
    if (status == GF_OK) {
        gf_progress_part_next(&part, deep ? 0.6 : 1);
        status = gf_tasks_run(&(gf_tasks){.count = count,
                                          .context = self,
                                          .run = scan_column,
                                          .carry = carry_column,
                                          .progress = &own},
                              error);
    }
    return status;
}

static void free_columns(columns *self) {
    for (size_t k = 0; k < self->axis[self->outer].points; ++k) {
        if (self->scans != NULL) {
            gf_scan_free(&self->scans[k]);
        }
        if (self->members != NULL) {
            gf_family_member_free(&self->members[k]);
        }
    }
    free(self->scans);
    free(self->members);
}

/* --- the nodes ------------------------------------------------------------------------------- */

static int compare_points(const void *left, const void *right) {
    const gf_fixed_point *a = left, *b = right;
    bool absent_a = a->stability == GF_ABSENT, absent_b = b->stability == GF_ABSENT;
    if (absent_a || absent_b) {
        return (int)absent_a - (int)absent_b;
    }
    return (a->density[0] > b->density[0]) - (a->density[0] < b->density[0]);
}

/* The points of one value of a scan, by magnetisation, and then none. */
static void take_points(const gf_scan *scan, size_t value, size_t most, gf_fixed_point *points) {
    size_t count = 0;
    for (size_t b = 0; b < scan->branches; ++b) {
        const gf_fixed_point *one = &scan->points[value * scan->branches + b];
        if (one->stability != GF_ABSENT) {
            points[count++] = *one;
        }
    }
    for (; count < most; ++count) {
        points[count] = (gf_fixed_point){.lambda = {NAN, NAN},
                                         .density = {NAN, NAN},
                                         .eigenvalue = {{NAN, NAN}, {NAN, NAN}},
                                         .noise = {NAN, NAN, NAN},
                                         .residual = NAN,
                                         .stability = GF_ABSENT,
                                         .border_rate = {NAN, NAN}};
    }
    if (most > 0) {
        qsort(points, most, sizeof *points, compare_points);
    }
}

static size_t count_points(const gf_scan *scan, size_t value) {
    size_t count = 0;
    for (size_t b = 0; b < scan->branches; ++b) {
        count += scan->points[value * scan->branches + b].stability != GF_ABSENT;
    }
    return count;
}

static gf_status take_nodes(const columns *self, gf_phase_diagram *diagram, gf_error *error) {
    size_t outer = self->axis[self->outer].points, inner = self->axis[self->inner].points;
    for (size_t i = 0; i < outer; ++i) {
        for (size_t j = 0; j < inner; ++j) {
            size_t count = count_points(&self->scans[i], j);
            diagram->most = count > diagram->most ? count : diagram->most;
        }
    }
    diagram->points = calloc(outer * inner * diagram->most + 1, sizeof *diagram->points);
    diagram->continuum = calloc(outer * inner, sizeof *diagram->continuum);
    if (diagram->points == NULL || diagram->continuum == NULL) {
        return gf_fail_memory(error, "the phase diagram; ask for fewer nodes");
    }
    for (size_t i = 0; i < outer; ++i) {
        diagram->incomplete += self->scans[i].incomplete;
        for (size_t j = 0; j < inner; ++j) {
            size_t node = self->outer == 0 ? i * inner + j : j * outer + i;
            take_points(&self->scans[i], j, diagram->most, diagram->points + node * diagram->most);
            diagram->continuum[node] = self->scans[i].continuum[j];
        }
    }
    return GF_OK;
}

/* --- the lines ------------------------------------------------------------------------------- */

/* Bifurcations between nodes: where lines begin. */
typedef struct seed {
    gf_bifurcation_kind kind;
    gf_line_point place;
} seed;

static gf_status collect_seeds(const columns *self, seed **seeds, size_t *count, gf_error *error) {
    size_t total = 0, outer = self->axis[self->outer].points;
    for (size_t i = 0; i < outer; ++i) {
        total += self->scans[i].bifurcation_count;
    }
    *seeds = calloc(total + 1, sizeof **seeds);
    *count = 0;
    if (*seeds == NULL) {
        return gf_fail_memory(error, "lines of bifurcations");
    }
    for (int kind = GF_PITCHFORK; kind <= GF_HOPF; ++kind) { /* folds end at pitchforks */
        for (size_t i = 0; i < outer; ++i) {
            for (size_t k = 0; k < self->scans[i].bifurcation_count; ++k) {
                const gf_bifurcation *one = &self->scans[i].bifurcations[k];
                seed *next = &(*seeds)[*count];
                if ((int)one->kind == kind) {
                    *next = (seed){.kind = one->kind};
                    next->place.parameter[self->outer] = gf_axis_value(&self->axis[self->outer], i);
                    next->place.parameter[self->inner] = one->parameter;
                    memcpy(next->place.lambda, one->lambda, sizeof one->lambda);
                    memcpy(next->place.density, one->density, sizeof one->density);
                    ++*count;
                }
            }
        }
    }
    return GF_OK;
}

typedef struct lines {
    const gf_axis *axis;
    gf_family *family; /* along both parameters */
    gf_plane plane;
    gf_phase_diagram *diagram;
    gf_special_points specials;
    gf_error *error;
} lines;

static gf_status go(void *context, const double parameter[2]) {
    return gf_family_go(context, parameter, NULL);
}

static void drift(void *context, const double lambda[GF_CHARGES], gf_state *state) {
    gf_family_drift(context, lambda, state);
}

/* The square of the distance of a place from a piece of a line, in parts of the axes. */
static double gap(const lines *self, const gf_line_point *a, const gf_line_point *b,
                  const gf_line_point *place, double *fraction) {
    double u[2], v[2], uu = 0, uv = 0, sum = 0;
    for (size_t k = 0; k < 2; ++k) {
        double range = self->axis[k].to - self->axis[k].from;
        u[k] = (b->parameter[k] - a->parameter[k]) / range;
        v[k] = (place->parameter[k] - a->parameter[k]) / range;
        uu += u[k] * u[k];
        uv += u[k] * v[k];
    }
    *fraction = uu > 0 ? fmax(0, fmin(1, uv / uu)) : 0;
    for (size_t k = 0; k < 2; ++k) {
        sum += pow(v[k] - *fraction * u[k], 2);
    }
    return sum;
}

static bool is_on(const lines *self, const gf_bifurcation_line *line, const seed *one) {
    for (size_t k = 0; k + 1 < line->count && line->kind == one->kind; ++k) {
        const gf_line_point *a = &line->points[k], *b = a + 1;
        double x = 0, distance = gap(self, a, b, &one->place, &x);
        double apart[GF_CHARGES];
        for (size_t i = 0; i < GF_CHARGES; ++i) { /* far out, differences count in proportion */
            double unit = i == GF_ENERGY ? self->plane.energy_unit : 1;
            apart[i] = (1 - x) * asinh(a->lambda[i] * unit) + x * asinh(b->lambda[i] * unit) -
                       asinh(one->place.lambda[i] * unit);
        }
        if (distance < NEAR_LINE * NEAR_LINE && hypot(apart[0], apart[1]) < NEAR_LAMBDA) {
            return true;
        }
    }
    return false;
}

static bool is_at_edge(const lines *self, const gf_line_point *place) {
    bool at = false;
    for (size_t k = 0; k < 2; ++k) {
        double range = self->axis[k].to - self->axis[k].from;
        at = at || fmin(place->parameter[k] - self->axis[k].from,
                        self->axis[k].to - place->parameter[k]) < EDGE * range;
    }
    return at;
}

/* Whether a seed need not be followed: on the edge, where lines end or run along, or on a line. */
static bool is_followed(const lines *self, const seed *one) {
    bool on = one->kind == GF_TRANSCRITICAL ? false : is_at_edge(self, &one->place);
    for (size_t k = 0; k < self->diagram->line_count && !on; ++k) {
        on = is_on(self, &self->diagram->lines[k], one);
    }
    for (size_t k = 0; k < self->specials.count && !on;
         ++k) { /* a cusp alone, seen as a pitchfork */
        double x = 0;
        const gf_line_point *place = &self->specials.points[k].place;
        on = one->kind == GF_PITCHFORK &&
             gap(self, place, place, &one->place, &x) < NEAR_LINE * NEAR_LINE;
    }
    return on;
}

static gf_status add_line(lines *self, const gf_bifurcation_line *line) {
    gf_phase_diagram *diagram = self->diagram;
    gf_bifurcation_line *grown =
        realloc(diagram->lines, (diagram->line_count + 1) * sizeof *diagram->lines);
    if (grown == NULL) {
        free(line->points);
        return gf_fail_memory(self->error, "lines of bifurcations");
    }
    diagram->lines = grown;
    diagram->lines[diagram->line_count++] = *line;
    return GF_OK;
}

static gf_status follow_seeds(lines *self, const seed *seeds, size_t count) {
    gf_status status = GF_OK;
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        gf_bifurcation_line line = {0};
        if (is_followed(self, &seeds[k])) {
            continue;
        }
        status = gf_family_go(self->family, seeds[k].place.parameter, self->error);
        if (status == GF_OK) {
            self->plane.force_scale = gf_family_force_scale(self->family);
            self->plane.energy_unit = gf_family_energy_unit(self->family);
            status = gf_bifurcation_line_follow(&self->plane, &seeds[k].place, seeds[k].kind,
                                                &self->specials, &line, self->error);
        }
        if (status == GF_OK && line.count > 0) {
            status = add_line(self, &line);
        } else {
            free(line.points);
        }
    }
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        self->diagram->unfollowed += !is_followed(self, &seeds[k]);
    }
    return status;
}

/* The error of a line in between the spectra: diagonalises at some of its points. */
static gf_status check_line(lines *self, gf_bifurcation_line *line, size_t deep) {
    const gf_axis *axis = &self->axis[deep];
    double spacing = (axis->to - axis->from) / (double)(axis->points - 1);
    gf_status status = GF_OK;
    for (size_t k = 0; k < CHECKS && status == GF_OK && line->count > 2; ++k) {
        size_t at = 1 + k * (line->count - 3) / (CHECKS - 1);
        gf_line_point place = line->points[at], settled = place;
        status = gf_family_add(self->family, place.parameter[deep], spacing / 10, self->error);
        if (status == GF_OK) {
            status = gf_family_go(self->family, place.parameter, self->error);
        }
        if (status == GF_OK &&
            gf_bifurcation_line_settle(&self->plane, line->kind, 1 - deep, &settled)) {
            double range = self->axis[1 - deep].to - self->axis[1 - deep].from;
            double change = settled.parameter[1 - deep] - place.parameter[1 - deep];
            line->error = fmax(line->error, fabs(change) / range);
        }
        gf_family_drop(self->family);
    }
    return status;
}

static gf_status trace_lines(lines *self, const columns *from, const gf_progress *progress) {
    seed *seeds = NULL;
    size_t count = 0;
    gf_status status = collect_seeds(from, &seeds, &count, self->error);
    self->plane = (gf_plane){.go = go,
                             .drift = drift,
                             .context = self->family,
                             .low = {self->axis[0].from, self->axis[1].from},
                             .high = {self->axis[0].to, self->axis[1].to}};
    if (status == GF_OK) {
        status = follow_seeds(self, seeds, count);
    }
    for (size_t k = 0; k < self->diagram->line_count && status == GF_OK; ++k) {
        gf_progress_update(progress, (double)(k + 1) / (double)(self->diagram->line_count + 1));
        if (gf_family_interpolates(self->family)) {
            status = check_line(self, &self->diagram->lines[k], from->outer);
        }
    }
    free(seeds);
    self->diagram->specials = self->specials.points;
    self->diagram->special_count = self->specials.count;
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status check_parameters(const gf_model *model, const char *const parameter[2],
                                  const gf_axis axis[2], gf_error *error) {
    for (size_t k = 0; k < 2; ++k) {
        if (!gf_model_has_parameter(model, parameter[k])) {
            return gf_fail(error, GF_INVALID, "the model has no parameter %.100s", parameter[k]);
        }
    }
    if (strcmp(parameter[0], parameter[1]) == 0) {
        return gf_fail(error, GF_INVALID, "a phase diagram wants two parameters, not %.100s twice",
                       parameter[0]);
    }
    if ((double)axis[0].points * (double)axis[1].points > MAX_NODES) {
        return gf_fail(error, GF_INVALID,
                       "a phase diagram of %zu x %zu nodes; at most %.0f are taken", axis[0].points,
                       axis[1].points, MAX_NODES);
    }
    return gf_family_wants_spectra(model, parameter[0]) &&
                   gf_family_wants_spectra(model, parameter[1])
               ? gf_fail(error, GF_INVALID,
                         "%.100s and %.100s both enter the Hamiltonian or a jump operator; a phase "
                         "diagram takes one such parameter, and one of the rates",
                         parameter[0], parameter[1])
               : GF_OK;
}

gf_status gf_phase_diagram_estimate(const gf_model *model, const char *const parameter[2],
                                    const gf_axis axis[2], gf_spectrum_cost *cost,
                                    gf_error *error) {
    gf_status status = check_parameters(model, parameter, axis, error);
    *cost = (gf_spectrum_cost){0};
    for (size_t k = 0; k < 2 && status == GF_OK; ++k) {
        if (gf_family_wants_spectra(model, parameter[k])) {
            status = gf_members_estimate(model, parameter[k], &axis[k], cost, error);
        }
    }
    return status;
}

/* The family along both parameters; it takes the members of the columns over. */
static gf_status make_family(columns *from, gf_family **family, gf_error *error) {
    if (from->members == NULL) {
        return gf_family_create(from->model, from->spectrum, from->region, from->parameter, 2,
                                family, error);
    }
    gf_family_member *members = from->members;
    from->members = NULL;
    gf_status status = gf_family_create_deep(from->model, from->parameter, 2, from->outer, members,
                                             from->axis[from->outer].points, family, error);
    free(members);
    return status;
}

static gf_status compute(columns *all, gf_scan_store *store, const gf_progress *progress,
                         gf_phase_diagram *diagram, gf_error *error) {
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    lines tracing = {.axis = all->axis, .diagram = diagram, .error = error};
    gf_progress_part_next(&part, SCANNING);
    gf_status status = scan_columns(all, store, &own, error);
    if (status == GF_OK) {
        status = take_nodes(all, diagram, error);
    }
    if (status == GF_OK) {
        status = make_family(all, &tracing.family, error);
    }
    if (status == GF_OK) {
        gf_progress_part_next(&part, 1 - SCANNING);
        status = trace_lines(&tracing, all, &own);
    }
    gf_family_free(tracing.family);
    return status;
}

gf_status gf_phase_diagram_compute(const gf_model *model, const gf_spectrum *spectrum,
                                   const gf_region *region, const char *const parameter[2],
                                   const gf_axis axis[2], gf_scan_store *store,
                                   const gf_progress *progress, gf_phase_diagram *diagram,
                                   gf_error *error) {
    *diagram = (gf_phase_diagram){.axis = {axis[0], axis[1]}};
    gf_status status = check_parameters(model, parameter, axis, error);
    if (status != GF_OK) {
        return status;
    }
    size_t outer = gf_family_wants_spectra(model, parameter[1]);
    columns all = {.model = model,
                   .spectrum = spectrum,
                   .region = region,
                   .parameter = parameter,
                   .axis = axis,
                   .outer = outer,
                   .inner = 1 - outer};
    for (size_t k = 0; k < 2 && status == GF_OK; ++k) {
        diagram->parameter[k] = strdup(parameter[k]);
        status = diagram->parameter[k] != NULL ? GF_OK : gf_fail_memory(error, "the phase diagram");
    }
    if (status == GF_OK) {
        status = compute(&all, store, progress, diagram, error);
    }
    free_columns(&all);
    if (status != GF_OK) {
        gf_phase_diagram_free(diagram);
    }
    return status;
}

void gf_phase_diagram_free(gf_phase_diagram *self) {
    for (size_t k = 0; k < self->line_count; ++k) {
        free(self->lines[k].points);
    }
    free(self->parameter[0]);
    free(self->parameter[1]);
    free(self->points);
    free(self->continuum);
    free(self->lines);
    free(self->specials);
    *self = (gf_phase_diagram){0};
}
