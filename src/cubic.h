/* The force linear m - cubic m^3 and what follows from it: shared by the equations that have it. */
#ifndef GIBBSFLOW_CUBIC_H
#define GIBBSFLOW_CUBIC_H

#include "gibbsflow/equation.h"

void gf_cubic_force(const gf_dynamics *dynamics, size_t count, const double *m, double *f);
void gf_cubic_flow(const gf_dynamics *dynamics, double time, size_t count, double *m);
double gf_cubic_potential(const gf_dynamics *dynamics, double m);
double gf_cubic_stiffness(const gf_dynamics *dynamics);

#endif
