#include "gibbsflow/plot.h"

#include "gibbsflow/file.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct gf_plot {
    char *path, *part;
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

static void put_quoted(FILE *out, const char *text) {
    (void)fputc('\'', out);
    for (; *text != '\0'; ++text) {
        (void)fprintf(out, *text == '\'' ? "''" : "%c", *text);
    }
    (void)fputc('\'', out);
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
        self->part = gf_file_part_name(path);
        self->script = open_memstream(&self->text, &self->length);
    }
    if (self == NULL || self->path == NULL || self->part == NULL || self->script == NULL) {
        gf_plot_abandon(plot);
        return gf_fail_memory(error, path);
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)fprintf(self->script, format, width, height);
#pragma GCC diagnostic pop
    (void)fputs("set output ", self->script);
    put_quoted(self->script, self->part);
    (void)fputs("\nset encoding utf8\n", self->script);
    return GF_OK;
}

FILE *gf_plot_script(gf_plot *self) {
    return self->script;
}

void gf_plot_quote(gf_plot *self, const char *text) {
    (void)fputc('"', self->script);
    for (; *text != '\0'; ++text) {
        if (strchr("_^@&{}~", *text) != NULL) {
            (void)fprintf(self->script, "\\\\%c", *text);
        } else if (*text == '"' || *text == '\\') {
            (void)fprintf(self->script, "\\%c", *text);
        } else {
            (void)fputc(*text, self->script);
        }
    }
    (void)fputc('"', self->script);
}

void gf_plot_open_data(gf_plot *self, const char *name) {
    (void)fprintf(self->script, "$%s << EOD\n", name);
}

void gf_plot_close_data(gf_plot *self) {
    (void)fputs("EOD\n", self->script);
}

/* --- running --------------------------------------------------------------------------------- */

static bool write_all(int descriptor, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written <= 0) {
            return false;
        }
        text += written;
        length -= (size_t)written;
    }
    return lseek(descriptor, 0, SEEK_SET) == 0;
}

/* Runs gnuplot with `script` as its input and `messages` as its output. */
static gf_status run_gnuplot(int script, int messages, int *exit_status, gf_error *error) {
    char program[] = "gnuplot";
    char *const arguments[] = {program, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, messages, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
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

/* What gnuplot had to say: the last lines, on one. */
static void read_messages(int descriptor, char *text, size_t size) {
    off_t end = lseek(descriptor, 0, SEEK_END);
    off_t start = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
    (void)lseek(descriptor, start, SEEK_SET);
    ssize_t length = read(descriptor, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    for (char *c = text; *c != '\0'; ++c) {
        *c = *c == '\n' ? ' ' : *c;
    }
}

static gf_status draw(const gf_plot *self, gf_error *error) {
    int script = memfd_create("gnuplot-script", MFD_CLOEXEC);
    int messages = memfd_create("gnuplot-messages", MFD_CLOEXEC), exit_status = -1;
    gf_status status = GF_OK;
    if (script < 0 || messages < 0 || !write_all(script, self->text, self->length)) {
        status = gf_fail(error, GF_IO, "%s: the script cannot be passed to gnuplot: %s", self->path,
                         strerror(errno));
    } else {
        status = run_gnuplot(script, messages, &exit_status, error);
    }
    struct stat part;
    bool drawn = exit_status == 0 && stat(self->part, &part) == 0 && part.st_size > 0;
    if (status == GF_OK && (!drawn || rename(self->part, self->path) != 0)) {
        char text[600];
        read_messages(messages, text, sizeof text);
        status = gf_fail(error, GF_IO, "%s: gnuplot failed: %s", self->path, text);
    }
    if (script >= 0) {
        (void)close(script);
    }
    if (messages >= 0) {
        (void)close(messages);
    }
    return status;
}

gf_status gf_plot_finish(gf_plot **plot, gf_error *error) {
    gf_plot *self = *plot;
    (void)fputs("unset output\n", self->script);
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
    if (self->part != NULL) {
        (void)unlink(self->part);
    }
    free(self->text);
    free(self->path);
    free(self->part);
    free(self);
}
