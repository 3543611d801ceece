#include "spectrum/distributed_block.h"

#include "base/eigensystem.h"
#include "base/machine.h"
#include "base/random.h"
#include "base/ranks.h"
#include "base/workspace.h"
#include "spectrum/expectation.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Columns that a rank looks at, at a time: enough to go through the operators seldom. */
enum { SHARE = 512 };
enum { PROBES = 4 };

/* An array of doubles or of complex numbers; the other one is NULL. */
typedef struct numbers {
    double *real;
    double complex *complex_;
} numbers;

typedef struct work {
    gf_block_cyclic grid;
    const gf_elements *hamiltonian, *observables;
    const gf_orbits *orbits;
    gf_block_levels *sector;
    numbers matrix, vectors; /* this rank's */
    /* Eigenvectors first ... first + columns - 1: as rows, then by component. */
    size_t share, first, columns;
    numbers panel, component;      /* [share][size], [size][columns] */
    double complex *probe, *image; /* [size][PROBES]: x and V V' x */
    double residual;               /* largest, of this rank's eigenvectors */
} work;

static bool make(numbers *self, bool is_real, size_t rows, size_t columns) {
    if (is_real) {
        self->real = gf_workspace_matrix(rows + 1, columns + 1, sizeof *self->real);
    } else {
        self->complex_ = gf_workspace_matrix(rows + 1, columns + 1, sizeof *self->complex_);
    }
    return self->real != NULL || self->complex_ != NULL;
}

static void drop(numbers *self) {
    gf_workspace_free(self->real);
    gf_workspace_free(self->complex_);
    *self = (numbers){0};
}

/* --- the matrix ------------------------------------------------------------------------------ */

typedef struct generation {
    const gf_block_cyclic *grid;
    bool is_real;
    double *matrix;
} generation;

static bool has_column(const void *context, size_t column) {
    const gf_block_cyclic *grid = ((const generation *)context)->grid;
    return gf_block_cyclic_has(column, grid->block, grid->column, grid->columns);
}

static void store_element(void *context, size_t row, size_t column, const double complex *value) {
    generation *self = context;
    const gf_block_cyclic *grid = self->grid;
    if (!gf_block_cyclic_has(row, grid->block, grid->row, grid->rows) ||
        !has_column(context, column)) {
        return;
    }
    size_t at = gf_block_cyclic_local(column, grid->block, grid->columns) * grid->local_rows +
                gf_block_cyclic_local(row, grid->block, grid->rows);
    if (self->is_real) {
        self->matrix[at] = creal(*value);
    } else {
        self->matrix[2 * at] = creal(*value);
        self->matrix[2 * at + 1] = cimag(*value);
    }
}

gf_status gf_distributed_block_generate(const gf_elements *hamiltonian, const gf_orbits *orbits,
                                        const gf_block_cyclic *grid, double *matrix,
                                        gf_error *error) {
    generation self = {.grid = grid, .is_real = orbits->is_real, .matrix = matrix};
    return gf_orbits_project_some(orbits, hamiltonian, has_column, store_element, &self, error);
}

static gf_status diagonalize(work *self, gf_error *error) {
    const gf_block_cyclic *grid = &self->grid;
    bool is_real = self->orbits->is_real;
    size_t rows = grid->local_rows, columns = grid->local_columns, n = grid->size;
    if (!make(&self->matrix, is_real, rows, columns) ||
        !make(&self->vectors, is_real, rows, columns)) {
        return gf_fail_memory(error, "a rank's part of the matrix of a sector");
    }
    double *matrix = is_real ? self->matrix.real : (double *)self->matrix.complex_;
    gf_status status =
        gf_distributed_block_generate(self->hamiltonian, self->orbits, grid, matrix, error);
    if (status != GF_OK) {
        return status;
    }
    double *energy = self->sector->energy;
    int info = is_real ? gf_block_cyclic_eigensystem_real(grid, self->matrix.real, energy,
                                                          self->vectors.real)
                       : gf_block_cyclic_eigensystem_complex(grid, self->matrix.complex_, energy,
                                                             self->vectors.complex_);
    drop(&self->matrix);
    if (info == GF_EIGEN_NO_MEMORY) {
        return gf_fail_memory(error, "the diagonalisation of a sector by several ranks");
    }
    gf_ranks_broadcast(energy, n * sizeof *energy); /* to those outside of the grid too */
    bool finite = isfinite(energy[0]) && isfinite(energy[n - 1]);
    return info == 0 && finite
               ? GF_OK
               : gf_fail(error, GF_NO_CONVERGENCE,
                         "a sector of %zu states could not be diagonalised (ScaLAPACK: %d%s); are "
                         "the coefficients of a sensible size?",
                         n, info, finite ? "" : ", levels are not finite");
}

