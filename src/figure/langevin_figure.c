#include "figure/langevin_figure.h"

#include "figure/measured.h"
#include "figure/two_field_figure.h"

#include "figure/plot.h"
#include "gibbsflow/wall_fit.h"
#include "langevin/ensemble/langevin.h"
#include "langevin/measure/paper_fit.h"
#include "langevin/measure/transfer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double *snapshot(const gf_langevin *self, size_t point, size_t shot) {
    const gf_run *run = self->run;
    return self->snapshots + (point * run->realisations * run->snapshots + shot) * run->positions;
}

/* The last one that there is; before the first is taken it is not a number. */
static const double *last_snapshot(const gf_langevin *self, size_t point) {
    size_t shots = gf_langevin_look(self, point).shots;
    return snapshot(self, point, shots > 0 ? shots - 1 : 0);
}

/* --- histogram ------------------------------------------------------------------------------- */

/* integral of exp(-V/alpha), by the trapezoidal rule, exponentially accurate here. */
static double partition(const gf_dynamics *d, double alpha, double range) {
    enum { POINTS = 4000 };
    double sum = 0, step = 2 * range / POINTS;
    for (int i = 0; i <= POINTS; ++i) {
        sum += exp(-d->equation->potential(d, -range + i * step) / alpha) * step;
    }
    return sum;
}

static double bin_width(const gf_run *run) {
    return (run->histogram[0].to - run->histogram[0].from) / (double)run->histogram[0].points;
}

/* How many values the histogram of a sweep point counts. */
static double count_values(const gf_langevin *self, size_t point) {
    return gf_langevin_look(self, point).measured * (double)self->run->cells;
}

/* Counts as a probability density, with the error of independent counts. */
static void put_histogram(const gf_langevin *self, size_t point, gf_plot *plot) {
    const gf_run *run = self->run;
    double bin = bin_width(run), values = count_values(self, point);
    gf_plot_open_data(plot, "counts");
    for (size_t b = 0; b < run->histogram[0].points; ++b) {
        double count = 0;
        for (size_t r = 0; r < run->realisations; ++r) {
            count +=
                (double)
                    self->histogram[(point * run->realisations + r) * run->histogram[0].points + b];
        }
        (void)fprintf(gf_plot_script(plot), "%g %.8g %.3g\n",
                      run->histogram[0].from + ((double)b + 0.5) * bin, count / values / bin,
                      sqrt(count) / values / bin);
    }
    gf_plot_close_data(plot);
}

static gf_status draw_histogram(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                gf_error *error) {
    const gf_run *run = self->run;
    gf_dynamics d;
    gf_status status = gf_run_dynamics(run, 0, &d, error);
    if (status != GF_OK) {
        return status;
    }
    if (!(d.scalar.drive > 0)) {
        return gf_fail(error, GF_INVALID, "without noise there is no distribution to compare with");
    }
    double alpha = d.scalar.drive / (2 * d.spacing), range = 4 * fmax(d.order, pow(alpha, 0.25));
    double norm = partition(&d, alpha, range);
    double highest = exp(-d.equation->potential(&d, d.order) / alpha) / norm;
    put_histogram(self, 0, plot);
    gf_plot_open_data(plot, "exact");
    for (int i = 0; i <= 400; ++i) {
        double x =
            run->histogram[0].from + i * (run->histogram[0].to - run->histogram[0].from) / 400;
        double v = d.equation->potential(&d, x);
        (void)fprintf(gf_plot_script(plot), "%g %.8g %.8g\n", x, exp(-v / alpha) / norm, v);
    }
    gf_plot_close_data(plot);
    char title[96];
    const char exact[] = "lw 2 lc rgb '#c03030'", measured[] = "pt 7 ps 0.3*point lc rgb '#205080'";
    (void)snprintf(title, sizeof title, "exp(−{/:Italic V}/α) / {/:Italic Z}, α = %g", alpha);
    gf_plot_panels(plot, 2, 1, (gf_plot_margins){1.8, 0.5, 1.3, 0.9}, 0, 1.5);
    gf_plot_begin_key(plot, 1.8, 0.4, 1, 5);
    gf_plot_add_key(plot, exact, NULL, title);
    gf_plot_add_key(plot, NULL, measured, "simulation");
    gf_plot_label(plot, NULL, "'{/:Italic x}'", "'{/:Italic V}({/:Italic x})'", 1.4);
    gf_plot_range(plot, "x", 0, run->histogram[0].from, run->histogram[0].to);
    gf_plot_range(plot, "y", 1, NAN, NAN);
    (void)fputs("plot $exact using 1:3 with lines lw 2 lc rgb '#404040'\n", gf_plot_script(plot));
    gf_plot_end_labels(plot);
    gf_plot_label(plot, NULL, "'{/:Italic x}'", "'{/:Italic P}({/:Italic x})'", 1.4);
    if (figure->options->log) { /* down to a tenth of a single count */
        gf_plot_range(plot, "y", 2, 0.1 / count_values(self, 0) / bin_width(run), 3 * highest);
        (void)fputs("set logscale y\nset format y '10^{%L}'\n", gf_plot_script(plot));
    } else {
        gf_plot_range(plot, "y", 2, 0, 1.15 * highest);
    }
    (void)fprintf(gf_plot_script(plot),
                  "plot $exact with lines %s, $counts " GF_PLOT_BAR
                  " "
                  "lc rgb '#205080', $counts using 1:2 with points %s\nunset multiplot\n",
                  exact, measured);
    return GF_OK;
}

