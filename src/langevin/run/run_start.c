/* The states that realisations start from. */
#include "gibbsflow/run.h"

#include "langevin/run/run_parser.h"

#include <math.h>
#include <string.h>

static void fill_random(gf_lattice *lattice, double width) {
    for (size_t start = 0; start < lattice->cells; start += GF_RANDOM_BLOCK) {
        float normal[GF_RANDOM_BLOCK];
        gf_random_normal(&lattice->noise, GF_RANDOM_START, 0, (uint32_t)(start / GF_RANDOM_BLOCK),
                         normal);
        for (size_t i = 0; i < GF_RANDOM_BLOCK && start + i < lattice->cells; ++i) {
            lattice->state[start + i] = width * (double)normal[i];
        }
    }
}

/* Whether position r of a wall, or of domains that alternate, lies on the upper side. */
static bool lies_up(const gf_run *self, gf_profile profile, double r) {
    return profile == GF_PROFILE_WALL ? r > self->length / 2
                                      : fmod(floor(r / self->domain_length), 2) < 1;
}

static double position(const gf_run *self, size_t cell) {
    return ((double)cell + 0.5) * self->spacing;
}

static void fill(const gf_run *self, gf_profile profile, gf_lattice *lattice) {
    double value = self->amplitude * lattice->dynamics.order;
    if (profile == GF_PROFILE_RANDOM) {
        fill_random(lattice, value);
        return;
    }
    for (size_t i = 0; i < lattice->cells; ++i) {
        bool up = profile == GF_PROFILE_UNIFORM || lies_up(self, profile, position(self, i));
        lattice->state[i] = up ? value : -value;
    }
}

/* --- two fields ------------------------------------------------------------------------------ */

/* Domains of either stable point, drawn for every stretch. */
static bool draws_up(const gf_run *self, const gf_lattice *lattice, size_t cell) {
    float normal[GF_RANDOM_BLOCK];
    size_t stretch = (size_t)(position(self, cell) / self->domain_length);
    gf_random_normal(&lattice->noise, GF_RANDOM_START, 0, (uint32_t)(stretch / GF_RANDOM_BLOCK),
                     normal);
    return normal[stretch % GF_RANDOM_BLOCK] > 0;
}

static gf_status find_start(const gf_run *self, gf_profile profile, const gf_hydrodynamics *h,
                            const double **everywhere, gf_error *error) {
    const double *const named[] = {h->saddle, h->plus, h->minus};
    *everywhere = profile == GF_PROFILE_UNIFORM       ? self->density
                  : profile == GF_PROFILE_FIXED_POINT ? named[self->which]
                                                      : NULL;
    bool given = profile == GF_PROFILE_UNIFORM || profile == GF_PROFILE_FIXED_POINT;
    if (!given && !h->bistable) {
        return gf_fail(error, GF_INVALID,
                       "walls and domains need two stable fixed points, and the force of %s has "
                       "not; start uniform",
                       self->table);
    }
    return *everywhere == NULL || isfinite((*everywhere)[0])
               ? GF_OK
               : gf_fail(error, GF_INVALID, "the force of %s has no such fixed point to start from",
                         self->table);
}

gf_status gf_run_check_start(const gf_run *self, gf_profile profile, gf_error *error) {
    const double *everywhere = NULL;
    double values[1][GF_SURFACE_VALUES];
    gf_status status = find_start(self, profile, &self->hydrodynamics, &everywhere, error);
    bool given = status == GF_OK && profile == GF_PROFILE_UNIFORM;
    if (given && gf_surface_evaluate(self->surfaces[0], 1, &self->density[0], &self->density[1],
                                     values) > 0) {
        status = gf_fail(error, GF_INVALID, "no state has the density m = %g, e = %g to start from",
                         self->density[0], self->density[1]);
    }
    return status;
}

static gf_status fill_both(const gf_run *self, gf_profile profile, gf_lattice *lattice,
                           gf_error *error) {
    const gf_hydrodynamics *h = &lattice->dynamics.hydrodynamics;
    const double *everywhere = NULL;
    gf_status status = find_start(self, profile, h, &everywhere, error);
    for (size_t i = 0; i < lattice->cells && status == GF_OK; ++i) {
        const double *here = everywhere;
        if (everywhere == NULL) {
            bool up = profile == GF_PROFILE_RANDOM ? draws_up(self, lattice, i)
                                                   : lies_up(self, profile, position(self, i));
            here = up ? h->plus : h->minus;
        }
        lattice->state[i] = here[0];
        lattice->state[lattice->stride + i] = here[1];
    }
    return status;
}

gf_status gf_run_start(const gf_run *self, size_t point, size_t realisation, gf_lattice *lattice,
                       gf_error *error) {
    gf_dynamics dynamics;
    *lattice = (gf_lattice){0};
    size_t stream = (self->common_noise ? 0 : point) * self->realisations + realisation;
    gf_random noise = {.seed = self->seed, .stream = (uint32_t)stream};
    gf_profile profile = self->starts[realisation % self->start_count];
    gf_status status = gf_run_dynamics(self, point, &dynamics, error);
    if (status == GF_OK) {
        status = gf_lattice_init(lattice, &dynamics, self->integrator, self->cells, self->boundary,
                                 self->step, noise, error);
    }
    if (status == GF_OK && self->equation->fields == 2) {
        return fill_both(self, profile, lattice, error);
    }
    if (status == GF_OK) {
        fill(self, profile, lattice);
    }
    return status;
}
