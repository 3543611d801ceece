/* What the calculations that files describe would take on many ranks. */
#include "cli/info_ranks.h"

#include "gibbsflow/machine.h"
#include "langevin/ensemble/langevin.h"
#include "model/model_file.h"
#include "open_system/trajectories/trajectories.h"
#include "spectrum/block.h"
#include "spectrum/plan.h"
#include "transport/memory.h"
#include "transport/operator_space.h"
#include "transport/sampled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct cli_tasks_kind kind;

/* --- runs ------------------------------------------------------------------------------------ */

static int compare_kinds(const void *left, const void *right) {
    double a = ((const kind *)left)->seconds, b = ((const kind *)right)->seconds;
    return (a < b) - (a > b);
}

gf_status cli_print_ranks_of_run(cli_report *report, const gf_run *run, int ranks,
                                 gf_error *error) {
    kind *points = calloc(run->points, sizeof *points);
    double step = 0;
    gf_status status =
        points != NULL ? gf_langevin_trial(run, &step, error) : gf_fail_memory(error, "the sweep");
    if (status == GF_OK) {
        for (size_t k = 0; k < run->points; ++k) {
            points[k] = (kind){run->realisations, (double)gf_run_steps(run, k) * step};
        }
        qsort(points, run->points, sizeof *points, compare_kinds);
        cli_report_number(report, "trial", "1/s", (double)run->cells / step,
                          "one thread does %.3g site-steps a second, in a short trial\n");
        status = cli_print_ranks_of_tasks(report,
                                          &(cli_tasks){.what = "realisations of all sweep points",
                                                       .kinds = run->points,
                                                       .kind = points,
                                                       .memory = gf_langevin_memory(run)},
                                          ranks, error);
    }
    free(points);
    return status;
}

/* --- trajectories ---------------------------------------------------------------------------- */

static void keep_seconds(void *context, double seconds) {
    *(double *)context = seconds;
}

gf_status cli_print_ranks_of_trajectories(cli_report *report, gf_file *file, const char *path,
                                          int ranks, gf_error *error) {
    static const volatile sig_atomic_t at_once = 1; /* a trial, and nothing more */
    gf_model *model = NULL;
    gf_trajectories *stored = NULL, *anew = NULL;
    double seconds = 0;
    const gf_trajectories_control control = {
        .context = &seconds, .announce = keep_seconds, .stop = &at_once};
    gf_status status = gf_model_restore(file, path, NULL, &model, error);
    if (status == GF_OK) {
        status = gf_trajectories_read(file, &stored, error);
    }
    if (status == GF_OK) {
        status = gf_trajectories_create(model, &stored->asked, "", &anew, error);
    }
    if (status == GF_OK) {
        status = gf_trajectories_carry_on(anew, model, &control, error);
    }
    if (status == GF_OK) {
        size_t count = anew->asked.realisations;
        double threads = fmin(gf_machine_threads(), (double)count);
        const kind all = {count, seconds * threads / (double)count};
        status = cli_print_ranks_of_tasks(
            report,
            &(cli_tasks){.what = "trajectories",
                         .kinds = 1,
                         .kind = &all,
                         .memory = gf_trajectories_memory(model, &anew->asked)},
            ranks, error);
    }
    gf_trajectories_free(anew);
    gf_trajectories_free(stored);
    gf_model_free(model);
    return status;
}

/* --- transport ------------------------------------------------------------------------------- */

/* States and times of the file. The caller frees `lambda`. */
static gf_status read_request(gf_file *file, gf_transport_request *asked, double **lambda,
                              gf_error *error) {
    size_t shape[2] = {0, GF_CHARGES}, times = 0;
    char *product = gf_file_get_text_attribute(file, "/transport", "product");
    double *time = gf_file_get_doubles(file, "/transport/time", 1, &times);
    *lambda = gf_file_get_doubles(file, "/transport/lambda", 2, shape);
    double exact = gf_file_get_number_attribute(file, "/transport", "exact");
    double compared = gf_file_get_number_attribute(file, "/transport", "compared_sites");
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK && (times < 2 || shape[0] < 1)) {
        gf_file_reject(file, "this transport has no times or no states");
        status = gf_file_check(file, error);
    }
    if (status == GF_OK) {
        *asked = (gf_transport_request){.points = shape[0],
                                        .lambda = (const double(*)[GF_CHARGES]) * lambda,
                                        .time = {.to = time[times - 1], .points = times},
                                        .form = strcmp(product, "Kubo-Mori") == 0 ? GF_KUBO_MORI
                                                                                  : GF_SYMMETRISED,
                                        .exact = exact != 0,
                                        .compare = compared > 0};
    }
    free(product);
    free(time);
    return status;
}