/* --- profile --------------------------------------------------------------------------------- */

static void put_profiles(const gf_langevin *self, gf_plot *plot) {
    const gf_run *run = self->run;
    for (size_t k = 0; k < run->points; ++k) {
        char name[32];
        (void)snprintf(name, sizeof name, "wall%zu", k);
        const double *m = last_snapshot(self, k);
        double scale = sqrt(gf_langevin_coupling(self, k));
        gf_plot_open_data(plot, name);
        for (size_t x = 0; x < run->positions; ++x) {
            double r = ((double)x + 0.5) * run->snapshot_spacing - run->length / 2;
            (void)fprintf(gf_plot_script(plot), "%g %.8g %.8g\n", r, m[x], r * scale);
        }
        gf_plot_close_data(plot);
    }
}

static void shade(const gf_run *run, size_t point, char line[64]) {
    char colour[8];
    gf_plot_shade(run->points > 1 ? (double)point / (double)(run->points - 1) : 0, colour);
    (void)snprintf(line, 64, "lw 2 lc rgb '%s'", colour);
}

static gf_status draw_profile(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                              gf_error *error) {
    const gf_run *run = self->run;
    FILE *script = gf_plot_script(plot);
    gf_dynamics d;
    gf_status status = gf_run_dynamics(run, 0, &d, error);
    if (status != GF_OK) {
        return status;
    }
    double x0 = gf_transfer_wall_width(&d) * sqrt(gf_langevin_coupling(self, 0));
    double width = gf_plot_width(plot), height = gf_plot_height(plot);
    (void)figure;
    put_profiles(self, plot);
    gf_plot_frame(plot, (gf_plot_margins){1.8, 0.5, 1.3, 0.4});
    gf_plot_begin_key(plot, width - 3.4, height - 1.8 - 0.45 * (double)(run->points - 1),
                      run->points, 0);
    (void)fputs("set multiplot\n", script);
    gf_plot_range(plot, "x", 0, -80, 80);
    gf_plot_range(plot, "y", 1, -1.25 * d.order, 1.25 * d.order);
    gf_plot_label(plot, NULL, "'{/:Italic r} / {/:Italic a}'", "'{/:Italic m}({/:Italic r})'", 1.4);
    for (size_t k = 0; k < run->points; ++k) {
        char line[64], title[64];
        shade(run, k, line);
        (void)snprintf(title, sizeof title, "ε\u0303 = %g", gf_langevin_coupling(self, k));
        gf_plot_add_key(plot, line, NULL, title);
    }
    for (size_t k = 0; k < run->points; ++k) {
        char line[64];
        shade(run, k, line);
        (void)fprintf(script, "%s$wall%zu using 1:2 with lines %s", k > 0 ? ", " : "plot ", k,
                      line);
    }
    (void)fputs("\n", script);
    gf_plot_end_labels(plot);
    gf_plot_frame(plot, (gf_plot_margins){3.3, 0.77 * width - 3.3, 0.78 * height - 0.8, 0.8});
    gf_plot_label(plot, NULL, "'{/:Italic r} ε\u0303^{1/2} / {/:Italic a}'", NULL, 0);
    (void)fprintf(script,
                  "set xrange [-20:20]\nset yrange [%g:%g]\nset xtics 10\nset ytics 0.5\nplot ",
                  -1.25 * d.order, 1.25 * d.order);
    for (size_t k = 0; k < run->points; ++k) {
        char line[64];
        shade(run, k, line);
        (void)fprintf(
            script, "$wall%zu using 3:2 every %d with points pt 6 ps 0.3*point %s, ", k,
            (int)fmax(1, 1 / (sqrt(gf_langevin_coupling(self, k)) * run->snapshot_spacing)),
            strstr(line, "lc"));
    }
    (void)fprintf(script, "%.10g*tanh(x/%.10g) with lines lw 1 lc rgb '#c03030'\nunset multiplot\n",
                  d.order, x0);
    return GF_OK;
}

