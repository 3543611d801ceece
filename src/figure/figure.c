#include "gibbsflow/figure.h"

#include "figure/kinds.h"

#include "figure/langevin_figure.h"

#include <string.h>

/* A kind of figure, and the group that a file must hold for it. */
static const struct {
    const char *name, *group;
    gf_status (*draw)(gf_file *file, const char *output, gf_error *error);
} kinds[] = {
    {"forces", "/density_grid", gf_figure_draw_forces},
    {"scan", "/scan", gf_figure_draw_scan},
    {"ladder", "/ladder", gf_figure_draw_ladder},
    {"trial", "/trial", gf_figure_draw_trial},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

bool gf_figure_knows(const char *kind) {
    bool known = gf_langevin_figure_knows(kind);
    for (int k = 0; k < KINDS; ++k) {
        known = known || strcmp(kind, kinds[k].name) == 0;
    }
    return known;
}

gf_status gf_figure_draw(const char *path, const char *kind, const char *output, gf_error *error) {
    gf_file *file = NULL;
    gf_status status = gf_file_open(path, &file, error);
    if (status != GF_OK) {
        return status;
    }
    if (gf_file_has(file, "/run")) {
        gf_file_close(&file);
        return gf_langevin_figure_draw(path, kind, output, error);
    }
    int chosen = 0;
    while (chosen < KINDS && (kind != NULL ? strcmp(kind, kinds[chosen].name) != 0
                                           : !gf_file_has(file, kinds[chosen].group))) {
        ++chosen;
    }
    if (chosen == KINDS) {
        status = kind != NULL
                     ? gf_fail(error, GF_INVALID,
                               "no figure of the kind '%s'; known: forces, scan, ladder, "
                               "trial",
                               kind)
                     : gf_fail(error, GF_INVALID,
                               "%s holds nothing to draw: neither a force table (written by "
                               "'gibbsflow forces') nor a scan (by 'gibbsflow fixed-points "
                               "--scan'), a ladder (by 'gibbsflow converge'), a trial "
                               "(by 'gibbsflow rates') or a run (by "
                               "'gibbsflow langevin')",
                               path);
    } else {
        status = kinds[chosen].draw(file, output, error);
    }
    gf_file_close(&file);
    return status;
}
