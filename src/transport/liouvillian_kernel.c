#include "transport/liouvillian.h"

enum { W = GF_CHARGES, CHAINS = 4 };

/* Of a row, without columns from `size` on, which are the last ones. */
static size_t end_of(const gf_liouvillian *self, size_t row, size_t size) {
    size_t end = self->row[row + 1];
    while (end > self->row[row] && self->column[end - 1] >= size) {
        --end;
    }
    return end;
}

/* Several sums at a time, as a sum waits for its last element. */
void gf_liouvillian_apply(const gf_liouvillian *self, size_t size, const double *in, double *out) {
    for (size_t i = 0; i < size; ++i) {
        double sum[CHAINS][W] = {{0}};
        size_t k = self->row[i], end = end_of(self, i, size);
        for (; k + CHAINS <= end; k += CHAINS) {
            for (size_t u = 0; u < CHAINS; ++u) {
                const double *x = in + W * (size_t)self->column[k + u];
                for (size_t c = 0; c < W; ++c) {
                    sum[u][c] += self->value[k + u] * x[c];
                }
            }
        }
        for (; k < end; ++k) {
            const double *x = in + W * (size_t)self->column[k];
            for (size_t c = 0; c < W; ++c) {
                sum[0][c] += self->value[k] * x[c];
            }
        }
        for (size_t c = 0; c < W; ++c) {
            out[W * i + c] = (sum[0][c] + sum[1][c]) + (sum[2][c] + sum[3][c]);
        }
    }
}
