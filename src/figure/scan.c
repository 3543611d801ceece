/* Fixed points against a parameter: magnetisation and energy, with the bifurcations. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "gibbsflow/scan.h"

#include <math.h>

static const double NEARBY = 0.5; /* a branch may start this far from its bifurcation */

/* Lines and their kinds of point: stable ones are drawn full, the others dashed. */
static const struct {
    gf_stability kind;
    const char *name, *style, *title;
} styles[] = {
    {GF_STABLE, "stable", "lw 2 lc rgb '#d7301f'", "stable"},
    {GF_SADDLE, "saddle", "lw 1.5 dt (12,7) lc rgb '#2b5c8a'", "saddle"},
    {GF_UNSTABLE, "unstable", "lw 1.5 dt (3,5) lc rgb '#555555'", "unstable"},
};

/* Around the frames in cm, which stand side by side or, on a narrow page, one above the other; the
 * legend is above all. */
static const gf_plot_margins margins = {.left = 2, .right = 0.6, .bottom = 1.3, .top = 0.55};
static const double WIDTH = 18, NARROW = 13, ACROSS = 2.4, DOWN = 1.6, ENTRY = 3.2, ROW = 0.45;

enum { STYLES = sizeof styles / sizeof *styles };

static const gf_fixed_point *point_at(const gf_scan *scan, size_t value, size_t branch) {
    return &scan->points[value * scan->branches + branch];
}

/* The bifurcation between two neighbouring values at which the branch of `point` starts, ends or
 * changes, or NULL. */
static const gf_bifurcation *bifurcation_near(const gf_scan *scan, size_t value,
                                              const gf_fixed_point *point) {
    double from = gf_axis_value(&scan->axis, value), to = gf_axis_value(&scan->axis, value + 1);
    for (size_t k = 0; k < scan->bifurcation_count; ++k) {
        const gf_bifurcation *one = &scan->bifurcations[k];
        if (one->parameter >= from && one->parameter <= to &&
            hypot(one->density[0] - point->density[0], one->density[1] - point->density[1]) <
                NEARBY) {
            return one;
        }
    }
    return NULL;
}

static void write_bifurcation(const gf_bifurcation *one, FILE *out) {
    if (one != NULL) {
        (void)fprintf(out, "%.10g %.8g %.8g\n", one->parameter, one->density[0], one->density[1]);
    }
}

/* One branch, as far as it is of one kind; runs are joined to the bifurcations between values. */
static size_t write_branch(const gf_scan *scan, size_t branch, gf_stability kind, FILE *out) {
    size_t written = 0;
    bool open = false;
    for (size_t value = 0; value < scan->axis.points; ++value) {
        const gf_fixed_point *point = point_at(scan, value, branch);
        if (point->stability == kind) {
            if (!open && value > 0) {
                write_bifurcation(bifurcation_near(scan, value - 1, point), out);
            }
            (void)fprintf(out, "%.10g %.8g %.8g\n", gf_axis_value(&scan->axis, value),
                          point->density[0], point->density[1]);
            ++written;
            open = true;
        } else if (open) {
            const gf_fixed_point *last = point_at(scan, value - 1, branch);
            write_bifurcation(bifurcation_near(scan, value - 1, last), out);
            if (point->stability == GF_BORDER) { /* the branch ends in a dark state */
                (void)fprintf(out, "%.10g %.8g %.8g\n", gf_axis_value(&scan->axis, value),
                              point->density[0], point->density[1]);
            }
            (void)fputs("\n", out);
            open = false;
        }
    }
    (void)fputs("\n", out);
    return written;
}

static void write_bifurcations(const gf_scan *scan, FILE *out) {
    for (size_t k = 0; k < scan->bifurcation_count; ++k) {
        write_bifurcation(&scan->bifurcations[k], out);
    }
}

/* Dark states that repel are drawn apart from all others. */
static bool is_border(const gf_fixed_point *point, bool repelling) {
    return point->stability == GF_BORDER && (point->attraction == GF_REPELLING) == repelling;
}

static void write_border_points(const gf_scan *scan, bool repelling, FILE *out) {
    for (size_t value = 0; value < scan->axis.points; ++value) {
        for (size_t branch = 0; branch < scan->branches; ++branch) {
            const gf_fixed_point *point = point_at(scan, value, branch);
            if (is_border(point, repelling)) {
                (void)fprintf(out, "%.10g %.8g %.8g\n", gf_axis_value(&scan->axis, value),
                              point->density[0], point->density[1]);
            }
        }
    }
}

