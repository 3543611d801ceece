#include "transport/current_spectrum.h"

#include "base/machine.h"
#include "base/tasks.h"
#include "base/workspace.h"
#include "hilbert/orbits.h"
#include "spectrum/block.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the size of H: energies closer than this are the same, 1e-9 for sixteen sites. */
static const double DEGENERATE = 1e-11;

/* --- which blocks, and what they stand for --------------------------------------------------- */

enum { MAKES_REAL = GF_REFLECT | GF_CONJUGATE };

typedef struct plan {
    const gf_operator **operators; /* [turned]: of all couples, each once */
    size_t turned;
    int (*sign)[GF_FACTOR_SETS];  /* [turned]: what a symmetry of H makes of them */
    size_t (*couple)[GF_CHARGES]; /* [couples]: which of them */
    size_t couples;
    gf_symmetry hamiltonian, all, inner; /* of H; of all operators up to signs, too; that of them
                                            which makes blocks */
    gf_block *blocks;                    /* [count], largest first */
    double *copies; /* [count]: 2 if it stands for the opposite momentum, too */
    size_t count;
} plan;

static bool keeps_sector(const gf_symmetry *self, int factors, int up) {
    return (factors & GF_FLIP) == 0 || 2 * up == self->sites;
}

static bool turns_momentum(int factors) {
    return ((factors & GF_REFLECT) != 0) != ((factors & GF_CONJUGATE) != 0);
}

/* How many momenta a block stands for; 0: another block stands for it. */
static double copies_of(const plan *self, const gf_block *block) {
    bool turns = false;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        turns = turns || (self->all.has[factors] && keeps_sector(&self->all, factors, block->up) &&
                          turns_momentum(factors));
    }
    int twice = 2 * block->momentum, circle = self->all.translations;
    if ((gf_symmetry_flips(&self->all) && 2 * block->up < self->all.sites) ||
        (turns && twice > circle)) {
        return 0;
    }
    return turns && twice % circle != 0 ? 2 : 1;
}

/* +1 or -1 if the symmetry makes that of the operator, else 0. */
static int sign_of(const gf_symmetry *symmetry, int factors, const gf_operator *operator) {
    gf_operator image = gf_symmetry_image(symmetry, operator, 0, factors);
    gf_operator negative = gf_operator_scaled(&image, -1);
    int sign = gf_operator_equal(operator, & image, NULL)      ? 1
               : gf_operator_equal(operator, & negative, NULL) ? -1
                                                               : 0;
    gf_operator_free(&image);
    gf_operator_free(&negative);
    return sign;
}

/* Those symmetries of H that make +1 or -1 times some of the operators. */
static gf_symmetry symmetry_of(const plan *self, const size_t *some, size_t count) {
    gf_symmetry symmetry = self->hamiltonian;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        for (size_t k = 0; k < count; ++k) {
            symmetry.has[factors] = symmetry.has[factors] && self->sign[some[k]][factors] != 0;
        }
    }
    return symmetry;
}

/* What of the symmetries of H may be used. */
static void find_symmetries(plan *self) {
    for (size_t o = 0; o < self->turned; ++o) {
        for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
            self->sign[o][factors] = self->hamiltonian.has[factors]
                                         ? sign_of(&self->hamiltonian, factors, self->operators[o])
                                         : 0;
        }
    }
    self->all = self->inner = symmetry_of(self, self->couple[0], self->couples * GF_CHARGES);
    for (int factors = 1; factors < GF_FACTOR_SETS; ++factors) {
        self->inner.has[factors] = self->all.has[factors] && factors == MAKES_REAL;
    }
}

/* Whether the matrix of i times the operator is what is real. */
static bool is_turned(const plan *self, size_t o) {
    return self->inner.has[MAKES_REAL] && self->sign[o][MAKES_REAL] < 0;
}

static bool takes_sector(const gf_current_request *request, int up) {
    return request->largest == 0 ||
           gf_basis_dimension(request->model->chain.sites, up) <= request->largest;
}

static size_t number_of(plan *self, const gf_operator *operator) {
    size_t o = 0;
    while (o < self->turned && self->operators[o] != operator) {
        ++o;
    }
    self->operators[o] = operator;
    self->turned += o == self->turned;
    return o;
}

