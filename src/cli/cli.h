/* What the commands of the program share. */
#ifndef GIBBSFLOW_CLI_CLI_H
#define GIBBSFLOW_CLI_CLI_H

#include "gibbsflow/error.h"
#include "gibbsflow/progress.h"
#include "model/model.h"
#include "spectrum/spectrum.h"

#include <popt.h>
#include <signal.h>
#include <stdbool.h>

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_WRONG_USAGE = 2, CLI_GO_ON = -1 };

/* A command: `gibbsflow NAME [options] ARGUMENTS`. */
typedef struct cli_command {
    const char *name, *arguments, *summary;
    const char *help;     /* what it does: paragraphs that --help prints before the options */
    const char *examples; /* and command lines that it prints after them */
    int takes;            /* what its file may be: CLI_RUN_TEXT ... */
    int (*run)(const struct cli_command *command, int argc, const char **argv);
} cli_command;

/* All commands, NULL-terminated. */
extern const cli_command *const cli_commands[];

/* What a file is, or holds. */
enum {
    CLI_MODEL_TEXT = 1,
    CLI_RUN_TEXT = 2,
    CLI_SPECTRUM = 4,
    CLI_TABLE = 8,
    CLI_SCAN = 16,
    CLI_LADDER = 32,
    CLI_RUN = 64,
    CLI_INSTANTON = 128,
    CLI_PHASE = 256,
    CLI_BLOCKS = 512, /* a diagonalisation under way */
    CLI_RATES = 1024,
    CLI_TRANSPORT = 2048,
    CLI_TRAJECTORIES = 4096,
    CLI_FOREIGN = 8192, /* HDF5, but nothing of these */
    CLI_HAMILTONIAN = CLI_MODEL_TEXT | CLI_SPECTRUM
};

extern const cli_command cli_operators, cli_spectrum, cli_forces, cli_fixed_points, cli_langevin,
    cli_instanton, cli_rates, cli_trajectories, cli_transport, cli_walls, cli_figure, cli_info,
    cli_converge, cli_export;

/* The options that every command has, and what it was called with. */
typedef struct cli_options {
    const cli_command *command;
    char *output; /* -o */
    int threads, quiet, force, json;
    double progress;            /* seconds between lines of progress in a log */
    gf_settings settings;       /* --set, --sites, --no-symmetry */
    bool has_method;            /* --method was given */
    gf_method method;           /* if so */
    long samples, seed;         /* 0; -1: as in the model */
    char *input;                /* the one file; NULL if none was given */
    char **names;               /* what follows it, NULL-terminated, or NULL (CLI_NAMES) */
    char *checkpoint;           /* where an unfinished diagonalisation is kept; NULL: nowhere */
    double checkpoint_interval; /* seconds */
    char *line;                 /* the command line, for the record */
    poptContext context;        /* while parsing */
} cli_options;

/* Which of the shared options a command takes. */
enum {
    CLI_OUTPUT = 1,
    CLI_SET = 2,
    CLI_SITES = 4,
    CLI_MODEL = CLI_SET | CLI_SITES,
    CLI_INPUT_OPTIONAL = 8,
    CLI_SYMMETRY = 16,
    CLI_METHOD = 32,
    CLI_FORCE = 64,
    CLI_JSON = 128,
    CLI_NAMES = 256, /* the file may be followed by names of what is in it */
    CLI_RESULT = CLI_OUTPUT | CLI_FORCE,
    CLI_DIAGONALIZES = CLI_MODEL | CLI_SYMMETRY | CLI_METHOD
};

/* Parses the command line; `own` are further popt options, or NULL. Returns CLI_GO_ON, or the exit
 * status if there is nothing left to do. Call cli_close in any case. */
int cli_open(cli_options *options, const cli_command *command, int flags, struct poptOption *own,
             int argc, const char **argv);
void cli_close(cli_options *options);

/* Reports wrong usage, or a failure, and returns the exit status. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int cli_usage(const cli_options *options, const char *format, ...);

/* How many finite numbers, 1 to `most`, with a separator between them, a text consists of; 0 if
 * it is something else. */
size_t cli_parse_numbers(const char *text, char separator, size_t most, double *values);
size_t cli_parse_integers(const char *text, char separator, size_t most, int *values);
int cli_fail(const cli_options *options, const gf_error *error);

/* A message on the error stream, unless --quiet. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void cli_say(const cli_options *options, const char *format, ...);

/* Checks that -o was given, has one of the endings (NULL-terminated, or NULL for any) and can be
 * written, before the work starts. */
int cli_check_output(const cli_options *options, const char *const *endings);

/* Fails, naming what the input is and which commands take it, if it is a file that gibbsflow knows
 * but none of `takes`. */
gf_status cli_expect(const cli_options *options, int takes, gf_error *error);

bool cli_is_run(const char *path); /* a run file */

/* Fails if writing the output, which will hold `writes`, would cost another kind of result, unless
 * --force was given. */
gf_status cli_spare_output(const cli_options *options, int writes, gf_error *error);

/* Has an interruption (Ctrl-C) remove the unfinished version of the file `path`; for two files. */
void cli_watch_output(const char *path);

/* Instead, from here on an interruption means: make a checkpoint, then go. Returns what it sets. */
const volatile sig_atomic_t *cli_watch_interruption(void);

/* For long work that keeps what is finished: as long as the checkpoint is heeded an interruption
 * brings it up to date and then ends the program, and a second one ends it at once, like any before
 * and after. */
void cli_watch_checkpoint(gf_checkpoint *checkpoint);

/* Has an interruption say that what is finished ("blocks") is kept in the file or folder `path`, if
 * it is there. */
void cli_announce_kept(const char *what, const char *path);
/* Has it say that nothing is. */
void cli_announce_nothing_kept(void);

/* "42 s", "3 min 05 s", "2 h 10 min" */
void cli_format_duration(double seconds, char *text, size_t size);

/* A bar with the time left on a terminal, else a line now and then. */
typedef struct cli_progress {
    gf_progress progress;
    const char *label;
    double first, start, shown;
    double every; /* seconds between lines */
    bool visible, terminal, drawn;
} cli_progress;

void cli_progress_start(cli_progress *self, const cli_options *options, const char *label);
void cli_progress_end(cli_progress *self);

/* The model and its spectrum, from a model file (diagonalised now) or from an HDF5 file. The caller
 * frees both; after a failure they are NULL. */
gf_status cli_load_spectrum(const cli_options *options, gf_model **model, gf_spectrum **spectrum,
                            gf_error *error);
/* The spectrum of a model that was read from a model file. The caller frees it; after a failure it
 * is NULL. */
gf_status cli_diagonalize(const cli_options *options, const gf_model *model, gf_spectrum **spectrum,
                          gf_error *error);
/* Says what much work will take, if it is more than a few seconds. */
void cli_say_cost(const cli_options *options, const gf_model *model, const gf_spectrum_cost *cost);
/* The model alone. */
gf_status cli_load_model(const cli_options *options, gf_model **model, gf_error *error);

#endif
