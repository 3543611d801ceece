/* The force field over the plane of magnetisation and energy: Fig. 2 of Lange & Rosch. */
#include "figure/kinds.h"

#include "figure/plane.h"
#include "figure/plot.h"

#include <math.h>

/* From arrow to arrow in cm, and their length in units of that. */
static const double ARROW_SPACING = 0.28, ARROW_LENGTH = 0.8;

/* How many nodes of an axis lie from one arrow to the next, and how far that is as a part of the
 * frame, which is `frame` cm long. */
static size_t count_steps(const gf_plane *self, size_t i, double frame, double *apart) {
    const gf_axis *axis = &self->table.density_grid.axis[i];
    double spacing = (axis->to - axis->from) / (double)(axis->points - 1);
    double extent = self->high[i] - self->low[i], least = ARROW_SPACING / frame,
           wanted = extent * least;
    size_t steps = axis->points > 1 && wanted > spacing ? (size_t)lround(wanted / spacing) : 1;
    *apart = axis->points > 1 ? fmax(least, (double)steps * spacing / extent) : least;
    return steps;
}

/* Arrows of equal length on the page, along the force, centred on their grid points. */
static size_t write_arrows(const gf_plane *self, const double frame[2], FILE *out) {
    const gf_grid *grid = &self->table.density_grid;
    size_t steps[2], arrows = 0;
    double apart[2], extent[2];
    for (size_t i = 0; i < 2; ++i) {
        steps[i] = count_steps(self, i, frame[i], &apart[i]);
        extent[i] = self->high[i] - self->low[i];
    }
    for (size_t row = 0; row < grid->axis[0].points; row += steps[0]) {
        for (size_t column = 0; column < grid->axis[1].points; column += steps[1]) {
            const double *f = grid->force + GF_CHARGES * (row * grid->axis[1].points + column);
            double length = hypot(f[0] / extent[0], f[1] / extent[1]);
            double scale = ARROW_LENGTH * fmin(apart[0], apart[1]) / length;
            if (isfinite(length) && length > 0) {
                double m = gf_axis_value(&grid->axis[0], row),
                       e = gf_axis_value(&grid->axis[1], column);
                (void)fprintf(out, "%.6g %.6g %.6g %.6g %.10g\n", m - scale * f[0] / 2,
                              e - scale * f[1] / 2, scale * f[0], scale * f[1], hypot(f[0], f[1]));
                ++arrows;
            }
        }
    }
    return arrows;
}

/* Around the frame in cm; the legend comes below. */
static const gf_plot_margins margins = {.left = 1.8, .right = 2.5, .bottom = 1.6, .top = 0.4};
static const double WIDTH = 14, ASPECT = 0.84, KEY_ROW = 0.45, KEY = 0.15;

static void write_setup(const gf_plane *self, gf_plot_margins page, gf_plot *plot) {
    gf_label energy = gf_label_energy(self->file), unit = gf_label_over_rate(self->file);
    char y[320], colours[320];
    (void)snprintf(y, sizeof y, "'%s'", energy.text);
    gf_plot_frame(plot, page);
    gf_plot_label(plot, NULL, "'magnetisation  {/:Italic m}'", y, 1.35);
    (void)snprintf(colours, sizeof colours, "'|{/:Bold f}|%s'", unit.text);
    gf_plot_place_colours(plot);
    gf_plot_label_colours(plot, colours);
    gf_plane_write_axes(self, plot);
    (void)fputs(
        "set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', 3 '#277f8e', "
        "4 '#1fa187', 5 '#4ac16d', 6 '#a0da39')\n"
        "set logscale cb\nset format cb '10^{%T}'\n",
        gf_plot_script(plot));
}

static gf_status draw(const gf_plane *self, const gf_figure *figure, gf_error *error) {
    gf_plot *plot = NULL;
    gf_plot_margins page = margins;
    double width = gf_plot_choose_width(figure->options, WIDTH), key = width - page.left;
    page.bottom += KEY + KEY_ROW * (double)gf_plane_key_rows(self, key);
    double height = ASPECT * (width - page.left - page.right) + page.bottom + page.top;
    gf_status status =
        gf_plot_begin(figure->output, figure->options, &self->title, width, height, &plot, error);
    if (status != GF_OK) {
        return status;
    }
    gf_plane_write_data(self, plot);
    gf_plot_open_data(plot, "arrows");
    const double frame[] = {width - page.left - page.right,
                            gf_plot_height(plot) - page.bottom - page.top};
    size_t arrows = write_arrows(self, frame, gf_plot_script(plot));
    gf_plot_close_data(plot);
    if (arrows == 0) {
        gf_plot_abandon(&plot);
        return gf_fail(error, GF_INVALID,
                       "the force vanishes at every density of the grid: nothing to draw");
    }
    write_setup(self, page, plot);
    gf_plane_write_key(self, page.left, gf_plot_height(plot) - page.bottom + margins.bottom + KEY,
                       key, plot);
    FILE *out = gf_plot_script(plot);
    (void)fputs("plot ", out);
    gf_plane_plot_under(self, out);
    gf_plane_plot_outside(out);
    (void)fputs(
        "$arrows using 1:2:3:4:5 with vectors head size graph 0.008,22 filled lw 0.8 lc "
        "palette, ",
        out);
    gf_plane_plot_over(self, out);
    return gf_plot_finish(&plot, error);
}

gf_status gf_figure_draw_forces(const gf_figure *figure, gf_error *error) {
    return gf_figure_draw_overlaid(figure, NULL, error);
}

gf_status gf_figure_draw_overlaid(const gf_figure *figure, const gf_figure_overlay *overlay,
                                  gf_error *error) {
    gf_plane plane;
    gf_status status = gf_plane_read(figure, &plane, error);
    if (status == GF_OK) {
        plane.overlay = overlay;
        status = draw(&plane, figure, error);
        gf_plane_free(&plane);
    }
    return status;
}
