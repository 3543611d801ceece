/* What is exactly known of the order-parameter model without conserved noise: averages of the
 * transfer operator with eigenvalues E0 < E1 < ... (langevin/measure/transfer.h). */
#ifndef GIBBSFLOW_TRANSFER_H
#define GIBBSFLOW_TRANSFER_H

#include "gibbsflow/error.h"

typedef struct gf_transfer {
    double gap;                /* E1 - E0 */
    double correlation_length; /* 1/gap */
    double dilute_density;     /* gap/2: the wall density where walls are far apart */
    double second_moment;      /* <m^2> of a cell */
    double count_density;      /* walls per length counted with hysteresis, unsmoothed */
} gf_transfer;

#endif
