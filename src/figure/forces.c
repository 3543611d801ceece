/* The force field over the plane of magnetisation and energy: Fig. 2 of Lange & Rosch. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "gibbsflow/flow.h"
#include "gibbsflow/force_table.h"
#include "io/charge_axes.h"
#include "model/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Arrows along each axis, and their length in units of the distance between them. */
static const double ARROWS = 34, ARROW_LENGTH = 0.8;

typedef struct content {
    gf_force_table table;
    gf_fixed_points points;
    gf_flow flow;
    double *corners; /* [corner_count][GF_CHARGES] */
    size_t corner_count;
    char *name, *parameters, *unit;
    double sites;
    double low[GF_CHARGES], high[GF_CHARGES]; /* the frame */
} content;

static void free_content(content *self) {
    gf_force_table_free(&self->table);
    gf_fixed_points_free(&self->points);
    gf_flow_free(&self->flow);
    free(self->corners);
    free(self->name);
    free(self->parameters);
    free(self->unit);
}

static gf_status read_content(gf_file *file, content *self, gf_error *error) {
    *self = (content){0};
    gf_status status = gf_force_table_read(file, &self->table, error);
    if (status == GF_OK) {
        status = gf_fixed_points_read(file, &self->points, error);
    }
    if (status == GF_OK) {
        status = gf_flow_read(file, &self->flow, error);
    }
    self->corners = gf_charge_axes_get(file, "/region/corners", 1, 1, 1, &self->corner_count);
    self->name = gf_file_get_text_attribute(file, "/model", "name");
    self->parameters = gf_file_get_text_attribute(file, "/model", "parameters");
    self->sites = gf_file_get_number_attribute(file, "/model", "sites");
    self->unit = gf_model_stored_energy_unit(file);
    return status == GF_OK ? gf_file_check(file, error) : status;
}

static gf_status find_frame(content *self, gf_error *error) {
    if (self->corner_count < 3) {
        return gf_fail(error, GF_INVALID,
                       "there is no plane to draw: magnetisation and energy are not independent");
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        self->low[i] = INFINITY;
        self->high[i] = -INFINITY;
        for (size_t k = 0; k < self->corner_count; ++k) {
            self->low[i] = fmin(self->low[i], self->corners[GF_CHARGES * k + i]);
            self->high[i] = fmax(self->high[i], self->corners[GF_CHARGES * k + i]);
        }
        double margin = 0.04 * (self->high[i] - self->low[i]);
        self->low[i] -= margin;
        self->high[i] += margin;
    }
    return GF_OK;
}

/* Arrows of equal length on the page, along the force, centred on their grid points. */
static size_t write_arrows(const content *self, FILE *out) {
    const gf_grid *grid = &self->table.density_grid;
    size_t steps[2], arrows = 0;
    for (int i = 0; i < 2; ++i) {
        double spacing =
            (grid->axis[i].to - grid->axis[i].from) / (double)(grid->axis[i].points - 1);
        double wanted = (self->high[i] - self->low[i]) / ARROWS;
        steps[i] =
            grid->axis[i].points > 1 && wanted > spacing ? (size_t)lround(wanted / spacing) : 1;
    }
    for (size_t row = 0; row < grid->axis[0].points; row += steps[0]) {
        for (size_t column = 0; column < grid->axis[1].points; column += steps[1]) {
            const double *f = grid->force + GF_CHARGES * (row * grid->axis[1].points + column);
            double x = f[0] / (self->high[0] - self->low[0]),
                   y = f[1] / (self->high[1] - self->low[1]);
            double length = hypot(x, y), scale = ARROW_LENGTH / ARROWS / length;
            if (isfinite(length) && length > 0) {
                double m = gf_axis_value(&grid->axis[0], row),
                       e = gf_axis_value(&grid->axis[1], column);
                (void)fprintf(out, "%.6g %.6g %.6g %.6g %.6g\n", m - scale * f[0] / 2,
                              e - scale * f[1] / 2, scale * f[0], scale * f[1], hypot(f[0], f[1]));
                ++arrows;
            }
        }
    }
    return arrows;
}

