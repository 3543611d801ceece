#include "transport/liouvillian.h"

#include "base/clones.h"

enum { MOST_PAIRS = GF_LIOUVILLIAN_COLUMNS / 2, PIECE = 512 };

#define INLINE static inline __attribute__((always_inline))

/* Columns by twos: left to themselves, compilers take a row's elements together instead. */
typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));

/* Of a row, without columns from `size` on, which are the last ones. */
static size_t end_of(const gf_liouvillian *self, size_t row, size_t size) {
    size_t end = self->row[row + 1];
    while (end > self->row[row] && self->column[end - 1] >= size) {
        --end;
    }
    return end;
}

INLINE void add_element(const gf_liouvillian *self, size_t element, size_t pairs, const double *in,
                        pair *sum) {
    const pair *x = (const pair *)in + pairs * self->column[element];
    const pair *later = (const pair *)in + pairs * self->column[element + GF_LIOUVILLIAN_AHEAD];
    __builtin_prefetch(later);
    if (pairs > 4) { /* another line of the cache */
        __builtin_prefetch(later + 4);
    }
    for (size_t c = 0; c < pairs; ++c) {
        sum[c] += self->value[element] * x[c];
    }
}

/* `chains` sums at a time, as each waits for its last element. */
INLINE void apply_pairs(const gf_liouvillian *self, size_t size, size_t first, size_t end,
                        size_t pairs, size_t chains, const double *in, double *out) {
    for (size_t i = first; i < end; ++i) {
        pair sum[4][MOST_PAIRS];
        size_t k = self->row[i], last = end_of(self, i, size);
        for (size_t u = 0; u < chains; ++u) {
            for (size_t c = 0; c < pairs; ++c) {
                sum[u][c] = (pair){0};
            }
        }
        for (; k + chains <= last; k += chains) {
            for (size_t u = 0; u < chains; ++u) {
                add_element(self, k + u, pairs, in, sum[u]);
            }
        }
        for (; k < last; ++k) {
            add_element(self, k, pairs, in, sum[0]);
        }
        for (size_t c = 0; c < pairs; ++c) {
            for (size_t u = 1; u < chains; ++u) {
                sum[0][c] += sum[u][c];
            }
            ((pair *)out)[(i - first) * pairs + c] = sum[0][c];
        }
    }
}

/* With the number of columns known to the compiler. */
GF_CLONES static void apply_rows(const gf_liouvillian *self, size_t size, size_t first, size_t end,
                                 size_t columns, const double *in, double *out) {
    switch (columns) {
    case 2:
        apply_pairs(self, size, first, end, 1, 4, in, out);
        break;
    case 4:
        apply_pairs(self, size, first, end, 2, 2, in, out);
        break;
    case 6:
        apply_pairs(self, size, first, end, 3, 2, in, out);
        break;
    case 8:
        apply_pairs(self, size, first, end, 4, 1, in, out);
        break;
    default:
        apply_pairs(self, size, first, end, 5, 1, in, out);
        break;
    }
}

void gf_liouvillian_apply_rows(const gf_liouvillian *self, size_t size, size_t first, size_t end,
                               size_t columns, const double *in, double *out) {
    apply_rows(self, size, first, end, columns, in, out);
}

void gf_liouvillian_apply(const gf_liouvillian *self, size_t size, size_t columns, const double *in,
                          double *out) {
#pragma omp parallel for schedule(dynamic) if (size >= GF_LIOUVILLIAN_SHARED)
    for (size_t first = 0; first < size; first += PIECE) {
        size_t end = size - first < PIECE ? size : first + PIECE;
        apply_rows(self, size, first, end, columns, in, out + first * columns);
    }
}
