#include "cli/print.h"

#include "gibbsflow/phase_diagram.h"
#include "gibbsflow/region.h"
#include "gibbsflow/scan.h"
#include "model/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    "same command carries on from there.\n"
    "\n"
    "Two --scan make a phase diagram: the number and kind of the fixed points at\n"
    "every node, and lines of pitchforks, folds and Hopf points, each followed on its\n"
    "own equations from a bifurcation between two nodes, with cusps, degenerate\n"
    "pitchforks (where folds begin) and Bogdanov-Takens points. At most one of the\n"
    "parameters may enter the Hamiltonian or a jump operator.\n";

static const char examples[] =
    "  gibbsflow fixed-points models/xxz_jprime.yaml\n"
    "  gibbsflow fixed-points fig2.h5 --set gamma=0.95\n"
    "  gibbsflow fixed-points fig2.h5 --scan gamma=0.8:1:81 -o scan.h5\n"
    "  gibbsflow figure scan.h5 -o scan.pdf\n"
    "  gibbsflow fixed-points models/xxz_jprime.yaml --set gamma=0.83 \\\n"
    "      --scan Delta=-1:1.5:21 -o delta.h5\n"
    "  gibbsflow fixed-points models/xxz_jprime.yaml --scan Delta=0:2:41 \\\n"
    "      --scan gamma=0.7:1:61 -o phase.h5\n"
    "  gibbsflow figure phase.h5 -o phase.pdf\n";

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
    unit = unit > 0 && isfinite(unit) ? unit : 1;
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
    if (point->stability == GF_BORDER) {
        cli_report_string(report, "attraction", gf_attraction_name(point->attraction), NULL);
        cli_report_numbers(report, "border_rate", "epsilon {energy}", 2, point->border_rate);
    }
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

/* Of a dark state, the one with index k. */
static void print_attraction(cli_report *report, size_t k, const gf_fixed_point *point) {
    cli_report_text(report, "point %zu, at the border, is %s", k + 1,
                    gf_attraction_name(point->attraction));
    if (!isnan(point->border_rate[0])) {
        cli_report_text(report, " (rates %.8g to %.8g)", point->border_rate[0],
                        point->border_rate[1]);
    }
    cli_report_text(report, "\n");
}

static void print_titles(cli_report *report) {
    const char *unit = report->energy_unit;
    cli_report_text(
        report,
        "%-9s %11s %11s %11s %11s %20s %20s %11s %11s %11s  # e in %s, lambda2 in 1/%s, "
        "eigenvalues and N_mm in epsilon %s\n",
        "kind", "m", "e", "lambda1", "lambda2", "eigenvalue 1", "eigenvalue 2", "N_mm", "N_me",
        "N_ee", unit, unit, unit);
}

static void print_points(cli_report *report, const gf_fixed_points *points) {
    print_titles(report);
    for (size_t k = 0; k < points->count; ++k) {
        print_point(report, &points->points[k]);
    }
    for (size_t k = 0; k < points->count; ++k) {
        const gf_fixed_point *point = &points->points[k];
        if (point->stability == GF_BORDER) {
            print_attraction(report, k, point);
        }
        if (point->density_error[0] != 0 || point->density_error[1] != 0) {
            cli_report_text(report, "statistical error of point %zu: m %.2g, e %.2g\n", k + 1,
                            point->density_error[0], point->density_error[1]);
        }
    }
}

/* How far a line goes in the plane of m and e from point i - 1 to point i. */
static double stride(const gf_fixed_line *line, size_t i) {
    const double *here = line->points[i].density;
    const double *before = i > 0 ? line->points[i - 1].density : here;
    return hypot(here[0] - before[0], here[1] - before[1]);
}

/* Some of its points, about as far from one another. */
static void print_fixed_line(cli_report *report, const gf_fixed_line *line) {
    enum { SHOWN = 20 };
    double whole = 0, at = 0;
    size_t shown = 0;
    for (size_t i = 0; i < line->count; ++i) {
        whole += stride(line, i);
    }
    cli_report_begin_list(report, NULL);
    for (size_t i = 0; i < line->count; ++i) {
        at += stride(line, i);
        if (at * SHOWN >= (double)shown * whole || i + 1 == line->count) {
            print_point(report, &line->points[i]);
            ++shown;
        }
    }
    cli_report_end_list(report);
}

