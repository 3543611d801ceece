#include "figure/plane.h"

#include "fixed_points/basins.h"
#include "fixed_points/nullclines.h"
#include "gibbsflow/surface.h"
#include "io/charge_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- layers ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned layer;
} layers[] = {{"flow", GF_LAYER_FLOW},
              {"nullclines", GF_LAYER_NULLCLINES},
              {"separatrices", GF_LAYER_SEPARATRICES},
              {"basins", GF_LAYER_BASINS}};

gf_status gf_plane_parse_layers(const char *list, unsigned *chosen, gf_error *error) {
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ","), k = 0, known = sizeof layers / sizeof *layers;
        while (k < known &&
               (strlen(layers[k].name) != length || strncmp(layers[k].name, list, length) != 0)) {
            ++k;
        }
        if (k == known) {
            return gf_fail(error, GF_INVALID,
                           "--with %.*s: expected flow, nullclines, separatrices or basins, or "
                           "several with commas",
                           (int)length, list);
        }
        *chosen |= layers[k].layer;
        list += length + (list[length] == ',' ? 1 : 0);
    }
    return GF_OK;
}

/* --- reading --------------------------------------------------------------------------------- */

void gf_plane_free(gf_plane *self) {
    gf_force_table_free(&self->table);
    gf_fixed_points_free(&self->points);
    gf_flow_free(&self->flow);
    gf_flow_free(&self->separatrices);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_flow_free(&self->nullclines[i]);
    }
    free(self->corners);
    free(self->visible);
    free(self->basin);
}

static gf_status read_title(gf_plane *self, gf_error *error) {
    char *name = gf_file_get_text_attribute(self->file, "/model", "name");
    char *parameters = gf_file_get_text_attribute(self->file, "/model", "parameters");
    double sites = gf_file_get_number_attribute(self->file, "/model", "sites");
    gf_status status = gf_file_check(self->file, error);
    if (status == GF_OK) {
        self->title = gf_label_model(name, sites, parameters);
    }
    free(name);
    free(parameters);
    return status;
}

static gf_status read_separatrices(gf_plane *self, gf_error *error) {
    if (!gf_file_has(self->file, "/separatrices")) {
        return gf_fail(error, GF_INVALID,
                       "the file holds no separatrices: it is of an older version; make it again "
                       "with 'gibbsflow forces'");
    }
    return gf_flow_read_separatrices(self->file, &self->separatrices, error);
}

static gf_status read_content(gf_plane *self, gf_error *error) {
    gf_status status = gf_force_table_read(self->file, &self->table, error);
    if (status == GF_OK) {
        status = gf_fixed_points_read(self->file, &self->points, error);
    }
    if (status == GF_OK && (self->layers & GF_LAYER_FLOW) != 0) {
        status = gf_flow_read(self->file, &self->flow, error);
    }
    if (status == GF_OK && (self->layers & GF_LAYER_SEPARATRICES) != 0) {
        status = read_separatrices(self, error);
    }
    if (status == GF_OK) {
        status = read_title(self, error);
    }
    self->corners = gf_charge_axes_get(self->file, "/region/corners", 1, 1, 1, &self->corner_count);
    return status == GF_OK ? gf_file_check(self->file, error) : status;
}

static gf_status find_frame(gf_plane *self, const gf_figure_options *options, gf_error *error) {
    if (self->corner_count < 3) {
        return gf_fail(error, GF_INVALID,
                       "there is no plane to draw: magnetisation and energy are not independent");
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        self->low[i] = INFINITY;
        self->high[i] = -INFINITY;
        for (size_t k = 0; k < self->corner_count; ++k) {
            self->low[i] = fmin(self->low[i], self->corners[GF_CHARGES * k + i]);
            self->high[i] = fmax(self->high[i], self->corners[GF_CHARGES * k + i]);
        }
        double margin = 0.04 * (self->high[i] - self->low[i]);
        double ends[] = {self->low[i] - margin, self->high[i] + margin};
        gf_figure_options_apply_range(options, i, ends);
        self->low[i] = ends[0];
        self->high[i] = ends[1];
        if (!(self->low[i] < self->high[i])) {
            return gf_fail(error, GF_INVALID, "--range leaves nothing of the %s to draw",
                           gf_charge_name(i));
        }
    }
    return GF_OK;
}

