#include "figure/measured.h"

#include <math.h>
#include <stdlib.h>

/* A legend: width of a column and height of a row; and below which width panels stand under one
 * another. */
static const double ENTRY = 3.7, ROW = 0.45, NARROW = 13;

static size_t count_rows(size_t entries, double width) {
    size_t columns = (size_t)fmax(1, (width - 2.1) / ENTRY);
    return (entries + columns - 1) / columns;
}

/* Curve number `index` of `count`: a line, and the band of its error. */
static void shade(size_t index, size_t count, const char *style, char line[64]) {
    char colour[8];
    gf_plot_shade(count > 1 ? (double)index / (double)(count - 1) : 0, colour);
    (void)snprintf(line, 64, "%s lc rgb '%s'", style, colour);
}

/* --- correlations ---------------------------------------------------------------------------- */

enum { MOST_TIMES = 5 };

/* Pairs of fields: mm; mm, me, ee. */
static size_t count_pairs(const gf_run *run) {
    return run->equation->fields > 1 ? 3 : 1;
}

/* Whether there are panels of space. */
static bool has_places(const gf_run *run) {
    return run->correlations.distances > 1;
}

/* Curves of a single sweep point in space: so many of its times. */
static size_t count_times(const gf_run *run) {
    return run->correlations.lags < MOST_TIMES ? run->correlations.lags : MOST_TIMES;
}

static bool shows_times(const gf_run *run) {
    return run->points == 1 && has_places(run);
}

static size_t count_curves(const gf_run *run) {
    return shows_times(run) ? count_times(run) : run->points;
}

/* Which lag is curve number k. */
static size_t lag_of(const gf_run *run, size_t k) {
    size_t times = count_times(run);
    return times > 1 ? k * (run->correlations.lags - 1) / (times - 1) : 0;
}

/* Rows and columns of panels. */
static void lay_out(const gf_run *run, double width, size_t *rows, size_t *columns) {
    *columns = has_places(run) && width >= NARROW ? 2 : 1;
    *rows = count_pairs(run) * (has_places(run) && *columns == 1 ? 2 : 1);
}

double gf_langevin_correlations_height(const gf_run *run, double width) {
    size_t rows = 0, columns = 0;
    lay_out(run, width, &rows, &columns);
    return 1.7 + ROW * (double)count_rows(count_curves(run), width) + (double)rows * 4.7 +
           (double)(rows - 1) * 1.6;
}

/* A block of lines x, C, C - error, C + error of one pair: along space at a lag, or along time. */
static void put_curve(const gf_run *run, const char *name, const double *value,
                      const double *error_of, size_t pair, bool space, size_t lag, gf_plot *plot) {
    const gf_run_correlations *c = &run->correlations;
    size_t fields = run->equation->fields, a = pair / 2, b = (pair + 1) / 2;
    gf_plot_open_data(plot, name);
    for (size_t i = 0; i < (space ? c->distances : c->lags); ++i) {
        size_t place = space ? lag * c->distances + i : i * c->distances;
        size_t at = (place * fields + a) * fields + b;
        double x = (double)i * (space ? c->spacing : c->every);
        (void)fprintf(gf_plot_script(plot), "%g %.8g %.8g %.8g\n", x, value[at],
                      value[at] - error_of[at], value[at] + error_of[at]);
    }
    gf_plot_close_data(plot);
}

/* All curves: $space<pair>_<curve>, and $time<pair>_<point>. */
static gf_status put_curves(const gf_langevin *self, gf_plot *plot, gf_error *error) {
    const gf_run *run = self->run;
    const gf_run_correlations *c = &run->correlations;
    size_t fields = run->equation->fields;
    size_t size = c->lags * c->distances * fields * fields, *samples = NULL;
    double *value = malloc(2 * size * sizeof *value), mean[2];
    samples = gf_langevin_samples_taken(self);
    gf_status status = value != NULL && samples != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the correlation functions");
    for (size_t k = 0; k < run->points && status == GF_OK; ++k) {
        status = gf_correlations_estimate(self->correlations, k, samples, value, value + size, mean,
                                          error);
        for (size_t pair = 0; pair < count_pairs(run) && status == GF_OK; ++pair) {
            char name[48];
            (void)snprintf(name, sizeof name, "time%zu_%zu", pair, k);
            put_curve(run, name, value, value + size, pair, false, 0, plot);
            for (size_t i = 0; i < (shows_times(run) ? count_times(run) : 1); ++i) {
                (void)snprintf(name, sizeof name, "space%zu_%zu", pair, k + i);
                put_curve(run, name, value, value + size, pair, true, lag_of(run, i), plot);
            }
        }
    }
    free(value);
    free(samples);
    return status;
}