/* --- checks ---------------------------------------------------------------------------------- */

static gf_status make_probes(work *self, gf_error *error) {
    const gf_random random = {.seed = 1};
    size_t n = self->grid.size;
    self->probe = calloc(n * PROBES, sizeof *self->probe);
    self->image = calloc(n * PROBES, sizeof *self->image);
    if (self->probe == NULL || self->image == NULL) {
        return gf_fail_memory(error, "checks of eigenvectors");
    }
    for (size_t i = 0; i < n; ++i) {
        double uniform[PROBES];
        gf_random_uniform(&random, GF_RANDOM_START, i, PROBES, uniform);
        for (size_t k = 0; k < PROBES; ++k) {
            self->probe[i * PROBES + k] = uniform[k] - 0.5;
        }
    }
    return GF_OK;
}

/* Adds V V' x of the eigenvectors at hand. */
static gf_status add_images(work *self, gf_error *error) {
    size_t n = self->grid.size, w = self->columns;
    double complex *inside = calloc(w * PROBES + 1, sizeof *inside); /* V' x */
    if (inside == NULL) {
        return gf_fail_memory(error, "checks of eigenvectors");
    }
    for (size_t s = 0; s < n; ++s) {
        for (size_t k = 0; k < PROBES; ++k) {
            double complex x = self->probe[s * PROBES + k];
            for (size_t j = 0; j < w; ++j) {
                inside[k * w + j] += self->component.real != NULL
                                         ? self->component.real[s * w + j] * x
                                         : conj(self->component.complex_[s * w + j]) * x;
            }
        }
    }
    for (size_t s = 0; s < n; ++s) {
        for (size_t k = 0; k < PROBES; ++k) {
            double complex sum = 0;
            for (size_t j = 0; j < w; ++j) {
                sum += (self->component.real != NULL ? self->component.real[s * w + j]
                                                     : self->component.complex_[s * w + j]) *
                       inside[k * w + j];
            }
            self->image[s * PROBES + k] += sum;
        }
    }
    free(inside);
    return GF_OK;
}

/* --- eigenvectors, some at a time ------------------------------------------------------------ */

/* The panel transposed; its memory then serves the residuals, H v - E v to be. */
static void turn_panel(work *self) {
    enum { TILE = 32 };
    size_t n = self->grid.size, w = self->columns;
    for (size_t first = 0; first < n; first += TILE) {
        for (size_t j = 0; j < w; ++j) {
            for (size_t s = first; s < first + TILE && s < n; ++s) {
                if (self->panel.real != NULL) {
                    self->component.real[s * w + j] = self->panel.real[j * n + s];
                } else {
                    self->component.complex_[s * w + j] = self->panel.complex_[j * n + s];
                }
            }
        }
    }
    const double *energy = self->sector->energy + self->first;
    for (size_t s = 0; s < n; ++s) {
        for (size_t j = 0; j < w; ++j) {
            size_t at = s * w + j;
            if (self->panel.real != NULL) {
                self->panel.real[at] = -energy[j] * self->component.real[at];
            } else {
                self->panel.complex_[at] = -energy[j] * self->component.complex_[at];
            }
        }
    }
}

