/* The library against brute force: random small chains, where every operator is a dense matrix made
 * of Kronecker products of 2x2 matrices, and everything else is matrix multiplication.
 *
 * A random model is a list of products of site factors. From it follow both the YAML that the
 * library reads and the dense matrices of the reference; nothing else is shared. */
#include "suite.h"

#include "gibbsflow/gibbs.h"
#include "spectrum/spectrum.h"

#include <cblas.h>
#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SITES = 6, MAX_FACTORS = 8, MAX_PRODUCTS = 6, MAX_TERMS = 12, MAX_CHANNELS = 3 };
enum { PARAMETERS = 3, RANDOM_MODELS = sized(88, 16), SUPEROPERATOR_MODELS = sized(24, 6) };
enum { CELL_MODELS = sized(22, 11), EVERY_SITE = -1 };

static const double TOLERANCE = 1e-10;

/* --- random numbers -------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea & Flood, OOPSLA 2014): the same models everywhere and always. */
typedef struct generator {
    uint64_t state;
} generator;

static uint64_t draw(generator *self) {
    uint64_t z = self->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static double uniform(generator *self, double low, double high) {
    return low + (high - low) * (double)(draw(self) >> 11) * 0x1p-53;
}

static int pick(generator *self, int low, int high) { /* both included */
    return low + (int)(draw(self) % (uint64_t)(high - low + 1));
}

/* --- models as data -------------------------------------------------------------------------- */

enum { F_X, F_Y, F_Z, F_SP, F_SM, F_PU, F_PD, F_I, FACTORS };

static const char *const factor_name[] = {"X", "Y", "Z", "Sp", "Sm", "Pu", "Pd", "I"};
static const int factor_adjoint[] = {F_X, F_Y, F_Z, F_SM, F_SP, F_PU, F_PD, F_I};

/* Rows and columns: up, down. */
static const double complex factor_matrix[FACTORS][2][2] = {
    {{0, 1}, {1, 0}}, {{0, -I}, {I, 0}}, {{1, 0}, {0, -1}}, {{0, 1}, {0, 0}},
    {{0, 0}, {1, 0}}, {{1, 0}, {0, 0}},  {{0, 0}, {0, 1}},  {{1, 0}, {0, 1}}};

typedef struct site_factor {
    int name, index;
} site_factor;

/* parameter * coefficient * factors in written order; parameter -1 stands for 1. */
typedef struct product {
    int parameter;
    double complex coefficient;
    int count;
    site_factor factors[MAX_FACTORS];
} product;

/* A sum of products: one entry of a list in the model file. */
typedef struct expression {
    int at;    /* the site of each cell where it begins, or EVERY_SITE */
    int shift; /* the indices are so many sites further on than those of its adjoint */
    int count;
    product products[MAX_PRODUCTS];
} expression;

typedef struct chain_model {
    int sites, cell; /* cell 0: the file says nothing of cells */
    bool periodic, is_real;
    double parameters[PARAMETERS];
    int terms;
    expression hamiltonian[MAX_TERMS];
    int channels;
    double rates[MAX_CHANNELS];
    expression jumps[MAX_CHANNELS];
} chain_model;

static product *append_product(expression *self, int parameter, double complex coefficient) {
    product *result = &self->products[self->count++];
    *result = (product){.parameter = parameter, .coefficient = coefficient};
    return result;
}

static void append_factor(product *self, int name, int index) {
    self->factors[self->count++] = (site_factor){.name = name, .index = index};
}

static void append_pair(expression *self, int parameter, double complex coefficient, int name_a,
                        int a, int name_b, int b) {
    product *result = append_product(self, parameter, coefficient);
    append_factor(result, name_a, a);
    append_factor(result, name_b, b);
}

static expression *append_term(chain_model *self) {
    expression *result = &self->hamiltonian[self->terms++];
    *result = (expression){.at = EVERY_SITE};
    return result;
}

/* --- models as YAML -------------------------------------------------------------------------- */

static void write_expression(FILE *out, const expression *self) {
    (void)fputc('"', out);
    for (int p = 0; p < self->count; ++p) {
        const product *term = &self->products[p];
        (void)fputs(p > 0 ? " + " : "", out);
        if (term->parameter >= 0) {
            (void)fprintf(out, "p%d*", term->parameter);
        }
        (void)fprintf(out, "(%.17g", creal(term->coefficient));
        if (cimag(term->coefficient) != 0) {
            (void)fprintf(out, "%+.17g*i", cimag(term->coefficient));
        }
        (void)fputc(')', out);
        for (int f = 0; f < term->count; ++f) {
            (void)fprintf(out, "*%s[%d]", factor_name[term->factors[f].name],
                          term->factors[f].index);
        }
    }
    (void)fputc('"', out);
}

static char *write_yaml(const chain_model *self) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    ck_assert_ptr_nonnull(out);
    (void)fprintf(out, "name: random\nsites: %d\nboundary: %s\nparameters:\n", self->sites,
                  self->periodic ? "periodic" : "open");
    for (int p = 0; p < PARAMETERS; ++p) {
        (void)fprintf(out, "  p%d: %.17g\n", p, self->parameters[p]);
    }
    if (self->cell > 0) {
        (void)fprintf(out, "cell: %d\n", self->cell);
    }
    (void)fputs("hamiltonian:\n", out);
    for (int t = 0; t < self->terms; ++t) {
        int at = self->hamiltonian[t].at;
        (void)fputs(at != EVERY_SITE ? "  - {term: " : "  - ", out);
        write_expression(out, &self->hamiltonian[t]);
        if (at != EVERY_SITE) {
            (void)fprintf(out, ", at: %d}", at);
        }
        (void)fputc('\n', out);
    }
    (void)fputs("lindblad:\n", out);
    for (int c = 0; c < self->channels; ++c) {
        (void)fprintf(out, "  - {name: c%d, rate: %.17g, operator: ", c, self->rates[c]);
        write_expression(out, &self->jumps[c]);
        if (self->jumps[c].at != EVERY_SITE) {
            (void)fprintf(out, ", at: %d", self->jumps[c].at);
        }
        (void)fputs("}\n", out);
    }
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* --- random Hamiltonians --------------------------------------------------------------------- */

static int random_parameter(generator *random) {
    return pick(random, -1, PARAMETERS - 1);
}

static double complex random_coefficient(generator *random, bool is_real) {
    double re = uniform(random, -1, 1);
    return is_real ? re : re + I * uniform(random, -1, 1);
}

/* The smallest index of an entry; its indices then lie in a window of as many as there are sites.
 * Mostly near the running site, now and then far off: wound around a ring many times, or over the
 * end of an open chain. */
static int random_window(generator *random, const chain_model *model) {
    return pick(random, 0, 15) == 0 ? pick(random, -32, 31 - model->sites)
                                    : pick(random, 1 - model->sites, 1);
}

static int random_index(generator *random, const chain_model *model, int window) {
    return window + pick(random, 0, model->sites - 1);
}

/* Distinct indices in a window. */
static void random_indices(generator *random, const chain_model *model, int count, int *indices) {
    int window = random_window(random, model);
    for (int k = 0; k < count; ++k) {
        bool fresh = false;
        while (!fresh) {
            indices[k] = random_index(random, model, window);
            fresh = true;
            for (int other = 0; other < k; ++other) {
                fresh = fresh && indices[other] != indices[k];
            }
        }
    }
}

static void swap_factors(site_factor *a, site_factor *b) {
    site_factor kept = *a;
    *a = *b;
    *b = kept;
}

/* Up to two pairs S+ S- and up to two diagonal factors in any order, which may share sites. */
static product random_conserving_product(generator *random, const chain_model *model) {
    static const int diagonal[] = {F_Z, F_PU, F_PD, F_I};
    product result = {.parameter = random_parameter(random),
                      .coefficient = random_coefficient(random, model->is_real)};
    int window = random_window(random, model);
    for (int pairs = pick(random, 0, 2); pairs > 0; --pairs) {
        append_factor(&result, F_SP, random_index(random, model, window));
        append_factor(&result, F_SM, random_index(random, model, window));
    }
    for (int rest = pick(random, 0, 2); rest > 0; --rest) {
        append_factor(&result, diagonal[pick(random, 0, 3)], random_index(random, model, window));
    }
    for (int k = result.count - 1; k > 0; --k) {
        swap_factors(&result.factors[k], &result.factors[pick(random, 0, k)]);
    }
    return result;
}

static product adjoint_product(const product *self, int shift) {
    product result = {
        .parameter = self->parameter, .coefficient = conj(self->coefficient), .count = self->count};
    for (int f = 0; f < self->count; ++f) {
        site_factor from = self->factors[self->count - 1 - f];
        result.factors[f] =
            (site_factor){.name = factor_adjoint[from.name], .index = from.index + shift};
    }
    return result;
}

static bool indices_fit(const product *self) {
    bool fit = true;
    for (int f = 0; f < self->count; ++f) {
        fit = fit && self->factors[f].index >= -32 && self->factors[f].index <= 31;
    }
    return fit;
}

/* h + h' as one entry. */
static void add_hermitian(generator *random, chain_model *model) {
    expression *term = append_term(model);
    term->products[term->count++] = random_conserving_product(random, model);
    term->products[term->count++] = adjoint_product(&term->products[0], 0);
}

/* h and h' as entries of their own; on a ring h' may start from another site. */
static void add_split_hermitian(generator *random, chain_model *model) {
    product h = random_conserving_product(random, model);
    int shift = model->periodic ? pick(random, -4, 4) : 0;
    product adjoint = adjoint_product(&h, shift);
    if (!indices_fit(&adjoint)) {
        shift = 0;
        adjoint = adjoint_product(&h, shift);
    }
    expression *first = append_term(model), *second = append_term(model);
    first->products[first->count++] = h;
    second->products[second->count++] = adjoint;
    second->shift = shift;
}

/* X X + Y Y; as two entries each alone does not conserve the magnetisation. */
static void add_exchange(generator *random, chain_model *model) {
    int at[2], parameter = random_parameter(random);
    double strength = uniform(random, -1, 1);
    random_indices(random, model, 2, at);
    expression *term = append_term(model);
    append_pair(term, parameter, strength, F_X, at[0], F_X, at[1]);
    if (pick(random, 0, 1) == 1) {
        term = append_term(model);
    }
    append_pair(term, parameter, strength, F_Y, at[0], F_Y, at[1]);
}

/* Dzyaloshinskii-Moriya along z: X Y - Y X. */
static void add_dzyaloshinskii_moriya(generator *random, chain_model *model) {
    int at[2], parameter = random_parameter(random);
    double strength = uniform(random, -1, 1);
    random_indices(random, model, 2, at);
    expression *term = append_term(model);
    append_pair(term, parameter, strength, F_X, at[0], F_Y, at[1]);
    append_pair(term, parameter, -strength, F_Y, at[0], F_X, at[1]);
}

/* The scalar chirality S_a . (S_b x S_c). */
static void add_chirality(generator *random, chain_model *model) {
    static const int even[3][3] = {{F_X, F_Y, F_Z}, {F_Y, F_Z, F_X}, {F_Z, F_X, F_Y}};
    int at[3], parameter = random_parameter(random);
    double strength = uniform(random, -1, 1);
    random_indices(random, model, 3, at);
    expression *term = append_term(model);
    for (int k = 0; k < 3; ++k) {
        product *plus = append_product(term, parameter, strength);
        append_factor(plus, even[k][0], at[0]);
        append_factor(plus, even[k][1], at[1]);
        append_factor(plus, even[k][2], at[2]);
        product *minus = append_product(term, parameter, -strength);
        append_factor(minus, even[k][0], at[0]);
        append_factor(minus, even[k][2], at[1]);
        append_factor(minus, even[k][1], at[2]);
    }
}

/* Z, Z Z, and constants: entries of unequal reach that are dropped together at an open end. */
static void add_diagonal(generator *random, chain_model *model) {
    expression *term = append_term(model);
    int window = random_window(random, model);
    for (int products = pick(random, 1, 2); products > 0; --products) {
        product *next = append_product(term, random_parameter(random), uniform(random, -1, 1));
        for (int factors = pick(random, 0, 2); factors > 0; --factors) {
            append_factor(next, F_Z, random_index(random, model, window));
        }
    }
}

static void add_term_anywhere(generator *random, chain_model *model) {
    switch (pick(random, 0, model->is_real || model->sites < 3 ? 5 : 7)) {
    case 0:
        add_diagonal(random, model);
        break;
    case 1:
    case 2:
        add_hermitian(random, model);
        break;
    case 3:
        add_split_hermitian(random, model);
        break;
    case 4:
    case 5:
        if (model->sites > 1) {
            add_exchange(random, model);
        }
        break;
    case 6:
        add_dzyaloshinskii_moriya(random, model);
        break;
    default:
        add_chirality(random, model);
        break;
    }
}

static int random_site(generator *random, const chain_model *model) {
    return model->cell > 0 ? pick(random, EVERY_SITE, model->cell - 1) : EVERY_SITE;
}

/* Entries that belong together begin at one site of the cell, or at every site. What is written
 * further on begins as much earlier. */
static void add_random_term(generator *random, chain_model *model) {
    int before = model->terms;
    add_term_anywhere(random, model);
    int at = random_site(random, model);
    for (int t = before; t < model->terms && at != EVERY_SITE; ++t) {
        expression *term = &model->hamiltonian[t];
        term->at = ((at - term->shift) % model->cell + model->cell) % model->cell;
    }
}

/* --- random baths ---------------------------------------------------------------------------- */

static expression random_jump(generator *random, const chain_model *model) {
    expression result = {.at = EVERY_SITE};
    int window = random_window(random, model);
    for (int products = pick(random, 1, 3); products > 0; --products) {
        product *next = append_product(&result, random_parameter(random),
                                       random_coefficient(random, pick(random, 0, 1) == 1));
        for (int factors = pick(random, 1, 3); factors > 0; --factors) {
            append_factor(next, pick(random, 0, FACTORS - 1), random_index(random, model, window));
        }
    }
    return result;
}

static void fill_model(generator *random, chain_model *model) {
    for (int p = 0; p < PARAMETERS; ++p) {
        model->parameters[p] = uniform(random, -1.5, 1.5);
    }
    add_hermitian(random, model);
    for (int terms = pick(random, 2, 4); terms > 0; --terms) {
        add_random_term(random, model);
    }
    model->channels = pick(random, 1, MAX_CHANNELS);
    for (int c = 0; c < model->channels; ++c) {
        model->rates[c] = uniform(random, 0, 2);
        model->jumps[c] = random_jump(random, model);
        model->jumps[c].at = random_site(random, model);
    }
}

static chain_model random_model(int seed) {
    static const int sites[] = {2, 3, 4, 5, 3, 4, 5, 6, 4, 3, 1}; /* odd: meets both boundaries */
    generator random = {.state = (uint64_t)seed};
    chain_model model = {
        .sites = sites[seed % 11], .periodic = seed % 2 == 0, .is_real = seed / 2 % 2 == 0};
    fill_model(&random, &model);
    return model;
}

/* Rings of whole cells, open chains of any length. */
static chain_model random_cell_model(int seed) {
    static const struct {
        int sites, cell;
        bool periodic;
    } chains[] = {{4, 2, true},  {6, 2, true}, {6, 3, true}, {3, 3, true},
                  {4, 4, true},  {2, 2, true}, {6, 6, true}, {5, 2, false},
                  {4, 3, false}, {5, 1, true}, {4, 2, true}};
    const size_t kinds = sizeof chains / sizeof *chains;
    generator random = {.state = 5000000U + (uint64_t)seed};
    chain_model model = {.sites = chains[(size_t)seed % kinds].sites,
                         .cell = chains[(size_t)seed % kinds].cell,
                         .periodic = chains[(size_t)seed % kinds].periodic,
                         .is_real = seed / 2 % 2 == 0};
    fill_model(&random, &model);
    return model;
}

/* Chains with symmetries: XX + YY + delta ZZ of strength J between sites `reach` apart that begin
 * at `at`, a field, the Dzyaloshinskii-Moriya term. */
static void add_xxz(chain_model *model, int at, int reach, double J, double delta) {
    expression *term = append_term(model);
    term->at = at;
    append_pair(term, -1, J, F_X, 0, F_X, reach);
    append_pair(term, -1, J, F_Y, 0, F_Y, reach);
    append_pair(term, -1, J * delta, F_Z, 0, F_Z, reach);
}

static void add_field(chain_model *model, int at, double h) {
    expression *term = append_term(model);
    term->at = at;
    append_factor(append_product(term, -1, h), F_Z, 0);
}

static void add_moriya(chain_model *model, int at, double strength) {
    expression *term = append_term(model);
    term->at = at;
    append_pair(term, -1, strength, F_X, 0, F_Y, 1);
    append_pair(term, -1, -strength, F_Y, 0, F_X, 1);
}

static void add_channel(chain_model *model, int at, double rate, int name, int neighbour) {
    expression *jump = &model->jumps[model->channels];
    *jump = (expression){.at = at};
    product *factors = append_product(jump, -1, 1);
    append_factor(factors, name, 0);
    append_factor(factors, neighbour, 1);
    model->rates[model->channels++] = rate;
}

enum {
    DIMERISED,
    STAGGERED,
    TWO_SPECIES,
    TRIMER,
    TURNED_TRIMER,
    LADDER,
    SPIRAL,
    UNIFORM,
    STRUCTURES
};

static chain_model structured_model(int kind) {
    chain_model model = {.sites = 6,
                         .cell = kind == TRIMER || kind == TURNED_TRIMER ? 3 : 2,
                         .periodic = true,
                         .is_real = kind != SPIRAL};
    switch (kind) {
    case DIMERISED:
        add_xxz(&model, 0, 1, 1.3, 1);
        add_xxz(&model, 1, 1, 0.7, 1);
        break;
    case STAGGERED:
        add_xxz(&model, EVERY_SITE, 1, 1, 0.6);
        add_field(&model, 0, 0.4);
        add_field(&model, 1, -0.4);
        break;
    case TWO_SPECIES:
    case UNIFORM:
        add_xxz(&model, EVERY_SITE, 1, 1, 0.6);
        break;
    case TRIMER:
    case TURNED_TRIMER: /* its mirror planes lie elsewhere */
        for (int bond = 0; bond < 3; ++bond) {
            add_xxz(&model, bond, 1, bond == (kind == TRIMER ? 2 : 0) ? 0.4 : 1.1, 0.8);
        }
        break;
    case LADDER:
        add_xxz(&model, EVERY_SITE, 2, 0.9, 1);
        add_xxz(&model, 0, 1, 0.5, 1);
        break;
    default:
        add_xxz(&model, 0, 1, 1.3, 0.5);
        add_xxz(&model, 1, 1, 0.7, 0.5);
        add_moriya(&model, 0, 0.3);
        add_moriya(&model, 1, -0.2);
        break;
    }
    add_channel(&model, kind == UNIFORM ? EVERY_SITE : 0, 0.7, F_SP, F_PU);
    add_channel(&model, kind == UNIFORM ? EVERY_SITE : 1, 0.3, F_SM, F_I);
    add_channel(&model, EVERY_SITE, 0.2, F_X, F_Z);
    return model;
}

/* --- dense matrices -------------------------------------------------------------------------- */

/* Row-major n x n matrices, all freed together. */
typedef struct workspace {
    int n;
    size_t count, capacity;
    double complex **matrices;
} workspace;

static double complex *zero_matrix(workspace *self) {
    if (self->count == self->capacity) {
        self->capacity = 2 * self->capacity + 64;
        self->matrices = realloc(self->matrices, self->capacity * sizeof(double complex *));
        ck_assert_ptr_nonnull(self->matrices);
    }
    /* One row more: zgemv may read there, see src/base/workspace.h. */
    double complex *result = calloc((size_t)((self->n + 1) * self->n), sizeof *result);
    ck_assert_ptr_nonnull(result);
    self->matrices[self->count++] = result;
    return result;
}

/* Frees all matrices made since `count` of them were there. */
static void release_matrices(workspace *self, size_t count) {
    while (self->count > count) {
        free(self->matrices[--self->count]);
    }
}

static void free_workspace(workspace *self) {
    release_matrices(self, 0);
    free(self->matrices);
    *self = (workspace){0};
}

static double complex *multiply(workspace *self, CBLAS_TRANSPOSE adjoint_a, const double complex *a,
                                CBLAS_TRANSPOSE adjoint_b, const double complex *b) {
    static const double complex one = 1, zero = 0;
    double complex *result = zero_matrix(self);
    int n = self->n;
    cblas_zgemm(CblasRowMajor, adjoint_a, adjoint_b, n, n, n, &one, a, n, b, n, &zero, result, n);
    return result;
}

/* a b */
static double complex *times(workspace *self, const double complex *a, const double complex *b) {
    return multiply(self, CblasNoTrans, a, CblasNoTrans, b);
}

/* a' b */
static double complex *adjoint_times(workspace *self, const double complex *a,
                                     const double complex *b) {
    return multiply(self, CblasConjTrans, a, CblasNoTrans, b);
}

static void add_matrix(const workspace *self, double complex *target, double complex factor,
                       const double complex *a) {
    for (int k = 0; k < self->n * self->n; ++k) {
        target[k] += factor * a[k];
    }
}

static double complex *commutator(workspace *self, const double complex *a,
                                  const double complex *b) {
    double complex *result = times(self, a, b);
    add_matrix(self, result, -1, times(self, b, a));
    return result;
}

static double complex *identity_matrix(workspace *self) {
    double complex *result = zero_matrix(self);
    for (int k = 0; k < self->n; ++k) {
        result[k * self->n + k] = 1;
    }
    return result;
}

static double complex trace_product(const workspace *self, const double complex *a,
                                    const double complex *b) {
    double complex sum = 0;
    for (int i = 0; i < self->n; ++i) {
        for (int j = 0; j < self->n; ++j) {
            sum += a[i * self->n + j] * b[j * self->n + i];
        }
    }
    return sum;
}

static double largest_element(const workspace *self, const double complex *a) {
    double largest = 0;
    for (int k = 0; k < self->n * self->n; ++k) {
        largest = fmax(largest, cabs(a[k]));
    }
    return largest;
}

static void check_hermitian(const workspace *self, const double complex *a) {
    for (int i = 0; i < self->n; ++i) {
        for (int j = 0; j <= i; ++j) {
            ck_assert_double_le(cabs(a[i * self->n + j] - conj(a[j * self->n + i])), 1e-12);
        }
    }
}

/* --- operators on the chain ------------------------------------------------------------------ */

/* True if no written index, counted from the running site, falls off an open chain. */
static bool holds_at(const chain_model *model, const expression *term, int site) {
    bool inside = true;
    for (int p = 0; p < term->count; ++p) {
        for (int f = 0; f < term->products[p].count; ++f) {
            int at = site + term->products[p].factors[f].index;
            inside = inside && at >= 0 && at < model->sites;
        }
    }
    return model->periodic || inside;
}

static bool begins_at(const chain_model *model, const expression *term, int site) {
    return term->at == EVERY_SITE || site % model->cell == term->at;
}

static void multiply_local(double complex local[2][2], const double complex factor[2][2]) {
    for (int row = 0; row < 2; ++row) {
        double complex up = local[row][0], down = local[row][1];
        local[row][0] = up * factor[0][0] + down * factor[1][0];
        local[row][1] = up * factor[0][1] + down * factor[1][1];
    }
}

/* Adds coefficient * (local[0] x local[1] x ...), the first site in the highest bit, 1 is down. */
static void add_kronecker(const workspace *space, double complex coefficient, int sites,
                          double complex (*local)[2][2], double complex *target) {
    for (int row = 0; row < space->n; ++row) {
        for (int column = 0; column < space->n; ++column) {
            double complex element = coefficient;
            for (int site = 0; site < sites; ++site) {
                int bit = sites - 1 - site;
                element *= local[site][(row >> bit) & 1][(column >> bit) & 1];
            }
            target[row * space->n + column] += element;
        }
    }
}

static void place_product(const workspace *space, const chain_model *model, const product *term,
                          int site, double complex *target) {
    double complex local[MAX_SITES][2][2];
    for (int s = 0; s < MAX_SITES; ++s) {
        memcpy(local[s], factor_matrix[F_I], sizeof local[s]);
    }
    for (int f = 0; f < term->count; ++f) {
        int at = (site + term->factors[f].index) % model->sites;
        at += at < 0 ? model->sites : 0;
        multiply_local(local[at], factor_matrix[term->factors[f].name]);
    }
    double parameter = term->parameter >= 0 ? model->parameters[term->parameter] : 1;
    add_kronecker(space, parameter * term->coefficient, model->sites, local, target);
}

/* The entry at one running site. */
static void place(const workspace *space, const chain_model *model, const expression *term,
                  int site, double complex *target) {
    for (int p = 0; p < term->count && holds_at(model, term, site); ++p) {
        place_product(space, model, &term->products[p], site, target);
    }
}

static double complex *site_matrix(workspace *space, int sites, int name, int site) {
    double complex local[MAX_SITES][2][2], *result = zero_matrix(space);
    for (int s = 0; s < sites; ++s) {
        memcpy(local[s], factor_matrix[s == site ? name : F_I], sizeof local[s]);
    }
    add_kronecker(space, 1, sites, local, result);
    return result;
}

/* --- the reference --------------------------------------------------------------------------- */

/* Dense charges and, per site and unit rate, the observables of each channel. */
typedef struct reference {
    workspace space;
    int sites, channels;
    double rates[MAX_CHANNELS];
    double complex *charge[2];
    double complex *observable[MAX_CHANNELS][GF_OBSERVABLES];
} reference;

/* Everything zero but the magnetisation. */
static reference begin_reference(int sites, int channels, const double *rates) {
    reference self = {.space = {.n = 1 << sites}, .sites = sites, .channels = channels};
    memcpy(self.rates, rates, (size_t)channels * sizeof *rates);
    for (int i = 0; i < 2; ++i) {
        self.charge[i] = zero_matrix(&self.space);
    }
    for (int c = 0; c < channels; ++c) {
        for (int k = 0; k < GF_OBSERVABLES; ++k) {
            self.observable[c][k] = zero_matrix(&self.space);
        }
    }
    for (int site = 0; site < sites; ++site) {
        add_matrix(&self.space, self.charge[0], 1, site_matrix(&self.space, sites, F_Z, site));
    }
    return self;
}

/* Adds L'[Q]L - {L'L,Q}/2 for one jump operator L at one site. */
static void add_force(workspace *space, const double complex *jump, const double complex *q,
                      double weight, double complex *target) {
    double complex *square = adjoint_times(space, jump, jump);
    add_matrix(space, target, weight, adjoint_times(space, jump, times(space, q, jump)));
    add_matrix(space, target, -weight / 2, times(space, square, q));
    add_matrix(space, target, -weight / 2, times(space, q, square));
}

static void add_jump(reference *self, int channel, const double complex *jump) {
    workspace *space = &self->space;
    double complex **observable = self->observable[channel], *shift[2];
    double weight = 1.0 / self->sites;
    size_t before = space->count;
    for (int i = 0; i < 2; ++i) {
        add_force(space, jump, self->charge[i], weight, observable[GF_FORCE + i]);
        shift[i] = commutator(space, jump, self->charge[i]);
    }
    for (int i = 0; i < 2; ++i) {
        for (int j = i; j < 2; ++j) { /* the pairs are 00, 01, 11 */
            double complex *target = observable[GF_NOISE + i + j];
            add_matrix(space, target, weight / 2, adjoint_times(space, shift[i], shift[j]));
            add_matrix(space, target, weight / 2, adjoint_times(space, shift[j], shift[i]));
        }
    }
    release_matrices(space, before);
}

/* What a Hamiltonian of the library must be, and what its forces and noises are. */
static void check_reference(reference *self) {
    workspace *space = &self->space;
    size_t before = space->count;
    check_hermitian(space, self->charge[1]);
    double complex *moved = commutator(space, self->charge[0], self->charge[1]);
    ck_assert_double_le(largest_element(space, moved), 1e-12);
    for (int c = 0; c < self->channels; ++c) {
        for (int k = 0; k < GF_OBSERVABLES; ++k) {
            check_hermitian(space, self->observable[c][k]);
        }
    }
    release_matrices(space, before);
}

static reference dense_reference(const chain_model *model) {
    reference self = begin_reference(model->sites, model->channels, model->rates);
    for (int t = 0; t < model->terms; ++t) {
        for (int site = 0; site < model->sites; ++site) {
            if (begins_at(model, &model->hamiltonian[t], site)) {
                place(&self.space, model, &model->hamiltonian[t], site, self.charge[1]);
            }
        }
    }
    for (int c = 0; c < model->channels; ++c) {
        for (int site = 0; site < model->sites; ++site) {
            if (begins_at(model, &model->jumps[c], site)) {
                double complex *jump = zero_matrix(&self.space);
                place(&self.space, model, &model->jumps[c], site, jump);
                add_jump(&self, c, jump);
            }
        }
    }
    check_reference(&self);
    return self;
}

/* --- dense Gibbs states ---------------------------------------------------------------------- */

/* Replaces a matrix by its eigenvectors, as columns. Read by columns it is its conjugate. */
static void diagonalize(const workspace *space, double complex *matrix, double *values) {
    int n = space->n;
    ck_assert_int_eq(LAPACKE_zheevd(LAPACK_COL_MAJOR, 'V', 'L', n, matrix, n, values), 0);
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k <= i; ++k) {
            double complex kept = conj(matrix[i * n + k]);
            matrix[i * n + k] = conj(matrix[k * n + i]);
            matrix[k * n + i] = kept;
        }
    }
}

