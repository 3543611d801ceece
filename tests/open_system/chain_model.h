/* Chains with their baths as data: as a model of the library, and as dense matrices from Kronecker
 * products, which share no code with it. Failures end the test. */
#ifndef GIBBSFLOW_TEST_CHAIN_MODEL_H
#define GIBBSFLOW_TEST_CHAIN_MODEL_H

#include "suite.h"

#include "model/model.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SITES = 4, MAX_STATES = 16, MAX_TERMS = 8, MAX_CHANNELS = 3 };

/* --- models as data -------------------------------------------------------------------------- */

typedef struct product {
    double complex coefficient;
    int count;
    struct {
        const char *name;
        int index;
    } factor[3];
} product;

typedef struct expression {
    int count;
    product product[MAX_TERMS];
} expression;

typedef struct chain_model {
    int sites;
    bool periodic;
    expression hamiltonian;
    int channels;
    double rate[MAX_CHANNELS];
    expression jump[MAX_CHANNELS];
} chain_model;

static inline product *add(expression *self, double complex coefficient) {
    self->product[self->count] = (product){.coefficient = coefficient};
    return &self->product[self->count++];
}

static inline product *times(product *self, const char *name, int index) {
    self->factor[self->count].name = name;
    self->factor[self->count++].index = index;
    return self;
}

static inline void add_pair(expression *self, double complex c, const char *a, const char *b,
                            int distance) {
    (void)times(times(add(self, c), a, 0), b, distance);
}

static inline void write_expression(FILE *out, const expression *self) {
    for (int p = 0; p < self->count; ++p) {
        const product *one = &self->product[p];
        (void)fprintf(out, "%s(%.17g%+.17g*i)", p > 0 ? " + " : "", creal(one->coefficient),
                      cimag(one->coefficient));
        for (int f = 0; f < one->count; ++f) {
            (void)fprintf(out, "*%s[%d]", one->factor[f].name, one->factor[f].index);
        }
    }
}

static inline gf_model *library_model(const chain_model *self) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    (void)fprintf(out, "name: random\nsites: %d\nboundary: %s\nhamiltonian:\n  - \"", self->sites,
                  self->periodic ? "periodic" : "open");
    write_expression(out, &self->hamiltonian);
    (void)fprintf(out, "\"\nlindblad:\n");
    for (int c = 0; c < self->channels; ++c) {
        (void)fprintf(out, "  - {name: c%d, rate: %.17g, operator: \"", c, self->rate[c]);
        write_expression(out, &self->jump[c]);
        (void)fprintf(out, "\"}\n");
    }
    (void)fclose(out);
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_model_parse(text, length, "random", NULL, &model, &error) == GF_OK, "%s\n%s",
                  error.message, text);
    free(text);
    return model;
}

/* --- dense matrices -------------------------------------------------------------------------- */

typedef double complex matrix[MAX_STATES][MAX_STATES];

/* Rows and columns: down, up, as bits. */
static inline double complex site_element(const char *name, int row, int column) {
    static const struct {
        const char *name;
        double complex element[2][2];
    } all[] = {{"X", {{0, 1}, {1, 0}}},  {"Y", {{0, I}, {-I, 0}}}, {"Z", {{-1, 0}, {0, 1}}},
               {"Sp", {{0, 0}, {1, 0}}}, {"Sm", {{0, 1}, {0, 0}}}, {"Pu", {{0, 0}, {0, 1}}},
               {"Pd", {{1, 0}, {0, 0}}}};
    for (size_t k = 0; k < sizeof all / sizeof *all; ++k) {
        if (strcmp(all[k].name, name) == 0) {
            return all[k].element[row][column];
        }
    }
    abort();
}

static inline bool holds(const chain_model *model, const expression *self, int site) {
    bool all = true;
    for (int p = 0; p < self->count; ++p) {
        for (int f = 0; f < self->product[p].count; ++f) {
            int at = site + self->product[p].factor[f].index;
            all = all && (model->periodic || (at >= 0 && at < model->sites));
        }
    }
    return all;
}

