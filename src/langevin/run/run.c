#include "langevin/run/run.h"

#include "langevin/run/kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void free_medium(gf_run_medium *self) {
    free(self->table);
    if (self->diffusion != NULL) {
        gf_diffusion_free(self->diffusion);
    }
    free(self->diffusion);
    for (size_t k = 0; k < self->shifted_count; ++k) {
        gf_diffusion_free(&self->shifted[k]);
    }
    free(self->shifted);
    gf_file_close(&self->table_file);
    free(self->energy_unit);
    gf_settings_free(&self->rates);
    for (size_t k = 0; k < self->surface_count; ++k) {
        gf_surface_free(self->surfaces[k]);
    }
    free(self->surfaces);
}

void gf_run_free(gf_run *self) {
    if (self == NULL) {
        return;
    }
    free_medium(&self->medium);
    free(self->yaml);
    free(self->settings);
    free(self->sweep);
    free(self->stretch);
    free(self);
}

gf_status gf_run_dynamics_at(const gf_run *self, size_t point, double value, gf_dynamics *dynamics,
                             gf_error *error) {
    double parameters[GF_RUN_MAX_PARAMETERS];
    memcpy(parameters, self->parameters, sizeof parameters);
    parameters[self->swept] = value;
    gf_noise_strength noise = self->noise;
    *dynamics = (gf_dynamics){.equation = self->equation, .spacing = self->spacing};
    gf_status status = self->kind->adjust != NULL
                           ? self->kind->adjust(self, point, parameters, &noise, dynamics, error)
                           : GF_OK;
    return status == GF_OK ? self->equation->prepare(parameters, &noise, dynamics, error) : status;
}

gf_status gf_run_dynamics(const gf_run *self, size_t point, gf_dynamics *dynamics,
                          gf_error *error) {
    return gf_run_dynamics_at(self, point, self->sweep[point], dynamics, error);
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

bool gf_run_has_walls(const gf_run *self) {
    return self->equation->has_space && !self->blocks;
}

size_t gf_run_bins(const gf_run *self) {
    return self->histogram[GF_MAGNETIZATION].points * self->histogram[GF_ENERGY].points;
}

uint64_t gf_run_steps(const gf_run *self, size_t point) {
    return self->steps * self->stretch[point];
}

uint64_t gf_run_steps_per_sample(const gf_run *self, size_t point) {
    return self->steps_per_sample * self->stretch[point];
}

/* --- accessors ------------------------------------------------------------------------------- */

size_t gf_run_fields(const gf_run *self) {
    return self->equation->fields;
}

size_t gf_run_cells(const gf_run *self) {
    return self->cells;
}

size_t gf_run_samples(const gf_run *self) {
    return self->samples;
}

double gf_run_sample_every(const gf_run *self) {
    return self->sample_every;
}

size_t gf_run_realisations(const gf_run *self) {
    return self->realisations;
}

size_t gf_run_points(const gf_run *self) {
    return self->points;
}

const char *gf_run_swept(const gf_run *self) {
    return self->equation->parameters[self->swept];
}

double gf_run_value(const gf_run *self, size_t point) {
    return self->sweep[point];
}

bool gf_run_is_complete(const gf_run *self, const size_t *samples) {
    for (size_t i = 0; i < self->points * self->realisations; ++i) {
        if (samples[i] != self->samples) {
            return false;
        }
    }
    return true;
}
