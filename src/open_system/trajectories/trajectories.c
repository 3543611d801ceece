#include "open_system/trajectories/trajectories.h"

#include "base/machine.h"
#include "base/tasks.h"
#include "open_system/trajectories/trajectory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what is kept ---------------------------------------------------------------------------- */

gf_trajectories_layout gf_trajectories_layout_of(const gf_model *model,
                                                 const gf_trajectories_request *asked) {
    gf_trajectories_layout self = {
        .times = (size_t)floor(asked->end / asked->interval * (1 + 1e-12)) + 1,
        .rungs = (size_t)model->chain.sites + 1,
        .channels = model->channel_count};
    self.energy = self.probability + self.times * self.rungs;
    self.jumps = self.energy + self.times;
    self.weight = self.jumps + self.channels;
    self.stay = self.weight + 1;
    self.stay_energy = self.stay + self.rungs;
    self.drift = self.stay_energy + self.rungs;
    self.noise = self.drift + self.rungs * GF_CHARGES;
    self.done = self.noise + self.rungs * GF_PAIRS;
    self.size = self.done + 1;
    return self;
}

double gf_trajectories_memory(const gf_model *model, const gf_trajectories_request *asked) {
    double worker = 0, shared = gf_unravelling_memory(model, &worker);
    double workers = fmin(gf_machine_threads(), (double)asked->realisations);
    double numbers = (double)asked->realisations * (asked->end / asked->interval + 20) *
                     (model->chain.sites + 2);
    return shared + workers * worker + 8 * numbers;
}

static gf_status check_memory(const gf_model *model, const gf_trajectories_request *asked,
                              gf_error *error) {
    double bytes = gf_trajectories_memory(model, asked);
    double spare = (double)gf_machine_free_memory();
    return bytes <= 0.8 * spare
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "%s: %zu trajectories of %d sites need about %.3g GiB of memory, but "
                         "%.3g GiB are free; take fewer sites, threads, trajectories or samples",
                         model->name, asked->realisations, model->chain.sites, bytes / 0x1p30,
                         spare / 0x1p30);
}

static gf_status check_product(const gf_model *model, const char *product, gf_error *error) {
    size_t length = strlen(product);
    if (strspn(product, "ud+-") != length) {
        return gf_fail(error, GF_INVALID,
                       "product state %s: expected u, d, + and - alone: spins up, down, along x "
                       "and against it",
                       product);
    }
    return length == 0 || (size_t)model->chain.sites % length == 0
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "product state %s: its %zu sites do not fill a chain of %d", product,
                         length, model->chain.sites);
}

static gf_status check(const gf_model *model, const gf_trajectories_request *asked,
                       gf_error *error) {
    const gf_trajectories_start *start = &asked->start;
    if (!(asked->epsilon > 0 && isfinite(asked->epsilon))) {
        return gf_fail(error, GF_INVALID, "epsilon = %g: expected a coupling above 0",
                       asked->epsilon);
    }
    if (!(asked->interval > 0 && asked->end >= asked->interval && isfinite(asked->end))) {
        return gf_fail(error, GF_INVALID,
                       "end = %g, interval = %g: expected times above 0, and at least one "
                       "interval",
                       asked->end, asked->interval);
    }
    if (!(asked->warm_up >= 0 && asked->warm_up <= asked->end - asked->interval)) {
        return gf_fail(error, GF_INVALID,
                       "warm-up of %g: expected a time from 0 to an interval before the end, %g",
                       asked->warm_up, asked->end - asked->interval);
    }
    if (asked->realisations == 0 || asked->realisations > UINT32_MAX / 2) {
        return gf_fail(error, GF_INVALID, "%zu trajectories: expected 1 or more, up to %u",
                       asked->realisations, UINT32_MAX / 2);
    }
    if (start->sector && (start->up < 0 || start->up > model->chain.sites)) {
        return gf_fail(error, GF_INVALID, "no state of %d sites has the magnetisation %d",
                       model->chain.sites, 2 * start->up - model->chain.sites);
    }
    gf_status status = check_product(model, start->product, error);
    return status == GF_OK ? check_memory(model, asked, error) : status;
}

