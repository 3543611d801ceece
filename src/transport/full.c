/* Transport by full diagonalisation: sums over all pairs of levels. */
#include "transport/transport.h"

#include "algebra/current.h"
#include "base/machine.h"
#include "base/matrix.h"
#include "base/progress_part.h"
#include "base/tasks.h"
#include "gibbsflow/gibbs.h"
#include "transport/current_spectrum.h"

#include <math.h>
#include <stdlib.h>

/* Nodes as far apart as this over the longest time, or the largest lambda2: see strengths.h. */
static const double STEP = 0.2;
/* Exponents and phases that double precision holds. */
static const double LARGEST_EXPONENT = 600, LARGEST_PHASE = 1e9;

/* --- a sector at one lambda2 ----------------------------------------------------------------- */

/* Sums over a source sector, of weights relative to its largest. */
typedef struct response {
    double reference; /* the energy of the largest weight */
    double drude[GF_STRENGTHS];
    double (*correlation)[GF_STRENGTHS]; /* [times] */
    double (*onsager)[GF_STRENGTHS];
    double mean[GF_CHARGES][2]; /* of <n|J_i|n> and of that times E - reference */
} response;

/* (1,2) is real part plus imaginary part, (2,1) real part less imaginary part. */
static void add_line(response *self, size_t times, const double *time, double frequency,
                     const double weight[GF_STRENGTHS]) {
    for (size_t t = 0; t < times; ++t) {
        double phase = frequency * time[t], c = cos(phase), s = sin(phase);
        bool small = fabs(phase) < 1e-8;
        double integral = small ? time[t] : s / frequency;
        double odd = small ? 0 : (1 - c) / frequency;
        for (int k = 0; k < GF_J12_IMAGINARY; ++k) {
            self->correlation[t][k] += weight[k] * c;
            self->onsager[t][k] += weight[k] * integral;
        }
        self->correlation[t][GF_J12_IMAGINARY] -= weight[GF_J12_IMAGINARY] * s;
        self->onsager[t][GF_J12_IMAGINARY] -= weight[GF_J12_IMAGINARY] * odd;
    }
}

static void add_means(response *self, const gf_current_sector *sector, double lambda2) {
    for (size_t n = 0; n < sector->levels; ++n) {
        const gf_current_level *level = &sector->level[n];
        double x = level->energy - self->reference, weight = level->degeneracy * exp(-lambda2 * x);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->mean[i][0] += weight * level->current[i];
            self->mean[i][1] += weight * level->current[i] * x;
        }
    }
}

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
    response *responses; /* [sectors], of sources */
    double *frequency;
    double (*weight)[GF_STRENGTHS];
} workspace;

static void end(void *context) {
    workspace *self = context;
    for (size_t up = 0; up < self->sectors && self->responses != NULL; ++up) {
        free(self->responses[up].correlation);
        free(self->responses[up].onsager);
    }
    free(self->responses);
    free(self->frequency);
    free(self->weight);
    gf_gibbs_free(self->gibbs);
    free(self);
}

static gf_status begin(const void *context, void **made, gf_error *error) {
    const work *all = context;
    size_t sectors = (size_t)all->spectrum->sites + 1, most = 1, times = all->result->times;
    workspace *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the response of the chain");
    }
    for (size_t up = 0; up < sectors; ++up) {
        size_t lines = gf_strengths_most(&all->spectrum->sector[up].strengths);
        most = lines > most ? lines : most;
    }
    self->sectors = sectors;
    self->responses = calloc(sectors, sizeof *self->responses);
    self->frequency = calloc(most + 1, sizeof *self->frequency);
    self->weight = calloc(most + 1, sizeof *self->weight);
    bool complete = self->responses != NULL && self->frequency != NULL && self->weight != NULL;
    for (size_t up = 0; up < sectors && complete; ++up) {
        response *one = &self->responses[up];
        one->correlation = calloc(times + 1, sizeof *one->correlation);
        one->onsager = calloc(times + 1, sizeof *one->onsager);
        complete = one->correlation != NULL && one->onsager != NULL;
    }
    gf_status status = complete ? gf_gibbs_create(all->spectrum->spectrum, (const double[1]){0},
                                                  &self->gibbs, error)
                                : gf_fail_memory(error, "the response of the chain");
    if (status != GF_OK) {
        end(self);
        return status;
    }
    *made = self;
    return GF_OK;
}

