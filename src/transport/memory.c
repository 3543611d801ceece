#include "transport/memory.h"

#include "algebra/current.h"
#include "base/matrix.h"
#include "base/progress_part.h"
#include "transport/request.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Relative to the sizes of both: a commutator that is smaller vanishes. */
static const double VANISHES = 1e-9;
/* An overlap smaller than this, of the lengths of both, or than so many statistical errors, is
 * none. */
static const double NO_OVERLAP = 1e-6, SCATTER = 4;

/* Two chains agree on the bound, and it stands still: relative. M of an integrable chain wavers. */
static const double AGREE = 0.06, STILL = 0.1;
enum { WINDOW = 4 }; /* the fewest times of a plateau */

/* --- modes ----------------------------------------------------------------------------------- */

/* The chain of H_0, with the modes and what makes them decay. */
typedef struct modes {
    gf_model zeroth;                 /* a shallow copy whose Hamiltonian is H_0: not to be freed */
    gf_operator rest;                /* V */
    gf_operator mode[GF_CHARGES];    /* c_a */
    gf_operator force[GF_CHARGES];   /* F_a */
    gf_operator current[GF_CHARGES]; /* J_i of H */
} modes;

static void free_modes(modes *self) {
    gf_operator_free(&self->rest);
    for (size_t a = 0; a < GF_CHARGES; ++a) {
        gf_operator_free(&self->mode[a]);
        gf_operator_free(&self->force[a]);
        gf_operator_free(&self->current[a]);
    }
}

/* Fails unless the mode commutes with H_0. */
static gf_status check_mode(const gf_model *zeroth, const gf_operator *mode, const char *name,
                            gf_error *error) {
    gf_operator commutator = gf_operator_commutator(&zeroth->hamiltonian, mode);
    double size = gf_operator_size(&zeroth->hamiltonian) * gf_operator_size(mode);
    double left = gf_operator_size(&commutator);
    gf_status status = commutator.exhausted ? gf_fail_memory(error, "the slow modes") : GF_OK;
    if (status == GF_OK && left > VANISHES * size) {
        size_t worst = 0;
        while (cabs(commutator.terms[worst].coefficient) < left) {
            ++worst;
        }
        gf_operator one = {.terms = &commutator.terms[worst], .count = 1};
        char *text = gf_operator_format(&one, 0);
        status = gf_fail(error, GF_INVALID,
                         "the part H_0 of the Hamiltonian that `integrable` names is not, or not "
                         "by a boost: [H_0, %s] contains %.100s",
                         name, text != NULL ? text : "a term");
        free(text);
    }
    gf_operator_free(&commutator);
    return status;
}

static int span_of(const gf_operator *density) {
    int span = 0;
    for (size_t k = 0; k < density->count; ++k) {
        uint64_t mask = density->terms[k].plus | density->terms[k].minus | density->terms[k].z;
        int one = mask != 0 ? 64 - __builtin_clzll(mask) - __builtin_ctzll(mask) : 0;
        span = one > span ? one : span;
    }
    return span;
}

/* J_2 of H_0, and what two boosts make of it. */
static gf_status derive_modes(modes *self, gf_error *error) {
    static const char *const names[GF_CHARGES] = {"its J_2", "its J_2 boosted twice"};
    const gf_chain *chain = &self->zeroth.chain;
    gf_currents currents;
    gf_status status = gf_currents_derive(chain, &self->zeroth.hamiltonian, &currents, error);
    if (status != GF_OK) {
        return status;
    }
    const gf_operator *first = &currents.current[GF_ENERGY];
    gf_operator even = gf_charge_boosted(&currents, first);
    gf_operator second = gf_charge_boosted(&currents, &even);
    int needs = span_of(&second) + currents.range - 1;
    self->mode[0] = gf_density_total(first, currents.cell, chain);
    status = check_mode(&self->zeroth, &self->mode[0], names[0], error);
    if (status == GF_OK && chain->sites < needs) {
        status = gf_fail(error, GF_INVALID,
                         "the ring of %d sites is too short for the slow modes; use --sites %d or "
                         "more",
                         chain->sites, needs);
    }
    if (status == GF_OK) {
        self->mode[1] = gf_density_total(&second, currents.cell, chain);
        status = check_mode(&self->zeroth, &self->mode[1], names[1], error);
    }
    gf_operator_free(&even);
    gf_operator_free(&second);
    gf_currents_free(&currents);
    return status;
}

