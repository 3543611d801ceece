/* Trajectories of wave functions: averages in time, P(M), and what jumps do beside the table. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "open_system/trajectories/trajectories.h"

#include <math.h>
#include <string.h>

enum { PANELS = 6, MOST_PATHS = 3 };

/* The page in cm; the legend is above all panels. */
static const double WIDTH = 18, NARROW = 13, FRAME = 3.9, ACROSS = 2.1, DOWN = 2, ENTRY = 5.4;
static const gf_plot_margins page = {.left = 2, .right = 0.4, .bottom = 1.3, .top = 1.3};

static const char measured[] = "pt 7 ps 0.6*point lc rgb '#1a1a1a'";
static const char bars[] = "lw 1.2 lc rgb '#1a1a1a'";
static const char exact[] = "lw 2 dt solid lc rgb '#d7301f'";
static const char table[] = "lw 2 dt (2,3) lc rgb '#2b5c8a'";

/* `dataset`: whose units follow the label; NULL: none do. */
static const struct {
    const char *title, *x, *y, *dataset;
    size_t component;
} panels[PANELS] = {
    {"'second moment'", "time  {/:Italic t}", "<{/:Italic m}^2>", NULL, 0},
    {"'energy'", "time  {/:Italic t}", "<{/:Italic e}>", "/trajectories/energy", 0},
    {"'distribution'", "{/:Italic M}/{/:Italic N}", "{/:Italic P}({/:Italic M})", NULL, 0},
    {"'drift'", "{/:Italic M}/{/:Italic N}", "{/:Italic f}_1", "/trajectories/force/measured", 0},
    {"'drift'", "{/:Italic M}/{/:Italic N}", "{/:Italic f}_2", "/trajectories/force/measured", 1},
    {"'noise'", "{/:Italic M}/{/:Italic N}", "{/:Italic N}_{11}", "/trajectories/noise/measured",
     0},
};

typedef struct drawing {
    const gf_trajectories *all;
    const gf_trajectories_summary *summary;
} drawing;

static double m_of(const gf_trajectories *self, size_t up) {
    return (2 * (double)up - self->sites) / self->sites;
}

static void print(FILE *out, double x, gf_mean mean, double of_exact, double of_table) {
    const double values[] = {x, mean.value, mean.error, of_exact, of_table};
    for (size_t k = 0; k < sizeof values / sizeof *values; ++k) {
        (void)fprintf(out, isfinite(values[k]) ? "%.8g " : "NaN ", values[k]);
    }
    (void)fputs("\n", out);
}

/* Magnetisations in which so little time was spent that nothing is known are left out. */
static gf_mean known(const gf_trajectories *self, gf_mean mean, const gf_trajectories_summary *at,
                     size_t up) {
    double scale = 0;
    for (size_t k = 0; k < self->layout.rungs; ++k) {
        scale = fmax(scale, at->probability[k].value);
    }
    return at->probability[up].value > 1e-4 * scale ? mean : (gf_mean){NAN, NAN};
}

/* x, measured, its error, exact, table. */
static void write_rungs(const drawing *self, int panel, FILE *out) {
    const gf_trajectories *all = self->all;
    const gf_trajectories_beside *beside = &all->beside;
    for (size_t up = 0; up < all->layout.rungs; ++up) {
        double m = m_of(all, up);
        if (panel == 2) {
            print(out, m, self->summary->probability[up],
                  beside->probability != NULL ? beside->probability[up] : NAN, NAN);
        } else if (panel < 5) {
            size_t i = panels[panel].component;
            print(out, m, known(all, self->summary->drift[up][i], self->summary, up),
                  beside->force != NULL ? beside->force[up][i] : NAN,
                  beside->table_force != NULL ? beside->table_force[up][i] : NAN);
        } else {
            print(out, m, known(all, self->summary->noise[up][0], self->summary, up), NAN,
                  beside->table_noise != NULL ? beside->table_noise[up][0] : NAN);
        }
    }
}

static double exact_moment(const gf_trajectories *self) {
    double sum = 0;
    for (size_t up = 0; up < self->layout.rungs && self->beside.probability != NULL; ++up) {
        sum += self->beside.probability[up] * m_of(self, up) * m_of(self, up);
    }
    return self->beside.probability != NULL ? sum : NAN;
}

static void write_course(const drawing *self, int panel, FILE *out) {
    const gf_trajectories *all = self->all;
    for (size_t t = 0; t < all->layout.times; ++t) {
        double time = (double)t * all->asked.interval;
        print(out, time, self->summary->course[panel == 0 ? 2 : 1][t],
              panel == 0 ? exact_moment(all) : NAN, NAN);
    }
}

static void write_data(const drawing *self, gf_plot *plot) {
    for (int panel = 0; panel < PANELS; ++panel) {
        char name[16];
        (void)snprintf(name, sizeof name, "p%d", panel);
        gf_plot_open_data(plot, name);
        (panel < 2 ? write_course : write_rungs)(self, panel, gf_plot_script(plot));
        gf_plot_close_data(plot);
    }
}