/* --- space and time -------------------------------------------------------------------------- */

/* The snapshots after the warm-up as rows of a matrix, over a quarter of the system. */
static void put_map(const gf_langevin *self, size_t point, size_t first, size_t positions,
                    gf_plot *plot) {
    const gf_run *run = self->run;
    char name[32];
    (void)snprintf(name, sizeof name, "map%zu", point);
    gf_plot_open_data(plot, name);
    for (size_t s = first; s < run->snapshots; ++s) {
        const double *m = snapshot(self, point, s);
        for (size_t x = 0; x < positions; ++x) {
            (void)fprintf(gf_plot_script(plot), "%.3f ", m[x]);
        }
        (void)fputc('\n', gf_plot_script(plot));
    }
    gf_plot_close_data(plot);
}

static const gf_plot_margins map_margins = {1.9, 1.9, 1.3, 0.9};
static const double MAP_ACROSS = 3.7, MAP_DOWN = 2.1, LEAST_MAP = 8; /* cm; with what is around */

static size_t count_columns(const gf_run *run, double width) {
    size_t fit = width > LEAST_MAP ? (size_t)(width / LEAST_MAP) : 1;
    return fit < run->points ? fit : run->points;
}

static double space_time_height(const gf_run *run, double width) {
    double columns = (double)count_columns(run, width), rows = ceil((double)run->points / columns);
    double frame =
        (width - map_margins.left - map_margins.right - (columns - 1) * MAP_ACROSS) / columns;
    return map_margins.bottom + map_margins.top + (rows - 1) * MAP_DOWN +
           rows * fmin(rows > 3 ? 3.4 : 4.9, frame);
}

static gf_status draw_space_time(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                 gf_error *error) {
    const gf_run *run = self->run;
    FILE *script = gf_plot_script(plot);
    size_t first = run->first_measured / run->samples_per_snapshot;
    size_t positions = run->positions >= 4 ? run->positions / 4 : run->positions;
    size_t columns = count_columns(run, gf_plot_width(plot));
    size_t rows = (run->points + columns - 1) / columns;
    if (first + 1 >= run->snapshots) {
        return gf_fail(error, GF_INVALID, "the run has no snapshots after the warm-up");
    }
    for (size_t k = 0; k < run->points; ++k) {
        put_map(self, k, first, positions, plot);
    }
    gf_plot_panels(plot, rows, columns, map_margins, MAP_ACROSS, MAP_DOWN);
    gf_plot_place_colours(plot);
    (void)fprintf(script,
                  "set palette defined (-1 '#2040a0', 0 '#f4f4f4', 1 '#b03020')\n"
                  "set tics out nomirror\n");
    if (figure->options->ranges == 0) {
        (void)fprintf(script, "set xtics %g\n",
                      gf_plot_step((double)positions * run->snapshot_spacing, 4));
    }
    for (size_t k = 0; k < run->points; ++k) {
        char title[128];
        gf_dynamics d;
        gf_status status = gf_run_dynamics(run, k, &d, error);
        if (status != GF_OK) {
            return status;
        }
        double every = run->snapshot_every * (double)run->stretch[k];
        double reversal = gf_langevin_reversal_time(self, k, d.middle, run->threshold * d.order);
        char reversals[64] = "no reversals";
        if (isnan(reversal)) {
            (void)snprintf(reversals, sizeof reversals, "nothing yet");
        } else if (isfinite(reversal)) {
            (void)snprintf(reversals, sizeof reversals, "reversals every %.4g", reversal);
        }
        (void)snprintf(title, sizeof title, "'ε\u0303 = %g, %s'", gf_langevin_coupling(self, k),
                       reversals);
        gf_plot_label(plot, title, "'{/:Italic r} / {/:Italic a}'",
                      "'{/:Italic t D} / {/:Italic a}^2'", 1.5);
        gf_plot_range(plot, "x", 0, 0, (double)positions * run->snapshot_spacing);
        gf_plot_range(plot, "y", 1, ((double)first + 0.5) * every,
                      ((double)run->snapshots + 0.5) * every);
        (void)fprintf(script,
                      "set cbrange [%g:%g]\n"
                      "plot $map%zu matrix using (($1+0.5)*%g):(($2+%zu)*%g):3 with image\n",
                      -1.5 * d.order, 1.5 * d.order, k, run->snapshot_spacing, first + 1, every);
        gf_plot_end_labels(plot);
    }
    (void)fprintf(script, "unset multiplot\n");
    return GF_OK;
}

