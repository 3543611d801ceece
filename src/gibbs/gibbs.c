#include "gibbsflow/gibbs.h"

#include "base/matrix.h"
#include "gibbs/boltzmann.h"
#include "spectrum/spectrum.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* By how many numbers by_charge grows with each channel. */
enum { SQUARE = GF_CHARGES * GF_CHARGES };

/* Sums of one sector: weight, weight x, weight x^2, then the observables, then x times the forces.
 */
enum { MOMENTS = 3, MAX_NEWTON_STEPS = 200, MAX_HALVINGS = 40 };

static const double MAX_STEP = 2;       /* of lambda in one Newton step, dimensionless */
static const double CLOSE_ENOUGH = 1e3; /* times the goal, where rounding prevents more */

struct gf_gibbs {
    const gf_spectrum *spectrum;
    double *rates;
    double *weight; /* [levels] */
    size_t stride;
    double *sums;      /* [sites + 1][stride] */
    double *reference; /* [sites + 1]: the energy of the largest weight in the sector */
    double *mean;      /* [stride]: the totals */
    double *by_charge; /* [channels][GF_CHARGES][GF_CHARGES]: sums of force_i (Q_j - reference) */
    double lambda2;    /* of the sums */
    int extent;        /* of the sums; -1: none */
    double *force;     /* [GF_CHARGES][levels]: at the rates, all channels together */
    double *pull;      /* [sites + 1][GF_CHARGES][2]: sums of weight force_i and of that times x */
    bool has_force, has_pull; /* at these rates; at these and lambda2 */
};

gf_status gf_gibbs_create(const gf_spectrum *spectrum, const double *rates, gf_gibbs **gibbs,
                          gf_error *error) {
    gf_gibbs *self = calloc(1, sizeof *self);
    *gibbs = self;
    if (self != NULL) {
        size_t sectors = (size_t)spectrum->sites + 1;
        self->spectrum = spectrum;
        self->extent = -1;
        self->stride = MOMENTS + spectrum->channels * (GF_OBSERVABLES + GF_CHARGES);
        self->rates = malloc(spectrum->channels * sizeof(double));
        self->weight = malloc(spectrum->levels * sizeof(double));
        self->sums = malloc(sectors * self->stride * sizeof(double));
        self->reference = malloc(sectors * sizeof(double));
        self->mean = malloc(self->stride * sizeof(double));
        self->by_charge = malloc(spectrum->channels * SQUARE * sizeof(double));
        self->force = malloc(GF_CHARGES * spectrum->levels * sizeof(double));
        self->pull = malloc(sectors * GF_CHARGES * 2 * sizeof(double));
    }
    if (self == NULL || self->rates == NULL || self->weight == NULL || self->sums == NULL ||
        self->reference == NULL || self->mean == NULL || self->by_charge == NULL ||
        self->force == NULL || self->pull == NULL) {
        gf_gibbs_free(self);
        *gibbs = NULL;
        return gf_fail_memory(error, "Gibbs sums");
    }
    gf_gibbs_set_rates(self, rates);
    return GF_OK;
}

void gf_gibbs_free(gf_gibbs *self) {
    if (self != NULL) {
        free(self->rates);
        free(self->weight);
        free(self->sums);
        free(self->reference);
        free(self->mean);
        free(self->by_charge);
        free(self->force);
        free(self->pull);
        free(self);
    }
}

void gf_gibbs_set_rates(gf_gibbs *self, const double *rates) {
    memcpy(self->rates, rates, self->spectrum->channels * sizeof *rates);
    self->has_force = self->has_pull = false;
}

const double *gf_gibbs_rates(const gf_gibbs *self) {
    return self->rates;
}

const gf_spectrum *gf_gibbs_spectrum(const gf_gibbs *self) {
    return self->spectrum;
}

/* --- Boltzmann sums -------------------------------------------------------------------------- */

/* The sector whose energies, hence weights, those of sector `up` repeat: itself or an earlier one.
 */
static int original_sector(const gf_spectrum *spectrum, int up) {
    return spectrum->mirrored && 2 * up > spectrum->sites ? spectrum->sites - up : up;
}

