#include "krylov/lanczos.h"

#include "base/clones.h"
#include "base/eigensystem.h"
#include "base/workspace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums over a vector run over pieces of so many rows, added up in order: the same result for any
 * number of threads. */
enum { PIECE = 1024 };

/* Overlaps with the observables' images are taken for so many Lanczos vectors at a time, so that
 * the images are read from memory less often. */
enum { BATCH = 4, SLOTS = BATCH + 1 };

/* Convergence is looked at every so many steps. */
enum { CHECK_EVERY = 4 };

static const double TOLERANCE = 1e-9;  /* of <r|exp(-x H)|r>, relative */
static const double EXHAUSTED = 1e-10; /* times the size of H: no new direction is left */

typedef struct run {
    const gf_lanczos *problem;
    gf_columns columns;
    size_t size, width, vectors, steps; /* of each vector; steps done */
    double *slot[SLOTS];                /* [size][width]: the last Lanczos vectors, in turn */
    size_t overlapped;                  /* vectors whose overlaps are known */
    double **image;                     /* [observable_count]: O |r>, [size][width] */
    double *partial;                    /* [pieces][BATCH][observable_count + 1][width] */
    double *alpha, *beta;               /* [steps][vectors]: the tridiagonal matrices */
    double *overlap;                    /* [observable_count][steps][vectors]: <r|O|l_k> */
    size_t *length;                     /* [vectors]: steps after which nothing new came, or 0 */
    double *norm;                       /* [vectors]: <r|r> */
    double *before;                     /* [vectors][2]: <exp(-+lambda H)> at the last check */
} run;

/* --- sums over vectors ----------------------------------------------------------------------- */

#define INLINE static inline __attribute__((always_inline))

/* A vector must come out the same whatever is beside it. Compilers make vectors of the products of
 * one column and round these before they add them up, not so of several columns. */
#define NO_VECTOR(width)                                                                           \
    if ((width) == 1) {                                                                            \
        __asm__ volatile("");                                                                      \
    }

/* sum[c] = sum_i a[i][c] b[i][c], for 8 columns at a time or fewer. */
INLINE void dot_fixed(size_t rows, int width, const double *restrict a, const double *restrict b,
                      double *restrict sum) {
    double total[4][GF_MAX_COLUMNS] = {{0}};
    size_t i = 0, w = (size_t)width;
    for (; i + 4 <= rows; i += 4) {
        NO_VECTOR(width)
        for (size_t k = 0; k < 4; ++k) {
#pragma omp simd
            for (size_t c = 0; c < w; ++c) {
                total[k][c] += a[(i + k) * w + c] * b[(i + k) * w + c];
            }
        }
    }
    for (; i < rows; ++i) {
        NO_VECTOR(width)
        for (size_t c = 0; c < w; ++c) {
            total[0][c] += a[i * w + c] * b[i * w + c];
        }
    }
    for (size_t c = 0; c < w; ++c) {
        sum[c] = (total[0][c] + total[1][c]) + (total[2][c] + total[3][c]);
    }
}

GF_CLONES static void dot(size_t rows, int width, const double *a, const double *b, double *sum) {
    if (width == 8) {
        dot_fixed(rows, 8, a, b, sum);
    } else if (width == 4) {
        dot_fixed(rows, 4, a, b, sum);
    } else if (width == 2) {
        dot_fixed(rows, 2, a, b, sum);
    } else {
        dot_fixed(rows, 1, a, b, sum);
    }
}

/* x -= a y + b z, column by column; a, b [8] repeat with period `width`. */
GF_CLONES static void subtract(size_t count, const double *restrict a, const double *restrict y,
                               const double *restrict b, const double *restrict z,
                               double *restrict x) {
    for (size_t i = 0; i + GF_MAX_COLUMNS <= count; i += GF_MAX_COLUMNS) {
#pragma omp simd
        for (size_t c = 0; c < GF_MAX_COLUMNS; ++c) {
            x[i + c] -= a[c] * y[i + c] + b[c] * z[i + c];
        }
    }
    for (size_t i = count - count % GF_MAX_COLUMNS; i < count; ++i) {
        x[i] -= a[i % GF_MAX_COLUMNS] * y[i] + b[i % GF_MAX_COLUMNS] * z[i];
    }
}

GF_CLONES static void scale(size_t count, const double *restrict factor, double *restrict x) {
    for (size_t i = 0; i + GF_MAX_COLUMNS <= count; i += GF_MAX_COLUMNS) {
#pragma omp simd
        for (size_t c = 0; c < GF_MAX_COLUMNS; ++c) {
            x[i + c] *= factor[c];
        }
    }
    for (size_t i = count - count % GF_MAX_COLUMNS; i < count; ++i) {
        x[i] *= factor[i % GF_MAX_COLUMNS];
    }
}

