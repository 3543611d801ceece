#include "gibbsflow/spectrum.h"

#include "gibbsflow/basis.h"
#include "gibbsflow/machine.h"
#include "gibbsflow/sector.h"

#include <lapacke.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sectors from this size on get all BLAS threads; below, threads do better on sectors of their own.
 */
enum { LARGE_SECTOR = 3000 };

/* Estimated times from this on are worth a trial diagonalisation of this size. */
static const double TRIAL_FROM_SECONDS = 10;
enum { TRIAL_SIZE = 1200 };

/* --- deriving the operators ------------------------------------------------------------------ */

static gf_status derive_elements(const gf_model *model, gf_elements **hamiltonian,
                                 gf_elements **observables, gf_error *error) {
    size_t channels = model->channel_count;
    gf_dissipator *bath = calloc(channels, sizeof *bath);
    gf_operator magnetization = gf_chain_magnetization(&model->chain);
    bool exhausted = bath == NULL;
    for (size_t c = 0; c < channels && !exhausted; ++c) {
        bath[c] = gf_dissipator_derive(&model->chain, &magnetization, &model->hamiltonian,
                                       &model->channels[c].jump);
        exhausted = gf_dissipator_exhausted(&bath[c]);
    }
    gf_status status = exhausted ? gf_fail_memory(error, "the force and noise operators") : GF_OK;
    if (status == GF_OK) {
        status = gf_elements_create(&model->hamiltonian, 1, hamiltonian, error);
    }
    if (status == GF_OK) {
        _Static_assert(sizeof(gf_dissipator) == GF_OBSERVABLES * sizeof(gf_operator),
                       "dissipators are laid out as one array of operators");
        status =
            gf_elements_create(bath->observable, channels * GF_OBSERVABLES, observables, error);
    }
    for (size_t c = 0; c < channels && bath != NULL; ++c) {
        gf_dissipator_free(&bath[c]);
    }
    free(bath);
    gf_operator_free(&magnetization);
    return status;
}

/* --- cost ------------------------------------------------------------------------------------ */

/* Seconds of dsyevd divided by n^3. */
static double trial_rate(void) {
    size_t n = TRIAL_SIZE;
    double *a = calloc(n * n, sizeof *a), *w = calloc(n, sizeof *w);
    double seconds = 0;
    if (a != NULL && w != NULL) {
        for (size_t j = 0; j < n; ++j) {
            for (size_t i = j; i < n; ++i) { /* any full matrix will do */
                a[j * n + i] = sin((double)(i * i + 3 * i * j + j + 1));
            }
        }
        double start = gf_machine_clock();
        (void)LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', (lapack_int)n, a, (lapack_int)n, w);
        seconds = gf_machine_clock() - start;
    }
    free(a);
    free(w);
    return seconds / ((double)n * (double)n * (double)n);
}

static double memory_need(const gf_model *model) {
    int sites = model->chain.sites, threads = gf_machine_threads();
    bool is_complex = !gf_operator_is_real(&model->hamiltonian);
    size_t observables = model->channel_count * GF_OBSERVABLES;
    double together = 0, alone = 0;
    for (int up = 0; up <= sites; ++up) {
        size_t n = gf_basis_dimension(sites, up);
        double memory = gf_sector_memory(n, observables, is_complex);
        if (n >= LARGE_SECTOR) {
            alone = fmax(alone, memory);
        } else {
            together = fmax(together, memory * threads);
        }
    }
    return fmax(alone, together) + 2 * ((double)observables + 2) * 8 * ldexp(1, sites);
}

static gf_status check_memory(const gf_model *model, gf_error *error) {
    int sites = model->chain.sites;
    double need = memory_need(model), spare = (double)gf_machine_free_memory();
    return need <= spare
               ? GF_OK
               : gf_fail(
                     error, GF_NO_MEMORY,
                     "full diagonalisation of %d sites (largest sector: %zu states) needs %.3g GiB "
                     "of memory, but %.3g GiB are free; use fewer sites",
                     sites, gf_basis_dimension(sites, sites / 2), need / 0x1p30, spare / 0x1p30);
}

