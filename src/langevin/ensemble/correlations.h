/* The correlation functions of a run, C_ab(x, t) = <q_a(x0, t0) q_b(x0 + x, t0 + t)> - <q_a> <q_b>:
 * sums over origins (measure/correlator.h), group by group. A group is one of the stretches of time
 * of a realisation; errors are those of a jackknife over all groups of a sweep point. */
#ifndef GIBBSFLOW_LANGEVIN_ENSEMBLE_CORRELATIONS_H
#define GIBBSFLOW_LANGEVIN_ENSEMBLE_CORRELATIONS_H

#include "base/bytes.h"
#include "gibbsflow/file.h"
#include "langevin/measure/correlator.h"
#include "langevin/run/run.h"

/* K points, G = realisations * batches groups, T lags, X distances, F fields. */
typedef struct gf_correlations {
    const gf_run *run;
    double *sum;     /* [K][G][T][X][F][F] over origins */
    double *field;   /* [K][G][F] of the means of the fields over the row, over all samples */
    double **origin; /* [K * realisations] the fields at the present origin, or NULL */
} gf_correlations;

/* NULL, and GF_OK, where the run asks for none. The run must outlive them. */
gf_status gf_correlations_create(const gf_run *run, gf_correlations **correlations,
                                 gf_error *error);
void gf_correlations_free(gf_correlations *self); /* NULL: nothing */
double gf_correlations_memory(const gf_run *run); /* bytes */

gf_status gf_correlator_create_for(const gf_run *run, gf_correlator **correlator, gf_error *error);

/* The correlator goes on where `task` was kept. */
void gf_correlations_begin(const gf_correlations *self, size_t task, gf_correlator *correlator);
/* Takes sample `sample` (from 0) of a task into account. */
gf_status gf_correlations_measure(gf_correlations *self, size_t task, size_t sample,
                                  const double *fields, gf_correlator *correlator, gf_error *error);
void gf_correlations_finish(gf_correlations *self, size_t task); /* it has taken its last sample */

/* What there is of a task, into bytes or out of them. */
void gf_correlations_carry(gf_correlations *self, size_t task, gf_bytes *bytes);

/* The functions of a sweep point whose realisations have taken samples[realisations]: value and
 * error[T][X][F][F], mean[F]; NaN where nothing is known. */
gf_status gf_correlations_estimate(const gf_correlations *self, size_t point, const size_t *samples,
                                   double *value, double *error_of, double *mean, gf_error *error);

/* /correlations; of a complete run with values and errors. `sweep` is the path of that axis. */
void gf_correlations_write(const gf_correlations *self, const char *sweep, const size_t *samples,
                           gf_file *file);
void gf_correlations_read(gf_correlations *self, gf_file *file);
/* The origins of the tasks that are under way. */
void gf_correlations_write_origins(const gf_correlations *self, const int64_t *task, size_t open,
                                   gf_file *file);
void gf_correlations_read_origins(gf_correlations *self, const int64_t *task, size_t open,
                                  gf_file *file);

#endif