static void weigh_sector(gf_gibbs *self, int up, double lambda2) {
    const gf_spectrum *spectrum = self->spectrum;
    int original = original_sector(spectrum, up);
    double *sums = self->sums + (size_t)up * self->stride;
    if (original != up) {
        self->reference[up] = self->reference[original];
        memcpy(sums, self->sums + (size_t)original * self->stride, MOMENTS * sizeof *sums);
        return;
    }
    size_t first = spectrum->sector[up], count = spectrum->sector[up + 1] - first;
    const double *energy = spectrum->energy + first;
    self->reference[up] = lambda2 >= 0 ? energy[0] : energy[count - 1];
    gf_boltzmann_weigh(count, energy, spectrum->degeneracy + first, lambda2, self->reference[up],
                       self->weight + first, sums);
}

static void sum_sector(gf_gibbs *self, int up, gf_gibbs_extent extent) {
    const gf_spectrum *spectrum = self->spectrum;
    size_t first = spectrum->sector[up], count = spectrum->sector[up + 1] - first;
    const double *energy = spectrum->energy + first;
    const double *weight = self->weight + spectrum->sector[original_sector(spectrum, up)];
    double *observable = self->sums + (size_t)up * self->stride + MOMENTS;
    double *slope = observable + spectrum->channels * GF_OBSERVABLES;
    for (size_t c = 0; c < spectrum->channels; ++c) {
        for (size_t k = 0; k < GF_OBSERVABLES; ++k) {
            const double *value = gf_spectrum_observable(spectrum, c, k) + first;
            observable[c * GF_OBSERVABLES + k] = gf_boltzmann_mean(count, weight, value);
            if (extent == GF_SLOPES && k < GF_FORCE + GF_CHARGES) {
                slope[c * GF_CHARGES + k - GF_FORCE] =
                    gf_boltzmann_energy_mean(count, weight, value, energy, self->reference[up]);
            }
        }
    }
}

/* Weights depend on lambda2 alone, whatever is averaged with them. */
static void prepare_sums(gf_gibbs *self, double lambda2, gf_gibbs_extent extent) {
    bool weighed = self->extent >= 0 && self->lambda2 == lambda2;
    self->has_pull = self->has_pull && weighed;
    for (int up = 0; up <= self->spectrum->sites && !weighed; ++up) {
        weigh_sector(self, up, lambda2);
    }
    int known = weighed ? self->extent : (int)GF_DENSITIES;
    for (int up = 0; up <= self->spectrum->sites && (int)extent > known; ++up) {
        sum_sector(self, up, extent);
    }
    self->lambda2 = lambda2;
    self->extent = (int)extent > known ? (int)extent : known;
}

/* The sums of the force at the rates, once the weights are there. */
static void prepare_pull(gf_gibbs *self) {
    const gf_spectrum *spectrum = self->spectrum;
    size_t levels = spectrum->levels;
    for (size_t i = 0; i < GF_CHARGES && !self->has_force; ++i) {
        double *force = self->force + i * levels;
        memset(force, 0, levels * sizeof *force);
        for (size_t c = 0; c < spectrum->channels; ++c) {
            const double *value = gf_spectrum_observable(spectrum, c, GF_FORCE + i);
            for (size_t n = 0; n < levels; ++n) {
                force[n] += self->rates[c] * value[n];
            }
        }
    }
    self->has_force = true;
    for (int up = 0; up <= spectrum->sites && !self->has_pull; ++up) {
        size_t first = spectrum->sector[up], count = spectrum->sector[up + 1] - first;
        const double *weight = self->weight + spectrum->sector[original_sector(spectrum, up)];
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            gf_boltzmann_moments(count, weight, self->force + i * levels + first,
                                 spectrum->energy + first, self->reference[up],
                                 self->pull + 2 * ((size_t)up * GF_CHARGES + i));
        }
    }
    self->has_pull = true;
}

/* Sums over sectors of charges counted from those of the largest weight, so that nothing cancels
 * when a single state dominates. */
typedef struct totals {
    double weight, q[GF_CHARGES], qq[GF_PAIRS];                  /* of 1, Q_i, Q_i Q_j */
    double force[GF_CHARGES], by_charge[GF_CHARGES][GF_CHARGES]; /* f_i, f_i Q_j at the rates */
} totals;

