#include "cli/print.h"

#include "gibbsflow/region.h"
#include "gibbsflow/scan.h"
#include "model/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "Finds every fixed point of the force, f1 = f2 = 0, in the plane of the\n"
    "magnetisation m and the energy e per site. Prints for each one its densities,\n"
    "lambda1 and lambda2, the eigenvalues of df/dq (a stable point has negative real\n"
    "parts) and the noise, in the model's unit of energy.\n"
    "\n"
    "The argument is a model file, or an HDF5 file that an earlier command wrote.\n"
    "The fixed points are stored in the file given by -o. If FILE.h5 is the only\n"
    "argument, and nothing is set, they are stored in FILE.h5 itself.\n"
    "\n"
    "--scan follows the fixed points through any parameter of the model and locates\n"
    "the bifurcations. A parameter of the rates keeps the one spectrum; one of the\n"
    "Hamiltonian or of a jump operator is diagonalised at every value, and again\n"
    "close to a bifurcation. With -o FILE.h5 these spectra are kept in the folder\n"
    "FILE.h5.spectra as they are made, and after an interruption of any kind the\n"
    "same command carries on from there.\n";

static const char examples[] =
    "  gibbsflow fixed-points models/xxz_jprime.yaml\n"
    "  gibbsflow fixed-points fig2.h5 --set gamma=0.95\n"
    "  gibbsflow fixed-points fig2.h5 --scan gamma=0.8:1:81 -o scan.h5\n"
    "  gibbsflow figure scan.h5 -o scan.pdf\n"
    "  gibbsflow fixed-points models/xxz_jprime.yaml --set gamma=0.83 \\\n"
    "      --scan Delta=-1:1.5:21 -o delta.h5\n";

/* --- printing -------------------------------------------------------------------------------- */

gf_status cli_find_fixed_points(const gf_model *model, const gf_spectrum *spectrum,
                                const gf_region *region, gf_fixed_points *points, gf_error *error) {
    gf_survey *survey = NULL;
    double *rates = calloc(model->channel_count, sizeof *rates);
    gf_status status = rates != NULL ? GF_OK : gf_fail_memory(error, "the rates");
    if (status == GF_OK) {
        gf_model_rates(model, rates);
        status = gf_survey_create(spectrum, &survey, error);
    }
    if (status == GF_OK) {
        status = gf_fixed_points_find(survey, region, rates, points, error);
    }
    gf_survey_free(survey);
    free(rates);
    return status;
}

/* Numbers that symmetry makes zero, without their rounding. */
static double tidy(double value) {
    return fabs(value) < 5e-9 ? 0 : value;
}

/* Real and imaginary part. */
static void print_eigenvalue(cli_report *report, const double value[2]) {
    char text[48] = "-";
    if (!isnan(value[0]) && value[1] == 0) {
        (void)snprintf(text, sizeof text, "%.8g", value[0]);
    } else if (!isnan(value[0])) {
        (void)snprintf(text, sizeof text, "%.6g%+.6gi", value[0], value[1]);
    }
    cli_report_text(report, " %20s", text);
}

