/* Trajectories in HDF5 files. */
#include "open_system/trajectories/no_jump.h"
#include "open_system/trajectories/trajectories.h"

#include "io/charge_units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char time_axis[] = "/trajectories/time", realisation[] = "realisation";
static const char m_axis[] = "/trajectories/distribution/magnetization";
static const char channel_axis[] = "/trajectories/channel";

/* --- the records of all realisations --------------------------------------------------------- */

typedef struct part {
    const char *path, *units, *description;
    size_t place; /* in a record */
    int rank;     /* without the realisation */
    size_t shape[3];
    const char *axes[3];
} part;

enum { PARTS = 9 };

static void list_parts(const gf_trajectories *self, part parts[PARTS]) {
    const gf_trajectories_layout *at = &self->layout;
    const part all[PARTS] = {
        {"/trajectories/realisations/probability",
         "1",
         "of each magnetisation, at the samples",
         at->probability,
         2,
         {at->times, at->rungs},
         {time_axis, m_axis}},
        {"/trajectories/realisations/energy",
         GF_UNITS_ENERGY_DENSITY,
         "<H>/N at the samples",
         at->energy,
         1,
         {at->times},
         {time_axis}},
        {"/trajectories/realisations/jumps",
         "1",
         "jumps after the warm-up",
         at->jumps,
         1,
         {at->channels},
         {channel_axis}},
        {"/trajectories/realisations/log_weight",
         "1",
         "logarithm of the weight in averages, up to a constant",
         at->weight,
         0,
         {0},
         {NULL}},
        {"/trajectories/realisations/stay",
         "1/{energy}",
         "integral of P(M) over the time after the warm-up",
         at->stay,
         1,
         {at->rungs},
         {m_axis}},
        {"/trajectories/realisations/stay_energy",
         "1",
         "integral of <H P_M>",
         at->stay_energy,
         1,
         {at->rungs},
         {m_axis}},
        {"/trajectories/realisations/drift",
         "1; {energy}",
         "sum over jumps of Re <L psi|[Q_i, L] P_M|psi>/|L psi|^2",
         at->drift,
         2,
         {at->rungs, GF_CHARGES},
         {m_axis, "charge"}},
        {"/trajectories/realisations/noise",
         "1; {energy}; {energy}^2",
         "sum over jumps of Re <[Q_i, L] psi|[Q_j, L] P_M|psi>/|L psi|^2: (0,0), (0,1), (1,1)",
         at->noise,
         2,
         {at->rungs, GF_PAIRS},
         {m_axis, "pair"}},
        {"/trajectories/realisations/finished",
         "1",
         "1 of those that are complete, 0 of those to come",
         at->done,
         0,
         {0},
         {NULL}}};
    memcpy(parts, all, sizeof all);
}

static size_t width_of(const part *self) {
    size_t width = 1;
    for (int k = 0; k < self->rank; ++k) {
        width *= self->shape[k];
    }
    return width;
}

static void put_part(const gf_trajectories *self, const part *one, double *buffer, gf_file *file) {
    size_t width = width_of(one), count = self->asked.realisations;
    gf_dataset dataset = {.path = one->path,
                          .units = one->units,
                          .description = one->description,
                          .rank = one->rank + 1,
                          .shape = {count},
                          .axes = {realisation}};
    for (int k = 0; k < one->rank; ++k) {
        dataset.shape[k + 1] = one->shape[k];
        dataset.axes[k + 1] = one->axes[k];
    }
    for (size_t r = 0; r < count; ++r) {
        memcpy(buffer + r * width, self->records + r * self->layout.size + one->place,
               width * sizeof *buffer);
    }
    gf_file_put_doubles(file, &dataset, buffer);
}

static void get_part(gf_trajectories *self, const part *one, gf_file *file) {
    size_t width = width_of(one), shape[4] = {self->asked.realisations};
    for (int k = 0; k < one->rank; ++k) {
        shape[k + 1] = one->shape[k];
    }
    double *values = gf_file_get_doubles(file, one->path, one->rank + 1, shape);
    for (size_t r = 0; r < self->asked.realisations && values != NULL; ++r) {
        memcpy(self->records + r * self->layout.size + one->place, values + r * width,
               width * sizeof *values);
    }
    free(values);
}

/* --- averages -------------------------------------------------------------------------------- */

/* Means and, in a dataset of its own, their errors. */
static void put_means(gf_file *file, gf_dataset dataset, const gf_mean *means, double *buffer) {
    char path[128];
    size_t count = 1;
    for (int k = 0; k < dataset.rank; ++k) {
        count *= dataset.shape[k];
    }
    for (size_t i = 0; i < count; ++i) {
        buffer[i] = means[i].value;
    }
    gf_file_put_doubles(file, &dataset, buffer);
    for (size_t i = 0; i < count; ++i) {
        buffer[i] = means[i].error;
    }
    (void)snprintf(path, sizeof path, "%s_error", dataset.path);
    dataset.path = path;
    dataset.description = "standard error";
    gf_file_put_doubles(file, &dataset, buffer);
}

