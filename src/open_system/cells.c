#include "open_system/cells.h"

#include "base/workspace.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool gf_cells_hold(const gf_cells *self, const gf_part *part, const gf_variable *variable) {
    return variable->regular && !variable->imaginary && (part->kind == GF_PART_ODD) == self->odd;
}

/* --- orthonormal polynomials ----------------------------------------------------------------- */

/* Calls for every variable that a cell describes. */
typedef void visit_level(void *context, int rung, double energy, double states);

static void visit_all(const gf_cells *self, visit_level *visit, void *context) {
    for (size_t p = 0; p < self->generator->parts; ++p) {
        const gf_part *part = &self->generator->part[p];
        for (size_t i = 0; i < part->count; ++i) {
            const gf_variable *v = &part->variable[i];
            if (gf_cells_hold(self, part, v)) {
                visit(context, v->rung[0], gf_variable_energy(self->generator, v),
                      gf_variable_states(self->generator, v));
            }
        }
    }
}

typedef struct range {
    double least[GF_MAX_RUNGS], greatest[GF_MAX_RUNGS];
    int levels[GF_MAX_RUNGS]; /* distinct ones, at least */
} range;

static void widen(void *context, int rung, double energy, double states) {
    range *self = context;
    (void)states;
    self->least[rung] = fmin(self->least[rung], energy);
    self->greatest[rung] = fmax(self->greatest[rung], energy);
}

/* Values of the functions found so far against the next power, by cell. */
typedef struct overlap {
    const gf_cells *cells;
    int power;
    double product[GF_MAX_RUNGS][GF_CELL_FUNCTIONS], square[GF_MAX_RUNGS];
    double next[GF_MAX_RUNGS][GF_CELL_FUNCTIONS]; /* coefficients of the next function */
} overlap;

static double evaluate(const double *coefficient, double x) {
    double sum = 0;
    for (int k = GF_CELL_DEGREE; k >= 0; --k) {
        sum = sum * x + coefficient[k];
    }
    return sum;
}

static double scaled(const gf_cells *self, int rung, double energy) {
    return (energy - self->centre[rung]) / self->width[rung];
}

static void add_overlap(void *context, int rung, double energy, double states) {
    overlap *self = context;
    double x = scaled(self->cells, rung, energy), value = evaluate(self->next[rung], x);
    self->square[rung] += states * value * value;
    for (int d = 0; d < self->cells->count[rung]; ++d) {
        self->product[rung][d] += states * value * evaluate(self->cells->coefficient[rung][d], x);
    }
}

static void clear(overlap *self) {
    memset(self->product, 0, sizeof self->product);
    memset(self->square, 0, sizeof self->square);
}

/* Gram and Schmidt, twice; a function that vanishes on all levels of its cell is left out. */
static void add_power(gf_cells *self, overlap *work, int power) {
    enum { PASSES = 2 };
    double whole[GF_MAX_RUNGS];
    work->power = power;
    memset(work->next, 0, sizeof work->next);
    for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
        work->next[rung][power] = 1;
    }
    for (int pass = 0; pass <= PASSES; ++pass) {
        clear(work);
        visit_all(self, add_overlap, work);
        for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
            whole[rung] = pass == 0 ? work->square[rung] : whole[rung];
            for (int d = 0; d < self->count[rung] && pass < PASSES; ++d) {
                cblas_daxpy(GF_CELL_FUNCTIONS, -work->product[rung][d], self->coefficient[rung][d],
                            1, work->next[rung], 1);
            }
        }
    }
    for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
        if (work->square[rung] > 1e-16 * whole[rung] && whole[rung] > 0) {
            for (int k = 0; k < GF_CELL_FUNCTIONS; ++k) {
                self->coefficient[rung][self->count[rung]][k] =
                    work->next[rung][k] / sqrt(work->square[rung]);
            }
            ++self->count[rung];
        }
    }
}

gf_status gf_cells_init(gf_cells *self, const gf_generator *generator, bool odd, gf_error *error) {
    range ends;
    overlap *work = calloc(1, sizeof *work);
    *self = (gf_cells){.generator = generator, .odd = odd};
    if (work == NULL) {
        return gf_fail_memory(error, "smooth populations");
    }
    for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
        ends.least[rung] = INFINITY;
        ends.greatest[rung] = -INFINITY;
    }
    visit_all(self, widen, &ends);
    for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
        bool wide = ends.greatest[rung] - ends.least[rung] > generator->frames->resolution;
        self->centre[rung] =
            isfinite(ends.least[rung]) ? (ends.greatest[rung] + ends.least[rung]) / 2 : 0;
        self->width[rung] = wide ? (ends.greatest[rung] - ends.least[rung]) / 2 : 1;
    }
    work->cells = self;
    for (int power = 0; power <= GF_CELL_DEGREE; ++power) {
        add_power(self, work, power);
    }
    free(work);
    return GF_OK;
}

