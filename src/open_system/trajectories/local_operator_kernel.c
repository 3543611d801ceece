#include "base/clones.h"
#include "open_system/trajectories/local_operator.h"

#include <string.h>

GF_CLONES static void add_element(const gf_local_element *element, uint32_t rest,
                                  const double *restrict in, double *restrict out) {
    double a = element->real, b = element->imaginary;
    uint32_t bits = 0;
    do {
        const double *x = in + 2 * (size_t)(bits | element->in);
        double *y = out + 2 * (size_t)(bits | element->out);
        y[0] += a * x[0] - b * x[1];
        y[1] += a * x[1] + b * x[0];
        bits = (bits - rest) & rest;
    } while (bits != 0);
}

void gf_local_operator_apply(const gf_local_operator *self, const double complex *in,
                             double complex *out) {
    uint32_t rest = ((uint32_t)1 << self->sites) - 1U;
    rest &= ~self->support;
    memset(out, 0, ((size_t)1 << self->sites) * sizeof *out);
    for (size_t k = 0; k < self->count; ++k) {
        add_element(&self->element[k], rest, (const double *)in, (double *)out);
    }
}

GF_CLONES static void correlate_element(const gf_local_element *element, uint32_t rest,
                                        const double *restrict in, const double *restrict left,
                                        double *restrict sums) {
    double a = element->real, b = element->imaginary;
    uint32_t bits = 0;
    do {
        uint32_t from = bits | element->in;
        const double *x = in + 2 * (size_t)from;
        const double *y = left + 2 * (size_t)(bits | element->out);
        sums[__builtin_popcount(from)] +=
            y[0] * (a * x[0] - b * x[1]) + y[1] * (a * x[1] + b * x[0]);
        bits = (bits - rest) & rest;
    } while (bits != 0);
}

void gf_local_operator_correlate(const gf_local_operator *self, const double complex *in,
                                 size_t count, const double complex *const *left, double *sums) {
    uint32_t rest = ((uint32_t)1 << self->sites) - 1U;
    rest &= ~self->support;
    for (size_t k = 0; k < self->count; ++k) {
        for (size_t n = 0; n < count; ++n) {
            correlate_element(&self->element[k], rest, (const double *)in, (const double *)left[n],
                              sums + n * ((size_t)self->sites + 1));
        }
    }
}
