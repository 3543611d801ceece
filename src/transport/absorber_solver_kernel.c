#include "transport/absorber_solver.h"

#include "base/clones.h"
#include "base/matrix.h"
#include "base/pages.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Vectors of all ends stand side by side, [size][ends][W]. Sums over them go by pieces of so many
 * rows, added up in order. */
enum { W = GF_CHARGES, ENDS = GF_ABSORBER_ENDS, PIECE = 512 };

#define INLINE static inline __attribute__((always_inline))

/* The columns of an end, one for each current, as one number. */
typedef double columns __attribute__((vector_size(W * 8), aligned(8), may_alias));

/* One for each end. */
typedef double matrices[ENDS][W][W];

/* Of an end: its gradient is Q C, with Q orthonormal under the scale. */
typedef struct course {
    size_t end;                  /* its number in the problem */
    double c[W][W], start[W][W]; /* start: of the currents, the diagonal */
} course;

struct gf_absorber_solver {
    gf_absorber_problem problem;
    gf_absorber absorber; /* with the ends that are not done */
    course course[ENDS];  /* of these */
    size_t iterations;
    double *x, *residual, *gradient, *direction, *image; /* [size][ends][W]; gradient: Q */
    double *square;                                      /* [size]: of a row of S */
    matrices *partial;                                   /* [pieces] */
    matrices product;                                    /* of the gradient */
    gf_absorber_solution solution[ENDS];
};

static size_t pieces_of(const gf_absorber *self) {
    return (self->size + PIECE - 1) / PIECE;
}

void gf_absorber_solver_free(gf_absorber_solver *self) {
    if (self != NULL) {
        free(self->x);
        free(self->residual);
        free(self->gradient);
        free(self->direction);
        free(self->image);
        free(self->square);
        free(self->partial);
        free(self);
    }
}

static double *zeros(size_t bytes) {
    double *result = gf_pages_alloc(bytes);
    if (result != NULL) {
        memset(result, 0, bytes);
    }
    return result;
}

static bool allocate(gf_absorber_solver *self) {
    size_t size = self->absorber.size,
           bytes = (size * self->absorber.ends * W + 1) * sizeof(double);
    self->x = zeros(bytes);
    self->residual = zeros(bytes);
    self->gradient = zeros(bytes);
    self->direction = zeros(bytes);
    self->image = zeros(bytes);
    self->square = zeros((size + 1) * sizeof(double));
    self->partial = calloc(pieces_of(&self->absorber) + 1, sizeof(matrices));
    return self->x != NULL && self->residual != NULL && self->gradient != NULL &&
           self->direction != NULL && self->image != NULL && self->square != NULL &&
           self->partial != NULL;
}

