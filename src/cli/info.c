#include "cli/cli.h"

#include "base/printable.h"
#include "gibbsflow/file.h"
#include "gibbsflow/machine.h"
#include "gibbsflow/typicality.h"
#include "gibbsflow/version.h"
#include "hilbert/basis.h"
#include "model/model_file.h"
#include "spectrum/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Without an argument: prints the version, and the processor, threads and linear\n"
    "algebra that the program runs on.\n"
    "\n"
    "With a model: prints the symmetries of its Hamiltonian, how many matrices are\n"
    "diagonalised, and the memory and time that this takes. --blocks lists them: the\n"
    "blocks of equal quantum numbers (+- stands for two labels at once, and \"copies\"\n"
    "counts them), or the random vectors of --method typicality.\n"
    "\n"
    "With an HDF5 file: prints how it was made, with which values of parameters, and\n"
    "what it holds.\n";

static const char examples[] =
    "  gibbsflow info\n"
    "  gibbsflow info models/xxz_jprime.yaml --sites 16\n"
    "  gibbsflow info models/xxz_jprime.yaml --sites 24 --method typicality\n"
    "  gibbsflow info fig2.h5\n";

static void print_machine(void) {
    const char *better = gf_machine_better_blas_kernel();
    char version[32];
    gf_machine_blas_version(sizeof version, version);
    (void)printf("gibbsflow " GF_VERSION "\n");
    (void)printf("threads: %d\n", gf_machine_threads());
    (void)printf("free memory: %.3g GiB\n", (double)gf_machine_free_memory() / 0x1p30);
    (void)printf("OpenBLAS version: %s\n", version);
    (void)printf("OpenBLAS kernel: %s%s%s%s\n", gf_machine_blas_kernel(),
                 better != NULL ? " (this processor could run " : "", better != NULL ? better : "",
                 better != NULL ? "; set OPENBLAS_CORETYPE to it)" : "");
}

static void print_samples(const gf_model *model) {
    (void)printf("%14s %12s %16s\n", "magnetisation", "states", "random vectors");
    for (int up = 0; up <= model->chain.sites; ++up) {
        size_t size = gf_basis_dimension(model->chain.sites, up);
        size_t samples = gf_typicality_samples(model, up);
        (void)printf("%14d %12zu ", 2 * up - model->chain.sites, size);
        if (samples > 0) {
            (void)printf("%16zu\n", samples);
        } else {
            (void)printf("%16s\n", "diagonalised");
        }
    }
}

/* Names the elements that no others already named make up. */
static void print_symmetries(const gf_symmetry *symmetry) {
    static const int simplest_first[] = {GF_REFLECT,
                                         GF_FLIP,
                                         GF_CONJUGATE,
                                         GF_REFLECT | GF_FLIP,
                                         GF_REFLECT | GF_CONJUGATE,
                                         GF_FLIP | GF_CONJUGATE,
                                         GF_REFLECT | GF_FLIP | GF_CONJUGATE};
    static const char *const names[] = {"reflection", "spin flip", "complex conjugation"};
    bool known[GF_FACTOR_SETS] = {true};
    bool translates = symmetry->translations > 1, any = translates;
    (void)printf("symmetries:%s", translates ? " translation" : "");
    for (size_t k = 0; k < sizeof simplest_first / sizeof *simplest_first; ++k) {
        int factors = simplest_first[k];
        if (!symmetry->has[factors] || known[factors]) {
            continue;
        }
        const char *between = any ? ", " : " ";
        for (int f = 0; f < 3; ++f) {
            if ((factors & (1 << f)) != 0) {
                (void)printf("%s%s", between, names[f]);
                between = " x ";
            }
        }
        any = true;
        for (int other = 0; other < GF_FACTOR_SETS; ++other) { /* factors itself comes last */
            known[other ^ factors] = known[other ^ factors] || known[other];
        }
    }
    (void)printf("%s\n", any ? "" : " none");
}

static void print_sign(int sign, bool both, int number, int width) {
    char text[32];
    (void)snprintf(text, sizeof text, "%s%d", both ? "+-" : sign < 0 ? "-" : "", number);
    (void)printf(" %*s", width, text);
}

static void print_character(int character) {
    (void)printf(" %10s", character > 0 ? "+" : character < 0 ? "-" : ".");
}

