/* Sums of the vectors of a stretch (no_jump.h). */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_COMBINE_KERNEL_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_COMBINE_KERNEL_H

#include "open_system/trajectories/momentum_operator.h"

/* psi = sum_n factor[n] vectors[n] on the rungs, vectors[terms][basis->orbits]; returns |psi|^2. */
double gf_combine(const gf_momentum_basis *basis, gf_rungs rungs, size_t terms,
                  const double complex *factor, const double complex *vectors, double complex *psi);

void gf_scale(const gf_momentum_basis *basis, gf_rungs rungs, double factor, double complex *psi);

#endif
