#include "transport/tail.h"

#include "base/matrix.h"
#include "hilbert/symmetry.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { F = GF_CHARGES, MATRIX = GF_TRANSPORT_MATRIX, WAYS = GF_TRANSPORT_WAYS };
enum { AT_END, AT_HALF, SHORTER, LATE }; /* the ways */
enum { MOST_ENDS = 2 * GF_TRANSPORT_CHOICES, FEWEST_TIMES = 4 };

static const double FINE = 0.02, ROUGH = 0.1; /* agreement of rings, relative */
static const double MOST_SPREAD = 0.5;        /* of sigma_ii, relative */
static const double AWAY = 3;                 /* what the distance between ways counts */
static const double MORE_STEPS = 2;           /* that strings may yet go, where they still move */
static const double MOST_LAMBDA1 = 6;         /* operator_space.c */
static const double SAME_LAMBDA1 = 1e-9;      /* what rounding makes of one magnetisation */

const char *gf_tail_way(size_t way) {
    static const char *const names[WAYS] = {
        [AT_END] = "ratio at t*",
        [AT_HALF] = "ratio at t*/2",
        [SHORTER] = "ratio at t* of the smaller chain",
        [LATE] = "after t*: ratio of what sigma gains from t*/2 to t*"};
    return names[way];
}

/* --- the plan -------------------------------------------------------------------------------- */

gf_status gf_tail_spectrum(const gf_model *model, gf_spectrum **spectrum, gf_error *error) {
    int cell = gf_chain_cell(&model->chain), sites = model->chain.sites;
    gf_model *small = NULL;
    while (sites > GF_TAIL_SITES && sites - cell > 0) {
        sites -= cell;
    }
    *spectrum = NULL;
    gf_status status = gf_model_resize(model, sites, model->chain.periodic, &small, error);
    if (status == GF_OK) {
        small->no_symmetry = model->no_symmetry;
        status = gf_spectrum_compute(small, NULL, spectrum, error);
    }
    gf_model_free(small);
    return status;
}

void gf_tail_free(gf_tail *self) {
    if (self != NULL) {
        free(self->lambda);
        free(self->operator_lambda);
        free(self->state);
        free(self->operators_at);
        free(self->mirrored);
        free(self);
    }
}

static gf_status allocate(size_t points, gf_tail **tail, gf_error *error) {
    gf_tail *self = *tail = calloc(1, sizeof *self);
    bool done = self != NULL;
    if (done) {
        self->points = self->states = points;
        self->lambda = calloc(2 * points + 1, sizeof *self->lambda);
        self->operator_lambda = calloc(points + 1, sizeof *self->operator_lambda);
        self->state = calloc(points + 1, sizeof *self->state);
        self->operators_at = calloc(points + 1, sizeof *self->operators_at);
        self->mirrored = calloc(points + 1, sizeof *self->mirrored);
        done = self->lambda != NULL && self->operator_lambda != NULL && self->state != NULL &&
               self->operators_at != NULL && self->mirrored != NULL;
    }
    if (!done) {
        gf_tail_free(self);
        *tail = NULL;
        return gf_fail_memory(error, "the plan of the tails");
    }
    return GF_OK;
}

/* The index of lambda1 in list[from ... count-1] at lambda2 = 0, where it is put if it is new. */
static size_t find_state(double (*list)[F], size_t from, size_t *count, double lambda1) {
    for (size_t k = from; k < *count; ++k) {
        if (fabs(list[k][GF_MAGNETIZATION] - lambda1) <= SAME_LAMBDA1) {
            return k;
        }
    }
    list[*count][GF_MAGNETIZATION] = lambda1;
    list[*count][GF_ENERGY] = 0;
    return (*count)++;
}

/* At lambda2 = 0 m = -tanh(lambda1). Rounding of what is zero by symmetry is taken off. */
static gf_status reference_of(gf_gibbs *gibbs, const double lambda[F], double *lambda1,
                              gf_error *error) {
    gf_state state;
    gf_gibbs_evaluate(gibbs, lambda, GF_DENSITIES, &state);
    double m = state.density[GF_MAGNETIZATION];
    *lambda1 = lambda[GF_ENERGY] == 0 ? lambda[GF_MAGNETIZATION]
               : fabs(m) < 1e-12      ? 0
                                      : 0 - atanh(m);
    return fabs(*lambda1) <= MOST_LAMBDA1
               ? GF_OK
               : gf_fail(error, GF_INVALID,
                         "at lambda = (%g, %g) m = %.6f leaves next to no spins to move; take a "
                         "state of smaller |m|",
                         lambda[0], lambda[1], m);
}

