/* Surfaces: what interpolation must reproduce exactly, accuracy and order against exact Gibbs
 * states, symmetry, borders, changed rates, damaged files. */
#include "fixture.h"
#include "suite.h"

#include "medium/surface.h"
#include "table/fitted_grid.h"

#include <complex.h>
#include <math.h>
#include <omp.h>
#include <unistd.h>

static const char path[] = "test_surface.h5";

enum { VALUES = GF_SURFACE_VALUES };

typedef double octet[VALUES];

static void write_table(fixture *f, size_t rows, size_t columns) {
    gf_fitted_grid *grid = NULL;
    gf_file *file = NULL;
    gf_error error = {.message = ""};
    f->model->fitted[0] = rows;
    f->model->fitted[1] = columns;
    ck_assert_msg(gf_fitted_grid_compute(f->model, f->spectrum, &f->region, NULL, &grid, &error) ==
                      GF_OK,
                  "%s", error.message);
    ck_assert_uint_eq(grid->unsolved, 0);
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_spectrum_write(f->spectrum, f->model, file);
    gf_fitted_grid_write(grid, file);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    gf_fitted_grid_free(grid);
}

static gf_surface *read_table(const char *setting, double cutoff) {
    gf_surface *surface;
    gf_settings settings = {0};
    gf_error error = {.message = ""};
    if (setting != NULL) {
        ck_assert_int_eq(gf_settings_assign(&settings, setting, &error), GF_OK);
    }
    ck_assert_msg(gf_surface_read(path, &settings, cutoff, &surface, &error) == GF_OK, "%s",
                  error.message);
    gf_settings_free(&settings);
    return surface;
}

static gf_surface *tabulate(fixture *f, size_t rows, size_t columns) {
    write_table(f, rows, columns);
    gf_surface *surface = read_table(NULL, 0);
    (void)unlink(path);
    return surface;
}

static void evaluate(const gf_surface *surface, const double q[2], octet values) {
    (void)gf_surface_evaluate(surface, 1, &q[0], &q[1], (octet *)values);
}

static void pack(const gf_state *s, octet values) {
    const octet all = {s->force[0],          s->force[1],         s->noise[0],
                       s->noise[1],          s->noise[2],         s->susceptibility[0],
                       s->susceptibility[1], s->susceptibility[2]};
    memcpy(values, all, sizeof all);
}

static double uniform(uint64_t *state) {
    return (double)(random_bits(state) >> 11) * 0x1p-53;
}

/* A random density in the part `inner` of the region, with its exact state. */
static gf_state random_state(fixture *f, double inner, uint64_t *seed) {
    double range[2], lambda[2];
    double m = inner * (2 * uniform(seed) - 1);
    gf_region_energies(&f->region, m, range);
    double u = 0.5 + inner * (uniform(seed) - 0.5);
    const double q[2] = {m, range[0] + u * (range[1] - range[0])};
    lambda[0] = -atanh(m);
    lambda[1] = 0;
    ck_assert(gf_gibbs_invert(f->gibbs, q, lambda));
    return fixture_at(f, lambda[0], lambda[1]);
}

/* The largest errors of f, N and C in units of the largest |f_i|, sqrt(N_ii N_jj), sqrt(C_ii C_jj)
 * of the points. */
static void find_errors(fixture *f, const gf_surface *surface, double inner, int points,
                        double error[3]) {
    static const int group[VALUES] = {0, 0, 1, 1, 1, 2, 2, 2};
    octet worst = {0}, scale = {0}, exact, found;
    uint64_t seed = 7;
    for (int i = 0; i < points; ++i) {
        gf_state state = random_state(f, inner, &seed);
        pack(&state, exact);
        evaluate(surface, state.density, found);
        for (int k = 0; k < VALUES; ++k) {
            worst[k] = fmax(worst[k], fabs(found[k] - exact[k]));
            scale[k] = fmax(scale[k], fabs(exact[k]));
        }
    }
    scale[GF_SURFACE_NOISE + 1] = sqrt(scale[GF_SURFACE_NOISE] * scale[GF_SURFACE_NOISE + 2]);
    scale[GF_SURFACE_SUSCEPTIBILITY + 1] =
        sqrt(scale[GF_SURFACE_SUSCEPTIBILITY] * scale[GF_SURFACE_SUSCEPTIBILITY + 2]);
    error[0] = error[1] = error[2] = 0;
    for (int k = 0; k < VALUES; ++k) {
        error[group[k]] = fmax(error[group[k]], worst[k] / scale[k]);
    }
}

/* --- the spline ------------------------------------------------------------------------------ */

/* A chart of a plain lens, and knots whose values are cubic in m and t. */
static const gf_chart lens = {.ends = {0.3, 0.7}, .low = {-1, 0.2}, .high = {0.5, 0, 0.25}};

