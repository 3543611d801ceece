/* What a run measures: walls, snapshots, histograms, correlations. */
#include "langevin/run/kind.h"
#include "langevin/run/parser.h"

#include <stdio.h>

enum { MAX_BINS = 100000 };

gf_status gf_run_take_walls(const gf_run_parser *p) {
    static const char *const keys[] = {"smoothing", "threshold", NULL};
    gf_run *run = p->run;
    gf_node *map = NULL;
    uint64_t cells = 1;
    run->threshold = 0.5;
    gf_status status = gf_run_take_section(p, "walls", keys, false, &map);
    if (status == GF_OK) {
        status =
            gf_run_take_number(p, map, "smoothing", GF_RUN_NOT_NEGATIVE, false, &run->smoothing);
    }
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "threshold", GF_RUN_POSITIVE, false, &run->threshold);
    }
    if (status == GF_OK && run->smoothing > 0) {
        status = gf_run_divide(p, map != NULL ? map : p->root, "smoothing", run->smoothing,
                               "spacing", run->spacing, &cells);
    }
    if (status == GF_OK && cells > run->cells) {
        status = gf_document_fail(p->document, map != NULL ? map : p->root, p->error,
                                  "smoothing = %g is longer than the system", run->smoothing);
    }
    run->smoothing_cells = (size_t)cells;
    return status;
}

gf_status gf_run_take_snapshots(const gf_run_parser *p) {
    static const char *const keys[] = {"every", "spacing", NULL};
    gf_run *run = p->run;
    gf_node *map = NULL, *every = NULL, *spacing = NULL;
    uint64_t samples = 0, cells = 0;
    gf_status status = gf_run_take_section(p, "snapshots", keys, false, &map);
    if (status != GF_OK || map == NULL) {
        return status;
    }
    status = gf_document_require(p->document, map, "every", &every, p->error);
    if (status == GF_OK) {
        status = gf_document_require(p->document, map, "spacing", &spacing, p->error);
    }
    if (status == GF_OK) {
        status = gf_run_read_number(p, every, "every", &run->snapshot_every);
    }
    if (status == GF_OK) {
        status = gf_run_read_number(p, spacing, "spacing", &run->snapshot_spacing);
    }
    if (status == GF_OK) {
        status = gf_run_divide(p, every, "every", run->snapshot_every, "sample_every",
                               run->sample_every, &samples);
    }
    if (status == GF_OK) {
        status = gf_run_divide(p, spacing, "spacing of snapshots", run->snapshot_spacing,
                               "spacing of space", run->spacing, &cells);
    }
    if (status == GF_OK && (run->cells % cells != 0 || samples > run->samples)) {
        status = gf_document_fail(p->document, map, p->error,
                                  "snapshots do not fit: the length must be a multiple of their "
                                  "spacing, and end not before the first");
    }
    if (status == GF_OK) {
        run->samples_per_snapshot = (size_t)samples;
        run->snapshots = run->samples / (size_t)samples;
        run->cells_per_position = (size_t)cells;
        run->positions = run->cells / (size_t)cells;
    }
    return status;
}

static gf_status take_bins(const gf_run_parser *p, gf_node *map, gf_axis *axis) {
    gf_node *bins = NULL;
    long count = 0;
    gf_status status = gf_run_take_number(p, map, "from", GF_RUN_ANY, true, &axis->from);
    if (status == GF_OK) {
        status = gf_run_take_number(p, map, "to", GF_RUN_ANY, true, &axis->to);
    }
    if (status == GF_OK) {
        status = gf_document_require(p->document, map, "bins", &bins, p->error);
    }
    if (status == GF_OK) {
        status = gf_document_integer(p->document, bins, "bins", 1, MAX_BINS, &count, p->error);
    }
    if (status == GF_OK && axis->from >= axis->to) {
        status = gf_document_fail(p->document, map, p->error, "the histogram is empty: %g to %g",
                                  axis->from, axis->to);
    }
    axis->points = (size_t)count;
    return status;
}

gf_status gf_run_take_histogram(const gf_run_parser *p) {
    static const char *const names[GF_CHARGES] = {NULL, "energy"};
    static const char *const keys[] = {"from", "to", "bins", NULL};
    gf_run *run = p->run;
    gf_node *map = NULL, *inner = NULL;
    for (size_t i = 1; i < GF_CHARGES; ++i) {
        run->histogram[i].points = 1;
    }
    gf_status status = gf_run_take_section(p, "histogram", run->kind->histogram_keys, false, &map);
    if (status != GF_OK || map == NULL) {
        return status;
    }
    status = take_bins(p, map, &run->histogram[0]);
    for (size_t i = 1; i < run->equation->fields && status == GF_OK; ++i) {
        status = gf_document_require(p->document, map, names[i], &inner, p->error);
        if (status == GF_OK) {
            status = gf_document_check_keys(p->document, inner, names[i], keys, p->error);
        }
        if (status == GF_OK) {
            status = take_bins(p, inner, &run->histogram[i]);
        }
    }
    return status;
}

/* --- correlations and domains ----------------------------------------------------------------- */

/* Errors are told from at least so many independent parts of a sweep point. */
enum { FEWEST_PARTS = 8 };

/* Stretches of time of one realisation, of which it has `most` at the most. */
static size_t count_batches(const gf_run *run, size_t most) {
    size_t wanted = (FEWEST_PARTS + run->realisations - 1) / run->realisations;
    return wanted < most ? wanted : most;
}

