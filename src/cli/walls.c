/* Tells what a run has come to: densities of walls, errors, exact values, fits. */
#include "cli/cli.h"

#include "gibbsflow/langevin.h"
#include "gibbsflow/wall_fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char walls_help[] =
    "Prints the density of domain walls at every coupling of a run, with standard\n"
    "errors; the exact values where they are known (no conserved noise); the moments\n"
    "of the field; and fits of the density against the coupling, with the errors of\n"
    "their parameters, beside those of Lange and Rosch. Warns if a point is not\n"
    "shown to be steady.\n"
    "\n"
    "--from and --to choose the couplings that are fitted.\n";

static const char walls_examples[] =
    "  gibbsflow walls fig6.h5\n"
    "  gibbsflow walls fig6.h5 --from 0.08 --to 0.4\n";

/* The fits printed in the paper, n a = A x^{1/4} exp(-c/sqrt x), for gamma = 0.875. */
static double paper_fit(const gf_langevin *self, size_t k, const gf_dynamics *dynamics) {
    const gf_run *run = &self->run;
    double x = gf_langevin_coupling(self, k), lattice = gf_run_parameter(run, k, "a");
    if (run->equation != &gf_equation_order_parameter ||
        fabs(gf_run_parameter(run, k, "gamma") - 0.875) > 1e-9) {
        return NAN;
    }
    return (dynamics->thermal > 0 ? 2.93e-2 * pow(x, 0.25) * exp(-0.56 / sqrt(x))
                                  : 4.4e-2 * pow(x, 0.25) * exp(-0.98 / sqrt(x))) /
           lattice;
}

/* Of the two-field equation. */
static void print_two_fields(const gf_langevin *self, const gf_langevin_point *points) {
    const gf_run *run = &self->run;
    const double(*d)[2] = points[0].dynamics.hydrodynamics.transport;
    (void)printf("# %s%s = [[%g, %g], [%g, %g]], cutoff = %g, noise scales: drive %g, thermal %g\n",
                 run->rescaled ? "lengths in r sqrt(epsilon), times in epsilon t; " : "",
                 run->hydrodynamics.onsager ? "sigma" : "D", d[0][0], d[0][1], d[1][0], d[1][1],
                 run->noise.cutoff, run->noise.drive, run->noise.thermal);
    (void)printf("#%9s %11s %9s %8s %7s %7s %9s %9s %9s %9s %8s  %s\n",
                 run->equation->parameters[run->swept], "density", "error", "samples", "drift",
                 "starts", "<m>", "<e>", "<m^2>", "smoothed", "outside", "state");
    for (size_t k = 0; k < run->points; ++k) {
        const gf_langevin_point *p = &points[k];
        (void)printf("%10g %11.5g %9.2g %8.0f %+7.1f %7.1f %9.4f %9.4f %9.4f %9.4f %8.2g  %s\n",
                     run->sweep[k], p->walls.mean, p->walls.error, p->walls.effective,
                     p->walls.drift, p->walls.start_effect, p->mean[0].mean, p->mean[1].mean,
                     p->second[0].mean, p->smoothed_second[0].mean, p->outside.mean,
                     gf_verdict_text(p->walls.verdict));
    }
}

static void print_heading(const gf_langevin *self) {
    const gf_run *run = &self->run;
    (void)printf("# %s, %s force, %s; L = %g, dx = %g, dt = %g, %zu realisations, t = %g...%g\n",
                 run->equation->name, run->noise.renormalised ? "renormalised" : "bare",
                 run->integrator->name, run->length, run->spacing, run->step, run->realisations,
                 run->warm_up, run->end);
    (void)printf("# walls: smoothed over l = %g, counted with hysteresis at +-%g m0\n",
                 run->smoothing, run->threshold);
    if (run->equation->fields == 2) {
        return;
    }
    (void)printf(
        "# cells, continuum: exact count on cells of dx and in the continuum, unsmoothed; "
        "dilute: (E1-E0)/2\n");
    (void)printf("#%9s %11s %9s %8s %7s %7s %11s %11s %11s %11s  %s\n",
                 run->equation->parameters[run->swept], "density", "error", "samples", "drift",
                 "starts", "cells", "continuum", "dilute", "paper", "state");
}

static void print_point(const gf_langevin *self, size_t k, const gf_langevin_point *p) {
    const gf_run *run = &self->run;
    (void)printf("%10g %11.5g %9.2g %8.0f %+7.1f %7.1f %11.5g %11.5g %11.5g %11.4g  %s\n",
                 run->sweep[k], p->walls.mean, p->walls.error, p->walls.effective, p->walls.drift,
                 p->walls.start_effect, p->exact ? p->cells.count_density : NAN,
                 p->exact ? p->continuum.count_density : NAN,
                 p->exact ? p->cells.dilute_density : NAN, paper_fit(self, k, &p->dynamics),
                 gf_verdict_text(p->walls.verdict));
}

static void print_moments(const gf_langevin *self, const gf_langevin_point *points) {
    (void)printf("\n# <m^2>\n#%9s %11s %9s %11s %11s %9s\n",
                 self->run.equation->parameters[self->run.swept], "cells", "error", "exact",
                 "smoothed", "error");
    for (size_t k = 0; k < self->run.points; ++k) {
        const gf_langevin_point *p = &points[k];
        (void)printf("%10g %11.6g %9.2g %11.6g %11.6g %9.2g\n", self->run.sweep[k],
                     p->second[0].mean, p->second[0].error, p->exact ? p->cells.second_moment : NAN,
                     p->smoothed_second[0].mean, p->smoothed_second[0].error);
    }
}