static gf_status derive(const gf_model *model, modes *self, gf_error *error) {
    *self = (modes){.zeroth = *model};
    self->zeroth.hamiltonian = model->integrable;
    self->rest = gf_operator_sum(&model->hamiltonian, -1, &model->integrable);
    gf_status status = gf_transport_currents(model, self->current, error);
    if (status == GF_OK) {
        status = derive_modes(self, error);
    }
    for (size_t a = 0; a < GF_CHARGES && status == GF_OK; ++a) {
        gf_operator commutator = gf_operator_commutator(&self->rest, &self->mode[a]);
        self->force[a] = gf_operator_scaled(&commutator, CMPLX(0, 1));
        gf_operator_free(&commutator);
        status = self->force[a].exhausted ? gf_fail_memory(error, "the slow modes") : GF_OK;
    }
    if (status == GF_OK && gf_operator_size(&self->force[0]) == 0) {
        status = gf_fail(error, GF_INVALID,
                         "nothing makes the slow modes decay: what `integrable` leaves of the "
                         "Hamiltonian vanishes, or commutes with them");
    }
    if (status != GF_OK) {
        free_modes(self);
    }
    return status;
}

static gf_status check_model(const gf_model *model, gf_error *error) {
    if (!model->has_integrable) {
        return gf_fail(
            error, GF_INVALID,
            "--method memory needs to know which part of the Hamiltonian is integrable: "
            "add the indices of these entries to the model file, from 0 on, for instance "
            "integrable: [0, 1]");
    }
    return model->chain.periodic
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "--method memory needs a ring: use boundary: periodic, or --method full");
}

/* --- what multiplies V ----------------------------------------------------------------------- */

/* Whether twice the value of a parameter makes 2 V of V, and leaves H_0. */
static bool multiplies(const gf_model *model, const gf_operator *rest, size_t index) {
    bool result = false;
    gf_parameter *values = malloc((model->parameter_count + 1) * sizeof *values);
    gf_model *other = NULL;
    if (values == NULL) {
        return false;
    }
    memcpy(values, model->parameters, model->parameter_count * sizeof *values);
    values[index].value *= 2;
    const gf_settings settings = {.sites = model->chain.sites,
                                  .closure = GF_RING,
                                  .parameters = values,
                                  .count = model->parameter_count};
    if (gf_model_parse(model->yaml, strlen(model->yaml), model->name, &settings, &other, NULL) ==
        GF_OK) {
        gf_operator twice = gf_operator_sum(&other->hamiltonian, -1, &other->integrable);
        gf_operator expected = gf_operator_scaled(rest, 2);
        result = gf_operator_equal(&other->integrable, &model->integrable, NULL) &&
                 gf_operator_equal(&twice, &expected, NULL);
        gf_operator_free(&twice);
        gf_operator_free(&expected);
    }
    gf_model_free(other);
    free(values);
    return result;
}

static void find_strength(const gf_model *model, const gf_operator *rest, gf_transport *result) {
    result->strength = NAN;
    for (size_t i = 0; i < model->parameter_count; ++i) {
        const gf_parameter *one = &model->parameters[i];
        if (model->in_operators[i] && one->value != 0 && multiplies(model, rest, i)) {
            result->strength = one->value;
            (void)snprintf(result->strength_name, sizeof result->strength_name, "%s", one->name);
            return;
        }
    }
}

/* --- correlations ---------------------------------------------------------------------------- */

