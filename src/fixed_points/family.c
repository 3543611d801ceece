#include "fixed_points/family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* So many members make a polynomial; by its degree it has lost no more than three digits to
 * rounding at the ends of the family. */
enum { STENCIL = 12 };

/* A member at work: its evaluator, and its rates at the place where the family is. */
typedef struct worker {
    gf_family_member member;
    gf_gibbs *gibbs;
    double *rates;
    double weight;
    bool passing; /* added for a while */
} worker;

struct gf_family {
    const char *names[GF_FAMILY_PARAMETERS];
    size_t parameters;
    size_t deep; /* which of them the spectra depend on; `parameters`: none */
    bool owned;  /* the members are the family's */
    const gf_model *model;
    worker *workers; /* [count], by value */
    size_t count, capacity;
    double at[GF_FAMILY_PARAMETERS];
    size_t first, used; /* the members that make the states at `at` */
    size_t nearest;
    gf_survey *survey; /* of a single member */
};

/* --- members --------------------------------------------------------------------------------- */

bool gf_family_wants_spectra(const gf_model *model, const char *parameter) {
    for (size_t i = 0; i < model->parameter_count; ++i) {
        if (strcmp(model->parameters[i].name, parameter) == 0) {
            return model->steers[i];
        }
    }
    return false;
}

gf_status gf_family_model_at(const gf_model *model, const char *parameter, double value,
                             gf_model **result, gf_error *error) {
    gf_settings settings = {.sites = model->chain.sites,
                            .closure = model->chain.periodic ? GF_RING : GF_OPEN_CHAIN,
                            .no_symmetry = model->no_symmetry,
                            .distribute_from = model->distribute_from};
    gf_error reason;
    gf_status status = GF_OK;
    *result = NULL;
    for (size_t i = 0; i < model->parameter_count && status == GF_OK; ++i) {
        if (gf_model_sets_parameter(model, i)) {
            status = gf_settings_set(&settings, model->parameters[i].name,
                                     model->parameters[i].value, &reason);
        }
    }
    if (status == GF_OK) {
        status = gf_settings_set(&settings, parameter, value, &reason);
    }
    if (status == GF_OK) {
        status = gf_model_parse(model->yaml, strlen(model->yaml), model->name, &settings, result,
                                &reason);
    }
    gf_settings_free(&settings);
    if (status != GF_OK) {
        return gf_fail(error, status, "%s = %g: %s", parameter, value, reason.message);
    }
    (*result)->method = model->method;
    (*result)->sampling = model->sampling;
    return GF_OK;
}

gf_status gf_family_member_open(const gf_model *model, const char *parameter, double value,
                                gf_family_member *member, gf_error *error) {
    *member = (gf_family_member){.value = value};
    return gf_family_model_at(model, parameter, value, &member->model, error);
}

gf_status gf_family_member_solve(const gf_model *model, const char *parameter, double value,
                                 gf_family_member *member, gf_error *error) {
    gf_status status = gf_family_member_open(model, parameter, value, member, error);
    if (status == GF_OK) {
        status = gf_spectrum_compute(member->model, NULL, &member->spectrum, error);
    }
    if (status == GF_OK) {
        status = gf_region_init(&member->region, member->spectrum, error);
    }
    if (status != GF_OK) {
        gf_family_member_free(member);
    }
    return status;
}

void gf_family_member_free(gf_family_member *self) {
    gf_region_free(&self->region);
    gf_spectrum_free(self->spectrum);
    gf_model_free(self->model);
    *self = (gf_family_member){0};
}

/* --- the family ------------------------------------------------------------------------------ */

static gf_status allocate(const gf_model *model, const char *const *names, size_t count,
                          size_t deep, size_t members, gf_family **family, gf_error *error) {
    gf_family *self = calloc(1, sizeof *self);
    worker *workers = calloc(members, sizeof *workers);
    *family = NULL;
    if (self == NULL || workers == NULL) {
        free(self);
        free(workers);
        return gf_fail_memory(error, "a family of spectra");
    }
    *self = (gf_family){.model = model,
                        .parameters = count,
                        .deep = deep,
                        .owned = deep < count,
                        .workers = workers,
                        .capacity = members};
    for (size_t k = 0; k < count; ++k) {
        self->names[k] = names[k];
    }
    *family = self;
    return GF_OK;
}

