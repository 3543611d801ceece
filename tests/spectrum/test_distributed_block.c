/* Blocks that all ranks solve together against LAPACK on one: every model, real and complex,
 * degenerate levels, layouts in which blocks are small or do not go round. As a unit test on one
 * rank; test_distributed_block.sh starts the same program on several. */
#include "suite.h"

#include "base/ranks.h"
#include "model/model.h"
#include "spectrum/distributed_block.h"
#include "spectrum/observables.h"
#include "spectrum/spectrum.h"

#include <math.h>
#include <stdio.h>

/* --- layouts --------------------------------------------------------------------------------- */

/* Every element lies in one place, and is found there. */
START_TEST(a_layout_holds_each_row_once) {
    for (size_t size = 0; size < 40; ++size) {
        for (size_t block = 1; block < 9; ++block) {
            for (int places = 1; places < 6; ++places) {
                int seen[40] = {0};
                size_t all = 0;
                for (int place = 0; place < places; ++place) {
                    size_t count = gf_block_cyclic_count(size, block, place, places);
                    all += count;
                    for (size_t k = 0; k < count; ++k) {
                        size_t row = gf_block_cyclic_global(k, block, place, places);
                        ck_assert_uint_lt(row, size);
                        ++seen[row];
                        ck_assert(gf_block_cyclic_has(row, block, place, places));
                        ck_assert_uint_eq(gf_block_cyclic_local(row, block, places), k);
                    }
                }
                ck_assert_uint_eq(all, size);
                for (size_t row = 0; row < size; ++row) {
                    ck_assert_int_eq(seen[row], 1);
                }
            }
        }
    }
}
END_TEST

START_TEST(grids_are_near_squares_and_nobody_is_without_a_block) {
    const struct {
        int ranks;
        size_t size, block;
        int rows, columns;
    } known[] = {{1, 1000, 64, 1, 1},  {2, 1000, 64, 1, 2},       {3, 1000, 64, 1, 3},
                 {4, 1000, 64, 2, 2},  {5, 1000, 64, 2, 2},       {6, 1000, 64, 2, 3},
                 {7, 1000, 64, 2, 3},  {11, 1000, 64, 2, 5},      {12, 1000, 64, 3, 4},
                 {13, 1000, 64, 3, 4}, {16, 1000, 64, 4, 4},      {64, 29393, 64, 8, 8},
                 {64, 100, 64, 2, 2},  {4, 3, 1, 2, 2},           {9, 2, 1, 2, 2},
                 {4, 1, 1, 1, 1},      {1024, 104000, 64, 32, 32}};
    for (size_t k = 0; k < sizeof known / sizeof *known; ++k) {
        int rows = 0, columns = 0;
        gf_block_cyclic_grid(known[k].ranks, known[k].size, known[k].block, &rows, &columns);
        ck_assert_msg(rows == known[k].rows && columns == known[k].columns,
                      "%d ranks, %zu: %d x %d", known[k].ranks, known[k].size, rows, columns);
    }
    /* What LWORK of pdsyevd, 2 n^2 / ranks and a bit, leaves at n = 104000. */
    int rows = 0, columns = 0;
    gf_block_cyclic_grid(9, 104000, 64, &rows, &columns);
    ck_assert(!gf_block_cyclic_is_counted(104000, 64, rows, columns, true));
    gf_block_cyclic_grid(12, 104000, 64, &rows, &columns);
    ck_assert(gf_block_cyclic_is_counted(104000, 64, rows, columns, true));
    ck_assert(!gf_block_cyclic_is_counted(104000, 64, rows, columns, false));
}
END_TEST

/* --- blocks ---------------------------------------------------------------------------------- */

static void compare(const gf_block_levels *one, const gf_block_levels *all, double scale,
                    const char *what) {
    ck_assert_msg(one->levels == all->levels, "%s: %zu levels, not %zu", what, all->levels,
                  one->levels);
    for (size_t n = 0; n < one->levels; ++n) {
        double away = fabs(one->energy[n] - all->energy[n]);
        ck_assert_msg(away <= 1e-13 * scale, "%s: level %zu by %g", what, n, away);
        ck_assert_double_eq(one->degeneracy[n], all->degeneracy[n]);
    }
}

/* Elements of levels that lie close together are compared as sums: vectors mix there. */
static void compare_elements(const gf_block_levels *one, const gf_block_levels *all, double scale,
                             const char *what) {
    for (size_t row = 0; row < one->rows; ++row) {
        double left = 0, right = 0;
        for (size_t n = 0; n < one->levels; ++n) {
            left += one->degeneracy[n] * one->observable[row * one->levels + n];
            right += all->degeneracy[n] * all->observable[row * all->levels + n];
            bool apart = n + 1 == one->levels || one->energy[n + 1] - one->energy[n] > 1e-3 * scale;
            if (apart) {
                ck_assert_msg(fabs(left - right) <= 1e-9, "%s: operator %zu, level %zu by %g", what,
                              row, n, left - right);
                left = right = 0;
            }
        }
    }
}

