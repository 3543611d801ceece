/* Kubo functions and their integrals in time, with the time up to which they can be trusted. */
#include "figure/kinds.h"

#include "figure/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 6, QUANTITIES = 2, ELEMENTS = 3, MATRIX = 4 };

/* The page in cm; panels of K above those of sigma, or all in one column; the legend is above. */
static const double WIDTH = 18, NARROW = 13, FRAME = 4.2, ACROSS = 2.2, DOWN = 2, ROW = 0.45,
                    ENTRY = 6.6;
static const gf_plot_margins margins = {.left = 2, .right = 0.5, .bottom = 1.3, .top = 1.1};

static const char *const colours[MOST_STATES] = {"#2b5c8a", "#d7301f", "#4d9221",
                                                 "#8c510a", "#762a83", "#555555"};

/* The elements of a matrix that are shown, and what stands above and beside their panels. */
static const struct {
    size_t at;
    const char *indices;
} elements[ELEMENTS] = {{0, "11"}, {3, "22"}, {1, "12"}};

static const struct {
    const char *path, *symbol;
} quantities[QUANTITIES] = {{"/transport/correlation", "{/:Italic K}"},
                            {"/transport/onsager", "{/:Italic σ}"}};

typedef struct course {
    size_t points, times, shown; /* states of the file, times, and states that are drawn */
    size_t columns;              /* elements that do not vanish */
    double *time, *lambda, *reliable, *limit;
    double *value[QUANTITIES], *error[QUANTITIES]; /* [points][times][MATRIX] */
    char **verdict;
    double sites, compared;
    gf_label unit_of_time, units[QUANTITIES][ELEMENTS];
} course;

static void free_course(course *self) {
    free(self->time);
    free(self->lambda);
    free(self->reliable);
    free(self->limit);
    for (int q = 0; q < QUANTITIES; ++q) {
        free(self->value[q]);
        free(self->error[q]);
    }
    free((void *)self->verdict);
}

/* sigma_12 is zero where m is: no panel for what rounding left. */
static bool has_element(const course *self, int element) {
    double largest = 0, scale = 0;
    for (size_t row = 0; row < self->shown * self->times; ++row) {
        const double *value = self->value[1] + row * MATRIX;
        largest = fmax(largest, fabs(value[elements[element].at]));
        scale = fmax(scale, fmax(fabs(value[0]), fabs(value[3])));
    }
    return largest > 1e-9 * scale;
}

static gf_status read_course(gf_file *file, course *self, gf_error *error) {
    size_t shape[4] = {0};
    *self = (course){0};
    self->time = gf_file_get_doubles(file, "/transport/time", 1, &self->times);
    self->lambda = gf_file_get_doubles(file, "/transport/lambda", 2, shape);
    self->points = shape[0];
    for (int q = 0; q < QUANTITIES; ++q) {
        char path[64];
        size_t all[4] = {self->points, self->times, 2, 2};
        (void)snprintf(path, sizeof path, "%s_error", quantities[q].path);
        self->value[q] = gf_file_get_doubles(file, quantities[q].path, 4, all);
        self->error[q] = gf_file_get_doubles(file, path, 4, all);
        for (int k = 0; k < ELEMENTS; ++k) {
            self->units[q][k] = gf_label_over_unit(file, quantities[q].path, elements[k].at);
        }
    }
    self->reliable = gf_file_get_doubles(file, "/transport/reliable/time", 1, &self->points);
    self->limit =
        gf_file_get_doubles(file, "/transport/limit/onsager", 3, (size_t[]){self->points, 2, 2});
    self->verdict = gf_file_get_strings(file, "/transport/limit/verdict", 1, &self->points);
    self->sites = gf_file_get_number_attribute(file, "/transport", "sites");
    self->compared = gf_file_get_number_attribute(file, "/transport", "compared_sites");
    self->unit_of_time = gf_label_over_unit(file, "/transport/time", 0);
    self->shown = self->points < MOST_STATES ? self->points : MOST_STATES;
    gf_status status = gf_file_check(file, error);
    for (int k = 0; k < ELEMENTS && status == GF_OK; ++k) {
        self->columns += has_element(self, k) ? 1 : 0;
    }
    if (status == GF_OK && self->columns == 0) {
        status = gf_fail(error, GF_INVALID, "nothing flows: all sigma_ij are zero");
    }
    return status;
}

