/* The ansatz of two charges on trial: exact populations, smooth ones (cells.h), Gibbs states. */
#include "base/workspace.h"
#include "gibbsflow/fixed_points.h"
#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"
#include "open_system/cells.h"
#include "open_system/coherences.h"
#include "open_system/langevin_block.h"
#include "open_system/solution.h"
#include "spectrum/spectrum.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

/* Everything by rows M = 2 row - sites. */
typedef struct trial {
    gf_solution *solution;
    size_t rows;
    gf_cells even, odd;
    double *push[3];      /* [parts][variables]: N times the force on <M> or <E> of a level; of
                             GF_PART_ODD that on <M>, of other parts that on <E>, and of GF_PART_ALL
                             both */
    double *push_all;     /* that on <M> of GF_PART_ALL */
    double *weight[2][3]; /* [exact, smooth][parts][variables]: the state */
} trial;

/* --- populations ----------------------------------------------------------------------------- */

static void set_exact(trial *self, size_t p) {
    gf_solution *solution = self->solution;
    const gf_part *part = &solution->generator.part[p];
    const gf_components *components = &solution->components[p];
    double sectors = (double)solution->rates->sectors;
    for (size_t i = 0; i < part->count; ++i) {
        if (components->of != NULL && components->of[i] >= 0) {
            self->weight[GF_RATES_EXACT][p][i] =
                solution->states[p][(size_t)components->of[i] * part->count + i] / sectors;
        }
    }
}

static void set_smooth(trial *self, const double *state) {
    double sum = 0;
    for (int pass = 0; pass < 2; ++pass) {
        for (size_t p = 0; p < self->solution->generator.parts; ++p) {
            const gf_part *part = &self->solution->generator.part[p];
            double *weight = self->weight[GF_RATES_SMOOTH][p];
            for (size_t i = 0; i < part->count; ++i) {
                if (!gf_cells_hold(&self->even, part, &part->variable[i])) {
                    continue;
                }
                weight[i] = pass == 0 ? gf_cells_population(&self->even, state, &part->variable[i])
                                      : weight[i] / sum;
                sum += pass == 0 ? weight[i] : 0;
            }
        }
    }
}

static void summarize(const trial *self, int which, gf_rates_summary *summary) {
    const gf_solution *solution = self->solution;
    int sites = solution->rates->sites;
    for (size_t p = 0; p < solution->generator.parts; ++p) {
        const gf_part *part = &solution->generator.part[p];
        for (size_t i = 0; i < part->count; ++i) {
            const gf_variable *v = &part->variable[i];
            if (!gf_variable_is_population(v)) {
                continue;
            }
            double weight = self->weight[which][p][i];
            int m = gf_variable_magnetization(&solution->generator, v);
            int images = solution->rates->folded && m != 0 ? 2 : 1;
            summary->second_moment += weight * m * m / sites / sites;
            summary->energy += weight * gf_variable_energy(&solution->generator, v) / sites;
            for (int image = 0; image < images; ++image) {
                summary->probability[((image == 0 ? m : -m) + sites) / 2] += weight / images;
            }
        }
    }
}

/* --- forces ---------------------------------------------------------------------------------- */

/* N times what the bath does to a charge, level by level: R' q. */
static gf_status push_levels(trial *self, size_t p, gf_error *error) {
    const gf_solution *solution = self->solution;
    const gf_part *part = &solution->generator.part[p];
    double *charge = gf_workspace_alloc(part->count, 1, sizeof *charge);
    if (charge == NULL) {
        return gf_fail_memory(error, "the forces on single levels");
    }
    bool odd = part->kind == GF_PART_ODD;
    gf_solution_observables(solution, part, odd ? charge : NULL, odd ? NULL : charge, NULL);
    gf_rung_matrix_multiply(&part->rates, true, charge, self->push[p]);
    if (part->kind == GF_PART_ALL) {
        gf_solution_observables(solution, part, charge, NULL, NULL);
        gf_rung_matrix_multiply(&part->rates, true, charge, self->push_all);
    }
    gf_workspace_free(charge);
    return GF_OK;
}

