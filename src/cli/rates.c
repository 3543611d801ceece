/* The rate equation between eigenstates: the exact limit of a weak bath, and the ansatz on trial.
 */
#include "cli/rates.h"

#include "base/machine.h"
#include "model/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rates_help[] =
    "Solves what is exact for epsilon -> 0 and a finite chain: the classical rate\n"
    "equation between the eigenstates of H, dp_n/dt = epsilon sum_m (W_nm p_m - W_mn\n"
    "p_n) with W_nm = N sum_c rate_c |<n|L_c|m>|^2, and puts the ansatz of Gibbs states\n"
    "of two charges, on which all other commands rest, beside it.\n"
    "\n"
    "Prints, for each value of a strong symmetry of the bath (one that commutes with\n"
    "every jump operator), the stationary <m^2>, <e>, <m>; P(M); the slowest rates with\n"
    "their parity under m -> -m, of which the slowest odd one is the rate of switching;\n"
    "and the trial:\n"
    "\n"
    "  exact   the rate equation\n"
    "  smooth  the same projected onto populations that at fixed M are a polynomial of\n"
    "          degree 4 in the energy: all mixtures of two-charge Gibbs states, jumps\n"
    "          kept. Exact over smooth is the failure of the ansatz alone\n"
    "  gibbs   the table: m^2, e of its stable fixed points and the slower rate of the\n"
    "          return to them; its force at the exact <e> of each M\n"
    "  block   the Langevin equation of a block of N sites, as an eigenvalue problem of its\n"
    "          Fokker-Planck equation on the plane of m and e: with the coefficients of\n"
    "          the table (bare), and with those of sharp charges (renormalised)\n"
    "  spread  of ln p_n within a magnetisation, about a polynomial of degree 4 in E_n,\n"
    "          levels weighted with p_n; 0 if two charges are enough\n"
    "\n"
    "--sites FROM:TO does so for every second size and says how the errors fall. Where\n"
    "levels coincide within a block of coherences their coherences are kept; epsilon\n"
    "has to be small beside the smallest distance of others, which is printed.\n"
    "\n"
    "--epsilon E solves the whole Lindbladian at this coupling as well, of which the rate\n"
    "equation is the limit: exact stationary states, the force at each M as jumps make\n"
    "it and the slowest rates, in H's eigenbasis, with GMRES and Davidson's method,\n"
    "started and preconditioned by the limit: of those modes that are populations for\n"
    "epsilon -> 0, two for each F and two odd ones; coherences that oscillate may decay\n"
    "more slowly. Beside them the expansion in epsilon to second order, and up to which\n"
    "epsilon it describes 90 % of the exact shift of P(M) and <e>. 10 sites take some\n"
    "seconds, 12 a minute or two.\n"
    "\n"
    "--at M,E (or --lambda) starts from a Gibbs state and follows <m>, <e>, <m^2>; -o\n"
    "keeps all, with the populations and the joint distribution of M and E. At most 16\n"
    "sites; 14 take some seconds, 16 a few minutes and 6 GiB.\n";

static const char rates_examples[] =
    "  gibbsflow rates models/xxz_jprime_half.yaml --sites 10\n"
    "  gibbsflow rates models/xxz_jprime_half.yaml --sites 10 --epsilon 0.1\n"
    "  gibbsflow rates models/xxz_jprime.yaml --sites 8:14 -o trial.h5\n"
    "  gibbsflow figure trial.h5 -o trial.pdf\n"
    "  gibbsflow rates models/xxz_jprime.yaml --sites 8 --at 0.3,0.5 -o relaxation.h5\n";

/* What the command line asks for. */
typedef struct request {
    char *sites, *at, *lambda, *epsilon;
    double end;
    int first, last, step; /* 0: the model's own */
    gf_rates_request rates;
} request;

/* --- the command ----------------------------------------------------------------------------- */

