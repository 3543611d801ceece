#include "open_system/trajectories/local_operator.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right) {
    const gf_local_element *a = left, *b = right;
    return a->in != b->in ? (a->in > b->in) - (a->in < b->in)
                          : (a->out > b->out) - (a->out < b->out);
}

/* Every element of every term. */
static size_t list_elements(const gf_operator *operator, uint32_t support,
                            gf_local_element *element) {
    size_t count = 0;
    for (size_t i = 0; i < operator->count; ++i) {
        const gf_operator_term *term = &operator->terms[i];
        uint32_t plus = (uint32_t)term->plus, minus = (uint32_t)term->minus;
        uint32_t rest = support & ~(plus | minus), free_bits = 0;
        do {
            uint32_t in = free_bits | minus;
            double sign = (__builtin_popcount(~in & (uint32_t)term->z) & 1) != 0 ? -1 : 1;
            element[count++] =
                (gf_local_element){in, free_bits | plus, sign * creal(term->coefficient),
                                   sign * cimag(term->coefficient)};
            free_bits = (free_bits - rest) & rest;
        } while (free_bits != 0);
    }
    return count;
}

/* Adds up those of the same place, and drops what cancels. */
static size_t merge(gf_local_element *element, size_t count, double size) {
    size_t kept = 0;
    qsort(element, count, sizeof *element, compare);
    for (size_t i = 0, next = 0; i < count; i = next) {
        gf_local_element sum = element[i];
        for (next = i + 1; next < count && compare(&element[i], &element[next]) == 0; ++next) {
            sum.real += element[next].real;
            sum.imaginary += element[next].imaginary;
        }
        if (hypot(sum.real, sum.imaginary) > 1e-14 * size) {
            element[kept++] = sum;
        }
    }
    return kept;
}

gf_status gf_local_operator_init(gf_local_operator *self, const gf_operator *operator, int sites,
                                 gf_error *error) {
    *self = (gf_local_operator){.sites = sites};
    size_t room = 1;
    double size = 0;
    for (size_t i = 0; i < operator->count; ++i) {
        const gf_operator_term *term = &operator->terms[i];
        self->support |= (uint32_t)(term->plus | term->minus | term->z);
        size = fmax(size, cabs(term->coefficient));
    }
    for (size_t i = 0; i < operator->count; ++i) {
        const gf_operator_term *term = &operator->terms[i];
        room +=
            (size_t)1 << __builtin_popcount(self->support & ~(uint32_t)(term->plus | term->minus));
    }
    self->element = malloc(room * sizeof *self->element);
    if (self->element == NULL || operator->exhausted) {
        gf_local_operator_free(self);
        return gf_fail_memory(error, "a jump operator");
    }
    self->count = merge(self->element, list_elements(operator, self->support, self->element), size);
    return GF_OK;
}

void gf_local_operator_free(gf_local_operator *self) {
    free(self->element);
    *self = (gf_local_operator){0};
}
