#include "langevin/equation/equation.h"

#include <math.h>

/* diffusion_scale belongs to the file that D is read from: a run shifts it before. */
static const char *const parameters[] = {"epsilon", "diffusion", "diffusion_scale", NULL};

/* A number for the diffusion, unless NAN, stands for a multiple of the unit matrix everywhere. */
static void set_diffusion(gf_hydrodynamics *self, double number) {
    if (isnan(number)) {
        return;
    }
    self->law = GF_TRANSPORT_CONSTANT;
    for (int i = 0; i < GF_CHARGES; ++i) {
        for (int k = 0; k < GF_CHARGES; ++k) {
            self->transport[i][k] = i == k ? number : 0;
        }
    }
}

static gf_status check_transport(const gf_hydrodynamics *self, gf_error *error) {
    const double(*d)[2] = self->transport;
    double trace = d[0][0] + d[1][1], det = d[0][0] * d[1][1] - d[0][1] * d[1][0];
    bool onsager = self->law == GF_TRANSPORT_ONSAGER;
    if (self->law != GF_TRANSPORT_CONSTANT && !onsager) { /* D was checked when it was read */
        return GF_OK;
    }
    if (onsager && (d[0][1] < d[1][0] || d[0][1] > d[1][0])) {
        return gf_fail(error, GF_INVALID, "an Onsager matrix is symmetric; this has %g and %g",
                       d[0][1], d[1][0]);
    }
    return trace > 0 && det > 0
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "the %s matrix must have eigenvalues with positive real parts; its trace "
                         "is %g, its determinant %g",
                         onsager ? "Onsager" : "diffusion", trace, det);
}

/* Where C is far from vanishing, at the points of rest, D = sigma C^-1 must not be reduced. */
static gf_status check_onsager(const gf_hydrodynamics *self, gf_error *error) {
    const double *const points[] = {self->minus, self->saddle, self->plus};
    const double(*s)[2] = self->transport;
    for (int i = 0; i < 3 && self->law == GF_TRANSPORT_ONSAGER; ++i) {
        const double *q = points[i];
        float v[1][GF_SURFACE_VALUES];
        if (!isfinite(q[0])) {
            continue;
        }
        (void)self->medium.evaluate(self->medium.context, 1, &q[0], &q[1], v);
        double c[GF_PAIRS];
        for (int k = 0; k < GF_PAIRS; ++k) {
            c[k] = (double)v[0][GF_SURFACE_SUSCEPTIBILITY + k];
        }
        double trace =
            (s[0][0] * c[2] - 2 * s[0][1] * c[1] + s[1][1] * c[0]) / (c[0] * c[2] - c[1] * c[1]);
        if (trace > self->largest) {
            return gf_fail(error, GF_INVALID,
                           "the time step is too long: D = sigma C^-1 has the trace %.4g at m = "
                           "%.4g, e = %.4g, and must stay below dx^2/(4 dt) = %.4g",
                           trace, q[0], q[1], self->largest);
        }
    }
    return GF_OK;
}

static gf_status prepare(const double *parameter, const gf_noise_strength *noise,
                         gf_dynamics *dynamics, gf_error *error) {
    gf_hydrodynamics *h = &dynamics->hydrodynamics;
    double epsilon = parameter[0], faces = noise->cutoff / dynamics->spacing;
    bool rows = h->law != GF_TRANSPORT_NONE;
    if (!(epsilon > 0)) {
        return gf_fail(error, GF_INVALID, "epsilon = %g; expected a positive number", epsilon);
    }
    if (rows && (faces < 1 - 1e-6 || fabs(faces - round(faces)) > 1e-6 * faces)) {
        return gf_fail(error, GF_INVALID,
                       "the cutoff of %g must be a whole multiple of the spacing %g", noise->cutoff,
                       dynamics->spacing);
    }
    h->epsilon = epsilon;
    h->drive = noise->drive;
    h->thermal = noise->thermal;
    h->filter = rows ? (size_t)round(faces) : 1;
    set_diffusion(h, parameter[1]);
    dynamics->order = h->bistable ? (h->plus[0] - h->minus[0]) / 2 : NAN;
    dynamics->middle = h->bistable ? (h->plus[0] + h->minus[0]) / 2 : 0;
    gf_status status = check_transport(h, error);
    return status == GF_OK ? check_onsager(h, error) : status;
}

const gf_equation gf_equation_hydrodynamics = {.name = "hydrodynamics",
                                               .parameters = parameters,
                                               .fields = GF_CHARGES,
                                               .has_space = true,
                                               .prepare = prepare};
