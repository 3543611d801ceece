/* Axes of the datasets of a run, and their units. */
#ifndef GIBBSFLOW_LANGEVIN_ENSEMBLE_AXES_H
#define GIBBSFLOW_LANGEVIN_ENSEMBLE_AXES_H

#include "gibbsflow/file.h"
#include "langevin/run/run.h"

const char *gf_axes_time_units(const gf_run *run);
const char *gf_axes_length_units(const gf_run *run);
const char *gf_axes_density_units(const gf_run *run); /* of walls: per length */
const char *gf_axes_field_units(const gf_run *run);   /* of the fields */

/* An axis: a dataset that is its own scale. */
void gf_axes_put(gf_file *file, const char *path, const char *units, const char *description,
                 size_t count, const double *values);
/* first, first + step, ... */
void gf_axes_put_regular(gf_file *file, const char *path, const char *units,
                         const char *description, size_t count, double first, double step);

#endif
