#include "langevin/lattice/two_field.h"

#include "base/clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of random numbers per stage: of cells m, e; of faces m, e. LINE: bytes of a cache line.
 * BLOCK: cells that are looked up at a time, so that the values are still in the cache when they
 * are sorted into rows. */
enum { ROWS = 4, LINE = 64, BLOCK = 256, VALUES = GF_SURFACE_VALUES };

/* --- memory ---------------------------------------------------------------------------------- */

/* Adds `bytes` on a cache line of its own to a plan; with memory, the address. */
static void *take(char *memory, size_t *used, size_t bytes) {
    void *address = memory != NULL ? memory + *used : NULL;
    *used += (bytes + LINE - 1) / LINE * LINE + LINE; /* rows begin on different cache sets */
    return address;
}

/* Rows with room for a cell beyond on either side, which begins a cache line before the first. */
static double *take_doubles(char *memory, size_t *used, size_t cells) {
    double *row = take(memory, used, (cells + 2) * sizeof *row + LINE);
    return row != NULL ? row + LINE / sizeof *row : NULL;
}

static float *take_floats(char *memory, size_t *used, size_t cells) {
    float *row = take(memory, used, (cells + 2) * sizeof *row + LINE);
    return row != NULL ? row + LINE / sizeof *row : NULL;
}

static size_t blocks_of(size_t cells) {
    return (cells + GF_RANDOM_BLOCK - 1) / GF_RANDOM_BLOCK;
}

/* Floats in a row of Gaussians: whole blocks, and what the average over faces reads beyond the end.
 */
static size_t gaussian_row(const gf_lattice *lattice) {
    return blocks_of(lattice->cells) * GF_RANDOM_BLOCK + lattice->dynamics.hydrodynamics.filter + 1;
}

static void lay_out_station(gf_station *self, const gf_lattice *lattice, char *memory,
                            size_t *used) {
    size_t cells = lattice->cells;
    for (int i = 0; i < 2; ++i) {
        self->force[i] = take_doubles(memory, used, cells);
    }
    for (int i = 0; i < 3; ++i) {
        self->noise[i] = take_floats(memory, used, cells);
        self->susceptibility[i] = take_floats(memory, used, cells);
    }
    for (int i = 0; i < 4 && lattice->dynamics.hydrodynamics.diffusion != NULL; ++i) {
        self->diffusion[i] = take_doubles(memory, used, cells);
    }
}

/* The layout of the memory; its size where there is none yet. */
static size_t lay_out(const gf_lattice *lattice, gf_two_field *self) {
    size_t n = lattice->cells, used = 0;
    char *memory = self->memory;
    for (size_t i = 0; i < 2; ++i) {
        self->state.q[i] = lattice->state + i * lattice->stride;
        self->middle.q[i] = take_doubles(memory, &used, n);
        self->flux[i] = take_doubles(memory, &used, n);
        self->kick[i] = take_floats(memory, &used, n);
    }
    lay_out_station(&self->state, lattice, memory, &used);
    lay_out_station(&self->middle, lattice, memory, &used);
    self->gaussians = take(memory, &used, (ROWS + 2) * gaussian_row(lattice) * sizeof(float));
    return used;
}

gf_status gf_two_field_begin(gf_lattice *lattice, gf_error *error) {
    gf_two_field *self = calloc(1, sizeof *self);
    lattice->work = self;
    if (self == NULL) {
        return gf_fail_memory(error, "two fields");
    }
    size_t size = lay_out(lattice, self);
    self->memory = aligned_alloc(LINE, size);
    if (self->memory == NULL) {
        return gf_fail_memory(error, "two fields");
    }
    memset(self->memory, 0, size);
    (void)lay_out(lattice, self);
    return GF_OK;
}

void gf_two_field_end(gf_lattice *lattice) {
    gf_two_field *self = lattice->work;
    if (self != NULL) {
        free(self->memory);
        free(self);
    }
    lattice->work = NULL;
}

