#include "langevin/measure/transfer.h"

#include "base/eigensystem.h"
#include "base/machine.h"
#include "base/quadrature.h"
#include "base/workspace.h"

#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 3, MOST_NODES = 1500, GRID = 601 };

static gf_status check(const gf_dynamics *dynamics, double level, gf_error *error) {
    if (dynamics->scalar.thermal > 0 || !(dynamics->scalar.drive > 0) ||
        !(dynamics->scalar.diffusion > 0) || !(level > 0)) {
        return gf_fail(error, GF_INVALID,
                       "no exact values: they need drive > 0, thermal = 0, diffusion and a "
                       "threshold above 0");
    }
    return GF_OK;
}

static double temperature(const gf_dynamics *dynamics) {
    return dynamics->scalar.drive / 2;
}

/* A field beyond which exp(-2 length v/T) of a correlation length is below 1e-40: the range of m.
 * The local weight of a path falls at least like exp(-S), S = integral sqrt(2 D (v - v0)) dm / T.
 */
static double range_of(const gf_dynamics *dynamics) {
    double t = temperature(dynamics), m = dynamics->order, action = 0, step = 0.01 * m;
    double bottom = dynamics->equation->potential(dynamics, m);
    while (action < 24 && m < 1000 * dynamics->order) {
        double height = dynamics->equation->potential(dynamics, m) - bottom;
        action += step * sqrt(2 * dynamics->scalar.diffusion * fmax(height, 0)) / t;
        m += step;
    }
    return m;
}

/* --- cells ----------------------------------------------------------------------------------- */

/* The kernel on nodes that respect +-level, and its two highest eigenpairs. */
typedef struct cell_kernel {
    size_t size, first, last;                /* nodes first...last-1 lie between -level and level */
    double *node, *weight, *kernel, *vector; /* [size], [size], [size,size], [2,size] */
    double value[2];                         /* L0 > L1 */
} cell_kernel;

static void free_kernel(cell_kernel *self) {
    free(self->node);
    free(self->weight);
    free(self->kernel);
    free(self->vector);
}

/* sqrt(w_i) K(m_i, m_j) sqrt(w_j), with v counted from its minimum. */
static void fill_kernel(cell_kernel *self, const gf_dynamics *dynamics) {
    double t = temperature(dynamics), dx = dynamics->spacing,
           stiffness = dynamics->scalar.diffusion / dx;
    double bottom = dynamics->equation->potential(dynamics, dynamics->order);
    for (size_t i = 0; i < self->size; ++i) {
        double vi = dynamics->equation->potential(dynamics, self->node[i]) - bottom;
        for (size_t j = 0; j < self->size; ++j) {
            double vj = dynamics->equation->potential(dynamics, self->node[j]) - bottom;
            double difference = self->node[i] - self->node[j];
            double energy = stiffness * difference * difference / 2 + dx * (vi + vj) / 2;
            self->kernel[i * self->size + j] =
                sqrt(self->weight[i] * self->weight[j]) * exp(-energy / t);
        }
    }
}

/* The block of a symmetric matrix, mirror-symmetric as the potential is, between the even (parity
 * 1) or odd (-1) combinations of node i and node n-1-i. Returns its size. */
static size_t fold(const double *matrix, size_t n, int parity, double *block) {
    size_t half = n / 2, size = parity > 0 ? n - half : half;
    for (size_t i = 0; i < size; ++i) {
        for (size_t j = 0; j < size; ++j) {
            double centre = (i < half ? 1 : M_SQRT1_2) * (j < half ? 1 : M_SQRT1_2);
            block[i * size + j] = centre * (matrix[i * n + j] + parity * matrix[i * n + n - 1 - j]);
        }
    }
    return size;
}

/* The highest (`lowest`: the lowest) eigenpair of one parity. The blocks are diagonalised apart, so
 * that states whose energies agree to rounding do not mix. */
