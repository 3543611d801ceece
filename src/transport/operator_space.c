#include "transport/operator_space.h"

#include "algebra/current.h"
#include "base/matrix.h"
#include "base/progress_part.h"
#include "base/tasks.h"
#include "gibbsflow/machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the choices range over: damping begins so many sites before the end. */
enum { FAR = 4, MIDDLE = 3, NEAR = 2 };
/* Where spins are dilute: strings by so many sites longer, of such a weight. */
enum { LONGER = 2, LIGHT = 7 };

static const double WEAK = 0.25, STRONG = 0.5; /* dampings, in units of sqrt(C_22) at m = 0 */

/* Residuals of solutions, which enter sigma squared where H is real (gf_absorber_solve). */
static double tolerance_of(const gf_liouvillian *liouvillian) {
    return liouvillian->real ? 1e-2 : 1e-4;
}
enum { MOST_ITERATIONS = 8000 };

/* The verdict. */
static const double MOST_SPREAD = 0.15, MOST_DRIFT = 0.05; /* relative; drift: per site */
static const double MOST_LIFETIME = 60;                    /* times sqrt(C_22) at m = 0 */
static const double MOST_BOUNDED = 4;                      /* times that: where spins are dilute */
static const double MORE_STEPS = 2;                        /* that strings may yet go */

/* --- the problem ----------------------------------------------------------------------------- */

/* Everything on the infinite chain, as strings. */
typedef struct problem {
    gf_currents currents;
    gf_commutator commutator;
    gf_strings current[GF_CHARGES], charge[GF_CHARGES];
    int cell, parity, span, heaviest; /* of the currents: length and weight of a string */
    double m, unit;                   /* unit: of energy */
} problem;

static void close_problem(problem *self) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_strings_free(&self->current[i]);
        gf_strings_free(&self->charge[i]);
    }
    gf_commutator_free(&self->commutator);
    gf_currents_free(&self->currents);
}

static gf_status check_place(const gf_model *model, const double lambda[GF_CHARGES],
                             gf_error *error) {
    if (!model->chain.periodic) {
        return gf_fail(error, GF_INVALID,
                       "operator space is that of a chain without ends, and this one is open; set "
                       "boundary: periodic, or use --method full");
    }
    if (lambda[GF_ENERGY] != 0) {
        return gf_fail(error, GF_INVALID,
                       "operator space is for lambda2 = 0, not %g: at other temperatures it is 10 "
                       "to 20 %% wrong; use --method full there",
                       lambda[GF_ENERGY]);
    }
    if (!(fabs(lambda[GF_MAGNETIZATION]) <= 6)) {
        return gf_fail(error, GF_INVALID,
                       "lambda1 = %g leaves next to no spins to move; take |lambda1| <= 6",
                       lambda[GF_MAGNETIZATION]);
    }
    return GF_OK;
}

static double square(const gf_strings *a) {
    return creal(gf_strings_product(a, a));
}

/* What the reflection makes of the currents, if it is a symmetry of H. Only cells of one site are
 * looked at; without it everything takes twice as long. */
static int common_parity(const problem *self) {
    int of_charge = gf_strings_parity(&self->charge[GF_ENERGY]);
    int first = gf_strings_parity(&self->current[GF_MAGNETIZATION]);
    int second = gf_strings_parity(&self->current[GF_ENERGY]);
    return self->cell == 1 && of_charge == 1 && first == second ? first : 0;
}

static bool expand(problem *self) {
    const gf_currents *from = &self->currents;
    self->charge[GF_MAGNETIZATION] = gf_strings_magnetization(self->cell, self->m);
    self->charge[GF_ENERGY] = gf_strings_expand(&from->hamiltonian, self->cell, self->m);
    bool done = !self->charge[GF_MAGNETIZATION].exhausted && !self->charge[GF_ENERGY].exhausted;
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        self->current[i] = gf_strings_expand(&from->current[i], self->cell, self->m);
        done = done && !self->current[i].exhausted;
        for (size_t k = 0; k < self->current[i].count; ++k) {
            int length = gf_string_length(self->current[i].terms[k].code);
            int weight = gf_string_weight(self->current[i].terms[k].code);
            self->span = length > self->span ? length : self->span;
            self->heaviest = weight > self->heaviest ? weight : self->heaviest;
        }
    }
    gf_strings at_zero = gf_strings_expand(&from->hamiltonian, self->cell, 0);
    self->unit = sqrt(square(&at_zero) / self->cell);
    done = done && !at_zero.exhausted;
    gf_strings_free(&at_zero);
    self->parity = common_parity(self);
    return done;
}