void gf_two_field_observe(const gf_lattice *lattice, double *q) {
    for (size_t i = 0; i < 2; ++i) {
        memcpy(q + i * lattice->cells, lattice->state + i * lattice->stride,
               lattice->cells * sizeof *q);
    }
}

double gf_two_field_longest_step(const gf_dynamics *dynamics) {
    return 2 / gf_hydrodynamics_rate(&dynamics->hydrodynamics, dynamics->spacing);
}

/* --- the medium ------------------------------------------------------------------------------ */

/* Sorts the values of cells into rows. */
GF_CLONES static void sort(size_t count, const float (*restrict v)[VALUES], double *restrict f1,
                           double *restrict f2, float *restrict n11, float *restrict n12,
                           float *restrict n22, float *restrict c11, float *restrict c12,
                           float *restrict c22) {
    for (size_t i = 0; i < count; ++i) {
        f1[i] = (double)v[i][GF_SURFACE_FORCE];
        f2[i] = (double)v[i][GF_SURFACE_FORCE + 1];
        n11[i] = v[i][GF_SURFACE_NOISE];
        n12[i] = v[i][GF_SURFACE_NOISE + 1];
        n22[i] = v[i][GF_SURFACE_NOISE + 2];
        c11[i] = v[i][GF_SURFACE_SUSCEPTIBILITY];
        c12[i] = v[i][GF_SURFACE_SUSCEPTIBILITY + 1];
        c22[i] = v[i][GF_SURFACE_SUSCEPTIBILITY + 2];
    }
}

size_t gf_two_field_evaluate(const gf_lattice *lattice, gf_station *station) {
    const gf_medium *medium = &lattice->dynamics.hydrodynamics.medium;
    const gf_diffusion *diffusion = lattice->dynamics.hydrodynamics.diffusion;
    double *const *d = station->diffusion;
    size_t n = lattice->cells, outside = 0;
    double *m = station->q[0], *e = station->q[1];
    float *const *a = station->noise, *const *c = station->susceptibility;
    for (size_t i = 0; i < n; i += BLOCK) {
        float values[BLOCK][VALUES];
        size_t count = n - i < BLOCK ? n - i : BLOCK;
        outside += medium->evaluate(medium->context, count, m + i, e + i, values);
        sort(count, (const float(*)[VALUES])values, station->force[0] + i, station->force[1] + i,
             a[0] + i, a[1] + i, a[2] + i, c[0] + i, c[1] + i, c[2] + i);
    }
    for (int k = 0; k < 2; ++k) {
        station->q[k][-1] = station->q[k][n - 1];
        station->q[k][n] = station->q[k][0];
    }
    for (int k = 0; k < 3; ++k) {
        c[k][-1] = c[k][n - 1];
        c[k][n] = c[k][0];
    }
    if (diffusion != NULL) { /* one cell beyond on either side, too */
        gf_diffusion_evaluate(diffusion, n + 2, m - 1, e - 1,
                              (double *[4]){d[0] - 1, d[1] - 1, d[2] - 1, d[3] - 1});
    }
    return outside;
}

/* --- random numbers -------------------------------------------------------------------------- */

/* mean[i] = average of g[i] ... g[i + width - 1] */
GF_CLONES static void average(size_t count, size_t width, const float *restrict g,
                              float *restrict mean) {
    memcpy(mean, g, count * sizeof *g);
    for (size_t k = 1; k < width; ++k) {
        for (size_t i = 0; i < count; ++i) {
            mean[i] += g[i + k];
        }
    }
    float scale = 1 / (float)width;
    for (size_t i = 0; i < count; ++i) {
        mean[i] *= scale;
    }
}

/* A row of Gaussians of cells. */
static void draw(const gf_lattice *lattice, unsigned stage, unsigned row, float *g) {
    for (size_t k = 0; k < blocks_of(lattice->cells); ++k) {
        gf_random_normal(&lattice->noise, GF_RANDOM_STEP, lattice->steps,
                         (uint32_t)((2 * k + stage) * ROWS + row), g + k * GF_RANDOM_BLOCK);
    }
}