static void print_fits(const gf_langevin *self, const gf_langevin_point *points, double *table,
                       double from, double to) {
    size_t count = self->run.points;
    double *x = table, *density = table + count, *error_of = table + 2 * count;
    for (size_t k = 0; k < count; ++k) {
        x[k] = gf_langevin_coupling(self, k);
        density[k] = points[k].walls.mean / gf_langevin_length_unit(self, k);
        error_of[k] = points[k].walls.error / gf_langevin_length_unit(self, k);
    }
    if (!gf_langevin_coupling_varies(self)) {
        return;
    }
    (void)printf("\n# fits, x = epsilon J a^2/D%s\n",
                 self->run.equation->fields == 2 ? " (epsilon, where D is no number)" : "");
    for (int form = 0; form < GF_WALL_FORMS; ++form) {
        gf_wall_fit fit;
        gf_error error;
        if (gf_wall_fit_make((gf_wall_form)form, count, x, density, error_of, from, to, &fit,
                             &error) != GF_OK) {
            (void)printf("# %s\n", error.message);
            continue;
        }
        (void)printf("%s: A = %.4g +- %.2g, c = %.4g +- %.2g",
                     gf_wall_form_text((gf_wall_form)form), fit.value[0], fit.error[0],
                     fit.value[1], fit.error[1]);
        if (form == GF_WALL_TWO_TERMS) {
            (void)printf(", B = %.4g +- %.2g", fit.value[2], fit.error[2]);
        }
        (void)printf("; x = %g...%g, chi^2/f = %.3g/%zu\n", fit.from, fit.to, fit.chi_square,
                     fit.freedom);
    }
}

/* Eqs. (17) and (18), in the units of the last sweep point, and the paper's own numbers. */
static void print_theory(const gf_langevin *self, const gf_langevin_point *point) {
    const gf_dynamics *d = &point->dynamics;
    double x = gf_langevin_coupling(self, self->run.points - 1);
    (void)printf("\n# a single wall without noise (Eqs. 16-18)\n");
    if (self->run.noise.renormalised && d->thermal > 0) {
        (void)printf("# none: the renormalised force has no such wall\n");
    } else {
        double energy = gf_transfer_wall_energy(d);
        (void)printf("width*sqrt(x) = %.5g, E_DW/sqrt(x) = %.5g (times epsilon-independent a)",
                     gf_transfer_wall_width(d) * sqrt(x), energy / sqrt(x));
        if (d->drive > 0) {
            (void)printf(", c = E_DW sqrt(x)/T = %.5g with T = drive/2 of this run",
                         energy / (d->drive / 2) * sqrt(x));
        }
        (void)printf("\n");
    }
    (void)printf(
        "paper: c = 0.98 (T_eff = epsilon J (1-gamma), the strength drive: 2)\n"
        "paper, Fig. 5 (both noises): A x^(1/4) exp(-c/sqrt(x)), A = 2.93e-2 +- 0.06e-2, "
        "c = 0.56 +- 0.2\n"
        "paper, Fig. 6 (drive alone): the same with A = 4.4e-2 +- 0.06e-2, c = 0.98 "
        "(fixed)\n");
}

static void warn(const cli_options *options, const gf_langevin *self,
                 const gf_langevin_point *points) {
    for (size_t k = 0; k < self->run.points; ++k) {
        const gf_estimate *walls = &points[k].walls;
        const char *name = self->run.equation->parameters[self->run.swept];
        if (!(points[k].dynamics.order > 0)) {
            cli_say(options, "warning: %s = %g: the force has no two stable points, so no walls",
                    name, self->run.sweep[k]);
        } else if (walls->verdict == GF_NOT_STEADY) {
            cli_say(options,
                    "warning: %s = %g has not reached its steady state: drift %.1f, difference of "
                    "starts %.1f standard errors; run longer",
                    name, self->run.sweep[k], walls->drift, walls->start_effect);
        } else if (walls->verdict == GF_TOO_SHORT) {
            cli_say(options,
                    "warning: %s = %g: only %.1f independent samples, too few to tell whether the "
                    "state is steady; run longer, or more realisations",
                    name, self->run.sweep[k], walls->effective);
        }
    }
}

static bool has_walls(const gf_run *run) {
    return run->equation->has_space && !run->hydrodynamics.isolated;
}

static gf_status print_walls(const cli_options *options, double from, double to, gf_error *error) {
    gf_langevin self;
    gf_status status = gf_langevin_read(&self, options->input, error);
    gf_langevin_point *points = NULL;
    double *table = NULL;
    if (status == GF_OK && (gf_langevin_done(&self) < 1 || !has_walls(&self.run))) {
        status = gf_fail(error, GF_INVALID, "%s: %s", options->input,
                         has_walls(&self.run) ? "the run is not complete; carry on with --resume"
                                              : "the equation has no space, so no walls");
    }
    if (status == GF_OK) {
        points = calloc(self.run.points, sizeof *points);
        table = calloc(3 * self.run.points, sizeof *table);
        status = points != NULL && table != NULL ? GF_OK : gf_fail_memory(error, "the walls");
    }
    for (size_t k = 0; status == GF_OK && k < self.run.points; ++k) {
        status = gf_langevin_summarise(&self, k, &points[k], error);
    }
    if (status == GF_OK) {
        bool two = self.run.equation->fields == 2;
        print_heading(&self);
        if (two) {
            print_two_fields(&self, points);
        }
        for (size_t k = 0; k < self.run.points && !two; ++k) {
            print_point(&self, k, &points[k]);
        }
        if (!two) {
            print_moments(&self, points);
        }
        print_fits(&self, points, table, from, to);
        if (!two) {
            print_theory(&self, &points[self.run.points - 1]);
        }
        warn(options, &self, points);
    }
    free(points);
    free(table);
    gf_langevin_free(&self);
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
    int result = cli_open(&options, command, 0, own, argc, argv);
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
                               .run = run_walls};
