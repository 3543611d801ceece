#include "langevin/equation/cubic.h"

#include <math.h>

static const char *const parameters[] = {"epsilon", "gamma", "J", "D", "a", NULL};

static gf_status prepare(const double *parameter, const gf_noise_strength *noise,
                         gf_dynamics *dynamics, gf_error *error) {
    double epsilon = parameter[0], gamma = parameter[1], exchange = parameter[2];
    double diffusion = parameter[3], lattice = parameter[4];
    if (epsilon <= 0 || exchange <= 0 || diffusion <= 0 || lattice <= 0) {
        return gf_fail(error, GF_INVALID, "epsilon, J, D and a must be positive");
    }
    if (gamma <= 0.8 || gamma > 1) {
        return gf_fail(error, GF_INVALID,
                       "gamma = %g: the order-parameter equation is bistable for 4/5 < gamma <= 1",
                       gamma);
    }
    dynamics->scalar.diffusion = diffusion;
    dynamics->scalar.drive = noise->drive * lattice * exchange * epsilon * (1 - gamma);
    dynamics->scalar.thermal = noise->thermal;
    dynamics->scalar.linear = epsilon * exchange * (gamma / 4 - (1 - gamma));
    dynamics->scalar.cubic = epsilon * exchange * gamma / 4;
    dynamics->order = sqrt(5 - 4 / gamma);
    if (noise->renormalised) {
        double variance = noise->thermal / (2 * diffusion * dynamics->spacing);
        dynamics->scalar.linear += 3 * dynamics->scalar.cubic * variance;
    }
    return GF_OK;
}

const gf_equation gf_equation_order_parameter = {.name = "order-parameter",
                                                 .parameters = parameters,
                                                 .fields = 1,
                                                 .has_space = true,
                                                 .prepare = prepare,
                                                 .drift = gf_cubic_drift,
                                                 .flow = gf_cubic_flow,
                                                 .potential = gf_cubic_potential,
                                                 .stiffness = gf_cubic_stiffness};