static void free_plan(plan *self) {
    free(self->operators);
    free(self->sign);
    free(self->couple);
    free(self->blocks);
    free(self->copies);
    *self = (plan){0};
}

static gf_status list_operators(plan *self, const gf_current_request *request, gf_error *error) {
    size_t most = request->count * GF_CHARGES;
    *self = (plan){.couples = request->count,
                   .operators = calloc(most + 1, sizeof(void *)),
                   .sign = calloc(most + 1, sizeof *self->sign),
                   .couple = calloc(request->count + 1, sizeof *self->couple)};
    if (self->operators == NULL || self->sign == NULL || self->couple == NULL) {
        return gf_fail_memory(error, "the list of operators");
    }
    for (size_t k = 0; k < most; ++k) {
        self->couple[k / GF_CHARGES][k % GF_CHARGES] =
            number_of(self, request->couples[k / GF_CHARGES].operators[k % GF_CHARGES]);
    }
    return GF_OK;
}

static gf_status list_blocks(plan *self, const gf_current_request *request, gf_error *error) {
    size_t kept = 0;
    gf_status status = gf_symmetry_blocks(&self->inner, &self->blocks, &self->count, error);
    if (status != GF_OK) {
        return status;
    }
    self->copies = calloc(self->count + 1, sizeof *self->copies);
    if (self->copies == NULL) {
        return gf_fail_memory(error, "the list of blocks");
    }
    for (size_t b = 0; b < self->count; ++b) {
        double copies = copies_of(self, &self->blocks[b]);
        if (copies > 0 && takes_sector(request, self->blocks[b].up)) {
            self->blocks[kept] = self->blocks[b];
            self->copies[kept++] = copies;
        }
    }
    self->count = kept;
    return GF_OK;
}

/* After a failure it is empty. */
static gf_status make_plan(plan *self, const gf_current_request *request, gf_error *error) {
    gf_status status = list_operators(self, request, error);
    if (status == GF_OK) {
        status = gf_spectrum_symmetry(request->model, &self->hamiltonian, error);
    }
    if (status == GF_OK) {
        find_symmetries(self);
        status = list_blocks(self, request, error);
    }
    if (status != GF_OK) {
        free_plan(self);
    }
    return status;
}

/* The mean, over the symmetries that lead from the source to a sector, of what they make of
 * strengths and of <n|J_i|n>: images of one block at different momenta are summed so. */
static void find_signs(const plan *self, size_t couple, int up, gf_current_sector *sector) {
    const size_t *pair = self->couple[couple];
    gf_symmetry own = symmetry_of(self, pair, GF_CHARGES);
    bool flips = gf_symmetry_flips(&own) && 2 * up < own.sites;
    double count = 0;
    sector->source = flips ? own.sites - up : up;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        bool leads = flips ? (factors & GF_FLIP) != 0 : keeps_sector(&own, factors, up);
        if (own.has[factors] && leads) {
            const int sign[GF_CHARGES] = {self->sign[pair[0]][factors],
                                          self->sign[pair[1]][factors]};
            bool conjugates = (factors & GF_CONJUGATE) != 0;
            for (size_t i = 0; i < GF_CHARGES; ++i) {
                sector->mean_sign[i] += sign[i];
            }
            sector->sign[GF_J12] += sign[0] * sign[1];
            sector->sign[GF_J12_IMAGINARY] += sign[0] * sign[1] * (conjugates ? -1 : 1);
            count += 1;
        }
    }
    sector->sign[GF_J11] = sector->sign[GF_J22] = 1;
    sector->sign[GF_J12] /= count;
    sector->sign[GF_J12_IMAGINARY] /= count;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        sector->mean_sign[i] /= count;
    }
}

/* --- one block ------------------------------------------------------------------------------- */

typedef enum stage { WAITS, FOUND, ADDED /* to its sector, nothing of it is left */ } stage;

/* What a couple says of a block. */
typedef struct share {
    gf_strengths strengths;
    gf_current_level *level; /* [blocks[b].size] */
} share;

