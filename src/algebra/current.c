#include "algebra/current.h"

#include <stdlib.h>

/* A string of H where the chain has no ends: its masks begin at bit 0, which is site `start`. */
typedef struct string {
    gf_operator_term term;
    int start, span;
    double centre;
} string;

typedef struct string_list {
    string *strings;
    size_t count;
    int cell, range; /* cell 0: an open chain */
} string_list;

static uint64_t support(const gf_operator_term *term) {
    return term->plus | term->minus | term->z;
}

static int span_of(uint64_t mask) {
    return mask == 0 ? 0 : 64 - __builtin_clzll(mask);
}

static gf_operator_term moved_right(gf_operator_term term, int by) {
    term.plus >>= by;
    term.minus >>= by;
    term.z >>= by;
    return term;
}

static gf_operator_term moved_left(gf_operator_term term, int by) {
    term.plus <<= by;
    term.minus <<= by;
    term.z <<= by;
    return term;
}

/* The site where a string of a ring begins, so that it spans as few sites as possible. */
static int shortest_start(uint64_t mask, int sites) {
    int best = 0, shortest = sites + 1;
    for (int start = 0; start < sites; ++start) {
        uint64_t turned = gf_chain_rotate(mask, -start, sites);
        if ((turned & 1) != 0 && span_of(turned) < shortest) {
            best = start;
            shortest = span_of(turned);
        }
    }
    return best;
}

static string make_string(const gf_chain *chain, const gf_operator_term *term) {
    uint64_t mask = support(term);
    string result = {.term = *term};
    if (chain->periodic) {
        result.start = shortest_start(mask, chain->sites);
        result.term.plus = gf_chain_rotate(term->plus, -result.start, chain->sites);
        result.term.minus = gf_chain_rotate(term->minus, -result.start, chain->sites);
        result.term.z = gf_chain_rotate(term->z, -result.start, chain->sites);
    } else {
        result.start = __builtin_ctzll(mask);
        result.term = moved_right(*term, result.start);
    }
    result.span = span_of(support(&result.term));
    result.centre = result.start + 0.5 * (result.span - 1);
    return result;
}

/* The strings that begin in the first cell of a ring, or all of an open chain. */
static gf_status list_strings(const gf_chain *chain, const gf_operator *hamiltonian,
                              string_list *list, gf_error *error) {
    *list = (string_list){.strings = calloc(hamiltonian->count + 1, sizeof *list->strings),
                          .cell = chain->periodic ? gf_chain_cell(chain) : 0};
    if (list->strings == NULL || hamiltonian->exhausted) {
        free(list->strings);
        return gf_fail_memory(error, "the currents");
    }
    for (size_t i = 0; i < hamiltonian->count; ++i) {
        if (support(&hamiltonian->terms[i]) != 0) {
            string one = make_string(chain, &hamiltonian->terms[i]);
            list->range = one.span > list->range ? one.span : list->range;
            if (list->cell == 0 || one.start < list->cell) {
                list->strings[list->count++] = one;
            }
        }
    }
    return GF_OK;
}

/* Adds a string whose bit 0 is at `site`, in front of the first cell, too. */
static void append_at(const string_list *list, gf_operator *sum, gf_operator_term term, int site) {
    uint64_t mask = support(&term);
    if (mask == 0) {
        return; /* of a commutator: it has no trace */
    }
    int skip = __builtin_ctzll(mask), start = site + skip;
    if (list->cell > 0) {
        start = (start % list->cell + list->cell) % list->cell;
    }
    gf_operator_append(sum, moved_left(moved_right(term, skip), start));
}

