/* The conserved charges as a dimension: index 0 is the magnetisation Q_1 = sum_j Z_j, index 1 the
 * energy Q_2 = H, everywhere, in arrays as in files. */
#ifndef GIBBSFLOW_CHARGE_H
#define GIBBSFLOW_CHARGE_H

#include <stddef.h>

enum { GF_MAGNETIZATION, GF_ENERGY, GF_CHARGES };

/* Symmetric matrices over the charges (noise, susceptibility) are packed, the upper triangle row by
 * row: (0,0), (0,1), (1,1). */
enum { GF_PAIRS = GF_CHARGES * (GF_CHARGES + 1) / 2 };

/* Where element (i,k) of a packed symmetric matrix stands. */
static inline size_t gf_pair(size_t i, size_t k) {
    size_t row = i < k ? i : k, column = i < k ? k : i;
    return row * ((size_t)2 * GF_CHARGES - row + 1) / 2 + (column - row);
}

/* How many numbers hold a scalar (order 0), a vector over the charges (1) or a packed symmetric
 * matrix (2). */
static inline size_t gf_charge_values(int order) {
    return order == 0 ? 1 : order == 1 ? (size_t)GF_CHARGES : (size_t)GF_PAIRS;
}

static inline const char *gf_charge_name(size_t charge) {
    static const char *const names[GF_CHARGES] = {"magnetization", "energy"};
    return names[charge];
}

#endif
