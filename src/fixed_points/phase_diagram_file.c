/* Phase diagrams in HDF5 files. */
#include "gibbsflow/phase_diagram.h"

#include "fixed_points/fixed_point.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"

#include <stdlib.h>
#include <string.h>

static const char *const axis_paths[2] = {"/phase/parameter_1", "/phase/parameter_2"};
static const char *const name_attributes[2] = {"parameter_1_name", "parameter_2_name"};

/* --- nodes ----------------------------------------------------------------------------------- */

static void write_axis(const gf_phase_diagram *self, size_t which, gf_file *file) {
    size_t points = self->axis[which].points;
    double *values = calloc(points, sizeof *values);
    for (size_t k = 0; k < points && values != NULL; ++k) {
        values[k] = gf_axis_value(&self->axis[which], k);
    }
    if (values != NULL) {
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = axis_paths[which],
                                          .units = "of the parameter",
                                          .rank = 1,
                                          .shape = {points},
                                          .axes = {axis_paths[which]}},
                            values);
    } else {
        gf_file_reject(file, "out of memory for the phase diagram");
    }
    gf_file_put_text_attribute(file, "/phase", name_attributes[which], self->parameter[which]);
    free(values);
}

static gf_dataset node_dataset(const gf_phase_diagram *self, const char *path,
                               const char *description) {
    return (gf_dataset){.path = path,
                        .units = "1",
                        .description = description,
                        .rank = 2,
                        .shape = {self->axis[0].points, self->axis[1].points},
                        .axes = {axis_paths[0], axis_paths[1]}};
}

static void write_counts(const gf_phase_diagram *self, gf_file *file) {
    static const struct {
        gf_stability kind;
        const char *path, *description;
    } counts[] = {
        {GF_STABLE, "/phase/count_stable", "number of stable fixed points"},
        {GF_SADDLE, "/phase/count_saddle", "number of saddles"},
        {GF_UNSTABLE, "/phase/count_unstable", "number of unstable fixed points"},
        {GF_MARGINAL, "/phase/count_marginal", "number of marginal fixed points"},
        {GF_BORDER, "/phase/count_border", "number of dark states at the border"},
    };
    size_t nodes = self->axis[0].points * self->axis[1].points;
    int64_t *number = calloc(nodes, sizeof *number);
    if (number == NULL) {
        gf_file_reject(file, "out of memory for the phase diagram");
        return;
    }
    for (size_t c = 0; c < sizeof counts / sizeof *counts; ++c) {
        for (size_t node = 0; node < nodes; ++node) {
            number[node] = 0;
            for (size_t k = 0; k < self->most; ++k) {
                number[node] += self->points[node * self->most + k].stability == counts[c].kind;
            }
        }
        gf_dataset dataset = node_dataset(self, counts[c].path, counts[c].description);
        gf_file_put_integers(file, &dataset, number);
    }
    for (size_t node = 0; node < nodes; ++node) {
        number[node] = self->continuum[node];
    }
    gf_dataset dataset = node_dataset(self, "/phase/continuum",
                                      "1 where fixed points form a line and none is listed");
    gf_file_put_integers(file, &dataset, number);
    free(number);
}

/* --- lines ----------------------------------------------------------------------------------- */

/* Places one after another, in columns. */
typedef struct table {
    size_t count;
    double *parameter, *lambda, *density; /* [count][2] each */
} table;

static bool allocate_table(table *self, size_t count) {
    *self = (table){.count = count,
                    .parameter = calloc(2 * count + 1, sizeof(double)),
                    .lambda = calloc(GF_CHARGES * count + 1, sizeof(double)),
                    .density = calloc(GF_CHARGES * count + 1, sizeof(double))};
    return self->parameter != NULL && self->lambda != NULL && self->density != NULL;
}

static void free_table(table *self) {
    free(self->parameter);
    free(self->lambda);
    free(self->density);
}

static void fill_row(table *self, size_t row, const gf_line_point *place) {
    memcpy(self->parameter + 2 * row, place->parameter, sizeof place->parameter);
    memcpy(self->lambda + GF_CHARGES * row, place->lambda, sizeof place->lambda);
    memcpy(self->density + GF_CHARGES * row, place->density, sizeof place->density);
}

