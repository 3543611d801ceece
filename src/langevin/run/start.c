/* The states that realisations start from. */
#include "langevin/run/kind.h"

#include <math.h>
#include <stdlib.h>

bool gf_run_lies_up(const gf_run *self, gf_profile profile, double r) {
    return profile == GF_PROFILE_WALL ? r > self->length / 2
                                      : fmod(floor(r / self->domain_length), 2) < 1;
}

double gf_run_position(const gf_run *self, size_t cell) {
    return ((double)cell + 0.5) * self->spacing;
}

static gf_status plan_realisation(const gf_run *self, size_t point, size_t realisation,
                                  gf_lattice_plan *plan, gf_error *error) {
    size_t stream = (self->common_noise ? 0 : point) * self->realisations + realisation;
    *plan = (gf_lattice_plan){.integrator = self->integrator,
                              .cells = self->cells,
                              .boundary = self->boundary,
                              .step = self->step,
                              .random = {.seed = self->seed, .stream = (uint32_t)stream},
                              .amplitude = self->amplitude,
                              .threshold = self->threshold};
    return gf_run_dynamics(self, point, &plan->dynamics, error);
}

gf_status gf_run_start(const gf_run *self, size_t point, size_t realisation, gf_lattice **lattice,
                       gf_error *error) {
    gf_lattice_plan plan;
    gf_profile profile = self->starts[realisation % self->start_count];
    *lattice = NULL;
    gf_lattice_state state = {.rows = calloc(self->rows * self->cells, sizeof *state.rows)};
    if (state.rows == NULL) {
        return gf_fail_memory(error, "a field");
    }
    gf_status status = plan_realisation(self, point, realisation, &plan, error);
    if (status == GF_OK) {
        status = self->kind->fill(self, profile, &plan, state.rows, error);
    }
    if (status == GF_OK) {
        status = gf_lattice_create(&plan, lattice, error);
    }
    if (status == GF_OK) {
        gf_lattice_set(*lattice, &state);
    }
    free(state.rows);
    return status;
}
