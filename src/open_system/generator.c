#include "open_system/generator.h"

#include "base/machine.h"
#include "base/tasks.h"
#include "open_system/amplitudes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- variables ------------------------------------------------------------------------------- */

/* A state within a family. */
typedef struct place_of_state {
    double energy;
    int slot, rung;
    uint32_t state;
} place_of_state;

typedef struct variable_list {
    gf_variable *variable;
    size_t count, capacity;
    bool failed;
} variable_list;

static void append(variable_list *self, gf_variable next) {
    if (self->count == self->capacity && !self->failed) {
        size_t capacity = 2 * self->capacity + 64;
        gf_variable *grown = realloc(self->variable, capacity * sizeof *grown);
        self->failed = grown == NULL;
        self->variable = grown != NULL ? grown : self->variable;
        self->capacity = grown != NULL ? capacity : self->capacity;
    }
    if (!self->failed) {
        self->variable[self->count++] = next;
    }
}

static int compare_places(const void *left, const void *right) {
    const place_of_state *a = left, *b = right;
    if (a->energy != b->energy) {
        return a->energy < b->energy ? -1 : 1;
    }
    return a->rung != b->rung   ? a->rung - b->rung
           : a->slot != b->slot ? a->slot - b->slot
                                : (a->state > b->state) - (a->state < b->state);
}

/* The states of a family that may have coherences with each other, by energy. */
static size_t list_states(const gf_frames *frames, size_t family, const bool slots[GF_SLOTS],
                          int first_rung, int end_rung, place_of_state *list) {
    size_t count = 0;
    for (int slot = 0; slot < frames->slots; ++slot) {
        for (int rung = first_rung; rung < end_rung && slots[slot]; ++rung) {
            const gf_frame *frame = frames->family[family].frame[slot][rung];
            for (size_t n = 0; frame != NULL && n < frame->size; ++n) {
                list[count++] = (place_of_state){frame->energy[n], slot, rung, (uint32_t)n};
            }
        }
    }
    qsort(list, count, sizeof *list, compare_places);
    return count;
}

/* What coherences a part consists of: between which slots. */
static bool is_odd(gf_part_kind kind) {
    return kind == GF_PART_ODD;
}

static void slots_of(gf_part_kind kind, bool slots[GF_SLOTS]) {
    slots[GF_EVEN] = kind != GF_PART_MINUS;
    slots[GF_ODD] = kind != GF_PART_ALL && kind != GF_PART_PLUS;
}

typedef struct search {
    const gf_frames *frames;
    gf_generator *generator;
    variable_list *list;
    size_t family;
    bool odd;
} search;

static bool same_images(const search *self, const place_of_state *a, const place_of_state *b) {
    return a->rung == b->rung && a->state == b->state && gf_frames_split(self->frames, a->rung);
}

static void add_pair(const search *self, const place_of_state *a, const place_of_state *b) {
    bool turned = self->odd && a->slot == GF_ODD;
    const place_of_state *ket = turned ? b : a, *bra = turned ? a : b;
    gf_variable next = {.family = self->family,
                        .slot = {(int8_t)ket->slot, (int8_t)bra->slot},
                        .rung = {(int8_t)ket->rung, (int8_t)bra->rung},
                        .state = {ket->state, bra->state}};
    append(self->list, next);
    next.imaginary = true;
    if (!self->frames->is_real) {
        append(self->list, next);
    }
    ++self->generator->degenerate;
}

static gf_coincidence describe(const search *self, const place_of_state *a,
                               const place_of_state *b) {
    const gf_family *family = &self->frames->family[self->family];
    int sites = self->frames->sites;
    return (gf_coincidence){.energy = a->energy,
                            .distance = b->energy - a->energy,
                            .magnetization = {2 * gf_frames_up(self->frames, a->rung) - sites,
                                              2 * gf_frames_up(self->frames, b->rung) - sites},
                            .momentum = family->momentum,
                            .reflection = family->reflection};
}

/* The first few; several parts meet the same. */
static void name_pair(const search *self, const place_of_state *a, const place_of_state *b) {
    gf_generator *generator = self->generator;
    gf_coincidence next = describe(self, a, b);
    bool known = generator->examples == GF_COINCIDENCES;
    for (size_t k = 0; k < generator->examples; ++k) {
        const gf_coincidence *one = &generator->example[k];
        known = known || (fabs(one->energy - next.energy) <= self->frames->resolution &&
                          one->momentum == next.momentum && one->reflection == next.reflection);
    }
    if (!known) {
        generator->example[generator->examples++] = next;
    }
}

