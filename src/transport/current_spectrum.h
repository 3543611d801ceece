/* All levels of a chain and how strongly the currents join them: everything that linear response of
 * magnetisation and energy needs, at any temperature and time.
 *
 * Blocks have a magnetisation and a momentum. Both currents commute with translations, and with the
 * product RK of reflection and conjugation, which makes the matrices of H and of both currents
 * real; reflection, flip and conjugation alone turn their signs (gf_current_sign), and so tell
 * which blocks and sectors need not be solved because another one says the same. */
#ifndef GIBBSFLOW_TRANSPORT_CURRENT_SPECTRUM_H
#define GIBBSFLOW_TRANSPORT_CURRENT_SPECTRUM_H

#include "gibbsflow/progress.h"
#include "hilbert/symmetry.h"
#include "model/model.h"
#include "spectrum/spectrum.h"
#include "transport/strengths.h"

/* One eigenstate, or as many as it stands for. */
typedef struct gf_current_level {
    double energy, degeneracy;
    double current[GF_CHARGES]; /* <n|J_i|n> */
} gf_current_level;

typedef struct gf_current_sector {
    int source;              /* the sector whose lists are this one's */
    gf_strengths strengths;  /* of the source alone */
    gf_current_level *level; /* [levels], by energy; of the source alone */
    size_t levels;
    double sign[GF_STRENGTHS];    /* times the source's strengths; 0: cancels by symmetry */
    double mean_sign[GF_CHARGES]; /* times <n|J_i|n> */
} gf_current_sector;

typedef struct gf_current_spectrum {
    int sites;
    double range;              /* largest less smallest energy */
    bool has_means;            /* whether <n|J_i|n> does not cancel by symmetry */
    gf_current_sector *sector; /* [sites + 1], by spins up */
    gf_spectrum *spectrum;     /* the levels alone, without channels */
} gf_current_spectrum;

/* What it takes. */
typedef struct gf_current_cost {
    double memory,
        seconds;  /* bytes; processor time of one core at about 1.5e10 operations a second */
    double range; /* a bound of that above */
} gf_current_cost;

gf_status gf_current_spectrum_estimate(const gf_model *model, gf_strength_grid grid,
                                       gf_current_cost *cost, gf_error *error);

/* The caller frees it; after a failure it is NULL. GF_INVALID if the chain is too short for its
 * currents. */
gf_status gf_current_spectrum_compute(const gf_model *model, gf_strength_grid grid,
                                      const gf_progress *progress, gf_current_spectrum **spectrum,
                                      gf_error *error);
void gf_current_spectrum_free(gf_current_spectrum *self);

#endif
