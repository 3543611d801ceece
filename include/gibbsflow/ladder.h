/* How far a chain of N sites is from the infinite one: the same quantities over a ladder of sizes.
 *
 * Two estimators of densities in the thermodynamic limit, both from full diagonalisation:
 *
 *   rings    values per site x(N) of the periodic chain of N sites;
 *   linked   (X(N) - X(N-c))/c, c the sites of a unit cell, with X the extensive values (log Z,
 * <Q_i>, N C_ij, N f_i, N N_ij) of the open chain of the same terms: the numerical linked-cluster
 * expansion in one dimension, where the only clusters are segments (Rigol, Bryant & Singh, Phys.
 * Rev. Lett. 97, 187202 (2006)).
 *
 * A segment of N sites holds every term, of the Hamiltonian and of the bath, that fits in as a
 * whole. Its X(N) = N x + (ends) + (corrections from ends that feel one another), also for force
 * and noise, whose operators differ from those of the bulk near the ends alone: the ends cancel in
 * the difference once they are further apart than the operators reach, and what is left falls off
 * like the correlations do. At infinite temperature nothing is left. */
#ifndef GIBBSFLOW_LADDER_H
#define GIBBSFLOW_LADDER_H

#include "gibbsflow/api.h"
#include "gibbsflow/fixed_points.h"
#include "gibbsflow/thermodynamic_limit.h"

GF_BEGIN_DECLARATIONS

typedef enum gf_ladder_kind { GF_RINGS, GF_LINKED, GF_LADDERS } gf_ladder_kind;

/* Columns of the table of states: log Z / N, then per site density and, per epsilon, force of every
 * charge, noise (per epsilon) and susceptibility of every pair. */
enum {
    GF_LADDER_LOG_PARTITION,
    GF_LADDER_DENSITY,
    GF_LADDER_FORCE = GF_LADDER_DENSITY + GF_CHARGES,
    GF_LADDER_NOISE = GF_LADDER_FORCE + GF_CHARGES,
    GF_LADDER_SUSCEPTIBILITY = GF_LADDER_NOISE + GF_PAIRS,
    GF_LADDER_STATE_COLUMNS = GF_LADDER_SUSCEPTIBILITY + GF_PAIRS
};

/* Columns of the table of fixed points: lambda and density of every charge, the eigenvalues of
 * df/dq (real, then imaginary part of each), noise of every pair. */
enum {
    GF_LADDER_POINT_LAMBDA,
    GF_LADDER_POINT_DENSITY = GF_LADDER_POINT_LAMBDA + GF_CHARGES,
    GF_LADDER_POINT_EIGENVALUES = GF_LADDER_POINT_DENSITY + GF_CHARGES,
    GF_LADDER_POINT_NOISE = GF_LADDER_POINT_EIGENVALUES + 2 * GF_CHARGES,
    GF_LADDER_POINT_COLUMNS = GF_LADDER_POINT_NOISE + GF_PAIRS
};

/* Values, and the error of the limit that the sizes up to each one give (thermodynamic_limit.h);
 * the errors of the two kinds are reconciled. NaN where a fixed point was not found. */
typedef struct gf_ladder_table {
    size_t rows, columns;
    double *value[GF_LADDERS]; /* [sizes][rows][columns] */
    double *error[GF_LADDERS]; /* [sizes][rows][columns] */
    double *scale; /* [rows][columns]: the natural size, which rounding is relative to */
} gf_ladder_table;

typedef struct gf_ladder gf_ladder;

/* Prepares chains of first ... last sites, which differ by unit cells, and estimates what
 * diagonalising them takes. Fails if a term does not fit on the smallest open chain, a cell shorter
 * than `first`, or if memory is short. The
 * caller frees the ladder; after a failure it is NULL. */
GF_API gf_status gf_ladder_plan(const gf_model *model, int first, int last, gf_ladder **ladder,
                                gf_spectrum_cost *cost, gf_error *error);

/* Diagonalises all chains and fills the tables at lambda[points]. With points = 0 the states are
 * those of the fixed points; where there are none, five of magnetisation zero or nearby. To be
 * called once; after a failure the ladder is good for nothing but to be
 * freed. */
GF_API gf_status gf_ladder_compute(gf_ladder *self, const double (*lambda)[GF_CHARGES],
                                   size_t points, const gf_progress *progress, gf_error *error);
GF_API void gf_ladder_free(gf_ladder *self); /* NULL is fine */

/* Chains of first, first + step ... first + (sizes - 1) step sites. */
GF_API int gf_ladder_first(const gf_ladder *self);
GF_API int gf_ladder_step(const gf_ladder *self);
GF_API size_t gf_ladder_sizes(const gf_ladder *self);
GF_API double gf_ladder_energy_unit(const gf_ladder *self); /* of the largest ring */

/* The states: lambda[rows of the table]. */
GF_API const double (*gf_ladder_lambda(const gf_ladder *self))[GF_CHARGES];
GF_API const gf_ladder_table *gf_ladder_states(const gf_ladder *self);

/* Isolated fixed points of the largest ring, one of each pair of mirror images, followed to the
 * other chains; and what they are on the largest ring. */
GF_API const gf_ladder_table *gf_ladder_fixed_points(const gf_ladder *self);
GF_API gf_stability gf_ladder_stability(const gf_ladder *self, size_t row);

/* The kind whose limit has the smaller error, from sizes up to index `size`. */
GF_API gf_ladder_kind gf_ladder_better(const gf_ladder_table *table, size_t size, size_t row,
                                       size_t column);

/* The limit that sizes up to index `size` give, by one kind or, with GF_LADDERS, the better one. */
GF_API gf_thermodynamic_limit gf_ladder_estimate(const gf_ladder_table *table, gf_ladder_kind kind,
                                                 size_t size, size_t row, size_t column);

/* Do limits from sizes up to N - 2 predict the values at N? Entries that are zero by symmetry do
 * not count. */
typedef struct gf_ladder_check {
    size_t within, beyond; /* limits that do, and that do not, within their error */
    size_t unsettled;      /* limits of infinite error */
} gf_ladder_check;

/* For one kind, or with GF_LADDERS for the better of both. */
GF_API gf_ladder_check gf_ladder_predict(const gf_ladder *self, const gf_ladder_table *table,
                                         gf_ladder_kind kind);

/* The model and its spectrum at the largest size, with the boundary that its file asks for. */
GF_API const gf_model *gf_ladder_largest(const gf_ladder *self, const gf_spectrum **spectrum);

/* /ladder, with that model and spectrum; the layout is in src/io/README.md. */
GF_API void gf_ladder_write(const gf_ladder *self, gf_file *file);
/* Reads sizes, points and states; no more. The caller frees the ladder; after a failure it
 * is NULL. */
GF_API gf_status gf_ladder_read(gf_file *file, gf_ladder **ladder, gf_error *error);

GF_END_DECLARATIONS

#endif
