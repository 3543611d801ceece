#include "langevin/lattice/one_field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gf_status begin(gf_lattice *lattice, gf_error *error) {
    const size_t line = 8; /* doubles in a cache line */
    const gf_integrator *integrator = lattice->plan.integrator;
    size_t room = (lattice->plan.cells + 2 * line + line - 1) / line * line * sizeof(double);
    gf_one_field *self = calloc(1, sizeof *self);
    lattice->body = self;
    if (self != NULL) {
        self->memory = aligned_alloc(line * sizeof(double), room);
    }
    if (self == NULL || self->memory == NULL) {
        return gf_fail_memory(error, "a field");
    }
    memset(self->memory, 0, room);
    self->m =
        (double *)self->memory + line + GF_ONE_FIELD_HALO; /* what a sweep writes is aligned */
    return integrator->begin != NULL ? integrator->begin(lattice, error) : GF_OK;
}

static void end(gf_lattice *lattice) {
    gf_one_field *self = lattice->body;
    if (self == NULL) {
        return;
    }
    if (self->work != NULL) {
        lattice->plan.integrator->end(lattice);
    }
    free(self->memory);
    free(self);
}

static void advance(gf_lattice *lattice, uint64_t steps) {
    lattice->plan.integrator->advance(lattice, steps);
}

static void get(const gf_lattice *lattice, double *rows) {
    const gf_one_field *self = lattice->body;
    memcpy(rows, self->m, lattice->plan.cells * sizeof *rows);
}

static void set(gf_lattice *lattice, const double *rows) {
    gf_one_field *self = lattice->body;
    memcpy(self->m, rows, lattice->plan.cells * sizeof *rows);
}

static void observe(const gf_lattice *lattice, double *m) {
    const gf_integrator *integrator = lattice->plan.integrator;
    if (integrator->observe != NULL) {
        integrator->observe(lattice, m);
    } else {
        get(lattice, m);
    }
}

/* A thousand times the stable values, or what the noises may add to them. */
static gf_status check(const gf_lattice *lattice, gf_error *error) {
    const gf_one_field *self = lattice->body;
    const gf_dynamics *d = &lattice->plan.dynamics;
    const gf_scalar *s = &d->scalar;
    double jitter = s->diffusion > 0 ? sqrt(s->thermal / (2 * s->diffusion * d->spacing)) : 0;
    double swing = s->cubic > 0 ? pow(s->drive / (2 * d->spacing * s->cubic), 0.25) : 0;
    double start = d->order * fmax(1, lattice->plan.amplitude);
    return gf_lattice_check_row(lattice, self->m, 1000 * (start + swing) + 100 * jitter, "m",
                                error);
}

double gf_one_field_longest_step(const gf_dynamics *dynamics) {
    double dx = dynamics->spacing;
    return 2 /
           (4 * dynamics->scalar.diffusion / (dx * dx) + dynamics->equation->stiffness(dynamics));
}

const gf_lattice_kind gf_lattice_of_one_field = {.rows = 1,
                                                 .counts = 0,
                                                 .fewest = 4,
                                                 .begin = begin,
                                                 .end = end,
                                                 .advance = advance,
                                                 .get = get,
                                                 .set = set,
                                                 .check = check,
                                                 .observe = observe};
