/* The force of the coherences that are kept between levels that coincide, in the limit of a weak
 * bath: coupled_force.h has that of all of them at a finite coupling. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_COHERENCES_H
#define GIBBSFLOW_OPEN_SYSTEM_COHERENCES_H

#include "open_system/solution.h"

/* push[GF_CHARGES][GF_MAX_RUNGS] += Re Tr(sum_c rate_c sum_j L' [Q_i, L] P_M x) of the charges per
 * site, by the rung of M (with its sign where a rung stands for both), x what the variables of a
 * part say but for the populations. Not for GF_PART_ODD. */
gf_status gf_coherences_push(const gf_solution *self, const gf_part *part, const double *variables,
                             double push[GF_CHARGES][GF_MAX_RUNGS], gf_error *error);

#endif
