/* A model with its spectrum and evaluator, for tests. Failures end the test. */
#ifndef GIBBSFLOW_TEST_FIXTURE_H
#define GIBBSFLOW_TEST_FIXTURE_H

#include "gibbsflow/fixed_points.h"
#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"
#include "spectrum/spectrum.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    gf_model *model;
    gf_spectrum *spectrum;
    gf_region region;
    gf_gibbs *gibbs;
    double rates[8];
} fixture;

static inline void fixture_finish(fixture *self) {
    gf_error error = {.message = ""};
    ck_assert_msg(gf_spectrum_compute(self->model, NULL, &self->spectrum, &error) == GF_OK, "%s",
                  error.message);
    ck_assert_uint_le(self->model->channel_count, 8);
    gf_model_rates(self->model, self->rates);
    ck_assert_int_eq(gf_region_init(&self->region, self->spectrum, &error), GF_OK);
    ck_assert_int_eq(gf_gibbs_create(self->spectrum, self->rates, &self->gibbs, &error), GF_OK);
}

/* One of the shipped models, with `assignment` ("gamma=0.9") applied and `sites` set unless 0. */
static inline void fixture_open(fixture *self, const char *file, int sites,
                                const char *assignment) {
    gf_error error = {.message = ""};
    gf_settings settings = {.sites = sites};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", GF_MODELS, file);
    *self = (fixture){0};
    if (assignment != NULL) {
        ck_assert_int_eq(gf_settings_assign(&settings, assignment, &error), GF_OK);
    }
    ck_assert_msg(gf_model_read(path, &settings, &self->model, &error) == GF_OK, "%s",
                  error.message);
    gf_settings_free(&settings);
    fixture_finish(self);
}

/* A model given as text. */
static inline void fixture_parse(fixture *self, const char *yaml) {
    gf_error error = {.message = ""};
    *self = (fixture){0};
    ck_assert_msg(gf_model_parse(yaml, strlen(yaml), "test", NULL, &self->model, &error) == GF_OK,
                  "%s", error.message);
    fixture_finish(self);
}

static inline void fixture_close(fixture *self) {
    gf_gibbs_free(self->gibbs);
    gf_region_free(&self->region);
    gf_spectrum_free(self->spectrum);
    gf_model_free(self->model);
}

static inline gf_state fixture_at(fixture *self, double lambda1, double lambda2) {
    gf_state state;
    gf_gibbs_evaluate(self->gibbs, (double[2]){lambda1, lambda2}, GF_SLOPES, &state);
    return state;
}

#endif
