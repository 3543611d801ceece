/* Transport from random vectors: all chains, then every point from their numbers. */
#include "transport/sampled.h"

#include "base/machine.h"
#include "base/progress_part.h"
#include "base/ranks.h"
#include "base/tasks.h"
#include "gibbsflow/gibbs.h"
#include "gibbsflow/typicality.h"
#include "spectrum/checkpoint.h"
#include "transport/request.h"
#include "transport/response.h"
#include "transport/time_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Steps of time over the spread of energies at infinite temperature: short enough for integrals. */
static const double STEP = 0.25;
/* How far beyond the last time, over lambda2, Kubo and Mori's product reaches. */
static const double BEYOND = 2;
/* How far from the real axis the poles are, over that spread. */
static const double POLES = 0.6;
enum { FEWEST_STEPS = 8, MOST_STEPS = 100000 };
/* Vectors of partition functions for each in time, and at most. */
enum { MORE_LEVELS = 8, MOST_LEVELS = 1000 };

/* --- the plan -------------------------------------------------------------------------------- */

/* sqrt(C_22) at infinite temperature: strings are orthogonal, and S+- has the square 1/2. */
static double energy_spread(const gf_model *model) {
    double sum = 0;
    for (size_t k = 0; k < model->hamiltonian.count; ++k) {
        const gf_operator_term *term = &model->hamiltonian.terms[k];
        int flips = __builtin_popcountll(term->plus | term->minus);
        double size = cabs(term->coefficient);
        sum += (term->plus | term->minus | term->z) != 0 ? ldexp(size * size, -flips) : 0;
    }
    return sum > 0 ? sqrt(sum / model->chain.sites) : 1;
}

/* What lambda2 is measured by between nodes. */
static double scale_of(const gf_model *model) {
    return POLES / energy_spread(model);
}

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Between nodes functions are polynomials of asinh(lambda2/scale): those of lambda2 have poles near
 * the imaginary axis, where partition functions vanish, and would need many more. */
static double stretched(double lambda2, double scale) {
    return asinh(lambda2 / scale);
}

/* Nodes for a relative error of about 1e-3: polynomials converge like the power of `rate`, the sum
 * of half axes of the ellipse through the poles, and begin with a factor of ten. */
static size_t nodes_for(double lowest, double highest) {
    static const double accuracy = 1e-4;
    double reach = M_PI / fmax(highest - lowest, 1e-3), rate = reach + sqrt(1 + reach * reach);
    return (size_t)ceil(-log(accuracy) / log(rate)) + 1;
}

/* Every lambda2 of the request if there are not more than nodes, else Chebyshev's nodes over their
 * range, stretched, `most` of them or (0) as many as are needed; to lambda2[points], ascending. How
 * many of the request are different is told, too. */
static size_t choose_nodes(const gf_transport_request *request, size_t most, double scale,
                           double *lambda2, size_t *different) {
    size_t count = 0;
    for (size_t p = 0; p < request->points; ++p) {
        lambda2[p] = request->lambda[p][GF_ENERGY];
    }
    qsort(lambda2, request->points, sizeof *lambda2, compare_numbers);
    double lowest = stretched(lambda2[0], scale);
    double highest = stretched(lambda2[request->points - 1], scale);
    for (size_t p = 0; p < request->points; ++p) {
        if (count == 0 || lambda2[p] != lambda2[count - 1]) {
            lambda2[count++] = lambda2[p];
        }
    }
    size_t nodes = most > 1 ? most : nodes_for(lowest, highest);
    *different = count;
    for (size_t n = 0; n < nodes && count > nodes; ++n) {
        double x = cos(M_PI * (double)(nodes - 1 - n) / (double)(nodes - 1));
        lambda2[n] = scale * sinh((lowest + highest) / 2 + (highest - lowest) / 2 * x);
    }
    return count < nodes ? count : nodes;
}

/* Steps between the times that are asked for, which `step` divides. */
static size_t refinement(const gf_model *model, const gf_transport_request *request) {
    double apart = request->time.to / (double)(request->time.points - 1);
    return (size_t)fmax(1, ceil(apart * energy_spread(model) / STEP));
}