static void put_courses(const gf_trajectories *self, const gf_trajectories_summary *summary,
                        double *buffer, gf_file *file) {
    static const char *const paths[] = {"/trajectories/magnetization", "/trajectories/energy",
                                        "/trajectories/second_moment"};
    static const char *const units[] = {"1 per site", GF_UNITS_ENERGY_DENSITY, "1"};
    static const char *const names[] = {"<m>", "<e>", "<m^2>"};
    for (int k = 0; k < 3; ++k) {
        put_means(file,
                  (gf_dataset){.path = paths[k],
                               .units = units[k],
                               .description = names[k],
                               .rank = 1,
                               .shape = {self->layout.times},
                               .axes = {time_axis}},
                  summary->course[k], buffer);
    }
    put_means(file,
              (gf_dataset){.path = "/trajectories/average/magnetization",
                           .units = "1 per site",
                           .description = "<m> after the warm-up"},
              &summary->magnetization, buffer);
    put_means(file,
              (gf_dataset){.path = "/trajectories/average/energy",
                           .units = GF_UNITS_ENERGY_DENSITY,
                           .description = "<e> after the warm-up"},
              &summary->energy, buffer);
    put_means(file,
              (gf_dataset){.path = "/trajectories/average/second_moment",
                           .units = "1",
                           .description = "<m^2> after the warm-up"},
              &summary->second_moment, buffer);
}

static void put_forces(const gf_trajectories *self, const gf_trajectories_summary *summary,
                       double *buffer, gf_file *file) {
    size_t rungs = self->layout.rungs;
    gf_mean *full = calloc(rungs * 4, sizeof *full);
    if (full == NULL) {
        gf_file_reject(file, "out of memory for the noise");
        return;
    }
    for (size_t k = 0; k < rungs * 4; ++k) {
        full[k] = summary->noise[k / 4][gf_pair(k / 2 % 2, k % 2)];
    }
    put_means(file,
              (gf_dataset){.path = "/trajectories/force/measured",
                           .units = GF_UNITS_FORCE,
                           .description = "f_i(M): what jumps change, per time in M",
                           .rank = 2,
                           .shape = {rungs, GF_CHARGES},
                           .axes = {m_axis, "charge"}},
              summary->drift[0], buffer);
    put_means(file,
              (gf_dataset){.path = "/trajectories/noise/measured",
                           .units = GF_UNITS_NOISE,
                           .description = "N_ij(M): the squares of what jumps change",
                           .rank = 3,
                           .shape = {rungs, GF_CHARGES, GF_CHARGES},
                           .axes = {m_axis, "charge", "charge"}},
              full, buffer);
    free(full);
}

static void put_distribution(const gf_trajectories *self, const gf_trajectories_summary *summary,
                             double *buffer, gf_file *file) {
    size_t rungs = self->layout.rungs;
    put_means(file,
              (gf_dataset){.path = "/trajectories/distribution/probability",
                           .units = "1",
                           .description = "P(M) after the warm-up",
                           .rank = 1,
                           .shape = {rungs},
                           .axes = {m_axis}},
              summary->probability, buffer);
    put_means(file,
              (gf_dataset){.path = "/trajectories/distribution/energy",
                           .units = GF_UNITS_ENERGY_DENSITY,
                           .description = "<e> at M after the warm-up",
                           .rank = 1,
                           .shape = {rungs},
                           .axes = {m_axis}},
              summary->energy_at, buffer);
    put_means(file,
              (gf_dataset){.path = "/trajectories/jump_rate",
                           .units = GF_UNITS_RATE " per site",
                           .description = "jumps after the warm-up",
                           .rank = 1,
                           .shape = {self->layout.channels},
                           .axes = {channel_axis}},
              summary->channel, buffer);
}

/* --- what others say ------------------------------------------------------------------------- */

