#include "langevin/instanton/transition.h"

#include "base/tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { F = GF_CHARGES, STEPS = 100, CELLS = 20, MOST_STEPS = 3200, MOST_CELLS = 640 };

static const double MOST_DISTANCE = 6, FARTHER = 0.25;

/* exp(-8 FARTHER) of what a distance leaves out is left out by the next. */
static const double LEFT_OUT = 0.15651764274966565; /* 1/(e^2 - 1) */

/* A mesh: steps, cells per unit of length, distance in units. */
typedef struct mesh {
    size_t steps, per_unit;
    double distance;
} mesh;

/* A path on a mesh. */
typedef struct solution {
    mesh mesh;
    gf_path path;
    gf_least_action found;
} solution;

static void free_solution(solution *self) {
    gf_path_free(&self->path);
    *self = (solution){0};
}

static gf_status create_path(const gf_transition *self, const mesh *on, gf_path *path,
                             gf_error *error) {
    double unit = 2 * self->width;
    size_t cells =
        self->field->has_space ? (size_t)lround(2 * on->distance * (double)on->per_unit) : 1;
    double spacing = self->field->has_space ? unit / (double)on->per_unit : 1;
    return gf_path_create(on->steps, cells, self->field->fields, spacing, path, error);
}

/* The first and the last state. */
static gf_status set_ends(const gf_transition *self, gf_path *path, gf_error *error) {
    double *first = gf_path_state(path, 0), *last = gf_path_state(path, path->steps);
    for (size_t i = 0; i < gf_path_size(path); ++i) {
        first[i] = self->from[i % path->fields];
        last[i] = self->to[i % path->fields];
    }
    if (!self->field->has_space) {
        return GF_OK;
    }
    gf_wall_state wall = {.cells = path->cells,
                          .spacing = path->spacing,
                          .width = self->width,
                          .left = self->to,
                          .right = self->from,
                          .pace = self->pace,
                          .time = self->time};
    return gf_wall_state_relax(&wall, self->field, last, NULL, error);
}

/* In space the wall comes in from beyond the end; without it the way bulges to one side. */
static void guess(const gf_transition *self, double bulge, gf_path *path) {
    const double *last = gf_path_state(path, path->steps);
    for (size_t j = 1; j < path->steps; ++j) {
        double part = (double)j / (double)path->steps;
        double *state = gf_path_state(path, j);
        size_t shift = (size_t)lround((1 - part) * (double)(path->cells - 1));
        for (size_t i = 0; i < path->cells && self->field->has_space; ++i) {
            size_t k = i + shift < path->cells ? i + shift : path->cells - 1;
            memcpy(state + i * path->fields, last + k * path->fields, path->fields * sizeof *state);
        }
        for (size_t a = 0; a < path->fields && !self->field->has_space; ++a) {
            double across = path->fields == 1 ? 0
                            : a == 0          ? self->from[1] - self->to[1]
                                              : self->to[0] - self->from[0];
            state[a] = self->from[a] + part * (self->to[a] - self->from[a]) +
                       bulge * sin(M_PI * part) * across;
        }
    }
}

/* The least action on a mesh, from a solution on another, or from a guess (NULL). */
static gf_status solve_on(const gf_transition *self, mesh on, const solution *other, double bulge,
                          double tolerance, solution *result, gf_error *error) {
    *result = (solution){.mesh = on};
    gf_status status = create_path(self, &on, &result->path, error);
    if (status == GF_OK && other != NULL) {
        gf_path_resample(&other->path, &result->path);
    }
    if (status == GF_OK) {
        status = set_ends(self, &result->path, error);
    }
    if (status == GF_OK && other == NULL) {
        guess(self, bulge, &result->path);
    }
    if (status == GF_OK) {
        status = gf_least_action_find(self->field, self->from, self->pace, tolerance, &result->path,
                                      &result->found, error);
    }
    if (status != GF_OK) {
        free_solution(result);
    }
    return status;
}

