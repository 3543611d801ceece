#include "krylov/time_evolution.h"

#include "base/clones.h"
#include "base/workspace.h"
#include "krylov/lanczos.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are treated at a time, so that they stay in the cache while results collect them; sums
 * over a vector go by these pieces: the same for any number of threads. */
enum { PIECE = 512 };

static const double FINEST = 1e-14;        /* of the accuracy */
static const double LARGEST_PHASE = 2e4;   /* a |z| of one expansion */
static const double LENGTH_CHANGES = 1e-6; /* energies beyond the range let it grow exponentially */

/* --- coefficients ---------------------------------------------------------------------------- */

/* c_k, [order][count]. */
typedef struct expansion {
    size_t order, count;
    double complex *coefficient;
} expansion;

/* The exponent of exp(-z (H - reference)) at h = x. */
typedef struct exponential {
    double centre, half_width, reference;
} exponential;

static exponential exponential_of(gf_energy_range range) {
    double half = (range.highest - range.lowest) / 2;
    return (exponential){.centre = (range.highest + range.lowest) / 2,
                         .half_width = half > 0 ? half : 1};
}

static size_t nodes_for(double phase) {
    size_t half = (size_t)(phase + 12 * cbrt(phase)) / 2 + 24; /* J_k(x) has died out there */
    return 2 * half;
}

/* By the discrete cosine transform of the function at the Chebyshev nodes: to rounding, as the
 * coefficients beyond `nodes` vanish. */
static void transform(const exponential *self, double complex z, size_t nodes, size_t stride,
                      const double *cosine, double complex *value, double complex *coefficient) {
    for (size_t j = 0; j < nodes; ++j) {
        double x = cosine[2 * j + 1];
        value[j] = cexp(-z * (self->centre - self->reference + self->half_width * x));
    }
    for (size_t k = 0; k < nodes; ++k) {
        double complex sum = 0;
        for (size_t j = 0; j < nodes; ++j) {
            sum += value[j] * cosine[k * (2 * j + 1) % (4 * nodes)];
        }
        coefficient[k * stride] = sum * ((k == 0 ? 1.0 : 2.0) / (double)nodes);
    }
}

/* As many coefficients of one function as leave no more than `accuracy` out. */
static size_t order_of(const expansion *self, size_t m, double accuracy) {
    double rest = 0;
    size_t k = self->order;
    while (k > 1 && rest <= accuracy) {
        rest += cabs(self->coefficient[--k * self->count + m]);
    }
    return k + 1 < self->order ? k + 1 : self->order;
}

/* Of all functions; even, as polynomials are collected by twos. */
static size_t largest_order(const expansion *self, double accuracy) {
    size_t order = 1;
    for (size_t m = 0; m < self->count; ++m) {
        size_t one = order_of(self, m, accuracy);
        order = one > order ? one : order;
    }
    return order + order % 2;
}

/* Of exp(-z[m] (H - reference[m])); reference may be NULL: 0. */
static gf_status expand(const gf_time_evolution *self, size_t count, const double complex *z,
                        const double *reference, expansion *result, gf_error *error) {
    exponential function = exponential_of(self->range);
    double phase = 0;
    for (size_t m = 0; m < count; ++m) {
        phase = fmax(phase, cabs(z[m]) * function.half_width);
    }
    if (!(phase <= LARGEST_PHASE)) {
        return gf_fail(error, GF_INVALID,
                       "times of up to %.3g over the width of the spectrum are too long for one "
                       "expansion; take them in several",
                       phase);
    }
    size_t nodes = nodes_for(phase);
    double *cosine = malloc(4 * nodes * sizeof *cosine);
    double complex *value = malloc(nodes * sizeof *value);
    *result = (expansion){
        .order = nodes, .count = count, .coefficient = malloc((nodes * count + 1) * sizeof *value)};
    bool ready = cosine != NULL && value != NULL && result->coefficient != NULL;
    for (size_t k = 0; k < 4 * nodes && ready; ++k) {
        cosine[k] = cos(M_PI * (double)k / (2 * (double)nodes));
    }
    for (size_t m = 0; m < count && ready; ++m) {
        function.reference = reference != NULL ? reference[m] : 0;
        transform(&function, z[m], nodes, count, cosine, value, result->coefficient + m);
    }
    if (ready) {
        result->order = largest_order(result, fmax(self->accuracy, FINEST));
    } else {
        free(result->coefficient);
        result->coefficient = NULL;
    }
    free(cosine);
    free(value);
    return ready ? GF_OK : gf_fail_memory(error, "time evolution");
}

