/* Diffusion that depends on the densities: what files say, and lattices on which it acts, against
 * constant matrices, exact steady states, covariances and conservation. */
#include "closed_medium.h"
#include "lattices.h"
#include "suite.h"

#include "base/matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const gf_integrator *const integrators[] = {&gf_integrator_euler_maruyama,
                                                   &gf_integrator_weak_trapezoidal};

static char path[] = "test-diffusion-XXXXXX.h5";

static void make_path(void) {
    ck_assert_int_ge(mkstemps(path, 3), 0);
}

static void remove_path(void) {
    (void)unlink(path);
}

/* --- files ----------------------------------------------------------------------------------- */

/* D = base + m along_m + e along_e, whose eigenvalues are positive for |m|, |e| <= 2 */
static const double base[4] = {1.2, 0.2, 0.1, 0.9};
static const double along_m[4] = {0.3, 0.05, -0.04, 0.1};
static const double along_e[4] = {-0.1, 0.02, 0.06, 0.2};

static void linear_matrix(double m, double e, double d[4]) {
    for (int c = 0; c < 4; ++c) {
        d[c] = base[c] + m * along_m[c] + e * along_e[c];
    }
}

enum { ROWS = 5, COLUMNS = 3 };

/* What a file holds; `shape` of the matrix. */
typedef struct content {
    double m[ROWS], e[COLUMNS], matrix[ROWS][COLUMNS][4];
    size_t shape[4];
} content;

static content linear_content(void) {
    content c = {.shape = {ROWS, COLUMNS, 2, 2}};
    for (int i = 0; i < ROWS; ++i) {
        for (int j = 0; j < COLUMNS; ++j) {
            c.m[i] = -1 + 0.5 * i;
            c.e[j] = -0.8 + j;
            linear_matrix(c.m[i], c.e[j], c.matrix[i][j]);
        }
    }
    return c;
}

static void put(gf_file *file, const char *name, int rank, const size_t *shape,
                const double *values) {
    gf_dataset dataset = {.path = name, .units = "1", .rank = rank};
    for (int k = 0; k < rank; ++k) {
        dataset.shape[k] = shape[k];
        dataset.axes[k] = "any";
    }
    gf_file_put_doubles(file, &dataset, values);
}

static void write_content(const content *c) {
    const size_t rows = ROWS, columns = COLUMNS;
    gf_file *file = NULL;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    put(file, "/diffusion/magnetization", 1, &rows, c->m);
    put(file, "/diffusion/energy", 1, &columns, c->e);
    put(file, "/diffusion/matrix", 4, c->shape, &c->matrix[0][0][0]);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
}

static gf_diffusion read_content(const content *c) {
    gf_diffusion diffusion;
    gf_error error = {.message = ""};
    write_content(c);
    ck_assert_msg(gf_diffusion_read(path, &diffusion, &error) == GF_OK, "%s", error.message);
    return diffusion;
}

static void evaluate(const gf_diffusion *diffusion, double m, double e, double d[4]) {
    gf_diffusion_evaluate(diffusion, 1, &m, &e, (double *[4]){&d[0], &d[1], &d[2], &d[3]});
}

/* Bilinear is exact for what is linear; beyond the axes each density is clamped. */
START_TEST(test_values) {
    content c = linear_content();
    gf_diffusion diffusion = read_content(&c);
    double found[4], exact[4], largest = 0;
    for (double m = -1.5; m <= 1.5; m += 0.13) {
        for (double e = -1.5; e <= 1.5; e += 0.17) {
            evaluate(&diffusion, m, e, found);
            linear_matrix(fmin(fmax(m, -1), 1), fmin(fmax(e, -0.8), 1.2), exact);
            for (int k = 0; k < 4; ++k) {
                ck_assert_double_eq_tol(found[k], exact[k], 1e-14);
            }
            largest = fmax(largest, gf_matrix_radius(exact));
        }
    }
    ck_assert_double_eq_tol(diffusion.largest, largest, 1e-3);
    ck_assert_double_ge(diffusion.largest, largest);
    evaluate(&diffusion, NAN, INFINITY, found);
    linear_matrix(-1, 1.2, exact);
    ck_assert_double_eq_tol(found[0], exact[0], 1e-14);
    gf_diffusion_free(&diffusion);
}
END_TEST

