#include "transport/transport.h"

#include "base/matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double AGREE = 0.02, STILL = 0.02;
enum { WINDOW = 4 }; /* the fewest times that tell whether something moves */

const char *gf_transport_verdict_name(gf_transport_verdict self) {
    static const char *const names[] = {[GF_SETTLED] = "settled",
                                        [GF_EXTRAPOLATED] = "extrapolated",
                                        [GF_LOWER_BOUND] = "lower bound",
                                        [GF_NOT_SETTLED] = "not settled"};
    return names[self];
}

/* --- room ------------------------------------------------------------------------------------ */

gf_status gf_transport_create(size_t points, size_t times, gf_transport **transport,
                              gf_error *error) {
    gf_transport *self = *transport = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the transport coefficients");
    }
    size_t rows = points * times + 1;
    *self = (gf_transport){.points = points, .times = times};
    void *all[] = {self->time = calloc(times + 1, sizeof *self->time),
                   self->lambda = calloc(points + 1, sizeof *self->lambda),
                   self->density = calloc(points + 1, sizeof *self->density),
                   self->susceptibility = calloc(points + 1, sizeof *self->susceptibility),
                   self->mean_current = calloc(points + 1, sizeof *self->mean_current),
                   self->drude = calloc(points + 1, sizeof *self->drude),
                   self->correlation = calloc(rows, sizeof *self->correlation),
                   self->correlation_error = calloc(rows, sizeof *self->correlation_error),
                   self->onsager = calloc(rows, sizeof *self->onsager),
                   self->onsager_error = calloc(rows, sizeof *self->onsager_error),
                   self->correlation_scatter = calloc(rows, sizeof *self->correlation_scatter),
                   self->onsager_scatter = calloc(rows, sizeof *self->onsager_scatter),
                   self->memory = calloc(rows, sizeof *self->memory),
                   self->memory_error = calloc(rows, sizeof *self->memory_error),
                   self->overlap = calloc(points + 1, sizeof *self->overlap),
                   self->overlap_scatter = calloc(points + 1, sizeof *self->overlap_scatter),
                   self->smaller_onsager = calloc(rows, sizeof *self->smaller_onsager),
                   self->reliable_time = calloc(points + 1, sizeof *self->reliable_time),
                   self->reliable_onsager = calloc(points + 1, sizeof *self->reliable_onsager),
                   self->verdict = calloc(points + 1, sizeof *self->verdict),
                   self->reason = calloc(points + 1, sizeof *self->reason),
                   self->choice_onsager =
                       calloc(points * GF_TRANSPORT_CHOICES + 1, sizeof *self->choice_onsager),
                   self->bounded = calloc(points + 1, sizeof *self->bounded),
                   self->reference = calloc(points + 1, sizeof *self->reference),
                   self->tail_time = calloc(points + 1, sizeof *self->tail_time),
                   self->way_onsager =
                       calloc(points * GF_TRANSPORT_WAYS + 1, sizeof *self->way_onsager),
                   self->limit = calloc(points + 1, sizeof *self->limit),
                   self->limit_error = calloc(points + 1, sizeof *self->limit_error),
                   self->diffusion = calloc(points + 1, sizeof *self->diffusion),
                   self->diffusion_error = calloc(points + 1, sizeof *self->diffusion_error)};
    for (size_t k = 0; k < sizeof all / sizeof *all; ++k) {
        if (all[k] == NULL) {
            gf_transport_free(self);
            *transport = NULL;
            return gf_fail_memory(error, "the transport coefficients");
        }
    }
    for (size_t row = 0; row < rows; ++row) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            self->smaller_onsager[row][k] = NAN;
        }
    }
    return GF_OK;
}

void gf_transport_free(gf_transport *self) {
    if (self == NULL) {
        return;
    }
    free(self->time);
    free(self->lambda);
    free(self->density);
    free(self->susceptibility);
    free(self->mean_current);
    free(self->drude);
    free(self->correlation);
    free(self->correlation_error);
    free(self->onsager);
    free(self->onsager_error);
    free(self->correlation_scatter);
    free(self->onsager_scatter);
    free(self->memory);
    free(self->memory_error);
    free(self->overlap);
    free(self->overlap_scatter);
    free(self->smaller_onsager);
    free(self->reliable_time);
    free(self->reliable_onsager);
    free(self->verdict);
    free(self->reason);
    free(self->choice_onsager);
    free(self->bounded);
    free(self->reference);
    free(self->tail_time);
    free(self->way_onsager);
    free(self->limit);
    free(self->limit_error);
    free(self->diffusion);
    free(self->diffusion_error);
    free(self);
}

#define COPY(member, count) memcpy(self->member, from->member, (count) * sizeof *self->member)
gf_status gf_transport_copy(const gf_transport *from, size_t points, gf_transport **transport,
                            gf_error *error) {
    gf_status status = gf_transport_create(points, from->times, transport, error);
    if (status != GF_OK) {
        return status;
    }
    gf_transport *self = *transport;
    size_t rows = points * from->times;
    self->method = from->method;
    self->form = from->form;
    self->exact = from->exact;
    self->sites = from->sites;
    self->compared = from->compared;
    self->longest = from->longest;
    self->samples = from->samples;
    self->seed = from->seed;
    COPY(time, from->times);
    COPY(lambda, points);
    COPY(density, points);
    COPY(susceptibility, points);
    COPY(mean_current, points);
    COPY(drude, points);
    COPY(correlation, rows);
    COPY(correlation_error, rows);
    COPY(onsager, rows);
    COPY(onsager_error, rows);
    COPY(smaller_onsager, rows);
    COPY(correlation_scatter, rows);
    COPY(onsager_scatter, rows);
    COPY(reliable_time, points);
    COPY(reliable_onsager, points);
    COPY(verdict, points);
    COPY(reason, points);
    COPY(bounded, points);
    COPY(limit, points);
    COPY(limit_error, points);
    COPY(diffusion, points);
    COPY(diffusion_error, points);
    return GF_OK;
}
#undef COPY

