#include "open_system/rates.h"

#include "base/machine.h"
#include "base/progress_part.h"
#include "base/tasks.h"
#include "base/workspace.h"
#include "open_system/coupling.h"
#include "spectrum/block.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the largest rate: close enough to 0 for stationary states, and far enough for what is slow. */
static const double SHIFT = 1e-6;
/* A rate this far below the largest is no rate. */
static const double NO_RATE = 1e-11;
enum { STEPS = 90, MOST_SECTORS = 64 };

/* --- levels ---------------------------------------------------------------------------------- */

size_t gf_solution_first_level(const gf_solution *self, size_t part) {
    size_t sum = 0;
    for (size_t p = 0; p < part; ++p) {
        const gf_part *one = &self->generator.part[p];
        for (size_t i = 0; i < one->count; ++i) {
            sum += gf_variable_is_population(&one->variable[i]);
        }
    }
    return sum;
}

const gf_part *gf_solution_odd(const gf_solution *self) {
    const gf_generator *generator = &self->generator;
    const gf_part *last = &generator->part[generator->parts - 1];
    return last->kind == GF_PART_ODD ? last : NULL;
}

void gf_solution_observables(const gf_solution *self, const gf_part *part, double *magnetization,
                             double *energy, double *square) {
    double sites = self->frames.sites;
    bool odd = part->kind == GF_PART_ODD;
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        bool population = gf_variable_is_population(v);
        double m = gf_variable_magnetization(&self->generator, v) / sites;
        if (magnetization != NULL) { /* the odd variable is half of p(m) - p(-m) */
            magnetization[i] = odd ? (v->regular && !v->imaginary ? 2 * m : 0)
                                   : (population && part->kind == GF_PART_ALL ? m : 0);
        }
        if (energy != NULL) {
            energy[i] = population ? gf_variable_energy(&self->generator, v) / sites : 0;
        }
        if (square != NULL) {
            square[i] = population ? m * m : 0;
        }
    }
}

static int flip_of(const gf_part *part, const gf_variable *v) {
    return part->kind == GF_PART_PLUS                            ? 1
           : part->kind == GF_PART_MINUS                         ? -1
           : part->kind == GF_PART_EVEN && v->slot[0] == GF_EVEN ? 1
           : part->kind == GF_PART_EVEN                          ? -1
                                                                 : 0;
}

static gf_status list_levels(gf_solution *self, gf_error *error) {
    gf_rates *rates = self->rates;
    size_t levels = gf_solution_first_level(self, self->generator.parts), at = 0;
    rates->energy = calloc(levels + 1, sizeof *rates->energy);
    rates->states = calloc(levels + 1, sizeof *rates->states);
    rates->magnetization = calloc(levels + 1, sizeof *rates->magnetization);
    rates->level_flip = calloc(levels + 1, sizeof *rates->level_flip);
    if (rates->energy == NULL || rates->states == NULL || rates->magnetization == NULL ||
        rates->level_flip == NULL) {
        return gf_fail_memory(error, "the levels");
    }
    for (size_t p = 0; p < self->generator.parts; ++p) {
        const gf_part *part = &self->generator.part[p];
        for (size_t i = 0; i < part->count; ++i) {
            const gf_variable *v = &part->variable[i];
            if (gf_variable_is_population(v)) {
                rates->energy[at] = gf_variable_energy(&self->generator, v);
                rates->states[at] = gf_variable_states(&self->generator, v);
                rates->magnetization[at] = gf_variable_magnetization(&self->generator, v);
                rates->level_flip[at++] = flip_of(part, v);
            }
        }
    }
    rates->levels = levels;
    return GF_OK;
}

/* --- sectors --------------------------------------------------------------------------------- */

/* The energies of all levels, in bins of equal width. */
static void set_edges(gf_rates *self) {
    double least = INFINITY, greatest = -INFINITY;
    for (size_t n = 0; n < self->levels; ++n) {
        least = fmin(least, self->energy[n] / self->sites);
        greatest = fmax(greatest, self->energy[n] / self->sites);
    }
    greatest = greatest > least ? greatest : least + 1;
    for (int k = 0; k <= GF_RATES_ENERGIES; ++k) {
        self->edge[k] = least + (greatest - least) * k / GF_RATES_ENERGIES;
    }
}

static int bin_of(const gf_rates *self, double energy) {
    double width = self->edge[GF_RATES_ENERGIES] - self->edge[0];
    int bin = (int)((energy / self->sites - self->edge[0]) / width * GF_RATES_ENERGIES);
    return bin < 0 ? 0 : bin >= GF_RATES_ENERGIES ? GF_RATES_ENERGIES - 1 : bin;
}

