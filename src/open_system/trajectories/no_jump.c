#include "open_system/trajectories/no_jump.h"

#include "open_system/trajectories/combine_kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double gf_stretch_reach = 60;

/* --- H_eff ----------------------------------------------------------------------------------- */

/* Range of a Hermitian operator that keeps translations. */
static gf_status find_range(const gf_momentum_basis *basis, const gf_operator *operator,
                            double range[2], gf_error *error) {
    gf_momentum_operator rows;
    gf_status status = gf_momentum_operator_init(&rows, basis, operator, error);
    if (status == GF_OK) {
        status = gf_momentum_operator_range(&rows, range, error);
        gf_momentum_operator_free(&rows);
    }
    return status;
}

gf_status gf_no_jump_init(gf_no_jump *self, const gf_momentum_basis *basis,
                          const gf_operator *hamiltonian, const gf_operator *decay, double epsilon,
                          gf_error *error) {
    double range[2] = {0}, decays[2] = {0};
    *self = (gf_no_jump){0};
    gf_status status = find_range(basis, hamiltonian, range, error);
    gf_operator all = gf_operator_scaled(hamiltonian, 1);
    if (status == GF_OK && decay != NULL) {
        status = find_range(basis, decay, decays, error);
        gf_operator_add(&all, -0.5 * epsilon * I, decay);
    }
    double spread = epsilon * (decays[1] - decays[0]) / 4;
    self->centre = (range[0] + range[1]) / 2 - epsilon * (decays[0] + decays[1]) / 4 * I;
    /* off the real axis T_n grows, least where the axis is far from its ends */
    self->width = fmax((range[1] - range[0]) / 2 + spread, 1e-8);
    self->longest = fmin(gf_stretch_reach / self->width, spread > 0 ? 3 / spread : INFINITY);
    if (status == GF_OK) {
        status = gf_momentum_operator_init(&self->step, basis, &all, error);
    }
    if (status == GF_OK) {
        gf_momentum_operator_rescale(&self->step, self->centre, 2 / self->width);
    }
    gf_operator_free(&all);
    return status;
}

void gf_no_jump_free(gf_no_jump *self) {
    gf_momentum_operator_free(&self->step);
    *self = (gf_no_jump){0};
}

/* --- Bessel functions ------------------------------------------------------------------------ */

/* (2 - delta_n0) J_n(z), or the same of exp(-z) I_n(z), for n < count: Miller's recurrence
 * downwards from where they vanish, normalised with J_0 + 2 sum J_2k = 1, or I_0 + 2 sum I_n =
 * exp(z). z >= 0. */
static void fill_bessel(bool modified, double z, size_t count, double *value) {
    double next = 0, now = 1e-280, sum = 0;
    memset(value, 0, count * sizeof *value);
    if (z < 1e-12) {
        value[0] = 1;
        return;
    }
    size_t start = count + 40 + (size_t)z;
    for (size_t n = start; n-- > 0;) {
        double before = 2 * (double)(n + 1) / z * now + (modified ? next : -next);
        next = now;
        now = before;
        if (n < count) {
            value[n] = n > 0 ? 2 * now : now;
        }
        sum += n == 0 ? now : modified || n % 2 == 0 ? 2 * now : 0;
        if (fabs(now) > 1e200) {
            next *= 1e-200;
            now *= 1e-200;
            sum *= 1e-200;
            for (size_t k = n; k < count; ++k) {
                value[k] *= 1e-200;
            }
        }
    }
    for (size_t n = 0; n < count; ++n) {
        value[n] /= sum;
    }
}

/* How many terms do for z. */
static size_t terms_for(const double *value) {
    size_t terms = GF_STRETCH_TERMS;
    while (terms > 2 && fabs(value[terms - 1]) < GF_NO_JUMP_TOLERANCE / 4) {
        --terms;
    }
    return terms;
}

/* --- a stretch ------------------------------------------------------------------------------- */

gf_status gf_stretch_init(gf_stretch *self, const gf_momentum_basis *basis, gf_error *error) {
    *self = (gf_stretch){.size = basis->orbits};
    self->vector = calloc(basis->orbits * GF_STRETCH_TERMS, sizeof *self->vector);
    return self->vector != NULL ? GF_OK : gf_fail_memory(error, "a stretch between jumps");
}

void gf_stretch_free(gf_stretch *self) {
    free(self->vector);
    *self = (gf_stretch){0};
}

/* <a|b> on the rungs. */
static double complex product(const gf_stretch *self, const double complex *a,
                              const double complex *b) {
    const gf_momentum_basis *basis = self->law->step.basis;
    double complex sum = 0;
    for (int up = 0; up <= basis->sites; ++up) {
        for (size_t i = basis->first[up]; (self->rungs >> up & 1) != 0 && i < basis->first[up + 1];
             ++i) {
            sum += conj(a[i]) * b[i];
        }
    }
    return sum;
}

