#include "langevin/lattice/sweep.h"

#include "base/clones.h"

#include <string.h>

/* result = u + w, where w_i = a g_i - b g_{i+1} */
GF_CLONES static void shake(double a, double b, size_t count, const double *restrict u,
                            const float *restrict g, double *restrict result) {
    for (size_t i = 0; i < count; ++i) {
        result[i] = u[i] + (a * (double)g[i] - b * (double)g[i + 1]);
    }
}

void gf_sweep_shake(double a, double b, size_t count, const double *u, const float *g,
                    double *result) {
    shake(a, b, count, u, g, result);
}

static void fill_halo(const gf_lattice *lattice) {
    const gf_one_field *self = lattice->body;
    double sign = lattice->plan.boundary == GF_ANTIPERIODIC ? -1 : 1, *m = self->m;
    size_t n = lattice->plan.cells;
    for (size_t i = 0; i < GF_ONE_FIELD_HALO; ++i) {
        m[n + i] = sign * m[i];
        *(m - GF_ONE_FIELD_HALO + i) = sign * m[n - GF_ONE_FIELD_HALO + i];
    }
}

static void draw(const gf_lattice *lattice, size_t block, float *g) {
    gf_random_normal(&lattice->plan.random, GF_RANDOM_STEP, lattice->steps, (uint32_t)block, g);
}

/* The random numbers of cells -1, n and n + 1: those at the other end of the row. */
typedef struct wrapped {
    float last, next[2];
} wrapped;

static wrapped wrap_noise(const gf_lattice *lattice) {
    alignas(64) float g[GF_SWEEP_BLOCK];
    float sign = lattice->plan.boundary == GF_ANTIPERIODIC ? -1 : 1;
    size_t last = lattice->plan.cells - 1;
    wrapped ends;
    draw(lattice, last / GF_SWEEP_BLOCK, g);
    ends.last = sign * g[last % GF_SWEEP_BLOCK];
    draw(lattice, 0, g);
    ends.next[0] = sign * g[0];
    ends.next[1] = sign * g[1];
    return ends;
}

/* Draws the numbers of block k, behind the last one of the block before. */
static void next_noise(const gf_lattice *lattice, const wrapped *ends, size_t k, float *g) {
    size_t n = lattice->plan.cells, start = k * GF_SWEEP_BLOCK;
    g[GF_SWEEP_FIRST - 1] = k > 0 ? g[GF_SWEEP_FIRST + GF_SWEEP_BLOCK - 1] : ends->last;
    if (start < n) {
        draw(lattice, k, g + GF_SWEEP_FIRST);
    }
    for (size_t i = 0; i < 2; ++i) {
        if (n + i >= start && n + i < start + GF_SWEEP_BLOCK) {
            g[GF_SWEEP_FIRST + n + i - start] = ends->next[i];
        }
    }
}

static void keep_last(double *values) {
    memcpy(values + GF_SWEEP_FIRST - 2, values + GF_SWEEP_FIRST - 2 + GF_SWEEP_BLOCK,
           2 * sizeof *values);
}

/* Goes once through the field. The first stage is made for cells -1 ... n, the second for those
 * that both neighbours are known of: `result` receives cells 0 ... n-1 and may be the state. */
static void go_through(const gf_lattice *lattice, const gf_sweep *sweep, double *result) {
    const gf_one_field *field = lattice->body;
    gf_window now = {0};
    bool noisy = sweep->a != 0;
    wrapped ends = {0};
    if (noisy) {
        ends = wrap_noise(lattice);
    }
    for (size_t start = 0; start < lattice->plan.cells + 2; start += GF_SWEEP_BLOCK) {
        size_t left = lattice->plan.cells + 2 - start,
               count = left < GF_SWEEP_BLOCK ? left : GF_SWEEP_BLOCK;
        size_t skip = start == 0 ? 2 : 0; /* cells -2 and -1 are not ours */
        if (noisy) {
            next_noise(lattice, &ends, start / GF_SWEEP_BLOCK, now.g);
        }
        sweep->first(sweep, &lattice->plan.dynamics, field->m + start - 1, count, &now);
        sweep->second(sweep, &lattice->plan.dynamics, &now, GF_SWEEP_FIRST - 1 + skip, count - skip,
                      result + start + skip - 2);
        keep_last(now.noisy);
        keep_last(now.x);
    }
}

static void prepare(const gf_lattice *lattice, gf_sweep *sweep) {
    gf_dynamics_noise(&lattice->plan.dynamics, lattice->plan.step, &sweep->a, &sweep->b);
    sweep->dt = lattice->plan.step;
}

void gf_sweep_advance(gf_lattice *lattice, gf_sweep sweep, uint64_t steps) {
    const gf_one_field *self = lattice->body;
    prepare(lattice, &sweep);
    for (uint64_t k = 0; k < steps; ++k) {
        fill_halo(lattice);
        go_through(lattice, &sweep, self->m);
        ++lattice->steps;
    }
}

void gf_sweep_observe(const gf_lattice *lattice, gf_sweep sweep, double *result) {
    prepare(lattice, &sweep);
    fill_halo(lattice);
    go_through(lattice, &sweep, result);
}
