#include "medium/diffusion.h"

#include "base/clones.h"
#include "base/matrix.h"
#include "io/charge_units.h"
#include "io/even_axis.h"

#include <math.h>
#include <stdlib.h>

static const char *const axis_path[2] = {"/diffusion/magnetization", "/diffusion/energy"};
static const char matrix_path[] = "/diffusion/matrix", error_path[] = "/diffusion/matrix_error",
                  relative_path[] = "/diffusion/relative_error";

void gf_diffusion_free(gf_diffusion *self) {
    free(self->matrix);
    free(self->error);
    free(self->relative);
    *self = (gf_diffusion){0};
}

/* --- interpolation --------------------------------------------------------------------------- */

/* Where values lie on an axis: between node `index` and the one `next` nodes on. */
typedef struct scale {
    double from, per_unit, last;
    int most, next;
} scale;

typedef struct place {
    int index;
    double part;
} place;

static scale scale_of(const gf_axis *axis) {
    int intervals = (int)axis->points - 1, next = intervals > 0 ? 1 : 0;
    return (scale){axis->from, next > 0 ? intervals / (axis->to - axis->from) : 0, intervals,
                   intervals - next, next};
}

static inline place locate(const scale *s, double value) {
    double x = (value - s->from) * s->per_unit;
    x = x > 0 ? x : 0; /* NaN, too */
    x = x < s->last ? x : s->last;
    int index = (int)x;
    index = index < s->most ? index : s->most;
    return (place){index, x - index};
}

/* Beyond the ends of an axis. */
static bool clamped(const scale *s, double value) {
    double x = (value - s->from) * s->per_unit;
    return !(x >= 0 && x <= s->last);
}

GF_CLONES static void interpolate(const double (*matrix)[4], scale row, scale column, size_t count,
                                  const double *restrict m, const double *restrict e,
                                  double *restrict mm, double *restrict me, double *restrict em,
                                  double *restrict ee) {
    const ptrdiff_t width = (ptrdiff_t)column.last + 1;
    for (size_t k = 0; k < count; ++k) {
        place i = locate(&row, m[k]), j = locate(&column, e[k]);
        const double(*low)[4] = matrix + i.index * width + j.index, (*high)[4] = low;
        high += row.next * width;
        double d[4];
        for (int c = 0; c < 4; ++c) { /* exact where neighbours are equal */
            double a = low[0][c] + j.part * (low[column.next][c] - low[0][c]);
            double b = high[0][c] + j.part * (high[column.next][c] - high[0][c]);
            d[c] = a + i.part * (b - a);
        }
        mm[k] = d[0];
        me[k] = d[1];
        em[k] = d[2];
        ee[k] = d[3];
    }
}

void gf_diffusion_evaluate(const gf_diffusion *self, size_t count, const double *m, const double *e,
                           double *const rows[4]) {
    interpolate((const double(*)[4])self->matrix, scale_of(&self->axis[0]),
                scale_of(&self->axis[1]), count, m, e, rows[0], rows[1], rows[2], rows[3]);
}

/* By m the two edges along e are mixed, by e those along m. */
void gf_diffusion_expand(const gf_diffusion *self, const double density[GF_CHARGES], double *matrix,
                         double (*slope)[GF_CHARGES]) {
    scale row = scale_of(&self->axis[0]), column = scale_of(&self->axis[1]);
    place i = locate(&row, density[0]), j = locate(&column, density[1]);
    const ptrdiff_t width = (ptrdiff_t)column.last + 1;
    const double(*low)[4] = (const double(*)[4])self->matrix + i.index * width + j.index;
    const double(*high)[4] = low + row.next * width;
    double by_m = clamped(&row, density[0]) ? 0 : row.per_unit;
    double by_e = clamped(&column, density[1]) ? 0 : column.per_unit;
    for (int c = 0; c < GF_CHARGES * GF_CHARGES; ++c) {
        double low_rise = low[column.next][c] - low[0][c];
        double high_rise = high[column.next][c] - high[0][c];
        double a = low[0][c] + j.part * low_rise, b = high[0][c] + j.part * high_rise;
        matrix[c] = a + i.part * (b - a);
        slope[c][0] = by_m * (b - a);
        slope[c][1] = by_e * (low_rise + i.part * (high_rise - low_rise));
    }
}

