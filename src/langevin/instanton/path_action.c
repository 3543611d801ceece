#include "langevin/instanton/path_action.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gf_path_action {
    size_t steps, cells, fields, size;
    double spacing;
    gf_row *row;
    double *work;     /* [3][size] */
    double *momentum; /* [steps][size] */
    double *pull;     /* [steps][size] gradient of dt dx (p.b + p.B.p/2) by the middle */
    double *density;  /* [steps][cells] */
    double *of_step;  /* [steps] */
};

void gf_path_action_free(gf_path_action *self) {
    if (self != NULL) {
        gf_row_free(self->row);
        free(self->work);
        free(self->momentum);
        free(self->pull);
        free(self->density);
        free(self->of_step);
    }
    free(self);
}

gf_status gf_path_action_create(const gf_fluctuating_field *field, const gf_path *mesh,
                                gf_path_action **action, gf_error *error) {
    gf_path_action *self = calloc(1, sizeof *self);
    *action = NULL;
    if (self == NULL) {
        return gf_fail_memory(error, "an action");
    }
    self->steps = mesh->steps;
    self->cells = mesh->cells;
    self->fields = mesh->fields;
    self->size = gf_path_size(mesh);
    self->spacing = field->has_space ? mesh->spacing : 1;
    self->work = calloc(3 * self->size, sizeof *self->work);
    self->momentum = calloc(self->steps * self->size, sizeof *self->momentum);
    self->pull = calloc(self->steps * self->size, sizeof *self->pull);
    self->density = calloc(self->steps * self->cells, sizeof *self->density);
    self->of_step = calloc(self->steps, sizeof *self->of_step);
    gf_status status = self->work != NULL && self->momentum != NULL && self->pull != NULL &&
                               self->density != NULL && self->of_step != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "an action");
    if (status == GF_OK) {
        status = gf_row_create(field, mesh->cells, mesh->spacing, &self->row, error);
    }
    if (status != GF_OK) {
        gf_path_action_free(self);
        self = NULL;
    }
    *action = self;
    return status;
}

double gf_path_action_memory(const gf_path *mesh) {
    return 8.0 * (double)(2 * mesh->steps + 100) * (double)gf_path_size(mesh);
}

static double product(size_t count, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* Goes to the middle of step k; returns two vectors of workspace. */
static double *enter(const gf_path_action *self, const double *state, size_t k) {
    const double *from = state + k * self->size, *to = from + self->size;
    double *middle = self->work;
    for (size_t i = 0; i < self->size; ++i) {
        middle[i] = (from[i] + to[i]) / 2;
    }
    gf_row_set(self->row, middle);
    return middle + self->size;
}

static double evaluate_step(const gf_path_action *self, const double *state, double step, size_t k,
                            bool slope) {
    const double *from = state + k * self->size, *to = from + self->size;
    double *p = self->momentum + k * self->size, *u = enter(self, state, k);
    gf_row_drift(self->row, u);
    for (size_t i = 0; i < self->size; ++i) {
        p[i] = u[i] = (to[i] - from[i]) / step - u[i];
    }
    if (!gf_row_solve(self->row, p)) {
        return NAN;
    }
    if (slope) {
        gf_row_pull_back(self->row, p, self->pull + k * self->size);
    }
    double sum = 0;
    for (size_t i = 0; i < self->cells; ++i) {
        double here = product(self->fields, u + i * self->fields, p + i * self->fields) / 2;
        self->density[k * self->cells + i] = here;
        sum += here;
    }
    return step * self->spacing * sum;
}

/* dS by the states: dx (p_{k-1} - p_k) and half of the pull of either step. */
static void collect(const gf_path_action *self, const double *step, double *gradient) {
    size_t size = self->size;
    memset(gradient, 0, (self->steps + 1) * size * sizeof *gradient);
    for (size_t k = 0; k < self->steps; ++k) {
        const double *p = self->momentum + k * size, *pull = self->pull + k * size;
        double *from = gradient + k * size, *to = from + size, half = step[k] * self->spacing / 2;
        for (size_t i = 0; i < size; ++i) {
            from[i] -= self->spacing * p[i] + half * pull[i];
            to[i] += self->spacing * p[i] - half * pull[i];
        }
    }
}

double gf_path_action_evaluate(gf_path_action *self, const gf_path *path, const double *state,
                               double *gradient) {
    double sum = 0;
    for (size_t k = 0; k < self->steps; ++k) {
        self->of_step[k] = evaluate_step(self, state, path->step[k], k, gradient != NULL);
    }
    for (size_t k = 0; k < self->steps; ++k) {
        sum += self->of_step[k];
    }
    if (gradient != NULL) {
        collect(self, path->step, gradient);
    }
    return sum;
}

const double *gf_path_action_momentum(const gf_path_action *self) {
    return self->momentum;
}

const double *gf_path_action_density(const gf_path_action *self) {
    return self->density;
}

const double *gf_path_action_of_steps(const gf_path_action *self) {
    return self->of_step;
}

/* sqrt(v . B^-1 v); solution is workspace. */
static double length_of(gf_row *row, size_t size, const double *v, double *solution) {
    memcpy(solution, v, size * sizeof *v);
    return gf_row_solve(row, solution) ? sqrt(fmax(product(size, v, solution), 0)) : NAN;
}

void gf_path_action_measure(gf_path_action *self, const gf_path *path, double *way, double *drift) {
    for (size_t k = 0; k < self->steps; ++k) {
        const double *from = gf_path_state(path, k), *to = gf_path_state(path, k + 1);
        double *v = enter(self, path->state, k);
        gf_row_drift(self->row, v);
        drift[k] = length_of(self->row, self->size, v, v + self->size);
        for (size_t i = 0; i < self->size; ++i) {
            v[i] = to[i] - from[i];
        }
        way[k] = length_of(self->row, self->size, v, v + self->size);
    }
}

void gf_path_action_energy(gf_path_action *self, const gf_path *path, double *energy) {
    (void)gf_path_action_evaluate(self, path, path->state, NULL);
    for (size_t k = 0; k < self->steps; ++k) {
        const double *p = self->momentum + k * self->size;
        double *v = enter(self, path->state, k);
        gf_row_drift(self->row, v); /* p.b + p.B.p/2 = p.b + S/(dt dx) */
        energy[k] = self->spacing * product(self->size, p, v) + self->of_step[k] / path->step[k];
    }
}