static bool is_deep(const gf_family *self) {
    return self->deep < self->parameters;
}

static void remove_member(gf_family *self, size_t at) {
    worker *here = &self->workers[at];
    gf_gibbs_free(here->gibbs);
    free(here->rates);
    if (self->owned) {
        gf_family_member_free(&here->member);
    }
    --self->count;
    memmove(here, here + 1, (self->count - at) * sizeof *here);
}

/* Puts a member, which has room, in its place, *place, and takes it over. */
static gf_status put_member(gf_family *self, const gf_family_member *member, size_t *place,
                            gf_error *error) {
    size_t at = self->count;
    while (at > 0 && self->workers[at - 1].member.value > member->value) {
        self->workers[at] = self->workers[at - 1];
        --at;
    }
    worker *here = &self->workers[at];
    ++self->count;
    *place = at;
    *here = (worker){.member = *member,
                     .rates = calloc(self->model->channel_count, sizeof *here->rates)};
    if (here->rates == NULL) {
        return gf_fail_memory(error, "a family of spectra");
    }
    gf_model_rates(member->model, here->rates);
    return gf_gibbs_create(member->spectrum, here->rates, &here->gibbs, error);
}

gf_status gf_family_create(const gf_model *model, const gf_spectrum *spectrum,
                           const gf_region *region, const char *const *names, size_t count,
                           gf_family **family, gf_error *error) {
    gf_status status = allocate(model, names, count, count, 1, family, error);
    size_t place = 0;
    if (status == GF_OK) { /* read only: the member is not owned */
        const gf_family_member member = {
            .model = (gf_model *)model, .spectrum = (gf_spectrum *)spectrum, .region = *region};
        status = put_member(*family, &member, &place, error);
    }
    if (status == GF_OK) {
        status = gf_survey_create(spectrum, &(*family)->survey, error);
    }
    if (status != GF_OK) {
        gf_family_free(*family);
        *family = NULL;
    }
    return status;
}

gf_status gf_family_create_deep(const gf_model *model, const char *const *names, size_t count,
                                size_t deep, gf_family_member *members, size_t member_count,
                                gf_family **family, gf_error *error) {
    gf_status status = allocate(model, names, count, deep, member_count, family, error);
    size_t taken = 0, place = 0;
    for (; taken < member_count && status == GF_OK; ++taken) {
        status = put_member(*family, &members[taken], &place, error);
    }
    for (; taken < member_count; ++taken) {
        gf_family_member_free(&members[taken]);
    }
    if (status != GF_OK) {
        gf_family_free(*family);
        *family = NULL;
    }
    return status;
}

void gf_family_free(gf_family *self) {
    if (self == NULL) {
        return;
    }
    while (self->count > 0) {
        remove_member(self, self->count - 1);
    }
    gf_survey_free(self->survey);
    free(self->workers);
    free(self);
}

static size_t nearest_member(const gf_family *self, double value) {
    size_t best = 0;
    for (size_t k = 1; k < self->count; ++k) {
        if (fabs(self->workers[k].member.value - value) <
            fabs(self->workers[best].member.value - value)) {
            best = k;
        }
    }
    return best;
}

static gf_status make_room(gf_family *self, gf_error *error) {
    if (self->count < self->capacity) {
        return GF_OK;
    }
    worker *grown = realloc(self->workers, 2 * self->capacity * sizeof *grown);
    if (grown == NULL) {
        return gf_fail_memory(error, "a family of spectra");
    }
    self->workers = grown;
    self->capacity *= 2;
    return GF_OK;
}

/* Beside a member that stays another is of no use if it is as close as this part of `apart`. */
static const double TOO_CLOSE = 0.1;

