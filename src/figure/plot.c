#include "figure/plot.h"

#include "gibbsflow/file.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct gf_plot {
    char *path;
    char *text; /* the script, complete once `script` is closed */
    size_t length;
    FILE *script;
};

/* --- the script ------------------------------------------------------------------------------ */

/* The gnuplot terminal for a file name, or NULL. `%g,%g` takes the size. */
static const char *terminal(const char *path) {
    const char *dot = strrchr(path, '.');
    if (dot != NULL && strcmp(dot, ".pdf") == 0) {
        return "set terminal pdfcairo enhanced color font 'DejaVu Sans,9' fontscale 1 "
               "size %gcm,%gcm\n";
    }
    if (dot != NULL && strcmp(dot, ".png") == 0) {
        return "set terminal pngcairo enhanced color font 'DejaVu Sans,9' fontscale 2 "
               "linewidth 2 pointscale 2 size %g*78.74,%g*78.74\n"; /* 200 dots per inch */
    }
    if (dot != NULL && strcmp(dot, ".svg") == 0) {
        return "set terminal svg enhanced font 'DejaVu Sans,12' size %g*37.8,%g*37.8\n";
    }
    return NULL;
}

gf_status gf_plot_begin(const char *path, double width, double height, gf_plot **plot,
                        gf_error *error) {
    const char *format = terminal(path);
    *plot = NULL;
    if (format == NULL) {
        return gf_fail(error, GF_INVALID,
                       "%s: no known format; a figure's name must end in .pdf, .png or .svg", path);
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
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)fprintf(self->script, format, width, height);
#pragma GCC diagnostic pop
    (void)fputs("set encoding utf8\n", self->script);
    return GF_OK;
}

FILE *gf_plot_script(gf_plot *self) {
    return self->script;
}

void gf_plot_quote(gf_plot *self, const char *text) {
    /* Single quotes: in double quotes gnuplot would run what stands between backquotes. */
    (void)fputc('\'', self->script);
    for (; *text != '\0'; ++text) {
        if (strchr("_^@&{}~\\", *text) != NULL) {
            (void)fprintf(self->script, "\\%c", *text);
        } else if (*text == '\'') {
            (void)fputs("\'\'", self->script);
        } else {
            (void)fputc((unsigned char)*text < ' ' ? ' ' : *text, self->script);
        }
    }
    (void)fputc('\'', self->script);
}

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

gf_status gf_plot_finish(gf_plot **plot, gf_error *error) {
    gf_plot *self = *plot;
    bool complete = fclose(self->script) == 0;
    self->script = NULL;
    gf_status status = complete ? draw(self, error) : gf_fail_memory(error, self->path);
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
