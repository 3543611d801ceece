#include "cli/report.h"

#include "algebra/current.h"
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
    "every line is to be averaged over the translations of the chain.\n"
    "\n"
    "The currents of both charges follow from H alone, with distances between the\n"
    "centres x_a of its strings T_a, and are to be summed over the translations:\n"
    "\n"
    "  current magnetization   J_1 = sum_ab (x_b - x_a) i [T_a, Z_b]\n"
    "  current energy          J_2 = (1/2) sum_ab (x_b - x_a) i [T_a, T_b]\n";

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

/* As text "LABEL: SUM", broken before terms so that lines keep within the width where they can;
 * what follows is indented. */
static void print_folded(cli_report *report, const char *key, const char *label, const char *sum) {
    enum { WIDTH = 79 };
    size_t indent = strspn(label, " ") + 4, at = strlen(label) + 1;
    cli_report_string(report, key, sum, NULL);
    cli_report_text(report, "%s:", label);
    while (*sum != '\0') {
        const char *next = sum + 1;
        while (*next != '\0' && strncmp(next, " + ", 3) != 0 && strncmp(next, " - ", 3) != 0) {
            ++next;
        }
        size_t length = (size_t)(next - sum);
        bool opening = *sum != ' ';
        if (!opening && at + length > WIDTH) {
            cli_report_text(report, "\n%*s", (int)indent - 1, "");
            at = indent - 1;
        }
        cli_report_text(report, "%s%.*s", opening ? " " : "", (int)length, sum);
        at += length + (opening ? 1 : 0);
        sum = next;
    }
    cli_report_text(report, "\n");
}

/* `scale` undoes a mean over sites, where that reads better. */
static bool print_operator(cli_report *report, const gf_chain *chain, const char *key,
                           const char *label, const gf_operator *operator, double scale) {
    gf_operator scaled = gf_operator_scaled(operator, scale);
    gf_operator shown =
        chain->periodic ? gf_chain_fold(chain, &scaled) : gf_operator_scaled(&scaled, 1);
    drop_rounding(&shown, largest_of(&shown));
    char *text = shown.exhausted ? NULL : gf_operator_format(&shown, 0);
    bool done = text != NULL;
    if (done) {
        print_folded(report, key, label, text);
    }
    free(text);
    gf_operator_free(&scaled);
    gf_operator_free(&shown);
    return done;
}

/* The densities of the infinite chain, whose strings begin in the first cell; of an open chain the
 * whole. A ring that is too short has none. */
static bool print_currents(cli_report *report, const gf_chain *chain,
                           const gf_operator *hamiltonian) {
    gf_currents currents;
    gf_error error;
    gf_status status = gf_currents_derive(chain, hamiltonian, &currents, &error);
    bool done = status == GF_OK || status == GF_INVALID;
    cli_report_begin(report, "currents");
    if (status == GF_INVALID) {
        cli_report_string(report, "none", error.message, NULL);
        cli_report_text(report,
                        "# no currents: the ring of %d sites is too short for that of energy\n",
                        chain->sites);
    }
    for (size_t i = 0; i < GF_CHARGES && status == GF_OK && done; ++i) {
        char label[64];
        gf_operator *current = &currents.current[i];
        (void)snprintf(label, sizeof label, "current %s", gf_charge_name(i));
        drop_rounding(current, largest_of(current));
        char *text = gf_operator_format(current, 0);
        done = text != NULL;
        if (done) {
            print_folded(report, gf_charge_name(i), label, text);
        }
        free(text);
    }
    cli_report_end(report);
    if (status == GF_OK) {
        gf_currents_free(&currents);
    }
    return done;
}

/* Force charge by charge, then noise pair by pair. */
static bool print_observables(cli_report *report, const gf_chain *chain,
                              const gf_dissipator *bath) {
    double scale = chain->periodic ? 1 : chain->sites;
    char label[64], key[48];
    bool done = true;
    cli_report_begin(report, "force");
    for (size_t i = 0; i < GF_CHARGES && done; ++i) {
        (void)snprintf(label, sizeof label, "    force %s", gf_charge_name(i));
        done = print_operator(report, chain, gf_charge_name(i), label,
                              &bath->observable[GF_FORCE + i], scale);
    }
    cli_report_end(report);
    cli_report_begin(report, "noise");
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = i; k < GF_CHARGES && done; ++k) {
            (void)snprintf(key, sizeof key, "%s %s", gf_charge_name(i), gf_charge_name(k));
            (void)snprintf(label, sizeof label, "    noise %s", key);
            done = print_operator(report, chain, key, label,
                                  &bath->observable[GF_NOISE + gf_pair(i, k)], scale);
        }
    }
    cli_report_end(report);
    return done;
}

static bool print_channel(cli_report *report, const gf_model *model, const gf_charges *charges,
                          const gf_channel *channel) {
    gf_dissipator bath = gf_dissipator_derive(&model->chain, charges, &channel->jump);
    char *jump = gf_operator_format(&channel->jump.operator, - GF_TERM_ORIGIN);
    bool done = jump != NULL;
    if (done) {
        cli_report_begin(report, NULL);
        cli_report_string(report, "name", channel->name, "  %s:\n");
        cli_report_number(report, "rate", "epsilon {energy}", channel->rate, "    rate: %.15g\n");
        if (channel->jump.at != GF_EVERY_SITE) {
            cli_report_number(report, "at", NULL, channel->jump.at, "    at: %.0f\n");
        }
        print_folded(report, "jump", "    jump", jump);
        done = print_observables(report, &model->chain, &bath);
        cli_report_end(report);
    }
    free(jump);
    gf_dissipator_free(&bath);
    return done;
}

static bool print_model(cli_report *report, const gf_model *model) {
    const gf_chain *chain = &model->chain;
    gf_charges charges = gf_charges_of(chain, &model->hamiltonian);
    int cell = gf_chain_cell(chain);
    cli_report_chain(report, model);
    cli_report_text(report, "# %s, %d sites, %s chain", model->name, chain->sites,
                    chain->periodic ? "periodic" : "open");
    if (cell > 1) {
        cli_report_text(report, ", translations by cells of %d sites", cell);
    }
    cli_report_text(report, "\n");
    cli_report_text(
        report, "%s",
        chain->periodic
            ? "# hamiltonian, currents: to be summed over the chain's translations; the\n"
              "# operators of the channels: to be averaged over them, times rate and epsilon\n"
            : "# the operators of the channels: to be divided by the number of sites, times\n"
              "# rate and epsilon\n");
    bool done = print_operator(report, chain, "hamiltonian", "hamiltonian", &model->hamiltonian,
                               chain->periodic ? (double)cell / chain->sites : 1);
    done = done && print_currents(report, chain, &model->hamiltonian);
    cli_report_text(report, "channels:\n");
    cli_report_begin_list(report, "channels");
    for (size_t c = 0; c < model->channel_count && done; ++c) {
        done = print_channel(report, model, &charges, &model->channels[c]);
    }
    cli_report_end_list(report);
    gf_charges_free(&charges);
    return done;
}

static int run(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    gf_model *model = NULL;
    gf_error error;
    int result = cli_open(&options, command, CLI_MODEL | CLI_JSON, NULL, argc, argv);
    if (result == CLI_GO_ON) {
        cli_report report;
        gf_status status = cli_load_model(&options, &model, &error);
        cli_report_open(&report, &options);
        if (status == GF_OK && !print_model(&report, model)) {
            status = gf_fail_memory(&error, "the derived operators");
        }
        status = cli_report_close(&report, status, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
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