/* Between nodes, product by product: D = 2 + m e with corners at +-1. Single values do as axes. */
START_TEST(test_bilinear) {
    double matrix[4][4] = {{3, 0, 0, 1}, {1, 0, 0, 1}, {1, 0, 0, 1}, {3, 0, 0, 1}}, d[4];
    gf_diffusion corners = {.axis = {{-1, 1, 2}, {-1, 1, 2}}, .matrix = matrix};
    evaluate(&corners, 0.3, -0.6, d);
    ck_assert_double_eq_tol(d[0], 2 - 0.18, 1e-14);
    gf_diffusion line = {.axis = {{0.4, 0.4, 1}, {-1, 1, 2}}, .matrix = matrix};
    evaluate(&line, -0.9, 0.5, d);
    ck_assert_double_eq_tol(d[0], 1.5, 1e-14);
    gf_diffusion point = {.axis = {{0, 0, 1}, {0, 0, 1}}, .matrix = matrix};
    evaluate(&point, 0.7, 0.5, d);
    ck_assert_double_eq(d[0], 3);
}
END_TEST

/* Written and read again: the same to the last bit. */
START_TEST(test_copy) {
    content c = linear_content();
    gf_diffusion first = read_content(&c), second;
    gf_file *file = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, NULL), GF_OK);
    gf_diffusion_write(&first, file);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
    ck_assert_int_eq(gf_diffusion_read(path, &second, NULL), GF_OK);
    ck_assert_mem_eq(first.axis, second.axis, sizeof first.axis);
    ck_assert_mem_eq(first.matrix, second.matrix, ROWS * COLUMNS * sizeof *first.matrix);
    gf_diffusion_free(&first);
    gf_diffusion_free(&second);
}
END_TEST

/* D (1 + errors delta), delta from the traces, node by node; written and read again with errors. */
START_TEST(test_shift) {
    content c = linear_content();
    gf_diffusion diffusion = read_content(&c), shifted, again;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_diffusion_shift(&diffusion, 1, path, &shifted, &error), GF_INVALID);
    assert_contains(error.message, "has no /diffusion/matrix_error");
    diffusion.error = calloc((size_t)ROWS * COLUMNS, sizeof *diffusion.error);
    for (size_t n = 0; n < (size_t)ROWS * COLUMNS; ++n) {
        for (size_t k = 0; k < 4; ++k) {
            diffusion.error[n][k] = 0.01 * (double)(n + k);
        }
    }
    gf_file *file = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, NULL), GF_OK);
    gf_diffusion_write(&diffusion, file);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
    ck_assert_int_eq(gf_diffusion_read(path, &again, NULL), GF_OK);
    ck_assert_double_eq_tol(again.relative[2], 0.07 / (again.matrix[2][0] + again.matrix[2][3]),
                            1e-14);
    ck_assert_int_eq(gf_diffusion_shift(&again, -0.7, path, &shifted, &error), GF_OK);
    for (size_t n = 0; n < (size_t)ROWS * COLUMNS; ++n) {
        const double *d = diffusion.matrix[n];
        double delta = (0.02 * (double)n + 0.03) / (d[0] + d[3]);
        for (size_t k = 0; k < 4; ++k) {
            ck_assert_double_eq_tol(shifted.matrix[n][k], (1 - 0.7 * delta) * d[k], 1e-14);
        }
    }
    ck_assert_double_lt(shifted.largest, diffusion.largest);
    gf_diffusion_free(&shifted);
    ck_assert_int_eq(gf_diffusion_shift(&again, -1000, path, &shifted, &error), GF_INVALID);
    assert_contains(error.message, "D is not positive at m = -1");
    again.error[3][2] = -0.1;
    file = NULL;
    ck_assert_int_eq(gf_file_create(path, &file, NULL), GF_OK);
    gf_diffusion_write(&again, file);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
    gf_diffusion_free(&again);
    gf_diffusion_free(&diffusion);
    ck_assert_int_ne(gf_diffusion_read(path, &again, &error), GF_OK);
    assert_contains(error.message, "/diffusion/matrix_error holds a value that is negative");
}
END_TEST

