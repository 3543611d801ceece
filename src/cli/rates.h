/* The command `rates` in two files: rates.c parses, computes and stores, rates_print.c prints. */
#ifndef GIBBSFLOW_CLI_RATES_H
#define GIBBSFLOW_CLI_RATES_H

#include "cli/report.h"
#include "open_system/trial_ladder.h"

/* All of one length; the trial of several. */
void cli_rates_print(cli_report *report, const gf_model *model, const gf_rates *rates);
void cli_rates_print_trial(cli_report *report, const gf_trial_size *sizes, size_t count);

#endif
