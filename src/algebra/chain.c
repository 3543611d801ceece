#include "algebra/chain.h"

uint64_t gf_chain_rotate(uint64_t mask, int shift, int sites) {
    uint64_t ring = sites < 64 ? ((uint64_t)1 << sites) - 1 : ~(uint64_t)0;
    int by = ((shift % sites) + sites) % sites;
    return by == 0 ? mask & ring : ((mask << by) | (mask >> (sites - by))) & ring;
}

static gf_operator_term rotate_term(gf_operator_term term, int shift, int sites) {
    term.plus = gf_chain_rotate(term.plus, shift, sites);
    term.minus = gf_chain_rotate(term.minus, shift, sites);
    term.z = gf_chain_rotate(term.z, shift, sites);
    return term;
}

bool gf_chain_holds(const gf_chain *chain, const gf_term *term, int site) {
    if (term->at != GF_EVERY_SITE && site % gf_chain_cell(chain) != term->at) {
        return false;
    }
    return chain->periodic || term->first > term->last ||
           (term->first + site >= 0 && term->last + site < chain->sites);
}

gf_operator gf_chain_place(const gf_chain *chain, const gf_term *term, int site) {
    gf_operator result = {.exhausted = term->operator.exhausted };
    int first = term->first <= term->last ? term->first : 0, bits = first + GF_TERM_ORIGIN;
    for (size_t i = 0; i < term->operator.count; ++i) {
        gf_operator_term local = term->operator.terms[i];
        local.plus >>= bits;
        local.minus >>= bits;
        local.z >>= bits;
        gf_operator_append(&result, rotate_term(local, first + site, chain->sites));
    }
    gf_operator_normalize(&result);
    return result;
}

void gf_chain_append(const gf_chain *chain, const gf_term *term, gf_operator *total) {
    for (int site = 0; site < chain->sites; ++site) {
        if (gf_chain_holds(chain, term, site)) {
            gf_operator placed = gf_chain_place(chain, term, site);
            total->exhausted = total->exhausted || placed.exhausted;
            for (size_t i = 0; i < placed.count; ++i) {
                gf_operator_append(total, placed.terms[i]);
            }
            gf_operator_free(&placed);
        }
    }
}

void gf_chain_add(const gf_chain *chain, const gf_term *term, gf_operator *total) {
    gf_chain_append(chain, term, total);
    gf_operator_normalize(total);
}

gf_operator gf_chain_magnetization(const gf_chain *chain) {
    gf_operator total = {0};
    for (int site = 0; site < chain->sites; ++site) {
        gf_operator_append(&total, (gf_operator_term){.coefficient = 1, .z = (uint64_t)1 << site});
    }
    gf_operator_normalize(&total);
    return total;
}

static bool starts_better(const gf_operator_term *a, const gf_operator_term *b) {
    uint64_t wide = a->plus | a->minus | a->z, other = b->plus | b->minus | b->z;
    if (wide != other) {
        return wide < other; /* both start in the first cell: the smaller mask ends earlier */
    }
    return a->plus != b->plus ? a->plus < b->plus : a->minus < b->minus;
}

gf_operator gf_chain_fold(const gf_chain *chain, const gf_operator *a) {
    gf_operator result = {.exhausted = a->exhausted};
    int cell = gf_chain_cell(chain);
    uint64_t first_cell = ((uint64_t)1 << cell) - 1;
    for (size_t i = 0; i < a->count; ++i) {
        gf_operator_term best = a->terms[i];
        bool anchored = ((best.plus | best.minus | best.z) & first_cell) != 0;
        for (int shift = cell; shift < chain->sites; shift += cell) {
            gf_operator_term turned = rotate_term(a->terms[i], shift, chain->sites);
            bool starts_there = ((turned.plus | turned.minus | turned.z) & first_cell) != 0;
            if (starts_there && (!anchored || starts_better(&turned, &best))) {
                best = turned;
                anchored = true;
            }
        }
        gf_operator_append(&result, best);
    }
    gf_operator_normalize(&result);
    return result;
}
