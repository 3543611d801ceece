#include "langevin/equation/hydrodynamics.h"

#include "base/matrix.h"

#include <math.h>

/* Points of rest that are told apart, and places along each axis where the slope is looked at. */
enum { MOST = 64, PLACES = 25 };

/* The largest |eigenvalue| of D. */
static double fastest_diffusion(const gf_hydrodynamics *self) {
    switch (self->law) {
    case GF_TRANSPORT_CONSTANT:
        return gf_matrix_radius(&self->transport[0][0]);
    case GF_TRANSPORT_ONSAGER:
        return self->largest;
    case GF_TRANSPORT_VARYING:
        return self->diffusion->largest;
    case GF_TRANSPORT_NONE:
        break;
    }
    return 0;
}

double gf_hydrodynamics_rate(const gf_hydrodynamics *self, double spacing) {
    return 4 * fastest_diffusion(self) / (spacing * spacing) + self->epsilon * self->stiffness;
}

double gf_hydrodynamics_stiffness(const gf_surface *surface) {
    double largest = 0;
    for (int i = 0; i < PLACES; ++i) {
        double m = -1 + 2 * (i + 0.5) / PLACES, range[2], slope[2][2];
        gf_surface_border(surface, m, range);
        for (int j = 0; j < PLACES; ++j) {
            double e = range[0] + (range[1] - range[0]) * (j + 0.5) / PLACES;
            gf_surface_slope(surface, (double[2]){m, e}, slope);
            largest = fmax(largest, gf_matrix_radius(&slope[0][0]));
        }
    }
    return largest;
}

void gf_hydrodynamics_locate(gf_hydrodynamics *self, const gf_surface *surface) {
    gf_surface_fixed_point points[MOST];
    size_t count = gf_surface_find_fixed_points(surface, MOST, points), stable = 0;
    for (int i = 0; i < GF_CHARGES; ++i) {
        self->minus[i] = self->plus[i] = self->saddle[i] = NAN;
    }
    for (size_t k = 0; k < count; ++k) { /* they come by magnetisation */
        const double *q = points[k].density;
        bool nearest = points[k].saddle && !(fabs(self->saddle[0]) <= fabs(q[0]));
        stable += points[k].stable ? 1 : 0;
        for (int i = 0; i < GF_CHARGES; ++i) {
            self->minus[i] = points[k].stable && stable == 1 ? q[i] : self->minus[i];
            self->plus[i] = points[k].stable ? q[i] : self->plus[i];
            self->saddle[i] = nearest ? q[i] : self->saddle[i];
        }
    }
    self->bistable = stable >= 2;
    self->stiffness = gf_hydrodynamics_stiffness(surface);
}
