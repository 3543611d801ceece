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

/* Functions of H: phase[m] sum_k c_k T_k(h), their coefficients real up to a power of i,
 * [order][count]. In time c_k is the coefficient for even k and -i times it for odd k. Even and odd
 * orders come in pairs. */
typedef struct expansion {
    size_t order, count;
    bool in_time;
    double *coefficient;
    double complex *phase; /* [count] */
} expansion;

/* h = (H - centre) / half_width. */
typedef struct scale {
    double centre, half_width;
} scale;

static scale scale_of(gf_energy_range range) {
    double half = (range.highest - range.lowest) / 2;
    return (scale){.centre = (range.highest + range.lowest) / 2, .half_width = half > 0 ? half : 1};
}

static size_t nodes_for(double phase) {
    return 2 * (size_t)((phase + 12 * cbrt(phase)) / 2) + 48; /* J_k(x) has died out there */
}

/* Of exp(-z (x - reference)), by the discrete cosine transform of the function at the Chebyshev
 * nodes: to rounding, as the coefficients beyond `nodes` vanish. */
static void transform(const expansion *self, size_t m, double complex z, double reference,
                      const double *cosine, double complex *value) {
    size_t nodes = self->order;
    for (size_t j = 0; j < nodes; ++j) {
        value[j] = cexp(-z * (cosine[2 * j + 1] - reference));
    }
    for (size_t k = 0; k < nodes; ++k) {
        double complex sum = 0;
        for (size_t j = 0; j < nodes; ++j) {
            sum += value[j] * cosine[k * (2 * j + 1) % (4 * nodes)];
        }
        double part = self->in_time && k % 2 == 1 ? -cimag(sum) : creal(sum);
        self->coefficient[k * self->count + m] = part * (k == 0 ? 1.0 : 2.0) / (double)nodes;
    }
}

/* As many coefficients of one function as leave no more than `accuracy` out. */
static size_t order_of(const expansion *self, size_t m, double accuracy) {
    double rest = 0;
    size_t k = self->order;
    while (k > 1 && rest <= accuracy) {
        rest += fabs(self->coefficient[--k * self->count + m]);
    }
    return k + 1 < self->order ? k + 1 : self->order;
}

static size_t largest_order(const expansion *self, double accuracy) {
    size_t order = 1;
    for (size_t m = 0; m < self->count; ++m) {
        size_t one = order_of(self, m, accuracy);
        order = one > order ? one : order;
    }
    return order + order % 2;
}

static void free_expansion(expansion *self) {
    free(self->coefficient);
    free(self->phase);
}

/* Of exp(-i x[m] H), or of exp(-x[m] (H - E)) with E that end of the range where it is 1. */
static gf_status expand(const gf_time_evolution *self, bool in_time, size_t count, const double *x,
                        expansion *result, gf_error *error) {
    scale h = scale_of(self->range);
    double largest = 0;
    for (size_t m = 0; m < count; ++m) {
        largest = fmax(largest, fabs(x[m]) * h.half_width);
    }
    if (!(largest <= LARGEST_PHASE)) {
        return gf_fail(error, GF_INVALID,
                       "times of up to %.3g over the width of the spectrum are too long for one "
                       "expansion; take them in several",
                       largest);
    }
    size_t nodes = nodes_for(largest);
    double *cosine = calloc(4 * nodes, sizeof *cosine);
    double complex *value = malloc(nodes * sizeof *value);
    *result = (expansion){.order = nodes,
                          .count = count,
                          .in_time = in_time,
                          .coefficient = calloc(nodes * count + 1, sizeof(double)),
                          .phase = malloc((count + 1) * sizeof(double complex))};
    bool ready =
        cosine != NULL && value != NULL && result->coefficient != NULL && result->phase != NULL;
    for (size_t k = 0; k < 4 * nodes && ready; ++k) {
        cosine[k] = cos(M_PI * (double)k / (2 * (double)nodes));
    }
    for (size_t m = 0; m < count && ready; ++m) {
        double end = x[m] >= 0 ? self->range.lowest : self->range.highest;
        double reference = in_time ? 0 : (end - h.centre) / h.half_width;
        double complex z = h.half_width * (in_time ? CMPLX(0, x[m]) : x[m]);
        result->phase[m] = in_time ? cexp(CMPLX(0, -x[m] * h.centre)) : 1;
        transform(result, m, z, reference, cosine, value);
    }
    if (ready) {
        result->order = largest_order(result, fmax(self->accuracy, FINEST));
    } else {
        free_expansion(result);
    }
    free(cosine);
    free(value);
    return ready ? GF_OK : gf_fail_memory(error, "time evolution");
}

