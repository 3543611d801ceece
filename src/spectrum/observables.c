#include "spectrum/observables.h"

#include "algebra/dissipator.h"

#include <stdlib.h>

gf_status gf_observables_of_bath(const gf_model *model, gf_operator *observable, gf_error *error) {
    gf_charges charges = gf_charges_of(&model->chain, &model->hamiltonian);
    bool exhausted = false, finite = true;
    for (size_t c = 0; c < model->channel_count && !exhausted; ++c) {
        gf_dissipator bath =
            gf_dissipator_derive(&model->chain, &charges, &model->channels[c].jump);
        exhausted = gf_dissipator_exhausted(&bath);
        finite = finite && gf_dissipator_is_finite(&bath);
        for (size_t i = 0; i < GF_OBSERVABLES; ++i) {
            observable[c * GF_OBSERVABLES + i] = bath.observable[i];
        }
    }
    gf_charges_free(&charges);
    for (size_t k = 0; k < model->channel_count * GF_OBSERVABLES && (exhausted || !finite); ++k) {
        gf_operator_free(&observable[k]);
    }
    return exhausted ? gf_fail_memory(error, "the force and noise operators")
           : finite  ? GF_OK
                     : gf_fail(error, GF_INVALID,
                               "the force and noise operators of %s overflow: its energies, or its "
                                "jump operators, are too large",
                               model->name);
}

void gf_observables_average(const gf_symmetry *symmetry, const gf_operator *observable,
                            gf_operator *a, gf_operator *b) {
    gf_operator diagonal = gf_operator_conserving(observable);
    *a = gf_symmetry_average(symmetry, &diagonal, false);
    *b = gf_symmetry_average(symmetry, &diagonal, true);
    gf_operator_free(&diagonal);
}

/* *even = (A + B)/2 and *odd = (A - B)/2, or A and 0. */
static void split(const gf_symmetry *symmetry, const gf_operator *observable, gf_operator *even,
                  gf_operator *odd) {
    gf_operator a, b;
    gf_observables_average(symmetry, observable, &a, &b);
    if (!gf_symmetry_flips(symmetry)) {
        *even = a;
        *odd = b;
        return;
    }
    gf_operator sum = gf_operator_sum(&a, 1, &b), difference = gf_operator_sum(&a, -1, &b);
    *even = gf_operator_scaled(&sum, 0.5);
    *odd = gf_operator_scaled(&difference, 0.5);
    gf_operator_free(&a);
    gf_operator_free(&b);
    gf_operator_free(&sum);
    gf_operator_free(&difference);
}

/* Moves operators that do not vanish to the front; row[k] says where the k-th went. */
static size_t compact(gf_operator *operators, size_t count, size_t first, int *row) {
    size_t kept = 0;
    for (size_t k = 0; k < count; ++k) {
        row[k] = operators[k].count > 0 ? (int)(first + kept) : -1;
        if (row[k] >= 0) {
            gf_operator moved = operators[k];
            operators[k] = (gf_operator){0};
            operators[kept++] = moved;
        }
    }
    return kept;
}

static gf_status derive(const gf_model *model, const gf_symmetry *symmetry, gf_operator *even,
                        gf_operator *odd, gf_error *error) {
    size_t count = model->channel_count * GF_OBSERVABLES;
    bool exhausted = false;
    gf_operator *bath = calloc(count, sizeof *bath);
    gf_status status = bath != NULL ? gf_observables_of_bath(model, bath, error)
                                    : gf_fail_memory(error, "the force and noise operators");
    for (size_t k = 0; k < count && bath != NULL; ++k) {
        if (status == GF_OK && !exhausted) {
            split(symmetry, &bath[k], &even[k], &odd[k]);
            exhausted = even[k].exhausted || odd[k].exhausted;
        }
        gf_operator_free(&bath[k]);
    }
    free(bath);
    return exhausted ? gf_fail_memory(error, "the force and noise operators") : status;
}

gf_status gf_observables_derive(const gf_model *model, const gf_symmetry *symmetry,
                                gf_observables *observables, gf_error *error) {
    size_t count = model->channel_count * GF_OBSERVABLES;
    gf_operator *operators = calloc(2 * count, sizeof *operators);
    *observables = (gf_observables){.count = count,
                                    .even_row = calloc(count, sizeof(int)),
                                    .odd_row = calloc(count, sizeof(int))};
    gf_status status = GF_OK;
    if (operators == NULL || observables->even_row == NULL || observables->odd_row == NULL) {
        status = gf_fail_memory(error, "the force and noise operators");
    }
    if (status == GF_OK) {
        status = derive(model, symmetry, operators, operators + count, error);
    }
    if (status == GF_OK) {
        size_t even = compact(operators, count, 0, observables->even_row);
        size_t odd = compact(operators + count, count, even, observables->odd_row);
        status = gf_elements_create(operators, even, &observables->even, error);
        for (size_t k = 0; k < odd && status == GF_OK; ++k) { /* close the gap */
            gf_operator moved = operators[count + k];
            operators[count + k] = (gf_operator){0};
            operators[even + k] = moved;
        }
        if (status == GF_OK) {
            status = gf_elements_create(operators, even + odd, &observables->all, error);
        }
    }
    for (size_t k = 0; k < 2 * count && operators != NULL; ++k) {
        gf_operator_free(&operators[k]);
    }
    free(operators);
    if (status != GF_OK) {
        gf_observables_free(observables);
    }
    return status;
}

void gf_observables_free(gf_observables *self) {
    free(self->even_row);
    free(self->odd_row);
    gf_elements_free(self->all);
    gf_elements_free(self->even);
    *self = (gf_observables){0};
}

const gf_elements *gf_observables_of(const gf_observables *self, const gf_symmetry *symmetry,
                                     const gf_block *block) {
    return 2 * block->up == symmetry->sites ? self->even : self->all;
}

double gf_observables_value(const gf_observables *self, const gf_block_levels *sector, size_t k,
                            size_t level, bool mirrored) {
    double value = 0;
    if (self->even_row[k] >= 0) {
        value = sector->observable[(size_t)self->even_row[k] * sector->levels + level];
    }
    if (self->odd_row[k] >= 0 && (size_t)self->odd_row[k] < sector->rows) {
        double odd = sector->observable[(size_t)self->odd_row[k] * sector->levels + level];
        value += mirrored ? -odd : odd;
    }
    return value;
}
