/* A chain too long to be diagonalised, as random vectors see its currents, or two other operators:
 * sectors small enough are diagonalised, the others have a few vectors each, whose evolution in
 * time is kept in numbers. */
#ifndef GIBBSFLOW_TRANSPORT_SAMPLED_CHAIN_H
#define GIBBSFLOW_TRANSPORT_SAMPLED_CHAIN_H

#include "transport/current_spectrum.h"
#include "transport/transport.h"
#include "transport/vector_response.h"

/* A sector that is sampled. */
typedef struct gf_sampled_source {
    int up;
    size_t size, first, vectors; /* of those of the chain, first ... first + vectors - 1 are its */
} gf_sampled_source;

typedef struct gf_sampled_chain {
    const gf_model *model;
    gf_vector_course course;
    uint64_t seed;
    bool complete; /* every state of a sector in place of random vectors: no scatter */
    gf_operator currents[GF_CHARGES]; /* empty if the operators are others */
    gf_current_couple couple;
    gf_action *hamiltonian, *actions[GF_CHARGES];
    size_t exactly;             /* states of the largest sector that is diagonalised */
    gf_current_spectrum *exact; /* of small sectors, when they are; the symmetries of all */
    gf_sampled_source *source;  /* [sources] */
    size_t sources, vectors;
    bool *done;     /* [vectors] */
    double *values; /* [vectors][gf_sampled_chain_row]: gf_vector_response */
} gf_sampled_chain;

/* How it is to be sampled. */
typedef struct gf_sampled_plan {
    const gf_transport_request *request; /* whose operators are taken; NULL: the currents */
    gf_vector_course course;
    gf_strength_grid grid; /* of the sectors that are diagonalised */
    size_t samples;        /* vectors of the largest sector, 2 or more; smaller ones get more */
    uint64_t seed;
    bool complete;
} gf_sampled_plan;

/* States of the largest sector that is diagonalised: model->sampling.exact of them in a block of
 * each momentum. */
gf_status gf_sampled_chain_exact(const gf_model *model, size_t *states, gf_error *error);

size_t gf_sampled_chain_row(const gf_sampled_chain *self);

/* Plans it: no levels, and no vectors done. `plan->course.lambda2` and operators of the request
 * must outlive it, and it must not be moved. The caller closes it; after a failure it is empty. */
gf_status gf_sampled_chain_open(gf_sampled_chain *self, const gf_model *model,
                                const gf_sampled_plan *plan, gf_error *error);
void gf_sampled_chain_close(gf_sampled_chain *self);

/* Bytes, and processor seconds of one core. */
typedef struct gf_sampled_cost {
    double memory, seconds, range;
    double levels;             /* of the seconds, for the sectors that are diagonalised, */
    double partitions, points; /* for the partition functions of all, and what is made of it */
    double longest;            /* seconds of a vector of the largest sector */
    bool alone;                /* each has all threads of a rank */
    size_t vectors, largest;   /* of all sampled sectors; states of the largest one */
} gf_sampled_cost;

/* Of chains[count] of one model; their common levels count with the first. Neither
 * partition functions nor points are in it. */
gf_status gf_sampled_chains_estimate(const gf_sampled_chain *chains, size_t count,
                                     gf_sampled_cost *costs, gf_error *error);

/* Diagonalises, once for all, the small sectors of chains[count] of one model. */
gf_status gf_sampled_chains_diagonalise(gf_sampled_chain *chains, size_t count,
                                        const gf_progress *progress, gf_error *error);

/* The part of the vectors that is not done. */
double gf_sampled_chain_left(const gf_sampled_chain *self);

/* What keeps the vectors that are done: `save(context)` is called when some are and `every` seconds
 * have gone, and when `stop` has become non-zero; then `stopped` (gf_checkpoint). */
typedef struct gf_sampled_keeping {
    gf_status (*save)(void *context, gf_error *error);
    void *context;
    double every;
    const volatile sig_atomic_t *stop;
    void (*stopped)(void);
} gf_sampled_keeping;

/* Sends the vectors that are not done through time. `keeping` may be NULL. Stopped, it fails with
 * GF_IO. */
gf_status gf_sampled_chain_run(gf_sampled_chain *self, const gf_sampled_keeping *keeping,
                               const gf_progress *progress, gf_error *error);

#endif
