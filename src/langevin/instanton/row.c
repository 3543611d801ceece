#include "langevin/instanton/row.h"

#include "base/workspace.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { F = GF_CHARGES };

struct gf_row {
    const gf_fluctuating_field *field;
    size_t cells, fields, size;
    double spacing;
    double *state, *middle;        /* where it is; at the faces, then workspace */
    gf_field_drive *drive;         /* [cells] */
    gf_field_transport *transport; /* [cells - 1] */
    double *band;  /* B, and its Cholesky factor: [size] columns of the lower band */
    double *slope; /* 1/step - db/dq: [size] columns of 3 bands */
    lapack_int *pivot;
};

/* Elements beside the diagonal, on either side: those of the same cell and of the next. */
static size_t width_of(const gf_row *self) {
    return self->cells > 1 ? 2 * self->fields - 1 : self->fields - 1;
}

static size_t band_rows(const gf_row *self) {
    return width_of(self) + 1;
}

static size_t slope_rows(const gf_row *self) {
    return 3 * width_of(self) + 1;
}

void gf_row_free(gf_row *self) {
    if (self != NULL) {
        free(self->state);
        free(self->middle);
        free(self->drive);
        free(self->transport);
        free(self->pivot);
        free(self->band);
        gf_workspace_free(self->slope);
    }
    free(self);
}

gf_status gf_row_create(const gf_fluctuating_field *field, size_t cells, double spacing,
                        gf_row **row, gf_error *error) {
    gf_row *self = calloc(1, sizeof *self);
    *row = NULL;
    if (self == NULL) {
        return gf_fail_memory(error, "a row of cells");
    }
    size_t size = cells * field->fields;
    *self = (gf_row){.field = field,
                     .cells = cells,
                     .fields = field->fields,
                     .size = size,
                     .spacing = field->has_space ? spacing : 1,
                     .state = calloc(size, sizeof *self->state),
                     .middle = calloc(size, sizeof *self->middle),
                     .drive = calloc(cells, sizeof *self->drive),
                     .transport = calloc(cells, sizeof *self->transport),
                     .pivot = calloc(size, sizeof *self->pivot)};
    self->band = calloc(band_rows(self) * size, sizeof *self->band);
    self->slope = gf_workspace_matrix(slope_rows(self), size, sizeof *self->slope);
    if (self->state == NULL || self->middle == NULL || self->drive == NULL ||
        self->transport == NULL || self->pivot == NULL || self->band == NULL ||
        self->slope == NULL) {
        gf_row_free(self);
        return gf_fail_memory(error, "a row of cells");
    }
    *row = self;
    return GF_OK;
}

void gf_row_set(gf_row *self, const double *state) {
    size_t fields = self->fields, inner = self->size - fields;
    memcpy(self->state, state, self->size * sizeof *state);
    self->field->drive(self->field->context, self->cells, state, self->drive);
    if (self->cells > 1) {
        for (size_t k = 0; k < inner; ++k) {
            self->middle[k] = (state[k] + state[k + fields]) / 2;
        }
        self->field->transport(self->field->context, self->cells - 1, self->middle,
                               self->transport);
    }
}

/* The slope of a vector [cells][fields] at the face right of cell i. */
static void slope_at(const gf_row *self, const double *vector, size_t i, double slope[F]) {
    for (size_t a = 0; a < self->fields; ++a) {
        size_t k = i * self->fields + a;
        slope[a] = (vector[k + self->fields] - vector[k]) / self->spacing;
    }
}

void gf_row_drift(gf_row *self, double *drift) {
    size_t fields = self->fields;
    for (size_t i = 0; i < self->cells; ++i) {
        memcpy(drift + i * fields, self->drive[i].force, fields * sizeof *drift);
    }
    for (size_t i = 0; i + 1 < self->cells; ++i) {
        double slope[F];
        slope_at(self, self->state, i, slope);
        for (size_t a = 0; a < fields; ++a) {
            double flux = 0;
            for (size_t b = 0; b < fields; ++b) {
                flux += self->transport[i].diffusion[a][b] * slope[b];
            }
            drift[i * fields + a] += flux / self->spacing;
            drift[(i + 1) * fields + a] -= flux / self->spacing;
        }
    }
}