static void respond(const work *all, workspace *self, size_t up, double lambda2) {
    const gf_current_sector *sector = &all->spectrum->sector[up];
    const gf_transport *result = all->result;
    response *one = &self->responses[up];
    size_t most = sector->levels - 1;
    for (size_t t = 0; t < result->times; ++t) {
        for (int k = 0; k < GF_STRENGTHS; ++k) {
            one->correlation[t][k] = one->onsager[t][k] = 0;
        }
    }
    one->mean[0][0] = one->mean[0][1] = one->mean[1][0] = one->mean[1][1] = 0;
    one->reference = sector->level[lambda2 >= 0 ? 0 : most].energy;
    size_t lines = gf_strengths_weigh(&sector->strengths, all->form, lambda2, one->reference,
                                      self->frequency, self->weight, one->drude);
    for (size_t l = 0; l < lines; ++l) {
        add_line(one, result->times, result->time, self->frequency[l], self->weight[l]);
    }
    one->drude[GF_J12_IMAGINARY] = 0; /* (n,m) and (m,n) cancel */
    add_line(one, result->times, result->time, 0, one->drude);
    if (all->spectrum->has_means) {
        add_means(one, sector, lambda2);
    }
}

/* += factor * the matrix that strengths make after the signs of a sector. */
static void add_matrix(double factor, const double sign[GF_STRENGTHS],
                       const double strength[GF_STRENGTHS], double matrix[GF_TRANSPORT_MATRIX]) {
    double real = sign[GF_J12] * strength[GF_J12];
    double imaginary = sign[GF_J12_IMAGINARY] * strength[GF_J12_IMAGINARY];
    matrix[0] += factor * strength[GF_J11];
    matrix[1] += factor * (real + imaginary);
    matrix[2] += factor * (real - imaginary);
    matrix[3] += factor * strength[GF_J22];
}

/* What the products of <J_i>, and of J_i with the charges, contribute for ever: per site. */
static void find_conserved(const work *all, const workspace *self, const gf_state *state,
                           const double *share, double mean[GF_CHARGES],
                           double conserved[GF_TRANSPORT_MATRIX]) {
    double sites = all->spectrum->sites, along[GF_CHARGES][GF_CHARGES] = {{0}}, inverse[GF_PAIRS];
    for (size_t up = 0; up < self->sectors; ++up) {
        const gf_current_sector *sector = &all->spectrum->sector[up];
        const response *source = &self->responses[sector->source];
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            double here = share[up] * sector->mean_sign[i] * source->mean[i][0];
            double times_energy = share[up] * sector->mean_sign[i] * source->mean[i][1];
            double m = 2.0 * (double)up - sites;
            mean[i] += here;
            along[i][GF_MAGNETIZATION] += here * (m - sites * state->density[GF_MAGNETIZATION]);
            along[i][GF_ENERGY] +=
                times_energy + here * (source->reference - sites * state->density[GF_ENERGY]);
        }
    }
    bool regular = gf_matrix_invert(state->susceptibility, inverse);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        size_t i = k / GF_CHARGES, j = k % GF_CHARGES;
        conserved[k] = mean[i] * mean[j] * sites; /* `share` is per site */
        for (size_t a = 0; a < GF_CHARGES && regular; ++a) {
            for (size_t b = 0; b < GF_CHARGES; ++b) {
                conserved[k] += along[i][a] * inverse[gf_pair(a, b)] * along[j][b];
            }
        }
    }
}

static void subtract(gf_transport *result, size_t point,
                     const double conserved[GF_TRANSPORT_MATRIX]) {
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        result->drude[point][k] -= conserved[k];
        for (size_t t = 0; t < result->times; ++t) {
            result->correlation[point * result->times + t][k] -= conserved[k];
            result->onsager[point * result->times + t][k] -= conserved[k] * result->time[t];
        }
    }
}