gf_status gf_spectrum_estimate(const gf_model *model, gf_spectrum_cost *cost, gf_error *error) {
    int sites = model->chain.sites;
    double cubes = 0, rate = 3e-10; /* seconds per n^3 */
    for (int up = 0; up <= sites; ++up) {
        double n = (double)gf_basis_dimension(sites, up);
        cubes += n * n * n;
    }
    double work = cubes * (gf_operator_is_real(&model->hamiltonian) ? 1 : 4);
    gf_status status = check_memory(model, error);
    if (status == GF_OK && work * rate > TRIAL_FROM_SECONDS) {
        rate = trial_rate();
    }
    *cost = (gf_spectrum_cost){.largest = gf_basis_dimension(sites, sites / 2),
                               .memory = memory_need(model),
                               .seconds = work * rate};
    return status;
}

/* --- diagonalising --------------------------------------------------------------------------- */

typedef struct job {
    const gf_elements *hamiltonian, *observables;
    const gf_progress *progress;
    int sites;
    int *order; /* [sites + 1]: sectors, largest first */
    gf_sector *sectors;
    double done, total;
    gf_status status;
    gf_error error;
} job;

static void solve_sector(job *self, int up) {
    gf_error error;
    gf_status status = gf_sector_solve(self->hamiltonian, self->observables, self->sites, up,
                                       &self->sectors[up], &error);
#pragma omp critical(gf_spectrum)
    {
        if (status != GF_OK && self->status == GF_OK) {
            self->status = status;
            self->error = error;
        }
        double size = (double)gf_basis_dimension(self->sites, up);
        self->done += size * size * size;
        gf_progress_update(self->progress, self->done / self->total);
    }
}

/* Sectors in order of falling size: in the middle first, then outwards. */
static int fill_order(job *self) {
    int large = 0;
    for (int k = 0; k <= self->sites; ++k) {
        int middle = self->sites / 2, step = (k + 1) / 2;
        self->order[k] = (k % 2 == 1) == (self->sites % 2 == 1) ? middle + step : middle - step;
        double size = (double)gf_basis_dimension(self->sites, self->order[k]);
        self->total += size * size * size;
        large += size >= LARGE_SECTOR;
    }
    return large;
}

static void solve_all(job *self) {
    int large = fill_order(self), threads = gf_machine_threads();
    int before = gf_machine_set_blas_threads(threads);
    for (int k = 0; k < large && self->status == GF_OK; ++k) {
        solve_sector(self, self->order[k]);
    }
    (void)gf_machine_set_blas_threads(1);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int k = large; k <= self->sites; ++k) {
        gf_status status = GF_OK;
#pragma omp critical(gf_spectrum)
        status = self->status;
        if (status == GF_OK) {
            solve_sector(self, self->order[k]);
        }
    }
    (void)gf_machine_set_blas_threads(before);
}

gf_status gf_spectrum_allocate(gf_spectrum *self, int sites, size_t channels, size_t levels,
                               bool sampled, gf_error *error) {
    *self = (gf_spectrum){.sites = sites, .channels = channels, .levels = levels};
    self->sector = calloc((size_t)sites + 2, sizeof *self->sector);
    self->energy = calloc(levels + 1, sizeof *self->energy);
    self->degeneracy = calloc(levels + 1, sizeof *self->degeneracy);
    self->observables = malloc(channels * GF_OBSERVABLES * levels * sizeof *self->observables);
    self->sample = sampled ? calloc(levels + 1, sizeof *self->sample) : NULL;
    if (self->sector == NULL || self->energy == NULL || self->degeneracy == NULL ||
        self->observables == NULL || (sampled && self->sample == NULL)) {
        gf_spectrum_free(self);
        return gf_fail_memory(error, "the spectrum");
    }
    return GF_OK;
}

void gf_spectrum_set_unit(gf_spectrum *self) {
    double states = 0, mean = 0, square = 0, largest = 0;
    for (size_t n = 0; n < self->levels; ++n) {
        largest = fmax(largest, fabs(self->energy[n]));
    }
    for (size_t n = 0; n < self->levels && largest > 0; ++n) {
        double x = self->energy[n] / largest;
        states += self->degeneracy[n];
        mean += self->degeneracy[n] * x;
        square += self->degeneracy[n] * x * x;
    }
    double variance = largest > 0 ? square / states - mean / states * mean / states : 0;
    self->energy_unit = variance > 1e-20 ? largest * sqrt(variance / self->sites) : 1;
}

