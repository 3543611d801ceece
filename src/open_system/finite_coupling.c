/* Stationary states and slowest rates at a finite coupling, from those of epsilon -> 0. */
#include "open_system/solution.h"

#include "base/machine.h"
#include "base/workspace.h"
#include "open_system/lindbladian.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the largest rate: see rates.c. */
static const double SHIFT = 1e-6;
static const double CONVERGED = 1e-12; /* of what is left of L rho, beside what was there */
static const double SHARP = 1e-9;      /* residual of a rate */
enum { STEPS = 120, ROUNDS = 6 };      /* of GMRES */
enum { WANTED = 2, FIRST = 6, KEPT = 12, WIDEST = 70, MOST = 1200 }; /* of Davidson's method */

/* One part with its vectors: as real ones of twice the length, because of a weak F the Lindbladian
 * is linear over the real numbers alone. */
typedef struct coupling {
    gf_solution *solution;
    gf_coupled_part coupled;
    size_t length;         /* of a vector, in real numbers */
    double complex *state; /* the stationary state; all zeros of GF_PART_ODD */
    double complex *trial; /* workspace */
} coupling;

static double dot(const coupling *self, const double complex *x, const double complex *y) {
    return cblas_ddot((blasint)self->length, (const double *)x, 1, (const double *)y, 1);
}

static void add(const coupling *self, double factor, const double complex *x, double complex *y) {
    cblas_daxpy((blasint)self->length, factor, (const double *)x, 1, (double *)y, 1);
}

static double norm(const coupling *self, const double complex *x) {
    return cblas_dnrm2((blasint)self->length, (const double *)x, 1);
}

static void scale(const coupling *self, double factor, double complex *x) {
    cblas_dscal((blasint)self->length, factor, (double *)x, 1);
}

static bool has_trace(const coupling *self) {
    return self->coupled.part->kind != GF_PART_ODD;
}

static double trace(const coupling *self, const double complex *x) {
    double sum = 0;
    for (size_t p = 0; p < self->coupled.places && has_trace(self); ++p) {
        const gf_matrix_place *place = &self->coupled.place[p];
        for (size_t i = 0; i < place->rows; ++i) {
            sum += creal(x[place->first + i * (place->rows + 1)]);
        }
    }
    return sum;
}

static void make_hermitian(const gf_matrix_place *place, double complex *x) {
    for (size_t j = 0; j < place->columns; ++j) {
        for (size_t i = 0; i <= j; ++i) {
            double complex *upper = &x[place->first + j * place->rows + i];
            double complex *lower = &x[place->first + i * place->rows + j];
            *upper = (*upper + conj(*lower)) / 2;
            *lower = conj(*upper);
        }
    }
}

/* Rounding leaves a trace, which is that of the stationary state, and what is not Hermitian, which
 * would grow into i times the stationary state. */
static void deflate(const coupling *self, double complex *x) {
    for (size_t p = 0; p < self->coupled.places && has_trace(self); ++p) {
        make_hermitian(&self->coupled.place[p], x);
    }
    if (has_trace(self)) {
        add(self, -trace(self, x), self->state, x);
    }
}

static gf_status apply(const coupling *self, const double complex *x, double complex *y,
                       gf_error *error) {
    return gf_coupled_part_apply(&self->coupled, x, y, error);
}

static void precondition(coupling *self, double complex *x) {
    gf_coupled_part_precondition(&self->coupled, x);
    deflate(self, x);
}

/* --- the stationary state: GMRES ------------------------------------------------------------- */

typedef struct krylov {
    double complex *basis[STEPS + 1];
    double h[STEPS][STEPS + 1]; /* column by column, made triangular by rotations */
    double turn[STEPS][2], right[STEPS + 1];
} krylov;

static void free_krylov(krylov *self) {
    for (int k = 0; k <= STEPS && self != NULL; ++k) {
        gf_workspace_free(self->basis[k]);
    }
    free(self);
}

