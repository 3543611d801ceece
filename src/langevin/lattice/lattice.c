#include "langevin/lattice/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gf_integrator *const integrators[] = {
    &gf_integrator_heun, &gf_integrator_leimkuhler_matthews, &gf_integrator_exponential,
    &gf_integrator_euler_maruyama, &gf_integrator_weak_trapezoidal};

const gf_integrator *gf_integrator_find(const char *name) {
    for (size_t i = 0; i < sizeof integrators / sizeof integrators[0]; ++i) {
        if (strcmp(integrators[i]->name, name) == 0) {
            return integrators[i];
        }
    }
    return NULL;
}

const char *gf_integrator_names(size_t fields) {
    return fields == 1 ? "heun, leimkuhler-matthews or exponential"
                       : "weak-trapezoidal or euler-maruyama";
}

static gf_status check(const gf_lattice *self, const gf_integrator *integrator,
                       gf_boundary boundary, gf_error *error) {
    const gf_dynamics *dynamics = &self->dynamics;
    size_t fewest = dynamics->hydrodynamics.isolated ? 1 : 4;
    if (dynamics->equation->fields != integrator->fields) {
        return gf_fail(error, GF_INVALID, "%s does not integrate %s; take %s", integrator->name,
                       dynamics->equation->name, gf_integrator_names(dynamics->equation->fields));
    }
    double longest = integrator->longest_step(dynamics);
    if (!(self->step < longest)) {
        return gf_fail(error, GF_INVALID,
                       "the time step %g is unstable: %s on cells of %g needs a step below %.4g",
                       self->step, integrator->name, dynamics->spacing, 0.9995 * longest);
    }
    if (boundary == GF_ANTIPERIODIC && integrator->fields > 1) {
        return gf_fail(error, GF_INVALID, "%s needs a periodic or fixed boundary",
                       integrator->name);
    }
    if (boundary == GF_ANTIPERIODIC && !integrator->takes_reversed) {
        return gf_fail(error, GF_INVALID,
                       "%s needs a periodic boundary; for an antiperiodic one take heun or "
                       "leimkuhler-matthews",
                       integrator->name);
    }
    if (boundary == GF_FIXED && !integrator->takes_fixed) {
        return gf_fail(error, GF_INVALID, "%s needs a periodic or antiperiodic boundary",
                       integrator->name);
    }
    if (self->cells < fewest || self->cells > UINT32_MAX) {
        return gf_fail(error, GF_INVALID, "%zu cells; expected %zu to %lu", self->cells, fewest,
                       (unsigned long)UINT32_MAX);
    }
    return GF_OK;
}

gf_status gf_lattice_init(gf_lattice *self, const gf_dynamics *dynamics,
                          const gf_integrator *integrator, size_t cells, gf_boundary boundary,
                          double step, gf_random noise, gf_error *error) {
    *self = (gf_lattice){.dynamics = *dynamics,
                         .cells = cells,
                         .reversed = boundary == GF_ANTIPERIODIC,
                         .fixed = boundary == GF_FIXED,
                         .step = step,
                         .noise = noise};
    gf_status status = check(self, integrator, boundary, error);
    if (status != GF_OK) {
        return status;
    }
    const size_t line = 8; /* doubles in a cache line */
    self->stride = (cells + 2 * line + line - 1) / line * line;
    size_t room = self->stride * dynamics->equation->fields;
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
