/* The force at each magnetisation of a state that is no mixture of eigenstates: what jumps do. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_COUPLED_FORCE_H
#define GIBBSFLOW_OPEN_SYSTEM_COUPLED_FORCE_H

#include "open_system/coupling.h"

/* push[sites + 1][GF_CHARGES] += Re Tr(sum_c rate_c sum_j L' [Q_i, L] P_M x) of the charges per
 * site, as trajectories measure it: N f_i(M) P(M). Not for GF_PART_ODD. */
gf_status gf_coupled_force_add(const gf_coupling *self, const double complex *x,
                               double (*push)[GF_CHARGES], gf_error *error);

#endif
