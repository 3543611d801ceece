#include "gibbsflow/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gf_integrator *const integrators[] = {
    &gf_integrator_heun, &gf_integrator_leimkuhler_matthews, &gf_integrator_exponential};

const gf_integrator *gf_integrator_find(const char *name) {
    for (size_t i = 0; i < sizeof integrators / sizeof integrators[0]; ++i) {
        if (strcmp(integrators[i]->name, name) == 0) {
            return integrators[i];
        }
    }
    return NULL;
}

const char *gf_integrator_names(void) {
    return "heun, leimkuhler-matthews or exponential";
}

gf_status gf_lattice_init(gf_lattice *self, const gf_dynamics *dynamics,
                          const gf_integrator *integrator, size_t cells, bool reversed, double step,
                          gf_noise noise, gf_error *error) {
    *self = (gf_lattice){
        .dynamics = *dynamics, .cells = cells, .reversed = reversed, .step = step, .noise = noise};
    double longest = integrator->longest_step(dynamics);
    if (step > longest) {
        return gf_fail(error, GF_INVALID,
                       "the time step %g is unstable: %s on cells of %g needs a step below %.4g",
                       step, integrator->name, dynamics->spacing, longest);
    }
    if (reversed && !integrator->takes_reversed) {
        return gf_fail(error, GF_INVALID,
                       "%s needs a periodic boundary; for an antiperiodic one take heun or "
                       "leimkuhler-matthews",
                       integrator->name);
    }
    if (cells < 4 || cells > UINT32_MAX) {
        return gf_fail(error, GF_INVALID, "%zu cells; expected 4 to %lu", cells,
                       (unsigned long)UINT32_MAX);
    }
    const size_t line = 8; /* doubles in a cache line */
    size_t room = (cells + 2 * line + line - 1) / line * line;
    self->memory = aligned_alloc(line * sizeof(double), room * sizeof(double));
    if (self->memory == NULL) {
        return gf_fail_memory(error, "a field");
    }
    memset(self->memory, 0, room * sizeof(double));
    self->state = self->memory + line + GF_LATTICE_HALO; /* what a sweep writes is aligned */
    self->integrator = integrator;
    return integrator->begin != NULL ? integrator->begin(self, error) : GF_OK;
}

void gf_lattice_free(gf_lattice *self) {
    if (self->integrator != NULL && self->integrator->end != NULL) {
        self->integrator->end(self);
    }
    free(self->memory);
    *self = (gf_lattice){0};
}

void gf_lattice_advance(gf_lattice *self, uint64_t steps) {
    self->integrator->advance(self, steps);
}

void gf_lattice_observe(const gf_lattice *self, double *m) {
    self->integrator->observe(self, m);
}
