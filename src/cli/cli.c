#include "cli/cli.h"

#include "base/machine.h"
#include "base/ranks.h"
#include "gibbsflow/file.h"
#include "gibbsflow/typicality.h"
#include "gibbsflow/version.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_command *const cli_commands[] = {
    &cli_operators, &cli_spectrum,  &cli_forces, &cli_fixed_points, &cli_converge,
    &cli_langevin,  &cli_instanton, &cli_rates,  &cli_trajectories, &cli_transport,
    &cli_walls,     &cli_figure,    &cli_export, &cli_info,         NULL};

enum { MOST_THREADS = 1024 };

/* --- interruption ---------------------------------------------------------------------------- */

/* The unfinished files to remove on the way out; a signal handler can reach nothing else. */
static char *unfinished_files[2];

/* What long work keeps, and what is said of that when it is interrupted. */
static char *kept_file, *kept_message;

static void on_interrupt(int signal_number) {
    if (kept_message != NULL && (kept_file == NULL || access(kept_file, F_OK) == 0)) {
        ssize_t written = write(STDERR_FILENO, kept_message, strlen(kept_message));
        (void)written; /* nothing can be done about it here */
    }
    for (int k = 0; k < 2; ++k) {
        if (unfinished_files[k] != NULL) {
            (void)unlink(unfinished_files[k]);
        }
    }
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

/* What is ignored stays ignored: nohup means it. */
static void watch_signals(void (*handler)(int)) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    for (size_t k = 0; k < sizeof signals / sizeof *signals; ++k) {
        if (signal(signals[k], handler) == SIG_IGN) {
            (void)signal(signals[k], SIG_IGN);
        }
    }
}

void cli_watch_output(const char *path) {
    int slot = unfinished_files[0] == NULL ? 0 : 1;
    free(unfinished_files[slot]);
    unfinished_files[slot] = gf_file_part_name(path);
    watch_signals(on_interrupt);
}

static volatile sig_atomic_t stop_wanted;

static void ask_to_stop(int signal_number) {
    (void)signal(signal_number, SIG_DFL); /* a second one ends at once */
    stop_wanted = 1;
}

const volatile sig_atomic_t *cli_watch_interruption(void) {
    watch_signals(ask_to_stop);
    return &stop_wanted;
}

/* Of two the second one does not wait for the checkpoint. */
static void ask_to_keep(int signal_number) {
    if (stop_wanted != 0) {
        on_interrupt(signal_number);
    }
    stop_wanted = signal_number;
}

static void leave(void) {
    on_interrupt(stop_wanted != 0 ? stop_wanted : SIGTERM); /* another rank's was the signal */
}

static void heed(bool yes) {
    watch_signals(yes ? ask_to_keep : on_interrupt);
    if (!yes && stop_wanted != 0) { /* it came too late to be looked at */
        leave();
    }
}

void cli_watch_checkpoint(gf_checkpoint *checkpoint) {
    stop_wanted = 0;
    checkpoint->stop = &stop_wanted;
    checkpoint->stopped = leave;
    checkpoint->heeds = heed;
}

void cli_announce_nothing_kept(void) {
    if (gf_ranks_rank() == 0) {
        kept_message = strdup("\ninterrupted; nothing is kept\n");
        watch_signals(on_interrupt);
    }
}

void cli_announce_kept(const char *what, const char *path) {
    char *message = NULL;
    if (gf_ranks_rank() == 0 &&
        asprintf(&message,
                 "\ninterrupted; the %s that were finished at the last checkpoint are kept in "
                 "%s,\nand the same command goes on from there\n",
                 what, path) >= 0) {
        kept_file = strdup(path);
        kept_message = message;
    }
}

static void stop_watching(void) {
    char *file = kept_file, *message = kept_message;
    kept_file = kept_message = NULL; /* first: a signal may come in between */
    free(file);
    free(message);
    for (int k = 0; k < 2; ++k) {
        char *name = unfinished_files[k];
        unfinished_files[k] = NULL;
        free(name);
    }
}

/* --- messages -------------------------------------------------------------------------------- */