static void add_sector(gf_gibbs *self, int up, double weight, double m, double shift,
                       gf_gibbs_extent extent, totals *total) {
    size_t channels = self->spectrum->channels;
    const double *sums = self->sums + (size_t)up * self->stride;
    double one = weight * sums[0], e = weight * (sums[1] + shift * sums[0]);
    total->weight += one;
    total->q[0] += one * m;
    total->q[1] += e;
    total->qq[0] += one * m * m;
    total->qq[1] += e * m;
    total->qq[2] += weight * (sums[2] + shift * (2 * sums[1] + shift * sums[0]));
    if (extent == GF_DENSITIES) {
        return;
    }
    const double *observable = sums + MOMENTS, *slope = observable + channels * GF_OBSERVABLES;
    for (size_t k = 0; k < channels * GF_OBSERVABLES; ++k) {
        self->mean[k] += weight * observable[k];
    }
    for (size_t c = 0; c < channels && extent == GF_SLOPES; ++c) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            double force = observable[c * GF_OBSERVABLES + GF_FORCE + i];
            double *by_charge = self->by_charge + c * SQUARE + i * GF_CHARGES;
            by_charge[GF_MAGNETIZATION] += weight * force * m;
            by_charge[GF_ENERGY] += weight * (slope[c * GF_CHARGES + i] + shift * force);
        }
    }
}

static void add_pull(const gf_gibbs *self, int up, double weight, double m, double shift,
                     totals *total) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        const double *sum = self->pull + 2 * ((size_t)up * GF_CHARGES + i);
        total->force[i] += weight * sum[0];
        total->by_charge[i][GF_MAGNETIZATION] += weight * sum[0] * m;
        total->by_charge[i][GF_ENERGY] += weight * (sum[1] + shift * sum[0]);
    }
}

static void finish_pull(const totals *total, const double mean_charge[GF_CHARGES],
                        gf_state *state) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        state->force[i] = total->force[i] / total->weight;
        for (size_t j = 0; j < GF_CHARGES; ++j) {
            state->force_slope[i][j] =
                state->force[i] * mean_charge[j] - total->by_charge[i][j] / total->weight;
        }
    }
}

static void finish_response(gf_gibbs *self, const totals *total,
                            const double mean_charge[GF_CHARGES], gf_gibbs_extent extent,
                            gf_state *state) {
    size_t channels = self->spectrum->channels;
    for (size_t k = 0; k < channels * GF_OBSERVABLES; ++k) {
        self->mean[k] /= total->weight;
    }
    state->observables = self->mean;
    for (size_t c = 0; c < channels; ++c) {
        const double *force = self->mean + c * GF_OBSERVABLES + GF_FORCE;
        const double *noise = self->mean + c * GF_OBSERVABLES + GF_NOISE;
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            state->force[i] += self->rates[c] * force[i];
            for (size_t j = 0; j < GF_CHARGES && extent == GF_SLOPES; ++j) {
                double product = self->by_charge[c * SQUARE + i * GF_CHARGES + j] / total->weight;
                state->force_slope[i][j] -= self->rates[c] * (product - force[i] * mean_charge[j]);
            }
        }
        for (size_t p = 0; p < GF_PAIRS; ++p) {
            state->noise[p] += self->rates[c] * noise[p];
        }
    }
}

/* The sector whose largest weight is the largest of all, and the logarithm of that weight. */
static int dominant_sector(const gf_gibbs *self, const double lambda[GF_CHARGES],
                           double *exponent) {
    int best = 0;
    *exponent = -INFINITY;
    for (int up = 0; up <= self->spectrum->sites; ++up) {
        double here = -lambda[0] * gf_spectrum_magnetization(self->spectrum, up) -
                      lambda[1] * self->reference[up];
        if (here > *exponent) {
            *exponent = here;
            best = up;
        }
    }
    return best;
}

