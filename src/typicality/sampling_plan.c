#include "typicality/sampling_plan.h"

#include "base/machine.h"
#include "gibbsflow/typicality.h"
#include "hilbert/basis.h"
#include "krylov/lanczos.h"
#include "spectrum/block.h"
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

size_t gf_sampling_part_vectors(const gf_sampling_part *self) {
    return self->samples > 0 ? self->goal.count + self->samples : 0;
}

static bool is_complex(const gf_model *model) {
    return !gf_operator_is_real(&model->hamiltonian);
}

/* --- what belongs to the model --------------------------------------------------------------- */

/* The Krylov space that extremal states are taken from has at most so many bytes: on chains of up
 * to 25 sites the default of 32 states fits. It is not a matter of what the machine has, for then
 * a seed would not give the same result everywhere. */
static const double LARGEST_SPACE = 0x1p33;

static gf_extremal_states_goal goal_of(const gf_model *model, size_t size) {
    enum { ROOM = 6 }; /* dimensions of the Krylov space for each vector */
    size_t unit = is_complex(model) ? 2 : 1, block = GF_MAX_COLUMNS / unit;
    double most = fmin(LARGEST_SPACE / (8 * (double)unit * (double)size), (double)size / 4) / ROOM;
    gf_extremal_states_goal goal = {
        .count = model->sampling.deflate,
        .lambda = {fmin(model->lambda2.from, 0), fmax(model->lambda2.to, 0)}};
    goal.count = (double)goal.count > most ? (size_t)most : goal.count;
    goal.room = ROOM * goal.count;
    return goal.room >= 2 * block ? goal : (gf_extremal_states_goal){0};
}

/* --- time ------------------------------------------------------------------------------------ */

/* Of one thread, measured at N = 20 and 22: a matrix element of H or an observable with one of
 * eight vectors, and a product of numbers when a vector is made orthogonal. */
static const double seconds_per_element = 0.65e-9, seconds_per_product = 4e-10;

/* Halving the vectors side by side makes each take so much longer. */
static const double apart = 0.2;

static double seconds_of_task(const gf_sampling_part *part) {
    return (double)part->together * part->run *
           (1 + apart * log2((double)GF_MAX_COLUMNS / (double)part->together));
}

/* Matrix elements to be multiplied: H's at each step, and once those of the observables. */
static double seconds_of_vector(const gf_model *model, const gf_bath_actions *all, int up) {
    enum { TYPICAL_STEPS = 36 };
    size_t steps = model->sampling.steps < TYPICAL_STEPS ? model->sampling.steps : TYPICAL_STEPS;
    double elements = (double)steps * gf_action_elements(all->action, up);
    for (size_t k = 0; k < all->count; ++k) {
        elements += gf_action_elements(all->observables[k], up);
    }
    return seconds_per_element * elements * (all->is_complex ? 2 : 1);
}

/* H once for each dimension of the Krylov space, each made orthogonal to all before it. */
static double seconds_of_search(const gf_bath_actions *all, const gf_sampling_part *part) {
    double room = (double)part->goal.room;
    return room * seconds_per_element * gf_action_elements(all->action, part->up) *
               (all->is_complex ? 2 : 1) +
           room * room * seconds_per_product * (double)part->size * (all->is_complex ? 4 : 1);
}

static double seconds_of_block(const gf_sampling_part *part) {
    double size = (double)part->size;
    return 3e-10 * size * size * size;
}

/* --- memory ---------------------------------------------------------------------------------- */

/* Bytes that one random vector takes at work, as many real vectors as it has parts. */
static double vector_memory(const gf_model *model, size_t size) {
    size_t observables = model->channel_count * GF_OBSERVABLES;
    int parts = is_complex(model) ? 2 : 1;
    return gf_lanczos_memory(size, observables, parts) + 8.0 * parts * (double)size;
}

/* As many as the columns hold, if memory allows. */
static size_t most_together(const gf_model *model, size_t size, double memory) {
    size_t most = is_complex(model) ? GF_MAX_COLUMNS / 2 : GF_MAX_COLUMNS;
    while (most > 1 && (double)most * vector_memory(model, size) > memory / 2) {
        most /= 2;
    }
    return most;
}

/* Bytes of the extremal states, from when they are found until all runs are done. */
static double kept_memory(const gf_model *model, const gf_sampling_part *part) {
    return 8 * (double)part->size * (double)part->goal.count * (is_complex(model) ? 2 : 1);
}

/* Bytes of a task of a sampled sector, its extremal states apart. */
static double task_memory(const gf_model *model, const gf_sampling_part *part) {
    double find = gf_extremal_states_memory(part->size, &part->goal, is_complex(model));
    return fmax(find - kept_memory(model, part),
                (double)part->together * vector_memory(model, part->size));
}

