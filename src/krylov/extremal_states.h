/* The states of a sector that dominate at low temperatures, of either sign, approximately.
 *
 * Far from infinite temperature few states carry the weight, and random vectors scatter widely
 * around their traces. With any orthonormal set Q the trace splits exactly,
 *
 *     Tr A = Tr Q'A Q + Tr (1 - Q Q') A (1 - Q Q'),
 *
 * the first part to be taken over Q itself and the second over random vectors without components
 * along Q; it scatters little if Q holds the dominant states, however roughly (Hutch++: R. A. Meyer
 * et al., SOSA 2021, 142). Q is made of Ritz vectors of a block Krylov space. */
#ifndef GIBBSFLOW_KRYLOV_EXTREMAL_STATES_H
#define GIBBSFLOW_KRYLOV_EXTREMAL_STATES_H

#include "base/bytes.h"
#include "hilbert/action.h"

typedef struct gf_extremal_states {
    size_t size, count; /* states of the sector, vectors */
    bool is_complex;
    double *vectors; /* [size][count], of numbers or of pairs of numbers; orthonormal */
} gf_extremal_states;

/* What to look for. */
typedef struct gf_extremal_states_goal {
    size_t count;     /* vectors wanted, at most; fewer if the space is exhausted */
    size_t room;      /* dimension of the Krylov space */
    double lambda[2]; /* negative, positive: vectors are ranked by their share of Tr exp(-lambda H)
                         at the one or the other */
} gf_extremal_states_goal;

/* `start` [size][columns.width], random vectors of which the mean of <r|A|r> is Tr A, is
 * overwritten. The caller frees the result; after a failure it is empty. */
gf_status gf_extremal_states_find(const gf_action *hamiltonian, const gf_basis *basis,
                                  gf_columns columns, const gf_extremal_states_goal *goal,
                                  double *start, gf_extremal_states *result, gf_error *error);
void gf_extremal_states_free(gf_extremal_states *self);
/* Into bytes, or out of them in place of what there is. */
void gf_extremal_states_carry(gf_extremal_states *self, gf_bytes *bytes);

/* Takes the components along the vectors out of v [size][columns.width]. */
gf_status gf_extremal_states_remove(const gf_extremal_states *self, gf_columns columns, double *v,
                                    gf_error *error);

/* Copies the vectors first, first + 1, ... to the columns of v; columns beyond the last are zero.
 */
void gf_extremal_states_copy(const gf_extremal_states *self, size_t first, gf_columns columns,
                             double *v);

/* Bytes that gf_extremal_states_find takes beside `start`, result included. */
double gf_extremal_states_memory(size_t size, const gf_extremal_states_goal *goal, bool is_complex);

#endif
