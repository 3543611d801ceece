#include "typicality/sampled_sector.h"

#include <stdlib.h>
#include <string.h>

gf_status gf_sampled_sector_init(gf_sampled_sector *self, const gf_sampling_part *part,
                                 gf_error *error) {
    size_t vectors = gf_sampling_part_vectors(part);
    *self = (gf_sampled_sector){.part = part, .vectors = vectors, .apart = part->goal.count};
    self->ritz = calloc(vectors + 1, sizeof *self->ritz);
    self->done = calloc(vectors + 1, sizeof *self->done);
    return self->ritz != NULL && self->done != NULL ? GF_OK
                                                    : gf_fail_memory(error, "random vectors");
}

size_t gf_sampled_sector_levels(const gf_sampled_sector *self) {
    size_t levels = self->solved.levels;
    for (size_t v = 0; v < self->vectors; ++v) {
        levels += self->ritz[v].levels;
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
static void list_entries(const gf_sampled_sector *self, entry *entries) {
    size_t n = 0;
    double total = 0, states = (double)self->part->size;
    for (size_t v = 0; v < self->vectors; ++v) {
        states -= v < self->apart && self->ritz[v].levels > 0 ? 1 : 0;
        for (size_t j = 0; j < self->ritz[v].levels && v >= self->apart; ++j) {
            total += self->ritz[v].weight[j];
        }
    }
    for (size_t v = 0; v < self->vectors; ++v) {
        bool random = v >= self->apart;
        int64_t sample = random ? (int64_t)(self->first + v - self->apart) : -1;
        for (size_t j = 0; j < self->ritz[v].levels; ++j) {
            entries[n++] = (entry){&self->ritz[v], j, sample, random ? states / total : 1};
        }
    }
    qsort(entries, n, sizeof *entries, compare_entries);
}

/* factor[k] multiplies observable k. */
static gf_status copy_samples(const gf_sampled_sector *self, const int *factor, size_t at,
                              gf_spectrum *spectrum, gf_error *error) {
    size_t count = gf_sampled_sector_levels(self), rows = spectrum->channels * GF_OBSERVABLES;
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

static void copy_solved(const gf_sampled_sector *self, const int *factor, size_t at,
                        gf_spectrum *spectrum) {
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

gf_status gf_sampled_sector_copy(const gf_sampled_sector *self, const int *factor, size_t at,
                                 gf_spectrum *spectrum, gf_error *error) {
    if (self->vectors > 0) {
        return copy_samples(self, factor, at, spectrum, error);
    }
    copy_solved(self, factor, at, spectrum);
    return GF_OK;
}

void gf_sampled_sector_free(gf_sampled_sector *self) {
    for (size_t v = 0; v < self->vectors && self->ritz != NULL; ++v) {
        gf_ritz_free(&self->ritz[v]);
    }
    free(self->ritz);
    free(self->done);
    gf_extremal_states_free(&self->extremes);
    gf_block_levels_free(&self->solved);
}