/* Bytes of a task, all told. */
static double whole_memory(const gf_model *model, const gf_symmetry *none,
                           const gf_sampling_part *part) {
    int sites = model->chain.sites;
    size_t observables = model->channel_count * GF_OBSERVABLES;
    gf_block whole = gf_symmetry_whole(none, part->up);
    return part->samples == 0 ? gf_block_memory(none, &whole, observables)
                              : task_memory(model, part) + 4 * (double)part->size +
                                    16 * ldexp(1, sites - sites / 2);
}

/* Bytes of the levels of all sectors; while they are put in order three times that. */
static double levels_memory(const gf_model *model) {
    int sites = model->chain.sites;
    double levels = 0;
    for (int up = 0; up <= sites; ++up) {
        double size = (double)gf_basis_dimension(sites, up);
        size_t samples = gf_typicality_samples(model, up);
        levels += samples == 0 ? size : (double)samples * fmin(size, (double)model->sampling.steps);
    }
    return 3 * ((double)model->channel_count * GF_OBSERVABLES + 3) * 8 * levels;
}

/* What is at work beside the extremal states of a round; of several ranks, one more copy of these
 * is on its way. */
static double plan_memory(const gf_sampling_plan *self, const gf_model *model,
                          const gf_workforce *force) {
    double work = 0, kept = 0, most = 0;
    gf_symmetry none = gf_symmetry_none(&model->chain, &model->hamiltonian);
    for (size_t k = 0; k < self->count; ++k) {
        const gf_sampling_part *part = &self->parts[k];
        double once = whole_memory(model, &none, part), own = kept_memory(model, part);
        bool first = k == 0 || part->round != part[-1].round;
        kept = first ? own * (force->ranks > 1 ? 2 : 1) : kept + own;
        most = fmax(most, kept);
        work = fmax(work, part->alone ? once : once * force->threads);
    }
    return work + most + levels_memory(model);
}

/* --- the layout ------------------------------------------------------------------------------ */

static int compare_parts(const void *left, const void *right) {
    const gf_sampling_part *a = left, *b = right;
    return a->size != b->size ? (a->size < b->size) - (a->size > b->size) : a->up - b->up;
}

static gf_status list_parts(const gf_model *model, gf_sampling_plan *plan, gf_error *error) {
    int sites = model->chain.sites;
    gf_bath_actions all = {0};
    plan->parts = calloc((size_t)sites + 1, sizeof *plan->parts);
    gf_status status = plan->parts != NULL ? gf_bath_actions_create(model, &all, error)
                                           : gf_fail_memory(error, "random vectors");
    for (int up = all.mirrored ? (sites + 1) / 2 : 0; up <= sites && status == GF_OK; ++up) {
        gf_sampling_part *part = &plan->parts[plan->count++];
        *part = (gf_sampling_part){.up = up,
                                   .size = gf_basis_dimension(sites, up),
                                   .samples = gf_typicality_samples(model, up)};
        if (part->samples == 0) {
            part->prepare = seconds_of_block(part);
            continue;
        }
        part->goal = goal_of(model, part->size);
        part->prepare = seconds_of_search(&all, part);
        part->run = seconds_of_vector(model, &all, up);
    }
    gf_bath_actions_free(&all);
    if (status == GF_OK) {
        qsort(plan->parts, plan->count, sizeof *plan->parts, compare_parts);
    }
    return status;
}

/* Small sectors are for every thread to have vectors of its own; unless the search for extremal
 * states on one thread would be what all others wait for. */
static void set_alone(gf_sampling_plan *self, const gf_model *model, const gf_workforce *force) {
    enum { WORK_FOR_THREADS = 30000 };
    double searches = 0;
    for (size_t k = 0; k < self->count; ++k) {
        searches += self->parts[k].samples > 0 ? self->parts[k].prepare : 0;
    }
    for (size_t k = 0; k < self->count; ++k) {
        gf_sampling_part *part = &self->parts[k];
        part->together = most_together(model, part->size, force->memory);
        double memory = task_memory(model, part) + kept_memory(model, part);
        bool large = force->threads * memory > force->memory / 4;
        bool long_search = part->size > WORK_FOR_THREADS &&
                           part->prepare > searches / ((double)force->ranks * force->threads);
        part->alone = part->samples > 0 && (large || long_search);
    }
}

static void set_rounds(gf_sampling_plan *self, const gf_model *model, const gf_workforce *force) {
    double kept = 0;
    int large = 0;
    for (size_t k = 0; k < self->count; ++k) {
        gf_sampling_part *part = &self->parts[k];
        double own = kept_memory(model, part);
        if (part->alone && large > 0 && (large == force->ranks || kept + own > force->memory / 4)) {
            ++self->rounds;
            kept = 0;
            large = 0;
        }
        part->round = self->rounds;
        kept += own;
        large += part->alone ? 1 : 0;
    }
    ++self->rounds;
}

