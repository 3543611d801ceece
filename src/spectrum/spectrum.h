/* What a spectrum consists of. */
#ifndef GIBBSFLOW_SPECTRUM_SPECTRUM_H
#define GIBBSFLOW_SPECTRUM_SPECTRUM_H

#include "algebra/dissipator.h"
#include "base/bytes.h"
#include "gibbsflow/spectrum.h"
#include "hilbert/symmetry.h"
#include "model/model.h"

#include <math.h>

struct gf_spectrum {
    int sites;
    size_t channels;
    size_t levels;  /* families of degenerate eigenstates, all sectors */
    size_t *sector; /* [sites + 2]: the levels of sector `up` are sector[up] ... sector[up+1]-1 */
    double *energy; /* [levels], of the whole chain, increasing within a sector */
    double *degeneracy;          /* [levels], summing to 2^sites */
    gf_quantum_numbers *numbers; /* [levels] */
    int64_t *sample;     /* [levels]: the random vector that a level comes from, numbered over all
                            sectors; -1: it has no statistical error. NULL if none has */
    bool mirrored;       /* m and -m have the same energies and degeneracies, level by level */
    double energy_unit;  /* spread of the energy per site at infinite temperature, sqrt(C_22): what
                            makes energies dimensionless; 1 if H is a constant */
    double *observables; /* [channels][GF_OBSERVABLES][levels]: <n|O|n> per site and unit rate */
    double *largest_force; /* [channels][GF_CHARGES]: |f_i| that a state can have at unit rate */
};

/* The symmetries that diagonalising a model makes use of: all that its Hamiltonian has, or none. */
gf_status gf_spectrum_symmetry(const gf_model *model, gf_symmetry *symmetry, gf_error *error);

/* For those who make spectra: allocates (`sampled`: with the column `sample`), without quantum
 * numbers, and sets what follows from the levels once they are filled in: energy_unit, mirrored,
 * largest_force. */
gf_status gf_spectrum_create(int sites, size_t channels, size_t levels, bool sampled,
                             gf_spectrum **spectrum, gf_error *error);
void gf_spectrum_complete(gf_spectrum *self);

/* To another process, or from it in place of what there is; NULL arrives as NULL. */
void gf_spectrum_carry(gf_spectrum **self, gf_bytes *bytes);

static inline double gf_spectrum_magnetization(const gf_spectrum *self, int up) {
    return 2.0 * up - self->sites;
}

/* The length of a change of densities (m, e), or of a force, with the energy in its unit. */
static inline double gf_spectrum_length(const gf_spectrum *self, const double change[GF_CHARGES]) {
    return hypot(change[0], change[1] / self->energy_unit);
}

/* Likewise of a change of (lambda1, lambda2). */
static inline double gf_spectrum_lambda_length(const gf_spectrum *self,
                                               const double change[GF_CHARGES]) {
    return hypot(change[0], change[1] * self->energy_unit);
}

/* Largest |f_i| that any state can have at these rates, summed over channels: the scale against
 * which a force counts as zero. */
double gf_spectrum_force_scale(const gf_spectrum *self, const double *rates, size_t charge);

#endif