/* Adds the Kronecker product of one term at one running site; factors of a term are on different
 * sites. */
static inline void add_term(const chain_model *model, const product *term, int site, matrix sum) {
    int states = 1 << model->sites;
    for (int row = 0; row < states; ++row) {
        for (int column = 0; column < states; ++column) {
            double complex element = term->coefficient;
            for (int j = 0; j < model->sites; ++j) {
                int a = row >> j & 1, b = column >> j & 1;
                const char *name = NULL;
                for (int f = 0; f < term->count; ++f) {
                    int at = (site + term->factor[f].index + model->sites) % model->sites;
                    name = at == j ? term->factor[f].name : name;
                }
                element *= name != NULL ? site_element(name, a, b) : a == b;
            }
            sum[row][column] += element;
        }
    }
}

static inline void place(const chain_model *model, const expression *self, int site, matrix sum) {
    for (int p = 0; p < self->count && holds(model, self, site); ++p) {
        add_term(model, &self->product[p], site, sum);
    }
}

/* Products are added term by term to H: an entry of the list there is one sum. */
static inline void hamiltonian(const chain_model *model, matrix h) {
    for (int site = 0; site < model->sites; ++site) {
        place(model, &model->hamiltonian, site, h);
    }
}

/* --- random models --------------------------------------------------------------------------- */

static inline double number(uint64_t *state) {
    return 0.3 + random_below(state, 1000) / 1000.0;
}

/* One of many kinds of bath: with F strong, weak or none, with and without definite charge. */
static inline void add_random_jump(chain_model *self, uint64_t *state) {
    expression *jump = &self->jump[self->channels];
    self->rate[self->channels++] = number(state);
    switch (random_below(state, 9)) {
    case 0:
        (void)times(add(jump, 1), "X", 0);
        break;
    case 1:
        (void)times(times(times(add(jump, 1), "Pu", -1), "Sp", 0), "Pu", 1);
        (void)times(times(times(add(jump, 1), "Pd", -1), "Sm", 0), "Pd", 1);
        break;
    case 2:
        (void)times(add(jump, 1), "Z", 0);
        break;
    case 3:
        (void)times(add(jump, 1), "Sp", 0);
        break;
    case 4:
        (void)times(add(jump, 1), "Sm", 0);
        break;
    case 5:
        (void)times(add(jump, number(state)), "X", 0);
        (void)times(times(add(jump, number(state) * I), "Y", 0), "Z", 1);
        break;
    case 6:
        (void)times(add(jump, number(state)), "Sp", 0);
        (void)times(times(add(jump, number(state)), "Z", 0), "Z", 1);
        break;
    case 7:
        (void)times(times(add(jump, 1), "Sp", 0), "Sm", 1);
        break;
    default:
        (void)times(add(jump, 1), "X", 0);
        (void)times(add(jump, number(state) + 0.4 * I), "Sm", 1);
    }
}

/* Degenerate chains, too: isotropic, without a second neighbour. */
static inline chain_model random_model(uint64_t seed) {
    uint64_t state = seed;
    chain_model self = {.sites = 3 + random_below(&state, 2),
                        .periodic = random_below(&state, 3) > 0};
    double xx = number(&state);
    expression *h = &self.hamiltonian;
    add_pair(h, xx, "X", "X", 1);
    add_pair(h, xx, "Y", "Y", 1);
    add_pair(h, random_below(&state, 4) == 0 ? xx : number(&state), "Z", "Z", 1);
    if (random_below(&state, 4) == 0) {
        double dm = number(&state);
        add_pair(h, dm, "X", "Y", 1);
        add_pair(h, -dm, "Y", "X", 1);
    }
    if (random_below(&state, 4) == 0) {
        (void)times(add(h, number(&state)), "Z", 0);
    }
    int channels = 1 + random_below(&state, MAX_CHANNELS);
    while (self.channels < channels) {
        add_random_jump(&self, &state);
    }
    return self;
}

#endif
