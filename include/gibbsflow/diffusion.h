/* A diffusion matrix D_ij that depends on the densities (m, e), read from a file:
 *
 *   /diffusion/magnetization[M]   evenly spaced, ascending; a single value: D does not depend on it
 *   /diffusion/energy[E]          likewise
 *   /diffusion/matrix[M,E,2,2]    D_ij in J a^2; charges as in charge.h
 *
 * Between the nodes D is bilinear; beyond them each density is clamped to its axis. A diffusion is
 * only read after it has been made: threads may share it. */
#ifndef GIBBSFLOW_DIFFUSION_H
#define GIBBSFLOW_DIFFUSION_H

#include "gibbsflow/axis.h"
#include "gibbsflow/file.h"

#include <stddef.h>

typedef struct gf_diffusion {
    gf_axis axis[2];     /* of m and of e */
    double (*matrix)[4]; /* [axis[0].points][axis[1].points], each row by row: mm, me, em, ee */
    double largest;      /* |eigenvalue| at the nodes and halfway between them */
} gf_diffusion;

/* Fails where a value is not finite, or where D has an eigenvalue without positive real part at a
 * node or halfway between nodes. The caller frees the diffusion, also after a failure. */
gf_status gf_diffusion_read(const char *path, gf_diffusion *self, gf_error *error);
void gf_diffusion_free(gf_diffusion *self);

/* Writes what gf_diffusion_read reads, to the last bit. */
void gf_diffusion_write(const gf_diffusion *self, gf_file *file);

/* rows[0 ... 3][k]: D_mm, D_me, D_em, D_ee at (m[k], e[k]). */
void gf_diffusion_evaluate(const gf_diffusion *self, size_t count, const double *m, const double *e,
                           double *const rows[4]);

#endif
