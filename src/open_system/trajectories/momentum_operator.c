#include "open_system/trajectories/momentum_operator.h"

#include "base/eigensystem.h"
#include "base/random.h"
#include "base/workspace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- making ---------------------------------------------------------------------------------- */

/* What entries of a kind have in common. */
typedef struct kind {
    double complex coefficient;
    int shift;
} kind;

/* A growing operator, and a table of its kinds by hash. */
typedef struct builder {
    gf_momentum_operator *self;
    size_t entries, room;
    kind *kinds; /* [kind_room] */
    size_t kind_room;
    uint32_t *table; /* [slots]: 1 + kind, or 0 */
    size_t slots;
    bool failed;
} builder;

static size_t hash_of(const kind *one) {
    uint64_t bits[2], hash = (uint64_t)one->shift;
    memcpy(bits, &one->coefficient, sizeof bits);
    for (int k = 0; k < 2; ++k) {
        hash = (hash ^ bits[k]) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
    }
    return (size_t)hash;
}

static bool same_kind(const kind *a, const kind *b) {
    return a->shift == b->shift && a->coefficient == b->coefficient;
}

static bool grow_kinds(builder *work) {
    size_t slots = work->slots > 0 ? 2 * work->slots : 1024;
    uint32_t *table = calloc(slots, sizeof *table);
    kind *kinds = realloc(work->kinds, slots / 2 * sizeof *kinds);
    work->kinds = kinds != NULL ? kinds : work->kinds;
    if (table == NULL || kinds == NULL) {
        free(table);
        return false;
    }
    for (size_t k = 0; k < work->self->kinds; ++k) {
        size_t slot = hash_of(&kinds[k]) & (slots - 1);
        while (table[slot] != 0) {
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = (uint32_t)k + 1;
    }
    free(work->table);
    work->table = table;
    work->slots = slots;
    work->kind_room = slots / 2;
    return true;
}

static uint32_t find_kind(builder *work, kind one) {
    if (work->self->kinds == work->kind_room && !grow_kinds(work)) {
        work->failed = true;
        return 0;
    }
    size_t slot = hash_of(&one) & (work->slots - 1);
    while (work->table[slot] != 0 && !same_kind(&work->kinds[work->table[slot] - 1], &one)) {
        slot = (slot + 1) & (work->slots - 1);
    }
    if (work->table[slot] == 0) {
        work->kinds[work->self->kinds] = one;
        work->table[slot] = (uint32_t)++work->self->kinds;
    }
    return work->table[slot] - 1;
}

static void add_entry(builder *work, uint32_t column, kind one) {
    gf_momentum_operator *self = work->self;
    if (work->entries == work->room) {
        size_t room = work->room > 0 ? 2 * work->room : 4096;
        gf_momentum_entry *entry = realloc(self->entry, room * sizeof *entry);
        work->failed = work->failed || entry == NULL;
        self->entry = entry != NULL ? entry : self->entry;
        work->room = entry != NULL ? room : work->room;
    }
    uint32_t of_kind = find_kind(work, one);
    if (!work->failed) {
        self->entry[work->entries++] = (gf_momentum_entry){column, of_kind};
    }
}

/* Row a, from O' on its representative. */
static void add_row(builder *work, const gf_operator *adjoint, size_t row) {
    gf_momentum_operator *self = work->self;
    const gf_momentum_basis *basis = self->basis;
    uint32_t translations = (uint32_t)basis->translations;
    uint32_t from = basis->image[row * translations];
    self->first[row] = work->entries;
    for (size_t i = 0; i < adjoint->count && !work->failed; ++i) {
        const gf_operator_term *term = &adjoint->terms[i];
        if ((from & term->plus) != 0 || (from & term->minus) != term->minus) {
            continue;
        }
        double sign = (__builtin_popcount(~from & (uint32_t)term->z) & 1) != 0 ? -1 : 1;
        uint32_t place = basis->place[(from | term->plus) & ~(uint32_t)term->minus];
        uint32_t column = place / translations;
        int shift = (int)(place % translations);
        double ratio = sqrt((double)basis->length[row] / basis->length[column]);
        double complex coefficient = sign * ratio * conj(term->coefficient);
        if (column == row && shift == 0) {
            self->diagonal[row] += coefficient;
        } else {
            add_entry(work, column, (kind){coefficient, shift});
        }
    }
}

static bool fill_values(builder *work) {
    gf_momentum_operator *self = work->self;
    int translations = self->basis->translations;
    self->value = calloc(self->kinds * (size_t)translations + 1, sizeof *self->value);
    for (int k = 0; k < translations && self->value != NULL; ++k) {
        for (size_t n = 0; n < self->kinds; ++n) {
            double angle =
                -2 * M_PI * (double)(k * work->kinds[n].shift % translations) / translations;
            self->value[(size_t)k * self->kinds + n] =
                work->kinds[n].coefficient * (cos(angle) + sin(angle) * I);
        }
    }
    return self->value != NULL;
}

gf_status gf_momentum_operator_init(gf_momentum_operator *self, const gf_momentum_basis *basis,
                                    const gf_operator *operator, gf_error * error) {
    builder work = {.self = self};
    *self = (gf_momentum_operator){.basis = basis};
    self->first = calloc(basis->orbits + 1, sizeof *self->first);
    self->diagonal = calloc(basis->orbits + 1, sizeof *self->diagonal);
    gf_operator adjoint = gf_operator_adjoint(operator);
    gf_rungs_changes(operator, & self->raises, &self->lowers);
    work.failed = self->first == NULL || self->diagonal == NULL || adjoint.exhausted;
    for (size_t row = 0; row < basis->orbits && !work.failed; ++row) {
        add_row(&work, &adjoint, row);
    }
    if (!work.failed) {
        self->first[basis->orbits] = work.entries;
        work.failed = !fill_values(&work);
    }
    gf_operator_free(&adjoint);
    free(work.kinds);
    free(work.table);
    if (work.failed) {
        gf_momentum_operator_free(self);
        return gf_fail_memory(error, "an operator's matrix elements");
    }
    return GF_OK;
}

void gf_momentum_operator_free(gf_momentum_operator *self) {
    free(self->first);
    free(self->entry);
    free(self->diagonal);
    free(self->value);
    *self = (gf_momentum_operator){0};
}

void gf_momentum_operator_rescale(gf_momentum_operator *self, double complex centre,
                                  double factor) {
    for (size_t i = 0; i < self->basis->orbits; ++i) {
        self->diagonal[i] = factor * (self->diagonal[i] - centre);
    }
    for (size_t i = 0; i < self->kinds * (size_t)self->basis->translations; ++i) {
        self->value[i] *= factor;
    }
}

/* --- rungs ----------------------------------------------------------------------------------- */

void gf_rungs_changes(const gf_operator *operator, uint64_t * raises, uint64_t *lowers) {
    *raises = *lowers = 0;
    for (size_t i = 0; i < operator->count; ++i) {
        int change = __builtin_popcountll(operator->terms[i].plus) -
                     __builtin_popcountll(operator->terms[i].minus);
        *raises |= change >= 0 ? (uint64_t)1 << change : 0;
        *lowers |= change <= 0 ? (uint64_t)1 << -change : 0;
    }
}

gf_rungs gf_rungs_reached(gf_rungs from, uint64_t raises, uint64_t lowers, int sites, bool closed) {
    gf_rungs all = ((gf_rungs)1 << (sites + 1)) - 1, reached = closed ? from : 0, before = 0;
    do {
        before = reached;
        gf_rungs start = closed ? reached : from;
        for (int k = 0; k <= sites; ++k) {
            reached |= (raises >> k & 1) != 0 ? start << k : 0;
            reached |= (lowers >> k & 1) != 0 ? start >> k : 0;
        }
        reached &= all;
    } while (closed && reached != before);
    return reached;
}

/* --- the range of the spectrum --------------------------------------------------------------- */

enum { STEPS = 40 };

static double complex product(size_t size, const double complex *a, const double complex *b) {
    double complex sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += conj(a[i]) * b[i];
    }
    return sum;
}

