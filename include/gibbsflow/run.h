/* A run: which Langevin equation, with what numbers, on what cells, how long, what is measured.
 * Read from YAML; the format is described in models/README.md. */
#ifndef GIBBSFLOW_RUN_H
#define GIBBSFLOW_RUN_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"
#include "gibbsflow/settings.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

typedef struct gf_run gf_run;

/* The caller frees the run; after a failure it is NULL. `name` is that of the file, for messages
 * and for paths beside it. Settings (NULL: none) override parameters and, by their names, drive,
 * thermal, length, spacing, step, end, warm_up, sample_every, amplitude, domain, smoothing,
 * threshold, realisations and seed; of hydrodynamics also parameters and rates of the model. */
GF_API gf_status gf_run_parse(const char *text, size_t length, const char *name,
                              const gf_settings *settings, gf_run **run, gf_error *error);
GF_API gf_status gf_run_read(const char *path, const gf_settings *settings, gf_run **run,
                             gf_error *error);
GF_API void gf_run_free(gf_run *self); /* NULL: nothing */

GF_API size_t gf_run_fields(const gf_run *self); /* 1: m; 2: m and e */
GF_API size_t gf_run_cells(const gf_run *self);
GF_API size_t gf_run_samples(const gf_run *self);      /* of a realisation, warm-up included */
GF_API double gf_run_sample_every(const gf_run *self); /* time between them; the first is at this */
GF_API size_t gf_run_realisations(const gf_run *self); /* of every sweep point */

/* The sweep: at least one point; the parameter that it varies, and its value there. */
GF_API size_t gf_run_points(const gf_run *self);
GF_API const char *gf_run_swept(const gf_run *self);
GF_API double gf_run_value(const gf_run *self, size_t point);

/* A parameter of the equation at the sweep point; NaN if there is none of that name. */
GF_API double gf_run_parameter(const gf_run *self, size_t point, const char *name);

GF_END_DECLARATIONS

#endif