/* exp(-lambda1 Q1 - lambda2 Q2)/Z, by diagonalising the exponent. */
static double complex *dense_gibbs(reference *self, const double lambda[2], double *log_partition) {
    workspace *space = &self->space;
    int n = space->n;
    double complex *vectors = zero_matrix(space), *weighted = zero_matrix(space);
    double values[1 << MAX_SITES], total = 0;
    add_matrix(space, vectors, lambda[0], self->charge[0]);
    add_matrix(space, vectors, lambda[1], self->charge[1]);
    diagonalize(space, vectors, values);
    for (int k = 0; k < n; ++k) {
        total += exp(values[0] - values[k]);
    }
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k < n; ++k) {
            weighted[i * n + k] = vectors[i * n + k] * exp(values[0] - values[k]) / total;
        }
    }
    *log_partition = log(total) - values[0];
    return multiply(space, CblasNoTrans, weighted, CblasConjTrans, vectors);
}

static double mean(const reference *self, const double complex *rho, const double complex *a) {
    return creal(trace_product(&self->space, rho, a));
}

/* C_ij = Tr rho (Q_i - <Q_i>) (Q_j - <Q_j>) / N and df_i/dlambda_j = -Tr rho (Q_j - <Q_j>) F_i,
 * since rho commutes with the charges. */
