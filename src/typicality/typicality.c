#include "gibbsflow/typicality.h"

#include "base/progress_part.h"
#include "base/ranks.h"
#include "base/tasks.h"
#include "base/workspace.h"
#include "gibbsflow/machine.h"
#include "hilbert/basis.h"
#include "spectrum/spectrum.h"
#include "typicality/bath_actions.h"
#include "typicality/random_vectors.h"
#include "typicality/sampled_sector.h"
#include "typicality/sampling_plan.h"

#include <math.h>
#include <stdlib.h>

/* What to do for a sector: diagonalise it, find its extremal states, or run the Lanczos method from
 * some of these or from random vectors, side by side. */
typedef enum stage { SOLVE, FIND, FROM_EXTREMES, FROM_RANDOM } stage;

typedef struct task {
    gf_sampled_sector *owner;
    stage stage;
    size_t first; /* vector */
    gf_columns columns;
    int pass; /* the tasks of a pass need those of earlier passes, but not one another */
} task;

typedef struct job {
    const gf_model *model;
    gf_bath_actions operators;
    gf_sampled_sector
        *parts; /* [part_count]: of rising magnetisation; only up >= sites/2 if mirrored */
    size_t part_count;
    task *tasks; /* [task_count], pass after pass */
    size_t task_count;
    int pass; /* of the tasks added last */
} job;

/* --- sectors and random vectors -------------------------------------------------------------- */

static void draw(const job *self, const task *work, double *start) {
    const gf_sampled_sector *owner = work->owner;
    const gf_random_vectors vectors = {.seed = self->model->sampling.seed,
                                       .up = owner->up,
                                       .purpose = work->stage == FIND ? GF_VECTORS_SEARCH
                                                                      : GF_VECTORS_TRACE};
    gf_random_vectors_draw(&vectors, work->first, work->columns, owner->size, start);
}

static gf_status make_parts(job *self, gf_error *error) {
    int sites = self->model->chain.sites, first = self->operators.mirrored ? (sites + 1) / 2 : 0;
    size_t vectors = 0;
    self->parts = calloc((size_t)(sites - first) + 1, sizeof *self->parts);
    for (int up = first; up <= sites && self->parts != NULL; ++up) {
        gf_sampled_sector *one = &self->parts[self->part_count];
        size_t size = gf_basis_dimension(sites, up),
               samples = gf_typicality_samples(self->model, up);
        *one = (gf_sampled_sector){.up = up, .size = size, .samples = samples, .first = vectors};
        one->ritz = calloc(samples + 1, sizeof *one->ritz);
        one->apart = calloc(self->model->sampling.deflate + GF_MAX_COLUMNS, sizeof *one->apart);
        if (one->ritz == NULL || one->apart == NULL) {
            return gf_fail_memory(error, "random vectors");
        }
        vectors += samples;
        ++self->part_count;
    }
    return self->parts != NULL ? GF_OK : gf_fail_memory(error, "the sectors");
}

/* --- the work -------------------------------------------------------------------------------- */

static double largest_lambda(const gf_model *model) {
    return fmax(fabs(model->lambda2.from), fabs(model->lambda2.to));
}

static gf_status run_lanczos(const job *self, const task *work, const gf_basis *basis,
                             double *start, gf_error *error) {
    const gf_bath_actions *all = &self->operators;
    gf_sampled_sector *owner = work->owner;
    gf_lanczos lanczos = {.basis = basis,
                          .hamiltonian = all->action,
                          .observables = (const gf_action *const *)all->observables,
                          .observable_count = all->count,
                          .lambda = largest_lambda(self->model),
                          .steps = self->model->sampling.steps};
    gf_ritz *ritz = owner->ritz + work->first;
    gf_status status = GF_OK;
    if (work->stage == FROM_EXTREMES) {
        ritz = owner->apart + work->first;
        gf_extremal_states_copy(&owner->extremes, work->first, work->columns, start);
    } else {
        draw(self, work, start);
        status = gf_extremal_states_remove(&owner->extremes, work->columns, start, error);
    }
    return status == GF_OK ? gf_lanczos_run(&lanczos, work->columns, start, ritz, error) : status;
}

static gf_status sample(const job *self, const task *work, gf_error *error) {
    gf_sampled_sector *owner = work->owner;
    gf_basis basis = {0};
    gf_status status = gf_basis_init(&basis, self->model->chain.sites, owner->up, error);
    double *start = gf_workspace_matrix((size_t)work->columns.width, owner->size, sizeof *start);
    if (status == GF_OK && start == NULL) {
        status = gf_fail_memory(error, "random vectors");
    }
    if (status == GF_OK && work->stage == FIND) {
        draw(self, work, start);
        status = gf_extremal_states_find(self->operators.action, &basis, work->columns,
                                         &owner->goal, start, &owner->extremes, error);
    } else if (status == GF_OK) {
        status = run_lanczos(self, work, &basis, start, error);
    }
    gf_workspace_free(start);
    gf_basis_free(&basis);
    return status;
}

