/* Compiled with -ffast-math, so that exp() and the sums use the vector units; nothing here may rely
 * on infinities or NaN. The clones are static: a compiler shows those of other functions to users
 * of the library. */
#include "gibbs/boltzmann.h"

#include "base/clones.h"

#include <math.h>

GF_CLONES static void weigh(size_t count, const double *restrict energy,
                            const double *restrict degeneracy, double lambda, double reference,
                            double *restrict weight, double sum[3]) {
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

GF_CLONES static double average(size_t count, const double *restrict weight,
                                const double *restrict value) {
    double sum = 0;
    for (size_t n = 0; n < count; ++n) {
        sum += weight[n] * value[n];
    }
    return sum;
}

GF_CLONES static double average_energy(size_t count, const double *restrict weight,
                                       const double *restrict value, const double *restrict energy,
                                       double reference) {
    double sum = 0;
    for (size_t n = 0; n < count; ++n) {
        sum += weight[n] * value[n] * (energy[n] - reference);
    }
    return sum;
}

GF_CLONES static void average_moments(size_t count, const double *restrict weight,
                                      const double *restrict value, const double *restrict energy,
                                      double reference, double sum[2]) {
    double sum0 = 0, sum1 = 0;
    for (size_t n = 0; n < count; ++n) {
        double term = weight[n] * value[n];
        sum0 += term;
        sum1 += term * (energy[n] - reference);
    }
    sum[0] = sum0;
    sum[1] = sum1;
}

GF_CLONES static void add_third(size_t count, const double *restrict weight,
                                const double *restrict energy, double m, double mean,
                                const double k[3], double sum[2]) {
    const double a = k[0] * m * m, b = 2 * k[1] * m, c = k[2];
    double sum0 = 0, sum1 = 0;
    for (size_t n = 0; n < count; ++n) {
        double y = energy[n] - mean, term = weight[n] * (a + y * (b + c * y));
        sum0 += term;
        sum1 += term * y;
    }
    sum[0] += m * sum0;
    sum[1] += sum1;
}

GF_CLONES static void bend(size_t count, double *restrict weight, const double *restrict energy,
                           double m, double mean, const double k[3], const double v[2],
                           double constant) {
    const double a = (k[0] * m - v[0]) * m / 2 - constant, b = k[1] * m - v[1] / 2, c = k[2] / 2;
    for (size_t n = 0; n < count; ++n) {
        double y = energy[n] - mean;
        weight[n] *= a + y * (b + c * y);
    }
}

void gf_boltzmann_weigh(size_t count, const double *energy, const double *degeneracy, double lambda,
                        double reference, double *weight, double sum[3]) {
    weigh(count, energy, degeneracy, lambda, reference, weight, sum);
}

double gf_boltzmann_mean(size_t count, const double *weight, const double *value) {
    return average(count, weight, value);
}

double gf_boltzmann_energy_mean(size_t count, const double *weight, const double *value,
                                const double *energy, double reference) {
    return average_energy(count, weight, value, energy, reference);
}

void gf_boltzmann_moments(size_t count, const double *weight, const double *value,
                          const double *energy, double reference, double sum[2]) {
    average_moments(count, weight, value, energy, reference, sum);
}

void gf_boltzmann_third(size_t count, const double *weight, const double *energy, double m,
                        double mean, const double k[3], double sum[2]) {
    add_third(count, weight, energy, m, mean, k, sum);
}

void gf_boltzmann_bend(size_t count, double *weight, const double *energy, double m, double mean,
                       const double k[3], const double v[2], double constant) {
    bend(count, weight, energy, m, mean, k, v, constant);
}
