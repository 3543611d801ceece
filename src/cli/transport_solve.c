#include "cli/transport.h"

#include "base/machine.h"
#include "model/model_file.h"
#include "transport/memory.h"
#include "transport/operator_space.h"
#include "transport/sampled.h"
#include "transport/tail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AN_HOUR = 3600 };

bool cli_transport_takes(const transport_request *self, const char *method) {
    return strcmp(self->method != NULL ? self->method : "full", method) == 0;
}

void cli_transport_free(transport_findings *self) {
    gf_transport_free(self->transport);
    gf_diffusion_free(&self->table);
    gf_region_free(&self->region);
    free(self->origin);
}

/* The nodes of --grid over the model's ranges of lambda, lambda2 the slower, as points. */
static gf_status fill_grid(transport_request *self, const gf_model *model, gf_error *error) {
    if (self->nodes[0] == 0) {
        return GF_OK;
    }
    gf_axis axes[GF_CHARGES] = {model->lambda1, model->lambda2};
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        axes[i].points = (size_t)self->nodes[i];
    }
    free(self->lambda);
    self->points = axes[0].points * axes[1].points;
    self->lambda = calloc(self->points, sizeof *self->lambda);
    if (self->lambda == NULL) {
        return gf_fail_memory(error, "the grid of states");
    }
    for (size_t p = 0; p < self->points; ++p) {
        self->lambda[p][0] = gf_axis_value(&axes[0], p % axes[0].points);
        self->lambda[p][1] = gf_axis_value(&axes[1], p / axes[0].points);
    }
    return GF_OK;
}

/* Memory and time, before anything long begins. */
static void announce(const cli_options *options, const gf_model *model, int size, const char *what,
                     double memory, double seconds) {
    if (seconds > 2) {
        char duration[40];
        cli_format_duration(seconds / gf_machine_threads(), duration, sizeof duration);
        cli_say(options, "%s: %d %s, about %.2g GiB of memory and roughly %s", model->name, size,
                what, memory / 0x1p30, duration);
    }
}

/* Gibbs states, and times that are looked at. */
typedef struct states {
    size_t points;
    double (*lambda)[GF_CHARGES];
    gf_axis time;
} states;

static states states_of(const transport_request *self) {
    return (states){.points = self->points,
                    .lambda = self->lambda,
                    .time = {.from = 0, .to = self->end, .points = (size_t)self->times}};
}