/* A vector of this momentum, the same at every call. */
static void fill_random(const gf_momentum_basis *basis, int momentum, double complex *v) {
    const gf_random random = {.seed = 1, .stream = (uint32_t)momentum};
    float normal[GF_RANDOM_BLOCK];
    for (size_t i = 0; i < basis->orbits; ++i) {
        size_t at = 2 * i % GF_RANDOM_BLOCK;
        if (at == 0) {
            gf_random_normal(&random, GF_RANDOM_START, 0, (uint32_t)(2 * i / GF_RANDOM_BLOCK),
                             normal);
        }
        v[i] = gf_momentum_basis_holds(basis, i, momentum)
                   ? (double)normal[at] + (double)normal[at + 1] * I
                   : 0;
    }
}

/* The Ritz values at both ends, and how far levels may be from them. */
static bool widen(size_t steps, double *diagonal, const double *off, double range[2]) {
    double *states = gf_workspace_matrix(steps, steps, sizeof *states), copy[STEPS + 1] = {0};
    memcpy(copy, off, steps * sizeof *copy);
    bool good = states != NULL && gf_eigensystem_tridiagonal(steps, diagonal, copy, states) == 0;
    if (good) {
        double low = off[steps - 1] * fabs(states[steps - 1]);
        double high = off[steps - 1] * fabs(states[steps * steps - 1]);
        range[0] = fmin(range[0], diagonal[0] - low);
        range[1] = fmax(range[1], diagonal[steps - 1] + high);
    }
    gf_workspace_free(states);
    return good;
}

