/* The spectrum of a chain too long for full diagonalisation, as random vectors see it.
 *
 * A random vector of a magnetisation sector, of which the Lanczos method makes levels with weights
 * and diagonal elements (lanczos.h), is as good as the whole sector up to a statistical error that
 * falls with the number of states: typicality, or finite-temperature Lanczos method (J. Jaklic and
 * P. Prelovsek, Phys. Rev. B 49, 5065 (1994)). The result is a gf_spectrum like any other, whose
 * degeneracies are the weights and whose levels know their random vector; gf_jackknife
 * (jackknife.h) tells the statistical errors of what is computed from it. Small sectors are
 * diagonalised. */
#ifndef GIBBSFLOW_TYPICALITY_H
#define GIBBSFLOW_TYPICALITY_H

#include "gibbsflow/api.h"
#include "gibbsflow/spectrum.h"

GF_BEGIN_DECLARATIONS

/* What it will take on this machine, with the settings in model->sampling. */
GF_API gf_status gf_typicality_estimate(const gf_model *model, gf_spectrum_cost *cost,
                                        gf_error *error);

/* Random vectors of the sector of `up` spins up; 0 if it is to be diagonalised. */
GF_API size_t gf_typicality_samples(const gf_model *model, int up);

/* Random vectors of the largest sector: model->sampling.samples; smaller ones get more, since their
 * errors are larger, by the square root of the ratio of sizes. Random numbers depend on seed,
 * sector, vector and state alone. If H is the same under a flip of all spins, and all observables
 * are even or odd, sectors of opposite magnetisation share their vectors. Refuses if memory is not
 * enough. The caller frees the spectrum; after a failure it is NULL. */
GF_API gf_status gf_typicality_compute(const gf_model *model, const gf_progress *progress,
                                       gf_spectrum **spectrum, gf_error *error);

/* The same, starting from what `checkpoint` (may be NULL) holds: finished vectors, and sectors that
 * are diagonalised. Extremal states are looked for again where vectors are left that need them. The
 * result is the same bit by bit. A file that is not a checkpoint of the same Hamiltonian, jump
 * operators, samples, seed and range of lambda2 is refused and left alone. */
GF_API gf_status gf_typicality_resume(const gf_model *model, gf_checkpoint *checkpoint,
                                      const gf_progress *progress, gf_spectrum **spectrum,
                                      gf_error *error);

GF_END_DECLARATIONS

#endif
