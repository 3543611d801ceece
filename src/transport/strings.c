#include "transport/strings.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT, Z, PLUS, MINUS };

#define HIGH ((uint64_t)0xAAAAAAAAAAAAAA) /* the upper bit of every site */
#define LOW (HIGH >> 1)

void gf_strings_free(gf_strings *self) {
    free(self->terms);
    *self = (gf_strings){0};
}

void gf_strings_append(gf_strings *self, uint64_t code, double complex coefficient) {
    if (self->exhausted) {
        return;
    }
    if (self->count == self->capacity) {
        size_t capacity = self->capacity > 0 ? 2 * self->capacity : 64;
        gf_string *terms = realloc(self->terms, capacity * sizeof *terms);
        if (terms == NULL) {
            self->exhausted = true;
            return;
        }
        self->terms = terms;
        self->capacity = capacity;
    }
    self->terms[self->count++] = (gf_string){code, coefficient};
}

static int compare(const void *left, const void *right) {
    const gf_string *a = left, *b = right;
    return (a->code > b->code) - (a->code < b->code);
}

void gf_strings_normalize(gf_strings *self) {
    if (self->count == 0) {
        return;
    }
    qsort(self->terms, self->count, sizeof *self->terms, compare);
    size_t kept = 0;
    for (size_t i = 0; i < self->count;) {
        gf_string sum = self->terms[i];
        double magnitude = cabs(sum.coefficient);
        for (++i; i < self->count && self->terms[i].code == sum.code; ++i) {
            sum.coefficient += self->terms[i].coefficient;
            magnitude += cabs(self->terms[i].coefficient);
        }
        if (!(cabs(sum.coefficient) <= 16 * DBL_EPSILON * magnitude)) {
            self->terms[kept++] = sum;
        }
    }
    self->count = kept;
}

bool gf_string_is_neutral(uint64_t letters) {
    uint64_t turned = letters & HIGH, minus = turned & (letters << 1);
    return __builtin_popcountll(turned) == 2 * __builtin_popcountll(minus);
}

uint64_t gf_string_conjugate(uint64_t code) {
    return code ^ (code & HIGH) >> 1;
}

uint64_t gf_string_reflected(uint64_t code) {
    uint64_t reversed = 0;
    for (uint64_t left = gf_string_letters(code); left != 0; left >>= 2) {
        reversed = reversed << 2 | (left & 3);
    }
    return reversed;
}

/* --- from and to operators ------------------------------------------------------------------- */

/* The string from its first letter on, which is `first` sites behind the site `begins` of a cell.
 */
static uint64_t anchored(uint64_t letters, int begins, int cell) {
    int first = __builtin_ctzll(letters) / 2;
    return gf_string_of(letters >> (2 * first), (begins + first) % cell);
}

/* Z = m + s z; and the + and - of a neutral string come in pairs, S+ S- = (s/2) + -. */
static void append_expanded(gf_strings *sum, const gf_operator_term *term, int cell, double m) {
    double s = sqrt((1 - m) * (1 + m));
    uint64_t turned = term->plus | term->minus, fixed = 0;
    int sites = turned == 0 && term->z == 0 ? 0 : 64 - __builtin_clzll(turned | term->z);
    sum->exhausted = sum->exhausted || sites > GF_STRING_SITES;
    for (int site = 0; site < sites && !sum->exhausted; ++site) {
        uint64_t letter = (term->plus >> site & 1) != 0    ? PLUS
                          : (term->minus >> site & 1) != 0 ? MINUS
                                                           : UNIT;
        fixed |= letter << (2 * site);
    }
    uint64_t subset = term->z; /* the sites that keep their z */
    do {
        uint64_t letters = fixed;
        for (uint64_t left = subset; left != 0; left &= left - 1) {
            letters |= (uint64_t)Z << (2 * __builtin_ctzll(left));
        }
        int kept = __builtin_popcountll(subset), all = __builtin_popcountll(term->z);
        double weight =
            pow(s, kept) * pow(m, all - kept) * pow(s / 2, __builtin_popcountll(term->plus));
        if (letters != 0 && weight != 0 && !sum->exhausted) {
            gf_strings_append(sum, anchored(letters, 0, cell), term->coefficient * weight);
        }
        subset = (subset - 1) & term->z;
    } while (subset != term->z && !sum->exhausted);
}

gf_strings gf_strings_expand(const gf_operator *local, int cell, double m) {
    gf_strings sum = {.exhausted = local->exhausted};
    for (size_t i = 0; i < local->count && !sum.exhausted; ++i) {
        if (!gf_operator_term_moves_magnetization(&local->terms[i])) {
            append_expanded(&sum, &local->terms[i], cell, m);
        }
    }
    gf_strings_normalize(&sum);
    return sum;
}

