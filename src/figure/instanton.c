/* Least actions: the path in space and time with its action density, and c against a parameter. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "langevin/instanton/instanton_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Times that a map shows, and the parts of the action done at the first and the last of them: the
 * path comes from the uniform state, and comes to rest, in infinite time. */
enum { ROWS = 160 };
static const double BEGIN = 1e-3, END = 0.985;

/* A page that has no room for three maps side by side, in cm. */
static const double NARROW = 13;

/* The first path of a file. */
typedef struct stored_path {
    size_t times, cells, fields; /* cells: 1 without space */
    double *time, *position, *field, *density;
} stored_path;

static void free_path(stored_path *self) {
    free(self->time);
    free(self->position);
    free(self->field);
    free(self->density);
}

static gf_status read_path(gf_file *file, stored_path *self, gf_error *error) {
    size_t shape[GF_FILE_MAX_RANK] = {0};
    bool has_space = gf_file_has(file, "/instanton/path/0/position");
    *self = (stored_path){.cells = 1, .fields = 1};
    self->time = gf_file_get_doubles(file, "/instanton/path/0/time", 1, &self->times);
    if (has_space) {
        self->cells = 0;
        self->position = gf_file_get_doubles(file, "/instanton/path/0/position", 1, &self->cells);
    }
    char *equation = gf_file_get_text_attribute(file, "/instanton", "equation");
    bool two = equation != NULL && strcmp(equation, "hydrodynamics") == 0;
    int rank = 1 + (has_space ? 1 : 0) + (two ? 1 : 0);
    free(equation);
    self->field = gf_file_get_doubles(file, "/instanton/path/0/field", rank, shape);
    self->fields = two ? shape[rank - 1] : 1;
    bool fits = self->times > 2 && shape[0] == self->times && self->fields <= GF_CHARGES &&
                (!has_space || shape[1] == self->cells);
    size_t density[2] = {self->times > 0 ? self->times - 1 : 0, self->cells};
    self->density =
        gf_file_get_doubles(file, "/instanton/path/0/action_density", has_space ? 2 : 1, density);
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK && !fits) {
        status = gf_fail(error, GF_INVALID, "/instanton/path/0 has parts of different shapes");
    }
    if (status != GF_OK) {
        free_path(self);
    }
    return status;
}

/* The action up to each time, as a part of the whole. */
static double *accumulate(const stored_path *self) {
    double *part = calloc(self->times, sizeof *part);
    for (size_t k = 0; part != NULL && k + 1 < self->times; ++k) {
        double sum = 0;
        for (size_t i = 0; i < self->cells; ++i) {
            sum += self->density[k * self->cells + i];
        }
        part[k + 1] = part[k] + sum * (self->time[k + 1] - self->time[k]);
    }
    for (size_t k = 0; part != NULL && k < self->times; ++k) {
        part[k] /= part[self->times - 1];
    }
    return part;
}

/* The time at which so much of the action is done. */
static double time_at(const stored_path *self, const double *part, double level) {
    size_t k = 0;
    while (k + 2 < self->times && part[k + 1] < level) {
        ++k;
    }
    double rise = part[k + 1] - part[k];
    double share = rise > 0 ? (level - part[k]) / rise : 0;
    return self->time[k] + share * (self->time[k + 1] - self->time[k]);
}

/* --- maps ------------------------------------------------------------------------------------ */

/* A row of a field at a time, linear between the states; of the density, that of the step. */
static double value_at(const stored_path *self, size_t k, double share, size_t i, size_t field) {
    size_t width = self->cells * self->fields, at = k * width + i * self->fields + field;
    return field == self->fields ? self->density[k * self->cells + i]
                                 : (1 - share) * self->field[at] + share * self->field[at + width];
}

static void put_map(const stored_path *self, const double window[2], size_t field, gf_plot *plot) {
    char name[16];
    size_t k = 0;
    (void)snprintf(name, sizeof name, "map%zu", field);
    gf_plot_open_data(plot, name);
    for (int row = 0; row < ROWS; ++row) {
        double time = window[0] + (window[1] - window[0]) * (row + 0.5) / ROWS;
        while (k + 2 < self->times && self->time[k + 1] < time) {
            ++k;
        }
        double share = (time - self->time[k]) / (self->time[k + 1] - self->time[k]);
        for (size_t i = 0; i < self->cells; ++i) {
            (void)fprintf(gf_plot_script(plot), "%.5g ", value_at(self, k, share, i, field));
        }
        (void)fputc('\n', gf_plot_script(plot));
    }
    gf_plot_close_data(plot);
}

