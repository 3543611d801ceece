/* The explicit integrators: two stages, one Gaussian increment w per cell and step, drift F,
 *
 *   Heun                      x = m + w + dt F(m)     m' = m + w + dt/2 (F(m) + F(x))
 *                                                        = (m + w + x)/2 + dt/2 F(x)
 *   Leimkuhler-Matthews       x = m + w/2             m' = m + w + dt F(x) = 2x - m + dt F(x)
 *
 * A step goes once through the field, in blocks that stay in the first-level cache: the first stage
 * is computed one cell beyond a block on either side, so that blocks need nothing of one another
 * but old values. */
#include "gibbsflow/lattice.h"

#include "clones.h"

#include <stdalign.h>
#include <string.h>

/* ROOM keeps arrays that are read and written side by side from lying a multiple of 4096 bytes
 * apart, where processors take a read for one of the value just written. */
enum { BLOCK = GF_NOISE_BLOCK, HALO = GF_LATTICE_HALO, ROOM = BLOCK + 172 };

/* What a step needs of one block: old values u from two cells before the block to two beyond it,
 * the Gaussians g and the stages from one before. */
typedef struct window {
    alignas(64) double u[ROOM];
    alignas(64) double noisy[ROOM];
    alignas(64) double x[ROOM];
    alignas(64) float g[2 * BLOCK + 1];
} window;

/* One step of length dt; a and b are those of the moving average w. */
typedef struct stepper {
    double dt, a, b;
    void (*visit)(const struct stepper *self, const gf_dynamics *dynamics, window *now,
                  size_t count, double *m);
} stepper;

/* result = u + weight w, where w_i = a g_i - b g_{i+1} */
GF_CLONES static void shake(double a, double b, size_t count, const double *restrict u,
                            const float *restrict g, double *restrict result) {
    for (size_t i = 0; i < count; ++i) {
        result[i] = u[i] + (a * (double)g[i] - b * (double)g[i + 1]);
    }
}

static void step_heun(const stepper *self, const gf_dynamics *dynamics, window *now, size_t count,
                      double *m) {
    const gf_stage predict = {1, 0, self->dt}, correct = {0.5, 0.5, self->dt / 2};
    shake(self->a, self->b, count + 2, now->u + 1, now->g, now->noisy);
    dynamics->equation->drift(dynamics, &predict, count + 2, now->noisy, now->u + 1, now->x);
    dynamics->equation->drift(dynamics, &correct, count, now->noisy + 1, now->x + 1, m);
}

/* The first stage of Leimkuhler and Matthews: also what they observe. */
static void half_shake(const stepper *self, window *now, size_t count) {
    shake(self->a / 2, self->b / 2, count + 2, now->u + 1, now->g, now->x);
}

static void step_lm(const stepper *self, const gf_dynamics *dynamics, window *now, size_t count,
                    double *m) {
    const gf_stage stage = {-1, 2, self->dt};
    half_shake(self, now, count);
    dynamics->equation->drift(dynamics, &stage, count, now->u + HALO, now->x + 1, m);
}

static void observe_lm(const stepper *self, const gf_dynamics *dynamics, window *now, size_t count,
                       double *m) {
    (void)dynamics;
    half_shake(self, now, count);
    memcpy(m, now->x + 1, count * sizeof *m);
}

static void fill_halo(const gf_lattice *lattice) {
    double sign = lattice->reversed ? -1 : 1, *m = lattice->state;
    size_t n = lattice->cells;
    for (size_t i = 0; i < HALO; ++i) {
        m[n + i] = sign * m[i];
        *(m - HALO + i) = sign * m[n - HALO + i];
    }
}

static void draw(const gf_lattice *lattice, bool noisy, size_t block, float *g) {
    if (noisy) {
        gf_noise_normal(&lattice->noise, GF_NOISE_STEP, lattice->steps, (uint32_t)block, g);
    }
}

/* Visits every block of the field, in order, with its window filled. */
static void sweep(const gf_lattice *lattice, const stepper *p, double *m) {
    size_t n = lattice->cells, blocks = (n + BLOCK - 1) / BLOCK;
    float sign = lattice->reversed ? -1 : 1, first[HALO];
    bool noisy = p->a != 0;
    window now;
    memset(now.g, 0, sizeof now.g);
    draw(lattice, noisy, blocks - 1, now.g + 1);
    now.g[0] = sign * now.g[n - (blocks - 1) * BLOCK];
    draw(lattice, noisy, 0, now.g + 1);
    memcpy(first, now.g + 1, sizeof first);
    memcpy(now.u, lattice->state - HALO, HALO * sizeof(double));
    for (size_t k = 0; k < blocks; ++k) {
        size_t start = k * BLOCK, count = k + 1 < blocks ? BLOCK : n - start;
        if (k + 1 < blocks) {
            draw(lattice, noisy, k + 1, now.g + 1 + BLOCK);
        } else {
            now.g[1 + count] = sign * first[0];
            now.g[2 + count] = sign * first[1];
        }
        memcpy(now.u + HALO, lattice->state + start, (count + HALO) * sizeof(double));
        p->visit(p, &lattice->dynamics, &now, count, m + start);
        memcpy(now.u, now.u + count, HALO * sizeof(double)); /* old values of the cells just made */
        now.g[0] = now.g[count];
        memcpy(now.g + 1, now.g + 1 + BLOCK, BLOCK * sizeof(float));
    }
}

static void advance(gf_lattice *lattice, stepper step, uint64_t steps) {
    gf_dynamics_noise(&lattice->dynamics, lattice->step, &step.a, &step.b);
    step.dt = lattice->step;
    for (uint64_t k = 0; k < steps; ++k) {
        fill_halo(lattice);
        sweep(lattice, &step, lattice->state);
        ++lattice->steps;
    }
}

static double longest_step(const gf_dynamics *dynamics) {
    double dx = dynamics->spacing;
    return 2 / (4 * dynamics->diffusion / (dx * dx) + dynamics->equation->stiffness(dynamics));
}

/* --- Heun ------------------------------------------------------------------------------------ */

static void heun_advance(gf_lattice *lattice, uint64_t steps) {
    advance(lattice, (stepper){.visit = step_heun}, steps);
}

static void heun_observe(const gf_lattice *lattice, double *m) {
    memcpy(m, lattice->state, lattice->cells * sizeof *m);
}

const gf_integrator gf_integrator_heun = {.name = "heun",
                                          .takes_reversed = true,
                                          .longest_step = longest_step,
                                          .advance = heun_advance,
                                          .observe = heun_observe};

/* --- Leimkuhler and Matthews ----------------------------------------------------------------- */

static void lm_advance(gf_lattice *lattice, uint64_t steps) {
    advance(lattice, (stepper){.visit = step_lm}, steps);
}

static void lm_observe(const gf_lattice *lattice, double *m) {
    stepper step = {.visit = observe_lm};
    gf_dynamics_noise(&lattice->dynamics, lattice->step, &step.a, &step.b);
    fill_halo(lattice);
    sweep(lattice, &step, m);
}

const gf_integrator gf_integrator_leimkuhler_matthews = {.name = "leimkuhler-matthews",
                                                         .takes_reversed = true,
                                                         .longest_step = longest_step,
                                                         .advance = lm_advance,
                                                         .observe = lm_observe};
