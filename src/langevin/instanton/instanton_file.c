#include "langevin/instanton/instanton_file.h"

#include "io/charge_units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 40, PATH = 96 };

static const char swept[] = "/instanton/parameter";

/* What limits a result, in the order of error_part. */
enum { PARTS = GF_LIMITS + 1 };
static const char *const parts[PARTS] = {"steps", "cells", "distance", "descent"};

/* --- writing --------------------------------------------------------------------------------- */

static void put_run(const gf_instanton *self, gf_file *file) {
    const gf_run *run = self->run;
    const char *const *names = run->equation->parameters;
    char text[64 * GF_RUN_MAX_PARAMETERS] = "";
    for (size_t i = 0; names[i] != NULL; ++i) {
        size_t used = strlen(text);
        if (i != run->swept) {
            (void)snprintf(text + used, sizeof text - used, "%s%s=%.15g", used > 0 ? " " : "",
                           names[i], run->parameters[i]);
        }
    }
    gf_file_put_text_attribute(file, "/instanton", "yaml", run->yaml);
    gf_file_put_text_attribute(file, "/instanton", "settings", run->settings);
    gf_file_put_text_attribute(file, "/instanton", "parameters", text);
    gf_file_put_text_attribute(file, "/instanton", "equation", run->equation->name);
    gf_file_put_text_attribute(file, "/instanton", "law", gf_run_field_law(run));
    gf_file_put_number_attribute(file, "/instanton", "drive", run->noise.drive);
    gf_file_put_number_attribute(file, "/instanton", "thermal", run->noise.thermal);
    gf_file_put_number_attribute(file, "/instanton", "tolerance", self->tolerance);
    if (run->medium.table != NULL) {
        gf_file_put_text_attribute(file, "/instanton", "table", run->medium.table);
    }
}

/* A dataset over the sweep, with `width` numbers for each point (1: no axis). */
static void put_points(const gf_instanton *self, gf_file *file, const char *path, size_t width,
                       const char *axis, const char *description, const double *values) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = "1",
                                      .description = description,
                                      .rank = width > 1 ? 2 : 1,
                                      .shape = {self->points, width},
                                      .axes = {swept, axis}},
                        values);
}

static void put_rate(const gf_instanton *self, gf_file *file, const char *path,
                     const char *description, const double *values) {
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = path,
                                      .units = "epsilon {energy}",
                                      .description = description,
                                      .rank = 1,
                                      .shape = {self->points},
                                      .axes = {swept}},
                        values);
}

typedef struct columns {
    double *c, *error, *part, *action, *action_error, *speed, *rate, *rate_error;
} columns;

static void fill(const gf_instanton *self, const columns *to) {
    for (size_t k = 0; k < self->points; ++k) {
        const gf_instanton_point *point = &self->point[k];
        to->c[k] = gf_instanton_c(point);
        to->error[k] = gf_instanton_error(point);
        memcpy(to->part + k * PARTS, point->result.limit, sizeof point->result.limit);
        to->part[k * PARTS + GF_LIMITS] = point->result.descent;
        memcpy(to->action + k * GF_DEPARTURES, point->action, sizeof point->action);
        memcpy(to->action_error + k * GF_DEPARTURES, point->error, sizeof point->error);
        to->speed[k] = point->speed;
        to->rate[k] = point->rate;
        to->rate_error[k] = point->rate_error;
    }
}

static void put_results(const gf_instanton *self, gf_file *file) {
    const gf_run *run = self->run;
    size_t count = self->points;
    double *all = calloc(count * (5 + PARTS + 2 * (size_t)GF_DEPARTURES), sizeof *all);
    if (all == NULL) {
        gf_file_reject(file, "out of memory for /instanton");
        return;
    }
    columns to = {.c = all, .error = all + count, .speed = all + 2 * count};
    to.part = all + 3 * count;
    to.action = to.part + PARTS * count;
    to.action_error = to.action + GF_DEPARTURES * count;
    to.rate = to.action_error + GF_DEPARTURES * count;
    to.rate_error = to.rate + count;
    fill(self, &to);
    gf_file_put_doubles(
        file,
        &(gf_dataset){
            .path = swept, .units = "of the run", .rank = 1, .shape = {count}, .axes = {swept}},
        run->sweep);
    gf_file_put_text_attribute(file, swept, "parameter_name",
                               run->equation->parameters[run->swept]);
    put_points(self, file, "/instanton/c", 1, NULL,
               "of the cheaper departure; the attribute law says what it is the exponent of", to.c);
    put_points(self, file, "/instanton/error", 1, NULL, "of c", to.error);
    gf_file_put_strings(file,
                        &(gf_dataset){.path = "/instanton/error_source",
                                      .units = "1",
                                      .rank = 1,
                                      .shape = {PARTS},
                                      .axes = {"source"}},
                        parts);
    put_points(self, file, "/instanton/error_part", PARTS, "/instanton/error_source",
               "what the error is made of; that of a descent counts for each mesh", to.part);
    put_points(self, file, "/instanton/action", GF_DEPARTURES, "departure",
               "from the stable state of smaller m, of larger m; of walls half of that of a pair; "
               "inf: the other state does not grow in it",
               to.action);
    put_points(self, file, "/instanton/action_error", GF_DEPARTURES, "departure", NULL,
               to.action_error);
    gf_file_put_doubles(
        file,
        &(gf_dataset){.path = "/instanton/speed",
                      .units = "length per time of the paths",
                      .description = "of a wall; positive: the state of larger m grows",
                      .rank = 1,
                      .shape = {count},
                      .axes = {swept}},
        to.speed);
    if (run->blocks) {
        put_rate(self, file, "/instanton/rate",
                 "the slowest of blocks of the run's sites, by the Fokker-Planck equation",
                 to.rate);
        put_rate(self, file, "/instanton/rate_error", "of rate", to.rate_error);
    }
    free(all);
}

