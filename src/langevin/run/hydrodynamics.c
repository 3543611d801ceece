/* What run files of the two-field equation have of their own. */
#include "langevin/run/kind.h"
#include "langevin/run/parser.h"
#include "model/model_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where its parameters stand in those of the equation. */
enum { EPSILON, DIFFUSION, DIFFUSION_SCALE };

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

/* Row by row. */
static gf_status read_matrix(const gf_run_parser *p, gf_node *node, const char *what,
                             double matrix[GF_CHARGES][GF_CHARGES]) {
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
    gf_run_medium *run = &p->run->medium;
    gf_error inner = {.message = ""};
    bool again = p->settings->table != NULL && strcmp(p->settings->table, p->name) == 0;
    char *path = again ? strdup(p->name) : path_beside(p->name, text);
    run->diffusion = calloc(1, sizeof *run->diffusion);
    gf_status status = path != NULL && run->diffusion != NULL
                           ? gf_diffusion_read(path, run->diffusion, &inner)
                           : gf_fail_memory(&inner, "the diffusion");
    free(path);
    run->hydrodynamics.diffusion = run->diffusion;
    run->hydrodynamics.law = GF_TRANSPORT_VARYING;
    return status == GF_OK ? GF_OK
                           : gf_document_fail(p->document, node, p->error,
                                              "diffusion: expected a number, a 2x2 matrix or a "
                                              "file that holds one; %.700s",
                                              inner.message);
}

/* Blocks must have neither, rows one of the two. */
static gf_status check_choice(const gf_run_parser *p, gf_node *map, bool overridden) {
    gf_node *diffusion = gf_document_get(p->document, map, "diffusion");
    gf_node *onsager = gf_document_get(p->document, map, "onsager");
    if (p->run->blocks) {
        return !overridden && diffusion == NULL && onsager == NULL
                   ? GF_OK
                   : gf_document_fail(
                         p->document, map, p->error,
                         "blocks without neighbours do not diffuse: no diffusion, no onsager");
    }
    if (overridden) {
        return onsager == NULL
                   ? GF_OK
                   : gf_document_fail(p->document, onsager, p->error,
                                      "--set diffusion cannot take the place of onsager");
    }
    return (diffusion != NULL) != (onsager != NULL)
               ? GF_OK
               : gf_document_fail(
                     p->document, map, p->error,
                     "expected either diffusion or onsager, a number or a 2x2 matrix, or "
                     "diffusion from a file");
}

/* A number, a matrix, or a file; an Onsager matrix may be given as a number, too. */
static gf_status take_matrix(const gf_run_parser *p, gf_node *map) {
    gf_hydrodynamics *h = &p->run->medium.hydrodynamics;
    gf_node *node = gf_document_get(p->document, map, "onsager");
    bool onsager = node != NULL;
    const char *what = onsager ? "onsager" : "diffusion", *text = NULL;
    double number = NAN, *diffusion = &p->run->parameters[DIFFUSION];
    bool overridden = gf_run_override(p, "diffusion", diffusion);
    gf_status status = check_choice(p, map, overridden);
    h->law = p->run->blocks ? GF_TRANSPORT_NONE
             : onsager      ? GF_TRANSPORT_ONSAGER
                            : GF_TRANSPORT_CONSTANT;
    if (status != GF_OK || overridden || p->run->blocks) {
        return status;
    }
    node = onsager ? node : gf_document_get(p->document, map, what);
    if (gf_document_size(node) > 0) {
        return read_matrix(p, node, what, h->transport);
    }
    status = gf_run_read_number(p, node, what, &number);
    if (status != GF_OK && !onsager &&
        gf_document_text(p->document, node, what, &text, p->error) == GF_OK) {
        return read_diffusion(p, node, text);
    }
    for (int i = 0; i < GF_CHARGES; ++i) {
        h->transport[i][i] = number;
    }
    *diffusion = onsager ? NAN : number;
    return status;
}

/* Blocks are told by their space. Every parameter that is not the equation's is one of the model.
 */
