/* What a run holds, and how its realisations begin. */
#ifndef GIBBSFLOW_LANGEVIN_RUN_RUN_H
#define GIBBSFLOW_LANGEVIN_RUN_RUN_H

#include "gibbsflow/axis.h"
#include "gibbsflow/file.h"
#include "gibbsflow/run.h"
#include "gibbsflow/surface.h"
#include "langevin/lattice/lattice.h"

#include <stdbool.h>

enum { GF_RUN_MAX_PARAMETERS = 8, GF_RUN_MAX_STARTS = 4 };

/* Fields to start from, m0 = dynamics.order: Gaussian of standard deviation amplitude * m0;
 * constant amplitude * m0; a step from -amplitude * m0 to +amplitude * m0 in the middle;
 * alternating domains of +- amplitude * m0 of a given length. Of two fields: the two stable points
 * take the part of +- amplitude * m0, random means domains of either, drawn for each stretch of the
 * given length, uniform has its densities stated, and fixed-point names one. */
typedef enum gf_profile {
    GF_PROFILE_RANDOM,
    GF_PROFILE_UNIFORM,
    GF_PROFILE_WALL,
    GF_PROFILE_DOMAINS,
    GF_PROFILE_FIXED_POINT
} gf_profile;

/* The fixed points that a run can start from. */
typedef enum gf_named_point { GF_SADDLE_POINT, GF_STABLE_PLUS, GF_STABLE_MINUS } gf_named_point;

typedef struct gf_run_kind gf_run_kind;

/* Correlation functions: times 0, every, ... (lags - 1) every and distances 0, spacing, ... from
 * origins in time lags * every apart; the origins of a realisation fall into `batches` stretches of
 * time, which errors are told from. */
typedef struct gf_run_correlations {
    size_t lags; /* 0: none are asked for */
    double every, spacing;
    size_t samples_per_lag, stride, distances;
    size_t origins, batches; /* of a realisation */
} gf_run_correlations;

/* The histogram of the lengths of domains, from 0 on. */
typedef struct gf_run_domains {
    size_t bins; /* 0: none is asked for */
    double to;
    size_t batches; /* of a realisation */
} gf_run_domains;

/* Of two fields: what they take from a force table. */
typedef struct gf_run_medium {
    char *table;             /* path of the force table */
    gf_file *table_file;     /* the table, open while the run lasts */
    char *energy_unit;       /* of the model of the table */
    gf_settings rates;       /* what the run changes in the rates of the table */
    gf_diffusion *diffusion; /* D of the densities, if it is given in a file */
    gf_diffusion *shifted;   /* [shifted_count]: by its errors; one, or one for each point */
    size_t shifted_count;
    gf_hydrodynamics hydrodynamics; /* without what depends on the sweep point */
    gf_surface **surfaces;          /* [surface_count]: one, or one for each sweep point */
    size_t surface_count;
    double density[GF_CHARGES]; /* of a uniform start */
    gf_named_point which;
} gf_run_medium;

struct gf_run {
    char *yaml;     /* the text of the run file */
    char *settings; /* what overrides it, "name=value" per line */
    const gf_run_kind *kind;
    const gf_equation *equation;
    const gf_integrator *integrator;
    double parameters[GF_RUN_MAX_PARAMETERS]; /* in the order of equation->parameters */
    gf_noise_strength noise;
    bool reading_given;   /* the file says which of its coefficients are renormalised */
    gf_run_medium medium; /* of two fields, else zero */
    bool rescaled;        /* lengths and times are x = r sqrt(epsilon) and tau = epsilon t */

    double length, spacing;
    size_t cells;
    gf_boundary boundary;
    bool blocks; /* every cell is a block without neighbours */

    double step, end, warm_up, sample_every;
    uint64_t steps, steps_per_sample; /* where stretch is 1 */
    size_t samples;                   /* at sample_every, 2 sample_every, ... end */
    size_t first_measured;            /* samples from this index on lie after the warm-up */

    gf_profile starts[GF_RUN_MAX_STARTS]; /* realisation r starts from starts[r % start_count] */
    size_t start_count;
    double amplitude, domain_length;
    size_t realisations;
    uint64_t seed;
    bool common_noise; /* the same random numbers at every sweep point */

    double smoothing, threshold;
    size_t smoothing_cells; /* 1: none */

    double snapshot_every, snapshot_spacing; /* snapshot_every 0: none */
    size_t samples_per_snapshot, snapshots, cells_per_position, positions;

    /* Of cell values, field by field; points = bins. The first is 0 where there is no histogram,
     * the second 1 where there is no second field. */
    gf_axis histogram[GF_CHARGES];

    gf_run_correlations correlations;
    gf_run_domains domains;

    size_t swept; /* index of the parameter that the sweep varies */
    double *sweep;
    uint64_t *stretch; /* per sweep point: all times but the step are multiplied by it */
    size_t points;     /* at least 1 */

    size_t rows, counts; /* of the lattices (lattice.h) */
};

/* The numbers of sweep point `point`, or of any value of the parameter that is swept, with the
 * medium of that point. Fails where the equation makes no sense. */
gf_status gf_run_dynamics(const gf_run *self, size_t point, gf_dynamics *dynamics, gf_error *error);
gf_status gf_run_dynamics_at(const gf_run *self, size_t point, double value, gf_dynamics *dynamics,
                             gf_error *error);

/* Whether walls are walls: neighbours know of each other. */
bool gf_run_has_walls(const gf_run *self);

/* Bins of the histogram, all fields together. */
size_t gf_run_bins(const gf_run *self);

/* Steps of a realisation of the sweep point: all of them, and from sample to sample. */
uint64_t gf_run_steps(const gf_run *self, size_t point);
uint64_t gf_run_steps_per_sample(const gf_run *self, size_t point);

/* A lattice for a realisation, in its starting state. The caller frees it; after a failure it is
 * NULL. */
gf_status gf_run_start(const gf_run *self, size_t point, size_t realisation, gf_lattice **lattice,
                       gf_error *error);

/* Whether every task, [points][realisations], has all its samples. */
bool gf_run_is_complete(const gf_run *self, const size_t *samples);

#endif
