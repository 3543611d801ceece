/* Coordinates in which the reachable region of the (m,e) plane is a rectangle.
 *
 * At |m| = 1 the region shrinks to a corner, since a single state has this magnetisation. With the
 * energies e(-1), e(1) of the two corners, the reduced energy
 *
 *   eta = (e - [(1 - m) e(-1) + (1 + m) e(1)]/2) / (1 - m^2)
 *
 * opens the corners: along a line eta = const into a corner every state function is smooth. Its
 * range at m is low(m) ... high(m), two polynomials. With u = (eta - low)/(high - low) in [0, 1]
 * the second coordinate is the height
 *
 *   t = sqrt(u) - sqrt(1 - u),   u = (1 + t sqrt(2 - t^2))/2,   t in [-1, 1],
 *
 * which is fine near the border, where states change like the square of t -+ 1.
 *
 * A finite chain has a polygon for its region, with corners at every M/N. The chart's border is
 * smooth: it touches the polygon from outside. The strip between the two is a finite-size artefact
 * (of a width ~ 1/N^2). */
#ifndef GIBBSFLOW_MEDIUM_CHART_H
#define GIBBSFLOW_MEDIUM_CHART_H

#include "gibbsflow/file.h"

#include <math.h>

enum { GF_CHART_TERMS = 9 };

typedef struct gf_chart {
    double ends[2];             /* e at m = -1 and m = 1 */
    double low[GF_CHART_TERMS]; /* of eta: the coefficients of m^0, m^1, ... */
    double high[GF_CHART_TERMS];
} gf_chart;

/* A point in both coordinates, with what relates them. */
typedef struct gf_chart_point {
    double height;   /* t, clamped to [-1, 1] */
    double slope[2]; /* dt/dm and dt/de; 0 where t is clamped, and at |m| = 1 */
} gf_chart_point;

/* Energies of the border, range[0] <= e <= range[1], at m in [-1, 1]. */
void gf_chart_border(const gf_chart *self, double m, double range[2]);

/* d range/dm. */
void gf_chart_border_slope(const gf_chart *self, double m, double slope[2]);

/* The energy at a height. */
double gf_chart_energy(const gf_chart *self, double m, double height);

gf_chart_point gf_chart_locate(const gf_chart *self, double m, double e);

/* `group`/corner_energy and `group`/border. */
void gf_chart_write(const gf_chart *self, const char *group, gf_file *file);
/* The file remembers failures. */
void gf_chart_read(gf_file *file, const char *group, gf_chart *self);

static inline double gf_chart_polynomial(const double coefficient[GF_CHART_TERMS], double m) {
    double sum = coefficient[GF_CHART_TERMS - 1];
    for (int k = GF_CHART_TERMS - 2; k >= 0; --k) {
        sum = sum * m + coefficient[k];
    }
    return sum;
}

#endif