static void put_beside(const gf_trajectories *self, double *buffer, gf_file *file) {
    const gf_trajectories_beside *beside = &self->beside;
    size_t rungs = self->layout.rungs;
    gf_dataset forces = {.units = GF_UNITS_FORCE,
                         .rank = 2,
                         .shape = {rungs, GF_CHARGES},
                         .axes = {m_axis, "charge"}};
    if (beside->probability != NULL) {
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = "/trajectories/distribution/exact",
                                          .units = "1",
                                          .description = beside->exact,
                                          .rank = 1,
                                          .shape = {rungs},
                                          .axes = {m_axis}},
                            beside->probability);
        forces.path = "/trajectories/force/exact";
        forces.description = beside->exact_force;
        gf_file_put_doubles(file, &forces, beside->force[0]);
    }
    if (beside->table_force != NULL) {
        forces.path = "/trajectories/force/table";
        forces.description = "of Gibbs states, at M/N and the measured <e>";
        gf_file_put_doubles(file, &forces, beside->table_force[0]);
        for (size_t k = 0; k < rungs * 4; ++k) {
            buffer[k] = beside->table_noise[k / 4][gf_pair(k / 2 % 2, k % 2)];
        }
        gf_file_put_doubles(file,
                            &(gf_dataset){.path = "/trajectories/noise/table",
                                          .units = GF_UNITS_NOISE,
                                          .description = "of Gibbs states, likewise",
                                          .rank = 3,
                                          .shape = {rungs, GF_CHARGES, GF_CHARGES},
                                          .axes = {m_axis, "charge", "charge"}},
                            buffer);
    }
}

static void get_description(gf_file *file, const char *path, char text[64]) {
    char *found = gf_file_get_text_attribute(file, path, "description");
    (void)snprintf(text, 64, "%s", found != NULL ? found : "");
    free(found);
}