static void print_fixed_lines(cli_report *report, const gf_fixed_points *points) {
    cli_report_begin_list(report, "lines");
    for (size_t k = 0; k < points->line_count; ++k) {
        cli_report_text(
            report,
            "line %zu of %zu, some of its points; stable where states beside it come to it\n",
            k + 1, points->line_count);
        print_titles(report);
        print_fixed_line(report, &points->lines[k]);
    }
    cli_report_end_list(report);
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
    print_fixed_lines(report, points);
    cli_report_truth(report, "continuum", points->continuum);
    cli_report_truth(report, "complete", points->complete);
    cli_report_begin(report, "conserved_by_bath");
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        cli_report_truth(report, gf_charge_name(i), points->conserved[i]);
    }
    cli_report_end(report);
}

/* A value of the parameter; zero without its rounding. */
static double value_at(const gf_scan *scan, size_t value) {
    double at = gf_axis_value(&scan->axis, value);
    return fabs(at) < 1e-14 * fmax(fabs(scan->axis.from), fabs(scan->axis.to)) ? 0 : at;
}

/* The points of all branches at one value of the parameter. */
static void print_scan_value(cli_report *report, const gf_scan *scan, size_t value) {
    for (size_t branch = 0; branch < scan->branches; ++branch) {
        const gf_fixed_point *point = &scan->points[value * scan->branches + branch];
        if (point->stability != GF_ABSENT) {
            cli_report_begin(report, NULL);
            cli_report_number(report, "value", NULL, value_at(scan, value), "%-14.8g ");
            cli_report_number(report, "branch", NULL, (double)branch, NULL);
            print_density(report, point);
            print_eigenvalues(report, point);
            cli_report_text(report, "\n");
            cli_report_end(report);
        }
    }
    if (scan->continuum[value]) {
        cli_report_text(report, "%-14.8g fixed points form a line\n", value_at(scan, value));
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
    cli_report_begin_list(report, "continua"); /* values at which fixed points form a line */
    for (size_t value = 0; value < scan->axis.points; ++value) {
        if (scan->continuum[value]) {
            cli_report_number(report, NULL, NULL, gf_axis_value(&scan->axis, value), NULL);
        }
    }
    cli_report_end_list(report);
    print_doubts(report, scan);
}

enum { KINDS = GF_BORDER + 1 };

/* How many fixed points of each kind a node has. */
typedef struct combination {
    size_t number[KINDS], nodes;
} combination;

/* "2 stable, 1 saddle" */
static void print_combination(cli_report *report, const combination *one, size_t nodes) {
    bool any = false;
    cli_report_begin(report, NULL);
    cli_report_number(report, "nodes", NULL, (double)one->nodes, "%.0f");
    cli_report_text(report, " of %zu nodes:", nodes);
    for (int kind = 0; kind < KINDS; ++kind) {
        const char *name = gf_stability_name((gf_stability)kind);
        cli_report_number(report, name, NULL, (double)one->number[kind], NULL);
        if (one->number[kind] > 0) {
            cli_report_text(report, "%s %zu %s", any ? "," : "", one->number[kind], name);
            any = true;
        }
    }
    cli_report_text(report, "%s\n", any ? "" : " no fixed point");
    cli_report_end(report);
}

/* By the combinations that occur. */
static void print_combinations(cli_report *report, const gf_phase_diagram *diagram) {
    enum { MOST = 32 };
    combination seen[MOST] = {0};
    size_t combinations = 0, lines = 0, nodes = diagram->axis[0].points * diagram->axis[1].points;
    for (size_t node = 0; node < nodes; ++node) {
        size_t number[KINDS] = {0}, k = 0;
        for (size_t i = 0; i < diagram->most; ++i) {
            gf_stability kind = diagram->points[node * diagram->most + i].stability;
            number[kind < GF_ABSENT ? kind : 0] += kind < GF_ABSENT;
        }
        if (diagram->continuum[node]) {
            ++lines;
            continue;
        }
        while (k < combinations && memcmp(seen[k].number, number, sizeof number) != 0) {
            ++k;
        }
        if (k < MOST) {
            memcpy(seen[k].number, number, sizeof number);
            ++seen[k].nodes;
            combinations += k == combinations;
        }
    }
    cli_report_begin_list(report, "combinations");
    for (size_t k = 0; k < combinations; ++k) {
        print_combination(report, &seen[k], nodes);
    }
    cli_report_end_list(report);
    if (lines > 0) {
        cli_report_text(report, "%zu of %zu nodes: fixed points form a line\n", lines, nodes);
    }
    cli_report_number(report, "nodes", NULL, (double)nodes, NULL);
    cli_report_number(report, "continua", NULL, (double)lines, NULL);
}

/* The parameters as a list. */
static void print_place(cli_report *report, const char *key, const gf_phase_diagram *diagram,
                        const gf_line_point *place) {
    cli_report_numbers(report, key, NULL, 2, place->parameter);
    cli_report_text(report, "%s = %.8g, %s = %.8g", diagram->parameter[0], place->parameter[0],
                    diagram->parameter[1], place->parameter[1]);
}

static void print_line(cli_report *report, const gf_phase_diagram *diagram,
                       const gf_bifurcation_line *line) {
    cli_report_begin(report, NULL);
    cli_report_string(report, "kind", gf_bifurcation_name(line->kind), "line of %ss from ");
    print_place(report, "from", diagram, &line->points[0]);
    cli_report_string(report, "begins_at", gf_line_mark_name(line->end[0]), " (%s) to ");
    print_place(report, "to", diagram, &line->points[line->count - 1]);
    cli_report_string(report, "ends_at", gf_line_mark_name(line->end[1]), " (%s): ");
    cli_report_number(report, "points", NULL, (double)line->count, "%.0f points");
    cli_report_number(report, "error", NULL, line->error,
                      line->error > 0 ? ", right to %.1g of the axis\n" : NULL);
    if (!(line->error > 0)) {
        cli_report_text(report, "\n");
    }
    cli_report_end(report);
}

static void print_special(cli_report *report, const gf_phase_diagram *diagram,
                          const gf_special_point *one) {
    cli_report_begin(report, NULL);
    cli_report_string(report, "kind", gf_line_mark_name(one->kind), "%s at ");
    print_place(report, "at", diagram, &one->place);
    cli_report_number(report, "magnetization", "1 per site", tidy(one->place.density[0]),
                      ", m = %.6g");
    cli_report_number(report, "energy", "{energy} per site", one->place.density[1], ", e = %.6g\n");
    cli_report_end(report);
}

static void print_phase_doubts(cli_report *report, const gf_phase_diagram *diagram) {
    if (diagram->line_count == 0) {
        cli_report_text(report, "no line of bifurcations\n");
    }
    if (diagram->unfollowed > 0) {
        cli_report_text(
            report,
            "warning: %zu bifurcations between nodes lie on none of these lines: take closer "
            "values\n",
            diagram->unfollowed);
    }
    if (diagram->incomplete > 0) {
        cli_report_text(
            report,
            "warning: at %zu nodes the indices of the points do not add up to the winding\n"
            "number of the force along the border; there may be more\n",
            diagram->incomplete);
    }
    cli_report_number(report, "unfollowed", NULL, (double)diagram->unfollowed, NULL);
    cli_report_number(report, "incomplete", NULL, (double)diagram->incomplete, NULL);
}

static void print_phase_diagram(cli_report *report, const gf_phase_diagram *diagram) {
    cli_report_begin_list(report, "parameters");
    for (int k = 0; k < 2; ++k) {
        cli_report_string(report, NULL, diagram->parameter[k], NULL);
    }
    cli_report_end_list(report);
    print_combinations(report, diagram);
    cli_report_begin_list(report, "lines");
    for (size_t k = 0; k < diagram->line_count; ++k) {
        print_line(report, diagram, &diagram->lines[k]);
    }
    cli_report_end_list(report);
    cli_report_begin_list(report, "special_points");
    for (size_t k = 0; k < diagram->special_count; ++k) {
        print_special(report, diagram, &diagram->specials[k]);
    }
    cli_report_end_list(report);
    print_phase_doubts(report, diagram);
}

/* --- storing --------------------------------------------------------------------------------- */

/* What to follow the points through. */
typedef struct request {
    size_t count; /* of parameters: none, one (a scan) or two (a phase diagram) */
    char *parameter[2];
    gf_axis axis[2];
} request;

typedef struct results {
    gf_model *model;
    gf_spectrum *spectrum; /* NULL: every value of the scan had its own */
    gf_region region;
    gf_fixed_points points;
    gf_scan scan;
    gf_phase_diagram diagram;
    size_t scanned; /* along so many parameters */
} results;

/* The group that holds what was found, and what it is. */
static const struct {
    const char *group, *name;
} findings[] = {{"/fixed_points", "fixed points"}, {"/scan", "scan"}, {"/phase", "phase diagram"}};

/* Writes what was found; `anew` also the model and its spectrum, so that the file is complete. */
static gf_status write_findings(const cli_options *options, const results *all, bool anew,
                                gf_file **file, gf_error *error) {
    if (anew) {
        gf_file_put_origin(*file, options->line);
    } else {
        gf_file_set_energy_unit(*file, gf_model_energy_unit(all->model));
        gf_file_remove(*file, findings[all->scanned].group);
    }
    if (anew && all->spectrum != NULL) {
        gf_spectrum_write(all->spectrum, all->model, *file);
        gf_region_write(&all->region, *file);
    } else if (anew) {
        gf_model_store(all->model, *file);
    }
    if (all->scanned == 2) {
        gf_phase_diagram_write(&all->diagram, *file);
    } else if (all->scanned == 1) {
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
                findings[all->scanned].name);
    }
    return status;
}

