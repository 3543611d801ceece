/* The commands that write tables: spectrum and forces. */
#include "cli/print.h"

#include "base/ranks.h"
#include "gibbsflow/fitted_grid.h"
#include "gibbsflow/fixed_points.h"
#include "gibbsflow/flow.h"
#include "gibbsflow/force_table.h"
#include "gibbsflow/region.h"

#include <stdio.h>
#include <unistd.h>

static const char *const endings[] = {".h5", ".hdf5", NULL};

/* --- spectrum -------------------------------------------------------------------------------- */

static const char spectrum_help[] =
    "Diagonalises the model and stores every level with the diagonal matrix\n"
    "elements of the force and noise operators of each channel. The other commands\n"
    "take this file in place of the model and do not diagonalise again, even at\n"
    "other rates: --set may then change any parameter that enters neither the\n"
    "Hamiltonian nor a jump operator.\n"
    "\n"
    "A long diagonalisation keeps its finished blocks in FILE.h5.blocks. After an\n"
    "interruption of any kind the same command carries on from there.\n"
    "\n"
    "With --method typicality random vectors take the place of diagonalisation, for\n"
    "up to about 26 sites, and finished ones are kept in the same way. Results then\n"
    "have statistical errors, which fall with the number of --samples.\n";

static const char spectrum_examples[] =
    "  gibbsflow spectrum models/xxz_jprime.yaml -o spectrum.h5\n"
    "  gibbsflow forces spectrum.h5 --set gamma=0.85 -o forces.h5\n"
    "  gibbsflow spectrum models/xxz_jprime.yaml --sites 20 --method typicality \\\n"
    "      -o long.h5\n";

/* The result is safe: what a diagonalisation kept on its way is not needed any more. */
static void drop_checkpoint(const cli_options *options) {
    if (gf_ranks_rank() == 0 && options->checkpoint != NULL && !gf_file_is_hdf5(options->input)) {
        (void)unlink(options->checkpoint);
    }
}

/* As text that is a remark; there is no other result to print. */
static gf_status report_spectrum(const cli_options *options, const gf_model *model,
                                 const gf_spectrum *spectrum, gf_error *error) {
    if (options->json == 0) {
        cli_say(options, "%s: %zu families of levels of %d sites, %zu channels", options->output,
                spectrum->levels, spectrum->sites, spectrum->channels);
        return GF_OK;
    }
    cli_report report;
    cli_report_open(&report, options);
    cli_report_chain(&report, model);
    cli_report_string(&report, "output", options->output, NULL);
    cli_report_number(&report, "levels", NULL, (double)spectrum->levels, NULL);
    cli_report_number(&report, "channels", NULL, (double)spectrum->channels, NULL);
    return cli_report_close(&report, GF_OK, error);
}

static gf_status make_spectrum(const cli_options *options, gf_error *error) {
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    gf_file *file = NULL;
    gf_status status = cli_load_spectrum(options, &model, &spectrum, error);
    if (status == GF_OK) {
        status = gf_file_create(options->output, &file, error);
    }
    if (status == GF_OK) {
        gf_file_put_origin(file, options->line);
        gf_spectrum_write(spectrum, model, file);
        status = gf_file_commit(&file, error);
    }
    if (status == GF_OK) {
        drop_checkpoint(options);
        status = report_spectrum(options, model, spectrum, error);
    }
    gf_spectrum_free(spectrum);
    gf_model_free(model);
    return status;
}

/* --- forces ---------------------------------------------------------------------------------- */

static const char forces_help[] =
    "Tabulates the densities, force, noise and susceptibility of the Gibbs states\n"
    "exp(-lambda1 Q1 - lambda2 Q2) on the grids of the model, finds the fixed points\n"
    "of the force and the flow lines that join them, and writes all of it, with the\n"
    "spectrum, to one HDF5 file. Draw it with 'gibbsflow figure', or integrate the\n"
    "hydrodynamics that it defines with 'gibbsflow langevin'.\n"
    "\n"
    "In place of a model file it takes an HDF5 file that an earlier command wrote,\n"
    "and starts from the spectrum in it.\n"
    "\n"
    "The group /fitted_grid is for interpolation over all reachable densities; its\n"
    "accuracy is measured and stored with it. With --method typicality statistical\n"
    "errors stand beside the tables.\n";

static const char forces_examples[] =
    "  gibbsflow forces models/xxz_jprime.yaml -o fig2.h5\n"
    "  gibbsflow forces models/xxz_jprime.yaml --set gamma=0.875 --sites 10 \\\n"
    "      -o forces.h5\n";

typedef struct results {
    gf_model *model;
    gf_spectrum *spectrum;
    gf_region region;
    gf_force_table table;
    gf_fitted_grid *fitted;
    gf_fixed_points points;
    gf_flow flow, separatrices;
} results;

static gf_status compute(const cli_options *options, results *all, gf_error *error) {
    cli_progress progress;
    gf_status status = cli_load_spectrum(options, &all->model, &all->spectrum, error);
    if (status == GF_OK) {
        status = gf_region_init(&all->region, all->spectrum, error);
    }
    if (status == GF_OK) {
        cli_progress_start(&progress, options, "tabulating");
        status = gf_force_table_compute(all->model, all->spectrum, &all->region, &progress.progress,
                                        &all->table, error);
        cli_progress_end(&progress);
    }
    if (status == GF_OK) {
        cli_progress_start(&progress, options, "fitting");
        status = gf_fitted_grid_compute(all->model, all->spectrum, &all->region, &progress.progress,
                                        &all->fitted, error);
        cli_progress_end(&progress);
    }
    if (status == GF_OK) {
        status =
            cli_find_fixed_points(all->model, all->spectrum, &all->region, &all->points, error);
    }
    if (status == GF_OK) {
        status =
            gf_flow_trace(all->model, all->spectrum, &all->region, &all->points, &all->flow, error);
    }
    if (status == GF_OK) {
        status = gf_flow_trace_separatrices(all->model, all->spectrum, &all->region, &all->points,
                                            &all->separatrices, error);
    }
    return status;
}

