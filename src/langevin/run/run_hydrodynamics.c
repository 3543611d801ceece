/* What run files of the two-field equation have of their own. */
#include "langevin/run/run_parser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- files ----------------------------------------------------------------------------------- */

/* Beside the run file, unless the path is absolute. */
static char *path_beside(const char *name, const char *path) {
    const char *slash = strrchr(name, '/');
    size_t folder = slash != NULL && path[0] != '/' ? (size_t)(slash - name) + 1 : 0;
    char *whole = malloc(folder + strlen(path) + 1);
    if (whole != NULL) {
        memcpy(whole, name, folder);
        memcpy(whole + folder, path, strlen(path) + 1);
    }
    return whole;
}

/* --- transport ------------------------------------------------------------------------------- */

/* [[mm, me], [em, ee]] */
static gf_status read_matrix(const gf_run_parser *p, gf_node *node, const char *what,
                             double matrix[2][2]) {
    gf_status status = gf_document_expect_sequence(p->document, node, what, p->error);
    gf_node *key = NULL;
    for (size_t i = 0; i < 2 && status == GF_OK; ++i) {
        gf_node *row = gf_document_entry(p->document, node, i, &key);
        if (gf_document_size(node) != 2 || gf_document_size(row) != 2) {
            return gf_document_fail(p->document, node, p->error,
                                    "%s: expected two rows of two numbers", what);
        }
        for (size_t j = 0; j < 2 && status == GF_OK; ++j) {
            status = gf_run_read_number(p, gf_document_entry(p->document, row, j, &key), what,
                                        &matrix[i][j]);
        }
    }
    return status;
}

/* D of the densities, from a file beside the run file, or from the file of the run that is read. */
static gf_status read_diffusion(const gf_run_parser *p, gf_node *node, const char *text) {
    gf_run *run = p->run;
    gf_error inner = {.message = ""};
    bool again = p->settings->table != NULL && strcmp(p->settings->table, p->name) == 0;
    char *path = again ? strdup(p->name) : path_beside(p->name, text);
    run->diffusion = calloc(1, sizeof *run->diffusion);
    gf_status status = path != NULL && run->diffusion != NULL
                           ? gf_diffusion_read(path, run->diffusion, &inner)
                           : gf_fail_memory(&inner, "the diffusion");
    free(path);
    run->hydrodynamics.diffusion = run->diffusion;
    return status == GF_OK ? GF_OK
                           : gf_document_fail(p->document, node, p->error,
                                              "diffusion: expected a number, a 2x2 matrix or a "
                                              "file that holds one; %.700s",
                                              inner.message);
}

/* A number, a matrix, or a file; an Onsager matrix may be given as a number, too. */
static gf_status take_matrix(const gf_run_parser *p, gf_node *map) {
    gf_run *run = p->run;
    gf_hydrodynamics *h = &run->hydrodynamics;
    gf_node *diffusion = gf_document_get(p->document, map, "diffusion");
    gf_node *onsager = gf_document_get(p->document, map, "onsager");
    double number = NAN;
    bool overridden = gf_run_override(p, "diffusion", &run->parameters[1]);
    if (h->isolated && (overridden || diffusion != NULL || onsager != NULL)) {
        return gf_document_fail(
            p->document, map, p->error,
            "blocks without neighbours do not diffuse: no diffusion, no onsager");
    }
    if (overridden && onsager != NULL) {
        return gf_document_fail(p->document, onsager, p->error,
                                "--set diffusion cannot take the place of onsager");
    }
    if (overridden || h->isolated) {
        return GF_OK;
    }
    if ((diffusion != NULL) == (onsager != NULL)) {
        return gf_document_fail(
            p->document, map, p->error,
            "expected either diffusion or onsager, a number or a 2x2 matrix, or "
            "diffusion from a file");
    }
    h->onsager = onsager != NULL;
    gf_node *node = h->onsager ? onsager : diffusion;
    const char *what = h->onsager ? "onsager" : "diffusion";
    if (gf_document_size(node) > 0) {
        return read_matrix(p, node, what, h->transport);
    }
    gf_status status = gf_run_read_number(p, node, what, &number);
    const char *text = NULL;
    if (status != GF_OK && !h->onsager &&
        gf_document_text(p->document, node, what, &text, p->error) == GF_OK) {
        return read_diffusion(p, node, text);
    }
    h->transport[0][0] = h->transport[1][1] = number;
    run->parameters[1] = h->onsager ? NAN : number;
    return status;
}

/* Every other parameter is one of the model. */
static gf_status take_model_parameters(const gf_run_parser *p, gf_node *map) {
    static const char *const own[] = {"epsilon", "diffusion", "onsager"};
    gf_status status = GF_OK;
    for (size_t i = 0; i < gf_document_size(map) && status == GF_OK; ++i) {
        gf_node *key = NULL;
        const gf_node *node = gf_document_entry(p->document, map, i, &key);
        const char *name = NULL;
        double value = 0;
        status = gf_document_text(p->document, key, "a parameter's name", &name, p->error);
        bool known = false;
        for (size_t k = 0; k < 3 && status == GF_OK; ++k) {
            known = known || strcmp(name, own[k]) == 0;
        }
        if (status == GF_OK && !known) {
            status = gf_run_read_number(p, node, name, &value);
            if (status == GF_OK) {
                status = gf_settings_set(&p->run->rates, name, value, p->error);
            }
        }
    }
    return status;
}

