/* Anderson and Mattingly's method: two stages of half a step each. */
#include "langevin/lattice/two_field.h"

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_two_field *self = lattice->work;
    gf_station *state = &self->state, *middle = &self->middle;
    double half = lattice->step / 2;
    for (uint64_t k = 0; k < steps; ++k) {
        lattice->outside += gf_two_field_evaluate(lattice, state);
        gf_two_field_stage(lattice, half, state, NULL, middle->q);
        (void)gf_two_field_evaluate(lattice, middle);
        gf_two_field_stage(lattice, half, middle, state, state->q);
        ++lattice->steps;
    }
}

const gf_integrator gf_integrator_weak_trapezoidal = {.name = "weak-trapezoidal",
                                                      .fields = 2,
                                                      .takes_fixed = true,
                                                      .weak_order = 2,
                                                      .longest_step = gf_two_field_longest_step,
                                                      .begin = gf_two_field_begin,
                                                      .end = gf_two_field_end,
                                                      .advance = advance,
                                                      .observe = gf_two_field_observe};
