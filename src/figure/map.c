/* What is tabulated over the plane of magnetisation and energy, component by component, in colours.
 */
#include "figure/kinds.h"

#include "figure/plane.h"
#include "figure/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SINGLES = GF_PAIRS };

/* A quantity of the density grid. */
typedef struct quantity {
    const char *name, *path, *symbol; /* the symbol of a component, without its indices */
    int order;                        /* of the charges */
    const double *values;             /* [nodes][gf_charge_values(order)] */
} quantity;

/* A component: its indices over the charges, and its colours. */
typedef struct panel {
    size_t i, k;
    double low, high; /* of the colours */
    bool diverging;   /* values have either sign: white is zero */
} panel;

typedef struct map {
    const gf_plane *plane;
    quantity what;
    size_t panels;
    panel panel[SINGLES];
    bool log;
} map;

/* --- choosing -------------------------------------------------------------------------------- */

static gf_status find_quantity(const gf_plane *plane, const char *name, quantity *found,
                               gf_error *error) {
    const gf_grid *grid = &plane->table.density_grid;
    const quantity all[] = {
        {"force", "/density_grid/force", "{/:Italic f}", 1, grid->force},
        {"noise", "/density_grid/noise", "{/:Italic N}", 2, grid->noise},
        {"susceptibility", "/density_grid/susceptibility", "{/:Italic C}", 2, grid->susceptibility},
        {"lambda", "/density_grid/lambda", "λ", 1, grid->lambda},
        {"log_partition", "/density_grid/log_partition", "log {/:Italic Z} / {/:Italic N}", 0,
         grid->log_partition},
        {"force_error", "/density_grid/force_error", "error of {/:Italic f}", 1, grid->force_error},
    };
    for (size_t q = 0; q < sizeof all / sizeof *all; ++q) {
        if (strcmp(all[q].name, name) == 0) {
            *found = all[q];
            return found->values != NULL
                       ? GF_OK
                       : gf_fail(error, GF_INVALID, "the file holds no %s", all[q].path);
        }
    }
    return gf_fail(error, GF_INVALID,
                   "--of %s: expected force, noise, susceptibility, lambda, log_partition or, of a "
                   "table from random vectors, force_error",
                   name);
}

