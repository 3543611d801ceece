#include "transport/response.h"

#include "algebra/chain.h"
#include "base/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- room ------------------------------------------------------------------------------------ */

gf_response *gf_responses_create(size_t sectors, size_t times) {
    gf_response *self = calloc(sectors + 1, sizeof *self);
    bool complete = self != NULL;
    for (size_t up = 0; up < sectors && complete; ++up) {
        self[up].correlation = calloc(times + 1, sizeof *self->correlation);
        self[up].onsager = calloc(times + 1, sizeof *self->onsager);
        complete = self[up].correlation != NULL && self[up].onsager != NULL;
    }
    if (!complete) {
        gf_responses_free(self, sectors);
        self = NULL;
    }
    return self;
}

void gf_responses_free(gf_response *self, size_t sectors) {
    for (size_t up = 0; up < sectors && self != NULL; ++up) {
        free(self[up].correlation);
        free(self[up].onsager);
    }
    free(self);
}

gf_status gf_response_lines_create(const gf_current_spectrum *spectrum, gf_response_lines *lines,
                                   gf_error *error) {
    size_t most = 1;
    for (int up = 0; up <= spectrum->sites; ++up) {
        size_t count = gf_strengths_most(&spectrum->sector[up].strengths);
        most = count > most ? count : most;
    }
    *lines = (gf_response_lines){.frequency = calloc(most + 1, sizeof *lines->frequency),
                                 .weight = calloc(most + 1, sizeof *lines->weight)};
    return lines->frequency != NULL && lines->weight != NULL
               ? GF_OK
               : gf_fail_memory(error, "the response of the chain");
}

/* --- a sector from its levels ---------------------------------------------------------------- */

/* (1,2) is real part plus imaginary part, (2,1) real part less imaginary part. */
static void add_line(gf_response *self, size_t times, const double *time, double frequency,
                     const double weight[GF_STRENGTHS]) {
    for (size_t t = 0; t < times; ++t) {
        double phase = frequency * time[t], c = cos(phase), s = sin(phase);
        bool small = fabs(phase) < 1e-8;
        double integral = small ? time[t] : s / frequency;
        double odd = small ? 0 : (1 - c) / frequency;
        for (int k = 0; k < GF_J12_IMAGINARY; ++k) {
            self->correlation[t][k] += weight[k] * c;
            self->onsager[t][k] += weight[k] * integral;
        }
        self->correlation[t][GF_J12_IMAGINARY] -= weight[GF_J12_IMAGINARY] * s;
        self->onsager[t][GF_J12_IMAGINARY] -= weight[GF_J12_IMAGINARY] * odd;
    }
}

/* What each level makes by itself, on no grid: of a chain with <J> it all but cancels. */
static void add_levels(gf_response *self, const gf_current_sector *sector, double lambda2) {
    for (size_t n = 0; n < sector->levels; ++n) {
        const gf_current_level *level = &sector->level[n];
        const double *j = level->current;
        double x = level->energy - self->reference, weight = level->degeneracy * exp(-lambda2 * x);
        self->drude[GF_J11] += weight * j[0] * j[0];
        self->drude[GF_J22] += weight * j[1] * j[1];
        self->drude[GF_J12] += weight * j[0] * j[1];
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->mean[i][0] += weight * level->current[i];
            self->mean[i][1] += weight * level->current[i] * x;
        }
    }
}

void gf_response_sum(gf_response *self, const gf_current_sector *sector, gf_kubo form,
                     double lambda2, size_t times, const double *time, gf_response_lines *lines) {
    for (size_t t = 0; t < times; ++t) {
        for (int k = 0; k < GF_STRENGTHS; ++k) {
            self->correlation[t][k] = self->onsager[t][k] = 0;
        }
    }
    memset(self->mean, 0, sizeof self->mean);
    self->reference = sector->level[lambda2 >= 0 ? 0 : sector->levels - 1].energy;
    size_t count = gf_strengths_weigh(&sector->strengths, form, lambda2, self->reference,
                                      lines->frequency, lines->weight, self->drude);
    for (size_t l = 0; l < count; ++l) {
        add_line(self, times, time, lines->frequency[l], lines->weight[l]);
    }
    self->drude[GF_J12_IMAGINARY] = 0; /* (n,m) and (m,n) cancel */
    add_levels(self, sector, lambda2);
    add_line(self, times, time, 0, self->drude);
}