static void write_border(const content *self, FILE *out) {
    for (size_t k = 0; k <= self->corner_count; ++k) {
        const double *corner = self->corners + GF_CHARGES * (k % self->corner_count);
        (void)fprintf(out, "%.8g %.8g\n", corner[0], corner[1]);
    }
}

static void write_flow(const content *self, FILE *out) {
    for (size_t k = 0; k < self->flow.count; ++k) {
        for (size_t i = 0; i < self->flow.lines[k].count; ++i) {
            const double *density = self->flow.lines[k].density[i];
            (void)fprintf(out, "%.8g %.8g\n", density[0], density[1]);
        }
        (void)fputs("\n", out);
    }
}

static size_t write_points(const content *self, gf_stability kind, FILE *out) {
    size_t written = 0;
    for (size_t k = 0; k < self->points.count; ++k) {
        const gf_fixed_point *point = &self->points.points[k];
        if (point->stability == kind) {
            (void)fprintf(out, "%.8g %.8g\n", point->density[0], point->density[1]);
            ++written;
        }
    }
    return written;
}

/* The page in cm, and what fits into the line above the frame. */
enum { TITLE = 85 };
static const double WIDTH = 14, HEIGHT = 11.8;
static const gf_plot_margins page = {.left = 1.8, .right = 2.6, .bottom = 2.7, .top = 1};

static void write_title(const content *self, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    size_t length = strlen(self->name) + strlen(self->parameters) + 12;
    (void)fprintf(out, "set label '{/*%.3f ' . ",
                  0.9 * (length > TITLE ? TITLE / (double)length : 1));
    gf_plot_quote(plot, self->name);
    (void)fprintf(out, " . ', N = %g, ' . ", self->sites);
    gf_plot_quote(plot, self->parameters);
    (void)fprintf(out, " . '}' at screen 0.5,%.4f center\n", 1 - 0.6 / HEIGHT);
}

static void write_setup(const content *self, gf_plot *plot) {
    char over[GF_PLOT_UNIT], unit[GF_PLOT_UNIT], energy[2 * GF_PLOT_UNIT];
    gf_plot_unit(self->unit, " / ", over);
    gf_plot_unit(self->unit, "", unit);
    (void)snprintf(energy, sizeof energy, "'energy per site  {/:Italic e}%s'", over);
    gf_plot_frame(plot, page);
    write_title(self, plot);
    gf_plot_label(plot, NULL, "'magnetisation  {/:Italic m}'", energy, 1.35);
    gf_plot_place_colours(plot);
    (void)fprintf(gf_plot_script(plot),
                  "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\n"
                  "set cblabel '|{/:Bold f}| / ε%s'\n"
                  "set tics nomirror out scale 0.7\nset border lw 0.8\n"
                  "set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', 3 '#277f8e', "
                  "4 '#1fa187', 5 '#4ac16d', 6 '#a0da39')\n"
                  "set logscale cb\nset format cb '10^{%%T}'\n",
                  self->low[0], self->high[0], self->low[1], self->high[1], unit);
}

/* How each kind of fixed point is marked: a filled shape under an outline. */
static const struct {
    gf_stability kind;
    int fill, outline;
    const char *colour, *block, *title;
} marks[] = {
    {GF_STABLE, 7, 6, "#d7301f", "stable", "stable"},
    {GF_SADDLE, 13, 12, "#ffffff", "saddle", "saddle"},
    {GF_UNSTABLE, 9, 8, "#ffffff", "unstable", "unstable"},
    {GF_MARGINAL, 5, 4, "#cccccc", "marginal", "marginal"},
    {GF_BORDER, 5, 4, "#d7301f", "border", "dark state"},
};

enum { MARKS = sizeof marks / sizeof *marks, STYLE = 64 };
static const char FLOW_LINE[] = "lw 2.2 lc rgb '#d7301f'";

