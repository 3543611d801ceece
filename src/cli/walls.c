/* Prints the results of a run: densities of walls, errors, exact values, fits. */
#include "cli/report.h"

#include "gibbsflow/wall_fit.h"
#include "langevin/ensemble/langevin.h"
#include "langevin/measure/paper_fit.h"
#include "langevin/measure/transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char walls_help[] =
    "Prints the density of domain walls at every coupling of a run, with standard\n"
    "errors; the exact values where they are known (no conserved noise); the moments\n"
    "of the field; and fits of the density against the coupling, with the errors of\n"
    "their parameters, beside those of Lange and Rosch. Warns if a point is not\n"
    "shown to be steady. Of a run under way it prints how far that is, and the averages\n"
    "of what its last checkpoint holds; the run is not disturbed.\n"
    "\n"
    "--from and --to choose the couplings that are fitted.\n"
    "\n"
    "Where 'gibbsflow instanton RUN.h5' has added the computed law of rare walls,\n"
    "n ~ exp(-c/sqrt(epsilon)), it is printed beside the fits, with what c the\n"
    "simulation has between neighbouring couplings.\n";

static const char walls_examples[] =
    "  gibbsflow walls fig6.h5\n"
    "  gibbsflow walls fig6.h5 --from 0.08 --to 0.4\n";

/* What the paper's fit gives; NaN where it has none. */
static double paper_density(const gf_langevin *self, size_t k) {
    const gf_run *run = self->run;
    const gf_paper_fit *fit =
        gf_paper_fit_find(gf_run_parameter(run, k, "gamma"), run->noise.thermal > 0);
    return fit != NULL ? gf_paper_fit_value(fit, gf_langevin_coupling(self, k)) /
                             gf_run_parameter(run, k, "a")
                       : NAN;
}

/* How much of the run the averages are of. */
static void print_progress(cli_report *report, const gf_langevin *self) {
    double done = gf_langevin_done(self);
    cli_report_number(report, "done", "1", done, NULL);
    if (done < 1) {
        cli_report_text(report,
                        "# a run under way, %.4g %% done: averages are of the realisations and "
                        "times that there are\n",
                        100 * done);
    }
}

static void print_heading(cli_report *report, const gf_langevin *self) {
    const gf_run *run = self->run;
    print_progress(report, self);
    cli_report_string(report, "equation", run->equation->name, NULL);
    cli_report_string(report, "parameter", run->equation->parameters[run->swept], NULL);
    cli_report_text(
        report, "# %s, %s force%s, %s; L = %g, dx = %g, dt = %g, %zu realisations, t = %g...%g\n",
        run->equation->name, run->noise.renormalised ? "renormalised" : "bare",
        run->noise.renormalised_noise ? " and noise" : "", run->integrator->name, run->length,
        run->spacing, run->step, run->realisations, run->warm_up, run->end);
    cli_report_text(report, "# walls: smoothed over l = %g, counted with hysteresis at +-%g m0\n",
                    run->smoothing, run->threshold);
}

static void print_columns(cli_report *report, const gf_run *run) {
    cli_report_text(
        report,
        "# cells, continuum: exact count on cells of dx and in the continuum, unsmoothed; "
        "dilute: (E1-E0)/2\n");
    cli_report_text(report, "#%9s %11s %9s %8s %7s %7s %11s %11s %11s %11s  %s\n",
                    run->equation->parameters[run->swept], "density", "error", "samples", "drift",
                    "starts", "cells", "continuum", "dilute", "paper", "state");
}

/* Whether anything is random: without noise there are no statistics. */
static bool is_noisy(const gf_run *run) {
    return !run->equation->has_space || run->noise.drive > 0 || run->noise.thermal > 0;
}

/* Of the run's length. */
static const char *density_units(const gf_run *run) {
    return run->rescaled ? "sqrt(epsilon)/a" : "1/a";
}

static const char *state_of(const gf_run *run, const gf_estimate *walls) {
    return walls->effective == 0 ? "no samples"
           : is_noisy(run)       ? gf_verdict_text(walls->verdict)
                                 : "no noise";
}

/* The value of a sweep point and its walls: density, error, samples, drift, starts. Where nothing
 * varied no error is known. */
