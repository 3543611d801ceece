/* Figures of runs of two fields. */
#include "figure/two_field_figure.h"

#include "langevin/ensemble/langevin.h"

#include <math.h>
#include <stdlib.h>

/* Snapshot `shot` of the first realisation: [positions][2]. */
static const double *snapshot(const gf_langevin *self, size_t point, size_t shot) {
    const gf_run *run = self->run;
    return self->snapshots +
           (point * run->realisations * run->snapshots + shot) * run->positions * 2;
}

/* The last one that there is; before the first is taken it is not a number. */
static const double *last_snapshot(const gf_langevin *self, size_t point) {
    size_t shots = gf_langevin_look(self, point).shots;
    return snapshot(self, point, shots > 0 ? shots - 1 : 0);
}

/* sqrt(epsilon) of a sweep point, or 1 where lengths are in r sqrt(epsilon) already. */
static double length_scale(const gf_run *run, size_t point) {
    double epsilon = run->swept == 0 ? run->sweep[point] : run->parameters[0];
    return run->rescaled ? 1 : sqrt(epsilon);
}

/* --- profiles -------------------------------------------------------------------------------- */

static void put_profiles(const gf_langevin *self, gf_plot *plot) {
    const gf_run *run = self->run;
    for (size_t k = 0; k < run->points; ++k) {
        char name[32];
        (void)snprintf(name, sizeof name, "wall%zu", k);
        const double *q = last_snapshot(self, k);
        gf_plot_open_data(plot, name);
        for (size_t x = 0; x < run->positions; ++x) {
            double r = ((double)x + 0.5) * run->snapshot_spacing - run->length / 2;
            (void)fprintf(gf_plot_script(plot), "%g %g %.8g %.8g\n", r, r * length_scale(run, k),
                          q[2 * x], q[2 * x + 1]);
        }
        gf_plot_close_data(plot);
    }
}

/* Curves that lie upon one another are told apart by dashes of different lengths. */
static void style_curve(const gf_run *run, size_t point, char line[64]) {
    static const char *const dashes[] = {" dt solid", " dt (12,6)", " dt (3,5)", " dt (12,5,3,5)"};
    char colour[8];
    gf_plot_shade(run->points > 1 ? (double)point / (double)(run->points - 1) : 0, colour);
    (void)snprintf(line, 64, "lw 2%s lc rgb '%s'", dashes[point % 4], colour);
}

/* How far from the middle |m| is below half of what it is at the end, in r sqrt(epsilon). */
static double half_way(const gf_langevin *self, size_t point) {
    const gf_run *run = self->run;
    const double *q = last_snapshot(self, point);
    double end = fabs(q[2 * (run->positions - 1)]);
    size_t inside = 0;
    for (size_t x = 0; x < run->positions; ++x) {
        inside += fabs(q[2 * x]) < end / 2;
    }
    return (double)inside * run->snapshot_spacing / 2 * length_scale(run, point);
}

/* So much of a row is shown on either side of its middle, in r sqrt(epsilon): whole walls. */
static double shown_distance(const gf_langevin *self) {
    static const double TAIL = 8; /* times the distance half the way */
    const gf_run *run = self->run;
    double wall = 0, row = 0;
    for (size_t k = 0; k < run->points; ++k) {
        wall = fmax(wall, TAIL * half_way(self, k));
        row = fmax(row, run->length / 2 * length_scale(run, k));
    }
    if (!(wall > 0 && wall < row)) {
        return row;
    }
    double step = gf_plot_step(wall, 4);
    return ceil(wall / step) * step;
}

/* In cm: an entry of the legend, and a page too narrow for two columns. */
static const double ENTRY = 3.7, ROW = 0.45, NARROW = 13, PROFILE_DOWN = 1.6;

static size_t count_key_rows(const gf_run *run, double width) {
    size_t columns = (size_t)fmax(1, (width - 2.1) / ENTRY);
    return (run->points + columns - 1) / columns;
}

double gf_langevin_profiles_height(const gf_run *run, double width) {
    double rows = width < NARROW ? 4 : 2;
    return 1.7 + ROW * (double)count_key_rows(run, width) + rows * 4.7 + (rows - 1) * PROFILE_DOWN;
}

