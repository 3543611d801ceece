/* Standard errors by leaving out one group of the data after the other (the jackknife; Efron 1982):
 * of any function of sums over groups that fluctuate independently of one another. */
#ifndef GIBBSFLOW_LANGEVIN_MEASURE_LEAVE_OUT_H
#define GIBBSFLOW_LANGEVIN_MEASURE_LEAVE_OUT_H

#include <math.h>

typedef struct gf_leave_out {
    double groups, sum, square;
} gf_leave_out;

/* `change`: of the function's value where a group is left out. */
static inline void gf_leave_out_add(gf_leave_out *self, double change) {
    self->groups += 1;
    self->sum += change;
    self->square += change * change;
}

/* NaN for fewer than two groups. */
static inline double gf_leave_out_error(const gf_leave_out *self) {
    double variance = fmax(self->square - self->sum * self->sum / self->groups, 0);
    return self->groups > 1 ? sqrt(variance * (self->groups - 1) / self->groups) : NAN;
}

#endif
