#include "open_system/coupling.h"

#include "base/workspace.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double CONVERGED = 1e-12; /* of what is left of L x, beside what was there */
enum { STEPS = 120, ROUNDS = 6 };      /* of GMRES */

/* --- vectors --------------------------------------------------------------------------------- */

double gf_coupling_dot(const gf_coupling *self, const double complex *x, const double complex *y) {
    return cblas_ddot((blasint)self->length, (const double *)x, 1, (const double *)y, 1);
}

void gf_coupling_add(const gf_coupling *self, double factor, const double complex *x,
                     double complex *y) {
    cblas_daxpy((blasint)self->length, factor, (const double *)x, 1, (double *)y, 1);
}

double gf_coupling_norm(const gf_coupling *self, const double complex *x) {
    return cblas_dnrm2((blasint)self->length, (const double *)x, 1);
}

void gf_coupling_scale(const gf_coupling *self, double factor, double complex *x) {
    cblas_dscal((blasint)self->length, factor, (double *)x, 1);
}

static bool has_trace(const gf_coupling *self) {
    return self->coupled.part->kind != GF_PART_ODD;
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

/* Rounding leaves traces, which are those of stationary states, and what is not Hermitian, which
 * would grow into i times a stationary state. */
void gf_coupling_deflate(const gf_coupling *self, double complex *x) {
    double *variables = self->coupled.work;
    if (!has_trace(self)) {
        return;
    }
    for (size_t p = 0; p < self->coupled.places; ++p) {
        make_hermitian(&self->coupled.place[p], x);
    }
    gf_coupled_part_project(&self->coupled, x, variables);
    for (size_t c = 0; c < self->components->count; ++c) {
        double trace = 0;
        for (size_t i = 0; i < self->coupled.part->count; ++i) {
            trace +=
                self->components->of[i] == (int)c ? self->components->trace[i] * variables[i] : 0;
        }
        gf_coupling_add(self, -trace, self->stationary[c], x);
    }
}

void gf_coupling_precondition(gf_coupling *self, double complex *x) {
    gf_coupled_part_precondition(&self->coupled, x);
    gf_coupling_deflate(self, x);
}

static gf_status apply(const gf_coupling *self, bool levels, const double complex *x,
                       double complex *y, gf_error *error) {
    gf_status status = gf_coupled_part_apply(&self->coupled, x, y, error);
    if (levels) {
        gf_coupled_part_keep_levels(&self->coupled, y);
    }
    return status;
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
static gf_status lengthen(gf_coupling *self, bool levels, krylov *space, int k, gf_error *error) {
    double complex *next = gf_workspace_alloc(self->length / 2, 1, sizeof *next);
    space->basis[k + 1] = next;
    if (next == NULL) {
        return gf_fail_memory(error, "the stationary state");
    }
    memcpy(self->trial, space->basis[k], self->length * sizeof(double));
    gf_coupling_precondition(self, self->trial);
    gf_status status = apply(self, levels, self->trial, next, error);
    for (int j = 0; j <= k; ++j) {
        space->h[k][j] = gf_coupling_dot(self, space->basis[j], next);
        gf_coupling_add(self, -space->h[k][j], space->basis[j], next);
    }
    space->h[k][k + 1] = gf_coupling_norm(self, next);
    gf_coupling_scale(self, space->h[k][k + 1] > 0 ? 1 / space->h[k][k + 1] : 0, next);
    return status;
}

/* x -= P^-1 V y, H y = right. */
static void correct(gf_coupling *self, krylov *space, int steps, double complex *x) {
    double y[STEPS];
    memset(self->trial, 0, self->length * sizeof(double));
    for (int k = steps; k-- > 0;) {
        y[k] = space->right[k];
        for (int j = k + 1; j < steps; ++j) {
            y[k] -= space->h[j][k] * y[j];
        }
        y[k] /= space->h[k][k];
        gf_coupling_add(self, y[k], space->basis[k], self->trial);
    }
    gf_coupling_precondition(self, self->trial);
    gf_coupling_add(self, -1, self->trial, x);
}

/* Lowers |L x|, of which `residual` is what is left, to the limit, as far as one space does it. */
static gf_status descend(gf_coupling *self, bool levels, double complex *x,
                         double complex *residual, double limit, size_t *products,
                         gf_error *error) {
    krylov *space = calloc(1, sizeof *space);
    if (space == NULL) {
        gf_workspace_free(residual);
        return gf_fail_memory(error, "the stationary state");
    }
    int steps = 0;
    gf_status status = GF_OK;
    space->basis[0] = residual;
    space->right[0] = gf_coupling_norm(self, residual);
    gf_coupling_scale(self, 1 / space->right[0], residual);
    while (steps < STEPS && status == GF_OK && fabs(space->right[steps]) > limit / 2) {
        status = lengthen(self, levels, space, steps, error);
        rotate(space, steps++);
        ++*products;
    }
    if (status == GF_OK) {
        correct(self, space, steps, x);
    }
    free_krylov(space);
    return status;
}

gf_status gf_coupling_settle(gf_coupling *self, bool levels, double complex *x, double *residual,
                             size_t *products, gf_error *error) {
    double first = 0, left = INFINITY, rates = gf_modes_scale(self->coupled.part);
    gf_status status = GF_OK;
    for (int round = 0; round < ROUNDS && status == GF_OK; ++round) {
        double complex *rest = gf_workspace_alloc(self->length / 2, 1, sizeof *rest);
        if (rest == NULL) {
            return gf_fail_memory(error, "the stationary state");
        }
        status = apply(self, levels, x, rest, error);
        left = gf_coupling_norm(self, rest);
        first = round == 0 ? left : first;
        double limit = fmax(CONVERGED * first, 1e-15 * rates);
        if (left <= limit || status != GF_OK) {
            gf_workspace_free(rest);
            break;
        }
        status = descend(self, levels, x, rest, limit, products, error);
    }
    *residual = fmax(*residual, left);
    bool settled = left <= 1e-9 * fmax(rates, first);
    return status == GF_OK && !settled
               ? gf_fail(error, GF_NO_CONVERGENCE,
                         "the stationary state at epsilon = %g was not found (|L rho| = %.2g): the "
                         "coupling is too strong to start from the limit of a weak one",
                         self->coupled.lindbladian->epsilon, left)
               : status;
}

/* --- what is seen ---------------------------------------------------------------------------- */

void gf_coupling_describe(const gf_coupling *self, const double complex *x, gf_rates_sector *sector,
                          double *probability) {
    const gf_solution *solution = self->solution;
    const gf_part *part = self->coupled.part;
    int sites = solution->rates->sites;
    double *population = self->coupled.work;
    sector->magnetization = sector->energy = sector->second_moment = 0;
    gf_coupled_part_project(&self->coupled, x, population);
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        if (!gf_variable_is_population(v)) {
            continue;
        }
        int m = gf_variable_magnetization(&solution->generator, v);
        double energy = gf_variable_energy(&solution->generator, v);
        int images = solution->rates->folded && m != 0 ? 2 : 1;
        sector->magnetization += images == 2 ? 0 : population[i] * m / sites;
        sector->second_moment += population[i] * m * m / sites / sites;
        sector->energy += population[i] * energy / sites;
        for (int image = 0; image < images; ++image) {
            probability[((image == 0 ? m : -m) + sites) / 2] += population[i] / images;
        }
    }
}

/* --- making ---------------------------------------------------------------------------------- */

static gf_status start(gf_coupling *self, const double *states, gf_error *error) {
    size_t count = self->components->count;
    self->trial = gf_workspace_alloc(self->coupled.size, 1, sizeof *self->trial);
    self->stationary = calloc(count + 1, sizeof(double complex *));
    if (self->trial == NULL || self->stationary == NULL) {
        return gf_fail_memory(error, "the stationary states");
    }
    for (size_t c = 0; c < count; ++c) {
        self->stationary[c] = gf_workspace_alloc(self->coupled.size, 1, sizeof(double complex));
        if (self->stationary[c] == NULL) {
            return gf_fail_memory(error, "the stationary states");
        }
        gf_coupled_part_embed(&self->coupled, states + c * self->coupled.part->count,
                              self->stationary[c]);
    }
    return GF_OK;
}

gf_status gf_coupling_init(gf_coupling *self, gf_solution *solution,
                           const gf_lindbladian *lindbladian, size_t part,
                           const gf_rung_matrix *factors, gf_error *error) {
    *self = (gf_coupling){.solution = solution, .components = &solution->components[part]};
    gf_status status = gf_coupled_part_init(&self->coupled, lindbladian,
                                            &solution->generator.part[part], factors, error);
    if (status != GF_OK) {
        return status;
    }
    self->length = 2 * self->coupled.size;
    status = start(self, solution->states[part], error);
    if (status != GF_OK) {
        gf_coupling_free(self);
    }
    return status;
}

void gf_coupling_free(gf_coupling *self) {
    for (size_t c = 0; self->stationary != NULL && c < self->components->count; ++c) {
        gf_workspace_free(self->stationary[c]);
    }
    free(self->stationary);
    gf_workspace_free(self->trial);
    gf_coupled_part_free(&self->coupled);
    *self = (gf_coupling){0};
}
