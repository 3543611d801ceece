#include "gibbsflow/typicality.h"

#include "base/progress_part.h"
#include "base/ranks.h"
#include "base/tasks.h"
#include "base/workspace.h"
#include "hilbert/basis.h"
#include "spectrum/checkpoint.h"
#include "spectrum/spectrum.h"
#include "typicality/bath_actions.h"
#include "typicality/random_vectors.h"
#include "typicality/sampled_sector.h"
#include "typicality/sampling_plan.h"

#include <math.h>
#include <stdlib.h>

/* What to do for a sector: diagonalise it, find its extremal states, or run the Lanczos method from
 * some of its vectors, all extremal or all random, side by side. */
typedef enum stage { SOLVE, FIND, FROM_EXTREMES, FROM_RANDOM } stage;

typedef struct task {
    gf_sampled_sector *owner;
    stage stage;
    size_t first, vectors; /* of the sector's */
    gf_columns columns;
    int pass; /* the tasks of a pass need those of earlier passes, but not one another */
} task;

typedef struct job {
    const gf_model *model;
    const gf_sampling_plan *plan;
    gf_bath_actions operators;
    gf_sampled_sector *sectors; /* [plan->count], as the plan has them */
    gf_checkpoint *checkpoint;  /* or NULL */
    task *tasks;                /* [task_count], pass after pass: what is not done yet */
    size_t task_count;
    int pass; /* of the tasks added last */
} job;

/* --- sectors and random vectors -------------------------------------------------------------- */

static void draw(const job *self, const task *work, double *start) {
    const gf_sampled_sector *owner = work->owner;
    bool finds = work->stage == FIND;
    const gf_random_vectors vectors = {.seed = self->model->sampling.seed,
                                       .up = owner->part->up,
                                       .purpose = finds ? GF_VECTORS_SEARCH : GF_VECTORS_TRACE};
    gf_random_vectors_draw(&vectors, finds ? 0 : work->first - owner->apart, work->columns,
                           owner->part->size, start);
}

/* The sector of `up` spins up, or NULL: it is the image of another. */
static gf_sampled_sector *find_sector(const job *self, int up) {
    gf_sampled_sector *found = NULL;
    for (size_t k = 0; k < self->plan->count && found == NULL; ++k) {
        found = self->sectors[k].part->up == up ? &self->sectors[k] : NULL;
    }
    return found;
}

static gf_status make_sectors(job *self, gf_error *error) {
    size_t vectors = 0, count = self->plan->count;
    gf_status status = GF_OK;
    self->sectors = calloc(count + 1, sizeof *self->sectors);
    if (self->sectors == NULL) {
        return gf_fail_memory(error, "the sectors");
    }
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        status = gf_sampled_sector_init(&self->sectors[k], &self->plan->parts[k], error);
    }
    for (int up = 0; up <= self->model->chain.sites && status == GF_OK; ++up) {
        gf_sampled_sector *one = find_sector(self, up);
        if (one != NULL) {
            one->first = vectors;
            vectors += one->part->samples;
        }
    }
    return status;
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
    gf_status status = GF_OK;
    if (work->stage == FROM_EXTREMES) {
        gf_extremal_states_copy(&owner->extremes, work->first, work->columns, start);
    } else {
        draw(self, work, start);
        status = gf_extremal_states_remove(&owner->extremes, work->columns, start, error);
    }
    return status == GF_OK
               ? gf_lanczos_run(&lanczos, work->columns, start, owner->ritz + work->first, error)
               : status;
}

static gf_status sample(const job *self, const task *work, gf_error *error) {
    gf_sampled_sector *owner = work->owner;
    gf_basis basis = {0};
    gf_status status = gf_basis_init(&basis, self->model->chain.sites, owner->part->up, error);
    double *start =
        gf_workspace_matrix((size_t)work->columns.width, owner->part->size, sizeof *start);
    if (status == GF_OK && start == NULL) {
        status = gf_fail_memory(error, "random vectors");
    }
    if (status == GF_OK && work->stage == FIND) {
        draw(self, work, start);
        status = gf_extremal_states_find(self->operators.action, &basis, work->columns,
                                         &owner->part->goal, start, &owner->extremes, error);
    } else if (status == GF_OK) {
        status = run_lanczos(self, work, &basis, start, error);
    }
    gf_workspace_free(start);
    gf_basis_free(&basis);
    return status;
}

/* --- the list of tasks ----------------------------------------------------------------------- */

static void add_task(job *self, gf_sampled_sector *owner, stage kind, size_t first,
                     size_t vectors) {
    bool is_complex = self->operators.is_complex;
    int width = (int)vectors * (is_complex ? 2 : 1);
    self->tasks[self->task_count++] = (task){.owner = owner,
                                             .stage = kind,
                                             .first = first,
                                             .vectors = vectors,
                                             .columns = {width, is_complex},
                                             .pass = self->pass};
}