gf_status gf_family_add(gf_family *self, double value, double apart, gf_error *error) {
    if (!is_deep(self)) {
        return GF_OK;
    }
    for (size_t k = self->count; k-- > 0;) {
        double gap = fabs(self->workers[k].member.value - value);
        if (self->workers[k].passing && gap < apart) {
            remove_member(self, k);
        } else if (!self->workers[k].passing && gap <= TOO_CLOSE * apart) {
            return GF_OK;
        }
    }
    gf_family_member member;
    gf_status status = make_room(self, error);
    if (status == GF_OK) {
        status =
            gf_family_member_solve(self->model, self->names[self->deep], value, &member, error);
    }
    if (status == GF_OK) {
        size_t at = 0;
        status = put_member(self, &member, &at, error);
        self->workers[at].passing = true;
    }
    return status;
}

void gf_family_drop(gf_family *self) {
    for (size_t k = self->count; k-- > 0;) {
        if (self->workers[k].passing) {
            remove_member(self, k);
        }
    }
}

/* --- a place --------------------------------------------------------------------------------- */

/* The nearest members to a value, side by side, and Lagrange's weights: at a member it stands
 * alone. */
static void choose_members(gf_family *self, double value) {
    self->nearest = nearest_member(self, value);
    self->first = self->nearest;
    self->used = 1;
    if (self->workers[self->nearest].member.value == value) {
        self->workers[self->nearest].weight = 1;
        return;
    }
    while (self->used < STENCIL && self->used < self->count) {
        size_t end = self->first + self->used;
        bool left = end == self->count ||
                    (self->first > 0 && value - self->workers[self->first - 1].member.value <
                                            self->workers[end].member.value - value);
        self->first -= left;
        ++self->used;
    }
    for (size_t k = self->first; k < self->first + self->used; ++k) {
        double here = self->workers[k].member.value, weight = 1;
        for (size_t j = self->first; j < self->first + self->used; ++j) {
            double there = self->workers[j].member.value;
            weight *= j != k ? (value - there) / (here - there) : 1;
        }
        self->workers[k].weight = weight;
    }
}

/* The rates of a member at values of the parameters; its own value of the deep one is its own. */
static gf_status rates_of(const gf_family *self, const gf_model *model, const double *values,
                          double *rates, gf_error *error) {
    gf_parameter parameters[GF_FAMILY_PARAMETERS];
    gf_settings settings = {.parameters = parameters};
    for (size_t k = 0; k < self->parameters; ++k) {
        if (k != self->deep) { /* names are read only */
            parameters[settings.count++] =
                (gf_parameter){.name = (char *)self->names[k], .value = values[k]};
        }
    }
    gf_error reason;
    gf_status status = gf_model_rates_at(model, &settings, rates, &reason);
    return status == GF_OK || settings.count == 0
               ? status
               : gf_fail(error, status, "scan of %s at %g: %s", parameters[0].name,
                         parameters[0].value, reason.message);
}

gf_status gf_family_go(gf_family *self, const double *values, gf_error *error) {
    memcpy(self->at, values, self->parameters * sizeof *values);
    if (is_deep(self)) {
        choose_members(self, values[self->deep]);
    } else {
        self->used = 1;
        self->workers[0].weight = 1;
    }
    gf_status status = GF_OK;
    for (size_t k = self->first; k < self->first + self->used && status == GF_OK; ++k) {
        worker *one = &self->workers[k];
        status = rates_of(self, one->member.model, values, one->rates, error);
        gf_gibbs_set_rates(one->gibbs, one->rates);
    }
    return status;
}

static void add_state(gf_state *sum, double weight, const gf_state *state) {
    sum->log_partition += weight * state->log_partition;
    for (size_t p = 0; p < GF_PAIRS; ++p) {
        sum->susceptibility[p] += weight * state->susceptibility[p];
        sum->noise[p] += weight * state->noise[p];
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        sum->density[i] += weight * state->density[i];
        sum->force[i] += weight * state->force[i];
        for (size_t j = 0; j < GF_CHARGES; ++j) {
            sum->force_slope[i][j] += weight * state->force_slope[i][j];
        }
    }
}

