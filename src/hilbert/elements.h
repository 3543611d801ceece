/* Matrix elements of several operators between bit patterns, prepared for lookup. */
#ifndef GIBBSFLOW_HILBERT_ELEMENTS_H
#define GIBBSFLOW_HILBERT_ELEMENTS_H

#include "algebra/operator.h"
#include "gibbsflow/error.h"

typedef struct gf_elements gf_elements;

/* Terms that change the magnetisation are left out. The caller frees the elements. */
gf_status gf_elements_create(const gf_operator *operators, size_t count, gf_elements **elements,
                             gf_error *error);
void gf_elements_free(gf_elements *self);

/* A bound of the norm of all of them: the sum of their coefficients. */
double gf_elements_size(const gf_elements *self);

size_t gf_elements_count(const gf_elements *self); /* operators */

/* Called with the pattern `to`, and value[k] = <to|operator k|from> for every operator. */
typedef void gf_elements_visit(void *context, uint32_t to, const double complex *value);

/* Applies all operators to a pattern: visits every pattern they lead to, once or not at all.
 * `value` is workspace, [count]. */
void gf_elements_apply(const gf_elements *self, uint32_t from, double complex *value,
                       gf_elements_visit *visit, void *context);

#endif
