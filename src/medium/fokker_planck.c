#include "medium/fokker_planck.h"

#include "base/quadrature.h"
#include "base/workspace.h"
#include "medium/surface.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Nodes of integration: within a bin of P(M), and between two knots of the medium, whose third
 * derivatives jump there. */
enum { BINS = 8, BETWEEN_KNOTS = 2 };

/* Rates this far below the largest vanish. */
static const double NO_RATE = 1e-12;

/* --- functions ------------------------------------------------------------------------------- */

enum { MOST_TERMS = GF_FOKKER_PLANCK_MOST + 1 };

/* (1 - m^2)^b P_a(m), P_a orthonormal with the weight (1 - m^2)^(2b + 1), and their derivatives:
 * [b][a]. */
typedef struct along_m {
    double value[MOST_TERMS][MOST_TERMS], slope[MOST_TERMS][MOST_TERMS];
} along_m;

/* Of the recurrence of Gegenbauer polynomials with the weight (1 - m^2)^(lambda - 1/2). */
static double coupling(int a, double lambda) {
    return sqrt(a * (a + 2 * lambda - 1) / (4 * (a + lambda) * (a + lambda - 1)));
}

static void fill_along_m(int degree, double m, along_m *self) {
    double open = 1 - m * m, power = 1, norm = 4. / 3; /* of (1 - m^2)^(2b + 1) */
    for (int b = 0; b <= degree; ++b) {
        double lambda = 2 * b + 1.5, p = 1 / sqrt(norm), dp = 0, before = 0, slope_before = 0;
        for (int a = 0; a + b <= degree; ++a) {
            self->value[b][a] = power * p;
            self->slope[b][a] = power * (dp - 2 * b * m / open * p);
            double back = a > 0 ? coupling(a, lambda) : 0, on = coupling(a + 1, lambda);
            double next = (m * p - back * before) / on;
            double slope = (p + m * dp - back * slope_before) / on;
            before = p;
            slope_before = dp;
            p = next;
            dp = slope;
        }
        power *= open;
        for (int k = 2 * b + 2; k <= 2 * b + 3; ++k) { /* int (1-m^2)^k = 2k/(2k+1) of k - 1 */
            norm *= 2. * k / (2 * k + 1);
        }
    }
}

/* Normalised Legendre polynomials and their derivatives. */
static void fill_across(int degree, double x, double *value, double *slope) {
    double p = 1, dp = 0, before = 0, slope_before = 0;
    for (int b = 0; b <= degree; ++b) {
        value[b] = sqrt(b + 0.5) * p;
        slope[b] = sqrt(b + 0.5) * dp;
        double next = ((2 * b + 1) * x * p - b * before) / (b + 1);
        double next_slope = ((2 * b + 1) * (p + x * dp) - b * slope_before) / (b + 1);
        before = p;
        slope_before = dp;
        p = next;
        dp = next_slope;
    }
}

/* --- the operator ---------------------------------------------------------------------------- */

/* The functions of one parity in m, or all of them. */
typedef struct galerkin {
    const gf_surface *medium;
    int sites, degree;
    size_t count, nodes[2]; /* functions; of integration along m, x */
    int *a, *b;             /* [count] */
    double *node[2], *weight[2];
    double *flow,
        *overlap;       /* [count][count], column-major: int J_k . grad phi_l, int phi_l phi_k */
    double *average[4]; /* [count]: int phi, and with m, e, m^2 */
    /* [count][nodes of x] at one m: the functions, their gradient, and the flux */
    double *value, *gradient[GF_CHARGES], *flux[GF_CHARGES];
    double *across[2]; /* [nodes of x][degree + 1] */
} galerkin;

static void list_functions(galerkin *self, int parity) {
    for (int b = 0; b <= self->degree; ++b) {
        for (int a = 0; a + b <= self->degree; ++a) {
            if (parity < 0 || a % 2 == parity) {
                self->a[self->count] = a;
                self->b[self->count++] = b;
            }
        }
    }
}

