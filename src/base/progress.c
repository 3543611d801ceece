#include "gibbsflow/progress.h"

#include <stddef.h>

void gf_progress_update(const gf_progress *self, double fraction) {
    if (self != NULL && self->update != NULL) {
        self->update(self->context, fraction);
    }
}
