/* Transport of a chain too long to be diagonalised (--method typicality): random vectors in time.
 *
 * One vector or more in each magnetisation sector, normalised by the partition function of that
 * sector, serves every lambda1; a few lambda2 are nodes between which the functions of each sector
 * are interpolated. Small sectors are diagonalised. Statistical errors are those of a jackknife
 * over the vectors of each sector. */
#ifndef GIBBSFLOW_TRANSPORT_SAMPLED_H
#define GIBBSFLOW_TRANSPORT_SAMPLED_H

#include "spectrum/spectrum.h"
#include "transport/request.h"
#include "transport/sampled_chain.h"
#include "transport/transport.h"

typedef struct gf_transport_sampling {
    size_t samples; /* vectors of the largest sector, 2 or more; smaller ones get more */
    uint64_t seed;
    size_t refine;             /* steps of time for each that currents need; 0: 1 */
    size_t nodes;              /* of lambda2 at most; 0: as many as an error of about 1e-3 takes */
    bool complete;             /* every state of a sector in place of random vectors */
    gf_checkpoint *checkpoint; /* of vectors that are done; or NULL */
} gf_transport_sampling;

/* Of all: the largest memory, the sum of seconds and vectors. */
gf_status gf_transport_ask_estimate(const gf_transport_question *questions, size_t count,
                                    const gf_transport_sampling *sampling, gf_sampled_cost *cost,
                                    gf_error *error);

/* One result for each question, in one run with one checkpoint, which holds `model`, before any
 * comparison or judgement.
 * Drude weights are NaN: they are of times beyond. The caller frees results[count]; after a failure
 * they are NULL. */
gf_status gf_transport_ask(const gf_model *model, const gf_transport_question *questions,
                           size_t count, const gf_transport_sampling *sampling,
                           const gf_progress *progress, gf_transport **results, gf_error *error);

/* As gf_transport_estimate. */
gf_status gf_transport_sampled_estimate(const gf_model *model, const gf_transport_request *request,
                                        const gf_transport_sampling *sampling,
                                        gf_sampled_cost *cost, gf_error *error);

/* As gf_transport_find. */
gf_status gf_transport_sample(const gf_model *model, const gf_transport_request *request,
                              const gf_transport_sampling *sampling, gf_transport **transport,
                              gf_error *error);

/* The vectors that are done, of chains[count] of a model, to and from an HDF5 file. */
gf_status gf_sampled_save(const gf_checkpoint *checkpoint, const gf_model *model,
                          const gf_sampled_chain *chains, size_t count, gf_error *error);
gf_status gf_sampled_load(gf_checkpoint *checkpoint, const gf_model *model,
                          gf_sampled_chain *chains, size_t count, gf_error *error);

#endif
