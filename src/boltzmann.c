/* Compiled with -ffast-math, so that exp() and the sums use the vector units; nothing here may rely
 * on infinities or NaN. */
#include "boltzmann.h"

#include "clones.h"

#include <math.h>

GF_CLONES void gf_boltzmann_weigh(size_t count, const double *restrict energy,
                                  const double *restrict degeneracy, double lambda,
                                  double reference, double *restrict weight, double sum[3]) {
    double sum0 = 0, sum1 = 0, sum2 = 0;
    for (size_t n = 0; n < count; ++n) {
        double x = energy[n] - reference;
        double w = degeneracy[n] * exp(-lambda * x);
        weight[n] = w;
        sum0 += w;
        sum1 += w * x;
        sum2 += w * x * x;
    }
    sum[0] = sum0;
    sum[1] = sum1;
    sum[2] = sum2;
}

GF_CLONES double gf_boltzmann_mean(size_t count, const double *restrict weight,
                                   const double *restrict value) {
    double sum = 0;
    for (size_t n = 0; n < count; ++n) {
        sum += weight[n] * value[n];
    }
    return sum;
}

GF_CLONES double gf_boltzmann_energy_mean(size_t count, const double *restrict weight,
                                          const double *restrict value,
                                          const double *restrict energy, double reference) {
    double sum = 0;
    for (size_t n = 0; n < count; ++n) {
        sum += weight[n] * value[n] * (energy[n] - reference);
    }
    return sum;
}
