/* What the results of a run are kept in. */
#ifndef GIBBSFLOW_LANGEVIN_ENSEMBLE_LANGEVIN_H
#define GIBBSFLOW_LANGEVIN_ENSEMBLE_LANGEVIN_H

#include "gibbsflow/langevin.h"
#include "langevin/ensemble/correlations.h"
#include "langevin/ensemble/domains.h"
#include "langevin/run/run.h"

#include <stdint.h>

/* K = run.points, R = run.realisations, T = run.samples, S = run.snapshots, X = run.positions,
 * F = run.equation->fields, in files an axis of its own only where it is not 1.
 * Entries of what has not been done yet are NaN. */
struct gf_langevin {
    gf_run *run;
    char *command;                      /* the command line that began it */
    double *series[GF_LANGEVIN_SERIES]; /* [K,R,T,F] of the first three, [K,R,T] of the others; NULL
                                           where there are none */
    double *snapshots;                  /* [K,R,S,X,F] averages over a snapshot's spacing */
    int64_t *histogram;            /* [K,R,bins(,energy bins)] of cell values after the warm-up */
    gf_correlations *correlations; /* NULL: none are asked for */
    gf_domains *domains;           /* the same */
    double *law, *law_error; /* [K] c of the law of rare walls, and its error, where `instanton`
                                has put it into the file that was read; else NULL */
    gf_lattice_state *tasks; /* [K,R] how far each realisation is; rows are NULL unless
                                it has begun and is not done */
};

/* What of a sweep point there is: of a run that is not complete, of the checkpoint. Averages are of
 * the first `realisations`, all of which have `samples` samples (the warm-up included): of those
 * that there are the choice that takes in the most. */
typedef struct gf_langevin_extent {
    size_t realisations, samples;
    size_t finished; /* realisations that are complete */
    double done;     /* fraction of the steps */
    double measured; /* samples of all realisations after the warm-up */
    size_t shots;    /* snapshots of the first realisation */
} gf_langevin_extent;

gf_langevin_extent gf_langevin_look(const gf_langevin *self, size_t point);

/* Bytes that a process takes for a run: all results, and a lattice for each thread. */
double gf_langevin_memory(const gf_run *run);
/* Seconds of a step, of one thread, from a short trial. */
gf_status gf_langevin_trial(const gf_run *run, double *seconds, gf_error *error);

/* Samples that each realisation has taken, [K,R]. The caller frees them; NULL: out of memory. */
size_t *gf_langevin_samples_taken(const gf_langevin *self);

/* Numbers per sample of a series. */
size_t gf_langevin_width(const gf_run *run, gf_langevin_observable observable);

/* The wall densities of all points against the coupling, in units of a: table[3][points],
 * couplings, densities, standard errors. */
void gf_langevin_tabulate(const gf_langevin *self, const gf_langevin_point *points, double *table);

/* The series of what a lattice counts. */
static inline gf_langevin_observable gf_langevin_counted(size_t count) {
    return (gf_langevin_observable)(GF_LANGEVIN_OUTSIDE + count);
}

#endif