typedef struct job {
    const plan *plan;
    const gf_elements *hamiltonian, *operators;
    gf_strength_grid *grid;     /* [couples] */
    stage *stage;               /* [plan->count] */
    share *shares;              /* [plan->count][couples] */
    gf_current_spectrum **sums; /* [couples]: they go there in the order of blocks */
    size_t *next;               /* [sites + 1]: the first block of a sector that has not gone */
} job;

static share *shares_of(const job *self, size_t b) {
    return self->shares + b * self->plan->couples;
}

/* Of all operators, or i times them, one after the other: in the basis of the block, then between
 * levels. */
typedef struct matrices {
    const plan *plan;
    size_t n;
    bool is_real;
    void *all; /* [turned + 1][n][n], the last one is workspace */
} matrices;

static void *matrix_of(const matrices *self, size_t o) {
    size_t size = self->is_real ? sizeof(double) : sizeof(double complex);
    return (char *)self->all + o * self->n * self->n * size;
}

/* Of the lower triangle, and with it the upper one. */
static void store_element(void *context, size_t row, size_t column, const double complex *value) {
    matrices *self = context;
    for (size_t o = 0; o < self->plan->turned; ++o) {
        double sign = is_turned(self->plan, o) ? -1 : 1;
        if (self->is_real) {
            double *matrix = matrix_of(self, o);
            matrix[row * self->n + column] = sign * creal(value[o]);
            matrix[column * self->n + row] = creal(value[o]);
        } else {
            double complex *matrix = matrix_of(self, o);
            matrix[row * self->n + column] = sign * conj(value[o]);
            matrix[column * self->n + row] = value[o];
        }
    }
}

/* A <- V' A V */
static void rotate(const matrices *self, const gf_dense *vectors, size_t o) {
    static const double complex one = 1, zero = 0;
    blasint n = (blasint)self->n;
    void *matrix = matrix_of(self, o), *half = matrix_of(self, self->plan->turned);
    if (self->is_real) {
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, matrix, n, vectors->real,
                    n, 0, half, n);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, n, n, 1, vectors->real, n, half, n,
                    0, matrix, n);
    } else {
        cblas_zgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, &one, matrix, n,
                    vectors->complex_, n, &zero, half, n);
        cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, n, n, n, &one, vectors->complex_,
                    n, half, n, &zero, matrix, n);
    }
}

static double complex element(const matrices *self, size_t o, size_t row, size_t column) {
    size_t at = column * self->n + row;
    double complex value = self->is_real ? ((const double *)matrix_of(self, o))[at]
                                         : ((const double complex *)matrix_of(self, o))[at];
    return is_turned(self->plan, o) ? -I * value : value;
}

/* Of the level `column` with all from it on. */
static void find_strengths(const matrices *self, const size_t pair[GF_CHARGES], size_t column,
                           double (*value)[GF_STRENGTHS]) {
    for (size_t row = column; row < self->n; ++row) {
        double complex a = element(self, pair[0], row, column);
        double complex b = element(self, pair[1], row, column);
        double *strength = value[row - column];
        strength[GF_J11] = creal(a) * creal(a) + cimag(a) * cimag(a);
        strength[GF_J22] = creal(b) * creal(b) + cimag(b) * cimag(b);
        strength[GF_J12] = creal(a) * creal(b) + cimag(a) * cimag(b);
        strength[GF_J12_IMAGINARY] = cimag(a) * creal(b) - creal(a) * cimag(b);
    }
}

static gf_status collect(const job *self, size_t b, size_t couple, const matrices *work,
                         const double *energy, gf_error *error) {
    const size_t *pair = self->plan->couple[couple];
    share *one = &shares_of(self, b)[couple];
    size_t n = work->n;
    double(*value)[GF_STRENGTHS] = calloc(n + 1, sizeof *value);
    one->level = calloc(n + 1, sizeof *one->level);
    gf_status status = value != NULL && one->level != NULL
                           ? gf_strengths_init(&one->strengths, self->grid[couple], energy[0],
                                               energy[n - 1], error)
                           : gf_fail_memory(error, "the strengths of the currents");
    for (size_t m = 0; m < n && status == GF_OK; ++m) {
        one->level[m] = (gf_current_level){
            .energy = energy[m],
            .degeneracy = self->plan->copies[b],
            .current = {creal(element(work, pair[0], m, m)), creal(element(work, pair[1], m, m))}};
        find_strengths(work, pair, m, value);
        status = gf_strengths_add(&one->strengths, n - m, energy + m, value, error);
    }
    free(value);
    return status;
}

