/* Fixed points as HDF5 datasets of any leading shape: [points], or [values][branches] of a scan. */
#ifndef GIBBSFLOW_POINT_TABLE_H
#define GIBBSFLOW_POINT_TABLE_H

#include "gibbsflow/file.h"
#include "gibbsflow/fixed_points.h"

enum { GF_POINT_TABLE_MAX_RANK = 2 };

/* Writes density, lambda, eigenvalues, stability, noise and force_residual into `group`. */
void gf_point_table_write(gf_file *file, const char *group, int rank, const size_t *shape,
                          const char *const *axes, const gf_fixed_point *points);

/* Reads them; shape[rank] receives the leading sizes. The caller frees the points. NULL after a
 * failure, which the file remembers. */
gf_fixed_point *gf_point_table_read(gf_file *file, const char *group, int rank, size_t *shape);

#endif
