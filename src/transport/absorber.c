#include "transport/absorber.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W = GF_CHARGES };

gf_absorber gf_absorber_of(const gf_liouvillian *liouvillian, int longest) {
    return (gf_absorber){.liouvillian = liouvillian, .size = liouvillian->upto[longest]};
}

void gf_absorber_add_end(gf_absorber *self, int free, double rate) {
    for (int length = 0; length <= GF_LIOUVILLIAN_LONGEST; ++length) {
        self->damping[length][self->ends] = rate * fmax(0, length - free);
    }
    ++self->ends;
}

static bool stopped(const volatile sig_atomic_t *stop) {
    return stop != NULL && *stop != 0;
}

enum { MOST_TERMS = 192, PANEL_NODES = 8 };

/* J_0(x) ... J_count-1(x), downwards (Miller), normalised by J_0 + 2 (J_2 + J_4 + ...) = 1. */
static void bessel(double x, int count, double *values) {
    int from = count + 16 + (int)x;
    double above = 0, here = 1e-300, sum = 0;
    for (int i = 0; i < count; ++i) {
        values[i] = i == 0 ? 1 : 0;
    }
    if (x < 1e-8) {
        return;
    }
    for (int n = from; n >= 0; --n) {
        if (n < count) {
            values[n] = here;
        }
        sum += n == 0 ? here : n % 2 == 0 ? 2 * here : 0;
        double below = 2 * n / x * here - above;
        above = here;
        here = below;
        if (fabs(here) > 1e200) {
            here *= 1e-200;
            above *= 1e-200;
            sum *= 1e-200;
            for (int i = n; i < count; ++i) {
                values[i] *= 1e-200;
            }
        }
    }
    for (int i = 0; i < count; ++i) {
        values[i] /= sum;
    }
}

/* Of each column with itself. */
static void squares(size_t size, const double *a, double result[W]) {
    double sum[W] = {0};
    for (size_t i = 0; i < size; ++i) {
        for (size_t c = 0; c < W; ++c) {
            sum[c] += a[W * i + c] * a[W * i + c];
        }
    }
    memcpy(result, sum, sizeof sum);
}

/* An upper bound of |S|: of a Lanczos sequence from a vector without structure, the largest sum of
 * two neighbouring coefficients. */
static double bound(const gf_absorber *self, double *v, double *w, double *before) {
    enum { STEPS = 40 };
    size_t size = self->size;
    uint64_t random = 1;
    for (size_t i = 0; i < W * size; ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        v[i] = (double)(random >> 11) * 0x1p-53 - 0.5;
        before[i] = 0;
    }
    double last[W] = {0}, largest = 0, square[W], factor[W];
    for (int n = 0; n < STEPS; ++n) {
        squares(size, v, square);
        for (size_t c = 0; c < W; ++c) {
            double b = sqrt(square[c]);
            largest = n > 0 ? fmax(largest, b + (n > 1 ? last[c] : 0)) : largest;
            last[c] = n > 0 ? b : 0;
            factor[c] = b > 0 ? 1 / b : 0;
        }
        for (size_t i = 0; i < size; ++i) {
            for (size_t c = 0; c < W; ++c) {
                v[W * i + c] *= factor[c];
            }
        }
        gf_liouvillian_apply(self->liouvillian, size, W, v, w);
        for (size_t i = 0; i < W * size; ++i) { /* S v_n = b_n+1 v_n+1 - b_n v_n-1 */
            w[i] += last[i % W] * before[i];
        }
        memcpy(before, v, W * size * sizeof *v);
        memcpy(v, w, W * size * sizeof *v);
    }
    return 1.01 * largest;
}

/* A step of the evolution: exp(s (S - G)) u = exp(-c s) (J_0(r s) + 2 sum_n J_n(r s) phi_n) u with
 * phi_0 = 1, phi_1 = B, phi_n+1 = 2 B phi_n + phi_n-1, B = (S - G + c)/r. */
typedef struct stepper {
    double centre, radius;
    size_t head; /* coordinates of the currents */
    int terms;
    double *u, *now, *before, *next; /* [size][W] */
    double moment[MOST_TERMS][W][W]; /* (phi_n u_i, J_j) */
} stepper;

static void raise_order(const gf_absorber *self, int n, stepper *at) {
    double factor = (n == 0 ? 1 : 2) / at->radius;
    const unsigned char *length = self->liouvillian->length;
    gf_liouvillian_apply(self->liouvillian, self->size, W, at->now, at->next);
#pragma omp parallel for schedule(static) if (self->size >= GF_LIOUVILLIAN_SHARED)
    for (size_t i = 0; i < self->size; ++i) {
        double shift = at->centre - self->damping[length[i]][0];
        for (size_t c = 0; c < W; ++c) {
            at->next[W * i + c] = factor * (at->next[W * i + c] + shift * at->now[W * i + c]) +
                                  (n == 0 ? 0 : at->before[W * i + c]);
        }
    }
    double *free_one = at->before;
    at->before = at->now;
    at->now = at->next;
    at->next = free_one;
}

static void take_moment(const stepper *at, const double *currents, double moment[W][W]) {
    memset(moment, 0, sizeof(double[W][W]));
    for (size_t k = 0; k < at->head; ++k) {
        for (size_t i = 0; i < W; ++i) {
            for (size_t j = 0; j < W; ++j) {
                moment[i][j] += at->now[W * k + i] * currents[W * k + j];
            }
        }
    }
}