/* Pairs within the levels of list[count]; and how near others come. */
static void add_degenerate(const search *self, const place_of_state *list, size_t count) {
    gf_generator *generator = self->generator;
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1;
             end < count && list[end].energy - list[end - 1].energy <= self->frames->resolution;
             ++end) {
        }
        for (size_t i = begin; i < end; ++i) {
            for (size_t j = i + 1; j < end; ++j) {
                bool joined = (list[i].slot != list[j].slot) == self->odd;
                if (joined && !same_images(self, &list[i], &list[j])) {
                    add_pair(self, &list[i], &list[j]);
                    name_pair(self, &list[i], &list[j]);
                    generator->widest = fmax(generator->widest, list[j].energy - list[i].energy);
                }
            }
        }
        if (end < count && list[end].energy - list[end - 1].energy < generator->nearest) {
            generator->nearest = list[end].energy - list[end - 1].energy;
            generator->closest = describe(self, &list[end - 1], &list[end]);
        }
    }
}

static void add_regular(const search *self, gf_part_kind kind, int rung) {
    const gf_frames *frames = self->frames;
    bool slots[GF_SLOTS];
    slots_of(kind, slots);
    for (int slot = 0; slot < (self->odd ? 1 : frames->slots); ++slot) {
        size_t size = slots[slot] && (!self->odd || gf_frames_split(frames, rung))
                          ? gf_frames_size(frames, self->family, slot, rung)
                          : 0;
        int other = self->odd ? GF_ODD : slot;
        for (uint32_t n = 0; n < size; ++n) {
            append(self->list, (gf_variable){.family = self->family,
                                             .slot = {(int8_t)slot, (int8_t)other},
                                             .rung = {(int8_t)rung, (int8_t)rung},
                                             .regular = true,
                                             .state = {n, n}});
        }
        for (uint32_t n = 0; n < size && self->odd && !frames->is_real; ++n) {
            append(self->list, (gf_variable){.family = self->family,
                                             .slot = {(int8_t)slot, (int8_t)other},
                                             .rung = {(int8_t)rung, (int8_t)rung},
                                             .imaginary = true,
                                             .regular = true,
                                             .state = {n, n}});
        }
    }
}

/* Degenerate pairs of a family: with rotations as a symmetry, of one magnetisation each. */
static void add_coherences(search *self, gf_part_kind kind, place_of_state *list) {
    const gf_frames *frames = self->frames;
    bool slots[GF_SLOTS], one[GF_SLOTS];
    int width = frames->bath->rotates ? 1 : frames->rungs;
    slots_of(kind, slots);
    for (int rung = 0; rung < frames->rungs; rung += width) {
        if (self->odd) {
            add_degenerate(self, list,
                           list_states(frames, self->family, slots, rung, rung + width, list));
            continue;
        }
        for (int slot = 0; slot < frames->slots; ++slot) {
            one[GF_EVEN] = slot == GF_EVEN && slots[slot];
            one[GF_ODD] = slot == GF_ODD && slots[slot];
            add_degenerate(self, list,
                           list_states(frames, self->family, one, rung, rung + width, list));
        }
    }
}

/* --- groups of rungs ------------------------------------------------------------------------- */

/* All in one group where coherences join rungs. */
static int group_width(const gf_frames *frames, const variable_list *list) {
    int width = frames->bath->reach > 0 ? frames->bath->reach : 1;
    for (size_t i = 0; i < list->count; ++i) {
        if (list->variable[i].rung[0] != list->variable[i].rung[1]) {
            width = frames->rungs;
        }
    }
    return width < frames->rungs ? width : frames->rungs;
}

static gf_status refuse_memory(const gf_generator *self, const gf_part *part, double bytes,
                               gf_error *error) {
    const gf_coincidence *one = &self->example[0];
    char where[120] = "";
    if (part->coherences > 0) {
        (void)snprintf(where, sizeof where, ", as at E = %.8g, M = %d and %d, momentum %d",
                       one->energy, one->magnetization[0], one->magnetization[1], one->momentum);
    }
    return gf_fail(error, GF_NO_MEMORY,
                   "%zu populations and %zu coherences of coinciding levels%s need %.3g GiB of "
                   "memory, but %.3g GiB are free; use fewer sites, or parameters at which fewer "
                   "levels coincide",
                   part->count - part->coherences, part->coherences, where, bytes / 0x1p30,
                   (double)gf_machine_free_memory() / 0x1p30);
}