/* A convex polygon cut down to one side of a line across an axis: that below `bound`, or above it
 * with sign -1. Returns how many corners are left. */
static size_t cut(const double (*from)[GF_CHARGES], size_t count, size_t axis, int sign,
                  double bound, double (*to)[GF_CHARGES]) {
    size_t left = 0;
    for (size_t k = 0; k < count; ++k) {
        const double *a = from[k], *b = from[(k + 1) % count];
        bool a_in = sign * (a[axis] - bound) <= 0, b_in = sign * (b[axis] - bound) <= 0;
        if (a_in) {
            memcpy(to[left++], a, sizeof *to);
        }
        if (a_in != b_in) {
            double at = (bound - a[axis]) / (b[axis] - a[axis]);
            for (size_t i = 0; i < GF_CHARGES; ++i) {
                to[left][i] = a[i] + at * (b[i] - a[i]);
            }
            to[left++][axis] = bound;
        }
    }
    return left;
}

/* The part of the region that lies in the frame. */
static gf_status cut_region(gf_plane *self, gf_error *error) {
    size_t most = 6 * self->corner_count + 8; /* a cut has half as many more, of damaged files */
    double(*other)[GF_CHARGES] = malloc(most * sizeof *other);
    self->visible = malloc(most * sizeof *self->visible);
    if (other == NULL || self->visible == NULL) {
        free(other);
        return gf_fail_memory(error, "the region");
    }
    memcpy(self->visible, self->corners, self->corner_count * sizeof *self->visible);
    self->visible_count = self->corner_count;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        const double(*from)[GF_CHARGES] = (const double(*)[GF_CHARGES])self->visible;
        size_t left = cut(from, self->visible_count, i, -1, self->low[i], other);
        from = (const double(*)[GF_CHARGES])other;
        self->visible_count = cut(from, left, i, 1, self->high[i], self->visible);
    }
    free(other);
    return GF_OK;
}

/* --- lines and basins ------------------------------------------------------------------------ */

bool gf_plane_contains(const gf_plane *self, const double density[GF_CHARGES]) {
    bool inside = true;
    for (size_t k = 0; k < self->corner_count; ++k) {
        const double *a = self->corners + GF_CHARGES * k;
        const double *b = self->corners + GF_CHARGES * ((k + 1) % self->corner_count);
        inside = inside &&
                 (b[0] - a[0]) * (density[1] - a[1]) - (b[1] - a[1]) * (density[0] - a[0]) >= 0;
    }
    return inside;
}

/* Stable points, and dark states that are not known to repel. */
static size_t count_attractors(const gf_plane *self) {
    size_t count = 0;
    for (size_t k = 0; k < self->points.count; ++k) {
        const gf_fixed_point *point = &self->points.points[k];
        count += point->stability == GF_STABLE ||
                 (point->stability == GF_BORDER && point->attraction != GF_REPELLING);
    }
    return count;
}

/* A place in pixel n of the raster, from its lower left corner. */
static void place_pixel(const gf_plane *self, size_t n, double right, double up,
                        double density[GF_CHARGES]) {
    double at[] = {((double)(n % self->pixels[0]) + right) / (double)self->pixels[0],
                   ((double)(n / self->pixels[0]) + up) / (double)self->pixels[1]};
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        density[i] = self->low[i] + at[i] * (self->high[i] - self->low[i]);
    }
}

static bool touches_region(const gf_plane *self, size_t n) {
    bool touches = false;
    for (int corner = 0; corner < 4 && !touches; ++corner) {
        double density[GF_CHARGES];
        place_pixel(self, n, corner % 2, corner / 2 % 2, density);
        touches = gf_plane_contains(self, density);
    }
    return touches;
}

