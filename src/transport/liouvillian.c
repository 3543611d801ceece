#include "transport/liouvillian.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOWHERE = -1, MOST_STRINGS = 1 << 24 };

/* Where a string stands: the two Hermitian operators that it is part of, real and imaginary, and
 * with which factor; i times that of the imaginary one. */
typedef struct part {
    int32_t at[2]; /* coordinate, or NOWHERE */
    signed char sign[2];
    unsigned char images; /* strings in either operator */
} part;

typedef struct gf_coordinates {
    int cell;
    size_t strings;
    uint64_t *code; /* [strings], ascending by letters, so by length; then by site of the cell */
    part *part;     /* [strings] */
    size_t count;   /* of coordinates */
    size_t *first;  /* [count]: the string that a coordinate was made of */
    bool *imaginary;
} coordinates;

/* --- strings and coordinates ----------------------------------------------------------------- */

/* Of a string, or NOWHERE. */
static int32_t place_of(const coordinates *self, uint64_t code) {
    uint64_t letters = gf_string_letters(code);
    size_t cell = (size_t)self->cell, from = 0, to = self->strings / cell;
    while (from < to) { /* the first with no smaller letters */
        size_t middle = from + (to - from) / 2;
        if (gf_string_letters(self->code[middle * cell]) < letters) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    size_t place = from * cell + (size_t)gf_string_begins(code);
    return place < self->strings && self->code[place] == code ? (int32_t)place : NOWHERE;
}

static double binomial(int n, int k) {
    return round(exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)));
}

/* Strings of at most so many sites and such a weight. Neutral words of w letters z, +, - are
 * central trinomial coefficients, w T_w = (2 w - 1) T_w-1 + 3 (w - 1) T_w-2; the first of them
 * stands on the first site. */
static double count_strings(int longest, int weight, int cell) {
    double words = 1, before = 0, sum = 0;
    for (int w = 1; w <= weight && w <= longest; ++w) {
        double next = ((2 * w - 1) * words + 3 * (w - 1) * before) / w;
        before = words;
        words = next;
        sum += words * binomial(longest - 1, w - 1);
    }
    return cell * sum;
}

static void free_coordinates(coordinates *self) {
    if (self != NULL) {
        free(self->code);
        free(self->part);
        free(self->first);
        free(self->imaginary);
        free(self);
    }
}

static coordinates *allocate_coordinates(int longest, int weight, int cell) {
    coordinates *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    size_t strings = (size_t)count_strings(longest, weight, cell);
    self->cell = cell;
    self->code = malloc(strings * sizeof *self->code);
    self->part = malloc(strings * sizeof *self->part);
    self->first = malloc(strings * sizeof *self->first);
    self->imaginary = malloc(strings * sizeof *self->imaginary);
    if (self->code == NULL || self->part == NULL || self->first == NULL ||
        self->imaginary == NULL) {
        free_coordinates(self);
        return NULL;
    }
    return self;
}

/* Of + over -: letters are 1, z, +, - (strings.h). */
static int excess_of(uint64_t letter) {
    return letter == 2 ? 1 : letter == 3 ? -1 : 0;
}

/* Appends the strings that end in `letters`, which stand behind `sites` more sites: up to `weight`
 * more letters, of which + exceed - by `excess` so far. */
static void list_endings(coordinates *self, uint64_t letters, int sites, int weight, int excess) {
    if (abs(excess) > (sites < weight ? sites : weight)) {
        return;
    }
    if (sites == 0) {
        for (int begins = 0; begins < self->cell; ++begins) {
            self->code[self->strings++] = gf_string_of(letters, begins);
        }
        return;
    }
    for (uint64_t letter = sites == 1 ? 1 : 0; letter < 4; ++letter) {
        if (letter == 0 || weight > 0) {
            list_endings(self, letters | letter << (2 * (sites - 1)), sites - 1,
                         weight - (letter != 0), excess + excess_of(letter));
        }
    }
}

/* The last site holds the highest bits: shorter strings come first. */
static void list_strings(coordinates *self, int longest, int weight) {
    for (int length = 1; length <= longest; ++length) {
        for (uint64_t last = 1; last < 4; ++last) {
            if (length > 1 || excess_of(last) == 0) {
                list_endings(self, last << (2 * (length - 1)), length - 1, weight - 1,
                             excess_of(last));
            }
        }
    }
    for (size_t i = 0; i < self->strings; ++i) {
        self->part[i] = (part){.at = {NOWHERE, NOWHERE}};
    }
}

