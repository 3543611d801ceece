/* The fluctuating field of a run, in the units in which its noises are weak: x = r sqrt(epsilon)
 * and tau = epsilon t, where epsilon becomes 1 and both noises have the strength sqrt(epsilon),
 * with the coefficients as they are: shifts by the fluctuations of a cell vanish with epsilon. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_RUN_FIELD_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_RUN_FIELD_H

#include "langevin/instanton/least_action.h"
#include "langevin/instanton/medium_field.h"
#include "langevin/run/run.h"

enum { GF_RUN_FIELD_SADDLES = 16 };

typedef struct gf_run_field {
    gf_fluctuating_field field;
    gf_scalar scalar;       /* its numbers, of one field */
    gf_medium_field medium; /* or of two */
    gf_surface *surface;
    double minus[GF_CHARGES], plus[GF_CHARGES]; /* the stable points of smallest and largest m */
    size_t saddles;
    double saddle[GF_RUN_FIELD_SADDLES][GF_CHARGES]; /* between them */
    gf_pace pace;
    double width; /* of a wall, roughly: tanh(x/width) */
} gf_run_field;

/* Of a sweep point. `run` must outlive the field, and the field must not be copied. Fails where
 * there is no noise, or no second stable state. The caller frees it; a failed call leaves nothing
 * to free. */
gf_status gf_run_field_make(const gf_run *run, size_t point, gf_run_field *self, gf_error *error);
void gf_run_field_free(gf_run_field *self);

/* How often walls are there, or blocks switch, with the c that is found: "exp(-c/sqrt(epsilon))"
 * and so on. */
const char *gf_run_field_law(const gf_run *run);

/* Whether c depends on the parameter that the run sweeps. */
bool gf_run_field_varies(const gf_run *run);

#endif
