/* One process, without ScaLAPACK. */
#include "base/block_cyclic.h"

#include "base/eigensystem.h"

#include <string.h>

int gf_block_cyclic_ranks(void) {
    return 1;
}

void gf_block_cyclic_open(int ranks, size_t size, size_t block, gf_block_cyclic *self) {
    (void)ranks;
    *self = (gf_block_cyclic){.size = size,
                              .block = block,
                              .rows = 1,
                              .columns = 1,
                              .local_rows = size,
                              .local_columns = size};
}

void gf_block_cyclic_close(gf_block_cyclic *self) {
    *self = (gf_block_cyclic){0};
}

int gf_block_cyclic_eigensystem_real(const gf_block_cyclic *self, double *matrix, double *energy,
                                     double *vectors) {
    size_t n = self->size;
    int info = gf_eigensystem_real('L', n, matrix, n, energy);
    memcpy(vectors, matrix, n * n * sizeof *vectors);
    return info;
}

int gf_block_cyclic_eigensystem_complex(const gf_block_cyclic *self, double complex *matrix,
                                        double *energy, double complex *vectors) {
    size_t n = self->size;
    int info = gf_eigensystem_complex('L', n, matrix, n, energy);
    memcpy(vectors, matrix, n * n * sizeof *vectors);
    return info;
}

void gf_block_cyclic_columns_real(const gf_block_cyclic *self, const double *matrix, size_t first,
                                  size_t width, size_t share, double *panel) {
    (void)share;
    memcpy(panel, matrix + first * self->size, width * self->size * sizeof *panel);
}

void gf_block_cyclic_columns_complex(const gf_block_cyclic *self, const double complex *matrix,
                                     size_t first, size_t width, size_t share,
                                     double complex *panel) {
    (void)share;
    memcpy(panel, matrix + first * self->size, width * self->size * sizeof *panel);
}
