#include "algebra/operator.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gf_operator_free(gf_operator *self) {
    free(self->terms);
    *self = (gf_operator){0};
}

void gf_operator_append(gf_operator *self, gf_operator_term term) {
    if (self->exhausted) {
        return;
    }
    if (self->count == self->capacity) {
        size_t capacity = self->capacity > 0 ? 2 * self->capacity : 8;
        gf_operator_term *terms = capacity <= GF_OPERATOR_MAX_TERMS
                                      ? realloc(self->terms, capacity * sizeof *terms)
                                      : NULL;
        if (terms == NULL) {
            self->exhausted = true;
            return;
        }
        self->terms = terms;
        self->capacity = capacity;
    }
    self->terms[self->count++] = term;
}

static int compare_masks(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

/* Diagonal terms first, then by the sites that flip, then by the sites with Z. */
static int compare_terms(const void *left, const void *right) {
    const gf_operator_term *a = left, *b = right;
    int order = compare_masks(a->plus | a->minus, b->plus | b->minus);
    order = order != 0 ? order : compare_masks(b->plus, a->plus);
    return order != 0 ? order : compare_masks(a->z, b->z);
}

void gf_operator_normalize(gf_operator *self) {
    if (self->exhausted || self->count == 0) {
        return;
    }
    qsort(self->terms, self->count, sizeof *self->terms, compare_terms);
    size_t kept = 0;
    for (size_t i = 0; i < self->count;) {
        gf_operator_term sum = self->terms[i];
        double magnitude = cabs(sum.coefficient);
        for (++i; i < self->count && compare_terms(&sum, &self->terms[i]) == 0; ++i) {
            sum.coefficient += self->terms[i].coefficient;
            magnitude += cabs(self->terms[i].coefficient);
        }
        /* What cancels down to rounding is zero; infinity and NaN stay visible. */
        if (!(cabs(sum.coefficient) <= 16 * DBL_EPSILON * magnitude) || isinf(magnitude)) {
            self->terms[kept++] = sum;
        }
    }
    self->count = kept;
}

gf_operator gf_operator_scalar(double complex value) {
    gf_operator result = {0};
    gf_operator_append(&result, (gf_operator_term){.coefficient = value});
    gf_operator_normalize(&result);
    return result;
}

bool gf_operator_site(const char *name, size_t length, int site, gf_operator *result) {
    static const struct {
        const char *name;
        double complex identity, z, plus, minus;
    } factors[] = {
        {"I", 1, 0, 0, 0},  {"X", 0, 0, 1, 1},  {"Y", 0, 0, -I, I},     {"Z", 0, 1, 0, 0},
        {"Sp", 0, 0, 1, 0}, {"Sm", 0, 0, 0, 1}, {"Pu", 0.5, 0.5, 0, 0}, {"Pd", 0.5, -0.5, 0, 0},
    };
    uint64_t bit = (uint64_t)1 << site;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; ++i) {
        if (strlen(factors[i].name) == length && strncmp(name, factors[i].name, length) == 0) {
            *result = (gf_operator){0};
            gf_operator_append(result, (gf_operator_term){.coefficient = factors[i].identity});
            gf_operator_append(result, (gf_operator_term){.coefficient = factors[i].z, .z = bit});
            gf_operator_append(result,
                               (gf_operator_term){.coefficient = factors[i].plus, .plus = bit});
            gf_operator_append(result,
                               (gf_operator_term){.coefficient = factors[i].minus, .minus = bit});
            gf_operator_normalize(result);
            return true;
        }
    }
    return false;
}

void gf_operator_add(gf_operator *self, double complex factor, const gf_operator *b) {
    self->exhausted = self->exhausted || b->exhausted;
    size_t count = b->count; /* b may be self */
    for (size_t i = 0; i < count && !self->exhausted; ++i) {
        gf_operator_term term = b->terms[i];
        term.coefficient *= factor;
        gf_operator_append(self, term);
    }
    gf_operator_normalize(self);
}

gf_operator gf_operator_scaled(const gf_operator *a, double complex factor) {
    gf_operator result = {0};
    gf_operator_add(&result, factor, a);
    return result;
}

gf_operator gf_operator_quotient(const gf_operator *a, double complex divisor) {
    gf_operator result = gf_operator_scaled(a, 1);
    for (size_t i = 0; i < result.count; ++i) {
        result.terms[i].coefficient /= divisor;
    }
    gf_operator_normalize(&result);
    return result;
}

