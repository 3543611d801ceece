#include "langevin/instanton/instanton.h"

#include "base/tasks.h"
#include "gibbsflow/machine.h"
#include "medium/fokker_planck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Searches that a point usually takes, for the progress: its base and three refinements. */
enum { SEARCHES = 4 };

/* Where walls are looked at: in units of twice their width. */
static const double DISTANCE = 1.1, FAR = 4, FARTHEST = 5;

/* Of width * slow, a speed that is none. */
static const double REST = 1e-6;

static gf_transition transition_from(const gf_run_field *field, gf_departure which) {
    gf_transition one = {.field = &field->field,
                         .pace = field->pace,
                         .width = field->width,
                         .distance = DISTANCE,
                         .time = 12 / field->pace.slow,
                         .steady = true};
    bool minus = which == GF_FROM_MINUS;
    memcpy(one.from, minus ? field->minus : field->plus, sizeof one.from);
    memcpy(one.to, minus ? field->plus : field->minus, sizeof one.to);
    return one;
}

/* --- walls ----------------------------------------------------------------------------------- */

/* The speed of a wall at a distance from both ends of a row, `to` on its left; positive if that
 * grows. */
static gf_status measure_speed(const gf_transition *self, double distance, double time,
                               double *speed, gf_error *error) {
    enum { PER_UNIT = 40 };
    gf_wall_state wall = {.cells = (size_t)lround(2 * distance * PER_UNIT),
                          .spacing = 2 * self->width / PER_UNIT,
                          .width = self->width,
                          .left = self->to,
                          .right = self->from,
                          .pace = self->pace,
                          .time = time};
    double *state = malloc(wall.cells * self->field->fields * sizeof *state);
    gf_status status = state != NULL ? gf_wall_state_relax(&wall, self->field, state, speed, error)
                                     : gf_fail_memory(error, "a wall");
    free(state);
    return status;
}

/* A wall that travels must stay in its row while it relaxes. */
static double time_to_relax(const gf_transition *self, double speed) {
    double way = 0.5 * self->width;
    return fmin(12 / self->pace.slow, way / fmax(fabs(speed), 1e-300));
}

/* The distance from which on a wall travels away from its end, that is beyond the critical droplet,
 * by half of its final speed at least. */
static gf_status find_distance(gf_transition *self, double speed, gf_error *error) {
    double here = 0;
    gf_status status = GF_OK;
    self->steady = false;
    self->time = time_to_relax(self, speed);
    for (; self->distance <= FARTHEST && status == GF_OK; self->distance += 0.25) {
        status = measure_speed(self, self->distance, self->time, &here, error);
        if (status == GF_OK && here > speed / 2) {
            return GF_OK;
        }
    }
    return status != GF_OK ? status
                           : gf_fail(error, GF_NO_CONVERGENCE,
                                     "the two states are nearly as good as one another, and a "
                                     "droplet of the better one grows only where its walls are "
                                     "more than %g widths apart; this case is not covered",
                                     4 * FARTHEST);
}

/* The first speed, of a wall that has relaxed for a tenth of the time, says how long it may relax.
 */
static gf_status find_speed(const gf_transition *self, double *speed, gf_error *error) {
    gf_status status = measure_speed(self, FAR, self->time / 10, speed, error);
    return status == GF_OK ? measure_speed(self, FAR, 2 * time_to_relax(self, *speed), speed, error)
                           : status;
}

static gf_status solve_walls(const gf_run_field *field, double tolerance,
                             gf_transition_watch *watch, void *context, gf_instanton_point *point,
                             gf_error *error) {
    gf_transition one = transition_from(field, GF_FROM_PLUS);
    double speed = 0;
    gf_status status = find_speed(&one, &speed, error);
    bool rests = fabs(speed) < REST * field->width * field->pace.slow;
    if (status == GF_OK && !rests && speed < 0) { /* the state of larger m grows */
        one = transition_from(field, GF_FROM_MINUS);
    }
    if (status == GF_OK && !rests) {
        status = find_distance(&one, fabs(speed), error);
    }
    if (status == GF_OK) {
        status = gf_transition_solve(&one, tolerance, watch, context, &point->result, error);
    }
    point->speed = rests ? 0 : -speed;
    point->cheaper = rests || speed > 0 ? GF_FROM_PLUS : GF_FROM_MINUS;
    for (int k = 0; k < GF_DEPARTURES; ++k) {
        bool grows = rests || k == (int)point->cheaper;
        point->action[k] = grows ? point->result.action : INFINITY;
        point->error[k] = grows ? point->result.error : 0;
    }
    return status;
}

/* --- without space --------------------------------------------------------------------------- */

/* Over the cheapest saddle. */
static gf_status solve_departure(const gf_run_field *field, gf_departure which, double tolerance,
                                 gf_transition_watch *watch, void *context,
                                 gf_transition_result *result, gf_error *error) {
    gf_transition one = transition_from(field, which);
    gf_status status = GF_OK;
    for (size_t k = 0; k < field->saddles && status == GF_OK; ++k) {
        gf_transition_result other;
        memcpy(one.to, field->saddle[k], sizeof one.to);
        status = gf_transition_solve(&one, tolerance, watch, context, &other, error);
        if (status == GF_OK && (k == 0 || other.action < result->action)) {
            gf_transition_result_free(result);
            *result = other;
        } else if (status == GF_OK) {
            gf_transition_result_free(&other);
        }
    }
    return status;
}