size_t gf_time_evolution_order(const gf_time_evolution *self, double largest) {
    expansion one;
    gf_error ignored;
    const double complex z[] = {CMPLX(0, largest)};
    if (expand(self, 1, z, NULL, &one, &ignored) != GF_OK) {
        return 0;
    }
    free(one.coefficient);
    return one.order - 1;
}

/* --- vectors --------------------------------------------------------------------------------- */

#define INLINE static inline __attribute__((always_inline))

/* out <- factor (image - shift current) - keep out: from T_k-1 to T_k+1, one piece. */
GF_CLONES static void recur(size_t cells, double factor, double shift, double keep,
                            const double *restrict image, const double *restrict current,
                            double *restrict out) {
#pragma omp simd
    for (size_t i = 0; i < cells; ++i) {
        out[i] = factor * (image[i] - shift * current[i]) - keep * out[i];
    }
}

/* Columns at the start, and of the results. */
typedef struct shape {
    gf_columns start;
    size_t result;
    bool is_complex; /* results are */
} shape;

/* What a time takes of two polynomials that follow each other. */
typedef struct pair {
    double complex factor[2];
    const double *in[2];
} pair;

GF_CLONES static void add_real(size_t cells, pair two, double *restrict out) {
    double a = creal(two.factor[0]), b = creal(two.factor[1]);
    const double *restrict x = two.in[0], *restrict y = two.in[1];
#pragma omp simd
    for (size_t i = 0; i < cells; ++i) {
        out[i] += a * x[i] + b * y[i];
    }
}

/* `half` columns of real parts, then those of imaginary parts; known to the compiler. */
INLINE void add_complex(size_t rows, size_t half, pair two, double *restrict out) {
    double a = creal(two.factor[0]), b = creal(two.factor[1]);
    double ai = cimag(two.factor[0]), bi = cimag(two.factor[1]);
    const double *restrict x = two.in[0], *restrict y = two.in[1];
#pragma omp simd
    for (size_t i = 0; i < rows; ++i) {
        for (size_t re = 2 * half * i; re < 2 * half * i + half; ++re) {
            size_t im = re + half;
            out[re] += a * x[re] - ai * x[im] + b * y[re] - bi * y[im];
            out[im] += a * x[im] + ai * x[re] + b * y[im] + bi * y[re];
        }
    }
}

/* The same of `half` real columns. */
INLINE void add_parts(size_t rows, size_t half, pair two, double *restrict out) {
    double a = creal(two.factor[0]), b = creal(two.factor[1]);
    double ai = cimag(two.factor[0]), bi = cimag(two.factor[1]);
    const double *restrict x = two.in[0], *restrict y = two.in[1];
#pragma omp simd
    for (size_t i = 0; i < rows; ++i) {
        for (size_t c = 0; c < half; ++c) {
            size_t in = half * i + c, re = 2 * half * i + c;
            out[re] += a * x[in] + b * y[in];
            out[re + half] += ai * x[in] + bi * y[in];
        }
    }
}

GF_CLONES static void add_width(size_t rows, size_t half, bool is_complex, pair two, double *out) {
    if (is_complex) {
        half == 4   ? add_complex(rows, 4, two, out)
        : half == 2 ? add_complex(rows, 2, two, out)
                    : add_complex(rows, 1, two, out);
    } else {
        half == 4   ? add_parts(rows, 4, two, out)
        : half == 2 ? add_parts(rows, 2, two, out)
                    : add_parts(rows, 1, two, out);
    }
}

