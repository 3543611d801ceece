/* Fixed points followed through a parameter of the bath, and where they bifurcate.
 *
 * Only rates may depend on the parameter: the spectrum is used again for every value. */
#ifndef GIBBSFLOW_SCAN_H
#define GIBBSFLOW_SCAN_H

#include "gibbsflow/api.h"
#include "gibbsflow/axis.h"
#include "gibbsflow/fixed_points.h"

GF_BEGIN_DECLARATIONS

typedef enum gf_bifurcation_kind {
    GF_PITCHFORK,     /* a branch changes stability and two branches start or end there */
    GF_TRANSCRITICAL, /* branches cross and exchange stability */
    GF_FOLD,          /* two branches meet and end (saddle-node) */
    GF_HOPF           /* a complex pair of eigenvalues crosses the imaginary axis */
} gf_bifurcation_kind;

GF_API const char *gf_bifurcation_name(gf_bifurcation_kind kind);

typedef struct gf_bifurcation {
    gf_bifurcation_kind kind;
    double parameter; /* located to about ten digits; fewer if a value of the scan lies on it */
    double density[GF_CHARGES], lambda[GF_CHARGES];
} gf_bifurcation;

typedef struct gf_scan {
    char *parameter;
    gf_axis axis;
    size_t branches;
    gf_fixed_point *points; /* [axis.points][branches]; GF_ABSENT where a branch has none */
    bool *continuum;        /* [axis.points]: no isolated points at this value */
    size_t unexplained; /* intervals in which the number of points changes for no reason found */
    size_t incomplete;  /* values at which fixed points are missing, by their indices */
    size_t bifurcation_count;
    gf_bifurcation *bifurcations; /* by parameter */
} gf_scan;

/* Parses "name=from:to:points". The caller frees *name; after a failure it is NULL. */
GF_API gf_status gf_scan_parse(const char *text, char **name, gf_axis *axis, gf_error *error);

/* The caller frees the scan. */
GF_API gf_status gf_scan_run(const gf_model *model, const gf_spectrum *spectrum,
                             const gf_region *region, const char *parameter, const gf_axis *axis,
                             const gf_progress *progress, gf_scan *scan, gf_error *error);
GF_API void gf_scan_free(gf_scan *self);

/* /scan; the layout is in src/io/README.md. */
GF_API void gf_scan_write(const gf_scan *self, gf_file *file);
GF_API gf_status gf_scan_read(gf_file *file, gf_scan *scan, gf_error *error);

GF_END_DECLARATIONS

#endif