static void find_range(const stored_path *self, size_t field, double range[2]) {
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t k = 0; k + 1 < self->times; ++k) {
        for (size_t i = 0; i < self->cells; ++i) {
            double value = value_at(self, k, 0, i, field);
            range[0] = fmin(range[0], value);
            range[1] = fmax(range[1], value);
        }
    }
}

/* `first` of its row. */
static void draw_map(const stored_path *self, const double window[2], size_t field, bool first,
                     gf_plot *plot) {
    static const char *const titles[] = {"'{/:Italic m}'", "'{/:Italic e} / {/:Italic J}'"};
    static const char *const palettes[] = {
        "set palette defined (-1 '#2040a0', 0 '#f4f4f4', 1 '#b03020')\n",
        "set palette defined (0 '#f4f4f4', 1 '#3a9a7a', 2 '#20308a')\n"};
    bool density = field == self->fields;
    double range[2], dx = self->position[1] - self->position[0];
    find_range(self, field, range);
    if (field == 0) { /* white in the middle between the states */
        range[1] = fmax(fabs(range[0]), fabs(range[1]));
        range[0] = -range[1];
    }
    gf_plot_label(plot, density ? "'density of the action'" : titles[field],
                  "'{/:Italic r} ε^{1/2} / {/:Italic a}'",
                  first ? "'{/:Italic t} ε {/:Italic J}'" : NULL, 1.3);
    gf_plot_range(plot, "x", 0, 0, (double)self->cells * dx);
    gf_plot_range(plot, "y", 1, 0, window[1] - window[0]);
    (void)fprintf(gf_plot_script(plot),
                  "%sset cbrange [%g:%g]\nset cbtics %g\n"
                  "plot $map%zu matrix using (($1+0.5)*%g):(($2+0.5)*%g):3 with image\n",
                  palettes[field == 0 ? 0 : 1], range[0], range[1],
                  gf_plot_step(range[1] - range[0], 4), field, dx, (window[1] - window[0]) / ROWS);
    gf_plot_end_labels(plot);
}

/* Side by side, or one above the other. */
static void draw_maps(const stored_path *self, const double *part, bool stacked, gf_plot *plot) {
    const double window[2] = {time_at(self, part, BEGIN), time_at(self, part, END)};
    double length = (double)self->cells * (self->position[1] - self->position[0]);
    for (size_t field = 0; field <= self->fields; ++field) {
        put_map(self, window, field, plot);
    }
    size_t panels = self->fields + 1;
    gf_plot_panels(plot, stacked ? panels : 1, stacked ? 1 : panels,
                   (gf_plot_margins){1.8, 1.9, 1.3, 0.9}, 2.5, 2.2);
    gf_plot_place_colours(plot);
    (void)fprintf(gf_plot_script(plot), "set tics out nomirror\nset xtics %g\nset ytics %g\n",
                  gf_plot_step(length, 3), gf_plot_step(window[1] - window[0], 5));
    for (size_t field = 0; field <= self->fields; ++field) {
        draw_map(self, window, field, stacked || field == 0, plot);
    }
    (void)fputs("unset multiplot\n", gf_plot_script(plot));
}

/* --- curves ---------------------------------------------------------------------------------- */

static const char LINE[] = "lw 2 lc rgb '#205080'", SECOND[] = "lw 2 dt (12,5) lc rgb '#c03030'",
                  THIRD[] = "lw 1.5 dt (3,4) lc rgb '#404040'";

/* Without space: the densities, and the part of the action that is done, in time. */
static void draw_curves(const stored_path *self, const double *part, gf_plot *plot) {
    double from = time_at(self, part, BEGIN), to = time_at(self, part, 1 - BEGIN);
    FILE *script = gf_plot_script(plot);
    gf_plot_open_data(plot, "path");
    for (size_t k = 0; k < self->times; ++k) {
        const double *q = self->field + k * self->fields;
        (void)fprintf(script, "%.8g %.8g %.8g %.8g\n", self->time[k] - from, q[0],
                      q[self->fields - 1], part[k]);
    }
    gf_plot_close_data(plot);
    gf_plot_frame(plot, (gf_plot_margins){1.8, 0.6, 1.3, 1});
    gf_plot_begin_key(plot, 1.8, 0.4, 1, 3);
    gf_plot_add_key(plot, LINE, NULL, self->fields > 1 ? "{/:Italic m}" : "{/:Italic x}");
    if (self->fields > 1) {
        gf_plot_add_key(plot, SECOND, NULL, "{/:Italic e} / {/:Italic J}");
    }
    gf_plot_add_key(plot, THIRD, NULL, "part of the action");
    gf_plot_label(plot, NULL, self->fields > 1 ? "'{/:Italic t} ε {/:Italic J}'" : "'{/:Italic t}'",
                  NULL, 1.3);
    gf_plot_range(plot, "x", 0, 0, to - from);
    gf_plot_range(plot, "y", 1, NAN, NAN);
    (void)fprintf(script, "plot $path using 1:2 with lines %s, ", LINE);
    if (self->fields > 1) {
        (void)fprintf(script, "$path using 1:3 with lines %s, ", SECOND);
    }
    (void)fprintf(script, "$path using 1:4 with lines %s\n", THIRD);
}

