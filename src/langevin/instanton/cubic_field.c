#include "langevin/instanton/cubic_field.h"

static void drive(const void *context, size_t count, const double *m, gf_field_drive *result) {
    const gf_scalar *self = context;
    for (size_t i = 0; i < count; ++i) {
        result[i].force[0] = (self->linear - self->cubic * m[i] * m[i]) * m[i];
        result[i].force_slope[0][0] = self->linear - 3 * self->cubic * m[i] * m[i];
        result[i].noise[0] = self->drive;
    }
}

static void transport(const void *context, size_t count, const double *m,
                      gf_field_transport *result) {
    const gf_scalar *self = context;
    (void)m;
    for (size_t i = 0; i < count; ++i) {
        result[i].diffusion[0][0] = self->diffusion;
        result[i].noise[0] = self->thermal;
    }
}

gf_fluctuating_field gf_cubic_field(const gf_scalar *numbers, bool has_space) {
    return (gf_fluctuating_field){.fields = 1,
                                  .has_space = has_space,
                                  .context = numbers,
                                  .drive = drive,
                                  .transport = has_space ? transport : NULL};
}
