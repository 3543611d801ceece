#include "spectrum/spectrum.h"

#include "base/block_cyclic.h"
#include "base/eigensystem.h"
#include "base/machine.h"
#include "base/ranks.h"
#include "base/tasks.h"
#include "base/workspace.h"
#include "spectrum/checkpoint.h"
#include "spectrum/distributed_block.h"
#include "spectrum/observables.h"
#include "spectrum/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Estimated times from this on are worth a trial diagonalisation of this size. */
static const double TRIAL_FROM_SECONDS = 10;
enum { TRIAL_SIZE = 1200 };

gf_status gf_spectrum_symmetry(const gf_model *model, gf_symmetry *symmetry, gf_error *error) {
    if (model->no_symmetry) {
        *symmetry = gf_symmetry_none(&model->chain, &model->hamiltonian);
        return GF_OK;
    }
    return gf_symmetry_find(&model->chain, &model->hamiltonian, symmetry, error);
}

/* --- cost ------------------------------------------------------------------------------------ */

/* Seconds of dsyevd divided by n^3 with every thread at one of its own. */
static double trial_rate(void) {
    size_t n = TRIAL_SIZE;
    double *a = gf_workspace_matrix(n, n, sizeof *a), *w = calloc(n, sizeof *w);
    double seconds = 0;
    if (a != NULL && w != NULL) {
        for (size_t j = 0; j < n; ++j) {
            for (size_t i = j; i < n; ++i) { /* any full matrix will do */
                a[j * n + i] = sin((double)(i * i + 3 * i * j + j + 1));
            }
        }
        int before = gf_machine_set_blas_threads(1);
        double start = gf_machine_clock();
        (void)gf_eigensystem_real('L', n, a, n, w);
        seconds = gf_machine_clock() - start;
        (void)gf_machine_set_blas_threads(before);
    }
    gf_workspace_free(a);
    free(w);
    return seconds / ((double)n * (double)n * (double)n) / gf_machine_threads();
}

gf_status gf_spectrum_estimate(const gf_model *model, gf_spectrum_cost *cost, gf_error *error) {
    gf_plan all;
    gf_workforce force = gf_workforce_here();
    *cost = (gf_spectrum_cost){.rate = force.rate / force.threads};
    gf_status status = gf_plan_make(model, &force, &all, error);
    if (status == GF_OK) {
        status = gf_plan_check_memory(&all, &force, error);
    }
    if (status == GF_OK) {
        if (all.seconds > TRIAL_FROM_SECONDS) {
            cost->rate = trial_rate();
        }
        cost->largest = all.blocks[0].size;
        cost->memory = all.memory;
        cost->seconds = all.seconds * cost->rate * force.threads / force.rate;
    }
    gf_plan_free(&all);
    return status;
}

/* --- diagonalising --------------------------------------------------------------------------- */

typedef struct job {
    const gf_model *model;
    const gf_plan *plan;
    const gf_elements *hamiltonian;
    const gf_observables *observables;
    gf_block_levels *sectors; /* [plan->count] */
    gf_checkpoint *checkpoint;
} job;

static double block_cost(const void *context, size_t b) {
    const job *self = context;
    return gf_block_work(&self->plan->blocks[b]);
}

/* Nothing of a block that came from a checkpoint. */
static double block_left(const void *context, size_t b) {
    const job *self = context;
    return self->sectors[b].levels > 0 ? 0 : block_cost(context, b);
}

static bool block_is_alone(const void *context, size_t b) {
    const job *self = context;
    return b < self->plan->large;
}

/* A workspace holds the levels of the block solved last, until they are kept. */
static gf_status begin_blocks(const void *context, void **workspace, gf_error *error) {
    (void)context;
    *workspace = calloc(1, sizeof(gf_block_levels));
    return *workspace != NULL ? GF_OK : gf_fail_memory(error, "the sectors of the chain");
}

static void end_blocks(void *workspace) {
    gf_block_levels_free(workspace);
    free(workspace);
}

static gf_status solve_block(const void *context, gf_task *task, gf_error *error) {
    const job *self = context;
    const gf_block *block = &self->plan->blocks[task->index];
    const gf_symmetry *symmetry = &self->plan->symmetry;
    return gf_block_solve(self->hamiltonian, gf_observables_of(self->observables, symmetry, block),
                          symmetry, block, task->workspace, error);
}

static gf_status keep_block(void *context, const gf_task *task, gf_error *error) {
    (void)error;
    job *self = context;
    gf_block_levels *solved = task->workspace;
    self->sectors[task->index] = *solved;
    *solved = (gf_block_levels){0};
    return GF_OK;
}

