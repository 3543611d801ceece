/* An operator applied to vectors of one magnetisation sector, term by term, without a matrix.
 *
 * The chain is cut into the low and the high half of its sites, as in gf_basis: all states that
 * share a high half h are neighbours, a block. Every term is a product of a part on the high half,
 * which takes a whole block to another, and a part on the low half, a small sparse matrix that is
 * the same in all blocks of equal population. Nearly all memory is so read in order. Each block of
 * the result is written by one thread and summed in a fixed order: results do not depend on the
 * number of threads. */
#ifndef GIBBSFLOW_HILBERT_ACTION_H
#define GIBBSFLOW_HILBERT_ACTION_H

#include "algebra/operator.h"
#include "gibbsflow/error.h"
#include "hilbert/basis.h"

/* Vectors come interleaved: component i of column c is v[i * width + c]. With 1, 2, 4 or 8 columns;
 * they are so many real vectors or, if `is_complex`, half as many complex ones, real parts first.
 */
typedef struct gf_columns {
    int width;
    bool is_complex;
} gf_columns;

enum { GF_MAX_COLUMNS = 8 };

typedef struct gf_action gf_action;

/* Terms that change the magnetisation are left out. At most 32 sites. */
gf_status gf_action_create(const gf_operator *operator, int sites, gf_action **action,
                           gf_error *error);
void gf_action_free(gf_action *self);

/* No term has an imaginary coefficient. */
bool gf_action_is_real(const gf_action *self);

/* out = O in, both of shape [basis->size][columns.width]. Of real vectors the real part of O is
 * applied: all that Re<v|O|w> needs. */
void gf_action_apply(const gf_action *self, const gf_basis *basis, gf_columns columns,
                     const double *in, double *out);

/* out = factor (O - shift) in + keep out, at the same cost: a step of a recursion. */
typedef struct gf_update {
    double factor, shift, keep;
} gf_update;
void gf_action_update(const gf_action *self, const gf_basis *basis, gf_columns columns,
                      gf_update how, const double *in, double *out);

/* Matrix elements in the sector of `up` spins up that no symmetry makes zero: one for each diagonal
 * entry and each flip that a term allows. */
double gf_action_elements(const gf_action *self, int up);

#endif