size_t gf_time_evolution_order(const gf_time_evolution *self, double largest) {
    expansion one;
    gf_error ignored;
    if (expand(self, true, 1, &largest, &one, &ignored) != GF_OK) {
        return 0;
    }
    free_expansion(&one);
    return one.order - 1;
}

/* --- vectors --------------------------------------------------------------------------------- */

#define INLINE static inline __attribute__((always_inline))

/* out += a even + b odd. */
GF_CLONES static void add_real(size_t cells, double a, double b, const double *restrict even,
                               const double *restrict odd, double *restrict out) {
#pragma omp simd
    for (size_t i = 0; i < cells; ++i) {
        out[i] += a * even[i] + b * odd[i];
    }
}

/* out += a even - i b odd, of `half` columns of real parts, then those of imaginary parts; known
 * to the compiler. */
INLINE void add_from_complex(size_t rows, size_t half, double a, double b,
                             const double *restrict even, const double *restrict odd,
                             double *restrict out) {
#pragma omp simd
    for (size_t i = 0; i < rows; ++i) {
        for (size_t c = 2 * half * i; c < 2 * half * i + half; ++c) {
            out[c] += a * even[c] + b * odd[c + half];
            out[c + half] += a * even[c + half] - b * odd[c];
        }
    }
}

/* The same of real `even` and `odd`: one fills the real parts, the other the imaginary ones. */
INLINE void add_from_real(size_t rows, size_t half, double a, double b, const double *restrict even,
                          const double *restrict odd, double *restrict out) {
#pragma omp simd
    for (size_t i = 0; i < rows; ++i) {
        for (size_t c = 0; c < half; ++c) {
            out[2 * half * i + c] += a * even[half * i + c];
            out[2 * half * i + half + c] -= b * odd[half * i + c];
        }
    }
}

INLINE void add_in_time(size_t rows, size_t half, bool is_complex, double a, double b,
                        const double *even, const double *odd, double *out) {
    if (is_complex) {
        add_from_complex(rows, half, a, b, even, odd, out);
    } else {
        add_from_real(rows, half, a, b, even, odd, out);
    }
}

GF_CLONES static void add_complex(size_t rows, size_t half, bool is_complex, double a, double b,
                                  const double *even, const double *odd, double *out) {
    if (half == 8) {
        add_in_time(rows, 8, is_complex, a, b, even, odd, out);
    } else if (half == 4) {
        add_in_time(rows, 4, is_complex, a, b, even, odd, out);
    } else if (half == 2) {
        add_in_time(rows, 2, is_complex, a, b, even, odd, out);
    } else {
        add_in_time(rows, 1, is_complex, a, b, even, odd, out);
    }
}

GF_CLONES static void multiply(size_t rows, size_t half, double complex factor, double *out) {
    double re = creal(factor), im = cimag(factor);
    for (size_t i = 0; i < rows; ++i, out += 2 * half) {
#pragma omp simd
        for (size_t c = 0; c < half; ++c) {
            double before = out[c];
            out[c] = re * before - im * out[c + half];
            out[c + half] = re * out[c + half] + im * before;
        }
    }
}

/* Columns of what comes of vectors: complex in time. */
static size_t width_of(const expansion *all, gf_columns columns) {
    return (size_t)columns.width * (all->in_time && !columns.is_complex ? 2 : 1);
}

