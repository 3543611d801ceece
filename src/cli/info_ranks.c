#include "cli/info_ranks.h"

#include "base/block_cyclic.h"
#include "gibbsflow/machine.h"
#include "spectrum/block.h"
#include "spectrum/plan.h"
#include "typicality/sampling_plan.h"

#include <math.h>
#include <stdlib.h>

/* What is expected of so many ranks; `lost` names what keeps most of them from work. */
typedef struct outlook {
    double seconds, efficiency, memory;
    const char *lost;
} outlook;

/* Predicts for any number of ranks. */
typedef gf_status predict(const void *context, int ranks, outlook *result, gf_error *error);

static void print_duration(cli_report *report, const char *key, double seconds) {
    char text[40];
    cli_format_duration(seconds, text, sizeof text);
    cli_report_text(report, "%s", text);
    cli_report_number(report, key, "s", seconds, NULL);
}

/* Half of every rank's time well spent is worth having: the largest such number of ranks. */
static gf_status print_outlook(cli_report *report, predict *predict_for, const void *context,
                               int ranks, gf_error *error) {
    enum { MOST = 1 << 16 };
    static const double least = 0.5;
    outlook here, other;
    int of_use = 1;
    const char *limit = "";
    gf_status status = predict_for(context, ranks, &here, error);
    for (int k = 2; k <= MOST && status == GF_OK; k += 1 + k / 16) {
        status = predict_for(context, k, &other, error);
        of_use = status == GF_OK && other.efficiency >= least ? k : of_use;
    }
    if (status == GF_OK) {
        status = predict_for(context, of_use + 1 + of_use / 16, &other, error);
        limit = other.lost;
    }
    if (status != GF_OK) {
        return status;
    }
    cli_report_text(report, "  about %.2g GiB a rank, roughly ", here.memory / 0x1p30);
    print_duration(report, "seconds", here.seconds);
    cli_report_number(report, "memory", "GiB", here.memory / 0x1p30, NULL);
    cli_report_number(report, "efficiency", "1", here.efficiency, NULL);
    cli_report_text(report, "; efficiency %.0f %%%s%s\n", 100 * here.efficiency,
                    here.efficiency < 0.995 ? ", the rest: " : "",
                    here.efficiency < 0.995 ? here.lost : "");
    cli_report_string(report, "lost_to", here.lost, NULL);
    cli_report_number(report, "of_use", NULL, of_use, "  of use: up to about %.0f ranks");
    cli_report_text(report, " (efficiency 50 %%); then: %s\n", limit);
    cli_report_string(report, "limit", limit, NULL);
    return GF_OK;
}

/* --- full diagonalisation -------------------------------------------------------------------- */

typedef struct blocks {
    const gf_model *model;
    gf_workforce force;
} blocks;

static gf_workforce force_of(const blocks *self, int ranks) {
    gf_workforce force = self->force;
    force.ranks = force.together = ranks;
    return force;
}

static gf_status predict_blocks(const void *context, int ranks, outlook *result, gf_error *error) {
    const blocks *self = context;
    gf_workforce force = force_of(self, ranks);
    gf_plan plan;
    gf_status status = gf_plan_make(self->model, &force, &plan, error);
    if (status != GF_OK) {
        return status;
    }
    double each = force.rate / force.threads, messages = 0, work = 0, longest = 0;
    for (size_t b = 0; b < plan.count; ++b) {
        double one = gf_block_work(&plan.blocks[b]), waits = 0;
        if (b < plan.distributed) {
            (void)gf_plan_seconds_together(&force, &plan.blocks[b], &waits);
            work += one;
        } else {
            longest = fmax(longest, one);
        }
        messages += waits;
    }
    double queue = plan.seconds - plan.together, busy = (plan.work - work) * each / ranks;
    double arithmetic = plan.together - messages - work * each / ranks;
    *result =
        (outlook){.seconds = plan.seconds,
                  .efficiency = plan.work * each / (ranks * plan.seconds),
                  .memory = plan.memory,
                  .lost = queue - busy >= fmax(messages, arithmetic)
                              ? "ranks wait for the largest block that one of them has"
                          : messages >= arithmetic ? "messages between ranks in distributed blocks"
                                                   : "distributed blocks take more arithmetic"};
    gf_plan_free(&plan);
    return GF_OK;
}

