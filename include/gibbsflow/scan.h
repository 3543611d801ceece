/* Fixed points followed through a parameter of the model, and where they bifurcate.
 *
 * Where rates alone depend on the parameter, one spectrum serves every value. Where the Hamiltonian
 * or a jump operator does, each value is diagonalised anew; in between, on the way to a
 * bifurcation, states are interpolated at fixed lambda, and the chain is diagonalised at what was
 * found until that stays where it is. */
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

/* Whether spectra depend on the parameter, so that a scan of it diagonalises at every value. */
GF_API bool gf_scan_diagonalizes(const gf_model *model, const char *parameter);

/* What such a scan will take; its spectra stay in memory. Fails if there is no room, or if the
 * model's spectrum is to come from random vectors: those scatter from value to value. */
GF_API gf_status gf_scan_estimate(const gf_model *model, const char *parameter, const gf_axis *axis,
                                  gf_spectrum_cost *cost, gf_error *error);

/* The spectrum and its region are those of the model; a scan that diagonalises does without, and
 * they may be NULL. The caller frees the scan. */
GF_API gf_status gf_scan_run(const gf_model *model, const gf_spectrum *spectrum,
                             const gf_region *region, const char *parameter, const gf_axis *axis,
                             const gf_progress *progress, gf_scan *scan, gf_error *error);

/* Where a scan that diagonalises keeps its spectra as they are made, so that it can go on after it
 * was killed: a folder, with a file for each value. */
typedef struct gf_scan_store {
    const char *folder;
    size_t resumed;   /* set: spectra that were found there */
    gf_error failure; /* set: why one could not be written, which does not stop the work */
} gf_scan_store;

/* The same with a store (may be NULL). Spectra of another model are refused and left alone. */
GF_API gf_status gf_scan_resume(const gf_model *model, const gf_spectrum *spectrum,
                                const gf_region *region, const char *parameter, const gf_axis *axis,
                                gf_scan_store *store, const gf_progress *progress, gf_scan *scan,
                                gf_error *error);
/* Removes the spectra of such a scan, and the folder if nothing else is in it: once the result is
 * safe. */
GF_API void gf_scan_store_remove(const gf_scan_store *self, const char *parameter);
GF_API void gf_scan_free(gf_scan *self);

/* /scan; the layout is in src/io/README.md. */
GF_API void gf_scan_write(const gf_scan *self, gf_file *file);
GF_API gf_status gf_scan_read(gf_file *file, gf_scan *scan, gf_error *error);

GF_END_DECLARATIONS

#endif
