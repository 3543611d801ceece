/* How one channel of the bath pushes and shakes the conserved charges: derived operators.
 *
 * For a jump operator L and the charges Q_i (Q_1 = sum_j Z_j, Q_2 = H) the Gibbs expectation values
 * of
 *
 *     force  F_i  = (1/N) sum_j L_j' Q_i L_j - {L_j' L_j, Q_i}/2          Lange & Rosch, Eq. (9)
 *     noise  N_ik = (1/N) sum_j ([L_j,Q_i]' [L_j,Q_k] + (i <-> k))/2      Lange & Rosch, App. A.2
 *
 * (' is the adjoint, N the number of sites) times rate and epsilon are the channel's contribution
 * to f_i and N_ik. With A_i = [Q_i, L], which lives only where L and the terms of Q_i overlap, F_i
 * = (L' A_i + A_i' L)/2 and N_ik = (A_i' A_k + A_k' A_i)/2. */
#ifndef GIBBSFLOW_ALGEBRA_DISSIPATOR_H
#define GIBBSFLOW_ALGEBRA_DISSIPATOR_H

#include "algebra/charges.h"

/* The observables of a channel: the force of charge i is GF_FORCE + i, the noise of charges i and k
 * GF_NOISE + gf_pair(i, k). */
enum { GF_FORCE, GF_NOISE = GF_FORCE + GF_CHARGES, GF_OBSERVABLES = GF_NOISE + GF_PAIRS };

typedef struct gf_dissipator {
    gf_operator observable[GF_OBSERVABLES]; /* per site and unit rate */
} gf_dissipator;

/* Derives the observables on sites 0 ... sites-1. On a periodic chain every cell contributes the
 * same Gibbs average, so the operators are those of the first cell alone, divided by its sites.
 * Check `exhausted`. */
gf_dissipator gf_dissipator_derive(const gf_chain *chain, const gf_charges *charges,
                                   const gf_term *jump);
void gf_dissipator_free(gf_dissipator *self);

bool gf_dissipator_exhausted(const gf_dissipator *self);
bool gf_dissipator_is_finite(const gf_dissipator *self);

#endif
