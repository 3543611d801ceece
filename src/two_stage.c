/* The explicit integrators: two stages, one Gaussian increment w per cell and step,
 *
 *   x  = m + c dt F(m) + s w,     m' = m + w + dt (b0 F(m) + b1 F(x)),     F = D d2/dr2 + f.
 *
 * A step goes once through the field, in blocks that stay in the first-level cache: the first stage
 * is computed one cell beyond a block on either side, so that blocks need nothing of one another but
 * old values. */
#include "gibbsflow/lattice.h"

#include "clones.h"

#include <math.h>
#include <string.h>

enum { BLOCK = GF_NOISE_BLOCK, HALO = GF_LATTICE_HALO };

typedef struct tableau {
    double c, s, b0, b1;
} tableau;

static const tableau heun = {1, 1, 0.5, 0.5};
static const tableau leimkuhler_matthews = {0, 0.5, 0, 1};

/* The numbers of one step. */
typedef struct stepper {
    tableau weight; /* c, b0 and b1 times dt */
    double laplace; /* D/dx^2 */
    double a, b;    /* of the moving average */
    bool uses_old_drift;
} stepper;

/* What a step needs of one block: u are old values from two cells before the block to two beyond it,
 * g the Gaussians from one before to two beyond. */
typedef struct window {
    double u[BLOCK + 2 * HALO], x[BLOCK + HALO], f[BLOCK + HALO], base[BLOCK + HALO];
    float g[2 * BLOCK + 1];
} window;

GF_CLONES static void first_stage(const stepper *p, size_t count, const double *restrict u,
                                  const float *restrict g, const double *restrict f,
                                  double *restrict x, double *restrict base) {
    double a = p->a, b = p->b, k = p->laplace, c = p->weight.c, s = p->weight.s, b0 = p->weight.b0;
    for (size_t i = 0; i < count; ++i) {
        double w = a * (double)g[i] - b * (double)g[i + 1];
        double drift = f[i] + k * (u[i] + u[i + 2] - 2 * u[i + 1]);
        x[i] = u[i + 1] + c * drift + s * w;
        base[i] = u[i + 1] + w + b0 * drift;
    }
}

/* The same where the drift at the old field is not wanted. */
GF_CLONES static void first_stage_noise(const stepper *p, size_t count, const double *restrict u,
                                        const float *restrict g, double *restrict x,
                                        double *restrict base) {
    double a = p->a, b = p->b, s = p->weight.s;
    for (size_t i = 0; i < count; ++i) {
        double w = a * (double)g[i] - b * (double)g[i + 1];
        x[i] = u[i + 1] + s * w;
        base[i] = u[i + 1] + w;
    }
}

GF_CLONES static void second_stage(const stepper *p, size_t count, const double *restrict x,
                                   const double *restrict base, const double *restrict f,
                                   double *restrict m) {
    double k = p->laplace, b1 = p->weight.b1;
    for (size_t i = 0; i < count; ++i) {
        m[i] = base[i + 1] + b1 * (f[i] + k * (x[i] + x[i + 2] - 2 * x[i + 1]));
    }
}

static void step_block(const stepper *p, const gf_dynamics *dynamics, window *now, size_t count,
                       double *m) {
    if (p->uses_old_drift) {
        dynamics->equation->force(dynamics, count + 2, now->u + 1, now->f);
        first_stage(p, count + 2, now->u, now->g, now->f, now->x, now->base);
    } else {
        first_stage_noise(p, count + 2, now->u, now->g, now->x, now->base);
    }
    dynamics->equation->force(dynamics, count, now->x + 1, now->f);
    second_stage(p, count, now->x, now->base, now->f, m);
}

static void fill_halo(gf_lattice *lattice) {
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

/* Calls `visit` for every block of the field, in order, with its window filled. */
typedef void visitor(const stepper *p, const gf_dynamics *dynamics, window *now, size_t count,
                     double *m);

static void sweep(const gf_lattice *lattice, const stepper *p, visitor *visit, double *m) {
    size_t n = lattice->cells, blocks = (n + BLOCK - 1) / BLOCK;
    float sign = lattice->reversed ? -1 : 1, first[HALO];
    bool noisy = p->a != 0;
    window now = {0};
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
        visit(p, &lattice->dynamics, &now, count, m + start);
        memcpy(now.u, now.u + count, HALO * sizeof(double)); /* old values of the cells just made */
        now.g[0] = now.g[count];
        memcpy(now.g + 1, now.g + 1 + BLOCK, BLOCK * sizeof(float));
    }
}

static stepper prepare(const gf_lattice *lattice, const tableau *t) {
    double dt = lattice->step, dx = lattice->dynamics.spacing;
    stepper p = {.weight = {t->c * dt, t->s, t->b0 * dt, t->b1 * dt},
                 .laplace = lattice->dynamics.diffusion / (dx * dx),
                 .uses_old_drift = t->c != 0 || t->b0 != 0};
    gf_dynamics_noise(&lattice->dynamics, dt, &p.a, &p.b);
    return p;
}

static void advance(gf_lattice *lattice, const tableau *t, uint64_t steps) {
    stepper p = prepare(lattice, t);
    for (uint64_t k = 0; k < steps; ++k) {
        fill_halo(lattice);
        sweep(lattice, &p, step_block, lattice->state);
        ++lattice->steps;
    }
}

static double longest_step(const gf_dynamics *dynamics) {
    double dx = dynamics->spacing;
    return 2 / (4 * dynamics->diffusion / (dx * dx) + dynamics->equation->stiffness(dynamics));
}

/* --- Heun ------------------------------------------------------------------------------------ */

static void heun_advance(gf_lattice *lattice, uint64_t steps) {
    advance(lattice, &heun, steps);
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
    advance(lattice, &leimkuhler_matthews, steps);
}

/* The field is the state and half of the next noise: the first stage alone. */
static void keep_first_stage(const stepper *p, const gf_dynamics *dynamics, window *now,
                             size_t count, double *m) {
    (void)dynamics;
    first_stage_noise(p, count + 2, now->u, now->g, now->x, now->base);
    memcpy(m, now->x + 1, count * sizeof *m);
}

static void lm_observe(const gf_lattice *lattice, double *m) {
    stepper p = prepare(lattice, &leimkuhler_matthews);
    sweep(lattice, &p, keep_first_stage, m);
}

const gf_integrator gf_integrator_leimkuhler_matthews = {.name = "leimkuhler-matthews",
                                                         .takes_reversed = true,
                                                         .longest_step = longest_step,
                                                         .advance = lm_advance,
                                                         .observe = lm_observe};
