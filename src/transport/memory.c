#include "transport/memory.h"

#include "base/matrix.h"
#include "transport/request.h"
#include "transport/slow_modes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* An overlap smaller than this, of the lengths of both, is none. */
static const double NO_OVERLAP = 1e-6;

/* Two chains agree on the bound, and it stands still: relative. M of an integrable chain wavers. */
static const double AGREE = 0.06, STILL = 0.1;
enum { WINDOW = 4 }; /* the fewest times of a plateau */
/* What makes modes decay is faster than currents are. */
enum { REFINE = 2 };
/* The last time for what is looked at at the start alone. */
static const double BRIEF = 1e-3;

/* --- questions ------------------------------------------------------------------------------- */

/* What both chains are asked. M of the smaller one comes last, and may be missing. */
enum { FORCES, OVERLAPS, BESIDE = OVERLAPS + GF_TRANSPORT_MATRIX, QUESTIONS };
typedef struct inquiry {
    gf_model *smaller; /* or NULL */
    gf_slow_modes all, few;
    gf_transport_question question[QUESTIONS];
    size_t count;
} inquiry;

/* The response of two operators under H_0. */
static gf_transport_request *add(inquiry *self, const gf_slow_modes *modes,
                                 const gf_operator *first, const gf_operator *second,
                                 const gf_transport_request *request) {
    gf_transport_question *one = &self->question[self->count++];
    *one = (gf_transport_question){&modes->zeroth, *request};
    one->request.operators[0] = first;
    one->request.operators[1] = second;
    return &one->request;
}

/* Overlaps are products at equal times, and of whatever form: c_a commutes with H_0. */
static void add_overlaps(inquiry *self, const gf_transport_request *request) {
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        gf_transport_request *brief = add(self, &self->all, &self->all.mode[k / GF_CHARGES],
                                          &self->all.current[k % GF_CHARGES], request);
        brief->form = GF_SYMMETRISED;
        brief->time.to = fmin(brief->time.to, BRIEF);
        brief->time.points = 2;
    }
}

static void close_inquiry(inquiry *self) {
    gf_slow_modes_free(&self->all);
    gf_slow_modes_free(&self->few);
    gf_model_free(self->smaller);
}

/* It must not be moved. */
static gf_status open_inquiry(inquiry *self, const gf_model *model,
                              const gf_transport_request *request, gf_error *error) {
    *self = (inquiry){.count = 0};
    gf_status status = gf_slow_modes_derive(model, &self->all, error);
    if (status != GF_OK) {
        return status;
    }
    add(self, &self->all, &self->all.force[0], &self->all.force[1], request);
    add_overlaps(self, request);
    if (request->compare) {
        status = gf_transport_smaller(model, &self->smaller, error);
    }
    if (self->smaller != NULL && gf_slow_modes_derive(self->smaller, &self->few, NULL) == GF_OK) {
        add(self, &self->few, &self->few.force[0], &self->few.force[1], request);
    }
    if (status != GF_OK) {
        close_inquiry(self);
    }
    return status;
}

/* --- answers --------------------------------------------------------------------------------- */

/* Whether every sector of H_0 is small enough to be diagonalised. */
static gf_status is_short(const gf_model *model, bool *result, gf_error *error) {
    size_t largest;
    gf_status status = gf_sampled_chain_exact(model, &largest, error);
    *result = gf_basis_dimension(model->chain.sites, model->chain.sites / 2) <= largest;
    return status;
}

static gf_status answer(const inquiry *self, const gf_model *model,
                        const gf_transport_sampling *sampling, const gf_progress *progress,
                        gf_transport **results, gf_error *error) {
    bool brief = false;
    gf_transport_sampling finer = *sampling;
    finer.refine = REFINE;
    gf_status status = is_short(&self->all.zeroth, &brief, error);
    return status != GF_OK ? status
           : brief ? gf_transport_diagonalise(self->question, self->count, progress, results, error)
                   : gf_transport_ask(model, self->question, self->count, &finer, progress, results,
                                      error);
}

/* (c_a; J_i)/N, and where that is none, 0. */
static void find_overlaps(gf_transport *const *results, gf_transport *self) {
    for (size_t p = 0; p < self->points; ++p) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            const gf_transport *one = results[OVERLAPS + k];
            const double *product = one->correlation[p * one->times];
            const double *scatter = one->correlation_scatter[p * one->times];
            double length = sqrt(fabs(product[0] * product[3]));
            bool none = fabs(product[1]) <= NO_OVERLAP * length;
            self->overlap[p][k] = none ? 0 : product[1];
            self->overlap_scatter[p][k] = none ? 0 : scatter[1];
        }
    }
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
            self->correlation_scatter[row][k] = self->samples > 0 ? NAN : 0;
            self->onsager[row][k] = self->onsager_error[row][k] = NAN;
            self->smaller_onsager[row][k] = NAN;
        }
    }
}