static void add_point(const work *all, workspace *self, size_t point) {
    gf_transport *result = all->result;
    const double *lambda = result->lambda[point];
    double sites = all->spectrum->sites, share[GF_CHAIN_MAX_SITES + 1];
    gf_state state;
    gf_gibbs_evaluate(self->gibbs, lambda, GF_DENSITIES, &state);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        result->density[point][i] = state.density[i];
    }
    for (size_t k = 0; k < GF_PAIRS; ++k) {
        result->susceptibility[point][k] = state.susceptibility[k];
    }
    for (size_t up = 0; up < self->sectors; ++up) {
        const gf_current_sector *sector = &all->spectrum->sector[up];
        const response *source = &self->responses[sector->source];
        double exponent = -lambda[0] * (2.0 * (double)up - sites) - lambda[1] * source->reference;
        share[up] = exp(exponent - sites * state.log_partition) / sites;
        add_matrix(share[up], sector->sign, source->drude, result->drude[point]);
        for (size_t t = 0; t < result->times; ++t) {
            size_t row = point * result->times + t;
            add_matrix(share[up], sector->sign, source->correlation[t], result->correlation[row]);
            add_matrix(share[up], sector->sign, source->onsager[t], result->onsager[row]);
        }
    }
    if (all->spectrum->has_means) {
        double conserved[GF_TRANSPORT_MATRIX];
        find_conserved(all, self, &state, share, result->mean_current[point], conserved);
        subtract(result, point, conserved);
    }
}

static gf_status run(const void *context, gf_task *task, gf_error *error) {
    const work *all = context;
    workspace *self = task->workspace;
    double lambda2 = all->result->lambda[all->order[all->begin[task->index]]][GF_ENERGY];
    (void)error;
    for (size_t up = 0; up < self->sectors; ++up) {
        if (all->spectrum->sector[up].source == (int)up) {
            respond(all, self, up, lambda2);
        }
    }
    for (size_t k = all->begin[task->index]; k < all->begin[task->index + 1]; ++k) {
        add_point(all, self, all->order[k]);
    }
    return GF_OK;
}

/* --- all points ------------------------------------------------------------------------------ */

/* Lists the points by their lambda2, in the order in which these first occur; returns how many
 * different ones there are. */
static size_t group_points(const gf_transport *result, size_t *order, size_t *begins) {
    size_t groups = 0, listed = 0;
    for (size_t p = 0; p < result->points; ++p) {
        bool seen = false;
        for (size_t q = 0; q < p && !seen; ++q) {
            seen = result->lambda[q][GF_ENERGY] == result->lambda[p][GF_ENERGY];
        }
        if (!seen) {
            begins[groups++] = listed;
            for (size_t q = p; q < result->points; ++q) {
                if (result->lambda[q][GF_ENERGY] == result->lambda[p][GF_ENERGY]) {
                    order[listed++] = q;
                }
            }
        }
    }
    begins[groups] = listed;
    return groups;
}

static gf_status evaluate(const gf_current_spectrum *spectrum, gf_kubo form,
                          const gf_progress *progress, gf_transport *result, gf_error *error) {
    size_t *order = calloc(result->points + 1, sizeof *order);
    size_t *begins = calloc(result->points + 2, sizeof *begins);
    gf_status status =
        order != NULL && begins != NULL ? GF_OK : gf_fail_memory(error, "the points");
    if (status == GF_OK) {
        work all = {
            .spectrum = spectrum, .form = form, .order = order, .begin = begins, .result = result};
        const gf_tasks tasks = {.count = group_points(result, order, begins),
                                .context = &all,
                                .begin = begin,
                                .end = end,
                                .run = run,
                                .progress = progress};
        status = gf_tasks_run(&tasks, error);
    }
    free(order);
    free(begins);
    return status;
}

/* --- request --------------------------------------------------------------------------------- */

static double largest_lambda2(const gf_transport_request *request) {
    double largest = 0;
    for (size_t p = 0; p < request->points; ++p) {
        largest = fmax(largest, fabs(request->lambda[p][GF_ENERGY]));
    }
    return largest;
}

static gf_strength_grid choose_grid(const gf_model *model, const gf_transport_request *request) {
    double lambda2 = largest_lambda2(request);
    double whole = gf_operator_size(&model->hamiltonian) * model->chain.sites;
    whole = whole > 0 ? whole : 1;
    return request->exact
               ? (gf_strength_grid){0}
               : (gf_strength_grid){
                     .energy = fmin(whole, STEP / lambda2),
                     .frequency = fmin(whole, fmin(STEP / request->time.to, 2 * STEP / lambda2))};
}

/* The next smaller chain with whole cells, of the same parity. NULL, and GF_OK, if it is too short
 * for its currents. */