gf_strings gf_strings_magnetization(int cell, double m) {
    gf_operator z = {0};
    for (int site = 0; site < cell; ++site) {
        gf_operator_append(&z, (gf_operator_term){.coefficient = 1, .z = (uint64_t)1 << site});
    }
    gf_strings result = gf_strings_expand(&z, cell, m);
    gf_operator_free(&z);
    return result;
}

double complex gf_strings_product(const gf_strings *a, const gf_strings *b) {
    double complex sum = 0;
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->terms[i].code == b->terms[k].code) {
            sum += conj(a->terms[i++].coefficient) * b->terms[k++].coefficient;
        } else if (a->terms[i].code < b->terms[k].code) {
            ++i;
        } else {
            ++k;
        }
    }
    return sum;
}

/* --- the commutator -------------------------------------------------------------------------- */

static void set_product(gf_commutator *self, int a, int b, double unit, int letter, double factor) {
    int n = 0;
    if (unit != 0) {
        self->product[a][b].letter[n] = UNIT;
        self->product[a][b].factor[n++] = unit;
    }
    if (factor != 0) {
        self->product[a][b].letter[n] = (uint64_t)letter;
        self->product[a][b].factor[n++] = factor;
    }
    self->product[a][b].count = n;
}

static void set_products(gf_commutator *self, double m) {
    double s = sqrt((1 - m) * (1 + m)), up = (1 + m) / s, down = (1 - m) / s;
    for (int letter = 0; letter < 4; ++letter) {
        set_product(self, UNIT, letter, 0, letter, 1);
        set_product(self, letter, UNIT, 0, letter, 1);
    }
    set_product(self, UNIT, UNIT, 1, UNIT, 0);
    set_product(self, Z, Z, 1, Z, -2 * m / s);
    set_product(self, Z, PLUS, 0, PLUS, down);
    set_product(self, PLUS, Z, 0, PLUS, -up);
    set_product(self, Z, MINUS, 0, MINUS, -up);
    set_product(self, MINUS, Z, 0, MINUS, down);
    set_product(self, PLUS, MINUS, up, Z, 1);
    set_product(self, MINUS, PLUS, down, Z, -1);
    set_product(self, PLUS, PLUS, 0, UNIT, 0);
    set_product(self, MINUS, MINUS, 0, UNIT, 0);
}

/* sum_j Z_j commutes with everything here: on one-site cells single z need not be carried along. */
static void drop_field(gf_commutator *self) {
    gf_strings *h = &self->hamiltonian;
    size_t kept = 0;
    for (size_t i = 0; i < h->count; ++i) {
        if (self->cell > 1 || gf_string_length(h->terms[i].code) > 1) {
            h->terms[kept++] = h->terms[i];
        }
    }
    h->count = kept;
}

gf_status gf_commutator_create(const gf_operator *local, int cell, double m, gf_commutator *self,
                               gf_error *error) {
    *self = (gf_commutator){.cell = cell, .reach = 1};
    self->hamiltonian = gf_strings_expand(local, cell, m);
    drop_field(self);
    for (size_t i = 0; i < self->hamiltonian.count; ++i) {
        int length = gf_string_length(self->hamiltonian.terms[i].code);
        self->reach = self->reach < length ? length : self->reach;
    }
    set_products(self, m);
    gf_status status = GF_OK;
    if (self->hamiltonian.exhausted) {
        status = gf_fail_memory(error, "the Hamiltonian as strings");
    } else if (self->reach > GF_STRING_REACH) {
        status = gf_fail(error, GF_INVALID,
                         "the Hamiltonian has terms over %d sites, operator space takes them up to "
                         "%d; use --method full",
                         self->reach, GF_STRING_REACH);
    }
    if (status != GF_OK) {
        gf_commutator_free(self);
    }
    return status;
}

void gf_commutator_free(gf_commutator *self) {
    gf_strings_free(&self->hamiltonian);
}

typedef struct branches {
    int count;
    uint64_t letters[1 << GF_STRING_REACH];
    double factor[1 << GF_STRING_REACH];
} branches;

/* The product of two strings, site by site where both have something; `shared` holds the upper bit
 * of those sites. */