static void print_eigenvalues(cli_report *report, const gf_fixed_point *point) {
    cli_report_begin_list(report, "eigenvalues");
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        print_eigenvalue(report, point->eigenvalue[i]);
        cli_report_begin(report, NULL);
        cli_report_number(report, "real", "epsilon {energy}", point->eigenvalue[i][0], NULL);
        cli_report_number(report, "imaginary", "epsilon {energy}", point->eigenvalue[i][1], NULL);
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static void print_density(cli_report *report, const gf_fixed_point *point) {
    cli_report_string(report, "kind", gf_stability_name(point->stability), "%-9s");
    cli_report_number(report, "magnetization", "1 per site", tidy(point->density[0]), " %11.6g");
    cli_report_number(report, "energy", "{energy} per site", point->density[1], " %11.6g");
}

static void print_lambda(cli_report *report, const gf_fixed_point *point) {
    double unit = sqrt(point->noise[2] / point->noise[0]); /* of energy, roughly */
    double lambda[] = {tidy(point->lambda[0]),
                       tidy(point->lambda[1] * unit) == 0 ? 0 : point->lambda[1]};
    if (point->stability == GF_BORDER) {
        cli_report_text(report, " %11s %11s", "infinite", "infinite");
        lambda[0] = lambda[1] = NAN;
    } else {
        cli_report_text(report, " %11.6g %11.6g", lambda[0], lambda[1]);
    }
    cli_report_number(report, "lambda1", "1", lambda[0], NULL);
    cli_report_number(report, "lambda2", "1/{energy}", lambda[1], NULL);
}

static void print_noise(cli_report *report, const gf_fixed_point *point) {
    double mixed = point->noise[1], size = sqrt(fabs(point->noise[0] * point->noise[2]));
    mixed = fabs(mixed) < 1e-9 * size ? 0 : mixed;
    cli_report_begin(report, "noise");
    cli_report_number(report, "mm", "epsilon {energy} per site", point->noise[0], " %11.6g");
    cli_report_number(report, "me", "epsilon {energy}^2 per site", mixed, " %11.6g");
    cli_report_number(report, "ee", "epsilon {energy}^3 per site", point->noise[2], " %11.6g\n");
    cli_report_end(report);
}

static void print_point(cli_report *report, const gf_fixed_point *point) {
    cli_report_begin(report, NULL);
    print_density(report, point);
    cli_report_number(report, "magnetization_error", "1 per site", point->density_error[0], NULL);
    cli_report_number(report, "energy_error", "{energy} per site", point->density_error[1], NULL);
    print_lambda(report, point);
    print_eigenvalues(report, point);
    print_noise(report, point);
    cli_report_end(report);
}

static void print_continuum(cli_report *report, const gf_fixed_points *points) {
    if (points->conserved[0] && points->conserved[1]) {
        cli_report_text(
            report,
            "The bath drives neither magnetisation nor energy (f1 = f2 = 0 identically): every\n"
            "Gibbs state is a fixed point.\n");
    } else if (points->conserved[0] || points->conserved[1]) {
        cli_report_text(
            report,
            "The bath does not drive the %s (f%d = 0 identically): fixed points are not isolated\n"
            "but form a line, one for each value of the %s.\n",
            points->conserved[0] ? "magnetisation" : "energy", points->conserved[0] ? 1 : 2,
            points->conserved[0] ? "magnetisation" : "energy");
    } else {
        cli_report_text(
            report,
            "Fixed points are not isolated: they form a line (a combination of magnetisation\n"
            "and energy is conserved, or nearly so).\n");
    }
}

static void print_points(cli_report *report, const gf_fixed_points *points) {
    const char *unit = report->energy_unit;
    cli_report_text(
        report,
        "%-9s %11s %11s %11s %11s %20s %20s %11s %11s %11s  # e in %s, lambda2 in 1/%s, "
        "eigenvalues and N_mm in epsilon %s\n",
        "kind", "m", "e", "lambda1", "lambda2", "eigenvalue 1", "eigenvalue 2", "N_mm", "N_me",
        "N_ee", unit, unit, unit);
    for (size_t k = 0; k < points->count; ++k) {
        print_point(report, &points->points[k]);
    }
    for (size_t k = 0; k < points->count; ++k) {
        const gf_fixed_point *point = &points->points[k];
        if (point->density_error[0] != 0 || point->density_error[1] != 0) {
            cli_report_text(report, "statistical error of point %zu: m %.2g, e %.2g\n", k + 1,
                            point->density_error[0], point->density_error[1]);
        }
    }
}

static void print_list(cli_report *report, const gf_fixed_points *points) {
    if (points->continuum) {
        print_continuum(report, points);
        return;
    }
    if (points->count == 0) {
        cli_report_text(report, points->complete ? "There is no fixed point.\n"
                                                 : "No fixed point was found.\n");
    } else {
        print_points(report, points);
    }
    if (!points->complete) {
        cli_report_text(
            report,
            "warning: the indices of these points do not add up to the winding number of the\n"
            "force along the border; there may be more\n");
    }
}

void cli_print_fixed_points(cli_report *report, const gf_fixed_points *points) {
    cli_report_begin_list(report, "fixed_points");
    print_list(report, points);
    cli_report_end_list(report);
    cli_report_truth(report, "continuum", points->continuum);
    cli_report_truth(report, "complete", points->complete);
    cli_report_begin(report, "conserved_by_bath");
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        cli_report_truth(report, gf_charge_name(i), points->conserved[i]);
    }
    cli_report_end(report);
}

