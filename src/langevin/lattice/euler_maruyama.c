/* Euler and Maruyama: one stage per step, coefficients of the state before it. */
#include "langevin/lattice/two_field.h"

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_two_field *self = lattice->body;
    for (uint64_t k = 0; k < steps; ++k) {
        lattice->counts[GF_COUNT_OUTSIDE] += gf_two_field_evaluate(lattice, &self->now);
        gf_two_field_stage(lattice, lattice->plan.step, &self->now, NULL, self->now.q);
        ++lattice->steps;
    }
}

const gf_integrator gf_integrator_euler_maruyama = {.name = "euler-maruyama",
                                                    .fields = GF_CHARGES,
                                                    .takes_fixed = true,
                                                    .weak_order = 1,
                                                    .longest_step = gf_two_field_longest_step,
                                                    .advance = advance};
