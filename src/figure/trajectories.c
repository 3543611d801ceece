/* What a run of two fields does in the plane of m and e, over the force field: of rows the curve of
 * a wall, of blocks their mean passage from one stable state to the other. */
#include "figure/two_field_figure.h"

#include "figure/kinds.h"
#include "figure/plane.h"
#include "langevin/ensemble/langevin.h"

#include <math.h>
#include <stdlib.h>

/* Intervals of m between the stable states, in which passages are averaged. */
enum { BINS = 24 };

/* A wall is averaged this far to both sides, in a / sqrt(epsilon); its width is 3 to 6. */
static const double REACH = 14;

typedef struct paths {
    const gf_langevin *run;
    double middle, order; /* m of the stable points is middle +- order */
} paths;

/* Snapshot `shot` of a task (sweep point and realisation): [positions][2]. */
static const double *snapshot(const gf_langevin *self, size_t task, size_t shot) {
    const gf_run *run = self->run;
    return self->snapshots + (task * run->snapshots + shot) * run->positions * 2;
}

static void write_density(const double q[2], FILE *out) {
    (void)fprintf(out, "%.6g %.6g\n", q[0], q[1]);
}

/* --- rows: the wall -------------------------------------------------------------------------- */

/* The mean of m over `reach` positions around each, in m[positions]: noise makes no walls in it. */
static void smooth(const double *q, size_t positions, size_t reach, double *m) {
    for (size_t x = 0; x < positions; ++x) {
        size_t from = x > reach ? x - reach : 0,
               to = x + reach < positions ? x + reach : positions - 1;
        double sum = 0;
        for (size_t y = from; y <= to; ++y) {
            sum += q[2 * y];
        }
        m[x] = sum / (double)(to - from + 1);
    }
}

/* Adds to sum[2 reach + 1][2] every wall of a snapshot that stands free: from one side of the
 * middle to the other, and beyond half the stable values all the way outside the wall. Walls that
 * go down are turned round. Returns how many. */
static size_t add_walls(const paths *self, const double *q, const double *m, size_t reach,
                        double *sum) {
    size_t positions = self->run->run->positions, walls = 0;
    for (size_t x = reach; x + reach + 1 < positions; ++x) {
        double side = m[x + 1] - self->middle > 0 ? 1 : -1;
        bool free_wall = (m[x] - self->middle) * side <= 0;
        for (size_t r = reach / 2; free_wall && r <= reach; ++r) {
            free_wall = (m[x + r] - self->middle) * side > self->order / 2 &&
                        (m[x - r] - self->middle) * side < -self->order / 2;
        }
        for (size_t r = 0; free_wall && r <= 2 * reach; ++r) {
            size_t y = side > 0 ? x + r - reach : x + reach - r;
            sum[2 * r] += q[2 * y];
            sum[2 * r + 1] += q[2 * y + 1];
        }
        walls += free_wall ? 1 : 0;
    }
    return walls;
}

/* How many positions of the snapshots `length` is, in a / sqrt(epsilon); less than half the row. */
static size_t count_positions(const gf_run *run, size_t point, double length) {
    double epsilon = run->swept == 0 ? run->sweep[point] : run->parameters[0];
    double unit = run->rescaled ? 1 : sqrt(epsilon);
    double most = ((double)run->positions - 2) / 2;
    return (size_t)fmax(0, fmin(most, ceil(length / unit / run->snapshot_spacing)));
}

/* The wall at one sweep point, averaged over snapshots and realisations; without a free wall the
 * last snapshot. */
