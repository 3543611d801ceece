#include "spectrum/spectrum.h"

#include "hilbert/basis.h"
#include "io/charge_axes.h"
#include "io/charge_units.h"
#include "model/model_file.h"
#include "spectrum/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_channels(const gf_model *model, gf_file *file) {
    size_t count = model->channel_count;
    const char **names = calloc(count, sizeof *names);
    double *rates = calloc(count, sizeof *rates);
    if (names == NULL || rates == NULL) {
        gf_file_reject(file, "out of memory for the channels");
    } else {
        for (size_t c = 0; c < count; ++c) {
            names[c] = model->channels[c].name;
            rates[c] = model->channels[c].rate;
        }
        gf_file_put_strings(file,
                            &(gf_dataset){.path = "/channels/name",
                                          .units = "1",
                                          .rank = 1,
                                          .shape = {count},
                                          .axes = {"/channels/name"}},
                            names);
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = "/channels/rate",
                                          .units = GF_UNITS_RATE,
                                          .description = "rate of each Lindblad channel",
                                          .rank = 1,
                                          .shape = {count},
                                          .axes = {"/channels/name"}},
                            rates);
    }
    free(names);
    free(rates);
}

/* The two datasets of matrix elements: which observables of every channel they hold, as a vector or
 * a matrix over the charges. */
static const struct {
    gf_dataset dataset; /* [channels][levels] */
    size_t first;
    int order;
} elements[] = {
    {{.path = "/spectrum/force",
      .units = GF_UNITS_CHANNEL_FORCE,
      .description = "<n|F_i|n> per unit rate, mean over the family",
      .rank = 2,
      .axes = {"/channels/name", "/spectrum/energy"}},
     GF_FORCE,
     1},
    {{.path = "/spectrum/noise",
      .units = GF_UNITS_CHANNEL_NOISE,
      .description = "<n|N_ij|n> per unit rate, mean over the family",
      .rank = 2,
      .axes = {"/channels/name", "/spectrum/energy"}},
     GF_NOISE,
     2},
};

enum { ELEMENTS = sizeof elements / sizeof *elements };

static void write_elements(const gf_spectrum *self, gf_file *file) {
    for (size_t e = 0; e < ELEMENTS; ++e) {
        size_t count = gf_charge_values(elements[e].order) * self->levels;
        double *values = malloc(self->channels * count * sizeof *values);
        gf_dataset dataset = elements[e].dataset;
        dataset.shape[0] = self->channels;
        dataset.shape[1] = self->levels;
        for (size_t c = 0; c < self->channels && values != NULL; ++c) {
            memcpy(values + c * count, gf_spectrum_observable(self, c, elements[e].first),
                   count * sizeof *values);
        }
        if (values != NULL) {
            gf_charge_axes_put(file, &dataset, elements[e].order, 1, values);
        } else {
            gf_file_reject(file, "out of memory for the matrix elements");
        }
        free(values);
    }
}

/* The integer columns of /spectrum. Files of earlier versions, and sampled spectra, lack the
 * quantum numbers. */
enum { MAGNETIZATION, DEGENERACY, MOMENTUM, REFLECTION, FLIP, REFLECTION_FLIP, COLUMNS };

static const struct {
    const char *path, *description;
} columns[COLUMNS] = {
    {"/spectrum/magnetization", "eigenvalue of Q1 = sum Z, whole chain"},
    {"/spectrum/degeneracy", "eigenstates in the family"},
    {"/spectrum/momentum", NULL}, /* describe_numbers */
    {"/spectrum/reflection", NULL},
    {"/spectrum/flip", "parity under the product of X over all sites; 0: no quantum number"},
    {"/spectrum/reflection_flip", "parity under both at once; 0: no quantum number"}};

static void fill_column(const gf_spectrum *self, int column, int64_t *values) {
    for (int up = 0; up <= self->sites; ++up) {
        for (size_t n = self->sector[up]; n < self->sector[up + 1]; ++n) {
            const gf_quantum_numbers *numbers = &self->numbers[n];
            const int64_t all[COLUMNS] = {2 * up - self->sites, llround(self->degeneracy[n]),
                                          numbers->momentum,    numbers->reflection,
                                          numbers->flip,        numbers->reflection_flip};
            values[n] = all[column];
        }
    }
}

/* What momentum and reflection are in this chain. */
static void describe_numbers(const gf_model *model, char *momentum, char *reflection, size_t size,
                             gf_file *file) {
    gf_symmetry symmetry;
    gf_error error;
    if (gf_spectrum_symmetry(model, &symmetry, &error) != GF_OK) {
        gf_file_reject(file, "%s", error.message);
        return;
    }
    (void)snprintf(momentum, size,
                   "units of 2 pi/%d, T moves by %d of %d sites; -1: no quantum number",
                   symmetry.translations,
                   symmetry.translations > 1 ? symmetry.step : symmetry.sites, symmetry.sites);
    (void)snprintf(reflection, size, "parity under site j to %d-j; 0: no quantum number",
                   symmetry.sites - 1 + symmetry.centre);
}

