#include "cli.h"

#include "gibbsflow/langevin_figure.h"

#include <stdlib.h>

static const char help[] =
    "Draws the run of an HDF5 file of 'gibbsflow langevin'.\n\n"
    "Examples:\n"
    "  gibbsflow figure fig6.h5 -o fig6.pdf\n"
    "  gibbsflow figure fig4.h5 --kind walls -o walls.png\n";

static int run(const cli_command *command, int argc, const char **argv) {
    static const char *const endings[] = {".pdf", ".png", ".svg", NULL};
    cli_options options;
    char *kind = NULL;
    gf_error error;
    struct poptOption own[] = {{"kind", 'k', POPT_ARG_STRING, &kind, 0,
                                "histogram, profile, space-time or walls (default: what fits)",
                                "KIND"},
                               POPT_TABLEEND};
    int result = cli_open(&options, command, CLI_OUTPUT, own, argc, argv);
    result = result == CLI_GO_ON ? cli_check_output(&options, endings) : result;
    if (result == CLI_GO_ON) {
        gf_status status = gf_langevin_figure_draw(options.input, kind, options.output, &error);
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    cli_close(&options);
    free(kind);
    return result;
}

const cli_command cli_figure = {.name = "figure",
                                .arguments = "FILE.h5 -o FIGURE.pdf",
                                .summary = "draw what an HDF5 file holds",
                                .help = help,
                                .run = run};
