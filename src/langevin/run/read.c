/* Reading a run. */
#include "langevin/run/kind.h"
#include "langevin/run/parser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double MOST_STEPS = 1e12; /* with any stretch within 64 bits */

/* --- sections -------------------------------------------------------------------------------- */

static gf_status take_methods(const gf_run_parser *p) {
    gf_node *node = NULL;
    const char *text = NULL;
    gf_status status = gf_document_require(p->document, p->root, "equation", &node, p->error);
    if (status == GF_OK) {
        status = gf_document_text(p->document, node, "equation", &text, p->error);
    }
    if (status == GF_OK && (p->run->kind = gf_run_kind_find(text)) == NULL) {
        status = gf_document_fail(p->document, node, p->error,
                                  "the equation '%.60s' is not known; expected %s", text,
                                  gf_run_kind_names());
    }
    if (status == GF_OK) {
        p->run->equation = p->run->kind->equation;
        status = gf_document_require(p->document, p->root, "integrator", &node, p->error);
    }
    if (status == GF_OK) {
        status = gf_document_text(p->document, node, "integrator", &text, p->error);
    }
    if (status == GF_OK && ((p->run->integrator = gf_integrator_find(text)) == NULL ||
                            p->run->integrator->fields != p->run->equation->fields)) {
        status = gf_document_fail(p->document, node, p->error,
                                  "the integrator '%.60s' is not known%s; expected %s", text,
                                  p->run->integrator != NULL ? " to this equation" : "",
                                  gf_integrator_names(p->run->equation->fields));
    }
    return status;
}

/* force: of the force alone; coefficients: of force and noise. */
gf_status gf_run_take_reading(const gf_run_parser *p) {
    static const char *const readings[] = {"bare", "renormalised", NULL};
    gf_noise_strength *noise = &p->run->noise;
    gf_node *both = gf_document_get(p->document, p->root, "coefficients");
    gf_node *force = gf_document_get(p->document, p->root, "force");
    size_t reading = 0;
    if (both != NULL && force != NULL) {
        return gf_document_fail(p->document, force, p->error,
                                "expected either force, which says how the force alone is taken, "
                                "or coefficients, which says it of force and noise");
    }
    p->run->reading_given = both != NULL || force != NULL;
    gf_status status =
        gf_run_take_word(p, p->root, both != NULL ? "coefficients" : "force", readings, &reading);
    noise->renormalised = reading == 1;
    noise->renormalised_noise = reading == 1 && both != NULL;
    return status;
}

gf_status gf_run_take_row(const gf_run_parser *p) {
    static const char *const keys[] = {"length", "spacing", "boundary", NULL};
    static const char *const boundaries[] = {"periodic", "antiperiodic", "fixed", NULL};
    gf_run *run = p->run;
    gf_node *map = gf_document_get(p->document, p->root, "space");
    size_t boundary = 0;
    uint64_t cells = 0;
    gf_status status = gf_run_take_section(p, "space", keys, true, &map);
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "length", GF_RUN_POSITIVE, true, &run->length);
    }
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "spacing", GF_RUN_POSITIVE, true, &run->spacing);
    }
    if (status == GF_OK) {
        status = gf_run_take_word(p, map, "boundary", boundaries, &boundary);
    }
    if (status == GF_OK) {
        status = gf_run_divide(p, map, "length", run->length, "spacing", run->spacing, &cells);
    }
    if (status == GF_OK && (cells < 4 || cells > 1000000000)) {
        status =
            gf_document_fail(p->document, map, p->error,
                             "length/spacing gives %.0f cells; expected 4 to 1e9", (double)cells);
    }
    run->cells = (size_t)cells;
    run->boundary = (gf_boundary)boundary;
    return status;
}