static gf_status take_parameters(const gf_run_parser *p) {
    static const char *const own[] = {"epsilon", "diffusion", "diffusion_scale", "onsager", NULL};
    gf_node *map = NULL;
    gf_node *space = gf_document_get(p->document, p->root, "space");
    gf_run *run = p->run;
    run->parameters[DIFFUSION] = NAN;
    run->blocks = space != NULL && gf_document_get(p->document, space, "cells") != NULL;
    gf_status status = gf_run_take_section(p, "parameters", NULL, true, &map);
    if (status == GF_OK) {
        status =
            gf_run_take_number(p, map, "epsilon", GF_RUN_POSITIVE, true, &run->parameters[EPSILON]);
    }
    if (status == GF_OK) {
        status = take_matrix(p, map);
    }
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "diffusion_scale", GF_RUN_ANY, false,
                                    &run->parameters[DIFFUSION_SCALE]);
    }
    return status == GF_OK
               ? gf_run_take_names(p, map, "a parameter's name", own, &run->medium.rates)
               : status;
}

/* --- noise and coefficients
 * ------------------------------------------------------------------------- */

/* Drive and thermal noise as multiples of the model's. */
static gf_status take_scales(const gf_run_parser *p, gf_node **map) {
    static const char *const keys[] = {"drive_scale", "thermal_scale", "cutoff", NULL};
    gf_noise_strength *noise = &p->run->noise;
    double *const values[] = {&noise->drive, &noise->thermal, &noise->cutoff};
    *noise = (gf_noise_strength){.drive = 1, .thermal = 1};
    gf_status status = gf_run_take_section(p, "noise", keys, true, map);
    for (size_t i = 0; i < 3 && status == GF_OK; ++i) {
        status = gf_run_take_number(p, *map, keys[i], GF_RUN_NOT_NEGATIVE, false, values[i]);
    }
    return status;
}

static gf_status take_noise(const gf_run_parser *p) {
    static const char *const truths[] = {"false", "true", NULL};
    gf_run *run = p->run;
    gf_node *map = NULL;
    size_t rescaled = 0;
    gf_status status = take_scales(p, &map);
    if (status == GF_OK) {
        status = gf_run_take_reading(p);
    }
    if (status == GF_OK) {
        status = gf_run_take_word(p, p->root, "rescaled", truths, &rescaled);
    }
    run->rescaled = rescaled == 1;
    bool of_force = run->noise.renormalised && !run->noise.renormalised_noise;
    bool thermal = run->noise.cutoff > 0 || of_force ||
                   gf_run_override(p, "thermal_scale", &run->noise.thermal) ||
                   gf_document_get(p->document, map, "thermal_scale") != NULL;
    if (status == GF_OK && run->blocks && thermal) {
        return gf_document_fail(p->document, map, p->error,
                                "blocks without neighbours have no thermal noise: no "
                                "thermal_scale, no cutoff, and the bare force or coefficients: "
                                "renormalised");
    }
    return status;
}

/* --- space ----------------------------------------------------------------------------------- */

/* Blocks without neighbours: so many, of so many sites. */
static gf_status take_blocks(const gf_run_parser *p) {
    static const char *const keys[] = {"cells", "sites", NULL};
    gf_run *run = p->run;
    gf_node *map = gf_document_get(p->document, p->root, "space");
    double cells = 1;
    gf_status status = gf_document_check_keys(p->document, map, "space", keys, p->error);
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "cells", GF_RUN_COUNT, true, &cells);
    }
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "sites", GF_RUN_POSITIVE, true, &run->spacing);
    }
    run->cells = (size_t)cells;
    run->length = cells * run->spacing;
    return status;
}

static gf_status take_space(const gf_run_parser *p) {
    return p->run->blocks ? take_blocks(p) : gf_run_take_row(p);
}

/* --- start ----------------------------------------------------------------------------------- */