static void print_walls_of(cli_report *report, const gf_run *run, size_t k,
                           const gf_estimate *walls) {
    char error[24] = "-";
    if (walls->error > 0 && is_noisy(run)) {
        (void)snprintf(error, sizeof error, "%.2g", walls->error);
    }
    cli_report_number(report, "value", NULL, run->sweep[k], "%10g");
    if (walls->effective == 0) {
        cli_report_text(report, " %11s %9s %8s %7s %7s", "-", "-", "0", "-", "-");
    } else if (is_noisy(run)) {
        cli_report_text(report, " %11.5g %9s %8.0f %+7.1f %7.1f", walls->mean, error,
                        walls->effective, walls->drift, walls->start_effect);
    } else {
        cli_report_text(report, " %11.5g %9s %8s %7s %7s", walls->mean, error, "-", "-", "-");
    }
    cli_report_estimate(report, "walls", density_units(run), walls);
    cli_report_string(report, "state", state_of(run, walls), NULL);
}

static void print_exact(cli_report *report, const char *key, bool known,
                        const gf_transfer *transfer) {
    cli_report_begin(report, key);
    cli_report_number(report, "count_density", "1/a", known ? transfer->count_density : NAN, NULL);
    cli_report_number(report, "dilute_density", "1/a", known ? transfer->dilute_density : NAN,
                      NULL);
    cli_report_number(report, "correlation_length", "a", known ? transfer->correlation_length : NAN,
                      NULL);
    cli_report_number(report, "second_moment", "1", known ? transfer->second_moment : NAN, NULL);
    cli_report_end(report);
}

static void print_point(cli_report *report, const gf_langevin *self, size_t k,
                        const gf_langevin_point *p) {
    double paper = paper_density(self, k);
    cli_report_begin(report, NULL);
    print_walls_of(report, self->run, k, &p->walls);
    cli_report_text(
        report, " %11.5g %11.5g %11.5g %11.4g  %s\n", p->exact ? p->cells.count_density : NAN,
        p->exact ? p->continuum.count_density : NAN, p->exact ? p->cells.dilute_density : NAN,
        paper, state_of(self->run, &p->walls));
    print_exact(report, "exact_cells", p->exact, &p->cells);
    print_exact(report, "exact_continuum", p->exact, &p->continuum);
    cli_report_number(report, "paper", "1/a", paper, NULL);
    cli_report_estimate(report, "second_moment", "1", &p->second[0]);
    cli_report_estimate(report, "smoothed_second_moment", "1", &p->smoothed_second[0]);
    cli_report_end(report);
}

static void print_moments(cli_report *report, const gf_langevin *self,
                          const gf_langevin_point *points) {
    cli_report_text(report, "\n# <m^2>\n#%9s %11s %9s %11s %11s %9s\n",
                    self->run->equation->parameters[self->run->swept], "cells", "error", "exact",
                    "smoothed", "error");
    for (size_t k = 0; k < self->run->points; ++k) {
        const gf_langevin_point *p = &points[k];
        cli_report_text(report, "%10g %11.6g %9.2g %11.6g %11.6g %9.2g\n", self->run->sweep[k],
                        p->second[0].mean, p->second[0].error,
                        p->exact ? p->cells.second_moment : NAN, p->smoothed_second[0].mean,
                        p->smoothed_second[0].error);
    }
}

static void print_fit(cli_report *report, const gf_wall_fit *fit) {
    static const char *const names[] = {"A", "c", "B"};
    size_t count = fit->form == GF_WALL_TWO_TERMS ? 3 : 2;
    cli_report_begin(report, NULL);
    cli_report_string(report, "form", gf_wall_form_text(fit->form), "%s:");
    for (size_t i = 0; i < count; ++i) {
        cli_report_text(report, "%s %s = %.4g +- %.2g", i > 0 ? "," : "", names[i], fit->value[i],
                        fit->error[i]);
        cli_report_begin(report, names[i]);
        cli_report_number(report, "value", i == 1 ? "1" : "1/a", fit->value[i], NULL);
        cli_report_number(report, "standard_error", i == 1 ? "1" : "1/a", fit->error[i], NULL);
        cli_report_end(report);
    }
    cli_report_number(report, "from", NULL, fit->from, "; x = %g");
    cli_report_number(report, "to", NULL, fit->to, "...%g");
    cli_report_text(report, ", chi^2/f = %.3g/%zu\n", fit->chi_square, fit->freedom);
    cli_report_number(report, "chi_square", NULL, fit->chi_square, NULL);
    cli_report_number(report, "freedom", NULL, (double)fit->freedom, NULL);
    cli_report_end(report);
}