static gf_status open_problem(const gf_model *model, const double lambda[GF_CHARGES], problem *self,
                              gf_error *error) {
    *self = (problem){.m = 0 - tanh(lambda[GF_MAGNETIZATION])};
    gf_status status = check_place(model, lambda, error);
    if (status == GF_OK) {
        status = gf_currents_derive(&model->chain, &model->hamiltonian, &self->currents, error);
    }
    if (status != GF_OK) {
        return status;
    }
    self->cell = self->currents.cell;
    status = gf_commutator_create(&self->currents.hamiltonian, self->cell, self->m,
                                  &self->commutator, error);
    if (status == GF_OK && !expand(self)) {
        status = gf_fail_memory(error, "the currents as strings");
    }
    if (status != GF_OK) {
        close_problem(self);
    }
    return status;
}

/* Applications of the matrix that a solution takes, from experience. */
static double applications_for(const problem *self) {
    return 600 / pow(1 - self->m * self->m, 1.5);
}

/* --- choices --------------------------------------------------------------------------------- */

static void add_choice(const problem *self, int longest, int weight, int width, double damping,
                       gf_operator_space *result) {
    if (longest - width >= self->span) { /* what is damped at once is no current */
        result->choice[result->choices++].end =
            (gf_transport_choice){.longest = longest,
                                  .free = longest - width,
                                  .weight = weight < longest ? weight : longest,
                                  .damping = damping * self->unit};
    }
}

static void add_choices(const problem *self, int longest, int weight, gf_operator_space *result) {
    for (int width = FAR; width >= MIDDLE; --width) {
        add_choice(self, longest, weight, width, WEAK, result);
        add_choice(self, longest, weight, width, STRONG, result);
    }
    add_choice(self, longest, weight, NEAR, STRONG, result);
}

static bool is_limited(const gf_operator_space *self) {
    return self->weight < self->longest;
}

static void list_choices(const problem *self, gf_operator_space *result) {
    result->choices = 0;
    add_choices(self, result->longest, result->weight, result);
    add_choices(self, result->longest - 1, result->weight, result);
    if (is_limited(result)) {
        add_choices(self, result->longest, result->weight - 1, result);
    }
}

/* Of the strings that the value is of. */
static bool is_whole(const gf_operator_space *self, const gf_operator_space_choice *choice) {
    return choice->end.longest == self->longest && choice->end.weight == self->weight;
}

static int most_sites(const problem *self) {
    int most = GF_STRING_SITES - 2 * (self->commutator.reach - 1);
    return most < GF_LIOUVILLIAN_LONGEST ? most : GF_LIOUVILLIAN_LONGEST;
}

static gf_status check_length(const problem *self, int longest, int weight, gf_error *error) {
    int least = self->span + NEAR + 1, most = most_sites(self);
    if (least > most) {
        return gf_fail(error, GF_INVALID,
                       "currents over %d sites need strings of %d sites in operator space, which "
                       "has room for %d; use --method full",
                       self->span, least, most);
    }
    if (longest < least || longest > most) {
        return gf_fail(error, GF_INVALID,
                       "strings of %d sites are too %s: for currents over %d sites take %d to %d",
                       longest, longest < least ? "short" : "long", self->span, least, most);
    }
    if (weight <= self->heaviest || weight > longest) {
        return gf_fail(
            error, GF_INVALID,
            "a weight of %d is too %s: for currents of weight %d and strings of %d sites "
            "take %d to %d",
            weight, weight > longest ? "large" : "small", self->heaviest, longest,
            self->heaviest + 1, longest);
    }
    return GF_OK;
}

static int longest_of(const problem *self, const gf_operator_space_request *request) {
    int least = self->span + NEAR + 1;
    if (request->longest > 0) {
        return request->longest;
    }
    return least > GF_OPERATOR_SPACE_LONGEST ? least : GF_OPERATOR_SPACE_LONGEST;
}

