#include "transport/sampled_chain.h"

#include "base/machine.h"
#include "base/tasks.h"
#include "base/workspace.h"
#include "transport/request.h"
#include "typicality/random_vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sectors of more states take all threads for one vector. */
enum { ALONE = 30000 };

/* --- which sectors, how many vectors --------------------------------------------------------- */

gf_status gf_sampled_chain_exact(const gf_model *model, size_t *states, gf_error *error) {
    gf_symmetry symmetry;
    gf_status status = gf_spectrum_symmetry(model, &symmetry, error);
    *states = status == GF_OK ? model->sampling.exact * (size_t)symmetry.translations : 0;
    *states = *states > 0 ? *states : 1;
    return status;
}

/* Vectors of a sector: what they scatter falls with its size and their number. */
static size_t vectors_for(const gf_sampled_plan *plan, size_t size, size_t largest) {
    double most = (double)plan->samples * sqrt((double)largest / (double)size);
    size_t count = (size_t)lround(fmax(2, most));
    return plan->complete ? size : count;
}

/* The sectors that are too large, and their own sources, largest first, to source[sites + 1]. */
static void list_sources(gf_sampled_chain *self, const gf_sampled_plan *plan) {
    int sites = self->model->chain.sites;
    size_t largest = gf_basis_dimension(sites, sites / 2);
    for (int rank = 0; rank <= sites + 1; ++rank) { /* from the middle outwards */
        int step = (rank + 1) / 2, up = sites / 2 + (rank % 2 == 1 ? step : -step);
        size_t size = gf_basis_dimension(sites, up);
        if (up < 0 || up > sites || self->exact->sector[up].source != up || size <= self->exactly) {
            continue;
        }
        gf_sampled_source *one = &self->source[self->sources++];
        *one = (gf_sampled_source){.up = up,
                                   .size = size,
                                   .first = self->vectors,
                                   .vectors = vectors_for(plan, size, largest)};
        self->vectors += one->vectors;
    }
}

static const gf_sampled_source *source_of(const gf_sampled_chain *self, size_t vector) {
    size_t s = 0;
    while (vector >= self->source[s].first + self->source[s].vectors) {
        ++s;
    }
    return &self->source[s];
}

size_t gf_sampled_chain_row(const gf_sampled_chain *self) {
    return self->course.nodes * gf_vector_row(&self->course);
}

/* --- opening --------------------------------------------------------------------------------- */

void gf_sampled_chain_close(gf_sampled_chain *self) {
    gf_transport_free_currents(self->currents);
    gf_action_free(self->hamiltonian);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_action_free(self->actions[i]);
    }
    gf_current_spectrum_free(self->exact);
    free(self->source);
    free(self->done);
    free(self->values);
    *self = (gf_sampled_chain){0};
}

static gf_status make_actions(gf_sampled_chain *self, const gf_sampled_plan *plan,
                              gf_error *error) {
    int sites = self->model->chain.sites;
    self->couple.grid = plan->grid;
    gf_status status =
        gf_transport_couple(self->model, plan->request, self->currents, &self->couple, error);
    if (status == GF_OK) {
        status = gf_action_create(&self->model->hamiltonian, sites, &self->hamiltonian, error);
    }
    for (size_t i = 0; i < GF_CHARGES && status == GF_OK; ++i) {
        status = gf_action_create(self->couple.operators[i], sites, &self->actions[i], error);
    }
    return status;
}

/* Which sectors there are, and what belongs to whom. */
static gf_status make_outline(gf_sampled_chain *self, gf_error *error) {
    gf_status status = gf_sampled_chain_exact(self->model, &self->exactly, error);
    const gf_current_request asked = {
        .model = self->model, .couples = &self->couple, .count = 1, .largest = self->exactly};
    return status == GF_OK ? gf_current_spectrum_outline(&asked, &self->exact, error) : status;
}

static gf_status make_room(gf_sampled_chain *self, gf_error *error) {
    self->done = calloc(self->vectors + 1, sizeof *self->done);
    self->values = calloc(self->vectors * gf_sampled_chain_row(self) + 1, sizeof *self->values);
    return self->done != NULL && self->values != NULL
               ? GF_OK
               : gf_fail_memory(error, "what random vectors tell");
}

gf_status gf_sampled_chain_open(gf_sampled_chain *self, const gf_model *model,
                                const gf_sampled_plan *plan, gf_error *error) {
    *self =
        (gf_sampled_chain){.model = model,
                           .course = plan->course,
                           .seed = plan->seed,
                           .complete = plan->complete,
                           .source = calloc((size_t)model->chain.sites + 1, sizeof *self->source)};
    gf_status status = self->source != NULL ? make_actions(self, plan, error)
                                            : gf_fail_memory(error, "the sectors");
    if (status == GF_OK) {
        status = make_outline(self, error);
    }
    if (status == GF_OK) {
        list_sources(self, plan);
        status = make_room(self, error);
    }
    if (status != GF_OK) {
        gf_sampled_chain_close(self);
    }
    return status;
}