/* Two operators of the chain, for gf_transport_find. */
typedef struct couple {
    const gf_operator *operators[GF_CHARGES];
} couple;

static gf_status take_couple(const void *context, gf_operator operators[GF_CHARGES],
                             gf_error *error) {
    const couple *self = context;
    bool exhausted = false;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        operators[i] = gf_operator_scaled(self->operators[i], 1);
        exhausted = exhausted || operators[i].exhausted;
    }
    if (exhausted) {
        gf_transport_free_currents(operators);
        return gf_fail_memory(error, "the slow modes");
    }
    return GF_OK;
}

/* The response of two operators under H_0, by diagonalisation or (sampling) by random vectors. */
static gf_status correlate(const modes *self, const couple *operators,
                           const gf_transport_request *request,
                           const gf_transport_sampling *sampling, const gf_progress *progress,
                           gf_transport **result, gf_error *error) {
    gf_transport_request asked = *request;
    asked.derive = take_couple;
    asked.context = operators;
    asked.compare = false;
    asked.progress = progress;
    return sampling != NULL ? gf_transport_sample(&self->zeroth, &asked, sampling, result, error)
                            : gf_transport_find(&self->zeroth, &asked, result, error);
}

/* Equal times and one more, to which vectors have not far. */
static gf_transport_request brief_of(const gf_transport_request *request) {
    gf_transport_request brief = *request;
    brief.time.to /= (double)(request->time.points - 1);
    brief.time.points = 2;
    return brief;
}

/* (c_a; J_i)/N, and where that is none, 0: products at equal times. */
static gf_status find_overlaps(const modes *self, const gf_transport_request *request,
                               const gf_transport_sampling *sampling, gf_progress_part *part,
                               gf_transport *result, gf_error *error) {
    gf_status status = GF_OK;
    gf_progress progress = gf_progress_of_part(part);
    gf_transport_request brief = brief_of(request);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX && status == GF_OK; ++k) {
        gf_transport *one = NULL;
        const couple pair = {{&self->mode[k / GF_CHARGES], &self->current[k % GF_CHARGES]}};
        gf_progress_part_next(part, 0.1);
        status = correlate(self, &pair, &brief, sampling, &progress, &one, error);
        for (size_t p = 0; p < request->points && status == GF_OK; ++p) {
            const double *product = one->correlation[p * one->times];
            double length = sqrt(fabs(product[0] * product[3]));
            double scatter = one->correlation_scatter[p * one->times][1];
            bool none = fabs(product[1]) <= NO_OVERLAP * length + SCATTER * scatter;
            result->overlap[p][k] = none ? 0 : product[1];
        }
        gf_transport_free(one);
    }
    return status;
}

/* --- sigma and D ----------------------------------------------------------------------------- */

/* X' M^-1 X. */
static bool bound(const double *overlap, const double *memory, double sigma[GF_TRANSPORT_MATRIX]) {
    const double packed[GF_PAIRS] = {memory[0], (memory[1] + memory[2]) / 2, memory[3]};
    double inverse[GF_PAIRS];
    bool regular = packed[0] > 0 && packed[2] > 0 && gf_matrix_invert(packed, inverse);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        sigma[k] = regular ? 0 : NAN;
        for (size_t ab = 0; ab < GF_TRANSPORT_MATRIX && regular; ++ab) {
            size_t first = ab / GF_CHARGES, second = ab % GF_CHARGES;
            sigma[k] += overlap[first * GF_CHARGES + i] * inverse[gf_pair(first, second)] *
                        overlap[second * GF_CHARGES + j];
        }
    }
    return regular;
}

static bool overlaps(const gf_transport *self, size_t p, size_t i) {
    return self->overlap[p][i] != 0 || self->overlap[p][GF_CHARGES + i] != 0;
}