static gf_status collect(const gf_sector *sectors, int sites, size_t channels,
                         gf_spectrum *spectrum, gf_error *error) {
    size_t levels = 0, rows = channels * GF_OBSERVABLES;
    for (int up = 0; up <= sites; ++up) {
        levels += sectors[up].levels;
    }
    gf_status status = gf_spectrum_allocate(spectrum, sites, channels, levels, false, error);
    size_t at = 0;
    for (int up = 0; up <= sites && status == GF_OK; ++up) {
        const gf_sector *sector = &sectors[up];
        size_t bytes = sector->levels * sizeof(double);
        memcpy(spectrum->energy + at, sector->energy, bytes);
        memcpy(spectrum->degeneracy + at, sector->degeneracy, bytes);
        for (size_t row = 0; row < rows; ++row) {
            memcpy(spectrum->observables + row * levels + at,
                   sector->observable + row * sector->levels, bytes);
        }
        at += sector->levels;
        spectrum->sector[up + 1] = at;
    }
    if (status == GF_OK) {
        gf_spectrum_set_unit(spectrum);
    }
    return status;
}

gf_status gf_spectrum_compute(const gf_model *model, const gf_progress *progress,
                              gf_spectrum *spectrum, gf_error *error) {
    gf_elements *hamiltonian = NULL, *observables = NULL;
    int sites = model->chain.sites;
    *spectrum = (gf_spectrum){0};
    gf_status status = check_memory(model, error);
    if (status == GF_OK) {
        status = derive_elements(model, &hamiltonian, &observables, error);
    }
    job work = {.hamiltonian = hamiltonian,
                .observables = observables,
                .progress = progress,
                .sites = sites,
                .order = calloc((size_t)sites + 1, sizeof *work.order),
                .sectors = calloc((size_t)sites + 1, sizeof *work.sectors)};
    if (status == GF_OK && (work.order == NULL || work.sectors == NULL)) {
        status = gf_fail_memory(error, "the sectors");
    }
    if (status == GF_OK) {
        solve_all(&work);
        status = work.status != GF_OK
                     ? gf_fail(error, work.status, "%s", work.error.message)
                     : collect(work.sectors, sites, model->channel_count, spectrum, error);
    }
    for (int up = 0; up <= sites && work.sectors != NULL; ++up) {
        gf_sector_free(&work.sectors[up]);
    }
    free(work.order);
    free(work.sectors);
    gf_elements_free(hamiltonian);
    gf_elements_free(observables);
    return status;
}

void gf_spectrum_free(gf_spectrum *self) {
    free(self->sector);
    free(self->energy);
    free(self->degeneracy);
    free(self->sample);
    free(self->observables);
    *self = (gf_spectrum){0};
}

/* The largest |f| of an eigenstate, or the root of the mean square over a sampled sector: single
 * levels of random vectors have elements of any size where their weight is small. */
static double largest_element(const gf_spectrum *self, const double *force) {
    double largest = 0;
    for (int up = 0; up <= self->sites; ++up) {
        double square = 0, states = 0;
        for (size_t n = self->sector[up]; n < self->sector[up + 1]; ++n) {
            if (self->sample == NULL || self->sample[n] < 0) {
                largest = fmax(largest, fabs(force[n]));
            } else {
                square += self->degeneracy[n] * force[n] * force[n];
                states += self->degeneracy[n];
            }
        }
        largest = fmax(largest, states > 0 ? sqrt(square / states) : 0);
    }
    return largest;
}

double gf_spectrum_force_scale(const gf_spectrum *self, const double *rates, int charge) {
    double scale = 0;
    for (size_t c = 0; c < self->channels; ++c) {
        scale += rates[c] *
                 largest_element(
                     self, gf_spectrum_observable(self, c, charge == 0 ? GF_FORCE_M : GF_FORCE_E));
    }
    return scale;
}

/* --- HDF5 ------------------------------------------------------------------------------------ */