/* Roughly, in seconds. */
static double seconds_of(const job *self, const task *work) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): add_task has filled it */
    double size = (double)work->owner->size, width = work->columns.width;
    double vector = 3e-8 * size * self->model->chain.sites;
    return work->stage == SOLVE  ? 3e-10 * size * size * size
           : work->stage == FIND ? 0.2 * (double)work->owner->goal.room * vector
                                 : width * vector;
}

static void add_task(job *self, gf_sampled_sector *owner, stage kind, size_t first,
                     size_t vectors) {
    bool is_complex = self->operators.is_complex;
    int width = (int)vectors * (is_complex ? 2 : 1);
    task *one = &self->tasks[self->task_count++];
    *one = (task){.owner = owner,
                  .stage = kind,
                  .first = first,
                  .columns = {width, is_complex},
                  .pass = self->pass};
}

/* The runs of one sector. */
static void add_runs(job *self, gf_sampled_sector *owner, double spare) {
    size_t together = (size_t)gf_sampling_plan_together(self->model, owner->size, spare);
    for (size_t first = 0; first < owner->goal.count; first += together) {
        add_task(self, owner, FROM_EXTREMES, first, together);
    }
    for (size_t first = 0; first < owner->samples; first += together) {
        while (together > owner->samples - first) {
            together /= 2;
        }
        add_task(self, owner, FROM_RANDOM, first, together);
    }
}

/* What comes before the runs of one sector. */
static void add_preparation(job *self, gf_sampled_sector *owner) {
    size_t most = self->operators.is_complex ? GF_MAX_COLUMNS / 2 : GF_MAX_COLUMNS;
    if (owner->samples == 0) {
        add_task(self, owner, SOLVE, 0, 0);
    } else if (owner->goal.count > 0) {
        add_task(self, owner, FIND, 0, most);
    }
}

/* The part of rank `rank` when sorted by falling size: from the middle outwards. */
static gf_sampled_sector *part_by_size(const job *self, size_t rank) {
    size_t middle = self->part_count / 2, step = (rank + 1) / 2;
    size_t at = self->operators.mirrored                         ? rank
                : (rank % 2 == 1) == (self->part_count % 2 == 0) ? middle - step
                                                                 : middle + step;
    return &self->parts[at];
}

/* First sectors that want all threads, one by one; then for the others what has to precede the
 * runs; then the runs. */
static void make_tasks(job *self, double spare) {
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        gf_sampled_sector *owner = part_by_size(self, rank);
        owner->goal = gf_sampling_plan_goal(self->model, owner->size, spare);
        if (owner->samples > 0 && !gf_sampling_plan_shares_out(self->model, owner->size, spare)) {
            owner->is_alone = true;
            add_preparation(self, owner);
            ++self->pass;
            add_runs(self, owner, spare);
            ++self->pass;
        }
    }
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        gf_sampled_sector *owner = part_by_size(self, rank);
        if (!owner->is_alone) {
            add_preparation(self, owner);
        }
    }
    ++self->pass;
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        gf_sampled_sector *owner = part_by_size(self, rank);
        if (!owner->is_alone) {
            add_runs(self, owner, spare);
        }
    }
}

/* --- passes ---------------------------------------------------------------------------------- */

typedef struct pass {
    const job *job;
    const task *tasks;
    size_t count;
} pass;

static double task_cost(const void *context, size_t k) {
    const pass *self = context;
    return seconds_of(self->job, &self->tasks[k]);
}

static bool task_is_alone(const void *context, size_t k) {
    const pass *self = context;
    return self->tasks[k].owner->is_alone;
}

static gf_status run_task(const void *context, gf_task *at, gf_error *error) {
    const pass *self = context;
    const job *all = self->job;
    const task *work = &self->tasks[at->index];
    gf_sampled_sector *owner = work->owner;
    if (work->stage == SOLVE) {
        gf_symmetry none = gf_symmetry_none(&all->model->chain, &all->model->hamiltonian);
        gf_block whole = gf_symmetry_whole(&none, owner->up);
        return gf_block_solve(all->operators.hamiltonian, all->operators.elements, &none, &whole,
                              &owner->solved, error);
    }
    return work->stage != FROM_EXTREMES || work->first < owner->extremes.count
               ? sample(all, work, error)
               : GF_OK;
}

static void carry_task(void *context, size_t k, gf_bytes *bytes) {
    const pass *self = context;
    const task *work = &self->tasks[k];
    gf_sampled_sector *owner = work->owner;
    if (work->stage == SOLVE) {
        gf_block_levels_carry(&owner->solved, bytes);
    } else if (work->stage == FIND) {
        gf_extremal_states_carry(&owner->extremes, bytes);
    } else {
        gf_ritz *ritz = work->stage == FROM_EXTREMES ? owner->apart : owner->ritz;
        int vectors = work->columns.is_complex ? work->columns.width / 2 : work->columns.width;
        for (int v = 0; v < vectors; ++v) {
            gf_ritz_carry(&ritz[work->first + (size_t)v], self->job->operators.count, bytes);
        }
    }
}

