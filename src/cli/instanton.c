/* Computes least actions: the law of rare walls. */
#include "cli/report.h"

#include "langevin/ensemble/langevin.h"
#include "langevin/instanton/instanton_file.h"
#include "langevin/measure/transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char instanton_help[] =
    "Computes the exponent c of the law of rare walls, n_DW ~ exp(-c/sqrt(epsilon)):\n"
    "half of the least action with which noise makes a pair of walls in a uniform\n"
    "state (Freidlin and Wentzell). No simulation reaches it: where walls can be\n"
    "counted they are not rare. Of blocks without neighbours c is the least action\n"
    "from a stable point over a saddle, and they switch as exp(-c sites); of the\n"
    "double well, as exp(-c).\n"
    "\n"
    "Takes the run files of 'gibbsflow langevin', and what concerns equation, noise\n"
    "and sweep in them. Coefficients are bare, epsilon tends to 0. Steps in time,\n"
    "cells, and the distance of the walls are refined until the error of c that they\n"
    "leave, and that of the descent, are below --tolerance together.\n"
    "\n"
    "Where the two stable states are not equally good, walls travel: the command\n"
    "says which state wins, and c is half of the action of a droplet of it in the\n"
    "other that is large enough to grow.\n"
    "\n"
    "-o keeps c, its error, and the path: field, momentum and action density in\n"
    "space and time. Of a file that 'gibbsflow langevin' has written the run is\n"
    "taken, and without -o the result is added to it: 'walls' and 'figure' then show\n"
    "the law beside what was simulated.\n";

static const char instanton_examples[] =
    "  gibbsflow instanton models/fig5.yaml\n"
    "  gibbsflow instanton models/fig5.yaml --set drive=2 -o c.h5\n"
    "  gibbsflow instanton models/hydrodynamics.yaml --table fig2.h5 -o c.h5\n"
    "  gibbsflow instanton fig6.h5\n";

/* --- printing -------------------------------------------------------------------------------- */

/* What theory says without conserved noise: E_DW sqrt(epsilon)/T, or the barrier over alpha. */
static double exact_c(const gf_run *run, size_t point) {
    gf_run_field field;
    double c = NAN;
    if (run->equation->fields > 1 || gf_run_field_make(run, point, &field, NULL) != GF_OK) {
        return c;
    }
    gf_dynamics dynamics = {.equation = run->equation, .spacing = 1, .order = field.plus[0]};
    dynamics.scalar = field.scalar;
    double temperature = field.scalar.drive / 2;
    if (!run->equation->has_space) {
        c = (run->equation->potential(&dynamics, 0) -
             run->equation->potential(&dynamics, dynamics.order)) /
            temperature;
    } else if (!(field.scalar.thermal > 0)) {
        c = gf_transfer_wall_energy(&dynamics) / temperature;
    }
    gf_run_field_free(&field);
    return c;
}

static void print_heading(cli_report *report, const gf_run *run) {
    bool walls = gf_run_has_walls(run);
    const char *parameter = run->equation->parameters[run->swept];
    cli_report_string(report, "equation", run->equation->name, NULL);
    cli_report_string(report, "parameter", parameter, NULL);
    cli_report_text(report, "# %s, drive = %g, thermal = %g", run->equation->name, run->noise.drive,
                    run->noise.thermal);
    if (run->medium.table != NULL) {
        cli_report_string(report, "table", run->medium.table, ", %s");
    }
    cli_report_text(report, "\n");
    cli_report_string(report, "of", walls ? "walls" : "switching", "# %s ~ ");
    cli_report_string(report, "law", gf_run_field_law(run),
                      "%s; parts of the error of c: steps, cells, distance, descent\n");
    cli_report_text(report, "#%10s %12s %9s %9s %9s %9s %9s %9s %12s\n", parameter, "c", "error",
                    "steps", "cells", "distance", "descent", "max |H|", "exact");
}

