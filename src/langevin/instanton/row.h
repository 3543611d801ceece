/* A fluctuating field on a row of cells of width dx between two reflecting ends: its drift b(q),
 * and the covariance B(q) of its noise,
 *
 *   b_i = f(q_i) + (J_{i+1/2} - J_{i-1/2})/dx,   J_{i+1/2} = D (q_{i+1} - q_i)/dx,
 *   (B p)_i = N p_i - (K_{i+1/2} - K_{i-1/2})/dx,   K_{i+1/2} = T (p_{i+1} - p_i)/dx,
 *
 * D and T taken at (q_i + q_{i+1})/2, nothing passing the ends. States are arrays [cells][fields].
 * A row is workspace of one thread. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_ROW_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_ROW_H

#include "gibbsflow/error.h"
#include "langevin/instanton/fluctuating_field.h"

typedef struct gf_row gf_row;

/* The field must outlive the row. Without space: one cell of width 1. The caller frees the row;
 * after a failure it is NULL. */
gf_status gf_row_create(const gf_fluctuating_field *field, size_t cells, double spacing,
                        gf_row **row, gf_error *error);
void gf_row_free(gf_row *self); /* NULL: nothing */

/* Goes to a state. All that follows is at this state. */
void gf_row_set(gf_row *self, const double *state);

void gf_row_drift(gf_row *self, double *drift);

/* vector = B^-1 vector. False if B is not positive definite. */
bool gf_row_solve(gf_row *self, double *vector);

/* The derivative of p.b + p.B.p/2 by the state, at fixed p. */
void gf_row_pull_back(gf_row *self, const double *p, double *result);

/* state += (1/step - db/dq)^-1 b: a step of the deterministic motion, implicit where it is linear.
 * False if the matrix is singular. */
bool gf_row_relax(gf_row *self, double step, double *state);

#endif
