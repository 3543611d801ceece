/* /instanton of HDF5 files (src/io/README.md), in a file of its own or in that of a run. */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_INSTANTON_FILE_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_INSTANTON_FILE_H

#include "gibbsflow/file.h"
#include "langevin/instanton/instanton.h"

/* Puts the results in, in place of those that are there. */
void gf_instanton_put(const gf_instanton *self, gf_file *file);

/* c and its error at every point of a sweep. */
typedef struct gf_instanton_law {
    size_t points;
    double *parameter, *c, *error; /* [points] */
} gf_instanton_law;

/* The caller frees what is read; a failed call leaves nothing to free. */
gf_status gf_instanton_law_get(gf_file *file, gf_instanton_law *law, gf_error *error);
void gf_instanton_law_free(gf_instanton_law *self);

#endif
