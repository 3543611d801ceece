/* An operator that keeps the translations of a chain, between states of one momentum
 * (momentum_basis.h): sparse rows that all momenta share but for phases.
 *
 *     <a, k| O |b, k> = sum over terms c of O' |a> = ... + conj(c) T^l |b>:
 *                       c sqrt(L_a / L_b) exp(-i theta l)
 *
 * Neither O nor what is made of it need be Hermitian or conserve the magnetisation. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_MOMENTUM_OPERATOR_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_MOMENTUM_OPERATOR_H

#include "algebra/operator.h"
#include "open_system/trajectories/momentum_basis.h"

#include <complex.h>

/* Numbers of spins up: bit k for k of them. */
typedef uint64_t gf_rungs;

typedef struct gf_momentum_entry {
    uint32_t column, kind;
} gf_momentum_entry;

typedef struct gf_momentum_operator {
    const gf_momentum_basis *basis;
    size_t *first;            /* [orbits + 1] of each row */
    gf_momentum_entry *entry; /* off the diagonal */
    double complex *diagonal; /* [orbits] */
    size_t kinds;
    double complex *value;   /* [translations][kinds] */
    uint64_t raises, lowers; /* bit k: some term turns k spins up, or down, on balance */
} gf_momentum_operator;

/* The basis must outlive the operator. The caller frees it; after a failure it is empty. */
gf_status gf_momentum_operator_init(gf_momentum_operator *self, const gf_momentum_basis *basis,
                                    const gf_operator *operator, gf_error * error);
void gf_momentum_operator_free(gf_momentum_operator *self);

/* O becomes factor * (O - centre). */
void gf_momentum_operator_rescale(gf_momentum_operator *self, double complex centre, double factor);

/* out = O in - before on the rungs given, which O must not leave; `before` (which may be `out`) or
 * NULL. Other components are not touched. */
void gf_momentum_operator_apply(const gf_momentum_operator *self, int momentum, gf_rungs rungs,
                                const double complex *in, const double complex *before,
                                double complex *out);

/* The rungs to which an operator leads, again and again if `closed`. */
gf_rungs gf_rungs_reached(gf_rungs from, uint64_t raises, uint64_t lowers, int sites, bool closed);
/* What bits `raises` and `lowers` an operator has. */
void gf_rungs_changes(const gf_operator *operator, uint64_t * raises, uint64_t *lowers);

/* The range of the spectrum of a Hermitian operator over all momenta, from Lanczos steps, somewhat
 * wide: range[0] ... range[1]. */
gf_status gf_momentum_operator_range(const gf_momentum_operator *self, double range[2],
                                     gf_error *error);

#endif