/* A level's population, to the distributions: half of it to each sign of m if levels are folded. */
static void distribute(gf_rates *self, size_t s, size_t level, double population) {
    size_t rows = (size_t)self->sites + 1;
    int m = (int)self->magnetization[level], bin = bin_of(self, self->energy[level]);
    int images = self->folded && m != 0 ? 2 : 1;
    for (int image = 0; image < images; ++image) {
        size_t row = (size_t)((image == 0 ? m : -m) + self->sites) / 2;
        self->probability[s * rows + row] += population / images;
        self->joint[(s * rows + row) * GF_RATES_ENERGIES + (size_t)bin] += population / images;
    }
}

static void describe_sector(gf_solution *self, size_t s, size_t part_index, int component) {
    gf_rates *rates = self->rates;
    gf_rates_sector *sector = &rates->sector[s];
    const gf_part *part = &self->generator.part[part_index];
    const gf_components *components = &self->components[part_index];
    const double *state = self->states[part_index] + (size_t)component * part->count;
    size_t level = gf_solution_first_level(self, part_index);
    *sector = (gf_rates_sector){.flip = part->kind == GF_PART_PLUS    ? 1
                                        : part->kind == GF_PART_MINUS ? -1
                                                                      : 0,
                                .least = rates->sites + 1,
                                .greatest = -rates->sites - 1};
    for (size_t i = 0; i < part->count; ++i) {
        if (!gf_variable_is_population(&part->variable[i])) {
            continue;
        }
        if (components->of[i] == component) {
            int m = (int)rates->magnetization[level], least = rates->folded ? -m : m;
            double density = (double)m / rates->sites;
            sector->least = least < sector->least ? least : sector->least;
            sector->greatest = m > sector->greatest ? m : sector->greatest;
            sector->states += rates->states[level];
            sector->magnetization += rates->folded ? 0 : state[i] * density;
            sector->second_moment += state[i] * density * density;
            sector->energy += state[i] * rates->energy[level] / rates->sites;
            rates->population[s * rates->levels + level] = state[i];
            distribute(rates, s, level, state[i]);
        }
        ++level;
    }
}

static gf_status describe_sectors(gf_solution *self, gf_error *error) {
    gf_rates *rates = self->rates;
    size_t sectors = 0, rows = (size_t)rates->sites + 1;
    for (size_t p = 0; p < self->generator.parts; ++p) {
        sectors += self->components[p].count;
    }
    rates->sector = calloc(sectors + 1, sizeof *rates->sector);
    rates->population = calloc(sectors * rates->levels + 1, sizeof *rates->population);
    rates->probability = calloc(sectors * rows + 1, sizeof *rates->probability);
    rates->joint = calloc(sectors * rows * GF_RATES_ENERGIES + 1, sizeof *rates->joint);
    if (rates->sector == NULL || rates->population == NULL || rates->probability == NULL ||
        rates->joint == NULL) {
        return gf_fail_memory(error, "the stationary states");
    }
    set_edges(rates);
    for (size_t p = 0; p < self->generator.parts; ++p) {
        for (size_t c = 0; c < self->components[p].count; ++c) {
            describe_sector(self, rates->sectors++, p, (int)c);
        }
    }
    return GF_OK;
}

/* --- slowest rates --------------------------------------------------------------------------- */

/* Numbers without a pattern, the same every time; zero on coherences so that the real problem is as
 * it would be without them. */
static void fill_start(const gf_part *part, double *start) {
    uint64_t state = 1;
    for (size_t i = 0; i < part->count; ++i) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        start[i] = part->variable[i].regular && !part->variable[i].imaginary
                       ? (double)(state >> 40) * 0x1p-24 - 0.5 + 0.02 * part->variable[i].rung[0]
                       : 1e-3 * ((double)(state >> 40) * 0x1p-24 - 0.5);
    }
}