int cli_usage(const cli_options *options, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "gibbsflow %s: ", options->command->name);
    (void)vfprintf(stderr, format, arguments);
    (void)fprintf(stderr, "\nTry 'gibbsflow %s --help'.\n", options->command->name);
    va_end(arguments);
    return CLI_WRONG_USAGE;
}

int cli_fail(const cli_options *options, const gf_error *error) {
    (void)fprintf(stderr, "gibbsflow %s: %s\n", options->command->name, error->message);
    return CLI_FAILED;
}

void cli_say(const cli_options *options, const char *format, ...) {
    if (!options->quiet) {
        va_list arguments;
        va_start(arguments, format);
        (void)vfprintf(stderr, format, arguments);
        va_end(arguments);
        (void)fputc('\n', stderr);
    }
}

/* --- progress -------------------------------------------------------------------------------- */

void cli_format_duration(double seconds, char *text, size_t size) {
    long whole = lround(seconds);
    if (whole < 100) {
        (void)snprintf(text, size, "%ld s", whole);
    } else if (whole < 6000) {
        (void)snprintf(text, size, "%ld min %02ld s", whole / 60, whole % 60);
    } else {
        (void)snprintf(text, size, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
    }
}

/* The part of the work from which on the speed so far says how long the rest will take. */
static const double ENOUGH = 0.01;

static void format_left(const cli_progress *self, double elapsed, double fraction, char *text,
                        size_t size) {
    double done = fraction - self->first;
    text[0] = '\0';
    if (done > ENOUGH * (1 - self->first)) {
        char duration[40];
        cli_format_duration(elapsed * (1 - fraction) / done, duration, sizeof duration);
        (void)snprintf(text, size, ", %s left", duration);
    }
}

static void draw_bar(const cli_progress *self, double fraction, const char *left) {
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    for (int k = 0; k < WIDTH; ++k) {
        bar[k] = k < fraction * WIDTH ? '#' : '.';
    }
    bar[WIDTH] = '\0';
    (void)fprintf(stderr, "\r%s [%s] %3.0f %%%s\033[K", self->label, bar, 100 * fraction, left);
}

static void draw_line(const cli_progress *self, double elapsed, double fraction, const char *left) {
    char duration[40];
    cli_format_duration(elapsed, duration, sizeof duration);
    (void)fprintf(stderr, "%s: %.1f %% after %s%s\n", self->label, 100 * fraction, duration, left);
}

static void draw_progress(void *context, double fraction) {
    static const double first_bar = 0.5, next_bar = 0.1; /* seconds */
    cli_progress *self = context;
    double now = gf_machine_clock(), elapsed = now - self->start;
    self->first = self->first < 0 ? fraction : self->first; /* where work goes on */
    bool due = self->terminal ? elapsed >= first_bar && now - self->shown >= next_bar
                              : now - self->shown >= self->every && fraction < 1;
    if (!self->visible || !due) {
        return;
    }
    char left[60];
    format_left(self, elapsed, fraction, left, sizeof left);
    if (self->terminal) {
        draw_bar(self, fraction, left);
    } else {
        draw_line(self, elapsed, fraction, left);
    }
    (void)fflush(stderr);
    self->shown = now;
    self->drawn = self->terminal;
}

void cli_progress_start(cli_progress *self, const cli_options *options, const char *label) {
    double now = gf_machine_clock();
    *self = (cli_progress){.label = label,
                           .first = -1,
                           .start = now,
                           .shown = now,
                           .every = options->progress,
                           .visible = !options->quiet,
                           .terminal = isatty(STDERR_FILENO) != 0};
    self->progress = (gf_progress){.update = draw_progress, .context = self};
}

void cli_progress_end(cli_progress *self) {
    if (self->drawn) {
        (void)fputs("\r\033[K", stderr);
    }
}

/* --- options --------------------------------------------------------------------------------- */

enum {
    OPTION_SET = 1000,
    OPTION_SITES,
    OPTION_METHOD,
    OPTION_SAMPLES,
    OPTION_SEED,
    OPTION_NO_SYMMETRY,
    OPTION_DISTRIBUTE_FROM,
    OPTION_HELP
};

static const char exit_status[] =
    "Exit status:\n"
    "  0  done\n"
    "  1  could not be done; the error stream says why\n"
    "  2  wrong usage\n";

static char *join_words(int argc, const char **argv) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out != NULL) {
        (void)fputs("gibbsflow", out);
        for (int i = 0; i < argc; ++i) {
            bool plain = strpbrk(argv[i], " \t\n'\"\\$*?(){}[];&|<>") == NULL;
            (void)fprintf(out, plain ? " %s" : " '%s'", argv[i]);
        }
        (void)fclose(out);
    }
    return text;
}

