#include "gibbsflow/sector.h"

#include "clones.h"
#include "gibbsflow/basis.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of eigenvectors treated together: their rows then stream through the vector units. */
enum { BLOCK = 128 };

/* Workspace sizes of LAPACK are 32-bit integers of order 2 n^2. */
enum { MAX_DIMENSION = 32000 };

typedef struct element_term {
    uint64_t plus, minus, z;
    size_t observable;
    double complex coefficient;
} element_term;

struct gf_elements {
    size_t count; /* operators */
    size_t terms;
    element_term *term; /* by flips, then by operator */
    bool is_real;
};

/* --- matrix elements ------------------------------------------------------------------------- */

static int compare_terms(const void *left, const void *right) {
    const element_term *a = left, *b = right;
    if (a->plus != b->plus) {
        return a->plus < b->plus ? -1 : 1;
    }
    if (a->minus != b->minus) {
        return a->minus < b->minus ? -1 : 1;
    }
    return (a->observable > b->observable) - (a->observable < b->observable);
}

gf_status gf_elements_create(const gf_operator *operators, size_t count, gf_elements **elements,
                             gf_error *error) {
    size_t terms = 0;
    for (size_t k = 0; k < count; ++k) {
        terms += operators[k].count;
    }
    gf_elements *self = calloc(1, sizeof *self);
    *elements = self;
    if (self == NULL || (self->term = malloc((terms + 1) * sizeof *self->term)) == NULL) {
        gf_elements_free(self);
        *elements = NULL;
        return gf_fail_memory(error, "matrix elements");
    }
    self->count = count;
    self->is_real = true;
    for (size_t k = 0; k < count; ++k) {
        self->is_real = self->is_real && gf_operator_is_real(&operators[k]);
        for (size_t i = 0; i < operators[k].count; ++i) {
            const gf_operator_term *term = &operators[k].terms[i];
            /* The upper triangle follows from Hermiticity: a term raises the state's number if its
             * highest flipped spin goes up, that is if plus > minus. */
            if (term->plus >= term->minus && !gf_operator_term_moves_magnetization(term)) {
                self->term[self->terms++] = (element_term){.plus = term->plus,
                                                           .minus = term->minus,
                                                           .z = term->z,
                                                           .observable = k,
                                                           .coefficient = term->coefficient};
            }
        }
    }
    qsort(self->term, self->terms, sizeof *self->term, compare_terms);
    return GF_OK;
}

void gf_elements_free(gf_elements *self) {
    if (self != NULL) {
        free(self->term);
        free(self);
    }
}

typedef void visit_element(void *context, size_t observable, size_t row, size_t column,
                           double complex element);

static bool same_flips(const element_term *a, const element_term *b) {
    return a->plus == b->plus && a->minus == b->minus;
}

/* Visits the elements of column `column` on and below the diagonal, operator by operator. */
static void visit_column(const gf_elements *self, const gf_basis *basis, size_t column,
                         visit_element *visit, void *context) {
    uint64_t state = basis->states[column];
    const element_term *term = self->term, *end = self->term + self->terms;
    while (term < end) {
        const element_term *flip = term;
        if ((state & flip->plus) != 0 || (state & flip->minus) != flip->minus) {
            while (term < end && same_flips(term, flip)) {
                ++term;
            }
            continue;
        }
        size_t row = gf_basis_rank(basis, (uint32_t)(state ^ flip->plus ^ flip->minus));
        while (term < end && same_flips(term, flip)) {
            size_t observable = term->observable;
            double complex element = 0;
            for (; term < end && same_flips(term, flip) && term->observable == observable; ++term) {
                int downs = __builtin_popcountll(~state & term->z);
                element += (downs & 1) != 0 ? -term->coefficient : term->coefficient;
            }
            if (element != 0) {
                visit(context, observable, row, column, element);
            }
        }
    }
}

/* --- diagonalisation ------------------------------------------------------------------------- */

