#include "open_system/trajectories/momentum_basis.h"

#include <stdlib.h>

/* Fills the orbit that begins at `state`, the smallest of its patterns. */
static void add_orbit(gf_momentum_basis *self, const gf_symmetry *symmetry, uint32_t state) {
    size_t orbit = self->orbits++;
    uint32_t *image = self->image + orbit * (size_t)self->translations;
    int length = 0;
    for (int l = 0; l < self->translations; ++l) {
        image[l] = gf_symmetry_act(symmetry, l, 0, state);
        if (length == 0 && l > 0 && image[l] == state) {
            length = l;
        }
    }
    self->length[orbit] = (uint8_t)(length > 0 ? length : self->translations);
    for (int l = 0; l < self->length[orbit]; ++l) {
        self->place[image[l]] = (uint32_t)(orbit * (size_t)self->translations + (size_t)l);
    }
}

static bool is_representative(const gf_symmetry *symmetry, uint32_t state) {
    for (int l = 1; l < symmetry->translations; ++l) {
        if (gf_symmetry_act(symmetry, l, 0, state) < state) {
            return false;
        }
    }
    return true;
}

/* Marks representatives in `place` and counts them. */
static size_t mark_orbits(gf_momentum_basis *self, const gf_symmetry *symmetry) {
    size_t count = 0;
    for (uint32_t state = 0; state < 1U << self->sites; ++state) {
        self->place[state] = is_representative(symmetry, state);
        count += self->place[state];
    }
    return count;
}

/* Representatives of each number of spins up in turn. `place` of other patterns is filled by orbits
 * of the same number, never of one that is still to come. */
static void list_orbits(gf_momentum_basis *self, const gf_symmetry *symmetry, const bool *marked) {
    for (int up = 0; up <= self->sites; ++up) {
        self->first[up] = self->orbits;
        for (uint32_t state = 0; state < 1U << self->sites; ++state) {
            if (marked[state] && __builtin_popcount(state) == up) {
                add_orbit(self, symmetry, state);
            }
        }
    }
    self->first[self->sites + 1] = self->orbits;
}

gf_status gf_momentum_basis_init(gf_momentum_basis *self, const gf_symmetry *symmetry,
                                 gf_error *error) {
    size_t patterns = (size_t)1 << symmetry->sites;
    *self = (gf_momentum_basis){.sites = symmetry->sites, .translations = symmetry->translations};
    bool *marked = calloc(patterns, sizeof *marked);
    self->place = calloc(patterns, sizeof *self->place);
    size_t count = self->place != NULL ? mark_orbits(self, symmetry) : 0;
    self->image = calloc(count * (size_t)self->translations + 1, sizeof *self->image);
    self->length = calloc(count + 1, sizeof *self->length);
    if (marked == NULL || self->place == NULL || self->image == NULL || self->length == NULL) {
        free(marked);
        gf_momentum_basis_free(self);
        return gf_fail_memory(error, "the states of the chain");
    }
    for (size_t state = 0; state < patterns; ++state) {
        marked[state] = self->place[state] != 0;
    }
    list_orbits(self, symmetry, marked);
    free(marked);
    return GF_OK;
}

void gf_momentum_basis_free(gf_momentum_basis *self) {
    free(self->image);
    free(self->length);
    free(self->place);
    *self = (gf_momentum_basis){0};
}

double gf_momentum_basis_memory(int sites, int translations) {
    double patterns = (double)((size_t)1 << sites);
    return 9 * patterns + patterns / translations;
}