/* "⟨δm(0) δe(r)⟩ / J" */
static void label_pair(const gf_run *run, size_t pair, const char *argument, char label[400]) {
    static const char *const names[] = {"{/:Italic m}", "{/:Italic e}"};
    static const char *const powers[] = {"", "", "^{2}"};
    gf_label unit = {.text = ""};
    if (run->medium.energy_unit != NULL && pair > 0) {
        unit = gf_label_energy_unit(run->medium.energy_unit);
    }
    (void)snprintf(label, 400, "'⟨δ%s(0) δ%s(%s)⟩%s%s%s'", names[pair / 2], names[(pair + 1) / 2],
                   argument, unit.length > 0 ? " / " : "", unit.text,
                   unit.length > 0 ? powers[pair] : "");
}

static void label_time(const gf_run *run, char label[400]) {
    gf_label unit = {.text = ""};
    if (run->medium.energy_unit != NULL) {
        unit = gf_label_energy_unit(run->medium.energy_unit);
    }
    const char *one =
        run->equation->has_space ? "'{/:Italic t D} / {/:Italic a}^2'" : "'{/:Italic t}'";
    if (run->equation->fields == 1) {
        (void)snprintf(label, 400, "%s", one);
    } else {
        (void)snprintf(label, 400, "'%s%s%s{/:Italic t}'", run->rescaled ? "ε" : "", unit.text,
                       unit.length > 0 ? " " : "");
    }
}

static const char *label_distance(const gf_run *run) {
    return run->rescaled ? "'{/:Italic r} ε^{1/2} / {/:Italic a}'"
                         : "'{/:Italic r} / {/:Italic a}'";
}

static void draw_panel(const gf_run *run, size_t pair, bool space, bool log, gf_plot *plot) {
    const gf_run_correlations *c = &run->correlations;
    FILE *script = gf_plot_script(plot);
    char y[400], time[400];
    size_t curves = space ? count_curves(run) : run->points;
    label_pair(run, pair, space ? "{/:Italic r}" : "{/:Italic t}", y);
    label_time(run, time);
    gf_plot_label(plot, NULL, space ? label_distance(run) : time, y, 1.75);
    if (space) {
        gf_plot_range(plot, "x", 0, 0, (double)(c->distances - 1) * c->spacing);
    } else {
        (void)fprintf(script, "set xrange [0:%g]\n", fmax((double)(c->lags - 1), 1) * c->every);
    }
    gf_plot_range(plot, "y", 1 + pair, NAN, NAN);
    (void)fputs(log ? "set logscale y\nset format y '10^{%L}'\nplot " : "plot ", script);
    for (size_t k = 0; k < curves; ++k) {
        char line[64], band[64];
        const char *name = space ? "space" : "time";
        shade(k, curves, "lw 2", line);
        shade(k, curves, "fs transparent solid 0.25 noborder", band);
        (void)fprintf(script,
                      "%s$%s%zu_%zu using 1:3:4 with filledcurves %s, $%s%zu_%zu using 1:2 with "
                      "lines %s",
                      k > 0 ? ", " : "", name, pair, k, band, name, pair, k, line);
    }
    (void)fputc('\n', script);
    gf_plot_end_labels(plot);
}

static void write_key(const gf_run *run, gf_plot *plot) {
    size_t curves = count_curves(run);
    gf_plot_begin_key(plot, 2.1, 0.4, count_rows(curves, gf_plot_width(plot)), ENTRY);
    for (size_t k = 0; k < curves; ++k) {
        char line[64], time[64];
        shade(k, curves, "lw 2", line);
        gf_label value = gf_label_value(run->equation->parameters[run->swept],
                                        run->sweep[shows_times(run) ? 0 : k]);
        (void)snprintf(time, sizeof time, "{/:Italic t} = %g",
                       (double)lag_of(run, k) * run->correlations.every);
        gf_plot_add_key(plot, line, NULL, shows_times(run) ? time : value.text);
    }
}

gf_status gf_langevin_draw_correlations(const gf_langevin *self, const gf_figure *figure,
                                        gf_plot *plot, gf_error *error) {
    const gf_run *run = self->run;
    size_t rows = 0, columns = 0, entries = count_rows(count_curves(run), gf_plot_width(plot));
    gf_status status = put_curves(self, plot, error);
    if (status != GF_OK) {
        return status;
    }
    lay_out(run, gf_plot_width(plot), &rows, &columns);
    gf_plot_panels(plot, rows, columns,
                   (gf_plot_margins){2.3, 0.8, 1.3, 0.4 + ROW * (double)entries}, 2.6, 1.6);
    write_key(run, plot);
    for (size_t pair = 0; pair < count_pairs(run); ++pair) {
        if (has_places(run)) {
            draw_panel(run, pair, true, figure->options->log, plot);
        }
        draw_panel(run, pair, false, figure->options->log, plot);
    }
    (void)fputs("unset multiplot\n", gf_plot_script(plot));
    return GF_OK;
}

