#include "transport/vector_response.h"

#include "base/clones.h"
#include "base/workspace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums over a vector go by pieces of so many rows, added up in order. */
enum { PIECE = 1024, KETS = 2 * GF_CHARGES, MOST_LEG = 8, MOST_BRAS = GF_MAX_COLUMNS / 2 };

static const double ACCURACY = 1e-9; /* of one leg */
static const double COLDEST = 1e-13; /* of exp(-lambda2 H), whose vectors may be short */
static const double LEG_PHASE = 16;  /* of half the range of energies, in one leg */
static const double CHEBYSHEV = 2.2; /* applications in a leg over that, about */

/* Vectors that evolve side by side. */
typedef struct group {
    gf_columns columns;
    size_t first; /* lambda2 of the first, of groups of bras */
    double *now;  /* [size][width] */
    double *later[MOST_LEG];
} group;

typedef struct flight {
    const gf_vector_problem *problem;
    gf_time_evolution evolution;
    size_t size, leg, groups;
    group kets;
    group *bras;                         /* [groups] */
    double *image[MOST_LEG][GF_CHARGES]; /* [size][KETS]: J_i of the kets at each time of a leg */
    double *partial;                     /* [pieces][MOST_BRAS][GF_CHARGES][GF_CHARGES] */
    double *values;
} flight;

/* --- room ------------------------------------------------------------------------------------ */

/* The widest group that so many vectors fill. */
static int width_for(size_t vectors) {
    return vectors >= 4 ? 8 : vectors >= 2 ? 4 : 2;
}

static bool open_group(group *self, size_t size, size_t leg, int width) {
    self->columns = (gf_columns){.width = width, .is_complex = true};
    self->now = gf_workspace_matrix((size_t)width, size, sizeof *self->now);
    bool done = self->now != NULL;
    for (size_t k = 0; k < leg && done; ++k) {
        self->later[k] = gf_workspace_matrix((size_t)width, size, sizeof **self->later);
        done = self->later[k] != NULL;
    }
    return done;
}

static void close_group(group *self) {
    gf_workspace_free(self->now);
    for (size_t k = 0; k < MOST_LEG; ++k) {
        gf_workspace_free(self->later[k]);
    }
}

static void close_flight(flight *self) {
    close_group(&self->kets);
    for (size_t g = 0; g < self->groups && self->bras != NULL; ++g) {
        close_group(&self->bras[g]);
    }
    for (size_t k = 0; k < MOST_LEG; ++k) {
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            gf_workspace_free(self->image[k][i]);
        }
    }
    free(self->bras);
    free(self->partial);
}

/* Room for the results of a leg is taken in turn by all groups of bras: `later` of the first. */
static gf_status open_flight(flight *self, gf_error *error) {
    const gf_vector_course *course = &self->problem->course;
    size_t pieces = (self->size + PIECE - 1) / PIECE;
    self->bras = calloc(course->nodes + 1, sizeof *self->bras);
    self->partial = calloc(pieces * MOST_BRAS, GF_CHARGES * GF_CHARGES * sizeof(double));
    bool done = self->bras != NULL && self->partial != NULL &&
                open_group(&self->kets, self->size, self->leg, KETS);
    for (size_t first = 0; first < course->nodes && done;) {
        group *one = &self->bras[self->groups++];
        int width = width_for(course->nodes - first);
        one->first = first;
        done = open_group(one, self->size, self->groups == 1 ? self->leg : 0, width);
        first += (size_t)width / 2;
    }
    for (size_t k = 0; k < self->leg && done; ++k) {
        for (size_t i = 0; i < GF_CHARGES && done; ++i) {
            self->image[k][i] = gf_workspace_matrix(KETS, self->size, sizeof(double));
            done = self->image[k][i] != NULL;
        }
    }
    return done ? GF_OK : gf_fail_memory(error, "vectors in time");
}

double gf_vector_response_memory(const gf_vector_course *course, size_t size) {
    double bras = 2 * (double)course->nodes, widest = width_for(course->nodes);
    double at_start = 2 * bras; /* |b>, before they go into groups */
    double leg = MOST_LEG * (KETS + GF_CHARGES * KETS + widest);
    return 8 * (double)size * (KETS + bras + fmax(at_start, leg)) +
           gf_time_evolution_memory(size, width_for(course->nodes));
}

/* --- overlaps -------------------------------------------------------------------------------- */

#define INLINE static inline __attribute__((always_inline))

