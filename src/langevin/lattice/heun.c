/* Heun's method, with one Gaussian increment w per cell and step and the drift F:
 *
 *   x = m + w + dt F(m)     m' = m + w + dt/2 (F(m) + F(x)) = (m + w + x)/2 + dt/2 F(x) */
#include "langevin/lattice/sweep.h"

static void predict(const gf_sweep *self, const gf_dynamics *dynamics, const double *m,
                    size_t count, gf_window *now) {
    const gf_stage stage = {1, 0, self->dt};
    double *noisy = now->noisy + GF_SWEEP_FIRST;
    gf_sweep_shake(self->a, self->b, count, m, now->g + GF_SWEEP_FIRST - 1, noisy);
    dynamics->equation->drift(dynamics, &stage, count, noisy, m, now->x + GF_SWEEP_FIRST);
}

static void correct(const gf_sweep *self, const gf_dynamics *dynamics, const gf_window *now,
                    size_t from, size_t count, double *m) {
    const gf_stage stage = {0.5, 0.5, self->dt / 2};
    dynamics->equation->drift(dynamics, &stage, count, now->noisy + from, now->x + from, m);
}

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_sweep_advance(lattice, (gf_sweep){.first = predict, .second = correct}, steps);
}

const gf_integrator gf_integrator_heun = {.name = "heun",
                                          .fields = 1,
                                          .weak_order = 2,
                                          .takes_reversed = true,
                                          .longest_step = gf_one_field_longest_step,
                                          .advance = advance};