void gf_spectrum_put_sampling(const gf_sampling *sampling, gf_file *file) {
    gf_file_put_integer_attribute(file, "/sampling", "samples", (long)sampling->samples);
    gf_file_put_integer_attribute(file, "/sampling", "exact", (long)sampling->exact);
    gf_file_put_integer_attribute(file, "/sampling", "deflate", (long)sampling->deflate);
    gf_file_put_integer_attribute(file, "/sampling", "steps", (long)sampling->steps);
    gf_file_put_integer_attribute(file, "/sampling", "seed", (long)sampling->seed);
}

void gf_spectrum_get_sampling(gf_file *file, gf_model *model) {
    model->method = GF_TYPICALITY;
    if (gf_file_has(file, "/sampling")) {
        const char *path = "/sampling";
        model->sampling = (gf_sampling){
            .samples = (size_t)fmax(0, gf_file_get_number_attribute(file, path, "samples")),
            .exact = (size_t)fmax(0, gf_file_get_number_attribute(file, path, "exact")),
            .deflate = (size_t)fmax(0, gf_file_get_number_attribute(file, path, "deflate")),
            .steps = (size_t)fmax(0, gf_file_get_number_attribute(file, path, "steps")),
            .seed = (uint64_t)fmax(0, gf_file_get_number_attribute(file, path, "seed"))};
    }
}

void gf_spectrum_write(const gf_spectrum *self, const gf_model *model, gf_file *file) {
    gf_model_store(model, file);
    write_channels(model, file);
    gf_dataset dataset = {.path = "/spectrum/energy",
                          .units = "{energy}",
                          .description = "eigenvalue of Q2 = H, whole chain",
                          .rank = 1,
                          .shape = {self->levels},
                          .axes = {"/spectrum/energy"}};
    gf_file_put_doubles(file, &dataset, self->energy);
    int64_t *integers = malloc(self->levels * sizeof *integers);
    if (integers == NULL) {
        gf_file_reject(file, "out of memory for the spectrum");
        return;
    }
    dataset.units = "1";
    char momentum[120] = "", reflection[120] = "";
    describe_numbers(model, momentum, reflection, sizeof momentum, file);
    bool sampled = self->sample != NULL;
    for (int column = 0; column < (sampled ? MOMENTUM : COLUMNS); ++column) {
        fill_column(self, column, integers);
        dataset.path = columns[column].path;
        dataset.description = column == MOMENTUM     ? momentum
                              : column == REFLECTION ? reflection
                                                     : columns[column].description;
        if (sampled && column == DEGENERACY) {
            dataset.description = "eigenstates that the level stands for";
            gf_file_put_doubles(file, &dataset, self->degeneracy);
        } else {
            gf_file_put_integers(file, &dataset, integers);
        }
    }
    if (sampled) {
        gf_spectrum_put_sampling(&model->sampling, file);
        dataset.path = "/spectrum/sample";
        dataset.description = "random vector that the level comes from; -1: eigenstates";
        gf_file_put_integers(file, &dataset, self->sample);
    }
    free(integers);
    write_elements(self, file);
}

static void fill_levels(gf_spectrum *self, const double *energy, const int64_t *magnetization,
                        const double *degeneracy, gf_file *file) {
    int up = 0;
    bool sampled = self->sample != NULL;
    for (size_t n = 0; n < self->levels; ++n) {
        for (; up < self->sites && 2 * up - self->sites < magnetization[n]; ++up) {
            self->sector[up + 1] = n;
        }
        bool ordered =
            n == 0 || magnetization[n] != magnetization[n - 1] || energy[n] >= energy[n - 1];
        if (2 * up - self->sites != magnetization[n] || !ordered ||
            !(degeneracy[n] >= (sampled ? 0 : 1)) || !isfinite(energy[n])) {
            gf_file_reject(file, "/spectrum is damaged at level %zu", n);
            return;
        }
        self->energy[n] = energy[n];
        self->degeneracy[n] = degeneracy[n];
    }
    for (; up <= self->sites; ++up) {
        self->sector[up + 1] = self->levels;
    }
    for (up = 0; up <= self->sites; ++up) {
        double states = 0;
        for (size_t n = self->sector[up]; n < self->sector[up + 1]; ++n) {
            states += self->degeneracy[n];
        }
        double size = (double)gf_basis_dimension(self->sites, up);
        if (!(fabs(states - size) <= (sampled ? 1e-9 * size : 0))) {
            gf_file_reject(file, "/spectrum has %.0f states of magnetisation %d; it is damaged",
                           states, 2 * up - self->sites);
        }
    }
}