/* Re <b|image_j> of all bras and both kets: sum[bras][kets]. */
INLINE void overlap_piece(size_t rows, size_t bras, const double *restrict bra,
                          const double *restrict image, double *restrict sum) {
    double total[MOST_BRAS][GF_CHARGES] = {{0}};
    for (size_t i = 0; i < rows; ++i, bra += 2 * bras, image += KETS) {
        for (size_t j = 0; j < GF_CHARGES; ++j) {
#pragma omp simd
            for (size_t b = 0; b < bras; ++b) {
                total[b][j] += bra[b] * image[j] + bra[b + bras] * image[j + GF_CHARGES];
            }
        }
    }
    for (size_t b = 0; b < bras; ++b) {
        for (size_t j = 0; j < GF_CHARGES; ++j) {
            sum[b * GF_CHARGES + j] = total[b][j];
        }
    }
}

GF_CLONES static void overlap(size_t rows, size_t bras, const double *bra, const double *image,
                              double *sum) {
    if (bras == 4) {
        overlap_piece(rows, 4, bra, image, sum);
    } else if (bras == 2) {
        overlap_piece(rows, 2, bra, image, sum);
    } else {
        overlap_piece(rows, 1, bra, image, sum);
    }
}

/* value[bras][kets] over whole vectors. */
static void overlaps(const flight *self, size_t bras, const double *bra, const double *image,
                     double *value) {
    size_t count = bras * GF_CHARGES;
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < self->size; first += PIECE) {
        size_t rows = self->size - first < PIECE ? self->size - first : PIECE;
        overlap(rows, bras, bra + first * 2 * bras, image + first * KETS,
                self->partial + first / PIECE * count);
    }
    memset(value, 0, count * sizeof *value);
    for (size_t p = 0; p < (self->size + PIECE - 1) / PIECE; ++p) {
        for (size_t k = 0; k < count; ++k) {
            value[k] += self->partial[p * count + k];
        }
    }
}

static double *row_of(const flight *self, size_t node) {
    return self->values + node * gf_vector_row(&self->problem->course);
}

/* The strengths at one time from the bras of a group and J_i of the kets. */
static void measure(const flight *self, const group *bras, const double *bra,
                    double *const image[GF_CHARGES], size_t time) {
    size_t count = (size_t)bras->columns.width / 2;
    double value[GF_CHARGES][MOST_BRAS * GF_CHARGES];
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        overlaps(self, count, bra, image[i], value[i]);
    }
    for (size_t b = 0; b < count; ++b) {
        double *strength = row_of(self, bras->first + b) + GF_VECTOR_COURSE + time * GF_STRENGTHS;
        const double *first = value[0] + b * GF_CHARGES, *second = value[1] + b * GF_CHARGES;
        strength[GF_J11] = first[0];
        strength[GF_J22] = second[1];
        strength[GF_J12] = (first[1] + second[0]) / 2;
        strength[GF_J12_IMAGINARY] = (first[1] - second[0]) / 2;
    }
}

/* --- the start ------------------------------------------------------------------------------- */

/* Two-column vectors into column `v` of a group. */
static void pack(size_t size, const double *vector, gf_columns columns, size_t v, double *to) {
    size_t width = (size_t)columns.width;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < size; ++i) {
        to[i * width + v] = vector[2 * i];
        to[i * width + v + width / 2] = vector[2 * i + 1];
    }
}

static gf_status make_bras(flight *self, const double *start, gf_error *error) {
    const gf_vector_course *course = &self->problem->course;
    gf_time_evolution cooling = self->evolution;
    double **vector = calloc(course->nodes + 1, sizeof *vector);
    gf_status status = vector != NULL ? GF_OK : gf_fail_memory(error, "vectors in time");
    cooling.accuracy = COLDEST;
    for (size_t n = 0; n < course->nodes && status == GF_OK; ++n) {
        vector[n] = gf_workspace_matrix(2, self->size, sizeof **vector);
        status = vector[n] != NULL ? GF_OK : gf_fail_memory(error, "vectors in time");
    }
    if (status == GF_OK) {
        status = gf_time_evolution_cool(&cooling, (gf_columns){.width = 2, .is_complex = true},
                                        course->nodes, course->lambda2, start, vector, NULL, error);
    }
    for (size_t g = 0; g < self->groups && status == GF_OK; ++g) {
        group *one = &self->bras[g];
        for (size_t v = 0; v < (size_t)one->columns.width / 2; ++v) {
            pack(self->size, vector[one->first + v], one->columns, v, one->now);
        }
    }
    for (size_t n = 0; n < course->nodes && vector != NULL; ++n) {
        gf_workspace_free(vector[n]);
    }
    free((void *)vector);
    return status;
}

static void apply_currents(const flight *self, const double *kets,
                           double *const image[GF_CHARGES]) {
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_action_apply(self->problem->currents[i], self->problem->basis, self->kets.columns, kets,
                        image[i]);
    }
}

