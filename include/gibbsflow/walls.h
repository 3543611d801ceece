/* Domain walls of a field: what counts as one, and how many there are on average. */
#ifndef GIBBSFLOW_WALLS_H
#define GIBBSFLOW_WALLS_H

#include "gibbsflow/boundary.h"
#include "gibbsflow/error.h"

#include <stdbool.h>
#include <stddef.h>

/* smooth[i] = average of m[i] ... m[i + width - 1], around the end of the row, where the field of
 * an antiperiodic row changes sign; beyond the end of a fixed row it is that of the last cell. 1 <=
 * width <= cells. */
void gf_walls_smooth(const double *m, size_t cells, gf_boundary boundary, size_t width,
                     double *smooth);

/* Once around the row, or along a fixed one, the passages from below -level to above +level and
 * back: walls, counted with hysteresis. */
size_t gf_walls_count(const double *m, size_t cells, gf_boundary boundary, double level);

/* The average of time series of several realisations, and how far it can be trusted. */
typedef struct gf_estimate {
    double mean, error;     /* standard error: the larger of the two below */
    double series_error;    /* from variance and autocorrelation time */
    double scatter_error;   /* from the means of the realisations; NaN for a single one */
    double autocorrelation; /* integrated autocorrelation time, in samples; 1/2 if independent */
    double effective;       /* number of independent samples */
    double drift;           /* second half of the window less the first, in standard errors */
    double start_effect; /* largest difference between starts, in standard errors; NaN: one start */
    bool steady;         /* neither is significant */
} gf_estimate;

/* data[realisation * stride + i], i < count, of realisations that began in one of `starts` ways:
 * realisation r in way r % starts. */
gf_status gf_estimate_series(const double *data, size_t realisations, size_t stride, size_t count,
                             size_t starts, gf_estimate *estimate, gf_error *error);

/* Beyond this many standard errors, estimated from few realisations, a drift or an effect of the
 * start counts. */
#define GF_ESTIMATE_SIGNIFICANT 5.0

#endif