static void print_all_fits(cli_report *report, const gf_langevin *self, const double *table,
                           double from, double to) {
    size_t count = self->run->points;
    bool two = self->run->equation->fields > 1;
    cli_report_text(report, "\n# fits, x = epsilon %s a^2/D%s\n", report->energy_unit,
                    two ? " (epsilon, where D is no number)" : "");
    for (int form = 0; form < GF_WALL_FORMS; ++form) {
        gf_wall_fit fit;
        gf_error error;
        if (gf_wall_fit_make((gf_wall_form)form, count, table, table + count, table + 2 * count,
                             from, to, &fit, &error) == GF_OK) {
            print_fit(report, &fit);
        } else {
            cli_report_text(report, "# %s\n", error.message);
        }
    }
}

static void print_fits(cli_report *report, const gf_langevin *self, const gf_langevin_point *points,
                       double *table, double from, double to) {
    gf_langevin_tabulate(self, points, table);
    cli_report_begin_list(report, "fits");
    if (gf_langevin_coupling_varies(self) && is_noisy(self->run)) {
        print_all_fits(report, self, table, from, to);
    } else if (gf_langevin_coupling_varies(self)) {
        cli_report_text(report,
                        "\n# no fits: without noise the densities have no statistical errors\n");
    }
    cli_report_end_list(report);
}

/* --- the law of rare walls ------------------------------------------------------------------- */

/* Of n = A x^(1/4) exp(-c/sqrt(x)) through two points of the table: c, and its standard error. */
static double local_exponent(const double *table, size_t count, size_t i, size_t k, double *error) {
    const double *x = table, *n = table + count, *error_of = table + 2 * count;
    double apart = 1 / sqrt(x[i]) - 1 / sqrt(x[k]);
    *error = hypot(error_of[i] / n[i], error_of[k] / n[k]) / fabs(apart);
    return (log(n[k] / n[i]) - log(x[k] / x[i]) / 4) / apart;
}

/* The same of the exact density of dilute walls around a coupling. */
static double exact_exponent(const gf_run *run, double unit, double x) {
    const double ratio = 1.05;
    double n[2];
    for (int k = 0; k < 2; ++k) {
        gf_dynamics d;
        gf_transfer exact;
        if (gf_run_dynamics_at(run, 0, x * pow(ratio, 2 * k - 1) / unit, &d, NULL) != GF_OK ||
            gf_transfer_continuum(&d, run->threshold * d.order, &exact, NULL) != GF_OK) {
            return NAN;
        }
        n[k] = exact.dilute_density;
    }
    return (log(n[1] / n[0]) - log(ratio) / 2) / ((sqrt(ratio) - 1 / sqrt(ratio)) / sqrt(x));
}

/* Where theory knows the density: up to which coupling it keeps to c within a tenth. Above, it may
 * cross c again without meaning it. */
static void print_exact_approach(cli_report *report, const gf_langevin *self, double c) {
    gf_dynamics d;
    const gf_run *run = self->run;
    double unit = gf_langevin_coupling(self, 0) / run->sweep[0], x = 1e-3 * c * c / 0.25;
    if (gf_run_dynamics(run, 0, &d, NULL) != GF_OK || !gf_transfer_applies(&d)) {
        return;
    }
    while (x < 1 && fabs(exact_exponent(run, unit, x) / c - 1) < 0.1) {
        x *= 1.1;
    }
    cli_report_number(report, "exact_below", "1", x / 1.1,
                      "# exactly, (E1-E0)/2 keeps to the law within 10 %% of c below x = %.2g\n");
}

/* c between neighbouring couplings, the smallest first; up to which coupling it keeps to the law
 * within a tenth, known as well; 0: not even there. Whether none is further from it than twice its
 * error. */
