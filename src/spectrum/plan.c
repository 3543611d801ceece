#include "spectrum/plan.h"

#include "base/block_cyclic.h"
#include "base/machine.h"
#include "base/ranks.h"
#include "spectrum/block.h"
#include "spectrum/distributed_block.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Smaller blocks are no work for several BLAS threads. */
enum { LARGE_BLOCK = 3000 };

gf_workforce gf_workforce_here(void) {
    return (gf_workforce){.ranks = gf_ranks_count(),
                          .threads = gf_machine_threads(),
                          .together = gf_block_cyclic_ranks(),
                          .memory = (double)gf_machine_free_memory(),
                          .rate = 2e-10};
}

/* --- time ------------------------------------------------------------------------------------ */

/* What a rank sends while pdsyevd works on n states, counted on grids of 2 to 16 ranks at n = 512
 * to 1024: 7 to 9 n messages, a third to a half of them sums over ranks in a row or column of the
 * grid, taken here as 4 n log2(ranks) one after another; and 38, 58, 70 and 75 n^2/sqrt(ranks)
 * bytes on 2, 4, 9 and 16. Its processor time is 1.3 to 1.6 times dsyevd's at n = 3000, checks and
 * observables included 1.6. */
static const double messages_each = 4, bytes_each = 75, overhead = 1.6;
/* Seconds of a message, and of a byte, between nodes of a cluster: assumed. */
static const double latency = 2e-6, byte = 1e-10;

double gf_plan_seconds_together(const gf_workforce *force, const gf_block *block,
                                double *messages) {
    int rows = 1, columns = 1;
    double n = (double)block->size;
    gf_block_cyclic_grid(force->together, block->size, GF_BLOCK_CYCLIC, &rows, &columns);
    double ranks = rows * columns;
    *messages = latency * messages_each * n * log2(ranks);
    if (ranks > 1) {
        *messages += byte * bytes_each * n * n / sqrt(ranks) * (block->is_real ? 1 : 2);
    }
    return force->rate * overhead * gf_block_work(block) / (ranks * force->threads) + *messages;
}

/* The rest from the queue, blocks from `first` on: never sooner than the longest of them. */
static double seconds_of_queue(const gf_workforce *force, double work, double longest) {
    return force->rate / force->threads * fmax(work / force->ranks, longest);
}

/* --- memory ---------------------------------------------------------------------------------- */

/* Bytes for the blocks from `first` on, one per thread, any of them at the same time: complex ones
 * need more than larger real ones. */
static double memory_side_by_side(const gf_plan *self, int threads, size_t first) {
    double most = 0;
    for (size_t b = first; b < self->count; ++b) {
        most = fmax(most, gf_block_memory(&self->symmetry, &self->blocks[b], self->rows));
    }
    return most * fmin(threads, (double)(self->count - first));
}

static bool fits_one(const gf_plan *self, const gf_workforce *force, size_t b) {
    return self->blocks[b].size <= GF_BLOCK_LARGEST &&
           gf_block_memory(&self->symmetry, &self->blocks[b], self->rows) + self->kept <=
               force->memory;
}

/* --- sharing out ----------------------------------------------------------------------------- */

/* The first blocks that cannot be done in any other way: up to the last that does not fit. */
static size_t least_distributed(const gf_plan *self, const gf_workforce *force) {
    size_t b = self->count;
    while (b > 0 && fits_one(self, force, b - 1)) {
        --b;
    }
    return b;
}

/* seconds[b] that all takes if the blocks before b are distributed, and together[b] for these. */
static void predict(const gf_plan *self, const gf_workforce *force, double *seconds,
                    double *together) {
    double longest = 0, rest = 0, messages = 0;
    together[0] = 0;
    for (size_t b = 0; b < self->count; ++b) {
        together[b + 1] =
            together[b] + gf_plan_seconds_together(force, &self->blocks[b], &messages);
    }
    for (size_t b = self->count; b + 1 > 0; --b) {
        if (b < self->count) {
            double work = gf_block_work(&self->blocks[b]);
            longest = fmax(longest, work);
            rest += work;
        }
        seconds[b] = together[b] + seconds_of_queue(force, rest, longest);
    }
}

