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

typedef struct plan {
    gf_symmetry all, inner; /* of H, and up to signs of the operators; of H and them */
    int sign[GF_FACTOR_SETS][GF_CHARGES]; /* what a symmetry makes of the operators */
    gf_block *blocks;                     /* [count], largest first */
    double *copies; /* [count]: 2 if it stands for the opposite momentum, too */
    size_t count;
} plan;

static bool keeps_sector(const plan *self, int factors, int up) {
    return (factors & GF_FLIP) == 0 || 2 * up == self->all.sites;
}

static bool turns_momentum(int factors) {
    return ((factors & GF_REFLECT) != 0) != ((factors & GF_CONJUGATE) != 0);
}

/* How many momenta a block stands for; 0: another block stands for it. */
static double copies_of(const plan *self, const gf_block *block) {
    bool turns = false;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        turns = turns || (self->all.has[factors] && keeps_sector(self, factors, block->up) &&
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

/* What of the symmetries of H may be used. */
static void find_symmetries(plan *self, const gf_operator operators[GF_CHARGES]) {
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        for (size_t i = 0; i < GF_CHARGES && self->all.has[factors]; ++i) {
            self->sign[factors][i] = sign_of(&self->all, factors, &operators[i]);
            self->all.has[factors] = self->sign[factors][i] != 0;
        }
    }
    self->inner = self->all;
    for (int factors = 1; factors < GF_FACTOR_SETS; ++factors) {
        self->inner.has[factors] = self->all.has[factors] &&
                                   factors == (GF_REFLECT | GF_CONJUGATE) &&
                                   self->sign[factors][0] == 1 && self->sign[factors][1] == 1;
    }
}

static bool takes_sector(const gf_current_request *request, int up) {
    return request->largest == 0 ||
           gf_basis_dimension(request->model->chain.sites, up) <= request->largest;
}

static gf_status make_plan(plan *self, const gf_current_request *request, gf_error *error) {
    size_t kept = 0;
    *self = (plan){0};
    gf_status status = gf_spectrum_symmetry(request->model, &self->all, error);
    if (status == GF_OK) {
        find_symmetries(self, request->operators);
        status = gf_symmetry_blocks(&self->inner, &self->blocks, &self->count, error);
    }
    if (status != GF_OK) {
        return status;
    }
    self->copies = calloc(self->count + 1, sizeof *self->copies);
    if (self->copies == NULL) {
        free(self->blocks);
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

static void free_plan(plan *self) {
    free(self->blocks);
    free(self->copies);
}

/* The mean, over the symmetries that lead from the source to a sector, of what they make of
 * strengths and of <n|J_i|n>: images of one block at different momenta are summed so. */
static void find_signs(const plan *self, int up, gf_current_sector *sector) {
    bool flips = gf_symmetry_flips(&self->all) && 2 * up < self->all.sites;
    double count = 0;
    sector->source = flips ? self->all.sites - up : up;
    for (int factors = 0; factors < GF_FACTOR_SETS; ++factors) {
        bool leads = flips ? (factors & GF_FLIP) != 0 : keeps_sector(self, factors, up);
        if (self->all.has[factors] && leads) {
            bool conjugates = (factors & GF_CONJUGATE) != 0;
            const int *sign = self->sign[factors];
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

typedef struct result {
    stage stage;
    gf_strengths strengths;
    gf_current_level *level; /* [blocks[b].size] */
} result;

typedef struct job {
    const plan *plan;
    const gf_elements *hamiltonian, *currents;
    gf_strength_grid grid;
    result *results;          /* [plan->count] */
    gf_current_spectrum *sum; /* results go there in the order of blocks */
    size_t *next;             /* [sites + 1]: the first block of a sector that has not gone */
} job;

/* Matrices of both currents, of which the lower triangles are given, then the whole. */
typedef struct matrices {
    size_t n;
    bool is_real;
    void *current[GF_CHARGES], *half;
} matrices;

static void store_currents(void *context, size_t row, size_t column, const double complex *value) {
    matrices *self = context;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        if (self->is_real) {
            ((double *)self->current[i])[column * self->n + row] = creal(value[i]);
        } else {
            ((double complex *)self->current[i])[column * self->n + row] = value[i];
        }
    }
}

/* J <- V' J V */
static void rotate(matrices *self, const gf_dense *vectors, size_t i) {
    static const double complex one = 1, zero = 0;
    blasint n = (blasint)self->n;
    if (self->is_real) {
        cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, n, n, 1, self->current[i], n,
                    vectors->real, n, 0, self->half, n);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, n, n, 1, vectors->real, n,
                    self->half, n, 0, self->current[i], n);
    } else {
        cblas_zhemm(CblasColMajor, CblasLeft, CblasLower, n, n, &one, self->current[i], n,
                    vectors->complex_, n, &zero, self->half, n);
        cblas_zgemm(CblasColMajor, CblasConjTrans, CblasNoTrans, n, n, n, &one, vectors->complex_,
                    n, self->half, n, &zero, self->current[i], n);
    }
}

static double complex element(const matrices *self, size_t i, size_t row, size_t column) {
    size_t at = column * self->n + row;
    return self->is_real ? ((const double *)self->current[i])[at]
                         : ((const double complex *)self->current[i])[at];
}

/* Of the level `column` with all from it on. */
static void find_strengths(const matrices *self, size_t column, double (*value)[GF_STRENGTHS]) {
    for (size_t row = column; row < self->n; ++row) {
        double complex a = element(self, 0, row, column), b = element(self, 1, row, column);
        double *strength = value[row - column];
        strength[GF_J11] = creal(a) * creal(a) + cimag(a) * cimag(a);
        strength[GF_J22] = creal(b) * creal(b) + cimag(b) * cimag(b);
        strength[GF_J12] = creal(a) * creal(b) + cimag(a) * cimag(b);
        strength[GF_J12_IMAGINARY] = cimag(a) * creal(b) - creal(a) * cimag(b);
    }
}

static gf_status collect(const job *self, size_t b, const matrices *work, const double *energy,
                         gf_error *error) {
    result *one = &self->results[b];
    size_t n = work->n;
    double(*value)[GF_STRENGTHS] = calloc(n + 1, sizeof *value);
    one->level = calloc(n + 1, sizeof *one->level);
    gf_status status =
        value != NULL && one->level != NULL
            ? gf_strengths_init(&one->strengths, self->grid, energy[0], energy[n - 1], error)
            : gf_fail_memory(error, "the strengths of the currents");
    for (size_t m = 0; m < n && status == GF_OK; ++m) {
        one->level[m] = (gf_current_level){
            .energy = energy[m],
            .degeneracy = self->plan->copies[b],
            .current = {creal(element(work, 0, m, m)), creal(element(work, 1, m, m))}};
        find_strengths(work, m, value);
        status = gf_strengths_add(&one->strengths, n - m, energy + m, value, error);
    }
    free(value);
    return status;
}

static gf_status join_levels(const job *self, size_t b, const gf_orbits *orbits,
                             const gf_dense *vectors, const double *energy, gf_error *error) {
    size_t n = orbits->size, size = orbits->is_real ? sizeof(double) : sizeof(double complex);
    matrices work = {.n = n,
                     .is_real = orbits->is_real,
                     .current = {gf_workspace_matrix(n, n, size), gf_workspace_matrix(n, n, size)},
                     .half = gf_workspace_matrix(n, n, size)};
    gf_status status = work.current[0] != NULL && work.current[1] != NULL && work.half != NULL
                           ? gf_orbits_project(orbits, self->currents, store_currents, &work, error)
                           : gf_fail_memory(error, "the matrices of the currents");
    for (size_t i = 0; i < GF_CHARGES && status == GF_OK; ++i) {
        rotate(&work, vectors, i);
    }
    if (status == GF_OK) {
        status = collect(self, b, &work, energy, error);
    }
    gf_workspace_free(work.current[0]);
    gf_workspace_free(work.current[1]);
    gf_workspace_free(work.half);
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

static void forget(result *one) {
    gf_strengths_free(&one->strengths);
    free(one->level);
    one->level = NULL;
}

static gf_status take_over(job *self, size_t b, gf_error *error) {
    const gf_block *block = &self->plan->blocks[b];
    gf_current_sector *sector = &self->sum->sector[block->up];
    result *one = &self->results[b];
    gf_current_level *level =
        realloc(sector->level, (sector->levels + block->size) * sizeof *level);
    if (level == NULL) {
        return gf_fail_memory(error, "the levels of the chain");
    }
    memcpy(level + sector->levels, one->level, block->size * sizeof *level);
    sector->level = level;
    sector->levels += block->size;
    sector->strengths.grid = self->grid;
    gf_status status =
        gf_strengths_merge(&sector->strengths, self->plan->copies[b], &one->strengths, error);
    forget(one);
    one->stage = ADDED;
    return status;
}

static gf_status keep_block(void *context, const gf_task *task, gf_error *error) {
    job *self = context;
    (void)error;
    self->results[task->index].stage = FOUND;
    return GF_OK;
}

/* Sums over the blocks of a sector go by their order, whoever is ready first: they must not depend
 * on threads, or ranks, of which 0 alone adds. */
static gf_status add_ready(job *self, int up, gf_error *error) {
    const plan *all = self->plan;
    size_t *next = &self->next[up];
    gf_status status = GF_OK;
    while (*next < all->count && status == GF_OK &&
           (all->blocks[*next].up != up || self->results[*next].stage == FOUND)) {
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
    for (int up = 0; up <= self->sum->sites && status == GF_OK; ++up) {
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
static void carry_block(void *context, size_t b, gf_bytes *bytes) {
    job *self = context;
    const gf_block *block = &self->plan->blocks[b];
    gf_current_sector *sector = &self->sum->sector[block->up];
    result *one = &self->results[b];
    gf_bytes_carry(bytes, &one->stage, sizeof one->stage);
    if (one->stage == FOUND) {
        gf_strengths_carry(&one->strengths, bytes);
        carry_levels(&one->level, block->size, bytes);
        if (!bytes->reads) {
            forget(one);
        }
    } else if (one->stage == ADDED && is_last_of_sector(self->plan, b)) {
        gf_strengths_carry(&sector->strengths, bytes);
        gf_bytes_carry(bytes, &sector->levels, sizeof sector->levels);
        carry_levels(&sector->level, sector->levels, bytes);
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

static gf_status create(const plan *blocks, const gf_current_request *request,
                        gf_current_spectrum **spectrum, gf_error *error) {
    gf_current_spectrum *self = *spectrum = calloc(1, sizeof *self);
    if (self != NULL) {
        self->sites = blocks->all.sites;
        self->is_complete = takes_sector(request, self->sites / 2);
        self->sector = calloc((size_t)self->sites + 1, sizeof *self->sector);
    }
    if (self == NULL || self->sector == NULL) {
        gf_current_spectrum_free(self);
        *spectrum = NULL;
        return gf_fail_memory(error, "the levels of the chain");
    }
    for (int up = 0; up <= self->sites; ++up) {
        find_signs(blocks, up, &self->sector[up]);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->has_means = self->has_means || self->sector[up].mean_sign[i] != 0;
        }
    }
    return GF_OK;
}

static gf_status solve_blocks(job *work, const gf_progress *progress, gf_error *error) {
    size_t count = work->plan->count;
    work->results = calloc(count + 1, sizeof *work->results);
    work->next = calloc((size_t)work->sum->sites + 1, sizeof *work->next);
    const gf_tasks all = {.count = count,
                          .context = work,
                          .cost = block_cost,
                          .run = solve_block,
                          .keep = keep_block,
                          .save = add_blocks,
                          .carry = carry_block,
                          .progress = progress};
    gf_status status = work->results != NULL && work->next != NULL
                           ? gf_tasks_run(&all, error)
                           : gf_fail_memory(error, "the blocks of the chain");
    for (size_t b = 0; b < count && work->results != NULL; ++b) {
        forget(&work->results[b]);
    }
    free(work->results);
    free(work->next);
    return status;
}

gf_status gf_current_spectrum_outline(const gf_current_request *request,
                                      gf_current_spectrum **spectrum, gf_error *error) {
    plan all;
    *spectrum = NULL;
    gf_status status = make_plan(&all, request, error);
    if (status == GF_OK) {
        status = create(&all, request, spectrum, error);
        free_plan(&all);
    }
    return status;
}

gf_status gf_current_spectrum_compute(const gf_current_request *request,
                                      const gf_progress *progress, gf_current_spectrum **spectrum,
                                      gf_error *error) {
    plan all;
    gf_elements *hamiltonian = NULL, *currents = NULL;
    gf_strength_grid grid = request->grid;
    *spectrum = NULL;
    gf_status status = make_plan(&all, request, error);
    if (status != GF_OK) {
        return status;
    }
    status = gf_elements_create(&request->model->hamiltonian, 1, &hamiltonian, error);
    if (status == GF_OK) {
        status = gf_elements_create(request->operators, GF_CHARGES, &currents, error);
    }
    if (status == GF_OK) {
        status = create(&all, request, spectrum, error);
    }
    if (status == GF_OK) {
        grid.degenerate = DEGENERATE * gf_elements_size(hamiltonian);
        job work = {.plan = &all,
                    .hamiltonian = hamiltonian,
                    .currents = currents,
                    .grid = grid,
                    .sum = *spectrum};
        status = solve_blocks(&work, progress, error);
    }
    if (status == GF_OK) {
        status = list_levels(*spectrum, error);
    }
    gf_elements_free(hamiltonian);
    gf_elements_free(currents);
    free_plan(&all);
    if (status != GF_OK) {
        gf_current_spectrum_free(*spectrum);
        *spectrum = NULL;
    }
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
    enum { REAL_MATRICES = 6 }; /* the vectors, two currents, one of the two halves; LAPACK's */
    plan all;
    gf_elements *hamiltonian = NULL;
    *cost = (gf_current_cost){0};
    gf_strength_grid grid = request->grid;
    gf_status status = make_plan(&all, request, error);
    if (status == GF_OK) {
        status = gf_elements_create(&request->model->hamiltonian, 1, &hamiltonian, error);
    }
    if (status != GF_OK) {
        return status;
    }
    double work = 0, pairs = 0, dense = 0, sectors = 0, lists = 0;
    cost->range = gf_elements_size(hamiltonian);
    for (size_t b = 0; b < all.count; ++b) {
        double n = (double)all.blocks[b].size, each = all.blocks[b].is_real ? 1 : 2;
        work += 16 * gf_block_work(&all.blocks[b]);
        pairs += n * n / 2;
        lists += n * sizeof(gf_current_level);
        dense = fmax(dense, 8 * each * REAL_MATRICES * n * n +
                                gf_orbits_memory(all.all.sites, all.blocks[b].up));
        sectors += all.blocks[b].momentum == 0;
    }
    double workers = fmin(gf_machine_threads(), (double)all.count);
    double one = gf_strengths_memory(grid, cost->range / 2, pairs); /* a bound, twice too large */
    cost->memory = workers * dense + lists + (grid.energy > 0 ? sectors + 2 * workers : 2) * one;
    cost->seconds = work / 1.5e10 + pairs * 1e-7;
    gf_elements_free(hamiltonian);
    free_plan(&all);
    return GF_OK;
}