/* Of currents without overlap nothing is said. */
static void refuse(gf_transport *self, size_t p) {
    static const char *const names[GF_CHARGES] = {"J_1 of magnetisation", "J_2 of energy"};
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        if (!overlaps(self, p, i)) {
            size_t k = i * (GF_CHARGES + 1);
            self->limit[p][k] = self->limit_error[p][k] = NAN;
            (void)snprintf(self->reason[p], sizeof self->reason[p],
                           "%s has no overlap with the slow modes here: they say nothing of "
                           "sigma_%zu%zu and D_%zu%zu",
                           names[i], i + 1, i + 1, i + 1, i + 1);
        }
    }
}

static void find_diffusion(gf_transport *self, size_t p) {
    double inverse[GF_PAIRS];
    bool regular = gf_matrix_invert(self->susceptibility[p], inverse);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        double d = regular ? 0 : NAN, error = d;
        for (size_t l = 0; l < GF_CHARGES && regular; ++l) {
            double factor = inverse[gf_pair(l, j)];
            if (fabs(factor) > 1e-12 * fabs(inverse[gf_pair(j, j)])) {
                d += self->limit[p][i * GF_CHARGES + l] * factor;
                error += self->limit_error[p][i * GF_CHARGES + l] * fabs(factor);
            }
        }
        self->diffusion[p][k] = d;
        self->diffusion_error[p][k] = error;
    }
}

/* Everything that this method does not know. */
static void clear(gf_transport *self, size_t p) {
    self->verdict[p] = GF_NOT_SETTLED;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        self->reliable_onsager[p][k] = self->drude[p][k] = NAN;
        self->limit[p][k] = self->limit_error[p][k] = NAN;
        self->diffusion[p][k] = self->diffusion_error[p][k] = NAN;
        for (size_t row = p * self->times; row < (p + 1) * self->times; ++row) {
            self->correlation[row][k] = self->correlation_error[row][k] = NAN;
            self->onsager[row][k] = self->onsager_error[row][k] = NAN;
            self->smaller_onsager[row][k] = NAN;
        }
    }
}

/* What the statistical errors of M make of the bound, one element after the other: added up, as
 * they come of the same vectors. */
static void scatter_of(const double *overlap, const gf_transport *memory, size_t row,
                       double scatter[GF_TRANSPORT_MATRIX]) {
    const double *m = memory->onsager[row], *off = memory->onsager_scatter[row];
    double sigma[GF_TRANSPORT_MATRIX], moved[GF_TRANSPORT_MATRIX];
    (void)bound(overlap, m, sigma);
    memset(scatter, 0, GF_TRANSPORT_MATRIX * sizeof *scatter);
    for (size_t ab = 0; ab < GF_TRANSPORT_MATRIX; ++ab) {
        double other[GF_TRANSPORT_MATRIX];
        memcpy(other, m, sizeof other);
        other[ab] += off[ab];
        (void)bound(overlap, other, moved);
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            scatter[k] += fabs(moved[k] - sigma[k]);
        }
    }
}

/* The bound with M up to each time, of both chains. */
static void follow(const gf_transport *memory, const gf_transport *smaller, size_t p,
                   gf_transport *self) {
    for (size_t row = p * self->times; row < (p + 1) * self->times; ++row) {
        double *sigma = self->onsager[row], *beside = self->smaller_onsager[row];
        double scatter[GF_TRANSPORT_MATRIX];
        memcpy(self->memory[row], memory->onsager[row], sizeof *self->memory);
        (void)bound(self->overlap[p], memory->onsager[row], sigma);
        scatter_of(self->overlap[p], memory, row, scatter);
        if (smaller != NULL) {
            (void)bound(self->overlap[p], smaller->onsager[row], beside);
        }
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            self->onsager_scatter[row][k] = scatter[k];
            self->onsager_error[row][k] = fabs(sigma[k] - beside[k]) + scatter[k];
            self->memory_error[row][k] =
                (smaller != NULL ? fabs(memory->onsager[row][k] - smaller->onsager[row][k]) : NAN) +
                memory->onsager_scatter[row][k];
        }
    }
}

