#include "transport/liouvillian.h"

void gf_liouvillian_apply(const gf_liouvillian *self, size_t size, const double *in, double *out) {
    for (size_t i = 0; i < size; ++i) {
        double sum[GF_CHARGES] = {0};
        size_t end = self->row[i + 1];
        for (size_t k = self->row[i]; k < end && self->column[k] < size; ++k) {
            const double *x = in + GF_CHARGES * (size_t)self->column[k];
            double value = self->value[k];
            for (size_t c = 0; c < GF_CHARGES; ++c) {
                sum[c] += value * x[c];
            }
        }
        for (size_t c = 0; c < GF_CHARGES; ++c) {
            out[GF_CHARGES * i + c] = sum[c];
        }
    }
}