/* Pointers and the names behind them, in one allocation. */
static char **copy_names(size_t count, const gf_channel *channels) {
    size_t size = count * sizeof(char *);
    for (size_t c = 0; c < count; ++c) {
        size += strlen(channels[c].name) + 1;
    }
    char **names = malloc(size + 1), *text = names != NULL ? (char *)(names + count) : NULL;
    for (size_t c = 0; c < count && names != NULL; ++c) {
        names[c] = strcpy(text, channels[c].name);
        text += strlen(text) + 1;
    }
    return names;
}

gf_status gf_trajectories_create(const gf_model *model, const gf_trajectories_request *asked,
                                 const char *command, gf_trajectories **trajectories,
                                 gf_error *error) {
    *trajectories = NULL;
    gf_status status = check(model, asked, error);
    if (status != GF_OK) {
        return status;
    }
    gf_trajectories *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "trajectories");
    }
    *self = (gf_trajectories){.asked = *asked,
                              .layout = gf_trajectories_layout_of(model, asked),
                              .sites = model->chain.sites,
                              .channel = copy_names(model->channel_count, model->channels),
                              .command = strdup(command)};
    self->records = calloc(asked->realisations * self->layout.size, sizeof *self->records);
    if (self->channel == NULL || self->command == NULL || self->records == NULL) {
        gf_trajectories_free(self);
        return gf_fail_memory(error, "trajectories");
    }
    *trajectories = self;
    return GF_OK;
}

void gf_trajectories_free(gf_trajectories *self) {
    if (self != NULL) {
        free(self->channel);
        free(self->command);
        free(self->records);
        free(self->beside.probability);
        free(self->beside.force);
        free(self->beside.table_force);
        free(self->beside.table_noise);
        free(self);
    }
}

static bool is_done(const gf_trajectories *self, size_t index) {
    return self->records[index * self->layout.size + self->layout.done] != 0;
}

double gf_trajectories_done(const gf_trajectories *self) {
    double done = 0;
    for (size_t r = 0; r < self->asked.realisations; ++r) {
        done += is_done(self, r);
    }
    return done / (double)self->asked.realisations;
}

/* --- the work -------------------------------------------------------------------------------- */

typedef struct work {
    gf_trajectories *all;
    const gf_unravelling *rules;
    const gf_trajectories_control *control;
    gf_draw draw;
} work;

static double cost_of(const void *context, size_t index) {
    (void)index;
    return ((const work *)context)->all->asked.end;
}

static double left_of(const void *context, size_t index) {
    const gf_trajectories *all = ((const work *)context)->all;
    return is_done(all, index) ? 0 : all->asked.end;
}

static gf_status begin(const void *context, void **workspace, gf_error *error) {
    const work *self = context;
    gf_trajectory *trajectory = NULL;
    gf_status status = gf_trajectory_create(self->rules, &self->all->asked, &trajectory, error);
    *workspace = trajectory;
    return status;
}

static void end(void *workspace) {
    gf_trajectory_free(workspace);
}

static gf_status run(const void *context, gf_task *task, gf_error *error) {
    const work *self = context;
    (void)error;
    if (!task->begun) {
        gf_trajectory_begin(task->workspace, &self->draw, task->index);
    }
    task->left = gf_trajectory_advance(task->workspace);
    return GF_OK;
}

/* Only whole trajectories: one that is interrupted begins anew, to the same bits. */
static gf_status keep(void *context, const gf_task *task, gf_error *error) {
    gf_trajectories *all = ((work *)context)->all;
    (void)error;
    if (!(task->left > 0)) {
        memcpy(all->records + task->index * all->layout.size, gf_trajectory_record(task->workspace),
               all->layout.size * sizeof(double));
    }
    return GF_OK;
}

static gf_status save(void *context, gf_error *error) {
    const work *self = context;
    return self->control->save(self->all, self->control->context, error);
}

