/* Kubo functions and their integrals in time, with the time up to which they can be trusted: of
 * several states of one file, or of the same state in several. */
#include "figure/kinds.h"

#include "figure/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 6, MOST_FILES = 12, QUANTITIES = 2, ELEMENTS = 3, MATRIX = 4 };

/* The page in cm; panels of K above those of sigma, or all in one column; the legend is above. */
static const double WIDTH = 18, NARROW = 13, FRAME = 4.2, LOW = 2.6, ACROSS = 2.2, DOWN = 2,
                    DENSE = 0.95, ROW = 0.45, ENTRY = 6.6;
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

/* What a file holds. */
typedef struct course {
    size_t points, times;
    double *time, *lambda, *reliable, *limit;
    double *value[QUANTITIES], *error[QUANTITIES]; /* [points][times][MATRIX] */
    char **verdict;
    double sites, compared;
    gf_label unit_of_time, units[QUANTITIES][ELEMENTS];
} course;

/* A state of one of them. */
typedef struct curve {
    const course *from;
    size_t point;
    char colour[8], name[160]; /* name: in the legend */
} curve;

typedef struct page {
    size_t files;
    course file[MOST_FILES];
    size_t shown; /* curves */
    curve curve[MOST_FILES];
    size_t columns; /* elements that do not vanish */
} page;

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
static bool has_element(const page *self, int element) {
    double largest = 0, scale = 0;
    for (size_t c = 0; c < self->shown; ++c) {
        const course *from = self->curve[c].from;
        const double *value = from->value[1] + self->curve[c].point * from->times * MATRIX;
        for (size_t t = 0; t < from->times; ++t, value += MATRIX) {
            largest = fmax(largest, fabs(value[elements[element].at]));
            scale = fmax(scale, fmax(fabs(value[0]), fabs(value[3])));
        }
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
    gf_status status = gf_file_check(file, error);
    bool empty = status == GF_OK && self->points * self->times > 0 && isnan(self->value[0][0]);
    return empty ? gf_fail(error, GF_INVALID,
                           "bounds from slow modes have no K(t) to be drawn; 'gibbsflow export' "
                           "prints what the file holds, /transport/modes/memory for instance")
                 : status;
}

static gf_status read_beside(page *self, const char *path, gf_error *error) {
    gf_file *file = NULL;
    const course *first = &self->file[0];
    if (self->files == MOST_FILES) {
        return gf_fail(error, GF_INVALID, "--beside: a figure takes %d files at most", MOST_FILES);
    }
    course *next = &self->file[self->files++];
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK && !gf_file_has(file, "/transport")) {
        status = gf_fail(error, GF_INVALID, "%s holds no /transport to draw beside", path);
    }
    status = status == GF_OK ? read_course(file, next, error) : status;
    gf_file_close(&file);
    for (int i = 0; i < 2 && status == GF_OK; ++i) {
        if (next->points == 0 || fabs(next->lambda[i] - first->lambda[i]) > 1e-9) {
            status = gf_fail(error, GF_INVALID,
                             "%s: its first state is another than that of the first file; files "
                             "are drawn beside one another at the same state",
                             path);
        }
    }
    return status;
}

/* The states of one file, each in a colour. */
static void list_states(page *self) {
    const course *from = &self->file[0];
    self->shown = from->points < MOST_STATES ? from->points : MOST_STATES;
    for (size_t p = 0; p < self->shown; ++p) {
        curve *one = &self->curve[p];
        gf_label verdict = gf_label_text(from->verdict[p]);
        *one = (curve){.from = from, .point = p};
        (void)snprintf(one->colour, sizeof one->colour, "%s", colours[p]);
        (void)snprintf(one->name, sizeof one->name, "{/:Italic λ} = (%.4g, %.4g): %.40s",
                       from->lambda[2 * p], from->lambda[2 * p + 1], verdict.text);
    }
}

/* The first state of every file: chains by their lengths from blue to orange, the infinite one
 * black. */
static void list_files(page *self) {
    double low = INFINITY, high = -INFINITY;
    for (size_t f = 0; f < self->files; ++f) {
        double sites = self->file[f].sites;
        low = sites > 0 ? fmin(low, sites) : low;
        high = fmax(high, sites);
    }
    self->shown = self->files;
    for (size_t f = 0; f < self->files; ++f) {
        const course *from = &self->file[f];
        curve *one = &self->curve[f];
        gf_label verdict = gf_label_text(from->verdict[0]);
        char name[40] = "infinite chain";
        *one = (curve){.from = from, .colour = "#1a1a1a"};
        if (from->sites > 0) {
            gf_plot_shade(high > low ? (from->sites - low) / (high - low) : 0, one->colour);
            (void)snprintf(name, sizeof name, "%.0f sites", from->sites);
        }
        (void)snprintf(one->name, sizeof one->name, "%s: %.40s", name, verdict.text);
    }
}

static void free_page(page *self) {
    for (size_t f = 0; f < self->files; ++f) {
        free_course(&self->file[f]);
    }
    free(self);
}

