/* The arithmetic of model files: + - * / ( ), numbers, i, parameter names and site factors.
 *
 *   "J*(X[0]*X[1] + Y[0]*Y[1])"     an operator relative to a running site
 *   "J*(1-gamma)"                   a number: an operator without site factors
 *
 * Factors on one site multiply in written order. Errors point at file:line:column. */
#ifndef GIBBSFLOW_ALGEBRA_EXPRESSION_H
#define GIBBSFLOW_ALGEBRA_EXPRESSION_H

#include "algebra/chain.h"
#include "gibbsflow/error.h"
#include "gibbsflow/settings.h"

/* Text with the place it came from, for messages. `line` and `column` count from 1; line 0: unknown
 * (a command line), then `file` says what the text is. */
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

/* Indices must lie in [-GF_TERM_ORIGIN, GF_TERM_ORIGIN). The caller frees term->operator. */
gf_status gf_expression_parse(const gf_source *source, const gf_parameter *parameters,
                              size_t parameter_count, gf_term *term, gf_error *error);

/* An expression whose value must be a finite real number. */
gf_status gf_expression_number(const gf_source *source, const gf_parameter *parameters,
                               size_t parameter_count, double *value, gf_error *error);

/* True if `name` can name a parameter: letters, digits and _, and none of the names in use. */
bool gf_expression_name_is_free(const char *name);

#endif