/* Adds an element of the Hamiltonian, times component `column`, to the residuals in `row`. */
static void add_element(void *context, size_t row, size_t column, const double complex *value) {
    work *self = context;
    int w = (int)self->columns;
    size_t to = row * self->columns, from = column * self->columns;
    double complex mirrored = conj(*value);
    if (self->panel.real != NULL) {
        cblas_daxpy(w, creal(*value), self->component.real + from, 1, self->panel.real + to, 1);
        if (row != column) {
            cblas_daxpy(w, creal(*value), self->component.real + to, 1, self->panel.real + from, 1);
        }
        return;
    }
    cblas_zaxpy(w, value, self->component.complex_ + from, 1, self->panel.complex_ + to, 1);
    if (row != column) {
        cblas_zaxpy(w, &mirrored, self->component.complex_ + to, 1, self->panel.complex_ + from, 1);
    }
}

static gf_status add_residuals(work *self, gf_error *error) {
    size_t n = self->grid.size, w = self->columns;
    gf_status status = gf_orbits_project(self->orbits, self->hamiltonian, add_element, self, error);
    for (size_t j = 0; j < w && status == GF_OK; ++j) {
        double square = 0;
        for (size_t s = 0; s < n; ++s) {
            double size = self->panel.real != NULL ? self->panel.real[s * w + j]
                                                   : cabs(self->panel.complex_[s * w + j]);
            square += size * size;
        }
        self->residual = !(sqrt(square) <= self->residual) ? sqrt(square) : self->residual;
    }
    return status;
}

static gf_status look_at_columns(work *self, gf_error *error) {
    size_t n = self->grid.size;
    turn_panel(self);
    const gf_vector_rows components = {.size = n,
                                       .columns = self->columns,
                                       .real = self->component.real,
                                       .complex_ = self->component.complex_};
    gf_status status = gf_expectations_of_some(self->observables, self->orbits, &components,
                                               self->sector->observable + self->first, n, error);
    if (status == GF_OK) {
        status = add_residuals(self, error);
    }
    return status == GF_OK ? add_images(self, error) : status;
}

/* Goes through the eigenvectors, each rank through its own. */
static gf_status look_at_all(work *self, gf_error *error) {
    const gf_block_cyclic *grid = &self->grid;
    bool is_real = self->orbits->is_real;
    size_t n = grid->size, ranks = (size_t)(grid->rows * grid->columns);
    size_t place = (size_t)(grid->row * grid->columns + grid->column);
    gf_status status = GF_OK;
    for (size_t begin = 0; begin < n && status == GF_OK; begin += ranks * self->share) {
        size_t width = n - begin < ranks * self->share ? n - begin : ranks * self->share;
        if (is_real) {
            gf_block_cyclic_columns_real(grid, self->vectors.real, begin, width, self->share,
                                         self->panel.real);
        } else {
            gf_block_cyclic_columns_complex(grid, self->vectors.complex_, begin, width, self->share,
                                            self->panel.complex_);
        }
        size_t before = place * self->share;
        self->first = begin + before;
        self->columns = before >= width                ? 0
                        : width - before < self->share ? width - before
                                                       : self->share;
        status = self->columns > 0 ? look_at_columns(self, error) : GF_OK;
    }
    return status;
}

static gf_status evaluate(work *self, gf_error *error) {
    const gf_block_cyclic *grid = &self->grid;
    bool is_real = self->orbits->is_real;
    size_t ranks = (size_t)(grid->rows * grid->columns), all = (grid->size + ranks - 1) / ranks;
    self->share = all < SHARE ? all : SHARE;
    gf_status status = make_probes(self, error);
    if (status == GF_OK && grid->row >= 0) {
        status = make(&self->panel, is_real, grid->size, self->share) &&
                         make(&self->component, is_real, grid->size, self->share)
                     ? look_at_all(self, error)
                     : gf_fail_memory(error, "a rank's eigenvectors");
    }
    drop(&self->panel);
    drop(&self->component);
    return status;
}