static double print_local_exponents(cli_report *report, size_t count, const double *table, double c,
                                    bool *agrees) {
    const double *x = table, *n = table + count;
    bool rising = x[0] < x[count - 1], keeps = true;
    double reached = 0;
    size_t compared = 0, away = 0;
    for (size_t j = 0; j + 1 < count; ++j) {
        size_t low = rising ? j : count - 1 - j, high = rising ? low + 1 : low - 1;
        double error = 0, local = local_exponent(table, count, low, high, &error);
        if (!(n[low] > 0 && n[high] > 0)) {
            continue;
        }
        keeps = keeps && fabs(local - c) < 0.1 * c && error < 0.1 * c;
        reached = keeps ? x[high] : reached;
        away += !(fabs(local - c) < 2 * error);
        ++compared;
        cli_report_begin(report, NULL);
        cli_report_number(report, "from", "1", x[low], "# x = %g, ");
        cli_report_number(report, "to", "1", x[high], "%g: ");
        cli_report_number(report, "c", "1", local, "c = %.4g");
        cli_report_number(report, "error", "1", error, " +- %.2g\n");
        cli_report_end(report);
    }
    *agrees = compared > 0 && away == 0;
    return reached;
}

/* c as computed beside what the simulation says. */
static void print_law(cli_report *report, const gf_langevin *self, const double *table) {
    const gf_run *run = self->run;
    if (self->law == NULL || run->swept != 0 || !gf_langevin_coupling_varies(self)) {
        return;
    }
    double unit = sqrt(gf_langevin_coupling(self, 0) / run->sweep[0]), c = unit * self->law[0];
    cli_report_begin(report, "law");
    cli_report_number(report, "c", "1", c,
                      "\n# the law of rare walls, computed by 'gibbsflow instanton': c = %.5g");
    cli_report_number(report, "error", "1", unit * self->law_error[0], " +- %.1g\n");
    cli_report_text(report, "# A x^(1/4) exp(-c/sqrt(x)) through two neighbouring couplings:\n");
    cli_report_begin_list(report, "local");
    bool agrees;
    double reached = print_local_exponents(report, run->points, table, c, &agrees);
    cli_report_end_list(report);
    cli_report_number(report, "simulation_below", "1", reached > 0 ? reached : NAN,
                      reached > 0 ? "# the simulation keeps to the law from x = %g down\n" : NULL);
    if (!(reached > 0)) {
        cli_report_text(report, agrees ? "# the simulation agrees with the law within twice its "
                                         "errors, which exceed a tenth of c: no proof\n"
                                       : "# the simulation does not reach the law: walls are not "
                                         "rare at these couplings\n");
    }
    print_exact_approach(report, self, c);
    cli_report_end(report);
}

/* Of the two-field equation. */
static void print_two_fields_of(cli_report *report, const gf_run *run, size_t k,
                                const gf_langevin_point *p) {
    cli_report_begin(report, NULL);
    print_walls_of(report, run, k, &p->walls);
    cli_report_text(report, " %9.4f %9.4f %9.4f %9.4f %8.2g  %s\n", p->mean[0].mean,
                    p->mean[1].mean, p->second[0].mean, p->smoothed_second[0].mean, p->outside.mean,
                    state_of(run, &p->walls));
    cli_report_estimate(report, "magnetization", "1 per site", &p->mean[0]);
    cli_report_estimate(report, "energy", "{energy} per site", &p->mean[1]);
    cli_report_estimate(report, "second_moment", "1", &p->second[0]);
    cli_report_estimate(report, "smoothed_second_moment", "1", &p->smoothed_second[0]);
    cli_report_estimate(report, "second_energy", "{energy}^2", &p->second[1]);
    cli_report_estimate(report, "outside", "1", &p->outside);
    cli_report_end(report);
}