/* What a distance of sigma_ij is measured by. */
static double scale_of(const double *sigma, size_t k) {
    size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
    return sqrt(fabs(sigma[i * (GF_CHARGES + 1)] * sigma[j * (GF_CHARGES + 1)]));
}

static bool agree(const gf_transport *self, size_t row) {
    bool result = true;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        result = result && self->onsager_error[row][k] <= AGREE * scale_of(self->onsager[row], k);
    }
    return result;
}

/* The mean over the second half of the time up to t*, with the largest distance from it of either
 * chain there as its error. False if that is too large. */
static bool find_plateau(gf_transport *self, size_t p) {
    size_t first = p * self->times, last = first, begin = first + 1;
    while (last + 1 < first + self->times && agree(self, last + 1)) {
        ++last;
    }
    self->reliable_time[p] = self->compared > 0 ? self->time[last - first] : NAN;
    while (begin < last && self->time[begin - first] < self->time[last - first] / 2) {
        ++begin;
    }
    if (last < begin + WINDOW) {
        return false;
    }
    bool still = true;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        double mean = 0, apart = 0, scatter = 0;
        for (size_t row = begin; row <= last; ++row) {
            mean += self->onsager[row][k] / (double)(last - begin + 1);
        }
        for (size_t row = begin; row <= last; ++row) {
            apart = fmax(apart, fabs(self->onsager[row][k] - mean));
            apart = fmax(apart, fabs(self->smaller_onsager[row][k] - mean));
            scatter = fmax(scatter, self->onsager_scatter[row][k]);
        }
        self->reliable_onsager[p][k] = self->onsager[last][k];
        self->limit[p][k] = mean;
        self->limit_error[p][k] = apart + scatter;
    }
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        still = still && self->limit_error[p][k] <= STILL * scale_of(self->limit[p], k);
    }
    return still;
}

static void conclude(const gf_transport *memory, const gf_transport *smaller, size_t p,
                     gf_transport *self) {
    clear(self, p);
    memcpy(self->density[p], memory->density[p], sizeof *self->density);
    memcpy(self->susceptibility[p], memory->susceptibility[p], sizeof *self->susceptibility);
    follow(memory, smaller, p, self);
    if (!overlaps(self, p, 0) && !overlaps(self, p, 1)) {
        (void)snprintf(self->reason[p], sizeof self->reason[p],
                       "no current overlaps with the slow modes here");
    } else if (find_plateau(self, p)) {
        self->verdict[p] = GF_LOWER_BOUND;
        refuse(self, p);
        find_diffusion(self, p);
    } else {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            self->limit[p][k] = self->limit_error[p][k] = NAN;
        }
        (void)snprintf(self->reason[p], sizeof self->reason[p],
                       "what makes the slow modes decay has no plateau that two lengths of the "
                       "chain agree on; take a longer one%s",
                       self->compared > 0 ? "" : ", without --alone");
    }
}

/* --- the method ------------------------------------------------------------------------------ */

static gf_status estimate(const gf_model *zeroth, const gf_transport_request *request,
                          const gf_transport_sampling *sampling, gf_transport_cost *cost,
                          gf_error *error) {
    gf_sampled_cost vectors = {0};
    if (sampling == NULL) {
        return gf_transport_estimate(zeroth, request, cost, error);
    }
    gf_status status = gf_transport_sampled_estimate(zeroth, request, sampling, &vectors, error);
    *cost = (gf_transport_cost){.memory = vectors.memory, .seconds = vectors.seconds};
    return status;
}

