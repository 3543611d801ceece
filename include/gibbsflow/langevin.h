/* Carrying a run out: every realisation of every sweep point, in time, with what is measured.
 *
 * Realisations are independent tasks, dealt out to OpenMP threads. What a task has done depends on
 * the run alone, so results do not depend on threads, or on interruptions. */
#ifndef GIBBSFLOW_LANGEVIN_H
#define GIBBSFLOW_LANGEVIN_H

#include "gibbsflow/error.h"
#include "gibbsflow/estimate.h"
#include "gibbsflow/progress.h"
#include "gibbsflow/run.h"
#include "langevin/measure/transfer.h"

#include <signal.h>

/* How far a realisation has come. */
typedef struct gf_langevin_task {
    uint64_t steps;             /* made */
    uint64_t outside, passages; /* of cells, since the last sample, added up over steps */
    double
        *state; /* [gf_langevin_rows][cells] of one that has begun and is not done, else NULL: the
                   fields and, of blocks, the side where each was seen last: -1, 1, 0 neither yet */
} gf_langevin_task;

/* K = run.points, R = run.realisations, T = run.samples, S = run.snapshots, X = run.positions,
 * F = run.equation->fields, in files an axis of its own only where it is not 1.
 * Entries of what has not been done yet are NaN. Densities and moments are averages over space. */
typedef struct gf_langevin {
    gf_run run;
    char *command;           /* the command line that began it */
    double *mean;            /* [K,R,T,F] of the cell values */
    double *second;          /* [K,R,T,F] their squares */
    double *smoothed_second; /* [K,R,T,F] after smoothing */
    double *wall_density;    /* [K,R,T] after smoothing, with hysteresis; counted in m */
    double *outside;         /* [K,R,T] of two fields: part of the cells that was outside the region
                                of possible densities, since the sample before; else NULL */
    double *passages;        /* [K,R,T] of blocks without neighbours: passages of m, per block and
                                time since the sample before, from below middle - threshold m0 to
                                above middle + threshold m0 or back, seen at every step; else NULL */
    double *snapshots;       /* [K,R,S,X,F] averages over a snapshot's spacing */
    int64_t *histogram;      /* [K,R,bins(,energy bins)] of cell values after the warm-up */
    gf_langevin_task *tasks; /* [K,R] */
} gf_langevin;

/* Keeps a run somewhere: gf_langevin_write below. */
typedef gf_status gf_langevin_save(const gf_langevin *self, const char *path, gf_error *error);

/* How to carry on. */
typedef struct gf_langevin_control {
    gf_langevin_save *save;            /* keeps checkpoints and the result; NULL: nothing is kept */
    const char *path;                  /* where */
    double checkpoint_every;           /* seconds; 0: only when stopped */
    const volatile sig_atomic_t *stop; /* becomes non-zero: make a checkpoint and return */
    const gf_progress *progress;       /* or NULL */
} gf_langevin_control;

/* Takes the run over, in any case. `command` is kept as the origin of the results. The caller frees
 * the result, also after a failure. */
gf_status gf_langevin_init(gf_langevin *self, gf_run *run, const char *command, gf_error *error);
void gf_langevin_free(gf_langevin *self);

/* Does what is left to do, and writes the file. A run that was stopped returns GF_OK with
 * gf_langevin_done(self) < 1. A field that runs away is an error that tells time and cell. */
gf_status gf_langevin_carry_on(gf_langevin *self, const gf_langevin_control *control,
                               gf_error *error);

double gf_langevin_done(const gf_langevin *self); /* fraction, 1 when complete */

/* Rows of a task's state. */
size_t gf_langevin_rows(const gf_run *run);

/* Seconds that the rest will take on this machine, from a short trial. */
gf_status gf_langevin_estimate(const gf_langevin *self, double *seconds, gf_error *error);

/* HDF5, in langevin_file.c and langevin_read.c. A file of an unfinished run is a checkpoint: it can
 * be carried on. */
gf_status gf_langevin_write(const gf_langevin *self, const char *path, gf_error *error);
gf_status gf_langevin_read(gf_langevin *self, const char *path, gf_error *error);

/* What a sweep point has come to; this and what follows is in langevin_summary.c. */
typedef struct gf_langevin_point {
    gf_dynamics dynamics;
    gf_estimate walls;                                  /* after the warm-up, as all */
    gf_estimate mean[2], second[2], smoothed_second[2]; /* of each field */
    gf_estimate outside;                                /* of two fields */
    gf_estimate passages;                               /* of blocks without neighbours */
    bool exact;                                         /* the next two apply */
    gf_transfer cells, continuum;                       /* NaN where they could not be computed */
} gf_langevin_point;

gf_status gf_langevin_summarise(const gf_langevin *self, size_t point, gf_langevin_point *result,
                                gf_error *error);

/* The coupling x = epsilon J a^2/D of a sweep point (of hydrodynamics epsilon/D if D is a number,
 * else epsilon), and whether it differs between points. NaN for the double well. */
double gf_langevin_coupling(const gf_langevin *self, size_t point);
bool gf_langevin_coupling_varies(const gf_langevin *self);

/* What the unit of length of a point's results is in sites a: 1/sqrt(epsilon) if rescaled, else 1.
 */
double gf_langevin_length_unit(const gf_langevin *self, size_t point);

/* Mean time between passages of m in a cell of the snapshots from below middle - level to above
 * middle + level or back, after the warm-up; INFINITY if there were none. */
double gf_langevin_reversal_time(const gf_langevin *self, size_t point, double middle,
                                 double level);

#endif