static void print_point(cli_report *report, const gf_instanton *self, size_t k) {
    const gf_instanton_point *point = &self->point[k];
    const gf_transition_result *result = &point->result;
    double exact = exact_c(self->run, k), diffusion = gf_run_parameter(self->run, k, "diffusion");
    cli_report_begin(report, NULL);
    cli_report_number(report, "value", NULL, self->run->sweep[k], "%11g");
    cli_report_number(report, "c", "1", gf_instanton_c(point), " %12.7g");
    cli_report_number(report, "error", "1", gf_instanton_error(point), " %9.2g");
    cli_report_number(report, "error_steps", "1", result->limit[GF_LIMIT_STEPS], " %9.1e");
    cli_report_number(report, "error_cells", "1", result->limit[GF_LIMIT_CELLS], " %9.1e");
    cli_report_number(report, "error_distance", "1", result->limit[GF_LIMIT_DISTANCE], " %9.1e");
    cli_report_number(report, "error_descent", "1", result->descent, " %9.1e");
    cli_report_number(report, "largest_energy", NULL, result->energy, " %9.1e");
    cli_report_number(report, "exact", "1", exact, isfinite(exact) ? " %12.7g\n" : NULL);
    cli_report_text(report, "%s", isfinite(exact) ? "" : "            -\n");
    cli_report_number(report, "per_root_diffusion", NULL,
                      diffusion > 0 ? gf_instanton_c(point) / sqrt(diffusion) : NAN, NULL);
    cli_report_number(report, "wall_speed", "sqrt(epsilon) {energy} a", point->speed, NULL);
    cli_report_number(report, "from_minus", "1", point->action[GF_FROM_MINUS], NULL);
    cli_report_number(report, "from_plus", "1", point->action[GF_FROM_PLUS], NULL);
    cli_report_number(report, "rate", "epsilon {energy}", point->rate, NULL);
    cli_report_number(report, "rate_error", "epsilon {energy}", point->rate_error, NULL);
    cli_report_end(report);
}

/* Of walls: which state wins. Of blocks: which is left more easily. */
static void print_states(cli_report *report, const gf_instanton *self, size_t k) {
    const gf_run *run = self->run;
    const gf_instanton_point *point = &self->point[k];
    const char *name = run->equation->parameters[run->swept];
    double minus = point->action[GF_FROM_MINUS], plus = point->action[GF_FROM_PLUS];
    if (run->equation->fields > 1 && !gf_run_has_walls(run)) {
        cli_report_text(report,
                        "# %s = %g: from the state of smaller m %.6g +- %.1g, of larger m %.6g +- "
                        "%.1g\n",
                        name, run->sweep[k], minus, point->error[GF_FROM_MINUS], plus,
                        point->error[GF_FROM_PLUS]);
        if (isfinite(point->rate)) {
            cli_report_text(report,
                            "# blocks of %g sites, %s coefficients: slowest rate %.6g +- %.1g "
                            "epsilon (Fokker-Planck equation)\n",
                            run->spacing, run->noise.renormalised ? "renormalised" : "bare",
                            point->rate, point->rate_error);
        }
    } else if (fabs(point->speed) > 0) {
        cli_report_text(
            report,
            "# %s = %g: the state of %s m wins, its walls travel at %.4g sqrt(epsilon) J "
            "a; a critical droplet of it in the other costs %.6g/sqrt(epsilon), and one "
            "of the other in it always shrinks\n",
            name, run->sweep[k], point->speed > 0 ? "larger" : "smaller", fabs(point->speed),
            2 * gf_instanton_c(point));
    }
}

/* Where D is a number c grows as its root. */
static void print_per_diffusion(cli_report *report, const gf_instanton *self, size_t k) {
    double diffusion = gf_run_parameter(self->run, k, "diffusion");
    if (diffusion > 0) {
        cli_report_text(report, "# D = %g: c/sqrt(D) = %.6g\n", diffusion,
                        gf_instanton_c(&self->point[k]) / sqrt(diffusion));
    }
}

static gf_status print_results(const cli_options *options, const gf_instanton *self,
                               gf_error *error) {
    size_t different = gf_run_field_varies(self->run) ? self->points : 1;
    cli_report report;
    cli_report_open(&report, options);
    if (self->run->medium.energy_unit != NULL) {
        cli_report_set_energy_unit(&report, self->run->medium.energy_unit);
    }
    print_heading(&report, self->run);
    cli_report_begin_list(&report, "points");
    for (size_t k = 0; k < different; ++k) {
        print_point(&report, self, k);
    }
    cli_report_end_list(&report);
    cli_report_truth(&report, "same_everywhere", different < self->points);
    if (different < self->points) {
        cli_report_text(&report, "# the same at every %s\n",
                        self->run->equation->parameters[self->run->swept]);
    }
    for (size_t k = 0; k < different; ++k) {
        print_states(&report, self, k);
        print_per_diffusion(&report, self, k);
    }
    return cli_report_close(&report, GF_OK, error);
}

/* --- the command ----------------------------------------------------------------------------- */

