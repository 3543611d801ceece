/* Values set on the command line in place of those of an input file. */
#ifndef GIBBSFLOW_SETTINGS_H
#define GIBBSFLOW_SETTINGS_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"

#include <stdbool.h>
#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* A named number. */
typedef struct gf_parameter {
    char *name;
    double value;
} gf_parameter;

/* How a chain is to end. */
typedef enum gf_closure { GF_CLOSURE_OF_FILE, GF_RING, GF_OPEN_CHAIN } gf_closure;

/* What overrides an input file: `--sites`, `--table`, `--set name=value`, and how: `--no-symmetry`.
 * Zeroed: nothing. */
typedef struct gf_settings {
    int sites; /* 0: as in the file */
    gf_closure closure;
    char *table; /* path of a force table; NULL: as in the file */
    gf_parameter *parameters;
    size_t count;
    struct gf_names *names; /* of the parameters, once gf_settings_set has been called */
    bool no_symmetry;       /* diagonalise whole magnetisation sectors */
    size_t distribute_from; /* all ranks together diagonalise blocks of so many states or more; 0:
                               those that do not fit into one, and where that is sooner done */
} gf_settings;

/* Later settings of a name replace earlier ones. `assignment` is "name=value". */
GF_API gf_status gf_settings_assign(gf_settings *self, const char *assignment, gf_error *error);
/* Assignments with white space between them, "J=1 gamma=0.9", as files keep them. */
GF_API gf_status gf_settings_assign_all(gf_settings *self, const char *assignments,
                                        gf_error *error);
GF_API gf_status gf_settings_set(gf_settings *self, const char *name, double value,
                                 gf_error *error);
GF_API void gf_settings_free(gf_settings *self);

GF_END_DECLARATIONS

#endif
