/* Stationary states and slowest rates at a finite coupling, from those of epsilon -> 0. */
#include "base/workspace.h"
#include "open_system/coupled_force.h"
#include "open_system/expansion.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the largest rate: see rates.c. */
static const double SHIFT = 1e-6;
static const double SHARP = 1e-9;                                    /* residual of a rate */
enum { WANTED = 2, FIRST = 6, KEPT = 12, WIDEST = 70, MOST = 1200 }; /* of Davidson's method */
_Static_assert(2 * WIDEST + 8 <= GF_COUPLING_VECTORS, "memory is estimated with so many");

/* --- slowest rates: Davidson's method -------------------------------------------------------- */

/* A space of vectors with what L makes of them. */
typedef struct subspace {
    size_t count;
    double complex *vector[WIDEST], *image[WIDEST];
    double re[WIDEST], im[WIDEST];
    double ritz[WIDEST * WIDEST]; /* eigenvectors as dgeev has them, column by column */
    int order[WIDEST];            /* slowest first; of a pair the one with im > 0 */
    int listed;
} subspace;

static void free_subspace(subspace *self) {
    for (size_t k = 0; k < self->count; ++k) {
        gf_workspace_free(self->vector[k]);
        gf_workspace_free(self->image[k]);
    }
    free(self);
}

/* Takes traces out of x, and what the space holds of it; scales what is left, and returns its
 * norm. */
static double orthogonalize(const gf_coupling *self, const subspace *space, double complex *x) {
    gf_coupling_deflate(self, x);
    for (size_t j = 0; j < space->count; ++j) {
        gf_coupling_add(self, -gf_coupling_dot(self, space->vector[j], x), space->vector[j], x);
    }
    double left = gf_coupling_norm(self, x);
    gf_coupling_scale(self, left > 0 ? 1 / left : 0, x);
    return left;
}

/* Orthogonalises x and takes it in, unless nothing is left of it. A second time: beside what is
 * left of the first, rounding may be large, and a trace would bring the stationary state back. */
static gf_status take_in(gf_coupling *self, subspace *space, const double complex *x,
                         gf_error *error) {
    size_t k = space->count, elements = self->length / 2;
    double before = gf_coupling_norm(self, x);
    double complex *vector = gf_workspace_alloc(elements, 1, sizeof *vector);
    double complex *image = gf_workspace_alloc(elements, 1, sizeof *image);
    if (vector == NULL || image == NULL) {
        gf_workspace_free(vector);
        gf_workspace_free(image);
        return gf_fail_memory(error, "the slowest rates");
    }
    memcpy(vector, x, self->length * sizeof(double));
    bool new = orthogonalize(self, space, vector) > 1e-12 * before;
    new = new &&orthogonalize(self, space, vector) > 0.5;
    if (!new) {
        gf_workspace_free(vector);
        gf_workspace_free(image);
        return GF_OK;
    }
    space->vector[k] = vector;
    space->image[k] = image;
    ++space->count;
    ++self->solution->rates->coupled.products;
    return gf_coupled_part_apply(&self->coupled, vector, image, error);
}

/* Slow populations of the rate equation: powers of its inverse on numbers without a pattern. */
static gf_status begin_subspace(gf_coupling *self, subspace *space, gf_error *error) {
    const gf_part *part = self->coupled.part;
    double *x = gf_workspace_alloc(part->count, 1, sizeof *x);
    uint64_t state = 1;
    gf_status status = x != NULL ? GF_OK : gf_fail_memory(error, "the slowest rates");
    for (size_t i = 0; i < part->count && status == GF_OK; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        x[i] = (double)(state >> 40) * 0x1p-24 - 0.5 + 0.02 * part->variable[i].rung[0];
    }
    for (int k = 0; k < FIRST && status == GF_OK; ++k) {
        gf_rung_matrix_solve(self->coupled.factors, x);
        gf_coupled_part_embed(&self->coupled, x, self->trial);
        gf_coupling_deflate(self, self->trial);
        gf_coupled_part_project(&self->coupled, self->trial, x);
        status = take_in(self, space, self->trial, error);
    }
    gf_workspace_free(x);
    return status;
}