gf_status gf_run_take_transport(const gf_run_parser *p) {
    gf_node *map = NULL;
    gf_node *space = gf_document_get(p->document, p->root, "space");
    gf_run *run = p->run;
    run->parameters[1] = NAN;
    run->hydrodynamics.isolated =
        space != NULL && gf_document_get(p->document, space, "cells") != NULL;
    gf_status status = gf_run_take_section(p, "parameters", NULL, true, &map);
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "epsilon", GF_RUN_POSITIVE, true, &run->parameters[0]);
    }
    if (status == GF_OK) {
        status = take_matrix(p, map);
    }
    return status == GF_OK ? take_model_parameters(p, map) : status;
}

/* --- noise and force ------------------------------------------------------------------------- */

gf_status gf_run_take_scales(const gf_run_parser *p) {
    static const char *const keys[] = {"drive_scale", "thermal_scale", "cutoff", NULL};
    static const char *const forces[] = {"bare", "renormalised", NULL};
    static const char *const truths[] = {"false", "true", NULL};
    gf_run *run = p->run;
    gf_node *map = NULL;
    size_t force = 0, rescaled = 0;
    run->noise = (gf_noise_strength){.drive = 1, .thermal = 1};
    gf_status status = gf_run_take_section(p, "noise", keys, true, &map);
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "drive_scale", GF_RUN_NOT_NEGATIVE, false,
                                    &run->noise.drive);
    }
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "thermal_scale", GF_RUN_NOT_NEGATIVE, false,
                                    &run->noise.thermal);
    }
    if (status == GF_OK) {
        status =
            gf_run_take_number(p, map, "cutoff", GF_RUN_NOT_NEGATIVE, false, &run->noise.cutoff);
    }
    if (status == GF_OK) {
        status = gf_run_take_word(p, p->root, "force", forces, &force);
    }
    if (status == GF_OK) {
        status = gf_run_take_word(p, p->root, "rescaled", truths, &rescaled);
    }
    run->noise.renormalised = force == 1;
    run->rescaled = rescaled == 1;
    bool thermal = run->noise.cutoff > 0 || force == 1 ||
                   gf_run_override(p, "thermal_scale", &run->noise.thermal) ||
                   gf_document_get(p->document, map, "thermal_scale") != NULL;
    if (status == GF_OK && run->hydrodynamics.isolated && thermal) {
        return gf_document_fail(p->document, map, p->error,
                                "blocks without neighbours have no thermal noise: no "
                                "thermal_scale, no cutoff, and the bare force");
    }
    return status;
}

/* --- start ----------------------------------------------------------------------------------- */

gf_status gf_run_take_density(const gf_run_parser *p, gf_node *initial) {
    static const char *const points[] = {"saddle", "stable+", "stable-", NULL};
    gf_run *run = p->run;
    gf_node *node = gf_document_get(p->document, initial, "density"), *key = NULL;
    size_t which = 0;
    bool uniform = false;
    for (size_t i = 0; i < run->start_count; ++i) {
        uniform = uniform || run->starts[i] == GF_PROFILE_UNIFORM;
    }
    gf_status status = gf_run_take_word(p, initial, "which", points, &which);
    run->which = (gf_named_point)which;
    if (status == GF_OK && uniform && gf_document_size(node) != 2) {
        return gf_document_fail(p->document, node != NULL ? node : initial, p->error,
                                "a uniform start needs density: [m, e]");
    }
    for (size_t i = 0; i < 2 && status == GF_OK && uniform; ++i) {
        status = gf_run_read_number(p, gf_document_entry(p->document, node, i, &key), "density",
                                    &run->density[i]);
    }
    return status;
}

/* --- the table ------------------------------------------------------------------------------- */

static gf_status find_table(const gf_run_parser *p) {
    gf_node *node = NULL;
    const char *text = NULL;
    if (p->settings->table != NULL) {
        p->run->table = strdup(p->settings->table);
        return p->run->table != NULL ? GF_OK : gf_fail_memory(p->error, "a path");
    }
    gf_status status = gf_document_require(p->document, p->root, "table", &node, p->error);
    if (status == GF_OK) {
        status = gf_document_text(p->document, node, "table", &text, p->error);
    }
    if (status == GF_OK) {
        p->run->table = path_beside(p->name, text);
        status = p->run->table != NULL ? GF_OK : gf_fail_memory(p->error, "a path");
    }
    return status;
}

