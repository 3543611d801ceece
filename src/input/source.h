/* A piece of text with the place it came from, so that messages can point at a character of it. */
#ifndef GIBBSFLOW_INPUT_SOURCE_H
#define GIBBSFLOW_INPUT_SOURCE_H

#include "gibbsflow/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* `line` and `column` count from 1; line 0: unknown (a command line), then `file` says what the
 * text is. Nothing is owned. */
typedef struct gf_source {
    const char *text;
    const char *file;
    int line, column;
    bool folded; /* over several lines: messages can only point at its start */
} gf_source;

/* Fails with a message "file:line:column: ..." that points `offset` characters into the source. */
#define gf_source_fail(source, offset, error, ...)                                                 \
    (gf_source_report((source), (offset), (error), __VA_ARGS__), GF_INVALID)

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void
gf_source_report(const gf_source *source, size_t offset, gf_error *error, const char *format, ...);

#if defined(__GNUC__)
__attribute__((format(printf, 4, 0)))
#endif
void
gf_source_vreport(const gf_source *source, size_t offset, gf_error *error, const char *format,
                  va_list arguments);

#endif
