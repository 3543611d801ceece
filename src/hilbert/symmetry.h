/* The symmetries of a chain's Hamiltonian, found from its operator, and the blocks they split it
 * into.
 *
 * Candidates are the translation T (site j to j+step, the smallest divisor of the unit cell that
 * will do), the reflection R (j to sites-1-j+centre), the spin flip F (the product of X over all
 * sites), the complex conjugation K in the Z basis, and products. F changes the sign of the
 * magnetisation, R and K that of the momentum. The elements that keep both, T among them, commute
 * on a block and have one-dimensional characters; an antiunitary one makes its matrix real; those
 * that change a label make blocks degenerate with each other, and one of them is enough. Real
 * semi-momentum states (A. W. Sandvik, arXiv:1101.3281) are what RK does for a real Hamiltonian. */
#ifndef GIBBSFLOW_HILBERT_SYMMETRY_H
#define GIBBSFLOW_HILBERT_SYMMETRY_H

#include "algebra/chain.h"
#include "gibbsflow/error.h"

/* An element up to a translation: a set of factors. */
enum { GF_REFLECT = 1, GF_FLIP = 2, GF_CONJUGATE = 4, GF_UNITARY_SETS = 4, GF_FACTOR_SETS = 8 };

typedef struct gf_symmetry {
    int sites;
    int translations;         /* sites/step, or 1 where T is no symmetry */
    int step;                 /* sites that T moves by; 0 stands for 1 */
    int centre;               /* the reflection is followed by a rotation by so many sites: 0 to
                                 step - 1, the one that makes the largest group */
    bool has[GF_FACTOR_SETS]; /* whether H has the element, by its factors; has[0] is true */
} gf_symmetry;

/* All symmetries of `hamiltonian`, to a relative 1e-13 of its largest coefficient. */
gf_status gf_symmetry_find(const gf_chain *chain, const gf_operator *hamiltonian,
                           gf_symmetry *symmetry, gf_error *error);

/* None but K, if the Hamiltonian is real: whole magnetisation sectors. */
gf_symmetry gf_symmetry_none(const gf_chain *chain, const gf_operator *hamiltonian);

/* True if some element turns the magnetisation m into -m. */
bool gf_symmetry_flips(const gf_symmetry *self);

/* The image of a bit pattern: reflected and flipped as `factors` say, then shifted. */
uint32_t gf_symmetry_act(const gf_symmetry *self, int shift, int factors, uint32_t state);

/* g a g' of one element: a reflected, flipped and conjugated as `factors` say, then shifted. Check
 * `exhausted`. */
gf_operator gf_symmetry_image(const gf_symmetry *self, const gf_operator *a, int shift,
                              int factors);

/* The mean of g' a g over those elements g of the group, translations included, that turn m into -m
 * (`flipping`) or do not: what an eigenstate of H has for <a>, averaged over its images at -m or
 * m. Check `exhausted`. */
gf_operator gf_symmetry_average(const gf_symmetry *self, const gf_operator *a, bool flipping);

/* Levels with the same quantum numbers. */
typedef struct gf_block {
    int up;                         /* the magnetisation is 2 up - sites */
    int momentum;                   /* T = exp(-2 pi i momentum / translations); 0 without T */
    int character[GF_UNITARY_SETS]; /* of R, F and RF, +-1; 0 where it is no quantum number */
    int degeneracy;                 /* 2 if every level stands for one at -momentum too */
    bool is_real;
    int real_factors; /* of the antiunitary element that makes it real, K left out */
    size_t size;      /* states */
} gf_block;

/* Every block that has to be diagonalised, largest first; blocks of -m are left out if
 * gf_symmetry_flips. The caller frees the list. */
gf_status gf_symmetry_blocks(const gf_symmetry *self, gf_block **blocks, size_t *count,
                             gf_error *error);

/* A magnetisation sector as one block of a chain without symmetries (gf_symmetry_none). */
gf_block gf_symmetry_whole(const gf_symmetry *none, int up);

/* True if the block also stands for one at the opposite magnetisation, then in *mirror. */
bool gf_symmetry_mirror(const gf_symmetry *self, const gf_block *block, gf_block *mirror);

/* One unitary element that keeps a block, with the complex conjugate of its character. */
typedef struct gf_symmetry_element {
    int shift, factors;
    double complex weight;
} gf_symmetry_element;

/* All of them, the identity first, to elements[GF_UNITARY_SETS * sites]. Returns their number. */
int gf_symmetry_little_group(const gf_symmetry *self, const gf_block *block,
                             gf_symmetry_element *elements);

#endif
