/* The spectrum of a model: every level with what the bath does to it.
 *
 * Everything downstream is a Boltzmann sum over this list. The matrix elements are kept per channel
 * and unit rate, so rates can change without another diagonalisation. */
#ifndef GIBBSFLOW_SPECTRUM_H
#define GIBBSFLOW_SPECTRUM_H

#include "algebra/dissipator.h"
#include "gibbsflow/file.h"
#include "gibbsflow/model.h"
#include "gibbsflow/progress.h"
#include "hilbert/symmetry.h"

#include <math.h>

/* Quantum numbers of a level beside its magnetisation (see gf_block). */
typedef struct gf_quantum_numbers {
    int16_t momentum; /* units of 2 pi/sites; one at -momentum too if the level is counted twice; -1
                         where it is no quantum number */
    int8_t reflection; /* site j to sites-1-j: +-1; 0 where it is none, as below */
    int8_t flip;       /* product of X over all sites */
    int8_t reflection_flip;
} gf_quantum_numbers;

typedef struct gf_spectrum {
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
} gf_spectrum;

/* The symmetries that diagonalising a model makes use of: all that its Hamiltonian has, or none. */
gf_status gf_spectrum_symmetry(const gf_model *model, gf_symmetry *symmetry, gf_error *error);

/* What a diagonalisation will take on this machine. */
typedef struct gf_spectrum_cost {
    double memory;  /* bytes at the peak */
    double seconds; /* rough: scaled from one small diagonalisation, if that is worth its time */
    double rate;    /* the same per unit of gf_block_work */
    size_t largest; /* states of the largest block */
} gf_spectrum_cost;

/* Fails if gf_machine_free_memory() is not enough. */
gf_status gf_spectrum_estimate(const gf_model *model, gf_spectrum_cost *cost, gf_error *error);

/* Diagonalises block by block: side by side with one BLAS thread each, but the largest ones, where
 * that would leave threads idle or take too much memory, after one another with all. Refuses if
 * gf_machine_free_memory() is not enough. Sets the number of OpenBLAS threads of the process
 * meanwhile. The caller frees the spectrum. */
gf_status gf_spectrum_compute(const gf_model *model, const gf_progress *progress,
                              gf_spectrum *spectrum, gf_error *error);

/* Where a long diagonalisation keeps the blocks that are done, so that it can go on after it was
 * killed. The file is whole at any time; it appears after `interval` seconds and is replaced at
 * most that often. Remove it when the spectrum is safe. */
typedef struct gf_checkpoint {
    const char *path;
    double interval;
    size_t resumed;   /* set: blocks that were found in the file */
    gf_error failure; /* set: why it could not be written, which does not stop the work */
} gf_checkpoint;

/* The same, starting from what `checkpoint` (may be NULL) holds. A file that is not a checkpoint of
 * the same Hamiltonian, jump operators and symmetries is refused and left alone. */
gf_status gf_spectrum_resume(const gf_model *model, gf_checkpoint *checkpoint,
                             const gf_progress *progress, gf_spectrum *spectrum, gf_error *error);
void gf_spectrum_free(gf_spectrum *self);

/* For those who make spectra: allocates (`sampled`: with the column `sample`), without quantum
 * numbers, and sets what follows from the levels once they are filled in: energy_unit, mirrored. */
gf_status gf_spectrum_allocate(gf_spectrum *self, int sites, size_t channels, size_t levels,
                               bool sampled, gf_error *error);
void gf_spectrum_complete(gf_spectrum *self);

static inline double gf_spectrum_magnetization(const gf_spectrum *self, int up) {
    return 2.0 * up - self->sites;
}

/* The matrix elements [levels] of one observable of one channel. */
static inline const double *gf_spectrum_observable(const gf_spectrum *self, size_t channel,
                                                   size_t observable) {
    return self->observables + (channel * GF_OBSERVABLES + observable) * self->levels;
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

/* /model, /spectrum and /channels; the layout is in the README. */
void gf_spectrum_write(const gf_spectrum *self, const gf_model *model, gf_file *file);
/* Reads and checks both. `settings` (may be NULL) are applied to the stored model; they must leave
 * the spectrum valid. The caller frees both, also after a failure. */
gf_status gf_spectrum_read(gf_file *file, const char *path, const gf_settings *settings,
                           gf_model *model, gf_spectrum *spectrum, gf_error *error);

#endif