static gf_status print_two_fields(cli_report *report, const gf_langevin *self,
                                  const gf_langevin_point *points, double from, double to,
                                  double *table, gf_error *error) {
    const gf_run *run = self->run;
    gf_dynamics dynamics;
    gf_status status = gf_run_dynamics(run, 0, &dynamics, error);
    if (status != GF_OK) {
        return status;
    }
    const gf_hydrodynamics *h = &dynamics.hydrodynamics;
    const double(*d)[GF_CHARGES] = h->transport;
    char transport[120] = "D of the densities, from a file";
    if (h->law != GF_TRANSPORT_VARYING) {
        (void)snprintf(transport, sizeof transport, "%s = [[%g, %g], [%g, %g]]",
                       h->law == GF_TRANSPORT_ONSAGER ? "sigma" : "D", d[0][0], d[0][1], d[1][0],
                       d[1][1]);
    }
    cli_report_text(
        report, "# %s%s, cutoff = %g, noise scales: drive %g, thermal %g; unit of energy: %s\n",
        run->rescaled ? "lengths in r sqrt(epsilon), times in epsilon t; " : "", transport,
        run->noise.cutoff, run->noise.drive, run->noise.thermal, run->medium.energy_unit);
    cli_report_text(report, "#%9s %11s %9s %8s %7s %7s %9s %9s %9s %9s %8s  %s\n",
                    run->equation->parameters[run->swept], "density", "error", "samples", "drift",
                    "starts", "<m>", "<e>", "<m^2>", "smoothed", "outside", "state");
    for (size_t k = 0; k < run->points; ++k) {
        print_two_fields_of(report, run, k, &points[k]);
    }
    cli_report_end_list(report);
    print_fits(report, self, points, table, from, to);
    print_law(report, self, table);
    return GF_OK;
}

/* Eqs. (17) and (18), in the units of the last sweep point, and the paper's own numbers. */
static gf_status print_theory(cli_report *report, const gf_langevin *self, gf_error *error) {
    gf_dynamics d;
    gf_status status = gf_run_dynamics(self->run, self->run->points - 1, &d, error);
    if (status != GF_OK) {
        return status;
    }
    double x = gf_langevin_coupling(self, self->run->points - 1), drive = d.scalar.drive;
    cli_report_text(report, "\n# a single wall without noise (Eqs. 16-18)\n");
    if (self->run->noise.renormalised && d.scalar.thermal > 0) {
        cli_report_text(report, "# none: the renormalised force has no such wall\n");
    } else {
        double energy = gf_transfer_wall_energy(&d), width = gf_transfer_wall_width(&d) * sqrt(x);
        cli_report_text(report,
                        "width*sqrt(x) = %.5g, E_DW/sqrt(x) = %.5g (times epsilon-independent a)",
                        width, energy / sqrt(x));
        cli_report_begin(report, "single_wall");
        cli_report_number(report, "scaled_width", "a", width, NULL);
        cli_report_number(report, "scaled_energy", "a", energy / sqrt(x), NULL);
        cli_report_end(report);
        if (drive > 0) {
            cli_report_text(report, ", c = E_DW sqrt(x)/T = %.5g with T = drive/2 of this run",
                            energy / (drive / 2) * sqrt(x));
        }
        cli_report_text(report, "\n");
    }
    const gf_paper_fit *both = &gf_paper_fit_both_noises, *alone = &gf_paper_fit_drive_alone;
    cli_report_text(report,
                    "paper: c = %g (T_eff = epsilon J (1-gamma), the strength drive: 2)\n"
                    "paper, %s (both noises): A x^(1/4) exp(-c/sqrt(x)), %s\n"
                    "paper, %s (drive alone): the same with %s\n",
                    alone->exponent, both->figure, both->text, alone->figure, alone->text);
    return GF_OK;
}

/* --- the command ----------------------------------------------------------------------------- */

static void warn(const cli_options *options, const gf_langevin *self,
                 const gf_langevin_point *points) {
    for (size_t k = 0; k < self->run->points; ++k) {
        const gf_estimate *walls = &points[k].walls;
        const char *name = self->run->equation->parameters[self->run->swept];
        if (!(points[k].order > 0)) {
            cli_say(options, "warning: %s = %g: the force has no two stable points, so no walls",
                    name, self->run->sweep[k]);
        } else if (!is_noisy(self->run)) {
            continue; /* no statistics, nothing to warn of */
        } else if (walls->verdict == GF_NOT_STEADY &&
                   (isinf(walls->drift) || isinf(walls->start_effect))) {
            cli_say(options,
                    "warning: %s = %g has not reached its steady state: it drifts, or its "
                    "starts differ, in the same way in all realisations; run longer",
                    name, self->run->sweep[k]);
        } else if (walls->verdict == GF_TOO_SHORT && walls->error == 0) {
            cli_say(options,
                    "warning: %s = %g: the number of walls never changed, so that neither its "
                    "error nor whether it is steady is known; run longer, or more realisations",
                    name, self->run->sweep[k]);
        } else if (walls->verdict == GF_NOT_STEADY) {
            cli_say(options,
                    "warning: %s = %g has not reached its steady state: drift %.1f, difference of "
                    "starts %.1f standard errors; run longer",
                    name, self->run->sweep[k], walls->drift, walls->start_effect);
        } else if (walls->verdict == GF_TOO_SHORT) {
            cli_say(options,
                    "warning: %s = %g: only %.1f independent samples, too few to tell whether the "
                    "state is steady; run longer, or more realisations",
                    name, self->run->sweep[k], walls->effective);
        }
    }
}

