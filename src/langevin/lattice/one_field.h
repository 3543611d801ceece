/* A row of cells with one value each. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_ONE_FIELD_H
#define GIBBSFLOW_LANGEVIN_LATTICE_ONE_FIELD_H

#include "langevin/lattice/kind.h"

enum { GF_ONE_FIELD_HALO = 2 };

/* The body of a lattice of one field. */
typedef struct gf_one_field {
    double *m;    /* [cells], and a halo on either side that is the integrator's */
    void *memory; /* the same */
    void *work;   /* of the integrator */
} gf_one_field;

/* The longest step of the explicit methods. */
double gf_one_field_longest_step(const gf_dynamics *dynamics);

#endif