/* The heaviest strings of such a length. */
static int weight_of(const gf_operator_space *self, int longest) {
    return self->weight < longest ? self->weight : longest;
}

static const gf_operator_space_choice *strong_choice(const gf_operator_space *self, int longest,
                                                     int width) {
    const gf_operator_space_choice *found = NULL;
    for (size_t k = 0; k < self->choices; ++k) {
        const gf_operator_space_choice *choice = &self->choice[k];
        if (choice->end.longest == longest && choice->end.weight == weight_of(self, longest) &&
            choice->end.longest - choice->end.free == width) {
            found = choice; /* of two dampings the second one is strong */
        }
    }
    return found;
}

/* What the evolution in time takes. */
static const gf_operator_space_choice *middle_choice(const gf_operator_space *self, int longest) {
    const gf_operator_space_choice *middle = strong_choice(self, longest, MIDDLE);
    return middle != NULL ? middle : strong_choice(self, longest, NEAR);
}

/* --- the work -------------------------------------------------------------------------------- */

typedef struct work {
    const problem *problem;
    const gf_operator_space_request *request;
    gf_operator_space *result;
    /* Of strings of all weights that are asked for, and of lighter ones, if there are any. */
    gf_liouvillian *liouvillian[2];
    double *currents[2]; /* [size][GF_CHARGES], per site */
    double *shorter[2];  /* K and sigma in time, with strings one site shorter */
    size_t solutions, first[GF_TRANSPORT_CHOICES]; /* tasks, and the first choice of each */
} work;

/* Choices with the same strings stand together, and are solved together. */
static size_t count_beside(const gf_operator_space *self, size_t first) {
    size_t count = 1;
    while (first + count < self->choices &&
           self->choice[first + count].end.longest == self->choice[first].end.longest &&
           self->choice[first + count].end.weight == self->choice[first].end.weight) {
        ++count;
    }
    return count;
}

/* Tasks: solutions of choices, then two evolutions in time. */
static void list_tasks(work *self) {
    const gf_operator_space *result = self->result;
    for (size_t first = 0; first < result->choices; first += count_beside(result, first)) {
        self->first[self->solutions++] = first;
    }
}

static size_t count_tasks(const work *self) {
    return self->solutions + (self->request->times > 0 ? 2 : 0);
}

/* The first choice of a task. */
static const gf_operator_space_choice *choice_of(const work *self, size_t task) {
    const gf_operator_space *result = self->result;
    return task < self->solutions
               ? &result->choice[self->first[task]]
               : middle_choice(result, result->longest - (int)(task - self->solutions));
}

/* Which matrix. */
static size_t space_of(const work *self, const gf_operator_space_choice *choice) {
    return choice->end.weight < weight_of(self->result, choice->end.longest) ? 1 : 0;
}

/* Applications of the matrix to one column. */
static double count_applications(const work *self, size_t task) {
    double end = self->request->step * (double)self->request->times;
    return task < self->solutions ? applications_for(self->problem) *
                                        (double)count_beside(self->result, self->first[task])
                                  : 50 + 30 * self->problem->unit * end;
}

static double task_cost(const void *context, size_t task) {
    const work *self = context;
    const gf_operator_space_choice *choice = choice_of(self, task);
    const gf_liouvillian *matrix = self->liouvillian[space_of(self, choice)];
    return count_applications(self, task) * (double)matrix->row[matrix->upto[choice->end.longest]];
}

static bool takes_all_threads(const void *context, size_t task) {
    const work *self = context;
    const gf_operator_space_choice *choice = choice_of(self, task);
    return self->liouvillian[space_of(self, choice)]->upto[choice->end.longest] >=
           GF_LIOUVILLIAN_SHARED;
}

/* The solver of a worker: solutions go in legs. */
typedef struct workspace {
    gf_absorber absorber;
    gf_absorber_solver *solver;
} workspace;

static gf_status open_workspace(const void *context, void **made, gf_error *error) {
    (void)context;
    *made = calloc(1, sizeof(workspace));
    return *made != NULL ? GF_OK : gf_fail_memory(error, "a solver");
}

static void close_workspace(void *made) {
    workspace *self = made;
    gf_absorber_solver_free(self->solver);
    free(self);
}