static gf_status find_basins(gf_plane *self, const gf_surface *surface, gf_error *error) {
    enum { WIDE = 180, HIGH = 150 };
    if (self->points.continuum || count_attractors(self) == 0) {
        return gf_fail(error, GF_INVALID, "there are no basins to draw: %s",
                       self->points.continuum
                           ? "the fixed points are not isolated, they form a line"
                           : "no fixed point is stable");
    }
    size_t count = (size_t)WIDE * HIGH;
    double(*density)[GF_CHARGES] = malloc(count * sizeof *density);
    self->basin = malloc(count * sizeof *self->basin);
    self->pixels[0] = WIDE;
    self->pixels[1] = HIGH;
    gf_status status = density != NULL && self->basin != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the basins of attraction");
    for (size_t n = 0; status == GF_OK && n < count; ++n) {
        place_pixel(self, n, 0.5, 0.5, density[n]);
        if (!touches_region(self, n)) {
            density[n][0] = NAN;
        }
    }
    if (status == GF_OK) {
        status = gf_basins_find(surface, &self->points, count, (const double(*)[GF_CHARGES])density,
                                self->basin, error);
    }
    free(density);
    return status;
}

/* What is found on the surface. */
static gf_status find_layers(gf_plane *self, const char *path, gf_error *error) {
    gf_surface *surface = NULL;
    if ((self->layers & (GF_LAYER_NULLCLINES | GF_LAYER_BASINS)) == 0) {
        return GF_OK;
    }
    gf_status status = gf_surface_read(path, NULL, 0, &surface, error);
    for (size_t i = 0; i < GF_CHARGES && status == GF_OK; ++i) {
        if ((self->layers & GF_LAYER_NULLCLINES) != 0) {
            status = gf_nullclines_trace(surface, i, &self->nullclines[i], error);
        }
    }
    if (status == GF_OK && (self->layers & GF_LAYER_BASINS) != 0) {
        status = find_basins(self, surface, error);
    }
    gf_surface_free(surface);
    return status;
}

gf_status gf_plane_read(const gf_figure *figure, gf_plane *self, gf_error *error) {
    *self = (gf_plane){.file = figure->file, .layers = figure->layers};
    gf_status status = read_content(self, error);
    if (status == GF_OK) {
        status = find_frame(self, figure->options, error);
    }
    if (status == GF_OK) {
        status = cut_region(self, error);
    }
    if (status == GF_OK) {
        status = find_layers(self, figure->path, error);
    }
    if (status != GF_OK) {
        gf_plane_free(self);
    }
    return status;
}

/* --- data ------------------------------------------------------------------------------------ */

/* All of the frame but the region: a rectangle with a bridge to a hole. */
static void write_outside(const gf_plane *self, FILE *out) {
    const double *low = self->low, *high = self->high;
    (void)fprintf(out, "%.8g %.8g\n%.8g %.8g\n%.8g %.8g\n%.8g %.8g\n%.8g %.8g\n", low[0], low[1],
                  low[0], high[1], high[0], high[1], high[0], low[1], low[0], low[1]);
    for (size_t k = 0; k <= self->visible_count && self->visible_count > 0; ++k) {
        const double *corner = self->visible[k % self->visible_count];
        (void)fprintf(out, "%.8g %.8g\n", corner[0], corner[1]);
    }
    (void)fprintf(out, "%.8g %.8g\n", low[0], low[1]);
}

static void write_border(const gf_plane *self, FILE *out) {
    for (size_t k = 0; k <= self->corner_count; ++k) {
        const double *corner = self->corners + GF_CHARGES * (k % self->corner_count);
        (void)fprintf(out, "%.8g %.8g\n", corner[0], corner[1]);
    }
}