/* popt's help is a line of usage and a table of options; the paragraphs go between the two. The
 * shape is that of other programs, so that help2man makes a manual page of it. */
static void print_help(const cli_options *options) {
    const cli_command *command = options->command;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return;
    }
    poptPrintHelp(options->context, out, 0);
    (void)fclose(out);
    size_t usage = strcspn(text, "\n");
    const char *table = text + usage + strspn(text + usage, "\n");
    (void)printf("%.*s\n%c%s.\n\n%s\nOptions:\n%s\nExamples:\n%s\n%s", (int)usage, text,
                 toupper((unsigned char)command->summary[0]), command->summary + 1, command->help,
                 table, command->examples, exit_status);
    free(text);
}

size_t cli_parse_numbers(const char *text, char separator, size_t most, double *values) {
    char *end = NULL;
    const char *rest = text;
    for (size_t count = 0; count < most; ++count, rest = end + 1) {
        values[count] = strtod(rest, &end);
        if (end == rest || !isfinite(values[count]) || (*end != separator && *end != '\0')) {
            return 0;
        }
        if (*end == '\0') {
            return count + 1;
        }
    }
    return 0;
}

size_t cli_parse_integers(const char *text, char separator, size_t most, int *values) {
    char *end = NULL;
    const char *rest = text;
    for (size_t count = 0; count < most; ++count, rest = end + 1) {
        errno = 0;
        long value = strtol(rest, &end, 10);
        if (end == rest || errno != 0 || value < INT_MIN || value > INT_MAX ||
            (*end != separator && *end != '\0')) {
            return 0;
        }
        values[count] = (int)value;
        if (*end == '\0') {
            return count + 1;
        }
    }
    return 0;
}

