/* Operators of the infinite chain, summed over its translations, in the site basis of a product
 * state.
 *
 * In the state of magnetisation m without correlations, rho ~ exp(-lambda1 sum Z), m = -tanh
 * lambda1, the site operators
 *
 *     1,  z = (Z - m)/s,  + = sqrt(2/s) S+,  - = sqrt(2/s) S-,    s = sqrt(1 - m^2)
 *
 * make strings of which those with as many + as - are orthonormal under (A;B) = <A' B>, and so are,
 * per cell, their sums over the chain. (As rho commutes with them this is the Kubo-Mori product,
 * too.) A string begins and ends with an operator other than 1; its code has two bits a site, the
 * first site lowest, 0 ... 3 for 1, z, +, -, and above them the site of the unit cell that it
 * begins on. The unit, which is no fluctuation, is left out everywhere. */
#ifndef GIBBSFLOW_TRANSPORT_STRINGS_H
#define GIBBSFLOW_TRANSPORT_STRINGS_H

#include "algebra/chain.h"
#include "gibbsflow/error.h"

enum { GF_STRING_SITES = 28, GF_STRING_REACH = 8 }; /* longest string; longest term of H */

typedef struct gf_string {
    uint64_t code;
    double complex coefficient;
} gf_string;

/* Sorted by code, each once, unless something is being appended. A zeroed struct is 0. When memory
 * runs out, or a string would be too long, the result is marked `exhausted`. */
typedef struct gf_strings {
    gf_string *terms;
    size_t count, capacity;
    bool exhausted;
} gf_strings;

void gf_strings_free(gf_strings *self);
void gf_strings_append(gf_strings *self, uint64_t code, double complex coefficient);
/* Sorts, merges, and drops what cancels down to rounding. */
void gf_strings_normalize(gf_strings *self);

static inline uint64_t gf_string_of(uint64_t letters, int begins) {
    return letters | (uint64_t)begins << (2 * GF_STRING_SITES);
}
static inline uint64_t gf_string_letters(uint64_t code) {
    return code & (((uint64_t)1 << (2 * GF_STRING_SITES)) - 1);
}
static inline int gf_string_begins(uint64_t code) {
    return (int)(code >> (2 * GF_STRING_SITES));
}
/* Sites from the first to the last; 0 of the unit. */
static inline int gf_string_length(uint64_t code) {
    uint64_t letters = gf_string_letters(code);
    return letters == 0 ? 0 : (64 - __builtin_clzll(letters) + 1) / 2;
}
/* Its weight: sites with an operator other than 1. */
static inline int gf_string_weight(uint64_t code) {
    uint64_t letters = gf_string_letters(code);
    return __builtin_popcountll((letters | letters >> 1) & 0x5555555555555555U);
}
bool gf_string_is_neutral(uint64_t letters); /* as many + as - */
uint64_t gf_string_conjugate(uint64_t code); /* + and - exchanged */
uint64_t gf_string_reflected(uint64_t code); /* in reversed order, on a chain of one-site cells */

/* The sum over all translations by `cell` sites of `local`, an operator on the first sites. Only
 * its part that conserves the magnetisation is taken. */
gf_strings gf_strings_expand(const gf_operator *local, int cell, double m);
/* That of Z. */
gf_strings gf_strings_magnetization(int cell, double m);

/* The scalar product per cell. */
double complex gf_strings_product(const gf_strings *a, const gf_strings *b);

/* What the commutator with a Hamiltonian takes. */
typedef struct gf_commutator {
    gf_strings hamiltonian;
    int cell, reach; /* reach: length of its longest string */
    struct {
        int count;
        uint64_t letter[2];
        double factor[2];
    } product[4][4]; /* of two site operators, the left one first */
} gf_commutator;

/* The caller frees it; GF_INVALID if a term of H is longer than GF_STRING_REACH sites. */
gf_status gf_commutator_create(const gf_operator *local, int cell, double m, gf_commutator *self,
                               gf_error *error);
void gf_commutator_free(gf_commutator *self);

/* Appends factor [H, string] to *sum, which is not normalised, without strings longer than
 * `longest` sites. */
void gf_commutator_append(const gf_commutator *self, uint64_t string, double complex factor,
                          int longest, gf_strings *sum);

/* Lanczos coefficients b_1 ... b_count of the Liouvillian [H, .] from the operator `start`: exact
 * on the infinite chain, as no string is left out. They are 0 from where the sequence ends. */
gf_status gf_commutator_lanczos(const gf_commutator *self, const gf_strings *start, size_t count,
                                double *b, gf_error *error);

#endif
