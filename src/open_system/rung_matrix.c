#include "open_system/rung_matrix.h"

#include "base/machine.h"
#include "base/workspace.h"

#include <cblas.h>
#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

static size_t rows_of(const gf_rung_matrix *self, size_t g) {
    return self->first[g + 1] - self->first[g];
}

double gf_rung_matrix_memory(const size_t *group, size_t count) {
    double elements = 0;
    for (size_t g = 0; g < count; ++g) {
        double n = (double)group[g], next = g + 1 < count ? (double)group[g + 1] : 0;
        elements += n * n + 2 * n * next;
    }
    return elements * sizeof(double);
}

gf_status gf_rung_matrix_init(gf_rung_matrix *self, const size_t *group, size_t count,
                              gf_error *error) {
    *self = (gf_rung_matrix){.groups = count};
    self->first = calloc(count + 1, sizeof *self->first);
    self->diagonal = calloc(count + 1, sizeof *self->diagonal);
    self->up = calloc(count + 1, sizeof *self->up);
    self->down = calloc(count + 1, sizeof *self->down);
    self->pivots = calloc(count + 1, sizeof *self->pivots);
    bool enough = self->first != NULL && self->diagonal != NULL && self->up != NULL &&
                  self->down != NULL && self->pivots != NULL;
    for (size_t g = 0; g < count && enough; ++g) {
        self->first[g + 1] = self->first[g] + group[g];
        self->diagonal[g] = gf_workspace_matrix(group[g], group[g], sizeof(double));
        enough = self->diagonal[g] != NULL;
        if (g + 1 < count && enough) {
            self->up[g] = gf_workspace_matrix(group[g + 1], group[g], sizeof(double));
            self->down[g] = gf_workspace_matrix(group[g], group[g + 1], sizeof(double));
            enough = self->up[g] != NULL && self->down[g] != NULL;
        }
    }
    self->size = enough ? self->first[count] : 0;
    if (!enough) {
        gf_rung_matrix_free(self);
    }
    return enough ? GF_OK : gf_fail_memory(error, "the matrix of the rate equation");
}

void gf_rung_matrix_free(gf_rung_matrix *self) {
    for (size_t g = 0; g < self->groups; ++g) {
        gf_workspace_free(self->diagonal != NULL ? self->diagonal[g] : NULL);
        gf_workspace_free(self->up != NULL ? self->up[g] : NULL);
        gf_workspace_free(self->down != NULL ? self->down[g] : NULL);
        free(self->pivots != NULL ? self->pivots[g] : NULL);
    }
    free(self->first);
    free((void *)self->diagonal);
    free((void *)self->up);
    free((void *)self->down);
    free((void *)self->pivots);
    *self = (gf_rung_matrix){0};
}

static size_t group_of(const gf_rung_matrix *self, size_t row) {
    size_t g = 0;
    while (row >= self->first[g + 1]) {
        ++g;
    }
    return g;
}

double *gf_rung_matrix_at(const gf_rung_matrix *self, size_t row, size_t column, size_t *length) {
    size_t to = group_of(self, row), from = group_of(self, column);
    double *block = to == from       ? self->diagonal[to]
                    : to == from + 1 ? self->up[from]
                    : from == to + 1 ? self->down[to]
                                     : NULL;
    *length = rows_of(self, to);
    return block != NULL ? block + (column - self->first[from]) * *length + (row - self->first[to])
                         : NULL;
}

void gf_rung_matrix_carry_column(gf_rung_matrix *self, size_t column, gf_bytes *bytes) {
    size_t from = group_of(self, column), first = from > 0 ? from - 1 : 0;
    for (size_t to = first; to <= from + 1 && to < self->groups; ++to) {
        size_t rows = rows_of(self, to);
        double *block = to == from  ? self->diagonal[from]
                        : to > from ? self->up[from]
                                    : self->down[to];
        gf_bytes_carry(bytes, block + (column - self->first[from]) * rows, rows * sizeof *block);
    }
}

static bool is_zero(const double *x, size_t count) {
    size_t i = 0;
    while (i < count && x[i] == 0) {
        ++i;
    }
    return i == count;
}

/* y += A x of one block. */
static void add_product(size_t rows, size_t columns, const double *block, bool transposed,
                        double factor, const double *x, double *y) {
    if (rows > 0 && columns > 0 && !is_zero(x, transposed ? rows : columns)) {
        cblas_dgemv(CblasColMajor, transposed ? CblasTrans : CblasNoTrans, (blasint)rows,
                    (blasint)columns, factor, block, (blasint)rows, x, 1, 1, y, 1);
    }
}

