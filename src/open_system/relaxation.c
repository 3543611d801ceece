#include "open_system/solution.h"

#include "base/workspace.h"
#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"
#include "spectrum/spectrum.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

enum { TIMES = 121, STEPS = 120 };

/* --- the start ------------------------------------------------------------------------------- */

/* x of a Gibbs state; its weights relative to exp(-reference). */
static double fill_gibbs(const gf_solution *self, const gf_part *part, double reference,
                         double *x) {
    const double *lambda = self->rates->lambda;
    double sum = 0;
    for (size_t i = 0; i < part->count; ++i) {
        const gf_variable *v = &part->variable[i];
        double m = gf_variable_magnetization(&self->generator, v);
        double weight = gf_variable_states(&self->generator, v) *
                        exp(reference - lambda[1] * gf_variable_energy(&self->generator, v));
        double plus = weight * exp(-lambda[0] * m), minus = weight * exp(lambda[0] * m);
        x[i] = 0;
        if (!v->regular || v->imaginary) {
            continue;
        }
        x[i] = part->kind == GF_PART_ALL   ? plus
               : part->kind == GF_PART_ODD ? (plus - minus) / 2
                                           : (plus + minus) / 2;
        sum += gf_variable_is_population(v) ? x[i] : 0;
    }
    return sum;
}

static double find_reference(const gf_solution *self) {
    const gf_rates *rates = self->rates;
    double least = INFINITY;
    for (size_t n = 0; n < rates->levels; ++n) {
        double m = rates->magnetization[n] * rates->lambda[0];
        m = rates->folded ? -fabs(m) : m;
        least = fmin(least, m + rates->lambda[1] * rates->energy[n]);
    }
    return least;
}

static gf_status find_lambda(gf_solution *self, const gf_rates_request *request, gf_error *error) {
    gf_spectrum *spectrum = NULL;
    gf_gibbs *gibbs = NULL;
    double *lambda = self->rates->lambda;
    lambda[0] = request->start[0];
    lambda[1] = request->start[1];
    if (!request->by_density) {
        return GF_OK;
    }
    double *rates = calloc(self->model->channel_count + 1, sizeof *rates);
    gf_status status = rates != NULL ? gf_spectrum_compute(self->model, NULL, &spectrum, error)
                                     : gf_fail_memory(error, "the spectrum");
    if (status == GF_OK) {
        status = gf_gibbs_create(spectrum, rates, &gibbs, error);
    }
    lambda[0] = lambda[1] = 0;
    if (status == GF_OK && !gf_gibbs_invert(gibbs, request->start, lambda)) {
        status = gf_fail(error, GF_INVALID,
                         "no Gibbs state of %s has m = %g, e = %g: this is outside the reachable "
                         "densities, or on their border",
                         self->model->name, request->start[0], request->start[1]);
    }
    gf_gibbs_free(gibbs);
    gf_spectrum_free(spectrum);
    free(rates);
    return status;
}

/* --- in time --------------------------------------------------------------------------------- */

/* The rate around which a relaxation happens: what one site does. */
static double pole(const gf_solution *self, const gf_part *part) {
    return 2 * gf_modes_scale(part) / self->rates->sites;
}

static void add_stationary(const gf_part *part, const gf_components *components,
                           const double *states, const double *x, const double *observable,
                           size_t count, double *value) {
    for (size_t s = 0; s < components->count; ++s) {
        const double *state = states + s * part->count;
        double trace = 0, mean = cblas_ddot((blasint)part->count, observable, 1, state, 1);
        for (size_t i = 0; i < part->count; ++i) {
            trace += components->of[i] == (int)s ? components->trace[i] * x[i] : 0;
        }
        for (size_t t = 0; t < count; ++t) {
            value[t] += trace * mean;
        }
    }
}

