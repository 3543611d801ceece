#include "open_system/trajectories/trajectory.h"

#include "base/random.h"
#include "open_system/trajectories/combine_kernel.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gf_trajectory {
    const gf_unravelling *rules;
    const gf_trajectories_request *asked;
    gf_trajectories_layout layout;
    gf_stretch stretch;
    double complex *psi, *scratch;                 /* of a momentum */
    double complex *in, *out, *change[GF_CHARGES]; /* over all patterns */
    double complex *momenta;                       /* [orbits][translations] */
    double *record;
    double *share; /* [bath.count] */
    gf_random random;
    int momentum;
    gf_rungs rungs;
    double time, norm, threshold; /* norm: |psi|^2, which a jump sets to 1 */
    uint64_t jumps;
    size_t samples;
};

/* --- a place to work in ---------------------------------------------------------------------- */

gf_status gf_trajectory_create(const gf_unravelling *rules, const gf_trajectories_request *asked,
                               gf_trajectory **trajectory, gf_error *error) {
    gf_trajectory *self = calloc(1, sizeof *self);
    size_t patterns = (size_t)1 << rules->basis.sites, orbits = rules->basis.orbits;
    *trajectory = NULL;
    if (self == NULL) {
        return gf_fail_memory(error, "a trajectory");
    }
    self->rules = rules;
    self->asked = asked;
    self->layout = gf_trajectories_layout_of(rules->model, asked);
    self->psi = calloc(orbits, sizeof *self->psi);
    self->scratch = calloc(orbits, sizeof *self->scratch);
    self->in = calloc(patterns, sizeof *self->in);
    self->out = calloc(patterns, sizeof *self->out);
    self->momenta = fftw_malloc(orbits * (size_t)rules->basis.translations * sizeof *self->momenta);
    self->record = calloc(self->layout.size, sizeof *self->record);
    self->share = calloc(rules->bath.count, sizeof *self->share);
    bool good = self->psi != NULL && self->scratch != NULL && self->in != NULL &&
                self->out != NULL && self->momenta != NULL && self->record != NULL &&
                self->share != NULL;
    for (int i = 0; i < GF_CHARGES; ++i) {
        self->change[i] = calloc(patterns, sizeof *self->in);
        good = good && self->change[i] != NULL;
    }
    gf_status status = good ? gf_stretch_init(&self->stretch, &rules->basis, error)
                            : gf_fail_memory(error, "a trajectory");
    if (status != GF_OK) {
        gf_trajectory_free(self);
        self = NULL;
    }
    *trajectory = self;
    return status;
}

void gf_trajectory_free(gf_trajectory *self) {
    if (self != NULL) {
        for (int i = 0; i < GF_CHARGES; ++i) {
            free(self->change[i]);
        }
        gf_stretch_free(&self->stretch);
        fftw_free(self->momenta);
        free(self->psi);
        free(self->scratch);
        free(self->in);
        free(self->out);
        free(self->record);
        free(self->share);
        free(self);
    }
}

/* --- patterns and momenta -------------------------------------------------------------------- */

static bool holds(gf_rungs rungs, int up) {
    return (rungs >> up & 1) != 0;
}

/* psi over all patterns. */
static void expand(const gf_trajectory *self, double complex *state) {
    const gf_momentum_basis *basis = &self->rules->basis;
    size_t translations = (size_t)basis->translations;
    memset(state, 0, ((size_t)1 << basis->sites) * sizeof *state);
    for (int up = 0; up <= basis->sites; ++up) {
        size_t end = holds(self->rungs, up) ? basis->first[up + 1] : basis->first[up];
        for (size_t i = basis->first[up]; i < end; ++i) {
            const uint32_t *image = basis->image + i * translations;
            double complex amplitude = self->psi[i] / sqrt(basis->length[i]);
            for (size_t l = 0; l < basis->length[i]; ++l) {
                size_t turns = (size_t)self->momentum * l % translations;
                state[image[l]] = amplitude * self->rules->turn[turns];
            }
        }
    }
}

/* Takes the state `out` apart by momentum and puts one part, chosen with its probability, in place
 * of psi, of norm 1, on these rungs. */