static void fill_slopes(reference *self, const double complex *rho, gf_state *state) {
    workspace *space = &self->space;
    for (int j = 0; j < 2; ++j) {
        double complex *deviation = times(space, rho, self->charge[j]);
        add_matrix(space, deviation, -state->density[j] * self->sites, rho);
        for (int i = 0; i < 2; ++i) {
            state->susceptibility[i + j] = mean(self, deviation, self->charge[i]) / self->sites;
            for (int c = 0; c < self->channels; ++c) {
                state->force_slope[i][j] -=
                    self->rates[c] * mean(self, deviation, self->observable[c][GF_FORCE + i]);
            }
        }
    }
}

/* The state that the library should find; `observables` has room for those of all channels. */
static gf_state dense_state(reference *self, const double lambda[2], double *observables) {
    size_t before = self->space.count;
    gf_state state = {.lambda = {lambda[0], lambda[1]}, .observables = observables};
    double complex *rho = dense_gibbs(self, lambda, &state.log_partition);
    state.log_partition /= self->sites;
    for (int i = 0; i < 2; ++i) {
        state.density[i] = mean(self, rho, self->charge[i]) / self->sites;
    }
    for (int c = 0; c < self->channels; ++c) {
        double *here = observables + (ptrdiff_t)c * GF_OBSERVABLES;
        for (int k = 0; k < GF_OBSERVABLES; ++k) {
            here[k] = mean(self, rho, self->observable[c][k]);
        }
        for (int i = 0; i < 2; ++i) {
            state.force[i] += self->rates[c] * here[GF_FORCE + i];
        }
        for (int p = 0; p < 3; ++p) {
            state.noise[p] += self->rates[c] * here[GF_NOISE + p];
        }
    }
    fill_slopes(self, rho, &state);
    release_matrices(&self->space, before);
    return state;
}