static int list_ritz(subspace *self) {
    self->listed = 0;
    for (size_t k = 0; k < self->count; ++k) {
        int at = self->listed;
        if (self->im[k] < 0) {
            continue;
        }
        for (; at > 0 && self->re[self->order[at - 1]] < self->re[k]; --at) {
            self->order[at] = self->order[at - 1];
        }
        self->order[at] = (int)k;
        ++self->listed;
    }
    return 0;
}

static int solve_projected(const gf_coupling *self, subspace *space) {
    lapack_int n = (lapack_int)space->count;
    double none = 0, *h = gf_workspace_matrix(space->count, space->count, sizeof *h);
    double *work = gf_workspace_alloc(8 * space->count, space->count, sizeof *work);
    int info = h != NULL && work != NULL ? 0 : -1;
    for (size_t j = 0; j < space->count && info == 0; ++j) {
        for (size_t i = 0; i < space->count; ++i) {
            h[j * space->count + i] = gf_coupling_dot(self, space->vector[i], space->image[j]);
        }
    }
    info = info == 0 ? LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'V', n, h, n, space->re, space->im,
                                          &none, 1, space->ritz, n, work, 8 * n)
                     : info;
    gf_workspace_free(h);
    gf_workspace_free(work);
    return info == 0 ? list_ritz(space) : info;
}

/* sum_j coefficient_j (image_j or vector_j) */
static void combine(const gf_coupling *self, const subspace *space, bool image, size_t column,
                    double factor, double complex *sum) {
    for (size_t j = 0; j < space->count; ++j) {
        gf_coupling_add(self, factor * space->ritz[column * space->count + j],
                        image ? space->image[j] : space->vector[j], sum);
    }
}

/* The residual of a Ritz pair: its real part, or its imaginary one. */
static void fill_residual(const gf_coupling *self, const subspace *space, size_t k, bool imaginary,
                          double complex *residual) {
    size_t own = imaginary ? k + 1 : k, other = imaginary ? k : k + 1;
    memset(residual, 0, self->length * sizeof(double));
    combine(self, space, true, own, 1, residual);
    combine(self, space, false, own, -space->re[k], residual);
    if (space->im[k] > 0) {
        combine(self, space, false, other, imaginary ? -space->im[k] : space->im[k], residual);
    }
}

static double residual_of(gf_coupling *self, const subspace *space, size_t k) {
    double sum = 0;
    for (int part = 0; part < (space->im[k] > 0 ? 2 : 1); ++part) {
        fill_residual(self, space, k, part == 1, self->trial);
        sum += gf_coupling_dot(self, self->trial, self->trial);
    }
    return sqrt(sum);
}

/* Leaves the slowest Ritz vectors alone. */
static gf_status narrow(gf_coupling *self, subspace *space, gf_error *error) {
    size_t elements = self->length / 2;
    subspace *next = calloc(1, sizeof *next);
    gf_status status = next != NULL ? GF_OK : gf_fail_memory(error, "the slowest rates");
    double complex *sum = gf_workspace_alloc(elements, 1, sizeof *sum);
    status = status == GF_OK && sum == NULL ? gf_fail_memory(error, "the slowest rates") : status;
    for (int i = 0; status == GF_OK && i < space->listed && next->count < KEPT; ++i) {
        size_t k = (size_t)space->order[i];
        for (size_t part = 0; part < (space->im[k] > 0 ? 2 : 1) && status == GF_OK; ++part) {
            memset(sum, 0, self->length * sizeof(double));
            combine(self, space, false, k + part, 1, sum);
            status = take_in(self, next, sum, error);
        }
    }
    gf_workspace_free(sum);
    if (status != GF_OK && next != NULL) {
        free_subspace(next);
    } else if (status == GF_OK) {
        subspace old = *space;
        *space = *next;
        *next = old;
        free_subspace(next);
        status = solve_projected(self, space) == 0
                     ? GF_OK
                     : gf_fail(error, GF_NO_CONVERGENCE, "the slowest rates (LAPACK)");
    }
    return status;
}

