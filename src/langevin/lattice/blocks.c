/* Blocks without neighbours: two fields in every cell, which are looked at after every step, or
 * passages from one side to the other would be missed. */
#include "langevin/lattice/passage.h"
#include "langevin/lattice/two_field.h"

#include <stdlib.h>
#include <string.h>

/* The body: first that of two fields, whose functions do the work. */
typedef struct blocks {
    gf_two_field fields;
    double *side; /* [cells] where each was seen last: -1, 1; 0: neither yet */
} blocks;

static gf_status begin(gf_lattice *lattice, gf_error *error) {
    blocks *self = calloc(1, sizeof *self);
    lattice->body = self;
    if (self != NULL) {
        self->side = calloc(lattice->plan.cells, sizeof *self->side);
    }
    return self != NULL && self->side != NULL ? gf_two_field_allocate(lattice, error)
                                              : gf_fail_memory(error, "blocks");
}

static void end(gf_lattice *lattice) {
    blocks *self = lattice->body;
    if (self != NULL) {
        free(self->side);
    }
    gf_two_field_end(lattice);
}

static uint64_t count_passages(const gf_lattice *lattice) {
    const blocks *self = lattice->body;
    const gf_dynamics *d = &lattice->plan.dynamics;
    const double *m = self->fields.now.q[GF_MAGNETIZATION];
    uint64_t passages = 0;
    for (size_t i = 0; i < lattice->plan.cells; ++i) {
        bool passed =
            gf_passes(m[i] - d->middle, lattice->plan.threshold * d->order, &self->side[i]);
        passages += passed ? 1 : 0;
    }
    return passages;
}

static void advance(gf_lattice *lattice, uint64_t steps) {
    for (uint64_t k = 0; k < steps; ++k) {
        lattice->plan.integrator->advance(lattice, 1);
        lattice->counts[GF_COUNT_PASSAGES] += count_passages(lattice);
    }
}

static void get(const gf_lattice *lattice, double *rows) {
    const blocks *self = lattice->body;
    size_t cells = lattice->plan.cells;
    gf_two_field_get(lattice, rows);
    memcpy(rows + GF_CHARGES * cells, self->side, cells * sizeof *rows);
}

static void set(gf_lattice *lattice, const double *rows) {
    const blocks *self = lattice->body;
    size_t cells = lattice->plan.cells;
    gf_two_field_set(lattice, rows);
    memcpy(self->side, rows + GF_CHARGES * cells, cells * sizeof *rows);
}

const gf_lattice_kind gf_lattice_of_blocks = {.rows = GF_CHARGES + 1,
                                              .counts = GF_COUNT_PASSAGES + 1,
                                              .fewest = 1,
                                              .begin = begin,
                                              .end = end,
                                              .advance = advance,
                                              .get = get,
                                              .set = set,
                                              .check = gf_two_field_check,
                                              .observe = gf_two_field_get};
