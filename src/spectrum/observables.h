/* The force and noise operators of a model, averaged over the symmetries of its Hamiltonian.
 *
 * An eigenstate at magnetisation m stands for its images under the group. With A the average of an
 * operator over the elements that keep m and B that over those that turn it into -m, the images at
 * +-m have <A> and <B>. Kept are (A + B)/2, which is all that counts at m = 0, and (A - B)/2;
 * without a symmetry that turns m, A alone. What vanishes is left out. */
#ifndef GIBBSFLOW_SPECTRUM_OBSERVABLES_H
#define GIBBSFLOW_SPECTRUM_OBSERVABLES_H

#include "hilbert/elements.h"
#include "model/model.h"
#include "spectrum/block.h"

typedef struct gf_observables {
    size_t count;      /* channels x GF_OBSERVABLES */
    int *even_row;     /* [count]: of (A + B)/2 or A in the elements; -1: it vanishes */
    int *odd_row;      /* [count]: of (A - B)/2 */
    gf_elements *all;  /* even ones, then odd ones */
    gf_elements *even; /* at m = 0 */
} gf_observables;

/* The force and noise operators of every channel as they are, to the zeroed
 * observable[channel_count x GF_OBSERVABLES]; the caller frees them; after a failure they are
 * empty. */
gf_status gf_observables_of_bath(const gf_model *model, gf_operator *observable, gf_error *error);

/* A and B of an observable; B is 0 if no symmetry turns m. Check both for `exhausted`. */
void gf_observables_average(const gf_symmetry *symmetry, const gf_operator *observable,
                            gf_operator *a, gf_operator *b);

/* The caller frees the observables; after a failure they are empty. */
gf_status gf_observables_derive(const gf_model *model, const gf_symmetry *symmetry,
                                gf_observables *observables, gf_error *error);
void gf_observables_free(gf_observables *self);

/* The elements that a block needs. */
const gf_elements *gf_observables_of(const gf_observables *self, const gf_symmetry *symmetry,
                                     const gf_block *block);

/* <k> of a level of a solved block, or of its image at -m. */
double gf_observables_value(const gf_observables *self, const gf_block_levels *sector, size_t k,
                            size_t level, bool mirrored);

#endif
