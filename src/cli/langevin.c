/* Carries Langevin runs out. */
#include "cli/report.h"

#include "base/ranks.h"
#include "gibbsflow/file.h"
#include "gibbsflow/machine.h"
#include "langevin/ensemble/langevin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const endings[] = {".h5", ".hdf5", NULL};

static const char langevin_help[] =
    "Integrates the Langevin equation of a run file and measures what the file asks\n"
    "for: moments, domain walls, snapshots, histograms. models/README.md describes\n"
    "run files, and models/ holds those of the paper's figures.\n"
    "\n"
    "Until the run is complete FILE.h5 is a checkpoint. Interrupt the run (Ctrl-C),\n"
    "or let the machine go down, and carry on with --resume: the result is the\n"
    "same, bit by bit. An interrupted run exits with status 1.\n"
    "\n"
    "--set changes a number of the run file: a parameter of the equation, or\n"
    "length, spacing, step, end, warm_up, realisations, seed, drive, thermal,\n"
    "smoothing.\n"
    "\n"
    "The hydrodynamics of magnetisation and energy (equation: hydrodynamics) takes\n"
    "force, noise and susceptibility from a table made by 'gibbsflow forces', which\n"
    "the run file or --table names. --set then also changes parameters of the model\n"
    "that enter rates alone, and rates by the names of their channels.\n";

static const char langevin_examples[] =
    "  gibbsflow langevin models/fig6.yaml --set epsilon=0.2 --set length=1000 \\\n"
    "      -o try.h5\n"
    "  gibbsflow langevin models/hydrodynamics.yaml --table fig2.h5 -o run.h5\n"
    "  gibbsflow langevin --resume run.h5\n";

static void announce(const cli_options *options, const gf_langevin *self, double seconds) {
    const gf_run *run = self->run;
    double steps = 0;
    for (size_t k = 0; k < run->points; ++k) {
        steps += (double)gf_run_steps(run, k) * (double)run->realisations;
    }
    char duration[40];
    cli_format_duration(seconds / gf_ranks_count(), duration, sizeof duration);
    cli_say(options,
            "%s: %zu points x %zu realisations of %zu cells: %.3g site-steps, roughly %s left on "
            "%d threads",
            options->input, run->points, run->realisations, run->cells, steps * (double)run->cells,
            duration, gf_ranks_count() * gf_machine_threads());
}

static gf_status load(const cli_options *options, bool resume, gf_langevin **self,
                      gf_error *error) {
    if (resume) {
        return gf_langevin_read(options->input, self, error);
    }
    gf_run *run = NULL;
    gf_status status = gf_run_read(options->input, &options->settings, &run, error);
    return status == GF_OK ? gf_langevin_create(run, options->line, self, error) : status;
}

/* Cells outside the region of possible densities beyond this part are worth a warning. */
static const double MANY_OUTSIDE = 0.01;

static void warn_outside(const cli_options *options, const gf_run *run, size_t k,
                         const gf_estimate *outside) {
    if (outside->mean > MANY_OUTSIDE) {
        cli_say(options,
                "warning: %s = %g: noise held %.2g %% of the cells outside the region of "
                "possible densities, where coefficients are those of its border; take a larger "
                "%s or a smaller epsilon",
                run->equation->parameters[run->swept], run->sweep[k], 100 * outside->mean,
                run->blocks ? "block" : "cutoff (and spacing)");
    }
}

/* What a table holds are means over states whose charges fluctuate; a block knows its own. */
static void warn_reading(const cli_options *options, const gf_run *run) {
    if (run->blocks && !run->reading_given) {
        cli_say(options,
                "warning: %s: blocks without the key coefficients take bare force and noise, which "
                "make them switch at a rate wrong by a factor of order one whatever their size; "
                "add coefficients: renormalised (or bare, to be asked no more)",
                options->input);
    }
}

