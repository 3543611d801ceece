#include "typicality/sampling_plan.h"

#include "gibbsflow/machine.h"
#include "gibbsflow/typicality.h"
#include "hilbert/basis.h"
#include "krylov/lanczos.h"
#include "spectrum/spectrum.h"
#include "typicality/bath_actions.h"

#include <math.h>
#include <stdlib.h>

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

double gf_sampling_plan_memory(const gf_model *model, double spare) {
    int sites = model->chain.sites;
    size_t observables = model->channel_count * GF_OBSERVABLES;
    double need = 0, levels = 0;
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
    double spare = (double)gf_machine_free_memory(), need = gf_sampling_plan_memory(model, spare);
    return need <= spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "random vectors of %d sites (largest sector: %zu states) need %.3g GiB of "
                         "memory, but %.3g GiB are free; use fewer sites or samples",
                         sites, gf_basis_dimension(sites, sites / 2), need / 0x1p30,
                         spare / 0x1p30);
}

/* Seconds of one thread for a random vector: matrix elements to be multiplied, in H and in the
 * observables. */
static double seconds_of_vector(const gf_model *model, const gf_bath_actions *all, int up) {
    enum { TYPICAL_STEPS = 48 };
    static const double seconds_per_element = 0.8e-9;
    size_t steps = model->sampling.steps < TYPICAL_STEPS ? model->sampling.steps : TYPICAL_STEPS;
    double elements = (double)steps * gf_action_elements(all->action, up);
    for (size_t k = 0; k < all->count; ++k) {
        elements += gf_action_elements(all->observables[k], up);
    }
    return seconds_per_element * elements * (all->is_complex ? 2 : 1);
}

gf_status gf_sampling_plan_parts(const gf_model *model, double spare, gf_sampling_part *parts,
                                 size_t *count, gf_error *error) {
    int sites = model->chain.sites;
    gf_bath_actions all = {0};
    gf_status status = gf_bath_actions_create(model, &all, error);
    *count = 0;
    for (int up = all.mirrored ? (sites + 1) / 2 : 0; up <= sites && status == GF_OK; ++up) {
        size_t size = gf_basis_dimension(sites, up), samples = gf_typicality_samples(model, up);
        if (samples > 0) {
            double vector = seconds_of_vector(model, &all, up);
            size_t width = (size_t)gf_sampling_plan_together(model, size, spare);
            size_t tasks = (samples + width - 1) / width;
            parts[(*count)++] =
                (gf_sampling_part){.alone = !gf_sampling_plan_shares_out(model, size, spare),
                                   .tasks = tasks,
                                   .find = (double)model->sampling.deflate * vector,
                                   .run = (double)samples / (double)tasks * vector};
        }
    }
    gf_bath_actions_free(&all);
    return status;
}

double gf_sampling_plan_seconds(const gf_sampling_part *parts, size_t count, double ranks,
                                double threads) {
    double alone = 0, shared = 0, longest = 0;
    for (size_t k = 0; k < count; ++k) {
        const gf_sampling_part *part = &parts[k];
        if (part->alone) {
            alone += (part->find + ceil((double)part->tasks / ranks) * part->run) / threads;
        } else {
            shared += part->find + (double)part->tasks * part->run;
            longest = fmax(longest, part->find + part->run);
        }
    }
    return alone + fmax(shared / (ranks * threads), longest);
}

gf_status gf_typicality_estimate(const gf_model *model, gf_spectrum_cost *cost, gf_error *error) {
    int sites = model->chain.sites, threads = gf_machine_threads();
    double spare = (double)gf_machine_free_memory();
    gf_sampling_part *parts = calloc((size_t)sites + 1, sizeof *parts);
    size_t count = 0;
    *cost = (gf_spectrum_cost){.largest = gf_basis_dimension(sites, sites / 2),
                               .memory = gf_sampling_plan_memory(model, spare)};
    gf_status status = parts != NULL ? gf_sampling_plan_check_memory(model, error)
                                     : gf_fail_memory(error, "random vectors");
    if (status == GF_OK) {
        status = gf_sampling_plan_parts(model, spare, parts, &count, error);
    }
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        cost->seconds += (parts[k].find + (double)parts[k].tasks * parts[k].run) / threads;
    }
    free(parts);
    return status;
}