/* Without space both ways round are tried, and the cheaper one is taken. */
static gf_status solve_first(const gf_transition *self, double tolerance, solution *result,
                             gf_error *error) {
    const mesh first = {STEPS, CELLS, self->distance};
    gf_status status = solve_on(self, first, NULL, 0.2, tolerance, result, error);
    if (status == GF_OK && !self->field->has_space && self->field->fields > 1) {
        solution other;
        status = solve_on(self, first, NULL, -0.2, tolerance, &other, error);
        bool better = status == GF_OK && other.found.action < result->found.action;
        if (status != GF_OK || better) {
            free_solution(result);
        } else {
            free_solution(&other);
        }
        *result = better ? other : *result;
    }
    return status;
}

static mesh finer(mesh on, gf_limit limit) {
    on.steps *= limit == GF_LIMIT_STEPS ? 2 : 1;
    on.per_unit *= limit == GF_LIMIT_CELLS ? 2 : 1;
    on.distance += limit == GF_LIMIT_DISTANCE ? FARTHER : 0;
    return on;
}

/* Adds what a finer mesh says: its action, and of what that still lacks, which theory estimates
 * from the difference, one part as correction and the same as error. */
static void account(const gf_transition *self, gf_limit limit, double difference,
                    gf_transition_result *result) {
    bool distance = limit == GF_LIMIT_DISTANCE;
    double rest = distance ? difference * (self->steady ? LEFT_OUT : 0) : difference / 3;
    result->action += difference + rest;
    result->limit[limit] = distance && !self->steady ? fabs(difference) : fabs(rest);
    result->error += result->limit[limit];
}

/* The searches of an assessment: the base, and finer in each respect. */
typedef struct search {
    const gf_transition *transition;
    double tolerance; /* of each */
    gf_transition_watch *watch;
    void *context;
    size_t done;
    solution base, *next; /* [GF_LIMITS] */
} search;

static void free_search(search *self) {
    free_solution(&self->base);
    for (int k = 0; k < GF_LIMITS; ++k) {
        free_solution(&self->next[k]);
    }
}

static void count(search *self, const solution *one, gf_transition_result *result) {
    result->descent = fmax(result->descent, one->found.unsettled);
    result->descents += one->found.descents;
    result->evaluations += one->found.evaluations;
    ++self->done;
    if (self->watch != NULL) {
        self->watch(self->context, self->done);
    }
}

static double cost_refinement(const void *context, size_t index) {
    (void)context;
    return index == GF_LIMIT_DISTANCE ? 1 : 2;
}

static gf_status run_refinement(const void *context, gf_task *task, gf_error *error) {
    const search *self = context;
    solution *next = &self->next[task->index];
    free_solution(next);
    return solve_on(self->transition, finer(self->base.mesh, (gf_limit)task->index), &self->base, 0,
                    self->tolerance, next, error);
}

static void carry_refinement(void *context, size_t index, gf_bytes *bytes) {
    solution *next = &((search *)context)->next[index];
    gf_bytes_carry(bytes, &next->mesh, sizeof next->mesh);
    gf_bytes_carry(bytes, &next->found, sizeof next->found);
    gf_path_carry(&next->path, bytes);
}

/* What the base and its refinements say. */
static gf_status assess(search *self, gf_transition_result *result, gf_error *error) {
    bool has_space = self->transition->field->has_space;
    gf_tasks all = {.count = has_space ? GF_LIMITS : 1,
                    .context = self,
                    .cost = cost_refinement,
                    .run = run_refinement,
                    .carry = carry_refinement};
    gf_status status = gf_tasks_run(&all, error);
    result->action = self->base.found.action;
    result->descent = self->base.found.unsettled;
    result->error = 0;
    for (size_t k = 0; k < all.count && status == GF_OK; ++k) {
        account(self->transition, (gf_limit)k, self->next[k].found.action - self->base.found.action,
                result);
        count(self, &self->next[k], result);
    }
    /* differences carry the errors of two descents */
    result->error += result->descent * (1 + (double)all.count);
    return status;
}

/* The base becomes the refinement in the respect that limits most. Where that is the descent it is
 * the steps: on too few of them it goes to and fro between ways to save a long one. */
