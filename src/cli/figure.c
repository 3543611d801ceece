#include "cli/cli.h"

#include "gibbsflow/figure.h"
#include "gibbsflow/file.h"

#include <stdlib.h>

static const char help[] =
    "Draws what a file holds, with gnuplot. The ending of FIGURE chooses the format:\n"
    ".pdf, .png or .svg; .gp writes the gnuplot script with its data, to change by hand\n"
    "('gnuplot FIGURE.gp > FIGURE.pdf'). Without --kind the kind follows from the file.\n"
    "\n"
    "Of a file made by 'gibbsflow forces', or of a run that has such a table:\n"
    "\n"
    "  forces        the force field over magnetisation and energy: arrows along the\n"
    "                force, coloured by its size; the border of the reachable\n"
    "                region, the fixed points, and the flow lines that leave the\n"
    "                saddles (Fig. 2 of Lange and Rosch); where a charge is conserved\n"
    "                the line of fixed points; dark states, full where they attract,\n"
    "                white where they repel\n"
    "  map           values in colours, component by component; --of chooses force,\n"
    "                noise, susceptibility, lambda, log_partition\n"
    "  nullclines    the force field with the lines f_1 = 0 and f_2 = 0\n"
    "  basins        the force field with what flows to which stable point, and the\n"
    "                separatrices, which run into the saddles\n"
    "\n"
    "--with draws more over any of these: flow, nullclines, separatrices, basins.\n"
    "Of a file made by 'gibbsflow fixed-points --scan' or 'gibbsflow converge':\n"
    "\n"
    "  scan          the fixed points against the parameter of a scan, with the\n"
    "                bifurcations\n"
    "  phase         the number and kind of the fixed points over two parameters, and\n"
    "                the lines of bifurcations between them\n"
    "  ladder        how far rings and linked clusters of N sites are from the\n"
    "                infinite chain, for the first six states\n"
    "  trial         the ansatz of two charges beside what is exact for epsilon -> 0,\n"
    "                against the number of sites\n"
    "  transport     of 'gibbsflow transport': K_ij and sigma_ij in time, for the first\n"
    "                six states; dashed beyond t*, with the verdict. --beside FILE.h5,\n"
    "                several times: the first state of every file, chains of several\n"
    "                lengths and the infinite one\n"
    "  diffusion     of 'gibbsflow transport --table': D_ij over the plane, with dots\n"
    "                where it is continued to the border\n"
    "\n"
    "Of a file made by 'gibbsflow trajectories':\n"
    "\n"
    "  jumps         <m^2> and <e> in time, P(M), and drift and noise as the jumps make\n"
    "                them, beside what is exact and the table\n"
    "  trajectories  single ones over the force field of its table\n"
    "\n"
    "Of a file made by 'gibbsflow instanton', or of a run to which it was added:\n"
    "\n"
    "  path          the path of least action that makes a wall: field and density\n"
    "                of the action in space and time\n"
    "  law           c against the parameter of the sweep\n"
    "\n"
    "Of a file made by 'gibbsflow langevin':\n"
    "\n"
    "  histogram     the distribution of the field (Fig. 1)\n"
    "  profile       the profile of a wall (Fig. 3)\n"
    "  space-time    the field in space and time (Fig. 4)\n"
    "  walls         the wall density against the coupling (Figs. 5 and 6)\n"
    "  trajectories  over the force field: the curve of a wall, or the mean passage\n"
    "                of blocks, of a run with a force table\n"
    "  correlations  correlation functions in space and in time, where the run file\n"
    "                asks for correlations\n"
    "  domains       the distribution of the lengths of domains, where it asks for them\n"
    "\n"
    "--range takes x0:x1,y0:y1, where any end may be left out; where panels show\n"
    "different quantities (scan: m, e; histogram: V, P; profile: m, e) a range follows\n"
    "for each. --size takes 'column' (8.6 cm wide), 'page' (17.8 cm) or WIDTHxHEIGHT\n"
    "with units (12cmx9cm, columnx7cm); text keeps its size but on pages below 11 cm,\n"
    "where it shrinks to 6.9 points. --log: colours of a map or of a distribution in the\n"
    "plane, the axis of P in a histogram, of the density of walls, of the parameter of\n"
    "a scan. Parameters called after Greek letters become these, J1 and J_1 get a\n"
    "subscript, J_prime and Jp are J'.\n"
    "\n"
    "Of a run under way it draws what the last checkpoint holds, and says how far it is.\n";

static const char examples[] =
    "  gibbsflow figure fig2.h5 -o fig2.pdf\n"
    "  gibbsflow figure fig2.h5 --kind map --of noise --size page -o noise.pdf\n"
    "  gibbsflow figure fig2.h5 --kind basins --with nullclines --range -0.8:0.8,0.2:0.9 \\\n"
    "      --size column -o basins.pdf\n"
    "  gibbsflow figure scan.h5 -o scan.png\n"
    "  gibbsflow figure rings16.h5 --beside rings14.h5 --beside operators.h5 -o who.pdf\n"
    "  gibbsflow figure fig6.h5 --kind walls --title 'without conserved noise' -o walls.svg\n";