static gf_line_point take_row(const table *self, size_t row) {
    gf_line_point place;
    memcpy(place.parameter, self->parameter + 2 * row, sizeof place.parameter);
    memcpy(place.lambda, self->lambda + GF_CHARGES * row, sizeof place.lambda);
    memcpy(place.density, self->density + GF_CHARGES * row, sizeof place.density);
    return place;
}

/* The paths of a table: of points of lines, or of special points. */
static const char *const of_lines[] = {"/phase/line_parameters", "/phase/line_lambda",
                                       "/phase/line_density", "point"};
static const char *const of_specials[] = {"/phase/special_parameters", "/phase/special_lambda",
                                          "/phase/special_density", "point"};

static void write_table(const table *self, const char *const *names, gf_file *file) {
    gf_dataset dataset = {.path = names[0],
                          .units = "of the parameter",
                          .rank = 2,
                          .shape = {self->count, 2},
                          .axes = {names[3], "parameter"}};
    gf_file_put_doubles(file, &dataset, self->parameter);
    dataset = (gf_dataset){.path = names[1],
                           .units = GF_UNITS_LAMBDA,
                           .rank = 1,
                           .shape = {self->count},
                           .axes = {names[3]}};
    gf_charge_axes_put(file, &dataset, 1, 1, self->lambda);
    dataset.path = names[2];
    dataset.units = GF_UNITS_DENSITY;
    gf_charge_axes_put(file, &dataset, 1, 1, self->density);
}

static void write_names(gf_file *file, const char *path, const char *description, const char *axis,
                        int rank, size_t count, const char *const *names) {
    gf_file_put_strings(file,
                        &(gf_dataset){.path = path,
                                      .units = "1",
                                      .description = description,
                                      .rank = rank,
                                      .shape = {count, 2},
                                      .axes = {axis, "end"}},
                        names);
}

static void write_lines(const gf_phase_diagram *self, gf_file *file) {
    size_t count = self->line_count, total = 0;
    table all;
    for (size_t k = 0; k < count; ++k) {
        total += self->lines[k].count;
    }
    int64_t *first = calloc(count + 1, sizeof *first);
    double *error = calloc(count + 1, sizeof *error);
    const char **kind = calloc(count + 1, sizeof *kind), **end = calloc(2 * count + 1, sizeof *end);
    if (!allocate_table(&all, total) || first == NULL || error == NULL || kind == NULL ||
        end == NULL) {
        gf_file_reject(file, "out of memory for the phase diagram");
    } else {
        for (size_t k = 0; k < count; ++k) {
            const gf_bifurcation_line *line = &self->lines[k];
            for (size_t i = 0; i < line->count; ++i) {
                fill_row(&all, (size_t)first[k] + i, &line->points[i]);
            }
            first[k + 1] = first[k] + (int64_t)line->count;
            error[k] = line->error;
            kind[k] = gf_bifurcation_name(line->kind);
            end[2 * k] = gf_line_mark_name(line->end[0]);
            end[2 * k + 1] = gf_line_mark_name(line->end[1]);
        }
        write_table(&all, of_lines, file);
        gf_file_put_integers(
            file,
            &(gf_dataset){.path = "/phase/line_first",
                          .units = "1",
                          .description = "line k is the points first[k] ... first[k+1]-1",
                          .rank = 1,
                          .shape = {count + 1},
                          .axes = {"line"}},
            first);
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = "/phase/line_error",
                                          .units = "1",
                                          .description =
                                              "in parts of the axis: the largest seen against "
                                              "diagonalisation between the spectra; 0: one for all",
                                          .rank = 1,
                                          .shape = {count},
                                          .axes = {"line"}},
                            error);
        write_names(file, "/phase/line_kind", "pitchfork, fold, or Hopf", "line", 1, count, kind);
        write_names(file, "/phase/line_end",
                    "edge (of the diagram), closed, lost, cusp, degenerate pitchfork, or "
                    "Bogdanov-Takens",
                    "line", 2, count, end);
    }
    free_table(&all);
    free(first);
    free(error);
    free(kind);
    free(end);
}

