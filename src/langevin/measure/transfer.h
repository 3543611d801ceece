/* What is exactly known of the stationary state without conserved noise.
 *
 * At thermal = 0 the equation is one of equilibrium: the stationary measure is
 * exp(-integral [D m'^2/2 + v(m)] / T) with T = drive/2, a path measure whose time is r. Its
 * averages are those of the transfer operator: in the continuum H = -(T/2D) d2/dm2 + v(m)/T with
 * eigenvalues E0 < E1 < ...; on cells of width dx the kernel
 *
 *   K(m,m') = exp(-[D (m-m')^2/(2 dx) + dx (v(m)+v(m'))/2] / T)
 *
 * with eigenvalues L0 > L1 > ..., E = -log(L)/dx. psi0 is the ground state. */
#ifndef GIBBSFLOW_LANGEVIN_MEASURE_TRANSFER_H
#define GIBBSFLOW_LANGEVIN_MEASURE_TRANSFER_H

#include "gibbsflow/transfer.h"
#include "langevin/equation/equation.h"

/* True if it holds: one field in space, with drive but no conserved noise. */
bool gf_transfer_applies(const gf_dynamics *dynamics);

/* On cells of width dynamics->spacing. The hysteresis count is that of the Doob chain
 * P(m->m') = K psi0(m')/(L0 psi0(m)): with its committor q from m <= -level to m >= level,
 * n = (2/dx) sum_{m <= -level} psi0^2 P q. Fails unless thermal = 0, drive > 0 and D > 0. */
gf_status gf_transfer_cells(const gf_dynamics *dynamics, double level, gf_transfer *transfer,
                            gf_error *error);

/* In the continuum: n = (T/D) / integral_{-level}^{level} dm psi0(m)^-2. */
gf_status gf_transfer_continuum(const gf_dynamics *dynamics, double level, gf_transfer *transfer,
                                gf_error *error);

/* The wall m0 tanh(r/width) between the two minima, width = sqrt(2D/linear) (Eq. 16), and its
 * energy (4/3) D m0^2 / width, the integral of D (dm/dr)^2 (a times Eq. 17). Renormalised forces
 * excluded. */
double gf_transfer_wall_width(const gf_dynamics *dynamics);
double gf_transfer_wall_energy(const gf_dynamics *dynamics);

#endif
