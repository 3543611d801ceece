#include "gibbsflow/typicality.h"

#include "gibbsflow/action.h"
#include "gibbsflow/basis.h"
#include "gibbsflow/extremes.h"
#include "gibbsflow/lanczos.h"
#include "gibbsflow/machine.h"
#include "gibbsflow/sector.h"

#include <Random123/threefry.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything the sectors share. */
typedef struct operators {
    gf_elements *hamiltonian, *elements; /* for sectors that are diagonalised */
    gf_action *action;
    gf_action **observables; /* [count], averaged over translations, which lowers their scatter */
    int *parity;             /* [count]: +1 or -1 under a flip of all spins; of use if `mirrored` */
    size_t count;
    bool is_complex, mirrored;
} operators;

/* One magnetisation sector: diagonalised, or sampled by `samples` random vectors. */
typedef struct part {
    int up;
    size_t size, samples; /* samples is 0 if it is diagonalised */
    gf_sector solved;
    bool is_alone; /* it takes all threads and much memory */
    gf_extremes_goal goal;
    gf_extremes extremes; /* states taken apart from the random vectors */
    gf_ritz *apart;       /* [extremes.count]: what they tell */
    gf_ritz *ritz;        /* [samples] */
    size_t first;         /* number of its first random vector, counted over all sectors */
} part;

/* What to do for a sector: diagonalise it, find its extremal states, or run the Lanczos method from
 * some of these or from random vectors, side by side. */
typedef enum stage { SOLVE, FIND, FROM_EXTREMES, FROM_RANDOM } stage;

typedef struct task {
    part *owner;
    stage stage;
    size_t first; /* vector */
    gf_columns columns;
} task;

typedef struct job {
    const gf_model *model;
    const gf_progress *progress;
    operators operators;
    part *parts; /* [part_count]: of rising magnetisation; only up >= sites/2 if mirrored */
    size_t part_count;
    task *tasks; /* [task_count], the longest first */
    size_t task_count;
    double done, total;
    gf_status status;
    gf_error error;
} job;

