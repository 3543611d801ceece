/* A phase diagram: fixed points at the nodes by number and kind, and the lines between. */
#include "figure/kinds.h"

#include "figure/label.h"
#include "figure/plot.h"
#include "gibbsflow/phase_diagram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = GF_BORDER + 1, SHOWN = 7 };

/* In cm: the page's width, an entry of the legend and a line of it, what is left of them. */
static const double WIDTH = 14, FRAME = 9.4, ENTRY = 5, ROW = 0.45, ASIDE = 0.6;

/* Which fixed points a node has. */
typedef struct combination {
    size_t number[KINDS], nodes;
} combination;

/* The combinations that occur, the most frequent first; rare ones are drawn as `others`. */
typedef struct legend {
    combination *seen;
    size_t count, shown;
    bool others, lines; /* of these; nodes where fixed points form a line */
} legend;

static const char *const pale[SHOWN] = {"#e8eef7", "#f9d9c9", "#d5ead3", "#e4d7ee",
                                        "#fbeebc", "#c9e6ea", "#efd3df"};
static const double FEWEST = 0.005; /* part of the nodes that is worth an entry of the legend */
static const char OTHERS[] = "#c4c4c4", LINE_OF_POINTS[] = "#8c8c8c";

static const struct {
    gf_bifurcation_kind kind;
    const char *name, *style, *title;
} strokes[] = {
    {GF_PITCHFORK, "pitchfork", "lw 2 lc rgb '#202020'", "pitchfork"},
    {GF_FOLD, "fold", "lw 2 dt (8,4) lc rgb '#d7301f'", "fold"},
    {GF_HOPF, "Hopf", "lw 2 dt (2,3) lc rgb '#2b5c8a'", "Hopf"},
};

static const struct {
    gf_line_mark kind;
    const char *name, *style, *title;
} dots[] = {
    {GF_CUSP, "cusp", "pt 7 ps 0.7*point lc rgb '#d7301f'", "cusp"},
    {GF_DEGENERATE_PITCHFORK, "degenerate", "pt 13 ps 0.9*point lc rgb '#202020'",
     "degenerate pitchfork"},
    {GF_BOGDANOV_TAKENS, "takens", "pt 9 ps 0.9*point lc rgb '#2b5c8a'", "Bogdanov–Takens"},
};

enum { STROKES = sizeof strokes / sizeof *strokes, DOTS = sizeof dots / sizeof *dots };

/* --- combinations ---------------------------------------------------------------------------- */

static size_t count_nodes(const gf_phase_diagram *diagram) {
    return diagram->axis[0].points * diagram->axis[1].points;
}

static combination combination_at(const gf_phase_diagram *diagram, size_t node) {
    combination here = {.nodes = 1};
    for (size_t k = 0; k < diagram->most; ++k) {
        gf_stability kind = diagram->points[node * diagram->most + k].stability;
        if (kind < GF_ABSENT) {
            ++here.number[kind];
        }
    }
    return here;
}

static size_t find_combination(const legend *self, const combination *one) {
    size_t k = 0;
    while (k < self->count && memcmp(self->seen[k].number, one->number, sizeof one->number) != 0) {
        ++k;
    }
    return k;
}

static int compare_nodes(const void *left, const void *right) {
    const combination *a = left, *b = right;
    return (a->nodes < b->nodes) - (a->nodes > b->nodes);
}

static gf_status make_legend(const gf_phase_diagram *diagram, legend *self, gf_error *error) {
    size_t nodes = count_nodes(diagram);
    *self = (legend){.seen = calloc(nodes + 1, sizeof *self->seen)};
    if (self->seen == NULL) {
        return gf_fail_memory(error, "the figure");
    }
    for (size_t node = 0; node < nodes; ++node) {
        const combination here = combination_at(diagram, node);
        if (diagram->continuum[node]) {
            self->lines = true;
            continue;
        }
        size_t k = find_combination(self, &here);
        self->seen[k] = k == self->count ? here : self->seen[k];
        self->seen[k].nodes += k < self->count;
        self->count += k == self->count;
    }
    qsort(self->seen, self->count, sizeof *self->seen, compare_nodes);
    while (self->shown < self->count && self->shown < SHOWN &&
           (double)self->seen[self->shown].nodes >= FEWEST * (double)nodes) {
        ++self->shown;
    }
    self->others = self->count > self->shown;
    return GF_OK;
}