/* One number for each vector, repeated for all columns that hold it. */
static void spread(const run *self, const double *by_vector, double *by_column) {
    for (size_t c = 0, v = 0; c < GF_MAX_COLUMNS; ++c, v = v + 1 < self->vectors ? v + 1 : 0) {
        by_column[c] = by_vector[v];
    }
}

/* Adds up the partial sums of dot product number k of `count`, vector by vector. */
static void collect(const run *self, size_t count, size_t k, double *by_vector) {
    size_t pieces = (self->size + PIECE - 1) / PIECE;
    for (size_t v = 0; v < self->vectors; ++v) {
        by_vector[v] = 0;
    }
    for (size_t p = 0; p < pieces; ++p) {
        const double *sum = self->partial + (p * count + k) * self->width;
        for (size_t v = 0; v < self->vectors; ++v) { /* real and imaginary parts add up */
            by_vector[v] += sum[v] + (self->columns.is_complex ? sum[v + self->vectors] : 0);
        }
    }
}

static size_t piece_rows(const run *self, size_t first) {
    return self->size - first < PIECE ? self->size - first : PIECE;
}

static void multiply(const run *self, const double *a, const double *b, double *by_vector) {
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < self->size; first += PIECE) {
        dot(piece_rows(self, first), (int)self->width, a + first * self->width,
            b + first * self->width, self->partial + first / PIECE * self->width);
    }
    collect(self, 1, 0, by_vector);
}

static double *vector(const run *self, size_t step) {
    return self->slot[step % SLOTS];
}

static void scale_vector(const run *self, size_t step, const double *factor) {
    size_t w = self->width;
    double by_column[GF_MAX_COLUMNS];
    spread(self, factor, by_column);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < self->size; first += PIECE) {
        scale(piece_rows(self, first) * w, by_column, vector(self, step) + first * w);
    }
}

/* Stores the overlaps of the vectors up to step `end` - 1 with all O |r>. */
static void take_overlaps(run *self, size_t end) {
    size_t count = self->problem->observable_count, w = self->width, begin = self->overlapped;
    size_t rows_of_sums = count * (end - begin);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < self->size; first += PIECE) {
        for (size_t k = 0; k < count; ++k) {
            for (size_t step = begin; step < end; ++step) {
                size_t sum = first / PIECE * rows_of_sums + k * (end - begin) + step - begin;
                dot(piece_rows(self, first), (int)w, vector(self, step) + first * w,
                    self->image[k] + first * w, self->partial + sum * w);
            }
        }
    }
    for (size_t k = 0; k < count; ++k) {
        for (size_t step = begin; step < end; ++step) {
            collect(self, rows_of_sums, k * (end - begin) + step - begin,
                    self->overlap + (k * self->problem->steps + step) * self->vectors);
        }
    }
    self->overlapped = end;
}

/* next -= alpha current + beta previous; `square` receives <next|next>. */
static void orthogonalize(const run *self, size_t step, const double *alpha, const double *beta,
                          double *square) {
    size_t w = self->width;
    double a[GF_MAX_COLUMNS], b[GF_MAX_COLUMNS];
    const double *current = vector(self, step), *previous = vector(self, step + SLOTS - 1);
    double *next = vector(self, step + 1);
    spread(self, alpha, a);
    spread(self, beta, b);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < self->size; first += PIECE) {
        size_t rows = piece_rows(self, first), at = first * w;
        subtract(rows * w, a, current + at, b, previous + at, next + at);
        dot(rows, (int)w, next + at, next + at, self->partial + first / PIECE * w);
    }
    collect(self, 1, 0, square);
}

/* --- the small problem ----------------------------------------------------------------------- */

/* Eigenvalues and eigenvectors [levels][levels], column-major, of the matrix of one vector. */
static bool solve_small(const run *self, size_t vector, size_t levels, double *energy,
                        double *states) {
    double *off = gf_workspace_alloc(levels, levels, sizeof *off);
    bool done = off != NULL;
    for (size_t k = 0; k < levels && done; ++k) {
        energy[k] = self->alpha[k * self->vectors + vector];
        off[k] = self->beta[k * self->vectors + vector];
    }
    done = done && gf_eigensystem_tridiagonal(levels, energy, off, states) == 0;
    gf_workspace_free(off);
    return done;
}

static gf_status fail_small(gf_error *error) {
    return gf_fail(error, GF_NO_CONVERGENCE,
                   "the Lanczos recurrence broke down; are the coefficients of a sensible size?");
}

static size_t levels_of(const run *self, size_t vector) {
    return self->length[vector] > 0 ? self->length[vector] : self->steps;
}