/* --- square roots ---------------------------------------------------------------------------- */

/* L (g, h) for the positive part of a covariance, L its Cholesky root. Where the matrix is not
 * positive its off-diagonal element is cut down first. */
static inline void shake(float mm, float me, float ee, float g, float h, float *restrict m,
                         float *restrict e) {
    mm = mm > 0 ? mm : 0;
    ee = ee > 0 ? ee : 0;
    float shared = me * me / (mm + 1e-30F);
    shared = shared < ee ? shared : ee;
    *m = sqrtf(mm) * g;
    *e = copysignf(sqrtf(shared), me) * g + sqrtf(ee - shared) * h;
}

/* Covariances of a row of cells. */
typedef struct covariance {
    const float *mm, *me, *ee;
} covariance;

static covariance rows_of(float *const rows[3]) {
    return (covariance){rows[0], rows[1], rows[2]};
}

/* --- thermal noise --------------------------------------------------------------------------- */

/* What D is: the same everywhere, sigma C^-1, or rows of the cells. */
typedef enum transport_law { CONSTANT, ONSAGER, VARYING, LAWS } transport_law;

static transport_law law_of(const gf_hydrodynamics *h) {
    return h->onsager ? ONSAGER : h->diffusion != NULL ? VARYING : CONSTANT;
}

/* D C + C D^T as a linear map of C: rows mm, me, ee. */
typedef struct transport {
    float d[2][2]; /* D, or sigma */
    float largest; /* of the trace of sigma C^-1 */
    float scale;   /* thermal time/dx^3 */
} transport;

typedef struct symmetric {
    float mm, me, ee;
} symmetric;

/* D of the cells; rows of nothing but where it varies. */
typedef struct matrices {
    const double *mm, *me, *em, *ee;
} matrices;

static matrices matrices_of(const gf_station *at) {
    double *const *d = at->diffusion;
    return (matrices){d[0], d[1], d[2], d[3]};
}

static inline double between(const double *row, size_t i) {
    return 0.5 * (*(row + i - 1) + row[i]);
}

/* D at the face left of cell i. */
static inline transport transport_at(const transport *t, transport_law law, matrices d, size_t i) {
    transport face = *t;
    if (law == VARYING) {
        face.d[0][0] = (float)between(d.mm, i);
        face.d[0][1] = (float)between(d.me, i);
        face.d[1][0] = (float)between(d.em, i);
        face.d[1][1] = (float)between(d.ee, i);
    }
    return face;
}

/* C at the face left of cell i. */
static inline symmetric at_face(covariance c, size_t i) {
    return (symmetric){0.5F * (*(c.mm + i - 1) + c.mm[i]), 0.5F * (*(c.me + i - 1) + c.me[i]),
                       0.5F * (*(c.ee + i - 1) + c.ee[i])};
}

static inline symmetric symmetrised(const transport *t, symmetric c) {
    return (symmetric){2 * (t->d[0][0] * c.mm + t->d[0][1] * c.me),
                       t->d[0][0] * c.me + t->d[0][1] * c.ee + t->d[1][0] * c.mm +
                           t->d[1][1] * c.me,
                       2 * (t->d[1][0] * c.me + t->d[1][1] * c.ee)};
}

/* C with what interpolation made negative, near the border, cut down to 0. */
static inline symmetric positive(symmetric c) {
    c.mm = c.mm > 0 ? c.mm : 0;
    c.ee = c.ee > 0 ? c.ee : 0;
    float most = sqrtf(c.mm * c.ee), size = fabsf(c.me);
    c.me = copysignf(size < most ? size : most, c.me);
    return c;
}

/* sigma adj(C), and the divisor that makes it D = sigma C^-1 or less, so that its trace does not
 * exceed `largest`; the noise is then 2 sigma det(C)/divisor. */
