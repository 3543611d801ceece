#include "langevin/instanton/preconditioner.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>

enum { F = GF_CHARGES };

struct gf_preconditioner {
    size_t steps, cells, fields, size;
    double spacing;
    fftw_plan forward, backward; /* of the rows of one state; NULL: one cell */
    double *row;                 /* [size] */
    double (*root)[F][F];        /* [cells] R of each mode, lower triangle */
    double (*rate)[F];           /* [cells] (J^T J)_aa */
    double *diagonal, *below;    /* [steps - 1][size] Cholesky factors in time */
};

void gf_preconditioner_free(gf_preconditioner *self) {
    if (self == NULL) {
        return;
    }
#pragma omp critical(gf_fftw_planner)
    {
        fftw_destroy_plan(self->forward);
        fftw_destroy_plan(self->backward);
    }
    fftw_free(self->row);
    free(self->root);
    free(self->rate);
    free(self->diagonal);
    free(self->below);
    free(self);
}

/* --- modes ----------------------------------------------------------------------------------- */

/* R R^T = B; false if B is not positive definite. */
static bool take_root(size_t fields, double b[F][F], double r[F][F]) {
    bool positive = b[0][0] > 0;
    r[0][0] = sqrt(fmax(b[0][0], 0));
    r[0][1] = 0;
    r[1][0] = fields > 1 && positive ? b[1][0] / r[0][0] : 0;
    double rest = fields > 1 ? b[1][1] - r[1][0] * r[1][0] : 1;
    r[1][1] = sqrt(fmax(rest, 0));
    return positive && rest > 0;
}

/* The diagonal of J^T J, J = R^-1 A R, and of it at least a trace of its trace. */
static void take_rate(size_t fields, double a[F][F], double r[F][F], double rate[F]) {
    double product[F][F] = {{0}}, trace = 0;
    for (size_t i = 0; i < fields; ++i) {
        for (size_t k = 0; k < fields; ++k) {
            for (size_t j = 0; j < fields; ++j) {
                product[i][k] += a[i][j] * r[j][k];
            }
        }
    }
    for (size_t k = 0; k < fields; ++k) { /* columns of R^-1 (A R) */
        double first = product[0][k] / r[0][0];
        double second = fields > 1 ? (product[1][k] - r[1][0] * first) / r[1][1] : 0;
        rate[k] = first * first + second * second;
        trace += rate[k];
    }
    for (size_t k = 0; k < fields; ++k) {
        rate[k] = fmax(rate[k], 1e-6 * trace);
    }
}

static bool prepare_mode(gf_preconditioner *self, const gf_field_drive *drive,
                         const gf_field_transport *transport, size_t mode) {
    double mu =
        (2 - 2 * cos(M_PI * (double)mode / (double)self->cells)) / (self->spacing * self->spacing);
    double noise[F][F], slope[F][F];
    for (size_t i = 0; i < self->fields; ++i) {
        for (size_t k = 0; k < self->fields; ++k) {
            noise[i][k] = drive->noise[gf_pair(i, k)] + mu * transport->noise[gf_pair(i, k)];
            slope[i][k] = drive->force_slope[i][k] - mu * transport->diffusion[i][k];
        }
    }
    bool positive = take_root(self->fields, noise, self->root[mode]);
    if (positive) {
        take_rate(self->fields, slope, self->root[mode], self->rate[mode]);
    }
    return positive;
}

static gf_status prepare_modes(gf_preconditioner *self, const gf_fluctuating_field *field,
                               const double *q, gf_error *error) {
    gf_field_drive drive = {.force = {0}};
    gf_field_transport transport = {.noise = {0}};
    field->drive(field->context, 1, q, &drive);
    if (field->has_space) {
        field->transport(field->context, 1, q, &transport);
    }
    for (size_t k = 0; k < self->cells; ++k) {
        if (!prepare_mode(self, &drive, &transport, k)) {
            return gf_fail(error, GF_INVALID,
                           "the noise has no positive covariance at m = %g: a least action needs "
                           "noise of every component",
                           q[0]);
        }
    }
    return GF_OK;
}

/* --- making ---------------------------------------------------------------------------------- */

static void plan_transforms(gf_preconditioner *self) {
    int cells = (int)self->cells, fields = (int)self->fields;
    const fftw_r2r_kind there = FFTW_REDFT10, back = FFTW_REDFT01;
#pragma omp critical(gf_fftw_planner)
    {
        self->forward = fftw_plan_many_r2r(1, &cells, fields, self->row, NULL, fields, 1, self->row,
                                           NULL, fields, 1, &there, FFTW_ESTIMATE);
        self->backward = fftw_plan_many_r2r(1, &cells, fields, self->row, NULL, fields, 1,
                                            self->row, NULL, fields, 1, &back, FFTW_ESTIMATE);
    }
}