/* Norms and means. The kets hold |r> and H|r>, then J_j|r>. */
static gf_status measure_start(flight *self, const double *start, gf_error *error) {
    gf_columns single = {.width = 2, .is_complex = true};
    double *image = gf_workspace_matrix(2, self->size, sizeof *image);
    double value[MOST_BRAS * GF_CHARGES];
    if (image == NULL) {
        return gf_fail_memory(error, "vectors in time");
    }
    gf_action_apply(self->problem->hamiltonian, self->problem->basis, single, start, image);
    pack(self->size, start, self->kets.columns, 0, self->kets.now);
    pack(self->size, image, self->kets.columns, 1, self->kets.now);
    apply_currents(self, self->kets.now, self->image[0]);
    for (size_t g = 0; g < self->groups; ++g) {
        const group *one = &self->bras[g];
        size_t count = (size_t)one->columns.width / 2;
        overlaps(self, count, one->now, self->kets.now, value);
        for (size_t b = 0; b < count; ++b) {
            row_of(self, one->first + b)[GF_VECTOR_NORM] = value[b * GF_CHARGES];
        }
        for (size_t i = 0; i < GF_CHARGES; ++i) {
            overlaps(self, count, one->now, self->image[0][i], value);
            for (size_t b = 0; b < count; ++b) {
                double *means = row_of(self, one->first + b) + GF_VECTOR_MEANS + 2 * i;
                means[0] = value[b * GF_CHARGES];
                means[1] = value[b * GF_CHARGES + 1];
            }
        }
    }
    for (size_t i = 0; i < GF_CHARGES; ++i) {
        gf_action_apply(self->problem->currents[i], self->problem->basis, single, start, image);
        pack(self->size, image, self->kets.columns, i, self->kets.now);
    }
    gf_workspace_free(image);
    apply_currents(self, self->kets.now, self->image[0]);
    for (size_t g = 0; g < self->groups; ++g) {
        measure(self, &self->bras[g], self->bras[g].now, self->image[0], 0);
    }
    return GF_OK;
}

/* --- legs ------------------------------------------------------------------------------------ */

static void swap(double **a, double **b) {
    double *other = *a;
    *a = *b;
    *b = other;
}

/* The times after `from`, `count` of them. */
static gf_status fly(flight *self, size_t from, size_t count, gf_error *error) {
    double time[MOST_LEG];
    for (size_t k = 0; k < count; ++k) {
        time[k] = (double)(k + 1) * self->problem->course.step;
    }
    group *kets = &self->kets, *first = &self->bras[0];
    gf_status status = gf_time_evolution_run(&self->evolution, kets->columns, count, time,
                                             kets->now, kets->later, NULL, error);
    for (size_t k = 0; k < count && status == GF_OK; ++k) {
        apply_currents(self, kets->later[k], self->image[k]);
    }
    swap(&kets->now, &kets->later[count - 1]);
    for (size_t g = 0; g < self->groups && status == GF_OK; ++g) {
        group *bras = &self->bras[g];
        status = gf_time_evolution_run(&self->evolution, bras->columns, count, time, bras->now,
                                       first->later, NULL, error);
        for (size_t k = 0; k < count && status == GF_OK; ++k) {
            measure(self, bras, first->later[k], self->image[k], from + 1 + k);
        }
        if (g == 0) {
            swap(&bras->now, &first->later[count - 1]);
        } else {
            memcpy(bras->now, first->later[count - 1],
                   self->size * (size_t)bras->columns.width * sizeof *bras->now);
        }
    }
    return status;
}

size_t gf_vector_response_leg(const gf_vector_course *course, double range) {
    double leg = floor(2 * LEG_PHASE / (range * course->step));
    return leg >= MOST_LEG ? MOST_LEG : leg >= 1 ? (size_t)leg : 1;
}

double gf_vector_response_applications(const gf_vector_course *course, double range) {
    double phase = range / 2 * course->step * (double)course->steps;
    double legs = ceil((double)course->steps / (double)gf_vector_response_leg(course, range));
    return fmax(CHEBYSHEV * phase, phase + 14 * legs);
}

gf_status gf_vector_response(const gf_vector_problem *self, const double *start, double *values,
                             gf_error *error) {
    flight one = {
        .problem = self,
        .evolution = {.hamiltonian = self->hamiltonian, .basis = self->basis, .accuracy = ACCURACY},
        .size = self->basis->size,
        .values = values};
    gf_status status = gf_energy_range_find(self->hamiltonian, self->basis, self->is_complex,
                                            &one.evolution.range, error);
    one.leg = gf_vector_response_leg(&self->course,
                                     one.evolution.range.highest - one.evolution.range.lowest);
    if (status == GF_OK) {
        status = open_flight(&one, error);
    }
    if (status == GF_OK) {
        status = make_bras(&one, start, error);
    }
    if (status == GF_OK) {
        status = measure_start(&one, start, error);
    }
    for (size_t at = 0; at + 1 < self->course.steps && status == GF_OK; at += one.leg) {
        size_t left = self->course.steps - 1 - at;
        status = fly(&one, at, left < one.leg ? left : one.leg, error);
    }
    close_flight(&one);
    return status;
}
