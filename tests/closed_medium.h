/* A medium without force and drive whose C vanishes at |m| = 1 and |e| = 1; beyond is outside. */
#ifndef GIBBSFLOW_TEST_CLOSED_MEDIUM_H
#define GIBBSFLOW_TEST_CLOSED_MEDIUM_H

#include "gibbsflow/surface.h"

#include <math.h>
#include <string.h>

static inline size_t closed_medium(const void *context, size_t count, const double *m,
                                   const double *e, float (*values)[GF_SURFACE_VALUES]) {
    size_t outside = 0;
    (void)context;
    for (size_t k = 0; k < count; ++k) {
        double x = fmax(1 - m[k] * m[k], 0), y = fmax(1 - e[k] * e[k], 0);
        memset(values[k], 0, sizeof values[k]);
        values[k][GF_SURFACE_SUSCEPTIBILITY] = (float)x;
        values[k][GF_SURFACE_SUSCEPTIBILITY + 1] = (float)(0.5 * x * y);
        values[k][GF_SURFACE_SUSCEPTIBILITY + 2] = (float)y;
        outside += fabs(m[k]) > 1 || fabs(e[k]) > 1 ? 1 : 0;
    }
    return outside;
}

#endif