/* T_k-1 and T_k, k odd, to the results. */
static void collect(const expansion *all, size_t k, shape columns, size_t first, size_t rows,
                    const double *before, const double *now, double *const *result) {
    for (size_t m = 0; m < all->count; ++m) {
        const double complex *factor = all->coefficient + m;
        const pair two = {{factor[(k - 1) * all->count], factor[k * all->count]}, {before, now}};
        double *out = result[m] + first * columns.result;
        if (k == 1) {
            memset(out, 0, rows * columns.result * sizeof *out);
        }
        if (columns.is_complex) {
            add_width(rows, columns.result / 2, columns.start.is_complex, two, out);
        } else {
            add_real(rows * columns.result, two, out);
        }
    }
}

/* Sum of all squares. */
static double square_of(size_t size, size_t width, const double *v, double *partial) {
    double sum = 0;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < size; first += PIECE) {
        size_t cells = (size - first < PIECE ? size - first : PIECE) * width;
        double one = 0;
        for (size_t i = 0; i < cells; ++i) {
            one += v[first * width + i] * v[first * width + i];
        }
        partial[first / PIECE] = one;
    }
    for (size_t p = 0; p < (size + PIECE - 1) / PIECE; ++p) {
        sum += partial[p];
    }
    return sum;
}

/* --- the recursion --------------------------------------------------------------------------- */

typedef struct work {
    double *current, *other, *image; /* [size][width]; T_k, T_k-1, H T_k */
    double *partial;                 /* [pieces] */
} work;

static void free_work(work *self) {
    gf_workspace_free(self->current);
    gf_workspace_free(self->other);
    gf_workspace_free(self->image);
    free(self->partial);
}

static gf_status make_work(size_t size, size_t width, work *self, gf_error *error) {
    *self = (work){.current = gf_workspace_matrix(width, size, sizeof(double)),
                   .other = gf_workspace_matrix(width, size, sizeof(double)),
                   .image = gf_workspace_matrix(width, size, sizeof(double)),
                   .partial = calloc(size / PIECE + 1, sizeof(double))};
    if (self->current == NULL || self->other == NULL || self->image == NULL ||
        self->partial == NULL) {
        free_work(self);
        return gf_fail_memory(error, "time evolution");
    }
    return GF_OK;
}

static size_t piece_rows(size_t size, size_t first) {
    return size - first < PIECE ? size - first : PIECE;
}

/* From T_k-1 to T_k, k >= 1. */
static void step(work *self, const gf_time_evolution *problem, const expansion *all, size_t k,
                 shape columns, double *const *result) {
    exponential h = exponential_of(problem->range);
    size_t size = problem->basis->size, width = (size_t)columns.start.width;
    double factor = (k == 1 ? 1 : 2) / h.half_width, keep = k == 1 ? 0 : 1;
    gf_action_apply(problem->hamiltonian, problem->basis, columns.start, self->current,
                    self->image);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < size; first += PIECE) {
        size_t rows = piece_rows(size, first), at = first * width;
        recur(rows * width, factor, h.centre, keep, self->image + at, self->current + at,
              self->other + at);
        if (k % 2 == 1) {
            collect(all, k, columns, first, rows, self->current + at, self->other + at, result);
        }
    }
    double *next = self->other;
    self->other = self->current;
    self->current = next;
}

static gf_status run(const gf_time_evolution *self, shape columns, const expansion *all,
                     const double *start, double *const *result, double *length, gf_error *error) {
    work vectors;
    size_t size = self->basis->size, width = (size_t)columns.start.width;
    gf_status status = make_work(size, width, &vectors, error);
    if (status == GF_OK) {
        memcpy(vectors.current, start, size * width * sizeof *start);
        for (size_t k = 1; k < all->order; ++k) {
            step(&vectors, self, all, k, columns, result);
        }
        double before = square_of(size, width, start, vectors.partial);
        double after = square_of(size, columns.result, result[all->count - 1], vectors.partial);
        *length = before > 0 ? sqrt(after / before) : 1;
        free_work(&vectors);
    }
    return status;
}