static void check_refused(const char *message) {
    gf_diffusion diffusion;
    gf_error error = {.message = ""};
    ck_assert_int_ne(gf_diffusion_read(path, &diffusion, &error), GF_OK);
    assert_contains(error.message, path);
    assert_contains(error.message, message);
    ck_assert_ptr_null(diffusion.matrix);
}

static void check_content(const content *c, const char *message) {
    write_content(c);
    check_refused(message);
}

START_TEST(test_bad_content) {
    content c = linear_content();
    c.matrix[2][1][1] = NAN;
    check_content(&c, "not finite at m = 0, e = 0.2");
    c = linear_content();
    c.matrix[0][0][3] = -3;
    check_content(&c, "eigenvalues with positive real parts; at m = -1, e = -0.8");
    c = linear_content(); /* positive at both nodes, not halfway */
    memcpy(c.matrix[1][0], (double[4]){1, 9, 0, 1}, sizeof c.matrix[1][0]);
    memcpy(c.matrix[2][0], (double[4]){1, 0, 9, 1}, sizeof c.matrix[2][0]);
    check_content(&c, "at m = -0.25, e = -0.8");
    c = linear_content();
    c.m[1] = -0.4;
    check_content(&c, "/diffusion/magnetization must hold");
    c = linear_content();
    c.e[0] = c.e[2] + 1;
    check_content(&c, "/diffusion/energy must hold");
    c = linear_content();
    c.shape[0] = COLUMNS;
    c.shape[1] = ROWS;
    check_content(&c, "shape 3 x 5 x 2 x 2; expected 5 x 3 x 2 x 2");
}
END_TEST

START_TEST(test_bad_files) {
    const size_t shape[4] = {ROWS, COLUMNS, 4};
    const content c = linear_content();
    const char *const names[] = {"/diffusion/magnetization", "/diffusion/energy",
                                 "/diffusion/matrix"};
    for (int i = 0; i < 3; ++i) { /* without one of them */
        gf_file *file = NULL;
        write_content(&c);
        ck_assert_int_eq(gf_file_edit(path, &file, NULL), GF_OK);
        gf_file_remove(file, names[i]);
        ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
        check_refused(names[i]);
    }
    gf_file *file = NULL; /* with an empty axis */
    write_content(&c);
    ck_assert_int_eq(gf_file_edit(path, &file, NULL), GF_OK);
    gf_file_remove(file, names[0]);
    put(file, names[0], 1, (const size_t[]){0}, c.m);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
    check_refused(
        "/diffusion/magnetization must hold 1 to 100000 evenly spaced values that ascend");
    file = NULL; /* of another rank */
    ck_assert_int_eq(gf_file_create(path, &file, NULL), GF_OK);
    put(file, names[0], 1, &shape[0], c.m);
    put(file, names[1], 1, &shape[1], c.e);
    put(file, names[2], 3, shape, &c.matrix[0][0][0]);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
    check_refused("not an array of 4 dimensions");
    ck_assert_int_eq(gf_file_write_bytes(path, "D = 1", 5, NULL), GF_OK);
    check_refused("signature");
    (void)unlink(path);
    check_refused("open");
}
END_TEST

/* --- lattices -------------------------------------------------------------------------------- */

static gf_dynamics make_dynamics(const gf_diffusion *diffusion, double thermal) {
    gf_dynamics d = {.equation = &gf_equation_hydrodynamics, .spacing = 0.5};
    d.hydrodynamics =
        (gf_hydrodynamics){.medium = {closed_medium, NULL},
                           .epsilon = 1,
                           .law = diffusion != NULL ? GF_TRANSPORT_VARYING : GF_TRANSPORT_CONSTANT,
                           .diffusion = diffusion,
                           .thermal = thermal,
                           .filter = 1};
    return d;
}

enum { MOST = 1000 }; /* cells */

