#include "gibbsflow/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gf_run_free(gf_run *self) {
    free(self->yaml);
    free(self->settings);
    free(self->sweep);
    free(self->stretch);
    free(self->table);
    if (self->diffusion != NULL) {
        gf_diffusion_free(self->diffusion);
    }
    free(self->diffusion);
    gf_file_close(&self->table_file);
    gf_settings_free(&self->rates);
    for (size_t k = 0; k < self->surface_count; ++k) {
        gf_surface_free(self->surfaces[k]);
    }
    free(self->surfaces);
    *self = (gf_run){0};
}

static size_t evaluate(const void *surface, size_t count, const double *m, const double *e,
                       float (*values)[GF_SURFACE_VALUES]) {
    return gf_surface_sample(surface, count, m, e, values);
}

static gf_medium medium_of(const gf_run *self, size_t point) {
    return (gf_medium){.evaluate = evaluate,
                       .context = self->surfaces[self->surface_count > 1 ? point : 0]};
}

gf_status gf_run_dynamics(const gf_run *self, size_t point, gf_dynamics *dynamics,
                          gf_error *error) {
    double parameters[GF_RUN_MAX_PARAMETERS];
    memcpy(parameters, self->parameters, sizeof parameters);
    parameters[self->swept] = self->sweep[point];
    gf_noise_strength noise = self->noise;
    *dynamics = (gf_dynamics){.equation = self->equation, .spacing = self->spacing};
    if (self->equation->fields == 2) {
        dynamics->hydrodynamics = self->hydrodynamics;
        dynamics->hydrodynamics.medium = medium_of(self, point);
        /* half of what the step can stand */
        dynamics->hydrodynamics.largest = self->spacing * self->spacing / (4 * self->step);
    }
    if (self->rescaled && !(parameters[0] > 0)) {
        return gf_fail(error, GF_INVALID, "epsilon = %g; expected a positive number",
                       parameters[0]);
    }
    if (self->rescaled) { /* x = r sqrt(epsilon), tau = epsilon t: noises shrink by sqrt(epsilon) */
        noise.drive *= sqrt(parameters[0]);
        noise.thermal *= sqrt(parameters[0]);
        parameters[0] = 1;
    }
    return self->equation->prepare(parameters, &noise, dynamics, error);
}

double gf_run_parameter(const gf_run *self, size_t point, const char *name) {
    const char *const *names = self->equation->parameters;
    for (size_t i = 0; names[i] != NULL; ++i) {
        if (strcmp(names[i], name) == 0) {
            return i == self->swept ? self->sweep[point] : self->parameters[i];
        }
    }
    return NAN;
}

uint64_t gf_run_steps(const gf_run *self, size_t point) {
    return self->steps * self->stretch[point];
}

uint64_t gf_run_steps_per_sample(const gf_run *self, size_t point) {
    return self->steps_per_sample * self->stretch[point];
}
