/* A surface made of a model, for tests. Failures end the test. */
#ifndef GIBBSFLOW_TEST_SURFACE_FIXTURE_H
#define GIBBSFLOW_TEST_SURFACE_FIXTURE_H

#include "fixture.h"

#include "gibbsflow/surface.h"
#include "table/fitted_grid.h"

#include <unistd.h>

/* A bistable chain without symmetry: a channel of its own raises the magnetisation. */
static const char tilted_model[] =
    "name: tilted\nsites: 8\nboundary: periodic\nparameters: {J: 1, gamma: 0.92, pump: 0.01}\n"
    "hamiltonian: [\"J*(X[0]*X[1] + Y[0]*Y[1])\", \"J*Z[0]*Z[1]\"]\n"
    "lindblad:\n"
    "  - {name: flip, rate: J*(1-gamma), operator: \"X[0]\"}\n"
    "  - {name: align, rate: J*gamma, operator: \"Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]\"}\n"
    "  - {name: pump, rate: pump, operator: \"Sp[0]\"}\n";

/* Tabulates on the fitted grid and reads it back; the file is gone afterwards. */
static inline gf_surface *fixture_surface(fixture *self, const char *path) {
    gf_fitted_grid *grid = NULL;
    gf_surface *surface = NULL;
    gf_file *file = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_fitted_grid_compute(self->model, self->spectrum, &self->region, NULL, &grid,
                                         &error) == GF_OK,
                  "%s", error.message);
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_spectrum_write(self->spectrum, self->model, file);
    gf_fitted_grid_write(grid, file);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_msg(gf_surface_read(path, NULL, 0, &surface, &error) == GF_OK, "%s", error.message);
    gf_fitted_grid_free(grid);
    (void)unlink(path);
    return surface;
}

static inline gf_fixed_points fixture_fixed_points(fixture *self) {
    gf_survey *survey = NULL;
    gf_fixed_points points;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_survey_create(self->spectrum, &survey, &error), GF_OK);
    ck_assert_msg(gf_fixed_points_find(survey, &self->region, self->rates, &points, &error) ==
                      GF_OK,
                  "%s", error.message);
    gf_survey_free(survey);
    return points;
}

#endif
