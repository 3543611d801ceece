/* The least actions of a run: c of the law n_DW ~ exp(-c/sqrt(epsilon)) of walls, or of the
 * switching of blocks and particles (gf_run_field_law). */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_INSTANTON_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_INSTANTON_H

#include "gibbsflow/progress.h"
#include "langevin/instanton/run_field.h"
#include "langevin/instanton/transition.h"

/* Which state is left. */
typedef enum gf_departure { GF_FROM_MINUS, GF_FROM_PLUS, GF_DEPARTURES } gf_departure;

typedef struct gf_instanton_point {
    /* Half of the action of a pair of walls around a domain of the other state; without walls, the
     * action on the way to the saddle. INFINITY: the other state cannot grow here. */
    double action[GF_DEPARTURES], error[GF_DEPARTURES];
    gf_departure cheaper;    /* the smaller of the two, whose path is kept: c */
    double speed;            /* of a wall, d x/d tau, positive if the state of larger m wins */
    double rate, rate_error; /* of blocks of the run's sites: per epsilon, the slowest decay of the
                                Fokker-Planck equation with the run's coefficients, which
                                switching is once it is rare; else NaN */
    gf_transition_result result; /* of that path */
} gf_instanton_point;

typedef struct gf_instanton {
    const gf_run *run; /* which must outlive it */
    double tolerance;
    size_t points;             /* of the sweep */
    gf_instanton_point *point; /* [points]; where the sweep changes nothing (epsilon) all are alike
                                  but the first alone has a path */
} gf_instanton;

typedef struct gf_instanton_control {
    double tolerance;            /* relative, of c */
    const gf_progress *progress; /* or NULL */
} gf_instanton_control;

/* The least actions of one field. `watch` (may be NULL) is called after every search. The caller
 * frees point->result; a failed call leaves nothing to free. */
gf_status gf_instanton_solve(const gf_run_field *field, double tolerance,
                             gf_transition_watch *watch, void *context, gf_instanton_point *point,
                             gf_error *error);

/* All points of the sweep. Fails where a run has no noise or one stable state, and where a descent
 * does not converge. The caller frees the result; after a failure it is
 * NULL. */
gf_status gf_instanton_find(const gf_run *run, const gf_instanton_control *control,
                            gf_instanton **result, gf_error *error);
void gf_instanton_free(gf_instanton *self); /* NULL: nothing */

/* c of a point and its error. */
static inline double gf_instanton_c(const gf_instanton_point *self) {
    return self->action[self->cheaper];
}
static inline double gf_instanton_error(const gf_instanton_point *self) {
    return self->error[self->cheaper];
}

/* Bytes that a point will take, by the meshes that it usually needs. */
double gf_instanton_memory(const gf_run *run);

#endif