/* --- the library ----------------------------------------------------------------------------- */

/* A model that the library has diagonalised. It stays where it is: the evaluator points into it. */
typedef struct subject {
    gf_model *model;
    gf_spectrum *spectrum;
    gf_gibbs *gibbs;
} subject;

static void require(gf_status status, const gf_error *error, const char *yaml) {
    ck_assert_msg(status == GF_OK, "%s\n%s", error->message, yaml);
}

/* Diagonalises self->model. */
static void solve_subject(subject *self, const char *yaml) {
    gf_error error;
    double rates[MAX_CHANNELS];
    gf_model_rates(self->model, rates);
    require(gf_spectrum_compute(self->model, NULL, &self->spectrum, &error), &error, yaml);
    require(gf_gibbs_create(self->spectrum, rates, &self->gibbs, &error), &error, yaml);
}

static void parse_subject(subject *self, const char *yaml) {
    gf_error error;
    *self = (subject){0};
    require(gf_model_parse(yaml, strlen(yaml), "model.yaml", NULL, &self->model, &error), &error,
            yaml);
    solve_subject(self, yaml);
}

static void free_subject(subject *self) {
    gf_gibbs_free(self->gibbs);
    gf_spectrum_free(self->spectrum);
    gf_model_free(self->model);
}

/* --- comparing ------------------------------------------------------------------------------- */