/* What statistical errors of X and M do to the bound, at worst: with u = M^-1 X,
 * d sigma = dX' u + u' dX - u' dM u. */
static void scatter_bound(const gf_transport *self, size_t p, const gf_transport *memory,
                          size_t row, double scatter[GF_TRANSPORT_MATRIX]) {
    const double *m = memory->onsager[row], *x = self->overlap[p];
    double u[GF_TRANSPORT_MATRIX], determinant = m[0] * m[3] - m[1] * m[2];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        u[i] = fabs(m[3] * x[i] - m[1] * x[GF_CHARGES + i]) / fabs(determinant);
        u[GF_CHARGES + i] = fabs(m[0] * x[GF_CHARGES + i] - m[2] * x[i]) / fabs(determinant);
    }
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        scatter[k] = 0;
        for (size_t a = 0; a < GF_CHARGES; ++a) {
            scatter[k] += self->overlap_scatter[p][a * GF_CHARGES + i] * u[a * GF_CHARGES + j] +
                          self->overlap_scatter[p][a * GF_CHARGES + j] * u[a * GF_CHARGES + i];
            for (size_t b = 0; b < GF_CHARGES; ++b) {
                scatter[k] += u[a * GF_CHARGES + i] * u[b * GF_CHARGES + j] *
                              memory->onsager_scatter[row][a * GF_CHARGES + b];
            }
        }
    }
}

/* The bound with M up to each time, of both chains. */
static void follow(const gf_transport *memory, const gf_transport *smaller, size_t p,
                   gf_transport *self) {
    for (size_t row = p * self->times; row < (p + 1) * self->times; ++row) {
        double *sigma = self->onsager[row], *beside = self->smaller_onsager[row];
        double *scatter = self->onsager_scatter[row];
        memcpy(self->memory[row], memory->onsager[row], sizeof *self->memory);
        bool regular = bound(self->overlap[p], memory->onsager[row], sigma);
        if (self->samples > 0 && regular) {
            scatter_bound(self, p, memory, row, scatter);
        }
        if (smaller != NULL) {
            (void)bound(self->overlap[p], smaller->onsager[row], beside);
        }
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
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
 * chain there as its error, to
 * which the statistical one adds. False if that is too large. */
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

gf_status gf_transport_memory_estimate(const gf_model *model, const gf_transport_request *request,
                                       const gf_transport_sampling *sampling, gf_sampled_cost *cost,
                                       gf_error *error) {
    inquiry all;
    bool brief = false;
    gf_transport_sampling finer = *sampling;
    *cost = (gf_sampled_cost){0};
    finer.refine = REFINE;
    gf_status status = open_inquiry(&all, model, request, error);
    if (status != GF_OK) {
        return status;
    }
    status = is_short(&all.all.zeroth, &brief, error);
    if (status == GF_OK && !brief) {
        status = gf_transport_ask_estimate(all.question, all.count, &finer, cost, error);
    } else if (status == GF_OK) {
        gf_transport_cost levels;
        status = gf_transport_diagonalise_estimate(all.question, all.count, &levels, error);
        cost->memory = levels.memory;
        cost->seconds = levels.seconds;
    }
    close_inquiry(&all);
    return status;
}

static void name_strength(const gf_model *model, const gf_slow_modes *modes, gf_transport *self) {
    const gf_parameter *parameter = gf_slow_modes_strength(model, modes);
    self->strength = parameter != NULL ? parameter->value : NAN;
    (void)snprintf(self->strength_name, sizeof self->strength_name, "%s",
                   parameter != NULL ? parameter->name : "");
}

gf_status gf_transport_remember(const gf_model *model, const gf_transport_request *request,
                                const gf_transport_sampling *sampling, gf_transport **transport,
                                gf_error *error) {
    inquiry all;
    gf_transport *results[QUESTIONS] = {NULL};
    *transport = NULL;
    gf_status status = open_inquiry(&all, model, request, error);
    if (status != GF_OK) {
        return status;
    }
    status = answer(&all, model, sampling, request->progress, results, error);
    if (status == GF_OK) {
        status = gf_transport_start(model, request, "memory", transport, error);
    }
    if (status == GF_OK) {
        gf_transport *self = *transport;
        self->samples = results[FORCES]->samples;
        self->seed = results[FORCES]->seed;
        self->compared = results[BESIDE] != NULL ? results[BESIDE]->sites : 0;
        self->has_modes = true;
        name_strength(model, &all.all, self);
        find_overlaps(results, self);
        for (size_t p = 0; p < request->points; ++p) {
            conclude(results[FORCES], results[BESIDE], p, self);
        }
    }
    for (size_t q = 0; q < QUESTIONS; ++q) {
        gf_transport_free(results[q]);
    }
    close_inquiry(&all);
    return status;
}
