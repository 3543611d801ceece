/* The two-field integrators on media whose exact results are known: structure factors of the linear
 * equation at every k, conservation, moments of multiplicative noise, what is refused. */
#include "closed_medium.h"
#include "lattices.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const gf_integrator *const integrators[] = {&gf_integrator_euler_maruyama,
                                                   &gf_integrator_weak_trapezoidal};

enum { CELLS = 96, ISOLATED = 200000 };

/* --- 2x2 matrices ---------------------------------------------------------------------------- */

typedef struct matrix {
    double at[2][2];
} matrix;

static matrix times(matrix a, matrix b) {
    matrix c;
    for (int i = 0; i < 2; ++i) {
        for (int j = 0; j < 2; ++j) {
            c.at[i][j] = a.at[i][0] * b.at[0][j] + a.at[i][1] * b.at[1][j];
        }
    }
    return c;
}

static matrix transposed(matrix a) {
    return (matrix){{{a.at[0][0], a.at[1][0]}, {a.at[0][1], a.at[1][1]}}};
}

/* a + weight b */
static matrix plus(matrix a, double weight, matrix b) {
    for (int i = 0; i < 4; ++i) {
        (&a.at[0][0])[i] += weight * (&b.at[0][0])[i];
    }
    return a;
}

static const matrix unit = {{{1, 0}, {0, 1}}};

/* S = R S R^T + Q, by doubling. */
static matrix stationary(matrix r, matrix q) {
    for (int i = 0; i < 60; ++i) {
        q = plus(q, 1, times(times(r, q), transposed(r)));
        r = times(r, r);
    }
    return q;
}

/* --- the linear equation --------------------------------------------------------------------- */

static const double centre[2] = {0.3, -0.2};
static const matrix pull = {{{-0.8, 0.3}, {-0.1, -1.1}}};
static const matrix drive_noise = {{{0.9, -0.4}, {-0.4, 1.3}}};
static const matrix susceptibility = {{{0.6, 0.2}, {0.2, 0.5}}};
static const matrix diffusion = {{{1.2, 0.2}, {0.1, 0.7}}};

static void set_values(float *v, const double force[2], matrix n, matrix c) {
    v[GF_SURFACE_FORCE] = (float)force[0];
    v[GF_SURFACE_FORCE + 1] = (float)force[1];
    v[GF_SURFACE_NOISE] = (float)n.at[0][0];
    v[GF_SURFACE_NOISE + 1] = (float)n.at[0][1];
    v[GF_SURFACE_NOISE + 2] = (float)n.at[1][1];
    v[GF_SURFACE_SUSCEPTIBILITY] = (float)c.at[0][0];
    v[GF_SURFACE_SUSCEPTIBILITY + 1] = (float)c.at[0][1];
    v[GF_SURFACE_SUSCEPTIBILITY + 2] = (float)c.at[1][1];
}

static size_t linear_medium(const void *context, size_t count, const double *m, const double *e,
                            float (*values)[GF_SURFACE_VALUES]) {
    (void)context;
    for (size_t k = 0; k < count; ++k) {
        double x = m[k] - centre[0], y = e[k] - centre[1];
        double force[2] = {pull.at[0][0] * x + pull.at[0][1] * y,
                           pull.at[1][0] * x + pull.at[1][1] * y};
        set_values(values[k], force, drive_noise, susceptibility);
    }
    return 0;
}

static gf_dynamics make_dynamics(size_t (*evaluate)(const void *, size_t, const double *,
                                                    const double *, float (*)[GF_SURFACE_VALUES])) {
    gf_dynamics d = {.equation = &gf_equation_hydrodynamics, .spacing = 0.5};
    d.hydrodynamics = (gf_hydrodynamics){.medium = {evaluate, NULL},
                                         .epsilon = 0.7,
                                         .largest = 2,
                                         .drive = 0.6,
                                         .thermal = 0.8,
                                         .filter = 1,
                                         .stiffness = 1.2};
    memcpy(d.hydrodynamics.transport, diffusion.at, sizeof diffusion.at);
    return d;
}

static gf_lattice *make_lattice(const gf_dynamics *d, const gf_integrator *integrator, size_t cells,
                                double step, uint64_t seed) {
    return new_lattice(d, integrator, cells, GF_PERIODIC, step, (gf_random){seed, 0});
}