/* Where the regular variables of the odd part are, by family and rung. */
static size_t odd_begin(const gf_part *odd, const gf_variable *wanted) {
    size_t i = 0;
    while (i < odd->count &&
           !(odd->variable[i].regular && odd->variable[i].family == wanted->family &&
             odd->variable[i].rung[0] == wanted->rung[0])) {
        ++i;
    }
    return i;
}

/* The force on <M> of a folded level at m > 0: x = 1/2 is one such state. */
static void add_odd_push(const trial *self, int which, size_t p, double *force) {
    const gf_solution *solution = self->solution;
    const gf_part *part = &solution->generator.part[p], *odd = gf_solution_odd(solution);
    size_t begin = 0, last = odd != NULL ? (size_t)(odd - solution->generator.part) : 0;
    const gf_variable *before = NULL;
    for (size_t i = 0; i < part->count && odd != NULL; ++i) {
        const gf_variable *v = &part->variable[i];
        if (!gf_variable_is_population(v) || !gf_frames_split(&solution->frames, v->rung[0])) {
            continue;
        }
        if (before == NULL || before->family != v->family || before->rung[0] != v->rung[0]) {
            begin = odd_begin(odd, v);
        }
        before = v;
        force[v->rung[0]] += self->weight[which][p][i] * self->push[last][begin + v->state[0]] / 2;
    }
}

/* force[rows] of M, of folded levels both signs. */
static gf_status set_force(const trial *self, int which, gf_error *error) {
    const gf_solution *solution = self->solution;
    const gf_frames *frames = &solution->frames;
    double weight[GF_MAX_RUNGS] = {0}, push[GF_CHARGES][GF_MAX_RUNGS] = {{0}};
    gf_status status = GF_OK;
    for (size_t p = 0; p < solution->generator.parts && status == GF_OK; ++p) {
        const gf_part *part = &solution->generator.part[p];
        for (size_t i = 0; i < part->count; ++i) {
            const gf_variable *v = &part->variable[i];
            if (gf_variable_is_population(v)) {
                double share = self->weight[which][p][i];
                weight[v->rung[0]] += share;
                push[1][v->rung[0]] += share * self->push[p][i];
                push[0][v->rung[0]] += part->kind == GF_PART_ALL ? share * self->push_all[i] : 0;
            }
        }
        if (part->kind != GF_PART_ODD) {
            add_odd_push(self, which, p, push[0]);
            status = gf_coherences_push(solution, part, self->weight[which][p], push, error);
        }
    }
    for (int rung = 0; rung < frames->rungs; ++rung) {
        int up = gf_frames_up(frames, rung);
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            double force = push[i][rung] / weight[rung];
            solution->rates->force[which][up][i] = force;
            if (solution->rates->folded) {
                solution->rates->force[which][frames->sites - up][i] =
                    i == 0 && 2 * up != frames->sites ? -force : force;
            }
        }
    }
    return status;
}

/* --- spread ---------------------------------------------------------------------------------- */

/* Weighted least squares within each rung: ln p_n by a polynomial of E_n. */
typedef struct fit {
    double weight[GF_MAX_RUNGS], square[GF_MAX_RUNGS]; /* sum of p_n, of p_n (ln p_n - fit)^2 */
    double overlap[GF_MAX_RUNGS][GF_CELL_FUNCTIONS * GF_CELL_FUNCTIONS];
    double share[GF_MAX_RUNGS][GF_CELL_FUNCTIONS]; /* right-hand side, then coefficients */
} fit;

