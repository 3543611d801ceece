#include "input/arithmetic.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 200, MAX_QUOTE = 100, MAX_WHOLE_POWER = 1000, MAX_OBJECT_POWER = 64 };

static const double PI = 3.14159265358979323846;

typedef struct parser {
    const gf_source *source;
    const gf_scope *scope;
    const gf_algebra *algebra; /* or NULL */
    const char *at;
    int depth;
    gf_error *error;
} parser;

static gf_status fail_at(const parser *self, const char *where, const char *what) {
    return gf_source_fail(self->source, (size_t)(where - self->source->text), self->error,
                          "%s in '%.200s'", what, self->source->text);
}

static void free_value(const parser *self, gf_value *value) {
    if (value->object != NULL) {
        self->algebra->free(value->object);
    }
    *value = (gf_value){0};
}

static char peek(parser *self) {
    while (isspace((unsigned char)*self->at)) {
        ++self->at;
    }
    return *self->at;
}

/* --- names ----------------------------------------------------------------------------------- */

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

static bool is_word(const char *word, const char *name, size_t length) {
    return strlen(word) == length && strncmp(word, name, length) == 0;
}

static bool is_site_factor(const char *name, size_t length) {
    static const char *const factors[] = {"X", "Y", "Z", "Sp", "Sm", "Pu", "Pd", "I"};
    bool found = false;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; ++i) {
        found = found || is_word(factors[i], name, length);
    }
    return found;
}

bool gf_arithmetic_name_is_free(const char *name) {
    size_t length = strlen(name);
    return length > 0 && name_length(name) == length && !is_site_factor(name, length) &&
           strcmp(name, "i") != 0;
}

void gf_scope_list(const gf_scope *scope, char *text, size_t size) {
    (void)snprintf(text, size, "%s", scope->parameter_count > 0 ? "" : " none");
    size_t used = 0;
    for (size_t i = 0; i < scope->parameter_count && used + 1 < size; ++i) {
        used += (size_t)snprintf(text + used, size - used, " %s", scope->parameters[i].name);
    }
}

size_t gf_scope_find(const gf_scope *scope, const char *name, size_t length) {
    size_t i = 0;
    if (scope->names != NULL) {
        i = gf_names_find(scope->names, name, length);
        return i < scope->parameter_count ? i : scope->parameter_count;
    }
    while (i < scope->parameter_count && !is_word(scope->parameters[i].name, name, length)) {
        ++i;
    }
    return i;
}

/* --- the grammar ----------------------------------------------------------------------------- */

static gf_status parse_factor(parser *self, gf_value *result);
static gf_status parse_sum(parser *self, gf_value *result);
static gf_status parse_parenthesis(parser *self, gf_value *result);

static gf_status parse_number(parser *self, gf_value *result) {
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
    result->number = value;
    return GF_OK;
}

static gf_status parse_site(parser *self, const char *name, size_t length, gf_value *result) {
    ++self->at; /* [ */
    (void)peek(self);
    const gf_algebra *algebra = self->algebra;
    const char *digits = self->at;
    char *end = NULL;
    long index = strtol(digits, &end, 10);
    if (end == digits) {
        return fail_at(self, digits, "expected an integer site index");
    }
    self->at = end;
    if (algebra != NULL && (index < algebra->lowest || index > algebra->highest)) {
        char what[100];
        (void)snprintf(what, sizeof what, "site index beyond the chain (indices run from %d to %d)",
                       algebra->lowest, algebra->highest);
        return fail_at(self, digits, what);
    }
    if (peek(self) != ']') {
        return fail_at(self, self->at, "expected ']'");
    }
    ++self->at;
    if (algebra == NULL) {
        return gf_source_fail(self->source, 0, self->error,
                              "expected a number, not the operator '%.200s'", self->source->text);
    }
    const char *problem =
        algebra->site(algebra->context, name, length, (int)index, &result->object);
    return problem == NULL ? GF_OK : fail_at(self, name, problem);
}

static gf_status fail_unknown(const parser *self, const char *name, size_t length) {
    char known[400];
    gf_scope_list(self->scope, known, sizeof known);
    return gf_source_fail(
        self->source, (size_t)(name - self->source->text), self->error,
        "unknown name '%.*s' in '%.200s'; parameters:%s%s",
        (int)(length < MAX_QUOTE ? length : MAX_QUOTE), name, self->source->text, known,
        self->algebra != NULL ? "; site factors: " GF_SITE_FACTORS ", each with a site, as in X[0]"
                              : "; arithmetic has + - * / ^ ( ), numbers, i, pi, sqrt exp sin cos");
}

/* What an argument beyond a turn leaves of a zero of sin or cos is rounding. */
static double without_rounding(double value, double argument) {
    return fabs(argument) > 1 && fabs(value) <= 2 * DBL_EPSILON * fabs(argument) ? 0 : value;
}

static double complex cosine(double complex z) {
    return cimag(z) == 0 ? without_rounding(cos(creal(z)), creal(z)) : ccos(z);
}