static gf_status begin_solution(const work *self, const gf_operator_space_choice *choice,
                                workspace *at, gf_error *error) {
    const gf_liouvillian *matrix = self->liouvillian[space_of(self, choice)];
    size_t count = count_beside(self->result, (size_t)(choice - self->result->choice));
    at->absorber = gf_absorber_of(matrix, choice->end.longest);
    for (size_t k = 0; k < count; ++k) {
        gf_absorber_add_end(&at->absorber, choice[k].end.free, choice[k].end.damping);
    }
    const gf_absorber_problem asked = {.absorber = &at->absorber,
                                       .currents = self->currents[space_of(self, choice)],
                                       .tolerance = tolerance_of(matrix),
                                       .most = MOST_ITERATIONS};
    return gf_absorber_solver_create(&asked, &at->solver, error);
}

/* What is left of the cost of a task is a guess. */
static gf_status solve(const work *self, gf_task *task, gf_error *error) {
    enum { LEG = 10 };
    workspace *at = task->workspace;
    size_t first = self->first[task->index];
    gf_operator_space_choice *choice = &self->result->choice[first];
    gf_status status = task->begun ? GF_OK : begin_solution(self, choice, at, error);
    if (status != GF_OK) {
        return status;
    }
    if (gf_absorber_solver_advance(at->solver, LEG) > 0) {
        double done = 2 * (double)gf_absorber_solver_iterations(at->solver);
        task->left =
            task_cost(self, task->index) * fmax(0.02, 1 - done / applications_for(self->problem));
        return GF_OK;
    }
    for (size_t k = 0; k < count_beside(self->result, first); ++k) {
        choice[k].solution = gf_absorber_solver_solution(at->solver, k);
    }
    gf_absorber_solver_free(at->solver);
    at->solver = NULL;
    return GF_OK;
}

static gf_status run_task(const void *context, gf_task *task, gf_error *error) {
    const work *self = context;
    if (task->index < self->solutions) {
        return solve(self, task, error);
    }
    const gf_operator_space_choice *choice = choice_of(self, task->index);
    gf_operator_space *result = self->result;
    size_t space = space_of(self, choice);
    bool shorter = choice->end.longest < result->longest;
    gf_absorber absorber = gf_absorber_of(self->liouvillian[space], choice->end.longest);
    gf_absorber_add_end(&absorber, choice->end.free, choice->end.damping);
    return gf_absorber_evolve(&absorber, self->currents[space], self->request->step,
                              self->request->times, self->request->stop,
                              shorter ? self->shorter[0] : result->correlation,
                              shorter ? self->shorter[1] : result->onsager_in_time, error);
}

static void carry_task(void *context, size_t task, gf_bytes *bytes) {
    work *self = context;
    gf_operator_space *result = self->result;
    size_t size = self->request->times * GF_CHARGES * GF_CHARGES * sizeof(double);
    if (task < self->solutions) {
        size_t first = self->first[task];
        for (size_t k = first; k < first + count_beside(result, first); ++k) {
            gf_bytes_carry(bytes, &result->choice[k].solution, sizeof result->choice[k].solution);
        }
    } else {
        bool shorter = choice_of(self, task)->end.longest < result->longest;
        gf_bytes_carry(bytes, shorter ? self->shorter[0] : result->correlation, size);
        gf_bytes_carry(bytes, shorter ? self->shorter[1] : result->onsager_in_time, size);
    }
}

static bool allocate_times(work *self) {
    gf_operator_space *result = self->result;
    size_t times = self->request->times, bytes = times * GF_CHARGES * GF_CHARGES * sizeof(double);
    double **all[] = {&result->correlation,     &result->correlation_error,
                      &result->onsager_in_time, &result->onsager_in_time_error,
                      &self->shorter[0],        &self->shorter[1]};
    result->times = times;
    result->time = malloc(times * sizeof *result->time + 1);
    bool done = result->time != NULL;
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
        *all[i] = calloc(1, bytes + 1);
        done = done && *all[i] != NULL;
    }
    for (size_t k = 0; k < times && done; ++k) {
        result->time[k] = self->request->step * (double)k;
    }
    return done;
}

