#include "cli.h"
static int run(const cli_command *command, int argc, const char **argv) {
    (void)command;
    (void)argc;
    (void)argv;
    return 1;
}
const cli_command cli_figure = {
    .name = "figure", .arguments = "FILE", .summary = "draw", .help = "", .run = run};