static gf_status join_levels(const job *self, size_t b, const gf_orbits *orbits,
                             const gf_dense *vectors, const double *energy, gf_error *error) {
    size_t n = orbits->size, size = orbits->is_real ? sizeof(double) : sizeof(double complex);
    matrices work = {.plan = self->plan,
                     .n = n,
                     .is_real = orbits->is_real,
                     .all = gf_workspace_matrix(n, n * (self->plan->turned + 1), size)};
    gf_status status = work.all != NULL
                           ? gf_orbits_project(orbits, self->operators, store_element, &work, error)
                           : gf_fail_memory(error, "the matrices of the currents");
    for (size_t o = 0; o < self->plan->turned && status == GF_OK; ++o) {
        rotate(&work, vectors, o);
    }
    for (size_t couple = 0; couple < self->plan->couples && status == GF_OK; ++couple) {
        status = collect(self, b, couple, &work, energy, error);
    }
    gf_workspace_free(work.all);
    return status;
}

static double block_cost(const void *context, size_t b) {
    const job *self = context;
    return gf_block_work(&self->plan->blocks[b]);
}

static gf_status solve_block(const void *context, gf_task *task, gf_error *error) {
    const job *self = context;
    const gf_block *block = &self->plan->blocks[task->index];
    gf_orbits orbits;
    gf_dense vectors = {0};
    gf_status status = gf_orbits_init(&orbits, &self->plan->inner, block, error);
    if (status != GF_OK) {
        return status;
    }
    double *energy = calloc(orbits.size + 1, sizeof *energy);
    status = energy != NULL
                 ? gf_block_diagonalize(self->hamiltonian, &orbits, &vectors, energy, error)
                 : gf_fail_memory(error, "the levels of a block");
    if (status == GF_OK) {
        status = join_levels(self, task->index, &orbits, &vectors, energy, error);
    }
    gf_workspace_free(vectors.real);
    gf_workspace_free(vectors.complex_);
    free(energy);
    gf_orbits_free(&orbits);
    return status;
}

/* --- the sum --------------------------------------------------------------------------------- */

static void forget(const job *self, size_t b) {
    for (size_t couple = 0; couple < self->plan->couples; ++couple) {
        share *one = &shares_of(self, b)[couple];
        gf_strengths_free(&one->strengths);
        free(one->level);
        one->level = NULL;
    }
}

static gf_status add_share(const job *self, size_t b, size_t couple, gf_error *error) {
    const gf_block *block = &self->plan->blocks[b];
    gf_current_sector *sector = &self->sums[couple]->sector[block->up];
    share *one = &shares_of(self, b)[couple];
    gf_current_level *level =
        realloc(sector->level, (sector->levels + block->size) * sizeof *level);
    if (level == NULL) {
        return gf_fail_memory(error, "the levels of the chain");
    }
    memcpy(level + sector->levels, one->level, block->size * sizeof *level);
    sector->level = level;
    sector->levels += block->size;
    sector->strengths.grid = self->grid[couple];
    return gf_strengths_merge(&sector->strengths, self->plan->copies[b], &one->strengths, error);
}

static gf_status take_over(job *self, size_t b, gf_error *error) {
    gf_status status = GF_OK;
    for (size_t couple = 0; couple < self->plan->couples && status == GF_OK; ++couple) {
        status = add_share(self, b, couple, error);
    }
    forget(self, b);
    self->stage[b] = ADDED;
    return status;
}

static gf_status keep_block(void *context, const gf_task *task, gf_error *error) {
    job *self = context;
    (void)error;
    self->stage[task->index] = FOUND;
    return GF_OK;
}

/* Sums over the blocks of a sector go by their order, whoever is ready first: they must not depend
 * on threads, or ranks, of which 0 alone adds. */