typedef struct onsager {
    float d[2][2], inverse, part;
} onsager;

static inline onsager divide(const transport *t, symmetric c) {
    c = positive(c);
    onsager o = {{{t->d[0][0] * c.ee - t->d[0][1] * c.me, t->d[0][1] * c.mm - t->d[0][0] * c.me},
                  {t->d[1][0] * c.ee - t->d[1][1] * c.me, t->d[1][1] * c.mm - t->d[1][0] * c.me}},
                 0,
                 0};
    float det = c.mm * c.ee - c.me * c.me;
    float least = (o.d[0][0] + o.d[1][1]) / t->largest;
    float divisor = det > least ? det : least;
    o.inverse = 1 / (divisor > 1e-20F ? divisor : 1e-20F);
    o.part = (det > 0 ? det : 0) * o.inverse;
    return o;
}

/* What a stage knows of the cells for the faces. */
typedef struct coefficients {
    covariance c;
    matrices d;
} coefficients;

static coefficients coefficients_of(const gf_station *at) {
    return (coefficients){rows_of(at->susceptibility), matrices_of(at)};
}

static inline symmetric thermal(const transport *t, transport_law law, const coefficients *at,
                                size_t i) {
    symmetric c = at_face(at->c, i);
    transport face = transport_at(t, law, at->d, i);
    if (law != ONSAGER) {
        return symmetrised(&face, c);
    }
    float part = 2 * divide(t, c).part;
    return (symmetric){part * t->d[0][0], part * t->d[0][1], part * t->d[1][1]};
}

/* Kicks of all faces; law and `second` are constants where this is called, and make loops of their
 * own. */
static inline __attribute__((always_inline)) void
kick_faces(const transport *t, transport_law law, bool second, size_t count, coefficients now,
           coefficients before, const float *restrict g, const float *restrict h, float *restrict m,
           float *restrict e) {
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        symmetric b = thermal(t, law, &now, i);
        if (second) {
            symmetric b0 = thermal(t, law, &before, i);
            b = (symmetric){2 * b.mm - b0.mm, 2 * b.me - b0.me, 2 * b.ee - b0.ee};
        }
        shake(t->scale * b.mm, t->scale * b.me, t->scale * b.ee, g[i], h[i], m + i, e + i);
    }
}

#define KICK(name, law, second)                                                                    \
    GF_CLONES static void name(transport t, size_t count, coefficients now, coefficients before,   \
                               const float *restrict g, const float *restrict h,                   \
                               float *restrict m, float *restrict e) {                             \
        kick_faces(&t, law, second, count, now, before, g, h, m, e);                               \
    }
KICK(kick_first, CONSTANT, false)
KICK(kick_second, CONSTANT, true)
KICK(kick_first_onsager, ONSAGER, false)
KICK(kick_second_onsager, ONSAGER, true)
KICK(kick_first_varying, VARYING, false)
KICK(kick_second_varying, VARYING, true)
#undef KICK

/* Counts faces where D C + C D^T has a negative eigenvalue of more than what interpolation makes of
 * a susceptibility that vanishes: 1/100 of what C = 1, its usual size, would give. */
static inline __attribute__((always_inline)) size_t
count_bad(const transport *t, transport_law law, size_t from, size_t to, coefficients at) {
    size_t bad = 0;
    for (size_t i = from; i < to; ++i) {
        transport face = transport_at(t, law, at.d, i);
        symmetric b = symmetrised(&face, at_face(at.c, i));
        float slack = 0.01F * (fabsf(face.d[0][0]) + fabsf(face.d[1][1]));
        float trace = b.mm + b.ee;
        bad += trace < -slack || b.mm * b.ee - b.me * b.me < -slack * fabsf(trace) ? 1 : 0;
    }
    return bad;
}

GF_CLONES static size_t count_unphysical(transport t, transport_law law, size_t from, size_t to,
                                         coefficients at) {
    return law == VARYING ? count_bad(&t, VARYING, from, to, at)
                          : count_bad(&t, CONSTANT, from, to, at);
}

