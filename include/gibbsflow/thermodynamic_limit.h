/* What a sequence of finite-size values tends to, with an honest error.
 *
 * Finite-size corrections of Gibbs states fall off exponentially, but may alternate between even
 * and odd sizes and set in late. So nothing is extrapolated: the estimate is the last value, and
 * what may be missing follows from how the differences of neighbouring sizes shrink. */
#ifndef GIBBSFLOW_THERMODYNAMIC_LIMIT_H
#define GIBBSFLOW_THERMODYNAMIC_LIMIT_H

#include "gibbsflow/api.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

enum { GF_THERMODYNAMIC_LIMIT_SIZES = 5 }; /* values that an error takes */

typedef struct gf_thermodynamic_limit {
    double value;
    double error; /* infinite where the values do not settle */
} gf_thermodynamic_limit;

/* From the values x[count] of consecutive sizes, count >= 1. With D the larger of the last two
 * differences |x_k - x_(k-1)|, D' the larger of the two before, and r = D/D', the error is
 *
 *     2 max(D, 2 D r/(1 - r)):
 *
 * twice the last step seen, or twice the sum of all to come if every two sizes shrink them by r. It
 * is at least `rounding`, and infinite if r >= 1, if there are fewer than
 * GF_THERMODYNAMIC_LIMIT_SIZES values, or if one of the last is not finite. */
GF_API gf_thermodynamic_limit gf_thermodynamic_limit_estimate(const double *x, size_t count,
                                                              double rounding);

/* Two estimates of one quantity that differ by more than their errors together: one of them is
 * wrong, so both get their difference as error, unless theirs is larger. */
GF_API void gf_thermodynamic_limit_reconcile(gf_thermodynamic_limit *a, gf_thermodynamic_limit *b);

GF_END_DECLARATIONS

#endif