static double complex sine(double complex z) {
    return cimag(z) == 0 ? without_rounding(sin(creal(z)), creal(z)) : csin(z);
}

static double complex exponential(double complex z) {
    double size = exp(creal(z)), turn = cimag(z);
    return turn == 0 ? size
                     : CMPLX(size * without_rounding(cos(turn), turn),
                             size * without_rounding(sin(turn), turn));
}

/* Real where it can be, with i as the root of -1. */
static double complex square_root(double complex z) {
    return cimag(z) != 0 ? csqrt(z) : creal(z) >= 0 ? sqrt(creal(z)) : CMPLX(0, sqrt(-creal(z)));
}

static const struct {
    const char *name;
    double complex (*of)(double complex);
} functions[] = {{"sqrt", square_root}, {"exp", exponential}, {"sin", sine}, {"cos", cosine}};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* NAME(ARGUMENT), from the parenthesis on. */
static gf_status parse_call(parser *self, const char *name, size_t length, gf_value *result) {
    size_t f = 0;
    while (f < FUNCTIONS && !is_word(functions[f].name, name, length)) {
        ++f;
    }
    if (is_site_factor(name, length)) {
        return fail_at(self, self->at, "expected '[' and a site index");
    }
    if (f == FUNCTIONS) {
        return gf_source_fail(self->source, (size_t)(name - self->source->text), self->error,
                              "'%.*s' is no function in '%.200s'; there are sqrt exp sin cos, and "
                              "products are written with *",
                              (int)(length < MAX_QUOTE ? length : MAX_QUOTE), name,
                              self->source->text);
    }
    gf_status status = parse_parenthesis(self, result);
    if (status == GF_OK && result->object != NULL) {
        status = fail_at(self, name, "a function of an operator");
    }
    if (status == GF_OK) {
        result->number = functions[f].of(result->number);
    }
    return status;
}

static gf_status parse_name(parser *self, gf_value *result) {
    const gf_scope *scope = self->scope;
    const char *name = self->at;
    size_t length = name_length(name);
    self->at += length;
    if (peek(self) == '[') {
        return parse_site(self, name, length, result);
    }
    if (*self->at == '(') {
        return parse_call(self, name, length, result);
    }
    size_t i = gf_scope_find(scope, name, length);
    if (i < scope->parameter_count) {
        result->number = scope->parameters[i].value;
        if (scope->used != NULL) {
            scope->used[i] = true;
        }
        return GF_OK;
    }
    if (is_word("i", name, length) || is_word("pi", name, length)) {
        result->number = length == 1 ? I : PI;
        return GF_OK;
    }
    return is_site_factor(name, length) ? fail_at(self, self->at, "expected '[' and a site index")
                                        : fail_unknown(self, name, length);
}

/* a + factor b, where what cancels down to rounding is zero: 1 - 0.9 - 0.1 is. */
static double complex sum_of(double complex a, double complex factor, double complex b) {
    double complex term = factor * b, sum = a + term;
    double magnitude = cabs(a) + cabs(term);
    bool cancels = cabs(sum) <= 16 * DBL_EPSILON * magnitude && !isinf(magnitude);
    return cancels ? 0 : sum;
}

static const char *apply_to_numbers(char operation, gf_value *left, const gf_value *right) {
    if (operation == '/' && right->number == 0) {
        return "division by zero";
    }
    if (operation == '/') {
        left->number /= right->number;
    } else if (operation == '*') {
        left->number *= right->number;
    } else {
        left->number = sum_of(left->number, operation == '-' ? -1 : 1, right->number);
    }
    return NULL;
}

/* *left = *left operation *right; `where` is the place of the operation. */
static gf_status apply(const parser *self, char operation, const char *where, gf_value *left,
                       const gf_value *right) {
    bool numbers = left->object == NULL && right->object == NULL;
    const char *problem = numbers ? apply_to_numbers(operation, left, right)
                                  : self->algebra->apply(operation, left, right);
    return problem == NULL ? GF_OK : fail_at(self, where, problem);
}

static gf_status parse_signed(parser *self, gf_value *result) {
    const char *sign = self->at++;
    gf_value factor = {0};
    gf_status status = parse_factor(self, &factor);
    if (status == GF_OK) {
        result->number = *sign == '-' ? -1 : 1;
        status = apply(self, '*', sign, result, &factor);
    }
    free_value(self, &factor);
    return status;
}

static gf_status parse_parenthesis(parser *self, gf_value *result) {
    ++self->at; /* ( */
    gf_status status = parse_sum(self, result);
    if (status == GF_OK && peek(self) != ')') {
        return fail_at(self, self->at, "expected ')'");
    }
    self->at += status == GF_OK;
    return status;
}

static gf_status parse_primary(parser *self, gf_value *result) {
    char c = peek(self);
    return c == '('                                ? parse_parenthesis(self, result)
           : isdigit((unsigned char)c) || c == '.' ? parse_number(self, result)
           : is_name_start(c)
               ? parse_name(self, result)
               : fail_at(self, self->at,
                         c == '*' ? "expected a number, a name or '('; powers are written with ^"
                                  : "expected a number, a name or '('");
}

