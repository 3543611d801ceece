#include "hilbert/basis.h"

#include <stdlib.h>

size_t gf_basis_dimension(int sites, int up) {
    if (up < 0 || up > sites) {
        return 0;
    }
    size_t result = 1;
    for (int k = 1; k <= up; ++k) {
        result = result * (size_t)(sites - up + k) / (size_t)k;
    }
    return result;
}

/* The states of `up` set bits among `sites`, in increasing order (Gosper's step to the next). */
static void list_states(gf_basis *self) {
    uint64_t state = ((uint64_t)1 << self->up) - 1;
    for (size_t i = 0; i < self->size; ++i) {
        self->states[i] = (uint32_t)state;
        if (state != 0) {
            uint64_t lowest = state & (~state + 1), ripple = state + lowest;
            state = ripple | (((state ^ ripple) / lowest) >> 2);
        }
    }
}

static void fill_ranks(gf_basis *self) {
    int low_sites = self->sites / 2, high_sites = self->sites - low_sites;
    size_t seen[33] = {0}, below = 0;
    for (uint32_t low = 0; low < (1U << low_sites); ++low) {
        self->low_rank[low] = (uint32_t)seen[__builtin_popcount(low)]++;
    }
    for (uint32_t high = 0; high < (1U << high_sites); ++high) {
        self->high_rank[high] = below;
        below += gf_basis_dimension(low_sites, self->up - __builtin_popcount(high));
    }
}

gf_status gf_basis_init(gf_basis *self, int sites, int up, gf_error *error) {
    int low_sites = sites / 2, high_sites = sites - low_sites;
    *self = (gf_basis){.sites = sites, .up = up, .size = gf_basis_dimension(sites, up)};
    self->states = malloc(self->size * sizeof *self->states);
    self->high_rank = malloc(((size_t)1 << high_sites) * sizeof *self->high_rank);
    self->low_rank = malloc(((size_t)1 << low_sites) * sizeof *self->low_rank);
    if (self->states == NULL || self->high_rank == NULL || self->low_rank == NULL) {
        gf_basis_free(self);
        return gf_fail_memory(error, "the basis of a sector");
    }
    list_states(self);
    fill_ranks(self);
    return GF_OK;
}

void gf_basis_free(gf_basis *self) {
    free(self->states);
    free(self->high_rank);
    free(self->low_rank);
    *self = (gf_basis){0};
}
