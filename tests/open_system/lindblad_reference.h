/* The Lindbladian on density matrices in the product basis, at a finite coupling: by Kronecker
 * products, in no eigenbasis, without code of the library. Of a ring, on those that translations
 * leave as they are. Failures end the test. */
#ifndef GIBBSFLOW_TEST_LINDBLAD_REFERENCE_H
#define GIBBSFLOW_TEST_LINDBLAD_REFERENCE_H

#include "open_system/chain_model.h"

#include <lapacke.h>

enum { MOST_SITES = 6, MOST_STATES = 1 << MOST_SITES, AVERAGES = 3 };

typedef double complex operator_matrix[MOST_STATES][MOST_STATES]; /* [row][column] */

/* |a><b| with all that translations make of it. */
typedef struct element {
    int a, b, images;
} element;

typedef struct lindblad_reference {
    const chain_model *model;
    int sites, states, size;
    bool real; /* all matrices are */
    operator_matrix h, gamma, jump[MAX_CHANNELS * MOST_SITES];
    int jumps, of[MOST_STATES][MOST_STATES]; /* of: which element |a><b| belongs to */
    double rate[MAX_CHANNELS * MOST_SITES];
    element *element;          /* [size] */
    double complex *generator; /* [size][size], column-major: d rho/dt / epsilon of coefficients */
} lindblad_reference;

/* --- operators ------------------------------------------------------------------------------- */

/* Adds what a product does to each pattern of spins. */
static inline void add_to_operator(const chain_model *model, const product *term, int site,
                                   operator_matrix sum) {
    for (int column = 0; column < 1 << model->sites; ++column) {
        double complex coefficient = term->coefficient;
        int row = column;
        for (int f = 0; f < term->count; ++f) {
            int at = (site + term->factor[f].index + model->sites) % model->sites;
            const char *name = term->factor[f].name;
            int from = column >> at & 1;
            int to = site_element(name, from, from) != 0 ? from : 1 - from;
            coefficient *= site_element(name, to, from);
            row = (row & ~(1 << at)) | to << at;
        }
        sum[row][column] += coefficient;
    }
}

static inline void place_operator(const chain_model *model, const expression *self, int site,
                                  operator_matrix sum) {
    for (int p = 0; p < self->count && holds(model, self, site); ++p) {
        add_to_operator(model, &self->product[p], site, sum);
    }
}

static inline void reference_operators(lindblad_reference *self) {
    const chain_model *model = self->model;
    for (int site = 0; site < self->sites; ++site) {
        place_operator(model, &model->hamiltonian, site, self->h);
        for (int c = 0; c < model->channels; ++c) {
            self->rate[self->jumps] = model->rate[c];
            place_operator(model, &model->jump[c], site, self->jump[self->jumps++]);
        }
    }
    self->real = true;
    for (int a = 0; a < self->states; ++a) {
        for (int b = 0; b < self->states; ++b) {
            self->real = self->real && cimag(self->h[a][b]) == 0;
            for (int j = 0; j < self->jumps; ++j) {
                self->real = self->real && cimag(self->jump[j][a][b]) == 0;
                for (int k = 0; k < self->states && self->jump[j][a][b] != 0; ++k) {
                    self->gamma[b][k] +=
                        self->rate[j] * conj(self->jump[j][a][b]) * self->jump[j][a][k];
                }
            }
        }
    }
}

/* --- density matrices ------------------------------------------------------------------------ */

static inline int turned(const lindblad_reference *self, int pattern) {
    return (pattern << 1 | pattern >> (self->sites - 1)) & (self->states - 1);
}

/* Of a ring all that a translation leads to is one element. */
static inline void list_elements(lindblad_reference *self, bool ring) {
    self->element = calloc((size_t)(self->states * self->states), sizeof *self->element);
    memset(self->of, -1, sizeof self->of);
    for (int a = 0; a < self->states; ++a) {
        for (int b = 0; b < self->states; ++b) {
            int x = a, y = b;
            if (self->of[a][b] >= 0) {
                continue;
            }
            self->element[self->size] = (element){a, b, 0};
            do {
                self->of[x][y] = self->size;
                ++self->element[self->size].images;
                x = ring ? turned(self, x) : x;
                y = ring ? turned(self, y) : y;
            } while (self->of[x][y] < 0);
            ++self->size;
        }
    }
}

/* From |a><b| to |x><y|; both stand for all their images. */
static inline void add_element(lindblad_reference *self, int from, int x, int y,
                               double complex value) {
    int to = self->of[x][y];
    self->generator[(size_t)from * (size_t)self->size + (size_t)to] +=
        value * self->element[from].images / self->element[to].images;
}

