#include "langevin/instanton/path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

gf_status gf_path_create(size_t steps, size_t cells, size_t fields, double spacing, gf_path *path,
                         gf_error *error) {
    *path = (gf_path){.steps = steps,
                      .cells = cells,
                      .fields = fields,
                      .spacing = spacing,
                      .step = calloc(steps, sizeof *path->step),
                      .state = calloc((steps + 1) * cells * fields, sizeof *path->state)};
    if (path->step == NULL || path->state == NULL) {
        gf_path_free(path);
        return gf_fail_memory(error, "a path");
    }
    return GF_OK;
}

void gf_path_free(gf_path *self) {
    free(self->step);
    free(self->state);
    *self = (gf_path){0};
}

void gf_path_carry(gf_path *self, gf_bytes *bytes) {
    gf_bytes_carry(bytes, &self->steps, sizeof self->steps);
    gf_bytes_carry(bytes, &self->cells, sizeof self->cells);
    gf_bytes_carry(bytes, &self->fields, sizeof self->fields);
    gf_bytes_carry(bytes, &self->spacing, sizeof self->spacing);
    size_t states = (self->steps + 1) * gf_path_size(self);
    self->step = gf_bytes_carry_array(bytes, self->step, self->steps * sizeof *self->step);
    self->state = gf_bytes_carry_array(bytes, self->state, states * sizeof *self->state);
}

/* The slope of a parabola through three points, at the middle one; at an end the chord. */
static double tangent(const double *place, const double *value, size_t stride, size_t k,
                      size_t last) {
    size_t low = k > 0 ? k - 1 : k, high = k < last ? k + 1 : k;
    double left = place[k] - place[low], right = place[high] - place[k];
    double before = left > 0 ? (value[k * stride] - value[low * stride]) / left : 0;
    double after = right > 0 ? (value[high * stride] - value[k * stride]) / right : 0;
    return left + right > 0 ? (low == k    ? after
                               : high == k ? before
                                           : (before * right + after * left) / (left + right))
                            : 0;
}

/* A component at a place between points k and k + 1. */
static double hermite(const double *place, const double *value, size_t stride, size_t k,
                      size_t last, double at) {
    double width = place[k + 1] - place[k], s = width > 0 ? (at - place[k]) / width : 0;
    double from = value[k * stride], to = value[(k + 1) * stride];
    double rise = width * tangent(place, value, stride, k, last);
    double fall = width * tangent(place, value, stride, k + 1, last);
    double r = 1 - s;
    return from * r * r * (1 + 2 * s) + to * s * s * (1 + 2 * r) + rise * s * r * r -
           fall * s * s * r;
}

gf_status gf_path_spread(gf_path *self, const double *place, gf_error *error) {
    size_t size = gf_path_size(self), last = self->steps, k = 0;
    double *state = malloc((last + 1) * size * sizeof *state);
    if (state == NULL) {
        return gf_fail_memory(error, "a path");
    }
    memcpy(state, self->state, (last + 1) * size * sizeof *state);
    for (size_t j = 1; j < last; ++j) {
        double at = place[last] * (double)j / (double)last;
        while (k + 1 < last && place[k + 1] < at) {
            ++k;
        }
        for (size_t i = 0; i < size; ++i) {
            gf_path_state(self, j)[i] = hermite(place, state + i, size, k, last, at);
        }
    }
    free(state);
    return GF_OK;
}

/* A component of a state at a position, linear between the middles of cells. */
static double interpolate(const gf_path *self, const double *state, double position, size_t a) {
    double at = position / self->spacing - 0.5, most = (double)(self->cells - 1);
    at = at < 0 ? 0 : at > most ? most : at;
    size_t i = (size_t)at, next = i + 1 < self->cells ? i + 1 : i;
    double part = at - (double)i;
    return (1 - part) * state[i * self->fields + a] + part * state[next * self->fields + a];
}

void gf_path_resample(const gf_path *self, gf_path *target) {
    size_t ratio = target->steps / self->steps;
    double stretch = (double)self->cells * self->spacing / (double)target->cells;
    for (size_t j = 0; j <= target->steps; ++j) {
        size_t k = j / ratio < self->steps ? j / ratio : self->steps - 1;
        double part = (double)(j - k * ratio) / (double)ratio;
        const double *from = gf_path_state(self, k), *to = gf_path_state(self, k + 1);
        for (size_t i = 0; i < target->cells; ++i) {
            double x = ((double)i + 0.5) * stretch;
            for (size_t a = 0; a < self->fields; ++a) {
                gf_path_state(target, j)[i * self->fields + a] =
                    (1 - part) * interpolate(self, from, x, a) + part * interpolate(self, to, x, a);
            }
        }
        if (j < target->steps) {
            target->step[j] = self->step[j / ratio] / (double)ratio;
        }
    }
}
