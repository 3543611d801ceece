/* One magnetisation sector, diagonalised: energies and diagonal matrix elements.
 *
 * The Hamiltonian of the sector is built as a dense matrix and diagonalised by LAPACK's divide and
 * conquer (dsyevd, or zheevd if it is complex). Of the eigenvectors only the diagonal elements
 * <n|O|n> of the observables are kept. Levels closer than rounding are merged into one family, with
 * the mean of their elements: the trace over a degenerate subspace does not depend on how the
 * solver happens to rotate it. */
#ifndef GIBBSFLOW_SECTOR_H
#define GIBBSFLOW_SECTOR_H

#include "gibbsflow/error.h"
#include "gibbsflow/operator.h"

/* Matrix elements of several operators, prepared for lookup; shared by all sectors. */
typedef struct gf_elements gf_elements;

/* The operators must be Hermitian; terms that change the magnetisation are left out. */
gf_status gf_elements_create(const gf_operator *operators, size_t count, gf_elements **elements,
                             gf_error *error);
void gf_elements_free(gf_elements *self);

typedef struct gf_sector {
    int sites, up;
    size_t size;        /* states: binomial(sites, up) */
    size_t levels;      /* families of degenerate states */
    double *energy;     /* [levels], increasing */
    double *degeneracy; /* [levels] */
    double *observable; /* [count][levels]: mean of <n|O|n> over the family */
} gf_sector;

/* `hamiltonian` holds one operator, `observables` any number. The caller frees the sector. */
gf_status gf_sector_solve(const gf_elements *hamiltonian, const gf_elements *observables, int sites,
                          int up, gf_sector *sector, gf_error *error);
void gf_sector_free(gf_sector *self);

/* Bytes that gf_sector_solve needs at its peak for a sector of `size` states. */
double gf_sector_memory(size_t size, size_t observables, bool is_complex);

/* Merges levels closer than `tolerance` to the first of their family, in place. Each of the `rows`
 * of values[rows][levels] becomes its mean over the family. Returns the new number of levels; the
 * rows are then that many apart. */
size_t gf_sector_merge(size_t levels, double tolerance, double *energy, double *degeneracy,
                       size_t rows, double *values);

#endif