/* --- walls ----------------------------------------------------------------------------------- */

/* The columns of the points: coupling, density, standard error. */
static gf_status put_densities(const gf_langevin *self, double *table, gf_plot *plot,
                               gf_error *error) {
    size_t count = self->run->points;
    gf_plot_open_data(plot, "measured");
    for (size_t k = 0; k < count; ++k) {
        gf_langevin_point point;
        gf_status status = gf_langevin_summarise(self, k, &point, error);
        if (status != GF_OK) {
            return status;
        }
        table[k] =
            gf_langevin_coupling_varies(self) ? gf_langevin_coupling(self, k) : self->run->sweep[k];
        table[count + k] = point.walls.mean / gf_langevin_length_unit(self, k);
        table[2 * count + k] = point.walls.error / gf_langevin_length_unit(self, k);
        (void)fprintf(gf_plot_script(plot), "%.10g %.10g %.10g\n", table[k], table[count + k],
                      table[2 * count + k]);
    }
    gf_plot_close_data(plot);
    return GF_OK;
}

/* Exact densities on a fine mesh of couplings: the run at other values of its parameter. */
static gf_status put_exact(const gf_langevin *self, double low, double high, gf_plot *plot,
                           gf_error *error) {
    enum { MESH = 40 };
    const gf_run *run = self->run;
    gf_status status = GF_OK;
    double unit = gf_langevin_coupling(self, 0) / run->sweep[0];
    gf_plot_open_data(plot, "exact");
    for (int i = 0; i <= MESH && status == GF_OK; ++i) {
        gf_dynamics d;
        gf_transfer cells, continuum;
        double x = low * pow(high / low, (double)i / MESH);
        status = gf_run_dynamics_at(run, 0, x / unit, &d, error);
        double level = run->threshold * d.order;
        if (status == GF_OK && gf_transfer_cells(&d, level, &cells, NULL) == GF_OK &&
            gf_transfer_continuum(&d, level, &continuum, NULL) == GF_OK) {
            (void)fprintf(gf_plot_script(plot), "%g %g %g %g\n", x, cells.count_density,
                          continuum.count_density, cells.dilute_density);
        }
    }
    gf_plot_close_data(plot);
    return status;
}

/* A law of dilute walls that misses the points by more than this chi^2 per degree of freedom is not
 * drawn alone. */
static const double POOR = 2;

/* Fits of the measured densities, best known form first; how many there are to draw. */
static int fit_walls(size_t count, const double *table, gf_wall_fit fits[2]) {
    const double *density = table + count, *error_of = table + 2 * count;
    if (gf_wall_fit_make(GF_WALL_QUARTER, count, table, density, error_of, 0, INFINITY, &fits[0],
                         NULL) != GF_OK) {
        return 0;
    }
    bool poor = fits[0].chi_square > POOR * (double)fits[0].freedom;
    return poor && gf_wall_fit_make(GF_WALL_TWO_TERMS, count, table, density, error_of, 0, INFINITY,
                                    &fits[1], NULL) == GF_OK
               ? 2
               : 1;
}

static const char *style_fit(const gf_wall_fit *fit) {
    return fit->form == GF_WALL_TWO_TERMS ? "lw 2 dt (8,5) lc rgb '#208060'"
                                          : "lw 2 lc rgb '#205080'";
}

static void plot_fit(const gf_wall_fit *fit, FILE *script) {
    (void)fprintf(script,
                  "[%g:%g] (%.10g*x**0.25+(%.10g)*x**0.75)*exp(-(%.10g)/sqrt(x)) with lines %s, ",
                  fit->from, fit->to, fit->value[0], fit->value[2], fit->value[1], style_fit(fit));
}

static void name_fit(const gf_wall_fit *fit, gf_plot *plot) {
    char title[128];
    (void)snprintf(title, sizeof title,
                   "fit %s exp(−{/:Italic c}/{/:Italic x}^{1/2}), {/:Italic c} = %.3f(%.0f)",
                   fit->form == GF_WALL_TWO_TERMS ? "({/:Italic A x}^{1/4} + {/:Italic B x}^{3/4})"
                                                  : "{/:Italic A x}^{1/4}",
                   fit->value[1], ceil(1000 * fit->error[1]));
    gf_plot_add_key(plot, style_fit(fit), NULL, title);
}

