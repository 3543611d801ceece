/* A scan of any family of spectra. */
#ifndef GIBBSFLOW_FIXED_POINTS_SCAN_H
#define GIBBSFLOW_FIXED_POINTS_SCAN_H

#include "base/bytes.h"
#include "fixed_points/family.h"
#include "gibbsflow/scan.h"

/* Follows the fixed points along the one parameter of the family, which is back where it was, or
 * nowhere in particular, afterwards. The caller frees the scan. */
gf_status gf_scan_through(gf_family *family, const char *parameter, const gf_axis *axis,
                          const gf_progress *progress, gf_scan *scan, gf_error *error);

/* To another process, or from it in place of what there is. */
void gf_scan_carry(gf_scan *self, gf_bytes *bytes);

#endif