static void report_switching(const cli_options *options, const gf_run *run, size_t k,
                             const gf_langevin_point *point) {
    const gf_estimate *passages = &point->passages;
    if (passages->mean > 0) {
        cli_say(options, "%s = %g: blocks switch every %.4g +- %.2g/%s%s",
                run->equation->parameters[run->swept], run->sweep[k], 1 / passages->mean,
                passages->error / (passages->mean * passages->mean), run->medium.energy_unit,
                passages->verdict == GF_STEADY ? "" : "; not shown to be steady: run longer");
    } else if (run->blocks && point->order > 0) {
        cli_say(options, "%s = %g: no block switched", run->equation->parameters[run->swept],
                run->sweep[k]);
    }
}

/* What the user of two fields must know of the results. */
static gf_status look_back(const cli_options *options, const gf_langevin *self, gf_error *error) {
    const gf_run *run = self->run;
    gf_status status = GF_OK;
    for (size_t k = 0; k < run->points && run->counts > 0 && status == GF_OK; ++k) {
        gf_langevin_point point;
        status = gf_langevin_summarise(self, k, &point, error);
        if (status == GF_OK) {
            warn_outside(options, run, k, &point.outside);
            report_switching(options, run, k, &point);
        }
    }
    return status;
}

static void report_point(cli_report *report, const gf_run *run, size_t k,
                         const gf_langevin_point *point) {
    cli_report_begin(report, NULL);
    cli_report_number(report, "value", NULL, run->sweep[k], NULL);
    if (gf_run_has_walls(run)) {
        cli_report_estimate(report, "walls", run->rescaled ? "sqrt(epsilon)/a" : "1/a",
                            &point->walls);
    }
    if (run->counts > GF_COUNT_OUTSIDE) {
        cli_report_estimate(report, "outside", "1", &point->outside);
    }
    if (run->counts > GF_COUNT_PASSAGES) {
        cli_report_estimate(report, "switching_rate", "{energy}", &point->passages);
    }
    cli_report_end(report);
}

/* What was measured, as JSON; as text `walls` prints it. */
static gf_status report_run(const cli_options *options, const gf_langevin *self, gf_error *error) {
    const gf_run *run = self->run;
    gf_status status = GF_OK;
    cli_report report;
    cli_report_open(&report, options);
    if (run->equation->fields > 1) {
        cli_report_set_energy_unit(&report, run->medium.energy_unit);
    }
    cli_report_string(&report, "output", options->output, NULL);
    cli_report_string(&report, "equation", run->equation->name, NULL);
    cli_report_string(&report, "parameter", run->equation->parameters[run->swept], NULL);
    cli_report_number(&report, "done", "1", gf_langevin_done(self), NULL);
    cli_report_begin_list(&report, "points");
    for (size_t k = 0; k < run->points && status == GF_OK; ++k) {
        gf_langevin_point point;
        status = gf_langevin_summarise(self, k, &point, error);
        if (status == GF_OK) {
            report_point(&report, run, k, &point);
        }
    }
    cli_report_end_list(&report);
    return cli_report_close(&report, status, error);
}

static gf_status carry_on(const cli_options *options, gf_langevin *self, double every,
                          gf_error *error) {
    double seconds = 0;
    cli_progress progress;
    gf_status status = gf_langevin_estimate(self, &seconds, error);
    if (status == GF_OK) {
        announce(options, self, seconds);
        cli_progress_start(&progress, options, "integrating");
        gf_langevin_control control = {.save = gf_langevin_write,
                                       .path = options->output,
                                       .checkpoint_every = every,
                                       .stop = cli_watch_interruption(),
                                       .progress = &progress.progress};
        status = gf_langevin_carry_on(self, &control, error);
        cli_progress_end(&progress);
    }
    if (status == GF_OK && gf_langevin_done(self) < 1) {
        status = gf_fail(error, GF_IO,
                         "interrupted when %.4g %% was done; carry on with 'gibbsflow langevin "
                         "--resume %s'",
                         100 * gf_langevin_done(self), options->output);
    }
    return status == GF_OK ? look_back(options, self, error) : status;
}

/* One forgotten --resume must not cost the work that a checkpoint holds. */
static gf_status spare_checkpoint(const char *path, gf_error *error) {
    gf_file *file = NULL;
    double done = 1;
    if (gf_file_open(path, &file, NULL) == GF_OK && gf_file_has(file, "/run")) {
        done = gf_file_get_number_attribute(file, "/run", "done");
    }
    gf_file_close(&file);
    return done < 1 ? gf_fail(error, GF_INVALID,
                              "%s holds a run of which %.3g %% is done; carry on with --resume, or "
                              "remove the file",
                              path, 100 * done)
                    : GF_OK;
}