/* Sorts the variables by groups, without changing their order otherwise, and counts them. */
static gf_status sort_by_group(const gf_generator *self, variable_list *list, gf_part *part,
                               gf_error *error) {
    const gf_frames *frames = self->frames;
    int width = group_width(frames, list), groups = (frames->rungs + width - 1) / width;
    size_t size[GF_MAX_RUNGS] = {0}, next = 0;
    part->variable = malloc((list->count + 1) * sizeof *part->variable);
    if (part->variable == NULL) {
        return gf_fail_memory(error, "the populations");
    }
    for (int g = 0; g < groups; ++g) {
        for (size_t i = 0; i < list->count; ++i) {
            if (list->variable[i].rung[0] / width == g) {
                part->variable[next++] = list->variable[i];
                ++size[g];
            }
        }
    }
    part->count = next;
    double bytes = 2 * gf_rung_matrix_memory(size, (size_t)groups);
    return bytes > (double)gf_machine_free_memory()
               ? refuse_memory(self, part, bytes, error)
               : gf_rung_matrix_init(&part->rates, size, (size_t)groups, error);
}

static gf_status make_part(gf_generator *self, gf_part_kind kind, gf_part *part, gf_error *error) {
    const gf_frames *frames = self->frames;
    variable_list list = {0};
    search work = {.frames = frames, .generator = self, .list = &list, .odd = is_odd(kind)};
    place_of_state *states = malloc(((size_t)1 << frames->sites) * sizeof *states);
    *part = (gf_part){.kind = kind};
    for (work.family = 0; work.family < frames->families && states != NULL; ++work.family) {
        for (int rung = 0; rung < frames->rungs; ++rung) {
            add_regular(&work, kind, rung);
        }
        size_t before = list.count;
        add_coherences(&work, kind, states);
        part->coherences += list.count - before;
    }
    gf_status status = states == NULL || list.failed ? gf_fail_memory(error, "the populations")
                                                     : sort_by_group(self, &list, part, error);
    free(states);
    free(list.variable);
    return status;
}

/* --- what one family does to another --------------------------------------------------------- */

/* All amplitudes of one jump operator from a family, or its images, to another. */
typedef struct transfer {
    const gf_frames *frames;
    size_t target, source;
    double weight;
    gf_amplitudes amplitude[GF_SLOTS][GF_MAX_RUNGS][GF_SLOTS][GF_MAX_RUNGS];
    bool borrowed[GF_MAX_RUNGS][GF_MAX_RUNGS]; /* those of the odd slot are those of the even one */
} transfer;

/* Whether the two images at +-m of source and target are not joined crosswise: then a strong F
 * gives even and odd states the same amplitudes. */
static bool images_are_apart(const gf_frames *frames, int target, int source) {
    int up = gf_frames_up(frames, target) + gf_frames_up(frames, source) - frames->sites;
    return frames->bath->strong_flip && gf_frames_split(frames, target) &&
           gf_frames_split(frames, source) && up > frames->bath->reach;
}

static void free_transfer(transfer *self) {
    for (int r = 0; r < GF_MAX_RUNGS; ++r) {
        for (int s = 0; s < GF_MAX_RUNGS; ++s) {
            for (int a = 0; a < GF_SLOTS; ++a) {
                for (int b = 0; b < GF_SLOTS; ++b) {
                    gf_amplitudes *one = &self->amplitude[a][r][b][s];
                    if (!(self->borrowed[r][s] && a == GF_ODD && b == GF_ODD)) {
                        gf_amplitudes_free(one);
                    }
                    *one = (gf_amplitudes){0};
                }
            }
            self->borrowed[r][s] = false;
        }
    }
}

