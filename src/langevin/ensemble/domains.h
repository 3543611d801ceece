/* The lengths of the domains of a run: from wall to wall, as walls are counted. On a row that
 * closes they fill it, and their mean is 1/n exactly, n being the mean density of walls over the
 * same samples (those without walls are taken into account in both); at fixed ends the two
 * outermost are not counted, being cut off. A row without walls has no domain. Groups are as in
 * correlations.h. */
#ifndef GIBBSFLOW_LANGEVIN_ENSEMBLE_DOMAINS_H
#define GIBBSFLOW_LANGEVIN_ENSEMBLE_DOMAINS_H

#include "base/bytes.h"
#include "gibbsflow/file.h"
#include "langevin/run/run.h"

/* K points, G = realisations * batches groups. */
typedef struct gf_domains {
    const gf_run *run;
    int64_t *count;  /* [K][G][bins] domains */
    int64_t *beyond; /* [K][G] longer than the last bin */
    int64_t *cells;  /* [K][G] that domains fill: all, of a row that closes */
} gf_domains;

/* NULL, and GF_OK, where the run asks for none. The run must outlive them. */
gf_status gf_domains_create(const gf_run *run, gf_domains **domains, gf_error *error);
void gf_domains_free(gf_domains *self);      /* NULL: nothing */
double gf_domains_memory(const gf_run *run); /* bytes */

/* Counts those of sample `sample` (from 0) of a task, m[cells] being smooth and less its middle,
 * places[cells] workspace. Without a level (NaN) there are none. */
void gf_domains_measure(gf_domains *self, size_t task, size_t sample, const double *m, double level,
                        size_t *places);

/* What there is of a task, into bytes or out of them. */
void gf_domains_carry(gf_domains *self, size_t task, gf_bytes *bytes);

/* The results at a sweep point: probability densities of lengths density[bins], the mean length,
 * and their errors; NaN where nothing is known. */
typedef struct gf_domain_lengths {
    double *density, *density_error;
    double mean, mean_error;
} gf_domain_lengths;

gf_status gf_domains_estimate(const gf_domains *self, size_t point, gf_domain_lengths *result,
                              gf_error *error);

/* /domains; of a complete run with densities and errors. `sweep` is the path of that axis. */
void gf_domains_write(const gf_domains *self, const char *sweep, const size_t *samples,
                      gf_file *file);
void gf_domains_read(gf_domains *self, gf_file *file);

#endif