double gf_absorber_solver_memory(double size, size_t ends) {
    return size * (5.0 * W * (double)ends + 1) * sizeof(double);
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
INLINE void finish_image(const gf_absorber_solver *self, piece at, matrices sum) {
    const unsigned char *length = self->absorber.liouvillian->length;
    const columns *direction = (const columns *)self->direction;
    columns *image = (columns *)self->image;
    sums product = no_sums(at.ends);
    for (size_t k = at.first; k < at.end; ++k) {
        const double *damping = self->absorber.damping[length[k]];
        for (size_t e = 0; e < at.ends; ++e) {
            columns *one = &image[k * at.ends + e];
            *one = damping[e] * direction[k * at.ends + e] - *one;
            add_product(1, *one, product.row[e]);
        }
    }
    keep_sums(at.ends, &product, sum);
}

/* gradient -= (G + S) image factor, S image given; its products. */
INLINE void move_gradient(const gf_absorber_solver *self, piece at, matrices factor,
                          const double *given, matrices sum) {
    const unsigned char *length = self->absorber.liouvillian->length;
    const columns *image = (const columns *)self->image + at.first * at.ends;
    const columns *moved = (const columns *)given;
    columns *gradient = (columns *)self->gradient + at.first * at.ends;
    sums product = no_sums(at.ends);
    for (size_t k = at.first; k < at.end; ++k) {
        const double *damping = self->absorber.damping[length[k]];
        for (size_t e = 0; e < at.ends; ++e) {
            *gradient -= multiply(damping[e] * *image++ + *moved++, factor[e]);
            add_product(scale_of(self->square[k], damping[e]), *gradient++, product.row[e]);
        }
    }
    keep_sums(at.ends, &product, sum);
}

INLINE void advance_rows(const gf_absorber_solver *self, piece at, matrices factor, matrices sum) {
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
INLINE void turn_rows(const gf_absorber_solver *self, piece at, matrices inverse, matrices factor) {
    const unsigned char *length = self->absorber.liouvillian->length;
    columns *gradient = (columns *)self->gradient, *direction = (columns *)self->direction;
    for (size_t k = at.first; k < at.end; ++k) {
        const double *damping = self->absorber.damping[length[k]];
        for (size_t e = 0; e < at.ends; ++e) {
            columns *from = &gradient[k * at.ends + e], *to = &direction[k * at.ends + e];
            *from = multiply(*from, inverse[e]);
            *to = scale_of(self->square[k], damping[e]) * *from + multiply(*to, factor[e]);
        }
    }
}

typedef enum pass { IMAGE, GRADIENT, ADVANCE, TURN } pass;

/* With one or two factors, each [ends][W][W], where the pass takes any. */
INLINE void pass_rows(const gf_absorber_solver *self, pass what, piece at, matrices *factor,
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

GF_CLONES static void do_piece(const gf_absorber_solver *self, pass what, size_t first, size_t end,
                               matrices *factor, const double *given, matrices sum) {
    switch (self->absorber.ends) {
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
static void do_pass(const gf_absorber_solver *self, pass what, matrices *factor, matrices product) {
    const gf_absorber *absorber = &self->absorber;
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

/* --- the columns of an end -------------------------------------------------------------------- */

/* The largest of all columns. */
static double residual_of(double square[W][W], const course *at) {
    double largest = 0;
    for (size_t c = 0; c < W; ++c) {
        double start = at->start[c][c];
        largest = start > 0 ? fmax(largest, sqrt(square[c][c] / start)) : largest;
    }
    return largest;
}

/* Whether the gradients of all columns, Q C, are rounding. */
static bool is_flat(double product[W][W], const course *self) {
    double image[W][W], transposed[W][W];
    for (size_t k = 0; k < W * W; ++k) {
        transposed[k / W][k % W] = self->c[k % W][k / W];
    }
    gf_matrix_transform(transposed, product, image);
    bool flat = true;
    for (size_t j = 0; j < W; ++j) {
        flat = flat && image[j][j] <= 1e-28 * self->start[j][j];
    }
    return flat;
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

/* --- ends that are done ---------------------------------------------------------------------- */

/* sigma_ij += (a_i, b_j), each coordinate with a sign; in steps of so many numbers. */
static void contract(const gf_absorber_solver *self, bool reversed, const double *a, size_t a_step,
                     const double *b, size_t b_step, double sigma[W][W]) {
    for (size_t k = 0; k < self->absorber.size; ++k) {
        double sign = reversed && !self->absorber.liouvillian->imaginary[k] ? -1 : 1;
        for (size_t i = 0; i < W; ++i) {
            for (size_t j = 0; j < W; ++j) {
                sigma[i][j] += sign * a[k * a_step + i] * b[k * b_step + j];
            }
        }
    }
}

/* Where H is real the currents are imaginary, and with R the sign of the real coordinates A' = R A
 * R: so y_j = R x_j solves A' y_j = J_j, and (x_i, J_j) + (residual_i, y_j) is right to second
 * order. */
static void find_onsager(const gf_absorber_solver *self, size_t e, double sigma[W][W]) {
    size_t step = self->absorber.ends * W;
    const double *x = self->x + W * e, *residual = self->residual + W * e;
    contract(self, false, x, step, self->problem.currents, W, sigma);
    if (self->absorber.liouvillian->real) {
        contract(self, true, residual, step, x, step, sigma);
    }
}

/* Takes an end out of the vectors. */
static void drop_end(gf_absorber_solver *self, size_t e) {
    double *vectors[] = {self->x, self->residual, self->gradient, self->direction, self->image};
    size_t ends = self->absorber.ends--;
    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; ++v) {
        size_t to = 0;
        for (size_t from = 0; from < self->absorber.size * ends; ++from) {
            if (from % ends != e) {
                memmove(vectors[v] + W * to++, vectors[v] + W * from, W * sizeof(double));
            }
        }
    }
    for (size_t next = e + 1; next < ends; ++next) {
        self->course[next - 1] = self->course[next];
        memcpy(self->product[next - 1], self->product[next], sizeof self->product[next]);
        for (int length = 0; length <= GF_LIOUVILLIAN_LONGEST; ++length) {
            self->absorber.damping[length][next - 1] = self->absorber.damping[length][next];
        }
    }
}

/* Looks at all ends; rest: products of their residuals. */
static void drop_done(gf_absorber_solver *self, matrices rest) {
    for (size_t e = self->absorber.ends; e-- > 0;) {
        const course *at = &self->course[e];
        gf_absorber_solution *solution = &self->solution[at->end];
        solution->residual = residual_of(rest[e], at);
        solution->iterations = self->iterations;
        solution->converged = solution->residual <= self->problem.tolerance;
        if (solution->converged || is_flat(self->product[e], at) ||
            self->iterations >= self->problem.most) {
            find_onsager(self, e, solution->onsager);
            drop_end(self, e);
        }
    }
}

/* --- the descent ----------------------------------------------------------------------------- */

static void iterate(gf_absorber_solver *self) {
    size_t ends = self->absorber.ends;
    matrices product, rest, inverse, factor[2];
    for (size_t e = 0; e < ends; ++e) {
        orthonormalise(self->product[e], &self->course[e], factor[0][e], factor[1][e]);
    }
    do_pass(self, TURN, factor, product);
    do_pass(self, IMAGE, factor, product);
    for (size_t e = 0; e < ends; ++e) {
        invert(product[e], inverse[e]);
        gf_matrix_multiply(inverse[e], self->course[e].c, factor[0][e]);
    }
    do_pass(self, ADVANCE, factor, rest);
    memcpy(factor[0], inverse, sizeof inverse);
    do_pass(self, GRADIENT, factor, self->product);
    ++self->iterations;
    drop_done(self, rest);
}

size_t gf_absorber_solver_advance(gf_absorber_solver *self, size_t iterations) {
    for (size_t n = 0; n < iterations && self->absorber.ends > 0; ++n) {
        iterate(self);
    }
    return self->absorber.ends;
}

/* x = 0; the gradient is A'J. */
static void begin(gf_absorber_solver *self) {
    const gf_liouvillian *from = self->absorber.liouvillian;
    size_t ends = self->absorber.ends, size = self->absorber.size;
    matrices rest = {{{0}}}, factor[1] = {{{{0}}}};
    for (size_t k = 0; k < size; ++k) {
        for (size_t c = 0; c < ends * W; ++c) {
            double current = self->problem.currents[W * k + c % W];
            self->image[W * ends * k + c] = self->residual[W * ends * k + c] = current;
            rest[c / W][c % W][c % W] += current * current;
        }
        for (size_t n = from->row[k]; n < from->row[k + 1] && from->column[n] < size; ++n) {
            self->square[k] += from->value[n] * from->value[n];
        }
    }
    for (size_t e = 0; e < ends; ++e) {
        self->course[e].end = e;
        memcpy(self->course[e].start, rest[e], sizeof rest[e]);
        for (size_t c = 0; c < W; ++c) {
            self->course[e].c[c][c] = 1;
            factor[0][e][c][c] = -1;
        }
    }
    do_pass(self, GRADIENT, factor, self->product);
    drop_done(self, rest);
}

gf_status gf_absorber_solver_create(const gf_absorber_problem *problem, gf_absorber_solver **solver,
                                    gf_error *error) {
    gf_absorber_solver *self = *solver = calloc(1, sizeof *self);
    if (self != NULL) {
        self->problem = *problem;
        self->absorber = *problem->absorber;
    }
    if (self == NULL || !allocate(self)) {
        gf_absorber_solver_free(self);
        *solver = NULL;
        return gf_fail_memory(error, "vectors of operator space; take shorter strings");
    }
    begin(self);
    return GF_OK;
}

size_t gf_absorber_solver_iterations(const gf_absorber_solver *self) {
    return self->iterations;
}

gf_absorber_solution gf_absorber_solver_solution(const gf_absorber_solver *self, size_t end) {
    return self->solution[end];
}