static int take_integer(const cli_options *options, const char *name, const char *text, long low,
                        long high, long *value) {
    char *end = NULL;
    errno = 0;
    *value = strtol(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *value >= low && *value <= high
               ? CLI_GO_ON
               : cli_usage(options, "%s %s: expected an integer from %ld to %ld", name, text, low,
                           high);
}

static int take_method(cli_options *options, const char *text) {
    bool full = strcmp(text, "full") == 0;
    options->has_method = true;
    options->method = full ? GF_FULL : GF_TYPICALITY;
    return full || strcmp(text, "typicality") == 0
               ? CLI_GO_ON
               : cli_usage(options, "--method %s: expected full or typicality", text);
}

static int take_option(cli_options *options, int code) {
    gf_error error;
    char *argument = poptGetOptArg(options->context);
    long sites = 0;
    int result = CLI_GO_ON;
    if (code == OPTION_HELP) {
        print_help(options);
        result = CLI_DONE;
    } else if (code == OPTION_SET) {
        if (gf_settings_assign(&options->settings, argument, &error) != GF_OK) {
            result = cli_usage(options, "--set %s", error.message);
        }
    } else if (code == OPTION_SITES) {
        result = take_integer(options, "--sites", argument, 1, GF_CHAIN_MAX_SITES, &sites);
        options->settings.sites = (int)sites;
    } else if (code == OPTION_METHOD) {
        result = take_method(options, argument);
    } else if (code == OPTION_SAMPLES) {
        result = take_integer(options, "--samples", argument, 2, 1000000, &options->samples);
    } else if (code == OPTION_SEED) {
        result = take_integer(options, "--seed", argument, 0, GF_MAX_SEED, &options->seed);
    } else if (code == OPTION_DISTRIBUTE_FROM) {
        long states = 0;
        result = take_integer(options, "--distribute-from", argument, 1, INT32_MAX, &states);
        options->settings.distribute_from = (size_t)states;
    }
    options->settings.no_symmetry = options->settings.no_symmetry || code == OPTION_NO_SYMMETRY;
    free(argument);
    return result;
}

static int take_options(cli_options *options) {
    int code = 0;
    while ((code = poptGetNextOpt(options->context)) >= 0) {
        int result = take_option(options, code);
        if (result != CLI_GO_ON) {
            return result;
        }
    }
    if (code < -1) {
        return cli_usage(options, "%s: %s", poptBadOption(options->context, POPT_BADOPTION_NOALIAS),
                         poptStrerror(code));
    }
    return CLI_GO_ON;
}

/* A list and its words. NULL: there are none. */
static char **copy_words(const char *const *words) {
    size_t count = 0;
    while (words != NULL && words[count] != NULL) {
        ++count;
    }
    char **copy = count > 0 ? calloc(count + 1, sizeof *copy) : NULL;
    for (size_t k = 0; copy != NULL && k < count; ++k) {
        copy[k] = strdup(words[k]);
    }
    return copy;
}

static int take_arguments(cli_options *options, int flags) {
    const char *input = poptGetArg(options->context);
    if (input == NULL) {
        return (flags & CLI_INPUT_OPTIONAL) != 0
                   ? CLI_GO_ON
                   : cli_usage(options, "which file? expected %s", options->command->arguments);
    }
    options->input = strdup(input);
    if ((flags & CLI_NAMES) != 0) {
        options->names = copy_words(poptGetArgs(options->context));
    } else if (poptPeekArg(options->context) != NULL) {
        return cli_usage(options, "one file at a time; '%s' is one too many",
                         poptPeekArg(options->context));
    }
    return CLI_GO_ON;
}

/* Whether --samples or --seed was given. */
static bool sets_vectors(const cli_options *options) {
    return options->samples > 0 || options->seed >= 0;
}

static int check_method(const cli_options *options) {
    if (options->has_method && options->method == GF_FULL && sets_vectors(options)) {
        return cli_usage(options, "--samples and --seed belong to --method typicality, not full");
    }
    if ((options->has_method || sets_vectors(options)) && options->input != NULL &&
        gf_file_is_hdf5(options->input)) {
        return cli_usage(options,
                         "%s holds a spectrum already; --method, --samples and --seed go with "
                         "model files",
                         options->input);
    }
    return CLI_GO_ON;
}

static int apply_options(cli_options *options) {
    if (options->threads < 0 || options->threads > MOST_THREADS) {
        return cli_usage(options, "--threads %d: expected 1 to %d", options->threads, MOST_THREADS);
    }
    if (options->threads > 0) {
        omp_set_num_threads(options->threads);
    }
    if (!(options->progress >= 0)) {
        return cli_usage(options, "--progress takes 0 or more seconds");
    }
    options->quiet = options->quiet || gf_ranks_rank() > 0;
    if (options->output != NULL) {
        cli_watch_output(options->output);
    }
    return CLI_GO_ON;
}

/* Takes what the command line says, and what it says together. */
static int parse(cli_options *options, int flags, int argc, const char **argv,
                 const struct poptOption *table) {
    char title[64], arguments[96];
    (void)snprintf(title, sizeof title, "gibbsflow %s", options->command->name);
    (void)snprintf(arguments, sizeof arguments, "[OPTION...] %s", options->command->arguments);
    argv[0] = title; /* what the help calls the program */
    options->context = poptGetContext("gibbsflow", argc, argv, table, 0);
    poptSetOtherOptionHelp(options->context, arguments);
    int result = take_options(options);
    if (result == CLI_GO_ON) {
        result = take_arguments(options, flags);
    }
    options->context = poptFreeContext(options->context);
    if (result == CLI_GO_ON) {
        result = check_method(options);
    }
    if (result == CLI_GO_ON && options->settings.distribute_from > 0 && (flags & CLI_METHOD) == 0) {
        result = cli_usage(options,
                           "--distribute-from goes with commands that want levels alone; "
                           "this one keeps eigenvectors, or many spectra, and its blocks "
                           "stay whole");
    }
    return result == CLI_GO_ON ? apply_options(options) : result;
}

int cli_open(cli_options *options, const cli_command *command, int flags, struct poptOption *own,
             int argc, const char **argv) {
    *options = (cli_options){
        .command = command, .seed = -1, .progress = 60, .line = join_words(argc, argv)};
    struct poptOption none[] = {POPT_TABLEEND};
    struct poptOption output[] = {
        {"output", 'o', POPT_ARG_STRING, &options->output, 0, "write the result to FILE", "FILE"},
        POPT_TABLEEND};
    struct poptOption force[] = {{"force", 'f', POPT_ARG_NONE, &options->force, 0,
                                  "replace FILE even if it holds another kind of result", NULL},
                                 POPT_TABLEEND};
    struct poptOption set[] = {{"set", 's', POPT_ARG_STRING, NULL, OPTION_SET,
                                "set a parameter; may be given several times", "NAME=VALUE"},
                               POPT_TABLEEND};
    struct poptOption symmetry[] = {{"no-symmetry", '\0', POPT_ARG_NONE, NULL, OPTION_NO_SYMMETRY,
                                     "diagonalise whole magnetisation sectors", NULL},
                                    {"distribute-from", '\0', POPT_ARG_STRING, NULL,
                                     OPTION_DISTRIBUTE_FROM,
                                     "share out blocks of so many states to all ranks of mpirun "
                                     "(default: what is soonest done)",
                                     "STATES"},
                                    POPT_TABLEEND};
    struct poptOption sites[] = {
        {"sites", 'n', POPT_ARG_STRING, NULL, OPTION_SITES, "number of sites of the chain", "N"},
        POPT_TABLEEND};
    struct poptOption method[] = {
        {"method", 'm', POPT_ARG_STRING, NULL, OPTION_METHOD, "diagonalise, or take random vectors",
         "full|typicality"},
        {"samples", 0, POPT_ARG_STRING, NULL, OPTION_SAMPLES,
         "random vectors of the largest sector (errors want 8 or more)", "N"},
        {"seed", 0, POPT_ARG_STRING, NULL, OPTION_SEED, "seed of the random vectors", "N"},
        POPT_TABLEEND};
    struct poptOption json[] = {
        {"json", 'j', POPT_ARG_NONE, &options->json, 0, "print JSON in place of text", NULL},
        POPT_TABLEEND};
    struct poptOption common[] = {
        {"threads", 't', POPT_ARG_INT, &options->threads, 0, "threads to use (default: all)", "N"},
        {"progress", 0, POPT_ARG_DOUBLE, &options->progress, 0,
         "time between lines of progress in a log (default: 60)", "SECONDS"},
        {"quiet", 'q', POPT_ARG_NONE, &options->quiet, 0, "no progress and no remarks", NULL},
        {"help", 'h', POPT_ARG_NONE, NULL, OPTION_HELP, "print this help", NULL},
        POPT_TABLEEND};
    struct poptOption table[] = {
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, own != NULL ? own : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_OUTPUT) != 0 ? output : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_FORCE) != 0 ? force : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_SET) != 0 ? set : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_SITES) != 0 ? sites : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_METHOD) != 0 ? method : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_SYMMETRY) != 0 ? symmetry : none, 0, NULL,
         NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, (flags & CLI_JSON) != 0 ? json : none, 0, NULL, NULL},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, common, 0, NULL, NULL},
        POPT_TABLEEND};
    return parse(options, flags, argc, argv, table);
}

