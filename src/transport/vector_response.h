/* What one vector of a sector tells of the currents in time, at several lambda2 at once.
 *
 * With |r> a random vector, or each state of a basis in turn, the mean or sum of
 *
 *     Re <r| exp(-lambda2 H) J_i(t) J_j |r> = Re <b(t)|J_i|k_j(t)>,
 *     |b> = exp(-lambda2 H)|r>,  |k_j> = J_j|r>,
 *
 * is the trace of the symmetrised product. |k_1>, |k_2> and one |b> for each lambda2 evolve under
 * the same H, side by side; J_i acts on the two alone. */
#ifndef GIBBSFLOW_TRANSPORT_VECTOR_RESPONSE_H
#define GIBBSFLOW_TRANSPORT_VECTOR_RESPONSE_H

#include "gibbsflow/charge.h"
#include "krylov/time_evolution.h"
#include "transport/strengths.h"

/* Where vectors are looked at. */
typedef struct gf_vector_course {
    size_t nodes;
    const double *lambda2; /* [nodes] */
    double step;
    size_t steps; /* times 0, step, ... (steps - 1) step */
} gf_vector_course;

typedef struct gf_vector_problem {
    const gf_action *hamiltonian;
    const gf_action *const *currents; /* [GF_CHARGES] */
    const gf_basis *basis;
    bool is_complex; /* the Hamiltonian is */
    gf_vector_course course;
} gf_vector_problem;

/* Numbers of one lambda2: <r|b>; <b|J_i|r> and <b|J_i H|r>, i slower; then of every time the
 * strengths, J12 being the mean of (1,2) and (2,1) and J12_IMAGINARY half of their difference. |b>
 * comes with a factor that is the same for all vectors of the sector. */
enum { GF_VECTOR_NORM, GF_VECTOR_MEANS, GF_VECTOR_COURSE = GF_VECTOR_MEANS + 2 * GF_CHARGES };
static inline size_t gf_vector_row(const gf_vector_course *course) {
    return GF_VECTOR_COURSE + course->steps * GF_STRENGTHS;
}

/* values[nodes][gf_vector_row] from start [size][2], one complex vector. */
gf_status gf_vector_response(const gf_vector_problem *self, const double *start, double *values,
                             gf_error *error);

/* Bytes that it takes, beside `start`. */
double gf_vector_response_memory(const gf_vector_course *course, size_t size);

/* Times that are made in one leg of the evolution, and applications of H in all, where energies
 * span `range`. */
size_t gf_vector_response_leg(const gf_vector_course *course, double range);
double gf_vector_response_applications(const gf_vector_course *course, double range);

#endif