static gf_parity parity_of(gf_coupling *self, const subspace *space, size_t k) {
    const gf_part *part = self->coupled.part;
    memset(self->trial, 0, self->length * sizeof(double));
    combine(self, space, false, k, 1, self->trial);
    gf_coupled_part_project(&self->coupled, self->trial, self->coupled.work);
    return gf_solution_parity(self->solution, part, self->coupled.work);
}

static bool is_sharp(double residual, double rate, double largest) {
    return residual <= SHARP * fabs(rate) + 1e-13 * largest;
}

/* Improves the first pair that is not sharp; *done if all are. */
static gf_status improve(gf_coupling *self, subspace *space, bool *done, gf_error *error) {
    double largest = gf_modes_scale(self->coupled.part);
    *done = true;
    for (int i = 0; i < space->listed && i < WANTED && *done; ++i) {
        size_t k = (size_t)space->order[i];
        if (is_sharp(residual_of(self, space, k), space->re[k], largest)) {
            continue;
        }
        *done = false;
        size_t before = space->count, images = space->im[k] > 0 ? 2 : 1;
        double complex *next[2] = {NULL, NULL};
        gf_status status = GF_OK;
        for (size_t part = 0; part < images && status == GF_OK; ++part) {
            next[part] = gf_workspace_alloc(self->length / 2, 1, sizeof *next[part]);
            if (next[part] == NULL) {
                status = gf_fail_memory(error, "the slowest rates");
                break;
            }
            fill_residual(self, space, k, part == 1, next[part]);
            gf_coupling_precondition(self, next[part]);
        }
        for (size_t part = 0; part < images && status == GF_OK; ++part) {
            status = take_in(self, space, next[part], error);
        }
        gf_workspace_free(next[0]);
        gf_workspace_free(next[1]);
        if (status != GF_OK) {
            return status;
        }
        if (space->count == before) { /* nothing new can be found */
            *done = true;
        }
    }
    return GF_OK;
}

static gf_status find_rates(gf_coupling *self, gf_error *error) {
    gf_rates_coupled *result = &self->solution->rates->coupled;
    subspace *space = calloc(1, sizeof *space);
    bool done = false;
    gf_status status = space != NULL ? begin_subspace(self, space, error)
                                     : gf_fail_memory(error, "the slowest rates");
    for (int step = 0; step < MOST && status == GF_OK && !done; ++step) {
        if (space->count == 0 || solve_projected(self, space) != 0) {
            status = gf_fail(error, GF_NO_CONVERGENCE, "the slowest rates (LAPACK)");
        }
        if (status == GF_OK && space->count + 2 > WIDEST) {
            status = narrow(self, space, error);
        }
        status = status == GF_OK ? improve(self, space, &done, error) : status;
    }
    for (int i = 0; status == GF_OK && i < space->listed && i < WANTED; ++i) {
        size_t k = (size_t)space->order[i];
        const gf_part *part = self->coupled.part;
        gf_gap gap = {.rate = -space->re[k],
                      .frequency = space->im[k],
                      .error = residual_of(self, space, k) / fabs(space->re[k]),
                      .parity = parity_of(self, space, k),
                      .flip = part->kind == GF_PART_PLUS    ? 1
                              : part->kind == GF_PART_MINUS ? -1
                                                            : 0};
        gf_gap_insert(result->gap, &result->gaps, gap);
    }
    if (space != NULL) {
        free_subspace(space);
    }
    return status;
}

/* --- a part ---------------------------------------------------------------------------------- */

/* The stationary state of a component; push: see gf_coupled_force_add. */
static gf_status settle(gf_coupling *self, size_t c, size_t s, double (*push)[GF_CHARGES],
                        gf_error *error) {
    gf_rates *rates = self->solution->rates;
    gf_rates_coupled *result = &rates->coupled;
    double complex *state = self->stationary[c];
    gf_status status =
        gf_coupling_settle(self, false, state, &result->residual, &result->products, error);
    if (status == GF_OK) {
        result->sector[s] = rates->sector[s];
        gf_coupling_describe(self, state, &result->sector[s],
                             result->probability + s * ((size_t)rates->sites + 1));
        status = gf_coupled_force_add(self, state, push, error);
    }
    return status;
}