static void carry(void *context, size_t index, gf_bytes *bytes) {
    gf_trajectories *all = ((work *)context)->all;
    gf_bytes_carry(bytes, all->records + index * all->layout.size,
                   all->layout.size * sizeof(double));
}

/* A trajectory that is thrown away, and how long it takes. */
static void announce(const work *self, gf_trajectory *trajectory) {
    const gf_trajectories *all = self->all;
    double start = gf_machine_clock(), elapsed = 0, time = 0, left = 0;
    for (size_t r = 0; elapsed < 0.1; ++r) {
        gf_trajectory_begin(trajectory, &self->draw, r);
        (void)gf_trajectory_advance(trajectory);
        time += gf_trajectory_time(trajectory);
        elapsed = gf_machine_clock() - start;
    }
    for (size_t r = 0; r < all->asked.realisations; ++r) {
        left += left_of(self, r);
    }
    double threads = fmin(gf_machine_threads(), (double)all->asked.realisations);
    self->control->announce(self->control->context, left * elapsed / time / threads);
}

static gf_status prepare(work *self, gf_error *error) {
    gf_trajectory *trajectory = NULL;
    gf_status status = gf_trajectory_create(self->rules, &self->all->asked, &trajectory, error);
    if (status == GF_OK) {
        gf_trajectory_prepare(trajectory, &self->draw);
        if (self->control->announce != NULL) {
            announce(self, trajectory);
        }
    }
    gf_trajectory_free(trajectory);
    return status;
}

/* Whether times up to the end can be told apart from one stretch to the next. */
static gf_status check_stretches(const gf_trajectories *self, const gf_unravelling *rules,
                                 gf_error *error) {
    return rules->damped.longest > 1e-12 * self->asked.end
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "epsilon = %g, end = %g: a wave function changes within %.2g, too many "
                         "steps to reach the end; take a smaller epsilon or end",
                         self->asked.epsilon, self->asked.end, rules->damped.longest);
}

gf_status gf_trajectories_carry_on(gf_trajectories *self, const gf_model *model,
                                   const gf_trajectories_control *control, gf_error *error) {
    gf_unravelling rules;
    gf_status status = gf_unravelling_init(&rules, model, self->asked.epsilon, error);
    if (status != GF_OK) {
        return status;
    }
    work context = {.all = self, .rules = &rules, .control = control};
    bool saves = control->save != NULL && control->checkpoint_every > 0;
    const gf_tasks tasks = {.count = self->asked.realisations,
                            .context = &context,
                            .cost = cost_of,
                            .left = left_of,
                            .begin = begin,
                            .end = end,
                            .run = run,
                            .keep = keep,
                            .carry = carry,
                            .save = saves ? save : NULL,
                            .save_every = control->checkpoint_every,
                            .stop = control->stop,
                            .progress = control->progress};
    status = check_stretches(self, &rules, error);
    if (status == GF_OK) {
        status = prepare(&context, error);
    }
    if (status == GF_OK) {
        status = gf_tasks_run(&tasks, error);
    }
    gf_unravelling_free(&rules);
    return status == GF_OK && control->save != NULL ? save(&context, error) : status;
}

/* --- averages -------------------------------------------------------------------------------- */

/* Weights of what is done, the largest 1; 0 of the rest. */
static double *weights_of(const gf_trajectories *self) {
    double *weight = calloc(self->asked.realisations, sizeof *weight), largest = -INFINITY;
    const gf_trajectories_layout *layout = &self->layout;
    for (size_t r = 0; r < self->asked.realisations; ++r) {
        largest = is_done(self, r) ? fmax(largest, self->records[r * layout->size + layout->weight])
                                   : largest;
    }
    for (size_t r = 0; r < self->asked.realisations && weight != NULL; ++r) {
        weight[r] =
            is_done(self, r) ? exp(self->records[r * layout->size + layout->weight] - largest) : 0;
    }
    return weight;
}

/* Sum w a / sum w b, a and b at these places of the records (b NULL: 1), and its error from how a
 * - value b scatters. */
