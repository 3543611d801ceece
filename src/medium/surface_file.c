/* Surfaces from HDF5: /fitted_grid per channel, with rates that the reader may change. */
#include "medium/surface.h"

#include "gibbsflow/machine.h"
#include "model/model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- rates ----------------------------------------------------------------------------------- */

/* What the file says of its rates. */
typedef struct rule {
    gf_model *model;
    size_t channels;
    char **channel; /* names */
    double *rate;
} rule;

static void free_rule(rule *self) {
    gf_model_free(self->model);
    free(self->channel);
    free(self->rate);
}

static gf_status read_rule(gf_file *file, const char *path, rule *self, gf_error *error) {
    size_t rates = 0;
    self->channel = gf_file_get_strings(file, "/channels/name", 1, &self->channels);
    self->rate = gf_file_get_doubles(file, "/channels/rate", 1, &rates);
    if (rates != self->channels) {
        gf_file_reject(file, "/channels has %zu names and %zu rates", self->channels, rates);
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = gf_model_restore(file, path, NULL, &self->model, error);
    }
    if (status == GF_OK && self->model->channel_count != self->channels) {
        status = gf_fail(error, GF_INVALID, "%s: the model has %zu channels and its table %zu",
                         path, self->model->channel_count, self->channels);
    }
    return status;
}

static size_t find_channel(const rule *self, const char *name) {
    size_t c = 0;
    while (c < self->channels && strcmp(self->channel[c], name) != 0) {
        ++c;
    }
    return c;
}

static gf_status check_rates(const rule *self, gf_error *error) {
    for (size_t c = 0; c < self->channels; ++c) {
        if (!(self->rate[c] >= 0 && isfinite(self->rate[c]))) {
            return gf_fail(error, GF_INVALID,
                           "the rate of channel %.100s becomes %g; rates must not be negative",
                           self->channel[c], self->rate[c]);
        }
    }
    return GF_OK;
}

/* The settings that are parameters of the model, in `chosen`; the rest must name channels. */
static gf_status choose_parameters(const rule *self, const char *path, const gf_settings *settings,
                                   gf_settings *chosen, gf_error *error) {
    gf_status status = GF_OK;
    for (size_t i = 0; i < settings->count && status == GF_OK; ++i) {
        const gf_parameter *one = &settings->parameters[i];
        if (gf_model_has_parameter(self->model, one->name)) {
            status = gf_settings_set(chosen, one->name, one->value, error);
        } else if (find_channel(self, one->name) == self->channels) {
            status = gf_fail(error, GF_INVALID,
                             "%s has no parameter and no channel '%.100s' whose rate could be set, "
                             "and the run no number of that name",
                             path, one->name);
        }
    }
    return status;
}

/* Parameters first, then the rates that are given as such. */
static gf_status apply(rule *self, const char *path, const gf_settings *settings, gf_error *error) {
    gf_settings parameters = {0};
    gf_status status = choose_parameters(self, path, settings, &parameters, error);
    if (status == GF_OK && parameters.count > 0) {
        status = gf_model_rates_at(self->model, &parameters, self->rate, error);
    }
    gf_settings_free(&parameters);
    for (size_t i = 0; i < settings->count && status == GF_OK; ++i) {
        const gf_parameter *one = &settings->parameters[i];
        size_t c = find_channel(self, one->name);
        if (c < self->channels && !gf_model_has_parameter(self->model, one->name)) {
            self->rate[c] = one->value;
        }
    }
    if (status == GF_OK) {
        status = check_rates(self, error);
    }
    return status == GF_OK ? gf_model_check_rates(self->model, self->rate, error) : status;
}

/* --- values ---------------------------------------------------------------------------------- */

/* A dataset whose shape is known. */
static double *read_values(gf_file *file, const char *path, int rank, const size_t *expected) {
    size_t shape[GF_FILE_MAX_RANK] = {0}, count = 1;
    memcpy(shape, expected, (size_t)rank * sizeof *shape);
    double *values = gf_file_get_doubles(file, path, rank, shape);
    for (int k = 0; k < rank && values != NULL; ++k) {
        count *= shape[k];
    }
    for (size_t i = 0; i < count && values != NULL; ++i) {
        if (!isfinite(values[i])) {
            gf_file_reject(file, "%s holds a value that is not finite", path);
            free(values);
            return NULL;
        }
    }
    return values;
}

/* sum_c rate_c of what each channel does per unit rate, into `width` places of the values. */
static void add_channels(gf_file *file, const char *path, const rule *rates, const size_t points[2],
                         int charges, const int *place, double factor,
                         double (*values)[GF_SURFACE_VALUES]) {
    const size_t shape[] = {rates->channels, points[0], points[1], 2, 2};
    size_t size = points[0] * points[1], width = (size_t)1 << charges;
    double *of_channel = read_values(file, path, 3 + charges, shape);
    for (size_t c = 0; c < rates->channels && of_channel != NULL; ++c) {
        for (size_t i = 0; i < size; ++i) {
            for (size_t k = 0; k < width; ++k) {
                if (place[k] >= 0) {
                    values[i][place[k]] +=
                        factor * rates->rate[c] * of_channel[(c * size + i) * width + k];
                }
            }
        }
    }
    free(of_channel);
}

