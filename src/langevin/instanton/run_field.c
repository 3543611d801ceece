#include "langevin/instanton/run_field.h"

#include "base/matrix.h"
#include "langevin/instanton/cubic_field.h"
#include "langevin/run/kind.h"

#include <math.h>
#include <string.h>

enum { F = GF_CHARGES };

void gf_run_field_free(gf_run_field *self) {
    gf_surface_free(self->surface);
    self->surface = NULL;
}

const char *gf_run_field_law(const gf_run *run) {
    return !run->equation->has_space ? "exp(-c)"
           : run->blocks             ? "exp(-c sites)"
                                     : "exp(-c/sqrt(epsilon))";
}

bool gf_run_field_varies(const gf_run *run) {
    return !(run->equation->has_space && run->swept == 0);
}

static gf_status check_noise(const gf_run *run, double drive, double thermal, gf_error *error) {
    if (!(drive > 0 || thermal > 0)) {
        return gf_fail(error, GF_INVALID,
                       "a run without noise makes no walls: a least action needs noise: "
                       "drive%s and, in space, thermal%s",
                       run->equation->fields > 1 ? "_scale" : "",
                       run->equation->fields > 1 ? "_scale" : "");
    }
    return drive > 0
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "conserved noise alone keeps the sum of the field to what the force makes "
                         "of it, and this least action is not implemented: it needs a drive, small "
                         "perhaps");
}

/* --- one field ------------------------------------------------------------------------------- */

static void set_cubic(const gf_run *run, const gf_dynamics *dynamics, gf_run_field *self) {
    self->scalar = dynamics->scalar;
    self->field = gf_cubic_field(&self->scalar, run->equation->has_space);
    self->minus[0] = -dynamics->order;
    self->plus[0] = dynamics->order;
    self->saddles = 1;
    self->saddle[0][0] = 0;
    self->pace = (gf_pace){.slow = self->scalar.linear, .fast = 2 * self->scalar.linear};
    self->width = sqrt(2 * self->scalar.diffusion / self->scalar.linear);
}

static gf_status make_cubic(const gf_run *run, size_t point, gf_run_field *self, gf_error *error) {
    double parameters[GF_RUN_MAX_PARAMETERS];
    gf_noise_strength noise = run->noise;
    bool has_space = run->equation->has_space;
    gf_dynamics dynamics = {.equation = run->equation, .spacing = has_space ? run->spacing : 1};
    memcpy(parameters, run->parameters, sizeof parameters);
    parameters[run->swept] = run->sweep[point];
    parameters[0] = has_space ? 1 : parameters[0]; /* epsilon; the particle's alpha stays */
    noise.renormalised = false;
    gf_status status = run->equation->prepare(parameters, &noise, &dynamics, error);
    if (status == GF_OK) {
        status = check_noise(run, dynamics.scalar.drive, dynamics.scalar.thermal, error);
    }
    if (status == GF_OK) {
        set_cubic(run, &dynamics, self);
    }
    return status;
}

/* --- two fields ------------------------------------------------------------------------------ */

/* The points of rest: the outermost stable ones, all saddles between them in m, rates. */
static gf_status locate(const gf_run *run, gf_run_field *self, double *growth, gf_error *error) {
    enum { MOST = 64 };
    gf_surface_fixed_point points[MOST];
    size_t count = gf_surface_find_fixed_points(self->surface, MOST, points), stable = 0;
    self->pace = (gf_pace){.slow = INFINITY};
    for (size_t k = 0; k < count; ++k) { /* they come by magnetisation */
        if (points[k].stable) {
            memcpy(stable == 0 ? self->minus : self->plus, points[k].density, sizeof self->plus);
            ++stable;
        } else if (points[k].saddle && stable > 0 && self->saddles < GF_RUN_FIELD_SADDLES) {
            memcpy(self->saddle[self->saddles++], points[k].density, sizeof self->plus);
            *growth = points[k].eigenvalue[1][0];
        }
        for (int i = 0; i < F && (points[k].stable || points[k].saddle); ++i) {
            double rate = fabs(points[k].eigenvalue[i][0]);
            self->pace.slow = fmin(self->pace.slow, rate);
            self->pace.fast = fmax(self->pace.fast, rate);
        }
    }
    return stable >= 2 && self->saddles > 0
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "the force of %s has %zu stable state%s and so nothing to nucleate: two, "
                         "with a saddle between them, are needed",
                         run->medium.table, stable, stable == 1 ? "" : "s");
}

/* D at a saddle, its larger diagonal element: enough for the width of a first guess. */
static double diffusion_at(const gf_run_field *self) {
    gf_field_transport transport;
    self->field.transport(self->field.context, 1, self->saddle[0], &transport);
    return fmax(transport.diffusion[0][0], transport.diffusion[1][1]);
}

static gf_status make_medium(const gf_run *run, size_t point, gf_run_field *self, gf_error *error) {
    gf_dynamics dynamics;
    double growth = 0;
    gf_status status = gf_run_dynamics(run, point, &dynamics, error);
    if (status == GF_OK) {
        status = check_noise(run, run->noise.drive, run->blocks ? 0 : run->noise.thermal, error);
    }
    if (status == GF_OK) {
        status = gf_surface_read(run->medium.table, &run->medium.rates, 0, &self->surface, error);
    }
    if (status == GF_OK) {
        status = locate(run, self, &growth, error);
    }
    if (status != GF_OK) {
        return status;
    }
    const gf_hydrodynamics *h = &dynamics.hydrodynamics;
    self->medium = (gf_medium_field){.surface = self->surface,
                                     .law = h->law,
                                     .diffusion = h->diffusion,
                                     .drive = run->noise.drive,
                                     .thermal = run->noise.thermal};
    memcpy(self->medium.transport, h->transport, sizeof h->transport);
    self->field = gf_medium_field_make(&self->medium);
    self->width = self->field.has_space ? sqrt(2 * diffusion_at(self) / growth) : 1;
    return GF_OK;
}

gf_status gf_run_field_make(const gf_run *run, size_t point, gf_run_field *self, gf_error *error) {
    *self = (gf_run_field){.saddles = 0};
    gf_status status = run->equation->fields > 1 ? make_medium(run, point, self, error)
                                                 : make_cubic(run, point, self, error);
    if (status != GF_OK) {
        gf_run_field_free(self);
    }
    return status;
}
