#include "langevin/lattice/two_field.h"

#include "base/clones.h"

#include <math.h>
#include <string.h>

/* Rows of random numbers per stage: of cells, of faces. BLOCK: cells that are looked up at a time,
 * so that the values are still in the cache when they are sorted into rows. */
enum { ROWS = 2 * GF_CHARGES, BLOCK = 256, VALUES = GF_SURFACE_VALUES };

/* --- the medium ------------------------------------------------------------------------------ */

/* Sorts the values of cells into rows: forces f, noises n, susceptibilities c. */
GF_CLONES static void sort(size_t count, const float (*restrict v)[VALUES], double *restrict f0,
                           double *restrict f1, float *restrict n0, float *restrict n1,
                           float *restrict n2, float *restrict c0, float *restrict c1,
                           float *restrict c2) {
    for (size_t i = 0; i < count; ++i) {
        f0[i] = (double)v[i][GF_SURFACE_FORCE];
        f1[i] = (double)v[i][GF_SURFACE_FORCE + 1];
        n0[i] = v[i][GF_SURFACE_NOISE];
        n1[i] = v[i][GF_SURFACE_NOISE + 1];
        n2[i] = v[i][GF_SURFACE_NOISE + 2];
        c0[i] = v[i][GF_SURFACE_SUSCEPTIBILITY];
        c1[i] = v[i][GF_SURFACE_SUSCEPTIBILITY + 1];
        c2[i] = v[i][GF_SURFACE_SUSCEPTIBILITY + 2];
    }
}

/* The cells beyond either end; a row that is held does not look at them. */
static void close_ring(size_t cells, const gf_values *values) {
    for (int k = 0; k < GF_CHARGES; ++k) {
        values->q[k][-1] = values->q[k][cells - 1];
        values->q[k][cells] = values->q[k][0];
    }
    for (int k = 0; k < GF_PAIRS; ++k) {
        values->susceptibility[k][-1] = values->susceptibility[k][cells - 1];
        values->susceptibility[k][cells] = values->susceptibility[k][0];
    }
}

