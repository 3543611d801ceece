#include "figure/plot.h"

#include "gibbsflow/file.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct gf_plot {
    char *path;
    gf_figure_options options;
    double width, height; /* of the page, cm as it is laid out */
    double scale;         /* and as it is drawn: times this */
    double head;          /* taken by the title */
    bool too_small;
    char *text; /* the script, complete once `script` is closed */
    size_t length;
    FILE *script;
    struct { /* the legend: places in cm from the upper left corner */
        double left, top, width;
        size_t rows, entries;
    } key;
};

/* --- the script ------------------------------------------------------------------------------ */

/* gnuplot's SVG loses spaces beside a change of font unless readers are told to keep them, and they
 * blur the cells of its images. */
static const char SVG[] = "<svg",
                  SVG_SPACES[] = "<svg xml:space=\"preserve\" image-rendering=\"optimizeSpeed\"";

/* The formats, and what makes them look the same: text of 8.64 points, lines of 0.36 points for
 * each unit of `lw`. Each terminal counts in units of its own: pdfcairo in points, but text as if
 * there were 96 to an inch and lines in halves; pngcairo in pixels, 200 to an inch; svg in pixels,
 * 96 to an inch, and takes lines of text for higher than they are: labels of tics are put back. The
 * size of points is no option of svg; `point` is the unit of `ps` in scripts. */
static const struct {
    const char *ending, *terminal, *size;
    double per_centimetre, text, line, point;
    const char *setup;
} formats[] = {
    {".pdf",
     "pdfcairo enhanced color font 'DejaVu Sans,9' fontscale %g linewidth %g dashlength 0.9 size ",
     "%gcm,%gcm", 1, 0.72, 1.44, 0.72, ""},
    {".png", "pngcairo enhanced color font 'DejaVu Sans,9' fontscale %g linewidth %g size ",
     "%.0f,%.0f", 78.74, 2, 2, 2, ""},
    {".svg", "svg enhanced dashed font 'DejaVu Sans,%g' linewidth %g dashlength 0.5 size ", "%g,%g",
     37.795, 11.52, 0.96, 0.625,
     "set xtics offset 0,0.33\nset ytics offset 0.4,0\nset cbtics offset -0.4,0\n"},
};

enum { FORMATS = sizeof formats / sizeof *formats };

/* The script alone: as for a PDF. */
static const char SCRIPT_ENDING[] = ".gp";

static const char *find_ending(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot : "";
}

/* Which of the formats the name of a file asks for; FORMATS: none. */
static int find_format(const char *path) {
    const char *ending = find_ending(path);
    int k = 0;
    while (k < FORMATS && strcmp(ending, formats[k].ending) != 0) {
        ++k;
    }
    return strcmp(ending, SCRIPT_ENDING) == 0 ? 0 : k;
}

/* --- the page -------------------------------------------------------------------------------- */

static const double HEAD = 0.6, LEAST_FRAME = 1; /* cm: the title, and a side of a frame */

/* Pages less wide than the first are made smaller with all that they hold, down to a least size. */
static const double FULL_WIDTH = 11, LEAST_SCALE = 0.8;

static double scale_of(double width) {
    return fmin(1, fmax(LEAST_SCALE, width / FULL_WIDTH));
}

double gf_plot_choose_width(const gf_figure_options *options, double width) {
    return options->width > 0 ? options->width / scale_of(options->width) : width;
}

double gf_plot_width(const gf_plot *self) {
    return self->width;
}

double gf_plot_height(const gf_plot *self) {
    return self->height - self->head;
}

static void write_terminal(const gf_plot *self, int format) {
    double unit = self->scale * formats[format].per_centimetre;
    (void)fprintf(self->script, "set terminal ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)fprintf(self->script, formats[format].terminal, self->scale * formats[format].text,
                  self->scale * formats[format].line);
    (void)fprintf(self->script, formats[format].size, self->width * unit, self->height * unit);
#pragma GCC diagnostic pop
    (void)fprintf(self->script,
                  "\nset encoding utf8\npoint = %g\nunset key\nset pointintervalbox 0\n%s",
                  self->scale * formats[format].point, formats[format].setup);
}

/* The line above all. What is too long for the page is made smaller, and then cut. */
static void write_title(const gf_plot *self, const gf_label *title) {
    static const double CHARACTER = 0.165, LEAST = 0.6; /* the width of one; of full size */
    double fit = 0.95 * self->width / (CHARACTER * (double)(title->length + 1));
    (void)fprintf(self->script, "set label '{/*%.3f %s}' at screen 0.5,%.6f center\n",
                  0.9 * fmax(LEAST, fmin(1, fit)), title->text, 1 - 0.6 / self->height);
}