/* Lines as far as they lie in the region, with blank lines where they leave it. */
static void write_lines(const gf_plane *self, const gf_flow *lines, FILE *out) {
    for (size_t k = 0; k < lines->count; ++k) {
        for (size_t i = 0; i < lines->lines[k].count; ++i) {
            const double *density = lines->lines[k].density[i];
            if (gf_plane_contains(self, density)) {
                (void)fprintf(out, "%.10g %.10g\n", density[0], density[1]);
            } else {
                (void)fputs("\n", out);
            }
        }
        (void)fputs("\n", out);
    }
}

/* Pale colours; grey where the flow comes to no point. */
static const int shades[][3] = {{0xfb, 0xe3, 0xd0},
                                {0xd6, 0xe6, 0xf4},
                                {0xe0, 0xf0, 0xd6},
                                {0xee, 0xe0, 0xf4},
                                {0xfa, 0xf3, 0xc4}};
static const int no_shade[3] = {0xe4, 0xe4, 0xe4};

static void write_basins(const gf_plane *self, FILE *out) {
    enum { SHADES = sizeof shades / sizeof *shades };
    for (size_t n = 0; n < self->pixels[0] * self->pixels[1]; ++n) {
        double density[GF_CHARGES];
        place_pixel(self, n, 0.5, 0.5, density);
        const int *shade = self->basin[n] < 0 ? no_shade : shades[self->basin[n] % SHADES];
        (void)fprintf(out, "%.8g %.8g %d %d %d %d\n", density[0], density[1], shade[0], shade[1],
                      shade[2], self->basin[n]);
    }
}

/* --- styles ---------------------------------------------------------------------------------- */

/* How each kind of fixed point is marked: a filled shape under an outline. Dark states are full
 * where they attract, white where they repel. */
static const struct {
    gf_stability kind;
    gf_attraction attraction; /* of dark states */
    int fill, outline;
    const char *colour, *block, *title;
} marks[] = {
    {GF_STABLE, GF_UNDECIDED, 7, 6, "#d7301f", "stable", "stable"},
    {GF_SADDLE, GF_UNDECIDED, 13, 12, "#ffffff", "saddle", "saddle"},
    {GF_UNSTABLE, GF_UNDECIDED, 9, 8, "#ffffff", "unstable", "unstable"},
    {GF_MARGINAL, GF_UNDECIDED, 5, 4, "#cccccc", "marginal", "marginal"},
    {GF_BORDER, GF_ATTRACTING, 5, 4, "#d7301f", "attracting", "dark state, attracting"},
    {GF_BORDER, GF_REPELLING, 5, 4, "#ffffff", "repelling", "dark state, repelling"},
    {GF_BORDER, GF_BOTH_WAYS, 5, 4, "#f4a582", "both", "dark state, both ways"},
    {GF_BORDER, GF_UNDECIDED, 5, 4, "#999999", "border", "dark state"},
};

enum { MARKS = sizeof marks / sizeof *marks, STYLE = 64 };

static const char FLOW[] = "lw 2.2 lc rgb '#d7301f'", SEPARATRIX[] = "lw 2 lc rgb '#202020'";
static const struct {
    const char *block, *line, *title;
} nullclines[GF_CHARGES] = {
    {"nullcline1", "lw 1.8 lc rgb '#1f78d4'", "{/:Italic f}_1 = 0"},
    {"nullcline2", "lw 1.8 dt (9,4) lc rgb '#b15928'", "{/:Italic f}_2 = 0"},
};

static void style_mark(size_t k, char fill[STYLE], char outline[STYLE]) {
    (void)snprintf(fill, STYLE, "pt %d ps 0.9*point lc rgb '%s'", marks[k].fill, marks[k].colour);
    (void)snprintf(outline, STYLE, "pt %d ps 0.9*point lw 1.5 lc rgb 'black'", marks[k].outline);
}

static bool has_mark(const gf_fixed_point *point, size_t mark) {
    return point->stability == marks[mark].kind &&
           (point->stability != GF_BORDER || point->attraction == marks[mark].attraction);
}

static bool is_present(const gf_plane *self, size_t mark) {
    bool present = false;
    for (size_t k = 0; k < self->points.count; ++k) {
        present = present || has_mark(&self->points.points[k], mark);
    }
    return present;
}

