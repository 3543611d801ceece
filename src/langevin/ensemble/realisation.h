/* Realisations at work: one for each worker at a time (base/tasks.h). */
#ifndef GIBBSFLOW_LANGEVIN_ENSEMBLE_REALISATION_H
#define GIBBSFLOW_LANGEVIN_ENSEMBLE_REALISATION_H

#include "langevin/ensemble/langevin.h"

/* A place for realisations to work in. */
typedef struct gf_realisation gf_realisation;

gf_status gf_realisation_create(const gf_run *run, gf_realisation **realisation, gf_error *error);
void gf_realisation_free(gf_realisation *self);

/* Begins task `index` where `langevin` has kept it. */
gf_status gf_realisation_begin(gf_realisation *self, const gf_langevin *langevin, size_t index,
                               gf_error *error);

/* Steps up to the next sample, or fewer so that it takes a fraction of a second; returns how many
 * are left to do. Legs end at the same steps whatever happens in between. */
uint64_t gf_realisation_advance(gf_realisation *self);

/* After a leg, by one thread at a time: checks the field, measures if it is time, and keeps the
 * state for the next checkpoint. */
gf_status gf_realisation_keep(gf_realisation *self, gf_langevin *langevin, gf_error *error);

#endif