/* --- sectors together ------------------------------------------------------------------------ */

/* += factor * the matrix that strengths make after the signs of a sector. */
static void add_matrix(double factor, const double sign[GF_STRENGTHS],
                       const double strength[GF_STRENGTHS], double matrix[GF_TRANSPORT_MATRIX]) {
    double real = sign[GF_J12] * strength[GF_J12];
    double imaginary = sign[GF_J12_IMAGINARY] * strength[GF_J12_IMAGINARY];
    matrix[0] += factor * strength[GF_J11];
    matrix[1] += factor * (real + imaginary);
    matrix[2] += factor * (real - imaginary);
    matrix[3] += factor * strength[GF_J22];
}

/* What the products of <J_i>, and of J_i with the charges, contribute for ever: per site. */
static void find_conserved(const gf_response *responses, const gf_current_spectrum *spectrum,
                           const gf_state *state, const double *share, double mean[GF_CHARGES],
                           double conserved[GF_TRANSPORT_MATRIX]) {
    double sites = spectrum->sites, along[GF_CHARGES][GF_CHARGES] = {{0}}, inverse[GF_PAIRS];
    for (int up = 0; up <= spectrum->sites; ++up) {
        const gf_current_sector *sector = &spectrum->sector[up];
        const gf_response *source = &responses[sector->source];
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            double here = share[up] * sector->mean_sign[i] * source->mean[i][0];
            double times_energy = share[up] * sector->mean_sign[i] * source->mean[i][1];
            double m = 2.0 * up - sites;
            mean[i] += here;
            along[i][GF_MAGNETIZATION] += here * (m - sites * state->density[GF_MAGNETIZATION]);
            along[i][GF_ENERGY] +=
                times_energy + here * (source->reference - sites * state->density[GF_ENERGY]);
        }
    }
    bool regular = gf_matrix_invert(state->susceptibility, inverse);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        conserved[k] = mean[i] * mean[j] * sites; /* `share` is per site */
        for (size_t a = 0; a < GF_CHARGES && regular; ++a) {
            for (size_t b = 0; b < GF_CHARGES; ++b) {
                conserved[k] += along[i][a] * inverse[gf_pair(a, b)] * along[j][b];
            }
        }
    }
}

static void subtract(gf_transport *result, size_t point,
                     const double conserved[GF_TRANSPORT_MATRIX]) {
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        result->drude[point][k] -= conserved[k];
        for (size_t t = 0; t < result->times; ++t) {
            result->correlation[point * result->times + t][k] -= conserved[k];
            result->onsager[point * result->times + t][k] -= conserved[k] * result->time[t];
        }
    }
}

static void set_state(const gf_state *state, size_t point, gf_transport *result) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        result->density[point][i] = state->density[i];
    }
    for (size_t k = 0; k < GF_PAIRS; ++k) {
        result->susceptibility[point][k] = state->susceptibility[k];
    }
}

void gf_responses_add(const gf_response *responses, const gf_current_spectrum *spectrum,
                      gf_gibbs *gibbs, size_t point, gf_transport *result) {
    const double *lambda = result->lambda[point];
    double sites = spectrum->sites, share[GF_CHAIN_MAX_SITES + 1];
    gf_state state;
    gf_gibbs_evaluate(gibbs, lambda, GF_DENSITIES, &state);
    set_state(&state, point, result);
    for (int up = 0; up <= spectrum->sites; ++up) {
        const gf_current_sector *sector = &spectrum->sector[up];
        const gf_response *source = &responses[sector->source];
        double exponent = -lambda[0] * (2.0 * up - sites) - lambda[1] * source->reference;
        share[up] = exp(exponent - sites * state.log_partition) / sites;
        add_matrix(share[up], sector->sign, source->drude, result->drude[point]);
        for (size_t t = 0; t < result->times; ++t) {
            size_t row = point * result->times + t;
            add_matrix(share[up], sector->sign, source->correlation[t], result->correlation[row]);
            add_matrix(share[up], sector->sign, source->onsager[t], result->onsager[row]);
        }
    }
    if (spectrum->has_means) {
        double conserved[GF_TRANSPORT_MATRIX];
        find_conserved(responses, spectrum, &state, share, result->mean_current[point], conserved);
        subtract(result, point, conserved);
    }
}
