/* The rate equation of a model while it is being solved: what makes up gf_rates share it. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_SOLUTION_H
#define GIBBSFLOW_OPEN_SYSTEM_SOLUTION_H

#include "open_system/generator.h"
#include "open_system/modes.h"
#include "open_system/rates.h"

typedef struct gf_solution {
    const gf_model *model;
    gf_rates *rates; /* what is found */
    gf_bath bath;
    gf_frames frames;
    gf_generator generator;
    gf_components components[3]; /* of each part; none of GF_PART_ODD */
    double *states[3];           /* [components][variables] */
} gf_solution;

/* The levels of a part start at this one; levels are its populations in the order of variables. */
size_t gf_solution_first_level(const gf_solution *self, size_t part);

/* The part p(m) - p(-m), or NULL. */
const gf_part *gf_solution_odd(const gf_solution *self);

/* charge[GF_CHARGES] of every variable of a part: what it adds to <M>, <E>; of GF_PART_ODD to <M>
 * alone, which other parts do not hold if levels are folded. square [variables] for <M^2>. All are
 * per site, and may be NULL. */
void gf_solution_observables(const gf_solution *self, const gf_part *part, double *magnetization,
                             double *energy, double *square);

/* Whether x, over the variables of a part, changes sign under m -> -m: a mode of definite parity.
 */
gf_parity gf_solution_parity(const gf_solution *self, const gf_part *part, const double *x);

/* Puts a rate among gaps[*count], slowest first, of which GF_RATES_GAPS are kept. */
void gf_gap_insert(gf_gap *gaps, size_t *count, gf_gap gap);

/* The ansatz beside the exact state: fills `exact`, `smooth`, `gibbs`, `force`, `spread`, and if
 * asked for the blocks. */
gf_status gf_solution_try(gf_solution *self, bool blocks, gf_error *error);

/* Fills what concerns relaxation. */
gf_status gf_solution_relax(gf_solution *self, const gf_rates_request *request, gf_error *error);

/* Fills `coupled`, at the coupling asked for. */
gf_status gf_solution_couple(gf_solution *self, const gf_rates_request *request, gf_error *error);

#endif
