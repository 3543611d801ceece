/* The operators of a model, ready to be used on whole sectors and on single vectors. */
#ifndef GIBBSFLOW_TYPICALITY_BATH_ACTIONS_H
#define GIBBSFLOW_TYPICALITY_BATH_ACTIONS_H

#include "hilbert/action.h"
#include "model/model.h"
#include "spectrum/block.h"

typedef struct gf_bath_actions {
    gf_elements *hamiltonian, *elements; /* for sectors that are diagonalised */
    gf_action *action;
    gf_action **observables; /* [count], averaged over the symmetries that keep the magnetisation,
                                which lowers their scatter */
    int *parity;             /* [count]: their sign in the image at the opposite magnetisation */
    size_t count;
    bool is_complex;
    bool mirrored; /* a symmetry turns the magnetisation, and every observable has a parity */
} gf_bath_actions;

/* The caller frees `all`; after a failure it is empty. */
gf_status gf_bath_actions_create(const gf_model *model, gf_bath_actions *all, gf_error *error);
void gf_bath_actions_free(gf_bath_actions *all);

#endif