/* --- domains --------------------------------------------------------------------------------- */

/* The columns of a sweep point: length, density, its error; the mean length is returned. */
static gf_status put_lengths(const gf_langevin *self, size_t point, gf_plot *plot, double *mean,
                             double *lowest, gf_error *error) {
    const gf_run_domains *d = &self->run->domains;
    double *density = malloc(2 * d->bins * sizeof *density), width = d->to / (double)d->bins;
    char name[32];
    if (density == NULL) {
        return gf_fail_memory(error, "the lengths of domains");
    }
    gf_domain_lengths lengths = {.density = density, .density_error = density + d->bins};
    gf_status status = gf_domains_estimate(self->domains, point, &lengths, error);
    (void)snprintf(name, sizeof name, "domains%zu", point);
    gf_plot_open_data(plot, name);
    for (size_t b = 0; b < d->bins && status == GF_OK; ++b) {
        if (density[b] > 0) {
            (void)fprintf(gf_plot_script(plot), "%g %.8g %.8g\n", ((double)b + 0.5) * width,
                          density[b], lengths.density_error[b]);
            *lowest = fmin(*lowest, density[b]);
        }
    }
    gf_plot_close_data(plot);
    *mean = status == GF_OK ? lengths.mean : NAN;
    free(density);
    return status;
}

static const char LAW[] = "lw 1.5 dt (8,5) lc rgb '#606060'";

static void plot_lengths(const gf_run *run, const double *mean, double lowest, gf_plot *plot) {
    FILE *script = gf_plot_script(plot);
    double highest = 0;
    for (size_t k = 0; k < run->points; ++k) {
        highest = mean[k] > 0 ? fmax(highest, 1 / mean[k]) : highest;
    }
    gf_plot_range(plot, "x", 0, 0, run->domains.to);
    gf_plot_range(plot, "y", 1, lowest / 2, 3 * highest);
    (void)fputs("set logscale y\nset format y '10^{%L}'\n" GF_PLOT_GRID "plot ", script);
    for (size_t k = 0; k < run->points; ++k) {
        char line[64], points[64];
        shade(k, run->points, "", line);
        shade(k, run->points, "pt 7 ps 0.4*point", points);
        (void)fprintf(script,
                      "%s$domains%zu " GF_PLOT_BAR " %s, $domains%zu using 1:2 with points %s",
                      k > 0 ? ", " : "", k, line, k, points);
        if (mean[k] > 0) {
            (void)fprintf(script, ", exp(-x/%.10g)/%.10g with lines %s", mean[k], mean[k], LAW);
        }
    }
    (void)fputc('\n', script);
}

gf_status gf_langevin_draw_domains(const gf_langevin *self, const gf_figure *figure, gf_plot *plot,
                                   gf_error *error) {
    const gf_run *run = self->run;
    double *mean = malloc(run->points * sizeof *mean), lowest = INFINITY;
    gf_status status = mean != NULL ? GF_OK : gf_fail_memory(error, "the lengths of domains");
    (void)figure;
    for (size_t k = 0; k < run->points && status == GF_OK; ++k) {
        status = put_lengths(self, k, plot, &mean[k], &lowest, error);
    }
    if (status == GF_OK && !isfinite(lowest)) {
        status = gf_fail(error, GF_INVALID, "no domains were counted: there is nothing to draw");
    }
    if (status == GF_OK) {
        size_t rows = count_rows(run->points + 1, gf_plot_width(plot));
        gf_plot_frame(plot, (gf_plot_margins){2.1, 0.8, 1.3, 0.4 + ROW * (double)rows});
        gf_plot_begin_key(plot, 2.1, 0.4, rows, ENTRY);
        for (size_t k = 0; k < run->points; ++k) {
            char points[64];
            shade(k, run->points, "pt 7 ps 0.4*point", points);
            gf_label value = gf_label_value(run->equation->parameters[run->swept], run->sweep[k]);
            gf_plot_add_key(plot, NULL, points, value.text);
        }
        gf_plot_add_key(plot, LAW, NULL, "exp(−ℓ/⟨ℓ⟩) / ⟨ℓ⟩");
        gf_plot_label(plot, NULL,
                      run->rescaled ? "'ℓ ε^{1/2} / {/:Italic a}'" : "'ℓ / {/:Italic a}'",
                      "'probability density of ℓ'", 1.65);
        plot_lengths(run, mean, lowest, plot);
    }
    free(mean);
    return status;
}