/* Ends the recurrence of every vector whose <r|exp(-x H)|r> has settled at x = +-lambda. */
static bool settle(run *self, double *energy, double *states) {
    size_t levels = self->steps;
    for (size_t v = 0; v < self->vectors; ++v) {
        bool settled = true;
        if (self->norm[v] == 0 || self->length[v] > 0) {
            continue;
        }
        if (!solve_small(self, v, levels, energy, states)) {
            return false;
        }
        for (size_t end = 0; end < 2; ++end) {
            double lambda = end == 0 ? self->problem->lambda : -self->problem->lambda;
            double reference = energy[end == 0 ? 0 : levels - 1], sum = 0;
            for (size_t j = 0; j < levels; ++j) {
                double s = states[j * levels];
                sum += s * s * exp(-lambda * (energy[j] - reference));
            }
            double value = log(sum) - lambda * reference, *before = &self->before[2 * v + end];
            settled = settled && fabs(value - *before) <= TOLERANCE;
            *before = value;
        }
        self->length[v] = settled ? levels : 0;
    }
    return true;
}

static gf_status fill_ritz(const run *self, size_t vector, double *energy, double *states,
                           gf_ritz *ritz, gf_error *error) {
    size_t levels = levels_of(self, vector), count = self->problem->observable_count;
    if (self->norm[vector] == 0) {
        return GF_OK;
    }
    ritz->energy = malloc(levels * sizeof *ritz->energy);
    ritz->weight = malloc(levels * sizeof *ritz->weight);
    ritz->observable = malloc((count * levels + 1) * sizeof *ritz->observable);
    if (ritz->energy == NULL || ritz->weight == NULL || ritz->observable == NULL) {
        return gf_fail_memory(error, "Ritz values");
    }
    if (!solve_small(self, vector, levels, energy, states)) {
        return fail_small(error);
    }
    size_t kept = 0; /* levels whose weight underflows tell nothing */
    for (size_t j = 0; j < levels; ++j) {
        double first = states[j * levels];
        if (fabs(first) < 1e-140) {
            continue;
        }
        ritz->energy[kept] = energy[j];
        ritz->weight[kept] = self->norm[vector] * first * first;
        for (size_t k = 0; k < count; ++k) {
            const double *overlap = self->overlap + k * self->problem->steps * self->vectors;
            double sum = 0;
            for (size_t step = 0; step < levels; ++step) {
                sum += overlap[step * self->vectors + vector] * states[j * levels + step];
            }
            ritz->observable[k * levels + kept] = sum / first;
        }
        ++kept;
    }
    for (size_t k = 1; k < count; ++k) {
        memmove(ritz->observable + k * kept, ritz->observable + k * levels,
                kept * sizeof *ritz->observable);
    }
    ritz->levels = kept;
    return GF_OK;
}

/* --- the recurrence -------------------------------------------------------------------------- */

static void start_run(run *self) {
    const gf_lanczos *problem = self->problem;
    double factor[GF_MAX_COLUMNS] = {0};
    multiply(self, vector(self, 0), vector(self, 0), self->norm);
    for (size_t v = 0; v < self->vectors; ++v) {
        factor[v] = self->norm[v] > 0 ? 1 / sqrt(self->norm[v]) : 0;
        self->before[2 * v] = self->before[2 * v + 1] = INFINITY;
    }
    scale_vector(self, 0, factor);
    for (size_t k = 0; k < problem->observable_count; ++k) {
        gf_action_apply(problem->observables[k], problem->basis, self->columns, vector(self, 0),
                        self->image[k]);
    }
}

/* One step: alpha of this step, beta between this and the next, and the next vectors. */
static void make_step(run *self) {
    const gf_lanczos *problem = self->problem;
    static const double none[GF_MAX_COLUMNS] = {0};
    size_t k = self->steps, vectors = self->vectors;
    double *alpha = self->alpha + k * vectors, *beta = self->beta + k * vectors;
    double square[GF_MAX_COLUMNS], factor[GF_MAX_COLUMNS] = {0};
    if (k + 1 - self->overlapped == BATCH) {
        take_overlaps(self, k + 1); /* before the oldest makes room for the next */
    }
    gf_action_apply(problem->hamiltonian, problem->basis, self->columns, vector(self, k),
                    vector(self, k + 1));
    multiply(self, vector(self, k), vector(self, k + 1), alpha);
    orthogonalize(self, k, alpha, k > 0 ? beta - vectors : none, square);
    self->steps = k + 1;
    for (size_t v = 0; v < vectors; ++v) {
        beta[v] = sqrt(square[v]);
        double size = fabs(alpha[v]) + beta[v] + (k > 0 ? (beta - vectors)[v] : 0);
        bool exhausted = self->length[v] == 0 && beta[v] <= EXHAUSTED * size;
        if (exhausted) {
            self->length[v] = self->steps;
        }
        factor[v] = self->length[v] > 0 ? 0 : 1 / beta[v];
    }
    scale_vector(self, k + 1, factor);
}

