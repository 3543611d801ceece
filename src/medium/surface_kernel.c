#include "medium/surface.h"

#include "base/clones.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Points are evaluated in blocks of BLOCK: always whole ones, so that a result does not depend on
 * where in an array a point stands. */
enum { VALUES = GF_SURFACE_VALUES, BLOCK = 64, FEWEST = 5 };

static const double ROUNDING = 1e-12; /* of an energy, for a point to be outside */
static const double CLOSED = 1e-12;   /* 1 - m^2 below this is a corner */

/* What changes sign with m in a mirrored surface: signs[1]. */
static const float signs[2][VALUES] = {{1, 1, 1, 1, 1, 1, 1, 1}, {-1, 1, 1, -1, 1, 1, -1, 1}};

/* --- making ---------------------------------------------------------------------------------- */

/* c[0 ... n+1] from the values in c[1 ... n]: the coefficients of the uniform cubic B-spline
 * through them, (c[i-1] + 4 c[i] + c[i+1])/6 = value i, whose third derivative is continuous at the
 * second and the last but one knot ("not a knot"). That condition gives the coefficients of these
 * two knots at once and leaves a tridiagonal system between them. pivot[n] is workspace. */
static void fit_line(size_t n, double *c, double *pivot) {
    const double first[2] = {c[1], c[2]}, last[2] = {c[n], c[n - 1]};
    const double second = (8 * c[2] - c[1] - c[3]) / 6;
    c[n - 1] = (8 * c[n - 1] - c[n] - c[n - 2]) / 6;
    c[2] = second;
    pivot[2] = 0;
    for (size_t i = 3; i + 2 <= n; ++i) {
        pivot[i] = 1 / (4 - pivot[i - 1]);
        c[i] = (6 * c[i] - c[i - 1]) * pivot[i];
    }
    for (size_t i = n - 2; i >= 3; --i) {
        c[i] -= pivot[i] * c[i + 1];
    }
    c[1] = 6 * first[1] - 4 * c[2] - c[3];
    c[0] = 6 * first[0] - 4 * c[1] - c[2];
    c[n] = 6 * last[1] - 4 * c[n - 1] - c[n - 2];
    c[n + 1] = 6 * last[0] - 4 * c[n] - c[n - 1];
}

/* Fits all values along a line of knots that lie `stride` apart; work[2 n + 2]. */
static void fit_knots(size_t n, double (*knots)[VALUES], size_t stride, double *work) {
    for (size_t k = 0; k < VALUES; ++k) {
        for (size_t i = 0; i < n + 2; ++i) {
            work[i] = knots[i * stride][k];
        }
        fit_line(n, work, work + n + 2);
        for (size_t i = 0; i < n + 2; ++i) {
            knots[i * stride][k] = work[i];
        }
    }
}

/* True if the values are exactly even or odd in m, as is the chart. */
static bool is_mirrored(const gf_surface *self, const double (*values)[VALUES]) {
    bool same = self->chart.ends[0] == self->chart.ends[1];
    for (int k = 1; k < GF_CHART_TERMS; k += 2) {
        same = same && self->chart.low[k] == 0 && self->chart.high[k] == 0;
    }
    size_t rows = self->points[0], columns = self->points[1];
    for (size_t row = 0; row < rows && same; ++row) {
        for (size_t column = 0; column < columns && same; ++column) {
            const double *here = values[row * columns + column];
            const double *there = values[(rows - 1 - row) * columns + column];
            for (size_t k = 0; k < VALUES; ++k) {
                same = same && here[k] == (double)signs[1][k] * there[k];
            }
        }
    }
    return same;
}

static gf_surface *allocate(const gf_chart *chart, size_t rows, size_t columns) {
    size_t knots = (rows + 2) * (columns + 2);
    gf_surface *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    *self = (gf_surface){.chart = *chart, .points = {rows, columns}};
    self->knots = calloc(knots, sizeof *self->knots);
    self->rounded = aligned_alloc(64, (knots + 1) / 2 * 2 * sizeof *self->rounded);
    if (self->knots == NULL || self->rounded == NULL) {
        gf_surface_free(self);
        self = NULL;
    }
    return self;
}