/* "2 stable, 1 saddle"; "no fixed point" */
static void name_combination(const combination *one, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int kind = 0; kind < KINDS; ++kind) {
        const char *name = kind == GF_BORDER ? "dark" : gf_stability_name((gf_stability)kind);
        if (one->number[kind] > 0 && used < size) {
            used += (size_t)snprintf(text + used, size - used, "%s%zu %s", used > 0 ? ", " : "",
                                     one->number[kind], name);
        }
    }
    if (used == 0) {
        (void)snprintf(text, size, "no fixed point");
    }
}

/* --- data ------------------------------------------------------------------------------------ */

/* Which colour a node has: of a combination, of others, or of lines of points. */
static size_t colour_of(const gf_phase_diagram *diagram, const legend *self, size_t node) {
    const combination here = combination_at(diagram, node);
    size_t k = find_combination(self, &here);
    return diagram->continuum[node] ? self->shown + 1 : k < self->shown ? k : self->shown;
}

static const char *rgb_of(const legend *self, size_t colour) {
    return colour < self->shown ? pale[colour] : colour == self->shown ? OTHERS : LINE_OF_POINTS;
}

/* The border between node k - 1 and node k of an axis. */
static double border(const gf_axis *axis, size_t k) {
    return k == 0 ? axis->from : (gf_axis_value(axis, k - 1) + gf_axis_value(axis, k)) / 2;
}

/* A rectangle for each run of equal nodes along the second axis, half a node too long and too wide:
 * the next ones cover that, and no seams show. (Images are blurred by some readers of SVG.) */
static void write_nodes(const gf_phase_diagram *diagram, const legend *self, FILE *out) {
    const gf_axis *across = &diagram->axis[0], *up = &diagram->axis[1];
    for (size_t i = 0; i < across->points; ++i) {
        for (size_t j = 0, end = 0; j < up->points; j = end) {
            size_t colour = colour_of(diagram, self, i * up->points + j);
            for (end = j + 1;
                 end < up->points && colour_of(diagram, self, i * up->points + end) == colour;) {
                ++end;
            }
            double right = i + 1 < across->points ? gf_axis_value(across, i + 1) : across->to;
            double top = end < up->points ? gf_axis_value(up, end) : up->to;
            (void)fprintf(out,
                          "set object rectangle from first %.10g,%.10g to first %.10g,%.10g behind "
                          "fillcolor rgb '%s' fillstyle solid noborder\n",
                          border(across, i), border(up, j), right, top, rgb_of(self, colour));
        }
    }
}

static size_t write_lines(const gf_phase_diagram *diagram, gf_bifurcation_kind kind, FILE *out) {
    size_t written = 0;
    for (size_t k = 0; k < diagram->line_count; ++k) {
        const gf_bifurcation_line *line = &diagram->lines[k];
        for (size_t i = 0; i < line->count && line->kind == kind; ++i) {
            (void)fprintf(out, "%.10g %.10g\n", line->points[i].parameter[0],
                          line->points[i].parameter[1]);
            ++written;
        }
        (void)fputs("\n", out);
    }
    return written;
}

static size_t write_dots(const gf_phase_diagram *diagram, gf_line_mark kind, FILE *out) {
    size_t written = 0;
    for (size_t k = 0; k < diagram->special_count; ++k) {
        const gf_special_point *one = &diagram->specials[k];
        if (one->kind == kind) {
            (void)fprintf(out, "%.10g %.10g\n", one->place.parameter[0], one->place.parameter[1]);
            ++written;
        }
    }
    return written;
}

/* --- the page -------------------------------------------------------------------------------- */

static size_t count_entries(const gf_phase_diagram *diagram, const legend *self) {
    bool kinds[STROKES] = {false}, marks[DOTS] = {false};
    size_t count = self->shown + self->others + self->lines;
    for (size_t k = 0; k < diagram->line_count; ++k) {
        for (int i = 0; i < STROKES; ++i) {
            kinds[i] = kinds[i] || diagram->lines[k].kind == strokes[i].kind;
        }
    }
    for (size_t k = 0; k < diagram->special_count; ++k) {
        for (int i = 0; i < DOTS; ++i) {
            marks[i] = marks[i] || diagram->specials[k].kind == dots[i].kind;
        }
    }
    for (int i = 0; i < STROKES; ++i) {
        count += kinds[i];
    }
    for (int i = 0; i < DOTS; ++i) {
        count += marks[i];
    }
    return count;
}

static void add_swatch(const char *colour, const char *title, gf_plot *plot) {
    char style[80];
    (void)snprintf(style, sizeof style, "pt 5 ps 1.4*point lc rgb '%s'", colour);
    gf_plot_add_key(plot, NULL, style, title);
}

