/* Fits of wall densities against the coupling x: n = (A x^p + B x^q) exp(-c/sqrt(x)). */
#ifndef GIBBSFLOW_WALL_FIT_H
#define GIBBSFLOW_WALL_FIT_H

#include "gibbsflow/api.h"
#include "gibbsflow/error.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* The forms of Lange & Rosch: x^{1/4}, no power, and x^{1/4} with x^{3/4}. */
typedef enum gf_wall_form { GF_WALL_QUARTER, GF_WALL_PLAIN, GF_WALL_TWO_TERMS } gf_wall_form;
enum { GF_WALL_FORMS = 3 };

typedef struct gf_wall_fit {
    gf_wall_form form;
    double value[3], error[3]; /* A, c and B; B and its error are 0 where the form has none */
    double chi_square;
    size_t points, freedom; /* fitted points, less parameters */
    double from, to;        /* the fitted range of x */
} gf_wall_fit;

GF_API const char *gf_wall_form_text(gf_wall_form form);

/* Least squares weighted with the standard errors, over from <= x <= to. Points without density or
 * error are left out. Errors are enlarged by sqrt(chi^2/freedom) where that exceeds 1. Fails if
 * fewer points than parameters are left, or the iteration does not converge. */
GF_API gf_status gf_wall_fit_make(gf_wall_form form, size_t count, const double *x,
                                  const double *density, const double *error_of, double from,
                                  double to, gf_wall_fit *fit, gf_error *error);
GF_API double gf_wall_fit_value(const gf_wall_fit *fit, double x);

GF_END_DECLARATIONS

#endif