static gf_status take_start(const gf_run_parser *p, gf_node *initial) {
    static const char *const points[] = {"saddle", "stable+", "stable-", NULL};
    gf_run *run = p->run;
    gf_node *node = gf_document_get(p->document, initial, "density"), *key = NULL;
    size_t which = 0;
    bool uniform = false;
    for (size_t i = 0; i < run->start_count; ++i) {
        uniform = uniform || run->starts[i] == GF_PROFILE_UNIFORM;
    }
    gf_status status = gf_run_take_word(p, initial, "which", points, &which);
    run->medium.which = (gf_named_point)which;
    if (status == GF_OK && uniform && gf_document_size(node) != 2) {
        return gf_document_fail(p->document, node != NULL ? node : initial, p->error,
                                "a uniform start needs density: [m, e]");
    }
    for (size_t i = 0; i < 2 && status == GF_OK && uniform; ++i) {
        status = gf_run_read_number(p, gf_document_entry(p->document, node, i, &key), "density",
                                    &run->medium.density[i]);
    }
    return status;
}

static gf_status find_start(const gf_run *self, gf_profile profile, const gf_hydrodynamics *h,
                            const double **everywhere, gf_error *error) {
    const double *const named[] = {h->saddle, h->plus, h->minus};
    const gf_run_medium *medium = &self->medium;
    *everywhere = profile == GF_PROFILE_UNIFORM       ? medium->density
                  : profile == GF_PROFILE_FIXED_POINT ? named[medium->which]
                                                      : NULL;
    bool given = profile == GF_PROFILE_UNIFORM || profile == GF_PROFILE_FIXED_POINT;
    if (!given && !h->bistable) {
        return gf_fail(error, GF_INVALID,
                       "walls and domains need two stable fixed points, and the force of %s has "
                       "not; start uniform",
                       medium->table);
    }
    return *everywhere == NULL || isfinite((*everywhere)[0])
               ? GF_OK
               : gf_fail(error, GF_INVALID, "the force of %s has no such fixed point to start from",
                         medium->table);
}

/* Domains of either stable point, drawn for every stretch. */
static bool draws_up(const gf_run *self, const gf_random *random, size_t cell) {
    float normal[GF_RANDOM_BLOCK];
    size_t stretch = (size_t)(gf_run_position(self, cell) / self->domain_length);
    gf_random_normal(random, GF_RANDOM_START, 0, (uint32_t)(stretch / GF_RANDOM_BLOCK), normal);
    return normal[stretch % GF_RANDOM_BLOCK] > 0;
}

static gf_status fill(const gf_run *self, gf_profile profile, const gf_lattice_plan *plan,
                      double *rows, gf_error *error) {
    const gf_hydrodynamics *h = &plan->dynamics.hydrodynamics;
    const double *everywhere = NULL;
    gf_status status = find_start(self, profile, h, &everywhere, error);
    for (size_t i = 0; i < plan->cells && status == GF_OK; ++i) {
        const double *here = everywhere;
        if (everywhere == NULL) {
            bool up = profile == GF_PROFILE_RANDOM
                          ? draws_up(self, &plan->random, i)
                          : gf_run_lies_up(self, profile, gf_run_position(self, i));
            here = up ? h->plus : h->minus;
        }
        for (size_t k = 0; k < GF_CHARGES; ++k) {
            rows[k * plan->cells + i] = here[k];
        }
    }
    return status;
}

/* Fails where a profile has nothing to start from. */
static gf_status check_start(const gf_run *self, gf_profile profile, gf_error *error) {
    const double *everywhere = NULL, *q = self->medium.density;
    double values[1][GF_SURFACE_VALUES];
    gf_status status = find_start(self, profile, &self->medium.hydrodynamics, &everywhere, error);
    bool given = status == GF_OK && profile == GF_PROFILE_UNIFORM;
    if (given && gf_surface_evaluate(self->medium.surfaces[0], 1, &q[GF_MAGNETIZATION],
                                     &q[GF_ENERGY], values) > 0) {
        status = gf_fail(error, GF_INVALID, "no state has the density m = %g, e = %g to start from",
                         q[GF_MAGNETIZATION], q[GF_ENERGY]);
    }
    return status;
}

/* --- the table ------------------------------------------------------------------------------- */

