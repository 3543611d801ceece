#include "krylov/extremal_states.h"

#include "base/eigensystem.h"
#include "base/workspace.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double EXHAUSTED = 1e-8; /* of the length of H times a vector: no new direction */

/* A basis of the Krylov space, row by row, and H in it. Numbers are real or pairs. */
typedef struct space {
    const gf_action *hamiltonian;
    const gf_basis *states;
    gf_columns columns;
    size_t size, unit, block; /* rows; doubles per number; vectors treated together */
    size_t room, count;       /* columns of `basis`: allocated, in use */
    double *basis;            /* [size][room] */
    double *next;             /* [size][block] */
    double *image;            /* [size][width], as gf_action wants it */
    double *overlap;          /* [room][block] */
    double *partial;          /* [pieces][room][block]: room for products */
    double *matrix;           /* [room][room], symmetric or Hermitian */
} space;

/* --- matrix products, real or complex -------------------------------------------------------- */

/* Products run over pieces of so many rows, added up in order: the same for any number of threads.
 */
enum { PIECE = 4096 };

static size_t pieces_of(size_t size) {
    return (size + PIECE - 1) / PIECE;
}

static int piece_rows(size_t size, size_t piece) {
    return (int)(size - piece * PIECE < PIECE ? size - piece * PIECE : PIECE);
}

/* c = a' b, a [rows][m] of row length `lda`, b [rows][n]; c [m][n] */
static void multiply_adjoint(const space *self, size_t m, size_t n, const double *a, size_t lda,
                             const double *b, double *c) {
    static const double one[2] = {1, 0}, zero[2] = {0, 0};
    size_t pieces = pieces_of(self->size), cells = m * n * self->unit;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < pieces; ++p) {
        int rows = piece_rows(self->size, p);
        const double *from = a + p * PIECE * lda * self->unit;
        const double *other = b + p * PIECE * n * self->unit;
        double *to = self->partial + p * cells;
        if (self->unit == 1) {
            cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)m, (int)n, rows, 1, from,
                        (int)lda, other, (int)n, 0, to, (int)n);
        } else {
            cblas_zgemm(CblasRowMajor, CblasConjTrans, CblasNoTrans, (int)m, (int)n, rows, one,
                        from, (int)lda, other, (int)n, zero, to, (int)n);
        }
    }
    memset(c, 0, cells * sizeof *c);
    for (size_t p = 0; p < pieces; ++p) {
        for (size_t k = 0; k < cells; ++k) {
            c[k] += self->partial[p * cells + k];
        }
    }
}

/* b += factor a c, a [rows][m] of row length `lda`, c [m][n] of row length `ldc`, b [rows][n] of
 * row length `ldb` */
static void add_product(const space *self, double factor, size_t m, size_t n, const double *a,
                        size_t lda, const double *c, size_t ldc, double *b, size_t ldb) {
    const double alpha[2] = {factor, 0}, one[2] = {1, 0};
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < pieces_of(self->size); ++p) {
        int rows = piece_rows(self->size, p);
        const double *from = a + p * PIECE * lda * self->unit;
        double *to = b + p * PIECE * ldb * self->unit;
        if (self->unit == 1) {
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, (int)n, (int)m, factor,
                        from, (int)lda, c, (int)ldc, 1, to, (int)ldb);
        } else {
            cblas_zgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, (int)n, (int)m, alpha,
                        from, (int)lda, c, (int)ldc, one, to, (int)ldb);
        }
    }
}

/* --- layouts --------------------------------------------------------------------------------- */

/* Transposes a square matrix in place: LAPACK wants columns, all else here is in rows. */
static void transpose(size_t n, double *matrix, size_t length, size_t unit) {
    for (size_t row = 0; row < n; ++row) {
        for (size_t k = (row + 1) * unit; k < n * unit; ++k) {
            double *there = matrix + (k / unit * length + row) * unit + k % unit;
            double kept = matrix[row * length * unit + k];
            matrix[row * length * unit + k] = *there;
            *there = kept;
        }
    }
}