/* Takes over what the options say. */
static void take_options(gf_plot *self, const gf_figure_options *options, const gf_label *title,
                         double width, double height) {
    gf_label own = gf_label_text(options->title != NULL ? options->title : "");
    const gf_label *shown = options->title != NULL ? &own : title;
    self->options = *options;
    self->scale = options->width > 0 ? scale_of(options->width) : 1;
    self->width = gf_plot_choose_width(options, width);
    self->head = shown != NULL && shown->length > 0 ? HEAD : 0;
    self->height = options->height > 0 ? options->height / self->scale : height + self->head;
    write_terminal(self, find_format(self->path));
    if (self->head > 0) {
        write_title(self, shown);
    }
}

gf_status gf_plot_begin(const char *path, const gf_figure_options *options, const gf_label *title,
                        double width, double height, gf_plot **plot, gf_error *error) {
    *plot = NULL;
    if (find_format(path) == FORMATS) {
        return gf_fail(error, GF_INVALID,
                       "%s: no known format; a figure's name must end in .pdf, .png or .svg, or in "
                       ".gp for the gnuplot script that draws it",
                       path);
    }
    gf_status status = gf_file_check_writable(path, error);
    if (status != GF_OK) {
        return status;
    }
    gf_plot *self = calloc(1, sizeof *self);
    *plot = self;
    if (self != NULL) {
        self->path = strdup(path);
        self->script = open_memstream(&self->text, &self->length);
    }
    if (self == NULL || self->path == NULL || self->script == NULL) {
        gf_plot_abandon(plot);
        return gf_fail_memory(error, path);
    }
    take_options(self, options, title, width, height);
    return GF_OK;
}

FILE *gf_plot_script(gf_plot *self) {
    return self->script;
}

static void write_end(double value, FILE *out) {
    if (isfinite(value)) {
        (void)fprintf(out, "%.10g", value);
    } else {
        (void)fputc('*', out);
    }
}

void gf_plot_range(gf_plot *self, const char *axis, size_t range, double low, double high) {
    double ends[] = {low, high};
    gf_figure_options_apply_range(&self->options, range, ends);
    (void)fprintf(self->script, "set %srange [", axis);
    write_end(ends[0], self->script);
    (void)fputc(':', self->script);
    write_end(ends[1], self->script);
    (void)fputs("]\n", self->script);
}

/* Remembers that frames have no room. */
static void check_room(gf_plot *self, gf_plot_margins page, double columns, double rows) {
    self->too_small = self->too_small ||
                      self->width - page.left - page.right < columns * LEAST_FRAME ||
                      self->height - page.bottom - page.top < rows * LEAST_FRAME;
}

void gf_plot_frame(gf_plot *self, gf_plot_margins page) {
    page.top += self->head;
    check_room(self, page, 1, 1);
    (void)fprintf(self->script,
                  "set lmargin at screen %.6f\nset rmargin at screen %.6f\n"
                  "set bmargin at screen %.6f\nset tmargin at screen %.6f\n",
                  page.left / self->width, 1 - page.right / self->width, page.bottom / self->height,
                  1 - page.top / self->height);
}

void gf_plot_label(gf_plot *self, const char *title, const char *x, const char *y, double aside) {
    if (title != NULL) {
        (void)fprintf(self->script,
                      "set label %s at graph 0.5, graph 1 center offset screen 0,%.6f\n", title,
                      0.36 / self->height);
    }
    if (x != NULL) {
        (void)fprintf(self->script,
                      "set label %s at graph 0.5, graph 0 center offset screen 0,%.6f\n", x,
                      -1 / self->height);
    }
    if (y != NULL) {
        (void)fprintf(self->script,
                      "set label %s at graph 0, graph 0.5 center rotate offset screen %.6f,0\n", y,
                      -aside / self->width);
    }
}

void gf_plot_place_colours(gf_plot *self) {
    (void)fprintf(
        self->script,
        "set colorbox vertical user origin graph 1.03, graph 0 size screen %.6f, graph 1\n",
        0.4 / self->width);
}

void gf_plot_label_colours(gf_plot *self, const char *text) {
    (void)fprintf(self->script,
                  "set label %s at graph 1.03, graph 0.5 center rotate offset screen %.6f,0\n",
                  text, 1.7 / self->width);
}

void gf_plot_panels(gf_plot *self, size_t rows, size_t columns, gf_plot_margins page, double across,
                    double down) {
    page.top += self->head;
    check_room(self, page, (double)columns + (double)(columns - 1) * across / LEAST_FRAME,
               (double)rows + (double)(rows - 1) * down / LEAST_FRAME);
    (void)fprintf(self->script,
                  "set multiplot layout %zu,%zu margins screen %.6f,%.6f,%.6f,%.6f "
                  "spacing screen %.6f,%.6f\n",
                  rows, columns, page.left / self->width, 1 - page.right / self->width,
                  page.bottom / self->height, 1 - page.top / self->height, across / self->width,
                  down / self->height);
}