static gf_status find_table(const gf_run_parser *p) {
    gf_node *node = NULL;
    const char *text = NULL;
    if (p->settings->table != NULL) {
        p->run->medium.table = strdup(p->settings->table);
        return p->run->medium.table != NULL ? GF_OK : gf_fail_memory(p->error, "a path");
    }
    gf_status status = gf_document_require(p->document, p->root, "table", &node, p->error);
    if (status == GF_OK) {
        status = gf_document_text(p->document, node, "table", &text, p->error);
    }
    if (status == GF_OK) {
        p->run->medium.table = path_beside(p->name, text);
        status = p->run->medium.table != NULL ? GF_OK : gf_fail_memory(p->error, "a path");
    }
    return status;
}

/* A table that is not there may well be elsewhere. */
static gf_status open_table(const gf_run_parser *p) {
    const char *path = p->run->medium.table;
    FILE *there = fopen(path, "rb");
    if (there == NULL) {
        return gf_fail(p->error, GF_IO,
                       "%s: the force table cannot be read: %s; make it with 'gibbsflow forces', "
                       "or name another with --table FILE.h5",
                       path, strerror(errno));
    }
    (void)fclose(there);
    gf_run_medium *medium = &p->run->medium;
    gf_status status = gf_file_open(path, &medium->table_file, p->error);
    if (status == GF_OK) {
        medium->energy_unit = gf_model_stored_energy_unit(medium->table_file);
        status = medium->energy_unit != NULL ? GF_OK : gf_file_check(medium->table_file, p->error);
    }
    return status;
}

/* Settings that nothing else has taken are the model's, as are the rates of the file. */
static gf_status collect_rates(const gf_run_parser *p) {
    gf_settings *rates = &p->run->medium.rates;
    gf_node *map = NULL;
    gf_status status = gf_run_take_section(p, "rates", NULL, false, &map);
    if (status == GF_OK) {
        status = gf_run_take_names(p, map, "the name of a channel", NULL, rates);
    }
    for (size_t i = 0; i < p->settings->count && status == GF_OK; ++i) {
        const gf_parameter *set = &p->settings->parameters[i];
        if (!p->used[i]) {
            p->used[i] = true;
            status = gf_settings_set(rates, set->name, set->value, p->error);
        }
    }
    return status;
}

/* The surface of a sweep point. Fluctuations have the variance thermal C/cutoff; the cutoff of
 * blocks is their size. */
static gf_status read_surface(gf_run *run, size_t point, gf_error *error) {
    double epsilon = run->swept == EPSILON ? run->sweep[point] : run->parameters[EPSILON];
    double cutoff = run->noise.renormalised && run->noise.thermal > 0
                        ? run->noise.cutoff / run->noise.thermal
                        : 0;
    cutoff = run->rescaled ? cutoff / sqrt(epsilon) : cutoff;
    const gf_run_medium *medium = &run->medium;
    return (run->noise.renormalised_noise ? gf_surface_read_sharp : gf_surface_read)(
        medium->table, &medium->rates, cutoff, &medium->surfaces[point], error);
}

/* Whether D is taken off its value anywhere. */
static bool shifts(const gf_run *run) {
    return run->swept == DIFFUSION_SCALE || run->parameters[DIFFUSION_SCALE] < 0 ||
           run->parameters[DIFFUSION_SCALE] > 0;
}

/* What must not stand together. */
static gf_status check_together(const gf_run_parser *p) {
    const gf_run *run = p->run;
    bool onsager = run->medium.hydrodynamics.law == GF_TRANSPORT_ONSAGER;
    const char *problem =
        run->noise.cutoff > run->length ? "the cutoff is longer than the system"
        : run->blocks && run->rescaled  ? "blocks of so many sites are not rescaled"
        : run->blocks && (run->smoothing_cells > 1 || run->cells_per_position > 1)
            ? "blocks without neighbours are not averaged: no smoothing, and snapshots of single "
              "blocks (spacing: the sites of one)"
        : run->blocks && run->swept == DIFFUSION
            ? "blocks without neighbours do not diffuse: no diffusion "
              "to sweep"
        : onsager && run->swept == DIFFUSION ? "diffusion cannot be swept where onsager is given"
        : shifts(run) && run->medium.diffusion == NULL
            ? "diffusion_scale counts errors of D, which only a file has: diffusion: FILE.h5"
            : NULL;
    return problem == NULL ? GF_OK
                           : gf_document_fail(p->document, p->root, p->error, "%s", problem);
}

