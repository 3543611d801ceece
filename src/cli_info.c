#include "cli.h"

#include "gibbsflow/basis.h"
#include "gibbsflow/file.h"
#include "gibbsflow/machine.h"
#include "gibbsflow/sector.h"
#include "gibbsflow/version.h"

#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "Without a file: the version, and what the program runs on. With a model: its sectors, their "
    "sizes,\n"
    "and the memory and time that diagonalising it takes. With an HDF5 file: how it was made.\n\n"
    "Examples:\n"
    "  gibbsflow info\n"
    "  gibbsflow info models/xxz_jprime.yaml --sites 16\n"
    "  gibbsflow info fig2.h5\n";

static void print_machine(void) {
    const char *better = gf_machine_better_blas_kernel();
    (void)printf("gibbsflow " GF_VERSION "\n");
    (void)printf("threads: %d\n", gf_machine_threads());
    (void)printf("free memory: %.3g GiB\n", (double)gf_machine_free_memory() / 0x1p30);
    (void)printf("OpenBLAS kernel: %s%s%s%s\n", gf_machine_blas_kernel(),
                 better != NULL ? " (this processor could run " : "", better != NULL ? better : "",
                 better != NULL ? "; set OPENBLAS_CORETYPE to it)" : "");
}

static int print_model(const cli_options *options) {
    gf_model model = {0};
    gf_spectrum_cost cost;
    gf_error error;
    gf_status status = cli_load_model(options, &model, &error);
    if (status != GF_OK) {
        gf_model_free(&model);
        return cli_fail(options, &error);
    }
    bool is_complex = !gf_operator_is_real(&model.hamiltonian);
    (void)printf("model: %s\nsites: %d, %s\nmatrices: %s\nchannels:", model.name, model.chain.sites,
                 model.chain.periodic ? "periodic" : "open", is_complex ? "complex" : "real");
    for (size_t c = 0; c < model.channel_count; ++c) {
        (void)printf(" %s (rate %g)", model.channels[c].name, model.channels[c].rate);
    }
    (void)printf("\n%14s %12s %12s\n", "magnetisation", "states", "memory");
    status = gf_spectrum_estimate(&model, &cost, &error);
    gf_model_free(&model);
    if (status != GF_OK) {
        return cli_fail(options, &error);
    }
    char duration[40];
    cli_format_duration(cost.seconds, duration, sizeof duration);
    (void)printf("diagonalisation: about %.2g GiB at the peak, roughly %s\n", cost.memory / 0x1p30,
                 duration);
    return CLI_DONE;
}

static void print_contents(gf_file *file) {
    static const char *const groups[] = {"/spectrum",    "/lambda_grid", "/density_grid",
                                         "/fitted_grid", "/region",      "/fixed_points",
                                         "/flow_lines",  "/scan",        "/ladder"};
    gf_error error;
    char *name = gf_file_get_text_attribute(file, "/model", "name");
    char *parameters = gf_file_get_text_attribute(file, "/model", "parameters");
    double sites = gf_file_get_number_attribute(file, "/model", "sites");
    if (gf_file_check(file, &error) == GF_OK) {
        (void)printf("model: %s\nsites: %g\nparameters: %s\nholds:", name, sites, parameters);
        for (size_t k = 0; k < sizeof groups / sizeof groups[0]; ++k) {
            if (gf_file_has(file, groups[k])) {
                (void)printf(" %s", groups[k]);
            }
        }
        (void)printf("\n");
    }
    free(name);
    free(parameters);
}

static void print_run(gf_file *file) {
    gf_error error;
    char *equation = gf_file_get_text_attribute(file, "/run", "equation");
    char *integrator = gf_file_get_text_attribute(file, "/run", "integrator");
    double done = gf_file_get_number_attribute(file, "/run", "done");
    if (gf_file_check(file, &error) == GF_OK) {
        (void)printf("Langevin run: %s, %s\ndone: %.4g %%\n", equation, integrator, 100 * done);
    }
    free(equation);
    free(integrator);
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
            (void)printf("%s: %s\n", names[k], text);
        }
        free(text);
    }
    if (gf_file_has(file, "/run")) {
        print_run(file);
    } else {
        print_contents(file);
    }
    gf_status status = gf_file_check(file, &error);
    gf_file_close(&file);
    return status == GF_OK ? CLI_DONE : cli_fail(options, &error);
}

static int run(const cli_command *command, int argc, const char **argv) {
    cli_options options;
    int result = cli_open(&options, command, CLI_MODEL | CLI_INPUT_OPTIONAL, NULL, argc, argv);
    if (result == CLI_GO_ON) {
        if (options.input == NULL) {
            print_machine();
            result = CLI_DONE;
        } else if (!gf_file_is_hdf5(options.input)) {
            result = print_model(&options);
        } else if (options.settings.count > 0 || options.settings.sites != 0) {
            result = cli_usage(&options, "--set and --sites change models, not what a file tells");
        } else {
            result = print_file(&options);
        }
    }
    cli_close(&options);
    return result;
}

const cli_command cli_info = {.name = "info",
                              .arguments = "[MODEL|FILE.h5]",
                              .summary = "tell about the program, a model or a file",
                              .help = help,
                              .run = run};
