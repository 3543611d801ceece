#include "hilbert/symmetry.h"

#include "hilbert/basis.h"

#include <math.h>
#include <stdlib.h>

/* --- elements -------------------------------------------------------------------------------- */

static uint64_t reflected(uint64_t mask, int sites) {
    uint64_t result = 0;
    for (int site = 0; site < sites; ++site) {
        result |= ((mask >> site) & 1) << (sites - 1 - site);
    }
    return result;
}

/* Sites that an element rotates by, after it has reflected. */
static int rotation(const gf_symmetry *self, int shift, int factors) {
    int step = self->step > 0 ? self->step : 1;
    int by = shift * step + ((factors & GF_REFLECT) != 0 ? self->centre : 0);
    return by < self->sites ? by : by - self->sites; /* shift < translations, centre < step */
}

uint32_t gf_symmetry_act(const gf_symmetry *self, int shift, int factors, uint32_t state) {
    uint64_t ring = ((uint64_t)1 << self->sites) - 1;
    int by = rotation(self, shift, factors);
    uint64_t result = (factors & GF_REFLECT) != 0 ? reflected(state, self->sites) : state;
    result = (factors & GF_FLIP) != 0 ? ~result & ring : result;
    return (uint32_t)(((result << by) | (result >> (self->sites - by))) & ring);
}

static uint64_t image_of_mask(const gf_symmetry *self, uint64_t mask, int shift, int factors) {
    mask = (factors & GF_REFLECT) != 0 ? reflected(mask, self->sites) : mask;
    return gf_chain_rotate(mask, rotation(self, shift, factors), self->sites);
}

/* X S+- X = S-+, X Z X = -Z; K conjugates coefficients. */
static gf_operator_term image_of_term(const gf_symmetry *self, gf_operator_term term, int shift,
                                      int factors) {
    uint64_t plus = image_of_mask(self, term.plus, shift, factors);
    uint64_t minus = image_of_mask(self, term.minus, shift, factors);
    bool flip = (factors & GF_FLIP) != 0;
    term.z = image_of_mask(self, term.z, shift, factors);
    term.plus = flip ? minus : plus;
    term.minus = flip ? plus : minus;
    if (flip && (__builtin_popcountll(term.z) & 1) != 0) {
        term.coefficient = -term.coefficient;
    }
    if ((factors & GF_CONJUGATE) != 0) {
        term.coefficient = conj(term.coefficient);
    }
    return term;
}

static void append_image(const gf_symmetry *self, gf_operator *sum, const gf_operator *a, int shift,
                         int factors) {
    for (size_t i = 0; i < a->count; ++i) {
        gf_operator_append(sum, image_of_term(self, a->terms[i], shift, factors));
    }
}

gf_operator gf_symmetry_image(const gf_symmetry *self, const gf_operator *a, int shift,
                              int factors) {
    gf_operator image = {.exhausted = a->exhausted};
    append_image(self, &image, a, shift, factors);
    gf_operator_normalize(&image);
    return image;
}

static bool is_invariant(const gf_symmetry *self, const gf_operator *a, int shift, int factors,
                         bool *exhausted) {
    gf_operator image = gf_symmetry_image(self, a, shift, factors);
    bool equal = gf_operator_equal(a, &image, NULL);
    *exhausted = *exhausted || image.exhausted;
    gf_operator_free(&image);
    return equal;
}

/* --- the group ------------------------------------------------------------------------------- */

/* Products of elements are elements, also where one of them passes the comparison only just. */
static void close_group(gf_symmetry *self) {
    for (int a = 0; a < GF_FACTOR_SETS; ++a) {
        for (int b = 0; b < GF_FACTOR_SETS; ++b) {
            self->has[a ^ b] = self->has[a ^ b] || (self->has[a] && self->has[b]);
        }
    }
}

/* T: the smallest part of the cell by which the chain may be moved. */
static void find_translation(const gf_chain *chain, const gf_operator *hamiltonian,
                             gf_symmetry *symmetry, bool *exhausted) {
    int cell = gf_chain_cell(chain), sites = chain->sites;
    for (int step = 1; chain->periodic && step <= cell && step < sites; ++step) {
        gf_symmetry moved = {.sites = sites, .step = step};
        if (cell % step == 0 && sites % step == 0 &&
            is_invariant(&moved, hamiltonian, 1, 0, exhausted)) {
            symmetry->translations = sites / step;
            symmetry->step = step;
            return;
        }
    }
}

/* The elements without translations, with a reflection about one centre; returns their number. */
static int find_elements(const gf_operator *hamiltonian, gf_symmetry *symmetry, bool *exhausted) {
    int count = 0;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        symmetry->has[factors] = is_invariant(symmetry, hamiltonian, 0, factors, exhausted);
    }
    close_group(symmetry);
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        count += symmetry->has[factors];
    }
    return count;
}