/* Runs from those of the vectors first ... end-1 that are not done, as many together as may be. */
static void add_runs(job *self, gf_sampled_sector *owner, stage kind, size_t first, size_t end) {
    while (first < end) {
        size_t together = owner->part->together, left = 0;
        while (first + left < end && !owner->done[first + left]) {
            ++left;
        }
        while (together > left && together > 1) {
            together /= 2;
        }
        if (left > 0) {
            add_task(self, owner, kind, first, together);
        }
        first += left > 0 ? together : 1;
    }
}

static bool is_complete(const gf_sampled_sector *self) {
    bool all = self->vectors > 0 || self->done[0];
    for (size_t v = 0; v < self->vectors; ++v) {
        all = all && self->done[v];
    }
    return all;
}

/* What comes before the runs of one sector: it is not kept in a checkpoint. */
static void add_preparation(job *self, gf_sampled_sector *owner) {
    size_t most = self->operators.is_complex ? GF_MAX_COLUMNS / 2 : GF_MAX_COLUMNS;
    if (is_complete(owner)) {
        return;
    }
    if (owner->vectors == 0) {
        add_task(self, owner, SOLVE, 0, 0);
    } else if (owner->apart > 0) {
        add_task(self, owner, FIND, 0, most);
    }
}

static gf_status make_tasks(job *self, gf_error *error) {
    size_t most = 0, count = self->plan->count, k = 0;
    for (size_t s = 0; s < count; ++s) {
        most += self->sectors[s].vectors + 1;
    }
    self->tasks = calloc(most + 1, sizeof *self->tasks);
    if (self->tasks == NULL) {
        return gf_fail_memory(error, "random vectors");
    }
    for (size_t round = 0; round < self->plan->rounds; ++round) {
        size_t first = k;
        for (; k < count && self->plan->parts[k].round == round; ++k) {
            add_preparation(self, &self->sectors[k]);
        }
        ++self->pass;
        for (size_t s = first; s < k; ++s) {
            gf_sampled_sector *owner = &self->sectors[s];
            add_runs(self, owner, FROM_EXTREMES, 0, owner->apart);
            add_runs(self, owner, FROM_RANDOM, owner->apart, owner->vectors);
        }
        ++self->pass;
    }
    return GF_OK;
}

/* Roughly, in seconds of one thread. */
static double seconds_of(const task *work) {
    const gf_sampling_part *part = work->owner->part;
    return work->stage <= FIND ? part->prepare : (double)work->vectors * part->run;
}

/* --- what is kept on the way ----------------------------------------------------------------- */

/* Sectors that are diagonalised and vectors as the blocks of a checkpoint, one after another: what
 * is done has levels. The arrays stay with the sectors. */
static gf_block_levels *list_blocks(const job *self, size_t *count) {
    const gf_bath_actions *all = &self->operators;
    gf_block_levels *blocks = NULL;
    *count = 0;
    for (size_t k = 0; k < self->plan->count; ++k) {
        *count += self->sectors[k].vectors > 0 ? self->sectors[k].vectors : 1;
    }
    blocks = calloc(*count + 1, sizeof *blocks);
    for (size_t k = 0, b = 0; k < self->plan->count && blocks != NULL; ++k) {
        const gf_sampled_sector *one = &self->sectors[k];
        if (one->vectors == 0) {
            blocks[b++] = one->done[0]
                              ? one->solved
                              : (gf_block_levels){.size = one->part->size,
                                                  .rows = gf_elements_count(all->elements)};
        }
        for (size_t v = 0; v < one->vectors; ++v, ++b) {
            const gf_ritz *ritz = &one->ritz[v];
            blocks[b].rows = all->count;
            if (one->done[v]) {
                blocks[b].levels = ritz->levels;
                blocks[b].energy = ritz->energy;
                blocks[b].degeneracy = ritz->weight;
                blocks[b].observable = ritz->observable;
            }
        }
    }
    return blocks;
}

/* Puts what has been read in its place. */
static void take_blocks(job *self, const gf_block_levels *blocks) {
    for (size_t k = 0, b = 0; k < self->plan->count; ++k) {
        gf_sampled_sector *one = &self->sectors[k];
        if (one->vectors == 0) {
            one->done[0] = blocks[b].levels > 0;
            one->solved = blocks[b++];
        }
        for (size_t v = 0; v < one->vectors; ++v, ++b) {
            one->done[v] = blocks[b].levels > 0;
            one->ritz[v] = (gf_ritz){.levels = blocks[b].levels,
                                     .energy = blocks[b].energy,
                                     .weight = blocks[b].degeneracy,
                                     .observable = blocks[b].observable};
        }
    }
}

