/* Currents, Kubo formulas and diffusion constants from the Hamiltonian. */
#include "cli/report.h"

#include "base/machine.h"
#include "io/charge_units.h"
#include "model/model_file.h"
#include "transport/diffusion_table.h"
#include "transport/memory.h"
#include "transport/operator_space.h"
#include "transport/sampled.h"
#include "transport/tail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Computes how magnetisation and energy spread along the chain: from the currents\n"
    "J_i ('gibbsflow operators' prints them) the Kubo functions\n"
    "\n"
    "  K_ij(t) = (J_i(t); J_j)/N,  sigma_ij(t) = integral of K_ij from 0 to t,\n"
    "\n"
    "connected, of Kubo and Mori's product, at Gibbs states exp(-lambda1 sum Z -\n"
    "lambda2 H), and D = sigma(infinity) C^-1 where sigma(t) has settled. The bath\n"
    "plays no part.\n"
    "\n"
    "--at names states and may be given several times (default: 0,0, infinite\n"
    "temperature); --grid N1,N2 takes so many values of lambda1 and lambda2 over the\n"
    "range of the model's lambda grid. One diagonalisation serves all of them.\n"
    "\n"
    "A finite ring is the infinite chain only for a time. sigma(t) is trusted up to\n"
    "t*, as long as the next smaller chain (N - 2, or as cells allow) agrees to 2 %.\n"
    "Every state gets a verdict:\n"
    "\n"
    "  settled       over the second half of t* sigma moves by less than 2 %: D is\n"
    "                printed, its error from that movement and both chains\n"
    "  not settled   sigma(t*) is printed as a value at a finite time, and no D. So\n"
    "                it is with most chains: what comes after t* is an artefact of\n"
    "                the ring, and nearly integrable chains decay far later\n"
    "\n"
    "'Drude' is the part of K that never decays on this chain, '<J>/N' the mean\n"
    "current, which only a finite chain without reflection symmetry has.\n"
    "\n"
    "--method full diagonalises: up to 16 sites, 18 with patience. Frequencies lie\n"
    "on a grid fine enough for 1e-4; --exact keeps each pair of levels (N <= 12).\n"
    "\n"
    "--method typicality sends random vectors through time: 18 to 24 sites. Two in the\n"
    "largest magnetisation sector (--samples), more in smaller ones, serve every\n"
    "lambda1; lambda2 are nodes, or, if there are many, interpolated between a few (to\n"
    "about 1e-3). The errors hold the scatter of the vectors, too. Drude weights are\n"
    "not known. With -o, finished vectors are kept in FILE.h5.vectors (--checkpoint);\n"
    "after an interruption the same command goes on from there, to the same bits.\n"
    "\n"
    "--method operator-space, for lambda2 = 0: the infinite chain, and D. Currents\n"
    "evolve among operators of up to --strings sites; longer ones are damped, then\n"
    "lost. The verdict 'extrapolated' gives the mean over choices of this end, which\n"
    "are listed, and their largest deviation as the error; 'not settled' says why.\n"
    "t* is the time up to which one site more changes sigma(t) by less than 2 %.\n"
    "10 sites take half a minute of processor time a state, each more 5 times that.\n"
    "\n"
    "--method memory, for chains close to an integrable one: the model file says which\n"
    "entries of the Hamiltonian are (integrable: [0, 1]). Two of its charges decay by\n"
    "what is left, V, alone; sigma and D are lower bounds to leading order in V, which\n"
    "grow like V^-2: printed, too, times the square of the parameter that multiplies V.\n"
    "A current without overlap with these charges (J_1 at m = 0) is refused.\n"
    "\n"
    "--tail takes both: the ring up to t*, at any lambda2, and beyond it the tail of\n"
    "the state of the same m at lambda2 = 0, from operator space, changed as the two\n"
    "sigma of the ring differ up to t*. 'extrapolated' then gives the error by the\n"
    "largest deviation of four ways to do so with all choices of operator space.\n"
    "\n"
    "--table M,E writes D on so many values of m and e over all that is reachable, for\n"
    "run files of 'gibbsflow langevin' (diffusion: FILE.h5): --tail at nine lambda2 of\n"
    "each |m| <= 0.85; beyond what has a verdict it is continued to the border, finite\n"
    "and positive, and marked. 41,41 take minutes at 12 sites.\n"
    "\n"
    "-o keeps K, sigma, C, Drude weights, verdicts; 'gibbsflow figure' draws them.\n";

static const char examples[] =
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 12\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --at 0,0 --at 0.68,-0.16 \\\n"
    "      -o transport.h5\n"
    "  gibbsflow figure transport.h5 -o transport.pdf\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --method operator-space \\\n"
    "      --at 0,0 --at=-0.31,0 --strings 9\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 14 --tail \\\n"
    "      --at 0,-0.18 --at=-0.76,-0.11\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --table 41,41 -o diffusion.h5\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 20 --method typicality \\\n"
    "      --at 0,0 --at 0,-0.26 -o transport20.h5\n"
    "  gibbsflow transport models/dm_field.yaml --sites 8 --exact --end 4 --times 9\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 12 --grid 21,21 \\\n"
    "      -o grid.h5\n";