/* The same densities in every cell; of blocks, none on a side. */
static void fill(gf_lattice *lattice, size_t cells, const double q[2]) {
    double *rows = calloc(3 * cells, sizeof *rows);
    ck_assert_ptr_nonnull(rows);
    for (size_t i = 0; i < 2 * cells; ++i) {
        rows[i] = q[i / cells];
    }
    set_rows(lattice, 0, rows);
    free(rows);
}

/* The structure factor <q_k q_k^+>/cells of the integrator, exactly, from its linear recursion with
 * B = epsilon A - D curl/dx^2 and noise of covariance P per time. */
static matrix structure_factor(const gf_dynamics *d, const gf_integrator *integrator, double h,
                               double wave) {
    const gf_hydrodynamics *g = &d->hydrodynamics;
    double dx = d->spacing, curl = 2 - 2 * cos(wave), n = (double)g->filter;
    double box = wave > 0 ? pow(sin(n * wave / 2) / (n * sin(wave / 2)), 2) : 1;
    matrix transport = {
        {{g->transport[0][0], g->transport[0][1]}, {g->transport[1][0], g->transport[1][1]}}};
    if (g->law == GF_TRANSPORT_ONSAGER) { /* sigma C^-1 */
        const double(*c)[2] = susceptibility.at;
        double det = c[0][0] * c[1][1] - c[0][1] * c[1][0];
        matrix inverse = {{{c[1][1] / det, -c[0][1] / det}, {-c[1][0] / det, c[0][0] / det}}};
        transport = times(transport, inverse);
    }
    matrix none = {{{0}}}, b = plus(plus(none, g->epsilon, pull), -curl / (dx * dx), transport);
    matrix dc = times(transport, susceptibility);
    matrix p = plus(plus(none, g->drive * g->epsilon / dx, drive_noise),
                    g->thermal * curl * box / (dx * dx * dx), plus(dc, 1, transposed(dc)));
    matrix first = plus(unit, h, b);
    if (integrator == &gf_integrator_euler_maruyama) {
        return stationary(first, plus(none, h, p));
    }
    matrix r = plus(first, h * h / 2, times(b, b));
    return stationary(r,
                      plus(plus(none, h / 2, p), h / 2, times(times(first, p), transposed(first))));
}

static void add_mode(const double *rows, int k, double sum[3]) {
    static double wave[CELLS][2];
    double re[2] = {0}, im[2] = {0};
    bool known = wave[0][0] > 0;
    for (int i = 0; i < CELLS && !known; ++i) {
        wave[i][0] = cos(2 * M_PI * i / CELLS);
        wave[i][1] = sin(2 * M_PI * i / CELLS);
    }
    for (size_t i = 0; i < CELLS; ++i) {
        size_t turn = i * (size_t)k % CELLS;
        for (size_t j = 0; j < 2; ++j) {
            double q = rows[j * CELLS + i] - centre[j];
            re[j] += q * wave[turn][0];
            im[j] += q * wave[turn][1];
        }
    }
    const double cells = CELLS;
    sum[0] += (re[0] * re[0] + im[0] * im[0]) / cells;
    sum[1] += (re[0] * re[1] + im[0] * im[1]) / cells;
    sum[2] += (re[1] * re[1] + im[1] * im[1]) / cells;
}

/* Every mode of a row, each within four standard errors, and all together as chi^2 tells. */
static void check_structure(const gf_dynamics *d, const gf_integrator *integrator, uint64_t seed) {
    enum { SAMPLES = sized(1500, 100), MODES = CELLS / 2 + 1 };
    double h = 0.06, chi_square = 0;
    gf_lattice *lattice = make_lattice(d, integrator, CELLS, h, seed);
    static double sum[MODES][3], rows[2 * CELLS];
    memset(sum, 0, sizeof sum);
    fill(lattice, CELLS, centre);
    gf_lattice_advance(lattice, 300);
    for (int s = 0; s < SAMPLES; ++s) {
        gf_lattice_advance(lattice, 80); /* the slowest mode decays at 0.5: memory e^-2.4 */
        get_rows(lattice, rows);
        for (int k = 0; k < MODES; ++k) {
            add_mode(rows, k, sum[k]);
        }
    }
    for (int k = 0; k < MODES; ++k) {
        matrix s = structure_factor(d, integrator, h, 2 * M_PI * k / CELLS);
        double exact[3] = {s.at[0][0], s.at[0][1], s.at[1][1]};
        double degrees = (k == 0 || 2 * k == CELLS ? 0.9 : 1.8) * SAMPLES; /* a little memory */
        double error[3] = {exact[0] * sqrt(2 / degrees),
                           sqrt((exact[0] * exact[2] + exact[1] * exact[1]) / degrees),
                           exact[2] * sqrt(2 / degrees)};
        for (int i = 0; i < 3; ++i) {
            double z = (sum[k][i] / SAMPLES - exact[i]) / error[i];
            ck_assert_msg(fabs(z) < 4.5, "%s, mode %d, entry %d: %g, exactly %g +- %g",
                          integrator->name, k, i, sum[k][i] / SAMPLES, exact[i], error[i]);
            chi_square += z * z;
        }
    }
    ck_assert_double_lt(fabs(chi_square / (3 * MODES) - 1), 0.5);
    gf_lattice_free(lattice);
}