static double cubic(int k, double m, double t) {
    return (1 + k - 2 * m + k * m * m - m * m * m) * (0.5 - t + (2 - k) * t * t + 3 * t * t * t);
}

static gf_surface *make_cubic(const gf_chart *chart) {
    const size_t points[2] = {7, 5};
    octet values[35];
    gf_surface *surface;
    for (size_t i = 0; i < 35; ++i) {
        double m = -1 + (double)(i / 5) / 3, t = -1 + (double)(i % 5) / 2;
        for (int k = 0; k < VALUES; ++k) {
            values[i][k] = cubic(k, m, t);
        }
    }
    ck_assert_int_eq(gf_surface_create(chart, points, (const octet *)values, &surface, NULL),
                     GF_OK);
    return surface;
}

/* Cubic functions of m and t, linear ones among them, are reproduced; so are their derivatives. */
START_TEST(cubic_functions_are_reproduced) {
    gf_surface *surface = make_cubic(&lens);
    uint64_t seed = 3;
    for (int i = 0; i < 300; ++i) {
        double m = 2 * uniform(&seed) - 1, t = 1.98 * uniform(&seed) - 0.99, slope[2][2], h = 1e-6;
        const double q[2] = {m, gf_chart_energy(&lens, m, t)};
        octet values, ahead, behind;
        evaluate(surface, q, values);
        for (int k = 0; k < VALUES; ++k) {
            ck_assert_double_eq_tol(values[k], cubic(k, m, t), 1e-9);
        }
        if (fabs(m) > 0.98) {
            continue;
        }
        gf_surface_slope(surface, q, slope);
        for (int j = 0; j < 2; ++j) {
            evaluate(surface, (double[2]){q[0] + h * (j == 0), q[1] + h * (j == 1)}, ahead);
            evaluate(surface, (double[2]){q[0] - h * (j == 0), q[1] - h * (j == 1)}, behind);
            for (int k = 0; k < 2; ++k) {
                double difference = (ahead[k] - behind[k]) / (2 * h);
                double scale = 1 + fabs(difference);
                ck_assert_double_eq_tol(slope[k][j], difference, 3e-5 * scale / (1 - t * t));
            }
        }
    }
    gf_surface_free(surface);
}
END_TEST

/* A point gives the same bits wherever it stands in an array. */
START_TEST(places_in_an_array_change_nothing) {
    enum { COUNT = 200 };
    gf_surface *surface = make_cubic(&lens);
    double m[COUNT], e[COUNT];
    octet all[COUNT], one;
    uint64_t seed = 5;
    for (int i = 0; i < COUNT; ++i) {
        m[i] = 2.2 * uniform(&seed) - 1.1;
        e[i] = 3 * uniform(&seed) - 1.5;
    }
    size_t outside = gf_surface_evaluate(surface, COUNT, m, e, all), sum = 0;
    for (int i = 0; i < COUNT; ++i) {
        const double q[2] = {m[i], e[i]};
        sum += gf_surface_evaluate(surface, 1, &m[i], &e[i], (octet *)one);
        evaluate(surface, q, one);
        ck_assert_mem_eq(one, all[i], sizeof one);
    }
    ck_assert_uint_eq(outside, sum);
    ck_assert_uint_gt(outside, 0);
    ck_assert_uint_lt(outside, COUNT);
    gf_surface_free(surface);
}
END_TEST

/* Outside, m and then e are clamped; points on the border count as inside; NaN is outside. */
START_TEST(points_outside_take_values_of_the_border) {
    gf_surface *surface = make_cubic(&lens);
    uint64_t seed = 11;
    octet values, border;
    double range[2], slope[2][2];
    for (int i = 0; i < 100; ++i) {
        double m = 2 * uniform(&seed) - 1;
        gf_surface_border(surface, m, range);
        for (int side = 0; side < 2; ++side) {
            double beyond = range[side] + (side == 0 ? -0.3 : 0.3);
            evaluate(surface, (double[2]){m, range[side]}, border);
            ck_assert_uint_eq(gf_surface_evaluate(surface, 1, &m, &range[side], &values), 0);
            ck_assert_uint_eq(gf_surface_evaluate(surface, 1, &m, &beyond, &values), 1);
            for (int k = 0; k < VALUES; ++k) {
                /* e on the border is known to rounding, its height to the root of that */
                ck_assert_double_eq_tol(values[k], border[k], 1e-5);
            }
            gf_surface_slope(surface, (double[2]){m, beyond}, slope);
            ck_assert_double_eq(slope[0][1], 0);
        }
    }
    double m = -1.5, e = 0.1, nan = NAN;
    ck_assert_uint_eq(gf_surface_evaluate(surface, 1, &m, &e, &values), 1);
    evaluate(surface, (double[2]){-1, lens.ends[0]}, border);
    ck_assert_double_eq_tol(values[1], cubic(1, -1, -1), 20); /* the corner: some height */
    ck_assert_uint_eq(gf_surface_evaluate(surface, 1, &nan, &e, &values), 1);
    ck_assert_uint_eq(gf_surface_evaluate(surface, 1, &e, &nan, &values), 1);
    ck_assert(isfinite(values[0]));
    gf_surface_free(surface);
}
END_TEST