static gf_status load(job *self, gf_error *error) {
    size_t count = 0;
    gf_block_levels *blocks = list_blocks(self, &count);
    gf_status status = blocks != NULL
                           ? gf_checkpoint_load(self->checkpoint, self->model, blocks, count, error)
                           : gf_fail_memory(error, "the checkpoint");
    if (blocks != NULL) {
        take_blocks(self, blocks); /* after a failure, too: it is theirs to be freed */
    }
    free(blocks);
    return status;
}

/* --- passes ---------------------------------------------------------------------------------- */

typedef struct pass {
    job *job;
    const task *tasks;
    size_t count;
} pass;

static double task_cost(const void *context, size_t k) {
    const pass *self = context;
    return seconds_of(&self->tasks[k]);
}

static bool task_is_alone(const void *context, size_t k) {
    const pass *self = context;
    return self->tasks[k].owner->part->alone;
}

static gf_status run_task(const void *context, gf_task *at, gf_error *error) {
    const pass *self = context;
    const job *all = self->job;
    const task *work = &self->tasks[at->index];
    gf_sampled_sector *owner = work->owner;
    if (work->stage == SOLVE) {
        gf_symmetry none = gf_symmetry_none(&all->model->chain, &all->model->hamiltonian);
        gf_block whole = gf_symmetry_whole(&none, owner->part->up);
        return gf_block_solve(all->operators.hamiltonian, all->operators.elements, &none, &whole,
                              &owner->solved, error);
    }
    return work->stage != FROM_EXTREMES || work->first < owner->extremes.count
               ? sample(all, work, error)
               : GF_OK;
}

/* What a task is to leave, done or not: extremal states have been found if there are any. */
static bool *flags_of(const task *work, size_t *count) {
    *count = work->stage == SOLVE ? 1 : work->stage == FIND ? 0 : work->vectors;
    return work->owner->done + work->first;
}

static gf_status keep_task(void *context, const gf_task *at, gf_error *error) {
    (void)error;
    const pass *self = context;
    size_t count = 0;
    bool *done = flags_of(&self->tasks[at->index], &count);
    for (size_t v = 0; v < count; ++v) {
        done[v] = true;
    }
    return GF_OK;
}

static void carry_task(void *context, size_t k, gf_bytes *bytes) {
    const pass *self = context;
    const task *work = &self->tasks[k];
    gf_sampled_sector *owner = work->owner;
    size_t count = 0;
    bool *done = flags_of(work, &count);
    gf_bytes_carry(bytes, done, count * sizeof *done);
    if (work->stage == SOLVE) {
        gf_block_levels_carry(&owner->solved, bytes);
    } else if (work->stage == FIND) {
        gf_extremal_states_carry(&owner->extremes, bytes);
    }
    for (size_t v = 0; v < count && work->stage > FIND; ++v) {
        gf_ritz_carry(&owner->ritz[work->first + v], self->job->operators.count, bytes);
    }
}

/* A checkpoint that cannot be written is not tried again. */
static gf_status save(void *context, gf_error *error) {
    (void)error;
    const job *self = ((const pass *)context)->job;
    gf_checkpoint *checkpoint = self->checkpoint;
    size_t count = 0;
    gf_block_levels *blocks =
        checkpoint->failure.status == GF_OK ? list_blocks(self, &count) : NULL;
    if (blocks != NULL) {
        (void)gf_checkpoint_save(checkpoint, self->model, blocks, count, &checkpoint->failure);
    }
    free(blocks);
    return GF_OK;
}

static void leave(void *context) {
    const pass *self = context;
    if (self->job->checkpoint->stopped != NULL) {
        self->job->checkpoint->stopped();
    }
}

/* Whether a stop came before the end: all ranks hold the same. */
static bool was_stopped(const pass *self) {
    bool all = true;
    for (size_t k = 0; k < self->count; ++k) {
        size_t count = 0;
        const bool *done = flags_of(&self->tasks[k], &count);
        for (size_t v = 0; v < count; ++v) {
            all = all && done[v];
        }
        all = all && (self->tasks[k].stage != FIND || self->tasks[k].owner->extremes.size > 0);
    }
    return !all;
}

static gf_status run_pass(pass *self, const gf_progress *progress, gf_error *error) {
    const gf_checkpoint *checkpoint = self->job->checkpoint;
    const gf_tasks all = {.count = self->count,
                          .context = self,
                          .cost = task_cost,
                          .alone = task_is_alone,
                          .blas_alone = 1,
                          .run = run_task,
                          .keep = keep_task,
                          .carry = carry_task,
                          .save = checkpoint != NULL ? save : NULL,
                          .save_every = checkpoint != NULL ? checkpoint->interval : 0,
                          .stop = checkpoint != NULL ? checkpoint->stop : NULL,
                          .stopped = checkpoint != NULL && checkpoint->stop != NULL ? leave : NULL,
                          .progress = progress};
    gf_status status = gf_tasks_run(&all, error);
    if (status == GF_OK && was_stopped(self)) {
        status = gf_fail(error, GF_IO,
                         "interrupted; the random vectors that are finished are kept in %s",
                         checkpoint != NULL ? checkpoint->path : "no file");
    }
    for (size_t k = 0; k < self->count && self->tasks[k].stage > FIND; ++k) {
        gf_extremal_states_free(&self->tasks[k].owner->extremes); /* they are large */
    }
    return status;
}