static void expect(const char *what, size_t count, const double *got, const double *want,
                   double tolerance, const gf_state *state, const char *yaml) {
    double scale = 1;
    for (size_t k = 0; k < count; ++k) {
        scale = fmax(scale, fabs(want[k]));
    }
    for (size_t k = 0; k < count; ++k) {
        ck_assert_msg(fabs(got[k] - want[k]) <= tolerance * scale,
                      "%s, entry %zu, at lambda = (%g, %g): %.17g, expected %.17g\n%s", what, k,
                      state->lambda[0], state->lambda[1], got[k], want[k], yaml);
    }
}

static void expect_state(const gf_state *got, const gf_state *want, size_t channels,
                         double tolerance, const char *yaml) {
    expect("log_partition", 1, &got->log_partition, &want->log_partition, tolerance, got, yaml);
    expect("density", 2, got->density, want->density, tolerance, got, yaml);
    expect("susceptibility", 3, got->susceptibility, want->susceptibility, tolerance, got, yaml);
    expect("force", 2, got->force, want->force, tolerance, got, yaml);
    expect("noise", 3, got->noise, want->noise, tolerance, got, yaml);
    expect("force_slope", 4, got->force_slope[0], want->force_slope[0], tolerance, got, yaml);
    expect("observables", channels * GF_OBSERVABLES, got->observables, want->observables, tolerance,
           got, yaml);
}

