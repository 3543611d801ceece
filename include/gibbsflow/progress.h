/* How long work tells its caller how far it is. */
#ifndef GIBBSFLOW_PROGRESS_H
#define GIBBSFLOW_PROGRESS_H

#include "gibbsflow/api.h"

GF_BEGIN_DECLARATIONS

/* `update` is called now and then, by one thread at a time, with the fraction done in [0,1]. A NULL
 * gf_progress, or a NULL update, reports nothing. */
typedef struct gf_progress {
    void (*update)(void *context, double fraction);
    void *context;
} gf_progress;

GF_API void gf_progress_update(const gf_progress *self, double fraction);

GF_END_DECLARATIONS

#endif
