/* The Langevin equation of a block of as many sites as the chain has, beside the exact state: its
 * Fokker-Planck equation on the region of the densities (medium/fokker_planck.h), with the
 * coefficients of the table of Gibbs states (`bare`) and with those of states whose charges are
 * sharp (`renormalised`, gf_surface_read_sharp). */
#ifndef GIBBSFLOW_OPEN_SYSTEM_LANGEVIN_BLOCK_H
#define GIBBSFLOW_OPEN_SYSTEM_LANGEVIN_BLOCK_H

#include "open_system/rates.h"
#include "spectrum/spectrum.h"

/* Fills `bare_block`, `block` and `block_error`, with NaN if they are not `wanted`, where
 * magnetisation and energy depend on one another, or a block comes to no rest because coefficients
 * of so few sites are not positive. */
gf_status gf_langevin_block_try(bool wanted, const gf_model *model, const gf_spectrum *spectrum,
                                gf_rates *rates, gf_error *error);

#endif
