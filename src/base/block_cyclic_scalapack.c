/* The ranks of an MPI job as a grid of ScaLAPACK. */
#include "base/block_cyclic.h"

#include "base/eigensystem.h"
#include "base/ranks.h"
#include "base/workspace.h"

#include <math.h>
#include <stdlib.h>

#ifdef GIBBSFLOW_ELPA
#include <elpa/elpa.h>
#include <mpi.h>
#endif

/* Debian has no headers of BLACS and ScaLAPACK. */
void Cblacs_get(int context, int what, int *value);
void Cblacs_gridmap(int *context, const int *ranks, int length, int rows, int columns);
void Cblacs_gridexit(int context);
void pdsyevd_(const char *job, const char *triangle, const int *n, double *a, const int *ia,
              const int *ja, const int *desc_a, double *w, double *z, const int *iz, const int *jz,
              const int *desc_z, double *work, const int *lwork, int *iwork, const int *liwork,
              int *info);
void pzheevd_(const char *job, const char *triangle, const int *n, double complex *a, const int *ia,
              const int *ja, const int *desc_a, double *w, double complex *z, const int *iz,
              const int *jz, const int *desc_z, double complex *work, const int *lwork,
              double *rwork, const int *lrwork, int *iwork, const int *liwork, int *info);
void Cpdgemr2d(int m, int n, const double *a, int ia, int ja, const int *desc_a, double *b, int ib,
               int jb, const int *desc_b, int context);
void Cpzgemr2d(int m, int n, const double complex *a, int ia, int ja, const int *desc_a,
               double complex *b, int ib, int jb, const int *desc_b, int context);

/* --- the grid -------------------------------------------------------------------------------- */

/* The first rows x columns ranks, row by row. */
static int make_context(int rows, int columns) {
    int context = -1, *ranks = malloc((size_t)rows * (size_t)columns * sizeof *ranks);
    if (ranks == NULL) {
        gf_ranks_abort(EXIT_FAILURE);
        return -1;
    }
    for (int k = 0; k < rows * columns; ++k) {
        ranks[k % columns * rows + k / columns] = k;
    }
    Cblacs_get(-1, 0, &context);
    Cblacs_gridmap(&context, ranks, rows, rows, columns);
    free(ranks);
    return context;
}

static void open_grid(gf_block_cyclic *self) {
    int rank = gf_ranks_rank();
    self->row = self->column = -1;
    self->context = make_context(self->rows, self->columns);
    self->line = make_context(1, self->rows * self->columns);
    if (rank < self->rows * self->columns) {
        self->row = rank / self->columns;
        self->column = rank % self->columns;
        self->local_rows = gf_block_cyclic_count(self->size, self->block, self->row, self->rows);
        self->local_columns =
            gf_block_cyclic_count(self->size, self->block, self->column, self->columns);
    }
}

static void close_grid(gf_block_cyclic *self) {
    if (self->row >= 0) {
        Cblacs_gridexit(self->line);
        Cblacs_gridexit(self->context);
    }
}

enum { DESCRIPTOR = 9 };

static void describe(const gf_block_cyclic *self, int descriptor[DESCRIPTOR]) {
    int n = (int)self->size, nb = (int)self->block;
    int length = self->local_rows > 0 ? (int)self->local_rows : 1;
    const int values[DESCRIPTOR] = {1, self->context, n, n, nb, nb, 0, 0, length};
    for (int k = 0; k < DESCRIPTOR; ++k) {
        descriptor[k] = values[k];
    }
}

/* --- diagonalising --------------------------------------------------------------------------- */

/* ScaLAPACK may not return from a matrix that holds NaN. */
static bool is_number(const gf_block_cyclic *self, const double *matrix, size_t unit) {
    size_t count = self->local_rows * self->local_columns * unit;
    double found = 0;
    for (size_t i = 0; i < count; ++i) {
        found = isnan(matrix[i]) ? 1 : found;
    }
    return gf_ranks_least(-found) >= 0;
}

#ifndef GIBBSFLOW_ELPA
static const int one = 1, query = -1;

/* The query of pdsyevd forgets what its back transformation, pdormtr, takes: blocks of size below
 * some of `block` then come back without it, and without an error (ScaLAPACK 2.2.1). */
static double back_transformation(const gf_block_cyclic *self) {
    double nb = (double)self->block;
    return 4 * (double)self->size +
           nb * ((double)self->local_rows + (double)self->local_columns + 3 * nb);
}