/* A chain of a question, and what leads to it. */
typedef struct answer {
    gf_sampled_plan plan;
    double *lambda2; /* of the plan */
    size_t groups;   /* points of the same lambda2 */
} answer;

static gf_status make_plan(const gf_transport_question *question,
                           const gf_transport_sampling *sampling, answer *self, gf_error *error) {
    const gf_model *model = question->model;
    const gf_transport_request *request = &question->request;
    gf_sampled_plan *plan = &self->plan;
    size_t finer = refinement(model, request) * (sampling->refine > 1 ? sampling->refine : 1);
    self->lambda2 = calloc(request->points + 1, sizeof *self->lambda2);
    if (self->lambda2 == NULL) {
        return gf_fail_memory(error, "the nodes of lambda2");
    }
    *plan = (gf_sampled_plan){.request = request,
                              .grid = gf_transport_grid(model, request),
                              .samples = sampling->samples,
                              .seed = sampling->seed,
                              .complete = sampling->complete};
    plan->course.nodes =
        choose_nodes(request, sampling->nodes, scale_of(model), self->lambda2, &self->groups);
    plan->course.lambda2 = self->lambda2;
    plan->course.step = request->time.to / ((double)(request->time.points - 1) * (double)finer);
    double farther = request->form == GF_KUBO_MORI
                         ? ceil(BEYOND * gf_transport_largest_lambda2(request) / plan->course.step)
                         : 0;
    double steps = (double)(request->time.points - 1) * (double)finer + 1 + farther;
    if (!(steps <= MOST_STEPS)) {
        return gf_fail(error, GF_INVALID,
                       "random vectors would take %.3g steps of time, %d are possible; use a "
                       "shorter --end, fewer --times or smaller lambda2",
                       steps, MOST_STEPS);
    }
    plan->course.steps = steps > FEWEST_STEPS ? (size_t)steps : FEWEST_STEPS;
    return GF_OK;
}

/* --- a sector from its vectors --------------------------------------------------------------- */

typedef struct work {
    const gf_sampled_chain *chain;
    const gf_spectrum *spectrum; /* for the partition functions of all sectors */
    gf_kubo form;
    size_t finer;        /* steps between times */
    const size_t *order; /* [points]: by lambda2 */
    const size_t *begin;
    gf_transport *result;
} work;

typedef double (*strengths)[GF_STRENGTHS];

typedef struct workspace {
    gf_gibbs *gibbs;
    size_t sectors;
    gf_response *responses; /* [sectors], of sources */
    gf_response *partly;    /* [1]: without one of the vectors */
    gf_response_lines lines;
    gf_transport *scratch; /* of one point */
    double *sum;           /* [gf_vector_row]: at one node */
    double *between;       /* the same, interpolated */
    double *share;         /* [nodes] */
    strengths filtered, integral;
    double *mean, *square; /* [times][2][GF_TRANSPORT_MATRIX]: of leave-one-out values */
    gf_time_filter filter;
} workspace;

/* Lagrange's weights of the nodes at lambda2. */
static void interpolate(const gf_vector_course *course, double lambda2, double scale,
                        double *share) {
    double x = stretched(lambda2, scale);
    for (size_t n = 0; n < course->nodes; ++n) {
        double here = stretched(course->lambda2[n], scale);
        share[n] = 1;
        for (size_t k = 0; k < course->nodes; ++k) {
            double there = stretched(course->lambda2[k], scale);
            share[n] *= k == n ? 1 : (x - there) / (here - there);
        }
    }
}

/* What a sector has per unit of its weight, from all vectors but `without`, to self->between. */
static void average(const work *all, workspace *self, const gf_sampled_source *source,
                    size_t without) {
    const gf_sampled_chain *chain = all->chain;
    size_t row = gf_vector_row(&chain->course), whole = gf_sampled_chain_row(chain);
    memset(self->between, 0, row * sizeof *self->between);
    for (size_t n = 0; n < chain->course.nodes; ++n) {
        if (self->share[n] == 0) {
            continue;
        }
        memset(self->sum, 0, row * sizeof *self->sum);
        for (size_t v = source->first; v < source->first + source->vectors; ++v) {
            const double *values = chain->values + v * whole + n * row;
            for (size_t k = 0; k < row && v != without; ++k) {
                self->sum[k] += values[k];
            }
        }
        for (size_t k = 0; k < row; ++k) {
            self->between[k] += self->share[n] * self->sum[k] / self->sum[GF_VECTOR_NORM];
        }
    }
}

