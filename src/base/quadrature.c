#include "base/quadrature.h"

#include <math.h>

void gf_quadrature_legendre(double low, double high, size_t count, double *node, double *weight) {
    double n = (double)count;
    for (size_t i = 0; i < count; ++i) {
        double x = cos(M_PI * ((double)i + 0.75) / (n + 0.5)), slope = 1;
        for (int iteration = 0; iteration < 100; ++iteration) {
            double p = 1, before = 0;
            for (size_t k = 0; k < count; ++k) {
                double next = ((2 * (double)k + 1) * x * p - (double)k * before) / ((double)k + 1);
                before = p;
                p = next;
            }
            slope = n * (x * p - before) / (x * x - 1);
            double move = p / slope;
            x -= move;
            if (fabs(move) < 1e-15) {
                break;
            }
        }
        node[count - 1 - i] = (low + high) / 2 + (high - low) / 2 * x;
        weight[count - 1 - i] = (high - low) / ((1 - x * x) * slope * slope);
    }
}