static void print_plan(cli_report *report, const gf_plan *plan, const gf_workforce *force) {
    cli_report_number(report, "distributed", NULL, (double)plan->distributed, NULL);
    if (plan->distributed > 0) {
        const gf_block *first = &plan->blocks[0], *last = &plan->blocks[plan->distributed - 1];
        int rows = 1, columns = 1;
        gf_block_cyclic_grid(force->together, first->size, GF_BLOCK_CYCLIC, &rows, &columns);
        cli_report_text(report, "  together: %zu matri%s of %zu", plan->distributed,
                        plan->distributed > 1 ? "ces" : "x", first->size);
        if (plan->distributed > 1) {
            cli_report_text(report, " to %zu", last->size);
        }
        cli_report_text(report, " states, on a grid of %d x %d ranks in blocks of %d x %d", rows,
                        columns, GF_BLOCK_CYCLIC, GF_BLOCK_CYCLIC);
        cli_report_number(report, "grid_rows", NULL, rows, NULL);
        cli_report_number(report, "grid_columns", NULL, columns, NULL);
        cli_report_number(report, "tile", NULL, GF_BLOCK_CYCLIC, NULL);
        cli_report_text(report, ", ");
        print_duration(report, "seconds_together", plan->together);
        cli_report_text(report, "\n");
    }
    size_t rest = plan->count - plan->distributed;
    cli_report_text(report, "  whole on one rank, from a queue: %zu matri%s", rest,
                    rest == 1 ? "x" : "ces");
    cli_report_number(report, "whole", NULL, (double)rest, NULL);
    if (rest > 0) {
        cli_report_text(report, ", the largest of %zu states, ",
                        plan->blocks[plan->distributed].size);
        print_duration(report, "seconds_whole", plan->seconds - plan->together);
    }
    cli_report_text(report, "\n");
}

static gf_status print_full(cli_report *report, const blocks *work, int ranks, gf_error *error) {
    gf_workforce force = force_of(work, ranks);
    gf_plan plan;
    gf_status status = gf_plan_make(work->model, &force, &plan, error);
    if (status == GF_OK) {
        print_plan(report, &plan, &force);
        status = print_outlook(report, predict_blocks, work, ranks, error);
        if (status == GF_OK && plan.memory > force.memory) {
            cli_report_text(report, "  more than a rank may take: use more ranks on more nodes\n");
        }
        cli_report_truth(report, "fits", plan.memory <= force.memory);
    }
    gf_plan_free(&plan);
    return status;
}

/* --- random vectors -------------------------------------------------------------------------- */

typedef struct vectors {
    const blocks *work;
    gf_sampling_plan *plan;
} vectors;

static gf_status predict_vectors(const void *context, int ranks, outlook *result, gf_error *error) {
    (void)error;
    const vectors *self = context;
    gf_workforce one = force_of(self->work, 1), force = force_of(self->work, ranks);
    gf_sampling_plan *plan = self->plan;
    gf_sampling_plan_lay_out(plan, self->work->model, &one);
    double even = plan->seconds / ranks;
    gf_sampling_plan_lay_out(plan, self->work->model, &force);
    double narrow = plan->busy - even, idle = plan->seconds - plan->busy - plan->waiting;
    *result =
        (outlook){.seconds = plan->seconds,
                  .efficiency = plan->seconds > 0 ? fmin(1, even / plan->seconds) : 1,
                  .memory = plan->memory,
                  .lost = plan->waiting >= fmax(narrow, idle)
                              ? "ranks wait for the extremal states of a large sector"
                          : narrow >= idle ? "fewer vectors run side by side, to be tasks enough"
                                           : "there are fewer random vectors than ranks"};
    return GF_OK;
}