/* --- knots ----------------------------------------------------------------------------------- */

/* Nothing is NaN; force = sum rate channel_force; knots inside the region hold their states, those
 * outside states of the same m at its border. */
START_TEST(knots_hold_states) {
    fixture f;
    gf_fitted_grid *fitted = NULL;
    fixture_open(&f, "pump_loss.yaml", 6, NULL);
    ck_assert_int_eq(gf_fitted_grid_compute(f.model, f.spectrum, &f.region, NULL, &fitted, NULL),
                     GF_OK);
    const gf_grid *g = &fitted->grid;
    size_t size = gf_grid_size(g), columns = g->axis[1].points, beyond = 0;
    ck_assert_uint_eq(size, 65 * 81);
    for (size_t at = 0; at < size; ++at) {
        const double *q = g->density + 2 * at, *l = g->lambda + 2 * at;
        double sum[2] = {0, 0};
        for (size_t c = 0; c < fitted->channels; ++c) {
            sum[0] += f.rates[c] * g->channel_force[2 * (c * size + at)];
            sum[1] += f.rates[c] * g->channel_force[2 * (c * size + at) + 1];
            ck_assert(isfinite(fitted->channel_shift[2 * (c * size + at)]));
        }
        ck_assert_double_eq_tol(g->force[2 * at], sum[0], 1e-13);
        ck_assert_double_eq_tol(g->force[2 * at + 1], sum[1], 1e-13);
        if (at < columns || at >= size - columns) {
            ck_assert(isinf(l[0]) && isfinite(l[1]));
            continue;
        }
        gf_state state = fixture_at(&f, l[0], l[1]);
        ck_assert_double_eq_tol(state.density[0], q[0], 1e-11);
        if (fabs(state.density[1] - q[1]) > 1e-10) { /* the strip: a state near the border */
            double range[2];
            gf_region_energies(&f.region, q[0], range);
            double u = (state.density[1] - range[0]) / (range[1] - range[0]);
            double aim = (q[1] - range[0]) / (range[1] - range[0]);
            ck_assert_double_eq_tol(fmin(u, 1 - u), 1e-3, 1e-8);
            ck_assert(u < 0.5 ? aim < u && aim > -fitted->strip - 1e-9
                              : aim > u && aim < 1 + fitted->strip + 1e-9);
            ++beyond;
        }
        ck_assert_double_eq_tol(g->susceptibility[3 * at + 2], state.susceptibility[2], 1e-11);
        ck_assert_double_eq_tol(g->force[2 * at + 1], state.force[1], 1e-11);
    }
    ck_assert_uint_gt(beyond, 0);
    ck_assert_uint_lt(beyond, size / 4);
    gf_fitted_grid_free(fitted);
    fixture_close(&f);
}
END_TEST

START_TEST(threads_change_nothing) {
    fixture f;
    gf_fitted_grid *many = NULL, *single = NULL;
    fixture_open(&f, "dm_field.yaml", 6, NULL);
    int threads = omp_get_max_threads();
    omp_set_num_threads(3);
    ck_assert_int_eq(gf_fitted_grid_compute(f.model, f.spectrum, &f.region, NULL, &many, NULL),
                     GF_OK);
    omp_set_num_threads(1);
    ck_assert_int_eq(gf_fitted_grid_compute(f.model, f.spectrum, &f.region, NULL, &single, NULL),
                     GF_OK);
    omp_set_num_threads(threads);
    size_t bytes = gf_grid_size(&many->grid) * sizeof(double);
    ck_assert_mem_eq(many->grid.lambda, single->grid.lambda, 2 * bytes);
    ck_assert_mem_eq(many->grid.channel_noise, single->grid.channel_noise,
                     3 * bytes * many->channels);
    ck_assert_mem_eq(many->channel_shift, single->channel_shift, 2 * bytes * many->channels);
    ck_assert_mem_eq(many->channel_noise_shift, single->channel_noise_shift,
                     GF_PAIRS * bytes * many->channels);
    ck_assert_double_eq(many->error.force, single->error.force);
    gf_fitted_grid_free(many);
    gf_fitted_grid_free(single);
    fixture_close(&f);
}
END_TEST

/* --- against exact states -------------------------------------------------------------------- */