static gf_status refine(search *self, const gf_transition_result *result, gf_error *error) {
    int worst = 0;
    for (int k = 1; k < GF_LIMITS; ++k) {
        worst = result->limit[k] > result->limit[worst] ? k : worst;
    }
    worst = result->descent > result->limit[worst] ? GF_LIMIT_STEPS : worst;
    mesh on = self->next[worst].mesh;
    if (on.steps > MOST_STEPS || on.per_unit > MOST_CELLS || on.distance > MOST_DISTANCE) {
        return gf_fail(error, GF_NO_CONVERGENCE,
                       "the least action is %.6g +- %.2g and the meshes have grown to %zu steps, "
                       "%zu cells per width of a wall and a distance of %.3g of them; ask for a "
                       "larger tolerance",
                       result->action, result->error, on.steps, on.per_unit, on.distance);
    }
    free_solution(&self->base);
    self->base = self->next[worst];
    self->next[worst] = (solution){0};
    return GF_OK;
}

/* --- what is kept of the path ---------------------------------------------------------------- */

static gf_status describe(const gf_transition *self, const gf_path *path,
                          gf_transition_result *result, gf_error *error) {
    gf_path_action *action = NULL;
    size_t size = gf_path_size(path), steps = path->steps, cells = path->cells;
    double *energy = calloc(steps, sizeof *energy), most = 0, unit = 0;
    result->momentum = calloc(steps * size, sizeof *result->momentum);
    result->density = calloc(steps * cells, sizeof *result->density);
    gf_status status = energy != NULL && result->momentum != NULL && result->density != NULL
                           ? gf_path_action_create(self->field, path, &action, error)
                           : gf_fail_memory(error, "a path");
    if (status == GF_OK) {
        gf_path_action_energy(action, path, energy);
        memcpy(result->momentum, gf_path_action_momentum(action), steps * size * sizeof *energy);
        memcpy(result->density, gf_path_action_density(action), steps * cells * sizeof *energy);
        for (size_t k = 0; k < steps; ++k) {
            most = fmax(most, fabs(energy[k]));
            unit = fmax(unit, gf_path_action_of_steps(action)[k] / path->step[k]);
        }
        result->energy = most / unit;
    }
    free(energy);
    gf_path_action_free(action);
    return status;
}

void gf_transition_result_free(gf_transition_result *self) {
    gf_path_free(&self->path);
    free(self->momentum);
    free(self->density);
    *self = (gf_transition_result){0};
}

void gf_transition_result_carry(gf_transition_result *self, gf_bytes *bytes) {
    double *const momentum = self->momentum, *const density = self->density;
    gf_path path = self->path;
    gf_bytes_carry(bytes, self, sizeof *self);
    self->path = path; /* numbers are all that has come */
    gf_path_carry(&self->path, bytes);
    size_t cells = self->path.steps * self->path.cells;
    size_t states = cells * self->path.fields;
    self->momentum = gf_bytes_carry_array(bytes, momentum, states * sizeof *momentum);
    self->density = gf_bytes_carry_array(bytes, density, cells * sizeof *density);
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status settle(search *self, double tolerance, gf_transition_result *result,
                        gf_error *error) {
    gf_status status = assess(self, result, error);
    while (status == GF_OK && !(result->error <= tolerance * result->action)) {
        status = refine(self, result, error);
        if (status == GF_OK) {
            status = assess(self, result, error);
        }
    }
    return status;
}

gf_status gf_transition_solve(const gf_transition *self, double tolerance,
                              gf_transition_watch *watch, void *context,
                              gf_transition_result *result, gf_error *error) {
    solution next[GF_LIMITS] = {{.mesh = {0}}};
    search all = {.transition = self,
                  .next = next,
                  .tolerance = tolerance / 40,
                  .watch = watch,
                  .context = context};
    *result = (gf_transition_result){0};
    gf_status status = solve_first(self, all.tolerance, &all.base, error);
    if (status == GF_OK) {
        count(&all, &all.base, result);
        status = settle(&all, tolerance, result, error);
    }
    if (status == GF_OK) {
        status = describe(self, &all.base.path, result, error);
    }
    if (status == GF_OK) {
        result->path = all.base.path;
        all.base.path = (gf_path){0};
    } else {
        gf_transition_result_free(result);
    }
    free_search(&all);
    return status;
}
