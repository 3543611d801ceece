/* Langevin equations of one field, or of two (hydrodynamics.h). Of one:
 *
 *   dm/dt = D d2m/dr2 + f(m) + xi + d(xi_th)/dr,   <xi xi> = drive, <xi_th xi_th> = thermal
 *
 * (Eq. 15 of Lange & Rosch, "Bistabilities and domain walls in weakly open quantum systems"), on
 * cells of width dx; m is a cell average. Equations are a table: a new one is one file here, and
 * the way to read its runs (langevin/run/kind.h).
 *
 * The conserved noise lives on the faces between cells. Over a time step both noises together give
 * a cell the Gaussian increment w_j with
 *
 *   <w_i w_j> / dt = drive/dx delta_ij + thermal/dx^3 (2 delta_ij - delta_i,j-1 - delta_i,j+1),
 *
 * which is that of the moving average w_j = a g_j - b g_{j+1} of one Gaussian g per cell: one
 * random number does the work of two, exactly (gf_dynamics_noise). */
#ifndef GIBBSFLOW_LANGEVIN_EQUATION_EQUATION_H
#define GIBBSFLOW_LANGEVIN_EQUATION_EQUATION_H

#include "gibbsflow/error.h"
#include "langevin/equation/hydrodynamics.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct gf_equation gf_equation;

/* The numbers of one field. */
typedef struct gf_scalar {
    double diffusion;      /* D */
    double drive, thermal; /* strengths of the two noises */
    double linear, cubic;  /* f(m) = linear m - cubic m^3 */
} gf_scalar;

/* An equation with its numbers, on cells of a given width. */
typedef struct gf_dynamics {
    const gf_equation *equation;
    double spacing;       /* dx */
    double middle, order; /* the stable values of m are middle +- order, of the force as printed,
                             before renormalisation; order is NaN where there are no two */
    union {
        gf_scalar scalar;               /* where equation->fields is 1 */
        gf_hydrodynamics hydrodynamics; /* where it is GF_CHARGES */
    };
} gf_dynamics;

/* How the noises of a run are given: multiples of the model's own strength. */
typedef struct gf_noise_strength {
    double drive, thermal;
    bool renormalised;       /* the force lacks what fluctuations of a cell add to it: of one field,
                                m^3 - 3 (thermal / (2 D dx)) m in place of m^3 */
    bool renormalised_noise; /* so does the noise of two fields; that of one is constant */
    double cutoff;           /* length at which conserved noise of two fields is cut off */
} gf_noise_strength;

/* The weights of a stage; see drift below. */
typedef struct gf_stage {
    double old_weight, weight, time;
} gf_stage;

struct gf_equation {
    const char *name;
    const char *const *parameters; /* names, NULL-terminated; the first is the usual sweep */
    size_t fields;                 /* 1: m alone; GF_CHARGES: a density of each charge */
    bool has_space;                /* false: the cells are independent copies */

    /* Fills everything but equation and spacing, and of two fields but medium, transport and the
     * points where the force vanishes; parameter[] in the order of the names. Fails where
     * the equation makes no sense. */
    gf_status (*prepare)(const double *parameter, const gf_noise_strength *noise,
                         gf_dynamics *dynamics, gf_error *error);
    /* All below: of one field alone, else NULL.
     *
     * A stage of a step: result[i] = old_weight old[i] + weight m[i] + time F(m)[i] with the drift
     * F(m) = D d2m/dr2 + f(m). m[-1] and m[count] are read; result may be old, not m. */
    void (*drift)(const gf_dynamics *dynamics, const gf_stage *stage, size_t count,
                  const double *old, const double *m, double *result);
    /* Follows dm/dt = f(m) for a time, exactly. */
    void (*flow)(const gf_dynamics *dynamics, double time, size_t count, double *m);
    double (*potential)(const gf_dynamics *dynamics, double m); /* v, f = -dv/dm */
    double (*stiffness)(const gf_dynamics *dynamics);           /* largest |f'| up to |m| = m0 */
};

/* The coefficients a and b of the moving average above, of one field, for a step of length dt. */
void gf_dynamics_noise(const gf_dynamics *self, double dt, double *a, double *b);

/* Eq. (15): f(m) = epsilon J (gamma/4 (1 - m^2) - (1 - gamma)) m,
 * drive = noise.drive a J epsilon (1 - gamma), thermal = noise.thermal; m0 = sqrt(5 - 4/gamma). */
extern const gf_equation gf_equation_order_parameter;
/* The particle of Fig. 1: dx/dt = mu x - x^3 + sqrt(2 alpha) xi. Stationary: exp(-V(x)/alpha). */
extern const gf_equation gf_equation_double_well;
/* Eq. (11): magnetisation and energy, with a force table (hydrodynamics.h). */
extern const gf_equation gf_equation_hydrodynamics;

#endif
