/* The states of one magnetisation sector as bit patterns: bit j set means spin up at site j.
 *
 * States are in increasing order. A state is ranked from two tables, one over its high and one over
 * its low half of sites, without a search (H. Q. Lin, Phys. Rev. B 42, 6561 (1990)). */
#ifndef GIBBSFLOW_HILBERT_BASIS_H
#define GIBBSFLOW_HILBERT_BASIS_H

#include "gibbsflow/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gf_basis {
    int sites, up; /* the magnetisation is 2 up - sites */
    size_t size;   /* binomial(sites, up) */
    uint32_t *states;
    size_t *high_rank;  /* by the high half: states below it with fewer high bits */
    uint32_t *low_rank; /* by the low half: rank among low halves of equal population */
} gf_basis;

size_t gf_basis_dimension(int sites, int up); /* binomial(sites, up) */

/* 0 <= up <= sites <= 32. The caller frees the basis. */
gf_status gf_basis_init(gf_basis *self, int sites, int up, gf_error *error);
void gf_basis_free(gf_basis *self);

/* The index of a state that is in the sector. */
static inline size_t gf_basis_rank(const gf_basis *self, uint32_t state) {
    int low_sites = self->sites / 2;
    return self->high_rank[state >> low_sites] + self->low_rank[state & ((1U << low_sites) - 1)];
}

#endif
