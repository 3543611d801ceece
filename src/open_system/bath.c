#include "open_system/bath.h"

#include "spectrum/spectrum.h"

#include <stdlib.h>

/* --- the dissipator as one operator ---------------------------------------------------------- */

static void append_pair(gf_operator *sum, const gf_operator *jump, double weight, int sites) {
    for (size_t a = 0; a < jump->count; ++a) {
        for (size_t b = 0; b < jump->count; ++b) {
            const gf_operator_term *ket = &jump->terms[a], *bra = &jump->terms[b];
            gf_operator_append(sum, (gf_operator_term){.coefficient = weight * ket->coefficient *
                                                                      conj(bra->coefficient),
                                                       .plus = ket->plus | bra->plus << sites,
                                                       .minus = ket->minus | bra->minus << sites,
                                                       .z = ket->z | bra->z << sites});
        }
    }
}

/* J of all jump operators, each turned by the element. */
static gf_operator dissipator(const gf_bath *self, int shift, int factors) {
    gf_operator sum = {0};
    for (size_t k = 0; k < self->count; ++k) {
        gf_operator turned =
            gf_symmetry_image(&self->symmetry, &self->jumps[k].operator, shift, factors);
        sum.exhausted = sum.exhausted || turned.exhausted;
        append_pair(&sum, &turned, self->jumps[k].weight, self->sites);
        gf_operator_free(&turned);
    }
    gf_operator_normalize(&sum);
    return sum;
}

static bool keeps_bath(const gf_bath *self, const gf_operator *all, int shift, int factors,
                       bool *exhausted) {
    gf_operator turned = dissipator(self, shift, factors);
    bool equal = gf_operator_equal(all, &turned, NULL);
    *exhausted = *exhausted || turned.exhausted;
    gf_operator_free(&turned);
    return equal;
}

static int turned_up(const gf_operator_term *term, uint64_t mask) {
    return __builtin_popcountll(term->plus & mask) - __builtin_popcountll(term->minus & mask);
}

/* Rotations about z give ket and bra opposite phases: what turns as many spins in both is left. */
static bool rotates(const gf_operator *all, int sites) {
    uint64_t ring = ((uint64_t)1 << sites) - 1;
    for (size_t i = 0; i < all->count; ++i) {
        if (turned_up(&all->terms[i], ring) != turned_up(&all->terms[i], ring << sites)) {
            return false;
        }
    }
    return true;
}

static bool commutes_with_flip(const gf_bath *self) {
    bool all = true;
    for (size_t k = 0; k < self->count && all; ++k) {
        gf_operator turned =
            gf_symmetry_image(&self->symmetry, &self->jumps[k].operator, 0, GF_FLIP);
        all = !turned.exhausted && gf_operator_equal(&self->jumps[k].operator, & turned, NULL);
        gf_operator_free(&turned);
    }
    return all;
}

/* --- making ---------------------------------------------------------------------------------- */

static gf_status place_jumps(gf_bath *self, const gf_model *model, gf_error *error) {
    size_t most = model->channel_count * (size_t)self->sites;
    self->jumps = calloc(most + 1, sizeof *self->jumps);
    bool exhausted = self->jumps == NULL;
    for (size_t c = 0; c < model->channel_count && !exhausted; ++c) {
        const gf_channel *channel = &model->channels[c];
        for (int site = 0; site < self->sites && channel->rate > 0; ++site) {
            if (!gf_chain_holds(&model->chain, &channel->jump, site)) {
                continue;
            }
            gf_operator placed = gf_chain_place(&model->chain, &channel->jump, site);
            exhausted = exhausted || placed.exhausted;
            self->jumps[self->count++] =
                (gf_jump){.operator= placed, .weight = channel->rate, .site = site, .channel = c};
        }
    }
    return exhausted ? gf_fail_memory(error, "the jump operators") : GF_OK;
}

static void find_reach(gf_bath *self) {
    for (size_t k = 0; k < self->count; ++k) {
        for (size_t i = 0; i < self->jumps[k].operator.count; ++i) {
            int change = abs(turned_up(&self->jumps[k].operator.terms[i], ~(uint64_t)0));
            self->reach = change > self->reach ? change : self->reach;
        }
    }
}