static gf_status take_time(const gf_run_parser *p) {
    static const char *const keys[] = {"step", "end", "warm_up", "sample_every", NULL};
    gf_run *run = p->run;
    double *const values[] = {&run->step, &run->end, &run->warm_up, &run->sample_every};
    static const gf_run_domain domains[] = {GF_RUN_POSITIVE, GF_RUN_POSITIVE, GF_RUN_NOT_NEGATIVE,
                                            GF_RUN_POSITIVE};
    gf_node *map = NULL;
    uint64_t samples = 0;
    gf_status status = gf_run_take_section(p, "time", keys, true, &map);
    for (size_t i = 0; i < 4 && status == GF_OK; ++i) {
        status = gf_run_take_number(p, map, keys[i], domains[i], i != 2, values[i]);
    }
    if (status == GF_OK) {
        status = gf_run_divide(p, map, "sample_every", run->sample_every, "step", run->step,
                               &run->steps_per_sample);
    }
    if (status == GF_OK) {
        status =
            gf_run_divide(p, map, "end", run->end, "sample_every", run->sample_every, &samples);
    }
    double unmeasured = floor(run->warm_up / run->sample_every * (1 + 1e-12));
    if (status == GF_OK && !(unmeasured < (double)samples)) {
        status = gf_document_fail(p->document, map, p->error,
                                  "the warm-up of %g leaves nothing of end = %g to measure",
                                  run->warm_up, run->end);
    }
    if (status == GF_OK && run->end / run->step > MOST_STEPS) {
        status = gf_document_fail(p->document, map, p->error, "%.3g steps are more than %g",
                                  run->end / run->step, MOST_STEPS);
    }
    if (status == GF_OK) {
        run->samples = (size_t)samples;
        run->steps = samples * run->steps_per_sample;
        run->first_measured = (size_t)unmeasured;
    }
    return status;
}

static gf_status take_starts(const gf_run_parser *p, gf_node *map) {
    gf_run *run = p->run;
    gf_node *node = NULL, *key = NULL;
    size_t profile = 0;
    gf_status status = gf_document_require(p->document, map, "profile", &node, p->error);
    size_t count = status == GF_OK ? gf_document_size(node) : 0; /* 0: not a list */
    if (count > GF_RUN_MAX_STARTS) {
        return gf_document_fail(p->document, node, p->error, "more than %d profiles",
                                GF_RUN_MAX_STARTS);
    }
    run->start_count = count > 0 ? count : 1;
    for (size_t i = 0; i < run->start_count && status == GF_OK; ++i) {
        const gf_node *entry = count > 0 ? gf_document_entry(p->document, node, i, &key) : node;
        status = gf_run_read_word(p, entry, "profile", run->kind->profiles, &profile);
        run->starts[i] = (gf_profile)profile;
    }
    return status;
}

static gf_status take_initial(const gf_run_parser *p) {
    gf_run *run = p->run;
    gf_node *map = NULL;
    run->amplitude = 1;
    run->domain_length = run->length / 10;
    gf_status status = gf_run_take_section(p, "initial", run->kind->initial_keys, true, &map);
    if (status == GF_OK) {
        status = take_starts(p, map);
    }
    if (status == GF_OK) {
        status = run->kind->take_start(p, map);
    }
    return status == GF_OK
               ? gf_run_take_number(p, map, "domain", GF_RUN_POSITIVE, false, &run->domain_length)
               : status;
}