/* Together are as many blocks as were asked for, or else as many as make the end come soonest. */
static gf_status choose_distributed(const gf_model *model, const gf_workforce *force, gf_plan *self,
                                    gf_error *error) {
    double *seconds = calloc(2 * (self->count + 1), sizeof *seconds);
    if (seconds == NULL) {
        return gf_fail_memory(error, "the sectors of the chain");
    }
    double *together = seconds + self->count + 1;
    predict(self, force, seconds, together);
    size_t best = 0;
    if (model->distribute_from > 0) {
        while (best < self->count && self->blocks[best].size >= model->distribute_from) {
            ++best;
        }
    } else if (force->together > 1) {
        best = least_distributed(self, force);
        for (size_t b = best; b <= self->count; ++b) {
            best = seconds[b] < seconds[best] ? b : best;
        }
    }
    self->distributed = best;
    self->seconds = seconds[best];
    self->together = together[best];
    free(seconds);
    return GF_OK;
}

/* Threads do best on blocks of their own. Alone, with all BLAS threads of a rank, are the largest
 * ones as long as one of them would outlast the rest, or several would not fit. */
static void share_out(const gf_workforce *force, gf_plan *self) {
    double rest = self->work, alone = 0, workers = (double)force->ranks * force->threads;
    size_t b = 0;
    for (; b < self->distributed; ++b) {
        double memory = gf_distributed_block_memory(&self->symmetry, &self->blocks[b],
                                                    force->together, GF_BLOCK_CYCLIC, self->rows);
        rest -= gf_block_work(&self->blocks[b]);
        alone = fmax(alone, memory);
    }
    for (; b < self->count && self->blocks[b].size >= LARGE_BLOCK; ++b) {
        double work = gf_block_work(&self->blocks[b]);
        if (rest >= workers * work &&
            memory_side_by_side(self, force->threads, b) + self->kept <= force->memory) {
            break;
        }
        rest -= work;
        alone = fmax(alone, gf_block_memory(&self->symmetry, &self->blocks[b], self->rows));
    }
    self->large = b;
    self->memory = fmax(alone, memory_side_by_side(self, force->threads, b)) + self->kept;
}

/* --- the whole ------------------------------------------------------------------------------- */

gf_status gf_plan_make(const gf_model *model, const gf_workforce *force, gf_plan *self,
                       gf_error *error) {
    *self = (gf_plan){0};
    gf_status status = gf_spectrum_symmetry(model, &self->symmetry, error);
    if (status == GF_OK) {
        status = gf_symmetry_blocks(&self->symmetry, &self->blocks, &self->count, error);
    }
    if (status != GF_OK) {
        return status;
    }
    for (size_t b = 0; b < self->count; ++b) {
        self->work += gf_block_work(&self->blocks[b]);
    }
    self->rows =
        model->channel_count * GF_OBSERVABLES * (gf_symmetry_flips(&self->symmetry) ? 2 : 1);
    self->kept = 2 * ((double)self->rows + 4) * 8 * ldexp(1, model->chain.sites);
    status = choose_distributed(model, force, self, error);
    if (status == GF_OK) {
        share_out(force, self);
    } else {
        gf_plan_free(self);
    }
    return status;
}

void gf_plan_free(gf_plan *self) {
    free(self->blocks);
    *self = (gf_plan){0};
}

gf_status gf_plan_check_memory(const gf_plan *self, const gf_workforce *force, gf_error *error) {
    if (self->memory <= force->memory) {
        return GF_OK;
    }
    char ranks[64] = "";
    if (force->ranks > 1) {
        (void)snprintf(ranks, sizeof ranks, " for each of %d ranks", force->ranks);
    }
    return gf_fail(error, GF_NO_MEMORY,
                   "full diagonalisation of %d sites (largest sector: %zu states) needs %.3g GiB "
                   "of memory%s, but %.3g GiB are free; use fewer sites, %srandom vectors "
                   "(--method typicality)",
                   self->symmetry.sites, self->blocks[0].size, self->memory / 0x1p30, ranks,
                   force->memory / 0x1p30, force->together > 1 ? "more nodes, or " : "or ");
}
