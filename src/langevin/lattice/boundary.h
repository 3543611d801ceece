/* How a row of cells ends. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_BOUNDARY_H
#define GIBBSFLOW_LANGEVIN_LATTICE_BOUNDARY_H

typedef enum gf_boundary {
    GF_PERIODIC,     /* m(r + length) = m(r) */
    GF_ANTIPERIODIC, /* m(r + length) = -m(r): an odd number of walls */
    GF_FIXED         /* the first and the last cell keep what they start with */
} gf_boundary;

#endif
