/* One realisation of a Langevin equation on a row of cells: start, advance, get and set its state,
 * check, measure. What carries it out stands behind a table of functions (kind.h): one field, two
 * fields, blocks without neighbours. */
#ifndef GIBBSFLOW_LANGEVIN_LATTICE_LATTICE_H
#define GIBBSFLOW_LANGEVIN_LATTICE_LATTICE_H

#include "base/random.h"
#include "langevin/equation/equation.h"
#include "langevin/lattice/boundary.h"
#include "langevin/lattice/integrator.h"

#include <stddef.h>
#include <stdint.h>

/* What is counted at every step: cells outside the region of possible densities (of two fields),
 * and passages of blocks from one side to the other (of blocks). */
typedef enum gf_lattice_count { GF_COUNT_OUTSIDE, GF_COUNT_PASSAGES, GF_COUNTS } gf_lattice_count;

/* Everything that a realisation depends on. */
typedef struct gf_lattice_plan {
    gf_dynamics dynamics;
    const gf_integrator *integrator;
    size_t cells; /* at least 4; blocks: 1 */
    gf_boundary boundary;
    double step; /* dt */
    gf_random random;
    double amplitude; /* of the start of one field, in units of dynamics.order */
    double threshold; /* passages are from below middle - threshold order to above middle +
                         threshold order, or back */
} gf_lattice_plan;

/* Where a realisation is: with the plan it determines everything that follows. */
typedef struct gf_lattice_state {
    uint64_t steps;             /* made */
    uint64_t counts[GF_COUNTS]; /* since the last measurement */
    double *rows; /* [gf_lattice_rows][cells]: what the integrator carries on, which before the
                     first step is the fields, and, of blocks, the side where each was seen last:
                     -1, 1, 0 neither yet */
} gf_lattice_state;

typedef struct gf_lattice gf_lattice;

/* A lattice at step 0, in the state 0. Refuses a step beyond the stability limit and names the
 * limit. The caller frees it; after a failure it is NULL. */
gf_status gf_lattice_create(const gf_lattice_plan *plan, gf_lattice **lattice, gf_error *error);
void gf_lattice_free(gf_lattice *self); /* NULL: nothing */

size_t gf_lattice_rows(const gf_dynamics *dynamics);   /* of a state */
size_t gf_lattice_counts(const gf_dynamics *dynamics); /* the first so many are kept */

void gf_lattice_advance(gf_lattice *self, uint64_t steps);
uint64_t gf_lattice_steps(const gf_lattice *self);

/* Copies everything between the lattice and `state`, whose rows the caller has allocated. */
void gf_lattice_get(const gf_lattice *self, gf_lattice_state *state);
void gf_lattice_set(gf_lattice *self, const gf_lattice_state *state);

/* Fails where a field runs away, or noise has no covariance. */
gf_status gf_lattice_check(const gf_lattice *self, gf_error *error);

/* fields[equation.fields][cells] at the present time, and the counts, which begin anew. */
void gf_lattice_measure(gf_lattice *self, double *fields, uint64_t counts[GF_COUNTS]);

#endif
