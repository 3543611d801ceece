/* Matrices over the charges, m[i][k]: closed forms for the two that there are (charge.h). A common
 * factor, however large or small, changes nothing. */
#ifndef GIBBSFLOW_BASE_MATRIX_H
#define GIBBSFLOW_BASE_MATRIX_H

#include "gibbsflow/charge.h"

#include <stdbool.h>

/* The full matrix of a packed symmetric one. */
void gf_matrix_unpack(const double packed[GF_PAIRS], double m[GF_CHARGES][GF_CHARGES]);

/* The plain product, which does overflow. */
double gf_matrix_determinant(double m[GF_CHARGES][GF_CHARGES]);

/* True if the determinant is smaller than its terms by this factor, or is no number. */
bool gf_matrix_is_singular(double m[GF_CHARGES][GF_CHARGES], double tolerance);

/* x = m^-1 b; x may be b. False if m is singular to rounding. */
bool gf_matrix_solve(double m[GF_CHARGES][GF_CHARGES], const double b[GF_CHARGES],
                     double x[GF_CHARGES]);

/* The inverse of a symmetric matrix, both packed. False if it is singular. */
bool gf_matrix_invert(const double packed[GF_PAIRS], double inverse[GF_PAIRS]);

/* product = a b; it is neither of them. */
void gf_matrix_multiply(double a[GF_CHARGES][GF_CHARGES], double b[GF_CHARGES][GF_CHARGES],
                        double product[GF_CHARGES][GF_CHARGES]);

/* image = a s a^T; it is neither of them. */
void gf_matrix_transform(double a[GF_CHARGES][GF_CHARGES], double s[GF_CHARGES][GF_CHARGES],
                         double image[GF_CHARGES][GF_CHARGES]);

/* The square root whose eigenvalues have positive real parts; root may be m. False if m has a
 * vanishing or negative determinant, or no such root. */
bool gf_matrix_root(double m[GF_CHARGES][GF_CHARGES], double root[GF_CHARGES][GF_CHARGES]);

/* Real and imaginary part of each, smaller real part first; of a complex pair the one below the
 * real axis. */
void gf_matrix_eigenvalues(double m[GF_CHARGES][GF_CHARGES], double value[GF_CHARGES][2]);

/* The largest modulus of the eigenvalues of m[GF_CHARGES * GF_CHARGES], row by row. */
double gf_matrix_radius(const double *m);

#endif