static double seconds_of_tasks(const task *tasks, size_t count) {
    double seconds = 0;
    for (size_t k = 0; k < count; ++k) {
        seconds += seconds_of(&tasks[k]);
    }
    return seconds;
}

static gf_status run_passes(job *self, const gf_progress *progress, gf_error *error) {
    gf_progress_part part = {.whole = progress};
    const gf_progress own = gf_progress_of_part(&part);
    double total = self->plan->work, left = seconds_of_tasks(self->tasks, self->task_count);
    gf_status status = GF_OK;
    gf_progress_part_next(&part, 1 - left / total); /* what came from a checkpoint */
    for (size_t first = 0, end = 0; first < self->task_count && status == GF_OK; first = end) {
        while (end < self->task_count && self->tasks[end].pass == self->tasks[first].pass) {
            ++end;
        }
        pass next = {.job = self, .tasks = self->tasks + first, .count = end - first};
        gf_progress_part_next(&part, seconds_of_tasks(next.tasks, next.count) / total);
        status = run_pass(&next, &own, error);
    }
    return status;
}

/* --- collecting ------------------------------------------------------------------------------ */

/* What holds the sector of `up` spins up, itself or mirrored. factor[count]: what its observables
 * are to be multiplied with. At magnetisation 0 the mean over both images of a vector is taken: odd
 * observables vanish. */
static const gf_sampled_sector *sector_of(const job *self, int up, int *factor) {
    int sites = self->model->chain.sites;
    bool mirrored = self->operators.mirrored;
    for (size_t k = 0; k < self->operators.count; ++k) {
        int parity = self->operators.parity[k];
        factor[k] = mirrored && 2 * up < sites                    ? parity
                    : mirrored && 2 * up == sites && parity == -1 ? 0
                                                                  : 1;
    }
    return find_sector(self, mirrored && 2 * up < sites ? sites - up : up);
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
        levels += gf_sampled_sector_levels(sector_of(self, up, factor));
    }
    gf_status status =
        gf_spectrum_create(sites, self->model->channel_count, levels, true, &spectrum, error);
    for (int up = 0; up <= sites && status == GF_OK; ++up) {
        const gf_sampled_sector *from = sector_of(self, up, factor);
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
    for (size_t k = 0; k < self->plan->count && self->sectors != NULL; ++k) {
        gf_sampled_sector_free(&self->sectors[k]);
    }
    free(self->sectors);
    free(self->tasks);
    gf_bath_actions_free(&self->operators);
}

static gf_status sample_all(job *self, const gf_progress *progress, gf_spectrum **spectrum,
                            gf_error *error) {
    gf_status status = gf_bath_actions_create(self->model, &self->operators, error);
    if (status == GF_OK) {
        status = make_sectors(self, error);
    }
    if (status == GF_OK && self->checkpoint != NULL) {
        status = load(self, error);
    }
    if (status == GF_OK) {
        status = make_tasks(self, error);
    }
    gf_checkpoint_heed(self->checkpoint, true);
    if (status == GF_OK) {
        status = run_passes(self, progress, error);
    }
    gf_checkpoint_heed(self->checkpoint, false);
    return status == GF_OK ? collect(self, spectrum, error) : status;
}

gf_status gf_typicality_resume(const gf_model *model, gf_checkpoint *checkpoint,
                               const gf_progress *progress, gf_spectrum **spectrum,
                               gf_error *error) {
    gf_sampling_plan plan;
    gf_workforce force = gf_workforce_here();
    *spectrum = NULL;
    force.memory = gf_ranks_least(force.memory); /* all ranks have the same plan */
    force.threads = (int)gf_ranks_least(force.threads);
    gf_status status = gf_sampling_plan_make(model, &force, &plan, error);
    if (status == GF_OK) {
        status = gf_sampling_plan_check_memory(&plan, model, &force, error);
    }
    if (status == GF_OK) {
        job work = {.model = model, .plan = &plan, .checkpoint = checkpoint};
        status = sample_all(&work, progress, spectrum, error);
        free_job(&work);
    }
    gf_sampling_plan_free(&plan);
    return status;
}

gf_status gf_typicality_compute(const gf_model *model, const gf_progress *progress,
                                gf_spectrum **spectrum, gf_error *error) {
    return gf_typicality_resume(model, NULL, progress, spectrum, error);
}