static bool has_border_points(const gf_scan *scan, bool repelling) {
    for (size_t k = 0; k < scan->axis.points * scan->branches; ++k) {
        if (is_border(&scan->points[k], repelling)) {
            return true;
        }
    }
    return false;
}

static const char BIFURCATION[] = "pt 7 ps 0.7*point lc rgb 'black'";
static const struct {
    bool repelling;
    const char *block, *points, *title;
} borders[] = {{false, "border", "pt 5 ps 0.7*point lc rgb '#d7301f'", "dark state"},
               {true, "repelling", "pt 4 ps 0.7*point lw 1.5 lc rgb '#2b5c8a'", "repelling"}};

enum { BORDERS = sizeof borders / sizeof *borders };

static size_t count_entries(const gf_scan *scan, const size_t *written) {
    size_t count = scan->bifurcation_count > 0 ? 1 : 0;
    for (int k = 0; k < BORDERS; ++k) {
        count += has_border_points(scan, borders[k].repelling);
    }
    for (int k = 0; k < STYLES; ++k) {
        count += written[k] > 0;
    }
    return count;
}

static size_t count_key_rows(const gf_scan *scan, const size_t *written, double width) {
    size_t columns = (size_t)fmax(1, (width - margins.left) / ENTRY);
    return (count_entries(scan, written) + columns - 1) / columns;
}

static void write_key(const gf_scan *scan, const size_t *written, size_t rows, gf_plot *plot) {
    gf_plot_begin_key(plot, margins.left, 0.5, rows > 0 ? rows : 1, ENTRY);
    for (int k = 0; k < STYLES; ++k) {
        if (written[k] > 0) {
            gf_plot_add_key(plot, styles[k].style, NULL, styles[k].title);
        }
    }
    if (scan->bifurcation_count > 0) {
        gf_plot_add_key(plot, NULL, BIFURCATION, "bifurcation");
    }
    for (int k = 0; k < BORDERS; ++k) {
        if (has_border_points(scan, borders[k].repelling)) {
            gf_plot_add_key(plot, NULL, borders[k].points, borders[k].title);
        }
    }
}

/* One panel: the density in column `column` against the parameter. */
static void write_panel(const gf_scan *scan, const size_t *written, int column, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    (void)fputs("plot NaN", out);
    for (int k = 0; k < STYLES; ++k) {
        if (written[k] > 0) {
            (void)fprintf(out, ", $%s using 1:%d with lines %s", styles[k].name, column,
                          styles[k].style);
        }
    }
    if (scan->bifurcation_count > 0) {
        (void)fprintf(out, ", $bifurcations using 1:%d with points %s", column, BIFURCATION);
    }
    for (int k = 0; k < BORDERS; ++k) {
        if (has_border_points(scan, borders[k].repelling)) {
            (void)fprintf(out, ", $%s using 1:%d with points %s", borders[k].block, column,
                          borders[k].points);
        }
    }
    (void)fputs("\n", out);
    gf_plot_end_labels(plot);
}

/* What can be seen of the parameter and of the energy. */
static void find_view(const gf_scan *scan, const gf_figure_options *options, double view[2][2]) {
    view[0][0] = fmin(scan->axis.from, scan->axis.to);
    view[0][1] = fmax(scan->axis.from, scan->axis.to);
    view[1][0] = INFINITY;
    view[1][1] = -INFINITY;
    for (size_t k = 0; k < scan->axis.points * scan->branches; ++k) {
        double e = scan->points[k].density[GF_ENERGY];
        view[1][0] = fmin(view[1][0], e); /* NaN, where a branch is not, is passed over */
        view[1][1] = fmax(view[1][1], e);
    }
    gf_figure_options_apply_range(options, 0, view[0]);
    gf_figure_options_apply_range(options, 2, view[1]);
}

/* What the bifurcations are, beside them and inside the frame: to the side with more room, and
 * below unless that is close to the lower edge. */
static void write_labels(const gf_scan *scan, double view[2][2], FILE *out) {
    for (size_t k = 0; k < scan->bifurcation_count; ++k) {
        const gf_bifurcation *one = &scan->bifurcations[k];
        double x = one->parameter, e = one->density[GF_ENERGY];
        bool left = x - view[0][0] < view[0][1] - x;
        bool below = e - view[1][0] > 0.08 * (view[1][1] - view[1][0]);
        if (x >= view[0][0] && x <= view[0][1] && e >= view[1][0] && e <= view[1][1]) {
            (void)fprintf(out, "set label '%s at %.6f' at %.10g,%.8g %s offset graph %g,%g\n",
                          gf_bifurcation_name(one->kind), x, x, e, left ? "left" : "right",
                          left ? 0.03 : -0.03, below ? -0.04 : 0.05);
        }
    }
}