typedef struct matrix {
    size_t size;
    double *real;             /* column-major; one of the two is NULL */
    double complex *complex_; /* column-major */
} matrix;

static void store_element(void *context, size_t observable, size_t row, size_t column,
                          double complex element) {
    matrix *self = context;
    (void)observable;
    if (self->real != NULL) {
        self->real[column * self->size + row] = creal(element);
    } else {
        self->complex_[column * self->size + row] = element;
    }
}

static gf_status diagonalize(matrix *self, double *energy, gf_error *error) {
    lapack_int size = (lapack_int)self->size;
    lapack_int info =
        self->real != NULL
            ? LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', size, self->real, size, energy)
            : LAPACKE_zheevd(LAPACK_COL_MAJOR, 'V', 'L', size, self->complex_, size, energy);
    if (info == LAPACK_WORK_MEMORY_ERROR) {
        return gf_fail_memory(error, "the diagonalisation of a sector");
    }
    /* The levels are in order: if the outer ones are numbers, all are. */
    bool finite = isfinite(energy[0]) && isfinite(energy[self->size - 1]);
    return info == 0 && finite
               ? GF_OK
               : gf_fail(error, GF_NO_CONVERGENCE,
                         "a sector of %zu states could not be diagonalised (LAPACK: %ld%s); are "
                         "the coefficients of a sensible size?",
                         self->size, (long)info, finite ? "" : ", levels are not finite");
}

/* --- expectation values ---------------------------------------------------------------------- */

/* A block of eigenvectors, transposed: row s holds component s of each of them. */
typedef struct block {
    double *re, *im; /* [size][BLOCK]; im is NULL for real vectors */
    double *sum;     /* [observables][BLOCK] */
} block;

GF_CLONES static void add_real(double *restrict sum, double factor, const double *restrict a,
                               const double *restrict b) {
    for (int k = 0; k < BLOCK; ++k) {
        sum[k] += factor * (a[k] * b[k]);
    }
}

static void add_square(double *restrict sum, double factor, const double *a) {
    for (int k = 0; k < BLOCK; ++k) {
        sum[k] += factor * (a[k] * a[k]);
    }
}

/* 2 Re(<row|O|column> conj(v_row) v_column), or the diagonal element alone. */
static void add_element(void *context, size_t observable, size_t row, size_t column,
                        double complex element) {
    const block *self = context;
    double *sum = self->sum + observable * BLOCK;
    const double *a_re = self->re + row * BLOCK, *b_re = self->re + column * BLOCK;
    const double *a_im = self->im != NULL ? self->im + row * BLOCK : NULL;
    const double *b_im = self->im != NULL ? self->im + column * BLOCK : NULL;
    if (row == column) {
        add_square(sum, creal(element), a_re);
        if (a_im != NULL) {
            add_square(sum, creal(element), a_im);
        }
        return;
    }
    add_real(sum, 2 * creal(element), a_re, b_re);
    if (a_im != NULL) {
        add_real(sum, 2 * creal(element), a_im, b_im);
        add_real(sum, -2 * cimag(element), a_re, b_im);
        add_real(sum, 2 * cimag(element), a_im, b_re);
    }
}

static void transpose(const matrix *vectors, size_t first, size_t count, const block *target) {
    for (size_t k = 0; k < count; ++k) {
        for (size_t s = 0; s < vectors->size; ++s) {
            size_t from = (first + k) * vectors->size + s;
            if (vectors->real != NULL) {
                target->re[s * BLOCK + k] = vectors->real[from];
            } else {
                target->re[s * BLOCK + k] = creal(vectors->complex_[from]);
                target->im[s * BLOCK + k] = cimag(vectors->complex_[from]);
            }
        }
    }
}