void cli_close(cli_options *options) {
    stop_watching();
    gf_settings_free(&options->settings);
    free(options->output);
    free(options->checkpoint);
    free(options->input);
    for (char **name = options->names; name != NULL && *name != NULL; ++name) {
        free(*name);
    }
    free((void *)options->names);
    free(options->line);
}

int cli_check_output(const cli_options *options, const char *const *endings) {
    if (options->output == NULL) {
        return cli_usage(options, "where to? expected -o FILE");
    }
    const char *dot = strrchr(options->output, '.');
    bool fits = endings == NULL;
    for (int k = 0; !fits && endings[k] != NULL; ++k) {
        fits = dot != NULL && strcmp(dot, endings[k]) == 0;
    }
    if (!fits) {
        return cli_usage(options, "-o %s: the name must end in %s%s%s%s%s", options->output,
                         endings[0], endings[1] != NULL ? ", " : "",
                         endings[1] != NULL ? endings[1] : "",
                         endings[1] != NULL && endings[2] != NULL ? " or " : "",
                         endings[1] != NULL && endings[2] != NULL ? endings[2] : "");
    }
    gf_error error;
    return gf_file_check_writable(options->output, &error) == GF_OK ? CLI_GO_ON
                                                                    : cli_fail(options, &error);
}