/* [T, Z_b] is -2 T where T has S+ at site b, 2 T where it has S-. */
static gf_operator current_of_magnetization(const string_list *list) {
    gf_operator sum = {0};
    for (size_t a = 0; a < list->count; ++a) {
        const string *one = &list->strings[a];
        double moment = 0, middle = 0.5 * (one->span - 1);
        for (int k = 0; k < one->span; ++k) {
            bool plus = ((one->term.plus >> k) & 1) != 0, minus = ((one->term.minus >> k) & 1) != 0;
            moment += (k - middle) * (minus ? 2 : plus ? -2 : 0);
        }
        gf_operator_term term = one->term;
        term.coefficient *= CMPLX(0, moment);
        append_at(list, &sum, term, one->start);
    }
    gf_operator_normalize(&sum);
    return sum;
}

/* (x_b - x_a)/2 i [T_a, T_b] with T_b moved by `shift`. */
static void append_pair(const string_list *list, gf_operator *sum, const string *a, const string *b,
                        int shift) {
    int offset = b->start + shift - a->start, left = offset < 0 ? -offset : 0;
    double complex factor = CMPLX(0, 0.5 * (b->centre + shift - a->centre));
    gf_operator_term first = moved_left(a->term, left), second = moved_left(b->term, left + offset);
    gf_operator one = {.terms = &first, .count = 1}, other = {.terms = &second, .count = 1};
    gf_operator commutator = gf_operator_commutator(&one, &other);
    sum->exhausted = sum->exhausted || commutator.exhausted;
    for (size_t i = 0; i < commutator.count; ++i) {
        commutator.terms[i].coefficient *= factor;
        append_at(list, sum, commutator.terms[i], a->start - left);
    }
    gf_operator_free(&commutator);
}

static gf_operator current_of_energy(const string_list *list) {
    gf_operator sum = {0};
    int step = list->cell > 0 ? list->cell : 1;
    int farthest = list->cell > 0 ? (list->range / step + 2) * step : 0;
    for (size_t a = 0; a < list->count; ++a) {
        for (size_t b = 0; b < list->count; ++b) {
            const string *left = &list->strings[a], *right = &list->strings[b];
            for (int shift = -farthest; shift <= farthest; shift += step) {
                int offset = right->start + shift - left->start;
                if (offset < left->span && -offset < right->span) {
                    append_pair(list, &sum, left, right, shift);
                }
            }
        }
        gf_operator_normalize(&sum);
    }
    return sum;
}

static gf_operator density_of(const string_list *list) {
    gf_operator sum = {0};
    for (size_t a = 0; a < list->count; ++a) {
        append_at(list, &sum, list->strings[a].term, list->strings[a].start);
    }
    gf_operator_normalize(&sum);
    return sum;
}

gf_status gf_currents_derive(const gf_chain *chain, const gf_operator *hamiltonian,
                             gf_currents *currents, gf_error *error) {
    string_list list;
    *currents = (gf_currents){0};
    gf_status status = list_strings(chain, hamiltonian, &list, error);
    if (status != GF_OK) {
        return status;
    }
    if (chain->periodic && chain->sites < 2 * list.range - 1) {
        status =
            gf_fail(error, GF_INVALID,
                    "the ring of %d sites is too short for a current: terms of the Hamiltonian "
                    "span %d sites, so that the energy current needs %d; use --sites %d or more",
                    chain->sites, list.range, 2 * list.range - 1, 2 * list.range - 1);
    } else {
        *currents = (gf_currents){.cell = list.cell,
                                  .range = list.range,
                                  .hamiltonian = density_of(&list),
                                  .current = {[GF_MAGNETIZATION] = current_of_magnetization(&list),
                                              [GF_ENERGY] = current_of_energy(&list)}};
    }
    free(list.strings);
    if (currents->hamiltonian.exhausted || currents->current[GF_MAGNETIZATION].exhausted ||
        currents->current[GF_ENERGY].exhausted) {
        status = gf_fail_memory(error, "the currents");
        gf_currents_free(currents);
    }
    return status;
}

void gf_currents_free(gf_currents *self) {
    gf_operator_free(&self->hamiltonian);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_operator_free(&self->current[i]);
    }
    *self = (gf_currents){0};
}

