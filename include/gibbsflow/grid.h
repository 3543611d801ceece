/* Gibbs states on a grid of two axes, to and from HDF5. */
#ifndef GIBBSFLOW_GRID_H
#define GIBBSFLOW_GRID_H

#include "gibbsflow/api.h"
#include "gibbsflow/axis.h"
#include "gibbsflow/gibbs.h"

GF_BEGIN_DECLARATIONS

/* Values on one grid of `rows` x `columns` states, row-major; shapes [rows][columns][...]. On the
 * density grid all are NaN outside the reachable region. */
typedef struct gf_grid {
    gf_axis axis[2];        /* of rows and of columns */
    double *lambda;         /* [..][GF_CHARGES] */
    double *density;        /* [..][GF_CHARGES] */
    double *force;          /* [..][GF_CHARGES], per epsilon */
    double *noise;          /* [..][GF_PAIRS], per epsilon */
    double *susceptibility; /* [..][GF_PAIRS] */
    double *log_partition;  /* [..], log Z / N */
    double *channel_force; /* [channels][..][GF_CHARGES], per unit rate; force = sum of rate x it */
    double *channel_noise; /* [channels][..][GF_PAIRS] */
    /* Standard errors; NULL unless the spectrum is sampled. At given lambda on the lambda grid,
     * where all are there; at given density on the density grid, which has that of the force alone.
     */
    double *density_error, *force_error, *noise_error, *susceptibility_error;
} gf_grid;

/* Rows x columns. */
GF_API size_t gf_grid_size(const gf_grid *self);

GF_END_DECLARATIONS

#endif