/* --- the legend ------------------------------------------------------------------------------ */

/* gnuplot's own legend is as wide as it takes the text to be, which each terminal estimates in its
 * own way; this one stands where it is put. Lengths in cm. */
static const double SAMPLE = 0.8, GAP = 0.2, LINE = 0.45;

void gf_plot_begin_key(gf_plot *self, double left, double top, size_t rows, double width) {
    self->key.left = left;
    self->key.top = top + self->head;
    self->key.rows = rows;
    self->key.width = width;
    self->key.entries = 0;
}

void gf_plot_add_key(gf_plot *self, const char *line, const char *points, const char *title) {
    size_t column = self->key.entries / self->key.rows, row = self->key.entries % self->key.rows;
    double x = self->key.left + (double)column * self->key.width,
           y = 1 - (self->key.top + (double)row * LINE) / self->height;
    if (line != NULL) {
        (void)fprintf(self->script,
                      "set arrow from screen %.6f,%.6f to screen %.6f,%.6f nohead %s\n",
                      x / self->width, y, (x + SAMPLE) / self->width, y, line);
    }
    if (points != NULL) {
        (void)fprintf(self->script, "set label '' at screen %.6f,%.6f point %s\n",
                      (x + SAMPLE / 2) / self->width, y, points);
    }
    if (title != NULL) {
        (void)fprintf(self->script, "set label '%s' at screen %.6f,%.6f left\n", title,
                      (x + SAMPLE + GAP) / self->width, y);
        ++self->key.entries;
    }
}

void gf_plot_end_labels(gf_plot *self) {
    (void)fputs("unset arrow\nunset label\n", self->script);
}

double gf_plot_step(double range, int most) {
    static const double round[] = {1, 2, 5, 10};
    double least = range / most, decade = pow(10, floor(log10(least)));
    int k = 0;
    while (k < 3 && round[k] * decade < least * (1 - 1e-9)) {
        ++k;
    }
    return round[k] * decade;
}

void gf_plot_shade(double place, char colour[8]) {
    static const double stops[3][3] = {{0x20, 0x30, 0x8a}, {0x3a, 0x9a, 0x7a}, {0xe0, 0x90, 0x20}};
    int from = place < 0.5 ? 0 : 1, rgb[3];
    for (int i = 0; i < 3; ++i) {
        double at = 2 * place - from;
        rgb[i] = (int)((1 - at) * stops[from][i] + at * stops[from + 1][i]) & 0xff;
    }
    (void)snprintf(colour, 8, "#%02x%02x%02x", (unsigned)rgb[0] & 0xff, (unsigned)rgb[1] & 0xff,
                   (unsigned)rgb[2] & 0xff);
}

/* --- data ------------------------------------------------------------------------------------ */

void gf_plot_open_data(gf_plot *self, const char *name) {
    (void)fprintf(self->script, "$%s << EOD\n", name);
}

void gf_plot_close_data(gf_plot *self) {
    (void)fputs("EOD\n", self->script);
}

/* --- running --------------------------------------------------------------------------------- */

/* The files of a run of gnuplot, all in memory. */
enum { SCRIPT, PICTURE, MESSAGES, STREAMS };

static gf_status run_gnuplot(const int stream[STREAMS], int *exit_status, gf_error *error) {
    char program[] = "gnuplot";
    char *const arguments[] = {program, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, stream[SCRIPT], STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, stream[PICTURE], STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, stream[MESSAGES], STDERR_FILENO);
    int failure = posix_spawnp(&child, program, &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        return gf_fail(error, GF_IO, "gnuplot cannot be run: %s; install it to draw figures",
                       strerror(failure));
    }
    while (waitpid(child, exit_status, 0) < 0 && errno == EINTR) {
    }
    return GF_OK;
}

/* All that a stream holds, with a final NUL. The caller frees it. */
static char *read_stream(int descriptor, size_t *size) {
    off_t end = lseek(descriptor, 0, SEEK_END);
    *size = end > 0 ? (size_t)end : 0;
    char *bytes = malloc(*size + 1);
    for (size_t at = 0; bytes != NULL && at < *size;) {
        ssize_t length = pread(descriptor, bytes + at, *size - at, (off_t)at);
        at = length > 0 ? at + (size_t)length : *size;
    }
    if (bytes != NULL) {
        bytes[*size] = '\0';
    }
    return bytes;
}

