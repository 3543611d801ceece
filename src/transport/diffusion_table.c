#include "transport/diffusion_table.h"

#include "base/matrix.h"
#include "medium/diffusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { F = GF_CHARGES, MATRIX = GF_TRANSPORT_MATRIX };
enum { SIDE = 4, COLUMNS = 2 * SIDE + 1 }; /* lambda2 on either side of 0 */

static const double MOST_MAGNETIZATION = 0.85; /* of rows that are asked for */
static const double FADE = 0.1;                /* of m, over which S becomes isotropic */
static const double BORDER_ERROR = 0.5;        /* relative */

const char *gf_diffusion_origin_name(gf_diffusion_origin self) {
    static const char *const names[] = {[GF_DIFFUSION_KNOWN] = "known",
                                        [GF_DIFFUSION_CONTINUED] = "continued",
                                        [GF_DIFFUSION_OUTSIDE] = "outside"};
    return names[self];
}

/* --- nodes ----------------------------------------------------------------------------------- */

/* lambda1 of a state of magnetisation m at lambda2: Newton's method between bounds that close in.
 */
static double solve_lambda1(gf_gibbs *gibbs, double m, double lambda2) {
    enum { MOST = 100 };
    double low = -40, high = 40, lambda[F] = {0 - atanh(m), lambda2};
    gf_state state;
    for (int k = 0; k < MOST; ++k) {
        gf_gibbs_evaluate(gibbs, lambda, GF_DENSITIES, &state);
        double off = state.density[GF_MAGNETIZATION] - m;
        if (fabs(off) <= 1e-13) {
            break;
        }
        low = off > 0 ? lambda[GF_MAGNETIZATION] : low;
        high = off > 0 ? high : lambda[GF_MAGNETIZATION];
        double next = lambda[GF_MAGNETIZATION] + off / state.susceptibility[0];
        lambda[GF_MAGNETIZATION] = next > low && next < high ? next : (low + high) / 2;
    }
    return lambda[GF_MAGNETIZATION];
}

void gf_diffusion_nodes_free(gf_diffusion_nodes *self) {
    free(self->lambda);
    *self = (gf_diffusion_nodes){0};
}

gf_status gf_diffusion_nodes_choose(gf_gibbs *gibbs, const gf_region *region, size_t magnetizations,
                                    size_t energies, gf_diffusion_nodes *nodes, gf_error *error) {
    *nodes = (gf_diffusion_nodes){.axis = {{.from = -1, .to = 1, .points = magnetizations},
                                           {.from = region->low[GF_ENERGY],
                                            .to = region->high[GF_ENERGY],
                                            .points = energies}},
                                  .columns = COLUMNS,
                                  .unit = gf_spectrum_energy_unit(gf_gibbs_spectrum(gibbs))};
    for (size_t i = 0; i < magnetizations; ++i) {
        bool inside = fabs(gf_axis_value(&nodes->axis[0], i)) <= MOST_MAGNETIZATION;
        nodes->first = inside && nodes->rows == 0 ? i : nodes->first;
        nodes->rows += inside;
    }
    nodes->lambda = calloc(nodes->rows * COLUMNS + 1, sizeof *nodes->lambda);
    if (nodes->lambda == NULL) {
        return gf_fail_memory(error, "the states of the table");
    }
    for (size_t p = 0; p < nodes->rows * COLUMNS; ++p) {
        double m = gf_axis_value(&nodes->axis[0], nodes->first + p / COLUMNS);
        double lambda2 = ((double)(p % COLUMNS) - SIDE) / (SIDE * nodes->unit);
        nodes->lambda[p][GF_ENERGY] = lambda2;
        nodes->lambda[p][GF_MAGNETIZATION] =
            lambda2 == 0 ? 0 - atanh(m) : solve_lambda1(gibbs, m, lambda2);
    }
    return GF_OK;
}

/* --- S and its logarithm --------------------------------------------------------------------- */

/* C = up up^T by Cholesky, which makes nothing of the units of energy, and its inverse. */
typedef struct roots {
    double up[F][F], down[F][F];
} roots;