START_TEST(test_structure_factor) {
    gf_dynamics d = make_dynamics(linear_medium);
    check_structure(&d, integrators[_i], 3);
}
END_TEST

/* Without thermal noise nothing but diffusion passes the faces. */
START_TEST(test_drive_alone) {
    gf_dynamics d = make_dynamics(linear_medium);
    d.hydrodynamics.thermal = 0;
    check_structure(&d, integrators[_i], 13);
}
END_TEST

/* Thermal noise averaged over five faces: the spectrum of a box. */
START_TEST(test_cutoff) {
    gf_dynamics d = make_dynamics(linear_medium);
    d.hydrodynamics.filter = 5;
    check_structure(&d, integrators[_i], 4);
}
END_TEST

START_TEST(test_onsager) {
    gf_dynamics d = make_dynamics(linear_medium);
    const double sigma[2][2] = {{0.5, 0.1}, {0.1, 0.4}};
    d.hydrodynamics.law = GF_TRANSPORT_ONSAGER;
    memcpy(d.hydrodynamics.transport, sigma, sizeof sigma);
    check_structure(&d, integrators[_i], 5);
}
END_TEST

/* --- conservation ---------------------------------------------------------------------------- */

/* Both charges to rounding, with a C that varies, a cutoff, and cells that leave the region. */
START_TEST(test_conservation) {
    gf_dynamics d = make_dynamics(closed_medium);
    d.hydrodynamics.law = _i >= 2 ? GF_TRANSPORT_ONSAGER : GF_TRANSPORT_CONSTANT;
    d.hydrodynamics.transport[0][1] = d.hydrodynamics.transport[1][0] = 0.1;
    d.hydrodynamics.filter = 3;
    gf_lattice *lattice = make_lattice(&d, integrators[_i % 2], 1000, 0.03, 6);
    static double rows[2000];
    double before[2] = {0}, sum[2] = {0}, square = 0;
    for (size_t i = 0; i < 2000; ++i) {
        rows[i] = 0.2 + 0.5 * cos(0.02 * (double)i);
        before[i / 1000] += rows[i];
    }
    set_rows(lattice, 0, rows);
    gf_lattice_advance(lattice, 3000);
    uint64_t outside = count_outside(lattice, rows);
    for (size_t i = 0; i < 2000; ++i) {
        sum[i / 1000] += rows[i];
        square += rows[i] * rows[i];
    }
    ck_assert_double_lt(fabs(sum[0] - before[0]), 1e-9);
    ck_assert_double_lt(fabs(sum[1] - before[1]), 1e-9);
    ck_assert_double_gt(square / 2000, 0.1); /* there is noise, */
    ck_assert_uint_gt(outside, 0);           /* beyond the border too */
    gf_lattice_free(lattice);
}
END_TEST

/* f = N = 0 and a constant C: cells have the variance C/cutoff, less the C/length of the total,
 * which stays. */
