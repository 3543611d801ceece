#include "open_system/modes.h"

#include "base/workspace.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Elements that symmetries forbid are squares of rounding errors. */
static const double FORBIDDEN = 1e-22;
static const double CONVERGED = 1e-14;

double gf_modes_scale(const gf_part *part) {
    double scale = 0;
    for (size_t i = 0; i < part->count; ++i) {
        size_t length;
        scale = fmax(scale, fabs(*gf_rung_matrix_at(&part->rates, i, i, &length)));
    }
    return scale;
}

/* --- components ------------------------------------------------------------------------------ */

static size_t root_of(size_t *parent, size_t i) {
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static void join_block(size_t *parent, const double *block, size_t rows, size_t columns, size_t row,
                       size_t column, double least) {
    for (size_t j = 0; block != NULL && j < columns; ++j) {
        for (size_t i = 0; i < rows; ++i) {
            if (fabs(block[j * rows + i]) > least) {
                parent[root_of(parent, row + i)] = root_of(parent, column + j);
            }
        }
    }
}

static void join_all(size_t *parent, const gf_rung_matrix *rates, double least) {
    for (size_t g = 0; g < rates->groups; ++g) {
        size_t here = rates->first[g], n = rates->first[g + 1] - here;
        join_block(parent, rates->diagonal[g], n, n, here, here, least);
        if (g + 1 < rates->groups) {
            size_t next = rates->first[g + 1], more = rates->first[g + 2] - next;
            join_block(parent, rates->up[g], more, n, next, here, least);
            join_block(parent, rates->down[g], n, more, here, next, least);
        }
    }
}

static void number_components(gf_components *self, const gf_part *part, size_t *parent) {
    for (size_t i = 0; i < part->count; ++i) {
        self->of[i] = -1;
    }
    for (size_t i = 0; i < part->count; ++i) {
        size_t root = root_of(parent, i);
        if (self->trace[i] > 0 && self->of[root] < 0) {
            self->of[root] = (int)self->count++;
        }
    }
    for (size_t i = 0; i < part->count; ++i) {
        self->of[i] = self->of[root_of(parent, i)];
    }
}

gf_status gf_components_find(gf_components *self, const gf_part *part, gf_error *error) {
    *self = (gf_components){.of = calloc(part->count + 1, sizeof *self->of),
                            .trace = calloc(part->count + 1, sizeof *self->trace)};
    size_t *parent = calloc(part->count + 1, sizeof *parent);
    if (self->of == NULL || self->trace == NULL || parent == NULL) {
        free(parent);
        gf_components_free(self);
        return gf_fail_memory(error, "the components of the rate equation");
    }
    for (size_t i = 0; i < part->count; ++i) {
        parent[i] = i;
        self->trace[i] = gf_variable_is_population(&part->variable[i]);
    }
    join_all(parent, &part->rates, FORBIDDEN * gf_modes_scale(part));
    number_components(self, part, parent);
    free(parent);
    return GF_OK;
}

void gf_components_free(gf_components *self) {
    free(self->of);
    free(self->trace);
    *self = (gf_components){0};
}

/* --- stationary states ----------------------------------------------------------------------- */

void gf_components_carry(gf_components *self, size_t variables, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &self->count, sizeof self->count);
    self->of = gf_bytes_carry_array(bytes, self->of, variables * sizeof *self->of);
    self->trace = gf_bytes_carry_array(bytes, self->trace, variables * sizeof *self->trace);
}

static double trace_of(const gf_components *self, size_t size, int component, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += self->of[i] == component ? self->trace[i] * x[i] : 0;
    }
    return sum;
}

