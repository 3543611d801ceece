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

/* sqrt(epsilon) of a sweep point, or 1 where lengths are in r sqrt(epsilon) already. */
static double length_scale(const gf_run *run, size_t point) {
    double epsilon = run->swept == 0 ? run->sweep[point] : run->parameters[0];
    return run->rescaled ? 1 : sqrt(epsilon);
}

/* The energy per site in its unit, between quotes or what else is given. */
enum { ENERGY_LABEL = GF_PLOT_UNIT + 32 };

static const char *energy_label(const gf_run *run, const char *quote, char label[ENERGY_LABEL]) {
    char over[GF_PLOT_UNIT];
    gf_plot_unit(run->medium.energy_unit, " / ", over);
    (void)snprintf(label, ENERGY_LABEL, "%s{/:Italic e}%s%s", quote, over, quote);
    return label;
}

/* --- profiles -------------------------------------------------------------------------------- */

static void put_profiles(const gf_langevin *self, gf_plot *plot) {
    const gf_run *run = self->run;
    for (size_t k = 0; k < run->points; ++k) {
        char name[32];
        (void)snprintf(name, sizeof name, "wall%zu", k);
        const double *q = snapshot(self, k, run->snapshots - 1);
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

gf_status gf_langevin_draw_profiles(const gf_langevin *self, gf_plot *plot, gf_error *error) {
    const gf_run *run = self->run;
    char energy[ENERGY_LABEL];
    const char *const fields[] = {"'{/:Italic m}'", energy_label(run, "'", energy)};
    FILE *script = gf_plot_script(plot);
    double widest = 0;
    size_t rows = (run->points + 3) / 4;
    (void)error;
    for (size_t k = 0; k < run->points; ++k) {
        widest = fmax(widest, 20 / length_scale(run, k));
    }
    put_profiles(self, plot);
    gf_plot_panels(plot, 2, 2, (gf_plot_margins){2.1, 0.5, 1.3, 0.4 + 0.45 * (double)rows}, 2.2,
                   1.6);
    gf_plot_begin_key(plot, 2.1, 0.4, rows, 3.7);
    for (size_t k = 0; k < run->points; ++k) {
        char line[64], title[96];
        style_curve(run, k, line);
        (void)snprintf(title, sizeof title, "%s = %g", run->equation->parameters[run->swept],
                       run->sweep[k]);
        gf_plot_add_key(plot, line, NULL, title);
    }
    for (int panel = 0; panel < 4; ++panel) {
        int field = panel / 2, scaled = panel % 2;
        gf_plot_label(plot, NULL, scaled == 1 ? "'r ε^{1/2} / a'" : "'r / a'", fields[field], 1.55);
        (void)fprintf(script, "set xrange [%g:%g]\nplot ", scaled == 1 ? -20 : -widest / 2,
                      scaled == 1 ? 20 : widest / 2);
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
    for (size_t i = 0; i < run->positions; ++i) {
        low = fmin(low, snapshot(self, 0, run->snapshots - 1)[2 * i + (size_t)field]);
        high = fmax(high, snapshot(self, 0, run->snapshots - 1)[2 * i + (size_t)field]);
    }
    (void)fprintf(script,
                  "set palette defined (0 '#440154', 1 '#365c8d', 2 '#1fa187', 3 '#fde725')\n"
                  "set cbrange [%g:%g]\n",
                  low, high > low ? high : low + 1);
}

gf_status gf_langevin_draw_maps(const gf_langevin *self, gf_plot *plot, gf_error *error) {
    const gf_run *run = self->run;
    char energy[ENERGY_LABEL], unit[GF_PLOT_UNIT], time[ENERGY_LABEL];
    const char *const fields[] = {"{/:Italic m}", energy_label(run, "", energy)};
    FILE *script = gf_plot_script(plot);
    size_t first = run->snapshots > 0 ? run->first_measured / run->samples_per_snapshot : 0;
    size_t columns = run->points < 3 ? run->points : 3;
    gf_dynamics d;
    gf_status status = gf_run_dynamics(run, 0, &d, error);
    if (status != GF_OK) {
        return status;
    }
    if (first + 1 >= run->snapshots) {
        return gf_fail(error, GF_INVALID, "the run has no snapshots after the warm-up");
    }
    gf_plot_panels(plot, 2, columns, (gf_plot_margins){2.2, 2.2, 1.3, 0.8}, 4.4, 2.1);
    gf_plot_place_colours(plot);
    (void)fputs("set tics out nomirror\n", script);
    gf_plot_unit(run->medium.energy_unit, "", unit);
    (void)snprintf(time, sizeof time, "'%s%s%s{/:Italic t}'", run->rescaled ? "ε " : "", unit,
                   unit[0] != '\0' ? " " : "");
    for (int field = 0; field < 2; ++field) {
        set_colours(self, &d, field, script);
        (void)fprintf(script, "set xtics %g\n", gf_plot_step(run->length, columns > 1 ? 3 : 8));
        for (size_t k = 0; k < columns; ++k) {
            double stretch = (double)run->stretch[k], every = run->snapshot_every * stretch;
            char title[128 + ENERGY_LABEL];
            put_map(self, k, first, field, plot);
            (void)snprintf(title, sizeof title, "'%s, %s = %g'", fields[field],
                           run->equation->parameters[run->swept], run->sweep[k]);
            gf_plot_label(plot, title, run->rescaled ? "'r ε^{1/2} / a'" : "'r / a'", time, 1.7);
            (void)fprintf(script,
                          "set xrange [0:%g]\nset yrange [%g:%g]\n"
                          "plot $map%d%zu matrix using (($1+0.5)*%g):(($2+%zu)*%g):3 with image\n",
                          run->length, ((double)first + 0.5) * every,
                          ((double)run->snapshots + 0.5) * every, field, k, run->snapshot_spacing,
                          first + 1, every);
            gf_plot_end_labels(plot);
        }
    }
    (void)fprintf(script, "unset multiplot\n");
    return GF_OK;
}

/* --- histogram ------------------------------------------------------------------------------- */

gf_status gf_langevin_draw_plane(const gf_langevin *self, gf_plot *plot, gf_error *error) {
    const gf_run *run = self->run;
    const gf_axis *m = &run->histogram[GF_MAGNETIZATION], *e = &run->histogram[GF_ENERGY];
    FILE *script = gf_plot_script(plot);
    double cell = (m->to - m->from) / (double)m->points * (e->to - e->from) / (double)e->points;
    double all = (double)(run->samples - run->first_measured) * (double)run->cells *
                 (double)run->realisations;
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
    char energy[ENERGY_LABEL];
    gf_plot_label(plot, NULL, "'{/:Italic m}'", energy_label(run, "'", energy), 1.3);
    gf_plot_place_colours(plot);
    double wide = (m->to - m->from) / (double)m->points,
           high = (e->to - e->from) / (double)e->points;
    (void)fprintf(script,
                  ""
                  "set cblabel 'probability density'\n"
                  "set palette defined (0 '#ffffff', 0.2 '#a0c8e0', 0.6 '#365c8d', 1 '#200840')\n"
                  "set xrange [%g:%g]\nset yrange [%g:%g]\n"
                  "plot $plane matrix using (%g+($1+0.5)*%g):(%g+($2+0.5)*%g):3 with image\n",
                  m->from, m->to, e->from, e->to, m->from, wide, e->from, high);
    return GF_OK;
}