static void expect_semidefinite(const gf_state *state, const char *yaml) {
    double a = state->noise[0], b = state->noise[1], d = state->noise[2];
    double smallest = (a + d) / 2 - hypot((a - d) / 2, b);
    ck_assert_msg(smallest >= -1e-12 * (1 + a + d), "noise has the eigenvalue %g\n%s", smallest,
                  yaml);
}

/* Compares one Gibbs state. Asking for the densities first must not disturb what follows. */
static void judge(reference *want, gf_gibbs *gibbs, const double lambda[2], const char *yaml) {
    double observables[MAX_CHANNELS * GF_OBSERVABLES];
    gf_state state, expected = dense_state(want, lambda, observables);
    gf_gibbs_evaluate(gibbs, lambda, GF_DENSITIES, &state);
    expect("density alone", 2, state.density, expected.density, TOLERANCE, &state, yaml);
    gf_gibbs_evaluate(gibbs, lambda, GF_SLOPES, &state);
    expect_state(&state, &expected, (size_t)want->channels, TOLERANCE, yaml);
    expect_semidefinite(&state, yaml);
}

/* Corners, centre and random points of [-3,3]^2, then one with rates of its own. */
static void judge_everywhere(reference *want, gf_gibbs *gibbs, generator *random,
                             const char *yaml) {
    static const double fixed[][2] = {{-3, -3}, {3, -3}, {3, 3}, {-3, 3}, {0, 0}, {1.5, 0}};
    for (size_t k = 0; k < sizeof fixed / sizeof fixed[0]; ++k) {
        judge(want, gibbs, fixed[k], yaml);
    }
    for (int k = 0; k < 6; ++k) {
        double lambda[2] = {uniform(random, -3, 3), uniform(random, -3, 3)};
        judge(want, gibbs, lambda, yaml);
    }
    for (int c = 0; c < want->channels; ++c) {
        want->rates[c] = uniform(random, 0, 1);
    }
    gf_gibbs_set_rates(gibbs, want->rates);
    judge(want, gibbs, (const double[2]){0.3, -0.2}, yaml);
}

static void expect_all_states(const gf_spectrum *spectrum) {
    double states = 0;
    for (size_t n = 0; n < spectrum->levels; ++n) {
        states += spectrum->degeneracy[n];
    }
    ck_assert_double_eq(states, ldexp(1, spectrum->sites));
}

/* --- files ----------------------------------------------------------------------------------- */

/* The subject as it comes back from a file. */
static void store_and_read(const subject *original, subject *result, const char *yaml) {
    gf_error error;
    *result = (subject){0};
    gf_file *file = NULL;
    char path[64];
    double rates[MAX_CHANNELS];
    (void)snprintf(path, sizeof path, "test_brute_force_%ld.h5", (long)getpid());
    require(gf_file_create(path, &file, &error), &error, yaml);
    gf_spectrum_write(original->spectrum, original->model, file);
    require(gf_file_commit(&file, &error), &error, yaml);
    require(gf_file_open(path, &file, &error), &error, yaml);
    gf_status status =
        gf_spectrum_read(file, path, NULL, &result->model, &result->spectrum, &error);
    gf_file_close(&file);
    (void)remove(path);
    require(status, &error, yaml);
    gf_model_rates(result->model, rates);
    require(gf_gibbs_create(result->spectrum, rates, &result->gibbs, &error), &error, yaml);
}

/* A spectrum that was stored gives identical states. */
static void judge_storage(const subject *original, generator *random, const char *yaml) {
    subject stored;
    store_and_read(original, &stored, yaml);
    ck_assert_uint_eq(stored.spectrum->levels, original->spectrum->levels);
    for (int k = 0; k < 4; ++k) {
        double lambda[2] = {uniform(random, -3, 3), uniform(random, -3, 3)};
        gf_state before, after;
        gf_gibbs_evaluate(original->gibbs, lambda, GF_SLOPES, &before);
        gf_gibbs_evaluate(stored.gibbs, lambda, GF_SLOPES, &after);
        expect_state(&after, &before, original->spectrum->channels, 0, yaml);
    }
    free_subject(&stored);
}

/* --- tests: random models -------------------------------------------------------------------- */

static void judge_model(const chain_model *model, generator *random) {
    char *yaml = write_yaml(model);
    subject library;
    parse_subject(&library, yaml);
    reference want = dense_reference(model);
    expect_all_states(library.spectrum);
    judge_storage(&library, random, yaml);
    judge_everywhere(&want, library.gibbs, random, yaml);
    free_workspace(&want.space);
    free_subject(&library);
    free(yaml);
}

START_TEST(random_models_agree) {
    chain_model model = random_model(_i);
    generator random = {.state = 1000000U + (uint64_t)_i};
    judge_model(&model, &random);
}
END_TEST

START_TEST(random_cells_agree) {
    chain_model model = random_cell_model(_i);
    generator random = {.state = 1000000U + (uint64_t)_i};
    judge_model(&model, &random);
}
END_TEST

/* Dimers, staggered fields, two species of bath, cells of three, ladders: with the symmetries that
 * these have left. */
START_TEST(structured_cells_agree) {
    static const struct {
        int translations, step, centre;
        bool reflects, flips;
    } expected[] = {[DIMERISED] = {3, 2, 0, true, true},     [STAGGERED] = {3, 2, 0, false, false},
                    [TWO_SPECIES] = {6, 1, 0, true, true},   [TRIMER] = {2, 3, 0, true, true},
                    [TURNED_TRIMER] = {2, 3, 2, true, true}, [LADDER] = {3, 2, 0, true, true},
                    [SPIRAL] = {3, 2, 0, false, false},      [UNIFORM] = {6, 1, 0, true, true}};
    chain_model model = structured_model(_i);
    generator random = {.state = 1000000U + (uint64_t)_i};
    gf_symmetry symmetry;
    gf_error error;
    gf_model *parsed = NULL;
    char *yaml = write_yaml(&model);
    require(gf_model_parse(yaml, strlen(yaml), "model.yaml", NULL, &parsed, &error), &error, yaml);
    require(gf_spectrum_symmetry(parsed, &symmetry, &error), &error, yaml);
    ck_assert_int_eq(symmetry.translations, expected[_i].translations);
    ck_assert_int_eq(symmetry.step, expected[_i].step);
    ck_assert_int_eq(symmetry.centre, expected[_i].centre);
    ck_assert(symmetry.has[GF_REFLECT] == expected[_i].reflects);
    ck_assert(symmetry.has[GF_FLIP] == expected[_i].flips);
    gf_model_free(parsed);
    free(yaml);
    judge_model(&model, &random);
}
END_TEST