/* The images of a string under conjugation and reflection, with their signs in the real and the
 * imaginary operator; a sign of 0: the operator vanishes. */
typedef struct orbit {
    int count;
    size_t string[4];
    signed char sign[4][2];
    bool exists[2];
} orbit;

static void add_image(const coordinates *self, uint64_t code, int real, int imaginary, orbit *all) {
    size_t string = (size_t)place_of(self, code);
    for (int i = 0; i < all->count; ++i) {
        if (all->string[i] == string) {
            all->exists[0] = all->exists[0] && all->sign[i][0] == real;
            all->exists[1] = all->exists[1] && all->sign[i][1] == imaginary;
            return;
        }
    }
    all->string[all->count] = string;
    all->sign[all->count][0] = (signed char)real;
    all->sign[all->count++][1] = (signed char)imaginary;
}

static orbit orbit_of(const coordinates *self, uint64_t code, int parity) {
    orbit all = {.exists = {true, true}};
    add_image(self, code, 1, 1, &all);
    add_image(self, gf_string_conjugate(code), 1, -1, &all);
    if (parity != 0) {
        uint64_t mirror = gf_string_reflected(code);
        add_image(self, mirror, parity, parity, &all);
        add_image(self, gf_string_conjugate(mirror), parity, -parity, &all);
    }
    return all;
}

static void number_orbit(coordinates *self, const orbit *all) {
    for (int kind = 0; kind < 2; ++kind) {
        if (!all->exists[kind]) {
            continue;
        }
        for (int i = 0; i < all->count; ++i) {
            self->part[all->string[i]].at[kind] = (int32_t)self->count;
            self->part[all->string[i]].sign[kind] = all->sign[i][kind];
        }
        self->imaginary[self->count] = kind == 1;
        self->first[self->count++] = all->string[0];
    }
}

static coordinates *create_coordinates(int longest, int weight, int cell, int parity) {
    coordinates *self = allocate_coordinates(longest, weight, cell);
    if (self == NULL) {
        return NULL;
    }
    list_strings(self, longest, weight);
    for (size_t i = 0; i < self->strings; ++i) {
        if (self->part[i].images == 0) { /* not in an orbit yet */
            orbit all = orbit_of(self, self->code[i], parity);
            for (int k = 0; k < all.count; ++k) {
                self->part[all.string[k]].images = (unsigned char)all.count;
            }
            number_orbit(self, &all);
        }
    }
    return self;
}

/* --- parities -------------------------------------------------------------------------------- */

static bool is_image(const gf_strings *self, const gf_strings *image, double sign) {
    double size = sqrt(creal(gf_strings_product(self, self)));
    gf_strings difference = {0};
    for (size_t i = 0; i < self->count; ++i) {
        gf_strings_append(&difference, self->terms[i].code, self->terms[i].coefficient);
        gf_strings_append(&difference, image->terms[i].code, -sign * image->terms[i].coefficient);
    }
    gf_strings_normalize(&difference);
    bool same = !difference.exhausted &&
                sqrt(creal(gf_strings_product(&difference, &difference))) <= 1e-12 * size;
    gf_strings_free(&difference);
    return same;
}

int gf_strings_parity(const gf_strings *self) {
    gf_strings image = {0};
    for (size_t i = 0; i < self->count; ++i) {
        gf_strings_append(&image, gf_string_reflected(self->terms[i].code),
                          self->terms[i].coefficient);
    }
    int parity = image.exhausted             ? 0
                 : is_image(self, &image, 1) ? 1
                                             : (is_image(self, &image, -1) ? -1 : 0);
    gf_strings_free(&image);
    return parity;
}

bool gf_strings_are_real(const gf_strings *self) {
    double size = sqrt(creal(gf_strings_product(self, self)));
    for (size_t i = 0; i < self->count; ++i) {
        if (fabs(cimag(self->terms[i].coefficient)) > 1e-14 * size) {
            return false;
        }
    }
    return true;
}

/* --- the matrix ------------------------------------------------------------------------------ */

/* A row while it is being summed. */
typedef struct row {
    double *sum;       /* [coordinates], 0 but where touched */
    bool *touched;     /* [coordinates] */
    uint32_t *columns; /* those touched */
    size_t count;
} row;

static void free_row(row *self) {
    free(self->sum);
    free(self->touched);
    free(self->columns);
}