/* The partition function of a sector over the weight at `reference`, its end of largest weight. */
static double partition(const gf_spectrum *spectrum, int up, double lambda2, double *reference) {
    size_t first, count;
    double sum = 0;
    gf_spectrum_sector(spectrum, up, &first, &count);
    *reference = spectrum->energy[first + (lambda2 >= 0 ? 0 : count - 1)];
    for (size_t n = first; n < first + count; ++n) {
        sum += spectrum->degeneracy[n] * exp(-lambda2 * (spectrum->energy[n] - *reference));
    }
    return sum;
}

static void respond(const work *all, workspace *self, const gf_sampled_source *source,
                    size_t without, double lambda2, gf_response *response) {
    average(all, self, source, without);
    double z = partition(all->spectrum, source->up, lambda2, &response->reference);
    gf_time_filter_apply(&self->filter,
                         (const double(*)[GF_STRENGTHS])(self->between + GF_VECTOR_COURSE),
                         self->filtered);
    gf_time_filter_integrate(&self->filter, (const double(*)[GF_STRENGTHS])self->filtered,
                             self->integral);
    for (size_t t = 0; t < all->result->times; ++t) {
        for (int k = 0; k < GF_STRENGTHS; ++k) {
            response->correlation[t][k] = z * self->filtered[t * all->finer][k];
            response->onsager[t][k] = z * self->integral[t * all->finer][k];
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        const double *mean = self->between + GF_VECTOR_MEANS + 2 * i;
        response->mean[i][0] = z * mean[0];
        response->mean[i][1] = z * (mean[1] - response->reference * mean[0]);
    }
}

/* --- statistical errors ---------------------------------------------------------------------- */

static void clear(gf_transport *scratch) {
    memset(scratch->mean_current, 0, sizeof *scratch->mean_current);
    memset(scratch->drude, 0, sizeof *scratch->drude);
    memset(scratch->correlation, 0, scratch->times * sizeof *scratch->correlation);
    memset(scratch->onsager, 0, scratch->times * sizeof *scratch->onsager);
}

/* Both functions of the scratch point, one after the other. */
static double value_of(const gf_transport *self, size_t index) {
    size_t one = self->times * GF_TRANSPORT_MATRIX;
    const double *correlation = self->correlation[0], *onsager = self->onsager[0];
    return index < one ? correlation[index] : onsager[index - one];
}

/* Adds to the squares of errors what a sector contributes: (n - 1)/n times the sum of squares of
 * what leaving out one vector after the other does. `partly` stands in its place meanwhile. */
static void add_scatter(const work *all, workspace *self, const gf_sampled_source *source,
                        const gf_response *partly, size_t point) {
    gf_transport *result = all->result, *scratch = self->scratch;
    size_t count = 2 * result->times * GF_TRANSPORT_MATRIX, one = count / 2;
    gf_response whole = self->responses[source->up];
    size_t row = point * result->times;
    const double *correlation = result->correlation[row], *onsager = result->onsager[row];
    double *of_correlation = result->correlation_scatter[row],
           *of_onsager = result->onsager_scatter[row];
    double n = (double)source->vectors;
    memset(self->mean, 0, count * sizeof *self->mean);
    memset(self->square, 0, count * sizeof *self->square);
    memcpy(scratch->lambda, result->lambda[point], sizeof *scratch->lambda);
    for (size_t v = 0; v < source->vectors; ++v) {
        self->responses[source->up] = partly[v];
        clear(scratch);
        gf_responses_add(self->responses, all->chain->exact, self->gibbs, 0, scratch);
        for (size_t k = 0; k < count; ++k) {
            double apart = value_of(scratch, k) - (k < one ? correlation[k] : onsager[k - one]);
            self->mean[k] += apart / n;
            self->square[k] += apart * apart;
        }
    }
    self->responses[source->up] = whole;
    for (size_t k = 0; k < count; ++k) {
        double *to = k < one ? &of_correlation[k] : &of_onsager[k - one];
        *to += (n - 1) / n * fmax(0, self->square[k] - n * self->mean[k] * self->mean[k]);
    }
}

static gf_status scatter_of(const work *all, workspace *self, const gf_sampled_source *source,
                            size_t group, double lambda2, gf_error *error) {
    gf_response *partly = gf_responses_create(source->vectors, all->result->times);
    if (partly == NULL) {
        return gf_fail_memory(error, "statistical errors");
    }
    for (size_t v = 0; v < source->vectors; ++v) {
        respond(all, self, source, source->first + v, lambda2, &partly[v]);
    }
    for (size_t k = all->begin[group]; k < all->begin[group + 1]; ++k) {
        add_scatter(all, self, source, partly, all->order[k]);
    }
    gf_responses_free(partly, source->vectors);
    return GF_OK;
}

static void finish_point(gf_transport *self, size_t point) {
    for (size_t t = 0; t < self->times; ++t) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            double *c = &self->correlation_scatter[point * self->times + t][k];
            double *s = &self->onsager_scatter[point * self->times + t][k];
            *c = sqrt(*c);
            *s = sqrt(*s);
        }
    }
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        self->drude[point][k] = NAN;
    }
}

