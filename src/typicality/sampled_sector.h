/* One magnetisation sector on its way into a sampled spectrum. */
#ifndef GIBBSFLOW_TYPICALITY_SAMPLED_SECTOR_H
#define GIBBSFLOW_TYPICALITY_SAMPLED_SECTOR_H

#include "krylov/extremal_states.h"
#include "krylov/lanczos.h"
#include "spectrum/block.h"
#include "spectrum/spectrum.h"

/* Diagonalised, or sampled by `samples` random vectors. */
typedef struct gf_sampled_sector {
    int up;
    size_t size, samples; /* samples is 0 if it is diagonalised */
    gf_block_levels solved;
    bool is_alone; /* it takes all threads and much memory */
    gf_extremal_states_goal goal;
    gf_extremal_states extremes; /* states taken apart from the random vectors */
    gf_ritz *apart;              /* [extremes.count]: what they tell */
    gf_ritz *ritz;               /* [samples] */
    size_t first;                /* number of its first random vector, counted over all sectors */
} gf_sampled_sector;

size_t gf_sampled_sector_levels(const gf_sampled_sector *self);

/* Puts its levels into the spectrum from level `at` on; factor[k] multiplies observable k. Those of
 * random vectors together stand for the states not taken apart. */
gf_status gf_sampled_sector_copy(const gf_sampled_sector *self, const int *factor, size_t at,
                                 gf_spectrum *spectrum, gf_error *error);
void gf_sampled_sector_free(gf_sampled_sector *self);

#endif