static gf_status write_results(const cli_options *options, const results *all, gf_error *error) {
    gf_file *file = NULL;
    gf_status status = gf_file_create(options->output, &file, error);
    if (status == GF_OK) {
        gf_file_put_origin(file, options->line);
        gf_spectrum_write(all->spectrum, all->model, file);
        gf_force_table_write(&all->table, &all->region, file);
        gf_fitted_grid_write(all->fitted, file);
        gf_fixed_points_write(&all->points, file);
        gf_flow_write(&all->flow, file);
        gf_flow_write_separatrices(&all->separatrices, file);
        status = gf_file_commit(&file, error);
    }
    return status;
}

static void say_accuracy(const cli_options *options, const gf_fitted_grid *fitted) {
    const gf_grid *knots = gf_fitted_grid_states(fitted);
    double error = gf_fitted_grid_error(fitted).force;
    size_t unsolved = gf_fitted_grid_unsolved(fitted);
    if (unsolved > 0) {
        cli_say(options,
                "warning: lambda was not found at %zu knots of the fitted grid; they hold states "
                "farther inside",
                unsolved);
    }
    if (error > 1e-4) {
        cli_say(options,
                "warning: interpolation between the knots of the fitted grid errs by %.2g of the "
                "largest\nforce; ask for more knots in the model's grid (fitted: {magnetization: "
                "%zu, energy: %zu})",
                error, 2 * knots->axis[0].points, 2 * knots->axis[1].points);
    }
}

static gf_status report_forces(const cli_options *options, const results *all, gf_error *error) {
    cli_report report;
    cli_report_open(&report, options);
    cli_report_chain(&report, all->model);
    cli_report_string(&report, "output", options->output, NULL);
    cli_print_fixed_points(&report, &all->points);
    cli_report_number(&report, "unsolved", NULL,
                      (double)(all->table.unsolved + gf_fitted_grid_unsolved(all->fitted)), NULL);
    cli_report_number(&report, "interpolation_error", "largest force",
                      gf_fitted_grid_error(all->fitted).force, NULL);
    return cli_report_close(&report, GF_OK, error);
}

static gf_status make_forces(const cli_options *options, gf_error *error) {
    results all = {0};
    gf_status status = compute(options, &all, error);
    if (status == GF_OK) {
        status = write_results(options, &all, error);
    }
    if (status == GF_OK) {
        drop_checkpoint(options);
        status = report_forces(options, &all, error);
        if (all.table.unsolved > 0) {
            cli_say(options,
                    "warning: lambda was not found at %zu reachable densities; they are NaN",
                    all.table.unsolved);
        }
        say_accuracy(options, all.fitted);
    }
    gf_flow_free(&all.separatrices);
    gf_flow_free(&all.flow);
    gf_fixed_points_free(&all.points);
    gf_fitted_grid_free(all.fitted);
    gf_force_table_free(&all.table);
    gf_region_free(&all.region);
    gf_spectrum_free(all.spectrum);
    gf_model_free(all.model);
    return status;
}

/* Has the diagonalisation keep what is done beside the output. */
static int open_checkpoint(cli_options *options, double interval) {
    if (!(interval >= 0)) {
        return cli_usage(options, "--checkpoint takes 0 or more seconds");
    }
    if (asprintf(&options->checkpoint, "%s.blocks", options->output) < 0) {
        options->checkpoint = NULL;
    } else {
        cli_watch_output(options->checkpoint);
    }
    options->checkpoint_interval = interval;
    return CLI_GO_ON;
}

static int run(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    gf_error error;
    double interval = 20;
    struct poptOption own[] = {{"checkpoint", 'c', POPT_ARG_DOUBLE, &interval, 0,
                                "least time between checkpoints (default: 20)", "SECONDS"},
                               POPT_TABLEEND};
    int result =
        cli_open(&options, command, CLI_RESULT | CLI_DIAGONALIZES | CLI_JSON, own, argc, argv);
    if (result == CLI_GO_ON) {
        result = cli_check_output(&options, endings);
    }
    if (result == CLI_GO_ON) {
        result = open_checkpoint(&options, interval);
    }
    if (result == CLI_GO_ON) {
        bool forces = command == &cli_forces;
        gf_status status =
            cli_spare_output(&options, forces ? CLI_TABLE | CLI_SPECTRUM : CLI_SPECTRUM, &error);
        if (status == GF_OK) {
            status = forces ? make_forces(&options, &error) : make_spectrum(&options, &error);
        }
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_spectrum = {.name = "spectrum",
                                  .arguments = "MODEL -o FILE.h5",
                                  .summary = "diagonalise a model and store its spectrum",
                                  .help = spectrum_help,
                                  .examples = spectrum_examples,
                                  .takes = CLI_HAMILTONIAN,
                                  .run = run};

const cli_command cli_forces = {.name = "forces",
                                .arguments = "MODEL|FILE.h5 -o FILE.h5",
                                .summary = "tabulate force, noise and susceptibility",
                                .help = forces_help,
                                .examples = forces_examples,
                                .takes = CLI_HAMILTONIAN,
                                .run = run};
