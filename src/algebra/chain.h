/* A chain of sites, and operators that are written once and summed over its translations. */
#ifndef GIBBSFLOW_ALGEBRA_CHAIN_H
#define GIBBSFLOW_ALGEBRA_CHAIN_H

#include "algebra/operator.h"

#define GF_CHAIN_MAX_SITES 32

typedef struct gf_chain {
    int sites;
    bool periodic;
} gf_chain;

/* An operator relative to a running site: bit k stands for index k - GF_TERM_ORIGIN. `first` and
 * `last` are the smallest and the largest index as written (I[2] counts too); first > last if the
 * term names no site. */
#define GF_TERM_ORIGIN 32

typedef struct gf_term {
    gf_operator operator;
    int first, last;
} gf_term;

/* The sites of a mask, shifted around the ring by `shift`, which may be negative. */
uint64_t gf_chain_rotate(uint64_t mask, int shift, int sites);

/* False if the term reaches over an end of an open chain when the running site is `site`. */
bool gf_chain_holds(const gf_chain *chain, const gf_term *term, int site);

/* The term with its running site at `site`, on sites 0 ... sites-1, wrapped around if periodic. */
gf_operator gf_chain_place(const gf_chain *chain, const gf_term *term, int site);

/* Adds the term at every running site 0 ... sites-1 that holds it to *total; `append` does not
 * restore the normal form. */
void gf_chain_add(const gf_chain *chain, const gf_term *term, gf_operator *total);
void gf_chain_append(const gf_chain *chain, const gf_term *term, gf_operator *total);

/* The magnetisation Q1 = sum_j Z_j. */
gf_operator gf_chain_magnetization(const gf_chain *chain);

/* Every term shifted around the ring to start at site 0 in its shortest form, then merged: the
 * unique representative A such that sum_j T^j A = sum_j T^j a on a periodic chain. */
gf_operator gf_chain_fold(const gf_chain *chain, const gf_operator *a);

#endif
