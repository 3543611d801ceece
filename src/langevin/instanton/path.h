/* A path: states of a row of cells at successive times. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_PATH_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_PATH_H

#include "base/bytes.h"
#include "gibbsflow/error.h"

#include <stddef.h>

typedef struct gf_path {
    size_t steps, cells, fields;
    double spacing;
    double *step;  /* [steps] their durations */
    double *state; /* [steps + 1][cells][fields] */
} gf_path;

/* Zeros. The caller frees it; a failed call leaves nothing to free. */
gf_status gf_path_create(size_t steps, size_t cells, size_t fields, double spacing, gf_path *path,
                         gf_error *error);
void gf_path_free(gf_path *self);
/* Into bytes, or out of them in place of what there is. */
void gf_path_carry(gf_path *self, gf_bytes *bytes);

static inline size_t gf_path_size(const gf_path *self) {
    return self->cells * self->fields;
}
static inline double *gf_path_state(const gf_path *self, size_t k) {
    return self->state + k * gf_path_size(self);
}

/* Puts the states evenly along the curve of the path: place[steps + 1] says where they stand on it
 * now, ascending. Cubic Hermite interpolation; the ends stay. Steps are left as they were. */
gf_status gf_path_spread(gf_path *self, const double *place, gf_error *error);

/* Another mesh for the same path: `target` has been created and gets its states, interpolated in
 * time and in space, where the row is stretched to the length of that of `target`. Durations are
 * shared out; target->steps is a multiple of self->steps. */
void gf_path_resample(const gf_path *self, gf_path *target);

#endif
