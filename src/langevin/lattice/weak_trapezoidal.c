/* Anderson and Mattingly's method: two stages of half a step each. */
#include "langevin/lattice/two_field.h"

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_two_field *self = lattice->body;
    gf_values *now = &self->now, *middle = &self->middle;
    double half = lattice->plan.step / 2;
    for (uint64_t k = 0; k < steps; ++k) {
        lattice->counts[GF_COUNT_OUTSIDE] += gf_two_field_evaluate(lattice, now);
        gf_two_field_stage(lattice, half, now, NULL, middle->q);
        (void)gf_two_field_evaluate(lattice, middle);
        gf_two_field_stage(lattice, half, middle, now, now->q);
        ++lattice->steps;
    }
}

const gf_integrator gf_integrator_weak_trapezoidal = {.name = "weak-trapezoidal",
                                                      .fields = GF_CHARGES,
                                                      .takes_fixed = true,
                                                      .weak_order = 2,
                                                      .longest_step = gf_two_field_longest_step,
                                                      .advance = advance};