static gf_status make_smaller(const gf_model *model, gf_model **smaller, gf_error *error) {
    int cell = gf_chain_cell(&model->chain), step = cell % 2 == 0 ? cell : 2 * cell;
    gf_currents currents;
    *smaller = NULL;
    if (model->chain.sites - step < 2 ||
        gf_model_resize(model, model->chain.sites - step, model->chain.periodic, smaller, NULL) !=
            GF_OK) {
        return GF_OK;
    }
    (*smaller)->no_symmetry = model->no_symmetry;
    gf_status status =
        gf_currents_derive(&(*smaller)->chain, &(*smaller)->hamiltonian, &currents, error);
    if (status == GF_OK) {
        gf_currents_free(&currents);
    } else {
        gf_model_free(*smaller);
        *smaller = NULL;
    }
    return status == GF_INVALID ? GF_OK : status;
}

gf_status gf_transport_estimate(const gf_model *model, const gf_transport_request *request,
                                gf_transport_cost *cost, gf_error *error) {
    gf_current_cost diagonal;
    gf_status status =
        gf_current_spectrum_estimate(model, choose_grid(model, request), &diagonal, error);
    if (status != GF_OK) {
        return status;
    }
    double rows = (double)request->points * (double)request->time.points;
    cost->memory = diagonal.memory + rows * 8 * GF_TRANSPORT_MATRIX * sizeof(double);
    cost->seconds = diagonal.seconds * (request->compare ? 1.1 : 1);
    if (largest_lambda2(request) * diagonal.range / 2 > LARGEST_EXPONENT) {
        return gf_fail(error, GF_INVALID,
                       "lambda2 up to %g times energies up to about %.3g is beyond what double "
                       "precision holds; use smaller ones",
                       largest_lambda2(request), diagonal.range / 2);
    }
    return request->time.to * diagonal.range <= LARGEST_PHASE
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "phases of energies up to about %.3g are lost to rounding at the time %g; "
                         "use a shorter one",
                         diagonal.range / 2, request->time.to);
}

/* One chain at all points. */
static gf_status solve(const gf_model *model, const gf_transport_request *request,
                       gf_progress_part *part, gf_transport **result, gf_error *error) {
    gf_current_spectrum *spectrum = NULL;
    gf_progress_part inner = {.whole = part->whole, .from = part->from, .width = 0.9 * part->width};
    gf_progress progress = gf_progress_of_part(&inner);
    *result = NULL;
    gf_status status = gf_current_spectrum_compute(model, choose_grid(model, request), &progress,
                                                   &spectrum, error);
    if (status == GF_OK) {
        status = gf_transport_create(request->points, request->time.points, result, error);
    }
    if (status == GF_OK) {
        gf_transport *self = *result;
        self->method = "full";
        self->form = request->form;
        self->exact = request->exact;
        self->sites = model->chain.sites;
        for (size_t t = 0; t < self->times; ++t) {
            self->time[t] = gf_axis_value(&request->time, t);
        }
        for (size_t p = 0; p < self->points; ++p) {
            self->lambda[p][0] = request->lambda[p][0];
            self->lambda[p][1] = request->lambda[p][1];
        }
        gf_progress_part_next(&inner, 0.1 * part->width);
        status = evaluate(spectrum, request->form, &progress, self, error);
    }
    gf_current_spectrum_free(spectrum);
    if (status != GF_OK) {
        gf_transport_free(*result);
        *result = NULL;
    }
    return status;
}

static void compare(gf_transport *self, const gf_transport *smaller) {
    self->compared = smaller != NULL ? smaller->sites : 0;
    for (size_t row = 0; row < self->points * self->times; ++row) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            self->correlation_error[row][k] =
                smaller != NULL ? fabs(self->correlation[row][k] - smaller->correlation[row][k])
                                : NAN;
            self->onsager_error[row][k] =
                smaller != NULL ? fabs(self->onsager[row][k] - smaller->onsager[row][k]) : NAN;
            self->smaller_onsager[row][k] = smaller != NULL ? smaller->onsager[row][k] : NAN;
        }
    }
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
                         "use fewer sites, shorter times or smaller lambda2",
                         model->chain.sites, cost.memory / 0x1p30,
                         (double)gf_machine_free_memory() / 0x1p30);
    }
    if (status == GF_OK && request->compare) {
        status = make_smaller(model, &smaller, error);
    }
    if (status == GF_OK) {
        status = solve(model, request, &part, transport, error);
    }
    if (status == GF_OK && smaller != NULL) {
        gf_progress_part_next(&part, 0.1);
        status = solve(smaller, request, &part, &beside, error);
    }
    if (status == GF_OK) {
        compare(*transport, beside);
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