static gf_status take_repetition(const gf_run_parser *p) {
    static const char *const truths[] = {"false", "true", NULL};
    gf_run *run = p->run;
    double realisations = 1, seed = 1;
    size_t common = 0;
    gf_status status =
        gf_run_take_number(p, p->root, "realisations", GF_RUN_COUNT, false, &realisations);
    if (status == GF_OK) {
        status = gf_run_take_number(p, p->root, "seed", GF_RUN_NOT_NEGATIVE, false, &seed);
    }
    if (status == GF_OK && (seed != floor(seed) || seed >= 0x1p53)) {
        status = gf_document_fail(p->document, p->root, p->error,
                                  "seed = %.17g; expected an integer below 2^53", seed);
    }
    if (status == GF_OK) {
        status = gf_run_take_word(p, p->root, "common_noise", truths, &common);
    }
    run->realisations = (size_t)realisations;
    run->seed = status == GF_OK ? (uint64_t)seed : 0;
    run->common_noise = common == 1;
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status check_settings(const gf_run_parser *p) {
    for (size_t i = 0; i < p->settings->count; ++i) {
        if (!p->used[i]) {
            return gf_fail(p->error, GF_INVALID,
                           "--set %s: the run has nothing of that name; it has the parameters of "
                           "its equation, drive, thermal, length, spacing, step, end, warm_up, "
                           "sample_every, amplitude, domain, smoothing, threshold, realisations "
                           "and seed",
                           p->settings->parameters[i].name);
        }
    }
    return p->settings->sites == 0 ? GF_OK
                                   : gf_fail(p->error, GF_INVALID, "a run has no --sites to set");
}

/* Makes the smallest lattice of a sweep point, which fails as every other would. */
static gf_status try_point(const gf_run_parser *p, size_t point) {
    gf_run *run = p->run;
    gf_lattice *lattice = NULL;
    gf_lattice_plan plan = {
        .integrator = run->integrator, .cells = 4, .boundary = run->boundary, .step = run->step};
    gf_status status = gf_run_dynamics(run, point, &plan.dynamics, p->error);
    if (status == GF_OK) {
        run->rows = gf_lattice_rows(&plan.dynamics);
        run->counts = gf_lattice_counts(&plan.dynamics);
        status = gf_lattice_create(&plan, &lattice, p->error);
    }
    gf_lattice_free(lattice);
    return status;
}

/* Errors that belong to no single key: every sweep point must make sense, and its step be stable.
 */
static gf_status check_points(const gf_run_parser *p) {
    const gf_run *run = p->run;
    gf_status status = GF_OK;
    size_t k = 0;
    while (k < run->points && (status = try_point(p, k)) == GF_OK) {
        ++k;
    }
    if (status == GF_INVALID) {
        gf_error inner = *p->error;
        status =
            gf_document_fail(p->document, p->root, p->error, "%s = %g: %.900s",
                             run->equation->parameters[run->swept], run->sweep[k], inner.message);
    }
    return status;
}

static gf_status take_parameters(const gf_run_parser *p) {
    return p->run->kind->take_parameters(p);
}

static gf_status take_noise(const gf_run_parser *p) {
    return p->run->kind->take_noise(p);
}

static gf_status take_space(const gf_run_parser *p) {
    return p->run->kind->take_space(p);
}

static gf_status finish(const gf_run_parser *p) {
    return p->run->kind->finish(p);
}

static gf_status parse(const gf_run_parser *p) {
    static const char *const keys[] = {
        "equation",     "parameters",   "noise",        "force", "space",        "time",
        "integrator",   "initial",      "seed",         "walls", "realisations", "snapshots",
        "histogram",    "sweep",        "common_noise", "table", "rates",        "rescaled",
        "coefficients", "correlations", "domains",      NULL};
    static gf_status (*const sections[])(const gf_run_parser *) = {take_methods,
                                                                   take_parameters,
                                                                   take_noise,
                                                                   take_space,
                                                                   take_time,
                                                                   take_initial,
                                                                   take_repetition,
                                                                   gf_run_take_walls,
                                                                   gf_run_take_snapshots,
                                                                   gf_run_take_histogram,
                                                                   gf_run_take_correlations,
                                                                   gf_run_take_domains,
                                                                   gf_run_take_sweep,
                                                                   finish,
                                                                   check_settings,
                                                                   check_points};
    gf_status status = p->root != NULL
                           ? gf_document_check_keys(p->document, p->root, "the run", keys, p->error)
                           : gf_fail(p->error, GF_INVALID, "the run file is empty");
    for (size_t i = 0; i < sizeof sections / sizeof *sections && status == GF_OK; ++i) {
        status = sections[i](p);
    }
    return status;
}

static char *format_settings(const gf_settings *settings) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out != NULL) {
        for (size_t i = 0; i < settings->count; ++i) {
            (void)fprintf(out, "%s=%.17g\n", settings->parameters[i].name,
                          settings->parameters[i].value);
        }
        (void)fclose(out);
    }
    return text;
}

/* Reads the document into `run`, which it has been given the text of. */
static gf_status read(gf_run_parser *p, const char *text, size_t length) {
    gf_status status = gf_document_parse(text, length, p->name, &p->document, p->error);
    if (status != GF_OK) {
        return status;
    }
    p->root = gf_document_root(p->document);
    p->used = calloc(p->settings->count + 1, sizeof *p->used);
    p->run->yaml = strndup(text, length);
    p->run->settings = format_settings(p->settings);
    status = p->used != NULL && p->run->yaml != NULL && p->run->settings != NULL
                 ? parse(p)
                 : gf_fail_memory(p->error, "a run");
    free(p->used);
    gf_document_free(p->document);
    return status;
}

gf_status gf_run_parse(const char *text, size_t length, const char *name,
                       const gf_settings *settings, gf_run **run, gf_error *error) {
    static const gf_settings none = {0};
    gf_error local;
    gf_run_parser p = {.name = name,
                       .settings = settings != NULL ? settings : &none,
                       .run = calloc(1, sizeof *p.run),
                       .error = error != NULL ? error : &local};
    gf_status status = p.run != NULL ? read(&p, text, length) : gf_fail_memory(p.error, "a run");
    if (status != GF_OK) {
        gf_run_free(p.run);
        p.run = NULL;
    }
    *run = p.run;
    return status;
}

gf_status gf_run_read(const char *path, const gf_settings *settings, gf_run **run,
                      gf_error *error) {
    char *text = NULL;
    size_t length = 0;
    *run = NULL;
    gf_status status = gf_document_read_text(path, &text, &length, error);
    if (status == GF_OK) {
        status = gf_run_parse(text, length, path, settings, run, error);
    }
    free(text);
    return status;
}