/* The points of all branches at one value of the parameter. */
static void print_scan_value(cli_report *report, const gf_scan *scan, size_t value) {
    for (size_t branch = 0; branch < scan->branches; ++branch) {
        const gf_fixed_point *point = &scan->points[value * scan->branches + branch];
        if (point->stability != GF_ABSENT) {
            cli_report_begin(report, NULL);
            cli_report_number(report, "value", NULL, gf_axis_value(&scan->axis, value), "%-14.8g ");
            cli_report_number(report, "branch", NULL, (double)branch, NULL);
            print_density(report, point);
            print_eigenvalues(report, point);
            cli_report_text(report, "\n");
            cli_report_end(report);
        }
    }
    if (scan->continuum[value]) {
        cli_report_text(report, "%-14.8g fixed points form a line\n",
                        gf_axis_value(&scan->axis, value));
    }
}

static void print_bifurcation(cli_report *report, const gf_scan *scan, const gf_bifurcation *one) {
    double m = fabs(one->density[0]) < 1e-6 ? 0 : one->density[0];
    cli_report_begin(report, NULL);
    cli_report_string(report, "kind", gf_bifurcation_name(one->kind), NULL);
    cli_report_number(report, "value", NULL, one->parameter, NULL);
    cli_report_number(report, "magnetization", "1 per site", m, NULL);
    cli_report_number(report, "energy", "{energy} per site", one->density[1], NULL);
    cli_report_end(report);
    cli_report_text(report, "%s at %s = %.10g, m = %.6g, e = %.6g\n",
                    gf_bifurcation_name(one->kind), scan->parameter, one->parameter, m,
                    one->density[1]);
}

static void print_doubts(cli_report *report, const gf_scan *scan) {
    if (scan->bifurcation_count == 0 && scan->unexplained == 0) {
        cli_report_text(report, "no bifurcation between these values\n");
    }
    if (scan->unexplained > 0) {
        cli_report_text(
            report,
            "warning: in %zu intervals the number of points changes, but no bifurcation was\n"
            "located: take closer values\n",
            scan->unexplained);
    }
    if (scan->incomplete > 0) {
        cli_report_text(
            report,
            "warning: at %zu values the indices of the points do not add up to the winding\n"
            "number of the force along the border; there may be more\n",
            scan->incomplete);
    }
    cli_report_number(report, "unexplained", NULL, (double)scan->unexplained, NULL);
    cli_report_number(report, "incomplete", NULL, (double)scan->incomplete, NULL);
}

static void print_scan(cli_report *report, const gf_scan *scan) {
    cli_report_string(report, "parameter", scan->parameter, NULL);
    cli_report_text(report,
                    "%-14s %-9s %11s %11s %20s %20s  # e in %s, eigenvalues in epsilon %s\n",
                    scan->parameter, "kind", "m", "e", "eigenvalue 1", "eigenvalue 2",
                    report->energy_unit, report->energy_unit);
    cli_report_begin_list(report, "fixed_points");
    for (size_t value = 0; value < scan->axis.points; ++value) {
        print_scan_value(report, scan, value);
    }
    cli_report_end_list(report);
    cli_report_begin_list(report, "bifurcations");
    for (size_t k = 0; k < scan->bifurcation_count; ++k) {
        print_bifurcation(report, scan, &scan->bifurcations[k]);
    }
    cli_report_end_list(report);
    print_doubts(report, scan);
}

/* --- storing --------------------------------------------------------------------------------- */

