/* Quantities over the charges in files: scalars (order 0), vectors (1), symmetric matrices (2). In
 * memory a matrix is packed (charge.h); in files every index has an axis "charge" of its own. */
#ifndef GIBBSFLOW_IO_CHARGE_AXES_H
#define GIBBSFLOW_IO_CHARGE_AXES_H

#include "gibbsflow/charge.h"
#include "gibbsflow/file.h"

/* Writes data[shape[0]]...[gf_charge_values(order)]...[shape[rank-1]]. `dataset` has no axes of
 * charges: they go in after the first `at` of its axes. */
void gf_charge_axes_put(gf_file *file, const gf_dataset *dataset, int order, int at,
                        const double *data);

/* Reads it back: rank and shape[rank] are those without the axes of charges, and a size that is not
 * known is 0, as in gf_file_get_doubles. The caller frees the data. NULL after a failure, which the
 * file remembers: as gf_file_get_doubles, and where an axis has another length or a matrix is not
 * symmetric. */
double *gf_charge_axes_get(gf_file *file, const char *path, int rank, int order, int at,
                           size_t *shape);

#endif
