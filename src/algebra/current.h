/* The currents of the conserved charges, derived from distances on the chain and never from
 * positions on a ring.
 *
 * H = sum_a T_a is a sum of strings, products of I, Z, S+, S- (Pauli strings of the same support
 * count as one: nothing below tells them apart). With x_a the centre of the support of T_a
 *
 *     J_1 = sum_ab (x_b - x_a) i [T_a, Z_b],   J_2 = (1/2) sum_ab (x_b - x_a) i [T_a, T_b]
 *
 * obey i [H, q_k] = i k J_k + higher orders of k, for q_k = sum_b exp(i k x_b) T_b. Other places
 * for x_a than the centre change J_2 by i [H, G], which dc transport does not see. In this gauge
 * every symmetry of H is one of the currents, up to a sign (gf_current_sign). */
#ifndef GIBBSFLOW_ALGEBRA_CURRENT_H
#define GIBBSFLOW_ALGEBRA_CURRENT_H

#include "algebra/chain.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/error.h"

/* Of a ring: densities, whose sum over translations by cells is the whole on a ring of any length
 * and on the infinite chain; bit k stands for site k >= 0 of that, and every string begins in the
 * first cell, 0 ... cell-1. Of an open chain: the whole, bit k being site k. */
typedef struct gf_currents {
    int cell;                        /* sites; 0: of an open chain */
    int range;                       /* sites that the longest string of H spans */
    gf_operator hamiltonian;         /* what belongs to it; without its constant */
    gf_operator current[GF_CHARGES]; /* J_1, J_2 */
} gf_currents;

/* `hamiltonian` is on sites 0 ... sites-1, commutes with sum Z and, on a ring, with the translation
 * by a cell. GF_INVALID if the ring has fewer than 2 range - 1 sites, so that strings meet around
 * it. The caller frees the currents; after a failure they are empty. */
gf_status gf_currents_derive(const gf_chain *chain, const gf_operator *hamiltonian,
                             gf_currents *currents, gf_error *error);
void gf_currents_free(gf_currents *self);

/* The next charge of a family that a boost makes, [H, Q] = 0 and [H, Q'] = 0 if H is integrable by
 * one (M. G. Tetelman, Sov. Phys. JETP 55, 306 (1982)):
 *
 *     Q' = i [sum_a x_a T_a, Q] = i sum_ab (x_a - y) [T_a, S_b],
 *
 * S_b the strings of Q and y the centre of what each commutator makes; where Q commutes with H all
 * choices of y are the same. All are densities as in gf_currents, of a ring; of Q = H it is -2 J_2.
 * The caller frees the result; check `exhausted`. */
gf_operator gf_charge_boosted(const gf_currents *currents, const gf_operator *charge);

/* A density, as the whole on the sites of a chain. */
gf_operator gf_density_total(const gf_operator *density, int cell, const gf_chain *chain);

/* The whole current of a charge on the sites of a chain, a ring of whole cells that is not shorter
 * than its strings, or the open chain that it was derived for. The caller frees it; check
 * `exhausted`. */
gf_operator gf_currents_total(const gf_currents *self, const gf_chain *chain, size_t charge);

/* What a symmetry of H makes of the current of a charge: g J g' = sign J, for the reflection, the
 * product of X over all sites and the complex conjugation, or products of these. */
static inline int gf_current_sign(size_t charge, bool reflects, bool flips, bool conjugates) {
    bool odd = reflects != conjugates;
    return (charge == GF_MAGNETIZATION ? odd != flips : odd) ? -1 : 1;
}

#endif