static bool has_flip(int factors) {
    return (factors & GF_FLIP) != 0;
}

/* Momenta k and -k are taken together where a reflection joins them, not where only the complex
 * conjugation does: coherences of coinciding levels would be each other's conjugates. */
static void drop_conjugation(gf_symmetry *group) {
    bool alone = group->translations > 1 && group->has[GF_CONJUGATE] && !group->has[GF_REFLECT];
    for (int factors = 0; factors < GF_FACTOR_SETS && alone; ++factors) {
        group->has[factors] = group->has[factors] && (factors & GF_CONJUGATE) == 0;
    }
}

/* The smallest multiple of the step of H by which the bath may be moved, too. */
static void find_translation(gf_bath *self, const gf_operator *all, bool *exhausted) {
    gf_symmetry *group = &self->symmetry;
    int first = group->step > 0 ? group->step : 1;
    for (int step = first; group->translations > 1 && step < self->sites; step += first) {
        group->step = step;
        if (self->sites % step == 0 && keeps_bath(self, all, 1, 0, exhausted)) {
            group->translations = self->sites / step;
            return;
        }
    }
    group->step = first;
    group->translations = 1;
}

static gf_status find_symmetries(gf_bath *self, const gf_model *model, gf_error *error) {
    gf_status status = gf_spectrum_symmetry(model, &self->symmetry, error);
    gf_operator all = dissipator(self, 0, 0);
    bool exhausted = all.exhausted;
    gf_symmetry *group = &self->symmetry;
    if (status == GF_OK) {
        find_translation(self, &all, &exhausted);
    }
    for (int factors = 1; factors < GF_FACTOR_SETS && status == GF_OK; ++factors) {
        group->has[factors] = group->has[factors] && keeps_bath(self, &all, 0, factors, &exhausted);
    }
    self->rotates = rotates(&all, self->sites);
    self->flips = group->has[GF_FLIP];
    self->strong_flip = self->flips && commutes_with_flip(self);
    self->even_odd = self->flips && !self->rotates;
    for (int factors = 1; factors < GF_FACTOR_SETS; ++factors) {
        group->has[factors] = group->has[factors] && (!has_flip(factors) || self->even_odd);
    }
    drop_conjugation(group);
    gf_operator_free(&all);
    return status == GF_OK && exhausted ? gf_fail_memory(error, "the symmetries of the bath")
                                        : status;
}

/* What a translation joins is the same: only the jumps that begin in its first step remain. */
static void keep_first_sites(gf_bath *self) {
    int step = self->symmetry.step > 0 ? self->symmetry.step : 1;
    size_t kept = 0;
    for (size_t k = 0; k < self->count && self->symmetry.translations > 1; ++k) {
        if (self->jumps[k].site < step) {
            self->jumps[kept] = self->jumps[k];
            self->jumps[kept++].weight *= self->symmetry.translations;
        } else {
            gf_operator_free(&self->jumps[k].operator);
        }
    }
    self->count = self->symmetry.translations > 1 ? kept : self->count;
}

gf_status gf_bath_init(gf_bath *self, const gf_model *model, gf_error *error) {
    *self = (gf_bath){.sites = model->chain.sites};
    gf_status status = place_jumps(self, model, error);
    if (status == GF_OK && self->count == 0) {
        status =
            gf_fail(error, GF_INVALID,
                    "%s: the bath does nothing, all its rates are 0: every state is stationary",
                    model->name);
    }
    if (status == GF_OK) {
        find_reach(self);
        status = find_symmetries(self, model, error);
    }
    if (status == GF_OK) {
        keep_first_sites(self);
    } else {
        gf_bath_free(self);
    }
    return status;
}

void gf_bath_free(gf_bath *self) {
    for (size_t k = 0; k < self->count; ++k) {
        gf_operator_free(&self->jumps[k].operator);
    }
    free(self->jumps);
    *self = (gf_bath){0};
}