gf_status gf_transport_memory_estimate(const gf_model *model, const gf_transport_request *request,
                                       const gf_transport_sampling *sampling,
                                       gf_transport_cost *cost, gf_error *error) {
    modes all;
    gf_transport_cost overlap = {0};
    gf_transport_request asked = *request;
    gf_status status = check_model(model, error);
    if (status == GF_OK) {
        status = derive(model, &all, error);
    }
    if (status != GF_OK) {
        return status;
    }
    const couple forces = {{&all.force[0], &all.force[1]}};
    const couple pair = {{&all.mode[0], &all.current[0]}};
    asked.derive = take_couple;
    asked.context = &forces;
    asked.compare = false;
    status = estimate(&all.zeroth, &asked, sampling, cost, error);
    if (status == GF_OK) {
        asked = brief_of(&asked);
        asked.context = &pair;
        status = estimate(&all.zeroth, &asked, sampling, &overlap, error);
        cost->seconds *= request->compare ? (sampling != NULL ? 1.25 : 1.1) : 1; /* N - 2 */
        cost->seconds += GF_TRANSPORT_MATRIX * overlap.seconds;
    }
    free_modes(&all);
    return status;
}

/* M of a chain. */
static gf_status find_memory(const modes *all, const gf_transport_request *request,
                             const gf_transport_sampling *sampling, gf_progress_part *part,
                             double width, gf_transport **memory, gf_error *error) {
    const couple forces = {{&all->force[0], &all->force[1]}};
    gf_progress progress = gf_progress_of_part(part);
    gf_progress_part_next(part, width);
    return correlate(all, &forces, request, sampling, &progress, memory, error);
}

/* M of the next smaller chain, if there is one that is long enough. */
static gf_status find_beside(const gf_model *model, const gf_transport_request *request,
                             const gf_transport_sampling *sampling, gf_progress_part *part,
                             gf_transport **beside, gf_error *error) {
    gf_model *smaller = NULL;
    modes few;
    gf_status status = gf_transport_smaller(model, &smaller, error);
    if (status == GF_OK && smaller != NULL && derive(smaller, &few, NULL) == GF_OK) {
        status = find_memory(&few, request, sampling, part, 0.1, beside, error);
        free_modes(&few);
    }
    gf_model_free(smaller);
    return status;
}

gf_status gf_transport_remember(const gf_model *model, const gf_transport_request *request,
                                const gf_transport_sampling *sampling, gf_transport **transport,
                                gf_error *error) {
    modes all;
    gf_transport *memory = NULL, *beside = NULL;
    gf_progress_part part = {.whole = request->progress};
    gf_transport_sampling fresh = sampling != NULL ? *sampling : (gf_transport_sampling){0};
    gf_transport_sampling largest = fresh; /* the checkpoint is for the longest part */
    const gf_transport_sampling *unkept = sampling != NULL ? &fresh : NULL;
    const gf_transport_sampling *kept = sampling != NULL ? &largest : NULL;
    fresh.checkpoint = NULL;
    largest.kept = model;
    *transport = NULL;
    gf_status status = check_model(model, error);
    if (status == GF_OK) {
        status = derive(model, &all, error);
    }
    if (status != GF_OK) {
        return status;
    }
    status = gf_transport_start(model, request, "memory", transport, error);
    if (status == GF_OK) {
        status = find_memory(&all, request, kept, &part, 0.5, &memory, error);
    }
    if (status == GF_OK && request->compare) {
        status = find_beside(model, request, unkept, &part, &beside, error);
    }
    if (status == GF_OK) {
        status = find_overlaps(&all, request, unkept, &part, *transport, error);
    }
    if (status == GF_OK) {
        (*transport)->compared = beside != NULL ? beside->sites : 0;
        (*transport)->has_modes = true;
        (*transport)->samples = memory->samples;
        (*transport)->seed = memory->seed;
        find_strength(model, &all.rest, *transport);
    }
    for (size_t p = 0; p < request->points && status == GF_OK; ++p) {
        conclude(memory, beside, p, *transport);
    }
    if (status != GF_OK) {
        gf_transport_free(*transport);
        *transport = NULL;
    }
    gf_transport_free(memory);
    gf_transport_free(beside);
    free_modes(&all);
    return status;
}