static void choose_momentum(gf_trajectory *self, gf_rungs rungs, double uniform) {
    const gf_momentum_basis *basis = &self->rules->basis;
    size_t count = (size_t)basis->translations;
    double share[GF_CHAIN_MAX_SITES] = {0}, total = 0, sum = 0;
    for (size_t i = 0; i < basis->orbits * count; ++i) {
        self->momenta[i] = self->out[basis->image[i]];
    }
    fftw_execute_dft(self->rules->plan, self->momenta, self->momenta);
    for (size_t i = 0; i < basis->orbits; ++i) {
        double scale = (double)basis->length[i] / (double)(count * count);
        for (size_t k = 0; k < count; ++k) {
            double complex a = self->momenta[i * count + k];
            share[k] += gf_momentum_basis_holds(basis, i, (int)k)
                            ? scale * (creal(a) * creal(a) + cimag(a) * cimag(a))
                            : 0;
        }
    }
    for (size_t k = 0; k < count; ++k) {
        total += share[k];
    }
    size_t chosen = 0;
    for (size_t k = 0; k < count && sum <= uniform * total; ++k) {
        chosen = share[k] > 0 ? k : chosen;
        sum += share[k];
    }
    self->momentum = (int)chosen;
    self->rungs = rungs;
    for (size_t i = 0; i < basis->orbits; ++i) {
        double scale = sqrt(basis->length[i] / share[chosen]) / (double)count;
        self->psi[i] = gf_momentum_basis_holds(basis, i, self->momentum)
                           ? scale * self->momenta[i * count + chosen]
                           : 0;
    }
}

/* --- the start ------------------------------------------------------------------------------- */

/* A random vector of norm 1 of one magnetisation and a momentum drawn by dimension. */
static void draw_vector(gf_trajectory *self, int up, double uniform) {
    const gf_momentum_basis *basis = &self->rules->basis;
    double states = 0, sum = 0;
    size_t from = basis->first[up], end = basis->first[up + 1];
    for (size_t i = from; i < end; ++i) {
        states += basis->length[i];
    }
    self->momentum = 0;
    for (int k = 0; k < basis->translations && sum <= uniform * states; ++k) {
        double before = sum;
        for (size_t i = from; i < end; ++i) {
            sum += gf_momentum_basis_holds(basis, i, k);
        }
        self->momentum = sum > before ? k : self->momentum;
    }
    float normal[GF_RANDOM_BLOCK];
    double norm = 0;
    for (size_t i = from; i < end; ++i) {
        size_t at = 2 * (i - from) % GF_RANDOM_BLOCK;
        if (at == 0) {
            gf_random_normal(&self->random, GF_RANDOM_START, 1,
                             (uint32_t)(2 * (i - from) / GF_RANDOM_BLOCK), normal);
        }
        double a = (double)normal[at], b = (double)normal[at + 1];
        bool there = gf_momentum_basis_holds(basis, i, self->momentum);
        self->psi[i] = there ? a + b * I : 0;
        norm += there ? a * a + b * b : 0;
    }
    self->rungs = (gf_rungs)1 << up;
    gf_scale(basis, self->rungs, 1 / sqrt(norm), self->psi);
}

/* Cools it to the Gibbs state; returns ln |exp(-lambda2 H/2) r|^2. */
static double cool(gf_trajectory *self) {
    double x = self->asked->start.lambda[1] / 2;
    return x == 0 ? 0
                  : 2 * gf_stretch_cool(&self->stretch, &self->rules->free, self->momentum,
                                        self->rungs, x, self->psi);
}

static double states_of(const gf_momentum_basis *basis, int up) {
    double states = 0;
    for (size_t i = basis->first[up]; i < basis->first[up + 1]; ++i) {
        states += basis->length[i];
    }
    return states;
}

/* ln of exp(-lambda1 M) times the dimension: what remains to be multiplied by <r|exp(-lambda2
 * H)|r>.
 */
static double log_share(const gf_trajectory *self, int up) {
    const gf_momentum_basis *basis = &self->rules->basis;
    return log(states_of(basis, up)) - self->asked->start.lambda[0] * (2 * up - basis->sites);
}

enum { TRIALS = 6 };

