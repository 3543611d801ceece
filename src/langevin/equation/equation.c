#include "langevin/equation/equation.h"

#include <math.h>
#include <string.h>

static const gf_equation *const equations[] = {
    &gf_equation_order_parameter, &gf_equation_double_well, &gf_equation_hydrodynamics};

const gf_equation *gf_equation_find(const char *name) {
    for (size_t i = 0; i < sizeof equations / sizeof equations[0]; ++i) {
        if (strcmp(equations[i]->name, name) == 0) {
            return equations[i];
        }
    }
    return NULL;
}

const char *gf_equation_names(void) {
    return "order-parameter, double-well or hydrodynamics";
}

/* With A = drive dt/dx and B = thermal dt/dx^3: a^2 + b^2 = A + 2B and ab = B. */
void gf_dynamics_noise(const gf_dynamics *self, double dt, double *a, double *b) {
    double dx = self->spacing;
    double smooth = sqrt(self->drive * dt / dx),
           rough = sqrt(self->drive * dt / dx + 4 * self->thermal * dt / (dx * dx * dx));
    *a = (rough + smooth) / 2;
    *b = (rough - smooth) / 2;
}
