/* Transport of nearly integrable chains (--method memory).
 *
 * H = H_0 + V, H_0 the part that the model calls integrable. Charges c_a of H_0 that the currents
 * overlap with decay slowly, by F_a = i [V, c_a] alone, and to leading order in V
 *
 *     sigma_ij >= sum_ab X_ai (M^-1)_ab X_bj,   M_ab = int_0^infinity dt (F_a(t); F_b)_0/N,
 *     X_ai = (c_a; J_i)_0/N,
 *
 * time and states being those of H_0 (P. Jung and A. Rosch, Phys. Rev. B 75, 245104 (2007)): more
 * modes can only add. */
#ifndef GIBBSFLOW_TRANSPORT_MEMORY_H
#define GIBBSFLOW_TRANSPORT_MEMORY_H

#include "transport/sampled.h"

/* Bytes, and processor seconds of one core; without vectors where all sectors are diagonalised. */
gf_status gf_transport_memory_estimate(const gf_model *model, const gf_transport_request *request,
                                       const gf_transport_sampling *sampling, gf_sampled_cost *cost,
                                       gf_error *error);

/* As gf_transport_find, by full diagonalisation of H_0, or, where its largest sectors have more
 * states than gf_sampled_chain_exact allows, from random vectors. sigma(t) is the bound with M up
 * to t, K is NaN. t* is the time up to which this and the smaller chain agree to 6 %; if the bound
 * stands still over the second half of it, to 10 % in both, its mean there is sigma, the largest
 * distance from it the error, and the verdict is "lower bound". Statistical errors of M and X count
 * with their sum, as if all went the same way, and are part of both errors. A current without
 * overlap has no sigma and no D: NaN, and the reason says so. GF_INVALID as gf_slow_modes_derive.
 */
gf_status gf_transport_remember(const gf_model *model, const gf_transport_request *request,
                                const gf_transport_sampling *sampling, gf_transport **transport,
                                gf_error *error);

#endif