gf_status gf_symmetry_find(const gf_chain *chain, const gf_operator *hamiltonian,
                           gf_symmetry *symmetry, gf_error *error) {
    bool exhausted = false;
    *symmetry = (gf_symmetry){.sites = chain->sites, .translations = 1};
    find_translation(chain, hamiltonian, symmetry, &exhausted);
    gf_symmetry trial = *symmetry;
    int most = find_elements(hamiltonian, symmetry, &exhausted);
    for (trial.centre = 1; trial.centre < trial.step; ++trial.centre) {
        int count = find_elements(hamiltonian, &trial, &exhausted);
        if (count > most) {
            *symmetry = trial;
            most = count;
        }
    }
    return exhausted ? gf_fail_memory(error, "the symmetries of the Hamiltonian") : GF_OK;
}

gf_symmetry gf_symmetry_none(const gf_chain *chain, const gf_operator *hamiltonian) {
    gf_symmetry result = {.sites = chain->sites, .translations = 1};
    result.has[0] = true;
    result.has[GF_CONJUGATE] = gf_operator_is_real(hamiltonian);
    return result;
}

bool gf_symmetry_flips(const gf_symmetry *self) {
    bool flips = false;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        flips = flips || (self->has[factors] && (factors & GF_FLIP) != 0);
    }
    return flips;
}

gf_operator gf_symmetry_average(const gf_symmetry *self, const gf_operator *a, bool flipping) {
    gf_operator sum = {.exhausted = a->exhausted}, turned = {.exhausted = a->exhausted};
    int elements = 0;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        if (self->has[factors] && ((factors & GF_FLIP) != 0) == flipping) {
            append_image(self, &sum, a, 0, factors);
            ++elements;
        }
    }
    gf_operator_normalize(&sum); /* the images often coincide */
    for (int shift = 0; shift < self->translations; ++shift) {
        append_image(self, &turned, &sum, shift, 0);
    }
    gf_operator_normalize(&turned);
    gf_operator mean = gf_operator_quotient(&turned, fmax(1, elements * self->translations));
    gf_operator_free(&sum);
    gf_operator_free(&turned);
    return mean;
}

/* --- blocks ---------------------------------------------------------------------------------- */

static bool keeps_magnetization(const gf_symmetry *self, int up, int factors) {
    return (factors & GF_FLIP) == 0 || 2 * up == self->sites;
}

static bool turns_momentum(int factors) {
    return ((factors & GF_REFLECT) != 0) != ((factors & GF_CONJUGATE) != 0);
}

static bool is_self_opposite(const gf_symmetry *self, int momentum) {
    return 2 * momentum % self->translations == 0;
}

static bool keeps_block(const gf_symmetry *self, int up, int momentum, int factors) {
    return self->has[factors] && keeps_magnetization(self, up, factors) &&
           (is_self_opposite(self, momentum) || !turns_momentum(factors));
}

int gf_symmetry_little_group(const gf_symmetry *self, const gf_block *block,
                             gf_symmetry_element *elements) {
    int count = 0;
    for (int factors = 0; factors < GF_UNITARY_SETS; ++factors) {
        for (int shift = 0; shift < self->translations && block->character[factors] != 0; ++shift) {
            /* of an integer fraction of the circle: exactly +-1 at momenta 0 and pi */
            int turn = (int)((long)block->momentum * shift % self->translations);
            double angle = 2 * acos(-1) * turn / self->translations;
            double complex phase = turn == 0                        ? 1
                                   : 2 * turn == self->translations ? -1
                                                                    : cexp(I * angle);
            elements[count++] = (gf_symmetry_element){
                .shift = shift, .factors = factors, .weight = block->character[factors] * phase};
        }
    }
    return count;
}

/* The lengths of the cycles in which an element moves the sites; returns their number. */
static int find_cycles(const gf_symmetry *self, const gf_symmetry_element *element,
                       int lengths[GF_CHAIN_MAX_SITES]) {
    int count = 0;
    uint64_t seen = 0;
    for (int site = 0; site < self->sites; ++site) {
        uint64_t here = (uint64_t)1 << site;
        for (int length = 0; (seen & here) == 0;) {
            seen |= here;
            here = image_of_mask(self, here, element->shift, element->factors);
            lengths[count] = ++length;
            count += (seen & here) != 0;
        }
    }
    return count;
}

/* How many bit patterns with `up` bits an element leaves as they are. Each cycle of sites is
 * constant or, if the element flips, alternates. */
static double count_fixed(const gf_symmetry *self, int up, const gf_symmetry_element *element) {
    int lengths[GF_CHAIN_MAX_SITES], cycles = find_cycles(self, element, lengths);
    double ways[GF_CHAIN_MAX_SITES + 1] = {1}; /* by bits set in the cycles so far */
    for (int c = 0; c < cycles; ++c) {
        bool flips = (element->factors & GF_FLIP) != 0;
        int step = flips ? lengths[c] / 2 : lengths[c];
        for (int bits = self->sites; bits >= 0; --bits) {
            double before = bits >= step ? ways[bits - step] : 0;
            ways[bits] = !flips ? ways[bits] + before : lengths[c] % 2 == 0 ? 2 * before : 0;
        }
    }
    return ways[up];
}