START_TEST(test_cell_variance) {
    enum { ROW = 32, SAMPLES = sized(8000, 400) };
    const size_t filter = _i == 0 ? 1 : 4;
    gf_dynamics d = make_dynamics(linear_medium);
    d.hydrodynamics.epsilon = 1e-12;
    d.hydrodynamics.thermal = 1;
    d.hydrodynamics.filter = filter;
    gf_lattice *lattice = make_lattice(&d, &gf_integrator_weak_trapezoidal, ROW, 0.02, 7);
    double sum[3] = {0}, rows[2 * ROW];
    for (int s = 0; s < SAMPLES; ++s) {
        gf_lattice_advance(lattice, s == 0 ? 3000 : 60); /* the slowest mode decays at 0.1 */
        get_rows(lattice, rows);
        for (size_t i = 0; i < ROW; ++i) {
            double m = rows[i], e = rows[ROW + i];
            sum[0] += m * m / (ROW * SAMPLES);
            sum[1] += m * e / (ROW * SAMPLES);
            sum[2] += e * e / (ROW * SAMPLES);
        }
    }
    double dx = d.spacing, share = 1 / (dx * (double)filter) - 1 / (dx * ROW);
    const double *c = &susceptibility.at[0][0],
                 exact[3] = {c[0] * share, c[1] * share, c[3] * share};
    double tolerance = 2.7 / sqrt(SAMPLES); /* of 8000 samples, some 2e4 independent modes: 3 % */
    for (int i = 0; i < 3; ++i) {
        ck_assert_msg(fabs(sum[i] - exact[i]) < tolerance * exact[0], "%d: %g, exactly %g", i,
                      sum[i], exact[i]);
    }
    gf_lattice_free(lattice);
}
END_TEST

/* Where a place comes to lie, in cells, after reflections about the first and the last cell. */
static double reflect(double x, double last) {
    while (x < 0 || x > last) {
        x = x < 0 ? -x : 2 * last - x;
    }
    return x;
}

/* A step's thermal noise of cells between ends that are held. The noise of a face is the average
 * over `filter` faces around it, beyond the ends their mirror images: `_i % 2` tells to which side
 * an even number leans. Exact covariance from the weights of the faces. */
START_TEST(test_mirrored_noise) {
    enum { ROW = 9, SAMPLES = sized(40000, 1000) };
    gf_dynamics d = make_dynamics(closed_medium); /* C = 1, 1/2, 1 at q = 0 */
    size_t filter = 3 + (size_t)_i / 2;
    d.hydrodynamics.filter = filter;
    gf_lattice *lattice =
        new_lattice(&d, &gf_integrator_euler_maruyama, ROW, GF_FIXED, 0.03, (gf_random){8, 0});
    double weight[ROW + 1][ROW] = {{0}}, found[ROW][ROW] = {{0}};
    for (int face = 1; face < ROW; ++face) { /* at face - 1/2 */
        for (int k = 0; k < (int)filter; ++k) {
            int first = face - ((int)filter - 1 + _i % 2) / 2;
            double place = reflect(first + k - 0.5, ROW - 1);
            weight[face][(int)(place + 0.6)] += 1 / (double)filter;
        }
    }
    for (uint64_t sample = 0; sample < SAMPLES; ++sample) {
        double rows[2 * ROW] = {0};
        set_rows(lattice, 2 * sample + (uint64_t)_i % 2, rows);
        gf_lattice_advance(lattice, 1);
        get_rows(lattice, rows);
        for (int i = 0; i < ROW * ROW; ++i) {
            found[i / ROW][i % ROW] += rows[i / ROW] * rows[i % ROW] / SAMPLES;
        }
    }
    double(*t)[2] = d.hydrodynamics.transport;
    double square = 0.8 * 0.03 / pow(d.spacing, 3) * 2 * (t[0][0] + t[0][1] * 0.5);
    for (int i = 0; i < ROW; ++i) {
        for (int j = 0; j < ROW; ++j) {
            double exact = 0, scale = square * 2 / (double)filter;
            for (int face = 0; face < ROW; ++face) {
                exact += square * (weight[i + 1][face] - weight[i][face]) *
                         (weight[j + 1][face] - weight[j][face]);
            }
            bool held = i == 0 || j == 0 || i == ROW - 1 || j == ROW - 1;
            /* the standard error is below scale (2/SAMPLES)^1/2 */
            ck_assert_double_eq_tol(found[i][j] / scale, held ? 0 : exact / scale,
                                    5 * sqrt(2.0 / SAMPLES));
        }
    }
    gf_lattice_free(lattice);
}
END_TEST

/* --- multiplicative noise -------------------------------------------------------------------- */