static gf_status extreme_eigenpair(const double *matrix, size_t n, int parity, bool lowest,
                                   double *value, double *vector, gf_error *error) {
    size_t half = n / 2;
    double *block = gf_workspace_matrix(n, n, sizeof *block);
    double *column = gf_workspace_alloc(n, n, sizeof *column);
    int info = GF_EIGEN_NO_MEMORY;
    if (block != NULL && column != NULL) {
        size_t size = fold(matrix, n, parity, block);
        info = gf_eigensystem_single(size, block, lowest ? 1 : size, value, column);
    }
    if (info == 0) {
        for (size_t i = 0; i < half; ++i) {
            vector[i] = column[i] * M_SQRT1_2;
            vector[n - 1 - i] = parity * vector[i];
        }
        if (n % 2 == 1) {
            vector[half] = parity > 0 ? column[half] : 0;
        }
    }
    gf_workspace_free(block);
    gf_workspace_free(column);
    if (info == GF_EIGEN_NO_MEMORY) {
        return gf_fail_memory(error, "the transfer operator");
    }
    return info == 0
               ? GF_OK
               : gf_fail(error, GF_NO_CONVERGENCE,
                         "the transfer operator could not be diagonalised (LAPACK dsyevx: %d)",
                         info);
}

/* The ground state, which is even, and the next, which is odd. `value` and `vector` hold the ground
 * state first. */
static gf_status two_eigenpairs(const double *matrix, size_t n, bool lowest, double value[2],
                                double *vector, gf_error *error) {
    gf_status status = extreme_eigenpair(matrix, n, 1, lowest, &value[0], vector, error);
    return status == GF_OK ? extreme_eigenpair(matrix, n, -1, lowest, &value[1], vector + n, error)
                           : status;
}

/* What follows from the gap; NaN where it is lost in rounding. `rounding` is the error of the gap.
 */
static void set_gap(gf_transfer *transfer, double gap, double rounding) {
    transfer->gap = gap > 1000 * rounding ? gap : NAN;
    transfer->correlation_length = 1 / transfer->gap;
    transfer->dilute_density = transfer->gap / 2;
}

/* Counts come from the square of the ground state on the barrier: below this, from rounding. */
static double or_lost(double count_density) {
    return count_density > 1e-22 ? count_density : NAN;
}

static gf_status new_kernel(size_t n, cell_kernel *self, gf_error *error) {
    self->size = n;
    self->node = malloc(n * sizeof(double));
    self->weight = malloc(n * sizeof(double));
    self->kernel = malloc((n * n + 1) * sizeof(double));
    self->vector = malloc((2 * n + 1) * sizeof(double));
    return self->node != NULL && self->weight != NULL && self->kernel != NULL &&
                   self->vector != NULL
               ? GF_OK
               : gf_fail_memory(error, "the transfer operator");
}

/* Panels between -range, -level, level and range, with nodes enough for the width of the kernel. */
static gf_status make_kernel(const gf_dynamics *dynamics, double level, cell_kernel *self,
                             gf_error *error) {
    double range = fmax(range_of(dynamics), 1.5 * level), nodes = 0;
    double width = sqrt(temperature(dynamics) * dynamics->spacing / dynamics->scalar.diffusion);
    const double edge[] = {-range, -level, level, range};
    size_t count[PANELS], start = 0;
    *self = (cell_kernel){0};
    for (size_t p = 0; p < PANELS; ++p) {
        double wanted = 40 + 4 * (edge[p + 1] - edge[p]) / width;
        nodes += wanted;
        count[p] = wanted < MOST_NODES ? (size_t)wanted : MOST_NODES;
    }
    if (nodes > MOST_NODES) {
        return gf_fail(error, GF_INVALID,
                       "cells of %g are too narrow for their transfer operator (%.0f nodes); the "
                       "continuum serves",
                       dynamics->spacing, nodes);
    }
    gf_status status = new_kernel(count[0] + count[1] + count[2], self, error);
    if (status != GF_OK) {
        return status;
    }
    for (size_t p = 0; p < PANELS; ++p) {
        gf_quadrature_legendre(edge[p], edge[p + 1], count[p], self->node + start, self->weight + start);
        start += count[p];
    }
    self->first = count[0];
    self->last = count[0] + count[1];
    fill_kernel(self, dynamics);
    return GF_OK;
}

