#include "typicality/sampling_plan.h"

#include "gibbsflow/machine.h"
#include "gibbsflow/typicality.h"
#include "hilbert/basis.h"
#include "krylov/lanczos.h"
#include "spectrum/spectrum.h"
#include "typicality/bath_actions.h"

#include <math.h>

size_t gf_typicality_samples(const gf_model *model, int up) {
    int sites = model->chain.sites;
    double largest = (double)gf_basis_dimension(sites, sites / 2);
    size_t size = gf_basis_dimension(sites, up);
    return size <= model->sampling.exact
               ? 0
               : (size_t)ceil((double)model->sampling.samples * sqrt(largest / (double)size));
}

/* Bytes that one random vector takes at work, as many real vectors as it has parts. */
static double vector_memory(const gf_model *model, size_t size) {
    size_t observables = model->channel_count * GF_OBSERVABLES;
    int parts = gf_operator_is_real(&model->hamiltonian) ? 1 : 2;
    return gf_lanczos_memory(size, observables, parts) + 8.0 * parts * (double)size;
}

int gf_sampling_plan_together(const gf_model *model, size_t size, double spare) {
    int most = gf_operator_is_real(&model->hamiltonian) ? GF_MAX_COLUMNS : GF_MAX_COLUMNS / 2;
    while (most > 1 && most * vector_memory(model, size) > spare / 2) {
        most /= 2;
    }
    return most;
}

gf_extremal_states_goal gf_sampling_plan_goal(const gf_model *model, size_t size, double spare) {
    enum { ROOM = 6 }; /* dimensions of the Krylov space for each vector */
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    gf_extremal_states_goal one = {.count = 1, .room = 1}, none = {0};
    double fixed = gf_extremal_states_memory(size, &none, is_complex);
    double each = gf_extremal_states_memory(size, &one, is_complex) - fixed;
    double most = fmin((spare / 4 - fixed) / each, (double)size / 4);
    gf_extremal_states_goal goal = {
        .count = model->sampling.deflate,
        .lambda = {fmin(model->lambda2.from, 0), fmax(model->lambda2.to, 0)}};
    if (ROOM * (double)goal.count > most) {
        goal.count = most > 0 ? (size_t)(most / ROOM) : 0;
    }
    goal.room = ROOM * goal.count;
    return goal;
}

bool gf_sampling_plan_shares_out(const gf_model *model, size_t size, double spare) {
    gf_extremal_states_goal goal = gf_sampling_plan_goal(model, size, spare);
    double find = gf_extremal_states_memory(size, &goal, !gf_operator_is_real(&model->hamiltonian));
    double run = gf_sampling_plan_together(model, size, spare) * vector_memory(model, size);
    return gf_machine_threads() * fmax(find, run) <= spare / 4;
}

/* Bytes for one task of a sampled sector. */
static double sampling_memory(const gf_model *model, size_t size, double spare) {
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    gf_extremal_states_goal goal = gf_sampling_plan_goal(model, size, spare);
    double find = gf_extremal_states_memory(size, &goal, is_complex);
    double kept = 8.0 * (double)size * (double)goal.count * (is_complex ? 2 : 1);
    double run = gf_sampling_plan_together(model, size, spare) * vector_memory(model, size);
    return fmax(find, run + kept);
}

static double memory_need(const gf_model *model) {
    int sites = model->chain.sites;
    size_t observables = model->channel_count * GF_OBSERVABLES;
    double need = 0, levels = 0, spare = (double)gf_machine_free_memory();
    gf_symmetry none = gf_symmetry_none(&model->chain, &model->hamiltonian);
    for (int up = 0; up <= sites; ++up) {
        size_t size = gf_basis_dimension(sites, up), samples = gf_typicality_samples(model, up);
        double basis = 4 * (double)size + 16 * ldexp(1, sites - sites / 2);
        gf_block whole = gf_symmetry_whole(&none, up);
        double once = samples == 0 ? gf_block_memory(&none, &whole, observables)
                                   : sampling_memory(model, size, spare) + basis;
        bool alone = samples > 0 && !gf_sampling_plan_shares_out(model, size, spare);
        need = fmax(need, alone ? once : once * gf_machine_threads());
        levels += samples == 0
                      ? (double)size
                      : (double)samples * fmin((double)size, (double)model->sampling.steps);
    }
    return need + 3 * ((double)observables + 3) * 8 * levels;
}

gf_status gf_sampling_plan_check_memory(const gf_model *model, gf_error *error) {
    int sites = model->chain.sites;
    double need = memory_need(model), spare = (double)gf_machine_free_memory();
    return need <= spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "random vectors of %d sites (largest sector: %zu states) need %.3g GiB of "
                         "memory, but %.3g GiB are free; use fewer sites or samples",
                         sites, gf_basis_dimension(sites, sites / 2), need / 0x1p30,
                         spare / 0x1p30);
}

/* Matrix elements to be multiplied, in H and in the observables, for all random vectors. */
static double count_elements(const gf_model *model, const gf_bath_actions *all) {
    enum { TYPICAL_STEPS = 48 };
    int sites = model->chain.sites, first = all->mirrored ? (sites + 1) / 2 : 0;
    double elements = 0;
    for (int up = first; up <= sites; ++up) {
        size_t samples = gf_typicality_samples(model, up);
        double once = 0;
        for (size_t k = 0; k < all->count && samples > 0; ++k) {
            once += gf_action_elements(all->observables[k], up);
        }
        if (samples > 0) {
            size_t steps =
                model->sampling.steps < TYPICAL_STEPS ? model->sampling.steps : TYPICAL_STEPS;
            once += (double)steps * gf_action_elements(all->action, up);
        }
        elements += (double)(samples + model->sampling.deflate) * once;
    }
    return elements * (all->is_complex ? 2 : 1);
}

gf_status gf_typicality_estimate(const gf_model *model, gf_spectrum_cost *cost, gf_error *error) {
    static const double seconds_per_element = 0.8e-9; /* one thread */
    int sites = model->chain.sites;
    gf_bath_actions all = {0};
    *cost = (gf_spectrum_cost){.largest = gf_basis_dimension(sites, sites / 2),
                               .memory = memory_need(model)};
    gf_status status = gf_sampling_plan_check_memory(model, error);
    if (status == GF_OK) {
        status = gf_bath_actions_create(model, &all, error);
    }
    if (status == GF_OK) {
        cost->seconds = count_elements(model, &all) * seconds_per_element / gf_machine_threads();
    }
    gf_bath_actions_free(&all);
    return status;
}
