#include "base/progress_part.h"

static void update_part(void *context, double fraction) {
    const gf_progress_part *self = context;
    double done = self->from + fraction * self->width;
    gf_progress_update(self->whole, done < 1 ? done : 1);
}

gf_progress gf_progress_of_part(gf_progress_part *self) {
    return (gf_progress){.update = update_part, .context = self};
}

void gf_progress_part_next(gf_progress_part *self, double width) {
    self->from += self->width;
    self->width = width;
}