gf_status gf_langevin_draw_profiles(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                    gf_error *error) {
    const gf_run *run = self->run;
    FILE *script = gf_plot_script(plot);
    double shown = shown_distance(self), widest = 0;
    bool narrow = gf_plot_width(plot) < NARROW;
    size_t rows = count_key_rows(run, gf_plot_width(plot));
    gf_label energy = gf_label_energy_symbol(figure->file);
    char e[320];
    (void)error;
    (void)snprintf(e, sizeof e, "'%s'", energy.text);
    const char *const fields[] = {"'{/:Italic m}'", e};
    for (size_t k = 0; k < run->points; ++k) {
        widest = fmax(widest, shown / length_scale(run, k));
    }
    put_profiles(self, plot);
    gf_plot_panels(plot, narrow ? 4 : 2, narrow ? 1 : 2,
                   (gf_plot_margins){2.1, 0.5, 1.3, 0.4 + ROW * (double)rows}, 2.2, PROFILE_DOWN);
    gf_plot_begin_key(plot, 2.1, 0.4, rows, ENTRY);
    for (size_t k = 0; k < run->points; ++k) {
        char line[64];
        style_curve(run, k, line);
        gf_label title = gf_label_value(run->equation->parameters[run->swept], run->sweep[k]);
        gf_plot_add_key(plot, line, NULL, title.text);
    }
    for (int panel = 0; panel < 4; ++panel) {
        int field = panel / 2, scaled = panel % 2;
        gf_plot_label(plot, NULL,
                      scaled == 1 ? "'{/:Italic r} ε^{1/2} / {/:Italic a}'"
                                  : "'{/:Italic r} / {/:Italic a}'",
                      fields[field], 1.55);
        if (scaled == 1) {
            (void)fprintf(script, "set xrange [%g:%g]\n", -shown, shown);
        } else {
            gf_plot_range(plot, "x", 0, -widest / 2, widest / 2);
        }
        gf_plot_range(plot, "y", 1 + (size_t)field, NAN, NAN);
        (void)fputs("plot ", script);
        for (size_t k = 0; k < run->points; ++k) {
            char line[64];
            style_curve(run, k, line);
            (void)fprintf(script, "%s$wall%zu using %d:%d with lines %s", k > 0 ? ", " : "", k,
                          1 + scaled, 3 + field, line);
        }
        (void)fprintf(script, "\n");
        gf_plot_end_labels(plot);
    }
    (void)fprintf(script, "unset multiplot\n");
    return GF_OK;
}

/* --- space and time -------------------------------------------------------------------------- */

static void put_map(const gf_langevin *self, size_t point, size_t first, int field, gf_plot *plot) {
    const gf_run *run = self->run;
    char name[32];
    (void)snprintf(name, sizeof name, "map%d%zu", field, point);
    gf_plot_open_data(plot, name);
    for (size_t s = first; s < run->snapshots; ++s) {
        const double *q = snapshot(self, point, s);
        for (size_t x = 0; x < run->positions; ++x) {
            (void)fprintf(gf_plot_script(plot), "%.3f ", q[2 * x + (size_t)field]);
        }
        (void)fputc('\n', gf_plot_script(plot));
    }
    gf_plot_close_data(plot);
}

/* The colours of a field: around its middle for m, between its extremes for e. */
static void set_colours(const gf_langevin *self, const gf_dynamics *d, int field, FILE *script) {
    double low = INFINITY, high = -INFINITY;
    const gf_run *run = self->run;
    if (field == 0 && d->order > 0) {
        (void)fprintf(script,
                      "set palette defined (-1 '#2040a0', 0 '#f4f4f4', 1 '#b03020')\n"
                      "set cbrange [%g:%g]\n",
                      d->middle - 1.3 * d->order, d->middle + 1.3 * d->order);
        return;
    }
    const double *last = last_snapshot(self, 0);
    for (size_t i = 0; i < run->positions; ++i) {
        low = fmin(low, last[2 * i + (size_t)field]);
        high = fmax(high, last[2 * i + (size_t)field]);
    }
    low = low <= high ? low : 0; /* none was taken */
    high = low <= high ? high : 1;
    (void)fprintf(script,
                  "set palette defined (0 '#440154', 1 '#365c8d', 2 '#1fa187', 3 '#fde725')\n"
                  "set cbrange [%g:%g]\n",
                  low, high > low ? high : low + 1);
}

static const gf_plot_margins map_margins = {2.5, 2.2, 1.3, 0.8};
static const double MAP_ACROSS = 2.2, MAP_DOWN = 2.1, LEAST_MAP = 2.5, TIC = 1.4; /* cm */

static size_t count_shown(const gf_run *run) {
    return run->points < 3 ? run->points : 3;
}

/* All that is shown side by side, or one above the other. */
static size_t count_columns(const gf_run *run, double width) {
    double shown = (double)count_shown(run);
    double needed =
        map_margins.left + map_margins.right + shown * LEAST_MAP + (shown - 1) * MAP_ACROSS;
    return width >= needed ? count_shown(run) : 1;
}

double gf_langevin_maps_height(const gf_run *run, double width) {
    double rows = 2 * (double)count_shown(run) / (double)count_columns(run, width);
    return map_margins.bottom + map_margins.top + (rows - 1) * MAP_DOWN + rows * (rows > 2 ? 4 : 6);
}