START_TEST(tables_are_accurate_at_the_default_resolution) {
    const struct {
        const char *model;
        int sites;
    } cases[] = {
        {"xxz_jprime.yaml", 8}, {"dm_field.yaml", 8}, {"pump_loss.yaml", 8}, {"dephasing.yaml", 8}};
    for (int k = 0; k < 4; ++k) {
        fixture f;
        double error[3];
        fixture_open(&f, cases[k].model, cases[k].sites, NULL);
        gf_fitted_grid *grid = NULL;
        ck_assert_int_eq(gf_fitted_grid_compute(f.model, f.spectrum, &f.region, NULL, &grid, NULL),
                         GF_OK);
        gf_surface *surface = tabulate(&f, f.model->fitted[0], f.model->fitted[1]);
        find_errors(&f, surface, 0.95, 400, error);
        ck_assert_double_lt(error[0], 1e-4);
        ck_assert_double_lt(error[1], 1e-4);
        ck_assert_double_lt(error[2], 1e-3);
        /* what the table says of itself is true */
        ck_assert_double_lt(grid->error.force, 1e-4);
        ck_assert_double_lt(error[0], 2 * grid->error.force);
        ck_assert_double_gt(error[0], grid->error.force / 20);
        ck_assert_double_lt(error[2], 2 * grid->error.susceptibility);
        gf_fitted_grid_free(grid);
        gf_surface_free(surface);
        fixture_close(&f);
    }
}
END_TEST

/* Halving the distance of the knots divides the error by 16, or by more while the border, where the
 * knots hold states of another energy, still makes itself felt. */
START_TEST(refinement_is_of_fourth_order) {
    fixture f;
    double coarse[3], fine[3];
    fixture_open(&f, "xxz_jprime.yaml", 8, "Jp=0.3");
    gf_surface *few = tabulate(&f, 33, 33), *many = tabulate(&f, 65, 65);
    find_errors(&f, few, 0.8, 400, coarse);
    find_errors(&f, many, 0.8, 400, fine);
    for (int k = 0; k < 3; ++k) {
        double order = log2(coarse[k] / fine[k]);
        ck_assert_msg(order > 3.5, "order %g of value %d: %g, %g", order, k, coarse[k], fine[k]);
    }
    gf_surface_free(few);
    gf_surface_free(many);
    fixture_close(&f);
}
END_TEST

START_TEST(symmetric_models_stay_so_exactly) {
    static const double parity[VALUES] = {-1, 1, 1, -1, 1, 1, -1, 1};
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    gf_surface *surface = tabulate(&f, 20, 24);
    ck_assert(surface->mirrored);
    uint64_t seed = 1;
    for (int i = 0; i < 500; ++i) {
        double m = 2.1 * uniform(&seed) - 1.05, e = 3.2 * uniform(&seed) - 2;
        octet here, there;
        evaluate(surface, (double[2]){m, e}, here);
        evaluate(surface, (double[2]){-m, e}, there);
        for (int k = 0; k < VALUES; ++k) {
            ck_assert(here[k] == parity[k] * there[k]);
        }
    }
    gf_surface_free(surface);
    fixture_close(&f);
    fixture_open(&f, "dm_field.yaml", 6, NULL); /* a field: no symmetry, and none is made up */
    surface = tabulate(&f, 20, 24);
    ck_assert(!surface->mirrored);
    gf_surface_free(surface);
    fixture_close(&f);
}
END_TEST

/* N and C are positive semidefinite over the whole chart, to the error of interpolation. */
START_TEST(noise_and_susceptibility_are_positive) {
    const char *const models[] = {"xxz_jprime.yaml", "pump_loss.yaml"};
    for (int which = 0; which < 2; ++which) {
        fixture f;
        fixture_open(&f, models[which], 8, NULL);
        gf_surface *surface = tabulate(&f, f.model->fitted[0], f.model->fitted[1]);
        double unit = f.spectrum->energy_unit;
        uint64_t seed = 9;
        for (int i = 0; i < 4000; ++i) {
            double m = 2 * uniform(&seed) - 1, range[2];
            gf_surface_border(surface, m, range);
            double e = range[0] + uniform(&seed) * (range[1] - range[0]);
            octet v;
            evaluate(surface, (double[2]){m, e}, v);
            for (int k = GF_SURFACE_NOISE; k <= GF_SURFACE_SUSCEPTIBILITY; k += 3) {
                double a = v[k], b = v[k + 1] / unit, c = v[k + 2] / (unit * unit);
                double smallest = (a + c) / 2 - hypot((a - c) / 2, b);
                ck_assert_double_gt(smallest, k == GF_SURFACE_NOISE ? -1e-4 : -1e-3);
            }
        }
        gf_surface_free(surface);
        fixture_close(&f);
    }
}
END_TEST