static void add_term(gf_stretch *self) {
    double complex *v = self->vector + self->terms * self->size;
    gf_momentum_operator_apply(&self->law->step, self->momentum, self->rungs, v - self->size,
                               self->terms > 1 ? v - 2 * self->size : NULL, v);
    ++self->terms;
}

double gf_stretch_begin(gf_stretch *self, const gf_no_jump *law, int momentum, gf_rungs rungs,
                        const double complex *psi) {
    const gf_momentum_basis *basis = law->step.basis;
    self->law = law;
    self->momentum = momentum;
    self->rungs = rungs;
    self->terms = 1;
    double complex *v = self->vector;
    for (int up = 0; up <= basis->sites; ++up) {
        size_t from = basis->first[up], count = basis->first[up + 1] - from;
        if ((rungs >> up & 1) != 0) {
            memcpy(v + from, psi + from, count * sizeof *v);
        }
    }
    add_term(self); /* 2 B psi */
    for (int up = 0; up <= basis->sites; ++up) {
        for (size_t i = basis->first[up]; (rungs >> up & 1) != 0 && i < basis->first[up + 1]; ++i) {
            v[self->size + i] /= 2;
        }
    }
    double complex mean = law->width * product(self, v, v + self->size) / product(self, v, v);
    return -2 * cimag(law->centre + mean);
}

void gf_stretch_extend(gf_stretch *self, double time) {
    double value[GF_STRETCH_TERMS];
    fill_bessel(false, self->law->width * time, GF_STRETCH_TERMS, value);
    size_t wanted = terms_for(value);
    while (self->terms < wanted) {
        add_term(self);
    }
}

double gf_stretch_at(const gf_stretch *self, double time, double complex *psi) {
    static const double complex turn[4] = {1, -I, -1, I};
    double value[GF_STRETCH_TERMS];
    double complex factor[GF_STRETCH_TERMS];
    fill_bessel(false, self->law->width * time, GF_STRETCH_TERMS, value);
    double complex phase = cexp(-I * self->law->centre * time);
    for (size_t n = 0; n < self->terms; ++n) {
        factor[n] = phase * turn[n % 4] * value[n];
    }
    size_t terms = terms_for(value);
    return gf_combine(self->law->step.basis, self->rungs, terms < self->terms ? terms : self->terms,
                      factor, self->vector, psi);
}

/* One stretch of it. */
static double cool_once(gf_stretch *self, double x, double complex *psi) {
    double value[GF_STRETCH_TERMS], z = fabs(x) * self->law->width;
    double complex factor[GF_STRETCH_TERMS];
    fill_bessel(true, z, GF_STRETCH_TERMS, value);
    size_t wanted = terms_for(value);
    while (self->terms < wanted) {
        add_term(self);
    }
    for (size_t n = 0; n < wanted; ++n) {
        factor[n] = x > 0 && n % 2 == 1 ? -value[n] : value[n];
    }
    double norm =
        sqrt(gf_combine(self->law->step.basis, self->rungs, wanted, factor, self->vector, psi));
    gf_scale(self->law->step.basis, self->rungs, 1 / norm, psi);
    return log(norm) + z - x * creal(self->law->centre);
}

double gf_stretch_cool(gf_stretch *self, const gf_no_jump *law, int momentum, gf_rungs rungs,
                       double x, double complex *psi) {
    int times = (int)ceil(fabs(x) * law->width / gf_stretch_reach);
    double sum = 0;
    for (int k = 0; k < times; ++k) {
        (void)gf_stretch_begin(self, law, momentum, rungs, psi);
        sum += cool_once(self, x / times, psi);
    }
    return sum;
}

void gf_no_jump_measure(const gf_no_jump *law, int momentum, gf_rungs rungs,
                        const double complex *psi, double complex *scratch, double *norm,
                        double *energy) {
    const gf_momentum_basis *basis = law->step.basis;
    gf_momentum_operator_apply(&law->step, momentum, rungs, psi, NULL, scratch);
    for (int up = 0; up <= basis->sites; ++up) {
        norm[up] = energy[up] = 0;
        for (size_t i = basis->first[up]; (rungs >> up & 1) != 0 && i < basis->first[up + 1]; ++i) {
            norm[up] += creal(psi[i]) * creal(psi[i]) + cimag(psi[i]) * cimag(psi[i]);
            energy[up] += creal(psi[i]) * creal(scratch[i]) + cimag(psi[i]) * cimag(scratch[i]);
        }
        energy[up] = creal(law->centre) * norm[up] + law->width / 2 * energy[up];
    }
}