/* All components, of the sectors from `first` on. */
static gf_status solve_components(gf_coupling *self, gf_lindbladian *lindbladian, size_t first,
                                  double (*push)[GF_CHARGES], gf_error *error) {
    gf_status status = GF_OK;
    for (size_t c = 0; c < self->components->count && status == GF_OK; ++c) {
        status = gf_expansion_find(self, lindbladian, c, first + c, error);
    }
    for (size_t c = 0; c < self->components->count && status == GF_OK; ++c) {
        status = settle(self, c, first + c, push, error);
    }
    for (size_t c = 0; c < self->components->count && status == GF_OK; ++c) {
        status = gf_expansion_find_range(self, lindbladian, c, first + c, error);
    }
    return status == GF_OK ? find_rates(self, error) : status;
}

static gf_status solve_part(gf_solution *solution, gf_lindbladian *lindbladian, size_t p,
                            size_t first, double (*push)[GF_CHARGES], gf_error *error) {
    const gf_part *part = &solution->generator.part[p];
    gf_coupling self;
    gf_rung_matrix factors;
    gf_status status =
        gf_rung_matrix_factor(&part->rates, SHIFT * gf_modes_scale(part), &factors, error);
    if (status != GF_OK) {
        return status;
    }
    status = gf_coupling_init(&self, solution, lindbladian, p, &factors, error);
    if (status == GF_OK) {
        status = solve_components(&self, lindbladian, first, push, error);
        gf_coupling_free(&self);
    }
    gf_rung_matrix_free(&factors);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status allocate(gf_rates *rates, gf_error *error) {
    gf_rates_coupled *result = &rates->coupled;
    gf_rates_expansion *expansion = &result->expansion;
    size_t rows = (size_t)rates->sites + 1, sectors = rates->sectors;
    result->sector = calloc(sectors + 1, sizeof *result->sector);
    result->probability = calloc(sectors * rows + 1, sizeof *result->probability);
    result->force = calloc(rows, sizeof *result->force);
    expansion->sector = calloc(GF_RATES_ORDERS * sectors + 1, sizeof *expansion->sector);
    expansion->probability =
        calloc(GF_RATES_ORDERS * sectors * rows + 1, sizeof *expansion->probability);
    expansion->range = calloc(sectors + 1, sizeof *expansion->range);
    return result->sector != NULL && result->probability != NULL && result->force != NULL &&
                   expansion->sector != NULL && expansion->probability != NULL &&
                   expansion->range != NULL
               ? GF_OK
               : gf_fail_memory(error, "the stationary states");
}

/* From N f_i(M) P(M), summed over sectors as P(M) is. */
static void divide_forces(gf_rates *rates) {
    gf_rates_coupled *result = &rates->coupled;
    size_t rows = (size_t)rates->sites + 1;
    for (size_t row = 0; row < rows; ++row) {
        double probability = 0;
        for (size_t s = 0; s < rates->sectors; ++s) {
            probability += result->probability[s * rows + row];
        }
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            result->force[row][i] /= probability;
        }
    }
}

gf_status gf_solution_couple(gf_solution *self, const gf_rates_request *request, gf_error *error) {
    gf_lindbladian lindbladian;
    size_t first = 0;
    gf_status status = allocate(self->rates, error);
    self->rates->coupled.epsilon = request->epsilon;
    if (status == GF_OK) {
        status = gf_lindbladian_init(&lindbladian, &self->generator, request->epsilon, error);
    }
    if (status != GF_OK) {
        return status;
    }
    for (size_t p = 0; p < self->generator.parts && status == GF_OK; ++p) {
        if (self->generator.part[p].count > 0) {
            status = solve_part(self, &lindbladian, p, first, self->rates->coupled.force, error);
            first += self->components[p].count;
        }
    }
    divide_forces(self->rates);
    gf_lindbladian_free(&lindbladian);
    return status;
}