static bool allocate_row(size_t size, row *self) {
    *self = (row){.sum = calloc(size, sizeof *self->sum),
                  .touched = calloc(size, sizeof *self->touched),
                  .columns = malloc(size * sizeof *self->columns)};
    return self->sum != NULL && self->touched != NULL && self->columns != NULL;
}

static void add_to_row(row *self, int32_t column, double value) {
    if (!self->touched[column]) {
        self->touched[column] = true;
        self->columns[self->count++] = (uint32_t)column;
    }
    self->sum[column] += value;
}

static int ascending(const void *left, const void *right) {
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Row k of S. With E_k = sqrt(n) P(phi s), where P makes a string s Hermitian and gives it its
 * parity and phi is 1 or i, S_lk = (E_l, i[H, E_k]) = sqrt(n) Re (E_l, i phi [H, s]), and S_kl =
 * -S_lk. */
static void sum_row(const coordinates *self, size_t k, const gf_strings *commutator, row *sum) {
    double weight = sqrt((double)self->part[self->first[k]].images);
    double complex phase = self->imaginary[k] ? -1 : I;
    for (size_t i = 0; i < commutator->count; ++i) {
        int32_t place = place_of(self, commutator->terms[i].code);
        if (place == NOWHERE) {
            continue;
        }
        const part *to = &self->part[place];
        double complex a = phase * commutator->terms[i].coefficient;
        double scale = -weight / sqrt((double)to->images);
        if (to->at[0] != NOWHERE && creal(a) != 0) {
            add_to_row(sum, to->at[0], scale * to->sign[0] * creal(a));
        }
        if (to->at[1] != NOWHERE && cimag(a) != 0) {
            add_to_row(sum, to->at[1], scale * to->sign[1] * cimag(a));
        }
    }
    qsort(sum->columns, sum->count, sizeof *sum->columns, ascending);
}

static bool reserve(gf_liouvillian *self, size_t used, size_t more, size_t *capacity) {
    if (used + more <= *capacity) {
        return true;
    }
    size_t wanted = *capacity + *capacity / 4 + more + 4096;
    uint32_t *column = realloc(self->column, (wanted + GF_LIOUVILLIAN_AHEAD) * sizeof *column);
    self->column = column != NULL ? column : self->column;
    double *value = realloc(self->value, wanted * sizeof *value);
    self->value = value != NULL ? value : self->value;
    *capacity = wanted;
    return column != NULL && value != NULL;
}

/* Moves a row to its place, without what is rounding, and clears it. */
static bool store_row(gf_liouvillian *self, size_t k, double rounding, size_t *capacity, row *sum) {
    size_t used = self->row[k];
    bool done = reserve(self, used, sum->count, capacity);
    for (size_t i = 0; i < sum->count; ++i) {
        uint32_t column = sum->columns[i];
        if (done && fabs(sum->sum[column]) > rounding) {
            self->column[used] = column;
            self->value[used++] = sum->sum[column];
            self->largest = fmax(self->largest, fabs(sum->sum[column]));
        }
        sum->sum[column] = 0;
        sum->touched[column] = false;
    }
    sum->count = 0;
    self->row[k + 1] = used;
    return done;
}

static double largest_coefficient(const gf_strings *hamiltonian) {
    double largest = 0;
    for (size_t i = 0; i < hamiltonian->count; ++i) {
        largest = fmax(largest, cabs(hamiltonian->terms[i].coefficient));
    }
    return largest;
}

static bool fill(gf_liouvillian *self, const gf_commutator *commutator) {
    const coordinates *all = self->coordinates;
    double rounding = 1e-14 * largest_coefficient(&commutator->hamiltonian);
    gf_strings image = {0};
    row sum;
    size_t capacity = 0;
    bool done = allocate_row(self->size, &sum);
    for (size_t k = 0; k < self->size && done; ++k) {
        if (k == 0 || all->first[k] != all->first[k - 1]) {
            image.count = 0;
            gf_commutator_append(commutator, all->code[all->first[k]], 1, self->longest, &image);
        }
        sum_row(all, k, &image, &sum);
        done = !image.exhausted && store_row(self, k, rounding, &capacity, &sum);
    }
    if (done && self->column != NULL) {
        memset(self->column + self->row[self->size], 0, GF_LIOUVILLIAN_AHEAD * sizeof(uint32_t));
    }
    free_row(&sum);
    gf_strings_free(&image);
    return done;
}

static void describe(gf_liouvillian *self) {
    const coordinates *all = self->coordinates;
    for (size_t k = 0; k < self->size; ++k) {
        self->length[k] = (unsigned char)gf_string_length(all->code[all->first[k]]);
        self->imaginary[k] = all->imaginary[k];
        ++self->upto[self->length[k]];
    }
    for (int l = 1; l <= self->longest; ++l) {
        self->upto[l] += self->upto[l - 1];
    }
}

gf_status gf_liouvillian_memory(const gf_commutator *commutator, int longest, int weight,
                                int parity, double *bytes, double *size, gf_error *error) {
    enum { SAMPLE = 256 };
    double strings = count_strings(longest, weight, commutator->cell);
    if (strings > MOST_STRINGS) {
        return gf_fail(error, GF_NO_MEMORY,
                       "%.3g strings of up to %d sites are more than operator space takes; take "
                       "shorter ones, or of a smaller weight",
                       strings, longest);
    }
    coordinates *all = allocate_coordinates(longest, weight, commutator->cell);
    if (all == NULL) {
        return gf_fail_memory(error, "the Liouvillian; take shorter strings");
    }
    list_strings(all, longest, weight);
    double entries = 0, rows = 0;
    gf_strings image = {0};
    for (size_t i = all->strings / 2; i < all->strings; i += all->strings / SAMPLE + 1) {
        image.count = 0;
        gf_commutator_append(commutator, all->code[i], 1, longest, &image);
        gf_strings_normalize(&image);
        for (size_t k = 0; k < image.count; ++k) {
            entries += gf_string_weight(image.terms[k].code) <= weight;
        }
        ++rows;
    }
    bool exhausted = image.exhausted;
    gf_strings_free(&image);
    free_coordinates(all);
    double each = entries / rows * (sizeof(uint32_t) + sizeof(double)) *
                  (gf_strings_are_real(&commutator->hamiltonian) ? 1 : 2);
    *size = strings / (parity != 0 ? 2 : 1);
    *bytes = strings * (each / (parity != 0 ? 2 : 1) + sizeof(part) + 32);
    return exhausted ? gf_fail_memory(error, "a sample of the Liouvillian") : GF_OK;
}

gf_status gf_liouvillian_create(const gf_commutator *commutator, int longest, int weight,
                                int parity, gf_liouvillian **result, gf_error *error) {
    *result = NULL;
    gf_liouvillian *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the Liouvillian");
    }
    self->longest = longest;
    self->weight = weight;
    self->parity = parity;
    self->cell = commutator->cell;
    self->real = gf_strings_are_real(&commutator->hamiltonian);
    self->coordinates = create_coordinates(longest, weight, commutator->cell, parity);
    self->size = self->coordinates != NULL ? self->coordinates->count : 0;
    self->length = malloc(self->size + 1);
    self->imaginary = malloc((self->size + 1) * sizeof *self->imaginary);
    self->row = calloc(self->size + 1, sizeof *self->row);
    bool done = self->coordinates != NULL && self->length != NULL && self->imaginary != NULL &&
                self->row != NULL && fill(self, commutator);
    if (!done) {
        gf_liouvillian_free(self);
        return gf_fail_memory(error, "the Liouvillian; take shorter strings");
    }
    describe(self);
    *result = self;
    return GF_OK;
}