static void write_panel(const drawing *self, gf_file *file, int panel, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    gf_label unit = {0};
    char x[400], y[2 * sizeof unit.text];
    gf_label time = gf_label_over_unit(file, "/trajectories/time", 0);
    if (panels[panel].dataset != NULL) {
        unit = gf_label_over_unit(file, panels[panel].dataset, panels[panel].component);
    }
    (void)snprintf(x, sizeof x, "'%s%s'", panels[panel].x, panel < 2 ? time.text : "");
    (void)snprintf(y, sizeof y, "'%s%s'", panels[panel].y, unit.text);
    gf_plot_label(plot, panels[panel].title, x, y, 1.55);
    if (panel < 2) {
        (void)fprintf(out, "set xrange [0:%g]\nset xtics %g\n", self->all->asked.end,
                      gf_plot_step(self->all->asked.end, 4));
        (void)fprintf(out,
                      "plot $p%d using 1:($2-$3):($2+$3) with filledcurves fs solid noborder lc "
                      "rgb '#cccccc' notitle, '' using 1:2 with lines lw 1.5 lc rgb '#1a1a1a' "
                      "notitle, '' using 1:4 with lines %s notitle\n",
                      panel, exact);
    } else {
        (void)fprintf(out, "set xrange [-1.08:1.08]\nset xtics 0.5\n");
        (void)fprintf(out,
                      "plot $p%d using 1:4 with lines %s notitle, '' using 1:5 with lines %s "
                      "notitle, '' using 1:($2-$3):(0):(2*$3) with vectors nohead %s notitle, '' "
                      "using 1:2 with points %s notitle\n",
                      panel, exact, table, bars, measured);
    }
    gf_plot_end_labels(plot);
}

static void write_key(const gf_trajectories *self, size_t columns, gf_plot *plot) {
    char text[160];
    const gf_trajectories_beside *beside = &self->beside;
    gf_plot_begin_key(plot, page.left, 0.4, columns > 1 ? 1 : 3, ENTRY);
    (void)snprintf(text, sizeof text, "trajectories,  {/:Italic ε} = %g", self->asked.epsilon);
    gf_plot_add_key(plot, bars, measured, text);
    if (beside->probability != NULL) {
        bool same = strstr(beside->exact, "->") == NULL; /* "epsilon = 0.1", "epsilon -> 0" */
        gf_plot_add_key(plot, exact, NULL, same ? "exact" : "exact,  {/:Italic ε} → 0");
    }
    if (beside->table_force != NULL) {
        gf_plot_add_key(plot, table, NULL, "Gibbs table");
    }
}

static gf_plot_margins page_of(size_t columns) {
    gf_plot_margins result = page;
    result.top += columns > 1 ? 0 : 0.9;
    return result;
}

static gf_status draw(const drawing *self, const gf_figure *figure, gf_error *error) {
    gf_plot *plot = NULL;
    double width = gf_plot_choose_width(figure->options, WIDTH);
    size_t columns = width < NARROW ? 1 : 3, rows = PANELS / columns;
    double height =
        (double)rows * FRAME + (double)(rows - 1) * DOWN + page_of(columns).top + page.bottom;
    gf_status status =
        gf_plot_begin(figure->output, figure->options, NULL, width, height, &plot, error);
    if (status != GF_OK) {
        return status;
    }
    write_data(self, plot);
    gf_plot_panels(plot, rows, columns, page_of(columns), ACROSS, DOWN);
    (void)fputs("set tics nomirror out scale 0.7\n", gf_plot_script(plot));
    write_key(self->all, columns, plot);
    for (int panel = 0; panel < PANELS; ++panel) {
        write_panel(self, figure->file, panel, plot);
    }
    (void)fputs("unset multiplot\n", gf_plot_script(plot));
    return gf_plot_finish(&plot, error);
}

gf_status gf_figure_draw_jumps(const gf_figure *figure, gf_error *error) {
    gf_trajectories *all = NULL;
    gf_trajectories_summary summary;
    gf_status status = gf_trajectories_read(figure->file, &all, error);
    if (status == GF_OK) {
        status = gf_trajectories_summarise(all, &summary, error);
    }
    if (status == GF_OK) {
        status = summary.done > 0 ? draw(&(drawing){all, &summary}, figure, error)
                                  : gf_fail(error, GF_INVALID, "%s: no trajectory is complete yet",
                                            figure->path);
        gf_trajectories_summary_free(&summary);
    }
    gf_trajectories_free(all);
    return status;
}

/* --- over the force field -------------------------------------------------------------------- */

static double *record_of(const gf_trajectories *self, size_t realisation) {
    return self->records + realisation * self->layout.size;
}

static void write_paths(const void *context, FILE *out) {
    const gf_trajectories *self = context;
    size_t paths = 0;
    for (size_t r = 0; r < self->asked.realisations && paths < MOST_PATHS; ++r) {
        const double *record = record_of(self, r);
        for (size_t t = 0; t < self->layout.times && record[self->layout.done] != 0; ++t) {
            const double *p = record + self->layout.probability + t * self->layout.rungs;
            double m = 0;
            for (size_t up = 0; up < self->layout.rungs; ++up) {
                m += p[up] * m_of(self, up);
            }
            (void)fprintf(out, "%.6g %.6g\n", m, record[self->layout.energy + t]);
        }
        paths += record[self->layout.done] != 0;
        (void)fputs("\n", out);
    }
}

gf_status gf_figure_draw_paths(const gf_figure *figure, gf_error *error) {
    gf_trajectories *all = NULL;
    if (!gf_file_has(figure->file, "/density_grid")) {
        return gf_fail(error, GF_INVALID,
                       "%s holds no force field to draw trajectories over; add one: 'gibbsflow "
                       "trajectories --resume %s --table FILE.h5', with a file of 'gibbsflow "
                       "forces', or draw --kind jumps",
                       figure->path, figure->path);
    }
    gf_status status = gf_trajectories_read(figure->file, &all, error);
    if (status == GF_OK) {
        gf_figure_overlay overlay = {write_paths, all, "trajectories", "lw 0.7 lc rgb '#762a83'"};
        status = gf_figure_draw_overlaid(figure, &overlay, error);
    }
    gf_trajectories_free(all);
    return status;
}
