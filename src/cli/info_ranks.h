/* What `info --ranks` says: a model of a job that need not run here. */
#ifndef GIBBSFLOW_CLI_INFO_RANKS_H
#define GIBBSFLOW_CLI_INFO_RANKS_H

#include "cli/report.h"
#include "gibbsflow/model.h"

/* The spectrum of a model on so many ranks, each with the threads and the memory that this process
 * has, in GiB where `gib` > 0; `rate`: seconds of a unit of work with all of them. */
gf_status cli_print_ranks(cli_report *report, const gf_model *model, int ranks, double gib,
                          double rate, gf_error *error);

/* Independent tasks of equal size, each on a thread. */
void cli_print_ranks_of_tasks(cli_report *report, const char *what, size_t tasks, int ranks);

#endif
