/* Lattices under test, and their states as arrays. */
#ifndef GIBBSFLOW_TEST_LATTICES_H
#define GIBBSFLOW_TEST_LATTICES_H

#include "suite.h"

#include "langevin/lattice/lattice.h"

static inline gf_status try_lattice(const gf_dynamics *d, const gf_integrator *integrator,
                                    size_t cells, gf_boundary boundary, double step,
                                    gf_random random, gf_lattice **lattice, gf_error *error) {
    const gf_lattice_plan plan = {.dynamics = *d,
                                  .integrator = integrator,
                                  .cells = cells,
                                  .boundary = boundary,
                                  .step = step,
                                  .random = random,
                                  .threshold = 0.5};
    return gf_lattice_create(&plan, lattice, error);
}

static inline gf_lattice *new_lattice(const gf_dynamics *d, const gf_integrator *integrator,
                                      size_t cells, gf_boundary boundary, double step,
                                      gf_random random) {
    gf_lattice *lattice = NULL;
    gf_error error = {.message = ""};
    ck_assert_msg(try_lattice(d, integrator, cells, boundary, step, random, &lattice, &error) ==
                      GF_OK,
                  "%s", error.message);
    return lattice;
}

/* rows[][cells], after so many steps. */
static inline void set_rows(gf_lattice *lattice, uint64_t steps, double *rows) {
    const gf_lattice_state state = {.steps = steps, .rows = rows};
    gf_lattice_set(lattice, &state);
}

static inline void get_rows(const gf_lattice *lattice, double *rows) {
    gf_lattice_state state = {.rows = rows};
    gf_lattice_get(lattice, &state);
}

/* Cells outside since it was last asked; fields[][cells] is workspace. */
static inline uint64_t count_outside(gf_lattice *lattice, double *fields) {
    uint64_t counts[GF_COUNTS];
    gf_lattice_measure(lattice, fields, counts);
    return counts[GF_COUNT_OUTSIDE];
}

#endif
