/* One block of the Hamiltonian, diagonalised: energies and diagonal matrix elements.
 *
 * The Hamiltonian of the block is built as a dense matrix and diagonalised by LAPACK's divide and
 * conquer (dsyevd, or zheevd if it is complex). Of the eigenvectors only the diagonal elements
 * <n|O|n> of the observables are kept. Levels closer than rounding are merged into one family, with
 * the mean of their elements: the trace over a degenerate subspace does not depend on how the
 * solver happens to rotate it. */
#ifndef GIBBSFLOW_SPECTRUM_BLOCK_H
#define GIBBSFLOW_SPECTRUM_BLOCK_H

#include "base/bytes.h"
#include "hilbert/elements.h"
#include "hilbert/symmetry.h"
#include "spectrum/expectation.h"

typedef struct gf_block_levels {
    size_t size;        /* states */
    size_t levels;      /* families of degenerate states */
    size_t rows;        /* observables */
    double *energy;     /* [levels], increasing */
    double *degeneracy; /* [levels], within the block */
    double *observable; /* [rows][levels]: mean of <n|O|n> over the family */
} gf_block_levels;

/* Workspace sizes of LAPACK are 32-bit integers of order 2 n^2: states of a block that a process
 * diagonalises on its own. */
enum { GF_BLOCK_LARGEST = 32000 };

/* `hamiltonian` holds one operator, `observables` any number of Hermitian ones. All must commute
 * with the elements of the symmetry that keep the block (see gf_symmetry_average). The caller frees
 * the sector; after a failure it is empty. */
gf_status gf_block_solve(const gf_elements *hamiltonian, const gf_elements *observables,
                         const gf_symmetry *symmetry, const gf_block *block,
                         gf_block_levels *sector, gf_error *error);
/* Energies [orbits->size], increasing, and eigenvectors of a block, as columns over its symmetric
 * basis: real in a real block. The caller frees the vectors with gf_workspace_free; after a failure
 * there are none. */
gf_status gf_block_diagonalize(const gf_elements *hamiltonian, const gf_orbits *orbits,
                               gf_dense *vectors, double *energy, gf_error *error);

/* For those who solve blocks: room for self->size levels of self->rows observables, all zero; then,
 * with energies in order, their families. */
gf_status gf_block_levels_create(gf_block_levels *self, gf_error *error);
void gf_block_levels_merge(gf_block_levels *self, const gf_elements *hamiltonian);

void gf_block_levels_free(gf_block_levels *self);
/* Into bytes, or out of them in place of what there is. */
void gf_block_levels_carry(gf_block_levels *self, gf_bytes *bytes);

/* Bytes that gf_block_solve needs at its peak. */
double gf_block_memory(const gf_symmetry *symmetry, const gf_block *block, size_t observables);

/* What diagonalising a block costs, in units of a real one of a single state. */
double gf_block_work(const gf_block *block);

/* Merges levels closer than `tolerance` to the first of their family, in place. Each of the `rows`
 * of values[rows][levels] becomes its mean over the family. Returns the new number of levels; the
 * rows are then that many apart. */
size_t gf_block_merge(size_t levels, double tolerance, double *energy, double *degeneracy,
                      size_t rows, double *values);

#endif
