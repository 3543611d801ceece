#include "transport/absorber.h"

#include "base/clones.h"
#include "base/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Vectors of all ends stand side by side, [size][ends][W]. Sums over them go by pieces of so many
 * rows, added up in order. */
enum { W = GF_CHARGES, ENDS = GF_ABSORBER_ENDS, PIECE = 512 };

#define INLINE static inline __attribute__((always_inline))

/* What a current is made of both charges: a column of each. */
typedef double columns __attribute__((vector_size(W * 8), aligned(8), may_alias));

/* One for each end. */
typedef double matrices[ENDS][W][W];

typedef struct iterate {
    const gf_absorber *absorber;
    double *x, *residual, *gradient, *direction, *image; /* [size][ends][W] */
    double *square;                                      /* [size]: of a row of S */
    matrices *partial;                                   /* [pieces] */
    const volatile sig_atomic_t *stop;
} iterate;

static size_t pieces_of(const gf_absorber *self) {
    return (self->size + PIECE - 1) / PIECE;
}

static void release(iterate *self) {
    free(self->x);
    free(self->residual);
    free(self->gradient);
    free(self->direction);
    free(self->image);
    free(self->square);
    free(self->partial);
}

static bool allocate(const gf_absorber *absorber, iterate *self) {
    size_t bytes = (absorber->size * absorber->ends * W + 1) * sizeof(double);
    *self = (iterate){.absorber = absorber,
                      .x = calloc(1, bytes),
                      .residual = malloc(bytes),
                      .gradient = calloc(1, bytes),
                      .direction = calloc(1, bytes),
                      .image = malloc(bytes),
                      .square = malloc((absorber->size + 1) * sizeof(double)),
                      .partial = calloc(pieces_of(absorber) + 1, sizeof(matrices))};
    return self->x != NULL && self->residual != NULL && self->gradient != NULL &&
           self->direction != NULL && self->image != NULL && self->square != NULL &&
           self->partial != NULL;
}

/* --- pieces ---------------------------------------------------------------------------------- */

/* A piece of rows, with the number of ends known to the compiler. */
typedef struct piece {
    size_t first, end, ends;
} piece;

/* Sums over a piece stay in registers. */
typedef struct sums {
    columns row[ENDS][W];
} sums;

INLINE sums no_sums(size_t ends) {
    sums result;
    for (size_t e = 0; e < ends; ++e) {
        for (size_t i = 0; i < W; ++i) {
            result.row[e][i] = (columns){0};
        }
    }
    return result;
}

INLINE void keep_sums(size_t ends, const sums *self, matrices sum) {
    for (size_t e = 0; e < ends; ++e) {
        memcpy(sum[e], self->row[e], sizeof sum[e]);
    }
}

/* sum += weight a' a */
INLINE void add_product(double weight, columns a, columns sum[W]) {
    for (size_t i = 0; i < W; ++i) {
        sum[i] += weight * a[i] * a;
    }
}

/* a factor */
INLINE columns multiply(columns a, double factor[W][W]) {
    columns sum = {0};
    for (size_t i = 0; i < W; ++i) {
        sum += a[i] * *(const columns *)factor[i];
    }
    return sum;
}

/* 1/(A'A)_kk of an end: heavy strings have many neighbours, and light ones, which live long, few.
 */
INLINE double scale_of(double square, double damping) {
    double sum = square + damping * damping;
    return sum > 0 ? 1 / sum : 0;
}

/* image = (G - S) direction, where S direction is there; its products. */
INLINE void finish_image(const iterate *self, piece at, matrices sum) {
    const unsigned char *length = self->absorber->liouvillian->length;
    const columns *direction = (const columns *)self->direction;
    columns *image = (columns *)self->image;
    sums product = no_sums(at.ends);
    for (size_t k = at.first; k < at.end; ++k) {
        const double *damping = self->absorber->damping[length[k]];
        for (size_t e = 0; e < at.ends; ++e) {
            columns *one = &image[k * at.ends + e];
            *one = damping[e] * direction[k * at.ends + e] - *one;
            add_product(1, *one, product.row[e]);
        }
    }
    keep_sums(at.ends, &product, sum);
}

