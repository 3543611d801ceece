/* A square matrix in blocks of which only the diagonal ones and their neighbours are not zero.
 *
 * A jump turns few spins, so that the rate equation joins neighbouring rungs alone; rungs that it
 * joins over a larger distance are taken together as one group. Solved by block elimination, each
 * diagonal block with partial pivoting: for a matrix dominated by its diagonal, column by column,
 * as that of a rate equation is, it is stable without exchanges between blocks. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_RUNG_MATRIX_H
#define GIBBSFLOW_OPEN_SYSTEM_RUNG_MATRIX_H

#include "base/bytes.h"
#include "gibbsflow/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct gf_rung_matrix {
    size_t groups, size;
    size_t *first;     /* [groups + 1]: rows and columns of group g are first[g] ... */
    double **diagonal; /* [groups], column-major */
    double **up;       /* [groups]: rows of g + 1, columns of g; NULL for the last */
    double **down;     /* [groups]: rows of g, columns of g + 1 */
    int **pivots;      /* [groups] after gf_rung_matrix_factor */
} gf_rung_matrix;

/* Zero, of groups[count] rows each. The caller frees it; after a failure it is empty. */
gf_status gf_rung_matrix_init(gf_rung_matrix *self, const size_t *group, size_t count,
                              gf_error *error);
void gf_rung_matrix_free(gf_rung_matrix *self);

/* Bytes of one. */
double gf_rung_matrix_memory(const size_t *group, size_t count);

/* Where element (row, column) lies, and in *length the distance of columns there; NULL outside of
 * the blocks. */
double *gf_rung_matrix_at(const gf_rung_matrix *self, size_t row, size_t column, size_t *length);

/* One column into bytes, or out of them. */
void gf_rung_matrix_carry_column(gf_rung_matrix *self, size_t column, gf_bytes *bytes);

/* y = A x, or its transpose times x; [size]. */
void gf_rung_matrix_multiply(const gf_rung_matrix *self, bool transposed, const double *x,
                             double *y);

/* A copy of A - shift, factored. The caller frees it; after a failure it is empty. */
gf_status gf_rung_matrix_factor(const gf_rung_matrix *self, double shift, gf_rung_matrix *factors,
                                gf_error *error);
/* Solves with the factors, in place; x[size]. */
void gf_rung_matrix_solve(const gf_rung_matrix *factors, double *x);

#endif
