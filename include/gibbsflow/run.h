/* A run: which Langevin equation, with what numbers, on what cells, how long, what is measured.
 * Read from YAML; the format is described in the README ("Langevin runs"). */
#ifndef GIBBSFLOW_RUN_H
#define GIBBSFLOW_RUN_H

#include "gibbsflow/axis.h"
#include "gibbsflow/error.h"
#include "gibbsflow/file.h"
#include "gibbsflow/settings.h"
#include "gibbsflow/surface.h"
#include "langevin/equation/equation.h"
#include "langevin/lattice/boundary.h"
#include "langevin/lattice/lattice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

typedef struct gf_run {
    char *yaml;     /* the text of the run file */
    char *settings; /* what overrides it, "name=value" per line */
    const gf_equation *equation;
    const gf_integrator *integrator;
    double parameters[GF_RUN_MAX_PARAMETERS]; /* in the order of equation->parameters */
    gf_noise_strength noise;

    /* Of two fields. */
    char *table;                    /* path of the force table */
    gf_file *table_file;            /* the table, open while the run lasts */
    gf_settings rates;              /* what the run changes in the rates of the table */
    gf_diffusion *diffusion;        /* D of the densities, if it is given in a file */
    gf_hydrodynamics hydrodynamics; /* without what depends on the sweep point */
    gf_surface **surfaces;          /* [surface_count]: one, or one for each sweep point */
    size_t surface_count;
    bool rescaled; /* lengths and times are x = r sqrt(epsilon) and tau = epsilon t */
    double density[2];
    gf_named_point which;

    double length, spacing;
    size_t cells;
    gf_boundary boundary;

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

    gf_axis histogram;        /* of cell values; points = bins, 0: none */
    gf_axis histogram_energy; /* of two fields, the other axis; else a single bin */

    size_t swept; /* index of the parameter that the sweep varies */
    double *sweep;
    uint64_t *stretch; /* per sweep point: all times but the step are multiplied by it */
    size_t points;     /* at least 1 */
} gf_run;

/* The caller frees the run, also after a failure. Settings override parameters and, by their names,
 * drive, thermal, length, spacing, step, end, warm_up, sample_every, amplitude, domain, smoothing,
 * threshold, realisations and seed. */
gf_status gf_run_parse(const char *text, size_t length, const char *name,
                       const gf_settings *settings, gf_run *run, gf_error *error);
gf_status gf_run_read(const char *path, const gf_settings *settings, gf_run *run, gf_error *error);
void gf_run_free(gf_run *self);

/* The numbers of sweep point `point`. Fails where the equation makes no sense. */
gf_status gf_run_dynamics(const gf_run *self, size_t point, gf_dynamics *dynamics, gf_error *error);

/* A parameter of the equation at the sweep point; NaN if there is none of that name. */
double gf_run_parameter(const gf_run *self, size_t point, const char *name);

/* Steps of a realisation of the sweep point: all of them, and from sample to sample. */
uint64_t gf_run_steps(const gf_run *self, size_t point);
uint64_t gf_run_steps_per_sample(const gf_run *self, size_t point);

/* A lattice for a realisation, in its starting state. The caller frees it. */
gf_status gf_run_start(const gf_run *self, size_t point, size_t realisation, gf_lattice *lattice,
                       gf_error *error);

#endif