/* The Cholesky factor of a matrix [n][n], in its upper triangle. */
static bool factorize(size_t n, double *matrix, size_t unit) {
    lapack_int order = (lapack_int)n;
    transpose(n, matrix, n, unit);
    lapack_int info =
        unit == 1 ? LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', order, matrix, order)
                  : LAPACKE_zpotrf(LAPACK_COL_MAJOR, 'U', order, (double complex *)matrix, order);
    transpose(n, matrix, n, unit);
    return info == 0;
}

/* Eigenvalues, and eigenvectors as columns of the matrix (row length `length`). */
static bool diagonalize(size_t n, double *matrix, size_t length, size_t unit, double *energy) {
    transpose(n, matrix, length, unit);
    int info = unit == 1 ? gf_eigensystem_real('U', n, matrix, length, energy)
                         : gf_eigensystem_complex('U', n, (double complex *)matrix, length, energy);
    transpose(n, matrix, length, unit);
    return info == 0;
}

/* Between the columns of gf_action, real parts first, and rows of numbers. */
static void to_numbers(gf_columns columns, size_t size, const double *from, double *to,
                       size_t length) {
    size_t width = (size_t)columns.width, half = width / 2;
    for (size_t i = 0; i < size; ++i, from += width, to += length) {
        for (size_t c = 0; c < (columns.is_complex ? half : width); ++c) {
            if (columns.is_complex) {
                to[2 * c] = from[c];
                to[2 * c + 1] = from[c + half];
            } else {
                to[c] = from[c];
            }
        }
    }
}

static void to_columns(gf_columns columns, size_t size, const double *from, size_t length,
                       size_t count, double *to) {
    size_t width = (size_t)columns.width, half = width / 2;
    for (size_t i = 0; i < size; ++i, from += length, to += width) {
        memset(to, 0, width * sizeof *to);
        for (size_t c = 0; c < count; ++c) {
            if (columns.is_complex) {
                to[c] = from[2 * c];
                to[c + half] = from[2 * c + 1];
            } else {
                to[c] = from[c];
            }
        }
    }
}

/* --- the Krylov space ------------------------------------------------------------------------ */

/* Makes the block `next` orthonormal. False if one of its vectors depends on the others. */
static bool orthonormalize(space *self) {
    size_t n = self->block, unit = self->unit;
    double *gram = self->overlap;
    for (int pass = 0; pass < 2; ++pass) { /* Cholesky, twice: then to rounding */
        multiply_adjoint(self, n, n, self->next, n, self->next, gram);
        double largest = 0;
        for (size_t k = 0; k < n; ++k) {
            largest = fmax(largest, gram[(k * n + k) * unit]);
        }
        bool independent = factorize(n, gram, unit);
        for (size_t k = 0; k < n && independent; ++k) {
            independent = !(gram[(k * n + k) * unit] <= EXHAUSTED * sqrt(largest));
        }
        if (!independent) {
            return false;
        }
        static const double one[2] = {1, 0};
        if (unit == 1) {
            cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit,
                        (int)self->size, (int)n, 1, gram, (int)n, self->next, (int)n);
        } else {
            cblas_ztrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit,
                        (int)self->size, (int)n, one, gram, (int)n, self->next, (int)n);
        }
    }
    return true;
}

/* Length of a block, summed over its vectors, squared. */
static double square_of(const space *self) {
    double sum = 0;
    for (size_t i = 0; i < self->size * self->block * self->unit; ++i) {
        sum += self->next[i] * self->next[i];
    }
    return sum;
}

static void append(space *self) {
    size_t bytes = self->block * self->unit * sizeof(double);
    for (size_t i = 0; i < self->size; ++i) {
        memcpy(self->basis + (i * self->room + self->count) * self->unit,
               self->next + i * self->block * self->unit, bytes);
    }
    self->count += self->block;
}