/* N_mm = 1 + m^2, N_ee = 1 + e^2, N_me = m e: second moments obey linear equations. C likewise. */
static size_t quadratic_medium(const void *context, size_t count, const double *m, const double *e,
                               float (*values)[GF_SURFACE_VALUES]) {
    (void)context;
    for (size_t k = 0; k < count; ++k) {
        double force[2] = {-m[k], -0.7 * e[k] + 0.2 * m[k]};
        matrix n = {{{1 + m[k] * m[k], m[k] * e[k]}, {m[k] * e[k], 1 + e[k] * e[k]}}};
        set_values(values[k], force, n, n);
    }
    return 0;
}

/* Moments of isolated cells at time 1 from q = (1, 0.5), with dq = f dt + sqrt(s N) dW:
 * <m>' = -<m>, <e>' = -0.7 <e> + 0.2 <m>, and
 * <mm>' = -2 <mm> + s (1 + <mm>), <me>' = -1.7 <me> + 0.2 <mm> + s <me>,
 * <ee>' = -1.4 <ee> + 0.4 <me> + s (1 + <ee>); <m^4>' = -4 <m^4> + 6 s (<mm> + <m^4>). */
static void exact_moments(double s, double moment[6]) {
    enum { STEPS = 20000 };
    double x[6] = {1, 0.5, 1, 0.5, 0.25, 1};
    for (int i = 0; i < STEPS; ++i) { /* the midpoint rule, to 1e-9 */
        double y[6], h = 1.0 / STEPS;
        memcpy(y, x, sizeof y);
        for (int half = 0; half < 2; ++half) {
            double slope[6] = {-y[0],
                               -0.7 * y[1] + 0.2 * y[0],
                               -2 * y[2] + s * (1 + y[2]),
                               -1.7 * y[3] + 0.2 * y[2] + s * y[3],
                               -1.4 * y[4] + 0.4 * y[3] + s * (1 + y[4]),
                               -4 * y[5] + 6 * s * (y[2] + y[5])};
            for (int k = 0; k < 6; ++k) {
                y[k] = x[k] + (half == 0 ? h / 2 : h) * slope[k];
            }
        }
        memcpy(x, y, sizeof x);
    }
    memcpy(moment, x, sizeof x);
}

static void measure_moments(const gf_integrator *integrator, double s, double step,
                            double moment[6]) {
    gf_dynamics d = make_dynamics(quadratic_medium);
    d.hydrodynamics.law = GF_TRANSPORT_NONE;
    d.hydrodynamics.epsilon = 1;
    d.hydrodynamics.drive = s;
    d.spacing = 1;
    static double rows[3 * ISOLATED];
    gf_lattice *lattice = make_lattice(&d, integrator, ISOLATED, step, 8);
    fill(lattice, ISOLATED, (double[2]){1, 0.5});
    gf_lattice_advance(lattice, (uint64_t)lround(1 / step));
    get_rows(lattice, rows);
    memset(moment, 0, 6 * sizeof *moment);
    for (size_t i = 0; i < ISOLATED; ++i) {
        double m = rows[i], e = rows[ISOLATED + i];
        double values[6] = {m, e, m * m, m * e, e * e, m * m * m * m};
        for (int k = 0; k < 6; ++k) {
            moment[k] += values[k] / ISOLATED;
        }
    }
    gf_lattice_free(lattice);
}

/* Weak order 2: at a step of 1/4 every moment is right within its error, a term of the third order
 * aside, where Euler and Maruyama are off by far more. */
START_TEST(test_weak_order) {
    const double s = 0.4;
    double exact[6], euler[6], fine[6];
    exact_moments(s, exact);
    measure_moments(&gf_integrator_euler_maruyama, s, 0.25, euler);
    measure_moments(&gf_integrator_weak_trapezoidal, s, 0.25, fine);
    /* standard deviations of the six, from the moments themselves, generously */
    const double error[6] = {0.002, 0.0024, 0.004, 0.004, 0.006, 0.04};
    for (int k = 0; k < 6; ++k) {
        double bias = k < 5 ? 0.012 * fabs(exact[k]) : 0.05 * exact[k];
        ck_assert_msg(fabs(fine[k] - exact[k]) < bias + 2 * error[k], "moment %d: %g, exactly %g",
                      k, fine[k], exact[k]);
    }
    ck_assert_double_gt(fabs(euler[0] - exact[0]), 0.04); /* (3/4)^4 for e^-1 */
    ck_assert_double_gt(fabs(euler[2] - exact[2]), 5 * fabs(fine[2] - exact[2]));
}
END_TEST

