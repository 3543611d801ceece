/* Hysteresis: what counts as a passage from one side to the other. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_PASSAGE_H
#define GIBBSFLOW_LANGEVIN_LATTICE_PASSAGE_H

#include <stdbool.h>

/* Along a row or in time: true if `value` is the first beyond +-level on the other side than
 * `*side`, where one was seen last (-1 or 1; 0: none yet), which is brought up to date. */
static inline bool gf_passes(double value, double level, double *side) {
    double before = *side;
    *side = value >= level ? 1 : value <= -level ? -1 : before;
    return before * *side < 0;
}

#endif
