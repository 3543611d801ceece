/* Euler and Maruyama: one stage per step, coefficients of the state before it. */
#include "langevin/lattice/two_field.h"

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_two_field *self = lattice->work;
    for (uint64_t k = 0; k < steps; ++k) {
        lattice->outside += gf_two_field_evaluate(lattice, &self->state);
        gf_two_field_stage(lattice, lattice->step, &self->state, NULL, self->state.q);
        ++lattice->steps;
    }
}

const gf_integrator gf_integrator_euler_maruyama = {.name = "euler-maruyama",
                                                    .fields = 2,
                                                    .takes_fixed = true,
                                                    .weak_order = 1,
                                                    .longest_step = gf_two_field_longest_step,
                                                    .begin = gf_two_field_begin,
                                                    .end = gf_two_field_end,
                                                    .advance = advance,
                                                    .observe = gf_two_field_observe};
