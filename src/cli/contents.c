/* What files are, and which commands take them. */
#include "cli/cli.h"

#include "gibbsflow/file.h"
#include "input/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a file may be, by the group of an HDF5 file or a key of a YAML text; the first that fits is
 * what messages call it. */
static const struct {
    int content;
    const char *group, *key, *text;
} contents[] = {{CLI_RUN_TEXT, NULL, "equation", "a run file"},
                {CLI_MODEL_TEXT, NULL, "hamiltonian", "a model file"},
                {CLI_MODEL_TEXT, NULL, "lindblad", "a model file"},
                {CLI_RUN, "/run", NULL, "a Langevin run"},
                {CLI_INSTANTON, "/instanton", NULL, "a least action"},
                {CLI_TRAJECTORIES, "/trajectories", NULL, "an ensemble of trajectories"},
                {CLI_RATES, "/rates", NULL, "a rate equation"},
                {CLI_TRANSPORT, "/transport", NULL, "a transport calculation"},
                {CLI_LADDER, "/ladder", NULL, "a ladder of sizes"},
                {CLI_PHASE, "/phase", NULL, "a phase diagram"},
                {CLI_SCAN, "/scan", NULL, "a scan"},
                {CLI_TABLE, "/density_grid", NULL, "a force table"},
                {CLI_SPECTRUM, "/spectrum", NULL, "a spectrum"},
                {CLI_BLOCKS, "/blocks", NULL, "a spectrum under way"}};

enum { CONTENTS = sizeof contents / sizeof *contents };

static int contents_of_file(const char *path) {
    gf_file *file = NULL;
    int found = 0;
    if (gf_file_open(path, &file, NULL) != GF_OK) {
        return CLI_FOREIGN;
    }
    for (int k = 0; k < CONTENTS; ++k) {
        if (contents[k].group != NULL && gf_file_has(file, contents[k].group)) {
            found |= contents[k].content;
        }
    }
    gf_file_close(&file);
    /* A run takes parts of its table along, and so do trajectories. */
    return (found & CLI_RUN) != 0            ? CLI_RUN
           : (found & CLI_TRAJECTORIES) != 0 ? CLI_TRAJECTORIES
           : found != 0                      ? found
                                             : CLI_FOREIGN;
}

static int contents_of_text(const char *path) {
    char *text = NULL;
    size_t length = 0;
    gf_document *document = NULL;
    int found = 0;
    if (gf_document_read_text(path, &text, &length, NULL) == GF_OK &&
        gf_document_parse(text, length, path, &document, NULL) == GF_OK) {
        for (int k = 0; k < CONTENTS && found == 0; ++k) {
            bool fits = contents[k].key != NULL &&
                        gf_document_get(document, gf_document_root(document), contents[k].key);
            found = fits ? contents[k].content : 0;
        }
    }
    gf_document_free(document);
    free(text);
    return found;
}

static const char *describe(int content) {
    for (int k = 0; k < CONTENTS; ++k) {
        if ((content & contents[k].content) != 0) {
            return contents[k].text;
        }
    }
    return "something that gibbsflow did not write";
}

bool cli_is_run(const char *path) {
    return !gf_file_is_hdf5(path) && contents_of_text(path) == CLI_RUN_TEXT;
}

gf_status cli_expect(const cli_options *options, int takes, gf_error *error) {
    bool hdf5 = gf_file_is_hdf5(options->input);
    int found = hdf5 ? contents_of_file(options->input) : contents_of_text(options->input);
    if (found == 0 || found == CLI_FOREIGN || (found & takes) != 0) {
        return GF_OK; /* or the command itself will say what is wrong */
    }
    char takers[200] = "";
    for (const cli_command *const *one = cli_commands; *one != NULL; ++one) {
        size_t used = strlen(takers);
        if (((*one)->takes & found) != 0) {
            (void)snprintf(takers + used, sizeof takers - used, "%s%s", used > 0 ? ", " : "",
                           (*one)->name);
        }
    }
    return gf_fail(error, GF_INVALID, "%s is %s; expected %s. Commands that take it: %s",
                   options->input, describe(found), options->command->arguments, takers);
}

gf_status cli_spare_output(const cli_options *options, int writes, gf_error *error) {
    const char *path = options->output;
    if (options->force != 0 || access(path, F_OK) != 0 || !gf_file_is_hdf5(path)) {
        return GF_OK;
    }
    int found = contents_of_file(path); /* a ladder keeps the spectrum of its largest chain */
    int lost = ((found & CLI_LADDER) != 0 ? CLI_LADDER : found) & ~writes;
    return lost == 0 ? GF_OK
                     : gf_fail(error, GF_INVALID,
                               "-o %s: the file holds %s, which would be lost; choose another "
                               "name, or say --force",
                               path, describe(lost));
}
