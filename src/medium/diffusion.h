/* A diffusion matrix with its derivatives. */
#ifndef GIBBSFLOW_MEDIUM_DIFFUSION_H
#define GIBBSFLOW_MEDIUM_DIFFUSION_H

#include "gibbsflow/diffusion.h"

/* D at a density, row by row, and slope[c][i] = d matrix_c/dq_i: constant along an axis between two
 * nodes, that of the cell above at a node, 0 beyond the axis. */
void gf_diffusion_expand(const gf_diffusion *self, const double density[GF_CHARGES], double *matrix,
                         double (*slope)[GF_CHARGES]);

#endif