static void print_blocks(const gf_model *model, const gf_symmetry *symmetry, const gf_block *blocks,
                         size_t count, double rate) {
    size_t rows = GF_OBSERVABLES * model->channel_count * (gf_symmetry_flips(symmetry) ? 2 : 1);
    (void)printf("%13s %8s %10s %10s %10s %8s %8s %12s %10s\n", "magnetisation", "momentum",
                 "reflection", "flip", "both", "states", "copies", "memory", "seconds");
    for (size_t b = 0; b < count; ++b) {
        const gf_block *block = &blocks[b];
        gf_block mirror;
        bool mirrored = gf_symmetry_mirror(symmetry, block, &mirror);
        int magnetization = 2 * block->up - symmetry->sites;
        print_sign(magnetization, mirrored, abs(magnetization), 12);
        if (symmetry->translations > 1) {
            print_sign(1, block->degeneracy == 2, block->momentum, 8);
        } else {
            (void)printf(" %8s", ".");
        }
        print_character(block->character[GF_REFLECT]);
        print_character(block->character[GF_FLIP]);
        print_character(block->character[GF_REFLECT | GF_FLIP]);
        (void)printf(" %8zu %8d %8.3g MiB %10.2g\n", block->size,
                     block->degeneracy * (mirrored ? 2 : 1),
                     gf_block_memory(symmetry, block, rows) / 0x1p20, gf_block_work(block) * rate);
    }
}

static gf_status describe_blocks(const gf_model *model, double rate, bool listed, gf_error *error) {
    gf_symmetry symmetry;
    gf_block *blocks = NULL;
    size_t count = 0, real = 0;
    gf_status status = gf_spectrum_symmetry(model, &symmetry, error);
    if (status == GF_OK) {
        status = gf_symmetry_blocks(&symmetry, &blocks, &count, error);
    }
    for (size_t b = 0; b < count; ++b) {
        real += blocks[b].is_real;
    }
    if (status == GF_OK) {
        print_symmetries(&symmetry);
        (void)printf("matrices: %zu, %s, the largest of %zu states\n", count,
                     real == count ? "real"
                     : real == 0   ? "complex"
                                   : "real and complex",
                     blocks[0].size);
        if (listed) {
            print_blocks(model, &symmetry, blocks, count, rate);
        }
    }
    free(blocks);
    return status;
}

static int print_model(const cli_options *options, bool blocks) {
    gf_model *model = NULL;
    gf_spectrum_cost cost;
    gf_error error, refusal;
    gf_status status = cli_load_model(options, &model, &error);
    if (status != GF_OK) {
        gf_model_free(model);
        return cli_fail(options, &error);
    }
    (void)printf("model: %s\nunit of energy: %s\nsites: %d, %s\nchannels:", model->name,
                 model->energy_unit, model->chain.sites,
                 model->chain.periodic ? "periodic" : "open");
    for (size_t c = 0; c < model->channel_count; ++c) {
        (void)printf(" %s (rate %g)", model->channels[c].name, model->channels[c].rate);
    }
    (void)printf("\n");
    gf_status refused = GF_OK;
    bool full = model->method == GF_FULL;
    if (full) {
        refused = gf_spectrum_estimate(model, &cost, &refusal);
        status = describe_blocks(model, cost.rate, blocks, &error);
    } else {
        refused = gf_typicality_estimate(model, &cost, &refusal);
        (void)printf("largest sector: %zu states, %zu random vectors\n", cost.largest,
                     gf_typicality_samples(model, model->chain.sites / 2));
        if (blocks) {
            print_samples(model);
        }
    }
    gf_model_free(model);
    if (status != GF_OK || refused != GF_OK) {
        return cli_fail(options, status != GF_OK ? &error : &refusal);
    }
    char duration[40];
    cli_format_duration(cost.seconds, duration, sizeof duration);
    (void)printf("%s: about %.2g GiB at the peak, roughly %s\n",
                 full ? "diagonalisation" : "sampling", cost.memory / 0x1p30, duration);
    return CLI_DONE;
}

/* What strangers wrote is not for the terminal to obey. */
static void print_text(const char *label, const char *text) {
    size_t size = 4 * strlen(text) + 1;
    char *printable = malloc(size);
    if (printable != NULL) {
        gf_printable(text, printable, size);
        (void)printf("%s: %s\n", label, printable);
    }
    free(printable);
}

/* An attribute that older files lack, which is no failure: NULL then. The caller frees it. */
static char *get_optional(const char *path, const char *group, const char *name) {
    gf_file *file = NULL;
    char *text = gf_file_open(path, &file, NULL) == GF_OK
                     ? gf_file_get_text_attribute(file, group, name)
                     : NULL;
    gf_file_close(&file);
    return text;
}

