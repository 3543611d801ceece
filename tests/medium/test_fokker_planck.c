/* The Fokker-Planck equation of a block: a medium in which m and the place x between the lowest and
 * the highest energy know nothing of one another, so that its modes are those of two equations in
 * one variable, and tables of chains. */
#include "fixture.h"
#include "suite.h"

#include "medium/fokker_planck.h"
#include "medium/surface.h"
#include "table/fitted_grid.h"

#include <math.h>

static const double GAMMA = 0.9;

/* --- one variable ---------------------------------------------------------------------------- */

/* The paper's bath at infinite temperature: force and noise of m, and what sharp charges take off.
 */
static double force(double m, double less) {
    double c = 1 - m * m;
    return 2 * m * (GAMMA / 4 * c - (1 - GAMMA)) + less * c / 2 * 3 * GAMMA * m;
}

static double noise(double m, double less) {
    double c = 1 - m * m;
    return 4 * (1 - GAMMA + GAMMA * c / 4) + less * c / 2 * 2 * GAMMA;
}

enum { MOST_STATES = 8001 };

/* A birth-death process: from k to k+1 at the rate up[k], from k+1 to k at down[k]. */
typedef struct ladder_of_states {
    int states;
    double up[MOST_STATES], down[MOST_STATES];
} ladder_of_states;

/* How many eigenvalues of minus the generator, made symmetric, lie below x: Sturm's count. */
static int count_below(const ladder_of_states *self, double x) {
    double pivot = 1;
    int below = 0;
    for (int k = 0; k < self->states; ++k) {
        double leave = (k + 1 < self->states ? self->up[k] : 0) + (k > 0 ? self->down[k - 1] : 0);
        pivot = leave - x - (k > 0 ? self->up[k - 1] * self->down[k - 1] / pivot : 0);
        below += pivot < 0;
    }
    return below;
}

/* Eigenvalue number `index` from 0, the stationary one. */
static double eigenvalue(const ladder_of_states *self, int index) {
    double low = 0, high = 10;
    for (int k = 0; k < 50; ++k) {
        double middle = (low + high) / 2;
        *(count_below(self, middle) > index ? &high : &low) = middle;
    }
    return high;
}

/* All states of a magnetisation are equally likely: k of N spins up. */
static double exact_rate(int sites) {
    ladder_of_states *self = calloc(1, sizeof *self);
    double all = sites, triples = (all - 1) * (all - 2);
    self->states = sites + 1;
    for (int k = 0; k < sites; ++k) {
        double up = k, down = all - up, next = up + 1;
        self->up[k] = down * (1 - GAMMA + GAMMA * up * (up - 1) / triples);
        self->down[k] = next * (1 - GAMMA + GAMMA * (all - next) * (all - next - 1) / triples);
    }
    double rate = eigenvalue(self, 1);
    free(self);
    return rate;
}

/* The weight exp(2 sites int f/N)/N of the equation of m alone, by its potential on a fine grid. */
static double potential_step(double m, double h, int sites, double less) {
    return h * 2 * sites / 6 *
           (force(m, less) / noise(m, less) + 4 * force(m + h / 2, less) / noise(m + h / 2, less) +
            force(m + h, less) / noise(m + h, less));
}

/* Eigenvalue `index` of the equation of m alone, to 1e-7: cells that exchange what detailed balance
 * with the stationary weight asks for, extrapolated to width 0. */
static double continuum_rate(int sites, double less, int index) {
    ladder_of_states *self = calloc(1, sizeof *self);
    double value[2];
    for (int round = 0; round < 2; ++round) {
        int cells = round == 0 ? 1000 : 2000;
        double h = 2. / cells;
        self->states = cells;
        for (int k = 0; k + 1 < cells; ++k) {
            double left = -1 + (k + 0.5) * h, border = left + h / 2, right = left + h;
            double spread = noise(border, less) / (2 * sites * h * h);
            double half = potential_step(left, h / 2, sites, less);
            double other = potential_step(border, h / 2, sites, less);
            self->up[k] = spread * exp(half) * noise(left, less) / noise(border, less);
            self->down[k] = spread * exp(-other) * noise(right, less) / noise(border, less);
        }
        value[round] = eigenvalue(self, index);
    }
    free(self);
    return value[1] + (value[1] - value[0]) / 3;
}

/* --- two variables --------------------------------------------------------------------------- */

