#include "spectrum/block.h"

#include "base/eigensystem.h"
#include "base/workspace.h"
#include "hilbert/orbits.h"
#include "spectrum/expectation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- diagonalisation ------------------------------------------------------------------------- */

static void store_element(void *context, size_t row, size_t column, const double complex *value) {
    gf_dense *self = context;
    if (self->real != NULL) {
        self->real[column * self->size + row] = creal(*value);
    } else {
        self->complex_[column * self->size + row] = *value;
    }
}

static gf_status diagonalize(gf_dense *self, double *energy, gf_error *error) {
    size_t n = self->size;
    int info = self->real != NULL ? gf_eigensystem_real('L', n, self->real, n, energy)
                                  : gf_eigensystem_complex('L', n, self->complex_, n, energy);
    if (info == GF_EIGEN_NO_MEMORY) {
        return gf_fail_memory(error, "the diagonalisation of a sector");
    }
    /* The levels are in order: if the outer ones are numbers, all are. */
    bool finite = isfinite(energy[0]) && isfinite(energy[n - 1]);
    return info == 0 && finite
               ? GF_OK
               : gf_fail(error, GF_NO_CONVERGENCE,
                         "a sector of %zu states could not be diagonalised (LAPACK: %d%s); are "
                         "the coefficients of a sensible size?",
                         n, info, finite ? "" : ", levels are not finite");
}

/* --- a sector -------------------------------------------------------------------------------- */

size_t gf_block_merge(size_t levels, double tolerance, double *energy, double *degeneracy,
                      size_t rows, double *values) {
    size_t families = 0;
    for (size_t i = 0; i < levels; ++families) {
        size_t begin = i;
        double total = 0, mean = 0;
        do {
            total += degeneracy[i];
            mean += degeneracy[i] * (energy[i] - energy[begin]);
            ++i;
        } while (i < levels && energy[i] - energy[begin] <= tolerance);
        for (size_t row = 0; row < rows; ++row) {
            double sum = 0;
            for (size_t k = begin; k < i; ++k) {
                sum += degeneracy[k] * values[row * levels + k];
            }
            values[row * levels + families] = sum / total;
        }
        energy[families] = energy[begin] + mean / total;
        degeneracy[families] = total;
    }
    for (size_t row = 1; row < rows; ++row) {
        memmove(values + row * families, values + row * levels, families * sizeof *values);
    }
    return families;
}

double gf_block_memory(const gf_symmetry *symmetry, const gf_block *block, size_t observables) {
    double n = (double)block->size, rows = (double)observables;
    double matrices = block->is_real ? 3 : 6; /* the matrix and LAPACK's workspace */
    return 8 * (matrices * n * n + n * (4 * rows + 24)) +
           gf_orbits_memory(symmetry->sites, block->up) + gf_expectation_memory(observables);
}

double gf_block_work(const gf_block *block) {
    double n = (double)block->size;
    return (block->is_real ? 1 : 4) * n * n * n;
}

gf_status gf_block_diagonalize(const gf_elements *hamiltonian, const gf_orbits *orbits,
                               gf_dense *vectors, double *energy, gf_error *error) {
    size_t n = orbits->size;
    *vectors = (gf_dense){.size = n};
    if (orbits->is_real) {
        vectors->real = gf_workspace_matrix(n, n, sizeof *vectors->real);
    } else {
        vectors->complex_ = gf_workspace_matrix(n, n, sizeof *vectors->complex_);
    }
    gf_status status = vectors->real != NULL || vectors->complex_ != NULL
                           ? gf_orbits_project(orbits, hamiltonian, store_element, vectors, error)
                           : gf_fail_memory(error, "the matrix of a sector");
    if (status == GF_OK) {
        status = diagonalize(vectors, energy, error);
    }
    if (status != GF_OK) {
        gf_workspace_free(vectors->real);
        gf_workspace_free(vectors->complex_);
        *vectors = (gf_dense){0};
    }
    return status;
}

gf_status gf_block_levels_create(gf_block_levels *self, gf_error *error) {
    self->energy = calloc(self->size, sizeof *self->energy);
    self->degeneracy = calloc(self->size, sizeof *self->degeneracy);
    self->observable = calloc(self->rows * self->size + 1, sizeof *self->observable);
    return self->energy != NULL && self->degeneracy != NULL && self->observable != NULL
               ? GF_OK
               : gf_fail_memory(error, "the levels of a sector");
}

void gf_block_levels_merge(gf_block_levels *self, const gf_elements *hamiltonian) {
    for (size_t i = 0; i < self->size; ++i) {
        self->degeneracy[i] = 1;
    }
    self->levels = gf_block_merge(self->size, 2e-13 * gf_elements_size(hamiltonian), self->energy,
                                  self->degeneracy, self->rows, self->observable);
}

static gf_status solve(const gf_elements *hamiltonian, const gf_elements *observables,
                       const gf_orbits *orbits, gf_block_levels *sector, gf_error *error) {
    gf_dense h = {0};
    gf_status status = gf_block_levels_create(sector, error);
    if (status == GF_OK) {
        status = gf_block_diagonalize(hamiltonian, orbits, &h, sector->energy, error);
    }
    if (status == GF_OK) {
        status = gf_expectations(observables, orbits, &h, sector->observable, error);
    }
    gf_workspace_free(h.real);
    gf_workspace_free(h.complex_);
    return status;
}

gf_status gf_block_solve(const gf_elements *hamiltonian, const gf_elements *observables,
                         const gf_symmetry *symmetry, const gf_block *block,
                         gf_block_levels *sector, gf_error *error) {
    gf_orbits orbits;
    *sector = (gf_block_levels){.size = block->size, .rows = gf_elements_count(observables)};
    if (sector->size > GF_BLOCK_LARGEST) {
        return gf_fail(
            error, GF_NO_MEMORY,
            "a sector of %zu states is beyond full diagonalisation (at most %d); use fewer "
            "sites, or random vectors (--method typicality)",
            sector->size, GF_BLOCK_LARGEST);
    }
    gf_status status = gf_orbits_init(&orbits, symmetry, block, error);
    if (status == GF_OK) {
        status = solve(hamiltonian, observables, &orbits, sector, error);
        gf_orbits_free(&orbits);
    }
    if (status == GF_OK) {
        gf_block_levels_merge(sector, hamiltonian);
    } else {
        gf_block_levels_free(sector);
    }
    return status;
}

void gf_block_levels_free(gf_block_levels *self) {
    free(self->energy);
    free(self->degeneracy);
    free(self->observable);
    *self = (gf_block_levels){0};
}

void gf_block_levels_carry(gf_block_levels *self, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &self->size, sizeof self->size);
    gf_bytes_carry(bytes, &self->levels, sizeof self->levels);
    gf_bytes_carry(bytes, &self->rows, sizeof self->rows);
    size_t row = self->levels * sizeof(double);
    self->energy = gf_bytes_carry_array(bytes, self->energy, row);
    self->degeneracy = gf_bytes_carry_array(bytes, self->degeneracy, row);
    self->observable = gf_bytes_carry_array(bytes, self->observable, self->rows * row);
}
