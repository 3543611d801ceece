/* Currents, Kubo formulas and diffusion constants from the Hamiltonian. */
#include "cli/transport.h"

#include "base/ranks.h"
#include "model/model_file.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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
    "10 sites take 12 to 18 s of processor time a state, each more 5 to 6 times that.\n"
    "--weight W takes only operators with at most W letters other than 1, which lets\n"
    "them be longer where spins are dilute (13 sites, W = 9 for |m| = 0.7: 28 min).\n"
    "Without it, what has not settled for its spread alone is tried once more with\n"
    "operators two sites longer, W = 7.\n"
    "\n"
    "--method memory, for chains close to an integrable one: the model file says which\n"
    "entries of the Hamiltonian are (integrable: [0, 1]). Two of its charges decay by\n"
    "what is left, V, alone; sigma and D are lower bounds to leading order in V, which\n"
    "grow like V^-2: printed, too, times the square of the parameter that multiplies V.\n"
    "A current without overlap with these charges (J_1 at m = 0) is refused. Up to 16\n"
    "sites are diagonalised; beyond, sectors of more than 1200 states a momentum (the\n"
    "model's typicality: {exact: 1200}) take random vectors, as --method typicality.\n"
    "\n"
    "--tail takes both: the ring up to t*, at any lambda2, and beyond it the tail of\n"
    "the state of the same m at lambda2 = 0, from operator space, changed as the two\n"
    "sigma of the ring differ up to t*. 'extrapolated' then gives the error by the\n"
    "largest deviation of four ways to do so with all choices of operator space.\n"
    "\n"
    "--table M,E writes D on so many values of m and e over all that is reachable, for\n"
    "run files of 'gibbsflow langevin' (diffusion: FILE.h5): --tail at nine lambda2 of\n"
    "each |m| <= 0.85; beyond what has a verdict it is continued to the border, finite\n"
    "and positive, and marked. 41,41 take three minutes of processor time with\n"
    "--strings 9, several times that with 10.\n"
    "\n"
    "-o keeps K, sigma, C, Drude weights, verdicts; 'gibbsflow figure' draws them.\n";

static const char examples[] =
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 12\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --at 0,0 --at 0.68,-0.16 \\\n"
    "      -o transport.h5\n"
    "  gibbsflow figure transport.h5 -o transport.pdf\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --method operator-space \\\n"
    "      --at 0,0 --at=-0.31,0 --strings 9\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 20 --method typicality \\\n"
    "      --at 0,0 --at 0,-0.26 -o transport20.h5\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 14 --tail \\\n"
    "      --at 0,-0.18 --at=-0.76,-0.11\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --table 41,41 -o diffusion.h5\n"
    "  gibbsflow transport models/xxz_jprime.yaml --sites 18 --method memory \\\n"
    "      -o memory18.h5\n"
    "  gibbsflow transport models/dm_field.yaml --sites 8 --exact --end 4 --times 9\n"
    "  gibbsflow transport models/xxz_jprime_half.yaml --sites 12 --grid 21,21 \\\n"
    "      -o grid.h5\n";

enum {
    DEFAULT_SAMPLES = 2,
    MOST_SAMPLES = 10000,
    MOST_TIMES = 100000,
    MOST_NODES = 1000,
    LEAST_ENTRIES = 5,
    NOT_GIVEN = INT_MIN
};
static const double MOST_LAMBDA1 = 1e6;