/* u_i = sqrt(w_i) psi0(m_i) q(m_i) with q = 0 below, 1 above and, in between, Q = P Q: a linear
 * system for the middle panel, (L0 - K) u = K u_above. */
static gf_status solve_committor(const cell_kernel *self, double *u, gf_error *error) {
    size_t n = self->size, first = self->first, last = self->last, inner = last - first;
    const double *ground = self->vector;
    double *matrix = gf_workspace_matrix(inner, inner, sizeof *matrix);
    lapack_int *pivot = malloc((inner + 1) * sizeof *pivot);
    lapack_int info = -1;
    for (size_t i = 0; i < n; ++i) {
        u[i] = i < last ? 0 : ground[i];
    }
    if (matrix != NULL && pivot != NULL) {
        for (size_t i = first; i < last; ++i) {
            double source = 0;
            for (size_t j = last; j < n; ++j) {
                source += self->kernel[i * n + j] * ground[j];
            }
            u[i] = source;
            for (size_t j = first; j < last; ++j) {
                matrix[(j - first) * inner + i - first] =
                    (i == j ? self->value[0] : 0) - self->kernel[i * n + j];
            }
        }
        lapack_int order = (lapack_int)inner;
        info = LAPACKE_dgesv(LAPACK_COL_MAJOR, order, 1, matrix, order, pivot, u + first, order);
    }
    gf_workspace_free(matrix);
    free(pivot);
    return info == 0 ? GF_OK
                     : gf_fail(error, info < 0 ? GF_NO_MEMORY : GF_NO_CONVERGENCE,
                               "the committor could not be computed (LAPACK dgesv: %d)", (int)info);
}

static gf_status count_walls(const cell_kernel *self, double dx, double *density, gf_error *error) {
    size_t n = self->size;
    const double *ground = self->vector;
    double *u = calloc(n, sizeof *u), flux = 0;
    if (u == NULL) {
        return gf_fail_memory(error, "the committor");
    }
    gf_status status = solve_committor(self, u, error);
    for (size_t i = 0; i < self->first; ++i) {
        for (size_t j = self->first; j < n; ++j) {
            flux += ground[i] * self->kernel[i * n + j] * u[j] / self->value[0];
        }
    }
    *density = 2 / dx * flux;
    free(u);
    return status;
}

bool gf_transfer_applies(const gf_dynamics *dynamics) {
    const gf_equation *equation = dynamics->equation;
    return equation->potential != NULL && equation->has_space && dynamics->scalar.thermal <= 0 &&
           dynamics->scalar.drive > 0;
}

gf_status gf_transfer_cells(const gf_dynamics *dynamics, double level, gf_transfer *transfer,
                            gf_error *error) {
    cell_kernel kernel = {0};
    double dx = dynamics->spacing, value[2] = {1, 1};
    int threads = gf_machine_set_blas_threads(1); /* too small a matrix for more */
    gf_status status = check(dynamics, level, error);
    if (status == GF_OK) {
        status = make_kernel(dynamics, level, &kernel, error);
    }
    if (status == GF_OK) {
        status = two_eigenpairs(kernel.kernel, kernel.size, false, value, kernel.vector, error);
        kernel.value[0] = value[0];
        kernel.value[1] = value[1];
    }
    if (status == GF_OK) {
        *transfer = (gf_transfer){0};
        set_gap(transfer, log(kernel.value[0] / kernel.value[1]) / dx, DBL_EPSILON / dx);
        for (size_t i = 0; i < kernel.size; ++i) {
            double amplitude = kernel.vector[i], m = kernel.node[i];
            transfer->second_moment += amplitude * amplitude * m * m;
        }
        status = count_walls(&kernel, dx, &transfer->count_density, error);
        transfer->count_density = or_lost(transfer->count_density);
    }
    (void)gf_machine_set_blas_threads(threads);
    free_kernel(&kernel);
    return status;
}

