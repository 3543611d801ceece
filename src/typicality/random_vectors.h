/* Random vectors of a magnetisation sector, of which the mean of <r|A|r> is Tr A.
 *
 * Components are +-1, or, of complex vectors, i times that: the trace of a diagonal operator has no
 * error at all, and <r|r> is the dimension. They depend on seed, sector, purpose, vector and state
 * alone (Threefry). */
#ifndef GIBBSFLOW_TYPICALITY_RANDOM_VECTORS_H
#define GIBBSFLOW_TYPICALITY_RANDOM_VECTORS_H

#include "hilbert/action.h"

/* What vectors are for; those of different purposes are independent. */
typedef enum gf_vector_purpose {
    GF_VECTORS_TRACE = 0,
    GF_VECTORS_SEARCH = 2,
    GF_VECTORS_EVOLUTION = 4
} gf_vector_purpose;

typedef struct gf_random_vectors {
    uint64_t seed;
    int up; /* spins up: the sector */
    gf_vector_purpose purpose;
} gf_random_vectors;

/* Vectors first, first + 1, ... to the columns of start [size][columns.width]. */
void gf_random_vectors_draw(const gf_random_vectors *self, size_t first, gf_columns columns,
                            size_t size, double *start);

#endif