/* --- input ----------------------------------------------------------------------------------- */

static gf_status apply_method(const cli_options *options, gf_model *model, gf_error *error) {
    model->method = options->has_method ? options->method : model->method;
    if (model->method == GF_FULL && sets_vectors(options)) {
        return gf_fail(error, GF_INVALID,
                       "--samples and --seed belong to random vectors; add --method typicality");
    }
    if (options->samples > 0) {
        model->sampling.samples = (size_t)options->samples;
    }
    if (options->seed >= 0) {
        model->sampling.seed = (uint64_t)options->seed;
    }
    return GF_OK;
}

void cli_say_cost(const cli_options *options, const gf_model *model, const gf_spectrum_cost *cost) {
    char duration[40];
    if (cost->seconds > 5) {
        cli_format_duration(cost->seconds, duration, sizeof duration);
        cli_say(options,
                "%s: %d sites, largest sector %zu states: about %.2g GiB of memory and roughly %s",
                model->name, model->chain.sites, cost->largest, cost->memory / 0x1p30, duration);
    }
}

/* A chain that fits into memory may still take days. */
static void say_faster_method(const cli_options *options, const gf_model *model, double seconds) {
    enum { LONG = 3600 };
    gf_spectrum_cost sampled;
    gf_error ignored;
    if (seconds > LONG && gf_typicality_estimate(model, &sampled, &ignored) == GF_OK &&
        sampled.seconds < seconds) {
        char duration[40];
        cli_format_duration(sampled.seconds, duration, sizeof duration);
        cli_say(options, "random vectors, --method typicality, would take roughly %s", duration);
    }
}

