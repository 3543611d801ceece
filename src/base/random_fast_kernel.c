/* Compiled with -ffast-math so that the loops below run on the vector units; nothing here may rely
 * on infinities or NaN. */
#include "base/random.h"

#include "base/clones.h"

#include <Random123/threefry.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { ROUNDS = 13, COUNTERS = GF_RANDOM_BLOCK / 4, PAIRS = GF_RANDOM_BLOCK / 2 };

GF_CLONES static void draw_words(threefry4x32_key_t key, uint32_t first, uint32_t step,
                                 uint32_t step_high, uint32_t stream, uint32_t *restrict words) {
    for (uint32_t j = 0; j < COUNTERS; ++j) {
        threefry4x32_ctr_t counter = {{first + j, step, step_high, stream}};
        counter = threefry4x32_R(ROUNDS, counter, key);
        words[j] = counter.v[0];
        words[COUNTERS + j] = counter.v[1];
        words[2 * COUNTERS + j] = counter.v[2];
        words[3 * COUNTERS + j] = counter.v[3];
    }
}

/* log u for u in [2^-33, 1]: Cephes' logf, without branches. Relative error below 2^-22. */
static inline float log_positive(float u) {
    uint32_t bits = 0;
    memcpy(&bits, &u, sizeof bits);
    int32_t exponent =
        (int32_t)(bits - 0x3f3504f3U) >> 23; /* so that the rest is in sqrt(1/2..2) */
    bits -= (uint32_t)exponent << 23;
    float rest = 0;
    memcpy(&rest, &bits, sizeof rest);
    float x = rest - 1, y = 7.0376836292E-2F;
    y = y * x - 1.1514610310E-1F;
    y = y * x + 1.1676998740E-1F;
    y = y * x - 1.2420140846E-1F;
    y = y * x + 1.4249322787E-1F;
    y = y * x - 1.6668057665E-1F;
    y = y * x + 2.0000714765E-1F;
    y = y * x - 2.4999993993E-1F;
    y = y * x + 3.3333331174E-1F;
    return x * x * x * y - 0.5F * x * x + x + (float)exponent * 0.693147181F;
}

/* Box-Muller: two words become two Gaussians. The second word is an angle: its upper two bits the
 * quadrant, the others the rest in [-pi/4, pi/4), where short series give sine and cosine. */
GF_CLONES static void transform(const uint32_t *restrict words, float *restrict normal) {
    for (size_t j = 0; j < PAIRS; ++j) {
        float u = (float)words[j] * 0x1p-32F + 0x1p-33F;
        float radius = sqrtf(fabsf(-2 * log_positive(u)));
        uint32_t angle = words[PAIRS + j];
        float x = (float)((int32_t)(angle << 2) >> 2) * (float)(M_PI_2 * 0x1p-30), z = x * x;
        float sine =
            x + x * z * (-1.6666654611E-1F + z * (8.3321608736E-3F - z * 1.9515295891E-4F));
        float cosine = 1 - 0.5F * z +
                       z * z * (4.1666645683E-2F - z * (1.3887316256E-3F - z * 2.4433157118E-5F));
        bool swap = (angle >> 30 & 1) != 0, negative = (angle >> 31) != 0;
        float a = swap ? sine : cosine, b = swap ? cosine : sine;
        normal[j] = radius * (swap != negative ? -a : a);
        normal[PAIRS + j] = radius * (negative ? -b : b);
    }
}

void gf_random_normal(const gf_random *self, gf_random_purpose purpose, uint64_t step,
                      uint32_t block, float *normal) {
    uint32_t words[GF_RANDOM_BLOCK];
    threefry4x32_key_t key = {{(uint32_t)self->seed, (uint32_t)(self->seed >> 32), 0, 0}};
    uint32_t step_high = (uint32_t)(step >> 32) | (uint32_t)purpose << 24;
    draw_words(key, block * COUNTERS, (uint32_t)step, step_high, self->stream, words);
    transform(words, normal);
}

void gf_random_uniform(const gf_random *self, gf_random_purpose purpose, uint64_t step,
                       uint32_t count, double *uniform) {
    threefry4x32_key_t key = {{(uint32_t)self->seed, (uint32_t)(self->seed >> 32), 0, 0}};
    uint32_t step_high = (uint32_t)(step >> 32) | (uint32_t)purpose << 24;
    for (uint32_t k = 0; k < count; ++k) {
        threefry4x32_ctr_t counter = {{k / 2, (uint32_t)step, step_high, self->stream}};
        counter = threefry4x32_R(ROUNDS, counter, key);
        const uint32_t *words = &counter.v[2 * (k % 2)];
        uint64_t bits = (uint64_t)words[0] << 20 ^ words[1] >> 12;
        uniform[k] = (double)bits * 0x1p-52 + 0x1p-53; /* exact: 1 is not reached */
    }
}