/* --- all points of one lambda2 --------------------------------------------------------------- */

static void end(void *context) {
    workspace *self = context;
    gf_responses_free(self->responses, self->sectors);
    free(self->lines.frequency);
    free(self->lines.weight);
    gf_gibbs_free(self->gibbs);
    gf_transport_free(self->scratch);
    free(self->sum);
    free(self->between);
    free(self->share);
    free(self->filtered);
    free(self->integral);
    free(self->mean);
    free(self->square);
    gf_time_filter_free(&self->filter);
    free(self);
}

static gf_status begin(const void *context, void **made, gf_error *error) {
    const work *all = context;
    const gf_vector_course *course = &all->chain->course;
    size_t sectors = (size_t)all->chain->model->chain.sites + 1, row = gf_vector_row(course);
    size_t values = 2 * all->result->times * GF_TRANSPORT_MATRIX;
    workspace *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the response of the chain");
    }
    *self = (workspace){.sectors = sectors,
                        .responses = gf_responses_create(sectors, all->result->times),
                        .sum = calloc(row, sizeof *self->sum),
                        .between = calloc(row, sizeof *self->between),
                        .share = calloc(course->nodes + 1, sizeof *self->share),
                        .filtered = calloc(course->steps, sizeof *self->filtered),
                        .integral = calloc(course->steps, sizeof *self->integral),
                        .mean = calloc(values, sizeof *self->mean),
                        .square = calloc(values, sizeof *self->square)};
    bool complete = self->responses != NULL && self->sum != NULL && self->between != NULL &&
                    self->share != NULL && self->filtered != NULL && self->integral != NULL &&
                    self->mean != NULL && self->square != NULL;
    gf_status status = complete ? gf_response_lines_create(all->chain->exact, &self->lines, error)
                                : gf_fail_memory(error, "the response of the chain");
    if (status == GF_OK) {
        status = gf_gibbs_create(all->spectrum, (const double[1]){0}, &self->gibbs, error);
    }
    if (status == GF_OK) {
        status = gf_transport_create(1, all->result->times, &self->scratch, error);
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
    const gf_sampled_chain *chain = all->chain;
    gf_transport *result = all->result;
    double lambda2 = result->lambda[all->order[all->begin[task->index]]][GF_ENERGY];
    interpolate(&chain->course, lambda2, scale_of(chain->model), self->share);
    gf_time_filter_free(&self->filter);
    gf_status status = gf_time_filter_init(&self->filter, chain->course.step, chain->course.steps,
                                           all->form, lambda2, error);
    for (size_t up = 0; up < self->sectors && status == GF_OK; ++up) {
        const gf_current_sector *sector = &chain->exact->sector[up];
        if (sector->source == (int)up && sector->levels > 0) {
            gf_response_sum(&self->responses[up], sector, all->form, lambda2, result->times,
                            result->time, &self->lines);
        }
    }
    for (size_t s = 0; s < chain->sources && status == GF_OK; ++s) {
        respond(all, self, &chain->source[s], SIZE_MAX, lambda2,
                &self->responses[chain->source[s].up]);
    }
    for (size_t k = all->begin[task->index]; k < all->begin[task->index + 1] && status == GF_OK;
         ++k) {
        gf_responses_add(self->responses, chain->exact, self->gibbs, all->order[k], result);
    }
    for (size_t s = 0; s < chain->sources && status == GF_OK && !chain->complete; ++s) {
        status = scatter_of(all, self, &chain->source[s], task->index, lambda2, error);
    }
    for (size_t k = all->begin[task->index]; k < all->begin[task->index + 1]; ++k) {
        finish_point(result, all->order[k]);
    }
    return status;
}

