#include "langevin/instanton/least_action.h"

#include "langevin/instanton/preconditioner.h"

#include <lbfgs.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Descents at fixed durations: at least, at most. Corrections that L-BFGS keeps, iterations over
 * which it looks back, and the most of them. */
enum { FEWEST = 4, MOST = 8, KEPT = 24, PAST = 10, ITERATIONS = 2000 };

/* A descent at work. */
typedef struct descent {
    gf_path_action *action;
    gf_preconditioner *preconditioner;
    const gf_path *path; /* where it began */
    double *state;       /* [steps + 1][size] where it is */
    double *gradient;    /* likewise */
    double past[2 * PAST + 1];
    size_t iterations, evaluations;
    double norm;
} descent;

static size_t inner_count(const gf_path *path) {
    return (path->steps - 1) * gf_path_size(path);
}

/* The states of the variables z, which count from where the descent began. */
static void place(descent *self, const double *z) {
    size_t size = gf_path_size(self->path), count = inner_count(self->path);
    double *inner = self->state + size;
    memcpy(inner, z, count * sizeof *z);
    gf_preconditioner_restore(self->preconditioner, inner);
    for (size_t i = 0; i < count; ++i) {
        inner[i] += self->path->state[size + i];
    }
}

static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *z, lbfgsfloatval_t *gradient,
                                const int n, const lbfgsfloatval_t step) {
    descent *self = instance;
    (void)step;
    place(self, z);
    double action = gf_path_action_evaluate(self->action, self->path, self->state, self->gradient);
    memcpy(gradient, self->gradient + gf_path_size(self->path), (size_t)n * sizeof *gradient);
    gf_preconditioner_pull(self->preconditioner, gradient);
    ++self->evaluations;
    return action;
}

/* Keeps the last values; a value that is no number ends the descent. */
static int watch(void *instance, const lbfgsfloatval_t *z, const lbfgsfloatval_t *gradient,
                 const lbfgsfloatval_t action, const lbfgsfloatval_t length,
                 const lbfgsfloatval_t norm, const lbfgsfloatval_t step, int n, int k,
                 int evaluations) {
    descent *self = instance;
    (void)z, (void)gradient, (void)length, (void)step, (void)n, (void)k, (void)evaluations;
    memmove(self->past + 1, self->past, 2 * PAST * sizeof *self->past);
    self->past[0] = action;
    self->norm = norm;
    ++self->iterations;
    return isfinite(action) ? 0 : 1;
}

/* What is left to gain if the gains of PAST iterations go on as they did, geometrically. */
static double left_to_gain(const descent *self) {
    if (self->iterations <= 2 * PAST) {
        return self->iterations > 0 ? fabs(self->past[self->iterations - 1] - self->past[0]) : 0;
    }
    double last = self->past[PAST] - self->past[0],
           before = self->past[2 * PAST] - self->past[PAST];
    double ratio = before > 0 ? fmin(fmax(last / before, 0), 0.9) : 0.9;
    return fabs(last) * fmax(ratio / (1 - ratio), 0.1);
}

/* Codes with which liblbfgs ends where rounding, not the descent, stops it. */
static bool is_rounding(int code) {
    return code == LBFGSERR_ROUNDING_ERROR || code == LBFGSERR_MAXIMUMLINESEARCH ||
           code == LBFGSERR_MINIMUMSTEP || code == LBFGSERR_WIDTHTOOSMALL ||
           code == LBFGSERR_INCREASEGRADIENT;
}

/* Rounding or the number of iterations may end a descent that has little to gain: what that is
 * counts as error. */
static gf_status judge(const descent *self, int code, double action, double tolerance,
                       gf_error *error) {
    bool stopped = is_rounding(code) || code == LBFGSERR_MAXIMUMITERATION;
    bool settled = code == LBFGS_SUCCESS || code == LBFGS_STOP || code == LBFGS_ALREADY_MINIMIZED ||
                   (stopped && left_to_gain(self) < 40 * tolerance * action);
    if (settled && isfinite(action)) {
        return GF_OK;
    }
    if (code == LBFGSERR_OUTOFMEMORY) {
        return gf_fail_memory(error, "a descent");
    }
    return gf_fail(error, GF_NO_CONVERGENCE,
                   "the descent to the least action did not converge: after %zu iterations on %zu "
                   "steps and %zu cells the action is %.6g and may fall by %.2g, the gradient is "
                   "%.2g (liblbfgs: %d)%s",
                   self->iterations, self->path->steps, self->path->cells, action,
                   left_to_gain(self), self->norm, code,
                   isfinite(action) ? "" : "; the noise is not positive somewhere on the path");
}