gf_status gf_tail_plan(const gf_model *model, gf_gibbs *gibbs, size_t points,
                       const double (*lambda)[GF_CHARGES], gf_tail **tail, gf_error *error) {
    gf_symmetry symmetry;
    *tail = NULL;
    gf_status status = gf_symmetry_find(&model->chain, &model->hamiltonian, &symmetry, error);
    status = status == GF_OK ? allocate(points, tail, error) : status;
    gf_tail *self = *tail;
    for (size_t p = 0; p < points && status == GF_OK; ++p) {
        memcpy(self->lambda[p], lambda[p], sizeof self->lambda[p]);
    }
    if (status == GF_OK) {
        self->least_time = 2 / gf_spectrum_energy_unit(gf_gibbs_spectrum(gibbs));
    }
    for (size_t p = 0; p < points && status == GF_OK; ++p) {
        double lambda1 = 0;
        status = reference_of(gibbs, lambda[p], &lambda1, error);
        if (status == GF_OK) {
            self->mirrored[p] = lambda1 > 0 && gf_symmetry_flips(&symmetry);
            self->state[p] = find_state(self->lambda, points, &self->states, lambda1);
            self->operators_at[p] = find_state(self->operator_lambda, 0, &self->operators,
                                               self->mirrored[p] ? -lambda1 : lambda1);
        }
    }
    if (status != GF_OK) {
        gf_tail_free(self);
        *tail = NULL;
    }
    return status;
}

/* --- matrices -------------------------------------------------------------------------------- */

static bool is_positive(double s[F][F]) {
    return s[0][0] > 0 && gf_matrix_determinant(s) > 0;
}

/* The symmetric part: the limit is symmetric. Mirrored: seen from -m. */
static void take(const double *from, bool mirrored, double s[F][F]) {
    s[0][0] = from[0];
    s[1][1] = from[MATRIX - 1];
    s[0][1] = s[1][0] = (mirrored ? -0.5 : 0.5) * (from[1] + from[2]);
}

/* A = (S S_0^-1)^(1/2). */
static bool divide(double s[F][F], double s_0[F][F], double a[F][F]) {
    const double packed[GF_PAIRS] = {s_0[0][0], s_0[0][1], s_0[1][1]};
    double ratio[F][F];
    return is_positive(s) && is_positive(s_0) && gf_transport_divide(packed, s[0], ratio[0]) &&
           gf_matrix_root(ratio, a);
}

/* --- ends of operator space ------------------------------------------------------------------ */

/* sigma_0 of every choice of a point; the first `whole` ones are those of the longest and heaviest
 * strings. */
typedef struct ends {
    size_t count, whole;
    const gf_transport_choice *end[MOST_ENDS];
    double sigma[MOST_ENDS][F][F];
} ends;

/* The same but for strings one site shorter. */
static bool is_shorter(const gf_transport_choice *a, const gf_transport_choice *b) {
    int most = a->longest - 1;
    return b->longest == most && b->weight == (a->weight < most ? a->weight : most) &&
           a->longest - a->free == b->longest - b->free &&
           fabs(a->damping - b->damping) <= 1e-9 * fmax(a->damping, b->damping);
}

/* Adds where two more steps like that from the shorter strings lead. */
static void add_steps(ends *self) {
    size_t given = self->count;
    for (size_t c = 0; c < self->whole; ++c) {
        for (size_t d = self->whole; d < given; ++d) {
            if (!is_shorter(self->end[c], self->end[d])) {
                continue;
            }
            double(*next)[F] = self->sigma[self->count++];
            for (size_t k = 0; k < MATRIX; ++k) {
                double here = self->sigma[c][k / F][k % F];
                next[k / F][k % F] = here + MORE_STEPS * (here - self->sigma[d][k / F][k % F]);
            }
        }
    }
}

static void find_ends(const gf_transport *operators, size_t p, bool mirrored, ends *self) {
    *self = (ends){0};
    for (size_t c = 0; c < operators->choices; ++c) {
        const gf_transport_choice *end = &operators->choice[c];
        const double *sigma = operators->choice_onsager[p * GF_TRANSPORT_CHOICES + c];
        if (isnan(sigma[0])) {
            continue; /* another point's */
        }
        self->end[self->count] = end;
        take(sigma, mirrored, self->sigma[self->count++]);
        self->whole += end->longest == self->end[0]->longest && end->weight == self->end[0]->weight;
    }
    if (operators->verdict[p] == GF_NOT_SETTLED) {
        add_steps(self);
    }
}

/* --- ways ------------------------------------------------------------------------------------ */