/* One level: to the normal equations, or, once they are solved, to the residuals. */
static void add_level(const gf_cells *cells, int rung, double energy, double p, double value,
                      bool solved, fit *sum) {
    double function[GF_CELL_FUNCTIONS] = {0};
    int count = cells->count[rung];
    for (int d = 0; d < count; ++d) {
        function[d] = gf_cells_value(cells, rung, d, energy);
        value -= solved ? sum->share[rung][d] * function[d] : 0;
    }
    if (solved) {
        sum->weight[rung] += p;
        sum->square[rung] += p * value * value;
        return;
    }
    for (int d = 0; d < count; ++d) {
        sum->share[rung][d] += p * function[d] * value;
        for (int k = 0; k < count; ++k) {
            sum->overlap[rung][d * count + k] += p * function[d] * function[k];
        }
    }
}

static void add_levels(const trial *self, bool solved, fit *sum) {
    const gf_solution *solution = self->solution;
    for (size_t p = 0; p < solution->generator.parts; ++p) {
        const gf_part *part = &solution->generator.part[p];
        for (size_t i = 0; i < part->count; ++i) {
            const gf_variable *v = &part->variable[i];
            double weight = self->weight[GF_RATES_EXACT][p][i];
            if (gf_variable_is_population(v)) {
                double value = log(weight / gf_variable_states(&solution->generator, v));
                add_level(&self->even, v->rung[0], gf_variable_energy(&solution->generator, v),
                          weight, value, solved, sum);
            }
        }
    }
}

/* The root of the mean square of ln p_n about the polynomial of E_n that fits it best, levels
 * weighted with their populations. */
static gf_status set_spread(const trial *self, gf_error *error) {
    const gf_frames *frames = &self->solution->frames;
    fit *sum = calloc(1, sizeof *sum);
    if (sum == NULL) {
        return gf_fail_memory(error, "the spread of populations");
    }
    add_levels(self, false, sum);
    for (int rung = 0; rung < frames->rungs; ++rung) {
        lapack_int n = self->even.count[rung];
        if (n > 0 && LAPACKE_dposv_work(LAPACK_COL_MAJOR, 'L', n, 1, sum->overlap[rung], n,
                                        sum->share[rung], n) != 0) {
            sum->share[rung][0] = NAN; /* fewer energies than functions hold the weight */
        }
    }
    add_levels(self, true, sum);
    for (int rung = 0; rung < frames->rungs; ++rung) {
        int up = gf_frames_up(frames, rung);
        double spread = sqrt(sum->square[rung] / sum->weight[rung]);
        double *all = self->solution->rates->spread;
        all[up] = all[self->solution->rates->folded ? frames->sites - up : up] = spread;
    }
    free(sum);
    return GF_OK;
}

/* --- Gibbs states ---------------------------------------------------------------------------- */

/* <E>/N of a magnetisation in the exact state. */
static double cell_energy(const trial *self, int up) {
    const gf_solution *solution = self->solution;
    double weight = 0, energy = 0;
    for (size_t p = 0; p < solution->generator.parts; ++p) {
        const gf_part *part = &solution->generator.part[p];
        for (size_t i = 0; i < part->count; ++i) {
            const gf_variable *v = &part->variable[i];
            if (gf_variable_is_population(v) && gf_frames_up(&solution->frames, v->rung[0]) == up) {
                weight += self->weight[GF_RATES_EXACT][p][i];
                energy += self->weight[GF_RATES_EXACT][p][i] *
                          gf_variable_energy(&solution->generator, v);
            }
        }
    }
    return energy / weight / solution->rates->sites;
}

/* The table's force at the densities of each magnetisation; NaN on the border of what is reachable.
 */
static void set_gibbs_force(const trial *self, gf_gibbs *gibbs) {
    gf_rates *rates = self->solution->rates;
    for (int up = 0; up <= rates->sites; ++up) {
        int larger = rates->folded && 2 * up < rates->sites ? rates->sites - up : up;
        double density[GF_CHARGES] = {(2.0 * up - rates->sites) / rates->sites,
                                      cell_energy(self, larger)};
        double lambda[GF_CHARGES] = {0};
        gf_state state;
        bool inside = gf_gibbs_invert(gibbs, density, lambda);
        if (inside) {
            gf_gibbs_evaluate(gibbs, lambda, GF_RESPONSE, &state);
        }
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            rates->force[GF_RATES_GIBBS][up][i] = inside ? state.force[i] : NAN;
        }
    }
}

