/* What it costs to take a block's coefficients from states whose charges fluctuate: the rate at
 * which the bath of the paper's model switches blocks of N sites, at infinite temperature, where a
 * block is a birth-death process of its magnetisation with rates known in closed form. */
#include "fixture.h"
#include "suite.h"

#include <math.h>

static const double GAMMA = 0.9;

/* Hops so far that neither their squares nor their cubes correlate with what the bath acts on, the
 * three sites around one: at lambda2 = 0 force and noise of m then depend on m alone, to second
 * order in the fluctuations. */
static const char far_hops[] =
    "name: far-hops\n"
    "sites: 9\n"
    "boundary: periodic\n"
    "parameters: {gamma: 0.9}\n"
    "hamiltonian: [\"X[0]*X[4] + Y[0]*Y[4]\"]\n"
    "lindblad:\n"
    "  - {name: flip, rate: 1-gamma, operator: \"X[0]\"}\n"
    "  - {name: align, rate: gamma, operator: \"Pu[-1]*Sp[0]*Pu[1] + Pd[-1]*Sm[0]*Pd[1]\"}\n";

/* Force and noise of m, and their shifts 1/2 C_jk d_j d_k, at infinite temperature. */
typedef struct drift_and_noise {
    double force, noise, force_shift, noise_shift;
} drift_and_noise;

static drift_and_noise coefficients(fixture *f, double m) {
    double lambda1 = fmin(fmax(-atanh(m), -18), 18), shift[8][GF_OBSERVABLES] = {{0}};
    gf_state state = fixture_at(f, lambda1, 0);
    drift_and_noise result = {state.force[GF_MAGNETIZATION], state.noise[0], 0, 0};
    if (fabs(m) < 1) { /* nothing fluctuates in the corners */
        ck_assert(gf_gibbs_shift(f->gibbs, &state, shift));
    }
    for (size_t c = 0; c < f->spectrum->channels; ++c) {
        result.force_shift += f->rates[c] * shift[c][GF_FORCE];
        result.noise_shift += f->rates[c] * shift[c][GF_NOISE];
    }
    return result;
}

START_TEST(the_shift_is_the_closed_form) {
    fixture f;
    fixture_parse(&f, far_hops);
    for (int k = -9; k <= 9; ++k) {
        double m = k / 10., c = 1 - m * m;
        drift_and_noise here = coefficients(&f, m);
        ck_assert_double_eq_tol(here.force, 2 * m * (GAMMA / 4 * c - (1 - GAMMA)), 1e-12);
        ck_assert_double_eq_tol(here.noise, 4 * (1 - GAMMA + GAMMA * c / 4), 1e-12);
        ck_assert_double_eq_tol(here.force_shift, c / 2 * -3 * GAMMA * m, 1e-11);
        ck_assert_double_eq_tol(here.noise_shift, c / 2 * -2 * GAMMA, 1e-11);
    }
    fixture_close(&f);
}
END_TEST

/* --- rates ----------------------------------------------------------------------------------- */

enum { MOST_STATES = 1025 };

/* A birth-death process: from k to k+1 at the rate up[k], from k+1 to k at down[k]. */
typedef struct ladder_of_states {
    size_t states;
    double up[MOST_STATES], down[MOST_STATES];
} ladder_of_states;

/* How many eigenvalues of minus the generator, made symmetric, lie below x: Sturm's count. */
static int count_below(const ladder_of_states *self, double x) {
    double pivot = 1;
    int below = 0;
    for (size_t k = 0; k < self->states; ++k) {
        double leave = (k + 1 < self->states ? self->up[k] : 0) + (k > 0 ? self->down[k - 1] : 0);
        pivot = leave - x - (k > 0 ? self->up[k - 1] * self->down[k - 1] / pivot : 0);
        below += pivot < 0;
    }
    return below;
}

/* The smallest eigenvalue but 0. */
static double slowest_rate(const ladder_of_states *self) {
    double low = 0, high = 10;
    while (high - low > 1e-13) {
        double middle = (low + high) / 2;
        *(count_below(self, middle) >= 2 ? &high : &low) = middle;
    }
    return high;
}

/* All states of a magnetisation are equally likely: n of N spins up. */
static double exact_rate(int sites) {
    ladder_of_states self = {.states = (size_t)sites + 1};
    double all = sites, triples = (all - 1) * (all - 2);
    for (int k = 0; k < sites; ++k) {
        double up = k, down = all - up, next = up + 1;
        self.up[k] = down * (1 - GAMMA + GAMMA * up * (up - 1) / triples);
        self.down[k] = next * (1 - GAMMA + GAMMA * (all - next) * (all - next - 1) / triples);
    }
    return slowest_rate(&self);
}

/* The Fokker-Planck equation dp/dt = -d(f p)/dm + 1/2 d2(N_11 p)/dm2 / sites in central
 * differences, reflecting at m = +-1. */
static double fokker_planck_rate(fixture *f, int sites, int intervals, bool shifted) {
    ladder_of_states self = {.states = (size_t)intervals + 1};
    double h = 2. / intervals, less = shifted ? 1. / sites : 0;
    for (int k = 0; k <= intervals; ++k) {
        drift_and_noise here = coefficients(f, -1 + k * h);
        double force = here.force - less * here.force_shift;
        double spread = (here.noise - less * here.noise_shift) / (2 * sites * h * h);
        if (k < intervals) {
            self.up[k] = spread + force / (2 * h);
        }
        if (k > 0) {
            self.down[k - 1] = spread - force / (2 * h);
        }
    }
    return slowest_rate(&self);
}

/* Bare coefficients are wrong by the same factor whatever the size, for it stands in an exponent;
 * shifted ones by a factor that tends to 1. On the chain's own values of M, and for the largest
 * block in the continuum. */
START_TEST(shifted_coefficients_switch_at_the_right_rate) {
    static const struct {
        int sites, intervals;
        double exact, bare, shifted;
    } known[] = {{8, 8, 0.0502989, 1.613, 1.164},
                 {16, 16, 0.0246278, 1.525, 1.069},
                 {32, 32, 0.00775283, 1.500, 1.033},
                 {64, 64, 0.00100249, 1.524, 1.017},
                 {64, 640, 0.00100249, 1.545, 1.036}};
    fixture f;
    fixture_parse(&f, far_hops);
    for (size_t k = 0; k < sizeof known / sizeof *known; ++k) {
        double exact = exact_rate(known[k].sites);
        double bare = fokker_planck_rate(&f, known[k].sites, known[k].intervals, false);
        double shifted = fokker_planck_rate(&f, known[k].sites, known[k].intervals, true);
        ck_assert_double_eq_tol(exact / known[k].exact, 1, 1e-5);
        ck_assert_double_eq_tol(bare / exact, known[k].bare, 2e-3);
        ck_assert_double_eq_tol(shifted / exact, known[k].shifted, 2e-3);
    }
    fixture_close(&f);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("sharp charges");
    tcase_add_test(tests, the_shift_is_the_closed_form);
    tcase_add_test(tests, shifted_coefficients_switch_at_the_right_rate);
    return run_suite("sharp_charges", tests);
}
