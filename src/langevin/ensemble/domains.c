#include "langevin/ensemble/domains.h"

#include "langevin/ensemble/axes.h"
#include "langevin/measure/leave_out.h"
#include "langevin/measure/walls.h"

#include <stdlib.h>

/* --- memory ---------------------------------------------------------------------------------- */

/* Of a sweep point. */
static size_t groups_of(const gf_run *run) {
    return run->realisations * run->domains.batches;
}

double gf_domains_memory(const gf_run *run) {
    return 8.0 * (double)run->points * (double)groups_of(run) * ((double)run->domains.bins + 2);
}

gf_status gf_domains_create(const gf_run *run, gf_domains **domains, gf_error *error) {
    *domains = NULL;
    if (run->domains.bins == 0) {
        return GF_OK;
    }
    gf_domains *self = calloc(1, sizeof *self);
    if (self != NULL) {
        size_t groups = run->points * groups_of(run);
        self->run = run;
        self->count = calloc(groups * run->domains.bins, sizeof *self->count);
        self->beyond = calloc(groups, sizeof *self->beyond);
        self->cells = calloc(groups, sizeof *self->cells);
    }
    if (self == NULL || self->count == NULL || self->beyond == NULL || self->cells == NULL) {
        gf_domains_free(self);
        return gf_fail_memory(error, "the lengths of domains");
    }
    *domains = self;
    return GF_OK;
}

void gf_domains_free(gf_domains *self) {
    if (self != NULL) {
        free(self->count);
        free(self->beyond);
        free(self->cells);
    }
    free(self);
}

void gf_domains_carry(gf_domains *self, size_t task, gf_bytes *bytes) {
    if (self != NULL) {
        size_t groups = self->run->domains.batches, bins = groups * self->run->domains.bins;
        gf_bytes_carry(bytes, self->count + task * bins, bins * sizeof(int64_t));
        gf_bytes_carry(bytes, self->beyond + task * groups, groups * sizeof(int64_t));
        gf_bytes_carry(bytes, self->cells + task * groups, groups * sizeof(int64_t));
    }
}

/* --- measuring ------------------------------------------------------------------------------- */

static size_t group_of(const gf_run *run, size_t task, size_t sample) {
    size_t batches = run->domains.batches, measured = run->samples - run->first_measured;
    return task * batches + (sample - run->first_measured) * batches / measured;
}

static void add_domain(gf_domains *self, size_t group, size_t cells) {
    const gf_run_domains *d = &self->run->domains;
    double place = (double)cells * self->run->spacing / d->to * (double)d->bins;
    if (place < (double)d->bins) {
        ++self->count[group * d->bins + (size_t)place];
    } else {
        ++self->beyond[group];
    }
}

void gf_domains_measure(gf_domains *self, size_t task, size_t sample, const double *m, double level,
                        size_t *places) {
    if (self == NULL || sample < self->run->first_measured || !(level > 0)) {
        return;
    }
    const gf_run *run = self->run;
    size_t group = group_of(run, task, sample);
    size_t walls = gf_walls_find(m, run->cells, run->boundary, level, places);
    bool closes = run->boundary != GF_FIXED;
    for (size_t k = 1; k < walls; ++k) {
        add_domain(self, group, places[k] - places[k - 1]);
    }
    if (walls > 0 && closes) {
        add_domain(self, group, places[0] + run->cells - places[walls - 1]);
    }
    self->cells[group] += closes      ? (int64_t)run->cells
                          : walls > 0 ? (int64_t)(places[walls - 1] - places[0])
                                      : 0;
}

/* --- estimates ------------------------------------------------------------------------------- */

/* Domains of a group. */
static double all_of(const gf_domains *self, size_t group) {
    size_t bins = self->run->domains.bins;
    double all = (double)self->beyond[group];
    for (size_t b = 0; b < bins; ++b) {
        all += (double)self->count[group * bins + b];
    }
    return all;
}

/* part / all over groups first ... first + groups - 1, with its error; all[groups], part[]. */
static double estimate_ratio(size_t groups, const double *part, const double *all,
                             double *error_of) {
    double parts = 0, whole = 0;
    gf_leave_out changes = {0};
    for (size_t g = 0; g < groups; ++g) {
        parts += part[g];
        whole += all[g];
    }
    for (size_t g = 0; g < groups; ++g) {
        if (all[g] > 0 && whole > all[g]) {
            gf_leave_out_add(&changes, (parts - part[g]) / (whole - all[g]) - parts / whole);
        }
    }
    *error_of = gf_leave_out_error(&changes);
    return whole > 0 ? parts / whole : NAN;
}

/* work[2][groups] */
static void estimate_all(const gf_domains *self, size_t first, double *work,
                         gf_domain_lengths *result) {
    size_t groups = groups_of(self->run), bins = self->run->domains.bins;
    double width = self->run->domains.to / (double)bins, *part = work, *all = work + groups;
    for (size_t g = 0; g < groups; ++g) {
        all[g] = all_of(self, first + g);
        part[g] = (double)self->cells[first + g];
    }
    result->mean = self->run->spacing * estimate_ratio(groups, part, all, &result->mean_error);
    result->mean_error *= self->run->spacing;
    for (size_t b = 0; b < bins; ++b) {
        for (size_t g = 0; g < groups; ++g) {
            part[g] = (double)self->count[(first + g) * bins + b];
        }
        result->density[b] = estimate_ratio(groups, part, all, &result->density_error[b]) / width;
        result->density_error[b] /= width;
    }
}

