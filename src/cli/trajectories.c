/* Monte Carlo wave functions: a chain and its bath at a finite coupling. */
#include "cli/report.h"

#include "base/machine.h"
#include "gibbsflow/file.h"
#include "io/charge_units.h"
#include "model/model_file.h"
#include "open_system/trajectories/trajectories.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char trajectories_help[] =
    "Follows single wave functions of a chain of up to 20 sites in its bath, at a\n"
    "finite coupling epsilon, and averages over many: what the Lindblad equation says,\n"
    "exactly but for statistical errors, for chains whose density matrix fits nowhere.\n"
    "\n"
    "Between jumps psi follows H - i epsilon/2 sum L'L (Chebyshev polynomials, 1e-12);\n"
    "when |psi|^2 has fallen to a random number a jump happens. Where translations\n"
    "leave the bath as it is, jumps change the momentum of psi instead of telling at\n"
    "which site they happened: the same Lindblad equation, N times cheaper. A jump such\n"
    "as X[0] has no definite change of magnetisation, so that psi spreads over all M.\n"
    "\n"
    "Where it starts:\n"
    "\n"
    "  --lambda L1,L2       states drawn from exp(-L1 Q1 - L2 Q2) (default: 0,0)\n"
    "  --at M,E             the same, by its densities\n"
    "  --magnetization M    of one magnetisation only; L2 may be given as well\n"
    "  --product PATTERN    a product state, repeated along the chain: u and d for\n"
    "                       spins up and down, + and - along x and against it\n"
    "\n"
    "Prints, after the warm-up, <m>, <e>, <m^2>, P(M), jumps per channel, and drift and\n"
    "noise as the jumps make them, f_i(M) and N_ij(M); errors are from the scatter of\n"
    "the trajectories. --rates puts what 'gibbsflow rates' wrote for as many sites\n"
    "beside P(M) and f_i, --table the table of 'gibbsflow forces' beside f_i and N_ij;\n"
    "both can be added later, with --resume. -o keeps all of every trajectory.\n"
    "\n"
    "Until all are done FILE.h5 is a checkpoint. Interrupt (Ctrl-C) and carry on with\n"
    "--resume: complete trajectories are kept, others begin anew, and the result is the\n"
    "same, bit by bit, for any number of threads. --trajectories with --resume makes\n"
    "them more.\n";

static const char trajectories_examples[] =
    "  gibbsflow trajectories models/xxz_jprime_half.yaml --epsilon 0.1 --sites 8 \\\n"
    "      --end 100 --trajectories 40 -o traj.h5\n"
    "  gibbsflow trajectories models/pump_loss.yaml --epsilon 0.2 --sites 8 --product u \\\n"
    "      --end 20\n"
    "  gibbsflow trajectories --resume traj.h5 --trajectories 60\n"
    "  gibbsflow figure traj.h5 -o traj.pdf\n";

/* What the command line asks for. */
typedef struct request {
    char *at, *lambda, *product, *magnetization, *epsilon, *rates, *table;
    double end, interval, warm_up, every; /* NaN: not given */
    double density[GF_CHARGES];
    int count, seed, resume;
    gf_trajectories_request ask;
} request;

/* --- printing -------------------------------------------------------------------------------- */

static void print_mean(cli_report *report, const char *key, const char *units, gf_mean mean,
                       const char *format) {
    char name[64];
    cli_report_number(report, key, units, mean.value, NULL);
    (void)snprintf(name, sizeof name, "%s_error", key);
    cli_report_number(report, name, units, mean.error, NULL);
    cli_report_text(report, format, mean.value, mean.error);
}

