/* A diffusion matrix with its derivatives. */
#ifndef GIBBSFLOW_MEDIUM_DIFFUSION_H
#define GIBBSFLOW_MEDIUM_DIFFUSION_H

#include "gibbsflow/diffusion.h"

#include <stdbool.h>

/* D at a density, row by row, and slope[c][i] = d matrix_c/dq_i: constant along an axis between two
 * nodes, that of the cell above at a node, 0 beyond the axis. */
void gf_diffusion_expand(const gf_diffusion *self, const double density[GF_CHARGES], double *matrix,
                         double (*slope)[GF_CHARGES]);

/* Looks at the eigenvalues at the nodes and halfway between them, and sets `largest`. False where
 * one has no positive real part; then the density, trace and determinant are those of that place.
 */
bool gf_diffusion_measure(gf_diffusion *self, double density[GF_CHARGES], double *trace,
                          double *det);

#endif