/* At m = +-1 there is one state. */
START_TEST(corners_hold_their_state) {
    fixture f;
    fixture_open(&f, "pump_loss.yaml", 6, NULL);
    gf_surface *surface = tabulate(&f, 33, 33);
    for (int side = -1; side <= 1; side += 2) {
        size_t level = side < 0 ? 0 : f.spectrum->levels - 1;
        double force[2] = {0, 0}, noise = 0;
        octet v;
        for (size_t c = 0; c < f.spectrum->channels; ++c) {
            for (size_t i = 0; i < 2; ++i) {
                force[i] += f.rates[c] * gf_spectrum_observable(f.spectrum, c, i)[level];
            }
            noise += f.rates[c] * gf_spectrum_observable(f.spectrum, c, GF_NOISE)[level];
        }
        evaluate(surface, (double[2]){side, f.spectrum->energy[level] / 6}, v);
        ck_assert_double_eq_tol(v[GF_SURFACE_FORCE], force[0], 1e-12);
        ck_assert_double_eq_tol(v[GF_SURFACE_FORCE + 1], force[1], 1e-12);
        ck_assert_double_eq_tol(v[GF_SURFACE_NOISE], noise, 1e-12);
        ck_assert_double_eq_tol(v[GF_SURFACE_SUSCEPTIBILITY], 0, 1e-12);
        ck_assert_double_eq_tol(v[GF_SURFACE_SUSCEPTIBILITY + 2], 0, 1e-12);
    }
    gf_surface_free(surface);
    fixture_close(&f);
}
END_TEST

/* --- rates ----------------------------------------------------------------------------------- */

static void compare(const gf_surface *a, const gf_surface *b, double tolerance) {
    uint64_t seed = 2;
    for (int i = 0; i < 200; ++i) {
        double m = 2 * uniform(&seed) - 1, e = 3 * uniform(&seed) - 2;
        octet here, there;
        evaluate(a, (double[2]){m, e}, here);
        evaluate(b, (double[2]){m, e}, there);
        for (int k = 0; k < VALUES; ++k) {
            ck_assert_double_eq_tol(here[k], there[k], tolerance);
        }
    }
}

/* New rates at reading time are those of a table made with them, in either way of giving them. */
START_TEST(rates_may_be_changed_afterwards) {
    fixture f;
    gf_settings both = {0};
    gf_surface *named;
    fixture_open(&f, "xxz_jprime.yaml", 6, "gamma=0.8");
    gf_surface *direct = tabulate(&f, 17, 21);
    fixture_close(&f);
    fixture_open(&f, "xxz_jprime.yaml", 6, NULL);
    write_table(&f, 17, 21);
    gf_surface *parameter = read_table("gamma=0.8", 0);
    compare(direct, parameter, 1e-11);
    ck_assert_int_eq(gf_settings_set(&both, "flip", 0.2, NULL), GF_OK);
    ck_assert_int_eq(gf_settings_set(&both, "align", 0.8, NULL), GF_OK);
    ck_assert_int_eq(gf_surface_read(path, &both, 0, &named, NULL), GF_OK);
    compare(direct, named, 1e-11);
    gf_settings_free(&both);
    gf_surface_free(named);
    gf_surface_free(parameter);
    gf_surface_free(direct);
    (void)unlink(path);
    fixture_close(&f);
}
END_TEST

static void expect_refusal(const char *name, double value, const char *message) {
    gf_settings settings = {0};
    gf_surface *surface;
    gf_error error = {.message = ""};
    ck_assert_int_eq(gf_settings_set(&settings, name, value, &error), GF_OK);
    ck_assert_int_ne(gf_surface_read(path, &settings, 0, &surface, &error), GF_OK);
    assert_contains(error.message, message);
    gf_settings_free(&settings);
}

static void damage(fixture *f, const char *what) {
    gf_file *file = NULL;
    write_table(f, 9, 9);
    ck_assert_int_eq(gf_file_edit(path, &file, NULL), GF_OK);
    gf_file_remove(file, what);
    ck_assert_int_eq(gf_file_commit(&file, NULL), GF_OK);
}