static void carry(void *context, size_t group, gf_bytes *bytes) {
    work *self = context;
    for (size_t k = self->begin[group]; k < self->begin[group + 1]; ++k) {
        gf_transport_carry(self->result, self->order[k], bytes);
    }
}

/* --- one chain ------------------------------------------------------------------------------- */

/* A model whose levels have the partition functions of all sectors, without the bath. What these
 * scatter is not in the errors: so many more vectors make it small beside what is, and cost little.
 */
static gf_model bare_model(const gf_transport_question *question,
                           const gf_transport_sampling *sampling) {
    gf_model bare = *question->model;
    size_t vectors = MORE_LEVELS * sampling->samples;
    vectors = vectors < MOST_LEVELS ? vectors : MOST_LEVELS;
    bare.sampling.samples = vectors > bare.sampling.samples ? vectors : bare.sampling.samples;
    bare.sampling.seed = sampling->seed;
    bare.channel_count = 0;
    bare.lambda2.from = bare.lambda2.to = 0;
    for (size_t p = 0; p < question->request.points; ++p) {
        double lambda2 = question->request.lambda[p][GF_ENERGY];
        bare.lambda2.from = fmin(bare.lambda2.from, lambda2);
        bare.lambda2.to = fmax(bare.lambda2.to, lambda2);
    }
    return bare;
}

static gf_status evaluate(const gf_sampled_chain *chain, const gf_spectrum *spectrum,
                          const gf_transport_request *request, const gf_progress *progress,
                          gf_transport **result, gf_error *error) {
    size_t *order = calloc(request->points + 1, sizeof *order);
    size_t *begins = calloc(request->points + 2, sizeof *begins);
    gf_status status =
        order != NULL && begins != NULL ? GF_OK : gf_fail_memory(error, "the points");
    if (status == GF_OK) {
        status = gf_transport_start(chain->model, request, "typicality", result, error);
    }
    if (status == GF_OK) {
        work all = {.chain = chain,
                    .spectrum = spectrum,
                    .form = request->form,
                    .finer = (size_t)lround(request->time.to / ((double)(request->time.points - 1) *
                                                                chain->course.step)),
                    .order = order,
                    .begin = begins,
                    .result = *result};
        const gf_tasks tasks = {.count = gf_transport_group(*result, order, begins),
                                .context = &all,
                                .begin = begin,
                                .end = end,
                                .run = run,
                                .carry = carry,
                                .progress = progress};
        (*result)->samples = chain->sources > 0 ? chain->source[0].vectors : 0;
        (*result)->seed = chain->seed;
        status = gf_tasks_run(&tasks, error);
    }
    free(order);
    free(begins);
    return status;
}

/* --- all chains ------------------------------------------------------------------------------ */

typedef struct row {
    const gf_model *model; /* of the checkpoint */
    const gf_transport_question *questions;
    const gf_transport_sampling *sampling;
    size_t count, open;
    gf_sampled_chain *chain; /* [count] */
    answer *answers;         /* [count] */
    gf_sampled_cost *costs;  /* [count]: what chains of one model share is with the first */
} row;

