#include <fftw3.h> /* first: after complex.h its modes would be complex numbers of C */

#include "langevin/lattice/one_field.h"

#include "base/clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Per mode k = 0 ... cells/2: what an Ornstein-Uhlenbeck step keeps of it, and what it adds. */
typedef struct spectral {
    fftw_plan forward, backward;
    double *field;
    fftw_complex *mode;
    double *decay, *kick; /* including the 1/cells of the transforms */
} spectral;

static size_t modes_of(size_t cells) {
    return cells / 2 + 1;
}

static void end(gf_lattice *lattice) {
    gf_one_field *field = lattice->body;
    spectral *self = field->work;
#pragma omp critical(gf_fftw_planner)
    {
        fftw_destroy_plan(self->forward);
        fftw_destroy_plan(self->backward);
    }
    fftw_free(self->field);
    fftw_free(self->mode);
    free(self->decay);
    free(self->kick);
    free(self);
    field->work = NULL;
}

/* Mode k of the increments: a Gaussian of variance `power` per unit of time and of decay rate
 * `rate`, for the real and imaginary part; modes that are real have all of it in the real part. */
static void set_mode(spectral *self, const gf_lattice *lattice, size_t k) {
    const gf_dynamics *d = &lattice->plan.dynamics;
    double n = (double)lattice->plan.cells, dx = d->spacing, dt = lattice->plan.step;
    double curl = 4 * pow(sin(M_PI * (double)k / n), 2);
    double rate = d->scalar.diffusion * curl / (dx * dx);
    double power = d->scalar.drive / dx + d->scalar.thermal * curl / (dx * dx * dx);
    double added = rate > 0 ? power * -expm1(-2 * rate * dt) / (2 * rate) : power * dt;
    bool is_real = k == 0 || 2 * k == lattice->plan.cells;
    self->decay[k] = exp(-rate * dt) / n;
    self->kick[k] = sqrt(added / (is_real ? n : 2 * n));
}

static gf_status begin(gf_lattice *lattice, gf_error *error) {
    size_t n = lattice->plan.cells, modes = modes_of(n);
    gf_one_field *field = lattice->body;
    spectral *self = calloc(1, sizeof *self);
    field->work = self;
    if (self != NULL) {
        self->field = fftw_alloc_real(n);
        self->mode = fftw_alloc_complex(modes + GF_RANDOM_BLOCK);
        self->decay = calloc(modes, sizeof(double));
        self->kick = calloc(modes, sizeof(double));
    }
    if (self == NULL || self->field == NULL || self->mode == NULL || self->decay == NULL ||
        self->kick == NULL || n > INT32_MAX) {
        return gf_fail_memory(error, "the modes of a field");
    }
#pragma omp critical(gf_fftw_planner)
    {
        self->forward = fftw_plan_dft_r2c_1d((int)n, self->field, self->mode, FFTW_ESTIMATE);
        self->backward = fftw_plan_dft_c2r_1d((int)n, self->mode, self->field, FFTW_ESTIMATE);
    }
    for (size_t k = 0; k < modes; ++k) {
        set_mode(self, lattice, k);
    }
    return GF_OK;
}

GF_CLONES static void update_modes(size_t count, const float *restrict g,
                                   const double *restrict decay, const double *restrict kick,
                                   double (*restrict mode)[2]) {
    for (size_t k = 0; k < count; ++k) {
        mode[k][0] = decay[k] * mode[k][0] + kick[k] * (double)g[2 * k];
        mode[k][1] = decay[k] * mode[k][1] + kick[k] * (double)g[2 * k + 1];
    }
}

static void ornstein_uhlenbeck(gf_lattice *lattice) {
    enum { MODES = GF_RANDOM_BLOCK / 2 };
    const gf_one_field *field = lattice->body;
    spectral *self = field->work;
    size_t modes = modes_of(lattice->plan.cells);
    fftw_execute(self->forward);
    for (size_t start = 0; start < modes; start += MODES) {
        float g[GF_RANDOM_BLOCK];
        gf_random_normal(&lattice->plan.random, GF_RANDOM_STEP, lattice->steps,
                         (uint32_t)(start / MODES), g);
        size_t count = modes - start < MODES ? modes - start : MODES;
        update_modes(count, g, self->decay + start, self->kick + start, self->mode + start);
    }
    fftw_execute(self->backward); /* ignores the imaginary parts of the real modes */
}

static void advance(gf_lattice *lattice, uint64_t steps) {
    gf_one_field *field = lattice->body;
    spectral *self = field->work;
    const gf_dynamics *dynamics = &lattice->plan.dynamics;
    size_t size = lattice->plan.cells * sizeof(double);
    memcpy(self->field, field->m, size);
    for (uint64_t k = 0; k < steps; ++k) {
        double time = lattice->steps > 0 ? lattice->plan.step : lattice->plan.step / 2;
        dynamics->equation->flow(dynamics, time, lattice->plan.cells, self->field);
        ornstein_uhlenbeck(lattice);
        ++lattice->steps;
    }
    memcpy(field->m, self->field, size);
}

static void observe(const gf_lattice *lattice, double *m) {
    const gf_dynamics *dynamics = &lattice->plan.dynamics;
    const gf_one_field *field = lattice->body;
    memcpy(m, field->m, lattice->plan.cells * sizeof *m);
    if (lattice->steps > 0) {
        dynamics->equation->flow(dynamics, lattice->plan.step / 2, lattice->plan.cells, m);
    }
}

static double longest_step(const gf_dynamics *dynamics) {
    (void)dynamics;
    return INFINITY;
}

const gf_integrator gf_integrator_exponential = {.name = "exponential",
                                                 .fields = 1,
                                                 .weak_order = 2,
                                                 .takes_reversed = false,
                                                 .longest_step = longest_step,
                                                 .begin = begin,
                                                 .end = end,
                                                 .advance = advance,
                                                 .observe = observe};
