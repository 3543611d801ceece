/* The densities that Gibbs states reach: the interior of the convex hull of the joint spectrum
 * (M/N, E/N) of magnetisation and energy. */
#ifndef GIBBSFLOW_REGION_H
#define GIBBSFLOW_REGION_H

#include "gibbsflow/api.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/spectrum.h"

GF_BEGIN_DECLARATIONS

/* A corner of the hull, and the levels that sit there: the ground (or highest) family of a sector.
 */
typedef struct gf_corner {
    double density[GF_CHARGES];
    size_t level; /* of the spectrum */
} gf_corner;

typedef struct gf_region {
    size_t count;       /* corners; 0 if the spectrum lies on a line, so that m and e are not
                           independent and no density is interior */
    gf_corner *corners; /* counterclockwise */
    double low[GF_CHARGES], high[GF_CHARGES]; /* the smallest and the largest densities */
    double energy_unit;                       /* of the spectrum */
} gf_region;

GF_API gf_status gf_region_init(gf_region *self, const gf_spectrum *spectrum, gf_error *error);
GF_API void gf_region_free(gf_region *self);

/* Distance to the border, with the energy in its unit; negative outside. */
GF_API double gf_region_depth(const gf_region *self, const double density[GF_CHARGES]);

/* True if the density is inside by more than rounding. */
GF_API bool gf_region_contains(const gf_region *self, const double density[GF_CHARGES]);

/* The energies reached at m in [-1, 1]: range[0] <= e <= range[1]. The region must have corners. */
GF_API void gf_region_energies(const gf_region *self, double m, double range[2]);

/* /region: the corners. */
GF_API void gf_region_write(const gf_region *self, gf_file *file);

GF_END_DECLARATIONS

#endif
