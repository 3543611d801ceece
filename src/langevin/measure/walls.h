/* Domain walls of a field: what counts as one. */
#ifndef GIBBSFLOW_LANGEVIN_MEASURE_WALLS_H
#define GIBBSFLOW_LANGEVIN_MEASURE_WALLS_H

#include "langevin/lattice/boundary.h"

#include <stddef.h>

/* smooth[i] = average of m[i] ... m[i + width - 1], around the end of the row, where the field of
 * an antiperiodic row changes sign; beyond the end of a fixed row it is that of the last cell. 1 <=
 * width <= cells. */
void gf_walls_smooth(const double *m, size_t cells, gf_boundary boundary, size_t width,
                     double *smooth);

/* Once around the row, or along a fixed one, the passages from below -level to above +level and
 * back: walls, counted with hysteresis (lattice/passage.h). */
size_t gf_walls_count(const double *m, size_t cells, gf_boundary boundary, double level);

/* The same walls: place[0 ... walls-1], ascending, the cells at which the passages end, counted on
 * beyond the end of a row that closes; room for `cells` of them. The next after the last is
 * place[0] + cells there. */
size_t gf_walls_find(const double *m, size_t cells, gf_boundary boundary, double level,
                     size_t *place);

#endif
