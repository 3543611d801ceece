#include "hilbert/orbits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is needed while the orbits are found. */
typedef struct search {
    const gf_symmetry *symmetry;
    const gf_block *block;
    int elements;
    gf_symmetry_element *element;
    uint32_t *orbit; /* [basis.size]: the orbit of each pattern */
    double *root;    /* [orbits]: sqrt(L) */
} search;

#define UNSEEN (GF_NO_ORBIT - 1) /* GF_NO_ORBIT: seen, and annihilated by the projector */

static uint32_t image(const search *self, int g, uint32_t state) {
    return gf_symmetry_act(self->symmetry, self->element[g].shift, self->element[g].factors, state);
}

/* Finds the orbit of an unseen pattern, and the components of its state. */
static void add_orbit(gf_orbits *self, search *work, size_t rank) {
    uint32_t state = self->basis.states[rank];
    double complex kept = 0; /* the sum of weights of the elements that fix the pattern */
    int fixing = 0;
    for (int g = 0; g < work->elements; ++g) {
        bool fixes = image(work, g, state) == state;
        fixing += fixes;
        kept += fixes ? work->element[g].weight : 0;
    }
    bool vanishes = creal(kept) < 0.5;
    double root = sqrt((double)work->elements / fixing);
    for (int g = 0; g < work->elements; ++g) {
        size_t at = gf_basis_rank(&self->basis, image(work, g, state));
        if (work->orbit[at] == UNSEEN) {
            work->orbit[at] = vanishes ? GF_NO_ORBIT : (uint32_t)self->count;
            self->component[at] = vanishes ? 0 : work->element[g].weight / root;
        }
    }
    if (!vanishes) {
        work->root[self->count] = root;
        self->orbit[self->count++] = (gf_orbit){.representative = state, .scale = root};
    }
}

/* Gives every orbit its columns; `second` [count] marks those that an earlier one stands for. The
 * components so far become those of the real states. */
static void make_real(gf_orbits *self, const search *work, double complex *factor, int8_t *side) {
    for (size_t o = 0; o < self->count; ++o) {
        if (side[o] < 0) {
            continue;
        }
        uint32_t conjugate = gf_symmetry_act(work->symmetry, 0, work->block->real_factors,
                                             self->orbit[o].representative);
        size_t at = gf_basis_rank(&self->basis, conjugate);
        size_t partner = work->orbit[at];
        double complex eta = work->root[o] * conj(self->component[at]);
        factor[o] = partner == o ? csqrt(eta) : sqrt(0.5);
        self->orbit[o].scale *= partner == o ? factor[o] : sqrt(2);
        self->orbit[o].paired = partner != o;
        if (partner != o) {
            factor[partner] = eta * sqrt(0.5);
            side[o] = 1;
            side[partner] = -1;
            self->orbit[partner].column = o; /* until columns are known */
        }
    }
}

static void number_columns(gf_orbits *self, const int8_t *side) {
    for (size_t o = 0; o < self->count; ++o) {
        if (side[o] >= 0) {
            self->orbit[o].column = self->size;
            self->size += self->orbit[o].paired ? 2 : 1;
        } else {
            self->orbit[o].column = self->orbit[self->orbit[o].column].column;
        }
    }
}

static void spread(gf_orbits *self, const search *work, const double complex *factor,
                   const int8_t *side) {
    for (size_t i = 0; i < self->basis.size; ++i) {
        uint32_t o = work->orbit[i];
        self->column[i] = o == GF_NO_ORBIT ? GF_NO_ORBIT : (uint32_t)self->orbit[o].column;
        if (o != GF_NO_ORBIT) {
            self->component[i] *= factor[o];
            self->side[i] = side[o];
        }
    }
}

static void drop_second_orbits(gf_orbits *self, const int8_t *side) {
    size_t kept = 0;
    for (size_t o = 0; o < self->count; ++o) {
        if (side[o] >= 0) {
            self->orbit[kept++] = self->orbit[o];
        }
    }
    self->count = kept;
}

static gf_status find(gf_orbits *self, search *work, gf_error *error) {
    for (size_t i = 0; i < self->basis.size; ++i) {
        work->orbit[i] = UNSEEN;
    }
    for (size_t i = 0; i < self->basis.size; ++i) {
        if (work->orbit[i] == UNSEEN) {
            add_orbit(self, work, i);
        }
    }
    double complex *factor = calloc(self->count + 1, sizeof *factor);
    int8_t *side = calloc(self->count + 1, sizeof *side);
    gf_status status = GF_OK;
    if (factor == NULL || side == NULL) {
        status = gf_fail_memory(error, "the orbits of a block");
    } else {
        for (size_t o = 0; o < self->count; ++o) {
            factor[o] = 1;
        }
        if (self->is_real) {
            make_real(self, work, factor, side);
        }
        number_columns(self, side);
        spread(self, work, factor, side);
        drop_second_orbits(self, side);
    }
    free(factor);
    free(side);
    return status;
}

