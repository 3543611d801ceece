/* One magnetisation sector on its way into a sampled spectrum. */
#ifndef GIBBSFLOW_TYPICALITY_SAMPLED_SECTOR_H
#define GIBBSFLOW_TYPICALITY_SAMPLED_SECTOR_H

#include "krylov/extremal_states.h"
#include "krylov/lanczos.h"
#include "spectrum/block.h"
#include "spectrum/spectrum.h"
#include "typicality/sampling_plan.h"

/* Diagonalised, or sampled by vectors: first the extremal states that are taken apart, of which
 * fewer may be found than are wanted, then random ones. */
typedef struct gf_sampled_sector {
    const gf_sampling_part *part;
    gf_block_levels solved;
    gf_extremal_states extremes; /* only while they are needed */
    size_t vectors, apart;       /* of all; of those wanted apart */
    gf_ritz *ritz;               /* [vectors]: what they tell, nothing of those not found */
    bool *done;                  /* [vectors]; of a sector that is diagonalised [1] */
    size_t first; /* number of its first random vector, counted over all sectors of rising `up` */
} gf_sampled_sector;

/* Of a plan's sector; the plan stays the caller's, and has to live as long. After a failure there
 * may be something to free. */
gf_status gf_sampled_sector_init(gf_sampled_sector *self, const gf_sampling_part *part,
                                 gf_error *error);
void gf_sampled_sector_free(gf_sampled_sector *self);

size_t gf_sampled_sector_levels(const gf_sampled_sector *self);

/* Puts its levels into the spectrum from level `at` on; factor[k] multiplies observable k. Those of
 * random vectors together stand for the states not taken apart. */
gf_status gf_sampled_sector_copy(const gf_sampled_sector *self, const int *factor, size_t at,
                                 gf_spectrum *spectrum, gf_error *error);

#endif