static gf_status print_sampled(cli_report *report, const blocks *work, int ranks, gf_error *error) {
    gf_workforce force = force_of(work, ranks);
    gf_sampling_plan plan;
    gf_status status = gf_sampling_plan_make(work->model, &force, &plan, error);
    if (status == GF_OK) {
        size_t count = 0;
        for (size_t k = 0; k < plan.count; ++k) {
            count += gf_sampling_part_vectors(&plan.parts[k]);
        }
        cli_report_number(report, "tasks", NULL, (double)count, "  %.0f vectors");
        cli_report_number(report, "together", NULL, (double)plan.parts[0].together,
                          ", of the largest sector %.0f at a time");
        cli_report_number(report, "rounds", NULL, (double)plan.rounds,
                          "; rounds of sectors: %.0f\n");
        bool fits = plan.memory <= force.memory;
        const vectors context = {work, &plan};
        status = print_outlook(report, predict_vectors, &context, ranks, error);
        cli_report_text(report, "%s",
                        fits ? "" : "  more than a rank may take: use fewer ranks on a node\n");
        cli_report_truth(report, "fits", fits);
    }
    gf_sampling_plan_free(&plan);
    return status;
}

/* --- independent tasks ----------------------------------------------------------------------- */

/* No sooner than work and workers say, and no sooner than some worker has done its tasks of a kind
 * and of longer ones. */
static gf_status predict_tasks(const void *context, int ranks, outlook *result, gf_error *error) {
    (void)error;
    const cli_tasks *self = context;
    double threads = gf_machine_threads(), workers = self->alone ? ranks : ranks * threads;
    double count = 0, work = 0, longest = 0;
    for (size_t k = 0; k < self->kinds; ++k) {
        double each = self->kind[k].seconds / (self->alone ? threads : 1);
        count += (double)self->kind[k].count;
        work += (double)self->kind[k].count * each;
        longest = fmax(longest, ceil(count / workers) * each);
    }
    double seconds = self->seconds + fmax(longest, work / workers);
    *result =
        (outlook){.seconds = seconds,
                  .efficiency = seconds > 0 ? work / (workers * seconds) : 1,
                  .memory = self->memory,
                  .lost = self->seconds > seconds / 2          ? "what every rank does"
                          : self->kinds > 1 && count > workers ? "all wait for the longest tasks"
                          : self->alone                        ? "there are fewer tasks than ranks"
                                        : "there are fewer tasks than threads"};
    return GF_OK;
}

static void begin_ranks(cli_report *report, int ranks) {
    cli_report_begin(report, "ranks");
    cli_report_number(report, "count", NULL, ranks, "on %.0f ranks");
    cli_report_number(report, "threads", NULL, gf_machine_threads(), " with %.0f threads");
}

gf_status cli_print_ranks_of_tasks(cli_report *report, const cli_tasks *tasks, int ranks,
                                   gf_error *error) {
    size_t count = 0;
    for (size_t k = 0; k < tasks->kinds; ++k) {
        count += tasks->kind[k].count;
    }
    begin_ranks(report, ranks);
    cli_report_number(report, "tasks", NULL, (double)count, " each, by a model: %.0f tasks");
    cli_report_text(report, ", %s\n", tasks->what);
    gf_status status = print_outlook(report, predict_tasks, tasks, ranks, error);
    cli_report_end(report);
    return status;
}

/* --- spectra --------------------------------------------------------------------------------- */

gf_status cli_print_ranks(cli_report *report, const gf_model *model, int ranks, double gib,
                          double rate, gf_error *error) {
    double memory = gib > 0 ? gib * 0x1p30 : (double)gf_machine_free_memory();
    blocks work = {.model = model,
                   .force = {.threads = gf_machine_threads(),
                             .memory = memory,
                             .rate = rate * gf_machine_threads()}};
    begin_ranks(report, ranks);
    cli_report_number(report, "memory_of_rank", "GiB", memory / 0x1p30,
                      " and %.3g GiB each, by a model:\n");
    gf_status status = gf_model_method(model) == GF_FULL
                           ? print_full(report, &work, ranks, error)
                           : print_sampled(report, &work, ranks, error);
    cli_report_end(report);
    return status;
}