/* What is drawn over the couplings, besides the points. */
typedef struct wall_curves {
    bool exact, coupling; /* exact densities; the couplings are what the sweep changes */
    int fitted;
    gf_wall_fit fits[2];
    const gf_paper_fit *printed; /* or NULL */
    double law, amplitude;       /* A x^(1/4) exp(-law/sqrt(x)) with the computed c; or 0 */
    double least[2], most[2];    /* couplings and densities of the points */
    bool points_alone;           /* and fits of them: they fill the figure */
    int power;                   /* of ten, of the numbers at a linear axis; 0: a logarithmic one */
} wall_curves;

/* Less than a decade needs no logarithm. */
static void choose_axes(size_t count, const double *table, bool log, wall_curves *self) {
    for (size_t k = 0; k < 2; ++k) {
        self->least[k] = INFINITY;
        for (size_t i = 0; i < count; ++i) {
            double value = table[k * count + i];
            self->least[k] = value > 0 ? fmin(self->least[k], value) : self->least[k];
            self->most[k] = fmax(self->most[k], k == 1 ? value + table[2 * count + i] : value);
        }
    }
    self->points_alone = !self->exact && self->printed == NULL;
    if (self->points_alone && self->most[1] < 10 * self->least[1] && !log) {
        self->power = (int)fmin(-1, floor(log10(self->most[1])));
    }
}

static void set_ranges(const wall_curves *self, gf_plot *plot) {
    enum { TICS = 5, BEYOND = 4 }; /* ranges may be asked for that are longer */
    FILE *script = gf_plot_script(plot);
    if (self->points_alone && self->least[0] < self->most[0]) {
        double margin = 0.04 * (self->most[0] - self->least[0]);
        gf_plot_range(plot, "x", 0, self->least[0] - margin, self->most[0] + margin);
    }
    if (self->power != 0) {
        double highest = 1.1 * self->most[1], step = gf_plot_step(highest, TICS);
        gf_plot_range(plot, "y", 1, 0, highest);
        (void)fputs("unset logscale y\nset ytics (", script);
        for (int k = 0; k <= BEYOND * TICS; ++k) {
            (void)fprintf(script, "%s'%g' %g", k > 0 ? ", " : "", k * step / pow(10, self->power),
                          k * step);
        }
        (void)fputs(")\n", script);
    }
}

static const char MEASURED[] = "pt 7 ps 0.5*point lc rgb '#102040'",
                  PRINTED[] = "lw 1.5 dt (12,5,3,5) lc rgb '#606060'",
                  LAW[] = "lw 2 dt (3,5) lc rgb '#e07010'";
/* The columns of $exact. */
static const struct {
    const char *line, *title;
} exact_curves[] = {{"lw 2 lc rgb '#c03030'", "exact count, cells"},
                    {"lw 1.5 dt (8,5) lc rgb '#c03030'", "exact count, continuum"},
                    {"lw 1.5 dt (2,4) lc rgb '#c03030'", "({/:Italic E}_1 − {/:Italic E}_0)/2"}};

/* Below the frame; two columns where the page is wide enough for the longest entries. */
static const gf_plot_margins wall_margins = {2.1, 0.6, 1.5, 0.3};
static const double WALLS_WIDE = 13.5, ROW = 0.45;

static bool has_two_columns(const wall_curves *self, double width) {
    return width >= WALLS_WIDE && !(self->exact && self->fitted > 1);
}

static size_t count_wall_rows(const wall_curves *self, double width) {
    size_t measured = self->exact ? 4 : 1;
    size_t laws =
        (size_t)self->fitted + (self->printed != NULL ? 1U : 0U) + (self->law > 0 ? 1U : 0U);
    return !has_two_columns(self, width) ? measured + laws : measured > laws ? measured : laws;
}

static void write_walls_key(const wall_curves *self, double bottom, gf_plot *plot) {
    double top = gf_plot_height(plot) - bottom + wall_margins.bottom + 0.15;
    size_t rows = count_wall_rows(self, gf_plot_width(plot));
    gf_plot_begin_key(plot, 1.2, top, rows, 0);
    gf_plot_add_key(plot, NULL, MEASURED, "simulation");
    for (int k = 0; k < (self->exact ? 3 : 0); ++k) {
        gf_plot_add_key(plot, exact_curves[k].line, NULL, exact_curves[k].title);
    }
    if (has_two_columns(self, gf_plot_width(plot))) {
        gf_plot_begin_key(plot, self->exact ? 6.2 : 4.4, top, rows, 0);
    }
    for (int i = 0; i < self->fitted; ++i) {
        name_fit(&self->fits[i], plot);
    }
    if (self->printed != NULL) {
        gf_plot_add_key(plot, PRINTED, NULL, "fit printed in the paper");
    }
    if (self->law > 0) {
        char title[96];
        (void)snprintf(title, sizeof title, "rare walls: {/:Italic c} = %.4g computed", self->law);
        gf_plot_add_key(plot, LAW, NULL, title);
    }
}

