/* The tables: every reachable density is found, values are those of the exact states, files agree.
 */
#include "fixture.h"
#include "suite.h"

#include "gibbsflow/force_table.h"

#include <math.h>
#include <omp.h>
#include <unistd.h>

static gf_force_table compute(fixture *f) {
    gf_force_table table;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_force_table_compute(f->model, f->spectrum, &f->region, NULL, &table, &error) ==
                      GF_OK,
                  "%s", error.message);
    return table;
}

START_TEST(every_reachable_density_is_found) {
    const char *const models[] = {"xxz_jprime.yaml", "xxz_jprime_half.yaml", "dm_field.yaml",
                                  "pump_loss.yaml"};
    for (int k = 0; k < 4; ++k) {
        fixture f;
        fixture_open(&f, models[k], 8, NULL);
        gf_force_table t = compute(&f);
        const gf_grid *g = &t.density_grid;
        ck_assert_uint_eq(t.unsolved, 0);
        for (size_t row = 0; row < g->axis[0].points; ++row) {
            for (size_t column = 0; column < g->axis[1].points; ++column) {
                double q[2] = {gf_axis_value(&g->axis[0], row), gf_axis_value(&g->axis[1], column)};
                size_t at = row * g->axis[1].points + column;
                bool inside = gf_region_contains(&f.region, q);
                ck_assert_int_eq(inside, isfinite(g->lambda[2 * at]) != 0);
                ck_assert_int_eq(inside, isfinite(g->force[2 * at + 1]) != 0);
                if (inside) { /* and it is the state of that density */
                    gf_state s = fixture_at(&f, g->lambda[2 * at], g->lambda[2 * at + 1]);
                    ck_assert_double_eq_tol(s.density[0], q[0], 1e-12);
                    ck_assert_double_eq_tol(s.density[1], q[1], 1e-11);
                }
            }
        }
        gf_force_table_free(&t);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(the_lambda_grid_holds_the_states) {
    fixture f;
    fixture_open(&f, "dm_field.yaml", 6, NULL);
    gf_force_table t = compute(&f);
    const gf_grid *g = &t.lambda_grid;
    size_t size = gf_grid_size(g);
    for (size_t at = 0; at < size; at += 37) {
        double l1 = gf_axis_value(&g->axis[0], at / g->axis[1].points);
        double l2 = gf_axis_value(&g->axis[1], at % g->axis[1].points);
        gf_state s = fixture_at(&f, l1, l2);
        double sum[2] = {0, 0};
        for (int i = 0; i < 2; ++i) {
            ck_assert_double_eq_tol(g->density[2 * at + (size_t)i], s.density[i], 1e-13);
            ck_assert_double_eq_tol(g->force[2 * at + (size_t)i], s.force[i], 1e-13);
            for (size_t c = 0; c < t.channels; ++c) { /* force = sum rate channel_force */
                sum[i] += f.rates[c] * g->channel_force[2 * (c * size + at) + (size_t)i];
            }
            ck_assert_double_eq_tol(sum[i], s.force[i], 1e-13);
        }
        ck_assert_double_eq_tol(g->log_partition[at], s.log_partition, 1e-13);
    }
    gf_force_table_free(&t);
    fixture_close(&f);
}
END_TEST

/* m -> -m of the shipped model, on the whole density grid, to 1e-12. */
START_TEST(the_shipped_model_is_symmetric) {
    fixture f;
    fixture_open(&f, "xxz_jprime.yaml", 0, NULL);
    gf_force_table t = compute(&f);
    const gf_grid *g = &t.density_grid;
    size_t rows = g->axis[0].points, columns = g->axis[1].points;
    for (size_t row = 0; row < rows; ++row) {
        for (size_t column = 0; column < columns; ++column) {
            size_t a = row * columns + column, b = (rows - 1 - row) * columns + column;
            if (isfinite(g->force[2 * a])) {
                ck_assert_double_eq_tol(g->force[2 * a], -g->force[2 * b], 1e-12);
                ck_assert_double_eq_tol(g->force[2 * a + 1], g->force[2 * b + 1], 1e-12);
                ck_assert_double_eq_tol(g->noise[3 * a], g->noise[3 * b], 1e-12);
                ck_assert_double_eq_tol(g->noise[3 * a + 1], -g->noise[3 * b + 1], 1e-12);
                ck_assert_double_eq_tol(g->noise[3 * a + 2], g->noise[3 * b + 2], 1e-12);
                const double *n = g->noise + 3 * a;
                ck_assert(n[0] > 0 && n[0] * n[2] - n[1] * n[1] > 0);
            }
        }
    }
    gf_force_table_free(&t);
    fixture_close(&f);
}
END_TEST

static void compare(const double *a, const double *b, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        ck_assert(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])));
    }
}

START_TEST(files_and_threads_change_nothing) {
    fixture f;
    gf_file *file = NULL;
    gf_force_table read;
    gf_error error = {.message = ""};
    char path[] = "test_force_table.h5";
    fixture_open(&f, "xxz_jprime.yaml", 6, NULL);
    int threads = omp_get_max_threads();
    gf_force_table t = compute(&f);
    omp_set_num_threads(1);
    gf_force_table single = compute(&f);
    omp_set_num_threads(threads);
    ck_assert_int_eq(gf_file_create(path, &file, &error), GF_OK);
    gf_spectrum_write(f.spectrum, f.model, file);
    gf_force_table_write(&t, &f.region, file);
    ck_assert_msg(gf_file_commit(&file, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_file_open(path, &file, &error), GF_OK);
    ck_assert_msg(gf_force_table_read(file, &read, &error) == GF_OK, "%s", error.message);
    gf_file_close(&file);
    (void)unlink(path);
    size_t size = gf_grid_size(&t.density_grid);
    ck_assert_uint_eq(size, gf_grid_size(&read.density_grid));
    const gf_force_table *others[] = {&single, &read};
    for (int k = 0; k < 2; ++k) {
        compare(t.density_grid.lambda, others[k]->density_grid.lambda, 2 * size);
        compare(t.density_grid.force, others[k]->density_grid.force, 2 * size);
        compare(t.density_grid.channel_noise, others[k]->density_grid.channel_noise,
                3 * size * t.channels);
        compare(t.lambda_grid.susceptibility, others[k]->lambda_grid.susceptibility,
                3 * gf_grid_size(&t.lambda_grid));
    }
    gf_force_table_free(&read);
    gf_force_table_free(&single);
    gf_force_table_free(&t);
    fixture_close(&f);
}
END_TEST

/* H is all field: energy and magnetisation are not independent, and no density is interior. */
START_TEST(dependent_charges_have_no_plane) {
    fixture f;
    fixture_parse(&f,
                  "name: field\nsites: 4\nboundary: periodic\nhamiltonian: [\"0.3*Z[0]\"]\n"
                  "lindblad: [{name: x, rate: 1, operator: \"X[0]\"}]\n");
    ck_assert_uint_eq(f.region.count, 0);
    gf_force_table t = compute(&f);
    for (size_t i = 0; i < gf_grid_size(&t.density_grid); ++i) {
        ck_assert(isnan(t.density_grid.force[2 * i]));
    }
    gf_force_table_free(&t);
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("force table");
    tcase_add_test(tests, every_reachable_density_is_found);
    tcase_add_test(tests, the_lambda_grid_holds_the_states);
    tcase_add_test(tests, the_shipped_model_is_symmetric);
    tcase_add_test(tests, files_and_threads_change_nothing);
    tcase_add_test(tests, dependent_charges_have_no_plane);
    return run_suite("force table", tests);
}
