#include "langevin/equation/equation.h"

#include <math.h>

/* With A = drive dt/dx and B = thermal dt/dx^3: a^2 + b^2 = A + 2B and ab = B. */
void gf_dynamics_noise(const gf_dynamics *self, double dt, double *a, double *b) {
    const gf_scalar *scalar = &self->scalar;
    double dx = self->spacing;
    double smooth = sqrt(scalar->drive * dt / dx),
           rough = sqrt(scalar->drive * dt / dx + 4 * scalar->thermal * dt / (dx * dx * dx));
    *a = (rough + smooth) / 2;
    *b = (rough - smooth) / 2;
}
