#include "gibbsflow/estimate.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Degrees of freedom from which on the scatter of realisations is a measure of errors. */
enum { FEWEST = 4 };

static const double SIGNIFICANT = 5, ENOUGH = 20;

/* A difference between numbers of this size; 0 where it is their rounding. */
static double beyond_rounding(double difference, double size) {
    return fabs(difference) <= 16 * DBL_EPSILON * fabs(size) ? 0 : difference; /* NaN remains */
}

/* A window of the series of all realisations. */
typedef struct window {
    const double *data;
    size_t realisations, stride, count;
} window;

static double mean_of(const double *x, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += x[i];
    }
    return count > 0 ? sum / (double)count : NAN;
}

/* Standard error of the mean of independent numbers. */
static double scatter_of(const double *x, size_t count) {
    double mean = mean_of(x, count), sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += (x[i] - mean) * (x[i] - mean);
    }
    return count > 1 ? beyond_rounding(sqrt(sum / (double)((count - 1) * count)), mean) : NAN;
}

static void find_means(const window *self, double *means) {
    for (size_t r = 0; r < self->realisations; ++r) {
        means[r] = mean_of(self->data + r * self->stride, self->count);
    }
}

/* Autocovariance at distance `lag`, of every realisation about its own mean: a difference between
 * realisations must not pass for noise. */
static double covariance(const window *self, const double *means, size_t lag) {
    double sum = 0;
    for (size_t r = 0; r < self->realisations; ++r) {
        const double *x = self->data + r * self->stride;
        for (size_t i = 0; i + lag < self->count; ++i) {
            sum += (x[i] - means[r]) * (x[i + lag] - means[r]);
        }
    }
    return sum / (double)(self->realisations * (self->count - lag));
}

/* The same at distance 0; exactly 0 for series that do not vary. */
static double variance_of(const window *self, const double *means) {
    double largest = 0;
    for (size_t r = 0; r < self->realisations; ++r) {
        largest = fmax(largest, fabs(means[r]));
    }
    double variance = covariance(self, means, 0);
    return beyond_rounding(sqrt(variance), largest) == 0 ? 0 : variance;
}

/* 1/2 + sum of the normalised autocovariance up to a window of five times itself (Sokal).
 * A series that does not vary is a single sample: nothing says that it ever would. */
static double integrated_time(const window *self, const double *means, double variance) {
    double time = variance == 0 ? (double)self->count / 2 : 0.5;
    for (size_t lag = 1; variance > 0 && lag < self->count && (double)lag < 5 * time; ++lag) {
        time += covariance(self, means, lag) / variance;
    }
    return fmax(time, 0.5);
}

/* The standard error of one realisation's mean. About its own mean a series varies less than it
 * does, by the variance of the mean. */
static double error_of_one(const window *self, const double *means, double *time) {
    double variance = variance_of(self, means);
    *time = integrated_time(self, means, variance);
    double effective = (double)self->count / (2 * *time);
    return sqrt(variance / fmax(effective - 1, 0.5));
}

/* Realisations that began in the way `start`. */
static size_t count_of_start(size_t realisations, size_t starts, size_t start) {
    return (realisations - start - 1) / starts + 1;
}

/* Standard deviation of the means of realisations about the average of their own start. */
static double spread_within_starts(const double *means, size_t realisations, size_t starts,
                                   double *average) {
    double sum = 0;
    for (size_t s = 0; s < starts; ++s) {
        size_t size = count_of_start(realisations, starts, s);
        average[s] = 0;
        for (size_t r = s; r < realisations; r += starts) {
            average[s] += means[r] / (double)size;
        }
        for (size_t r = s; r < realisations; r += starts) {
            sum += (means[r] - average[s]) * (means[r] - average[s]);
        }
    }
    return realisations > starts ? sqrt(sum / (double)(realisations - starts)) : NAN;
}

/* The largest difference between the averages of two starts over its standard error. `single` is
 * the error of one realisation, for where their scatter tells nothing. */
static double compare_starts(const double *means, size_t realisations, size_t starts, double single,
                             double *average) {
    double worst = NAN;
    if (starts < 2 || realisations < starts) {
        return worst;
    }
    double spread = spread_within_starts(means, realisations, starts, average);
    spread = realisations >= starts + FEWEST ? spread : single;
    for (size_t s = 0; s < starts; ++s) {
        for (size_t t = 0; t < s; ++t) {
            double size_a = (double)count_of_start(realisations, starts, s);
            double size_b = (double)count_of_start(realisations, starts, t);
            double difference = beyond_rounding(fabs(average[s] - average[t]), average[s]);
            double effect =
                difference > 0 ? difference / (spread * sqrt(1 / size_a + 1 / size_b)) : 0;
            worst = fmax(worst, effect); /* fmax ignores the NaN of the first */
        }
    }
    return worst;
}

/* The second half of the window less the first, in standard errors: those of the scatter of
 * realisations or, where there are too few, of the halves' own fluctuations. `work` holds two
 * numbers per realisation. */
static double find_drift(const window *whole, double *work) {
    size_t half = whole->count / 2, many = whole->realisations;
    if (half == 0) {
        return NAN;
    }
    double *first = work, *second = work + many, time = 0;
    window early = *whole, late = *whole;
    early.count = late.count = half;
    late.data += whole->count - half;
    find_means(&early, first);
    find_means(&late, second);
    double sigma = hypot(error_of_one(&early, first, &time), error_of_one(&late, second, &time)) /
                   sqrt((double)many);
    for (size_t r = 0; r < many; ++r) {
        first[r] = beyond_rounding(second[r] - first[r], second[r]);
    }
    double mean = mean_of(first, many);
    sigma = many > FEWEST ? scatter_of(first, many) : sigma;
    return fabs(mean) > 0 ? mean / sigma : mean;
}

static gf_verdict judge(const gf_estimate *e) {
    if (fabs(e->drift) > SIGNIFICANT || e->start_effect > SIGNIFICANT) {
        return GF_NOT_STEADY;
    }
    return e->effective >= ENOUGH && isfinite(e->mean) && isfinite(e->drift) ? GF_STEADY
                                                                             : GF_TOO_SHORT;
}

gf_status gf_estimate_series(const double *data, size_t realisations, size_t stride, size_t count,
                             size_t starts, gf_estimate *estimate, gf_error *error) {
    double *means = calloc(3 * realisations, sizeof *means);
    if (means == NULL) {
        return gf_fail_memory(error, "an average");
    }
    window whole = {data, realisations, stride, count};
    find_means(&whole, means);
    gf_estimate e = {.mean = mean_of(means, realisations)};
    double single = error_of_one(&whole, means, &e.autocorrelation);
    e.effective = (double)(realisations * count) / (2 * e.autocorrelation);
    e.series_error = single / sqrt((double)realisations);
    e.scatter_error = scatter_of(means, realisations);
    e.error = fmax(e.series_error, e.scatter_error);
    e.start_effect = compare_starts(means, realisations, starts, single, means + realisations);
    e.drift = find_drift(&whole, means + realisations);
    e.verdict = judge(&e);
    free(means);
    *estimate = e;
    return GF_OK;
}

const char *gf_verdict_text(gf_verdict verdict) {
    static const char *const text[] = {"steady", "NOT STEADY", "too short"};
    return text[verdict];
}
