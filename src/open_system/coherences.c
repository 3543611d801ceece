#include "open_system/coherences.h"

#include "open_system/amplitudes.h"

/* Coherences of one family and slot between a ket on one rung and a bra on another, which may be
 * the ket and bra of a variable or the other way round. */
typedef struct coherences {
    const gf_frames *frames;
    const gf_part *part;
    const double *variables;
    size_t family;
    int slot, ket, bra;
} coherences;

/* <ket|x|bra> of a variable seen from this side, and the two states; false: it is not among them.
 */
static bool element_of(const coherences *self, size_t i, int side, double complex *value,
                       uint32_t *ket, uint32_t *bra) {
    const gf_variable *v = &self->part->variable[i];
    if (v->regular || v->family != self->family || v->slot[0] != self->slot ||
        v->rung[side] != self->ket || v->rung[1 - side] != self->bra) {
        return false;
    }
    double complex x = self->variables[i] * (v->imaginary ? I : 1);
    *value = side == 0 ? x : conj(x);
    *ket = v->state[side];
    *bra = v->state[1 - side];
    return true;
}

static bool are_there(const coherences *self) {
    double complex value;
    uint32_t ket, bra;
    bool there = false;
    for (size_t i = 0; i < self->part->count && !there; ++i) {
        there = self->variables[i] != 0 && (element_of(self, i, 0, &value, &ket, &bra) ||
                                            element_of(self, i, 1, &value, &ket, &bra));
    }
    return there;
}

/* Re sum <bra|A|ket> <ket|x|bra>, A by its elements. */
static double trace_with(const coherences *self, const gf_amplitudes *elements) {
    double sum = 0;
    for (size_t i = 0; i < self->part->count; ++i) {
        for (int side = 0; side < 2; ++side) {
            double complex value;
            uint32_t ket, bra;
            if (element_of(self, i, side, &value, &ket, &bra)) {
                sum += creal(gf_amplitude(elements, bra, ket) * value);
            }
        }
    }
    return sum;
}

/* L' [Q, L] of one jump operator. Where states are even and odd under F the magnetisation leads
 * from one slot to the other, and so it is taken with the sign of M beside it: kets of the other
 * slot stand for those of this one, and there are none at M = 0. */
static gf_status add_jump(const coherences *self, const gf_jump *jump, const gf_operator *charge,
                          bool turned, double *push, gf_error *error) {
    if (turned && !gf_frames_split(self->frames, self->ket)) {
        return GF_OK;
    }
    gf_operator adjoint = gf_operator_adjoint(&jump->operator);
    gf_operator change = gf_operator_commutator(charge, &jump->operator);
    gf_jump whole = {.operator= gf_operator_product(&adjoint, &change)};
    gf_place target = {self->family, self->slot, self->bra};
    gf_place source = {self->family, turned ? 1 - self->slot : self->slot, self->ket};
    double complex phase = 1;
    gf_amplitudes elements = {0};
    gf_status status = whole.operator.exhausted
                           ? gf_fail_memory(error, "the force of coherences")
                           : gf_amplitudes_make(self->frames, &whole, &target, &source, 0, &phase,
                                                &elements, error);
    if (status == GF_OK) {
        *push += jump->weight * trace_with(self, &elements) / self->frames->sites;
        gf_amplitudes_free(&elements);
    }
    gf_operator_free(&whole.operator);
    gf_operator_free(&change);
    gf_operator_free(&adjoint);
    return status;
}

static gf_status add_rungs(const coherences *self, const gf_model *model,
                           double push[GF_CHARGES][GF_MAX_RUNGS], gf_error *error) {
    const gf_bath *bath = self->frames->bath;
    gf_operator magnetization = gf_chain_magnetization(&model->chain);
    const gf_operator *charges[GF_CHARGES] = {&magnetization, &model->hamiltonian};
    gf_status status = GF_OK;
    for (size_t k = 0; k < bath->count * GF_CHARGES && status == GF_OK; ++k) {
        size_t i = k % GF_CHARGES;
        bool turned = i == 0 && self->frames->slots == GF_SLOTS;
        status = add_jump(self, &bath->jumps[k / GF_CHARGES], charges[i], turned,
                          &push[i][self->ket], error);
    }
    gf_operator_free(&magnetization);
    return status;
}

gf_status gf_coherences_push(const gf_solution *self, const gf_part *part, const double *variables,
                             double push[GF_CHARGES][GF_MAX_RUNGS], gf_error *error) {
    coherences work = {.frames = &self->frames, .part = part, .variables = variables};
    size_t rungs = (size_t)self->frames.rungs;
    size_t places = part->coherences > 0 ? self->frames.families * GF_SLOTS * rungs * rungs : 0;
    gf_status status = GF_OK;
    for (size_t k = 0; k < places && status == GF_OK; ++k) {
        work.bra = (int)(k % rungs);
        work.ket = (int)(k / rungs % rungs);
        work.slot = (int)(k / rungs / rungs % GF_SLOTS);
        work.family = k / rungs / rungs / GF_SLOTS;
        status = are_there(&work) ? add_rungs(&work, self->model, push, error) : GF_OK;
    }
    return status;
}