/* What m and x do, each for itself: drift and noise (with what sharp charges take off). */
typedef struct motion {
    double (*force)(double m, double less), (*noise)(double m, double less);
    double less, pull, shake; /* of x: -pull x, shake (1 - x^2) */
} motion;

/* x = e/(1 - m^2). The coefficients of e = (1 - m^2) x follow from Ito's formula. */
static gf_surface *separable(int sites, const motion *all, const size_t points[2]) {
    const gf_chart chart = {.low = {-1}, .high = {1}};
    double(*values)[GF_SURFACE_VALUES] = calloc(points[0] * points[1], sizeof *values);
    for (size_t i = 0; i < points[0] * points[1]; ++i) {
        double m = -1 + 2 * (double)(i / points[1]) / (double)(points[0] - 1);
        double t = -1 + 2 * (double)(i % points[1]) / (double)(points[1] - 1);
        double x = t * sqrt(2 - t * t), width = 1 - m * m, slope = -2 * m;
        double f = all->force(m, all->less), n = all->noise(m, all->less);
        values[i][GF_SURFACE_FORCE] = f;
        values[i][GF_SURFACE_FORCE + 1] = slope * x * f - x * n / sites - width * all->pull * x;
        values[i][GF_SURFACE_NOISE] = n;
        values[i][GF_SURFACE_NOISE + 1] = slope * x * n;
        values[i][GF_SURFACE_NOISE + 2] =
            slope * slope * x * x * n + width * width * all->shake * (1 - x * x);
    }
    gf_surface *surface = NULL;
    gf_error error;
    ck_assert_int_eq(gf_surface_create(&chart, points, (const double(*)[GF_SURFACE_VALUES])values,
                                       &surface, &error),
                     GF_OK);
    free(values);
    return surface;
}

static gf_fokker_planck solve_at(const gf_surface *surface, int sites, int degree) {
    gf_fokker_planck result;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_fokker_planck_at(surface, sites, degree, &result, &error) == GF_OK, "%s",
                  error.message);
    return result;
}

/* P(M) of the stationary weight of m alone, from fine cells. */
static void stationary(int sites, double less, double *probability, double *second_moment) {
    enum { CELLS = 16000 };
    double h = 2. / CELLS, potential = 0, sum = 0;
    *second_moment = 0;
    memset(probability, 0, ((size_t)sites + 1) * sizeof *probability);
    for (int k = 0; k < CELLS; ++k) {
        double m = -1 + (k + 0.5) * h, weight = exp(potential) / noise(m, less);
        probability[(int)floor((m + 1) / 2 * sites + 0.5)] += weight;
        *second_moment += weight * m * m;
        sum += weight;
        potential += potential_step(m, h, sites, less);
    }
    for (int k = 0; k <= sites; ++k) {
        probability[k] /= sum;
    }
    *second_moment /= sum;
}

/* The rates of the continuum beside those of the birth-death process: bare coefficients are off by
 * the same factor whatever the size, shifted ones by one that tends to 1. In two variables where
 * blocks do not come into the corners, which one variable does not know. */
START_TEST(blocks_at_infinite_temperature_switch_as_one_variable_does) {
    static const struct {
        int sites;
        double ratio[2]; /* bare, shifted */
    } known[] = {{8, {1.94, 1.44}}, {16, {1.62, 1.15}}, {32, {1.52, 1.055}}, {64, {1.545, 1.036}}};
    const size_t points[2] = {65, 81};
    for (size_t k = 0; k < 8; ++k) {
        int sites = known[k / 2].sites, largest = sites == 64;
        double less = k % 2 == 1 ? 1. / sites : 0, probability[65], second_moment;
        double odd = continuum_rate(sites, less, 1);
        ck_assert_double_eq_tol(odd / exact_rate(sites), known[k / 2].ratio[k % 2], 5e-3);
        if (!largest) {
            continue;
        }
        const motion all = {force, noise, less, 6, 100};
        gf_surface *surface = separable(sites, &all, points);
        gf_fokker_planck found = solve_at(surface, sites, sized(32, 20));
        ck_assert_double_eq_tol(found.odd / odd, 1, sized(2e-3, 1e-1));
        stationary(sites, less, probability, &second_moment);
        ck_assert_double_eq_tol(found.second_moment, second_moment, sized(3e-4, 1e-2));
        for (int i = 0; i <= sites; ++i) {
            ck_assert_double_eq_tol(found.probability[i], probability[i], sized(1e-3, 1e-2));
        }
        gf_fokker_planck_free(&found);
        gf_surface_free(surface);
    }
}
END_TEST

