#include "langevin/measure/paper_fit.h"

#include <math.h>
#include <stddef.h>

const gf_paper_fit gf_paper_fit_both_noises = {.amplitude = 2.93e-2,
                                               .exponent = 0.56,
                                               .from = 0.06,
                                               .to = 0.4,
                                               .figure = "Fig. 5",
                                               .text = "A = 2.93e-2 +- 0.06e-2, c = 0.56 +- 0.2"};
const gf_paper_fit gf_paper_fit_drive_alone = {.amplitude = 4.4e-2,
                                               .exponent = 0.98,
                                               .from = 0.06,
                                               .to = 0.4,
                                               .figure = "Fig. 6",
                                               .text = "A = 4.4e-2 +- 0.06e-2, c = 0.98 (fixed)"};

const gf_paper_fit *gf_paper_fit_find(double gamma, bool conserved_noise) {
    if (!(fabs(gamma - 0.875) <= 1e-9)) {
        return NULL;
    }
    return conserved_noise ? &gf_paper_fit_both_noises : &gf_paper_fit_drive_alone;
}

double gf_paper_fit_value(const gf_paper_fit *self, double x) {
    return self->amplitude * pow(x, 0.25) * exp(-self->exponent / sqrt(x));
}
