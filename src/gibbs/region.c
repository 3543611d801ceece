#include "gibbsflow/region.h"

#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ROUNDING = 1e-12; /* in units of the region's size */

static double size_of(const gf_region *self) {
    return hypot(self->high[0] - self->low[0], (self->high[1] - self->low[1]) / self->energy_unit);
}

/* Twice the area of the triangle a b c, positive if it runs counterclockwise. */
static double turn(const gf_region *self, const gf_corner *a, const gf_corner *b,
                   const gf_corner *c) {
    return ((b->density[0] - a->density[0]) * (c->density[1] - a->density[1]) -
            (b->density[1] - a->density[1]) * (c->density[0] - a->density[0])) /
           self->energy_unit;
}

/* Appends a corner and drops those before it that it makes concave or straight. */
static void extend(gf_region *self, size_t first, gf_corner corner) {
    double area = size_of(self) * size_of(self);
    while (self->count >= first + 2 &&
           turn(self, &self->corners[self->count - 2], &self->corners[self->count - 1], &corner) <=
               ROUNDING * area) {
        --self->count;
    }
    self->corners[self->count++] = corner;
}

static gf_corner corner_at(const gf_spectrum *spectrum, int up, size_t level) {
    double sites = spectrum->sites;
    return (gf_corner){.density = {gf_spectrum_magnetization(spectrum, up) / sites,
                                   spectrum->energy[level] / sites},
                       .level = level};
}

static void find_extent(gf_region *self, const gf_spectrum *spectrum) {
    self->low[0] = -1;
    self->high[0] = 1;
    self->low[1] = INFINITY;
    self->high[1] = -INFINITY;
    for (size_t n = 0; n < spectrum->levels; ++n) {
        self->low[1] = fmin(self->low[1], spectrum->energy[n] / spectrum->sites);
        self->high[1] = fmax(self->high[1], spectrum->energy[n] / spectrum->sites);
    }
}

gf_status gf_region_init(gf_region *self, const gf_spectrum *spectrum, gf_error *error) {
    int sites = spectrum->sites;
    *self = (gf_region){.energy_unit = spectrum->energy_unit,
                        .corners = calloc(2 * ((size_t)sites + 2), sizeof *self->corners)};
    if (self->corners == NULL) {
        return gf_fail_memory(error, "the reachable region");
    }
    find_extent(self, spectrum);
    for (int up = 0; up <= sites; ++up) { /* the lowest energies from left to right */
        extend(self, 0, corner_at(spectrum, up, spectrum->sector[up]));
    }
    size_t last = self->count - 1;
    for (int up = sites; up >= 0; --up) { /* the highest ones back */
        size_t top = spectrum->sector[up + 1] - 1;
        if (up < sites || top != spectrum->sector[up]) { /* the last sector may be a single level */
            extend(self, last, corner_at(spectrum, up, top));
        }
    }
    const gf_corner *end = &self->corners[self->count - 1], *begin = &self->corners[0];
    if (end->level == begin->level) {
        --self->count; /* back at the start */
    }
    if (self->count < 3) {
        self->count = 0;
    }
    return GF_OK;
}

void gf_region_free(gf_region *self) {
    free(self->corners);
    *self = (gf_region){0};
}

double gf_region_depth(const gf_region *self, const double density[GF_CHARGES]) {
    double depth = self->count > 0 ? INFINITY : -1;
    for (size_t i = 0; i < self->count; ++i) {
        const gf_corner *a = &self->corners[i], *b = &self->corners[(i + 1) % self->count];
        gf_corner point = {.density = {density[0], density[1]}};
        double length = hypot(b->density[0] - a->density[0],
                              (b->density[1] - a->density[1]) / self->energy_unit);
        depth = fmin(depth, turn(self, a, b, &point) / length);
    }
    return depth;
}

bool gf_region_contains(const gf_region *self, const double density[GF_CHARGES]) {
    return gf_region_depth(self, density) > ROUNDING * size_of(self);
}

void gf_region_energies(const gf_region *self, double m, double range[2]) {
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t i = 0; i < self->count; ++i) {
        const double *a = self->corners[i].density;
        const double *b = self->corners[(i + 1) % self->count].density;
        if ((m - a[0]) * (m - b[0]) > 0 || a[0] == b[0]) {
            continue; /* vertical edges are those of others */
        }
        double x = (m - a[0]) / (b[0] - a[0]), e = a[1] * (1 - x) + b[1] * x;
        range[0] = fmin(range[0], e);
        range[1] = fmax(range[1], e);
    }
}

void gf_region_write(const gf_region *self, gf_file *file) {
    double(*corners)[GF_CHARGES] = calloc(self->count + 1, sizeof *corners);
    if (corners == NULL) {
        gf_file_reject(file, "out of memory for the region");
        return;
    }
    for (size_t i = 0; i < self->count; ++i) {
        memcpy(corners[i], self->corners[i].density, sizeof *corners);
    }
    gf_charge_axes_put(file,
                       &(gf_dataset){.path = "/region/corners",
                                     .units = GF_UNITS_DENSITY,
                                     .description = "convex hull of (M/N, E/N), counterclockwise; "
                                                    "Gibbs states reach its interior",
                                     .rank = 1,
                                     .shape = {self->count},
                                     .axes = {"corner"}},
                       1, 1, corners[0]);
    free(corners);
}
