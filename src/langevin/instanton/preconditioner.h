/* Variables z in which the action of a path is nearly |z|^2/2, so that a descent takes few steps.
 *
 * Linearised at a uniform state, the action of the mode k of a row is that of a particle,
 *
 *   (dx/2) integral dt (|dw/dt|^2 + |J w|^2),   w = R^-1 q_k,  R R^T = B_k = N + T mu_k,
 *
 * up to a total derivative, with J = R^-1 (df/dq - D mu_k) R and mu_k = (2 - 2 cos(pi
 * k/cells))/dx^2. So states are cosine-transformed in space (orthonormal), each mode is divided by
 * R, and each of its components by the Cholesky factor of dx (-d^2/dt^2 + (J^T J)_aa) in time, on
 * the steps of the path. States of the ends stay as they are. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_PRECONDITIONER_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_PRECONDITIONER_H

#include "langevin/instanton/fluctuating_field.h"
#include "langevin/instanton/path.h"

typedef struct gf_preconditioner gf_preconditioner;

/* For paths of this mesh, linearised at the density q[fields]. Fails where B is not positive there.
 * The caller frees it; after a failure it is NULL. */
gf_status gf_preconditioner_create(const gf_fluctuating_field *field, const gf_path *mesh,
                                   const double *q, gf_preconditioner **result, gf_error *error);
void gf_preconditioner_free(gf_preconditioner *self); /* NULL: nothing */

/* Takes the durations of the steps. */
void gf_preconditioner_set(gf_preconditioner *self, const double *step);

/* inner[steps - 1][cells][fields], in place: z of a change of the states between the ends, the
 * change of a z, and the gradient by z of one by states. */
void gf_preconditioner_flatten(gf_preconditioner *self, double *inner);
void gf_preconditioner_restore(gf_preconditioner *self, double *inner);
void gf_preconditioner_pull(gf_preconditioner *self, double *inner);

#endif
