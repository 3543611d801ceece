#include "open_system/trajectories/combine_kernel.h"

#include "base/clones.h"

#include <string.h>

enum { PIECE = 64 }; /* components at a time: their sum stays in the nearest cache */

GF_CLONES static double combine_piece(size_t count, size_t stride, size_t terms,
                                      const double *factor, const double *vectors, double *psi) {
    double sum[2 * PIECE] = {0}, norm = 0;
    for (size_t n = 0; n < terms; ++n) {
        const double a = factor[2 * n], b = factor[2 * n + 1];
        const double *restrict v = vectors + 2 * n * stride;
        for (size_t i = 0; i < count; ++i) {
            sum[2 * i] += a * v[2 * i] - b * v[2 * i + 1];
            sum[2 * i + 1] += a * v[2 * i + 1] + b * v[2 * i];
        }
    }
    for (size_t i = 0; i < 2 * count; ++i) {
        psi[i] = sum[i];
        norm += sum[i] * sum[i];
    }
    return norm;
}

double gf_combine(const gf_momentum_basis *basis, gf_rungs rungs, size_t terms,
                  const double complex *factor, const double complex *vectors,
                  double complex *psi) {
    double norm = 0;
    for (int up = 0; up <= basis->sites; ++up) {
        size_t end = (rungs >> up & 1) != 0 ? basis->first[up + 1] : basis->first[up];
        for (size_t i = basis->first[up]; i < end; i += PIECE) {
            size_t count = end - i < PIECE ? end - i : PIECE;
            norm += combine_piece(count, basis->orbits, terms, (const double *)factor,
                                  (const double *)(vectors + i), (double *)(psi + i));
        }
    }
    return norm;
}

void gf_scale(const gf_momentum_basis *basis, gf_rungs rungs, double factor, double complex *psi) {
    for (int up = 0; up <= basis->sites; ++up) {
        size_t end = (rungs >> up & 1) != 0 ? basis->first[up + 1] : basis->first[up];
        for (size_t i = basis->first[up]; i < end; ++i) {
            psi[i] *= factor;
        }
    }
}