/* Whether a number is a whole one small enough to multiply by; and which. */
static bool is_whole(double complex number, int *whole) {
    double value = creal(number);
    bool is = cimag(number) == 0 && fabs(value) <= MAX_WHOLE_POWER && value == floor(value);
    *whole = is ? (int)value : 0;
    return is;
}

/* Whole powers of complex numbers are products, so that i^2 is -1. */
static const char *raise_number(gf_value *base, double complex exponent) {
    double complex b = base->number, product = 1;
    int whole = 0;
    if (b == 0 && creal(exponent) < 0) {
        return "division by zero";
    }
    if (cimag(b) == 0 && cimag(exponent) == 0) {
        base->number = pow(creal(b), creal(exponent));
        return isnan(creal(base->number)) ? "a negative number to a power that is not whole" : NULL;
    }
    if (!is_whole(exponent, &whole)) {
        base->number = cpow(b, exponent);
        return NULL;
    }
    for (int k = 0; k < abs(whole); ++k) {
        product *= b;
    }
    base->number = whole < 0 ? 1 / product : product;
    return NULL;
}

/* *base = *base ^ *exponent; of an object by repeated multiplication. */
static gf_status raise(const parser *self, const char *where, gf_value *base,
                       const gf_value *exponent) {
    int whole = 0;
    gf_value product = {.number = 1};
    if (exponent->object != NULL) {
        return fail_at(self, where, "an operator in an exponent");
    }
    if (base->object == NULL) {
        const char *problem = raise_number(base, exponent->number);
        return problem == NULL ? GF_OK : fail_at(self, where, problem);
    }
    if (!is_whole(exponent->number, &whole) || whole < 0 || whole > MAX_OBJECT_POWER) {
        return fail_at(self, where, "operators have whole powers from 0 to 64 alone");
    }
    gf_status status = GF_OK;
    for (int k = 0; k < whole && status == GF_OK; ++k) {
        status = apply(self, '*', where, &product, base);
    }
    free_value(self, base);
    *base = product;
    return status;
}

static gf_status parse_power(parser *self, gf_value *result) {
    gf_status status = parse_primary(self, result);
    if (status == GF_OK && peek(self) == '^') {
        const char *where = self->at++;
        gf_value exponent = {0};
        status = parse_factor(self, &exponent);
        if (status == GF_OK) {
            status = raise(self, where, result, &exponent);
        }
        free_value(self, &exponent);
    }
    return status;
}

static gf_status parse_factor(parser *self, gf_value *result) {
    char c = peek(self);
    const char *start = self->at;
    if (++self->depth > MAX_DEPTH) {
        return fail_at(self, start, "nested too deeply");
    }
    gf_status status =
        c == '+' || c == '-' ? parse_signed(self, result) : parse_power(self, result);
    --self->depth;
    return status;
}

/* A chain of operands joined by either of two operations of equal precedence, left to right. */
static gf_status parse_chain(parser *self, const char *operations,
                             gf_status (*operand)(parser *, gf_value *), gf_value *result) {
    gf_status status = operand(self, result);
    while (status == GF_OK && peek(self) != '\0' && strchr(operations, *self->at) != NULL) {
        const char *where = self->at++;
        gf_value right = {0};
        status = operand(self, &right);
        if (status == GF_OK) {
            status = apply(self, *where, where, result, &right);
        }
        free_value(self, &right);
    }
    return status;
}

static gf_status parse_product(parser *self, gf_value *result) {
    return parse_chain(self, "*/", parse_factor, result);
}

static gf_status parse_sum(parser *self, gf_value *result) {
    return parse_chain(self, "+-", parse_product, result);
}

/* --- the whole ------------------------------------------------------------------------------- */

gf_status gf_arithmetic_parse(const gf_source *source, const gf_scope *scope,
                              const gf_algebra *algebra, gf_value *value, gf_error *error) {
    static const gf_scope empty = {0};
    parser self = {.source = source,
                   .scope = scope != NULL ? scope : &empty,
                   .algebra = algebra,
                   .at = source->text,
                   .error = error};
    *value = (gf_value){0};
    gf_status status = parse_sum(&self, value);
    if (status == GF_OK && peek(&self) != '\0') {
        status = fail_at(&self, self.at, "unexpected text; expected + - * / ^ or the end");
    }
    bool finite = isfinite(creal(value->number)) && isfinite(cimag(value->number));
    if (status == GF_OK && value->object == NULL && !finite) {
        status = fail_at(&self, source->text, "value is not finite");
    }
    if (status != GF_OK) {
        free_value(&self, value);
    }
    return status;
}

gf_status gf_arithmetic_number(const gf_source *source, const gf_scope *scope, double *value,
                               gf_error *error) {
    gf_value result;
    gf_status status = gf_arithmetic_parse(source, scope, NULL, &result, error);
    if (status == GF_OK && cimag(result.number) != 0) {
        status = gf_source_fail(source, 0, error, "expected a real number, but '%.200s' is complex",
                                source->text);
    }
    *value = creal(result.number) + 0.0; /* no -0 */
    return status;
}