static gf_status print_one_field(cli_report *report, const gf_langevin *self,
                                 const gf_langevin_point *points, double from, double to,
                                 double *table, gf_error *error) {
    print_columns(report, self->run);
    cli_report_begin_list(report, "points");
    for (size_t k = 0; k < self->run->points; ++k) {
        print_point(report, self, k, &points[k]);
    }
    cli_report_end_list(report);
    print_moments(report, self, points);
    print_fits(report, self, points, table, from, to);
    print_law(report, self, table);
    return print_theory(report, self, error);
}

static gf_status print_all(const cli_options *options, const gf_langevin *self,
                           const gf_langevin_point *points, double from, double to, double *table,
                           gf_error *error) {
    cli_report report;
    cli_report_open(&report, options);
    if (self->run->equation->fields > 1) {
        cli_report_set_energy_unit(&report, self->run->medium.energy_unit);
    }
    print_heading(&report, self);
    gf_status status = self->run->equation->fields > 1
                           ? print_two_fields(&report, self, points, from, to, table, error)
                           : print_one_field(&report, self, points, from, to, table, error);
    return cli_report_close(&report, status, error);
}

static gf_status print_results(const cli_options *options, const gf_langevin *self, double from,
                               double to, gf_error *error) {
    size_t count = self->run->points;
    gf_langevin_point *points = calloc(count, sizeof *points);
    double *table = calloc(3 * count, sizeof *table);
    gf_status status = points != NULL && table != NULL ? GF_OK : gf_fail_memory(error, "the walls");
    for (size_t k = 0; status == GF_OK && k < count; ++k) {
        status = gf_langevin_summarise(self, k, &points[k], error);
    }
    if (status == GF_OK) {
        status = print_all(options, self, points, from, to, table, error);
    }
    if (status == GF_OK && gf_langevin_done(self) >= 1) {
        warn(options, self, points);
    }
    free(points);
    free(table);
    return status;
}

static gf_status print_walls(const cli_options *options, double from, double to, gf_error *error) {
    gf_langevin *self = NULL;
    gf_status status = cli_expect(options, CLI_RUN, error);
    if (status == GF_OK) {
        status = gf_langevin_read(options->input, &self, error);
    }
    bool walls = status == GF_OK && gf_run_has_walls(self->run);
    if (status == GF_OK && !walls) {
        status = gf_fail(error, GF_INVALID, "%s: the equation has no space, so no walls",
                         options->input);
    }
    if (status == GF_OK) {
        status = print_results(options, self, from, to, error);
    }
    gf_langevin_free(self);
    return status;
}

static int run_walls(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    gf_error error;
    double from = 0, to = HUGE_VAL;
    struct poptOption own[] = {
        {"from", '\0', POPT_ARG_DOUBLE, &from, 0, "fit from this coupling on", "X"},
        {"to", '\0', POPT_ARG_DOUBLE, &to, 0, "fit up to this coupling", "X"},
        POPT_TABLEEND};
    int result = cli_open(&options, command, CLI_JSON, own, argc, argv);
    if (result == CLI_GO_ON) {
        gf_status status = print_walls(&options, from, to, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_walls = {.name = "walls",
                               .arguments = "RUN.h5",
                               .summary = "print the density of domain walls of a run",
                               .help = walls_help,
                               .examples = walls_examples,
                               .takes = CLI_RUN,
                               .run = run_walls};