/* --- the command ----------------------------------------------------------------------------- */

/* The parameter that every value wants a spectrum for, or NULL. */
static const char *deep_parameter(const gf_model *model, const request *what) {
    for (size_t k = 0; k < what->count; ++k) {
        if (gf_scan_diagonalizes(model, what->parameter[k])) {
            return what->parameter[k];
        }
    }
    return NULL;
}

/* The model, and its spectrum unless every value of the scan is to have its own. */
static gf_status load(const cli_options *options, const request *what, results *all,
                      gf_error *error) {
    gf_status status = GF_OK;
    if (gf_file_is_hdf5(options->input)) {
        status = cli_load_spectrum(options, &all->model, &all->spectrum, error);
    } else {
        status = cli_load_model(options, &all->model, error);
        if (status == GF_OK && deep_parameter(all->model, what) == NULL) {
            status = cli_diagonalize(options, all->model, &all->spectrum, error);
        }
    }
    return status == GF_OK && all->spectrum != NULL
               ? gf_region_init(&all->region, all->spectrum, error)
               : status;
}

static gf_status estimate(const cli_options *options, const request *what, const results *all,
                          gf_error *error) {
    const char *const names[2] = {what->parameter[0], what->parameter[1]};
    gf_spectrum_cost cost = {0};
    gf_status status = what->count == 2
                           ? gf_phase_diagram_estimate(all->model, names, what->axis, &cost, error)
                       : deep_parameter(all->model, what) != NULL
                           ? gf_scan_estimate(all->model, names[0], &what->axis[0], &cost, error)
                           : GF_OK;
    if (status == GF_OK) {
        cli_say_cost(options, all->model, &cost);
    }
    return status;
}

