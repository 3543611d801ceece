#include "spectrum/expectation.h"

#include "base/clones.h"
#include "base/machine.h"
#include "base/workspace.h"

#include <cblas.h>
#include <omp.h>
#include <stdlib.h>

/* Elements that are collected before they are used; how many of them are multiplied at a time, and
 * with how many eigenvectors: products that stay in the cache. */
enum { COLLECTED = 16384, AT_ONCE = 256, BLOCK = 128 };
static const size_t SCRATCH = (size_t)AT_ONCE * BLOCK;

/* One product of components: of a real element one, of a complex one two. */
typedef struct product {
    uint32_t row, column;
    bool imaginary;
} product;

typedef struct work {
    const gf_vector_rows *vectors;
    size_t operators, count;
    product *product; /* [COLLECTED] */
    double *element;  /* [COLLECTED][operators] */
    int threads;
    double *scratch; /* [threads][AT_ONCE][BLOCK] */
    double *values;
    size_t length; /* of a row of them */
} work;

/* --- transposing ----------------------------------------------------------------------------- */

enum { TILE = 32 };

static void transpose_real(double *a, size_t n, size_t first, size_t second) {
    for (size_t i = first; i < first + TILE && i < n; ++i) {
        for (size_t j = second > i ? second : i + 1; j < second + TILE && j < n; ++j) {
            double kept = a[i * n + j];
            a[i * n + j] = a[j * n + i];
            a[j * n + i] = kept;
        }
    }
}

static void transpose_complex(double complex *a, size_t n, size_t first, size_t second) {
    for (size_t i = first; i < first + TILE && i < n; ++i) {
        for (size_t j = second > i ? second : i + 1; j < second + TILE && j < n; ++j) {
            double complex kept = a[i * n + j];
            a[i * n + j] = a[j * n + i];
            a[j * n + i] = kept;
        }
    }
}

static void transpose(gf_dense *self) {
    for (size_t i = 0; i < self->size; i += TILE) {
        for (size_t j = i; j < self->size; j += TILE) {
            if (self->real != NULL) {
                transpose_real(self->real, self->size, i, j);
            } else {
                transpose_complex(self->complex_, self->size, i, j);
            }
        }
    }
}

/* --- products -------------------------------------------------------------------------------- */

GF_CLONES static void multiply_real(size_t count, const double *restrict a,
                                    const double *restrict b, double *restrict result) {
    for (size_t k = 0; k < count; ++k) {
        result[k] = a[k] * b[k];
    }
}

/* The real or the imaginary part of conj(a) b; a and b hold pairs of re and im. */
GF_CLONES static void multiply_complex(size_t count, const double *restrict a,
                                       const double *restrict b, bool imaginary,
                                       double *restrict result) {
    for (size_t k = 0; k < count; ++k) {
        result[k] = imaginary ? a[2 * k] * b[2 * k + 1] - a[2 * k + 1] * b[2 * k]
                              : a[2 * k] * b[2 * k] + a[2 * k + 1] * b[2 * k + 1];
    }
}

/* Adds the elements begin ... end-1 to the values of `columns` eigenvectors from `first` on. */
static void add_products(const work *self, size_t begin, size_t end, size_t first, size_t columns,
                         double *scratch) {
    const gf_vector_rows *vectors = self->vectors;
    size_t n = vectors->columns;
    for (size_t e = begin; e < end; ++e) {
        const product *p = &self->product[e];
        double *result = scratch + (e - begin) * columns;
        if (vectors->real != NULL) {
            multiply_real(columns, vectors->real + p->row * n + first,
                          vectors->real + p->column * n + first, result);
        } else {
            multiply_complex(columns, (const double *)(vectors->complex_ + p->row * n + first),
                             (const double *)(vectors->complex_ + p->column * n + first),
                             p->imaginary, result);
        }
    }
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (blasint)columns, (blasint)self->operators,
                (blasint)(end - begin), 1, scratch, (blasint)columns,
                self->element + begin * self->operators, (blasint)self->operators, 1,
                self->values + first, (blasint)self->length);
}