static double value_at(const map *self, const panel *one, size_t node) {
    size_t column = self->what.order == 2 ? gf_pair(one->i, one->k) : one->i;
    return self->what.values[node * gf_charge_values(self->what.order) + column];
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The colours go from the least to the largest value, but not beyond three times what all but one
 * in twenty keep to: λ diverges at the border. */
static double clip(double extreme, double usual) {
    return fabs(extreme) > 3 * fabs(usual) && usual * extreme > 0 ? usual : extreme;
}

static gf_status find_colours(const map *self, panel *one, gf_error *error) {
    size_t nodes = gf_grid_size(&self->plane->table.density_grid), count = 0;
    double *sorted = malloc((nodes + 1) * sizeof *sorted);
    if (sorted == NULL) {
        return gf_fail_memory(error, "the map");
    }
    for (size_t n = 0; n < nodes; ++n) {
        double value = value_at(self, one, n);
        if (isfinite(value)) {
            sorted[count++] = value;
        }
    }
    qsort(sorted, count, sizeof *sorted, ascending);
    double least = count > 0 ? sorted[0] : 0, most = count > 0 ? sorted[count - 1] : 0;
    one->low = count > 0 ? clip(least, sorted[count / 20]) : 0;
    one->high = count > 0 ? clip(most, sorted[count - 1 - count / 20]) : 0;
    free(sorted);
    one->diverging = least < 0 && most > 0;
    if (self->log && !(least > 0)) {
        return gf_fail(
            error, GF_INVALID,
            "component %zu%.0zu of the %s is not positive everywhere (from %g to %g): it "
            "has no logarithmic scale",
            one->i + 1, self->what.order == 2 ? one->k + 1 : 0, self->what.name, least, most);
    }
    if (self->log) {
        one->low = fmax(least, 1e-6 * most);
        one->high = most;
    } else if (one->diverging) {
        one->high = fmax(one->high, -one->low);
        one->low = -one->high;
    }
    if (!(one->high > one->low)) { /* the same everywhere; zero is white */
        one->diverging = one->low == 0;
        one->low -= 1;
        one->high += 1;
    }
    return GF_OK;
}

static gf_status find_panels(map *self, gf_error *error) {
    gf_status status = GF_OK;
    size_t rows = self->what.order == 0 ? 1 : GF_CHARGES;
    for (size_t i = 0; i < rows && status == GF_OK; ++i) {
        for (size_t k = self->what.order == 2 ? i : 0;
             k < (self->what.order == 2 ? GF_CHARGES : 1) && status == GF_OK; ++k) {
            self->panel[self->panels] = (panel){.i = i, .k = k};
            status = find_colours(self, &self->panel[self->panels], error);
            ++self->panels;
        }
    }
    return status;
}

/* --- data ------------------------------------------------------------------------------------ */

/* The value of a node, or of a neighbour if the node itself lies outside: its cell can reach into
 * the region. */
static double nearby(const map *self, const panel *one, size_t row, size_t column) {
    const gf_grid *grid = &self->plane->table.density_grid;
    size_t columns = grid->axis[1].points;
    double value = value_at(self, one, row * columns + column);
    for (size_t r = row > 0 ? row - 1 : 0; r <= row + 1 && r < grid->axis[0].points; ++r) {
        for (size_t c = column > 0 ? column - 1 : 0; c <= column + 1 && c < columns; ++c) {
            double beside = value_at(self, one, r * columns + c);
            value = isfinite(value) ? value : beside;
        }
    }
    return value;
}

/* As a matrix, a row for each energy. */
static void write_values(const map *self, const panel *one, FILE *out) {
    const gf_grid *grid = &self->plane->table.density_grid;
    for (size_t column = 0; column < grid->axis[1].points; ++column) {
        for (size_t row = 0; row < grid->axis[0].points; ++row) {
            double value = nearby(self, one, row, column);
            if (isfinite(value)) {
                (void)fprintf(out, "%.10g ", value);
            } else {
                (void)fputs("NaN ", out);
            }
        }
        (void)fputc('\n', out);
    }
}

/* --- the page -------------------------------------------------------------------------------- */

static const double WIDTH = 17.8, ASPECT = 0.84, SINGLE = 11; /* cm */
static const double LEAST_PANEL = 6.8;                        /* with colours and labels */
static const gf_plot_margins margins = {.left = 1.8, .right = 2.1, .bottom = 1.3, .top = 0.9};
static const double ACROSS = 3.5, DOWN = 2.2, KEY = 0.3, KEY_ROW = 0.45;

static size_t count_columns(size_t panels, double width) {
    size_t fit = width > LEAST_PANEL ? (size_t)(width / LEAST_PANEL) : 1;
    return fit < panels ? fit : panels;
}

static void write_title(const map *self, const panel *one, char *title, size_t size) {
    size_t entry = self->what.order == 2 ? GF_CHARGES * one->i + one->k : one->i;
    gf_label unit = gf_label_over_unit(self->plane->file, self->what.path, entry);
    char indices[32] = "";
    if (self->what.order == 1) {
        (void)snprintf(indices, sizeof indices, "_%zu", one->i + 1);
    } else if (self->what.order == 2) {
        (void)snprintf(indices, sizeof indices, "_{%zu%zu}", one->i + 1, one->k + 1);
    }
    (void)snprintf(title, size, "'%s%s%s'", self->what.symbol, indices, unit.text);
}

static void write_panel(const map *self, size_t p, gf_plot *plot) {
    const panel *one = &self->panel[p];
    const gf_grid *grid = &self->plane->table.density_grid;
    FILE *out = gf_plot_script(plot);
    gf_label energy = gf_label_energy_symbol(self->plane->file);
    char title[400], y[320];
    write_title(self, one, title, sizeof title);
    (void)snprintf(y, sizeof y, "'%s'", energy.text);
    gf_plot_label(plot, title, "'{/:Italic m}'", y, 1.35);
    (void)fprintf(out, "set palette defined (%s)\nset cbrange [%.10g:%.10g]\n",
                  one->diverging
                      ? "-1 '#2040a0', -0.5 '#8fa8d8', 0 '#f7f7f7', 0.5 '#dc9a88', 1 '#b03020'"
                      : "0 '#440154', 1 '#365c8d', 2 '#1fa187', 3 '#fde725'",
                  one->low, one->high);
    double step[2];
    for (size_t i = 0; i < 2; ++i) {
        const gf_axis *axis = &grid->axis[i];
        step[i] = axis->points > 1 ? (axis->to - axis->from) / (double)(axis->points - 1)
                                   : self->plane->high[i] - self->plane->low[i];
    }
    (void)fputs("plot ", out);
    gf_plane_plot_under(self->plane, out);
    (void)fprintf(out, "$map%zu matrix using (%.10g+$1*%.10g):(%.10g+$2*%.10g):3 with image, ", p,
                  grid->axis[0].from, step[0], grid->axis[1].from, step[1]);
    gf_plane_plot_outside(out);
    gf_plane_plot_over(self->plane, out);
    gf_plot_end_labels(plot);
}

static gf_status draw(const map *self, const gf_figure *figure, gf_error *error) {
    gf_plot *plot = NULL;
    gf_plot_margins page = margins;
    double width = gf_plot_choose_width(figure->options, self->panels == 1 ? SINGLE : WIDTH);
    size_t columns = count_columns(self->panels, width);
    size_t rows = (self->panels + columns - 1) / columns;
    page.bottom += KEY + KEY_ROW * (double)gf_plane_key_rows(self->plane, width - page.left);
    double frame = (width - page.left - page.right - (double)(columns - 1) * ACROSS) /
                   (double)columns * ASPECT;
    double height = (double)rows * frame + (double)(rows - 1) * DOWN + page.bottom + page.top;
    gf_status status = gf_plot_begin(figure->output, figure->options, &self->plane->title, width,
                                     height, &plot, error);
    if (status != GF_OK) {
        return status;
    }
    FILE *out = gf_plot_script(plot);
    gf_plane_write_data(self->plane, plot);
    for (size_t p = 0; p < self->panels; ++p) {
        char name[32];
        (void)snprintf(name, sizeof name, "map%zu", p);
        gf_plot_open_data(plot, name);
        write_values(self, &self->panel[p], out);
        gf_plot_close_data(plot);
    }
    gf_plot_panels(plot, rows, columns, page, ACROSS, DOWN);
    gf_plot_place_colours(plot);
    gf_plane_write_axes(self->plane, plot);
    gf_plane_write_key(self->plane, page.left,
                       gf_plot_height(plot) - page.bottom + margins.bottom + KEY, width - page.left,
                       plot);
    if (self->log) {
        (void)fputs("set logscale cb\nset format cb '10^{%T}'\n", out);
    }
    for (size_t p = 0; p < self->panels; ++p) {
        write_panel(self, p, plot);
    }
    (void)fputs("unset multiplot\n", out);
    return gf_plot_finish(&plot, error);
}

gf_status gf_figure_draw_map(const gf_figure *figure, gf_error *error) {
    gf_plane plane;
    gf_status status = gf_plane_read(figure, &plane, error);
    if (status != GF_OK) {
        return status;
    }
    map self = {.plane = &plane, .log = figure->options->log};
    const char *of = figure->options->of;
    status = find_quantity(&plane, of != NULL ? of : "force", &self.what, error);
    if (status == GF_OK) {
        status = find_panels(&self, error);
    }
    if (status == GF_OK) {
        status = draw(&self, figure, error);
    }
    gf_plane_free(&plane);
    return status;
}
