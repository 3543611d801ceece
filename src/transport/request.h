/* What the methods on finite chains share: the currents, the grid of lines, limits of lambda and
 * time, the smaller chain beside, the points in the order of their lambda2. */
#ifndef GIBBSFLOW_TRANSPORT_REQUEST_H
#define GIBBSFLOW_TRANSPORT_REQUEST_H

#include "transport/transport.h"

/* J_1 and J_2 of the whole chain. The caller frees them; after a failure they are empty.
 * GF_INVALID if the chain is too short for them. */
gf_status gf_transport_currents(const gf_model *model, gf_operator currents[GF_CHARGES],
                                gf_error *error);
void gf_transport_free_currents(gf_operator currents[GF_CHARGES]);

/* What the request asks for, these or others. */
gf_status gf_transport_operators(const gf_model *model, const gf_transport_request *request,
                                 gf_operator operators[GF_CHARGES], gf_error *error);

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