/* The stable fixed points of the table: a chain of infinite length rests there. */
static gf_status set_gibbs_points(const trial *self, const gf_spectrum *spectrum,
                                  const double *channel_rates, gf_error *error) {
    gf_rates_summary *gibbs = &self->solution->rates->gibbs;
    gf_region region;
    gf_survey *survey = NULL;
    gf_fixed_points points = {0};
    double count = 0, square = 0, energy = 0, slowest = INFINITY;
    gf_status status = gf_region_init(&region, spectrum, error);
    if (status != GF_OK) {
        return status;
    }
    status = gf_survey_create(spectrum, &survey, error);
    if (status == GF_OK &&
        gf_fixed_points_find(survey, &region, channel_rates, &points, NULL) == GF_OK) {
        for (size_t k = 0; k < points.count; ++k) {
            const gf_fixed_point *point = &points.points[k];
            if (point->stability == GF_STABLE) {
                square += point->density[0] * point->density[0];
                energy += point->density[1];
                slowest = fmin(slowest, -point->eigenvalue[1][0]);
                ++count;
            }
        }
        gf_fixed_points_free(&points);
    }
    if (count > 0) {
        gibbs->second_moment = square / count;
        gibbs->energy = energy / count;
        gibbs->even = slowest;
    }
    gf_survey_free(survey);
    gf_region_free(&region);
    return status;
}