/* Turns values into coefficients; work[2 rows + 2 columns]. */
static void fit(gf_surface *self, const double (*values)[VALUES], double *work) {
    size_t rows = self->points[0], columns = self->points[1], stride = columns + 2;
    for (size_t row = 0; row < rows; ++row) {
        double(*line)[VALUES] = self->knots + (row + 1) * stride;
        memcpy(line + 1, values + row * columns, columns * sizeof *values);
        for (size_t i = 0; i < columns * GF_CHARGES; ++i) {
            double *speed = &self->speed[i % GF_CHARGES];
            *speed =
                fmax(*speed, fabs(line[1 + i / GF_CHARGES][GF_SURFACE_FORCE + i % GF_CHARGES]));
        }
        fit_knots(columns, line, 1, work);
    }
    for (size_t column = 0; column < stride; ++column) {
        fit_knots(rows, self->knots + column, stride, work);
    }
    for (size_t i = 0; i < (rows + 2) * stride * VALUES; ++i) {
        self->rounded[i / VALUES][i % VALUES] = (float)self->knots[i / VALUES][i % VALUES];
    }
}

gf_status gf_surface_create(const gf_chart *chart, const size_t points[2],
                            const double (*values)[VALUES], gf_surface **surface, gf_error *error) {
    *surface = NULL;
    if (points[0] < FEWEST || points[1] < FEWEST) {
        return gf_fail(error, GF_INVALID, "a surface needs %d or more knots along either axis",
                       FEWEST);
    }
    double *work = malloc(2 * (points[0] + points[1]) * sizeof *work);
    gf_surface *self = work != NULL ? allocate(chart, points[0], points[1]) : NULL;
    if (self != NULL) {
        self->mirrored = is_mirrored(self, values);
        fit(self, values, work);
    }
    free(work);
    *surface = self;
    return self != NULL ? GF_OK : gf_fail_memory(error, "the force table");
}

void gf_surface_free(gf_surface *self) {
    if (self != NULL) {
        free(self->knots);
        free(self->rounded);
    }
    free(self);
}

/* --- evaluating ------------------------------------------------------------------------------ */

/* Where the points of a block lie on the lattice of knots: the first of 4 x 4 coefficients, and how
 * far into the cell the point is along m and t. */
typedef struct places {
    alignas(64) double part[2][BLOCK];
    alignas(64) int32_t first[BLOCK], flip[BLOCK], outside[BLOCK];
} places;

/* The weights of the four coefficients around a point that lies a fraction x into its cell. */
static inline void weigh(double x, double weight[4]) {
    double y = 1 - x;
    weight[0] = y * y * y * (1.0 / 6);
    weight[1] = 2.0 / 3 - x * x * (1 - x * 0.5);
    weight[2] = 2.0 / 3 - y * y * (1 - y * 0.5);
    weight[3] = x * x * x * (1.0 / 6);
}

/* Sends NaN to `low`. */
static inline double clamp(double x, double low, double high) {
    x = x > low ? x : low;
    return x < high ? x : high;
}

