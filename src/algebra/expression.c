#include "algebra/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 200 };

typedef struct parser {
    const gf_source *source;
    const gf_parameter *parameters;
    size_t parameter_count;
    const char *at;
    int depth;
    int first, last;
    gf_error *error;
} parser;

void gf_source_report(const gf_source *source, size_t offset, gf_error *error, const char *format,
                      ...) {
    char message[800];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (source->line == 0) {
        gf_error_set(error, GF_INVALID, "%s: %s", source->file, message);
    } else {
        gf_error_set(error, GF_INVALID, "%s:%d:%d: %s", source->file, source->line,
                     source->column + (source->folded ? 0 : (int)offset), message);
    }
}

static gf_status fail_at(const parser *self, const char *where, const char *what) {
    return gf_source_fail(self->source, (size_t)(where - self->source->text), self->error,
                          "%s in '%.200s'", what, self->source->text);
}

static char peek(parser *self) {
    while (isspace((unsigned char)*self->at)) {
        ++self->at;
    }
    return *self->at;
}

static bool is_name_start(char c) {
    return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const char *text) {
    size_t length = 0;
    while (is_name_start(text[length]) || (length > 0 && isdigit((unsigned char)text[length]))) {
        ++length;
    }
    return length;
}

bool gf_expression_name_is_free(const char *name) {
    gf_operator unused = {0};
    size_t length = strlen(name);
    bool site_factor = gf_operator_site(name, length, 0, &unused);
    gf_operator_free(&unused);
    return length > 0 && name_length(name) == length && !site_factor && strcmp(name, "i") != 0;
}

static gf_status parse_sum(parser *self, gf_operator *result);

static gf_status parse_number(parser *self, gf_operator *result) {
    const char *start = self->at;
    size_t length = strspn(start, "0123456789.");
    if (start[length] == 'e' || start[length] == 'E') {
        size_t digits = length + 1 + (start[length + 1] == '+' || start[length + 1] == '-');
        if (isdigit((unsigned char)start[digits])) {
            length = digits + strspn(start + digits, "0123456789");
        }
    }
    char *end = NULL, *copy = strndup(start, length);
    if (copy == NULL) {
        return gf_fail_memory(self->error, "a number");
    }
    double value = strtod(copy, &end);
    bool valid = end == copy + length;
    free(copy);
    if (!valid) {
        return fail_at(self, start, "malformed number");
    }
    if (!isfinite(value)) {
        return fail_at(self, start, "number too large");
    }
    self->at = start + length;
    *result = gf_operator_scalar(value);
    return GF_OK;
}

static gf_status parse_site(parser *self, const char *name, size_t length, gf_operator *result) {
    ++self->at; /* [ */
    (void)peek(self);
    const char *digits = self->at;
    char *end = NULL;
    long index = strtol(digits, &end, 10);
    if (end == digits) {
        return fail_at(self, digits, "expected an integer site index");
    }
    if (index < -GF_TERM_ORIGIN || index >= GF_TERM_ORIGIN) {
        return fail_at(self, digits, "site index beyond the chain (indices run from -32 to 31)");
    }
    self->at = end;
    if (peek(self) != ']') {
        return fail_at(self, self->at, "expected ']'");
    }
    ++self->at;
    if (!gf_operator_site(name, length, (int)index + GF_TERM_ORIGIN, result)) {
        return fail_at(self, name, "unknown site factor (known: X Y Z Sp Sm Pu Pd I)");
    }
    self->first = (int)index < self->first ? (int)index : self->first;
    self->last = (int)index > self->last ? (int)index : self->last;
    return GF_OK;
}

static gf_status fail_unknown(const parser *self, const char *name, size_t length) {
    char known[400] = "";
    for (size_t i = 0; i < self->parameter_count; ++i) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof known - used, " %s", self->parameters[i].name);
    }
    return gf_source_fail(self->source, (size_t)(name - self->source->text), self->error,
                          "unknown name '%.*s' in '%.200s'; parameters:%s", (int)length, name,
                          self->source->text, self->parameter_count > 0 ? known : " none");
}

static gf_status parse_name(parser *self, gf_operator *result) {
    const char *name = self->at;
    size_t length = name_length(name);
    self->at += length;
    if (peek(self) == '[') {
        return parse_site(self, name, length, result);
    }
    for (size_t i = 0; i < self->parameter_count; ++i) {
        if (strlen(self->parameters[i].name) == length &&
            strncmp(self->parameters[i].name, name, length) == 0) {
            *result = gf_operator_scalar(self->parameters[i].value);
            return GF_OK;
        }
    }
    if (length == 1 && *name == 'i') {
        *result = gf_operator_scalar(I);
        return GF_OK;
    }
    gf_operator unused = {0};
    bool site_factor = gf_operator_site(name, length, 0, &unused);
    gf_operator_free(&unused);
    return site_factor ? fail_at(self, self->at, "expected '[' and a site index")
                       : fail_unknown(self, name, length);
}

