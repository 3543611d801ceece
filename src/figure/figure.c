#include "gibbsflow/figure.h"

#include "figure/kinds.h"

#include "figure/langevin_figure.h"
#include "figure/plane.h"

#include <string.h>

/* A kind of figure, and the group that a file must hold for it. */
static const struct kind {
    const char *name, *group;
    unsigned layers; /* of the plane, that belong to it */
    bool plane;      /* takes others, too */
    size_t ranges;
    gf_figure_log log;
    gf_status (*draw)(const gf_figure *figure, gf_error *error);
} kinds[] = {
    {"jumps", "/trajectories", 0, false, 0, GF_LOG_NEVER, gf_figure_draw_jumps},
    {"trajectories", "/trajectories", GF_LAYER_FLOW, true, 2, GF_LOG_IS, gf_figure_draw_paths},
    {"forces", "/density_grid", GF_LAYER_FLOW, true, 2, GF_LOG_IS, gf_figure_draw_forces},
    {"phase", "/phase", 0, false, 2, GF_LOG_NEVER, gf_figure_draw_phase},
    {"scan", "/scan", 0, false, 3, GF_LOG_CAN, gf_figure_draw_scan},
    {"ladder", "/ladder", 0, false, 2, GF_LOG_IS, gf_figure_draw_ladder},
    {"trial", "/trial", 0, false, 0, GF_LOG_NEVER, gf_figure_draw_trial},
    {"diffusion", "/diffusion/origin", 0, false, 2, GF_LOG_NEVER, gf_figure_draw_diffusion},
    {"transport", "/transport", 0, false, 1, GF_LOG_NEVER, gf_figure_draw_transport},
    {"path", "/instanton", 0, false, 2, GF_LOG_NEVER, gf_figure_draw_path},
    {"law", "/instanton", 0, false, 2, GF_LOG_CAN, gf_figure_draw_law},
    {"map", "/density_grid", 0, true, 2, GF_LOG_CAN, gf_figure_draw_map},
    {"nullclines", "/density_grid", GF_LAYER_FLOW | GF_LAYER_NULLCLINES, true, 2, GF_LOG_IS,
     gf_figure_draw_forces},
    {"basins", "/density_grid", GF_LAYER_FLOW | GF_LAYER_BASINS | GF_LAYER_SEPARATRICES, true, 2,
     GF_LOG_IS, gf_figure_draw_forces},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

bool gf_figure_knows(const char *kind) {
    bool known = gf_langevin_figure_knows(kind);
    for (int k = 0; k < KINDS; ++k) {
        known = known || strcmp(kind, kinds[k].name) == 0;
    }
    return known;
}

gf_status gf_figure_check_options(const gf_figure_options *options, const char *kind, size_t ranges,
                                  gf_figure_log log, gf_error *error) {
    if (options->ranges > ranges) {
        return gf_fail(error, GF_INVALID, "a figure of kind %s takes %zu ranges at most, not %zu",
                       kind, ranges, options->ranges);
    }
    if (options->log && log == GF_LOG_NEVER) {
        return gf_fail(error, GF_INVALID,
                       "a figure of kind %s has no logarithmic scale: what it shows changes sign",
                       kind);
    }
    return GF_OK;
}

/* By its name, or the first that the file holds; KINDS: none. */
static int choose(const gf_figure *figure) {
    const char *name = figure->options->kind;
    int chosen = 0;
    while (chosen < KINDS && (name != NULL ? strcmp(name, kinds[chosen].name) != 0
                                           : !gf_file_has(figure->file, kinds[chosen].group))) {
        ++chosen;
    }
    return chosen;
}

static gf_status fail_choice(const gf_figure *figure, gf_error *error) {
    return figure->options->kind != NULL
               ? gf_fail(error, GF_INVALID,
                         "%s: a figure of kind %s is one of a run, which this file is not; of this "
                         "file forces, map, nullclines, basins, phase, scan, ladder, trial, jumps, "
                         "transport, diffusion, path or law can be drawn",
                         figure->path, figure->options->kind)
               : gf_fail(error, GF_INVALID,
                         "%s holds nothing to draw: neither a force table (written by 'gibbsflow "
                         "forces') nor a scan or phase diagram (by 'gibbsflow fixed-points "
                         "--scan'), a ladder (by 'gibbsflow converge'), a trial (by 'gibbsflow "
                         "rates'), jumps (by 'gibbsflow trajectories'), transport (by 'gibbsflow "
                         "transport'), a least action (by 'gibbsflow "
                         "instanton') or a run (by 'gibbsflow langevin')",
                         figure->path);
}

static gf_status draw_kind(gf_figure *figure, const struct kind *kind, gf_error *error) {
    const gf_figure_options *options = figure->options;
    gf_status status = gf_figure_check_options(options, kind->name, kind->ranges, kind->log, error);
    if (status == GF_OK && !gf_file_has(figure->file, kind->group)) {
        status =
            gf_fail(error, GF_INVALID, "%s: a figure of kind %s is drawn from %s, which it has not",
                    figure->path, kind->name, kind->group);
    }
    if (status == GF_OK) {
        status = gf_plane_parse_layers(options->with, &figure->layers, error);
    }
    if (status == GF_OK && figure->layers != 0 && !kind->plane) {
        status = gf_fail(error, GF_INVALID,
                         "a figure of kind %s is not one of the plane of m and e: --with does not "
                         "apply",
                         kind->name);
    }
    if (status == GF_OK && options->of != NULL && kind->draw != gf_figure_draw_map) {
        status = gf_fail(error, GF_INVALID, "--of belongs to --kind map, not to %s", kind->name);
    }
    if (status == GF_OK && options->beside != NULL && kind->draw != gf_figure_draw_transport) {
        status = gf_fail(error, GF_INVALID, "--beside belongs to --kind transport, not to %s",
                         kind->name);
    }
    figure->layers |= kind->layers;
    return status == GF_OK ? kind->draw(figure, error) : status;
}

/* Which the file of a run can hold as well. */
static bool is_of_instanton(const struct kind *kind) {
    return strcmp(kind->group, "/instanton") == 0;
}

static gf_status draw_file(gf_figure *figure, gf_error *error) {
    int chosen = choose(figure);
    bool run = gf_file_has(figure->file, "/run");
    const char *kind = figure->options->kind;
    if (run && (chosen == KINDS || kind == NULL || gf_langevin_figure_knows(kind) ||
                !(kinds[chosen].plane || is_of_instanton(&kinds[chosen])))) {
        return gf_langevin_figure_draw(figure, error);
    }
    return chosen == KINDS ? fail_choice(figure, error) : draw_kind(figure, &kinds[chosen], error);
}

gf_status gf_figure_draw_with(const char *path, const gf_figure_options *options,
                              const char *output, gf_error *error) {
    gf_figure figure = {.path = path, .options = options, .output = output};
    gf_status status = gf_file_open(path, &figure.file, error);
    if (status == GF_OK) {
        status = draw_file(&figure, error);
        gf_file_close(&figure.file);
    }
    return status;
}

gf_status gf_figure_draw(const char *path, const char *kind, const char *output, gf_error *error) {
    return gf_figure_draw_with(path, &(gf_figure_options){.kind = kind}, output, error);
}
