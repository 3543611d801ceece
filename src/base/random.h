/* Gaussian random numbers that depend on where they are used, not on what was drawn before.
 *
 * Counter-based generator Threefry4x32 of Random123 with 13 rounds, one more than the fewest that
 * pass every test of BigCrush (Salmon et al., SC11, table 2): additions, rotations and exclusive
 * ors, which compilers turn into vector instructions as they stand, so that it is faster than
 * Philox with its wide products. Box-Muller transform in single precision: 2^-33 is the
 * smallest uniform number, so that |g| reaches 6.76. Any part of a stream can be had at any time,
 * by any thread. */
#ifndef GIBBSFLOW_BASE_RANDOM_H
#define GIBBSFLOW_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Numbers come in blocks of this many. */
enum { GF_RANDOM_BLOCK = 512 };

/* What the numbers are for; streams of different purposes are independent. */
typedef enum gf_random_purpose {
    GF_RANDOM_START = 1,
    GF_RANDOM_STEP = 2,
    GF_RANDOM_JUMP = 3
} gf_random_purpose;

/* Names one stream of random numbers. */
typedef struct gf_random {
    uint64_t seed;
    uint32_t stream; /* sweep point and realisation */
} gf_random;

/* normal[0...GF_RANDOM_BLOCK-1]: independent Gaussians of mean 0 and variance 1, those of the cells
 * block * GF_RANDOM_BLOCK ... in step `step` (below 2^56). */
void gf_random_normal(const gf_random *self, gf_random_purpose purpose, uint64_t step,
                      uint32_t block, float *normal);

/* uniform[0...count-1]: independent numbers in (0, 1), odd multiples of 2^-53, of step `step`;
 * other numbers than gf_random_normal draws for the same purpose at other steps. */
void gf_random_uniform(const gf_random *self, gf_random_purpose purpose, uint64_t step,
                       uint32_t count, double *uniform);

#endif
