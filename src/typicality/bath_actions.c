#include "typicality/bath_actions.h"

#include "spectrum/observables.h"
#include "spectrum/spectrum.h"

#include <stdlib.h>

/* +1 or -1 if b = +-a, else 0. */
static int sign_between(const gf_operator *a, const gf_operator *b) {
    gf_operator negative = gf_operator_scaled(b, -1);
    int sign = gf_operator_equal(a, b, NULL) ? 1 : gf_operator_equal(a, &negative, NULL) ? -1 : 0;
    gf_operator_free(&negative);
    return sign;
}

static gf_status add_observable(const gf_symmetry *symmetry, const gf_operator *observable,
                                gf_bath_actions *all, gf_error *error) {
    gf_operator mean, mirror;
    gf_observables_average(symmetry, observable, &mean, &mirror);
    size_t k = all->count++;
    gf_status status = mean.exhausted || mirror.exhausted
                           ? gf_fail_memory(error, "the force and noise operators")
                           : gf_action_create(&mean, symmetry->sites, &all->observables[k], error);
    all->parity[k] = sign_between(&mean, &mirror);
    all->mirrored = all->mirrored && all->parity[k] != 0;
    gf_operator_free(&mean);
    gf_operator_free(&mirror);
    return status;
}

static gf_status create_all(const gf_model *model, const gf_operator *bath, gf_bath_actions *all,
                            gf_error *error) {
    gf_symmetry symmetry;
    size_t count = model->channel_count * GF_OBSERVABLES;
    gf_status status = gf_spectrum_symmetry(model, &symmetry, error);
    all->mirrored = status == GF_OK && gf_symmetry_flips(&symmetry);
    if (status == GF_OK) {
        status = gf_elements_create(&model->hamiltonian, 1, &all->hamiltonian, error);
    }
    if (status == GF_OK) {
        status = gf_elements_create(bath, count, &all->elements, error);
    }
    if (status == GF_OK) {
        status = gf_action_create(&model->hamiltonian, model->chain.sites, &all->action, error);
    }
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        status = add_observable(&symmetry, &bath[k], all, error);
    }
    return status;
}

gf_status gf_bath_actions_create(const gf_model *model, gf_bath_actions *all, gf_error *error) {
    size_t count = model->channel_count * GF_OBSERVABLES;
    *all = (gf_bath_actions){0};
    gf_operator *bath = calloc(count + 1, sizeof *bath);
    all->is_complex = !gf_operator_is_real(&model->hamiltonian);
    all->observables = calloc(count + 1, sizeof(void *));
    all->parity = calloc(count + 1, sizeof *all->parity);
    gf_status status = GF_OK;
    if (bath == NULL || all->observables == NULL || all->parity == NULL) {
        status = gf_fail_memory(error, "the force and noise operators");
    } else {
        status = gf_observables_of_bath(model, bath, error);
    }
    if (status == GF_OK) {
        status = create_all(model, bath, all, error);
    }
    for (size_t k = 0; k < count && bath != NULL; ++k) {
        gf_operator_free(&bath[k]);
    }
    free(bath);
    if (status != GF_OK) {
        gf_bath_actions_free(all);
    }
    return status;
}

void gf_bath_actions_free(gf_bath_actions *all) {
    gf_elements_free(all->hamiltonian);
    gf_elements_free(all->elements);
    gf_action_free(all->action);
    for (size_t k = 0; k < all->count; ++k) {
        gf_action_free(all->observables[k]);
    }
    free((void *)all->observables);
    free(all->parity);
    *all = (gf_bath_actions){0};
}