/* Multiplicative thermal noise, cutoff dx: without force the correlations v_r = <m_0 m_r> obey
 * v_r' = 2 D (v_{r-1} - 2 v_r + v_{r+1})/dx^2 + 2 D <C> (2 delta_r0 - delta_r1 - delta_r-1)/dx^3
 * with <C> = 1 + v_0, since the C of a face is the mean of its cells'. */
START_TEST(test_weak_order_faces) {
    enum { ROW = 200000, LAGS = 40, STEPS = 4000 };
    const double strength = 0.02, end = 0.5;
    gf_dynamics d = make_dynamics(quadratic_medium);
    const double transport[2][2] = {{0.3, 0}, {0, 0.3}};
    memcpy(d.hydrodynamics.transport, transport, sizeof transport);
    d.hydrodynamics.epsilon = 1e-12;
    d.hydrodynamics.thermal = strength * 10;
    double h = end / 10, v[LAGS + 1] = {0}, dx = d.spacing, dt = end / STEPS;
    static double rows[2 * ROW];
    gf_lattice *lattice = make_lattice(&d, &gf_integrator_weak_trapezoidal, ROW, h, 9);
    gf_lattice_advance(lattice, 10);
    for (int i = 0; i < STEPS; ++i) {
        double y[LAGS + 1];
        memcpy(y, v, sizeof y);
        for (int half = 0; half < 2; ++half) {
            double slope[LAGS + 1] = {0};
            double noise = d.hydrodynamics.thermal * 0.6 * (1 + y[0]) / pow(dx, 3);
            for (int r = 0; r < LAGS; ++r) {
                double left = r > 0 ? y[r - 1] : y[1];
                slope[r] = 0.6 / (dx * dx) * (left - 2 * y[r] + y[r + 1]) + (r == 0   ? 2 * noise
                                                                             : r == 1 ? -noise
                                                                                      : 0);
            }
            for (int r = 0; r < LAGS; ++r) {
                y[r] = v[r] + (half == 0 ? dt / 2 : dt) * slope[r];
            }
        }
        memcpy(v, y, sizeof v);
    }
    double found[2] = {0};
    get_rows(lattice, rows);
    for (size_t i = 0; i < ROW; ++i) {
        for (size_t r = 0; r < 2; ++r) {
            found[r] += rows[i] * rows[(i + r) % ROW] / ROW;
        }
    }
    /* 2e5 cells: 0.4 %, the weak error at 4 D h/dx^2 = 0.24 below 1 % */
    ck_assert_msg(fabs(found[0] / v[0] - 1) < 0.025, "%g, exactly %g", found[0], v[0]);
    ck_assert_msg(fabs(found[1] - v[1]) < 0.025 * v[0], "%g, exactly %g", found[1], v[1]);
    gf_lattice_free(lattice);
}
END_TEST

/* --- ends and refusals ----------------------------------------------------------------------- */

START_TEST(test_fixed_ends) {
    gf_dynamics d = make_dynamics(linear_medium);
    double rows[2 * CELLS];
    gf_lattice *lattice =
        new_lattice(&d, integrators[_i], CELLS, GF_FIXED, 0.05, (gf_random){10, 0});
    fill(lattice, CELLS, (double[2]){0.1, 0.2});
    gf_lattice_advance(lattice, 100);
    get_rows(lattice, rows);
    for (size_t k = 0; k < 2; ++k) {
        const double *row = rows + k * CELLS;
        ck_assert_double_eq(row[0], k == 0 ? 0.1 : 0.2);
        ck_assert_double_eq(row[CELLS - 1], k == 0 ? 0.1 : 0.2);
        ck_assert_double_gt(fabs(row[CELLS / 2] - row[0]), 0);
    }
    gf_lattice_free(lattice);
}
END_TEST