void gf_family_evaluate(gf_family *self, const double lambda[GF_CHARGES], gf_gibbs_extent extent,
                        gf_state *state) {
    if (self->used == 1) {
        gf_gibbs_evaluate(self->workers[self->first].gibbs, lambda, extent, state);
        return;
    }
    *state = (gf_state){.lambda = {lambda[0], lambda[1]}};
    for (size_t k = self->first; k < self->first + self->used; ++k) {
        gf_state one;
        gf_gibbs_evaluate(self->workers[k].gibbs, lambda, extent, &one);
        add_state(state, self->workers[k].weight, &one);
    }
}

void gf_family_drift(gf_family *self, const double lambda[GF_CHARGES], gf_state *state) {
    gf_state one;
    *state = (gf_state){.lambda = {lambda[0], lambda[1]}};
    for (size_t k = self->first; k < self->first + self->used; ++k) {
        gf_gibbs_drift(self->workers[k].gibbs, lambda, &one);
        add_state(state, self->workers[k].weight, &one);
    }
}

static const gf_spectrum *nearest_spectrum(const gf_family *self) {
    return self->workers[self->nearest].member.spectrum;
}

double gf_family_energy_unit(const gf_family *self) {
    return nearest_spectrum(self)->energy_unit;
}

double gf_family_force_scale(const gf_family *self) {
    return gf_fixed_point_force_scale(nearest_spectrum(self), self->workers[self->nearest].rates);
}

double gf_family_length(const gf_family *self, const double change[GF_CHARGES]) {
    return gf_spectrum_length(nearest_spectrum(self), change);
}

static void describe(void *context, const double lambda[GF_CHARGES], gf_state *state) {
    gf_family_evaluate(context, lambda, GF_SLOPES, state);
}

static void drift(void *context, const double lambda[GF_CHARGES], gf_state *state) {
    gf_family_drift(context, lambda, state);
}

bool gf_family_refine(gf_family *self, const double lambda[GF_CHARGES], gf_fixed_point *point) {
    if (self->used == 1) {
        worker *alone = &self->workers[self->first];
        return gf_fixed_point_refine(alone->gibbs, &alone->member.region, lambda, point);
    }
    const gf_state_source source = {.evaluate = drift,
                                    .describe = describe,
                                    .context = self,
                                    .energy_unit = gf_family_energy_unit(self),
                                    .force_scale = gf_family_force_scale(self)};
    return gf_fixed_point_refine_from(&source, NULL, lambda, point);
}

bool gf_family_interpolates(const gf_family *self) {
    return is_deep(self);
}

/* All fixed points of a member at values of the parameters. */
static gf_status find_at_member(const gf_family *self, const gf_family_member *member,
                                const double *values, gf_fixed_points *points, gf_error *error) {
    gf_survey *own = NULL;
    double *rates = calloc(self->model->channel_count, sizeof *rates);
    gf_status status = rates != NULL ? rates_of(self, member->model, values, rates, error)
                                     : gf_fail_memory(error, "the rates");
    if (status == GF_OK && self->survey == NULL) {
        status = gf_survey_create(member->spectrum, &own, error);
    }
    if (status == GF_OK) {
        status = gf_fixed_points_find(own != NULL ? own : self->survey, &member->region, rates,
                                      points, error);
    }
    gf_survey_free(own);
    free(rates);
    return status;
}

gf_status gf_family_find(const gf_family *self, const double *values, gf_fixed_points *points,
                         gf_error *error) {
    double value = is_deep(self) ? values[self->deep] : 0;
    const gf_family_member *nearest = &self->workers[nearest_member(self, value)].member;
    *points = (gf_fixed_points){0};
    if (!is_deep(self) || nearest->value == value) {
        return find_at_member(self, nearest, values, points, error);
    }
    gf_family_member other;
    gf_status status =
        gf_family_member_solve(self->model, self->names[self->deep], value, &other, error);
    if (status == GF_OK) {
        status = find_at_member(self, &other, values, points, error);
        gf_family_member_free(&other);
    }
    return status;
}