static void write_specials(const gf_phase_diagram *self, gf_file *file) {
    size_t count = self->special_count;
    table all;
    const char **kind = calloc(count + 1, sizeof *kind);
    if (!allocate_table(&all, count) || kind == NULL) {
        gf_file_reject(file, "out of memory for the phase diagram");
    } else {
        for (size_t k = 0; k < count; ++k) {
            fill_row(&all, k, &self->specials[k].place);
            kind[k] = gf_line_mark_name(self->specials[k].kind);
        }
        write_table(&all, of_specials, file);
        write_names(file, "/phase/special_kind", "cusp, degenerate pitchfork, or Bogdanov-Takens",
                    "point", 1, count, kind);
    }
    free_table(&all);
    free(kind);
}

void gf_phase_diagram_write(const gf_phase_diagram *self, gf_file *file) {
    static const char *const axes[] = {"/phase/parameter_1", "/phase/parameter_2", "fixed point"};
    const size_t shape[] = {self->axis[0].points, self->axis[1].points, self->most};
    write_axis(self, 0, file);
    write_axis(self, 1, file);
    gf_fixed_point_write_table(file, "/phase", 3, shape, axes, self->points);
    write_counts(self, file);
    write_lines(self, file);
    write_specials(self, file);
    gf_file_put_integer_attribute(file, "/phase", "incomplete", (long)self->incomplete);
    gf_file_put_integer_attribute(file, "/phase", "unfollowed", (long)self->unfollowed);
}

/* --- reading --------------------------------------------------------------------------------- */

static void read_axis(gf_file *file, size_t which, gf_phase_diagram *diagram) {
    gf_axis *axis = &diagram->axis[which];
    double *values = gf_file_get_doubles(file, axis_paths[which], 1, &axis->points);
    if (values != NULL && axis->points >= 2) {
        axis->from = values[0];
        axis->to = values[axis->points - 1];
    } else {
        gf_file_reject(file, "%s is no axis", axis_paths[which]);
    }
    diagram->parameter[which] = gf_file_get_text_attribute(file, "/phase", name_attributes[which]);
    free(values);
}

static void read_nodes(gf_file *file, gf_phase_diagram *diagram) {
    size_t shape[3] = {0}, flags[2] = {diagram->axis[0].points, diagram->axis[1].points};
    diagram->points = gf_fixed_point_read_table(file, "/phase", 3, shape);
    if (shape[0] != flags[0] || shape[1] != flags[1]) {
        gf_file_reject(file, "the datasets of /phase do not fit together");
    }
    diagram->most = shape[2];
    int64_t *continuum = gf_file_get_integers(file, "/phase/continuum", 2, flags);
    size_t nodes = flags[0] * flags[1];
    diagram->continuum =
        gf_file_check(file, NULL) == GF_OK ? calloc(nodes, sizeof *diagram->continuum) : NULL;
    for (size_t k = 0; k < nodes && diagram->continuum != NULL; ++k) {
        diagram->continuum[k] = continuum[k] != 0;
    }
    free(continuum);
}

/* A table with as many rows in each column; empty after a failure, which the file remembers. */
static void read_table(gf_file *file, const char *const *names, table *self) {
    size_t shape[2] = {0, 2}, lambdas = 0, densities = 0;
    self->parameter = gf_file_get_doubles(file, names[0], 2, shape);
    self->lambda = gf_charge_axes_get(file, names[1], 1, 1, 1, &lambdas);
    self->density = gf_charge_axes_get(file, names[2], 1, 1, 1, &densities);
    if (lambdas != shape[0] || densities != shape[0]) {
        gf_file_reject(file, "the datasets of %s do not fit together", names[0]);
    }
    self->count = gf_file_check(file, NULL) == GF_OK ? shape[0] : 0;
}

/* Which of the names one is: from `first` on, through name(); `last` + 1 if none, rejected. */
static int find_name(gf_file *file, const char *path, const char *text, const char *(*name)(int),
                     int first, int last) {
    int k = first;
    while (k <= last && strcmp(text, name(k)) != 0) {
        ++k;
    }
    if (k > last) {
        gf_file_reject(file, "%s has an unknown kind '%.40s'", path, text);
    }
    return k;
}

static const char *kind_name(int kind) {
    return gf_bifurcation_name((gf_bifurcation_kind)kind);
}

static const char *mark_name(int mark) {
    return gf_line_mark_name((gf_line_mark)mark);
}

