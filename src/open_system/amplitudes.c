#include "open_system/amplitudes.h"

#include "base/workspace.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

static const double ROUNDING = 1e-13; /* of an element, relative to the largest */

/* --- between symmetric basis states ---------------------------------------------------------- */

/* What is needed to find the element of one jump operator between two blocks. */
typedef struct between {
    const gf_frames *frames;
    const gf_operator *jump;
    const gf_frame *target, *source;
    int target_sign, source_sign; /* of F, where states are sums of two images; 0 elsewhere */
    double complex *element;      /* [source->size][target->size] */
} between;

/* The two columns that share a pattern, and their components on it; returns how many. */
static int components(const gf_orbits *orbits, size_t rank, uint32_t column[2],
                      double complex value[2]) {
    column[0] = orbits->column[rank];
    value[0] = orbits->component[rank];
    if (column[0] == GF_NO_ORBIT) {
        return 0;
    }
    column[1] = column[0] + 1;
    value[1] = I * orbits->side[rank] * value[0];
    return orbits->side[rank] != 0 ? 2 : 1;
}

/* Adds <target state|to> amplitude to the elements of one source column. */
static void add_to(const between *self, uint32_t to, double complex amplitude, uint32_t column) {
    const gf_orbits *orbits = &self->target->orbits;
    uint32_t ring = (uint32_t)(((uint64_t)1 << self->frames->sites) - 1), row[2];
    double complex value[2], *element = self->element + column * self->target->size;
    int up = __builtin_popcount(to);
    if (up != self->target->block.up) {
        if (self->target_sign == 0 || self->frames->sites - up != self->target->block.up) {
            return;
        }
        to = ~to & ring;
        amplitude *= self->target_sign;
    }
    amplitude *= self->target_sign != 0 ? sqrt(0.5) : 1;
    int count = components(orbits, gf_basis_rank(&orbits->basis, to), row, value);
    for (int i = 0; i < count; ++i) {
        element[row[i]] += conj(value[i]) * amplitude;
    }
}

/* L on a pattern of a source column. */
static void apply(const between *self, uint32_t from, double complex amplitude, uint32_t column) {
    for (size_t i = 0; i < self->jump->count; ++i) {
        const gf_operator_term *term = &self->jump->terms[i];
        if ((from & term->plus) == 0 && (from & term->minus) == term->minus) {
            uint32_t to = (uint32_t)((from | term->plus) & ~term->minus);
            bool negative = (__builtin_popcountll(~(uint64_t)from & term->z) & 1) != 0;
            add_to(self, to, amplitude * (negative ? -term->coefficient : term->coefficient),
                   column);
        }
    }
}

static void fill(const between *self, const gf_symmetry *group, int image) {
    const gf_orbits *orbits = &self->source->orbits;
    uint32_t column[2];
    double complex value[2];
    for (size_t rank = 0; rank < orbits->basis.size; ++rank) {
        int count = components(orbits, rank, column, value);
        uint32_t from = gf_symmetry_act(group, 0, image, orbits->basis.states[rank]);
        for (int i = 0; i < count; ++i) {
            double complex amplitude = value[i] * (self->source_sign != 0 ? sqrt(0.5) : 1);
            apply(self, from, amplitude, column[i]);
            if (self->source_sign != 0) {
                apply(self, gf_symmetry_act(group, 0, GF_FLIP, from), amplitude * self->source_sign,
                      column[i]);
            }
        }
    }
}

/* Makes the elements real by the common phase, if that does it; *real says whether they are.
 * Returns the largest modulus. */
static double turn(double complex *element, size_t count, double complex *phase, bool *real) {
    double largest = 0;
    double complex at = 0;
    for (size_t i = 0; i < count; ++i) {
        double size = creal(element[i]) * creal(element[i]) + cimag(element[i]) * cimag(element[i]);
        if (size > largest) {
            largest = size;
            at = element[i];
        }
    }
    if (*phase == 0 && largest > 0) {
        *phase = conj(at) / cabs(at);
    }
    *real = true;
    for (size_t i = 0; i < count; ++i) {
        if (element[i] != 0) {
            element[i] *= *phase;
            *real = *real && fabs(cimag(element[i])) <= ROUNDING * sqrt(largest);
        }
    }
    return sqrt(largest);
}

/* --- between eigenstates --------------------------------------------------------------------- */

/* Y = part of A times real vectors, row by row; `row_of` [columns] is workspace. */
static void multiply_sparse(const between *self, bool imaginary, double *restrict row_of,
                            double *restrict result) {
    size_t rows = self->target->size, columns = self->source->size;
    for (size_t a = 0; a < columns; ++a) {
        for (size_t m = 0; m < columns; ++m) {
            row_of[m] = self->source->vectors.real[m * columns + a];
        }
        for (size_t row = 0; row < rows; ++row) {
            double complex element = self->element[a * rows + row];
            double value = imaginary ? cimag(element) : creal(element);
            for (size_t m = 0; m < columns && value != 0; ++m) {
                result[row * columns + m] += value * row_of[m];
            }
        }
    }
}