static void write_wall(const paths *self, size_t point, double *m, double *sum, FILE *out) {
    const gf_run *run = self->run->run;
    size_t reach = count_positions(run, point, REACH), walls = 0;
    size_t first = run->first_measured / run->samples_per_snapshot;
    for (size_t i = 0; i < 2 * run->positions; ++i) {
        sum[i] = 0;
    }
    for (size_t task = point * run->realisations; task < (point + 1) * run->realisations; ++task) {
        for (size_t shot = first; shot < run->snapshots && isfinite(self->order); ++shot) {
            const double *q = snapshot(self->run, task, shot);
            smooth(q, run->positions, reach / 7, m); /* 2 a / sqrt(epsilon): less than the wall */
            walls += add_walls(self, q, m, reach, sum);
        }
    }
    size_t shots = gf_langevin_look(self->run, point).shots; /* of a run under way not all */
    const double *last = snapshot(self->run, point * run->realisations, shots > 0 ? shots - 1 : 0);
    for (size_t r = 0; r < (walls > 0 ? 2 * reach + 1 : run->positions); ++r) {
        double mean[] = {sum[2 * r] / (double)walls, sum[2 * r + 1] / (double)walls};
        write_density(walls > 0 ? mean : last + 2 * r, out);
    }
    (void)fputs("\n", out);
}

static void write_walls(const void *context, FILE *out) {
    const paths *self = context;
    const gf_run *run = self->run->run;
    double *m = malloc(run->positions * sizeof *m), *sum = malloc(2 * run->positions * sizeof *sum);
    for (size_t point = 0; point < run->points && m != NULL && sum != NULL; ++point) {
        write_wall(self, point, m, sum, out);
    }
    free(m);
    free(sum);
}

/* --- blocks: passages ------------------------------------------------------------------------ */

/* Sums over the snapshots of passages: m, e and how many, in intervals of m. */
typedef struct passages {
    double sum[BINS][2], count[BINS];
} passages;

static void add_passage(const paths *self, size_t task, size_t block, size_t from, size_t to,
                        passages *all) {
    for (size_t shot = from; shot <= to; ++shot) {
        const double *q = snapshot(self->run, task, shot) + 2 * block;
        double place = (q[0] - self->middle + self->order) / (2 * self->order) * BINS;
        if (place >= 0 && place < BINS) {
            size_t bin = (size_t)place;
            all->sum[bin][0] += q[0];
            all->sum[bin][1] += q[1];
            all->count[bin] += 1;
        }
    }
}

/* The passages of one block: from the last time beyond one stable value of m to the first beyond
 * the other. */
static void add_passages(const paths *self, size_t task, size_t block, passages *all) {
    double left = 0; /* the side last seen: -1 or 1 */
    size_t since = 0;
    for (size_t shot = 0; shot < self->run->run->snapshots; ++shot) {
        double m = snapshot(self->run, task, shot)[2 * block] - self->middle;
        if (fabs(m) >= self->order) {
            if (left * m < 0) {
                add_passage(self, task, block, since, shot, all);
            }
            left = m > 0 ? 1 : -1;
            since = shot;
        }
    }
}

/* Single passages are all noise; their mean is the way. */
static void write_passages(const void *context, FILE *out) {
    const paths *self = context;
    const gf_run *run = self->run->run;
    passages all = {0};
    for (size_t task = 0; task < run->points * run->realisations; ++task) {
        for (size_t block = 0; block < run->positions; ++block) {
            add_passages(self, task, block, &all);
        }
    }
    for (size_t k = 0; k < BINS; ++k) {
        if (all.count[k] > 0) {
            double mean[] = {all.sum[k][0] / all.count[k], all.sum[k][1] / all.count[k]};
            write_density(mean, out);
        }
    }
}

/* --- the figure ------------------------------------------------------------------------------ */

gf_status gf_langevin_draw_paths(const gf_langevin *self, const gf_figure *figure,
                                 gf_error *error) {
    gf_dynamics d;
    gf_figure over = *figure;
    over.layers = GF_LAYER_FLOW;
    gf_status status = gf_run_dynamics(self->run, 0, &d, error);
    if (status == GF_OK) {
        status = gf_plane_parse_layers(figure->options->with, &over.layers, error);
    }
    if (status != GF_OK) {
        return status;
    }
    const paths what = {.run = self, .middle = d.middle, .order = d.order};
    bool blocks = self->run->blocks;
    const gf_figure_overlay overlay = {.write = blocks ? write_passages : write_walls,
                                       .context = &what,
                                       .title = blocks ? "mean passage" : "wall",
                                       .line = "lw 2 dt (6,4) lc rgb '#202020'"};
    return gf_figure_draw_overlaid(&over, &overlay, error);
}
