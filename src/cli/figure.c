#include "cli/cli.h"

#include "gibbsflow/figure.h"

#include <stdlib.h>

static const char help[] =
    "Draws what a file holds, with gnuplot. The format follows from the name: .pdf, .png or .svg.\n"
    "  forces   the force field over magnetisation and energy: arrows along the force, coloured "
    "by\n"
    "           its size, the border of the reachable region, the fixed points and the flow lines\n"
    "           that leave the saddles (Fig. 2 of Lange & Rosch)\n"
    "  scan     the fixed points against the parameter of a scan, with the bifurcations\n"
    "  ladder   how far rings and linked clusters of N sites are from the infinite chain, for the\n"
    "           first six states; the figure tells how many there are\n"
    "Of a Langevin run: histogram, profile, space-time or walls (Figs. 1, 3, 4, 5 and 6); of one "
    "with a\n"
    "force table trajectories as well, over the force field.\n\n"
    "Examples:\n"
    "  gibbsflow figure fig2.h5 -o fig2.pdf\n"
    "  gibbsflow figure scan.h5 --kind scan -o scan.png\n";

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
        result = cli_usage(&options,
                           "--kind %s: expected forces, scan or ladder, or of a run histogram, "
                           "profile, space-time, walls or trajectories",
                           kind);
    }
    if (result == CLI_GO_ON) {
        result = gf_figure_draw(options.input, kind, options.output, &error) == GF_OK
                     ? CLI_DONE
                     : cli_fail(&options, &error);
    }
    free(kind);
    cli_close(&options);
    return result;
}

const cli_command cli_figure = {.name = "figure",
                                .arguments = "FILE.h5 -o FIGURE",
                                .summary = "draw a force table, a scan, a ladder or a run",
                                .help = help,
                                .run = run};