/* Cells of like sites are no cells: the same numbers to the last digits. */
START_TEST(cells_of_like_sites_change_nothing) {
    chain_model model = structured_model(UNIFORM);
    char *with = write_yaml(&model);
    model.cell = 0;
    char *without = write_yaml(&model);
    subject cells, sites;
    parse_subject(&cells, with);
    parse_subject(&sites, without);
    ck_assert_uint_eq(cells.spectrum->levels, sites.spectrum->levels);
    for (int k = 0; k < 5; ++k) {
        const double lambda[2] = {0.5 * k - 1, 0.7 - 0.4 * k};
        gf_state a, b;
        gf_gibbs_evaluate(cells.gibbs, lambda, GF_SLOPES, &a);
        gf_gibbs_evaluate(sites.gibbs, lambda, GF_SLOPES, &b);
        expect_state(&a, &b, cells.spectrum->channels, 1e-12, with);
    }
    free_subject(&cells);
    free_subject(&sites);
    free(with);
    free(without);
}
END_TEST

/* --- tests: the superoperator ---------------------------------------------------------------- */

/* Adds `rate` times Q -> L' Q L - {L' L, Q}/2 as a matrix that acts on the rows of Q one after
 * another: A Q B is (A x B^T) Q. */
static void add_dissipator(const workspace *super, workspace *space, double rate,
                           const double complex *jump, double complex *target) {
    int n = space->n;
    const double complex *square = adjoint_times(space, jump, jump);
    for (int row = 0; row < super->n; ++row) {
        for (int column = 0; column < super->n; ++column) {
            int i = row / n, j = row % n, k = column / n, l = column % n;
            double complex element = conj(jump[k * n + i]) * jump[l * n + j];
            element -= j == l ? square[i * n + k] / 2 : 0;
            element -= i == k ? square[l * n + j] / 2 : 0;
            target[row * super->n + column] += rate * element;
        }
    }
}

/* Q -> i [H, Q] */
static void add_unitary(const workspace *super, const workspace *space,
                        const double complex *hamiltonian, double complex *target) {
    int n = space->n;
    for (int row = 0; row < super->n; ++row) {
        for (int column = 0; column < super->n; ++column) {
            int i = row / n, j = row % n, k = column / n, l = column % n;
            double complex element = j == l ? hamiltonian[i * n + k] : 0;
            element -= i == k ? hamiltonian[l * n + j] : 0;
            target[row * super->n + column] += I * element;
        }
    }
}

static double complex *apply(workspace *space, const double complex *superoperator,
                             const double complex *q) {
    static const double complex one = 1, zero = 0;
    double complex *result = zero_matrix(space);
    int n = space->n * space->n;
    cblas_zgemv(CblasRowMajor, CblasNoTrans, n, n, &one, superoperator, n, q, 1, &zero, result, 1);
    return result;
}

/* The adjoint Lindbladian of the whole bath. */
static double complex *dense_dissipator(workspace *super, reference *self,
                                        const chain_model *model) {
    double complex *result = zero_matrix(super);
    for (int c = 0; c < model->channels; ++c) {
        for (int site = 0; site < model->sites; ++site) {
            double complex *jump = zero_matrix(&self->space);
            place(&self->space, model, &model->jumps[c], site, jump);
            add_dissipator(super, &self->space, model->rates[c], jump, result);
        }
    }
    return result;
}

/* Tr rho exp(t G) q, by the power series. */
static double evolved_mean(reference *self, const double complex *evolution,
                           const double complex *rho, const double complex *q, double time) {
    const double complex *power = q;
    double sum = mean(self, rho, q), factor = 1;
    for (int order = 1; order < 30; ++order) {
        power = apply(&self->space, evolution, power);
        factor *= time / order;
        sum += factor * mean(self, rho, power);
    }
    return sum;
}

/* The rate of change at t = 0 from the exact evolution, extrapolated over two steps. */
static double initial_slope(reference *self, const double complex *evolution,
                            const double complex *rho, const double complex *q) {
    const double step[2] = {1e-3, 5e-4};
    double slope[2];
    for (int k = 0; k < 2; ++k) {
        slope[k] = (evolved_mean(self, evolution, rho, q, step[k]) -
                    evolved_mean(self, evolution, rho, q, -step[k])) /
                   (2 * step[k]);
    }
    return (4 * slope[1] - slope[0]) / 3;
}

/* D[Q_i Q_j] - D[Q_i] Q_j - Q_i D[Q_j] has the mean N N_ij + antisymmetric part (App. A.2 of Lange
 * & Rosch without the unitary part). */
static double fluctuation(reference *self, const double complex *dissipator,
                          const double complex *rho, int i, int j) {
    workspace *space = &self->space;
    const double complex *a = self->charge[i], *b = self->charge[j];
    double complex *sum = apply(space, dissipator, times(space, a, b));
    add_matrix(space, sum, -1, times(space, apply(space, dissipator, a), b));
    add_matrix(space, sum, -1, times(space, a, apply(space, dissipator, b)));
    return mean(self, rho, sum);
}

static void judge_dynamics(reference *self, const double complex *dissipator,
                           const double complex *full, const gf_state *state, const char *yaml) {
    double log_partition = 0, slope[2], noise[3], sites = self->sites;
    double complex *rho = dense_gibbs(self, state->lambda, &log_partition);
    for (int i = 0; i < 2; ++i) {
        slope[i] = initial_slope(self, full, rho, self->charge[i]) / sites;
        for (int j = 0; j < 2; ++j) {
            noise[i + j] = (fluctuation(self, dissipator, rho, i, j) +
                            fluctuation(self, dissipator, rho, j, i)) /
                           (2 * sites);
        }
    }
    expect("force from the exact dynamics", 2, state->force, slope, 1e-7, state, yaml);
    expect("noise from the exact dynamics", 3, state->noise, noise, TOLERANCE, state, yaml);
}

/* The force is how the charges begin to change under the master equation, the noise how its
 * fluctuations begin to grow; no trace is lost. */
