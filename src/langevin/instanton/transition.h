/* The least action of a transition, and how far the mesh is to be trusted. In space: from a uniform
 * state to one in which the other state has grown from a reflecting end to a wall some distance
 * away, which is half of a pair of walls by symmetry. Without space: from a stable point to a
 * saddle. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_TRANSITION_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_TRANSITION_H

#include "langevin/instanton/wall_state.h"

typedef struct gf_transition {
    const gf_fluctuating_field *field;
    double from[GF_CHARGES]; /* the uniform state that is left */
    double to[GF_CHARGES];   /* the one that grows; without space a saddle */
    gf_pace pace;
    double width;    /* of the wall, tanh(x/width); lengths below are in units of 2 width */
    double distance; /* of the wall from the end, to begin with */
    double time;     /* for which the wall relaxes */
    bool steady;     /* walls rest: the action tends to its limit as the distance grows, with
                        exp(-8 distance). Otherwise it does not depend on it */
} gf_transition;

/* What limits the result. */
typedef enum gf_limit { GF_LIMIT_STEPS, GF_LIMIT_CELLS, GF_LIMIT_DISTANCE, GF_LIMITS } gf_limit;

typedef struct gf_transition_result {
    double action;           /* with the corrections of finer meshes */
    double error;            /* the sum of those below */
    double limit[GF_LIMITS]; /* what is left of each, estimated */
    double descent;          /* what the descents might still find */
    double energy;           /* largest |H|, in units of the largest |p.b| along the path */
    gf_path path;            /* on the coarsest of the last meshes */
    double *momentum;        /* [steps][cells][fields] */
    double *density;         /* [steps][cells] the action per time and length */
    size_t evaluations, descents;
} gf_transition_result;

/* Called after every search with the number done; may be NULL. */
typedef void gf_transition_watch(void *context, size_t done);

/* Refines steps, cells and distance until the error is below tolerance (relative). Fails where a
 * descent does not converge or the mesh would grow beyond reason. The caller frees the result; a
 * failed call leaves nothing to free. */
gf_status gf_transition_solve(const gf_transition *self, double tolerance,
                              gf_transition_watch *watch, void *context,
                              gf_transition_result *result, gf_error *error);
void gf_transition_result_free(gf_transition_result *self);
/* Into bytes, or out of them in place of what there is. */
void gf_transition_result_carry(gf_transition_result *self, gf_bytes *bytes);

#endif