static int syevd(const gf_block_cyclic *self, double *matrix, double *energy, double *vectors) {
    int n = (int)self->size, info = 0, integers = 0, descriptor[DESCRIPTOR];
    double wanted = 0;
    describe(self, descriptor);
    pdsyevd_("V", "L", &n, matrix, &one, &one, descriptor, energy, vectors, &one, &one, descriptor,
             &wanted, &query, &integers, &query, &info);
    if (info != 0) {
        return info;
    }
    int reals = (int)(wanted + back_transformation(self));
    double *work = gf_workspace_alloc((size_t)reals, self->size, sizeof *work);
    int *whole = malloc((size_t)integers * sizeof *whole);
    if (work == NULL || whole == NULL) {
        info = GF_EIGEN_NO_MEMORY;
    } else {
        pdsyevd_("V", "L", &n, matrix, &one, &one, descriptor, energy, vectors, &one, &one,
                 descriptor, work, &reals, whole, &integers, &info);
    }
    gf_workspace_free(work);
    free(whole);
    return info;
}

static int heevd(const gf_block_cyclic *self, double complex *matrix, double *energy,
                 double complex *vectors) {
    int n = (int)self->size, info = 0, integers = 0, descriptor[DESCRIPTOR];
    double complex wanted = 0;
    double wanted_reals = 0;
    describe(self, descriptor);
    pzheevd_("V", "L", &n, matrix, &one, &one, descriptor, energy, vectors, &one, &one, descriptor,
             &wanted, &query, &wanted_reals, &query, &integers, &query, &info);
    if (info != 0) {
        return info;
    }
    int complexes = (int)creal(wanted), reals = (int)wanted_reals;
    double complex *work = gf_workspace_alloc((size_t)complexes, self->size, sizeof *work);
    double *real = gf_workspace_alloc((size_t)reals, self->size, sizeof *real);
    int *whole = malloc((size_t)integers * sizeof *whole);
    if (work == NULL || real == NULL || whole == NULL) {
        info = GF_EIGEN_NO_MEMORY;
    } else {
        pzheevd_("V", "L", &n, matrix, &one, &one, descriptor, energy, vectors, &one, &one,
                 descriptor, work, &complexes, real, &reals, whole, &integers, &info);
    }
    gf_workspace_free(work);
    gf_workspace_free(real);
    free(whole);
    return info;
}
#else
void pdtran_(const int *m, const int *n, const double *alpha, const double *a, const int *ia,
             const int *ja, const int *desc_a, const double *beta, double *c, const int *ic,
             const int *jc, const int *desc_c);
void pztranc_(const int *m, const int *n, const double complex *alpha, const double complex *a,
              const int *ia, const int *ja, const int *desc_a, const double complex *beta,
              double complex *c, const int *ic, const int *jc, const int *desc_c);
static const int one = 1;

static bool is_upper(const gf_block_cyclic *self, size_t local_row, size_t local_column) {
    return gf_block_cyclic_global(local_row, self->block, self->row, self->rows) <
           gf_block_cyclic_global(local_column, self->block, self->column, self->columns);
}

/* ELPA reads both triangles. */
static void complete(const gf_block_cyclic *self, const double *transpose, size_t unit,
                     double *matrix) {
    for (size_t c = 0; c < self->local_columns; ++c) {
        for (size_t r = 0; r < self->local_rows; ++r) {
            size_t at = unit * (c * self->local_rows + r);
            for (size_t k = 0; k < unit && is_upper(self, r, c); ++k) {
                matrix[at + k] = transpose[at + k];
            }
        }
    }
}

static elpa_t open_elpa(const gf_block_cyclic *self, int *error) {
    MPI_Comm grid = MPI_COMM_NULL;
    MPI_Group world, members;
    int n = (int)self->size, ranks = self->rows * self->columns;
    int range[1][3] = {{0, ranks - 1, 1}};
    *error = elpa_init(20211125);
    if (*error != ELPA_OK) {
        return NULL;
    }
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_range_incl(world, 1, range, &members);
    MPI_Comm_create_group(MPI_COMM_WORLD, members, 0, &grid);
    MPI_Group_free(&world);
    MPI_Group_free(&members);
    const struct {
        const char *name;
        int value;
    } settings[] = {{"na", n},
                    {"nev", n},
                    {"nblk", (int)self->block},
                    {"local_nrows", (int)self->local_rows},
                    {"local_ncols", (int)self->local_columns},
                    {"process_row", self->row},
                    {"process_col", self->column},
                    {"mpi_comm_parent", (int)MPI_Comm_c2f(grid)}};
    elpa_t handle = elpa_allocate(error);
    for (size_t k = 0; k < sizeof settings / sizeof *settings && *error == ELPA_OK; ++k) {
        elpa_set_integer(handle, settings[k].name, settings[k].value, error);
    }
    if (*error == ELPA_OK) {
        *error = elpa_setup(handle);
    }
    return handle;
}

