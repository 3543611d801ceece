#include "gibbsflow/axis.h"

double gf_axis_value(const gf_axis *axis, size_t index) {
    if (axis->points < 2) {
        return axis->from;
    }
    double fraction = (double)index / (double)(axis->points - 1);
    return axis->from * (1 - fraction) + axis->to * fraction;
}
