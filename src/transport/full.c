/* Transport by full diagonalisation: sums over all pairs of levels. */
#include "base/machine.h"
#include "base/progress_part.h"
#include "base/tasks.h"
#include "transport/request.h"
#include "transport/response.h"

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

/* --- request --------------------------------------------------------------------------------- */

gf_status gf_transport_estimate(const gf_model *model, const gf_transport_request *request,
                                gf_transport_cost *cost, gf_error *error) {
    gf_current_cost diagonal;
    gf_operator currents[GF_CHARGES];
    gf_status status = gf_transport_operators(model, request, currents, error);
    if (status != GF_OK) {
        return status;
    }
    const gf_current_request asked = {
        .model = model, .operators = currents, .grid = gf_transport_grid(model, request)};
    status = gf_current_spectrum_estimate(&asked, &diagonal, error);
    gf_transport_free_currents(currents);
    if (status != GF_OK) {
        return status;
    }
    double rows = (double)request->points * (double)request->time.points;
    cost->memory = diagonal.memory + rows * 8 * GF_TRANSPORT_MATRIX * sizeof(double);
    cost->seconds = diagonal.seconds * (request->compare ? 1.1 : 1);
    return gf_transport_check_range(request, diagonal.range, error);
}

/* One chain at all points. */
static gf_status solve(const gf_model *model, const gf_transport_request *request,
                       gf_progress_part *part, gf_transport **result, gf_error *error) {
    gf_current_spectrum *spectrum = NULL;
    gf_progress_part inner = {.whole = part->whole, .from = part->from, .width = 0.9 * part->width};
    gf_progress progress = gf_progress_of_part(&inner);
    gf_operator currents[GF_CHARGES];
    *result = NULL;
    gf_status status = gf_transport_operators(model, request, currents, error);
    if (status != GF_OK) {
        return status;
    }
    const gf_current_request asked = {
        .model = model, .operators = currents, .grid = gf_transport_grid(model, request)};
    status = gf_current_spectrum_compute(&asked, &progress, &spectrum, error);
    gf_transport_free_currents(currents);
    if (status == GF_OK) {
        status = gf_transport_start(model, request, "full", result, error);
    }
    if (status == GF_OK) {
        gf_progress_part_next(&inner, 0.1 * part->width);
        status = evaluate(spectrum, request->form, &progress, *result, error);
    }
    gf_current_spectrum_free(spectrum);
    if (status != GF_OK) {
        gf_transport_free(*result);
        *result = NULL;
    }
    return status;
}

gf_status gf_transport_find(const gf_model *model, const gf_transport_request *request,
                            gf_transport **transport, gf_error *error) {
    gf_transport_cost cost;
    gf_model *smaller = NULL;
    gf_transport *beside = NULL;
    gf_progress_part part = {.whole = request->progress, .width = request->compare ? 0.9 : 1};
    *transport = NULL;
    gf_status status = gf_transport_estimate(model, request, &cost, error);
    if (status == GF_OK && cost.memory > (double)gf_machine_free_memory()) {
        status = gf_fail(error, GF_NO_MEMORY,
                         "transport of %d sites needs %.3g GiB of memory, but %.3g GiB are free; "
                         "use --method typicality, fewer sites, states or times, or smaller "
                         "lambda2",
                         model->chain.sites, cost.memory / 0x1p30,
                         (double)gf_machine_free_memory() / 0x1p30);
    }
    if (status == GF_OK && request->compare) {
        status = gf_transport_smaller(model, &smaller, error);
    }
    if (status == GF_OK) {
        status = solve(model, request, &part, transport, error);
    }
    if (status == GF_OK && smaller != NULL) {
        gf_progress_part_next(&part, 0.1);
        status = solve(smaller, request, &part, &beside, error);
    }
    if (status == GF_OK) {
        gf_transport_compare(*transport, beside);
        gf_transport_judge(*transport);
        gf_progress_update(request->progress, 1);
    } else {
        gf_transport_free(*transport);
        *transport = NULL;
    }
    gf_transport_free(beside);
    gf_model_free(smaller);
    return status;
}
