/* Fixed points against a parameter: magnetisation and energy, with the bifurcations. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "gibbsflow/scan.h"
#include "model/model_file.h"

#include <math.h>
#include <stdlib.h>

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

/* The page in cm; the legend is above both panels. */
static const gf_plot_margins page = {.left = 2, .right = 0.6, .bottom = 1.3, .top = 1};

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

static void write_border_points(const gf_scan *scan, FILE *out) {
    for (size_t value = 0; value < scan->axis.points; ++value) {
        for (size_t branch = 0; branch < scan->branches; ++branch) {
            const gf_fixed_point *point = point_at(scan, value, branch);
            if (point->stability == GF_BORDER) {
                (void)fprintf(out, "%.10g %.8g %.8g\n", gf_axis_value(&scan->axis, value),
                              point->density[0], point->density[1]);
            }
        }
    }
}

static bool has_border_points(const gf_scan *scan) {
    for (size_t k = 0; k < scan->axis.points * scan->branches; ++k) {
        if (scan->points[k].stability == GF_BORDER) {
            return true;
        }
    }
    return false;
}

static const char BIFURCATION[] = "pt 7 ps 0.7*point lc rgb 'black'";
static const char BORDER[] = "pt 5 ps 0.7*point lc rgb '#d7301f'";

static void write_key(const gf_scan *scan, const size_t *written, gf_plot *plot) {
    gf_plot_begin_key(plot, page.left, 0.5, 1, 3.2);
    for (int k = 0; k < STYLES; ++k) {
        if (written[k] > 0) {
            gf_plot_add_key(plot, styles[k].style, NULL, styles[k].title);
        }
    }
    if (scan->bifurcation_count > 0) {
        gf_plot_add_key(plot, NULL, BIFURCATION, "bifurcation");
    }
    if (has_border_points(scan)) {
        gf_plot_add_key(plot, NULL, BORDER, "dark state");
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
    if (has_border_points(scan)) {
        (void)fprintf(out, ", $border using 1:%d with points %s", column, BORDER);
    }
    (void)fputs("\n", out);
    gf_plot_end_labels(plot);
}

/* What the bifurcations are, beside them and inside the frame: to the side with more room, and
 * below unless that is close to the lower edge. */
static void write_labels(const gf_scan *scan, FILE *out) {
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < scan->axis.points * scan->branches; ++k) {
        double e = scan->points[k].density[GF_ENERGY];
        low = fmin(low, e); /* NaN, where a branch is not, is passed over */
        high = fmax(high, e);
    }
    for (size_t k = 0; k < scan->bifurcation_count; ++k) {
        const gf_bifurcation *one = &scan->bifurcations[k];
        bool left = one->parameter - scan->axis.from < scan->axis.to - one->parameter;
        bool below = one->density[GF_ENERGY] - low > 0.05 * (high - low);
        (void)fprintf(out, "set label '%s at %.6f' at %.10g,%.8g %s offset graph %g,%g\n",
                      gf_bifurcation_name(one->kind), one->parameter, one->parameter,
                      one->density[GF_ENERGY], left ? "left" : "right", left ? 0.03 : -0.03,
                      below ? -0.04 : 0.05);
    }
}

static void write_script(const gf_scan *scan, const char *unit, gf_plot *plot) {
    char over[GF_PLOT_UNIT], energy[2 * GF_PLOT_UNIT];
    FILE *out = gf_plot_script(plot);
    size_t written[STYLES] = {0};
    for (int k = 0; k < STYLES; ++k) {
        gf_plot_open_data(plot, styles[k].name);
        for (size_t branch = 0; branch < scan->branches; ++branch) {
            written[k] += write_branch(scan, branch, styles[k].kind, out);
        }
        gf_plot_close_data(plot);
    }
    gf_plot_open_data(plot, "bifurcations");
    write_bifurcations(scan, out);
    gf_plot_close_data(plot);
    gf_plot_open_data(plot, "border");
    write_border_points(scan, out);
    gf_plot_close_data(plot);
    gf_plot_panels(plot, 1, 2, page, 2.4, 0);
    (void)fprintf(out,
                  "set xrange [%.10g:%.10g]\nset offsets graph 0.01, graph 0.01, 0, 0\n"
                  "set xtics %.10g\n",
                  scan->axis.from, scan->axis.to, (scan->axis.to - scan->axis.from) / 4);
    (void)fputs("set tics nomirror out scale 0.7\nparameter = ", out);
    gf_plot_quote(plot, scan->parameter);
    (void)fputs("\n", out);
    write_key(scan, written, plot);
    gf_plot_label(plot, NULL, "parameter", "'magnetisation  {/:Italic m}'", 1.55);
    write_panel(scan, written, 2, plot);
    gf_plot_unit(unit, " / ", over);
    (void)snprintf(energy, sizeof energy, "'energy per site  {/:Italic e}%s'", over);
    gf_plot_label(plot, NULL, "parameter", energy, 1.55);
    write_labels(scan, out);
    write_panel(scan, written, 3, plot);
    (void)fputs("unset multiplot\n", out);
}

gf_status gf_figure_draw_scan(gf_file *file, const char *output, gf_error *error) {
    gf_scan scan;
    gf_plot *plot = NULL;
    gf_status status = gf_scan_read(file, &scan, error);
    char *unit = gf_model_stored_energy_unit(file);
    status = status == GF_OK ? gf_file_check(file, error) : status;
    if (status == GF_OK) {
        status = gf_plot_begin(output, 18, 8.4, &plot, error);
    }
    if (status == GF_OK) {
        write_script(&scan, unit, plot);
        status = gf_plot_finish(&plot, error);
    }
    gf_scan_free(&scan);
    free(unit);
    return status;
}