/* By the weight at either sign; with the energy, so that no part cancels. */
gf_parity gf_solution_parity(const gf_solution *self, const gf_part *part, const double *x) {
    double weight[GF_MAX_RUNGS] = {0}, even = 0, odd = 0;
    if (!self->bath.flips) {
        return GF_PARITY_NONE;
    }
    if (part->kind != GF_PART_ALL) {
        return part->kind == GF_PART_ODD ? GF_PARITY_ODD : GF_PARITY_EVEN;
    }
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        if (gf_variable_is_population(v)) {
            weight[v->rung[0]] += x[i] * (1 + gf_variable_energy(&self->generator, v));
        }
    }
    for (int r = 0; r < self->frames.rungs; ++r) {
        even += fabs(weight[r] + weight[self->frames.rungs - 1 - r]);
        odd += fabs(weight[r] - weight[self->frames.rungs - 1 - r]);
    }
    return even > odd ? GF_PARITY_EVEN : GF_PARITY_ODD;
}

/* x: workspace [variables]. */
static gf_parity parity_of(const gf_solution *self, const gf_part *part, const gf_modes *modes,
                           size_t k, double *x) {
    memset(x, 0, part->count * sizeof *x);
    for (size_t j = 0; j < modes->count; ++j) {
        cblas_daxpy((blasint)part->count, creal(modes->vector[k * modes->count + j]),
                    modes->basis + j * modes->size, 1, x, 1);
    }
    return gf_solution_parity(self, part, x);
}

void gf_gap_insert(gf_gap *gaps, size_t *count, gf_gap gap) {
    size_t at = *count;
    while (at > 0 && gaps[at - 1].rate > gap.rate) {
        --at;
    }
    if (at == GF_RATES_GAPS) {
        return;
    }
    size_t kept = *count < GF_RATES_GAPS ? *count : GF_RATES_GAPS - 1;
    memmove(&gaps[at + 1], &gaps[at], (kept - at) * sizeof gap);
    gaps[at] = gap;
    *count = kept + 1;
}

/* What a part tells of the whole. */
typedef struct findings {
    gf_gap gap[GF_RATES_GAPS];
    size_t gaps;
    double residual;
} findings;

/* x: workspace [variables]. */
static gf_status collect_gaps(const gf_solution *self, const gf_part *part, const gf_modes *modes,
                              double *x, findings *found, gf_error *error) {
    double scale = gf_modes_scale(part);
    for (size_t k = 0; k < modes->count && k < 2 * GF_RATES_GAPS; ++k) {
        gf_gap gap = {.rate = -creal(modes->rate[k]),
                      .frequency = cimag(modes->rate[k]),
                      .error = modes->error[k],
                      .flip = part->kind == GF_PART_PLUS    ? 1
                              : part->kind == GF_PART_MINUS ? -1
                                                            : 0};
        if (gap.frequency < 0 || gap.error > 1e-7) {
            continue; /* the conjugate, or not found */
        }
        if (gap.rate < NO_RATE * scale && part->kind != GF_PART_ODD) {
            return gf_fail(
                error, GF_INVALID,
                "%s: more states are stationary than there are values of symmetries: the "
                "bath holds the chain wherever it is, and the stationary state cannot be "
                "told without the initial one",
                self->model->name);
        }
        gap.parity = parity_of(self, part, modes, k, x);
        gf_gap_insert(found->gap, &found->gaps, gap);
    }
    return GF_OK;
}

/* --- a part ---------------------------------------------------------------------------------- */

static gf_status check_components(const gf_solution *self, const gf_part *part,
                                  const gf_components *components, gf_error *error) {
    if (part->count > 0 && gf_modes_scale(part) > 0 && components->count <= MOST_SECTORS) {
        return GF_OK;
    }
    return gf_fail(
        error, GF_INVALID,
        "%s: the bath moves no population between most of the levels (%zu sets that it "
        "does not join): every mixture of them is stationary, and no stationary state can "
        "be told",
        self->model->name, components->count);
}

static gf_status solve_factored(gf_solution *self, size_t p, const gf_rung_matrix *factors,
                                double shift, findings *found, gf_error *error) {
    const gf_part *part = &self->generator.part[p];
    const gf_components *components = &self->components[p];
    double *start = gf_workspace_alloc(part->count, 1, sizeof *start);
    gf_modes modes = {0};
    gf_status status = GF_OK;
    if (start == NULL) {
        return gf_fail_memory(error, "the modes of the rate equation");
    }
    if (components->count > 0) {
        self->states[p] =
            gf_workspace_matrix(part->count, components->count, sizeof *self->states[p]);
        status = self->states[p] != NULL
                     ? gf_modes_stationary(part, components, factors, self->states[p],
                                           &found->residual, error)
                     : gf_fail_memory(error, "the stationary states");
    }
    fill_start(part, start);
    if (status == GF_OK) {
        status = gf_modes_find(&modes, part, components, self->states[p], factors, shift, start,
                               STEPS, error);
    }
    if (status == GF_OK) {
        status = collect_gaps(self, part, &modes, start, found, error);
        gf_modes_free(&modes);
    }
    gf_workspace_free(start);
    return status;
}