/* A checkpoint that cannot be written is not tried again. */
static gf_status save_blocks(void *context, gf_error *error) {
    (void)error;
    job *self = context;
    gf_checkpoint *checkpoint = self->checkpoint;
    if (checkpoint->failure.status == GF_OK) {
        (void)gf_checkpoint_save(checkpoint, self->model, self->sectors, self->plan->count,
                                 &checkpoint->failure);
    }
    return GF_OK;
}

static void carry_block(void *context, size_t b, gf_bytes *bytes) {
    gf_block_levels_carry(&((job *)context)->sectors[b], bytes);
}

static void leave(void *context) {
    const job *self = context;
    if (self->checkpoint != NULL && self->checkpoint->stopped != NULL) {
        self->checkpoint->stopped();
    }
}

/* Whether blocks are left that a stop came before. */
static bool was_stopped(const job *self) {
    bool all = true;
    for (size_t b = 0; b < self->plan->count; ++b) {
        all = all && self->sectors[b].levels > 0;
    }
    return !all;
}

static gf_status fail_stopped(const job *self, gf_error *error) {
    return gf_fail(error, GF_IO, "interrupted; the blocks that are finished are kept in %s",
                   self->checkpoint != NULL ? self->checkpoint->path : "no file");
}

/* The part of the work that is done. */
static double done_part(const job *self) {
    double done = 0;
    for (size_t b = 0; b < self->plan->count; ++b) {
        done += block_cost(self, b) - block_left(self, b);
    }
    return done / self->plan->work;
}

/* One of the blocks that all ranks do together. Whether it is still to be done rank 0 says, whose
 * levels are what all ranks have in the end. */
static gf_status solve_together(job *self, size_t b, gf_error *error) {
    const gf_block *block = &self->plan->blocks[b];
    const gf_symmetry *symmetry = &self->plan->symmetry;
    bool done = self->sectors[b].levels > 0;
    gf_ranks_broadcast(&done, sizeof done);
    if (done) {
        return GF_OK;
    }
    gf_block_levels solved;
    gf_status status = gf_distributed_block_solve(
        self->hamiltonian, gf_observables_of(self->observables, symmetry, block), symmetry, block,
        gf_block_cyclic_ranks(), GF_BLOCK_CYCLIC, &solved, error);
    if (status == GF_OK) {
        gf_block_levels_free(&self->sectors[b]);
        self->sectors[b] = solved;
    }
    return status;
}

/* Whether all are to stop: rank 0 says so. */
static bool is_stopped(const job *self) {
    bool stop =
        self->checkpoint != NULL && self->checkpoint->stop != NULL && *self->checkpoint->stop != 0;
    gf_ranks_broadcast(&stop, sizeof stop);
    return stop;
}

/* Each is kept when it is done: it took all ranks. */
static gf_status solve_distributed(job *self, const gf_progress *progress, gf_error *error) {
    bool writes = gf_ranks_rank() == 0, stop = false;
    gf_status status = GF_OK;
    gf_ranks_meet(); /* all have read the checkpoint that is about to change */
    for (size_t b = 0; b < self->plan->distributed && status == GF_OK && !stop; ++b) {
        status = solve_together(self, b, error);
        if (status == GF_OK && writes) {
            gf_progress_update(progress, done_part(self));
            status = self->checkpoint != NULL ? save_blocks(self, error) : GF_OK;
        }
        stop = status == GF_OK && is_stopped(self);
    }
    if (stop) {
        if (writes) {
            leave(self);
        }
        gf_ranks_meet(); /* the others until rank 0 has ended the job, or has not */
        return fail_stopped(self, error);
    }
    return status;
}

static gf_status solve_queue(job *self, const gf_progress *progress, gf_error *error) {
    bool keeps = self->checkpoint != NULL;
    const gf_tasks all = {.count = self->plan->count,
                          .context = self,
                          .cost = block_cost,
                          .left = block_left,
                          .alone = block_is_alone,
                          .begin = begin_blocks,
                          .end = end_blocks,
                          .run = solve_block,
                          .keep = keep_block,
                          .carry = carry_block,
                          .save = keeps ? save_blocks : NULL,
                          .save_every = keeps ? self->checkpoint->interval : 0,
                          .stop = keeps ? self->checkpoint->stop : NULL,
                          .stopped = keeps && self->checkpoint->stop != NULL ? leave : NULL,
                          .progress = progress};
    gf_status status = gf_tasks_run(&all, error);
    return status == GF_OK && was_stopped(self) ? fail_stopped(self, error) : status;
}

/* --- the list of levels ---------------------------------------------------------------------- */