/* Puts <basis|H|last block> into the matrix, as columns and as rows. */
static void store_overlap(space *self) {
    size_t n = self->block, first = self->count - n;
    for (size_t row = 0; row < self->count; ++row) {
        for (size_t c = 0; c < n; ++c) {
            const double *value = self->overlap + (row * n + c) * self->unit;
            double *there = self->matrix + (row * self->room + first + c) * self->unit;
            double *mirror = self->matrix + ((first + c) * self->room + row) * self->unit;
            there[0] = mirror[0] = value[0];
            if (self->unit == 2) {
                there[1] = value[1];
                mirror[1] = -value[1];
            }
        }
    }
}

/* Extends the space, whose next block is orthonormal, until it is full or exhausted. */
static void extend(space *self) {
    bool more = orthonormalize(self);
    while (more) {
        append(self);
        to_columns(self->columns, self->size, self->next, self->block * self->unit, self->block,
                   self->image);
        double *product = self->image + self->size * (size_t)self->columns.width;
        gf_action_apply(self->hamiltonian, self->states, self->columns, self->image, product);
        to_numbers(self->columns, self->size, product, self->next, self->block * self->unit);
        double before = square_of(self);
        multiply_adjoint(self, self->count, self->block, self->basis, self->room, self->next,
                         self->overlap);
        store_overlap(self);
        if (self->count + self->block > self->room) {
            break;
        }
        add_product(self, -1, self->count, self->block, self->basis, self->room, self->overlap,
                    self->block, self->next, self->block);
        more = square_of(self) > EXHAUSTED * EXHAUSTED * before && orthonormalize(self);
    }
}

/* --- Ritz vectors ---------------------------------------------------------------------------- */

/* log Tr exp(-lambda H) from the first block, which is random and orthonormal. */
static double log_partition(const space *self, const double *energy, double lambda) {
    double reference = energy[lambda >= 0 ? 0 : self->count - 1], sum = 0;
    for (size_t j = 0; j < self->count; ++j) {
        double square = 0;
        for (size_t c = 0; c < self->block; ++c) {
            const double *s = self->matrix + (c * self->room + j) * self->unit;
            square += s[0] * s[0] + (self->unit == 2 ? s[1] * s[1] : 0);
        }
        sum += square * exp(-lambda * (energy[j] - reference));
    }
    return log(sum * (double)self->size / (double)self->block) - lambda * reference;
}

/* How many of the lowest to take, the rest being the highest: by their share of either trace. */
static size_t count_low(const space *self, const gf_extremal_states_goal *goal, size_t count,
                        const double *energy) {
    double log_z[2] = {log_partition(self, energy, goal->lambda[0]),
                       log_partition(self, energy, goal->lambda[1])};
    size_t low = 0, high = 0;
    while (low + high < count) {
        double at_high = -goal->lambda[0] * energy[self->count - 1 - high] - log_z[0];
        double at_low = -goal->lambda[1] * energy[low] - log_z[1];
        if (at_low >= at_high) {
            ++low;
        } else {
            ++high;
        }
    }
    return low;
}

/* Makes the vectors [size][count] orthonormal, which rounding in a long recurrence can spoil, by
 * the inverse root of their overlaps; what depends on others is dropped. Returns how many are left,
 * in rows of that length, or 0 if memory ran out. */
