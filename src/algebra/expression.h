/* Operators as model files write them, "J*(X[0]*X[1] + Y[0]*Y[1])", relative to a running site.
 *
 * The grammar is that of input/arithmetic.h, the site factors those of gf_operator_site. Factors on
 * one site multiply in written order. Errors point at file:line:column. */
#ifndef GIBBSFLOW_ALGEBRA_EXPRESSION_H
#define GIBBSFLOW_ALGEBRA_EXPRESSION_H

#include "algebra/chain.h"
#include "input/arithmetic.h"

/* The term begins at every site. Indices must lie in [-GF_TERM_ORIGIN, GF_TERM_ORIGIN). The caller
 * frees term->operator. */
gf_status gf_expression_parse(const gf_source *source, const gf_scope *scope, gf_term *term,
                              gf_error *error);

#endif
