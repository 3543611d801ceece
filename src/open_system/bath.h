/* The bath of a model as the rate equation sees it: jump operators and their symmetries.
 *
 * A symmetry is *weak* if it maps the dissipator onto itself: then coherences between its sectors
 * drop out. It is *strong* if it commutes with every jump operator: then its value is conserved,
 * and there is a stationary state for each. All are found from the operators: the dissipator is
 * fixed by J = sum_c rate_c sum_j L_cj x conj(L_cj), an operator on two copies of the chain, whose
 * normal form tells whether two lists of jump operators are the same bath, however they are mixed.
 */
#ifndef GIBBSFLOW_OPEN_SYSTEM_BATH_H
#define GIBBSFLOW_OPEN_SYSTEM_BATH_H

#include "hilbert/symmetry.h"
#include "model/model.h"

/* One jump operator at a site. Where translations leave chain and bath as they are only those that
 * begin in the first step are kept, with as many times the rate as there are translations. */
typedef struct gf_jump {
    gf_operator operator;
    double weight;  /* rate times number of translations it stands for */
    int site;       /* its running site */
    size_t channel; /* of the model */
} gf_jump;

typedef struct gf_bath {
    int sites;
    gf_jump *jumps; /* [count], those of positive weight */
    size_t count;
    int reach;            /* the most spins that a jump turns up, or down, on balance */
    bool rotates;         /* weak: rotations about z */
    bool flips;           /* weak: F = prod X, also a symmetry of H */
    bool strong_flip;     /* F commutes with every jump operator */
    bool even_odd;        /* eigenstates are to be even or odd under F: the bath makes coherences
                             between m and -m */
    gf_symmetry symmetry; /* of H and bath together; with F only if even_odd */
} gf_bath;

/* Up to 32 sites. The caller frees the bath; after a failure it is empty. GF_INVALID if no channel
 * has a rate. */
gf_status gf_bath_init(gf_bath *self, const gf_model *model, gf_error *error);
void gf_bath_free(gf_bath *self);

#endif
