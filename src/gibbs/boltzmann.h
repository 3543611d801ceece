/* Sums over the levels of a sector: the innermost loops of the program. */
#ifndef GIBBSFLOW_GIBBS_BOLTZMANN_H
#define GIBBSFLOW_GIBBS_BOLTZMANN_H

#include <stddef.h>

/* weight[n] = degeneracy[n] exp(-lambda x[n]), x[n] = energy[n] - reference, and the moments
 * sum[k] = sum_n weight[n] x[n]^k for k = 0, 1, 2. lambda x must not be negative. */
void gf_boltzmann_weigh(size_t count, const double *energy, const double *degeneracy, double lambda,
                        double reference, double *weight, double sum[3]);

/* sum_n weight[n] value[n] */
double gf_boltzmann_mean(size_t count, const double *weight, const double *value);

/* sum_n weight[n] value[n] (energy[n] - reference) */
double gf_boltzmann_energy_mean(size_t count, const double *weight, const double *value,
                                const double *energy, double reference);

/* Both at once: sum[k] = sum_n weight[n] value[n] (energy[n] - reference)^k for k = 0, 1. */
void gf_boltzmann_moments(size_t count, const double *weight, const double *value,
                          const double *energy, double reference, double sum[2]);

/* With x = m and y_n = energy[n] - mean, and s_n = k[0] x^2 + 2 k[1] x y_n + k[2] y_n^2, adds
 * sum_n weight[n] s_n (x, y_n) to sum[2]. */
void gf_boltzmann_third(size_t count, const double *weight, const double *energy, double m,
                        double mean, const double k[3], double sum[2]);

/* weight[n] *= (s_n - v[0] x - v[1] y_n)/2 - constant, in the same notation. */
void gf_boltzmann_bend(size_t count, double *weight, const double *energy, double m, double mean,
                       const double k[3], const double v[2], double constant);

#endif