/* --- small sectors --------------------------------------------------------------------------- */

/* Of all chains; its couples are to be freed. */
static gf_status list_couples(const gf_sampled_chain *chains, size_t count,
                              gf_current_couple **couples, gf_current_request *asked,
                              gf_error *error) {
    *couples = calloc(count + 1, sizeof **couples);
    if (*couples == NULL) {
        return gf_fail_memory(error, "the small sectors");
    }
    for (size_t c = 0; c < count; ++c) {
        (*couples)[c] = chains[c].couple;
    }
    *asked = (gf_current_request){.model = chains[0].model,
                                  .couples = *couples,
                                  .count = count,
                                  .largest = chains[0].exactly};
    return GF_OK;
}

gf_status gf_sampled_chains_diagonalise(gf_sampled_chain *chains, size_t count,
                                        const gf_progress *progress, gf_error *error) {
    gf_current_request asked;
    gf_current_couple *couples = NULL;
    gf_current_spectrum **spectra = calloc(count + 1, sizeof(void *));
    gf_status status = spectra != NULL ? list_couples(chains, count, &couples, &asked, error)
                                       : gf_fail_memory(error, "the small sectors");
    if (status == GF_OK) {
        status = gf_current_spectrum_compute(&asked, progress, spectra, error);
    }
    for (size_t c = 0; c < count && status == GF_OK; ++c) {
        gf_current_spectrum_free(chains[c].exact);
        chains[c].exact = spectra[c];
    }
    free(couples);
    free((void *)spectra);
    return status;
}

/* --- the work -------------------------------------------------------------------------------- */

typedef struct job {
    gf_sampled_chain *chain;
    const gf_sampled_keeping *keeping;
} job;

static double cost_of(const void *context, size_t vector) {
    const job *self = context;
    return (double)source_of(self->chain, vector)->size;
}

static double left_of(const void *context, size_t vector) {
    const job *self = context;
    return self->chain->done[vector] ? 0 : cost_of(context, vector);
}

static bool is_alone(const void *context, size_t vector) {
    const job *self = context;
    return source_of(self->chain, vector)->size > ALONE;
}

/* The state number `vector`, or random numbers. */
static void draw(const gf_sampled_chain *self, const gf_sampled_source *source, size_t vector,
                 double *start) {
    const gf_random_vectors random = {
        .seed = self->seed, .up = source->up, .purpose = GF_VECTORS_EVOLUTION};
    if (self->complete) {
        start[2 * vector] = 1;
    } else {
        gf_random_vectors_draw(&random, vector, (gf_columns){.width = 2, .is_complex = true},
                               source->size, start);
    }
}

static gf_status run(const void *context, gf_task *task, gf_error *error) {
    const gf_sampled_chain *self = ((const job *)context)->chain;
    const gf_sampled_source *source = source_of(self, task->index);
    gf_basis basis;
    gf_status status = gf_basis_init(&basis, self->model->chain.sites, source->up, error);
    if (status != GF_OK) {
        return status;
    }
    double *start = gf_workspace_matrix(2, source->size, sizeof *start);
    if (start == NULL) {
        status = gf_fail_memory(error, "random vectors");
    } else {
        const gf_vector_problem problem = {.hamiltonian = self->hamiltonian,
                                           .currents = (const gf_action *const *)self->actions,
                                           .basis = &basis,
                                           .is_complex =
                                               !gf_operator_is_real(&self->model->hamiltonian),
                                           .course = self->course};
        draw(self, source, task->index - source->first, start);
        status = gf_vector_response(&problem, start,
                                    self->values + task->index * gf_sampled_chain_row(self), error);
    }
    gf_workspace_free(start);
    gf_basis_free(&basis);
    return status;
}

static gf_status keep(void *context, const gf_task *task, gf_error *error) {
    job *self = context;
    (void)error;
    self->chain->done[task->index] = true;
    return GF_OK;
}

static gf_status save(void *context, gf_error *error) {
    const gf_sampled_keeping *keeping = ((job *)context)->keeping;
    return keeping->save(keeping->context, error);
}

static void leave(void *context) {
    const gf_sampled_keeping *keeping = ((job *)context)->keeping;
    if (keeping->stopped != NULL) {
        keeping->stopped();
    }
}