static void report_unphysical(gf_lattice *lattice, const transport *t, transport_law law,
                              const gf_station *now) {
    coefficients at = coefficients_of(now);
    size_t bad = count_unphysical(*t, law, 0, lattice->cells + 1, at), i = 0;
    if (bad > 0 && lattice->unphysical == 0) {
        while (count_unphysical(*t, law, i, i + 1, at) == 0) {
            ++i;
        }
        for (int k = 0; k < 2; ++k) {
            lattice->refused[k] = (now->q[k][i] + *(now->q[k] + i - 1)) / 2;
        }
    }
    lattice->unphysical += bad;
}

/* Faces before a face over which its noise is averaged. An even number of faces has no middle one:
 * the average leans to either side in turn, step by step. */
static size_t faces_before(const gf_lattice *lattice) {
    return (lattice->dynamics.hydrodynamics.filter - 1 + lattice->steps % 2) / 2;
}

/* kick = average of the noise of `width` faces around each, in `raw` from raw[before] on, the row
 * being closed. */
static void smear(size_t cells, size_t width, size_t before, bool fixed, float *raw,
                  float *kick_row) {
    for (size_t i = 0; i <= before && fixed; ++i) { /* mirrored about the cells that are held */
        raw[before - i] = raw[before + 1 + i];
    }
    for (size_t i = 0; i < before && !fixed; ++i) {
        raw[before - 1 - i] = raw[before + cells - 1 - i];
    }
    for (size_t i = before + cells; i < cells + width; ++i) {
        raw[i] = fixed ? raw[2 * (before + cells) - 1 - i] : raw[i - cells];
    }
    average(cells, width, raw, kick_row);
    kick_row[cells] = kick_row[0];
}

static void kick(gf_lattice *lattice, double time, const gf_station *now,
                 const gf_station *before) {
    const gf_hydrodynamics *h = &lattice->dynamics.hydrodynamics;
    gf_two_field *self = lattice->work;
    double dx = lattice->dynamics.spacing;
    size_t n = lattice->cells, row = gaussian_row(lattice);
    unsigned stage = before != NULL ? 1 : 0;
    transport t = {.largest = (float)h->largest,
                   .scale = (float)(h->thermal * time / (dx * dx * dx))};
    float *g = self->gaussians + 2 * row, *raw[2];
    for (unsigned i = 0; i < 2; ++i) {
        t.d[i][0] = (float)h->transport[i][0];
        t.d[i][1] = (float)h->transport[i][1];
        draw(lattice, stage, 2 + i, g + i * row);
        g[i * row + n] = g[i * row]; /* the last face is the first */
        raw[i] = h->filter > 1 ? g + (2 + i) * row + faces_before(lattice) : self->kick[i];
    }
    transport_law law = law_of(h);
    bool isotropic = t.d[0][0] == t.d[1][1] && t.d[0][1] == 0 && t.d[1][0] == 0;
    void (*const kicks[2][LAWS])(transport, size_t, coefficients, coefficients, const float *,
                                 const float *, float *, float *) = {
        {kick_first, kick_first_onsager, kick_first_varying},
        {kick_second, kick_second_onsager, kick_second_varying}};
    kicks[stage][law](t, n + 1, coefficients_of(now),
                      coefficients_of(before != NULL ? before : now), g, g + row, raw[0], raw[1]);
    for (unsigned i = 0; i < 2 && h->filter > 1; ++i) {
        smear(n, h->filter, faces_before(lattice), lattice->fixed, g + (2 + i) * row,
              self->kick[i]);
    }
    if (before == NULL && (law == VARYING || (law == CONSTANT && !isotropic))) {
        report_unphysical(lattice, &t, law, now);
    }
}

/* --- diffusion ------------------------------------------------------------------------------- */