static gf_status iterate(const gf_part *part, const gf_components *components,
                         const gf_rung_matrix *factors, int component, double *x, double *next,
                         gf_error *error) {
    enum { MOST = 100 };
    size_t size = part->count;
    double change = INFINITY, before = INFINITY;
    for (int step = 0; step < MOST && change > 0; ++step) {
        memcpy(next, x, size * sizeof *x);
        gf_rung_matrix_solve(factors, next);
        double trace = trace_of(components, size, component, next);
        change = 0;
        for (size_t i = 0; i < size; ++i) {
            next[i] /= trace;
            change += fabs(next[i] - x[i]);
            x[i] = next[i];
        }
        if (change < CONVERGED || (change < 1e-11 && change >= before)) {
            return GF_OK;
        }
        before = change;
    }
    return change <= 0 ? GF_OK
                       : gf_fail(error, GF_NO_CONVERGENCE,
                                 "the stationary state of the rate equation cannot be told: a mode "
                                 "of it decays too slowly, or not at all");
}

gf_status gf_modes_stationary(const gf_part *part, const gf_components *components,
                              const gf_rung_matrix *factors, double *states, double *residual,
                              gf_error *error) {
    size_t size = part->count;
    double *next = calloc(size + 1, sizeof *next);
    gf_status status = next != NULL ? GF_OK : gf_fail_memory(error, "the stationary states");
    *residual = 0;
    for (size_t s = 0; s < components->count && status == GF_OK; ++s) {
        double *x = states + s * size, count = 0;
        for (size_t i = 0; i < size; ++i) {
            x[i] = components->of[i] == (int)s ? components->trace[i] : 0;
            count += x[i];
        }
        cblas_dscal((blasint)size, 1 / count, x, 1);
        status = iterate(part, components, factors, (int)s, x, next, error);
        gf_rung_matrix_multiply(&part->rates, false, x, next);
        for (size_t i = 0; i < size; ++i) {
            *residual = fmax(*residual, fabs(next[i]));
        }
    }
    free(next);
    return status;
}

void gf_modes_deflate(const gf_part *part, const gf_components *components, const double *states,
                      double *x) {
    for (size_t s = 0; s < components->count; ++s) {
        double trace = trace_of(components, part->count, (int)s, x);
        cblas_daxpy((blasint)part->count, -trace, states + s * part->count, 1, x, 1);
    }
}

/* --- Arnoldi --------------------------------------------------------------------------------- */

typedef struct arnoldi {
    gf_modes *modes;
    const gf_part *part;
    const gf_components *components;
    const double *states; /* stationary ones, or NULL: nothing is taken out */
    size_t most, steps;
    double *h; /* column-major [most + 1][most] */
    double start_norm, largest, rest;
    double limit; /* no eigenvalue is larger */
} arnoldi;

static void deflate(const arnoldi *self, double *x) {
    if (self->states != NULL) {
        gf_modes_deflate(self->part, self->components, self->states, x);
    }
}

/* Orthogonalises twice against the basis, and takes out traces each time: where little is left,
 * rounding of the first time is large beside it. Returns what is left. */
static double orthogonalize(arnoldi *self, size_t k, double *x) {
    size_t n = self->modes->size;
    for (int pass = 0; pass < 2; ++pass) {
        deflate(self, x);
        self->largest = fmax(self->largest, cblas_dnrm2((blasint)n, x, 1));
        for (size_t j = 0; j <= k; ++j) {
            const double *v = self->modes->basis + j * n;
            double overlap = cblas_ddot((blasint)n, v, 1, x, 1);
            self->h[k * (self->most + 1) + j] += overlap;
            cblas_daxpy((blasint)n, -overlap, v, 1, x, 1);
        }
    }
    return cblas_dnrm2((blasint)n, x, 1);
}

static void expand(arnoldi *self, const gf_rung_matrix *factors) {
    size_t n = self->modes->size;
    for (size_t k = 0; k < self->most; ++k) {
        double *next = self->modes->basis + (k + 1) * n;
        memcpy(next, self->modes->basis + k * n, n * sizeof *next);
        gf_rung_matrix_solve(factors, next);
        double left = orthogonalize(self, k, next);
        bool exhausted = left <= 1e-13 * self->largest;
        self->steps = k + 1;
        self->rest = exhausted ? 0 : left;
        if (exhausted || k + 1 == self->most) {
            return;
        }
        self->h[k * (self->most + 1) + k + 1] = left;
        cblas_dscal((blasint)n, 1 / left, next, 1);
    }
}

