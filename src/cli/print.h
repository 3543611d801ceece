/* Tables on the standard output that several commands print. */
#ifndef GIBBSFLOW_CLI_PRINT_H
#define GIBBSFLOW_CLI_PRINT_H

#include "cli/report.h"
#include "gibbsflow/fixed_points.h"

/* Surveys the plane and finds the fixed points at the rates of the model. */
gf_status cli_find_fixed_points(const gf_model *model, const gf_spectrum *spectrum,
                                const gf_region *region, gf_fixed_points *points, gf_error *error);

void cli_print_fixed_points(cli_report *report, const gf_fixed_points *points);

#endif
