#include "fixed_points/fixed_point.h"

#include "base/matrix.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NEWTON_STEPS = 80, MAX_HALVINGS = 12, PATIENCE = 8 };

static const double TOLERANCE = 1e-12; /* of |f|, in units of the largest possible force */
static const double MARGINAL = 1e-9;   /* |eigenvalue| below this times the scale is zero */
static const double QUIET = 1e-5; /* noise below this times the scale is that of a dark state */
static const double BORDER_DEPTH = 1e-9;   /* closer to the border than this is the border */
static const double STEP_ROUNDING = 1e-14; /* steps of lambda below this change nothing */
static const double FLAT = 1e-8;           /* eigenvalues that are all below this are of no point */

const char *gf_stability_name(gf_stability stability) {
    static const char *const names[] = {"stable",   "saddle", "unstable",
                                        "marginal", "border", "absent"};
    return names[stability];
}

const char *gf_attraction_name(gf_attraction attraction) {
    static const char *const names[] = {"undecided", "attracting", "repelling", "both ways"};
    return names[attraction];
}

/* --- one point ------------------------------------------------------------------------------- */

double gf_fixed_point_force_scale(const gf_spectrum *spectrum, const double *rates) {
    double largest[GF_CHARGES];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        largest[i] = gf_spectrum_force_scale(spectrum, rates, i);
    }
    return gf_spectrum_length(spectrum, largest);
}

double gf_fixed_point_distance(const gf_spectrum *spectrum, const gf_fixed_point *a,
                               const gf_fixed_point *b) {
    const double change[GF_CHARGES] = {a->density[0] - b->density[0],
                                       a->density[1] - b->density[1]};
    return gf_spectrum_length(spectrum, change);
}

bool gf_fixed_point_vanishes(const gf_gibbs *gibbs, const double force[GF_CHARGES]) {
    const gf_spectrum *spectrum = gf_gibbs_spectrum(gibbs);
    return gf_spectrum_length(spectrum, force) <=
           TOLERANCE * gf_fixed_point_force_scale(spectrum, gf_gibbs_rates(gibbs));
}

static gf_stability classify(const gf_fixed_point *point) {
    double scale = fmax(gf_fixed_point_rate(point, 0), gf_fixed_point_rate(point, 1));
    double low = point->eigenvalue[0][0], high = point->eigenvalue[1][0];
    if (fmin(fabs(low), fabs(high)) <= MARGINAL * scale) {
        return GF_MARGINAL;
    }
    return high < 0 ? GF_STABLE : low > 0 ? GF_UNSTABLE : GF_SADDLE;
}

static double length(double energy_unit, const double change[GF_CHARGES]) {
    return hypot(change[0], change[1] / energy_unit);
}

void gf_fixed_point_descend(const gf_state_source *source, gf_state *state) {
    const double unit = source->energy_unit;
    double checkpoint = INFINITY, size = length(unit, state->force);
    for (int steps = 0; steps < MAX_NEWTON_STEPS && size > 0; ++steps) {
        double step[GF_CHARGES];
        if (steps % PATIENCE == 0) {
            if (size > checkpoint / 2) {
                return;
            }
            checkpoint = size;
        }
        if (!gf_matrix_solve(state->force_slope, state->force, step)) {
            return;
        }
        double stride = length(1 / unit, step), scale = fmin(1, 1 / stride);
        if (stride <= STEP_ROUNDING * (1 + length(1 / unit, state->lambda))) {
            return;
        }
        gf_state next;
        double next_size = INFINITY;
        for (int k = 0; k < MAX_HALVINGS && next_size >= size * (1 - 1e-4 * scale);
             ++k, scale /= 2) {
            double trial[GF_CHARGES];
            for (size_t i = 0; i < GF_CHARGES; ++i) {
                trial[i] = state->lambda[i] - scale * step[i];
            }
            source->evaluate(source->context, trial, &next);
            next_size = length(unit, next.force);
        }
        if (next_size >= size) {
            return;
        }
        *state = next;
        size = next_size;
    }
}