typedef struct ratio {
    const gf_trajectories *all;
    const double *weight;
    double (*above)(const gf_trajectories *self, const double *record, size_t place);
    double (*below)(const gf_trajectories *self, const double *record, size_t place);
    size_t place;
} ratio;

static gf_mean mean_of(const ratio *self) {
    const gf_trajectories *all = self->all;
    double above = 0, below = 0, scatter = 0, count = 0;
    for (size_t r = 0; r < all->asked.realisations; ++r) {
        const double *record = all->records + r * all->layout.size;
        above += self->weight[r] * self->above(all, record, self->place);
        below +=
            self->weight[r] * (self->below != NULL ? self->below(all, record, self->place) : 1);
        count += self->weight[r] > 0;
    }
    if (!(fabs(below) > 0)) {
        return (gf_mean){NAN, NAN};
    }
    for (size_t r = 0; r < all->asked.realisations; ++r) {
        const double *record = all->records + r * all->layout.size;
        double off =
            self->above(all, record, self->place) -
            above / below * (self->below != NULL ? self->below(all, record, self->place) : 1);
        scatter += self->weight[r] * self->weight[r] * off * off;
    }
    double error = count > 1 ? sqrt(scatter * count / (count - 1)) / fabs(below) : NAN;
    return (gf_mean){above / below, error};
}

static double m_of(const gf_trajectories *self, size_t up) {
    return (2 * (double)up - self->sites) / self->sites;
}

static double moment(const gf_trajectories *self, const double *probability, int power) {
    double sum = 0;
    for (size_t up = 0; up < self->layout.rungs; ++up) {
        double m = m_of(self, up);
        sum += probability[up] * (power == 1 ? m : m * m);
    }
    return sum;
}

static double m_at(const gf_trajectories *self, const double *record, size_t time) {
    return moment(self, record + self->layout.probability + time * self->layout.rungs, 1);
}

static double m2_at(const gf_trajectories *self, const double *record, size_t time) {
    return moment(self, record + self->layout.probability + time * self->layout.rungs, 2);
}

static double e_at(const gf_trajectories *self, const double *record, size_t time) {
    return record[self->layout.energy + time];
}

static double stay_all(const gf_trajectories *self, const double *record, size_t place) {
    (void)place;
    double sum = 0;
    for (size_t up = 0; up < self->layout.rungs; ++up) {
        sum += record[self->layout.stay + up];
    }
    return sum;
}

static double stay_m(const gf_trajectories *self, const double *record, size_t place) {
    (void)place;
    return moment(self, record + self->layout.stay, 1);
}

static double stay_m2(const gf_trajectories *self, const double *record, size_t place) {
    (void)place;
    return moment(self, record + self->layout.stay, 2);
}

static double stay_e(const gf_trajectories *self, const double *record, size_t place) {
    (void)place;
    double sum = 0;
    for (size_t up = 0; up < self->layout.rungs; ++up) {
        sum += record[self->layout.stay_energy + up];
    }
    return sum / self->sites;
}

static double stay_at(const gf_trajectories *self, const double *record, size_t up) {
    return record[self->layout.stay + up];
}

static double stay_energy_at(const gf_trajectories *self, const double *record, size_t up) {
    return record[self->layout.stay_energy + up] / self->sites;
}

/* What a site gains per epsilon: place = up * GF_CHARGES + i, and up * GF_PAIRS + pair. */
static double time_of_drift(const gf_trajectories *self, const double *record, size_t place) {
    return self->asked.epsilon * self->sites * stay_at(self, record, place / GF_CHARGES);
}

static double time_of_noise(const gf_trajectories *self, const double *record, size_t place) {
    return self->asked.epsilon * self->sites * stay_at(self, record, place / GF_PAIRS);
}

static double drift_at(const gf_trajectories *self, const double *record, size_t place) {
    return record[self->layout.drift + place];
}

static double noise_at(const gf_trajectories *self, const double *record, size_t place) {
    return record[self->layout.noise + place];
}