static void multiply(const gf_commutator *self, uint64_t a, uint64_t b, uint64_t shared,
                     branches *all) {
    uint64_t both = shared | shared >> 1;
    all->count = 1;
    all->letters[0] = (a | b) & ~both;
    all->factor[0] = 1;
    for (uint64_t left = shared; left != 0 && all->count > 0; left &= left - 1) {
        int shift = __builtin_ctzll(left) - 1, count = all->count;
        uint64_t x = a >> shift & 3, y = b >> shift & 3;
        int ways = self->product[x][y].count;
        for (int i = 0; i < count; ++i) {
            uint64_t letters = all->letters[i];
            double factor = all->factor[i];
            for (int way = 0; way < ways; ++way) {
                int at = way == 0 ? i : all->count++;
                all->letters[at] = letters | self->product[x][y].letter[way] << shift;
                all->factor[at] = factor * self->product[x][y].factor[way];
            }
        }
        all->count = ways == 0 ? 0 : all->count;
    }
}

static uint64_t occupied(uint64_t letters) {
    return (letters & HIGH) | (letters << 1 & HIGH);
}

void gf_commutator_append(const gf_commutator *self, uint64_t string, double complex factor,
                          int longest, gf_strings *sum) {
    int margin = self->reach - 1, length = gf_string_length(string), cell = self->cell;
    if (length + 2 * margin > GF_STRING_SITES) {
        sum->exhausted = true;
        return;
    }
    /* The frame begins `margin` sites before the string, at this site of a cell: */
    int begins = ((gf_string_begins(string) - margin) % cell + cell) % cell;
    uint64_t b = gf_string_letters(string) << (2 * margin), filled = occupied(b);
    branches all;
    for (size_t i = 0; i < self->hamiltonian.count; ++i) {
        const gf_string *term = &self->hamiltonian.terms[i];
        for (int at = 0; at < length + margin; ++at) {
            uint64_t a = gf_string_letters(term->code) << (2 * at), shared = occupied(a) & filled;
            if (shared == 0 || (begins + at) % cell != gf_string_begins(term->code)) {
                continue;
            }
            for (int order = 0; order < 2; ++order) {
                multiply(self, order == 0 ? a : b, order == 0 ? b : a, shared, &all);
                double complex weight = (order == 0 ? factor : -factor) * term->coefficient;
                for (int k = 0; k < all.count; ++k) {
                    uint64_t code =
                        all.letters[k] == 0 ? 0 : anchored(all.letters[k], begins, cell);
                    if (code != 0 && gf_string_length(code) <= longest) {
                        gf_strings_append(sum, code, weight * all.factor[k]);
                    }
                }
            }
        }
    }
}

/* --- Lanczos --------------------------------------------------------------------------------- */

static gf_strings scaled(const gf_strings *a, double factor) {
    gf_strings result = {.exhausted = a->exhausted};
    for (size_t i = 0; i < a->count; ++i) {
        gf_strings_append(&result, a->terms[i].code, factor * a->terms[i].coefficient);
    }
    return result;
}

static double norm(const gf_strings *a) {
    return sqrt(creal(gf_strings_product(a, a)));
}

/* [H, now] - b before */
static gf_strings next_of(const gf_commutator *self, const gf_strings *now, double b,
                          const gf_strings *before) {
    gf_strings next = {.exhausted = now->exhausted || before->exhausted};
    size_t settled = (size_t)1 << 16;
    for (size_t i = 0; i < now->count && !next.exhausted; ++i) {
        gf_commutator_append(self, now->terms[i].code, now->terms[i].coefficient, GF_STRING_SITES,
                             &next);
        if (next.count > 2 * settled) { /* merge as we go: strings repeat themselves */
            gf_strings_normalize(&next);
            settled = next.count > settled ? next.count : settled;
        }
    }
    for (size_t i = 0; i < before->count; ++i) {
        gf_strings_append(&next, before->terms[i].code, -b * before->terms[i].coefficient);
    }
    gf_strings_normalize(&next);
    return next;
}

gf_status gf_commutator_lanczos(const gf_commutator *self, const gf_strings *start, size_t count,
                                double *b, gf_error *error) {
    double size = norm(start);
    gf_strings before = {0}, now = scaled(start, size > 0 ? 1 / size : 0);
    memset(b, 0, count * sizeof *b);
    double largest = 0;
    for (size_t n = 0; n < count && !now.exhausted && now.count > 0; ++n) {
        gf_strings next = next_of(self, &now, n > 0 ? b[n - 1] : 0, &before);
        double length = norm(&next);
        largest = fmax(largest, length);
        gf_strings_free(&before);
        before = now;
        if (length > 1e-12 * largest) {
            b[n] = length;
            now = scaled(&next, 1 / length);
        } else {
            now = (gf_strings){.exhausted = next.exhausted};
        }
        gf_strings_free(&next);
    }
    bool exhausted = now.exhausted;
    gf_strings_free(&before);
    gf_strings_free(&now);
    return exhausted ? gf_fail_memory(error, "operators of that many commutators") : GF_OK;
}