gf_operator gf_operator_sum(const gf_operator *a, double complex factor, const gf_operator *b) {
    gf_operator result = gf_operator_scaled(a, 1);
    gf_operator_add(&result, factor, b);
    return result;
}

static double parity_sign(uint64_t mask) {
    return (__builtin_popcountll(mask) & 1) != 0 ? -1.0 : 1.0;
}

/* Site by site: Z Z = 1, Z S+- = +-S+-, S+- Z = -+S+-, S+ S+ = S- S- = 0, and the two products that
 * branch, S+ S- = (1 + Z)/2 and S- S+ = (1 - Z)/2: one term for every subset of those sites. */
static void append_term_product(gf_operator *result, const gf_operator_term *a,
                                const gf_operator_term *b) {
    if ((a->plus & b->plus) != 0 || (a->minus & b->minus) != 0) {
        return;
    }
    uint64_t up = a->plus & b->minus, down = a->minus & b->plus, branching = up | down;
    uint64_t plus = (a->plus | b->plus) & ~branching, minus = (a->minus | b->minus) & ~branching;
    uint64_t z = (a->z ^ b->z) & ~(a->plus | a->minus | b->plus | b->minus);
    double sign = parity_sign(a->z & b->minus) * parity_sign(a->plus & b->z);
    double complex coefficient =
        a->coefficient * b->coefficient * sign * ldexp(1.0, -__builtin_popcountll(branching));
    uint64_t subset = 0;
    do {
        gf_operator_append(
            result, (gf_operator_term){.coefficient = coefficient * parity_sign(subset & down),
                                       .plus = plus,
                                       .minus = minus,
                                       .z = z | subset});
        subset = (subset - branching) & branching;
    } while (subset != 0 && !result->exhausted);
}

gf_operator gf_operator_product(const gf_operator *a, const gf_operator *b) {
    gf_operator result = {.exhausted = a->exhausted || b->exhausted};
    size_t settled = 1024;
    for (size_t i = 0; i < a->count; ++i) {
        for (size_t j = 0; j < b->count && !result.exhausted; ++j) {
            append_term_product(&result, &a->terms[i], &b->terms[j]);
        }
        if (result.count > 2 * settled) { /* merge as we go: products repeat themselves */
            gf_operator_normalize(&result);
            settled = result.count > settled ? result.count : settled;
        }
    }
    gf_operator_normalize(&result);
    return result;
}

gf_operator gf_operator_commutator(const gf_operator *a, const gf_operator *b) {
    gf_operator ab = gf_operator_product(a, b), ba = gf_operator_product(b, a);
    gf_operator_add(&ab, -1, &ba);
    gf_operator_free(&ba);
    return ab;
}

gf_operator gf_operator_adjoint(const gf_operator *a) {
    gf_operator result = {.exhausted = a->exhausted};
    for (size_t i = 0; i < a->count; ++i) {
        const gf_operator_term *term = &a->terms[i];
        gf_operator_append(&result, (gf_operator_term){.coefficient = conj(term->coefficient),
                                                       .plus = term->minus,
                                                       .minus = term->plus,
                                                       .z = term->z});
    }
    gf_operator_normalize(&result);
    return result;
}

bool gf_operator_is_scalar(const gf_operator *self, double complex *value) {
    *value = self->count > 0 ? self->terms[0].coefficient : 0;
    return self->count == 0 || (self->count == 1 && (self->terms[0].plus | self->terms[0].minus |
                                                     self->terms[0].z) == 0);
}

bool gf_operator_is_real(const gf_operator *self) {
    for (size_t i = 0; i < self->count; ++i) {
        if (cimag(self->terms[i].coefficient) != 0) {
            return false;
        }
    }
    return true;
}

bool gf_operator_is_finite(const gf_operator *self) {
    for (size_t i = 0; i < self->count; ++i) {
        double complex c = self->terms[i].coefficient;
        if (!isfinite(creal(c)) || !isfinite(cimag(c))) {
            return false;
        }
    }
    return true;
}

bool gf_operator_term_moves_magnetization(const gf_operator_term *term) {
    return __builtin_popcountll(term->plus) != __builtin_popcountll(term->minus);
}