static size_t polish(space *self, size_t count, double **vectors) {
    size_t unit = self->unit, dropped = 0, width = count * unit;
    double *gram = gf_workspace_matrix(width, count, sizeof *gram);
    double *square = calloc(count + 1, sizeof *square);
    double *fresh = gf_workspace_matrix(width, self->size, sizeof *fresh);
    double *partial = gf_workspace_matrix(width, pieces_of(self->size) * count, sizeof *partial);
    space other = {.size = self->size, .unit = unit, .partial = partial};
    bool done = gram != NULL && square != NULL && fresh != NULL && partial != NULL;
    if (done) {
        multiply_adjoint(&other, count, count, *vectors, count, *vectors, gram);
        done = diagonalize(count, gram, count, unit, square);
    }
    while (done && dropped < count && square[dropped] < 1e-6) {
        ++dropped;
    }
    for (size_t row = 0; row < count && done; ++row) {
        for (size_t k = dropped * unit; k < count * unit; ++k) {
            gram[row * count * unit + k] /= sqrt(square[k / unit]);
        }
    }
    size_t left = done ? count - dropped : 0;
    if (left > 0) {
        add_product(&other, 1, count, left, *vectors, count, gram + dropped * unit, count, fresh,
                    left);
        gf_workspace_free(*vectors);
        *vectors = fresh;
        fresh = NULL;
    }
    gf_workspace_free(gram);
    free(square);
    gf_workspace_free(fresh);
    gf_workspace_free(partial);
    return left;
}

static gf_status take_vectors(space *self, const gf_extremal_states_goal *goal,
                              gf_extremal_states *result, gf_error *error) {
    size_t count = goal->count < self->count / 2 ? goal->count : self->count / 2;
    double *energy = malloc((self->count + 1) * sizeof *energy);
    result->vectors = gf_workspace_matrix(count * self->unit, self->size, sizeof *result->vectors);
    if (energy == NULL || result->vectors == NULL) {
        free(energy);
        return gf_fail_memory(error, "extremal states");
    }
    bool done = diagonalize(self->count, self->matrix, self->room, self->unit, energy);
    if (done) {
        size_t low = count_low(self, goal, count, energy), high = count - low;
        add_product(self, 1, self->count, low, self->basis, self->room, self->matrix, self->room,
                    result->vectors, count);
        add_product(self, 1, self->count, high, self->basis, self->room,
                    self->matrix + (self->count - high) * self->unit, self->room,
                    result->vectors + low * self->unit, count);
        result->count = polish(self, count, &result->vectors);
    }
    free(energy);
    return done ? GF_OK : gf_fail(error, GF_NO_CONVERGENCE, "extremal states were not found");
}

gf_status gf_extremal_states_find(const gf_action *hamiltonian, const gf_basis *basis,
                                  gf_columns columns, const gf_extremal_states_goal *goal,
                                  double *start, gf_extremal_states *result, gf_error *error) {
    size_t size = basis->size, unit = columns.is_complex ? 2 : 1, width = (size_t)columns.width;
    size_t block = width / unit, room = goal->room - goal->room % block;
    space work = {.hamiltonian = hamiltonian,
                  .states = basis,
                  .columns = columns,
                  .size = size,
                  .unit = unit,
                  .block = block,
                  .room = room};
    *result = (gf_extremal_states){.size = size, .is_complex = columns.is_complex};
    work.basis = gf_workspace_matrix(room * unit, size, sizeof *work.basis);
    work.image = malloc(2 * size * width * sizeof *work.image);
    work.overlap = gf_workspace_matrix(block * unit, room + block, sizeof *work.overlap);
    work.partial =
        gf_workspace_matrix(block * unit, pieces_of(size) * (room + block), sizeof *work.partial);
    work.matrix = gf_workspace_matrix(room * unit, room, sizeof *work.matrix);
    work.next = start;
    gf_status status = GF_OK;
    if (work.basis == NULL || work.image == NULL || work.overlap == NULL || work.partial == NULL ||
        work.matrix == NULL) {
        status = gf_fail_memory(error, "extremal states");
    } else if (room >= 2 * block) {
        memcpy(work.image, start, size * width * sizeof *start);
        to_numbers(columns, size, work.image, start, block * unit);
        extend(&work);
        status = take_vectors(&work, goal, result, error);
    }
    gf_workspace_free(work.basis);
    free(work.image);
    gf_workspace_free(work.overlap);
    gf_workspace_free(work.partial);
    gf_workspace_free(work.matrix);
    if (status != GF_OK) {
        gf_extremal_states_free(result);
    }
    return status;
}