/* Adds weight D dq to the flux over every face. */
GF_CLONES static void diffuse(double weight, const double *d, size_t count,
                              const double *restrict m, const double *restrict e,
                              double *restrict flux_m, double *restrict flux_e) {
    const double mm = weight * d[0], me = weight * d[1], em = weight * d[2], ee = weight * d[3];
    for (size_t i = 0; i < count; ++i) {
        double up = m[i + 1] - m[i], across = e[i + 1] - e[i];
        flux_m[i] += mm * up + me * across;
        flux_e[i] += em * up + ee * across;
    }
}

GF_CLONES static void diffuse_onsager(double weight, transport t, covariance c, size_t count,
                                      const double *restrict m, const double *restrict e,
                                      double *restrict flux_m, double *restrict flux_e) {
    for (size_t i = 0; i < count; ++i) {
        onsager o = divide(&t, at_face(c, i));
        double up = m[i + 1] - m[i], across = e[i + 1] - e[i];
        double factor = weight * (double)o.inverse;
        flux_m[i] += factor * ((double)o.d[0][0] * up + (double)o.d[0][1] * across);
        flux_e[i] += factor * ((double)o.d[1][0] * up + (double)o.d[1][1] * across);
    }
}

GF_CLONES static void diffuse_varying(double weight, matrices d, size_t count,
                                      const double *restrict m, const double *restrict e,
                                      double *restrict flux_m, double *restrict flux_e) {
    for (size_t i = 0; i < count; ++i) {
        double up = m[i + 1] - m[i], across = e[i + 1] - e[i];
        flux_m[i] += weight * between(d.mm, i) * up + weight * between(d.me, i) * across;
        flux_e[i] += weight * between(d.em, i) * up + weight * between(d.ee, i) * across;
    }
}

GF_CLONES static void widen(size_t count, const float *restrict kick_row, double *restrict flux) {
    for (size_t i = 0; i < count; ++i) {
        flux[i] = (double)kick_row[i];
    }
}

static void add_diffusion(gf_lattice *lattice, double weight, const gf_station *at) {
    const gf_hydrodynamics *h = &lattice->dynamics.hydrodynamics;
    gf_two_field *self = lattice->work;
    size_t faces = lattice->cells + 1;
    const double *d = &h->transport[0][0], *m = at->q[0] - 1, *e = at->q[1] - 1;
    transport_law law = law_of(h);
    if (law == CONSTANT) {
        diffuse(weight, d, faces, m, e, self->flux[0], self->flux[1]);
        return;
    }
    if (law == VARYING) {
        diffuse_varying(weight, matrices_of(at), faces, m, e, self->flux[0], self->flux[1]);
        return;
    }
    transport t = {.d = {{(float)d[0], (float)d[1]}, {(float)d[2], (float)d[3]}},
                   .largest = (float)h->largest};
    diffuse_onsager(weight, t, rows_of(at->susceptibility), faces, m, e, self->flux[0],
                    self->flux[1]);
}

/* What flows over the faces, per dx. */
static void cross(gf_lattice *lattice, double time, const gf_station *now,
                  const gf_station *before) {
    const gf_dynamics *d = &lattice->dynamics;
    gf_two_field *self = lattice->work;
    size_t faces = lattice->cells + 1;
    double flow = time / (d->spacing * d->spacing);
    if (d->hydrodynamics.thermal > 0) {
        kick(lattice, time, now, before);
    }
    for (int i = 0; i < 2; ++i) {
        widen(faces, self->kick[i], self->flux[i]);
    }
    add_diffusion(lattice, before != NULL ? 2 * flow : flow, now);
    if (before != NULL) {
        add_diffusion(lattice, -flow, before);
    }
}

