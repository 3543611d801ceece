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

/* A sector in the list of tasks, in seconds of one thread: the search for extremal states, then
 * `tasks` of vectors side by side. Either has a rank's threads to itself if the sector is alone. */
typedef struct gf_sampling_part {
    bool alone;
    size_t tasks;
    double find, run;
} gf_sampling_part;

/* Those of all sectors that are sampled, to parts[sites + 1], if a rank may take `spare` bytes. */
gf_status gf_sampling_plan_parts(const gf_model *model, double spare, gf_sampling_part *parts,
                                 size_t *count, gf_error *error);
/* What they take on so many ranks, all with as many threads. */
double gf_sampling_plan_seconds(const gf_sampling_part *parts, size_t count, double ranks,
                                double threads);
/* Bytes that a rank takes at its peak, if it may take `spare`. */
double gf_sampling_plan_memory(const gf_model *model, double spare);

/* Fails if memory is not enough. */
gf_status gf_sampling_plan_check_memory(const gf_model *model, gf_error *error);

#endif