static gf_label title_walls(const gf_run *run) {
    gf_label title = {0};
    title.length = (size_t)snprintf(
        title.text, sizeof title.text, "L = %g, dx = %g, l = %g, h = %g, %zu realisations%s",
        run->length, run->spacing, run->smoothing, run->threshold, run->realisations,
        run->rescaled ? ", lengths in a/ε^{1/2}" : "");
    return title;
}

static void write_walls_setup(const gf_run *run, const wall_curves *curves, gf_plot *plot) {
    char x[400], y[64] = "'{/:Italic n}_{DW} {/:Italic a}'";
    gf_plot_margins page = wall_margins;
    gf_label swept = gf_label_symbol(run->equation->parameters[run->swept]);
    if (curves->coupling && run->medium.diffusion == NULL) {
        const char *energy = run->medium.energy_unit;
        gf_label unit = gf_label_energy_unit(energy != NULL ? energy : "J");
        (void)snprintf(x, sizeof x, "'ε\u0303 = ε%s%s {/:Italic a}^2 / {/:Italic D}'",
                       unit.length > 0 ? " " : "", unit.text);
    } else {
        (void)snprintf(x, sizeof x, "'%s'", swept.text);
    }
    page.bottom += 0.2 + ROW * (double)count_wall_rows(curves, gf_plot_width(plot));
    gf_plot_frame(plot, page);
    if (curves->power != 0) {
        (void)snprintf(y, sizeof y, "'{/:Italic n}_{DW} {/:Italic a} / 10^{%d}'", curves->power);
    }
    gf_plot_label(plot, NULL, x, y, 1.65);
    gf_plot_range(plot, "x", 0, NAN, NAN);
    gf_plot_range(plot, "y", 1, NAN, NAN);
    (void)fputs("set logscale y\nset format y '10^{%L}'\n" GF_PLOT_GRID, gf_plot_script(plot));
    write_walls_key(curves, page.bottom, plot);
}

/* The law of rare walls with the computed c, through the point of the smallest coupling, where it
 * is least wrong. */
static void take_law(const gf_langevin *self, const double *table, wall_curves *curves) {
    const gf_run *run = self->run;
    size_t least = table[0] < table[run->points - 1] ? 0 : run->points - 1;
    if (self->law == NULL || run->swept != 0 || !(table[run->points + least] > 0)) {
        return;
    }
    double x = table[least];
    curves->law = self->law[0] * sqrt(gf_langevin_coupling(self, 0) / run->sweep[0]);
    curves->amplitude = table[run->points + least] / (pow(x, 0.25) * exp(-curves->law / sqrt(x)));
}

static void plot_walls(const gf_langevin *self, const double *table, bool exact, bool log,
                       gf_plot *plot) {
    FILE *script = gf_plot_script(plot);
    const gf_run *run = self->run;
    wall_curves curves = {.exact = exact, .coupling = gf_langevin_coupling_varies(self)};
    if (curves.coupling) {
        curves.printed =
            gf_paper_fit_find(gf_run_parameter(run, 0, "gamma"), run->noise.thermal > 0);
        curves.fitted = fit_walls(run->points, table, curves.fits);
        curves.fitted = exact && curves.fitted > 1 ? 1 : curves.fitted;
        take_law(self, table, &curves);
    }
    choose_axes(run->points, table, log, &curves);
    write_walls_setup(run, &curves, plot);
    set_ranges(&curves, plot);
    /* a range at the head of a plot would be that of the axis */
    (void)fputs(!exact && (curves.fitted > 0 || curves.printed != NULL || curves.law > 0)
                    ? "plot sample "
                    : "plot ",
                script);
    for (int k = 0; k < (exact ? 3 : 0); ++k) {
        (void)fprintf(script, "$exact using 1:%d with lines %s, ", k + 2, exact_curves[k].line);
    }
    for (int i = 0; i < curves.fitted; ++i) {
        plot_fit(&curves.fits[i], script);
    }
    if (curves.printed != NULL) {
        (void)fprintf(script, "[%g:%g] %g*x**0.25*exp(-%g/sqrt(x)) with lines %s, ",
                      curves.printed->from, curves.printed->to,
                      curves.printed->amplitude / gf_run_parameter(run, 0, "a"),
                      curves.printed->exponent, PRINTED);
    }
    if (curves.law > 0) {
        (void)fprintf(script, "[*:*] %.10g*x**0.25*exp(-%.10g/sqrt(x)) with lines %s, ",
                      curves.amplitude, curves.law, LAW);
    }
    (void)fprintf(
        script, "$measured " GF_PLOT_BAR " lc rgb '#102040', $measured using 1:2 with points %s\n",
        MEASURED);
}