/* How many points each kind of line has. */
static void write_data(const gf_scan *scan, size_t written[STYLES], gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    for (int k = 0; k < STYLES; ++k) {
        gf_plot_open_data(plot, styles[k].name);
        written[k] = 0;
        for (size_t branch = 0; branch < scan->branches; ++branch) {
            written[k] += write_branch(scan, branch, styles[k].kind, out);
        }
        gf_plot_close_data(plot);
    }
    gf_plot_open_data(plot, "bifurcations");
    write_bifurcations(scan, out);
    gf_plot_close_data(plot);
    for (int k = 0; k < BORDERS; ++k) {
        gf_plot_open_data(plot, borders[k].block);
        write_border_points(scan, borders[k].repelling, out);
        gf_plot_close_data(plot);
    }
}

/* Within less than a decade a logarithmic axis has no tics of its own. */
static void write_log_tics(double low, double high, FILE *out) {
    double step = gf_plot_step(high - low, 4);
    (void)fputs("set logscale x\n", out);
    if (high < 10 * low) {
        (void)fputs("set xtics (", out);
        for (double at = step * ceil(low / step - 1e-9); at <= high * (1 + 1e-9); at += step) {
            (void)fprintf(out, "%s%.10g", at > low + step / 2 ? ", " : "", at);
        }
        (void)fputs(")\n", out);
    }
}

/* The axis of the parameter: quarters of the scan are marked, as long as it is all of it. */
static void write_axis(const gf_scan *scan, const gf_figure_options *options, double view[2][2],
                       gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    gf_plot_range(plot, "x", 0, scan->axis.from, scan->axis.to);
    if (options->log) {
        write_log_tics(view[0][0], view[0][1], out);
    } else if (options->ranges == 0) {
        (void)fprintf(out, "set offsets graph 0.01, graph 0.01, 0, 0\nset xtics %.10g\n",
                      (scan->axis.to - scan->axis.from) / 4);
    }
    (void)fputs("set tics nomirror out scale 0.7\n", out);
}

static void write_script(const gf_scan *scan, const gf_figure *figure, gf_plot *plot) {
    size_t written[STYLES];
    bool narrow = gf_plot_width(plot) < NARROW;
    gf_plot_margins page = margins;
    gf_label symbol = gf_label_symbol(scan->parameter), energy = gf_label_energy(figure->file);
    char x[320], y[320];
    double view[2][2];
    find_view(scan, figure->options, view);
    write_data(scan, written, plot);
    size_t rows = count_key_rows(scan, written, gf_plot_width(plot));
    page.top += ROW * (double)rows;
    gf_plot_panels(plot, narrow ? 2 : 1, narrow ? 1 : 2, page, ACROSS, DOWN);
    write_axis(scan, figure->options, view, plot);
    write_key(scan, written, rows, plot);
    (void)snprintf(x, sizeof x, "'%s'", symbol.text);
    (void)snprintf(y, sizeof y, "'%s'", energy.text);
    gf_plot_range(plot, "y", 1, NAN, NAN);
    gf_plot_label(plot, NULL, x, "'magnetisation  {/:Italic m}'", 1.55);
    write_panel(scan, written, 2, plot);
    gf_plot_range(plot, "y", 2, NAN, NAN);
    gf_plot_label(plot, NULL, x, y, 1.55);
    write_labels(scan, view, gf_plot_script(plot));
    write_panel(scan, written, 3, plot);
    (void)fputs("unset multiplot\n", gf_plot_script(plot));
}

gf_status gf_figure_draw_scan(const gf_figure *figure, gf_error *error) {
    gf_scan scan;
    gf_plot *plot = NULL;
    double width = gf_plot_choose_width(figure->options, WIDTH);
    gf_status status = gf_scan_read(figure->file, &scan, error);
    if (status == GF_OK && figure->options->log && !(scan.axis.from > 0 && scan.axis.to > 0)) {
        status = gf_fail(error, GF_INVALID, "%s goes from %g to %g: it has no logarithmic scale",
                         scan.parameter, scan.axis.from, scan.axis.to);
    }
    if (status == GF_OK) {
        status = gf_plot_begin(figure->output, figure->options, NULL, width,
                               width < NARROW ? 14 : 8.4, &plot, error);
    }
    if (status == GF_OK) {
        write_script(&scan, figure, plot);
        status = gf_plot_finish(&plot, error);
    }
    gf_scan_free(&scan);
    return status;
}
