/* The spectrum of a model: every level with what the bath does to it.
 *
 * Everything downstream is a Boltzmann sum over this list. The matrix elements are kept per channel
 * and unit rate, so rates can change without another diagonalisation. */
#ifndef GIBBSFLOW_SPECTRUM_H
#define GIBBSFLOW_SPECTRUM_H

#include "gibbsflow/api.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/file.h"
#include "gibbsflow/model.h"
#include "gibbsflow/progress.h"

#include <signal.h>
#include <stdbool.h>

GF_BEGIN_DECLARATIONS

/* Quantum numbers of a level beside its magnetisation. */
typedef struct gf_quantum_numbers {
    int16_t momentum;  /* units of 2 pi/translations; one at -momentum too if the level is counted
                          twice; -1  where it is no quantum number */
    int8_t reflection; /* site j to sites-1-j: +-1; 0 where it is none, as below */
    int8_t flip;       /* product of X over all sites */
    int8_t reflection_flip;
} gf_quantum_numbers;

typedef struct gf_spectrum gf_spectrum;

/* What a diagonalisation will take on this machine. */
typedef struct gf_spectrum_cost {
    double memory;  /* bytes at the peak */
    double seconds; /* rough: scaled from one small diagonalisation, if that is worth its time */
    double rate;    /* the same per unit of work of a block (spectrum/block.h) */
    size_t largest; /* states of the largest block */
} gf_spectrum_cost;

/* Fails if gf_machine_free_memory() is not enough. */
GF_API gf_status gf_spectrum_estimate(const gf_model *model, gf_spectrum_cost *cost,
                                      gf_error *error);

/* Diagonalises block by block: side by side with one BLAS thread each, but the largest ones, where
 * that would leave threads idle or take too much memory, after one another with all. Refuses if
 * gf_machine_free_memory() is not enough. Sets the number of OpenBLAS threads of the process
 * meanwhile. The caller frees the spectrum; after a failure it is NULL. */
GF_API gf_status gf_spectrum_compute(const gf_model *model, const gf_progress *progress,
                                     gf_spectrum **spectrum, gf_error *error);

/* Where a long diagonalisation keeps the blocks that are done, so that it can go on after it was
 * killed. The file is whole at any time; it appears after `interval` seconds and is replaced at
 * most that often. Remove it when the spectrum is safe. */
typedef struct gf_checkpoint {
    const char *path;
    double interval;
    size_t resumed;   /* set: blocks that were found in the file */
    gf_error failure; /* set: why it could not be written, which does not stop the work */
    /* Becomes non-zero: the file is brought up to date and, if not NULL, `stopped` called, from a
     * thread of the library's own while work still goes on: it may end the process. If not, the
     * call fails with GF_IO when what is at work is done. NULL: nothing stops it. */
    const volatile sig_atomic_t *stop;
    void (*stopped)(void);
    /* If not NULL, called with true when `stop` is looked at from here on, and with false when no
     * more. What comes before and after adds nothing to the file, so an end there costs nothing. */
    void (*heeds)(bool yes);
} gf_checkpoint;

/* The same, starting from what `checkpoint` (may be NULL) holds. A file that is not a checkpoint of
 * the same Hamiltonian, jump operators and symmetries is refused and left alone. */
GF_API gf_status gf_spectrum_resume(const gf_model *model, gf_checkpoint *checkpoint,
                                    const gf_progress *progress, gf_spectrum **spectrum,
                                    gf_error *error);
GF_API void gf_spectrum_free(gf_spectrum *self); /* NULL is fine */

GF_API int gf_spectrum_sites(const gf_spectrum *self);
GF_API size_t gf_spectrum_channels(const gf_spectrum *self);

/* Levels: families of degenerate eigenstates, by magnetisation and then by energy. The arrays that
 * follow are the spectrum's own. */
GF_API size_t gf_spectrum_levels(const gf_spectrum *self);
/* The levels of `up` spins up, of magnetisation 2 up - sites: first ... first + count - 1. */
GF_API void gf_spectrum_sector(const gf_spectrum *self, int up, size_t *first, size_t *count);
GF_API const double *gf_spectrum_energies(const gf_spectrum *self);     /* of the whole chain */
GF_API const double *gf_spectrum_degeneracies(const gf_spectrum *self); /* sum to 2^sites */
GF_API const gf_quantum_numbers *gf_spectrum_numbers(const gf_spectrum *self);
/* The random vector that each level comes from, numbered over all sectors; -1: it has no
 * statistical error. NULL if none has. */
GF_API const int64_t *gf_spectrum_samples(const gf_spectrum *self);

/* The matrix elements <n|O|n> of one observable of one channel, per site and unit rate: of the
 * GF_CHARGES components of the force, then of the GF_PAIRS of the noise. */
GF_API const double *gf_spectrum_observable(const gf_spectrum *self, size_t channel,
                                            size_t observable);

/* What makes energies dimensionless: the spread of the energy per site at infinite temperature,
 * sqrt(C_22); 1 if H is a constant. */
GF_API double gf_spectrum_energy_unit(const gf_spectrum *self);

/* /model, /spectrum and /channels. */
GF_API void gf_spectrum_write(const gf_spectrum *self, const gf_model *model, gf_file *file);
/* Reads and checks both. `settings` (may be NULL) are applied to the stored model; they must leave
 * the spectrum valid. The caller frees both; after a failure they are NULL. */
GF_API gf_status gf_spectrum_read(gf_file *file, const char *path, const gf_settings *settings,
                                  gf_model **model, gf_spectrum **spectrum, gf_error *error);

GF_END_DECLARATIONS

#endif
