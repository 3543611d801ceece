/* What stands behind a lattice, for those who make one: a new kind (two fields on another device)
 * is a table of functions and a line in lattice.c. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_KIND_H
#define GIBBSFLOW_LANGEVIN_LATTICE_KIND_H

#include "langevin/lattice/lattice.h"

typedef struct gf_lattice_kind {
    size_t rows;   /* of a state */
    size_t counts; /* the first so many of gf_lattice_count are kept */
    size_t fewest; /* cells */
    /* Prepares and frees lattice->body; `end` also after a failure, when it may be NULL. */
    gf_status (*begin)(gf_lattice *lattice, gf_error *error);
    void (*end)(gf_lattice *lattice);
    void (*advance)(gf_lattice *lattice, uint64_t steps); /* counts, and adds to lattice->steps */
    void (*get)(const gf_lattice *lattice, double *rows);
    void (*set)(gf_lattice *lattice, const double *rows);
    gf_status (*check)(const gf_lattice *lattice, gf_error *error);
    void (*observe)(const gf_lattice *lattice, double *fields);
} gf_lattice_kind;

struct gf_lattice {
    const gf_lattice_kind *kind;
    gf_lattice_plan plan;
    uint64_t steps; /* made so far */
    uint64_t counts[GF_COUNTS];
    void *body; /* of the kind */
};

extern const gf_lattice_kind gf_lattice_of_one_field;
extern const gf_lattice_kind gf_lattice_of_two_fields;
extern const gf_lattice_kind gf_lattice_of_blocks;

/* Fails if a value of the row is not below `bound`: the field, called `name`, runs away. */
gf_status gf_lattice_check_row(const gf_lattice *self, const double *row, double bound,
                               const char *name, gf_error *error);

#endif
