/* sigma(infinity) of operators behind an end that absorbs: (G - S) x_j = J_j, sigma_ij = (J_i,
 * x_j), for all ends of an absorber at once, which read the matrix as often as one.
 *
 * By conjugate gradients on the normal equations, A'A x = A'J with A = G - S, preconditioned by the
 * diagonal of A'A: the residual falls monotonically. A is nearly antisymmetric, with a spectrum on
 * both sides of zero, and there this is as fast as anything with short recurrences. The columns of
 * an end search in the directions of each, and are kept apart (A. A. Dubrulle, Electron. Trans.
 * Numer. Anal. 12, 216 (2001)); ends know nothing of each other. */
#ifndef GIBBSFLOW_TRANSPORT_ABSORBER_SOLVER_H
#define GIBBSFLOW_TRANSPORT_ABSORBER_SOLVER_H

#include "transport/absorber.h"

typedef struct gf_absorber_solution {
    double onsager[GF_CHARGES][GF_CHARGES]; /* sigma_ij */
    double residual;                        /* the largest |J_j - (G - S) x_j|/|J_j| */
    size_t iterations;
    bool converged;
} gf_absorber_solution;

/* An end is done at `tolerance`, or unconverged after `most` iterations or where nothing more is to
 * be had, as for a current that is conserved. */
typedef struct gf_absorber_problem {
    const gf_absorber *absorber;
    const double *currents; /* [size][GF_CHARGES] */
    double tolerance;
    size_t most;
} gf_absorber_problem;

typedef struct gf_absorber_solver gf_absorber_solver;

/* The problem's arrays must stay. The caller frees the solver; after a failure it is NULL. */
gf_status gf_absorber_solver_create(const gf_absorber_problem *problem, gf_absorber_solver **solver,
                                    gf_error *error);
void gf_absorber_solver_free(gf_absorber_solver *self); /* NULL is fine */

/* Up to so many more iterations, by all threads. Returns how many ends are not done yet. */
size_t gf_absorber_solver_advance(gf_absorber_solver *self, size_t iterations);

/* Iterations so far; what is known of an end that is done. */
size_t gf_absorber_solver_iterations(const gf_absorber_solver *self);
gf_absorber_solution gf_absorber_solver_solution(const gf_absorber_solver *self, size_t end);

/* Bytes that it takes for so many coordinates and ends. */
double gf_absorber_solver_memory(double size, size_t ends);

#endif
