/* Ensembles of trajectories: what a chain does at a finite coupling, for chains too long for its
 * density matrix. Averages over trajectories are those of the Lindblad equation, exactly but for
 * their statistical errors.
 *
 * Every realisation is independent of all others, and of when and where it is done: its random
 * numbers depend on seed, realisation and jump alone. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_TRAJECTORIES_H
#define GIBBSFLOW_OPEN_SYSTEM_TRAJECTORIES_TRAJECTORIES_H

#include "gibbsflow/charge.h"
#include "gibbsflow/file.h"
#include "gibbsflow/progress.h"
#include "model/model.h"

#include <signal.h>

/* Where trajectories start: a product state, or a Gibbs state, of one magnetisation or all. */
typedef struct gf_trajectories_start {
    char product[GF_CHAIN_MAX_SITES + 1]; /* site by site, u and d: Z = 1, -1; + and -: X = 1, -1;
                                             repeated along the chain; "": a Gibbs state */
    bool sector;                          /* of one magnetisation, 2 up - sites */
    int up;
    double lambda[GF_CHARGES];
} gf_trajectories_start;

typedef struct gf_trajectories_request {
    double epsilon;
    gf_trajectories_start start;
    double end, interval; /* times, and those between samples; the first is the start */
    double warm_up;       /* averages are taken later than this */
    size_t realisations;
    uint64_t seed;
} gf_trajectories_request;

/* Where things stand in the record of one realisation: [times][up], P_up; [times], e; and so on.
 * Sums over the time after the warm-up: of P_up and <H P_up>, times interval; over jumps, of what
 * they change. */
typedef struct gf_trajectories_layout {
    size_t times, rungs, channels;
    size_t probability, energy, jumps, weight; /* jumps: [channels]; weight: its logarithm */
    size_t stay, stay_energy;                  /* [rungs] */
    size_t drift, noise;                       /* [rungs][GF_CHARGES]; [rungs][GF_PAIRS] */
    size_t done;                               /* 1 */
    size_t size;
} gf_trajectories_layout;

/* What others say of the same chain, by magnetisation; NULL: unknown. */
typedef struct gf_trajectories_beside {
    char exact[64], exact_force[64]; /* what `probability` and `force` are of */
    double *probability;             /* [rungs], the mean of all values of strong symmetries */
    double (*force)[GF_CHARGES];     /* [rungs] */
    double (
        *table_force)[GF_CHARGES]; /* [rungs], of Gibbs states at M/N and the measured <e> there */
    double (*table_noise)[GF_PAIRS];
} gf_trajectories_beside;

typedef struct gf_trajectories {
    gf_trajectories_request asked;
    gf_trajectories_layout layout;
    int sites;
    char **channel;  /* [channels]: names, within the same allocation */
    char *command;   /* that began it */
    double *records; /* [realisations][layout.size] */
    gf_trajectories_beside beside;
} gf_trajectories;

/* A mean over realisations and its standard error; NaN where there are too few. */
typedef struct gf_mean {
    double value, error;
} gf_mean;

/* Averages of what is done, over the realisations with their weights. */
typedef struct gf_trajectories_summary {
    size_t done;                                  /* realisations */
    double effective;                             /* as many equal weights are worth the same */
    double jump_rate;                             /* jumps per time */
    gf_mean magnetization, energy, second_moment; /* of densities, after the warm-up */
    gf_mean *probability;                         /* [rungs], likewise */
    gf_mean *energy_at;                           /* [rungs]: <e> at M */
    gf_mean (*drift)[GF_CHARGES];                 /* [rungs]: f_i at M */
    gf_mean (*noise)[GF_PAIRS];                   /* [rungs]: N_ij at M */
    gf_mean *course[3];                           /* [times]: m, e, m^2 */
    gf_mean *channel;                             /* [channels]: jumps per time, site and epsilon */
} gf_trajectories_summary;

/* lambda of the Gibbs state of these densities, of the chain or, beyond 12 sites, of a shorter one
 * of *sites; GF_INVALID if there is none. */
gf_status gf_trajectories_find_lambda(const gf_model *model, const double density[GF_CHARGES],
                                      double lambda[GF_CHARGES], int *sites, gf_error *error);

/* GF_INVALID where the request makes no sense. The caller frees it; after a failure it is NULL. */
gf_status gf_trajectories_create(const gf_model *model, const gf_trajectories_request *asked,
                                 const char *command, gf_trajectories **trajectories,
                                 gf_error *error);
void gf_trajectories_free(gf_trajectories *self);

typedef struct gf_trajectories_control {
    gf_status (*save)(const gf_trajectories *self, void *context, gf_error *error); /* or NULL */
    void *context;
    double checkpoint_every; /* seconds; 0: never */
    const volatile sig_atomic_t *stop;
    const gf_progress *progress;
    void (*announce)(void *context, double seconds); /* what is left will take so long; or NULL */
} gf_trajectories_control;

/* Does what is left of them, on all threads. GF_OK also when told to stop. */
gf_status gf_trajectories_carry_on(gf_trajectories *self, const gf_model *model,
                                   const gf_trajectories_control *control, gf_error *error);

/* Part of the realisations that is done. */
double gf_trajectories_done(const gf_trajectories *self);

/* The caller frees it. */
gf_status gf_trajectories_summarise(const gf_trajectories *self, gf_trajectories_summary *summary,
                                    gf_error *error);
void gf_trajectories_summary_free(gf_trajectories_summary *self);

/* /trajectories; the layout is in src/io/README.md. */
gf_status gf_trajectories_write(const gf_trajectories *self, gf_file *file, gf_error *error);
/* What gf_trajectories_write wrote. The caller frees it; after a failure it is NULL. */
gf_status gf_trajectories_read(gf_file *file, gf_trajectories **trajectories, gf_error *error);

/* Puts beside it what a file of `gibbsflow rates` of as many sites says: its steady state and the
 * force in it at this epsilon if it holds these, or for epsilon -> 0. */
gf_status gf_trajectories_compare_rates(gf_trajectories *self, const char *path, gf_error *error);
/* And what a table of `gibbsflow forces` says at the measured densities. */
gf_status gf_trajectories_compare_table(gf_trajectories *self, const char *path, gf_error *error);

double gf_trajectories_memory(const gf_model *model, const gf_trajectories_request *asked);
gf_trajectories_layout gf_trajectories_layout_of(const gf_model *model,
                                                 const gf_trajectories_request *asked);

#endif