/* V' A V of one part of A; vectors are real. NULL if memory ran out. */
static double *project_real(const between *self, bool imaginary) {
    size_t rows = self->target->size, columns = self->source->size;
    double *half = gf_workspace_matrix(rows, columns, sizeof *half);
    double *result = gf_workspace_matrix(rows, columns, sizeof *result);
    double *row_of = gf_workspace_alloc(columns, 1, sizeof *row_of);
    if (half != NULL && result != NULL && row_of != NULL) {
        multiply_sparse(self, imaginary, row_of, half);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasTrans, (blasint)rows, (blasint)columns,
                    (blasint)rows, 1, self->target->vectors.real, (blasint)rows, half,
                    (blasint)columns, 0, result, (blasint)rows);
    } else {
        gf_workspace_free(result);
        result = NULL;
    }
    gf_workspace_free(half);
    gf_workspace_free(row_of);
    return result;
}

static gf_status project_complex(const between *self, gf_amplitudes *result, gf_error *error) {
    size_t rows = self->target->size, columns = self->source->size, all = rows * columns;
    const double complex one = 1, none = 0;
    double complex *half = gf_workspace_matrix(rows, columns, sizeof *half);
    result->real = gf_workspace_matrix(rows, columns, sizeof *result->real);
    result->imaginary = gf_workspace_matrix(rows, columns, sizeof *result->imaginary);
    bool enough = self->source->vectors.complex_ != NULL && half != NULL && result->real != NULL &&
                  result->imaginary != NULL;
    if (enough) {
        cblas_zgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (blasint)rows, (blasint)columns,
                    (blasint)columns, &one, self->element, (blasint)rows,
                    self->source->vectors.complex_, (blasint)columns, &none, half, (blasint)rows);
        cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, (blasint)rows, (blasint)columns,
                    (blasint)rows, &one, self->target->vectors.complex_, (blasint)rows, half,
                    (blasint)rows, &none, self->element, (blasint)rows);
    }
    for (size_t i = 0; i < all && enough; ++i) {
        result->real[i] = creal(self->element[i]);
        result->imaginary[i] = cimag(self->element[i]);
    }
    gf_workspace_free(half);
    return enough ? GF_OK : gf_fail_memory(error, "matrix elements of the jump operators");
}

static gf_status project(const between *self, bool real, gf_amplitudes *result, gf_error *error) {
    result->real = project_real(self, false);
    result->imaginary = real ? NULL : project_real(self, true);
    return result->real != NULL && (real || result->imaginary != NULL)
               ? GF_OK
               : gf_fail_memory(error, "matrix elements of the jump operators");
}

/* --- the whole ------------------------------------------------------------------------------- */

static int sign_of(const gf_frames *frames, const gf_place *place) {
    return !gf_frames_split(frames, place->rung) ? 0 : place->slot == GF_EVEN ? 1 : -1;
}

gf_status gf_amplitudes_make(const gf_frames *frames, const gf_jump *jump, const gf_place *target,
                             const gf_place *source, int image, double complex *phase,
                             gf_amplitudes *result, gf_error *error) {
    between self = {.frames = frames,
                    .jump = &jump->operator,
                    .target = frames->family[target->family].frame[target->slot][target->rung],
                    .source = frames->family[source->family].frame[source->slot][source->rung],
                    .target_sign = sign_of(frames, target),
                    .source_sign = sign_of(frames, source)};
    *result = (gf_amplitudes){0};
    if (self.target == NULL || self.source == NULL) {
        return GF_OK;
    }
    *result = (gf_amplitudes){.rows = self.target->size, .columns = self.source->size};
    self.element = gf_workspace_matrix(result->rows, result->columns, sizeof *self.element);
    if (self.element == NULL) {
        return gf_fail_memory(error, "matrix elements of the jump operators");
    }
    fill(&self, &frames->bath->symmetry, image);
    bool real;
    gf_status status = GF_OK;
    if (turn(self.element, result->rows * result->columns, phase, &real) > 0) {
        status = frames->is_real ? project(&self, real, result, error)
                                 : project_complex(&self, result, error);
    }
    gf_workspace_free(self.element);
    if (status != GF_OK) {
        gf_amplitudes_free(result);
    }
    return status;
}

void gf_amplitudes_free(gf_amplitudes *self) {
    gf_workspace_free(self->real);
    gf_workspace_free(self->imaginary);
    *self = (gf_amplitudes){0};
}