static gf_status try_gibbs(const trial *self, bool blocks, gf_error *error) {
    const gf_model *model = self->solution->model;
    gf_spectrum *spectrum = NULL;
    gf_gibbs *gibbs = NULL;
    double *rates = calloc(model->channel_count + 1, sizeof *rates);
    if (rates == NULL) {
        return gf_fail_memory(error, "the rates of the bath");
    }
    gf_model_rates(model, rates);
    gf_status status = gf_spectrum_compute(model, NULL, &spectrum, error);
    if (status == GF_OK) {
        status = gf_gibbs_create(spectrum, rates, &gibbs, error);
    }
    if (status == GF_OK) {
        set_gibbs_force(self, gibbs);
        status = set_gibbs_points(self, spectrum, rates, error);
    }
    if (status == GF_OK) {
        status = gf_langevin_block_try(blocks, model, spectrum, self->solution->rates, error);
    }
    gf_gibbs_free(gibbs);
    gf_spectrum_free(spectrum);
    free(rates);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static gf_status allocate_results(trial *self, gf_error *error) {
    gf_rates *rates = self->solution->rates;
    gf_rates_summary none = {0}, unknown = {NAN, NAN, NAN, NAN, NULL};
    self->rows = (size_t)rates->sites + 1;
    rates->exact = rates->smooth = none;
    rates->gibbs = unknown;
    rates->exact.probability = calloc(self->rows, sizeof *rates->exact.probability);
    rates->smooth.probability = calloc(self->rows, sizeof *rates->smooth.probability);
    rates->spread = calloc(self->rows, sizeof *rates->spread);
    bool enough = rates->exact.probability != NULL && rates->smooth.probability != NULL &&
                  rates->spread != NULL;
    for (int k = 0; k < GF_RATES_REFERENCES; ++k) {
        rates->force[k] = calloc(self->rows, sizeof *rates->force[k]);
        enough = enough && rates->force[k] != NULL;
    }
    return enough ? GF_OK : gf_fail_memory(error, "the trial of the ansatz");
}

static gf_status allocate_work(trial *self, gf_error *error) {
    bool enough = true;
    for (size_t p = 0; p < self->solution->generator.parts; ++p) {
        size_t count = self->solution->generator.part[p].count;
        self->push[p] = gf_workspace_alloc(count, 1, sizeof(double));
        self->weight[0][p] = gf_workspace_alloc(count, 1, sizeof(double));
        self->weight[1][p] = gf_workspace_alloc(count, 1, sizeof(double));
        enough = enough && self->push[p] != NULL && self->weight[0][p] != NULL &&
                 self->weight[1][p] != NULL;
    }
    self->push_all = gf_workspace_alloc(self->solution->generator.part[0].count, 1, sizeof(double));
    return enough && self->push_all != NULL ? GF_OK
                                            : gf_fail_memory(error, "the trial of the ansatz");
}

static void free_work(trial *self) {
    for (size_t p = 0; p < 3; ++p) {
        gf_workspace_free(self->push[p]);
        gf_workspace_free(self->weight[0][p]);
        gf_workspace_free(self->weight[1][p]);
    }
    gf_workspace_free(self->push_all);
}

static void set_exact_rates(gf_rates *self) {
    self->exact.even = self->exact.odd = NAN;
    for (size_t k = self->gaps; k-- > 0;) {
        if (self->gap[k].parity == GF_PARITY_ODD) {
            self->exact.odd = self->gap[k].rate;
        } else {
            self->exact.even = self->gap[k].rate;
        }
    }
}

/* Where the bath conserves more than F it is not told which smooth state is reached. */
static bool is_told(const gf_solution *self) {
    for (size_t p = 0; p < self->generator.parts; ++p) {
        if (self->components[p].count > 1) {
            return false;
        }
    }
    return true;
}

static void set_unknown(gf_rates *self) {
    self->smooth.second_moment = self->smooth.energy = self->smooth.even = self->smooth.odd = NAN;
    for (int k = 0; k <= self->sites; ++k) {
        self->smooth.probability[k] = NAN;
        self->force[GF_RATES_SMOOTH][k][0] = self->force[GF_RATES_SMOOTH][k][1] = NAN;
    }
}

static gf_status try_smooth(trial *self, gf_error *error) {
    gf_rates *rates = self->solution->rates;
    const gf_generator *generator = &self->solution->generator;
    double first, second;
    gf_status status = gf_cells_init(&self->even, generator, false, error);
    if (status != GF_OK || !is_told(self->solution)) {
        set_unknown(rates);
        return status;
    }
    double *state = gf_workspace_alloc(GF_MAX_RUNGS * (size_t)GF_CELL_FUNCTIONS, 1, sizeof *state);
    if (status == GF_OK && state == NULL) {
        status = gf_fail_memory(error, "smooth populations");
    }
    if (status == GF_OK) {
        status = gf_cells_solve(&self->even, &first, &second, state, error);
    }
    if (status == GF_OK) {
        set_smooth(self, state);
        summarize(self, GF_RATES_SMOOTH, &rates->smooth);
        rates->smooth.even = -second;
        rates->smooth.odd = NAN;
        status = set_force(self, GF_RATES_SMOOTH, error);
    }
    if (status == GF_OK && gf_solution_odd(self->solution) != NULL) {
        status = gf_cells_init(&self->odd, generator, true, error);
        if (status == GF_OK) {
            status = gf_cells_solve(&self->odd, &first, &second, state, error);
            rates->smooth.odd = -first;
        }
    }
    gf_workspace_free(state);
    return status;
}

gf_status gf_solution_try(gf_solution *solution, bool blocks, gf_error *error) {
    trial *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the trial of the ansatz");
    }
    self->solution = solution;
    gf_status status = allocate_results(self, error);
    if (status == GF_OK) {
        status = allocate_work(self, error);
    }
    for (size_t p = 0; p < solution->generator.parts && status == GF_OK; ++p) {
        set_exact(self, p);
        status = push_levels(self, p, error);
    }
    if (status == GF_OK) {
        summarize(self, GF_RATES_EXACT, &solution->rates->exact);
        set_exact_rates(solution->rates);
        status = set_force(self, GF_RATES_EXACT, error);
    }
    status = status == GF_OK ? try_smooth(self, error) : status;
    status = status == GF_OK ? set_spread(self, error) : status;
    if (status == GF_OK) {
        status = try_gibbs(self, blocks, error);
    }
    free_work(self);
    free(self);
    return status;
}