/* Lines of fixed points: full where what is beside comes to them. */
static const struct {
    bool stable;
    const char *block, *line, *title;
} rests[] = {
    {true, "rest", "lw 3 lc rgb '#d7301f'", "stable line"},
    {false, "unrest", "lw 3 dt (4,3) lc rgb '#2b5c8a'", "unstable line"},
};

enum { RESTS = sizeof rests / sizeof *rests };

static bool rests_on(const gf_fixed_point *point, size_t rest) {
    return (point->stability == GF_STABLE) == rests[rest].stable;
}

static bool has_rest(const gf_plane *self, size_t rest) {
    bool has = false;
    for (size_t k = 0; k < self->points.line_count; ++k) {
        for (size_t i = 0; i < self->points.lines[k].count; ++i) {
            has = has || rests_on(&self->points.lines[k].points[i], rest);
        }
    }
    return has;
}

/* --- the legend ------------------------------------------------------------------------------ */

static const double ENTRY = 4.3; /* cm */

static size_t count_entries(const gf_plane *self) {
    size_t count = 0;
    count += self->flow.count > 0;
    count += self->separatrices.count > 0;
    count += self->overlay != NULL;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        count += self->nullclines[i].count > 0;
    }
    for (size_t k = 0; k < RESTS; ++k) {
        count += has_rest(self, k);
    }
    for (size_t k = 0; k < MARKS; ++k) {
        count += is_present(self, k);
    }
    return count;
}

size_t gf_plane_key_rows(const gf_plane *self, double width) {
    size_t columns = width > ENTRY ? (size_t)(width / ENTRY) : 1;
    return (count_entries(self) + columns - 1) / columns;
}

void gf_plane_write_key(const gf_plane *self, double left, double top, double width,
                        gf_plot *plot) {
    char fill[STYLE], outline[STYLE];
    size_t rows = gf_plane_key_rows(self, width);
    gf_plot_begin_key(plot, left, top, rows > 0 ? rows : 1, ENTRY);
    if (self->flow.count > 0) {
        gf_plot_add_key(plot, FLOW, NULL, "unstable manifold");
    }
    if (self->separatrices.count > 0) {
        gf_plot_add_key(plot, SEPARATRIX, NULL, "separatrix");
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        if (self->nullclines[i].count > 0) {
            gf_plot_add_key(plot, nullclines[i].line, NULL, nullclines[i].title);
        }
    }
    if (self->overlay != NULL) {
        gf_plot_add_key(plot, self->overlay->line, NULL, self->overlay->title);
    }
    for (size_t k = 0; k < RESTS; ++k) {
        if (has_rest(self, k)) {
            gf_plot_add_key(plot, rests[k].line, NULL, rests[k].title);
        }
    }
    for (size_t k = 0; k < MARKS; ++k) {
        if (is_present(self, k)) {
            style_mark(k, fill, outline);
            gf_plot_add_key(plot, NULL, fill, NULL);
            gf_plot_add_key(plot, NULL, outline, marks[k].title);
        }
    }
}

/* --- the script ------------------------------------------------------------------------------ */

static void write_points(const gf_plane *self, size_t mark, FILE *out) {
    for (size_t k = 0; k < self->points.count; ++k) {
        const gf_fixed_point *point = &self->points.points[k];
        if (has_mark(point, mark)) {
            (void)fprintf(out, "%.10g %.10g\n", point->density[0], point->density[1]);
        }
    }
}

/* The parts of lines of fixed points that are stable, or are not. */
static void write_rests(const gf_plane *self, size_t rest, FILE *out) {
    for (size_t k = 0; k < self->points.line_count; ++k) {
        const gf_fixed_line *line = &self->points.lines[k];
        for (size_t i = 0; i < line->count; ++i) {
            const double *density = line->points[i].density;
            if (rests_on(&line->points[i], rest)) {
                (void)fprintf(out, "%.10g %.10g\n", density[0], density[1]);
            } else {
                (void)fputs("\n", out);
            }
        }
        (void)fputs("\n", out);
    }
}

