#include "transport/time_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STENCIL = 8, FREQUENCIES = 4096 };

void gf_time_filter_free(gf_time_filter *self) {
    free(self->weight);
    *self = (gf_time_filter){0};
}

static double transfer(double x) {
    return fabs(x) < 1e-4 ? 1 - x * x / 3 : tanh(x) / x;
}

/* Fourier coefficients of tanh(x)/x over the frequencies that the grid knows; together 1. */
static void fill(gf_time_filter *self, double lambda2) {
    double sum = 0;
    size_t count = FREQUENCIES + 8 * self->reach;
    for (size_t k = 0; k <= self->reach; ++k) {
        double one = 0;
        for (size_t n = 0; n < count; ++n) {
            double angle = M_PI * ((double)n + 0.5) / (double)count;
            one += transfer(lambda2 * angle / (2 * self->step)) * cos(angle * (double)k);
        }
        self->weight[k] = one / (double)count;
        sum += (k == 0 ? 1 : 2) * self->weight[k];
    }
    self->weight[0] += 1 - sum;
}

gf_status gf_time_filter_init(gf_time_filter *self, double step, size_t steps, gf_kubo form,
                              double lambda2, gf_error *error) {
    *self = (gf_time_filter){.step = step, .steps = steps};
    if (form == GF_SYMMETRISED || lambda2 == 0) {
        return GF_OK;
    }
    self->weight = calloc(steps + 1, sizeof *self->weight);
    if (self->weight == NULL) {
        *self = (gf_time_filter){0};
        return gf_fail_memory(error, "functions of time");
    }
    self->reach = steps;
    fill(self, lambda2);
    return GF_OK;
}

/* The strength k at step n, before the start and beyond the end, too. */
static double value_at(const gf_time_filter *self, const double (*from)[GF_STRENGTHS], long n,
                       int k) {
    long last = (long)self->steps - 1, at = labs(n) < last ? labs(n) : last;
    return n < 0 && k == GF_J12_IMAGINARY ? -from[at][k] : from[at][k];
}

void gf_time_filter_apply(const gf_time_filter *self, const double (*from)[GF_STRENGTHS],
                          double (*to)[GF_STRENGTHS]) {
    if (self->reach == 0) {
        memcpy(to, from, self->steps * sizeof *to);
        return;
    }
    for (long n = 0; n < (long)self->steps; ++n) {
        for (int k = 0; k < GF_STRENGTHS; ++k) {
            double sum = self->weight[0] * value_at(self, from, n, k);
            for (long s = 1; s <= (long)self->reach; ++s) {
                sum += self->weight[s] *
                       (value_at(self, from, n - s, k) + value_at(self, from, n + s, k));
            }
            to[n][k] = sum;
        }
    }
}

/* --- integrals ------------------------------------------------------------------------------- */

/* Lagrange's polynomial of node j of 0 ... STENCIL-1. */
static double lagrange(int j, double x) {
    double product = 1;
    for (int k = 0; k < STENCIL; ++k) {
        product *= k == j ? 1 : (x - k) / (j - k);
    }
    return product;
}

/* weight[STENCIL] of the integral from node `first` to the next: Gauss and Legendre's rule with
 * four points, exact for degree 7. */
static void integrate_stencil(int first, double *weight) {
    static const double point[2] = {0.33998104358485626, 0.86113631159405258};
    static const double share[2] = {0.65214515486254614, 0.34785484513745386};
    for (int j = 0; j < STENCIL; ++j) {
        weight[j] = 0;
        for (int p = 0; p < 2; ++p) {
            weight[j] +=
                share[p] / 2 *
                (lagrange(j, first + 0.5 - point[p] / 2) + lagrange(j, first + 0.5 + point[p] / 2));
        }
    }
}

void gf_time_filter_integrate(const gf_time_filter *self, const double (*from)[GF_STRENGTHS],
                              double (*integral)[GF_STRENGTHS]) {
    double weight[STENCIL];
    long last = (long)self->steps - STENCIL, before = -1;
    memset(integral, 0, sizeof *integral);
    for (long n = 0; n + 1 < (long)self->steps; ++n) {
        long start = n - (STENCIL / 2 - 1) < last ? n - (STENCIL / 2 - 1) : last;
        if (n - start != before) {
            integrate_stencil((int)(n - start), weight);
            before = n - start;
        }
        for (int k = 0; k < GF_STRENGTHS; ++k) {
            double sum = 0;
            for (int j = 0; j < STENCIL; ++j) {
                sum += weight[j] * value_at(self, from, start + j, k);
            }
            integral[n + 1][k] = integral[n][k] + self->step * sum;
        }
    }
}