static void style_mark(size_t k, char fill[STYLE], char outline[STYLE]) {
    (void)snprintf(fill, STYLE, "pt %d ps 0.9*point lc rgb '%s'", marks[k].fill, marks[k].colour);
    (void)snprintf(outline, STYLE, "pt %d ps 0.9*point lw 1.5 lc rgb 'black'", marks[k].outline);
}

static void write_key(const content *self, const gf_figure_overlay *overlay,
                      const bool present[MARKS], gf_plot *plot) {
    char fill[STYLE], outline[STYLE];
    gf_plot_begin_key(plot, page.left, HEIGHT - page.bottom + 1.7, 2, 5);
    if (self->flow.count > 0) {
        gf_plot_add_key(plot, FLOW_LINE, NULL, "unstable manifold");
    }
    if (overlay != NULL) {
        gf_plot_add_key(plot, overlay->line, NULL, overlay->title);
    }
    for (size_t k = 0; k < MARKS; ++k) {
        if (present[k]) {
            style_mark(k, fill, outline);
            gf_plot_add_key(plot, NULL, fill, NULL);
            gf_plot_add_key(plot, NULL, outline, marks[k].title);
        }
    }
}

static void write_plot(const content *self, const gf_figure_overlay *overlay, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    bool present[MARKS];
    char fill[STYLE], outline[STYLE];
    for (size_t k = 0; k < MARKS; ++k) {
        gf_plot_open_data(plot, marks[k].block);
        present[k] = write_points(self, marks[k].kind, out) > 0;
        gf_plot_close_data(plot);
    }
    write_key(self, overlay, present, plot);
    (void)fputs(
        "plot $region using 1:2 with lines lw 1.2 lc rgb '#555555', $arrows using "
        "1:2:3:4:5 with vectors head size graph 0.008,22 filled lw 0.8 lc palette",
        out);
    if (self->flow.count > 0) {
        (void)fprintf(out, ", $flow using 1:2 with lines %s", FLOW_LINE);
    }
    if (overlay != NULL) {
        (void)fprintf(out, ", $overlay using 1:2 with lines %s", overlay->line);
    }
    for (size_t k = 0; k < MARKS; ++k) {
        if (present[k]) {
            style_mark(k, fill, outline);
            (void)fprintf(out, ", $%s using 1:2 with points %s, $%s using 1:2 with points %s",
                          marks[k].block, fill, marks[k].block, outline);
        }
    }
    (void)fputs("\n", out);
}

gf_status gf_figure_draw_forces(gf_file *file, const char *output, gf_error *error) {
    return gf_figure_draw_overlaid(file, NULL, output, error);
}

gf_status gf_figure_draw_overlaid(gf_file *file, const gf_figure_overlay *overlay,
                                  const char *output, gf_error *error) {
    content all;
    gf_plot *plot = NULL;
    gf_status status = read_content(file, &all, error);
    if (status == GF_OK) {
        status = find_frame(&all, error);
    }
    if (status == GF_OK) {
        status = gf_plot_begin(output, WIDTH, HEIGHT, &plot, error);
    }
    if (status == GF_OK) {
        FILE *out = gf_plot_script(plot);
        gf_plot_open_data(plot, "region");
        write_border(&all, out);
        gf_plot_close_data(plot);
        gf_plot_open_data(plot, "arrows");
        size_t arrows = write_arrows(&all, out);
        gf_plot_close_data(plot);
        gf_plot_open_data(plot, "flow");
        write_flow(&all, out);
        gf_plot_close_data(plot);
        if (overlay != NULL) {
            gf_plot_open_data(plot, "overlay");
            overlay->write(overlay->context, out);
            gf_plot_close_data(plot);
        }
        if (arrows > 0) {
            write_setup(&all, plot);
            write_plot(&all, overlay, plot);
            status = gf_plot_finish(&plot, error);
        } else {
            status = gf_fail(error, GF_INVALID,
                             "the force vanishes at every density of the grid: nothing to draw");
            gf_plot_abandon(&plot);
        }
    }
    free_content(&all);
    return status;
}