/* A length or time of a section, which is no other section's of that name. */
static gf_status take_positive(const gf_run_parser *p, gf_node *map, const char *key, bool required,
                               double *value, const gf_node **node) {
    gf_node *found = gf_document_get(p->document, map, key);
    *node = found != NULL ? found : map;
    if (found == NULL) {
        return required ? gf_document_require(p->document, map, key, &found, p->error) : GF_OK;
    }
    gf_status status = gf_run_read_number(p, found, key, value);
    if (status == GF_OK && !(*value > 0)) {
        status = gf_document_fail(p->document, found, p->error, "%s = %g; expected positive", key,
                                  *value);
    }
    return status;
}

/* How far correlations go, in steps that are multiples of what the run has: in time or in space. */
typedef struct reach {
    const char *key, *step_key; /* of the section */
    const char *own_key;        /* whose value, `own`, the step is a multiple of, and the default */
    double own, step, extent;
    uint64_t owns, steps; /* in a step, in the extent */
    const gf_node *node;  /* of the extent */
} reach;

static gf_status take_reach(const gf_run_parser *p, gf_node *map, reach *self) {
    char name[40];
    (void)snprintf(name, sizeof name, "%s of correlations", self->step_key);
    self->step = self->own;
    gf_status status = take_positive(p, map, self->step_key, false, &self->step, &self->node);
    if (status == GF_OK) {
        status =
            gf_run_divide(p, self->node, name, self->step, self->own_key, self->own, &self->owns);
    }
    if (status == GF_OK) {
        status = take_positive(p, map, self->key, true, &self->extent, &self->node);
    }
    if (status == GF_OK) {
        status = gf_run_divide(p, self->node, self->key, self->extent, self->step_key, self->step,
                               &self->steps);
    }
    return status;
}

static gf_status take_lags(const gf_run_parser *p, gf_node *map) {
    gf_run *run = p->run;
    gf_run_correlations *c = &run->correlations;
    reach lag = {
        .key = "lag", .step_key = "every", .own_key = "sample_every", .own = run->sample_every};
    gf_status status = take_reach(p, map, &lag);
    if (status != GF_OK) {
        return status;
    }
    size_t measured = (run->samples - run->first_measured - 1) / (size_t)lag.owns + 1;
    c->every = lag.step;
    c->samples_per_lag = (size_t)lag.owns;
    c->lags = (size_t)lag.steps + 1;
    c->origins = measured / c->lags;
    c->batches = count_batches(run, c->origins);
    return c->origins > 0
               ? GF_OK
               : gf_document_fail(p->document, lag.node, p->error,
                                  "lag = %g takes %zu samples every %g; after the warm-up there "
                                  "are %zu",
                                  lag.extent, c->lags, c->every, measured);
}

static gf_status take_distances(const gf_run_parser *p, gf_node *map) {
    gf_run *run = p->run;
    gf_run_correlations *c = &run->correlations;
    reach distance = {.key = "distance",
                      .step_key = "spacing",
                      .own_key = "spacing of space",
                      .own = run->spacing};
    gf_status status = take_reach(p, map, &distance);
    if (status != GF_OK) {
        return status;
    }
    c->spacing = distance.step;
    c->stride = (size_t)distance.owns;
    c->distances = (size_t)distance.steps + 1;
    return distance.extent < run->length
               ? GF_OK
               : gf_document_fail(p->document, distance.node, p->error,
                                  "distance = %g is not shorter than the row, %g", distance.extent,
                                  run->length);
}

gf_status gf_run_take_correlations(const gf_run_parser *p) {
    static const char *const row_keys[] = {"lag", "every", "distance", "spacing", NULL};
    static const char *const keys[] = {"lag", "every", NULL};
    gf_run *run = p->run;
    bool row = gf_run_has_walls(run);
    gf_node *map = NULL;
    gf_status status = gf_run_take_section(p, "correlations", row ? row_keys : keys, false, &map);
    if (status != GF_OK || map == NULL) {
        return status;
    }
    if (row && run->boundary == GF_FIXED) {
        return gf_document_fail(p->document, map, p->error,
                                "correlations are averages over the places of a row, which must be "
                                "alike: they need boundary: periodic or antiperiodic");
    }
    run->correlations.distances = run->correlations.stride = 1;
    status = take_lags(p, map);
    return status == GF_OK && row ? take_distances(p, map) : status;
}

gf_status gf_run_take_domains(const gf_run_parser *p) {
    static const char *const keys[] = {"to", "bins", NULL};
    gf_run *run = p->run;
    gf_node *map = NULL, *bins = NULL;
    const gf_node *node = NULL;
    long count = 0;
    gf_status status = gf_run_take_section(p, "domains", keys, false, &map);
    if (status != GF_OK || map == NULL) {
        return status;
    }
    if (!gf_run_has_walls(run)) {
        return gf_document_fail(p->document, map, p->error,
                                "without neighbours there are no domains");
    }
    status = take_positive(p, map, "to", true, &run->domains.to, &node);
    if (status == GF_OK) {
        status = gf_document_require(p->document, map, "bins", &bins, p->error);
    }
    if (status == GF_OK) {
        status = gf_document_integer(p->document, bins, "bins", 1, MAX_BINS, &count, p->error);
    }
    run->domains.bins = (size_t)count;
    run->domains.batches = count_batches(run, run->samples - run->first_measured);
    return status;
}
