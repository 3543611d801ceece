/* The action of Freidlin and Wentzell on a mesh,
 *
 *   S = 1/2 sum_k dt_k dx u_k . B^-1 u_k,   u_k = (q_{k+1} - q_k)/dt_k - b,
 *
 * b and B (row.h) taken at the middle (q_k + q_{k+1})/2, and its exact gradient. With p = B^-1 u,
 * dS = sum dt dx (p . du - p . dB p / 2): the adjoint of the step, no second solution is needed. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_PATH_ACTION_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_PATH_ACTION_H

#include "langevin/instanton/path.h"
#include "langevin/instanton/row.h"

typedef struct gf_path_action gf_path_action;

/* For paths of this mesh. The caller frees it; after a failure it is NULL. */
gf_status gf_path_action_create(const gf_fluctuating_field *field, const gf_path *mesh,
                                gf_path_action **action, gf_error *error);
void gf_path_action_free(gf_path_action *self); /* NULL: nothing */

/* The action with the durations of `path` and the states state[steps + 1][cells][fields], which may
 * be others than its own; gradient, of the same shape, may be NULL. NaN where B is not positive
 * definite. */
double gf_path_action_evaluate(gf_path_action *self, const gf_path *path, const double *state,
                               double *gradient);

/* What the last evaluation found in each step: p [steps][cells][fields]; the action per time and
 * length [steps][cells]; the action. */
const double *gf_path_action_momentum(const gf_path_action *self);
const double *gf_path_action_density(const gf_path_action *self);
const double *gf_path_action_of_steps(const gf_path_action *self);

/* Lengths in the metric B^-1, per step: of the way, |q_{k+1} - q_k|, and of the drift, |b|. */
void gf_path_action_measure(gf_path_action *self, const gf_path *path, double *way, double *drift);

/* The energy H = sum dx (p . b + p . B p / 2) that the motion conserves, 0 along a least action
 * without a limit of time, of each step. */
void gf_path_action_energy(gf_path_action *self, const gf_path *path, double *energy);

/* Bytes that actions of such a mesh take. */
double gf_path_action_memory(const gf_path *mesh);

#endif