static gf_status diagonalize(const cli_options *options, const gf_model *model,
                             gf_spectrum **spectrum, gf_error *error) {
    gf_spectrum_cost cost;
    bool full = model->method == GF_FULL;
    gf_status status = full ? gf_spectrum_estimate(model, &cost, error)
                            : gf_typicality_estimate(model, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    cli_say_cost(options, model, &cost);
    if (full) {
        say_faster_method(options, model, cost.seconds);
    }
    gf_checkpoint checkpoint = {.path = options->checkpoint,
                                .interval = options->checkpoint_interval};
    gf_checkpoint *keeps = options->checkpoint != NULL ? &checkpoint : NULL;
    cli_progress progress;
    if (keeps != NULL) {
        cli_announce_kept(full ? "blocks" : "random vectors", checkpoint.path);
        cli_watch_checkpoint(&checkpoint);
    }
    cli_progress_start(&progress, options, full ? "diagonalising" : "sampling");
    status = full ? gf_spectrum_resume(model, keeps, &progress.progress, spectrum, error)
                  : gf_typicality_resume(model, keeps, &progress.progress, spectrum, error);
    cli_progress_end(&progress);
    const char *what = full ? "blocks" : "vectors";
    if (status == GF_OK && checkpoint.resumed > 0) {
        cli_say(options, "%zu finished %s were taken from %s", checkpoint.resumed, what,
                checkpoint.path);
    }
    if (checkpoint.failure.status != GF_OK) {
        cli_say(options, "finished %s were not kept: %s", what, checkpoint.failure.message);
    }
    return status;
}

static gf_status load(const cli_options *options, gf_model **model, gf_spectrum **spectrum,
                      gf_error *error) {
    gf_file *file = NULL;
    *model = NULL;
    gf_status status = gf_file_open(options->input, &file, error);
    if (status == GF_OK) {
        status = gf_spectrum_read(file, options->input, &options->settings, model, spectrum, error);
    }
    gf_file_close(&file);
    return status;
}

/* Errors are told from the scatter of the random vectors; that of so few is a rough guess. */
enum { FEW_SAMPLES = 8 };

static void warn_few_samples(const cli_options *options, const gf_model *model,
                             const gf_spectrum *spectrum) {
    size_t samples = gf_typicality_samples(model, model->chain.sites / 2);
    if (spectrum->sample != NULL && samples > 0 && samples < FEW_SAMPLES) {
        cli_say(options,
                "warning: %zu samples are too few to tell statistical errors from: these may be "
                "much too small; take %d or more",
                samples, FEW_SAMPLES);
    }
}

static void warn_unused(const cli_options *options, const gf_model *model) {
    for (size_t i = 0; i < gf_model_parameters(model); ++i) {
        if (!gf_model_uses_parameter(model, i)) {
            cli_say(options, "warning: %s: nothing refers to the parameter %s", options->input,
                    gf_model_parameter(model, i)->name);
        }
    }
}

/* The model of a model file, with the options that say how to treat it. */
static gf_status read_model(const cli_options *options, gf_model **model, gf_error *error) {
    gf_status status = gf_model_read(options->input, &options->settings, model, error);
    if (status == GF_OK) {
        status = apply_method(options, *model, error);
    }
    if (status == GF_OK) {
        warn_unused(options, *model);
    } else {
        gf_model_free(*model);
        *model = NULL;
    }
    return status;
}

gf_status cli_diagonalize(const cli_options *options, const gf_model *model, gf_spectrum **spectrum,
                          gf_error *error) {
    *spectrum = NULL;
    gf_status status = diagonalize(options, model, spectrum, error);
    if (status == GF_OK) {
        warn_few_samples(options, model, *spectrum);
    }
    return status;
}

gf_status cli_load_spectrum(const cli_options *options, gf_model **model, gf_spectrum **spectrum,
                            gf_error *error) {
    *spectrum = NULL;
    *model = NULL;
    gf_status status = cli_expect(options, CLI_HAMILTONIAN, error);
    if (status != GF_OK) {
        return status;
    }
    if (gf_file_is_hdf5(options->input)) {
        status = load(options, model, spectrum, error);
        if (status == GF_OK) {
            warn_few_samples(options, *model, *spectrum);
        }
    } else {
        status = read_model(options, model, error);
        status = status == GF_OK ? cli_diagonalize(options, *model, spectrum, error) : status;
    }
    if (status != GF_OK) {
        gf_model_free(*model);
        *model = NULL;
    }
    return status;
}

gf_status cli_load_model(const cli_options *options, gf_model **model, gf_error *error) {
    *model = NULL;
    gf_status status = cli_expect(options, CLI_HAMILTONIAN, error);
    if (status != GF_OK) {
        return status;
    }
    if (!gf_file_is_hdf5(options->input)) {
        return read_model(options, model, error);
    }
    gf_spectrum *spectrum = NULL;
    status = load(options, model, &spectrum, error);
    gf_spectrum_free(spectrum);
    return status;
}

/* --- the program ----------------------------------------------------------------------------- */

/* Starts the process again as it was started: by the words of its command line, not by argv, which
 * lacks the first of them where the dynamic loader was called by name and is the executable.
 * Returns if that fails. */
static void start_again(void) {
    FILE *file = fopen("/proc/self/cmdline", "rb");
    char *line = NULL, **words = NULL;
    size_t length = 0, count = 0;
    FILE *copy = file != NULL ? open_memstream(&line, &length) : NULL;
    for (int c = 0; copy != NULL && (c = getc(file)) != EOF;) {
        (void)putc(c, copy);
    }
    if (copy != NULL && fclose(copy) == 0) {
        words = calloc(length + 1, sizeof *words);
    }
    for (size_t at = 0; words != NULL && at < length; at += strlen(line + at) + 1) {
        words[count++] = line + at;
    }
    if (count > 0) {
        (void)execv("/proc/self/exe", words);
    }
    free((void *)words);
    free(line);
    (void)(file != NULL && fclose(file));
}

/* OpenBLAS chooses its kernels when it is loaded, and takes processors younger than itself for
 * older ones. If it chose badly, start again with the choice made for it. */
static void restart_with_better_kernels(void) {
    const char *better = gf_machine_better_blas_kernel();
    if (better != NULL && getenv("OPENBLAS_CORETYPE") == NULL &&
        setenv("OPENBLAS_CORETYPE", better, 1) == 0) {
        start_again(); /* if that fails, go on with slower kernels */
    }
}

static void print_overview(FILE *out) {
    (void)fputs(
        "Usage: gibbsflow COMMAND [OPTION...] FILE\n"
        "   or: gibbsflow COMMAND --help\n"
        "   or: gibbsflow --version\n"
        "From a spin chain and its bath to hydrodynamics.\n\n"
        "gibbsflow diagonalises a spin chain that is weakly coupled to a Lindblad bath,\n"
        "builds its Gibbs states, and tabulates how the bath pushes (force) and shakes\n"
        "(noise) the densities of magnetisation and energy. It integrates the fluctuating\n"
        "hydrodynamics that follows, and measures domains and domain walls.\n\n"
        "Commands:\n",
        out);
    for (int k = 0; cli_commands[k] != NULL; ++k) {
        (void)fprintf(out, "  %-14s %s\n", cli_commands[k]->name, cli_commands[k]->summary);
    }
    (void)fprintf(
        out,
        "\n'gibbsflow COMMAND --help' explains a command. Where a command takes a model it\n"
        "also takes the HDF5 file that an earlier command wrote, and starts from there.\n"
        "Results go to the standard output or to -o FILE, all else to the error stream.\n\n"
        "Examples:\n"
        "  gibbsflow forces models/xxz_jprime.yaml -o fig2.h5\n"
        "  gibbsflow figure fig2.h5 -o fig2.pdf\n"
        "  gibbsflow fixed-points fig2.h5\n\n%s",
        exit_status);
}

static int dispatch(const char *name, int argc, char **argv) {
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(stdout);
        return CLI_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        (void)puts("gibbsflow " GF_VERSION);
        return CLI_DONE;
    }
    for (int k = 0; cli_commands[k] != NULL; ++k) {
        if (strcmp(name, cli_commands[k]->name) == 0) {
            return cli_commands[k]->run(cli_commands[k], argc - 1, (const char **)argv + 1);
        }
    }
    if (argc > 1) {
        (void)fprintf(stderr, "gibbsflow: no command '%s'\n\n", name);
    }
    print_overview(stderr);
    return CLI_WRONG_USAGE;
}