void gf_trajectory_prepare(gf_trajectory *self, gf_draw *draw) {
    const gf_trajectories_start *start = &self->asked->start;
    int sites = self->rules->basis.sites;
    double weight[GF_UNRAVELLING_MAX_SITES + 1], largest = -INFINITY, total = 0;
    *draw = (gf_draw){0};
    for (int up = 0; up <= sites && start->product[0] == '\0'; ++up) {
        double norm[TRIALS], most = -INFINITY, sum = 0;
        weight[up] = -INFINITY;
        if (start->sector && start->up != up) {
            continue;
        }
        for (uint32_t n = 0; n < TRIALS; ++n) {
            self->random = (gf_random){self->asked->seed, UINT32_MAX - (uint32_t)up * TRIALS - n};
            draw_vector(self, up, (n + 0.5) / TRIALS);
            norm[n] = cool(self);
            most = fmax(most, norm[n]);
        }
        for (int n = 0; n < TRIALS; ++n) {
            sum += exp(norm[n] - most) / TRIALS;
        }
        weight[up] = log_share(self, up) + most + log(sum);
        largest = fmax(largest, weight[up]);
    }
    for (int up = 0; up <= sites && start->product[0] == '\0'; ++up) {
        draw->share[up] = exp(weight[up] - largest);
        total += draw->share[up];
    }
    for (int up = 0; up <= sites && total > 0; ++up) {
        draw->share[up] /= total;
    }
}

/* Returns the logarithm of the weight. */
static double start_gibbs(gf_trajectory *self, const gf_draw *draw, const double uniform[2]) {
    int sites = self->rules->basis.sites, chosen = 0;
    double sum = 0;
    for (int up = 0; up <= sites && sum <= uniform[0]; ++up) {
        chosen = draw->share[up] > 0 ? up : chosen;
        sum += draw->share[up];
    }
    draw_vector(self, chosen, uniform[1]);
    return cool(self) + log_share(self, chosen) - log(draw->share[chosen]);
}

/* The amplitude of spin up or down on a site. */
static double amplitude_of(char site, bool up) {
    return site == 'u' ? up : site == 'd' ? !up : site == '-' && !up ? -M_SQRT1_2 : M_SQRT1_2;
}

static double start_product(gf_trajectory *self, double uniform) {
    const char *product = self->asked->start.product;
    int sites = self->rules->basis.sites;
    size_t period = strlen(product);
    gf_rungs rungs = 0;
    for (uint32_t state = 0; state < 1U << sites; ++state) {
        double amplitude = 1;
        for (int j = 0; j < sites && amplitude != 0; ++j) {
            amplitude *= amplitude_of(product[(size_t)j % period], (state >> j & 1) != 0);
        }
        self->out[state] = amplitude;
        rungs |= amplitude != 0 ? (gf_rungs)1 << __builtin_popcount(state) : 0;
    }
    choose_momentum(self, rungs, uniform);
    return 0;
}

/* All rungs that H_eff leads to hold zeros where psi is none. */
static void close_rungs(gf_trajectory *self, gf_rungs filled) {
    const gf_momentum_operator *step = &self->rules->damped.step;
    const gf_momentum_basis *basis = step->basis;
    self->rungs = gf_rungs_reached(filled, step->raises, step->lowers, basis->sites, true);
    for (int up = 0; up <= basis->sites; ++up) {
        if (holds(self->rungs & ~filled, up)) {
            memset(self->psi + basis->first[up], 0,
                   (basis->first[up + 1] - basis->first[up]) * sizeof *self->psi);
        }
    }
}

static void set_threshold(gf_trajectory *self, double uniform) {
    self->norm = 1;
    self->threshold = uniform;
}

static void sample(gf_trajectory *self, const double complex *psi);

void gf_trajectory_begin(gf_trajectory *self, const gf_draw *draw, size_t index) {
    double uniform[3];
    memset(self->record, 0, self->layout.size * sizeof *self->record);
    self->random = (gf_random){self->asked->seed, (uint32_t)index};
    gf_random_uniform(&self->random, GF_RANDOM_START, 0, 3, uniform);
    self->record[self->layout.weight] = self->asked->start.product[0] != '\0'
                                            ? start_product(self, uniform[1])
                                            : start_gibbs(self, draw, uniform);
    close_rungs(self, self->rungs);
    self->time = 0;
    self->jumps = 0;
    self->samples = 0;
    set_threshold(self, uniform[2]);
    sample(self, self->psi);
}

