#include "gibbsflow/jackknife.h"

#include "base/matrix.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is summed for each random vector in each sector: weights times 1, x, x^2 (x the energy from
 * the sector's reference), and the observables at the rates in force. */
enum { ONE, ENERGY, SQUARE, RESPONSE, SUMS = RESPONSE + GF_OBSERVABLES };

/* What has an error: log Z, q_i, C_ij, then the observables f_i and N_ij. */
enum { LOG_Z, Q, C = Q + GF_CHARGES, F = C + GF_PAIRS, QUANTITIES = F + GF_OBSERVABLES };

/* The levels of one random vector in one sector. */
typedef struct run {
    int up;
    size_t vector;     /* row of `shift` */
    size_t first, end; /* of the levels */
    double states;     /* that they stand for */
    double sum[SUMS];  /* at the current lambda2 */
} run;

/* Vectors of one sector, or of sectors that share them: rows first ... end-1 of `shift`. */
typedef struct family {
    size_t first, end;
} family;

struct gf_jackknife {
    const gf_spectrum *spectrum;
    double *energy, *degeneracy; /* [levels], run by run */
    double *response;            /* [GF_OBSERVABLES][levels]: summed over channels with rates */
    size_t levels, vectors, runs, families;
    run *run;
    family *family;
    double *share;     /* [vectors]: part of its family's states */
    double *shift;     /* [vectors][QUANTITIES] */
    double *reference; /* [sites + 1]: energy of the largest weight at the current lambda2 */
    double lambda2;
    bool ready;
};

/* --- sorting levels by random vector --------------------------------------------------------- */

typedef struct entry {
    int up;
    int64_t sample;
    size_t level;
} entry;

static int compare_entries(const void *left, const void *right) {
    const entry *a = left, *b = right;
    return a->up != b->up           ? (a->up > b->up) - (a->up < b->up)
           : a->sample != b->sample ? (a->sample > b->sample) - (a->sample < b->sample)
                                    : (a->level > b->level) - (a->level < b->level);
}

static int compare_samples(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static size_t list_entries(const gf_spectrum *spectrum, entry *entries) {
    size_t count = 0;
    for (int up = 0; up <= spectrum->sites; ++up) {
        for (size_t n = spectrum->sector[up]; n < spectrum->sector[up + 1]; ++n) {
            if (spectrum->sample[n] >= 0) {
                entries[count++] = (entry){up, spectrum->sample[n], n};
            }
        }
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    return count;
}

/* The numbers of all random vectors, in order, each once. */
static size_t list_samples(const entry *entries, size_t count, int64_t *samples) {
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
        samples[i] = entries[i].sample;
    }
    qsort(samples, count, sizeof *samples, compare_samples);
    for (size_t i = 0; i < count; ++i) {
        if (kept == 0 || samples[kept - 1] != samples[i]) {
            samples[kept++] = samples[i];
        }
    }
    return kept;
}

static void copy_level(gf_jackknife *self, const double *rates, size_t at, size_t level) {
    const gf_spectrum *spectrum = self->spectrum;
    self->energy[at] = spectrum->energy[level];
    self->degeneracy[at] = spectrum->degeneracy[level];
    for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
        double sum = 0;
        for (size_t c = 0; c < spectrum->channels; ++c) {
            sum += rates[c] * gf_spectrum_observable(spectrum, c, k)[level];
        }
        self->response[k * self->levels + at] = sum;
    }
}

/* Cuts the levels into runs, and numbers their vectors. */
static void fill_runs(gf_jackknife *self, const double *rates, const entry *entries,
                      const int64_t *samples) {
    for (size_t i = 0; i < self->levels; ++i) {
        bool begins = i == 0 || entries[i].up != entries[i - 1].up ||
                      entries[i].sample != entries[i - 1].sample;
        if (begins) {
            const int64_t *found = bsearch(&entries[i].sample, samples, self->vectors,
                                           sizeof *samples, compare_samples);
            self->run[self->runs++] =
                (run){.up = entries[i].up, .vector = (size_t)(found - samples), .first = i};
        }
        run *last = &self->run[self->runs - 1];
        copy_level(self, rates, i, entries[i].level);
        last->end = i + 1;
        last->states += self->degeneracy[i];
    }
}

