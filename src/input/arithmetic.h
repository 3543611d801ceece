/* The arithmetic of input files: + - * / ^ ( ), numbers, i, pi, sqrt exp sin cos, named parameters,
 * and NAME[INDEX].
 *
 *   "J*(1-gamma)"                   a number
 *   "J^2/sqrt(2)*exp(-r/2)"         another
 *   "J*(X[0]*X[1] + Y[0]*Y[1])"     a number times objects of an algebra that the caller brings
 *
 * Powers bind more strongly than signs, -J^2 = -(J^2), and group to the right, 2^3^2 = 2^(3^2).
 * Objects have whole powers. The names pi, sqrt, exp, sin and cos are not reserved: a parameter of
 * that name comes first, where no parenthesis follows.
 *
 * The grammar computes with complex numbers itself. What NAME[INDEX] stands for, and what the
 * operations do to it, says a gf_algebra; without one there are only numbers. Errors point at
 * file:line:column. */
#ifndef GIBBSFLOW_INPUT_ARITHMETIC_H
#define GIBBSFLOW_INPUT_ARITHMETIC_H

#include "gibbsflow/settings.h"
#include "input/names.h"
#include "input/source.h"

#include <complex.h>

/* The names that may stand for NAME, in messages. */
#define GF_SITE_FACTORS "X Y Z Sp Sm Pu Pd I"

/* A number, or an object of an algebra (then not NULL, and owned). */
typedef struct gf_value {
    double complex number;
    void *object;
} gf_value;

/* Objects to compute with. Functions return NULL, or what is wrong: half a sentence. */
typedef struct gf_algebra {
    int lowest, highest; /* index of a site */
    void *context;       /* passed to site() */
    /* The object NAME[INDEX]; the name is not terminated. */
    const char *(*site)(void *context, const char *name, size_t length, int index, void **object);
    /* *left = *left operation *right, one of + - * /; at least one of them is an object. */
    const char *(*apply)(char operation, gf_value *left, const gf_value *right);
    void (*free)(void *object);
} gf_algebra;

/* What an expression may refer to. */
typedef struct gf_scope {
    const gf_parameter *parameters;
    size_t parameter_count;
    const gf_names *names; /* NULL, or the indices of parameters, and maybe of further names */
    bool *used; /* NULL, or [parameter_count]: set to true for every parameter that occurs */
} gf_scope;

/* The index of a parameter by the first `length` characters of its name; parameter_count if there
 * is none. */
size_t gf_scope_find(const gf_scope *scope, const char *name, size_t length);

/* The names of the parameters for a message, " J gamma" or " none", cut off at `size` bytes. */
void gf_scope_list(const gf_scope *scope, char *text, size_t size);

/* The value of an expression; numbers are finite. `algebra` NULL: numbers only. A failure leaves
 * nothing to free. */
gf_status gf_arithmetic_parse(const gf_source *source, const gf_scope *scope,
                              const gf_algebra *algebra, gf_value *value, gf_error *error);

/* An expression whose value must be a finite real number. `scope` NULL: no parameters. */
gf_status gf_arithmetic_number(const gf_source *source, const gf_scope *scope, double *value,
                               gf_error *error);

/* True if `name` can name a parameter: letters, digits and _, and no word that the language keeps
 * for itself (i and the site factors X Y Z Sp Sm Pu Pd I). */
bool gf_arithmetic_name_is_free(const char *name);

#endif