enum {
    DEFAULT_SAMPLES = 2,
    MOST_SAMPLES = 10000,
    MOST_TIMES = 100000,
    MOST_NODES = 1000,
    MOST_PRINTED = 4,
    PRINTED_TIMES = 16,
    LEAST_ENTRIES = 5
};
static const double MOST_LAMBDA1 = 1e6;

/* What the command line asks for. */
typedef struct request {
    char **at; /* --at, NULL-terminated */
    char *grid, *method;
    double end, checkpoint;
    char *table;
    int times, exact, symmetrised, alone, strings, tail, samples;
    long seed;               /* -1: as in the model */
    int nodes[GF_CHARGES];   /* of the grid; 0: none */
    int entries[GF_CHARGES]; /* of the table; 0: none */
    double (*lambda)[GF_CHARGES];
    size_t points;
} request;

/* What comes of it. */
typedef struct findings {
    gf_transport *transport;
    gf_diffusion table; /* without --table empty, and origin NULL */
    gf_diffusion_origin *origin;
    gf_region region;
} findings;

static void free_result(findings *self) {
    gf_transport_free(self->transport);
    gf_diffusion_free(&self->table);
    gf_region_free(&self->region);
    free(self->origin);
}

static bool takes_operators(const request *self) {
    return self->method != NULL && strcmp(self->method, "operator-space") == 0;
}

static bool takes_modes(const request *self) {
    return self->method != NULL && strcmp(self->method, "memory") == 0;
}

static bool takes_vectors(const request *self) {
    return self->method != NULL && strcmp(self->method, "typicality") == 0;
}

/* --- printing -------------------------------------------------------------------------------- */

/* Rounding of what is zero by symmetry is not shown. */
static double shown(double value) {
    return fabs(value) < 5e-7 ? 0 : value;
}

static void print_matrix(cli_report *report, const char *key, const char *units, const char *format,
                         const double matrix[GF_TRANSPORT_MATRIX]) {
    cli_report_numbers(report, key, units, GF_TRANSPORT_MATRIX, matrix);
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        cli_report_text(report, format, shown(matrix[k]));
    }
}

/* D, with its error in the last digits of each element. */
static void print_diffusion(cli_report *report, const gf_transport *self, size_t p) {
    cli_report_numbers(report, "onsager", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX, self->limit[p]);
    cli_report_numbers(report, "onsager_error", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX,
                       self->limit_error[p]);
    cli_report_numbers(report, "diffusion", GF_UNITS_DIFFUSION, GF_TRANSPORT_MATRIX,
                       self->diffusion[p]);
    cli_report_numbers(report, "diffusion_error", GF_UNITS_DIFFUSION, GF_TRANSPORT_MATRIX,
                       self->diffusion_error[p]);
    if (self->verdict[p] != GF_NOT_SETTLED) {
        cli_report_text(report, "#   D =");
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            cli_report_text(report, " %.5g +- %.2g", shown(self->diffusion[p][k]),
                            shown(self->diffusion_error[p][k]));
        }
        cli_report_text(report, "\n");
    }
}

/* What does not depend on how strong V is, as long as it is weak. */
static void print_scaled(cli_report *report, const gf_transport *self, size_t p) {
    double sigma[GF_TRANSPORT_MATRIX], diffusion[GF_TRANSPORT_MATRIX];
    double square = self->strength * self->strength;
    for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
        sigma[k] = square * self->limit[p][k];
        diffusion[k] = square * self->diffusion[p][k];
    }
    cli_report_numbers(report, "scaled_onsager", NULL, GF_TRANSPORT_MATRIX, sigma);
    cli_report_numbers(report, "scaled_diffusion", NULL, GF_TRANSPORT_MATRIX, diffusion);
    if (self->verdict[p] == GF_LOWER_BOUND && isfinite(square)) {
        cli_report_text(
            report, "#   %s^2 sigma = %.5g %.5g %.5g %.5g; %s^2 D = %.5g %.5g %.5g %.5g\n",
            self->strength_name, sigma[0], sigma[1], sigma[2], sigma[3], self->strength_name,
            diffusion[0], diffusion[1], diffusion[2], diffusion[3]);
    }
}

/* The bound with M up to each time. */
static void print_bounds(cli_report *report, const gf_transport *self, size_t p) {
    size_t step = (self->times + PRINTED_TIMES - 1) / PRINTED_TIMES;
    cli_report_text(report, "#%9s %12s %12s %12s, the bounds with M up to t\n", "t", "sigma_11",
                    "sigma_12", "sigma_22");
    for (size_t t = step; t < self->times; t += step) {
        const double *sigma = self->onsager[p * self->times + t];
        cli_report_text(report, "%10.5g %12.5g %12.5g %12.5g%s\n", self->time[t], shown(sigma[0]),
                        shown(sigma[1]), shown(sigma[3]),
                        self->time[t] > self->reliable_time[p] ? "  > t*" : "");
    }
}