void gf_extremal_states_free(gf_extremal_states *self) {
    gf_workspace_free(self->vectors);
    *self = (gf_extremal_states){0};
}

void gf_extremal_states_carry(gf_extremal_states *self, gf_bytes *bytes) {
    gf_extremal_states next = *self;
    gf_bytes_carry(bytes, &next.size, sizeof next.size);
    gf_bytes_carry(bytes, &next.count, sizeof next.count);
    gf_bytes_carry(bytes, &next.is_complex, sizeof next.is_complex);
    size_t width = next.count * (next.is_complex ? 2 : 1);
    if (bytes->reads && !bytes->failed) {
        gf_extremal_states_free(self);
        next.vectors = width > 0 ? gf_workspace_matrix(width, next.size, sizeof(double)) : NULL;
        bytes->failed = width > 0 && next.vectors == NULL;
        *self = bytes->failed ? *self : next;
    }
    gf_bytes_carry(bytes, self->vectors, self->size * width * sizeof(double));
}

/* --- using them ------------------------------------------------------------------------------ */

/* Column c of v to numbers, or back. */
static void move_column(size_t size, gf_columns columns, size_t c, double *v, double *numbers,
                        bool out) {
    size_t unit = columns.is_complex ? 2 : 1, width = (size_t)columns.width, half = width / 2;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < size; ++i) {
        for (size_t part = 0; part < unit; ++part) {
            double *from = &v[i * width + part * half + c], *to = &numbers[i * unit + part];
            *(out ? to : from) = *(out ? from : to);
        }
    }
}

/* Column by column, so that a vector does not depend on those beside it. */
gf_status gf_extremal_states_remove(const gf_extremal_states *self, gf_columns columns, double *v,
                                    gf_error *error) {
    size_t unit = columns.is_complex ? 2 : 1, n = (size_t)columns.width / unit;
    space shape = {.size = self->size, .unit = unit};
    if (self->count == 0) {
        return GF_OK;
    }
    shape.partial =
        gf_workspace_matrix(unit, pieces_of(self->size) * self->count, sizeof *shape.partial);
    double *numbers = gf_workspace_matrix(unit, self->size, sizeof *numbers);
    double *overlap = gf_workspace_matrix(unit, self->count, sizeof *overlap);
    bool ready = numbers != NULL && overlap != NULL && shape.partial != NULL;
    for (size_t c = 0; c < n && ready; ++c) {
        move_column(self->size, columns, c, v, numbers, true);
        multiply_adjoint(&shape, self->count, 1, self->vectors, self->count, numbers, overlap);
        add_product(&shape, -1, self->count, 1, self->vectors, self->count, overlap, 1, numbers, 1);
        move_column(self->size, columns, c, v, numbers, false);
    }
    gf_workspace_free(numbers);
    gf_workspace_free(overlap);
    gf_workspace_free(shape.partial);
    return ready ? GF_OK : gf_fail_memory(error, "extremal states");
}

void gf_extremal_states_copy(const gf_extremal_states *self, size_t first, gf_columns columns,
                             double *v) {
    size_t unit = columns.is_complex ? 2 : 1, n = (size_t)columns.width / unit;
    size_t left = self->count - first < n ? self->count - first : n;
    to_columns(columns, self->size, self->vectors + first * unit, self->count * unit, left, v);
}

double gf_extremal_states_memory(size_t size, const gf_extremal_states_goal *goal,
                                 bool is_complex) {
    double vectors = (double)(goal->room + goal->count) * (is_complex ? 2 : 1);
    return 8 * (double)size * (vectors + 3 * GF_MAX_COLUMNS);
}
