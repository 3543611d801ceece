#include "fixed_points/basins.h"

#include "base/tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TOLERANCE = 1e-4;   /* of a step, in the units of `scale` */
static const double LONGEST_STEP = 0.1; /* likewise */
static const double ARRIVAL = 0.01;     /* at a stable point, or less if others are near */
static const double BORDER_ARRIVAL = 1e-4;

enum { MAX_STEPS = 500, CHUNK = 256 };

typedef struct basins {
    const gf_surface *surface;
    const gf_fixed_points *points;
    double scale[GF_CHARGES]; /* of the densities: the extent of the region */
    double *arrival;          /* [points]: closer than this is there; 0: nothing comes there */
    size_t count;
    const double (*density)[GF_CHARGES];
    int *basin;
} basins;

static double distance(const basins *self, const double a[GF_CHARGES], const double b[GF_CHARGES]) {
    return hypot((a[0] - b[0]) / self->scale[0], (a[1] - b[1]) / self->scale[1]);
}

static int arrived(const basins *self, const double q[GF_CHARGES]) {
    for (size_t p = 0; p < self->points->count; ++p) {
        if (distance(self, q, self->points->points[p].density) < self->arrival[p]) {
            return (int)p;
        }
    }
    return GF_BASIN_NONE;
}

/* Lines under way side by side: the surface is evaluated for many points at once. */
typedef struct lines {
    size_t count, start[CHUNK]; /* the densities that they started from */
    double q[CHUNK][GF_CHARGES], force[CHUNK][GF_CHARGES], step[CHUNK];
} lines;

static void evaluate(const basins *self, size_t count, double (*q)[GF_CHARGES],
                     double (*force)[GF_CHARGES]) {
    double m[CHUNK] = {0}, e[CHUNK] = {0}, values[CHUNK][GF_SURFACE_VALUES];
    for (size_t n = 0; n < count; ++n) {
        m[n] = q[n][0];
        e[n] = q[n][1];
    }
    (void)gf_surface_evaluate(self->surface, count, m, e, values);
    for (size_t n = 0; n < count; ++n) {
        force[n][0] = values[n][GF_SURFACE_FORCE];
        force[n][1] = values[n][GF_SURFACE_FORCE + 1];
    }
}

/* A step of every line with Bogacki and Shampine's pair of orders 3 and 2; one whose error is too
 * large is not taken. */
static void advance(const basins *self, lines *all) {
    static const double origin[GF_CHARGES] = {0, 0};
    double k2[CHUNK][GF_CHARGES], k3[CHUNK][GF_CHARGES], k4[CHUNK][GF_CHARGES];
    double next[CHUNK][GF_CHARGES];
    for (size_t n = 0; n < all->count; ++n) {
        double speed = distance(self, all->force[n], origin);
        all->step[n] = fmin(all->step[n], LONGEST_STEP / speed);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            next[n][i] = all->q[n][i] + all->step[n] * all->force[n][i] / 2;
        }
    }
    evaluate(self, all->count, next, k2);
    for (size_t n = 0; n < all->count; ++n) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            next[n][i] = all->q[n][i] + all->step[n] * 3 * k2[n][i] / 4;
        }
    }
    evaluate(self, all->count, next, k3);
    for (size_t n = 0; n < all->count; ++n) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            next[n][i] = all->q[n][i] +
                         all->step[n] * (2 * all->force[n][i] + 3 * k2[n][i] + 4 * k3[n][i]) / 9;
        }
    }
    evaluate(self, all->count, next, k4);
    for (size_t n = 0; n < all->count; ++n) {
        double difference[GF_CHARGES];
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            difference[i] = all->step[n] * (-5 * all->force[n][i] / 72 + k2[n][i] / 12 +
                                            k3[n][i] / 9 - k4[n][i] / 8);
        }
        double error = distance(self, difference, origin);
        for (size_t i = 0; i < GF_CHARGES && error <= TOLERANCE; ++i) {
            all->q[n][i] = next[n][i];
            all->force[n][i] = k4[n][i];
        }
        all->step[n] *= fmin(3, fmax(0.2, 0.9 * cbrt(TOLERANCE / fmax(error, 1e-300))));
    }
}

/* Takes out the lines that have arrived, or stand still. */
static void take_out(const basins *self, lines *all) {
    size_t left = 0;
    for (size_t n = 0; n < all->count; ++n) {
        int there = arrived(self, all->q[n]);
        self->basin[all->start[n]] = there;
        bool still = all->force[n][0] == 0 && all->force[n][1] == 0;
        if (there == GF_BASIN_NONE && !still) {
            all->start[left] = all->start[n];
            all->step[left] = all->step[n];
            memcpy(all->q[left], all->q[n], sizeof *all->q);
            memcpy(all->force[left], all->force[n], sizeof *all->force);
            ++left;
        }
    }
    all->count = left;
}

static gf_status run_chunk(const void *context, gf_task *task, gf_error *error) {
    const basins *self = context;
    size_t from = task->index * CHUNK, to = from + CHUNK;
    lines all = {.count = 0};
    (void)error;
    for (size_t n = from; n < to && n < self->count; ++n) {
        self->basin[n] = GF_BASIN_NONE;
        if (isfinite(self->density[n][0]) && isfinite(self->density[n][1])) {
            all.start[all.count] = n;
            all.step[all.count] = INFINITY;
            memcpy(all.q[all.count++], self->density[n], sizeof *all.q);
        }
    }
    evaluate(self, all.count, all.q, all.force);
    take_out(self, &all);
    for (int n = 0; n < MAX_STEPS && all.count > 0; ++n) {
        advance(self, &all);
        take_out(self, &all);
    }
    return GF_OK;
}

/* How close to a point the flow is there: within what is surely its basin. */
static void find_arrivals(basins *self) {
    const gf_fixed_point *points = self->points->points;
    for (size_t p = 0; p < self->points->count; ++p) {
        double nearest = INFINITY;
        for (size_t other = 0; other < self->points->count; ++other) {
            if (other != p) {
                nearest = fmin(nearest, distance(self, points[p].density, points[other].density));
            }
        }
        bool dark = points[p].stability == GF_BORDER && points[p].attraction != GF_REPELLING;
        self->arrival[p] = points[p].stability == GF_STABLE ? fmin(ARRIVAL, nearest / 4)
                           : dark                           ? BORDER_ARRIVAL
                                                            : 0;
    }
}

gf_status gf_basins_find(const gf_surface *surface, const gf_fixed_points *points, size_t count,
                         const double (*density)[GF_CHARGES], int *basin, gf_error *error) {
    double range[2];
    gf_surface_border(surface, 0, range);
    basins self = {.surface = surface,
                   .points = points,
                   .scale = {1, range[1] - range[0]},
                   .arrival = calloc(points->count + 1, sizeof(double)),
                   .count = count,
                   .density = density,
                   .basin = basin};
    if (self.arrival == NULL) {
        return gf_fail_memory(error, "the basins of attraction");
    }
    find_arrivals(&self);
    const gf_tasks all = {.count = (count + CHUNK - 1) / CHUNK, .context = &self, .run = run_chunk};
    gf_status status = gf_tasks_run(&all, error);
    free(self.arrival);
    return status;
}
