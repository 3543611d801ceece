/* What computing, reading and writing a spectrum share. */
#ifndef GIBBSFLOW_SPECTRUM_CHECKPOINT_H
#define GIBBSFLOW_SPECTRUM_CHECKPOINT_H

#include "spectrum/block.h"
#include "spectrum/spectrum.h"

/* The blocks that are solved (levels > 0), to and from an HDF5 file. */
gf_status gf_checkpoint_save(const gf_checkpoint *self, const gf_model *model,
                             const gf_block_levels *sectors, size_t blocks, gf_error *error);
/* Reads what `self->path` holds, if there is such a file, into sectors[blocks], and sets
 * self->resumed. sectors[b].size and .rows must be set; they have to agree. */
gf_status gf_checkpoint_load(gf_checkpoint *self, const gf_model *model, gf_block_levels *sectors,
                             size_t blocks, gf_error *error);

#endif
