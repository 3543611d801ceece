/* The command `transport` in three files: transport.c parses and stores, transport_solve.c
 * computes, transport_print.c prints. */
#ifndef GIBBSFLOW_CLI_TRANSPORT_H
#define GIBBSFLOW_CLI_TRANSPORT_H

#include "cli/cli.h"
#include "transport/diffusion_table.h"

/* What the command line asks for. */
typedef struct transport_request {
    char **at; /* --at, NULL-terminated */
    char *grid, *method;
    double end, checkpoint;
    char *table;
    int times, exact, symmetrised, alone, strings, weight, tail, samples;
    long seed;               /* -1: as in the model */
    int nodes[GF_CHARGES];   /* of the grid; 0: none */
    int entries[GF_CHARGES]; /* of the table; 0: none */
    double (*lambda)[GF_CHARGES];
    size_t points;
} transport_request;

/* What comes of it. */
typedef struct transport_findings {
    gf_transport *transport;
    gf_diffusion table; /* without --table empty, and origin NULL */
    gf_diffusion_origin *origin;
    gf_region region;
} transport_findings;

/* Whether --method is this one: "full", "typicality", "operator-space", "memory". */
bool cli_transport_takes(const transport_request *self, const char *method);

/* Computes what is asked for; the states of a grid or a table take the place of `lambda`. Fills
 * `found`, which is to be freed after a failure as well. */
gf_status cli_transport_solve(cli_options *options, transport_request *self, const gf_model *model,
                              transport_findings *found, gf_error *error);
void cli_transport_free(transport_findings *self);

/* Prints it to the standard output. */
gf_status cli_transport_print(const cli_options *options, const gf_model *model,
                              const transport_findings *found, gf_error *error);

#endif