static void read_elements(gf_spectrum *self, gf_file *file) {
    for (size_t e = 0; e < ELEMENTS; ++e) {
        size_t shape[] = {self->channels, self->levels};
        size_t count = gf_charge_values(elements[e].order) * self->levels;
        double *values =
            gf_charge_axes_get(file, elements[e].dataset.path, 2, elements[e].order, 1, shape);
        for (size_t c = 0; c < self->channels && values != NULL; ++c) {
            double *first =
                self->observables + (c * GF_OBSERVABLES + elements[e].first) * self->levels;
            memcpy(first, values + c * count, count * sizeof *values);
        }
        free(values);
    }
}

static void check_finite(const gf_spectrum *self, gf_file *file) {
    for (size_t k = 0; k < self->channels * GF_OBSERVABLES * self->levels; ++k) {
        if (!isfinite(self->observables[k])) {
            gf_file_reject(file, "/spectrum holds matrix elements that are not finite");
            return;
        }
    }
}

static void fill_numbers(gf_spectrum *self, gf_file *file) {
    for (int column = MOMENTUM; column < COLUMNS && gf_file_has(file, columns[column].path);
         ++column) {
        size_t levels = 0;
        int64_t *values = gf_file_get_integers(file, columns[column].path, 1, &levels);
        for (size_t n = 0; n < self->levels && values != NULL && levels == self->levels; ++n) {
            gf_quantum_numbers *numbers = &self->numbers[n];
            int limit = column == MOMENTUM ? self->sites : 2;
            if (values[n] < -1 || values[n] >= limit) {
                gf_file_reject(file, "%s is damaged at level %zu", columns[column].path, n);
                break;
            }
            int8_t sign = (int8_t)values[n];
            numbers->momentum = column == MOMENTUM ? (int16_t)values[n] : numbers->momentum;
            numbers->reflection = column == REFLECTION ? sign : numbers->reflection;
            numbers->flip = column == FLIP ? sign : numbers->flip;
            numbers->reflection_flip = column == REFLECTION_FLIP ? sign : numbers->reflection_flip;
        }
        if (values != NULL && levels != self->levels) {
            gf_file_reject(file, "the datasets of /spectrum do not fit together");
        }
        free(values);
    }
}

static gf_status read_levels(gf_file *file, const gf_model *model, gf_spectrum **result,
                             gf_error *error) {
    gf_spectrum *spectrum = NULL;
    size_t levels = 0, same[3] = {0}, channels = model->channel_count;
    double *energy = gf_file_get_doubles(file, "/spectrum/energy", 1, &levels);
    int64_t *magnetization = gf_file_get_integers(file, "/spectrum/magnetization", 1, &same[0]);
    double *degeneracy = gf_file_get_doubles(file, "/spectrum/degeneracy", 1, &same[1]);
    bool sampled = gf_file_has(file, "/spectrum/sample");
    int64_t *sample = sampled ? gf_file_get_integers(file, "/spectrum/sample", 1, &same[2]) : NULL;
    if (same[0] != levels || same[1] != levels || (sampled && same[2] != levels)) {
        gf_file_reject(file, "the datasets of /spectrum do not fit together");
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status =
            gf_spectrum_create(model->chain.sites, channels, levels, sampled, &spectrum, error);
    }
    if (status == GF_OK && sampled) {
        memcpy(spectrum->sample, sample, levels * sizeof *sample);
    }
    if (status == GF_OK) {
        fill_levels(spectrum, energy, magnetization, degeneracy, file);
        read_elements(spectrum, file);
        check_finite(spectrum, file);
        fill_numbers(spectrum, file);
        status = gf_file_check(file, error);
    }
    if (status == GF_OK) {
        gf_spectrum_complete(spectrum);
        *result = spectrum;
    } else {
        gf_spectrum_free(spectrum);
    }
    free(energy);
    free(magnetization);
    free(degeneracy);
    free(sample);
    return status;
}

gf_status gf_spectrum_read(gf_file *file, const char *path, const gf_settings *settings,
                           gf_model **model, gf_spectrum **spectrum, gf_error *error) {
    *spectrum = NULL;
    gf_status status = gf_model_restore(file, path, settings, model, error);
    if (status == GF_OK && gf_file_has(file, "/spectrum/sample")) {
        gf_spectrum_get_sampling(file, *model);
    }
    if (status == GF_OK) {
        status = read_levels(file, *model, spectrum, error);
    }
    if (status != GF_OK) {
        gf_model_free(*model);
        *model = NULL;
    }
    return status;
}