static void print_rung(cli_report *report, const gf_trajectories *self,
                       const gf_trajectories_summary *summary, size_t up) {
    static const char cell[] = " %10.5f %8.1g";
    const gf_trajectories_beside *beside = &self->beside;
    cli_report_begin(report, NULL);
    cli_report_number(report, "magnetization", NULL, 2 * (double)up - self->sites, "%5.0f");
    print_mean(report, "probability", "1", summary->probability[up], cell);
    if (beside->probability != NULL) {
        cli_report_number(report, "probability_exact", "1", beside->probability[up], " %10.5f");
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        print_mean(report, i == 0 ? "force_m" : "force_e",
                   i == 0 ? "epsilon {energy} per site" : "epsilon {energy}^2 per site",
                   summary->drift[up][i], cell);
        if (beside->force != NULL) {
            cli_report_number(report, i == 0 ? "force_m_exact" : "force_e_exact", NULL,
                              beside->force[up][i], " %10.5f");
        }
        if (beside->table_force != NULL) {
            cli_report_number(report, i == 0 ? "force_m_table" : "force_e_table", NULL,
                              beside->table_force[up][i], " %10.5f");
        }
    }
    print_mean(report, "noise_mm", "epsilon {energy} per site", summary->noise[up][0], cell);
    if (beside->table_noise != NULL) {
        cli_report_number(report, "noise_mm_table", NULL, beside->table_noise[up][0], " %10.5f");
    }
    cli_report_text(report, "\n");
    cli_report_end(report);
}

static void print_rungs(cli_report *report, const gf_trajectories *self,
                        const gf_trajectories_summary *summary) {
    const char *exact = self->beside.probability != NULL ? "      exact" : "";
    const char *force = self->beside.force != NULL ? "      exact" : "";
    const char *table = self->beside.table_force != NULL ? "      table" : "";
    if (self->beside.probability != NULL) {
        cli_report_text(report, "# exact: P(M) at %s, f_i at %s\n", self->beside.exact,
                        self->beside.exact_force);
    }
    cli_report_text(report, "#%4s %10s %8s%s", "M", "P", "+-", exact);
    cli_report_text(report, " %10s %8s%s%s %10s %8s%s%s", "f_1", "+-", force, table, "f_2", "+-",
                    force, table);
    cli_report_text(report, " %10s %8s%s\n", "N_11", "+-", table);
    cli_report_begin_list(report, "by_magnetization");
    for (size_t up = 0; up < self->layout.rungs; ++up) {
        print_rung(report, self, summary, up);
    }
    cli_report_end_list(report);
}

static void print_channels(cli_report *report, const gf_trajectories *self,
                           const gf_trajectories_summary *summary) {
    cli_report_text(report, "# jumps per site, time and epsilon\n");
    cli_report_begin_list(report, "channels");
    for (size_t c = 0; c < self->layout.channels; ++c) {
        cli_report_begin(report, NULL);
        cli_report_string(report, "name", self->channel[c], "%12s");
        print_mean(report, "jumps", "epsilon {energy} per site", summary->channel[c],
                   " %12.6f +- %.1g\n");
        cli_report_end(report);
    }
    cli_report_end_list(report);
}

static gf_status print_all(const cli_options *options, const gf_model *model,
                           const gf_trajectories *self, gf_error *error) {
    cli_report report;
    gf_trajectories_summary summary;
    gf_status status = gf_trajectories_summarise(self, &summary, error);
    if (status != GF_OK) {
        return status;
    }
    cli_report_open(&report, options);
    cli_report_chain(&report, model);
    cli_report_text(&report, "# %s, N = %d; energies in units of %s\n", gf_model_name(model),
                    self->sites, gf_model_energy_unit(model));
    cli_report_number(&report, "epsilon", "1", self->asked.epsilon, "# epsilon = %g");
    cli_report_number(&report, "trajectories", NULL, (double)summary.done, ", %.0f trajectories");
    cli_report_number(&report, "effective", NULL, summary.effective, " (worth %.1f)");
    cli_report_number(&report, "end", "1/{energy}", self->asked.end, " to time %g");
    cli_report_number(&report, "warm_up", "1/{energy}", self->asked.warm_up,
                      "; averages after %g\n");
    print_mean(&report, "magnetization", "1 per site", summary.magnetization,
               "<m>   = %11.6f +- %.2g\n");
    print_mean(&report, "energy", GF_UNITS_ENERGY_DENSITY, summary.energy,
               "<e>   = %11.6f +- %.2g\n");
    print_mean(&report, "second_moment", "1", summary.second_moment, "<m^2> = %11.6f +- %.2g\n");
    cli_report_number(&report, "jump_rate", "{energy}", summary.jump_rate,
                      "# %.4g jumps per unit of time\n");
    print_channels(&report, self, &summary);
    print_rungs(&report, self, &summary);
    gf_trajectories_summary_free(&summary);
    return cli_report_close(&report, GF_OK, error);
}