static void print_course(cli_report *report, const gf_transport *self, size_t p) {
    if (self->samples > 0) {
        const double *scatter = self->onsager_scatter[(p + 1) * self->times - 1];
        cli_report_text(report,
                        "#   statistical errors of sigma_11, _12, _22 at the end: %.2g %.2g %.2g\n",
                        scatter[0], scatter[1], scatter[3]);
    }
    size_t step = (self->times + PRINTED_TIMES - 1) / PRINTED_TIMES;
    cli_report_text(report, "#%9s %11s %11s %11s %11s %11s %11s\n", "t", "K_11", "K_12", "K_22",
                    "sigma_11", "sigma_12", "sigma_22");
    for (size_t t = 0; t < self->times; t += step) {
        const double *k = self->correlation[p * self->times + t];
        const double *sigma = self->onsager[p * self->times + t];
        cli_report_text(report, "%10.5g %11.6f %11.6f %11.6f %11.6f %11.6f %11.6f%s\n",
                        self->time[t], shown(k[0]), shown(k[1]), shown(k[3]), shown(sigma[0]),
                        shown(sigma[1]), shown(sigma[3]),
                        self->time[t] > self->reliable_time[p] ? "  > t*" : "");
    }
}

/* The choices of operator space, and sigma of each. */
static void print_choices(cli_report *report, const gf_transport *self, size_t p) {
    cli_report_text(report, "#   choices:  L  l0   damping    sigma_11    sigma_12    sigma_22\n");
    cli_report_begin_list(report, "choices");
    for (size_t c = 0; c < self->choices; ++c) {
        const gf_transport_choice *choice = &self->choice[c];
        const double *sigma = self->choice_onsager[p * GF_TRANSPORT_CHOICES + c];
        cli_report_begin(report, NULL);
        cli_report_number(report, "longest", NULL, choice->longest, "#          %5.0f");
        cli_report_number(report, "free", NULL, choice->free, " %3.0f");
        cli_report_number(report, "damping", "{energy}", choice->damping, " %9.4f");
        cli_report_numbers(report, "onsager", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX, sigma);
        cli_report_text(report, " %11.5g %11.5g %11.5g\n", shown(sigma[0]), shown(sigma[1]),
                        shown(sigma[3]));
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

/* The ways to the tail of a ring, and sigma of each. */
static void print_ways(cli_report *report, const gf_transport *self, size_t p) {
    cli_report_number(report, "tail_time", "1/{energy}", self->tail_time[p], NULL);
    cli_report_text(report, "#   ways from t = %g on:    sigma_11    sigma_12    sigma_22\n",
                    self->tail_time[p]);
    cli_report_begin_list(report, "ways");
    for (size_t w = 0; w < self->ways; ++w) {
        const double *sigma = self->way_onsager[p * GF_TRANSPORT_WAYS + w];
        cli_report_begin(report, NULL);
        cli_report_string(report, "way", gf_tail_way(w), NULL);
        cli_report_numbers(report, "onsager", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX, sigma);
        cli_report_text(report, "# %33.5g %11.5g %11.5g  %s\n", shown(sigma[0]), shown(sigma[1]),
                        shown(sigma[3]), gf_tail_way(w));
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static void print_state(cli_report *report, const gf_transport *self, size_t p) {
    const double *c = self->susceptibility[p];
    double matrix[GF_TRANSPORT_MATRIX] = {c[0], c[1], c[1], c[2]};
    cli_report_begin(report, NULL);
    cli_report_number(report, "lambda1", "1", self->lambda[p][0], "%8.5g");
    cli_report_number(report, "lambda2", "1/{energy}", self->lambda[p][1], " %8.5g");
    cli_report_number(report, "magnetization", "1 per site", self->density[p][0], " %9.6f");
    cli_report_number(report, "energy", GF_UNITS_ENERGY_DENSITY, self->density[p][1], " %9.6f");
    cli_report_number(report, "reliable_time", "1/{energy}", self->reliable_time[p], " %7.4g");
    print_matrix(report, "reliable_onsager", GF_UNITS_ONSAGER, " %10.5f",
                 self->reliable_onsager[p]);
    cli_report_string(report, "verdict", gf_transport_verdict_name(self->verdict[p]), "  %s\n");
    if (self->reason[p][0] != '\0') {
        cli_report_string(report, "reason", self->reason[p], "#   %s\n");
    }
    cli_report_numbers(report, "susceptibility", GF_UNITS_SUSCEPTIBILITY, GF_TRANSPORT_MATRIX,
                       matrix);
    cli_report_numbers(report, "drude", GF_UNITS_CURRENT_CORRELATION, GF_TRANSPORT_MATRIX,
                       self->drude[p]);
    if (self->samples > 0) {
        cli_report_numbers(report, "onsager_scatter", GF_UNITS_ONSAGER, GF_TRANSPORT_MATRIX,
                           self->onsager_scatter[(p + 1) * self->times - 1]);
    }
    cli_report_numbers(report, "mean_current", GF_UNITS_CURRENT, GF_CHARGES, self->mean_current[p]);
    print_diffusion(report, self, p);
    if (self->has_modes) {
        print_scaled(report, self, p);
    }
    if (self->choices > 0) {
        print_choices(report, self, p);
    }
    if (self->ways > 0 && self->points <= MOST_PRINTED) {
        print_ways(report, self, p);
    }
    if (self->points <= MOST_PRINTED) {
        cli_report_text(report, "#   C = %.6f %.6f %.6f", c[0], shown(c[1]), c[2]);
        if (self->longest == 0) { /* of a finite chain alone */
            if (self->samples == 0 && !self->has_modes) {
                cli_report_text(report, "; Drude %.6g %.6g %.6g", shown(self->drude[p][0]),
                                shown(self->drude[p][1]), shown(self->drude[p][3]));
            }
            cli_report_text(report, "; <J>/N %.3g %.3g", self->mean_current[p][0],
                            self->mean_current[p][1]);
        }
        cli_report_text(report, "\n");
        (self->has_modes ? print_bounds : print_course)(report, self, p);
    }
    cli_report_end(report);
}

/* What the numbers are of. */
static void print_heading(cli_report *report, const gf_model *model, const gf_transport *self) {
    cli_report_string(report, "method", self->method, NULL);
    cli_report_number(report, "compared_sites", NULL, self->compared, NULL);
    cli_report_text(report, "# %s, ", gf_model_name(model));
    if (self->longest > 0) {
        cli_report_text(report, "infinite chain, operators of up to %d sites", self->longest);
    } else {
        cli_report_text(report, "N = %d", self->sites);
    }
    if (self->samples > 0) {
        cli_report_text(report, ", %zu random vectors in the largest sector", self->samples);
    }
    if (self->compared > 0) {
        cli_report_text(report, " beside N = %d", self->compared);
    }
    if (self->ways > 0) {
        cli_report_text(report, ", beyond t* operators of up to %d sites", self->tail_strings);
    }
    cli_report_text(report, ", %s; energies in units of %s\n",
                    self->form == GF_KUBO_MORI ? "Kubo and Mori's product" : "symmetrised product",
                    gf_model_energy_unit(model));
}

/* What a table is worth. */
static void print_table(cli_report *report, const findings *self) {
    const gf_diffusion *table = &self->table;
    size_t count = table->axis[0].points * table->axis[1].points, known = 0, outside = 0;
    for (size_t k = 0; k < count; ++k) {
        known += self->origin[k] == GF_DIFFUSION_KNOWN;
        outside += self->origin[k] == GF_DIFFUSION_OUTSIDE;
    }
    cli_report_number(report, "largest_diffusion", GF_UNITS_DIFFUSION, table->largest, NULL);
    cli_report_text(report,
                    "# D on %zu x %zu nodes: known on %zu, continued to the border on %zu, outside "
                    "%zu; largest eigenvalue %.4g\n",
                    table->axis[0].points, table->axis[1].points, known, count - known - outside,
                    outside, table->largest);
}

static gf_status print_transport(const cli_options *options, const gf_model *model,
                                 const findings *found, gf_error *error) {
    const gf_transport *self = found->transport;
    cli_report report;
    size_t settled = 0;
    cli_report_open(&report, options);
    cli_report_chain(&report, model);
    print_heading(&report, model, self);
    cli_report_text(&report, "#%7s %8s %9s %9s %7s %10s %10s %10s %10s  %s\n", "lambda1", "lambda2",
                    "m", "e", "t*", "sigma_11", "sigma_12", "sigma_21", "sigma_22(t*)", "verdict");
    cli_report_begin_list(&report, "points");
    for (size_t p = 0; p < self->points; ++p) {
        print_state(&report, self, p);
        settled += self->verdict[p] != GF_NOT_SETTLED;
    }
    cli_report_end_list(&report);
    cli_report_text(&report, "# %zu of %zu states settled%s%s\n", settled, self->points,
                    self->longest > 0 || self->ways > 0 ? " or extrapolated" : "",
                    settled < self->points ? "; of the others sigma(t*) is a value at a finite time"
                                           : "");
    if (found->origin != NULL) {
        print_table(&report, found);
    }
    return cli_report_close(&report, GF_OK, error);
}

/* --- the command ----------------------------------------------------------------------------- */

static gf_status store(const cli_options *options, const gf_model *model, const findings *found,
                       gf_error *error) {
    gf_file *file = NULL;
    gf_status status = gf_file_create(options->output, &file, error);
    if (status == GF_OK) {
        gf_file_put_origin(file, options->line);
        gf_model_store(model, file);
        gf_transport_write(found->transport, file);
        if (found->origin != NULL) {
            gf_diffusion_table_write(&found->table, found->origin, &found->region, file);
        }
        status = gf_file_commit(&file, error);
    }
    return status;
}

/* The nodes of --grid over the model's ranges of lambda, lambda2 the slower, as points. */
static gf_status fill_grid(request *self, const gf_model *model, gf_error *error) {
    if (self->nodes[0] == 0) {
        return GF_OK;
    }
    gf_axis axes[GF_CHARGES] = {model->lambda1, model->lambda2};
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        axes[i].points = (size_t)self->nodes[i];
    }
    free(self->lambda);
    self->points = axes[0].points * axes[1].points;
    self->lambda = calloc(self->points, sizeof *self->lambda);
    if (self->lambda == NULL) {
        return gf_fail_memory(error, "the grid of states");
    }
    for (size_t p = 0; p < self->points; ++p) {
        self->lambda[p][0] = gf_axis_value(&axes[0], p % axes[0].points);
        self->lambda[p][1] = gf_axis_value(&axes[1], p / axes[0].points);
    }
    return GF_OK;
}

/* Memory and time, before anything long begins. */
static void announce(const cli_options *options, const gf_model *model, int size, const char *what,
                     double memory, double seconds) {
    if (seconds > 2) {
        char duration[40];
        cli_format_duration(seconds / gf_machine_threads(), duration, sizeof duration);
        cli_say(options, "%s: %d %s, about %.2g GiB of memory and roughly %s", model->name, size,
                what, memory / 0x1p30, duration);
    }
}

/* Gibbs states, and times that are looked at. */
typedef struct states {
    size_t points;
    double (*lambda)[GF_CHARGES];
    gf_axis time;
} states;

static states states_of(const request *self) {
    return (states){.points = self->points,
                    .lambda = self->lambda,
                    .time = {.from = 0, .to = self->end, .points = (size_t)self->times}};
}

static gf_status solve_operators(const cli_options *options, const request *self,
                                 const gf_model *model, const states *at, gf_transport **transport,
                                 gf_error *error) {
    cli_progress progress;
    gf_operator_space_cost cost;
    gf_operator_points asked = {.points = at->points,
                                .lambda = (const double(*)[GF_CHARGES])at->lambda,
                                .time = at->time,
                                .longest = self->strings};
    gf_status status = gf_operator_points_estimate(model, &asked, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    announce(options, model, cost.longest, "sites of operators", cost.memory, cost.seconds);
    cli_progress_start(&progress, options, "currents in operator space");
    asked.progress = &progress.progress;
    status = gf_operator_points_find(model, &asked, transport, error);
    cli_progress_end(&progress);
    return status;
}

static gf_transport_request request_of(const request *self, const states *at) {
    return (gf_transport_request){.points = at->points,
                                  .lambda = (const double(*)[GF_CHARGES])at->lambda,
                                  .time = at->time,
                                  .form = self->symmetrised != 0 ? GF_SYMMETRISED : GF_KUBO_MORI,
                                  .exact = self->exact != 0,
                                  .compare = self->alone == 0};
}

/* Vectors that are done are kept beside the output. */
static void open_checkpoint(cli_options *options, const request *self) {
    if (takes_vectors(self) && options->output != NULL &&
        asprintf(&options->checkpoint, "%s.vectors", options->output) < 0) {
        options->checkpoint = NULL;
    } else if (takes_vectors(self) && options->output != NULL) {
        cli_watch_output(options->checkpoint);
        cli_announce_kept("random vectors", options->checkpoint);
    }
    options->checkpoint_interval = self->checkpoint;
}

static gf_status solve_vectors(const cli_options *options, const request *self,
                               const gf_model *model, const states *at, gf_transport **transport,
                               gf_error *error) {
    cli_progress progress;
    gf_sampled_cost cost;
    gf_transport_request asked = request_of(self, at);
    gf_checkpoint checkpoint = {.path = options->checkpoint,
                                .interval = options->checkpoint_interval};
    const gf_transport_sampling sampling = {
        .samples = (size_t)self->samples,
        .seed = self->seed >= 0 ? (uint64_t)self->seed : model->sampling.seed,
        .checkpoint = options->checkpoint != NULL ? &checkpoint : NULL};
    gf_status status = gf_transport_sampled_estimate(model, &asked, &sampling, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    announce(options, model, model->chain.sites, "sites", cost.memory, cost.seconds);
    cli_progress_start(&progress, options, "random vectors in time");
    asked.progress = &progress.progress;
    status = gf_transport_sample(model, &asked, &sampling, transport, error);
    cli_progress_end(&progress);
    if (checkpoint.resumed > 0) {
        cli_say(options, "%zu finished vectors were taken from %s", checkpoint.resumed,
                checkpoint.path);
    }
    if (checkpoint.failure.status != GF_OK) {
        cli_say(options, "finished vectors were not kept: %s", checkpoint.failure.message);
    }
    return status;
}

static gf_status solve_levels(const cli_options *options, const request *self,
                              const gf_model *model, const states *at, gf_transport **transport,
                              gf_error *error) {
    cli_progress progress;
    gf_transport_cost cost;
    gf_transport_request asked = request_of(self, at);
    bool modes = takes_modes(self);
    gf_status status =
        (modes ? gf_transport_memory_estimate : gf_transport_estimate)(model, &asked, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    announce(options, model, model->chain.sites, "sites", cost.memory, cost.seconds);
    cli_progress_start(&progress, options, "currents between levels");
    asked.progress = &progress.progress;
    status = (modes ? gf_transport_remember : gf_transport_find)(model, &asked, transport, error);
    cli_progress_end(&progress);
    return status;
}

/* A chain of a finite length. */
static gf_status solve_chain(const cli_options *options, const request *self, const gf_model *model,
                             const states *at, gf_transport **transport, gf_error *error) {
    return (takes_vectors(self) ? solve_vectors : solve_levels)(options, self, model, at, transport,
                                                                error);
}

/* Rings up to t*, and beyond it operator space at lambda2 = 0. */
static gf_status solve_with_tail(const cli_options *options, const request *self,
                                 const gf_model *model, gf_gibbs *gibbs, gf_transport **transport,
                                 gf_error *error) {
    states at = states_of(self);
    gf_tail *plan = NULL;
    gf_transport *rings = NULL, *operators = NULL;
    gf_status status =
        gf_tail_plan(model, gibbs, at.points, (const double(*)[GF_CHARGES])at.lambda, &plan, error);
    if (status == GF_OK) {
        const states there = {.points = plan->operators, .lambda = plan->operator_lambda};
        status = solve_operators(options, self, model, &there, &operators, error);
    }
    if (status == GF_OK) {
        at.points = plan->states;
        at.lambda = plan->lambda;
        status = solve_chain(options, self, model, &at, &rings, error);
    }
    if (status == GF_OK) {
        status = gf_tail_join(plan, rings, operators, transport, error);
    }
    gf_transport_free(rings);
    gf_transport_free(operators);
    gf_tail_free(plan);
    return status;
}

/* The states of the table as points, and the table from what is known of them. */
static gf_status solve_table(const cli_options *options, request *self, const gf_model *model,
                             gf_gibbs *gibbs, findings *found, gf_error *error) {
    gf_diffusion_nodes nodes = {0};
    size_t count = (size_t)self->entries[0] * (size_t)self->entries[1];
    gf_status status = gf_region_init(&found->region, gf_gibbs_spectrum(gibbs), error);
    if (status == GF_OK && found->region.count == 0) {
        status = gf_fail(error, GF_INVALID, "magnetisation and energy are not independent");
    }
    if (status == GF_OK) {
        status = gf_diffusion_nodes_choose(gibbs, &found->region, (size_t)self->entries[0],
                                           (size_t)self->entries[1], &nodes, error);
    }
    if (status == GF_OK) {
        free(self->lambda);
        self->points = nodes.rows * nodes.columns;
        self->lambda = nodes.lambda;
        nodes.lambda = NULL;
        found->origin = calloc(count, sizeof *found->origin);
        status = found->origin != NULL ? GF_OK : gf_fail_memory(error, "the table of D");
    }
    if (status == GF_OK) {
        status = solve_with_tail(options, self, model, gibbs, &found->transport, error);
    }
    if (status == GF_OK) {
        status = gf_diffusion_table_make(&nodes, found->transport, gibbs, &found->region,
                                         &found->table, found->origin, error);
    }
    gf_diffusion_nodes_free(&nodes);
    return status;
}

/* What needs the thermodynamics beside the dynamics. */
static gf_status solve_infinite(const cli_options *options, request *self, const gf_model *model,
                                findings *found, gf_error *error) {
    gf_spectrum *spectrum = NULL;
    gf_gibbs *gibbs = NULL;
    gf_status status = gf_tail_spectrum(model, &spectrum, error);
    if (status == GF_OK) {
        double *rates = calloc(gf_spectrum_channels(spectrum) + 1, sizeof *rates);
        status = rates != NULL ? gf_gibbs_create(spectrum, rates, &gibbs, error)
                               : gf_fail_memory(error, "the rates");
        free(rates);
    }
    if (status == GF_OK) {
        status = self->entries[0] > 0
                     ? solve_table(options, self, model, gibbs, found, error)
                     : solve_with_tail(options, self, model, gibbs, &found->transport, error);
    }
    gf_gibbs_free(gibbs);
    gf_spectrum_free(spectrum);
    return status;
}

static gf_status solve(const cli_options *options, request *self, const gf_model *model,
                       findings *found, gf_error *error) {
    const states at = states_of(self);
    return self->tail != 0 || self->entries[0] > 0
               ? solve_infinite(options, self, model, found, error)
           : takes_operators(self)
               ? solve_operators(options, self, model, &at, &found->transport, error)
               : solve_chain(options, self, model, &at, &found->transport, error);
}

static gf_status compute(cli_options *options, request *self, gf_error *error) {
    gf_model *model = NULL;
    findings found = {0};
    gf_status status =
        options->output != NULL ? cli_spare_output(options, CLI_TRANSPORT, error) : GF_OK;
    if (status == GF_OK) {
        status = cli_load_model(options, &model, error);
    }
    if (status == GF_OK) {
        status = fill_grid(self, model, error);
    }
    if (status == GF_OK) {
        open_checkpoint(options, self);
        status = solve(options, self, model, &found, error);
    }
    if (status == GF_OK && options->output != NULL) {
        status = store(options, model, &found, error);
    }
    if (status == GF_OK && options->checkpoint != NULL) {
        (void)unlink(options->checkpoint);
    }
    if (status == GF_OK) {
        status = print_transport(options, model, &found, error);
    }
    free_result(&found);
    gf_model_free(model);
    return status;
}

static bool parse_point(const char *text, double lambda[GF_CHARGES]) {
    int used = 0;
    return sscanf(text, "%lf,%lf%n", &lambda[0], &lambda[1], &used) == 2 && text[used] == '\0' &&
           fabs(lambda[0]) <= MOST_LAMBDA1 && isfinite(lambda[1]);
}

static int parse_points(const cli_options *options, request *self) {
    size_t count = 0;
    while (self->at != NULL && self->at[count] != NULL) {
        ++count;
    }
    self->points = count > 0 ? count : 1;
    self->lambda = calloc(self->points, sizeof *self->lambda);
    if (self->lambda == NULL) {
        gf_error error;
        (void)gf_fail_memory(&error, "the states");
        return cli_fail(options, &error);
    }
    for (size_t p = 0; p < count; ++p) {
        if (!parse_point(self->at[p], self->lambda[p])) {
            return cli_usage(options, "--at %s: expected LAMBDA1,LAMBDA2, as in 0,-0.26",
                             self->at[p]);
        }
    }
    return CLI_GO_ON;
}

static int parse_grid(const cli_options *options, request *self) {
    int used = 0;
    if (self->grid == NULL) {
        return CLI_GO_ON;
    }
    if (self->at != NULL) {
        return cli_usage(options, "--at and --grid both say which states; give one of them");
    }
    bool good = sscanf(self->grid, "%d,%d%n", &self->nodes[0], &self->nodes[1], &used) == 2 &&
                self->grid[used] == '\0' && self->nodes[0] >= 1 && self->nodes[0] <= MOST_NODES &&
                self->nodes[1] >= 1 && self->nodes[1] <= MOST_NODES;
    return good ? CLI_GO_ON
                : cli_usage(options,
                            "--grid %s: expected how many values of lambda1 and lambda2, 1 to %d "
                            "each, as in 21,21",
                            self->grid, MOST_NODES);
}

static int parse_table(const cli_options *options, request *self) {
    int used = 0;
    if (self->table == NULL) {
        return CLI_GO_ON;
    }
    if (self->at != NULL || self->grid != NULL) {
        return cli_usage(options, "--table chooses its states; leave out --at and --grid");
    }
    if (options->output == NULL) {
        return cli_usage(options, "--table needs a file for the table: -o FILE.h5");
    }
    bool good = sscanf(self->table, "%d,%d%n", &self->entries[0], &self->entries[1], &used) == 2 &&
                self->table[used] == '\0' && self->entries[0] >= LEAST_ENTRIES &&
                self->entries[0] <= MOST_NODES && self->entries[0] % 2 == 1 &&
                self->entries[1] >= LEAST_ENTRIES && self->entries[1] <= MOST_NODES;
    return good ? CLI_GO_ON
                : cli_usage(options,
                            "--table %s: expected how many values of m, an odd number, and of e, "
                            "%d to %d each, as in 41,41",
                            self->table, LEAST_ENTRIES, MOST_NODES);
}

/* What goes with a tail. */
static int check_tail(const cli_options *options, const request *self) {
    bool tail = self->tail != 0 || self->table != NULL;
    return !tail || (!takes_operators(self) && !takes_modes(self) && self->alone == 0)
               ? CLI_GO_ON
               : cli_usage(options,
                           "--tail and --table take operator space beside rings of two "
                           "lengths: no --method operator-space or memory, no --alone");
}

static int check(const cli_options *options, request *self) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    int result = parse_points(options, self);
    result = result == CLI_GO_ON ? parse_grid(options, self) : result;
    result = result == CLI_GO_ON ? parse_table(options, self) : result;
    result = result == CLI_GO_ON ? check_tail(options, self) : result;
    if (result == CLI_GO_ON && self->method != NULL && strcmp(self->method, "full") != 0 &&
        !takes_operators(self) && !takes_vectors(self) && !takes_modes(self)) {
        result =
            cli_usage(options, "--method %s: expected full, typicality, operator-space or memory",
                      self->method);
    }
    if (result == CLI_GO_ON && !takes_vectors(self) && (self->samples != 0 || self->seed >= 0)) {
        result = cli_usage(options, "--samples and --seed belong to --method typicality");
    }
    self->samples = self->samples != 0 ? self->samples : DEFAULT_SAMPLES;
    if (result == CLI_GO_ON && (self->samples < 2 || self->samples > MOST_SAMPLES)) {
        result = cli_usage(options, "--samples %d: expected 2 to %d", self->samples, MOST_SAMPLES);
    }
    if (result == CLI_GO_ON && (self->seed < -1 || self->seed > GF_MAX_SEED)) {
        result = cli_usage(options, "--seed takes 0 to %ld", GF_MAX_SEED);
    }
    if (result == CLI_GO_ON && !(self->checkpoint >= 0)) {
        result = cli_usage(options, "--checkpoint takes 0 or more seconds");
    }
    if (result == CLI_GO_ON && takes_operators(self) &&
        (self->exact != 0 || self->symmetrised != 0 || self->alone != 0)) {
        result = cli_usage(options,
                           "--exact, --symmetrised and --alone are for chains of a finite length, "
                           "--method full or typicality");
    }
    if (result == CLI_GO_ON && self->strings != 0 &&
        ((!takes_operators(self) && self->tail == 0 && self->table == NULL) || self->strings < 1)) {
        result = cli_usage(options,
                           "--strings %d: expected a number of sites, with --method "
                           "operator-space, --tail or --table",
                           self->strings);
    }
    if (result == CLI_GO_ON && !(self->end > 0 && isfinite(self->end))) {
        result = cli_usage(options, "--end %g: expected a positive time", self->end);
    }
    if (result == CLI_GO_ON && (self->times < 2 || self->times > MOST_TIMES)) {
        result = cli_usage(options, "--times %d: expected 2 to %d", self->times, MOST_TIMES);
    }
    if (result == CLI_GO_ON && options->output != NULL) {
        result = cli_check_output(options, endings);
    }
    return result;
}

static void free_request(request *self) {
    for (char **text = self->at; text != NULL && *text != NULL; ++text) {
        free(*text);
    }
    free((void *)self->at);
    free(self->grid);
    free(self->table);
    free(self->method);
    free(self->lambda);
}

static int run(const cli_command *command, int argc, const char **argv) {
    request asked = {.end = 8, .times = 65, .checkpoint = 60, .seed = -1};
    struct poptOption own[] = {
        {"at", 0, POPT_ARG_ARGV, (void *)&asked.at, 0,
         "a Gibbs state; may be given several times (default: 0,0)", "LAMBDA1,LAMBDA2"},
        {"grid", 0, POPT_ARG_STRING, &asked.grid, 0,
         "so many values of lambda1 and lambda2 over the model's ranges", "N1,N2"},
        {"method", 0, POPT_ARG_STRING, &asked.method, 0,
         "full: diagonalisation (default) | typicality: random vectors | operator-space: infinite "
         "chain, lambda2 = 0 | memory: nearly integrable chains",
         "METHOD"},
        {"tail", 0, POPT_ARG_NONE, &asked.tail, 0,
         "beyond t*: what operator space has for the tail at lambda2 = 0", NULL},
        {"table", 0, POPT_ARG_STRING, &asked.table, 0,
         "D on so many values of m and e, for langevin; implies --tail", "M,E"},
        {"samples", 0, POPT_ARG_INT, &asked.samples, 0,
         "random vectors of the largest sector (default: 2)", "N"},
        {"seed", 0, POPT_ARG_LONG, &asked.seed, 0, "of random vectors (default: the model's)", "N"},
        {"checkpoint", 'c', POPT_ARG_DOUBLE, &asked.checkpoint, 0,
         "time between checkpoints of random vectors (default: 60)", "SECONDS"},
        {"strings", 0, POPT_ARG_INT, &asked.strings, 0,
         "sites of the longest operators of operator-space (default: 10)", "L"},
        {"end", 0, POPT_ARG_DOUBLE, &asked.end, 0, "the last time (default: 8)", "T"},
        {"times", 0, POPT_ARG_INT, &asked.times, 0, "how many times from 0 on (default: 65)", "N"},
        {"exact", 0, POPT_ARG_NONE, &asked.exact, 0, "every pair of levels, no grid of frequencies",
         NULL},
        {"symmetrised", 0, POPT_ARG_NONE, &asked.symmetrised, 0,
         "half of the anticommutator in place of Kubo and Mori's product", NULL},
        {"alone", 0, POPT_ARG_NONE, &asked.alone, 0,
         "without the smaller chain: no t*, and nothing settles", NULL},
        POPT_TABLEEND};
    cli_options options;
    gf_error error;
    int result = cli_open(&options, command, CLI_RESULT | CLI_MODEL | CLI_SYMMETRY | CLI_JSON, own,
                          argc, argv);
    result = result == CLI_GO_ON ? check(&options, &asked) : result;
    if (result == CLI_GO_ON) {
        gf_status status = compute(&options, &asked, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    free_request(&asked);
    cli_close(&options);
    return result;
}

const cli_command cli_transport = {.name = "transport",
                                   .arguments = "MODEL|FILE.h5 [-o FILE.h5]",
                                   .summary = "compute Kubo functions, and D where they settle",
                                   .help = help,
                                   .examples = examples,
                                   .takes = CLI_HAMILTONIAN,
                                   .run = run};