static void evaluate(gf_gibbs *self, const double lambda[GF_CHARGES], gf_gibbs_extent extent,
                     bool pull, gf_state *state) {
    const gf_spectrum *spectrum = self->spectrum;
    double sites = spectrum->sites, exponent = 0;
    *state = (gf_state){.lambda = {lambda[0], lambda[1]}};
    int dominant = dominant_sector(self, lambda, &exponent);
    double m0 = gf_spectrum_magnetization(spectrum, dominant), e0 = self->reference[dominant];
    totals total = {0};
    memset(self->mean, 0, self->stride * sizeof *self->mean);
    memset(self->by_charge, 0, spectrum->channels * SQUARE * sizeof *self->by_charge);
    for (int up = 0; up <= spectrum->sites; ++up) {
        double m = gf_spectrum_magnetization(spectrum, up);
        double weight = exp(-lambda[0] * m - lambda[1] * self->reference[up] - exponent);
        add_sector(self, up, weight, m - m0, self->reference[up] - e0, extent, &total);
        if (pull) {
            add_pull(self, up, weight, m - m0, self->reference[up] - e0, &total);
        }
    }
    const double reference[GF_CHARGES] = {m0, e0};
    double q[GF_CHARGES];
    state->log_partition = (exponent + log(total.weight)) / sites;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        q[i] = total.q[i] / total.weight;
        state->density[i] = (reference[i] + q[i]) / sites;
        for (size_t k = 0; k <= i; ++k) {
            size_t pair = gf_pair(i, k);
            state->susceptibility[pair] = (total.qq[pair] / total.weight - q[k] * q[i]) / sites;
        }
    }
    if (extent >= GF_RESPONSE) {
        finish_response(self, &total, q, extent, state);
    }
    if (pull) {
        finish_pull(&total, q, state);
    }
}

void gf_gibbs_evaluate(gf_gibbs *self, const double lambda[GF_CHARGES], gf_gibbs_extent extent,
                       gf_state *state) {
    prepare_sums(self, lambda[1], extent);
    evaluate(self, lambda, extent, false, state);
}

void gf_gibbs_drift(gf_gibbs *self, const double lambda[GF_CHARGES], gf_state *state) {
    prepare_sums(self, lambda[1], GF_DENSITIES);
    prepare_pull(self);
    evaluate(self, lambda, GF_DENSITIES, true, state);
}

/* --- what fluctuations add ------------------------------------------------------------------- */

/* The normalised weights of all levels. */
static void weigh_levels(gf_gibbs *self, const gf_state *state) {
    const gf_spectrum *spectrum = self->spectrum;
    for (int up = 0; up <= spectrum->sites; ++up) {
        size_t first = spectrum->sector[up], count = spectrum->sector[up + 1] - first;
        const double *energy = spectrum->energy + first;
        double reference = state->lambda[1] >= 0 ? energy[0] : energy[count - 1], sum[3];
        double *weight = self->weight + first;
        gf_boltzmann_weigh(count, energy, spectrum->degeneracy + first, state->lambda[1], reference,
                           weight, sum);
        double of_sector =
            exp(-state->lambda[0] * gf_spectrum_magnetization(spectrum, up) -
                state->lambda[1] * reference - spectrum->sites * state->log_partition);
        for (size_t n = 0; n < count; ++n) {
            weight[n] *= of_sector;
        }
    }
}

bool gf_gibbs_shift(gf_gibbs *self, const gf_state *state, double (*shift)[GF_OBSERVABLES]) {
    const gf_spectrum *spectrum = self->spectrum;
    double sites = spectrum->sites, c[GF_CHARGES][GF_CHARGES], k[GF_PAIRS]; /* k: C^-1 */
    double third[GF_CHARGES] = {0}, v[GF_CHARGES];
    gf_matrix_unpack(state->susceptibility, c);
    if (!gf_matrix_invert(state->susceptibility, k)) {
        return false;
    }
    const double mean[GF_CHARGES] = {sites * state->density[0], sites * state->density[1]};
    weigh_levels(self, state);
    for (int up = 0; up <= spectrum->sites; ++up) {
        size_t at = spectrum->sector[up], count = spectrum->sector[up + 1] - at;
        gf_boltzmann_third(count, self->weight + at, spectrum->energy + at,
                           gf_spectrum_magnetization(spectrum, up) - mean[0], mean[1], k, third);
    }
    (void)gf_matrix_solve(c, (double[GF_CHARGES]){third[0] / sites, third[1] / sites}, v);
    for (int up = 0; up <= spectrum->sites; ++up) {
        size_t at = spectrum->sector[up], count = spectrum->sector[up + 1] - at;
        gf_boltzmann_bend(count, self->weight + at, spectrum->energy + at,
                          gf_spectrum_magnetization(spectrum, up) - mean[0], mean[1], k, v, sites);
    }
    for (size_t channel = 0; channel < spectrum->channels; ++channel) {
        for (size_t i = 0; i < GF_OBSERVABLES; ++i) {
            shift[channel][i] = gf_boltzmann_mean(spectrum->levels, self->weight,
                                                  gf_spectrum_observable(spectrum, channel, i));
        }
    }
    return true;
}