static void close_elpa(elpa_t handle) {
    int ignored = 0;
    if (handle != NULL) {
        elpa_deallocate(handle, &ignored);
    }
    elpa_uninit(&ignored);
}

static int syevd(const gf_block_cyclic *self, double *matrix, double *energy, double *vectors) {
    int n = (int)self->size, error = ELPA_OK, descriptor[DESCRIPTOR];
    const double once = 1, nothing = 0;
    describe(self, descriptor);
    pdtran_(&n, &n, &once, matrix, &one, &one, descriptor, &nothing, vectors, &one, &one,
            descriptor);
    complete(self, vectors, 1, matrix);
    elpa_t handle = open_elpa(self, &error);
    if (error == ELPA_OK) {
        elpa_eigenvectors(handle, matrix, energy, vectors, &error);
    }
    close_elpa(handle);
    return error;
}

static int heevd(const gf_block_cyclic *self, double complex *matrix, double *energy,
                 double complex *vectors) {
    int n = (int)self->size, error = ELPA_OK, descriptor[DESCRIPTOR];
    const double complex once = 1, nothing = 0;
    describe(self, descriptor);
    pztranc_(&n, &n, &once, matrix, &one, &one, descriptor, &nothing, vectors, &one, &one,
             descriptor);
    complete(self, (const double *)vectors, 2, (double *)matrix);
    elpa_t handle = open_elpa(self, &error);
    if (error == ELPA_OK) {
        elpa_eigenvectors(handle, matrix, energy, vectors, &error);
    }
    close_elpa(handle);
    return error;
}
#endif

static int solve_real(const gf_block_cyclic *self, double *matrix, double *energy,
                      double *vectors) {
    if (!is_number(self, matrix, 1)) {
        return GF_EIGEN_NOT_A_NUMBER;
    }
    return self->row >= 0 ? syevd(self, matrix, energy, vectors) : 0;
}

static int solve_complex(const gf_block_cyclic *self, double complex *matrix, double *energy,
                         double complex *vectors) {
    if (!is_number(self, (const double *)matrix, 2)) {
        return GF_EIGEN_NOT_A_NUMBER;
    }
    return self->row >= 0 ? heevd(self, matrix, energy, vectors) : 0;
}

/* --- whole columns --------------------------------------------------------------------------- */

static void describe_panel(const gf_block_cyclic *self, size_t width, size_t share,
                           int descriptor[DESCRIPTOR]) {
    int n = (int)self->size;
    const int values[DESCRIPTOR] = {1, self->line, n, (int)width, n, (int)share, 0, 0, n};
    for (int k = 0; k < DESCRIPTOR; ++k) {
        descriptor[k] = values[k];
    }
}

static void columns_real(const gf_block_cyclic *self, const double *matrix, size_t first,
                         size_t width, size_t share, double *panel) {
    int from[DESCRIPTOR], to[DESCRIPTOR];
    describe(self, from);
    describe_panel(self, width, share, to);
    if (self->row >= 0) {
        Cpdgemr2d((int)self->size, (int)width, matrix, 1, (int)first + 1, from, panel, 1, 1, to,
                  self->line);
    }
}

static void columns_complex(const gf_block_cyclic *self, const double complex *matrix, size_t first,
                            size_t width, size_t share, double complex *panel) {
    int from[DESCRIPTOR], to[DESCRIPTOR];
    describe(self, from);
    describe_panel(self, width, share, to);
    if (self->row >= 0) {
        Cpzgemr2d((int)self->size, (int)width, matrix, 1, (int)first + 1, from, panel, 1, 1, to,
                  self->line);
    }
}

const gf_block_cyclic_engine *gf_block_cyclic_scalapack(void) {
    static const gf_block_cyclic_engine ranks = {.open = open_grid,
                                                 .close = close_grid,
                                                 .eigensystem_real = solve_real,
                                                 .eigensystem_complex = solve_complex,
                                                 .columns_real = columns_real,
                                                 .columns_complex = columns_complex};
    return &ranks;
}
