/* What the least action knows of an equation: a field q(x, t) of one or two components,
 *
 *   dq/dt = d/dx (D(q) dq/dx) + f(q) + xi + d(xi_th)/dx,
 *   <xi xi> = N(q),   <xi_th xi_th> = T(q),
 *
 * in units in which both noises are weak by the same small factor, with the derivatives of all
 * coefficients. Without space there is f and N alone. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_FLUCTUATING_FIELD_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_FLUCTUATING_FIELD_H

#include "gibbsflow/charge.h"

#include <stdbool.h>
#include <stddef.h>

/* In a cell. The last index of a slope is the component by which it is derived. Of one component
 * the first entries alone are used. Symmetric matrices are packed (charge.h). */
typedef struct gf_field_drive {
    double force[GF_CHARGES], force_slope[GF_CHARGES][GF_CHARGES];
    double noise[GF_PAIRS], noise_slope[GF_PAIRS][GF_CHARGES];
} gf_field_drive;

/* At a face between two cells. */
typedef struct gf_field_transport {
    double diffusion[GF_CHARGES][GF_CHARGES], diffusion_slope[GF_CHARGES][GF_CHARGES][GF_CHARGES];
    double noise[GF_PAIRS], noise_slope[GF_PAIRS][GF_CHARGES];
} gf_field_transport;

typedef struct gf_fluctuating_field {
    size_t fields; /* 1, or GF_CHARGES */
    bool has_space;
    const void *context;
    /* At count densities q[count][fields]. `result` holds zeros or what an earlier call has left:
     * what is zero everywhere need not be set. Threads may call them side by side. */
    void (*drive)(const void *context, size_t count, const double *q, gf_field_drive *result);
    void (*transport)(const void *context, size_t count, const double *q,
                      gf_field_transport *result); /* NULL without space */
} gf_fluctuating_field;

#endif
