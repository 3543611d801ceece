/* Axes of grids in files: all their values, which lie evenly and ascend. */
#ifndef GIBBSFLOW_IO_EVEN_AXIS_H
#define GIBBSFLOW_IO_EVEN_AXIS_H

#include "gibbsflow/axis.h"
#include "gibbsflow/file.h"

/* After a failure, which the file remembers, the axis has no points: where there are none, or more
 * than 100000, or they do not ascend, or not evenly to 1e-6 of their distance. */
void gf_even_axis_get(gf_file *file, const char *path, gf_axis *axis);

#endif