gf_status gf_spectrum_create(int sites, size_t channels, size_t levels, bool sampled,
                             gf_spectrum **spectrum, gf_error *error) {
    gf_spectrum *self = *spectrum = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the spectrum");
    }
    *self = (gf_spectrum){.sites = sites, .channels = channels, .levels = levels};
    self->sector = calloc((size_t)sites + 2, sizeof *self->sector);
    self->energy = calloc(levels + 1, sizeof *self->energy);
    self->degeneracy = calloc(levels + 1, sizeof *self->degeneracy);
    self->numbers = calloc(levels + 1, sizeof *self->numbers);
    self->observables = malloc(channels * GF_OBSERVABLES * levels * sizeof *self->observables);
    self->largest_force = calloc(channels * GF_CHARGES + 1, sizeof *self->largest_force);
    self->sample = sampled ? calloc(levels + 1, sizeof *self->sample) : NULL;
    if (self->sector == NULL || self->energy == NULL || self->degeneracy == NULL ||
        self->numbers == NULL || self->observables == NULL || self->largest_force == NULL ||
        (sampled && self->sample == NULL)) {
        gf_spectrum_free(self);
        *spectrum = NULL;
        return gf_fail_memory(error, "the spectrum");
    }
    for (size_t n = 0; n < levels; ++n) {
        self->numbers[n] = (gf_quantum_numbers){.momentum = -1};
    }
    return GF_OK;
}

void gf_spectrum_carry(gf_spectrum **spectrum, gf_bytes *bytes) {
    if (bytes->reads) {
        gf_spectrum_free(*spectrum);
        *spectrum = NULL;
    }
    gf_spectrum *self = *spectrum = gf_bytes_carry_array(bytes, *spectrum, sizeof *self);
    if (self == NULL) {
        return;
    }
    if (bytes->reads) { /* without the other one's arrays */
        *self = (gf_spectrum){.sites = self->sites,
                              .channels = self->channels,
                              .levels = self->levels,
                              .mirrored = self->mirrored,
                              .energy_unit = self->energy_unit};
    }
    size_t levels = self->levels, sectors = (size_t)self->sites + 2, column = sizeof(double);
    self->sector = gf_bytes_carry_array(bytes, self->sector, sectors * sizeof *self->sector);
    self->energy = gf_bytes_carry_array(bytes, self->energy, levels * column);
    self->degeneracy = gf_bytes_carry_array(bytes, self->degeneracy, levels * column);
    self->numbers = gf_bytes_carry_array(bytes, self->numbers, levels * sizeof *self->numbers);
    self->sample = gf_bytes_carry_array(bytes, self->sample, levels * sizeof *self->sample);
    self->observables = gf_bytes_carry_array(bytes, self->observables,
                                             self->channels * GF_OBSERVABLES * levels * column);
    self->largest_force =
        gf_bytes_carry_array(bytes, self->largest_force, self->channels * GF_CHARGES * column);
}

static double energy_unit(const gf_spectrum *self) {
    double states = 0, mean = 0, square = 0, largest = 0;
    for (size_t n = 0; n < self->levels; ++n) {
        largest = fmax(largest, fabs(self->energy[n]));
    }
    for (size_t n = 0; n < self->levels && largest > 0; ++n) {
        double x = self->energy[n] / largest;
        states += self->degeneracy[n];
        mean += self->degeneracy[n] * x;
        square += self->degeneracy[n] * x * x;
    }
    double variance = largest > 0 ? square / states - mean / states * mean / states : 0;
    return variance > 1e-20 ? largest * sqrt(variance / self->sites) : 1;
}

/* The largest |f| of an eigenstate, or the root of the mean square over a sampled sector: single
 * levels of random vectors have elements of any size where their weight is small. */
static double largest_element(const gf_spectrum *self, const double *force) {
    double largest = 0;
    for (int up = 0; up <= self->sites; ++up) {
        double square = 0, states = 0;
        for (size_t n = self->sector[up]; n < self->sector[up + 1]; ++n) {
            if (self->sample == NULL || (self->sample[n] < 0 && self->degeneracy[n] > 0.99)) {
                largest = fmax(largest, fabs(force[n]));
            } else {
                square += self->degeneracy[n] * force[n] * force[n];
                states += self->degeneracy[n];
            }
        }
        largest = fmax(largest, states > 0 ? sqrt(square / states) : 0);
    }
    return largest;
}

