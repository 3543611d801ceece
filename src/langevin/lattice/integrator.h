/* Ways to make a step. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_INTEGRATOR_H
#define GIBBSFLOW_LANGEVIN_LATTICE_INTEGRATOR_H

#include "langevin/equation/equation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gf_lattice;

/* An integrator has no memory: state, random numbers and the number of steps made determine
 * everything that follows. A new one is one file and one line in lattice.c. Its functions see the
 * lattice from inside (kind.h). */
typedef struct gf_integrator {
    const char *name;
    size_t fields;       /* as the equation has */
    bool takes_reversed; /* works with antiperiodic boundaries */
    bool takes_fixed;    /* works with fixed boundaries */
    int weak_order;
    /* A longer step is unstable; INFINITY if there is no such limit. */
    double (*longest_step)(const gf_dynamics *dynamics);
    void (*advance)(struct gf_lattice *lattice, uint64_t steps);
    /* The field at the present time from the state; NULL: the state is the field. */
    void (*observe)(const struct gf_lattice *lattice, double *m);
    /* Prepares and frees what else it needs; NULL: nothing. */
    gf_status (*begin)(struct gf_lattice *lattice, gf_error *error);
    void (*end)(struct gf_lattice *lattice);
} gf_integrator;

/* Heun's method (stochastic, additive noise): weak order 2. Linear stability: dt lambda < 2 with
 * lambda = 4 D/dx^2 + |f'|. In the linear case a mode of rate k has, with z = k dt, the stationary
 * variance (1-z/2)^2 / (1 - z + z^2/2 - z^3/8) times the exact one. */
extern const gf_integrator gf_integrator_heun;
/* Leimkuhler & Matthews (AMRX 2013) in Markovian form (Vilmart 2015): the state is the field less
 * half of the next noise. One force per step; weak order 1, but 2 in stationary averages at
 * thermal = 0, and exact stationary variances in the linear case. Stability as Heun's. */
extern const gf_integrator gf_integrator_leimkuhler_matthews;
/* Strang splitting: exact flow of the force (half a step), exact Ornstein-Uhlenbeck step of
 * diffusion and both noises in Fourier space (FFTW), half a flow. Weak order 2, stable for every
 * step; bias of stationary averages like dt cubic^2 (thermal/(2 D dx))^2 with conserved noise. The
 * state is the field less the last half flow; before the first step it is the field. */
extern const gf_integrator gf_integrator_exponential;
/* Two fields, multiplicative noise of Ito. q' = q + dt a(q) + noise of covariance dt B(q): weak
 * order 1. Stability as Heun's. */
extern const gf_integrator gf_integrator_euler_maruyama;
/* Anderson & Mattingly's weak trapezoidal method (Commun. Math. Sci. 9, 301 (2011)) at theta = 1/2:
 * half an Euler step with a(q), B(q) to q*, then half of one with 2 a(q*) - a(q) and the root of
 * 2 B(q*) - B(q), negative eigenvalues set to zero. Two evaluations, weak order 2 for any number of
 * noises whose directions do not depend on q: cell by cell and face by face they do not. Linear
 * stability as Heun's; the stationary variance of a mode of rate k is
 * (1 - z + z^2/2)/(1 - z + z^2/2 - z^3/8) of the exact one, z = k dt. */
extern const gf_integrator gf_integrator_weak_trapezoidal;

const gf_integrator *gf_integrator_find(const char *name); /* or NULL */
const char *gf_integrator_names(size_t fields);

#endif
