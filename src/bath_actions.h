/* The operators of a model, ready to be used on whole sectors and on single vectors. */
#ifndef GIBBSFLOW_BATH_ACTIONS_H
#define GIBBSFLOW_BATH_ACTIONS_H

#include "gibbsflow/action.h"
#include "gibbsflow/model.h"
#include "gibbsflow/sector.h"

typedef struct gf_bath_actions {
    gf_elements *hamiltonian, *elements; /* for sectors that are diagonalised */
    gf_action *action;
    gf_action **observables; /* [count], averaged over translations, which lowers their scatter */
    int *parity;             /* [count]: +1 or -1 under a flip of all spins; of use if `mirrored` */
    size_t count;
    bool is_complex, mirrored;
} gf_bath_actions;

/* The caller frees `all`, also after a failure. */
gf_status gf_bath_actions_create(const gf_model *model, gf_bath_actions *all, gf_error *error);
void gf_bath_actions_free(gf_bath_actions *all);

#endif
