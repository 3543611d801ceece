/* All eigenstates of a chain, with their vectors, sorted by what symmetries of H and bath tell
 * apart.
 *
 * A *family* has one momentum and, where it is a quantum number, one parity under reflection. It
 * has one slot or, where eigenstates are made even and odd under F (gf_bath.even_odd), two; and in
 * each slot a *rung* for every magnetisation: of up spins r = 0 ... N, or |m| rising from the
 * smallest. At m != 0 the states of both slots are (|n,m> +- F|n,m>)/sqrt(2) of the same |n,m>. A
 * family may stand for two, at momenta k and -k, which the population of a state then sums. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_FRAMES_H
#define GIBBSFLOW_OPEN_SYSTEM_FRAMES_H

#include "gibbsflow/progress.h"
#include "hilbert/orbits.h"
#include "open_system/bath.h"
#include "spectrum/expectation.h"

enum { GF_EVEN, GF_ODD, GF_SLOTS };
enum { GF_MAX_RUNGS = GF_CHAIN_MAX_SITES / 2 + 1 };

typedef struct gf_frame {
    size_t size; /* 0: there is no such block */
    gf_block block;
    gf_orbits orbits;
    double *energy;   /* [size], increasing */
    gf_dense vectors; /* columns over the symmetric basis */
} gf_frame;

typedef struct gf_family {
    int momentum, reflection; /* reflection: +-1, or 0 where it is none */
    int degeneracy;           /* 2: stands for -momentum, too, where the reflection leads */
    const gf_frame *frame[GF_SLOTS][GF_MAX_RUNGS]; /* NULL: empty */
} gf_family;

typedef struct gf_frames {
    const gf_bath *bath;
    int sites, slots, rungs;
    bool is_real;      /* all vectors are */
    double resolution; /* levels closer than this are the same */
    gf_frame *store;   /* [count] */
    size_t count;
    gf_family *family; /* [families] */
    size_t families;
} gf_frames;

/* The bath must outlive the frames. The caller frees them; after a failure they are empty. */
gf_status gf_frames_init(gf_frames *self, const gf_model *model, const gf_bath *bath,
                         const gf_progress *progress, gf_error *error);
void gf_frames_free(gf_frames *self);

/* The spins up on a rung, of the two images the larger number. */
static inline int gf_frames_up(const gf_frames *self, int rung) {
    return self->slots == GF_SLOTS ? (self->sites + 1) / 2 + rung : rung;
}

static inline size_t gf_frames_size(const gf_frames *self, size_t family, int slot, int rung) {
    const gf_frame *frame = self->family[family].frame[slot][rung];
    return frame != NULL ? frame->size : 0;
}

/* States of two slots that are combinations of the same two images at m and -m. */
static inline bool gf_frames_split(const gf_frames *self, int rung) {
    return self->slots == GF_SLOTS && 2 * gf_frames_up(self, rung) != self->sites;
}

/* Bytes of the vectors, and of the whole while it is made; work in floating-point operations. */
double gf_frames_memory(const gf_block *blocks, size_t count);

#endif