static gf_status fill_transfer(transfer *self, const gf_jump *jump, int image, gf_error *error) {
    const gf_frames *frames = self->frames;
    double complex phase = 0;
    gf_status status = GF_OK;
    for (int r = 0; r < frames->rungs; ++r) {
        for (int s = 0; s < frames->rungs; ++s) {
            for (int ab = 0; ab < frames->slots * frames->slots && status == GF_OK; ++ab) {
                int a = ab / frames->slots, b = ab % frames->slots;
                gf_place target = {self->target, a, r}, source = {self->source, b, s};
                if (abs(r - s) > frames->bath->reach ||
                    (frames->bath->strong_flip && a != b && frames->slots > 1)) {
                    continue;
                }
                if (a == GF_ODD && b == GF_ODD && images_are_apart(frames, r, s)) {
                    self->amplitude[a][r][b][s] = self->amplitude[GF_EVEN][r][GF_EVEN][s];
                    self->borrowed[r][s] = true;
                    continue;
                }
                status = gf_amplitudes_make(frames, jump, &target, &source, image, &phase,
                                            &self->amplitude[a][r][b][s], error);
            }
        }
    }
    return status;
}

static const gf_amplitudes *block_of(const transfer *self, const gf_variable *to, int to_side,
                                     const gf_variable *from, int from_side) {
    return &self->amplitude[to->slot[to_side]][to->rung[to_side]][from->slot[from_side]]
                           [from->rung[from_side]];
}

static double complex amplitude(const transfer *self, const gf_variable *to, int to_side,
                                const gf_variable *from, int from_side) {
    return gf_amplitude(block_of(self, to, to_side, from, from_side), to->state[to_side],
                        from->state[from_side]);
}

/* The part `to` of L O L', O the Hermitian operator of `from`. */
static double gain(const transfer *self, const gf_variable *to, const gf_variable *from) {
    double complex direct = amplitude(self, to, 0, from, 0) * conj(amplitude(self, to, 1, from, 1));
    if (gf_variable_is_population(from)) {
        return to->imaginary ? cimag(direct) : creal(direct);
    }
    double complex turned = amplitude(self, to, 0, from, 1) * conj(amplitude(self, to, 1, from, 0));
    double complex sum = from->imaginary ? I * (direct - turned) : direct + turned;
    return to->imaginary ? cimag(sum) : creal(sum);
}

/* --- stretches of regular variables ---------------------------------------------------------- */

/* Regular real variables of one family, slots and rung, which follow one another. */
static size_t stretch_end(const gf_part *part, size_t begin) {
    const gf_variable *first = &part->variable[begin];
    size_t end = begin + 1;
    while (end < part->count && part->variable[end].regular && !part->variable[end].imaginary &&
           part->variable[end].family == first->family &&
           part->variable[end].slot[0] == first->slot[0] &&
           part->variable[end].rung[0] == first->rung[0]) {
        ++end;
    }
    return end;
}

static bool is_plain(const gf_variable *variable) {
    return variable->regular && !variable->imaginary;
}

/* sum += weight Re(a conj(b)), element by element. */
static void add_products(size_t count, double weight, const double *restrict a,
                         const double *restrict b, double *restrict sum) {
    for (size_t i = 0; i < count; ++i) {
        sum[i] += weight * a[i] * b[i];
    }
}

static void add_blocks(double weight, const gf_amplitudes *a, const gf_amplitudes *b,
                       double *element, size_t length) {
    for (size_t m = 0; a->real != NULL && b->real != NULL && m < a->columns; ++m) {
        size_t at = m * a->rows;
        add_products(a->rows, weight, a->real + at, b->real + at, element + m * length);
        if (a->imaginary != NULL && b->imaginary != NULL) {
            add_products(a->rows, weight, a->imaginary + at, b->imaginary + at,
                         element + m * length);
        }
    }
}

static void add_stretch(const transfer *self, gf_part *part, size_t to, size_t from) {
    const gf_variable *u = &part->variable[to], *v = &part->variable[from];
    size_t length;
    double *element = gf_rung_matrix_at(&part->rates, to, from, &length);
    if (element == NULL) {
        return;
    }
    add_blocks(self->weight, block_of(self, u, 0, v, 0), block_of(self, u, 1, v, 1), element,
               length);
    if (part->kind == GF_PART_ODD) {
        add_blocks(self->weight, block_of(self, u, 0, v, 1), block_of(self, u, 1, v, 0), element,
                   length);
    }
}

static void add_single(const transfer *self, gf_part *part, size_t to, size_t from) {
    size_t length;
    double *element = gf_rung_matrix_at(&part->rates, to, from, &length);
    if (element != NULL) {
        *element += self->weight * gain(self, &part->variable[to], &part->variable[from]);
    }
}