/* sigma = here + A (sigma_0 - there) A^T. */
typedef struct way {
    bool given;
    double a[F][F], here[F][F], there[F][F];
} way;

typedef struct course {
    const gf_transport *rings;
    size_t point, state; /* of the rings */
    size_t last, half;   /* times */
} course;

static void take_at(const course *self, double (*from)[MATRIX], size_t point, size_t time,
                    double s[F][F]) {
    take(from[point * self->rings->times + time], false, s);
}

static void find_ratio(const course *self, double (*from)[MATRIX], size_t time, way *result) {
    double s[F][F], s_0[F][F];
    take_at(self, from, self->point, time, s);
    take_at(self, from, self->state, time, s_0);
    result->given = divide(s, s_0, result->a);
}

static void find_late(const course *self, way *result) {
    double(*from)[MATRIX] = self->rings->onsager, gain[F][F], gain_0[F][F];
    take_at(self, from, self->point, self->last, result->here);
    take_at(self, from, self->state, self->last, result->there);
    take_at(self, from, self->point, self->half, gain);
    take_at(self, from, self->state, self->half, gain_0);
    for (size_t k = 0; k < MATRIX; ++k) {
        gain[k / F][k % F] = result->here[k / F][k % F] - gain[k / F][k % F];
        gain_0[k / F][k % F] = result->there[k / F][k % F] - gain_0[k / F][k % F];
    }
    result->given = divide(gain, gain_0, result->a);
}

/* t* of a state of the rings, or `least` if that is later and rings agree roughly. */
static size_t find_last(const gf_transport *rings, size_t state, double least) {
    size_t last = gf_transport_agree(rings, state, FINE),
           most = gf_transport_agree(rings, state, ROUGH);
    while (last < most && rings->time[last + 1] <= least) {
        ++last;
    }
    return last;
}

static course find_course(const gf_tail *self, const gf_transport *rings, size_t p) {
    course result = {.rings = rings, .point = p, .state = self->state[p]};
    size_t here = find_last(rings, p, self->least_time);
    size_t there = find_last(rings, result.state, self->least_time);
    result.last = here < there ? here : there;
    while (rings->time[result.half] < rings->time[result.last] / 2) {
        ++result.half;
    }
    return result;
}

/* The state is the one at lambda2 = 0: no ring need tell that. */
static bool is_itself(const course *self) {
    const double(*lambda)[F] = (const double(*)[F])self->rings->lambda;
    return fabs(lambda[self->point][0] - lambda[self->state][0]) <= SAME_LAMBDA1 &&
           fabs(lambda[self->point][1] - lambda[self->state][1]) <= 0;
}

static void find_ways(const course *self, way ways[WAYS]) {
    memset(ways, 0, WAYS * sizeof *ways);
    for (size_t w = 0; w < WAYS && is_itself(self); ++w) {
        ways[w] = (way){.given = true, .a = {{1, 0}, {0, 1}}};
    }
    if (is_itself(self)) {
        return;
    }
    find_ratio(self, self->rings->onsager, self->last, &ways[AT_END]);
    find_ratio(self, self->rings->onsager, self->half, &ways[AT_HALF]);
    find_ratio(self, self->rings->smaller_onsager, self->last, &ways[SHORTER]);
    find_late(self, &ways[LATE]);
}

static bool follow(way *self, double sigma_0[F][F], double sigma[F][F]) {
    double tail[F][F];
    for (size_t k = 0; k < MATRIX; ++k) {
        tail[k / F][k % F] = sigma_0[k / F][k % F] - self->there[k / F][k % F];
    }
    gf_matrix_transform(self->a, tail, sigma);
    for (size_t k = 0; k < MATRIX; ++k) {
        sigma[k / F][k % F] += self->here[k / F][k % F];
    }
    return is_positive(sigma);
}

