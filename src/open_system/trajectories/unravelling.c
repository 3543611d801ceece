#include "open_system/trajectories/unravelling.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>

/* A = sum of weight L'L, spread over the translations that the weight counts. */
static gf_operator decay_of(const gf_bath *bath) {
    gf_operator all = {0};
    int translations = bath->symmetry.translations;
    for (size_t k = 0; k < bath->count; ++k) {
        gf_operator adjoint = gf_operator_adjoint(&bath->jumps[k].operator);
        gf_operator square = gf_operator_product(&adjoint, &bath->jumps[k].operator);
        for (int l = 0; l < translations; ++l) {
            gf_operator image = gf_symmetry_image(&bath->symmetry, &square, l, 0);
            gf_operator_add(&all, bath->jumps[k].weight / translations, &image);
            gf_operator_free(&image);
        }
        gf_operator_free(&adjoint);
        gf_operator_free(&square);
    }
    return all;
}

static gf_status make_laws(gf_unravelling *self, gf_error *error) {
    gf_operator decay = decay_of(&self->bath);
    gf_status status = decay.exhausted ? gf_fail_memory(error, "the decay of a state")
                                       : gf_no_jump_init(&self->free, &self->basis,
                                                         &self->model->hamiltonian, NULL, 0, error);
    if (status == GF_OK) {
        status = gf_no_jump_init(&self->damped, &self->basis, &self->model->hamiltonian, &decay,
                                 self->epsilon, error);
    }
    gf_operator_free(&decay);
    return status;
}

static gf_status make_jump(gf_unravelling *self, size_t k, gf_error *error) {
    const gf_operator *jump = &self->bath.jumps[k].operator;
    gf_operator magnetization = gf_chain_magnetization(&self->model->chain);
    const gf_operator *charges[GF_CHARGES] = {&magnetization, &self->model->hamiltonian};
    gf_rungs_changes(jump, &self->moves[k][0], &self->moves[k][1]);
    gf_status status = gf_local_operator_init(&self->jump[k], jump, self->basis.sites, error);
    for (int i = 0; i < GF_CHARGES && status == GF_OK; ++i) {
        gf_operator change = gf_operator_commutator(charges[i], jump);
        status = gf_local_operator_init(&self->change[k][i], &change, self->basis.sites, error);
        gf_operator_free(&change);
    }
    gf_operator_free(&magnetization);
    return status;
}

static gf_status make_jumps(gf_unravelling *self, gf_error *error) {
    size_t count = self->bath.count;
    self->jump = calloc(count, sizeof *self->jump);
    self->change = calloc(count, sizeof *self->change);
    self->moves = calloc(count, sizeof *self->moves);
    gf_status status = self->jump != NULL && self->change != NULL && self->moves != NULL
                           ? GF_OK
                           : gf_fail_memory(error, "the jump operators");
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        status = make_jump(self, k, error);
    }
    return status;
}

static gf_status make_transform(gf_unravelling *self, gf_error *error) {
    int translations = self->basis.translations;
    size_t size = self->basis.orbits * (size_t)translations;
    double complex *buffer = fftw_malloc(size * sizeof *buffer);
    self->turn = calloc((size_t)translations, sizeof *self->turn);
    if (buffer != NULL && self->turn != NULL) {
        for (int l = 0; l < translations; ++l) {
            double angle = -2 * M_PI * l / translations;
            self->turn[l] = cos(angle) + sin(angle) * I;
        }
#pragma omp critical(gf_fftw_planner)
        self->plan = fftw_plan_many_dft(1, &translations, (int)self->basis.orbits, buffer, NULL, 1,
                                        translations, buffer, NULL, 1, translations, FFTW_BACKWARD,
                                        FFTW_ESTIMATE);
    }
    fftw_free(buffer);
    return self->plan != NULL ? GF_OK : gf_fail_memory(error, "the momenta after a jump");
}

gf_status gf_unravelling_init(gf_unravelling *self, const gf_model *model, double epsilon,
                              gf_error *error) {
    *self = (gf_unravelling){.model = model, .epsilon = epsilon};
    if (model->chain.sites > GF_UNRAVELLING_MAX_SITES) {
        return gf_fail(error, GF_NO_MEMORY, "%s: trajectories are for up to %d sites, not %d",
                       model->name, GF_UNRAVELLING_MAX_SITES, model->chain.sites);
    }
    gf_status status = gf_bath_init(&self->bath, model, error);
    if (status == GF_OK) {
        status = gf_momentum_basis_init(&self->basis, &self->bath.symmetry, error);
    }
    if (status == GF_OK) {
        status = make_jumps(self, error);
    }
    if (status == GF_OK) {
        status = make_laws(self, error);
    }
    if (status == GF_OK) {
        status = make_transform(self, error);
    }
    if (status != GF_OK) {
        gf_unravelling_free(self);
    }
    return status;
}

void gf_unravelling_free(gf_unravelling *self) {
    for (size_t k = 0; k < self->bath.count; ++k) {
        if (self->jump != NULL) {
            gf_local_operator_free(&self->jump[k]);
        }
        for (int i = 0; i < GF_CHARGES && self->change != NULL; ++i) {
            gf_local_operator_free(&self->change[k][i]);
        }
    }
    free(self->jump);
    free(self->change);
    free(self->moves);
    free(self->turn);
#pragma omp critical(gf_fftw_planner)
    fftw_destroy_plan(self->plan);
    gf_no_jump_free(&self->free);
    gf_no_jump_free(&self->damped);
    gf_momentum_basis_free(&self->basis);
    gf_bath_free(&self->bath);
    *self = (gf_unravelling){0};
}

double gf_unravelling_memory(const gf_model *model, double *worker) {
    double patterns = ldexp(1, model->chain.sites);
    double translations =
        model->chain.periodic ? (double)model->chain.sites / gf_chain_cell(&model->chain) : 1;
    double orbits = patterns / translations;
    double entries = orbits * (double)(model->hamiltonian.count + 1) / 2;
    *worker = 16 * (5 * patterns + (GF_STRETCH_TERMS + 2) * orbits);
    return gf_momentum_basis_memory(model->chain.sites, (int)translations) + 16 * entries +
           48 * orbits;
}