/* The options as they are typed. */
typedef struct texts {
    char *kind, *of, *with, *title, *range, *size;
    char **beside; /* NULL-terminated, or NULL */
    int log;
} texts;

static int take_options(const cli_options *options, const texts *typed, gf_figure_options *figure) {
    gf_error error;
    *figure = (gf_figure_options){.kind = typed->kind,
                                  .of = typed->of,
                                  .with = typed->with,
                                  .beside = (const char *const *)typed->beside,
                                  .title = typed->title,
                                  .log = typed->log != 0};
    if (typed->kind != NULL && !gf_figure_knows(typed->kind)) {
        return cli_usage(
            options,
            "--kind %s: expected forces, map, nullclines, basins, scan, phase, ladder, trial, "
            "jumps, transport, diffusion, path or law, or of a run histogram, profile, space-time, "
            "walls, "
            "trajectories, correlations or domains",
            typed->kind);
    }
    if (typed->range != NULL &&
        gf_figure_options_set_ranges(figure, typed->range, &error) != GF_OK) {
        return cli_usage(options, "--range %s", error.message);
    }
    if (typed->size != NULL && gf_figure_options_set_size(figure, typed->size, &error) != GF_OK) {
        return cli_usage(options, "--size %s", error.message);
    }
    return CLI_GO_ON;
}

/* A figure of a run under way shows what there is. */
static void say_how_far(const cli_options *options) {
    gf_file *file = NULL;
    double done = 1;
    if (gf_file_open(options->input, &file, NULL) == GF_OK && gf_file_has(file, "/run")) {
        done = gf_file_get_number_attribute(file, "/run", "done");
    }
    gf_file_close(&file);
    if (done < 1) {
        cli_say(options, "%s: %.4g %% of the run is done; the figure shows what there is",
                options->input, 100 * done);
    }
}

static int run(const cli_command *command, int argc, const char **argv) {
    static const char *const endings[] = {".pdf", ".png", ".svg", ".gp", NULL};
    texts typed = {0};
    gf_figure_options figure;
    gf_error error;
    struct poptOption own[] = {
        {"kind", 'k', POPT_ARG_STRING, &typed.kind, 0,
         "which figure, where the file supports several", "KIND"},
        {"of", 0, POPT_ARG_STRING, &typed.of, 0, "what a map shows (default: force)", "QUANTITY"},
        {"with", 0, POPT_ARG_STRING, &typed.with, 0,
         "more over the plane: flow, nullclines, separatrices, basins", "LIST"},
        {"beside", 0, POPT_ARG_ARGV, (void *)&typed.beside, 0,
         "another file to draw with it, of kind transport; may be given several times", "FILE.h5"},
        {"range", 0, POPT_ARG_STRING, &typed.range, 0, "of the axes", "X0:X1,Y0:Y1"},
        {"size", 0, POPT_ARG_STRING, &typed.size, 0, "of the page: column, page, or with units",
         "WIDTHxHEIGHT"},
        {"title", 0, POPT_ARG_STRING, &typed.title, 0, "above the figure; '': none", "TEXT"},
        {"log", 0, POPT_ARG_NONE, &typed.log, 0, "a logarithmic scale, where one makes sense",
         NULL},
        POPT_TABLEEND};
    cli_options options;
    int result = cli_open(&options, command, CLI_OUTPUT, own, argc, argv);
    if (result == CLI_GO_ON) {
        result = cli_check_output(&options, endings);
    }
    if (result == CLI_GO_ON) {
        result = take_options(&options, &typed, &figure);
    }
    if (result == CLI_GO_ON) {
        gf_status status = cli_expect(&options, command->takes | CLI_SPECTRUM, &error);
        if (status == GF_OK) {
            status = gf_figure_draw_with(options.input, &figure, options.output, &error);
        }
        if (status == GF_OK) {
            say_how_far(&options);
        }
        result = status == GF_OK ? CLI_DONE : cli_fail(&options, &error);
    }
    char *const all[] = {typed.kind, typed.of, typed.with, typed.title, typed.range, typed.size};
    for (size_t k = 0; k < sizeof all / sizeof *all; ++k) {
        free(all[k]);
    }
    for (char **path = typed.beside; path != NULL && *path != NULL; ++path) {
        free(*path);
    }
    free((void *)typed.beside);
    cli_close(&options);
    return result;
}

const cli_command cli_figure = {
    .name = "figure",
    .arguments = "FILE.h5 -o FIGURE",
    .summary = "draw a force table, a scan, a phase diagram, a ladder, a least action or a run",
    .help = help,
    .examples = examples,
    .takes = CLI_TABLE | CLI_SCAN | CLI_PHASE | CLI_LADDER | CLI_RUN | CLI_INSTANTON | CLI_RATES |
             CLI_TRANSPORT | CLI_TRAJECTORIES,
    .run = run};