static void add_susceptibility(gf_file *file, const size_t points[2],
                               double (*values)[GF_SURFACE_VALUES]) {
    const size_t shape[] = {points[0], points[1], 2, 2};
    double *c = read_values(file, "/fitted_grid/susceptibility", 4, shape);
    for (size_t i = 0; i < points[0] * points[1] && c != NULL; ++i) {
        for (size_t k = 0; k < GF_CHARGES * GF_CHARGES; ++k) {
            size_t pair = gf_pair(k / GF_CHARGES, k % GF_CHARGES);
            if (k / GF_CHARGES <= k % GF_CHARGES) {
                values[i][GF_SURFACE_SUSCEPTIBILITY + pair] = c[GF_CHARGES * GF_CHARGES * i + k];
            }
        }
    }
    free(c);
}

/* Values, coefficients, and what the largest dataset takes while it is read. */
static gf_status check_memory(size_t channels, const size_t points[2], gf_error *error) {
    double knots = (double)points[0] * (double)points[1];
    double need = 8 * knots * (2 * GF_SURFACE_VALUES + 4 * (double)channels);
    double spare = (double)gf_machine_free_memory();
    return need <= spare ? GF_OK
                         : gf_fail(error, GF_NO_MEMORY,
                                   "the fitted grid of %.3g knots needs %.3g GiB of memory, but "
                                   "%.3g GiB are free; make a table of fewer knots",
                                   knots, need / 0x1p30, spare / 0x1p30);
}

/* Reads an axis of knots, which must lie evenly from -1 to 1: how many there are. */
static size_t read_knots(gf_file *file, const char *path) {
    size_t count = 0;
    double *knots = gf_file_get_doubles(file, path, 1, &count);
    for (size_t i = 0; knots != NULL && i < count; ++i) {
        double even = count > 1 ? -1 + 2 * (double)i / (double)(count - 1) : 0;
        if (!(fabs(knots[i] - even) < 1e-9)) {
            gf_file_reject(file, "%s is not evenly spaced from -1 to 1", path);
            break;
        }
    }
    free(knots);
    return count;
}

/* The sites over which the force and the noise lack their shift; 0: they have it. */
typedef struct sharpness {
    double force, noise;
} sharpness;

static gf_status read_surface(gf_file *file, const rule *rates, sharpness sites,
                              gf_surface **surface, gf_error *error) {
    /* of f_i and of N_ik, i <= k */
    static const int force[] = {GF_SURFACE_FORCE, GF_SURFACE_FORCE + 1};
    static const int noise[] = {GF_SURFACE_NOISE, GF_SURFACE_NOISE + 1, -1, GF_SURFACE_NOISE + 2};
    const size_t points[2] = {read_knots(file, "/fitted_grid/magnetization"),
                              read_knots(file, "/fitted_grid/height")};
    gf_chart chart;
    gf_chart_read(file, "/fitted_grid", &chart);
    gf_status status = check_memory(rates->channels, points, error);
    if (status != GF_OK) {
        return status;
    }
    double(*values)[GF_SURFACE_VALUES] = calloc(points[0] * points[1] + 1, sizeof *values);
    if (values == NULL) {
        return gf_fail_memory(error, "the force table");
    }
    add_channels(file, "/fitted_grid/channel_force", rates, points, 1, force, 1, values);
    add_channels(file, "/fitted_grid/channel_noise", rates, points, 2, noise, 1, values);
    if (sites.force > 0) {
        add_channels(file, "/fitted_grid/channel_shift", rates, points, 1, force, -1 / sites.force,
                     values);
    }
    if (sites.noise > 0) {
        add_channels(file, "/fitted_grid/channel_noise_shift", rates, points, 2, noise,
                     -1 / sites.noise, values);
    }
    add_susceptibility(file, points, values);
    status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = gf_surface_create(&chart, points, (const double(*)[GF_SURFACE_VALUES])values,
                                   surface, error);
    }
    free(values);
    return status;
}

static gf_status check_parts(gf_file *file, const char *path, sharpness sites, gf_error *error) {
    if (!gf_file_has(file, "/fitted_grid")) {
        return gf_fail(error, GF_INVALID,
                       "%s has no /fitted_grid to interpolate: make it with `gibbsflow forces` "
                       "(a model whose energy and magnetisation depend on one another has none)",
                       path);
    }
    if (sites.noise > 0 && !gf_file_has(file, "/fitted_grid/channel_noise_shift")) {
        return gf_fail(error, GF_INVALID,
                       "%s has no /fitted_grid/channel_noise_shift, which coefficients: "
                       "renormalised takes off the noise: an older version has made it; make it "
                       "again with `gibbsflow forces`",
                       path);
    }
    return GF_OK;
}

static gf_status read_table(const char *path, const gf_settings *settings, sharpness sites,
                            gf_surface **surface, gf_error *error) {
    gf_file *file = NULL;
    rule rates = {0};
    *surface = NULL;
    gf_status status = gf_file_open(path, &file, error);
    if (status == GF_OK) {
        status = check_parts(file, path, sites, error);
    }
    if (status == GF_OK) {
        status = read_rule(file, path, &rates, error);
    }
    if (status == GF_OK && settings != NULL) {
        status = apply(&rates, path, settings, error);
    }
    if (status == GF_OK) {
        status = read_surface(file, &rates, sites, surface, error);
    }
    free_rule(&rates);
    gf_file_close(&file);
    return status;
}

gf_status gf_surface_read(const char *path, const gf_settings *settings, double cutoff,
                          gf_surface **surface, gf_error *error) {
    return read_table(path, settings, (sharpness){.force = cutoff}, surface, error);
}

gf_status gf_surface_read_sharp(const char *path, const gf_settings *settings, double sites,
                                gf_surface **surface, gf_error *error) {
    return read_table(path, settings, (sharpness){sites, sites}, surface, error);
}