static gf_status add_ready(job *self, int up, gf_error *error) {
    const plan *all = self->plan;
    size_t *next = &self->next[up];
    gf_status status = GF_OK;
    while (*next < all->count && status == GF_OK &&
           (all->blocks[*next].up != up || self->stage[*next] == FOUND)) {
        if (all->blocks[*next].up == up) {
            status = take_over(self, *next, error);
        }
        ++*next;
    }
    return status;
}

static gf_status add_blocks(void *context, gf_error *error) {
    job *self = context;
    gf_status status = GF_OK;
    for (int up = 0; up <= self->plan->all.sites && status == GF_OK; ++up) {
        status = add_ready(self, up, error);
    }
    return status;
}

static void carry_levels(gf_current_level **level, size_t count, gf_bytes *bytes) {
    *level = gf_bytes_carry_array(bytes, *level, count * sizeof **level);
}

static bool is_last_of_sector(const plan *self, size_t b) {
    size_t next = b + 1;
    while (next < self->count && self->blocks[next].up != self->blocks[b].up) {
        ++next;
    }
    return next == self->count;
}

/* A block that waits to be added goes as it is, to rank 0; the sum of its sector with its last one.
 */
static void carry_share(job *self, size_t b, size_t couple, gf_bytes *bytes) {
    const gf_block *block = &self->plan->blocks[b];
    gf_current_sector *sector = &self->sums[couple]->sector[block->up];
    share *one = &shares_of(self, b)[couple];
    if (self->stage[b] == FOUND) {
        gf_strengths_carry(&one->strengths, bytes);
        carry_levels(&one->level, block->size, bytes);
    } else if (self->stage[b] == ADDED && is_last_of_sector(self->plan, b)) {
        gf_strengths_carry(&sector->strengths, bytes);
        gf_bytes_carry(bytes, &sector->levels, sizeof sector->levels);
        carry_levels(&sector->level, sector->levels, bytes);
    }
}

static void carry_block(void *context, size_t b, gf_bytes *bytes) {
    job *self = context;
    gf_bytes_carry(bytes, &self->stage[b], sizeof self->stage[b]);
    for (size_t couple = 0; couple < self->plan->couples; ++couple) {
        carry_share(self, b, couple, bytes);
    }
    if (self->stage[b] == FOUND && !bytes->reads) {
        forget(self, b);
    }
}

static int compare_levels(const void *left, const void *right) {
    const gf_current_level *a = left, *b = right;
    if (a->energy != b->energy) {
        return a->energy < b->energy ? -1 : 1;
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        if (a->current[i] != b->current[i]) {
            return a->current[i] < b->current[i] ? -1 : 1;
        }
    }
    return (a->degeneracy > b->degeneracy) - (a->degeneracy < b->degeneracy);
}

/* The levels as a spectrum, for Gibbs states, if they are all there. */
static gf_status list_levels(gf_current_spectrum *self, gf_error *error) {
    size_t levels = 0, at = 0;
    double lowest = INFINITY, highest = -INFINITY;
    for (int up = 0; up <= self->sites; ++up) {
        gf_current_sector *source = &self->sector[self->sector[up].source];
        levels += source->levels;
        if (source->levels > 0) {
            qsort(source->level, source->levels, sizeof *source->level, compare_levels);
            lowest = fmin(lowest, source->level[0].energy);
            highest = fmax(highest, source->level[source->levels - 1].energy);
        }
    }
    self->range = highest - lowest;
    if (!self->is_complete) {
        return GF_OK;
    }
    gf_status status = gf_spectrum_create(self->sites, 0, levels, false, &self->spectrum, error);
    for (int up = 0; up <= self->sites && status == GF_OK; ++up) {
        const gf_current_sector *source = &self->sector[self->sector[up].source];
        for (size_t n = 0; n < source->levels; ++n) {
            self->spectrum->energy[at] = source->level[n].energy;
            self->spectrum->degeneracy[at++] = source->level[n].degeneracy;
        }
        self->spectrum->sector[up + 1] = at;
    }
    if (status == GF_OK) {
        gf_spectrum_complete(self->spectrum);
    }
    return status;
}

