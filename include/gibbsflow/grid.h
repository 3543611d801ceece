/* Gibbs states on a grid of two axes, to and from HDF5. */
#ifndef GIBBSFLOW_GRID_H
#define GIBBSFLOW_GRID_H

#include "gibbsflow/axis.h"
#include "gibbsflow/gibbs.h"

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

enum { GF_GRID_VALUES = 12, GF_GRID_FIRST_ERROR = 8 };

/* What a group calls its axes, and which values it stores. */
typedef struct gf_grid_layout {
    const char *axis_path[2], *axis_units[2];
    const char *path[GF_GRID_VALUES]; /* of lambda, density ..., as in gf_grid; NULL: not stored */
} gf_grid_layout;

size_t gf_grid_size(const gf_grid *self);

/* All values are NaN. The caller frees the grid. */
gf_status gf_grid_allocate(gf_grid *self, gf_axis rows, gf_axis columns, size_t channels,
                           gf_error *error);
/* Adds errors, NaN: at given lambda of all values that have them, else of the force alone. */
gf_status gf_grid_allocate_errors(gf_grid *self, bool at_lambda, gf_error *error);
void gf_grid_free(gf_grid *self);

/* Puts a state evaluated with GF_RESPONSE at row * columns + column. */
void gf_grid_store(gf_grid *self, size_t at, size_t channels, const gf_state *state);

/* Puts standard errors at given lambda there. */
void gf_grid_store_errors(gf_grid *self, size_t at, const gf_state *error);

void gf_grid_write(const gf_grid_layout *names, const gf_grid *grid, size_t channels,
                   gf_file *file);
/* The file remembers failures. The caller frees the grid in any case. */
void gf_grid_read(const gf_grid_layout *names, size_t channels, gf_grid *grid, gf_file *file);

#endif