bool gf_fixed_point_describe(const gf_state *state, gf_fixed_point *point) {
    double matrix[GF_CHARGES][GF_CHARGES];
    if (!gf_state_stability(state, matrix)) {
        return false;
    }
    *point = (gf_fixed_point){.residual = hypot(state->force[0], state->force[1]),
                              .border_rate = {NAN, NAN}};
    memcpy(point->lambda, state->lambda, sizeof point->lambda);
    memcpy(point->density, state->density, sizeof point->density);
    memcpy(point->noise, state->noise, sizeof point->noise);
    gf_matrix_eigenvalues(matrix, point->eigenvalue);
    point->stability = classify(point);
    return true;
}

/* True where the force vanishes only because it fades out towards dark states. There it is tiny
 * over a whole neighbourhood, so its slope is as well, if only in one direction; and so is the
 * noise. */
static bool is_fading(const gf_state_source *source, const gf_fixed_point *point) {
    const double scale = source->force_scale, unit = source->energy_unit;
    double steepest = fmax(gf_fixed_point_rate(point, 0), gf_fixed_point_rate(point, 1));
    double noise = point->noise[gf_pair(0, 0)] + point->noise[gf_pair(1, 1)] / (unit * unit);
    double slow = fmin(gf_fixed_point_rate(point, 0), gf_fixed_point_rate(point, 1));
    /* a force that falls off like the square of the distance has such a slope where it vanishes */
    bool faint = point->stability == GF_MARGINAL || slow <= 10 * sqrt(TOLERANCE) * scale;
    return steepest <= FLAT * scale || (faint && noise <= QUIET * scale);
}

static void evaluate_gibbs(void *context, const double lambda[GF_CHARGES], gf_state *state) {
    gf_gibbs_drift(context, lambda, state);
}

static void describe_gibbs(void *context, const double lambda[GF_CHARGES], gf_state *state) {
    gf_gibbs_evaluate(context, lambda, GF_SLOPES, state);
}

bool gf_fixed_point_refine_from(const gf_state_source *source, const gf_region *region,
                                const double lambda[GF_CHARGES], gf_fixed_point *point) {
    const double goal = TOLERANCE * source->force_scale;
    gf_state state;
    source->evaluate(source->context, lambda, &state);
    gf_fixed_point_descend(source, &state);
    if (length(source->energy_unit, state.force) > 2 * goal || /* may yet be rounding */
        (region != NULL && gf_region_depth(region, state.density) <= BORDER_DEPTH)) {
        return false;
    }
    source->describe(source->context, state.lambda, &state);
    return gf_fixed_point_describe(&state, point) &&
           length(source->energy_unit, state.force) <= goal && !is_fading(source, point);
}

