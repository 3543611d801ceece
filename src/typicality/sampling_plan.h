/* How sampling is laid out, as the sizes of the sectors and the free memory suggest. None of it
 * changes a result, but for the number of extremal states, which memory limits in long chains. */
#ifndef GIBBSFLOW_TYPICALITY_SAMPLING_PLAN_H
#define GIBBSFLOW_TYPICALITY_SAMPLING_PLAN_H

#include "krylov/extremal_states.h"
#include "model/model.h"

/* Vectors to treat side by side in a sector of `size` states: as many as the columns hold, if
 * memory allows (`spare` bytes). */
int gf_sampling_plan_together(const gf_model *model, size_t size, double spare);

/* True if a sector is small enough for every thread to have vectors of its own. */
bool gf_sampling_plan_shares_out(const gf_model *model, size_t size, double spare);

/* Extremal states to look for, as memory allows: the same for any number of threads. */
gf_extremal_states_goal gf_sampling_plan_goal(const gf_model *model, size_t size, double spare);

/* Fails if memory is not enough. */
gf_status gf_sampling_plan_check_memory(const gf_model *model, gf_error *error);

#endif
