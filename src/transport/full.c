/* Transport by full diagonalisation: sums over all pairs of levels. */
#include "base/machine.h"
#include "base/progress_part.h"
#include "base/tasks.h"
#include "transport/request.h"
#include "transport/response.h"

#include <math.h>
#include <stdlib.h>

/* --- all points of one lambda2 --------------------------------------------------------------- */

typedef struct work {
    const gf_current_spectrum *spectrum;
    gf_kubo form;
    const size_t *order; /* [points]: by lambda2 */
    const size_t *begin; /* [values + 1]: in `order`, where those of one lambda2 begin */
    gf_transport *result;
} work;

typedef struct workspace {
    gf_gibbs *gibbs;
    size_t sectors;
    gf_response *responses; /* [sectors], of sources */
    gf_response_lines lines;
} workspace;

static void end(void *context) {
    workspace *self = context;
    gf_responses_free(self->responses, self->sectors);
    free(self->lines.frequency);
    free(self->lines.weight);
    gf_gibbs_free(self->gibbs);
    free(self);
}

static gf_status begin(const void *context, void **made, gf_error *error) {
    const work *all = context;
    size_t sectors = (size_t)all->spectrum->sites + 1;
    workspace *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the response of the chain");
    }
    self->sectors = sectors;
    self->responses = gf_responses_create(sectors, all->result->times);
    gf_status status = self->responses != NULL
                           ? gf_response_lines_create(all->spectrum, &self->lines, error)
                           : gf_fail_memory(error, "the response of the chain");
    if (status == GF_OK) {
        status =
            gf_gibbs_create(all->spectrum->spectrum, (const double[1]){0}, &self->gibbs, error);
    }
    if (status != GF_OK) {
        end(self);
        return status;
    }
    *made = self;
    return GF_OK;
}

static gf_status run(const void *context, gf_task *task, gf_error *error) {
    const work *all = context;
    workspace *self = task->workspace;
    gf_transport *result = all->result;
    double lambda2 = result->lambda[all->order[all->begin[task->index]]][GF_ENERGY];
    (void)error;
    for (size_t up = 0; up < self->sectors; ++up) {
        const gf_current_sector *sector = &all->spectrum->sector[up];
        if (sector->source == (int)up) {
            gf_response_sum(&self->responses[up], sector, all->form, lambda2, result->times,
                            result->time, &self->lines);
        }
    }
    for (size_t k = all->begin[task->index]; k < all->begin[task->index + 1]; ++k) {
        gf_responses_add(self->responses, all->spectrum, self->gibbs, all->order[k], result);
    }
    return GF_OK;
}

static void carry(void *context, size_t group, gf_bytes *bytes) {
    work *self = context;
    for (size_t k = self->begin[group]; k < self->begin[group + 1]; ++k) {
        gf_transport_carry(self->result, self->order[k], bytes);
    }
}

/* --- all points ------------------------------------------------------------------------------ */

static gf_status evaluate(const gf_current_spectrum *spectrum, gf_kubo form,
                          const gf_progress *progress, gf_transport *result, gf_error *error) {
    size_t *order = calloc(result->points + 1, sizeof *order);
    size_t *begins = calloc(result->points + 2, sizeof *begins);
    gf_status status =
        order != NULL && begins != NULL ? GF_OK : gf_fail_memory(error, "the points");
    if (status == GF_OK) {
        work all = {
            .spectrum = spectrum, .form = form, .order = order, .begin = begins, .result = result};
        const gf_tasks tasks = {.count = gf_transport_group(result, order, begins),
                                .context = &all,
                                .begin = begin,
                                .end = end,
                                .run = run,
                                .carry = carry,
                                .progress = progress};
        status = gf_tasks_run(&tasks, error);
    }
    free(order);
    free(begins);
    return status;
}

/* --- questions of one chain ------------------------------------------------------------------ */

/* One diagonalisation. */
typedef struct chain {
    const gf_transport_question *questions;
    size_t count;
    gf_operator currents[GF_CHARGES];
    gf_current_couple *couples;    /* [count] */
    gf_current_spectrum **spectra; /* [count] */
} chain;

static void close_chain(chain *self) {
    for (size_t q = 0; q < self->count && self->spectra != NULL; ++q) {
        gf_current_spectrum_free(self->spectra[q]);
    }
    gf_transport_free_currents(self->currents);
    free(self->couples);
    free((void *)self->spectra);
}

/* Of the first questions, those of one model. It must not be moved; it is to be closed after a
 * failure, too. */
static gf_status open_chain(chain *self, const gf_transport_question *questions, size_t count,
                            gf_error *error) {
    size_t same = gf_transport_same_model(questions, count);
    *self = (chain){.questions = questions,
                    .count = same,
                    .couples = calloc(same, sizeof *self->couples),
                    .spectra = calloc(same, sizeof(void *))};
    gf_status status = self->couples != NULL && self->spectra != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the questions");
    for (size_t q = 0; q < same && status == GF_OK; ++q) {
        self->couples[q].grid = gf_transport_grid(questions[q].model, &questions[q].request);
        status = gf_transport_couple(questions[q].model, &questions[q].request, self->currents,
                                     &self->couples[q], error);
    }
    return status;
}

static gf_current_request levels_of(const chain *self) {
    return (gf_current_request){
        .model = self->questions[0].model, .couples = self->couples, .count = self->count};
}