static void free_operator(galerkin *self) {
    free(self->a);
    free(self->b);
    for (int k = 0; k < 2; ++k) {
        free(self->node[k]);
        free(self->weight[k]);
        free(self->across[k]);
        gf_workspace_free(self->gradient[k]);
        gf_workspace_free(self->flux[k]);
    }
    for (int k = 0; k < 4; ++k) {
        free(self->average[k]);
    }
    gf_workspace_free(self->flow);
    gf_workspace_free(self->overlap);
    gf_workspace_free(self->value);
}

static bool allocate(galerkin *self, int parity) {
    size_t most = (size_t)(self->degree + 1) * (size_t)(self->degree + 2) / 2;
    self->a = calloc(most, sizeof *self->a);
    self->b = calloc(most, sizeof *self->b);
    bool enough = self->a != NULL && self->b != NULL;
    if (enough) {
        list_functions(self, parity);
    }
    self->nodes[0] = BETWEEN_KNOTS * (self->medium->points[0] - 1);
    self->nodes[1] = BETWEEN_KNOTS * (self->medium->points[1] - 1);
    for (int k = 0; k < 2; ++k) {
        self->node[k] = calloc(self->nodes[k], sizeof(double));
        self->weight[k] = calloc(self->nodes[k], sizeof(double));
        self->across[k] = calloc(self->nodes[1] * MOST_TERMS, sizeof(double));
        enough =
            enough && self->node[k] != NULL && self->weight[k] != NULL && self->across[k] != NULL;
    }
    for (int k = 0; k < 2; ++k) {
        self->gradient[k] = gf_workspace_matrix(self->nodes[1], self->count, sizeof(double));
        self->flux[k] = gf_workspace_matrix(self->nodes[1], self->count, sizeof(double));
        enough = enough && self->gradient[k] != NULL && self->flux[k] != NULL;
    }
    for (int k = 0; k < 4; ++k) {
        self->average[k] = calloc(self->count + 1, sizeof(double));
        enough = enough && self->average[k] != NULL;
    }
    self->flow = gf_workspace_matrix(self->count, self->count, sizeof(double));
    self->overlap = gf_workspace_matrix(self->count, self->count, sizeof(double));
    self->value = gf_workspace_matrix(self->nodes[1], self->count, sizeof(double));
    return enough && self->flow != NULL && self->overlap != NULL && self->value != NULL;
}

/* A place on the plane as a density sees it: drift and noise of the flux. */
typedef struct place {
    double drift[GF_CHARGES], spread[GF_CHARGES][GF_CHARGES]; /* N / (2 sites) */
} place;

static place place_at(const galerkin *self, double m, double e) {
    double values[GF_SURFACE_VALUES], slope[GF_SURFACE_VALUES][GF_CHARGES];
    place here;
    gf_surface_expand(self->medium, (double[GF_CHARGES]){m, e}, values, slope);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        here.drift[i] = values[GF_SURFACE_FORCE + i];
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            size_t at = GF_SURFACE_NOISE + gf_pair(i, k);
            here.spread[i][k] = values[at] / (2 * self->sites);
            here.drift[i] -= slope[at][k] / (2 * self->sites);
        }
    }
    return here;
}

/* A magnetisation: half the range of energies there, its middle, and their slopes. */
typedef struct slice {
    double m, half, middle, half_slope, middle_slope;
} slice;

static slice slice_at(const gf_surface *medium, double m) {
    double range[2], slope[2];
    gf_chart_border(&medium->chart, m, range);
    gf_chart_border_slope(&medium->chart, m, slope);
    return (slice){.m = m,
                   .half = (range[1] - range[0]) / 2,
                   .middle = (range[1] + range[0]) / 2,
                   .half_slope = (slope[1] - slope[0]) / 2,
                   .middle_slope = (slope[1] + slope[0]) / 2};
}

