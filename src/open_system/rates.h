/* A chain and its bath at epsilon -> 0, without a Gibbs ansatz: the classical rate equation between
 * the eigenstates of H (generator.h), its stationary states and slowest rates; and the ansatz
 * beside it. Of a bath that makes coherences between m and -m (gf_bath.even_odd) levels are listed
 * once for both signs of m. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_RATES_H
#define GIBBSFLOW_OPEN_SYSTEM_RATES_H

#include "gibbsflow/charge.h"
#include "gibbsflow/file.h"
#include "gibbsflow/progress.h"
#include "model/model.h"

enum { GF_RATES_GAPS = 8, GF_RATES_ENERGIES = 64 };

typedef enum gf_parity { GF_PARITY_NONE, GF_PARITY_EVEN, GF_PARITY_ODD } gf_parity;

/* Decay rates per epsilon: -Re and Im of an eigenvalue of R, and its parity under m -> -m where
 * that is a symmetry of the bath. */
typedef struct gf_gap {
    double rate, frequency, error; /* error: residual beside the rate */
    gf_parity parity;
    int flip; /* value of F in the part of the rate equation that it is of; 0: none */
} gf_gap;

enum { GF_COINCIDENCES = 4 };

/* Two levels, one above the other, that the bath may join in a coherence: where they are the same,
 * it is kept; where they are only near, epsilon has to be small beside their distance. */
typedef struct gf_coincidence {
    double energy, distance;  /* of the lower one, and up to the other */
    int magnetization[2];     /* |m| where levels are folded */
    int momentum, reflection; /* of both; reflection: 0 where it is no quantum number */
} gf_coincidence;

/* A stationary state: the one of a value of every strong symmetry. */
typedef struct gf_rates_sector {
    int flip;                                    /* +-1, or 0 where F is no strong symmetry */
    int least, greatest;                         /* the magnetisations that it holds */
    double states;                               /* dimension */
    double magnetization, energy, second_moment; /* <m>, <e>, <m^2>, of densities */
} gf_rates_sector;

/* What is beside the exact state in the trial: populations that are smooth at each M (cells.h), the
 * table of Gibbs states, and the Langevin equation of a block of as many sites with the table's
 * coefficients as they are or with those of sharp charges (langevin_block.h). */
enum {
    GF_RATES_EXACT,
    GF_RATES_SMOOTH,
    GF_RATES_GIBBS,
    GF_RATES_BARE_BLOCK,
    GF_RATES_BLOCK,
    GF_RATES_REFERENCES
};

/* What they say of the same quantities; NaN where one says nothing. */
typedef struct gf_rates_summary {
    double second_moment, energy, even, odd; /* slowest even and odd rate */
    double *probability;                     /* [sites + 1] of M = 2k - sites */
} gf_rates_summary;

enum { GF_RATES_ORDERS = 3 };

/* Stationary states in powers of the coupling: averages and P(M) are sums of epsilon^k times these,
 * k < GF_RATES_ORDERS. */
typedef struct gf_rates_expansion {
    gf_rates_sector *sector; /* [orders][sectors] */
    double *probability;     /* [orders][sectors][sites + 1] of M */
    /* [sectors]: up to this epsilon the orders describe the shift of P(M) and <e> away from epsilon
     * -> 0 to GF_RATES_DESCRIBED of it; searched for from the coupling asked for downwards; 0 if
     * none was found. */
    double *range;
} gf_rates_expansion;
#define GF_RATES_DESCRIBED 0.1

/* The whole Lindbladian at a finite coupling (lindbladian.h), rates and all per epsilon. */
typedef struct gf_rates_coupled {
    double epsilon;              /* 0: not asked for */
    gf_rates_sector *sector;     /* [sectors], those of the limit */
    double *probability;         /* [sectors][sites + 1] of M */
    double (*force)[GF_CHARGES]; /* [sites + 1]: mean at each M, all sectors alike */
    gf_rates_expansion expansion;
    size_t gaps;
    gf_gap gap[GF_RATES_GAPS];
    double residual; /* largest |L rho| per epsilon */
    size_t products; /* uses of the Lindbladian */
} gf_rates_coupled;

typedef struct gf_rates {
    int sites;
    bool folded; /* levels stand for m and -m */
    bool flips;  /* m -> -m is a symmetry of the bath */
    size_t levels;
    double *energy, *states, *magnetization; /* [levels]: E, number of states, M or |M| */
    int *level_flip;                         /* [levels]: F of the states, or 0 */
    size_t sectors;
    gf_rates_sector *sector;
    double *population;                 /* [sectors][levels], of a level, all its states */
    double *probability;                /* [sectors][sites + 1] of M */
    double *joint;                      /* [sectors][sites + 1][GF_RATES_ENERGIES] */
    double edge[GF_RATES_ENERGIES + 1]; /* of bins of E/N */
    size_t gaps;
    gf_gap gap[GF_RATES_GAPS];
    size_t coherences;                                /* between degenerate levels, kept */
    double nearest, widest;                           /* see gf_generator */
    size_t examples;                                  /* some of the degenerate levels */
    gf_coincidence example[GF_COINCIDENCES], closest; /* closest: at distance `nearest` */
    double residual;                                  /* largest |R p| */
    /* the trial */
    gf_rates_summary exact, smooth, gibbs; /* exact: the mean of all sectors */
    gf_rates_summary bare_block, block;
    double block_error; /* of their rates and averages, relative; NaN: none */
    double (*force[GF_RATES_REFERENCES])[GF_CHARGES]; /* [sites + 1]: mean at each M */
    double *spread; /* [sites + 1]: of ln p_n at each M, weighted with p_n */
    /* relaxation, if asked for */
    size_t times;
    double lambda[GF_CHARGES], slope[GF_CHARGES]; /* the start, and f_i there */
    double *time, *relaxing[3];                   /* [times]: <m>, <e>, <m^2> */
    gf_rates_coupled coupled;
} gf_rates;

typedef struct gf_rates_request {
    bool relax, by_density;
    double start[GF_CHARGES]; /* (lambda1, lambda2), or (m, e) if by_density */
    double end;               /* of the relaxation, per epsilon; 0: some slowest times */
    double epsilon;           /* a finite coupling to solve for as well; 0: none */
    bool blocks; /* also Langevin blocks, whose table takes longer than a short chain */
    const gf_progress *progress;
} gf_rates_request;

/* One of the references, and its name in files. */
const gf_rates_summary *gf_rates_reference(const gf_rates *self, int reference);
extern const char *const gf_rates_reference_names[GF_RATES_REFERENCES];

/* The caller frees the result; after a failure it is NULL. GF_INVALID where no stationary state can
 * be told, or the start is outside the reachable densities. */
gf_status gf_rates_find(const gf_model *model, const gf_rates_request *request, gf_rates **rates,
                        gf_error *error);
void gf_rates_free(gf_rates *self);

/* What it takes: bytes, and processor seconds of one core at about 2e10 operations a second. */
typedef struct gf_rates_cost {
    double memory, seconds;
    /* Beside that, of a finite coupling; the time roughly, it takes as many steps as it takes. */
    double coupled_memory, coupled_seconds;
} gf_rates_cost;
gf_status gf_rates_cost_of(const gf_model *model, gf_rates_cost *cost, gf_error *error);

/* /rates; the layout is in src/io/README.md. */
void gf_rates_write(const gf_rates *self, gf_file *file);

#endif
