/* Eigenvalues and eigenvectors from LAPACK, in arrays with slack (see workspace.h).
 *
 * Matrices are column-major, their columns `length` elements apart, and come from
 * gf_workspace_alloc. Each function returns 0, LAPACK's info, or one of these: */
#ifndef GIBBSFLOW_BASE_EIGENSYSTEM_H
#define GIBBSFLOW_BASE_EIGENSYSTEM_H

#include <complex.h>
#include <stddef.h>

enum { GF_EIGEN_NO_MEMORY = -1010, GF_EIGEN_NOT_A_NUMBER = -1 };

/* All pairs of a symmetric or Hermitian matrix of which the `triangle` 'L' or 'U' is given, by
 * divide and conquer. Energies rise; the vectors replace the matrix, as columns. */
int gf_eigensystem_real(char triangle, size_t n, double *matrix, size_t length, double *energy);
int gf_eigensystem_complex(char triangle, size_t n, double complex *matrix, size_t length,
                           double *energy);

/* All pairs of a tridiagonal matrix: `diagonal` becomes the energies, off[n] is overwritten,
 * states[n][n] receives the vectors. */
int gf_eigensystem_tridiagonal(size_t n, double *diagonal, double *off, double *states);

/* The pair `index` = 1 ... n, counted from below, of the symmetric matrix [n][n], which is
 * overwritten. */
int gf_eigensystem_single(size_t n, double *matrix, size_t index, double *energy, double *vector);

#endif
