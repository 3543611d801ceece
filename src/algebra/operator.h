/* Polynomials in spin-1/2 operators on up to 64 sites.
 *
 * An operator is a sum of terms, coefficient * prod_sites F, where F on each site is one of
 * I, Z, S+, S- (S+- = (X +- iY)/2, X Y Z the Pauli matrices). These four products form a basis, so
 * the normal form (sorted, merged, without zeros) is unique: two operators are equal if and only
 * if their terms are. Bit k of a mask stands for site k; the three masks of a term are disjoint.
 *
 * Values own their terms: pass a gf_operator to gf_operator_free once. A zeroed struct is the
 * operator 0. When memory runs out, or an operator would exceed GF_OPERATOR_MAX_TERMS, the result
 * is marked `exhausted`, and so is everything computed from it, as with a NaN: check once at the
 * end. */
#ifndef GIBBSFLOW_ALGEBRA_OPERATOR_H
#define GIBBSFLOW_ALGEBRA_OPERATOR_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GF_OPERATOR_MAX_TERMS ((size_t)1 << 21)

typedef struct gf_operator_term {
    double complex coefficient;
    uint64_t plus, minus, z; /* sites that carry S+, S-, Z */
} gf_operator_term;

typedef struct gf_operator {
    gf_operator_term *terms;
    size_t count, capacity;
    bool exhausted;
} gf_operator;

void gf_operator_free(gf_operator *self);

gf_operator gf_operator_scalar(double complex value);

/* One site factor by its name in model files: X Y Z Sp Sm Pu Pd I. False if the name is unknown. */
bool gf_operator_site(const char *name, size_t length, int site, gf_operator *result);

/* a + factor * b */
gf_operator gf_operator_sum(const gf_operator *a, double complex factor, const gf_operator *b);
gf_operator gf_operator_product(const gf_operator *a, const gf_operator *b);
gf_operator gf_operator_commutator(const gf_operator *a, const gf_operator *b);
gf_operator gf_operator_adjoint(const gf_operator *a);
gf_operator gf_operator_scaled(const gf_operator *a, double complex factor);
gf_operator gf_operator_quotient(const gf_operator *a, double complex divisor);

/* *self += factor * b; */
void gf_operator_add(gf_operator *self, double complex factor, const gf_operator *b);

/* Adds one term without restoring the normal form; call gf_operator_normalize after the last. */
void gf_operator_append(gf_operator *self, gf_operator_term term);
void gf_operator_normalize(gf_operator *self);

bool gf_operator_is_scalar(const gf_operator *self, double complex *value);
bool gf_operator_is_real(const gf_operator *self);   /* real matrix in the Z basis */
bool gf_operator_is_finite(const gf_operator *self); /* no inf, no NaN */
/* The largest coefficient of the terms that act on some site, if there are any: a constant is no
 * measure of the rest. */
double gf_operator_size(const gf_operator *self);

/* True if the term changes the magnetisation sum(Z). */
bool gf_operator_term_moves_magnetization(const gf_operator_term *term);

/* The terms that conserve the magnetisation: the others have no diagonal elements between states of
 * one magnetisation. */
gf_operator gf_operator_conserving(const gf_operator *self);

/* True if a and b agree to a relative 1e-13; else, unless NULL, *difference gets one term of a-b.
 */
bool gf_operator_equal(const gf_operator *a, const gf_operator *b, gf_operator_term *difference);

/* The operator in the notation of model files ("2*Sp[0]*Sm[1] - Z[0]"), bit k written as index
 * first + k. The caller frees the string; NULL if memory ran out. */
char *gf_operator_format(const gf_operator *self, int first);

#endif
