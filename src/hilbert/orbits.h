/* The symmetric basis of one block: a state for every orbit of bit patterns.
 *
 * A representative |a> (the smallest pattern of its orbit, of length L) makes the state
 * phi = sqrt(L) P |a>, P = (1/G) sum_g conj(character(g)) g over the G unitary elements that keep
 * the block; orbits that P annihilates drop out. For an operator A that commutes with the group
 * <phi'|A|phi> = sqrt(L) <phi'|A|a>: it acts on representatives alone. Whole sectors are the block
 * of the trivial group.
 *
 * In a real block the antiunitary element C maps phi to eta times the state of the partner orbit.
 * Where that is the orbit itself sqrt(eta) phi is real; otherwise the two real states
 * (phi + C phi)/sqrt(2) and i (phi - C phi)/sqrt(2) take the place of phi and its partner. */
#ifndef GIBBSFLOW_HILBERT_ORBITS_H
#define GIBBSFLOW_HILBERT_ORBITS_H

#include "hilbert/basis.h"
#include "hilbert/elements.h"
#include "hilbert/symmetry.h"

#define GF_NO_ORBIT UINT32_MAX

/* One orbit, or two that the antiunitary element pairs. */
typedef struct gf_orbit {
    uint32_t representative; /* of the first orbit */
    bool paired;             /* stands for `column` and `column` + 1 */
    size_t column;           /* of the matrix */
    double complex scale;    /* A's columns: Re and -Im of scale <row|A|representative> */
} gf_orbit;

typedef struct gf_orbits {
    gf_basis basis; /* of the whole magnetisation sector */
    size_t size;    /* columns: gf_block.size */
    bool is_real;
    size_t count;
    gf_orbit *orbit; /* [count] */
    /* By rank in `basis`: the component of the state `column` on this pattern, and i `side` times
     * that of `column` + 1; side is 0, or +1 and -1 on the two orbits of a pair. */
    uint32_t *column; /* GF_NO_ORBIT where all components vanish */
    int8_t *side;
    double complex *component;
} gf_orbits;

/* The caller frees the orbits. */
gf_status gf_orbits_init(gf_orbits *self, const gf_symmetry *symmetry, const gf_block *block,
                         gf_error *error);
void gf_orbits_free(gf_orbits *self);

/* Called with value[k] = <row|operator k|column>, row >= column; real in a real block. */
typedef void gf_orbits_visit(void *context, size_t row, size_t column, const double complex *value);

/* Visits the elements on and below the diagonal of operators that commute with the group and with
 * the antiunitary element. */
gf_status gf_orbits_project(const gf_orbits *self, const gf_elements *operators,
                            gf_orbits_visit *visit, void *context, gf_error *error);
/* Only columns that are wanted, and perhaps a neighbour of one. */
typedef bool gf_orbits_wants(const void *context, size_t column);
gf_status gf_orbits_project_some(const gf_orbits *self, const gf_elements *operators,
                                 gf_orbits_wants *wants, gf_orbits_visit *visit, void *context,
                                 gf_error *error);

/* Bytes they take. */
double gf_orbits_memory(int sites, int up);

#endif