/* A lattice with waves in both densities, which are also rows[2][cells]. */
static gf_lattice *make_lattice(const gf_dynamics *d, const gf_integrator *integrator, size_t cells,
                                gf_boundary boundary, double step, uint64_t seed,
                                double rows[2 * MOST]) {
    gf_lattice *lattice = new_lattice(d, integrator, cells, boundary, step, (gf_random){seed, 0});
    for (size_t i = 0; i < cells; ++i) {
        rows[i] = 0.1 + 0.5 * cos(0.3 * (double)i);
        rows[cells + i] = -0.2 + 0.6 * sin(0.2 * (double)i);
    }
    set_rows(lattice, 0, rows);
    return lattice;
}

/* A constant matrix is the same from a file, up to single precision in the noise. */
START_TEST(test_constant) {
    enum { CELLS = 300 };
    content c = linear_content();
    for (int i = 0; i < ROWS * COLUMNS; ++i) {
        memcpy(c.matrix[i / COLUMNS][i % COLUMNS], base, sizeof base);
    }
    gf_diffusion diffusion = read_content(&c);
    gf_dynamics file = make_dynamics(&diffusion, 0.1), text = make_dynamics(NULL, 0.1);
    memcpy(text.hydrodynamics.transport, base, sizeof base);
    file.hydrodynamics.filter = text.hydrodynamics.filter = 3;
    ck_assert_double_eq(gf_hydrodynamics_rate(&file.hydrodynamics, 0.5),
                        gf_hydrodynamics_rate(&text.hydrodynamics, 0.5));
    double x[2 * MOST], y[2 * MOST];
    gf_lattice *a = make_lattice(&file, integrators[_i], CELLS, GF_PERIODIC, 0.05, 3, x);
    gf_lattice *b = make_lattice(&text, integrators[_i], CELLS, GF_PERIODIC, 0.05, 3, y);
    gf_lattice_advance(a, 200);
    gf_lattice_advance(b, 200);
    get_rows(a, x);
    get_rows(b, y);
    for (size_t i = 0; i < 2 * CELLS; ++i) {
        ck_assert_double_eq_tol(x[i], y[i], 1e-6);
    }
    ck_assert_double_gt(fabs(x[0] - 0.6), 0.01); /* it has moved */
    gf_lattice_free(a);
    gf_lattice_free(b);
    gf_diffusion_free(&diffusion);
}
END_TEST

/* D_mm = 1 + a m, D_ee = 1 + b e, constants beside: over every face the flux of m is the difference
 * of m + a m^2/2 + D_me e, that of e of e + b e^2/2 + D_em m. Between fixed ends both are straight
 * lines in the end, on cells as in the continuum. */
START_TEST(test_steady_profile) {
    enum { CELLS = 16 };
    const double a = 0.4, b = -0.3, me = 0.2, em = 0.1;
    content c = linear_content();
    for (int i = 0; i < ROWS * COLUMNS; ++i) {
        double d[4] = {1 + a * c.m[i / COLUMNS], me, em, 1 + b * c.e[i % COLUMNS]};
        memcpy(c.matrix[i / COLUMNS][i % COLUMNS], d, sizeof d);
    }
    gf_diffusion diffusion = read_content(&c);
    gf_dynamics d = make_dynamics(&diffusion, 0);
    double rows[2 * MOST], line[2][CELLS];
    gf_lattice *lattice = make_lattice(&d, integrators[_i], CELLS, GF_FIXED, 0.05, 1, rows);
    rows[2 * CELLS - 1] = 0.7;
    set_rows(lattice, 0, rows);
    gf_lattice_advance(lattice, 20000); /* the slowest mode decays at 0.1 */
    get_rows(lattice, rows);
    for (size_t i = 0; i < CELLS; ++i) {
        double m = rows[i], e = rows[CELLS + i];
        line[0][i] = m + a * m * m / 2 + me * e;
        line[1][i] = e + b * e * e / 2 + em * m;
    }
    for (int k = 0; k < 2; ++k) {
        const double *y = line[k], slope = (y[CELLS - 1] - y[0]) / (CELLS - 1);
        ck_assert_double_gt(fabs(slope), 0.01);
        for (int i = 0; i < CELLS; ++i) {
            ck_assert_double_eq_tol(y[i], y[0] + i * slope, 1e-13);
        }
    }
    gf_lattice_free(lattice);
    gf_diffusion_free(&diffusion);
}
END_TEST

