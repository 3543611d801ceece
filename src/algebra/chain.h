/* A chain of sites, and operators that are written once and summed over its translations.
 *
 * Sites come in unit cells of `cell` sites, from site 0 on; a term may begin at one site of each
 * cell alone. */
#ifndef GIBBSFLOW_ALGEBRA_CHAIN_H
#define GIBBSFLOW_ALGEBRA_CHAIN_H

#include "algebra/operator.h"

#define GF_CHAIN_MAX_SITES 32

typedef struct gf_chain {
    int sites;
    bool periodic;
    int cell; /* 0 or 1: every site is one; on a ring it divides the sites */
} gf_chain;

static inline int gf_chain_cell(const gf_chain *chain) {
    return chain->cell > 1 ? chain->cell : 1;
}

/* An operator relative to a running site: bit k stands for index k - GF_TERM_ORIGIN. `first` and
 * `last` are the smallest and the largest index as written (I[2] counts too); first > last if the
 * term names no site. */
#define GF_TERM_ORIGIN 32

typedef struct gf_term {
    gf_operator operator;
    int first, last;
    int at; /* the site of its cell that the running site is, or GF_EVERY_SITE */
} gf_term;

#define GF_EVERY_SITE (-1)

/* The sites of a mask, shifted around the ring by `shift`, which may be negative. */
uint64_t gf_chain_rotate(uint64_t mask, int shift, int sites);

/* False if the term does not begin at `site`, or reaches over an end of an open chain from there.
 */
bool gf_chain_holds(const gf_chain *chain, const gf_term *term, int site);

/* The term with its running site at `site`, on sites 0 ... sites-1, wrapped around if periodic. */
gf_operator gf_chain_place(const gf_chain *chain, const gf_term *term, int site);

/* Adds the term at every running site 0 ... sites-1 that holds it to *total; `append` does not
 * restore the normal form. */
void gf_chain_add(const gf_chain *chain, const gf_term *term, gf_operator *total);
void gf_chain_append(const gf_chain *chain, const gf_term *term, gf_operator *total);

/* The magnetisation Q1 = sum_j Z_j. */
gf_operator gf_chain_magnetization(const gf_chain *chain);

/* Every term shifted around the ring, by whole cells, to start in the first cell in its shortest
 * form, then merged: the unique representative A such that sum_j T^j A = sum_j T^j a on a periodic
 * chain, with T the translation by a cell. */
gf_operator gf_chain_fold(const gf_chain *chain, const gf_operator *a);

#endif
