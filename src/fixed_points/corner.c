#include "fixed_points/corner.h"

#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double SAME = 1e-10; /* of lengths, of size 1: levels that coincide or lie on a line */
static const double ALONG = 1e-9; /* sine of an angle that is none */
static const double SLOW = 1e-9;  /* of the largest rate: no motion */
static const double PI = 3.14159265358979323846;
enum { SAMPLES = 200, BISECTIONS = 50 };

/* Another level, seen from the corner; energies in their unit. */
typedef struct neighbour {
    double x[GF_CHARGES], force[GF_CHARGES];
    double degeneracy;
    double place; /* on an edge: 0 ... 1 */
} neighbour;

/* What the corner sees, mixed: where q - q_c points, and the force there. */
typedef struct mixture {
    double x[GF_CHARGES], force[GF_CHARGES];
} mixture;

typedef struct view {
    neighbour *levels, *edge; /* all others, and those on the edge that is looked at */
    size_t count, edge_count;
    double lowest, highest, fastest; /* of the rates in directions that stay; of all rates */
    bool any;
} view;

static double cross(const double a[GF_CHARGES], const double b[GF_CHARGES]) {
    return a[0] * b[1] - a[1] * b[0];
}

static double dot(const double a[GF_CHARGES], const double b[GF_CHARGES]) {
    return a[0] * b[0] + a[1] * b[1];
}

static double length(const double a[GF_CHARGES]) {
    return hypot(a[0], a[1]);
}

/* --- levels ---------------------------------------------------------------------------------- */

static void collect(const gf_spectrum *spectrum, const gf_corner *corner, const double *rates,
                    view *self) {
    double sites = spectrum->sites, unit = spectrum->energy_unit;
    for (int up = 0; up <= spectrum->sites; ++up) {
        for (size_t n = spectrum->sector[up]; n < spectrum->sector[up + 1]; ++n) {
            neighbour one = {
                .x = {gf_spectrum_magnetization(spectrum, up) / sites - corner->density[0],
                      (spectrum->energy[n] / sites - corner->density[1]) / unit},
                .degeneracy = spectrum->degeneracy[n]};
            for (size_t c = 0; c < spectrum->channels; ++c) {
                one.force[0] += rates[c] * gf_spectrum_observable(spectrum, c, GF_FORCE)[n];
                one.force[1] +=
                    rates[c] * gf_spectrum_observable(spectrum, c, GF_FORCE + 1)[n] / unit;
            }
            if (length(one.x) > SAME) {
                self->levels[self->count++] = one;
            }
        }
    }
}

/* The level on the far right of all, seen from the corner, and the nearest of these: or on the
 * left. */
static size_t outermost(const view *self, double side) {
    size_t best = 0;
    for (size_t n = 1; n < self->count; ++n) {
        const double *x = self->levels[n].x, *y = self->levels[best].x;
        double turn = side * cross(y, x) / (length(x) * length(y));
        if (turn > SAME || (turn > -SAME && length(x) < length(y))) {
            best = n;
        }
    }
    return best;
}

/* The next vertex of the hull that the corner sees, going left from one: all others lie beyond the
 * line between the two. Of several on that line the farthest. */
static size_t next_vertex(const view *self, size_t from) {
    const double *a = self->levels[from].x;
    size_t best = from;
    for (size_t n = 0; n < self->count; ++n) {
        const double *x = self->levels[n].x;
        const double step[GF_CHARGES] = {x[0] - a[0], x[1] - a[1]};
        if (cross(a, x) <= SAME * length(a) * length(x)) {
            continue; /* not to the left */
        }
        const double *b = self->levels[best].x;
        const double chosen[GF_CHARGES] = {b[0] - a[0], b[1] - a[1]};
        double turn = best == from ? 1 : cross(chosen, step);
        double none = SAME * length(chosen) * length(step);
        if (turn > none || (turn >= -none && length(step) > length(chosen))) {
            best = n;
        }
    }
    return best;
}

/* --- mixtures -------------------------------------------------------------------------------- */

/* The levels that stand on the line between two vertices (or on one vertex), and where. */
static void gather(view *self, size_t from, size_t to) {
    const double *a = self->levels[from].x, *b = self->levels[to].x;
    const double along[GF_CHARGES] = {b[0] - a[0], b[1] - a[1]};
    double size = length(along);
    self->edge_count = 0;
    for (size_t n = 0; n < self->count; ++n) {
        const neighbour *one = &self->levels[n];
        const double step[GF_CHARGES] = {one->x[0] - a[0], one->x[1] - a[1]};
        double place = size > 0 ? dot(step, along) / (size * size) : 0;
        double aside = size > 0 ? fabs(cross(step, along)) / size : length(step);
        if (aside <= SAME && place > -SAME && place < 1 + SAME) {
            self->edge[self->edge_count] = *one;
            self->edge[self->edge_count++].place = place;
        }
    }
}

