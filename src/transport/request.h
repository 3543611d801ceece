/* What the methods on finite chains share: the currents, the grid of lines, limits of lambda and
 * time, the smaller chain beside, the points in the order of their lambda2. */
#ifndef GIBBSFLOW_TRANSPORT_REQUEST_H
#define GIBBSFLOW_TRANSPORT_REQUEST_H

#include "transport/current_spectrum.h"
#include "transport/transport.h"

/* One chain, and what is to be known of it. Those of the same model, one after the other, share
 * what they can. */
typedef struct gf_transport_question {
    const gf_model *model;
    gf_transport_request request; /* `compare` and `progress` play no part */
} gf_transport_question;

/* How many of the first questions, of which there are some, are of the same model. */
size_t gf_transport_same_model(const gf_transport_question *questions, size_t count);

/* The request as questions, one or, with the next smaller chain, two. The smaller model, or NULL,
 * is to be freed, after a failure, too. */
gf_status gf_transport_list_questions(const gf_model *model, const gf_transport_request *request,
                                      gf_transport_question questions[2], size_t *count,
                                      gf_model **smaller, gf_error *error);

/* One result for each question by full diagonalisation, before any comparison or judgement. As
 * gf_transport_find. */
gf_status gf_transport_diagonalise(const gf_transport_question *questions, size_t count,
                                   const gf_progress *progress, gf_transport **results,
                                   gf_error *error);
/* Of all: the largest memory, the sum of seconds. */
gf_status gf_transport_diagonalise_estimate(const gf_transport_question *questions, size_t count,
                                            gf_transport_cost *cost, gf_error *error);

/* J_1 and J_2 of the whole chain. The caller frees them; after a failure they are empty.
 * GF_INVALID if the chain is too short for them. */
gf_status gf_transport_currents(const gf_model *model, gf_operator currents[GF_CHARGES],
                                gf_error *error);
void gf_transport_free_currents(gf_operator currents[GF_CHARGES]);

/* What a request (NULL: the currents) asks for, with its grid. Currents are derived, once, if they
 * are not in `currents` yet, which are to be freed and must stay where they are. */
gf_status gf_transport_couple(const gf_model *model, const gf_transport_request *request,
                              gf_operator currents[GF_CHARGES], gf_current_couple *couple,
                              gf_error *error);

double gf_transport_largest_lambda2(const gf_transport_request *request);

/* Fine enough for the largest time and lambda2. */
gf_strength_grid gf_transport_grid(const gf_model *model, const gf_transport_request *request);

/* Fails if lambda2, or times, are beyond what double precision holds for energies that span
 * `range`. */
gf_status gf_transport_check_range(const gf_transport_request *request, double range,
                                   gf_error *error);

/* The next smaller chain with whole cells, of the same parity. NULL, and GF_OK, if it is too short
 * for its currents, or for its terms not to reach around the other way. The caller frees it. */
gf_status gf_transport_smaller(const gf_model *model, gf_model **smaller, gf_error *error);

/* An empty result with its times and lambdas. */
gf_status gf_transport_start(const gf_model *model, const gf_transport_request *request,
                             const char *method, gf_transport **result, gf_error *error);

/* Lists the points by their lambda2, in the order in which these first occur: order[points], and in
 * begins[points + 1] where those of one begin. Returns how many different ones there are. */
size_t gf_transport_group(const gf_transport *result, size_t *order, size_t *begins);

/* Distances from the smaller chain, or NaN if it is NULL, as errors of K and sigma; to these
 * statistical errors are added, where there are any. */
void gf_transport_compare(gf_transport *self, const gf_transport *smaller);

#endif