void gf_liouvillian_free(gf_liouvillian *self) {
    if (self != NULL) {
        free_coordinates(self->coordinates);
        free(self->length);
        free(self->imaginary);
        free(self->row);
        free(self->column);
        free(self->value);
        free(self);
    }
}

bool gf_liouvillian_coordinates(const gf_liouvillian *self, const gf_strings *operator,
                                double * x) {
    const coordinates *all = self->coordinates;
    double sum = 0, size = creal(gf_strings_product(operator, operator));
    memset(x, 0, self->size * sizeof *x);
    for (size_t i = 0; i < operator->count; ++i) {
        const gf_string *term = &operator->terms[i];
        int32_t place = place_of(all, term->code);
        if (place == NOWHERE) {
            return false;
        }
        const part *of = &all->part[place];
        double unit = 1 / sqrt((double)of->images);
        if (of->at[0] != NOWHERE) {
            x[of->at[0]] += of->sign[0] * unit * creal(term->coefficient);
        }
        if (of->at[1] != NOWHERE) {
            x[of->at[1]] += of->sign[1] * unit * cimag(term->coefficient);
        }
    }
    for (size_t k = 0; k < self->size; ++k) {
        sum += x[k] * x[k];
    }
    return fabs(sum - size) <= 1e-12 * size; /* nothing was lost by projection */
}