static gf_status solve_switching(const gf_run_field *field, double tolerance,
                                 gf_transition_watch *watch, void *context,
                                 gf_instanton_point *point, gf_error *error) {
    gf_transition_result result[GF_DEPARTURES] = {{.action = 0}};
    gf_status status = GF_OK;
    for (int k = 0; k < GF_DEPARTURES && status == GF_OK; ++k) {
        status =
            solve_departure(field, (gf_departure)k, tolerance, watch, context, &result[k], error);
        point->action[k] = result[k].action;
        point->error[k] = result[k].error;
    }
    point->cheaper =
        point->action[GF_FROM_MINUS] < point->action[GF_FROM_PLUS] ? GF_FROM_MINUS : GF_FROM_PLUS;
    point->result = result[point->cheaper];
    gf_transition_result_free(&result[1 - (int)point->cheaper]);
    if (status != GF_OK) {
        gf_transition_result_free(&point->result);
    }
    return status;
}

gf_status gf_instanton_solve(const gf_run_field *field, double tolerance,
                             gf_transition_watch *watch, void *context, gf_instanton_point *point,
                             gf_error *error) {
    *point = (gf_instanton_point){.speed = 0};
    return (field->field.has_space ? solve_walls : solve_switching)(field, tolerance, watch,
                                                                    context, point, error);
}

/* --- the sweep ------------------------------------------------------------------------------- */

/* The point that is worked at, and how its searches count. */
typedef struct work {
    gf_instanton *all;
    const gf_instanton_control *control;
    size_t count; /* points that are solved */
} work;

typedef struct watched {
    const work *work;
    bool single; /* this point is the whole, and tells its own progress */
} watched;

static void count_searches(void *context, size_t done) {
    const watched *self = context;
    if (self->single) {
        double most = (double)(done < SEARCHES ? SEARCHES : done + 1);
        gf_progress_update(self->work->control->progress, (double)done / most);
    }
}

/* Noise of another strength is that of blocks of another size. */
static gf_status find_rate(const gf_run *run, gf_instanton_point *point, gf_error *error) {
    static const double tolerance = 1e-4;
    gf_fokker_planck block;
    point->rate = point->rate_error = NAN;
    if (!run->blocks || run->noise.drive != 1) {
        return GF_OK;
    }
    gf_status status = gf_fokker_planck_find(run->medium.surfaces[0], (int)lround(run->spacing),
                                             tolerance, &block, error);
    if (status == GF_OK) {
        point->rate = isnan(block.odd) ? block.even : fmin(block.odd, block.even);
        point->rate_error = block.error * point->rate;
        gf_fokker_planck_free(&block);
    }
    return status == GF_NO_CONVERGENCE ? GF_OK : status;
}

static gf_status solve_point(const void *context, gf_task *task, gf_error *error) {
    const work *self = context;
    watched watch = {.work = self, .single = self->count == 1};
    gf_instanton_point *point = &self->all->point[task->index];
    gf_run_field field;
    gf_status status = gf_run_field_make(self->all->run, task->index, &field, error);
    if (status == GF_OK) {
        status = gf_instanton_solve(&field, self->control->tolerance, count_searches, &watch, point,
                                    error);
        gf_run_field_free(&field);
    }
    if (status == GF_OK) {
        status = find_rate(self->all->run, point, error);
    }
    return status;
}

static void carry_point(void *context, size_t index, gf_bytes *bytes) {
    gf_instanton_point *point = &((work *)context)->all->point[index];
    const gf_transition_result mine = point->result;
    gf_bytes_carry(bytes, point, sizeof *point);
    point->result = mine; /* numbers are all that has come */
    gf_transition_result_carry(&point->result, bytes);
}

/* A single point shares its refinements out; several are shared out themselves. */
static gf_status solve_points(work *self, gf_error *error) {
    if (self->count == 1) {
        gf_task only = {.index = 0};
        return solve_point(self, &only, error);
    }
    gf_tasks all = {.count = self->count,
                    .context = self,
                    .run = solve_point,
                    .carry = carry_point,
                    .progress = self->control->progress};
    return gf_tasks_run(&all, error);
}

void gf_instanton_free(gf_instanton *self) {
    if (self != NULL) {
        for (size_t k = 0; k < self->points && self->point != NULL; ++k) {
            gf_transition_result_free(&self->point[k].result);
        }
        free(self->point);
    }
    free(self);
}

/* Where the sweep changes nothing the first point stands for all. */
static void repeat(gf_instanton *self) {
    for (size_t k = 1; k < self->points; ++k) {
        gf_instanton_point *one = &self->point[k];
        *one = self->point[0];
        one->result.path = (gf_path){0};
        one->result.momentum = one->result.density = NULL;
    }
}

gf_status gf_instanton_find(const gf_run *run, const gf_instanton_control *control,
                            gf_instanton **result, gf_error *error) {
    gf_instanton *self = calloc(1, sizeof *self);
    *result = NULL;
    if (self == NULL) {
        return gf_fail_memory(error, "least actions");
    }
    *self = (gf_instanton){.run = run,
                           .tolerance = control->tolerance,
                           .points = run->points,
                           .point = calloc(run->points, sizeof *self->point)};
    bool varies = gf_run_field_varies(run);
    work all = {.all = self, .control = control, .count = varies ? run->points : 1};
    gf_status status =
        self->point != NULL ? solve_points(&all, error) : gf_fail_memory(error, "least actions");
    if (status == GF_OK && !varies) {
        repeat(self);
    }
    if (status != GF_OK) {
        gf_instanton_free(self);
        self = NULL;
    }
    *result = self;
    return status;
}

double gf_instanton_memory(const gf_run *run) {
    bool has_space = run->equation->has_space && !run->blocks;
    const gf_path usual = {
        .steps = 200, .cells = has_space ? 108 : 1, .fields = run->equation->fields};
    double at_once = 3; /* refinements, of which one each is finer in time or in space */
    if (gf_run_field_varies(run) && run->points > 1) {
        at_once = fmin((double)run->points, gf_machine_threads());
    }
    return at_once * gf_least_action_memory(&usual);
}