/* Both charges to rounding: D and C vary, a cutoff, cells that leave the region. */
START_TEST(test_conservation) {
    enum { CELLS = MOST };
    content c = linear_content();
    gf_diffusion diffusion = read_content(&c);
    gf_dynamics d = make_dynamics(&diffusion, 0.8);
    d.hydrodynamics.filter = 3;
    double sum[2] = {0}, square = 0, before[2 * MOST], after[2 * MOST];
    gf_lattice *lattice = make_lattice(&d, integrators[_i], CELLS, GF_PERIODIC, 0.03, 6, before);
    gf_lattice_advance(lattice, 2000);
    uint64_t outside = count_outside(lattice, after);
    for (size_t i = 0; i < 2 * CELLS; ++i) {
        sum[i / CELLS] += after[i] - before[i];
        square += after[i] * after[i];
    }
    ck_assert_double_lt(fabs(sum[0]), 1e-9);
    ck_assert_double_lt(fabs(sum[1]), 1e-9);
    ck_assert_double_gt(square / (2 * CELLS), 0.1); /* there is noise, */
    ck_assert_uint_gt(outside, 0);                  /* beyond the border too */
    gf_lattice_free(lattice);
    gf_diffusion_free(&diffusion);
}
END_TEST

/* One step of Euler and Maruyama: neighbours i - 1 and i get increments of covariance
 * -(D C + C D^T) time thermal/dx^3, the mean of the two cells, about the drift without noise. */
START_TEST(test_face_noise) {
    enum { CELLS = 24, SAMPLES = 20000 };
    const double step = 0.01, thermal = 0.05;
    static double sum[CELLS][4], square[CELLS][4];
    content c = linear_content();
    gf_diffusion diffusion = read_content(&c);
    gf_dynamics d = make_dynamics(&diffusion, thermal), still = make_dynamics(&diffusion, 0);
    double start[2 * MOST], drift[2 * MOST], rows[2 * MOST];
    gf_lattice *rest = make_lattice(&still, integrators[0], CELLS, GF_PERIODIC, step, 0, start);
    for (size_t i = 0; i < CELLS; ++i) { /* neighbours whose D differ much */
        start[i] = (i % 2 == 0 ? 0.8 : -0.8) + 0.005 * (double)i;
        start[CELLS + i] = i % 2 == 0 ? 0.6 : -0.3;
    }
    set_rows(rest, 0, start);
    gf_lattice_advance(rest, 1);
    get_rows(rest, drift);
    gf_lattice *lattice = make_lattice(&d, integrators[0], CELLS, GF_PERIODIC, step, 5, rows);
    for (uint64_t s = 0; s < SAMPLES; ++s) {
        set_rows(lattice, s, start); /* the random numbers are those of another step */
        gf_lattice_advance(lattice, 1);
        get_rows(lattice, rows);
        for (size_t i = 0; i < CELLS; ++i) {
            size_t left = (i + CELLS - 1) % CELLS, at[2] = {left, i};
            double w[2][2];
            for (size_t k = 0; k < 4; ++k) {
                size_t cell = at[k / 2] + k % 2 * CELLS;
                w[k / 2][k % 2] = rows[cell] - drift[cell];
            }
            for (int k = 0; k < 4; ++k) {
                double product = -w[0][k / 2] * w[1][k % 2];
                sum[i][k] += product / SAMPLES;
                square[i][k] += product * product / SAMPLES;
            }
        }
    }
    for (size_t i = 0; i < CELLS; ++i) {
        size_t cells[2] = {(i + CELLS - 1) % CELLS, i};
        double exact[4] = {0}, unit = thermal * step / pow(d.spacing, 3);
        for (int side = 0; side < 2; ++side) {
            double m = start[cells[side]], e = start[cells[side] + CELLS], t[4], x[3];
            float v[1][GF_SURFACE_VALUES];
            linear_matrix(m, e, t);
            (void)closed_medium(NULL, 1, &m, &e, v);
            for (int k = 0; k < 3; ++k) {
                x[k] = (double)v[0][GF_SURFACE_SUSCEPTIBILITY + k];
            }
            double mixed = t[0] * x[1] + t[1] * x[2] + t[2] * x[0] + t[3] * x[1];
            exact[0] += t[0] * x[0] + t[1] * x[1];
            exact[1] += mixed / 2;
            exact[2] += mixed / 2;
            exact[3] += t[2] * x[1] + t[3] * x[2];
        }
        for (int k = 0; k < 4; ++k) {
            double error = sqrt((square[i][k] - sum[i][k] * sum[i][k]) / SAMPLES);
            ck_assert_msg(fabs(sum[i][k] - unit * exact[k]) < 4.5 * error,
                          "face %zu, entry %d: %g, exactly %g +- %g", i, k, sum[i][k],
                          unit * exact[k], error);
            ck_assert_double_lt(error, 0.05 * unit);
        }
    }
    gf_lattice_free(lattice);
    gf_lattice_free(rest);
    gf_diffusion_free(&diffusion);
}
END_TEST