static bool all_done(const run *self) {
    for (size_t v = 0; v < self->vectors; ++v) {
        if (self->length[v] == 0 && self->norm[v] > 0) {
            return false;
        }
    }
    return true;
}

static gf_status iterate(run *self, gf_ritz *ritz, gf_error *error) {
    size_t limit = self->problem->steps;
    double *energy = gf_workspace_alloc(limit, limit, sizeof *energy),
           *states = gf_workspace_matrix(limit, limit, sizeof *states);
    gf_status status =
        energy != NULL && states != NULL ? GF_OK : gf_fail_memory(error, "Ritz values");
    if (status == GF_OK) {
        start_run(self);
        while (!all_done(self) && self->steps < limit) {
            make_step(self);
            if (self->steps % CHECK_EVERY == 0 && !settle(self, energy, states)) {
                status = fail_small(error);
                break;
            }
        }
    }
    take_overlaps(self, self->steps);
    for (size_t v = 0; v < self->vectors && status == GF_OK; ++v) {
        status = fill_ritz(self, v, energy, states, &ritz[v], error);
    }
    gf_workspace_free(energy);
    gf_workspace_free(states);
    return status;
}

static bool allocate(run *self) {
    size_t cells = self->size * self->width, count = self->problem->observable_count;
    size_t pieces = (self->size + PIECE - 1) / PIECE, steps = self->problem->steps;
    self->image = calloc(count + 1, sizeof *self->image);
    self->partial = malloc(pieces * BATCH * (count + 1) * self->width * sizeof *self->partial);
    self->alpha = calloc(steps * self->vectors, sizeof *self->alpha);
    self->beta = calloc(steps * self->vectors, sizeof *self->beta);
    self->overlap = calloc(count * steps * self->vectors + 1, sizeof *self->overlap);
    self->length = calloc(self->vectors, sizeof *self->length);
    self->norm = calloc(self->vectors, sizeof *self->norm);
    self->before = calloc(2 * self->vectors, sizeof *self->before);
    bool done = self->image != NULL && self->partial != NULL && self->alpha != NULL &&
                self->beta != NULL && self->overlap != NULL && self->length != NULL &&
                self->norm != NULL && self->before != NULL;
    for (size_t k = 1; k < SLOTS && done; ++k) { /* the last is `previous` of the first step */
        self->slot[k] = k == SLOTS - 1 ? calloc(cells, sizeof **self->slot)
                                       : malloc(cells * sizeof **self->slot);
        done = self->slot[k] != NULL;
    }
    for (size_t k = 0; k < count && done; ++k) {
        self->image[k] = malloc(cells * sizeof **self->image);
        done = self->image[k] != NULL;
    }
    return done;
}

gf_status gf_lanczos_run(const gf_lanczos *problem, gf_columns columns, double *start,
                         gf_ritz *ritz, gf_error *error) {
    size_t width = (size_t)columns.width;
    run work = {.problem = problem,
                .columns = columns,
                .size = problem->basis->size,
                .width = width,
                .vectors = columns.is_complex ? width / 2 : width};
    work.slot[0] = start;
    if (work.vectors == 0) {
        return gf_fail(error, GF_INVALID, "a complex vector takes two columns");
    }
    memset(ritz, 0, work.vectors * sizeof *ritz);
    bool ready = allocate(&work);
    gf_status status =
        ready ? iterate(&work, ritz, error) : gf_fail_memory(error, "Lanczos vectors");
    for (size_t v = 0; v < work.vectors && status != GF_OK; ++v) {
        gf_ritz_free(&ritz[v]);
    }
    for (size_t k = 0; k < problem->observable_count && work.image != NULL; ++k) {
        free(work.image[k]);
    }
    for (size_t k = 1; k < SLOTS; ++k) {
        free(work.slot[k]);
    }
    free((void *)work.image);
    free(work.partial);
    free(work.alpha);
    free(work.beta);
    free(work.overlap);
    free(work.length);
    free(work.norm);
    free(work.before);
    return status;
}

void gf_ritz_free(gf_ritz *self) {
    free(self->energy);
    free(self->weight);
    free(self->observable);
    *self = (gf_ritz){0};
}

void gf_ritz_carry(gf_ritz *self, size_t observables, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &self->levels, sizeof self->levels);
    size_t row = self->levels * sizeof(double);
    self->energy = gf_bytes_carry_array(bytes, self->energy, row);
    self->weight = gf_bytes_carry_array(bytes, self->weight, row);
    self->observable = gf_bytes_carry_array(bytes, self->observable, observables * row);
}

double gf_lanczos_memory(size_t size, size_t observable_count, int width) {
    return 8 * (double)size * width * ((double)observable_count + SLOTS - 1);
}