/* --- samples --------------------------------------------------------------------------------- */

static double sample_time(const gf_trajectory *self, size_t sample_index) {
    return (double)sample_index * self->asked->interval;
}

static void sample(gf_trajectory *self, const double complex *psi) {
    const gf_trajectories_layout *layout = &self->layout;
    double norm[GF_UNRAVELLING_MAX_SITES + 1], energy[GF_UNRAVELLING_MAX_SITES + 1], total = 0;
    double time = sample_time(self, self->samples), step = self->asked->interval, all = 0;
    gf_no_jump_measure(&self->rules->free, self->momentum, self->rungs, psi, self->scratch, norm,
                       energy);
    for (size_t up = 0; up < layout->rungs; ++up) {
        total += norm[up];
        all += energy[up];
    }
    double *probability = self->record + layout->probability + self->samples * layout->rungs;
    for (size_t up = 0; up < layout->rungs; ++up) {
        probability[up] = norm[up] / total;
        if (time > self->asked->warm_up * (1 + 1e-12)) {
            self->record[layout->stay + up] += step * norm[up] / total;
            self->record[layout->stay_energy + up] += step * energy[up] / total;
        }
    }
    self->record[layout->energy + self->samples++] = all / total / self->rules->basis.sites;
}

/* --- jumps ----------------------------------------------------------------------------------- */

static double norm_of(size_t size, const double complex *v) {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += creal(v[i]) * creal(v[i]) + cimag(v[i]) * cimag(v[i]);
    }
    return sum;
}

/* Which jump operator, by rate |L psi|^2; L psi is then in `out`, and its square in *norm, which is
 * 0 where there is none. */
static size_t choose_jump(gf_trajectory *self, double uniform, double *norm) {
    const gf_bath *bath = &self->rules->bath;
    size_t patterns = (size_t)1 << self->rules->basis.sites, chosen = 0;
    double total = 0, sum = 0;
    for (size_t k = 0; k < bath->count; ++k) {
        gf_local_operator_apply(&self->rules->jump[k], self->in, self->out);
        self->share[k] = norm_of(patterns, self->out);
        total += bath->jumps[k].weight * self->share[k];
    }
    for (size_t k = 0; k < bath->count && sum <= uniform * total; ++k) {
        chosen = self->share[k] > 0 ? k : chosen;
        sum += bath->jumps[k].weight * self->share[k];
    }
    *norm = self->share[chosen];
    gf_local_operator_apply(&self->rules->jump[chosen], self->in, self->out);
    return chosen;
}

/* What the jump changes: Re <L psi|[Q_i, L]|psi> and <[Q_i, L] psi|[Q_j, L] psi> over |L psi|^2,
 * by the magnetisation before it. Their means over jumps are f_i and N_ij. */
static void measure_jump(gf_trajectory *self, size_t jump, double norm) {
    const gf_local_operator *change = self->rules->change[jump];
    const double complex *left[1 + GF_CHARGES] = {self->out, self->change[0], self->change[1]};
    size_t rungs = self->layout.rungs;
    double sums[(1 + GF_CHARGES) * (GF_UNRAVELLING_MAX_SITES + 1)];
    for (int i = 0; i < GF_CHARGES; ++i) {
        gf_local_operator_apply(&change[i], self->in, self->change[i]);
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        memset(sums, 0, sizeof sums);
        gf_local_operator_correlate(&change[i], self->in, 2 + i, left, sums);
        for (size_t up = 0; up < rungs; ++up) {
            self->record[self->layout.drift + up * GF_CHARGES + i] += sums[up] / norm;
            for (size_t j = 0; j <= i; ++j) {
                self->record[self->layout.noise + up * GF_PAIRS + gf_pair(j, i)] +=
                    sums[(1 + j) * rungs + up] / norm;
            }
        }
    }
}