/* Settings that nothing else has taken are the model's, as are the rates of the file. */
static gf_status collect_rates(const gf_run_parser *p) {
    gf_run *run = p->run;
    gf_node *map = NULL;
    gf_status status = gf_run_take_section(p, "rates", NULL, false, &map);
    for (size_t i = 0; map != NULL && i < gf_document_size(map) && status == GF_OK; ++i) {
        gf_node *key = NULL;
        const gf_node *node = gf_document_entry(p->document, map, i, &key);
        const char *name = NULL;
        double value = 0;
        status = gf_document_text(p->document, key, "the name of a channel", &name, p->error);
        if (status == GF_OK) {
            status = gf_run_read_number(p, node, name, &value);
        }
        if (status == GF_OK) {
            status = gf_settings_set(&run->rates, name, value, p->error);
        }
    }
    for (size_t i = 0; i < p->settings->count && status == GF_OK; ++i) {
        const gf_parameter *set = &p->settings->parameters[i];
        if (!p->used[i]) {
            p->used[i] = true;
            status = gf_settings_set(&run->rates, set->name, set->value, p->error);
        }
    }
    return status;
}

/* The surface of a sweep point. Fluctuations have the variance thermal C/cutoff. */
static gf_status read_surface(gf_run *run, size_t point, gf_error *error) {
    double epsilon = run->swept == 0 ? run->sweep[point] : run->parameters[0];
    double cutoff = run->noise.renormalised && run->noise.thermal > 0
                        ? run->noise.cutoff / run->noise.thermal
                        : 0;
    cutoff = run->rescaled ? cutoff / sqrt(epsilon) : cutoff;
    return gf_surface_read(run->table, &run->rates, cutoff, &run->surfaces[point], error);
}

/* Keys of two fields in the run of one. */
static gf_status refuse_strangers(const gf_run_parser *p) {
    static const char *const strange[] = {"table", "rates", "rescaled"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; ++i) {
        gf_node *node = gf_document_get(p->document, p->root, strange[i]);
        if (node != NULL) {
            return gf_document_fail(p->document, node, p->error,
                                    "'%s' is of equation: hydrodynamics", strange[i]);
        }
    }
    return p->settings->table == NULL
               ? GF_OK
               : gf_fail(p->error, GF_INVALID, "--table is for equation: hydrodynamics");
}

/* What must not stand together. */
static gf_status check_together(const gf_run_parser *p) {
    const gf_run *run = p->run;
    const gf_hydrodynamics *h = &run->hydrodynamics;
    const char *problem =
        run->noise.cutoff > run->length ? "the cutoff is longer than the system"
        : h->isolated && run->rescaled  ? "blocks of so many sites are not rescaled"
        : h->isolated && (run->smoothing_cells > 1 || run->cells_per_position > 1)
            ? "blocks without neighbours are not averaged: no smoothing, and snapshots of single "
              "blocks (spacing: the sites of one)"
        : h->isolated && run->swept == 1 ? "blocks without neighbours do not diffuse: no diffusion "
                                           "to sweep"
        : h->onsager && run->swept == 1  ? "diffusion cannot be swept where onsager is given"
                                         : NULL;
    return problem == NULL ? GF_OK
                           : gf_document_fail(p->document, p->root, p->error, "%s", problem);
}

/* That every start exists: a run must not find out when its turn comes. */
static gf_status check_starts(const gf_run_parser *p) {
    gf_status status = GF_OK;
    for (size_t i = 0; i < p->run->start_count && status == GF_OK; ++i) {
        status = gf_run_check_start(p->run, p->run->starts[i], p->error);
    }
    return status;
}

gf_status gf_run_take_medium(const gf_run_parser *p) {
    gf_run *run = p->run;
    gf_surface *bare = NULL;
    if (run->equation->fields == 1) {
        return refuse_strangers(p);
    }
    run->noise.cutoff = run->noise.cutoff > 0 ? run->noise.cutoff : run->spacing;
    gf_status status = check_together(p);
    if (status == GF_OK) {
        status = find_table(p);
    }
    if (status == GF_OK) {
        status = collect_rates(p);
    }
    if (status == GF_OK) {
        status = gf_file_open(run->table, &run->table_file, p->error);
    }
    if (status == GF_OK) {
        status = gf_surface_read(run->table, &run->rates, 0, &bare, p->error);
    }
    if (status == GF_OK) {
        gf_hydrodynamics_locate(&run->hydrodynamics, bare);
        bool alike = !(run->rescaled && run->noise.renormalised);
        run->surface_count = alike ? 1 : run->points;
        run->surfaces = calloc(run->surface_count, sizeof *run->surfaces);
        status = run->surfaces != NULL ? GF_OK : gf_fail_memory(p->error, "a force table");
    }
    gf_surface_free(bare);
    for (size_t k = 0; status == GF_OK && k < run->surface_count; ++k) {
        status = read_surface(run, k, p->error);
        if (status == GF_OK) { /* the renormalised force can be the stiffer one */
            double here = gf_hydrodynamics_stiffness(run->surfaces[k]);
            run->hydrodynamics.stiffness = fmax(run->hydrodynamics.stiffness, here);
        }
    }
    return status == GF_OK ? check_starts(p) : status;
}