/* --- continuum ------------------------------------------------------------------------------- */

/* H in the basis of sinc functions on a regular grid of [-range, range]: exponentially accurate. */
static void fill_hamiltonian(const gf_dynamics *dynamics, double range, double spacing,
                             double *matrix) {
    double t = temperature(dynamics);
    double kinetic = t / (2 * dynamics->scalar.diffusion * spacing * spacing);
    double bottom = dynamics->equation->potential(dynamics, dynamics->order);
    for (size_t i = 0; i < GRID; ++i) {
        double m = -range + (double)i * spacing;
        for (size_t j = 0; j < GRID; ++j) {
            double d = (double)i - (double)j;
            matrix[i * GRID + j] =
                i == j ? kinetic * M_PI * M_PI / 3 +
                             (dynamics->equation->potential(dynamics, m) - bottom) / t
                       : kinetic * ((i + j) % 2 == 0 ? 2 : -2) / (d * d);
        }
    }
}

/* The function that the sinc functions with amplitudes c stand for. */
static double interpolate(const double *c, double range, double spacing, double m) {
    double sum = 0;
    for (size_t i = 0; i < GRID; ++i) {
        double x = M_PI * ((m + range) / spacing - (double)i);
        sum += c[i] * (fabs(x) > 1e-12 ? sin(x) / x : 1);
    }
    return sum / sqrt(spacing);
}

static double resistance(const double *ground, double range, double spacing, double level) {
    enum { NODES = 64 };
    double node[NODES], weight[NODES], sum = 0;
    gf_quadrature_legendre(-level, level, NODES, node, weight);
    for (size_t i = 0; i < NODES; ++i) {
        double psi = interpolate(ground, range, spacing, node[i]);
        sum += weight[i] / (psi * psi);
    }
    return sum;
}

gf_status gf_transfer_continuum(const gf_dynamics *dynamics, double level, gf_transfer *transfer,
                                gf_error *error) {
    gf_status status = check(dynamics, level, error);
    if (status != GF_OK) {
        return status;
    }
    double range = range_of(dynamics), spacing = 2 * range / (GRID - 1), value[2] = {0, 0};
    double *matrix = malloc((size_t)GRID * GRID * sizeof *matrix);
    double *vector = malloc(2 * (size_t)GRID * sizeof *vector);
    if (matrix == NULL || vector == NULL) {
        status = gf_fail_memory(error, "the transfer operator");
    } else {
        int threads = gf_machine_set_blas_threads(1);
        fill_hamiltonian(dynamics, range, spacing, matrix);
        status = two_eigenpairs(matrix, GRID, true, value, vector, error);
        (void)gf_machine_set_blas_threads(threads);
    }
    if (status == GF_OK) {
        *transfer = (gf_transfer){0};
        set_gap(transfer, value[1] - value[0], DBL_EPSILON * matrix[0]);
        for (size_t i = 0; i < GRID; ++i) {
            double m = -range + (double)i * spacing;
            transfer->second_moment += vector[i] * vector[i] * m * m;
        }
        transfer->count_density = or_lost(temperature(dynamics) / dynamics->scalar.diffusion /
                                          resistance(vector, range, spacing, level));
    }
    free(matrix);
    free(vector);
    return status;
}

/* --- a single wall --------------------------------------------------------------------------- */

double gf_transfer_wall_width(const gf_dynamics *dynamics) {
    return sqrt(2 * dynamics->scalar.diffusion / dynamics->scalar.linear);
}

/* integral of D m'^2 = (4/3) D m0^2 / width */
double gf_transfer_wall_energy(const gf_dynamics *dynamics) {
    return 4.0 / 3 * dynamics->scalar.diffusion * dynamics->order * dynamics->order /
           gf_transfer_wall_width(dynamics);
}
