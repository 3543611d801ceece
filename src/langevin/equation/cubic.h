/* Diffusion and the force linear m - cubic m^3, and what follows from it: shared by the equations
 * that have it. */
#ifndef GIBBSFLOW_LANGEVIN_EQUATION_CUBIC_H
#define GIBBSFLOW_LANGEVIN_EQUATION_CUBIC_H

#include "langevin/equation/equation.h"

void gf_cubic_drift(const gf_dynamics *dynamics, const gf_stage *stage, size_t count,
                    const double *old, const double *m, double *result);
void gf_cubic_flow(const gf_dynamics *dynamics, double time, size_t count, double *m);
double gf_cubic_potential(const gf_dynamics *dynamics, double m);
double gf_cubic_stiffness(const gf_dynamics *dynamics);

#endif