static void compare_block(const gf_elements *h, const gf_elements *o, const gf_symmetry *symmetry,
                          const gf_block *block, int ranks, size_t tile, const char *what) {
    gf_error error = {.message = ""};
    gf_block_levels one, all;
    double scale = gf_elements_size(h);
    ck_assert_msg(gf_block_solve(h, o, symmetry, block, &one, &error) == GF_OK, "%s: %s", what,
                  error.message);
    ck_assert_msg(gf_distributed_block_solve(h, o, symmetry, block, ranks, tile, &all, &error) ==
                      GF_OK,
                  "%s: %s", what, error.message);
    compare(&one, &all, scale, what);
    compare_elements(&one, &all, scale, what);
    gf_block_levels_free(&one);
    gf_block_levels_free(&all);
}

static void compare_model(const char *name, int sites, bool no_symmetry, int ranks, size_t tile) {
    char path[256];
    const gf_settings settings = {.sites = sites, .no_symmetry = no_symmetry};
    gf_model *model = NULL;
    gf_error error = {.message = ""};
    gf_symmetry symmetry;
    gf_observables observables;
    gf_elements *h = NULL;
    gf_block *blocks = NULL;
    size_t count = 0;
    (void)snprintf(path, sizeof path, "%s/%s.yaml", GF_MODELS, name);
    ck_assert_msg(gf_model_read(path, &settings, &model, &error) == GF_OK, "%s", error.message);
    ck_assert_int_eq(gf_spectrum_symmetry(model, &symmetry, NULL), GF_OK);
    ck_assert_int_eq(gf_symmetry_blocks(&symmetry, &blocks, &count, NULL), GF_OK);
    ck_assert_int_eq(gf_observables_derive(model, &symmetry, &observables, NULL), GF_OK);
    ck_assert_int_eq(gf_elements_create(&model->hamiltonian, 1, &h, NULL), GF_OK);
    for (size_t b = 0; b < count; ++b) {
        char what[320];
        (void)snprintf(what, sizeof what, "%s, block %zu of %zu states, %d ranks, tiles of %zu",
                       name, b, blocks[b].size, ranks, tile);
        compare_block(h, gf_observables_of(&observables, &symmetry, &blocks[b]), &symmetry,
                      &blocks[b], ranks, tile, what);
    }
    free(blocks);
    gf_elements_free(h);
    gf_observables_free(&observables);
    gf_model_free(model);
}

static const char *const models[] = {"chiral",          "dephasing",         "dimerised",
                                     "dm_field",        "pump_loss",         "xxz_jprime",
                                     "xxz_jprime_half", "xxz_jprime_literal"};
enum { MODELS = sizeof models / sizeof *models };

/* Down to blocks of one state: more ranks than columns. */
START_TEST(every_model) {
    for (int k = 0; k < MODELS; ++k) {
        compare_model(models[k], 6, false, gf_ranks_count(), (size_t)1 + (size_t)k % 3);
    }
}
END_TEST

/* Whole sectors: levels of opposite momenta are degenerate; complex where H is. */
START_TEST(degenerate_levels) {
    compare_model("xxz_jprime", 8, true, gf_ranks_count(), 3);
    compare_model("chiral", sized(8, 6), true, gf_ranks_count(), 2);
    compare_model("chiral", 6, true, gf_ranks_count(), 5);
}
END_TEST

/* Blocks of several panels and of the usual layout, on fewer ranks than there are too. */
START_TEST(larger_blocks) {
    compare_model("xxz_jprime", sized(12, 8), true, gf_ranks_count(), GF_BLOCK_CYCLIC);
    compare_model("chiral", sized(10, 8), true, gf_ranks_count(), 16);
    compare_model("dm_field", 8, true, gf_ranks_count() > 1 ? gf_ranks_count() - 1 : 1, 4);
}
END_TEST

int main(void) {
    gf_ranks_begin();
    TCase *tests = tcase_create("distributed block");
    tcase_add_test(tests, a_layout_holds_each_row_once);
    tcase_add_test(tests, grids_are_near_squares_and_nobody_is_without_a_block);
    tcase_add_test(tests, every_model);
    tcase_add_test(tests, degenerate_levels);
    tcase_add_test(tests, larger_blocks);
    int result = run_suite("distributed block", tests);
    return gf_ranks_end(30) ? result : EXIT_FAILURE;
}