static void write_model(const gf_model *model, gf_file *file) {
    gf_file_put_text_attribute(file, "/model", "yaml", model->yaml);
    gf_file_put_text_attribute(file, "/model", "name", model->name);
    gf_file_put_integer_attribute(file, "/model", "sites", model->chain.sites);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL) {
        gf_file_reject(file, "out of memory for the parameters");
        return;
    }
    for (size_t i = 0; i < model->parameter_count; ++i) {
        double value = model->parameters[i].value;
        char digits[32];
        (void)snprintf(digits, sizeof digits, "%.15g", value); /* reads better, if it is exact */
        if (strtod(digits, NULL) != value) {
            (void)snprintf(digits, sizeof digits, "%.17g", value);
        }
        (void)fprintf(out, "%s%s=%s", i > 0 ? " " : "", model->parameters[i].name, digits);
    }
    if (fclose(out) == 0) {
        gf_file_put_text_attribute(file, "/model", "parameters", text);
    } else {
        gf_file_reject(file, "out of memory for the parameters");
    }
    free(text);
}

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
                                          .units = "epsilon",
                                          .description = "rate of each Lindblad channel",
                                          .rank = 1,
                                          .shape = {count},
                                          .axes = {"/channels/name"}},
                            rates);
    }
    free(names);
    free(rates);
}

/* Spreads rows [channel][observable] to [channel][charge] and [channel][charge][charge]. */
static void expand(const gf_spectrum *self, double *force, double *noise) {
    static const int of_noise[4] = {GF_NOISE_MM, GF_NOISE_ME, GF_NOISE_ME, GF_NOISE_EE};
    size_t bytes = self->levels * sizeof(double);
    for (size_t c = 0; c < self->channels; ++c) {
        for (size_t i = 0; i < 2; ++i) {
            memcpy(force + (2 * c + i) * self->levels,
                   gf_spectrum_observable(self, c, GF_FORCE_M + i), bytes);
        }
        for (size_t i = 0; i < 4; ++i) {
            memcpy(noise + (4 * c + i) * self->levels,
                   gf_spectrum_observable(self, c, (size_t)of_noise[i]), bytes);
        }
    }
}

static void write_elements(const gf_spectrum *self, gf_file *file) {
    size_t rows = self->channels * self->levels;
    double *force = malloc(2 * rows * sizeof *force), *noise = malloc(4 * rows * sizeof *noise);
    if (force == NULL || noise == NULL) {
        gf_file_reject(file, "out of memory for the matrix elements");
    } else {
        expand(self, force, noise);
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = "/spectrum/force",
                                          .units = "J per site and unit rate",
                                          .description = "<n|F_i|n>, mean over the family",
                                          .rank = 3,
                                          .shape = {self->channels, 2, self->levels},
                                          .axes = {"/channels/name", "charge", "/spectrum/energy"}},
                            force);
        gf_file_put_doubles(
            file,
            &(gf_dataset){.path = "/spectrum/noise",
                          .units = "q_i q_j per site and unit rate",
                          .description = "<n|N_ij|n>, mean over the family",
                          .rank = 4,
                          .shape = {self->channels, 2, 2, self->levels},
                          .axes = {"/channels/name", "charge", "charge", "/spectrum/energy"}},
            noise);
    }
    free(force);
    free(noise);
}

