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

/* `place` may be NULL. */
static inline size_t find(const double *m, size_t cells, gf_boundary boundary, double level,
                          size_t *place) {
    size_t walls = 0, start = 0;
    double side = 0;
    while (start < cells && fabs(m[start]) < level) {
        ++start;
    }
    size_t last = boundary == GF_FIXED ? cells - 1 : start + cells; /* once around */
    for (size_t i = start; start < cells && i <= last; ++i) {
        bool passes = gf_passes(beyond(m, cells, boundary, i), level, &side);
        if (passes && place != NULL) {
            place[walls] = i;
        }
        walls += passes ? 1 : 0;
    }
    return walls;
}

size_t gf_walls_count(const double *m, size_t cells, gf_boundary boundary, double level) {
    return find(m, cells, boundary, level, NULL);
}

size_t gf_walls_find(const double *m, size_t cells, gf_boundary boundary, double level,
                     size_t *place) {
    return find(m, cells, boundary, level, place);
}