size_t gf_two_field_evaluate(const gf_lattice *lattice, gf_values *values) {
    const gf_hydrodynamics *h = &lattice->plan.dynamics.hydrodynamics;
    double *const *q = values->q, *const *f = values->force, *d[GF_ENTRIES];
    float *const *a = values->noise, *const *c = values->susceptibility;
    size_t n = lattice->plan.cells, outside = 0;
    for (size_t i = 0; i < n; i += BLOCK) {
        float found[BLOCK][VALUES];
        size_t count = n - i < BLOCK ? n - i : BLOCK;
        outside += h->medium.evaluate(h->medium.context, count, q[0] + i, q[1] + i, found);
        sort(count, (const float(*)[VALUES])found, f[0] + i, f[1] + i, a[0] + i, a[1] + i, a[2] + i,
             c[0] + i, c[1] + i, c[2] + i);
    }
    close_ring(n, values);
    if (h->law == GF_TRANSPORT_VARYING) { /* one cell beyond on either side, too */
        for (int k = 0; k < GF_ENTRIES; ++k) {
            d[k] = values->diffusion[k] - 1;
        }
        gf_diffusion_evaluate(h->diffusion, n + 2, q[0] - 1, q[1] - 1, d);
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
    for (size_t k = 0; k * GF_RANDOM_BLOCK < lattice->plan.cells; ++k) {
        gf_random_normal(&lattice->plan.random, GF_RANDOM_STEP, lattice->steps,
                         (uint32_t)((2 * k + stage) * ROWS + row), g + k * GF_RANDOM_BLOCK);
    }
}

/* --- square roots ---------------------------------------------------------------------------- */

/* A symmetric matrix, packed: (0,0), (0,1), (1,1). */
typedef struct symmetric {
    float at[GF_PAIRS];
} symmetric;

/* Row 0 and 1 of L (g, h) for the positive part of scale a, L its Cholesky root. Where the matrix
 * is not positive its off-diagonal element is cut down first. */
static inline void shake(float scale, symmetric a, float g, float h, float *restrict first,
                         float *restrict second) {
    float s0 = scale * a.at[0], s1 = scale * a.at[1], s2 = scale * a.at[2];
    s0 = s0 > 0 ? s0 : 0;
    s2 = s2 > 0 ? s2 : 0;
    float shared = s1 * s1 / (s0 + 1e-30F);
    shared = shared < s2 ? shared : s2;
    *first = sqrtf(s0) * g;
    *second = copysignf(sqrtf(shared), s1) * g + sqrtf(s2 - shared) * h;
}

/* 2 a - b */
static inline symmetric beyond(symmetric a, symmetric b) {
    for (int k = 0; k < GF_PAIRS; ++k) {
        a.at[k] = 2 * a.at[k] - b.at[k];
    }
    return a;
}

/* Covariances of a row of cells. */
typedef struct covariance {
    const float *row[GF_PAIRS];
} covariance;

static covariance rows_of(float *const rows[GF_PAIRS]) {
    return (covariance){{rows[0], rows[1], rows[2]}};
}

/* --- thermal noise --------------------------------------------------------------------------- */

/* What D C + C D^T is made of. */
typedef struct transport {
    float d[GF_CHARGES][GF_CHARGES]; /* D, or sigma */
    float largest;                   /* of the trace of sigma C^-1 */
    float scale;                     /* thermal time/dx^3 */
} transport;

/* D of the cells; rows of nothing but where it varies. */
typedef struct matrices {
    const double *row[GF_ENTRIES];
} matrices;

static matrices matrices_of(const gf_values *at) {
    double *const *d = at->diffusion;
    return (matrices){{d[0], d[1], d[2], d[3]}};
}

static inline double between(const double *row, size_t i) {
    return 0.5 * (*(row + i - 1) + row[i]);
}

/* C at the face left of cell i. */
static inline symmetric at_face(covariance c, size_t i) {
    symmetric face;
    for (int k = 0; k < GF_PAIRS; ++k) {
        face.at[k] = 0.5F * (*(c.row[k] + i - 1) + c.row[k][i]);
    }
    return face;
}

static inline symmetric symmetrised(const transport *t, symmetric c) {
    const float *s = c.at;
    return (symmetric){
        {2 * (t->d[0][0] * s[0] + t->d[0][1] * s[1]),
         t->d[0][0] * s[1] + t->d[0][1] * s[2] + t->d[1][0] * s[0] + t->d[1][1] * s[1],
         2 * (t->d[1][0] * s[1] + t->d[1][1] * s[2])}};
}

/* C with what interpolation made negative, near the border, cut down to 0. */
static inline symmetric positive(symmetric c) {
    c.at[0] = c.at[0] > 0 ? c.at[0] : 0;
    c.at[2] = c.at[2] > 0 ? c.at[2] : 0;
    float most = sqrtf(c.at[0] * c.at[2]), size = fabsf(c.at[1]);
    c.at[1] = copysignf(size < most ? size : most, c.at[1]);
    return c;
}

/* sigma adj(C), and the divisor that makes it D = sigma C^-1 or less, so that its trace does not
 * exceed `largest`; the noise is then 2 sigma det(C)/divisor. */
typedef struct onsager {
    float d[2][2], inverse, part;
} onsager;

static inline onsager divide(const transport *t, symmetric c) {
    c = positive(c);
    const float *s = c.at;
    onsager o = {{{t->d[0][0] * s[2] - t->d[0][1] * s[1], t->d[0][1] * s[0] - t->d[0][0] * s[1]},
                  {t->d[1][0] * s[2] - t->d[1][1] * s[1], t->d[1][1] * s[0] - t->d[1][0] * s[1]}},
                 0,
                 0};
    float det = s[0] * s[2] - s[1] * s[1];
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

static coefficients coefficients_of(const gf_values *at) {
    return (coefficients){rows_of(at->susceptibility), matrices_of(at)};
}

/* D C + C D^T of the cell `back` before cell i. */
static inline symmetric of_cell(const transport *t, const coefficients *at, size_t i, size_t back) {
    transport cell = *t;
    symmetric c;
    for (int k = 0; k < GF_ENTRIES; ++k) {
        cell.d[k / GF_CHARGES][k % GF_CHARGES] = (float)*(at->d.row[k] + i - back);
    }
    for (int k = 0; k < GF_PAIRS; ++k) {
        c.at[k] = *(at->c.row[k] + i - back);
    }
    return symmetrised(&cell, c);
}

/* The covariance at the face left of cell i. Where D varies it is the mean of those of the two
 * cells, which is positive if they are: a mean D with a mean C need not make one. */
static inline symmetric thermal(const transport *t, gf_transport_law law, const coefficients *at,
                                size_t i) {
    if (law == GF_TRANSPORT_VARYING) {
        symmetric left = of_cell(t, at, i, 1), right = of_cell(t, at, i, 0);
        for (int k = 0; k < GF_PAIRS; ++k) {
            left.at[k] = 0.5F * (left.at[k] + right.at[k]);
        }
        return left;
    }
    symmetric c = at_face(at->c, i);
    if (law != GF_TRANSPORT_ONSAGER) {
        return symmetrised(t, c);
    }
    float part = 2 * divide(t, c).part;
    return (symmetric){{part * t->d[0][0], part * t->d[0][1], part * t->d[1][1]}};
}

/* Kicks of all faces; law and `second` are constants where this is called, and make loops of their
 * own. */
static inline __attribute__((always_inline)) void
kick_faces(const transport *t, gf_transport_law law, bool second, size_t count, coefficients now,
           coefficients before, const float *restrict g, const float *restrict h, float *restrict m,
           float *restrict e) {
#pragma omp simd
    for (size_t i = 0; i < count; ++i) {
        symmetric b = thermal(t, law, &now, i);
        if (second) {
            b = beyond(b, thermal(t, law, &before, i));
        }
        shake(t->scale, b, g[i], h[i], m + i, e + i);
    }
}

#define KICK(name, law, second)                                                                    \
    GF_CLONES static void name(transport t, size_t count, coefficients now, coefficients before,   \
                               const float *restrict g, const float *restrict h,                   \
                               float *restrict m, float *restrict e) {                             \
        kick_faces(&t, law, second, count, now, before, g, h, m, e);                               \
    }
KICK(kick_first, GF_TRANSPORT_CONSTANT, false)
KICK(kick_second, GF_TRANSPORT_CONSTANT, true)
KICK(kick_first_onsager, GF_TRANSPORT_ONSAGER, false)
KICK(kick_second_onsager, GF_TRANSPORT_ONSAGER, true)
KICK(kick_first_varying, GF_TRANSPORT_VARYING, false)
KICK(kick_second_varying, GF_TRANSPORT_VARYING, true)
#undef KICK

/* |D_11| + |D_22| at the face left of cell i. */
static inline float size_of(const transport *t, gf_transport_law law, matrices d, size_t i) {
    return law == GF_TRANSPORT_VARYING
               ? fabsf((float)between(d.row[0], i)) + fabsf((float)between(d.row[3], i))
               : fabsf(t->d[0][0]) + fabsf(t->d[1][1]);
}

/* Counts faces where D C + C D^T has a negative eigenvalue of more than what interpolation makes of
 * a susceptibility that vanishes: 1/100 of what C = 1, its usual size, would give. */
static inline __attribute__((always_inline)) size_t
count_bad(const transport *t, gf_transport_law law, size_t from, size_t to, coefficients at) {
    size_t bad = 0;
    for (size_t i = from; i < to; ++i) {
        symmetric b = thermal(t, law, &at, i);
        float slack = 0.01F * size_of(t, law, at.d, i);
        float trace = b.at[0] + b.at[2], det = b.at[0] * b.at[2] - b.at[1] * b.at[1];
        bad += trace < -slack || det < -slack * fabsf(trace) ? 1 : 0;
    }
    return bad;
}

GF_CLONES static size_t count_unphysical(transport t, gf_transport_law law, size_t from, size_t to,
                                         coefficients at) {
    return law == GF_TRANSPORT_VARYING ? count_bad(&t, GF_TRANSPORT_VARYING, from, to, at)
                                       : count_bad(&t, GF_TRANSPORT_CONSTANT, from, to, at);
}

static void report_unphysical(gf_lattice *lattice, const transport *t, gf_transport_law law,
                              const gf_values *now) {
    coefficients at = coefficients_of(now);
    gf_two_field *self = lattice->body;
    size_t bad = count_unphysical(*t, law, 0, lattice->plan.cells + 1, at), i = 0;
    if (bad > 0 && self->unphysical == 0) {
        while (count_unphysical(*t, law, i, i + 1, at) == 0) {
            ++i;
        }
        for (int k = 0; k < GF_CHARGES; ++k) {
            self->refused[k] = (now->q[k][i] + *(now->q[k] + i - 1)) / 2;
        }
    }
    self->unphysical += bad;
}

/* Faces before a face over which its noise is averaged. An even number of faces has no middle one:
 * the average leans to either side in turn, step by step. */
static size_t faces_before(const gf_lattice *lattice) {
    return (lattice->plan.dynamics.hydrodynamics.filter - 1 + lattice->steps % 2) / 2;
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

static transport make_transport(const gf_hydrodynamics *h, double scale) {
    transport t = {.largest = (float)h->largest, .scale = (float)scale};
    for (int k = 0; k < GF_ENTRIES; ++k) {
        t.d[k / GF_CHARGES][k % GF_CHARGES] = (float)h->transport[k / GF_CHARGES][k % GF_CHARGES];
    }
    return t;
}

/* D C + C D^T is a covariance whatever C. */
static bool is_safe(gf_transport_law law, const transport *t) {
    bool isotropic = t->d[0][0] == t->d[1][1] && t->d[0][1] == 0 && t->d[1][0] == 0;
    return law == GF_TRANSPORT_ONSAGER || (law == GF_TRANSPORT_CONSTANT && isotropic);
}

typedef void kick_function(transport, size_t, coefficients, coefficients, const float *,
                           const float *, float *, float *);

static void kick(gf_lattice *lattice, double time, const gf_values *now, const gf_values *before) {
    static kick_function *const kicks[2][GF_TRANSPORT_NONE] = {
        {kick_first, kick_first_onsager, kick_first_varying},
        {kick_second, kick_second_onsager, kick_second_varying}};
    const gf_hydrodynamics *h = &lattice->plan.dynamics.hydrodynamics;
    gf_two_field *self = lattice->body;
    double dx = lattice->plan.dynamics.spacing;
    size_t n = lattice->plan.cells, row = self->row;
    unsigned stage = before != NULL ? 1 : 0;
    transport t = make_transport(h, h->thermal * time / (dx * dx * dx));
    float *g = self->gaussians + GF_CHARGES * row, *raw[GF_CHARGES];
    for (unsigned i = 0; i < GF_CHARGES; ++i) {
        draw(lattice, stage, GF_CHARGES + i, g + i * row);
        g[i * row + n] = g[i * row]; /* the last face is the first */
        raw[i] = h->filter > 1 ? g + (GF_CHARGES + i) * row + faces_before(lattice) : self->kick[i];
    }
    kicks[stage][h->law](t, n + 1, coefficients_of(now),
                         coefficients_of(before != NULL ? before : now), g, g + row, raw[0],
                         raw[1]);
    for (unsigned i = 0; i < GF_CHARGES && h->filter > 1; ++i) {
        smear(n, h->filter, faces_before(lattice), lattice->plan.boundary == GF_FIXED,
              g + (GF_CHARGES + i) * row, self->kick[i]);
    }
    if (before == NULL && !is_safe(h->law, &t)) {
        report_unphysical(lattice, &t, h->law, now);
    }
}

/* --- diffusion ------------------------------------------------------------------------------- */

/* Adds weight D dq to the flux p, r of both charges over every face, from densities m, e. */
GF_CLONES static void diffuse(double weight, const double *d, size_t count,
                              const double *restrict m, const double *restrict e,
                              double *restrict p, double *restrict r) {
    const double w[GF_ENTRIES] = {weight * d[0], weight * d[1], weight * d[2], weight * d[3]};
    for (size_t i = 0; i < count; ++i) {
        double up = m[i + 1] - m[i], across = e[i + 1] - e[i];
        p[i] += w[0] * up + w[1] * across;
        r[i] += w[2] * up + w[3] * across;
    }
}

GF_CLONES static void diffuse_onsager(double weight, transport t, covariance c, size_t count,
                                      const double *restrict m, const double *restrict e,
                                      double *restrict p, double *restrict r) {
    for (size_t i = 0; i < count; ++i) {
        onsager o = divide(&t, at_face(c, i));
        double up = m[i + 1] - m[i], across = e[i + 1] - e[i];
        double factor = weight * (double)o.inverse;
        p[i] += factor * ((double)o.d[0][0] * up + (double)o.d[0][1] * across);
        r[i] += factor * ((double)o.d[1][0] * up + (double)o.d[1][1] * across);
    }
}

GF_CLONES static void diffuse_varying(double weight, matrices d, size_t count,
                                      const double *restrict m, const double *restrict e,
                                      double *restrict p, double *restrict r) {
    for (size_t i = 0; i < count; ++i) {
        double up = m[i + 1] - m[i], across = e[i + 1] - e[i];
        p[i] += weight * between(d.row[0], i) * up + weight * between(d.row[1], i) * across;
        r[i] += weight * between(d.row[2], i) * up + weight * between(d.row[3], i) * across;
    }
}

GF_CLONES static void widen(size_t count, const float *restrict kick_row, double *restrict flux) {
    for (size_t i = 0; i < count; ++i) {
        flux[i] = (double)kick_row[i];
    }
}

static void add_diffusion(gf_lattice *lattice, double weight, const gf_values *at) {
    const gf_hydrodynamics *h = &lattice->plan.dynamics.hydrodynamics;
    gf_two_field *self = lattice->body;
    size_t faces = lattice->plan.cells + 1;
    const double *m = at->q[0] - 1, *e = at->q[1] - 1;
    double *p = self->flux[0], *r = self->flux[1];
    switch (h->law) {
    case GF_TRANSPORT_CONSTANT:
        diffuse(weight, &h->transport[0][0], faces, m, e, p, r);
        break;
    case GF_TRANSPORT_ONSAGER:
        diffuse_onsager(weight, make_transport(h, 0), rows_of(at->susceptibility), faces, m, e, p,
                        r);
        break;
    case GF_TRANSPORT_VARYING:
        diffuse_varying(weight, matrices_of(at), faces, m, e, p, r);
        break;
    case GF_TRANSPORT_NONE:
        break;
    }
}

/* What flows over the faces, per dx. */
static void cross(gf_lattice *lattice, double time, const gf_values *now, const gf_values *before) {
    const gf_dynamics *d = &lattice->plan.dynamics;
    gf_two_field *self = lattice->body;
    size_t faces = lattice->plan.cells + 1;
    double flow = time / (d->spacing * d->spacing);
    bool noisy = d->hydrodynamics.thermal > 0;
    if (noisy) {
        kick(lattice, time, now, before);
    }
    for (int i = 0; i < GF_CHARGES; ++i) { /* else the kicks are those of cells, a stage ago */
        if (noisy) {
            widen(faces, self->kick[i], self->flux[i]);
        } else {
            memset(self->flux[i], 0, faces * sizeof *self->flux[i]);
        }
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
        symmetric a = {{n.row[0][i], n.row[1][i], n.row[2][i]}};
        if (second) {
            a = beyond(a, (symmetric){{n0.row[0][i], n0.row[1][i], n0.row[2][i]}});
        }
        shake(scale, a, g[i], h[i], m + i, e + i);
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
static void shake_all(gf_lattice *lattice, double time, const gf_values *now,
                      const gf_values *before, float *const kicks[2]) {
    const gf_dynamics *d = &lattice->plan.dynamics;
    const gf_two_field *self = lattice->body;
    size_t row = self->row, n = lattice->plan.cells;
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

/* Adds everything up for one charge. */
static void sum_up_charge(const gf_lattice *lattice, double time, int i, const gf_values *now,
                          const gf_values *before, double *result) {
    const gf_two_field *self = lattice->body;
    size_t n = lattice->plan.cells;
    double force = time * lattice->plan.dynamics.hydrodynamics.epsilon;
    const double ends[2] = {now->q[i][0], now->q[i][n - 1]};
    if (before != NULL) {
        sum_up_second(n, force, now->q[i], now->force[i], before->force[i], self->flux[i],
                      self->kick[i], result);
    } else {
        sum_up(n, force, now->q[i], now->force[i], self->flux[i], self->kick[i], result);
    }
    if (lattice->plan.boundary == GF_FIXED) {
        result[0] = ends[0];
        result[n - 1] = ends[1];
    }
}

void gf_two_field_stage(gf_lattice *lattice, double time, const gf_values *now,
                        const gf_values *before, double *const result[GF_CHARGES]) {
    const gf_hydrodynamics *h = &lattice->plan.dynamics.hydrodynamics;
    gf_two_field *self = lattice->body;
    if (h->law != GF_TRANSPORT_NONE) {
        cross(lattice, time, now, before); /* else the flux stays 0 */
    }
    /* the kicks of the faces have been used */
    for (int i = 0; i < GF_CHARGES && !(h->drive > 0); ++i) {
        memset(self->kick[i], 0, lattice->plan.cells * sizeof *self->kick[i]);
    }
    if (h->drive > 0) {
        shake_all(lattice, time, now, before, self->kick);
    }
    for (int i = 0; i < GF_CHARGES; ++i) {
        sum_up_charge(lattice, time, i, now, before, result[i]);
    }
}