void gf_spectrum_write(const gf_spectrum *self, const gf_model *model, gf_file *file) {
    write_model(model, file);
    write_channels(model, file);
    gf_dataset dataset = {.path = "/spectrum/energy",
                          .units = "J",
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
    for (int up = 0; up <= self->sites; ++up) {
        for (size_t n = self->sector[up]; n < self->sector[up + 1]; ++n) {
            integers[n] = 2 * up - self->sites;
        }
    }
    dataset.path = "/spectrum/magnetization";
    dataset.units = "1";
    dataset.description = "eigenvalue of Q1 = sum Z, whole chain";
    gf_file_put_integers(file, &dataset, integers);
    dataset.path = "/spectrum/degeneracy";
    if (self->sample == NULL) {
        for (size_t n = 0; n < self->levels; ++n) {
            integers[n] = llround(self->degeneracy[n]);
        }
        dataset.description = "eigenstates in the family";
        gf_file_put_integers(file, &dataset, integers);
    } else {
        dataset.description = "eigenstates that the level stands for";
        gf_file_put_doubles(file, &dataset, self->degeneracy);
        dataset.path = "/spectrum/sample";
        dataset.description = "random vector that the level comes from; -1: eigenstates";
        gf_file_put_integers(file, &dataset, self->sample);
    }
    free(integers);
    write_elements(self, file);
}

/* The stored parameters, "J=1 gamma=0.9 ...", and size. */
static gf_status read_settings(gf_file *file, gf_settings *settings, gf_error *error) {
    char *text = gf_file_get_text_attribute(file, "/model", "parameters"), *rest = NULL;
    double sites = gf_file_get_number_attribute(file, "/model", "sites");
    if (sites >= 1 && sites <= GF_CHAIN_MAX_SITES) {
        settings->sites = (int)sites;
    } else {
        gf_file_reject(file, "the attribute sites of /model is not a number of sites");
    }
    gf_status status = gf_file_check(file, error);
    char *word = status == GF_OK ? strtok_r(text, " ", &rest) : NULL;
    for (; word != NULL && status == GF_OK; word = strtok_r(NULL, " ", &rest)) {
        status = gf_settings_assign(settings, word, error);
    }
    free(text);
    return status;
}

static gf_status read_model(gf_file *file, const char *path, const gf_settings *settings,
                            gf_model *model, gf_error *error) {
    gf_settings stored = {0};
    gf_model original = {0};
    char *yaml = gf_file_get_text_attribute(file, "/model", "yaml");
    gf_status status = read_settings(file, &stored, error);
    if (status == GF_OK) {
        status = gf_model_parse(yaml, strlen(yaml), path, &stored, &original, error);
    }
    if (status == GF_OK && settings != NULL) {
        status = gf_settings_merge(&stored, settings, error);
    }
    if (status == GF_OK) {
        status = gf_model_parse(yaml, strlen(yaml), path, &stored, model, error);
    }
    if (status == GF_OK) {
        status = gf_model_check_same_spectrum(&original, model, error);
    }
    gf_settings_free(&stored);
    gf_model_free(&original);
    free(yaml);
    return status;
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

static void fill_observables(gf_spectrum *self, const double *force, const double *noise) {
    static const size_t of_noise[] = {0, 1, 3};
    size_t bytes = self->levels * sizeof(double);
    double *row = self->observables;
    for (size_t c = 0; c < self->channels; ++c) {
        for (size_t i = 0; i < 2; ++i, row += self->levels) {
            memcpy(row, force + (2 * c + i) * self->levels, bytes);
        }
        for (size_t i = 0; i < 3; ++i, row += self->levels) {
            memcpy(row, noise + (4 * c + of_noise[i]) * self->levels, bytes);
        }
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

static gf_status read_levels(gf_file *file, const gf_model *model, gf_spectrum *spectrum,
                             gf_error *error) {
    size_t levels = 0, same[3] = {0}, fs[3] = {0}, ns[4] = {0}, channels = model->channel_count;
    bool sampled = gf_file_has(file, "/spectrum/sample");
    double *energy = gf_file_get_doubles(file, "/spectrum/energy", 1, &levels);
    int64_t *magnetization = gf_file_get_integers(file, "/spectrum/magnetization", 1, &same[0]);
    double *degeneracy = gf_file_get_doubles(file, "/spectrum/degeneracy", 1, &same[1]);
    int64_t *sample = sampled ? gf_file_get_integers(file, "/spectrum/sample", 1, &same[2]) : NULL;
    double *force = gf_file_get_doubles(file, "/spectrum/force", 3, fs);
    double *noise = gf_file_get_doubles(file, "/spectrum/noise", 4, ns);
    if (same[0] != levels || same[1] != levels || fs[0] != channels || fs[1] != 2 ||
        fs[2] != levels || ns[0] != channels || ns[1] != 2 || ns[2] != 2 || ns[3] != levels ||
        (sampled && same[2] != levels)) {
        gf_file_reject(file, "the datasets of /spectrum do not fit together");
    }
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status =
            gf_spectrum_allocate(spectrum, model->chain.sites, channels, levels, sampled, error);
    }
    if (status == GF_OK) {
        if (sampled) {
            memcpy(spectrum->sample, sample, levels * sizeof *sample);
        }
        fill_levels(spectrum, energy, magnetization, degeneracy, file);
        fill_observables(spectrum, force, noise);
        check_finite(spectrum, file);
        gf_spectrum_set_unit(spectrum);
        status = gf_file_check(file, error);
    }
    free(energy);
    free(magnetization);
    free(degeneracy);
    free(sample);
    free(force);
    free(noise);
    return status;
}

gf_status gf_spectrum_read(gf_file *file, const char *path, const gf_settings *settings,
                           gf_model *model, gf_spectrum *spectrum, gf_error *error) {
    *model = (gf_model){0};
    *spectrum = (gf_spectrum){0};
    gf_status status = read_model(file, path, settings, model, error);
    return status == GF_OK ? read_levels(file, model, spectrum, error) : status;
}