/* gradient -= (G + S) image factor, S image given; its products. */
INLINE void move_gradient(const iterate *self, piece at, matrices factor, const double *given,
                          matrices sum) {
    const unsigned char *length = self->absorber->liouvillian->length;
    const columns *image = (const columns *)self->image + at.first * at.ends;
    const columns *moved = (const columns *)given;
    columns *gradient = (columns *)self->gradient + at.first * at.ends;
    sums product = no_sums(at.ends);
    for (size_t k = at.first; k < at.end; ++k) {
        const double *damping = self->absorber->damping[length[k]];
        for (size_t e = 0; e < at.ends; ++e) {
            *gradient -= multiply(damping[e] * *image++ + *moved++, factor[e]);
            add_product(scale_of(self->square[k], damping[e]), *gradient++, product.row[e]);
        }
    }
    keep_sums(at.ends, &product, sum);
}

INLINE void advance_rows(const iterate *self, piece at, matrices factor, matrices sum) {
    const columns *direction = (const columns *)self->direction;
    const columns *image = (const columns *)self->image;
    columns *x = (columns *)self->x, *residual = (columns *)self->residual;
    sums product = no_sums(at.ends);
    for (size_t k = at.first * at.ends; k < at.end * at.ends; k += at.ends) {
        for (size_t e = 0; e < at.ends; ++e) {
            x[k + e] += multiply(direction[k + e], factor[e]);
            residual[k + e] -= multiply(image[k + e], factor[e]);
            add_product(1, residual[k + e], product.row[e]);
        }
    }
    keep_sums(at.ends, &product, sum);
}

/* gradient = gradient inverse, direction = scale gradient + direction factor */
INLINE void turn_rows(const iterate *self, piece at, matrices inverse, matrices factor) {
    const unsigned char *length = self->absorber->liouvillian->length;
    columns *gradient = (columns *)self->gradient, *direction = (columns *)self->direction;
    for (size_t k = at.first; k < at.end; ++k) {
        const double *damping = self->absorber->damping[length[k]];
        for (size_t e = 0; e < at.ends; ++e) {
            columns *from = &gradient[k * at.ends + e], *to = &direction[k * at.ends + e];
            *from = multiply(*from, inverse[e]);
            *to = scale_of(self->square[k], damping[e]) * *from + multiply(*to, factor[e]);
        }
    }
}

typedef enum pass { IMAGE, GRADIENT, ADVANCE, TURN } pass;

/* With one or two factors, each [ends][W][W], where the pass takes any. */
INLINE void pass_rows(const iterate *self, pass what, piece at, matrices *factor,
                      const double *given, matrices sum) {
    switch (what) {
    case IMAGE:
        finish_image(self, at, sum);
        break;
    case GRADIENT:
        move_gradient(self, at, factor[0], given, sum);
        break;
    case ADVANCE:
        advance_rows(self, at, factor[0], sum);
        break;
    default:
        turn_rows(self, at, factor[0], factor[1]);
        break;
    }
}

GF_CLONES static void do_piece(const iterate *self, pass what, size_t first, size_t end,
                               matrices *factor, const double *given, matrices sum) {
    switch (self->absorber->ends) {
    case 1:
        pass_rows(self, what, (piece){first, end, 1}, factor, given, sum);
        break;
    case 2:
        pass_rows(self, what, (piece){first, end, 2}, factor, given, sum);
        break;
    case 3:
        pass_rows(self, what, (piece){first, end, 3}, factor, given, sum);
        break;
    case 4:
        pass_rows(self, what, (piece){first, end, 4}, factor, given, sum);
        break;
    default:
        pass_rows(self, what, (piece){first, end, 5}, factor, given, sum);
        break;
    }
}

/* Over all rows, a piece at a time; products of the image, of the gradient with its scale, of the
 * residual. */
