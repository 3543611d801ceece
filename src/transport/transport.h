/* Transport coefficients from Kubo formulas: for the currents J_i of magnetisation and energy
 *
 *     K_ij(t) = (J_i(t); J_j)/N   connected, without what lies along the charges,
 *     sigma_ij(t) = int_0^t K_ij,   D = sigma(infinity) C^-1,   C the susceptibility,
 *
 * with Kubo and Mori's product, (A; B) = int_0^1 dx tr(rho^(1-x) A' rho^x B), or half of the
 * anticommutator: K differs at short times, sigma(infinity) does not. D is that of Eq. (11) of
 * Lange & Rosch. On a ring sigma(t) is that of the infinite chain only for a time: up to t* it
 * agrees with that of a smaller ring, and beyond nothing is said. */
#ifndef GIBBSFLOW_TRANSPORT_TRANSPORT_H
#define GIBBSFLOW_TRANSPORT_TRANSPORT_H

#include "gibbsflow/axis.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/file.h"
#include "gibbsflow/progress.h"
#include "model/model.h"
#include "transport/strengths.h"

/* Matrices over the charges, row by row: (1,1), (1,2), (2,1), (2,2). */
enum { GF_TRANSPORT_MATRIX = GF_CHARGES * GF_CHARGES };

/* What a number is worth. */
typedef enum gf_transport_verdict {
    GF_SETTLED,      /* sigma(t) stands still within the reliable time */
    GF_EXTRAPOLATED, /* from there by choices whose spread is the error */
    GF_LOWER_BOUND,
    GF_NOT_SETTLED /* sigma(t*) is a value at a finite time, and there is no D */
} gf_transport_verdict;

const char *gf_transport_verdict_name(gf_transport_verdict self);

/* How operator space ends (operator_space.h): one of the choices whose spread is an error. */
enum {
    GF_TRANSPORT_CHOICES = 32,
    GF_TRANSPORT_WAYS = 4,
    GF_TRANSPORT_REASON = 320,
    GF_TRANSPORT_NAME = 64
};
typedef struct gf_transport_choice {
    int longest, free; /* sites of the longest strings, and of the longest that are not damped */
    int weight;        /* of the heaviest: sites with another letter than 1 */
    double damping;    /* for each site beyond, in units of energy */
} gf_transport_choice;

typedef struct gf_transport {
    const char *method;
    gf_kubo form;
    bool exact;          /* every pair of levels for itself, not on a grid of frequencies */
    int sites, compared; /* the chain, and the smaller one beside it; 0: none */
    size_t points, times;
    double *time;                               /* [times], from 0 on */
    double (*lambda)[GF_CHARGES];               /* [points], as is what follows */
    double (*density)[GF_CHARGES];              /* q_i */
    double (*susceptibility)[GF_PAIRS];         /* C_ij */
    double (*mean_current)[GF_CHARGES];         /* <J_i>/N: an effect of the finite chain */
    double (*drude)[GF_TRANSPORT_MATRIX];       /* what of K never decays on this chain */
    double (*correlation)[GF_TRANSPORT_MATRIX]; /* [points][times]: K(t) */
    double (
        *correlation_error)[GF_TRANSPORT_MATRIX]; /* distance from the smaller chain; NaN: none */
    double (*onsager)[GF_TRANSPORT_MATRIX];       /* [points][times]: sigma(t) */
    double (*onsager_error)[GF_TRANSPORT_MATRIX];
    /* Of random vectors: statistical errors, which the errors above include; else 0. */
    size_t samples; /* vectors of the largest sector; 0: none are random */
    uint64_t seed;
    double (*correlation_scatter)[GF_TRANSPORT_MATRIX]; /* [points][times] */
    double (*onsager_scatter)[GF_TRANSPORT_MATRIX];
    double (*smaller_onsager)[GF_TRANSPORT_MATRIX]; /* [points][times]: of the smaller chain; NaN:
                                                       none */
    /* Of slow modes c_a (memory.h), else zeros. */
    bool has_modes;
    double strength;                       /* of what makes them decay; NaN: no parameter is it */
    char strength_name[GF_TRANSPORT_NAME]; /* the parameter's */
    double (*memory)[GF_TRANSPORT_MATRIX]; /* [points][times]: M_ab(t) */
    double (*memory_error)[GF_TRANSPORT_MATRIX]; /* as onsager_error */
    double (*overlap)[GF_TRANSPORT_MATRIX];      /* [points]: (c_a; J_i)/N, a slower */
    double (*overlap_scatter)[GF_TRANSPORT_MATRIX];
    /* The judgement. */
    double *reliable_time;                           /* t*; NaN: not known */
    double (*reliable_onsager)[GF_TRANSPORT_MATRIX]; /* sigma(t*) */
    gf_transport_verdict *verdict;
    char (*reason)[GF_TRANSPORT_REASON]; /* why it is not settled; may be empty */
    double (
        *limit)[GF_TRANSPORT_MATRIX]; /* sigma(infinity), D and their errors; NaN: not settled */
    double (*limit_error)[GF_TRANSPORT_MATRIX];
    double (*diffusion)[GF_TRANSPORT_MATRIX];
    double (*diffusion_error)[GF_TRANSPORT_MATRIX];
    /* Of operator space, which is that of the infinite chain: sites and compared are 0. */
    int longest; /* sites of the longest strings; 0: another method */
    size_t choices;
    gf_transport_choice choice[GF_TRANSPORT_CHOICES];
    double (*choice_onsager)[GF_TRANSPORT_MATRIX]; /* [points][GF_TRANSPORT_CHOICES]: sigma; NaN:
                                                      not among those of the point */
    bool *bounded; /* [points]: a limit that is not settled lies among them nevertheless, within an
                      error too large to be called one */
    /* Of a ring with a tail (tail.h): the ways to it, and what comes of each. */
    size_t ways;                                /* 0: no tail */
    int tail_strings;                           /* sites of the longest strings */
    double *reference;                          /* [points]: lambda1 of the state at lambda2 = 0 */
    double *tail_time;                          /* [points]: from where on */
    double (*way_onsager)[GF_TRANSPORT_MATRIX]; /* [points][GF_TRANSPORT_WAYS]; NaN: not gone */
} gf_transport;

