/* The ansatz on trial against the number of sites. */
#include "figure/kinds.h"

#include "figure/label.h"
#include "figure/plot.h"
#include "open_system/trial_ladder.h"

#include <math.h>
#include <stdlib.h>

enum { PANELS = 6, CURVES = GF_RATES_REFERENCES };

/* The page in cm; the legend is above all panels. */
static const double WIDTH = 18, NARROW = 13, FRAME = 3.9, ACROSS = 1.9, DOWN = 2, ENTRY = 3.1;
static const gf_plot_margins page = {.left = 1.9, .right = 0.4, .bottom = 1.3, .top = 2.1};

/* One more line of the legend where panels are below one another. */
static gf_plot_margins page_of(size_t columns) {
    gf_plot_margins result = page;
    result.top += columns > 1 ? 0 : 0.5;
    return result;
}

static const struct {
    const char *name, *line, *points;
} curves[CURVES] = {
    {"exact", "lw 2 dt solid lc rgb '#1a1a1a'", "pt 7 ps 0.7*point lc rgb '#1a1a1a'"},
    {"smooth", "lw 2 dt (8,4) lc rgb '#d7301f'", "pt 6 ps 0.8*point lw 1.5 lc rgb '#d7301f'"},
    {"Gibbs table", "lw 2 dt (2,3) lc rgb '#2b5c8a'", "pt 4 ps 0.8*point lw 1.5 lc rgb '#2b5c8a'"},
    {"block, bare", "lw 2 dt (6,3,1,3) lc rgb '#a6761d'",
     "pt 8 ps 0.8*point lw 1.5 lc rgb '#a6761d'"},
    {"block, sharp", "lw 2 dt (10,3) lc rgb '#1b7837'",
     "pt 12 ps 0.8*point lw 1.5 lc rgb '#1b7837'"},
};

/* Up to as many columns of numbers, NaN where there is none. */
static const struct {
    const char *title, *label, *dataset; /* dataset: whose units follow the label; NULL: none do */
    bool is_error;                       /* of smooth and Gibbs beside exact: logarithmic */
} panels[PANELS] = {
    {"'second moment'", "<{/:Italic m}^2>", NULL, false},
    {"'energy'", "<{/:Italic e}>", "/trial/energy", false},
    {"'switching rate'", "rate", "/trial/odd", false},
    {"'slowest even rate'", "rate", "/trial/even", false},
    {"'force  {/:Italic f}_1, smallest {/:Italic m} > 0'", "relative error", NULL, true},
    {"'ln {/:Italic p}_n, smallest |{/:Italic m}|'", "spread", NULL, true},
};

static void values_of(const gf_trial_size *size, int panel, double value[CURVES]) {
    for (int k = 0; k < CURVES; ++k) {
        const gf_rates_summary *one = &size->reference[k];
        value[k] = panel == 0   ? one->second_moment
                   : panel == 1 ? one->energy
                   : panel == 2 ? one->odd
                   : panel == 3 ? one->even
                                : NAN;
    }
    if (panel == 4) {
        value[1] = size->centre_error[0];
        value[2] = size->centre_error[1];
    } else if (panel == 5) {
        value[0] = size->centre_spread;
    }
}

static void write_data(const gf_trial_size *sizes, size_t count, gf_plot *plot) {
    for (int panel = 0; panel < PANELS; ++panel) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%d", panel);
        gf_plot_open_data(plot, name);
        for (size_t k = 0; k < count; ++k) {
            double value[CURVES];
            values_of(&sizes[k], panel, value);
            (void)fprintf(gf_plot_script(plot), "%d", sizes[k].sites);
            for (int c = 0; c < CURVES; ++c) {
                (void)fprintf(gf_plot_script(plot), isfinite(value[c]) ? " %.10g" : " NaN",
                              value[c]);
            }
            (void)fputs("\n", gf_plot_script(plot));
        }
        gf_plot_close_data(plot);
    }
}

static bool has_curve(const gf_trial_size *sizes, size_t count, int panel, int curve) {
    bool any = false;
    for (size_t k = 0; k < count; ++k) {
        double value[CURVES];
        values_of(&sizes[k], panel, value);
        any = any || (isfinite(value[curve]) && (!panels[panel].is_error || value[curve] > 1e-14));
    }
    return any;
}

static void write_panel(gf_file *file, const gf_trial_size *sizes, size_t count, int panel,
                        gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    gf_label unit = {0};
    char label[2 * sizeof unit.text];
    if (panels[panel].dataset != NULL) {
        unit = gf_label_over_unit(file, panels[panel].dataset, 0);
    }
    (void)snprintf(label, sizeof label, "'%s%s'", panels[panel].label, unit.text);
    bool any = false;
    for (int c = 0; c < CURVES; ++c) {
        any = any || has_curve(sizes, count, panel, c);
    }
    gf_plot_label(plot, panels[panel].title, "'sites {/:Italic N}'", label, 1.45);
    (void)fputs(panels[panel].is_error && any
                    ? "set logscale y\nset yrange [*:*]\n"
                      "set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)\n"
                    : "unset logscale y\nset yrange [*:*]\nset ytics auto\n",
                out);
    (void)fputs("plot NaN notitle", out);
    for (int c = 0; c < CURVES; ++c) {
        if (has_curve(sizes, count, panel, c)) {
            (void)fprintf(out,
                          ", $p%d using 1:%d with lines %s notitle, $p%d using 1:%d with points "
                          "%s notitle",
                          panel, c + 2, curves[c].line, panel, c + 2, curves[c].points);
        }
    }
    (void)fputs("\n", out);
    gf_plot_end_labels(plot);
}

static void write_script(gf_file *file, const gf_trial_size *sizes, size_t count, size_t rows,
                         size_t columns, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    int first = sizes[0].sites, last = sizes[count - 1].sites;
    write_data(sizes, count, plot);
    gf_plot_panels(plot, rows, columns, page_of(columns), ACROSS, DOWN);
    (void)fprintf(out, "set xrange [%g:%g]\nset xtics 2\nset tics nomirror out scale 0.7\n",
                  first - 0.7, last + 0.7);
    gf_plot_begin_key(plot, page.left, 0.4, columns > 1 ? 2 : 3, columns > 1 ? 5.2 : ENTRY);
    for (int c = 0; c < CURVES; ++c) {
        gf_plot_add_key(plot, curves[c].line, curves[c].points, curves[c].name);
    }
    for (int panel = 0; panel < PANELS; ++panel) {
        write_panel(file, sizes, count, panel, plot);
    }
    (void)fputs("unset multiplot\n", out);
}

gf_status gf_figure_draw_trial(const gf_figure *figure, gf_error *error) {
    gf_trial_size *sizes = NULL;
    size_t count = 0;
    gf_plot *plot = NULL;
    gf_status status = gf_trial_read(figure->file, &sizes, &count, error);
    double width = gf_plot_choose_width(figure->options, WIDTH);
    size_t columns = width < NARROW ? 1 : 3, rows = PANELS / columns;
    if (status == GF_OK) {
        double height =
            (double)rows * FRAME + (double)(rows - 1) * DOWN + page_of(columns).top + page.bottom;
        status = gf_plot_begin(figure->output, figure->options, NULL, width, height, &plot, error);
    }
    if (status == GF_OK) {
        write_script(figure->file, sizes, count, rows, columns, plot);
        status = gf_plot_finish(&plot, error);
    }
    free(sizes);
    return status;
}