/* SVG with its spaces kept; other formats as they are. The caller frees it. */
static char *finish_picture(char *picture, size_t *size) {
    const char *root = picture != NULL ? strstr(picture, SVG) : NULL;
    char *finished = root != NULL ? malloc(*size + sizeof SVG_SPACES) : NULL;
    if (finished == NULL) {
        return picture;
    }
    size_t head = (size_t)(root - picture), skipped = head + sizeof SVG - 1;
    memcpy(finished, picture, head);
    memcpy(finished + head, SVG_SPACES, sizeof SVG_SPACES - 1);
    memcpy(finished + head + sizeof SVG_SPACES - 1, picture + skipped, *size - skipped);
    *size += sizeof SVG_SPACES - sizeof SVG;
    free(picture);
    return finished;
}

/* What gnuplot had to say: the end of it, on one line. */
static gf_status fail_gnuplot(const gf_plot *self, int messages, int exit_status, gf_error *error) {
    enum { SHOWN = 600 };
    size_t size = 0;
    char *text = read_stream(messages, &size);
    for (char *c = text; c != NULL && *c != '\0'; ++c) {
        *c = *c == '\n' ? ' ' : *c;
    }
    const char *said = text == NULL ? "" : text + (size > SHOWN ? size - SHOWN : 0);
    gf_status status =
        WIFSIGNALED(exit_status)
            ? gf_fail(error, GF_IO, "%s: gnuplot was ended by a signal: %s %s", self->path,
                      strsignal(WTERMSIG(exit_status)), said)
            : gf_fail(error, GF_IO, "%s: gnuplot failed with exit status %d: %s", self->path,
                      WEXITSTATUS(exit_status), *said != '\0' ? said : "it did not say why");
    free(text);
    return status;
}

static gf_status draw_streams(const gf_plot *self, const int stream[STREAMS], gf_error *error) {
    int exit_status = -1;
    if (write(stream[SCRIPT], self->text, self->length) != (ssize_t)self->length ||
        lseek(stream[SCRIPT], 0, SEEK_SET) != 0) {
        return gf_fail(error, GF_IO, "%s: the script cannot be passed to gnuplot: %s", self->path,
                       strerror(errno));
    }
    gf_status status = run_gnuplot(stream, &exit_status, error);
    if (status != GF_OK) {
        return status;
    }
    size_t size = 0;
    char *picture = read_stream(stream[PICTURE], &size);
    if (strcmp(formats[find_format(self->path)].ending, ".svg") == 0) {
        picture = finish_picture(picture, &size);
    }
    status = exit_status == 0 && picture != NULL && size > 0
                 ? gf_file_write_bytes(self->path, picture, size, error)
                 : fail_gnuplot(self, stream[MESSAGES], exit_status, error);
    free(picture);
    return status;
}

static gf_status draw(const gf_plot *self, gf_error *error) {
    int stream[STREAMS];
    bool ready = true;
    for (int k = 0; k < STREAMS; ++k) {
        stream[k] = memfd_create("gnuplot", MFD_CLOEXEC);
        ready = ready && stream[k] >= 0;
    }
    gf_status status = ready ? draw_streams(self, stream, error)
                             : gf_fail(error, GF_IO, "%s: no room for the figure: %s", self->path,
                                       strerror(errno));
    for (int k = 0; k < STREAMS; ++k) {
        if (stream[k] >= 0) {
            (void)close(stream[k]);
        }
    }
    return status;
}

/* The script itself, to be changed and run by hand. */
static gf_status write_script(const gf_plot *self, gf_error *error) {
    char *whole = NULL;
    int length = asprintf(&whole, "# gnuplot FILE.gp > FIGURE.pdf\n%s", self->text);
    gf_status status = length < 0 ? gf_fail_memory(error, self->path)
                                  : gf_file_write_bytes(self->path, whole, (size_t)length, error);
    free(length < 0 ? NULL : whole);
    return status;
}

gf_status gf_plot_finish(gf_plot **plot, gf_error *error) {
    gf_plot *self = *plot;
    bool complete = fclose(self->script) == 0;
    self->script = NULL;
    gf_status status =
        !complete ? gf_fail_memory(error, self->path)
        : self->too_small
            ? gf_fail(error, GF_INVALID,
                      "%s: a page of %.3g by %.3g cm has no room for this figure; "
                      "give it a larger one with --size",
                      self->path, self->scale * self->width, self->scale * self->height)
        : strcmp(find_ending(self->path), SCRIPT_ENDING) == 0 ? write_script(self, error)
                                                              : draw(self, error);
    gf_plot_abandon(plot);
    return status;
}

void gf_plot_abandon(gf_plot **plot) {
    gf_plot *self = *plot;
    *plot = NULL;
    if (self == NULL) {
        return;
    }
    if (self->script != NULL) {
        (void)fclose(self->script);
    }
    free(self->text);
    free(self->path);
    free(self);
}
