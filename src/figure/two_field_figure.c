/* Figures of runs of two fields. */
#include "figure/two_field_figure.h"

#include "figure/kinds.h"
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

gf_status gf_langevin_draw_profiles(const gf_langevin *self, gf_plot *plot, gf_error *error) {
    static const char *const fields[] = {"{/:Italic m}", "{/:Italic e} / {/:Italic J}"};
    const gf_run *run = self->run;
    FILE *script = gf_plot_script(plot);
    double widest = 0;
    (void)error;
    for (size_t k = 0; k < run->points; ++k) {
        widest = fmax(widest, 20 / length_scale(run, k));
    }
    put_profiles(self, plot);
    (void)fprintf(script,
                  "set multiplot layout 2,2\nset palette defined (0 '#20308a', 0.5 '#3a9a7a', 1 "
                  "'#e09020')\nunset colorbox\nset cbrange [0:%zu]\nset lmargin 9\n"
                  "set key bottom right\n",
                  run->points > 1 ? run->points - 1 : 1);
    for (int field = 0; field < 2; ++field) {
        for (int scaled = 0; scaled < 2; ++scaled) {
            (void)fprintf(script, "set xlabel '%s'\nset ylabel '%s'\nset xrange [%g:%g]\n%s\nplot ",
                          scaled == 1 ? "r ε^{1/2} / a" : "r / a", fields[field],
                          scaled == 1 ? -20 : -widest / 2, scaled == 1 ? 20 : widest / 2,
                          field == 0 && scaled == 0 ? "" : "unset key");
            for (size_t k = 0; k < run->points; ++k) {
                (void)fprintf(script,
                              "%s$wall%zu using %d:%d with lines lw 2 dt %zu lc palette cb %zu "
                              "title '%s = %g'",
                              k > 0 ? ", " : "", k, 1 + scaled, 3 + field, k + 1, k,
                              run->equation->parameters[run->swept], run->sweep[k]);
            }
            (void)fprintf(script, "\n");
        }
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
    static const char *const fields[] = {"{/:Italic m}", "{/:Italic e} / {/:Italic J}"};
    const gf_run *run = self->run;
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
    (void)fprintf(script,
                  "set multiplot layout 2,%zu\nset tics out nomirror\nunset key\nset xlabel '%s'\n"
                  "set ylabel '%s'\n",
                  columns, run->rescaled ? "r ε^{1/2} / a" : "r / a",
                  run->rescaled ? "ε J t" : "J t");
    for (int field = 0; field < 2; ++field) {
        set_colours(self, &d, field, script);
        for (size_t k = 0; k < columns; ++k) {
            double stretch = (double)run->stretch[k], every = run->snapshot_every * stretch;
            put_map(self, k, first, field, plot);
            (void)fprintf(script,
                          "set title '%s, %s = %g'\nset xrange [0:%g]\nset yrange [%g:%g]\n"
                          "plot $map%d%zu matrix using (($1+0.5)*%g):(($2+%zu)*%g):3 with image\n",
                          fields[field], run->equation->parameters[run->swept], run->sweep[k],
                          run->length, (double)first * every, run->end * stretch, field, k,
                          run->snapshot_spacing, first + 1, every);
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
    double wide = (m->to - m->from) / (double)m->points,
           high = (e->to - e->from) / (double)e->points;
    (void)fprintf(script,
                  "set xlabel '{/:Italic m}'\nset ylabel '{/:Italic e} / {/:Italic J}'\n"
                  "set cblabel 'probability density'\nunset key\n"
                  "set palette defined (0 '#ffffff', 0.2 '#a0c8e0', 0.6 '#365c8d', 1 '#200840')\n"
                  "set xrange [%g:%g]\nset yrange [%g:%g]\n"
                  "plot $plane matrix using (%g+($1+0.5)*%g):(%g+($2+0.5)*%g):3 with image\n",
                  m->from, m->to, e->from, e->to, m->from, wide, e->from, high);
    return GF_OK;
}

/* --- trajectories ---------------------------------------------------------------------------- */

/* More would cover the page. */
enum { MOST_PATHS = 6, MOST_STEPS = 300 };

/* How a task begins: m and e of its first cell, before anything is measured. */
static void write_start(const gf_run *run, size_t task, FILE *out) {
    gf_lattice *start = NULL;
    uint64_t counts[GF_COUNTS];
    double *q = malloc(GF_CHARGES * run->cells * sizeof *q);
    if (q != NULL && gf_run_start(run, task / run->realisations, task % run->realisations, &start,
                                  NULL) == GF_OK) {
        gf_lattice_measure(start, q, counts);
        (void)fprintf(out, "%.6g %.6g\n", q[0], q[run->cells]);
    }
    gf_lattice_free(start);
    free(q);
}

/* Blocks without neighbours: the first of each realisation, in the snapshots; rows: their means. */
static void write_paths(const void *context, FILE *out) {
    const gf_langevin *self = context;
    const gf_run *run = self->run;
    bool blocks = run->blocks && run->snapshots > 0;
    size_t count = blocks ? run->snapshots : run->samples, tasks = run->points * run->realisations;
    for (size_t task = 0; task < tasks && task < MOST_PATHS; ++task) {
        size_t stride = blocks ? run->positions * 2 : 2;
        const double *all = blocks ? self->snapshots : self->series[GF_LANGEVIN_MEAN];
        const double *path = all + task * count * stride;
        write_start(run, task, out);
        for (size_t i = 0; i < count && i < MOST_STEPS; ++i) {
            (void)fprintf(out, "%.6g %.6g\n", path[i * stride], path[i * stride + 1]);
        }
        (void)fputs("\n", out);
    }
}

gf_status gf_langevin_draw_paths(const gf_langevin *self, const char *path, const char *output,
                                 gf_error *error) {
    gf_file *file = NULL;
    const gf_figure_overlay overlay = {.write = write_paths, .context = self, .title = "run"};
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK) {
        status = gf_figure_draw_overlaid(file, &overlay, output, error);
    }
    gf_file_close(&file);
    return status;
}