/* One field at one sweep point. `name` is that of the field. */
static void write_map(const gf_langevin *self, const gf_figure *figure, size_t point, int field,
                      const char *name, gf_plot *plot) {
    const gf_run *run = self->run;
    size_t first = run->first_measured / run->samples_per_snapshot;
    double every = run->snapshot_every * (double)run->stretch[point];
    gf_label value = gf_label_value(run->equation->parameters[run->swept], run->sweep[point]),
             unit = gf_label_model_unit(figure->file);
    char title[640], time[320];
    put_map(self, point, first, field, plot);
    (void)snprintf(title, sizeof title, "'%s, %s'", name, value.text);
    (void)snprintf(time, sizeof time, "'%s%s%s{/:Italic t}'", run->rescaled ? "ε" : "", unit.text,
                   unit.length > 0 ? " " : "");
    gf_plot_label(plot, title,
                  run->rescaled ? "'{/:Italic r} ε^{1/2} / {/:Italic a}'"
                                : "'{/:Italic r} / {/:Italic a}'",
                  time, 2.05);
    gf_plot_range(plot, "x", 0, 0, run->length);
    gf_plot_range(plot, "y", 1, ((double)first + 0.5) * every,
                  ((double)run->snapshots + 0.5) * every);
    (void)fprintf(gf_plot_script(plot),
                  "plot $map%d%zu matrix using (($1+0.5)*%g):(($2+%zu)*%g):3 with image\n", field,
                  point, run->snapshot_spacing, first + 1, every);
    gf_plot_end_labels(plot);
}

/* Tics of positions, as many as find room in a frame. */
static void set_tics(const gf_run *run, double columns, gf_plot *plot) {
    double frame =
        (gf_plot_width(plot) - map_margins.left - map_margins.right - (columns - 1) * MAP_ACROSS) /
        columns;
    (void)fprintf(gf_plot_script(plot), "set xtics %g\n",
                  gf_plot_step(run->length, (int)fmax(2, frame / TIC)));
}

gf_status gf_langevin_draw_maps(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                gf_error *error) {
    const gf_run *run = self->run;
    FILE *script = gf_plot_script(plot);
    size_t shown = count_shown(run), columns = count_columns(run, gf_plot_width(plot));
    gf_label energy = gf_label_energy_symbol(figure->file);
    const char *const fields[] = {"{/:Italic m}", energy.text};
    gf_dynamics d;
    gf_status status = gf_run_dynamics(run, 0, &d, error);
    if (status != GF_OK) {
        return status;
    }
    if (run->first_measured / run->samples_per_snapshot + 1 >= run->snapshots) {
        return gf_fail(error, GF_INVALID, "the run has no snapshots after the warm-up");
    }
    gf_plot_panels(plot, 2 * shown / columns, columns, map_margins, MAP_ACROSS, MAP_DOWN);
    (void)fputs("set tics out nomirror\n", script);
    if (figure->options->ranges == 0) {
        set_tics(run, (double)columns, plot);
    }
    for (int field = 0; field < 2; ++field) {
        set_colours(self, &d, field, script);
        for (size_t k = 0; k < shown; ++k) {
            if ((k + 1) % columns == 0) { /* one scale of colours for a row */
                gf_plot_place_colours(plot);
            } else {
                (void)fputs("unset colorbox\n", script);
            }
            write_map(self, figure, k, field, fields[field], plot);
        }
    }
    (void)fprintf(script, "unset multiplot\n");
    return GF_OK;
}

/* --- histogram ------------------------------------------------------------------------------- */

gf_status gf_langevin_draw_plane(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                 gf_error *error) {
    const gf_run *run = self->run;
    const gf_axis *m = &run->histogram[GF_MAGNETIZATION], *e = &run->histogram[GF_ENERGY];
    FILE *script = gf_plot_script(plot);
    double cell = (m->to - m->from) / (double)m->points * (e->to - e->from) / (double)e->points;
    double all = gf_langevin_look(self, 0).measured * (double)run->cells;
    (void)error;
    gf_plot_open_data(plot, "plane");
    for (size_t j = 0; j < e->points; ++j) {
        for (size_t i = 0; i < m->points; ++i) {
            double count = 0;
            for (size_t r = 0; r < run->realisations; ++r) {
                count += (double)self->histogram[(r * m->points + i) * e->points + j];
            }
            (void)fprintf(script, "%g ", count / all / cell);
        }
        (void)fputc('\n', script);
    }
    gf_plot_close_data(plot);
    gf_plot_frame(plot, (gf_plot_margins){1.7, 2.6, 1.3, 0.4});
    gf_label energy = gf_label_energy_symbol(figure->file);
    char y[320];
    (void)snprintf(y, sizeof y, "'%s'", energy.text);
    gf_plot_label(plot, NULL, "'{/:Italic m}'", y, 1.3);
    gf_plot_place_colours(plot);
    gf_plot_label_colours(plot, "'probability density'");
    gf_plot_range(plot, "x", 0, m->from, m->to);
    gf_plot_range(plot, "y", 1, e->from, e->to);
    if (figure->options->log) {
        (void)fputs("set logscale cb\nset format cb '10^{%T}'\n", script);
    }
    double wide = (m->to - m->from) / (double)m->points,
           high = (e->to - e->from) / (double)e->points;
    (void)fprintf(script,
                  "set palette defined (0 '#ffffff', 0.2 '#a0c8e0', 0.6 '#365c8d', 1 '#200840')\n"
                  "plot $plane matrix using (%g+($1+0.5)*%g):(%g+($2+0.5)*%g):3 with image\n",
                  m->from, wide, e->from, high);
    return GF_OK;
}
