/* D_ij over the plane of magnetisation and energy, and where it is a continuation. */
#include "figure/kinds.h"

#include "figure/plot.h"
#include "io/charge_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MATRIX = GF_CHARGES * GF_CHARGES };

/* The page in cm. */
static const double WIDTH = 17.8, NARROW = 13, ASPECT = 0.84, ACROSS = 3.5, DOWN = 2.2, ROW = 0.45;
static const gf_plot_margins margins = {.left = 1.8, .right = 2.1, .bottom = 1.3, .top = 1.5};

static const char POSITIVE[] = "0 '#440154', 1 '#365c8d', 2 '#1fa187', 3 '#fde725'";
static const char EITHER[] =
    "-1 '#2040a0', -0.5 '#8fa8d8', 0 '#f7f7f7', 0.5 '#dc9a88', 1 '#b03020'";

typedef struct table {
    size_t shape[GF_CHARGES], corner_count, known;
    double *axis[GF_CHARGES], *matrix, *corners;
    char **origin;
    double low[GF_CHARGES], high[GF_CHARGES]; /* the frame */
    double colours[MATRIX][2];                /* from, to */
    gf_label title, energy, units[MATRIX];
} table;

static void free_table(table *self) {
    free(self->axis[0]);
    free(self->axis[1]);
    free(self->matrix);
    free(self->corners);
    free((void *)self->origin);
}

static void read_title(gf_file *file, table *self) {
    char *name = gf_file_get_text_attribute(file, "/model", "name");
    char *parameters = gf_file_get_text_attribute(file, "/model", "parameters");
    if (name != NULL && parameters != NULL) {
        self->title = gf_label_model(
            name, gf_file_get_number_attribute(file, "/transport", "sites"), parameters);
    }
    free(name);
    free(parameters);
}

static bool is(const table *self, size_t node, const char *origin) {
    return strcmp(self->origin[node], origin) == 0;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Colours are those of what is known but for one in twenty at either end: D rises steeply where
 * spins are dilute. */
static gf_status find_colours(table *self, size_t element, gf_error *error) {
    double *known = malloc((self->shape[0] * self->shape[1] + 1) * sizeof *known),
           *range = self->colours[element];
    size_t count = 0;
    if (known == NULL) {
        return gf_fail_memory(error, "the colours");
    }
    for (size_t n = 0; n < self->shape[0] * self->shape[1]; ++n) {
        if (is(self, n, self->known > 0 ? "known" : "continued")) {
            known[count++] = self->matrix[n * MATRIX + element];
        }
    }
    qsort(known, count, sizeof *known, ascending);
    range[0] = count > 0 ? known[count / 20] : 0;
    range[1] = count > 0 ? known[count - 1 - count / 20] : 0;
    free(known);
    if (range[0] < 0) {
        range[1] = fmax(range[1], -range[0]);
        range[0] = -range[1];
    }
    if (!(range[1] > range[0])) {
        range[0] -= 1;
        range[1] += 1;
    }
    return GF_OK;
}

static gf_status read_table(const gf_figure *figure, table *self, gf_error *error) {
    gf_file *file = figure->file;
    *self = (table){.title = {.text = ""}};
    self->axis[0] = gf_file_get_doubles(file, "/diffusion/magnetization", 1, &self->shape[0]);
    self->axis[1] = gf_file_get_doubles(file, "/diffusion/energy", 1, &self->shape[1]);
    size_t all[] = {self->shape[0], self->shape[1], GF_CHARGES, GF_CHARGES};
    self->matrix = gf_file_get_doubles(file, "/diffusion/matrix", 4, all);
    self->origin = gf_file_get_strings(file, "/diffusion/origin", 2, all);
    self->corners = gf_charge_axes_get(file, "/region/corners", 1, 1, 1, &self->corner_count);
    self->energy = gf_label_energy_symbol(file);
    for (size_t k = 0; k < MATRIX; ++k) {
        self->units[k] = gf_label_over_unit(file, "/diffusion/matrix", k);
    }
    read_title(file, self);
    gf_status status = gf_file_check(file, error);
    for (size_t n = 0; status == GF_OK && n < self->shape[0] * self->shape[1]; ++n) {
        self->known += is(self, n, "known");
    }
    if (status == GF_OK && (self->shape[0] < 2 || self->shape[1] < 2)) {
        status = gf_fail(error, GF_INVALID, "the table of D is no plane");
    }
    for (size_t i = 0; i < GF_CHARGES && status == GF_OK; ++i) {
        double from = self->axis[i][0], to = self->axis[i][self->shape[i] - 1];
        double margin = fmax(0.04 * (to - from), (to - from) / (double)(self->shape[i] - 1) / 2);
        double ends[2] = {from - margin, to + margin};
        gf_figure_options_apply_range(figure->options, i, ends);
        self->low[i] = ends[0];
        self->high[i] = ends[1];
    }
    for (size_t k = 0; k < MATRIX && status == GF_OK; ++k) {
        status = find_colours(self, k, error);
    }
    return status;
}

/* --- panels ---------------------------------------------------------------------------------- */

static void write_data(const table *self, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    for (size_t k = 0; k < MATRIX; ++k) {
        char name[16];
        (void)snprintf(name, sizeof name, "d%zu", k);
        gf_plot_open_data(plot, name);
        for (size_t j = 0; j < self->shape[1]; ++j) {
            for (size_t i = 0; i < self->shape[0]; ++i) {
                (void)fprintf(out, "%.8g ", self->matrix[(i * self->shape[1] + j) * MATRIX + k]);
            }
            (void)fputc('\n', out);
        }
        gf_plot_close_data(plot);
    }
    gf_plot_open_data(plot, "continued");
    (void)fputs("NaN NaN\n", out);
    for (size_t n = 0; n < self->shape[0] * self->shape[1]; ++n) {
        if (is(self, n, "continued")) {
            (void)fprintf(out, "%.8g %.8g\n", self->axis[0][n / self->shape[1]],
                          self->axis[1][n % self->shape[1]]);
        }
    }
    gf_plot_close_data(plot);
    gf_plot_open_data(plot, "outside"); /* a rectangle with a bridge to a hole */
    const double *low = self->low, *high = self->high;
    double over[2] = {0.1 * (high[0] - low[0]), 0.1 * (high[1] - low[1])};
    double x[] = {low[0] - over[0], high[0] + over[0]}, y[] = {low[1] - over[1], high[1] + over[1]};
    (void)fprintf(out, "%.8g %.8g\n%.8g %.8g\n%.8g %.8g\n%.8g %.8g\n%.8g %.8g\n", x[0], y[0], x[0],
                  y[1], x[1], y[1], x[1], y[0], x[0], y[0]);
    for (size_t k = 0; k <= self->corner_count && self->corner_count > 0; ++k) {
        const double *corner = self->corners + GF_CHARGES * (k % self->corner_count);
        (void)fprintf(out, "%.8g %.8g\n", corner[0], corner[1]);
    }
    (void)fprintf(out, "%.8g %.8g\n", x[0], y[0]);
    gf_plot_close_data(plot);
}

static void write_panel(const table *self, size_t element, gf_plot *plot) {
    static const char *const indices[MATRIX] = {"mm", "me", "em", "ee"};
    FILE *out = gf_plot_script(plot);
    char title[320], y[320];
    const double *range = self->colours[element];
    double step[2];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        step[i] =
            (self->axis[i][self->shape[i] - 1] - self->axis[i][0]) / (double)(self->shape[i] - 1);
    }
    (void)snprintf(title, sizeof title, "'{/:Italic D}_{{/:Italic %s}}%s'", indices[element],
                   self->units[element].text);
    (void)snprintf(y, sizeof y, "'%s'", self->energy.text);
    gf_plot_label(plot, title, "'{/:Italic m}'", y, 1.35);
    (void)fprintf(out, "set palette defined (%s)\nset cbrange [%.8g:%.8g]\n",
                  range[0] < 0 ? EITHER : POSITIVE, range[0], range[1]);
    (void)fprintf(out,
                  "plot $d%zu matrix using (%.8g+$1*%.8g):(%.8g+$2*%.8g):3 with image notitle, "
                  "$continued using 1:2 with points pt 7 ps 0.25*point lc rgb '#404040' notitle, "
                  "$continued using 1:2 with points pt 7 ps 0.15*point lc rgb 'white' notitle, "
                  "$outside using 1:2 with filledcurves closed fs solid noborder fc rgb 'white' "
                  "notitle, $region using 1:2 with lines lw 1.2 lc rgb '#555555' notitle\n",
                  element, self->axis[0][0], step[0], self->axis[1][0], step[1]);
    gf_plot_end_labels(plot);
}