/* --- files ----------------------------------------------------------------------------------- */

/* What a checkpoint is made of. */
typedef struct work {
    const cli_options *options;
    const gf_model *model;
    const char *field; /* a file that holds the force field; NULL: none */
} work;

/* The force field of the table, which the figure draws. */
static gf_status copy_field(const char *path, gf_file *file, gf_error *error) {
    static const char *const parts[] = {"/channels", "/density_grid", "/region", "/fixed_points",
                                        "/flow_lines"};
    gf_file *from = NULL;
    gf_status status = gf_file_open(path, &from, error);
    for (size_t k = 0; k < sizeof parts / sizeof *parts && status == GF_OK; ++k) {
        if (gf_file_has(from, parts[k])) {
            gf_file_copy(file, from, parts[k]);
        }
    }
    gf_file_close(&from);
    return status;
}

static gf_status save(const gf_trajectories *self, void *context, gf_error *error) {
    const work *all = context;
    gf_file *file = NULL;
    gf_status status = gf_file_create(all->options->output, &file, error);
    if (status == GF_OK) {
        gf_file_put_origin(file, self->command);
        gf_model_store(all->model, file);
        status = gf_trajectories_write(self, file, error);
    }
    if (status == GF_OK && all->field != NULL) {
        status = copy_field(all->field, file, error);
    }
    if (status != GF_OK) {
        gf_file_close(&file);
        return status;
    }
    return gf_file_commit(&file, error);
}

static void announce(void *context, double seconds) {
    const work *all = context;
    char duration[40];
    cli_format_duration(seconds, duration, sizeof duration);
    cli_say(all->options, "%s: %d sites, roughly %s left on %d threads", all->model->name,
            all->model->chain.sites, duration, gf_machine_threads());
}

/* --- the command ----------------------------------------------------------------------------- */

static double or_default(double value, double otherwise) {
    return isnan(value) ? otherwise : value;
}

static gf_status begin(const cli_options *options, request *self, gf_model **model,
                       gf_trajectories **all, gf_error *error) {
    gf_trajectories_request *ask = &self->ask;
    int sites = 0;
    gf_status status = cli_load_model(options, model, error);
    if (status != GF_OK) {
        return status;
    }
    ask->end = or_default(self->end, 20 / ask->epsilon);
    ask->interval = or_default(self->interval, ask->end / 200);
    ask->warm_up = or_default(self->warm_up, ask->end / 4);
    if (self->magnetization != NULL) {
        int m = atoi(self->magnetization), n = (*model)->chain.sites;
        ask->start.sector = true;
        ask->start.up = (m + n) / 2;
        if (abs(m) > n || (m + n) % 2 != 0) {
            return gf_fail(error, GF_INVALID,
                           "--magnetization %d: %d spins have %d, %d, ... %d of them", m, n, -n,
                           2 - n, n);
        }
    }
    if (self->at != NULL) {
        status =
            gf_trajectories_find_lambda(*model, self->density, ask->start.lambda, &sites, error);
        if (status == GF_OK) {
            cli_say(options, "m = %g, e = %g: lambda = (%.8g, %.8g), from %d sites",
                    self->density[0], self->density[1], ask->start.lambda[0], ask->start.lambda[1],
                    sites);
        }
    }
    return status == GF_OK ? gf_trajectories_create(*model, ask, options->line, all, error)
                           : status;
}

