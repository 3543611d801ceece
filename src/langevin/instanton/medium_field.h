/* The hydrodynamics of two densities as a fluctuating field, with the force, noise and
 * susceptibility of a force table: f, N, and the transport D and T = D C + C D^T, or sigma C^-1 and
 * 2 sigma. Beyond the border of the region the coefficients are those of the border, as in runs. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_MEDIUM_FIELD_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_MEDIUM_FIELD_H

#include "langevin/equation/hydrodynamics.h"
#include "langevin/instanton/fluctuating_field.h"

typedef struct gf_medium_field {
    const gf_surface *surface; /* bare: what a cell's fluctuations shift vanishes with epsilon */
    gf_transport_law law;
    double transport[GF_CHARGES][GF_CHARGES]; /* D, or sigma */
    const gf_diffusion *diffusion;            /* where D varies */
    double drive, thermal;                    /* factors of the two noises */
} gf_medium_field;

/* The numbers must outlive the field. */
gf_fluctuating_field gf_medium_field_make(const gf_medium_field *numbers);

#endif