/* Vectors of the same sector have neighbouring numbers: a family ends where a sector does. */
static void fill_families(gf_jackknife *self) {
    for (size_t r = 0; r < self->runs; ++r) {
        const run *one = &self->run[r];
        bool known = false;
        for (size_t k = 0; k < self->families && !known; ++k) {
            known = one->vector >= self->family[k].first && one->vector < self->family[k].end;
        }
        bool same_sector = r > 0 && self->run[r - 1].up == one->up;
        if (!known && same_sector) {
            self->family[self->families - 1].end = one->vector + 1;
        } else if (!known) {
            self->family[self->families++] = (family){one->vector, one->vector + 1};
        }
    }
    for (size_t r = 0; r < self->runs; ++r) {
        self->share[self->run[r].vector] = self->run[r].states;
    }
    for (size_t k = 0; k < self->families; ++k) {
        double states = 0;
        for (size_t v = self->family[k].first; v < self->family[k].end; ++v) {
            states += self->share[v];
        }
        for (size_t v = self->family[k].first; v < self->family[k].end; ++v) {
            self->share[v] /= states;
        }
    }
}

static bool allocate(gf_jackknife *self, size_t levels) {
    size_t sectors = (size_t)self->spectrum->sites + 1;
    self->levels = levels;
    self->energy = malloc((levels + 1) * sizeof *self->energy);
    self->degeneracy = malloc((levels + 1) * sizeof *self->degeneracy);
    self->response = malloc((levels + 1) * GF_OBSERVABLES * sizeof *self->response);
    self->run = calloc(levels + 1, sizeof *self->run);
    self->family = calloc(sectors + 1, sizeof *self->family);
    self->share = calloc(self->vectors + 1, sizeof *self->share);
    self->shift = calloc((self->vectors + 1) * QUANTITIES, sizeof *self->shift);
    self->reference = calloc(sectors, sizeof *self->reference);
    return self->energy != NULL && self->degeneracy != NULL && self->response != NULL &&
           self->run != NULL && self->family != NULL && self->share != NULL &&
           self->shift != NULL && self->reference != NULL;
}

gf_status gf_jackknife_create(const gf_spectrum *spectrum, const double *rates,
                              gf_jackknife **scatter, gf_error *error) {
    bool sampled = spectrum->sample != NULL;
    gf_jackknife *self = calloc(1, sizeof *self);
    entry *entries = calloc(spectrum->levels + 1, sizeof *entries);
    int64_t *samples = calloc(spectrum->levels + 1, sizeof *samples);
    bool ready = self != NULL && entries != NULL && samples != NULL;
    if (ready) {
        size_t count = sampled ? list_entries(spectrum, entries) : 0;
        self->spectrum = spectrum;
        self->vectors = list_samples(entries, count, samples);
        ready = allocate(self, count);
    }
    if (ready) {
        fill_runs(self, rates, entries, samples);
        fill_families(self);
    }
    free(entries);
    free(samples);
    if (!ready) {
        gf_jackknife_free(self);
        self = NULL;
    }
    *scatter = self;
    return ready ? GF_OK : gf_fail_memory(error, "statistical errors");
}

void gf_jackknife_free(gf_jackknife *self) {
    if (self != NULL) {
        free(self->energy);
        free(self->degeneracy);
        free(self->response);
        free(self->run);
        free(self->family);
        free(self->share);
        free(self->shift);
        free(self->reference);
        free(self);
    }
}

/* --- shifts ---------------------------------------------------------------------------------- */

static void sum_run(const gf_jackknife *self, run *one) {
    double reference = self->reference[one->up];
    memset(one->sum, 0, sizeof one->sum);
    for (size_t n = one->first; n < one->end; ++n) {
        double x = self->energy[n] - reference;
        double weight = self->degeneracy[n] * exp(-self->lambda2 * x);
        one->sum[ONE] += weight;
        one->sum[ENERGY] += weight * x;
        one->sum[SQUARE] += weight * x * x;
        for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
            one->sum[RESPONSE + k] += weight * self->response[k * self->levels + n];
        }
    }
}

static void prepare_sums(gf_jackknife *self, double lambda2) {
    const gf_spectrum *spectrum = self->spectrum;
    if (self->ready && self->lambda2 == lambda2) {
        return;
    }
    self->lambda2 = lambda2;
    self->ready = true;
    for (int up = 0; up <= spectrum->sites; ++up) {
        size_t first = spectrum->sector[up], end = spectrum->sector[up + 1];
        self->reference[up] = spectrum->energy[lambda2 >= 0 ? first : end - 1];
    }
    for (size_t r = 0; r < self->runs; ++r) {
        sum_run(self, &self->run[r]);
    }
}