/* The currents as coordinates, so that products are per site. */
static bool place_currents(work *self, size_t space) {
    const gf_liouvillian *matrix = self->liouvillian[space];
    double *x = malloc((matrix->size + 1) * sizeof *x), unit = 1 / sqrt(self->problem->cell);
    double *currents = malloc((GF_CHARGES * matrix->size + 1) * sizeof *currents);
    bool done = x != NULL && currents != NULL;
    for (size_t c = 0; c < GF_CHARGES && done; ++c) {
        done = gf_liouvillian_coordinates(matrix, &self->problem->current[c], x);
        for (size_t k = 0; k < matrix->size && done; ++k) {
            currents[GF_CHARGES * k + c] = unit * x[k];
        }
    }
    free(x);
    self->currents[space] = currents;
    return done;
}

static gf_status open_spaces(work *self, gf_error *error) {
    const problem *from = self->problem;
    const gf_operator_space *result = self->result;
    gf_status status = GF_OK;
    for (size_t space = 0; space < (is_limited(result) ? 2 : 1) && status == GF_OK; ++space) {
        status =
            gf_liouvillian_create(&from->commutator, result->longest, result->weight - (int)space,
                                  from->parity, &self->liouvillian[space], error);
        if (status == GF_OK && !place_currents(self, space)) {
            status = gf_fail_memory(error, "vectors of operator space; take shorter strings");
        }
    }
    return status;
}

static gf_status run(work *self, gf_error *error) {
    gf_status status = open_spaces(self, error);
    if (status == GF_OK && !allocate_times(self)) {
        status = gf_fail_memory(error, "vectors of operator space; take shorter strings");
    }
    list_tasks(self);
    const gf_tasks all = {.count = count_tasks(self),
                          .context = self,
                          .cost = task_cost,
                          .alone = takes_all_threads,
                          .blas_alone = 1,
                          .begin = open_workspace,
                          .end = close_workspace,
                          .run = run_task,
                          .carry = carry_task,
                          .stop = self->request->stop,
                          .progress = self->request->progress};
    return status == GF_OK ? gf_tasks_run(&all, error) : status;
}

/* --- the result ------------------------------------------------------------------------------ */

typedef double (*entry_of)(const gf_operator_space_choice *choice, size_t i, size_t j);

static double onsager_entry(const gf_operator_space_choice *choice, size_t i, size_t j) {
    return (choice->solution.onsager[i][j] + choice->solution.onsager[j][i]) / 2;
}

static double diffusion_entry(const gf_operator_space_choice *choice, size_t i, size_t j) {
    return choice->diffusion[i][j];
}

/* The mean over the longest strings, and the largest deviation of all. */
static void summarise(const gf_operator_space *self, entry_of entry,
                      double value[GF_CHARGES][GF_CHARGES], double error[GF_CHARGES][GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t j = 0; j < GF_CHARGES; ++j) {
            double sum = 0, count = 0, deviation = 0;
            for (size_t k = 0; k < self->choices; ++k) {
                bool whole = is_whole(self, &self->choice[k]);
                sum += whole ? entry(&self->choice[k], i, j) : 0;
                count += whole;
            }
            for (size_t k = 0; k < self->choices; ++k) {
                deviation = fmax(deviation, fabs(entry(&self->choice[k], i, j) - sum / count));
            }
            value[i][j] = sum / count;
            error[i][j] = deviation;
        }
    }
}

static void refuse(gf_operator_space *self, const char *reason) {
    self->verdict = GF_NOT_SETTLED;
    (void)snprintf(self->reason, sizeof self->reason, "%s", reason);
}

/* By how much sigma_ii moves, relatively, as strings get longer by a site and the end moves along.
 */
static double drift_of(const gf_operator_space *self, size_t i) {
    double drift = 0;
    for (int width = NEAR; width <= MIDDLE; ++width) {
        const gf_operator_space_choice *here = strong_choice(self, self->longest, width);
        const gf_operator_space_choice *shorter = strong_choice(self, self->longest - 1, width);
        if (here != NULL && shorter != NULL) {
            drift = fmax(drift,
                         fabs(here->solution.onsager[i][i] / shorter->solution.onsager[i][i] - 1));
        }
    }
    return drift;
}