static double site_time(const gf_trajectories *self, const double *record, size_t place) {
    return self->asked.epsilon * self->sites * stay_all(self, record, place);
}

static double jumps_at(const gf_trajectories *self, const double *record, size_t channel) {
    return record[self->layout.jumps + channel];
}

static gf_mean find_mean(const gf_trajectories *self, const double *weight,
                         double (*above)(const gf_trajectories *, const double *, size_t),
                         double (*below)(const gf_trajectories *, const double *, size_t),
                         size_t place) {
    return mean_of(&(ratio){self, weight, above, below, place});
}

static void fill_summary(const gf_trajectories *self, const double *weight,
                         gf_trajectories_summary *summary) {
    double sum = 0, squares = 0;
    for (size_t r = 0; r < self->asked.realisations; ++r) {
        sum += weight[r];
        squares += weight[r] * weight[r];
        summary->done += weight[r] > 0;
    }
    summary->effective = squares > 0 ? sum * sum / squares : 0;
    summary->magnetization = find_mean(self, weight, stay_m, stay_all, 0);
    summary->second_moment = find_mean(self, weight, stay_m2, stay_all, 0);
    summary->energy = find_mean(self, weight, stay_e, stay_all, 0);
    for (size_t up = 0; up < self->layout.rungs; ++up) {
        summary->probability[up] = find_mean(self, weight, stay_at, stay_all, up);
        summary->energy_at[up] = find_mean(self, weight, stay_energy_at, stay_at, up);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            summary->drift[up][i] =
                find_mean(self, weight, drift_at, time_of_drift, up * GF_CHARGES + i);
        }
        for (size_t p = 0; p < GF_PAIRS; ++p) {
            summary->noise[up][p] =
                find_mean(self, weight, noise_at, time_of_noise, up * GF_PAIRS + p);
        }
    }
    for (size_t t = 0; t < self->layout.times; ++t) {
        summary->course[0][t] = find_mean(self, weight, m_at, NULL, t);
        summary->course[1][t] = find_mean(self, weight, e_at, NULL, t);
        summary->course[2][t] = find_mean(self, weight, m2_at, NULL, t);
    }
    for (size_t c = 0; c < self->layout.channels; ++c) {
        summary->channel[c] = find_mean(self, weight, jumps_at, site_time, c);
        summary->jump_rate += summary->channel[c].value * self->asked.epsilon * self->sites;
    }
}

gf_status gf_trajectories_summarise(const gf_trajectories *self, gf_trajectories_summary *summary,
                                    gf_error *error) {
    size_t rungs = self->layout.rungs, times = self->layout.times;
    double *weight = weights_of(self);
    *summary = (gf_trajectories_summary){
        .probability = calloc(rungs, sizeof *summary->probability),
        .energy_at = calloc(rungs, sizeof *summary->energy_at),
        .drift = calloc(rungs, sizeof *summary->drift),
        .noise = calloc(rungs, sizeof *summary->noise),
        .course = {calloc(times, sizeof(gf_mean)), calloc(times, sizeof(gf_mean)),
                   calloc(times, sizeof(gf_mean))},
        .channel = calloc(self->layout.channels + 1, sizeof *summary->channel)};
    bool good = weight != NULL && summary->probability != NULL && summary->energy_at != NULL &&
                summary->drift != NULL && summary->noise != NULL && summary->course[0] != NULL &&
                summary->course[1] != NULL && summary->course[2] != NULL &&
                summary->channel != NULL;
    if (good) {
        fill_summary(self, weight, summary);
    } else {
        gf_trajectories_summary_free(summary);
    }
    free(weight);
    return good ? GF_OK : gf_fail_memory(error, "the averages of trajectories");
}

void gf_trajectories_summary_free(gf_trajectories_summary *self) {
    free(self->probability);
    free(self->energy_at);
    free(self->drift);
    free(self->noise);
    for (int k = 0; k < 3; ++k) {
        free(self->course[k]);
    }
    free(self->channel);
    *self = (gf_trajectories_summary){0};
}
