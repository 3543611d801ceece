/* How strongly the currents join the eigenstates of one magnetisation: |J_nm|^2 against the mean of
 * the two energies and their difference. With this any Kubo function of the sector is a sum.
 *
 * Four numbers per line: |J_1|^2, |J_2|^2, and the real and imaginary part of J_1 J_2^*, of <n|J|m>
 * with E_n >= E_m, where (n,m) and (m,n) count together. Either every pair is a line of its own, or
 * lines lie on the nodes of a grid: a pair is shared out to 4 x 4 nodes with the weights of cubic
 * interpolation, so that a sum over nodes is the sum of the interpolated weight over all pairs, off
 * by 3/128 (step x)^4 where the weight is cos(x t), exp(-lambda x), ... Pairs of the
 * same energy are kept apart in either case: their share lasts for ever (the Drude weight), and so
 * does that of each level with itself, which is not here. */
#ifndef GIBBSFLOW_TRANSPORT_STRENGTHS_H
#define GIBBSFLOW_TRANSPORT_STRENGTHS_H

#include "base/bytes.h"
#include "gibbsflow/charge.h"
#include "gibbsflow/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { GF_J11, GF_J22, GF_J12, GF_J12_IMAGINARY, GF_STRENGTHS };

/* Steps of the nodes along the mean energy and the frequency; 0: no grid, every pair a line. */
typedef struct gf_strength_grid {
    double energy, frequency;
    double degenerate; /* levels this close are the same */
} gf_strength_grid;

typedef struct gf_strengths {
    gf_strength_grid grid;
    /* On a grid: rows at energies (first + k) step, columns at frequencies (k - 1) step. */
    long first;
    size_t rows, columns;
    double (*node)[GF_STRENGTHS];  /* [rows][columns] */
    double (*drude)[GF_STRENGTHS]; /* [rows] */
    /* Without: pairs. */
    size_t lines, capacity;
    double *energy, *frequency;
    double (*line)[GF_STRENGTHS];
} gf_strengths;

/* Room for levels in lowest ... highest. The caller frees it; after a failure it is empty. */
gf_status gf_strengths_init(gf_strengths *self, gf_strength_grid grid, double lowest,
                            double highest, gf_error *error);
void gf_strengths_free(gf_strengths *self);

/* Adds the pairs of one level with those after it: energies[count], of which the first is its own,
 * and value[count] = (|J_1|^2, ...) with each of them. That with itself, value[0], is left out. */
gf_status gf_strengths_add(gf_strengths *self, size_t count, const double *energies,
                           double (*value)[GF_STRENGTHS], gf_error *error);

/* *self += factor * other; both have the same grid. */
gf_status gf_strengths_merge(gf_strengths *self, double factor, const gf_strengths *other,
                             gf_error *error);

/* Into bytes, or out of them in place of what there is. */
void gf_strengths_carry(gf_strengths *self, gf_bytes *bytes);

/* Bytes of those of levels in a range, `pairs` of them. */
double gf_strengths_memory(gf_strength_grid grid, double range, double pairs);

/* What stands between the two operators of a correlation function: Kubo and Mori's integral over
 * imaginary time, or half of their anticommutator. */
typedef enum gf_kubo { GF_KUBO_MORI, GF_SYMMETRISED } gf_kubo;

/* The lines at lambda2: their number, at most gf_strengths_most. frequency[] and weight[], each
 * strength summed over the mean energy E with exp(-lambda2 (E - reference)) sinh(x)/x, or cosh(x)
 * if symmetrised, x = lambda2 frequency/2; and those of frequency 0 in drude. The reference is the
 * level of largest weight. */
size_t gf_strengths_weigh(const gf_strengths *self, gf_kubo form, double lambda2, double reference,
                          double *frequency, double (*weight)[GF_STRENGTHS],
                          double drude[GF_STRENGTHS]);
size_t gf_strengths_most(const gf_strengths *self);

#endif