static gf_status scan(const cli_options *options, const request *what, gf_scan_store *kept,
                      results *all, gf_error *error) {
    const char *const names[2] = {what->parameter[0], what->parameter[1]};
    cli_progress progress;
    gf_status status = estimate(options, what, all, error);
    if (status != GF_OK) {
        return status;
    }
    cli_progress_start(&progress, options, "scanning");
    status =
        what->count == 2
            ? gf_phase_diagram_compute(all->model, all->spectrum, &all->region, names, what->axis,
                                       kept, &progress.progress, &all->diagram, error)
            : gf_scan_resume(all->model, all->spectrum, &all->region, names[0], what->axis, kept,
                             &progress.progress, &all->scan, error);
    cli_progress_end(&progress);
    all->scanned = what->count;
    if (kept != NULL && kept->resumed > 0) {
        cli_say(options, "%zu spectra were taken from %s", kept->resumed, kept->folder);
    }
    if (kept != NULL && kept->failure.status != GF_OK) {
        cli_say(options, "spectra were not kept: %s", kept->failure.message);
    }
    return status;
}

static gf_status finish(const cli_options *options, const request *what, results *all,
                        gf_error *error) {
    gf_status status = GF_OK;
    const char *deep = deep_parameter(all->model, what);
    char *folder = NULL;
    gf_scan_store kept = {0};
    if (options->output != NULL && deep != NULL) {
        if (asprintf(&folder, "%s.spectra", options->output) < 0) {
            return gf_fail_memory(error, options->output);
        }
        kept.folder = folder;
        cli_announce_kept("spectra", folder);
    }
    status = what->count > 0 ? scan(options, what, folder != NULL ? &kept : NULL, all, error)
                             : cli_find_fixed_points(all->model, all->spectrum, &all->region,
                                                     &all->points, error);
    if (status == GF_OK) {
        status = store(options, all, error); /* first: printing may be cut short by a pipe */
    }
    if (status == GF_OK && folder != NULL) {
        gf_scan_store_remove(&kept, deep);
    }
    free(folder);
    return status;
}

