/* How what lattices count (gf_lattice_count) is called in files. */
#ifndef GIBBSFLOW_LANGEVIN_ENSEMBLE_COUNTS_H
#define GIBBSFLOW_LANGEVIN_ENSEMBLE_COUNTS_H

#include "langevin/lattice/lattice.h"

typedef struct gf_count {
    const char *series, *units, *description;
    const char *checkpoint, *since;
} gf_count;

static const gf_count gf_counts[GF_COUNTS] = {
    {"/statistics/outside", "1",
     "part of the cells outside the region of possible densities, since the sample before",
     "/checkpoint/outside", "cells outside since the last sample"},
    {"/statistics/passages", "{energy}",
     "passages of m between -threshold m0 and +threshold m0 per block and time, since the sample "
     "before",
     "/checkpoint/passages", "passages since the last sample"}};

#endif