static gf_status create(const plan *blocks, size_t couple, bool is_complete,
                        gf_current_spectrum **spectrum, gf_error *error) {
    gf_current_spectrum *self = *spectrum = calloc(1, sizeof *self);
    if (self != NULL) {
        self->sites = blocks->all.sites;
        self->is_complete = is_complete;
        self->sector = calloc((size_t)self->sites + 1, sizeof *self->sector);
    }
    if (self == NULL || self->sector == NULL) {
        return gf_fail_memory(error, "the levels of the chain");
    }
    for (int up = 0; up <= self->sites; ++up) {
        find_signs(blocks, couple, up, &self->sector[up]);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->has_means = self->has_means || self->sector[up].mean_sign[i] != 0;
        }
    }
    return GF_OK;
}

static gf_status create_all(const plan *blocks, const gf_current_request *request,
                            gf_current_spectrum **spectra, gf_error *error) {
    bool is_complete = takes_sector(request, blocks->all.sites / 2);
    gf_status status = GF_OK;
    for (size_t couple = 0; couple < request->count && status == GF_OK; ++couple) {
        status = create(blocks, couple, is_complete, &spectra[couple], error);
    }
    return status;
}

static void free_all(gf_current_spectrum **spectra, size_t count) {
    for (size_t couple = 0; couple < count; ++couple) {
        gf_current_spectrum_free(spectra[couple]);
        spectra[couple] = NULL;
    }
}

static gf_status solve_blocks(job *work, const gf_progress *progress, gf_error *error) {
    size_t count = work->plan->count;
    work->stage = calloc(count + 1, sizeof *work->stage);
    work->shares = calloc(count * work->plan->couples + 1, sizeof *work->shares);
    work->next = calloc((size_t)work->plan->all.sites + 1, sizeof *work->next);
    const gf_tasks all = {.count = count,
                          .context = work,
                          .cost = block_cost,
                          .run = solve_block,
                          .keep = keep_block,
                          .save = add_blocks,
                          .carry = carry_block,
                          .progress = progress};
    gf_status status = work->stage != NULL && work->shares != NULL && work->next != NULL
                           ? gf_tasks_run(&all, error)
                           : gf_fail_memory(error, "the blocks of the chain");
    for (size_t b = 0; b < count && work->shares != NULL; ++b) {
        forget(work, b);
    }
    free(work->stage);
    free(work->shares);
    free(work->next);
    return status;
}

/* Operators between bit patterns, those that are turned times i. */
static gf_status make_elements(const plan *self, gf_elements **elements, gf_error *error) {
    gf_operator *operators = calloc(self->turned + 1, sizeof *operators);
    bool exhausted = operators == NULL;
    for (size_t o = 0; o < self->turned && operators != NULL; ++o) {
        operators[o] = gf_operator_scaled(self->operators[o], is_turned(self, o) ? I : 1);
        exhausted = exhausted || operators[o].exhausted;
    }
    gf_status status = exhausted ? gf_fail_memory(error, "the operators between levels")
                                 : gf_elements_create(operators, self->turned, elements, error);
    for (size_t o = 0; o < self->turned && operators != NULL; ++o) {
        gf_operator_free(&operators[o]);
    }
    free(operators);
    return status;
}

/* The sums over all blocks. */
static gf_status fill(const plan *blocks, const gf_current_request *request,
                      const gf_progress *progress, gf_current_spectrum **spectra, gf_error *error) {
    gf_elements *hamiltonian = NULL, *operators = NULL;
    gf_strength_grid *grid = calloc(request->count + 1, sizeof *grid);
    gf_status status =
        grid != NULL ? gf_elements_create(&request->model->hamiltonian, 1, &hamiltonian, error)
                     : gf_fail_memory(error, "the grids of frequencies");
    if (status == GF_OK) {
        status = make_elements(blocks, &operators, error);
    }
    for (size_t couple = 0; couple < request->count && status == GF_OK; ++couple) {
        grid[couple] = request->couples[couple].grid;
        grid[couple].degenerate = DEGENERATE * gf_elements_size(hamiltonian);
    }
    if (status == GF_OK) {
        job work = {.plan = blocks,
                    .hamiltonian = hamiltonian,
                    .operators = operators,
                    .grid = grid,
                    .sums = spectra};
        status = solve_blocks(&work, progress, error);
    }
    for (size_t couple = 0; couple < request->count && status == GF_OK; ++couple) {
        status = list_levels(spectra[couple], error);
    }
    gf_elements_free(hamiltonian);
    gf_elements_free(operators);
    free(grid);
    return status;
}