static gf_status run_pass(pass *self, const gf_progress *progress, gf_error *error) {
    const gf_tasks all = {.count = self->count,
                          .context = self,
                          .cost = task_cost,
                          .alone = task_is_alone,
                          .blas_alone = 1,
                          .run = run_task,
                          .carry = carry_task,
                          .progress = progress};
    gf_status status = gf_tasks_run(&all, error);
    gf_sampled_sector *owner = self->tasks[0].owner;
    if (owner->is_alone && self->tasks[0].stage > FIND) {
        gf_workspace_free(owner->extremes.vectors); /* they are large */
        owner->extremes.vectors = NULL;
    }
    return status;
}

static double seconds_of_tasks(const job *self, const task *tasks, size_t count) {
    double seconds = 0;
    for (size_t k = 0; k < count; ++k) {
        seconds += seconds_of(self, &tasks[k]);
    }
    return seconds;
}

static gf_status run_passes(const job *self, const gf_progress *progress, gf_error *error) {
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    double total = seconds_of_tasks(self, self->tasks, self->task_count);
    gf_status status = GF_OK;
    for (size_t first = 0, end = 0; first < self->task_count && status == GF_OK; first = end) {
        while (end < self->task_count && self->tasks[end].pass == self->tasks[first].pass) {
            ++end;
        }
        pass next = {.job = self, .tasks = self->tasks + first, .count = end - first};
        gf_progress_part_next(&part, seconds_of_tasks(self, next.tasks, next.count) / total);
        status = run_pass(&next, &own, error);
    }
    return status;
}

static gf_status run_all(job *self, const gf_progress *progress, gf_error *error) {
    size_t most = 0;
    for (size_t k = 0; k < self->part_count; ++k) {
        most += self->parts[k].samples + self->model->sampling.deflate + 1;
    }
    self->tasks = malloc((most + 1) * sizeof *self->tasks);
    if (self->tasks == NULL) {
        return gf_fail_memory(error, "random vectors");
    }
    make_tasks(self, gf_ranks_least((double)gf_machine_free_memory()));
    return run_passes(self, progress, error);
}

/* --- collecting ------------------------------------------------------------------------------ */

/* The part that holds the sector of `up` spins up, itself or mirrored. factor[count]: what the
 * observables of the part are to be multiplied with. At magnetisation 0 the mean over both images
 * of a vector is taken: odd observables vanish. */
static const gf_sampled_sector *part_of(const job *self, int up, int *factor) {
    int sites = self->model->chain.sites, lowest = self->parts[0].up;
    bool mirrored = self->operators.mirrored;
    for (size_t k = 0; k < self->operators.count; ++k) {
        int parity = self->operators.parity[k];
        factor[k] = mirrored && up < lowest                       ? parity
                    : mirrored && 2 * up == sites && parity == -1 ? 0
                                                                  : 1;
    }
    return &self->parts[(up < lowest ? sites - up : up) - lowest];
}

static gf_status collect(const job *self, gf_spectrum **result, gf_error *error) {
    gf_spectrum *spectrum = NULL;
    int sites = self->model->chain.sites,
        *factor = calloc(self->operators.count + 1, sizeof *factor);
    size_t levels = 0;
    if (factor == NULL) {
        return gf_fail_memory(error, "the spectrum");
    }
    for (int up = 0; up <= sites; ++up) {
        levels += gf_sampled_sector_levels(part_of(self, up, factor));
    }
    gf_status status =
        gf_spectrum_create(sites, self->model->channel_count, levels, true, &spectrum, error);
    for (int up = 0; up <= sites && status == GF_OK; ++up) {
        const gf_sampled_sector *from = part_of(self, up, factor);
        size_t at = spectrum->sector[up];
        spectrum->sector[up + 1] = at + gf_sampled_sector_levels(from);
        status = gf_sampled_sector_copy(from, factor, at, spectrum, error);
    }
    if (status == GF_OK) {
        gf_spectrum_complete(spectrum);
        *result = spectrum;
    } else {
        gf_spectrum_free(spectrum);
    }
    free(factor);
    return status;
}

static void free_job(job *self) {
    for (size_t k = 0; k < self->part_count; ++k) {
        gf_sampled_sector_free(&self->parts[k]);
    }
    free(self->parts);
    free(self->tasks);
    gf_bath_actions_free(&self->operators);
}

gf_status gf_typicality_compute(const gf_model *model, const gf_progress *progress,
                                gf_spectrum **spectrum, gf_error *error) {
    job work = {.model = model};
    *spectrum = NULL;
    gf_status status = gf_sampling_plan_check_memory(model, error);
    if (status == GF_OK) {
        status = gf_bath_actions_create(model, &work.operators, error);
    }
    if (status == GF_OK) {
        status = make_parts(&work, error);
    }
    if (status == GF_OK) {
        status = run_all(&work, progress, error);
    }
    if (status == GF_OK) {
        status = collect(&work, spectrum, error);
    }
    free_job(&work);
    return status;
}