/* --- ranks ----------------------------------------------------------------------------------- */

/* Rank 0 speaks for all. What another one says is kept, in case it alone has something to say. */
static struct {
    char *text;
    size_t length;
} unsaid;

static void join_ranks(void) {
    gf_ranks_begin();
    if (getenv("OMP_NUM_THREADS") == NULL && gf_ranks_sharing() > 1) {
        int threads = omp_get_num_procs() / gf_ranks_sharing();
        omp_set_num_threads(threads > 0 ? threads : 1);
    }
    FILE *nowhere = gf_ranks_rank() > 0 ? fopen("/dev/null", "w") : NULL;
    FILE *kept = gf_ranks_rank() > 0 ? open_memstream(&unsaid.text, &unsaid.length) : NULL;
    stdout = nowhere != NULL ? nowhere : stdout; /* which the C library of GNU allows */
    stderr = kept != NULL ? kept : stderr;
}

/* A failure comes to all ranks alike, as a rule. Where it is one rank's own, all end with it. */
static int leave_ranks(int result) {
    int rank = gf_ranks_rank();
    double patience = result == CLI_DONE ? -1 : rank == 0 ? 1 : 3; /* seconds */
    if (!gf_ranks_end(patience)) {
        if (rank > 0 && fflush(stderr) == 0 && unsaid.text != NULL) {
            (void)dprintf(STDERR_FILENO, "rank %d: %s", rank, unsaid.text);
        }
        gf_ranks_abort(result);
    }
    return result;
}

int main(int argc, char **argv) {
    restart_with_better_kernels();
    join_ranks();
    if (omp_get_max_threads() > MOST_THREADS) { /* OMP_NUM_THREADS can say anything */
        omp_set_num_threads(omp_get_num_procs());
    }
    (void)signal(SIGXFSZ, SIG_IGN); /* a file beyond the limit is then an error like a full disk */
    int result = dispatch(argc > 1 ? argv[1] : "", argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        (void)fprintf(stderr, "gibbsflow: the result could not be written to the output\n");
        result = result == CLI_DONE ? CLI_FAILED : result;
    }
    return leave_ranks(result);
}