static void take_line(gf_file *file, const table *all, const int64_t *range, char *kind,
                      char *const end[2], gf_bifurcation_line *line) {
    if (range[0] < 0 || range[1] < range[0] || (size_t)range[1] > all->count) {
        gf_file_reject(file, "/phase/line_first does not fit the lines");
        return;
    }
    line->kind = (gf_bifurcation_kind)find_name(file, "/phase/line_kind", kind, kind_name,
                                                GF_PITCHFORK, GF_HOPF);
    for (int k = 0; k < 2; ++k) {
        line->end[k] = (gf_line_mark)find_name(file, "/phase/line_end", end[k], mark_name,
                                               GF_AT_EDGE, GF_BOGDANOV_TAKENS);
    }
    line->count = (size_t)(range[1] - range[0]);
    line->points = calloc(line->count + 1, sizeof *line->points);
    if (line->points == NULL) {
        line->count = 0;
        gf_file_reject(file, "out of memory for the phase diagram");
    }
    for (size_t k = 0; k < line->count; ++k) {
        line->points[k] = take_row(all, (size_t)range[0] + k);
    }
}

static void read_lines(gf_file *file, gf_phase_diagram *diagram) {
    table all = {0};
    size_t firsts = 0, errors = 0, kinds = 0, ends[2] = {0, 2};
    read_table(file, of_lines, &all);
    int64_t *first = gf_file_get_integers(file, "/phase/line_first", 1, &firsts);
    double *error = gf_file_get_doubles(file, "/phase/line_error", 1, &errors);
    char **kind = gf_file_get_strings(file, "/phase/line_kind", 1, &kinds);
    char **end = gf_file_get_strings(file, "/phase/line_end", 2, ends);
    if (firsts != kinds + 1 || errors != kinds || ends[0] != kinds) {
        gf_file_reject(file, "the lines of /phase do not fit together");
    }
    diagram->lines = calloc(kinds + 1, sizeof *diagram->lines);
    bool ready = gf_file_check(file, NULL) == GF_OK && diagram->lines != NULL;
    for (size_t k = 0; k < kinds && ready; ++k) {
        take_line(file, &all, first + k, kind[k], end + 2 * k, &diagram->lines[k]);
        diagram->lines[k].error = error[k];
        diagram->line_count = k + 1;
        ready = gf_file_check(file, NULL) == GF_OK;
    }
    free_table(&all);
    free(first);
    free(error);
    free(kind);
    free(end);
}

static void read_specials(gf_file *file, gf_phase_diagram *diagram) {
    table all = {0};
    size_t kinds = 0;
    read_table(file, of_specials, &all);
    char **kind = gf_file_get_strings(file, "/phase/special_kind", 1, &kinds);
    if (kinds != all.count) {
        gf_file_reject(file, "the special points of /phase do not fit together");
    }
    diagram->specials = calloc(kinds + 1, sizeof *diagram->specials);
    bool ready = gf_file_check(file, NULL) == GF_OK && diagram->specials != NULL;
    for (size_t k = 0; k < kinds && ready; ++k) {
        gf_special_point *one = &diagram->specials[diagram->special_count++];
        one->place = take_row(&all, k);
        one->kind = (gf_line_mark)find_name(file, "/phase/special_kind", kind[k], mark_name,
                                            GF_CUSP, GF_BOGDANOV_TAKENS);
    }
    free_table(&all);
    free(kind);
}

gf_status gf_phase_diagram_read(gf_file *file, gf_phase_diagram *diagram, gf_error *error) {
    *diagram = (gf_phase_diagram){0};
    read_axis(file, 0, diagram);
    read_axis(file, 1, diagram);
    if (gf_file_check(file, NULL) == GF_OK) {
        read_nodes(file, diagram);
        read_lines(file, diagram);
        read_specials(file, diagram);
    }
    double incomplete = gf_file_get_number_attribute(file, "/phase", "incomplete");
    double unfollowed = gf_file_get_number_attribute(file, "/phase", "unfollowed");
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK &&
        (diagram->lines == NULL || diagram->specials == NULL || diagram->continuum == NULL)) {
        status = gf_fail_memory(error, "the phase diagram");
    }
    if (status == GF_OK) {
        diagram->incomplete = incomplete > 0 ? (size_t)incomplete : 0;
        diagram->unfollowed = unfollowed > 0 ? (size_t)unfollowed : 0;
    } else {
        gf_phase_diagram_free(diagram);
    }
    return status;
}