/* Written without branches, for the vector units. */
GF_CLONES static void locate(const gf_surface *self, const double *restrict m,
                             const double *restrict e, places *restrict at) {
    const gf_chart chart = self->chart;
    const double rise = (chart.ends[1] - chart.ends[0]) / 2;
    const double middle = (chart.ends[1] + chart.ends[0]) / 2;
    const double row_scale = (double)(self->points[0] - 1) / 2;
    const double column_scale = (double)(self->points[1] - 1) / 2;
    const int32_t stride = (int32_t)self->points[1] + 2;
    const int32_t row_end = (int32_t)self->points[0] - 2, column_end = stride - 4;
    const double image = self->mirrored ? -1 : 1;
    for (int i = 0; i < BLOCK; ++i) {
        double field = clamp(m[i], -1, 1), other = image * field;
        double x = field > other ? field : other; /* |field| if mirrored */
        double open = 1 - x * x, low = gf_chart_polynomial(chart.low, x);
        double range = open * (gf_chart_polynomial(chart.high, x) - low);
        double above = e[i] - (middle + rise * x) - open * low;
        double u = clamp(above / (range > CLOSED ? range : CLOSED), 0, 1);
        double t = sqrt(u) - sqrt(1 - u);
        double a = (x + 1) * row_scale, b = (t + 1) * column_scale;
        int32_t row = (int32_t)a, column = (int32_t)b;
        row = row < row_end ? row : row_end;
        column = column < column_end ? column : column_end;
        at->part[0][i] = a - row;
        at->part[1][i] = b - column;
        at->first[i] = row * stride + column;
        at->flip[i] = x > field;
        double excess = above > range - above ? range - above : above; /* the shorter way out */
        at->outside[i] = (field == m[i] ? 0 : 1) | (excess >= -ROUNDING ? 0 : 1);
    }
}

static void gather(const gf_surface *self, const places *at, size_t count, void *result) {
    const size_t stride = self->points[1] + 2;
    double(*values)[VALUES] = result, row[4], column[4];
    for (size_t i = 0; i < count; ++i) {
        weigh(at->part[0][i], row);
        weigh(at->part[1][i], column);
        memset(values[i], 0, sizeof *values);
        for (size_t k = 0; k < 16; ++k) {
            const double *knot = self->knots[(size_t)at->first[i] + k / 4 * stride + k % 4];
            double weight = row[k / 4] * column[k % 4];
            for (size_t v = 0; v < VALUES; ++v) {
                values[i][v] += (double)signs[at->flip[i]][v] * weight * knot[v];
            }
        }
    }
}

/* Eight numbers of single precision, one vector register where there are such. */
typedef float octet __attribute__((vector_size(8 * sizeof(float))));

static inline void weigh_block(const double *restrict x, float (*restrict weight)[BLOCK]) {
    for (int i = 0; i < BLOCK; ++i) {
        double one[4];
        weigh(x[i], one);
        for (int k = 0; k < 4; ++k) {
            weight[k][i] = (float)one[k];
        }
    }
}

GF_CLONES static void gather_rounded(const gf_surface *self, const places *restrict at,
                                     size_t count, void *restrict result) {
    const size_t stride = self->points[1] + 2;
    const octet *knots = (const octet *)(const void *)self->rounded;
    float(*restrict values)[VALUES] = result;
    alignas(64) float row[4][BLOCK], column[4][BLOCK];
    weigh_block(at->part[0], row);
    weigh_block(at->part[1], column);
    for (size_t i = 0; i < count; ++i) {
        const octet *c = knots + at->first[i];
        octet sum = {0}, sign;
        memcpy(&sign, signs[at->flip[i]], sizeof sign);
        for (size_t k = 0; k < 4; ++k, c += stride) {
            sum += row[k][i] * (column[0][i] * c[0] + column[1][i] * c[1] + column[2][i] * c[2] +
                                column[3][i] * c[3]);
        }
        sum *= sign;
        memcpy(values[i], &sum, sizeof sum);
    }
}

