#include "langevin/instanton/medium_field.h"

#include "base/matrix.h"
#include "medium/diffusion.h"
#include "medium/surface.h"

#include <string.h>

enum { F = GF_CHARGES };

static void drive(const void *context, size_t count, const double *q, gf_field_drive *result) {
    const gf_medium_field *self = context;
    double value[GF_SURFACE_VALUES], slope[GF_SURFACE_VALUES][F];
    for (size_t k = 0; k < count; ++k) {
        gf_surface_expand(self->surface, q + k * F, value, slope);
        for (size_t i = 0; i < F; ++i) {
            result[k].force[i] = value[GF_SURFACE_FORCE + i];
            memcpy(result[k].force_slope[i], slope[GF_SURFACE_FORCE + i], sizeof slope[0]);
        }
        for (size_t i = 0; i < GF_PAIRS; ++i) {
            result[k].noise[i] = self->drive * value[GF_SURFACE_NOISE + i];
            for (size_t c = 0; c < F; ++c) {
                result[k].noise_slope[i][c] = self->drive * slope[GF_SURFACE_NOISE + i][c];
            }
        }
    }
}

/* D = sigma C^-1, dD = -D dC C^-1, T = 2 sigma. */
static void put_onsager(const gf_medium_field *self, const double *c, double (*slope)[F],
                        gf_field_transport *result) {
    double sigma[F][F], inverse[GF_PAIRS], full[F][F], change[F][F], part[F][F], by[F][F];
    memcpy(sigma, self->transport, sizeof sigma);
    if (!gf_matrix_invert(c, inverse)) {
        memset(inverse, 0, sizeof inverse);
    }
    gf_matrix_unpack(inverse, full);
    gf_matrix_multiply(sigma, full, result->diffusion);
    for (size_t k = 0; k < F; ++k) {
        const double packed[GF_PAIRS] = {slope[0][k], slope[1][k], slope[2][k]};
        gf_matrix_unpack(packed, change);
        gf_matrix_multiply(result->diffusion, change, part);
        gf_matrix_multiply(part, full, by);
        for (size_t i = 0; i < F * F; ++i) {
            result->diffusion_slope[i / F][i % F][k] = -by[i / F][i % F];
        }
    }
    for (size_t i = 0; i < F; ++i) {
        for (size_t k = i; k < F; ++k) {
            result->noise[gf_pair(i, k)] = 2 * self->thermal * sigma[i][k];
        }
    }
}

/* thermal (D C + C D^T), packed, of two full matrices. */
static void add_noise(double thermal, double d[F][F], double c[F][F], double noise[GF_PAIRS]) {
    for (size_t i = 0; i < F; ++i) {
        for (size_t k = i; k < F; ++k) {
            for (size_t j = 0; j < F; ++j) {
                noise[gf_pair(i, k)] += thermal * (d[i][j] * c[j][k] + c[i][j] * d[k][j]);
            }
        }
    }
}

/* T and its slopes from D and C and theirs. */
static void put_noise(const gf_medium_field *self, const double *c, double (*slope)[F],
                      gf_field_transport *result) {
    double full[F][F];
    gf_matrix_unpack(c, full);
    memset(result->noise, 0, sizeof result->noise);
    add_noise(self->thermal, result->diffusion, full, result->noise);
    for (size_t k = 0; k < F; ++k) {
        double by_c[F][F], by_d[F][F], noise[GF_PAIRS] = {0};
        const double packed[GF_PAIRS] = {slope[0][k], slope[1][k], slope[2][k]};
        gf_matrix_unpack(packed, by_c);
        for (size_t i = 0; i < F * F; ++i) {
            by_d[i / F][i % F] = result->diffusion_slope[i / F][i % F][k];
        }
        add_noise(self->thermal, result->diffusion, by_c, noise);
        add_noise(self->thermal, by_d, full, noise);
        for (size_t i = 0; i < GF_PAIRS; ++i) {
            result->noise_slope[i][k] = noise[i];
        }
    }
}

/* D at q, and its slopes. */
static void put_diffusion(const gf_medium_field *self, const double *q,
                          gf_field_transport *result) {
    if (self->law == GF_TRANSPORT_CONSTANT) {
        memcpy(result->diffusion, self->transport, sizeof result->diffusion);
        return;
    }
    double slope[F * F][F], d[F * F];
    gf_diffusion_expand(self->diffusion, q, d, slope);
    memcpy(result->diffusion, d, sizeof d);
    memcpy(result->diffusion_slope, slope, sizeof slope);
}

static void transport(const void *context, size_t count, const double *q,
                      gf_field_transport *result) {
    const gf_medium_field *self = context;
    double value[GF_SURFACE_VALUES], slope[GF_SURFACE_VALUES][F];
    for (size_t k = 0; k < count; ++k) {
        gf_surface_expand(self->surface, q + k * F, value, slope);
        if (self->law == GF_TRANSPORT_ONSAGER) {
            put_onsager(self, value + GF_SURFACE_SUSCEPTIBILITY, slope + GF_SURFACE_SUSCEPTIBILITY,
                        &result[k]);
        } else {
            put_diffusion(self, q + k * F, &result[k]);
            put_noise(self, value + GF_SURFACE_SUSCEPTIBILITY, slope + GF_SURFACE_SUSCEPTIBILITY,
                      &result[k]);
        }
    }
}

gf_fluctuating_field gf_medium_field_make(const gf_medium_field *numbers) {
    bool has_space = numbers->law != GF_TRANSPORT_NONE;
    return (gf_fluctuating_field){.fields = GF_CHARGES,
                                  .has_space = has_space,
                                  .context = numbers,
                                  .drive = drive,
                                  .transport = has_space ? transport : NULL};
}