START_TEST(bad_files_and_settings_are_refused) {
    const char *const parts[] = {"/fitted_grid/channel_force",
                                 "/fitted_grid/channel_noise",
                                 "/fitted_grid/susceptibility",
                                 "/fitted_grid/border",
                                 "/fitted_grid/corner_energy",
                                 "/fitted_grid/height",
                                 "/channels/rate",
                                 "/channels/name",
                                 "/fitted_grid"};
    fixture f;
    gf_surface *surface;
    gf_error error = {.message = ""};
    fixture_open(&f, "xxz_jprime.yaml", 4, NULL);
    write_table(&f, 9, 9);
    expect_refusal("Delta", 2, "enters the Hamiltonian");
    expect_refusal("sigma", 2, "no parameter and no channel 'sigma'");
    expect_refusal("gamma", 1.5, "must not be negative");
    expect_refusal("flip", -1, "must not be negative");
    for (size_t k = 0; k < sizeof parts / sizeof *parts; ++k) {
        damage(&f, parts[k]);
        ck_assert_int_ne(gf_surface_read(path, NULL, 0, &surface, &error), GF_OK);
        assert_contains(error.message, path);
        ck_assert_ptr_null(surface);
    }
    assert_contains(error.message, "gibbsflow forces");
    damage(&f, "/fitted_grid/channel_shift"); /* needed for the renormalised force alone */
    ck_assert_int_ne(gf_surface_read(path, NULL, 20, &surface, &error), GF_OK);
    ck_assert_int_eq(gf_surface_read(path, NULL, 0, &surface, &error), GF_OK);
    gf_surface_free(surface);
    damage(&f, "/fitted_grid/channel_noise_shift"); /* as in tables of older versions */
    ck_assert_int_eq(gf_surface_read_sharp(path, NULL, 20, &surface, &error), GF_INVALID);
    assert_contains(error.message, path);
    assert_contains(error.message, "/fitted_grid/channel_noise_shift");
    assert_contains(error.message, "gibbsflow forces");
    ck_assert_ptr_null(surface);
    ck_assert_int_eq(gf_surface_read(path, NULL, 20, &surface, &error), GF_OK);
    gf_surface_free(surface);
    (void)unlink(path);
    ck_assert_int_ne(gf_surface_read(path, NULL, 0, &surface, &error), GF_OK);
    fixture_close(&f);
}
END_TEST

/* A Hamiltonian that depends on the magnetisation has no plane, and its table no fitted grid. */
START_TEST(degenerate_regions_have_no_fitted_grid) {
    const char *const hamiltonians[] = {"0.3*Z[0]", "0*Z[0]"};
    for (int k = 0; k < 2; ++k) {
        fixture f;
        char yaml[300];
        gf_surface *surface;
        gf_error error = {.message = ""};
        (void)snprintf(yaml, sizeof yaml,
                       "name: flat\nsites: 4\nboundary: periodic\nhamiltonian: [\"%s\"]\n"
                       "lindblad: [{name: x, rate: 1, operator: \"X[0]\"}]\n",
                       hamiltonians[k]);
        fixture_parse(&f, yaml);
        write_table(&f, 9, 9);
        ck_assert_int_eq(gf_surface_read(path, NULL, 0, &surface, &error), GF_INVALID);
        assert_contains(error.message, "no /fitted_grid");
        (void)unlink(path);
        fixture_close(&f);
    }
}
END_TEST

/* --- derivatives, shift, points of rest --------------------------------------------------------
 */

START_TEST(slopes_are_those_of_exact_states) {
    fixture f;
    fixture_open(&f, "dm_field.yaml", 8, NULL);
    gf_surface *surface = tabulate(&f, f.model->fitted[0], f.model->fitted[1]);
    uint64_t seed = 4;
    for (int i = 0; i < 200; ++i) {
        gf_state state = random_state(&f, 0.8, &seed);
        double exact[2][2], slope[2][2];
        ck_assert(gf_state_stability(&state, exact));
        gf_surface_slope(surface, state.density, slope);
        for (int k = 0; k < 4; ++k) {
            ck_assert_double_eq_tol(slope[k / 2][k % 2], exact[k / 2][k % 2], 2e-3);
        }
    }
    gf_surface_free(surface);
    fixture_close(&f);
}
END_TEST

/* df_i/dq_j of one channel at a density, from exact states. */
static void exact_slope(fixture *f, const double q[2], const double start[2], double slope[2][2]) {
    double lambda[2] = {start[0], start[1]};
    gf_state state;
    ck_assert(gf_gibbs_invert(f->gibbs, q, lambda));
    gf_gibbs_evaluate(f->gibbs, lambda, GF_SLOPES, &state);
    ck_assert(gf_state_stability(&state, slope));
}

/* The shift is 1/2 sum_jk C_jk d2f_i/dq_j dq_k: second derivatives as differences of exact slopes.
 */
