/* A dense block by all ranks of a job against LAPACK in one process: the diagonalisation alone, of
 * a matrix without structure.
 *
 * Usage: [mpirun -n RANKS] bench_blocks STATES [REPETITIONS] [TILE] [complex] */
#include "base/block_cyclic.h"
#include "base/eigensystem.h"
#include "base/machine.h"
#include "base/ranks.h"
#include "base/workspace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double processor_seconds(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double element(size_t i, size_t j) {
    return sin((double)(i * i + 3 * i * j + j + 1));
}

/* Fills this rank's lower triangle. */
static void fill(const gf_block_cyclic *grid, bool is_complex, double *matrix) {
    for (size_t c = 0; c < grid->local_columns; ++c) {
        size_t j = gf_block_cyclic_global(c, grid->block, grid->column, grid->columns);
        for (size_t r = 0; r < grid->local_rows; ++r) {
            size_t i = gf_block_cyclic_global(r, grid->block, grid->row, grid->rows);
            size_t at = c * grid->local_rows + r;
            if (is_complex) {
                matrix[2 * at] = i >= j ? element(i, j) : 0;
                matrix[2 * at + 1] = i > j ? element(j, i) : 0;
            } else {
                matrix[at] = i >= j ? element(i, j) : 0;
            }
        }
    }
}

static void run(size_t n, size_t tile, bool is_complex) {
    gf_block_cyclic grid;
    size_t unit = is_complex ? 2 : 1;
    double *energy = gf_workspace_alloc(n, 1, sizeof *energy);
    gf_block_cyclic_open(gf_block_cyclic_ranks(), n, tile, &grid);
    double *matrix =
        gf_workspace_matrix(grid.local_rows + 1, grid.local_columns + 1, unit * sizeof *matrix);
    double *vectors =
        gf_workspace_matrix(grid.local_rows + 1, grid.local_columns + 1, unit * sizeof *vectors);
    (void)gf_machine_set_blas_threads(gf_machine_threads());
    fill(&grid, is_complex, matrix);
    gf_ranks_meet();
    double start = gf_machine_clock(), processor = processor_seconds();
    int info = is_complex ? gf_block_cyclic_eigensystem_complex(&grid, (double complex *)matrix,
                                                                energy, (double complex *)vectors)
                          : gf_block_cyclic_eigensystem_real(&grid, matrix, energy, vectors);
    gf_ranks_meet();
    double seconds[2] = {gf_machine_clock() - start, processor_seconds() - processor};
    gf_ranks_sum(seconds, 2);
    if (gf_ranks_rank() == 0) {
        printf(
            "%zu states, %s, grid %d x %d, tile %zu, %d threads each: %.3f s, processors %.3f s, "
            "%.3g ns per n^3 (info %d)\n",
            n, is_complex ? "complex" : "real", grid.rows, grid.columns, tile, gf_machine_threads(),
            seconds[0] / gf_ranks_count(), seconds[1],
            1e9 * seconds[1] / ((double)n * (double)n * (double)n), info);
        (void)fflush(stdout);
    }
    gf_workspace_free(matrix);
    gf_workspace_free(vectors);
    gf_workspace_free(energy);
    gf_block_cyclic_close(&grid);
}

int main(int argc, char **argv) {
    gf_ranks_begin();
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    int repetitions = argc > 2 ? atoi(argv[2]) : 3;
    size_t tile = argc > 3 ? strtoul(argv[3], NULL, 10) : GF_BLOCK_CYCLIC;
    for (int k = 0; k < repetitions && n > 0 && tile > 0; ++k) {
        run(n, tile, argc > 4 && strcmp(argv[4], "complex") == 0);
    }
    return gf_ranks_end(-1) ? EXIT_SUCCESS : EXIT_FAILURE;
}