gf_status gf_current_spectrum_outline(const gf_current_request *request,
                                      gf_current_spectrum **spectra, gf_error *error) {
    plan all;
    memset((void *)spectra, 0, request->count * sizeof(void *));
    gf_status status = make_plan(&all, request, error);
    if (status == GF_OK) {
        status = create_all(&all, request, spectra, error);
    }
    if (status != GF_OK) {
        free_all(spectra, request->count);
    }
    free_plan(&all);
    return status;
}

gf_status gf_current_spectrum_compute(const gf_current_request *request,
                                      const gf_progress *progress, gf_current_spectrum **spectra,
                                      gf_error *error) {
    plan all;
    memset((void *)spectra, 0, request->count * sizeof(void *));
    gf_status status = make_plan(&all, request, error);
    if (status == GF_OK) {
        status = create_all(&all, request, spectra, error);
    }
    if (status == GF_OK) {
        status = fill(&all, request, progress, spectra, error);
    }
    if (status != GF_OK) {
        free_all(spectra, request->count);
    }
    free_plan(&all);
    return status;
}

void gf_current_spectrum_free(gf_current_spectrum *self) {
    if (self == NULL) {
        return;
    }
    for (int up = 0; up <= self->sites && self->sector != NULL; ++up) {
        gf_strengths_free(&self->sector[up].strengths);
        free(self->sector[up].level);
    }
    free(self->sector);
    gf_spectrum_free(self->spectrum);
    free(self);
}

/* --- cost ------------------------------------------------------------------------------------ */

gf_status gf_current_spectrum_estimate(const gf_current_request *request, gf_current_cost *cost,
                                       gf_error *error) {
    /* real matrices beside those of the operators: the vectors, what is between, LAPACK's; and
     * operations on a state of a block, in all and of those for each operator */
    enum { REAL_MATRICES = 4, OPERATIONS = 8, MORE_OPERATIONS = 4 };
    plan all;
    gf_elements *hamiltonian = NULL;
    *cost = (gf_current_cost){0};
    gf_status status = make_plan(&all, request, error);
    if (status == GF_OK) {
        status = gf_elements_create(&request->model->hamiltonian, 1, &hamiltonian, error);
    }
    if (status != GF_OK) {
        free_plan(&all);
        return status;
    }
    double work = 0, pairs = 0, dense = 0, sectors = 0, lists = 0, operators = (double)all.turned;
    cost->range = gf_elements_size(hamiltonian);
    for (size_t b = 0; b < all.count; ++b) {
        double n = (double)all.blocks[b].size, each = all.blocks[b].is_real ? 1 : 2;
        work += (OPERATIONS + MORE_OPERATIONS * operators) * gf_block_work(&all.blocks[b]);
        pairs += n * n / 2;
        lists += n * sizeof(gf_current_level);
        dense = fmax(dense, 8 * each * (REAL_MATRICES + operators) * n * n +
                                gf_orbits_memory(all.all.sites, all.blocks[b].up));
        sectors += all.blocks[b].momentum == 0;
    }
    double workers = fmin(gf_machine_threads(), (double)all.count);
    cost->memory = workers * dense;
    cost->seconds = work / 1.5e10;
    for (size_t couple = 0; couple < request->count; ++couple) {
        gf_strength_grid grid = request->couples[couple].grid;
        /* a bound, twice too large */
        double one = gf_strengths_memory(grid, cost->range / 2, pairs);
        cost->memory += lists + (grid.energy > 0 ? sectors + 2 * workers : 2) * one;
        cost->seconds += pairs * 1e-7;
    }
    gf_elements_free(hamiltonian);
    free_plan(&all);
    return GF_OK;
}
