/* What computing, reading and writing a spectrum share. */
#ifndef GIBBSFLOW_SPECTRUM_CHECKPOINT_H
#define GIBBSFLOW_SPECTRUM_CHECKPOINT_H

#include "spectrum/block.h"
#include "spectrum/spectrum.h"

/* The blocks that are solved (levels > 0), to and from an HDF5 file. */
gf_status gf_checkpoint_save(const gf_checkpoint *self, const gf_model *model,
                             const gf_block_levels *blocks, size_t count, gf_error *error);
/* Reads what `self->path` holds, if there is such a file, into blocks[count], and sets
 * self->resumed. blocks[b].size and .rows must be set; they have to agree. A size of 0 is that of a
 * random vector, whose levels stand for any number of states. */
gf_status gf_checkpoint_load(gf_checkpoint *self, const gf_model *model, gf_block_levels *blocks,
                             size_t count, gf_error *error);

/* Says that `stop` is looked at from here on, or no more; NULL says nothing. */
void gf_checkpoint_heed(const gf_checkpoint *self, bool yes);

/* What a spectrum is sampled with, from and to the model, in place of what its text says. */
void gf_spectrum_put_sampling(const gf_sampling *sampling, gf_file *file);
void gf_spectrum_get_sampling(gf_file *file, gf_model *model);

#endif