/* Nor may the result take the place of the table that it is made from. */
static gf_status spare_table(const char *table, const char *output, gf_error *error) {
    char *from = table != NULL ? realpath(table, NULL) : NULL, *to = realpath(output, NULL);
    bool same = from != NULL && to != NULL && strcmp(from, to) == 0;
    free(from);
    free(to);
    return same ? gf_fail(error, GF_INVALID, "-o %s is the force table of the run", output) : GF_OK;
}

/* That the input is what it should be, and that the output costs nothing. */
static gf_status check_files(const cli_options *options, bool resume, gf_error *error) {
    gf_status status = cli_expect(options, CLI_RUN | CLI_RUN_TEXT, error);
    bool there = access(options->input, F_OK) == 0; /* else reading it says so */
    if (status == GF_OK && there && gf_file_is_hdf5(options->input) != resume) {
        status =
            gf_fail(error, GF_INVALID,
                    resume ? "%s is not HDF5; --resume takes the file that a run was written to"
                           : "%s is an HDF5 file; to carry on with the run in it say --resume",
                    options->input);
    }
    if (status == GF_OK && !resume) {
        status = spare_checkpoint(options->output, error);
    }
    return status == GF_OK ? cli_spare_output(options, CLI_RUN, error) : status;
}

static int run_langevin(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    int resume = 0;
    double every = 60;
    char *table = NULL;
    struct poptOption own[] = {
        {"resume", 'r', POPT_ARG_NONE, &resume, 0, "carry on with the run of FILE.h5", NULL},
        {"table", '\0', POPT_ARG_STRING, &table, 0,
         "force table for equation: hydrodynamics, in place of the run file's", "FILE.h5"},
        {"checkpoint", 'c', POPT_ARG_DOUBLE, &every, 0,
         "time between checkpoints (default: 60; 0: only when interrupted)", "SECONDS"},
        POPT_TABLEEND};
    int result = cli_open(&options, command, CLI_RESULT | CLI_SET | CLI_JSON, own, argc, argv);
    options.settings.table = table; /* which cli_close frees */
    if (result == CLI_GO_ON && resume != 0 && (options.settings.count > 0 || table != NULL)) {
        result = cli_usage(&options,
                           "--resume carries on with the numbers and the table of the "
                           "file; no --set, no --table");
    }
    if (result == CLI_GO_ON && !(every >= 0)) {
        result = cli_usage(&options, "--checkpoint takes 0 or more seconds");
    }
    if (result == CLI_GO_ON && resume != 0 && options.output == NULL) {
        options.output = strdup(options.input);
    }
    result = result == CLI_GO_ON ? cli_check_output(&options, endings) : result;
    if (result == CLI_GO_ON) {
        gf_langevin *langevin = NULL;
        gf_error error;
        gf_status status = check_files(&options, resume != 0, &error);
        if (status == GF_OK) {
            status = load(&options, resume != 0, &langevin, &error);
        }
        if (status == GF_OK && resume == 0) {
            status = spare_table(langevin->run->medium.table, options.output, &error);
        }
        if (status == GF_OK && resume == 0) {
            warn_reading(&options, langevin->run);
        }
        if (status == GF_OK && resume != 0 && gf_langevin_done(langevin) >= 1) {
            cli_say(&options, "%s: the run is complete", options.input);
            if (strcmp(options.input, options.output) != 0) {
                status = gf_langevin_write(langevin, options.output, &error);
            }
        } else if (status == GF_OK) {
            status = carry_on(&options, langevin, every, &error);
        }
        if (status == GF_OK && options.json != 0) {
            status = report_run(&options, langevin, &error);
        }
        gf_langevin_free(langevin);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_langevin = {.name = "langevin",
                                  .arguments = "RUN.yaml -o FILE.h5 | --resume FILE.h5",
                                  .summary = "integrate a Langevin equation",
                                  .help = langevin_help,
                                  .examples = langevin_examples,
                                  .takes = CLI_RUN_TEXT | CLI_RUN,
                                  .run = run_langevin};