static bool find_roots(const double c[GF_PAIRS], roots *result) {
    double first = sqrt(c[gf_pair(0, 0)]), below = c[gf_pair(0, 1)] / first;
    double second = sqrt(c[gf_pair(1, 1)] - below * below);
    *result = (roots){.up = {{first, 0}, {below, second}},
                      .down = {{1 / first, 0}, {0 - below / (first * second), 1 / second}}};
    return first > 0 && second > 0 && isfinite(result->down[1][0]);
}

/* f of a symmetric matrix, by its eigenvalues: [[a, b], [b, c]] = middle + radius (direction). */
static void apply(double (*f)(double), double s[F][F], double result[F][F]) {
    double middle = (s[0][0] + s[1][1]) / 2, half = (s[0][0] - s[1][1]) / 2;
    double radius = hypot(half, s[0][1]), high = f(middle + radius), low = f(middle - radius);
    double cosine = radius > 0 ? half / radius : 1, sine = radius > 0 ? s[0][1] / radius : 0;
    result[0][0] = (high + low) / 2 + cosine * (high - low) / 2;
    result[1][1] = (high + low) / 2 - cosine * (high - low) / 2;
    result[0][1] = result[1][0] = sine * (high - low) / 2;
}

/* D = up exp(L) down. */
static void rebuild(const roots *c, double logarithm[F][F], double d[MATRIX]) {
    double s[F][F], part[F][F], whole[F][F];
    roots copy = *c;
    apply(exp, logarithm, s);
    gf_matrix_multiply(copy.up, s, part);
    gf_matrix_multiply(part, copy.down, whole);
    memcpy(d, whole, sizeof whole);
}

/* --- rows ------------------------------------------------------------------------------------ */

/* What is known at constant m: columns low ... high. */
typedef struct row {
    bool known;
    size_t low, high;
    double logarithm[COLUMNS][F][F], error[COLUMNS][MATRIX], relative[COLUMNS];
} row;

static bool put_node(const gf_transport *from, size_t p, size_t column, row *result) {
    roots c;
    double sigma[F][F], s[F][F];
    if (from->verdict[p] == GF_NOT_SETTLED || !find_roots(from->susceptibility[p], &c)) {
        return false;
    }
    memcpy(sigma, from->limit[p], sizeof sigma);
    gf_matrix_transform(c.down, sigma, s);
    s[0][1] = s[1][0] = (s[0][1] + s[1][0]) / 2;
    apply(log, s, result->logarithm[column]);
    memcpy(result->error[column], from->diffusion_error[p], sizeof result->error[column]);
    const double *limit = from->limit[p], *off = from->limit_error[p];
    result->relative[column] = fmax(off[0] / limit[0], off[MATRIX - 1] / limit[MATRIX - 1]);
    return isfinite(result->logarithm[column][0][0]) && isfinite(result->logarithm[column][1][1]);
}

/* What hangs together with lambda2 = 0. */
static void read_row(const gf_transport *from, size_t first, row *result) {
    result->low = result->high = SIDE;
    result->known = put_node(from, first + SIDE, SIDE, result);
    while (result->known && result->low > 0 &&
           put_node(from, first + result->low - 1, result->low - 1, result)) {
        --result->low;
    }
    while (result->known && result->high + 1 < COLUMNS &&
           put_node(from, first + result->high + 1, result->high + 1, result)) {
        ++result->high;
    }
}

/* By cubics through values and central differences; x in columns, within low ... high. */
static double interpolate(const row *self, const double *values, size_t stride, double x) {
    size_t k = (size_t)x;
    k = k < self->high ? k : self->high - (self->high > self->low);
    if (self->high == self->low) {
        return values[self->low * stride];
    }
    double t = x - (double)k, slope[2];
    for (size_t side = 0; side < 2; ++side) {
        size_t at = k + side, before = at > self->low ? at - 1 : at;
        size_t after = at < self->high ? at + 1 : at;
        slope[side] = (values[after * stride] - values[before * stride]) / (double)(after - before);
    }
    double low = values[k * stride], high = values[(k + 1) * stride], rise = high - low;
    return low + t * (slope[0] + t * (3 * rise - 2 * slope[0] - slope[1] +
                                      t * (slope[0] + slope[1] - 2 * rise)));
}

/* --- the table ------------------------------------------------------------------------------- */

typedef struct place {
    const row *from;
    double column; /* within what is known */
    double weight; /* 1 there, 0 where S is isotropic */
    bool continued;
} place;

