/* The explicit integrators: two stages, one Gaussian increment w per cell and step, drift F,
 *
 *   Heun                      x = m + w + dt F(m)     m' = m + w + dt/2 (F(m) + F(x))
 *                                                        = (m + w + x)/2 + dt/2 F(x)
 *   Leimkuhler-Matthews       x = m + w/2             m' = m + w + dt F(x) = 2x - m + dt F(x)
 *
 * A step goes once through the field, block by block, and works in place: the second stage runs one
 * cell behind the first, because F looks at both neighbours, so what it overwrites is no longer
 * needed. A block stays in the first-level cache. */
#include "langevin/lattice/lattice.h"

#include "base/clones.h"

#include <stdalign.h>
#include <string.h>

/* FIRST: where the values of a block begin in its arrays, behind those kept from the block before.
 * ROOM keeps arrays that are read and written side by side from lying a multiple of 4096 bytes
 * apart, where processors take a read for one of the value just written. */
enum { BLOCK = GF_RANDOM_BLOCK, FIRST = 16, ROOM = BLOCK + FIRST + 156 };

/* What is at hand of the stages and of the random numbers g. Index FIRST is the first new cell of
 * the first stage, and of g the one after it: w needs the g to the right. */
typedef struct window {
    alignas(64) double noisy[ROOM];
    alignas(64) double x[ROOM];
    alignas(64) float g[FIRST + BLOCK];
} window;

/* One step of length dt; a and b are those of the moving average w. `first` computes the new cells
 * of the window, m[0 ... count-1]; `second` carries m[-1 ... count-2] on, or observes them. */
typedef struct stepper {
    double dt, a, b;
    void (*first)(const struct stepper *self, const gf_dynamics *dynamics, const double *m,
                  size_t count, window *now);
    void (*second)(const struct stepper *self, const gf_dynamics *dynamics, const window *now,
                   size_t from, size_t count, double *m);
} stepper;

/* result = u + w, where w_i = a g_i - b g_{i+1} */
GF_CLONES static void shake(double a, double b, size_t count, const double *restrict u,
                            const float *restrict g, double *restrict result) {
    for (size_t i = 0; i < count; ++i) {
        result[i] = u[i] + (a * (double)g[i] - b * (double)g[i + 1]);
    }
}

static void heun_predict(const stepper *self, const gf_dynamics *dynamics, const double *m,
                         size_t count, window *now) {
    const gf_stage stage = {1, 0, self->dt};
    double *noisy = now->noisy + FIRST;
    shake(self->a, self->b, count, m, now->g + FIRST - 1, noisy);
    dynamics->equation->drift(dynamics, &stage, count, noisy, m, now->x + FIRST);
}

static void heun_correct(const stepper *self, const gf_dynamics *dynamics, const window *now,
                         size_t from, size_t count, double *m) {
    const gf_stage stage = {0.5, 0.5, self->dt / 2};
    dynamics->equation->drift(dynamics, &stage, count, now->noisy + from, now->x + from, m);
}

/* The first stage of Leimkuhler and Matthews is also what they observe. */
static void lm_shake(const stepper *self, const gf_dynamics *dynamics, const double *m,
                     size_t count, window *now) {
    (void)dynamics;
    shake(self->a / 2, self->b / 2, count, m, now->g + FIRST - 1, now->x + FIRST);
}

static void lm_push(const stepper *self, const gf_dynamics *dynamics, const window *now,
                    size_t from, size_t count, double *m) {
    const gf_stage stage = {-1, 2, self->dt};
    dynamics->equation->drift(dynamics, &stage, count, m, now->x + from, m);
}

static void lm_show(const stepper *self, const gf_dynamics *dynamics, const window *now,
                    size_t from, size_t count, double *m) {
    (void)self;
    (void)dynamics;
    memcpy(m, now->x + from, count * sizeof *m);
}

static void fill_halo(const gf_lattice *lattice) {
    double sign = lattice->reversed ? -1 : 1, *m = lattice->state;
    size_t n = lattice->cells;
    for (size_t i = 0; i < GF_LATTICE_HALO; ++i) {
        m[n + i] = sign * m[i];
        *(m - GF_LATTICE_HALO + i) = sign * m[n - GF_LATTICE_HALO + i];
    }
}