static void write_region(const table *self, gf_plot *plot) {
    gf_plot_open_data(plot, "region");
    for (size_t k = 0; k <= self->corner_count; ++k) {
        const double *corner = self->corners + GF_CHARGES * (k % self->corner_count);
        (void)fprintf(gf_plot_script(plot), "%.8g %.8g\n", corner[0], corner[1]);
    }
    gf_plot_close_data(plot);
}

static void write_script(const table *self, size_t columns, gf_plot_margins page, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    write_data(self, plot);
    write_region(self, plot);
    gf_plot_panels(plot, MATRIX / columns, columns, page, ACROSS, DOWN);
    gf_plot_place_colours(plot);
    gf_plot_range(plot, "x", 0, self->low[0], self->high[0]);
    gf_plot_range(plot, "y", 1, self->low[1], self->high[1]);
    (void)fputs("set tics nomirror out scale 0.7\nset border lw 0.8\n", out);
    gf_plot_begin_key(plot, margins.left, 0.5, 1, 9);
    gf_plot_add_key(plot, NULL, "pt 7 ps 0.5*point lc rgb '#404040'", NULL);
    gf_plot_add_key(plot, NULL, "pt 7 ps 0.3*point lc rgb 'white'",
                    "not known: continued to the border");
    for (size_t k = 0; k < MATRIX; ++k) {
        write_panel(self, k, plot);
    }
    (void)fputs("unset multiplot\n", out);
}

static gf_status draw(const gf_figure *figure, const table *self, gf_error *error) {
    gf_plot *plot = NULL;
    gf_plot_margins page = margins;
    double width = gf_plot_choose_width(figure->options, WIDTH);
    size_t columns = width < NARROW ? 1 : 2, rows = MATRIX / columns;
    page.top += ROW;
    double frame = (width - page.left - page.right - (double)(columns - 1) * ACROSS) /
                   (double)columns * ASPECT;
    double height = (double)rows * frame + (double)(rows - 1) * DOWN + page.bottom + page.top;
    gf_status status =
        gf_plot_begin(figure->output, figure->options, &self->title, width, height, &plot, error);
    if (status == GF_OK) {
        write_script(self, columns, page, plot);
        status = gf_plot_finish(&plot, error);
    }
    return status;
}

gf_status gf_figure_draw_diffusion(const gf_figure *figure, gf_error *error) {
    table self;
    gf_status status = read_table(figure, &self, error);
    status = status == GF_OK ? draw(figure, &self, error) : status;
    free_table(&self);
    return status;
}