static gf_status draw_walls(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                            gf_error *error) {
    const gf_run *run = self->run;
    size_t count = run->points;
    double *table = malloc(3 * count * sizeof *table);
    gf_status status = table != NULL ? put_densities(self, table, plot, error)
                                     : gf_fail_memory(error, "the wall densities");
    double low = INFINITY, high = 0, most = 0;
    for (size_t k = 0; status == GF_OK && k < count; ++k) {
        low = fmin(low, table[k]);
        high = fmax(high, table[k]);
        most = fmax(most, table[count + k]);
    }
    if (status == GF_OK && !(most > 0)) {
        status = gf_fail(error, GF_INVALID, "no walls were counted: there is nothing to draw");
    }
    gf_dynamics d = {.equation = run->equation};
    if (status == GF_OK) {
        status = gf_run_dynamics(run, 0, &d, error);
    }
    bool exact = status == GF_OK && gf_transfer_applies(&d) && run->swept == 0;
    if (exact) {
        status = put_exact(self, low, high, plot, error);
    }
    if (status == GF_OK) {
        plot_walls(self, table, exact, figure->options->log, plot);
    }
    free(table);
    return status;
}

/* --- the figure ------------------------------------------------------------------------------ */

static bool has_histogram(const gf_run *run) {
    return !run->equation->has_space && run->histogram[0].points > 0;
}
static bool has_profile(const gf_run *run) {
    return run->boundary == GF_ANTIPERIODIC && run->snapshots > 0;
}
static bool has_space_time(const gf_run *run) {
    return run->equation->has_space && run->snapshots > 0;
}
static bool has_walls(const gf_run *run) {
    return gf_run_has_walls(run) &&
           (run->equation->fields == 1 || (run->medium.hydrodynamics.bistable && run->points > 1));
}
static bool has_both_profiles(const gf_run *run) {
    return run->boundary == GF_FIXED && run->snapshots > 0;
}
static bool has_maps(const gf_run *run) {
    return !run->blocks && run->snapshots > 0;
}
static bool has_plane(const gf_run *run) {
    return run->histogram[0].points > 0;
}
static bool has_paths(const gf_run *run) {
    return run->medium.table != NULL &&
           run->medium.rates.count == 0; /* the map is of the table's rates */
}

static bool has_correlations(const gf_run *run) {
    return run->correlations.lags > 0;
}
static bool has_domains(const gf_run *run) {
    return run->domains.bins > 0;
}

/* By what a run was made for. Lengths in cm. */
static const struct kind {
    const char *name;
    size_t fields; /* 0: any */
    double width, height;
    double (*height_of)(const gf_run *run, double width); /* or NULL: `height` */
    size_t ranges;
    gf_figure_log log;
    bool (*has)(const gf_run *run); /* the run holds the data */
    gf_status (*draw)(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                      gf_error *error);
} kinds[] = {
    {"histogram", 1, 10, 11, NULL, 3, GF_LOG_CAN, has_histogram, draw_histogram},
    {"profile", 1, 13, 9, NULL, 2, GF_LOG_NEVER, has_profile, draw_profile},
    {"space-time", 1, 25, 0, space_time_height, 2, GF_LOG_NEVER, has_space_time, draw_space_time},
    {"histogram", 2, 12, 10, NULL, 2, GF_LOG_CAN, has_plane, gf_langevin_draw_plane},
    {"profile", 2, 18, 0, gf_langevin_profiles_height, 3, GF_LOG_NEVER, has_both_profiles,
     gf_langevin_draw_profiles},
    {"space-time", 2, 22, 0, gf_langevin_maps_height, 2, GF_LOG_NEVER, has_maps,
     gf_langevin_draw_maps},
    {"walls", 0, 14, 10.4, NULL, 2, GF_LOG_CAN, has_walls, draw_walls},
    {"trajectories", 2, 0, 0, NULL, 2, GF_LOG_IS, has_paths, NULL}, /* over the force field */
    {"correlations", 1, 15, 0, gf_langevin_correlations_height, 2, GF_LOG_CAN, has_correlations,
     gf_langevin_draw_correlations},
    {"correlations", 2, 15, 0, gf_langevin_correlations_height, 4, GF_LOG_CAN, has_correlations,
     gf_langevin_draw_correlations},
    {"domains", 0, 12, 9, NULL, 2, GF_LOG_IS, has_domains, gf_langevin_draw_domains}};