static gf_status expectations(const gf_elements *observables, const gf_basis *basis,
                              const matrix *vectors, double *values, gf_error *error) {
    size_t row_bytes = BLOCK * sizeof(double), rows = basis->size, count = observables->count;
    block work = {.re = calloc(rows, row_bytes),
                  .im = vectors->real == NULL ? calloc(rows, row_bytes) : NULL,
                  .sum = calloc(count + 1, row_bytes)};
    bool ready = work.re != NULL && work.sum != NULL && (work.im != NULL || vectors->real != NULL);
    for (size_t first = 0; first < rows && ready; first += BLOCK) {
        size_t columns = rows - first < BLOCK ? rows - first : BLOCK;
        transpose(vectors, first, columns, &work);
        memset(work.sum, 0, count * row_bytes);
        for (size_t column = 0; column < rows; ++column) {
            visit_column(observables, basis, column, add_element, &work);
        }
        for (size_t k = 0; k < count; ++k) {
            memcpy(values + k * rows + first, work.sum + k * BLOCK, columns * sizeof(double));
        }
    }
    free(work.re);
    free(work.im);
    free(work.sum);
    return ready ? GF_OK : gf_fail_memory(error, "expectation values");
}

/* --- a sector -------------------------------------------------------------------------------- */

size_t gf_sector_merge(size_t levels, double tolerance, double *energy, double *degeneracy,
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

double gf_sector_memory(size_t size, size_t observables, bool is_complex) {
    double n = (double)size;
    double matrices = is_complex ? 6 : 3; /* the matrix and LAPACK's workspace */
    return 8 * (matrices * n * n + n * ((double)observables + 2 * BLOCK + 16));
}

static gf_status solve(const gf_elements *hamiltonian, const gf_elements *observables,
                       const gf_basis *basis, gf_sector *sector, gf_error *error) {
    size_t n = basis->size;
    matrix h = {.size = n};
    if (hamiltonian->is_real) {
        h.real = calloc(n * n, sizeof *h.real);
    } else {
        h.complex_ = calloc(n * n, sizeof *h.complex_);
    }
    sector->energy = calloc(n, sizeof *sector->energy);
    sector->degeneracy = calloc(n, sizeof *sector->degeneracy);
    sector->observable = calloc(observables->count * n + 1, sizeof *sector->observable);
    gf_status status = GF_OK;
    if ((h.real == NULL && h.complex_ == NULL) || sector->energy == NULL ||
        sector->degeneracy == NULL || sector->observable == NULL) {
        status = gf_fail_memory(error, "the matrix of a sector");
    } else {
        for (size_t column = 0; column < n; ++column) {
            sector->degeneracy[column] = 1;
            visit_column(hamiltonian, basis, column, store_element, &h);
        }
        status = diagonalize(&h, sector->energy, error);
    }
    if (status == GF_OK) {
        status = expectations(observables, basis, &h, sector->observable, error);
    }
    free(h.real);
    free(h.complex_);
    return status;
}

gf_status gf_sector_solve(const gf_elements *hamiltonian, const gf_elements *observables, int sites,
                          int up, gf_sector *sector, gf_error *error) {
    gf_basis basis;
    *sector = (gf_sector){.sites = sites, .up = up, .size = gf_basis_dimension(sites, up)};
    if (sector->size > MAX_DIMENSION) {
        return gf_fail(
            error, GF_NO_MEMORY,
            "a sector of %zu states is beyond full diagonalisation (at most %d); use fewer "
            "sites",
            sector->size, MAX_DIMENSION);
    }
    gf_status status = gf_basis_init(&basis, sites, up, error);
    if (status == GF_OK) {
        status = solve(hamiltonian, observables, &basis, sector, error);
    }
    if (status == GF_OK) {
        double scale = fmax(fabs(sector->energy[0]), fabs(sector->energy[sector->size - 1]));
        sector->levels =
            gf_sector_merge(sector->size, 2e-13 * scale, sector->energy, sector->degeneracy,
                            observables->count, sector->observable);
    } else {
        gf_sector_free(sector);
    }
    gf_basis_free(&basis);
    return status;
}

void gf_sector_free(gf_sector *self) {
    free(self->energy);
    free(self->degeneracy);
    free(self->observable);
    *self = (gf_sector){0};
}