/* The functions at node j of x, with the root of its weight. */
static void fill_point(galerkin *self, const along_m *along, const slice *at_m, size_t j,
                       double root) {
    const double *p = self->across[0] + j * MOST_TERMS, *dp = self->across[1] + j * MOST_TERMS;
    double x = self->node[1][j], m = at_m->m, e = at_m->middle + at_m->half * x;
    double turn = -(at_m->middle_slope + at_m->half_slope * x) / at_m->half; /* dx/dm at fixed e */
    place here = place_at(self, m, e);
    for (size_t k = 0; k < self->count; ++k) {
        int a = self->a[k], b = self->b[k];
        size_t at = k * self->nodes[1] + j;
        double value = root * along->value[b][a] * p[b];
        double by_x = root * along->value[b][a] * dp[b];
        double gradient[GF_CHARGES] = {root * along->slope[b][a] * p[b] + turn * by_x,
                                       by_x / at_m->half};
        self->value[at] = value;
        for (int i = 0; i < GF_CHARGES; ++i) {
            self->gradient[i][at] = gradient[i];
            self->flux[i][at] = here.drift[i] * value - here.spread[i][0] * gradient[0] -
                                here.spread[i][1] * gradient[1];
        }
        self->average[0][k] += root * value;
        self->average[1][k] += root * value * m;
        self->average[2][k] += root * value * e;
        self->average[3][k] += root * value * m * m;
    }
}

static void add_transposed_product(const galerkin *self, const double *left, const double *right,
                                   double *sum) {
    blasint n = (blasint)self->count, points = (blasint)self->nodes[1];
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, n, points, 1, left, points, right,
                points, 1, sum, n);
}

/* Along m, and along x by its height t, in which the medium is smooth at the border. */
static void place_nodes(galerkin *self) {
    for (int k = 0; k < 2; ++k) {
        double width = 2 / (double)(self->medium->points[k] - 1);
        for (size_t cell = 0; cell + 1 < self->medium->points[k]; ++cell) {
            double low = -1 + (double)cell * width;
            gf_quadrature_legendre(low, low + width, BETWEEN_KNOTS,
                                   self->node[k] + BETWEEN_KNOTS * cell,
                                   self->weight[k] + BETWEEN_KNOTS * cell);
        }
    }
    for (size_t j = 0; j < self->nodes[1]; ++j) {
        double t = self->node[1][j], root = sqrt(2 - t * t);
        self->node[1][j] = t * root;
        self->weight[1][j] *= root - t * t / root;
        fill_across(self->degree, self->node[1][j], self->across[0] + j * MOST_TERMS,
                    self->across[1] + j * MOST_TERMS);
    }
}

/* A mirrored medium is the same at either sign of m, and so are products of functions of one
 * parity. */
static void assemble(galerkin *self, along_m *along) {
    place_nodes(self);
    for (size_t i = 0; i < self->nodes[0]; ++i) {
        slice here = slice_at(self->medium, self->node[0][i]);
        double images = self->medium->mirrored ? 2 : 1;
        if (self->medium->mirrored && here.m < 0) {
            continue;
        }
        fill_along_m(self->degree, here.m, along);
        for (size_t j = 0; j < self->nodes[1]; ++j) {
            fill_point(self, along, &here, j,
                       sqrt(images * self->weight[0][i] * self->weight[1][j] * here.half));
        }
        add_transposed_product(self, self->value, self->value, self->overlap);
        for (int k = 0; k < GF_CHARGES; ++k) {
            add_transposed_product(self, self->gradient[k], self->flux[k], self->flow);
        }
    }
}

/* --- eigenvalues ----------------------------------------------------------------------------- */

/* Of flow c = rate overlap c: the two of largest real part, and the vector of the first. */
typedef struct slowest {
    double first, second, *state; /* [count] */
    double largest;               /* modulus of any */
} slowest;

/* flow becomes L^-1 flow L^-T, overlap its factor L. */
static int make_standard(galerkin *self) {
    blasint n = (blasint)self->count;
    int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n, self->overlap, n);
    if (info == 0) {
        cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, n, 1,
                    self->overlap, n, self->flow, n);
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, n, 1,
                    self->overlap, n, self->flow, n);
    }
    return info;
}

static void choose(const galerkin *self, const double *re, const double *im, const double *vectors,
                   slowest *found) {
    size_t best = 0;
    found->first = found->second = -INFINITY;
    for (size_t k = 0; k < self->count; ++k) {
        found->largest = fmax(found->largest, hypot(re[k], im[k]));
        if (im[k] < 0) { /* the conjugate of the one before */
            continue;
        }
        if (re[k] > found->first) {
            found->second = found->first;
            found->first = re[k];
            best = k;
        } else {
            found->second = fmax(found->second, re[k]);
        }
    }
    memcpy(found->state, vectors + best * self->count, self->count * sizeof *found->state);
    cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, (blasint)self->count,
                self->overlap, (blasint)self->count, found->state, 1);
}