/* All elements from variables of the source family to those of the target. */
static void add_gain(const transfer *self, gf_part *part) {
    for (size_t from = 0; from < part->count;) {
        bool plain = is_plain(&part->variable[from]);
        size_t end = plain ? stretch_end(part, from) : from + 1;
        for (size_t to = 0; to < part->count && part->variable[from].family == self->source;) {
            bool both = plain && is_plain(&part->variable[to]);
            size_t to_end = is_plain(&part->variable[to]) ? stretch_end(part, to) : to + 1;
            if (part->variable[to].family != self->target) {
            } else if (both) {
                add_stretch(self, part, to, from);
            } else {
                for (size_t u = to; u < to_end; ++u) {
                    for (size_t v = from; v < end; ++v) {
                        add_single(self, part, u, v);
                    }
                }
            }
            to = to_end;
        }
        from = end;
    }
}

/* --- loss ------------------------------------------------------------------------------------ */

/* <m|Gamma|m'> between two states of a level. */
typedef struct decay {
    int slot, rung[2];
    uint32_t state[2];
    double complex value;
} decay;

/* Gamma of one family. */
typedef struct decays {
    double *level[GF_SLOTS][GF_MAX_RUNGS]; /* [size] */
    decay *pair;                           /* [pairs] */
    size_t pairs;
} decays;

static void add_level_decay(const transfer *self, int slot, int rung, double *sum) {
    for (int a = 0; a < self->frames->slots; ++a) {
        for (int r = 0; r < self->frames->rungs; ++r) {
            const gf_amplitudes *x = &self->amplitude[a][r][slot][rung];
            for (size_t m = 0; x->real != NULL && m < x->columns; ++m) {
                double square = 0;
                for (size_t n = 0; n < x->rows; ++n) {
                    double re = x->real[m * x->rows + n];
                    double im = x->imaginary != NULL ? x->imaginary[m * x->rows + n] : 0;
                    square += re * re + im * im;
                }
                sum[m] += self->weight * square;
            }
        }
    }
}

static void add_pair_decay(const transfer *self, decay *pair) {
    double complex sum = 0;
    for (int a = 0; a < self->frames->slots; ++a) {
        for (int r = 0; r < self->frames->rungs; ++r) {
            const gf_amplitudes *x = &self->amplitude[a][r][pair->slot][pair->rung[0]];
            const gf_amplitudes *y = &self->amplitude[a][r][pair->slot][pair->rung[1]];
            for (size_t n = 0; x->real != NULL && y->real != NULL && n < x->rows; ++n) {
                sum +=
                    conj(gf_amplitude(x, n, pair->state[0])) * gf_amplitude(y, n, pair->state[1]);
            }
        }
    }
    pair->value += self->weight * sum;
}

static void add_decay(const transfer *self, decays *to) {
    for (int slot = 0; slot < self->frames->slots; ++slot) {
        for (int rung = 0; rung < self->frames->rungs; ++rung) {
            add_level_decay(self, slot, rung, to->level[slot][rung]);
        }
    }
    for (size_t k = 0; k < to->pairs; ++k) {
        add_pair_decay(self, &to->pair[k]);
    }
}

typedef struct state_of {
    int slot, rung;
    uint32_t state;
} state_of;

static state_of side(const gf_variable *variable, int which) {
    return (state_of){variable->slot[which], variable->rung[which], variable->state[which]};
}

static bool same(state_of a, state_of b) {
    return a.slot == b.slot && a.rung == b.rung && a.state == b.state;
}

static double complex gamma_between(const decays *self, state_of a, state_of b) {
    if (same(a, b)) {
        return self->level[a.slot][a.rung][a.state];
    }
    for (size_t k = 0; k < self->pairs && a.slot == b.slot; ++k) {
        const decay *pair = &self->pair[k];
        if (pair->slot != a.slot) {
            continue;
        }
        if (pair->rung[0] == a.rung && pair->state[0] == a.state && pair->rung[1] == b.rung &&
            pair->state[1] == b.state) {
            return pair->value;
        }
        if (pair->rung[0] == b.rung && pair->state[0] == b.state && pair->rung[1] == a.rung &&
            pair->state[1] == a.state) {
            return conj(pair->value);
        }
    }
    return 0;
}

/* {Gamma, |m><m'|} between ket and bra. */
static double complex anticommutator(const decays *self, state_of ket, state_of bra, state_of m,
                                     state_of m_prime) {
    double complex sum = 0;
    if (same(bra, m_prime)) {
        sum += gamma_between(self, ket, m);
    }
    if (same(ket, m)) {
        sum += gamma_between(self, m_prime, bra);
    }
    return sum;
}

