/* One trajectory at work (unravelling.h). */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_TRAJECTORY_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_TRAJECTORY_H

#include "open_system/trajectories/trajectories.h"
#include "open_system/trajectories/unravelling.h"

typedef struct gf_trajectory gf_trajectory;

/* How states are drawn from exp(-lambda1 Q1 - lambda2 Q2): magnetisations with probabilities near
 * those of the Gibbs state, a random vector |r> of one magnetisation and momentum, exp(-lambda2
 * H/2) |r>. Weights make up for what the probabilities miss, exactly. */
typedef struct gf_draw {
    double share[GF_UNRAVELLING_MAX_SITES + 1]; /* of each number of spins up; sums to 1 */
} gf_draw;

/* A place for trajectories to work in; `rules` and `asked` must outlive it. The caller frees it;
 * after a failure it is NULL. */
gf_status gf_trajectory_create(const gf_unravelling *rules, const gf_trajectories_request *asked,
                               gf_trajectory **trajectory, gf_error *error);
void gf_trajectory_free(gf_trajectory *self);

/* Fills the shares, with a few random vectors of each magnetisation. */
void gf_trajectory_prepare(gf_trajectory *self, gf_draw *draw);

/* Begins realisation `index`. */
void gf_trajectory_begin(gf_trajectory *self, const gf_draw *draw, size_t index);
/* Goes on for a fraction of a second; returns the time that is left. */
double gf_trajectory_advance(gf_trajectory *self);
/* What it has found, laid out as gf_trajectories_layout says; complete when no time is left. */
const double *gf_trajectory_record(const gf_trajectory *self);

/* The state, over all 2^sites patterns, not normalised since the last jump. For tests. */
void gf_trajectory_state(const gf_trajectory *self, double complex *state);
double gf_trajectory_time(const gf_trajectory *self);
uint64_t gf_trajectory_jumps(const gf_trajectory *self);

#endif
