/* A square matrix that no process holds: its blocks go round the ranks of a job.
 *
 * The ranks form a grid of `rows` x `columns`. Block (i, j) of block x block elements lies on the
 * rank in row i mod rows and column j mod columns, which keeps its blocks side by side, in a
 * column-major array of local_rows x local_columns: the layout of ScaLAPACK (Users' Guide, 4.3).
 * ScaLAPACK serves several ranks of a program that is linked with it
 * (block_cyclic_scalapack.c); a process of its own is a grid of one, which LAPACK serves.
 *
 * Functions of a grid are called by all ranks together; the arrays come from
 * gf_workspace_alloc, with `local_rows` as stride. */
#ifndef GIBBSFLOW_BASE_BLOCK_CYCLIC_H
#define GIBBSFLOW_BASE_BLOCK_CYCLIC_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct gf_block_cyclic_engine gf_block_cyclic_engine;

typedef struct gf_block_cyclic {
    const gf_block_cyclic_engine *engine;
    size_t size;       /* rows and columns of the matrix */
    size_t block;      /* of them dealt out at a time */
    int rows, columns; /* of the grid */
    int row, column;   /* this rank's place; -1: it has none, and no elements */
    size_t local_rows, local_columns;
    int context, line; /* how BLACS calls the grid, and the same ranks in one row */
} gf_block_cyclic;

/* --- what a layout is, for any number of ranks ----------------------------------------------- */

/* Blocks of this size are large enough for products of matrices, and small enough to deal out
 * evenly. */
enum { GF_BLOCK_CYCLIC = 64 };

/* The grid for at most so many ranks: the one with most of them that is at most three times as wide
 * as high, and in which every row and column has a block. */
void gf_block_cyclic_grid(int ranks, size_t size, size_t block, int *rows, int *columns);

/* How many of `size` rows the ranks in row `place` of `places` have, or columns; and which one is
 * the `local`-th of them, or `from` in the array of whoever has it. */
size_t gf_block_cyclic_count(size_t size, size_t block, int place, int places);
static inline size_t gf_block_cyclic_global(size_t local, size_t block, int place, int places) {
    return (local / block * (size_t)places + (size_t)place) * block + local % block;
}
static inline size_t gf_block_cyclic_local(size_t from, size_t block, int places) {
    return from / block / (size_t)places * block + from % block;
}
static inline bool gf_block_cyclic_has(size_t from, size_t block, int place, int places) {
    return place >= 0 && from / block % (size_t)places == (size_t)place;
}

/* Bytes that the rank with most takes for a diagonalisation: matrix, vectors and workspace. */
double gf_block_cyclic_memory(size_t size, size_t block, int rows, int columns, bool is_real);
/* False if the workspace is more than what ScaLAPACK's 32-bit integers count. */
bool gf_block_cyclic_is_counted(size_t size, size_t block, int rows, int columns, bool is_real);

/* --- a grid ---------------------------------------------------------------------------------- */

/* The ranks that a grid can have: all of the job, or this process. */
int gf_block_cyclic_ranks(void);

/* A grid of at most so many ranks. The caller closes it. */
void gf_block_cyclic_open(int ranks, size_t size, size_t block, gf_block_cyclic *self);
void gf_block_cyclic_close(gf_block_cyclic *self);

/* All eigenvalues, increasing, to energy[size] of every rank of the grid, and the eigenvectors, as
 * columns, of a symmetric or Hermitian matrix of which the lower triangle is given and which is
 * overwritten. Returns 0, ScaLAPACK's info, or one of base/eigensystem.h. */
int gf_block_cyclic_eigensystem_real(const gf_block_cyclic *self, double *matrix, double *energy,
                                     double *vectors);
int gf_block_cyclic_eigensystem_complex(const gf_block_cyclic *self, double complex *matrix,
                                        double *energy, double complex *vectors);

/* Whole columns: `share` of them from first + share (columns row + column) on, to
 * panel[share][size] (of doubles, or of complex numbers) of each rank. Those from first + width on
 * are left out. */
void gf_block_cyclic_columns_real(const gf_block_cyclic *self, const double *matrix, size_t first,
                                  size_t width, size_t share, double *panel);
void gf_block_cyclic_columns_complex(const gf_block_cyclic *self, const double complex *matrix,
                                     size_t first, size_t width, size_t share,
                                     double complex *panel);

/* --- what does it ---------------------------------------------------------------------------- */

/* Functions as those above; `open` finds size, block, rows and columns in place. */
struct gf_block_cyclic_engine {
    void (*open)(gf_block_cyclic *self);
    void (*close)(gf_block_cyclic *self);
    int (*eigensystem_real)(const gf_block_cyclic *self, double *matrix, double *energy,
                            double *vectors);
    int (*eigensystem_complex)(const gf_block_cyclic *self, double complex *matrix, double *energy,
                               double complex *vectors);
    void (*columns_real)(const gf_block_cyclic *self, const double *matrix, size_t first,
                         size_t width, size_t share, double *panel);
    void (*columns_complex)(const gf_block_cyclic *self, const double complex *matrix, size_t first,
                            size_t width, size_t share, double complex *panel);
};

/* That of several ranks; NULL in programs without ScaLAPACK (block_cyclic_alone.c). */
const gf_block_cyclic_engine *gf_block_cyclic_scalapack(void);

#endif
