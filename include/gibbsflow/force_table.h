/* The hand-over to hydrodynamics: Gibbs states on a (lambda1, lambda2) grid and on a regular
 * (magnetisation, energy) grid, to and from HDF5. */
#ifndef GIBBSFLOW_FORCE_TABLE_H
#define GIBBSFLOW_FORCE_TABLE_H

#include "gibbsflow/api.h"
#include "gibbsflow/grid.h"
#include "gibbsflow/region.h"

GF_BEGIN_DECLARATIONS

typedef struct gf_force_table {
    size_t channels;
    gf_grid lambda_grid;  /* rows lambda1, columns lambda2 */
    gf_grid density_grid; /* rows magnetisation, columns energy */
    size_t unsolved;      /* reachable densities whose lambda was not found; 0 unless something is
                             badly wrong */
} gf_force_table;

/* Tabulates on the grids of the model, in parallel. The caller frees the table. */
GF_API gf_status gf_force_table_compute(const gf_model *model, const gf_spectrum *spectrum,
                                        const gf_region *region, const gf_progress *progress,
                                        gf_force_table *table, gf_error *error);
GF_API void gf_force_table_free(gf_force_table *self);

/* /lambda_grid and /density_grid; the layout is in src/io/README.md. A file of a Langevin run holds
 * the latter alone. */
GF_API void gf_force_table_write(const gf_force_table *self, const gf_region *region,
                                 gf_file *file);
GF_API gf_status gf_force_table_read(gf_file *file, gf_force_table *table, gf_error *error);

GF_END_DECLARATIONS

#endif
