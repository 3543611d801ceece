#include "algebra/dissipator.h"

/* *sum += weight (a' b + b' a) / 2 */
static void add_hermitian_product(gf_operator *sum, double weight, const gf_operator *a,
                                  const gf_operator *b) {
    gf_operator a_adjoint = gf_operator_adjoint(a);
    gf_operator product = gf_operator_product(&a_adjoint, b);
    gf_operator product_adjoint = gf_operator_adjoint(&product);
    gf_operator_add(sum, weight / 2, &product);
    gf_operator_add(sum, weight / 2, &product_adjoint);
    gf_operator_free(&a_adjoint);
    gf_operator_free(&product);
    gf_operator_free(&product_adjoint);
}

static void add_site(gf_dissipator *self, double weight, const gf_charges *charges,
                     const gf_operator *jump) {
    gf_operator a[GF_CHARGES];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        a[i] = gf_operator_commutator(&charges->operator[i], jump);
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        add_hermitian_product(&self->observable[GF_FORCE + i], weight, jump, &a[i]);
        for (size_t k = i; k < GF_CHARGES; ++k) {
            add_hermitian_product(&self->observable[GF_NOISE + gf_pair(i, k)], weight, &a[i],
                                  &a[k]);
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_operator_free(&a[i]);
    }
}

gf_dissipator gf_dissipator_derive(const gf_chain *chain, const gf_charges *charges,
                                   const gf_term *jump) {
    gf_dissipator result = {0};
    int sites = chain->periodic ? gf_chain_cell(chain) : chain->sites;
    for (int site = 0; site < sites; ++site) {
        if (gf_chain_holds(chain, jump, site)) {
            gf_operator placed = gf_chain_place(chain, jump, site);
            add_site(&result, 1.0 / sites, charges, &placed);
            gf_operator_free(&placed);
        }
    }
    return result;
}

void gf_dissipator_free(gf_dissipator *self) {
    for (int i = 0; i < GF_OBSERVABLES; ++i) {
        gf_operator_free(&self->observable[i]);
    }
}

bool gf_dissipator_exhausted(const gf_dissipator *self) {
    bool exhausted = false;
    for (int i = 0; i < GF_OBSERVABLES; ++i) {
        exhausted = exhausted || self->observable[i].exhausted;
    }
    return exhausted;
}

bool gf_dissipator_is_finite(const gf_dissipator *self) {
    bool finite = true;
    for (int i = 0; i < GF_OBSERVABLES; ++i) {
        finite = finite && gf_operator_is_finite(&self->observable[i]);
    }
    return finite;
}
