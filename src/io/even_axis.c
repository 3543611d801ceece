#include "io/even_axis.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 100000 };
static const double UNEVEN = 1e-6;

static bool is_even(const gf_axis *axis, const double *value) {
    double step = (axis->to - axis->from) / (double)(axis->points > 1 ? axis->points - 1 : 1);
    bool even = isfinite(step) && (axis->points == 1 || step > 0);
    for (size_t i = 0; i < axis->points && even; ++i) {
        even = fabs(value[i] - gf_axis_value(axis, i)) <= UNEVEN * step;
    }
    return even;
}

void gf_even_axis_get(gf_file *file, const char *path, gf_axis *axis) {
    size_t points = 0;
    double *value = gf_file_get_doubles(file, path, 1, &points);
    *axis = (gf_axis){0};
    if (value != NULL && points >= 1 && points <= MOST) {
        *axis = (gf_axis){.from = value[0], .to = value[points - 1], .points = points};
    }
    if (axis->points == 0 || !is_even(axis, value)) {
        gf_file_reject(file, "%s must hold 1 to %d evenly spaced values that ascend", path, MOST);
        *axis = (gf_axis){0};
    }
    free(value);
}