void gf_spectrum_complete(gf_spectrum *self) {
    self->energy_unit = energy_unit(self);
    for (size_t c = 0; c < self->channels; ++c) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->largest_force[c * GF_CHARGES + i] =
                largest_element(self, gf_spectrum_observable(self, c, GF_FORCE + i));
        }
    }
    self->mirrored = true;
    for (int up = 0; up <= self->sites && self->mirrored; ++up) {
        size_t first = self->sector[up], levels = self->sector[up + 1] - first;
        size_t other = self->sector[self->sites - up];
        self->mirrored =
            levels == self->sector[self->sites - up + 1] - other &&
            memcmp(self->energy + first, self->energy + other, levels * sizeof(double)) == 0 &&
            memcmp(self->degeneracy + first, self->degeneracy + other, levels * sizeof(double)) ==
                0;
    }
}

/* One level to be listed: of a block, or of its image at -m. */
typedef struct entry {
    double energy;
    uint32_t block, level;
    int8_t up;
    bool mirrored;
} entry;

static int compare_entries(const void *left, const void *right) {
    const entry *a = left, *b = right;
    if (a->up != b->up) {
        return a->up - b->up;
    }
    if (a->energy != b->energy) {
        return a->energy < b->energy ? -1 : 1;
    }
    return a->block != b->block ? (a->block > b->block) - (a->block < b->block)
                                : (a->level > b->level) - (a->level < b->level);
}

static entry *list_entries(const job *self, size_t *count) {
    size_t most = 0;
    gf_block mirror;
    for (size_t b = 0; b < self->plan->count; ++b) {
        most += 2 * self->sectors[b].levels;
    }
    entry *entries = malloc((most + 1) * sizeof *entries);
    *count = 0;
    for (size_t b = 0; b < self->plan->count && entries != NULL; ++b) {
        const gf_block *block = &self->plan->blocks[b];
        bool mirrored = gf_symmetry_mirror(&self->plan->symmetry, block, &mirror);
        for (size_t i = 0; i < self->sectors[b].levels; ++i) {
            entry next = {.energy = self->sectors[b].energy[i],
                          .block = (uint32_t)b,
                          .level = (uint32_t)i,
                          .up = (int8_t)block->up};
            entries[(*count)++] = next;
            if (mirrored) {
                next.up = (int8_t)mirror.up;
                next.mirrored = true;
                entries[(*count)++] = next;
            }
        }
    }
    if (entries != NULL) {
        qsort(entries, *count, sizeof *entries, compare_entries);
    }
    return entries;
}

static gf_quantum_numbers numbers_of(const gf_symmetry *symmetry, const gf_block *block) {
    return (gf_quantum_numbers){.momentum =
                                    symmetry->translations > 1 ? (int16_t)block->momentum : -1,
                                .reflection = (int8_t)block->character[GF_REFLECT],
                                .flip = (int8_t)block->character[GF_FLIP],
                                .reflection_flip = (int8_t)block->character[GF_REFLECT | GF_FLIP]};
}

static void fill_level(const job *self, const entry *from, gf_spectrum *spectrum, size_t n) {
    const gf_symmetry *symmetry = &self->plan->symmetry;
    const gf_block_levels *sector = &self->sectors[from->block];
    gf_block block = self->plan->blocks[from->block], mirror;
    (void)gf_symmetry_mirror(symmetry, &block, &mirror);
    spectrum->energy[n] = from->energy;
    spectrum->degeneracy[n] = block.degeneracy * sector->degeneracy[from->level];
    spectrum->numbers[n] = numbers_of(symmetry, from->mirrored ? &mirror : &block);
    for (size_t k = 0; k < self->observables->count; ++k) {
        spectrum->observables[k * spectrum->levels + n] =
            gf_observables_value(self->observables, sector, k, from->level, from->mirrored);
    }
}

