/* What a run measures: walls, snapshots, a histogram. */
#include "langevin/run/kind.h"
#include "langevin/run/parser.h"

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