static gf_status print(const cli_options *options, const results *all, gf_error *error) {
    cli_report report;
    cli_report_open(&report, options);
    cli_report_chain(&report, all->model);
    if (all->scanned == 2) {
        print_phase_diagram(&report, &all->diagram);
    } else if (all->scanned == 1) {
        print_scan(&report, &all->scan);
    } else {
        cli_print_fixed_points(&report, &all->points);
    }
    return cli_report_close(&report, GF_OK, error);
}

static int find(const cli_options *options, const request *what) {
    static const int writes[] = {CLI_SPECTRUM, CLI_SCAN | CLI_SPECTRUM, CLI_PHASE | CLI_SPECTRUM};
    results all = {0};
    gf_error error;
    gf_status status =
        options->output != NULL ? cli_spare_output(options, writes[what->count], &error) : GF_OK;
    if (status == GF_OK) {
        status = load(options, what, &all, &error);
    }
    if (status == GF_OK) {
        status = finish(options, what, &all, &error);
    }
    if (status == GF_OK) {
        status = print(options, &all, &error);
    }
    gf_phase_diagram_free(&all.diagram);
    gf_scan_free(&all.scan);
    gf_fixed_points_free(&all.points);
    gf_region_free(&all.region);
    gf_spectrum_free(all.spectrum);
    gf_model_free(all.model);
    return status == GF_OK ? CLI_DONE : cli_fail(options, &error);
}

/* The texts of --scan, NULL-terminated, or NULL if there is none. */
static int parse_scans(const cli_options *options, char *const *texts, request *what) {
    gf_error error;
    for (; texts != NULL && *texts != NULL; ++texts) {
        if (what->count == 2) {
            return cli_usage(options, "--scan: one parameter, or two for a phase diagram");
        }
        if (gf_scan_parse(*texts, &what->parameter[what->count], &what->axis[what->count],
                          &error) != GF_OK) {
            return cli_usage(options, "--scan: %s", error.message);
        }
        ++what->count;
    }
    return CLI_GO_ON;
}

static int run(const cli_command *command, int argc, const char **argv) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    char **scans = NULL;
    request what = {0};
    struct poptOption own[] = {{"scan", 0, POPT_ARG_ARGV, &scans, 0,
                                "follow the fixed points through a parameter; twice: a phase "
                                "diagram",
                                "NAME=FROM:TO:POINTS"},
                               POPT_TABLEEND};
    cli_options options;
    int result =
        cli_open(&options, command, CLI_RESULT | CLI_DIAGONALIZES | CLI_JSON, own, argc, argv);
    if (result == CLI_GO_ON && options.output != NULL) {
        result = cli_check_output(&options, endings);
    }
    if (result == CLI_GO_ON) {
        result = parse_scans(&options, scans, &what);
    }
    if (result == CLI_GO_ON) {
        result = find(&options, &what);
    }
    for (size_t k = 0; scans != NULL && scans[k] != NULL; ++k) {
        free(scans[k]);
    }
    free(scans);
    free(what.parameter[0]);
    free(what.parameter[1]);
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