/* These levels with weights exp(-s place). */
static mixture mix(const view *self, double s) {
    mixture result = {0};
    double sum = 0;
    for (size_t n = 0; n < self->edge_count; ++n) {
        const neighbour *one = &self->edge[n];
        double weight = one->degeneracy * exp(-s * (s > 0 ? one->place : one->place - 1));
        sum += weight;
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            result.x[i] += weight * one->x[i];
            result.force[i] += weight * one->force[i];
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        result.x[i] /= sum;
        result.force[i] /= sum;
    }
    return result;
}

/* All levels that stand where a vertex is. */
static mixture at_vertex(view *self, size_t vertex) {
    gather(self, vertex, vertex);
    return mix(self, 0);
}

/* Which way a direction turns: the sine of the angle from it to the force, 0 if there is none. */
static double turning(const mixture *at, double fastest) {
    double sine = cross(at->x, at->force) / dot(at->x, at->x);
    return fabs(sine) <= ALONG * fastest ? 0 : sine;
}

static void note(view *self, const mixture *at) {
    double rate = dot(at->x, at->force) / dot(at->x, at->x);
    self->lowest = self->any ? fmin(self->lowest, rate) : rate;
    self->highest = self->any ? fmax(self->highest, rate) : rate;
    self->any = true;
}

/* Directions along one edge that stay. */
static void follow_edge(view *self, size_t from, size_t to) {
    const mixture first = at_vertex(self, from), last = at_vertex(self, to);
    double before = turning(&first, self->fastest), at = INFINITY;
    gather(self, from, to);
    for (int k = 0; k <= SAMPLES; ++k) {
        double s = k < SAMPLES ? -tan(PI * ((k + 0.5) / SAMPLES - 0.5)) : -INFINITY;
        mixture here = k < SAMPLES ? mix(self, s) : last;
        double turn = turning(&here, self->fastest);
        if (turn == 0) {
            note(self, &here);
        } else if (turn * before < 0) {
            double low = isfinite(at) ? at : s + 1, high = isfinite(s) ? s : at - 1;
            for (int step = 0; step < BISECTIONS; ++step) {
                double middle = (low + high) / 2;
                mixture half = mix(self, middle);
                *(turning(&half, 0) * before > 0 ? &low : &high) = middle;
            }
            here = mix(self, (low + high) / 2);
            note(self, &here);
        }
        before = turn != 0 ? turn : before;
        at = s;
    }
}

static void look(view *self) {
    size_t vertex = outermost(self, -1), last = outermost(self, 1);
    for (size_t n = 0; n < self->count; ++n) {
        self->fastest =
            fmax(self->fastest, length(self->levels[n].force) / length(self->levels[n].x));
    }
    mixture right = at_vertex(self, vertex), left = at_vertex(self, last);
    if (turning(&right, self->fastest) <= 0) { /* the flow stays within the region */
        note(self, &right);
    }
    for (size_t steps = 0; vertex != last && steps < self->count; ++steps) {
        size_t next = next_vertex(self, vertex);
        if (next == vertex) {
            break;
        }
        follow_edge(self, vertex, next);
        vertex = next;
    }
    if (turning(&left, self->fastest) >= 0) {
        note(self, &left);
    }
}

gf_status gf_corner_describe(const gf_spectrum *spectrum, const gf_corner *corner,
                             const double *rates, gf_fixed_point *point, gf_error *error) {
    view self = {.levels = calloc(spectrum->levels + 1, sizeof *self.levels),
                 .edge = calloc(spectrum->levels + 1, sizeof *self.edge)};
    if (self.levels == NULL || self.edge == NULL) {
        free(self.levels);
        free(self.edge);
        return gf_fail_memory(error, "fixed points");
    }
    collect(spectrum, corner, rates, &self);
    if (self.count > 0) {
        look(&self);
    }
    double none = SLOW * self.fastest;
    point->border_rate[0] = self.any ? self.lowest : NAN;
    point->border_rate[1] = self.any ? self.highest : NAN;
    point->attraction = !self.any                                    ? GF_UNDECIDED
                        : self.highest < -none                       ? GF_ATTRACTING
                        : self.lowest > none                         ? GF_REPELLING
                        : self.lowest < -none && self.highest > none ? GF_BOTH_WAYS
                                                                     : GF_UNDECIDED;
    free(self.levels);
    free(self.edge);
    return GF_OK;
}
