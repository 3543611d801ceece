/* Functions of the energy within each magnetisation: what mixtures of two-charge Gibbs states are.
 *
 * At fixed M any mixture of exp(-lambda1 M - lambda2 E) is a smooth function of E. *Smooth* states
 * are p_n = polynomial of E_n within each M, degree 4; the rate equation projected onto them, jumps
 * kept, is the ansatz without its continuum limit. What it misses is the failure of the ansatz
 * alone. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_CELLS_H
#define GIBBSFLOW_OPEN_SYSTEM_CELLS_H

#include "open_system/generator.h"

enum { GF_CELL_DEGREE = 4, GF_CELL_FUNCTIONS = GF_CELL_DEGREE + 1 };

/* Polynomials phi_d(E) in each cell (rung), orthonormal over the states of the populations of some
 * parts of the rate equation. */
typedef struct gf_cells {
    const gf_generator *generator;
    bool odd;                /* of the part GF_PART_ODD; of all others together else */
    int count[GF_MAX_RUNGS]; /* functions in a cell, as many as it has levels at most */
    double centre[GF_MAX_RUNGS], width[GF_MAX_RUNGS];
    double coefficient[GF_MAX_RUNGS][GF_CELL_FUNCTIONS][GF_CELL_FUNCTIONS]; /* of powers of
                                                                               (E - centre)/width */
} gf_cells;

gf_status gf_cells_init(gf_cells *self, const gf_generator *generator, bool odd, gf_error *error);

/* phi_d at an energy. */
double gf_cells_value(const gf_cells *self, int rung, int d, double energy);

/* The functions of all cells, in one row. */
size_t gf_cells_functions(const gf_cells *self);

/* The projected rate equation: its eigenvalue of largest real part first, `slowest`, then the next,
 * and the eigenvector `state` [functions] of the first. */
gf_status gf_cells_solve(const gf_cells *self, double *first, double *second, double *state,
                         gf_error *error);

/* The population of a variable in a smooth state. */
double gf_cells_population(const gf_cells *self, const double *state, const gf_variable *variable);

/* Whether a variable of a part is described: a population, or p(m) - p(-m). */
bool gf_cells_hold(const gf_cells *self, const gf_part *part, const gf_variable *variable);

#endif