/* Adds T_k and T_k+1, k even, to all results: one way of these to and from memory for both. */
static void collect(const expansion *all, size_t k, gf_columns columns, size_t first, size_t rows,
                    const double *even, const double *odd, double *const *result) {
    size_t width = width_of(all, columns);
    for (size_t m = 0; m < all->count; ++m) {
        double a = all->coefficient[k * all->count + m];
        double b = all->coefficient[(k + 1) * all->count + m];
        double *out = result[m] + first * width;
        if (k == 0) {
            memset(out, 0, rows * width * sizeof *out);
        }
        if (all->in_time) {
            add_complex(rows, width / 2, columns.is_complex, a, b, even, odd, out);
        } else {
            add_real(rows * width, a, b, even, odd, out);
        }
        if (all->in_time && k + 2 == all->order) {
            multiply(rows, width / 2, all->phase[m], out);
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
    double *current, *other; /* [size][width]; T_k, T_k-1 */
    double *partial;         /* [pieces] */
} work;

static void free_work(work *self) {
    gf_workspace_free(self->current);
    gf_workspace_free(self->other);
    free(self->partial);
}

static gf_status make_work(size_t size, size_t width, work *self, gf_error *error) {
    *self = (work){.current = gf_workspace_matrix(width, size, sizeof(double)),
                   .other = gf_workspace_matrix(width, size, sizeof(double)),
                   .partial = calloc(size / PIECE + 1, sizeof(double))};
    if (self->current == NULL || self->other == NULL || self->partial == NULL) {
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
                 gf_columns columns, double *const *result) {
    scale h = scale_of(problem->range);
    size_t size = problem->basis->size, width = (size_t)columns.width;
    const gf_update how = {
        .factor = (k == 1 ? 1 : 2) / h.half_width, .shift = h.centre, .keep = k == 1 ? 0 : -1};
    gf_action_update(problem->hamiltonian, problem->basis, columns, how, self->current,
                     self->other);
    if (k % 2 == 1) {
#pragma omp parallel for schedule(static)
        for (size_t first = 0; first < size; first += PIECE) {
            size_t at = first * width;
            collect(all, k - 1, columns, first, piece_rows(size, first), self->current + at,
                    self->other + at, result);
        }
    }
    double *next = self->other;
    self->other = self->current;
    self->current = next;
}

static gf_status run(const gf_time_evolution *self, gf_columns columns, const expansion *all,
                     const double *start, double *const *result, double *length, gf_error *error) {
    work vectors;
    size_t size = self->basis->size, width = (size_t)columns.width;
    gf_status status = make_work(size, width, &vectors, error);
    if (status == GF_OK) {
        memcpy(vectors.current, start, size * width * sizeof *start);
        for (size_t k = 1; k < all->order; ++k) {
            step(&vectors, self, all, k, columns, result);
        }
        double before = square_of(size, width, start, vectors.partial);
        double after =
            square_of(size, width_of(all, columns), result[all->count - 1], vectors.partial);
        *length = before > 0 ? sqrt(after / before) : 1;
        free_work(&vectors);
    }
    return status;
}

static gf_status evolve(const gf_time_evolution *self, bool in_time, gf_columns columns,
                        size_t count, const double *x, const double *start, double *const *result,
                        size_t *applications, double *length, gf_error *error) {
    expansion all;
    gf_status status = expand(self, in_time, count, x, &all, error);
    if (status == GF_OK) {
        status = run(self, columns, &all, start, result, length, error);
        if (applications != NULL) {
            *applications = all.order - 1;
        }
        free_expansion(&all);
    }
    return status;
}

gf_status gf_time_evolution_run(const gf_time_evolution *self, gf_columns columns, size_t count,
                                const double *time, const double *start, double *const *result,
                                size_t *applications, gf_error *error) {
    double length = 1;
    if (!columns.is_complex && !gf_action_is_real(self->hamiltonian)) {
        return gf_fail(error, GF_INVALID,
                       "real vectors evolve in time with a real H alone; make them complex");
    }
    gf_status status =
        evolve(self, true, columns, count, time, start, result, applications, &length, error);
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
    double length;
    return evolve(self, false, columns, count, x, start, result, applications, &length, error);
}

double gf_time_evolution_memory(size_t size, int width) {
    return 2.0 * 8.0 * (double)size * width;
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