/* Element (row, column) of the lower band, row >= column: column by column. */
static double *band_at(const gf_row *self, size_t row, size_t column) {
    return &self->band[column * band_rows(self) + row - column];
}

static void fill_band(gf_row *self) {
    size_t fields = self->fields;
    double per_area = 1 / (self->spacing * self->spacing);
    memset(self->band, 0, band_rows(self) * self->size * sizeof *self->band);
    for (size_t i = 0; i < self->cells; ++i) {
        for (size_t a = 0; a < fields; ++a) {
            for (size_t b = 0; b <= a; ++b) {
                *band_at(self, i * fields + a, i * fields + b) =
                    self->drive[i].noise[gf_pair(a, b)];
            }
        }
    }
    for (size_t i = 0; i + 1 < self->cells; ++i) {
        size_t here = i * fields, next = here + fields;
        for (size_t a = 0; a < fields; ++a) {
            for (size_t b = 0; b < fields; ++b) {
                double noise = self->transport[i].noise[gf_pair(a, b)] * per_area;
                *band_at(self, next + a, here + b) = -noise;
                if (b <= a) {
                    *band_at(self, here + a, here + b) += noise;
                    *band_at(self, next + a, next + b) += noise;
                }
            }
        }
    }
}

/* Cholesky's factor L in place of the band; the diagonal holds 1/L_kk. LAPACK's dpbtrf calls three
 * functions for each column, which for bands as narrow as these takes three times as long. */
static bool factorise(gf_row *self) {
    size_t rows = band_rows(self), size = self->size;
    for (size_t k = 0; k < size; ++k) {
        double *column = self->band + k * rows;
        size_t below = size - k < rows ? size - k : rows;
        if (!(column[0] > 0)) {
            return false;
        }
        column[0] = 1 / sqrt(column[0]);
        for (size_t i = 1; i < below; ++i) {
            column[i] *= column[0];
        }
        for (size_t j = 1; j < below; ++j) {
            for (size_t i = j; i < below; ++i) {
                column[j * rows + i - j] -= column[i] * column[j];
            }
        }
    }
    return true;
}

bool gf_row_solve(gf_row *self, double *vector) {
    size_t rows = band_rows(self), size = self->size;
    fill_band(self);
    if (!factorise(self)) {
        return false;
    }
    for (size_t k = 0; k < size; ++k) {
        const double *column = self->band + k * rows;
        vector[k] *= column[0];
        for (size_t i = 1; i < rows && k + i < size; ++i) {
            vector[k + i] -= column[i] * vector[k];
        }
    }
    for (size_t k = size; k-- > 0;) {
        const double *column = self->band + k * rows;
        for (size_t i = 1; i < rows && k + i < size; ++i) {
            vector[k] -= column[i] * vector[k + i];
        }
        vector[k] *= column[0];
    }
    return true;
}

/* What cell i has of it: p.f + p.N.p/2. */
static void pull_drive(const gf_row *self, const double *p, double *result, size_t i) {
    const gf_field_drive *drive = &self->drive[i];
    for (size_t c = 0; c < self->fields; ++c) {
        double sum = 0;
        for (size_t a = 0; a < self->fields; ++a) {
            sum += p[a] * drive->force_slope[a][c];
            for (size_t b = 0; b < self->fields; ++b) {
                sum += p[a] * drive->noise_slope[gf_pair(a, b)][c] * p[b] / 2;
            }
        }
        result[c] = sum;
    }
}