/* Rotates the new column k and the right-hand side. */
static void rotate(krylov *self, int k) {
    double *column = self->h[k];
    for (int j = 0; j < k; ++j) {
        double a = column[j], b = column[j + 1];
        column[j] = self->turn[j][0] * a + self->turn[j][1] * b;
        column[j + 1] = -self->turn[j][1] * a + self->turn[j][0] * b;
    }
    double size = hypot(column[k], column[k + 1]);
    self->turn[k][0] = size > 0 ? column[k] / size : 1;
    self->turn[k][1] = size > 0 ? column[k + 1] / size : 0;
    column[k] = size;
    self->right[k + 1] = -self->turn[k][1] * self->right[k];
    self->right[k] *= self->turn[k][0];
}

/* One more vector of the Krylov space of L P^-1. */
static gf_status lengthen(coupling *self, krylov *space, int k, gf_error *error) {
    double complex *next = gf_workspace_alloc(self->length / 2, 1, sizeof *next);
    space->basis[k + 1] = next;
    if (next == NULL) {
        return gf_fail_memory(error, "the stationary state");
    }
    memcpy(self->trial, space->basis[k], self->length * sizeof(double));
    precondition(self, self->trial);
    gf_status status = apply(self, self->trial, next, error);
    for (int j = 0; j <= k; ++j) {
        space->h[k][j] = dot(self, space->basis[j], next);
        add(self, -space->h[k][j], space->basis[j], next);
    }
    space->h[k][k + 1] = norm(self, next);
    scale(self, space->h[k][k + 1] > 0 ? 1 / space->h[k][k + 1] : 0, next);
    return status;
}

/* state -= P^-1 V y, H y = right. */
static void correct(coupling *self, krylov *space, int steps) {
    double y[STEPS];
    memset(self->trial, 0, self->length * sizeof(double));
    for (int k = steps; k-- > 0;) {
        y[k] = space->right[k];
        for (int j = k + 1; j < steps; ++j) {
            y[k] -= space->h[j][k] * y[j];
        }
        y[k] /= space->h[k][k];
        add(self, y[k], space->basis[k], self->trial);
    }
    precondition(self, self->trial);
    add(self, -1, self->trial, self->state);
}

/* Lowers |L rho|, now `left`, to the limit, as far as one space does it. */
static gf_status descend(coupling *self, double complex *residual, double left, double limit,
                         gf_error *error) {
    krylov *space = calloc(1, sizeof *space);
    if (space == NULL) {
        gf_workspace_free(residual);
        return gf_fail_memory(error, "the stationary state");
    }
    int steps = 0;
    gf_status status = GF_OK;
    space->basis[0] = residual;
    scale(self, 1 / left, residual);
    space->right[0] = left;
    while (steps < STEPS && status == GF_OK && fabs(space->right[steps]) > limit / 2) {
        status = lengthen(self, space, steps, error);
        rotate(space, steps++);
        ++self->solution->rates->coupled.products;
    }
    if (status == GF_OK) {
        correct(self, space, steps);
    }
    free_krylov(space);
    return status;
}

static gf_status settle(coupling *self, gf_error *error) {
    double first = 0, left = INFINITY;
    gf_status status = GF_OK;
    for (int round = 0; round < ROUNDS && status == GF_OK; ++round) {
        double complex *residual = gf_workspace_alloc(self->length / 2, 1, sizeof *residual);
        if (residual == NULL) {
            return gf_fail_memory(error, "the stationary state");
        }
        status = apply(self, self->state, residual, error);
        left = norm(self, residual);
        first = round == 0 ? left : first;
        double limit = fmax(CONVERGED * first, 1e-15 * gf_modes_scale(self->coupled.part));
        if (left <= limit || status != GF_OK) {
            gf_workspace_free(residual);
            break;
        }
        status = descend(self, residual, left, limit, error);
    }
    self->solution->rates->coupled.residual = fmax(self->solution->rates->coupled.residual, left);
    bool settled = left <= 1e-9 * gf_modes_scale(self->coupled.part);
    return status == GF_OK && !settled
               ? gf_fail(error, GF_NO_CONVERGENCE,
                         "the stationary state at epsilon = %g was not found (|L rho| = %.2g): the "
                         "coupling is too strong to start from the limit of a weak one",
                         self->coupled.lindbladian->epsilon, left)
               : status;
}

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

