/* How sampling is laid out: how many vectors a sector has, which sectors are worked on at the same
 * time, and what that takes. What it says of vectors and extremal states depends on the model
 * alone, all else on who is there to do it, and none of that changes a result.
 *
 * Sectors are sampled in rounds: first their extremal states are looked for, a task each, then the
 * Lanczos method runs from these and from random vectors, several side by side in a task. Vectors
 * need all extremal states of their sector, which are large, so a round has no more large sectors
 * than ranks, and no more than memory holds the states of; small sectors go with the last. */
#ifndef GIBBSFLOW_TYPICALITY_SAMPLING_PLAN_H
#define GIBBSFLOW_TYPICALITY_SAMPLING_PLAN_H

#include "krylov/extremal_states.h"
#include "model/model.h"
#include "spectrum/plan.h"

/* A sector. Times are in seconds of one thread. */
typedef struct gf_sampling_part {
    int up;
    size_t size, samples;         /* states; random vectors, 0: it is diagonalised */
    gf_extremal_states_goal goal; /* what to take apart */
    bool alone;                   /* its tasks have all threads of a rank */
    size_t together;              /* vectors of a task, at most: a power of 2 */
    size_t round;
    double prepare, run; /* to find extremal states, or to diagonalise; a vector */
} gf_sampling_part;

typedef struct gf_sampling_plan {
    gf_sampling_part *parts; /* [count], largest first; only up >= sites/2 if a symmetry gives the
                                others; of several rounds one after another */
    size_t count, rounds;
    double work;    /* seconds of one thread, for all, eight vectors side by side */
    double seconds; /* expected, */
    double busy;    /* of them a thread is at work on the average: more than work shared out, where
                       fewer vectors run side by side */
    double waiting; /* of them until the extremal states that take longest are there, in excess of
                       what that takes if shared out evenly */
    double memory;  /* bytes that a rank takes at its peak */
} gf_sampling_plan;

/* The caller frees the plan; after a failure it is empty. Compare `memory` with what there is.
 * force->rate is not used. */
gf_status gf_sampling_plan_make(const gf_model *model, const gf_workforce *force,
                                gf_sampling_plan *plan, gf_error *error);
/* Lays it out anew for others; all but what belongs to the model alone changes. */
void gf_sampling_plan_lay_out(gf_sampling_plan *self, const gf_model *model,
                              const gf_workforce *force);
void gf_sampling_plan_free(gf_sampling_plan *self);

/* Fails if a rank takes more than it may. */
gf_status gf_sampling_plan_check_memory(const gf_sampling_plan *self, const gf_model *model,
                                        const gf_workforce *force, gf_error *error);

/* Vectors of a sector, the extremal states that are wanted and random ones: what may run. */
size_t gf_sampling_part_vectors(const gf_sampling_part *self);

#endif
