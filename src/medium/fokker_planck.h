/* A block of sites without neighbours whose densities obey the Langevin equation of its medium: the
 * Fokker-Planck equation for the density p(m, e) of many such blocks,
 *
 *     dp/dt = epsilon { -d_i (f_i p) + d_i d_j (N_ij p) / (2 sites) },   i, j = m, e,
 *
 * (Ito), without a flux through the border of the region. With the flux J_i = (f_i - d_j N_ij /
 * (2 sites)) p - N_ij d_j p / (2 sites) it reads d/dt <v> = epsilon int J . grad v for every v: the
 * border needs no condition. Galerkin's method with the functions (1 - m^2)^b P_a(m) P_b(x), a + b
 * <= degree, x in [-1, 1] the place between the lowest and the highest energy, which are what
 * polynomials of m and e are on a region that ends in corners at m = +-1. Integrals are taken
 * between the knots of the medium. */
#ifndef GIBBSFLOW_MEDIUM_FOKKER_PLANCK_H
#define GIBBSFLOW_MEDIUM_FOKKER_PLANCK_H

#include "gibbsflow/error.h"
#include "gibbsflow/surface.h"

enum { GF_FOKKER_PLANCK_LEAST = 14, GF_FOKKER_PLANCK_MOST = 32, GF_FOKKER_PLANCK_STEP = 6 };

typedef struct gf_fokker_planck {
    int sites, degree;
    double magnetization, energy, second_moment; /* stationary <m>, <e>, <m^2> */
    double even, odd; /* slowest rates per epsilon under m -> -m: `odd` is that of switching;
                         without the symmetry `even` is the slowest of all and `odd` NaN */
    double
        *probability; /* [sites + 1]: of m within 1/sites of M/sites, M = -sites, 2 - sites ... */
    double (*force)[GF_CHARGES]; /* [sites + 1]: mean of f over these m; NaN where nothing is */
    double error; /* what the last rise of the degree changed in rates and averages, relative */
} gf_fokker_planck;

/* At one degree; `error` is NaN. The caller frees the result; after a failure it is empty. */
gf_status gf_fokker_planck_at(const gf_surface *medium, int sites, int degree,
                              gf_fokker_planck *self, gf_error *error);

/* At rising degree until nothing changes by more than `tolerance`, or to the highest. */
gf_status gf_fokker_planck_find(const gf_surface *medium, int sites, double tolerance,
                                gf_fokker_planck *self, gf_error *error);
void gf_fokker_planck_free(gf_fokker_planck *self);

#endif