static void judge_charge(gf_operator_space *self, size_t i, double unit) {
    double sigma = self->onsager[i][i], drift = drift_of(self, i);
    char text[sizeof self->reason] = "";
    if (self->lifetime[i] * unit > MOST_LIFETIME) {
        (void)snprintf(text, sizeof text,
                       "the %s current lives for a time of about %.3g: a conservation law must be "
                       "close, whose slow modes no string of %d sites holds",
                       gf_charge_name(i), self->lifetime[i], self->longest);
    } else if (!(self->onsager_error[i][i] <= MOST_SPREAD * sigma)) {
        (void)snprintf(text, sizeof text, "choices for the %s current spread by %.0f %%",
                       gf_charge_name(i), 100 * self->onsager_error[i][i] / sigma);
    } else if (!(drift <= MOST_DRIFT)) {
        (void)snprintf(text, sizeof text,
                       "sigma of the %s current still moves by %.0f %% as strings get longer by a "
                       "site",
                       gf_charge_name(i), 100 * drift);
    }
    self->bounded = self->bounded && self->lifetime[i] * unit <= MOST_BOUNDED * MOST_LIFETIME;
    if (text[0] != '\0' && self->verdict != GF_NOT_SETTLED) {
        refuse(self, text); /* the first reason counts */
    }
}

static void forget_limits(gf_operator_space *self) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t j = 0; j < GF_CHARGES; ++j) {
            self->onsager[i][j] = self->onsager_error[i][j] = NAN;
            self->diffusion[i][j] = self->diffusion_error[i][j] = NAN;
        }
    }
}

static void judge(gf_operator_space *self, const problem *from) {
    self->verdict = GF_EXTRAPOLATED;
    self->bounded = true;
    for (size_t k = 0; k < self->choices; ++k) {
        if (!self->choice[k].solution.converged) {
            self->bounded = false;
            refuse(self, "a current does not decay, or too slowly for its integral to be had");
        }
        (void)gf_transport_divide(self->susceptibility, &self->choice[k].solution.onsager[0][0],
                                  &self->choice[k].diffusion[0][0]);
    }
    summarise(self, onsager_entry, self->onsager, self->onsager_error);
    summarise(self, diffusion_entry, self->diffusion, self->diffusion_error);
    for (size_t i = GF_CHARGES; i-- > 0;) {
        double start = square(&from->current[i]) / from->cell;
        self->lifetime[i] = start > 0 ? self->onsager[i][i] / start : 0;
        if (start > 0) {
            judge_charge(self, i, from->unit);
        }
    }
    if (self->verdict == GF_NOT_SETTLED) {
        forget_limits(self);
    }
}

static void compare_times(gf_operator_space *self, double *const shorter[2]) {
    typedef const double(*matrices)[GF_TRANSPORT_MATRIX];
    for (size_t k = 0; k < self->times * GF_TRANSPORT_MATRIX; ++k) {
        self->correlation_error[k] = fabs(self->correlation[k] - shorter[0][k]);
        self->onsager_in_time_error[k] = fabs(self->onsager_in_time[k] - shorter[1][k]);
    }
    self->reliable =
        gf_transport_last_reliable(self->times, (matrices)(const void *)self->onsager_in_time,
                                   (matrices)(const void *)self->onsager_in_time_error);
}