static bool look(const gf_momentum_operator *self, int momentum, double complex *vectors[2],
                 double range[2]) {
    size_t size = self->basis->orbits, steps = 0;
    gf_rungs all = ((gf_rungs)1 << (self->basis->sites + 1)) - 1;
    double diagonal[STEPS + 1] = {0}, off[STEPS + 1] = {0}, beta = 0;
    double complex *v = vectors[0], *before = vectors[1];
    memset(before, 0, size * sizeof *before);
    fill_random(self->basis, momentum, v);
    double norm = sqrt(creal(product(size, v, v)));
    if (norm == 0) {
        return true; /* no state of this momentum */
    }
    for (size_t i = 0; i < size; ++i) {
        v[i] /= norm;
    }
    while (steps < STEPS) {
        for (size_t i = 0; i < size; ++i) {
            before[i] *= beta;
        }
        gf_momentum_operator_apply(self, momentum, all, v, before, before);
        double alpha = creal(product(size, v, before));
        for (size_t i = 0; i < size; ++i) {
            before[i] -= alpha * v[i];
        }
        beta = sqrt(creal(product(size, before, before)));
        diagonal[steps] = alpha;
        off[steps++] = beta;
        if (beta < 1e-10 * (1 + fabs(diagonal[0]))) {
            break;
        }
        for (size_t i = 0; i < size; ++i) {
            before[i] /= beta;
        }
        double complex *next = before;
        before = v;
        v = next;
    }
    return widen(steps, diagonal, off, range);
}

gf_status gf_momentum_operator_range(const gf_momentum_operator *self, double range[2],
                                     gf_error *error) {
    size_t size = self->basis->orbits;
    double complex *vectors[2] = {calloc(size, sizeof(double complex)),
                                  calloc(size, sizeof(double complex))};
    bool good = vectors[0] != NULL && vectors[1] != NULL;
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (int k = 0; k < self->basis->translations && good; ++k) {
        good = look(self, k, vectors, range);
    }
    free(vectors[0]);
    free(vectors[1]);
    double margin = 0.01 * (range[1] - range[0]);
    range[0] -= margin;
    range[1] += margin;
    return good ? GF_OK : gf_fail_memory(error, "the range of the spectrum");
}