static void close_row(row *self) {
    for (size_t q = 0; q < self->open; ++q) {
        gf_sampled_chain_close(&self->chain[q]);
    }
    for (size_t q = 0; q < self->count && self->answers != NULL; ++q) {
        free(self->answers[q].lambda2);
    }
    free(self->chain);
    free(self->answers);
    free(self->costs);
}

/* Of the chains from `first` on, how many have its model. */
static size_t same_model(const row *self, size_t first) {
    return gf_transport_same_model(self->questions + first, self->count - first);
}

/* Seconds of one core. */
static double seconds_of_points(const gf_sampled_chain *chain, const answer *self,
                                const gf_transport_request *request) {
    static const double per_number = 1e-9;
    double steps = (double)chain->course.steps, sectors = chain->model->chain.sites + 1, sum = 0;
    double reach = BEYOND * gf_transport_largest_lambda2(request) / chain->course.step;
    for (size_t s = 0; s < chain->sources; ++s) {
        double vectors = (double)chain->source[s].vectors;
        double group =
            vectors * (double)gf_sampled_chain_row(chain) + GF_STRENGTHS * steps * (2 * reach + 10);
        double point = 10 * GF_TRANSPORT_MATRIX * (double)request->time.points * sectors;
        sum += (1 + vectors) * ((double)self->groups * group + (double)request->points * point);
    }
    return sum * per_number;
}

/* Partition functions serve all chains of one model. */
static gf_status add_partitions(row *self, size_t first, gf_error *error) {
    gf_spectrum_cost cost;
    const gf_model bare = bare_model(&self->questions[first], self->sampling);
    gf_status status =
        self->sampling->complete ? GF_OK : gf_typicality_estimate(&bare, &cost, error);
    if (status == GF_OK && !self->sampling->complete) {
        gf_sampled_cost *one = &self->costs[first];
        one->memory = fmax(one->memory, cost.memory);
        one->partitions = cost.seconds * gf_machine_threads();
        one->seconds += one->partitions;
    }
    return status;
}

static gf_status find_costs(row *self, gf_error *error) {
    gf_status status = GF_OK;
    for (size_t q = 0; q < self->count && status == GF_OK; q += same_model(self, q)) {
        status = gf_sampled_chains_estimate(&self->chain[q], same_model(self, q), &self->costs[q],
                                            error);
        if (status == GF_OK) {
            status = add_partitions(self, q, error);
        }
    }
    for (size_t q = 0; q < self->count && status == GF_OK; ++q) {
        gf_sampled_cost *one = &self->costs[q];
        const gf_transport_request *request = &self->questions[q].request;
        one->points = seconds_of_points(&self->chain[q], &self->answers[q], request);
        one->seconds += one->points;
        status = gf_transport_check_range(request, one->range, error);
    }
    return status;
}

/* It is to be closed after a failure, too. */
static gf_status open_row(row *self, gf_error *error) {
    self->chain = calloc(self->count + 1, sizeof *self->chain);
    self->answers = calloc(self->count + 1, sizeof *self->answers);
    self->costs = calloc(self->count + 1, sizeof *self->costs);
    gf_status status = self->chain != NULL && self->answers != NULL && self->costs != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "random vectors");
    for (size_t q = 0; q < self->count && status == GF_OK; ++q) {
        answer *one = &self->answers[q];
        status = make_plan(&self->questions[q], self->sampling, one, error);
        if (status == GF_OK) {
            status =
                gf_sampled_chain_open(&self->chain[q], self->questions[q].model, &one->plan, error);
        }
        self->open += status == GF_OK;
    }
    return status == GF_OK ? find_costs(self, error) : status;
}

static gf_sampled_cost cost_of(const row *self) {
    gf_sampled_cost all = {0};
    for (size_t q = 0; q < self->count; ++q) {
        const gf_sampled_cost *here = &self->costs[q];
        all.memory = fmax(all.memory, here->memory);
        all.seconds += here->seconds;
        all.range = fmax(all.range, here->range);
        all.longest = fmax(all.longest, here->longest);
        all.alone = all.alone || here->alone;
        all.vectors += here->vectors;
        all.largest = here->largest > all.largest ? here->largest : all.largest;
    }
    return all;
}

