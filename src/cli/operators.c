#include "cli/cli.h"

#include "algebra/dissipator.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Prints, in the notation of model files, the Hamiltonian and the operators\n"
    "whose Gibbs averages are the force and the noise of every Lindblad channel,\n"
    "per unit rate:\n"
    "\n"
    "  force   (1/N) sum_j (L_j' Q_i L_j - {L_j' L_j, Q_i}/2)\n"
    "  noise   (1/N) sum_j ([L_j,Q_i]' [L_j,Q_k] + (i <-> k))/2\n"
    "\n"
    "Here Q_1 = sum Z is the magnetisation, Q_2 = H the energy, and ' the adjoint.\n"
    "On a periodic chain the operator of one site, or unit cell, stands for all:\n"
    "every line is to be averaged over the translations of the chain.\n";

static const char examples[] =
    "  gibbsflow operators models/xxz_jprime.yaml\n"
    "  gibbsflow operators models/xxz_jprime.yaml --set gamma=0.5\n";

/* Sums of products round; what cancels down to that is not there. */
static const double ROUNDING = 1e-14;

/* Takes the terms out whose coefficients are rounding beside the largest. */
static void drop_rounding(gf_operator *operator, double largest) {
    size_t kept = 0;
    for (size_t i = 0; i < operator->count; ++i) {
        double complex c = operator->terms[i].coefficient;
        double re = fabs(creal(c)) > ROUNDING * largest ? creal(c) : 0;
        double im = fabs(cimag(c)) > ROUNDING * largest ? cimag(c) : 0;
        if (re != 0 || im != 0) {
            operator->terms[kept] = operator->terms[i];
            operator->terms[kept++].coefficient = CMPLX(re, im);
        }
    }
    operator->count = kept;
}

static double largest_of(const gf_operator *operator) {
    double largest = 0;
    for (size_t i = 0; i < operator->count; ++i) {
        largest = fmax(largest, cabs(operator->terms[i].coefficient));
    }
    return largest;
}

/* "LABEL: SUM", broken before terms so that lines keep within the width where they can; what
 * follows is indented. */
static void print_folded(const char *label, const char *sum) {
    enum { WIDTH = 79 };
    size_t indent = strspn(label, " ") + 4, at = strlen(label) + 1;
    (void)printf("%s:", label);
    while (*sum != '\0') {
        const char *next = sum + 1;
        while (*next != '\0' && strncmp(next, " + ", 3) != 0 && strncmp(next, " - ", 3) != 0) {
            ++next;
        }
        size_t length = (size_t)(next - sum);
        bool opening = *sum != ' ';
        if (!opening && at + length > WIDTH) {
            (void)printf("\n%*s", (int)indent - 1, "");
            at = indent - 1;
        }
        (void)printf("%s%.*s", opening ? " " : "", (int)length, sum);
        at += length + (opening ? 1 : 0);
        sum = next;
    }
    (void)printf("\n");
}

/* `scale` undoes a mean over sites, where that reads better. */
static bool print_operator(const gf_chain *chain, const char *label, const gf_operator *operator,
                           double scale) {
    gf_operator scaled = gf_operator_scaled(operator, scale);
    gf_operator shown =
        chain->periodic ? gf_chain_fold(chain, &scaled) : gf_operator_scaled(&scaled, 1);
    drop_rounding(&shown, largest_of(&shown));
    char *text = shown.exhausted ? NULL : gf_operator_format(&shown, 0);
    bool done = text != NULL;
    if (done) {
        print_folded(label, text);
    }
    free(text);
    gf_operator_free(&scaled);
    gf_operator_free(&shown);
    return done;
}

/* Force charge by charge, then noise pair by pair. */
static bool print_observables(const gf_chain *chain, const gf_dissipator *bath) {
    double scale = chain->periodic ? 1 : chain->sites;
    char label[64];
    bool done = true;
    for (size_t i = 0; i < GF_CHARGES && done; ++i) {
        (void)snprintf(label, sizeof label, "    force %s", gf_charge_name(i));
        done = print_operator(chain, label, &bath->observable[GF_FORCE + i], scale);
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = i; k < GF_CHARGES && done; ++k) {
            (void)snprintf(label, sizeof label, "    noise %s %s", gf_charge_name(i),
                           gf_charge_name(k));
            done = print_operator(chain, label, &bath->observable[GF_NOISE + gf_pair(i, k)], scale);
        }
    }
    return done;
}

static bool print_channel(const gf_model *model, const gf_charges *charges,
                          const gf_channel *channel) {
    gf_dissipator bath = gf_dissipator_derive(&model->chain, charges, &channel->jump);
    char *jump = gf_operator_format(&channel->jump.operator, - GF_TERM_ORIGIN);
    bool done = jump != NULL;
    if (done) {
        (void)printf("  %s:\n    rate: %.15g\n", channel->name, channel->rate);
        if (channel->jump.at != GF_EVERY_SITE) {
            (void)printf("    at: %d\n", channel->jump.at);
        }
        print_folded("    jump", jump);
        done = print_observables(&model->chain, &bath);
    }
    free(jump);
    gf_dissipator_free(&bath);
    return done;
}

static bool print_model(const gf_model *model) {
    const gf_chain *chain = &model->chain;
    gf_charges charges = gf_charges_of(chain, &model->hamiltonian);
    int cell = gf_chain_cell(chain);
    (void)printf("# %s, %d sites, %s chain", model->name, chain->sites,
                 chain->periodic ? "periodic" : "open");
    if (cell > 1) {
        (void)printf(", translations by cells of %d sites", cell);
    }
    (void)printf("\n");
    (void)printf(
        chain->periodic
            ? "# hamiltonian: to be summed over the chain's translations; the operators of\n"
              "# the channels: to be averaged over them, times rate and epsilon\n"
            : "# the operators of the channels: to be divided by the number of sites, times\n"
              "# rate and epsilon\n");
    bool done = print_operator(chain, "hamiltonian", &model->hamiltonian,
                               chain->periodic ? (double)cell / chain->sites : 1);
    (void)printf("channels:\n");
    for (size_t c = 0; c < model->channel_count && done; ++c) {
        done = print_channel(model, &charges, &model->channels[c]);
    }
    gf_charges_free(&charges);
    return done;
}

static int run(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    gf_model *model = NULL;
    gf_error error;
    int result = cli_open(&options, command, CLI_MODEL, NULL, argc, argv);
    if (result == CLI_GO_ON) {
        if (cli_load_model(&options, &model, &error) != GF_OK) {
            result = cli_fail(&options, &error);
        } else if (!print_model(model)) {
            (void)gf_fail_memory(&error, "the derived operators");
            result = cli_fail(&options, &error);
        } else {
            result = CLI_DONE;
        }
    }
    gf_model_free(model);
    cli_close(&options);
    return result;
}

const cli_command cli_operators = {.name = "operators",
                                   .arguments = "MODEL",
                                   .summary = "print the force and noise operators of a model",
                                   .help = help,
                                   .examples = examples,
                                   .takes = CLI_HAMILTONIAN,
                                   .run = run};