/* Sums up what the ranks have found; every rank comes to the same verdict. */
static gf_status judge(work *self, gf_error *error) {
    size_t n = self->grid.size;
    double *image = (double *)self->image, wrong = 0;
    gf_ranks_sum(self->sector->observable, self->sector->rows * n);
    gf_ranks_sum(image, 2 * n * PROBES);
    for (size_t i = 0; i < n * PROBES; ++i) {
        double distance = cabs(self->image[i] - self->probe[i]);
        wrong = !(distance <= wrong) ? distance : wrong;
    }
    double residual = -gf_ranks_least(-self->residual);
    double scale = gf_elements_size(self->hamiltonian), limit = DBL_EPSILON * ((double)n + 100);
    if (residual <= limit * scale && wrong <= limit) {
        return GF_OK;
    }
    return gf_fail(error, GF_NO_CONVERGENCE,
                   "ScaLAPACK's eigenvectors of a sector of %zu states are wrong: residual %.2g "
                   "(at most %.2g), completeness to %.2g (at most %.2g); use another number of "
                   "ranks, another ScaLAPACK or BLAS",
                   n, residual, limit * scale, wrong, limit);
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status solve(work *self, int ranks, size_t tile, gf_error *error) {
    size_t n = self->orbits->size;
    gf_block_cyclic_open(ranks, n, tile, &self->grid);
    gf_status status = gf_block_levels_create(self->sector, error);
    if (status == GF_OK) {
        status = diagonalize(self, error);
    }
    if (status == GF_OK) {
        status = evaluate(self, error);
    }
    if (status == GF_OK) {
        status = judge(self, error);
    }
    drop(&self->matrix);
    drop(&self->vectors);
    free(self->probe);
    free(self->image);
    gf_block_cyclic_close(&self->grid);
    return status;
}

gf_status gf_distributed_block_solve(const gf_elements *hamiltonian, const gf_elements *observables,
                                     const gf_symmetry *symmetry, const gf_block *block, int ranks,
                                     size_t tile, gf_block_levels *sector, gf_error *error) {
    gf_orbits orbits;
    int rows = 1, columns = 1;
    *sector = (gf_block_levels){.size = block->size, .rows = gf_elements_count(observables)};
    gf_block_cyclic_grid(ranks, block->size, tile, &rows, &columns);
    if (!gf_block_cyclic_is_counted(block->size, tile, rows, columns, block->is_real)) {
        return gf_fail(error, GF_NO_MEMORY,
                       "ScaLAPACK counts its workspace for a sector of %zu states on %d ranks in "
                       "32 bits: use more ranks",
                       block->size, rows * columns);
    }
    gf_status status = gf_orbits_init(&orbits, symmetry, block, error);
    if (status == GF_OK) {
        work self = {.hamiltonian = hamiltonian,
                     .observables = observables,
                     .orbits = &orbits,
                     .sector = sector};
        int before = gf_machine_set_blas_threads(gf_machine_threads());
        status = solve(&self, ranks, tile, error);
        (void)gf_machine_set_blas_threads(before);
        gf_orbits_free(&orbits);
    }
    if (status == GF_OK) {
        gf_block_levels_merge(sector, hamiltonian);
    } else {
        gf_block_levels_free(sector);
    }
    return status;
}

double gf_distributed_block_memory(const gf_symmetry *symmetry, const gf_block *block, int ranks,
                                   size_t tile, size_t observables) {
    int rows = 1, columns = 1;
    double n = (double)block->size;
    gf_block_cyclic_grid(ranks, block->size, tile, &rows, &columns);
    double whole = gf_block_cyclic_memory(block->size, tile, rows, columns, block->is_real);
    double panels = 2 * n * fmin(SHARE, n / (rows * columns) + 1) * (block->is_real ? 8 : 16);
    double vectors = (block->is_real ? 8 : 16) * n * n / (rows * columns);
    return fmax(whole, vectors + panels + gf_expectation_memory(observables)) +
           8 * n * ((double)observables + 4 + 4 * PROBES) +
           gf_orbits_memory(symmetry->sites, block->up);
}