typedef struct ritz {
    double complex rate;
    size_t index;
} ritz;

static int compare_ritz(const void *left, const void *right) {
    double a = creal(((const ritz *)left)->rate), b = creal(((const ritz *)right)->rate);
    double c = cimag(((const ritz *)left)->rate), d = cimag(((const ritz *)right)->rate);
    return a != b ? (a < b ? 1 : -1) : (c > d) - (c < d);
}

/* Vector `index` of dgeev's pairs of columns. */
static double complex column_entry(const double *vectors, const double *imaginary, size_t m,
                                   size_t index, size_t row) {
    if (imaginary[index] > 0) {
        return vectors[index * m + row] + I * vectors[(index + 1) * m + row];
    }
    if (imaginary[index] < 0) {
        return vectors[(index - 1) * m + row] - I * vectors[index * m + row];
    }
    return vectors[index * m + row];
}

static void store_modes(arnoldi *self, double shift, const double *re, const double *im,
                        const double *vectors) {
    size_t m = self->steps;
    gf_modes *modes = self->modes;
    ritz *order = calloc(m + 1, sizeof *order);
    modes->count = order != NULL ? m : 0;
    for (size_t k = 0; k < modes->count; ++k) {
        order[k] = (ritz){.rate = shift + 1 / (re[k] + im[k] * I), .index = k};
    }
    if (order != NULL) {
        qsort(order, m, sizeof *order, compare_ritz);
    }
    for (size_t k = 0; k < modes->count; ++k) {
        double complex last = column_entry(vectors, im, m, order[k].index, m - 1);
        double size = hypot(re[order[k].index], im[order[k].index]);
        modes->rate[k] = order[k].rate;
        modes->error[k] =
            cabs(order[k].rate) <= self->limit ? self->rest * cabs(last) / size : INFINITY;
        for (size_t j = 0; j < m; ++j) {
            modes->vector[k * m + j] = column_entry(vectors, im, m, order[k].index, j);
        }
    }
    free(order);
}

/* The start vector is the first of the basis: its share in the modes. */
static int find_shares(arnoldi *self) {
    size_t m = self->modes->count;
    double complex *matrix = gf_workspace_matrix(m, m, sizeof *matrix);
    lapack_int *pivots = calloc(m + 1, sizeof *pivots);
    int info = matrix == NULL || pivots == NULL ? -1 : 0;
    if (info == 0) {
        memcpy(matrix, self->modes->vector, m * m * sizeof *matrix);
        self->modes->share[0] = self->start_norm;
        info = LAPACKE_zgesv_work(LAPACK_COL_MAJOR, (lapack_int)m, 1, matrix, (lapack_int)m, pivots,
                                  self->modes->share, (lapack_int)m);
    }
    gf_workspace_free(matrix);
    free(pivots);
    return info;
}

static int diagonalize(arnoldi *self, double shift) {
    size_t m = self->steps;
    double *h = gf_workspace_matrix(m, m, sizeof *h), *re = gf_workspace_alloc(m, 1, sizeof *re);
    double *im = gf_workspace_alloc(m, 1, sizeof *im), none = 0;
    double *vectors = gf_workspace_matrix(m, m, sizeof *vectors);
    double *work = gf_workspace_alloc(8 * m, m, sizeof *work);
    int info = h == NULL || re == NULL || im == NULL || vectors == NULL || work == NULL ? -1 : 0;
    for (size_t k = 0; k < m && info == 0; ++k) {
        memcpy(h + k * m, self->h + k * (self->most + 1), m * sizeof *h);
    }
    if (info == 0) {
        info = LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'V', (lapack_int)m, h, (lapack_int)m, re,
                                  im, &none, 1, vectors, (lapack_int)m, work, (lapack_int)(8 * m));
    }
    if (info == 0) {
        store_modes(self, shift, re, im, vectors);
        info = find_shares(self);
    }
    gf_workspace_free(h);
    gf_workspace_free(re);
    gf_workspace_free(im);
    gf_workspace_free(vectors);
    gf_workspace_free(work);
    return info;
}

