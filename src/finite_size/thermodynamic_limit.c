#include "gibbsflow/thermodynamic_limit.h"

#include <math.h>
#include <stdbool.h>

/* The larger of the two differences that end at x[0]. */
static double larger_step(const double *x) {
    return fmax(fabs(x[0] - x[-1]), fabs(x[-1] - x[-2]));
}

gf_thermodynamic_limit gf_thermodynamic_limit_estimate(const double *x, size_t count,
                                                       double rounding) {
    const double *last = x + count - 1;
    gf_thermodynamic_limit limit = {.value = *last, .error = INFINITY};
    bool usable = count >= GF_THERMODYNAMIC_LIMIT_SIZES;
    for (int k = 0; k < GF_THERMODYNAMIC_LIMIT_SIZES && usable; ++k) {
        usable = isfinite(last[-k]);
    }
    if (!usable) {
        return limit;
    }
    double step = larger_step(last), before = larger_step(last - 2);
    if (step <= rounding) {
        limit.error = rounding;
    } else if (step < before) {
        double ratio = step / before;
        double to_come = 2 * step * ratio / (1 - ratio);
        limit.error = fmax(rounding, 2 * fmax(step, to_come));
    }
    return limit;
}

void gf_thermodynamic_limit_reconcile(gf_thermodynamic_limit *a, gf_thermodynamic_limit *b) {
    double difference = fabs(a->value - b->value);
    if (difference > a->error + b->error) {
        a->error = fmax(a->error, difference);
        b->error = fmax(b->error, difference);
    }
}