bool gf_fixed_point_refine(gf_gibbs *gibbs, const gf_region *region,
                           const double lambda[GF_CHARGES], gf_fixed_point *point) {
    const gf_spectrum *spectrum = gf_gibbs_spectrum(gibbs);
    const gf_state_source source = {
        .evaluate = evaluate_gibbs,
        .describe = describe_gibbs,
        .context = gibbs,
        .energy_unit = spectrum->energy_unit,
        .force_scale = gf_fixed_point_force_scale(spectrum, gf_gibbs_rates(gibbs))};
    return gf_fixed_point_refine_from(&source, region, lambda, point);
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

enum { REALS = 4, PATH = 64 };

/* The datasets of real numbers, and where each lies in a gf_fixed_point. */
static const struct {
    const char *name, *units, *description;
    size_t offset;
    int order; /* of the charges: a scalar, a vector, a matrix */
} reals[REALS] = {
    {"density", GF_UNITS_DENSITY, "m and e", offsetof(gf_fixed_point, density), 1},
    {"lambda", GF_UNITS_LAMBDA, "Lagrange parameters; NaN at the border",
     offsetof(gf_fixed_point, lambda), 1},
    {"noise", GF_UNITS_NOISE, "N_ij per epsilon", offsetof(gf_fixed_point, noise), 2},
    {"force_residual", "epsilon {energy} per site", "|f| where the search ended, {energy} = 1",
     offsetof(gf_fixed_point, residual), 0},
};

static void make_path(char path[PATH], const char *group, const char *name) {
    (void)snprintf(path, PATH, "%s/%s", group, name);
}

static size_t count_points(int rank, const size_t *shape) {
    size_t count = 1;
    for (int k = 0; k < rank; ++k) {
        count *= shape[k];
    }
    return count;
}

static gf_dataset table_dataset(const char *path, int rank, const size_t *shape,
                                const char *const *axes) {
    gf_dataset dataset = {.path = path, .units = "1", .rank = rank};
    for (int k = 0; k < rank; ++k) {
        dataset.shape[k] = shape[k];
        dataset.axes[k] = axes[k];
    }
    return dataset;
}

static void write_reals(gf_file *file, const char *group, int rank, const size_t *shape,
                        const char *const *axes, const gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    double *values = calloc(GF_PAIRS * count + 1, sizeof *values);
    for (int i = 0; i < REALS && values != NULL; ++i) {
        char path[PATH];
        size_t width = gf_charge_values(reals[i].order);
        make_path(path, group, reals[i].name);
        for (size_t k = 0; k < count; ++k) {
            memcpy(values + width * k, (const char *)&points[k] + reals[i].offset,
                   width * sizeof *values);
        }
        gf_dataset dataset = table_dataset(path, rank, shape, axes);
        dataset.units = reals[i].units;
        dataset.description = reals[i].description;
        gf_charge_axes_put(file, &dataset, reals[i].order, rank, values);
    }
    if (values == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    }
    free(values);
}

/* Datasets that files of earlier versions lack: of dark states, "" and NaN elsewhere. */
static void write_attraction(gf_file *file, const char *group, int rank, const size_t *shape,
                             const char *const *axes, const gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    double *rates = calloc(2 * count + 1, sizeof *rates);
    const char **attraction = calloc(count + 1, sizeof *attraction);
    char path[PATH];
    if (rates == NULL || attraction == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    } else {
        for (size_t k = 0; k < count; ++k) {
            bool dark = points[k].stability == GF_BORDER;
            attraction[k] = dark ? gf_attraction_name(points[k].attraction) : "";
            rates[2 * k] = dark ? points[k].border_rate[0] : NAN;
            rates[2 * k + 1] = dark ? points[k].border_rate[1] : NAN;
        }
        make_path(path, group, "attraction");
        gf_dataset dataset = table_dataset(path, rank, shape, axes);
        dataset.description = "of dark states: attracting, repelling, both ways, or undecided";
        gf_file_put_strings(file, &dataset, attraction);
        make_path(path, group, "border_rate");
        dataset = table_dataset(path, rank, shape, axes);
        dataset.shape[dataset.rank] = 2;
        dataset.axes[dataset.rank++] = "bound";
        dataset.units = GF_UNITS_RATE;
        dataset.description =
            "of dark states: least and largest rate at which nearby states recede";
        gf_file_put_doubles(file, &dataset, rates);
    }
    free(rates);
    free(attraction);
}

void gf_fixed_point_write_table(gf_file *file, const char *group, int rank, const size_t *shape,
                                const char *const *axes, const gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    double *eigenvalues = calloc(2 * GF_CHARGES * count + 1, sizeof *eigenvalues);
    const char **stability = calloc(count + 1, sizeof *stability);
    char path[PATH];
    write_reals(file, group, rank, shape, axes, points);
    write_attraction(file, group, rank, shape, axes, points);
    if (eigenvalues == NULL || stability == NULL) {
        gf_file_reject(file, "out of memory for fixed points");
    } else {
        for (size_t k = 0; k < count; ++k) {
            memcpy(eigenvalues + 2 * GF_CHARGES * k, points[k].eigenvalue,
                   sizeof points[k].eigenvalue);
            stability[k] = gf_stability_name(points[k].stability);
        }
        make_path(path, group, "eigenvalues");
        gf_dataset dataset = table_dataset(path, rank, shape, axes);
        dataset.shape[dataset.rank] = GF_CHARGES;
        dataset.axes[dataset.rank++] = "charge";
        dataset.units = GF_UNITS_RATE;
        dataset.description = "of df/dq, smaller real part first";
        gf_file_put_complex(file, &dataset, eigenvalues);
        make_path(path, group, "stability");
        dataset = table_dataset(path, rank, shape, axes);
        dataset.description =
            "stable, saddle, unstable, marginal, border (a dark state), or absent";
        gf_file_put_strings(file, &dataset, stability);
    }
    free(eigenvalues);
    free(stability);
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_reals(gf_file *file, const char *group, int rank, size_t *shape,
                       gf_fixed_point *points) {
    size_t count = count_points(rank, shape);
    for (int i = 0; i < REALS; ++i) {
        char path[PATH];
        size_t width = gf_charge_values(reals[i].order);
        make_path(path, group, reals[i].name);
        double *values = gf_charge_axes_get(file, path, rank, reals[i].order, rank, shape);
        for (size_t k = 0; k < count && values != NULL; ++k) {
            memcpy((char *)&points[k] + reals[i].offset, values + width * k,
                   width * sizeof *values);
        }
        free(values);
    }
}

static void read_eigenvalues(gf_file *file, const char *group, int rank, const size_t *shape,
                             gf_fixed_point *points) {
    char path[PATH];
    size_t whole[GF_FILE_MAX_RANK] = {0}, count = count_points(rank, shape);
    memcpy(whole, shape, (size_t)rank * sizeof *shape);
    whole[rank] = GF_CHARGES;
    make_path(path, group, "eigenvalues");
    double *values = gf_file_get_complex(file, path, rank + 1, whole);
    for (size_t k = 0; k < count && values != NULL; ++k) {
        memcpy(points[k].eigenvalue, values + 2 * GF_CHARGES * k, sizeof points[k].eigenvalue);
    }
    free(values);
}

static bool parse_stability(const char *name, gf_stability *stability) {
    for (int k = GF_STABLE; k <= GF_ABSENT; ++k) {
        if (strcmp(name, gf_stability_name((gf_stability)k)) == 0) {
            *stability = (gf_stability)k;
            return true;
        }
    }
    return false;
}

static void read_attraction(gf_file *file, const char *group, int rank, const size_t *shape,
                            gf_fixed_point *points) {
    char path[PATH];
    size_t wide[GF_FILE_MAX_RANK] = {0}, count = count_points(rank, shape);
    for (size_t k = 0; k < count; ++k) {
        points[k].border_rate[0] = points[k].border_rate[1] = NAN;
    }
    make_path(path, group, "attraction");
    if (!gf_file_has(file, path)) {
        return;
    }
    memcpy(wide, shape, (size_t)rank * sizeof *shape);
    wide[rank] = 2;
    char **attraction = gf_file_get_strings(file, path, rank, wide);
    make_path(path, group, "border_rate");
    double *rates = gf_file_get_doubles(file, path, rank + 1, wide);
    for (size_t k = 0; k < count && attraction != NULL && rates != NULL; ++k) {
        memcpy(points[k].border_rate, rates + 2 * k, sizeof points[k].border_rate);
        for (int name = GF_UNDECIDED; name <= GF_BOTH_WAYS; ++name) {
            if (strcmp(attraction[k], gf_attraction_name((gf_attraction)name)) == 0) {
                points[k].attraction = (gf_attraction)name;
            }
        }
    }
    free(attraction);
    free(rates);
}

gf_fixed_point *gf_fixed_point_read_table(gf_file *file, const char *group, int rank,
                                          size_t *shape) {
    char path[PATH];
    size_t actual[GF_FILE_MAX_RANK] = {0};
    make_path(path, group, "stability");
    char **stability = gf_file_get_strings(file, path, rank, actual);
    memcpy(shape, actual, (size_t)rank * sizeof *shape);
    size_t count = count_points(rank, shape);
    gf_fixed_point *points = stability != NULL ? calloc(count + 1, sizeof *points) : NULL;
    for (size_t k = 0; k < count && points != NULL; ++k) {
        if (!parse_stability(stability[k], &points[k].stability)) {
            gf_file_reject(file, "%s has an unknown kind '%.40s'", path, stability[k]);
        }
    }
    if (points != NULL) {
        read_reals(file, group, rank, shape, points);
        read_eigenvalues(file, group, rank, shape, points);
        read_attraction(file, group, rank, shape, points);
    } else {
        gf_file_reject(file, "out of memory for fixed points");
    }
    free(stability);
    return points;
}
