/* Fluctuating fields whose least actions are known, and one in which everything varies. */
#ifndef GIBBSFLOW_TEST_FIELDS_H
#define GIBBSFLOW_TEST_FIELDS_H

#include "langevin/instanton/fluctuating_field.h"

#include <math.h>
#include <string.h>

/* --- everything varies ----------------------------------------------------------------------- */

/* Smooth functions without symmetry; the noises are positive definite. */
static inline void vary_drive(const void *context, size_t count, const double *q,
                              gf_field_drive *result) {
    (void)context;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k, q += 2, ++result) {
        double m = q[0], e = q[1];
        result->force[0] = sin(m + 2 * e) - m * m * m;
        result->force_slope[0][0] = cos(m + 2 * e) - 3 * m * m;
        result->force_slope[0][1] = 2 * cos(m + 2 * e);
        result->force[1] = m * e - 2 * e + 0.3 * m * m;
        result->force_slope[1][0] = e + 0.6 * m;
        result->force_slope[1][1] = m - 2;
        result->noise[0] = 2 + sin(m) * cos(e);
        result->noise_slope[0][0] = cos(m) * cos(e);
        result->noise_slope[0][1] = -sin(m) * sin(e);
        result->noise[1] = 0.4 * sin(m - e);
        result->noise_slope[1][0] = 0.4 * cos(m - e);
        result->noise_slope[1][1] = -0.4 * cos(m - e);
        result->noise[2] = 1.5 + 0.5 * cos(2 * m + e);
        result->noise_slope[2][0] = -sin(2 * m + e);
        result->noise_slope[2][1] = -0.5 * sin(2 * m + e);
    }
}

static inline void vary_transport(const void *context, size_t count, const double *q,
                                  gf_field_transport *result) {
    (void)context;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k, q += 2, ++result) {
        double m = q[0], e = q[1];
        result->diffusion[0][0] = 1 + 0.3 * m * m;
        result->diffusion_slope[0][0][0] = 0.6 * m;
        result->diffusion[0][1] = 0.2 * sin(e);
        result->diffusion_slope[0][1][1] = 0.2 * cos(e);
        result->diffusion[1][0] = 0.1 * m * e;
        result->diffusion_slope[1][0][0] = 0.1 * e;
        result->diffusion_slope[1][0][1] = 0.1 * m;
        result->diffusion[1][1] = 0.7 + 0.2 * cos(m);
        result->diffusion_slope[1][1][0] = -0.2 * sin(m);
        result->noise[0] = 1 + 0.4 * sin(m + e);
        result->noise_slope[0][0] = result->noise_slope[0][1] = 0.4 * cos(m + e);
        result->noise[1] = 0.3 * cos(e);
        result->noise_slope[1][1] = -0.3 * sin(e);
        result->noise[2] = 0.8 + 0.1 * m * m;
        result->noise_slope[2][0] = 0.2 * m;
    }
}

static const gf_fluctuating_field varying_field = {
    .fields = 2, .has_space = true, .drive = vary_drive, .transport = vary_transport};

/* --- Maier and Stein ------------------------------------------------------------------------- */

/* dx = x - x^3 - beta x y^2, dy = -(1 + x^2) y, unit noise; context: beta. Gradient at beta = 1
 * (R. S. Maier and D. L. Stein, J. Stat. Phys. 83, 291 (1996)). */
static inline void drive_maier_stein(const void *context, size_t count, const double *q,
                                     gf_field_drive *result) {
    double beta = *(const double *)context;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k, q += 2, ++result) {
        double x = q[0], y = q[1];
        result->force[0] = x - x * x * x - beta * x * y * y;
        result->force_slope[0][0] = 1 - 3 * x * x - beta * y * y;
        result->force_slope[0][1] = -2 * beta * x * y;
        result->force[1] = -(1 + x * x) * y;
        result->force_slope[1][0] = -2 * x * y;
        result->force_slope[1][1] = -(1 + x * x);
        result->noise[0] = result->noise[2] = 1;
    }
}