/* Blocks that stay whole, which take as many seconds in all. */
static gf_status print_blocks(cli_report *report, const gf_model *model,
                              const gf_transport_cost *cost, int ranks, gf_error *error) {
    gf_workforce here = gf_workforce_here();
    gf_plan plan;
    gf_status status = gf_plan_make(model, &here, &plan, error);
    kind *blocks = status == GF_OK ? calloc(plan.count + 1, sizeof *blocks) : NULL;
    if (status == GF_OK && blocks == NULL) {
        status = gf_fail_memory(error, "the blocks");
    }
    for (size_t b = 0; b < plan.count && status == GF_OK; ++b) {
        blocks[b] = (kind){1, cost->seconds * gf_block_work(&plan.blocks[b]) / plan.work};
    }
    if (status == GF_OK) {
        status = cli_print_ranks_of_tasks(
            report,
            &(cli_tasks){
                .what = "blocks", .kinds = plan.count, .kind = blocks, .memory = cost->memory},
            ranks, error);
    }
    free(blocks);
    gf_plan_free(&plan);
    return status;
}

/* Of currents, or of slow modes, which are diagonalised on short chains. */
static gf_status print_vectors(cli_report *report, gf_file *file, const gf_model *model,
                               const gf_transport_request *asked, bool modes, int ranks,
                               gf_error *error) {
    double samples = gf_file_get_number_attribute(file, "/transport", "samples");
    const gf_transport_sampling sampling = {.samples = (size_t)fmax(samples, 2)};
    gf_sampled_cost cost;
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = (modes ? gf_transport_memory_estimate
                        : gf_transport_sampled_estimate)(model, asked, &sampling, &cost, error);
    }
    if (status != GF_OK) {
        return status;
    }
    if (modes && cost.vectors == 0) {
        const gf_transport_cost blocks = {.memory = cost.memory, .seconds = cost.seconds};
        return print_blocks(report, model, &blocks, ranks, error);
    }
    size_t largest = sampling.samples < cost.vectors ? sampling.samples : cost.vectors;
    size_t others = cost.vectors - largest;
    double rest = fmax(0, cost.seconds - (double)largest * cost.longest);
    const kind vectors[2] = {{largest, cost.longest},
                             {others, others > 0 ? rest / (double)others : 0}};
    return cli_print_ranks_of_tasks(report,
                                    &(cli_tasks){.what = "random vectors in time",
                                                 .kinds = 2,
                                                 .kind = vectors,
                                                 .alone = cost.alone,
                                                 .memory = cost.memory},
                                    ranks, error);
}

static gf_status print_operators(cli_report *report, gf_file *file, const gf_model *model,
                                 const gf_transport_request *asked, int ranks, gf_error *error) {
    enum { CHOICES = 12 }; /* of the end of a state's evolution, and the two currents */
    double longest = gf_file_get_number_attribute(file, "/transport", "longest_strings");
    const gf_operator_points points = {.points = asked->points,
                                       .lambda = asked->lambda,
                                       .time = asked->time,
                                       .longest = (int)longest};
    gf_operator_space_cost cost;
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = gf_operator_points_estimate(model, &points, &cost, error);
    }
    const kind choices = {CHOICES, status == GF_OK ? cost.seconds / CHOICES : 0};
    return status == GF_OK ? cli_print_ranks_of_tasks(report,
                                                      &(cli_tasks){.what = "evolutions of a state",
                                                                   .kinds = 1,
                                                                   .kind = &choices,
                                                                   .memory = cost.memory},
                                                      ranks, error)
                           : status;
}

static gf_status print_method(cli_report *report, gf_file *file, const char *method,
                              const gf_model *model, const gf_transport_request *asked, int ranks,
                              gf_error *error) {
    gf_transport_cost cost;
    bool modes = strcmp(method, "memory") == 0;
    if (modes || strcmp(method, "typicality") == 0) {
        return print_vectors(report, file, model, asked, modes, ranks, error);
    }
    if (strcmp(method, "operator-space") == 0) {
        return print_operators(report, file, model, asked, ranks, error);
    }
    gf_status status = gf_transport_estimate(model, asked, &cost, error);
    return status == GF_OK ? print_blocks(report, model, &cost, ranks, error) : status;
}

gf_status cli_print_ranks_of_transport(cli_report *report, gf_file *file, const char *path,
                                       int ranks, gf_error *error) {
    gf_model *model = NULL;
    gf_transport_request asked;
    double *lambda = NULL;
    char *method = gf_file_get_text_attribute(file, "/transport", "method");
    gf_status status = gf_model_restore(file, path, NULL, &model, error);
    if (status == GF_OK) {
        status = read_request(file, &asked, &lambda, error);
    }
    if (status == GF_OK) {
        status = print_method(report, file, method, model, &asked, ranks, error);
    }
    free(lambda);
    free(method);
    gf_model_free(model);
    return status;
}