/* What the face right of cell i has of it: -p'.D q' + p'.T p'/2, p' and q' the slopes there. */
static void pull_transport(const gf_row *self, const double *p, double *result, size_t i) {
    const gf_field_transport *transport = &self->transport[i];
    double of_p[F], of_q[F];
    slope_at(self, p, i, of_p);
    slope_at(self, self->state, i, of_q);
    for (size_t c = 0; c < self->fields; ++c) {
        double by_slope = 0, by_value = 0;
        for (size_t a = 0; a < self->fields; ++a) {
            by_slope -= of_p[a] * transport->diffusion[a][c];
            for (size_t b = 0; b < self->fields; ++b) {
                by_value -= of_p[a] * transport->diffusion_slope[a][b][c] * of_q[b];
                by_value += of_p[a] * transport->noise_slope[gf_pair(a, b)][c] * of_p[b] / 2;
            }
        }
        size_t k = i * self->fields + c;
        result[k] += by_value / 2 - by_slope / self->spacing;
        result[k + self->fields] += by_value / 2 + by_slope / self->spacing;
    }
}

void gf_row_pull_back(gf_row *self, const double *p, double *result) {
    for (size_t i = 0; i < self->cells; ++i) {
        pull_drive(self, p + i * self->fields, result + i * self->fields, i);
    }
    for (size_t i = 0; i + 1 < self->cells; ++i) {
        pull_transport(self, p, result, i);
    }
}

/* --- relaxation ------------------------------------------------------------------------------ */

static double *slope_element(const gf_row *self, size_t row, size_t column) {
    return &self->slope[column * slope_rows(self) + 2 * width_of(self) + row - column];
}

/* The flux at the face right of cell i, derived by the states of its two cells. */
static void add_flux_slope(gf_row *self, size_t i) {
    size_t fields = self->fields, here = i * fields, next = here + fields;
    const gf_field_transport *transport = &self->transport[i];
    double of_q[F];
    slope_at(self, self->state, i, of_q);
    for (size_t a = 0; a < fields; ++a) {
        for (size_t c = 0; c < fields; ++c) {
            double by_value = 0, by_slope = transport->diffusion[a][c] / self->spacing;
            for (size_t b = 0; b < fields; ++b) {
                by_value += transport->diffusion_slope[a][b][c] * of_q[b] / 2;
            }
            double left = (by_value - by_slope) / self->spacing;
            double right = (by_value + by_slope) / self->spacing;
            *slope_element(self, here + a, here + c) -= left; /* db/dq = +flux/dx here */
            *slope_element(self, here + a, next + c) -= right;
            *slope_element(self, next + a, here + c) += left;
            *slope_element(self, next + a, next + c) += right;
        }
    }
}

static void fill_slope(gf_row *self, double step) {
    size_t fields = self->fields;
    memset(self->slope, 0, slope_rows(self) * self->size * sizeof *self->slope);
    for (size_t i = 0; i < self->cells; ++i) {
        for (size_t a = 0; a < fields; ++a) {
            for (size_t c = 0; c < fields; ++c) {
                *slope_element(self, i * fields + a, i * fields + c) =
                    (a == c ? 1 / step : 0) - self->drive[i].force_slope[a][c];
            }
        }
    }
    for (size_t i = 0; i + 1 < self->cells; ++i) {
        add_flux_slope(self, i);
    }
}

bool gf_row_relax(gf_row *self, double step, double *state) {
    lapack_int size = (lapack_int)self->size, width = (lapack_int)width_of(self);
    gf_row_set(self, state);
    gf_row_drift(self, self->middle);
    fill_slope(self, step);
    if (LAPACKE_dgbsv_work(LAPACK_COL_MAJOR, size, width, width, 1, self->slope,
                           (lapack_int)slope_rows(self), self->pivot, self->middle, size) != 0) {
        return false;
    }
    for (size_t k = 0; k < self->size; ++k) {
        state[k] += self->middle[k];
    }
    return true;
}