static void get_beside(gf_trajectories *self, gf_file *file) {
    gf_trajectories_beside *beside = &self->beside;
    size_t rungs = self->layout.rungs, pair[2] = {rungs, GF_CHARGES};
    size_t matrix[3] = {rungs, GF_CHARGES, GF_CHARGES};
    if (gf_file_has(file, "/trajectories/distribution/exact")) {
        get_description(file, "/trajectories/distribution/exact", beside->exact);
        get_description(file, "/trajectories/force/exact", beside->exact_force);
        beside->probability =
            gf_file_get_doubles(file, "/trajectories/distribution/exact", 1, &rungs);
        beside->force =
            (double(*)[GF_CHARGES])gf_file_get_doubles(file, "/trajectories/force/exact", 2, pair);
    }
    if (gf_file_has(file, "/trajectories/force/table")) {
        beside->table_force =
            (double(*)[GF_CHARGES])gf_file_get_doubles(file, "/trajectories/force/table", 2, pair);
        double *full = gf_file_get_doubles(file, "/trajectories/noise/table", 3, matrix);
        beside->table_noise = calloc(rungs, sizeof *beside->table_noise);
        for (size_t k = 0; k < 4 * rungs && full != NULL && beside->table_noise != NULL; ++k) {
            beside->table_noise[k / 4][gf_pair(k / 2 % 2, k % 2)] = full[k];
        }
        free(full);
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

static void put_axes(const gf_trajectories *self, double *buffer, gf_file *file) {
    const gf_trajectories_layout *at = &self->layout;
    for (size_t t = 0; t < at->times; ++t) {
        buffer[t] = (double)t * self->asked.interval;
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = time_axis,
                                      .units = "1/{energy}",
                                      .rank = 1,
                                      .shape = {at->times},
                                      .axes = {time_axis}},
                        buffer);
    for (size_t up = 0; up < at->rungs; ++up) {
        buffer[up] = 2 * (double)up - self->sites;
    }
    gf_file_put_doubles(file,
                        &(gf_dataset){.path = m_axis,
                                      .units = "1",
                                      .description = "M",
                                      .rank = 1,
                                      .shape = {at->rungs},
                                      .axes = {m_axis}},
                        buffer);
    gf_file_put_strings(file,
                        &(gf_dataset){.path = channel_axis,
                                      .units = "1",
                                      .rank = 1,
                                      .shape = {at->channels},
                                      .axes = {"channel"}},
                        (const char *const *)self->channel);
}

static void put_request(const gf_trajectories *self, gf_file *file) {
    static const char group[] = "/trajectories";
    const gf_trajectories_request *asked = &self->asked;
    gf_file_put_number_attribute(file, group, "epsilon", asked->epsilon);
    gf_file_put_integer_attribute(file, group, "sites", self->sites);
    gf_file_put_number_attribute(file, group, "end", asked->end);
    gf_file_put_number_attribute(file, group, "interval", asked->interval);
    gf_file_put_number_attribute(file, group, "warm_up", asked->warm_up);
    gf_file_put_integer_attribute(file, group, "realisations", (long)asked->realisations);
    gf_file_put_integer_attribute(file, group, "seed", (long)asked->seed);
    gf_file_put_text_attribute(file, group, "product", asked->start.product);
    gf_file_put_integer_attribute(file, group, "sector", asked->start.sector);
    gf_file_put_integer_attribute(file, group, "start_magnetization",
                                  asked->start.sector ? 2L * asked->start.up - self->sites : 0);
    gf_file_put_number_attribute(file, group, "lambda1", asked->start.lambda[0]);
    gf_file_put_number_attribute(file, group, "lambda2", asked->start.lambda[1]);
    gf_file_put_number_attribute(file, group, "tolerance", GF_NO_JUMP_TOLERANCE);
    gf_file_put_number_attribute(file, group, "done", gf_trajectories_done(self));
}

gf_status gf_trajectories_write(const gf_trajectories *self, gf_file *file, gf_error *error) {
    gf_trajectories_summary summary;
    size_t most = self->asked.realisations * self->layout.size;
    double *buffer = calloc(most + 4 * self->layout.rungs, sizeof *buffer);
    gf_status status = buffer != NULL ? gf_trajectories_summarise(self, &summary, error)
                                      : gf_fail_memory(error, "the trajectories");
    if (status == GF_OK) {
        part parts[PARTS];
        put_axes(self, buffer, file);
        put_request(self, file);
        put_courses(self, &summary, buffer, file);
        put_distribution(self, &summary, buffer, file);
        put_forces(self, &summary, buffer, file);
        put_beside(self, buffer, file);
        list_parts(self, parts);
        for (int k = 0; k < PARTS; ++k) {
            put_part(self, &parts[k], buffer, file);
        }
        gf_trajectories_summary_free(&summary);
        status = gf_file_check(file, error);
    }
    free(buffer);
    return status;
}

static void get_request(gf_trajectories *self, gf_file *file) {
    static const char group[] = "/trajectories";
    gf_trajectories_request *asked = &self->asked;
    double count = gf_file_get_number_attribute(file, group, "realisations");
    double sites = gf_file_get_number_attribute(file, group, "sites");
    asked->epsilon = gf_file_get_number_attribute(file, group, "epsilon");
    asked->end = gf_file_get_number_attribute(file, group, "end");
    asked->interval = gf_file_get_number_attribute(file, group, "interval");
    asked->warm_up = gf_file_get_number_attribute(file, group, "warm_up");
    asked->seed = (uint64_t)gf_file_get_number_attribute(file, group, "seed");
    asked->start.sector = gf_file_get_number_attribute(file, group, "sector") != 0;
    double m = gf_file_get_number_attribute(file, group, "start_magnetization");
    asked->start.lambda[0] = gf_file_get_number_attribute(file, group, "lambda1");
    asked->start.lambda[1] = gf_file_get_number_attribute(file, group, "lambda2");
    char *product = gf_file_get_text_attribute(file, group, "product");
    bool good = product != NULL && strlen(product) < sizeof asked->start.product && sites >= 1 &&
                sites <= GF_CHAIN_MAX_SITES && count >= 1 && count <= UINT32_MAX &&
                asked->interval > 0 && asked->end >= asked->interval &&
                asked->end / asked->interval < 1e9 && fabs(m) <= sites;
    if (good) {
        (void)strcpy(asked->start.product, product);
        self->sites = (int)sites;
        asked->realisations = (size_t)count;
        asked->start.up = ((int)m + self->sites) / 2;
    } else {
        gf_file_reject(file, "the attributes of /trajectories describe none");
    }
    free(product);
}

/* Layout and memory, once the sizes are known. */
static gf_status make_room(gf_trajectories *self, gf_file *file, gf_error *error) {
    gf_model shape = {.chain.sites = self->sites}; /* for its sizes alone */
    size_t channels = 0;
    self->channel = gf_file_get_strings(file, channel_axis, 1, &channels);
    shape.channel_count = channels;
    self->layout = gf_trajectories_layout_of(&shape, &self->asked);
    self->command = gf_file_get_text_attribute(file, "/", "command");
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        self->records = calloc(self->asked.realisations * self->layout.size, sizeof *self->records);
        status = self->records != NULL ? GF_OK : gf_fail_memory(error, "trajectories");
    }
    return status;
}

gf_status gf_trajectories_read(gf_file *file, gf_trajectories **trajectories, gf_error *error) {
    gf_trajectories *self = calloc(1, sizeof *self);
    *trajectories = NULL;
    if (self == NULL) {
        return gf_fail_memory(error, "trajectories");
    }
    get_request(self, file);
    gf_status status = gf_file_check(file, error);
    if (status == GF_OK) {
        status = make_room(self, file, error);
    }
    if (status == GF_OK) {
        part parts[PARTS];
        list_parts(self, parts);
        for (int k = 0; k < PARTS; ++k) {
            get_part(self, &parts[k], file);
        }
        get_beside(self, file);
        status = gf_file_check(file, error);
    }
    if (status != GF_OK) {
        gf_trajectories_free(self);
        self = NULL;
    }
    *trajectories = self;
    return status;
}