/* Evaluates `count` points, at most BLOCK, of which fewer are filled up with a point inside. */
static size_t evaluate_block(const gf_surface *self, size_t count, const double *m, const double *e,
                             void (*values_of)(const gf_surface *, const places *, size_t, void *),
                             void *values) {
    places at;
    double whole[2][BLOCK];
    if (count < BLOCK) {
        memcpy(whole[0], m, count * sizeof *m);
        memcpy(whole[1], e, count * sizeof *e);
        for (size_t i = count; i < BLOCK; ++i) {
            whole[0][i] = 0;
            whole[1][i] = gf_chart_energy(&self->chart, 0, 0);
        }
        m = whole[0];
        e = whole[1];
    }
    locate(self, m, e, &at);
    values_of(self, &at, count, values);
    size_t outside = 0;
    for (size_t i = 0; i < BLOCK; ++i) {
        outside += (size_t)at.outside[i];
    }
    return outside;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t gf_surface_evaluate(const gf_surface *self, size_t count, const double *m, const double *e,
                           double (*values)[VALUES]) {
    size_t outside = 0;
    for (size_t i = 0; i < count; i += BLOCK) {
        outside += evaluate_block(self, least(count - i, BLOCK), m + i, e + i, gather, values + i);
    }
    return outside;
}

size_t gf_surface_sample(const gf_surface *self, size_t count, const double *m, const double *e,
                         float (*values)[VALUES]) {
    size_t outside = 0;
    for (size_t i = 0; i < count; i += BLOCK) {
        outside +=
            evaluate_block(self, least(count - i, BLOCK), m + i, e + i, gather_rounded, values + i);
    }
    return outside;
}

/* --- derivatives ----------------------------------------------------------------------------- */

static void weigh_slopes(double x, double value[4], double slope[4]) {
    double y = 1 - x;
    weigh(x, value);
    slope[0] = -y * y / 2;
    slope[1] = x * (3 * x / 2 - 2);
    slope[2] = -y * (3 * y / 2 - 2);
    slope[3] = x * x / 2;
}

/* The cell of a coordinate in [-1, 1] on an axis of `points` knots, and the place in it. */
static size_t find_cell(double x, size_t points, double *fraction) {
    double place = (x + 1) / 2 * (double)(points - 1);
    size_t cell = (size_t)place;
    cell = cell < points - 2 ? cell : points - 2;
    *fraction = place - (double)cell;
    return cell;
}

/* The first `count` values of a point (NULL: not wanted) and their derivatives by m and e. */
static void expand(const gf_surface *self, const double density[2], size_t count, double *values,
                   double (*slope)[GF_CHARGES]) {
    double m = clamp(density[0], -1, 1), a = 0, b = 0, wa[4], wb[4], da[4], db[4];
    gf_chart_point point = gf_chart_locate(&self->chart, m, density[1]);
    size_t row = find_cell(m, self->points[0], &a), stride = self->points[1] + 2;
    size_t column = find_cell(point.height, self->points[1], &b);
    weigh_slopes(a, wa, da);
    weigh_slopes(b, wb, db);
    double of_row = m == density[0] ? (double)(self->points[0] - 1) / 2 : 0;
    double of_height = (double)(self->points[1] - 1) / 2;
    for (size_t i = 0; i < count; ++i) {
        double value = 0, along[2] = {0, 0}; /* d/dm at fixed t, d/dt */
        for (size_t r = 0; r < 4; ++r) {
            for (size_t s = 0; s < 4; ++s) {
                double knot = self->knots[(row + r) * stride + column + s][i];
                value += wa[r] * wb[s] * knot;
                along[0] += of_row * da[r] * wb[s] * knot;
                along[1] += of_height * wa[r] * db[s] * knot;
            }
        }
        slope[i][0] = along[0] + along[1] * point.slope[0];
        slope[i][1] = along[1] * point.slope[1];
        if (values != NULL) {
            values[i] = value;
        }
    }
}

void gf_surface_slope(const gf_surface *self, const double density[2], double slope[2][2]) {
    expand(self, density, GF_CHARGES, NULL, slope);
}

void gf_surface_expand(const gf_surface *self, const double density[GF_CHARGES],
                       double values[VALUES], double slope[VALUES][GF_CHARGES]) {
    expand(self, density, VALUES, values, slope);
}

void gf_surface_border(const gf_surface *self, double m, double range[2]) {
    gf_chart_border(&self->chart, m, range);
}
