#include "langevin/lattice/kind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- integrators ------------------------------------------------------------------------------ */

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

/* --- lattices --------------------------------------------------------------------------------- */

/* The one place that decides. */
static const gf_lattice_kind *kind_of(const gf_dynamics *dynamics) {
    if (dynamics->equation->fields == 1) {
        return &gf_lattice_of_one_field;
    }
    return dynamics->hydrodynamics.law == GF_TRANSPORT_NONE ? &gf_lattice_of_blocks
                                                            : &gf_lattice_of_two_fields;
}

size_t gf_lattice_rows(const gf_dynamics *dynamics) {
    return kind_of(dynamics)->rows;
}

size_t gf_lattice_counts(const gf_dynamics *dynamics) {
    return kind_of(dynamics)->counts;
}

static gf_status check_boundary(const gf_integrator *integrator, gf_boundary boundary,
                                gf_error *error) {
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
    return GF_OK;
}

static gf_status check(const gf_lattice_plan *plan, size_t fewest, gf_error *error) {
    const gf_dynamics *dynamics = &plan->dynamics;
    const gf_integrator *integrator = plan->integrator;
    if (dynamics->equation->fields != integrator->fields) {
        return gf_fail(error, GF_INVALID, "%s does not integrate %s; take %s", integrator->name,
                       dynamics->equation->name, gf_integrator_names(dynamics->equation->fields));
    }
    double longest = integrator->longest_step(dynamics);
    if (isnan(longest) || !(longest > 0)) {
        return gf_fail(error, GF_INVALID,
                       "no time step can be stable: the coefficients overflow on cells of %g; "
                       "check the parameters and the noise",
                       dynamics->spacing);
    }
    if (!(plan->step < longest)) {
        return gf_fail(error, GF_INVALID,
                       "the time step %g is unstable: %s on cells of %g needs a step below %.4g",
                       plan->step, integrator->name, dynamics->spacing, 0.9995 * longest);
    }
    gf_status status = check_boundary(integrator, plan->boundary, error);
    if (status == GF_OK && (plan->cells < fewest || plan->cells > UINT32_MAX)) {
        status = gf_fail(error, GF_INVALID, "%zu cells; expected %zu to %lu", plan->cells, fewest,
                         (unsigned long)UINT32_MAX);
    }
    return status;
}

gf_status gf_lattice_create(const gf_lattice_plan *plan, gf_lattice **lattice, gf_error *error) {
    const gf_lattice_kind *kind = kind_of(&plan->dynamics);
    *lattice = NULL;
    gf_status status = check(plan, kind->fewest, error);
    if (status != GF_OK) {
        return status;
    }
    gf_lattice *self = malloc(sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "a field");
    }
    *self = (gf_lattice){.kind = kind, .plan = *plan};
    status = kind->begin(self, error);
    if (status != GF_OK) {
        gf_lattice_free(self);
        self = NULL;
    }
    *lattice = self;
    return status;
}

void gf_lattice_free(gf_lattice *self) {
    if (self != NULL) {
        self->kind->end(self);
    }
    free(self);
}

void gf_lattice_advance(gf_lattice *self, uint64_t steps) {
    self->kind->advance(self, steps);
}

uint64_t gf_lattice_steps(const gf_lattice *self) {
    return self->steps;
}

void gf_lattice_get(const gf_lattice *self, gf_lattice_state *state) {
    state->steps = self->steps;
    memcpy(state->counts, self->counts, sizeof state->counts);
    self->kind->get(self, state->rows);
}

void gf_lattice_set(gf_lattice *self, const gf_lattice_state *state) {
    self->steps = state->steps;
    memcpy(self->counts, state->counts, sizeof self->counts);
    self->kind->set(self, state->rows);
}

gf_status gf_lattice_check(const gf_lattice *self, gf_error *error) {
    return self->kind->check(self, error);
}

void gf_lattice_measure(gf_lattice *self, double *fields, uint64_t counts[GF_COUNTS]) {
    self->kind->observe(self, fields);
    memcpy(counts, self->counts, sizeof self->counts);
    memset(self->counts, 0, sizeof self->counts);
}

gf_status gf_lattice_check_row(const gf_lattice *self, const double *row, double bound,
                               const char *name, gf_error *error) {
    for (size_t i = 0; i < self->plan.cells; ++i) {
        if (!(fabs(row[i]) < bound)) {
            return gf_fail(error, GF_NO_CONVERGENCE,
                           "the field runs away: %s = %g at time %g, cell %zu; take a smaller time "
                           "step than %g",
                           name, row[i], (double)self->steps * self->plan.step, i, self->plan.step);
        }
    }
    return GF_OK;
}