/* What to follow the points through. */
typedef struct request {
    char *parameter; /* NULL: nothing */
    gf_axis axis;
} request;

typedef struct results {
    gf_model *model;
    gf_spectrum *spectrum; /* NULL: every value of the scan had its own */
    gf_region region;
    gf_fixed_points points;
    gf_scan scan;
    bool scanned;
} results;

/* Writes what was found; `anew` also the model and its spectrum, so that the file is complete. */
static gf_status write_findings(const cli_options *options, const results *all, bool anew,
                                gf_file **file, gf_error *error) {
    if (anew) {
        gf_file_put_origin(*file, options->line);
    } else {
        gf_file_set_energy_unit(*file, gf_model_energy_unit(all->model));
        gf_file_remove(*file, all->scanned ? "/scan" : "/fixed_points");
    }
    if (anew && all->spectrum != NULL) {
        gf_spectrum_write(all->spectrum, all->model, *file);
        gf_region_write(&all->region, *file);
    } else if (anew) {
        gf_model_store(all->model, *file);
    }
    if (all->scanned) {
        gf_scan_write(&all->scan, *file);
    } else {
        gf_fixed_points_write(&all->points, *file);
    }
    return gf_file_commit(file, error);
}

static gf_status store(const cli_options *options, const results *all, gf_error *error) {
    gf_file *file = NULL;
    bool unchanged = options->settings.count == 0 && options->settings.sites == 0;
    gf_status status = GF_OK;
    if (options->output != NULL) {
        status = gf_file_create(options->output, &file, error);
    } else if (unchanged && gf_file_is_hdf5(options->input)) {
        cli_watch_output(options->input);
        status = gf_file_edit(options->input, &file, error);
    } else {
        return GF_OK; /* printed only */
    }
    if (status == GF_OK) {
        status = write_findings(options, all, options->output != NULL, &file, error);
    }
    if (status == GF_OK && options->output == NULL) {
        cli_say(options, "%s: holds the %s now; -o FILE.h5 leaves it as it was", options->input,
                all->scanned ? "scan" : "fixed points");
    }
    return status;
}

/* --- the command ----------------------------------------------------------------------------- */

static gf_status load_text(const cli_options *options, const request *what, results *all,
                           gf_error *error) {
    gf_status status = cli_load_model(options, &all->model, error);
    bool each = status == GF_OK && what->parameter != NULL &&
                gf_scan_diagonalizes(all->model, what->parameter);
    return status == GF_OK && !each ? cli_diagonalize(options, all->model, &all->spectrum, error)
                                    : status;
}

/* The model, and its spectrum unless every value of the scan is to have its own. */
static gf_status load(const cli_options *options, const request *what, results *all,
                      gf_error *error) {
    gf_status status = gf_file_is_hdf5(options->input)
                           ? cli_load_spectrum(options, &all->model, &all->spectrum, error)
                           : load_text(options, what, all, error);
    return status == GF_OK && all->spectrum != NULL
               ? gf_region_init(&all->region, all->spectrum, error)
               : status;
}

static gf_status scan(const cli_options *options, const request *what, gf_scan_store *kept,
                      results *all, gf_error *error) {
    gf_spectrum_cost cost;
    cli_progress progress;
    gf_status status = GF_OK;
    bool each = gf_scan_diagonalizes(all->model, what->parameter);
    if (each) {
        status = gf_scan_estimate(all->model, what->parameter, &what->axis, &cost, error);
    }
    if (each && status == GF_OK) {
        cli_say_cost(options, all->model, &cost);
    }
    if (status == GF_OK) {
        cli_progress_start(&progress, options, "scanning");
        status = gf_scan_resume(all->model, all->spectrum, &all->region, what->parameter,
                                &what->axis, kept->folder != NULL ? kept : NULL, &progress.progress,
                                &all->scan, error);
        cli_progress_end(&progress);
        all->scanned = true;
    }
    if (kept->resumed > 0) {
        cli_say(options, "%zu spectra were taken from %s", kept->resumed, kept->folder);
    }
    if (kept->failure.status != GF_OK) {
        cli_say(options, "spectra were not kept: %s", kept->failure.message);
    }
    return status;
}