static gf_status estimate(const chain *self, gf_transport_cost *cost, gf_error *error) {
    gf_current_cost levels;
    const gf_current_request asked = levels_of(self);
    gf_status status = gf_current_spectrum_estimate(&asked, &levels, error);
    cost->memory = levels.memory;
    cost->seconds = levels.seconds;
    for (size_t q = 0; q < self->count && status == GF_OK; ++q) {
        const gf_transport_request *request = &self->questions[q].request;
        double rows = (double)request->points * (double)request->time.points;
        cost->memory += rows * 8 * GF_TRANSPORT_MATRIX * sizeof(double);
        status = gf_transport_check_range(request, levels.range, error);
    }
    return status;
}

static gf_status solve(chain *self, gf_progress_part *part, gf_transport **results,
                       gf_error *error) {
    static const double LEVELS = 0.9; /* of the time; the points have the rest */
    gf_progress_part inner = {
        .whole = part->whole, .from = part->from, .width = LEVELS * part->width};
    gf_progress progress = gf_progress_of_part(&inner);
    const gf_current_request asked = levels_of(self);
    gf_status status = gf_current_spectrum_compute(&asked, &progress, self->spectra, error);
    for (size_t q = 0; q < self->count && status == GF_OK; ++q) {
        const gf_transport_question *question = &self->questions[q];
        gf_progress_part_next(&inner, (1 - LEVELS) * part->width / (double)self->count);
        status =
            gf_transport_start(question->model, &question->request, "full", &results[q], error);
        if (status == GF_OK) {
            status =
                evaluate(self->spectra[q], question->request.form, &progress, results[q], error);
        }
    }
    return status;
}

/* --- several chains -------------------------------------------------------------------------- */

gf_status gf_transport_diagonalise_estimate(const gf_transport_question *questions, size_t count,
                                            gf_transport_cost *cost, gf_error *error) {
    gf_status status = GF_OK;
    *cost = (gf_transport_cost){0};
    for (size_t q = 0; q < count && status == GF_OK;
         q += gf_transport_same_model(questions + q, count - q)) {
        gf_transport_cost here = {0};
        chain one;
        status = open_chain(&one, questions + q, count - q, error);
        if (status == GF_OK) {
            status = estimate(&one, &here, error);
        }
        cost->memory = fmax(cost->memory, here.memory);
        cost->seconds += here.seconds;
        close_chain(&one);
    }
    return status;
}

static gf_status check_memory(const gf_transport_question *questions, size_t count,
                              gf_transport_cost *cost, gf_error *error) {
    gf_status status = gf_transport_diagonalise_estimate(questions, count, cost, error);
    double spare = (double)gf_machine_free_memory();
    return status != GF_OK || cost->memory <= spare
               ? status
               : gf_fail(
                     error, GF_NO_MEMORY,
                     "transport of %d sites needs %.3g GiB of memory, but %.3g GiB are free; "
                     "use --method typicality, fewer sites, states or times, or smaller lambda2",
                     questions[0].model->chain.sites, cost->memory / 0x1p30, spare / 0x1p30);
}

gf_status gf_transport_diagonalise(const gf_transport_question *questions, size_t count,
                                   const gf_progress *progress, gf_transport **results,
                                   gf_error *error) {
    gf_transport_cost whole;
    gf_progress_part part = {.whole = progress};
    for (size_t q = 0; q < count; ++q) {
        results[q] = NULL;
    }
    gf_status status = check_memory(questions, count, &whole, error);
    for (size_t q = 0; q < count && status == GF_OK;
         q += gf_transport_same_model(questions + q, count - q)) {
        gf_transport_cost here = {0};
        chain one;
        status = open_chain(&one, questions + q, count - q, error);
        if (status == GF_OK) {
            status = estimate(&one, &here, error);
        }
        if (status == GF_OK) {
            gf_progress_part_next(&part, here.seconds / whole.seconds);
            status = solve(&one, &part, results + q, error);
        }
        close_chain(&one);
    }
    for (size_t q = 0; q < count && status != GF_OK; ++q) {
        gf_transport_free(results[q]);
        results[q] = NULL;
    }
    if (status == GF_OK) {
        gf_progress_update(progress, 1);
    }
    return status;
}

/* --- currents of a chain, and of the smaller one beside it ----------------------------------- */

gf_status gf_transport_estimate(const gf_model *model, const gf_transport_request *request,
                                gf_transport_cost *cost, gf_error *error) {
    gf_transport_question questions[2];
    gf_model *smaller;
    size_t count;
    gf_status status =
        gf_transport_list_questions(model, request, questions, &count, &smaller, error);
    if (status == GF_OK) {
        status = gf_transport_diagonalise_estimate(questions, count, cost, error);
    }
    gf_model_free(smaller);
    return status;
}

gf_status gf_transport_find(const gf_model *model, const gf_transport_request *request,
                            gf_transport **transport, gf_error *error) {
    gf_transport_question questions[2];
    gf_transport *results[2] = {NULL, NULL};
    gf_model *smaller;
    size_t count;
    *transport = NULL;
    gf_status status =
        gf_transport_list_questions(model, request, questions, &count, &smaller, error);
    if (status == GF_OK) {
        status = gf_transport_diagonalise(questions, count, request->progress, results, error);
    }
    if (status == GF_OK) {
        gf_transport_compare(results[0], results[1]);
        gf_transport_judge(results[0]);
        *transport = results[0];
    }
    gf_transport_free(results[1]);
    gf_model_free(smaller);
    return status;
}