static bool is_reliable(const course *self, size_t p, size_t t) {
    return self->time[t] <= self->reliable[p];
}

/* Lines of t, value, value less and plus its distance from the smaller chain; a blank line before
 * those beyond t*, which begin at it. */
static void write_curve(const course *self, int q, size_t element, size_t p, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    char name[64];
    (void)snprintf(name, sizeof name, "q%de%zup%zu", q, element, p);
    gf_plot_open_data(plot, name);
    for (int beyond = 0; beyond < 2; ++beyond) {
        for (size_t t = 0; t < self->times; ++t) {
            size_t at = (p * self->times + t) * MATRIX + elements[element].at;
            bool last =
                is_reliable(self, p, t) && (t + 1 == self->times || !is_reliable(self, p, t + 1));
            if (is_reliable(self, p, t) != (beyond == 1) || (beyond == 1 && last)) {
                double error = isfinite(self->error[q][at]) ? self->error[q][at] : 0;
                (void)fprintf(out, "%.8g %.8g %.8g %.8g\n", self->time[t], self->value[q][at],
                              self->value[q][at] - error, self->value[q][at] + error);
            }
        }
        (void)fputs(beyond == 0 ? "NaN NaN NaN NaN\n\n\n" : "NaN NaN NaN NaN\n", out);
    }
    gf_plot_close_data(plot);
}

/* Where a curve stands at t*; NaN: nowhere. */
static double value_at_end(const course *self, int q, size_t element, size_t p) {
    double value = NAN;
    for (size_t t = 0; t < self->times && is_reliable(self, p, t); ++t) {
        value = self->value[q][(p * self->times + t) * MATRIX + elements[element].at];
    }
    return value;
}

static void write_panel(const course *self, int q, size_t element, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    char title[96], x[320], y[400];
    (void)snprintf(title, sizeof title, "'%s_{%s}'", quantities[q].symbol,
                   elements[element].indices);
    (void)snprintf(x, sizeof x, "'time  {/:Italic t}%s'", self->unit_of_time.text);
    (void)snprintf(y, sizeof y, "'%s_{%s}%s'", quantities[q].symbol, elements[element].indices,
                   self->units[q][element].text);
    gf_plot_label(plot, title, x, y, 1.5);
    gf_plot_range(plot, "x", 0, 0, self->time[self->times - 1]);
    (void)fputs("plot NaN notitle", out);
    for (size_t p = 0; p < self->shown; ++p) {
        double limit = self->limit[p * MATRIX + elements[element].at];
        double end = value_at_end(self, q, element, p);
        (void)fprintf(out,
                      ", $q%de%zup%zu using 1:3:4 with filledcurves fs transparent solid 0.15 "
                      "noborder lc rgb '%s' notitle",
                      q, element, p, colours[p]);
        (void)fprintf(out,
                      ", '' index 0 using 1:2 with lines lw 2 lc rgb '%s' notitle, '' index 1 "
                      "using 1:2 with lines lw 1.5 dt (3,4) lc rgb '%s' notitle",
                      colours[p], colours[p]);
        if (isfinite(end)) {
            (void)fprintf(out,
                          ", '+' using (%.8g):(%.8g) every ::0::0 with points pt 7 ps 0.8*point "
                          "lc rgb '%s' notitle",
                          self->reliable[p], end, colours[p]);
        }
        if (q == 1 && isfinite(limit)) {
            (void)fprintf(out, ", %.8g with lines lw 1 dt (8,4) lc rgb '%s' notitle", limit,
                          colours[p]);
        }
    }
    (void)fputs("\n", out);
    gf_plot_end_labels(plot);
}

static size_t count_key_rows(const course *self, double width) {
    size_t columns = (size_t)fmax(1, (width - margins.left) / ENTRY);
    size_t entries = 4 + self->shown + (self->shown < self->points ? 1 : 0);
    return (entries + columns - 1) / columns;
}