static void do_pass(const iterate *self, pass what, matrices *factor, matrices product) {
    const gf_absorber *absorber = self->absorber;
    size_t size = absorber->size, width = absorber->ends * W;
#pragma omp parallel for schedule(dynamic) if (size >= GF_LIOUVILLIAN_SHARED)
    for (size_t first = 0; first < size; first += PIECE) {
        size_t end = size - first < PIECE ? size : first + PIECE;
        double given[PIECE * ENDS * W];
        matrices *sum = &self->partial[first / PIECE];
        memset(sum, 0, sizeof *sum);
        if (what == IMAGE) {
            gf_liouvillian_apply_rows(absorber->liouvillian, size, first, end, width,
                                      self->direction, self->image + first * width);
        } else if (what == GRADIENT) {
            gf_liouvillian_apply_rows(absorber->liouvillian, size, first, end, width, self->image,
                                      given);
        }
        do_piece(self, what, first, end, factor, given, *sum);
    }
    memset(product, 0, sizeof(matrices));
    for (size_t p = 0; p < pieces_of(absorber); ++p) {
        for (size_t k = 0; k < sizeof(matrices) / sizeof(double); ++k) {
            (&product[0][0][0])[k] += (&self->partial[p][0][0][0])[k];
        }
    }
}

/* --- the descent ----------------------------------------------------------------------------- */

/* Of an end: its gradient is Q C, with Q orthonormal under the scale. */
typedef struct course {
    double c[W][W], start[W][W]; /* start: of the currents, the diagonal */
    bool done;
} course;

/* The largest of all columns. */
static double residual_of(double square[W][W], double start[W][W]) {
    double largest = 0;
    for (size_t c = 0; c < W; ++c) {
        largest = start[c][c] > 0 ? fmax(largest, sqrt(square[c][c] / start[c][c])) : largest;
    }
    return largest;
}

/* Whether the gradients of all columns are rounding. */
static bool is_flat(const course *self) {
    bool flat = true;
    for (size_t j = 0; j < W; ++j) {
        double square = 0;
        for (size_t i = 0; i < W; ++i) {
            square += self->c[i][j] * self->c[i][j];
        }
        flat = flat && square <= 1e-28 * self->start[j][j];
    }
    return flat;
}

static void begin(iterate *self, const double *currents, course *at) {
    const gf_absorber *absorber = self->absorber;
    const gf_liouvillian *from = absorber->liouvillian;
    size_t ends = absorber->ends;
    memset(at, 0, ends * sizeof *at);
    for (size_t k = 0; k < absorber->size; ++k) {
        for (size_t e = 0; e < ends; ++e) {
            for (size_t c = 0; c < W; ++c) {
                double current = currents[W * k + c];
                self->image[W * (k * ends + e) + c] = current;
                self->residual[W * (k * ends + e) + c] = current;
                at[e].start[c][c] += current * current;
            }
        }
        self->square[k] = 0;
        for (size_t n = from->row[k]; n < from->row[k + 1] && from->column[n] < absorber->size;
             ++n) {
            self->square[k] += from->value[n] * from->value[n];
        }
    }
}

/* Makes Q orthonormal, and C follow: Q = Q' zeta by Cholesky, from the products of Q. A column that
 * depends on the other one vanishes. For the pass that turns: zeta^-1, zeta^T. */
static void orthonormalise(double product[W][W], course *at, double inverse[W][W],
                           double transposed[W][W]) {
    double a = sqrt(fmax(0, product[0][0])), b = a > 0 ? product[0][1] / a : 0;
    double rest = product[1][1] - b * b;
    double d = rest > 1e-14 * product[1][1] ? sqrt(rest) : 0;
    double zeta[W][W] = {{a, b}, {0, d}}, c[W][W];
    memcpy(c, at->c, sizeof c);
    gf_matrix_multiply(zeta, c, at->c);
    inverse[0][0] = a > 0 ? 1 / a : 0;
    inverse[1][1] = d > 0 ? 1 / d : 0;
    inverse[0][1] = 0 - b * inverse[0][0] * inverse[1][1];
    inverse[1][0] = 0;
    transposed[0][0] = a;
    transposed[1][0] = b;
    transposed[0][1] = 0;
    transposed[1][1] = d;
}

/* The inverse of the products of an image, without columns that vanish. */
static void invert(double product[W][W], double inverse[W][W]) {
    double packed[GF_PAIRS] = {product[0][0], product[0][1], product[1][1]}, result[GF_PAIRS];
    if (product[0][0] > 0 && product[1][1] > 0 && gf_matrix_invert(packed, result)) {
        gf_matrix_unpack(result, inverse);
        return;
    }
    memset(inverse, 0, W * sizeof *inverse);
    if (product[0][0] > 0) {
        inverse[0][0] = 1 / product[0][0];
    } else if (product[1][1] > 0) {
        inverse[1][1] = 1 / product[1][1];
    }
}