static gf_status write_result(const cli_options *options, const gf_instanton *self, bool add,
                              gf_error *error) {
    const char *path = add ? options->input : options->output;
    gf_file *file = NULL;
    gf_status status = GF_OK;
    if (path == NULL) {
        return GF_OK;
    }
    status = add ? gf_file_edit(path, &file, error) : gf_file_create(path, &file, error);
    if (status == GF_OK) {
        gf_instanton_put(self, file);
        if (!add) {
            gf_file_put_origin(file, options->line);
        }
        status = gf_file_commit(&file, error);
    }
    return status;
}

static gf_status find(const cli_options *options, const gf_run *run, double tolerance,
                      gf_instanton **self, gf_error *error) {
    cli_progress progress;
    cli_say(options, "%s: least action at %zu point%s, about %.2g GiB of memory", options->input,
            gf_run_field_varies(run) ? run->points : 1,
            gf_run_field_varies(run) && run->points > 1 ? "s" : "",
            gf_instanton_memory(run) / 0x1p30);
    cli_progress_start(&progress, options, "descending");
    gf_instanton_control control = {.tolerance = tolerance, .progress = &progress.progress};
    gf_status status = gf_instanton_find(run, &control, self, error);
    cli_progress_end(&progress);
    return status;
}

/* The run of a file of either kind; that of an HDF5 file belongs to `langevin`. */
static gf_status load(const cli_options *options, gf_run **run, gf_langevin **langevin,
                      gf_error *error) {
    *run = NULL;
    *langevin = NULL;
    if (!gf_file_is_hdf5(options->input)) {
        return gf_run_read(options->input, &options->settings, run, error);
    }
    gf_status status = gf_langevin_read(options->input, langevin, error);
    if (status == GF_OK && gf_langevin_done(*langevin) < 1 && options->output == NULL) {
        status = gf_fail(error, GF_INVALID,
                         "%s: the run is not complete; carry on with 'gibbsflow langevin "
                         "--resume', or name another file with -o",
                         options->input);
    }
    return status;
}

static gf_status compute(const cli_options *options, double tolerance, gf_error *error) {
    gf_run *run = NULL;
    gf_langevin *langevin = NULL;
    gf_instanton *self = NULL;
    bool stored = gf_file_is_hdf5(options->input);
    gf_status status = cli_expect(options, CLI_RUN_TEXT | CLI_RUN, error);
    if (status == GF_OK && options->output != NULL) {
        status = cli_spare_output(options, CLI_INSTANTON, error);
    }
    if (status == GF_OK) {
        status = load(options, &run, &langevin, error);
    }
    if (status == GF_OK) {
        status = find(options, stored ? gf_langevin_run(langevin) : run, tolerance, &self, error);
    }
    if (status == GF_OK) {
        status = write_result(options, self, stored && options->output == NULL, error);
    }
    if (status == GF_OK) {
        status = print_results(options, self, error);
    }
    gf_instanton_free(self);
    gf_run_free(run);
    gf_langevin_free(langevin);
    return status;
}

static int check(const cli_options *options, double tolerance) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    if (!(tolerance >= 1e-6 && tolerance <= 0.1)) {
        return cli_usage(options, "--tolerance %g: expected 1e-6 to 0.1", tolerance);
    }
    if (gf_file_is_hdf5(options->input) &&
        (options->settings.count > 0 || options->settings.table != NULL)) {
        return cli_usage(options,
                         "%s holds a run with its numbers and its table; --set and --table go "
                         "with run files",
                         options->input);
    }
    return options->output != NULL ? cli_check_output(options, endings) : CLI_GO_ON;
}

static int run_instanton(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    gf_error error;
    double tolerance = 1e-3;
    char *table = NULL;
    struct poptOption own[] = {
        {"tolerance", '\0', POPT_ARG_DOUBLE, &tolerance, 0,
         "relative error of c that is allowed (default: 1e-3)", "X"},
        {"table", '\0', POPT_ARG_STRING, &table, 0,
         "force table for equation: hydrodynamics, in place of the run file's", "FILE.h5"},
        POPT_TABLEEND};
    int result = cli_open(&options, command, CLI_RESULT | CLI_SET | CLI_JSON, own, argc, argv);
    options.settings.table = table; /* which cli_close frees */
    result = result == CLI_GO_ON ? check(&options, tolerance) : result;
    if (result == CLI_GO_ON) {
        gf_status status = compute(&options, tolerance, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_instanton = {.name = "instanton",
                                   .arguments = "RUN.yaml | RUN.h5",
                                   .summary = "compute the exponent of the law of rare walls",
                                   .help = instanton_help,
                                   .examples = instanton_examples,
                                   .takes = CLI_RUN_TEXT | CLI_RUN,
                                   .run = run_instanton};