enum { KINDS = sizeof kinds / sizeof *kinds };

bool gf_langevin_figure_knows(const char *kind) {
    bool known = false;
    for (int k = 0; k < KINDS; ++k) {
        known = known || strcmp(kind, kinds[k].name) == 0;
    }
    return known;
}

/* What a run file must ask for, so that a figure of the kind can be drawn. */
static const char *needs_of(const char *kind) {
    static const char *const needs[][2] = {
        {"histogram", "histogram: {from, to, bins} (for one field also an equation without space)"},
        {"profile",
         "snapshots: {every, spacing}, and a boundary: antiperiodic, or fixed for two fields"},
        {"space-time", "snapshots: {every, spacing}, and space"},
        {"walls", "walls: in space; for two fields two stable points and a sweep:"},
        {"trajectories", "table:, and no other rates than the table's"},
        {"correlations", "correlations: {lag, distance}"},
        {"domains", "domains: {to, bins}"}};
    for (size_t k = 0; k < sizeof needs / sizeof *needs; ++k) {
        if (strcmp(kind, needs[k][0]) == 0) {
            return needs[k][1];
        }
    }
    return "data of its own";
}

static gf_status choose(const gf_run *run, const char *kind, int *chosen, gf_error *error) {
    bool known = false;
    for (*chosen = 0; *chosen < KINDS; ++*chosen) {
        const struct kind *k = &kinds[*chosen];
        bool fits = k->fields == 0 || k->fields == run->equation->fields;
        bool named = kind == NULL || strcmp(kind, k->name) == 0;
        if (fits && named && k->has(run)) {
            return GF_OK;
        }
        known = known || (kind != NULL && named);
    }
    return known ? gf_fail(error, GF_INVALID,
                           "the run does not hold what a figure of kind %s shows; its run file "
                           "needs %s",
                           kind, needs_of(kind))
                 : gf_fail(error, GF_INVALID,
                           "no figure of this kind: %s; a run has histogram, profile, space-time, "
                           "walls, trajectories, correlations, domains",
                           kind != NULL ? kind : "the run was not made for one");
}

/* Whether something has been measured. */
static bool is_under_way(const gf_langevin *self) {
    bool some = false;
    for (size_t k = 0; k < self->run->points; ++k) {
        some = some || gf_langevin_look(self, k).realisations > 0;
    }
    return some;
}

static gf_status check_options(const gf_figure *figure, const struct kind *kind, gf_error *error) {
    const gf_figure_options *options = figure->options;
    if (options->of != NULL || (options->with != NULL && kind->draw != NULL)) {
        return gf_fail(error, GF_INVALID,
                       "%s belongs to figures of the plane of m and e, not to a figure of kind %s",
                       options->of != NULL ? "--of" : "--with", kind->name);
    }
    return gf_figure_check_options(options, kind->name, kind->ranges, kind->log, error);
}

static gf_status draw(const gf_langevin *self, const struct kind *kind, const gf_figure *figure,
                      gf_error *error) {
    gf_plot *plot = NULL;
    if (kind->draw == NULL) {
        return gf_langevin_draw_paths(self, figure, error);
    }
    double width = gf_plot_choose_width(figure->options, kind->width);
    double height = kind->height_of != NULL ? kind->height_of(self->run, width) : kind->height;
    gf_label title = title_walls(self->run);
    gf_status status =
        gf_plot_begin(figure->output, figure->options, kind->draw == draw_walls ? &title : NULL,
                      width, height, &plot, error);
    if (status == GF_OK) {
        status = kind->draw(self, figure, plot, error);
    }
    if (status == GF_OK) {
        status = gf_plot_finish(&plot, error);
    }
    gf_plot_abandon(&plot);
    return status;
}

gf_status gf_langevin_figure_draw(const gf_figure *figure, gf_error *error) {
    gf_langevin *self = NULL;
    int chosen = 0;
    gf_status status = gf_langevin_read(figure->path, &self, error);
    if (status == GF_OK) {
        status = choose(self->run, figure->options->kind, &chosen, error);
    }
    if (status == GF_OK && !is_under_way(self)) {
        status =
            gf_fail(error, GF_INVALID,
                    "%s: there is nothing to draw yet: %.3g %% of the run is done, and nothing "
                    "after the warm-up",
                    figure->path, 100 * gf_langevin_done(self));
    }
    if (status == GF_OK) {
        status = check_options(figure, &kinds[chosen], error);
    }
    if (status == GF_OK) {
        status = draw(self, &kinds[chosen], figure, error);
    }
    gf_langevin_free(self);
    return status;
}
