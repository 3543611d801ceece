#include "langevin/equation/cubic.h"

#include <math.h>

static const char *const parameters[] = {"alpha", "mu", NULL};

static gf_status prepare(const double *parameter, const gf_noise_strength *noise,
                         gf_dynamics *dynamics, gf_error *error) {
    double alpha = parameter[0], mu = parameter[1];
    (void)noise;
    if (alpha < 0 || mu <= 0) {
        return gf_fail(error, GF_INVALID, "mu must be positive and alpha not negative");
    }
    dynamics->scalar.diffusion = 0;
    dynamics->scalar.drive = 2 * alpha * dynamics->spacing; /* every cell is a particle */
    dynamics->scalar.thermal = 0;
    dynamics->scalar.linear = mu;
    dynamics->scalar.cubic = 1;
    dynamics->order = sqrt(mu);
    return GF_OK;
}

const gf_equation gf_equation_double_well = {.name = "double-well",
                                             .parameters = parameters,
                                             .fields = 1,
                                             .has_space = false,
                                             .prepare = prepare,
                                             .drift = gf_cubic_drift,
                                             .flow = gf_cubic_flow,
                                             .potential = gf_cubic_potential,
                                             .stiffness = gf_cubic_stiffness};
