/* Leimkuhler and Matthews' method, with one Gaussian increment w per cell and step and the drift F:
 *
 *   x = m + w/2             m' = m + w + dt F(x) = 2x - m + dt F(x) */
#include "langevin/lattice/sweep.h"

#include <string.h>

/* The first stage of Leimkuhler and Matthews is also what they observe. */
static void shake(const gf_sweep *self, const gf_dynamics *dynamics, const double *m, size_t count,
                  gf_window *now) {
    (void)dynamics;
    gf_sweep_shake(self->a / 2, self->b / 2, count, m, now->g + GF_SWEEP_FIRST - 1,
                   now->x + GF_SWEEP_FIRST);
}

static void push(const gf_sweep *self, const gf_dynamics *dynamics, const gf_window *now,
                 size_t from, size_t count, double *m) {
    const gf_stage stage = {-1, 2, self->dt};
    dynamics->equation->drift(dynamics, &stage, count, m, now->x + from, m);
}

static void show(const gf_sweep *self, const gf_dynamics *dynamics, const gf_window *now,
                 size_t from, size_t count, double *m) {
    (void)self;
    (void)dynamics;
    memcpy(m, now->x + from, count * sizeof *m);
}

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_sweep_advance(lattice, (gf_sweep){.first = shake, .second = push}, steps);
}

static void observe(const gf_lattice *lattice, double *m) {
    gf_sweep_observe(lattice, (gf_sweep){.first = shake, .second = show}, m);
}

const gf_integrator gf_integrator_leimkuhler_matthews = {.name = "leimkuhler-matthews",
                                                         .fields = 1,
                                                         .weak_order = 1,
                                                         .takes_reversed = true,
                                                         .longest_step = gf_one_field_longest_step,
                                                         .advance = advance,
                                                         .observe = observe};
