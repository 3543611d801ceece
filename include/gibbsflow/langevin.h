/* Carrying a run out: every realisation of every sweep point, in time, with what is measured.
 *
 * Realisations are independent tasks. What one has done depends on the run alone, so results do not
 * depend on threads, or on interruptions. */
#ifndef GIBBSFLOW_LANGEVIN_H
#define GIBBSFLOW_LANGEVIN_H

#include "gibbsflow/api.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/error.h"
#include "gibbsflow/estimate.h"
#include "gibbsflow/progress.h"
#include "gibbsflow/run.h"
#include "gibbsflow/transfer.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* A run and its results. */
typedef struct gf_langevin gf_langevin;

/* Takes the run over, which is freed where this fails. `command` is kept as the origin of the
 * results. The caller frees the result; after a failure it is NULL. */
GF_API gf_status gf_langevin_create(gf_run *run, const char *command, gf_langevin **langevin,
                                    gf_error *error);
GF_API void gf_langevin_free(gf_langevin *self); /* NULL: nothing */

/* HDF5. A file of an unfinished run is a checkpoint: it can be carried on. What is read the caller
 * frees; after a failure it is NULL. */
GF_API gf_status gf_langevin_write(const gf_langevin *self, const char *path, gf_error *error);
GF_API gf_status gf_langevin_read(const char *path, gf_langevin **langevin, gf_error *error);

/* Keeps a run somewhere: gf_langevin_write above. */
typedef gf_status gf_langevin_save(const gf_langevin *self, const char *path, gf_error *error);

/* How to carry on. */
typedef struct gf_langevin_control {
    gf_langevin_save *save;            /* keeps checkpoints and the result; NULL: nothing is kept */
    const char *path;                  /* where */
    double checkpoint_every;           /* seconds; 0: only when stopped */
    const volatile sig_atomic_t *stop; /* becomes non-zero: make a checkpoint and return */
    const gf_progress *progress;       /* or NULL */
} gf_langevin_control;

/* Does what is left to do, and writes the file. A run that was stopped returns GF_OK with
 * gf_langevin_done(self) < 1. A field that runs away is an error that tells time and cell. */
GF_API gf_status gf_langevin_carry_on(gf_langevin *self, const gf_langevin_control *control,
                                      gf_error *error);

GF_API double gf_langevin_done(const gf_langevin *self); /* fraction, 1 when complete */

/* Seconds that the rest will take on this machine, from a short trial. */
GF_API gf_status gf_langevin_estimate(const gf_langevin *self, double *seconds, gf_error *error);

/* The run that it carries out; it stays with `self`. */
GF_API const gf_run *gf_langevin_run(const gf_langevin *self);

/* Time series, averaged over space: of each field its cell values, their squares, the squares after
 * smoothing; walls per length, counted in m after smoothing, with hysteresis; of two fields the
 * part of the cells that was outside the region of possible densities, since the sample before; of
 * blocks without neighbours passages of m per block and time since the sample before, from below
 * middle - threshold m0 to above middle + threshold m0 or back, seen at every step. */
typedef enum gf_langevin_observable {
    GF_LANGEVIN_MEAN,
    GF_LANGEVIN_SECOND,
    GF_LANGEVIN_SMOOTHED_SECOND,
    GF_LANGEVIN_WALLS,
    GF_LANGEVIN_OUTSIDE,
    GF_LANGEVIN_PASSAGES,
    GF_LANGEVIN_SERIES /* how many */
} gf_langevin_observable;

/* [samples][fields] of the first three observables, [samples] of the others, NaN where it has not
 * been measured yet; NULL for what this run does not measure. It stays with `self`. */
GF_API const double *gf_langevin_series(const gf_langevin *self, gf_langevin_observable observable,
                                        size_t point, size_t realisation);

/* The results at a sweep point, after the warm-up. */
typedef struct gf_langevin_point {
    double middle, order; /* the stable values of m are middle +- order; order is NaN without */
    gf_estimate walls;
    gf_estimate mean[GF_CHARGES], second[GF_CHARGES], smoothed_second[GF_CHARGES]; /* of fields */
    gf_estimate outside;          /* of two fields */
    gf_estimate passages;         /* of blocks without neighbours */
    bool exact;                   /* the next two apply */
    gf_transfer cells, continuum; /* NaN where they could not be computed */
} gf_langevin_point;

GF_API gf_status gf_langevin_summarise(const gf_langevin *self, size_t point,
                                       gf_langevin_point *result, gf_error *error);

/* The coupling x = epsilon J a^2/D of a sweep point (of hydrodynamics epsilon/D if D is a number,
 * else epsilon), and whether it differs between points. NaN for the double well. */
GF_API double gf_langevin_coupling(const gf_langevin *self, size_t point);
GF_API bool gf_langevin_coupling_varies(const gf_langevin *self);

/* What the unit of length of a point's results is in sites a: 1/sqrt(epsilon) if rescaled, else 1.
 */
GF_API double gf_langevin_length_unit(const gf_langevin *self, size_t point);

/* Mean time between passages of m in a cell of the snapshots from below middle - level to above
 * middle + level or back, after the warm-up; INFINITY if there were none, NAN if there are too few
 * snapshots to tell. */
GF_API double gf_langevin_reversal_time(const gf_langevin *self, size_t point, double middle,
                                        double level);

GF_END_DECLARATIONS

#endif