/* From u(t) to u(t + length); leaves the moments that give K in between. */
static void make_step(const gf_absorber *self, const double *currents, double length, stepper *at) {
    double weight[MOST_TERMS] = {0};
    bessel(at->radius * length, at->terms, weight);
    double decay = exp(-at->centre * length);
    memcpy(at->now, at->u, W * self->size * sizeof *at->u);
    memset(at->u, 0, W * self->size * sizeof *at->u);
    for (int n = 0; n < at->terms; ++n) {
        double factor = (n == 0 ? 1 : 2) * decay * weight[n];
        take_moment(at, currents, at->moment[n]);
#pragma omp parallel for schedule(static) if (self->size >= GF_LIOUVILLIAN_SHARED)
        for (size_t k = 0; k < W * self->size; ++k) {
            at->u[k] += factor * at->now[k];
        }
        if (n + 1 < at->terms) {
            raise_order(self, n, at);
        }
    }
}

static void correlation_at(const stepper *at, double s, double k[W][W]) {
    double weight[MOST_TERMS] = {0}, decay = exp(-at->centre * s);
    bessel(at->radius * s, at->terms, weight);
    memset(k, 0, sizeof(double[W][W]));
    for (int n = 0; n < at->terms; ++n) {
        for (size_t i = 0; i < (size_t)W * W; ++i) {
            (&k[0][0])[i] += (n == 0 ? 1 : 2) * decay * weight[n] * (&at->moment[n][0][0])[i];
        }
    }
}

/* sigma += int K from s to s + length, by Gauss's rule with eight nodes on panels in which no
 * frequency turns by more than four. */
static void integrate(const stepper *at, double s, double length, double sigma[W][W]) {
    static const double node[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                   0.9602898564975363};
    static const double weight[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                     0.1012285362903763};
    int panels = 1 + (int)(at->radius * length / 4);
    double half = length / panels / 2, k[W][W];
    for (int p = 0; p < panels; ++p) {
        double middle = s + (2 * p + 1) * half;
        for (int i = 0; i < PANEL_NODES; ++i) {
            double place = i % 2 == 0 ? node[i / 2] : -node[i / 2];
            correlation_at(at, middle + half * place, k);
            for (size_t e = 0; e < (size_t)W * W; ++e) {
                (&sigma[0][0])[e] += half * weight[i / 2] * (&k[0][0])[e];
            }
        }
    }
}

/* So many terms that the rest is below 1e-12, were all frequencies within the radius; damping lets
 * polynomials grow a little. */
static int terms_for(double angle) {
    return (int)(angle + 12 * cbrt(angle) + 20);
}

static void evolve(const gf_absorber *self, const double *currents, double step, size_t count,
                   const volatile sig_atomic_t *stop, stepper *at, double *correlation,
                   double *onsager) {
    enum { ANGLE = 80 };
    size_t together = (size_t)fmax(1, floor(ANGLE / (at->radius * step)));
    size_t parts = (size_t)fmax(1, ceil(at->radius * step / ANGLE)); /* of a long step */
    double sigma[W][W] = {{0}}, length = step / (double)parts;
    at->terms = terms_for(at->radius * length * (double)together);
    for (size_t k = 0; k + 1 < count && !stopped(stop);) {
        size_t steps = together < count - 1 - k ? together : count - 1 - k;
        for (size_t part = 0; part < parts; ++part) {
            make_step(self, currents, length * (double)steps, at);
            for (size_t i = 0; i < steps; ++i) {
                if (part == 0) {
                    correlation_at(at, length * (double)i,
                                   (double(*)[W])(correlation + (size_t)W * W * (k + i)));
                    memcpy(onsager + (size_t)W * W * (k + i), sigma, sizeof sigma);
                }
                integrate(at, length * (double)i, length, sigma);
            }
            correlation_at(at, length * (double)steps,
                           (double(*)[W])(correlation + (size_t)W * W * (k + steps)));
        }
        k += steps;
        memcpy(onsager + (size_t)W * W * k, sigma, sizeof sigma);
    }
}

/* The coordinates behind the last one that a current has. */
static size_t head_of(size_t size, const double *currents) {
    size_t head = size;
    while (head > 0 && currents[W * head - 1] == 0 && currents[W * head - 2] == 0) {
        --head;
    }
    return head;
}

gf_status gf_absorber_evolve(const gf_absorber *self, const double *currents, double step,
                             size_t count, const volatile sig_atomic_t *stop, double *correlation,
                             double *onsager, gf_error *error) {
    size_t bytes = (W * self->size + 1) * sizeof(double);
    stepper *at = calloc(1, sizeof *at);
    bool done = at != NULL;
    if (done) {
        at->u = malloc(bytes);
        at->now = malloc(bytes);
        at->before = malloc(bytes);
        at->next = malloc(bytes);
        done = at->u != NULL && at->now != NULL && at->before != NULL && at->next != NULL;
    }
    if (done) {
        at->centre = self->damping[self->liouvillian->length[self->size - 1]][0] / 2;
        at->radius = fmax(bound(self, at->now, at->next, at->before), 1e-300);
        at->head = head_of(self->size, currents);
        memcpy(at->u, currents, W * self->size * sizeof *currents);
        evolve(self, currents, step, count, stop, at, correlation, onsager);
    }
    if (at != NULL) {
        free(at->u);
        free(at->now);
        free(at->before);
        free(at->next);
        free(at);
    }
    return done ? GF_OK : gf_fail_memory(error, "vectors of operator space; take shorter strings");
}