/* Where spectra are kept, if there will be any and there is a place. */
static gf_status open_store(const cli_options *options, const request *what, const results *all,
                            gf_scan_store *kept, char **folder, gf_error *error) {
    if (options->output == NULL || !gf_scan_diagonalizes(all->model, what->parameter)) {
        return GF_OK;
    }
    if (asprintf(folder, "%s.spectra", options->output) < 0) {
        *folder = NULL;
        return gf_fail_memory(error, options->output);
    }
    kept->folder = *folder;
    cli_announce_kept("spectra", *folder);
    return GF_OK;
}

static gf_status compute(const cli_options *options, const request *what, gf_scan_store *kept,
                         char **folder, results *all, gf_error *error) {
    gf_status status = load(options, what, all, error);
    if (status == GF_OK && what->parameter == NULL) {
        return cli_find_fixed_points(all->model, all->spectrum, &all->region, &all->points, error);
    }
    if (status == GF_OK) {
        status = open_store(options, what, all, kept, folder, error);
    }
    return status == GF_OK ? scan(options, what, kept, all, error) : status;
}

static gf_status print(const cli_options *options, const results *all, gf_error *error) {
    cli_report report;
    cli_report_open(&report, options);
    cli_report_chain(&report, all->model);
    if (all->scanned) {
        print_scan(&report, &all->scan);
    } else {
        cli_print_fixed_points(&report, &all->points);
    }
    return cli_report_close(&report, GF_OK, error);
}

static int find(const cli_options *options, const request *what) {
    results all = {0};
    gf_scan_store kept = {0};
    char *folder = NULL;
    gf_error error;
    int writes = what->parameter != NULL ? CLI_SCAN | CLI_SPECTRUM : CLI_SPECTRUM;
    gf_status status = options->output != NULL ? cli_spare_output(options, writes, &error) : GF_OK;
    if (status == GF_OK) {
        status = compute(options, what, &kept, &folder, &all, &error);
    }
    if (status == GF_OK) {
        status = store(options, &all, &error); /* first: printing may be cut short by a pipe */
    }
    if (status == GF_OK && folder != NULL) {
        gf_scan_store_remove(&kept, what->parameter);
    }
    if (status == GF_OK) {
        status = print(options, &all, &error);
    }
    free(folder);
    gf_scan_free(&all.scan);
    gf_fixed_points_free(&all.points);
    gf_region_free(&all.region);
    gf_spectrum_free(all.spectrum);
    gf_model_free(all.model);
    return status == GF_OK ? CLI_DONE : cli_fail(options, &error);
}

static int run(const cli_command *command, int argc, const char **argv) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    char *scan_text = NULL;
    request what = {0};
    gf_error error;
    struct poptOption own[] = {{"scan", 0, POPT_ARG_STRING, &scan_text, 0,
                                "follow the fixed points through a parameter",
                                "NAME=FROM:TO:POINTS"},
                               POPT_TABLEEND};
    cli_options options;
    int result =
        cli_open(&options, command, CLI_RESULT | CLI_DIAGONALIZES | CLI_JSON, own, argc, argv);
    if (result == CLI_GO_ON && options.output != NULL) {
        result = cli_check_output(&options, endings);
    }
    if (result == CLI_GO_ON && scan_text != NULL &&
        gf_scan_parse(scan_text, &what.parameter, &what.axis, &error) != GF_OK) {
        result = cli_usage(&options, "--scan: %s", error.message);
    }
    if (result == CLI_GO_ON) {
        result = find(&options, &what);
    }
    free(scan_text);
    free(what.parameter);
    cli_close(&options);
    return result;
}

const cli_command cli_fixed_points = {.name = "fixed-points",
                                      .arguments = "MODEL|FILE.h5 [-o FILE.h5]",
                                      .summary = "find the fixed points of the force",
                                      .help = help,
                                      .examples = examples,
                                      .takes = CLI_HAMILTONIAN,
                                      .run = run};
