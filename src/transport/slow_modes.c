#include "transport/slow_modes.h"

#include "algebra/current.h"
#include "transport/request.h"

#include <stdlib.h>
#include <string.h>

/* Relative to the sizes of both: a commutator that is smaller vanishes. */
static const double VANISHES = 1e-9;

/* --- modes ----------------------------------------------------------------------------------- */

void gf_slow_modes_free(gf_slow_modes *self) {
    gf_operator_free(&self->rest);
    for (size_t a = 0; a < GF_CHARGES; ++a) {
        gf_operator_free(&self->mode[a]);
        gf_operator_free(&self->force[a]);
        gf_operator_free(&self->current[a]);
    }
}

/* Fails unless the mode commutes with H_0. */
static gf_status check_mode(const gf_model *zeroth, const gf_operator *mode, const char *name,
                            gf_error *error) {
    gf_operator commutator = gf_operator_commutator(&zeroth->hamiltonian, mode);
    double size = gf_operator_size(&zeroth->hamiltonian) * gf_operator_size(mode);
    double left = gf_operator_size(&commutator);
    gf_status status = commutator.exhausted ? gf_fail_memory(error, "the slow modes") : GF_OK;
    if (status == GF_OK && left > VANISHES * size) {
        size_t worst = 0;
        while (cabs(commutator.terms[worst].coefficient) < left) {
            ++worst;
        }
        gf_operator one = {.terms = &commutator.terms[worst], .count = 1};
        char *text = gf_operator_format(&one, 0);
        status = gf_fail(error, GF_INVALID,
                         "the part H_0 of the Hamiltonian that `integrable` names is not, or not "
                         "by a boost: [H_0, %s] contains %.100s",
                         name, text != NULL ? text : "a term");
        free(text);
    }
    gf_operator_free(&commutator);
    return status;
}

static int span_of(const gf_operator *density) {
    int span = 0;
    for (size_t k = 0; k < density->count; ++k) {
        uint64_t mask = density->terms[k].plus | density->terms[k].minus | density->terms[k].z;
        int one = mask != 0 ? 64 - __builtin_clzll(mask) - __builtin_ctzll(mask) : 0;
        span = one > span ? one : span;
    }
    return span;
}

/* J_2 of H_0, and what two boosts make of it. */
static gf_status derive_modes(gf_slow_modes *self, gf_error *error) {
    static const char *const names[GF_CHARGES] = {"its J_2", "its J_2 boosted twice"};
    const gf_chain *chain = &self->zeroth.chain;
    gf_currents currents;
    gf_status status = gf_currents_derive(chain, &self->zeroth.hamiltonian, &currents, error);
    if (status != GF_OK) {
        return status;
    }
    const gf_operator *first = &currents.current[GF_ENERGY];
    gf_operator even = gf_charge_boosted(&currents, first);
    gf_operator second = gf_charge_boosted(&currents, &even);
    int needs = span_of(&second) + currents.range - 1;
    self->mode[0] = gf_density_total(first, currents.cell, chain);
    status = check_mode(&self->zeroth, &self->mode[0], names[0], error);
    if (status == GF_OK && chain->sites < needs) {
        status = gf_fail(error, GF_INVALID,
                         "the ring of %d sites is too short for the slow modes; use --sites %d or "
                         "more",
                         chain->sites, needs);
    }
    if (status == GF_OK) {
        self->mode[1] = gf_density_total(&second, currents.cell, chain);
        status = check_mode(&self->zeroth, &self->mode[1], names[1], error);
    }
    gf_operator_free(&even);
    gf_operator_free(&second);
    gf_currents_free(&currents);
    return status;
}

static gf_status check_model(const gf_model *model, gf_error *error) {
    if (!model->has_integrable) {
        return gf_fail(
            error, GF_INVALID,
            "--method memory needs to know which part of the Hamiltonian is integrable: "
            "add the indices of these entries to the model file, from 0 on, for instance "
            "integrable: [0, 1]");
    }
    return model->chain.periodic
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "--method memory needs a ring: use boundary: periodic, or --method full");
}

gf_status gf_slow_modes_derive(const gf_model *model, gf_slow_modes *self, gf_error *error) {
    *self = (gf_slow_modes){.zeroth = *model};
    gf_status status = check_model(model, error);
    if (status != GF_OK) {
        return status;
    }
    self->zeroth.hamiltonian = model->integrable;
    self->rest = gf_operator_sum(&model->hamiltonian, -1, &model->integrable);
    status = gf_transport_currents(model, self->current, error);
    if (status == GF_OK) {
        status = derive_modes(self, error);
    }
    for (size_t a = 0; a < GF_CHARGES && status == GF_OK; ++a) {
        gf_operator commutator = gf_operator_commutator(&self->rest, &self->mode[a]);
        self->force[a] = gf_operator_scaled(&commutator, CMPLX(0, 1));
        gf_operator_free(&commutator);
        status = self->force[a].exhausted ? gf_fail_memory(error, "the slow modes") : GF_OK;
    }
    if (status == GF_OK && gf_operator_size(&self->force[0]) == 0) {
        status = gf_fail(error, GF_INVALID,
                         "nothing makes the slow modes decay: what `integrable` leaves of the "
                         "Hamiltonian vanishes, or commutes with them");
    }
    if (status != GF_OK) {
        gf_slow_modes_free(self);
    }
    return status;
}

/* --- what multiplies V ----------------------------------------------------------------------- */

/* Whether twice the value of a parameter makes 2 V of V, and leaves H_0. */
static bool multiplies(const gf_model *model, const gf_operator *rest, size_t index) {
    bool result = false;
    gf_parameter *values = malloc((model->parameter_count + 1) * sizeof *values);
    gf_model *other = NULL;
    if (values == NULL) {
        return false;
    }
    memcpy(values, model->parameters, model->parameter_count * sizeof *values);
    values[index].value *= 2;
    const gf_settings settings = {.sites = model->chain.sites,
                                  .closure = GF_RING,
                                  .parameters = values,
                                  .count = model->parameter_count};
    if (gf_model_parse(model->yaml, strlen(model->yaml), model->name, &settings, &other, NULL) ==
        GF_OK) {
        gf_operator twice = gf_operator_sum(&other->hamiltonian, -1, &other->integrable);
        gf_operator expected = gf_operator_scaled(rest, 2);
        result = gf_operator_equal(&other->integrable, &model->integrable, NULL) &&
                 gf_operator_equal(&twice, &expected, NULL);
        gf_operator_free(&twice);
        gf_operator_free(&expected);
    }
    gf_model_free(other);
    free(values);
    return result;
}

const gf_parameter *gf_slow_modes_strength(const gf_model *model, const gf_slow_modes *self) {
    for (size_t i = 0; i < model->parameter_count; ++i) {
        const gf_parameter *one = &model->parameters[i];
        if (model->in_operators[i] && one->value != 0 && multiplies(model, &self->rest, i)) {
            return one;
        }
    }
    return NULL;
}