/* --- lambda(q) ------------------------------------------------------------------------------- */

typedef struct residual {
    gf_state state;
    double q[GF_CHARGES]; /* q(lambda) - density */
    double norm;
    double potential; /* log Z / N + lambda . density, which the solution minimises */
} residual;

static void evaluate_residual(gf_gibbs *self, const double lambda[GF_CHARGES],
                              const double density[GF_CHARGES], residual *result) {
    gf_gibbs_evaluate(self, lambda, GF_DENSITIES, &result->state);
    result->q[0] = result->state.density[0] - density[0];
    result->q[1] = result->state.density[1] - density[1];
    result->norm = gf_spectrum_length(self->spectrum, result->q);
    result->potential =
        result->state.log_partition + lambda[0] * density[0] + lambda[1] * density[1];
}

/* The Newton step, or where C is singular to rounding a step down the gradient. */
static void newton_step(const gf_spectrum *spectrum, const residual *at, double step[GF_CHARGES]) {
    double unit = spectrum->energy_unit, c[GF_CHARGES][GF_CHARGES];
    gf_matrix_unpack(at->state.susceptibility, c);
    if (!gf_matrix_solve(c, at->q, step)) {
        step[0] = MAX_STEP * at->q[0] / at->norm;
        step[1] = MAX_STEP * at->q[1] / (unit * unit * at->norm);
    }
    double length = gf_spectrum_lambda_length(spectrum, step);
    if (length > MAX_STEP) {
        step[0] *= MAX_STEP / length;
        step[1] *= MAX_STEP / length;
    }
}

bool gf_gibbs_invert(gf_gibbs *self, const double density[GF_CHARGES], double lambda[GF_CHARGES]) {
    const double unit = self->spectrum->energy_unit;
    const double goal = 4 * DBL_EPSILON * (1 + fabs(density[0]) + fabs(density[1] / unit));
    residual here, next;
    evaluate_residual(self, lambda, density, &here);
    for (int steps = 0; steps < MAX_NEWTON_STEPS && here.norm > goal; ++steps) {
        double step[GF_CHARGES], scale = 1;
        newton_step(self->spectrum, &here, step);
        bool better = false;
        int halvings = here.norm <= CLOSE_ENOUGH * goal ? 1 : MAX_HALVINGS; /* there: rounding */
        for (int k = 0; k < halvings && !better; ++k, scale /= 2) {
            double trial[GF_CHARGES] = {lambda[0] + scale * step[0], lambda[1] + scale * step[1]};
            double descent = scale * (here.q[0] * step[0] + here.q[1] * step[1]);
            evaluate_residual(self, trial, density, &next);
            better = next.potential < here.potential - 1e-4 * descent || next.norm < here.norm;
        }
        if (!better) {
            break; /* rounding: no step improves */
        }
        here = next;
        lambda[0] = here.state.lambda[0];
        lambda[1] = here.state.lambda[1];
    }
    return here.norm <= CLOSE_ENOUGH * goal;
}

bool gf_state_stability(const gf_state *state, double matrix[GF_CHARGES][GF_CHARGES]) {
    double c[GF_CHARGES][GF_CHARGES], row[GF_CHARGES];
    gf_matrix_unpack(state->susceptibility, c);
    for (size_t i = 0; i < GF_CHARGES; ++i) { /* rows of the matrix solve x C = -row */
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            row[k] = -state->force_slope[i][k];
        }
        if (!gf_matrix_solve(c, row, matrix[i])) {
            return false;
        }
    }
    return true;
}
