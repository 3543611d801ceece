/* The path of least action between two states, whatever time it takes.
 *
 * A descent (L-BFGS, in the variables of preconditioner.h) at fixed durations of the steps, then
 * states spread evenly along the curve and each step given its best duration, and again. The best
 * duration is that of H = 0: dt = |q_{k+1} - q_k| / |b|, both in the metric B^-1. Without spreading
 * the states would in time gather at the ends, until a single step leads over the barrier: its
 * middle can be a saddle, where the field may rest at no cost, and the action would fall to zero.
 */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_LEAST_ACTION_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_LEAST_ACTION_H

#include "langevin/instanton/path_action.h"

/* Rates of the motion between which durations are sought, the slowest and the fastest. */
typedef struct gf_pace {
    double slow, fast;
} gf_pace;

typedef struct gf_least_action {
    double action;
    double unsettled; /* what a longer descent might still take off, estimated */
    size_t descents, evaluations;
    double gradient; /* its norm, in the variables of the last descent */
} gf_least_action;

/* Improves `path`, whose first and last state stay, until its action is settled to `tolerance`
 * (relative). `rest` is a density[fields] at which the action is linearised. Fails, and says where
 * it stands, where a descent does not converge. */
gf_status gf_least_action_find(const gf_fluctuating_field *field, const double *rest, gf_pace pace,
                               double tolerance, gf_path *path, gf_least_action *result,
                               gf_error *error);

/* Spreads the states and sets the durations of a first guess. */
gf_status gf_least_action_pace(gf_path_action *action, gf_pace pace, gf_path *path,
                               gf_error *error);

/* Bytes that the search takes on such a mesh. */
double gf_least_action_memory(const gf_path *mesh);

#endif