START_TEST(the_shift_is_that_of_second_derivatives) {
    fixture f;
    const double h = 1e-4;
    fixture_open(&f, "dm_field.yaml", 6, NULL);
    uint64_t seed = 6;
    for (int i = 0; i < 40; ++i) {
        gf_state state = random_state(&f, 0.7, &seed);
        double shift[8][GF_OBSERVABLES], sum[2] = {0, 0}, expected[2] = {0, 0};
        ck_assert(gf_gibbs_shift(f.gibbs, &state, shift));
        for (size_t c = 0; c < f.spectrum->channels; ++c) {
            sum[0] += f.rates[c] * shift[c][0];
            sum[1] += f.rates[c] * shift[c][1];
        }
        for (int k = 0; k < 2; ++k) {
            double ahead[2][2], behind[2][2];
            double step[2] = {k == 0 ? h : 0, k == 1 ? h : 0};
            exact_slope(&f, (double[2]){state.density[0] + step[0], state.density[1] + step[1]},
                        state.lambda, ahead);
            exact_slope(&f, (double[2]){state.density[0] - step[0], state.density[1] - step[1]},
                        state.lambda, behind);
            for (int n = 0; n < 4; ++n) {
                expected[n / 2] += state.susceptibility[n % 2 + k] *
                                   (ahead[n / 2][n % 2] - behind[n / 2][n % 2]) / (4 * h);
            }
        }
        ck_assert_double_eq_tol(sum[0], expected[0], 1e-5);
        ck_assert_double_eq_tol(sum[1], expected[1], 1e-5);
    }
    fixture_close(&f);
}
END_TEST

/* N of the exact state at a displaced density. */
static void exact_noise(fixture *f, const gf_state *from, double dm, double de, double *noise) {
    double lambda[2] = {from->lambda[0], from->lambda[1]};
    gf_state state;
    ck_assert(gf_gibbs_invert(f->gibbs, (double[2]){from->density[0] + dm, from->density[1] + de},
                              lambda));
    gf_gibbs_evaluate(f->gibbs, lambda, GF_RESPONSE, &state);
    memcpy(noise, state.noise, sizeof state.noise);
}

/* So is that of the noise, by second differences of exact states. */
START_TEST(the_shift_of_the_noise_is_that_of_second_derivatives) {
    fixture f;
    const double h = 1e-3;
    fixture_open(&f, "dm_field.yaml", 6, NULL);
    uint64_t seed = 16;
    for (int i = 0; i < 40; ++i) {
        gf_state state = random_state(&f, 0.7, &seed);
        double shift[8][GF_OBSERVABLES], at[3][3][GF_PAIRS];
        const double *c = state.susceptibility;
        ck_assert(gf_gibbs_shift(f.gibbs, &state, shift));
        for (int k = 0; k < 9; ++k) {
            exact_noise(&f, &state, (k / 3 - 1) * h, (k % 3 - 1) * h, at[k / 3][k % 3]);
        }
        for (int p = 0; p < GF_PAIRS; ++p) {
            double sum = 0;
            for (size_t channel = 0; channel < f.spectrum->channels; ++channel) {
                sum += f.rates[channel] * shift[channel][GF_NOISE + p];
            }
            double mm = at[2][1][p] - 2 * at[1][1][p] + at[0][1][p];
            double ee = at[1][2][p] - 2 * at[1][1][p] + at[1][0][p];
            double me = (at[2][2][p] - at[2][0][p] - at[0][2][p] + at[0][0][p]) / 4;
            double expected = (c[0] * mm + 2 * c[1] * me + c[2] * ee) / (2 * h * h);
            ck_assert_double_eq_tol(sum, expected, 1e-4 * (1 + fabs(expected)));
        }
    }
    fixture_close(&f);
}
END_TEST

/* Cells with sharp charges lack it in the noise, too; their force is the renormalised one. */
START_TEST(sharp_cells_lack_both_shifts) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    write_table(&f, 65, 81);
    gf_surface *bare = read_table(NULL, 0), *renormalised = read_table(NULL, 20), *sharp = NULL;
    ck_assert_int_eq(gf_surface_read_sharp(path, NULL, 20, &sharp, NULL), GF_OK);
    uint64_t seed = 18;
    for (int i = 0; i < 100; ++i) {
        gf_state state = random_state(&f, 0.9, &seed);
        octet a, b, c;
        double shift[8][GF_OBSERVABLES];
        ck_assert(gf_gibbs_shift(f.gibbs, &state, shift));
        evaluate(bare, state.density, a);
        evaluate(renormalised, state.density, b);
        evaluate(sharp, state.density, c);
        ck_assert_mem_eq(b + GF_SURFACE_FORCE, c + GF_SURFACE_FORCE, GF_CHARGES * sizeof *b);
        for (int p = 0; p < GF_PAIRS; ++p) {
            double sum = f.rates[0] * shift[0][GF_NOISE + p] + f.rates[1] * shift[1][GF_NOISE + p];
            ck_assert_double_eq_tol(20 * (a[GF_SURFACE_NOISE + p] - c[GF_SURFACE_NOISE + p]), sum,
                                    5e-3);
        }
    }
    gf_surface_free(bare);
    gf_surface_free(renormalised);
    gf_surface_free(sharp);
    (void)unlink(path);
    fixture_close(&f);
}
END_TEST