static gf_status read_page(const gf_figure *figure, page *self, gf_error *error) {
    const char *const *beside = figure->options->beside;
    self->files = 1;
    gf_status status = read_course(figure->file, &self->file[0], error);
    for (; beside != NULL && *beside != NULL && status == GF_OK; ++beside) {
        status = read_beside(self, *beside, error);
    }
    if (status != GF_OK) {
        return status;
    }
    (self->files > 1 ? list_files : list_states)(self);
    for (int k = 0; k < ELEMENTS; ++k) {
        self->columns += has_element(self, k) ? 1 : 0;
    }
    return self->columns > 0 ? GF_OK
                             : gf_fail(error, GF_INVALID, "nothing flows: all sigma_ij are zero");
}

static bool is_reliable(const course *self, size_t p, size_t t) {
    return self->time[t] <= self->reliable[p];
}

/* Lines of t, value, value less and plus its distance from the smaller chain; a blank line before
 * those beyond t*, which begin at it. */
static void write_curve(const curve *self, int q, size_t element, size_t number, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    const course *from = self->from;
    size_t p = self->point;
    char name[64];
    (void)snprintf(name, sizeof name, "q%de%zup%zu", q, element, number);
    gf_plot_open_data(plot, name);
    for (int beyond = 0; beyond < 2; ++beyond) {
        for (size_t t = 0; t < from->times; ++t) {
            size_t at = (p * from->times + t) * MATRIX + elements[element].at;
            bool last =
                is_reliable(from, p, t) && (t + 1 == from->times || !is_reliable(from, p, t + 1));
            if (is_reliable(from, p, t) != (beyond == 1) || (beyond == 1 && last)) {
                double error = isfinite(from->error[q][at]) ? from->error[q][at] : 0;
                (void)fprintf(out, "%.8g %.8g %.8g %.8g\n", from->time[t], from->value[q][at],
                              from->value[q][at] - error, from->value[q][at] + error);
            }
        }
        (void)fputs(beyond == 0 ? "NaN NaN NaN NaN\n\n\n" : "NaN NaN NaN NaN\n", out);
    }
    gf_plot_close_data(plot);
}

/* Where a curve stands at t*; NaN: nowhere. */
static double value_at_end(const curve *self, int q, size_t element) {
    const course *from = self->from;
    double value = NAN;
    for (size_t t = 0; t < from->times && is_reliable(from, self->point, t); ++t) {
        value = from->value[q][(self->point * from->times + t) * MATRIX + elements[element].at];
    }
    return value;
}

/* Parts of a `plot` command. Bands of several chains would hide one another. */
static void plot_curve(const curve *self, int q, size_t element, size_t number, bool band,
                       FILE *out) {
    double limit = self->from->limit[self->point * MATRIX + elements[element].at];
    double end = value_at_end(self, q, element);
    if (band) {
        (void)fprintf(out,
                      ", $q%de%zup%zu using 1:3:4 with filledcurves fs transparent solid 0.15 "
                      "noborder lc rgb '%s' notitle",
                      q, element, number, self->colour);
    }
    (void)fprintf(out,
                  ", $q%de%zup%zu index 0 using 1:2 with lines lw 2 lc rgb '%s' notitle, '' index "
                  "1 using 1:2 with lines lw 1.5 dt (3,4) lc rgb '%s' notitle",
                  q, element, number, self->colour, self->colour);
    if (isfinite(end)) {
        (void)fprintf(out,
                      ", '+' using (%.8g):(%.8g) every ::0::0 with points pt 7 ps 0.8*point "
                      "lc rgb '%s' notitle",
                      self->from->reliable[self->point], end, self->colour);
    }
    if (q == 1 && isfinite(limit)) {
        (void)fprintf(out, ", %.8g with lines lw 1 dt (8,4) lc rgb '%s' notitle", limit,
                      self->colour);
    }
}

/* Few enough for a low frame. */
static double step_of_tics(const page *self, int q, size_t element) {
    double low = INFINITY, high = -INFINITY;
    for (size_t c = 0; c < self->shown; ++c) {
        const course *from = self->curve[c].from;
        for (size_t t = 0; t < from->times; ++t) {
            double value = from->value[q][(self->curve[c].point * from->times + t) * MATRIX +
                                          elements[element].at];
            low = fmin(low, value);
            high = fmax(high, value);
        }
    }
    return low < high ? gf_plot_step(high - low, 4) : 1;
}

/* Low ones, of a narrow page, are named by their axes alone, and all have the times of the last. */
static void write_panel(const page *self, int q, size_t element, bool low, bool last_panel,
                        gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    const course *first = &self->file[0];
    char title[96], x[320], y[400];
    double last = 0;
    for (size_t f = 0; f < self->files; ++f) {
        last = fmax(last, self->file[f].time[self->file[f].times - 1]);
    }
    (void)snprintf(title, sizeof title, "'%s_{%s}'", quantities[q].symbol,
                   elements[element].indices);
    (void)snprintf(x, sizeof x, "'time  {/:Italic t}%s'", first->unit_of_time.text);
    (void)snprintf(y, sizeof y, "'%s_{%s}%s'", quantities[q].symbol, elements[element].indices,
                   first->units[q][element].text);
    if (low) {
        (void)fprintf(out, "set ytics %g\n", step_of_tics(self, q, element));
    }
    gf_plot_label(plot, low ? NULL : title, low && !last_panel ? "''" : x, y, 1.5);
    gf_plot_range(plot, "x", 0, 0, last);
    (void)fputs("plot NaN notitle", out);
    for (size_t c = 0; c < self->shown; ++c) {
        plot_curve(&self->curve[c], q, element, c, self->files == 1, out);
    }
    (void)fputs("\n", out);
    gf_plot_end_labels(plot);
}

