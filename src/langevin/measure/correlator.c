#include <fftw3.h> /* first: after complex.h its modes would be complex numbers of C */

#include "langevin/measure/correlator.h"

#include "gibbsflow/charge.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct gf_correlator {
    gf_correlator_plan plan;
    size_t length, modes; /* of the periodic row */
    double *origin;       /* [fields][cells], of cells without neighbours */
    double *row;          /* [length]: to transform */
    fftw_complex *before[GF_CHARGES], *now[GF_CHARGES], *product; /* [modes] */
    fftw_plan forward, backward;                                  /* row <-> product */
};

static gf_status make_transforms(gf_correlator *self, gf_error *error) {
    bool done = self->length <= INT32_MAX;
    self->row = fftw_alloc_real(self->length);
    self->product = fftw_alloc_complex(self->modes);
    for (size_t a = 0; a < self->plan.fields; ++a) {
        self->before[a] = fftw_alloc_complex(self->modes);
        self->now[a] = fftw_alloc_complex(self->modes);
        done = done && self->before[a] != NULL && self->now[a] != NULL;
    }
    if (!done || self->row == NULL || self->product == NULL) {
        return gf_fail_memory(error, "a correlation function");
    }
#pragma omp critical(gf_fftw_planner)
    {
        self->forward =
            fftw_plan_dft_r2c_1d((int)self->length, self->row, self->product, FFTW_ESTIMATE);
        self->backward =
            fftw_plan_dft_c2r_1d((int)self->length, self->product, self->row, FFTW_ESTIMATE);
    }
    return GF_OK;
}

gf_status gf_correlator_create(const gf_correlator_plan *plan, gf_correlator **correlator,
                               gf_error *error) {
    gf_correlator *self = calloc(1, sizeof *self);
    gf_status status = self != NULL ? GF_OK : gf_fail_memory(error, "a correlation function");
    if (status == GF_OK) {
        self->plan = *plan;
        self->length = (plan->boundary == GF_ANTIPERIODIC ? 2 : 1) * plan->cells;
        self->modes = self->length / 2 + 1;
    }
    if (status == GF_OK && plan->has_space) {
        status = make_transforms(self, error);
    } else if (status == GF_OK) {
        self->origin = malloc(plan->fields * plan->cells * sizeof *self->origin);
        status = self->origin != NULL ? GF_OK : gf_fail_memory(error, "a correlation function");
    }
    if (status != GF_OK) {
        gf_correlator_free(self);
        self = NULL;
    }
    *correlator = self;
    return status;
}

void gf_correlator_free(gf_correlator *self) {
    if (self == NULL) {
        return;
    }
    if (self->forward != NULL) {
#pragma omp critical(gf_fftw_planner)
        {
            fftw_destroy_plan(self->forward);
            fftw_destroy_plan(self->backward);
        }
    }
    for (size_t a = 0; a < GF_CHARGES; ++a) {
        fftw_free(self->before[a]);
        fftw_free(self->now[a]);
    }
    fftw_free(self->product);
    fftw_free(self->row);
    free(self->origin);
    free(self);
}

/* --- rows ------------------------------------------------------------------------------------ */

static void transform(gf_correlator *self, const double *field, fftw_complex *modes) {
    size_t cells = self->plan.cells;
    memcpy(self->row, field, cells * sizeof *field);
    for (size_t i = cells; i < self->length; ++i) {
        self->row[i] = -field[i - cells];
    }
    fftw_execute(self->forward);
    memcpy(modes, self->product, self->modes * sizeof *modes);
}

/* Keeps the real part of F(a)* F(b), whose transform is even in x. */
static void multiply(const gf_correlator *self, fftw_complex *const a, fftw_complex *const b) {
    for (size_t k = 0; k < self->modes; ++k) {
        self->product[k][0] = a[k][0] * b[k][0] + a[k][1] * b[k][1];
        self->product[k][1] = 0;
    }
}

static void add_row(gf_correlator *self, const double *fields, double *sum) {
    const gf_correlator_plan *plan = &self->plan;
    double norm = (double)self->length * (double)self->length; /* of transform and mean */
    for (size_t b = 0; b < plan->fields; ++b) {
        transform(self, fields + b * plan->cells, self->now[b]);
    }
    for (size_t a = 0; a < plan->fields; ++a) {
        for (size_t b = 0; b < plan->fields; ++b) {
            multiply(self, self->before[a], self->now[b]);
            fftw_execute(self->backward);
            for (size_t x = 0; x < plan->distances; ++x) {
                sum[(x * plan->fields + a) * plan->fields + b] +=
                    self->row[x * plan->stride] / norm;
            }
        }
    }
}

/* --- cells without neighbours ---------------------------------------------------------------- */

static void add_cells(const gf_correlator *self, const double *fields, double *sum) {
    size_t cells = self->plan.cells, count = self->plan.fields;
    for (size_t a = 0; a < count; ++a) {
        for (size_t b = 0; b < count; ++b) {
            double all = 0;
            for (size_t i = 0; i < cells; ++i) {
                all += self->origin[a * cells + i] * fields[b * cells + i];
            }
            sum[a * count + b] += all / (double)cells;
        }
    }
}

/* --- both ------------------------------------------------------------------------------------ */

void gf_correlator_set_origin(gf_correlator *self, const double *fields) {
    size_t cells = self->plan.cells;
    if (self->origin != NULL) {
        memcpy(self->origin, fields, self->plan.fields * cells * sizeof *fields);
        return;
    }
    for (size_t a = 0; a < self->plan.fields; ++a) {
        transform(self, fields + a * cells, self->before[a]);
    }
}

void gf_correlator_add(gf_correlator *self, const double *fields, double *sum) {
    if (self->origin != NULL) {
        add_cells(self, fields, sum);
    } else {
        add_row(self, fields, sum);
    }
}
