#include "langevin/measure/walls.h"

#include "langevin/lattice/passage.h"

#include <math.h>

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
    double side = 0;
    while (start < cells && fabs(m[start]) < level) {
        ++start;
    }
    size_t last = boundary == GF_FIXED ? cells - 1 : start + cells; /* once around */
    for (size_t i = start; start < cells && i <= last; ++i) {
        walls += gf_passes(beyond(m, cells, boundary, i), level, &side) ? 1 : 0;
    }
    return walls;
}
