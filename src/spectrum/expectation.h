/* Diagonal matrix elements of many operators in many eigenvectors. */
#ifndef GIBBSFLOW_SPECTRUM_EXPECTATION_H
#define GIBBSFLOW_SPECTRUM_EXPECTATION_H

#include "hilbert/elements.h"
#include "hilbert/orbits.h"

/* Square and column-major; one of the two is NULL. */
typedef struct gf_dense {
    size_t size;
    double *real;
    double complex *complex_;
} gf_dense;

/* Some eigenvectors, transposed: component s of them is row s of `columns`; one is NULL. */
typedef struct gf_vector_rows {
    size_t size, columns;
    const double *real;
    const double complex *complex_;
} gf_vector_rows;

/* values[k][n] = <n|operator k|n> of the eigenvectors in the columns of `vectors`, which are
 * overwritten; values must be zero before.
 *
 * With p_e = conj(v_row) v_column for every non-zero element e of any operator this is a matrix
 * product of the elements, [k][e], with p, [e][n]: most of the time goes into it, and is shared by
 * all operators. Uses all threads, unless called within a parallel region. */
gf_status gf_expectations(const gf_elements *operators, const gf_orbits *orbits, gf_dense *vectors,
                          double *values, gf_error *error);

/* The same for some of them: `values` of operator k begin at values[k * length]. */
gf_status gf_expectations_of_some(const gf_elements *operators, const gf_orbits *orbits,
                                  const gf_vector_rows *vectors, double *values, size_t length,
                                  gf_error *error);

/* Bytes of workspace. */
double gf_expectation_memory(size_t operators);

#endif
