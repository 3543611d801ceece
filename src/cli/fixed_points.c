#include "cli/cli.h"
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

static void print_eigenvalue(const double value[2]) {
    char text[48] = "-";
    if (!isnan(value[0]) && value[1] == 0) {
        (void)snprintf(text, sizeof text, "%.8g", value[0]);
    } else if (!isnan(value[0])) {
        (void)snprintf(text, sizeof text, "%.6g%+.6gi", value[0], value[1]);
    }
    (void)printf(" %20s", text);
}

static void print_density(const gf_fixed_point *point) {
    (void)printf("%-9s %11.6g %11.6g", gf_stability_name(point->stability), tidy(point->density[0]),
                 point->density[1]);
}

static void print_point(const gf_fixed_point *point) {
    print_density(point);
    if (point->stability == GF_BORDER) {
        (void)printf(" %11s %11s", "infinite", "infinite");
    } else {
        double unit = sqrt(point->noise[2] / point->noise[0]); /* of energy, roughly */
        (void)printf(" %11.6g %11.6g", tidy(point->lambda[0]),
                     tidy(point->lambda[1] * unit) == 0 ? 0 : point->lambda[1]);
    }
    print_eigenvalue(point->eigenvalue[0]);
    print_eigenvalue(point->eigenvalue[1]);
    double mixed = point->noise[1], size = sqrt(fabs(point->noise[0] * point->noise[2]));
    (void)printf(" %11.6g %11.6g %11.6g\n", point->noise[0], fabs(mixed) < 1e-9 * size ? 0 : mixed,
                 point->noise[2]);
}

static void print_continuum(const gf_fixed_points *points) {
    if (points->conserved[0] && points->conserved[1]) {
        (void)printf(
            "The bath drives neither magnetisation nor energy (f1 = f2 = 0 identically): every\n"
            "Gibbs state is a fixed point.\n");
    } else if (points->conserved[0] || points->conserved[1]) {
        (void)printf(
            "The bath does not drive the %s (f%d = 0 identically): fixed points are not isolated\n"
            "but form a line, one for each value of the %s.\n",
            points->conserved[0] ? "magnetisation" : "energy", points->conserved[0] ? 1 : 2,
            points->conserved[0] ? "magnetisation" : "energy");
    } else {
        (void)printf(
            "Fixed points are not isolated: they form a line (a combination of magnetisation\n"
            "and energy is conserved, or nearly so).\n");
    }
}

static void print_points(const gf_fixed_points *points, const char *unit) {
    (void)printf("%-9s %11s %11s %11s %11s %20s %20s %11s %11s %11s", "kind", "m", "e", "lambda1",
                 "lambda2", "eigenvalue 1", "eigenvalue 2", "N_mm", "N_me", "N_ee");
    (void)printf("  # e in %s, lambda2 in 1/%s, eigenvalues and N_mm in epsilon %s\n", unit, unit,
                 unit);
    for (size_t k = 0; k < points->count; ++k) {
        print_point(&points->points[k]);
    }
    for (size_t k = 0; k < points->count; ++k) {
        const gf_fixed_point *point = &points->points[k];
        if (point->density_error[0] != 0 || point->density_error[1] != 0) {
            (void)printf("statistical error of point %zu: m %.2g, e %.2g\n", k + 1,
                         point->density_error[0], point->density_error[1]);
        }
    }
}

void cli_print_fixed_points(const gf_fixed_points *points, const char *unit) {
    if (points->continuum) {
        print_continuum(points);
        return;
    }
    if (points->count == 0) {
        (void)printf(points->complete ? "There is no fixed point.\n"
                                      : "No fixed point was found.\n");
    } else {
        print_points(points, unit);
    }
    if (!points->complete) {
        (void)printf(
            "warning: the indices of these points do not add up to the winding number of the\n"
            "force along the border; there may be more\n");
    }
}

static void print_scan(const gf_scan *scan, const char *unit) {
    (void)printf("%-14s %-9s %11s %11s %20s %20s  # e in %s, eigenvalues in epsilon %s\n",
                 scan->parameter, "kind", "m", "e", "eigenvalue 1", "eigenvalue 2", unit, unit);
    for (size_t value = 0; value < scan->axis.points; ++value) {
        for (size_t branch = 0; branch < scan->branches; ++branch) {
            const gf_fixed_point *point = &scan->points[value * scan->branches + branch];
            if (point->stability != GF_ABSENT) {
                (void)printf("%-14.8g ", gf_axis_value(&scan->axis, value));
                print_density(point);
                print_eigenvalue(point->eigenvalue[0]);
                print_eigenvalue(point->eigenvalue[1]);
                (void)printf("\n");
            }
        }
        if (scan->continuum[value]) {
            (void)printf("%-14.8g fixed points form a line\n", gf_axis_value(&scan->axis, value));
        }
    }
    for (size_t k = 0; k < scan->bifurcation_count; ++k) {
        const gf_bifurcation *one = &scan->bifurcations[k];
        (void)printf("%s at %s = %.10g, m = %.6g, e = %.6g\n", gf_bifurcation_name(one->kind),
                     scan->parameter, one->parameter,
                     fabs(one->density[0]) < 1e-6 ? 0 : one->density[0], one->density[1]);
    }
    if (scan->bifurcation_count == 0 && scan->unexplained == 0) {
        (void)printf("no bifurcation between these values\n");
    }
    if (scan->unexplained > 0) {
        (void)printf(
            "warning: in %zu intervals the number of points changes, but no bifurcation was\n"
            "located: take closer values\n",
            scan->unexplained);
    }
    if (scan->incomplete > 0) {
        (void)printf(
            "warning: at %zu values the indices of the points do not add up to the winding\n"
            "number of the force along the border; there may be more\n",
            scan->incomplete);
    }
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
    if (status == GF_OK && all.scanned) {
        print_scan(&all.scan, gf_model_energy_unit(all.model));
    } else if (status == GF_OK) {
        cli_print_fixed_points(&all.points, gf_model_energy_unit(all.model));
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
    int result = cli_open(&options, command, CLI_RESULT | CLI_DIAGONALIZES, own, argc, argv);
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