gf_status gf_preconditioner_create(const gf_fluctuating_field *field, const gf_path *mesh,
                                   const double *q, gf_preconditioner **result, gf_error *error) {
    gf_preconditioner *self = calloc(1, sizeof *self);
    size_t size = gf_path_size(mesh), inner = (mesh->steps - 1) * size;
    *result = NULL;
    if (self == NULL) {
        return gf_fail_memory(error, "a descent");
    }
    *self = (gf_preconditioner){.steps = mesh->steps,
                                .cells = mesh->cells,
                                .fields = mesh->fields,
                                .size = size,
                                .spacing = field->has_space ? mesh->spacing : 1,
                                .row = fftw_malloc(size * sizeof *self->row),
                                .root = calloc(mesh->cells, sizeof *self->root),
                                .rate = calloc(mesh->cells, sizeof *self->rate),
                                .diagonal = calloc(inner, sizeof *self->diagonal),
                                .below = calloc(inner, sizeof *self->below)};
    gf_status status = self->row != NULL && self->root != NULL && self->rate != NULL &&
                               self->diagonal != NULL && self->below != NULL
                           ? prepare_modes(self, field, q, error)
                           : gf_fail_memory(error, "a descent");
    if (status == GF_OK) {
        plan_transforms(self);
        gf_preconditioner_set(self, mesh->step);
    } else {
        gf_preconditioner_free(self);
        self = NULL;
    }
    *result = self;
    return status;
}

/* The matrix of sum dt (((w_{k+1} - w_k)/dt)^2 + rate ((w_k + w_{k+1})/2)^2) is tridiagonal. */
void gf_preconditioner_set(gf_preconditioner *self, const double *step) {
    for (size_t i = 0; i < self->size; ++i) {
        double rate = self->rate[i / self->fields][i % self->fields], below = 0;
        for (size_t k = 0; k + 1 < self->steps; ++k) {
            double diagonal = self->spacing *
                              (1 / step[k] + 1 / step[k + 1] + rate * (step[k] + step[k + 1]) / 4);
            double root = sqrt(diagonal - below * below);
            self->diagonal[k * self->size + i] = root;
            below = self->spacing * (rate * step[k + 1] / 4 - 1 / step[k + 1]) / root;
            self->below[k * self->size + i] = below; /* of row k + 1 */
        }
    }
}

/* --- going there and back -------------------------------------------------------------------- */

/* Orthonormal: 1/sqrt(2 n), and another sqrt(2) for the mean. */
static void scale_modes(gf_preconditioner *self, double mean, double others) {
    for (size_t i = 0; i < self->size; ++i) {
        self->row[i] *= i < self->fields ? mean : others;
    }
}

static void transform(gf_preconditioner *self, double *state, bool back) {
    double norm = 1 / sqrt(2 * (double)self->cells);
    for (size_t i = 0; i < self->size; ++i) {
        self->row[i] = state[i];
    }
    if (back) {
        scale_modes(self, norm * M_SQRT2, norm);
        fftw_execute(self->backward);
    } else {
        fftw_execute(self->forward);
        scale_modes(self, norm * M_SQRT1_2, norm);
    }
    for (size_t i = 0; i < self->size; ++i) {
        state[i] = self->row[i];
    }
}

/* mode = R^-1 mode, R mode or R^T mode. */
static void divide_root(const gf_preconditioner *self, double *state) {
    for (size_t k = 0; k < self->cells; ++k) {
        double *mode = state + k * self->fields, (*r)[F] = self->root[k];
        mode[0] /= r[0][0];
        if (self->fields > 1) {
            mode[1] = (mode[1] - r[1][0] * mode[0]) / r[1][1];
        }
    }
}

static void multiply_root(const gf_preconditioner *self, double *state, bool transposed) {
    for (size_t k = 0; k < self->cells; ++k) {
        double *mode = state + k * self->fields, (*r)[F] = self->root[k];
        if (self->fields > 1) {
            double first = r[0][0] * mode[0] + (transposed ? r[1][0] * mode[1] : 0);
            mode[1] = r[1][1] * mode[1] + (transposed ? 0 : r[1][0] * mode[0]);
            mode[0] = first;
        } else {
            mode[0] *= r[0][0];
        }
    }
}

/* In time, with the Cholesky factor L: L^T w, L^-T z, L^-1 g. */
void gf_preconditioner_flatten(gf_preconditioner *self, double *inner) {
    size_t last = self->steps - 2;
    for (size_t k = 0; k <= last; ++k) {
        transform(self, inner + k * self->size, false);
        divide_root(self, inner + k * self->size);
    }
    for (size_t k = 0; k <= last; ++k) {
        double *here = inner + k * self->size;
        const double *diagonal = self->diagonal + k * self->size,
                     *below = self->below + k * self->size;
        for (size_t i = 0; i < self->size; ++i) {
            here[i] = diagonal[i] * here[i] + (k < last ? below[i] * here[i + self->size] : 0);
        }
    }
}

void gf_preconditioner_restore(gf_preconditioner *self, double *inner) {
    size_t last = self->steps - 2;
    for (size_t k = last + 1; k-- > 0;) {
        double *here = inner + k * self->size;
        const double *diagonal = self->diagonal + k * self->size,
                     *below = self->below + k * self->size;
        for (size_t i = 0; i < self->size; ++i) {
            here[i] = (here[i] - (k < last ? below[i] * here[i + self->size] : 0)) / diagonal[i];
        }
    }
    for (size_t k = 0; k <= last; ++k) {
        multiply_root(self, inner + k * self->size, false);
        transform(self, inner + k * self->size, true);
    }
}

void gf_preconditioner_pull(gf_preconditioner *self, double *inner) {
    size_t last = self->steps - 2;
    for (size_t k = 0; k <= last; ++k) {
        double *here = inner + k * self->size;
        const double *diagonal = self->diagonal + k * self->size;
        const double *above = self->below + (k > 0 ? k - 1 : 0) * self->size;
        transform(self, here, false);
        multiply_root(self, here, true);
        for (size_t i = 0; i < self->size; ++i) {
            here[i] = (here[i] - (k > 0 ? above[i] * here[i - self->size] : 0)) / diagonal[i];
        }
    }
}
