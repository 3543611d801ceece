/* The axes of grids. */
#ifndef GIBBSFLOW_AXIS_H
#define GIBBSFLOW_AXIS_H

#include <stddef.h>

/* Evenly spaced values from ... to; a single point is `from`. */
typedef struct gf_axis {
    double from, to;
    size_t points;
} gf_axis;

double gf_axis_value(const gf_axis *axis, size_t index);

#endif
