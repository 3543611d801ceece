#include "langevin/instanton/wall_state.h"

#include <math.h>
#include <stdlib.h>

static void guess(const gf_wall_state *self, size_t fields, double *state) {
    double middle = (double)self->cells * self->spacing / 2;
    for (size_t i = 0; i < self->cells; ++i) {
        double x = ((double)i + 0.5) * self->spacing - middle;
        double part = (1 + tanh(x / self->width)) / 2;
        for (size_t a = 0; a < fields; ++a) {
            state[i * fields + a] = (1 - part) * self->left[a] + part * self->right[a];
        }
    }
}

/* dx/dt of the wall from the growth of the first component: sum dx b = -speed (right - left). */
static gf_status measure_speed(const gf_wall_state *self, size_t fields, gf_row *row, double *state,
                               double *speed, gf_error *error) {
    double *drift = calloc(self->cells * fields, sizeof *drift), sum = 0;
    if (drift == NULL) {
        return gf_fail_memory(error, "a wall");
    }
    gf_row_set(row, state);
    gf_row_drift(row, drift);
    for (size_t i = 0; i < self->cells; ++i) {
        sum += drift[i * fields] * self->spacing;
    }
    free(drift);
    *speed = -sum / (self->right[0] - self->left[0]);
    return GF_OK;
}

/* The wall is where the first component passes the middle; it must be in the row. */
static bool has_wall(const gf_wall_state *self, size_t fields, const double *state) {
    double range = self->right[0] - self->left[0];
    double first = (state[0] - self->left[0]) / range;
    double last = (state[(self->cells - 1) * fields] - self->left[0]) / range;
    return first < 0.2 && last > 0.8;
}

gf_status gf_wall_state_relax(const gf_wall_state *self, const gf_fluctuating_field *field,
                              double *state, double *speed, gf_error *error) {
    double step = 0.2 / self->pace.fast;
    size_t steps = (size_t)ceil(self->time / step);
    gf_row *row = NULL;
    gf_status status = gf_row_create(field, self->cells, self->spacing, &row, error);
    bool sound = true;
    guess(self, field->fields, state);
    for (size_t k = 0; k < steps && status == GF_OK && sound; ++k) {
        sound = gf_row_relax(row, step, state);
    }
    if (status == GF_OK && !(sound && has_wall(self, field->fields, state))) {
        status = gf_fail(error, GF_NO_CONVERGENCE,
                         "no wall between the two stable states comes to rest in a row of %zu "
                         "cells of %.4g",
                         self->cells, self->spacing);
    }
    if (status == GF_OK && speed != NULL) {
        status = measure_speed(self, field->fields, row, state, speed, error);
    }
    gf_row_free(row);
    return status;
}