static double loss(const decays *self, const gf_variable *to, const gf_variable *from) {
    state_of ket = side(to, 0), bra = side(to, 1), m = side(from, 0), other = side(from, 1);
    double complex sum = anticommutator(self, ket, bra, m, other);
    if (!gf_variable_is_population(from)) {
        double complex turned = anticommutator(self, ket, bra, other, m);
        sum = from->imaginary ? I * (sum - turned) : sum + turned;
    }
    return -0.5 * (to->imaginary ? cimag(sum) : creal(sum));
}

static void add_loss(const decays *self, size_t family, gf_part *part) {
    for (size_t from = 0; from < part->count; ++from) {
        const gf_variable *v = &part->variable[from];
        if (v->family != family) {
            continue;
        }
        size_t length;
        *gf_rung_matrix_at(&part->rates, from, from, &length) += loss(self, v, v);
        for (size_t to = 0; to < part->count && part->coherences > 0; ++to) {
            const gf_variable *u = &part->variable[to];
            if (to != from && u->family == family &&
                !(u->regular && v->regular && u->imaginary == v->imaginary)) {
                double *element = gf_rung_matrix_at(&part->rates, to, from, &length);
                double value = loss(self, u, v);
                if (element != NULL) {
                    *element += value;
                }
            }
        }
    }
}

/* --- all from one family --------------------------------------------------------------------- */

static void list_pairs(const gf_generator *generator, size_t family, decays *self) {
    for (size_t p = 0; p < generator->parts; ++p) {
        const gf_part *part = &generator->part[p];
        for (size_t i = 0; i < part->count && part->coherences > 0; ++i) {
            const gf_variable *v = &part->variable[i];
            if (v->family == family && !v->regular && !v->imaginary && v->slot[0] == v->slot[1]) {
                self->pair[self->pairs++] = (decay){.slot = v->slot[0],
                                                    .rung = {v->rung[0], v->rung[1]},
                                                    .state = {v->state[0], v->state[1]}};
            }
        }
    }
}

static gf_status make_decays(const gf_generator *generator, size_t family, decays *self,
                             gf_error *error) {
    const gf_frames *frames = generator->frames;
    *self = (decays){.pair = calloc(generator->degenerate + 1, sizeof *self->pair)};
    bool enough = self->pair != NULL;
    for (int slot = 0; slot < frames->slots; ++slot) {
        for (int rung = 0; rung < frames->rungs; ++rung) {
            self->level[slot][rung] =
                calloc(gf_frames_size(frames, family, slot, rung) + 1, sizeof(double));
            enough = enough && self->level[slot][rung] != NULL;
        }
    }
    if (enough) {
        list_pairs(generator, family, self);
    }
    return enough ? GF_OK : gf_fail_memory(error, "the rates of loss");
}

static void free_decays(decays *self) {
    for (int slot = 0; slot < GF_SLOTS; ++slot) {
        for (int rung = 0; rung < GF_MAX_RUNGS; ++rung) {
            free(self->level[slot][rung]);
        }
    }
    free(self->pair);
}

/* The families share columns with none: the matrix may be filled from several at a time. */
static gf_status add_transfer(gf_generator *self, transfer *work, const gf_jump *jump, int image,
                              decays *lost, gf_error *error) {
    const gf_family *to = &self->frames->family[work->target];
    const gf_family *from = &self->frames->family[work->source];
    work->weight = jump->weight * to->degeneracy / from->degeneracy;
    gf_status status = fill_transfer(work, jump, image, error);
    for (size_t p = 0; p < self->parts && status == GF_OK; ++p) {
        add_gain(work, &self->part[p]);
    }
    if (status == GF_OK) {
        add_decay(work, lost);
    }
    free_transfer(work);
    return status;
}

