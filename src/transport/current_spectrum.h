/* All levels of a chain and how strongly two operators join them, the currents for instance:
 * everything that linear response of magnetisation and energy needs, at any temperature and time.
 * One diagonalisation serves several couples of operators.
 *
 * Blocks have a magnetisation and a momentum. All operators commute with translations, and, where
 * they are even or odd under the product RK of reflection and conjugation, matrices of H, and of
 * them or i times them, are real; reflection, flip and conjugation alone turn their signs, too, and
 * so tell which blocks and sectors need not be solved because another one says the same. What a
 * symmetry makes of the operators is found from them; one that makes neither +1 nor -1 times them
 * is not used. */
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
    double current[GF_CHARGES]; /* <n|J_i|n>, J_i the operators */
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
    bool is_complete;          /* no sector has been left out */
    gf_spectrum *spectrum;     /* the levels alone, without channels; NULL if not complete */
} gf_current_spectrum;

/* Two operators of the whole chain, Hermitian, conserving sum Z, invariant under translations by
 * cells. One that several couples share, by its address, is rotated to the levels once. */
typedef struct gf_current_couple {
    const gf_operator *operators[GF_CHARGES];
    gf_strength_grid grid; /* its `degenerate` is chosen here */
} gf_current_couple;

typedef struct gf_current_request {
    const gf_model *model;
    const gf_current_couple *couples; /* [count] */
    size_t count;
    size_t largest; /* states; larger sectors are left out, without levels; 0: none */
} gf_current_request;

/* What it takes. */
typedef struct gf_current_cost {
    double memory,
        seconds;  /* bytes; processor time of one core at about 1.5e10 operations a second */
    double range; /* a bound of that above */
} gf_current_cost;

gf_status gf_current_spectrum_estimate(const gf_current_request *request, gf_current_cost *cost,
                                       gf_error *error);

/* spectra[request->count]: what belongs to whom by symmetry, all sectors without levels. The caller
 * frees them; after a failure they are NULL. */
gf_status gf_current_spectrum_outline(const gf_current_request *request,
                                      gf_current_spectrum **spectra, gf_error *error);

/* The same with levels. */
gf_status gf_current_spectrum_compute(const gf_current_request *request,
                                      const gf_progress *progress, gf_current_spectrum **spectra,
                                      gf_error *error);
void gf_current_spectrum_free(gf_current_spectrum *self);

#endif
