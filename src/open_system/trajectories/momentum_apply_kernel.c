#include "base/clones.h"
#include "open_system/trajectories/momentum_operator.h"

/* Rows from ... end-1. Numbers are pairs of real and imaginary part: the compiler's products of
 * complex numbers look for infinities. */
GF_CLONES static void apply_rows(const gf_momentum_operator *self, const double *restrict value,
                                 size_t from, size_t end, const double *restrict in,
                                 const double *before, double *out) {
    const gf_momentum_entry *restrict entry = self->entry;
    const double *restrict diagonal = (const double *)self->diagonal;
    for (size_t row = from; row < end; ++row) {
        double x = in[2 * row], y = in[2 * row + 1];
        double a = diagonal[2 * row], b = diagonal[2 * row + 1];
        double real = a * x - b * y, imaginary = a * y + b * x;
        for (size_t e = self->first[row]; e < self->first[row + 1]; ++e) {
            const double *v = value + 2 * (size_t)entry[e].kind;
            const double *w = in + 2 * (size_t)entry[e].column;
            real += v[0] * w[0] - v[1] * w[1];
            imaginary += v[0] * w[1] + v[1] * w[0];
        }
        out[2 * row] = before != NULL ? real - before[2 * row] : real;
        out[2 * row + 1] = before != NULL ? imaginary - before[2 * row + 1] : imaginary;
    }
}

void gf_momentum_operator_apply(const gf_momentum_operator *self, int momentum, gf_rungs rungs,
                                const double complex *in, const double complex *before,
                                double complex *out) {
    const double complex *value = self->value + (size_t)momentum * self->kinds;
    for (int up = 0; up <= self->basis->sites; ++up) {
        if ((rungs >> up & 1) != 0) {
            apply_rows(self, (const double *)value, self->basis->first[up],
                       self->basis->first[up + 1], (const double *)in, (const double *)before,
                       (double *)out);
        }
    }
}
