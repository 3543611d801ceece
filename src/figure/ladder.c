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
    {"density  {/:Italic q}", GF_LADDER_DENSITY, 1},
    {"force  {/:Italic f}", GF_LADDER_FORCE, 1},
    {"noise  {/:Italic N}", GF_LADDER_NOISE, 2},
    {"susceptibility  {/:Italic C}", GF_LADDER_SUSCEPTIBILITY, 2},
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
        (void)fprintf(out, "%d", ladder->first + (int)size);
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
                char name[32];
                (void)snprintf(name, sizeof name, "p%ds%zuk%d", panel, row, kind);
                gf_plot_open_data(plot, name);
                write_curve(ladder, (gf_ladder_kind)kind, panel, row, gf_plot_script(plot));
                gf_plot_close_data(plot);
            }
        }
    }
}

/* What the lines are, above all panels. */
static void write_key(const gf_ladder *ladder, FILE *out) {
    (void)fputs(
        ", NaN with linespoints lw 1.5 ps 0.6 pt 6 dt (8,5) lc rgb 'black' title 'rings', "
        "NaN with linespoints lw 1.5 ps 0.6 pt 7 lc rgb 'black' title 'linked clusters', "
        "NaN with lines lw 1 dt (2,4) lc rgb 'black' title 'estimated error'",
        out);
    for (size_t row = 0; row < count_states(ladder); ++row) {
        const double *lambda = ladder->lambda[row];
        (void)fprintf(out, ", NaN with lines lw 2 lc rgb '%s' title 'λ = (%.4g, %.4g)'",
                      colours[row], fabs(lambda[0]) < 1e-12 ? 0 : lambda[0], lambda[1]);
    }
}

/* Deviations of rings as open circles, of linked clusters as full ones; claimed errors as thin
 * lines. */
static void write_panel(const gf_ladder *ladder, int panel, FILE *out) {
    if (panel == PANELS - 1 && count_states(ladder) < ladder->points) { /* once on the page */
        (void)fprintf(out, "set label '%zu of %zu states shown' at screen 0.015,0.02 left\n",
                      count_states(ladder), ladder->points);
    }
    (void)fprintf(out, "set title '%s' offset 0,-0.6\nplot NaN notitle", panels[panel].title);
    for (size_t row = 0; row < count_states(ladder); ++row) {
        for (int kind = 0; kind < GF_LADDERS; ++kind) {
            const char *style = kind == GF_RINGS ? "pt 6 dt (8,5)" : "pt 7";
            (void)fprintf(out,
                          ", $p%ds%zuk%d using 1:2 with linespoints lw 1.5 ps 0.6 %s lc rgb '%s' "
                          "notitle, $p%ds%zuk%d using 1:3 with lines lw 1 dt (2,4) lc rgb '%s' "
                          "notitle",
                          panel, row, kind, style, colours[row], panel, row, kind, colours[row]);
        }
    }
    if (panel == 0) {
        write_key(ladder, out);
    }
    (void)fputs(panel == 0 ? "\nunset key\n" : "\n", out);
}

static void write_script(const gf_ladder *ladder, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    int last = ladder->first + (int)ladder->sizes - 1;
    write_data(ladder, plot);
    (void)fprintf(
        out,
        "set logscale y\nset format y '10^{%%L}'\nset xrange [%g:%g]\nset xtics 2\n"
        "set tics nomirror out scale 0.7\n"
        "set key at screen 0.5,0.985 center top vertical maxrows 3 Left reverse samplen 2.5\n"
        "set multiplot layout 2,2 margins 0.09,0.985,0.075,0.86 spacing 0.1,0.15\n"
        "set ylabel 'distance from the limit' offset 1,0\n"
        "set xlabel 'sites {/:Italic N}' offset 0,0.6\n",
        ladder->first - 0.5, last + 0.5);
    for (int panel = 0; panel < PANELS; ++panel) {
        write_panel(ladder, panel, out);
    }
    (void)fputs("unset multiplot\n", out);
}

gf_status gf_figure_draw_ladder(gf_file *file, const char *output, gf_error *error) {
    gf_ladder *ladder = NULL;
    gf_plot *plot = NULL;
    gf_status status = gf_ladder_read(file, &ladder, error);
    if (status == GF_OK) {
        status = gf_plot_begin(output, 18, 15, &plot, error);
    }
    if (status == GF_OK) {
        write_script(ladder, plot);
        status = gf_plot_finish(&plot, error);
    }
    gf_ladder_free(ladder);
    return status;
}