typedef struct making {
    const gf_diffusion_nodes *nodes;
    const row *rows;
    size_t low, high; /* of the rows, the first and the last that is known */
    gf_gibbs *gibbs;
    const gf_region *region;
} making;

static double fade(double beyond) {
    double x = beyond > 0 ? (beyond < 1 ? beyond : 1) : 0;
    return 1 - x * x * (3 - 2 * x);
}

/* Where S of a state of row i is to be taken from. */
static place find_place(const making *self, size_t i, double lambda2) {
    const gf_diffusion_nodes *nodes = self->nodes;
    double m = gf_axis_value(&nodes->axis[0], i), x = SIDE * (1 + lambda2 * nodes->unit);
    size_t at = i > nodes->first ? i - nodes->first : 0;
    at = at < self->low ? self->low : at > self->high ? self->high : at;
    const row *from = &self->rows[at];
    double edge = gf_axis_value(&nodes->axis[0], nodes->first + at);
    double inside = fmin(fmax(x, (double)from->low), (double)from->high);
    double far = fabs(m - edge) / FADE, deep = fabs(x - inside) / SIDE;
    return (place){.from = from,
                   .column = inside,
                   .weight = fade(far) * fade(deep),
                   .continued = far > 1e-9 || deep > 1e-9};
}

/* The relative error is the larger one of sigma_ii. */
static double find_relative(const place *at) {
    double known = interpolate(at->from, at->from->relative, 1, at->column);
    return at->weight * fabs(known) + (1 - at->weight) * fmax(BORDER_ERROR, fabs(known));
}

static void put_value(const place *at, const roots *c, double d[MATRIX], double error[MATRIX]) {
    double logarithm[F][F];
    for (size_t k = 0; k < MATRIX; ++k) {
        const double(*all)[MATRIX] = (const double(*)[MATRIX])(const void *)at->from->logarithm;
        logarithm[k / F][k % F] = interpolate(at->from, &all[0][k], MATRIX, at->column);
        error[k] = interpolate(at->from, &at->from->error[0][k], MATRIX, at->column);
    }
    double middle = (logarithm[0][0] + logarithm[1][1]) / 2;
    for (size_t k = 0; k < MATRIX; ++k) {
        double isotropic = k % (F + 1) == 0 ? middle : 0;
        double *value = &logarithm[k / F][k % F];
        *value = isotropic + at->weight * (*value - isotropic);
    }
    const roots unit = {{{1, 0}, {0, 1}}, {{1, 0}, {0, 1}}};
    rebuild(c != NULL ? c : &unit, logarithm, d);
    for (size_t k = 0; k < MATRIX; ++k) {
        error[k] = at->weight * fabs(error[k]) + (1 - at->weight) * BORDER_ERROR * fabs(d[k]);
    }
}

/* The state of a node, if there is one; `lambda` holds a start. */
static bool find_state(const making *self, const double density[F], double lambda[F], roots *c) {
    gf_state state;
    double start[F] = {lambda[0], lambda[1]};
    if (!gf_region_contains(self->region, density) ||
        (!gf_gibbs_invert(self->gibbs, density, lambda) &&
         (memset(lambda, 0, sizeof start), !gf_gibbs_invert(self->gibbs, density, lambda)))) {
        memcpy(lambda, start, sizeof start);
        return false;
    }
    gf_gibbs_evaluate(self->gibbs, lambda, GF_DENSITIES, &state);
    return find_roots(state.susceptibility, c);
}

static gf_diffusion_origin put_entry(const making *self, size_t i, double e, double lambda[F],
                                     double d[MATRIX], double error[MATRIX], double *relative) {
    double m = gf_axis_value(&self->nodes->axis[0], i), range[2];
    roots c;
    if (find_state(self, (double[F]){m, e}, lambda, &c)) {
        place at = find_place(self, i, lambda[GF_ENERGY]);
        put_value(&at, at.weight > 0 ? &c : NULL, d, error);
        *relative = find_relative(&at);
        return at.continued ? GF_DIFFUSION_CONTINUED : GF_DIFFUSION_KNOWN;
    }
    gf_region_energies(self->region, m, range);
    place at = find_place(self, i, e < (range[0] + range[1]) / 2 ? INFINITY : -INFINITY);
    put_value(&at, NULL, d, error);
    *relative = find_relative(&at);
    return e < range[0] || e > range[1] ? GF_DIFFUSION_OUTSIDE : GF_DIFFUSION_CONTINUED;
}