static void draw(const gf_lattice *lattice, size_t block, float *g) {
    gf_random_normal(&lattice->noise, GF_RANDOM_STEP, lattice->steps, (uint32_t)block, g);
}

/* The random numbers of cells -1, n and n + 1: those at the other end of the row. */
typedef struct wrapped {
    float last, next[2];
} wrapped;

static wrapped wrap_noise(const gf_lattice *lattice) {
    alignas(64) float g[BLOCK];
    float sign = lattice->reversed ? -1 : 1;
    size_t last = lattice->cells - 1;
    wrapped ends;
    draw(lattice, last / BLOCK, g);
    ends.last = sign * g[last % BLOCK];
    draw(lattice, 0, g);
    ends.next[0] = sign * g[0];
    ends.next[1] = sign * g[1];
    return ends;
}

/* Draws the numbers of block k, behind the last one of the block before. */
static void next_noise(const gf_lattice *lattice, const wrapped *ends, size_t k, float *g) {
    size_t n = lattice->cells, start = k * BLOCK;
    g[FIRST - 1] = k > 0 ? g[FIRST + BLOCK - 1] : ends->last;
    if (start < n) {
        draw(lattice, k, g + FIRST);
    }
    for (size_t i = 0; i < 2; ++i) {
        if (n + i >= start && n + i < start + BLOCK) {
            g[FIRST + n + i - start] = ends->next[i];
        }
    }
}

static void keep_last(double *values) {
    memcpy(values + FIRST - 2, values + FIRST - 2 + BLOCK, 2 * sizeof *values);
}

/* Goes once through the field. The first stage is made for cells -1 ... n, the second for those
 * that both neighbours are known of: `result` receives cells 0 ... n-1 and may be the state. */
static void sweep(const gf_lattice *lattice, const stepper *step, double *result) {
    window now = {0};
    bool noisy = step->a != 0;
    wrapped ends = {0};
    if (noisy) {
        ends = wrap_noise(lattice);
    }
    for (size_t start = 0; start < lattice->cells + 2; start += BLOCK) {
        size_t left = lattice->cells + 2 - start, count = left < BLOCK ? left : BLOCK;
        size_t skip = start == 0 ? 2 : 0; /* cells -2 and -1 are not ours */
        if (noisy) {
            next_noise(lattice, &ends, start / BLOCK, now.g);
        }
        step->first(step, &lattice->dynamics, lattice->state + start - 1, count, &now);
        step->second(step, &lattice->dynamics, &now, FIRST - 1 + skip, count - skip,
                     result + start + skip - 2);
        keep_last(now.noisy);
        keep_last(now.x);
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
    advance(lattice, (stepper){.first = heun_predict, .second = heun_correct}, steps);
}

static void heun_observe(const gf_lattice *lattice, double *m) {
    memcpy(m, lattice->state, lattice->cells * sizeof *m);
}

const gf_integrator gf_integrator_heun = {.name = "heun",
                                          .fields = 1,
                                          .weak_order = 2,
                                          .takes_reversed = true,
                                          .longest_step = longest_step,
                                          .advance = heun_advance,
                                          .observe = heun_observe};

/* --- Leimkuhler and Matthews ----------------------------------------------------------------- */

static void lm_advance(gf_lattice *lattice, uint64_t steps) {
    advance(lattice, (stepper){.first = lm_shake, .second = lm_push}, steps);
}

static void lm_observe(const gf_lattice *lattice, double *m) {
    stepper step = {.first = lm_shake, .second = lm_show};
    gf_dynamics_noise(&lattice->dynamics, lattice->step, &step.a, &step.b);
    fill_halo(lattice);
    sweep(lattice, &step, m);
}

const gf_integrator gf_integrator_leimkuhler_matthews = {.name = "leimkuhler-matthews",
                                                         .fields = 1,
                                                         .weak_order = 1,
                                                         .takes_reversed = true,
                                                         .longest_step = longest_step,
                                                         .advance = lm_advance,
                                                         .observe = lm_observe};
