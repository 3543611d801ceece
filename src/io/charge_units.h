/* Units of quantities over the charges, component by component as they lie in files (file.h): of
 * vectors (magnetisation, energy), of matrices row by row. hbar = a = 1: rates, and with them what
 * drives a density, are energies times the coupling epsilon. */
#ifndef GIBBSFLOW_IO_CHARGE_UNITS_H
#define GIBBSFLOW_IO_CHARGE_UNITS_H

#define GF_UNITS_ENERGY_DENSITY "{energy} per site"
#define GF_UNITS_DENSITY "1 per site; {energy} per site"
#define GF_UNITS_LAMBDA "1; 1/{energy}"
#define GF_UNITS_SUSCEPTIBILITY                                                                    \
    "1 per site; {energy} per site; {energy} per site; {energy}^2 per site"
#define GF_UNITS_FORCE "epsilon {energy} per site; epsilon {energy}^2 per site"
#define GF_UNITS_NOISE                                                                             \
    "epsilon {energy} per site; epsilon {energy}^2 per site; epsilon {energy}^2 per site; "        \
    "epsilon {energy}^3 per site"
/* Of one channel, per unit rate, and the shift of these for sharp charges, times sites. */
#define GF_UNITS_CHANNEL_FORCE GF_UNITS_DENSITY
#define GF_UNITS_CHANNEL_NOISE GF_UNITS_SUSCEPTIBILITY
#define GF_UNITS_FORCE_SHIFT "1; {energy}"
#define GF_UNITS_NOISE_SHIFT "1; {energy}; {energy}; {energy}^2"
#define GF_UNITS_RATE "epsilon {energy}" /* of a channel; of a return to a fixed point */
/* Of currents J_i per site, of K_ij and sigma_ij = D C (transport). */
#define GF_UNITS_CURRENT "{energy} a per site; {energy}^2 a per site"
#define GF_UNITS_CURRENT_CORRELATION                                                               \
    "{energy}^2 a^2 per site; {energy}^3 a^2 per site; {energy}^3 a^2 per site; "                  \
    "{energy}^4 a^2 per site"
#define GF_UNITS_ONSAGER                                                                           \
    "{energy} a^2 per site; {energy}^2 a^2 per site; {energy}^2 a^2 per site; "                    \
    "{energy}^3 a^2 per site"
#define GF_UNITS_DIFFUSION "{energy} a^2; a^2; {energy}^2 a^2; {energy} a^2"

#endif
