/* The whole Lindbladian at a finite coupling, in H's eigenbasis:
 *
 *     L rho / epsilon = -i [H, rho] / epsilon + sum_c rate_c sum_j (L rho L' - {L'L, rho}/2),
 *
 * on the density matrices that keep every weak symmetry of the bath: for each family of the frames
 * one matrix for a pair of slots, over the states of all rungs. Families that stand for k and -k
 * hold the sum of both, as the populations of the rate equation do. The parts are those of the rate
 * equation (generator.h); of GF_PART_ODD the matrix is <even|rho|odd>.
 *
 * The preconditioner is what is left of L where jumps join no coherences: the rate equation on its
 * own variables, and -i (E_n - E_m)/epsilon - (Gamma_nn + Gamma_mm)/2 on all others. */
#ifndef GIBBSFLOW_OPEN_SYSTEM_LINDBLADIAN_H
#define GIBBSFLOW_OPEN_SYSTEM_LINDBLADIAN_H

#include "open_system/generator.h"

#include <complex.h>

/* The states of a family: rung after rung in each slot. */
typedef struct gf_level_list {
    size_t size[GF_SLOTS], first[GF_SLOTS][GF_MAX_RUNGS];
    double *energy[GF_SLOTS];        /* [size] */
    double complex *gamma[GF_SLOTS]; /* [size][size], column-major: sum rate L'L */
} gf_level_list;

/* Amplitudes of one jump operator from one family, or its image, to another. */
typedef struct gf_transfer {
    size_t target, source;
    double weight;
    double complex *slot[GF_SLOTS][GF_SLOTS]; /* [target][source]: [rows][columns], column-major;
                                                 NULL: zeros */
} gf_transfer;

typedef struct gf_lindbladian {
    const gf_generator *generator;
    double epsilon;        /* INFINITY: the dissipator alone */
    gf_level_list *level;  /* [families] */
    gf_transfer *transfer; /* [transfers], by target */
    size_t transfers;
} gf_lindbladian;

/* A matrix <slot 0|rho|slot 1> of a family within the vectors of a part. */
typedef struct gf_matrix_place {
    size_t family, rows, columns, first; /* first: of its elements, column-major */
    int slot[2];
} gf_matrix_place;

/* What is needed to use L on one part. */
typedef struct gf_coupled_part {
    const gf_lindbladian *lindbladian;
    const gf_part *part;
    const gf_rung_matrix *factors; /* of R - shift, shift small beside the rates */
    gf_matrix_place *place;        /* [places] */
    size_t places, size;           /* size: of a vector, in complex numbers */
    double *work;                  /* [variables] */
} gf_coupled_part;

/* The generator must outlive it. The caller frees it; after a failure it is empty. */
gf_status gf_lindbladian_init(gf_lindbladian *self, const gf_generator *generator, double epsilon,
                              gf_error *error);
void gf_lindbladian_free(gf_lindbladian *self);

/* The other arguments must outlive it. The caller frees it; after a failure it is empty. */
gf_status gf_coupled_part_init(gf_coupled_part *self, const gf_lindbladian *lindbladian,
                               const gf_part *part, const gf_rung_matrix *factors, gf_error *error);
void gf_coupled_part_free(gf_coupled_part *self);

/* y = L x / epsilon; x = (preconditioner)^-1 x. Vectors [size]. */
gf_status gf_coupled_part_apply(const gf_coupled_part *self, const double complex *x,
                                double complex *y, gf_error *error);
void gf_coupled_part_precondition(gf_coupled_part *self, double complex *x);

/* Between a vector and the variables of the rate equation [variables]: the others are left out, or
 * zero. */
void gf_coupled_part_project(const gf_coupled_part *self, const double complex *x,
                             double *variables);
void gf_coupled_part_embed(const gf_coupled_part *self, const double *variables, double complex *x);

/* Leaves what lies between states of one level, or the rest divided by i (E_n - E_m). */
void gf_coupled_part_keep_levels(const gf_coupled_part *self, double complex *x);
void gf_coupled_part_divide(const gf_coupled_part *self, double complex *x);

#endif