static void write_block(const gf_plane *self, const char *name,
                        void (*write)(const gf_plane *self, FILE *out), gf_plot *plot) {
    gf_plot_open_data(plot, name);
    write(self, gf_plot_script(plot));
    gf_plot_close_data(plot);
}

static void write_line_block(const gf_plane *self, const char *name, const gf_flow *lines,
                             gf_plot *plot) {
    gf_plot_open_data(plot, name);
    write_lines(self, lines, gf_plot_script(plot));
    gf_plot_close_data(plot);
}

void gf_plane_write_data(const gf_plane *self, gf_plot *plot) {
    write_block(self, "region", write_border, plot);
    write_block(self, "outside", write_outside, plot);
    if (self->basin != NULL) {
        write_block(self, "basins", write_basins, plot);
    }
    write_line_block(self, "flow", &self->flow, plot);
    write_line_block(self, "separatrices", &self->separatrices, plot);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        write_line_block(self, nullclines[i].block, &self->nullclines[i], plot);
    }
    for (size_t k = 0; k < MARKS; ++k) {
        gf_plot_open_data(plot, marks[k].block);
        write_points(self, k, gf_plot_script(plot));
        gf_plot_close_data(plot);
    }
    for (size_t k = 0; k < RESTS; ++k) {
        gf_plot_open_data(plot, rests[k].block);
        write_rests(self, k, gf_plot_script(plot));
        gf_plot_close_data(plot);
    }
    if (self->overlay != NULL) {
        gf_plot_open_data(plot, "overlay");
        self->overlay->write(self->overlay->context, gf_plot_script(plot));
        gf_plot_close_data(plot);
    }
}

void gf_plane_write_axes(const gf_plane *self, gf_plot *plot) {
    gf_plot_range(plot, "x", 0, self->low[0], self->high[0]);
    gf_plot_range(plot, "y", 1, self->low[1], self->high[1]);
    (void)fputs("set tics nomirror out scale 0.7\nset border lw 0.8\n", gf_plot_script(plot));
}

void gf_plane_plot_under(const gf_plane *self, FILE *out) {
    if (self->basin != NULL) {
        (void)fputs("$basins using 1:2:3:4:5 with rgbimage, ", out);
    }
}

void gf_plane_plot_outside(FILE *out) {
    (void)fputs(
        "$outside using 1:2 with filledcurves closed fs solid noborder fc rgb 'white', "
        "$region using 1:2 with lines lw 1.2 lc rgb '#555555', ",
        out);
}

void gf_plane_plot_over(const gf_plane *self, FILE *out) {
    char fill[STYLE], outline[STYLE];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        if (self->nullclines[i].count > 0) {
            (void)fprintf(out, "$%s using 1:2 with lines %s, ", nullclines[i].block,
                          nullclines[i].line);
        }
    }
    if (self->separatrices.count > 0) {
        (void)fprintf(out, "$separatrices using 1:2 with lines %s, ", SEPARATRIX);
    }
    if (self->flow.count > 0) {
        (void)fprintf(out, "$flow using 1:2 with lines %s, ", FLOW);
    }
    for (size_t k = 0; k < RESTS; ++k) {
        if (has_rest(self, k)) {
            (void)fprintf(out, "$%s using 1:2 with lines %s, ", rests[k].block, rests[k].line);
        }
    }
    if (self->overlay != NULL) {
        (void)fprintf(out, "$overlay using 1:2 with lines %s, ", self->overlay->line);
    }
    for (size_t k = 0; k < MARKS; ++k) {
        if (is_present(self, k)) {
            style_mark(k, fill, outline);
            (void)fprintf(out, "$%s using 1:2 with points %s, $%s using 1:2 with points %s, ",
                          marks[k].block, fill, marks[k].block, outline);
        }
    }
    (void)fputs("NaN notitle\n", out);
}