static gf_status store(const cli_options *options, const gf_model *model, const gf_rates *rates,
                       const gf_trial_size *sizes, size_t count, gf_error *error) {
    gf_file *file = NULL;
    if (options->output == NULL) {
        return GF_OK;
    }
    gf_status status = gf_file_create(options->output, &file, error);
    if (status == GF_OK) {
        gf_file_put_origin(file, options->line);
        gf_model_store(model, file);
        gf_rates_write(rates, file);
        gf_trial_write(sizes, count, file);
        status = gf_file_commit(&file, error);
    }
    return status;
}

static gf_status print(const cli_options *options, const gf_model *model, const gf_rates *rates,
                       const gf_trial_size *sizes, size_t count, gf_error *error) {
    cli_report report;
    cli_report_open(&report, options);
    cli_rates_print(&report, model, rates);
    cli_rates_print_trial(&report, sizes, count);
    return cli_report_close(&report, GF_OK, error);
}

static gf_status solve(const cli_options *options, const request *asked, const gf_model *model,
                       gf_rates **rates, gf_error *error) {
    gf_rates_cost cost;
    cli_progress progress;
    gf_rates_request wanted = asked->rates;
    wanted.blocks = true;
    gf_status status = gf_rates_cost_of(model, &cost, error);
    if (status != GF_OK) {
        return status;
    }
    bool coupled = asked->rates.epsilon > 0;
    double seconds = cost.seconds + (coupled ? cost.coupled_seconds : 0);
    double memory = cost.memory + (coupled ? cost.coupled_memory : 0);
    if (seconds > 2) {
        char duration[40];
        cli_format_duration(seconds / gf_machine_threads(), duration, sizeof duration);
        cli_say(options, "%s: %d sites, about %.2g GiB of memory and roughly %s", model->name,
                model->chain.sites, memory / 0x1p30, duration);
    }
    cli_progress_start(&progress, options, "rate equation");
    wanted.progress = &progress.progress;
    status = gf_rates_find(model, &wanted, rates, error);
    cli_progress_end(&progress);
    return status;
}

/* Every size in turn; what is printed in full and kept is the largest. */
static gf_status climb(const cli_options *options, const request *asked, const gf_model *model,
                       gf_trial_size *sizes, gf_error *error) {
    gf_rates *rates = NULL;
    gf_model *sized = NULL;
    size_t count = 0;
    gf_status status = GF_OK;
    for (int sites = asked->first; sites <= asked->last && status == GF_OK; sites += asked->step) {
        gf_rates_free(rates);
        gf_model_free(sized);
        rates = NULL;
        status = gf_model_resize(model, sites, model->chain.periodic, &sized, error);
        if (status == GF_OK) {
            sized->no_symmetry = model->no_symmetry;
            status = solve(options, asked, sized, &rates, error);
        }
        if (status == GF_OK) {
            sizes[count++] = gf_trial_size_of(rates);
        }
    }
    if (status == GF_OK) {
        status = store(options, sized, rates, sizes, count, error);
    }
    if (status == GF_OK) {
        status = print(options, sized, rates, sizes, count, error);
    }
    gf_rates_free(rates);
    gf_model_free(sized);
    return status;
}

static gf_status compute(const cli_options *options, request *asked, gf_error *error) {
    gf_model *model = NULL;
    gf_trial_size *sizes = NULL;
    gf_status status =
        options->output != NULL ? cli_spare_output(options, CLI_RATES, error) : GF_OK;
    if (status == GF_OK) {
        status = cli_load_model(options, &model, error);
    }
    if (status == GF_OK) {
        asked->first = asked->first > 0 ? asked->first : model->chain.sites;
        asked->last = asked->last > 0 ? asked->last : model->chain.sites;
        sizes = calloc((size_t)(asked->last - asked->first) + 1, sizeof *sizes);
        status = sizes != NULL ? climb(options, asked, model, sizes, error)
                               : gf_fail_memory(error, "the sizes");
    }
    free(sizes);
    gf_model_free(model);
    return status;
}