static gf_status solve_operators(const cli_options *options, const transport_request *self,
                                 const gf_model *model, const states *at, gf_transport **transport,
                                 gf_error *error) {
    cli_progress progress;
    gf_operator_space_cost cost;
    gf_operator_points asked = {.points = at->points,
                                .lambda = (const double(*)[GF_CHARGES])at->lambda,
                                .time = at->time,
                                .longest = self->strings,
                                .weight = self->weight};
    gf_status status = gf_operator_points_estimate(model, &asked, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    announce(options, model, cost.longest, "sites of operators", cost.memory, cost.seconds);
    if (cost.more_seconds > 2) {
        char duration[40];
        cli_format_duration(cost.more_seconds / gf_machine_threads(), duration, sizeof duration);
        cli_say(options, "%s: %s more for each state where longer ones are needed", model->name,
                duration);
    }
    if (options->checkpoint ==
        NULL) { /* of random vectors, with a tail, more than nothing may be */
        cli_announce_nothing_kept();
    }
    cli_progress_start(&progress, options, "currents in operator space");
    asked.progress = &progress.progress;
    status = gf_operator_points_find(model, &asked, transport, error);
    cli_progress_end(&progress);
    return status;
}

static gf_transport_request request_of(const transport_request *self, const states *at) {
    return (gf_transport_request){.points = at->points,
                                  .lambda = (const double(*)[GF_CHARGES])at->lambda,
                                  .time = at->time,
                                  .form = self->symmetrised != 0 ? GF_SYMMETRISED : GF_KUBO_MORI,
                                  .exact = self->exact != 0,
                                  .compare = self->alone == 0};
}

static bool takes_vectors(const transport_request *self) {
    return cli_transport_takes(self, "typicality") || cli_transport_takes(self, "memory");
}

/* Vectors that are done are kept beside the output. */
static void open_checkpoint(cli_options *options, const transport_request *self) {
    if (takes_vectors(self) && options->output != NULL &&
        asprintf(&options->checkpoint, "%s.vectors", options->output) < 0) {
        options->checkpoint = NULL;
    } else if (takes_vectors(self) && options->output != NULL) {
        cli_watch_output(options->checkpoint);
        cli_announce_kept("random vectors", options->checkpoint);
    }
    options->checkpoint_interval = self->checkpoint;
}

/* Currents, or slow modes. */
static gf_status solve_vectors(const cli_options *options, const transport_request *self,
                               const gf_model *model, const states *at, gf_transport **transport,
                               gf_error *error) {
    cli_progress progress;
    gf_sampled_cost cost;
    gf_transport_request asked = request_of(self, at);
    gf_checkpoint checkpoint = {.path = options->checkpoint,
                                .interval = options->checkpoint_interval};
    const gf_transport_sampling sampling = {
        .samples = (size_t)self->samples,
        .seed = self->seed >= 0 ? (uint64_t)self->seed : model->sampling.seed,
        .checkpoint = options->checkpoint != NULL ? &checkpoint : NULL};
    bool modes = cli_transport_takes(self, "memory");
    gf_status status = (modes ? gf_transport_memory_estimate : gf_transport_sampled_estimate)(
        model, &asked, &sampling, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    announce(options, model, model->chain.sites, "sites", cost.memory, cost.seconds);
    if (options->checkpoint != NULL && (!modes || cost.vectors > 0)) {
        cli_watch_checkpoint(&checkpoint);
    }
    cli_progress_start(&progress, options,
                       modes && cost.vectors == 0 ? "forces between levels"
                                                  : "random vectors in time");
    asked.progress = &progress.progress;
    status = (modes ? gf_transport_remember : gf_transport_sample)(model, &asked, &sampling,
                                                                   transport, error);
    cli_progress_end(&progress);
    if (checkpoint.resumed > 0) {
        cli_say(options, "%zu finished vectors were taken from %s", checkpoint.resumed,
                checkpoint.path);
    }
    if (checkpoint.failure.status != GF_OK) {
        cli_say(options, "finished vectors were not kept: %s", checkpoint.failure.message);
    }
    return status;
}

static gf_status solve_rings(const cli_options *options, const transport_request *self,
                             const gf_model *model, const states *at, gf_transport **transport,
                             gf_error *error) {
    cli_progress progress;
    gf_transport_cost cost;
    gf_transport_request asked = request_of(self, at);
    if (takes_vectors(self)) {
        return solve_vectors(options, self, model, at, transport, error);
    }
    gf_status status = gf_transport_estimate(model, &asked, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    announce(options, model, model->chain.sites, "sites", cost.memory, cost.seconds);
    if (cost.seconds / gf_machine_threads() > AN_HOUR) {
        cli_say(options, "random vectors, --method typicality, are for chains of this length");
    }
    cli_progress_start(&progress, options, "currents between levels");
    asked.progress = &progress.progress;
    status = gf_transport_find(model, &asked, transport, error);
    cli_progress_end(&progress);
    return status;
}

/* Rings up to t*, and beyond it operator space at lambda2 = 0. */
static gf_status solve_with_tail(const cli_options *options, const transport_request *self,
                                 const gf_model *model, gf_gibbs *gibbs, gf_transport **transport,
                                 gf_error *error) {
    states at = states_of(self);
    gf_tail *plan = NULL;
    gf_transport *rings = NULL, *operators = NULL;
    gf_status status =
        gf_tail_plan(model, gibbs, at.points, (const double(*)[GF_CHARGES])at.lambda, &plan, error);
    if (status == GF_OK) {
        const states there = {.points = plan->operators, .lambda = plan->operator_lambda};
        status = solve_operators(options, self, model, &there, &operators, error);
    }
    if (status == GF_OK) {
        at.points = plan->states;
        at.lambda = plan->lambda;
        status = solve_rings(options, self, model, &at, &rings, error);
    }
    if (status == GF_OK) {
        status = gf_tail_join(plan, rings, operators, transport, error);
    }
    gf_transport_free(rings);
    gf_transport_free(operators);
    gf_tail_free(plan);
    return status;
}

/* The states of the table as points, and the table from what is known of them. */
static gf_status solve_table(const cli_options *options, transport_request *self,
                             const gf_model *model, gf_gibbs *gibbs, transport_findings *found,
                             gf_error *error) {
    gf_diffusion_nodes nodes = {0};
    size_t count = (size_t)self->entries[0] * (size_t)self->entries[1];
    gf_status status = gf_region_init(&found->region, gf_gibbs_spectrum(gibbs), error);
    if (status == GF_OK && found->region.count == 0) {
        status = gf_fail(error, GF_INVALID, "magnetisation and energy are not independent");
    }
    if (status == GF_OK) {
        status = gf_diffusion_nodes_choose(gibbs, &found->region, (size_t)self->entries[0],
                                           (size_t)self->entries[1], &nodes, error);
    }
    if (status == GF_OK) {
        free(self->lambda);
        self->points = nodes.rows * nodes.columns;
        self->lambda = nodes.lambda;
        nodes.lambda = NULL;
        found->origin = calloc(count, sizeof *found->origin);
        status = found->origin != NULL ? GF_OK : gf_fail_memory(error, "the table of D");
    }
    if (status == GF_OK) {
        status = solve_with_tail(options, self, model, gibbs, &found->transport, error);
    }
    if (status == GF_OK) {
        status = gf_diffusion_table_make(&nodes, found->transport, gibbs, &found->region,
                                         &found->table, found->origin, error);
    }
    gf_diffusion_nodes_free(&nodes);
    return status;
}

/* What needs the thermodynamics beside the dynamics. */
static gf_status solve_infinite(const cli_options *options, transport_request *self,
                                const gf_model *model, transport_findings *found, gf_error *error) {
    gf_spectrum *spectrum = NULL;
    gf_gibbs *gibbs = NULL;
    gf_status status = gf_tail_spectrum(model, &spectrum, error);
    if (status == GF_OK) {
        double *rates = calloc(gf_spectrum_channels(spectrum) + 1, sizeof *rates);
        status = rates != NULL ? gf_gibbs_create(spectrum, rates, &gibbs, error)
                               : gf_fail_memory(error, "the rates");
        free(rates);
    }
    if (status == GF_OK) {
        status = self->entries[0] > 0
                     ? solve_table(options, self, model, gibbs, found, error)
                     : solve_with_tail(options, self, model, gibbs, &found->transport, error);
    }
    gf_gibbs_free(gibbs);
    gf_spectrum_free(spectrum);
    return status;
}

gf_status cli_transport_solve(cli_options *options, transport_request *self, const gf_model *model,
                              transport_findings *found, gf_error *error) {
    gf_status status = fill_grid(self, model, error);
    if (status != GF_OK) {
        return status;
    }
    open_checkpoint(options, self);
    const states at = states_of(self);
    return self->tail != 0 || self->entries[0] > 0
               ? solve_infinite(options, self, model, found, error)
           : cli_transport_takes(self, "operator-space")
               ? solve_operators(options, self, model, &at, &found->transport, error)
               : solve_rings(options, self, model, &at, &found->transport, error);
}
