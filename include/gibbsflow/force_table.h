/* The hand-over to hydrodynamics: Gibbs states on a (lambda1, lambda2) grid and on a regular
 * (magnetisation, energy) grid, to and from HDF5. */
#ifndef GIBBSFLOW_FORCE_TABLE_H
#define GIBBSFLOW_FORCE_TABLE_H

#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"

/* Values on one grid of `rows` x `columns` states, row-major; shapes [rows][columns][...]. On the
 * density grid all are NaN outside the reachable region. */
typedef struct gf_grid {
    gf_axis axis[2];        /* of rows and of columns */
    double *lambda;         /* [..][2] */
    double *density;        /* [..][2] */
    double *force;          /* [..][2], per epsilon */
    double *noise;          /* [..][2][2], per epsilon */
    double *susceptibility; /* [..][2][2] */
    double *log_partition;  /* [..], log Z / N */
    double *channel_force;  /* [channels][..][2], per unit rate; force = sum rate channel_force */
    double *channel_noise;  /* [channels][..][2][2] */
} gf_grid;

typedef struct gf_force_table {
    size_t channels;
    gf_grid lambda_grid;  /* rows lambda1, columns lambda2 */
    gf_grid density_grid; /* rows magnetisation, columns energy */
    size_t unsolved;      /* reachable densities whose lambda was not found; 0 unless something is
                             badly wrong */
} gf_force_table;

/* Tabulates on the grids of the model, in parallel. The caller frees the table. */
gf_status gf_force_table_compute(const gf_model *model, const gf_spectrum *spectrum,
                                 const gf_region *region, const gf_progress *progress,
                                 gf_force_table *table, gf_error *error);
void gf_force_table_free(gf_force_table *self);

size_t gf_grid_size(const gf_grid *self);

/* /lambda_grid and /density_grid; the layout is in the README. */
void gf_force_table_write(const gf_force_table *self, const gf_region *region, gf_file *file);
gf_status gf_force_table_read(gf_file *file, gf_force_table *table, gf_error *error);

#endif