static gf_status diagonalize(galerkin *self, slowest *found, gf_error *error) {
    size_t n = self->count;
    lapack_int order = (lapack_int)n;
    double *re = gf_workspace_alloc(n, 1, sizeof *re), *im = gf_workspace_alloc(n, 1, sizeof *im);
    double *vectors = gf_workspace_matrix(n, n, sizeof *vectors), none = 0;
    double *work = gf_workspace_alloc(8 * n, n, sizeof *work);
    gf_status status = re == NULL || im == NULL || vectors == NULL || work == NULL
                           ? gf_fail_memory(error, "the Fokker-Planck operator")
                           : GF_OK;
    if (status == GF_OK) {
        int info = make_standard(self);
        info = info == 0 ? LAPACKE_dgeev_work(LAPACK_COL_MAJOR, 'N', 'V', order, self->flow, order,
                                              re, im, &none, 1, vectors, order, work, 8 * order)
                         : info;
        status = info == 0 ? GF_OK
                           : gf_fail(error, GF_NO_CONVERGENCE,
                                     "the Fokker-Planck operator could not be diagonalised");
    }
    if (status == GF_OK) {
        choose(self, re, im, vectors, found);
    }
    gf_workspace_free(re);
    gf_workspace_free(im);
    gf_workspace_free(vectors);
    gf_workspace_free(work);
    return status;
}

/* --- what is asked for ----------------------------------------------------------------------- */

/* Of m within [low, high]: what is integrated over x is left of functions with b = 0 alone. */
static double probability_between(const galerkin *self, const double *state, double low,
                                  double high, along_m *along) {
    double node[BINS], weight[BINS], sum = 0;
    gf_quadrature_legendre(low, high, BINS, node, weight);
    for (int i = 0; i < BINS; ++i) {
        slice here = slice_at(self->medium, node[i]);
        fill_along_m(self->degree, here.m, along);
        for (size_t k = 0; k < self->count && self->b[k] == 0; ++k) {
            sum += weight[i] * here.half * M_SQRT2 * along->value[0][self->a[k]] * state[k];
        }
    }
    return sum;
}

/* The mean of f over the same m and all x. */
static void force_between(const galerkin *self, const double *state, double low, double high,
                          along_m *along, double force[GF_CHARGES]) {
    double node[BINS], weight[BINS], all = 0, sum[GF_CHARGES] = {0};
    gf_quadrature_legendre(low, high, BINS, node, weight);
    for (size_t i = 0; i < BINS; ++i) {
        slice here = slice_at(self->medium, node[i]);
        fill_along_m(self->degree, here.m, along);
        for (size_t j = 0; j < self->nodes[1]; ++j) {
            double e = here.middle + here.half * self->node[1][j], density = 0;
            double values[1][GF_SURFACE_VALUES];
            for (size_t k = 0; k < self->count; ++k) {
                density += state[k] * along->value[self->b[k]][self->a[k]] *
                           self->across[0][j * MOST_TERMS + (size_t)self->b[k]];
            }
            density *= weight[i] * self->weight[1][j] * here.half;
            (void)gf_surface_evaluate(self->medium, 1, &here.m, &e, values);
            all += density;
            for (size_t c = 0; c < GF_CHARGES; ++c) {
                sum[c] += density * values[0][GF_SURFACE_FORCE + c];
            }
        }
    }
    for (size_t c = 0; c < GF_CHARGES; ++c) {
        force[c] = all != 0 ? sum[c] / all : NAN;
    }
}

