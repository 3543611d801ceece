#include "transport/request.h"

#include "algebra/current.h"

#include <math.h>
#include <stdlib.h>

/* Nodes as far apart as this over the longest time, or the largest lambda2: see strengths.h. */
static const double STEP = 0.2;
/* Exponents and phases that double precision holds. */
static const double LARGEST_EXPONENT = 600, LARGEST_PHASE = 1e9;

/* --- the chain ------------------------------------------------------------------------------- */

gf_status gf_transport_currents(const gf_model *model, gf_operator currents[GF_CHARGES],
                                gf_error *error) {
    gf_currents densities;
    bool exhausted = false;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        currents[i] = (gf_operator){0};
    }
    gf_status status = gf_currents_derive(&model->chain, &model->hamiltonian, &densities, error);
    if (status != GF_OK) {
        return status;
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        currents[i] = gf_currents_total(&densities, &model->chain, i);
        exhausted = exhausted || currents[i].exhausted;
    }
    gf_currents_free(&densities);
    if (exhausted) {
        gf_transport_free_currents(currents);
        return gf_fail_memory(error, "the currents");
    }
    return GF_OK;
}

gf_status gf_transport_couple(const gf_model *model, const gf_transport_request *request,
                              gf_operator currents[GF_CHARGES], gf_current_couple *couple,
                              gf_error *error) {
    bool others = request != NULL && request->operators[0] != NULL;
    gf_status status =
        others || currents[0].count > 0 ? GF_OK : gf_transport_currents(model, currents, error);
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        couple->operators[i] = others ? request->operators[i] : &currents[i];
    }
    return status;
}

void gf_transport_free_currents(gf_operator currents[GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_operator_free(&currents[i]);
    }
}

double gf_transport_largest_lambda2(const gf_transport_request *request) {
    double largest = 0;
    for (size_t p = 0; p < request->points; ++p) {
        largest = fmax(largest, fabs(request->lambda[p][GF_ENERGY]));
    }
    return largest;
}

gf_strength_grid gf_transport_grid(const gf_model *model, const gf_transport_request *request) {
    double lambda2 = gf_transport_largest_lambda2(request);
    double whole = gf_operator_size(&model->hamiltonian) * model->chain.sites;
    whole = whole > 0 ? whole : 1;
    return request->exact
               ? (gf_strength_grid){0}
               : (gf_strength_grid){
                     .energy = fmin(whole, STEP / lambda2),
                     .frequency = fmin(whole, fmin(STEP / request->time.to, 2 * STEP / lambda2))};
}

/* Whether both rings are pieces of one chain. A term that spans more than half of a ring may reach
 * around the other way, and then belongs to another. Nothing of the kind happens to open chains. */
static gf_status is_same_chain(const gf_model *model, const gf_model *smaller, bool *result,
                               gf_error *error) {
    gf_currents here = {0}, there = {0};
    gf_status status = gf_currents_derive(&smaller->chain, &smaller->hamiltonian, &there, error);
    if (status == GF_OK) {
        status = gf_currents_derive(&model->chain, &model->hamiltonian, &here, error);
    }
    *result = status == GF_OK && (!model->chain.periodic ||
                                  gf_operator_equal(&here.hamiltonian, &there.hamiltonian, NULL));
    gf_currents_free(&here);
    gf_currents_free(&there);
    return status == GF_INVALID ? GF_OK : status;
}

gf_status gf_transport_smaller(const gf_model *model, gf_model **smaller, gf_error *error) {
    int cell = gf_chain_cell(&model->chain), step = cell % 2 == 0 ? cell : 2 * cell;
    bool same = false;
    *smaller = NULL;
    if (model->chain.sites - step < 2 ||
        gf_model_resize(model, model->chain.sites - step, model->chain.periodic, smaller, NULL) !=
            GF_OK) {
        return GF_OK;
    }
    (*smaller)->no_symmetry = model->no_symmetry;
    gf_status status = is_same_chain(model, *smaller, &same, error);
    if (!same) {
        gf_model_free(*smaller);
        *smaller = NULL;
    }
    return status;
}