double gf_cells_value(const gf_cells *self, int rung, int d, double energy) {
    return evaluate(self->coefficient[rung][d], scaled(self, rung, energy));
}

size_t gf_cells_functions(const gf_cells *self) {
    size_t sum = 0;
    for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
        sum += (size_t)self->count[rung];
    }
    return sum;
}

static size_t first_function(const gf_cells *self, int rung) {
    size_t sum = 0;
    for (int r = 0; r < rung; ++r) {
        sum += (size_t)self->count[r];
    }
    return sum;
}

double gf_cells_population(const gf_cells *self, const double *state, const gf_variable *variable) {
    int rung = variable->rung[0];
    const double *own = state + first_function(self, rung);
    double energy = gf_variable_energy(self->generator, variable), sum = 0;
    for (int d = 0; d < self->count[rung]; ++d) {
        sum += own[d] * gf_cells_value(self, rung, d, energy);
    }
    return sum * gf_variable_states(self->generator, variable);
}

/* --- the projected rate equation ------------------------------------------------------------- */

/* column[functions] += phi' R x. */
static void project(const gf_cells *self, const gf_part *part, const double *rx, double *column) {
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        int rung = v->rung[0];
        if (!gf_cells_hold(self, part, v)) {
            continue;
        }
        size_t first = first_function(self, rung);
        double energy = gf_variable_energy(self->generator, v);
        for (int d = 0; d < self->count[rung]; ++d) {
            column[first + (size_t)d] += gf_cells_value(self, rung, d, energy) * rx[i];
        }
    }
}

static void fill_column(const gf_cells *self, int rung, int d, const gf_part *part, double *x) {
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        x[i] = gf_cells_hold(self, part, v) && v->rung[0] == rung
                   ? gf_cells_value(self, rung, d, gf_variable_energy(self->generator, v)) *
                         gf_variable_states(self->generator, v)
                   : 0;
    }
}

static gf_status project_part(const gf_cells *self, const gf_part *part, size_t functions,
                              double *matrix, gf_error *error) {
    double *x = gf_workspace_alloc(part->count, 1, sizeof *x);
    double *rx = gf_workspace_alloc(part->count, 1, sizeof *rx);
    gf_status status =
        x != NULL && rx != NULL ? GF_OK : gf_fail_memory(error, "smooth populations");
    for (int rung = 0; rung < GF_MAX_RUNGS && status == GF_OK; ++rung) {
        for (int d = 0; d < self->count[rung]; ++d) {
            fill_column(self, rung, d, part, x);
            gf_rung_matrix_multiply(&part->rates, false, x, rx);
            project(self, part, rx, matrix + (first_function(self, rung) + (size_t)d) * functions);
        }
    }
    gf_workspace_free(x);
    gf_workspace_free(rx);
    return status;
}

static gf_status eigenvalues(size_t n, double *matrix, double *first, double *second, double *state,
                             gf_error *error) {
    double *re = gf_workspace_alloc(n, 1, sizeof *re), *im = gf_workspace_alloc(n, 1, sizeof *im);
    double *vectors = gf_workspace_matrix(n, n, sizeof *vectors), none = 0;
    double *work = gf_workspace_alloc(8 * n, n, sizeof *work);
    bool enough = re != NULL && im != NULL && vectors != NULL && work != NULL;
    int info = !enough ? -1
                       : LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'V', (lapack_int)n, matrix,
                                            (lapack_int)n, re, im, &none, 1, vectors, (lapack_int)n,
                                            work, (lapack_int)(8 * n));
    *first = *second = -INFINITY;
    for (size_t k = 0; k < n && info == 0; ++k) {
        if (re[k] > *first) {
            *second = *first;
            *first = re[k];
            memcpy(state, vectors + k * n, n * sizeof *state);
        } else if (re[k] > *second) {
            *second = re[k];
        }
    }
    gf_workspace_free(re);
    gf_workspace_free(im);
    gf_workspace_free(vectors);
    gf_workspace_free(work);
    return info == 0 ? GF_OK
                     : gf_fail(error, enough ? GF_NO_CONVERGENCE : GF_NO_MEMORY,
                               "the smooth rate equation could not be solved");
}

gf_status gf_cells_solve(const gf_cells *self, double *first, double *second, double *state,
                         gf_error *error) {
    size_t n = gf_cells_functions(self);
    double *matrix = gf_workspace_matrix(n, n, sizeof *matrix);
    gf_status status = matrix != NULL ? GF_OK : gf_fail_memory(error, "smooth populations");
    for (size_t p = 0; p < self->generator->parts && status == GF_OK; ++p) {
        const gf_part *part = &self->generator->part[p];
        if ((part->kind == GF_PART_ODD) == self->odd) {
            status = project_part(self, part, n, matrix, error);
        }
    }
    if (status == GF_OK) {
        status = eigenvalues(n, matrix, first, second, state, error);
    }
    gf_workspace_free(matrix);
    return status;
}