static double seconds_of_runs(const gf_sampling_part *part) {
    return (double)gf_sampling_part_vectors(part) / (double)part->together * seconds_of_task(part);
}

/* Tasks short enough for all ranks and threads to end at about the same time; eight vectors side by
 * side take less than eight apart. */
static void set_together(gf_sampling_plan *self, const gf_workforce *force) {
    enum { TASKS_OF_WORKER = 2 };
    for (size_t round = 0, k = 0; round < self->rounds; ++round) {
        size_t first = k;
        double work = 0;
        for (; k < self->count && self->parts[k].round == round; ++k) {
            work += seconds_of_runs(&self->parts[k]);
        }
        double share = work / TASKS_OF_WORKER / force->ranks;
        for (size_t p = first; p < k; ++p) {
            gf_sampling_part *part = &self->parts[p];
            double least = !part->alone       ? share / force->threads
                           : force->ranks > 1 ? share
                                              : INFINITY; /* one after another */
            while (part->together > 1 && seconds_of_task(part) > least) {
                part->together /= 2;
            }
        }
    }
}

/* Of one round, first what comes before the runs: no sooner than the longest task. */
static void add_seconds(gf_sampling_plan *self, const gf_workforce *force, size_t round) {
    double sum[2] = {0}, longest[2] = {0}, workers = (double)force->ranks * force->threads;
    for (size_t k = 0; k < self->count; ++k) {
        const gf_sampling_part *part = &self->parts[k];
        double threads = part->alone ? force->threads : 1;
        if (part->round == round) {
            self->work += part->prepare + (double)gf_sampling_part_vectors(part) * part->run;
            sum[0] += part->prepare;
            sum[1] += seconds_of_runs(part);
            longest[0] = fmax(longest[0], part->prepare / threads);
            longest[1] = fmax(longest[1], seconds_of_task(part) / threads);
        }
    }
    self->busy += (sum[0] + sum[1]) / workers;
    self->waiting += fmax(0, longest[0] - sum[0] / workers);
    self->seconds += fmax(longest[0], sum[0] / workers) + fmax(longest[1], sum[1] / workers);
}

void gf_sampling_plan_lay_out(gf_sampling_plan *self, const gf_model *model,
                              const gf_workforce *force) {
    *self = (gf_sampling_plan){.parts = self->parts, .count = self->count};
    set_alone(self, model, force);
    set_rounds(self, model, force);
    set_together(self, force);
    for (size_t round = 0; round < self->rounds; ++round) {
        add_seconds(self, force, round);
    }
    self->memory = plan_memory(self, model, force);
}

gf_status gf_sampling_plan_make(const gf_model *model, const gf_workforce *force,
                                gf_sampling_plan *plan, gf_error *error) {
    *plan = (gf_sampling_plan){0};
    gf_status status = list_parts(model, plan, error);
    if (status == GF_OK) {
        gf_sampling_plan_lay_out(plan, model, force);
    } else {
        gf_sampling_plan_free(plan);
    }
    return status;
}

void gf_sampling_plan_free(gf_sampling_plan *self) {
    free(self->parts);
    *self = (gf_sampling_plan){0};
}

/* --- looking --------------------------------------------------------------------------------- */

gf_status gf_sampling_plan_check_memory(const gf_sampling_plan *self, const gf_model *model,
                                        const gf_workforce *force, gf_error *error) {
    int sites = model->chain.sites;
    return self->memory <= force->memory
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "random vectors of %d sites (largest sector: %zu states) need %.3g GiB of "
                         "memory, but %.3g GiB are free; use fewer sites or samples, or take fewer "
                         "states apart (typicality: {deflate: 8})",
                         sites, gf_basis_dimension(sites, sites / 2), self->memory / 0x1p30,
                         force->memory / 0x1p30);
}

gf_status gf_typicality_estimate(const gf_model *model, gf_spectrum_cost *cost, gf_error *error) {
    int sites = model->chain.sites;
    gf_workforce force = gf_workforce_here();
    gf_sampling_plan plan;
    *cost = (gf_spectrum_cost){.largest = gf_basis_dimension(sites, sites / 2)};
    gf_status status = gf_sampling_plan_make(model, &force, &plan, error);
    if (status == GF_OK) {
        cost->memory = plan.memory;
        cost->seconds = plan.seconds;
        status = gf_sampling_plan_check_memory(&plan, model, &force, error);
    }
    gf_sampling_plan_free(&plan);
    return status;
}
