/* What happens near a dark state, a corner of the reachable region where the force vanishes.
 *
 * Close to the corner a Gibbs state is the dark state and, with small weights, others: to first
 * order q - q_c = sum_n w_n X_n and f = sum_n w_n F_n over the other levels, with X_n = (Q_n -
 * Q_c)/N and F_n their force. As |lambda| grows in a direction, the levels that matter are those
 * that the corner sees in it: one vertex of the convex hull of all others, or, along the normal of
 * one of its edges, all levels on that edge in any thermal mixture. So q - q_c runs over a chain of
 * directions, from one side of the corner to the other, with a force for each: dq/dt is
 * homogeneous. Directions in which the force points along q - q_c stay; the rate there tells
 * whether the state attracts. */
#ifndef GIBBSFLOW_FIXED_POINTS_CORNER_H
#define GIBBSFLOW_FIXED_POINTS_CORNER_H

#include "fixed_points/fixed_point.h"

/* Sets point->attraction and point->border_rate at the rates[channels]. */
gf_status gf_corner_describe(const gf_spectrum *spectrum, const gf_corner *corner,
                             const double *rates, gf_fixed_point *point, gf_error *error);

#endif
