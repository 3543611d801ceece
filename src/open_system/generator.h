/* The rate equation dx/dt = epsilon R x of a bath, in the limit epsilon -> 0.
 *
 * What oscillates between different energies averages out. Left are the populations of H's
 * eigenstates and, where levels coincide, the coherences between the states of a level:
 *
 *     d rho_nn'/dt = sum_mm' sum_c rate_c sum_j <n|L|m> rho_mm' <m'|L'|n'> - {Gamma, rho}_nn'/2,
 *
 * E_n = E_n', E_m = E_m', Gamma the part of sum L'L that keeps levels. Without such levels it is
 * the rate equation with W_nm = N sum_c rate_c |<n|L_c0|m>|^2. Symmetries of the bath split it into
 * *parts* that know nothing of one another: with eigenstates even and odd under F (gf_frames) those
 * populations that are even in m, for a strong F one part for each value of it, and the coherences
 * between even and odd ones, which are p(m) - p(-m). */
#ifndef GIBBSFLOW_OPEN_SYSTEM_GENERATOR_H
#define GIBBSFLOW_OPEN_SYSTEM_GENERATOR_H

#include "open_system/frames.h"
#include "open_system/rates.h"
#include "open_system/rung_matrix.h"

typedef enum gf_part_kind {
    GF_PART_ALL,   /* populations of all m; no use is made of F */
    GF_PART_EVEN,  /* of states even and odd under F, which the bath mixes */
    GF_PART_PLUS,  /* of states with F = +1, a strong symmetry */
    GF_PART_MINUS, /* F = -1 */
    GF_PART_ODD    /* p(m) - p(-m): <n,+|rho|n,-> */
} gf_part_kind;

/* A real variable: the population of a state, summed over +-k, or the real or imaginary part of a
 * coherence <ket|rho|bra>. In GF_PART_ODD the first of each kind, with one state |n,m> for ket and
 * bra, is half of p(m) - p(-m). */
typedef struct gf_variable {
    size_t family;
    int8_t slot[2], rung[2]; /* of ket and bra */
    bool imaginary;
    bool regular; /* ket and bra have the same number on their rungs: a population, or p(m) - p(-m)
                   */
    uint32_t state[2];
} gf_variable;

typedef struct gf_part {
    gf_part_kind kind;
    size_t count;
    gf_variable *variable; /* [count], by groups of rungs */
    size_t coherences;     /* of them, between different levels of a degenerate family */
    gf_rung_matrix rates;  /* R: from column to row */
} gf_part;

typedef struct gf_generator {
    const gf_frames *frames;
    size_t parts;
    gf_part part[3];
    /* The smallest distance of two levels that are not the same and whose coherence the bath could
     * make; epsilon has to be small beside it. The largest that was taken for none. */
    double nearest, widest;
    gf_coincidence closest, example[GF_COINCIDENCES];
    size_t examples;
    size_t degenerate; /* pairs of states of a level, the coherences of which are kept */
} gf_generator;

/* The frames must outlive the generator. The caller frees it; after a failure it is empty.
 * GF_NO_MEMORY, with the levels named, where there are too many coherences. */
gf_status gf_generator_init(gf_generator *self, const gf_frames *frames,
                            const gf_progress *progress, gf_error *error);
void gf_generator_free(gf_generator *self);

/* Of a variable that is a population: energy, magnetisation (its modulus unless GF_PART_ALL),
 * number of states of the chain; of p(m) - p(-m) likewise. */
double gf_variable_energy(const gf_generator *self, const gf_variable *variable);
int gf_variable_magnetization(const gf_generator *self, const gf_variable *variable);
double gf_variable_states(const gf_generator *self, const gf_variable *variable);
static inline bool gf_variable_is_population(const gf_variable *self) {
    return self->regular && self->slot[0] == self->slot[1];
}

/* Bytes for all parts of a bath with these frames, without coherences; factors of one included. */
double gf_generator_memory(const gf_frames *frames);

#endif