static void fill(const making *self, gf_diffusion *table, gf_diffusion_origin *origin) {
    size_t energies = table->axis[1].points;
    for (size_t i = 0; i < table->axis[0].points; ++i) {
        double lambda[F] = {0};
        for (size_t j = 0; j < energies; ++j) {
            size_t at = i * energies + j;
            double e = gf_axis_value(&table->axis[1], j);
            gf_diffusion_origin found = put_entry(self, i, e, lambda, table->matrix[at],
                                                  table->error[at], &table->relative[at]);
            if (origin != NULL) {
                origin[at] = found;
            }
        }
    }
}

/* From m = 0 on outwards, as far as rows are known. False if none is. */
static bool find_rows(const gf_diffusion_nodes *nodes, const gf_transport *transport, row *rows,
                      making *self) {
    size_t middle = (nodes->rows - 1) / 2;
    for (size_t k = 0; k < nodes->rows; ++k) {
        read_row(transport, k * nodes->columns, &rows[k]);
    }
    self->low = self->high = middle;
    while (rows[middle].known && self->low > 0 && rows[self->low - 1].known) {
        --self->low;
    }
    while (rows[middle].known && self->high + 1 < nodes->rows && rows[self->high + 1].known) {
        ++self->high;
    }
    return rows[middle].known;
}

static gf_status check(gf_diffusion *table, gf_error *error) {
    double at[F], trace, det;
    return gf_diffusion_measure(table, at, &trace, &det)
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "between its nodes the table of D is not positive at m = %g, e = %g; take "
                         "more of them",
                         at[0], at[1]);
}

gf_status gf_diffusion_table_make(const gf_diffusion_nodes *nodes, const gf_transport *transport,
                                  gf_gibbs *gibbs, const gf_region *region, gf_diffusion *table,
                                  gf_diffusion_origin *origin, gf_error *error) {
    size_t count = nodes->axis[0].points * nodes->axis[1].points;
    row *rows = calloc(nodes->rows + 1, sizeof *rows);
    making all = {.nodes = nodes, .rows = rows, .gibbs = gibbs, .region = region};
    *table = (gf_diffusion){.axis = {nodes->axis[0], nodes->axis[1]},
                            .matrix = calloc(count + 1, sizeof *table->matrix),
                            .error = calloc(count + 1, sizeof *table->error),
                            .relative = calloc(count + 1, sizeof *table->relative)};
    gf_status status =
        rows != NULL && table->matrix != NULL && table->error != NULL && table->relative != NULL
            ? GF_OK
            : gf_fail_memory(error, "the table of D");
    if (status == GF_OK && !find_rows(nodes, transport, rows, &all)) {
        size_t middle = (nodes->rows - 1) / 2 * nodes->columns + SIDE;
        status =
            gf_fail(error, GF_INVALID, "there is no D at m = 0, lambda2 = 0, so no table of it: %s",
                    transport->reason[middle]);
    }
    if (status == GF_OK) {
        fill(&all, table, origin);
        status = check(table, error);
    }
    if (status != GF_OK) {
        gf_diffusion_free(table);
    }
    free(rows);
    return status;
}

/* --- writing --------------------------------------------------------------------------------- */

void gf_diffusion_table_write(const gf_diffusion *table, const gf_diffusion_origin *origin,
                              const gf_region *region, gf_file *file) {
    size_t rows = table->axis[0].points, columns = table->axis[1].points;
    const char **names = calloc(rows * columns + 1, sizeof *names);
    if (names == NULL) {
        gf_file_reject(file, "out of memory for /diffusion");
        return;
    }
    for (size_t k = 0; k < rows * columns; ++k) {
        names[k] = gf_diffusion_origin_name(origin[k]);
    }
    gf_region_write(region, file);
    gf_diffusion_write(table, file);
    gf_file_put_strings(file,
                        &(gf_dataset){.path = "/diffusion/origin",
                                      .units = "1",
                                      .description = "known, continued towards the border, outside",
                                      .rank = 2,
                                      .shape = {rows, columns},
                                      .axes = {"/diffusion/magnetization", "/diffusion/energy"}},
                        names);
    free((void *)names);
}