static void write_key(const legend *self, const size_t *lines, const size_t *points,
                      gf_plot *plot) {
    for (size_t k = 0; k < self->shown; ++k) {
        char text[120];
        name_combination(&self->seen[k], text, sizeof text);
        add_swatch(pale[k], text, plot);
    }
    if (self->others) {
        add_swatch(OTHERS, "others", plot);
    }
    if (self->lines) {
        add_swatch(LINE_OF_POINTS, "a line of points", plot);
    }
    for (int k = 0; k < STROKES; ++k) {
        if (lines[k] > 0) {
            gf_plot_add_key(plot, strokes[k].style, NULL, strokes[k].title);
        }
    }
    for (int k = 0; k < DOTS; ++k) {
        if (points[k] > 0) {
            gf_plot_add_key(plot, NULL, dots[k].style, dots[k].title);
        }
    }
}

static void write_plot(const size_t *lines, const size_t *points, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    (void)fputs("plot NaN", out);
    for (int k = 0; k < STROKES; ++k) {
        if (lines[k] > 0) {
            (void)fprintf(out, ", $%s using 1:2 with lines %s", strokes[k].name, strokes[k].style);
        }
    }
    for (int k = 0; k < DOTS; ++k) {
        if (points[k] > 0) {
            (void)fprintf(out, ", $%s using 1:2 with points %s", dots[k].name, dots[k].style);
        }
    }
    (void)fputs("\n", out);
}

static void write_axes(const gf_phase_diagram *diagram, gf_plot *plot) {
    static const char *const letters[2] = {"x", "y"};
    FILE *out = gf_plot_script(plot);
    for (size_t k = 0; k < 2; ++k) {
        const gf_axis *axis = &diagram->axis[k];
        gf_plot_range(plot, letters[k], k, axis->from, axis->to);
    }
    (void)fputs("set tics nomirror out scale 0.7\n", out);
}

static void write_script(const gf_phase_diagram *diagram, const legend *self, size_t rows,
                         gf_plot_margins page, gf_plot *plot) {
    FILE *out = gf_plot_script(plot);
    size_t lines[STROKES], points[DOTS];
    char names[2][320];
    for (int k = 0; k < STROKES; ++k) {
        gf_plot_open_data(plot, strokes[k].name);
        lines[k] = write_lines(diagram, strokes[k].kind, out);
        gf_plot_close_data(plot);
    }
    for (int k = 0; k < DOTS; ++k) {
        gf_plot_open_data(plot, dots[k].name);
        points[k] = write_dots(diagram, dots[k].kind, out);
        gf_plot_close_data(plot);
    }
    for (int k = 0; k < 2; ++k) {
        gf_label symbol = gf_label_symbol(diagram->parameter[k]);
        (void)snprintf(names[k], sizeof names[k], "'%s'", symbol.text);
    }
    write_axes(diagram, plot);
    write_nodes(diagram, self, out);
    gf_plot_frame(plot, page);
    gf_plot_begin_key(plot, ASIDE, 0.5, rows, ENTRY);
    write_key(self, lines, points, plot);
    gf_plot_label(plot, NULL, names[0], names[1], 1.45);
    write_plot(lines, points, plot);
}

gf_status gf_figure_draw_phase(const gf_figure *figure, gf_error *error) {
    gf_phase_diagram diagram;
    legend shown = {0};
    gf_plot *plot = NULL;
    gf_status status = gf_phase_diagram_read(figure->file, &diagram, error);
    if (status != GF_OK) {
        return status;
    }
    status = make_legend(&diagram, &shown, error);
    if (status == GF_OK) {
        double width = gf_plot_choose_width(figure->options, WIDTH);
        size_t columns = (size_t)fmax(1, (width - ASIDE) / ENTRY);
        size_t rows = (count_entries(&diagram, &shown) + columns - 1) / columns;
        double top = 0.75 + ROW * (double)rows;
        const gf_plot_margins page = {.left = 2, .right = 0.7, .bottom = 1.4, .top = top};
        status = gf_plot_begin(figure->output, figure->options, NULL, width,
                               FRAME * width / WIDTH + top, &plot, error);
        if (status == GF_OK) {
            write_script(&diagram, &shown, rows, page, plot);
            status = gf_plot_finish(&plot, error);
        }
    }
    free(shown.seen);
    gf_phase_diagram_free(&diagram);
    return status;
}
