/* What a command prints: text, or with --json the same values as JSON.
 *
 * A command says each value once, with its key, its units and how it looks as text. Without --json
 * keys are ignored; with it text is, and what comes out is one object that every JSON reader takes:
 * numbers with 17 digits, null for what is none (NaN, infinity), and at the end "units", which maps
 * the path of a key ("fixed_points.energy"; lists add nothing) to its units. */
#ifndef GIBBSFLOW_CLI_REPORT_H
#define GIBBSFLOW_CLI_REPORT_H

#include "cli/cli.h"
#include "gibbsflow/estimate.h"

#include <stdio.h>

enum { CLI_REPORT_DEPTH = 12 };

typedef struct cli_report {
    FILE *text, *json; /* the standard output, or what will be printed there; one of them is NULL */
    char *buffer;      /* of `json` */
    size_t size;
    char path[200]; /* of the object that is open: keys joined by dots */
    int depth;      /* objects and lists that are open, and how long `path` was before each */
    size_t parent[CLI_REPORT_DEPTH];
    bool first; /* nothing stands yet in the innermost object or list */
    struct cli_unit {
        char *path, *units;
    } * units;
    size_t unit_count;
    char energy_unit[80]; /* what {energy} stands for in units */
    bool failed;          /* out of memory */
} cli_report;

/* Opens a report, which names the command and its input. */
void cli_report_open(cli_report *self, const cli_options *options);

/* Prints the JSON unless `status` is a failure, and frees everything; returns `status`, or what
 * went wrong. */
gf_status cli_report_close(cli_report *self, gf_status status, gf_error *error);

/* What {energy} means in units: J until it is set. */
void cli_report_set_energy_unit(cli_report *self, const char *unit);

/* Name, unit of energy, which is set, sites, cell and boundary of a model; JSON alone. */
void cli_report_chain(cli_report *self, const gf_model *model);

/* Text alone. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void cli_report_text(cli_report *self, const char *format, ...);

/* A value: `key` in the object that is open (NULL: in a list). `units` is NULL for counts and the
 * like; {energy} in it stands for the unit of energy. `format` shows it as text: it has one
 * conversion, of a double or a string; NULL: not shown, or by cli_report_text. */
void cli_report_number(cli_report *self, const char *key, const char *units, double value,
                       const char *format);
void cli_report_string(cli_report *self, const char *key, const char *value, const char *format);
void cli_report_truth(cli_report *self, const char *key, bool value);

/* An object or a list, as a value; JSON alone. */
void cli_report_begin(cli_report *self, const char *key);
void cli_report_end(cli_report *self);
void cli_report_begin_list(cli_report *self, const char *key);
void cli_report_end_list(cli_report *self);

/* A list of numbers. */
void cli_report_numbers(cli_report *self, const char *key, const char *units, size_t count,
                        const double *values);

/* An average with its standard error (null where nothing varied: none is known then), number of
 * independent samples, drift, effect of the start and verdict; JSON alone. */
void cli_report_estimate(cli_report *self, const char *key, const char *units,
                         const gf_estimate *estimate);

#endif