/* Conjugate gradients for A'A x = A'b with A = G - S, preconditioned by the diagonal of A'A: the
 * residual falls monotonically. A is nearly antisymmetric, with a spectrum on both sides of zero,
 * and there this is as fast as anything with short recurrences. The columns of an end search in the
 * directions of each, and are kept apart (A. A. Dubrulle, Electron. Trans. Numer. Anal. 12, 216
 * (2001)); an end that has come to its solution stays there. */
static void descend(iterate *self, double tolerance, size_t most, course *at,
                    gf_absorber_solution *solution) {
    size_t ends = self->absorber->ends, going = ends;
    matrices product, rest, inverse, factor[2] = {{{{0}}}};
    for (size_t e = 0; e < ends; ++e) {
        for (size_t c = 0; c < W; ++c) {
            at[e].c[c][c] = 1;
            factor[0][e][c][c] = -1;
        }
    }
    do_pass(self, GRADIENT, factor, product); /* A'b */
    for (size_t n = 0;; ++n) {
        for (size_t e = 0; e < ends; ++e) {
            orthonormalise(product[e], &at[e], factor[0][e], factor[1][e]);
            if (!at[e].done) {
                solution[e].residual = residual_of(n == 0 ? at[e].start : rest[e], at[e].start);
                solution[e].iterations = n;
                solution[e].converged = solution[e].residual <= tolerance;
                at[e].done = solution[e].converged || is_flat(&at[e]) || n == most ||
                             (self->stop != NULL && *self->stop != 0);
                going -= at[e].done;
            }
        }
        if (going == 0) {
            return;
        }
        do_pass(self, TURN, factor, rest);
        do_pass(self, IMAGE, factor, product);
        memset(inverse, 0, sizeof inverse);
        for (size_t e = 0; e < ends; ++e) {
            if (!at[e].done) {
                invert(product[e], inverse[e]);
            }
            gf_matrix_multiply(inverse[e], at[e].c, factor[0][e]);
        }
        do_pass(self, ADVANCE, factor, rest);
        memcpy(factor[0], inverse, sizeof inverse);
        do_pass(self, GRADIENT, factor, product);
    }
}

/* sigma_ij += (a_i, b_j) of an end, each coordinate with a sign; b has `ends` like a, or one. */
static void contract(const iterate *self, size_t end, bool reversed, const double *a,
                     const double *b, size_t ends_of_b, double sigma[W][W]) {
    const gf_absorber *absorber = self->absorber;
    for (size_t k = 0; k < absorber->size; ++k) {
        double sign = reversed && !absorber->liouvillian->imaginary[k] ? -1 : 1;
        const double *left = a + W * (k * absorber->ends + end);
        const double *right = b + W * (k * ends_of_b + (ends_of_b > 1 ? end : 0));
        for (size_t i = 0; i < W; ++i) {
            for (size_t j = 0; j < W; ++j) {
                sigma[i][j] += sign * left[i] * right[j];
            }
        }
    }
}

/* Where H is real the currents are imaginary, and with R the sign of the real coordinates A' = R A
 * R: so y_j = R x_j solves A' y_j = J_j, and (x_i, J_j) + (residual_i, y_j) is right to second
 * order. */
gf_status gf_absorber_solve(const gf_absorber *self, const double *currents, double tolerance,
                            size_t most, const volatile sig_atomic_t *stop,
                            gf_absorber_solution *solution, gf_error *error) {
    iterate at;
    course courses[ENDS];
    bool done = allocate(self, &at);
    memset(solution, 0, self->ends * sizeof *solution);
    if (done) {
        at.stop = stop;
        begin(&at, currents, courses);
        descend(&at, tolerance, most, courses, solution);
        for (size_t e = 0; e < self->ends; ++e) {
            contract(&at, e, false, at.x, currents, 1, solution[e].onsager);
            if (self->liouvillian->real) {
                contract(&at, e, true, at.residual, at.x, self->ends, solution[e].onsager);
            }
        }
    }
    release(&at);
    return done ? GF_OK : gf_fail_memory(error, "vectors of operator space; take shorter strings");
}
