/* Averages of time series, their errors, and whether they are those of a steady state. */
#ifndef GIBBSFLOW_ESTIMATE_H
#define GIBBSFLOW_ESTIMATE_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* Not steady: a drift or an effect of the start beyond five standard errors (which are estimated
 * from few realisations). Too short: fewer than twenty independent samples, too few to tell. */
typedef enum gf_verdict { GF_STEADY, GF_NOT_STEADY, GF_TOO_SHORT } gf_verdict;

GF_API const char *gf_verdict_text(gf_verdict verdict);

/* The average of time series of several realisations, and how far it can be trusted. */
typedef struct gf_estimate {
    double mean, error;     /* standard error: the larger of the two below; 0: nothing varies */
    double series_error;    /* from variance and autocorrelation time of the series */
    double scatter_error;   /* from the means of the realisations; NaN for a single one */
    double autocorrelation; /* integrated autocorrelation time, in samples; 1/2 if independent */
    double effective;       /* number of independent samples */
    double drift;           /* second half of the window less the first, in standard errors */
    double start_effect; /* largest difference between starts, in standard errors; NaN: one start */
    gf_verdict verdict;
} gf_estimate;

/* data[realisation * stride + i], i < count, of realisations that began in one of `starts` ways:
 * realisation r in way r % starts. */
GF_API gf_status gf_estimate_series(const double *data, size_t realisations, size_t stride,
                                    size_t count, size_t starts, gf_estimate *estimate,
                                    gf_error *error);

GF_END_DECLARATIONS

#endif
