/* Transport at infinite temperature, lambda2 = 0 and any magnetisation, on the infinite chain.
 *
 * Currents evolve as vectors in the space of translation-summed strings up to a length, behind an
 * end that absorbs (absorber.h). Nothing here is a finite ring; what is finite is the space. What
 * it leaves out shows in how the result depends on the three numbers that describe its end, the
 * longest strings, where damping begins and how strong it is: the value is the mean over the
 * choices with the longest strings, the error the largest deviation of any choice from it, those
 * with strings one site shorter included.
 *
 * Where spins are dilute the mean free path is long, and operators meet their end early; but they
 * hardly ever become heavy: strings may then be longer, of a limited weight (sites with another
 * letter than 1), and choices with a weight one smaller come beside. Unless the caller says what to
 * take, that is tried where the spread is all that keeps strings of any weight from a verdict, and
 * is the result if the weight that they lack matters less than the length that those lacked.
 *
 * The spread is no error, and the verdict "not settled", where it is large; where the value still
 * moves as strings get longer by a site; and where a current lives so long that something close to
 * a conservation law must hold it up: then the slow modes count, which may be longer than any
 * string here, and choices may agree and be wrong together. */
#ifndef GIBBSFLOW_TRANSPORT_OPERATOR_SPACE_H
#define GIBBSFLOW_TRANSPORT_OPERATOR_SPACE_H

#include "model/model.h"
#include "transport/absorber_solver.h"
#include "transport/transport.h"

enum { GF_OPERATOR_SPACE_LONGEST = 10 /* unless told */ };

typedef struct gf_operator_space_request {
    double lambda[GF_CHARGES]; /* lambda2 must be 0 */
    int longest;               /* sites of the longest strings; 0: GF_OPERATOR_SPACE_LONGEST */
    int weight;                /* of the heaviest strings; 0: as they come, and see above */
    double step;               /* K and sigma at the times 0, step, ... */
    size_t times;              /* so many; 0: none */
    const volatile sig_atomic_t *stop;
    const gf_progress *progress;
} gf_operator_space_request;

/* One way to end operator space, and what comes of it. */
typedef struct gf_operator_space_choice {
    gf_transport_choice end;
    double diffusion[GF_CHARGES][GF_CHARGES];
    gf_absorber_solution solution;
} gf_operator_space_choice;

typedef struct gf_operator_space {
    int longest, weight;
    double lambda[GF_CHARGES], density[GF_CHARGES], susceptibility[GF_PAIRS];
    size_t choices; /* those with the longest and heaviest strings first */
    gf_operator_space_choice choice[GF_TRANSPORT_CHOICES];
    gf_transport_verdict verdict; /* extrapolated or not settled; why not: */
    char reason[GF_TRANSPORT_REASON];
    bool bounded; /* not settled for the spread alone: the limit may lie among the choices */
    /* The limits; NaN if they are not settled. */
    double onsager[GF_CHARGES][GF_CHARGES], onsager_error[GF_CHARGES][GF_CHARGES];
    double diffusion[GF_CHARGES][GF_CHARGES], diffusion_error[GF_CHARGES][GF_CHARGES];
    double lifetime[GF_CHARGES]; /* sigma_ii/K_ii(0) */
    /* In time, [times][GF_CHARGES][GF_CHARGES], with the difference that a site of length makes;
     * the reliable time is that of gf_transport_last_reliable(). */
    size_t times;
    double *time, *correlation, *correlation_error, *onsager_in_time, *onsager_in_time_error;
    size_t reliable; /* its index */
} gf_operator_space;

/* Bytes, and processor seconds of one core at about 1e9 elements of a matrix a second. GF_INVALID
 * as below. */
typedef struct gf_operator_space_cost {
    double memory, seconds;
    double more_seconds; /* for longer, lighter strings, where they are needed */
    int longest;         /* sites of the longest strings */
} gf_operator_space_cost;
gf_status gf_operator_space_cost_of(const gf_model *model, const gf_operator_space_request *request,
                                    gf_operator_space_cost *cost, gf_error *error);

/* GF_INVALID at lambda2 != 0, on an open chain, and for strings too short for the currents or too
 * long for the machine. The caller frees the result; after a failure, or if it was stopped (GF_OK),
 * it is NULL. */
gf_status gf_operator_space_find(const gf_model *model, const gf_operator_space_request *request,
                                 gf_operator_space **result, gf_error *error);
void gf_operator_space_free(gf_operator_space *self);

/* The same at several states, as what `transport` prints and writes. */
typedef struct gf_operator_points {
    size_t points;
    const double (*lambda)[GF_CHARGES];
    gf_axis time;        /* from 0 */
    int longest, weight; /* 0: as above */
    const volatile sig_atomic_t *stop;
    const gf_progress *progress;
} gf_operator_points;

/* The largest memory, and the sum of all times. */
gf_status gf_operator_points_estimate(const gf_model *model, const gf_operator_points *points,
                                      gf_operator_space_cost *cost, gf_error *error);
/* The caller frees the result; after a failure, or if it was stopped (GF_OK), it is NULL. */
gf_status gf_operator_points_find(const gf_model *model, const gf_operator_points *points,
                                  gf_transport **transport, gf_error *error);

/* Liouvillian Lanczos coefficients b_1 ... b_count of the current of a charge, exact on the
 * infinite chain at lambda1 (and lambda2 = 0). */
gf_status gf_operator_space_lanczos(const gf_model *model, double lambda1, size_t charge,
                                    size_t count, double *b, gf_error *error);

#endif