/* --- the legend ------------------------------------------------------------------------------ */

static bool has_limit(const page *self) {
    bool has = false;
    for (size_t c = 0; c < self->shown; ++c) {
        has = has || isfinite(self->curve[c].from->limit[self->curve[c].point * MATRIX]);
    }
    return has;
}

static bool some_left_out(const page *self) {
    return self->files == 1 && self->shown < self->file[0].points;
}

static size_t count_key_rows(const page *self, double width) {
    size_t columns = (size_t)fmax(1, (width - margins.left) / ENTRY);
    size_t entries = self->shown + (self->files == 1 ? 3 : 2);
    entries += has_limit(self) ? 1 : 0;
    entries += some_left_out(self) ? 1 : 0;
    return (entries + columns - 1) / columns;
}

/* What a file is of, and what its line, dots and band are. */
static void write_file_key(const course *self, gf_plot *plot) {
    bool infinite = self->sites == 0; /* operator space */
    char text[160];
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
}

static void write_key(const page *self, gf_plot *plot) {
    char text[160];
    gf_plot_begin_key(plot, margins.left, 0.4, count_key_rows(self, gf_plot_width(plot)), ENTRY);
    if (self->files == 1) {
        write_file_key(&self->file[0], plot);
    } else {
        gf_plot_add_key(plot, "lw 2 lc rgb '#1a1a1a'", "pt 7 ps 0.8*point lc rgb '#1a1a1a'",
                        "up to {/:Italic t}*");
        gf_plot_add_key(plot, "lw 1.5 dt (3,4) lc rgb '#1a1a1a'", NULL, "beyond");
    }
    if (has_limit(self)) {
        gf_plot_add_key(plot, "lw 1 dt (8,4) lc rgb '#1a1a1a'", NULL,
                        "{/:Italic σ}(∞), settled or extrapolated");
    }
    for (size_t c = 0; c < self->shown; ++c) {
        char line[64];
        (void)snprintf(line, sizeof line, "lw 2 lc rgb '%s'", self->curve[c].colour);
        gf_plot_add_key(plot, line, NULL, self->curve[c].name);
    }
    if (some_left_out(self)) {
        (void)snprintf(text, sizeof text, "%zu of %zu states shown", self->shown,
                       self->file[0].points);
        gf_plot_add_key(plot, NULL, NULL, text);
    }
}

/* --- the page -------------------------------------------------------------------------------- */

static void write_script(const page *self, bool narrow, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    gf_plot_margins around = margins;
    size_t panels = 0;
    around.top += ROW * (double)count_key_rows(self, gf_plot_width(plot));
    for (int q = 0; q < QUANTITIES; ++q) {
        for (size_t element = 0; element < ELEMENTS; ++element) {
            for (size_t c = 0; c < self->shown; ++c) {
                write_curve(&self->curve[c], q, element, c, plot);
            }
        }
    }
    gf_plot_panels(plot, narrow ? QUANTITIES * self->columns : QUANTITIES,
                   narrow ? 1 : self->columns, around, ACROSS, narrow ? DENSE : DOWN);
    (void)fputs("set tics nomirror out scale 0.7\nset samples 2\n", out);
    write_key(self, plot);
    for (int q = 0; q < QUANTITIES; ++q) {
        for (size_t element = 0; element < ELEMENTS; ++element) {
            if (has_element(self, (int)element)) {
                write_panel(self, q, element, narrow, ++panels == QUANTITIES * self->columns, plot);
            }
        }
    }
    (void)fputs("unset multiplot\n", out);
}

static gf_status draw(const gf_figure *figure, const page *self, gf_error *error) {
    gf_plot *plot = NULL;
    double width = gf_plot_choose_width(figure->options, WIDTH);
    bool narrow = width < NARROW;
    double rows = (double)(narrow ? QUANTITIES * self->columns : QUANTITIES);
    double height = rows * (narrow ? LOW : FRAME) + (rows - 1) * (narrow ? DENSE : DOWN) +
                    margins.top + margins.bottom + ROW * (double)count_key_rows(self, width);
    gf_status status =
        gf_plot_begin(figure->output, figure->options, NULL, width, height, &plot, error);
    if (status == GF_OK) {
        write_script(self, narrow, plot);
        status = gf_plot_finish(&plot, error);
    }
    return status;
}

gf_status gf_figure_draw_transport(const gf_figure *figure, gf_error *error) {
    page *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the figure");
    }
    gf_status status = read_page(figure, self, error);
    status = status == GF_OK ? draw(figure, self, error) : status;
    free_page(self);
    return status;
}
