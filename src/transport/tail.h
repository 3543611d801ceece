/* Beyond the reliable time of a ring: sigma(infinity) at lambda2 != 0.
 *
 * Rings know sigma(t) at any Gibbs state, up to the time t*; operator space knows sigma(infinity),
 * at lambda2 = 0 alone. So the tail of a state is that of the state of the same magnetisation at
 * lambda2 = 0, and what the ring says of both up to t* tells by how much to change it:
 *
 *     sigma = A sigma_0 A^T,   A = (S S_0^-1)^(1/2),   A S_0 A^T = S,
 *
 * S and S_0 the sigma of the ring at either state, sigma_0 that of operator space. A is the ratio
 * of matrices that does not ask which combinations of the charges are called magnetisation and
 * energy, and sigma is positive as sigma_0 is. The ways to A: S at t*; at half of it; of the ring
 * two sites shorter; and, for what comes after t* alone, from what S gains in the second half. The
 * value is that of the first way and the mean over the longest strings; the error the largest
 * deviation of any way with any end of operator space, for D of sigma C^-1 of each: its elements
 * move together. What ways differ by counts three times: the ratio still drifts when t* comes.
 *
 * Near the border rings of two lengths part by 2 % at once; a ratio bears more, and A is taken from
 * so short a time that it matters little, as long as they agree to 10 %.
 *
 * Where operator space has not settled for its spread alone (gf_transport.bounded), ends that two
 * more steps like that from shorter strings would lead to count among its choices. */
#ifndef GIBBSFLOW_TRANSPORT_TAIL_H
#define GIBBSFLOW_TRANSPORT_TAIL_H

#include "gibbsflow/gibbs.h"
#include "transport/transport.h"

/* What has to be known for so many states. */
typedef struct gf_tail {
    size_t points, states, operators;
    double least_time;                     /* up to which 10 % will do: 2 over the unit of energy */
    double (*lambda)[GF_CHARGES];          /* [states]: the points, then those at lambda2 = 0 */
    double (*operator_lambda)[GF_CHARGES]; /* [operators]: for operator space */
    size_t *state;                         /* [points]: the one at lambda2 = 0, in lambda */
    size_t *operators_at;                  /* [points]: the same in operator_lambda */
    bool *mirrored; /* [points]: where that is the state at -m of a chain that cannot tell */
} gf_tail;

/* The longest chain that magnetisations are taken from: 1e-4 of them matter little. */
enum { GF_TAIL_SITES = 12 };

/* The chain of the model at GF_TAIL_SITES sites at most, whose thermodynamics serve. The caller
 * frees the spectrum; after a failure it is NULL. */
gf_status gf_tail_spectrum(const gf_model *model, gf_spectrum **spectrum, gf_error *error);

/* The caller frees the plan; after a failure it is NULL. GF_INVALID where lambda leaves next to no
 * spins to move. */
gf_status gf_tail_plan(const gf_model *model, gf_gibbs *gibbs, size_t points,
                       const double (*lambda)[GF_CHARGES], gf_tail **tail, gf_error *error);
void gf_tail_free(gf_tail *self);

/* Makes of `rings`, at all states of the plan, and of operator space what is known at its points;
 * those that settle on the ring keep their values. The caller frees the result; after a failure it
 * is NULL. */
gf_status gf_tail_join(const gf_tail *self, const gf_transport *rings,
                       const gf_transport *operators, gf_transport **joined, gf_error *error);

/* What way number k is. */
const char *gf_tail_way(size_t way);

#endif
