#include "transport/transport.h"

#include "base/matrix.h"

#include <math.h>
#include <stdlib.h>

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
                   self->reliable_time = calloc(points + 1, sizeof *self->reliable_time),
                   self->reliable_onsager = calloc(points + 1, sizeof *self->reliable_onsager),
                   self->verdict = calloc(points + 1, sizeof *self->verdict),
                   self->reason = calloc(points + 1, sizeof *self->reason),
                   self->choice_onsager =
                       calloc(points * GF_TRANSPORT_CHOICES + 1, sizeof *self->choice_onsager),
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
    free(self->reliable_time);
    free(self->reliable_onsager);
    free(self->verdict);
    free(self->reason);
    free(self->choice_onsager);
    free(self->limit);
    free(self->limit_error);
    free(self->diffusion);
    free(self->diffusion_error);
    free(self);
}

/* --- the judgement --------------------------------------------------------------------------- */

/* What an error of sigma_ij is measured by: sqrt(sigma_ii sigma_jj). */
static double scale_of(const double sigma[GF_TRANSPORT_MATRIX], size_t element) {
    size_t i = element / GF_CHARGES, j = element % GF_CHARGES;
    return sqrt(fabs(sigma[i * (GF_CHARGES + 1)] * sigma[j * (GF_CHARGES + 1)]));
}

size_t gf_transport_last_reliable(size_t times, const double (*sigma)[GF_TRANSPORT_MATRIX],
                                  const double (*error)[GF_TRANSPORT_MATRIX]) {
    for (size_t t = 1; t < times; ++t) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            if (!(error[t][k] <= AGREE * scale_of(sigma[t], k))) {
                return t - 1;
            }
        }
    }
    return times > 0 ? times - 1 : 0;
}

static size_t last_reliable(const gf_transport *self, size_t point) {
    typedef const double(*matrices)[GF_TRANSPORT_MATRIX];
    size_t row = point * self->times;
    return gf_transport_last_reliable(self->times, (matrices)self->onsager + row,
                                      (matrices)self->onsager_error + row);
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

static void settle(gf_transport *self, size_t point, size_t last, const double *movement) {
    const double *sigma = self->onsager[point * self->times + last];
    const double *difference = self->onsager_error[point * self->times + last];
    double inverse[GF_PAIRS];
    if (!gf_matrix_invert(self->susceptibility[point], inverse)) {
        return;
    }
    self->verdict[point] = GF_SETTLED;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        self->limit[point][k] = sigma[k];
        self->limit_error[point][k] = 3 * movement[k] + difference[k];
    }
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        self->diffusion[point][k] = self->diffusion_error[point][k] = 0;
        for (size_t l = 0; l < GF_CHARGES; ++l) {
            double factor = inverse[gf_pair(l, j)];
            self->diffusion[point][k] += sigma[i * GF_CHARGES + l] * factor;
            self->diffusion_error[point][k] +=
                self->limit_error[point][i * GF_CHARGES + l] * fabs(factor);
        }
    }
}

void gf_transport_judge(gf_transport *self) {
    for (size_t p = 0; p < self->points; ++p) {
        double movement[GF_TRANSPORT_MATRIX];
        size_t last = self->compared > 0 ? last_reliable(self, p) : 0;
        bool known = self->compared > 0;
        self->reliable_time[p] = known ? self->time[last] : NAN;
        self->verdict[p] = GF_NOT_SETTLED;
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            self->reliable_onsager[p][k] = known ? self->onsager[p * self->times + last][k] : NAN;
            self->limit[p][k] = self->limit_error[p][k] = NAN;
            self->diffusion[p][k] = self->diffusion_error[p][k] = NAN;
        }
        if (known && stands_still(self, p, last, movement)) {
            settle(self, p, last, movement);
        }
    }
}
