#include "base/block_cyclic.h"

#include "base/eigensystem.h"
#include "base/ranks.h"

#include <limits.h>
#include <string.h>

/* --- layout ---------------------------------------------------------------------------------- */

void gf_block_cyclic_grid(int ranks, size_t size, size_t block, int *rows, int *columns) {
    enum { WIDEST = 3 };
    size_t blocks = (size + block - 1) / block;
    *rows = *columns = 1;
    for (int high = 1; high * high <= ranks && (size_t)high <= blocks; ++high) {
        int wide = ranks / high < WIDEST * high ? ranks / high : WIDEST * high;
        wide = (size_t)wide < blocks ? wide : (int)blocks;
        if (high * wide >= *rows * *columns) { /* of as many ranks, the one closer to a square */
            *rows = high;
            *columns = wide;
        }
    }
}

size_t gf_block_cyclic_count(size_t size, size_t block, int place, int places) {
    size_t whole = size / block, at = (size_t)place, all = (size_t)places;
    size_t count = whole / all * block;
    if (at < whole % all) {
        count += block;
    } else if (at == whole % all) {
        count += size % block;
    }
    return count;
}

/* Elements of the real workspace of pdsyevd and of pzheevd, after their sources. */
static double real_workspace(double n, double high, double wide, double nb, bool is_real) {
    return is_real ? 1 + 12 * n + 2 * high * wide + nb * (high + wide + 4 * nb)
                   : 1 + 9 * n + 3 * high * wide;
}

double gf_block_cyclic_memory(size_t size, size_t block, int rows, int columns, bool is_real) {
    double high = (double)gf_block_cyclic_count(size, block, 0, rows);
    double wide = (double)gf_block_cyclic_count(size, block, 0, columns);
    double n = (double)size, nb = (double)block;
    double complexes = is_real ? 0 : n + (high + wide + nb) * nb;
    return sizeof(double) * ((is_real ? 2 : 4) * high * wide + 2 * complexes +
                             real_workspace(n, high, wide, nb, is_real));
}

bool gf_block_cyclic_is_counted(size_t size, size_t block, int rows, int columns, bool is_real) {
    double high = (double)gf_block_cyclic_count(size, block, 0, rows);
    double wide = (double)gf_block_cyclic_count(size, block, 0, columns);
    return real_workspace((double)size, high, wide, (double)block, is_real) < INT_MAX;
}

/* --- one process, by LAPACK ------------------------------------------------------------------ */

static void open_alone(gf_block_cyclic *self) {
    self->local_rows = self->local_columns = self->size;
}

static void close_alone(gf_block_cyclic *self) {
    (void)self;
}

static int solve_real(const gf_block_cyclic *self, double *matrix, double *energy,
                      double *vectors) {
    size_t n = self->size;
    int info = gf_eigensystem_real('L', n, matrix, n, energy);
    memcpy(vectors, matrix, n * n * sizeof *vectors);
    return info;
}

static int solve_complex(const gf_block_cyclic *self, double complex *matrix, double *energy,
                         double complex *vectors) {
    size_t n = self->size;
    int info = gf_eigensystem_complex('L', n, matrix, n, energy);
    memcpy(vectors, matrix, n * n * sizeof *vectors);
    return info;
}

static void copy_real(const gf_block_cyclic *self, const double *matrix, size_t first, size_t width,
                      size_t share, double *panel) {
    (void)share;
    memcpy(panel, matrix + first * self->size, width * self->size * sizeof *panel);
}

static void copy_complex(const gf_block_cyclic *self, const double complex *matrix, size_t first,
                         size_t width, size_t share, double complex *panel) {
    (void)share;
    memcpy(panel, matrix + first * self->size, width * self->size * sizeof *panel);
}

static const gf_block_cyclic_engine alone = {.open = open_alone,
                                             .close = close_alone,
                                             .eigensystem_real = solve_real,
                                             .eigensystem_complex = solve_complex,
                                             .columns_real = copy_real,
                                             .columns_complex = copy_complex};

/* --- a grid ---------------------------------------------------------------------------------- */

int gf_block_cyclic_ranks(void) {
    return gf_block_cyclic_scalapack() != NULL ? gf_ranks_count() : 1;
}

void gf_block_cyclic_open(int ranks, size_t size, size_t block, gf_block_cyclic *self) {
    int most = gf_block_cyclic_ranks();
    *self = (gf_block_cyclic){
        .engine = most > 1 ? gf_block_cyclic_scalapack() : &alone, .size = size, .block = block};
    gf_block_cyclic_grid(ranks < most ? ranks : most, size, block, &self->rows, &self->columns);
    self->engine->open(self);
}

void gf_block_cyclic_close(gf_block_cyclic *self) {
    self->engine->close(self);
    *self = (gf_block_cyclic){0};
}

int gf_block_cyclic_eigensystem_real(const gf_block_cyclic *self, double *matrix, double *energy,
                                     double *vectors) {
    return self->engine->eigensystem_real(self, matrix, energy, vectors);
}

int gf_block_cyclic_eigensystem_complex(const gf_block_cyclic *self, double complex *matrix,
                                        double *energy, double complex *vectors) {
    return self->engine->eigensystem_complex(self, matrix, energy, vectors);
}

void gf_block_cyclic_columns_real(const gf_block_cyclic *self, const double *matrix, size_t first,
                                  size_t width, size_t share, double *panel) {
    self->engine->columns_real(self, matrix, first, width, share, panel);
}

void gf_block_cyclic_columns_complex(const gf_block_cyclic *self, const double complex *matrix,
                                     size_t first, size_t width, size_t share,
                                     double complex *panel) {
    self->engine->columns_complex(self, matrix, first, width, share, panel);
}
