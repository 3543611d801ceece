#include "cubic.h"

#include "clones.h"

#include <math.h>

GF_CLONES static void force(double linear, double cubic, size_t count, const double *restrict m,
                            double *restrict f) {
    for (size_t i = 0; i < count; ++i) {
        f[i] = (linear - cubic * m[i] * m[i]) * m[i];
    }
}

void gf_cubic_force(const gf_dynamics *dynamics, size_t count, const double *m, double *f) {
    force(dynamics->linear, dynamics->cubic, count, m, f);
}

GF_CLONES static void flow(double growth, double saturation, size_t count, double *restrict m) {
    for (size_t i = 0; i < count; ++i) {
        m[i] = growth * m[i] / sqrt(1 + saturation * m[i] * m[i]);
    }
}

/* m(t) = m e^{at} / sqrt(1 + (b/a) (e^{2at} - 1) m^2) for f = a m - b m^3 */
void gf_cubic_flow(const gf_dynamics *dynamics, double time, size_t count, double *m) {
    double a = dynamics->linear, b = dynamics->cubic;
    double saturation = a != 0 ? b / a * expm1(2 * a * time) : 2 * b * time;
    flow(exp(a * time), saturation, count, m);
}

double gf_cubic_potential(const gf_dynamics *dynamics, double m) {
    return (dynamics->cubic * m * m / 4 - dynamics->linear / 2) * m * m;
}

double gf_cubic_stiffness(const gf_dynamics *dynamics) {
    double a = dynamics->linear, b = dynamics->cubic, m0 = dynamics->order;
    return fmax(fabs(a), fabs(a - 3 * b * m0 * m0));
}
