/* Many members of a family at once: diagonalised side by side, kept in a folder as they are made.
 */
#ifndef GIBBSFLOW_FIXED_POINTS_MEMBERS_H
#define GIBBSFLOW_FIXED_POINTS_MEMBERS_H

#include "fixed_points/family.h"
#include "gibbsflow/axis.h"
#include "gibbsflow/scan.h"

/* What gf_members_solve will take: all spectra stay in memory. Fails if there is no room. */
gf_status gf_members_estimate(const gf_model *model, const char *parameter, const gf_axis *axis,
                              gf_spectrum_cost *cost, gf_error *error);

/* The members at all values of the axis, members[axis->points], taken from the store (may be NULL)
 * where it has them. The caller frees each of them; after a failure there are none. */
gf_status gf_members_solve(const gf_model *model, const char *parameter, const gf_axis *axis,
                           gf_scan_store *store, const gf_progress *progress,
                           gf_family_member *members, gf_error *error);

#endif
