/* What the operators of one magnetisation do in time at one lambda2, and how sectors add up to
 * linear response at a Gibbs state: K(t) and sigma(t), connected, without what lies along the
 * charges. Sums over a sector are of weights exp(-lambda2 (E - reference)); they may come from its
 * levels or from random vectors. */
#ifndef GIBBSFLOW_TRANSPORT_RESPONSE_H
#define GIBBSFLOW_TRANSPORT_RESPONSE_H

#include "gibbsflow/gibbs.h"
#include "transport/current_spectrum.h"
#include "transport/transport.h"

typedef struct gf_response {
    double reference; /* the energy of the largest weight */
    double drude[GF_STRENGTHS];
    double (*correlation)[GF_STRENGTHS]; /* [times] */
    double (*onsager)[GF_STRENGTHS];
    double mean[GF_CHARGES][2]; /* of <n|J_i|n> and of that times E - reference */
} gf_response;

/* [sectors] of them, with room for so many times. The caller frees them; NULL if memory ran out. */
gf_response *gf_responses_create(size_t sectors, size_t times);
void gf_responses_free(gf_response *self, size_t sectors);

/* Room for the lines of a sector. */
typedef struct gf_response_lines {
    double *frequency;
    double (*weight)[GF_STRENGTHS];
} gf_response_lines;

/* Enough for any of a spectrum. The caller frees both arrays, after a failure, too. */
gf_status gf_response_lines_create(const gf_current_spectrum *spectrum, gf_response_lines *lines,
                                   gf_error *error);

/* From the levels of a sector, which is its own source. */
void gf_response_sum(gf_response *self, const gf_current_sector *sector, gf_kubo form,
                     double lambda2, size_t times, const double *time, gf_response_lines *lines);

/* Adds all sectors to a point of the result, whose lambda is set and whose sums are zero.
 * `spectrum` says which sector repeats which; responses[sites + 1], of sources, are those at this
 * lambda2. */
void gf_responses_add(const gf_response *responses, const gf_current_spectrum *spectrum,
                      gf_gibbs *gibbs, size_t point, gf_transport *result);

#endif
