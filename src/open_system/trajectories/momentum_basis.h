/* All states of a chain, by the orbits of its translations, for vectors of one momentum.
 *
 * Patterns, bit j set for spin up at site j, that a translation joins are an orbit. With G
 * translations T^l, theta = 2 pi k / G and an orbit of L patterns from the representative |a>,
 *
 *     |a, k> = L^(-1/2) sum_{l < L} exp(-i theta l) T^l |a>,   T |a, k> = exp(i theta) |a, k>,
 *
 * exists where k L is a multiple of G. A vector of momentum k has a component for every orbit, 0
 * for those that do not exist, the orbits sorted by the number of spins up: what conserves the
 * magnetisation leaves the ranges first[up] ... first[up + 1] - 1 to themselves. Without
 * translations every pattern is an orbit. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_MOMENTUM_BASIS_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_MOMENTUM_BASIS_H

#include "gibbsflow/error.h"
#include "hilbert/symmetry.h"

#include <stdint.h>

typedef struct gf_momentum_basis {
    int sites, translations;
    size_t orbits;
    size_t first[GF_CHAIN_MAX_SITES + 2]; /* the first orbit with so many spins up */
    uint32_t *image;                      /* [orbits][translations]: T^l of the representative */
    uint8_t *length;                      /* [orbits] */
    uint32_t *place;                      /* [2^sites]: orbit * translations + l, l < length */
} gf_momentum_basis;

/* The caller frees it; after a failure it is empty. */
gf_status gf_momentum_basis_init(gf_momentum_basis *self, const gf_symmetry *symmetry,
                                 gf_error *error);
void gf_momentum_basis_free(gf_momentum_basis *self);

double gf_momentum_basis_memory(int sites, int translations);

/* Whether an orbit has a state of this momentum. */
static inline bool gf_momentum_basis_holds(const gf_momentum_basis *self, size_t orbit,
                                           int momentum) {
    return momentum * self->length[orbit] % self->translations == 0;
}

#endif
