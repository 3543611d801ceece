/* Which blocks a diagonalisation consists of, who does them, and what that takes.
 *
 * Most blocks go from a queue to the threads of all ranks, each on one of them. Before these, the
 * largest ones have a rank alone with all its threads. And before these, blocks are done by all
 * ranks together, one after another (distributed_block.h): those that do not fit into the memory of
 * one, and as many more as make the end come sooner. What is expected of that is a model: rates of
 * LAPACK and ScaLAPACK, and messages between ranks, as measured; see tests/bench/README.md. */
#ifndef GIBBSFLOW_SPECTRUM_PLAN_H
#define GIBBSFLOW_SPECTRUM_PLAN_H

#include "gibbsflow/error.h"
#include "hilbert/symmetry.h"
#include "model/model.h"

/* Who is there to do it. */
typedef struct gf_workforce {
    int ranks, threads; /* threads of each rank */
    int together;       /* of the ranks, that can share a block; 1: none can */
    double memory;      /* bytes that each rank may take */
    double rate;        /* seconds of a unit of work (gf_block_work) on one thread */
} gf_workforce;

/* The ranks of this job, or this process; `rate` is that of a common processor. Other ranks may
 * see another free memory. */
gf_workforce gf_workforce_here(void);

typedef struct gf_plan {
    gf_symmetry symmetry;
    gf_block *blocks; /* [count], largest first */
    size_t count;
    size_t distributed; /* of them by all ranks together */
    size_t large;   /* of them before the queue: from `distributed` on with all threads of a rank */
    size_t rows;    /* observables of a block, at most */
    double work;    /* of all */
    double memory;  /* bytes that a rank takes at its peak, */
    double kept;    /* of them for the levels of all blocks */
    double seconds; /* expected, */
    double together; /* of them for the distributed blocks */
} gf_plan;

/* The caller frees the plan; after a failure it is empty. Fails only for want of memory for itself:
 * compare `memory` with what there is. */
gf_status gf_plan_make(const gf_model *model, const gf_workforce *force, gf_plan *plan,
                       gf_error *error);
void gf_plan_free(gf_plan *self);

/* Fails if a rank takes more than it may. */
gf_status gf_plan_check_memory(const gf_plan *self, const gf_workforce *force, gf_error *error);

/* Seconds that a block takes with all ranks at it, and how much of that is waiting for messages. */
double gf_plan_seconds_together(const gf_workforce *force, const gf_block *block, double *messages);

#endif