static gf_status solve_part(gf_solution *self, size_t p, findings *found, gf_error *error) {
    const gf_part *part = &self->generator.part[p];
    gf_rung_matrix factors;
    gf_status status = GF_OK;
    if (part->count == 0) {
        return GF_OK;
    }
    if (part->kind != GF_PART_ODD) {
        status = gf_components_find(&self->components[p], part, error);
        status =
            status == GF_OK ? check_components(self, part, &self->components[p], error) : status;
    }
    double shift = SHIFT * gf_modes_scale(part);
    if (status == GF_OK) {
        status = gf_rung_matrix_factor(&part->rates, shift, &factors, error);
    }
    if (status == GF_OK) {
        status = solve_factored(self, p, &factors, shift, found, error);
        gf_rung_matrix_free(&factors);
    }
    return status;
}

/* --- all parts ------------------------------------------------------------------------------- */

typedef struct job {
    gf_solution *solution;
    findings found[3]; /* of each part */
} job;

static double part_cost(const void *context, size_t p) {
    double n = (double)((const job *)context)->solution->generator.part[p].count;
    return 1 + n * n * n;
}

/* Factors take the machine, and as much memory as a part. */
static bool part_is_alone(const void *context, size_t p) {
    (void)context, (void)p;
    return true;
}

static gf_status run_part(const void *context, gf_task *task, gf_error *error) {
    job *self = *(job *const *)context;
    return solve_part(self->solution, task->index, &self->found[task->index], error);
}

static void carry_part(void *context, size_t p, gf_bytes *bytes) {
    job *self = *(job **)context;
    gf_solution *solution = self->solution;
    size_t variables = solution->generator.part[p].count;
    gf_bytes_carry(bytes, &self->found[p], sizeof self->found[p]);
    gf_components_carry(&solution->components[p], variables, bytes);
    solution->states[p] =
        gf_bytes_carry_matrix(bytes, solution->states[p], variables, solution->components[p].count,
                              sizeof *solution->states[p]);
}

