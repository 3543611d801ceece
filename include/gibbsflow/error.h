/* How functions report failure.
 *
 * Every function that can fail returns a gf_status and takes a `gf_error *` last. On failure the
 * error, unless NULL, holds one message: what went wrong, where (file:line:column for input) and
 * what to do. The library never prints and never exits. */
#ifndef GIBBSFLOW_ERROR_H
#define GIBBSFLOW_ERROR_H

#include "gibbsflow/api.h"

GF_BEGIN_DECLARATIONS

typedef enum gf_status {
    GF_OK = 0,
    GF_INVALID,       /* the input is wrong: model, file content, argument */
    GF_NO_MEMORY,     /* memory ran out, or would run out */
    GF_IO,            /* a file or a program could not be read, written or run */
    GF_NO_CONVERGENCE /* a numerical method did not reach its tolerance */
} gf_status;

typedef struct gf_error {
    gf_status status;
    char message[1024];
} gf_error;

/* Fills `error` (may be NULL). */
GF_API GF_PRINTF(3, 4) void gf_error_set(gf_error *error, gf_status status, const char *format,
                                         ...);

/* Fills `error` (may be NULL) and is `status`: return gf_fail(error, GF_IO, "%s: ...", path);
 * A macro, so that readers and static analysis see which value a failure returns. */
#define gf_fail(error, status, ...)                                                                \
    (gf_error_set((error), (status), __VA_ARGS__), (gf_status)(status))

/* The usual failure when memory for `what` could not be had. */
#define gf_fail_memory(error, what)                                                                \
    gf_fail(error, GF_NO_MEMORY, "out of memory for %s; try a smaller problem", what)

GF_END_DECLARATIONS

#endif