/* --- reading --------------------------------------------------------------------------------- */

/* [rows][columns] of so many values each, none below `least`. */
static double *read_nodes(gf_file *file, const char *path, const gf_axis axis[2], int rank,
                          double least) {
    size_t rows = axis[0].points, columns = axis[1].points, each = rank == 4 ? 4 : 1;
    double *values = gf_file_get_doubles(file, path, rank, (size_t[]){rows, columns, 2, 2});
    for (size_t i = 0; i < each * rows * columns && values != NULL; ++i) {
        if (!(isfinite(values[i]) && values[i] >= least)) {
            gf_file_reject(file, "%s holds a value that is %s at m = %g, e = %g", path,
                           isfinite(values[i]) ? "negative" : "not finite",
                           gf_axis_value(&axis[0], i / each / columns),
                           gf_axis_value(&axis[1], i / each % columns));
            break;
        }
    }
    return values;
}

/* By the traces, where the file does not say. */
static void read_errors(gf_file *file, gf_diffusion *self) {
    size_t count = self->axis[0].points * self->axis[1].points;
    if (!gf_file_has(file, error_path)) {
        return;
    }
    self->error = (double(*)[4])read_nodes(file, error_path, self->axis, 4, 0);
    if (gf_file_has(file, relative_path)) {
        self->relative = read_nodes(file, relative_path, self->axis, 2, 0);
        return;
    }
    self->relative = calloc(count + 1, sizeof *self->relative);
    if (self->relative == NULL) {
        gf_file_reject(file, "out of memory for the errors of D");
        return;
    }
    for (size_t i = 0; i < count && self->error != NULL && self->matrix != NULL; ++i) {
        const double *d = self->matrix[i], *e = self->error[i];
        self->relative[i] = (e[0] + e[3]) / fabs(d[0] + d[3]);
    }
}

/* A mean of two matrices can have a negative eigenvalue though neither has. */
bool gf_diffusion_measure(gf_diffusion *self, double density[GF_CHARGES], double *trace,
                          double *det) {
    self->largest = 0;
    gf_axis fine[2] = {self->axis[0], self->axis[1]};
    fine[0].points = 2 * fine[0].points - 1;
    fine[1].points = 2 * fine[1].points - 1;
    for (size_t i = 0; i < fine[0].points * fine[1].points; ++i) {
        double m = gf_axis_value(&fine[0], i / fine[1].points), d[4];
        double e = gf_axis_value(&fine[1], i % fine[1].points);
        gf_diffusion_evaluate(self, 1, &m, &e, (double *[4]){&d[0], &d[1], &d[2], &d[3]});
        *trace = d[0] + d[3];
        *det = d[0] * d[3] - d[1] * d[2];
        if (!(*trace > 0 && *det > 0)) {
            density[0] = m;
            density[1] = e;
            return false;
        }
        self->largest = fmax(self->largest, gf_matrix_radius(d));
    }
    return true;
}

static void check_eigenvalues(gf_file *file, gf_diffusion *self) {
    double at[GF_CHARGES], trace, det;
    if (!gf_diffusion_measure(self, at, &trace, &det)) {
        gf_file_reject(file,
                       "the diffusion matrix must have eigenvalues with positive real parts; "
                       "at m = %g, e = %g its trace is %g, its determinant %g",
                       at[0], at[1], trace, det);
    }
}

gf_status gf_diffusion_read(const char *path, gf_diffusion *self, gf_error *error) {
    const char *const paths[] = {axis_path[0], axis_path[1], matrix_path};
    gf_file *file = NULL;
    *self = (gf_diffusion){0};
    gf_status status = gf_file_open(path, &file, error);
    for (int i = 0; i < 3 && status == GF_OK; ++i) {
        if (!gf_file_has(file, paths[i])) {
            gf_file_reject(file,
                           "has no %s; expected /diffusion with magnetization[M], energy[E] "
                           "and matrix[M,E,2,2]",
                           paths[i]);
            status = gf_file_check(file, error);
        }
    }
    if (status == GF_OK) {
        gf_even_axis_get(file, axis_path[0], &self->axis[0]);
        gf_even_axis_get(file, axis_path[1], &self->axis[1]);
        self->matrix = (double(*)[4])read_nodes(file, matrix_path, self->axis, 4, -INFINITY);
        read_errors(file, self);
        status = gf_file_check(file, error);
    }
    if (status == GF_OK) {
        check_eigenvalues(file, self);
        status = gf_file_check(file, error);
    }
    gf_file_close(&file);
    if (status != GF_OK) {
        gf_diffusion_free(self);
    }
    return status;
}

