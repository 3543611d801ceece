/* The fits of wall densities that Lange & Rosch print: n a = A x^{1/4} exp(-c/sqrt(x)), x the
 * coupling, at gamma = 0.875. */
#ifndef GIBBSFLOW_LANGEVIN_MEASURE_PAPER_FIT_H
#define GIBBSFLOW_LANGEVIN_MEASURE_PAPER_FIT_H

#include <stdbool.h>

typedef struct gf_paper_fit {
    double amplitude, exponent; /* A, c */
    double from, to;            /* the range of x */
    const char *figure, *text;  /* where, and with what errors */
} gf_paper_fit;

extern const gf_paper_fit gf_paper_fit_both_noises, gf_paper_fit_drive_alone;

/* The one for a run of the order-parameter equation with or without conserved noise; NULL at
 * another gamma, or none (NaN). */
const gf_paper_fit *gf_paper_fit_find(double gamma, bool conserved_noise);
double gf_paper_fit_value(const gf_paper_fit *self, double x); /* n a */

#endif