static inline void fill_generator(lindblad_reference *self, double epsilon) {
    for (int from = 0; from < self->size; ++from) {
        int a = self->element[from].a, b = self->element[from].b;
        for (int x = 0; x < self->states; ++x) {
            add_element(self, from, x, b, -I / epsilon * self->h[x][a] - self->gamma[x][a] / 2);
            add_element(self, from, a, x,
                        conj(-I / epsilon * self->h[x][b] - self->gamma[x][b] / 2));
            for (int j = 0; j < self->jumps; ++j) {
                for (int y = 0; y < self->states && self->jump[j][x][a] != 0; ++y) {
                    add_element(self, from, x, y,
                                self->rate[j] * self->jump[j][x][a] * conj(self->jump[j][y][b]));
                }
            }
        }
    }
}

/* epsilon may be negative: -H. The model must outlive it. */
static inline lindblad_reference *lindblad_reference_open(const chain_model *model, double epsilon,
                                                          bool ring) {
    lindblad_reference *self = calloc(1, sizeof *self);
    self->model = model;
    self->sites = model->sites;
    self->states = 1 << model->sites;
    reference_operators(self);
    list_elements(self, ring);
    self->generator = calloc((size_t)self->size * (size_t)self->size, sizeof *self->generator);
    fill_generator(self, epsilon);
    return self;
}

static inline void lindblad_reference_close(lindblad_reference *self) {
    free(self->element);
    free(self->generator);
    free(self);
}

/* --- stationary states ----------------------------------------------------------------------- */

/* Where the state of infinite temperature goes in the end: implicit steps so long that nothing
 * else is left. Coefficients, to be freed. */
static inline double complex *lindblad_reference_settle(const lindblad_reference *self) {
    const double step = 1e4;
    int size = self->size, *pivots = calloc((size_t)size, sizeof *pivots);
    double complex *a = calloc((size_t)size * (size_t)size, sizeof *a);
    double complex *rho = calloc((size_t)size, sizeof *rho);
    for (size_t i = 0; i < (size_t)size * (size_t)size; ++i) {
        a[i] = (i % (size_t)size == i / (size_t)size) - step * self->generator[i];
    }
    for (int k = 0; k < self->states; ++k) {
        rho[self->of[k][k]] = 1. / self->states;
    }
    ck_assert_int_eq(LAPACKE_zgetrf(LAPACK_COL_MAJOR, size, size, a, size, pivots), 0);
    for (int k = 0; k < 3; ++k) {
        ck_assert_int_eq(LAPACKE_zgetrs(LAPACK_COL_MAJOR, 'N', size, 1, a, size, pivots, rho, size),
                         0);
    }
    free(a);
    free(pivots);
    return rho;
}

static inline int magnetization_of(const lindblad_reference *self, int pattern) {
    return 2 * __builtin_popcount((unsigned)pattern) - self->sites;
}

/* <m>, <e>, <m^2>. */
static inline void lindblad_reference_averages(const lindblad_reference *self,
                                               const double complex *rho, double value[AVERAGES]) {
    value[0] = value[1] = value[2] = 0;
    for (int a = 0; a < self->states; ++a) {
        double m = (double)magnetization_of(self, a) / self->sites;
        double p = creal(rho[self->of[a][a]]);
        value[0] += p * m;
        value[2] += p * m * m;
        for (int b = 0; b < self->states; ++b) {
            value[1] += creal(self->h[a][b] * rho[self->of[b][a]]) / self->sites;
        }
    }
}

/* P(M) and N f_i(M) P(M), [sites + 1]. */
static inline void lindblad_reference_forces(const lindblad_reference *self,
                                             const double complex *rho, double *probability,
                                             double (*push)[2]) {
    static operator_matrix h_jump; /* H L - L H */
    int n = self->states;
    for (int a = 0; a < n; ++a) {
        probability[(magnetization_of(self, a) + self->sites) / 2] += creal(rho[self->of[a][a]]);
    }
    for (int j = 0; j < self->jumps; ++j) {
        memset(h_jump, 0, sizeof h_jump);
        for (int a = 0; a < n; ++a) {
            for (int k = 0; k < n; ++k) {
                for (int b = 0; b < n && self->h[a][k] != 0; ++b) {
                    h_jump[a][b] += self->h[a][k] * self->jump[j][k][b];
                }
                for (int b = 0; b < n && self->jump[j][a][k] != 0; ++b) {
                    h_jump[a][b] -= self->jump[j][a][k] * self->h[k][b];
                }
            }
        }
        for (int k = 0; k < n; ++k) { /* Tr L' [Q, L] P_M rho */
            for (int b = 0; b < n; ++b) {
                double *to = push[(magnetization_of(self, b) + self->sites) / 2];
                double turn = magnetization_of(self, k) - magnetization_of(self, b);
                for (int a = 0; a < n && (h_jump[k][b] != 0 || self->jump[j][k][b] != 0); ++a) {
                    double complex left =
                        self->rate[j] * conj(self->jump[j][k][a]) * rho[self->of[b][a]];
                    to[0] += creal(left * turn * self->jump[j][k][b]);
                    to[1] += creal(left * h_jump[k][b]);
                }
            }
        }
    }
}

#endif