gf_status gf_orbits_init(gf_orbits *self, const gf_symmetry *symmetry, const gf_block *block,
                         gf_error *error) {
    *self = (gf_orbits){.is_real = block->is_real};
    gf_status status = gf_basis_init(&self->basis, symmetry->sites, block->up, error);
    if (status != GF_OK) {
        return status;
    }
    size_t states = self->basis.size;
    search work = {.symmetry = symmetry,
                   .block = block,
                   .element =
                       malloc(GF_UNITARY_SETS * (size_t)symmetry->sites * sizeof *work.element),
                   .orbit = malloc(states * sizeof *work.orbit),
                   .root = calloc(block->size + 1, sizeof *work.root)};
    self->orbit = calloc(block->size + 1, sizeof *self->orbit);
    self->column = malloc(states * sizeof *self->column);
    self->side = calloc(states, sizeof *self->side);
    self->component = calloc(states, sizeof *self->component);
    if (work.element == NULL || work.orbit == NULL || work.root == NULL || self->orbit == NULL ||
        self->column == NULL || self->side == NULL || self->component == NULL) {
        status = gf_fail_memory(error, "the orbits of a block");
    } else {
        work.elements = gf_symmetry_little_group(symmetry, block, work.element);
        status = find(self, &work, error);
    }
    free(work.element);
    free(work.orbit);
    free(work.root);
    if (status != GF_OK) {
        gf_orbits_free(self);
    }
    return status;
}

void gf_orbits_free(gf_orbits *self) {
    gf_basis_free(&self->basis);
    free(self->orbit);
    free(self->column);
    free(self->side);
    free(self->component);
    *self = (gf_orbits){0};
}

double gf_orbits_memory(int sites, int up) {
    double states = (double)gf_basis_dimension(sites, up), per_state = 4 + 4 + 1 + 16 + 4;
    return states * (per_state + sizeof(gf_orbit) + 8) + 12 * ldexp(1, (sites + 1) / 2);
}

/* --- matrix elements ------------------------------------------------------------------------- */

/* The elements of one column, by row. */
typedef struct column_sum {
    const gf_orbits *orbits;
    double complex scale;
    size_t operators, rows;
    uint32_t *row;         /* [rows] */
    uint32_t *slot;        /* [orbits->size]: where a row is in `row`, plus one; 0 if it is not */
    double complex *value; /* [orbits->size][operators], by slot */
} column_sum;

static void add_to_row(column_sum *self, size_t row, double complex factor,
                       const double complex *value) {
    if (self->slot[row] == 0) {
        self->row[self->rows++] = (uint32_t)row;
        self->slot[row] = (uint32_t)self->rows;
        memset(self->value + (self->rows - 1) * self->operators, 0,
               self->operators * sizeof *self->value);
    }
    double complex *sum = self->value + (self->slot[row] - 1) * self->operators;
    for (size_t k = 0; k < self->operators; ++k) {
        sum[k] += factor * value[k];
    }
}

static void add_pattern(void *context, uint32_t to, const double complex *value) {
    column_sum *self = context;
    const gf_orbits *orbits = self->orbits;
    size_t at = gf_basis_rank(&orbits->basis, to);
    if (orbits->column[at] != GF_NO_ORBIT) {
        double complex factor = self->scale * conj(orbits->component[at]);
        add_to_row(self, orbits->column[at], factor, value);
        if (orbits->side[at] != 0) {
            add_to_row(self, orbits->column[at] + 1, -I * orbits->side[at] * factor, value);
        }
    }
}

/* Hands on the elements of the column or the two columns of an orbit. */
static void visit_sums(column_sum *self, const gf_orbit *orbit, double complex *value,
                       gf_orbits_visit *visit, void *context) {
    for (size_t i = 0; i < self->rows; ++i) {
        const double complex *sum = self->value + i * self->operators;
        size_t row = self->row[i];
        self->slot[row] = 0;
        for (size_t k = 0; k < self->operators; ++k) {
            value[k] = self->orbits->is_real ? creal(sum[k]) : sum[k];
        }
        if (row >= orbit->column) {
            visit(context, row, orbit->column, value);
        }
        for (size_t k = 0; k < self->operators; ++k) {
            value[k] = -cimag(sum[k]);
        }
        if (orbit->paired && row > orbit->column) {
            visit(context, row, orbit->column + 1, value);
        }
    }
    self->rows = 0;
}

static bool is_wanted(const gf_orbit *orbit, gf_orbits_wants *wants, const void *context) {
    return wants == NULL || wants(context, orbit->column) ||
           (orbit->paired && wants(context, orbit->column + 1));
}

gf_status gf_orbits_project_some(const gf_orbits *self, const gf_elements *operators,
                                 gf_orbits_wants *wants, gf_orbits_visit *visit, void *context,
                                 gf_error *error) {
    size_t count = gf_elements_count(operators);
    column_sum sum = {.orbits = self,
                      .operators = count,
                      .row = malloc(self->size * sizeof *sum.row),
                      .slot = calloc(self->size, sizeof *sum.slot),
                      .value = malloc((self->size * count + 1) * sizeof *sum.value)};
    double complex *value = malloc((count + 1) * sizeof *value);
    gf_status status = GF_OK;
    if (sum.row == NULL || sum.slot == NULL || sum.value == NULL || value == NULL) {
        status = gf_fail_memory(error, "matrix elements");
    }
    for (size_t o = 0; o < self->count && status == GF_OK; ++o) {
        if (!is_wanted(&self->orbit[o], wants, context)) {
            continue;
        }
        sum.scale = self->orbit[o].scale;
        gf_elements_apply(operators, self->orbit[o].representative, value, add_pattern, &sum);
        visit_sums(&sum, &self->orbit[o], value, visit, context);
    }
    free(sum.row);
    free(sum.slot);
    free(sum.value);
    free(value);
    return status;
}

gf_status gf_orbits_project(const gf_orbits *self, const gf_elements *operators,
                            gf_orbits_visit *visit, void *context, gf_error *error) {
    return gf_orbits_project_some(self, operators, NULL, visit, context, error);
}
