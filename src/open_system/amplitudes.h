/* Matrix elements <n|L|m> of a jump operator between the eigenstates of two blocks. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_AMPLITUDES_H
#define GIBBSFLOW_OPEN_SYSTEM_AMPLITUDES_H

#include "open_system/frames.h"

/* Column-major. `imaginary` is NULL where all of it vanishes; a zeroed struct stands for zeros. */
typedef struct gf_amplitudes {
    size_t rows, columns;
    double *real, *imaginary;
} gf_amplitudes;

/* One block of a family. */
typedef struct gf_place {
    size_t family;
    int slot, rung;
} gf_place;

/* `image` are the factors of the element that acts on the source states before L does: 0, or
 * GF_REFLECT for those at -momentum. Amplitudes between two families share a phase, which plays no
 * part in what the bath does: *phase, 0 before the first of them, is chosen to make them real where
 * that is possible. The caller frees the result; after a failure it is empty. */
gf_status gf_amplitudes_make(const gf_frames *frames, const gf_jump *jump, const gf_place *target,
                             const gf_place *source, int image, double complex *phase,
                             gf_amplitudes *result, gf_error *error);
void gf_amplitudes_free(gf_amplitudes *self);

static inline double complex gf_amplitude(const gf_amplitudes *self, size_t row, size_t column) {
    size_t at = column * self->rows + row;
    return self->real == NULL
               ? 0
               : self->real[at] + (self->imaginary != NULL ? self->imaginary[at] : 0) * I;
}

#endif