/* What one part adds; x is its start, work[4][variables]. */
static gf_status relax_part(gf_solution *self, size_t p, const double *x, double *work,
                            gf_error *error) {
    gf_rates *rates = self->rates;
    const gf_part *part = &self->generator.part[p];
    size_t n = part->count;
    double *observable[3] = {work, work + n, work + 2 * n}, *moving = work + 3 * n;
    double shift = pole(self, part), decay[TIMES];
    gf_rung_matrix factors;
    gf_modes modes;
    gf_solution_observables(self, part, observable[0], observable[1], observable[2]);
    gf_rung_matrix_multiply(&part->rates, false, x, moving);
    rates->slope[0] += cblas_ddot((blasint)n, observable[0], 1, moving, 1);
    rates->slope[1] += cblas_ddot((blasint)n, observable[1], 1, moving, 1);
    gf_status status = gf_rung_matrix_factor(&part->rates, shift, &factors, error);
    if (status != GF_OK) {
        return status;
    }
    status = gf_modes_find(&modes, part, &self->components[p], self->states[p], &factors, shift, x,
                           STEPS, error);
    gf_rung_matrix_free(&factors);
    for (int k = 0; k < 3 && status == GF_OK; ++k) {
        add_stationary(part, &self->components[p], self->states[p], x, observable[k], rates->times,
                       rates->relaxing[k]);
        status = gf_modes_decay(&modes, observable[k], rates->time, rates->times, decay, error);
        for (size_t t = 0; t < rates->times && status == GF_OK; ++t) {
            rates->relaxing[k][t] += decay[t];
        }
    }
    gf_modes_free(&modes);
    return status;
}

static gf_status set_times(gf_rates *self, double end, gf_error *error) {
    self->time = calloc(TIMES, sizeof *self->time);
    for (int k = 0; k < 3; ++k) {
        self->relaxing[k] = calloc(TIMES, sizeof *self->relaxing[k]);
    }
    if (self->time == NULL || self->relaxing[0] == NULL || self->relaxing[1] == NULL ||
        self->relaxing[2] == NULL) {
        return gf_fail_memory(error, "the relaxation");
    }
    double slowest = self->gaps > 0 && self->gap[0].rate > 0 ? self->gap[0].rate : 1;
    end = end > 0 ? end : 5 / slowest;
    self->times = TIMES;
    for (size_t t = 0; t < TIMES; ++t) { /* closer at the beginning */
        double part = (double)t / (TIMES - 1);
        self->time[t] = end * part * part;
    }
    return GF_OK;
}

gf_status gf_solution_relax(gf_solution *self, const gf_rates_request *request, gf_error *error) {
    gf_status status = find_lambda(self, request, error);
    size_t most = 0;
    double sum = 0, *x[3] = {NULL, NULL, NULL}, *work = NULL;
    if (status == GF_OK) {
        status = set_times(self->rates, request->end, error);
    }
    double reference = status == GF_OK ? find_reference(self) : 0;
    for (size_t p = 0; p < self->generator.parts && status == GF_OK; ++p) {
        const gf_part *part = &self->generator.part[p];
        x[p] = gf_workspace_alloc(part->count, 1, sizeof **x);
        most = part->count > most ? part->count : most;
        if (x[p] == NULL) {
            status = gf_fail_memory(error, "the relaxation");
        } else {
            sum += fill_gibbs(self, part, reference, x[p]);
        }
    }
    work = gf_workspace_alloc(4 * most, 1, sizeof *work);
    for (size_t p = 0; p < self->generator.parts && status == GF_OK; ++p) {
        size_t n = self->generator.part[p].count;
        cblas_dscal((blasint)n, 1 / sum, x[p], 1);
        if (n > 0) {
            status = work != NULL ? relax_part(self, p, x[p], work, error)
                                  : gf_fail_memory(error, "the relaxation");
        }
    }
    for (size_t p = 0; p < 3; ++p) {
        gf_workspace_free(x[p]);
    }
    gf_workspace_free(work);
    return status;
}
