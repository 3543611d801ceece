/* The operators of the conserved charges, in the order of charge.h. */
#ifndef GIBBSFLOW_ALGEBRA_CHARGES_H
#define GIBBSFLOW_ALGEBRA_CHARGES_H

#include "algebra/chain.h"
#include "gibbsflow/charge.h"

typedef struct gf_charges {
    gf_operator operator[GF_CHARGES];
} gf_charges;

/* Q_1 = sum_j Z_j and Q_2 = H, which is copied. The caller frees them. */
gf_charges gf_charges_of(const gf_chain *chain, const gf_operator *hamiltonian);
void gf_charges_free(gf_charges *self);

#endif