/* The strings of a density on the infinite chain. */
static gf_status list_density(const gf_operator *density, int cell, string_list *list) {
    *list =
        (string_list){.strings = calloc(density->count + 1, sizeof *list->strings), .cell = cell};
    for (size_t i = 0; i < density->count && list->strings != NULL; ++i) {
        uint64_t mask = support(&density->terms[i]);
        int start = mask != 0 ? __builtin_ctzll(mask) : 0;
        string one = {.term = moved_right(density->terms[i], start),
                      .start = start,
                      .span = span_of(mask >> start)};
        one.centre = one.start + 0.5 * (one.span - 1);
        list->range = one.span > list->range ? one.span : list->range;
        list->strings[list->count++] = one;
    }
    return list->strings != NULL ? GF_OK : GF_NO_MEMORY;
}

/* i (x_a - y) [T_a, S_b], with S_b moved by `shift`. */
static void append_boosted(const string_list *list, gf_operator *sum, const string *a,
                           const string *b, int shift) {
    int offset = b->start + shift - a->start, left = offset < 0 ? -offset : 0;
    gf_operator_term first = moved_left(a->term, left), second = moved_left(b->term, left + offset);
    gf_operator one = {.terms = &first, .count = 1}, other = {.terms = &second, .count = 1};
    gf_operator commutator = gf_operator_commutator(&one, &other);
    sum->exhausted = sum->exhausted || commutator.exhausted;
    for (size_t i = 0; i < commutator.count; ++i) {
        gf_operator_term term = commutator.terms[i];
        uint64_t mask = support(&term);
        if (mask != 0) {
            double y = a->start - left + 0.5 * (__builtin_ctzll(mask) + span_of(mask) - 1);
            term.coefficient *= CMPLX(0, a->centre - y);
            append_at(list, sum, term, a->start - left);
        }
    }
    gf_operator_free(&commutator);
}

gf_operator gf_charge_boosted(const gf_currents *currents, const gf_operator *charge) {
    gf_operator sum = {0};
    string_list strings = {0}, other = {0};
    int step = currents->cell > 0 ? currents->cell : 1;
    bool ready = list_density(&currents->hamiltonian, step, &strings) == GF_OK &&
                 list_density(charge, step, &other) == GF_OK;
    int farthest = ((strings.range > other.range ? strings.range : other.range) / step + 2) * step;
    for (size_t a = 0; a < strings.count && ready; ++a) {
        for (size_t b = 0; b < other.count; ++b) {
            const string *left = &strings.strings[a], *right = &other.strings[b];
            for (int shift = -farthest; shift <= farthest; shift += step) {
                int offset = right->start + shift - left->start;
                if (offset < left->span && -offset < right->span) {
                    append_boosted(&strings, &sum, left, right, shift);
                }
            }
        }
        gf_operator_normalize(&sum);
    }
    free(strings.strings);
    free(other.strings);
    sum.exhausted = sum.exhausted || !ready || charge->exhausted;
    return sum;
}

gf_operator gf_density_total(const gf_operator *density, int cell, const gf_chain *chain) {
    gf_operator total = {.exhausted = density->exhausted};
    int last = cell > 0 ? chain->sites : 1, step = cell > 0 ? cell : 1;
    for (size_t i = 0; i < density->count; ++i) {
        int start = __builtin_ctzll(support(&density->terms[i]));
        const gf_operator_term local = moved_right(density->terms[i], start);
        for (int shift = 0; shift < last; shift += step) {
            gf_operator_term term = local;
            term.plus = gf_chain_rotate(local.plus, start + shift, chain->sites);
            term.minus = gf_chain_rotate(local.minus, start + shift, chain->sites);
            term.z = gf_chain_rotate(local.z, start + shift, chain->sites);
            gf_operator_append(&total, term);
        }
    }
    gf_operator_normalize(&total);
    return total;
}

gf_operator gf_currents_total(const gf_currents *self, const gf_chain *chain, size_t charge) {
    return gf_density_total(&self->current[charge], self->cell, chain);
}