static gf_status store(const cli_options *options, const gf_model *model,
                       const transport_findings *found, gf_error *error) {
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

static gf_status compute(cli_options *options, transport_request *self, gf_error *error) {
    gf_model *model = NULL;
    transport_findings found = {0};
    gf_status status =
        options->output != NULL ? cli_spare_output(options, CLI_TRANSPORT, error) : GF_OK;
    if (status == GF_OK) {
        status = cli_load_model(options, &model, error);
    }
    if (status == GF_OK) {
        status = cli_transport_solve(options, self, model, &found, error);
    }
    if (status == GF_OK && options->output != NULL) {
        status = store(options, model, &found, error);
    }
    if (status == GF_OK && options->checkpoint != NULL && gf_ranks_rank() == 0) {
        (void)unlink(options->checkpoint);
    }
    if (status == GF_OK) {
        status = cli_transport_print(options, model, &found, error);
    }
    cli_transport_free(&found);
    gf_model_free(model);
    return status;
}

static bool parse_point(const char *text, double lambda[GF_CHARGES]) {
    return cli_parse_numbers(text, ',', GF_CHARGES, lambda) == GF_CHARGES &&
           fabs(lambda[0]) <= MOST_LAMBDA1;
}

static int parse_points(const cli_options *options, transport_request *self) {
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

static int parse_grid(const cli_options *options, transport_request *self) {
    if (self->grid == NULL) {
        return CLI_GO_ON;
    }
    if (self->at != NULL) {
        return cli_usage(options, "--at and --grid both say which states; give one of them");
    }
    bool good = cli_parse_integers(self->grid, ',', 2, self->nodes) == 2 && self->nodes[0] >= 1 &&
                self->nodes[0] <= MOST_NODES && self->nodes[1] >= 1 && self->nodes[1] <= MOST_NODES;
    return good ? CLI_GO_ON
                : cli_usage(options,
                            "--grid %s: expected how many values of lambda1 and lambda2, 1 to %d "
                            "each, as in 21,21",
                            self->grid, MOST_NODES);
}

static int parse_table(const cli_options *options, transport_request *self) {
    if (self->table == NULL) {
        return CLI_GO_ON;
    }
    if (self->at != NULL || self->grid != NULL) {
        return cli_usage(options, "--table chooses its states; leave out --at and --grid");
    }
    if (options->output == NULL) {
        return cli_usage(options, "--table needs a file for the table: -o FILE.h5");
    }
    bool good = cli_parse_integers(self->table, ',', 2, self->entries) == 2 &&
                self->entries[0] >= LEAST_ENTRIES && self->entries[0] <= MOST_NODES &&
                self->entries[0] % 2 == 1 && self->entries[1] >= LEAST_ENTRIES &&
                self->entries[1] <= MOST_NODES;
    return good ? CLI_GO_ON
                : cli_usage(options,
                            "--table %s: expected how many values of m, an odd number, and of e, "
                            "%d to %d each, as in 41,41",
                            self->table, LEAST_ENTRIES, MOST_NODES);
}

/* What goes with a tail. */
static int check_tail(const cli_options *options, const transport_request *self) {
    bool tail = self->tail != 0 || self->table != NULL;
    return !tail || (!cli_transport_takes(self, "operator-space") &&
                     !cli_transport_takes(self, "memory") && self->alone == 0)
               ? CLI_GO_ON
               : cli_usage(options,
                           "--tail and --table take operator space beside rings of two "
                           "lengths: no --method operator-space or memory, no --alone");
}

static int check_method(const cli_options *options, const transport_request *self) {
    static const char *const methods[] = {"full", "typicality", "operator-space", "memory"};
    bool known = false;
    for (size_t k = 0; k < sizeof methods / sizeof *methods; ++k) {
        known = known || cli_transport_takes(self, methods[k]);
    }
    if (!known) {
        return cli_usage(options,
                         "--method %s: expected full, typicality, operator-space or memory",
                         self->method);
    }
    if (cli_transport_takes(self, "operator-space") &&
        (self->exact != 0 || self->symmetrised != 0 || self->alone != 0)) {
        return cli_usage(options,
                         "--exact, --symmetrised and --alone are for chains of a finite length, "
                         "--method full or typicality");
    }
    return CLI_GO_ON;
}

/* What goes with random vectors. */
static int check_samples(const cli_options *options, transport_request *self) {
    if (!cli_transport_takes(self, "typicality") && !cli_transport_takes(self, "memory") &&
        (self->samples != NOT_GIVEN || self->seed >= 0)) {
        return cli_usage(options, "--samples and --seed belong to --method typicality or memory");
    }
    self->samples = self->samples != NOT_GIVEN ? self->samples : DEFAULT_SAMPLES;
    if (self->samples < 2 || self->samples > MOST_SAMPLES) {
        return cli_usage(options, "--samples %d: expected 2 to %d", self->samples, MOST_SAMPLES);
    }
    if (self->seed < -1 || self->seed > GF_MAX_SEED) {
        return cli_usage(options, "--seed takes 0 to %ld", GF_MAX_SEED);
    }
    return self->checkpoint >= 0 ? CLI_GO_ON
                                 : cli_usage(options, "--checkpoint takes 0 or more seconds");
}

/* Of operator space; 0 if it is not given. */
static int check_size(const cli_options *options, const transport_request *self, const char *option,
                      const char *what, int *size) {
    bool takes =
        cli_transport_takes(self, "operator-space") || self->tail != 0 || self->table != NULL;
    if (*size != NOT_GIVEN && (!takes || *size < 1)) {
        return cli_usage(options,
                         "--%s %d: expected a number of %s, with --method operator-space, --tail "
                         "or --table",
                         option, *size, what);
    }
    *size = *size != NOT_GIVEN ? *size : 0;
    return CLI_GO_ON;
}

static int check_times(const cli_options *options, const transport_request *self) {
    if (!(self->end > 0 && isfinite(self->end))) {
        return cli_usage(options, "--end %g: expected a positive time", self->end);
    }
    return self->times >= 2 && self->times <= MOST_TIMES
               ? CLI_GO_ON
               : cli_usage(options, "--times %d: expected 2 to %d", self->times, MOST_TIMES);
}

static int check(const cli_options *options, transport_request *self) {
    static const char *const endings[] = {".h5", ".hdf5", NULL};
    int result = parse_points(options, self);
    result = result == CLI_GO_ON ? parse_grid(options, self) : result;
    result = result == CLI_GO_ON ? parse_table(options, self) : result;
    result = result == CLI_GO_ON ? check_tail(options, self) : result;
    result = result == CLI_GO_ON ? check_method(options, self) : result;
    result = result == CLI_GO_ON ? check_samples(options, self) : result;
    result = result == CLI_GO_ON ? check_size(options, self, "strings", "sites", &self->strings)
                                 : result;
    result = result == CLI_GO_ON ? check_size(options, self, "weight", "letters", &self->weight)
                                 : result;
    result = result == CLI_GO_ON ? check_times(options, self) : result;
    if (result == CLI_GO_ON && options->output != NULL) {
        result = cli_check_output(options, endings);
    }
    return result;
}

static void free_request(transport_request *self) {
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
    transport_request asked = {.end = 8,
                               .times = 65,
                               .checkpoint = 60,
                               .seed = -1,
                               .samples = NOT_GIVEN,
                               .strings = NOT_GIVEN,
                               .weight = NOT_GIVEN};
    struct poptOption own[] = {
        {"at", 0, POPT_ARG_ARGV, (void *)&asked.at, 0,
         "a Gibbs state; may be given several times (default: 0,0)", "LAMBDA1,LAMBDA2"},
        {"grid", 0, POPT_ARG_STRING, &asked.grid, 0,
         "so many values of lambda1 and lambda2 over the model's ranges", "N1,N2"},
        {"method", 0, POPT_ARG_STRING, &asked.method, 0,
         "full: diagonalisation (default) | typicality: random vectors | operator-space: infinite "
         "chain, lambda2 = 0 | memory: nearly integrable chains",
         "METHOD"},
        {"samples", 0, POPT_ARG_INT, &asked.samples, 0,
         "random vectors of the largest sector (default: 2)", "N"},
        {"seed", 0, POPT_ARG_LONG, &asked.seed, 0, "of random vectors (default: the model's)", "N"},
        {"checkpoint", 'c', POPT_ARG_DOUBLE, &asked.checkpoint, 0,
         "time between checkpoints of random vectors (default: 60)", "SECONDS"},
        {"tail", 0, POPT_ARG_NONE, &asked.tail, 0,
         "beyond t*: what operator space has for the tail at lambda2 = 0", NULL},
        {"table", 0, POPT_ARG_STRING, &asked.table, 0,
         "D on so many values of m and e, for langevin; implies --tail", "M,E"},
        {"strings", 0, POPT_ARG_INT, &asked.strings, 0,
         "sites of the longest operators of operator-space (default: 10)", "L"},
        {"weight", 0, POPT_ARG_INT, &asked.weight, 0,
         "of the heaviest: letters other than 1 (default: as described)", "W"},
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
