#include "hilbert/elements.h"

#include <complex.h>
#include <stdlib.h>

typedef struct element_term {
    uint64_t plus, minus, z;
    size_t observable;
    double complex coefficient;
} element_term;

struct gf_elements {
    size_t count, terms;
    element_term *term; /* by flips */
    size_t flips;
    size_t *flip; /* [flips + 1]: where the terms of each set of flips begin */
};

static int compare_flips(const element_term *a, const element_term *b) {
    if (a->plus != b->plus) {
        return a->plus < b->plus ? -1 : 1;
    }
    return (a->minus > b->minus) - (a->minus < b->minus);
}

static int compare_terms(const void *left, const void *right) {
    const element_term *a = left, *b = right;
    int order = compare_flips(a, b);
    return order != 0 ? order : (a->observable > b->observable) - (a->observable < b->observable);
}

gf_status gf_elements_create(const gf_operator *operators, size_t count, gf_elements **elements,
                             gf_error *error) {
    size_t terms = 0;
    for (size_t k = 0; k < count; ++k) {
        terms += operators[k].count;
    }
    gf_elements *self = calloc(1, sizeof *self);
    *elements = self;
    if (self == NULL || (self->term = malloc((terms + 1) * sizeof *self->term)) == NULL ||
        (self->flip = malloc((terms + 1) * sizeof *self->flip)) == NULL) {
        gf_elements_free(self);
        *elements = NULL;
        return gf_fail_memory(error, "matrix elements");
    }
    self->count = count;
    for (size_t k = 0; k < count; ++k) {
        for (size_t i = 0; i < operators[k].count; ++i) {
            const gf_operator_term *term = &operators[k].terms[i];
            if (!gf_operator_term_moves_magnetization(term)) {
                self->term[self->terms++] = (element_term){.plus = term->plus,
                                                           .minus = term->minus,
                                                           .z = term->z,
                                                           .observable = k,
                                                           .coefficient = term->coefficient};
            }
        }
    }
    qsort(self->term, self->terms, sizeof *self->term, compare_terms);
    for (size_t i = 0; i < self->terms; ++i) {
        if (i == 0 || compare_flips(&self->term[i - 1], &self->term[i]) != 0) {
            self->flip[self->flips++] = i;
        }
    }
    self->flip[self->flips] = self->terms;
    return GF_OK;
}

void gf_elements_free(gf_elements *self) {
    if (self != NULL) {
        free(self->term);
        free(self->flip);
        free(self);
    }
}

double gf_elements_size(const gf_elements *self) {
    double sum = 0;
    for (size_t i = 0; i < self->terms; ++i) {
        sum += cabs(self->term[i].coefficient);
    }
    return sum;
}

size_t gf_elements_count(const gf_elements *self) {
    return self->count;
}

void gf_elements_apply(const gf_elements *self, uint32_t from, double complex *value,
                       gf_elements_visit *visit, void *context) {
    for (size_t f = 0; f < self->flips; ++f) {
        const element_term *term = &self->term[self->flip[f]];
        const element_term *end = &self->term[self->flip[f + 1]];
        if ((from & term->plus) != 0 || (from & term->minus) != term->minus) {
            continue;
        }
        uint32_t to = (uint32_t)(from ^ term->plus ^ term->minus);
        for (size_t k = 0; k < self->count; ++k) {
            value[k] = 0;
        }
        for (; term < end; ++term) {
            bool odd = (__builtin_popcountll(~(uint64_t)from & term->z) & 1) != 0;
            value[term->observable] += odd ? -term->coefficient : term->coefficient;
        }
        visit(context, to, value);
    }
}