static void use_collected(work *self) {
    size_t n = self->vectors->columns, blocks = (n + BLOCK - 1) / BLOCK;
#pragma omp parallel for schedule(dynamic) num_threads(self->threads) if (self->threads > 1)
    for (size_t block = 0; block < blocks; ++block) {
        size_t first = block * BLOCK, columns = n - first < BLOCK ? n - first : BLOCK;
        size_t thread = self->threads > 1 ? (size_t)omp_get_thread_num() : 0;
        for (size_t e = 0; e < self->count; e += AT_ONCE) {
            size_t end = e + AT_ONCE < self->count ? e + AT_ONCE : self->count;
            add_products(self, e, end, first, columns, self->scratch + thread * SCRATCH);
        }
    }
    self->count = 0;
}

/* --- elements -------------------------------------------------------------------------------- */

/* Hermitian: an element off the diagonal stands for two. */
static void collect(void *context, size_t row, size_t column, const double complex *value) {
    work *self = context;
    bool is_complex = self->vectors->real == NULL && row != column;
    double times = row != column ? 2 : 1;
    if (self->count + 2 > COLLECTED) {
        use_collected(self);
    }
    for (int part = 0; part < (is_complex ? 2 : 1); ++part) {
        double *element = self->element + self->count * self->operators;
        for (size_t k = 0; k < self->operators; ++k) {
            element[k] = times * (part == 0 ? creal(value[k]) : -cimag(value[k]));
        }
        self->product[self->count++] =
            (product){.row = (uint32_t)row, .column = (uint32_t)column, .imaginary = part == 1};
    }
}

gf_status gf_expectations_of_some(const gf_elements *operators, const gf_orbits *orbits,
                                  const gf_vector_rows *vectors, double *values, size_t length,
                                  gf_error *error) {
    size_t count = gf_elements_count(operators);
    if (count == 0 || vectors->columns == 0) {
        return GF_OK;
    }
    int threads =
        omp_in_parallel() != 0 || vectors->columns < (size_t)2 * BLOCK ? 1 : gf_machine_threads();
    work self = {.vectors = vectors,
                 .operators = count,
                 .product = malloc(COLLECTED * sizeof *self.product),
                 .element = gf_workspace_matrix(count, COLLECTED, sizeof *self.element),
                 .threads = threads,
                 .scratch =
                     gf_workspace_alloc((size_t)threads * SCRATCH, BLOCK, sizeof *self.scratch),
                 .values = values,
                 .length = length};
    gf_status status = GF_OK;
    if (self.product == NULL || self.element == NULL || self.scratch == NULL) {
        status = gf_fail_memory(error, "expectation values");
    } else {
        int before = threads > 1 ? gf_machine_set_blas_threads(1) : 1;
        status = gf_orbits_project(orbits, operators, collect, &self, error);
        use_collected(&self);
        if (threads > 1) {
            (void)gf_machine_set_blas_threads(before);
        }
    }
    free(self.product);
    gf_workspace_free(self.element);
    gf_workspace_free(self.scratch);
    return status;
}

gf_status gf_expectations(const gf_elements *operators, const gf_orbits *orbits, gf_dense *vectors,
                          double *values, gf_error *error) {
    size_t n = vectors->size;
    if (gf_elements_count(operators) > 0) {
        transpose(vectors);
    }
    const gf_vector_rows all = {
        .size = n, .columns = n, .real = vectors->real, .complex_ = vectors->complex_};
    return gf_expectations_of_some(operators, orbits, &all, values, n, error);
}

double gf_expectation_memory(size_t operators) {
    return COLLECTED * (double)(operators * sizeof(double) + sizeof(product)) +
           (double)gf_machine_threads() * (double)(SCRATCH * sizeof(double));
}
