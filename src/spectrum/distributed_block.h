/* A block that all ranks of a job diagonalise together, for what is too large for one of them.
 *
 * Each rank computes the elements of the Hamiltonian that are its own (base/block_cyclic.h), and
 * ScaLAPACK diagonalises. Eigenvectors come to the ranks as whole columns, some hundreds at a time,
 * so that each evaluates the observables of its own as expectation.h does; no rank ever has them
 * all. On the way every one of them is checked:
 *
 *  - the residual |H v - E v|, with the sparse H: work of order n^2;
 *  - completeness and orthogonality, V V' x = x for four random x (R. Freivalds' test of a matrix
 *    product, Proc. IFIP Congress 1977, 839): two vectors of overlap d leave a distance of about d
 *    sqrt(2/n) |x|, so that even one pair at 1e-9 is seen. */
#ifndef GIBBSFLOW_SPECTRUM_DISTRIBUTED_BLOCK_H
#define GIBBSFLOW_SPECTRUM_DISTRIBUTED_BLOCK_H

#include "base/block_cyclic.h"
#include "hilbert/orbits.h"
#include "spectrum/block.h"

/* As gf_block_solve; called by all ranks together, outside of tasks. At most `ranks` of them take
 * part, in layouts of `tile` x `tile` elements, usually GF_BLOCK_CYCLIC. A result that does not
 * pass the checks is an error. */
gf_status gf_distributed_block_solve(const gf_elements *hamiltonian, const gf_elements *observables,
                                     const gf_symmetry *symmetry, const gf_block *block, int ranks,
                                     size_t tile, gf_block_levels *sector, gf_error *error);

/* This rank's elements of the block's Hamiltonian, on and below the diagonal, into a matrix of
 * zeros, [grid->local_columns][grid->local_rows]; in a complex block of complex numbers. */
gf_status gf_distributed_block_generate(const gf_elements *hamiltonian, const gf_orbits *orbits,
                                        const gf_block_cyclic *grid, double *matrix,
                                        gf_error *error);

/* Bytes that a rank of so many takes at its peak. */
double gf_distributed_block_memory(const gf_symmetry *symmetry, const gf_block *block, int ranks,
                                   size_t tile, size_t observables);

#endif
