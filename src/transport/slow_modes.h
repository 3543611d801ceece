/* What of a nearly integrable chain decays slowly: H = H_0 + V, charges c_a of H_0, and what makes
 * them decay, F_a = i [V, c_a]. The modes are those that turn their sign under reflection, as
 * currents do: J_2 of H_0 and what two boosts make of it. Both are checked to commute with H_0. */
#ifndef GIBBSFLOW_TRANSPORT_SLOW_MODES_H
#define GIBBSFLOW_TRANSPORT_SLOW_MODES_H

#include "gibbsflow/charge.h"
#include "model/model.h"

typedef struct gf_slow_modes {
    gf_model zeroth;                 /* a shallow copy whose Hamiltonian is H_0: not to be freed */
    gf_operator rest;                /* V */
    gf_operator mode[GF_CHARGES];    /* c_a */
    gf_operator force[GF_CHARGES];   /* F_a */
    gf_operator current[GF_CHARGES]; /* J_i of H */
} gf_slow_modes;

/* The model must outlive them. GF_INVALID if no part is integrable, the chain is open or too short,
 * or a mode does not commute with H_0: the message has a term of the commutator. The caller frees
 * them; after a failure they are empty. */
gf_status gf_slow_modes_derive(const gf_model *model, gf_slow_modes *self, gf_error *error);
void gf_slow_modes_free(gf_slow_modes *self);

/* The parameter that multiplies V, and leaves H_0; NULL: none. It belongs to the model. */
const gf_parameter *gf_slow_modes_strength(const gf_model *model, const gf_slow_modes *self);

#endif