static double largest_coefficient(const gf_operator *self) {
    double largest = 0;
    for (size_t i = 0; i < self->count; ++i) {
        largest = fmax(largest, cabs(self->terms[i].coefficient));
    }
    return largest;
}

gf_operator gf_operator_conserving(const gf_operator *self) {
    gf_operator result = {.exhausted = self->exhausted};
    for (size_t i = 0; i < self->count; ++i) {
        if (!gf_operator_term_moves_magnetization(&self->terms[i])) {
            gf_operator_append(&result, self->terms[i]);
        }
    }
    gf_operator_normalize(&result);
    return result;
}

double gf_operator_size(const gf_operator *self) {
    double constant = 0, largest = 0;
    for (size_t i = 0; i < self->count; ++i) {
        const gf_operator_term *term = &self->terms[i];
        double *of = (term->plus | term->minus | term->z) != 0 ? &largest : &constant;
        *of = fmax(*of, cabs(term->coefficient));
    }
    return largest > 0 ? largest : constant;
}

bool gf_operator_equal(const gf_operator *a, const gf_operator *b, gf_operator_term *difference) {
    gf_operator rest = gf_operator_sum(a, -1, b);
    double scale = fmax(gf_operator_size(a), gf_operator_size(b));
    bool equal = !rest.exhausted;
    for (size_t i = 0; i < rest.count && equal; ++i) {
        if (!(cabs(rest.terms[i].coefficient) <= 1e-13 * scale)) {
            equal = false;
            if (difference != NULL) {
                *difference = rest.terms[i];
            }
        }
    }
    gf_operator_free(&rest);
    return equal;
}

static bool write_factors(FILE *out, const gf_operator_term *term, int first, bool leading) {
    for (int site = 0; site < 64; ++site) {
        uint64_t bit = (uint64_t)1 << site;
        const char *name = (term->plus & bit) != 0    ? "Sp"
                           : (term->minus & bit) != 0 ? "Sm"
                           : (term->z & bit) != 0     ? "Z"
                                                      : NULL;
        if (name != NULL) {
            (void)fprintf(out, "%s%s[%d]", leading ? "" : "*", name, first + site);
            leading = false;
        }
    }
    return leading;
}

/* Twelve digits, or all of them where those would miss the number by more than rounding of the
 * operator's largest coefficient. */
static void write_number(FILE *out, double number, double scale) {
    char text[40];
    (void)snprintf(text, sizeof text, "%.12g", number);
    if (!(fabs(strtod(text, NULL) - number) <= 4 * DBL_EPSILON * scale)) {
        (void)snprintf(text, sizeof text, "%.17g", number);
    }
    (void)fputs(text, out);
}

static void write_complex(FILE *out, double complex number, double scale) {
    (void)fputc('(', out);
    write_number(out, creal(number), scale);
    (void)fputs(cimag(number) < 0 ? " - " : " + ", out);
    write_number(out, fabs(cimag(number)), scale);
    (void)fputs("*i)", out);
}

static void write_term(FILE *out, const gf_operator_term *term, int first, double scale,
                       bool opening) {
    double re = creal(term->coefficient), im = cimag(term->coefficient);
    bool complex_number = re != 0 && im != 0, leading = true;
    double shown = re != 0 ? re : im;
    bool negative = !complex_number && shown < 0;
    (void)fprintf(out, "%s", opening ? (negative ? "-" : "") : (negative ? " - " : " + "));
    if (complex_number) {
        write_complex(out, term->coefficient, scale);
        leading = false;
    } else {
        if (fabs(shown) != 1) {
            write_number(out, fabs(shown), scale);
            leading = false;
        }
        if (im != 0) {
            (void)fprintf(out, "%si", leading ? "" : "*");
            leading = false;
        }
    }
    if (write_factors(out, term, first, leading)) {
        (void)fputc('1', out); /* a bare +-1 */
    }
}

char *gf_operator_format(const gf_operator *self, int first) {
    char *text = NULL;
    size_t length = 0;
    double scale = largest_coefficient(self);
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < self->count; ++i) {
        write_term(out, &self->terms[i], first, scale, i == 0);
    }
    if (self->count == 0) {
        (void)fputc('0', out);
    }
    if (fclose(out) != 0) {
        free(text);
        text = NULL;
    }
    return text;
}
