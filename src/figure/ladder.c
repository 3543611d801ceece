/* Errors against the number of sites: rings and linked clusters, at every state of a ladder. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "finite_size/ladder.h"

#include <math.h>
#include <stdlib.h>

enum { PANELS = 4, MOST_STATES = 6 };

static const double LOWEST = 1e-15; /* rounding; smaller deviations are not drawn */

/* A panel: the length of the deviation of one quantity, with the energy in its unit. */
static const struct {
    const char *title;
    size_t column;
    int order; /* of the charges */
} panels[PANELS] = {
    {"'density  {/:Italic q}'", GF_LADDER_DENSITY, 1},
    {"'force  {/:Italic f}'", GF_LADDER_FORCE, 1},
    {"'noise  {/:Italic N}'", GF_LADDER_NOISE, 2},
    {"'susceptibility  {/:Italic C}'", GF_LADDER_SUSCEPTIBILITY, 2},
};

static const char *const colours[MOST_STATES] = {"#2b5c8a", "#d7301f", "#4d9221",
                                                 "#8c510a", "#762a83", "#555555"};

/* What is summed up to a length: element i, or (i, k) of a matrix, of
 * values[sizes][states][columns] at one size. */
static double entry(const gf_ladder *ladder, const double *values, int panel, size_t row,
                    size_t size, size_t i, size_t k) {
    bool is_matrix = panels[panel].order == 2;
    size_t column = panels[panel].column + (is_matrix ? gf_pair(i, k) : i);
    int energies = (i == GF_ENERGY) + (is_matrix && k == GF_ENERGY);
    return values[(size * ladder->points + row) * GF_LADDER_STATE_COLUMNS + column] /
           pow(ladder->energy_unit, energies);
}

/* The length of the quantity at one size, less that of `origin` at the largest, unless NULL. */
static double length(const gf_ladder *ladder, const double *values, const double *origin, int panel,
                     size_t row, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = 0; k < (panels[panel].order == 2 ? GF_CHARGES : 1); ++k) {
            double x = entry(ladder, values, panel, row, size, i, k);
            x -= origin != NULL ? entry(ladder, origin, panel, row, ladder->sizes - 1, i, k) : 0;
            sum += x * x;
        }
    }
    return sqrt(sum);
}

static void write_number(double value, FILE *out) {
    if (isfinite(value) && value > LOWEST) {
        (void)fprintf(out, " %.6g", value);
    } else {
        (void)fputs(" NaN", out);
    }
}

/* Lines of N, the distance from the better limit, the error claimed at N. */
static void write_curve(const gf_ladder *ladder, gf_ladder_kind kind, int panel, size_t row,
                        FILE *out) {
    const gf_ladder_table *table = &ladder->states;
    double rings = length(ladder, table->error[GF_RINGS], NULL, panel, row, ladder->sizes - 1);
    double linked = length(ladder, table->error[GF_LINKED], NULL, panel, row, ladder->sizes - 1);
    const double *limit = table->value[linked < rings ? GF_LINKED : GF_RINGS];
    for (size_t size = 0; size < ladder->sizes; ++size) {
        (void)fprintf(out, "%d", ladder->first + (int)size * ladder->step);
        write_number(length(ladder, table->value[kind], limit, panel, row, size), out);
        write_number(length(ladder, table->error[kind], NULL, panel, row, size), out);
        (void)fputs("\n", out);
    }
}

static size_t count_states(const gf_ladder *ladder) {
    return ladder->points < MOST_STATES ? ladder->points : MOST_STATES;
}

static void write_data(const gf_ladder *ladder, gf_plot *plot) {
    for (int panel = 0; panel < PANELS; ++panel) {
        for (size_t row = 0; row < count_states(ladder); ++row) {
            for (int kind = 0; kind < GF_LADDERS; ++kind) {
                char name[64];
                (void)snprintf(name, sizeof name, "p%ds%zuk%d", panel, row, kind);
                gf_plot_open_data(plot, name);
                write_curve(ladder, (gf_ladder_kind)kind, panel, row, gf_plot_script(plot));
                gf_plot_close_data(plot);
            }
        }
    }
}

/* Around the frames in cm, which stand two by two or, on a narrow page, one above the other; the
 * legend is above all. */
static const double WIDTH = 18, NARROW = 13, FRAME = 4.6, ACROSS = 2.2, DOWN = 2.1, ENTRY = 4.6,
                    ROW = 0.45;
static const gf_plot_margins margins = {.left = 2, .right = 0.4, .bottom = 1.3, .top = 0.95};

/* The styles of rings and linked clusters without their colour, and of claimed errors. */
static const char *const styles[GF_LADDERS] = {
    [GF_RINGS] = "lw 1.5 dt (8,5)",
    [GF_LINKED] = "lw 1.5 dt solid",
};
static const char *const points[GF_LADDERS] = {
    [GF_RINGS] = "pt 6 ps 0.6*point lw 1.5",
    [GF_LINKED] = "pt 7 ps 0.6*point",
};
static const char ERROR_LINE[] = "lw 1 dt (2,4)";