START_TEST(superoperator_agrees) {
    int seed = 11 * (_i / 3) + (int[]){0, 1, 4}[_i % 3]; /* 2, 3 and 3 sites */
    chain_model model = random_model(seed);
    char *yaml = write_yaml(&model);
    subject library;
    parse_subject(&library, yaml);
    reference self = dense_reference(&model);
    workspace super = {.n = self.space.n * self.space.n};
    double complex *dissipator = dense_dissipator(&super, &self, &model);
    double complex *full = zero_matrix(&super);
    add_matrix(&super, full, 1, dissipator);
    add_unitary(&super, &self.space, self.charge[1], full);
    double complex *lost = apply(&self.space, full, identity_matrix(&self.space));
    ck_assert_double_le(largest_element(&self.space, lost), 1e-12);
    for (int k = 0; k < 3; ++k) {
        gf_state state;
        gf_gibbs_evaluate(library.gibbs, (const double[2]){0.7 * k - 0.8, 0.5 - 0.4 * k}, GF_SLOPES,
                          &state);
        judge_dynamics(&self, dissipator, full, &state, yaml);
    }
    free_workspace(&super);
    free_workspace(&self.space);
    free_subject(&library);
    free(yaml);
}
END_TEST

/* --- tests: models written out by hand ------------------------------------------------------- */

/* Adds strength * A_a B_b on two sites of the ring. */
static void add_bond(reference *self, double strength, int name, int a, int b) {
    workspace *space = &self->space;
    double complex *left = site_matrix(space, self->sites, name, a % self->sites);
    double complex *right = site_matrix(space, self->sites, name, b % self->sites);
    add_matrix(space, self->charge[1], strength, times(space, left, right));
}

/* P_{j-1} S_j P_{j+1} */
static double complex *align_half(reference *self, int projector, int flip, int site) {
    workspace *space = &self->space;
    int n = self->sites;
    double complex *left = site_matrix(space, n, projector, (site + n - 1) % n);
    double complex *right = site_matrix(space, n, projector, (site + 1) % n);
    return times(space, times(space, left, site_matrix(space, n, flip, site)), right);
}

/* Fig. 2 of Lange & Rosch: J = Delta = 1, J' = 0.01, gamma = 0.9. */
static reference xxz_jprime_reference(int sites) {
    reference self = begin_reference(sites, 2, (const double[]){1 - 0.9, 0.9});
    for (int j = 0; j < sites; ++j) {
        add_bond(&self, 1, F_X, j, j + 1);
        add_bond(&self, 1, F_Y, j, j + 1);
        add_bond(&self, 1, F_Z, j, j + 1);
        add_bond(&self, 0.01, F_X, j, j + 2);
        add_bond(&self, 0.01, F_Y, j, j + 2);
    }
    for (int j = 0; j < sites; ++j) {
        double complex *align = align_half(&self, F_PU, F_SP, j);
        add_matrix(&self.space, align, 1, align_half(&self, F_PD, F_SM, j));
        add_jump(&self, 0, site_matrix(&self.space, sites, F_X, j));
        add_jump(&self, 1, align);
    }
    check_reference(&self);
    return self;
}

START_TEST(xxz_jprime_agrees) {
    static const char path[] = GF_MODELS "/xxz_jprime.yaml";
    gf_error error;
    subject library = {0};
    generator random = {.state = (uint64_t)_i};
    gf_settings settings = {.sites = _i};
    require(gf_model_read(path, &settings, &library.model, &error), &error, path);
    solve_subject(&library, path);
    reference want = xxz_jprime_reference(_i);
    expect_all_states(library.spectrum);
    judge_storage(&library, &random, path);
    judge_everywhere(&want, library.gibbs, &random, path);
    free_workspace(&want.space);
    free_subject(&library);
}
END_TEST

/* Translations are counted literally: on a ring of two sites a bond is there twice, on an open
 * chain once. log Z of c Z_0 Z_1 is log(4 cosh(c lambda2)). */
START_TEST(coinciding_bonds_count_twice) {
    static const char *const boundary[] = {"open", "periodic"};
    for (int copies = 1; copies <= 2; ++copies) {
        char yaml[300];
        gf_state state;
        (void)snprintf(yaml, sizeof yaml,
                       "name: bond\nsites: 2\nboundary: %s\nhamiltonian: [\"Z[0]*Z[1]\"]\n"
                       "lindblad: [{name: flip, rate: 1, operator: \"X[0]\"}]\n",
                       boundary[copies - 1]);
        subject library;
        parse_subject(&library, yaml);
        gf_gibbs_evaluate(library.gibbs, (const double[2]){0, 0.7}, GF_SLOPES, &state);
        ck_assert_double_eq_tol(state.log_partition, log(4 * cosh(0.7 * copies)) / 2, 1e-14);
        free_subject(&library);
    }
}
END_TEST

/* Spins in a field h, decaying by S- at rate a and flipped by X at rate b, have m = -tanh(lambda1 +
 * h lambda2), force -a (1+m) - 2 b m and noise 2 a (1+m) + 4 b, times h for each index of energy.
 */
START_TEST(independent_spins_agree) {
    static const char yaml[] =
        "name: spins\nsites: 4\nboundary: open\nhamiltonian: [\"0.6*Z[0]\"]\n"
        "lindblad:\n"
        "  - {name: decay, rate: 0.3, operator: \"Sm[0]\"}\n"
        "  - {name: flip, rate: 0.2, operator: \"X[0]\"}\n";
    static const double h = 0.6, a = 0.3, b = 0.2, lambda[2] = {0.4, -1.1};
    subject library;
    parse_subject(&library, yaml);
    gf_state state;
    gf_gibbs_evaluate(library.gibbs, lambda, GF_SLOPES, &state);
    double m = -tanh(lambda[0] + h * lambda[1]), unit[2] = {1, h};
    for (int i = 0; i < 2; ++i) {
        ck_assert_double_eq_tol(state.density[i], unit[i] * m, 1e-14);
        ck_assert_double_eq_tol(state.force[i], unit[i] * (-a * (1 + m) - 2 * b * m), 1e-14);
        for (int j = 0; j < 2; ++j) {
            double both = unit[i] * unit[j], c = both * (1 - m * m);
            ck_assert_double_eq_tol(state.susceptibility[i + j], c, 1e-14);
            ck_assert_double_eq_tol(state.force_slope[i][j], c * (a + 2 * b), 1e-14);
            ck_assert_double_eq_tol(state.noise[i + j], both * (2 * a * (1 + m) + 4 * b), 1e-14);
        }
    }
    free_subject(&library);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("brute force");
    tcase_add_loop_test(tests, random_models_agree, 0, RANDOM_MODELS);
    tcase_add_loop_test(tests, random_cells_agree, 0, CELL_MODELS);
    tcase_add_loop_test(tests, structured_cells_agree, 0, sized(STRUCTURES, STAGGERED + 1));
    tcase_add_test(tests, cells_of_like_sites_change_nothing);
    tcase_add_loop_test(tests, superoperator_agrees, 0, SUPEROPERATOR_MODELS);
    tcase_add_loop_test(tests, xxz_jprime_agrees, 4, MAX_SITES + 1);
    tcase_add_test(tests, coinciding_bonds_count_twice);
    tcase_add_test(tests, independent_spins_agree);
    return run_suite("brute force", tests);
}