/* --- paths ----------------------------------------------------------------------------------- */

static const char *time_units(const gf_run *run) {
    return run->equation->fields > 1  ? "1/({energy} epsilon)"
           : run->equation->has_space ? "1/(J epsilon)"
                                      : "of the run";
}

/* Times of the states, and of the middles of the steps between them. */
static void put_times(const gf_instanton *self, gf_file *file, const char *group,
                      const gf_path *path) {
    char name[2][PATH];
    double *time = calloc(2 * path->steps + 1, sizeof *time);
    if (time == NULL) {
        gf_file_reject(file, "out of memory for the times of a path");
        return;
    }
    double *middle = time + path->steps + 1;
    for (size_t k = 0; k < path->steps; ++k) {
        time[k + 1] = time[k] + path->step[k];
        middle[k] = time[k] + path->step[k] / 2;
    }
    (void)snprintf(name[0], PATH, "%s/time", group);
    (void)snprintf(name[1], PATH, "%s/middle", group);
    for (int i = 0; i < 2; ++i) {
        gf_file_put_doubles(
            file,
            &(gf_dataset){.path = name[i],
                          .units = time_units(self->run),
                          .description = i == 0 ? "of the states" : "of momentum and density",
                          .rank = 1,
                          .shape = {path->steps + (i == 0 ? 1 : 0)},
                          .axes = {name[i]}},
            i == 0 ? time : middle);
    }
    free(time);
}

static void put_positions(gf_file *file, const char *group, const gf_path *path) {
    char name[PATH];
    double *position = calloc(path->cells, sizeof *position);
    if (position == NULL) {
        gf_file_reject(file, "out of memory for the positions of a path");
        return;
    }
    for (size_t i = 0; i < path->cells; ++i) {
        position[i] = ((double)i + 0.5) * path->spacing;
    }
    (void)snprintf(name, PATH, "%s/position", group);
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = name,
                                      .units = "a/sqrt(epsilon)",
                                      .description = "from the middle between the two walls",
                                      .rank = 1,
                                      .shape = {path->cells},
                                      .axes = {name}},
                        position);
    free(position);
}

/* [times][cells](, [fields]); without space there is no axis of cells. */
static void put_rows(gf_file *file, const char *group, const char *what, const char *when,
                     const char *units, size_t times, const gf_path *path, bool of_fields,
                     const double *values) {
    char name[PATH], time[PATH], position[PATH];
    (void)snprintf(name, PATH, "%s/%s", group, what);
    (void)snprintf(time, PATH, "%s/%s", group, when);
    (void)snprintf(position, PATH, "%s/position", group);
    gf_dataset dataset = {
        .path = name, .units = units, .rank = 1, .shape = {times}, .axes = {time}};
    if (path->cells > 1) {
        dataset.shape[dataset.rank] = path->cells;
        dataset.axes[dataset.rank++] = position;
    }
    if (of_fields && path->fields > 1) {
        dataset.shape[dataset.rank] = path->fields;
        dataset.axes[dataset.rank++] = "charge";
    }
    gf_file_put_doubles(file, &dataset, values);
}

static void put_path(const gf_instanton *self, gf_file *file, size_t point) {
    const gf_transition_result *result = &self->point[point].result;
    const gf_path *path = &result->path;
    char group[GROUP];
    if (path->state == NULL) {
        return;
    }
    (void)snprintf(group, sizeof group, "/instanton/path/%zu", point);
    put_times(self, file, group, path);
    if (path->cells > 1) {
        put_positions(file, group, path);
    }
    put_rows(file, group, "field", "time", path->fields > 1 ? GF_UNITS_DENSITY : "1",
             path->steps + 1, path, true, path->state);
    put_rows(file, group, "momentum", "middle", "1", path->steps, path, true, result->momentum);
    put_rows(file, group, "action_density", "middle", "1", path->steps, path, false,
             result->density);
    gf_file_put_number_attribute(file, group, "largest_energy", result->energy);
}

void gf_instanton_put(const gf_instanton *self, gf_file *file) {
    if (gf_file_has(file, "/instanton")) {
        gf_file_remove(file, "/instanton");
    }
    if (self->run->medium.energy_unit != NULL) {
        gf_file_set_energy_unit(file, self->run->medium.energy_unit);
    }
    put_run(self, file);
    put_results(self, file);
    for (size_t k = 0; k < self->points; ++k) {
        put_path(self, file, k);
    }
}

/* --- reading --------------------------------------------------------------------------------- */

void gf_instanton_law_free(gf_instanton_law *self) {
    free(self->parameter);
    free(self->c);
    free(self->error);
    *self = (gf_instanton_law){0};
}

gf_status gf_instanton_law_get(gf_file *file, gf_instanton_law *law, gf_error *error) {
    *law = (gf_instanton_law){0};
    law->parameter = gf_file_get_doubles(file, swept, 1, &law->points);
    law->c = gf_file_get_doubles(file, "/instanton/c", 1, &(size_t){law->points});
    law->error = gf_file_get_doubles(file, "/instanton/error", 1, &(size_t){law->points});
    gf_status status = gf_file_check(file, error);
    if (status != GF_OK) {
        gf_instanton_law_free(law);
    }
    return status;
}