/* Jacobi's process: -m/2 and (1 - m^2) SITES/8, whose modes are polynomials and decay at n/2 + n (n
 * - 1)/16. Its stationary density of m is (1 - m^2)^3: no singularity is left in the corners. */
enum { SITES = 12 };

static double jacobi_force(double m, double less) {
    (void)less;
    return -m / 2;
}

static double jacobi_noise(double m, double less) {
    (void)less;
    return (1 - m * m) * SITES / 8.;
}

/* Of (1 - m^2)^3, and of m times that. */
static double integral(double m) {
    return m - m * m * m + 0.6 * pow(m, 5) - pow(m, 7) / 7;
}

static double first_moment(double m) {
    return -pow(1 - m * m, 4) / 8;
}

/* The mean of -m/2 over each bin of m. */
static void check_forces(const gf_fokker_planck *found) {
    for (int k = 0; k <= SITES; ++k) {
        double low = fmax(-1, (2. * k - 1) / SITES - 1), high = fmin(1, (2. * k + 1) / SITES - 1);
        double mean = (first_moment(high) - first_moment(low)) / (integral(high) - integral(low));
        ck_assert_double_eq_tol(found->force[k][0], -mean / 2, 1e-6);
    }
}

START_TEST(polynomial_modes_are_found_to_all_digits) {
    const motion all = {jacobi_force, jacobi_noise, 0, 2, SITES};
    const size_t points[2] = {65, 81};
    gf_surface *surface = separable(SITES, &all, points);
    for (int degree = 8; degree <= 16; degree += 4) {
        gf_fokker_planck found = solve_at(surface, SITES, degree);
        ck_assert_double_eq_tol(found.odd, 0.5, 1e-5);
        ck_assert_double_eq_tol(found.even, 1.125, 1e-5);
        ck_assert_double_eq_tol(found.second_moment, 1. / 9, 1e-6);
        ck_assert_double_eq_tol(found.energy, 0, 1e-10);
        check_forces(&found);
        gf_fokker_planck_free(&found);
    }
    gf_surface_free(surface);
}
END_TEST

/* --- chains ---------------------------------------------------------------------------------- */

static gf_surface *table(fixture *f, double sharp_sites) {
    gf_fitted_grid *grid = NULL;
    gf_surface *surface = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(gf_fitted_grid_compute(f->model, f->spectrum, &f->region, NULL, &grid, &error) ==
                      GF_OK,
                  "%s", error.message);
    ck_assert_int_eq(gf_fitted_grid_surface(grid, f->rates, sharp_sites, &surface, &error), GF_OK);
    gf_fitted_grid_free(grid);
    return surface;
}

START_TEST(blocks_of_a_chain_converge) {
    static const char *const files[] = {"pump_loss.yaml", "xxz_jprime.yaml"};
    for (size_t k = 0; k < (size_t)sized(2, 1); ++k) {
        fixture f;
        fixture_open(&f, files[k], 8, NULL);
        f.model->fitted[0] = k == 0 ? 25 : f.model->fitted[0];
        f.model->fitted[1] = k == 0 ? 33 : f.model->fitted[1];
        for (int shifted = 0; shifted < (k == 0 ? 1 : 2); ++shifted) {
            gf_fokker_planck found;
            gf_error error = {.message = ""};
            gf_surface *surface = table(&f, shifted ? 8 : 0);
            ck_assert_msg(gf_fokker_planck_find(surface, 8, 1e-4, &found, &error) == GF_OK, "%s",
                          error.message);
            ck_assert_double_lt(found.error, shifted ? 3e-3 : 1e-4);
            double sum = 0;
            for (int i = 0; i <= 8; ++i) {
                ck_assert_double_gt(found.probability[i], 0);
                sum += found.probability[i];
            }
            ck_assert_double_eq_tol(sum, 1, 1e-4);
            gf_fokker_planck_free(&found);
            gf_surface_free(surface);
        }
        fixture_close(&f);
    }
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("fokker_planck");
    tcase_add_test(tests, blocks_at_infinite_temperature_switch_as_one_variable_does);
    tcase_add_test(tests, polynomial_modes_are_found_to_all_digits);
    tcase_add_test(tests, blocks_of_a_chain_converge);
    return run_suite("fokker_planck", tests);
}