gf_status gf_transport_ask_estimate(const gf_transport_question *questions, size_t count,
                                    const gf_transport_sampling *sampling, gf_sampled_cost *cost,
                                    gf_error *error) {
    row all = {.questions = questions, .sampling = sampling, .count = count};
    gf_status status = open_row(&all, error);
    *cost = status == GF_OK ? cost_of(&all) : (gf_sampled_cost){0};
    close_row(&all);
    return status;
}

static gf_status check_memory(const row *self, gf_error *error) {
    gf_sampled_cost cost = cost_of(self);
    double spare = (double)gf_machine_free_memory();
    return cost.memory <= spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "vectors of %zu states (%d sites) in time need %.3g GiB of memory, but "
                         "%.3g GiB are free; use fewer sites or lambda2",
                         cost.largest, self->questions[0].model->chain.sites, cost.memory / 0x1p30,
                         spare / 0x1p30);
}

/* --- the work, and how far it is ------------------------------------------------------------- */

/* Parts of the work, and what they are of all. */
typedef struct course {
    gf_progress_part part;
    double seconds;
} schedule;

static double seconds_of_vectors(const gf_sampled_cost *cost) {
    return cost->seconds - cost->levels - cost->partitions - cost->points;
}

/* Vectors from a checkpoint are done when it begins. */
static schedule schedule_of(const row *self, const gf_progress *progress) {
    schedule one = {.part = {.whole = progress}, .seconds = cost_of(self).seconds};
    double done = 0;
    for (size_t q = 0; q < self->count; ++q) {
        done += seconds_of_vectors(&self->costs[q]) * (1 - gf_sampled_chain_left(&self->chain[q]));
    }
    gf_progress_part_next(&one.part, done / one.seconds);
    return one;
}

static void next_part(schedule *self, double seconds) {
    gf_progress_part_next(&self->part, seconds / self->seconds);
}

/* Small sectors, once for all chains of one model. */
static gf_status find_levels(row *self, schedule *parts, gf_error *error) {
    const gf_progress own = gf_progress_of_part(&parts->part);
    gf_status status = GF_OK;
    for (size_t q = 0; q < self->count && status == GF_OK; q += same_model(self, q)) {
        next_part(parts, self->costs[q].levels);
        status = gf_sampled_chains_diagonalise(&self->chain[q], same_model(self, q), &own, error);
    }
    return status;
}

/* A checkpoint that cannot be written does not stop the work. */
static gf_status save(void *context, gf_error *error) {
    row *self = context;
    gf_checkpoint *checkpoint = self->sampling->checkpoint;
    (void)error;
    if (gf_sampled_save(checkpoint, self->model, self->chain, self->count, &checkpoint->failure) ==
        GF_OK) {
        checkpoint->failure.status = GF_OK;
    }
    return GF_OK;
}

static gf_status run_chain(row *self, size_t c, const gf_sampled_keeping *keeping, schedule *parts,
                           gf_error *error) {
    double left = gf_sampled_chain_left(&self->chain[c]);
    next_part(parts, seconds_of_vectors(&self->costs[c]) * left);
    gf_progress_part all = parts->part; /* what the chain tells begins with what was done before */
    all.width = left > 0 ? all.width / left : 0;
    all.from -= all.width * (1 - left);
    const gf_progress own = gf_progress_of_part(&all);
    return gf_sampled_chain_run(&self->chain[c], keeping, &own, error);
}

static double vectors_left(const row *self) {
    double left = 0;
    for (size_t c = 0; c < self->count; ++c) {
        left += gf_sampled_chain_left(&self->chain[c]);
    }
    return left;
}

/* When all vectors are done they are saved: what is made of them may take long, and nobody waits
 * for that when it is interrupted. */
