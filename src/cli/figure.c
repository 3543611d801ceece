#include "cli/cli.h"

#include "gibbsflow/figure.h"

#include <stdlib.h>

static const char help[] =
    "Draws what a file holds, with gnuplot. The ending of FIGURE chooses the format:\n"
    ".pdf, .png or .svg. Without --kind the kind follows from the file.\n"
    "\n"
    "Of a file made by 'gibbsflow forces', fixed-points --scan, converge or rates:\n"
    "\n"
    "  forces        the force field over magnetisation and energy: arrows along the\n"
    "                force, coloured by its size; the border of the reachable\n"
    "                region, the fixed points, and the flow lines that leave the\n"
    "                saddles (Fig. 2 of Lange and Rosch)\n"
    "  scan          the fixed points against the parameter of a scan, with the\n"
    "                bifurcations\n"
    "  ladder        how far rings and linked clusters of N sites are from the\n"
    "                infinite chain, for the first six states\n"
    "  trial         the ansatz of two charges beside what is exact for epsilon -> 0,\n"
    "                against the number of sites\n"
    "\n"
    "Of a file made by 'gibbsflow langevin':\n"
    "\n"
    "  histogram     the distribution of the field (Fig. 1)\n"
    "  profile       the profile of a wall (Fig. 3)\n"
    "  space-time    the field in space and time (Fig. 4)\n"
    "  walls         the wall density against the coupling (Figs. 5 and 6)\n"
    "  trajectories  over the force field: the curve of a wall, or the mean passage\n"
    "                of blocks, of a run with a force table\n";

static const char examples[] =
    "  gibbsflow figure fig2.h5 -o fig2.pdf\n"
    "  gibbsflow figure scan.h5 -o scan.png\n"
    "  gibbsflow figure fig6.h5 --kind walls -o walls.svg\n";

static int run(const cli_command *command, int argc, const char **argv) {
    static const char *const endings[] = {".pdf", ".png", ".svg", NULL};
    char *kind = NULL;
    gf_error error;
    struct poptOption own[] = {{"kind", 'k', POPT_ARG_STRING, &kind, 0,
                                "which figure, where the file supports several", "KIND"},
                               POPT_TABLEEND};
    cli_options options;
    int result = cli_open(&options, command, CLI_OUTPUT, own, argc, argv);
    if (result == CLI_GO_ON) {
        result = cli_check_output(&options, endings);
    }
    if (result == CLI_GO_ON && kind != NULL && !gf_figure_knows(kind)) {
        result =
            cli_usage(&options,
                      "--kind %s: expected forces, scan, ladder or trial, or of a run histogram, "
                      "profile, space-time, walls or trajectories",
                      kind);
    }
    if (result == CLI_GO_ON) {
        gf_status status = cli_expect(&options, command->takes | CLI_SPECTRUM, &error);
        if (status == GF_OK) {
            status = gf_figure_draw(options.input, kind, options.output, &error);
        }
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    free(kind);
    cli_close(&options);
    return result;
}

const cli_command cli_figure = {.name = "figure",
                                .arguments = "FILE.h5 -o FIGURE",
                                .summary = "draw a force table, a scan, a ladder or a run",
                                .help = help,
                                .examples = examples,
                                .takes = CLI_TABLE | CLI_SCAN | CLI_LADDER | CLI_RUN | CLI_RATES,
                                .run = run};