static void jump(gf_trajectory *self) {
    const gf_unravelling *rules = self->rules;
    double uniform[3], norm = 0;
    gf_random_uniform(&self->random, GF_RANDOM_JUMP, self->jumps++, 3, uniform);
    gf_scale(&rules->basis, self->rungs, 1 / sqrt(self->norm), self->psi);
    expand(self, self->in);
    size_t chosen = choose_jump(self, uniform[0], &norm);
    if (norm == 0) { /* nothing decays but by rounding */
        set_threshold(self, uniform[2]);
        return;
    }
    if (self->time > self->asked->warm_up) {
        measure_jump(self, chosen, norm);
        self->record[self->layout.jumps + rules->bath.jumps[chosen].channel] += 1;
    }
    gf_rungs filled = gf_rungs_reached(self->rungs, rules->moves[chosen][0],
                                       rules->moves[chosen][1], rules->basis.sites, false);
    choose_momentum(self, filled, uniform[1]);
    close_rungs(self, filled);
    set_threshold(self, uniform[2]);
}

/* --- in time --------------------------------------------------------------------------------- */

/* |psi|^2 is known to about GF_NO_JUMP_TOLERANCE; its root to this, relative. */
static const double CLOCK = 1e-11;

/* When |psi|^2 = threshold, between 0 and `length`, where it is `end`: regula falsi on the
 * logarithm, which is nearly straight (the Illinois variant). Leaves psi(t) in scratch. */
static double find_jump(gf_trajectory *self, double length, double end, double *norm) {
    double low = 0, high = length, time = length;
    double at_low = log(self->norm / self->threshold), at_high = log(end / self->threshold);
    *norm = end;
    int side = 0;
    for (int k = 0; k < 60 && fabs(log(*norm / self->threshold)) > CLOCK; ++k) {
        time = (low * at_high - high * at_low) / (at_high - at_low);
        *norm = gf_stretch_at(&self->stretch, time, self->scratch);
        double value = log(*norm / self->threshold);
        if (value > 0) {
            at_high *= side > 0 ? 0.5 : 1;
            low = time;
            at_low = value;
        } else {
            at_low *= side < 0 ? 0.5 : 1;
            high = time;
            at_high = value;
        }
        side = value > 0 ? 1 : -1;
    }
    return time;
}

/* Samples that fall within the next `length` of the stretch. */
static void sample_until(gf_trajectory *self, double length) {
    double complex *state = self->out; /* large enough */
    while (self->samples < self->layout.times &&
           sample_time(self, self->samples) <= self->time + length) {
        (void)gf_stretch_at(&self->stretch, sample_time(self, self->samples) - self->time, state);
        sample(self, state);
    }
}

/* To the next jump, or as far as a stretch goes. */
static void step(gf_trajectory *self) {
    const gf_no_jump *law = &self->rules->damped;
    double left = self->asked->end - self->time, norm = 0;
    double rate = gf_stretch_begin(&self->stretch, law, self->momentum, self->rungs, self->psi);
    double expected = rate > 0 ? log(self->norm / self->threshold) / rate : INFINITY;
    double length = fmin(fmin(law->longest, left), 1.1 * expected + 0.05 * law->longest);
    gf_stretch_extend(&self->stretch, length);
    double end = gf_stretch_at(&self->stretch, length, self->scratch);
    bool jumps = end <= self->threshold;
    double time = jumps ? find_jump(self, length, end, &norm) : length;
    double complex *psi = self->psi;
    self->psi = self->scratch;
    self->scratch = psi;
    sample_until(self, time);
    self->time = time == left ? self->asked->end : self->time + time;
    self->norm = jumps ? norm : end;
    if (jumps) {
        jump(self);
    }
}

enum { LEG = 200000000 }; /* matrix elements of H_eff that a leg uses, about */

double gf_trajectory_advance(gf_trajectory *self) {
    const gf_momentum_operator *rows = &self->rules->damped.step;
    double elements = (double)rows->first[rows->basis->orbits], used = 0;
    while (self->time < self->asked->end && used < LEG) {
        step(self);
        used += elements * (double)self->stretch.terms;
    }
    bool over = self->time >= self->asked->end;
    self->record[self->layout.done] = over;
    return over ? 0 : self->asked->end - self->time;
}

const double *gf_trajectory_record(const gf_trajectory *self) {
    return self->record;
}

void gf_trajectory_state(const gf_trajectory *self, double complex *state) {
    expand(self, state);
}

double gf_trajectory_time(const gf_trajectory *self) {
    return self->time;
}

uint64_t gf_trajectory_jumps(const gf_trajectory *self) {
    return self->jumps;
}