static void write_key(const course *self, gf_plot *plot) {
    char text[160];
    gf_plot_begin_key(plot, margins.left, 0.4, count_key_rows(self, gf_plot_width(plot)), ENTRY);
    bool infinite = self->sites == 0; /* operator space */
    (void)snprintf(text, sizeof text,
                   infinite ? "infinite chain, up to {/:Italic t}*"
                            : "%.0f sites, up to {/:Italic t}*",
                   self->sites);
    gf_plot_add_key(plot, "lw 2 lc rgb '#1a1a1a'", "pt 7 ps 0.8*point lc rgb '#1a1a1a'", text);
    gf_plot_add_key(plot, "lw 1.5 dt (3,4) lc rgb '#1a1a1a'", NULL,
                    infinite ? "beyond: less sure" : "beyond: the finite chain");
    (void)snprintf(text, sizeof text,
                   infinite             ? "distance from shorter strings"
                   : self->compared > 0 ? "distance from %.0f sites"
                                        : "no smaller chain beside it",
                   self->compared);
    gf_plot_add_key(plot, infinite || self->compared > 0 ? "lw 8 lc rgb '#dddddd'" : NULL, NULL,
                    text);
    gf_plot_add_key(plot, "lw 1 dt (8,4) lc rgb '#1a1a1a'", NULL, "{/:Italic σ}(∞), where settled");
    for (size_t p = 0; p < self->shown; ++p) {
        const double *lambda = self->lambda + 2 * p;
        char line[64];
        gf_label verdict = gf_label_text(self->verdict[p]);
        (void)snprintf(line, sizeof line, "lw 2 lc rgb '%s'", colours[p]);
        (void)snprintf(text, sizeof text, "{/:Italic λ} = (%.4g, %.4g): %.40s", lambda[0],
                       lambda[1], verdict.text);
        gf_plot_add_key(plot, line, NULL, text);
    }
    if (self->shown < self->points) {
        (void)snprintf(text, sizeof text, "%zu of %zu states shown", self->shown, self->points);
        gf_plot_add_key(plot, NULL, NULL, text);
    }
}

static void write_script(const course *self, bool narrow, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    gf_plot_margins page = margins;
    page.top += ROW * (double)count_key_rows(self, gf_plot_width(plot));
    for (int q = 0; q < QUANTITIES; ++q) {
        for (size_t element = 0; element < ELEMENTS; ++element) {
            for (size_t p = 0; p < self->shown; ++p) {
                write_curve(self, q, element, p, plot);
            }
        }
    }
    gf_plot_panels(plot, narrow ? QUANTITIES * self->columns : QUANTITIES,
                   narrow ? 1 : self->columns, page, ACROSS, DOWN);
    (void)fputs("set tics nomirror out scale 0.7\nset samples 2\n", out);
    write_key(self, plot);
    for (int q = 0; q < QUANTITIES; ++q) {
        for (size_t element = 0; element < ELEMENTS; ++element) {
            if (has_element(self, (int)element)) {
                write_panel(self, q, element, plot);
            }
        }
    }
    (void)fputs("unset multiplot\n", out);
}

gf_status gf_figure_draw_transport(const gf_figure *figure, gf_error *error) {
    course self;
    gf_plot *plot = NULL;
    gf_status status = read_course(figure->file, &self, error);
    if (status == GF_OK) {
        double width = gf_plot_choose_width(figure->options, WIDTH);
        bool narrow = width < NARROW;
        double rows = (double)(narrow ? QUANTITIES * self.columns : QUANTITIES);
        double height = rows * FRAME + (rows - 1) * DOWN + margins.top + margins.bottom +
                        ROW * (double)count_key_rows(&self, width);
        status = gf_plot_begin(figure->output, figure->options, NULL, width, height, &plot, error);
        if (status == GF_OK) {
            write_script(&self, narrow, plot);
            status = gf_plot_finish(&plot, error);
        }
    }
    free_course(&self);
    return status;
}