static void describe(const galerkin *self, const double *state, along_m *along,
                     gf_fokker_planck *result) {
    double value[4];
    for (int k = 0; k < 4; ++k) {
        value[k] = cblas_ddot((blasint)self->count, self->average[k], 1, state, 1);
    }
    result->magnetization = self->medium->mirrored ? 0 : value[1] / value[0];
    result->energy = value[2] / value[0];
    result->second_moment = value[3] / value[0];
    for (int k = 0; k <= self->sites; ++k) {
        double low = fmax(-1, (2. * k - 1) / self->sites - 1);
        double high = fmin(1, (2. * k + 1) / self->sites - 1);
        result->probability[k] = probability_between(self, state, low, high, along) / value[0];
        force_between(self, state, low, high, along, result->force[k]);
    }
}

/* parity: 0 even, 1 odd, -1 all functions. */
static gf_status solve_parity(const gf_surface *medium, int parity, along_m *along,
                              gf_fokker_planck *result, gf_error *error) {
    galerkin self = {.medium = medium, .sites = result->sites, .degree = result->degree};
    slowest found = {0};
    gf_status status = GF_OK;
    if (!allocate(&self, parity)) {
        status = gf_fail_memory(error, "the Fokker-Planck operator");
    } else {
        assemble(&self, along);
        found.state = gf_workspace_alloc(self.count, 1, sizeof *found.state);
        status = found.state != NULL ? diagonalize(&self, &found, error)
                                     : gf_fail_memory(error, "the Fokker-Planck operator");
    }
    double least = NO_RATE * found.largest;
    if (status == GF_OK &&
        (parity == 1 ? found.first > 0 : found.first > least || found.second >= -least)) {
        status = gf_fail(error, GF_NO_CONVERGENCE,
                         "the density of blocks of %d sites has no stationary state of its own: a "
                         "charge is conserved, or the noise is negative somewhere",
                         result->sites);
    }
    if (status == GF_OK && parity == 1) {
        result->odd = -found.first;
    } else if (status == GF_OK) {
        result->even = -found.second;
        describe(&self, found.state, along, result);
    }
    gf_workspace_free(found.state);
    free_operator(&self);
    return status;
}

gf_status gf_fokker_planck_at(const gf_surface *medium, int sites, int degree,
                              gf_fokker_planck *self, gf_error *error) {
    *self = (gf_fokker_planck){.sites = sites, .degree = degree, .odd = NAN, .error = NAN};
    self->probability = calloc((size_t)sites + 1, sizeof *self->probability);
    self->force = calloc((size_t)sites + 1, sizeof *self->force);
    along_m *along = calloc(1, sizeof *along);
    gf_status status = self->probability != NULL && self->force != NULL && along != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the Fokker-Planck operator");
    if (status == GF_OK) {
        status = solve_parity(medium, medium->mirrored ? 0 : -1, along, self, error);
    }
    if (status == GF_OK && medium->mirrored) {
        status = solve_parity(medium, 1, along, self, error);
    }
    free(along);
    if (status != GF_OK) {
        gf_fokker_planck_free(self);
    }
    return status;
}

static double change(const gf_fokker_planck *a, const gf_fokker_planck *b) {
    double even = fabs(b->even / a->even - 1), odd = fabs(b->odd / a->odd - 1);
    double square = fabs(b->second_moment / a->second_moment - 1);
    return fmax(fmax(even, square), isnan(odd) ? 0 : odd);
}

gf_status gf_fokker_planck_find(const gf_surface *medium, int sites, double tolerance,
                                gf_fokker_planck *self, gf_error *error) {
    gf_status status = gf_fokker_planck_at(medium, sites, GF_FOKKER_PLANCK_LEAST, self, error);
    double last = INFINITY;
    while (status == GF_OK && last > tolerance &&
           self->degree + GF_FOKKER_PLANCK_STEP <= GF_FOKKER_PLANCK_MOST) {
        gf_fokker_planck next;
        status =
            gf_fokker_planck_at(medium, sites, self->degree + GF_FOKKER_PLANCK_STEP, &next, error);
        if (status == GF_OK) {
            last = change(self, &next);
            gf_fokker_planck_free(self);
            *self = next;
            self->error = last;
        }
    }
    if (status != GF_OK) {
        gf_fokker_planck_free(self);
    }
    return status;
}

void gf_fokker_planck_free(gf_fokker_planck *self) {
    free(self->probability);
    free(self->force);
    *self = (gf_fokker_planck){0};
}