/* More trajectories than the file has room for. */
static gf_status enlarge(const gf_model *model, size_t count, gf_trajectories **all,
                         gf_error *error) {
    gf_trajectories *old = *all, *larger = NULL;
    gf_trajectories_request ask = old->asked;
    ask.realisations = count;
    gf_status status = gf_trajectories_create(model, &ask, old->command, &larger, error);
    if (status == GF_OK) {
        memcpy(larger->records, old->records,
               old->asked.realisations * old->layout.size * sizeof *old->records);
        larger->beside = old->beside;
        old->beside = (gf_trajectories_beside){.exact = ""};
        gf_trajectories_free(old);
        *all = larger;
    }
    return status;
}

static gf_status resume(const cli_options *options, const request *self, gf_model **model,
                        gf_trajectories **all, gf_error *error) {
    gf_file *file = NULL;
    gf_status status = gf_file_open(options->input, &file, error);
    if (status == GF_OK && !gf_file_has(file, "/trajectories")) {
        status = gf_fail(error, GF_INVALID,
                         "%s holds no trajectories; --resume takes the file that they were "
                         "written to",
                         options->input);
    }
    if (status == GF_OK) {
        status = gf_model_restore(file, options->input, NULL, model, error);
    }
    if (status == GF_OK) {
        status = gf_trajectories_read(file, all, error);
    }
    gf_file_close(&file);
    if (status == GF_OK && (size_t)self->count > (*all)->asked.realisations) {
        status = enlarge(*model, (size_t)self->count, all, error);
    }
    return status;
}

/* What is left of them, then what stands beside them. */
static gf_status carry_on(const cli_options *options, const request *self, const work *context,
                          gf_trajectories *all, gf_error *error) {
    cli_progress progress;
    work copy = *context;
    bool keeps = options->output != NULL;
    gf_status status = GF_OK;
    if (gf_trajectories_done(all) < 1) {
        cli_progress_start(&progress, options, "trajectories");
        gf_trajectories_control control = {.save = keeps ? save : NULL,
                                           .context = &copy,
                                           .checkpoint_every = self->every,
                                           .stop = keeps ? cli_watch_interruption() : NULL,
                                           .progress = &progress.progress,
                                           .announce = announce};
        status = gf_trajectories_carry_on(all, context->model, &control, error);
        cli_progress_end(&progress);
    }
    if (status == GF_OK && gf_trajectories_done(all) < 1) {
        return gf_fail(error, GF_IO,
                       "interrupted when %.3g %% was done; carry on with 'gibbsflow trajectories "
                       "--resume %s'",
                       100 * gf_trajectories_done(all), options->output);
    }
    if (status == GF_OK && self->rates != NULL) {
        status = gf_trajectories_compare_rates(all, self->rates, error);
    }
    if (status == GF_OK && self->table != NULL) {
        status = gf_trajectories_compare_table(all, self->table, error);
    }
    return status == GF_OK && keeps ? save(all, &copy, error) : status;
}

static bool has_field(const char *path) {
    gf_file *file = NULL;
    bool has = path != NULL && gf_file_is_hdf5(path) && gf_file_open(path, &file, NULL) == GF_OK &&
               gf_file_has(file, "/density_grid");
    gf_file_close(&file);
    return has;
}

/* What stands beside them must be there before hours are spent. */
static gf_status check_beside(const char *path, const char *group, const char *writer,
                              gf_error *error) {
    gf_file *file = NULL;
    if (path == NULL) {
        return GF_OK;
    }
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK && !gf_file_has(file, group)) {
        status = gf_fail(error, GF_INVALID, "%s holds no %s; expected a file of 'gibbsflow %s'",
                         path, group, writer);
    }
    gf_file_close(&file);
    return status;
}

