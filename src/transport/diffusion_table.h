/* D_ij(m, e) over the whole region, as Langevin runs take it.
 *
 * Along rows of constant m sigma is asked of rings with a tail (tail.h) at a few lambda2, of
 * operator space at lambda2 = 0. Between them S = R^-1 sigma R^-T, C = R R^T, whose eigenvalues are
 * those of D, is interpolated in lambda2 by its logarithm: D = R S R^-1 then has positive
 * eigenvalues, and D C + C D^T = 2 R S R^T is positive, too.
 *
 * Beyond the last state of a row that has a verdict, and of the last such row, S is continued: as
 * it is there, and as the border comes near, where C vanishes in one direction and no other matrix
 * has a positive D C + C D^T, it becomes the multiple of the unit matrix with its determinant. So D
 * stays finite and positive everywhere; where it is continued it is no result, its error half of it
 * at the border. Outside the region D is that of the border at the same m. */
#ifndef GIBBSFLOW_TRANSPORT_DIFFUSION_TABLE_H
#define GIBBSFLOW_TRANSPORT_DIFFUSION_TABLE_H

#include "gibbsflow/diffusion.h"
#include "gibbsflow/gibbs.h"
#include "gibbsflow/region.h"
#include "transport/transport.h"

/* The states of a table: rows of constant m, each with the same lambda2. */
typedef struct gf_diffusion_nodes {
    gf_axis axis[GF_CHARGES];     /* of the table */
    size_t rows, columns, first;  /* the first of `rows` is this one of axis[0]; lambda2 ascends */
    double unit;                  /* of energy: neighbours are 1/(4 unit) apart in lambda2 */
    double (*lambda)[GF_CHARGES]; /* [rows][columns] */
} gf_diffusion_nodes;

/* Chooses them for a table of so many values of m, odd, and e. The caller frees lambda; after a
 * failure it is NULL. */
gf_status gf_diffusion_nodes_choose(gf_gibbs *gibbs, const gf_region *region, size_t magnetizations,
                                    size_t energies, gf_diffusion_nodes *nodes, gf_error *error);
void gf_diffusion_nodes_free(gf_diffusion_nodes *self);

/* What D is worth at a node of the table. */
typedef enum gf_diffusion_origin {
    GF_DIFFUSION_KNOWN,     /* between states whose sigma has settled or is extrapolated */
    GF_DIFFUSION_CONTINUED, /* from there on */
    GF_DIFFUSION_OUTSIDE    /* where no Gibbs state is */
} gf_diffusion_origin;
const char *gf_diffusion_origin_name(gf_diffusion_origin self);

/* The table from what is known at the nodes, [rows][columns] points of `transport`. origin
 * [magnetizations][energies], may be NULL. Fails if no row has a verdict at lambda2 = 0. The caller
 * frees the table. */
gf_status gf_diffusion_table_make(const gf_diffusion_nodes *nodes, const gf_transport *transport,
                                  gf_gibbs *gibbs, const gf_region *region, gf_diffusion *table,
                                  gf_diffusion_origin *origin, gf_error *error);

/* /diffusion with its origin, and /region. */
void gf_diffusion_table_write(const gf_diffusion *table, const gf_diffusion_origin *origin,
                              const gf_region *region, gf_file *file);

#endif