/* One descent at the durations of the path, which receives what it finds. */
static gf_status descend(descent *self, double tolerance, gf_path *path, gf_least_action *result,
                         gf_error *error) {
    size_t count = inner_count(path);
    lbfgsfloatval_t *z = lbfgs_malloc((int)count);
    lbfgs_parameter_t parameters;
    if (z == NULL) {
        return gf_fail_memory(error, "a descent");
    }
    lbfgs_parameter_init(&parameters);
    parameters.m = KEPT;
    parameters.past = PAST;
    parameters.delta = tolerance;
    parameters.epsilon = 1e-12;
    parameters.max_iterations = ITERATIONS;
    memset(z, 0, count * sizeof *z);
    memcpy(self->state, path->state, (count + 2 * gf_path_size(path)) * sizeof *self->state);
    self->iterations = 0;
    gf_preconditioner_set(self->preconditioner, path->step);
    int code = lbfgs((int)count, z, &result->action, evaluate, watch, self, &parameters);
    gf_status status = judge(self, code, result->action, tolerance, error);
    if (status == GF_OK) {
        place(self, z);
        memcpy(path->state, self->state, (count + 2 * gf_path_size(path)) * sizeof *z);
    }
    lbfgs_free(z);
    ++result->descents;
    result->evaluations = self->evaluations;
    result->gradient = self->norm;
    return status;
}

/* --- durations ------------------------------------------------------------------------------- */

static double best_duration(double way, double drift, gf_pace pace) {
    return fmin(fmax(way / drift, 1e-5 / pace.fast), 1e4 / pace.slow);
}

gf_status gf_least_action_pace(gf_path_action *action, gf_pace pace, gf_path *path,
                               gf_error *error) {
    size_t steps = path->steps;
    double *way = malloc((3 * steps + 1) * sizeof *way);
    if (way == NULL) {
        return gf_fail_memory(error, "a path");
    }
    double *drift = way + steps, *place_of = way + 2 * steps;
    gf_path_action_measure(action, path, way, drift);
    place_of[0] = 0;
    for (size_t k = 0; k < steps; ++k) {
        place_of[k + 1] = place_of[k] + way[k];
    }
    gf_status status =
        isfinite(place_of[steps])
            ? gf_path_spread(path, place_of, error)
            : gf_fail(error, GF_NO_CONVERGENCE, "the noise is not positive somewhere on the path");
    if (status == GF_OK) {
        gf_path_action_measure(action, path, way, drift);
        for (size_t k = 0; k < steps; ++k) {
            path->step[k] = best_duration(way[k], drift[k], pace);
        }
    }
    free(way);
    return status;
}

/* --- the search ------------------------------------------------------------------------------ */

static gf_status alternate(descent *self, gf_pace pace, double tolerance, gf_path *path,
                           gf_least_action *result, gf_error *error) {
    double before = INFINITY;
    gf_status status = GF_OK;
    for (size_t k = 0; k < MOST && status == GF_OK; ++k) {
        status = gf_least_action_pace(self->action, pace, path, error);
        if (status == GF_OK) {
            status = descend(self, tolerance / 10, path, result, error);
        }
        double change = fabs(before - result->action);
        result->unsettled = left_to_gain(self) + change;
        if (k + 1 >= FEWEST && change <= tolerance * result->action) {
            break;
        }
        before = result->action;
    }
    return status;
}

gf_status gf_least_action_find(const gf_fluctuating_field *field, const double *rest, gf_pace pace,
                               double tolerance, gf_path *path, gf_least_action *result,
                               gf_error *error) {
    size_t all = (path->steps + 1) * gf_path_size(path);
    descent self = {.path = path,
                    .state = malloc(all * sizeof *self.state),
                    .gradient = malloc(all * sizeof *self.gradient)};
    *result = (gf_least_action){0};
    gf_status status = self.state != NULL && self.gradient != NULL
                           ? gf_path_action_create(field, path, &self.action, error)
                           : gf_fail_memory(error, "a descent");
    if (status == GF_OK) {
        status = gf_least_action_pace(self.action, pace, path, error);
    }
    if (status == GF_OK) {
        status = gf_preconditioner_create(field, path, rest, &self.preconditioner, error);
    }
    if (status == GF_OK) {
        status = alternate(&self, pace, tolerance, path, result, error);
    }
    gf_preconditioner_free(self.preconditioner);
    gf_path_action_free(self.action);
    free(self.state);
    free(self.gradient);
    return status;
}

double gf_least_action_memory(const gf_path *mesh) {
    double count = 8.0 * (double)(mesh->steps + 1) * (double)gf_path_size(mesh);
    return (2 * KEPT + 10) * count + gf_path_action_memory(mesh);
}
