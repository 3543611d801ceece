/* A sector as single vectors see it: the Lanczos method for thermal expectation values.
 *
 * From a start vector r the Lanczos recurrence makes an orthonormal basis in which H is
 * tridiagonal; the eigenvectors psi_j of that matrix stand for levels of energy e_j with weight
 * |<r|psi_j>|^2 and diagonal elements Re <r|O|psi_j>/<r|psi_j>, so that for every smooth function w
 *
 *     <r|w(H)|r> = sum_j weight_j w(e_j),   Re <r|O w(H)|r> = sum_j weight_j element_j w(e_j)
 *
 * up to errors that fall faster than exponentially with the number of steps (J. Jaklic and P.
 * Prelovsek, Adv. Phys. 49, 1 (2000)). Several vectors are treated side by side. */
#ifndef GIBBSFLOW_KRYLOV_LANCZOS_H
#define GIBBSFLOW_KRYLOV_LANCZOS_H

#include "base/bytes.h"
#include "hilbert/action.h"

/* What the vectors of a sector are asked for. */
typedef struct gf_lanczos {
    const gf_basis *basis;
    const gf_action *hamiltonian;
    const gf_action *const *observables; /* [observable_count] */
    size_t observable_count;
    double lambda; /* the recurrence ends when exp(-x H) no longer changes for |x| <= lambda */
    size_t steps;  /* or after so many steps */
} gf_lanczos;

/* What one start vector tells. */
typedef struct gf_ritz {
    size_t levels;
    double *energy;     /* [levels], increasing */
    double *weight;     /* [levels], summing to <r|r> */
    double *observable; /* [observable_count][levels] */
} gf_ritz;

/* Start vectors in `start` [size][width], as in gf_action_apply; they are overwritten. Fills one
 * gf_ritz for each (complex vectors: width / 2 of them); the caller frees them; after a
 * failure they are empty. A zero start vector gives no levels. The result does not depend on the
 * number of threads. */
gf_status gf_lanczos_run(const gf_lanczos *self, gf_columns columns, double *start, gf_ritz *ritz,
                         gf_error *error);
void gf_ritz_free(gf_ritz *self);
/* Into bytes, or out of them in place of what there is. */
void gf_ritz_carry(gf_ritz *self, size_t observables, gf_bytes *bytes);

/* Bytes that gf_lanczos_run takes beside `start`. */
double gf_lanczos_memory(size_t size, size_t observable_count, int width);

#endif
