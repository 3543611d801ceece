#include "base/progress_part.h"
#include "transport/operator_space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gf_operator_space_request request_of(const gf_operator_points *points, size_t p) {
    const gf_axis *time = &points->time;
    return (gf_operator_space_request){
        .lambda = {points->lambda[p][GF_MAGNETIZATION], points->lambda[p][GF_ENERGY]},
        .longest = points->longest,
        .weight = points->weight,
        .step = time->points > 1 ? (time->to - time->from) / (double)(time->points - 1) : 0,
        .times = time->points,
        .stop = points->stop};
}

/* What each point costs. The caller frees it. */
static gf_status list_costs(const gf_model *model, const gf_operator_points *points,
                            gf_operator_space_cost **costs, gf_error *error) {
    gf_operator_space_cost *each = *costs = calloc(points->points + 1, sizeof *each);
    gf_status status = each != NULL ? GF_OK : gf_fail_memory(error, "the states of operator space");
    for (size_t p = 0; p < points->points && status == GF_OK; ++p) {
        const gf_operator_space_request request = request_of(points, p);
        status = gf_operator_space_cost_of(model, &request, &each[p], error);
    }
    if (status != GF_OK) {
        free(each);
        *costs = NULL;
    }
    return status;
}

/* Longer strings included, which may not be needed. */
static double most_seconds(const gf_operator_space_cost *cost) {
    return cost->seconds + cost->more_seconds;
}

gf_status gf_operator_points_estimate(const gf_model *model, const gf_operator_points *points,
                                      gf_operator_space_cost *cost, gf_error *error) {
    gf_operator_space_cost *each;
    gf_status status = list_costs(model, points, &each, error);
    *cost = (gf_operator_space_cost){0};
    for (size_t p = 0; p < points->points && status == GF_OK; ++p) {
        cost->memory = fmax(cost->memory, each[p].memory);
        cost->seconds += each[p].seconds;
        cost->more_seconds = fmax(cost->more_seconds, each[p].more_seconds);
        cost->longest = each[p].longest;
    }
    free(each);
    return status;
}

static bool same_end(const gf_transport_choice *a, const gf_transport_choice *b) {
    return a->longest == b->longest && a->free == b->free && a->weight == b->weight &&
           fabs(a->damping - b->damping) <= 1e-9 * b->damping;
}

/* Points need not have the same choices: the list has those of all. */
static void put_choices(const gf_operator_space *from, size_t p, gf_transport *to) {
    double(*sigma)[GF_TRANSPORT_MATRIX] = to->choice_onsager + p * GF_TRANSPORT_CHOICES;
    for (size_t k = 0; k < (size_t)GF_TRANSPORT_CHOICES * GF_TRANSPORT_MATRIX; ++k) {
        sigma[k / GF_TRANSPORT_MATRIX][k % GF_TRANSPORT_MATRIX] = NAN;
    }
    for (size_t c = 0; c < from->choices; ++c) {
        const gf_operator_space_choice *choice = &from->choice[c];
        size_t at = 0;
        while (at < to->choices && !same_end(&to->choice[at], &choice->end)) {
            ++at;
        }
        to->choice[at] = choice->end;
        to->choices = at < to->choices ? to->choices : at + 1;
        memcpy(sigma[at], choice->solution.onsager, sizeof *sigma);
    }
}

static void put_point(const gf_operator_space *from, size_t p, gf_transport *to) {
    size_t row = p * to->times, bytes = to->times * sizeof *to->correlation;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        to->density[p][i] = from->density[i];
    }
    memcpy(to->susceptibility[p], from->susceptibility, sizeof *to->susceptibility);
    memcpy(to->correlation[row], from->correlation, bytes);
    memcpy(to->correlation_error[row], from->correlation_error, bytes);
    memcpy(to->onsager[row], from->onsager_in_time, bytes);
    memcpy(to->onsager_error[row], from->onsager_in_time_error, bytes);
    to->reliable_time[p] = from->times > 0 ? from->time[from->reliable] : NAN;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        to->drude[p][k] = NAN; /* a chain without end shows none */
        to->reliable_onsager[p][k] = from->times > 0 ? to->onsager[row + from->reliable][k] : NAN;
    }
    to->verdict[p] = from->verdict;
    to->bounded[p] = from->bounded;
    memcpy(to->reason[p], from->reason, sizeof *to->reason);
    memcpy(to->limit[p], from->onsager, sizeof *to->limit);
    memcpy(to->limit_error[p], from->onsager_error, sizeof *to->limit_error);
    memcpy(to->diffusion[p], from->diffusion, sizeof *to->diffusion);
    memcpy(to->diffusion_error[p], from->diffusion_error, sizeof *to->diffusion_error);
    put_choices(from, p, to);
}

gf_status gf_operator_points_find(const gf_model *model, const gf_operator_points *points,
                                  gf_transport **transport, gf_error *error) {
    gf_progress_part part = {.whole = points->progress};
    const gf_progress own = gf_progress_of_part(&part);
    gf_operator_space_cost *cost;
    double whole = 0;
    bool stopped = false;
    *transport = NULL;
    gf_status status = list_costs(model, points, &cost, error);
    if (status == GF_OK) {
        status = gf_transport_create(points->points, points->time.points, transport, error);
    }
    for (size_t p = 0; p < points->points && status == GF_OK; ++p) {
        whole += most_seconds(&cost[p]);
    }
    for (size_t p = 0; p < points->points && status == GF_OK && !stopped; ++p) {
        gf_operator_space_request request = request_of(points, p);
        gf_operator_space *one = NULL;
        gf_progress_part_next(&part, most_seconds(&cost[p]) / whole);
        request.progress = &own;
        status = gf_operator_space_find(model, &request, &one, error);
        stopped = status == GF_OK && one == NULL;
        if (one != NULL) {
            memcpy((*transport)->lambda[p], request.lambda, sizeof request.lambda);
            put_point(one, p, *transport);
        }
        gf_operator_space_free(one);
    }
    free(cost);
    if (status != GF_OK || stopped) {
        gf_transport_free(*transport);
        *transport = NULL;
        return status;
    }
    gf_transport *self = *transport;
    self->method = "operator-space";
    self->form = GF_KUBO_MORI;
    self->exact = true;
    for (size_t c = 0; c < self->choices; ++c) {
        int longest = self->choice[c].longest;
        self->longest = longest > self->longest ? longest : self->longest;
    }
    for (size_t t = 0; t < self->times; ++t) {
        self->time[t] = gf_axis_value(&points->time, t);
    }
    return GF_OK;
}
