#include "gibbsflow/typicality.h"

#include "bath_actions.h"
#include "gibbsflow/basis.h"
#include "gibbsflow/machine.h"
#include "plan.h"
#include "sampled_sector.h"
#include "workspace.h"

#include <Random123/threefry.h>
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
} task;

typedef struct job {
    const gf_model *model;
    const gf_progress *progress;
    gf_bath_actions operators;
    gf_sampled_sector
        *parts; /* [part_count]: of rising magnetisation; only up >= sites/2 if mirrored */
    size_t part_count;
    task *tasks; /* [task_count], the longest first */
    size_t task_count;
    double done, total;
    gf_status status;
    gf_error error;
} job;

/* --- sectors and random vectors -------------------------------------------------------------- */

/* The components of random vectors are +-1, or i times that if complex: then the trace of a
 * diagonal operator has no error at all, and <r|r> is the dimension. Signs come in words of 128. */
static void draw(const job *self, const task *work, double *start) {
    const gf_sampled_sector *owner = work->owner;
    uint32_t purpose = work->stage == FIND ? 2 : 0;
    size_t width = (size_t)work->columns.width, size = owner->size;
    bool is_complex = work->columns.is_complex;
    size_t vectors = is_complex ? width / 2 : width;
    uint64_t seed = self->model->sampling.seed;
    threefry4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32), (uint32_t)owner->up, 0}};
#pragma omp parallel for schedule(static)
    for (size_t word = 0; word < (size + 127) / 128; ++word) {
        size_t rows = size - 128 * word < 128 ? size - 128 * word : 128;
        for (size_t v = 0; v < vectors; ++v) {
            uint32_t vector = (uint32_t)(work->first + v);
            threefry4x32_ctr_t place = {{(uint32_t)word, vector, purpose, 0}};
            threefry4x32_ctr_t sign = threefry4x32_R(threefry4x32_rounds, place, key);
            place.v[2] = purpose + 1;
            threefry4x32_ctr_t turn = threefry4x32_R(threefry4x32_rounds, place, key);
            for (size_t i = 0; i < rows; ++i) {
                double *target = start + (128 * word + i) * width + v;
                double value = (sign.v[i / 32] >> (i % 32) & 1) != 0 ? 1 : -1;
                bool turned = is_complex && (turn.v[i / 32] >> (i % 32) & 1) != 0;
                target[0] = turned ? 0 : value;
                if (is_complex) {
                    target[vectors] = turned ? value : 0;
                }
            }
        }
    }
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
        gf_extremes_copy(&owner->extremes, work->first, work->columns, start);
    } else {
        draw(self, work, start);
        status = gf_extremes_remove(&owner->extremes, work->columns, start, error);
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
        status = gf_extremes_find(self->operators.action, &basis, work->columns, &owner->goal,
                                  start, &owner->extremes, error);
    } else if (status == GF_OK) {
        status = run_lanczos(self, work, &basis, start, error);
    }
    gf_workspace_free(start);
    gf_basis_free(&basis);
    return status;
}

/* Roughly, in seconds. */
static double cost_of(const job *self, const task *work) {
    double size = (double)work->owner->size, width = work->columns.width;
    double vector = 3e-8 * size * self->model->chain.sites;
    return work->stage == SOLVE  ? 3e-10 * size * size * size
           : work->stage == FIND ? 0.2 * (double)work->owner->goal.room * vector
                                 : width * vector;
}

static void run_task(job *self, const task *work) {
    gf_error error;
    const gf_bath_actions *all = &self->operators;
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): add_task has filled it */
    gf_sampled_sector *owner = work->owner;
    gf_status status = GF_OK;
    if (work->stage == SOLVE) {
        gf_symmetry none = gf_symmetry_none(&self->model->chain, &self->model->hamiltonian);
        gf_block whole = gf_symmetry_whole(&none, owner->up);
        status =
            gf_sector_solve(all->hamiltonian, all->elements, &none, &whole, &owner->solved, &error);
    } else if (work->stage != FROM_EXTREMES || work->first < owner->extremes.count) {
        status = sample(self, work, &error);
    }
#pragma omp critical(gf_typicality)
    {
        if (status != GF_OK && self->status == GF_OK) {
            self->status = status;
            self->error = error;
        }
        self->done += cost_of(self, work);
        gf_progress_update(self->progress, self->done / self->total);
    }
}

