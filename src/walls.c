#include "gibbsflow/walls.h"

#include <math.h>
#include <stdbool.h>

/* m at cell i, at most once around the row. */
static double beyond(const double *m, size_t cells, gf_boundary boundary, size_t i) {
    if (i < cells) {
        return m[i];
    }
    return boundary == GF_FIXED          ? m[cells - 1]
           : boundary == GF_ANTIPERIODIC ? -m[i - cells]
                                         : m[i - cells];
}

void gf_walls_smooth(const double *m, size_t cells, gf_boundary boundary, size_t width,
                     double *smooth) {
    double sum = 0;
    for (size_t i = 0; i < width; ++i) {
        sum += m[i];
    }
    for (size_t i = 0; i < cells; ++i) {
        smooth[i] = sum / (double)width;
        sum += beyond(m, cells, boundary, i + width) - m[i];
    }
}

size_t gf_walls_count(const double *m, size_t cells, gf_boundary boundary, double level) {
    size_t walls = 0, start = 0;
    while (start < cells && fabs(m[start]) < level) {
        ++start;
    }
    if (start == cells) {
        return 0;
    }
    bool up = m[start] > 0;
    size_t last = boundary == GF_FIXED ? cells - 1 - start : cells;
    for (size_t k = 1; k <= last; ++k) {
        double value = beyond(m, cells, boundary, start + k);
        if (fabs(value) >= level && (value > 0) != up) {
            up = !up;
            ++walls;
        }
    }
    return walls;
}