/* Room for so many points and times, zeros; the caller frees it. */
gf_status gf_transport_create(size_t points, size_t times, gf_transport **transport,
                              gf_error *error);
void gf_transport_free(gf_transport *self);

/* The first so many points of another, whatever is known of them but choices and ways. */
gf_status gf_transport_copy(const gf_transport *from, size_t points, gf_transport **transport,
                            gf_error *error);

/* What one chain says of a point, before any judgement. */
void gf_transport_carry(gf_transport *self, size_t point, gf_bytes *bytes);

/* D = sigma C^-1, row by row. False, and NaN, if C is singular. */
bool gf_transport_divide(const double susceptibility[GF_PAIRS], const double *sigma, double *d);

/* The index of t*, the last time up to which every sigma_ij, [times], differs from that of the
 * smaller chain (or of shorter strings) by at most 2 % of sqrt(sigma_ii sigma_jj); at time 0, index
 * 0, all agree. */
size_t gf_transport_last_reliable(size_t times, const double (*sigma)[GF_TRANSPORT_MATRIX],
                                  const double (*error)[GF_TRANSPORT_MATRIX]);

/* The same of a state, with a tolerance in place of 2 %; 0 without a smaller chain. */
size_t gf_transport_agree(const gf_transport *self, size_t point, double tolerance);

/* Fills in the judgement from all else. A point is settled if over the
 * second half of this time no sigma_ij moves by more than 2 % of that; the error is then three
 * times the movement, as much as a tail like t^(-3/2) still adds, and what the chains differ by;
 * that of D the largest that this makes of it. */
void gf_transport_judge(gf_transport *self);

typedef struct gf_transport_request {
    size_t points;
    const double (*lambda)[GF_CHARGES];
    gf_axis time; /* from 0 */
    gf_kubo form;
    bool exact;   /* no grid of frequencies: every pair of levels for itself */
    bool compare; /* with the next smaller chain; without it nothing is settled */
    /* Two operators in place of the currents, of which all that is said of J holds then; both NULL:
     * the currents. */
    const gf_operator *operators[GF_CHARGES];
    const gf_progress *progress;
} gf_transport_request;

/* What it takes: bytes, and processor seconds of one core. */
typedef struct gf_transport_cost {
    double memory, seconds;
} gf_transport_cost;
gf_status gf_transport_estimate(const gf_model *model, const gf_transport_request *request,
                                gf_transport_cost *cost, gf_error *error);

/* By full diagonalisation. Fails if memory does not suffice, the chain is too short for its
 * currents, or lambda or times are beyond what double precision holds. The caller frees the result;
 * after a failure it is NULL. */
gf_status gf_transport_find(const gf_model *model, const gf_transport_request *request,
                            gf_transport **transport, gf_error *error);

/* /transport; the layout is in src/io/README.md. */
void gf_transport_write(const gf_transport *self, gf_file *file);

#endif