static gf_status collect(const job *self, gf_spectrum **spectrum, gf_error *error) {
    size_t levels = 0;
    entry *entries = list_entries(self, &levels);
    gf_status status =
        entries != NULL ? gf_spectrum_create(self->model->chain.sites, self->model->channel_count,
                                             levels, false, spectrum, error)
                        : gf_fail_memory(error, "the spectrum");
    for (size_t n = 0; n < levels && status == GF_OK; ++n) {
        fill_level(self, &entries[n], *spectrum, n);
        (*spectrum)->sector[entries[n].up + 1] = n + 1;
    }
    if (status == GF_OK) {
        gf_spectrum_complete(*spectrum);
    }
    free(entries);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status prepare(job *self, gf_checkpoint *checkpoint, gf_error *error) {
    const gf_plan *all = self->plan;
    for (size_t b = 0; b < all->count; ++b) {
        const gf_elements *rows =
            gf_observables_of(self->observables, &all->symmetry, &all->blocks[b]);
        self->sectors[b].size = all->blocks[b].size;
        self->sectors[b].rows = gf_elements_count(rows);
    }
    return checkpoint != NULL
               ? gf_checkpoint_load(checkpoint, self->model, self->sectors, all->count, error)
               : GF_OK;
}

static gf_status solve(const gf_model *model, const gf_plan *all, gf_checkpoint *checkpoint,
                       const gf_progress *progress, gf_spectrum **spectrum, gf_error *error) {
    gf_elements *hamiltonian = NULL;
    gf_observables observables = {0};
    job work = {.model = model,
                .plan = all,
                .observables = &observables,
                .checkpoint = checkpoint,
                .sectors = calloc(all->count, sizeof *work.sectors)};
    gf_status status =
        work.sectors != NULL ? GF_OK : gf_fail_memory(error, "the sectors of the chain");
    if (status == GF_OK) {
        status = gf_elements_create(&model->hamiltonian, 1, &hamiltonian, error);
        work.hamiltonian = hamiltonian;
    }
    if (status == GF_OK) {
        status = gf_observables_derive(model, &all->symmetry, &observables, error);
    }
    if (status == GF_OK) {
        status = prepare(&work, checkpoint, error);
    }
    gf_checkpoint_heed(checkpoint, true);
    if (status == GF_OK && all->distributed > 0) {
        status = solve_distributed(&work, progress, error);
    }
    if (status == GF_OK) {
        status = solve_queue(&work, progress, error);
    }
    gf_checkpoint_heed(checkpoint, false);
    if (status == GF_OK) {
        status = collect(&work, spectrum, error);
    }
    for (size_t b = 0; b < all->count && work.sectors != NULL; ++b) {
        gf_block_levels_free(&work.sectors[b]);
    }
    free(work.sectors);
    gf_elements_free(hamiltonian);
    gf_observables_free(&observables);
    return status;
}

gf_status gf_spectrum_resume(const gf_model *model, gf_checkpoint *checkpoint,
                             const gf_progress *progress, gf_spectrum **spectrum, gf_error *error) {
    gf_plan all;
    gf_workforce force = gf_workforce_here();
    *spectrum = NULL;
    force.memory = gf_ranks_least(force.memory); /* all ranks have the same plan */
    gf_status status = gf_plan_make(model, &force, &all, error);
    if (status == GF_OK) {
        status = gf_plan_check_memory(&all, &force, error);
    }
    if (status == GF_OK) {
        status = solve(model, &all, checkpoint, progress, spectrum, error);
    }
    gf_plan_free(&all);
    return status;
}

gf_status gf_spectrum_compute(const gf_model *model, const gf_progress *progress,
                              gf_spectrum **spectrum, gf_error *error) {
    return gf_spectrum_resume(model, NULL, progress, spectrum, error);
}

void gf_spectrum_free(gf_spectrum *self) {
    if (self == NULL) {
        return;
    }
    free(self->sector);
    free(self->energy);
    free(self->degeneracy);
    free(self->numbers);
    free(self->sample);
    free(self->observables);
    free(self->largest_force);
    free(self);
}

/* --- looking --------------------------------------------------------------------------------- */

int gf_spectrum_sites(const gf_spectrum *self) {
    return self->sites;
}

size_t gf_spectrum_channels(const gf_spectrum *self) {
    return self->channels;
}

size_t gf_spectrum_levels(const gf_spectrum *self) {
    return self->levels;
}

void gf_spectrum_sector(const gf_spectrum *self, int up, size_t *first, size_t *count) {
    *first = self->sector[up];
    *count = self->sector[up + 1] - *first;
}

const double *gf_spectrum_energies(const gf_spectrum *self) {
    return self->energy;
}

const double *gf_spectrum_degeneracies(const gf_spectrum *self) {
    return self->degeneracy;
}

const gf_quantum_numbers *gf_spectrum_numbers(const gf_spectrum *self) {
    return self->numbers;
}

const int64_t *gf_spectrum_samples(const gf_spectrum *self) {
    return self->sample;
}

const double *gf_spectrum_observable(const gf_spectrum *self, size_t channel, size_t observable) {
    return self->observables + (channel * GF_OBSERVABLES + observable) * self->levels;
}

double gf_spectrum_energy_unit(const gf_spectrum *self) {
    return self->energy_unit;
}

double gf_spectrum_force_scale(const gf_spectrum *self, const double *rates, size_t charge) {
    double scale = 0;
    for (size_t c = 0; c < self->channels; ++c) {
        scale += rates[c] * self->largest_force[c * GF_CHARGES + charge];
    }
    return scale;
}
