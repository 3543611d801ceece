/* A wall at rest, or nearly so: the state at which a path that makes a wall ends. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_WALL_STATE_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_WALL_STATE_H

#include "langevin/instanton/least_action.h"

typedef struct gf_wall_state {
    size_t cells;
    double spacing, width; /* of a first guess, left (1 - tanh(x/width))/2 + right (1 + ...)/2 */
    const double *left, *right; /* [fields] the states on either side of the middle */
    gf_pace pace;
    double time; /* for which the guess relaxes */
} gf_wall_state;

/* state[cells][fields]: the wall after its relaxation. speed (may be NULL): of the wall to the
 * right. Fails where the wall is lost. */
gf_status gf_wall_state_relax(const gf_wall_state *self, const gf_fluctuating_field *field,
                              double *state, double *speed, gf_error *error);

#endif
