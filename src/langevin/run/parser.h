/* What the sections of a run file are read with. */
#ifndef GIBBSFLOW_LANGEVIN_RUN_PARSER_H
#define GIBBSFLOW_LANGEVIN_RUN_PARSER_H

#include "input/arithmetic.h"
#include "input/document.h"
#include "langevin/run/run.h"

/* What parsing works with. */
typedef struct gf_run_parser {
    gf_document *document;
    gf_node *root;
    const char *name; /* of the file */
    const gf_settings *settings;
    bool *used; /* which settings were */
    gf_run *run;
    gf_error *error;
} gf_run_parser;

/* What a number must be. */
typedef enum gf_run_domain {
    GF_RUN_ANY,
    GF_RUN_NOT_NEGATIVE,
    GF_RUN_POSITIVE,
    GF_RUN_COUNT
} gf_run_domain;

/* The value of `--set name=...`, if there is one. */
bool gf_run_override(const gf_run_parser *p, const char *name, double *value);

gf_status gf_run_read_number(const gf_run_parser *p, const gf_node *node, const char *what,
                             double *value);

/* The number at `key` of `map`, or its override; `*value` stays where there is neither, unless
 * `required`. */
gf_status gf_run_take_number(const gf_run_parser *p, gf_node *map, const char *key,
                             gf_run_domain where, bool required, double *value);

/* A node, or the entry of `map` at `key` if there is one, as one of a NULL-terminated list of
 * words: its index. */
gf_status gf_run_read_word(const gf_run_parser *p, const gf_node *node, const char *key,
                           const char *const *words, size_t *index);
gf_status gf_run_take_word(const gf_run_parser *p, gf_node *map, const char *key,
                           const char *const *words, size_t *index);

/* The section `key` of the file, with its keys checked; NULL where it may be left out. */
gf_status gf_run_take_section(const gf_run_parser *p, const char *key, const char *const *known,
                              bool required, gf_node **section);

/* value / unit, which must be a whole number up to rounding. */
gf_status gf_run_divide(const gf_run_parser *p, const gf_node *node, const char *what, double value,
                        const char *of, double unit, uint64_t *quotient);

/* The section `name` whose keys are names of numbers, each of which is added to `settings`, but
 * those of the NULL-terminated list `own` (NULL: none). `what` such a key is, for messages. */
gf_status gf_run_take_names(const gf_run_parser *p, gf_node *map, const char *what,
                            const char *const *own, gf_settings *settings);

/* --- sections that are alike for all, in read.c, measure.c and sweep.c ------------------------ */

gf_status gf_run_take_row(const gf_run_parser *p); /* space: length, spacing, boundary */
gf_status
gf_run_take_reading(const gf_run_parser *p); /* force or coefficients: bare or renormalised */
gf_status gf_run_take_walls(const gf_run_parser *p);
gf_status gf_run_take_snapshots(const gf_run_parser *p);
gf_status gf_run_take_histogram(const gf_run_parser *p);
gf_status gf_run_take_correlations(const gf_run_parser *p);
gf_status gf_run_take_domains(const gf_run_parser *p);
gf_status gf_run_take_sweep(const gf_run_parser *p);

#endif