/* That every start exists: a run must not find out when its turn comes. */
static gf_status check_starts(const gf_run_parser *p) {
    gf_status status = GF_OK;
    for (size_t i = 0; i < p->run->start_count && status == GF_OK; ++i) {
        status = check_start(p->run, p->run->starts[i], p->error);
    }
    return status;
}

/* A surface for all sweep points or, where the renormalised force differs between them, for each.
 */
static gf_status read_surfaces(gf_run *run, gf_error *error) {
    gf_run_medium *medium = &run->medium;
    size_t count = run->rescaled && run->noise.renormalised ? run->points : 1;
    medium->surfaces = calloc(count, sizeof *medium->surfaces);
    gf_status status = medium->surfaces != NULL ? GF_OK : gf_fail_memory(error, "a force table");
    for (; medium->surface_count < count && status == GF_OK; ++medium->surface_count) {
        status = read_surface(run, medium->surface_count, error);
        if (status == GF_OK) { /* the renormalised force can be the stiffer one */
            double here = gf_hydrodynamics_stiffness(medium->surfaces[medium->surface_count]);
            medium->hydrodynamics.stiffness = fmax(medium->hydrodynamics.stiffness, here);
        }
    }
    return status;
}

/* D so many of its errors away, for all sweep points or for each. */
static gf_status shift_diffusion(const gf_run_parser *p) {
    gf_run *run = p->run;
    gf_run_medium *medium = &run->medium;
    bool each = run->swept == DIFFUSION_SCALE;
    size_t count = each ? run->points : 1;
    if (!shifts(run)) {
        return GF_OK;
    }
    medium->shifted = calloc(count, sizeof *medium->shifted);
    gf_status status = medium->shifted != NULL ? GF_OK : gf_fail_memory(p->error, "the diffusion");
    for (; medium->shifted_count < count && status == GF_OK; ++medium->shifted_count) {
        double scale = each ? run->sweep[medium->shifted_count] : run->parameters[DIFFUSION_SCALE];
        gf_error inner;
        if (gf_diffusion_shift(medium->diffusion, scale, "the file of the diffusion",
                               &medium->shifted[medium->shifted_count], &inner) != GF_OK) {
            return gf_document_fail(p->document, p->root, p->error, "diffusion_scale = %g: %.800s",
                                    scale, inner.message);
        }
    }
    return status;
}

/* The points where the bare force vanishes. */
static gf_status locate_points(gf_run_medium *medium, gf_error *error) {
    gf_surface *bare = NULL;
    gf_status status = gf_surface_read(medium->table, &medium->rates, 0, &bare, error);
    if (status == GF_OK) {
        gf_hydrodynamics_locate(&medium->hydrodynamics, bare);
    }
    gf_surface_free(bare);
    return status;
}

static gf_status take_medium(const gf_run_parser *p) {
    gf_run *run = p->run;
    run->noise.cutoff = run->noise.cutoff > 0 ? run->noise.cutoff : run->spacing;
    gf_status status = check_together(p);
    if (status == GF_OK) {
        status = find_table(p);
    }
    if (status == GF_OK) {
        status = collect_rates(p);
    }
    if (status == GF_OK) {
        status = open_table(p);
    }
    if (status == GF_OK) {
        status = locate_points(&run->medium, p->error);
    }
    if (status == GF_OK) {
        status = read_surfaces(run, p->error);
    }
    if (status == GF_OK) {
        status = shift_diffusion(p);
    }
    return status == GF_OK ? check_starts(p) : status;
}

/* --- numbers of a sweep point ---------------------------------------------------------------- */

static size_t evaluate(const void *surface, size_t count, const double *m, const double *e,
                       float (*values)[GF_SURFACE_VALUES]) {
    return gf_surface_sample(surface, count, m, e, values);
}