/* The multiplicity of the block's character among the bit patterns. */
static size_t block_size(const gf_symmetry *self, const gf_block *block,
                         gf_symmetry_element *elements) {
    int count = gf_symmetry_little_group(self, block, elements);
    double sum = 0;
    for (int g = 0; g < count; ++g) {
        sum += creal(elements[g].weight) * count_fixed(self, block->up, &elements[g]);
    }
    return (size_t)llround(sum / count);
}

static void find_reality(const gf_symmetry *self, gf_block *block) {
    for (int factors = GF_UNITARY_SETS - 1; factors >= 0; --factors) { /* K alone is simplest */
        if (keeps_block(self, block->up, block->momentum, factors | GF_CONJUGATE)) {
            block->is_real = true;
            block->real_factors = factors;
        }
    }
}

static void find_degeneracy(const gf_symmetry *self, gf_block *block) {
    block->degeneracy = 1;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        if (self->has[factors] && keeps_magnetization(self, block->up, factors) &&
            turns_momentum(factors) && !is_self_opposite(self, block->momentum)) {
            block->degeneracy = 2;
        }
    }
}

typedef struct block_list {
    gf_block *blocks;
    size_t count;
    gf_symmetry_element *elements; /* for counting */
} block_list;

/* The blocks of one magnetisation and momentum: all signs of R and F, where both are characters,
 * or of the one element among R, F and RF that is. */
static void add_characters(const gf_symmetry *self, gf_block block, block_list *list) {
    bool keeps[GF_UNITARY_SETS];
    for (int factors = 0; factors < GF_UNITARY_SETS; ++factors) {
        keeps[factors] = keeps_block(self, block.up, block.momentum, factors);
    }
    for (int signs = 0; signs < GF_UNITARY_SETS; ++signs) {
        int reflection = (signs & 1) != 0 ? -1 : 1, flip = (signs & 2) != 0 ? -1 : 1;
        bool needless = (reflection < 0 && !keeps[GF_REFLECT] && !keeps[GF_REFLECT | GF_FLIP]) ||
                        (flip < 0 && !keeps[GF_FLIP]);
        block.character[0] = 1;
        block.character[GF_REFLECT] = keeps[GF_REFLECT] ? reflection : 0;
        block.character[GF_FLIP] = keeps[GF_FLIP] ? flip : 0;
        block.character[GF_REFLECT | GF_FLIP] = keeps[GF_REFLECT | GF_FLIP] ? reflection * flip : 0;
        block.size = needless ? 0 : block_size(self, &block, list->elements);
        if (block.size > 0) {
            list->blocks[list->count++] = block;
        }
    }
}

static int compare_blocks(const void *left, const void *right) {
    const gf_block *a = left, *b = right;
    if (a->size != b->size) {
        return a->size > b->size ? -1 : 1;
    }
    if (a->up != b->up) {
        return a->up - b->up;
    }
    for (int factors = 1; factors < GF_UNITARY_SETS && a->momentum == b->momentum; ++factors) {
        if (a->character[factors] != b->character[factors]) {
            return b->character[factors] - a->character[factors];
        }
    }
    return a->momentum - b->momentum;
}

gf_status gf_symmetry_blocks(const gf_symmetry *self, gf_block **blocks, size_t *count,
                             gf_error *error) {
    size_t most = ((size_t)self->sites + 1) * (size_t)self->translations * GF_UNITARY_SETS;
    block_list list = {.blocks = calloc(most, sizeof *list.blocks),
                       .elements =
                           calloc((size_t)self->sites * GF_UNITARY_SETS, sizeof *list.elements)};
    *blocks = list.blocks;
    *count = 0;
    if (list.blocks == NULL || list.elements == NULL) {
        free(list.blocks);
        free(list.elements);
        *blocks = NULL;
        return gf_fail_memory(error, "the list of blocks");
    }
    int first = gf_symmetry_flips(self) ? (self->sites + 1) / 2 : 0;
    for (int up = first; up <= self->sites; ++up) {
        for (int momentum = 0; momentum < self->translations; ++momentum) {
            gf_block block = {.up = up, .momentum = momentum};
            find_degeneracy(self, &block);
            find_reality(self, &block);
            if (block.degeneracy == 1 || 2 * momentum < self->translations) {
                add_characters(self, block, &list);
            }
        }
    }
    free(list.elements);
    qsort(list.blocks, list.count, sizeof *list.blocks, compare_blocks);
    *count = list.count;
    return GF_OK;
}

gf_block gf_symmetry_whole(const gf_symmetry *none, int up) {
    return (gf_block){.up = up,
                      .character = {1},
                      .degeneracy = 1,
                      .is_real = none->has[GF_CONJUGATE],
                      .size = gf_basis_dimension(none->sites, up)};
}

bool gf_symmetry_mirror(const gf_symmetry *self, const gf_block *block, gf_block *mirror) {
    *mirror = *block;
    mirror->up = self->sites - block->up;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        if (self->has[factors] && (factors & GF_FLIP) != 0 && 2 * block->up != self->sites) {
            if (turns_momentum(factors) && block->degeneracy == 1 && block->momentum > 0) {
                mirror->momentum = self->translations - block->momentum;
            }
            return true;
        }
    }
    return false;
}
