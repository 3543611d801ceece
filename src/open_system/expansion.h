/* Stationary states to second order in epsilon: rho = rho_0 + epsilon rho_1 + epsilon^2 rho_2, from
 *
 *     -i [H, rho_k] + D rho_(k-1) = 0,    D x = sum_c rate_c sum_j (L x L' - {L'L, x}/2).
 *
 * Between different levels that is a division by i (E_n - E_m); within them D rho_k has to vanish
 * for rho_(k+1) to exist, which is the rate equation with what the other elements of rho_k bring
 * for a source. Of real H and jumps rho_1 is imaginary: odd orders show in no population. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_EXPANSION_H
#define GIBBSFLOW_OPEN_SYSTEM_EXPANSION_H

#include "open_system/coupling.h"

/* Fills the averages and P(M) of the expansion, of the sector s, which is a component of the part,
 * its stationary state that of the limit. The Lindbladian is that of the coupling; its epsilon is
 * changed while the function works. */
gf_status gf_expansion_find(gf_coupling *self, gf_lindbladian *lindbladian, size_t component,
                            size_t s, gf_error *error);

/* Fills the range of the expansion from exact states at smaller and smaller couplings, beginning
 * with the one of the sector, found before. */
gf_status gf_expansion_find_range(gf_coupling *self, gf_lindbladian *lindbladian, size_t component,
                                  size_t s, gf_error *error);

#endif