static gf_status solve_parts(gf_solution *self, const gf_progress *progress, gf_error *error) {
    job all = {.solution = self}, *context = &all;
    gf_progress_part part = {.whole = progress, .from = 0.5, .width = 0.35};
    const gf_progress own = gf_progress_of_part(&part);
    const gf_tasks tasks = {.count = self->generator.parts,
                            .context = &context,
                            .cost = part_cost,
                            .alone = part_is_alone,
                            .run = run_part,
                            .carry = carry_part,
                            .progress = &own};
    gf_status status = gf_tasks_run(&tasks, error);
    for (size_t p = 0; p < tasks.count && status == GF_OK; ++p) {
        const findings *one = &all.found[p];
        self->rates->residual = fmax(self->rates->residual, one->residual);
        for (size_t k = 0; k < one->gaps; ++k) {
            gf_gap_insert(self->rates->gap, &self->rates->gaps, one->gap[k]);
        }
    }
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static void free_solution(gf_solution *self) {
    for (size_t p = 0; p < 3; ++p) {
        gf_components_free(&self->components[p]);
        gf_workspace_free(self->states[p]);
    }
    gf_generator_free(&self->generator);
    gf_frames_free(&self->frames);
    gf_bath_free(&self->bath);
}

static gf_status find_bath(const gf_model *model, gf_bath *bath, gf_error *error) {
    *bath = (gf_bath){0};
    return model->chain.sites <= GF_CHAIN_MAX_SITES / 2
               ? gf_bath_init(bath, model, error)
               : gf_fail(
                     error, GF_NO_MEMORY,
                     "%s: the rate equation between all eigenstates is for up to %d sites, not %d",
                     model->name, GF_CHAIN_MAX_SITES / 2, model->chain.sites);
}

static gf_status make_equation(gf_solution *self, const gf_progress *progress, gf_error *error) {
    gf_progress_part now = {.whole = progress, .from = 0, .width = 0.05};
    gf_progress part = gf_progress_of_part(&now);
    gf_status status = find_bath(self->model, &self->bath, error);
    if (status == GF_OK) {
        status = gf_frames_init(&self->frames, self->model, &self->bath, &part, error);
    }
    gf_progress_part_next(&now, 0.45);
    if (status == GF_OK) {
        status = gf_generator_init(&self->generator, &self->frames, &part, error);
    }
    return status;
}

static gf_status find(gf_solution *self, const gf_rates_request *request, gf_error *error) {
    gf_rates *rates = self->rates;
    gf_status status = make_equation(self, request->progress, error);
    if (status != GF_OK) {
        return status;
    }
    rates->sites = self->bath.sites;
    rates->folded = self->bath.even_odd;
    rates->flips = self->bath.flips;
    rates->nearest = self->generator.nearest;
    rates->widest = self->generator.widest;
    rates->closest = self->generator.closest;
    rates->examples = self->generator.examples;
    memcpy(rates->example, self->generator.example, sizeof rates->example);
    status = list_levels(self, error);
    for (size_t p = 0; p < self->generator.parts && status == GF_OK; ++p) {
        rates->coherences += self->generator.part[p].coherences;
    }
    if (status == GF_OK) {
        status = solve_parts(self, request->progress, error);
    }
    if (status == GF_OK) {
        status = describe_sectors(self, error);
    }
    if (status == GF_OK) {
        status = gf_solution_try(self, request->blocks, error);
    }
    if (status == GF_OK && request->relax) {
        status = gf_solution_relax(self, request, error);
    }
    if (status == GF_OK && request->epsilon > 0) {
        status = gf_solution_couple(self, request, error);
    }
    gf_progress_update(request->progress, 1);
    return status;
}

static gf_status check_memory(const gf_model *model, bool coupled, gf_error *error) {
    gf_rates_cost cost;
    gf_status status = gf_rates_cost_of(model, &cost, error);
    double need = cost.memory + (coupled ? cost.coupled_memory : 0);
    double spare = (double)gf_machine_free_memory();
    return status != GF_OK || need <= spare
               ? status
               : gf_fail(error, GF_NO_MEMORY,
                         "the %s of %d sites needs %.3g GiB of memory, but %.3g GiB are free; use "
                         "fewer sites",
                         coupled ? "Lindbladian at a finite epsilon" : "rate equation",
                         model->chain.sites, need / 0x1p30, spare / 0x1p30);
}

gf_status gf_rates_find(const gf_model *model, const gf_rates_request *request, gf_rates **rates,
                        gf_error *error) {
    *rates = NULL;
    gf_status status = check_memory(model, request->epsilon > 0, error);
    if (status != GF_OK) {
        return status;
    }
    gf_solution *solution = calloc(1, sizeof *solution);
    *rates = calloc(1, sizeof **rates);
    if (solution == NULL || *rates == NULL) {
        free(solution);
        free(*rates);
        *rates = NULL;
        return gf_fail_memory(error, "the rate equation");
    }
    solution->model = model;
    solution->rates = *rates;
    status = find(solution, request, error);
    free_solution(solution);
    free(solution);
    if (status != GF_OK) {
        gf_rates_free(*rates);
        *rates = NULL;
    }
    return status;
}

const char *const gf_rates_reference_names[GF_RATES_REFERENCES] = {
    [GF_RATES_EXACT] = "exact",
    [GF_RATES_SMOOTH] = "smooth",
    [GF_RATES_GIBBS] = "gibbs",
    [GF_RATES_BARE_BLOCK] = "block, bare",
    [GF_RATES_BLOCK] = "block, renormalised"};

const gf_rates_summary *gf_rates_reference(const gf_rates *self, int reference) {
    const gf_rates_summary *const all[] = {&self->exact, &self->smooth, &self->gibbs,
                                           &self->bare_block, &self->block};
    return all[reference];
}

void gf_rates_free(gf_rates *self) {
    if (self == NULL) {
        return;
    }
    free(self->energy);
    free(self->states);
    free(self->magnetization);
    free(self->level_flip);
    free(self->sector);
    free(self->population);
    free(self->probability);
    free(self->joint);
    free(self->exact.probability);
    free(self->smooth.probability);
    free(self->gibbs.probability);
    free(self->bare_block.probability);
    free(self->block.probability);
    for (int k = 0; k < GF_RATES_REFERENCES; ++k) {
        free(self->force[k]);
    }
    for (int k = 0; k < 3; ++k) {
        free(self->relaxing[k]);
    }
    free(self->spread);
    free(self->time);
    free(self->coupled.sector);
    free(self->coupled.probability);
    free(self->coupled.force);
    free(self->coupled.expansion.sector);
    free(self->coupled.expansion.probability);
    free(self->coupled.expansion.range);
    free(self);
}

/* --- cost ------------------------------------------------------------------------------------ */

/* Processor seconds of a finite coupling per element of the density matrices of all families,
 * as 10 sites take them. */
static const double SECONDS_PER_ELEMENT = 4e-4;

/* What density matrices are made of, by family: one momentum and reflection. */
typedef struct family_sizes {
    double states[GF_CHAIN_MAX_SITES][3], images[GF_CHAIN_MAX_SITES][3]; /* in one slot */
} family_sizes;

static void count_families(const gf_bath *bath, const gf_block *blocks, size_t count,
                           family_sizes *self) {
    *self = (family_sizes){0};
    for (size_t b = 0; b < count; ++b) {
        bool twice = bath->even_odd && 2 * blocks[b].up == bath->sites; /* even and odd ones */
        int reflection = 1 + blocks[b].character[GF_REFLECT];
        self->states[blocks[b].momentum][reflection] += (double)blocks[b].size / (twice ? 2 : 1);
        self->images[blocks[b].momentum][reflection] = blocks[b].degeneracy;
    }
}

/* The vectors, the amplitudes of every jump operator from any family to any other, and the time. */
static void add_coupled_cost(const gf_bath *bath, const gf_block *blocks, size_t count,
                             gf_rates_cost *cost) {
    family_sizes sizes;
    double squares = 0, all = 0, images = 0, slots = bath->even_odd ? GF_SLOTS : 1;
    double pairs = bath->strong_flip ? 1 : slots; /* slots that a jump leads to */
    count_families(bath, blocks, count, &sizes);
    for (int k = 0; k < 3 * GF_CHAIN_MAX_SITES; ++k) {
        double states = sizes.states[k / 3][k % 3];
        squares += states * states;
        all += states;
        images += states * sizes.images[k / 3][k % 3];
    }
    double amplitudes = (double)bath->count * slots * pairs * all * images;
    cost->coupled_memory =
        (GF_COUPLING_VECTORS * slots * squares + amplitudes) * sizeof(double complex);
    cost->coupled_seconds = SECONDS_PER_ELEMENT * slots * squares;
}

/* By counting states: blocks of the matrix, their elimination, and the products that fill them. */
gf_status gf_rates_cost_of(const gf_model *model, gf_rates_cost *cost, gf_error *error) {
    gf_bath bath;
    gf_block *blocks = NULL;
    size_t count = 0;
    *cost = (gf_rates_cost){0};
    gf_status status = find_bath(model, &bath, error);
    if (status == GF_OK) {
        status = gf_symmetry_blocks(&bath.symmetry, &blocks, &count, error);
    }
    if (status != GF_OK) {
        gf_bath_free(&bath);
        return status;
    }
    double rung[GF_CHAIN_MAX_SITES + 1] = {0}, families = bath.symmetry.translations, fill = 0;
    for (size_t b = 0; b < count; ++b) {
        bool twice = bath.even_odd && 2 * blocks[b].up == bath.sites; /* even and odd ones */
        rung[blocks[b].up] += (double)blocks[b].size / (twice ? 2 : 1);
        fill = fmax(fill, (double)blocks[b].size);
    }
    size_t width = bath.reach > 0 ? (size_t)bath.reach : 1, groups = 0,
           size[GF_CHAIN_MAX_SITES + 1];
    double work = 0, last = 0, parts = bath.even_odd ? bath.strong_flip ? 3 : 2 : 1;
    for (int up = bath.even_odd ? (bath.sites + 1) / 2 : 0; up <= bath.sites; ++up) {
        size_t place = (size_t)(up - (bath.even_odd ? (bath.sites + 1) / 2 : 0));
        if (place % width == 0) {
            size[groups++] = 0;
        }
        size[groups - 1] += (size_t)rung[up];
    }
    for (size_t g = 0; g < groups; ++g) {
        double n = (double)size[g];
        work += n * n * n * 2 / 3 + 2 * last * last * n + 2 * last * n * n;
        last = n;
    }
    double jumps = (double)bath.count * families * families * 2;
    work = parts * work + jumps * 16 * fill * fill * fill;
    cost->memory = (parts + 1) * gf_rung_matrix_memory(size, groups) +
                   2 * gf_frames_memory(blocks, count) + 64 * ldexp(1, bath.sites);
    cost->seconds = work / 2e10;
    add_coupled_cost(&bath, blocks, count, cost);
    free(blocks);
    gf_bath_free(&bath);
    return GF_OK;
}
