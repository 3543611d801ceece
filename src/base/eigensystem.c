#include "base/eigensystem.h"

#include "base/workspace.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* LAPACK may not return from a matrix that holds NaN. Looks at column `j` of the triangle. */
static bool column_is_number(char triangle, size_t n, size_t j, const double *column, size_t unit) {
    size_t begin = triangle == 'L' ? j : 0, end = triangle == 'L' ? n : j + 1;
    for (size_t i = begin * unit; i < end * unit; ++i) {
        if (isnan(column[i])) {
            return false;
        }
    }
    return true;
}

static bool is_number(char triangle, size_t n, const double *matrix, size_t length, size_t unit) {
    for (size_t j = 0; j < n; ++j) {
        if (!column_is_number(triangle, n, j, matrix + j * length * unit, unit)) {
            return false;
        }
    }
    return true;
}

int gf_eigensystem_real(char triangle, size_t n, double *matrix, size_t length, double *energy) {
    lapack_int order = (lapack_int)n, lda = (lapack_int)length, integers = 0;
    double wanted = 0;
    if (!is_number(triangle, n, matrix, length, 1)) {
        return GF_EIGEN_NOT_A_NUMBER;
    }
    int info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', triangle, order, matrix, lda, energy,
                                   &wanted, -1, &integers, -1);
    if (info != 0) {
        return info;
    }
    double *work = gf_workspace_alloc((size_t)wanted, n, sizeof *work);
    lapack_int *whole = malloc((size_t)integers * sizeof *whole);
    info = work == NULL || whole == NULL
               ? GF_EIGEN_NO_MEMORY
               : LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', triangle, order, matrix, lda, energy,
                                     work, (lapack_int)wanted, whole, integers);
    gf_workspace_free(work);
    free(whole);
    return info;
}

int gf_eigensystem_complex(char triangle, size_t n, double complex *matrix, size_t length,
                           double *energy) {
    lapack_int order = (lapack_int)n, lda = (lapack_int)length, integers = 0;
    double complex wanted = 0;
    double reals = 0;
    if (!is_number(triangle, n, (const double *)matrix, length, 2)) {
        return GF_EIGEN_NOT_A_NUMBER;
    }
    int info = LAPACKE_zheevd_work(LAPACK_COL_MAJOR, 'V', triangle, order, matrix, lda, energy,
                                   &wanted, -1, &reals, -1, &integers, -1);
    if (info != 0) {
        return info;
    }
    double complex *work = gf_workspace_alloc((size_t)creal(wanted), n, sizeof *work);
    double *real = gf_workspace_alloc((size_t)reals, n, sizeof *real);
    lapack_int *whole = malloc((size_t)integers * sizeof *whole);
    info = work == NULL || real == NULL || whole == NULL
               ? GF_EIGEN_NO_MEMORY
               : LAPACKE_zheevd_work(LAPACK_COL_MAJOR, 'V', triangle, order, matrix, lda, energy,
                                     work, (lapack_int)creal(wanted), real, (lapack_int)reals,
                                     whole, integers);
    gf_workspace_free(work);
    gf_workspace_free(real);
    free(whole);
    return info;
}

int gf_eigensystem_tridiagonal(size_t n, double *diagonal, double *off, double *states) {
    for (size_t k = 0; k < n; ++k) {
        if (isnan(diagonal[k]) || (k + 1 < n && isnan(off[k]))) {
            return GF_EIGEN_NOT_A_NUMBER;
        }
    }
    double *work = gf_workspace_alloc(2 * n, n, sizeof *work);
    int info = work == NULL ? GF_EIGEN_NO_MEMORY
                            : LAPACKE_dsteqr_work(LAPACK_COL_MAJOR, 'I', (lapack_int)n, diagonal,
                                                  off, states, (lapack_int)n, work);
    gf_workspace_free(work);
    return info;
}

int gf_eigensystem_single(size_t n, double *matrix, size_t index, double *energy, double *vector) {
    lapack_int order = (lapack_int)n, at = (lapack_int)index, found = 0, failed = 0;
    double wanted = 0;
    if (!is_number('U', n, matrix, n, 1)) {
        return GF_EIGEN_NOT_A_NUMBER;
    }
    int info =
        LAPACKE_dsyevx_work(LAPACK_COL_MAJOR, 'V', 'I', 'U', order, matrix, order, 0, 0, at, at, 0,
                            &found, energy, vector, order, &wanted, -1, NULL, &failed);
    if (info != 0) {
        return info;
    }
    double *energies = gf_workspace_alloc(n, n, sizeof *energies);
    double *work = gf_workspace_alloc((size_t)wanted, n, sizeof *work);
    lapack_int *whole = malloc(5 * n * sizeof *whole);
    info = energies == NULL || work == NULL || whole == NULL
               ? GF_EIGEN_NO_MEMORY
               : LAPACKE_dsyevx_work(LAPACK_COL_MAJOR, 'V', 'I', 'U', order, matrix, order, 0, 0,
                                     at, at, 0, &found, energies, vector, order, work,
                                     (lapack_int)wanted, whole, &failed);
    if (info == 0) {
        *energy = energies[0];
        info = found == 1 ? 0 : 1;
    }
    gf_workspace_free(energies);
    gf_workspace_free(work);
    free(whole);
    return info;
}
