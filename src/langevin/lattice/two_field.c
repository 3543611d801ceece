#include "langevin/lattice/two_field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of random numbers per stage: of cells and of faces, and as many for the noise of faces
 * before it is averaged. LINE: bytes of a cache line. */
enum { GAUSSIANS = 3 * GF_CHARGES, LINE = 64 };

/* --- memory ---------------------------------------------------------------------------------- */

/* Adds `bytes` on a cache line of its own to a plan; with memory, the address. */
static void *take(char *memory, size_t *used, size_t bytes) {
    void *address = memory != NULL ? memory + *used : NULL;
    *used += (bytes + LINE - 1) / LINE * LINE + LINE; /* rows begin on different cache sets */
    return address;
}

/* Rows with room for a cell beyond on either side, which begins a cache line before the first. */
static double *take_doubles(char *memory, size_t *used, size_t cells) {
    double *row = take(memory, used, (cells + 2) * sizeof *row + LINE);
    return row != NULL ? row + LINE / sizeof *row : NULL;
}

static float *take_floats(char *memory, size_t *used, size_t cells) {
    float *row = take(memory, used, (cells + 2) * sizeof *row + LINE);
    return row != NULL ? row + LINE / sizeof *row : NULL;
}

static void lay_out_values(gf_values *self, const gf_lattice *lattice, char *memory, size_t *used) {
    size_t cells = lattice->plan.cells;
    bool varies = lattice->plan.dynamics.hydrodynamics.law == GF_TRANSPORT_VARYING;
    for (int i = 0; i < GF_CHARGES; ++i) {
        self->q[i] = take_doubles(memory, used, cells);
        self->force[i] = take_doubles(memory, used, cells);
    }
    for (int i = 0; i < GF_PAIRS; ++i) {
        self->noise[i] = take_floats(memory, used, cells);
        self->susceptibility[i] = take_floats(memory, used, cells);
    }
    for (int i = 0; i < GF_ENTRIES && varies; ++i) {
        self->diffusion[i] = take_doubles(memory, used, cells);
    }
}

/* The layout of the memory; its size where there is none yet. */
static size_t lay_out(const gf_lattice *lattice, gf_two_field *self) {
    size_t n = lattice->plan.cells, used = 0;
    char *memory = self->memory;
    for (int i = 0; i < GF_CHARGES; ++i) {
        self->flux[i] = take_doubles(memory, &used, n);
        self->kick[i] = take_floats(memory, &used, n);
    }
    lay_out_values(&self->now, lattice, memory, &used);
    lay_out_values(&self->middle, lattice, memory, &used);
    self->gaussians = take(memory, &used, GAUSSIANS * self->row * sizeof(float));
    return used;
}

/* Whole blocks, and what the average over faces reads beyond the end. */
static size_t gaussian_row(const gf_lattice *lattice) {
    size_t blocks = (lattice->plan.cells + GF_RANDOM_BLOCK - 1) / GF_RANDOM_BLOCK;
    return blocks * GF_RANDOM_BLOCK + lattice->plan.dynamics.hydrodynamics.filter + 1;
}

gf_status gf_two_field_allocate(gf_lattice *lattice, gf_error *error) {
    gf_two_field *self = lattice->body;
    self->row = gaussian_row(lattice);
    size_t size = lay_out(lattice, self);
    self->memory = aligned_alloc(LINE, size);
    if (self->memory == NULL) {
        return gf_fail_memory(error, "two fields");
    }
    memset(self->memory, 0, size);
    (void)lay_out(lattice, self);
    return GF_OK;
}

static gf_status begin(gf_lattice *lattice, gf_error *error) {
    lattice->body = calloc(1, sizeof(gf_two_field));
    return lattice->body != NULL ? gf_two_field_allocate(lattice, error)
                                 : gf_fail_memory(error, "two fields");
}

void gf_two_field_end(gf_lattice *lattice) {
    gf_two_field *self = lattice->body;
    if (self != NULL) {
        free(self->memory);
    }
    free(self);
}

/* --- state ----------------------------------------------------------------------------------- */

static void advance(gf_lattice *lattice, uint64_t steps) {
    lattice->plan.integrator->advance(lattice, steps);
}

void gf_two_field_get(const gf_lattice *lattice, double *rows) {
    const gf_two_field *self = lattice->body;
    size_t cells = lattice->plan.cells;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        memcpy(rows + i * cells, self->now.q[i], cells * sizeof *rows);
    }
}

void gf_two_field_set(gf_lattice *lattice, const double *rows) {
    const gf_two_field *self = lattice->body;
    size_t cells = lattice->plan.cells;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        memcpy(self->now.q[i], rows + i * cells, cells * sizeof *rows);
    }
}

/* --- checks ---------------------------------------------------------------------------------- */

gf_status gf_two_field_check(const gf_lattice *lattice, gf_error *error) {
    static const char *const names[GF_CHARGES] = {"m", "e"};
    const double bound = 1000; /* densities are of order 1 */
    const gf_two_field *self = lattice->body;
    gf_status status = GF_OK;
    for (int i = 0; i < GF_CHARGES && status == GF_OK; ++i) {
        status = gf_lattice_check_row(lattice, self->now.q[i], bound, names[i], error);
    }
    if (status == GF_OK && self->unphysical > 0) {
        status =
            gf_fail(error, GF_INVALID,
                    "D C + C D^T is no covariance at m = %g, e = %g (in %llu faces so far), so "
                    "that the noise of this diffusion matrix does not exist; give an Onsager "
                    "matrix (onsager: [[..],[..]])",
                    self->refused[GF_MAGNETIZATION], self->refused[GF_ENERGY],
                    (unsigned long long)self->unphysical);
    }
    return status;
}

double gf_two_field_longest_step(const gf_dynamics *dynamics) {
    return 2 / gf_hydrodynamics_rate(&dynamics->hydrodynamics, dynamics->spacing);
}

const gf_lattice_kind gf_lattice_of_two_fields = {.rows = GF_CHARGES,
                                                  .counts = GF_COUNT_OUTSIDE + 1,
                                                  .fewest = 4,
                                                  .begin = begin,
                                                  .end = gf_two_field_end,
                                                  .advance = advance,
                                                  .get = gf_two_field_get,
                                                  .set = gf_two_field_set,
                                                  .check = gf_two_field_check,
                                                  .observe = gf_two_field_get};