gf_status gf_domains_estimate(const gf_domains *self, size_t point, gf_domain_lengths *result,
                              gf_error *error) {
    size_t groups = groups_of(self->run);
    double *work = malloc(2 * groups * sizeof *work);
    if (work == NULL) {
        return gf_fail_memory(error, "the lengths of domains");
    }
    estimate_all(self, point * groups, work, result);
    free(work);
    return GF_OK;
}

/* --- files ----------------------------------------------------------------------------------- */

static void write_counts(const gf_domains *self, const char *sweep, gf_file *file) {
    const gf_run *run = self->run;
    size_t groups = groups_of(run);
    double width = run->domains.to / (double)run->domains.bins;
    gf_axes_put_regular(file, "/domains/length", gf_axes_length_units(run), "middle of the bins",
                        run->domains.bins, width / 2, width);
    gf_dataset dataset = {.path = "/domains/count",
                          .units = "1",
                          .description =
                              "domains with a length in the bin, of the samples of a "
                              "group: a stretch of time of a realisation",
                          .rank = 3,
                          .shape = {run->points, groups, run->domains.bins},
                          .axes = {sweep, "group", "/domains/length"}};
    gf_file_put_integers(file, &dataset, self->count);
    dataset.path = "/domains/beyond";
    dataset.description = "domains longer than the last bin";
    dataset.rank = 2;
    gf_file_put_integers(file, &dataset, self->beyond);
    dataset.path = "/domains/cells";
    dataset.description = "cells that domains fill, over the samples: on a row that closes all";
    gf_file_put_integers(file, &dataset, self->cells);
}

/* density, error: [K][bins]; mean[2][K] with its error */
static void put_estimates(const gf_run *run, const char *sweep, const double *density,
                          const double *error_of, const double *mean, gf_file *file) {
    gf_dataset dataset = {.path = "/domains/density",
                          .units = gf_axes_density_units(run),
                          .description = "probability density of the length of a domain",
                          .rank = 2,
                          .shape = {run->points, run->domains.bins},
                          .axes = {sweep, "/domains/length"}};
    gf_file_put_doubles(file, &dataset, density);
    dataset.path = "/domains/standard_error";
    dataset.description = "from a jackknife over the groups";
    gf_file_put_doubles(file, &dataset, error_of);
    dataset.path = "/domains/mean_length";
    dataset.description = NULL;
    dataset.units = gf_axes_length_units(run);
    dataset.rank = 1;
    gf_file_put_doubles(file, &dataset, mean);
    dataset.path = "/domains/mean_length_standard_error";
    gf_file_put_doubles(file, &dataset, mean + run->points);
}

static void write_estimates(const gf_domains *self, const char *sweep, gf_file *file) {
    const gf_run *run = self->run;
    size_t bins = run->domains.bins;
    double *density = malloc(run->points * bins * sizeof *density);
    double *error_of = malloc(run->points * bins * sizeof *error_of);
    double *mean = malloc(2 * run->points * sizeof *mean);
    gf_error error = {.message = "out of memory for the lengths of domains"};
    gf_status status = density != NULL && error_of != NULL && mean != NULL ? GF_OK : GF_NO_MEMORY;
    for (size_t k = 0; k < run->points && status == GF_OK; ++k) {
        gf_domain_lengths lengths = {.density = density + k * bins,
                                     .density_error = error_of + k * bins};
        status = gf_domains_estimate(self, k, &lengths, &error);
        mean[k] = lengths.mean;
        mean[run->points + k] = lengths.mean_error;
    }
    if (status == GF_OK) {
        put_estimates(run, sweep, density, error_of, mean, file);
    } else {
        gf_file_reject(file, "%s", error.message);
    }
    free(density);
    free(error_of);
    free(mean);
}

void gf_domains_write(const gf_domains *self, const char *sweep, const size_t *samples,
                      gf_file *file) {
    if (self == NULL) {
        return;
    }
    write_counts(self, sweep, file);
    if (gf_run_is_complete(self->run, samples)) {
        write_estimates(self, sweep, file);
    }
}

/* In place of *data, if the file has numbers of that shape, none of them negative. */
static void read_counts(gf_file *file, const char *path, int rank, size_t *shape, int64_t **data) {
    size_t count = 1;
    int64_t *values = gf_file_get_integers(file, path, rank, shape);
    bool fits = values != NULL;
    for (int k = 0; k < rank; ++k) {
        count *= shape[k];
    }
    for (size_t i = 0; i < count && fits; ++i) {
        fits = values[i] >= 0;
        if (!fits) {
            gf_file_reject(file, "%s is negative", path);
        }
    }
    if (fits) {
        free(*data);
        *data = values;
    } else {
        free(values);
    }
}

void gf_domains_read(gf_domains *self, gf_file *file) {
    if (self != NULL) {
        size_t shape[] = {self->run->points, groups_of(self->run), self->run->domains.bins};
        read_counts(file, "/domains/count", 3, shape, &self->count);
        read_counts(file, "/domains/beyond", 2, shape, &self->beyond);
        read_counts(file, "/domains/cells", 2, shape, &self->cells);
    }
}