static gf_status run_family(const void *context, gf_task *task, gf_error *error) {
    gf_generator *self = *(gf_generator *const *)context;
    const gf_bath *bath = self->frames->bath;
    const gf_family *from = &self->frames->family[task->index];
    decays lost;
    transfer *work = calloc(1, sizeof *work);
    gf_status status = make_decays(self, task->index, &lost, error);
    if (work == NULL) {
        status = gf_fail_memory(error, "matrix elements of the jump operators");
    }
    for (size_t target = 0; target < self->frames->families && status == GF_OK; ++target) {
        for (size_t k = 0; k < bath->count * (size_t)from->degeneracy && status == GF_OK; ++k) {
            int image = k >= bath->count ? GF_REFLECT : 0;
            *work = (transfer){.frames = self->frames, .target = target, .source = task->index};
            status = add_transfer(self, work, &bath->jumps[k % bath->count], image, &lost, error);
        }
    }
    for (size_t p = 0; p < self->parts && status == GF_OK; ++p) {
        add_loss(&lost, task->index, &self->part[p]);
    }
    free_decays(&lost);
    free(work);
    return status;
}

static void carry_family(void *context, size_t family, gf_bytes *bytes) {
    gf_generator *self = *(gf_generator **)context;
    for (size_t p = 0; p < self->parts; ++p) {
        gf_part *part = &self->part[p];
        for (size_t from = 0; from < part->count; ++from) {
            if (part->variable[from].family == family) {
                gf_rung_matrix_carry_column(&part->rates, from, bytes);
            }
        }
    }
}

static double family_cost(const void *context, size_t f) {
    const gf_generator *self = *(gf_generator *const *)context;
    const gf_frames *frames = self->frames;
    double states = 1;
    for (int rung = 0; rung < frames->rungs; ++rung) {
        states += (double)gf_frames_size(frames, f, 0, rung);
    }
    return states * states * frames->family[f].degeneracy;
}

/* --- the whole ------------------------------------------------------------------------------- */

static size_t choose_parts(const gf_bath *bath, gf_part_kind kinds[3]) {
    size_t count = 0;
    if (!bath->even_odd) {
        kinds[count++] = GF_PART_ALL;
        return count;
    }
    if (bath->strong_flip) {
        kinds[count++] = GF_PART_PLUS;
        kinds[count++] = GF_PART_MINUS;
    } else {
        kinds[count++] = GF_PART_EVEN;
    }
    kinds[count++] = GF_PART_ODD;
    return count;
}

gf_status gf_generator_init(gf_generator *self, const gf_frames *frames,
                            const gf_progress *progress, gf_error *error) {
    gf_part_kind kinds[3];
    *self = (gf_generator){.frames = frames, .nearest = INFINITY};
    size_t parts = choose_parts(frames->bath, kinds);
    gf_status status = GF_OK;
    for (; self->parts < parts && status == GF_OK; ++self->parts) {
        status = make_part(self, kinds[self->parts], &self->part[self->parts], error);
    }
    if (status == GF_OK) {
        gf_tasks all = {.count = frames->families,
                        .context = &self,
                        .cost = family_cost,
                        .run = run_family,
                        .carry = carry_family,
                        .progress = progress};
        status = gf_tasks_run(&all, error);
    }
    if (status != GF_OK) {
        gf_generator_free(self);
    }
    return status;
}

void gf_generator_free(gf_generator *self) {
    for (size_t p = 0; p < self->parts; ++p) {
        free(self->part[p].variable);
        gf_rung_matrix_free(&self->part[p].rates);
    }
    *self = (gf_generator){0};
}

double gf_variable_energy(const gf_generator *self, const gf_variable *variable) {
    const gf_family *family = &self->frames->family[variable->family];
    return family->frame[variable->slot[0]][variable->rung[0]]->energy[variable->state[0]];
}

int gf_variable_magnetization(const gf_generator *self, const gf_variable *variable) {
    return 2 * gf_frames_up(self->frames, variable->rung[0]) - self->frames->sites;
}

double gf_variable_states(const gf_generator *self, const gf_variable *variable) {
    return self->frames->family[variable->family].degeneracy;
}

double gf_generator_memory(const gf_frames *frames) {
    size_t width = frames->bath->reach > 0 ? (size_t)frames->bath->reach : 1;
    size_t groups = ((size_t)frames->rungs + width - 1) / width, size[GF_MAX_RUNGS] = {0};
    for (size_t f = 0; f < frames->families; ++f) {
        for (int rung = 0; rung < frames->rungs; ++rung) {
            size[(size_t)rung / width] += gf_frames_size(frames, f, 0, rung);
        }
    }
    double parts = frames->bath->strong_flip && frames->bath->even_odd ? 4 : frames->slots + 2;
    return parts * gf_rung_matrix_memory(size, groups);
}