static gf_status run_chains(row *self, schedule *parts, gf_error *error) {
    const gf_checkpoint *checkpoint = self->sampling->checkpoint;
    gf_sampled_keeping keeping = {.save = save, .context = self};
    bool saves = checkpoint != NULL && gf_ranks_rank() == 0 && vectors_left(self) > 0;
    gf_status status = GF_OK;
    if (checkpoint != NULL) {
        keeping.every = checkpoint->interval;
        keeping.stop = checkpoint->stop;
        keeping.stopped = checkpoint->stopped;
    }
    gf_checkpoint_heed(checkpoint, true);
    for (size_t c = 0; c < self->count && status == GF_OK; ++c) {
        status = run_chain(self, c, checkpoint != NULL ? &keeping : NULL, parts, error);
    }
    if (status == GF_OK && saves) {
        status = save(self, error);
    }
    gf_checkpoint_heed(checkpoint, false);
    return status;
}

static gf_status find_partitions(const row *self, size_t first, const gf_progress *progress,
                                 gf_spectrum **spectrum, gf_error *error) {
    const gf_model bare = bare_model(&self->questions[first], self->sampling);
    return self->sampling->complete ? gf_spectrum_compute(&bare, progress, spectrum, error)
                                    : gf_typicality_compute(&bare, progress, spectrum, error);
}

static gf_status evaluate_all(const row *self, schedule *parts, gf_transport **results,
                              gf_error *error) {
    const gf_progress own = gf_progress_of_part(&parts->part);
    gf_status status = GF_OK;
    for (size_t first = 0; first < self->count && status == GF_OK;
         first += same_model(self, first)) {
        gf_spectrum *spectrum = NULL;
        next_part(parts, self->costs[first].partitions);
        status = find_partitions(self, first, &own, &spectrum, error);
        for (size_t q = first; q < first + same_model(self, first) && status == GF_OK; ++q) {
            next_part(parts, self->costs[q].points);
            status = evaluate(&self->chain[q], spectrum, &self->questions[q].request, &own,
                              &results[q], error);
        }
        gf_spectrum_free(spectrum);
    }
    return status;
}

gf_status gf_transport_ask(const gf_model *model, const gf_transport_question *questions,
                           size_t count, const gf_transport_sampling *sampling,
                           const gf_progress *progress, gf_transport **results, gf_error *error) {
    row all = {.model = model, .questions = questions, .sampling = sampling, .count = count};
    for (size_t q = 0; q < count; ++q) {
        results[q] = NULL;
    }
    gf_status status = open_row(&all, error);
    if (status == GF_OK) {
        status = check_memory(&all, error);
    }
    if (status == GF_OK && sampling->checkpoint != NULL) {
        status = gf_sampled_load(sampling->checkpoint, model, all.chain, count, error);
    }
    if (status == GF_OK) {
        schedule parts = schedule_of(&all, progress);
        status = find_levels(&all, &parts, error);
        status = status == GF_OK ? run_chains(&all, &parts, error) : status;
        status = status == GF_OK ? evaluate_all(&all, &parts, results, error) : status;
    }
    for (size_t q = 0; q < count && status != GF_OK; ++q) {
        gf_transport_free(results[q]);
        results[q] = NULL;
    }
    close_row(&all);
    return status;
}

/* --- currents of a chain, and of the smaller one beside it ----------------------------------- */

gf_status gf_transport_sampled_estimate(const gf_model *model, const gf_transport_request *request,
                                        const gf_transport_sampling *sampling,
                                        gf_sampled_cost *cost, gf_error *error) {
    gf_transport_question questions[2];
    gf_model *smaller;
    size_t count;
    gf_status status =
        gf_transport_list_questions(model, request, questions, &count, &smaller, error);
    if (status == GF_OK) {
        status = gf_transport_ask_estimate(questions, count, sampling, cost, error);
    }
    gf_model_free(smaller);
    return status;
}

gf_status gf_transport_sample(const gf_model *model, const gf_transport_request *request,
                              const gf_transport_sampling *sampling, gf_transport **transport,
                              gf_error *error) {
    gf_transport_question questions[2];
    gf_transport *results[2] = {NULL, NULL};
    gf_model *smaller;
    size_t count;
    *transport = NULL;
    gf_status status =
        gf_transport_list_questions(model, request, questions, &count, &smaller, error);
    if (status == GF_OK) {
        status =
            gf_transport_ask(model, questions, count, sampling, request->progress, results, error);
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
