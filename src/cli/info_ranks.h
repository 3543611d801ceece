/* What `info --ranks` says: a model of a job that need not run here. */
#ifndef GIBBSFLOW_CLI_INFO_RANKS_H
#define GIBBSFLOW_CLI_INFO_RANKS_H

#include "cli/report.h"
#include "gibbsflow/file.h"
#include "gibbsflow/model.h"
#include "gibbsflow/run.h"

/* The spectrum of a model on so many ranks, each with the threads and the memory that this process
 * has, in GiB where `gib` > 0; `rate`: seconds of a unit of work with all of them. */
gf_status cli_print_ranks(cli_report *report, const gf_model *model, int ranks, double gib,
                          double rate, gf_error *error);

/* Independent tasks, kind by kind, the longest first. */
typedef struct cli_tasks {
    const char *what; /* they are, in the plural */
    size_t kinds;     /* of equal tasks */
    const struct cli_tasks_kind {
        size_t count;
        double seconds; /* of one thread, each */
    } * kind;           /* [kinds] */
    bool alone;         /* each has all threads of a rank */
    double memory;      /* bytes that a rank takes */
    double seconds;     /* what comes before or after, on every rank */
} cli_tasks;

gf_status cli_print_ranks_of_tasks(cli_report *report, const cli_tasks *tasks, int ranks,
                                   gf_error *error);

/* What the calculation that a file describes takes on so many ranks: a run (from a run file, too),
 * trajectories, transport. */
gf_status cli_print_ranks_of_run(cli_report *report, const gf_run *run, int ranks, gf_error *error);
gf_status cli_print_ranks_of_trajectories(cli_report *report, gf_file *file, const char *path,
                                          int ranks, gf_error *error);
gf_status cli_print_ranks_of_transport(cli_report *report, gf_file *file, const char *path,
                                       int ranks, gf_error *error);

#endif