/* --- the operators --------------------------------------------------------------------------- */

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
                                operators *all, gf_error *error) {
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

static gf_status create_all(const gf_model *model, const gf_dissipator *bath, operators *all,
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

static gf_status prepare_operators(const gf_model *model, operators *all, gf_error *error) {
    size_t channels = model->channel_count, count = channels * GF_OBSERVABLES;
    gf_dissipator *bath = calloc(channels, sizeof *bath);
    all->is_complex = !gf_operator_is_real(&model->hamiltonian);
    all->mirrored = parity_of(&model->hamiltonian) == 1;
    all->observables = calloc(count, sizeof *all->observables);
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

static void free_operators(operators *all) {
    gf_elements_free(all->hamiltonian);
    gf_elements_free(all->elements);
    gf_action_free(all->action);
    for (size_t k = 0; k < all->count; ++k) {
        gf_action_free(all->observables[k]);
    }
    free((void *)all->observables);
    free(all->parity);
}

/* --- sectors and random vectors -------------------------------------------------------------- */

/* The components of random vectors are +-1, or i times that if complex: then the trace of a
 * diagonal operator has no error at all, and <r|r> is the dimension. Signs come in words of 128. */
static void draw(const job *self, const task *work, double *start) {
    const part *owner = work->owner;
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

static size_t samples_for(const gf_model *model, size_t size) {
    int sites = model->chain.sites;
    double largest = (double)gf_basis_dimension(sites, sites / 2);
    return size <= model->sampling.exact
               ? 0
               : (size_t)ceil((double)model->sampling.samples * sqrt(largest / (double)size));
}

static gf_status make_parts(job *self, gf_error *error) {
    int sites = self->model->chain.sites, first = self->operators.mirrored ? (sites + 1) / 2 : 0;
    size_t vectors = 0;
    self->parts = calloc((size_t)(sites - first) + 1, sizeof *self->parts);
    for (int up = first; up <= sites && self->parts != NULL; ++up) {
        part *one = &self->parts[self->part_count];
        size_t size = gf_basis_dimension(sites, up), samples = samples_for(self->model, size);
        *one = (part){.up = up, .size = size, .samples = samples, .first = vectors};
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

/* --- cost ------------------------------------------------------------------------------------ */

/* Bytes that one random vector takes at work, as many real vectors as it has parts. */
static double vector_memory(const gf_model *model, size_t size) {
    size_t observables = model->channel_count * GF_OBSERVABLES;
    int parts = gf_operator_is_real(&model->hamiltonian) ? 1 : 2;
    return gf_lanczos_memory(size, observables, parts) + 8.0 * parts * (double)size;
}

/* Vectors to treat side by side in a sector: as many as the columns hold, if memory allows. */
static int vectors_together(const gf_model *model, size_t size, double spare) {
    int most = gf_operator_is_real(&model->hamiltonian) ? GF_MAX_COLUMNS : GF_MAX_COLUMNS / 2;
    while (most > 1 && most * vector_memory(model, size) > spare / 2) {
        most /= 2;
    }
    return most;
}

/* Sectors small enough for every thread to have random vectors of its own. */
static bool is_shared_out(const gf_model *model, size_t size, double spare) {
    int threads = gf_machine_threads(), together = vectors_together(model, size, spare);
    return threads * together * vector_memory(model, size) <= spare / 4;
}

/* Extremal states to look for in a sector, as memory allows. */
static gf_extremes_goal goal_for(const gf_model *model, size_t size, double spare) {
    enum { ROOM = 6 }; /* dimensions of the Krylov space for each vector */
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    gf_extremes_goal one = {.count = 1, .room = 1}, none = {0};
    double threads = is_shared_out(model, size, spare) ? gf_machine_threads() : 1;
    double fixed = gf_extremes_memory(size, &none, is_complex);
    double each = gf_extremes_memory(size, &one, is_complex) - fixed;
    double most = fmin((spare / 4 / threads - fixed) / each, (double)size / 4);
    gf_extremes_goal goal = {.count = model->sampling.deflate,
                             .lambda = {fmin(model->lambda2.from, 0), fmax(model->lambda2.to, 0)}};
    if (ROOM * (double)goal.count > most) {
        goal.count = most > 0 ? (size_t)(most / ROOM) : 0;
    }
    goal.room = ROOM * goal.count;
    return goal;
}

/* Bytes for one task of a sampled sector. */
static double sampling_memory(const gf_model *model, size_t size, double spare) {
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    gf_extremes_goal goal = goal_for(model, size, spare);
    double find = gf_extremes_memory(size, &goal, is_complex);
    double kept = 8.0 * (double)size * (double)goal.count * (is_complex ? 2 : 1);
    double run = vectors_together(model, size, spare) * vector_memory(model, size);
    return fmax(find, run + kept);
}

static double memory_need(const gf_model *model) {
    int sites = model->chain.sites;
    size_t observables = model->channel_count * GF_OBSERVABLES;
    double need = 0, levels = 0, spare = (double)gf_machine_free_memory();
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    for (int up = 0; up <= sites; ++up) {
        size_t size = gf_basis_dimension(sites, up), samples = samples_for(model, size);
        double basis = 4 * (double)size + 16 * ldexp(1, sites - sites / 2);
        double once = samples == 0 ? gf_sector_memory(size, observables, is_complex)
                                   : sampling_memory(model, size, spare) + basis;
        bool alone = samples > 0 && !is_shared_out(model, size, spare);
        need = fmax(need, alone ? once : once * gf_machine_threads());
        levels += samples == 0
                      ? (double)size
                      : (double)samples * fmin((double)size, (double)model->sampling.steps);
    }
    return need + 3 * ((double)observables + 3) * 8 * levels;
}

static gf_status check_memory(const gf_model *model, gf_error *error) {
    int sites = model->chain.sites;
    double need = memory_need(model), spare = (double)gf_machine_free_memory();
    return need <= spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "random vectors of %d sites (largest sector: %zu states) need %.3g GiB of "
                         "memory, but %.3g GiB are free; use fewer sites",
                         sites, gf_basis_dimension(sites, sites / 2), need / 0x1p30,
                         spare / 0x1p30);
}

/* Matrix elements to be multiplied, in H and in the observables, for all random vectors. */
static double count_elements(const gf_model *model, const operators *all) {
    enum { TYPICAL_STEPS = 48 };
    int sites = model->chain.sites, first = all->mirrored ? (sites + 1) / 2 : 0;
    double elements = 0;
    for (int up = first; up <= sites; ++up) {
        size_t samples = samples_for(model, gf_basis_dimension(sites, up));
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
    operators all = {0};
    *cost = (gf_spectrum_cost){.largest = gf_basis_dimension(sites, sites / 2),
                               .memory = memory_need(model)};
    gf_status status = check_memory(model, error);
    if (status == GF_OK) {
        status = prepare_operators(model, &all, error);
    }
    if (status == GF_OK) {
        cost->seconds = count_elements(model, &all) * seconds_per_element / gf_machine_threads();
    }
    free_operators(&all);
    return status;
}

/* --- the work -------------------------------------------------------------------------------- */

static double largest_lambda(const gf_model *model) {
    return fmax(fabs(model->lambda2.from), fabs(model->lambda2.to));
}

static gf_status run_lanczos(const job *self, const task *work, const gf_basis *basis,
                             double *start, gf_error *error) {
    const operators *all = &self->operators;
    part *owner = work->owner;
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
    part *owner = work->owner;
    gf_basis basis = {0};
    gf_status status = gf_basis_init(&basis, self->model->chain.sites, owner->up, error);
    double *start = malloc(owner->size * (size_t)work->columns.width * sizeof *start);
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
    free(start);
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
    const operators *all = &self->operators;
    part *owner = work->owner;
    gf_status status = GF_OK;
    if (work->stage == SOLVE) {
        status = gf_sector_solve(all->hamiltonian, all->elements, self->model->chain.sites,
                                 owner->up, &owner->solved, &error);
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

static void add_task(job *self, part *owner, stage kind, size_t first, size_t vectors) {
    bool is_complex = self->operators.is_complex;
    int width = (int)vectors * (is_complex ? 2 : 1);
    task *one = &self->tasks[self->task_count++];
    *one = (task){.owner = owner, .stage = kind, .first = first, .columns = {width, is_complex}};
    self->total += cost_of(self, one);
}

/* The runs of one sector. */
static void add_runs(job *self, part *owner, double spare) {
    size_t together = (size_t)vectors_together(self->model, owner->size, spare);
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
static void add_preparation(job *self, part *owner) {
    size_t most = self->operators.is_complex ? GF_MAX_COLUMNS / 2 : GF_MAX_COLUMNS;
    if (owner->samples == 0) {
        add_task(self, owner, SOLVE, 0, 0);
    } else if (owner->goal.count > 0) {
        add_task(self, owner, FIND, 0, most);
    }
}

/* The part of rank `rank` when sorted by falling size: from the middle outwards. */
static part *part_by_size(const job *self, size_t rank) {
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
        part *owner = part_by_size(self, rank);
        owner->goal = goal_for(self->model, owner->size, spare);
        if (owner->samples > 0 && !is_shared_out(self->model, owner->size, spare)) {
            add_preparation(self, owner);
            add_runs(self, owner, spare);
            owner->is_alone = true;
        }
    }
    *alone = self->task_count;
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        part *owner = part_by_size(self, rank);
        if (!owner->is_alone) {
            add_preparation(self, owner);
        }
    }
    *prepared = self->task_count;
    for (size_t rank = 0; rank < self->part_count; ++rank) {
        part *owner = part_by_size(self, rank);
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
    self->tasks = calloc(most, sizeof *self->tasks);
    if (self->tasks == NULL) {
        return gf_fail_memory(error, "random vectors");
    }
    make_tasks(self, (double)gf_machine_free_memory(), &alone, &prepared);
    int before = gf_machine_set_blas_threads(1);
    for (size_t k = 0; k < alone && self->status == GF_OK; ++k) {
        run_task(self, &self->tasks[k]);
        if (k + 1 == alone || self->tasks[k + 1].owner != self->tasks[k].owner) {
            free(self->tasks[k].owner->extremes.vectors); /* they are large */
            self->tasks[k].owner->extremes.vectors = NULL;
        }
    }
    run_tasks(self, alone, prepared);
    run_tasks(self, prepared, self->task_count);
    (void)gf_machine_set_blas_threads(before);
    return self->status == GF_OK ? GF_OK : gf_fail(error, self->status, "%s", self->error.message);
}

/* --- collecting ------------------------------------------------------------------------------ */

static size_t levels_in(const part *self) {
    size_t levels = self->solved.levels;
    for (size_t k = 0; k < self->extremes.count; ++k) {
        levels += self->apart[k].levels;
    }
    for (size_t k = 0; k < self->samples; ++k) {
        levels += self->ritz[k].levels;
    }
    return levels;
}

/* A level of a start vector, to be put in order. */
typedef struct entry {
    const gf_ritz *ritz;
    size_t level;
    int64_t sample;
    double factor; /* of its weight */
} entry;

static int compare_entries(const void *left, const void *right) {
    const entry *a = left, *b = right;
    double first = a->ritz->energy[a->level], second = b->ritz->energy[b->level];
    return first != second          ? (first > second) - (first < second)
           : a->sample != b->sample ? (a->sample > b->sample) - (a->sample < b->sample)
                                    : (a->level > b->level) - (a->level < b->level);
}

/* All levels of a sector. Those of random vectors stand for the states not taken apart. */
static void list_entries(const part *self, entry *entries) {
    size_t n = 0;
    double total = 0, states = (double)(self->size - self->extremes.count);
    for (size_t s = 0; s < self->samples; ++s) {
        for (size_t j = 0; j < self->ritz[s].levels; ++j) {
            total += self->ritz[s].weight[j];
        }
    }
    for (size_t s = 0; s < self->samples; ++s) {
        for (size_t j = 0; j < self->ritz[s].levels; ++j) {
            entries[n++] = (entry){&self->ritz[s], j, (int64_t)(self->first + s), states / total};
        }
    }
    for (size_t k = 0; k < self->extremes.count; ++k) {
        for (size_t j = 0; j < self->apart[k].levels; ++j) {
            entries[n++] = (entry){&self->apart[k], j, -1, 1};
        }
    }
    qsort(entries, n, sizeof *entries, compare_entries);
}

/* factor[k] multiplies observable k. */
static gf_status copy_samples(const part *self, const int *factor, size_t at, gf_spectrum *spectrum,
                              gf_error *error) {
    size_t count = levels_in(self), rows = spectrum->channels * GF_OBSERVABLES;
    entry *entries = malloc((count + 1) * sizeof *entries);
    if (entries == NULL) {
        return gf_fail_memory(error, "the spectrum");
    }
    list_entries(self, entries);
    for (size_t n = 0; n < count; ++n) {
        const gf_ritz *ritz = entries[n].ritz;
        size_t j = entries[n].level;
        spectrum->energy[at + n] = ritz->energy[j];
        spectrum->degeneracy[at + n] = ritz->weight[j] * entries[n].factor;
        spectrum->sample[at + n] = entries[n].sample;
        for (size_t k = 0; k < rows; ++k) {
            spectrum->observables[k * spectrum->levels + at + n] =
                factor[k] * ritz->observable[k * ritz->levels + j];
        }
    }
    free(entries);
    return GF_OK;
}

static void copy_solved(const part *self, const int *factor, size_t at, gf_spectrum *spectrum) {
    size_t count = self->solved.levels, rows = spectrum->channels * GF_OBSERVABLES;
    memcpy(spectrum->energy + at, self->solved.energy, count * sizeof *spectrum->energy);
    memcpy(spectrum->degeneracy + at, self->solved.degeneracy, count * sizeof(double));
    for (size_t n = 0; n < count; ++n) {
        spectrum->sample[at + n] = -1;
        for (size_t k = 0; k < rows; ++k) {
            spectrum->observables[k * spectrum->levels + at + n] =
                factor[k] * self->solved.observable[k * count + n];
        }
    }
}

/* The part that holds the sector of `up` spins up, itself or mirrored. factor[count]: what the
 * observables of the part are to be multiplied with. At magnetisation 0 the mean over both images
 * of a vector is taken: odd observables vanish. */
static const part *part_of(const job *self, int up, int *factor) {
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
        levels += levels_in(part_of(self, up, factor));
    }
    gf_status status =
        gf_spectrum_allocate(spectrum, sites, self->model->channel_count, levels, true, error);
    for (int up = 0; up <= sites && status == GF_OK; ++up) {
        const part *from = part_of(self, up, factor);
        size_t at = spectrum->sector[up];
        spectrum->sector[up + 1] = at + levels_in(from);
        if (from->samples > 0) {
            status = copy_samples(from, factor, at, spectrum, error);
        } else {
            copy_solved(from, factor, at, spectrum);
        }
    }
    if (status == GF_OK) {
        gf_spectrum_set_unit(spectrum);
    }
    free(factor);
    return status;
}

static void free_job(job *self) {
    for (size_t k = 0; k < self->part_count; ++k) {
        for (size_t s = 0; s < self->parts[k].samples; ++s) {
            gf_ritz_free(&self->parts[k].ritz[s]);
        }
        for (size_t s = 0; s < self->parts[k].extremes.count; ++s) {
            gf_ritz_free(&self->parts[k].apart[s]);
        }
        free(self->parts[k].ritz);
        free(self->parts[k].apart);
        gf_extremes_free(&self->parts[k].extremes);
        gf_sector_free(&self->parts[k].solved);
    }
    free(self->parts);
    free(self->tasks);
    free_operators(&self->operators);
}

gf_status gf_typicality_compute(const gf_model *model, const gf_progress *progress,
                                gf_spectrum *spectrum, gf_error *error) {
    job work = {.model = model, .progress = progress};
    *spectrum = (gf_spectrum){0};
    gf_status status = check_memory(model, error);
    if (status == GF_OK) {
        status = prepare_operators(model, &work.operators, error);
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
