/* The axes of grids. */
#ifndef GIBBSFLOW_AXIS_H
#define GIBBSFLOW_AXIS_H

#include "gibbsflow/api.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* Evenly spaced values from ... to; a single point is `from`. */
typedef struct gf_axis {
    double from, to;
    size_t points;
} gf_axis;

GF_API double gf_axis_value(const gf_axis *axis, size_t index);

GF_END_DECLARATIONS

#endif