static gf_status parse_factor(parser *self, gf_operator *result) {
    char c = peek(self);
    const char *start = self->at;
    if (++self->depth > MAX_DEPTH) {
        return fail_at(self, start, "nested too deeply");
    }
    gf_status status = GF_OK;
    if (c == '(') {
        ++self->at;
        status = parse_sum(self, result);
        if (status == GF_OK && peek(self) != ')') {
            status = fail_at(self, self->at, "expected ')'");
        }
        self->at += status == GF_OK;
    } else if (c == '+' || c == '-') {
        ++self->at;
        gf_operator factor = {0};
        status = parse_factor(self, &factor);
        *result = gf_operator_scaled(&factor, c == '-' ? -1 : 1);
        gf_operator_free(&factor);
    } else if (isdigit((unsigned char)c) || c == '.') {
        status = parse_number(self, result);
    } else if (is_name_start(c)) {
        status = parse_name(self, result);
    } else {
        status = fail_at(self, start, "expected a number, a name or '('");
    }
    --self->depth;
    return status;
}

static gf_status apply(parser *self, char operation, const char *where, gf_operator *left,
                       const gf_operator *right) {
    gf_operator result = {0};
    double complex divisor = 1;
    if (operation == '/') {
        if (!gf_operator_is_scalar(right, &divisor)) {
            return fail_at(self, where, "division by an operator");
        }
        if (divisor == 0) {
            return fail_at(self, where, "division by zero");
        }
        result = gf_operator_quotient(left, divisor);
    } else if (operation == '*') {
        result = gf_operator_product(left, right);
    } else {
        result = gf_operator_sum(left, operation == '-' ? -1 : 1, right);
    }
    gf_operator_free(left);
    *left = result;
    return result.exhausted ? fail_at(self, where, "too many terms") : GF_OK;
}

/* A chain of operands joined by either of two operations of equal precedence, left to right. */
static gf_status parse_chain(parser *self, const char *operations,
                             gf_status (*operand)(parser *, gf_operator *), gf_operator *result) {
    gf_status status = operand(self, result);
    while (status == GF_OK && peek(self) != '\0' && strchr(operations, *self->at) != NULL) {
        const char *where = self->at++;
        gf_operator right = {0};
        status = operand(self, &right);
        if (status == GF_OK) {
            status = apply(self, *where, where, result, &right);
        }
        gf_operator_free(&right);
    }
    return status;
}

static gf_status parse_product(parser *self, gf_operator *result) {
    return parse_chain(self, "*/", parse_factor, result);
}

static gf_status parse_sum(parser *self, gf_operator *result) {
    return parse_chain(self, "+-", parse_product, result);
}

gf_status gf_expression_parse(const gf_source *source, const gf_parameter *parameters,
                              size_t parameter_count, gf_term *term, gf_error *error) {
    parser self = {.source = source,
                   .parameters = parameters,
                   .parameter_count = parameter_count,
                   .at = source->text,
                   .first = GF_TERM_ORIGIN,
                   .last = -GF_TERM_ORIGIN - 1,
                   .error = error};
    gf_operator result = {0};
    gf_status status = parse_sum(&self, &result);
    if (status == GF_OK && peek(&self) != '\0') {
        status = fail_at(&self, self.at, "unexpected text");
    }
    if (status == GF_OK && result.exhausted) {
        status = fail_at(&self, source->text, "too many terms");
    }
    if (status == GF_OK && !gf_operator_is_finite(&result)) {
        status = fail_at(&self, source->text, "value is not finite");
    }
    if (status != GF_OK) {
        gf_operator_free(&result);
    }
    *term = (gf_term){.operator= result, .first = self.first, .last = self.last};
    return status;
}

gf_status gf_expression_number(const gf_source *source, const gf_parameter *parameters,
                               size_t parameter_count, double *value, gf_error *error) {
    gf_term term = {0};
    gf_status status = gf_expression_parse(source, parameters, parameter_count, &term, error);
    double complex number = 0;
    if (status == GF_OK &&
        (term.first <= term.last || !gf_operator_is_scalar(&term.operator, & number))) {
        status = gf_source_fail(source, 0, error, "expected a number, not the operator '%.200s'",
                                source->text);
    }
    if (status == GF_OK && cimag(number) != 0) {
        status = gf_source_fail(source, 0, error, "expected a real number, but '%.200s' is complex",
                                source->text);
    }
    *value = creal(number);
    gf_operator_free(&term.operator);
    return status;
}