void gf_rung_matrix_multiply(const gf_rung_matrix *self, bool transposed, const double *x,
                             double *y) {
    memset(y, 0, self->size * sizeof *y);
    for (size_t g = 0; g < self->groups; ++g) {
        size_t here = self->first[g], n = rows_of(self, g);
        add_product(n, n, self->diagonal[g], transposed, 1, x + here, y + here);
        if (g + 1 < self->groups) {
            size_t next = self->first[g + 1], more = rows_of(self, g + 1);
            add_product(more, n, self->up[g], transposed, 1, x + (transposed ? next : here),
                        y + (transposed ? here : next));
            add_product(n, more, self->down[g], transposed, 1, x + (transposed ? here : next),
                        y + (transposed ? next : here));
        }
    }
}

/* --- solving --------------------------------------------------------------------------------- */

/* The factors hold LU of the diagonal blocks D_g that elimination leaves, D_g^-1 down_g in `down`,
 * and `up` as it was. */
static int eliminate(gf_rung_matrix *self, size_t g) {
    lapack_int n = (lapack_int)rows_of(self, g);
    int info =
        n > 0 ? LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, n, n, self->diagonal[g], n, self->pivots[g])
              : 0;
    lapack_int more = g + 1 < self->groups ? (lapack_int)rows_of(self, g + 1) : 0;
    if (info != 0 || n == 0 || more == 0) {
        return info;
    }
    info = LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, 'N', n, more, self->diagonal[g], n,
                               self->pivots[g], self->down[g], n);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, more, more, n, -1, self->up[g], more,
                self->down[g], n, 1, self->diagonal[g + 1], more);
    return info;
}

static void copy_blocks(const gf_rung_matrix *self, double shift, gf_rung_matrix *copy) {
    for (size_t g = 0; g < self->groups; ++g) {
        size_t n = rows_of(self, g), more = g + 1 < self->groups ? rows_of(self, g + 1) : 0;
        memcpy(copy->diagonal[g], self->diagonal[g], n * n * sizeof(double));
        for (size_t i = 0; i < n; ++i) {
            copy->diagonal[g][i * n + i] -= shift;
        }
        if (more > 0) {
            memcpy(copy->up[g], self->up[g], n * more * sizeof(double));
            memcpy(copy->down[g], self->down[g], n * more * sizeof(double));
        }
    }
}

gf_status gf_rung_matrix_factor(const gf_rung_matrix *self, double shift, gf_rung_matrix *factors,
                                gf_error *error) {
    size_t *group = calloc(self->groups + 1, sizeof *group);
    *factors = (gf_rung_matrix){0};
    for (size_t g = 0; g < self->groups && group != NULL; ++g) {
        group[g] = rows_of(self, g);
    }
    gf_status status = group != NULL ? gf_rung_matrix_init(factors, group, self->groups, error)
                                     : gf_fail_memory(error, "the solution of the rate equation");
    free(group);
    if (status != GF_OK) {
        return status;
    }
    copy_blocks(self, shift, factors);
    int before = gf_machine_set_blas_threads(gf_machine_threads()), info = 0;
    for (size_t g = 0; g < self->groups && info == 0 && status == GF_OK; ++g) {
        factors->pivots[g] = calloc(rows_of(self, g) + 1, sizeof(int));
        if (factors->pivots[g] == NULL) {
            status = gf_fail_memory(error, "the solution of the rate equation");
        } else {
            info = eliminate(factors, g);
        }
    }
    (void)gf_machine_set_blas_threads(before);
    if (info != 0) {
        status = gf_fail(error, GF_NO_CONVERGENCE,
                         "the matrix of the rate equation is singular at the shift %g", shift);
    }
    if (status != GF_OK) {
        gf_rung_matrix_free(factors);
    }
    return status;
}

static void solve_diagonal(const gf_rung_matrix *self, size_t g, double *x) {
    lapack_int n = (lapack_int)rows_of(self, g);
    if (n > 0) {
        (void)LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, 'N', n, 1, self->diagonal[g], n,
                                  self->pivots[g], x, n);
    }
}

void gf_rung_matrix_solve(const gf_rung_matrix *factors, double *x) {
    for (size_t g = 0; g < factors->groups; ++g) {
        size_t here = factors->first[g], n = rows_of(factors, g);
        if (g > 0) {
            size_t previous = factors->first[g - 1];
            add_product(n, here - previous, factors->up[g - 1], false, -1, x + previous, x + here);
        }
        solve_diagonal(factors, g, x + here);
    }
    for (size_t g = factors->groups - 1; g-- > 0;) {
        size_t here = factors->first[g], next = factors->first[g + 1];
        add_product(next - here, rows_of(factors, g + 1), factors->down[g], false, -1, x + next,
                    x + here);
    }
}