#define CARRY(member, first, count)                                                                \
    gf_bytes_carry(bytes, self->member + (first), (count) * sizeof *self->member)
void gf_transport_carry(gf_transport *self, size_t point, gf_bytes *bytes) {
    size_t row = point * self->times;
    CARRY(density, point, 1);
    CARRY(susceptibility, point, 1);
    CARRY(mean_current, point, 1);
    CARRY(drude, point, 1);
    CARRY(correlation, row, self->times);
    CARRY(onsager, row, self->times);
    CARRY(correlation_scatter, row, self->times);
    CARRY(onsager_scatter, row, self->times);
}
#undef CARRY

/* Rows of D solve D C = sigma, and C is symmetric. */
bool gf_transport_divide(const double susceptibility[GF_PAIRS], const double *sigma, double *d) {
    double c[GF_CHARGES][GF_CHARGES];
    bool regular = true;
    gf_matrix_unpack(susceptibility, c);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        regular = regular && gf_matrix_solve(c, sigma + i * GF_CHARGES, d + i * GF_CHARGES);
    }
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX && !regular; ++k) {
        d[k] = NAN;
    }
    return regular;
}

/* --- the judgement --------------------------------------------------------------------------- */

/* What an error of sigma_ij is measured by: sqrt(sigma_ii sigma_jj). */
static double scale_of(const double sigma[GF_TRANSPORT_MATRIX], size_t element) {
    size_t i = element / GF_CHARGES, j = element % GF_CHARGES;
    return sqrt(fabs(sigma[i * (GF_CHARGES + 1)] * sigma[j * (GF_CHARGES + 1)]));
}

static size_t last_within(size_t times, const double (*sigma)[GF_TRANSPORT_MATRIX],
                          const double (*error)[GF_TRANSPORT_MATRIX], double tolerance) {
    for (size_t t = 1; t < times; ++t) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            if (!(error[t][k] <= tolerance * scale_of(sigma[t], k))) {
                return t - 1;
            }
        }
    }
    return times > 0 ? times - 1 : 0;
}

size_t gf_transport_last_reliable(size_t times, const double (*sigma)[GF_TRANSPORT_MATRIX],
                                  const double (*error)[GF_TRANSPORT_MATRIX]) {
    return last_within(times, sigma, error, AGREE);
}

size_t gf_transport_agree(const gf_transport *self, size_t point, double tolerance) {
    typedef const double(*matrices)[GF_TRANSPORT_MATRIX];
    size_t row = point * self->times;
    return self->compared > 0
               ? last_within(self->times, (matrices)(const void *)(self->onsager + row),
                             (matrices)(const void *)(self->onsager_error + row), tolerance)
               : 0;
}

/* Over the second half of the reliable time: by how much each sigma_ij moves. False if by too much,
 * or if that cannot be told. */
static bool stands_still(const gf_transport *self, size_t point, size_t last,
                         double movement[GF_TRANSPORT_MATRIX]) {
    const double(*sigma)[GF_TRANSPORT_MATRIX] =
        (const double(*)[GF_TRANSPORT_MATRIX])self->onsager + point * self->times;
    size_t first = last;
    while (first > 0 && self->time[first - 1] >= self->time[last] / 2) {
        --first;
    }
    bool still = last - first >= WINDOW;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        movement[k] = 0;
        for (size_t t = first; t < last; ++t) {
            movement[k] = fmax(movement[k], fabs(sigma[t][k] - sigma[last][k]));
        }
        still = still && movement[k] <= STILL * scale_of(sigma[last], k);
    }
    return still;
}

static void settle(gf_transport *self, size_t point, size_t last, const double *movement,
                   const double inverse[GF_PAIRS]) {
    const double *sigma = self->onsager[point * self->times + last];
    const double *difference = self->onsager_error[point * self->times + last];
    self->verdict[point] = GF_SETTLED;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        self->limit[point][k] = sigma[k];
        self->limit_error[point][k] = 3 * movement[k] + difference[k];
    }
    (void)gf_transport_divide(self->susceptibility[point], sigma, self->diffusion[point]);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        self->diffusion_error[point][k] = 0;
        for (size_t l = 0; l < GF_CHARGES; ++l) {
            self->diffusion_error[point][k] +=
                self->limit_error[point][i * GF_CHARGES + l] * fabs(inverse[gf_pair(l, j)]);
        }
    }
}

void gf_transport_judge(gf_transport *self) {
    for (size_t p = 0; p < self->points; ++p) {
        double movement[GF_TRANSPORT_MATRIX], inverse[GF_PAIRS];
        size_t last = gf_transport_agree(self, p, AGREE);
        bool known = self->compared > 0;
        self->reliable_time[p] = known ? self->time[last] : NAN;
        self->verdict[p] = GF_NOT_SETTLED;
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            self->reliable_onsager[p][k] = known ? self->onsager[p * self->times + last][k] : NAN;
            self->limit[p][k] = self->limit_error[p][k] = NAN;
            self->diffusion[p][k] = self->diffusion_error[p][k] = NAN;
        }
        if (!gf_matrix_invert(self->susceptibility[p], inverse)) {
            (void)snprintf(self->reason[p], sizeof self->reason[p],
                           "C is singular: magnetisation or energy do not fluctuate here, or are "
                           "not independent, and there is no D");
        } else if (known && stands_still(self, p, last, movement)) {
            settle(self, p, last, movement, inverse);
        }
    }
}