static void add_task(job *self, gf_sampled_sector *owner, stage kind, size_t first,
                     size_t vectors) {
    bool is_complex = self->operators.is_complex;
    int width = (int)vectors * (is_complex ? 2 : 1);
    task *one = &self->tasks[self->task_count++];
    *one = (task){.owner = owner, .stage = kind, .first = first, .columns = {width, is_complex}};
    self->total += cost_of(self, one);
}

/* The runs of one sector. */
static void add_runs(job *self, gf_sampled_sector *owner, double spare) {
    size_t together = (size_t)gf_plan_together(self->model, owner->size, spare);
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
 * runs; then the runs. The first two return where they end. */
static void make_tasks(job *self, double spare, size_t *alone, size_t *prepared) {
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        gf_sampled_sector *owner = part_by_size(self, rank);
        owner->goal = gf_plan_goal(self->model, owner->size, spare);
        if (owner->samples > 0 && !gf_plan_shares_out(self->model, owner->size, spare)) {
            add_preparation(self, owner);
            add_runs(self, owner, spare);
            owner->is_alone = true;
        }
    }
    *alone = self->task_count;
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        gf_sampled_sector *owner = part_by_size(self, rank);
        if (!owner->is_alone) {
            add_preparation(self, owner);
        }
    }
    *prepared = self->task_count;
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        gf_sampled_sector *owner = part_by_size(self, rank);
        if (!owner->is_alone) {
            add_runs(self, owner, spare);
        }
    }
}

/* Tasks side by side. */
static void run_tasks(job *self, size_t first, size_t end) {
#pragma omp parallel for schedule(dynamic)
    for (size_t k = first; k < end; ++k) {
        gf_status status = GF_OK;
#pragma omp critical(gf_typicality)
        status = self->status;
        if (status == GF_OK) {
            run_task(self, &self->tasks[k]);
        }
    }
}

static gf_status run_all(job *self, gf_error *error) {
    size_t most = 0, alone = 0, prepared = 0;
    for (size_t k = 0; k < self->part_count; ++k) {
        most += self->parts[k].samples + self->model->sampling.deflate + 1;
    }
    self->tasks = malloc((most + 1) * sizeof *self->tasks);
    if (self->tasks == NULL) {
        return gf_fail_memory(error, "random vectors");
    }
    make_tasks(self, (double)gf_machine_free_memory(), &alone, &prepared);
    int before = gf_machine_set_blas_threads(1);
    for (size_t k = 0; k < alone && self->status == GF_OK; ++k) {
        run_task(self, &self->tasks[k]);
        if (k + 1 == alone || self->tasks[k + 1].owner != self->tasks[k].owner) {
            gf_workspace_free(self->tasks[k].owner->extremes.vectors); /* they are large */
            self->tasks[k].owner->extremes.vectors = NULL;
        }
    }
    run_tasks(self, alone, prepared);
    run_tasks(self, prepared, self->task_count);
    (void)gf_machine_set_blas_threads(before);
    return self->status == GF_OK ? GF_OK : gf_fail(error, self->status, "%s", self->error.message);
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

static gf_status collect(const job *self, gf_spectrum *spectrum, gf_error *error) {
    int sites = self->model->chain.sites, *factor = calloc(self->operators.count, sizeof *factor);
    size_t levels = 0;
    if (factor == NULL) {
        return gf_fail_memory(error, "the spectrum");
    }
    for (int up = 0; up <= sites; ++up) {
        levels += gf_sampled_sector_levels(part_of(self, up, factor));
    }
    gf_status status =
        gf_spectrum_allocate(spectrum, sites, self->model->channel_count, levels, true, error);
    for (int up = 0; up <= sites && status == GF_OK; ++up) {
        const gf_sampled_sector *from = part_of(self, up, factor);
        size_t at = spectrum->sector[up];
        spectrum->sector[up + 1] = at + gf_sampled_sector_levels(from);
        status = gf_sampled_sector_copy(from, factor, at, spectrum, error);
    }
    if (status == GF_OK) {
        gf_spectrum_complete(spectrum);
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
                                gf_spectrum *spectrum, gf_error *error) {
    job work = {.model = model, .progress = progress};
    *spectrum = (gf_spectrum){0};
    gf_status status = gf_plan_check_memory(model, error);
    if (status == GF_OK) {
        status = gf_bath_actions_create(model, &work.operators, error);
    }
    if (status == GF_OK) {
        status = make_parts(&work, error);
    }
    if (status == GF_OK) {
        status = run_all(&work, error);
    }
    if (status == GF_OK) {
        status = collect(&work, spectrum, error);
    }
    if (status != GF_OK) {
        gf_spectrum_free(spectrum);
    }
    free_job(&work);
    return status;
}