/* Averages over the product state. */
static void describe_state(const gf_model *model, const problem *from, gf_operator_space *self) {
    self->density[GF_MAGNETIZATION] = from->m;
    self->density[GF_ENERGY] = 0;
    for (size_t i = 0; i < model->hamiltonian.count; ++i) {
        const gf_operator_term *term = &model->hamiltonian.terms[i];
        if ((term->plus | term->minus) == 0) {
            self->density[GF_ENERGY] += creal(term->coefficient) *
                                        pow(from->m, __builtin_popcountll(term->z)) /
                                        model->chain.sites;
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        for (size_t k = i; k < GF_CHARGES; ++k) {
            self->susceptibility[gf_pair(i, k)] =
                creal(gf_strings_product(&from->charge[i], &from->charge[k])) / from->cell;
        }
    }
}

/* Matrices and vectors, and processor time, of strings of such a length and weight; the number of
 * iterations is from experience. */
static gf_status add_cost(const problem *from, const gf_operator_space_request *request,
                          const gf_operator_space *result, gf_operator_space_cost *cost,
                          gf_error *error) {
    double end = request->step * (double)request->times;
    double each = sizeof(double) + sizeof(uint32_t); /* of an element of the matrix */
    *cost = (gf_operator_space_cost){.longest = result->longest};
    for (int space = 0; space < (is_limited(result) ? 2 : 1); ++space) {
        double bytes, strings;
        gf_status status =
            gf_liouvillian_memory(&from->commutator, result->longest, result->weight - space,
                                  from->parity, &bytes, &strings, error);
        if (status != GF_OK) {
            return status;
        }
        double vectors = gf_absorber_solver_memory(strings, GF_ABSORBER_ENDS) *
                         (strings < GF_LIOUVILLIAN_SHARED ? gf_machine_threads() : 1);
        double choices = (double)result->choices / (is_limited(result) ? 3 : 1);
        double solutions = (space == 0 && is_limited(result) ? 2 : 1) * choices;
        double applications = applications_for(from) * solutions +
                              (end > 0 && space == 0 ? 60 * from->unit * end : 0);
        cost->memory += bytes + (space == 0 ? vectors : 0);
        cost->seconds += 1e-9 * bytes / each * applications;
    }
    return GF_OK;
}

static gf_status plan(const problem *from, int longest, int weight, gf_operator_space *result,
                      gf_error *error) {
    result->longest = longest;
    result->weight = weight;
    list_choices(from, result);
    return check_length(from, longest, weight, error);
}

/* Longer, lighter strings may come second. */
static bool may_lengthen(const problem *from, const gf_operator_space_request *request,
                         int longest) {
    return request->weight == 0 && longest + LONGER <= most_sites(from) &&
           from->heaviest < LIGHT - 1 && LIGHT < longest + LONGER;
}

static gf_status open_plan(const gf_model *model, const gf_operator_space_request *request,
                           problem *from, gf_operator_space *result, gf_operator_space_cost *cost,
                           gf_error *error) {
    gf_status status = open_problem(model, request->lambda, from, error);
    if (status != GF_OK) {
        return status;
    }
    int longest = longest_of(from, request);
    status = plan(from, longest, request->weight > 0 ? request->weight : longest, result, error);
    status = status == GF_OK ? add_cost(from, request, result, cost, error) : status;
    if (status == GF_OK && may_lengthen(from, request, longest)) {
        gf_operator_space later = {0};
        gf_operator_space_cost more;
        status = plan(from, longest + LONGER, LIGHT, &later, error);
        status = status == GF_OK ? add_cost(from, request, &later, &more, error) : status;
        cost->memory = status == GF_OK ? fmax(cost->memory, more.memory) : 0;
        cost->more_seconds = status == GF_OK ? more.seconds : 0;
    }
    if (status != GF_OK) {
        close_problem(from);
    }
    return status;
}

gf_status gf_operator_space_cost_of(const gf_model *model, const gf_operator_space_request *request,
                                    gf_operator_space_cost *cost, gf_error *error) {
    gf_operator_space planned = {0};
    problem from;
    gf_status status = open_plan(model, request, &from, &planned, cost, error);
    if (status == GF_OK) {
        close_problem(&from);
    }
    return status;
}

static gf_status check_memory(const gf_operator_space_cost *cost, int longest, gf_error *error) {
    double free_memory = (double)gf_machine_free_memory();
    return cost->memory <= free_memory
               ? GF_OK
               : gf_fail(error, GF_NO_MEMORY,
                         "strings of %d sites take %.1f GiB in operator space, %.1f GiB are free; "
                         "take shorter ones",
                         longest, cost->memory / 0x1p30, free_memory / 0x1p30);
}

static void close_work(work *self) {
    for (size_t i = 0; i < 2; ++i) {
        free(self->shorter[i]);
        free(self->currents[i]);
        gf_liouvillian_free(self->liouvillian[i]);
    }
}

/* With the strings that are planned in it. NULL if it was stopped. */
static gf_status attempt(const gf_model *model, const problem *from,
                         const gf_operator_space_request *request, gf_operator_space **self,
                         gf_error *error) {
    work all = {.problem = from, .request = request, .result = *self};
    memcpy((*self)->lambda, request->lambda, sizeof request->lambda);
    describe_state(model, from, *self);
    gf_status status = run(&all, error);
    if (status == GF_OK && (request->stop == NULL || *request->stop == 0)) {
        judge(*self, from);
        compare_times(*self, all.shorter);
    } else {
        gf_operator_space_free(*self);
        *self = NULL;
    }
    close_work(&all);
    return status;
}

/* By how much sigma_ii of the longest strings moves as they get longer by a site, */
static double effect_of_length(const gf_operator_space *self) {
    return fmax(drift_of(self, GF_MAGNETIZATION), drift_of(self, GF_ENERGY));
}

/* and as they get lighter by a letter. */
static double effect_of_weight(const gf_operator_space *self) {
    double effect = 0;
    for (size_t k = 0; k < self->choices; ++k) {
        for (size_t l = 0; l < self->choices; ++l) {
            const gf_operator_space_choice *a = &self->choice[k], *b = &self->choice[l];
            bool lighter = is_whole(self, a) && b->end.weight < a->end.weight &&
                           b->end.longest == a->end.longest && b->end.free == a->end.free &&
                           fabs(b->end.damping - a->end.damping) <= 1e-9 * a->end.damping;
            for (size_t i = 0; i < GF_CHARGES && lighter; ++i) {
                effect =
                    fmax(effect, fabs(b->solution.onsager[i][i] / a->solution.onsager[i][i] - 1));
            }
        }
    }
    return effect;
}

/* The second attempt, where the first has not settled for its spread alone. */
static gf_status lengthen(const gf_model *model, const problem *from,
                          const gf_operator_space_request *request, gf_operator_space **self,
                          gf_error *error) {
    gf_operator_space *longer = calloc(1, sizeof *longer);
    if (longer == NULL) {
        return gf_fail_memory(error, "the result");
    }
    gf_status status = plan(from, (*self)->longest + LONGER, LIGHT, longer, error);
    if (status != GF_OK) {
        gf_operator_space_free(longer);
        return status;
    }
    status = attempt(model, from, request, &longer, error);
    if (longer == NULL ||
        (longer->bounded && effect_of_weight(longer) < MORE_STEPS * effect_of_length(*self))) {
        gf_operator_space_free(*self);
        *self = longer;
    } else {
        gf_operator_space_free(longer);
    }
    return status;
}

gf_status gf_operator_space_find(const gf_model *model, const gf_operator_space_request *request,
                                 gf_operator_space **result, gf_error *error) {
    *result = NULL;
    gf_operator_space *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return gf_fail_memory(error, "the result");
    }
    problem from;
    gf_operator_space_cost cost;
    gf_status status = open_plan(model, request, &from, self, &cost, error);
    if (status != GF_OK) {
        free(self);
        return status;
    }
    int longest = self->longest;
    double whole = cost.seconds + cost.more_seconds;
    gf_progress_part part = {.whole = request->progress};
    const gf_progress own = gf_progress_of_part(&part);
    gf_operator_space_request attempted = *request;
    attempted.progress = &own;
    status = check_memory(&cost, longest, error);
    if (status == GF_OK) {
        gf_progress_part_next(&part, cost.seconds / whole);
        status = attempt(model, &from, &attempted, &self, error);
    }
    if (self != NULL && status == GF_OK && self->verdict == GF_NOT_SETTLED && self->bounded &&
        may_lengthen(&from, request, longest)) {
        gf_progress_part_next(&part, cost.more_seconds / whole);
        status = lengthen(model, &from, &attempted, &self, error);
    }
    if (status != GF_OK) {
        gf_operator_space_free(self);
        self = NULL;
    }
    *result = self;
    close_problem(&from);
    return status;
}

void gf_operator_space_free(gf_operator_space *self) {
    if (self != NULL) {
        free(self->time);
        free(self->correlation);
        free(self->correlation_error);
        free(self->onsager_in_time);
        free(self->onsager_in_time_error);
        free(self);
    }
}

gf_status gf_operator_space_lanczos(const gf_model *model, double lambda1, size_t charge,
                                    size_t count, double *b, gf_error *error) {
    problem from;
    gf_status status = open_problem(model, (double[GF_CHARGES]){lambda1, 0}, &from, error);
    if (status == GF_OK) {
        status = gf_commutator_lanczos(&from.commutator, &from.current[charge], count, b, error);
        close_problem(&from);
    }
    return status;
}