/* The longest step is that of the largest D; a lopsided D is noticed where the cells are. */
START_TEST(test_refusals) {
    content c = linear_content();
    memcpy(c.matrix[4][1], (double[4]){50, 0, 0, 1}, sizeof c.matrix[4][1]);
    gf_diffusion large = read_content(&c);
    gf_dynamics d = make_dynamics(&large, 1);
    gf_lattice *lattice = NULL;
    gf_error error = {.message = ""};
    double rows[2 * MOST];
    ck_assert_int_eq(try_lattice(&d, integrators[1], 10, GF_PERIODIC, 0.0026, (gf_random){1, 0},
                                 &lattice, &error),
                     GF_INVALID); /* 2 dx^2/(4 D) = 0.0025 */
    assert_contains(error.message, "unstable");
    gf_lattice_free(new_lattice(&d, integrators[1], 10, GF_PERIODIC, 0.0024, (gf_random){1, 0}));
    gf_diffusion_free(&large);
    for (int i = 0; i < ROWS * COLUMNS; ++i) { /* only where m is above 0 */
        memcpy(c.matrix[i / COLUMNS][i % COLUMNS],
               i / COLUMNS > 2 ? (double[4]){1, 9, 0, 1} : (double[4]){1, 0, 0, 1}, sizeof base);
    }
    gf_diffusion lopsided = read_content(&c);
    d = make_dynamics(&lopsided, 1);
    for (int side = -1; side <= 1; side += 2) {
        lattice = make_lattice(&d, integrators[_i], 10, GF_PERIODIC, 0.01, 1, rows);
        for (size_t k = 0; k < 10; ++k) {
            rows[k] = 0.5 * side;
            rows[10 + k] = 0.3;
        }
        set_rows(lattice, 0, rows);
        gf_lattice_advance(lattice, 1);
        ck_assert_int_eq(gf_lattice_check(lattice, &error), side > 0 ? GF_INVALID : GF_OK);
        if (side > 0) {
            assert_contains(error.message, "no covariance at m = 0.5");
        }
        gf_lattice_free(lattice);
    }
    gf_diffusion_free(&lopsided);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("diffusion");
    tcase_add_unchecked_fixture(tests, make_path, remove_path);
    tcase_add_test(tests, test_values);
    tcase_add_test(tests, test_bilinear);
    tcase_add_test(tests, test_copy);
    tcase_add_test(tests, test_shift);
    tcase_add_test(tests, test_bad_content);
    tcase_add_test(tests, test_bad_files);
    tcase_add_loop_test(tests, test_constant, 0, 2);
    tcase_add_loop_test(tests, test_steady_profile, 0, 2);
    tcase_add_loop_test(tests, test_conservation, 0, 2);
    tcase_add_test(tests, test_face_noise);
    tcase_add_loop_test(tests, test_refusals, 0, 2);
    return run_suite("diffusion", tests);
}