/* One forgotten --resume must not cost the work that a checkpoint holds. */
static gf_status spare_checkpoint(const char *path, gf_error *error) {
    gf_file *file = NULL;
    double done = 1;
    if (path != NULL && access(path, F_OK) == 0 && gf_file_open(path, &file, NULL) == GF_OK &&
        gf_file_has(file, "/trajectories")) {
        done = gf_file_get_number_attribute(file, "/trajectories", "done");
    }
    gf_file_close(&file);
    return done < 1 ? gf_fail(error, GF_INVALID,
                              "%s holds trajectories of which %.3g %% are done; carry on with "
                              "--resume, or remove the file",
                              path, 100 * done)
                    : GF_OK;
}

static gf_status compute(const cli_options *options, request *self, gf_error *error) {
    gf_model *model = NULL;
    gf_trajectories *all = NULL;
    gf_status status = check_beside(self->rates, "/rates", "rates", error);
    if (status == GF_OK) {
        status = check_beside(self->table, "/fitted_grid", "forces", error);
    }
    if (status == GF_OK && options->output != NULL) {
        status = cli_spare_output(options, CLI_TRAJECTORIES, error);
    }
    if (status == GF_OK && self->resume == 0) {
        status = spare_checkpoint(options->output, error);
    }
    if (status == GF_OK) {
        status = self->resume != 0 ? resume(options, self, &model, &all, error)
                                   : begin(options, self, &model, &all, error);
    }
    if (status == GF_OK) {
        const char *field = has_field(self->table)                           ? self->table
                            : self->resume != 0 && has_field(options->input) ? options->input
                                                                             : NULL;
        work context = {options, model, field};
        status = carry_on(options, self, &context, all, error);
    }
    if (status == GF_OK) {
        status = print_all(options, model, all, error);
    }
    gf_trajectories_free(all);
    gf_model_free(model);
    return status;
}

/* --- options --------------------------------------------------------------------------------- */

static bool parse_pair(const char *text, double pair[2]) {
    return cli_parse_numbers(text, ',', 2, pair) == 2 && fabs(pair[0]) < 1e3 && fabs(pair[1]) < 1e3;
}

static int parse_start(const cli_options *options, request *self) {
    int ways = (self->at != NULL) + (self->lambda != NULL) + (self->product != NULL);
    if (ways > 1 || (self->magnetization != NULL && (self->product != NULL || self->at != NULL))) {
        return cli_usage(options,
                         "--at, --lambda and --product all say where to start; give one "
                         "of them (--magnetization goes with --lambda alone)");
    }
    if (self->lambda != NULL && !parse_pair(self->lambda, self->ask.start.lambda)) {
        return cli_usage(options, "--lambda %s: expected two numbers, as in -0.4,-0.2",
                         self->lambda);
    }
    if (self->at != NULL && !parse_pair(self->at, self->density)) {
        return cli_usage(options, "--at %s: expected two numbers, as in 0.3,0.5", self->at);
    }
    if (self->magnetization != NULL) {
        char *end = NULL;
        (void)strtol(self->magnetization, &end, 10);
        if (*end != '\0' || end == self->magnetization) {
            return cli_usage(options, "--magnetization %s: expected the sum of Z over all sites",
                             self->magnetization);
        }
    }
    if (self->product != NULL) {
        if (self->product[0] == '\0' || strlen(self->product) >= sizeof self->ask.start.product) {
            return cli_usage(options, "--product '%s': expected a few of u, d, + and -",
                             self->product);
        }
        (void)strcpy(self->ask.start.product, self->product);
    }
    return CLI_GO_ON;
}

static int parse_numbers(const cli_options *options, request *self) {
    if (self->epsilon == NULL) {
        return cli_usage(options, "--epsilon E, the coupling to the bath, is needed, as in 0.1");
    }
    if (cli_parse_numbers(self->epsilon, ',', 1, &self->ask.epsilon) != 1 ||
        !(self->ask.epsilon > 0)) {
        return cli_usage(options, "--epsilon %s: expected a coupling above 0, as in 0.1",
                         self->epsilon);
    }
    self->ask.realisations = self->count > 0 ? (size_t)self->count : 100;
    self->ask.seed = (uint64_t)self->seed;
    return self->seed >= 0 ? CLI_GO_ON : cli_usage(options, "--seed takes 0 or more");
}