/* The renormalised force lacks the shift over the cutoff; it is bounded over the whole chart. */
START_TEST(the_renormalised_force_lacks_the_shift) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
    write_table(&f, 65, 81);
    gf_surface *bare = read_table(NULL, 0), *renormalised = read_table(NULL, 20);
    uint64_t seed = 8;
    for (int i = 0; i < 100; ++i) {
        gf_state state = random_state(&f, 0.9, &seed);
        octet a, b;
        double shift[8][GF_OBSERVABLES];
        ck_assert(gf_gibbs_shift(f.gibbs, &state, shift));
        evaluate(bare, state.density, a);
        evaluate(renormalised, state.density, b);
        for (int k = 0; k < 2; ++k) {
            double sum = f.rates[0] * shift[0][k] + f.rates[1] * shift[1][k];
            ck_assert_double_eq_tol(20 * (a[k] - b[k]), sum, 1e-3);
        }
    }
    for (int i = 0; i < 5000; ++i) { /* everywhere */
        double m = 2 * uniform(&seed) - 1, e = 3.2 * uniform(&seed) - 2;
        octet a, b;
        evaluate(bare, (double[2]){m, e}, a);
        evaluate(renormalised, (double[2]){m, e}, b);
        ck_assert_double_lt(fabs(a[0] - b[0]), 2 * bare->speed[0]);
        ck_assert_double_lt(fabs(a[1] - b[1]), 2 * bare->speed[1]);
    }
    gf_surface_free(bare);
    gf_surface_free(renormalised);
    (void)unlink(path);
    fixture_close(&f);
}
END_TEST

/* The points of rest are the fixed points of the exact force, at the rates of the model and at
 * changed ones. */
START_TEST(points_of_rest_are_the_fixed_points) {
    const char *const settings[] = {NULL, "gamma=0.95", "gamma=0.8"};
    for (int k = 0; k < 3; ++k) {
        fixture f;
        gf_survey *survey = NULL;
        gf_fixed_points exact;
        gf_surface_fixed_point points[8];
        fixture_open(&f, "xxz_jprime.yaml", 8, NULL);
        write_table(&f, 65, 81);
        gf_surface *surface = read_table(settings[k], 0);
        fixture_close(&f);
        fixture_open(&f, "xxz_jprime.yaml", 8, settings[k]);
        ck_assert_int_eq(gf_survey_create(f.spectrum, &survey, NULL), GF_OK);
        ck_assert_int_eq(gf_fixed_points_find(survey, &f.region, f.rates, &exact, NULL), GF_OK);
        ck_assert_uint_eq(gf_surface_find_fixed_points(surface, 8, points), exact.count);
        for (size_t i = 0; i < exact.count; ++i) {
            const gf_fixed_point *p = &exact.points[i];
            ck_assert_double_eq_tol(points[i].density[0], p->density[0], 1e-4);
            ck_assert_double_eq_tol(points[i].density[1], p->density[1], 1e-4);
            ck_assert_int_eq(points[i].stable, p->stability == GF_STABLE);
            ck_assert_int_eq(points[i].saddle, p->stability == GF_SADDLE);
            for (int n = 0; n < 2; ++n) {
                ck_assert_double_lt(hypot(points[i].eigenvalue[n][0] - p->eigenvalue[n][0],
                                          points[i].eigenvalue[n][1] - p->eigenvalue[n][1]),
                                    1e-3);
            }
        }
        gf_fixed_points_free(&exact);
        gf_survey_free(survey);
        gf_surface_free(surface);
        (void)unlink(path);
        fixture_close(&f);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("surface");
    tcase_add_test(tests, cubic_functions_are_reproduced);
    tcase_add_test(tests, places_in_an_array_change_nothing);
    tcase_add_test(tests, points_outside_take_values_of_the_border);
    tcase_add_test(tests, knots_hold_states);
    tcase_add_test(tests, threads_change_nothing);
    tcase_add_test(tests, tables_are_accurate_at_the_default_resolution);
    tcase_add_test(tests, refinement_is_of_fourth_order);
    tcase_add_test(tests, symmetric_models_stay_so_exactly);
    tcase_add_test(tests, noise_and_susceptibility_are_positive);
    tcase_add_test(tests, corners_hold_their_state);
    tcase_add_test(tests, rates_may_be_changed_afterwards);
    tcase_add_test(tests, bad_files_and_settings_are_refused);
    tcase_add_test(tests, degenerate_regions_have_no_fitted_grid);
    tcase_add_test(tests, slopes_are_those_of_exact_states);
    tcase_add_test(tests, the_shift_is_that_of_second_derivatives);
    tcase_add_test(tests, the_shift_of_the_noise_is_that_of_second_derivatives);
    tcase_add_test(tests, the_renormalised_force_lacks_the_shift);
    tcase_add_test(tests, sharp_cells_lack_both_shifts);
    tcase_add_test(tests, points_of_rest_are_the_fixed_points);
    return run_suite("surface", tests);
}
