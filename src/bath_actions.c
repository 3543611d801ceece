#include "bath_actions.h"

#include "gibbsflow/dissipator.h"

#include <stdlib.h>

/* X O X, X the flip of all spins. */
static gf_operator flipped(const gf_operator *operator) {
    gf_operator result = {.exhausted = operator->exhausted };
    for (size_t i = 0; i < operator->count; ++i) {
        gf_operator_term term = operator->terms[i];
        uint64_t plus = term.plus;
        term.plus = term.minus;
        term.minus = plus;
        term.coefficient *= (__builtin_popcountll(term.z) & 1) != 0 ? -1 : 1;
        gf_operator_append(&result, term);
    }
    gf_operator_normalize(&result);
    return result;
}

/* The part that conserves the magnetisation: the rest has no Gibbs average. */
static gf_operator conserving(const gf_operator *operator) {
    gf_operator result = {.exhausted = operator->exhausted };
    for (size_t i = 0; i < operator->count; ++i) {
        if (!gf_operator_term_moves_magnetization(&operator->terms[i])) {
            gf_operator_append(&result, operator->terms[i]);
        }
    }
    return result;
}

/* +1 or -1 if the operator is even or odd under the flip of all spins, else 0. */
static int parity_of(const gf_operator *operator) {
    gf_operator image = flipped(operator), negative = gf_operator_scaled(&image, -1);
    int parity = gf_operator_equal(operator, & image, NULL)      ? 1
                 : gf_operator_equal(operator, & negative, NULL) ? -1
                                                                 : 0;
    gf_operator_free(&image);
    gf_operator_free(&negative);
    return parity;
}

static gf_status add_observable(const gf_chain *chain, const gf_operator *observable,
                                gf_bath_actions *all, gf_error *error) {
    gf_operator kept = conserving(observable), mean = gf_chain_average(chain, &kept);
    size_t k = all->count++;
    gf_status status = mean.exhausted
                           ? gf_fail_memory(error, "the force and noise operators")
                           : gf_action_create(&mean, chain->sites, &all->observables[k], error);
    all->parity[k] = parity_of(&mean);
    all->mirrored = all->mirrored && all->parity[k] != 0;
    gf_operator_free(&kept);
    gf_operator_free(&mean);
    return status;
}

/* Force and noise of every channel, bath[channel_count]; the caller frees them. */
static gf_status derive_bath(const gf_model *model, gf_dissipator *bath, gf_error *error) {
    gf_operator magnetization = gf_chain_magnetization(&model->chain);
    bool exhausted = false;
    for (size_t c = 0; c < model->channel_count; ++c) {
        bath[c] = gf_dissipator_derive(&model->chain, &magnetization, &model->hamiltonian,
                                       &model->channels[c].jump);
        exhausted = exhausted || gf_dissipator_exhausted(&bath[c]);
    }
    gf_operator_free(&magnetization);
    return exhausted ? gf_fail_memory(error, "the force and noise operators") : GF_OK;
}

static gf_status create_all(const gf_model *model, const gf_dissipator *bath, gf_bath_actions *all,
                            gf_error *error) {
    size_t count = model->channel_count * GF_OBSERVABLES;
    gf_status status = gf_elements_create(&model->hamiltonian, 1, &all->hamiltonian, error);
    if (status == GF_OK) {
        status = gf_elements_create(bath->observable, count, &all->elements, error);
    }
    if (status == GF_OK) {
        status = gf_action_create(&model->hamiltonian, model->chain.sites, &all->action, error);
    }
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        const gf_dissipator *channel = &bath[k / GF_OBSERVABLES];
        status =
            add_observable(&model->chain, &channel->observable[k % GF_OBSERVABLES], all, error);
    }
    return status;
}

gf_status gf_bath_actions_create(const gf_model *model, gf_bath_actions *all, gf_error *error) {
    size_t channels = model->channel_count, count = channels * GF_OBSERVABLES;
    *all = (gf_bath_actions){0};
    gf_dissipator *bath = calloc(channels, sizeof *bath);
    all->is_complex = !gf_operator_is_real(&model->hamiltonian);
    all->mirrored = parity_of(&model->hamiltonian) == 1;
    all->observables = calloc(count, sizeof(void *));
    all->parity = calloc(count, sizeof *all->parity);
    gf_status status = GF_OK;
    if (bath == NULL || all->observables == NULL || all->parity == NULL) {
        status = gf_fail_memory(error, "the force and noise operators");
    } else {
        status = derive_bath(model, bath, error);
    }
    if (status == GF_OK) {
        status = create_all(model, bath, all, error);
    }
    for (size_t c = 0; c < channels && bath != NULL; ++c) {
        gf_dissipator_free(&bath[c]);
    }
    free(bath);
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
}
