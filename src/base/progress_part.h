/* Progress of a part of some work, as progress of the whole. */
#ifndef GIBBSFLOW_PROGRESS_PART_H
#define GIBBSFLOW_PROGRESS_PART_H

#include "gibbsflow/progress.h"

/* The part that begins at `from` and is `width` of the whole, which is 1. */
typedef struct gf_progress_part {
    const gf_progress *whole; /* or NULL */
    double from, width;
} gf_progress_part;

/* What the part is to report to, as long as `self` exists. */
gf_progress gf_progress_of_part(gf_progress_part *self);

/* Goes on to the next part, of another width. */
void gf_progress_part_next(gf_progress_part *self, double width);

#endif
