#include "algebra/expression.h"

#include <stdlib.h>

/* The objects of the grammar are operators, each in memory of its own. */

static void free_object(void *object) {
    gf_operator_free(object);
    free(object);
}

/* Puts an operator, or none if it has too many terms, in the place of *value. */
static const char *replace(gf_value *value, gf_operator operator) {
    gf_operator *object = value->object != NULL ? value->object : calloc(1, sizeof *object);
    if (object == NULL) {
        gf_operator_free(&operator);
        return "too many terms";
    }
    gf_operator_free(object);
    *object = operator;
    *value = (gf_value){.object = object};
    return object->exhausted ? "too many terms" : NULL;
}

static const char *place_site(void *context, const char *name, size_t length, int index,
                              void **object) {
    gf_term *term = context; /* its extent so far */
    gf_operator factor = {0};
    gf_value value = {0};
    if (!gf_operator_site(name, length, index + GF_TERM_ORIGIN, &factor)) {
        return "unknown site factor (known: " GF_SITE_FACTORS ")";
    }
    const char *problem = replace(&value, factor);
    *object = value.object;
    term->first = index < term->first ? index : term->first;
    term->last = index > term->last ? index : term->last;
    return problem;
}

/* The operator of a value; *scalar holds that of a number, and is to be freed. */
static const gf_operator *as_operator(const gf_value *value, gf_operator *scalar) {
    *scalar = value->object == NULL ? gf_operator_scalar(value->number) : (gf_operator){0};
    return value->object != NULL ? value->object : scalar;
}

static const char *divide(const gf_operator *a, const gf_operator *b, gf_operator *result) {
    double complex divisor = 1;
    if (!gf_operator_is_scalar(b, &divisor)) {
        return "division by an operator";
    }
    if (divisor == 0) {
        return "division by zero";
    }
    *result = gf_operator_quotient(a, divisor);
    return NULL;
}

static const char *apply(char operation, gf_value *left, const gf_value *right) {
    gf_operator number[2], result = {0};
    const gf_operator *a = as_operator(left, &number[0]), *b = as_operator(right, &number[1]);
    const char *problem = NULL;
    if (operation == '/') {
        problem = divide(a, b, &result);
    } else if (operation == '*') {
        result = gf_operator_product(a, b);
    } else {
        result = gf_operator_sum(a, operation == '-' ? -1 : 1, b);
    }
    gf_operator_free(&number[0]);
    gf_operator_free(&number[1]);
    return problem == NULL ? replace(left, result) : problem;
}

gf_status gf_expression_parse(const gf_source *source, const gf_scope *scope, gf_term *term,
                              gf_error *error) {
    gf_value value;
    *term = (gf_term){.first = GF_TERM_ORIGIN, .last = -GF_TERM_ORIGIN - 1, .at = GF_EVERY_SITE};
    const gf_algebra operators = {.lowest = -GF_TERM_ORIGIN,
                                  .highest = GF_TERM_ORIGIN - 1,
                                  .context = term,
                                  .site = place_site,
                                  .apply = apply,
                                  .free = free_object};
    gf_status status = gf_arithmetic_parse(source, scope, &operators, &value, error);
    if (status != GF_OK) {
        return status;
    }
    gf_operator *object = value.object;
    term->operator= object != NULL ? *object : gf_operator_scalar(value.number);
    free(object); /* its terms live on */
    if (term->operator.exhausted || !gf_operator_is_finite(&term->operator)) {
        status = gf_source_fail(source, 0, error, "%s in '%.200s'",
                                term->operator.exhausted ? "too many terms" : "value is not finite",
                                source->text);
        gf_operator_free(&term->operator);
    }
    return status;
}