/* D C + C D^T of a lopsided D is no covariance; it is noticed where the cells are. */
START_TEST(test_unphysical) {
    gf_dynamics d = make_dynamics(linear_medium);
    const double lopsided[2][2] = {{1, 8}, {0, 1}};
    memcpy(d.hydrodynamics.transport, lopsided, sizeof lopsided);
    gf_error error = {.message = ""};
    gf_lattice *lattice = make_lattice(&d, integrators[_i], CELLS, 0.05, 11);
    fill(lattice, CELLS, (double[2]){0.1, 0.2});
    ck_assert_int_eq(gf_lattice_check(lattice, &error), GF_OK);
    gf_lattice_advance(lattice, 1);
    ck_assert_int_eq(gf_lattice_check(lattice, &error), GF_INVALID);
    assert_contains(error.message, "no covariance at m = 0.1, e = 0.2");
    gf_lattice_free(lattice);
}
END_TEST

START_TEST(test_refusals) {
    static const struct {
        const gf_integrator *integrator;
        gf_boundary boundary;
        double step;
        const char *message;
    } wrong[] = {{&gf_integrator_heun, GF_PERIODIC, 0.05, "weak-trapezoidal"},
                 {&gf_integrator_weak_trapezoidal, GF_PERIODIC, 1, "unstable"},
                 {&gf_integrator_weak_trapezoidal, GF_ANTIPERIODIC, 0.05, "periodic or fixed"}};
    gf_dynamics d = make_dynamics(linear_medium);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        gf_lattice *lattice = NULL;
        gf_error error = {.message = ""};
        ck_assert_int_eq(try_lattice(&d, wrong[i].integrator, CELLS, wrong[i].boundary,
                                     wrong[i].step, (gf_random){1, 0}, &lattice, &error),
                         GF_INVALID);
        assert_contains(error.message, wrong[i].message);
        ck_assert_ptr_null(lattice);
    }
}
END_TEST

/* A state that is taken out and put into another lattice goes on as if nothing had happened: of
 * rows and of blocks, whose sides and counts belong to it. */
START_TEST(test_state) {
    enum { FEW = 40, STEPS = 200 };
    const bool blocks = _i >= 2;
    gf_dynamics d = make_dynamics(quadratic_medium);
    d.order = 0.4;
    d.hydrodynamics.law = blocks ? GF_TRANSPORT_NONE : GF_TRANSPORT_CONSTANT;
    double rows[3][3 * FEW], fields[2][2 * FEW];
    uint64_t counts[2][GF_COUNTS];
    gf_lattice_state half = {.rows = rows[2]};
    gf_lattice *whole = make_lattice(&d, integrators[_i % 2], FEW, 0.05, 12);
    gf_lattice *again = make_lattice(&d, integrators[_i % 2], FEW, 0.05, 12);
    gf_lattice_advance(whole, STEPS);
    gf_lattice_get(whole, &half);
    ck_assert_uint_eq(half.steps, STEPS);
    gf_lattice_set(again, &half);
    gf_lattice_advance(whole, STEPS);
    gf_lattice_advance(again, STEPS);
    get_rows(whole, rows[0]);
    get_rows(again, rows[1]);
    ck_assert_mem_eq(rows[0], rows[1], gf_lattice_rows(&d) * FEW * sizeof(double));
    gf_lattice_measure(whole, fields[0], counts[0]);
    gf_lattice_measure(again, fields[1], counts[1]);
    ck_assert_mem_eq(fields[0], fields[1], sizeof fields[0]);
    ck_assert_mem_eq(counts[0], counts[1], sizeof counts[0]);
    ck_assert_int_eq(counts[0][GF_COUNT_PASSAGES] > 0, blocks);
    gf_lattice_free(whole);
    gf_lattice_free(again);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("hydrodynamics");
    tcase_add_loop_test(tests, test_structure_factor, 0, 2);
    tcase_add_loop_test(tests, test_drive_alone, 0, 2);
    tcase_add_loop_test(tests, test_cutoff, 0, 2);
    tcase_add_loop_test(tests, test_onsager, 0, 2);
    tcase_add_loop_test(tests, test_mirrored_noise, 0, 4);
    tcase_add_loop_test(tests, test_conservation, 0, 4);
    tcase_add_loop_test(tests, test_cell_variance, 0, 2);
    tcase_add_long_test(tests, test_weak_order);
    tcase_add_long_test(tests, test_weak_order_faces);
    tcase_add_loop_test(tests, test_fixed_ends, 0, 2);
    tcase_add_loop_test(tests, test_unphysical, 0, 2);
    tcase_add_test(tests, test_refusals);
    tcase_add_loop_test(tests, test_state, 0, 4);
    return run_suite("hydrodynamics", tests);
}