gf_status gf_time_evolution_run(const gf_time_evolution *self, gf_columns columns, size_t count,
                                const double *time, const double *start, double *const *result,
                                size_t *applications, gf_error *error) {
    expansion all;
    double length = 1;
    size_t width = (size_t)columns.width * (columns.is_complex ? 1 : 2);
    const shape shapes = {.start = columns, .result = width, .is_complex = true};
    double complex *z = calloc(count + 1, sizeof *z);
    for (size_t m = 0; m < count && z != NULL; ++m) {
        z[m] = CMPLX(0, time[m]);
    }
    gf_status status = z != NULL ? expand(self, count, z, NULL, &all, error)
                                 : gf_fail_memory(error, "time evolution");
    if (status == GF_OK) {
        status = run(self, shapes, &all, start, result, &length, error);
        if (applications != NULL) {
            *applications = all.order - 1;
        }
        free(all.coefficient);
    }
    free(z);
    if (status == GF_OK && !(fabs(length - 1) <= fmax(LENGTH_CHANGES, 10 * self->accuracy))) {
        status = gf_fail(error, GF_NO_CONVERGENCE,
                         "a vector of %zu states changed its length by a factor %.9g in time: "
                         "energies were found in %.6g ... %.6g, but there are others",
                         self->basis->size, length, self->range.lowest, self->range.highest);
    }
    return status;
}

gf_status gf_time_evolution_cool(const gf_time_evolution *self, gf_columns columns, size_t count,
                                 const double *x, const double *start, double *const *result,
                                 size_t *applications, gf_error *error) {
    expansion all;
    double length = 1;
    const shape shapes = {
        .start = columns, .result = (size_t)columns.width, .is_complex = columns.is_complex};
    double complex *z = calloc(count + 1, sizeof *z);
    double *reference = calloc(count + 1, sizeof *reference);
    bool ready = z != NULL && reference != NULL;
    for (size_t m = 0; m < count && ready; ++m) {
        z[m] = x[m];
        reference[m] = x[m] >= 0 ? self->range.lowest : self->range.highest;
    }
    gf_status status = ready ? expand(self, count, z, reference, &all, error)
                             : gf_fail_memory(error, "time evolution");
    if (status == GF_OK) {
        status = run(self, shapes, &all, start, result, &length, error);
        if (applications != NULL) {
            *applications = all.order - 1;
        }
        free(all.coefficient);
    }
    free(z);
    free(reference);
    return status;
}

double gf_time_evolution_memory(size_t size, int width) {
    return 3.0 * 8.0 * (double)size * width;
}

/* --- the range of the spectrum --------------------------------------------------------------- */

/* Any vector that has parts of all states will do, and the same always. */
static void fill(size_t cells, double *start) {
    uint64_t bits = 1;
    for (size_t i = 0; i < cells; ++i) {
        bits = bits * 6364136223846793005U + 1442695040888963407U;
        start[i] = (double)(int64_t)bits * 0x1p-63;
    }
}

gf_status gf_energy_range_find(const gf_action *hamiltonian, const gf_basis *basis, bool is_complex,
                               gf_energy_range *range, gf_error *error) {
    enum { STEPS = 64 };
    static const double margin = 0.01;
    gf_columns columns = {.width = is_complex ? 2 : 1, .is_complex = is_complex};
    size_t cells = basis->size * (size_t)columns.width;
    gf_lanczos lanczos = {
        .basis = basis, .hamiltonian = hamiltonian, .lambda = 1e6, .steps = STEPS};
    gf_ritz ritz = {0};
    double *start = gf_workspace_matrix((size_t)columns.width, basis->size, sizeof *start);
    if (start == NULL) {
        return gf_fail_memory(error, "the range of a spectrum");
    }
    fill(cells, start);
    gf_status status = gf_lanczos_run(&lanczos, columns, start, &ritz, error);
    if (status == GF_OK) {
        double lowest = ritz.energy[0], highest = ritz.energy[ritz.levels - 1];
        double spare = margin * (highest - lowest) + 1e-12 * (fabs(lowest) + fabs(highest));
        *range = (gf_energy_range){.lowest = lowest - spare, .highest = highest + spare};
    }
    gf_workspace_free(start);
    gf_ritz_free(&ritz);
    return status;
}