/* Orthogonalises x and takes it in, unless nothing is left of it. */
static gf_status take_in(coupling *self, subspace *space, const double complex *x,
                         gf_error *error) {
    size_t k = space->count, elements = self->length / 2;
    double before = norm(self, x);
    double complex *vector = gf_workspace_alloc(elements, 1, sizeof *vector);
    double complex *image = gf_workspace_alloc(elements, 1, sizeof *image);
    if (vector == NULL || image == NULL) {
        gf_workspace_free(vector);
        gf_workspace_free(image);
        return gf_fail_memory(error, "the slowest rates");
    }
    memcpy(vector, x, self->length * sizeof(double));
    deflate(self, vector);
    for (size_t j = 0; j < 2 * k; ++j) {
        add(self, -dot(self, space->vector[j % k], vector), space->vector[j % k], vector);
    }
    double left = norm(self, vector);
    if (!(left > 1e-12 * before)) {
        gf_workspace_free(vector);
        gf_workspace_free(image);
        return GF_OK;
    }
    scale(self, 1 / left, vector);
    space->vector[k] = vector;
    space->image[k] = image;
    ++space->count;
    ++self->solution->rates->coupled.products;
    return apply(self, vector, image, error);
}

/* Slow populations of the rate equation: powers of its inverse on numbers without a pattern. */
static gf_status begin_subspace(coupling *self, subspace *space, gf_error *error) {
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
        deflate(self, self->trial);
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

static int solve_projected(const coupling *self, subspace *space) {
    lapack_int n = (lapack_int)space->count;
    double none = 0, *h = gf_workspace_matrix(space->count, space->count, sizeof *h);
    double *work = gf_workspace_alloc(8 * space->count, space->count, sizeof *work);
    int info = h != NULL && work != NULL ? 0 : -1;
    for (size_t j = 0; j < space->count && info == 0; ++j) {
        for (size_t i = 0; i < space->count; ++i) {
            h[j * space->count + i] = dot(self, space->vector[i], space->image[j]);
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
static void combine(const coupling *self, const subspace *space, bool image, size_t column,
                    double factor, double complex *sum) {
    for (size_t j = 0; j < space->count; ++j) {
        add(self, factor * space->ritz[column * space->count + j],
            image ? space->image[j] : space->vector[j], sum);
    }
}

/* The residual of a Ritz pair: its real part, or its imaginary one. */
static void fill_residual(const coupling *self, const subspace *space, size_t k, bool imaginary,
                          double complex *residual) {
    size_t own = imaginary ? k + 1 : k, other = imaginary ? k : k + 1;
    memset(residual, 0, self->length * sizeof(double));
    combine(self, space, true, own, 1, residual);
    combine(self, space, false, own, -space->re[k], residual);
    if (space->im[k] > 0) {
        combine(self, space, false, other, imaginary ? -space->im[k] : space->im[k], residual);
    }
}

static double residual_of(coupling *self, const subspace *space, size_t k) {
    double sum = 0;
    for (int part = 0; part < (space->im[k] > 0 ? 2 : 1); ++part) {
        fill_residual(self, space, k, part == 1, self->trial);
        sum += dot(self, self->trial, self->trial);
    }
    return sqrt(sum);
}

/* Leaves the slowest Ritz vectors alone. */
static gf_status narrow(coupling *self, subspace *space, gf_error *error) {
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

static gf_parity parity_of(coupling *self, const subspace *space, size_t k) {
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
static gf_status improve(coupling *self, subspace *space, bool *done, gf_error *error) {
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
            precondition(self, next[part]);
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

static gf_status find_rates(coupling *self, gf_error *error) {
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

static void describe(coupling *self, size_t s) {
    gf_solution *solution = self->solution;
    gf_rates *rates = solution->rates;
    const gf_part *part = self->coupled.part;
    gf_rates_sector *sector = &rates->coupled.sector[s];
    double sites = rates->sites, *population = self->coupled.work;
    double *probability = rates->coupled.probability + s * (size_t)(rates->sites + 1);
    *sector = rates->sector[s];
    sector->magnetization = sector->energy = sector->second_moment = 0;
    gf_coupled_part_project(&self->coupled, self->state, population);
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        if (!gf_variable_is_population(v)) {
            continue;
        }
        int m = gf_variable_magnetization(&solution->generator, v);
        int images = rates->folded && m != 0 ? 2 : 1;
        sector->magnetization += rates->folded ? 0 : population[i] * m / sites;
        sector->second_moment += population[i] * m * m / sites / sites;
        sector->energy += population[i] * gf_variable_energy(&solution->generator, v) / sites;
        for (int image = 0; image < images; ++image) {
            probability[((image == 0 ? m : -m) + rates->sites) / 2] += population[i] / images;
        }
    }
}

static gf_status solve_vectors(coupling *self, size_t p, size_t s, gf_error *error) {
    gf_solution *solution = self->solution;
    size_t elements = self->coupled.size;
    self->length = 2 * elements;
    self->state = gf_workspace_alloc(elements, 1, sizeof *self->state);
    self->trial = gf_workspace_alloc(elements, 1, sizeof *self->trial);
    if (self->state == NULL || self->trial == NULL) {
        return gf_fail_memory(error, "the stationary state");
    }
    gf_status status = GF_OK;
    if (has_trace(self)) {
        gf_coupled_part_embed(&self->coupled, solution->states[p], self->state);
        status = settle(self, error);
        if (status == GF_OK) {
            describe(self, s);
        }
    }
    return status == GF_OK ? find_rates(self, error) : status;
}

static gf_status solve_part(gf_solution *solution, const gf_lindbladian *lindbladian, size_t p,
                            size_t s, gf_error *error) {
    const gf_part *part = &solution->generator.part[p];
    coupling self = {.solution = solution};
    gf_rung_matrix factors;
    gf_status status =
        gf_rung_matrix_factor(&part->rates, SHIFT * gf_modes_scale(part), &factors, error);
    if (status != GF_OK) {
        return status;
    }
    status = gf_coupled_part_init(&self.coupled, lindbladian, part, &factors, error);
    if (status == GF_OK) {
        status = solve_vectors(&self, p, s, error);
        gf_coupled_part_free(&self.coupled);
    }
    gf_workspace_free(self.state);
    gf_workspace_free(self.trial);
    gf_rung_matrix_free(&factors);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status check(const gf_solution *self, double epsilon, gf_error *error) {
    double elements = 0, need = gf_lindbladian_memory(&self->frames);
    for (size_t p = 0; p < self->generator.parts; ++p) {
        if (self->components[p].count > 1) {
            return gf_fail(error, GF_INVALID,
                           "%s: the bath conserves more than F as epsilon -> 0, and the stationary "
                           "state at epsilon = %g cannot be told from there",
                           self->model->name, epsilon);
        }
    }
    for (size_t f = 0; f < self->frames.families; ++f) {
        double states = 0;
        for (int rung = 0; rung < self->frames.rungs; ++rung) {
            states += (double)gf_frames_size(&self->frames, f, 0, rung);
        }
        elements += self->frames.slots * states * states;
    }
    need += elements * (2 * WIDEST + 8) * sizeof(double complex);
    double spare = (double)gf_machine_free_memory();
    return need < spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "the Lindbladian of %d sites at a finite epsilon needs %.3g GiB of "
                         "memory, but %.3g GiB are free; use fewer sites",
                         self->frames.sites, need / 0x1p30, spare / 0x1p30);
}

gf_status gf_solution_couple(gf_solution *self, const gf_rates_request *request, gf_error *error) {
    gf_rates_coupled *result = &self->rates->coupled;
    gf_lindbladian lindbladian;
    size_t s = 0;
    gf_status status = check(self, request->epsilon, error);
    result->epsilon = request->epsilon;
    result->sector = calloc(self->rates->sectors + 1, sizeof *result->sector);
    result->probability = calloc(self->rates->sectors * (size_t)(self->rates->sites + 1) + 1,
                                 sizeof *result->probability);
    if (status == GF_OK && (result->sector == NULL || result->probability == NULL)) {
        status = gf_fail_memory(error, "the stationary states");
    }
    if (status != GF_OK) {
        return status;
    }
    status = gf_lindbladian_init(&lindbladian, &self->generator, request->epsilon, error);
    if (status != GF_OK) {
        return status;
    }
    for (size_t p = 0; p < self->generator.parts && status == GF_OK; ++p) {
        if (self->generator.part[p].count > 0) {
            status = solve_part(self, &lindbladian, p, s, error);
            s += self->components[p].count;
        }
    }
    gf_lindbladian_free(&lindbladian);
    return status;
}