static int check(cli_options *options, request *self) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    bool begins = self->at != NULL || self->lambda != NULL || self->product != NULL ||
                  self->magnetization != NULL || self->epsilon != NULL || !isnan(self->end) ||
                  !isnan(self->interval) || !isnan(self->warm_up) || self->seed != 0 ||
                  options->settings.count > 0 || options->settings.sites > 0;
    if (self->count < 0 || !(self->every >= 0)) {
        return cli_usage(options, "--trajectories and --checkpoint take no negative numbers");
    }
    if (self->resume != 0 && begins) {
        return cli_usage(options,
                         "--resume carries on with what the file says; it takes "
                         "--trajectories, --rates, --table and -o alone");
    }
    if (self->resume != 0 && options->output == NULL) {
        options->output = strdup(options->input);
    }
    int result = self->resume != 0 ? CLI_GO_ON : parse_numbers(options, self);
    result = result == CLI_GO_ON ? parse_start(options, self) : result;
    return result == CLI_GO_ON && options->output != NULL ? cli_check_output(options, endings)
                                                          : result;
}

static int run(const cli_command *command, int argc, const char **argv) {
    request asked = {.end = NAN, .interval = NAN, .warm_up = NAN, .every = 60};
    struct poptOption own[] = {
        {"epsilon", 'e', POPT_ARG_STRING, &asked.epsilon, 0, "coupling to the bath", "E"},
        {"trajectories", 't', POPT_ARG_INT, &asked.count, 0, "how many (default: 100)", "COUNT"},
        {"end", 0, POPT_ARG_DOUBLE, &asked.end, 0, "how long (default: 20/epsilon)", "T"},
        {"interval", 0, POPT_ARG_DOUBLE, &asked.interval, 0,
         "time between samples (default: end/200)", "T"},
        {"warm-up", 0, POPT_ARG_DOUBLE, &asked.warm_up, 0,
         "averages are taken later (default: end/4)", "T"},
        {"lambda", 0, POPT_ARG_STRING, &asked.lambda, 0, "the Gibbs state to start from",
         "LAMBDA1,LAMBDA2"},
        {"at", 0, POPT_ARG_STRING, &asked.at, 0, "the same by its densities", "M,E"},
        {"magnetization", 0, POPT_ARG_STRING, &asked.magnetization, 0, "the sum of Z to start from",
         "M"},
        {"product", 0, POPT_ARG_STRING, &asked.product, 0, "a product state to start from",
         "PATTERN"},
        {"seed", 0, POPT_ARG_INT, &asked.seed, 0, "seed of the random numbers (default: 0)", "N"},
        {"rates", 0, POPT_ARG_STRING, &asked.rates, 0, "what 'gibbsflow rates' wrote, beside",
         "FILE.h5"},
        {"table", 0, POPT_ARG_STRING, &asked.table, 0, "what 'gibbsflow forces' wrote, beside",
         "FILE.h5"},
        {"resume", 'r', POPT_ARG_NONE, &asked.resume, 0, "carry on with those of FILE.h5", NULL},
        {"checkpoint", 'c', POPT_ARG_DOUBLE, &asked.every, 0,
         "time between checkpoints (default: 60; 0: only when interrupted)", "SECONDS"},
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
    char *texts[] = {asked.at,      asked.lambda, asked.product, asked.magnetization,
                     asked.epsilon, asked.rates,  asked.table};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; ++k) {
        free(texts[k]);
    }
    cli_close(&options);
    return result;
}

const cli_command cli_trajectories = {
    .name = "trajectories",
    .arguments = "MODEL --epsilon E [-o FILE.h5] | --resume FILE.h5",
    .summary = "follow wave functions in the bath at a finite coupling",
    .help = trajectories_help,
    .examples = trajectories_examples,
    .takes = CLI_HAMILTONIAN | CLI_TRAJECTORIES,
    .run = run};
