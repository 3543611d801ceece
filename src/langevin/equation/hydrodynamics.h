/* The numbers of the hydrodynamics of two densities q = (m, e), Eq. (11) of Lange & Rosch,
 * "Bistabilities and domain walls in weakly open quantum systems", on cells of width dx:
 *
 *   dq_i/dt = sum_j d/dr (D_ij dq_j/dr) + epsilon f_i(q) + xi_i + d(xi_th,i)/dr,
 *   <xi_i xi_j> = drive epsilon N_ij(q),   <xi_th,i xi_th,j> = thermal (D C(q) + C(q) D^T)_ij,
 *
 * both noises in the sense of Ito: taken at the state before the step. What the densities do comes
 * from a medium, usually a gf_surface.
 *
 * Between two cells C is the mean of theirs, and so is D where it depends on them. What flows over
 * a face leaves one cell and enters the other, so that diffusion and thermal noise conserve both
 * charges exactly. The noise of a face, of covariance D C + C D^T there, is averaged over the
 * `filter` faces around it (an even number leans to either side in turn, step by step): conserved
 * noise is cut off at the length cutoff = filter dx. Its spectrum is that of the faces times
 * (sin(kl/2)/(kl/2))^2, l = cutoff, whose integral gives cells the variance C/cutoff where C and D
 * are constant, whatever dx; with cutoff = dx it is the plain C/dx.
 *
 * With an Onsager matrix sigma in place of D, D = sigma C^-1 and the noise is 2 sigma. Where C
 * vanishes, at the border, D would be infinite: both are reduced by one factor so that the trace of
 * D stays below `largest`.
 *
 * A cell that noise carries out of the region of possible densities keeps what it has, so that
 * nothing is lost; force, noise and C are those of a point on the border, which the medium supplies
 * (a gf_surface: m clamped to [-1, 1], then e to its range there). C vanishes at the border: the
 * force and its neighbours bring the cell back. Such cells are counted (GF_COUNT_OUTSIDE). */
#ifndef GIBBSFLOW_LANGEVIN_EQUATION_HYDRODYNAMICS_H
#define GIBBSFLOW_LANGEVIN_EQUATION_HYDRODYNAMICS_H

#include "gibbsflow/diffusion.h"
#include "gibbsflow/error.h"
#include "gibbsflow/surface.h"

#include <stdbool.h>
#include <stddef.h>

/* Force, noise and susceptibility at many densities: values[k] at (m[k], e[k]), in the order of
 * GF_SURFACE_FORCE ...; returns how many lay outside the region. In single precision, in which
 * noises are computed; densities and fluxes are double. */
typedef struct gf_medium {
    size_t (*evaluate)(const void *context, size_t count, const double *m, const double *e,
                       float (*values)[GF_SURFACE_VALUES]);
    const void *context;
} gf_medium;

/* What passes between neighbouring cells. */
typedef enum gf_transport_law {
    GF_TRANSPORT_CONSTANT, /* D is the same everywhere */
    GF_TRANSPORT_ONSAGER,  /* D = sigma C^-1 */
    GF_TRANSPORT_VARYING,  /* D depends on the densities */
    GF_TRANSPORT_NONE      /* nothing: every cell is a block of its own, without thermal noise */
} gf_transport_law;

typedef struct gf_hydrodynamics {
    gf_medium medium; /* f, N per epsilon; C */
    double epsilon;
    gf_transport_law law;
    double transport[GF_CHARGES][GF_CHARGES]; /* D, or sigma */
    const gf_diffusion *diffusion;            /* D where it varies */
    double largest;                           /* of the trace of D, where it is sigma C^-1 */
    double drive, thermal;                    /* factors of the two noises */
    size_t filter;    /* cutoff / dx: faces over which the thermal noise is averaged */
    double stiffness; /* largest |eigenvalue of df/dq| met, per epsilon */
    bool bistable;    /* there are two stable points */
    /* of smaller, of larger m; NAN where there is none */
    double minus[GF_CHARGES], plus[GF_CHARGES], saddle[GF_CHARGES];
} gf_hydrodynamics;

/* Finds the points where the force of a surface, bare, vanishes inside the region: sets bistable,
 * minus, plus (the stable points of smallest and largest m), saddle (the one between them of
 * smallest |m|, or the only one) and stiffness. */
void gf_hydrodynamics_locate(gf_hydrodynamics *self, const gf_surface *surface);

/* The largest |eigenvalue of df/dq| of a surface, per epsilon, over a mesh in the region. */
double gf_hydrodynamics_stiffness(const gf_surface *surface);

/* An explicit step must be shorter than 2/(this): the fastest decay, 4 D/dx^2 + epsilon |df/dq|. */
double gf_hydrodynamics_rate(const gf_hydrodynamics *self, double spacing);

#endif