static bool allocate(arnoldi *self) {
    gf_modes *modes = self->modes;
    size_t most = self->most;
    modes->basis = gf_workspace_matrix(modes->size, most + 1, sizeof *modes->basis);
    modes->rate = calloc(most + 1, sizeof *modes->rate);
    modes->vector = calloc(most * most + 1, sizeof *modes->vector);
    modes->share = gf_workspace_alloc(most, 1, sizeof *modes->share);
    modes->error = calloc(most + 1, sizeof *modes->error);
    self->h = calloc((most + 1) * most + 1, sizeof *self->h);
    return modes->basis != NULL && modes->rate != NULL && modes->vector != NULL &&
           modes->share != NULL && modes->error != NULL && self->h != NULL;
}

gf_status gf_modes_find(gf_modes *self, const gf_part *part, const gf_components *components,
                        const double *states, const gf_rung_matrix *factors, double shift,
                        const double *start, size_t most, gf_error *error) {
    *self = (gf_modes){.size = part->count};
    size_t room = part->count - (states != NULL ? components->count : 0);
    arnoldi work = {.modes = self,
                    .part = part,
                    .components = components,
                    .states = states,
                    .most = most < room ? most : room,
                    .limit = 4 * gf_modes_scale(part)};
    gf_status status =
        allocate(&work) ? GF_OK : gf_fail_memory(error, "the modes of the rate equation");
    if (status == GF_OK && room > 0) {
        memcpy(self->basis, start, part->count * sizeof *start);
        deflate(&work, self->basis);
        work.start_norm = cblas_dnrm2((blasint)part->count, self->basis, 1);
        double size = cblas_dnrm2((blasint)part->count, start, 1);
        if (work.start_norm > 1e-12 * size) {
            cblas_dscal((blasint)part->count, 1 / work.start_norm, self->basis, 1);
            expand(&work, factors);
            status = diagonalize(&work, shift) == 0
                         ? GF_OK
                         : gf_fail(error, GF_NO_CONVERGENCE,
                                   "the modes of the rate equation could not be found (LAPACK)");
        }
    }
    free(work.h);
    if (status != GF_OK) {
        gf_modes_free(self);
    }
    return status;
}

void gf_modes_free(gf_modes *self) {
    gf_workspace_free(self->basis);
    gf_workspace_free(self->share);
    free(self->rate);
    free(self->vector);
    free(self->error);
    *self = (gf_modes){0};
}

gf_status gf_modes_decay(const gf_modes *self, const double *observable, const double *time,
                         size_t count, double *value, gf_error *error) {
    size_t m = self->count;
    double *overlap = calloc(m + 1, sizeof *overlap);
    if (overlap == NULL) {
        return gf_fail_memory(error, "the decay of an observable");
    }
    for (size_t j = 0; j < m; ++j) {
        overlap[j] =
            cblas_ddot((blasint)self->size, observable, 1, self->basis + j * self->size, 1);
    }
    for (size_t t = 0; t < count; ++t) {
        double complex sum = 0;
        for (size_t k = 0; k < m; ++k) {
            double complex seen = 0;
            if (isinf(self->error[k])) {
                continue; /* what is left of rounding where the space is exhausted */
            }
            for (size_t j = 0; j < m; ++j) {
                seen += overlap[j] * self->vector[k * m + j];
            }
            sum += seen * self->share[k] * cexp(self->rate[k] * time[t]);
        }
        value[t] = creal(sum);
    }
    free(overlap);
    return GF_OK;
}