static inline gf_fluctuating_field maier_stein(const double *beta) {
    return (gf_fluctuating_field){.fields = 2, .context = beta, .drive = drive_maier_stein};
}

/* --- gradients ------------------------------------------------------------------------------- */

/* Two fields that relax by a mobility M in the energy
 *
 *   E = integral dx [ D m'^2/2 + v(m) + stiff (e - tie m)^2/2 + D2 (e - tie m)'^2/2 ],
 *   v = -linear m^2/2 + cubic m^4/4 - tilt m,
 *
 * with noise 2 T M: the action of going uphill is that of the energy over T, and least for
 * e = tie m, where it is that of m alone. */
typedef struct pair_numbers {
    double linear, cubic, tilt, stiff, tie, temperature, diffusion, second;
    double mobility[2][2];
} pair_numbers;

static inline void drive_pair(const void *context, size_t count, const double *q,
                              gf_field_drive *result) {
    const pair_numbers *n = context;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k, q += 2, ++result) {
        double m = q[0], apart = n->stiff * (q[1] - n->tie * m);
        double slope[2] = {-n->linear * m + n->cubic * m * m * m - n->tilt - n->tie * apart, apart};
        double curve[2][2] = {
            {-n->linear + 3 * n->cubic * m * m + n->stiff * n->tie * n->tie, -n->stiff * n->tie},
            {-n->stiff * n->tie, n->stiff}};
        for (int i = 0; i < 2; ++i) {
            for (int j = 0; j < 2; ++j) {
                result->force[i] -= n->mobility[i][j] * slope[j];
                for (int c = 0; c < 2; ++c) {
                    result->force_slope[i][c] -= n->mobility[i][j] * curve[j][c];
                }
                result->noise[gf_pair((size_t)i, (size_t)j)] =
                    2 * n->temperature * n->mobility[i][j];
            }
        }
    }
}

static inline void transport_pair(const void *context, size_t count, const double *q,
                                  gf_field_transport *result) {
    const pair_numbers *n = context;
    double stiffness[2][2] = {{n->diffusion + n->second * n->tie * n->tie, -n->second * n->tie},
                              {-n->second * n->tie, n->second}};
    (void)q;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k, ++result) {
        for (int i = 0; i < 2; ++i) {
            for (int j = 0; j < 2; ++j) {
                for (int c = 0; c < 2; ++c) {
                    result->diffusion[i][c] += n->mobility[i][j] * stiffness[j][c];
                }
            }
        }
    }
}

static inline gf_fluctuating_field gradient_pair(const pair_numbers *numbers) {
    return (gf_fluctuating_field){.fields = 2,
                                  .has_space = true,
                                  .context = numbers,
                                  .drive = drive_pair,
                                  .transport = transport_pair};
}

/* The same for m alone, with mobility 1. */
static inline void drive_tilted(const void *context, size_t count, const double *m,
                                gf_field_drive *result) {
    const pair_numbers *n = context;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k) {
        result[k].force[0] = n->linear * m[k] - n->cubic * m[k] * m[k] * m[k] + n->tilt;
        result[k].force_slope[0][0] = n->linear - 3 * n->cubic * m[k] * m[k];
        result[k].noise[0] = 2 * n->temperature;
    }
}

static inline void transport_tilted(const void *context, size_t count, const double *m,
                                    gf_field_transport *result) {
    const pair_numbers *n = context;
    (void)m;
    memset(result, 0, count * sizeof *result);
    for (size_t k = 0; k < count; ++k) {
        result[k].diffusion[0][0] = n->diffusion;
    }
}

static inline gf_fluctuating_field tilted_field(const pair_numbers *numbers) {
    return (gf_fluctuating_field){.fields = 1,
                                  .has_space = true,
                                  .context = numbers,
                                  .drive = drive_tilted,
                                  .transport = transport_tilted};
}

#endif