/* Settings, "name=value" with white space between, on one line. */
static void print_settings(const char *path, const char *group) {
    char *text = get_optional(path, group, "settings");
    size_t length = text != NULL ? strlen(text) : 0;
    for (size_t i = 0; i < length; ++i) {
        text[i] = text[i] == '\n' ? ' ' : text[i];
    }
    while (length > 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
    if (text != NULL) {
        print_text("set in place of the text's", length > 0 ? text : "nothing");
    }
    free(text);
}

static void print_model_of(gf_file *file, const char *path) {
    gf_error error;
    char *name = gf_file_get_text_attribute(file, "/model", "name");
    char *parameters = gf_file_get_text_attribute(file, "/model", "parameters");
    char *unit = gf_model_stored_energy_unit(file);
    double sites = gf_file_get_number_attribute(file, "/model", "sites");
    if (gf_file_check(file, &error) == GF_OK) {
        print_text("model", name);
        print_text("unit of energy", unit);
        (void)printf("sites: %g\n", sites);
        print_text("parameters", parameters);
        print_settings(path, "/model");
    }
    free(name);
    free(unit);
    free(parameters);
}

static void print_contents(gf_file *file, const char *path) {
    static const char *const groups[] = {"/spectrum",    "/lambda_grid", "/density_grid",
                                         "/fitted_grid", "/region",      "/fixed_points",
                                         "/flow_lines",  "/scan",        "/ladder"};
    gf_error error;
    print_model_of(file, path);
    if (gf_file_check(file, &error) == GF_OK) {
        (void)printf("holds:");
        for (size_t k = 0; k < sizeof groups / sizeof groups[0]; ++k) {
            if (gf_file_has(file, groups[k])) {
                (void)printf(" %s", groups[k]);
            }
        }
        (void)printf("\n");
    }
}

static void print_run(gf_file *file, const char *path) {
    gf_error error;
    char *equation = gf_file_get_text_attribute(file, "/run", "equation");
    char *integrator = gf_file_get_text_attribute(file, "/run", "integrator");
    double done = gf_file_get_number_attribute(file, "/run", "done");
    if (gf_file_check(file, &error) == GF_OK) {
        print_text("Langevin run", equation);
        print_text("integrator", integrator);
        (void)printf("done: %.4g %%\n", 100 * done);
        print_settings(path, "/run");
    }
    char *parameters = get_optional(path, "/run", "parameters");
    if (parameters != NULL) {
        print_text("parameters", parameters);
    }
    free(parameters);
    if (gf_file_has(file, "/model")) {
        (void)printf("its force table:\n");
        print_model_of(file, path);
    }
    free(equation);
    free(integrator);
}

static void print_instanton(gf_file *file, const char *path) {
    gf_error error;
    char *equation = gf_file_get_text_attribute(file, "/instanton", "equation");
    char *parameters = gf_file_get_text_attribute(file, "/instanton", "parameters");
    char *law = gf_file_get_text_attribute(file, "/instanton", "law");
    if (gf_file_check(file, &error) == GF_OK) {
        print_text("least action", equation);
        print_text("law", law);
        print_text("parameters", parameters);
        print_settings(path, "/instanton");
    }
    free(equation);
    free(parameters);
    free(law);
}

static int print_file(const cli_options *options) {
    static const char *const names[] = {"program", "version", "command", "date"};
    gf_file *file = NULL;
    gf_error error;
    if (gf_file_open(options->input, &file, &error) != GF_OK) {
        return cli_fail(options, &error);
    }
    for (size_t k = 0; k < sizeof names / sizeof *names; ++k) {
        char *text = gf_file_get_text_attribute(file, "/", names[k]);
        if (text != NULL) {
            print_text(names[k], text);
        }
        free(text);
    }
    if (gf_file_has(file, "/run")) {
        print_run(file, options->input);
    } else if (gf_file_has(file, "/instanton")) {
        print_instanton(file, options->input);
    } else {
        print_contents(file, options->input);
    }
    gf_status status = gf_file_check(file, &error);
    gf_file_close(&file);
    return status == GF_OK ? CLI_DONE : cli_fail(options, &error);
}

static int run(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    int blocks = 0;
    struct poptOption own[] = {{"blocks", 'b', POPT_ARG_NONE, &blocks, 0,
                                "list the blocks, or the sectors and their random vectors", NULL},
                               POPT_TABLEEND};
    int result =
        cli_open(&options, command, CLI_DIAGONALIZES | CLI_INPUT_OPTIONAL, own, argc, argv);
    if (result == CLI_GO_ON) {
        if (options.input == NULL) {
            print_machine();
            result = CLI_DONE;
        } else if (!gf_file_is_hdf5(options.input)) {
            result = print_model(&options, blocks != 0);
        } else if (options.settings.count > 0 || options.settings.sites != 0) {
            result =
                cli_usage(&options, "--set and --sites go with model files; %s is an HDF5 file",
                          options.input);
        } else {
            result = print_file(&options);
        }
    }
    cli_close(&options);
    return result;
}

const cli_command cli_info = {.name = "info",
                              .arguments = "[MODEL|FILE.h5]",
                              .summary = "describe the program, a model or a file",
                              .help = help,
                              .examples = examples,
                              .takes = CLI_HAMILTONIAN | CLI_TABLE | CLI_SCAN | CLI_LADDER |
                                       CLI_RUN | CLI_INSTANTON | CLI_RATES,
                              .run = run};
