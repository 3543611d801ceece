#include "algebra/charges.h"

gf_charges gf_charges_of(const gf_chain *chain, const gf_operator *hamiltonian) {
    return (gf_charges){{[GF_MAGNETIZATION] = gf_chain_magnetization(chain),
                         [GF_ENERGY] = gf_operator_scaled(hamiltonian, 1)}};
}

void gf_charges_free(gf_charges *self) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_operator_free(&self->operator[i]);
    }
}