/* --- cells ----------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void
shake_cells(bool second, float scale, size_t count, covariance n, covariance n0,
            const float *restrict g, const float *restrict h, float *restrict m,
            float *restrict e) {
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        float mm = n.mm[i], me = n.me[i], ee = n.ee[i];
        if (second) {
            mm = 2 * mm - n0.mm[i];
            me = 2 * me - n0.me[i];
            ee = 2 * ee - n0.ee[i];
        }
        shake(scale * mm, scale * me, scale * ee, g[i], h[i], m + i, e + i);
    }
}

GF_CLONES static void shake_first(float scale, size_t count, covariance n, covariance n0,
                                  const float *restrict g, const float *restrict h,
                                  float *restrict m, float *restrict e) {
    shake_cells(false, scale, count, n, n0, g, h, m, e);
}
GF_CLONES static void shake_second(float scale, size_t count, covariance n, covariance n0,
                                   const float *restrict g, const float *restrict h,
                                   float *restrict m, float *restrict e) {
    shake_cells(true, scale, count, n, n0, g, h, m, e);
}

/* result = q + (flux that comes less flux that goes) + force f + kick; result may be q. */
GF_CLONES static void sum_up(size_t count, double force, const double *q, const double *restrict f,
                             const double *restrict flux, const float *restrict g, double *result) {
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        result[i] = q[i] + (flux[i + 1] - flux[i]) + (force * f[i] + (double)g[i]);
    }
}

/* Likewise with the force 2 f - f0. */
GF_CLONES static void sum_up_second(size_t count, double force, const double *q,
                                    const double *restrict f, const double *restrict f0,
                                    const double *restrict flux, const float *restrict g,
                                    double *result) {
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        result[i] = q[i] + (flux[i + 1] - flux[i]) + (force * (2 * f[i] - f0[i]) + (double)g[i]);
    }
}

/* --- a stage --------------------------------------------------------------------------------- */

/* The noise of the cells, in place of their Gaussians. */
static void shake_all(gf_lattice *lattice, double time, const gf_station *now,
                      const gf_station *before, float *const kicks[2]) {
    const gf_dynamics *d = &lattice->dynamics;
    const gf_two_field *self = lattice->work;
    size_t row = gaussian_row(lattice), n = lattice->cells;
    float *g = self->gaussians, *h = g + row;
    float scale = (float)(d->hydrodynamics.drive * d->hydrodynamics.epsilon * time / d->spacing);
    covariance a = rows_of(now->noise);
    draw(lattice, before != NULL ? 1 : 0, 0, g);
    draw(lattice, before != NULL ? 1 : 0, 1, h);
    if (before != NULL) {
        shake_second(scale, n, a, rows_of(before->noise), g, h, kicks[0], kicks[1]);
    } else {
        shake_first(scale, n, a, a, g, h, kicks[0], kicks[1]);
    }
}

void gf_two_field_stage(gf_lattice *lattice, double time, const gf_station *now,
                        const gf_station *before, double *const result[2]) {
    const gf_hydrodynamics *h = &lattice->dynamics.hydrodynamics;
    gf_two_field *self = lattice->work;
    size_t n = lattice->cells;
    const double ends[2][2] = {{now->q[0][0], now->q[0][n - 1]}, {now->q[1][0], now->q[1][n - 1]}};
    if (!h->isolated) {
        cross(lattice, time, now, before); /* else the flux stays 0 */
    }
    /* the kicks of the faces have been used */
    if (h->drive > 0) {
        shake_all(lattice, time, now, before, self->kick);
    } else {
        memset(self->kick[0], 0, n * sizeof *self->kick[0]);
        memset(self->kick[1], 0, n * sizeof *self->kick[1]);
    }
    for (int i = 0; i < 2; ++i) {
        if (before != NULL) {
            sum_up_second(n, time * h->epsilon, now->q[i], now->force[i], before->force[i],
                          self->flux[i], self->kick[i], result[i]);
        } else {
            sum_up(n, time * h->epsilon, now->q[i], now->force[i], self->flux[i], self->kick[i],
                   result[i]);
        }
        if (lattice->fixed) {
            result[i][0] = ends[i][0];
            result[i][n - 1] = ends[i][1];
        }
    }
}