/* --- errors ---------------------------------------------------------------------------------- */

static gf_status shift(const gf_diffusion *self, double errors, const char *path,
                       gf_diffusion *shifted, gf_error *error) {
    size_t columns = self->axis[1].points, count = self->axis[0].points * columns;
    for (size_t i = 0; i < count; ++i) {
        double factor = 1 + errors * self->relative[i];
        if (!(factor > 0)) {
            return gf_fail(error, GF_INVALID,
                           "%s: %g errors away D is not positive at m = %g, e = %g, where its "
                           "error is %.0f %%",
                           path, errors, gf_axis_value(&self->axis[0], i / columns),
                           gf_axis_value(&self->axis[1], i % columns), 100 * self->relative[i]);
        }
        for (size_t k = 0; k < 4; ++k) {
            shifted->matrix[i][k] = factor * self->matrix[i][k];
        }
    }
    double at[GF_CHARGES], trace, det;
    return gf_diffusion_measure(shifted, at, &trace, &det)
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "%s: %g errors away D has an eigenvalue without positive real part at m = "
                         "%g, e = %g",
                         path, errors, at[0], at[1]);
}

gf_status gf_diffusion_shift(const gf_diffusion *self, double errors, const char *path,
                             gf_diffusion *shifted, gf_error *error) {
    size_t count = self->axis[0].points * self->axis[1].points;
    *shifted = (gf_diffusion){.axis = {self->axis[0], self->axis[1]}};
    if (self->relative == NULL) {
        return gf_fail(error, GF_INVALID, "%s has no %s to shift D by", path, error_path);
    }
    shifted->matrix = calloc(count + 1, sizeof *shifted->matrix);
    gf_status status = shifted->matrix != NULL ? shift(self, errors, path, shifted, error)
                                               : gf_fail_memory(error, "the diffusion");
    if (status != GF_OK) {
        gf_diffusion_free(shifted);
    }
    return status;
}

/* --- writing --------------------------------------------------------------------------------- */

void gf_diffusion_write(const gf_diffusion *self, gf_file *file) {
    static const char *const units[2] = {"1 per site", GF_UNITS_ENERGY_DENSITY};
    for (int k = 0; k < 2; ++k) {
        size_t points = self->axis[k].points;
        double *values = malloc(points * sizeof *values);
        for (size_t i = 0; i < points && values != NULL; ++i) {
            values[i] = gf_axis_value(&self->axis[k], i);
        }
        if (values == NULL) {
            gf_file_reject(file, "out of memory for an axis");
            return;
        }
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = axis_path[k],
                                          .units = units[k],
                                          .rank = 1,
                                          .shape = {points},
                                          .axes = {axis_path[k]}},
                            values);
        free(values);
    }
    gf_dataset set = {.path = matrix_path,
                      .units = GF_UNITS_DIFFUSION,
                      .description = "D_ij of the densities, bilinear between",
                      .rank = 4,
                      .shape = {self->axis[0].points, self->axis[1].points, 2, 2},
                      .axes = {axis_path[0], axis_path[1], "charge", "charge"}};
    gf_file_put_doubles(file, &set, &self->matrix[0][0]);
    if (self->error != NULL) {
        set.path = error_path;
        set.description = "error of each";
        gf_file_put_doubles(file, &set, &self->error[0][0]);
    }
    if (self->relative != NULL) {
        set.path = relative_path;
        set.units = "1";
        set.description = "error of D as a whole";
        set.rank = 2;
        gf_file_put_doubles(file, &set, self->relative);
    }
}