/* Whether vectors are left that a stop came before. */
static bool was_stopped(const gf_sampled_chain *self) {
    bool all = true;
    for (size_t v = 0; v < self->vectors; ++v) {
        all = all && self->done[v];
    }
    return !all;
}

static void carry(void *context, size_t vector, gf_bytes *bytes) {
    gf_sampled_chain *self = ((job *)context)->chain;
    size_t row = gf_sampled_chain_row(self);
    gf_bytes_carry(bytes, &self->done[vector], sizeof *self->done);
    gf_bytes_carry(bytes, self->values + vector * row, row * sizeof *self->values);
}

double gf_sampled_chain_left(const gf_sampled_chain *self) {
    const job work = {.chain = (gf_sampled_chain *)self};
    double left = 0, all = 0;
    for (size_t v = 0; v < self->vectors; ++v) {
        left += left_of(&work, v);
        all += cost_of(&work, v);
    }
    return all > 0 ? left / all : 0;
}

gf_status gf_sampled_chain_run(gf_sampled_chain *self, const gf_sampled_keeping *keeping,
                               const gf_progress *progress, gf_error *error) {
    job work = {.chain = self, .keeping = keeping};
    bool stops = keeping != NULL && keeping->stop != NULL;
    const gf_tasks all = {.count = self->vectors,
                          .context = &work,
                          .cost = cost_of,
                          .left = left_of,
                          .alone = is_alone,
                          .blas_alone = 1,
                          .run = run,
                          .keep = keep,
                          .save = keeping != NULL ? save : NULL,
                          .save_every = keeping != NULL ? keeping->every : 0,
                          .stop = stops ? keeping->stop : NULL,
                          .stopped = stops ? leave : NULL,
                          .carry = carry,
                          .progress = progress};
    gf_status status = gf_tasks_run(&all, error);
    return status == GF_OK && was_stopped(self)
               ? gf_fail(error, GF_IO, "interrupted; random vectors that are finished are kept")
               : status;
}

/* --- cost ------------------------------------------------------------------------------------ */

/* Seconds of one core for what the vectors of a sector do. */
static double seconds_of(const gf_sampled_chain *self, const gf_sampled_source *source,
                         double range) {
    static const double per_element = 0.55e-9, per_state = 6e-9; /* and column of numbers */
    const gf_vector_course *course = &self->course;
    double columns = 2 * (double)(course->nodes + GF_CHARGES), size = (double)source->size;
    double once =
        gf_action_elements(self->hamiltonian, source->up) * per_element + size * per_state;
    double currents = gf_action_elements(self->actions[0], source->up) +
                      gf_action_elements(self->actions[1], source->up);
    return (double)source->vectors *
           (columns * once * gf_vector_response_applications(course, range) +
            4 * currents * per_element * (double)course->steps);
}

static double memory_of(const gf_sampled_chain *self) {
    double alone = 0, beside = 0;
    for (size_t s = 0; s < self->sources; ++s) {
        const gf_sampled_source *one = &self->source[s];
        double need = gf_vector_response_memory(&self->course, one->size) + 20 * (double)one->size;
        if (one->size > ALONE) {
            alone = fmax(alone, need);
        } else {
            beside = fmax(beside, need);
        }
    }
    return fmax(alone, gf_machine_threads() * beside) +
           8 * (double)self->vectors * (double)gf_sampled_chain_row(self);
}

static void estimate(const gf_sampled_chain *self, double range, gf_sampled_cost *cost) {
    *cost = (gf_sampled_cost){.range = range,
                              .vectors = self->vectors,
                              .largest = self->sources > 0 ? self->source[0].size : 0,
                              .memory = memory_of(self)};
    for (size_t s = 0; s < self->sources; ++s) {
        /* bounds of the range are wide; half of it is more like it */
        double seconds = seconds_of(self, &self->source[s], range / 2);
        cost->longest = fmax(cost->longest, seconds / (double)self->source[s].vectors);
        cost->seconds += seconds;
    }
    cost->alone = cost->largest >= ALONE;
}

gf_status gf_sampled_chains_estimate(const gf_sampled_chain *chains, size_t count,
                                     gf_sampled_cost *costs, gf_error *error) {
    gf_current_request asked;
    gf_current_couple *couples = NULL;
    gf_current_cost exact = {0};
    gf_status status = list_couples(chains, count, &couples, &asked, error);
    if (status == GF_OK) {
        status = gf_current_spectrum_estimate(&asked, &exact, error);
    }
    for (size_t c = 0; c < count && status == GF_OK; ++c) {
        estimate(&chains[c], exact.range, &costs[c]);
        costs[c].memory += exact.memory;
    }
    if (status == GF_OK) {
        costs[0].levels = exact.seconds;
        costs[0].seconds += exact.seconds;
    }
    free(couples);
    return status;
}
