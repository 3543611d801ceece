/* What the sections of a run file are read with. */
#ifndef GIBBSFLOW_LANGEVIN_RUN_RUN_PARSER_H
#define GIBBSFLOW_LANGEVIN_RUN_RUN_PARSER_H

#include "gibbsflow/run.h"
#include "input/arithmetic.h"
#include "input/document.h"

/* What parsing needs at hand. */
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

/* --- sections, in run_measure.c and run_sweep.c ---------------------------------------------- */

gf_status gf_run_take_walls(const gf_run_parser *p);
gf_status gf_run_take_snapshots(const gf_run_parser *p);
gf_status gf_run_take_histogram(const gf_run_parser *p);
gf_status gf_run_take_sweep(const gf_run_parser *p);

/* --- of the hydrodynamics, in run_hydrodynamics.c -------------------------------------------- */

/* epsilon, diffusion or onsager, parameters of the model. */
gf_status gf_run_take_transport(const gf_run_parser *p);
gf_status gf_run_take_scales(const gf_run_parser *p); /* of the noise; the force */
gf_status gf_run_take_density(const gf_run_parser *p, gf_node *initial);
/* The table, once everything else is known. */
gf_status gf_run_take_medium(const gf_run_parser *p);
/* Fails where a profile has nothing to start from. */
gf_status gf_run_check_start(const gf_run *self, gf_profile profile, gf_error *error);

#endif