gf_status gf_figure_draw_path(const gf_figure *figure, gf_error *error) {
    stored_path path;
    gf_plot *plot = NULL;
    gf_status status = read_path(figure->file, &path, error);
    if (status != GF_OK) {
        return status;
    }
    double *part = accumulate(&path), panels = (double)path.fields + 1;
    bool maps = path.cells > 1;
    double width = gf_plot_choose_width(figure->options, maps ? 1.2 + 5.8 * panels : 12);
    bool stacked = maps && path.fields > 1 && width < NARROW;
    double height = !maps ? 8 : stacked ? 0.5 + 6.2 * panels : 8.4;
    status = part != NULL
                 ? gf_plot_begin(figure->output, figure->options, NULL, width, height, &plot, error)
                 : gf_fail_memory(error, "a path");
    if (status == GF_OK && maps) {
        draw_maps(&path, part, stacked, plot);
    } else if (status == GF_OK) {
        draw_curves(&path, part, plot);
    }
    if (status == GF_OK) {
        status = gf_plot_finish(&plot, error);
    }
    gf_plot_abandon(&plot);
    free(part);
    free_path(&path);
    return status;
}

/* --- c against a parameter ------------------------------------------------------------------- */

static void draw_law(const gf_instanton_law *law, const char *name, bool log, gf_plot *plot) {
    FILE *script = gf_plot_script(plot);
    double highest = 0;
    char x[300];
    gf_label symbol = gf_label_symbol(name);
    gf_plot_open_data(plot, "law");
    for (size_t k = 0; k < law->points; ++k) {
        (void)fprintf(script, "%.10g %.10g %.3g\n", law->parameter[k], law->c[k], law->error[k]);
        highest = fmax(highest, law->c[k]);
    }
    gf_plot_close_data(plot);
    gf_plot_frame(plot, (gf_plot_margins){1.8, 0.6, 1.3, 0.5});
    (void)snprintf(x, sizeof x, "'%s'", symbol.text);
    gf_plot_label(plot, NULL, x, "'{/:Italic c}'", 1.4);
    gf_plot_range(plot, "x", 0, NAN, NAN);
    gf_plot_range(plot, "y", 1, log ? NAN : 0, log ? NAN : 1.08 * highest);
    if (log) {
        (void)fputs("set logscale y\n", script);
    } else {
        double range = law->parameter[law->points - 1] - law->parameter[0];
        (void)fprintf(script, "set xtics %g\n", gf_plot_step(fabs(range), 5));
    }
    (void)fprintf(script,
                  "plot $law with lines %s, $law " GF_PLOT_BAR
                  " lc rgb '#205080', $law using 1:2 with points pt 7 ps 0.5*point lc rgb "
                  "'#205080'\n",
                  LINE);
}

gf_status gf_figure_draw_law(const gf_figure *figure, gf_error *error) {
    gf_instanton_law law;
    gf_plot *plot = NULL;
    char *name = gf_file_get_text_attribute(figure->file, "/instanton/parameter", "parameter_name");
    gf_status status = gf_instanton_law_get(figure->file, &law, error);
    if (status == GF_OK && law.points < 2) {
        status = gf_fail(error, GF_INVALID,
                         "/instanton holds a single point: c against a parameter needs a sweep");
    }
    if (status == GF_OK) {
        status = gf_plot_begin(figure->output, figure->options, NULL,
                               gf_plot_choose_width(figure->options, 10), 7.5, &plot, error);
    }
    if (status == GF_OK) {
        draw_law(&law, name != NULL ? name : "", figure->options->log, plot);
        status = gf_plot_finish(&plot, error);
    }
    gf_plot_abandon(&plot);
    gf_instanton_law_free(&law);
    free(name);
    return status;
}
