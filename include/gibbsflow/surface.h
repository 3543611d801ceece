/* Force, noise and susceptibility as smooth functions of the densities (m, e): what the two-field
 * Langevin equation knows of the microscopic model, read from the HDF5 table that `forces` wrote.
 *
 * A bicubic B-spline through the values of /fitted_grid, in the coordinates (m, t) of
 * medium/chart.h: twice continuously differentiable, error of fourth order in the distance of the
 * knots. Every value is an Itô coefficient at the state itself. A surface is only read after it has
 * been made: threads may share it. */
#ifndef GIBBSFLOW_SURFACE_H
#define GIBBSFLOW_SURFACE_H

#include "gibbsflow/api.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/settings.h"

#include <stdbool.h>
#include <stddef.h>

GF_BEGIN_DECLARATIONS

/* Where the values of a point stand: the force f_i at GF_SURFACE_FORCE + i and the noise N_ik at
 * GF_SURFACE_NOISE + gf_pair(i, k), both per epsilon, and the susceptibility C_ik likewise; all per
 * site. */
enum {
    GF_SURFACE_FORCE = 0,
    GF_SURFACE_NOISE = GF_SURFACE_FORCE + GF_CHARGES,
    GF_SURFACE_SUSCEPTIBILITY = GF_SURFACE_NOISE + GF_PAIRS,
    GF_SURFACE_VALUES = GF_SURFACE_SUSCEPTIBILITY + GF_PAIRS
};

typedef struct gf_surface gf_surface;

/* Reads the table at `path`. `settings` (may be NULL) change the rates: a name is a parameter of
 * the model that enters rates alone (the model's expressions are evaluated again), or the name of a
 * channel, whose rate it sets. `cutoff`, in sites, is the wavelength down to which the field
 * fluctuates: a positive one takes the shift 1/2 sum_jk d2f_i/dq_j dq_k C_jk / cutoff off the force
 * (renormalised force); 0 leaves it bare. The caller frees the surface; after
 * a failure it is NULL. */
GF_API gf_status gf_surface_read(const char *path, const gf_settings *settings, double cutoff,
                                 gf_surface **surface, gf_error *error);

/* Likewise for cells that know their charges, of `sites` sites: the shift is taken off the noise,
 * too. What a table holds are means over states whose charges fluctuate; g at sharp charges is
 * g - 1/(2 sites) sum_jk C_jk d2g/dq_j dq_k to first order. 0 leaves all bare. GF_INVALID where the
 * table is of a version that did not store the shift of the noise. */
GF_API gf_status gf_surface_read_sharp(const char *path, const gf_settings *settings, double sites,
                                       gf_surface **surface, gf_error *error);
GF_API void gf_surface_free(gf_surface *self); /* NULL: nothing */

/* values[count] at (m[count], e[count]). A point outside the chart takes the values of a point on
 * its border: m is clamped to [-1, 1], then e to its range at this m. NaN takes those of the lower
 * left corner. Returns how many points lay outside by more than rounding.
 *
 * N and C are positive semidefinite to rounding but for the strip along the border of a finite
 * chain, where C has kinks: there an eigenvalue can fall somewhat below zero (README); take it for
 * zero. */
GF_API size_t gf_surface_evaluate(const gf_surface *self, size_t count, const double *m,
                                  const double *e, double (*values)[GF_SURFACE_VALUES]);

/* Likewise in single precision, in half of the time or less, for the many points of a Langevin
 * step: the values are off by some 1e-7 of the largest, which is little beside the error of
 * interpolation. */
GF_API size_t gf_surface_sample(const gf_surface *self, size_t count, const double *m,
                                const double *e, float (*values)[GF_SURFACE_VALUES]);

/* df_i/dq_j of the force in use. On the border and outside, where values do not depend on the
 * clamped density, the corresponding derivatives are 0. */
GF_API void gf_surface_slope(const gf_surface *self, const double density[2], double slope[2][2]);

/* The border at m in [-1, 1]: range[0] <= e <= range[1]. */
GF_API void gf_surface_border(const gf_surface *self, double m, double range[2]);

/* Where the force in use vanishes, at the rates and with the shift in use. */
typedef struct gf_surface_fixed_point {
    double density[GF_CHARGES];
    double slope[GF_CHARGES][GF_CHARGES]; /* df_i/dq_k */
    double eigenvalue[GF_CHARGES][2];     /* of the slope, per epsilon: real and imaginary part;
                                             smaller real part first */
    bool stable;                          /* both real parts are negative */
    bool saddle;                          /* real, of either sign */
} gf_surface_fixed_point;

/* Finds the isolated points of rest inside the region, by magnetisation: Newton's method from every
 * cell of knots at whose corners both forces change sign. Returns how many it stored, at
 * most `capacity`. None where a charge is conserved: such points are not isolated. */
GF_API size_t gf_surface_find_fixed_points(const gf_surface *self, size_t capacity,
                                           gf_surface_fixed_point *points);

GF_END_DECLARATIONS

#endif