/* Three of styles, then the states, and how many are left out. */
static size_t count_key_rows(const gf_ladder *ladder, double width) {
    size_t columns = (size_t)fmax(1, (width - margins.left) / ENTRY);
    size_t entries = 3 + count_states(ladder) + (count_states(ladder) < ladder->points ? 1 : 0);
    size_t rows = (entries + columns - 1) / columns;
    return rows > 3 ? rows : 3;
}

static void write_key(const gf_ladder *ladder, gf_plot *plot) {
    gf_plot_begin_key(plot, margins.left, 0.4, count_key_rows(ladder, gf_plot_width(plot)), ENTRY);
    gf_plot_add_key(plot, styles[GF_RINGS], points[GF_RINGS], "rings");
    gf_plot_add_key(plot, styles[GF_LINKED], points[GF_LINKED], "linked clusters");
    gf_plot_add_key(plot, ERROR_LINE, NULL, "estimated error");
    for (size_t row = 0; row < count_states(ladder); ++row) {
        const double *lambda = ladder->lambda[row];
        char line[64], title[96];
        (void)snprintf(line, sizeof line, "lw 2 lc rgb '%s'", colours[row]);
        (void)snprintf(title, sizeof title, "λ = (%.4g, %.4g)",
                       fabs(lambda[0]) < 1e-12 ? 0 : lambda[0], lambda[1]);
        gf_plot_add_key(plot, line, NULL, title);
    }
    if (count_states(ladder) < ladder->points) {
        char left_out[96];
        (void)snprintf(left_out, sizeof left_out, "%zu of %zu states shown", count_states(ladder),
                       ladder->points);
        gf_plot_add_key(plot, NULL, NULL, left_out);
    }
}

/* Deviations of rings as open circles, of linked clusters as full ones; claimed errors as thin
 * lines. */
static void write_panel(const gf_ladder *ladder, int panel, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    gf_plot_label(plot, panels[panel].title, "'sites {/:Italic N}'", "'distance from the limit'",
                  1.55);
    (void)fputs("plot NaN", out);
    for (size_t row = 0; row < count_states(ladder); ++row) {
        for (int kind = 0; kind < GF_LADDERS; ++kind) {
            char name[64];
            (void)snprintf(name, sizeof name, "$p%ds%zuk%d", panel, row, kind);
            (void)fprintf(out,
                          ", %s using 1:2 with lines %s lc rgb '%s', %s using 1:2 with points %s "
                          "lc rgb '%s', %s using 1:3 with lines %s lc rgb '%s'",
                          name, styles[kind], colours[row], name, points[kind], colours[row], name,
                          ERROR_LINE, colours[row]);
        }
    }
    (void)fputs("\n", out);
    gf_plot_end_labels(plot); /* once on the page */
}

static void write_script(const gf_ladder *ladder, bool narrow, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    double last = ladder->first + (double)(ladder->sizes - 1) * ladder->step;
    gf_plot_margins page = margins;
    page.top += ROW * (double)count_key_rows(ladder, gf_plot_width(plot));
    write_data(ladder, plot);
    gf_plot_panels(plot, narrow ? PANELS : 2, narrow ? 1 : 2, page, ACROSS, DOWN);
    gf_plot_range(plot, "x", 0, ladder->first - 0.5, last + 0.5);
    gf_plot_range(plot, "y", 1, NAN, NAN);
    (void)fprintf(out,
                  "set logscale y\nset format y '10^{%%L}'\nset xtics %g\n"
                  "set tics nomirror out scale 0.7\n",
                  ladder->step * (ladder->sizes > 10 ? 2.0 : 1.0));
    write_key(ladder, plot);
    for (int panel = 0; panel < PANELS; ++panel) {
        write_panel(ladder, panel, plot);
    }
    (void)fputs("unset multiplot\n", out);
}

gf_status gf_figure_draw_ladder(const gf_figure *figure, gf_error *error) {
    gf_ladder *ladder = NULL;
    gf_plot *plot = NULL;
    double width = gf_plot_choose_width(figure->options, WIDTH);
    bool narrow = width < NARROW;
    double rows = narrow ? PANELS : 2;
    gf_status status = gf_ladder_read(figure->file, &ladder, error);
    if (status == GF_OK) {
        double height = rows * FRAME + (rows - 1) * DOWN + margins.top + margins.bottom +
                        ROW * (double)count_key_rows(ladder, width);
        status = gf_plot_begin(figure->output, figure->options, NULL, width, height, &plot, error);
    }
    if (status == GF_OK) {
        write_script(ladder, narrow, plot);
        status = gf_plot_finish(&plot, error);
    }
    gf_ladder_free(ladder);
    return status;
}
