#include "langevin/equation/cubic.h"

#include "base/clones.h"

#include <math.h>

/* result = old_weight old + (weight + linear - cubic m^2 - 2 laplace) m + laplace (left + right) */
GF_CLONES static void drift(double old_weight, double linear, double cubic, double laplace,
                            size_t count, const double *old, const double *restrict m,
                            double *result) {
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        double left = m[i], centre = m[i + 1], right = m[i + 2];
        double rest = old_weight * old[i] + laplace * (left + right);
        result[i] = (linear - cubic * centre * centre) * centre + rest;
    }
}

void gf_cubic_drift(const gf_dynamics *dynamics, const gf_stage *stage, size_t count,
                    const double *old, const double *m, double *result) {
    double laplace =
        stage->time * dynamics->scalar.diffusion / (dynamics->spacing * dynamics->spacing);
    drift(stage->old_weight, stage->weight + stage->time * dynamics->scalar.linear - 2 * laplace,
          stage->time * dynamics->scalar.cubic, laplace, count, old, m - 1, result);
}

GF_CLONES static void flow(double growth, double saturation, size_t count, double *restrict m) {
    for (size_t i = 0; i < count; ++i) {
        m[i] = growth * m[i] / sqrt(1 + saturation * m[i] * m[i]);
    }
}

/* m(t) = m e^{at} / sqrt(1 + (b/a) (e^{2at} - 1) m^2) for f = a m - b m^3 */
void gf_cubic_flow(const gf_dynamics *dynamics, double time, size_t count, double *m) {
    double a = dynamics->scalar.linear, b = dynamics->scalar.cubic;
    double saturation = a != 0 ? b / a * expm1(2 * a * time) : 2 * b * time;
    flow(exp(a * time), saturation, count, m);
}

double gf_cubic_potential(const gf_dynamics *dynamics, double m) {
    return (dynamics->scalar.cubic * m * m / 4 - dynamics->scalar.linear / 2) * m * m;
}

double gf_cubic_stiffness(const gf_dynamics *dynamics) {
    double a = dynamics->scalar.linear, b = dynamics->scalar.cubic, m0 = dynamics->order;
    return fmax(fabs(a), fabs(a - 3 * b * m0 * m0));
}