/* Adds what a run does to the averages of a state: weight (A - <A>), with N q for Q. */
static void add_run(gf_jackknife *self, const run *one, const gf_state *state) {
    double sites = self->spectrum->sites, *shift = self->shift + one->vector * QUANTITIES;
    double m = gf_spectrum_magnetization(self->spectrum, one->up);
    double reference = self->reference[one->up];
    /* relative to Z; log_partition holds log Z / N */
    double weight =
        exp(-state->lambda[0] * m - state->lambda[1] * reference - sites * state->log_partition);
    double a = m - sites * state->density[0], b = reference - sites * state->density[1];
    double z = weight * one->sum[ONE], x = weight * one->sum[ENERGY];
    double xx = weight * one->sum[SQUARE];
    double e = x + b * z, ee = xx + 2 * b * x + b * b * z;
    double response[GF_OBSERVABLES];
    memcpy(response + GF_FORCE, state->force, sizeof state->force);
    memcpy(response + GF_NOISE, state->noise, sizeof state->noise);
    shift[LOG_Z] += z / sites;
    shift[Q] += a * z / sites;
    shift[Q + 1] += e / sites;
    shift[C] += a * a * z / sites - state->susceptibility[0] * z;
    shift[C + 1] += a * e / sites - state->susceptibility[1] * z;
    shift[C + 2] += ee / sites - state->susceptibility[2] * z;
    for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
        shift[F + k] += weight * one->sum[RESPONSE + k] - response[k] * z;
    }
}

/* The weights of a family are exact in sum: its shifts count from the mean. The factor makes the
 * sum of their squares the variance. */
static void centre_family(const gf_jackknife *self, const family *one) {
    double total[QUANTITIES] = {0}, vectors = (double)(one->end - one->first);
    double factor = sqrt(vectors / (vectors - 1));
    for (size_t v = one->first; v < one->end; ++v) {
        for (size_t k = 0; k < QUANTITIES; ++k) {
            total[k] += self->shift[v * QUANTITIES + k];
        }
    }
    for (size_t v = one->first; v < one->end; ++v) {
        for (size_t k = 0; k < QUANTITIES; ++k) {
            double *shift = &self->shift[v * QUANTITIES + k];
            *shift = factor * (*shift - self->share[v] * total[k]);
        }
    }
}

static void fill_shifts(gf_jackknife *self, const gf_state *state) {
    prepare_sums(self, state->lambda[1]);
    memset(self->shift, 0, self->vectors * QUANTITIES * sizeof *self->shift);
    for (size_t r = 0; r < self->runs; ++r) {
        add_run(self, &self->run[r], state);
    }
    for (size_t k = 0; k < self->families; ++k) {
        centre_family(self, &self->family[k]);
    }
}

void gf_jackknife_evaluate(gf_jackknife *self, const gf_state *state, gf_state *standard_error) {
    double error[QUANTITIES] = {0};
    fill_shifts(self, state);
    for (size_t k = 0; k < QUANTITIES; ++k) {
        for (size_t v = 0; v < self->vectors; ++v) {
            double d = self->shift[v * QUANTITIES + k];
            error[k] += d * d;
        }
        error[k] = sqrt(error[k]);
    }
    *standard_error = (gf_state){.log_partition = error[LOG_Z]};
    memcpy(standard_error->lambda, state->lambda, sizeof state->lambda);
    memcpy(standard_error->density, error + Q, sizeof state->density);
    memcpy(standard_error->susceptibility, error + C, sizeof state->susceptibility);
    memcpy(standard_error->force, error + F + GF_FORCE, sizeof state->force);
    memcpy(standard_error->noise, error + F + GF_NOISE, sizeof state->noise);
}

bool gf_jackknife_at_density(gf_jackknife *self, const gf_state *state, double force[GF_CHARGES],
                             double root[GF_CHARGES]) {
    double slope[GF_CHARGES][GF_CHARGES];
    double force_square[GF_CHARGES] = {0}, root_square[GF_CHARGES] = {0};
    bool regular = gf_state_stability(state, slope);
    fill_shifts(self, state);
    for (size_t v = 0; v < self->vectors && regular; ++v) {
        const double *shift = self->shift + v * QUANTITIES;
        double held[GF_CHARGES], moved[GF_CHARGES];
        for (size_t i = 0; i < GF_CHARGES; ++i) { /* lambda follows, to keep the density */
            held[i] = shift[F + GF_FORCE + i];
            for (size_t k = 0; k < GF_CHARGES; ++k) {
                held[i] -= slope[i][k] * shift[Q + k];
            }
            force_square[i] += held[i] * held[i];
        }
        regular = gf_matrix_solve(slope, held, moved);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            root_square[i] += moved[i] * moved[i];
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        force[i] = regular ? sqrt(force_square[i]) : NAN;
        root[i] = regular ? sqrt(root_square[i]) : NAN;
    }
    return regular;
}
