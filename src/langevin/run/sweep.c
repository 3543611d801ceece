/* What a run repeats with other numbers. */
#include "langevin/run/parser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SWEEP = 10000 };

static gf_status take_stretch(const gf_run_parser *p, gf_node *list) {
    gf_status status = gf_document_expect_sequence(p->document, list, "stretch", p->error);
    if (status == GF_OK && gf_document_size(list) != p->run->points) {
        status = gf_document_fail(p->document, list, p->error,
                                  "%zu stretches for %zu values; expected one for each",
                                  gf_document_size(list), p->run->points);
    }
    for (size_t i = 0; i < p->run->points && status == GF_OK; ++i) {
        gf_node *key = NULL;
        long factor = 1;
        status = gf_document_integer(p->document, gf_document_entry(p->document, list, i, &key),
                                     "stretch", 1, 1000000, &factor, p->error);
        p->run->stretch[i] = (uint64_t)factor;
    }
    return status;
}

static gf_status take_sweep_values(const gf_run_parser *p, gf_node *list, const char *name) {
    gf_status status = gf_document_expect_sequence(p->document, list, name, p->error);
    size_t count = gf_document_size(list);
    if (status == GF_OK && (count == 0 || count > MAX_SWEEP)) {
        status = gf_document_fail(p->document, list, p->error, "%zu values; expected 1 to %d",
                                  count, MAX_SWEEP);
    }
    if (status != GF_OK) {
        return status;
    }
    double *values = realloc(p->run->sweep, count * sizeof *values);
    p->run->sweep = values != NULL ? values : p->run->sweep;
    uint64_t *stretch = realloc(p->run->stretch, count * sizeof *stretch);
    p->run->stretch = stretch != NULL ? stretch : p->run->stretch;
    if (values == NULL || stretch == NULL) {
        return gf_fail_memory(p->error, "the sweep");
    }
    p->run->points = count;
    for (size_t i = 0; i < count; ++i) {
        stretch[i] = 1;
    }
    for (size_t i = 0; i < count && status == GF_OK; ++i) {
        gf_node *key = NULL;
        status =
            gf_run_read_number(p, gf_document_entry(p->document, list, i, &key), name, &values[i]);
    }
    return status;
}

/* Leaves one point; its times are those of the sweep if it was one of it. */
static void keep_point(gf_run *run, double value) {
    uint64_t stretch = 1;
    for (size_t k = 0; k < run->points; ++k) {
        stretch = fabs(run->sweep[k] - value) <= 1e-12 * fabs(value) ? run->stretch[k] : stretch;
    }
    run->points = 1;
    run->sweep[0] = value;
    run->stretch[0] = stretch;
}

/* Without a sweep, or where --set fixes its parameter, the run is one of a single point. */
gf_status gf_run_take_sweep(const gf_run_parser *p) {
    gf_run *run = p->run;
    gf_node *map = NULL, *key = NULL;
    double fixed = 0;
    run->sweep = malloc(sizeof *run->sweep);
    run->stretch = malloc(sizeof *run->stretch);
    if (run->sweep == NULL || run->stretch == NULL) {
        return gf_fail_memory(p->error, "the sweep");
    }
    run->points = 1;
    run->sweep[0] = run->parameters[0];
    run->stretch[0] = 1;
    map = gf_document_get(p->document, p->root, "sweep");
    if (map == NULL) {
        return GF_OK;
    }
    gf_status status = gf_document_check_keys(p->document, map, "sweep", NULL, p->error);
    if (status != GF_OK) {
        return status;
    }
    gf_node *stretch = gf_document_get(p->document, map, "stretch");
    if (gf_document_size(map) != (stretch != NULL ? 2 : 1)) {
        return gf_document_fail(p->document, map, p->error, "sweep must vary one parameter");
    }
    gf_node *list = gf_document_entry(p->document, map, 0, &key);
    if (list == stretch) {
        list = gf_document_entry(p->document, map, 1, &key);
    }
    const char *name = NULL;
    status = gf_document_text(p->document, key, "a parameter's name", &name, p->error);
    run->swept = 0;
    while (status == GF_OK && run->equation->parameters[run->swept] != NULL &&
           strcmp(run->equation->parameters[run->swept], name) != 0) {
        ++run->swept;
    }
    if (status == GF_OK && run->equation->parameters[run->swept] == NULL) {
        run->swept = 0;
        return gf_document_fail(p->document, key, p->error, "%s has no parameter '%.60s' to sweep",
                                run->equation->name, name);
    }
    if (status == GF_OK) {
        status = take_sweep_values(p, list, name);
    }
    if (status == GF_OK && stretch != NULL) {
        status = take_stretch(p, stretch);
    }
    if (status == GF_OK && gf_run_override(p, name, &fixed)) {
        keep_point(run, fixed);
    }
    return status;
}