static int parse_sites(const cli_options *options, request *self) {
    int size[2];
    self->step = 2;
    if (self->sites == NULL) {
        return CLI_GO_ON;
    }
    size_t count = cli_parse_integers(self->sites, ':', 2, size);
    if (count > 0 && size[0] >= 2 && size[count - 1] >= size[0] &&
        size[count - 1] <= GF_CHAIN_MAX_SITES / 2) {
        self->first = size[0];
        self->last = size[count - 1];
        return CLI_GO_ON;
    }
    return cli_usage(
        options,
        "--sites %s: expected N, or FROM:TO for every second size, between 2 and %d, as "
        "in 8:14",
        self->sites, GF_CHAIN_MAX_SITES / 2);
}

static int parse_start(const cli_options *options, request *self) {
    const char *text = self->at != NULL ? self->at : self->lambda;
    if (text == NULL) {
        return CLI_GO_ON;
    }
    self->rates.relax = true;
    self->rates.by_density = self->at != NULL;
    bool good = cli_parse_numbers(text, ',', 2, self->rates.start) == 2 &&
                fabs(self->rates.start[0]) < 1e3 && fabs(self->rates.start[1]) < 1e3;
    if (self->at != NULL && self->lambda != NULL) {
        return cli_usage(options, "--at and --lambda both say where to start; give one of them");
    }
    return good ? CLI_GO_ON
                : cli_usage(options, "--%s %s: expected two numbers, as in %s",
                            self->at != NULL ? "at" : "lambda", text,
                            self->at != NULL ? "0.3,0.5" : "-0.4,-0.2");
}

static int parse_epsilon(const cli_options *options, request *self) {
    bool good = cli_parse_numbers(self->epsilon, ',', 1, &self->rates.epsilon) == 1 &&
                self->rates.epsilon > 0;
    return good ? CLI_GO_ON
                : cli_usage(options, "--epsilon %s: expected a coupling above 0, as in 0.1",
                            self->epsilon);
}

static int check(const cli_options *options, request *self) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    int result = parse_sites(options, self);
    result = result == CLI_GO_ON ? parse_start(options, self) : result;
    if (result == CLI_GO_ON && !(self->end >= 0 && isfinite(self->end))) {
        result = cli_usage(options, "--end %g: expected a positive time", self->end);
    }
    if (result == CLI_GO_ON && options->output != NULL) {
        result = cli_check_output(options, endings);
    }
    if (result == CLI_GO_ON && self->epsilon != NULL) {
        result = parse_epsilon(options, self);
    }
    self->rates.end = self->end;
    return result;
}

static int run(const cli_command *command, int argc, const char **argv) {
    request asked = {0};
    struct poptOption own[] = {
        {"sites", 'n', POPT_ARG_STRING, &asked.sites, 0,
         "sites, or sizes of the trial (default: as in the model)", "N|FROM:TO"},
        {"at", 0, POPT_ARG_STRING, &asked.at, 0, "densities of a Gibbs state to relax from", "M,E"},
        {"lambda", 0, POPT_ARG_STRING, &asked.lambda, 0, "the same by its lambda",
         "LAMBDA1,LAMBDA2"},
        {"epsilon", 0, POPT_ARG_STRING, &asked.epsilon, 0,
         "a finite coupling, at which the whole Lindbladian is solved, too", "E"},
        {"end", 0, POPT_ARG_DOUBLE, &asked.end, 0,
         "how long to follow it, times epsilon (default: five slowest times)", "T"},
        POPT_TABLEEND};
    cli_options options;
    gf_error error;
    int result = cli_open(&options, command, CLI_RESULT | CLI_SET | CLI_SYMMETRY | CLI_JSON, own,
                          argc, argv);
    result = result == CLI_GO_ON ? check(&options, &asked) : result;
    if (result == CLI_GO_ON) {
        gf_status status = compute(&options, &asked, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    free(asked.sites);
    free(asked.at);
    free(asked.lambda);
    free(asked.epsilon);
    cli_close(&options);
    return result;
}

const cli_command cli_rates = {.name = "rates",
                               .arguments = "MODEL|FILE.h5 [-o FILE.h5]",
                               .summary =
                                   "solve the exact limit of a weak bath; the ansatz on trial",
                               .help = rates_help,
                               .examples = rates_examples,
                               .takes = CLI_HAMILTONIAN,
                               .run = run};
