/* A diffusion matrix D_ij that depends on the densities (m, e), read from a file:
 *
 *   /diffusion/magnetization[M]   evenly spaced, ascending; a single value: D does not depend on it
 *   /diffusion/energy[E]          likewise
 *   /diffusion/matrix[M,E,2,2]    D_ij in J a^2; charges as in charge.h
 *   /diffusion/matrix_error[M,E,2,2]   likewise, not negative; may be missing
 *   /diffusion/relative_error[M,E]     of D as a whole; if missing, that of its trace
 *
 * Between the nodes D is bilinear; beyond them each density is clamped to its axis. A diffusion is
 * only read after it has been made: threads may share it. */
#ifndef GIBBSFLOW_DIFFUSION_H
#define GIBBSFLOW_DIFFUSION_H

#include "gibbsflow/api.h"
#include "gibbsflow/axis.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/file.h"

#include <stddef.h>

GF_BEGIN_DECLARATIONS

typedef struct gf_diffusion {
    gf_axis axis[GF_CHARGES];                  /* of the densities */
    double (*matrix)[GF_CHARGES * GF_CHARGES]; /* [axis[0].points][axis[1].points], row by row */
    double (*error)[GF_CHARGES * GF_CHARGES];  /* likewise; NULL: not known */
    double *relative; /* [axis[0].points][axis[1].points]; NULL where `error` is */
    double largest;   /* |eigenvalue| at the nodes and halfway between them */
} gf_diffusion;

/* Fails where a value is not finite, or where D has an eigenvalue without positive real part at a
 * node or halfway between nodes. The caller frees the diffusion; a failed call leaves nothing to
 * free. */
GF_API gf_status gf_diffusion_read(const char *path, gf_diffusion *self, gf_error *error);
GF_API void gf_diffusion_free(gf_diffusion *self);

/* D (1 + errors delta), delta the relative error at every node: so many of its errors away, with
 * D C + C D^T as positive as it was. `path` is for the message of a failure: where the errors are
 * not known, or D does not stay positive. The caller frees the result, which has no errors. */
GF_API gf_status gf_diffusion_shift(const gf_diffusion *self, double errors, const char *path,
                                    gf_diffusion *shifted, gf_error *error);

/* Writes what gf_diffusion_read reads, to the last bit. */
GF_API void gf_diffusion_write(const gf_diffusion *self, gf_file *file);

/* rows[i * GF_CHARGES + j][k]: D_ij at (m[k], e[k]). */
GF_API void gf_diffusion_evaluate(const gf_diffusion *self, size_t count, const double *m,
                                  const double *e, double *const rows[GF_CHARGES * GF_CHARGES]);

GF_END_DECLARATIONS

#endif