/* --- a point --------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void refuse(gf_transport *self, size_t p,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(self->reason[p], sizeof self->reason[p], format, arguments);
    va_end(arguments);
    self->verdict[p] = GF_NOT_SETTLED;
    for (size_t k = 0; k < MATRIX; ++k) {
        self->limit[p][k] = self->limit_error[p][k] = NAN;
        self->diffusion[p][k] = self->diffusion_error[p][k] = NAN;
    }
}

static void mean_over(const ends *from, double sigma[F][F]) {
    memset(sigma, 0, F * sizeof *sigma);
    for (size_t c = 0; c < from->whole; ++c) {
        for (size_t k = 0; k < MATRIX; ++k) {
            sigma[k / F][k % F] += from->sigma[c][k / F][k % F] / (double)from->whole;
        }
    }
}

static void widen(gf_transport *self, size_t p, const double *sigma) {
    double d[MATRIX];
    (void)gf_transport_divide(self->susceptibility[p], sigma, d);
    for (size_t k = 0; k < MATRIX; ++k) {
        self->limit_error[p][k] = fmax(self->limit_error[p][k], fabs(sigma[k] - self->limit[p][k]));
        self->diffusion_error[p][k] =
            fmax(self->diffusion_error[p][k], fabs(d[k] - self->diffusion[p][k]));
    }
}

/* Three times as far from that of the first way: ratios still drift at t*. */
static void move_away(double sigma[F][F], double first[F][F]) {
    for (size_t k = 0; k < MATRIX; ++k) {
        sigma[k / F][k % F] =
            first[k / F][k % F] + AWAY * (sigma[k / F][k % F] - first[k / F][k % F]);
    }
}

/* The value by the first way, then all ways with all ends. Returns how many could be gone. */
static size_t extrapolate(gf_transport *self, size_t p, ends *from, way ways[WAYS]) {
    double mean[F][F], sigma[F][F];
    size_t gone = 0;
    mean_over(from, mean);
    (void)follow(&ways[AT_END], mean, sigma);
    self->verdict[p] = GF_EXTRAPOLATED;
    memcpy(self->limit[p], sigma, sizeof self->limit[p]);
    (void)gf_transport_divide(self->susceptibility[p], sigma[0], self->diffusion[p]);
    for (size_t k = 0; k < MATRIX; ++k) {
        self->limit_error[p][k] = self->diffusion_error[p][k] = 0;
    }
    for (size_t w = 0; w < WAYS; ++w) {
        double *result = self->way_onsager[p * WAYS + w];
        if (!ways[w].given || !follow(&ways[w], mean, sigma)) {
            continue;
        }
        memcpy(result, sigma, sizeof self->way_onsager[0]);
        ++gone;
        for (size_t c = 0; c < from->count; ++c) {
            double first[F][F];
            if (follow(&ways[w], from->sigma[c], sigma) &&
                follow(&ways[AT_END], from->sigma[c], first)) {
                move_away(sigma, first);
                widen(self, p, sigma[0]);
            }
        }
    }
    return gone;
}

/* By the value and its error. */
static void judge(gf_transport *self, size_t p, size_t gone) {
    if (gone < 2) {
        refuse(self, p, "there is no second way to the tail");
        return;
    }
    for (size_t i = 0; i < F; ++i) {
        double spread = self->limit_error[p][i * (F + 1)] / self->limit[p][i * (F + 1)];
        if (!(spread <= MOST_SPREAD)) {
            refuse(self, p, "ways to the tail of the %s current spread by %.0f %%",
                   gf_charge_name(i), 100 * spread);
            return;
        }
    }
}

static void join(const gf_tail *self, const gf_transport *rings, const gf_transport *operators,
                 size_t p, gf_transport *joined) {
    size_t o = self->operators_at[p];
    course at = find_course(self, rings, p);
    way ways[WAYS];
    ends from;
    joined->reference[p] = rings->lambda[at.state][GF_MAGNETIZATION];
    joined->tail_time[p] = rings->time[at.last];
    for (size_t k = 0; k < WAYS * MATRIX; ++k) {
        joined->way_onsager[p * WAYS + k / MATRIX][k % MATRIX] = NAN;
    }
    if (joined->verdict[p] == GF_SETTLED) {
        return;
    }
    find_ways(&at, ways);
    find_ends(operators, o, self->mirrored[p], &from);
    if (!operators->bounded[o]) {
        refuse(joined, p, "at lambda2 = 0 and the same m: %.280s", operators->reason[o]);
    } else if (at.last < FEWEST_TIMES && !is_itself(&at)) {
        refuse(joined, p, "t* = %g is too short for a ratio; take a longer chain, or more times",
               rings->time[at.last]);
    } else if (!ways[AT_END].given) {
        refuse(joined, p, "sigma(t*) is not positive");
    } else {
        judge(joined, p, extrapolate(joined, p, &from, ways));
    }
}

gf_status gf_tail_join(const gf_tail *self, const gf_transport *rings,
                       const gf_transport *operators, gf_transport **joined, gf_error *error) {
    gf_status status = gf_transport_copy(rings, self->points, joined, error);
    if (status == GF_OK) {
        (*joined)->ways = WAYS;
        (*joined)->tail_strings = operators->longest;
        for (size_t p = 0; p < self->points; ++p) {
            join(self, rings, operators, p, *joined);
        }
    }
    return status;
}
