#include "gibbsflow/walls.h"

#include <math.h>
#include <stdlib.h>

/* m at cell i, at most once around the row. */
static double beyond(const double *m, size_t cells, gf_boundary boundary, size_t i) {
    if (i < cells) {
        return m[i];
    }
    return boundary == GF_FIXED          ? m[cells - 1]
           : boundary == GF_ANTIPERIODIC ? -m[i - cells]
                                         : m[i - cells];
}

void gf_walls_smooth(const double *m, size_t cells, gf_boundary boundary, size_t width,
                     double *smooth) {
    double sum = 0;
    for (size_t i = 0; i < width; ++i) {
        sum += m[i];
    }
    for (size_t i = 0; i < cells; ++i) {
        smooth[i] = sum / (double)width;
        sum += beyond(m, cells, boundary, i + width) - m[i];
    }
}

size_t gf_walls_count(const double *m, size_t cells, gf_boundary boundary, double level) {
    size_t walls = 0, start = 0;
    while (start < cells && fabs(m[start]) < level) {
        ++start;
    }
    if (start == cells) {
        return 0;
    }
    bool up = m[start] > 0;
    size_t last = boundary == GF_FIXED ? cells - 1 - start : cells;
    for (size_t k = 1; k <= last; ++k) {
        double value = beyond(m, cells, boundary, start + k);
        if (fabs(value) >= level && (value > 0) != up) {
            up = !up;
            ++walls;
        }
    }
    return walls;
}

/* Degrees of freedom from which on the scatter of realisations is a measure of errors. */
enum { FEWEST = 4 };

/* --- estimates ------------------------------------------------------------------------------- */

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
    return count > 1 ? sqrt(sum / (double)((count - 1) * count)) : NAN;
}

/* Autocovariance at distance `lag`, over all realisations, about the common mean. */
static double covariance(const double *data, size_t realisations, size_t stride, size_t count,
                         double mean, size_t lag) {
    double sum = 0;
    for (size_t r = 0; r < realisations; ++r) {
        const double *x = data + r * stride;
        for (size_t i = 0; i + lag < count; ++i) {
            sum += (x[i] - mean) * (x[i + lag] - mean);
        }
    }
    return sum / (double)(realisations * (count - lag));
}

/* 1/2 + sum of the normalised autocovariance up to a window of five times itself (Sokal). */
static double integrated_time(const double *data, size_t realisations, size_t stride, size_t count,
                              double mean, double variance) {
    double time = 0.5;
    if (variance <= 0) {
        return time;
    }
    for (size_t lag = 1; lag < count && (double)lag < 5 * time; ++lag) {
        time += covariance(data, realisations, stride, count, mean, lag) / variance;
    }
    return fmax(time, 0.5);
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
            double difference = fabs(average[s] - average[t]);
            double effect =
                difference > 0 ? difference / (spread * sqrt(1 / size_a + 1 / size_b)) : 0;
            worst = fmax(worst, effect); /* fmax ignores the NaN of the first */
        }
    }
    return worst;
}

static double find_drift(const double *data, size_t realisations, size_t stride, size_t count,
                         double error, double *difference) {
    size_t half = count / 2;
    for (size_t r = 0; r < realisations; ++r) {
        const double *x = data + r * stride;
        difference[r] = mean_of(x + count - half, half) - mean_of(x, half);
    }
    double mean = half > 0 ? mean_of(difference, realisations) : 0;
    double sigma = realisations > FEWEST ? scatter_of(difference, realisations) : 2 * error;
    return fabs(mean) > 0 ? mean / sigma : 0;
}

gf_status gf_estimate_series(const double *data, size_t realisations, size_t stride, size_t count,
                             size_t starts, gf_estimate *estimate, gf_error *error) {
    double *means = calloc(2 * realisations, sizeof *means);
    if (means == NULL) {
        return gf_fail_memory(error, "an average");
    }
    for (size_t r = 0; r < realisations; ++r) {
        means[r] = mean_of(data + r * stride, count);
    }
    gf_estimate e = {.mean = mean_of(means, realisations)};
    double variance = covariance(data, realisations, stride, count, e.mean, 0);
    e.autocorrelation = integrated_time(data, realisations, stride, count, e.mean, variance);
    e.effective = (double)(realisations * count) / (2 * e.autocorrelation);
    e.series_error = sqrt(variance / e.effective);
    e.scatter_error = scatter_of(means, realisations);
    e.error = fmax(e.series_error, e.scatter_error);
    double single = e.series_error * sqrt((double)realisations);
    e.start_effect = compare_starts(means, realisations, starts, single, means + realisations);
    e.drift = find_drift(data, realisations, stride, count, e.error, means + realisations);
    e.steady =
        !(fabs(e.drift) > GF_ESTIMATE_SIGNIFICANT) && !(e.start_effect > GF_ESTIMATE_SIGNIFICANT);
    free(means);
    *estimate = e;
    return GF_OK;
}