gf_status gf_transport_check_range(const gf_transport_request *request, double range,
                                   gf_error *error) {
    double lambda2 = gf_transport_largest_lambda2(request);
    if (lambda2 * range / 2 > LARGEST_EXPONENT) {
        return gf_fail(error, GF_INVALID,
                       "lambda2 up to %g times energies up to about %.3g is beyond what double "
                       "precision holds; use smaller ones",
                       lambda2, range / 2);
    }
    return request->time.to * range <= LARGEST_PHASE
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "phases of energies up to about %.3g are lost to rounding at the time %g; "
                         "use a shorter one",
                         range / 2, request->time.to);
}

/* --- questions ------------------------------------------------------------------------------- */

size_t gf_transport_same_model(const gf_transport_question *questions, size_t count) {
    size_t same = 1;
    while (same < count && questions[same].model == questions[0].model) {
        ++same;
    }
    return same;
}

gf_status gf_transport_list_questions(const gf_model *model, const gf_transport_request *request,
                                      gf_transport_question questions[2], size_t *count,
                                      gf_model **smaller, gf_error *error) {
    *smaller = NULL;
    gf_status status = request->compare ? gf_transport_smaller(model, smaller, error) : GF_OK;
    questions[0] = (gf_transport_question){model, *request};
    questions[1] = (gf_transport_question){*smaller, *request};
    *count = *smaller != NULL ? 2 : 1;
    return status;
}

/* --- the result ------------------------------------------------------------------------------ */

gf_status gf_transport_start(const gf_model *model, const gf_transport_request *request,
                             const char *method, gf_transport **result, gf_error *error) {
    gf_status status = gf_transport_create(request->points, request->time.points, result, error);
    if (status != GF_OK) {
        return status;
    }
    gf_transport *self = *result;
    self->method = method;
    self->form = request->form;
    self->exact = request->exact;
    self->sites = model->chain.sites;
    for (size_t t = 0; t < self->times; ++t) {
        self->time[t] = gf_axis_value(&request->time, t);
    }
    for (size_t p = 0; p < self->points; ++p) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            self->lambda[p][i] = request->lambda[p][i];
        }
    }
    return GF_OK;
}

size_t gf_transport_group(const gf_transport *result, size_t *order, size_t *begins) {
    size_t groups = 0, listed = 0;
    for (size_t p = 0; p < result->points; ++p) {
        bool seen = false;
        for (size_t q = 0; q < p && !seen; ++q) {
            seen = result->lambda[q][GF_ENERGY] == result->lambda[p][GF_ENERGY];
        }
        if (!seen) {
            begins[groups++] = listed;
            for (size_t q = p; q < result->points; ++q) {
                if (result->lambda[q][GF_ENERGY] == result->lambda[p][GF_ENERGY]) {
                    order[listed++] = q;
                }
            }
        }
    }
    begins[groups] = listed;
    return groups;
}

void gf_transport_compare(gf_transport *self, const gf_transport *smaller) {
    self->compared = smaller != NULL ? smaller->sites : 0;
    for (size_t row = 0; row < self->points * self->times; ++row) {
        for (size_t k = 0; k < GF_TRANSPORT_MATRIX; ++k) {
            double apart = NAN, integral = NAN;
            if (smaller != NULL) {
                apart = fabs(self->correlation[row][k] - smaller->correlation[row][k]);
                integral = fabs(self->onsager[row][k] - smaller->onsager[row][k]);
            }
            self->correlation_error[row][k] = apart + self->correlation_scatter[row][k];
            self->onsager_error[row][k] = integral + self->onsager_scatter[row][k];
            self->smaller_onsager[row][k] = smaller != NULL ? smaller->onsager[row][k] : NAN;
        }
    }
}
