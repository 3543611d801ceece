/* What a ladder of sizes consists of. */
#ifndef GIBBSFLOW_FINITE_SIZE_LADDER_H
#define GIBBSFLOW_FINITE_SIZE_LADDER_H

#include "gibbsflow/ladder.h"

typedef struct gf_ladder_chain gf_ladder_chain;

struct gf_ladder {
    int first;     /* sites of the smallest chains */
    int step;      /* sites of a unit cell: what one size has more than the one before */
    size_t sizes;  /* chains of first, first + step, ... first + (sizes - 1) step sites */
    bool periodic; /* the boundary in the model file */
    double energy_unit;
    size_t points;
    double (*lambda)[GF_CHARGES]; /* [points] */
    gf_ladder_table states;       /* rows: points */
    gf_ladder_table fixed_points; /* rows: isolated fixed points of the largest ring, one of each
                                     pair of mirror images, followed to the other chains */
    gf_stability *stability;      /* [fixed points] on the largest ring */
    gf_ladder_chain *chains; /* [2 sizes + 1]: rings, then open chains from first - step on; NULL
                                if it was read */
};

#endif