static gf_status adjust(const gf_run *self, size_t point, double *parameters,
                        gf_noise_strength *noise, gf_dynamics *dynamics, gf_error *error) {
    const gf_run_medium *medium = &self->medium;
    gf_hydrodynamics *h = &dynamics->hydrodynamics;
    *h = medium->hydrodynamics;
    h->medium = (gf_medium){.evaluate = evaluate,
                            .context = medium->surfaces[medium->surface_count > 1 ? point : 0]};
    if (medium->shifted_count > 0) {
        h->diffusion = &medium->shifted[medium->shifted_count > 1 ? point : 0];
    }
    h->largest = self->spacing * self->spacing / (4 * self->step); /* half of what a step stands */
    if (self->rescaled && !(parameters[0] > 0)) {
        return gf_fail(error, GF_INVALID, "epsilon = %g; expected a positive number",
                       parameters[0]);
    }
    if (self->rescaled) { /* x = r sqrt(epsilon), tau = epsilon t: noises shrink by sqrt(epsilon) */
        noise->drive *= sqrt(parameters[0]);
        noise->thermal *= sqrt(parameters[0]);
        parameters[0] = 1;
    }
    return GF_OK;
}

/* --- results --------------------------------------------------------------------------------- */

/* epsilon/D if D is a number, else epsilon. */
static double coupling(const gf_run *run, size_t point) {
    double epsilon = gf_run_parameter(run, point, "epsilon");
    double diffusion = gf_run_parameter(run, point, "diffusion");
    return diffusion > 0 ? epsilon / diffusion : epsilon;
}

/* The parts of the table that the run needs: a file of a run is complete. At other rates than the
 * table's, what holds at its rates alone is left out. */
static void write(const gf_run *run, gf_file *file) {
    enum { NEEDED = 3 };
    static const char *const parts[] = {"/model",        "/channels",    "/fitted_grid",
                                        "/density_grid", "/region",      "/fixed_points",
                                        "/flow_lines",   "/separatrices"};
    const gf_run_medium *medium = &run->medium;
    gf_file_set_energy_unit(file, medium->energy_unit);
    gf_file_put_text_attribute(file, "/run", "table", medium->table);
    gf_file_put_text_attribute(file, "/run", "interpretation", "Ito");
    gf_file_put_integer_attribute(file, "/run", "weak_order", run->integrator->weak_order);
    gf_file_put_number_attribute(file, "/run", "cutoff", run->noise.cutoff);
    gf_file_put_number_attribute(file, "/run", "drive_scale", run->noise.drive);
    gf_file_put_number_attribute(file, "/run", "thermal_scale", run->noise.thermal);
    gf_file_put_integer_attribute(file, "/run", "rescaled", run->rescaled ? 1 : 0);
    size_t count = medium->rates.count > 0 ? NEEDED : sizeof parts / sizeof *parts;
    for (size_t i = 0; i < count; ++i) {
        if (gf_file_has(medium->table_file, parts[i])) {
            gf_file_copy(file, medium->table_file, parts[i]);
        }
    }
    if (medium->diffusion != NULL) {
        gf_diffusion_write(medium->diffusion, file);
    }
}

static const char *const initial_keys[] = {"profile", "domain", "density", "which", NULL};
static const char *const profiles[] = {"random", "uniform", "wall", "domains", "fixed-point", NULL};
static const char *const histogram_keys[] = {"from", "to", "bins", "energy", NULL};

const gf_run_kind gf_run_hydrodynamics = {.equation = &gf_equation_hydrodynamics,
                                          .take_parameters = take_parameters,
                                          .take_noise = take_noise,
                                          .take_space = take_space,
                                          .initial_keys = initial_keys,
                                          .profiles = profiles,
                                          .take_start = take_start,
                                          .histogram_keys = histogram_keys,
                                          .finish = take_medium,
                                          .adjust = adjust,
                                          .fill = fill,
                                          .coupling = coupling,
                                          .write = write,
                                          .time_unit = "1/{energy}"};
