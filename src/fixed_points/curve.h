/* Curves of solutions of n equations in n + 1 unknowns, followed by pseudo-arclength.
 *
 * From a solution x with the unit tangent t, the next one is where F = 0 meets the plane
 * t (y - x) = s, found by Newton's method from x + s t (H. B. Keller, 1977); so nothing happens
 * where the curve turns back in any of the unknowns. Unknowns are scaled by the caller: a change of
 * 1 is large in each. */
#ifndef GIBBSFLOW_FIXED_POINTS_CURVE_H
#define GIBBSFLOW_FIXED_POINTS_CURVE_H

#include <stdbool.h>
#include <stddef.h>

enum { GF_CURVE_UNKNOWNS = 5 };

/* F(x): residual[unknowns - 1]. False where it is not defined. */
typedef struct gf_curve_system {
    size_t unknowns;
    bool (*evaluate)(void *context, const double *x, double *residual);
    void *context;
    double difference; /* by how much to change an unknown for a derivative */
    double tolerance;  /* of x: Newton's method ends with steps below that */
} gf_curve_system;

typedef struct gf_curve {
    const gf_curve_system *system;
    double x[GF_CURVE_UNKNOWNS], tangent[GF_CURVE_UNKNOWNS]; /* where it is, and which way */
    double step, longest;                                    /* the next one, at most */
} gf_curve;

/* Starts from a point close to the curve, which is moved onto it; in the direction in which unknown
 * `along` grows, or any if it hardly changes. False if there is no curve to be had. */
bool gf_curve_begin(gf_curve *self, const gf_curve_system *system, const double *x, size_t along,
                    double longest);

/* Turns round. */
void gf_curve_reverse(gf_curve *self);

/* Goes on by one step, which it chooses. False at an end. */
bool gf_curve_advance(gf_curve *self);

/* The point at distance `stride` (of either sign) along the tangent; leaves the curve where it is.
 */
bool gf_curve_reach(const gf_curve *self, double stride, double *x);

/* A solution of n equations in n unknowns near x. */
bool gf_curve_solve(const gf_curve_system *system, double *x);

#endif
